"""relations.csv: arithmetic that must hold between the figures of one agency (`a(2.1) <= b(2.1)`).

A side is a sum of terms; a term is `[number*]cell[/cell]`; a cell is `a(CODE)`, `b(CODE)` or `points(CODE)`, the
agency's own sum. Only the grammar stands here; whether a relation holds is judged in `verify.consistency`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

import pandas as pd

from ..errors import Finding, nearest
from ..rules import Rule, number

TERM = re.compile(
    r"(?:(?P<factor>[0-9]+(?:\.[0-9]+)?)\s*\*\s*)?"
    r"(?P<column>a|b|points)\((?P<code>[^()\s]+)\)"
    r"(?:\s*/\s*(?P<below>a|b|points)\((?P<below_code>[^()\s]+)\))?"
)


class RelationError(ValueError):
    """A side that cannot be read: the text, and the place (0-based) from which on."""

    def __init__(self, text: str, at: int):
        self.text, self.at = text, at
        super().__init__(f"relation at {at + 1}: {text}")


@dataclass(frozen=True)
class Cell:
    """One figure of an agency: column a, b or points of a row."""

    column: str
    code: str


@dataclass(frozen=True)
class Term:
    """factor * top, or factor * top / bottom."""

    factor: Fraction
    top: Cell
    bottom: Cell | None = None


@dataclass(frozen=True)
class Relation:
    """left <= right or left = right, for every agency that answered all of it.

    rounded   the figures were rounded before they were written
    """

    name: str
    left: tuple[Term, ...]
    sign: str
    right: tuple[Term, ...]
    rounded: bool = False

    @property
    def cells(self) -> Iterator[Cell]:
        for term in (*self.left, *self.right):
            yield term.top
            if term.bottom:
                yield term.bottom


def parse_side(text: str) -> tuple[Term, ...]:
    """The terms of one side. Raises RelationError."""
    terms, at = [], 0
    while True:
        start = at + len(text[at:]) - len(text[at:].lstrip())
        found = TERM.match(text, start)
        if not found:
            raise RelationError(text, start)
        part = found.groupdict()
        below = Cell(part["below"], part["below_code"]) if part["below"] else None
        terms.append(Term(number(part["factor"] or "1"), Cell(part["column"], part["code"]), below))
        rest = text[found.end() :].lstrip()
        if not rest:
            return tuple(terms)
        if not rest.startswith("+"):
            raise RelationError(text, len(text) - len(rest))
        at = len(text) - len(rest) + 1


def parse_relation(row: Mapping[str, str]) -> Relation:
    """A row of relations.csv. Raises RelationError."""
    return Relation(
        row["relation"], parse_side(row["left"]), row["sign"], parse_side(row["right"]), row["rounded"] == "yes"
    )


def check_relations(
    tables: Mapping[str, pd.DataFrame], folder: str, rules: Mapping[str, Rule] = MappingProxyType({})
) -> list[Finding]:
    """Every side can be read, and names rows of the index set that have such figures; no two sides are the same.

    rules   of the leaves, where the index set could be read
    """
    findings = []
    known, branches = list(tables["indicators"]["code"]), set(tables["indicators"]["parent"]) - {""}
    file = f"{folder}/relations.csv"
    frame = tables["relations"]
    for row, cells in zip(frame.index.tolist(), frame.to_dict("records"), strict=True):
        sides: list[Counter[Term]] = []
        for side in ("left", "right"):
            if not cells[side]:
                continue  # an empty cell is reported by the cell checks
            try:
                terms = parse_side(cells[side])
            except RelationError as error:
                rest = error.text[error.at :] or "–"
                facts: dict[str, object] = {"at": error.at + 1, "rest": rest}
                findings.append(Finding("E_RELATION", "relation_form", file, row, side, cells[side], facts))
                continue
            if (said := Counter(terms)) in sides:
                findings.append(Finding("W_RELATION", "relation_itself", file, row, side, cells[side]))
            sides.append(said)
            figures = {c for t in terms for c in (t.top, t.bottom) if c}
            named = {c.code for c in figures}
            for cell in sorted(figures, key=str):
                reads = rules[cell.code].reads if cell.code in rules else ()
                if reads and cell.column != "points" and cell.column not in reads:
                    facts = {"code": cell.code, "column": cell.column, "rule": rules[cell.code].name}
                    findings.append(Finding("W_RELATION", "relation_unread", file, row, side, cells[side], facts))
            for code in sorted(named & branches):
                findings.append(Finding("W_RELATION", "relation_branch", file, row, side, code))
            for code in sorted(named - set(known)):
                facts = {"nearest": nearest(code, known) or "–", "table": "indicators.csv"}
                findings.append(Finding("E_INDICATOR_UNKNOWN", "indicator_unknown", file, row, side, code, facts))
    return findings
