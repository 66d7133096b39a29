"""Conditions on a class: who meets one has a certain class at best, whatever the points; checked against the tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any, get_type_hints

from ..errors import Finding, nearest
from ..rules import number, shown
from .framework import FULL, Framework, Node

COMPARISONS = ("at_least", "above", "at_most", "below")


def declared(of: type) -> dict[str, dict[str, Any]]:
    """The keys of a table of index.toml and what the contract says of each, as the fields of its class declare them."""
    return {key: hint.__metadata__[0] for key, hint in get_type_hints(of, include_extras=True).items()}


@dataclass(frozen=True)
class Condition:
    """One condition as index.toml declares it; each field is a key of `[[condition]]`, as those of `classes.Class`.

    row        codes of leaves or branches, `;`-separated: one that is met is enough
    of         value (a, or a/b) or share (of the own maximum); nothing where options are named
    at_least, above, at_most, below    the figure that it is compared with; one of them
    option     options, `;`-separated: one that is chosen is enough
    highest    name of the highest class that is left
    name       the reason, in words
    """

    name: Annotated[Mapping[str, str], {"type": "names", "required": True}]
    row: Annotated[str, {"type": "string", "required": True}]
    highest: Annotated[str, {"type": "string", "required": True}]
    of: Annotated[str, {"type": "string", "enum": ["value", "share"], "default": "value"}] = "value"
    at_least: Annotated[Fraction | None, {"type": "number"}] = None
    above: Annotated[Fraction | None, {"type": "number"}] = None
    at_most: Annotated[Fraction | None, {"type": "number"}] = None
    below: Annotated[Fraction | None, {"type": "number"}] = None
    option: Annotated[str, {"type": "string"}] = ""

    @property
    def rows(self) -> list[str]:
        return parts(self.row)

    @property
    def options(self) -> list[str]:
        return parts(self.option)

    @property
    def bounds(self) -> list[tuple[str, Fraction]]:
        """(comparison, figure): one, unless it is chosen by options, or wrong."""
        return [(key, x) for key in COMPARISONS if (x := getattr(self, key)) is not None]

    @property
    def shared(self) -> bool:
        """Whether it looks at shares, which other weights may change."""
        return self.of == "share" and not self.option

    def holds(self, x: Fraction) -> bool:
        (key, edge), *_ = self.bounds
        return {"at_least": x >= edge, "above": x > edge, "at_most": x <= edge, "below": x < edge}[key]

    def reached(self, x: Any, tie: float) -> Any:
        """The same of floats; one within `tie` of the figure is on it. nan meets nothing."""
        (key, exact), *_ = self.bounds
        edge = float(exact)
        near = tie * max(1.0, abs(edge))
        if key in ("at_least", "below"):
            return x >= edge - near if key == "at_least" else x < edge - near
        return x > edge + near if key == "above" else x <= edge + near

    def chosen(self, answer: str) -> bool:
        """Whether an answer names one of its options."""
        return not set(parts(answer)).isdisjoint(self.options)


KEYS = declared(Condition)


def parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def stated(node: Node, a: str, b: str) -> Fraction | None:
    """The value of a row that is only collected: a, or a/b where b is given."""
    if not a:
        return None
    if not b:
        return Fraction(number(a))
    return Fraction(number(a)) / number(b) if number(b) else None


def check_conditions(conditions: Sequence[Condition], framework: Framework, file: str) -> list[Finding]:
    """Conditions against the rows that they name."""
    found = []
    for i, condition in enumerate(conditions, 1):
        for code, reason, column, value, facts in wrong(condition, framework):
            found.append(Finding(code, reason, file, column=f"condition[{i}].{column}", value=value, facts=facts))
    return found


def wrong(condition: Condition, framework: Framework) -> Iterator[tuple[str, str, str, str, Mapping[str, object]]]:
    """(code, reason, key, value, facts) of what a condition cannot mean."""
    if not condition.rows and condition.row:
        yield "E_CONDITION", "condition_row", "row", condition.row, {"nearest": ", ".join(list(framework.nodes)[:5])}
    for code in condition.rows:
        node = framework.nodes.get(code)
        if node is None:
            yield "E_CONDITION", "condition_row", "row", code, {"nearest": nearest(code, framework.nodes) or "–"}
            continue
        if condition.option:
            unknown = [name for name in condition.options if name not in answers_of(node)]
            for name in unknown:
                facts = {"code": code, "nearest": nearest(name, answers_of(node)) or ", ".join(answers_of(node)) or "–"}
                yield "E_CONDITION", "condition_option", "option", name, facts
            continue
        if condition.shared and not node.scored:
            yield "E_CONDITION", "condition_share", "of", condition.of, {"code": code}
        elif not condition.shared and (node.children or node.taken or answers_of(node)):
            yield "E_CONDITION", "condition_value", "of", condition.of, {"code": code}
        elif len(condition.bounds) == 1:
            (key, edge), *_ = condition.bounds
            low, high = reach(node, condition.shared)
            below = low is not None and (edge <= low if key in ("at_least", "below") else edge < low)
            beyond = high is not None and (edge > high if key in ("at_least", "below") else edge >= high)
            if below or beyond:
                ends = {
                    "low": shown(low) if low is not None else "–∞",
                    "high": shown(high) if high is not None else "∞",
                }
                yield "E_CONDITION", "condition_threshold", key, shown(edge), {"code": code, **ends}
    for code in condition.rows:
        node = framework.nodes.get(code)
        if node and not condition.shared and node.source == "reported" and not node.children and waits_never(node):
            yield "W_CONDITION", "condition_unverified", "row", code, {"code": code}


def answers_of(node: Node) -> list[str]:
    """The options that may be answered to a row; none where it takes figures."""
    return list(node.rule.names) if not node.children and "option" in node.rule.reads else []


def waits_never(node: Node) -> bool:
    """Whether no verdict is waited for: only collected."""
    return node.role == "none" or (node.role == "score" and not node.scored)


def reach(node: Node, share: bool) -> tuple[Fraction | None, Fraction | None]:
    """The lowest and the highest figure that there can be; None where there is no end."""
    if share:
        bounded = not node.children and node.rule.bounded
        return (Fraction(0), Fraction(1)) if bounded else (None, None)
    low = None if node.rule.signed and not node.ratio else Fraction(0)
    if "points" in node.rule.reads:
        return low, node.maximum
    return low, Fraction(1) if node.part else None if node.ratio else FULL.get(node.kind)
