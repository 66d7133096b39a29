"""What is still over-scored among the items that nobody verified.

A sample speaks for the population it was drawn from: items chosen because they looked risky never enter an
estimate. An estimate says whether a group of claims may be accepted as it stands; it never changes the score
of a named agency.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from .sampling import certain_items, hypergeometric_bound, risk, whole_units, written

if TYPE_CHECKING:
    from .sampling import Number

    Points = Sequence[float] | np.ndarray

RARE = 5  # over-scored items below which a normal-theory bound is not to be trusted
LEAST = 2  # verified items below which nothing is estimated


class Estimate(NamedTuple):
    """Points over-scored in the population: estimate, its standard error, one-sided upper bound; nan = undefined."""

    estimate: float
    se: float
    bound: float


UNDEFINED = Estimate(math.nan, math.nan, math.nan)


def sampled(claimed: Points, verified: Points, population: int) -> tuple[np.ndarray, np.ndarray]:
    """Claimed and verified points of a simple random sample as arrays (n,), checked.

    Raises ValueError for unequal lengths, missing values, or more items than the population has.
    Source: Cochran (1977), Sampling Techniques, section 2.1: n of N, without replacement.
    """
    s, v = np.asarray(claimed, float), np.asarray(verified, float)
    if s.shape != v.shape or s.ndim != 1:
        raise ValueError(f"claimed and verified points must be as many: {s.shape} and {v.shape}")
    if not (np.isfinite(s).all() and np.isfinite(v).all()):
        raise ValueError("an item of the sample has no claimed or no verified points")
    if len(s) > population:
        raise ValueError(f"a sample of {len(s)} from a population of {population}")
    return s, v


def expanded(total: float, errors: np.ndarray, book: float, population: int, alpha: float) -> Estimate:
    """Estimate, standard error and bound total + t * se, the bound never above the book. `errors` (n,) sum to 0.

    Source: Cochran (1977), Sampling Techniques, equations 2.20 and 6.4 (standard errors), one-sided t with n-1.
    """
    from scipy.special import stdtrit

    n = len(errors)
    spread = math.sqrt(float((errors**2).sum()) / (n - 1))
    se = population * math.sqrt((1 - n / population) / n) * spread
    return Estimate(total, se, min(total + float(stdtrit(n - 1, 1 - alpha)) * se, book))


def difference(
    book: float, sample_claimed: Points, sample_verified: Points, population: int, confidence: Number
) -> Estimate:
    """Over-scoring in the population by the mean difference of a simple random sample, in points.

    `book` is the sum of the claimed points of the population, `population` its items; the samples are points (n,).
    Returns (estimate, se, bound): N times the mean difference claimed - verified, its standard error, and the
    one-sided upper bound with t of n-1, never above the book; all nan when n < 2.
    The bound undercovers when errors are rare: with none found its standard error is 0. Take Stringer or the
    hypergeometric bound then. Raises ValueError for unequal lengths, missing points, n > N, confidence not in (0, 1).
    Source: Cochran (1977), Sampling Techniques, equations 2.20 and 2.22: N d-bar, N sqrt((1 - n/N) / n) s_d.
    """
    alpha = float(risk(confidence))
    s, v = sampled(sample_claimed, sample_verified, population)
    if len(s) < LEAST:
        return UNDEFINED
    d = s - v
    mean = float(d.mean())
    return expanded(population * mean, d - mean, book, population, alpha)


def ratio(
    book: float, sample_claimed: Points, sample_verified: Points, population: int, confidence: Number
) -> Estimate:
    """Over-scoring in the population by the over-scored share of the sampled points, in points.

    Arguments and result as in `difference`: estimate = book * sum d / sum s, standard error from e = d - (sum d /
    sum s) s; all nan when n < 2 or the sampled claims sum to nothing. Biased in small samples, and its bound
    undercovers when errors are rare. Raises ValueError as `difference` does.
    Source: Cochran (1977), Sampling Techniques, equations 6.1 and 6.4 (ratio estimate of a total).
    """
    alpha = float(risk(confidence))
    s, v = sampled(sample_claimed, sample_verified, population)
    if len(s) < LEAST or s.sum() <= 0:
        return UNDEFINED
    d = s - v
    rate = float(d.sum() / s.sum())
    return expanded(book * rate, d - rate * s, book, population, alpha)


def tainted(taints: Points, size: int) -> np.ndarray:
    """The taints (claimed - verified) / claimed as an array, checked: finite, at most 1, no more than the sample.

    Raises ValueError otherwise, and for a sample of fewer than one item.
    Source: Stringer (1963): an error counts by its share of the points it stands in.
    """
    t = np.asarray(taints, float).ravel()
    if size < 1 or len(t) > size:
        raise ValueError(f"{len(t)} taints in a sample of {size}")
    if not (np.isfinite(t).all() and (t <= 1).all()):
        raise ValueError("a taint must be a number of at most 1")
    return t


def stringer(taints: Points, size: int, confidence: Number, method: str = "binomial") -> tuple[float, float]:
    """Upper bound on the over-scored share of the points, from a points-weighted sample.

    `taints` are the shares by which sampled items were over-scored (items without any may be left out); `size` is
    the number of sampled items. Returns (most likely rate, bound rate), both in [0, 1], to be multiplied by the
    points of the frame. Taints below zero count as 0: under-scoring never reduces the bound and is reported
    apart. `method`: binomial (Clopper-Pearson limits) or poisson. Raises ValueError for taints above 1 or not
    finite, more taints than items, size < 1, an unknown method, confidence outside (0, 1).
    Source: Stringer (1963), p(0) + sum (p(i) - p(i-1)) t_i, taints in falling order; Plante, Neter and Leitch (1985).
    """
    alpha = float(risk(confidence))
    t = np.sort(np.maximum(tainted(taints, size), 0))[::-1]
    from scipy.special import betaincinv, gammaincinv

    k = np.arange(np.count_nonzero(t) + 1)
    if method == "binomial":
        limits = np.where(k < size, betaincinv(k + 1, np.maximum(size - k, 1), 1 - alpha), 1.0)
    elif method == "poisson":
        limits = gammaincinv(k + 1, 1 - alpha) / size
    else:
        raise ValueError(f"the method is binomial or poisson, not {method}")
    bound = float(limits[0] + np.diff(limits) @ t[: len(k) - 1])
    return float(t.sum() / size), min(bound, 1.0)


def hansen_hurwitz(points_book: float, taints: Points, size: int) -> float:
    """Over-scoring in the population from a points-weighted sample, in points: book / n * sum of the taints.

    Items without over-scoring may be left out of `taints`; taints below zero count here, so that the estimate of
    the net difference is unbiased. Raises ValueError as `stringer` does.
    Source: Hansen and Hurwitz (1943), (1/n) sum d_i / p_i with p_i = claimed_i / book.
    """
    total = float(tainted(taints, size).sum())
    return points_book * total / size


COLUMNS = "method population points sample found estimate bound confidence unit planned note".split()
PARTS = ("risk", "random", "points", "rest")


def unverified(frame: pd.DataFrame, confidence: Number) -> pd.DataFrame:
    """How much is still over-scored among the items that were not chosen by risk, by four methods.

    `frame`: one row per claimed item with claimed, final (points; final nan = not verified) and part: risk (chosen
    because it looked risky), random (simple random from all the others), points (points-weighted from what then
    remained), rest. Over-scoring of an item is claimed - final where that is positive; under-scoring is no credit.

    Returns one row each for hypergeometric, difference, ratio (on the random part) and stringer (points part):
    method, population (items with a claim of zero or more that were not chosen by risk), points (their claimed
    points), sample (verified items of the fitting part), found (over-scored items in it), estimate, bound (one-sided
    upper), confidence, unit (points; hypergeometric: items), planned (items drawn),
    note: too_few = fewer than two verified items (estimate and bound nan), incomplete = drawn items still wait for
    a verdict, rare = fewer than five over-scored items, so that difference and ratio undercover ("incomplete;rare":
    both), "" = none.

    Estimate and bound speak of the whole population, verified items included; a bound is never below what was
    found in it, nor above that plus everything not yet verified. Stringer: items that were certain to be drawn,
    and verified items of the random part, count as they are; the bound covers the points of all others.
    Risk-picked items enter nothing. Raises ValueError for a missing column, an unknown part, or a bad confidence.
    Source: hypergeometric: Touw and Hoogduin (2011); difference and ratio: Cochran (1977), chapters 2 and 6;
    Stringer (1963) with Hansen and Hurwitz (1943).
    """
    if absent := [c for c in ("claimed", "final", "part") if c not in frame.columns]:
        raise ValueError(f"the frame lacks the columns {', '.join(absent)}")
    if strange := set(frame["part"].unique()) - set(PARTS):
        raise ValueError(f"unknown part: {', '.join(map(str, sorted(strange, key=str)))}")
    risk(confidence)
    book = frame[(frame["part"] != "risk") & (frame["claimed"] >= 0)]
    claimed, final = book["claimed"].to_numpy(float), book["final"].to_numpy(float)
    known = ~np.isnan(final)
    over = np.where(known, np.clip(claimed - final, 0, claimed), 0.0)
    part = book["part"].to_numpy()
    rows = [
        *simple_random(claimed, over, known, part == "random", confidence),
        points_weighted_part(claimed, over, known, part, confidence),
    ]
    limits = {
        "items": (int((over > 0).sum()), int((over > 0).sum() + (~known).sum())),
        "points": (float(over.sum()), float(over.sum() + claimed[~known].sum())),
    }
    out = []
    for method, unit, drawn, examined, estimate, bound in rows:
        low, high = limits[unit]
        found = int((over[examined] > 0).sum())
        sample, planned = int(examined.sum()), int(drawn.sum())
        note = ""
        if math.isnan(bound):
            note = "too_few"
        else:
            rare = method in ("difference", "ratio") and found < RARE
            note = ";".join([*(["incomplete"] if sample < planned else []), *(["rare"] if rare else [])])
        held = bound if math.isnan(bound) else float(max(min(bound, high), low))
        share = float(written(confidence))
        out.append((method, len(book), float(claimed.sum()), sample, found, estimate, held, share, unit, planned, note))
    return pd.DataFrame(out, columns=COLUMNS)


Row = tuple[str, str, np.ndarray, np.ndarray, float, float]


def simple_random(
    claimed: np.ndarray, over: np.ndarray, known: np.ndarray, drawn: np.ndarray, confidence: Number
) -> list[Row]:
    """The three methods of the random part: (method, unit, drawn, verified of it, estimate, bound) each.

    Arrays are (N,) over the population: claimed points, over-scored points, verified or not, drawn or not.
    Source: Touw and Hoogduin (2011); Cochran (1977), chapters 2 and 6.
    """
    examined = drawn & known
    population, n = len(claimed), int(examined.sum())
    found = int((over[examined] > 0).sum())
    items = (math.nan, math.nan)
    if n >= LEAST:
        items = (population * found / n, float(hypergeometric_bound(population, n, found, confidence)))
    s, v = claimed[examined], claimed[examined] - over[examined]
    rows: list[Row] = [("hypergeometric", "items", drawn, examined, *items)]
    for method, estimator in (("difference", difference), ("ratio", ratio)):
        result = estimator(float(claimed.sum()), s, v, population, confidence)
        rows.append((method, "points", drawn, examined, result.estimate, result.bound))
    return rows


def points_weighted_part(
    claimed: np.ndarray, over: np.ndarray, known: np.ndarray, part: np.ndarray, confidence: Number
) -> Row:
    """Stringer's row: (method, unit, drawn, verified of it, estimate, bound).

    Arrays as in `simple_random`. The frame of the draw is what the random part left; which of its items were
    certain is computed again from their points and the number drawn.
    Source: Stringer (1963); Hansen and Hurwitz (1943); Cochran (1977), section 9A.10 for the certain items.
    """
    drawn = (part == "points") & (claimed > 0)
    examined = drawn & known
    if examined.sum() < LEAST:
        return ("stringer", "points", drawn, examined, math.nan, math.nan)
    units, _ = whole_units(np.where(part == "random", 0.0, claimed))
    certain = np.zeros(len(claimed), bool)
    certain[certain_items(units, int(drawn.sum()))[0]] = True
    as_is = (certain | (part == "random")) & known
    waiting = certain & ~known  # no other item speaks for a certain one: until its verdict all of it may be wrong
    others = float(claimed[~(as_is | waiting)].sum())
    chance = examined & ~certain
    n, rate = int(chance.sum()), 1.0
    estimate = found = float(over[as_is].sum())
    if n:
        taints = over[chance] / claimed[chance]
        rate = stringer(taints, n, confidence)[1]
        estimate += hansen_hurwitz(others, taints, n)
    return ("stringer", "points", drawn, examined, estimate, found + float(claimed[waiting].sum()) + rate * others)


def conclusion(bound_points: float, book_points: float, tolerable_rate: Number) -> str:
    """Whether a group's claims may stand unverified: accept when the bound is within the tolerable share.

    `bound_points` is the upper bound on the over-scored points, `book_points` the claimed points of the group.
    Returns "accept" when bound <= rate * book, compared exactly on the written numbers; "verify_all" otherwise,
    and when the bound is nan. It never says by how much to cut anybody. Raises ValueError for a negative book or
    a rate outside [0, 1].
    Source: AICPA (2017), Audit Guide: Audit Sampling: upper limit against tolerable misstatement.
    """
    book, rate = written(book_points), written(tolerable_rate)
    if book < 0 or not 0 <= rate <= 1:
        raise ValueError(f"needs a book of zero or more and a rate in [0, 1]: {book_points}, {tolerable_rate}")
    if math.isnan(bound_points):
        return "verify_all"
    return "accept" if written(bound_points) <= rate * book else "verify_all"
