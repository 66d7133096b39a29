"""Cells of indicators.csv that nothing ever reads, because of what their row is: its author thinks that they count."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from ..errors import Finding
from ..languages import in_each
from ..schema import EVIDENCE
from .framework import SUM, Framework, Node, optional, weight

FIRST, SECOND = in_each("a"), in_each("b")
OF_LEAVES = ("direction", *FIRST, *SECOND, "unit", EVIDENCE, "owner", "verifier", "source")


def check_idle(framework: Framework, indicators: pd.DataFrame, agencies: int, file: str) -> list[Finding]:
    """One finding per cell. A row whose rule is wrong, or that is a branch with a rule, has that to be corrected
    first; `rule`, `aggregate`, `kind`, `a_from`, `b_from` in a wrong place are said where they are read."""
    said = indicators.to_dict("index")
    found: list[Finding] = []
    for node in framework.nodes.values():
        row = said[node.row]
        idle = [*(on_branch(node, row) if node.children else on_leaf(node, row, agencies)), *unscored(node, row)]
        idle += added(framework, node, row)
        for column, reason in idle:
            code = "E_FRAMEWORK" if reason == "direction_on_branch" else "W_FRAMEWORK"
            facts = {"code": node.code, "rule": node.rule.name}
            found.append(Finding(code, reason, file, node.row, column, row[column], facts))
    return found


def on_branch(node: Node, row: dict[str, str]) -> Iterator[tuple[str, str]]:
    """A branch has children, and they are answered; `legal` may be said of it all."""
    for column in () if row["rule"] else OF_LEAVES:
        if row[column]:
            yield column, "direction_on_branch" if (column, row[column]) == ("direction", "-1") else "cell_on_branch"


def unscored(node: Node, row: dict[str, str]) -> Iterator[tuple[str, str]]:
    """What only its parent's score would read, of a row that enters none."""
    if node.role == "score" and not node.scored and node.rule.readable:
        for column in ("weight", "aggregate") if node.children else ("weight",):
            if row[column] and (column != "weight" or weight(row[column])):
                yield column, "cell_unscored"


def added(framework: Framework, node: Node, row: dict[str, str]) -> Iterator[tuple[str, str]]:
    """A row of a `sum` branch weighs its points; a weight of 0 says that it counts nothing, as everywhere."""
    if node.scored and node.parent and framework.nodes[node.parent].aggregate == SUM and weight(row["weight"]):
        yield "weight", "weight_in_sum"


def on_leaf(node: Node, row: dict[str, str], agencies: int) -> Iterator[tuple[str, str]]:
    rule = node.rule
    if not rule.readable:
        return
    second = SECOND if rule.reads and "b" not in rule.reads else []
    first = FIRST if rule.reads and "a" not in rule.reads else []
    unit = ("unit",) if "option" in rule.reads and "a" not in rule.reads else ()
    for column in (*first, *second, *unit):
        if row[column]:
            yield column, "cell_under_rule"
    if row["owner"] and node.source == "reported" and agencies > 1:
        yield "owner", "owner_of_many"
    if node.role != "score" and weight(row["weight"]):
        yield "weight", "weight_beside"
    if node.role == "none" and optional(row["max_points"]):
        yield "max_points", "maximum_beside"
