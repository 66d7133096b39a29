"""Sums and means, worked out on paper."""

from fractions import Fraction as F

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxlib.index.aggregate import AGGREGATES, total, unreduced, weight_of, whole_numbers


def test_sums():
    assert total([]) == 0
    assert total([F(1, 2), F(1, 3), F(1, 6)]) == 1
    assert F(*unreduced([(3, F(1, 4)), (F(1, 2), F(1, 2)), (5, F(1, 4)), (2, F(0))])) == F(9, 4)
    assert weight_of([(F(1, 2), F(1)), (3, F(1))]) == F(7, 2)


@given(st.lists(st.tuples(st.fractions(0, 9, max_denominator=12), st.fractions(-1, 1, max_denominator=30)), max_size=6))
def test_a_sum_over_common_denominators_is_the_sum(pairs):
    n, d = unreduced(pairs)
    assert (F(n, d), d > 0) == (sum((w * x for w, x in pairs), F(0)), True)


def test_equal_denominators_are_added_before_they_are_multiplied():
    """Ten thirds stand over 3, not over 3 to the tenth: what makes ten thousand rows fast."""
    assert unreduced([(1, F(1, 3))] * 10) == (10, 3)


@pytest.mark.parametrize("weights, expected", [
    ([1, 2], [1, 2]), ([F(1, 2), F(1, 3)], [3, 2]), ([F(1, 2), 1], [1, 2]), ([F(3, 10), F(7, 10)], [3, 7]), ([], []),
])  # fmt: skip
def test_whole_numbers(weights, expected):
    assert whole_numbers(weights) == expected


@pytest.mark.parametrize("mean, pairs, expected", [
    ("arithmetic", [(F(1, 2), F(1)), (F(3, 2), F(1, 3))], F(1, 2)),
    ("arithmetic", [(2, F(1, 4)), (1, F(1))], F(1, 2)),
    ("geometric", [(1, F(1, 2)), (1, F(1, 8))], F(1, 4)),
    ("geometric", [(2, F(1, 8)), (1, F(1))], F(1, 4)),
    ("geometric", [(F(2, 3), F(1, 8)), (F(1, 3), F(1))], F(1, 4)),
    ("geometric", [(3, F(1, 7))], F(1, 7)),
    ("harmonic", [(1, F(1, 2)), (1, F(1, 4))], F(1, 3)),
    ("harmonic", [(3, F(1, 2)), (1, F(1, 4))], F(2, 5)),
    ("geometric", [(1, F(1)), (5, F(0))], F(0)),
    ("harmonic", [(1, F(1)), (5, F(0))], F(0)),
])  # fmt: skip
def test_means(mean, pairs, expected):
    found = AGGREGATES[mean](pairs)
    assert found == expected or (mean == "geometric" and abs(found - expected) < F(1, 10**40))


def test_a_root_has_40_digits():
    """The square root of 1/2 to 40 digits (OEIS A010503)."""
    assert AGGREGATES["geometric"]([(1, F(1, 2)), (1, F(1))]) == F("0.7071067811865475244008443621048490392848")
