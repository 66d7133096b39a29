"""Claimed against recognised: the worked example on paper, and what must hold for any ledger."""

from __future__ import annotations

import pytest

from dxlib import deviation, open_items, read_case
from tests.backtest.contract_folder import write_folder

CLAIMED = (92, 85, 78, 88, 70)
RECOGNISED = (80, 83, 76, 70, 69)
UNITS = "abcde"


def folder(tmp_path, verdicts):
    """Five agencies, one row of 100 points, scored by points."""
    claims = [{"agency": u, "indicator": "1", "points": s} for u, s in zip(UNITS, CLAIMED, strict=True)]
    tables = {
        "indicators": [
            {"code": "1", "parent": "", "name_vi": "Điểm", "max_points": 100, "rule": "points", "source": "reported"}
        ],
        "agencies": [{"agency": u, "name_vi": u.upper()} for u in UNITS],
        "claims": claims,
        "verdicts": verdicts,
    }
    write_folder(tmp_path, 2024, "demo", {"title": {"vi": "Thử"}, "total": 100}, tables)
    return read_case(tmp_path, 2024, "demo")


def verdict(unit, points):
    return {
        "agency": unit,
        "indicator": "1",
        "step": 1,
        "stage": "verify",
        "points": points,
        "reason": "",
        "decided_by": "x",
    }


def test_the_worked_example(tmp_path):
    # d = 12, 2, 2, 18, 1: over 35, under 0, inflation of the maximum 35/500 = 0.07
    case = folder(tmp_path, [verdict(u, v) for u, v in zip(UNITS, RECOGNISED, strict=True)])
    by_agency, by_indicator = deviation(case)
    assert by_agency["over"].tolist() == [12, 2, 2, 18, 1] and by_agency["under"].sum() == 0
    row = by_indicator.iloc[0]
    assert (row["net"], row["over"], row["under"], row["inflation"]) == (35, 35, 0, 0.07)
    assert (row["cut_share"], row["compared"], row["open"]) == (1.0, 5, 0)


def test_over_and_under_are_never_set_off(tmp_path):
    case = folder(tmp_path, [verdict("a", 80), verdict("b", 97)])
    by_agency, by_indicator = deviation(case)
    row = by_indicator.iloc[0]
    assert (row["net"], row["over"], row["under"]) == (0, 12, 12)
    assert by_agency["open"].tolist() == [0, 0, 1, 1, 1] and row["open"] == 3


def test_verdicts_that_accept_everything_deviate_nowhere(tmp_path):
    by_agency, by_indicator = deviation(folder(tmp_path, [verdict(u, "") for u in UNITS]))
    assert not by_agency[["net", "over", "under"]].to_numpy().any() and by_indicator["inflation"].iloc[0] == 0


def test_open_items_largest_first(tmp_path):
    waiting = open_items(folder(tmp_path, [verdict("a", 80)]))
    assert waiting["agency"].tolist() == ["d", "b", "c", "e"]
    assert waiting["claimed"].tolist() == [88, 85, 78, 70] and set(waiting["max_points"]) == {100}


@pytest.mark.parametrize("extra, claimed", [("bonus(2, 10)", 4.0), ("penalty(1)", -2.0)])
def test_bonus_and_penalty_claims_wait_too(tmp_path, extra, claimed):
    tables = {
        "indicators": [
            {"code": "1", "parent": "", "name_vi": "Có", "max_points": 10, "rule": "yes_no", "source": "reported"},
            {"code": "2", "parent": "", "name_vi": "Thêm", "max_points": "", "rule": extra, "source": "reported"},
        ],
        "agencies": [{"agency": "a", "name_vi": "A"}],
        "claims": [
            {"agency": "a", "indicator": "1", "a": "", "option": "yes"},
            {"agency": "a", "indicator": "2", "a": 2, "option": ""},
        ],
        "verdicts": [{"agency": "a", "indicator": "1", "step": 1, "stage": "verify", "reason": "", "decided_by": "x"}],
    }
    write_folder(tmp_path, 2024, "demo", {"title": {"vi": "Thử"}, "total": 10}, tables)
    waiting = open_items(read_case(tmp_path, 2024, "demo"))
    assert waiting[["agency", "indicator", "claimed"]].values.tolist() == [["a", "2", claimed]]
