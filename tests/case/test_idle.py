"""Cells of indicators.csv that nothing reads are named: an error where the contract says so, else a warning."""

from __future__ import annotations

import pytest

from dxlib.case import check
from dxlib.words import finding
from tests.case.folder import write

COLUMNS = (
    *("code", "parent", "max_points", "weight", "aggregate", "rule", "direction", "a_vi", "b_vi", "a_en", "b_en"),
    *("unit", "kind", "evidence_vi", "owner", "verifier", "source", "legal"),
)
ROWS = (
    {"code": "1", "legal": "Quyết định 1"},
    {"code": "1.1", "parent": "1", "max_points": "60", "rule": "ratio", "a_vi": "x", "b_vi": "y", "direction": "-1"},
    {"code": "1.2", "parent": "1", "max_points": "40", "rule": "yes_no", "evidence_vi": "ảnh", "verifier": "Tổ A"},
    {"code": "2", "rule": "penalty(1, 5)", "a_vi": "số vụ"},
    {"code": "3", "rule": "none", "a_vi": "số người", "b_vi": "dân số"},
)


def told(tmp_path, code="", given=ROWS, **cells):
    """The findings about indicators.csv, some cells of one row replaced."""
    rows = [row | cells if row["code"] == code else row for row in given]
    lines = [",".join(f'"{row.get(column, "")}"' for column in COLUMNS) for row in rows]
    claims = "agency,indicator,a,b,option\nso-a,1.1,1,2,\nso-a,1.2,,,yes\n"
    text = "\n".join([",".join(COLUMNS), *lines, ""])
    root = write(tmp_path, indicators=text, claims=claims, verdicts=None, appeals=None)
    found = [f for f in check(root) if f.file.endswith("indicators.csv")]
    assert all("{" not in said for f in found for lang in ("vi", "en") for said in finding(f, lang).values())
    return [(f.code, f.reason, f.row, f.column) for f in found]


def test_a_set_without_idle_cells_is_silent(tmp_path):
    assert told(tmp_path) == []


@pytest.mark.parametrize("column", ["a_vi", "b_vi", "a_en", "b_en", "unit", "evidence_vi", "verifier"])
def test_what_only_a_leaf_can_say_is_named_on_a_branch(tmp_path, column):
    assert told(tmp_path, "1", **{column: "x"}) == [("W_FRAMEWORK", "cell_on_branch", 2, column)]


def test_every_cell_of_a_branch_is_named_once(tmp_path):
    found = told(tmp_path, "1", direction="1", owner="so-a", source="reported", kind="count")
    assert sorted(column for *_, column in found) == ["direction", "kind", "owner", "source"]
    assert {code for code, *_ in found} == {"W_FRAMEWORK"}


def test_a_direction_on_a_branch_is_an_error(tmp_path):
    assert told(tmp_path, "1", direction="-1") == [("E_FRAMEWORK", "direction_on_branch", 2, "direction")]


@pytest.mark.parametrize(
    ("code", "row", "column", "reason"),
    [
        ("1.2", 4, "a_vi", "cell_under_rule"),
        ("1.2", 4, "b_en", "cell_under_rule"),
        ("1.2", 4, "unit", "cell_under_rule"),
        ("2", 5, "b_vi", "cell_under_rule"),
        ("2", 5, "weight", "weight_beside"),
        ("3", 6, "weight", "weight_beside"),
        ("3", 6, "max_points", "maximum_beside"),
        ("1.1", 3, "aggregate", "aggregate_on_leaf"),
    ],
)
def test_what_the_rule_of_a_leaf_does_not_read(tmp_path, code, row, column, reason):
    value = {"aggregate": "best"}.get(column, "5")
    assert told(tmp_path, code, **{column: value}) == [("W_FRAMEWORK", reason, row, column)]


def test_a_branch_with_a_rule_is_one_finding(tmp_path):
    found = told(tmp_path, "1", rule="ratio", a_vi="x", b_vi="y", direction="-1")
    assert found == [("E_FRAMEWORK", "rule_on_branch", 2, "rule")]


def test_a_rule_that_cannot_be_read_says_nothing_of_its_cells(tmp_path):
    assert [f[1] for f in told(tmp_path, "1.2", rule="yesno", a_vi="x", b_vi="y")] == ["rule_unknown"]


def test_an_owner_of_a_row_that_every_agency_reports_is_named(tmp_path):
    found = told(tmp_path, "1.2", owner="so-a", source="reported")
    assert found == [("W_FRAMEWORK", "owner_of_many", 4, "owner")]
    assert told(tmp_path / "measured", "1.2", owner="so-a", source="measured") == []


@pytest.mark.parametrize(("row", "column"), [("1.2", "weight"), ("4", "weight"), ("4", "aggregate")])
def test_what_only_a_scored_row_needs_is_named(tmp_path, row, column):
    """A row of 0 points, and a branch of such rows, enter no score."""
    value = {"weight": "3", "aggregate": "best"}[column]
    rows = (
        *({**r, "max_points": {"1.1": "100", "1.2": "0"}.get(r["code"], r.get("max_points", ""))} for r in ROWS),
        {"code": "4"},
        {"code": "4.1", "parent": "4", "rule": "yes_no", "max_points": "0"},
    )
    found = told(tmp_path, row, rows, **{column: value})
    assert [(reason, column) for _, reason, _, column in found] == [("cell_unscored", column)]
