"""Gates in workbooks: LibreOffice works out the form and the whole calculation, and finds what the score says."""

import datetime

import pytest

from dxlib.case import read_case
from dxlib.index import evaluate
from dxlib.sheets import intake
from dxlib.sheets.calculation import calculation_book
from tests.known.folders import GROUP, YEAR, leaf, pillar, write
from tests.known.test_gates import answers, reported, rows, verdict, yes
from tests.sheets.desk import Desk, resaved
from tests.sheets.test_calculation import differing, recalculated
from tests.sheets.test_office import points_shown

pytestmark = pytest.mark.real("libreoffice")

POLICIES = {
    "plain": {},
    "leaving": {"missing": "exclude", "not_applicable": "exclude"},
    "carried": {"missing": "within-parent", "not_applicable": "within-parent"},
    "none": {"missing": "not-ranked", "not_applicable": "full"},
    "levels": {"rounding": "every-level", "points_decimals": 0, "not_applicable": "zero"},
    "covered": {"min_coverage": 0.5, "missing": "exclude"},
}
SETS = {
    "plan": rows(),
    "third": rows("2.1>=1/3", **{"2.1": {"rule": "ratio", "b_vi": "tất cả"}}),
    "branch": [row | {"1": {"gate": "2>=50%"}, "2.3": {"gate": "2.2"}}.get(row["code"], {}) for row in rows("")],
    "whole": [*(row | ({"gate": "1>0.4"} if row["code"] == "2" else {}) for row in rows()),
              pillar("3", gate="2", aggregate="best"), leaf("3.1", "relative", 10, "3"),
              leaf("3.2", "yes_no", 5, "3", gate="2.5>=0.5")],
}  # fmt: skip
EXEMPT = [{"agency": "u", "indicator": "2.1", "reason": "–"}, {"agency": "v", "indicator": "2.2", "reason": "–"}]


def given(name):
    third = name == "third"
    plans = {"x": "yes", "y": "no", "z": None, "v": "no", "w": "yes"}
    found = {a: answers(None if third else plan, (1, 2) if a != "w" else (1, 3)) for a, plan in plans.items()}
    found["u"] = answers(None)
    del found["v"]["2.2"]
    del found["z"]["2.4"]
    if third:
        found["x"]["2.1"], found["y"]["2.1"], found["w"]["2.1"] = (3, 9), (1, 4), (1, 3)
    if name == "whole":
        for k, a in enumerate(found.values()):
            a |= {"3.1": k, "3.2": yes()}
    return found


def test_the_calculation_follows_gates_under_every_policy(tmp_path):
    books = {}
    for name, indicators in SETS.items():
        for policy, index in POLICIES.items():
            root = write(tmp_path / f"{name}-{policy}", indicators, given(name), index, exemptions=EXEMPT)
            assert root
            case = read_case(tmp_path / f"{name}-{policy}", YEAR, GROUP)
            books[f"{name}-{policy}"] = calculation_book(case, evaluate(case), "vi")
    step = [verdict("x", code) for code in ("1", "2.2", "2.3", "2.4", "2.5")]
    step += [verdict("y", "1"), verdict("y", "2.1", option="no"), verdict("y", "2.2", points="10")]
    write(tmp_path / "waits", reported(), {"x": answers(), "y": answers()}, verdicts=step)
    case = read_case(tmp_path / "waits", YEAR, GROUP)
    books |= {
        f"waits-{on}": calculation_book(case, evaluate(case, on), "en") for on in ("verified", "current", "claimed")
    }
    found = recalculated(books, tmp_path)
    for name, book in books.items():
        assert differing(book, found[name]) == [], name
    assert any("chưa đạt điều kiện" in cells.values() for cells in found["plan-plain"].values())


def form_of(tmp_path, indicators, told):
    """(row -> points in the form of x, their sum) as LibreOffice works them out, and what intake says of them."""
    folder = write(tmp_path / "data", indicators, {"x": told, "y": {}}, {"total": 100})
    full = read_case(tmp_path / "data", YEAR, GROUP)
    (tmp_path / "x.xlsx").write_bytes(Desk(tmp_path / "data", full, GROUP, year=YEAR).form("x"))
    (folder / "claims.csv").write_text("agency,indicator,a,b,option\ny,1,1,2,\n", encoding="utf-8")
    (back,) = resaved([tmp_path / "x.xlsx"], tmp_path)
    out = intake(tmp_path / "data", YEAR, GROUP, [back], received=datetime.date(2025, 12, 1))
    assert out.written, out.findings
    assert [f for f in out.findings if f.reason == "self_score_shown"] == []
    return *points_shown(back), full


PLAN = {f"2.{i}": 0 for i in (2, 3, 4, 5)}


@pytest.mark.parametrize(
    "indicators, told, expected",
    [
        (rows(), answers(), {"1": 20, "2.1": 10, "2.2": 5, "2.5": 10}),
        (rows(), answers("no"), {"1": 20, "2.1": 0, **PLAN}),
        (rows(), answers(None), {"2.1": "", **PLAN}),
        (SETS["third"], answers(None) | {"2.1": (1, 3)}, {"2.2": 5, "2.5": 10}),
        (SETS["third"], answers(None) | {"2.1": (33, 100)}, PLAN),
        (SETS["branch"], answers("no", (1, 3)), {"1": 0, "2.2": pytest.approx(10 / 3)}),
        (SETS["branch"], answers() | {"2.2": (0, 2)}, {"1": 0, "2.3": 0}),
        (
            rows(**{"2.5": {"rule": "points", "b_vi": ""}}),
            answers("no") | {"2.5": {"points": 12}},
            {"2.5": 12, "2.2": 0},
        ),
    ],
)
def test_the_form_follows_its_gates_and_comes_back(tmp_path, indicators, told, expected):
    shown, total, full = form_of(tmp_path, reported(indicators), told)
    assert {code: shown[code] for code in expected} == expected
    own = evaluate(full, "claimed")
    assert total == pytest.approx(float(own.columns["index"].shares[0] * 100), abs=1e-9)


def test_the_form_says_which_gate_a_row_has_and_leaves_what_it_cannot_know(tmp_path):
    """A plan that the department measures: the form cannot know it, shows the points of the row, and says the gate."""
    given = [row | ({"source": "measured"} if row["code"] == "2.1" else {}) for row in reported()]
    shown, _, _ = form_of(tmp_path, given, answers(None))
    assert shown["2.2"] == 5
    full = read_case(tmp_path / "data", YEAR, GROUP)
    words = Desk(tmp_path / "data", full, GROUP, year=YEAR).words
    assert "Chỉ tính điểm khi" in words.methods["2.2"] and "2.2, 2.3, 2.4, 2.5" in words.methods["2.1"]
