"""Verification of one year and group, from a read case to every table of the page: CPU seconds, growth, memory.

    python tests/benchmarks/verification.py [COMMUNES …]        default 107 1060

Prints, per size, the CPU of each step without and with the bootstraps, the ratio to a tenth of the size, and the
peak memory. The made-up province of that size is generated first (a minute per 10,000 communes).
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

from numpy.random import default_rng

from dxlib import confidence, verify
from dxlib.case import read_before, read_for_verification
from dxlib.sample import write

DRAWS = 2000


def steps(case, before):
    """(step, what it does) in the order of the notebook; each sees the results so far."""
    yield "scores", lambda r: verify.scores(case)
    yield "ledger", lambda r: verify.ledger(case, r["scores"])
    yield "steps", lambda r: verify.steps(case, r["scores"])
    yield "history", lambda r: verify.history(case, before)
    yield "grades", lambda r: verify.grades(case)
    yield "deviation", lambda r: verify.deviation(case, r["scores"])
    yield "polish", lambda r: verify.polish(r["ledger"])
    yield "coverage", lambda r: verify.coverage(r["ledger"], case.evidence, verify.asking(case))
    yield (
        "flags",
        lambda r: verify.flags(case, r["ledger"], r["deviation"][0], r["history"], default_rng(1), r["scores"]),
    )
    yield "appeals", lambda r: verify.appeals(r["ledger"], r["steps"])
    yield "unsettled", lambda r: verify.unsettled(case, r["scores"])
    yield "ranges", lambda r: verify.rank_ranges(case, r["unsettled"])
    yield "decisive", lambda r: verify.decisive_items(case, r["unsettled"], r["ranges"])
    yield "risk", lambda r: verify.risk(r["ledger"], r["history"], r["flags"])
    yield "choose", lambda r: verify.choose(r["risk"], 60, default_rng(1))
    yield "unverified", lambda r: verify.unverified(r["choose"], confidence.level())
    yield "plan", lambda r: verify.plan(r["ledger"], confidence.level(), verify.TOLERABLE, "pillar")
    yield "doubles", lambda r: verify.double_verified(r["steps"])
    yield "between", lambda r: verify.between_verifiers(r["doubles"], r["grades"])
    yield "agreement (bootstrap)", lambda r: verify.agreement(r["ledger"], DRAWS, default_rng(1), r["grades"])
    yield "leniency (bootstrap)", lambda r: verify.leniency(r["doubles"], DRAWS, default_rng(1))


def measure(case, before) -> dict[str, float]:
    results: dict[str, object] = {}
    seconds = {}
    for name, call in steps(case, before):
        start = time.process_time()
        results[name] = call(results)
        seconds[name] = time.process_time() - start
    return seconds


def main(sizes: list[int]) -> None:
    whole: dict[int, float] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "data"
            write(root, communes=size)
            for _ in range(2 if size < 500 else 1):  # the first time for the imports, which are not what is asked
                case = read_for_verification(root, 2024, "communes")
                before = read_before(root, case).case
                seconds = measure(case, before)
        boot = sum(s for name, s in seconds.items() if "bootstrap" in name)
        whole[size] = sum(seconds.values()) - boot
        rows = len(case.verdicts)
        print(f"{size} communes, {rows} verdicts: {whole[size]:.2f} s CPU, bootstraps {boot:.2f} s more")
        print("   " + ", ".join(f"{name} {s:.2f}" for name, s in seconds.items() if s >= 0.01))
        for smaller in sizes:
            if smaller * 10 == size and smaller in whole:
                print(f"   {whole[size] / whole[smaller]:.1f} x the time of {smaller}")
        print(
            f"   peak memory of the process so far {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
        )


if __name__ == "__main__":
    main([int(x) for x in sys.argv[1:]] or [107, 1060])
