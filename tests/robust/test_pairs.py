"""Pair margins, certain pairs, score intervals and class certainty."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxlib import draw_weights, read_case
from dxlib.errors import Refusal
from dxlib.index.floats import index_scores, leaf_shares
from dxlib.robust.pairs import bounds, certain, certain_pairs, dominance, leads, pair_margins, robust_share, smallest
from tests.robust.test_linear import T2, W2, plain, toy

X2, NOMINAL = np.array(list(T2.values())), np.array(W2)
CLASSES = {"class": [{"name": {"en": "Above"}, "cut": 0.6}, {"name": {"en": "Below"}, "cut": 0.0}]}

rows = st.integers(1, 4).flatmap(
    lambda d: st.tuples(
        st.lists(st.lists(st.integers(0, 10), min_size=d, max_size=d), min_size=2, max_size=5),
        st.lists(st.integers(1, 9), min_size=d, max_size=d),
    )
)
widths = st.sampled_from([0, 0.1, 0.3, 0.7, 1, None])


def vertices(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Every vertex of {low <= w <= high, sum 1}: all but one weight at an end."""
    found = []
    for free in range(len(low)):
        rest = [k for k in range(len(low)) if k != free]
        for ends in product((0, 1), repeat=len(rest)):
            w = np.zeros(len(low))
            w[rest] = [(low, high)[e][k] for e, k in zip(ends, rest, strict=True)]
            w[free] = 1 - w.sum()
            if low[free] - 1e-12 <= w[free] <= high[free] + 1e-12:
                found.append(w)
    return np.array(found)


def test_margins_on_paper():
    a, b, c = 0, 1, 2
    twenty, forty = (pair_margins(X2, NOMINAL, h) for h in (0.2, 0.4))
    assert [twenty[a, b], twenty[a, c], forty[a, c], twenty[b, c], forty[b, c]] == pytest.approx(
        [-0.024, 0.016, -0.048, 0.028, 0.006], abs=1e-12
    )
    simplex = pair_margins(X2, NOMINAL, None)
    assert simplex[2, 3] == pytest.approx(0.1) and simplex[3, 2] == pytest.approx(-0.3)
    assert (np.diag(simplex) == 0).all()


def test_the_share_of_robust_pairs_on_paper(tmp_path):
    case = toy(tmp_path)
    shares = {h: robust_share(case, h).loc[0].tolist() for h in (0.2, 0.4, None)}
    assert shares[0.2][1:4] == [4, 6, 5] and shares[0.4][3] == 4 and shares[None][3] == 1
    assert [shares[h][4] for h in (0.2, 0.4, None)] == pytest.approx([5 / 6, 4 / 6, 1 / 6], abs=1e-9)
    assert certain_pairs(case, None).to_numpy().tolist() == [["", "c", "d", 0.1]]
    assert len(certain_pairs(case, 0.2)) == 5


def test_intervals_and_class_certainty_on_paper(tmp_path):
    out = dominance(toy(tmp_path, **CLASSES), 0.2)
    assert out["agency"].tolist() == list("abcd") and out["rank"].tolist() == [1, 2, 3, 4]
    assert out["low"].tolist() == [0.624, 0.624, 0.572, 0.396]
    assert out["high"].tolist() == [0.716, 0.656, 0.608, 0.424]
    assert out["best_class"].tolist() == [1, 1, 1, 2] and out["worst_class"].tolist() == [1, 1, 2, 2]
    assert out["certain"].tolist() == [True, True, False, True]
    assert out["above"].tolist() == [0, 0, 2, 3] and out["below"].tolist() == [2, 2, 1, 0]


def test_a_score_on_the_cut_is_in_the_class_and_below_it_is_not(tmp_path):
    data = {"a": (0.6, 0.6), "b": (0.6, 0.5)}
    out = dominance(toy(tmp_path, weights=(1, 1), data=data, **CLASSES), None)
    assert out["worst_class"].tolist() == [1, 2] and out["best_class"].tolist() == [1, 1]
    strict = {"class": [{**CLASSES["class"][0], "includes_cut": False}, CLASSES["class"][1]]}
    out = dominance(toy(tmp_path / "s", weights=(1, 1), data=data, **strict), None)
    assert out["best_class"].tolist() == [2, 2] and out["certain"].tolist() == [True, True]


@given(rows, widths)
@settings(max_examples=60)
def test_margins_are_those_of_the_vertices(data, half_width):
    x, w = np.array(data[0], float) / 10, np.array(data[1], float) / sum(data[1])
    low, high = bounds(w, half_width)
    corners = vertices(low, np.minimum(high, 1))
    for i, row in enumerate(x):
        want = ((row - x) @ corners.T).min(axis=1)
        assert pair_margins(x, w, half_width)[i] == pytest.approx(want, abs=1e-9)
    value, at = smallest(x, low, high)
    assert (at * x).sum(axis=1) == pytest.approx(value) and at.sum(axis=1) == pytest.approx(1)
    assert (at >= low - 1e-12).all() and (at <= high + 1e-12).all()


@given(rows, widths)
@settings(max_examples=60)
def test_signs_are_exact_antisymmetric_and_shrink_with_the_set(data, half_width):
    lin = plain([[v / 10 for v in row] for row in data[0]], data[1])
    every = list(range(len(data[0])))
    margins, sign = leads(lin, every, half_width)
    above = certain(lin, every, half_width, sign)
    assert not (above & above.T).any() and not np.diag(sign).any()
    assert (np.sign(np.where(np.abs(margins) < 1e-9, 0, margins)) == sign).all()  # tenths: never nearly 0
    wider = certain(lin, every, None, leads(lin, every, None)[1])
    assert (above | ~wider).all()  # P22
    nominal = certain(lin, every, 0, leads(lin, every, 0)[1])
    assert nominal.tolist() == [[a > b for b in lin.scores] for a in lin.scores]  # P20


def test_linprog_finds_the_same_margins():
    from scipy.optimize import linprog

    rng = np.random.default_rng(5)
    x, w = rng.random((6, 12)), rng.dirichlet(np.ones(12))
    margins = pair_margins(x, w, 0.35)
    low, high = bounds(w, 0.35)
    for i, j in product(range(6), repeat=2):
        best = linprog(x[i] - x[j], A_eq=np.ones((1, 12)), b_eq=[1], bounds=list(zip(low, high, strict=True)))
        assert margins[i, j] == pytest.approx(best.fun, abs=1e-9)


def test_a_margin_lost_in_float_rounding_is_decided_exactly():
    third = plain([["0.1", "0.2", "0.3"], ["0.3", "0.1", "0.2"]], [1, 1, 1])  # equal sums, whatever floats say
    assert leads(third, [0, 1], 0)[1].tolist() == [[0, 0], [0, 0]]
    hair = plain([["0.6000000000001", "0.5"], ["0.6", "0.5"]], [1, 1])
    assert leads(hair, [0, 1], 0.2)[1].tolist() == [[0, 1], [-1, 0]]


def test_agencies_that_both_reach_1_are_not_certain():
    lin = plain([[1.3, 0.8], [1.1, 0.7], [0.5, 0.5]], [1, 1], clamped=True)
    sign = leads(lin, [0, 1, 2], None)[1]
    assert sign[0, 1] == 1 and not certain(lin, [0, 1, 2], None, sign)[0, 1]
    assert certain(lin, [0, 1, 2], None, sign)[0, 2]
    assert certain(lin, [0, 1, 2], 0.2, sign)[0, 1]  # there the second stays below 1


def test_a_certain_pair_is_never_reversed_in_a_draw(tmp_path):
    case = read_case("data", "2024", "communes")
    weights = draw_weights(case, 0.2, 300, np.random.default_rng(11), within="box", level="pillar")
    scores = index_scores(case.framework, leaf_shares(case), {c: weights[c].to_numpy() for c in weights})
    place = {a: i for i, a in enumerate(leaf_shares(case).agencies)}
    sure = certain_pairs(case, 0.2)
    above, below = ([place[a] for a in sure[side]] for side in ("above", "below"))
    assert len(sure) > 1000 and (scores[:, above] > scores[:, below]).all()  # P25
    inside = dominance(case, 0.2)
    drawn = scores[:, [place[a] for a in inside["agency"]]]
    assert (drawn >= inside["low"].to_numpy() - 1e-9).all() and (drawn <= inside["high"].to_numpy() + 1e-9).all()


def test_not_linear_none_ranked_one_agency_and_wrong_widths(tmp_path):
    best = toy(tmp_path, aggregate="best")
    assert dominance(best, 0.2).empty and certain_pairs(best, 0.2).empty and robust_share(best, None).empty
    nobody = toy(tmp_path / "n", ranked="no")
    assert dominance(nobody, 0.2).empty and robust_share(nobody, 0.2).empty
    alone = toy(tmp_path / "o", data={"a": T2["a"]}, **CLASSES)
    out = dominance(alone, 0.2)
    assert out["rank"].isna().all() and out["certain"].tolist() == [True] and out["above"].tolist() == [0]
    assert robust_share(alone, 0.2)["pairs"].tolist() == [0] and robust_share(alone, 0.2)["rho"].isna().all()
    for wrong in (-0.1, 1.5):
        with pytest.raises(Refusal):
            dominance(best, wrong)
    with pytest.raises(ValueError, match="sum to 1"):
        pair_margins(X2, np.array([0.5, 0.5, 0.5]), 0.2)
    with pytest.raises(ValueError, match="sums to 1"):
        smallest(X2, np.array([0.5, 0.5, 0.5]), np.ones(3))


def test_identical_agencies_and_a_pillar_of_weight_1(tmp_path):
    twins = toy(tmp_path, data={"a": T2["a"], "b": T2["a"], "c": T2["d"]})
    out = dominance(twins, 0.2)
    assert out["above"].tolist() == [0, 0, 2] and out["below"].tolist() == [1, 1, 0]
    one = dominance(toy(tmp_path / "w", weights=(1, 0, 0)), None)
    assert (one["low"] == one["high"]).all() and robust_share(toy(tmp_path / "r", weights=(1, 0, 0)), None)["rho"][
        0
    ] == 1
    assert Fraction(str(one["low"][0])) == Fraction("0.9")
