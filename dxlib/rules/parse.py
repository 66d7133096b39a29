"""A rule's text to a rule: the shape that it names, and what that reads from the arguments."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from types import ModuleType

from . import absolute, combined, counted, graded, linear, previous, relative, signed
from .grammar import RuleError, Scale
from .shape import Rule

BARE_COMMA = re.compile(r"[0-9],[0-9]")
FAMILIES = (absolute, linear, graded, counted, previous, relative, combined, signed)


def shapes_of(family: ModuleType) -> list[type[Rule]]:
    """The shapes that a module defines: its rules with a name of their own, in its order."""
    rules = [one for one in vars(family).values() if isinstance(one, type) and issubclass(one, Rule)]
    return [rule for rule in rules if rule.__module__ == family.__name__ and "name" in vars(rule)]


SHAPES = {shape.name: shape for family in FAMILIES for shape in shapes_of(family)}


def shape_of(text: str) -> type[Rule] | None:
    """The shape that a rule names; None for an unknown one."""
    return SHAPES.get(text.partition("(")[0].strip())


def parse_rule(
    text: str,
    maximum: Fraction | None = None,
    direction: int = 1,
    nearest: Callable[[str, list[str]], str] = lambda word, known: "",
) -> Rule:
    """Read one rule.

    text       as in indicators.csv, e.g. `steps(1:5p, 2:10p, 4:20p)`
    maximum    the row's maximum points (the scale of `total` where the set has none), for `15p`, `count`, `points`
    direction  1 or -1

    Raises RuleError with the place.
    """
    name, bracket, rest = text.strip().partition("(")
    name = name.strip()
    if name not in SHAPES:
        near = SHAPES.get(nearest(name, list(SHAPES)))
        example = (*near.examples, near.name)[0] if near else ", ".join(SHAPES)
        raise RuleError("rule_unknown", text, part=name, nearest=near.name if near else "–", example=example)
    if bracket and not rest.endswith(")"):
        raise RuleError("rule_bracket", text, len(text))
    comma = BARE_COMMA.search(text)
    if comma:
        raise RuleError("rule_comma", text, comma.start() + 1, part=comma.group())
    shape = SHAPES[name]
    if direction != 1 and not shape.turns:
        raise RuleError("rule_direction", text, part=name)
    inside = rest[:-1]
    args = [arg.strip() for arg in re.split(shape.separator, inside)] if inside.strip() else []
    if "" in args:
        raise RuleError("rule_arguments", text, text.find(shape.separator[0]))
    read = partial(parse_rule, nearest=nearest)
    return shape.parse(args, Scale(text, maximum, direction, read))
