"""How a rule is written: what is understood, and where an error is shown."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxlib.errors import nearest
from dxlib.rules import SHAPES, RuleError, number, parse_rule


@pytest.mark.parametrize("share", ["0.25", "1/4", "25%", "5p", " 25 % ", "2.5/10"])
def test_a_share_may_be_written_in_four_ways(share):
    rule = parse_rule(f"steps(3:{share})", Fraction(20))
    assert rule.exact([Fraction(3)]) == [Fraction(1, 4)]


@pytest.mark.parametrize("text", ["points", "goalposts(0, 1)"])
def test_a_direction_that_a_rule_has_not_is_named(text):
    with pytest.raises(RuleError) as wrong:
        parse_rule(text, Fraction(20), -1)
    assert (wrong.value.reason, wrong.value.text, wrong.value.at) == ("rule_direction", text, 0)
    assert wrong.value.facts["part"] == text.split("(")[0]


def test_points_may_carry_their_letter():
    assert parse_rule("count(2p, 6p)", Fraction(20)) == parse_rule("count(2, 6)", Fraction(20))
    assert parse_rule("bonus( 2p )") == parse_rule("bonus(2)")


def test_the_last_colon_parts_a_name_from_its_share():
    assert parse_rule("options(ISO 27001: full:1, none:0)").names == ["ISO 27001: full", "none"]


@pytest.mark.parametrize("text", ["steps( 1 : 0.5 ,2: 1 )", "  steps(2:1, 1:0.5)  ", "steps (1:0.5, 2:1)"])
def test_blanks_and_order_of_steps_do_not_matter(text):
    assert parse_rule(text).exact([Fraction(1), Fraction(2)]) == [Fraction(1, 2), 1]


@pytest.mark.parametrize("text, reason, place", [
    ("step(1:1)", "rule_unknown", 1),
    ("Ratio", "rule_unknown", 1),
    ("", "rule_unknown", 1),
    ("target(0,8)", "rule_comma", 9),
    ("steps(1:0,5, 2:1)", "rule_comma", 10),
    ("steps(1:0.5, 2:x)", "rule_number", 16),
    ("steps(1:0.5, two)", "rule_pair", 14),
    ("steps(1:0.5, 1:1)", "rule_twice", 14),
    ("options(a:0.5, a:1)", "rule_twice", 16),
    ("steps(<1:0.5)", "rule_step_sign", 7),
    ("steps(X5:1)", "rule_number", 7),
    ("options(a:1.2)", "rule_share_range", 11),
    ("options(a:0.5, b:5)", "rule_share_range", 18),
    ("options(a:25p)", "rule_share_range", 11),
    ("options()", "rule_arguments", 9),
    ("target(0)", "rule_positive", 8),
    ("target(1, 2)", "rule_arguments", 12),
    ("target(1, from: 0.5, least: 0.2)", "rule_arguments", 32),
    ("target(1, floor: 0.5)", "rule_word", 11),
    ("target(50%, from: 80%)", "rule_target_floor", 19),
    ("target(5, least: 5)", "rule_target_floor", 18),
    ("target(5, from: -1)", "rule_target_floor", 17),
    ("target(5, from: x)", "rule_number", 17),
    ("target_leader()", "rule_arguments", 15),
    ("target_leader(0)", "rule_positive", 15),
    ("target_leader(80%, 1)", "rule_leader_share", 20),
    ("target_leader(80%, 0p)", "rule_leader_share", 20),
    ("target_leader(80%, 30p)", "rule_share_range", 20),
    ("linear(1:1)", "rule_arguments", 11),
    ("best(ratio)", "rule_arguments", 11),
    ("sum()", "rule_arguments", 5),
    ("sum(ratio; cap: 0.5)", "rule_arguments", 20),
    ("best(ratio; ; yes_no)", "rule_arguments", 11),
    ("sum(ratio; yes_no; cap: 0)", "rule_positive", 25),
    ("sum(ratio; yes_no; cap: 30p)", "rule_share_range", 25),
    ("best(ratio; yes_no; cap: 0.5)", "rule_unknown", 21),
    ("best(ratio; target(x))", "rule_number", 20),
    ("best(ratio; targt(80%))", "rule_unknown", 13),
    ("best(ratio; ratio: 0)", "rule_positive", 20),
    ("best(ratio: 2; yes_no)", "rule_share_range", 13),
    ("sum(ratio; options(a:15p): 10p)", "rule_share_range", 22),
    ("sum(ratio; bonus(2))", "rule_part_refused", 12),
    ("sum(ratio; none)", "rule_part_refused", 12),
    ("sum(ratio; relative)", "rule_part_refused", 12),
    ("sum(points; yes_no)", "rule_part_refused", 5),
    ("sum(parts(a:1); ratio)", "rule_part_refused", 5),
    ("sum(goalposts(0, 1, unclipped); ratio)", "rule_part_refused", 5),
    ("sum(best(ratio; yes_no); count(1))", "rule_part_refused", 5),
    ("sum(yes_no; options(a:1, b:0); ratio)", "rule_part_choices", 13),
    ("sum(ratio: 1/2; count(1, 5))", "rule_part_figures", 17),
    ("sum(count(1, 5); ratio)", "rule_part_figures", 18),
    ("linear(1:0, x:1)", "rule_number", 13),
    ("linear(1:0, 2)", "rule_pair", 13),
    ("linear(2:0, 1:1)", "rule_linear_order", 13),
    ("linear(1:0, 2:0.5, 3:0.4)", "rule_linear_falls", 20),
    ("linear(1:0.5, 2:0.5)", "rule_linear_level", 15),
    ("linear(1:0, 2:1, 2:1)", "rule_twice", 13),
    ("linear(1:0, 2:0.2, 2:0.4, 2.0:1)", "rule_twice", 13),
    ("linear(1:0, >2:1)", "rule_linear_sign", 13),
    ("linear(1:0, >2:0.2, 2:1)", "rule_linear_sign", 13),
    ("linear(1:0, <2:1)", "rule_step_sign", 13),
    ("goalposts(1, 1)", "rule_goalposts", 11),
    ("goalposts(0, 5, log)", "rule_goalposts", 11),
    ("goalposts(0, 5, logs)", "rule_word", 17),
    ("goalposts(5)", "rule_arguments", 12),
    ("minmax(0.9, 0.2)", "rule_goalposts", 8),
    ("ratio(1)", "rule_no_arguments", 7),
    ("points(5)", "rule_no_arguments", 8),
    ("count(-1)", "rule_positive", 7),
    ("deduct(-1)", "rule_positive", 8),
    ("deduct(1, 2, 3)", "rule_arguments", 15),
    ("bonus(a)", "rule_number", 7),
    ("steps(1:1", "rule_bracket", 10),
    ("steps(1:1,,2:0.5)", "rule_arguments", 10),
    ("steps(0.5:1, 5:x)", "rule_number", 16),
    ("steps(0.5:0.1, 0.50:0.2)", "rule_twice", 1),  # one number in two spellings: the whole text
    ("target(x)", "rule_number", 8),
    ("goalposts(1, y)", "rule_number", 14),
    ("goalposts(5, 5)", "rule_goalposts", 11),
    ("goalposts(1, 5, log, log)", "rule_arguments", 25),
    ("count(2, 0)", "rule_positive", 10),
    ("count()", "rule_arguments", 7),
    ("count(1, 2, 3)", "rule_arguments", 14),
    ("minmax(0.5)", "rule_arguments", 11),
    ("minmax(0.5, 0.5)", "rule_goalposts", 8),
    ("minmax(0, 1.5)", "rule_share_range", 11),
    ("yes_no(1)", "rule_no_arguments", 8),
    ("none(1)", "rule_no_arguments", 6),
    ("options(:1)", "rule_pair", 9),
    ("options(a:-0.1)", "rule_share_range", 11),
    ("options(a:1/0)", "rule_number", 11),
    ("options(a:1/2/3)", "rule_number", 11),
    ("options(x1:xp)", "rule_number", 12),
    ("bonus(2, 2xp)", "rule_number", 10),
    ("steps(>:1)", "rule_number", 8),
    ("steps(0:15p, 1:10p, 2:5p)", "rule_steps_order", 21),
    ("steps(2:0.1, 5 : 1, 10:0.5)", "rule_steps_order", 21),
    ("steps(0:1, 1:0.5)", "rule_steps_order", 12),
    ("steps(1:0.8, >1:0.2)", "rule_steps_order", 14),
])  # fmt: skip
def test_an_error_shows_the_place(text, reason, place):
    """`place` as a person counts, from 1."""
    with pytest.raises(RuleError) as wrong:
        parse_rule(text, Fraction(20))
    assert (wrong.value.reason, wrong.value.at + 1) == (reason, place)
    assert (wrong.value.text, str(wrong.value)) == (text, f"{reason} at {place}: {text}")
    part = wrong.value.facts.get("part")  # the words name it, the place is where it stands
    assert (part is None) == (reason in ("rule_arguments", "rule_goalposts", "rule_no_arguments", "rule_bracket"))
    assert part is None or text[place - (2 if reason == "rule_comma" else 1) :].startswith(part)


@pytest.mark.parametrize("text, direction, expected", [
    ("steps(<1:0.5)", 1, ">"), ("steps(>1:0.5)", -1, "<"), ("goalposts(0, 5, logs)", 1, "log, log+1, unclipped"),
])  # fmt: skip
def test_an_error_says_what_was_expected(text, direction, expected):
    with pytest.raises(RuleError) as wrong:
        parse_rule(text, Fraction(20), direction)
    assert wrong.value.facts["expected"] == expected


def test_steps_that_fall_are_told_to_turn_round():
    """Nine incidents would get the points of "two or more"; with -1 they get none."""
    for text, direction in (("steps(0:3p, 1:2p, 2:1p)", 1), ("steps(0:1p, 1:2p, 2:3p)", -1)):
        with pytest.raises(RuleError) as wrong:
            parse_rule(text, Fraction(3), direction)
        assert wrong.value.facts["turned"] == -direction
        turned = parse_rule(text, Fraction(3), -direction)
        assert turned.share(Fraction(9)) == (1 if direction == -1 else 0)
    level = parse_rule("steps(1:0.5, 2:0.5, >2:1)")  # equal shares are no fault
    assert [level.share(Fraction(n)) for n in (1, 2, 3)] == [Fraction(1, 2), Fraction(1, 2), 1]


@pytest.mark.parametrize("text", ["steps(1:5p)", "options(a:5p)", "count(2)", "deduct(2)"])
@pytest.mark.parametrize("maximum", [None, Fraction(0)])
def test_points_need_a_maximum(text, maximum):
    with pytest.raises(RuleError) as wrong:
        parse_rule(text, maximum)
    part = wrong.value.facts["part"]
    assert wrong.value.text == text
    assert (wrong.value.reason, text[wrong.value.at :].startswith(part)) == ("rule_points_without_maximum", True)


def test_lines_that_fall_are_told_to_turn_round():
    for text, direction, expected in (("linear(5:1, 20:0)", 1, 1), ("linear(5:0, 20:1)", -1, 2)):
        with pytest.raises(RuleError) as wrong:
            parse_rule(text, None, direction)
        assert (wrong.value.reason, wrong.value.facts["turned"]) == ("rule_linear_falls", -direction)
        assert parse_rule(text, None, -direction).share(Fraction(15)) == Fraction(expected, 3)


@pytest.mark.parametrize("text, part", [("linear(>1:1, 3:0)", ">1"), ("linear(1:1, <1:0.5, 3:0)", "<1")])
def test_a_sign_under_direction_minus_1_stands_before_the_higher_share(text, part):
    with pytest.raises(RuleError) as wrong:
        parse_rule(text, None, -1)
    reason = "rule_step_sign" if part[0] == ">" else "rule_linear_sign"
    assert (wrong.value.reason, wrong.value.facts["part"]) == (reason, part)


def test_a_comma_between_digits_needs_a_blank():
    """`goalposts(0,1)` could be 0.1 in a Vietnamese hand: refused, not guessed."""
    assert parse_rule("goalposts(0, 1)").share(Fraction(1, 2)) == Fraction(1, 2)
    with pytest.raises(RuleError) as wrong:
        parse_rule("goalposts(0,1)")
    assert wrong.value.reason == "rule_comma"


def test_a_typo_is_answered_with_the_nearest_rule():
    with pytest.raises(RuleError) as wrong:
        parse_rule("rato", nearest=nearest)
    assert wrong.value.facts["nearest"] == "ratio"


def test_an_unknown_rule_is_answered_with_an_example():
    """Of the nearest one, else with all there are; every example is one."""
    for text, example in (("targt(80)", "target(80%)"), ("rato", "ratio"), ("xyz", ", ".join(SHAPES))):
        with pytest.raises(RuleError) as wrong:
            parse_rule(text, nearest=nearest)
        assert wrong.value.facts["example"] == example
    for name, shape in SHAPES.items():
        assert parse_rule((*shape.examples, name)[0], Fraction(20)).name == name


@pytest.mark.parametrize(
    "text", ["1,5", "1e3", "nan", "inf", " 1", "1 ", "+1", ".5", "5.", "١", "1_000", "0x1", "", "--1"]
)
def test_what_is_no_number(text):
    with pytest.raises(ValueError):
        number(text)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=6))
def test_numbers_are_read_exactly(x):
    text = f"{x:f}"
    assert number(text) == Fraction(text)


@given(st.text(max_size=30))
def test_any_text_is_a_rule_or_an_error_with_a_place(text):
    try:
        parse_rule(text, Fraction(10))
    except RuleError as wrong:
        assert 0 <= wrong.at <= len(text)


@given(st.sampled_from(["steps", "options", "goalposts", "parts", "count", "target", "minmax", "bonus", "linear"]),
       st.lists(st.sampled_from(["1", "0.5", "a", "1:1", ">2:50%", "<1:1/3", "3p", "x:2p", "log", "-1", "1/0", "%", ":", "from: 0.5", "least:1"]), max_size=4),
       st.sampled_from([1, -1]))  # fmt: skip
def test_any_arguments_are_read_or_refused_with_a_place(name, args, direction):
    text = f"{name}({', '.join(args)})"
    try:
        parse_rule(text, Fraction(10), direction)
    except RuleError as wrong:
        assert 0 <= wrong.at <= len(text)


PIECES = ["ratio", "yes_no", "target(80%)", "count(1, 5)", "options(a:1, b:2p)", "steps(1:", "none", "best(ratio; yes_no)",
          ": 1/2", ": 0", ":", "cap: 5p", "cap:", ";", "; ", ")", "(", "x"]  # fmt: skip


@given(st.sampled_from(["best", "sum"]), st.lists(st.sampled_from(PIECES), max_size=6), st.sampled_from([1, -1]))
def test_any_rules_together_are_read_or_refused_with_a_place(name, pieces, direction):
    text = f"{name}({''.join(pieces)})"
    try:
        parse_rule(text, Fraction(10), direction)
    except RuleError as wrong:
        assert 0 <= wrong.at <= len(text) and wrong.text == text
