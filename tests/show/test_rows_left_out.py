"""Pages of sets in which a row, a branch or an agency has no score: made, and nothing claimed of what is not there."""

from __future__ import annotations

import pytest

import dxlib
from dxlib.show import report
from tests.backtest.contract_folder import write_folder


def case_of(folder, claims, weights=(10, 10, 10, 10), branch="arithmetic", **index):
    """Two branches of two ratio rows of 10 points each; `claims` agency -> row -> share in per cent."""
    first = 10 if branch == "best" else 20
    blank = dict.fromkeys(("code", "parent", "name_en", "aggregate", "weight", "rule", "max_points", "source"), "")
    rows = [
        blank | {"code": "1", "name_en": "First", "aggregate": branch, "max_points": first, "weight": 20},
        blank | {"code": "2", "name_en": "Second", "max_points": 20, "weight": 20},
    ]
    leaf = blank | {"rule": "ratio", "max_points": 10, "source": "reported"}
    rows += [
        leaf | {"code": c, "parent": c[0], "name_en": c, "weight": w}
        for c, w in zip(("1.1", "1.2", "2.1", "2.2"), weights, strict=True)
    ]
    said = [
        {"agency": agency, "indicator": code, "a": share, "b": 100}
        for agency, shares in claims.items()
        for code, share in shares.items()
    ]
    tables = {"indicators": rows, "agencies": [{"agency": a} for a in claims], "claims": said}
    write_folder(folder, 2024, "demo", {"title": {"en": "Set"}, "total": first + 20, **index}, tables)
    return dxlib.read_case(folder, 2024, "demo")


FULL = {"1.1": 50, "1.2": 60, "2.1": 70, "2.2": 80}


def carried_of(case):
    made = report.carried(case, dxlib.score(case), "en")
    return [[getattr(cell, "text", cell) for cell in row] for row in made.rows] if made else []


def test_an_agency_without_any_score_carries_nothing(tmp_path):
    case = case_of(tmp_path, {"a": FULL, "b": FULL | {"1.1": 90}, "c": {}}, missing="within-parent")
    assert carried_of(case) == []


def test_what_siblings_carry_is_said_where_points_add_up_and_nowhere_else(tmp_path):
    answers = {"a": FULL, "b": {"1.2": 60, "2.1": 70, "2.2": 80}}
    (line,) = carried_of(case_of(tmp_path / "sum", answers, missing="within-parent"))
    assert line[-1] == "6.00"  # 60 % of the 10 points of the row that is left out
    for name, other in (("best", {"branch": "best"}), ("weights", {"weights": (1, 9, 10, 10)})):
        assert carried_of(case_of(tmp_path / name, answers, missing="within-parent", **other)) == []
    assert carried_of(case_of(tmp_path / "other", answers, missing="exclude", not_applicable="within-parent")) == []


@pytest.mark.parametrize("empty", ["1", "2"])
def test_a_main_index_in_which_nobody_has_a_score_stands_in_no_chart(tmp_path, empty):
    answers = {a: {c: s + n for c, s in FULL.items() if c[0] != empty} for n, a in enumerate("abc")}
    case = case_of(tmp_path, answers, missing="exclude")
    scores = dxlib.score(case)
    assert report.scored_pillars(case, scores).columns.tolist() == ["2" if empty == "1" else "1"]
    assert report.pillar_chart(case, scores, "en") is None and report.pillar_summary(case, scores, "en") is None
