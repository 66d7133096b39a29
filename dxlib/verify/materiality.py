"""Which open or disputed differences could still change a rank or a class: exact ends, no simulation.

A claim without a verdict, or with an appeal that is not decided, may end anywhere between nothing and the row's
maximum: a verdict may raise, and an appeal may lower. Every way of combining shares rises with
each of them, so an agency's index lies between the value with all of its items at their lowest and the one with
all at their highest, and both ends can be met. Sources: interval comparison of scores as in Saisana, Saltelli &
Tarantola (2005), JRSS A 168, here with exact ends in place of draws; materiality in the sense of ISA 450.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import pandas as pd

from ..case import Case
from ..case.tables import rows_of
from ..index import INDEX, Exact
from ..index.exact import Column, behind_gates, climb, coverage
from ..index.table import deciding_shares
from ..rules import ONE, ZERO
from .points_ledger import Scores, row_maxima, scores, values_of
from .undecided import open_items

NAN = float("nan")
ALONE = 4000  # items whose effect is worked out one by one; the others are known by their agency's range


@dataclass(frozen=True)
class Item:
    """One open item that counts: its `kind` (see `open_items`), and the ends of its share (bonus, penalty: points)."""

    agency: int
    indicator: str
    kind: str
    now: Fraction
    low: Fraction
    high: Fraction


@dataclass(frozen=True)
class Open:
    """What is not settled in a case.

    now      the scores as they stand: verdicts where there are any, else claims
    waiting  all open items, from `open_items`
    items    those of them that count
    shaken   codes of rows scored against the group in which an item is open: there anybody's share may move
    endless  codes of rows whose share has no bounds, so that nothing can be said
    """

    now: Exact
    waiting: pd.DataFrame
    items: tuple[Item, ...]
    shaken: frozenset[str]
    endless: frozenset[str]


def unsettled(case: Case, scored: Scores | None = None) -> Open:
    """Every open item that counts, with its ends.

    scored   from `scores`; made here when not given

    Source: contract.md: a verdict may lower or raise; a row's final value comes from its last verdict alone.
    """
    scored = scored or scores(case)
    now, waiting = scored.current, open_items(case, scored)
    place = {agency: i for i, agency in enumerate(now.agencies)}
    items: list[Item] = []
    for agency, code, kind in rows_of(waiting[waiting["counts"]], "agency", "indicator", "kind"):
        share = values_of(now, code).shares[place[agency]] or ZERO
        ends = case.framework.nodes[code].rule.reach(case.framework.total)
        items.append(Item(place[agency], code, kind, share, *ends))
    moving = {item.indicator for item in items if item.low < item.high}
    rules = {code: case.framework.nodes[code].rule for code in moving}
    endless = {c for c, rule in rules.items() if not rule.bounded}
    shaken = {c for c, rule in rules.items() if rule.group}
    return Open(now, waiting, tuple(items), frozenset(shaken), frozenset(endless))


def with_shares(
    case: Case, now: Exact, changed: Iterable[tuple[int, str, Fraction]], shaken: dict[str, Fraction]
) -> Exact:
    """The scores with some leaves changed, climbed again.

    changed   (agency, code, share)
    shaken    code -> share of every agency that has one
    """
    columns, extra = {**now.columns, **now.ungated}, dict(now.extra)
    for code, share in shaken.items():
        columns[code] = replace(columns[code], shares=[share if s is not None else None for s in columns[code].shares])
    fresh: set[str] = set()
    for i, code, share in changed:
        if code in extra:
            if code not in fresh:
                extra[code] = replace(extra[code], shares=list(extra[code].shares))
            extra[code].shares[i] = share
        else:
            if code not in fresh:
                columns[code] = copied(columns[code])
            column = columns[code]
            column.shares[i], column.present[i], column.blocked[i] = share, ONE, False
            if case.framework.has_points:
                column.own_maxima[i] = case.framework.nodes[code].maximum or ZERO
        fresh.add(code)
    changed_now = replace(now, columns=columns, extra=extra, ungated={})
    return climb(behind_gates(changed_now, case.framework, case.settings), case.framework, case.settings)


def copied(column: Column) -> Column:
    return Column(
        list(column.shares), list(column.own_maxima), list(column.present), list(column.blocked), list(column.states)
    )


def deciding(case: Case, exact: Exact) -> list[Fraction | None]:
    """The index shares that decide ranks and classes."""
    return deciding_shares(exact.columns[INDEX], case.settings, INDEX in case.framework.rooted)


def rank_ranges(case: Case, still_open: Open) -> pd.DataFrame:
    """Where every ranked agency can still end, whatever becomes of the open and disputed items.

    still_open   from `unsettled`

    Returns, in the order of the ranking as it stands: agency, scope, rank, best, worst (places), of, points,
    low, high (index points now and at the ends), class, class_low, class_high (1 = the highest; nan without
    classes), items (unsettled ones of this agency), certain (neither rank nor class can change), tips (its own items
    can still change its class, or its order with another agency, perhaps at the other's cost only). Where a row is
    scored against the group, the ends are bounds that need not be met together. Empty when a row without bounds
    is open. Source: exact interval orders; see the module.
    """
    columns = ["agency", "scope", "rank", "best", "worst", "of", "points", "low", "high", "class", "class_low",
               "class_high", "items", "certain", "tips"]  # fmt: skip
    if still_open.endless:
        return pd.DataFrame(columns=columns)
    now = still_open.now
    ends = (
        [now, now]
        if not still_open.items
        else [
            with_shares(
                case,
                now,
                [(item.agency, item.indicator, getattr(item, end)) for item in still_open.items],
                dict.fromkeys(still_open.shaken, share),
            )
            for end, share in (("low", ZERO), ("high", ONE))
        ]
    )
    middle, low, high = (deciding(case, exact) for exact in (now, *ends))
    count = pd.Series([item.agency for item in still_open.items], dtype=object).value_counts()
    agencies, classes = case.tables["agencies"], case.settings.classes
    rows = []
    for scope, members in lists(case, now, middle).items():
        held = [known(shares, members) for shares in (middle, low, high)]
        for i, near, rank, best, worst in zip(members, touching(*held[1:]), *places(*held), strict=True):
            sure = len(classes.met(low[i], high[i])) < 2
            points = [index_points(case, exact, i) for exact in (now, *ends)]
            rows.append(
                (
                    *(agencies["agency"].iloc[i], scope, rank, best, worst, len(members), *points),
                    *(NAN if (place := classes.of(x[i])) is None else place for x in (middle, low, high)),
                    *(int(count.get(i, 0)), best == worst and sure),
                    low[i] != high[i] and (near or not sure),
                )
            )
    frame = pd.DataFrame(rows, columns=columns)
    return frame.sort_values(["scope", "rank", "agency"], kind="stable").reset_index(drop=True)


def lists(case: Case, now: Exact, shares: Sequence[Fraction | None]) -> dict[str, list[int]]:
    """scope -> the agencies that are ranked in it."""
    agencies = case.tables["agencies"]
    enough = coverage(case.framework, now) if case.settings.min_coverage else []
    found: dict[str, list[int]] = {}
    for i, (scope, ranked) in enumerate(zip(agencies["scope"], agencies["ranked"], strict=True)):
        covered = not enough or enough[i] >= case.settings.min_coverage
        if ranked != "no" and shares[i] is not None and covered:
            found.setdefault(scope, []).append(i)
    return found


def known(shares: Sequence[Fraction | None], members: Iterable[int]) -> list[Fraction]:
    """The shares of ranked agencies; those have one at every end."""
    return [share for i in members if (share := shares[i]) is not None]


def places(
    now: Sequence[Fraction], low: Sequence[Fraction], high: Sequence[Fraction]
) -> tuple[list[int], list[int], list[int]]:
    """(rank as it stands, best and worst place that can still be reached) of every member of a list.

    best = 1 + the number whose lowest end is above my highest; worst = 1 + the number of others whose highest end
    is above my lowest. Both are met when the ends of different agencies can be met together.
    """
    order, lows, highs = sorted(now), sorted(low), sorted(high)
    n = len(order)
    ranks = [1 + n - bisect_right(order, x) for x in now]
    best = [1 + n - bisect_right(lows, x) for x in high]
    worst = [n - bisect_right(highs, x) + (1 if h <= x else 0) for x, h in zip(low, high, strict=True)]
    return ranks, best, worst


def touching(low: Sequence[Fraction], high: Sequence[Fraction]) -> list[bool]:
    """Whether the range of each member of a list meets another's; at a common end the two may still tie."""
    lows, highs = sorted(low), sorted(high)
    return [bisect_right(lows, h) - bisect_left(highs, x) > 1 for x, h in zip(low, high, strict=True)]


def index_points(case: Case, exact: Exact, i: int) -> float:
    column = exact.columns[INDEX]
    share = column.shares[i]
    return NAN if share is None else float(share * column.own_maxima[i])


def decisive_items(case: Case, still_open: Open, ranges: pd.DataFrame) -> pd.DataFrame:
    """The items to settle: once they are, no rank and no class can change any more, however the others end.

    still_open, ranges   from `unsettled` and `rank_ranges`

    They are the unsettled items of every agency whose range touches another's or a class cut, and those of rows scored
    against the group where anybody's place is open: each of them could tip the order, and no other item can.

    Returns, the largest effect first: agency, indicator, kind (see `open_items`), now, low, high (points of the row),
    effect (index points between the ends when everything else stays as it is), best, worst (places it can reach
    alone), reclass (whether it alone can change the class). Of more than 4,000 items the rest keep nan in the last
    four. Source: see the module.
    """
    columns = ["agency", "indicator", "kind", "now", "low", "high", "effect", "best", "worst", "reclass"]
    tips = set(ranges.loc[ranges["tips"].astype(bool), "agency"])
    uncertain = not ranges["certain"].all()
    agencies = still_open.now.agencies
    maxima = row_maxima(case)
    chosen = [
        item
        for item in still_open.items
        if item.low < item.high
        and (agencies[item.agency] in tips or (uncertain and item.indicator in still_open.shaken))
    ]
    chosen.sort(key=lambda item: (item.low - item.high) * maxima.get(item.indicator, ONE))
    alone = effects_alone(case, still_open, chosen[:ALONE])
    rows = []
    for k, item in enumerate(chosen):
        worth = maxima.get(item.indicator, ONE)
        points = [float(x * worth) for x in (item.now, item.low, item.high)]
        found = alone[k] if k < len(alone) else (NAN, NAN, NAN, NAN)
        rows.append((agencies[item.agency], item.indicator, item.kind, *points, *found))
    frame = pd.DataFrame(rows, columns=columns)
    frame = frame.sort_values(["effect", "agency", "indicator"], ascending=[False, True, True], kind="stable")
    return frame.reset_index(drop=True)


def effects_alone(case: Case, still_open: Open, items: Sequence[Item]) -> list[tuple[float, float, float, float]]:
    """(index points between the ends, best and worst place, class changes) of each item when all else stays.

    Every item gets two copies of its agency, one at each end; all copies climb the tree together.
    """
    if not items:
        return []
    now = still_open.now
    doubles = [item.agency for item in items for _ in range(2)]
    columns, ungated = (
        {code: Column(*([part[i] for i in doubles] for part in parts(column))) for code, column in some.items()}
        for some in (now.columns, now.ungated)
    )
    extra = {code: replace(leaf, shares=[leaf.shares[i] for i in doubles], states=[leaf.states[i] for i in doubles])
             for code, leaf in now.extra.items()}  # fmt: skip
    copies = Exact(now.on, [now.agencies[i] for i in doubles], columns, extra, [now.lists[i] for i in doubles], ungated)
    changed = [(2 * k + e, item.indicator, (item.low, item.high)[e]) for k, item in enumerate(items) for e in (0, 1)]
    moved = with_shares(case, copies, changed, {})
    ends, standing = deciding(case, moved), deciding(case, now)
    scope_of = case.tables["agencies"]["scope"].tolist()
    members = lists(case, now, standing)
    orders = {scope: sorted(known(standing, group)) for scope, group in members.items()}
    listed = {i for group in members.values() for i in group}
    out = []
    for k, item in enumerate(items):
        low, high = ends[2 * k], ends[2 * k + 1]
        own = standing[item.agency]
        if low is None or high is None or own is None or item.agency not in listed:
            out.append((NAN, NAN, NAN, NAN))
            continue
        order = orders[scope_of[item.agency]]
        best, worst = (1 + len(order) - bisect_right(order, x) - (own > x) for x in (high, low))
        classes = case.settings.classes.met(min(low, own, high), max(low, own, high))
        effect = index_points(case, moved, 2 * k + 1) - index_points(case, moved, 2 * k)
        out.append((effect, best, worst, float(len(classes) > 1)))
    return out


def parts(column: Column) -> tuple[list, ...]:
    return column.shares, column.own_maxima, column.present, column.blocked, column.states
