"""The ledger in points: claim, verdicts, appeal, and the two that are told apart: what an agency wrote, what its figures give."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from dxlib import deviation, read_case, verify
from tests.backtest.contract_folder import write_folder

DATA = Path(__file__).parents[2] / "data"
STEP = {"a": "", "b": "", "option": "", "points": "", "reason": "", "note": ""}


def row(code, rule, maximum, **more):
    return {
        "code": code,
        "parent": "",
        "name_vi": code,
        "max_points": maximum,
        "rule": rule,
        "source": "reported",
        "evidence_vi": "",
        **more,
    }


def case_of(tmp_path, verdicts=(), appeals=(), claims=None):
    claims = claims or [
        {"agency": "a", "indicator": "1", "a": 13, "b": 20, "option": "", "points": 8, "submitted_on": "2025-01-10"},
        {"agency": "a", "indicator": "2", "a": "", "b": "", "option": "yes", "points": 5, "submitted_on": "2025-01-10"},
        {"agency": "a", "indicator": "3", "a": 3, "b": "", "option": "", "points": "", "submitted_on": "2025-01-10"},
        {"agency": "b", "indicator": "1", "a": 9, "b": 10, "option": "", "points": "", "submitted_on": "2025-01-11"},
    ]
    tables = {
        "indicators": [row("1", "ratio", 10), row("2", "yes_no", 5), row("3", "bonus(1, 2)", "")],
        "agencies": [{"agency": u, "name_vi": u.upper()} for u in "ab"],
        "claims": claims,
    }
    if verdicts:
        tables["verdicts"] = [{**STEP, **v} for v in verdicts]
    if appeals:
        tables["appeals"] = list(appeals)
    write_folder(tmp_path, 2024, "demo", {"title": {"vi": "Thử"}, "total": 15}, tables)
    reasons = tmp_path / "reasons.csv"
    reasons.write_text("code,name_vi,name_en\ncut,Giảm,Cut\nback,Trả lại,Given back\n", encoding="utf-8")
    return read_case(tmp_path, 2024, "demo")


def verdict(step, stage, by, day, **cells):
    return {"agency": "a", "indicator": "1", "step": step, "stage": stage, "decided_by": by, "decided_on": day, **cells}


def test_claimed_eight_the_rule_gives_six_and_a_half(tmp_path):
    first = verify.ledger(case_of(tmp_path)).iloc[0]
    assert (first["stated"], first["claimed"], first["state"]) == (8, 6.5, "open")
    assert math.isnan(first["first"]) and math.isnan(first["final"]) and first["verifier"] == ""


def test_every_step_is_kept(tmp_path):
    steps = [
        verdict(1, "verify", "tổ 1", "2025-02-01", a=4, reason="cut"),
        verdict(2, "appeal", "hội đồng", "2025-03-01", a=5, reason="back"),
    ]
    appeal = {"agency": "a", "indicator": "1", "grounds": "Xem lại", "submitted_on": "2025-02-10"}
    case = case_of(tmp_path, steps, [appeal])
    one = verify.ledger(case).iloc[0]
    assert (one["claimed"], one["first"], one["final"], one["steps"], one["state"]) == (6.5, 2.0, 2.5, 2, "decided")
    assert (one["first_reason"], one["reason"]) == ("cut", "back")
    assert (one["verifier"], one["decider"]) == ("tổ 1", "hội đồng")
    days = ("submitted_on", "verified_on", "appealed_on", "decided_on")
    assert [one[d] for d in days] == ["2025-01-10", "2025-02-01", "2025-02-10", "2025-03-01"]
    told = verify.steps(case)
    assert told["points_share"].tolist() == [0.2, 0.25] and told["stage"].tolist() == ["verify", "appeal"]


def test_an_appeal_without_its_decision_is_disputed(tmp_path):
    appeal = {"agency": "a", "indicator": "1", "grounds": "Xem lại", "submitted_on": "2025-02-10"}
    ledger = verify.ledger(case_of(tmp_path, [verdict(1, "verify", "tổ 1", "2025-02-01", a=4)], [appeal]))
    assert ledger["state"].tolist() == ["disputed", "open", "open", "open"]


def test_a_verdict_may_raise_and_may_stand_without_a_claim(tmp_path):
    raised = verdict(1, "verify", "tổ 1", "2025-02-01", a=20)
    unclaimed = {**raised, "agency": "b", "indicator": "2", "a": "", "option": "yes", "reason": "cut"}
    ledger = verify.ledger(case_of(tmp_path, [raised, unclaimed])).set_index(["agency", "indicator"])
    assert ledger.loc[("a", "1"), ["claimed", "final"]].tolist() == [6.5, 10]
    assert math.isnan(ledger.loc[("b", "2"), "claimed"]) and ledger.loc[("b", "2"), "final"] == 5


def test_bonus_rows_are_there_without_a_maximum(tmp_path):
    bonus = verify.ledger(case_of(tmp_path)).set_index("indicator").loc["3"]
    assert math.isnan(bonus["max_points"]) and bonus["claimed"] == 2  # capped by the rule


@pytest.mark.parametrize("year, group", [("2024", "communes"), ("2025", "departments"), ("2023", "districts")])
def test_the_ledger_and_the_deviation_tell_the_same(year, group):
    case = read_case(DATA, year, group)
    ledger = verify.ledger(case)
    scored = ledger[ledger["max_points"].notna()]
    d = scored["claimed"] - scored["final"]
    by_agency, _ = deviation(case)
    over = d.clip(lower=0).groupby(scored["agency"]).sum().reindex(by_agency["agency"]).fillna(0)
    under = (-d).clip(lower=0).groupby(scored["agency"]).sum().reindex(by_agency["agency"]).fillna(0)
    assert over.round(6).sub(by_agency["over"].to_numpy()).abs().max() <= 0.0051
    assert under.round(6).sub(by_agency["under"].to_numpy()).abs().max() <= 0.0051
    assert d.abs().sum() > 0


def test_the_full_list_of_grades(tmp_path):
    assert verify.grades(case_of(tmp_path)) == {"2": [0.0, 1.0]}
