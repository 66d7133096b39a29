"""Do self scores and verified scores agree? Not only in order: a constant inflation must lower the answer.

Naked functions on arrays, then one table. Differences are always claimed - verified: above 0 is over-scoring.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from .. import confidence

FEW = 5  # below this many agencies no interval and no p-value: with four, the smallest p is 1/16
EXACT = 120  # nonzero differences up to which the signed-rank test counts; above, the normal approximation
GRADES = 6  # a row with more possible values than this is a measure, not a grade
PLACES = 9  # decimals to which two scores are the same score
CELLS = 2_000_000  # numbers held at once by the bootstrap
NAN = float("nan")
COLUMNS = (
    "indicator n bias bias_low bias_high limit_low limit_high icc icc_low icc_high "
    "concordance p_inflation kappa agreement ac1"
).split()


class BlandAltman(NamedTuple):
    """Bias, spread and limits of x - y in the units of x."""

    n: int
    bias: float
    sd: float
    low: float
    high: float


class SignedRank(NamedTuple):
    """n nonzero differences, the sum of the ranks of the positive ones, one-sided p (None: too few), exact or not."""

    n: int
    positive: float
    p: float | None
    exact: bool


def ratio(top: np.ndarray, bottom: np.ndarray, size: np.ndarray) -> np.ndarray:
    """top / bottom; nan where bottom is not above what rounding leaves.  size: of the numbers squared in it"""
    sound = bottom > (1e-12 * size) ** 2
    return np.where(sound, top / np.where(sound, bottom, 1.0), NAN)


def icc(table: ArrayLike) -> np.ndarray:
    """ICC(2,1), absolute agreement of single scores, of many (..., n, k) tables at once: n subjects, k raters, no nan.

    The one to quote: a constant inflation lowers it. Returns (...); negative estimates stay as they are. nan where the
    denominator is not above 0 (all values equal) and for fewer than two subjects.

    Source: Shrout & Fleiss (1979), Psychological Bulletin 86, ICC(2,1); McGraw & Wong (1996), Psychological Methods 1,
    table 4, ICC(A,1).
    """
    table = np.asarray(table, dtype=float)
    n, k = table.shape[-2:]
    if n < 2:
        return np.full(table.shape[:-2], NAN)
    rows, columns = table.mean(-1, keepdims=True), table.mean(-2, keepdims=True)
    grand = rows.mean(-2, keepdims=True)
    between_rows = k * ((rows - grand) ** 2).sum((-2, -1)) / (n - 1)
    between_columns = n * ((columns - grand) ** 2).sum((-2, -1)) / (k - 1)
    residual = ((table - rows - columns + grand) ** 2).sum((-2, -1)) / ((n - 1) * (k - 1))
    whole = between_rows + (k - 1) * residual + k * (between_columns - residual) / n
    return ratio(between_rows - residual, whole, np.abs(table).max((-2, -1)))


def concordance(x: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Lin's concordance of pairs, from moments with 1/n; x and y (n,) or many samples at once (..., n).

    Returns (...): Pearson's correlation times the bias factor. nan below two pairs and where all values are equal.

    Source: Lin (1989), Biometrics 45, section 2.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.shape[-1] < 2:
        return np.full(x.shape[:-1], NAN)
    mx, my = x.mean(-1, keepdims=True), y.mean(-1, keepdims=True)
    together = ((x - mx) * (y - my)).mean(-1)
    vx, vy = ((x - mx) ** 2).mean(-1), ((y - my) ** 2).mean(-1)
    apart = vx + vy + ((mx - my) ** 2)[..., 0]
    return ratio(2 * together, apart, np.maximum(np.abs(x).max(-1), np.abs(y).max(-1)))


def bland_altman(x: ArrayLike, y: ArrayLike) -> BlandAltman:
    """Bias and limits of x - y, pairs (n,), in the units of x.

    The limits are bias -/+ z SD (n - 1), z to two decimals (1.96 at 95 %). nan: everything without pairs, all but the
    bias with one.

    Source: Bland & Altman (1986), Lancet i:307-310, limits of agreement.
    """
    d = np.asarray(x, dtype=float) - np.asarray(y, dtype=float)
    n = len(d)
    bias = float(d.mean()) if n else NAN
    if n < 2:
        return BlandAltman(n, bias, NAN, NAN, NAN)
    sd, z = float(d.std(ddof=1)), round(confidence.normal(), 2)
    return BlandAltman(n, bias, sd, bias - z * sd, bias + z * sd)


def signed_rank(d: ArrayLike) -> SignedRank:
    """Are the differences systematically above 0? One-sided Wilcoxon test of the differences (n,), no nan.

    Zeros are ranked with the others and then set aside (Pratt). Differences are compared to 9 decimals; equal
    ones share their mean rank. Up to 120 nonzero differences p counts every assignment of signs to these very
    ranks, ties included; above that it is the normal approximation with their variance, without correction for
    continuity. p is None below five nonzero differences, where no result could be significant.

    Source: Wilcoxon (1945), Biometrics Bulletin 1; Pratt (1959), JASA 54 (zeros).
    """
    d = np.round(np.asarray(d, dtype=float), PLACES)
    if not np.isfinite(d).all():
        raise ValueError("signed_rank takes differences without holes")
    _, place, count = np.unique(np.abs(d), return_inverse=True, return_counts=True)
    doubled = (2 * np.cumsum(count) - count + 1)[place]  # twice the mean rank: whole numbers
    ranks, positive = doubled[d != 0], int(doubled[d > 0].sum())
    n = len(ranks)
    if n < FEW:
        return SignedRank(n, positive / 2, None, True)
    if n <= EXACT:
        return SignedRank(n, positive / 2, chance_of_at_least(positive, ranks), True)
    z = (positive - ranks.sum() / 2) / (math.sqrt(np.square(ranks, dtype=float).sum()) / 2)
    return SignedRank(n, positive / 2, math.erfc(z / math.sqrt(2)) / 2, False)


def chance_of_at_least(w: int, ranks: np.ndarray) -> float:
    """P(the ranks under a fair coin each sum to w or more); symmetric, so the shorter tail is counted."""
    rest = int(ranks.sum()) - w
    return chance_of_at_most(rest, ranks) if rest < w else 1 - chance_of_at_most(w - 1, ranks)


def chance_of_at_most(w: int, ranks: np.ndarray) -> float:
    """P(sum <= w), one coin after the other (the generating function of the sum, cut off at w)."""
    chance = np.zeros(w + 1)
    chance[:1] = 1.0
    for rank in ranks.tolist():
        chance /= 2
        if rank <= w:
            chance[rank:] += chance[:-rank].copy()
    return float(chance.sum())


def full_list(grades: Sequence[float], *scores: ArrayLike) -> list[float]:
    """The possible grades, ascending, and any other value that was given (a verdict may fix points by hand)."""
    given = np.concatenate([np.asarray(grades, dtype=float), *(np.asarray(s, dtype=float) for s in scores)])
    return sorted(set(np.round(given, PLACES).tolist()))


def on_the_list(scores: ArrayLike, grades: Sequence[float]) -> np.ndarray:
    """(n,) position of each score in the list of grades; ValueError where one is not there."""
    place = {value: i for i, value in enumerate(np.round(np.asarray(grades, dtype=float), PLACES).tolist())}
    found = [place.get(value, -1) for value in np.round(np.asarray(scores, dtype=float), PLACES).tolist()]
    if len(place) != len(grades) or -1 in found:
        raise ValueError("every score must be one of the grades, each grade listed once")
    return np.array(found, dtype=int)


def weighted_kappa(a: ArrayLike, b: ArrayLike, grades: Sequence[float]) -> float | None:
    """Agreement on graded items beyond chance, an error counting by the distance between the values of the grades.

    a, b (n,) grades given by two raters; `grades` the full list in order, used or not. None without items, or where
    both raters gave one and the same grade throughout. ValueError for a score off the list.

    Source: Cohen (1968), Psychological Bulletin 70 (weighted kappa, disagreement weights).
    """
    i, j = on_the_list(a, grades), on_the_list(b, grades)
    if not len(i):
        return None
    scale = np.asarray(grades, dtype=float)
    distance = np.abs(scale[:, None] - scale[None, :])
    of_a, of_b = (np.bincount(p, minlength=len(grades)) / len(p) for p in (i, j))
    expected = float(of_a @ distance @ of_b)
    return 1 - float(distance[i, j].mean()) / expected if expected else None


def gwet_ac1(a: ArrayLike, b: ArrayLike, grades: Sequence[float]) -> float | None:
    """Agreement beyond chance that stays defined when nearly everyone has the same grade; a, b (n,), the full list.

    None without items or with fewer than two possible grades. ValueError for a score off the list.

    Source: Gwet (2008), British Journal of Mathematical and Statistical Psychology 61 (the AC1 coefficient).
    """
    i, j = on_the_list(a, grades), on_the_list(b, grades)
    if not len(i) or len(grades) < 2:
        return None
    used = (np.bincount(i, minlength=len(grades)) + np.bincount(j, minlength=len(grades))) / (2 * len(i))
    expected = float((used * (1 - used)).sum()) / (len(grades) - 1)
    return (float((i == j).mean()) - expected) / (1 - expected)


def observed_agreement(a: ArrayLike, b: ArrayLike) -> float:
    """Share of pairs (n,) with the same score to 9 decimals; nan without pairs.

    Source: the p_o of Cohen (1960), Educational and Psychological Measurement 20.
    """
    same = np.round(np.asarray(a, dtype=float), PLACES) == np.round(np.asarray(b, dtype=float), PLACES)
    return float(same.mean()) if same.size else NAN


def bootstrap(
    statistic: Callable[[np.ndarray], np.ndarray], values: ArrayLike, draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Percentile interval of a statistic when whole agencies are drawn again with replacement.

    values     (n, ...), one row an agency: cells of one agency are not independent, agencies are
    statistic  takes (draws, n, ...) and returns (draws,) or (draws, m), nan where undefined

    Returns (2,) or (2, m): low and high. Draws in which the statistic is undefined are left out. nan where
    it is undefined in all, and for fewer than five agencies. ValueError for draws < 1.
    The draws are taken in blocks; the numbers do not depend on the size of a block.

    Source: Efron & Tibshirani (1993), An Introduction to the Bootstrap, chapter 13 (percentile interval).
    """
    values, level = np.asarray(values, dtype=float), confidence.level()
    if draws < 1:
        raise ValueError("the bootstrap needs at least one draw")
    n = len(values)
    if n < FEW:
        return np.full((2, *statistic(values[None]).shape[1:]), NAN)
    step = max(1, CELLS // values.size)
    parts = []
    for start in range(0, draws, step):
        parts.append(statistic(values[rng.integers(n, size=(min(step, draws - start), n))]))
    found = np.concatenate(parts)
    undefined = np.isnan(found).all(axis=0)
    ends = np.nanquantile(np.where(undefined, 0.0, found), [(1 - level) / 2, (1 + level) / 2], axis=0)
    return np.where(undefined, NAN, ends)


def bias_and_icc(pairs: np.ndarray) -> np.ndarray:
    """(..., n, 2) pairs to (..., 2): mean difference and ICC(2,1); what the bootstrap of a total repeats."""
    return np.stack([(pairs[..., 0] - pairs[..., 1]).mean(-1), icc(pairs)], axis=-1)


def agreement(
    ledger: pd.DataFrame, draws: int, rng: np.random.Generator, grades: Mapping[str, Sequence[float]] | None = None
) -> pd.DataFrame:
    """Self scores against verified ones: a row for the agencies' totals (indicator ""), then one per indicator.

    ledger   agency, indicator, max_points, claimed, final; rows with a claim, a last verdict and a maximum count
    draws    bootstrap samples of agencies, for the intervals of the totals row alone
    grades   indicator -> all shares its rule can give; kappa and ac1 stand where there are at most six

    Scores are shares of the maximum: for a total, the sum of points over the sum of maxima of the compared rows.
    Columns: indicator, n (agencies), bias (mean claimed - final) with bias_low and bias_high, limit_low and
    limit_high (those of `bland_altman`), icc (absolute agreement) with icc_low and icc_high, concordance (Lin),
    p_inflation (one-sided signed rank), kappa (weighted by points), agreement (share of exactly equal scores),
    ac1 (Gwet). nan where undefined; below five agencies no interval, below five nonzero differences no
    p_inflation. A score off the list of grades (points fixed by hand) joins the list of that indicator.

    Source: Shrout & Fleiss (1979), Lin (1989), Bland & Altman (1986), Pratt (1959), Cohen (1968), Gwet (2008);
    intervals by the bootstrap over agencies, Efron & Tibshirani (1993), chapter 13.
    """
    there = ledger[["max_points", "claimed", "final"]].notna().all(axis=1) & (ledger["max_points"] > 0)
    rows = ledger.loc[there, ["agency", "indicator", "max_points", "claimed", "final"]]
    sums = rows.groupby("agency", sort=False)[["max_points", "claimed", "final"]].sum().to_numpy(float)
    pairs = sums[:, 1:] / sums[:, :1]
    low, high = bootstrap(bias_and_icc, pairs, draws, rng) if len(pairs) else np.full((2, 2), NAN)
    total = compare("", pairs[:, 0], pairs[:, 1], ())
    total |= {"bias_low": low[0], "bias_high": high[0], "icc_low": low[1], "icc_high": high[1]}
    out = [total]
    for code, some in rows.groupby("indicator", sort=False):
        points = some[["max_points", "claimed", "final"]].to_numpy(float)
        out.append(
            compare(code, points[:, 1] / points[:, 0], points[:, 2] / points[:, 0], (grades or {}).get(code, ()))
        )
    return pd.DataFrame(out, columns=COLUMNS)


def compare(indicator: str, x: np.ndarray, y: np.ndarray, grades: Sequence[float]) -> dict[str, object]:
    """One row of `agreement` without its intervals, from the shares (n,) claimed and recognised."""
    limits = bland_altman(x, y)
    row: dict[str, object] = {
        "indicator": indicator,
        "n": len(x),
        "bias": limits.bias,
        "limit_low": limits.low,
        "limit_high": limits.high,
        "icc": float(icc(np.column_stack([x, y]))),
        "concordance": float(concordance(x, y)),
        "p_inflation": signed_rank(x - y).p,
        "agreement": observed_agreement(x, y),
        **dict.fromkeys(("bias_low", "bias_high", "icc_low", "icc_high", "kappa", "ac1"), NAN),
    }
    if 0 < len(full_list(grades)) <= GRADES:
        known = full_list(grades, x, y)
        row |= {"kappa": weighted_kappa(x, y, known), "ac1": gwet_ac1(x, y, known)}
    return {name: NAN if value is None else value for name, value in row.items()}
