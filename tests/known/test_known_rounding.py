"""What rounding decides, computed by hand: printed points, ranks and classes on them, every level."""

import pytest

from dxlib.index import evaluate, score
from tests.known.folders import classes, leaf, make, pillar, points, ranks_of, rows_of


def test_rank_and_class_on_published_points(tmp_path):
    """79.996 of 100 is printed 80.00: by exact points second and below the cut, by published points tied and on it."""
    index = {"class": classes(0.8, 0)}
    case = make(tmp_path, [leaf("1", "points", 100)], points(a="79.996", b=80, c="79.994"), index)
    published = case.with_changes(policies={"rank_on": "published"})
    assert rows_of(case)["points"].tolist() == [80, 80, 79.99]
    assert (ranks_of(case), rows_of(case)["class"].tolist()) == ([2, 1, 3], [2, 1, 2])
    assert (ranks_of(published), rows_of(published)["class"].tolist()) == ([1, 1, 3], [1, 1, 2])
    assert rows_of(published)["score"].tolist() == [0.79996, 0.8, 0.79994]


@pytest.mark.parametrize("half, expected", [("away", [0.13, 0.14, 1.01]), ("even", [0.12, 0.14, 1.0])])
def test_halves(half, expected, tmp_path):
    case = make(tmp_path, [leaf("1", "points", 10)], points(a="0.125", b="0.135", c="1.005"), {"half": half})
    assert rows_of(case)["points"].tolist() == expected


@pytest.mark.parametrize("half, expected", [("away", -0.13), ("even", -0.12)])
def test_a_negative_half(half, expected, tmp_path):
    """goalposts(0, 1, unclipped) of -0.125 on a scale of 1."""
    case = make(tmp_path, [leaf("1", "goalposts(0, 1, unclipped)")], {"x": {"1": "-0.125"}}, {"half": half})
    assert rows_of(case).loc["x", "points"] == expected


def test_rounding_at_the_end_or_at_every_level(tmp_path):
    """Three rows of a third of 10 points: 10.00 rounded once; 3 x 3.33 = 9.99 rounded before adding."""
    indicators = [leaf(code, "ratio", 10) for code in "123"]
    case = make(tmp_path, indicators, {"x": dict.fromkeys("123", (1, 3))}, {"total": 30})
    stepwise = case.with_changes(policies={"rounding": "every-level"})
    assert rows_of(case).loc["x", "points"] == 10
    assert rows_of(stepwise).loc["x", "points"] == 9.99
    assert evaluate(stepwise).columns["index"].shares[0] * 30 == pytest.approx(9.99, abs=0)


def test_every_level_rounds_a_branch_before_its_parent(tmp_path):
    """0 decimals, branch of two rows of 1.4 of 5: rows 1 + 1 = 2, branch 2; with 1.4 of 3 beside it 1: 3, not 4 (4.2)."""
    indicators = [pillar("1"), leaf("1.1", "points", 5, "1"), leaf("1.2", "points", 5, "1"), leaf("2", "points", 3)]
    answers = {"x": {code: {"points": "1.4"} for code in ("1.1", "1.2", "2")}}
    case = make(tmp_path, indicators, answers, {"points_decimals": 0})
    assert rows_of(case).loc["x", "points"] == 4
    assert rows_of(case.with_changes(policies={"rounding": "every-level"})).loc["x", "points"] == 3


def test_the_sum_of_printed_rows_may_miss_the_printed_total(tmp_path):
    """Once each, from exact figures: .335 + .335 are printed .34 + .34 beside .67."""
    indicators = [leaf("1", "points", 1), leaf("2", "points", 1)]
    table = score(make(tmp_path, indicators, {"x": {"1": {"points": "0.335"}, "2": {"points": "0.335"}}}))
    assert table.set_index("node")["points"].to_dict() == {"index": 0.67, "1": 0.34, "2": 0.34}
