"""Sums in machine words are the sums of fractions, whatever the figures."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dxlib.years.sums import Sums, fractions

WHOLE = st.one_of(st.integers(-3, 3), st.integers(-(10**6), 10**6), st.integers(-(10**45), 10**45))
BELOW = st.one_of(st.integers(1, 7), st.integers(1, 10**6), st.integers(1, 10**45))
SHARES = st.one_of(st.none(), st.builds(Fraction, WHOLE, BELOW))


@st.composite
def tables(draw):
    """(row -> shares, row -> factor, places)"""
    agencies = draw(st.integers(1, 4))
    columns = draw(
        st.dictionaries(st.tuples(st.integers(0, 20)), st.lists(SHARES, min_size=agencies, max_size=agencies))
    )
    factors = {key: draw(st.one_of(st.integers(-5, 5), st.integers(-(2**70), 2**70))) for key in columns}
    return columns, factors, draw(st.lists(st.integers(0, agencies - 1), min_size=1, max_size=4)), agencies


@settings(max_examples=200)
@given(tables())
def test_sums_are_exact(table):
    columns, factors, places, agencies = table
    sums = Sums(columns, agencies)
    found = fractions(sums.of(factors, np.array(places)), sums.below[places])
    by_hand = [sum((f * (columns[key][i] or 0) for key, f in factors.items()), Fraction(0)) for i in places]
    assert found == by_hand


def test_figures_of_thousands_fit_few_blocks():
    """Denominators of up to 1,000: four or more columns go into one block, in machine words."""
    columns = {(n,): [Fraction(i % 97, 900 + (7 * i + n) % 100) for i in range(50)] for n in range(12)}
    blocks = Sums(columns, 50).blocks
    assert len(blocks) <= 3 and all(cells.dtype == np.int64 for block in blocks for cells in block.cells.values())
