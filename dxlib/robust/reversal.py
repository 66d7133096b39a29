"""The smallest change that moves a place: of the weights, or of the points of a single row. Exact."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pandas as pd

from ..case import Case
from ..index import INDEX, Exact, evaluate, tabulate
from ..index.aggregate import total
from ..index.exact import CLOSED
from ..index.rank import ranked_on
from ..rules import ONE, ZERO
from .linear import Linear, deciding_cut, dot, of_places

Weights = list[Fraction]
DECIMALS = 10


def nearest_l1(delta: Sequence[Fraction], weights: Sequence[Fraction]) -> tuple[Fraction, Weights] | None:
    """min sum |w' - w| with delta.w' <= 0, w' >= 0, sum 1.

    delta    (D,) x_i - x_j; delta.w >= 0 is the lead of i over j
    weights  (D,) sum 1

    Returns (distance, w'), or None where no weighting reverses the pair. Exact: weight moves to the row with the
    smallest delta, from the row with the largest first. Source: Triantaphyllou & Sanchez (1997) ask for it one
    weight at a time; over all weights it is this linear programme.
    """
    lead, found = dot(delta, weights), list(weights)
    to = min(range(len(delta)), key=lambda k: delta[k])
    if lead > 0 and delta[to] > 0:
        return None
    moved = ZERO
    for k in sorted(range(len(delta)), key=lambda k: -delta[k]):
        if lead <= 0:
            break
        step = min(found[k], lead / (delta[k] - delta[to])) if delta[k] > delta[to] else ZERO
        found[k], found[to], moved = found[k] - step, found[to] + step, moved + step
        lead -= step * (delta[k] - delta[to])
    return 2 * moved, found


def nearest_box(
    delta: Sequence[Fraction], weights: Sequence[Fraction], radius: Sequence[Fraction]
) -> tuple[Fraction, Weights] | None:
    """Smallest t such that max(0, w - t radius) <= w' <= w + t radius, sum 1, holds a w' with delta.w' <= 0.

    radius   (D,): ones give the largest change of any weight (Chebyshev distance), the weights themselves give the
             smallest relative half width of a box that contains a reversal

    Returns (t, w'), or None where no t does. The smallest lead of the box is a convex, falling, piecewise linear
    function of t; Newton's steps from the left, on exact numbers with one-sided slopes, end at its zero.
    Source: Dinkelbach (1967), Management Science 13, for the steps; Dantzig (1957) for the lead of a box.
    """
    t = ZERO
    while True:
        found, slope = lowest(delta, weights, radius, t)
        lead, fall = dot(delta, found), dot(delta, slope)
        if lead <= 0:
            return t, found
        if fall >= 0:
            return None
        t -= lead / fall


def lowest(
    delta: Sequence[Fraction], weights: Sequence[Fraction], radius: Sequence[Fraction], t: Fraction
) -> tuple[Weights, Weights]:
    """(w', dw'/dt to the right) of the weighting with the smallest delta.w' in the box of size t.

    A fractional knapsack on numbers (value, slope), compared by value first: exact at the kinks too.
    """
    low = [max((w - t * r, -r), (ZERO, ZERO)) for w, r in zip(weights, radius, strict=True)]
    high = [(w + t * r, r) for w, r in zip(weights, radius, strict=True)]
    left = (1 - total([a for a, _ in low]), -total([b for _, b in low]))
    found = list(low)
    for k in sorted(range(len(delta)), key=lambda k: delta[k]):
        step = min(left, (high[k][0] - low[k][0], high[k][1] - low[k][1]))
        found[k] = (low[k][0] + step[0], low[k][1] + step[1])
        left = (left[0] - step[0], left[1] - step[1])
    return [a for a, _ in found], [b for _, b in found]


def onto_simplex(y: np.ndarray) -> np.ndarray:
    """The nearest point to y (D,) with coordinates at least 0 and sum 1.

    Source: Held, Wolfe & Crowder (1974), Mathematical Programming 6, the projection by sorting.
    """
    ordered = np.sort(y)[::-1]
    over = (np.cumsum(ordered) - 1) / np.arange(1, len(y) + 1)
    result: np.ndarray = np.maximum(y - over[np.flatnonzero(ordered > over)[-1]], 0.0)
    return result


def nearest_l2(delta: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray] | None:
    """min of the Euclidean distance |w' - w| with delta.w' <= 0, w' >= 0, sum 1, in floats.

    delta    (D,) x_i - x_j; weights (D,) at least 0, sum 1

    Returns (distance, w'), or None where no weighting reverses the pair. Where no weight reaches 0 the distance is
    m0/|g|, g = delta - mean(delta), m0 = delta.w; that formula is wrong elsewhere, so the multiplier m of
    w'(m) = projection of w - m delta onto the simplex is bisected down to the last bit. Error below 1e-9.
    Source: Boyd & Vandenberghe (2004), section 8.1 (projection by its optimality conditions).
    """
    if delta @ weights <= 0:
        return 0.0, weights
    if delta.min() > 0:
        return None
    below, above = 0.0, 1.0
    while delta @ onto_simplex(weights - above * delta) > 0 and above < 1e18:
        below, above = above, 2 * above
    for _ in range(200):
        middle = (below + above) / 2
        if delta @ onto_simplex(weights - middle * delta) > 0:
            below = middle
        else:
            above = middle
    found = onto_simplex(weights - above * delta)
    return float(np.linalg.norm(found - weights)), found


def reversals(case: Case, on: str | None = None, level: str = "pillar") -> pd.DataFrame:
    """The smallest change of the weights that puts neighbours level, for every pair of neighbours.

    level   "pillar": the weights of the top rows; "indicator": those of all scored leaves

    Returns, scope by scope, the most fragile neighbours first: scope, agency, next (its neighbour below), rank
    (official, of agency), gap (lead in index shares), relative (smallest half width of a box around the weights that
    contains a reversal; 0.2 = 20 %), l1 (sum of all changes), linf (largest change of any weight), l2 (Euclidean),
    give, take (the rows that lose and gain most weight in the change of l1); weights of 1, all rounded to 10 decimals.
    A reversal begins with a tie. Neighbours that tie have 0 and no rows; nan and no rows where no weighting puts
    them level. Empty where the index is not a plain weighted mean (see `linear`), or published points decide the ranks.
    Raises Refusal.
    Source: Triantaphyllou & Sanchez (1997), Decision Sciences 28, most critical criterion, over all weights at once.
    """
    lists = of_places(case, evaluate(case, on), level)
    rows = []
    for lin, scope, members in lists:
        for i, j in pairwise(members):
            changes, give, take = smallest_changes(lin, i, j)
            gap = round(float(lin.scores[i] - lin.scores[j]), DECIMALS)
            rank = lin.official.loc[i, "rank"]
            rows.append((scope, lin.agencies[i], lin.agencies[j], rank, gap, *changes, give, take))
    columns = "scope agency next rank gap relative l1 linf l2 give take".split()
    table = pd.DataFrame(rows, columns=columns).astype({"rank": "Int64"})
    return table.sort_values(["scope", "relative", "rank"], kind="stable", ignore_index=True)


def smallest_changes(lin: Linear, i: int, j: int) -> tuple[list[float], str, str]:
    """([relative, l1, linf, l2], give, take) for one pair, i not below j.

    Where scores are cut off at 0 and 1 the pair is also level once the lower one reaches 1 or the upper one 0; the
    smallest of the three changes counts.
    """
    upper, lower, w = lin.exact_x[i], lin.exact_x[j], lin.exact_weights
    ways = [[a - b for a, b in zip(upper, lower, strict=True)]]
    if lin.clamped and dot(ways[0], w) > 0:
        ways += [[1 - b for b in lower], upper]
    ones = [ONE] * len(w)
    floats = [np.array([float(d) for d in way]) for way in ways]
    relative = [f[0] for f in (nearest_box(way, w, w) for way in ways) if f]
    largest = [f[0] for f in (nearest_box(way, w, ones) for way in ways) if f]
    straight = [f[0] for f in (nearest_l2(way, lin.weights) for way in floats) if f]
    sums = [f for f in (nearest_l1(way, w) for way in ways) if f]
    if not sums:
        return [float("nan")] * 4, "", ""
    total_, nearest = min(sums, key=lambda f: f[0])
    shift = [after - before for after, before in zip(nearest, w, strict=True)]
    give, take = (lin.codes[shift.index(f(shift))] if total_ else "" for f in (min, max))
    changes = [min(relative, default=None), total_, min(largest), min(straight)]
    return [float("nan") if c is None else round(float(c), DECIMALS) for c in changes], give, take


def effective_weights(case: Case, exact: Exact) -> dict[str, list[Fraction | None]]:
    """What a full share of every scored leaf is worth in the index, agency by agency.

    Returns, by code, (N,): the leaf's share of the index after rows that do not apply have handed their weight on;
    None where the row counts nothing for the agency, or stands under another aggregation than the arithmetic mean.
    Source: OECD/JRC Handbook (2008), ch. 6: the derivative of a linear aggregation.
    """
    framework, n = case.framework, len(exact.agencies)
    out: dict[str, list[Fraction | None]] = {leaf.code: [None] * n for leaf in framework.leaves if leaf.scored}

    def distribute(aggregate: str, codes: tuple[str, ...], i: int, share: Fraction) -> None:
        if aggregate != "arithmetic":
            return
        nodes = framework.siblings(codes)
        held = [n.weight * p if s is not None else ZERO for n in nodes for s, p in [part(n.code, i)]]
        whole = total(held)
        for node, weight in zip(nodes, held, strict=True):
            if not weight:
                continue
            if node.children:
                distribute(node.aggregate, node.children, i, share * weight / whole)
            else:
                out[node.code][i] = share * weight / whole

    def part(code: str, i: int) -> tuple[Fraction | None, Fraction]:
        return exact.columns[code].shares[i], exact.columns[code].present[i]

    for i in range(n):
        distribute(framework.aggregate, framework.tops, i, ONE)
    return out


def smallest_points(case: Case, on: str | None = None) -> pd.DataFrame:
    """The smallest change in the points of a single row that moves an agency's place or class.

    Returns, list by list from the best down and for each agency up to four rows: agency, scope, rank, move ("up" and
    "down" a place; "class-up", "class-down"), to (the agency that is reached; "" for a class), gap (index share to
    the agency above or below, or to the cut), points (change of the row, in its own points; rounded to 10 decimals),
    node (the first row, in tree order, for which so few points are enough), nodes (how many rows have room for the
    move at all), beyond (more than these points are needed: a tie does not yet move a place down, nor does a score on
    the cut). points is nan and node "" where no single row has the room. A row has room up to its own maximum and
    down to 0. The other agencies stay as they are. Moves that do not exist (up from the first place, beyond the last
    class) are left out, as are agencies in no list; there are no places in a list of one, nor where published points
    decide the ranks.
    Empty where rounding happens at every level or the index is no arithmetic mean. Raises Refusal.
    Source: Triantaphyllou & Sanchez (1997), Decision Sciences 28, critical performance measures.
    """
    columns = "agency scope rank move to gap points node nodes beyond".split()
    whole = {"rank": "Int64", "nodes": "Int64", "beyond": bool}
    if case.settings.rounding == "every-level" or case.framework.aggregate != "arithmetic":
        return pd.DataFrame(columns=columns).astype(whole)
    exact = evaluate(case, on)
    table = tabulate(case, exact, [INDEX])
    effective, rows = effective_weights(case, exact), []
    listed = table[table["of"].notna()]
    scores = [s if s is not None else ZERO for s in exact.columns[INDEX].shares]
    for scope, group in listed.groupby("scope", sort=False):
        members = sorted(group.index.tolist(), key=lambda i: -scores[i])
        for i in members:
            others = [(scores[j], exact.agencies[j]) for j in members if j != i]
            start = before_the_ends(case, exact, i)
            for move, to, target, beyond in targets(case, exact, i, others):
                if move in ("up", "down") and case.settings.rank_on == "published":
                    continue  # places are those of rounded points
                cost = cheapest(exact, effective, i, target - start, beyond)
                gap = round(float(abs(target - start)), DECIMALS)
                rows.append((exact.agencies[i], scope, group.loc[i, "rank"], move, to, gap, *cost, beyond))
    return pd.DataFrame(rows, columns=columns).astype(whole)


def before_the_ends(case: Case, exact: Exact, i: int) -> Fraction:
    """One agency's index share with its bonus and penalty points, not yet cut off at 0 and 1."""
    index = exact.columns[INDEX]
    share = index.shares[i] or ZERO
    if not exact.extra or ZERO < share < ONE:
        return share
    parts = [(node.weight, exact.columns[node.code]) for node in case.framework.siblings(case.framework.tops)]
    held = [(w * column.present[i], column.shares[i]) for w, column in parts]
    pairs = [(w, s) for w, s in held if s is not None]
    points = total([p for p in (leaf.shares[i] for leaf in exact.extra.values()) if p is not None])
    added = points / index.own_maxima[i]
    return dot([w for w, _ in pairs], [s for _, s in pairs]) / total([w for w, _ in pairs]) + added


def targets(
    case: Case, exact: Exact, i: int, others: list[tuple[Fraction, str]]
) -> list[tuple[str, str, Fraction, bool]]:
    """(move, to, index share to reach, whether it must be passed) of the moves open to one agency.

    others   (index share, agency) of the rest of its list, from the best down
    """
    settings, index = case.settings, exact.columns[INDEX]
    now, own_maximum = index.shares[i] or ZERO, index.own_maxima[i]
    found = []
    above = min((s for s, _ in others if s > now), default=None)
    below = max((s for s, _ in others if s <= now), default=None)
    for move, share in (("up", above), ("down", below)):
        if share is not None:
            found.append((move, next(name for s, name in others if s == share), share, move == "down"))
    decides = ranked_on(now, own_maximum, settings)
    own = settings.classes.of(decides)
    if decides is None or own is None:
        return found
    for edge, beyond in settings.classes.borders(decides):
        cut = deciding_cut(edge, own_maximum, settings)
        stays = settings.classes.of(ranked_on(cut, own_maximum, settings)) == own
        found.append(("class-up" if beyond < own else "class-down", "", cut, stays))
    return found


def cheapest(
    exact: Exact, effective: dict[str, list[Fraction | None]], i: int, gap: Fraction, beyond: bool
) -> tuple[float, str, int]:
    """(points, node, rows with room) of the single row that changes the index share by `gap` for the fewest points."""
    ways = []
    for code, weights in effective.items():
        column, weight = exact.columns[code], weights[i]
        share = column.shares[i]
        if not weight or share is None or column.states[i] in ("not-applicable", CLOSED):
            continue
        after = share + gap / weight
        if (ZERO < after < ONE) or (after in (ZERO, ONE) and not beyond):
            ways.append((abs(gap / weight) * column.own_maxima[i], code))
    if not ways:
        return float("nan"), "", 0
    points, node = min(ways, key=lambda way: way[0])
    return round(float(points), DECIMALS), node, len(ways)
