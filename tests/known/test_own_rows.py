"""Rows that one list alone has (wording 28: a district adds criteria of its own for its communes, press on Hà Nội's
commune index). Scored by hand.

    row    max   of        a1   a2   b1   b2
    1.1    30    all       24   30   15   30
    1.2    20    list A    10   20    –    –
    2.1    50    all       40   25   40   50
    own maximum           100  100   80   80
    points                 74   75   55   80
"""

from fractions import Fraction

import numpy as np
import pytest

from dxlib.case import read_case
from dxlib.errors import Refusal
from dxlib.index import INDEX, evaluate, score
from dxlib.index.floats import index_scores, leaf_shares
from dxlib.index.potential_gains import potential
from dxlib.robust import attainable_ranks, draw_weights, rank_intervals, second_opinions
from dxlib.sheets.calculation import calculation_book
from dxlib.sheets.form import Wording, claim_form, recipients
from dxlib.show import draft, method, report, scorecard
from dxlib.verify import open_items
from dxlib.verify.materiality import rank_ranges, unsettled
from tests.known.folders import leaf, make, pillar, rows_of, square, write
from tests.sheets.test_calculation import differing, recalculated

ROWS = [
    pillar("1"), leaf("1.1", "points", 30, "1"), leaf("1.2", "points", 20, "1", scope="A"),
    pillar("2"), leaf("2.1", "points", 50, "2"),
]  # fmt: skip
EARNED = {"a1": (24, 10, 40), "a2": (30, 20, 25), "b1": (15, None, 40), "b2": (30, None, 50)}
AGENCIES = [{"agency": a, "scope": a[0].upper()} for a in EARNED]
ANSWERS = {
    a: {code: {"points": p} for code, p in zip(("1.1", "1.2", "2.1"), earned, strict=True) if p is not None}
    for a, earned in EARNED.items()
}


def folder(root, rows=ROWS, index=None, answers=ANSWERS, **tables):
    return make(root, rows, answers, index, AGENCIES, **tables)


def in_table(case, node="index", column="points"):
    return {a: x for a, x in rows_of(case, node)[column].items() if x == x}


@pytest.mark.parametrize("policy", ["exclude", "within-parent", "full", "zero"])
def test_points_own_maxima_and_ranks_within_the_list(tmp_path, policy):
    """An exemption would go by the policy; a row that is not there goes by none."""
    case = folder(tmp_path, index={"not_applicable": policy})
    assert in_table(case) == {"a1": 74, "a2": 75, "b1": 55, "b2": 80}
    assert in_table(case, column="max_points") == {"a1": 100, "a2": 100, "b1": 80, "b2": 80}
    assert in_table(case, "1", "max_points") == {"a1": 50, "a2": 50, "b1": 30, "b2": 30}
    assert list(rows_of(case)["rank"]) == [2, 1, 2, 1] and list(rows_of(case)["of"]) == [2] * 4
    assert list(rows_of(case, "1.2").index) == ["a1", "a2"]  # no line for the others
    assert not case.exempt


def test_weights_given_are_those_among_the_rows_that_are_there(tmp_path):
    """Branches 0.4 and 0.6 of the index for everybody; in branch 1 a row of list A beside one of all, 1 to 1.
    a1: 0.4 (24/30 + 10/20)/2 + 0.6 × 40/50 = 0.74; b1: 0.4 × 15/30 + 0.6 × 40/50 = 0.68."""
    weights = {"1": "0.4", "2": "0.6", "1.1": "1", "1.2": "1"}
    rows = [row | {"weight": weights.get(str(row["code"]), "")} for row in ROWS]
    case = folder(tmp_path, rows)
    shares = dict(zip(evaluate(case).agencies, evaluate(case).columns[INDEX].shares, strict=True))
    assert shares["a1"] == Fraction(74, 100) and shares["b1"] == Fraction(68, 100)
    exempt = [{"agency": "a1", "indicator": "1.2", "reason": "–"}]  # of the row's own list: an exemption as any
    left = folder(tmp_path / "x", rows, answers=ANSWERS | {"a1": {k: v for k, v in ANSWERS["a1"].items() if k != "1.2"}},
                  exemptions=exempt)  # fmt: skip
    found = evaluate(left).columns[INDEX].shares[0]
    assert found == (Fraction(2, 10) * Fraction(24, 30) + Fraction(6, 10) * Fraction(40, 50)) / Fraction(8, 10)


def test_on_a_branch_it_holds_for_everything_below(tmp_path):
    rows = [*ROWS[:2], pillar("3", scope="B"), leaf("3.1", "points", 10, "3"), *ROWS[3:]]
    answers = {a: {c: x for c, x in row.items() if c != "1.2"} for a, row in ANSWERS.items()}
    answers |= {a: answers[a] | {"3.1": {"points": 5}} for a in ("b1", "b2")}
    case = folder(tmp_path, rows, answers=answers)
    assert in_table(case, column="max_points") == {"a1": 80, "a2": 80, "b1": 90, "b2": 90}
    assert in_table(case) == {"a1": 64, "a2": 55, "b1": 60, "b2": 85}
    assert set(score(case).loc[lambda t: t["agency"] == "a1", "node"]) == {"index", "1", "1.1", "2", "2.1"}


def test_several_lists_and_those_of_none(tmp_path):
    agencies = [*AGENCIES[:3], {"agency": "b2", "scope": ""}]
    rows = [*ROWS[:2], ROWS[2] | {"scope": "B; A"}, *ROWS[3:]]
    answers = ANSWERS | {"b1": ANSWERS["b1"] | {"1.2": {"points": 4}}}
    case = make(tmp_path, rows, answers, None, agencies)
    assert in_table(case, column="max_points") == {"a1": 100, "a2": 100, "b1": 100, "b2": 80}


def test_rules_over_the_group_look_at_those_who_have_the_row(tmp_path):
    """Relative to the best of list A, 5; nobody of list B counts as 0 among them."""
    rows = [*ROWS[:2], leaf("1.2", "minmax", 20, "1", scope="A"), *ROWS[3:]]
    answers = ANSWERS | {"a1": ANSWERS["a1"] | {"1.2": 2}, "a2": ANSWERS["a2"] | {"1.2": 5}}
    case = folder(tmp_path, rows, answers=answers)
    assert in_table(case, "1.2") == {"a1": 0, "a2": 20}


def test_coverage_is_of_the_own_rows(tmp_path):
    """b1 lacks 2.1: 30 of 80 points; a1 lacks it: 50 of 100."""
    answers = {a: {c: x for c, x in row.items() if a[1] != "1" or c != "2.1"} for a, row in ANSWERS.items()}
    answers |= {"a3": ANSWERS["a1"], "b3": ANSWERS["b1"]}
    agencies = [{"agency": a, "scope": a[0].upper()} for a in answers]
    case = make(tmp_path, ROWS, answers, {"min_coverage": 0.375}, agencies)
    assert in_table(case, column="rank").keys() >= {"a1", "b1"}
    case = make(tmp_path / "y", ROWS, answers, {"min_coverage": 0.376}, agencies)
    assert "b1" not in {a for a, r in rows_of(case)["rank"].items() if r is not None and str(r) != "<NA>"}


# Draws, attainable ranks, what could still be won


def test_draws_and_exact_bounds_stand_on_the_own_rows(tmp_path):
    case = folder(tmp_path)
    nodes = [node for node in case.framework.nodes.values() if node.scored]
    nominal = {node.code: np.array([float(node.weight)]) for node in nodes}
    found = index_scores(case.framework, leaf_shares(case), nominal)[0]
    assert found == pytest.approx([0.74, 0.75, 55 / 80, 1.0], abs=1e-12)
    weights = draw_weights(case, 0.9, 200, np.random.default_rng(3))
    drawn = rank_intervals(case, weights).set_index("agency")
    exact = attainable_ranks(case, 0.9).set_index("agency")
    # pillars of list A: 50 and 50, shares (34/50, 40/50) and (1, 1/2); of list B: 30 and 50, b2 is above in both
    assert exact.loc[["a1", "a2"], ["best", "worst"]].to_numpy().tolist() == [[1, 2], [1, 2]]
    assert exact.loc[["b1", "b2"], ["best", "worst"]].to_numpy().tolist() == [[2, 2], [1, 1]]
    assert drawn.loc["b2", ["lowest", "highest"]].tolist() == [1, 1] and drawn.loc["a1", "highest"] == 2
    votes = second_opinions(case).set_index("agency")
    assert votes["copeland"].to_dict() == {"a1": 1, "a2": 1, "b1": 2, "b2": 1} and votes["bod"].notna().all()


def test_what_could_be_won_leaves_out_who_has_not_the_row(tmp_path):
    case = folder(tmp_path)
    gains = potential(case, evaluate(case))
    row = gains[(gains["agency"] == "a1") & (gains["code"] == "1.2")].iloc[0]
    assert (row["to_win"], row["full"], row["of"]) == (Fraction(1, 10), 1, 2)
    assert set(gains.loc[gains["agency"] == "b1", "code"]) == {"1.1", "2.1"}
    assert dict(zip(gains["agency"] + gains["code"], gains["to_win"], strict=True))["b11.1"] == Fraction(15, 80)


def test_a_scenario_of_weights_moves_own_maxima_in_proportion(tmp_path):
    """Branch 1 twice as heavy: 100 to 50 for list A, 60 to 50 for list B, whose part of it is 30 of 50."""
    shares = evaluate(folder(tmp_path).with_changes(weights={"1": 100, "2": 50})).columns[INDEX].shares
    assert shares[0] == (100 * Fraction(34, 50) + 50 * Fraction(40, 50)) / 150
    assert shares[2] == (60 * Fraction(15, 30) + 50 * Fraction(40, 50)) / 110


# Open items and the faces of paper


def reported(root):
    rows = [row | ({"source": "reported"} if row["rule"] else {}) for row in ROWS]
    verdict = {"step": 1, "stage": "verify", "decided_by": "Tổ", "reason": "other"}
    done = [{"agency": a, "indicator": c, **verdict} for a in ANSWERS for c in ANSWERS[a] if (a, c) != ("a1", "1.2")]
    return make(root, rows, ANSWERS, None, AGENCIES, verdicts=done)


def test_open_items_and_what_they_can_move(tmp_path):
    case = reported(tmp_path)
    waiting = open_items(case)
    assert waiting[["agency", "indicator"]].to_numpy().tolist() == [["a1", "1.2"]]
    ranges = rank_ranges(case, unsettled(case)).set_index("agency")
    assert ranges.loc["a1", ["low", "high"]].tolist() == [64, 84] and ranges.loc["b1", ["low", "high"]].tolist() == [
        55,
        55,
    ]


def test_the_form_has_the_own_rows_and_their_maxima(tmp_path):
    case = reported(tmp_path)
    words, people = Wording(case, None, {}, "vi"), {to.id: to for to in recipients(case, {}, "vi")}
    for agency, codes, most in (("a1", ["1", "1.1", "1.2", "2", "2.1"], "50"), ("b1", ["1", "1.1", "2", "2.1"], "30")):
        sheet = claim_form(words, people[agency]).sheets[0]
        lines = {cell.value: place[0] for place, cell in sheet.cells.items() if place[1] == 0 and place[0] > 7}
        assert [code for code in lines if code] == codes
        assert sheet.cells[lines["1"], 2].value == most


def test_page_card_and_annex_say_so(tmp_path):
    case = folder(tmp_path)
    scores = score(case)
    said = "1.2 (A)"
    tables = method.framework(case, "en")
    assert [row[2] for row in tables.rows] == ["30; 50", "50"] and "A: 100; B: 80" in tables.note
    assert said in str(report.limitations(case, scores, [], "vi"))
    assert any(said in note for note in draft.notes(case, report.index_rows(scores), "vi"))
    nothing = scores.iloc[:0]
    own, other = (str(scorecard.summary(case, scores, nothing, nothing, nothing, 0.2, a, "vi")) for a in ("a1", "b1"))
    assert said in own and said not in other
    gone = score(case).iloc[:0].assign(indicator=[])
    lost = scorecard.lost_table(case, scores, gone, "b1", "en")
    assert [row[0] for row in lost.rows] == ["1.1", "2.1"]


@pytest.mark.real("libreoffice")
@pytest.mark.parametrize("policy", ["exclude", "within-parent"])
def test_the_calculation_follows(tmp_path, policy):
    weighted = [
        row | {"weight": {"1": "0.4", "2": "0.6", "1.1": "1", "1.2": "1"}.get(str(row["code"]), "")} for row in ROWS
    ]
    books = {}
    for name, rows in (("points", ROWS), ("weights", weighted)):
        case = folder(tmp_path / name, rows, {"not_applicable": policy, "min_coverage": 0.1})
        books[name] = calculation_book(case, evaluate(case))
    found = recalculated(books, tmp_path)
    assert {name: differing(book, found[name]) for name, book in books.items()} == {name: [] for name in books}


# What is refused


def refused(root, rows=ROWS, index=None, answers=ANSWERS, **tables):
    write(root, rows, answers, index, AGENCIES, **{name: square(given) for name, given in tables.items()})
    with pytest.raises(Refusal) as found:
        read_case(root, 2025, "test")
    return {(f.code, f.reason, f.value, *sorted(map(str, f.facts.values()))) for f in found.value.findings
            if f.severity == "error"}  # fmt: skip


def test_an_answer_or_an_exemption_of_others_is_refused(tmp_path):
    answers = ANSWERS | {"b1": ANSWERS["b1"] | {"1.2": {"points": 3}}}
    assert refused(tmp_path, answers=answers) == {("E_REFERENCE", "row_of_others", "1.2", "A", "b1")}
    exempt = [{"agency": "b1", "indicator": "1.2", "reason": "–"}]
    assert refused(tmp_path / "x", exemptions=exempt) == {("E_REFERENCE", "row_of_others", "1.2", "A", "b1")}


def test_an_unknown_list_is_named_with_the_nearest(tmp_path):
    rows = [*ROWS[:2], ROWS[2] | {"scope": "A;C"}, *ROWS[3:]]
    found = refused(tmp_path, rows)
    assert {(code, reason, value) for code, reason, value, *_ in found} == {("E_REFERENCE", "scope_unknown", "C")}


def test_a_row_cannot_have_a_list_that_its_branch_lacks(tmp_path):
    rows = [ROWS[0] | {"scope": "B"}, ROWS[1], ROWS[2], *ROWS[3:]]
    answers = {a: {"2.1": row["2.1"], **({"1.1": row["1.1"]} if a[0] == "b" else {})} for a, row in ANSWERS.items()}
    assert ("E_FRAMEWORK", "scope_outside", "A", "1.2") in refused(tmp_path, rows, answers=answers)


def test_a_list_without_any_row_is_refused(tmp_path):
    rows = [row | ({"scope": "A"} if row["code"] in ("1", "2") else {}) for row in ROWS]
    answers = {a: row if a[0] == "a" else {"x": None} for a, row in ANSWERS.items()}
    found = refused(tmp_path, rows, answers=answers)
    assert ("E_FRAMEWORK", "nothing_scored_list", "B", "index") in found


@pytest.mark.parametrize("stated, right", [("30", True), ("50", False), ("40", False)])
def test_a_stated_maximum_is_that_of_the_rows_that_all_have(tmp_path, stated, right):
    rows = [ROWS[0] | {"max_points": stated}, *ROWS[1:]]
    if right:
        assert in_table(folder(tmp_path, rows)) == {"a1": 74, "a2": 75, "b1": 55, "b2": 80}
    else:
        assert refused(tmp_path, rows) == {("E_FRAMEWORK_SUM", "maximum_sum", stated, "1", "30; 50", stated)}


def test_a_stated_maximum_may_be_that_of_every_list(tmp_path):
    """Each list has a row of its own of 20 points: branch 1 has 50 for everybody."""
    rows = [ROWS[0] | {"max_points": 50}, *ROWS[1:3], leaf("1.3", "points", 20, "1", scope="B"), *ROWS[3:]]
    answers = ANSWERS | {a: ANSWERS[a] | {"1.3": {"points": 10}} for a in ("b1", "b2")}
    case = folder(tmp_path, rows, {"total": 100}, answers)
    assert in_table(case, column="max_points") == dict.fromkeys(EARNED, 100)
