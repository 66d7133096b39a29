"""How many items to verify, and which.

Three plans: whole items (hypergeometric), points (an item's chance follows its claimed points) and strata.
Every size that a decision rests on is settled on whole numbers and fractions. A rate or a confidence given as
a float is read as it is written: 0.05 is one twentieth.
"""

from __future__ import annotations

import heapq
import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    Number = Fraction | str | float

LEAST_PER_STRATUM = 2  # one item alone shows no spread
NEAR = 1e-6  # log-gamma of half a million errs by less than 1e-7: nearer than this, whole numbers decide


def written(x: Number) -> Fraction:
    """The number as it is written (0.05 is 1/20, not the nearest binary fraction).

    Returns a Fraction; Fractions and ints come back unchanged. Raises ValueError for what is no finite number.
    Source: conventions of the suite: a cut-off is decided on the decimal that people read.
    """
    try:
        if isinstance(x, float):
            return Fraction(Decimal(str(x)))  # half the time of reading the text as a fraction
        return Fraction(x) if isinstance(x, int | Fraction) else Fraction(str(x))
    except (ValueError, OverflowError, ZeroDivisionError):
        raise ValueError(f"{x!r} is not a finite number") from None


def risk(confidence: Number) -> Fraction:
    """1 - confidence, exactly. Raises ValueError outside (0, 1).

    Source: conventions of the suite: one-sided questions take one-sided bounds.
    """
    alpha = 1 - written(confidence)
    if not 0 < alpha < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    return alpha


def tolerable(rate: Number, population: int) -> int:
    """The number of over-scored items that is already too many: K = ceil(rate * population), exactly.

    `rate` is a share in [0, 1]; `population` counts items. Raises ValueError outside these ranges.
    Source: Touw and Hoogduin (2011), Statistiek voor audit en controlling: the tolerable rate in whole items.
    """
    share = written(rate)
    if not 0 <= share <= 1:
        raise ValueError(f"the tolerable rate must lie in [0, 1], not {rate}")
    if population < 0:
        raise ValueError(f"the population cannot be negative: {population}")
    return math.ceil(share * population)


def unlikely(found: int, population: int, bad: int, sample: int, alpha: Fraction) -> bool:
    """Whether P(X <= found) <= alpha, X = over-scored items in a sample without replacement, `bad` in the population.

    Returns a bool that is exact: logarithms decide from afar, whole numbers within 1e-6 of alpha.
    Source: hypergeometric distribution, P(x) = C(K, x) C(N-K, n-x) / C(N, n); Cochran (1977), section 3.5.
    """
    low, high = max(0, sample + bad - population), min(found, sample, bad)
    if high < low:
        return True
    if high == min(sample, bad):
        return False
    from scipy.special import gammaln, logsumexp

    def ways(n: int, k: np.ndarray | int) -> np.ndarray:
        return gammaln(n + 1) - gammaln(np.add(k, 1)) - gammaln(np.subtract(n, k) + 1)

    x = np.arange(low, high + 1)
    gap = logsumexp(ways(bad, x) + ways(population - bad, sample - x)) - ways(population, sample) - math.log(alpha)
    if abs(gap) > NEAR:
        return bool(gap < 0)
    bad, sample = max(bad, sample), min(bad, sample)  # the law is symmetric in both: the smaller gives smaller numbers
    term = math.comb(bad, low) * math.comb(population - bad, sample - low)
    total = term
    for k in range(low, high):
        term = term * (bad - k) * (sample - k) // ((k + 1) * (population - bad - sample + k + 1))
        total += term
    return total * alpha.denominator <= alpha.numerator * math.comb(population, sample)


def attribute_size(population: int, tolerable_count: int, confidence: Number, allowed: int = 0) -> int | None:
    """The smallest sample that would show, with `allowed` over-scored items found, that fewer than K are there.

    Returns the smallest n with P(X <= allowed | N, K, n) <= 1 - confidence, exactly; None when K <= allowed:
    then not even a full count can show it. Counts are items. Raises ValueError for negative counts, K > N, and
    a confidence outside (0, 1).
    Source: Touw and Hoogduin (2011), Statistiek voor audit en controlling: attribute sampling, hypergeometric.
    """
    alpha = risk(confidence)
    if min(population, tolerable_count, allowed) < 0 or tolerable_count > population:
        raise ValueError(f"counts must satisfy 0 <= K <= N and allowed >= 0: {population, tolerable_count, allowed}")
    if tolerable_count <= allowed:
        return None
    enough = range(population + 1)
    return bisect_left(enough, True, key=lambda n: unlikely(allowed, population, tolerable_count, n, alpha))


def hypergeometric_bound(population: int, sample: int, found: int, confidence: Number) -> int:
    """Upper bound on the over-scored items in the population, after `found` of `sample` were over-scored.

    Returns the largest K with P(X <= found | N, K, n) > 1 - confidence, exactly (items); a full count gives
    `found`, an empty sample the population. Raises ValueError unless 0 <= found <= sample <= population.
    Source: Touw and Hoogduin (2011), Statistiek voor audit en controlling: evaluation, hypergeometric.
    """
    alpha = risk(confidence)
    if not 0 <= found <= sample <= population:
        raise ValueError(f"needs 0 <= found <= sample <= population: {found, sample, population}")
    possible = range(found, population - (sample - found) + 1)
    return found - 1 + bisect_left(possible, True, key=lambda bad: unlikely(found, population, bad, sample, alpha))


def points_size(tolerable_rate: Number, confidence: Number, expected_ratio: Number = 0) -> int:
    """Size of a points-weighted sample.

    Returns the smallest n for which the upper limit of a Poisson mean, after finding n * expected over-scoring,
    is at most n * tolerable: G(confidence; 1 + n*expected) <= n * tolerable, with G the gamma quantile and
    expected = expected_ratio * tolerable_rate. The errors found are not rounded to whole ones: only so do the
    published sizes come out (60 74 93 120 162 231; rounding up gives 60 95 95 126 184 237). Raises ValueError
    unless the rate is in (0, 1], the ratio in [0, 1), and the confidence in (0, 1).
    Source: AICPA (2017), Audit Guide: Audit Sampling, table C-1 (Poisson with expected misstatement).
    """
    alpha, rate, ratio = risk(confidence), written(tolerable_rate), written(expected_ratio)
    if not 0 < rate <= 1:
        raise ValueError(f"the tolerable rate must lie in (0, 1], not {tolerable_rate}")
    if not 0 <= ratio < 1:
        raise ValueError(f"expected over tolerable must lie in [0, 1), not {expected_ratio}")
    from scipy.special import gammaincc

    def enough(n: int) -> bool:
        return bool(gammaincc(1 + float(n * rate * ratio), float(n * rate)) <= float(alpha))

    top = 1
    while not enough(top):
        top *= 2
    return bisect_left(range(top + 1), True, lo=1, key=enough)


def systematic(points: Sequence[int], interval: int, start: int) -> list[int]:
    """The items that hold the points start, start + interval, start + 2 * interval, …

    `points` are whole units per item in a fixed order, counted through from 1; `start` lies in 1..interval.
    Returns indices (from 0) in order, each once however often it was hit. Items without points are never hit.
    Raises ValueError for negative points or a start outside its range.
    Source: Cochran (1977), Sampling Techniques, section 9A.10 (systematic selection with unequal probabilities);
    monetary-unit sampling in Touw and Hoogduin (2011).
    """
    if not 1 <= start <= interval:
        raise ValueError(f"the start must lie between 1 and the interval {interval}, not {start}")
    if min(points, default=0) < 0:
        raise ValueError("points must not be negative")
    ends = list(accumulate(points))
    hits = range(start, ends[-1] + 1, interval) if ends else range(0)
    return list(dict.fromkeys(bisect_left(ends, hit) for hit in hits))


def whole_units(points: Iterable[Number]) -> tuple[list[int], int]:
    """Points as whole units of 1/scale, read as written. Claims without points (nan, zero, below zero) become 0.

    Returns (units, scale). Raises ValueError for infinite points.
    Source: conventions of the suite: official points are decimals, kept as whole numbers of their last digit.
    """
    listed = points.tolist() if isinstance(points, np.ndarray | pd.Series) else list(points)
    # nan is not equal to itself: leaving it out of the table keeps the table as short as the distinct values
    exact = {p: written(p) for p in {p for p in listed if p == p}}
    points_of = {p: x for p, x in exact.items() if x.numerator > 0}
    scale = math.lcm(*(x.denominator for x in points_of.values()))
    unit = {p: x.numerator * (scale // x.denominator) for p, x in points_of.items()}
    return [unit.get(p, 0) for p in listed], scale


def certain_items(units: Sequence[int], size: int) -> tuple[list[int], int, int]:
    """Items so large that every start would hit them: at least one interval, taken out until none is left.

    `units` are whole units per item, `size` the items to draw. Returns (indices of the certain items, draws left,
    units left); the interval of the rest is units left / draws left, which no remaining item reaches.
    Raises ValueError when size is below 1.
    Source: Cochran (1977), Sampling Techniques, section 9A.10: units larger than the interval enter with certainty.
    """
    if size < 1:
        raise ValueError(f"the sample must hold at least one item, not {size}")
    order = sorted((i for i, u in enumerate(units) if u > 0), key=units.__getitem__, reverse=True)  # stable
    rest, left, certain = sum(units), size, []
    for i in order:  # taking a certain item out only shortens the interval: the largest first, one pass settles it
        if not left or units[i] * left < rest:
            break
        certain.append(i)
        rest, left = rest - units[i], left - 1
    return sorted(certain), left, rest


def points_weighted(
    points: Iterable[Number], size: int, rng: np.random.Generator
) -> tuple[list[int], list[int], Fraction]:
    """A sample in which an item's chance is exactly proportional to its points.

    `points` per item, in the order that the draw goes through (a fixed key, or shuffled with a recorded seed:
    the order changes a systematic sample); `size` items in all. Items of an interval or more are certain, taken
    once, and the interval is computed again for the rest. Claims without points are outside the frame.
    Returns (certain, sampled, interval): indices in order, disjoint, and the interval in points of the rest, 0
    when everything is certain. Fewer than `size` come back only when fewer items hold points.
    Raises ValueError when size is below 1 or points are infinite.
    Source: monetary-unit sampling, Touw and Hoogduin (2011); Cochran (1977), section 9A.10. Units are multiplied
    by the draws so that interval and starts are whole numbers, each start equally likely.
    """
    units, scale = whole_units(points)
    certain, left, rest = certain_items(units, size)
    if not rest:
        return certain, [], Fraction(0)
    out = set(certain)
    finer = [0 if i in out else u * left for i, u in enumerate(units)]
    return certain, systematic(finer, rest, start(rest, rng)), Fraction(rest, left * scale)


def start(interval: int, rng: np.random.Generator) -> int:
    """A whole number from 1 to the interval, each equally likely however long the interval.

    Source: rejection sampling, von Neumann (1951); the generator's own integers end at 64 bits.
    """
    bits = interval.bit_length()
    while True:
        drawn = int.from_bytes(rng.bytes((bits + 7) // 8), "little") >> (-bits % 8)
        if drawn < interval:
            return drawn + 1


def neyman(sizes: Sequence[int], deviations: Sequence[Number], total: int, least: int = 1) -> list[int]:
    """How to allocate `total` items to strata so that the estimate is as precise as it can be.

    `sizes` counts the items per stratum, `deviations` their standard deviations (same order). Every stratum gets
    at least `least` (all of it when smaller), none more than it has. Returns whole numbers that sum to `total`
    (to all items when total exceeds them), the exact minimum of the variance; where no stratum varies the rest
    follows the sizes. Raises ValueError for unequal lengths, negative sizes or deviations, least below 1, or a
    total below the minima.
    Source: Wright (2012), The American Statistician 66: the next item goes where N S / sqrt(n (n + 1)) is largest.
    """
    sd = [written(s) for s in deviations]
    if len(sizes) != len(sd):
        raise ValueError(f"{len(sizes)} strata but {len(sd)} deviations")
    if least < 1 or any(size < 0 for size in sizes) or any(s < 0 for s in sd):
        raise ValueError("sizes and deviations must not be negative, and every stratum needs at least one item")
    given = [min(least, size) for size in sizes]
    if sum(given) > total:
        raise ValueError(f"{total} items are fewer than the {sum(given)} that the strata need at least")

    def waiting(h: int) -> tuple[Fraction, Fraction, int]:
        n = given[h] * (given[h] + 1)
        return -((sizes[h] * sd[h]) ** 2) / n, -Fraction(sizes[h] ** 2, n), h

    queue = [waiting(h) for h, size in enumerate(sizes) if given[h] < size]
    heapq.heapify(queue)
    for _ in range(total - sum(given)):
        if not queue:
            break
        h = queue[0][2]
        given[h] += 1
        if given[h] < sizes[h]:
            heapq.heapreplace(queue, waiting(h))
        else:
            heapq.heappop(queue)
    return given


PLAN_COLUMNS = ["method", "stratum", "population", "points", "tolerable", "size"]


def plan(
    items: pd.DataFrame,
    confidence: Number,
    tolerable_rate: Number,
    strata: str = "stratum",
    allowed: int = 0,
    expected_ratio: Number = 0,
) -> pd.DataFrame:
    """How many items each way of sampling needs.

    `items`: one row per claimed item with `claimed` (points; rows without a claim are left out), the column named
    by `strata`, and perhaps `past` (points by which the item was over-scored before; nan = never verified).

    Returns one row each for attribute and points, and one per stratum (by name) for stratified:
    method, stratum ("" but for stratified), population (items; for points those that hold any), points (claimed),
    tolerable (attribute: items, rounded up; points: points; stratified: nan), size (items).
    A size never exceeds its population; where no sample could show it (allowed >= tolerable) it is the
    population. Stratified spreads the size of attribute, at least two items per stratum, by the standard
    deviation of `past`, or of the claimed points where that column is missing. A stratum with fewer than two past
    values takes the deviation of all past values. Raises ValueError for a missing column, a tolerable rate
    outside (0, 1], and what the sizes themselves refuse.
    Source: Touw and Hoogduin (2011), attribute; AICPA (2017), table C-1, points; Wright (2012), stratified.
    """
    if absent := [c for c in ("claimed", strata) if c not in items.columns]:
        raise ValueError(f"the items lack the columns {', '.join(absent)}")
    per_points = points_size(tolerable_rate, confidence, expected_ratio)
    claims = items[items["claimed"].notna()]
    held = claims[claims["claimed"] > 0]
    population, book = len(claims), float(held["claimed"].sum())
    bad = tolerable(tolerable_rate, population)
    size = attribute_size(population, bad, confidence, allowed)
    size = population if size is None else size
    share = float(written(tolerable_rate))
    rows: list[tuple[str, str, int, float, float, int]] = [
        ("attribute", "", population, book, float(bad), size),
        ("points", "", len(held), book, share * book, min(per_points, len(held))),
    ]
    basis = "past" if "past" in claims.columns else "claimed"
    groups = {str(name): group for name, group in claims.groupby(strata, sort=True, dropna=False)}
    counts = [len(group) for group in groups.values()]
    whole = deviation_of(claims[basis], 0.0)
    deviations = [deviation_of(group[basis], whole if basis == "past" else 0.0) for group in groups.values()]
    least = sum(min(LEAST_PER_STRATUM, n) for n in counts)
    allocation = neyman(counts, deviations, max(size, least), LEAST_PER_STRATUM)
    for (name, group), n, drawn in zip(groups.items(), counts, allocation, strict=True):
        rows.append(("stratified", name, n, float(group["claimed"].clip(lower=0).sum()), math.nan, drawn))
    return pd.DataFrame(rows, columns=PLAN_COLUMNS)


def deviation_of(points: pd.Series, otherwise: float) -> float:
    """Standard deviation (n - 1) of the points there are; `otherwise` when they are fewer than two.

    Source: Cochran (1977), Sampling Techniques, section 5.5: the stratum's S in Neyman's allocation.
    """
    known = points.dropna()
    return float(known.std()) if len(known) > 1 else otherwise
