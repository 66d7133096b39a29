"""Weight sets: answers on paper, the sets they claim to fill, and the same table every time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from dxlib import draw_weights, read_case
from dxlib.errors import Refusal
from dxlib.robust import attainable
from dxlib.robust.weights import SETS, STREAM, drawn, families, in_box
from tests.backtest.contract_folder import write_folder

W = np.array([0.5, 0.3, 0.2])
few = settings(max_examples=25)


def seeded(seed=7):
    return np.random.default_rng(seed)


def tree(folder, weights, index=()):
    """A case of two agencies over (code, weight) rows; a dot makes a child."""
    parents = {code.rpartition(".")[0] for code, _ in weights} - {""}
    rule = {True: "", False: "goalposts(0, 1)"}
    rows = [
        {"code": c, "parent": c.rpartition(".")[0], "name_en": c, "weight": w, "rule": rule[c in parents]}
        for c, w in weights
    ]
    leaves = [c for c, _ in weights if c not in parents]
    claims = [{"agency": u, "indicator": c, "a": x} for u, x in (("a", 0.5), ("b", 0.7)) for c in leaves]
    tables = {"indicators": rows, "agencies": [{"agency": "a"}, {"agency": "b"}], "claims": claims}
    write_folder(folder, 2024, "demo", {"title": {"en": "Tree"}, **dict(index)}, tables)
    return read_case(folder, 2024, "demo")


@pytest.fixture
def flat(tmp_path):
    return tree(tmp_path, [("k0", 0.5), ("k1", 0.3), ("k2", 0.2)])


@pytest.fixture
def nested(tmp_path):
    return tree(tmp_path, [("p", 3), ("p.a", 1), ("p.b", 2), ("p.c", 0), ("q", 1), ("q.a", 5), ("r", 2)])


def options(within):
    return {"within": within, "concentration": 50.0 if within == "dirichlet" else None}


# answers on paper


def test_dirichlet_50_has_the_spread_of_the_formula(flat):
    # sqrt(w (1 - w) / 51) = .0700 .0642 .0560
    found = draw_weights(flat, 0.2, 50_000, seeded(), **options("dirichlet")).to_numpy()
    assert found.std(axis=0) == pytest.approx([0.0700, 0.0642, 0.0560], abs=0.0008)
    assert found.mean(axis=0) == pytest.approx(W, abs=0.0015)


def test_renormalising_shifts_the_mean(flat):
    # drawn 400,000 times the means are .4992 .3003 .2005, not .5 .3 .2
    found = draw_weights(flat, 0.2, 400_000, seeded(), threads=2).to_numpy().mean(axis=0)
    assert found == pytest.approx([0.4992, 0.3003, 0.2005], abs=0.0002)
    box = draw_weights(flat, 0.2, 100_000, seeded(), within="box").to_numpy().mean(axis=0)
    assert box == pytest.approx(W, abs=0.0005)


def test_the_reach_of_every_branch(nested):
    # r among p 3, q 1, r 2: w = 1/3, up 1.2 / (.4 + .8 * 2/3) - 1 = 2/7; q has an only child, p.c weighs nothing
    reach = attainable(nested, 0.2, level="all").set_index("node")
    assert reach.loc["r", ["weight", "up"]].tolist() == pytest.approx([1 / 3, 2 / 7])
    assert reach.loc["p.c", ["weight", "down", "up"]].tolist() == [0, 0, 0]
    assert reach.loc["q.a", ["weight", "down", "up"]].tolist() == [1, 0, 0]
    assert attainable(nested, 0.2)["node"].tolist() == ["p", "q", "r"]


def test_a_box_cannot_give_a_heavy_weight_more_than_the_others_can_spare(tmp_path):
    # .8 of 1, h = .2: the other two can give .04, which is 5 % of .8
    case = tree(tmp_path, [("x", 8), ("y", 1), ("z", 1)])
    reach = attainable(case, 0.2, within="box").set_index("node")
    assert reach["up"].tolist() == pytest.approx([0.05, 0.2, 0.2]) and (reach["down"] == -reach["up"]).all()
    found = draw_weights(case, 0.2, 2000, seeded(), within="box") / reach["weight"] - 1
    assert (abs(found) <= reach["up"] + 1e-12).all(axis=None) and found["x"].max() > 0.045


# each fills the set it claims to fill


@pytest.mark.parametrize("within", SETS)
@few
@given(st.lists(st.integers(1, 30), min_size=2, max_size=9), st.floats(0.01, 1.0), st.integers(0, 2**32))
def test_every_draw_is_in_its_set(within, parts, h, seed):
    w = np.array(parts) / sum(parts)
    found = drawn(within, w, h, 20.0, 200, seeded(seed))
    assert found.shape == (len(w), 200) and (found >= 0).all() and np.allclose(found.sum(axis=0), 1, atol=1e-12)
    if within == "box":
        assert (found >= w[:, None] * (1 - h) - 1e-12).all() and (found <= w[:, None] * (1 + h) + 1e-12).all()
    if within == "order":
        heavier = np.array(parts)[:, None] > np.array(parts)
        assert all((found[i] >= found[j]).all() for i, j in np.argwhere(heavier))


def test_a_box_of_two_weights_is_uniform_on_its_edge():
    # w = .7, .3, h = .2: the smaller lies uniformly in .3 +- .06
    small = in_box(np.array([0.7, 0.3]), 0.2, 5000, seeded())[1]
    assert stats.kstest(small, "uniform", args=(0.24, 0.12)).pvalue > 0.001


def walk(w, h, draws, rng, burn=400):
    """Hit-and-run (Smith 1984) on the box: a random direction within the plane, a uniform point of the chord."""
    at = np.repeat(w[:, None], draws, axis=1)
    for _ in range(burn):
        way = rng.standard_normal(at.shape)
        way -= way.mean(axis=0)
        with np.errstate(divide="ignore"):
            ends = np.sort([(w[:, None] * (1 + s * h) - at) / way for s in (-1, 1)], axis=0)
        low, high = ends[0].max(axis=0), ends[1].min(axis=0)
        at = at + way * rng.uniform(low, high)
    return at


def test_the_box_sampler_agrees_with_hit_and_run():
    w = np.array([0.35, 0.3, 0.2, 0.1, 0.05])
    exact, walked = in_box(w, 0.4, 4000, seeded(1)), walk(w, 0.4, 4000, seeded(2))
    assert all(stats.ks_2samp(a, b).pvalue > 0.001 for a, b in zip(exact, walked, strict=True))
    assert np.cov(exact) == pytest.approx(np.cov(walked), abs=4e-4)


def test_a_box_of_sixty_weights_needs_no_walk():
    found = in_box(np.full(60, 1 / 60), 0.25, 3000, seeded())
    # far from the edges a weight is nearly uniform on its interval: standard deviation .25/60 / sqrt(3)
    assert found.std(axis=1) == pytest.approx(0.25 / 60 / np.sqrt(3), rel=0.06)
    assert found.mean(axis=1) == pytest.approx(1 / 60, rel=0.02)


def test_the_simplex_has_the_margins_of_a_flat_dirichlet():
    found = drawn("simplex", np.full(4, 0.25), 0.2, None, 5000, seeded())
    assert all(stats.kstest(row, "beta", args=(1, 3)).pvalue > 0.001 for row in found)


def test_order_keeps_the_order_and_leaves_equals_free():
    found = drawn("order", np.array([0.2, 0.6, 0.2]), 0.2, None, 6000, seeded())
    assert (found[1] >= found[[0, 2]].max(axis=0)).all()
    assert (found[0] > found[2]).mean() == pytest.approx(0.5, abs=0.03)
    # mean of the largest of three uniform spacings: (1 + 1/2 + 1/3) / 3 = 11/18
    assert found[1].mean() == pytest.approx(11 / 18, abs=0.006)


# the tree


@pytest.mark.parametrize("within", SETS)
def test_all_branches_sum_to_one_and_idle_rows_stay_idle(nested, within):
    found = draw_weights(nested, 0.3, 50, seeded(), **options(within))
    assert list(found.columns) == [code for siblings in families(nested.framework) for code in siblings]
    for siblings in families(nested.framework):
        assert np.allclose(found[siblings].sum(axis=1), 1)
    assert (found["p.c"] == 0).all() and (found["q.a"] == 1).all() and found["p.a"].nunique() == 50


@pytest.mark.parametrize("within", SETS)
def test_only_the_top_rows_move_at_pillar_level(nested, within):
    found = draw_weights(nested, 0.3, 50, seeded(), level="pillar", **options(within))
    assert np.allclose(found[["p.a", "p.b", "p.c", "q.a"]], [1 / 3, 2 / 3, 0, 1]) and found["p"].nunique() == 50


# the same table every time


@pytest.mark.parametrize("within", SETS)
def test_the_same_table_for_any_number_of_threads(nested, within):
    draws = 2 * STREAM + 5
    one, two, five = (
        draw_weights(nested, 0.3, draws, seeded(3), threads=n, **options(within)).to_numpy().tobytes()
        for n in (1, 2, 5)
    )
    assert one == two == five


@pytest.mark.parametrize("within", SETS)
def test_more_draws_lengthen_the_table(nested, within):
    short, long = (draw_weights(nested, 0.3, k, seeded(3), **options(within)) for k in (40, STREAM + 40))
    assert short.equals(long[:40])
    assert not np.array_equal(long[STREAM:], long[:40]), "streams are not repeated"
    assert not short.equals(draw_weights(nested, 0.3, 40, seeded(4), **options(within)))


def test_a_generator_draws_another_table_the_second_time(flat):
    rng = seeded()
    assert not draw_weights(flat, 0.2, 10, rng).equals(draw_weights(flat, 0.2, 10, rng))


# wrong calls


@pytest.mark.parametrize("concentration", [None, 0, -1, float("inf"), float("nan")])
def test_a_concentration_out_of_range_is_refused(flat, concentration):
    with pytest.raises(Refusal) as refused:
        draw_weights(flat, 0.2, 10, seeded(), within="dirichlet", concentration=concentration)
    assert [f.column for f in refused.value.findings] == ["concentration"]


@pytest.mark.parametrize("half_width", [0, -0.1, 1.01, float("nan")])
def test_a_half_width_out_of_range_is_refused_where_it_is_read(flat, half_width):
    for within in SETS[:2]:
        with pytest.raises(Refusal):
            draw_weights(flat, half_width, 10, seeded(), within=within)
        with pytest.raises(Refusal):
            attainable(flat, half_width, within=within)
    assert len(draw_weights(flat, half_width, 10, seeded(), within="simplex")) == 10


@pytest.mark.parametrize("wrong", [{"within": "cube"}, {"level": "leaf"}, {"threads": 0}])
def test_unknown_sets_levels_and_no_threads(flat, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        draw_weights(flat, 0.2, 10, seeded(), **wrong)


def test_a_reach_is_known_for_two_sets(flat):
    with pytest.raises(ValueError, match="box"):
        attainable(flat, 0.2, within="simplex")
