"""Forms out and in: CPU of the forms of many communes, and of taking them in against the time calamine needs to read
the values of the same files. Measured with both sides repeated four times on two busy cores (this file runs each once):
150 forms taken in within 2.5 s of CPU at best, 2.8 s in the middle; 7.3 and about 8 times calamine's 0.34 s. Above
1,060 communes nothing has been measured.

    python tests/benchmarks/sheets.py [COMMUNES …]        default 107 150
"""

from __future__ import annotations

import datetime
import sys
import tempfile
import time
from pathlib import Path

from python_calamine import CalamineWorkbook

from dxlib.case import read_case
from dxlib.index import evaluate
from dxlib.sample import write as write_sample
from dxlib.sheets import intake, issue
from dxlib.sheets.calculation import calculation_bytes
from tests.sheets.desk import Desk


def spent(call, *args, **options):
    start = time.process_time()
    return call(*args, **options), time.process_time() - start


def values(paths):
    """What calamine needs for the values alone."""
    for path in paths:
        book = CalamineWorkbook.from_path(str(path))
        for name in book.sheet_names:
            book.get_sheet_by_name(name).to_python()


def main(sizes: list[int]) -> None:
    for size in sizes:
        with tempfile.TemporaryDirectory() as scratch:
            root = Path(scratch) / "data"
            write_sample(root, communes=size)
            folder = root / "2022" / "communes"
            full = read_case(root, 2022, "communes")
            reported = {n.code for n in full.framework.leaves if n.source == "reported"}
            claims = full.claims
            claims[~claims["indicator"].isin(reported)].to_csv(folder / "claims.csv", index=False)
            for name in ("evidence", "verdicts", "appeals"):
                (folder / f"{name}.csv").unlink(missing_ok=True)
            book, seconds = spent(calculation_bytes, full, evaluate(full))
            print(f"{size} communes: the calculation, {len(book) / 1e6:.1f} MB in {seconds:.2f} s CPU")
            made, seconds = spent(issue, root, 2022, "communes", Path(scratch) / "forms")
            print(f"{size} communes: {len(made)} forms in {seconds:.2f} s CPU")
            desk = Desk(root, full, "communes", year=2022)
            back = Path(scratch) / "back"
            back.mkdir()
            paths = [back / f"{agency}.xlsx" for agency in desk.people]
            for path in paths:
                path.write_bytes(desk.form(path.stem))
            values(paths)
            _, floor = spent(values, paths)
            out, taken = spent(intake, root, 2022, "communes", [back], received=datetime.date(2023, 1, 1))
            assert out.written, out.findings[:3]
            print(
                f"   taken in: {taken:.2f} s CPU, {taken / floor:.1f} x calamine reading their values ({floor:.2f} s)"
            )


if __name__ == "__main__":
    main([int(x) for x in sys.argv[1:]] or [107, 150])
