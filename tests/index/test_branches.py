"""The steps between the leaves and the index, each by hand."""

from dataclasses import replace
from fractions import Fraction as F

import pytest

from dxlib.errors import Finding, Refusal
from dxlib.index.exact import Column, add_points, combine, kept_weight, round_share, state_of
from dxlib.index.values import Leaf
from dxlib.rules import ONE, ZERO
from tests.known.folders import leaf, make, points

HALF, THIRD = F(1, 2), F(1, 3)


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """Two decimals, halves away from zero, rounded at the end."""
    return make(tmp_path_factory.mktemp("case"), [leaf("1", "points", 10)], points(a=1, b=2)).settings


@pytest.mark.parametrize("states, share, word", [
    (["verified", "claimed", "measured"], ONE, "claimed"),
    (["measured", "verified", "missing"], ONE, "verified"),
    (["missing", "measured", "not-applicable"], ONE, "measured"),
    (["not-applicable", "missing"], ZERO, "missing"),
    (["not-scored", "not-applicable"], ONE, "not-applicable"),
    (["not-verified", "claimed"], ONE, "claimed"),
    (["not-verified", "claimed", "missing"], None, "not-verified"),
    (["verified", "missing"], None, "missing"),
    (["claimed"], None, "missing"),
    (["not-applicable", "missing"], None, "missing"),
    (["not-applicable"], None, "not-applicable"),
    (["not-scored"], ONE, "not-scored"),
    ([], None, "not-scored"),
])  # fmt: skip
def test_one_word_for_a_branch(states, share, word):
    assert state_of(states, share) == word


def test_a_share_that_gives_rounded_points(settings):
    assert round_share(THIRD, F(10), settings, False) == F(333, 1000)
    assert round_share(F(1, 400), F(2), settings, False) == F(1, 200)
    assert round_share(F(1, 400), F(2), replace(settings, half="even"), False) == 0
    assert round_share(THIRD, F(10), replace(settings, points_decimals=0), False) == F(3, 10)
    assert round_share(THIRD, ZERO, settings, False) == THIRD
    assert round_share(None, F(10), settings, False) is None


def test_a_sum_of_roots_near_a_half_is_rounded_as_the_half_it_is(settings):
    """0.125 less what 40 digits miss; without roots it is less than a half."""
    near = F(1, 8) - F(1, 10**38)
    assert round_share(near, ONE, settings, True) == F(13, 100)
    assert round_share(near, ONE, settings, False) == F(12, 100)


def part(share, weight=1, present=ONE, room=F(10), full=F(10)):
    return weight, share, present, room, full


ALTERNATIVES = [part(HALF), part(F(1, 4), room=F(40), full=F(40)), part(None, room=F(80), full=F(80))]


@pytest.mark.parametrize("aggregate, has_points, parts, expected", [
    ("best", True, ALTERNATIVES, F(10, 80)),  # 5 and 10 points, of the largest maximum
    ("worst", True, ALTERNATIVES, F(1, 4)),  # the smallest share, whatever it is worth
    ("best", False, ALTERNATIVES, HALF),
    ("worst", False, ALTERNATIVES, F(1, 4)),
    ("best", True, [part(None)], None),
    ("best", False, [part(None)], None),
    ("best", True, [part(HALF, room=ZERO)], ZERO),
    ("arithmetic", True, [part(ONE, present=HALF), part(ZERO)], THIRD),  # half of its weight has left
    ("arithmetic", True, [part(ONE, 3), part(ZERO), part(None, 7), part(ONE, 0), part(ONE, 9, ZERO)], F(3, 4)),
    ("arithmetic", True, [part(-ONE), part(ZERO)], -HALF),
    ("geometric", True, [part(F(1, 4)), part(ONE)], HALF),
    ("harmonic", True, [part(HALF), part(F(1, 4))], THIRD),
    ("product", True, [part(HALF, 9), part(F(2, 3)), part(ZERO, 0), part(None), part(ZERO, 1, ZERO)], THIRD),
    ("complement", False, [part(F(3, 4), 3), part(ZERO), part(ONE, 0)], F(7, 16)),
    ("complement", False, [part(None)], None),
    ("arithmetic", True, [part(None), part(ONE, 0), part(ONE, 1, ZERO)], None),
    ("geometric", False, [], None),
])  # fmt: skip
def test_a_parent_from_its_parts(aggregate, has_points, parts, expected):
    room = max((room for *_, room, _ in parts), default=ZERO)
    assert combine(aggregate, parts, room, has_points, "1", "x") == expected


def test_an_alternative_that_counts_nothing_is_part_of_the_maximum():
    """2 of 5 points where an alternative of 6 has weight 0: 2 of 6."""
    assert combine("best", [part(F(2, 5), room=F(5), full=F(5))], F(6), True, "1", "x") == THIRD


@pytest.mark.parametrize("aggregate", ["geometric", "harmonic", "product", "complement"])
def test_no_root_of_a_negative_share(aggregate):
    with pytest.raises(Refusal) as refused:
        combine(aggregate, [part(-HALF), part(ONE)], F(10), True, "1.2", "x")
    facts = {"aggregate": aggregate}
    assert [*refused.value.findings] == [
        Finding("E_NEGATIVE_MEAN", "negative_mean", column="1.2", value="x", facts=facts)
    ]


LEFT = [part(HALF), part(None, 3, ZERO, ZERO, F(30))]


@pytest.mark.parametrize("aggregate, has_points, parts, idle, expected", [
    ("arithmetic", True, LEFT, [], (F(1, 4), F(10))),
    ("arithmetic", True, LEFT, [(ONE, F(5)), (ONE, F(2))], (F(1, 4), F(17))),  # shown, so part of the maximum
    ("geometric", False, LEFT, [(ONE, F(5))], (F(1, 4), F(100))),
    ("arithmetic", True, [part(HALF), part(None, 1, HALF, F(4), F(10))], [], (F(3, 4), F(14))),
    ("harmonic", True, [part(HALF), part(ONE, 3, ONE, F(30))], [(ZERO, ZERO)], (ONE, F(40))),
    ("best", True, LEFT, [(ONE, F(5))], (THIRD, F(10))),  # the larger alternative has left
    ("best", True, LEFT, [(ONE, F(15))], (THIRD, F(15))),  # one that counts nothing is shown
    ("worst", True, [part(HALF), part(None, 1, HALF, F(6), F(10))], [], (ONE, F(10))),
    ("best", True, [], [(ONE, F(5))], (ZERO, ZERO)),
    ("best", False, LEFT, [], (ONE, F(100))),
    ("worst", False, [part(None, 1, HALF), part(None, 1, ZERO)], [], (HALF, F(100))),
])  # fmt: skip
def test_what_stays_of_a_branch(aggregate, has_points, parts, idle, expected):
    assert kept_weight(parts, idle, aggregate, F(100), has_points) == expected


def test_bonus_and_penalty_on_top_of_the_index(settings):
    shares = [HALF, None, F(9, 10), F(1, 10), HALF, HALF]
    index = Column(shares, [F(100)] * 5 + [ZERO], [ONE] * 6, [False, True] + [False] * 4, ["verified"] * 6)
    bonus = Leaf([F(5), F(5), F(20), None, F(1), F(5)], ["verified"] * 4 + ["not-verified", "verified"])
    penalty = Leaf([F(-1), None, None, F(-30), F(-1), None], ["verified"] * 6)
    found = add_points(index, [bonus, penalty], settings)
    assert found.shares == [F(54, 100), None, 1, 0, None, HALF]
    assert found.blocked == [False, True, False, False, True, False]
    assert found.states == ["verified"] * 4 + ["not-verified", "verified"]
    assert (found.own_maxima, found.present) == (index.own_maxima, index.present)
    assert add_points(index, [], settings) is index


@pytest.mark.parametrize("half, points_of_two", [("away", F(26, 100)), ("even", F(24, 100))])
def test_each_bonus_is_rounded_where_every_level_is(half, points_of_two, settings):
    """0.125 twice is 0.13 (0.12) twice, not 0.25."""
    index = Column([ZERO], [F(50)], [ONE], [False], ["verified"])
    rows = [Leaf([F(1, 8)], ["verified"])] * 2
    stepwise = replace(settings, rounding="every-level", half=half)
    assert add_points(index, rows, stepwise).shares == [points_of_two / 50]
    assert add_points(index, rows, settings).shares == [F(25, 100) / 50]
