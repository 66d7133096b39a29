"""Figures that were chosen rather than counted: percentages heaped on multiples of five, totals just above a class.

Every chance is exact: what a rule or a small denominator makes impossible is not held against anybody. Benford's law
of first digits is not used: it describes quantities that spread over many powers of ten, while points and shares end
at their maximum, so that their first digits follow the rule of the row and would accuse the honest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import comb, gcd, log10

import numpy as np
import pandas as pd

from ..case.tables import rows_of
from ..rules import number
from .flag import frame, noticed

WIDTH = Fraction(1, 50)  # of the index, either side of a cut-off
FEWEST_NEAR_A_CUT = 8
SMALLEST_WHOLE = 20  # below it some multiples of 5 % cannot be hit
FEWEST_PERCENTAGES = 5
RARE, SURPRISING = 0.001, 0.05
FAINTEST = 1e-300  # strengths stay finite


def binomial_tail(n: int, hits: int, chance: Fraction) -> Fraction:
    """P(at least `hits` of n), exactly, for 0 <= hits <= n and a chance below 1. Source: the binomial distribution."""
    top, bottom = chance.numerator, chance.denominator
    ways, chosen = 0, comb(n, hits)
    for k in range(hits, n + 1):
        ways += chosen * top**k * (bottom - top) ** (n - k)
        chosen = chosen * (n - k) // (k + 1)
    return Fraction(ways, bottom**n)


def strength(p: float) -> float:
    """Zeros after the decimal point of a probability: 3 for 0.001, at most 300."""
    return -log10(max(p, FAINTEST))


def bunching(shares: Iterable[Fraction], cut: Fraction, width: Fraction) -> tuple[int, int, float]:
    """(above, below, p): do totals stand just above a cut-off rather than just below?

    shares  exact totals; above counts [cut, cut + width), below [cut - width, cut)
    p       exact chance of at least so many above if both sides were equally likely; 1 where nobody is near
    Raises ValueError for width <= 0.
    Source: a one-sided sign test of both windows, the crude form of McCrary (2008), J. of Econometrics 142, 698-714.
    """
    if width <= 0:
        raise ValueError(f"the window needs a width above zero, not {width}")
    away = [s - cut for s in shares]
    above, below = sum(0 <= d < width for d in away), sum(-width <= d < 0 for d in away)
    return above, below, float(binomial_tail(above + below, above, Fraction(1, 2)))


def chance_of_five(b: int) -> float:
    """The chance that a numerator chosen evenly from 1..b-1 gives a whole multiple of 5 %: 20a/b is whole for
    gcd(20, b) - 1 of them. Source: own counting, for whole b >= 2."""
    return (gcd(20, b) - 1) / (b - 1)


def poisson_binomial_tail(chances: np.ndarray, hits: np.ndarray) -> np.ndarray:
    """P(at least `hits` successes) in every line of unequal chances, (n, d) and (n,) -> (n,).

    The distribution is built up chance by chance; only positive terms are added, so that small tails keep their
    digits. A chance of 0 fills a line up and changes nothing.
    Source: the convolution of independent trials, e.g. Hong (2013), Computational Statistics & Data Analysis 59, §2.
    """
    n, d = chances.shape
    ways = np.zeros((n, d + 1))
    ways[:, 0] = 1.0
    for j in range(d):
        chance = chances[:, j : j + 1]
        ways[:, 1:] = ways[:, 1:] * (1 - chance) + ways[:, :-1] * chance
        ways[:, :1] *= 1 - chance
    counted = np.arange(d + 1) >= hits[:, None]
    return np.minimum((ways * counted).sum(axis=1), 1.0)


def heaped_percentages(ratios: pd.DataFrame) -> pd.DataFrame:
    """Flags `heaping`: agencies whose percentages are whole multiples of five far too often.

    ratios   agency, indicator, a, b (decimal text; rows whose value is a/b). Counted are whole a and b with b >= 20 and
             0 < a < b; an agency needs five such rows.
    Each row has its own chance, from the numerators that can give a multiple of 5 % at all: with b = 20 every one
    does, with b = 23 none. Flagged below an exact chance of 0.001. strength: -log10 of it · value: multiples of five
    · expected: how many chance would give · other: the number of percentages.
    Source: `chance_of_five` and `poisson_binomial_tail`, after Whipple's index.
    """
    chances: dict[str, list[float]] = {}
    hits: dict[str, int] = {}
    for agency, top, bottom in rows_of(ratios, "agency", "a", "b"):
        if not top or not bottom:
            continue
        (a, part), (b, whole) = number(top).as_integer_ratio(), number(bottom).as_integer_ratio()
        if part == whole == 1 and b >= SMALLEST_WHOLE and 0 < a < b:
            chances.setdefault(agency, []).append(chance_of_five(b))
            hits[agency] = hits.get(agency, 0) + (20 * a % b == 0)
    agencies = [agency for agency, row in chances.items() if len(row) >= FEWEST_PERCENTAGES]
    if not agencies:
        return frame([])
    table = np.zeros((len(agencies), max(len(chances[agency]) for agency in agencies)))
    for i, agency in enumerate(agencies):
        table[i, : len(chances[agency])] = chances[agency]
    tails = poisson_binomial_tail(table, np.array([hits[agency] for agency in agencies]))
    return frame(
        noticed("heaping", agency, "", strength(p), hits[agency], sum(chances[agency]), str(len(chances[agency])))
        for agency, p in zip(agencies, tails.tolist(), strict=True)
        if p < RARE
    )


def bunched_totals(shares: Mapping[str, Fraction], cuts: Sequence[tuple[Fraction, str]]) -> pd.DataFrame:
    """Flags `bunching`: more agencies just above the cut-off of a class than just below, of the group as a whole.

    shares   agency -> share of the index claimed, exact
    cuts     (share from which a class begins, name of the class)
    Windows of 0.02 either side; flagged where eight agencies or more stand in both together and the exact chance is
    below 0.05. strength: -log10 of it · value: agencies above · expected: agencies below · other: the class.
    Source: `bunching`, after McCrary (2008).
    """
    rows = []
    for cut, name in cuts:
        above, below, p = bunching(shares.values(), cut, WIDTH)
        if p < SURPRISING and above + below >= FEWEST_NEAR_A_CUT:
            rows.append(noticed("bunching", "", "", strength(p), above, below, name))
    return frame(rows)
