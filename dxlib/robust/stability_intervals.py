"""How far may one weight move, the others keeping their proportions, before anything changes? Exact fractions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

import pandas as pd

from ..case import Case
from ..case.classes import Classes
from ..case.settings import Settings
from ..index import evaluate
from ..index.classified import standing_classes
from ..rules import ONE, ZERO
from .linear import Linear, by_list, deciding_cut

Line = tuple[Fraction, Fraction]  # (value at t = 0, slope): a score as a function of the weight t
DECIMALS = 10


def lines(x: list[list[Fraction]], weights: list[Fraction], k: int) -> list[Line]:
    """Every agency's score as weight k moves to t and the others share 1 - t in their nominal proportions.

    x        N rows of D shares; weights D, sum 1, weights[k] < 1

    Returns N pairs (q, x_k - q): score(t) = q + (x_k - q) t, q the weighted mean of the other rows. Raises ValueError
    where the weight is 1: the others then have no proportions. Source: Mareschal (1988), EJOR 33.
    """
    if weights[k] == 1:
        raise ValueError("a weight of 1 leaves no others to take its place")
    rest = 1 - weights[k]
    q = [sum((w * v for m, (w, v) in enumerate(zip(weights, row, strict=True)) if m != k), ZERO) / rest for row in x]
    return [(mean, row[k] - mean) for mean, row in zip(q, x, strict=True)]


def kept(conditions: Iterable[Line]) -> tuple[Fraction, Fraction]:
    """The interval [low, high] of [0, 1] on which a + b t >= 0 for every condition (a, b).

    Every condition holds at the nominal weight, so the interval contains it.
    Source: Triantaphyllou & Sanchez (1997), Decision Sciences 28 (the nearest crossing on each side).
    """
    low, high = ZERO, ONE
    for a, b in conditions:
        if b > 0:
            low = max(low, -a / b)
        elif b < 0:
            high = min(high, -a / b)
    return low, high


def order_kept(upper: Line, lower: Line, now: Fraction, clamped: bool) -> list[Line]:
    """Conditions under which the upper of two agencies stays above the lower one, or tied with it if it is now.

    clamped   scores are cut off at 0 and 1: the lower one must not reach 1, nor the upper one 0
    """
    gap = (upper[0] - lower[0], upper[1] - lower[1])
    if gap[0] + gap[1] * now == 0:
        return [gap, (-gap[0], -gap[1])]
    return [gap, (1 - lower[0], -lower[1]), upper] if clamped else [gap]


def class_kept(score: Line, now: Fraction, cuts: list[tuple[Fraction, bool]]) -> list[Line]:
    """Conditions under which a score stays between the cuts it lies between now.

    cuts   (share, whether a score on it is in the class above), the highest first
    """
    value = score[0] + score[1] * now
    conditions = []
    for cut, included in cuts:
        side = 1 if value > cut or (included and value == cut) else -1
        conditions.append((side * (score[0] - cut), side * score[1]))
    return conditions


def stability(case: Case, on: str | None = None, level: str = "pillar") -> pd.DataFrame:
    """The interval of each weight, the others keeping their proportions, on which ranks and classes stay.

    level   "pillar": the weights of the top rows; "indicator": those of all scored leaves

    Returns, list by list and row by row: scope, node, weight (nominal, of 1), what, agency, next, low, high (weights
    of 1, rounded to 10 decimals; at an end that is not 0 or 1 two agencies tie, or a score lies on a cut). what is
    "order" (the whole list), "top" (who leads), "pair" (agency stays above its neighbour next, from the best down)
    or "class" (agency keeps its class); agency and next are "" where they do not apply. A tie that only this weighting
    gives has low = high = weight. low and high are nan for a row of weight 1. Classes are those of the published
    points where these decide, and then there is only "class", as in a list of one; no classes, none, nor where quotas
    or conditions on shares decide classes.
    Empty where the index is not a plain weighted mean (see `linear`). Raises Refusal.
    Source: Mareschal (1988), EJOR 33; Triantaphyllou & Sanchez (1997), Decision Sciences 28.
    """
    exact = evaluate(case, on)
    lists, known = by_list(case, exact, level), dict(zip(exact.agencies, standing_classes(case, exact), strict=True))
    rows = []
    for lin, scope, members in lists:
        standing = [known[agency] for agency in lin.agencies]
        for k, code in enumerate(lin.codes):
            for what, agency, other, ends in intervals(lin, members, k, case.settings, standing):
                low, high = (float("nan"),) * 2 if ends is None else (round(float(end), DECIMALS) for end in ends)
                rows.append((scope, code, round(float(lin.weights[k]), DECIMALS), what, agency, other, low, high))
    return pd.DataFrame(rows, columns=["scope", "node", "weight", "what", "agency", "next", "low", "high"])


Interval = tuple[str, str, str, tuple[Fraction, Fraction] | None]


def intervals(
    lin: Linear, members: list[int], k: int, settings: Settings, standing: Sequence[Classes] = ()
) -> list[Interval]:
    """(what, agency, next, (low, high)) of one list, best first, for weight k; None for a weight of 1.

    standing   the classes as they stand for every agency (`index.classified.standing_classes`); nothing: by the cuts

    Only neighbours are compared for the whole order: the first change is always between neighbours.
    """
    now, n = lin.exact_weights[k], len(members)
    names = [lin.agencies[i] for i in members]
    score = None if now == 1 else lines([lin.exact_x[i] for i in members], lin.exact_weights, k)

    def interval(conditions: Iterable[Line]) -> tuple[Fraction, Fraction] | None:
        return kept(conditions) if score else None

    def pair(i: int, j: int) -> list[Line]:
        return order_kept(score[i], score[j], now, lin.clamped) if score else []

    out: list[Interval] = []
    if n > 1 and settings.rank_on == "exact":
        leaders = [i for i in range(n) if lin.scores[members[i]] == lin.scores[members[0]]]
        out.append(("order", "", "", interval(c for i in range(n - 1) for c in pair(i, i + 1))))
        out.append(("top", names[0], "", interval(c for i in leaders for j in range(i + 1, n) for c in pair(i, j))))
        out += [("pair", names[i], names[i + 1], interval(pair(i, i + 1))) for i in range(n - 1)]
    for i, member in enumerate(members):
        if classes := standing[member] if standing else settings.classes:
            cuts = [(deciding_cut(b, lin.own_maxima[member], settings), b.includes_cut) for b in classes.edges]
            out.append(("class", names[i], "", interval(class_kept(score[i], now, cuts) if score else [])))
    return out
