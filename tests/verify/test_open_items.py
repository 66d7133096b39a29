"""What is still open: every kind of row thought through once, and the same number wherever it is told."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import dxlib
from dxlib import verify
from dxlib.case import read_case
from tests.backtest.contract_folder import write_folder

DATA = Path(__file__).parents[2] / "data"
ROWS = {
    "1": ("yes_no", "10", "", "reported"),
    "2": ("count(2)", "10", "", "reported"),
    "3": ("ratio", "10", "", "reported"),
    "4": ("bonus(1, 3)", "", "", "reported"),
    "5": ("penalty(2, 6)", "", "", "reported"),
    "6": ("penalty(1)", "", "", "reported"),
    "7": ("none", "", "", "reported"),
    "8": ("yes_no", "10", "0", "reported"),  # no weight: shown, counts nothing
    "9": ("points", "10", "", "measured"),
}
CLAIMS = [
    ("a", "1", {"option": "no"}),  # a claim of nothing
    ("a", "2", {"a": "4"}),
    ("a", "3", {"a": "5"}),  # says something, gives nothing: b is missing
    ("a", "4", {"a": "2"}),
    ("a", "5", {"a": "0"}),  # a declared deduction of nothing
    ("a", "6", {"a": "0"}),
    ("a", "7", {"a": "1"}),
    ("a", "8", {"option": "yes"}),
    ("a", "9", {"points": "7"}),
    ("b", "1", {"option": "yes"}),  # does not apply
    ("b", "2", {"a": "5"}),  # decided, contested
    ("b", "3", {"a": "1", "b": "2"}),  # decided, contested, decided again
    ("b", "5", {"a": "3"}),  # declared in full: nothing is left to be too high
]


NOTHING = dict.fromkeys(("a", "b", "option", "points"), "")


def folder(root, verdicts=(), appeals=(), **more):
    """The set above, claimed by two agencies; verdicts: (agency, row, stage, who, cells)."""
    weights = {c: weight or maximum for c, (_, maximum, weight, _) in ROWS.items()}
    steps: Counter = Counter()
    tables = {
        "indicators": [
            {"code": c, "parent": "", "name_vi": f"Hàng {c}", "max_points": m, "weight": weights[c], "rule": r,
             "source": s, "b_vi": "Tổng số" if r == "ratio" else "", "verifier": "to-1"}
            for c, (r, m, _, s) in ROWS.items()
        ],
        "agencies": [{"agency": a, "name_vi": f"Cơ quan {a.upper()}"} for a in "ab"],
        "exemptions": [{"agency": "b", "indicator": "1", "reason": "không có", "decided_by": "Sở"}],
        "claims": [
            {"agency": a, "indicator": c, **NOTHING, **cells} for a, c, cells in CLAIMS
        ],
        **more,
    }  # fmt: skip
    for a, c, stage, who, cells in verdicts:
        steps[a, c] += 1
        verdict = {"agency": a, "indicator": c, "step": steps[a, c], "stage": stage, **NOTHING, **cells}
        tables.setdefault("verdicts", []).append(verdict | {"reason": "", "note": "", "decided_by": who})
    if appeals:
        tables["appeals"] = [
            {"agency": a, "indicator": c, "grounds": "Xem lại", "submitted_on": ""} for a, c in appeals
        ]
    index = {"title": {"vi": "Thử"}, "total": 50, "class": [{"name": {"vi": "Tốt"}, "cut": 0}]}
    write_folder(root, 2024, "demo", index, tables)
    return root


CUT = ("b", "2", "verify", "Tổ 1", {"a": "3"})
HEARD = [("b", "3", "verify", "Tổ 1", {"a": "0"}), ("b", "3", "appeal", "Hội đồng", {"a": "1"})]


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
