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


class ICC(NamedTuple):
    """The six intraclass correlations, of one rater (icc1, icc2, icc3) and of the mean of k raters; None: undefined."""

    icc1: float | None
    icc2: float | None
    icc3: float | None
    icc1k: float | None
    icc2k: float | None
    icc3k: float | None


class Concordance(NamedTuple):
    """Lin's coefficient, and its two factors: Pearson's correlation and the bias factor."""

    concordance: np.ndarray
    pearson: np.ndarray
    bias_factor: np.ndarray


class BlandAltman(NamedTuple):
    """Bias, spread and limits of x - y in the units of x, each with its interval (low, high)."""

    n: int
    bias: float
    sd: float
    low: float
    high: float
    bias_interval: tuple[float, float]
    low_interval: tuple[float, float]
    high_interval: tuple[float, float]


class SignedRank(NamedTuple):
    """n nonzero differences, the sum of the ranks of the positive ones, one-sided p (None: too few), exact or not."""

    n: int
    positive: float
    p: float | None
    exact: bool


def mean_squares(table: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Between rows, between columns, residual, and within rows, of (..., n, k): four arrays (...).

    In squared units of the table. Source: the analyses of variance of Shrout & Fleiss (1979), Psychological
    Bulletin 86, and McGraw & Wong (1996), Psychological Methods 1.
    """
    n, k = table.shape[-2:]
    rows, columns = table.mean(-1, keepdims=True), table.mean(-2, keepdims=True)
    grand = rows.mean(-2, keepdims=True)
    between_rows = k * ((rows - grand) ** 2).sum((-2, -1)) / (n - 1)
    between_columns = n * ((columns - grand) ** 2).sum((-2, -1)) / (k - 1)
    residual = ((table - rows - columns + grand) ** 2).sum((-2, -1)) / ((n - 1) * (k - 1))
    within = ((table - rows) ** 2).sum((-2, -1)) / (n * (k - 1))
    return between_rows, between_columns, residual, within


def ratio(top: np.ndarray, bottom: np.ndarray, size: np.ndarray, terms: np.ndarray | float = 0.0) -> np.ndarray:
    """top / bottom; nan where bottom is not above what rounding leaves.

    size    of the numbers whose squares are in it
    terms   sum of the terms of a bottom in which they can cancel
    """
    sound = bottom > np.maximum((1e-12 * size) ** 2, 1e-12 * terms)
    return np.where(sound, top / np.where(sound, bottom, 1.0), NAN)


def icc(table: ArrayLike) -> ICC:
    """Intraclass correlations of an (n, k) table: n subjects, k raters, no nan.

    icc2 is absolute agreement, the one to quote: a constant inflation lowers it; icc3 ignores it. Negative
    estimates stay as they are. None where the denominator is not above 0 (all values equal; for icc2k also
    where it is negative, which would read as more than 1) and for fewer than two subjects. ValueError for a
    table that is not (n, k >= 2) or holds nan.

    Source: Shrout & Fleiss (1979), Psychological Bulletin 86; McGraw & Wong (1996), table 4.
    """
    table = np.asarray(table, dtype=float)
    if table.ndim != 2 or table.shape[1] < 2 or not np.isfinite(table).all():
        raise ValueError("icc takes a table of subjects by two or more raters, without holes")
    n, k = table.shape
    if n < 2:
        return ICC(None, None, None, None, None, None)
    msr, msc, mse, msw = mean_squares(table)
    size = np.abs(table).max()
    found = [
        ratio(msr - msw, msr + (k - 1) * msw, size),
        icc2(table),
        ratio(msr - mse, msr + (k - 1) * mse, size),
        ratio(msr - msw, msr, size),
        ratio(msr - mse, msr + (msc - mse) / n, size, msr + (msc + mse) / n),
        ratio(msr - mse, msr, size),
    ]
    return ICC(*(None if np.isnan(one) else float(one) for one in found))


def icc2(table: np.ndarray) -> np.ndarray:
    """ICC(2,1), absolute agreement of single scores, of many (..., n, k) tables at once: (...), nan where undefined.

    Source: Shrout & Fleiss (1979), ICC(2,1); McGraw & Wong (1996), table 4, ICC(A,1).
    """
    n, k = table.shape[-2:]
    if n < 2:
        return np.full(table.shape[:-2], NAN)
    msr, msc, mse, _ = mean_squares(table)
    return ratio(msr - mse, msr + (k - 1) * mse + k * (msc - mse) / n, np.abs(table).max((-2, -1)))


def concordance(x: ArrayLike, y: ArrayLike) -> Concordance:
    """Lin's concordance of pairs, from moments with 1/n; x and y (n,) or many samples at once (..., n).

    Returns three arrays (...): concordance = pearson * bias_factor, and the factors. nan where undefined:
    all three below two pairs or when all values are equal, pearson also when either side is constant.

    Source: Lin (1989), Biometrics 45, section 2.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.shape[-1] < 2:
        nothing = np.full(x.shape[:-1], NAN)
        return Concordance(nothing, nothing, nothing)
    mx, my = x.mean(-1, keepdims=True), y.mean(-1, keepdims=True)
    together = ((x - mx) * (y - my)).mean(-1)
    vx, vy = ((x - mx) ** 2).mean(-1), ((y - my) ** 2).mean(-1)
    apart = vx + vy + ((mx - my) ** 2)[..., 0]
    size = np.maximum(np.abs(x).max(-1), np.abs(y).max(-1))
    one_sided = np.minimum(vx, vy) <= (1e-12 * size) ** 2
    spread = np.where(one_sided, 0.0, np.sqrt(vx * vy))
    return Concordance(ratio(2 * together, apart, size), ratio(together, spread, size), ratio(2 * spread, apart, size))


def bland_altman(x: ArrayLike, y: ArrayLike) -> BlandAltman:
    """Bias and limits of x - y, pairs (n,), in the units of x.

    The limits are bias -/+ z SD (n - 1), z to two decimals (1.96 at 95 %). Intervals are those of Student's t: of the
    bias with SD / sqrt(n), of a limit with sqrt(1/n + z^2 / (2 (n - 1))) SD. nan: everything without pairs, all
    but the bias with one.

    Source: Bland & Altman (1986), Lancet i:307-310, limits of agreement and their precision; the standard error
    of a limit without its rounding to sqrt(3/n) SD.
    """
    from scipy.special import stdtrit

    d = np.asarray(x, dtype=float) - np.asarray(y, dtype=float)
    n = len(d)
    bias = float(d.mean()) if n else NAN
    if n < 2:
        return BlandAltman(n, bias, NAN, NAN, NAN, (NAN, NAN), (NAN, NAN), (NAN, NAN))
    sd = float(d.std(ddof=1))
    t, z = float(stdtrit(n - 1, confidence.tails()[1])), round(confidence.normal(), 2)
    low, high = bias - z * sd, bias + z * sd
    of_bias, of_limit = t * sd / math.sqrt(n), t * sd * math.sqrt(1 / n + z**2 / (2 * (n - 1)))
    return BlandAltman(
        n,
        bias,
        sd,
        low,
        high,
        (bias - of_bias, bias + of_bias),
        (low - of_limit, low + of_limit),
        (high - of_limit, high + of_limit),
    )


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


def weighted_kappa(a: ArrayLike, b: ArrayLike, grades: Sequence[float], weights: str = "points") -> float | None:
    """Agreement on graded items beyond chance, larger errors counting more.

    a, b (n,) grades given by two raters; `grades` the full list in order, used or not. weights: "linear" and
    "quadratic" take distances between places in the list, "points" between the values of the grades. None
    without items, or where both raters gave one and the same grade throughout. ValueError for a score off the
    list or other weights.

    Source: Cohen (1968), Psychological Bulletin 70 (weighted kappa, disagreement weights).
    """
    if weights not in ("linear", "quadratic", "points"):
        raise ValueError("weights are linear, quadratic or points")
    i, j = on_the_list(a, grades), on_the_list(b, grades)
    if not len(i):
        return None
    scale = np.asarray(grades, dtype=float) if weights == "points" else np.arange(len(grades), dtype=float)
    distance = np.abs(scale[:, None] - scale[None, :])
    if weights == "quadratic":
        distance **= 2
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
    return np.stack([(pairs[..., 0] - pairs[..., 1]).mean(-1), icc2(pairs)], axis=-1)


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
        "icc": icc(np.column_stack([x, y])).icc2,
        "concordance": float(concordance(x, y).concordance),
        "p_inflation": signed_rank(x - y).p,
        "agreement": observed_agreement(x, y),
        **dict.fromkeys(("bias_low", "bias_high", "icc_low", "icc_high", "kappa", "ac1"), NAN),
    }
    if 0 < len(full_list(grades)) <= GRADES:
        known = full_list(grades, x, y)
        row |= {"kappa": weighted_kappa(x, y, known), "ac1": gwet_ac1(x, y, known)}
    return {name: NAN if value is None else value for name, value in row.items()}
