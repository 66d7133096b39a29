"""Sobol indices: closed forms, the worked factorial, brute force, properties."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxlib import confidence, read_case
from dxlib.robust.scenarios import begin, combinations, full_factorial
from dxlib.robust.sobol import (
    importance,
    indices_exact,
    jansen,
    jansen_intervals,
    points,
    resamples,
)
from tests.robust.toy import TOY, toy

FIRST, TOTAL = (0.3139, 0.4424, 0.0), (0.5576, 0.4424, 0.2437)


def ishigami(u):
    x = np.pi * (2 * u - 1)
    return np.sin(x[..., 0]) + 7 * np.sin(x[..., 1]) ** 2 + 0.1 * x[..., 2] ** 4 * np.sin(x[..., 0])


def sampled(function, factors, rows, seed=3):
    a, b, crossed = points(factors, rows, np.random.default_rng(seed))
    return function(a)[:, None], function(b)[:, None], function(crossed)[..., None]


def grid(*sizes):
    return np.array(list(product(*(range(n) for n in sizes))))


def test_ishigami():
    found = jansen(*sampled(ishigami, 3, 2**13))
    assert found.variance[0] == pytest.approx(13.8446, abs=0.02)
    assert found.first[:, 0] == pytest.approx(FIRST, abs=0.004)
    assert found.total[:, 0] == pytest.approx(TOTAL, abs=0.004)


def test_ishigami_on_a_grid():
    """A fine full factorial converges to the same closed form."""
    n = 64
    design = grid(n, n, n)
    found = indices_exact(ishigami((design + 0.5) / n)[:, None], design)
    assert found.variance[0] == pytest.approx(13.8446, rel=2e-3)  # midpoints miss a little
    assert found.first[:, 0] == pytest.approx(FIRST, abs=2e-3)
    assert found.total[:, 0] == pytest.approx(TOTAL, abs=2e-3)


def test_the_worked_factorial(tmp_path):
    table = full_factorial(
        toy(tmp_path),
        choices={"aggregation": ["arithmetic", "geometric"], "leave_out": ["none", "k0", "k1", "k2"]},
    )
    assert table["mean_shift"].tolist() == [0, 1.25, 0.5, 0, 0.5, 1, 0.5, 0.5]
    found = indices_exact(table[["mean_shift"]].to_numpy(), table[["aggregation", "leave_out"]].to_numpy())
    assert found.variance[0] == pytest.approx(0.163086, abs=1e-6)
    assert found.first[:, 0] == pytest.approx([0.0539, 0.7844], abs=5e-5)
    assert found.total[:, 0] == pytest.approx([0.2156, 0.9461], abs=5e-5)


def naive(y, sizes):
    """First and total indices of one output, conditional means and variances written out in fractions."""
    cells = {cell: Fraction(v) for cell, v in zip(product(*map(range, sizes)), y, strict=True)}

    def mean(values):
        return sum(values, Fraction(0)) / len(values)

    def variance(values):
        return mean([v * v for v in values]) - mean(values) ** 2

    whole = variance(list(cells.values()))
    first, total = [], []
    for i, size in enumerate(sizes):
        first.append(variance([mean([v for c, v in cells.items() if c[i] == level]) for level in range(size)]) / whole)
        others = {}
        for cell, v in cells.items():
            others.setdefault(cell[:i] + cell[i + 1 :], []).append(v)
        total.append(mean([variance(values) for values in others.values()]) / whole)
    return first, total


@settings(max_examples=40)
@given(st.data())
def test_a_factorial_agrees_with_brute_force_and_keeps_its_properties(data):
    sizes = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    design = grid(*sizes)
    y = np.array(data.draw(st.lists(st.integers(-9, 9), min_size=len(design), max_size=len(design))), float)
    order = np.array(data.draw(st.permutations(range(len(design)))))
    found = indices_exact(y[order, None], design[order])
    if len(set(y)) == 1:
        assert np.isnan(found.first).all() and np.isnan(found.total).all() and found.variance[0] == 0
        return
    first, total = naive([int(v) for v in y], sizes)
    assert found.first[:, 0] == pytest.approx([float(x) for x in first], abs=1e-12)
    assert found.total[:, 0] == pytest.approx([float(x) for x in total], abs=1e-12)
    assert (found.total >= found.first - 1e-12).all() and found.first.sum() <= 1 + 1e-12


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.integers(2, 4), st.integers(2, 5))
def test_a_dummy_factor_is_exactly_zero_and_alike_factors_swap(seed, size, dummies):
    chance = np.random.default_rng(seed)
    design = grid(size, dummies, size)
    table = chance.random((size, size))
    y = table[design[:, 0], design[:, 2]] / 3
    found = indices_exact(y[:, None], design)
    assert found.first[1, 0] == 0 and found.total[1, 0] == 0
    swapped = indices_exact(y[:, None], design[:, [2, 1, 0]])
    assert np.allclose(swapped.first, found.first[[2, 1, 0]], atol=1e-14)
    alike = table + table.T
    both = indices_exact(alike[design[:, 0], design[:, 2]][:, None], design)
    assert both.first[0, 0] == pytest.approx(both.first[2, 0], abs=1e-12)
    assert both.total[0, 0] == pytest.approx(both.total[2, 0], abs=1e-12)


def test_sampled_dummies_have_no_total_index_and_swapping_swaps():
    a, b, crossed = points(3, 2**10, np.random.default_rng(5))

    def outputs(x):
        return np.stack([x[..., 0] + 4 * x[..., 2], 4 * x[..., 0] + x[..., 2]], axis=-1)

    found = jansen(outputs(a), outputs(b), outputs(crossed))
    assert (found.total[1] == 0).all() and np.abs(found.first[1]).max() < 0.02
    assert found.first[0] == pytest.approx([1 / 17, 16 / 17], abs=0.02)
    assert found.total[0, 0] == pytest.approx(found.total[2, 1], abs=0.01)
    assert (found.total >= found.first - 0.02).all() and (found.first.sum(axis=0) <= 1.02).all()


def test_what_is_no_full_factorial_is_refused():
    design = grid(2, 3)
    for wrong in (design[:-1], np.concatenate([design, design[:1]]), np.concatenate([design[:-1], design[:1]])):
        with pytest.raises(ValueError, match="full factorial"):
            indices_exact(np.zeros((len(wrong), 1)), wrong)
    with pytest.raises(ValueError, match="full factorial"):
        indices_exact(np.zeros((5, 1)), design)
    with pytest.raises(ValueError, match="power of two"):
        points(3, 100, np.random.default_rng(1))


def test_outputs_without_variance_or_with_holes_have_no_indices():
    design = grid(2, 3)
    y = np.array([[0.1, 1, np.nan]] * 5 + [[0.1, 2, 3]])
    found = indices_exact(y, design)
    assert np.isnan(found.first[:, [0, 2]]).all() and not np.isnan(found.first[:, 1]).any()
    f_a, f_b, f_ab = sampled(ishigami, 3, 64)
    three = [np.concatenate([f, np.full_like(f, 0.1), np.full_like(f, np.nan)], axis=-1) for f in (f_a, f_b, f_ab)]
    sample = jansen(*three)
    assert np.isnan(sample.total[:, 1:]).all() and not np.isnan(sample.total[:, 0]).any()
    low, high = jansen_intervals(*three, resamples(64, 50, np.random.default_rng(1)))
    assert np.isnan(low[..., 1:]).all() and (low[..., 0] < high[..., 0]).all()


def test_equal_outputs_have_no_variance_whatever_their_sum_rounds_to():
    for rows in (3, 7, 11, 49):
        still = np.tile(np.arange(1, 200) / 7, (rows, 1))
        assert np.isnan(jansen(still, still, np.stack([still, still])).total).all()


def test_all_outputs_at_once_are_each_by_itself():
    f_a, f_b, f_ab = sampled(lambda u: np.moveaxis(np.array([ishigami(u), u[..., 0], ishigami(u) ** 2]), 0, -1), 3, 64)
    f_a, f_b, f_ab = f_a[:, 0], f_b[:, 0], f_ab[..., 0]
    counts = resamples(64, 30, np.random.default_rng(2))
    whole, (low, high) = jansen(f_a, f_b, f_ab), jansen_intervals(f_a, f_b, f_ab, counts)
    for m in range(3):
        one = (f_a[:, [m]], f_b[:, [m]], f_ab[..., [m]])
        assert np.allclose(jansen(*one).first[:, 0], whole.first[:, m], atol=1e-12)
        assert np.allclose(jansen_intervals(*one, counts)[0][..., 0], low[..., m], atol=1e-12)
        assert np.allclose(jansen_intervals(*one, counts)[1][..., 0], high[..., m], atol=1e-12)


def test_the_bootstrap_draws_rows_together_and_computes_the_variance_again(monkeypatch):
    monkeypatch.setattr(confidence, "LEVEL", 90)
    f = sampled(ishigami, 3, 32)
    counts = resamples(32, 40, np.random.default_rng(8))
    assert counts.sum(axis=1) == pytest.approx(1)
    again = []
    for row in np.rint(counts * 32).astype(int):
        at = np.repeat(np.arange(32), row)
        again.append(jansen(f[0][at], f[1][at], f[2][:, at]))
    low, high = jansen_intervals(*f, counts)
    for kind in (0, 1):
        values = np.array([found[kind][:, 0] for found in again])
        assert low[kind, :, 0] == pytest.approx(np.quantile(values, 0.05, axis=0), abs=1e-9)
        assert high[kind, :, 0] == pytest.approx(np.quantile(values, 0.95, axis=0), abs=1e-9)


def test_intervals_hold_the_truth_most_of_the_time():
    inside = []
    for seed in range(20):
        f = sampled(ishigami, 3, 256, seed)
        low, high = jansen_intervals(*f, resamples(256, 200, np.random.default_rng(seed)))
        truth = np.array([FIRST, TOTAL])
        inside.append((low[..., 0] <= truth) & (truth <= high[..., 0]))
    assert np.mean(inside) >= 0.93


BALANCED = {**TOY, "a": (0.9, 0.4, 0.1), "e": (0.2, 0.9, 0.7), "f": (0.7, 0.1, 0.9)}


def test_importance_is_that_of_the_factorial(tmp_path):
    case = toy(tmp_path, data=BALANCED)
    table, whole = importance(case), full_factorial(case)
    names = table["factor"].tolist()
    assert names == ["normalisation", "weights", "aggregation", "leave_out"] and table["exact"].all()
    expected = indices_exact(whole[["mean_shift"]].to_numpy(), whole[names].to_numpy())
    assert table["first"].tolist() == pytest.approx(expected.first[:, 0].tolist(), abs=2e-6)
    assert table["total"].tolist() == pytest.approx(expected.total[:, 0].tolist(), abs=2e-6)
    assert (table["first_low"] == table["first"]).all() and (table["total_high"] == table["total"]).all()


def test_a_sample_agrees_with_the_factorial(tmp_path):
    case = toy(tmp_path, data=BALANCED)
    exact = importance(case)
    sample = importance(case, rng=np.random.default_rng(11), most=10)
    assert not sample["exact"].any() and sample["factor"].tolist() == exact["factor"].tolist()
    for index in ("first", "total"):
        assert (sample[f"{index}_low"] <= exact[index]).sum() >= 3
        assert (sample[f"{index}_high"] >= exact[index]).sum() >= 3
    assert sample["total"].tolist() == pytest.approx(exact["total"].tolist(), abs=0.08)
    again = importance(case, rng=np.random.default_rng(11), most=10)
    assert sample.equals(again) and not sample.equals(importance(case, rng=np.random.default_rng(12), most=10))


def test_a_sample_needs_a_generator(tmp_path):
    with pytest.raises(ValueError, match="generator"):
        importance(toy(tmp_path), most=10)


def test_nothing_to_choose_nothing_to_say(tmp_path):
    lonely = toy(tmp_path / "one", data={"a": (0.9, 0.4, 0.5)})
    assert importance(lonely)["first"].isna().all() and (importance(lonely)["agencies"] == "").all()
    alike = toy(tmp_path / "same", data=dict.fromkeys("abc", (0.9, 0.4, 0.5)))
    table = importance(alike)
    assert table["first"].isna().all() and table["total"].isna().all() and (table["places"] == 0).all()


def test_the_sample_province():
    case = read_case("data", "2024", "departments")
    table = importance(case)
    assert table["first"].between(0, 1).all() and (table["total"] >= table["first"]).all() and table["first"].sum() <= 1
    start = begin(case)
    assert len(combinations(start, {})) == 1 and set(";".join(table["agencies"]).split(";")) <= set(
        start.official["agency"]
    )


def test_salib_agrees_on_every_output():
    """SALib one output at a time on the same design: totals by the same estimator, first orders by another one."""
    from SALib.analyze import sobol as salib

    def outputs(u):
        ishigami = np.sin(a(u, 0)) + 7 * np.sin(a(u, 1)) ** 2 + 0.1 * a(u, 2) ** 4 * np.sin(a(u, 0))
        return np.stack([ishigami, u @ np.array([3.0, 2.0, 1.0]), u[..., 0] * u[..., 1]], axis=-1)

    def a(u, k):
        return np.pi * (2 * u[..., k] - 1)

    f_a, f_b, f_ab = (outputs(u) for u in points(3, 2048, np.random.default_rng(9)))
    ours = jansen(f_a, f_b, f_ab)
    problem = {"num_vars": 3, "names": list("xyz"), "bounds": [[0, 1]] * 3}
    rows = np.concatenate([f_a[:, None], np.moveaxis(f_ab, 0, 1), f_b[:, None]], axis=1)  # A, AB_i, B, row by row
    for m in range(3):
        theirs = salib.analyze(problem, rows[..., m].ravel(), calc_second_order=False, num_resamples=10, seed=1)
        assert ours.total[:, m] == pytest.approx(theirs["ST"], abs=1e-12)
        assert ours.first[:, m] == pytest.approx(theirs["S1"], abs=0.03)
