"""Runs of notebooks against the shell loop, as ratios in one run. Run: python tests/benchmarks/runs.py

The shell loop is what somebody without `dx run` would write, with the same products: for every page `papermill`, then
`jupyter nbconvert --to html --no-input`, then one `python -c` for what nbconvert has no part for (the PDF by typst;
with the report the open data and the workbook, with the brief the Word drafts), all by the library's own functions.
A score card is a page of its own there: CARDS of them are measured and counted for every agency; the PDF of all cards
is left out, in the loop's favour. It runs one page at a time, as a loop does; `dx run` uses all cores.

Only one year and group of the matrix is taken (an argument chooses another), in both languages, everything made anew.
`dx run` pays its own start on these few pages alone. Seconds on the wall mean something only while nothing else runs;
the CPU seconds (of all processes) stand next to them. Goal: at most a twelfth of the loop's time on the same cores.

Measured on two cores with nothing else running, 2026-11-27, 2024/departments (20 agencies):

| | wall | CPU | the loop takes |
|---|---|---|---|
| dx run, forked kernels | 44.2 s | 79.2 s | 15.3 times as long, 8.4 times the CPU |
| dx run, ordinary kernels | 53.3 s | 96.0 s | 12.7 times as long, 6.9 times the CPU |
| shell loop | 675.7 s | 662.9 s | |

The whole sample (202 reports, in a clean clone): 238 s on the wall cold, 1.4 s again with nothing changed, a 168th part
(goal: a fiftieth); on a slower machine 915 s and 3.5 s.

The last table says what remains of a forked run, in CPU seconds by part, one page each (`parts YEAR GROUP` prints it
alone). The cells of score cards are evaluated in the worker: they stand under "other".
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
LANGS = ("vi", "en")
CARDS = 2
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
REST = """
import sys, nbformat
from pathlib import Path
from dxlib import publish, read_case, score
from dxlib.index import evaluate, provisional
name, year, group, lang, folder = sys.argv[1:]
nb, folder = nbformat.read(f"{folder}/out.ipynb", 4), Path(folder)
marks = dict(title=name, reader="public", sample=True, provisional=False, fingerprint="0" * 64)
folder.joinpath("page.pdf").write_bytes(publish.pdf(nb, lang=lang, **marks))
if name == "report":
    from dxlib.publish.open_data import open_data
    from dxlib.sheets import calculation_bytes
    case = read_case("data", year, group)
    made = open_data(case, score(case), provisional(case), "0" * 12)
    made["calculation.xlsx"] = calculation_bytes(case, evaluate(case), lang)
    for file, data in made.items():
        folder.joinpath(file).parent.mkdir(exist_ok=True)
        folder.joinpath(file).write_bytes(data)
if name == "brief" and lang == "vi":
    for paper in ("to-trinh", "quyet-dinh"):
        made = publish.draft(nb, paper, None, lang=lang, **{**marks, "reader": "internal"})
        folder.joinpath(f"{paper}.docx").write_bytes(made)
"""


def taken(command: list[str]) -> tuple[float, float]:
    """(wall, CPU) seconds of a command with all its processes."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **ONE_THREAD}, capture_output=True, text=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:4])} …\n{done.stderr[-2000:]}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def loop_page(name: str, place: tuple[str, str], lang: str, folder: str, agency: str = "") -> tuple[float, float]:
    """(wall, CPU) of one page by the shell loop."""
    year, group = place
    given = {"root": "data", "year": year, "group": group, "lang": lang} | ({"agency": agency} if agency else {})
    options = [part for key, value in given.items() for part in ("-r", key, value)]
    tools, out = Path(sys.executable).parent, f"{folder}/out.ipynb"
    steps = [
        [str(tools / "papermill"), f"notebooks/{name}.ipynb", out, "-k", "python3", "--no-progress-bar", *options],
        [str(tools / "jupyter"), "nbconvert", "--to", "html", "--no-input", out],
    ]
    if not agency:
        steps.append([sys.executable, "-c", REST, name, year, group, lang, folder])
    times = [taken(step) for step in steps]
    return sum(wall for wall, _ in times), sum(cpu for _, cpu in times)


def loop(pages: list[str], place: tuple[str, str], agencies: list[str]) -> dict[str, tuple[float, float]]:
    """page -> (wall, CPU) in both languages."""
    found = {}
    for page in pages:
        name, _, lang = page.partition(".")
        with tempfile.TemporaryDirectory() as folder:
            if name == "scorecard":
                some = [loop_page(name, place, lang, folder, agency) for agency in agencies[:CARDS]]
                each = [sum(column) / len(some) for column in zip(*some, strict=True)]
                found[page] = (each[0] * len(agencies), each[1] * len(agencies))
            else:
                found[page] = loop_page(name, place, lang, folder)
        print("  loop, {}: {:.1f} s, CPU {:.1f} s".format(page, *found[page]), flush=True)
    return found


def ours(kernels: str, place: tuple[str, str]) -> tuple[float, float, list[str]]:
    """(wall, CPU, pages made) of `dx run`, cold."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "dxlib", "run", "--reports", folder, "--quiet", "--kernels", kernels]
        wall, cpu = taken([*command, "--years", place[0], "--groups", place[1]])
        jobs = json.loads(Path(folder, "run-log.json").read_text("utf-8"))["jobs"]
    pages = [job["job"].rpartition("/")[2] for job in jobs]
    strange = [job for job in jobs if job["status"] != "made" or job.get("kernel", kernels) != kernels]
    if strange:
        raise SystemExit(f"not as asked: {strange}")
    return wall, cpu, pages


def parts(place: tuple[str, str]) -> None:
    """In a process of its own, as a worker: CPU seconds of every part of each page in one language."""
    from dxlib import publish
    from dxlib.runs import batch, execute, pool
    from dxlib.runs.kernel import Source
    from dxlib.runs.publication import opened

    spent: dict[str, float] = {}

    def forked() -> float:
        """CPU seconds of the server and the kernels it has taken in."""
        ticks = Path(f"/proc/{source.server.process.pid}/stat").read_text().rpartition(")")[2].split()[11:15]
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    def timed(owner: object, name: str, part: str) -> None:
        function = getattr(owner, name)

        def clocked(*args: object, **given: object) -> object:
            start, kernels = time.process_time(), forked()
            try:
                return function(*args, **given)
            finally:
                spent[part] = spent.get(part, 0) + time.process_time() - start
                spent["kernel"] = spent.get("kernel", 0) + forked() - kernels

        setattr(owner, name, clocked)

    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        chosen, declared, given = batch.open_door(
            ROOT / "data", ROOT / "notebooks", ([place[0]], [place[1]], None, ["vi", "en"]), ()
        )
        how = {"exporter": execute.EXPORTER, "cell_seconds": 600, "force": True, "former": {}}
        run = batch.Source.of(ROOT / "data", Path(folder), ROOT / "notebooks", declared, given, **how)
        pool.set_up(Path(folder))
        source = Source(True)
        for owner, name, part in (
            (execute, "prepared", "papermill"),
            (execute, "execute_cells", "papermill"),
            (publish, "html", "html"),
            (publish, "pdf", "pdf"),
            (publish, "collection", "pdf"),
            (execute, "workbook", "xlsx"),
            (execute, "drafts", "docx"),
        ):
            timed(owner, name, part)
        print("what remains per run, CPU seconds:", file=output)
        columns = ("kernel", "papermill", "html", "pdf", "xlsx", "docx")
        print(f"{'page':<18}" + "".join(f"{column:>10}" for column in (*columns, "other", "all")), file=output)
        publication = opened(ROOT / "data", Path(folder), Path(folder))
        for task in batch.case_by_case(run, batch.Plan(chosen), publication, chosen):
            spent.clear()
            start = time.process_time()
            outcome = execute.execute(task, source)
            own = time.process_time() - start
            if task.job.lang == "vi":  # the first page of all pays for imports; so the second language is shown
                continue
            other = own - sum(value for part, value in spent.items() if part != "kernel")
            whole = own + spent.get("kernel", 0)
            row = [*(spent.get(column, 0) for column in columns), other, whole]
            page = f"{task.job.notebook} ({outcome.kernel or 'none'})"
            print(f"{page:<18}" + "".join(f"{value:>10.2f}" for value in row), file=output, flush=True)
        source.end()


def main(place: tuple[str, str]) -> None:
    from dxlib import read_case

    agencies = read_case(ROOT / "data", *place).tables["agencies"]["agency"].tolist()
    print(
        f"{place[0]}/{place[1]}, {len(agencies)} agencies, {len(LANGS)} languages, load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    wall: dict[str, float] = {}
    cpu: dict[str, float] = {}
    pages: list[str] = []
    for kernels in ("forked", "ordinary"):
        wall[kernels], cpu[kernels], pages = ours(kernels, place)
        print(
            f"dx run --kernels {kernels}: {len(pages)} jobs, {wall[kernels]:.1f} s, CPU {cpu[kernels]:.1f} s",
            flush=True,
        )
    by_page = loop(pages, place, agencies)
    wall["loop"], cpu["loop"] = (sum(values) for values in zip(*by_page.values(), strict=True))
    cards = {page: times for page, times in by_page.items() if page.startswith("scorecard")}
    print(
        f"shell loop: {wall['loop']:.1f} s, CPU {cpu['loop']:.1f} s; of it {sum(w for w, _ in cards.values()):.1f} s for "
        f"score cards ({CARDS} of {len(agencies)} measured)"
    )
    for kernels in ("forked", "ordinary"):
        faster, cheaper = wall["loop"] / wall[kernels], cpu["loop"] / cpu[kernels]
        print(f"{kernels}: {faster:.1f} times faster than the loop, {cheaper:.1f} times less CPU")
    subprocess.run([sys.executable, __file__, "parts", *place], cwd=ROOT, env={**os.environ, **ONE_THREAD}, check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["parts"]:
        parts((sys.argv[2], sys.argv[3]))
    else:
        sys.path.insert(0, str(ROOT))
        main((sys.argv[1], sys.argv[2]) if len(sys.argv) == 3 else ("2024", "departments"))
