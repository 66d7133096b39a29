"""Sampling plans: published sizes, exact boundaries, proportional chances, optimal spreads."""

from __future__ import annotations

import math
import time
from fractions import Fraction
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from dxlib.verify import sampling
from dxlib.verify.sampling import (
    PLAN_COLUMNS,
    attribute_size,
    certain_items,
    hypergeometric_bound,
    neyman,
    plan,
    points_size,
    points_weighted,
    systematic,
    tolerable,
    unlikely,
    whole_units,
)

# Known answers


@pytest.mark.parametrize(
    "rate, population, bad",
    [
        (0.05, 107, 6),
        ("0.05", 1200, 60),
        (0.07, 100, 7),
        (0.035, 400, 14),
        (Fraction(1, 3), 9, 3),
        (0, 50, 0),
        (1, 5, 5),
    ],
)
def test_tolerable_is_exact(rate, population, bad):
    # in floats 0.07 * 100 = 7.000000000000001 and 0.035 * 400 = 14.000000000000002: one too many
    assert tolerable(rate, population) == bad


@pytest.mark.parametrize(
    "population, bad, confidence, allowed, size",
    [
        (1200, 60, 0.90, 0, 45),  # Touw and Hoogduin (2011)
        (1200, 60, 0.90, 2, 102),
        (107, 6, 0.95, 0, 42),  # communes, 5 %: the rounding of K shows
        (107, 5, 0.95, 0, 48),
        (4280, 214, 0.95, 0, 59),
        *[(500_000, 25_000, 0.95, c, n) for c, n in enumerate((59, 93, 124, 153))],  # nearly binomial: its sizes
    ],
)
def test_published_attribute_sizes(population, bad, confidence, allowed, size):
    assert attribute_size(population, bad, confidence, allowed) == size


def test_published_bounds_are_the_last_not_rejected():
    bounds = [hypergeometric_bound(1200, 102, x, "0.9") for x in range(4)]
    assert bounds == [25, 43, 59, 75]  # the first rejected would be 26, 44, 60, 76
    assert [round(k / 1200, 4) for k in bounds] == [0.0208, 0.0358, 0.0492, 0.0625]


def test_published_points_sizes():
    ratios = ("0", "0.1", "0.2", "0.3", "0.4", "0.5")
    assert [points_size(0.05, 0.95, r) for r in ratios] == [60, 74, 93, 120, 162, 231]


def test_published_systematic_selection():
    chosen = systematic([7, 3, 4, 9, 0, 1, 8, 2, 6, 5], 9, 2)
    assert [i + 1 for i in chosen] == [1, 3, 4, 7, 9]


def test_worked_neyman():
    # real-valued 5.81, 3.48, 20.71; the exact whole-number optimum, by trying all of them
    sizes, deviations = (20, 8, 107), (6, 9, 4)
    assert neyman(sizes, deviations, 30) == best_spread(sizes, deviations, 30) == [6, 3, 21]


# Exact boundaries


def test_equality_is_decided_exactly():
    # one bad item in N: P(not seen) = 1 - n/N, equal to alpha at n = 9 of 10; 1 - 0.9 in floats lies below 0.1
    assert attribute_size(10, 1, 0.9) == 9
    assert attribute_size(20, 1, "0.95") == 19
    # the sum of two terms: C(5, 0) C(5, 5) + C(5, 1) C(5, 4) = 26 of 252
    assert unlikely(1, 10, 5, 5, Fraction(26, 252)) and not unlikely(
        1, 10, 5, 5, Fraction(26, 252) - Fraction(1, 10**30)
    )


@given(st.integers(1, 45), st.data())
@settings(max_examples=60)
def test_both_against_whole_numbers(population, data):
    bad = data.draw(st.integers(0, population))
    allowed = data.draw(st.integers(0, 4))
    confidence = data.draw(st.sampled_from(["0.5", "0.8", "0.9", "0.95", "0.99"]))
    alpha = 1 - Fraction(confidence)

    def chance(x, k, n):
        ways = sum(math.comb(k, i) * math.comb(population - k, n - i) for i in range(min(x, n) + 1))
        return Fraction(ways, math.comb(population, n))

    sizes = [n for n in range(population + 1) if chance(allowed, bad, n) <= alpha]
    assert attribute_size(population, bad, confidence, allowed) == (min(sizes) if sizes else None)
    sample = data.draw(st.integers(0, population))
    found = data.draw(st.integers(0, sample))
    ks = [k for k in range(found, population - (sample - found) + 1) if chance(found, k, sample) > alpha]
    assert hypergeometric_bound(population, sample, found, confidence) == max(ks)


@pytest.mark.parametrize("population, sample, found", [(4815, 60, 2), (4815, 400, 31), (476_000, 60, 1), (107, 42, 0)])
def test_bound_refereed_by_scipy(population, sample, found):
    bound = hypergeometric_bound(population, sample, found, 0.95)
    assert hypergeom.cdf(found, population, bound, sample) > 0.05 >= hypergeom.cdf(found, population, bound + 1, sample)


def test_half_a_million_items_within_a_second():
    began = time.process_time()
    attribute_size(500_000, 250_000, 0.95, 2_000)
    hypergeometric_bound(500_000, 2_000, 40, 0.95)
    assert time.process_time() - began < 1


@given(st.integers(2, 300), st.data())
@settings(max_examples=60)
def test_p38_the_bound_follows_sample_found_and_confidence(population, data):
    sample = data.draw(st.integers(1, population))
    found = data.draw(st.integers(0, sample))
    bound = hypergeometric_bound(population, sample, found, 0.9)
    assert found <= bound <= population
    assert hypergeometric_bound(population, sample, found, 0.95) >= bound
    if sample < population:
        assert hypergeometric_bound(population, sample + 1, found, 0.9) <= bound
    if found < sample:
        assert hypergeometric_bound(population, sample, found + 1, 0.9) >= bound
    assert hypergeometric_bound(population, population, found, 0.9) == found  # a full count knows


def test_nothing_can_be_shown_when_as_many_may_be_found():
    assert attribute_size(100, 3, 0.95, 3) is None and attribute_size(0, 0, 0.95) is None
    assert attribute_size(100, 100, 0.95) == 1
    assert hypergeometric_bound(100, 0, 0, 0.95) == 100 and hypergeometric_bound(0, 0, 0, 0.95) == 0


# Points-weighted


@given(st.lists(st.sampled_from([0, 0.25, 0.5, 1, 1.5, 2, 3, 7]), min_size=1, max_size=12), st.integers(1, 9))
@settings(max_examples=60)
def test_p41_chances_are_exactly_proportional_to_points(points, size):
    units, scale = whole_units(points)
    certain, left, rest = certain_items(units, size)
    starts = range(1, rest + 1)
    times = [0] * len(points)
    with pytest.MonkeyPatch.context() as patch:
        for u in starts:
            patch.setattr(sampling, "start", lambda interval, rng, u=u: u)
            sure, hit, interval = points_weighted(points, size, None)
            assert sure == certain and not set(sure) & set(hit) and len(hit) == left
            for i in hit:
                times[i] += 1
    for i, p in enumerate(points):
        if i in certain:
            assert p * left * scale >= rest  # at least one interval of what was left without it
        else:
            assert Fraction(times[i]) == Fraction(p) * scale * left  # of `rest` starts: chance = p / interval
            assert not rest or Fraction(p) < interval == Fraction(rest, left * scale)


def test_certain_items_are_taken_out_until_none_is_left():
    # 144 points, 4 draws: interval 36 takes 100; 44 / 3 = 14.7 takes 30; 14 / 2 = 7 takes nobody at 6 or 2
    points = [100, 30, 6, 2, 6, 0]
    assert certain_items(points, 4) == ([0, 1], 2, 14)
    certain, sampled, interval = points_weighted(points, 4, np.random.default_rng(1))
    assert (certain, interval) == ([0, 1], 7) and len(sampled) == 2 and set(sampled) <= {2, 3, 4}


def test_all_certain_when_the_sample_is_as_large_as_the_frame():
    assert points_weighted([3, 0, 2, math.nan, -1], 2, np.random.default_rng(1)) == ([0, 2], [], 0)
    assert points_weighted([3, 0, 2], 50, np.random.default_rng(1)) == ([0, 2], [], 0)
    assert points_weighted([0.0, math.nan], 3, np.random.default_rng(1)) == ([], [], 0)


def test_the_draw_follows_its_generator_alone():
    points = np.random.default_rng(7).integers(0, 40, 500) / 4
    draws = [points_weighted(points, 40, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]
    assert len(draws[0][0]) + len(draws[0][1]) == 40


def test_every_start_is_as_likely_beyond_64_bits_too():
    rng = np.random.default_rng(3)
    counts = np.bincount([sampling.start(5, rng) for _ in range(5000)], minlength=6)
    assert counts[0] == 0 and (abs(counts[1:] - 1000) < 150).all()
    assert 1 <= sampling.start(10**40, rng) <= 10**40 and sampling.start(1, rng) == 1


def test_whole_units_read_points_as_written():
    assert whole_units([0.1]) == ([1], 10) and whole_units([math.nan, 0, -2.0]) == ([0, 0, 0], 1)
    units, scale = whole_units(pd.Series([0.1, 2.25, float("nan")]))
    assert [Fraction(u, scale) for u in units] == [Fraction(1, 10), Fraction(9, 4), 0]


# Strata


def variance(sizes, deviations, n):
    return sum(Fraction(a * a) * s * s / k for a, s, k in zip(sizes, deviations, n, strict=True))


def best_spread(sizes, deviations, total, least=1):
    choices = product(*(range(min(least, a), a + 1) for a in sizes))
    return min(([*n] for n in choices if sum(n) == total), key=lambda n: variance(sizes, deviations, n))


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 6)), min_size=1, max_size=4),
    st.integers(1, 2),
    st.data(),
)
@settings(max_examples=80)
def test_neyman_is_the_optimum(strata, least, data):
    sizes, deviations = zip(*strata, strict=True)
    total = data.draw(st.integers(sum(min(least, a) for a in sizes), sum(sizes)))
    got = neyman(sizes, deviations, total, least)
    assert sum(got) == total and all(min(least, a) <= n <= a for a, n in zip(sizes, got, strict=True))
    assert variance(sizes, deviations, got) == variance(sizes, deviations, best_spread(sizes, deviations, total, least))


def test_neyman_never_asks_for_more_than_there_is():
    assert neyman([3, 5], [100, 0.001], 7) == [3, 4]
    assert neyman([3, 5], [1, 1], 99) == [3, 5]
    assert neyman([90, 10, 0], [0, 0, 0], 20) == [18, 2, 0]  # nothing varies: by size
    assert neyman([], [], 0) == []


# The plan


def items(communes=107, **columns):
    frame = pd.DataFrame(
        {
            "agency": [f"x{i}" for i in range(communes)],
            "indicator": "1.1",
            "claimed": [1.0 + i % 3 for i in range(communes)],
            "stratum": ["mountain" if i < 20 else "plain" for i in range(communes)],
        }
    )
    return frame.assign(**columns)


def test_plan_prints_every_way():
    table = plan(items(), 0.95, 0.05)
    assert table.columns.tolist() == PLAN_COLUMNS
    assert table["method"].tolist() == ["attribute", "points", "stratified", "stratified"]
    attribute, points = table.iloc[0], table.iloc[1]
    assert (attribute["population"], attribute["tolerable"], attribute["size"]) == (107, 6, 42)
    assert (points["points"], points["size"]) == (213.0, 60) and points["tolerable"] == pytest.approx(10.65)
    strata = table.iloc[2:]
    assert strata["stratum"].tolist() == ["mountain", "plain"] and strata["population"].tolist() == [20, 87]
    assert strata["size"].sum() == 42 and strata["points"].sum() == 213.0 and strata["tolerable"].isna().all()


def test_plan_spreads_by_past_over_scoring():
    past = [3.0 * (i % 2) if i < 20 else 0.1 * (i % 2) for i in range(107)]
    size = plan(items(past=past), 0.95, 0.05).set_index("stratum")["size"]
    assert size["mountain"] == 20 and size["plain"] == 22
    unknown = [math.nan if i < 20 else float(i % 2) for i in range(107)]  # no past: the deviation of all
    size = plan(items(past=unknown), 0.95, 0.05).set_index("stratum")["size"]
    assert (size["mountain"], size["plain"]) == (8, 34)


def test_every_stratum_gets_two_even_from_a_small_plan():
    table = plan(items(30, stratum=[f"s{i % 10}" for i in range(30)]), 0.95, 0.5)
    assert table["size"].tolist() == [4, 6, *[2] * 10]


def test_plan_of_few_or_no_items():
    few = plan(items(4), 0.95, 0.05)
    assert few["size"].tolist() == [4, 4, 4]
    empty = plan(items(0), 0.95, 0.05)
    assert empty["size"].tolist() == [0, 0] and empty["population"].tolist() == [0, 0]
    gone = plan(items(4, claimed=[math.nan, 0.0, 2.0, 1.0]), 0.95, 0.05)
    assert gone["population"].tolist() == [3, 2, 3] and gone["points"].tolist() == [3.0] * 3
    assert plan(items(20), 0.95, 0.05, allowed=1)["size"].tolist()[:2] == [20, 20]  # K = 1 may be found: verify all
    assert plan(items(900), 0.95, 0.05, expected_ratio="0.1")["size"][1] == 74


# Wrong calls


@pytest.mark.parametrize(
    "call",
    [
        lambda: tolerable(-0.1, 10),
        lambda: tolerable("five", 10),
        lambda: tolerable(math.nan, 10),
        lambda: tolerable(0.1, -1),
        lambda: attribute_size(10, 11, 0.95),
        lambda: attribute_size(-1, 0, 0.95),
        lambda: attribute_size(10, 1, 0.95, -1),
        lambda: attribute_size(10, 1, 1),
        lambda: attribute_size(10, 1, 0),
        lambda: attribute_size(10, 1, 95),
        lambda: hypergeometric_bound(10, 11, 0, 0.95),
        lambda: hypergeometric_bound(10, 5, 6, 0.95),
        lambda: hypergeometric_bound(10, 5, -1, 0.95),
        lambda: points_size(0, 0.95),
        lambda: points_size(0.05, 0.95, 1),
        lambda: points_size(0.05, 0.95, -0.1),
        lambda: systematic([1, 2], 3, 0),
        lambda: systematic([1, 2], 3, 4),
        lambda: systematic([1, -2], 3, 1),
        lambda: points_weighted([1, 2], 0, np.random.default_rng(1)),
        lambda: points_weighted([1, math.inf], 1, np.random.default_rng(1)),
        lambda: neyman([1, 2], [1], 2),
        lambda: neyman([1, -2], [1, 1], 2),
        lambda: neyman([1, 2], [1, -1], 2),
        lambda: neyman([1, 2], [1, 1], 1),
        lambda: neyman([1, 2], [1, 1], 2, least=0),
        lambda: plan(items().drop(columns="stratum"), 0.95, 0.05),
        lambda: plan(items(), 0.95, 0),
    ],
)
def test_wrong_calls_are_refused(call):
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        call()
