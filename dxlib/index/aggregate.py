"""Combine shares up the tree, exactly.

Means: OECD/JRC Handbook (2008), ch. 6. Numbers are fractions; the geometric mean is computed to 60
digits and kept to 40, so that equal results tie.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from math import lcm, prod

from ..rules import WORKING, ZERO, decimal60, kept40

Pairs = Sequence[tuple["Fraction | int", Fraction]]  # (weight > 0, share)


def total(values: Sequence[Fraction]) -> Fraction:
    """The sum, reduced once at the end (adding fractions one by one reduces at every step)."""
    return Fraction(*unreduced([(1, v) for v in values]))


def unreduced(pairs: Pairs) -> tuple[int, int]:
    """The weighted sum as (numerator, denominator), which may have common factors."""
    numerators: dict[int, int] = {}
    for weight, share in pairs:
        d = weight.denominator * share.denominator
        numerators[d] = numerators.get(d, 0) + weight.numerator * share.numerator
    n, d = 0, 1
    for below, above in numerators.items():
        n, d = n * below + above * d, d * below
    return n, d


def weight_of(pairs: Pairs) -> Fraction:
    return Fraction(sum(w for w, _ in pairs))


def whole_numbers(weights: Sequence[Fraction | int]) -> list[int]:
    """Relative weights as the smallest whole numbers in the same proportion; sums of them are fast."""
    scale = lcm(*(w.denominator for w in weights))
    return [int(w * scale) for w in weights]


def arithmetic(pairs: Pairs) -> Fraction:
    """Weighted arithmetic mean: sum w x / sum w."""
    (n, d), weight = unreduced(pairs), sum(w for w, _ in pairs)
    return Fraction(n * weight.denominator, d * weight.numerator)


def geometric(pairs: Pairs) -> Fraction:
    """Weighted geometric mean: product of x^(w / sum w); 0 if any share is 0. Shares must not be negative."""
    if any(x == 0 for _, x in pairs):
        return ZERO
    whole = weight_of(pairs)
    logs = Decimal(0)
    for w, x in pairs:
        logs = WORKING.add(logs, WORKING.multiply(decimal60(Fraction(w) / whole), WORKING.ln(decimal60(x))))
    return kept40(WORKING.exp(logs))


def harmonic(pairs: Pairs) -> Fraction:
    """Weighted harmonic mean: sum w / sum (w / x); 0 if any share is 0. Shares must not be negative."""
    if any(x == 0 for _, x in pairs):
        return ZERO
    return weight_of(pairs) / total([w / x for w, x in pairs])


def product(pairs: Pairs) -> Fraction:
    """The product of the shares (risk = exposure x vulnerability); weights only say which count. Shares must not be
    negative. Source: World Risk Report, ch. 2 (Welle and Birkmann, 2015)."""
    return prod((x for _, x in pairs), start=Fraction(1))


def complement(pairs: Pairs) -> Fraction:
    """One minus the weighted arithmetic mean (lack of capacity = 1 - capacity)."""
    return 1 - arithmetic(pairs)


AGGREGATES: dict[str, Callable[[Pairs], Fraction]] = {
    "arithmetic": arithmetic,
    "geometric": geometric,
    "harmonic": harmonic,
    "product": product,
    "complement": complement,
}
