"""Rounding against Python's decimal module, and a column against single numbers."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxlib.index.rounding import rounded, rounded_column, scaled

MODES = {"away": ROUND_HALF_UP, "even": ROUND_HALF_EVEN}  # decimal's "up" is away from zero


@given(st.integers(-(10**9), 10**9), st.integers(0, 6), st.integers(0, 6), st.sampled_from(sorted(MODES)))
def test_rounded_as_the_decimal_module_does(n, places, decimals, half):
    x = Decimal(n).scaleb(-places)
    expected = Fraction(x.quantize(Decimal(1).scaleb(-decimals), MODES[half]))
    assert rounded(Fraction(x), decimals, half) == expected


@pytest.mark.parametrize("numerator, denominator, decimals, expected", [
    (1, 2, 0, 1), (-1, 2, 0, -1), (3, 2, 0, 2), (5, 2, 0, 3), (0, 5, 2, 0),  # half away from zero unless it is said otherwise
    (1, 3, 0, 0), (2, 3, 0, 1), (-2, 3, 0, -1), (1, 3, 2, 33), (2, 3, 2, 67),  # one over and one under the half
    (2, 4, 0, 1), (6, 9, 0, 1), (50, 100, 0, 1),  # not coprime
])  # fmt: skip
def test_scaled_by_hand(numerator, denominator, decimals, expected):
    assert scaled(numerator, denominator, decimals) == expected
    assert rounded(Fraction(numerator, denominator), decimals) == Fraction(expected, 10**decimals)


@pytest.mark.parametrize(
    "x, away, even", [("0.5", 1, 0), ("1.5", 2, 2), ("2.5", 3, 2), ("-0.5", -1, 0), ("-1.5", -2, -2), ("2.51", 3, 3)]
)
def test_halves_both_ways(x, away, even):
    assert (rounded(Fraction(x), 0, "away"), rounded(Fraction(x), 0, "even")) == (away, even)


shares = st.one_of(
    st.none(),
    st.fractions(-2, 2, max_denominator=1000),
    st.integers(-3999, 3999).map(lambda n: Fraction(n, 2000)),  # halves of the third decimal
    st.integers(-(10**18), 10**18).map(lambda n: Fraction(n, 2)),  # larger than floats can tell a half of
)
factors = st.fractions(0, 1000, max_denominator=30)


@given(st.lists(st.tuples(shares, factors), max_size=12), st.integers(0, 4), st.sampled_from(sorted(MODES)))
def test_a_column_is_rounded_as_its_numbers_are(cells, decimals, half):
    for scale in (None, [factor for _, factor in cells]):
        found = rounded_column([share for share, _ in cells], scale, decimals, half)
        exact = [None if s is None else s * (1 if scale is None else f) for s, f in cells]
        whole = [None if x is None else scaled(x.numerator, x.denominator, decimals, half) for x in exact]
        expected = [np.nan if n is None else float(n) / 10.0**decimals for n in whole]
        assert found.dtype == float
        assert np.array_equal(found, np.array(expected, float), equal_nan=True)


@pytest.mark.parametrize("half, expected", [
    ("away", [0.13, -0.13, 0.38, 1.01, np.nan, 0.0, 3.0]), ("even", [0.12, -0.12, 0.38, 1.0, np.nan, 0.0, 3.0]),
])  # fmt: skip
def test_halves_in_a_column(half, expected):
    """1/8, -1/8, 3/8, 1.005 and 2.999; and the same as parts of 20."""
    exact = [
        Fraction(1, 8),
        Fraction(-1, 8),
        Fraction(3, 8),
        Fraction(201, 200),
        None,
        Fraction(0),
        Fraction(2999, 1000),
    ]
    parts = [None if x is None else x / 20 for x in exact]
    assert np.array_equal(rounded_column(exact, None, 2, half), expected, equal_nan=True)
    assert np.array_equal(rounded_column(parts, [Fraction(20)] * 7, 2, half), expected, equal_nan=True)


@pytest.mark.parametrize("share, factor, hundredths", [
    (Fraction(72143145996024, 7), Fraction(10, 3), 3435387904572571),  # 721431459960240/21 = 34353879045725.71428…
    (Fraction(119214161611753, 9), Fraction(5, 7), 946144139775817),  # 596070808058765/63 = 9461441397758.17460…
])  # fmt: skip
def test_a_column_beyond_what_floats_tell_apart(share, factor, hundredths):
    """As floats these products end in …572.0 and …817.6 hundredths, and would be rounded to the wrong side."""
    assert rounded_column([share], [factor], 2, "away").tolist() == [hundredths / 100]
