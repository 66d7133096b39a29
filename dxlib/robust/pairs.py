"""Who stands above whom under every weighting of a set; score intervals; classes no weighting changes. Exact."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..case import Case
from ..index import evaluate
from ..index.classified import standing_classes
from ..index.rank import ranked_on
from .linear import Linear, box, by_list, knapsack, of_places, score_range

NEAR = 1e-9  # floats nearer to 0 than this are decided on the exact numbers
DECIMALS = 10


def smallest(c: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """min of c.w over low <= w <= high, sum 1, for many c at once: a fractional knapsack each.

    c          (M, D) coefficients
    low, high  (D,)

    Returns the minima (M,) and weightings that reach them (M, D). Raises ValueError where no weighting sums to 1.
    Source: Dantzig (1957), Operations Research 5; Salo & Punkka (2011), bounds over weight sets.
    """
    if low.sum() > 1 + NEAR or high.sum() < 1 - NEAR or (low > high).any():
        raise ValueError("no weighting between the given bounds sums to 1")
    order = np.argsort(c, axis=1, kind="stable")
    slack = (high - low)[order]
    spent = np.clip(1 - low.sum() - (np.cumsum(slack, axis=1) - slack), 0, slack)
    w = np.empty(c.shape)
    np.put_along_axis(w, order, low[order] + spent, axis=1)
    return (c * w).sum(axis=1), w


def bounds(weights: np.ndarray, half_width: float | None) -> tuple[np.ndarray, np.ndarray]:
    """The box +-half_width around weights (sum 1) as floats, or the simplex for None: (D,), (D,)."""
    if half_width is None:
        return np.zeros(len(weights)), np.ones(len(weights))
    if half_width < 0:
        raise ValueError(f"half_width is at least 0, not {half_width}")
    return np.maximum(weights * (1 - half_width), 0.0), weights * (1 + half_width)


def pair_margins(x: np.ndarray, weights: np.ndarray, half_width: float | None) -> np.ndarray:
    """Smallest lead of i over j that any weighting of the set gives.

    x           (N, D) shares
    weights     (D,) nominal, at least 0, sum 1
    half_width  relative half width of the box around them, at least 0; None: the whole simplex

    Returns (N, N): min over the set of (x_i - x_j) w, in index shares; 0 on the diagonal. Positive: i is above j
    whatever the weights. Exact up to float rounding. Raises ValueError for wrong weights.
    Source: Dantzig (1957); Dias & Climaco (2000), pairwise confrontation over a weight set.
    """
    if (weights < 0).any() or abs(weights.sum() - 1) > NEAR:
        raise ValueError("weights are at least 0 and sum to 1")
    low, high = bounds(weights, half_width)
    return np.array([smallest(row - x, low, high)[0] for row in x], float).reshape(len(x), len(x))


def leads(linear: Linear, rows: list[int], half_width: float | None) -> tuple[np.ndarray, np.ndarray]:
    """(margins, sign), both (n, n), of some rows of a linear index: `pair_margins` and their signs.

    Signs of margins near 0 are decided on the exact numbers. Scores are not cut off here.
    """
    low, high = box(linear.exact_weights, half_width)
    margins = pair_margins(linear.x[rows], linear.weights, half_width)
    sign = np.sign(margins)
    for i, j in np.argwhere(np.abs(margins) < NEAR).tolist():
        a, b = linear.exact_x[rows[i]], linear.exact_x[rows[j]]
        lead = knapsack([p - q for p, q in zip(a, b, strict=True)], low, high) if a != b else 0
        sign[i, j] = (lead > 0) - (lead < 0)
    return margins, sign


def certain(linear: Linear, rows: list[int], half_width: float | None, sign: np.ndarray) -> np.ndarray:
    """(n, n) whether i is above j under every weighting of the set, from the signs of `leads`.

    Where scores are cut off at 0 and 1, j must also stay below 1 and i above 0.
    """
    above: np.ndarray = sign > 0
    if linear.clamped and rows:
        low, high = box(linear.exact_weights, half_width)
        ends = [score_range(linear, i, low, high) for i in rows]
        above = above & np.array([end[1] < 1 for end in ends]) & np.array([[end[0] > 0] for end in ends])
    return above


def dominance(case: Case, half_width: float | None, on: str | None = None, level: str = "pillar") -> pd.DataFrame:
    """What every agency keeps under every weighting of the set, exactly.

    half_width   relative half width of the box around the nominal weights, 0 to 1; None: the whole simplex
    level        "pillar": the weights of the top rows; "indicator": those of all scored leaves

    Returns, list by list from the best down: agency, scope, rank (official), of, score (index share), low, high
    (its interval over the set, rounded to 10 decimals), class, best_class, worst_class (1 = highest; null without
    classes), certain (the class is the same under every weighting; null without classes), above, below (how many of
    the list are certainly above or below it). best_class, worst_class and certain are null, too, where quotas or
    conditions on shares decide classes: only draws follow those. Rank is null in a list of one. Empty where the index
    is not a plain weighted mean (see `linear`): only draws are available then. Raises Refusal.
    Source: Dias & Climaco (2000); the interval is a fractional knapsack, Dantzig (1957).
    """
    columns = "agency scope rank of score low high class best_class worst_class certain above below".split()
    exact = evaluate(case, on)
    lists, standing = by_list(case, exact, level), dict(zip(exact.agencies, standing_classes(case, exact), strict=True))
    box([], half_width)
    rows = []
    for lin, scope, members in lists:
        low, high = box(lin.exact_weights, half_width)
        above = certain(lin, members, half_width, leads(lin, members, half_width)[1])
        for place, i in enumerate(members):
            ends = score_range(lin, i, low, high)
            worst, best = (ranked_on(end, lin.own_maxima[i], case.settings) for end in ends)
            classes = standing[lin.agencies[i]].met(worst, best)
            official = lin.official.loc[i]
            scores = [round(float(x), DECIMALS) for x in (lin.scores[i], *ends)]
            own = official["class"], min(classes, default=None), max(classes, default=None)
            kept = len(classes) == 1 if classes else None
            others = int(above[:, place].sum()), int(above[place].sum())
            rows.append((lin.agencies[i], scope, official["rank"], official["of"], *scores, *own, kept, *others))
    whole = ["rank", "of", "class", "best_class", "worst_class", "above", "below"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(whole, "Int64") | {"certain": "boolean"})


def certain_pairs(case: Case, half_width: float | None, on: str | None = None, level: str = "pillar") -> pd.DataFrame:
    """The pairs whose order no weighting of the set changes.

    half_width, level   as for `dominance`

    Returns, list by list, the upper agency from the best down: scope, above, below, margin (smallest lead over the
    set, index share, rounded to 10 decimals). Empty where the index is not a plain weighted mean, or published points
    decide the ranks. Raises Refusal.
    Source: Dias & Climaco (2000); Greco, Mousseau & Slowinski (2008), necessary preference.
    """
    lists = of_places(case, evaluate(case, on), level)
    box([], half_width)
    rows = []
    for lin, scope, members in lists:
        margins, sign = leads(lin, members, half_width)
        for i, j in np.argwhere(certain(lin, members, half_width, sign)).tolist():
            margin = round(float(margins[i, j]), DECIMALS)
            rows.append((scope, lin.agencies[members[i]], lin.agencies[members[j]], margin))
    return pd.DataFrame(rows, columns=["scope", "above", "below", "margin"])


def robust_share(case: Case, half_width: float | None, on: str | None = None, level: str = "pillar") -> pd.DataFrame:
    """Ratio of robust dominance: the share of pairs whose order no weighting of the set changes.

    half_width, level   as for `dominance`

    Returns, per list: scope, of, pairs, certain (how many), rho (certain / pairs, rounded to 10 decimals; nan
    without pairs). Empty where the index is not a plain weighted mean, or published points decide the ranks. Raises
    Refusal.
    Source: Foster, McGillivray & Seth (2013), Econometric Reviews 32, robust comparisons; Dias & Climaco (2000).
    """
    lists = of_places(case, evaluate(case, on), level)
    box([], half_width)
    rows = []
    for lin, scope, members in lists:
        n = len(members)
        above = certain(lin, members, half_width, leads(lin, members, half_width)[1])
        pairs, sure = n * (n - 1) // 2, int(above.sum())
        rows.append((scope, n, pairs, sure, round(sure / pairs, DECIMALS) if pairs else float("nan")))
    return pd.DataFrame(rows, columns=["scope", "of", "pairs", "certain", "rho"])
