"""Could an open item still change a rank or a class? Held against trying out every ending."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxlib import read_case, verify
from dxlib.case import Case
from dxlib.index import score
from tests.backtest.contract_folder import write_folder

CLASSES = [
    {"name": {"vi": "Tốt"}, "cut": 0.7, "includes_cut": True},
    {"name": {"vi": "Khá"}, "cut": 0.4, "includes_cut": True},
    {"name": {"vi": "Yếu"}, "cut": 0},
]
STEP = dict.fromkeys(("a", "b", "option", "points", "reason", "note", "decided_on"), "")


def verdict(agency, indicator, **cells):
    return {
        "agency": agency,
        "indicator": indicator,
        "step": 1,
        "stage": "verify",
        "decided_by": "tổ 1",
        **STEP,
        **cells,
    }


def case_of(tmp_path, shares, waiting, contested=(), rules=("points", "points", "points"), **policies) -> Case:
    """Agencies by rows of 10 points; `waiting` cells have no verdict, `contested` ones were cut to 0 and appealed."""
    codes = [str(k + 1) for k in range(len(next(iter(shares.values()))))]
    rows = [
        {"code": c, "parent": "", "name_vi": c, "max_points": 10, "rule": r, "source": "reported"}
        for c, r in zip(codes, rules, strict=False)
    ]
    claims, verdicts, appeals = [], [], []
    for agency, given_shares in shares.items():
        for code, share, rule in zip(codes, given_shares, rules, strict=False):
            cell = {"points": share} if rule == "points" else {"a": share}
            claims.append({"agency": agency, "indicator": code, "a": "", "points": "", **cell})
            if (agency, code) in contested:
                verdicts.append(verdict(agency, code, points="0"))
                appeals.append(
                    {"agency": agency, "indicator": code, "grounds": "Xem lại", "submitted_on": "2025-02-10"}
                )
            elif (agency, code) not in waiting:
                verdicts.append(verdict(agency, code))
    tables = {
        "indicators": rows,
        "agencies": [{"agency": a, "name_vi": a} for a in shares],
        "claims": claims,
        "verdicts": verdicts or [dict(verdict("-", "-"))],
    }
    if not verdicts:
        tables["verdicts"] = []
        del tables["verdicts"]
    if appeals:
        tables["appeals"] = appeals
    index = {
        "title": {"vi": "Thử"},
        "total": 10 if policies.get("aggregate") in ("best", "worst") else 10 * len(codes),
        **policies,
        "class": CLASSES,
    }
    write_folder(tmp_path, 2024, "demo", index, tables)
    return read_case(tmp_path, 2024, "demo")


def outcomes(case: Case, items, grid=(0, 5, 10)):
    """Scores for every combination of endings on a grid of points."""
    for ending in itertools.product(grid, repeat=len(items)):
        rows = [verdict(a, c, points=str(p)) for (a, c), p in zip(items, ending, strict=True)]
        kept = case.verdicts
        mine = {(a, c) for a, c in items}
        kept = kept[[key not in mine for key in zip(kept["agency"], kept["indicator"], strict=True)]]
        changed = case.with_changes(verdicts=pd.concat([kept, pd.DataFrame(rows)], ignore_index=True).fillna(""))
        out = score(changed)
        yield out[out["node"] == "index"].set_index("agency")


SHARES = {"a": (9, 8, 9), "b": (6, 6, 7), "c": (5, 6, 6), "d": (1, 2, 1)}


def materiality(case):
    still_open = verify.unsettled(case)
    ranges = verify.rank_ranges(case, still_open)
    return still_open, ranges.set_index("agency"), verify.decisive_items(case, still_open, ranges)


def test_on_paper(tmp_path):
    # a 26, b 19, c 17 (open: 5 of 10 on row 1 -> 12..22), d 4 of 30 points. c reaches above b, never a nor d
    _, ranges, decisive = materiality(case_of(tmp_path, SHARES, {("c", "1")}))
    assert ranges[["rank", "best", "worst"]].T.to_dict("list") == {
        "a": [1, 1, 1],
        "b": [2, 2, 3],
        "c": [3, 2, 3],
        "d": [4, 4, 4],
    }
    assert ranges.loc["c", ["low", "points", "high"]].tolist() == [12, 17, 22]
    assert ranges["certain"].tolist() == [True, False, False, True]
    (item,) = decisive.to_dict("records")
    assert (item["agency"], item["kind"], item["effect"], item["best"], item["worst"]) == ("c", "unverified", 10, 2, 3)
    assert item["reclass"] == 1  # 22/30 is above the cut of 0.7


def test_a_disputed_item_may_end_anywhere_because_an_appeal_may_lower(tmp_path):
    still_open, ranges, _ = materiality(case_of(tmp_path, SHARES, (), {("b", "3")}))
    (item,) = still_open.items
    assert (item.kind, item.low, item.high, item.now) == ("appealed", 0, 1, 0)
    assert ranges.loc["b", ["rank", "best", "worst"]].tolist() == [3, 2, 3]


def test_an_open_item_that_cannot_matter_is_not_on_the_list(tmp_path):
    still_open, ranges, decisive = materiality(
        case_of(tmp_path, {**SHARES, "d": (1, 0, 1), "e": (0, 0, 0)}, {("d", "1")})
    )
    assert len(still_open.items) == 1 and decisive.empty  # d: 1..11 of 30 points, between e and c, in one class
    assert ranges.loc["d", ["best", "worst"]].tolist() == [4, 4] and ranges["certain"].all()


def test_rows_without_bounds_say_nothing(tmp_path):
    shares = {a: (float(x), y, z) for a, (x, y, z) in SHARES.items()}
    case = case_of(tmp_path, shares, {("c", "1")}, rules=("goalposts(0, 10, unclipped)", "points", "points"))
    still_open, ranges, decisive = materiality(case)
    assert still_open.endless == {"1"} and ranges.empty and decisive.empty


def test_a_row_scored_against_the_group_shakes_everybody(tmp_path):
    case = case_of(tmp_path, SHARES, {("a", "1")}, rules=("relative", "points", "points"))
    still_open, ranges, decisive = materiality(case)
    assert still_open.shaken == {"1"} and not ranges.loc["b", "certain"]
    assert decisive[["agency", "indicator"]].values.tolist() == [
        ["a", "1"]
    ]  # a is certain itself, and moves the others
    for verdict_points in ("1", "9", "40"):
        row = verdict("a", "1", a=verdict_points)
        out = score(case.with_changes(verdicts=pd.concat([case.verdicts, pd.DataFrame([row])], ignore_index=True)))
        ranks = out[out["node"] == "index"].set_index("agency")["rank"].reindex(ranges.index)
        assert (ranks >= ranges["best"]).all() and (ranks <= ranges["worst"]).all()


def test_an_item_that_only_moves_others_is_on_the_list(tmp_path):
    # b is first whatever its open row gives, alone or together with a and c: they are first or second by it
    case = case_of(tmp_path, {"a": (0, 0), "b": (1, 0), "c": (0, 0)}, {("b", "2")}, aggregate="worst")
    _, ranges, decisive = materiality(case)
    assert ranges[["best", "worst"]].T.to_dict("list") == {"a": [1, 2], "b": [1, 1], "c": [1, 2]}
    assert decisive[["agency", "indicator"]].values.tolist() == [["b", "2"]]


points = st.integers(0, 10)


@settings(max_examples=30)
@given(
    st.lists(st.tuples(points, points), min_size=3, max_size=4),
    st.sets(st.tuples(st.integers(0, 3), st.sampled_from(["1", "2"])), min_size=1, max_size=3),
    st.sampled_from(["arithmetic", "geometric", "harmonic", "best", "worst"]),
)
def test_every_ending_lies_in_the_range_and_the_ends_are_met(tmp_path_factory, rows, cells, aggregate):
    shares = {f"u{i}": row for i, row in enumerate(rows)}
    waiting = [(f"u{i}", code) for i, code in sorted(cells) if i < len(rows)]
    case = case_of(tmp_path_factory.mktemp("case"), shares, set(waiting), aggregate=aggregate)
    _, ranges, decisive = materiality(case)
    met = list(outcomes(case, waiting, (0, 10)))
    for out in met:
        ranks = out["rank"].reindex(ranges.index)
        assert (ranks >= ranges["best"]).all() and (ranks <= ranges["worst"]).all()
    for agency, row in ranges.iterrows():
        assert min(out.loc[agency, "rank"] for out in met) == row["best"]
        assert max(out.loc[agency, "rank"] for out in met) == row["worst"]
    # settle the decisive items, anyhow: whatever the others then do, no rank and no class changes
    listed = set(zip(decisive["agency"], decisive["indicator"], strict=True))
    others = [item for item in waiting if item not in listed]
    if others and aggregate in ("arithmetic", "best", "worst"):
        settled = case.with_changes(
            verdicts=pd.concat(
                [case.verdicts, pd.DataFrame([verdict(a, c, points="7") for a, c in listed])], ignore_index=True
            ).fillna("")
        )
        ends = [(tuple(out["rank"]), tuple(out["class"])) for out in outcomes(settled, others, (0, 10))]
        assert len(set(ends)) == 1


@pytest.mark.parametrize("items", [0, 1])
def test_one_agency_or_nothing_open(tmp_path, items):
    shares = {"a": (1, 2, 3)} if items else SHARES
    _, ranges, decisive = materiality(case_of(tmp_path, shares, {("a", "1")} if items else set()))
    assert (ranges["best"] == ranges["worst"]).all() and (decisive.empty or items)
