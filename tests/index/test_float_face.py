"""The float face of the index (simulations) gives the exact score to 1e-9, under every aggregate and policy."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dxlib.index import evaluate
from dxlib.index.floats import TIE, float_ranks, index_scores, leaf_shares
from dxlib.index.rank import ranks
from tests.index.random_cases import few, givens

MEANS = ["arithmetic", "geometric", "harmonic", "product", "complement", "best", "worst"]


def capped(row, rows):
    """A `sum` branch that may be given a lower maximum; where weights are given, none weighs by it."""
    below = sum(int(other["max_points"]) for other in rows if other["parent"] == row["code"])
    return row["aggregate"] == "sum" and below > 5


@few
@given(givens(), st.sampled_from(MEANS), st.data())
def test_one_weighting_is_the_exact_score(a, aggregate, data):
    below = st.sampled_from([*MEANS, "sum"])
    rows = tuple({**row, "aggregate": "" if row["rule"] else data.draw(below)} for row in a.rows)
    rows = tuple({**row, "max_points": "5"} if capped(row, rows) else row for row in rows)
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


near_a_tie = st.sampled_from([-1.5 * TIE, -TIE, 0.0, 1e-16, TIE, TIE * (1 + 1e-7), TIE * (1 - 1e-7), 2.0**-52])
scores_to_rank = st.one_of(
    st.builds(lambda whole, little: abs(whole / 8 + little), st.integers(0, 8), near_a_tie),
    st.sampled_from([0.0, -0.0, 1.0, 1e-310, 0.5, 1 + 2.0**-52, -0.25, 3.0, float("nan")]),
)


def ranked(row):
    """One agency after the other: who is within the tie of the one before shares its rank; nan has none."""
    found, place, above = [0] * len(row), 0, None
    downwards = sorted((i for i, x in enumerate(row) if x == x), key=lambda i: -row[i])
    for n, i in enumerate(downwards, start=1):
        if above is None or above - row[i] > TIE * max(1.0, abs(above)):
            place = n
        found[i], above = place, row[i]
    return found


@given(
    st.integers(1, 9).flatmap(
        lambda n: st.lists(st.lists(scores_to_rank, min_size=n, max_size=n), min_size=1, max_size=6)
    )
)
def test_ties_of_a_hair_and_who_has_no_score(rows):
    assert float_ranks(np.array(rows, float)).tolist() == [ranked(row) for row in rows]


def test_many_rows_of_many_agencies_are_ranked_as_row_by_row():
    """Rows enough for several slices, ties in some."""
    rng = np.random.default_rng(7)
    scores = 0.9 * rng.random((900, 1000))
    scores[::3] = np.round(scores[::3], 3) + TIE * rng.integers(0, 2, (300, 1000))
    assert float_ranks(scores, dtype=np.int16).tolist() == [ranked(row) for row in scores.tolist()]
