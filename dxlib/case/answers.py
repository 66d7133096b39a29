"""What an answer says to its rule: one value per cell, or why it cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from ..rules import Wrong, number, shown
from .framework import FULL, Node
from .settings import Settings

Answer = Mapping[str, str]
ANSWER = ("a", "b", "option", "points")


def value(node: Node, answer: Answer, settings: Settings) -> Fraction | str | None:
    """The value a leaf's rule takes from one answer.

    Returns a fraction (a, a/b, points, or for options the share chosen), None when nothing usable was
    given (missing), or the policy word "exempt", "full", "zero" for 0/0. Raises Wrong.
    """
    rule = node.rule
    if "a" in rule.reads:
        x = figure(node, answer, settings)
        return rule.joined(x, answer) if "option" in rule.reads and isinstance(x, Fraction) else x
    if rule.reads:
        return rule.read(answer)
    if node.kind and answer["a"]:
        check_kind(node, number(answer["a"]))
    return None


def figure(node: Node, answer: Answer, settings: Settings) -> Fraction | str | None:
    """a, or a/b where the row takes b."""
    chosen = answer["option"] or "option" not in node.rule.reads
    if not chosen or not answer["a"] or (node.ratio and not answer["b"]):
        return None
    return quotient_of(node, number(answer["a"]), number(answer["b"]) if node.ratio else Fraction(1), settings)


def quotient_of(node: Node, a: Fraction, b: Fraction, settings: Settings) -> Fraction | str:
    """The value of two figures (b is 1 where the row takes none), or the policy word for 0/0. Raises Wrong."""
    rule = node.rule
    if a.numerator < 0 and (not rule.signed or node.ratio):
        raise Wrong("a", "E_RANGE", "negative")
    if rule.whole and a.denominator != 1:
        raise Wrong("a", "E_RANGE", "count_whole")
    if node.kind:
        check_kind(node, a)
    if not node.ratio:
        x = a
    else:
        if b.numerator < 0:
            raise Wrong("b", "E_RANGE", "negative")
        if not b and rule.of_previous:
            if rule.without_previous is None:
                raise Wrong("b", "E_ZERO_DIVISION", "growth_first")
            return rule.without_previous
        if not b and a:
            raise Wrong("b", "E_ZERO_DIVISION", "zero_denominator")
        if not b and settings.zero_over_zero == "error":
            raise Wrong("b", "E_ZERO_OVER_ZERO", "zero_over_zero")
        if node.kind == "count" and b.denominator != 1:
            raise Wrong("b", "E_RANGE", "count_whole")
        if node.part and a > b:
            raise Wrong("a", "E_RANGE", "part_above", b=shown(b))
        if not b:
            return settings.zero_over_zero
        x = Fraction(a.numerator * b.denominator, a.denominator * b.numerator)
    if rule.least is not None and x <= rule.least:
        raise Wrong("a", "E_RANGE", "log_positive", least=shown(rule.least))
    return x


def check_kind(node: Node, a: Fraction) -> None:
    """The first figure against what its row declares it to be. Raises Wrong."""
    full = None if node.ratio else FULL.get(node.kind)
    if a.numerator < 0:
        raise Wrong("a", "E_RANGE", "negative")
    if node.kind == "count" and a.denominator != 1:
        raise Wrong("a", "E_RANGE", "count_whole")
    if full is not None and a > full:
        raise Wrong("a", "E_RANGE", f"{node.kind}_above")


def override(node: Node, verdict: Answer, scale: Fraction) -> Fraction | None:
    """Points of a verdict that override the rule, as a share (bonus, penalty: signed points). Raises Wrong."""
    if not verdict["points"] or not node.rule.reads or "points" in node.rule.reads:
        return None
    points, extra = number(verdict["points"]), node.role in ("bonus", "penalty")
    most = node.rule.cap if extra else scale if node.rule.bounded else None
    if extra and points < 0:
        raise Wrong("points", "E_RANGE", "negative")
    if most is not None and not 0 <= points <= most:
        raise Wrong("points", "E_RANGE", "points_range", maximum=shown(most))
    if extra:
        return points if node.role == "bonus" else -points
    return points / scale
