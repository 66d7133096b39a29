"""Heaped percentages and totals bunched above a class: answers on paper, exact referees, what must always hold."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import log10, prod

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxlib.verify.flag import COLUMNS
from dxlib.verify.heaping import (
    binomial_tail,
    bunched_totals,
    bunching,
    chance_of_five,
    heaped_percentages,
    poisson_binomial_tail,
)

FIVE, HALF = Fraction(5), Fraction(1, 2)
many = settings(max_examples=100)


def ratios(agency, pairs):
    columns = {"agency": agency, "indicator": [f"{i}" for i in range(len(pairs))]}
    return pd.DataFrame({**columns, "a": [str(a) for a, _ in pairs], "b": [str(b) for _, b in pairs]})


# Answers on paper


def test_bunching_on_paper():
    # 5 in [90, 92), 1 in [88, 90): (6 + 1) / 64
    totals = [Fraction(t) for t in ("90", "90.5", "91", "91", "91.99", "88", "92", "87.99")]
    assert bunching(totals, Fraction(90), Fraction(2)) == (5, 1, 7 / 64)


def test_heaped_percentages_on_paper():
    # 200 patients, 1..199: 19 numerators give a multiple of 5 %; five hits of five
    (found,) = heaped_percentages(ratios("a", [(160, 200)] * 5)).to_dict("records")
    assert (found["flag"], found["agency"], found["indicator"], found["other"]) == ("heaping", "a", "", "5")
    assert found["value"] == 5 and found["expected"] == pytest.approx(5 * 19 / 199)
    assert found["strength"] == pytest.approx(-5 * log10(19 / 199))


def test_bunched_totals_on_paper():
    # all eight just above: 1/256
    shares = {f"a{i}": Fraction(900 + i, 1000) for i in range(8)}
    (found,) = bunched_totals(shares, [(Fraction(9, 10), "Tốt"), (Fraction(7, 10), "Khá")]).to_dict("records")
    assert (found["flag"], found["agency"], found["other"]) == ("bunching", "", "Tốt")
    assert (found["value"], found["expected"]) == (8, 0)
    assert found["strength"] == pytest.approx(log10(256))


# What chance can do


def test_what_small_wholes_force_is_not_heaping():
    """Of 20 everything is a multiple of 5 %, of 23 nothing; of 40 every second."""
    assert (chance_of_five(20), chance_of_five(23), chance_of_five(40)) == (1.0, 0.0, 19 / 39)
    forced = ratios("a", [(a, 20) for a in range(1, 20)])
    assert heaped_percentages(forced).empty
    few = ratios("a", [(a, 40) for a in (2, 4, 6, 8, 10)])  # 5 of 5 at 19/39: p = 0.027
    assert heaped_percentages(few).empty
    # forced rows beside three surprising ones count as rows, and add nothing to the surprise
    (found,) = heaped_percentages(pd.concat([forced, ratios("a", [(1500, 2000)] * 3)])).to_dict("records")
    assert found["strength"] == pytest.approx(-3 * log10(19 / 1999))


@pytest.mark.parametrize(
    "uncounted",
    [(0, 200), (200, 200), (210, 200), (9, 10), ("", 200), (160, ""), ("-10", 200), ("60.5", 200), ("16", "20.5")],
)
def test_rows_that_say_nothing_are_not_counted(uncounted):
    four = [(160, 200)] * 4
    assert heaped_percentages(ratios("a", [*four, uncounted])).empty  # four rows are too few
    (found,) = heaped_percentages(ratios("a", [*four, (160, 200), uncounted])).to_dict("records")
    assert found["other"] == "5"


def test_whole_numbers_written_with_decimals_are_whole():
    assert len(heaped_percentages(ratios("a", [("160.0", "200.00")] * 5))) == 1


def test_honest_counts_are_left_alone():
    seeded = np.random.default_rng(11)
    parts = []
    for i in range(200):
        b = seeded.integers(20, 400, 20)
        parts.append(ratios(f"a{i:03}", [(int(seeded.integers(1, n)), int(n)) for n in b]))
    assert len(heaped_percentages(pd.concat(parts))) <= 2  # 0.2 expected, at one in a thousand
    heaped = [(n // 20 * 16, n // 20 * 20) for n in range(100, 300, 10)]
    found = heaped_percentages(pd.concat([*parts, ratios("chosen", heaped)]))
    assert found["agency"][0] == "chosen" and found["value"][0] == 20


def test_class_boundaries_belong_to_the_class_above():
    cut, width = Fraction(9, 10), Fraction(1, 50)
    edges = [cut - width, cut - Fraction(1, 10**30), cut, cut + width]
    assert bunching(edges, cut, width) == (1, 2, 7 / 8)


@pytest.mark.parametrize(
    "above, below, flagged", [(7, 1, True), (6, 2, False), (7, 0, False), (8, 0, True), (0, 8, False)]
)
def test_bunching_needs_eight_and_surprise(above, below, flagged):
    totals = [Fraction(91, 100)] * above + [Fraction(89, 100)] * below
    shares = {str(i): t for i, t in enumerate(totals)}
    assert len(bunched_totals(shares, [(Fraction(9, 10), "x")])) == flagged


# Referees and properties


@many
@given(st.integers(0, 60), st.integers(0, 60), st.fractions("10/9", 20, max_denominator=9))
def test_binomial_tail_against_scipy(n, hits, base):
    from scipy.stats import binom

    hits = min(n, hits)
    assert float(binomial_tail(n, hits, 1 / base)) == pytest.approx(binom.sf(hits - 1, n, float(1 / base)), rel=1e-9)


@many
@given(st.integers(20, 500))
def test_chance_of_five_by_counting(b):
    multiples = sum(Fraction(100 * a, b) % 5 == 0 for a in range(1, b))
    assert chance_of_five(b) == multiples / (b - 1)


@many
@given(st.lists(st.fractions(0, 1, max_denominator=50), min_size=1, max_size=5), st.integers(0, 6))
def test_poisson_binomial_by_all_outcomes(chances, hits):
    ways = sum(
        prod((c if won else 1 - c) for c, won in zip(chances, outcome, strict=True))
        for outcome in product((0, 1), repeat=len(chances))
        if sum(outcome) >= hits
    )
    padded = np.array([[*map(float, chances), 0.0, 0.0]])
    assert poisson_binomial_tail(padded, np.array([hits]))[0] == pytest.approx(float(ways), rel=1e-12, abs=0)


@many
@given(st.lists(st.integers(800, 999), max_size=40))
def test_bunching_by_counting(totals):
    shares = [Fraction(t, 1000) for t in totals]
    above, below, p = bunching(shares, Fraction(9, 10), Fraction(1, 50))
    assert (above, below) == (sum(900 <= t < 920 for t in totals), sum(880 <= t < 900 for t in totals))
    assert 0 < p <= 1
    more = bunching([*shares, Fraction(9, 10)], Fraction(9, 10), Fraction(1, 50))[2]
    assert more < p or p == 1  # one more above never makes it more likely
    mirrored = bunching([Fraction(18, 10) - s - Fraction(1, 1000) for s in shares], Fraction(9, 10), Fraction(1, 50))
    assert mirrored[:2] == (below, above)


def test_p45_row_order_does_not_matter():
    parts = [ratios(a, [(k * 5, 100) for k in range(3, 3 + n)]) for a, n in (("c", 6), ("a", 6), ("b", 9))]
    table = pd.concat(parts)
    found = heaped_percentages(table)
    assert found["agency"].tolist() == ["b", "a", "c"]
    pd.testing.assert_frame_equal(heaped_percentages(table.sample(frac=1, random_state=1)), found)


def test_strengths_stay_finite():
    found = heaped_percentages(ratios("a", [(8 * 10**11, 10**12)] * 45))
    assert found["strength"][0] == 300


# Little and wrong input


def test_nothing_in_nothing_out():
    for found in (
        heaped_percentages(ratios("a", [])),
        bunched_totals({}, [(HALF, "x")]),
        bunched_totals({"a": HALF}, []),
    ):
        assert list(found.columns) == COLUMNS and found.empty
    assert bunching([], HALF, HALF) == (0, 0, 1.0)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: bunching([HALF], HALF, Fraction(0)),
        lambda: heaped_percentages(ratios("a", [("1e3", 2000)])),
    ],
)
def test_wrong_calls_are_refused(wrong):
    with pytest.raises(ValueError):
        wrong()
