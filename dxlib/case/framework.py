"""The index set as a tree: one node per row of indicators.csv, rules parsed once, weights and maxima resolved.

The code knows rules and levels, never an indicator's name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from ..rules import ZERO, Rule, number, quotient

INDEX = "index"  # the whole index in tables of results
CHOICES = ("best", "worst")  # one of the children stands for all
SUM = "sum"  # the children's points are added, within the branch's own maximum

FULL = {"share": Fraction(1), "percent": Fraction(100)}  # the whole, for a figure that is a share by itself


@dataclass(frozen=True)
class Unread(Rule):
    """A rule that cannot be read: its row still counts in the sums of the tree, and judges no answer."""

    name, reads, readable = "", (), False


@dataclass(frozen=True)
class Together(Rule):
    """What a `sum` branch is where it stands for one row, see `Framework.outer`."""

    name, reads = SUM, ()
    roots: bool = False  # below it

    @property
    def rooted(self) -> bool:
        return self.roots


@dataclass(frozen=True)
class Node:
    """One row of the index set.

    level      1 for a top row
    rule       of a leaf; a branch has `none`
    children   codes, in file order; empty for a leaf
    maximum    maximum points: as written, or the sum of the scored children; None in a set without points. That of a
               `sum` branch may be written lower: it is a cap then; or higher, where a bonus below fills the rest
    weight     relative weight among the scored siblings (weight, else maximum, else 1); 0 counts nothing
    scored     whether it enters its parent's score
    ratio      its value is a/b; named_ratio: its rule or its words for b say so, not only some claim
    taken      where a (and b) come from: `group` or `group/code`, a finished score of another folder of the year
    kind       what its figures are, declared: count, share, percent, money; "" is not declared
    percent    its figures are shares from 0 to 1 that people know as percentages: it takes no b, and its thresholds are
               written in %, or its kind is share
    """

    code: str
    parent: str
    level: int
    children: tuple[str, ...]
    aggregate: str
    rule: Rule
    maximum: Fraction | None
    weight: Fraction
    scored: bool
    ratio: bool
    named_ratio: bool
    source: str
    row: int
    taken: tuple[str, ...] = ()
    kind: str = ""
    percent: bool = False

    @property
    def part(self) -> bool:
        """Whether a is declared to be a part of b."""
        return self.ratio and self.kind in ("count", "share")

    @property
    def hundred(self) -> int:
        """What 100 % is in the figures of the row, 1 or 100; 0 where they are no percentages."""
        return 0 if self.ratio else int(FULL.get(self.kind, self.percent))

    @property
    def role(self) -> str:
        """score, bonus, penalty or none."""
        return "score" if self.children else self.rule.role


@dataclass(frozen=True)
class Framework:
    """The whole tree. `nodes` in reading order (a parent before its children); `total` is the index's scale."""

    nodes: dict[str, Node]
    tops: tuple[str, ...]
    aggregate: str
    total: Fraction
    has_points: bool

    @property
    def leaves(self) -> list[Node]:
        return [node for node in self.nodes.values() if not node.children]

    @cached_property
    def extras(self) -> dict[str, list[str]]:
        """Where bonus and penalty rows count: `INDEX` or a `sum` branch -> their codes. Each is in one place."""
        return extras_of(self.nodes)

    @cached_property
    def outer(self) -> Framework:
        """The same tree with every `sum` branch as one row: no weight below it moves its share."""
        closed = {code for code, node in self.nodes.items() if node.children and node.aggregate == SUM}
        if not closed:
            return self
        inside = {below for code in closed for below in self.within(code)}
        nodes = {code: node for code, node in self.nodes.items() if code not in inside}
        rules = {code: Together(roots=code in self.rooted) for code in closed - inside}
        rows = {code: replace(nodes[code], children=(), rule=rule) for code, rule in rules.items()}
        return replace(self, nodes={**nodes, **rows})

    @cached_property
    def rooted(self) -> frozenset[str]:
        """The nodes (`INDEX` among them) whose shares may hold roots or logarithms, which are kept to 40 digits."""
        found: set[str] = set()
        for node in reversed(list(self.nodes.values())):
            below = found.intersection(child.code for child in self.siblings(node.children))
            if below or (node.aggregate == "geometric" if node.children else node.rule.rooted):
                found.add(node.code)
        if self.aggregate == "geometric" or found.intersection(node.code for node in self.siblings(self.tops)):
            found.add(INDEX)
        return frozenset(found)

    def within(self, code: str) -> Iterator[str]:
        """All nodes below a branch."""
        for child in self.nodes[code].children:
            yield child
            yield from self.within(child)

    def within_full(self, full: Mapping[str, bool]) -> set[str]:
        """What stands below a `sum` branch that has its maximum: what is lacking there is lost to nobody."""
        sums = [code for code, node in self.nodes.items() if node.children and node.aggregate == SUM and full.get(code)]
        return {below for code in sums for below in self.within(code)}

    def beyond(self, node: Node) -> Fraction:
        """The part of a `sum` branch's maximum that its rows cannot fill: only bonus points can."""
        maxima = [child.maximum or ZERO for child in self.siblings(node.children)]
        return max((node.maximum or ZERO) - sum(maxima, ZERO), ZERO)

    def below(self, code: str) -> Iterator[str]:
        """The leaves below a node (a leaf: itself)."""
        children = self.nodes[code].children
        if not children:
            yield code
        for child in children:
            yield from self.below(child)

    def siblings(self, codes: Iterable[str]) -> list[Node]:
        """Those of `codes` that enter their parent's score."""
        return [self.nodes[code] for code in codes if self.nodes[code].scored]

    def handed_up(self, drop: Iterable[str]) -> list[str]:
        """Codes to drop; where all scored siblings go, their parent goes instead."""
        gone = set(drop)
        for node in reversed(list(self.nodes.values())):
            children = {child.code for child in self.siblings(node.children) if child.weight}
            if children and children <= gone:
                gone = gone - children | {node.code}
        return sorted(gone)

    def without(self, code: str) -> Framework:
        """The same tree with one node counting nothing; its siblings carry its weight."""
        idle = {gone: replace(self.nodes[gone], weight=Fraction(0)) for gone in self.handed_up([code])}
        return replace(self, nodes={**self.nodes, **idle})

    def global_weights(self) -> dict[str, Fraction]:
        """Every scored leaf's share of the index when nothing is exempt; the shares sum to 1. A branch of bonus and
        penalty rows alone has its own."""
        weights: dict[str, Fraction] = {}

        def distribute(codes: tuple[str, ...], share: Fraction) -> None:
            nodes = self.siblings(codes)
            whole = sum((node.weight for node in nodes), Fraction(0))
            for node in nodes:
                part = share * node.weight / whole
                if self.siblings(node.children):
                    distribute(node.children, part)
                else:
                    weights[node.code] = part

        distribute(self.tops, Fraction(1))
        return weights


def extras_of(nodes: Mapping[str, Node]) -> dict[str, list[str]]:
    """Bonus and penalty rows by where they count: the nearest `sum` branch above each, else the index."""
    found: dict[str, list[str]] = {INDEX: []}
    for node in nodes.values():
        if node.role in ("bonus", "penalty"):
            code = node.parent
            while code and nodes[code].aggregate != SUM:
                code = nodes[code].parent
            found.setdefault(code or INDEX, []).append(node.code)
    return found


def finished_node(reference: str) -> tuple[str, str]:
    """(group, code) that `a_from` or `b_from` names: `hdi` is the whole index of that folder, `hdi/2` its row 2."""
    group, _, code = reference.partition("/")
    return group, code or INDEX


def optional(text: str, read: Callable[[str], Fraction] = number) -> Fraction | None:
    """A number cell that may be empty; one that cannot be read is reported by the cell checks and counts as empty."""
    try:
        return read(text) if text else None
    except (ValueError, ZeroDivisionError):
        return None


def weight(text: str) -> Fraction | None:
    """A cell of the column `weight`: a decimal number or a fraction like 1/3; None as for `optional`."""
    return optional(text, quotient)
