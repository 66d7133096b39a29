"""Small trees through the front door: coverage, states, own maxima and roundings, worked out on paper."""

from fractions import Fraction as F

import pytest

from dxlib.errors import Refusal
from dxlib.index import evaluate, provisional
from dxlib.index.exact import coverage
from tests.known.folders import leaf, make, pillar, rows_of

# Branch 1 takes the better of two groups: 1.1 with a row answered and one missing, 1.2 with one row of three that
# applies. Row 2 weighs twice as much as the branch.
ALTERNATIVES = [
    pillar("1", aggregate="best", weight=1),
    pillar("1.1", "1", weight=1),
    *(leaf(f"1.1.{i}", "goalposts(0, 1)", parent="1.1", weight=1) for i in (1, 2)),
    pillar("1.2", "1", weight=1),
    *(leaf(f"1.2.{i}", "goalposts(0, 1)", parent="1.2", weight=1) for i in (1, 2, 3)),
    leaf("2", "goalposts(0, 1)", weight=2),
]
EVERYTHING = ["1.1.1", "1.1.2", "1.2.1", "1.2.2", "1.2.3", "2"]
ANSWERED = {
    "full": EVERYTHING,
    "half": ["1.1.1", "1.1.2"],  # nothing of 1.2 and of 2
    "part": ["1.1.1", "1.2.1"],  # half of 1.1; 1.2.2 and 1.2.3 do not apply: a third of 1.2
    "nothing": [],
    "outside": [],  # nothing applies
    "row": ["2"],  # nothing else applies
}
EXEMPT = {"part": ["1.2.2", "1.2.3"], "outside": EVERYTHING, "row": EVERYTHING[:5]}
COVERED = {"full": 1, "half": F(1, 3), "part": F(1, 6), "nothing": 0, "outside": 0, "row": F(2, 3)}


def exempted(of):
    return [{"agency": a, "indicator": c, "reason": "–"} for a, codes in of.items() for c in codes]


@pytest.mark.parametrize("aggregate", ["best", "worst"])
def test_coverage_of_alternatives_is_that_of_the_one_known_best(aggregate, tmp_path):
    rows = [{**row, "aggregate": aggregate} if row["code"] == "1" else row for row in ALTERNATIVES]
    answers = {agency: dict.fromkeys(codes, "0.5") for agency, codes in ANSWERED.items()}
    case = make(tmp_path, rows, answers, exemptions=exempted(EXEMPT))
    assert dict(zip(answers, coverage(case.framework, evaluate(case)), strict=True)) == COVERED


def test_coverage_of_an_index_of_alternatives(tmp_path):
    """One known alternative is enough; of the others, half of row 1 is known."""
    rows = [
        pillar("1", weight=1),
        *(leaf(f"1.{i}", "goalposts(0, 1)", parent="1", weight=1) for i in (1, 2)),
        leaf("2", "goalposts(0, 1)", weight=1),
    ]
    answers = {"one": {"2": "0.5"}, "half": {"1.1": "0.5"}, "all": dict.fromkeys(("1.1", "1.2", "2"), "1")}
    case = make(tmp_path, rows, answers, {"aggregate": "best"})
    assert coverage(case.framework, evaluate(case)) == [1, F(1, 2), 1]


def test_without_points_every_row_has_room_for_the_whole_scale(tmp_path):
    rows = [pillar("1", weight=3), leaf("1.1", "goalposts(0, 1)", parent="1", weight=1), leaf("2", "yes_no", weight=1)]
    columns = evaluate(make(tmp_path, rows, {"x": {"1.1": "0.5", "2": {"option": "yes"}}}, {"total": 100})).columns
    assert [columns[code].own_maxima for code in ("index", "1", "1.1", "2")] == [[100]] * 4
    assert columns["index"].shares == [F(5, 8)]


def test_a_row_that_is_only_shown(tmp_path):
    """It takes no part in the score, and nobody's score waits for it."""
    rows = [leaf("1", "none"), leaf("2", "points", 10)]
    case = make(tmp_path, rows, {"x": {"1": "7", "2": {"points": 4}}, "y": {"2": {"points": 8}}})
    exact = evaluate(case)
    shown = exact.columns["1"]
    assert (shown.shares, shown.own_maxima, shown.present) == ([None, None], [0, 0], [0, 0])
    assert (shown.blocked, shown.states) == ([False, False], ["not-scored"] * 2)
    assert exact.columns["index"].shares == [F(4, 10), F(8, 10)]


def test_a_row_without_weight_belongs_to_the_own_maximum_as_far_as_it_applies(tmp_path):
    rows = [
        pillar("1"),
        leaf("1.1", "points", 10, "1"),
        leaf("1.2", "points", 6, "1"),
        leaf("1.3", "points", 5, "1", weight=0),
        leaf("1.4", "points", 3, "1", weight=0),
    ]
    rows = [row if "weight" in row or row["code"] == "1" else {**row, "weight": row["max_points"]} for row in rows]
    points = {code: {"points": 2} for code in ("1.1", "1.2", "1.3", "1.4")}
    case = make(tmp_path, rows, {"x": points, "y": points}, exemptions=exempted({"x": ["1.2"], "y": ["1.3"]}))
    assert evaluate(case).columns["1"].own_maxima == [10 + 5 + 3, 10 + 6 + 3]


def test_branches_are_rounded_where_every_level_is(tmp_path):
    """Half of a row that is a third of ten points: 1.67 points, published as 2; their mean with 0 of ten is 1."""
    rows = [
        pillar("1", max_points=10, weight=1),
        leaf("1.1", "points", 2, "1", weight=1),
        leaf("1.2", "points", 8, "1", weight=2),
        leaf("2", "points", 10, weight=1),
    ]
    answers = {"x": {"1.1": {"points": 1}, "1.2": {"points": 0}, "2": {"points": 0}}}
    case = make(tmp_path, rows, answers, {"points_decimals": 0, "half": "away"})
    assert evaluate(case).columns["1"].shares == [F(1, 6)]
    columns = evaluate(case.with_changes(policies={"rounding": "every-level"})).columns
    assert (columns["1"].shares, columns["index"].shares) == ([F(2, 10)], [F(2, 20)])


def test_where_a_negative_share_stands_is_said(tmp_path):
    """Row and agency, for a branch and for the index."""
    for place, code in (("branch", "1"), ("index", "index")):
        rows = [
            pillar("1", aggregate="geometric" if code == "1" else ""),
            leaf("1.1", "goalposts(0, 1, unclipped)", parent="1"),
            *([leaf("1.2", "goalposts(0, 1)", parent="1")] if code == "1" else [leaf("2", "goalposts(0, 1)")]),
        ]
        answers = {agency: {"1.1": a, rows[-1]["code"]: "0.5"} for agency, a in (("x", "1"), ("y", "-1"))}
        case = make(tmp_path / place, rows, answers, {} if code == "1" else {"aggregate": "geometric"})
        with pytest.raises(Refusal) as refused:
            evaluate(case)
        assert [(f.column, f.value) for f in refused.value.findings] == [(code, "y")]


def verdict(agency, code, **given):
    return {"agency": agency, "indicator": code, "step": 1, "stage": "verify", "decided_by": "–",
            "decided_on": "2025-01-10", **given}  # fmt: skip


def test_a_measured_row_stays_measured_whatever_a_verdict_says(tmp_path):
    rows = [leaf("1", "ratio", 10, source="measured", a_vi="a", b_vi="b"), leaf("2", "points", 10)]
    answers = {"x": {"1": (1, 4), "2": {"points": 3}}}
    case = make(tmp_path, rows, answers, verdicts=[verdict("x", "1", a=2), verdict("x", "2", a="")])
    columns = evaluate(case).columns
    assert (columns["1"].states, columns["1"].shares) == (["measured"], [F(1, 2)])
    assert columns["2"].states == ["verified"]


def test_nothing_of_nothing_may_be_a_row_that_does_not_apply(tmp_path):
    rows = [leaf("1", "ratio", 10, a_vi="a", b_vi="b"), leaf("2", "points", 10)]
    case = make(tmp_path, rows, {"x": {"1": (0, 0), "2": {"points": 3}}}, {"zero_over_zero": "exempt"})
    columns = evaluate(case).columns
    assert (columns["1"].states, columns["1"].own_maxima) == (["not-applicable"], [0])
    assert columns["index"].shares == [F(3, 10)]


def test_points_of_a_verdict_stand_beside_a_rule_that_looks_at_the_group(tmp_path):
    """Of the best (8) the others have a half and nothing; x is given 1 of 10 points, and stays the best figure."""
    rows = [leaf("1", "relative", 10)]
    answers = {"x": {"1": 8}, "y": {"1": 4}, "z": {"1": 0}}
    given = [verdict("x", "1", points=1), verdict("y", "1"), verdict("z", "1")]
    case = make(tmp_path, rows, answers, verdicts=given)
    shares = evaluate(case).columns["1"].shares
    assert shares[0] == F(1, 10) and shares == [F(1, 10), *evaluate(case, "current").columns["1"].shares[1:]]
    assert shares[1] > 0


def test_on_what_a_result_stands(tmp_path):
    """Claims alone are scored as claims; asked for what is verified, nothing is."""
    rows = [leaf("1", "points", 10, source="reported")]
    case = make(tmp_path, rows, {"x": {"1": {"points": 3}}, "y": {"1": {"points": 4}}})
    assert [evaluate(case).on, evaluate(case, "verified").on] == ["claimed", "verified"]
    assert evaluate(case, "verified").columns["1"].states == ["not-verified"] * 2
    assert provisional(case, "verified")


@pytest.mark.parametrize("weights, how", [(("3", "0"), ""), (("0", "3"), ""), (("", ""), "best")])
def test_a_maximum_that_leaves_without_any_weight_leaves_every_level(weights, how, tmp_path):
    """1.1 has 10 points and a row of weight 0 with 5 that does not apply to x: of 1.1 as of everything above 5 leave."""
    rows = [
        pillar("1", aggregate=how),
        pillar("1.1", "1", weight=weights[0]),
        *(leaf("1.1.1", "points", 10, "1.1", weight="2"), leaf("1.1.2", "points", 5, "1.1", weight="0")),
        leaf("1.2", "points", 8, "1", weight=weights[1]),
    ]
    answers = {a: {"1.1.1": {"points": 5}, "1.1.2": {"points": 5}, "1.2": {"points": 4}} for a in "xy"}
    case = make(tmp_path, rows, answers, exemptions=exempted({"x": ["1.1.2"]}))
    columns = evaluate(case).columns
    wholes = {"": ([18, 23], F(1, 2)), "best": ([10, 15], F(1, 2))}
    assert columns["1.1"].own_maxima == [10, 15]
    assert [(columns[c].own_maxima, columns[c].shares[0]) for c in ("1", "index")] == [wholes[how]] * 2
    assert rows_of(case)["max_points"].tolist() == wholes[how][0]
    assert rows_of(case)["points"]["x"] == wholes[how][0][0] / 2
