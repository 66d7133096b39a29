"""Does the set hold together? What moves the index, what tells nobody apart, what says the same twice.

All agencies with a rank are taken together, whatever their list: these are questions about the set of indicators.
Naked functions on arrays, then tables; where there are too few agencies the numbers are null and the reason says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from .. import confidence
from ..case import Case
from ..errors import Refusal, out_of_range
from ..index import INDEX, evaluate, tabulate

NAN = float("nan")
BEST = 0.27
FEW = 10  # agencies below which no correlation and no alpha is shown
SMOOTH = 50  # agencies below which no effective weight is shown
MANY = 30  # agencies below which there are no components; they must also outnumber the indicators
SAME = 0.90  # share of agencies at one value from which an indicator hardly tells them apart
REDUNDANT = 0.92
SKEW, KURTOSIS = 2.0, 3.5  # both exceeded: outliers (the rule of thumb of COINr)
SOUND = 0.7  # alpha below this is flagged
BINS = 400  # distinct values of an indicator kept apart by the smoother
LONE = 1e-4  # an agency that fixes its own value up to this much leaves nothing to judge a bandwidth by
BANDWIDTHS = np.r_[np.geomspace(0.1, 2.0, 9), 1e6]  # in standard deviations; the last is a straight line
DECIMALS = 6


@dataclass(frozen=True)
class Sample:
    """The ranked agencies: x (N, D) shares (nan: counts nothing there), y (N,) index shares, weights (D,) summing to 1,
    codes and the top row of each."""

    codes: list[str]
    tops: list[str]
    x: np.ndarray
    y: np.ndarray
    weights: np.ndarray


def sample_of(case: Case, on: str | None, level: str = "indicator") -> Sample:
    """The ranked agencies at one level: "indicator" (scored leaves) or "pillar" (top rows); weight 0 left out."""
    if level not in ("indicator", "pillar"):
        raise ValueError("level is indicator or pillar")
    framework, exact = case.framework, evaluate(case, on)
    above = {code: top for top in framework.tops for code in (top, *framework.within(top))}
    if level == "indicator":
        nominal = {code: w for code, w in framework.global_weights().items() if w}
    else:
        nominal = {node.code: node.weight for node in framework.siblings(framework.tops) if node.weight}
        above = {code: code for code in nominal}
    ranked = tabulate(case, exact, [INDEX])["rank"].notna().to_numpy()
    shares = [[NAN if s is None else float(s) for s in exact.columns[code].shares] for code in [*nominal, INDEX]]
    table = np.array(shares, float).T[ranked]
    whole = sum(nominal.values())
    weights = np.array([float(w / whole) for w in nominal.values()])
    return Sample(list(nominal), [above[c] for c in nominal], table[:, :-1].round(12), table[:, -1], weights)


def check_draws(draws: int) -> None:
    if draws < 1:
        raise Refusal([out_of_range("draws", draws, 1, "∞")])


# ---- what separates the best from the rest -------------------------------------------------------------------------


def separating_rows(case: Case, on: str | None = None) -> pd.DataFrame:
    """In which indicators the best agencies are ahead of all others.

    Returns code, best, rest (mean shares of the best 27 % of the ranked agencies and of the others), points (the gap
    times the row's weight: what it adds to the distance of the means, as a share of the index), the largest first;
    rounded to DECIMALS. Empty below FEW ranked agencies. Agencies to which a row does not apply are left out of its
    means.
    Source: Kelley (1939), J. Educational Psychology 30 (the upper 27 % as the extreme group of item analysis).
    """
    sample = sample_of(case, on)
    n = len(sample.y)
    columns = ["code", "best", "rest", "points"]
    if n < FEW:
        return pd.DataFrame(columns=columns)
    best = sample.y >= np.sort(sample.y)[-round(BEST * n)]  # with all that tie with the last of them
    rows = []
    for code, x, weight in zip(sample.codes, sample.x.T, sample.weights, strict=True):
        groups = x[best], x[~best]
        if all(len(group) and not np.isnan(group).all() for group in groups):
            upper, lower = (float(np.nanmean(group)) for group in groups)
            rows.append((code, upper, lower, (upper - lower) * weight))
    found = pd.DataFrame(rows, columns=columns).round(DECIMALS)
    return found.sort_values("points", ascending=False, kind="stable").reset_index(drop=True)


# ---- what moves the index -----------------------------------------------------------------------------------------


def linear_ratio(covariance: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The correlation ratio of each row with the weighted mean, were everything linear: (Cw)_i^2 / (C_ii w'Cw).

    covariance   (D, D);  weights   (D,)

    Returns (D,) in [0, 1]; nan for a row without variance, and everywhere when the mean has none.
    Source: Paruolo, Saisana & Saltelli (2013), JRSS A 176, the linear case of the main effect.
    """
    with_index = covariance @ weights
    own, whole = np.diag(covariance), float(weights @ with_index)
    sound = (own > 0) & (whole > 0)
    return np.where(sound, with_index**2 / np.where(sound, own * whole, 1.0), NAN)


def correlation_ratio(x: np.ndarray, y: np.ndarray, counts: np.ndarray | None = None) -> np.ndarray:
    """V(E[y|x]) / V(y), the curve E[y|x] by local-linear regression.

    x, y     (N,) without nan
    counts   (B, N) how often each agency stands in a resample; the bandwidth chosen for the whole sample is kept

    Returns (1 + B,): the sample's, then the resamples'; in [0, 1]; nan where x or y has no spread. Gaussian weights;
    the bandwidth, of ten from a tenth of a standard deviation to a straight line, is the one with the smallest
    leave-one-out error (the straight line where one agency alone decides it). Beyond 400 distinct values of x,
    neighbours are joined.
    Source: Paruolo, Saisana & Saltelli (2013), JRSS A 176, the main effect; Fan & Gijbels (1996), ch. 3, local lines.
    """
    values, place = np.unique(x, return_inverse=True)
    if len(values) > BINS:
        bins = np.arange(len(values)) * BINS // len(values)
        values, place = np.bincount(bins, values) / np.bincount(bins), bins[place]
    resamples = 0 if counts is None else len(counts)
    if len(values) < 2 or np.ptp(y) <= 1e-12:
        return np.full(1 + resamples, NAN)
    y = y - y.mean()
    mass, first, second = (np.bincount(place, c) for c in (np.ones_like(y), y, y**2))
    gap = values[None, :] - values[:, None]
    chosen, least = None, np.inf
    for width in BANDWIDTHS * x.std():
        kernel = np.exp(-0.5 * (gap / width) ** 2)
        fit, lever = local_lines(kernel, gap, mass[None, :], first[None, :])
        if (lever > 1 - LONE).any():
            continue
        error = float(((second - 2 * fit[0] * first + mass * fit[0] ** 2) / (1 - lever[0]) ** 2).sum())
        if error < least * (1 - 1e-9):
            chosen, least = kernel, error
    if chosen is None:
        chosen = kernel  # somebody stands so far off that even the straight line is drawn by one agency
    masses, firsts, seconds = mass[None, :], first[None, :], second[None, :]
    if counts is not None:
        order = np.argsort(place, kind="stable")
        starts = np.flatnonzero(np.r_[True, np.diff(place[order]) > 0])
        sums = [np.add.reduceat(counts[:, order] * c[order], starts, axis=1) for c in (np.ones_like(y), y, y**2)]
        masses, firsts, seconds = (np.vstack([a, b]) for a, b in zip((masses, firsts, seconds), sums, strict=True))
    fit, _ = local_lines(chosen, gap, masses, firsts)
    n = masses.sum(axis=1)
    sound = n > 0
    n = np.where(sound, n, 1)
    explained = (masses * fit**2).sum(axis=1) / n - ((masses * fit).sum(axis=1) / n) ** 2
    spread = seconds.sum(axis=1) / n - (firsts.sum(axis=1) / n) ** 2
    sound &= spread > 1e-24
    return np.where(sound, np.clip(explained / np.where(sound, spread, 1.0), 0.0, 1.0), NAN)


def local_lines(kernel: np.ndarray, gap: np.ndarray, mass: np.ndarray, first: np.ndarray) -> tuple[np.ndarray, ...]:
    """(value of the local line at every point, weight of one observation in its own value), both (B, U).

    kernel, gap   (U, U) weight and distance of point v seen from point u;  mass, first   (B, U) number and sum of y
    """
    s0, s1, s2 = mass @ kernel.T, mass @ (kernel * gap).T, mass @ (kernel * gap**2).T
    t0, t1 = first @ kernel.T, first @ (kernel * gap).T
    det = s0 * s2 - s1**2
    level = det <= 1e-10 * s0 * s2  # all weight in one point: its mean
    below, s0 = np.where(level, 1.0, det), np.where(s0 > 0, s0, 1.0)
    fit = np.where(level, t0 / s0, (s2 * t0 - s1 * t1) / below)
    return fit, np.where(level, 1 / s0, s2 / below)


def effective_weights(
    case: Case, draws: int, rng: np.random.Generator, on: str | None = None, level: str = "indicator"
) -> pd.DataFrame:
    """How much of the differences between agencies each row accounts for, beside its nominal weight.

    draws   number of resamples of agencies for the intervals, at least 1
    rng     the generator; the same state gives the same table
    level   "indicator" (scored leaves) or "pillar" (top rows)

    Returns, in tree order: node, weight (nominal part of the index, sum 1), ratio (correlation ratio with the index,
    0 to 1), effective (ratio as a part of the sum of ratios), low, high (interval over the resamples of it), linear
    (the same part by the linear formula from weights and covariances alone), n, reason. Nulls and their reasons:
    `too_few` (fewer than 50 agencies with a value; `linear` from 10 without gaps on), `constant` (the row does not
    discriminate), `no_spread` (all agencies have the same index). Rows that hang together share their influence, so
    ratios do not add to 1; resampling draws them somewhat too high. Raises Refusal.
    Source: Paruolo, Saisana & Saltelli (2013), JRSS A 176; Becker, Saisana, Paruolo & Vandecasteele (2017),
    Ecological Indicators 80.
    """
    check_draws(draws)
    sample = sample_of(case, on, level)
    n, d = sample.x.shape
    counts = rng.multinomial(n, np.full(n, 1 / n), size=draws).astype(float) if n else np.zeros((draws, 0))
    ratios = np.full((1 + draws, d), NAN)
    known = ~np.isnan(sample.x)
    reasons = []
    for k in range(d):
        at = known[:, k]
        reason = reason_of(sample.x[at, k], sample.y[at])
        reasons.append(reason)
        if not reason:
            ratios[:, k] = correlation_ratio(sample.x[at, k], sample.y[at], counts[:, at])
    whole = np.nansum(ratios, axis=1, keepdims=True)
    parts = ratios / np.where(whole > 0, whole, NAN)
    low, high = interval(parts[1:])
    return pd.DataFrame(
        {
            "node": sample.codes,
            "weight": sample.weights.round(DECIMALS),
            "ratio": ratios[0].round(DECIMALS),
            "effective": parts[0].round(DECIMALS),
            "low": low,
            "high": high,
            "linear": linear_parts(sample).round(DECIMALS),
            "n": known.sum(axis=0),
            "reason": reasons,
        }
    )


def reason_of(x: np.ndarray, y: np.ndarray) -> str:
    if len(x) < SMOOTH:
        return "too_few"
    if np.ptp(x) <= 1e-12:
        return "constant"
    return "no_spread" if np.ptp(y) <= 1e-12 else ""


def linear_parts(sample: Sample) -> np.ndarray:
    """The linear ratios as parts of their sum, (D,), from agencies without gaps; nan for fewer than 10 of them."""
    x = sample.x[~np.isnan(sample.x).any(axis=1)]
    if len(x) < FEW:
        return np.full(x.shape[1], NAN)
    ratios = linear_ratio(np.atleast_2d(np.cov(without_rounding_noise(x), rowvar=False)), sample.weights)
    whole = np.nansum(ratios)
    return ratios / whole if whole > 0 else np.full(len(ratios), NAN)


def without_rounding_noise(x: np.ndarray) -> np.ndarray:
    """Columns that do not vary as exact zeros, so that rounding gives them no variance."""
    return np.where(np.ptp(x, axis=0) > 1e-12, x, 0.0)


def interval(draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The ends of every column of (B, D), values that occurred, nan left out; nan for a column of nan."""
    out = np.full((2, draws.shape[1]), NAN)
    for k, column in enumerate(draws.T):
        met = column[~np.isnan(column)]
        if len(met):
            out[:, k] = np.quantile(met, confidence.tails(), method="inverted_cdf")
    low, high = out.round(DECIMALS)
    return low, high


# ---- single indicators --------------------------------------------------------------------------------------------


def shape(x: np.ndarray) -> tuple[float, float]:
    """(skewness, excess kurtosis) of (N,) values, with the small-sample corrections of spreadsheets.

    nan below four values or without spread. Source: Joanes & Gill (1998), The Statistician 47, G1 and G2.
    """
    n = len(x)
    if n < 4 or np.ptp(x) <= 1e-12:
        return NAN, NAN
    z = x - x.mean()
    m2, m3, m4 = (float((z**p).mean()) for p in (2, 3, 4))
    skewness = m3 / m2**1.5 * (n * (n - 1)) ** 0.5 / (n - 2)
    kurtosis = ((n + 1) * (m4 / m2**2 - 3) + 6) * (n - 1) / ((n - 2) * (n - 3))
    return skewness, kurtosis


def indicator_spread(case: Case, on: str | None = None) -> pd.DataFrame:
    """How each indicator spreads the agencies.

    Returns every scored leaf in tree order: node, weight (part of the index), n (agencies with a value), distinct
    (different values), value (the most frequent share; of several the highest), same (part of the agencies there),
    skewness, kurtosis (excess), outliers (skewness beyond 2 and kurtosis above 3.5 together; null below ten agencies
    or without spread), reason: `constant`, `near_constant` (90 % or more at one value), `too_few` (fewer than two
    agencies, all else null) or "". Flags only: points are capped anyway.
    Source: OECD/JRC Handbook (2008), ch. 5; the two limits are the defaults of COINr (Becker et al. 2022, JOSS 7).
    """
    sample = sample_of(case, on)
    rows: list[tuple] = []
    for code, weight, column in zip(sample.codes, sample.weights, sample.x.T, strict=True):
        x = column[~np.isnan(column)]
        n = len(x)
        if n < 2:
            rows.append((code, weight, n, None, NAN, NAN, NAN, NAN, None, "too_few"))
            continue
        values, times = np.unique(x, return_counts=True)
        most = int(np.flatnonzero(times == times.max())[-1])
        same = times[most] / n
        skewness, kurtosis = shape(x)
        judged = n >= FEW and skewness == skewness
        outliers = bool(abs(skewness) > SKEW and kurtosis > KURTOSIS) if judged else None
        reason = "constant" if len(values) == 1 else "near_constant" if same >= SAME else ""
        rows.append((code, weight, n, len(values), values[most], same, skewness, kurtosis, outliers, reason))
    columns = "node weight n distinct value same skewness kurtosis outliers reason".split()
    out = pd.DataFrame(rows, columns=columns).astype({"distinct": "Int64", "outliers": "boolean"})
    return out.round(dict.fromkeys(("weight", "value", "same", "skewness", "kurtosis"), DECIMALS))


def weak_indicators(case: Case, on: str | None = None) -> pd.DataFrame:
    """Indicators that do not tell agencies apart: one value for all (`constant`) or for 90 % or more.

    Returns the rows of `indicator_spread` with such a reason: node, weight, n, distinct, value, same, reason.
    Source: OECD/JRC Handbook (2008), ch. 4; the limit is ours.
    """
    spread = indicator_spread(case, on)
    weak = spread[spread["reason"].isin(["constant", "near_constant"])]
    return weak[["node", "weight", "n", "distinct", "value", "same", "reason"]].reset_index(drop=True)


# ---- correlations -------------------------------------------------------------------------------------------------


def correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Pearson's correlation of two (N,) columns; nan where one does not vary."""
    if len(x) < 2 or np.ptp(x) <= 1e-12 or np.ptp(y) <= 1e-12:
        return NAN
    a, b = x - x.mean(), y - y.mean()
    return float(np.clip(a @ b / ((a @ a) * (b @ b)) ** 0.5, -1.0, 1.0))


def fisher_interval(r: float, n: int, ranks: bool = False) -> tuple[float, float]:
    """Interval of a correlation of n agencies; nan for fewer than four, and for ±1 where it has no width.

    ranks   for Spearman's, the variance is (1 + r^2/2) / (n - 3) instead of 1 / (n - 3)

    Source: Fisher (1921), Metron 1; Bonett & Wright (2000), Psychometrika 65, for ranks.
    """
    if n < 4 or not abs(r) < 1 - 1e-12:
        return NAN, NAN
    half = confidence.normal() * ((1 + (r**2 / 2 if ranks else 0)) / (n - 3)) ** 0.5
    return float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half))


def spearman(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(rank correlations, numbers of agencies with both) of all pairs of (N, D) columns with nan, both (D, D).

    nan where a column does not vary among the common agencies. Ties take their middle rank.
    Source: Spearman (1904), American Journal of Psychology 15.
    """
    from scipy.stats import rankdata

    d = x.shape[1]
    known = ~np.isnan(x)
    n = known.T.astype(int) @ known.astype(int)
    rho = np.full((d, d), NAN)
    whole = known.all(axis=0)
    ranks = np.column_stack([rankdata(column) for column in x.T]) if len(x) and d else x
    for i in range(d):
        for j in range(i + 1, d):
            if whole[i] and whole[j]:
                rho[i, j] = rho[j, i] = correlation(ranks[:, i], ranks[:, j])
            else:
                both = known[:, i] & known[:, j]
                rho[i, j] = rho[j, i] = correlation(rankdata(x[both, i]), rankdata(x[both, j]))
    return rho, n


def redundant_pairs(case: Case, on: str | None = None, limit: float = REDUNDANT) -> pd.DataFrame:
    """Pairs of indicators that put the agencies in (nearly) the same order, or the opposite one.

    limit   pairs with |Spearman| of at least this much; 0 < limit <= 1

    Returns, the closest first: node, other, same_pillar, n (agencies with both), rho, low, high (null at ±1),
    reason. No row: none found. One row without nodes and the reason `too_few`: fewer than ten agencies, no pair
    judged; single pairs with fewer than ten are passed over. Raises Refusal.
    Source: OECD/JRC Handbook (2008), ch. 4; limit of the JRC's tools; intervals of Bonett & Wright (2000).
    """
    if not 0 < limit <= 1:
        raise Refusal([out_of_range("limit", limit, "> 0", 1)])
    columns = "node other same_pillar n rho low high reason".split()
    sample = sample_of(case, on)
    if len(sample.x) < FEW:
        row = ("", "", None, len(sample.x), NAN, NAN, NAN, "too_few")
        return pd.DataFrame([row], columns=columns).astype({"same_pillar": "boolean"})
    rho, n = spearman(sample.x)
    rows = []
    for i, j in zip(*np.triu_indices(len(sample.codes), 1), strict=True):
        if n[i, j] >= FEW and abs(rho[i, j]) >= limit - 1e-9:
            low, high = fisher_interval(rho[i, j], n[i, j], ranks=True)
            same = sample.tops[i] == sample.tops[j]
            rows.append((sample.codes[i], sample.codes[j], same, n[i, j], rho[i, j], low, high, ""))
    out = pd.DataFrame(rows, columns=columns).astype({"same_pillar": "boolean"}).round(DECIMALS)
    return out.sort_values("rho", key=lambda r: -r.abs(), kind="stable").reset_index(drop=True)


# ---- pillars ------------------------------------------------------------------------------------------------------


class Alpha(NamedTuple):
    """Cronbach's alpha with its interval; None where undefined."""

    value: float | None
    low: float | None
    high: float | None


def cronbach_alpha(x: np.ndarray) -> Alpha:
    """k/(k-1) (1 - sum of the items' variances / variance of their sum) of (N, k) values without nan.

    None for fewer than two items or agencies, and where the sum does not vary; negative values stay.
    Source: Cronbach (1951), Psychometrika 16; the interval is Feldt's (1965), Psychometrika 30.
    """
    from scipy.stats import f

    n, k = x.shape
    if n < 2 or k < 2:
        return Alpha(None, None, None)
    items, whole = float(x.var(axis=0, ddof=1).sum()), float(x.sum(axis=1).var(ddof=1))
    if whole <= 1e-20 or whole <= 1e-12 * items:
        return Alpha(None, None, None)
    value = k / (k - 1) * (1 - items / whole)
    high, low = (1 - (1 - value) * float(f.ppf(tail, n - 1, (n - 1) * (k - 1))) for tail in confidence.tails())
    return Alpha(value, low, high)


def pillar_fit(case: Case, on: str | None = None) -> pd.DataFrame:
    """Does each pillar (top row) hold together, and does each indicator point the way of its own pillar?

    Returns, in tree order, for every pillar a row `alpha` (node: the pillar) and for each of its indicators a row
    `item_rest`: pillar, node, measure, value, low, high, n (agencies used), items, flag, reason.
    alpha is Cronbach's, of the indicators' shares alike, over agencies with all of them; indicators that do not vary
    are left out. item_rest is the correlation of an indicator with the weighted mean of the others of its pillar.
    flag: `low` (alpha below .7), `negative` (correlation below 0), `surely_negative` (its whole interval too) or "".
    Nulls and their reasons: `too_few` (fewer than ten agencies), `one_item`, `constant` (nothing varies).
    Source: OECD/JRC Handbook (2008), ch. 4; Nunnally & Bernstein (1994) for the item-rest correlation.
    """
    sample = sample_of(case, on)
    rows = [row for top in dict.fromkeys(sample.tops) for row in fit_rows(sample, top)]
    columns = "pillar node measure value low high n items flag reason".split()
    out = pd.DataFrame(rows, columns=columns)
    return out.astype(dict.fromkeys(("value", "low", "high"), float)).round(DECIMALS)


def fit_rows(sample: Sample, top: str) -> Iterator[tuple]:
    inside = [k for k, t in enumerate(sample.tops) if t == top]
    x, weights = sample.x[:, inside], sample.weights[inside]
    full = x[~np.isnan(x).any(axis=1)]
    varying = full[:, np.ptp(full, axis=0) > 1e-12] if len(full) else full
    n, items = varying.shape
    found, reason = Alpha(None, None, None), ""
    if len(inside) < 2:
        reason = "one_item"
    elif n < FEW:
        reason = "too_few"
    else:
        found = cronbach_alpha(varying)
        reason = "constant" if items == 0 else "one_item" if items == 1 else "constant" if found.value is None else ""
    flag = "low" if found.value is not None and found.value < SOUND else ""
    yield top, top, "alpha", *found, n, items, flag, reason
    if len(inside) < 2:
        return
    for i, k in enumerate(inside):
        others = np.delete(np.arange(len(inside)), i)
        known = ~np.isnan(x[:, others])
        held = (known * weights[others]).sum(axis=1)
        rest = (np.nan_to_num(x[:, others]) * weights[others]).sum(axis=1) / np.where(held > 0, held, NAN)
        both = ~np.isnan(x[:, i]) & ~np.isnan(rest)
        n = int(both.sum())
        r = correlation(x[both, i], rest[both]) if n >= FEW else NAN
        low, high = fisher_interval(r, n)
        reason = "too_few" if n < FEW else "constant" if np.isnan(r) else ""
        flag = "surely_negative" if high < 0 else "negative" if r < 0 else ""
        yield top, sample.codes[k], "item_rest", r, low, high, n, len(inside), flag, reason


# ---- components ---------------------------------------------------------------------------------------------------


def eigenvalues(x: np.ndarray) -> np.ndarray:
    """Eigenvalues of the correlation matrix of (N, D) values that all vary, largest first; they sum to D.

    Source: Pearson (1901), Hotelling (1933); OECD/JRC Handbook (2008), ch. 4.
    """
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    return np.linalg.eigvalsh(z.T @ z / len(z))[::-1].clip(0.0)


def components(case: Case, draws: int, rng: np.random.Generator, on: str | None = None) -> pd.DataFrame:
    """Principal components of the correlations between indicators: of the whole set, and within each pillar.

    draws, rng   resamples, and as many shufflings; as in `effective_weights`

    Returns, the index first, then the pillars: node, component (1, 2, ...), eigenvalue, low, high (± `normal` standard
    deviations over resamples of agencies), chance (what shuffled, unrelated columns stay below: a component below it
    says nothing), share, cumulative (of the variance), n (agencies with all of the indicators), items
    (indicators used), dropped (those that do not vary, ;-separated), reason. Where there are fewer than 30 agencies or
    not more than indicators: one row, component null, `too_few`; fewer than two indicators that vary: `one_item`.
    Raises Refusal.
    Source: OECD/JRC Handbook (2008), ch. 4; Horn (1965), Psychometrika 30 (chance); Efron & Tibshirani (1993),
    section 7.2 (standard deviation of eigenvalues; their percentiles miss, sorted resamples being too uneven).
    """
    check_draws(draws)
    sample = sample_of(case, on)
    groups = {INDEX: list(range(len(sample.codes)))}
    groups |= {top: [k for k, t in enumerate(sample.tops) if t == top] for top in dict.fromkeys(sample.tops)}
    rows = [row for node, inside in groups.items() for row in component_rows(sample, node, inside, draws, rng)]
    columns = "node component eigenvalue low high chance share cumulative n items dropped reason".split()
    return pd.DataFrame(rows, columns=columns).astype({"component": "Int64"})


def component_rows(
    sample: Sample, node: str, inside: list[int], draws: int, rng: np.random.Generator
) -> Iterator[tuple]:
    x = sample.x[:, inside]
    x = x[~np.isnan(x).any(axis=1)]
    varies = np.ptp(x, axis=0) > 1e-12 if len(x) else np.ones(len(inside), bool)
    dropped = ";".join(sample.codes[k] for k, v in zip(inside, varies, strict=True) if not v)
    n, d = len(x), int(varies.sum())
    reason = "too_few" if n < MANY or n <= d else "one_item" if d < 2 else ""
    if reason:
        yield node, None, NAN, NAN, NAN, NAN, NAN, NAN, n, d, dropped, reason
        return
    x = x[:, varies]
    values = eigenvalues(x)
    resampled, shuffled = np.full((draws, d), NAN), np.empty((draws, d))
    for b, chosen in enumerate(rng.integers(0, n, (draws, n))):
        if (np.ptp(x[chosen], axis=0) > 1e-12).all():
            resampled[b] = eigenvalues(x[chosen])
        shuffled[b] = eigenvalues(rng.permuted(x, axis=0))
    met = resampled[~np.isnan(resampled[:, 0])]
    half = confidence.normal() * met.std(axis=0, ddof=1) if len(met) > 1 else np.full(d, NAN)
    low, high = (values - half).clip(0).round(DECIMALS), (values + half).clip(max=d).round(DECIMALS)
    chance = np.quantile(shuffled, confidence.level(), axis=0, method="inverted_cdf").round(DECIMALS)
    for k, value in enumerate(values):
        share, cumulative = round(value / d, DECIMALS), round(float(values[: k + 1].sum()) / d, DECIMALS)
        eigenvalue = round(float(value), DECIMALS)
        yield node, k + 1, eigenvalue, low[k], high[k], chance[k], share, cumulative, n, d, dropped, ""
