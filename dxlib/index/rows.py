"""Scores as sums: rows with shares, and each agency's own weights, so that score = sum of weight x share.

What an official score adds to that sum (bonus, penalty, rounding at every level) stands apart as `rest`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..case.framework import Framework
from ..rules import ONE, ZERO
from .aggregate import weighted_sum
from .score import INDEX, Exact

Weights = dict[str, Fraction]


@dataclass(frozen=True)
class Rows:
    """One year of a group.

    shares    row -> share of every agency; None where the row does not apply or has no value
    states    row -> where each share comes from (`index.values.Leaf`)
    patterns  the different sets of own weights; `pattern` says whose is which
    scores    official scores; None without one
    """

    agencies: list[str]
    shares: dict[str, list[Fraction | None]]
    states: dict[str, list[str]]
    nominal: Weights
    patterns: list[Weights]
    pattern: list[int]
    scores: list[Fraction | None]

    @property
    def rest(self) -> list[Fraction | None]:
        """What a score holds beyond its rows."""
        return [None if s is None else s - self.summed(i) for i, s in enumerate(self.scores)]

    def summed(self, i: int) -> Fraction:
        """The sum of weight x share of one agency."""
        weights = self.patterns[self.pattern[i]]
        return weighted_sum([(w, x) for code, w in weights.items() if (x := self.shares[code][i]) is not None])


def units(framework: Framework) -> list[str]:
    """The rows that are compared as one: leaves under arithmetic means. A branch with another aggregate is one row;
    an index that is not an arithmetic mean has none."""
    if framework.aggregate != "arithmetic":
        return []
    found: list[str] = []

    def go(codes: Sequence[str]) -> None:
        for node in framework.siblings(codes):
            if node.children and node.aggregate == "arithmetic":
                go(node.children)
            else:
                found.append(node.code)

    go(framework.tops)
    return found


def nominal_weights(framework: Framework) -> Weights:
    """Each row's share of the index when everything applies."""
    return own_weights(framework, dict.fromkeys(framework.nodes, ONE))


def own_weights(framework: Framework, present: dict[str, Fraction]) -> Weights:
    """Each row's share of the index, given the part of every node's weight that stays (0: it has no share)."""
    weights: Weights = {}
    here = set(units(framework))

    def spread(codes: Sequence[str], share: Fraction) -> None:
        held = [(node, node.weight * present[node.code]) for node in framework.siblings(codes)]
        whole = sum((weight for _, weight in held), ZERO)
        for node, weight in held:
            if not weight:
                continue
            part = share * weight / whole
            if node.code in here:
                weights[node.code] = part
            else:
                spread(node.children, part)

    if here:
        spread(framework.tops, ONE)
    return weights


def year_rows(framework: Framework, exact: Exact) -> Rows:
    """Exact scores of a year as rows and own weights."""
    codes = units(framework)
    above = [code for code in framework.nodes if code in exact.columns and framework.nodes[code].scored]
    columns = [exact.columns[code] for code in above]
    known: dict[tuple, int] = {}
    patterns: list[Weights] = []
    pattern = []
    held_by_row = (
        [0 if x is None else 1 if part is ONE else part for x, part in zip(c.shares, c.present, strict=True)]
        for c in columns
    )  # whole numbers are looked up faster than fractions
    for key in zip(*held_by_row, strict=True):
        if key not in known:
            known[key] = len(patterns)
            held = {code: Fraction(part) for code, part in zip(above, key, strict=True)}
            patterns.append(own_weights(framework, held))
        pattern.append(known[key])
    return Rows(
        exact.agencies,
        {code: exact.columns[code].shares for code in codes},
        {code: exact.columns[code].states for code in codes},
        nominal_weights(framework),
        patterns,
        pattern,
        exact.columns[INDEX].shares,
    )
