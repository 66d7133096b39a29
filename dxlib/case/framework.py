"""The index set as a tree: one node per row of indicators.csv, rules parsed once, weights and maxima resolved.

The code knows rules and levels, never an indicator's name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

from ..rules import ZERO, Rule, number, quotient

INDEX = "index"  # the whole index in tables of results
CHOICES = ("best", "worst")  # one of the children stands for all
SUM = "sum"  # the children's points are added, within the branch's own maximum

Lists = tuple[str, ...]  # scopes of agencies.csv
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
    scope      the lists whose agencies alone have the row; empty: all have it
    by_maximum its weight is its maximum points, because none is given: in the tree of one list, its own maximum
    there      false in the tree of a list that does not have the row
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
    scope: Lists = ()
    by_maximum: bool = False
    there: bool = True

    @property
    def part(self) -> bool:
        """Whether a is declared to be a part of b."""
        return self.ratio and self.kind in ("count", "share") and not self.rule.of_previous

    @property
    def hundred(self) -> int:
        """What 100 % is in the figures of the row, 1 or 100; 0 where they are no percentages."""
        return 0 if self.ratio else int(FULL.get(self.kind, self.percent))

    @property
    def role(self) -> str:
        """score, bonus, penalty or none."""
        return "score" if self.children else self.rule.role


@dataclass(frozen=True)
class Gate:
    """A condition before a row: the share of the row `code` is at least `least`, or (`strict`) above it.

    at   the row that it is written at, a leaf or a branch
    """

    code: str
    at: str
    strict: bool
    least: Fraction

    def met(self, share: Fraction) -> bool:
        return share > self.least if self.strict else share >= self.least


@dataclass(frozen=True)
class Framework:
    """The whole tree. `nodes` in reading order (a parent before its children); `total` is the index's scale.

    gates   leaf -> the gates before it, its own and those of the branches above it
    """

    nodes: dict[str, Node]
    tops: tuple[str, ...]
    aggregate: str
    total: Fraction
    has_points: bool
    gates: Mapping[str, tuple[Gate, ...]] = field(default_factory=dict)

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

    @cached_property
    def scoped(self) -> bool:
        """Whether some rows belong to some lists alone; the tree of all rows is then no agency's own."""
        return any(node.scope for node in self.nodes.values())

    @cached_property
    def known_trees(self) -> dict[frozenset[str], Framework]:
        return {}

    def own(self, lists: Lists) -> Framework:
        """The tree of an agency of one list (of several, merged: what any of them has): as indicators.csv would be
        without the rows of other lists. Those stay as rows that are not scored, without maximum or weight."""
        if not self.scoped:
            return self
        gone = frozenset(c for c, node in self.nodes.items() if node.scope and set(node.scope).isdisjoint(lists))
        if gone not in self.known_trees:
            self.known_trees[gone] = self.less(gone) if gone else self
        return self.known_trees[gone]

    def trees(self, lists: Sequence[Lists]) -> list[tuple[Framework, list[int]]]:
        """The different trees of some agencies, and the places of those that have each."""
        if not self.scoped:
            return [(self, list(range(len(lists))))]
        found: dict[int, tuple[Framework, list[int]]] = {}
        for i, one in enumerate(lists):
            tree = self.own(one)
            found.setdefault(id(tree), (tree, []))[1].append(i)
        return list(found.values())

    def less(self, gone: frozenset[str]) -> Framework:
        """The tree without some rows; a branch of which nothing is left goes with them."""
        nodes = dict(self.nodes)
        lost = {leaf for code in gone for leaf in self.below(code)}
        for code, node in reversed(list(self.nodes.items())):
            below = [nodes[c] for c in node.children if nodes[c].scored]
            there = any(nodes[c].there for c in node.children) if node.children else code not in lost
            if not there or (node.children and not below and code not in self.extras):
                nodes[code] = replace(node, scored=False, maximum=ZERO, weight=ZERO, there=there)
            elif below and node.scored and node.maximum and self.has_points and node.aggregate != SUM:
                own = combined(node.aggregate, below) or ZERO
                part = own / node.maximum if node.by_maximum else Fraction(1)
                nodes[code] = replace(node, maximum=own, weight=node.weight * part)
        tops = [nodes[code] for code in self.tops if nodes[code].scored]
        return replace(
            self, nodes=nodes, total=(combined(self.aggregate, tops) or ZERO) if self.has_points else self.total
        )

    def weighing_as(self, other: Framework) -> Framework:
        """The same tree, in which other weights in place of maximum points are still those of the whole branch: a list
        that has a part of its maximum has that part of them."""
        if not self.scoped:
            return self
        nodes = {c: replace(node, by_maximum=other.nodes[c].by_maximum) for c, node in self.nodes.items()}
        return replace(self, nodes=nodes)

    def part_of(self, whole: Framework, code: str) -> Fraction:
        """What a node weighs in this tree, as a part of what it weighs in the tree of all rows."""
        here, there = self.nodes[code], whole.nodes[code]
        return here.weight / there.weight if there.weight else Fraction(here.scored)

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

    def decides(self, leaf: str) -> set[str]:
        """The leaves whose answers open or close a gate before a leaf, through further gates too."""
        found: set[str] = set()
        ahead = [leaf]
        while ahead:
            for gate in self.gates.get(ahead.pop(), ()):
                fresh = set(self.below(gate.code)) - found
                found |= fresh
                ahead += fresh
        return found

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


def combined(aggregate: str, below: list[Node]) -> Fraction | None:
    """The maximum of a branch; None where that of one below is not known, which is named there."""
    maxima = [node.maximum for node in below if node.maximum is not None]
    if len(maxima) < len(below):
        return None
    return max(maxima, default=ZERO) if aggregate in CHOICES else sum(maxima, ZERO)


def scopes_of(cell: str) -> Lists:
    """The lists that a cell of the column `scope` names."""
    return tuple(dict.fromkeys(name for part in cell.split(";") if (name := part.strip())))


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
