"""Draws, rank intervals and leave-one-out: answers on paper, and properties."""

from __future__ import annotations

import numpy as np
import pytest

from dxlib import draw_weights, leave_one_out, rank_intervals, read_case, score
from dxlib.errors import Refusal
from dxlib.index import evaluate
from dxlib.index.floats import float_ranks, index_scores, leaf_shares
from dxlib.robust import attainable
from tests.robust.toy import TOY, toy


def test_what_twenty_percent_really_reaches(tmp_path):
    reach = attainable(toy(tmp_path), 0.2).set_index("node")
    assert reach["up"].round(3).tolist() == [0.2, 0.304, 0.364]
    assert reach["down"].round(3).tolist() == [-0.2, -0.259, -0.286]


def test_leave_one_out_on_paper(tmp_path):
    # drop 1: ranks 3,1,1,4, mean |shift| (2+1+2+0)/4 = 1.25 (an exact tie); drop 2: 1,3,2,4, .5; drop 3: nothing
    out = leave_one_out(toy(tmp_path)).set_index("node")
    assert out["mean_shift"].tolist() == [1.25, 0.5, 0.0]
    assert out["moved"].tolist() == [3, 2, 0] and out["leader"].tolist() == ["b;c", "", ""]


def test_who_has_no_rank_and_leads_without_a_row_is_a_new_leader(tmp_path):
    """No answer to the first row: not ranked; without that row it is the first."""
    case = toy(tmp_path, data=TOY | {"b": (None, 0.8, 0.5), "c": (0.9, 0.1, 0.1)}, missing="not-ranked")
    out = leave_one_out(case).set_index("node")
    assert out["leader"].tolist()[0] == "b" and "b" not in "".join(out["leader"].tolist()[1:])


def test_draws_are_a_table_of_sibling_weights(tmp_path):
    weights = draw_weights(toy(tmp_path), 0.2, 500, np.random.default_rng(7))
    assert weights.shape == (500, 3) and np.allclose(weights.sum(axis=1), 1.0)
    reach = attainable(toy(tmp_path / "b"), 0.2)
    relative = weights.to_numpy() / reach["weight"].to_numpy() - 1
    assert (relative <= reach["up"].to_numpy() + 1e-12).all() and (relative >= reach["down"].to_numpy() - 1e-12).all()
    again = draw_weights(toy(tmp_path / "c"), 0.2, 500, np.random.default_rng(7))
    assert weights.equals(again)


def test_rank_intervals_of_the_toy(tmp_path):
    # within +-20 % (renormalised) A leads in about 90 % of the draws and C is always third
    case = toy(tmp_path)
    out = rank_intervals(case, draw_weights(case, 0.2, 20000, np.random.default_rng(1))).set_index("agency")
    assert out.loc["a", "keeps"] == pytest.approx(0.899, abs=0.01)
    assert out.loc["c", ["lowest", "highest"]].tolist() == [3, 3] and out.loc["d", "keeps"] == 1
    assert ((out["lowest"] <= out["low"]) & (out["low"] <= out["median"]) & (out["median"] <= out["high"])).all()


def test_hardly_any_noise_keeps_every_rank_and_a_dominated_agency_stays_below(tmp_path):
    case = toy(tmp_path, data={**TOY, "e": (0.3, 0.2, 0.5)})
    tiny = rank_intervals(case, draw_weights(case, 1e-9, 50, np.random.default_rng(3)))
    assert (tiny["keeps"] == 1).all() and (tiny["low"] == tiny["high"]).all()
    wide = draw_weights(case, 1.0, 2000, np.random.default_rng(3))
    scores = index_scores(case.framework, leaf_shares(case), {c: wide[c].to_numpy() for c in wide})
    ranks = float_ranks(scores)
    assert (ranks[:, 4] > ranks[:, 3]).all()  # e is below d in every indicator


@pytest.mark.parametrize("half_width, draws", [(0, 10), (-0.1, 10), (1.5, 10), (0.2, 0)])
def test_weights_out_of_range_are_refused(tmp_path, half_width, draws):
    with pytest.raises(Refusal):
        draw_weights(toy(tmp_path), half_width, draws, np.random.default_rng(1))


@pytest.mark.parametrize("aggregate", ["arithmetic", "geometric", "harmonic", "best", "worst"])
def test_the_float_face_agrees_with_the_exact_one(tmp_path, aggregate):
    case = toy(tmp_path, aggregate=aggregate)
    exact = [float(s) for s in evaluate(case).columns["index"].shares]
    nominal = {n.code: np.array([float(n.weight)]) for n in case.framework.nodes.values()}
    assert index_scores(case.framework, leaf_shares(case), nominal)[0] == pytest.approx(exact, abs=1e-12)


@pytest.mark.parametrize(
    "group, year", [("departments", "2024"), ("districts", "2022"), ("communes", "2022"), ("communes", "2024")]
)
def test_the_float_face_agrees_on_the_sample(group, year):
    """Exemptions, best branches, geometric branches, bonus and penalty, whatever the set holds."""
    case = read_case("data", year, group)
    exact = [float("nan") if s is None else float(s) for s in evaluate(case).columns["index"].shares]
    nominal = {n.code: np.array([float(n.weight)]) for n in case.framework.nodes.values() if n.scored}
    scores = index_scores(case.framework, leaf_shares(case), nominal)[0]
    if case.settings.rounding == "end":
        assert scores == pytest.approx(exact, abs=1e-9, nan_ok=True)


def test_lists_of_one_and_of_none_have_no_intervals(tmp_path):
    case = toy(tmp_path, data={"a": TOY["a"]})
    weights = draw_weights(case, 0.2, 10, np.random.default_rng(1))
    assert rank_intervals(case, weights).empty
    assert score(case)["rank"].isna().all()
    assert leave_one_out(case)["moved"].tolist() == [0, 0, 0]


@pytest.mark.parametrize("level", ["indicator", "pillar"])
def test_what_alone_weighs_is_not_left_out(tmp_path, level):
    """Without it there would be no index: nobody can say that nobody moves."""
    assert leave_one_out(toy(tmp_path, weights=(1, 0, 0)), level=level).empty
    assert len(leave_one_out(toy(tmp_path, weights=(0.5, 0.5, 0)), level=level)) == 2
