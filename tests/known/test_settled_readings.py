"""What the contract once left open and says now ("Settled readings", contract.md §1): each on paper."""

from fractions import Fraction as F

import pandas as pd
import pytest

from dxlib.cli import main
from dxlib.index import evaluate, provisional
from dxlib.index.exact import coverage
from tests.known.folders import GROUP, YEAR, classes, leaf, make, pillar, rows_of, write


def shares(case, code="index", on=None):
    return evaluate(case, on).columns[code].shares


@pytest.mark.parametrize("direction", ["1", "-1"])
def test_minmax_without_spread_gives_its_lower_end(direction, tmp_path):
    rows = [leaf("1", "minmax(0.2, 0.9)", direction=direction)]
    assert shares(make(tmp_path, rows, {"x": {"1": 5}, "y": {"1": 5}})) == [F(1, 5)] * 2


@pytest.mark.parametrize("how, share", [("best", 1), ("worst", 1)])
def test_a_branch_of_alternatives_keeps_its_weight_while_one_applies(how, share, tmp_path):
    """x is exempt from 1.1: branch 1 still counts 10 of 20 by 1.2. y is exempt from both: row 2 alone, 10 points."""
    rows = [
        pillar("1", aggregate=how),
        leaf("1.1", "points", 10, "1"),
        leaf("1.2", "points", 10, "1"),
        leaf("2", "points", 10),
    ]
    answers = {
        "x": {"1.2": {"points": 10}, "2": {"points": 5}},
        "y": {"2": {"points": 5}},
        "z": {c: {"points": 1} for c in ("1.1", "1.2", "2")},
    }
    exempt = [{"agency": a, "indicator": c, "reason": "–"} for a, c in (("x", "1.1"), ("y", "1.1"), ("y", "1.2"))]
    case = make(tmp_path, rows, answers, exemptions=exempt)
    assert shares(case) == [F(15, 20), F(5, 10), F(2, 20)]
    assert rows_of(case)["max_points"].tolist() == [20, 10, 20]


def test_a_negative_share_has_the_last_class(tmp_path):
    rows = [leaf("1", "goalposts(0, 10, unclipped)")]
    case = make(tmp_path, rows, {"x": {"1": -5}, "y": {"1": 5}}, {"class": classes(0.5, 0.2, 0)})
    assert rows_of(case)["class"].tolist() == [3, 1] and rows_of(case)["score"].tolist() == [-0.5, 0.5]


def test_the_index_is_clamped_wherever_a_bonus_row_exists(tmp_path):
    """Also for y, who claims no bonus, and below nothing for z; without the row nobody is clamped."""
    rows = [leaf("1", "goalposts(0, 10, unclipped)")]
    answers = {"x": {"1": 9, "2": 2}, "y": {"1": 13}, "z": {"1": -1}}
    case = make(tmp_path, [*rows, leaf("2", "bonus(0.2)")], answers)
    assert shares(case) == [1, 1, 0]
    bare = {agency: {"1": of["1"]} for agency, of in answers.items()}
    assert shares(make(tmp_path / "bare", rows, bare)) == [F(9, 10), F(13, 10), F(-1, 10)]


def test_a_row_of_weight_0_that_waits_for_its_verdict_blocks_nothing(tmp_path):
    rows = [{**leaf(c, "points", 10, source="reported"), "weight": w} for c, w in (("1", 1), ("2", 0))]
    verdicts = [{"agency": "x", "indicator": "1", "step": 1, "stage": "verify"}]
    case = make(tmp_path, rows, {"x": {"1": {"points": 4}, "2": {"points": 9}}}, verdicts=verdicts)
    assert shares(case) == [F(2, 5)] and evaluate(case).columns["2"].states == ["not-verified"]
    assert not provisional(case)


def test_points_are_rounded_from_the_exact_share(tmp_path):
    """2/3 of 0.075 points is 0.05, a half of the first decimal; a share of 30 decimals would give 0.0."""
    case = make(tmp_path, [leaf("1", "ratio", "0.075")], {"x": {"1": (2, 3)}}, {"points_decimals": 1})
    assert rows_of(case)["points"].tolist() == [0.1]


def test_a_weight_may_be_a_fraction_of_a_third(tmp_path):
    rows = [{**leaf(c, "yes_no"), "weight": w} for c, w in (("1", "1/3"), ("2", "2/3"))]
    assert shares(make(tmp_path, rows, {"x": {"1": {"option": "yes"}, "2": {"option": "no"}}})) == [F(1, 3)]


def test_worst_takes_the_smallest_share(tmp_path):
    """20 of 20 and 5 of 5 is everything; 15 of 20 and 4 of 5 is 75 %, 15 of 20 points."""
    rows = [pillar("1", aggregate="worst"), leaf("1.1", "points", 20, "1"), leaf("1.2", "points", 5, "1")]
    answers = {"x": {"1.1": {"points": 20}, "1.2": {"points": 5}}, "y": {"1.1": {"points": 15}, "1.2": {"points": 4}}}
    case = make(tmp_path, rows, answers)
    assert shares(case) == [1, F(3, 4)]
    assert rows_of(case, "1")["points"].tolist() == [20, 15]


def test_an_alternative_of_weight_0_earns_nothing(tmp_path):
    """The alternative that counts has 2.0 of 5, the other, of 6, counts nothing: 2.0 of 6."""
    rows = [
        pillar("1", aggregate="best"),
        *({**leaf(f"1.{i}", "points", most, "1"), "weight": w} for i, most, w in ((1, 6, 0), (2, 5, 1))),
    ]
    case = make(tmp_path, rows, {"x": {"1.1": {"points": 6}, "1.2": {"points": 2}}})
    assert rows_of(case, "1")[["points", "max_points"]].values.tolist() == [[2, 6]]


@pytest.mark.parametrize("policy", ["exclude", "within-parent", "full", "zero"])
def test_coverage_is_a_share_of_the_whole_index(tmp_path, policy):
    """x is assessed on 30 of 100 points, 70 do not apply: 0.3, below a half; scored, not ranked."""
    rows = [leaf("1", "points", 30), leaf("2", "points", 70)]
    answers = {
        "x": {"1": {"points": 30}},
        "y": {"1": {"points": 3}, "2": {"points": 7}},
        "z": {"1": {"points": 1}, "2": {"points": 7}},
    }
    exempt = [{"agency": "x", "indicator": "2", "reason": "–"}]
    case = make(tmp_path, rows, answers, {"min_coverage": 0.5, "not_applicable": policy}, exemptions=exempt)
    assert coverage(case.framework, evaluate(case)) == [F(3, 10), 1, 1]
    found = rows_of(case)
    assert found["score"].tolist() == [0.3 if policy == "zero" else 1, 0.1, 0.08]
    assert found["rank"].fillna(0).tolist() == [0, 1, 2]
    scenario = case.with_changes(weights={"1": 70, "2": 30})  # of the whole index as the scenario weighs it
    assert coverage(scenario.framework, evaluate(scenario)) == [F(7, 10), 1, 1]


@pytest.mark.parametrize("how", ["best", "worst", "arithmetic", "geometric", "product", "complement"])
@pytest.mark.parametrize("nothing", [{"rule": "none"}, {"max_points": 0}])
def test_a_branch_of_nothing_that_is_scored(how, nothing, tmp_path, capsys):
    """Rows that are only collected, or worth 0 points: the branch is shown and not scored, by every command."""
    idle = [{**leaf(f"1.{i}", "points", 5, "1"), **nothing} for i in (1, 2)]
    rows = [pillar("1", aggregate=how), *idle, leaf("2", "points", 10)]
    answers = {
        a: {"1.1": {"points": 0} if nothing.get("rule") is None else 3, "2": {"points": p}}
        for a, p in (("x", 4), ("y", 6))
    }
    root = write(tmp_path, rows, answers)
    found = rows_of(make(tmp_path, rows, answers), "1")
    assert found["state"].tolist() == ["not-scored"] * 2 and found["points"].isna().all()
    place = ["--data", str(root), str(YEAR), GROUP]
    book = str(tmp_path / "book.xlsx")
    for call in (
        ["check"],
        ["score"],
        ["compare", "--to-on", "claimed"],
        ["tables", "-o", book],
        ["worklist", "-o", book],
        ["forms", "-o", str(tmp_path / "f")],
        ["status"],
    ):
        assert main([call[0], *place, *call[1:]]) in (0, 1), call
        assert "Traceback" not in capsys.readouterr().err
    assert pd.Series(shares(make(tmp_path, rows, answers))).tolist() == [F(2, 5), F(3, 5)]
