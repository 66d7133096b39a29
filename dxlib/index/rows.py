"""Scores as sums: rows with shares, and each agency's own weights, so that score = sum of weight x share.

An official score may hold more than that sum: bonus, penalty, rounding at every level.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import repeat
from operator import is_
from typing import TypeVar

from ..case import Case
from ..case.framework import Framework, Lists, Node
from ..rules import ONE, ZERO
from .exact import INDEX, Column, Exact, climb

Weights = dict[str, Fraction]
T = TypeVar("T")


@dataclass(frozen=True)
class Rows:
    """One year of a group.

    shares    row -> share of every agency; None where the row does not apply or has no value
    states    row -> where each share comes from (`index.values.Leaf`)
    patterns  the different sets of own weights; `pattern` says whose is which
    nominal   of every pattern, the weights when all rows that its agencies have apply
    scores    official scores; None without one
    lists     the scope of every agency: whose rows it has
    """

    agencies: list[str]
    shares: dict[str, list[Fraction | None]]
    states: dict[str, list[str]]
    patterns: list[Weights]
    nominal: list[Weights]
    pattern: list[int]
    scores: list[Fraction | None]
    lists: list[Lists]


def units(framework: Framework) -> list[str]:
    """The rows that are compared as one: leaves under arithmetic means. A branch with another aggregate is one row;
    an index that is not an arithmetic mean has none."""
    added = framework.aggregate == "arithmetic"
    return opened(framework, framework.tops, lambda node: node.aggregate == "arithmetic") if added else []


def scored_leaves(framework: Framework) -> list[str]:
    """All leaves below the index, whatever the means above them; a `sum` branch is one."""
    framework = framework.outer
    return opened(framework, framework.tops, lambda node: True)


def opened(framework: Framework, codes: Sequence[str], opens: Callable[[Node], bool]) -> list[str]:
    """Scored rows; branches that open stand for what is below them."""
    found: list[str] = []
    for node in framework.siblings(codes):
        found += opened(framework, node.children, opens) if node.children and opens(node) else [node.code]
    return found


def nominal_weights(framework: Framework, rows: Collection[str]) -> Weights:
    """Each row's share of the index when everything applies, see `own_weights`."""
    return own_weights(framework, dict.fromkeys(framework.nodes, ONE), rows)


def own_weights(framework: Framework, present: dict[str, Fraction], rows: Collection[str]) -> Weights:
    """Each row's share of the index: the product of the weights on its way up, given the part of every node's weight
    that stays (0: it has no share).

    rows   `units`, whose weighted shares add up to the score, or `scored_leaves`
    """
    weights: Weights = {}
    here = set(rows)

    def distribute(codes: Sequence[str], share: Fraction) -> None:
        held = [(node, node.weight * present[node.code]) for node in framework.siblings(codes)]
        whole = sum((weight for _, weight in held), ZERO)
        for node, weight in held:
            if not weight:
                continue
            part = share * weight / whole
            if node.code in here:
                weights[node.code] = part
            else:
                distribute(node.children, part)

    if here:
        distribute(framework.tops, ONE)
    return weights


def year_rows(framework: Framework, exact: Exact, rows: Sequence[str] | None = None) -> Rows:
    """Exact scores of a year as rows and own weights.

    rows   `units` (by default), or `scored_leaves`
    """
    codes = units(framework) if rows is None else rows
    above = [code for code in framework.nodes if code in exact.columns and framework.nodes[code].scored]
    known: dict[tuple, int] = {}
    patterns: list[Weights] = []
    nominal: list[Weights] = []
    pattern = [0] * len(exact.agencies)
    held_by_row = [held_of(exact.columns[code]) for code in above]
    trees = {i: id(tree) for tree, places in framework.trees(exact.lists) for i in places}
    full = {id(tree): nominal_weights(tree, codes) for tree, _ in framework.trees(exact.lists)}
    for i, parts in enumerate(zip(*held_by_row, strict=True)):
        key = (trees[i], parts)
        if key not in known:
            known[key] = len(patterns)
            held = {code: Fraction(part) for code, part in zip(above, parts, strict=True)}
            patterns.append(own_weights(framework, held, codes))
            nominal.append(full[trees[i]])
        pattern[i] = known[key]
    return Rows(
        exact.agencies,
        {code: exact.columns[code].shares for code in codes},
        {code: exact.columns[code].states for code in codes},
        patterns,
        nominal,
        pattern,
        exact.columns[INDEX].shares,
        list(exact.lists),
    )


def at_places(column: Sequence[T], places: Sequence[int]) -> list[T]:
    """Some cells of a column."""
    return list(map(column.__getitem__, places))


def held_of(column: Column) -> list[Fraction | int]:
    """The part of its weight that a node holds with a share, agency by agency; whole numbers are looked up faster than
    fractions, and most columns are whole."""
    n = len(column.shares)
    if all(map(is_, column.present, repeat(ONE))) and not any(map(is_, column.shares, repeat(None))):
        return [1] * n
    pairs = zip(column.shares, column.present, strict=True)
    return [0 if x is None else 1 if part is ONE else part for x, part in pairs]


def keeps(case: Case, state: str) -> bool:
    """Whether a row without a share leaves its weight to its siblings (else to the whole index)."""
    policies = {"not-applicable": case.settings.not_applicable, "missing": case.settings.missing}
    return policies.get(state) != "exclude"


def climbed(case: Case, rows: Rows, places: Sequence[int]) -> list[Fraction | None]:
    """The index of some agencies, worked out from their leaves.

    rows   with `scored_leaves`
    """
    shares = {code: [column[i] for i in places] for code, column in rows.shares.items()}
    kept = {code: [keeps(case, column[i]) for i in places] for code, column in rows.states.items()}
    return from_leaves(case, [rows.agencies[i] for i in places], shares, kept, [rows.lists[i] for i in places])


def from_leaves(
    case: Case,
    agencies: list[str],
    shares: Mapping[str, Sequence[Fraction | None]],
    kept: Mapping[str, Sequence[bool]],
    lists: Sequence[Lists],
) -> list[Fraction | None]:
    """The index of a tree whose leaves have these shares, without bonus and penalty; None where none has a share.

    shares   leaf -> share of every agency, for all `scored_leaves`
    kept     leaf -> whether a leaf without a share leaves its weight to its siblings (else to the whole index)
    """
    framework, n = case.framework.outer, len(agencies)
    columns = {}
    for node in framework.leaves:
        if node.code not in shares:
            columns[node.code] = Column([None] * n, [ZERO] * n, [ZERO] * n, [False] * n, ["not-scored"] * n)
            continue
        full = (node.maximum or ZERO) if framework.has_points else framework.total
        stays = [x is not None or keeps for x, keeps in zip(shares[node.code], kept[node.code], strict=True)]
        columns[node.code] = Column(
            list(shares[node.code]),
            [full if here else ZERO for here in stays],
            [ONE if here else ZERO for here in stays],
            [False] * n,
            ["measured"] * n,
        )
    return climb(Exact("", agencies, columns, {}, lists), framework, case.settings).columns[INDEX].shares
