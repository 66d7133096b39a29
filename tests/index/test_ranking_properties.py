"""What must hold of every ranking (P13 to P19 of the methods)."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxlib.index import score
from dxlib.index.rank import ranked_on, ranks, ranks_by_scope
from tests.index.random_cases import few, givens
from tests.known.folders import leaf, make

many = settings(max_examples=50)
fractions = st.fractions(0, 1, max_denominator=6)
lists = st.lists(fractions, min_size=2, max_size=9)


def middle(values):
    """Mid-ranks: the mean of the places a tie occupies."""
    return [r + Fraction(values.count(v) - 1, 2) for r, v in zip(ranks(values), values, strict=True)]


@many
@given(lists, st.randoms(use_true_random=False))
def test_p13_p18_the_order_of_input_changes_nothing(values, random):
    order = list(range(len(values)))
    random.shuffle(order)
    found = ranks([values[i] for i in order])
    assert [found[order.index(i)] for i in range(len(values))] == ranks(values)


@many
@given(lists)
def test_p14_only_the_order_counts(values):
    assert ranks([v**3 + 2 * v - 5 for v in values]) == ranks(values)


@many
@given(lists)
def test_p15_ties_share_the_better_rank_and_the_next_is_skipped(values):
    assert ranks(values) == [1 + sum(w > v for w in values) for v in values]
    n = len(values)
    assert sum(middle(values)) == Fraction(n * (n + 1), 2)


@many
@given(lists)
def test_p16_the_reverse_order_reverses_the_mid_ranks(values):
    assert middle([-v for v in values]) == [len(values) + 1 - r for r in middle(values)]


@many
@given(st.lists(st.tuples(fractions | st.none(), st.sampled_from("ab"), st.booleans()), max_size=9))
def test_p17_the_rank_in_a_list_is_the_rank_after_filtering(entries):
    shares, scopes, ranked = ([e[i] for e in entries] for i in range(3))
    place, of = ranks_by_scope(shares, scopes, ranked)
    for scope in "ab":
        members = [i for i in range(len(entries)) if scopes[i] == scope and ranked[i] and shares[i] is not None]
        assert [place[i] for i in members] == ranks([shares[i] for i in members])
        assert [of[i] for i in members] == [len(members)] * len(members)
    assert all((place[i], of[i]) == (None, None) for i, (x, _, r) in enumerate(entries) if x is None or not r)


@many
@given(st.integers(0, 10**30), st.integers(1, 10**30))
def test_numbers_that_are_equal_as_floats_are_told_apart(above, below):
    """Two shares that differ by less than a float can tell still have two ranks."""
    x = Fraction(above, above + below)
    y = x + Fraction(1, 10**60)
    assert ranks([x, y, x]) == [2, 1, 2]


def test_p19_none_one_and_all_equal():
    assert ranks([]) == []
    assert ranks([Fraction(1, 2)]) == [None]
    assert ranks([None, Fraction(1, 2)]) == [None, None]
    assert ranks([Fraction(1, 3)] * 4) == [1, 1, 1, 1]
    assert ranks([Fraction(1, 3), None, Fraction(1, 2), None, Fraction(1, 2), Fraction(1)]) == [4, None, 2, None, 2, 1]


@pytest.mark.parametrize("rank_on, half, share, room, expected", [
    ("exact", "away", Fraction(1, 3), Fraction(10), Fraction(1, 3)),
    ("published", "away", Fraction(1, 3), Fraction(10), Fraction(333, 1000)),  # 3.33 of 10 points
    ("published", "away", Fraction(1, 3), Fraction(20, 3), Fraction(222, 100) / Fraction(20, 3)),  # 2.2222… is 2.22
    ("published", "away", Fraction(1, 400), Fraction(2), Fraction(1, 200)),  # 0.005 is 0.01
    ("published", "even", Fraction(1, 400), Fraction(2), Fraction(0)),
    ("published", "away", Fraction(1, 3), Fraction(0), Fraction(1, 3)),  # nothing to print
    ("published", "away", None, Fraction(10), None),
])  # fmt: skip
def test_what_decides_a_rank(rank_on, half, share, room, expected, tmp_path):
    answers = {agency: {"1": {"points": 5}} for agency in "ab"}
    case = make(tmp_path, [leaf("1", "points", 10)], answers, {"rank_on": rank_on, "half": half})
    assert ranked_on(share, room, case.settings) == expected


@few
@given(givens(gaps=False, least=3))
def test_p17_through_the_front_door(a):
    """The ranks of a scope are those of a folder that holds this scope alone."""
    scopes = {agency: "ab"[i % 2] for i, agency in enumerate(a.table)}
    together = score(a.but(scopes=scopes).case()).query("node == 'index'").set_index("agency")
    for scope in "ab":
        members = {x: cells for x, cells in a.table.items() if scopes[x] == scope}
        alone = score(a.but(table=members).case()).query("node == 'index'").set_index("agency")
        assert together.loc[list(members), ["rank", "of"]].equals(alone[["rank", "of"]])


def test_ties_stand_in_the_order_of_agencies(tmp_path):
    answers = {agency: {"1": {"points": 5}} for agency in ("c", "a", "b")}
    table = score(make(tmp_path, [leaf("1", "points", 10)], answers)).query("node == 'index'")
    assert (table["agency"].tolist(), table["rank"].tolist()) == (["c", "a", "b"], [1, 1, 1])
