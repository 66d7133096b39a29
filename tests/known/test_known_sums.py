"""Branches that add points, scored by hand: wordings 7, 8, 13 and 19 of real decisions."""

from fractions import Fraction

import numpy as np
import pytest

from dxlib.case import check
from dxlib.errors import Refusal
from dxlib.index import evaluate
from dxlib.index.floats import index_scores, leaf_shares
from dxlib.robust.leave_out import leave_one_out
from dxlib.robust.linear import linear
from dxlib.robust.one_weight import raised_weights
from dxlib.robust.reversal import reversals, smallest_points
from dxlib.robust.weights import attainable, draw_weights
from dxlib.verify import materiality
from dxlib.verify.points_ledger import row_maxima
from dxlib.verify.undecided import open_items
from tests.known.folders import GROUP, YEAR, classes, leaf, make, pillar, rows_of, write


def yes(met=True):
    return {"option": "yes" if met else "no"}


# "35 points for a data centre plus points for each standard, at most 60 in all" (former IT index, Phụ lục 1B)
CENTRE = [
    pillar("1", aggregate="sum", max_points=60),
    leaf("1.1", "yes_no", 35, "1"),
    leaf("1.2", "count(10)", 40, "1"),
    leaf("2", "points", 40),
]


def test_points_are_added_up_to_the_cap(tmp_path):
    """35 + 40 = 75, at most 60; 35 + 20 = 55; 0 + 30 = 30."""
    given = {"full": (True, 4), "some": (True, 2), "none": (False, 3)}
    case = make(tmp_path, CENTRE, {a: {"1.1": yes(m), "1.2": n, "2": {"points": 20}} for a, (m, n) in given.items()})
    assert rows_of(case, "1")["points"].tolist() == [60, 55, 30]
    assert rows_of(case, "1")["max_points"].tolist() == [60, 60, 60]
    assert rows_of(case)["points"].tolist() == [80, 75, 50]
    assert case.framework.total == 100


def test_without_a_maximum_of_its_own_it_is_the_sum(tmp_path):
    rows = [pillar("1", aggregate="sum"), *CENTRE[1:]]
    case = make(tmp_path, rows, {"a": {"1.1": yes(), "1.2": 4, "2": {"points": 0}}})
    assert (case.framework.nodes["1"].maximum, case.framework.total) == (75, 115)
    assert rows_of(case, "1")["points"].tolist() == [75]


# "share of staff × 45 points, plus 1 point for each application on the wide network, at most 5 more" (the same)
STAFF = [
    pillar("1", aggregate="sum", max_points=50),
    leaf("1.1", "ratio", 45, "1"),
    leaf("1.2", "bonus(1, 5)", parent="1"),
    leaf("2", "points", 50),
    leaf("3", "bonus(2, 10)"),
]


def test_a_bonus_counts_within_its_branch(tmp_path):
    """45 x 2/3 + 3 = 33; 45 + 5 = 50 of 50; 0 + 5. The bonus beside the tree goes to the index."""
    given = {"a": ((2, 3), 3), "b": ((9, 9), 7), "c": ((0, 9), 5)}
    case = make(tmp_path, STAFF, {a: {"1.1": r, "1.2": n, "2": {"points": 10}, "3": 1} for a, (r, n) in given.items()})
    assert rows_of(case, "1")["points"].tolist() == [33, 50, 5]
    assert rows_of(case)["points"].tolist() == [33 + 10 + 2, 50 + 10 + 2, 5 + 10 + 2]
    assert case.framework.extras == {"index": ["3"], "1": ["1.2"]}


def test_it_counts_in_the_nearest_branch_that_adds(tmp_path):
    """A heading between does not matter, nor a branch that adds further up."""
    rows = [
        pillar("1", aggregate="sum", max_points=20),
        pillar("1.1", "1", aggregate="sum", max_points=8),
        leaf("1.1.1", "points", 8, "1.1"),
        pillar("1.1.2", "1.1"),
        leaf("1.1.2.1", "bonus(1)", parent="1.1.2"),
        leaf("1.2", "points", 12, "1"),
        leaf("1.3", "penalty(1)", parent="1"),
    ]
    given = {"1.1.1": {"points": 6}, "1.1.2.1": 5, "1.2": {"points": 12}, "1.3": 4}
    case = make(tmp_path, rows, {"a": given})
    assert case.framework.extras == {"index": [], "1.1": ["1.1.2.1"], "1": ["1.3"]}
    assert rows_of(case, "1.1")["points"].tolist() == [8]
    assert rows_of(case, "1")["points"].tolist() == [16]


# "bonus counts x bonus points - penalty counts x penalty points, clamped to [min, max], within the criterion"
# (NationalSecurityContest2, EVALUATION_SYSTEM.md 3.4)
CONTEST = [
    pillar("1", aggregate="sum", max_points=10),
    leaf("1.1", "bonus(2)", parent="1"),
    leaf("1.2", "penalty(3)", parent="1"),
    leaf("2", "points", 90),
]


def contest(root, **index):
    given = {"a": (3, 1), "b": (8, 1), "c": (1, 4), "d": (None, None), "e": (2, None), "f": (None, None)}
    answers = {a: {"1.1": b, "1.2": p, "2": {"points": 45}} for a, (b, p) in given.items()}
    exempt = [{"agency": "f", "indicator": "1", "reason": "–"}]
    return make(root, CONTEST, answers, index, exemptions=exempt)


def test_a_criterion_of_bonus_and_penalty_alone(tmp_path):
    """6 - 3; 16 - 3 is over 10; 2 - 12 is under 0; nothing declared is 0; 4. Where none applies the criterion leaves."""
    case = contest(tmp_path)
    assert rows_of(case, "1")["points"].fillna(-1).tolist() == [3, 10, 0, 0, 4, -1]
    assert rows_of(case)["points"].tolist() == [48, 55, 45, 45, 49, 45]
    assert rows_of(case)["max_points"].tolist() == [100, 100, 100, 100, 100, 90]


@pytest.mark.parametrize("policy, share", [("full", 1), ("zero", 0), ("within-parent", None)])
def test_a_criterion_of_bonus_and_penalty_that_does_not_apply(tmp_path, policy, share):
    exact = evaluate(contest(tmp_path, not_applicable=policy))
    assert exact.columns["1"].shares[-1] == share
    assert exact.columns["index"].own_maxima[-1] == 100
    assert exact.columns["index"].shares[-1] == {1: Fraction(55, 100), 0: Fraction(45, 100), None: Fraction(1, 2)}[share]


# "minus 1 point per month late, not below 0, within the row" (common; its source was not recovered)


def test_a_deduction_with_its_own_input_and_in_one_row(tmp_path):
    """12 less 5; 12 less 20 is 0; 12 less at most 4."""
    rows = [
        pillar("1", aggregate="sum"),
        leaf("1.1", "yes_no", 12, "1"),
        leaf("1.2", "penalty(1)", parent="1"),
        leaf("2", "deduct(1)", 12),
        leaf("3", "deduct(1, 4)", 12),
    ]
    late = {"a": 5, "b": 20, "c": 0}
    case = make(tmp_path, rows, {a: {"1.1": yes(), "1.2": n, "2": n, "3": n} for a, n in late.items()})
    assert rows_of(case, "1")["points"].tolist() == rows_of(case, "2")["points"].tolist() == [7, 0, 12]
    assert rows_of(case, "3")["points"].tolist() == [8, 8, 12]


# Policies


def lacking(root, policy, **more):
    """Of 45 + 30, at most 60, the 30 do not apply to `gone`; the others weigh 40."""
    rows = [pillar("1", aggregate="sum", max_points=60), leaf("1.1", "points", 45, "1"), leaf("1.2", "points", 30, "1"),
            leaf("2", "points", 40)]  # fmt: skip
    full = {"1.1": {"points": 36}, "1.2": {"points": 15}, "2": {"points": 10}}
    exempt = [{"agency": "gone", "indicator": "1.2", "reason": "–"}]
    answers = {"all": full, "gone": {**full, "1.2": None}}
    return make(root, rows, answers, {"not_applicable": policy} | more, exemptions=exempt)


def test_a_row_that_leaves_takes_its_maximum_along(tmp_path):
    """exclude: 36 of min(60, 45), and the branch keeps 45/60 of its weight: 46 of 85."""
    exact = evaluate(lacking(tmp_path, "exclude"))
    column = exact.columns["1"]
    assert (column.shares[1], column.own_maxima[1], column.present[1]) == (Fraction(36, 45), 45, Fraction(3, 4))
    assert exact.columns["index"].own_maxima[1] == 85
    assert exact.columns["index"].shares[1] == Fraction(46, 85)


def test_the_other_policies(tmp_path):
    """within-parent: 36 of 45 stand for 60 of 75, of which 60 are the maximum: full; full: 66, at most 60; zero: 36."""
    found = {}
    for policy in ("within-parent", "full", "zero"):
        column = evaluate(lacking(tmp_path / policy, policy)).columns["1"]
        assert (column.own_maxima[1], column.present[1]) == (60, 1)
        found[policy] = column.shares[1] * 60
    assert found == {"within-parent": 60, "full": 60, "zero": 36}


def test_a_cap_above_the_rows_stays_open_for_the_bonus(tmp_path):
    """Rows of 20 + 20 and 10 that only the bonus gives: without one row 50 becomes 30."""
    rows = [pillar("1", aggregate="sum", max_points=50), leaf("1.1", "points", 20, "1"), leaf("1.2", "points", 20, "1"),
            leaf("1.3", "bonus(1, 10)", parent="1"), leaf("2", "points", 50)]  # fmt: skip
    given = {"1.1": {"points": 18}, "1.3": 8, "2": {"points": 0}}
    exempt = [{"agency": "a", "indicator": "1.2", "reason": "–"}]
    exempt += [{"agency": "b", "indicator": c, "reason": "–"} for c in ("1.1", "1.2")]
    case = make(tmp_path, rows, {"a": given, "b": {**given, "1.1": None}}, exemptions=exempt)
    column = evaluate(case).columns["1"]
    assert (column.shares[0], column.own_maxima[0], column.present[0]) == (Fraction(26, 30), 30, Fraction(3, 5))
    assert (column.shares[1], column.own_maxima[1], column.present[1]) == (None, 0, 0)


def test_points_are_rounded_at_every_level(tmp_path):
    """2/3 of 45 is 30; bonus 1.25 x 1 is 1.3: 31.3."""
    rows = [pillar("1", aggregate="sum", max_points=50), leaf("1.1", "ratio", 45, "1"),
            leaf("1.2", "bonus(1.25)", parent="1"), leaf("2", "points", 50)]  # fmt: skip
    index = {"rounding": "every-level", "points_decimals": 1}
    case = make(tmp_path, rows, {"a": {"1.1": (2, 3), "1.2": 1, "2": {"points": 0}}}, index)
    assert evaluate(case).columns["1"].shares == [Fraction(313, 500)]


def test_what_waits_in_the_branch_blocks_it(tmp_path):
    rows = [row | {"source": "reported" if row["rule"] else ""} for row in STAFF]
    answers = {"a": {"1.1": (2, 3), "1.2": 3, "2": {"points": 10}, "3": 1}}
    done = [{"agency": "a", "indicator": c, "step": 1, "stage": "verify", "reason": ""} for c in ("1.1", "2", "3")]
    case = make(tmp_path, rows, answers, verdicts=done)
    exact = evaluate(case)
    assert exact.columns["1"].shares == exact.columns["index"].shares == [None]
    assert exact.columns["1"].states == ["not-verified"]
    assert evaluate(case, "current").columns["index"].shares == [Fraction(45, 100)]


# The door


def findings(root, rows, **index):
    write(root, rows, {"a": {}}, index)
    return {(f.code, f.reason, f.value) for f in check(root, YEAR, GROUP) if f.file.endswith("indicators.csv")}


def capped(most, *below):
    return [pillar("1", aggregate="sum", max_points=most), *below, leaf("2", "points", 10)]


ROW, FEW, MORE = leaf("1.1", "points", 20, "1"), leaf("1.2", "bonus(1, 5)", parent="1"), leaf("1.2", "bonus(1)", parent="1")


@pytest.mark.parametrize("most, below, wrong", [
    (20, [ROW], None), (12, [ROW], None), (21, [ROW], "20"), (25, [ROW, FEW], None), (26, [ROW, FEW], "25"),
    (90, [ROW, MORE], None), (21, [ROW, leaf("1.2", "penalty(1)", parent="1")], "20"),
])  # fmt: skip
def test_no_maximum_above_what_the_rows_can_give(tmp_path, most, below, wrong):
    found = findings(tmp_path, capped(most, *below))
    assert found == (set() if wrong is None else {("E_FRAMEWORK_SUM", "maximum_cap", str(most))})


def test_what_else_is_wrong_is_named(tmp_path):
    alone = findings(tmp_path / "alone", capped("", FEW))
    assert alone == {("E_FRAMEWORK", "maximum_missing", "")}
    bare = [row | {"max_points": ""} for row in capped("", leaf("1.1", "yes_no", "", "1"))]
    bare = [row | {"rule": "yes_no"} if row["code"] == "2" else row for row in bare]
    assert findings(tmp_path / "bare", bare) == {("E_FRAMEWORK", "sum_points", "sum")}
    weighed = capped(20, ROW | {"weight": "3"})
    assert findings(tmp_path / "weighed", weighed) == {("W_FRAMEWORK", "weight_in_sum", "3")}
    assert findings(tmp_path / "idle", capped(12, ROW, leaf("1.3", "points", 5, "1", weight="0"))) == set()
    listed = capped(20, ROW, leaf("1.3", "points", 5, "1", scope="a"))
    assert ("E_FRAMEWORK", "scope_in_sum", "a") in findings(tmp_path / "listed", listed)
    gated = [leaf("0", "yes_no", 5), pillar("1", aggregate="sum", max_points=20, gate="0"), ROW, FEW]
    assert findings(tmp_path / "gated", gated) == {("E_FRAMEWORK", "gate_place", "0")}
    assert findings(tmp_path / "gate", gated[:-1]) == set()
    write(tmp_path / "top", capped(20, ROW), {"a": {}}, {"aggregate": "sum"})
    assert "E_TYPE" in {f.code for f in check(tmp_path / "top", YEAR, GROUP)}


def test_a_bonus_in_a_branch_is_limited_by_it(tmp_path):
    """At the index the same row would be asked for its limit (W_UNCAPPED)."""
    assert findings(tmp_path / "within", capped(20, ROW, MORE)) == set()
    assert ("W_UNCAPPED", "extra_uncapped", "bonus") in findings(tmp_path / "beside", capped(20, ROW, MORE | {"parent": ""}))


# What-ifs, draws, verification, forms


def spread(root, **index):
    given = {"a": (True, 4, 20), "b": (True, 2, 40), "c": (False, 3, 30), "d": (False, 1, 10)}
    answers = {a: {"1.1": yes(m), "1.2": n, "2": {"points": p}} for a, (m, n, p) in given.items()}
    return make(root, CENTRE, answers, {"class": classes(0.8, 0.5, 0)} | index)


def test_a_row_left_out_hands_its_points_to_the_others(tmp_path):
    """Without 1.2 the data centre stands for 75, of which 60 are the maximum; 1.1 likewise."""
    case = spread(tmp_path)
    dropped = case.with_changes(drop=["1.2"])
    assert [s * 60 for s in evaluate(dropped).columns["1"].shares] == [60, 60, 0, 0]
    assert leave_one_out(case)["node"].tolist() == ["1.1", "1.2", "2"]
    with pytest.raises(Refusal) as refused:
        case.with_changes({"1.1": 1, "1.2": 2})
    assert {(f.code, f.value) for f in refused.value.findings} == {("E_WEIGHTS", "1.1"), ("E_WEIGHTS", "1.2")}


def test_weights_move_the_branch_as_one_row(tmp_path):
    case = spread(tmp_path)
    drawn = draw_weights(case, 0.3, 50, np.random.default_rng(1))
    assert list(drawn.columns) == ["1", "2"] == attainable(case, 0.3, level="all")["node"].tolist()
    exact = evaluate(case)
    scores = index_scores(case.framework, leaf_shares(case, exact=exact), {c: drawn[c].to_numpy() for c in drawn})
    shares = [[float(s) for s in exact.columns[c].shares] for c in ("1", "2")]
    assert np.allclose(scores, drawn["1"].to_numpy()[:, None] * shares[0] + drawn["2"].to_numpy()[:, None] * shares[1])
    lin = linear(case, exact, "indicator")
    assert (lin.agencies, lin.codes, lin.clamped) == (list("abcd"), ["1", "2"], False)
    assert lin.scores == exact.columns["index"].shares
    assert raised_weights(case, 0.5)["node"].tolist() == ["1", "2"]
    assert set(smallest_points(case)["node"]) <= {"1", "2", ""}
    assert len(reversals(case)) == 3


def test_an_open_item_moves_the_index_no_further_than_the_cap(tmp_path):
    """1.2 of 40 points is open for `a`, who has 35 already: between 35 and 60 of the branch, 25 of the index."""
    rows = [row | {"source": "reported" if row["rule"] else ""} for row in CENTRE]
    answers = {"a": {"1.1": yes(), "1.2": 4, "2": {"points": 20}}, "b": {"1.1": yes(), "1.2": 0, "2": {"points": 30}}}
    done = [
        {"agency": a, "indicator": c, "step": 1, "stage": "verify", "reason": ""}
        for a in answers
        for c in ("1.1", "1.2", "2")
        if (a, c) != ("a", "1.2")
    ]
    case = make(tmp_path, rows, answers, verdicts=done)
    still = materiality.unsettled(case)
    ranges = materiality.rank_ranges(case, still)
    assert ranges.set_index("agency").loc["a", ["low", "points", "high"]].tolist() == [55, 80, 80]
    assert materiality.decisive_items(case, still, ranges)["effect"].tolist() == [25]
    assert row_maxima(case) == {"1.1": 35, "1.2": 40, "2": 40}


@pytest.mark.parametrize("weight, counts", [("0", False), ("1", True)])
def test_a_bonus_that_waits_in_a_branch_of_no_weight_holds_nothing_up(tmp_path, weight, counts):
    rows = [row | {"source": "reported" if row["rule"] else ""} for row in STAFF[:-1]]
    rows = [row | {"weight": {"1": weight, "2": "1"}.get(row["code"], "")} for row in rows]
    answers = {"a": {"1.1": (2, 3), "1.2": 3, "2": {"points": 10}}}
    done = [{"agency": "a", "indicator": c, "step": 1, "stage": "verify", "reason": ""} for c in ("1.1", "2")]
    case = make(tmp_path, rows, answers, verdicts=done)
    assert open_items(case)[["indicator", "counts"]].to_numpy().tolist() == [["1.2", counts]]
    assert (evaluate(case).columns["index"].shares == [None]) is counts
