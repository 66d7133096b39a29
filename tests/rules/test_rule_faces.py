"""What holds of every rule."""

from contextlib import suppress
from fractions import Fraction
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxlib import rules
from dxlib.rules import SHAPES, Places, RuleError, Telling, parse_rule
from dxlib.rules.parse import shapes_of

MAXIMUM = Fraction(20)
some = settings(max_examples=20)
RULES = {  # rule: directions; beside the examples that the shapes give, in every direction that they take
    "target(0.8)": (1,),
    "growth(10%)": (1, -1),
    "target(0.8, from: 0.3)": (1,),
    "target(0.8, least: 0.3)": (1,),
    "linear(0.25:0, 0.5:1/4, 0.5:1/2, 0.75:20p)": (1,),
    "linear(0.25:0.1, 0.5:0.1, >0.5:1/2, 0.75:1)": (1,),
    "linear(<0.25:1, 0.25:1/2, 0.75:0)": (-1,),
    "steps(0.25:5p, 0.5:10p, >0.75:20p)": (1,),
    "steps(<0.25:20p, 0.5:10p, 0.75:5p)": (-1,),
    "options(a:1, b:0.3)": (1,),
    "parts(a:0.7, b:0.5)": (1,),
    "count(3, 10)": (1,),
    "deduct(3, 10)": (1,),
    "relative": (1, -1),
    "target_leader(0.6)": (1,),
    "target_leader(0.6, 15p)": (1,),
    "goalposts(0.1, 0.9)": (1,),
    "goalposts(0.9, 0.1, unclipped)": (1,),
    "goalposts(0.01, 40, log)": (1,),
    "goalposts(40, 0.01, log, unclipped)": (1,),
    "minmax(0.2, 0.9)": (1, -1),
    "best(target(0.8): 1/2; steps(0.5:0.2, 2:1))": (1,),
    "best(ratio; linear(0.25:0.4, 0.75:0): 1/2)": (-1,),
    "sum(ratio: 1/2; goalposts(0.1, 3): 7p; cap: 0.6)": (1,),
    "sum(yes_no: 1/2; count(3))": (1,),
    "best(options(a:1, b:0.3): 15p; target(0.6))": (1,),
}
EXAMPLES = {text: shape for shape in SHAPES.values() for text in shape.examples or (shape.name,)}


def taken(text):
    """The directions in which a rule can be read."""
    for direction in (1, -1):
        with suppress(RuleError):
            parse_rule(text, MAXIMUM, direction)
            yield direction


CASES = [(text, direction) for text in EXAMPLES for direction in taken(text)]
CASES += [(text, direction) for text, directions in RULES.items() for direction in directions]
GROUP_RULES = [(t, d) for t, d in CASES if parse_rule(t, MAXIMUM, d).group]
# Shares of the bounded ones are in [0, 1] whatever the value; points and options are checked at the door instead.
BOUNDED = [
    (t, d)
    for t, d in CASES
    if (r := parse_rule(t, MAXIMUM, d)).bounded and r.role == "score" and "a" in r.reads and "option" not in r.reads
]
# Values on and off the thresholds above; an answer of an options rule is the share chosen.
values = st.sampled_from([Fraction(n, 20) for n in range(1, 21)]) | st.fractions(
    Fraction(1, 50), 30, max_denominator=97
)
columns = st.lists(values | st.none(), min_size=1, max_size=7)


DOWNHILL = ("goalposts(0.9", "goalposts(40", "goalposts(12", "deduct")


def test_every_shape_of_the_room_is_known():
    modules = [import_module(f"dxlib.rules.{path.stem}") for path in Path(rules.__file__).parent.glob("[a-z]*.py")]
    assert {shape for module in modules for shape in shapes_of(module)} == set(SHAPES.values())


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_shape_is_tried_as_its_examples_write_it(text):
    """Where this fails, the shape has no `examples` of its own; where a direction is lacking, none that takes it."""
    directions = list(taken(text))
    assert {parse_rule(text, MAXIMUM, direction).name for direction in directions} == {EXAMPLES[text].name}
    assert EXAMPLES[text].turns or directions == [1]


def test_every_direction_of_every_shape_is_tried():
    turned = {parse_rule(text, MAXIMUM, direction).name for text, direction in CASES if direction == -1}
    assert turned == {name for name, shape in SHAPES.items() if shape.turns}


@pytest.mark.parametrize("text, direction", CASES)
@some
@given(column=columns)
def test_whoever_has_a_value_has_a_share_and_nobody_else(text, direction, column):
    rule = parse_rule(text, MAXIMUM, direction)
    for value, share in zip(column, rule.exact(column), strict=True):
        assert (share is None) == (value is None or rule.role == "none")


@pytest.mark.parametrize("text, direction", CASES)
def test_no_shape_lacks_a_face_that_people_or_spreadsheets_ask_for(text, direction):
    """One that it has not refuses; see `test_new_shape`."""
    rule = parse_rule(text, MAXIMUM, direction)
    tell = Telling(lambda key, **facts: key, str, str, str, {}, "")
    at = Places("V", "A", "B", "O", {}, "P", "G", "M")
    assert rule.in_words(tell)
    assert rule.role == "none" or rule.share_formula(at)
    if rule.several:
        assert rule.lines(tell) and rule.part_formula(Fraction(1), MAXIMUM, "O", "met", "unmet")
    if not rule.group and "points" not in rule.reads and rule.reads:
        assert rule.points_formula(MAXIMUM, at)
    if "option" in rule.reads:
        assert rule.value_formula("O", "N", "S", "wrong")


@pytest.mark.parametrize("text, direction", BOUNDED)
@some
@given(column=columns)
def test_shares_are_between_0_and_1_unless_the_rule_says_otherwise(text, direction, column):
    rule = parse_rule(text, MAXIMUM, direction)
    assert all(0 <= share <= 1 for share in rule.exact(column) if share is not None)


@pytest.mark.parametrize("text, direction", CASES)
@some
@given(column=columns)
def test_a_better_value_never_has_a_smaller_share(text, direction, column):
    rule = parse_rule(text, MAXIMUM, direction)
    downhill = direction == -1 or rule.role == "penalty" or text.startswith(DOWNHILL)
    pairs = sorted((v, s) for v, s in zip(column, rule.exact(column), strict=True) if s is not None)
    shares = [s for _, s in pairs]
    assert shares == sorted(shares, reverse=downhill)


@pytest.mark.parametrize("text, direction", GROUP_RULES)
@some
@given(column=columns, random=st.randoms(use_true_random=False))
def test_group_rules_do_not_look_at_the_order(text, direction, column, random):
    rule = parse_rule(text, MAXIMUM, direction)
    order = list(range(len(column)))
    random.shuffle(order)
    shuffled = rule.exact([column[i] for i in order])
    assert [shuffled[order.index(i)] for i in range(len(column))] == rule.exact(column)


@pytest.mark.parametrize("text, direction", GROUP_RULES)
def test_a_group_of_one_or_none(text, direction):
    rule = parse_rule(text, MAXIMUM, direction)
    assert rule.exact([None]) == [None]
    (share,) = rule.exact([Fraction(3)])
    alone = {"relative": 1, "percentile": 1, "minmax(0.2, 0.9)": Fraction(1, 5), "minmax(0.01, 1)": Fraction(1, 100)}
    assert share == (1 if text.startswith("target_leader") else alone.get(text, 0))


@given(columns, st.fractions(Fraction(1, 50), 30, max_denominator=97), st.sampled_from(["1/2", "0.3"]))
def test_up_to_the_target_the_leader_does_not_matter(column, t, half):
    """Up to it a part of `target`; beyond it `minmax` of the target and those that exceed it."""
    shares = parse_rule(f"target_leader({t}, {half})").exact(column)
    part, most = Fraction(half), max((v for v in column if v is not None), default=0)
    assert shares == [
        None if v is None else part * v / t if v <= t else part + (1 - part) * (v - t) / (most - t) for v in column
    ]
    alone = parse_rule(f"target({t})")
    assert [s for v, s in zip(column, shares, strict=True) if v is not None and v <= t] == [
        part * alone.share(v) for v in column if v is not None and v <= t
    ]
    if most > t:
        assert max(s for s in shares if s is not None) == 1


@given(st.lists(st.integers(1, 50), min_size=2, max_size=6))
def test_units_change_nothing_under_rules_that_look_at_the_group(numbers):
    """Thousands instead of ones: shares stay, exactly; a z-score too."""
    for text in ("relative", "minmax", "zscore", "rank", "percentile"):
        rule = parse_rule(text, MAXIMUM)
        assert rule.exact([Fraction(n) for n in numbers]) == rule.exact([Fraction(n, 1000) for n in numbers])


@given(values, st.fractions(Fraction(1, 50), 30, max_denominator=97))
def test_one_line_may_be_written_in_several_ways(value, t):
    """Up to a target from nothing; between a floor and a target; and those that count backwards."""
    plain = parse_rule(f"target({t})")
    assert parse_rule(f"target({t}, from: 0)") == parse_rule(f"target({t}, least: 0)") == plain
    assert parse_rule(f"linear(0:0, {t}:1)").share(value) == plain.share(value)
    between = parse_rule(f"target({t}, from: {t / 3})").share(value)
    assert between == parse_rule(f"linear({t / 3}:0, {t}:1)").share(value)
    assert between == parse_rule(f"goalposts({t / 3}, {t})").share(value)
    jump = parse_rule(f"linear({t / 3}:0, {t / 3}:1/3, {t}:1)").share(value)
    assert parse_rule(f"target({t}, least: {t / 3})").share(value) == jump
    less = parse_rule(f"linear({t / 3}:1, {t}:0)", None, -1).share(value)
    assert less == parse_rule(f"goalposts({t}, {t / 3})").share(value) == 1 - between


TOGETHER = ["target(0.8)", "steps(0.25:1/4, >0.75:1)", "linear(0.25:0.1, 0.5:1)", "goalposts(0.1, 3)"]


@given(values, st.lists(st.sampled_from(TOGETHER), min_size=2, max_size=3), st.sampled_from(["1", "1/2", "7p"]))
def test_rules_together_give_what_they_give_alone(value, inside, worth):
    share = Fraction(7, 20) if worth == "7p" else Fraction(worth)
    alone = [share * parse_rule(text).share(value) for text in inside]
    texts = "; ".join(f"{text}: {worth}" for text in inside)
    assert parse_rule(f"best({texts})", MAXIMUM).share(value) == max(alone)
    assert parse_rule(f"sum({texts})", MAXIMUM).share(value) == min(sum(alone), 1)
    assert parse_rule(f"sum({texts}; cap: 6p)", MAXIMUM).share(value) == min(sum(alone), Fraction(3, 10))


def test_what_holds_where_two_points_share_an_x():
    half, third, whole = Fraction(1, 2), Fraction(1, 3), Fraction(1)
    at = [Fraction(1), Fraction(3, 2), Fraction(2), Fraction(3)]
    assert parse_rule("linear(1:0, 1:1/2, 2:1/2, 2:1)").exact(at) == [half, half, whole, whole]
    assert parse_rule("linear(1:0, >1:1/2, 2:1/2, >2:1)").exact(at) == [0, half, half, whole]
    assert parse_rule("linear(1:1, 1:1/2, 2:1/3, 2:0)", None, -1).exact(at) == [whole, Fraction(5, 12), third, 0]
    assert parse_rule("linear(<1:1, 1:1/2, <2:1/3, 2:0)", None, -1).exact(at) == [half, Fraction(5, 12), 0, 0]


def test_points_within_a_part_are_points_of_the_row():
    """Of 20: a count of 3 each up to 10 of the 15 points of its part, beside 5 points."""
    rule = parse_rule("sum(count(3, 10): 15p; yes_no: 5p)", MAXIMUM)
    answer = {"a": "", "b": "", "option": "yes", "points": ""}
    assert [rule.joined(Fraction(n), answer) * 20 for n in (0, 2, 3, 9)] == [5, 11, 14, 15]
    assert rule.joined(Fraction(9), answer | {"option": ""}) is None
    assert rule.shape == parse_rule("sum(count(6, 20): 30p; yes_no: 10p)", 2 * MAXIMUM).shape


def test_beyond_a_threshold_is_harder_than_on_it():
    shares = [Fraction(1, 5), Fraction(4, 5)]
    assert parse_rule("steps(1:0.2, >1:0.8)").exact([Fraction(1), Fraction(2)]) == shares
    assert parse_rule("steps(1:0.2, <1:0.8)", None, -1).exact([Fraction(1), Fraction(0)]) == shares


@pytest.mark.parametrize("direction, values, expected", [
    (1, [0, 0], [0, 0]), (1, [0, 4, 2], [0, 1, 0.5]), (-1, [0, 3, 1], [1, 0, 0]), (-1, [0, 0], [1, 1]), (-1, [1, 4], [1, 0.25]),
])  # fmt: skip
def test_a_nought_among_relative_values(direction, values, expected):
    assert parse_rule("relative", None, direction).exact([Fraction(v) for v in values]) == expected


@pytest.mark.parametrize("text, expected", [
    ("bonus(3, 10)", [3, 10, 10]), ("bonus(3)", [3, 12, 15]), ("penalty(3, 10)", [-3, -10, -10]), ("penalty(3)", [-3, -12, -15]),
])  # fmt: skip
def test_points_beside_the_tree(text, expected):
    """Of 1, 4 and 5 counted things."""
    assert parse_rule(text, MAXIMUM).exact([Fraction(1), Fraction(4), Fraction(5)]) == expected
