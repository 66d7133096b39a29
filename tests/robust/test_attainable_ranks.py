"""Best and worst attainable rank: worked examples, brute force, draws, and limits that are never sold as exact."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from dxlib import draw_weights, read_case
from dxlib.errors import Refusal
from dxlib.index.floats import float_ranks, index_scores, leaf_shares
from dxlib.robust.extreme_ranking import (
    NODES,
    attainable_ranks,
    clashing,
    cut_off,
    extreme_ranks,
    fewest_losses,
    follows,
    most_losses,
)
from dxlib.robust.linear import Linear, box
from tests.robust.test_linear import T2, plain, toy
from tests.robust.test_pairs import vertices


def ranks(lin: Linear, half_width: float | None, nodes: int = NODES) -> list[tuple[int, int, int, int]]:
    return extreme_ranks(lin, list(range(len(lin.agencies))), half_width, nodes)


@pytest.mark.parametrize(
    "half_width, best, worst",
    [
        (None, [1, 1, 1, 2], [4, 4, 3, 4]),
        (0.2, [1, 1, 3, 4], [2, 2, 3, 4]),
        (0.4, [1, 1, 2, 4], [3, 2, 3, 4]),
        (0, [1, 2, 3, 4], [1, 2, 3, 4]),
    ],
)
def test_attainable_ranks_on_paper(tmp_path, half_width, best, worst):
    out = attainable_ranks(toy(tmp_path), half_width)
    assert out["agency"].tolist() == list("abcd") and out["exact"].all()
    assert out["best"].tolist() == best == out["best_bound"].tolist()
    assert out["worst"].tolist() == worst == out["worst_bound"].tolist()


two = st.tuples(
    st.lists(st.lists(st.integers(0, 6), min_size=2, max_size=2), min_size=2, max_size=6),
    st.lists(st.integers(1, 5), min_size=2, max_size=2),
)


@given(two, st.sampled_from([0.2, 0.5, 1, None]))
@settings(max_examples=40)
def test_two_rows_by_every_crossing(data, half_width):
    """With one free weight the ranks change only where two scores cross: try all crossings and points between."""
    lin = plain([[v / 10 for v in row] for row in data[0]], data[1])
    low, high = box(lin.exact_weights, half_width)
    start, end = max(low[0], 1 - high[1]), min(high[0], 1 - low[1])
    slopes = [a - b for a, b in lin.exact_x]
    cuts = {start, end}
    for (p, a), (q, b) in combinations(zip(slopes, lin.exact_x, strict=True), 2):
        if p != q and start <= (t := (b[1] - a[1]) / (p - q)) <= end:
            cuts.add(t)
    points = sorted(cuts)
    points += [(s + t) / 2 for s, t in pairwise(points)]
    scores = [[t * a + (1 - t) * b for a, b in lin.exact_x] for t in points]
    met = [[1 + sum(other > own for other in at) for own in at] for at in scores]
    want = [(min(of), max(of), min(of), max(of)) for of in zip(*met, strict=True)]
    assert ranks(lin, half_width) == want


def corners(planes: list[tuple[np.ndarray, float]], low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Every point of the box (three weights, sum 1) where two of the given planes, or its own sides, meet."""
    sides = [(np.eye(3)[k], end[k]) for k in range(3) for end in (low, high)]
    found = []
    for (a, p), (b, q) in combinations(planes + sides, 2):
        matrix = np.array([a, b, np.ones(3)])
        if abs(np.linalg.det(matrix)) > 1e-9:
            w = np.linalg.solve(matrix, [p, q, 1])
            if (w >= low - 1e-9).all() and (w <= high + 1e-9).all():
                found.append(np.round(w, 12))
    return np.unique(found, axis=0)


@given(
    st.lists(st.lists(st.integers(0, 5), min_size=3, max_size=3), min_size=3, max_size=4),
    st.lists(st.integers(1, 3), min_size=3, max_size=3),
    st.sampled_from([0.3, 1, None]),
)
@settings(max_examples=20)
def test_three_rows_by_every_cell(x, w, half_width):
    """A best rank is met at a corner of the cells the scores cut out, a worst rank inside a triangle of corners."""
    lin = plain([[v / 10 for v in row] for row in x], w)
    low, high = (np.array([float(v) for v in end]) for end in box(lin.exact_weights, half_width))
    found = ranks(lin, half_width)
    for i in range(len(x)):
        planes = [(row - lin.x[i], 0.0) for j, row in enumerate(lin.x) if j != i]
        at = corners(planes, low, high)
        inside = np.array([sum(three) / 3 for three in combinations(at, 3)])
        best, worst = (1 + (p @ lin.x.T > p @ lin.x[[i]].T + 1e-9).sum(axis=1) for p in (at, inside))
        assert found[i] == (best.min(), worst.max(), best.min(), worst.max())


@given(
    st.lists(st.lists(st.integers(0, 10), min_size=4, max_size=4), min_size=2, max_size=7),
    st.lists(st.integers(1, 9), min_size=4, max_size=4),
)
@settings(max_examples=15)
def test_wider_sets_hold_narrower_ones_and_every_corner(x, w):
    lin = plain([[v / 10 for v in row] for row in x], w)
    official = lin.official["rank"].tolist()
    before = [(r, r, r, r) for r in official]
    for half_width in (0, 0.2, 0.6, 1, None):
        now = ranks(lin, half_width)
        assert all(b == lower and t == upper for b, t, lower, upper in now)
        assert all(a[0] <= b[0] and a[1] >= b[1] for a, b in zip(now, before, strict=True))  # P21, P22
        ends = [np.array([float(v) for v in end]) for end in box(lin.exact_weights, half_width)]
        scores = vertices(*ends) @ lin.x.T
        for i, (best, worst, *_) in enumerate(now):
            met = 1 + (scores > scores[:, [i]] + 1e-9).sum(axis=1)
            assert best <= met.min() and met.max() <= worst
        before = now
    for i, j in combinations(range(len(x)), 2):  # P25: dominated everywhere, never above
        if all(a >= b for a, b in zip(x[i], x[j], strict=True)):
            assert now[i][0] <= now[j][0] and now[i][1] <= now[j][1]


def test_the_sample_is_exact_and_no_draw_leaves_it():
    case = read_case("data", "2024", "communes")
    out = attainable_ranks(case, 0.2).set_index("agency")
    assert len(out) > 90 and out["exact"].all()
    assert ((out["best"] <= out["rank"]) & (out["rank"] <= out["worst"])).all()
    weights = draw_weights(case, 0.2, 2000, np.random.default_rng(4), within="box", level="pillar")
    shares = leaf_shares(case)
    place = {a: i for i, a in enumerate(shares.agencies)}
    members = [place[a] for a in out.index]
    drawn = float_ranks(index_scores(case.framework, shares, {c: weights[c].to_numpy() for c in weights})[:, members])
    assert (drawn.min(axis=0) >= out["best"].to_numpy()).all() and (drawn.max(axis=0) <= out["worst"].to_numpy()).all()
    closed = attainable_ranks(case, 0.2, nodes=0).set_index("agency")
    assert (closed["best_bound"] <= out["best"]).all() and (closed["worst_bound"] >= out["worst"]).all()
    assert (closed["best"] >= out["best"]).all() and (closed["worst"] <= out["worst"]).all()
    assert not closed["exact"].all()


def correlated(n: int, d: int, seed: int) -> Linear:
    rng = np.random.default_rng(seed)
    x = np.clip(0.5 * rng.beta(4, 3, (n, 1)) + 0.5 * rng.beta(4, 3, (n, d)), 0, 1)
    return plain(x.round(3).tolist(), rng.integers(5, 20, d).tolist())


def test_a_limit_gives_proved_bounds_never_an_incumbent_as_exact():
    lin = correlated(60, 8, 2)
    full, stopped = ranks(lin, None), ranks(lin, None, nodes=1)
    assert all(best == lower and worst == upper for best, worst, lower, upper in full)
    for (best, worst, *_), (met, last, lower, upper) in zip(full, stopped, strict=True):
        assert lower <= best <= met and last <= worst <= upper
    assert any(met != lower or last != upper for met, last, lower, upper in stopped)


def test_the_same_ranks_twice_and_in_any_order():
    lin = correlated(15, 5, 8)
    rows = list(np.random.default_rng(1).permutation(15))
    assert extreme_ranks(lin, rows, 0.5, NODES) == [ranks(lin, 0.5)[i] for i in rows]


@given(st.lists(st.lists(st.integers(-5, 5), min_size=3, max_size=3), min_size=2, max_size=6))
@settings(max_examples=60)
def test_rows_that_clash_are_those_a_linear_programme_cannot_join(rows):
    gain = np.array(rows, float)
    found = clashing(gain)
    for j, k in combinations(range(len(gain)), 2):
        # the smallest t with gain_j w <= t, gain_k w <= t, over weights of sum 1
        upper = np.c_[gain[[j, k]], [-1.0, -1.0]]
        least = linprog([0, 0, 0, 1], upper, [0, 0], [[1, 1, 1, 0]], [1], [(0, None)] * 3 + [(None, None)]).fun
        assert found[j, k] == found[k, j] == (least > 1e-7)


def test_clashes_that_follow_from_others_are_not_written_down():
    apart = np.array([[0, 0, 1], [0, 0, 1], [1, 1, 0]], bool)
    order = np.array([[0, 1, 0], [0, 0, 0], [0, 0, 0]], bool)  # the first stands above the second
    left = [[0, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert (apart & ~follows(order, apart)).astype(int).tolist() == left


def test_cut_off_scores_tie_at_the_ends():
    # at the second row's weight 0 both are at 1.1 and more: cut off to 1, a tie, so both can be first
    lin = plain([[1.3, 0.8], [1.1, 0.7], [0.9, 0.2]], [1, 1], clamped=True)
    assert ranks(lin, None) == [(1, 1, 1, 1), (1, 2, 1, 2), (3, 3, 3, 3)]
    assert ranks(plain([[1.3, 0.8], [1.1, 0.7], [0.9, 0.2]], [1, 1]), None)[1] == (2, 2, 2, 2)
    floor = plain([[-0.1, 0.5], [-0.2, 0.4], [0.3, 0.3]], [1, 1], clamped=True)
    for (best, worst, lower, upper), (met, last) in zip(ranks(floor, None), [(1, 2), (2, 3), (1, 3)], strict=True):
        assert lower <= met <= best and worst <= last <= upper


@given(
    st.lists(st.lists(st.integers(-4, 12), min_size=3, max_size=3), min_size=3, max_size=5),
    st.lists(st.integers(1, 3), min_size=3, max_size=3),
)
@settings(max_examples=40)
def test_cut_off_scores_stay_in_the_bounds_on_a_grid(x, w):
    lin = plain([[v / 10 for v in row] for row in x], w, clamped=True)
    weights = np.array([(a, b, 20 - a - b) for a in range(21) for b in range(21 - a)]) / 20
    scores = np.clip(weights @ lin.x.T, 0, 1)
    for i, (best, worst, lower, upper) in enumerate(ranks(lin, None)):
        met = 1 + (scores > scores[:, [i]] + 1e-9).sum(axis=1)
        assert lower <= best <= worst <= upper and lower <= met.min() and met.max() <= upper


def test_who_may_tie_at_0_where_no_programme_sees_it():
    lin = plain([[-0.5, -0.1], [-0.3, 0.3], [0.3, -0.05]], [1, 1], clamped=True)
    assert cut_off(lin, [0, 1, 2], None) == [True, True, True] and cut_off(lin, [0, 1, 2], 0) == [True, True, False]
    assert cut_off(plain([[-0.5, -0.1], [-0.3, 0.3]], [1, 1]), [0, 1], None) == [False, False]


@pytest.mark.parametrize("bound, proved", [(2.3, 3), (2.0000001, 2), (None, 0), (-np.inf, 0), (9.0, 4)])
def test_a_stopped_programme_proves_what_its_dual_bound_says(monkeypatch, bound, proved):
    stopped = SimpleNamespace(x=None, status=1, mip_dual_bound=bound)
    monkeypatch.setattr("scipy.optimize.milp", lambda *a, **k: stopped)
    lead, order = np.array([[0.1, -0.1]] * 5), np.zeros((5, 5), bool)
    low, high = np.zeros(2), np.ones(2)
    w, fewest = fewest_losses(lead, np.full(5, 0.1), low, high, order, 4, 1)
    assert len(w) == 0 and fewest == proved  # four losses are already met
    if bound is None:
        assert most_losses(lead, np.full(5, 0.1), low, high, order, 2, 1)[1] == 5


def test_ties_count_in_favour_for_the_best_and_not_at_all_for_the_worst(tmp_path):
    data = {"a": T2["a"], "b": T2["a"], "c": T2["d"]}
    out = attainable_ranks(toy(tmp_path, data=data), None)
    assert out["best"].tolist() == [1, 1, 1] and out["worst"].tolist() == [2, 2, 3]
    meet = plain([[1, 0], [0, 0], [1, 1]], [1, 1])  # the first ties with the last only where its row has all the weight
    assert ranks(meet, None) == [(1, 2, 1, 2), (2, 3, 2, 3), (1, 1, 1, 1)]


def test_lists_not_linear_none_ranked_one_agency_one_row(tmp_path):
    assert attainable_ranks(toy(tmp_path, aggregate="geometric"), 0.2).empty
    assert attainable_ranks(toy(tmp_path / "n", ranked="no"), 0.2).empty
    assert attainable_ranks(toy(tmp_path / "o", data={"a": T2["a"]}), None).empty
    one = attainable_ranks(toy(tmp_path / "w", weights=(1, 0, 0)), None)
    assert one["best"].tolist() == one["worst"].tolist() == [1, 2, 3, 4]
    scoped = attainable_ranks(toy(tmp_path / "s", scopes={"a": "x", "b": "x", "c": "y", "d": "y"}), None)
    assert scoped["scope"].tolist() == ["x", "x", "y", "y"] and scoped["worst"].tolist() == [2, 2, 1, 2]
    with pytest.raises(Refusal):
        attainable_ranks(toy(tmp_path / "r"), 2)
    assert Fraction(1) == plain([[0.5]], [3]).exact_weights[0] and ranks(plain([[0.5]], [3]), None) == [(1, 1, 1, 1)]
