"""Round once, from exact numbers."""

from __future__ import annotations

from fractions import Fraction


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
