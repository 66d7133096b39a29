"""Which choice moves the ranking most? Variance-based (Sobol) indices of every factor of `scenarios`.

Exact from a full factorial; where that is too large, estimated from scrambled Sobol points with an interval. Every
output (mean shift, each agency's place) comes from the same combinations, at once.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

import numpy as np
import pandas as pd

from .. import confidence
from ..case import Case
from .scenarios import MOST, NAN, Start, begin, combinations, effective, mean_shift, rank_all

POINTS = 512  # rows of a sampled design (a power of two)
DRAWS = 500  # bootstrap samples of its rows
BLOCK = 4_000_000  # numbers of f_ab, or of bootstrap figures, held at once
NAMED = 3  # agencies named for a factor
DECIMALS = 6


class Indices(NamedTuple):
    """first, total (D, M): Sobol indices of D factors for M outputs; nan where an output never varies.

    variance (M,): of the outputs, all combinations equally likely.
    """

    first: np.ndarray
    total: np.ndarray
    variance: np.ndarray


class Study(NamedTuple):
    """Indices of the M = 1 + N outputs: mean shift; each agency's place.

    low, high   the same in (2, D, M), first and total: ends of the interval; of no width for an exact study
    exact       whether every combination was computed
    """

    start: Start
    choices: dict[str, list[str]]
    indices: Indices
    low: np.ndarray
    high: np.ndarray
    exact: bool


def indices_exact(outputs: np.ndarray, design: np.ndarray) -> Indices:
    """First-order and total indices from a full factorial, all levels of a factor equally likely.

    outputs   (K, M) one row per combination
    design    (K, D) levels, every combination exactly once, in any order

    S_i = V(E[Y|F_i]) / V and T_i = E[V(Y|F_-i)] / V; a factor that does nothing gets exactly 0, an output that
    never varies (or is nan somewhere) nan. Raises ValueError for a design that is not a full factorial.
    Source: Saltelli et al. (2010), Computer Physics Communications 181, eq. 1 and 3.
    """
    outputs, design = np.asarray(outputs, float), np.asarray(design)
    levels = [np.unique(column, return_inverse=True) for column in design.T]
    sizes = [len(names) for names, _ in levels]
    place = np.ravel_multi_index([at for _, at in levels], sizes) if sizes else np.zeros(len(design), int)
    if outputs.ndim != 2 or len(outputs) != len(design) or sorted(place.tolist()) != list(range(prod(sizes))):
        raise ValueError("a full factorial has every combination exactly once, with one row of outputs each")
    y = np.empty(outputs.shape)
    y[place] = outputs
    y = (y - y[0]).reshape(*sizes, -1)  # from the first combination, so that what is equal differs by exactly 0
    variance = y.reshape(len(outputs), -1).var(axis=0)
    first, total = np.empty((2, len(sizes), y.shape[-1]))
    for i, size in enumerate(sizes):
        by_level = np.moveaxis(y, i, 0).reshape(size, -1, y.shape[-1])
        means = by_level.mean(axis=1)
        first[i] = (means - means[0]).var(axis=0)
        total[i] = (by_level - by_level[0]).var(axis=0).mean(axis=0)
    return Indices(ratio(first, variance), ratio(total, variance), variance)


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), NAN)


def points(factors: int, rows: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scrambled Sobol points for `jansen`: A and B (rows, D), and AB (D, rows, D), A with column i of B.

    rows   a power of two (ValueError otherwise)

    In [0, 1). Source: Sobol' (1967); Owen (1998), Journal of Complexity 14 (scrambling); Saltelli et al. (2010),
    table 2, for the crossing.
    """
    from scipy.stats import qmc

    if rows < 1 or rows & (rows - 1):
        raise ValueError(f"rows of a Sobol design are a power of two, not {rows}")
    both = qmc.Sobol(2 * factors, scramble=True, rng=rng).random(rows)
    a, b = both[:, :factors], both[:, factors:]
    crossed = np.repeat(a[None], factors, axis=0)
    for i in range(factors):
        crossed[i, :, i] = b[:, i]
    return a, b, crossed


def squares(f_a: np.ndarray, f_b: np.ndarray, f_ab: np.ndarray) -> np.ndarray:
    """What `jansen` averages over the rows, (rows, 2 + 2 D, M): y and y^2 of A and B together (y from their mean),
    then half the squared differences for first-order (B against AB) and for total indices (A against AB)."""
    factors, rows, m = f_ab.shape
    centre = (f_a.mean(axis=0) + f_b.mean(axis=0)) / 2
    a, b = f_a - centre, f_b - centre
    out = np.empty((rows, 2 + 2 * factors, m))
    out[:, 0], out[:, 1] = (a + b) / 2, (a * a + b * b) / 2
    for k, f in ((2, f_b), (2 + factors, f_a)):
        for i in range(factors):
            np.subtract(f, f_ab[i], out=out[:, k + i])
    differences = out[:, 2:]
    differences *= differences
    differences /= 2
    return out


def jansen(f_a: np.ndarray, f_b: np.ndarray, f_ab: np.ndarray) -> Indices:
    """Sobol indices from a sampled design, for all outputs at once.

    f_a, f_b   (rows, M) outputs at A and B
    f_ab       (D, rows, M) outputs at A with column i taken from B

    S_i = 1 - E[(f_B - f_ABi)^2] / 2V, T_i = E[(f_A - f_ABi)^2] / 2V, V from A and B together; nan where V = 0.
    S_i may fall a little below 0 by sampling error.
    Source: Jansen (1999), Computer Physics Communications 117, as in Saltelli et al. (2010), table 2 (b) and (f).
    """
    means = squares(f_a, f_b, f_ab).mean(axis=0)
    still = (f_a == f_a[0]).all(axis=0) & (f_b == f_a[0]).all(axis=0)
    variance = np.where(still, 0.0, means[1] - means[0] ** 2)
    first, total = np.split(ratio(means[2:], variance), 2)
    return Indices(1 - first, total, variance)


def resamples(rows: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """(draws, rows) how often each row stands in a bootstrap sample of all rows, divided by their number."""
    return rng.multinomial(rows, np.full(rows, 1 / rows), size=draws) / rows


def jansen_intervals(
    f_a: np.ndarray, f_b: np.ndarray, f_ab: np.ndarray, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Percentile bootstrap intervals of `jansen`: rows of A, B and AB are drawn together and V is computed again.

    counts   (draws, rows) from `resamples`: the same rows for every output and factor

    Returns low and high, (2, D, M) each: first, total. nan where V = 0. Sobol points cover the space more evenly than
    independent ones, so the interval is rather too wide than too narrow.
    Source: Archer, Saltelli & Sobol' (1997), Journal of Statistical Computation and Simulation 58 (bootstrap).
    """
    factors, rows, m = f_ab.shape
    low, high = np.empty((2, 2, factors, m))
    step = max(1, BLOCK // ((2 + 2 * factors) * max(rows, len(counts))))
    for at in (slice(k, k + step) for k in range(0, m, step)):
        parts = squares(f_a[:, at], f_b[:, at], f_ab[:, :, at])
        means = (counts @ parts.reshape(rows, -1)).reshape(len(counts), *parts.shape[1:])
        variance = means[:, 1] - means[:, 0] ** 2
        variance = np.where(variance > 1e-12 * parts[:, 1].max(axis=0), variance, 0.0)
        ends = quantiles(ratio(means[:, 2:], variance[:, None]), confidence.level())
        low[0, :, at], high[0, :, at] = 1 - ends[1, :factors], 1 - ends[0, :factors]
        low[1, :, at], high[1, :, at] = ends[:, factors:]
    return low, high


def quantiles(samples: np.ndarray, level: float) -> np.ndarray:
    """(2, ...) ends of the middle `level` of (draws, ...) samples, linear between two; samples that are nan are left
    out, nan where all are."""
    ordered = np.sort(np.moveaxis(samples, 0, -1), axis=-1)  # nan last
    known = np.count_nonzero(~np.isnan(ordered), axis=-1)
    at = np.maximum(known - 1, 0) * np.array([(1 - level) / 2, (1 + level) / 2]).reshape(2, *[1] * known.ndim)
    below = np.floor(at).astype(int)
    above = np.minimum(below + 1, np.maximum(known - 1, 0))
    one, other = (np.stack([np.take_along_axis(ordered, k[..., None], -1)[..., 0] for k in p]) for p in (below, above))
    return one + (at - below) * (other - one)


def study(
    case: Case,
    on: str | None = None,
    rng: np.random.Generator | None = None,
    most: int = MOST,
    rows: int = POINTS,
    draws: int = DRAWS,
) -> Study | None:
    """Indices of every output: exact up to `most` combinations, above from `rows` Sobol points and `draws` bootstrap
    samples of them, for which `rng` is needed (ValueError without). None where nothing can be chosen."""
    start = begin(case, on)
    choices = effective(start)
    if not choices:
        return None
    sizes = [len(names) for names in choices.values()]
    exact = prod(sizes) <= most
    if exact:
        design = np.indices(sizes).reshape(len(sizes), -1).T
    elif rng is None:
        raise ValueError(f"{prod(sizes)} combinations are more than {most}: a generator is needed to sample them")
    else:
        a, b, crossed = points(len(sizes), rows, rng)
        design = np.floor(np.concatenate([a, b, crossed.reshape(-1, len(sizes))]) * sizes).astype(int)
    values, at = evaluated(start, choices, design)
    found = []
    step = max(1, BLOCK // len(design))
    counts = None if exact or rng is None else resamples(rows, draws, rng)
    for block in (values[:, k : k + step] for k in range(0, values.shape[1], step)):
        if counts is None:
            indices = indices_exact(block[at], design)
            both = np.stack([indices.first, indices.total])
            found.append((*indices, both, both))
        else:
            f_ab = block[at[2 * rows :]].reshape(len(sizes), rows, -1)
            sampled = block[at[:rows]], block[at[rows : 2 * rows]], f_ab
            found.append((*jansen(*sampled), *jansen_intervals(*sampled, counts)))
    first, total, variance, low, high = (np.concatenate(parts, axis=-1) for parts in zip(*found, strict=True))
    return Study(start, choices, Indices(first, total, variance), low, high, exact)


def evaluated(start: Start, choices: dict[str, list[str]], design: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """((K, 1 + N) distinct combinations: mean shift; places; each computed once, and for every row of a design which
    of them it is)."""
    wanted, at = np.unique(design, axis=0, return_inverse=True)
    table = combinations(start, {})
    table = table.loc[table.index.repeat(len(wanted))].reset_index(drop=True)
    for column, (factor, names) in zip(wanted.T, choices.items(), strict=True):
        table[factor] = np.array(names)[column]
    ranks = rank_all(start, table).ranks
    official = start.official["rank"].to_numpy(float, na_value=NAN)
    return np.hstack([mean_shift(ranks, official)[:, None], ranks]), at.ravel()


def importance(
    case: Case, on: str | None = None, rng: np.random.Generator | None = None, most: int = MOST
) -> pd.DataFrame:
    """Which choice moves the ranking most: Sobol indices of the mean shift of places, all alternatives equally likely.

    rng    the generator of the sample, needed above `most` combinations only (ValueError without); the same state
           gives the same table

    Returns, in the order of `factors`: factor; levels (alternatives, the official one among them); first (share of
    the variance that goes when this choice is settled), total (share that stays when all others are), each with
    _low and _high (equal to it where exact); exact (all combinations computed, otherwise estimated from 512
    scrambled Sobol points per matrix); agencies (up to three whose place depends most on this choice, ;-separated) and
    places (how far: the sd of the first one's place when this choice alone changes, root mean square over the
    others). Indices are null where no combination moves anybody. Empty where there is nothing to choose. Raises
    Refusal. Source: Saisana, Saltelli & Tarantola (2005), JRSS A 168, section 4; Saltelli et al. (2010).
    """
    columns = "factor levels first first_low first_high total total_low total_high exact agencies places".split()
    found = study(case, on, rng, most)
    if found is None:
        return pd.DataFrame(columns=columns)
    agencies = found.start.official["agency"].tolist()
    spread = moved_by(found)
    rows = []
    for i, (factor, names) in enumerate(found.choices.items()):
        far = [k for k in np.argsort(-spread[i], kind="stable")[:NAMED].tolist() if spread[i, k] > 0]
        ends = [found.low[0, i, 0], found.high[0, i, 0], found.low[1, i, 0], found.high[1, i, 0]]
        first, total = found.indices.first[i, 0], found.indices.total[i, 0]
        named, places = ";".join(agencies[k] for k in far), spread[i, far[0]] if far else 0.0
        rows.append((factor, len(names), first, *ends[:2], total, *ends[2:], found.exact, named, places))
    return pd.DataFrame(rows, columns=columns).round(DECIMALS)


def moved_by(found: Study) -> np.ndarray:
    """(D, N) sd of each place when one choice alone changes: sqrt(T_i V); 0 where it never changes."""
    n = len(found.start.official)
    own = slice(1, 1 + n)
    return np.sqrt(np.nan_to_num(found.indices.total[:, own] * found.indices.variance[own]))
