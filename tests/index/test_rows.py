"""The index worked out from shares of leaves alone is the index of the case."""

from hypothesis import given
from hypothesis import strategies as st

from dxlib.index import evaluate
from dxlib.index.rows import climbed, from_leaves, keeps, scored_leaves, year_rows
from tests.index.random_cases import few, givens
from tests.known.folders import leaf

MEANS = ["arithmetic", "geometric", "harmonic", "best", "worst"]


@few
@given(givens(), st.sampled_from(MEANS), st.data())
def test_from_its_leaves(a, aggregate, data):
    """With a row that is only shown, under every mean and policy."""
    rows = [{**row, "aggregate": "" if row["rule"] else data.draw(st.sampled_from(MEANS))} for row in a.rows]
    shown = data.draw(st.sampled_from([[], [leaf("0", "none")]]))
    case = a.but(rows=(*shown, *rows), index={**a.index, "aggregate": aggregate}).case()
    exact = evaluate(case)
    leaves = scored_leaves(case.framework)
    assert leaves == [row["code"] for row in rows if row["rule"]]
    shares = {code: exact.columns[code].shares for code in leaves}
    kept = {code: [keeps(case, state) for state in exact.columns[code].states] for code in leaves}
    expected = exact.columns["index"].shares
    assert from_leaves(case, exact.agencies, shares, kept, exact.lists) == expected
    places = list(range(len(exact.agencies)))[::-1]
    assert climbed(case, year_rows(case.framework, exact, leaves), places) == expected[::-1]
