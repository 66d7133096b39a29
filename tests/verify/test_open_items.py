"""What is still open: every kind of row thought through once, and the same number wherever it is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import dxlib
from dxlib import verify
from dxlib.case import read_case
from tests.open_claims import CLAIMS, CUT, HEARD, folder

DATA = Path(__file__).parents[2] / "data"


def test_every_kind_of_row(tmp_path):
    case = read_case(folder(tmp_path, [CUT, *HEARD], [("b", "2"), ("b", "3")]), 2024, "demo")
    found = dxlib.open_items(case)
    told = found.astype(object).where(found.notna(), "–")
    assert told[["agency", "indicator", "kind", "counts", "claimed", "recognised", "steps"]].values.tolist() == [
        ["b", "2", "appealed", True, 10, 6, 1],
        ["a", "2", "unverified", True, 8, "–", 0],
        ["a", "4", "unverified", True, 2, "–", 0],
        ["a", "1", "unverified", True, 0, "–", 0],
        ["a", "5", "unverified", True, 0, "–", 0],
        ["a", "6", "unverified", True, 0, "–", 0],
        ["b", "5", "unverified", True, -6, "–", 0],
        ["a", "3", "unverified", True, "–", "–", 0],
        ["a", "8", "unverified", False, 10, "–", 0],  # last; neither `none`, nor measured, nor what does not apply
    ]
    counted = verify.deviation(case)[0].set_index("agency")["open"]
    assert counted.to_dict() == {"a": 7, "b": 1}  # claims that wait for a verdict; the appeal has one
    assert len(verify.unsettled(case).items) == len(found) - 1  # what counts nothing can change nothing


def test_an_appeal_against_a_measured_figure_waits_too(tmp_path):
    verdict = ("a", "9", "verify", "Tổ 1", {"points": "6"})
    case = read_case(folder(tmp_path, [verdict], [("a", "9")]), 2024, "demo")
    mine = dxlib.open_items(case).set_index(["agency", "indicator"]).loc[("a", "9")]
    assert (mine["kind"], mine["counts"], mine["recognised"]) == ("appealed", True, 6)


def test_all_open_items_are_reached_and_risk_only_orders_them(tmp_path):
    case = read_case(folder(tmp_path, [CUT], [("b", "2")]), 2024, "demo")
    ledger, waiting = verify.ledger(case), verify.open_items(case)
    flags = verify.flags(case, ledger, verify.deviation(case)[0], verify.history(case, None), None, verify.scores(case))
    risks = verify.risk(ledger, verify.history(case, None), flags)
    at_risk = risks.set_index(["agency", "indicator"])
    # chance .1: of a cap of 6 with nothing declared .6, of one case without a cap .1; nothing left of b's 6 of 6
    assert at_risk.loc[[("a", "5"), ("a", "6")], "excess"].tolist() == [6, 1] and ("b", "5") not in at_risk.index
    chosen = verify.choose(risks, 3, np.random.default_rng(1))
    listed = verify.worklist(waiting, chosen, len(waiting))
    assert len(listed) == len(waiting) and listed["kind"].iloc[0] == "appealed" and not listed["counts"].iloc[-1]
    assert listed["risk"].iloc[1:-1].is_monotonic_decreasing
    some = verify.worklist(waiting, chosen, 1)
    drawn = chosen[chosen["part"].isin(["random", "points"])].merge(waiting, on=["agency", "indicator"])
    assert len(some) == 1 + 1 + (drawn["kind"] == "unverified").sum()
    assert set(chosen.loc[chosen["claimed"] <= 0, "part"]) <= {"risk", "rest"}  # draws are from claims of points


def test_nothing_open(tmp_path):
    everything = [(a, c, "verify", "Tổ 1", {}) for a, c, _ in CLAIMS if c not in "79" and (a, c) != ("b", "1")]
    case = read_case(folder(tmp_path, everything), 2024, "demo")
    assert dxlib.open_items(case).empty and verify.unsettled(case).items == ()


@pytest.mark.parametrize("group, n", [("communes", 417), ("departments", 159), ("province", 55)])
def test_the_sample(group, n):
    assert len(dxlib.open_items(read_case(DATA, 2025, group))) == n
