"""The float face of the index (simulations) gives the exact score to 1e-9, under every aggregate and policy."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dxlib.index import evaluate
from dxlib.index.floats import float_ranks, index_scores, leaf_shares
from dxlib.index.rank import ranks
from tests.index.random_cases import few, givens

MEANS = ["arithmetic", "geometric", "harmonic", "best", "worst"]


@few
@given(givens(), st.sampled_from(MEANS), st.data())
def test_one_weighting_is_the_exact_score(a, aggregate, data):
    rows = tuple({**row, "aggregate": "" if row["rule"] else data.draw(st.sampled_from(MEANS))} for row in a.rows)
    case = a.but(rows=rows, index={**a.index, "aggregate": aggregate}).case()
    exact = evaluate(case)
    nodes = case.framework.nodes.values()
    weights = {node.code: np.array([float(node.weight)] * 2) for node in nodes if node.scored}
    found = index_scores(case.framework, leaf_shares(case, exact=exact), weights)
    shares = exact.columns["index"].shares
    assert found.shape == (2, len(shares))
    for share, pair in zip(shares, found.T, strict=True):
        assert np.isnan(pair).all() if share is None else np.allclose(pair, float(share), rtol=0, atol=1e-9)


@given(st.lists(st.integers(0, 40), min_size=2, max_size=8))
def test_float_ranks_are_the_exact_ranks(numbers):
    found = float_ranks(np.array([numbers], float) / 40)
    assert found[0].tolist() == ranks(numbers)


def test_nothing_is_ranked_that_has_no_score():
    assert float_ranks(np.array([[0.5, np.nan, 0.7]])).tolist() == [[2, 0, 1]]
