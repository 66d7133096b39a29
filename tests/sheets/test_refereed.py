"""The workbook of the calculation, worked out anew by LibreOffice, held against the second scorer of `tests.index`."""

from fractions import Fraction
from itertools import combinations

import pytest

from dxlib.index import evaluate
from dxlib.sheets.calculation import calculation_book
from dxlib.sheets.calculation.plan import FIRST, Plan
from dxlib.sheets.calculation.result import Result
from tests.index.naive import Refused
from tests.index.random_folders import Folder, random_folder
from tests.sheets.test_calculation import recalculated

SETS = 12
BOUNDS = ("at_least", "above", "at_most", "below")


def tellable(folder: Folder) -> bool:
    """Whether it can be scored, and 12 decimals, which a spreadsheet compares, tell apart what differs."""
    second = folder.referee()
    try:
        shares = [s for a in second.agencies if (s := second.deciding(a, "")) is not None]
        covered = [second.node(a, "").covered for a in second.agencies]
    except Refused:
        return False
    edges = [
        e for band in folder.index.get("class", []) for e in (band.get("cut"), band.get("within")) if e is not None
    ]
    edges += [1 - e for e in edges] + [1 + e for e in edges]
    figures = [*shares, *map(Fraction, edges)], [*covered, Fraction(folder.index.get("min_coverage", 0))]
    limits = [(c["row"], Fraction(c[key])) for c in folder.index.get("condition", []) for key in BOUNDS if key in c]
    for code, limit in limits:
        found = [second.deciding(a, code) for a in second.agencies if code in second.own(a).rows]
        if any(share is not None and 0 < abs(share - limit) < 1e-11 for share in found):
            return False
    return all(a == b or abs(a - b) > 1e-11 for of in figures for a, b in combinations(of, 2))


@pytest.mark.real("libreoffice")
def test_points_ranks_and_classes_are_those_of_the_referee(tmp_path):
    folders = {}
    for seed in range(10**6, 10**6 + 200):
        folder = random_folder(seed)
        if len(folders) < SETS and tellable(folder):
            folders[f"set-{seed}"] = folder
    cases = {name: folder.case(tmp_path / name) for name, folder in folders.items()}
    found = recalculated({name: calculation_book(case, evaluate(case)) for name, case in cases.items()}, tmp_path)
    wrong = []
    for name, case in cases.items():
        plan, second = Plan(case, evaluate(case), "vi"), folders[name].referee()
        columns, lines = Result(plan).columns, found[name][plan.sheet("result")]
        for i, agency in enumerate(second.agencies):
            cell = second.cell(agency, "")
            band = case.settings.classes[cell.band - 1].name["vi"] if cell.band else None
            told = [lines.get((FIRST + i, columns.index(k))) for k in ("published", "place", "class")]
            known = [None if cell.points is None else float(cell.points), cell.rank, band]
            if [x if x != "" else None for x in told] != known:
                wrong.append((name, agency, told, known))
    assert not wrong
