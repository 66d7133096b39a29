"""Branches that add points, in the form and in the calculation: LibreOffice works out both anew."""

import pytest

from dxlib.case import read_case
from dxlib.index import evaluate
from dxlib.sheets.calculation import calculation_book
from tests.backtest.contract_folder import write_folder
from tests.index.random_folders import random_folder
from tests.known.folders import claims, leaf, pillar, square
from tests.sheets.desk import Desk, resaved
from tests.sheets.test_calculation import differing, recalculated
from tests.sheets.test_office import points_shown
from tests.sheets.test_refereed import tellable

pytestmark = pytest.mark.real("libreoffice")
SETS = 12


def test_every_formula_gives_the_exact_value(tmp_path):
    books = {}
    for seed in range(6000, 6400):
        folder = random_folder(seed)
        rows = folder.tables["indicators"]
        if len(books) < SETS and len(rows) < 50 and any(r.get("aggregate") == "sum" for r in rows) and tellable(folder):
            case = folder.case(tmp_path / str(seed))
            books[f"set-{seed}"] = calculation_book(case, evaluate(case))
    assert len(books) == SETS
    found = recalculated(books, tmp_path)
    assert {name: differing(book, found[name])[:2] for name, book in books.items()} == {key: [] for key in books}


ROWS = [
    pillar("1"),
    pillar("1.1", "1", aggregate="sum", max_points=60),
    leaf("1.1.1", "yes_no", 35, "1.1"),
    leaf("1.1.2", "count(10)", 40, "1.1", a_vi="số tiêu chuẩn"),
    leaf("1.2", "deduct(2, 9)", 10, "1", a_vi="số tháng chậm"),
    pillar("2", aggregate="sum", max_points=10),
    leaf("2.1", "bonus(2)", parent="2", a_vi="số lần"),
    leaf("2.2", "penalty(3)", parent="2", a_vi="số lần"),
    leaf("3", "bonus(1, 5)", a_vi="số sáng kiến"),
]


def test_the_self_score_of_the_form_is_the_score(tmp_path):
    """60 + 6 + 4 + 2; 10 + 1 + 0 + 5; without 1.1.2: 35 + 10 + 10."""
    given = {
        "m": {"1.1.1": {"option": "yes"}, "1.1.2": 4, "1.2": 2, "2.1": 5, "2.2": 2, "3": 2},
        "n": {"1.1.1": {"option": "no"}, "1.1.2": 1, "1.2": 9, "2.1": 1, "2.2": 1, "3": 8},
        "o": {"1.1.1": {"option": "yes"}, "1.2": 0, "2.1": 9, "2.2": 0, "3": 0},
    }
    rows = [row | {"name_vi": row["code"], "source": "reported" if row["rule"] else ""} for row in ROWS]
    exempt = [{"agency": "o", "indicator": "1.1.2", "reason": "–"}]
    tables = {"indicators": rows, "agencies": [{"agency": a} for a in given], "claims": claims(given)}
    tables = {name: square(of) for name, of in (tables | {"exemptions": exempt}).items()}
    write_folder(tmp_path / "data", 2024, "demo", {"title": {"vi": "Thử"}}, tables)
    full = read_case(tmp_path / "data", 2024, "demo")
    desk = Desk(tmp_path / "data", full, "demo")
    for agency in given:
        (tmp_path / f"{agency}.xlsx").write_bytes(desk.form(agency))
    exact = evaluate(full, "claimed").columns["index"]
    totals = {}
    for i, path in enumerate(resaved([tmp_path / f"{agency}.xlsx" for agency in given], tmp_path)):
        shown, totals[path.stem] = points_shown(path)
        assert totals[path.stem] == pytest.approx(float(exact.shares[i] * exact.own_maxima[i]), abs=1e-9)
        assert shown["1"] == pytest.approx(shown["1.1"] + shown["1.2"])
    assert totals == {"m": 72, "n": 16, "o": 55}
