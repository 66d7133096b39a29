"""Mutation testing of the core, on demand: docs/mutation.md. Run: python -m tests.mutation [-j N] [MODULE …]

mutmut makes the mutants: each function of a module stands in it once per mutant, and a trampoline calls the one that
is under test. Here they are tried in forks of one pytest session that has collected its tests once: what mutmut's own
`run` starts anew for each mutant, a session of pytest, costs more than most mutants need in order to be found.

A fork runs the tests that reach the function: first those that found its neighbours, then those that reach few others
before those that reach many. The first that fails kills the mutant. Nothing is written but the result, FILE (`-o`), as
JSON; ended early (SIGTERM), it holds what was tried.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import gc
import hashlib
import json
import math
import os
import resource
import signal
import sys
import time
from collections import Counter, defaultdict
from functools import cached_property
from importlib.machinery import SourceFileLoader
from importlib.util import spec_from_file_location
from itertools import accumulate
from pathlib import Path

import pytest
from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state

HOME = Path(__file__).parents[1]
INDEX = ("rounding", "rank", "aggregate", "exact", "values", "table", "scoring", "rows", "floats")
INDEX += ("potential_gains", "rank_shifts")
RULES = ("grammar", "parse", "shape", "absolute", "graded", "counted", "relative", "signed")
MODULES = (*(f"dxlib.rules.{name}" for name in RULES), *(f"dxlib.index.{name}" for name in INDEX), "dxlib.audit")
TESTS = dict.fromkeys(MODULES, ("rules", "known", "index")) | {
    "dxlib.audit": ("audit",),
    "dxlib.index.rows": ("years", "index/test_rows.py"),
    "dxlib.index.potential_gains": ("runs/test_cards.py",),
    "dxlib.index.floats": ("index", "robust"),
}
# Left out for their price: they write and read a folder for every example, or start interpreters anew, and would be
# run in full for every mutant that nothing else finds.
DEAR = (
    "test_scoring_properties",
    "test_referee",
    "through_the_front_door",
    "p45",
    "p47",
    "random_damage",
    "it_runs_",
    "every_locale",
)
MEMORY = 2 << 30  # bytes that a mutant may take on top of what is there


class Mutated(SourceFileLoader):
    """Loads a module with all its mutants, instead of what stands in its file."""

    def __init__(self, name: str, path: str):
        super().__init__(name, path)
        made = mutate_file_contents(path, Path(path).read_text("utf-8"))
        self.text, self.names = made.code, list(made.mutant_names)

    @cached_property
    def functions(self) -> dict[str, ast.FunctionDef]:
        return {node.name: node for node in ast.walk(ast.parse(self.text)) if isinstance(node, ast.FunctionDef)}

    def digests(self) -> dict[str, str]:
        """Of what each mutant is, so that a later sweep knows it again."""
        found, module = self.functions, f"{self.name}."
        return {module + name: hashlib.sha256(ast.dump(found[name]).encode()).hexdigest()[:16] for name in self.names}

    def get_code(self, fullname: str):
        return compile(self.text, self.path, "exec")

    def difference(self, name: str) -> str:
        """What a mutant changes, line by line."""
        wanted = (function_of(name) + "__mutmut_orig", name)
        found = {
            n.name: n for n in ast.walk(ast.parse(self.text)) if isinstance(n, ast.FunctionDef) and n.name in wanted
        }
        before, after = (ast.unparse(found[one]).replace(f"def {one}", "def ").splitlines() for one in wanted)
        lines = list(difflib.unified_diff(before, after, n=0, lineterm=""))
        return "\n".join(line for line in lines[2:] if not line.startswith("@@"))


class Finder:
    """The first that Python asks for a module."""

    def __init__(self, modules: list[str]):
        self.loaders = {name: Mutated(name, str(HOME / f"{name.replace('.', '/')}.py")) for name in modules}

    def find_spec(self, name: str, path=None, target=None):
        loader = self.loaders.get(name)
        return loader and spec_from_file_location(name, loader.path, loader=loader)


def function_of(mutant: str) -> str:
    """dxlib.rules.grammar.x_number of dxlib.rules.grammar.x_number__mutmut_3."""
    return mutant.rpartition("__mutmut_")[0]


class Sweep:
    """The plugin of pytest that tries mutants instead of running the tests."""

    def __init__(self, finder: Finder, hands: int, most: float, known: dict[str, str]):
        self.finder, self.hands, self.most = finder, hands, most
        self.result = known
        self.cpu: dict[str, float] = {}
        self.failed = False

    def pytest_runtest_logreport(self, report) -> None:
        self.failed |= report.failed

    def pytest_runtestloop(self, session) -> bool:
        session.config.pluginmanager.unregister(name="terminalreporter")
        self.items = session.items
        start = time.perf_counter()
        set_mutant_under_test("")
        for item in {item.path: item for item in self.items}.values():  # what is imported late, once for all forks
            self.run(item, None)
        gc.freeze()
        reached, self.seconds = self.clean_run()
        print(f"{len(self.items)} tests pass, {sum(self.seconds):.0f} s of CPU", flush=True)
        wide = Counter(i for tests in reached.values() for i in tests)
        every = [f"{name}.{mutant}" for name, loader in self.finder.loaders.items() for mutant in loader.names]
        mutants = [mutant for mutant in every if mutant not in self.result]
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        waiting = iter(mutants)
        found: defaultdict[str, list[int]] = defaultdict(list)  # function -> the tests that killed its mutants
        running: dict[int, tuple[str, int]] = {}
        while mutants:
            while len(running) < self.hands and (mutant := next(waiting, None)):
                function = function_of(mutant)
                order = sorted(reached[function], key=lambda i: (wide[i], self.seconds[i]))
                sums = accumulate((self.seconds[i] for i in order), initial=0.0)
                tests = [i for i, spent in zip(order, sums, strict=False) if spent < self.most]
                running.update([self.fork(mutant, list(dict.fromkeys(found[function] + tests)))])
            if not running:
                break
            pid, status, used = os.wait4(-1, 0)
            mutant, pipe = running.pop(pid)
            with os.fdopen(pipe) as said:
                killer = said.read()
            self.cpu[mutant] = used.ru_utime + used.ru_stime
            self.result[mutant] = verdict(status, killer)
            if self.result[mutant] != "killed":
                print(self.result[mutant], mutant, flush=True)
            if killer.isdigit():
                own = found[function_of(mutant)]
                own[:] = [int(killer), *(i for i in own if i != int(killer))]
            if len(self.cpu) % 50 == 0:
                counts, took = dict(Counter(self.result.values())), time.perf_counter() - start
                print(f"{len(self.cpu)}/{len(mutants)} {counts} {took:.0f} s", flush=True)
        return True

    def clean_run(self) -> tuple[dict[str, set[int]], list[float]]:
        """Function -> the tests that reach it, and the seconds of CPU of every test; without any mutant all pass.

        In a fork, so that nothing that a test has filled answers for a mutant.
        """
        back, forth = os.pipe()
        if not (pid := os.fork()):
            os.close(back)
            set_mutant_under_test("stats")
            reached, seconds = defaultdict(list), []
            for i, item in enumerate(self.items):
                start = time.process_time()
                self.run(item, self.items[i + 1] if i + 1 < len(self.items) else None)
                seconds.append(time.process_time() - start)
                for function in state()._stats:
                    reached[function].append(i)
                state()._stats.clear()
                if self.failed:
                    sys.stderr.write(f"fails without a mutant: {item.nodeid}\n")
                    os._exit(1)
            with os.fdopen(forth, "w") as out:
                json.dump([reached, seconds], out)
            os._exit(0)
        os.close(forth)
        with os.fdopen(back) as said:
            text = said.read()
        os.waitpid(pid, 0)
        reached, seconds = json.loads(text)
        return defaultdict(set, {function: set(tests) for function, tests in reached.items()}), seconds

    def fork(self, mutant: str, tests: list[int]) -> tuple[int, tuple[str, int]]:
        """Start one mutant; its pipe will say the test that killed it, `none` without one."""
        back, forth = os.pipe()
        pid = os.fork()
        if pid:
            os.close(forth)
            return pid, (mutant, back)
        most = 10 + math.ceil(3 * sum(self.seconds[i] for i in tests))
        resource.setrlimit(resource.RLIMIT_CPU, (most, most + 5))
        resource.setrlimit(resource.RLIMIT_AS, (held() + MEMORY,) * 2)
        signal.alarm(60 + 10 * most)  # for one that waits without working
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        set_mutant_under_test(mutant)
        for i, after in zip(tests, [*tests[1:], None], strict=False):
            self.run(self.items[i], None if after is None else self.items[after])
            if self.failed:
                os.write(forth, str(i).encode())
                os._exit(0)
        os.write(forth, b"none" if tests else b"untested")
        os._exit(0)

    def run(self, item, after) -> None:
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)


def held() -> int:
    """Bytes of address space that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def verdict(status: int, said: str) -> str:
    if said.isdigit():
        return "killed"
    if os.WIFSIGNALED(status):
        return "timeout" if os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGALRM, signal.SIGKILL) else "killed"
    return {"none": "survived", "untested": "untested"}.get(said, "killed")  # a mutant may end the interpreter


def table(result: dict[str, str]) -> str:
    """Markdown: a line per module, and all of them."""
    by_module = {name: [v for m, v in result.items() if m.rpartition(".")[0] == name] for name in MODULES}
    lines = ["| module | mutants | killed | timeout | survived | untested | found |", "|---|--:|--:|--:|--:|--:|--:|"]
    for name, verdicts in [*((n, v) for n, v in by_module.items() if v), ("all", list(result.values()))]:
        n = Counter(verdicts)
        share = (n["killed"] + n["timeout"]) / max(1, len(verdicts))
        counts = " | ".join(str(n[one]) for one in ("killed", "timeout", "survived", "untested"))
        lines.append(f"| `{name}` | {len(verdicts)} | {counts} | {100 * share:.1f} % |")
    return "\n".join(lines)


def main() -> int:
    asked = argparse.ArgumentParser(description="Mutation testing of rules, scores, ranks, rounding and the audit.")
    asked.add_argument("modules", nargs="*", metavar="MODULE", help=f"of {', '.join(MODULES)}; all without one")
    asked.add_argument("-j", type=int, default=1, metavar="N", dest="hands", help="mutants at once")
    asked.add_argument("-o", type=Path, default=None, metavar="FILE", help="where the result goes as JSON")
    asked.add_argument("-s", type=float, default=math.inf, metavar="S", dest="most", help="seconds of tests per mutant")
    asked.add_argument(
        "--again", type=Path, metavar="FILE", help="not those that FILE (of -o) has as killed, unchanged"
    )
    args = asked.parse_args()
    modules = args.modules or list(MODULES)
    folders = dict.fromkeys(folder for name in modules for folder in TESTS[name])
    finder = Finder(modules)
    sys.meta_path.insert(0, finder)
    digests = {name: digest for loader in finder.loaders.values() for name, digest in loader.digests().items()}
    before = json.loads(args.again.read_text("utf-8")) if args.again else {"result": {}, "digests": {}}
    same = {name for name, digest in digests.items() if digest == before["digests"].get(name)}
    known = {name: "killed" for name in same if before["result"].get(name) == "killed"}
    sweep = Sweep(finder, args.hands, args.most, known)
    options = ["-q", "-p", "no:cacheprovider", "--hypothesis-profile=mutants", "-k", f"not ({' or '.join(DEAR)})"]
    pytest.main([*options, *(str(HOME / "tests" / name) for name in folders)], plugins=[sweep])
    left = {m: v for m, v in sweep.result.items() if v != "killed"}
    shown = {m: [v, finder.loaders[m.rpartition(".")[0]].difference(m.rpartition(".")[2])] for m, v in left.items()}
    if args.o:
        kept = {"result": sweep.result, "left": shown, "cpu": sweep.cpu, "digests": digests}
        args.o.write_text(json.dumps(kept, indent=1, ensure_ascii=False), "utf-8")
    print("\n\n".join(f"{v} {m}\n{change}" for m, (v, change) in shown.items()))
    print(f"\n{table(sweep.result)}\n\n{sum(sweep.cpu.values()):.0f} s of CPU")
    return 0


if __name__ == "__main__":
    sys.exit(main())
