"""What moved a score that is no sum (a geometric or harmonic mean, the best or the worst of several): the average over
the orders in which the changes may have come.

Three things change between two years: the shares of the matched rows (performance), the index set, and the exemptions.
The index is worked out with either year's state of each, and what one of them adds is averaged over the orders in
which the index set and the exemptions, together, come before or after performance (Shapley 1953; Owen 1977; for such
decompositions Shorrocks 2013). The parts add up exactly, and for a sum of weight x share performance is the one of
Bennet's decomposition. Roots are kept to 40 digits, as in the scores themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import product

import pandas as pd

from ..case import Case
from ..index.rows import at_places, from_leaves, keeps
from ..rules import ZERO
from .decompose import LACKING, OTHERWISE, PARTS, Column, Figures, Shares, Sides
from .matching import matched

QUARTER = Fraction(1, 4)
Cells = tuple[dict[str, Column], dict[str, Sequence[bool]]]  # leaf -> shares, leaf -> whether its weight stays


class Trees:
    """Both years for some agencies: the index under either year's set, exemptions and shares.

    pairs    by side, matched row -> row of the other side
    alike    by side, row -> `Sides.like`; only where it is not what counts
    """

    def __init__(self, cases: tuple[Case, Case], matches: pd.DataFrame, sides: Sides, places: Sequence[int]):
        self.cases = cases
        years = sides.before, sides.after
        self.agencies = [years[1].agencies[i] for i in places]
        self.lists = [at_places(year.lists, places) for year in years]
        self.shares = [{code: [column[i] for i in places] for code, column in year.shares.items()} for year in years]
        self.kept = [
            {code: [keeps(case, column[i]) for i in places] for code, column in year.states.items()}
            for case, year in zip(cases, years, strict=True)
        ]
        linked = matched(matches)
        self.pairs: tuple[dict[str, str], dict[str, str]] = ({old: new for new, old in linked}, dict(linked))
        self.alike = [
            {code: at_places(sides.like(side, code), places) for code in sides.touched(side)} for side in (0, 1)
        ]

    def row(self, side: int, code: str, of: int) -> str:
        """The name that a matched row of one side has on another."""
        return code if of == side else self.pairs[side][code]

    def index(self, tree: int, exempt: int, done: int, other: tuple[Shares, Shares]) -> list[Fraction]:
        """The index with the set of one year, the exemptions of another, and the shares of a third (0 or 1 each).

        other   by side, row -> shares that stand for the year's own, where there are any
        """
        shares: dict[str, Column] = {}
        kept: dict[str, Sequence[bool]] = {}
        for code in self.shares[tree]:
            if code not in self.pairs[tree]:
                shares[code], kept[code] = self.shares[tree][code], self.kept[tree][code]
                continue
            names = [self.row(tree, code, side) for side in (0, 1)]
            there = self.shares[exempt][names[exempt]]
            own = [self.shares[side][names[side]] for side in (0, 1)]
            acted = [
                x if y is None else y
                for x, y in zip(own[done], other[done].get(names[done], [None] * len(there)), strict=True)
            ]
            both = [None not in pair for pair in zip(*own, strict=True)]
            shares[code] = [x if x is None or not here else y for x, here, y in zip(there, both, acted, strict=True)]
            kept[code] = self.kept[exempt][names[exempt]]
        return [x or ZERO for x in from_leaves(self.cases[tree], self.agencies, shares, kept, self.lists[tree])]

    def ends(self, other: tuple[Shares, Shares]) -> list[Fraction]:
        """The change of the index from one year to the other."""
        return [y - x for x, y in zip(self.index(0, 0, 0, other), self.index(1, 1, 1, other), strict=True)]

    def matched(self, tree: int, done: int) -> list[Fraction | None]:
        """The sub-index of the matched rows that apply and have an answer in both years, under one year's set, with a
        year's shares."""
        nothing: list[Fraction | None] = [None] * len(self.agencies)
        shares: dict[str, Column] = {}
        for code in self.shares[tree]:
            shares[code] = nothing
            if code in self.pairs[tree]:
                names = [self.row(tree, code, side) for side in (0, 1)]
                own = [self.alike[side].get(names[side], self.shares[side][names[side]]) for side in (0, 1)]
                shares[code] = [None if None in pair else pair[done] for pair in zip(*own, strict=True)]
        kept = dict.fromkeys(shares, [False] * len(self.agencies))
        return from_leaves(self.cases[tree], self.agencies, shares, kept, self.lists[tree])


def by_orders(cases: tuple[Case, Case], matches: pd.DataFrame, sides: Sides) -> Figures:
    """The parts of every agency's change; agencies with a share below zero under such a mean have none."""
    years, changed = (sides.before, sides.after), sides.moved
    places = [
        i
        for i, change in enumerate(changed)
        if change is not None and not any((column[i] or 0) < 0 for year in years for column in year.shares.values())
    ]
    if not places:
        return {}
    trees = Trees(cases, matches, sides, places)
    known: tuple[dict, dict] = ({}, {})  # the shares without the parts that were found
    found: dict[str, Sequence[Fraction]] = dict.fromkeys(PARTS, [ZERO] * len(places))
    ends = official = trees.ends(known)
    for part in LACKING:
        without(sides.others[part], known, places)
        then, ends = ends, trees.ends(known)
        found[part] = [x - y for x, y in zip(then, ends, strict=True)]
    at = {(t, e, d): trees.index(t, e, d, known) for t, e, d in product((0, 1), repeat=3)}
    acted = performance(*(at[tree, tree, done] for tree, done in product((0, 1), repeat=2)))
    for part in OTHERWISE[len(LACKING) :]:
        less = acted
        if any(sides.others[part]):
            without(sides.others[part], known, places)
            less = performance(*(trees.index(tree, tree, done, known) for tree, done in product((0, 1), repeat=2)))
        found[part] = [x - y for x, y in zip(acted, less, strict=True)]
        acted = less
    found["performance"] = acted
    found["index_set"] = moved_by(at, 0)
    found["exemptions"] = [x + y for x, y in zip(found["exemptions"], moved_by(at, 1), strict=True)]
    found["rest"] = [(changed[i] or ZERO) - x for i, x in zip(places, official, strict=True)]
    columns = [found[part] for part in PARTS]
    subs = zip(*(trees.matched(tree, done) for tree in (1, 0) for done in (0, 1)), strict=True)
    return {
        i: [*row, *sub, carried(trees.pairs[1], sides, i)]
        for i, row, sub in zip(places, zip(*columns, strict=True), subs, strict=True)
    }


def without(other: tuple[Shares, Shares], known: tuple[dict, dict], places: Sequence[int]) -> None:
    """Puts the shares without one more part into `known`."""
    for side in (0, 1):
        for code, column in other[side].items():
            so_far = known[side].get(code, [None] * len(places))
            known[side][code] = [y if column[i] is None else column[i] for i, y in zip(places, so_far, strict=True)]


def performance(*at: Sequence[Fraction]) -> list[Fraction]:
    """What the shares moved: the mean of their effect under the earlier set (the first two: earlier, later shares) and
    under the later one."""
    return [(b - a + d - c) / 2 for a, b, c, d in zip(*at, strict=True)]


def moved_by(at: Mapping[tuple[int, int, int], Sequence[Fraction]], what: int) -> list[Fraction]:
    """What the index set (0) or the exemptions (1) moved: the mean of their effect over all states of the other two."""
    signed = [(1 if corner[what] else -1, column) for corner, column in at.items()]
    return [
        QUARTER * sum((sign * x for (sign, _), x in zip(signed, row, strict=True)), ZERO)
        for row in zip(*(column for _, column in signed), strict=True)
    ]


def carried(pairs: Mapping[str, str], sides: Sides, i: int) -> Fraction:
    """The smaller of the parts of either year's index that an agency's matched rows with answers carry."""
    own = [year.patterns[year.pattern[i]] for year in (sides.before, sides.after)]
    gaps = sides.gaps[1]
    both = [(old, new) for new, old in pairs.items() if old in own[0] and new in own[1]]
    both = [(old, new) for old, new in both if new not in gaps or not gaps[new][i]]
    return min(sum((own[side][pair[side]] for pair in both), ZERO) for side in (0, 1))
