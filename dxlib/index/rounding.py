"""Round once, from exact numbers."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import overload

import numpy as np

from ..case.settings import Settings

ROOT_DECIMALS = 30


def scaled(numerator: int, denominator: int, decimals: int, half: str = "away") -> int:
    """numerator/denominator in units of the last decimal place; a half goes away from zero, or to the even neighbour.

    The denominator is positive; the two need not be coprime.
    """
    whole, rest = divmod(abs(numerator) * 10**decimals, denominator)
    twice = 2 * rest - denominator
    if twice > 0 or (twice == 0 and (half == "away" or whole % 2)):
        whole += 1
    return whole if numerator >= 0 else -whole


def rounded(x: Fraction, decimals: int, half: str = "away") -> Fraction:
    """x to `decimals` places."""
    return Fraction(scaled(x.numerator, x.denominator, decimals, half), 10**decimals)


@overload
def at_root_precision(x: Fraction, rooted: bool) -> Fraction: ...
@overload
def at_root_precision(x: None, rooted: bool) -> None: ...
def at_root_precision(x: Fraction | None, rooted: bool) -> Fraction | None:
    """A share, or points, as they are compared and rounded.

    A sum of roots kept to 40 digits misses the last few: where x may be one, 30 decimals decide, so that
    (√0.02 + √0.08)/2 ties with √0.045. Anything else is exact as it is.

    rooted   whether the node is in `Framework.rooted`
    """
    return x if x is None or not rooted else rounded(x, ROOT_DECIMALS)


def round_share(share: Fraction | None, maximum: Fraction, settings: Settings, rooted: bool) -> Fraction | None:
    """The share that gives rounded points.

    rooted   whether the share may hold roots (`Framework.rooted`)
    """
    if share is None or not maximum:
        return share
    return rounded(at_root_precision(share * maximum, rooted), settings.points_decimals, settings.half) / maximum


def rounded_column(
    shares: Sequence[Fraction | None],
    factors: Sequence[Fraction] | None,
    decimals: int,
    half: str,
    rooted: bool = False,
) -> np.ndarray:
    """share x factor of a whole column to `decimals` places, as floats (nan for None).

    rooted   see `at_root_precision`

    Floats decide wherever they are surely right; anything near a half is decided on the exact numbers, so
    the result is that of `scaled` to the last bit.
    """
    units = np.array([np.nan if s is None else s.numerator / s.denominator for s in shares]) * 10.0**decimals
    if factors is not None:
        units = units * np.array([f.numerator / f.denominator for f in factors])
    below = np.floor(units)
    sure = (np.abs(units - below - 0.5) > 1e-3) & (np.abs(units) < 2.0**41)
    whole = np.where(units - below > 0.5, below + 1, below)
    for i in np.flatnonzero(~sure & ~np.isnan(units)).tolist():
        x = at_root_precision((shares[i] or Fraction(0)) * (Fraction(1) if factors is None else factors[i]), rooted)
        whole[i] = scaled(x.numerator, x.denominator, decimals, half)
    return whole / 10.0**decimals
