"""Wording 23, "without a plan (row 2.1) the rows 2.2 to 2.5 are not scored": every figure by hand.

Source: gates as common in decisions, ../shared/wordings.md. Row 1 has 40 points, branch 2 has 60: the plan 2.1 of 10,
2.2 to 2.5 of 10, 10, 10 and 20.
"""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxlib import verify
from dxlib.case import read_case
from dxlib.case.read import check
from dxlib.errors import Refusal
from dxlib.explore.model import Model, State
from dxlib.index import INDEX, evaluate, potential, score
from dxlib.index.floats import leaf_shares, scorer
from dxlib.publish.open_data import open_data
from dxlib.robust import draw_weights
from dxlib.robust.scenarios import begin, climbed, factors, normalised
from dxlib.show import method, report, scorecard, trend
from dxlib.words import finding as worded
from dxlib.years.decompose import PARTS
from tests.known.folders import GROUP, YEAR, leaf, make, pillar, rows_of, write
from tests.years.two_years import change, compared

F = Fraction


def rows(gate="2.1", **more):
    """The index set; `more`: code -> cells of a row."""
    found = [leaf("1", "ratio", 40, b_vi="tất cả"), pillar("2"), leaf("2.1", "yes_no", 10, "2")]
    found += [leaf(f"2.{i}", "ratio", 20 if i == 5 else 10, "2", b_vi="tất cả", gate=gate) for i in range(2, 6)]
    return [row | more.get(row["code"], {}) for row in found]


def yes(said="yes"):
    return {"option": said}


def answers(plan="yes", half=(1, 2)):
    """Half of everything, with or without a plan: 20 + 10 + 25 = 55 or 20 + 0 + 0."""
    given = {"1": half, **{f"2.{i}": half for i in range(2, 6)}}
    return given if plan is None else given | {"2.1": yes(plan)}


def verdict(agency, code, **cells):
    return {"agency": agency, "indicator": code, "step": 1, "stage": "verify", "decided_by": "Tổ 1",
            "decided_on": "2025-12-20", "a": "", "b": "", "option": "", "points": "", **cells}  # fmt: skip


def reported(given=None):
    return [row | ({"source": "reported"} if row["rule"] else {}) for row in given or rows()]


def scores(case, node=INDEX, on=None):
    exact = evaluate(case, on)
    return dict(zip(exact.agencies, exact.columns[node].shares, strict=True))


def reasons(root, indicators, given=None):
    with pytest.raises(Refusal) as no:
        make(root, indicators, given or {"x": answers()})
    errors = [f for f in no.value.findings if f.severity == "error"]
    for one in errors:
        assert "{" not in "".join(worded(one, "vi").values()) + "".join(worded(one, "en").values())
    return sorted((f.reason, f.value) for f in errors if f.reason != "indicator_absent")


def test_without_a_plan_the_rows_behind_it_earn_nothing_and_stay_in_the_maximum(tmp_path):
    case = make(tmp_path, rows(), {"x": answers(), "y": answers("no"), "z": answers(None)}, {"total": 100})
    assert scores(case) == {"x": F(55, 100), "y": F(20, 100), "z": F(20, 100)}
    found = rows_of(case, "2.5")
    assert found["points"].tolist() == [10, 0, 0] and found["max_points"].tolist() == [20, 20, 20]
    assert found["state"].tolist() == ["measured", "gate-closed", "gate-closed"]
    assert rows_of(case, "2")["max_points"].tolist() == [60, 60, 60]


def test_a_share_that_must_be_reached_is_compared_exactly(tmp_path):
    """1/3 of a row of 10 points meets `>=1/3`, not `>1/3`; 3 of 9 is the same share, in points too."""
    plan = {"2.1": {"rule": "ratio", "b_vi": "tất cả"}}
    for gate, open_ in (("2.1>=1/3", True), ("2.1>1/3", False), ("2.1 >= 34%", False), ("2.1>=0", None)):
        given = {"x": answers(None) | {"2.1": (3, 9)}}
        if open_ is None:
            assert reasons(tmp_path / gate, rows(gate, **plan), given) == [("gate_idle", gate)] * 4
            continue
        case = make(tmp_path / gate.replace("/", "_"), rows(gate, **plan), given)
        assert scores(case)["x"] == F(20, 100) + F(10, 300) + (F(25, 100) if open_ else 0)
    case = make(tmp_path / "p", rows("2.1>=5p", **plan), {"x": answers(None) | {"2.1": (1, 2)}})
    assert scores(case)["x"] == F(50, 100)


def test_a_gate_at_a_branch_and_a_gate_that_is_a_branch(tmp_path):
    """Branch 2 stands behind row 1; then 1 behind branch 2, which must have half of its 60 points: 35 has, 10 has
    not."""
    whole = [row | ({"gate": "1"} if row["code"] == "2" else {}) for row in rows("")]
    case = make(tmp_path / "a", whole, {"x": answers(), "y": answers() | {"1": (0, 2)}})
    assert scores(case) == {"x": F(55, 100), "y": 0}
    assert rows_of(case, "2")["state"].tolist() == ["measured", "gate-closed"]
    other = [row | ({"gate": "2>=50%"} if row["code"] == "1" else {}) for row in rows("")]
    case = make(tmp_path / "b", other, {"x": answers(), "y": answers(half=(0, 2)) | {"1": (2, 2)}})
    assert scores(case) == {"x": F(55, 100), "y": F(10, 100)}


def test_gates_behind_each_other(tmp_path):
    """2.2 needs the plan and 2.3 needs 2.2: without a plan 2.3 earns nothing either."""
    chain = [row | ({"gate": "2.2"} if row["code"] == "2.3" else {}) for row in rows()]
    case = make(tmp_path, chain, {"x": answers(), "y": answers("no"), "z": answers() | {"2.2": (0, 2)}})
    assert scores(case) == {"x": F(55, 100), "y": F(20, 100), "z": F(45, 100)}


@pytest.mark.parametrize("policy", ["zero", "exclude", "within-parent"])
def test_no_answer_to_a_gate_is_no_plan_and_no_answer_behind_it_is_worth_nothing(tmp_path, policy):
    """y says nothing at all of branch 2: with `exclude` only its plan leaves the maximum, the rows behind it do not."""
    case = make(tmp_path, rows(), {"x": answers(), "y": {"1": (1, 2)}}, {"missing": policy})
    assert scores(case)["x"] == F(55, 100)
    assert scores(case)["y"] == {"zero": F(20, 100), "exclude": F(20, 90), "within-parent": F(20, 100)}[policy]
    assert rows_of(case, "2.2")["state"].tolist() == ["measured", "gate-closed"]


@pytest.mark.parametrize("policy", ["exclude", "full", "zero"])
def test_a_plan_that_does_not_apply_asks_for_nothing_and_a_row_that_does_not_apply_stays_so(tmp_path, policy):
    exempt = [{"agency": "x", "indicator": "2.1", "reason": "–"}, {"agency": "y", "indicator": "2.5", "reason": "–"}]
    given = {"x": answers(None), "y": {k: a for k, a in answers("no").items() if k != "2.5"}}
    case = make(tmp_path, rows(), given, {"not_applicable": policy}, exemptions=exempt)
    left = {"exclude": (F(45, 90), F(20, 80)), "full": (F(55, 100), F(40, 100)), "zero": (F(45, 100), F(20, 100))}
    assert tuple(scores(case).values()) == left[policy]
    assert rows_of(case, "2.5")["state"].tolist() == ["measured", "not-applicable"]


def test_not_ranked_without_an_answer_to_the_gate_waits(tmp_path):
    case = make(tmp_path, rows(), {"x": answers(), "y": answers(None)}, {"missing": "not-ranked"})
    assert scores(case) == {"x": F(55, 100), "y": None}
    assert scores(case, "2.2") == {"x": F(1, 2), "y": None}


def test_rows_behind_a_gate_wait_with_its_verdict(tmp_path):
    """x: everything is verified but the plan, so that nothing is published; y: no plan by verdict, and what is behind
    it needs no verdict any more."""
    step = [verdict("x", code) for code in ("1", "2.2", "2.3", "2.4", "2.5")]
    step += [verdict("y", "1"), verdict("y", "2.1", option="no"), verdict("y", "2.2")]
    case = make(tmp_path, reported(), {"x": answers(), "y": answers()}, verdicts=step)
    assert scores(case) == {"x": None, "y": F(20, 100)}
    assert rows_of(case, "2.2")["state"].tolist() == ["not-verified", "gate-closed"]
    assert scores(case, on="current") == {"x": F(55, 100), "y": F(20, 100)}
    items = verify.open_items(case).set_index(["agency", "indicator"])
    assert items["counts"].to_dict() == {("x", "2.1"): True, **{("y", f"2.{i}"): False for i in (3, 4, 5)}}
    ledger = verify.ledger(case).set_index(["agency", "indicator"])
    assert ledger.loc[("y", "2.2"), ["claimed", "final", "gate"]].tolist() == [5, 5, "2.1"]
    assert ledger.loc[("x", "2.2"), "gate"] == "" and ledger.loc[("x", "2.2"), "final"] == 5


def test_a_gate_of_weight_0_holds_up_what_it_may_close(tmp_path):
    weights = {code: {"weight": w} for code, w in (("2.1", "0"), *((f"2.{i}", "1") for i in range(2, 6)))}
    given = reported(rows(**weights))
    case = make(
        tmp_path, given, {"x": answers()}, verdicts=[verdict("x", c) for c in ("1", "2.2", "2.3", "2.4", "2.5")]
    )
    assert scores(case) == {"x": None}
    items = verify.open_items(case)
    assert items["counts"].tolist() == [True]
    still = verify.unsettled(case)
    assert [(i.indicator, i.low, i.high) for i in still.items] == [("2.1", 0, 1)]


def test_an_appeal_against_a_closed_gate_may_open_it_so_the_rows_behind_it_count_again(tmp_path):
    step = [verdict("y", "1"), verdict("y", "2.1", option="no"), *(verdict("y", f"2.{i}") for i in (2, 3, 4))]
    step += [verdict("x", code, step=1) for code in ("1", "2.1", "2.2", "2.3", "2.4", "2.5")]
    appeal = [{"agency": "y", "indicator": "2.1", "grounds": "Đã có", "submitted_on": "2025-12-22"}]
    index = {"total": 100}
    case = make(tmp_path, reported(), {"x": answers(), "y": answers()}, index, verdicts=step, appeals=appeal)
    items = verify.open_items(case).set_index(["agency", "indicator"])["counts"].to_dict()
    assert items == {("y", "2.1"): True, ("y", "2.5"): True}
    still = verify.unsettled(case)
    ranges = verify.rank_ranges(case, still).set_index("agency")
    # closed and open: 20; or 20 + 10 + 15 and 2.5 between 0 and its 20 points
    assert ranges.loc["y", ["points", "low", "high"]].tolist() == [20, 20, 65]
    assert ranges.loc["y", ["best", "worst"]].tolist() == [1, 2]
    alone = verify.decisive_items(case, still, ranges.reset_index()).set_index("indicator")
    assert alone.loc["2.1", "effect"] == 35 and alone.loc["2.5", "effect"] == 0


@given(st.lists(st.sampled_from(["yes", "no", None]), min_size=2, max_size=2), st.integers(0, 2))
def test_materiality_is_every_ending(tmp_path_factory, plans, seed):
    """Two open cells, tried out: the ends of the range are met."""
    step = [verdict("x", code) for code in ("1", "2.3", "2.4", "2.5")]
    if plans[0] is not None:
        step.append(verdict("x", "2.1", option=plans[0]))
    case = make(tmp_path_factory.mktemp("m"), reported(), {"x": answers(half=(seed, 2)), "y": answers()}, verdicts=step)
    still = verify.unsettled(case)
    found = verify.rank_ranges(case, still).set_index("agency")
    ends = []
    for plan in ["yes", "no"] if plans[0] is None else plans[:1]:
        for done in (0, 2):
            more = [verdict("x", "2.1", option=plan)] if plans[0] is None else []
            full = [*step, *more, verdict("x", "2.2", a=done, b=2)]
            ends.append(scores(make(tmp_path_factory.mktemp("e"), reported(),
                                    {"x": answers(half=(seed, 2)), "y": answers()}, verdicts=full))["x"])  # fmt: skip
    assert found.loc["x", ["low", "high"]].tolist() == [float(min(ends) * 100), float(max(ends) * 100)]


def test_what_is_refused_by_name(tmp_path):
    def with_gate(code, gate, **cells):
        return [row | ({"gate": gate, **cells} if row["code"] == code else {}) for row in rows("")]

    more = [leaf("3", "none"), leaf("4", "bonus(1, 5)"), pillar("5"), leaf("5.1", "zscore", 10, "5")]
    assert reasons(tmp_path / "1", with_gate("1", "2.7")) == [("gate_unknown", "2.7")]
    assert reasons(tmp_path / "2", with_gate("1", "2.1>>5")) == [("gate_form", "2.1>>5")]
    assert reasons(tmp_path / "3", with_gate("1", "2.1>=150%")) == [("gate_share", "2.1>=150%")]
    assert reasons(tmp_path / "4", with_gate("2", "2.1")) == [("gate_line", "2.1")]
    assert reasons(tmp_path / "5", with_gate("2.2", "2")) == [("gate_line", "2")]
    assert reasons(tmp_path / "6", with_gate("2.2", "2.2")) == [("gate_line", "2.2")]
    assert reasons(tmp_path / "7", [*with_gate("1", "3"), *more]) == [("gate_unscored", "3")]
    assert reasons(tmp_path / "8", [*with_gate("1", "4"), *more]) == [("gate_unscored", "4")]
    assert reasons(tmp_path / "9", [*rows(""), leaf("4", "bonus(1, 5)", gate="1")]) == [("gate_place", "1")]
    assert reasons(tmp_path / "10", [*rows(""), leaf("4", "none", gate="1")]) == [("gate_place", "1")]
    assert reasons(tmp_path / "11", [*with_gate("1", "5"), *more]) == [("gate_endless", "5")]
    down = [row | ({"aggregate": "complement"} if row["code"] == "2" else {}) for row in with_gate("2.2", "1")]
    assert reasons(tmp_path / "12", down) == [("gate_complement", "1")]
    ring = [row | ({"gate": "2>=50%"} if row["code"] == "1" else {}) for row in with_gate("2.2", "1")]
    assert reasons(tmp_path / "13", ring) == [("gate_circle", "1"), ("gate_circle", "2>=50%")]


def test_two_faults_are_said_at_once(tmp_path):
    wrong = [row | {"1": {"gate": "9"}, "2.2": {"gate": "2"}}.get(row["code"], {}) for row in rows("")]
    assert reasons(tmp_path, wrong) == [("gate_line", "2"), ("gate_unknown", "9")]


def test_the_float_face_the_panel_and_what_could_be_won(tmp_path):
    given = {"x": answers(), "y": answers("no")}
    case = make(tmp_path, rows(), given, {"total": 100})
    shares = leaf_shares(case)
    weights = {n.code: [float(n.weight)] for n in case.framework.nodes.values() if n.scored}
    found = scorer(case.framework, shares)({code: np.array(w) for code, w in weights.items()})
    assert found.tolist() == [[0.55, 0.2]]
    won = potential(case, evaluate(case)).set_index(["agency", "code"])["to_win"].to_dict()
    assert won[("y", "2.1")] == F(10 + 25, 100)  # its own points and what stands behind it
    assert ("y", "2.2") not in won and won[("x", "2.2")] == F(5, 100)
    model = Model(case, draw_weights(case, 0.2, 8, np.random.default_rng(1)))
    assert model.live(State(drop=("1",))).share == pytest.approx(model.exactly(State(drop=("1",))).share)


def test_other_choices_leave_gates_closed(tmp_path):
    """z-scores of the rows, or other weights: what is behind a closed gate earns nothing under any of them."""
    given = {"x": answers(), "y": answers("no", (2, 2)), "z": answers(half=(0, 2))}
    case = make(tmp_path, rows(), given, {"total": 100})
    start = begin(case)
    assert "z-score" in factors(case)["normalisation"]
    for way in ("rule", "min-max", "rank", "z-score"):
        leaves = normalised(start.leaves[start.on], case, start.listed, way)
        exact = climbed(case, leaves, start.on, case.settings, start.leaves[start.on])
        assert [exact.columns[f"2.{i}"].shares[1] for i in range(2, 6)] == [0] * 4
        assert exact.columns["2.2"].own_maxima == [10] * 3


def test_two_years_the_closed_gate_is_no_performance(tmp_path):
    """x had a plan and has none: its rows 2.2 to 2.5 were worth 25 points, are worth none, and nobody worked worse on
    them; the plan itself is performance, 10 points."""
    links = ";".join(f"{c} {c} same" for c in ("1", "2.1", "2.2", "2.3", "2.4", "2.5"))
    before = rows(), {"x": answers(), "y": answers()}
    found = change(compared(tmp_path, before, (rows(), {"x": answers("no"), "y": answers()}), links, total=100), "x")
    assert (found["change"], found["performance"], found["unanswered"]) == (F(-35, 100), F(-10, 100), F(-25, 100))
    assert "chưa đạt điều kiện" in trend.gate_note(compared(tmp_path / "b", before, before, links), "vi")


def test_two_years_of_a_mean_that_is_no_sum(tmp_path):
    """The same where the index becomes the worst branch: every part adds up, and the closed rows are no performance."""
    links = ";".join(f"{c} {c} same" for c in ("1", "2.1", "2.2", "2.3", "2.4", "2.5"))
    before = rows(), {"x": answers(half=(1, 1)), "y": answers()}
    after = rows(), {"x": answers("no", (1, 1)), "y": answers()}
    found = change(compared(tmp_path, before, after, links, aggregate="worst"), "x")
    assert found["change"] == -1 == sum(found[part] or 0 for part in PARTS)
    assert found["unanswered"] < 0 and found["performance"] > -1


def test_faces_say_why(tmp_path):
    named = [row | {"name_vi": f"Chỉ số {row['code']}", "name_en": f"Row {row['code']}"} for row in rows("2.1>=50%")]
    case = make(tmp_path, named, {"x": answers(), "y": answers("no")}, {"total": 100})
    table = score(case)
    lost = scorecard.lost_table(case, table, verify.ledger(case), "y", "vi")
    assert "0 điểm vì 2.1 chưa đạt" in [row[-1] for row in lost.rows]
    assert "2.2: Chỉ tính điểm khi 2.1 đạt từ 50\u00a0% điểm tối đa trở lên" in method.rules(case, "vi").note
    assert "0 điểm vì điều kiện chưa đạt" in [c.heading for c in report.gaps(case, table, "vi").columns]


def test_nobody_is_reminded_of_rows_that_their_own_answer_closes_and_open_data_says_the_gate(tmp_path):
    """x says that it has no plan and leaves the rest empty: nothing is missing; y leaves the plan empty, too."""
    given = {"x": {"1": (1, 2), "2.1": yes("no")}, "y": {"1": (1, 2)}}
    case = make(tmp_path, reported(), given)
    missing = verify.progress(case, "").set_index("sender")["codes"].to_dict()
    assert missing == {"x": "", "y": "2.1;2.2;2.3;2.4;2.5"}
    assert verify.completeness(case)["answered"].tolist() == [2, 1]
    made = open_data(case, score(case), True, "v")
    assert b"gate" in made["tables/indicators.csv"].splitlines()[0]


def test_check_reads_it_from_a_folder(tmp_path):
    write(tmp_path, rows(), {"x": answers(), "y": answers("no")})
    assert [f for f in check(tmp_path) if f.severity == "error"] == []
    assert scores(read_case(tmp_path, YEAR, GROUP))["y"] == F(20, 100)
    assert pd.isna(rows_of(read_case(tmp_path, YEAR, GROUP)).loc["y", "class"])
