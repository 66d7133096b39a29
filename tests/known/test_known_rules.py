"""Every rule of the contract with a few cells computed by hand: one row, one agency per answer."""

from fractions import Fraction
from math import isnan

import pytest

from dxlib.errors import Refusal
from tests.known.folders import leaf, make, rows_of

HALF, FIFTH = Fraction(1, 2), Fraction(1, 5)


def shares(root, rule, answers, maximum=20, direction="", index=None):
    """Shares of the maximum that a rule gives to the answers of one agency each; None for no score."""
    given = {f"x{i}": {"1": answer} for i, answer in enumerate(answers)}
    case = make(root, [leaf("1", rule, maximum, direction=direction)], given, index)
    return [None if isnan(share) else share for share in rows_of(case, "1")["score"]]


def option(name):
    return {"option": name}


def points(value):
    return {"points": value}


@pytest.mark.parametrize(
    "rule, answers, expected",
    [
        # points / 20
        ("points", [points(0), points(7), points("12.5"), points(20)], [0, 0.35, 0.625, 1]),
        ("yes_no", [option("yes"), option("no")], [1, 0]),
        # min(a/b, 1); 0 of 5 is 0
        ("ratio", [(3, 4), (5, 4), (0, 5), ("1.5", "2.5")], [0.75, 1, 0, 0.6]),
        # a row that takes b: value = a/b
        ("target(0.8)", [(2, 5), (4, 5), (1, 1)], [0.5, 1, 1]),
        ("target(80%)", [(2, 5), (3, 5)], [0.5, 0.75]),
        ("target(4)", [1, 4, 9], [0.25, 1, 1]),
        # below the first step 0; on a step its share
        ("steps(1:5p, 2:10p, 4:20p)", [0, "0.99", 1, 2, 3, 4, 100], [0, 0, 0.25, 0.5, 0.5, 1, 1]),
        # strictly above 5 for the whole, 5 itself for the half
        ("steps(5:1/2, >5:100%)", ["4.9", 5, "5.01"], [0, 0.5, 1]),
        ("options(full:1, part:0.4, plan:1p, none:0)",
         [option("full"), option("part"), option("plan"), option("none")], [1, 0.4, 0.05, 0]),
        # .5 + .4 + .3 = 1.2, at most 1; the same part twice counts once
        ("parts(a:0.5, b:0.4, c:0.3)",
         [option("a;b"), option("a;b;c"), option("c"), option("none"), option("b;b")], [0.9, 1, 0.3, 0, 0.4]),
        # 3 points each of 20, then at most 10
        ("count(3)", [0, 2, 6, 7], [0, 0.3, 0.9, 1]),
        ("count(3, 10)", [3, 4, 50], [0.45, 0.5, 0.5]),
        ("deduct(3)", [0, 2, 6, 7], [1, 0.7, 0.1, 0]),
        ("deduct(3, 10)", [0, 3, 4, 50], [1, 0.55, 0.5, 0.5]),
        ("relative", [30, 60, 0], [0.5, 1, 0]),
        ("relative", [0, 0], [0, 0]),
        ("goalposts(20, 85)", [20, "52.5", 85, 10, 90], [0, 0.5, 1, 0, 1]),
        ("goalposts(20, 85, unclipped)", ["7", 85, 98], [-0.2, 1, 1.2]),
        # less is better
        ("goalposts(50, 10)", [50, 40, 10, 60], [0, 0.25, 1, 0]),
        # log 100 lies half way between log 1 and log 10,000; log 10 and log 1,000 at the quarters
        ("goalposts(1, 10000, log)", [100, 10, 1000, 1, 10000], [0.5, 0.25, 0.75, 0, 1]),
        ("goalposts(10000, 1, log)", [100, 10], [0.5, 0.75]),
        # goalposts of the HDI's income: (ln 1,000 - ln 100)/(ln 75,000 - ln 100) = ln 10 / ln 750
        ("goalposts(100, 75000, log)", [1000], [0.347818675286]),
        ("minmax", [2, 4, 6], [0, 0.5, 1]),
        ("minmax(0.2, 0.8)", [2, 4, 6], [0.2, 0.5, 0.8]),
        ("minmax", [5, 5], [0, 0]),
        # mean 4, sd (n - 1) of 2, 4, 6 is 2
        ("zscore", [2, 4, 6], [-1, 0, 1]),
        ("zscore", [5, 5], [0, 0]),
        # ascending ranks 1, 2, 2, 4 of 4
        ("rank", [1, 3, 3, 8], [0, 0.333333333333, 0.333333333333, 1]),
        ("percentile", [1, 3, 3, 8], [0.25, 0.5, 0.5, 1]),
    ],
)  # fmt: skip
def test_shares(rule, answers, expected, tmp_path):
    assert shares(tmp_path, rule, answers) == expected


@pytest.mark.parametrize(
    "rule, answers, expected",
    [
        ("ratio", [(1, 4), (4, 4), (5, 4)], [0.75, 0, 0]),
        # value <= x; the strictest threshold met
        ("steps(1:20p, 3:10p, 7:5p)", [0, 1, 2, 3, 7, 8], [1, 1, 0.5, 0.5, 0.25, 0]),
        ("steps(<3:1, 3:1/2)", ["2.99", 3, "3.01"], [1, 0.5, 0]),
        ("relative", [30, 60, 120], [1, 0.5, 0.25]),
        # the best is 0: the zeros get all, the others nothing
        ("relative", [0, 5, 0], [1, 0, 1]),
        ("minmax", [2, 4, 6], [1, 0.5, 0]),
        ("minmax(0.2, 0.8)", [2, 4, 6], [0.8, 0.5, 0.2]),
        ("zscore", [2, 4, 6], [1, 0, -1]),
        ("rank", [1, 3, 3, 8], [1, 0.333333333333, 0.333333333333, 0]),
        ("percentile", [1, 3, 3, 8], [1, 0.5, 0.5, 0.25]),
    ],
)
def test_less_is_better(rule, answers, expected, tmp_path):
    assert shares(tmp_path, rule, answers, direction="-1") == expected


@pytest.mark.parametrize("rule", ["points", "yes_no", "target(2)", "options(a:1)", "parts(a:1)", "count(2)",
                                  "goalposts(1, 2)", "bonus(1)", "penalty(1)", "none"])  # fmt: skip
def test_direction_is_refused_where_it_means_nothing(rule, tmp_path):
    with pytest.raises(Refusal) as refused:
        shares(tmp_path, rule, [None], direction="-1")
    assert "E_RULE" in {finding.code for finding in refused.value.findings}


@pytest.mark.parametrize("policy, expected", [("full", [1, 0.5]), ("zero", [0, 0.5]), ("exempt", [None, 0.5])])
def test_zero_over_zero(policy, expected, tmp_path):
    assert shares(tmp_path, "ratio", [(0, 0), (1, 2)], index={"zero_over_zero": policy}) == expected


def test_zero_over_zero_is_an_error_by_default(tmp_path):
    with pytest.raises(Refusal) as refused:
        shares(tmp_path, "ratio", [(0, 0), (1, 2)])
    (finding,) = refused.value.findings
    assert (finding.code, finding.row, finding.column) == ("E_ZERO_OVER_ZERO", 2, "b")


def test_something_over_zero_is_an_error_under_every_policy(tmp_path):
    with pytest.raises(Refusal) as refused:
        shares(tmp_path, "ratio", [(1, 0), (1, 2)], index={"zero_over_zero": "full"})
    assert [f.code for f in refused.value.findings] == ["E_ZERO_DIVISION"]


def test_b_makes_every_claim_of_the_row_a_ratio(tmp_path):
    """One claim gives b: the agency that leaves b empty is missing, not 3 of 1."""
    case = make(tmp_path, [leaf("1", "target(1)", 20)], {"x": {"1": (1, 2)}, "y": {"1": 3}})
    rows = rows_of(case, "1")
    assert rows.loc["x", "score"] == 0.5
    assert (rows.loc["y", "score"], rows.loc["y", "state"]) == (0, "missing")


def test_a_row_that_names_b_is_a_ratio(tmp_path):
    case = make(tmp_path, [leaf("1", "target(1)", 20, b_vi="tổng số")], {"x": {"1": 3}})
    assert rows_of(case, "1").loc["x", "state"] == "missing"


def test_points_of_a_claim_count_under_the_rule_points_alone(tmp_path):
    indicators = [leaf("1", "ratio", 20), leaf("2", "points", 20)]
    case = make(tmp_path, indicators, {"x": {"1": {"a": 1, "b": 2, "points": 20}, "2": {"points": 5}}})
    assert rows_of(case).loc["x", "points"] == 15  # 10 of the ratio + 5


def test_bonus_and_penalty_are_clamped_once(tmp_path):
    """Of 100: 90 + 12 - 5 = 97 (clamping after the bonus alone would give 95); 95 + 30 - 5 is more than 100."""
    indicators = [leaf("1", "points", 100), leaf("2", "bonus(3, 30)"), leaf("3", "penalty(5)")]
    answers = {
        "x": {"1": {"points": 90}, "2": 4, "3": 1},
        "y": {"1": {"points": 95}, "2": 50, "3": 1},
        "z": {"1": {"points": 3}, "3": 2},
        "w": {"1": {"points": 60}},
    }
    rows = rows_of(make(tmp_path, indicators, answers, {"total": 100}))
    assert rows["points"].tolist() == [97, 100, 0, 60]
    assert rows["max_points"].tolist() == [100, 100, 100, 100]


def test_bonus_points_are_those_of_the_scale_without_maxima(tmp_path):
    indicators = [leaf("1", "goalposts(0, 1)"), leaf("2", "bonus(0.5, 2)")]
    rows = rows_of(make(tmp_path, indicators, {"x": {"1": "0.5", "2": 3}}, {"total": 10}))
    assert (rows.loc["x", "points"], rows.loc["x", "score"]) == (6.5, 0.65)


def test_rows_without_a_rule_or_with_maximum_0_are_never_scored(tmp_path):
    indicators = [leaf("1", "points", 10), leaf("2", "none", 30), leaf("3", "ratio", 0)]
    case = make(
        tmp_path, indicators, {"x": {"1": {"points": 5}, "2": {"option": "anything"}, "3": (1, 2)}}, {"total": 10}
    )
    assert (rows_of(case).loc["x", "points"], rows_of(case).loc["x", "max_points"]) == (5, 10)
    assert [rows_of(case, code).loc["x", "state"] for code in "23"] == ["not-scored", "not-scored"]
