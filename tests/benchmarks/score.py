"""Speed of scoring, as ratios in one run. Run: python tests/benchmarks/score.py

1. `dx score` on 107 communes x 45 rows against `python -c "import pandas"` (goal: at most 2).
2. Exact scores and ranks of 10,600 x 60 cells, tables in memory to ranks (goal: under 5 s of CPU and 1 GB), and
   the same for a tenth of it (linear: the ratio is about 10).
"""

from __future__ import annotations

import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import pandas as pd

from dxlib import schema
from dxlib.case.case import Case, freeze
from dxlib.case.settings import read_settings
from dxlib.case.tables import empty
from dxlib.index import INDEX, evaluate, score, tabulate

RULES = ("ratio", "target(0.8)", "steps(1:5p, 2:10p)", "options(a:1, b:1/2, c:0)", "yes_no")


def wall(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def command_ratio(runs: int = 7) -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "dxlib", "sample", folder, "--quiet"], check=True)
        ours = [sys.executable, "-m", "dxlib", "score", "2023", "communes", "--data", folder]
        floor = [sys.executable, "-c", "import pandas"]
        pairs = [(wall(ours), wall(floor)) for _ in range(runs)]
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"dx score, 107 communes: {statistics.median(a for a, _ in pairs):.2f} s, {ratio:.2f} x import pandas")


def made_up(agencies: int, rows: int, seed: int = 1) -> dict[str, pd.DataFrame]:
    """Tables of a set with eight main indexes, claims all different where the rule takes numbers."""
    chance = random.Random(seed)
    codes = [(f"{k % 8 + 1}.{k}", RULES[k % len(RULES)]) for k in range(rows)]
    indicators = [{"code": str(p + 1), "parent": "", "max_points": "", "rule": ""} for p in range(8)]
    indicators += [{"code": c, "parent": c.split(".")[0], "max_points": "10", "rule": rule} for c, rule in codes]
    claims = []
    for i in range(agencies):
        for code, rule in codes:
            b = chance.randrange(50, 5000)
            cells = {
                "ratio": (str(chance.randrange(b)), str(b), ""),
                "target(0.8)": (f"0.{chance.randrange(10000):04}", "", ""),
                RULES[2]: (str(chance.randrange(4)), "", ""),
                RULES[3]: ("", "", chance.choice("abc")),
                "yes_no": ("", "", chance.choice(["yes", "no"])),
            }[rule]
            claims.append((f"c{i}", code, *cells))
    tables = {name: empty(name) for name in ("reasons", *schema.CASE_TABLES)}
    frames = {
        "indicators": pd.DataFrame(indicators),
        "agencies": pd.DataFrame({"agency": [f"c{i}" for i in range(agencies)]}),
        "claims": pd.DataFrame(claims, columns=["agency", "indicator", "a", "b", "option"]),
    }
    for name, frame in frames.items():
        full = frame.reindex(columns=schema.columns(name)).astype(object).fillna("")
        tables[name] = full.set_index(pd.RangeIndex(2, len(full) + 2))
    return tables


def case_of(agencies: int, rows: int) -> tuple[Case, float]:
    tables = made_up(agencies, rows)
    settings, _ = read_settings(b'title.vi = "x"\n', "2024", "communes")
    assert settings is not None
    start = time.process_time()
    case = freeze(tables, settings, {}, frozenset({"indicators", "agencies", "claims"}))
    return case, time.process_time() - start


def exact_ratio(rows: int = 60) -> None:
    taken = []
    for agencies in (1060, 10600):
        case, checked = case_of(agencies, rows)
        start = time.process_time()
        ranks = tabulate(case, evaluate(case), [INDEX])["rank"]
        taken.append(time.process_time() - start)
        start = time.process_time()
        whole = score(case)
        every = time.process_time() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{agencies} x {rows}: to ranks {taken[-1]:.2f} s CPU ({ranks.max()} places); whole tidy table ({len(whole)} rows) {every:.2f} s;"
            f" checks before {checked:.2f} s; peak {peak:.0f} MB"
        )
    print(f"ten times the agencies: {taken[1] / taken[0]:.1f} times the time")


if __name__ == "__main__":
    command_ratio()
    exact_ratio()
