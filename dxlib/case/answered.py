"""All answers of a year and group, to be looked up by row and agency. Each distinct answer is read once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from .answers import ANSWER, override, value
from .framework import Framework, Node
from .settings import Settings
from .tables import rows_of

Cells = tuple[str, ...]  # of one claim or verdict, in the order of ANSWER
BLANK = ("",) * len(ANSWER)
EXEMPT = Fraction(-1)  # stands (by identity) for 0/0 under `zero_over_zero = "exempt"`: the row does not apply


class Reader:
    """Reads the answers to one leaf, each distinct one once."""

    def __init__(self, node: Node, framework: Framework, settings: Settings):
        self.node, self.settings = node, settings
        self.scale = node.maximum or framework.total
        self.values: dict[Cells, Fraction | str | None] = {}
        self.seen: dict[tuple[Cells | None, Cells | None], tuple[Fraction | None, Fraction | None]] = {}

    def value(self, cells: Cells) -> Fraction | str | None:
        """`answers.value` of one answer. Raises Wrong, and ValueError for a cell that is no number."""
        if cells not in self.values:
            self.values[cells] = value(self.node, dict(zip(ANSWER, cells, strict=True)), self.settings)
        return self.values[cells]

    def __call__(self, claim: Cells | None, verdict: Cells | None) -> tuple[Fraction | None, Fraction | None]:
        """(value the rule takes, share), each None where there is none; the share of a rule that looks at the group is
        not known from one answer. (EXEMPT, None): the row does not apply."""
        key = claim, None if verdict == BLANK else verdict  # an accepted claim says what the claim says
        found = self.seen.get(key)
        if found is None:
            found = self.seen[key] = self.read(*key)
        return found

    def read(self, claim: Cells | None, verdict: Cells | None) -> tuple[Fraction | None, Fraction | None]:
        if verdict is not None:
            share = override(self.node, dict(zip(ANSWER, verdict, strict=True)), self.scale)
            if share is not None:
                return None, share
        x = self.value(on_top(claim, verdict))
        if isinstance(x, str):  # the policy for 0/0
            return (EXEMPT, None) if x == "exempt" else (None, Fraction(x == "full"))
        return x, None if x is None or self.node.rule.group else self.node.rule.share(x)


@dataclass(frozen=True)
class Answers:
    """Claims (those that say something) and last verdicts, by leaf and agency; agencies a leaf does not apply to; the
    readers of the leaves."""

    claims: dict[str, dict[str, Cells]]
    verdicts: dict[str, dict[str, Cells]]
    exempt: dict[str, dict[str, str]]
    readers: dict[str, Reader]

    def accepted(self, code: str, agency: str) -> bool:
        """Whether the last verdict on a cell changes nothing."""
        return self.verdicts.get(code, {}).get(agency) == BLANK


def on_top(claim: Cells | None, verdict: Cells | None) -> Cells:
    """What the last verdict makes of a claim: its filled cells replace the claim's, empty ones leave them.

    Points are not merged: filled points of a verdict override the rule (but under the rule `points` they are simply the
    value).
    """
    if claim is None or verdict is None or verdict == BLANK:
        return claim or verdict or BLANK
    return tuple(cell or below for cell, below in zip(verdict, claim, strict=True))


def answers_in(frame: pd.DataFrame) -> Iterator[tuple[str, str, Cells]]:
    """(agency, indicator, cells) of every row of a table of claims or verdicts, in order."""
    return zip(*(frame[c].tolist() for c in ("agency", "indicator")), rows_of(frame, *ANSWER), strict=True)


def read_answers(tables: Mapping[str, pd.DataFrame], framework: Framework, settings: Settings) -> Answers:
    """The answers of checked tables. The last verdict of a cell is the one that counts; an exempted parent exempts the
    leaves below it."""
    claims: dict[str, dict[str, Cells]] = {}
    verdicts: dict[str, dict[str, Cells]] = {}
    exempt: dict[str, dict[str, str]] = {}
    for agency, code, cells in answers_in(tables["claims"]):
        if cells != BLANK:
            claims.setdefault(code, {})[agency] = cells
    for agency, code, cells in answers_in(tables["verdicts"]):
        verdicts.setdefault(code, {})[agency] = cells
    for agency, code, reason in rows_of(tables["exemptions"], "agency", "indicator", "reason"):
        for leaf in framework.below(code) if code in framework.nodes else ():
            exempt.setdefault(leaf, {})[agency] = reason
    readers = {node.code: Reader(node, framework, settings) for node in framework.leaves}
    return Answers(claims, verdicts, exempt, readers)
