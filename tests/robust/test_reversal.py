"""The smallest change that moves a place: worked examples, other solvers, and points tried in the data itself."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxlib import read_case, score
from dxlib.index import evaluate
from dxlib.robust.linear import dot
from dxlib.robust.pairs import pair_margins
from dxlib.robust.reversal import (
    effective_weights,
    nearest_box,
    nearest_l1,
    nearest_l2,
    onto_simplex,
    reversals,
    smallest_changes,
    smallest_points,
)
from tests.robust.test_linear import BONUS, T2, TREE, W2, plain, toy

AB = [Fraction("0.3"), Fraction("-0.4"), Fraction(0)]
NOMINAL = [Fraction(str(w)) for w in W2]
CLASSES = {"class": [{"name": {"en": "Above"}, "cut": 0.6}, {"name": {"en": "Below"}, "cut": 0.0}]}


@cache
def sample():
    return read_case("data", "2024", "communes")


def test_the_smallest_change_on_paper(tmp_path):
    distance, w = nearest_l1(AB, NOMINAL)
    assert distance == Fraction(3, 35) and [round(float(v), 4) for v in w] == [0.4571, 0.3429, 0.2]
    assert nearest_box(AB, NOMINAL, [Fraction(1)] * 3)[0] == Fraction(3, 70)
    assert nearest_box(AB, NOMINAL, NOMINAL)[0] == Fraction(1, 9)
    straight, w = nearest_l2(np.array([0.3, -0.4, 0.0]), np.array(W2))
    assert round(straight, 6) == 0.060404 and w.round(4).tolist() == [0.4595, 0.3446, 0.1959]
    out = reversals(toy(tmp_path)).set_index("agency")
    assert out.index.tolist() == ["a", "b", "c"] and out["next"].tolist() == ["b", "c", "d"]
    want = [0.1111111111, 0.0857142857, 0.0428571429, 0.03 / (0.74 / 3) ** 0.5]
    assert out.loc["a", ["relative", "l1", "linf", "l2"]].tolist() == pytest.approx(want, abs=1e-9)
    assert out.loc["b", "relative"] == pytest.approx(0.4545454545, abs=1e-9)
    assert out.loc["a", ["give", "take"]].tolist() == ["k0", "k1"]
    assert out.loc["c", ["relative", "l1", "linf", "l2"]].isna().all() and out.loc["c", "give"] == ""


cases = st.integers(2, 5).flatmap(
    lambda d: st.tuples(
        st.lists(st.integers(-10, 10), min_size=d, max_size=d), st.lists(st.integers(1, 9), min_size=d, max_size=d)
    )
)


def numbers(data):
    """(delta, weights) as fractions, the first agency on top."""
    delta, w = [Fraction(v, 10) for v in data[0]], [Fraction(v, sum(data[1])) for v in data[1]]
    return (delta, w) if dot(delta, w) >= 0 else ([-v for v in delta], w)


@given(cases)
@settings(max_examples=60)
def test_linear_programmes_find_the_same_l1_and_linf(data):
    from scipy.optimize import linprog

    delta, w = numbers(data)
    d, c, start = len(w), np.array(delta, float), np.array(w, float)
    eye, ones, level = np.eye(d), np.ones((d, 1)), {"b_eq": [1], "method": "highs"}
    bound = np.r_[0, start, -start]  # delta w' <= 0 and |w' - w| <= change
    for size, nearest in ((d, nearest_l1(delta, w)), (1, nearest_box(delta, w, [Fraction(1)] * d))):
        spread = eye if size == d else ones
        rows = np.vstack([np.r_[c, np.zeros(size)], np.hstack([eye, -spread]), np.hstack([-eye, -spread])])
        cost = np.r_[np.zeros(d), np.ones(size)]
        solved = linprog(cost, A_ub=rows, b_ub=bound, A_eq=np.r_[np.ones(d), np.zeros(size)][None], **level)
        assert (nearest is None) == (solved.status == 2)
        if nearest:
            assert float(nearest[0]) == pytest.approx(solved.fun, abs=1e-8)
            distance, at = nearest
            change = [abs(a - b) for a, b in zip(at, w, strict=True)]
            assert sum(at) == 1 and min(at) >= 0
            assert dot(delta, at) == 0 or distance == 0  # P29: it really ties
            assert (sum(change) if size == d else max(change)) == distance


@given(cases)
@settings(max_examples=40)
def test_the_relative_change_is_the_first_box_with_a_reversal(data):
    delta, w = numbers(data)
    nearest = nearest_box(delta, w, w)
    x, nominal = np.array([delta, [0] * len(w)], float), np.array(w, float)

    def lead(half_width):
        return pair_margins(x, nominal, half_width)[0, 1]

    if nearest is None:
        assert lead(None) > 0
    else:
        half_width = float(nearest[0])
        assert lead(half_width) == pytest.approx(0, abs=1e-12) or half_width == 0
        assert half_width < 1e-6 or lead(half_width * (1 - 1e-6)) > 0


@given(cases)
@settings(max_examples=40)
def test_another_solver_finds_the_same_l2(data):
    from scipy.optimize import minimize

    exact, w = numbers(data)
    delta, start = np.array(exact, float), np.array(w, float)
    nearest = nearest_l2(delta, start)
    if nearest is None:
        assert delta.min() > 0
        return
    distance, at = nearest
    assert at.min() >= 0 and at.sum() == pytest.approx(1) and delta @ at <= 1e-10
    assert distance == pytest.approx(np.linalg.norm(at - start), abs=1e-12)
    found = minimize(
        lambda v: ((v - start) ** 2).sum(),
        np.eye(len(w))[delta.argmin()],
        jac=lambda v: 2 * (v - start),
        bounds=[(0, 1)] * len(w),
        constraints=[{"type": "eq", "fun": lambda v: v.sum() - 1}, {"type": "ineq", "fun": lambda v: -(delta @ v)}],
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert distance == pytest.approx(np.sqrt(found.fun), abs=1e-5)


@given(cases, st.integers(2, 9))
@settings(max_examples=40)
def test_scaling_the_difference_changes_nothing_and_norms_stand_in_order(data, factor):
    delta, w = numbers(data)
    ones = [Fraction(1)] * len(w)
    nearest = [nearest_l1(delta, w), nearest_box(delta, w, ones), nearest_box(delta, w, w)]
    scaled = [v * factor for v in delta]
    assert nearest == [nearest_l1(scaled, w), nearest_box(scaled, w, ones), nearest_box(scaled, w, w)]  # P29
    straight = nearest_l2(np.array(delta, float), np.array(w, float))
    if straight:
        assert nearest[1][0] <= straight[0] + 1e-12 and straight[0] <= nearest[0][0] + 1e-12
        assert nearest[0][0] >= 2 * nearest[1][0]  # what one weight loses the others gain


def test_a_projection_that_the_closed_form_misses():
    delta, w = np.array([0.5, -0.3, 0.9]), np.array([0.6, 0.35, 0.05])
    g = delta - delta.mean()
    assert (w - (delta @ w) * g / (g @ g)).min() < 0  # the textbook formula leaves the simplex
    distance, at = nearest_l2(delta, w)
    assert at.min() == 0 and delta @ at == pytest.approx(0, abs=1e-12)
    grid = np.linspace(0, 1, 2001)
    a, b = np.meshgrid(grid, grid)
    points = np.stack([a, b, 1 - a - b], axis=-1)[a + b <= 1]
    best = np.linalg.norm(points[points @ delta <= 0] - w, axis=1).min()
    assert distance == pytest.approx(best, abs=1e-3)
    assert onto_simplex(np.array([0.2, 0.3, 0.5])).tolist() == [0.2, 0.3, 0.5]
    assert onto_simplex(np.array([5.0, 0.0])).tolist() == [1.0, 0.0]


def test_tied_neighbours_need_no_change_and_twins_stay_tied(tmp_path):
    out = reversals(toy(tmp_path, data={"a": T2["a"], "b": T2["a"], "c": T2["d"]}))
    assert out.loc[0, ["relative", "l1", "linf", "l2"]].tolist() == [0, 0, 0, 0] and out.loc[0, "give"] == ""
    lin = plain([[0.6, 0.4], [0.4, 0.6]], [1, 1])
    assert smallest_changes(lin, 0, 1) == smallest_changes(lin, 1, 0) == ([0, 0, 0, 0], "", "")  # P29


def test_cut_off_scores_are_level_once_the_lower_one_reaches_1():
    x = [[1.3, 0.5], [1.05, 0.4]]
    assert np.isnan(smallest_changes(plain(x, [1, 1]), 0, 1)[0]).all()
    (relative, l1, linf, l2), give, take = smallest_changes(plain(x, [1, 1], clamped=True), 0, 1)
    at = (1 - 0.4) / 0.65  # weight of the first row where the lower one is at 1
    assert [relative, l1, linf] == pytest.approx([at / 0.5 - 1, 2 * (at - 0.5), at - 0.5], abs=1e-9)
    assert l2 == pytest.approx(2**0.5 * (at - 0.5), abs=1e-9) and (give, take) == ("k1", "k0")


def test_the_sample_from_the_most_fragile_neighbours():
    out = reversals(sample())
    assert len(out) > 90 and out["relative"].dropna().is_monotonic_increasing
    assert (out["linf"] <= out["l2"] + 1e-9).all() or out["l2"].isna().any()
    assert not (out["give"] == out["take"])[out["l1"] > 0].any()


def test_the_smallest_points_on_paper(tmp_path):
    rows = [{**row, "max_points": m} for row, m in zip(BONUS, (50, 30, 20, ""), strict=True)]
    out = smallest_points(toy(tmp_path, rows=rows, **CLASSES))
    table = {(r.agency, r.move): (r.points, r.node, r.nodes, r.beyond, r.to) for r in out.itertuples()}
    assert table["b", "up"] == (3, "k0", 3, False, "a")  # .03 of 100 points; every row has three to give
    assert table["a", "down"] == (3, "k0", 3, True, "b")
    assert table["c", "up"] == (5, "k0", 2, False, "b")  # the third row has only 4 left
    assert table["d", "up"] == (18, "k0", 2, False, "c")
    assert table["c", "class-up"] == (1, "k0", 3, False, "")
    assert table["a", "class-down"] == (7, "k0", 3, True, "")
    assert ("a", "up") not in table and ("a", "class-up") not in table and ("d", "class-down") not in table
    assert ("d", "down") not in table


def test_no_row_has_the_room(tmp_path):
    data = {"a": (1, 1, 1, 1), "b": (0.5, 0.5, 0.5, 0.5)}
    out = smallest_points(toy(tmp_path, weights=(1, 1, 1, 1), data=data))
    assert out["points"].isna().all() and out["node"].tolist() == ["", ""] and out["nodes"].tolist() == [0, 0]


def test_room_to_the_very_end_is_enough_for_a_tie_but_not_to_pass(tmp_path):
    out = smallest_points(toy(tmp_path, weights=(1,), data={"a": (1,), "b": (0.5,), "c": (0,)}))
    rows = [(r.agency, r.move, r.node) for r in out.itertuples()]
    assert rows == [("a", "down", "k0"), ("b", "up", "k0"), ("b", "down", ""), ("c", "up", "k0")]


def test_a_tie_is_lost_with_any_point(tmp_path):
    out = smallest_points(toy(tmp_path, data={"a": T2["a"], "b": T2["a"], "c": T2["d"]}))
    tied = out[out["move"] == "down"]
    assert tied["agency"].tolist() == ["a", "b"] and tied["points"].tolist() == [0, 0] and tied["beyond"].all()
    assert out.loc[out["move"] == "up", "agency"].tolist() == ["c"]


def test_points_above_the_end_of_the_scale_are_lost_first(tmp_path):
    data = {"a": (1, 1, 0.9), "b": (0.9, 0.9, 0.9)}
    case = toy(tmp_path, rows=BONUS, data=data, more=[{"agency": "a", "indicator": "b", "a": 5}])
    down = smallest_points(case).query("move == 'down'").iloc[0]
    assert score(case).query("node == 'index'")["score"].tolist() == [1, 0.9]
    assert (down["agency"], down["points"], down["node"]) == ("a", 13, "k0")  # 98 + 5 - 90


def test_a_row_that_does_not_apply_has_no_room(tmp_path):
    case = toy(tmp_path, rows=BONUS[:3], exempt=[("d", "k0")], not_applicable="zero")
    assert smallest_points(case).query("agency == 'd' and move == 'up'")["nodes"].tolist() == [0]
    assert smallest_points(toy(tmp_path / "a", rows=BONUS[:3], data={**T2, "d": (0, 0.3, 0.6)})).query(
        "agency == 'd' and move == 'up'"
    )["nodes"].tolist() == [1]


@pytest.mark.parametrize("move", ["up", "down", "class-up", "class-down"])
@pytest.mark.parametrize("rows, width", [(None, 3), (TREE, 3), (BONUS, 3)])
def test_so_many_points_move_it_and_a_hair_less_does_not(tmp_path, move, rows, width):
    data = {"a": (0.91, 0.43, 0.5), "b": (0.6, 0.8, 0.53), "c": (0.5, 0.61, 0.8), "d": (0.4, 0.3, 0.6)}
    case = toy(tmp_path, rows=rows, data=data, **CLASSES)
    out = smallest_points(case)
    nodes = {None: ["k0", "k1", "k2"], "p": ["p1", "p2", "q"]}["p" if rows is TREE else None]
    before = score(case).query("node == 'index'").set_index("agency")
    room = score(case).query("node in @nodes").set_index(["agency", "node"])["max_points"]
    asked = out[(out["move"] == move) & (out["node"] != "")]
    assert len(asked)
    for r in asked.itertuples():
        whole = float(room[r.agency, r.node]) if room.notna().all() else 1.0
        sign, column = (1 if move.endswith("up") else -1), ("class" if move.startswith("class") else "rank")
        exactly = [(1, True)] if rows is BONUS and not r.beyond else []  # elsewhere the printed points are rounded
        for factor, moves in ((1 + 1e-5, True), (1 - 1e-5, False), *exactly):
            shares = list(data[r.agency])
            shares[nodes.index(r.node)] = round(shares[nodes.index(r.node)] + sign * factor * r.points / whole, 12)
            name = f"{r.agency}-{move}-{factor}"
            again = toy(tmp_path / name, rows=rows, data={**data, r.agency: tuple(shares)}, **CLASSES)
            after = score(again).query("node == 'index'").set_index("agency")
            change = before.loc[r.agency, column] - after.loc[r.agency, column]
            assert (change * sign > 0) == moves, (r, factor)


@pytest.mark.parametrize("year", ["2022", "2024"])
def test_effective_weights_on_the_sample_rebuild_the_index(year):
    """Rows that do not apply hand their weight on, within the branch or to the whole index."""
    case = read_case("data", year, "communes")
    exact = evaluate(case)
    weights, index = effective_weights(case, exact), exact.columns["index"]
    for i, share in enumerate(index.shares):
        known = {code: w[i] for code, w in weights.items() if w[i]}
        if share is not None:
            base = sum(w * exact.columns[code].shares[i] for code, w in known.items())
            points = sum(leaf.shares[i] or 0 for leaf in exact.extra.values())
            assert sum(known.values()) == 1 and min(max(base + points / index.own_maxima[i], 0), 1) == share


def test_rows_below_a_best_of_branch_have_no_effective_weight(tmp_path):
    case = toy(tmp_path, rows=[{**TREE[0], "aggregate": "best"}, *TREE[1:]])
    weights = effective_weights(case, evaluate(case))
    assert weights["p1"] == weights["p2"] == [None] * 4 and weights["q"] == [Fraction(4, 5)] * 4
    assert set(smallest_points(case)["node"]) <= {"q", ""}


def test_not_linear_none_ranked_one_agency_a_weight_of_1(tmp_path):
    assert reversals(toy(tmp_path, aggregate="geometric")).empty
    assert smallest_points(toy(tmp_path / "g", aggregate="geometric")).empty
    assert smallest_points(toy(tmp_path / "r", rounding="every-level")).empty
    nobody = toy(tmp_path / "n", ranked="no", **CLASSES)
    assert reversals(nobody).empty and smallest_points(nobody).empty
    alone = toy(tmp_path / "o", data={"a": T2["a"]}, **CLASSES)
    assert reversals(alone).empty and smallest_points(alone)["move"].tolist() == ["class-down"]
    one = toy(tmp_path / "w", weights=(1, 0, 0))
    assert reversals(one)["l1"].isna().all() and set(smallest_points(one)["node"]) == {"k0"}
