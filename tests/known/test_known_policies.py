"""What an agency lacks, and what counts: policies, coverage, claims against verdicts. Computed by hand."""

from math import isnan

import pandas as pd
import pytest

from dxlib.errors import Refusal
from dxlib.index import score
from tests.known.folders import leaf, make, pillar, ranks_of, rows_of, square, write

# Maxima 10, 20, 20, 50 in two pillars; the agency has 8, nothing, 15 and 35.
MAXIMA = {"1.1": 10, "1.2": 20, "2.1": 20, "2.2": 50}
EARNED = {"1.1": 8, "2.1": 15, "2.2": 35}


def four_rows(root, gap, policy, index=None):
    """x lacks row 1.2: without an answer, or exempt from it; y has the maximum everywhere."""
    indicators = [pillar("1"), pillar("2"), *(leaf(code, "points", m, code[0]) for code, m in MAXIMA.items())]
    answers = {
        "x": {code: {"points": p} for code, p in EARNED.items()},
        "y": {code: {"points": m} for code, m in MAXIMA.items()},
    }
    exempt = [{"agency": "x", "indicator": "1.2", "reason": "no subject"}]
    more = {"exemptions": exempt} if gap == "not_applicable" else {}
    return make(root, indicators, answers, {"total": 100, gap: policy, **(index or {})}, **more)


# zero 58 of 100; exclude 58 of 80 = 72.5 %; within the pillar 30 x .8 + 50 = 74; full 58 + 20 = 78
GAPS = [
    ("missing", "zero", 58, 100, 0.58),
    ("missing", "exclude", 58, 80, 0.725),
    ("missing", "within-parent", 74, 100, 0.74),
    ("not_applicable", "exclude", 58, 80, 0.725),
    ("not_applicable", "within-parent", 74, 100, 0.74),
    ("not_applicable", "full", 78, 100, 0.78),
    ("not_applicable", "zero", 58, 100, 0.58),
]


@pytest.mark.parametrize("gap, policy, points, own_maximum, share", GAPS)
def test_one_gap_under_every_policy(gap, policy, points, own_maximum, share, tmp_path):
    case = four_rows(tmp_path, gap, policy)
    row = rows_of(case).loc["x"]
    assert (row["points"], row["max_points"], row["score"]) == (points, own_maximum, share)
    assert rows_of(case).loc["y", "points"] == 100
    assert rows_of(case, "1.2").loc["x", "state"] == gap.replace("_", "-")


def test_a_missing_answer_may_keep_an_agency_out_of_the_ranking(tmp_path):
    """`not-ranked`: the nodes above the gap get no score, the others keep theirs."""
    case = four_rows(tmp_path, "missing", "not-ranked")
    found = score(case).set_index(["agency", "node"])["score"]
    assert [node for node in ("index", "1", "1.1", "1.2", "2") if isnan(found["x", node])] == ["index", "1", "1.2"]
    assert found["x", "2"] == pytest.approx(50 / 70, abs=1e-12)
    assert ranks_of(case) == [None, None]  # y alone is left: a list of one


def test_a_missing_answer_may_be_an_error(tmp_path):
    with pytest.raises(Refusal) as refused:
        four_rows(tmp_path, "missing", "error")
    (finding,) = refused.value.findings
    assert (finding.code, finding.value, finding.facts["agency"]) == ("E_MISSING", "1.2", "x")


def test_an_answer_without_its_denominator_is_a_missing_one(tmp_path):
    """A row of a/b answered with a alone is missing, so under `error` it is an error."""
    indicators = [leaf("1", "ratio", 10)]
    with pytest.raises(Refusal) as refused:
        make(tmp_path, indicators, {"x": {"1": 3}, "y": {"1": (1, 2)}}, {"missing": "error"})
    assert [finding.code for finding in refused.value.findings] == ["E_MISSING"]


def test_within_parent_a_row_keeps_its_own_points(tmp_path):
    """The pillar prints 24 of 30, its only answered row 8 of 10: the 20 points of the gap were carried."""
    table = score(four_rows(tmp_path, "not_applicable", "within-parent")).set_index(["agency", "node"])
    printed = table[["points", "max_points"]].loc["x"]
    assert printed.loc["1"].tolist() == [24, 30]
    assert printed.loc["1.1"].tolist() == [8, 10]
    assert printed.loc["1.2"].isna().tolist()[0]


def test_an_empty_branch_hands_its_weight_up(tmp_path):
    """Exempt from both rows of pillar 1 (30): pillar 2 (50 of 70) stands for the whole, 71.43 of 100."""
    indicators = [pillar("1"), pillar("2"), *(leaf(code, "points", m, code[0]) for code, m in MAXIMA.items())]
    answers = {"x": {"2.1": {"points": 15}, "2.2": {"points": 35}}, "y": {code: {"points": 1} for code in MAXIMA}}
    exempt = [{"agency": "x", "indicator": "1", "reason": "no subject"}]
    case = make(tmp_path, indicators, answers, {"not_applicable": "within-parent"}, exemptions=exempt)
    row = rows_of(case).loc["x"]
    assert (row["points"], row["max_points"], row["score"]) == (71.43, 100, 0.714285714286)
    excluded = case.with_changes(policies={"not_applicable": "exclude"})
    row = rows_of(excluded).loc["x"]
    assert (row["points"], row["max_points"]) == (50, 70)


def test_an_agency_exempt_from_everything_has_no_score(tmp_path):
    exempt = [{"agency": "x", "indicator": "1", "reason": "–"}]
    case = make(tmp_path, [leaf("1", "points", 10)], {"x": {}, "y": {"1": {"points": 4}}}, exemptions=exempt)
    assert isnan(rows_of(case).loc["x", "score"])
    assert rows_of(case).loc["x", "state"] == "not-applicable"


def test_exclude_without_maximum_points(tmp_path):
    """Pillars of equal weight; half of the first is excluded: (1/2 x .8 + 1 x .2)/(1 1/2) = .4; within it: (.8 + .2)/2."""
    indicators = [pillar("1"), pillar("2"), leaf("1.1", "goalposts(0, 1)", parent="1"),
                  leaf("1.2", "goalposts(0, 1)", parent="1"), leaf("2.1", "goalposts(0, 1)", parent="2")]  # fmt: skip
    answers = {"x": {"1.1": "0.8", "2.1": "0.2"}, "y": {"1.1": "0.1", "1.2": "0.1", "2.1": "0.1"}}
    case = make(tmp_path, indicators, answers, {"missing": "exclude", "total": 100})
    assert (rows_of(case).loc["x", "score"], rows_of(case).loc["x", "max_points"]) == (0.4, 100)
    within = case.with_changes(policies={"missing": "within-parent"})
    assert rows_of(within).loc["x", "score"] == 0.5


def test_agencies_of_750_and_1000_points_stand_in_one_list(tmp_path):
    """x does without the 250 points of pillar 2: 600 of 750 = .8 is before 790 of 1,000 = .79 and ties with 800."""
    indicators = [leaf("1", "points", 750), leaf("2", "points", 250)]
    answers = {"x": {"1": {"points": 600}}, "y": {"1": {"points": 590}, "2": {"points": 200}},
               "z": {"1": {"points": 600}, "2": {"points": 200}}}  # fmt: skip
    exempt = [{"agency": "x", "indicator": "2", "reason": "no public services"}]
    case = make(tmp_path, indicators, answers, {"total": 1000}, exemptions=exempt)
    assert rows_of(case)["score"].tolist() == [0.8, 0.79, 0.8]
    assert rows_of(case)["max_points"].tolist() == [750, 1000, 1000]
    assert ranks_of(case) == [1, 3, 1]


def test_bonus_points_count_against_the_own_maximum(tmp_path):
    """5 bonus points: (600 + 5)/750 and (800 + 5)/1,000."""
    indicators = [leaf("1", "points", 750), leaf("2", "points", 250), leaf("3", "bonus(1)")]
    answers = {"x": {"1": {"points": 600}, "3": 5}, "y": {"1": {"points": 600}, "2": {"points": 200}, "3": 5}}
    case = make(tmp_path, indicators, answers, exemptions=[{"agency": "x", "indicator": "2", "reason": "–"}])
    assert rows_of(case)["score"].tolist() == [0.806666666667, 0.805]
    assert rows_of(case)["points"].tolist() == [605, 805]


@pytest.mark.parametrize("least, ranks", [(0, [2, 1, 3]), (0.8, [2, 1, 3]), (0.81, [None, 1, 2])])
def test_minimum_coverage(least, ranks, tmp_path):
    """x has values for 80 of 100 points; below the minimum it is scored but not ranked."""
    indicators = [leaf("1", "points", 80), leaf("2", "points", 20)]
    answers = {"x": {"1": {"points": 60}}, "y": {"1": {"points": 60}, "2": {"points": 10}},
               "z": {"1": {"points": 1}, "2": {"points": 1}}}  # fmt: skip
    case = make(tmp_path, indicators, answers, {"min_coverage": least})
    assert ranks_of(case) == ranks
    assert rows_of(case).loc["x", "points"] == 60


@pytest.mark.parametrize("policy, share", [("exempt", 0.6), ("full", 0.8), ("zero", 0.3)])
def test_zero_over_zero_in_the_tree(policy, share, tmp_path):
    """6 of 10 beside 0/0 of 10: exempt 6 of 10, full 16 of 20, zero 6 of 20."""
    indicators = [leaf("1", "points", 10), leaf("2", "ratio", 10)]
    answers = {"x": {"1": {"points": 6}, "2": (0, 0)}, "y": {"1": {"points": 6}, "2": (1, 2)}}
    case = make(tmp_path, indicators, answers, {"zero_over_zero": policy})
    assert rows_of(case).loc["x", "score"] == share


def test_the_group_of_a_relative_rule_is_every_agency_with_a_value(tmp_path):
    """Best 40: of an agency that is not ranked, in another list. An exempt agency's 80 does not count."""
    indicators = [leaf("1", "relative", 10)]
    answers = {"x": {"1": 10}, "y": {"1": 20}, "z": {"1": 40}, "w": {"1": 80}}
    agencies = [{"agency": "z", "ranked": "no", "scope": "other"}]
    case = make(
        tmp_path, indicators, answers, agencies=agencies, exemptions=[{"agency": "w", "indicator": "1", "reason": "–"}]
    )
    assert rows_of(case, "1")["score"].fillna(-1).tolist() == [0.25, 0.5, 1, -1]


# What counts: claims and verdicts


def verdict(indicator, step=1, agency="x", **cells):
    stage = "verify" if step == 1 else "appeal"
    by = "verifier" if step == 1 else "chair"
    return {"agency": agency, "indicator": indicator, "step": step, "stage": stage, "decided_by": by, **cells}


def ledger(root, answer, *verdicts, rule="ratio", maximum=20):
    """One agency, one reported row, its verdicts: the row of the score."""
    indicators = [leaf("1", rule, maximum, source="reported")]
    given = {"x": {} if answer is None else {"1": answer}}
    appeals = [{"agency": "x", "indicator": "1", "grounds": "–"}] if len(verdicts) > 1 else []
    more = {"verdicts": square(verdicts), **({"appeals": appeals} if appeals else {})}
    return rows_of(make(root, indicators, given, **more)).loc["x"]


@pytest.mark.parametrize("answer, verdicts, points", [
    # accepted as claimed: 80/100 of 20
    ((80, 100), [verdict("1")], 16),
    # a lowered; b stays the claim's
    ((80, 100), [verdict("1", a=50)], 10),
    # raised: a verdict may go up
    ((80, 100), [verdict("1", a=95)], 19),
    # an appeal that speaks of b alone: the a of step 1 stands, 50/160 of 20
    ((80, 100), [verdict("1", a=50), verdict("1", 2, b=160)], 6.25),
    # an appeal that says nothing changes nothing: 50/200 of 20
    ((80, 100), [verdict("1", a=50, b=200), verdict("1", 2)], 5),
    # an appeal that restores the claim, in figures
    ((80, 100), [verdict("1", a=50, b=200), verdict("1", 2, a=80, b=100)], 16),
    # points override the rule, down and up
    ((80, 100), [verdict("1", points=3)], 3),
    ((80, 100), [verdict("1", points=20)], 20),
    # points of step 1 are gone in step 2
    ((80, 100), [verdict("1", points=3), verdict("1", 2, a=90)], 18),
    # no claim at all: what verification found
    (None, [verdict("1", a=1, b=4, reason="R1")], 5),
])  # fmt: skip
def test_the_last_verdict_counts(answer, verdicts, points, tmp_path):
    row = ledger(tmp_path, answer, *verdicts)
    assert (row["points"], row["state"]) == (points, "verified")


def test_verdicts_on_options_and_points(tmp_path):
    assert ledger(tmp_path / "1", {"option": "yes"}, verdict("1", option="no"), rule="yes_no")["points"] == 0
    assert ledger(tmp_path / "2", {"points": 5}, verdict("1"), rule="points")["points"] == 5
    assert ledger(tmp_path / "3", {"points": 5}, verdict("1", points=9), rule="points")["points"] == 9
    assert (
        ledger(tmp_path / "4", {"option": "a;b"}, verdict("1", option="none"), rule="parts(a:0.5, b:0.5)")["points"]
        == 0
    )


def test_a_verdict_over_the_maximum_is_refused(tmp_path):
    with pytest.raises(Refusal) as refused:
        ledger(tmp_path, (80, 100), verdict("1", points=21))
    assert [(f.code, f.file, f.column) for f in refused.value.findings] == [
        ("E_RANGE", "2025/test/verdicts.csv", "points")
    ]


CLAIMED = {"x": {"1": {"points": 8}, "2": {"points": 6}}, "y": {"1": {"points": 5}, "2": {"points": 5}}}


def half_verified(root, **index):
    """x: row 1 cut from 8 to 4, row 2 still open. y: both accepted."""
    indicators = [leaf("1", "points", 10, source="reported"), leaf("2", "points", 10, source="reported")]
    verdicts = [verdict("1", points=4), verdict("1", agency="y"), verdict("2", agency="y")]
    return make(root, indicators, CLAIMED, index, verdicts=square(verdicts))


@pytest.mark.parametrize("on, scores, states, ranks", [
    ("verified", [None, 0.5], ["not-verified", "verified"], [None, None]),
    ("current", [0.5, 0.5], ["claimed", "verified"], [1, 1]),
    ("claimed", [0.7, 0.5], ["claimed", "claimed"], [1, 2]),
])  # fmt: skip
def test_what_a_result_stands_on(on, scores, states, ranks, tmp_path):
    case = half_verified(tmp_path)
    rows = rows_of(case, on=on)
    assert [None if isnan(s) else s for s in rows["score"]] == scores
    assert (rows["state"].tolist(), ranks_of(case, on)) == (states, ranks)


def test_verified_is_the_default_once_there_are_verdicts(tmp_path):
    case = half_verified(tmp_path)
    assert case.default_on == "verified"
    pd.testing.assert_frame_equal(score(case), score(case, "verified"))
    assert rows_of(case, "1").loc["x", "points"] == 4  # what is verified is shown


def test_claimed_is_the_default_before(tmp_path):
    case = make(tmp_path, [leaf("1", "points", 10, source="reported")], {"x": {"1": {"points": 8}}})
    assert case.default_on == "claimed"
    assert isnan(rows_of(case, on="verified").loc["x", "score"])


def test_rows_that_are_not_reported_need_no_verdict(tmp_path):
    """Row 2 is surveyed: 7 of 10 counts as it is beside the verified 4."""
    indicators = [leaf("1", "points", 10, source="reported"), leaf("2", "points", 10, source="surveyed")]
    answers = {"x": {"1": {"points": 8}, "2": {"points": 7}}}
    case = make(tmp_path, indicators, answers, verdicts=square([verdict("1", points=4)]))
    assert rows_of(case).loc["x", "points"] == 11
    assert [rows_of(case, code).loc["x", "state"] for code in "12"] == ["verified", "measured"]


def test_an_open_bonus_keeps_the_verified_score_open(tmp_path):
    indicators = [leaf("1", "points", 10, source="reported"), leaf("2", "bonus(1)", source="reported")]
    case = make(tmp_path, indicators, {"x": {"1": {"points": 8}, "2": 1}}, verdicts=square([verdict("1")]))
    assert isnan(rows_of(case).loc["x", "score"])
    assert rows_of(case, on="current").loc["x", "points"] == 9


def test_other_verdicts_for_the_same_case(tmp_path):
    """with_changes replaces the whole ledger: both rows of x accepted give 14 of 20."""
    case = half_verified(tmp_path)
    everything = pd.DataFrame([verdict(code, agency=a) for a in "xy" for code in "12"])
    assert rows_of(case.with_changes(verdicts=everything))["score"].tolist() == [0.7, 0.5]


def test_verdicts_without_a_claim_need_a_reason(tmp_path):
    indicators = [leaf("1", "ratio", 20, source="reported")]
    write(tmp_path, indicators, {"x": {}}, verdicts=square([verdict("1", a=1, b=4)]))
    with pytest.raises(Refusal) as refused:
        ledger(tmp_path, None, verdict("1", a=1, b=4))
    assert "E_STATE" in {finding.code for finding in refused.value.findings}
