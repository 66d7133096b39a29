"""Speed of the comparison of two years and of the checks of a national register.

Run: PYTHONPATH=. python tests/benchmarks/years.py [COMMUNES …]

Per number of communes: seconds of CPU for comparing 2024 with 2023, and 2025 (the merger) with 2024, once they are read
and scored, and as a ratio to the floor in the same run: scoring the later year. Then the checks of a register of 34 provinces (11,000 old and 3,300 new
units).

Measured on a quiet machine with two cores (AMD EPYC, 2026-11-27): 10,600 with 10,105 agencies in 1.55 s, 1.5 times the
scoring of the later year; the merger of 10,105 into 3,467 in 2.35 s, 9.4 times; the register in 0.06 s (goals: 2 s for
two years of 10,600 and for the register). Beside other work, or on a slower machine, up to twice as much. Half of it
goes into exact sums of shares whose denominators are other people's figures.
"""

from __future__ import annotations

import gc
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import pandas as pd

from dxlib.case import read_case, read_lineage, read_register
from dxlib.case.lineage import check_lineage
from dxlib.index import evaluate
from dxlib.sample import write
from dxlib.years import compare_years

OLD, NEW = 11_000, 3_300


def seconds(call):
    """(CPU seconds, the fastest of three; result)"""
    took = []
    for _ in range(3):
        start = time.process_time()
        result = call()
        took.append(time.process_time() - start)
    return min(took), result


def compare(communes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), communes=communes)
        compare_in(Path(folder))


def compare_in(folder: Path) -> None:
    register, lineage = read_register(folder), read_lineage(folder)
    cases = [read_case(folder, year, "communes") for year in (2023, 2024, 2025)]
    scored = [seconds(lambda case=case: evaluate(case)) for case in cases]
    for (before, after), ((_, then), (floor, now)) in zip(pairwise(cases), pairwise(scored), strict=True):
        took, step = seconds(
            lambda pair=(before, after), exact=(then, now): compare_years(*pair, register, lineage, exact=exact)
        )
        sizes = f"{after.year} with {before.year}, {len(then.agencies)} and {len(now.agencies)} agencies"
        ratio = f"{took / floor:.2f} x the scoring of the later year ({floor:.2f} s)"
        print(f"{sizes}: compared in {took:.2f} s, {ratio}; {len(step.changes)} related")


def national() -> None:
    old = [(f"old-{i}", f"Xã {i}", "commune", str(i), "2000-01-01", "2025-06-30") for i in range(OLD)]
    new = [(f"new-{i}", f"Xã mới {i}", "commune", str(i), "2025-07-01", "") for i in range(NEW)]
    columns = ["agency", "name_vi", "level", "official_code", "valid_from", "valid_to"]
    register = pd.DataFrame([*old, *new], columns=columns)
    rows = [(f"e-{i % NEW}", "2025-07-01", "merge", f"old-{i}", f"new-{i % NEW}", "1") for i in range(OLD)]
    lineage = pd.DataFrame(rows, columns=["event", "date", "type", "from", "to", "share"])
    took, found = seconds(lambda: check_lineage(register, lineage))
    print(f"{OLD} old and {NEW} new units: checked in {took:.2f} s, {len(found)} findings")


if __name__ == "__main__":
    gc.disable()  # as `dx compare` does
    national()
    for size in [int(word) for word in sys.argv[1:]] or [107, 1060]:
        compare(size)
