"""Stability intervals of a weight: worked examples, ties at the ends, and scores evaluated one by one."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxlib import read_case
from dxlib.index import evaluate
from dxlib.robust.linear import Linear, linear
from dxlib.robust.stability_intervals import intervals, kept, lines, stability
from tests.robust.test_linear import T2, plain, toy

CLASSES = {"class": [{"name": {"en": "Above"}, "cut": 0.6}, {"name": {"en": "Below"}, "cut": 0.0}]}


@cache
def sample():
    return read_case("data", "2024", "communes")


def at(lin: Linear, k: int, t: Fraction) -> list[Fraction]:
    """Scores with weight k at t, the others in their proportions: written out, without `lines`."""
    rest = 1 - lin.exact_weights[k]
    w = [t if m == k else v * (1 - t) / rest for m, v in enumerate(lin.exact_weights)]
    scores = [sum((a * b for a, b in zip(row, w, strict=True)), Fraction(0)) for row in lin.exact_x]
    return [min(max(s, Fraction(0)), Fraction(1)) for s in scores] if lin.clamped else scores


def pick(table, what, node, agency=""):
    row = table[(table["what"] == what) & (table["node"] == node) & ((table["agency"] == agency) | (agency == ""))]
    return [round(v, 4) for v in row[["low", "high"]].to_numpy()[0].tolist()]


def test_intervals_on_paper(tmp_path):
    out = stability(toy(tmp_path))
    pairs = {(k, a): pick(out, "pair", k, a) for k in ("k0", "k1", "k2") for a in "ab"}
    assert pairs["k0", "a"][0] == 0.4444 and pairs["k1", "a"][1] == 0.3488 and pairs["k2", "a"][1] == 1
    assert pairs["k1", "b"][0] == 0.0667 and pairs["k2", "b"][1] == 0.3143
    assert [pick(out, "order", k) for k in ("k0", "k1", "k2")] == [[0.4444, 1], [0.0667, 0.3488], [0, 0.3143]]
    # the top place: also over A and C: w1 from 3/8, so A's neighbour B decides
    assert pick(out, "top", "k0") == [0.4444, 1]
    lin = linear(toy(tmp_path / "c"), evaluate(toy(tmp_path / "d")), "pillar")
    scores = lines(lin.exact_x, lin.exact_weights, 0)
    gap = (scores[0][0] - scores[2][0], scores[0][1] - scores[2][1])
    assert kept([gap])[0] == Fraction(3, 8)
    assert (out["what"] == "class").sum() == 0


def test_class_intervals_on_paper(tmp_path):
    out = stability(toy(tmp_path, **CLASSES))
    # A: .44 + .46 t >= .6 from t = 8/23; C: .68 - .18 t < .6 from t = 4/9
    assert pick(out, "class", "k0", "a") == [round(8 / 23, 4), 1] and pick(out, "class", "k0", "c") == [0.4444, 1]
    assert pick(out, "class", "k0", "d") == [0, 1]


tables = st.integers(2, 4).flatmap(
    lambda d: st.tuples(
        st.lists(st.lists(st.integers(0, 6), min_size=d, max_size=d), min_size=2, max_size=6),
        st.lists(st.integers(1, 5), min_size=d, max_size=d),
        st.booleans(),
    )
)


@given(tables)
@settings(max_examples=60)
def test_nothing_changes_inside_and_something_does_just_outside(data):
    x, w, clamped = data
    lin = plain([[v / 5 for v in row] for row in x], w, clamped)
    if clamped and not all(0 < s < 1 for s in lin.scores):
        return
    settings_ = sample().settings
    step = Fraction(1, 10**9)

    def order(scores):
        return [[(a > b) - (a < b) for b in scores] for a in scores]

    members = lin.lists()[0][1]
    now = order(lin.scores)
    for k in range(len(w)):
        found = {(what, a): ends for what, a, _, ends in intervals(lin, members, k, settings_)}
        (low, high), start = found["order", ""], lin.exact_weights[k]
        assert low <= start <= high  # P30
        for t in (low + (start - low) / 3, start, start + (high - start) * 2 / 3):
            assert order(at(lin, k, t)) == now
        for end, outside in ((low, low - step), (high, high + step)):
            assert end in (0, 1) or order(at(lin, k, end)) != now or low == high == start  # a tie at the end
            assert end in (0, 1) or order(at(lin, k, outside)) != now
        top = found["top", lin.agencies[members[0]]]
        assert top[0] <= low and high <= top[1]
        leaders = [i for i in members if now[i][members[0]] == 0]
        for end, outside in ((top[0], top[0] - step), (top[1], top[1] + step)):
            scores = at(lin, k, outside) if end not in (0, 1) else None
            assert scores is None or [i for i in members if scores[i] == max(scores)] != leaders
        for t in (top[0] + (start - top[0]) / 10**6, top[1] - (top[1] - start) / 10**6):
            scores = at(lin, k, t)
            assert [i for i in members if scores[i] == max(scores)] == leaders
        neighbours = [found["pair", lin.agencies[i]] for i in members[:-1]]
        assert (low, high) == (max(p[0] for p in neighbours), min(p[1] for p in neighbours))


@given(tables)
@settings(max_examples=30)
def test_classes_stay_inside_and_end_on_a_cut(data):
    x, w, _ = data
    lin = plain([[v / 6 for v in row] for row in x], w)
    settings_ = sample().settings
    cuts = [c.cut for c in settings_.classes]

    def position(score):
        return next(k for k, cut in enumerate(cuts) if score >= cut)

    for k in range(len(w)):
        for what, agency, _, (low, high) in intervals(lin, lin.lists()[0][1], k, settings_):
            if what != "class":
                continue
            i = lin.agencies.index(agency)
            start = lin.exact_weights[k]
            assert low <= start <= high
            for t in (low + (start - low) / 2, start, start + (high - start) / 2):
                assert position(at(lin, k, t)[i]) == position(lin.scores[i])
            assert all(end in (0, 1) or at(lin, k, end)[i] in cuts for end in (low, high))


def test_the_leader_may_be_overtaken_by_somebody_who_is_no_neighbour():
    lin = plain([[0.5, 0.5], [0.45, 0.45], [1, 0]], [2, 3])  # the third at t, the second always below the first
    found = {what: ends for what, _, _, ends in intervals(lin, [0, 1, 2], 0, sample().settings)[:2]}
    assert found == {"order": (0, Fraction(9, 20)), "top": (0, Fraction(1, 2))}


def test_cut_off_scores_tie_where_the_lower_one_reaches_1_or_the_upper_one_0():
    x = [[1.3, -0.2], [1.05, -0.4]]
    assert intervals(plain(x, [1, 1]), [0, 1], 0, sample().settings)[0][3] == (0, 1)
    # 1.45 t - .4 = 1 at t = 28/29, and 1.5 t - .2 = 0 at t = 2/15
    clamped = intervals(plain(x, [1, 1], clamped=True), [0, 1], 0, sample().settings)[0][3]
    assert clamped == (Fraction(2, 15), Fraction(28, 29))


def test_the_order_of_the_sample_breaks_at_both_ends():
    case = sample()
    lin = linear(case, evaluate(case), "pillar")
    members = lin.lists()[0][1]
    for k in range(len(lin.codes)):
        _, _, _, (low, high) = intervals(lin, members, k, case.settings)[0]
        for end in (low, high):
            scores = at(lin, k, end)
            assert end in (0, 1) or len(set(scores)) < len(scores) or end == lin.exact_weights[k]
    table = stability(case)
    assert table["low"].le(table["weight"] + 1e-9).all() and table["high"].ge(table["weight"] - 1e-9).all()


def test_published_points_move_the_cut(tmp_path):
    data = {"a": (0.8, 0.4), "b": (0.5, 0.3)}
    exact = stability(toy(tmp_path, weights=(1, 1), data=data, **CLASSES))
    rounded = stability(
        toy(tmp_path / "p", weights=(1, 1), data=data, rank_on="published", points_decimals=1, **CLASSES)
    )
    assert pick(exact, "class", "k0", "a") == [0.5, 1]
    # of one point to one decimal: .55 rounds to the cut of .6; .4 + .4 t = .55 at t = .375
    assert pick(rounded, "class", "k0", "a") == [0.375, 1]


def test_a_weight_of_1_is_undefined_and_ties_leave_no_room(tmp_path):
    one = stability(toy(tmp_path, weights=(1, 0, 0), **CLASSES))
    assert one["low"].isna().all() and one["weight"].tolist() == [1.0] * len(one)
    with pytest.raises(ValueError, match="weight of 1"):
        lines([[Fraction(1)]], [Fraction(1)], 0)
    tied = stability(toy(tmp_path / "t", weights=(1, 1), data={"a": (0.6, 0.4), "b": (0.4, 0.6)}))
    assert pick(tied, "order", "k0") == [0.5, 0.5]
    twins = stability(toy(tmp_path / "i", data={"a": T2["a"], "b": T2["a"]}))
    assert (twins["low"] == 0).all() and (twins["high"] == 1).all()


def test_not_linear_none_ranked_one_agency(tmp_path):
    assert stability(toy(tmp_path, aggregate="harmonic")).empty
    assert stability(toy(tmp_path / "n", ranked="no")).empty
    assert stability(toy(tmp_path / "o", data={"a": T2["a"]})).empty
    alone = stability(toy(tmp_path / "c", data={"a": T2["a"]}, **CLASSES))
    assert set(alone["what"]) == {"class"} and len(alone) == 3
