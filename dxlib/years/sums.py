"""Exact sums of factor x share for thousands of agencies at once.

Denominators of shares are other people's figures, so no table of them has one denominator that fits a machine word.
Columns whose denominators do fit together form a block: whole numbers over one denominator per agency. Inside a block
sums are taken in machine words; only the sums of blocks are added as integers of any length.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from ..rules import ZERO

DENOMINATOR = 2**45  # the largest of a block; with the largest share it leaves room for factors in a word
SHARE = 2**10
WORD = 2**63


class Block(NamedTuple):
    """Columns over one denominator per agency: whole numbers (machine words, or of any length where a share does not
    fit), and the largest of each column, without sign."""

    cells: dict[tuple, np.ndarray]
    largest: dict[tuple, int]
    below: np.ndarray


class Sums:
    """Columns of shares, ready to be summed; no share counts as 0.

    below   the denominator of each agency's sums, an integer of any length
    """

    def __init__(self, columns: Mapping[tuple, Sequence[Fraction | None]], agencies: int):
        first: dict[int, tuple] = {}
        self.same = {key: first.setdefault(id(column), key) for key, column in columns.items()}  # some stand twice
        self.blocks = list(blocks({key: columns[key] for key in first.values()}))
        belows = [block.below.astype(object) for block in self.blocks]
        self.below = np.ones(agencies, dtype=object)
        for below in belows:
            self.below = np.lcm(self.below, below)
        self.scales = [self.below // below for below in belows]

    def of(self, factors: Mapping[tuple, int], places: np.ndarray) -> np.ndarray:
        """The sum of factor x share of the agencies at some places, in units of 1 / `below`."""
        whole = np.zeros(len(places), dtype=object)
        merged: dict[tuple, int] = {}
        for key, factor in factors.items():
            if key in self.same:
                merged[self.same[key]] = merged.get(self.same[key], 0) + factor
        for block, scale in zip(self.blocks, self.scales, strict=True):
            used = {key: f for key in block.cells if (f := merged.get(key)) and block.largest[key]}
            if used:
                fits = sum(abs(f) * block.largest[key] for key, f in used.items()) < WORD
                kind = np.dtype(np.int64 if fits else object)
                terms = (block.cells[key][places].astype(kind) * f for key, f in used.items())
                whole += sum(terms, np.zeros(len(places), dtype=kind)).astype(object) * scale[places]
        return whole


def blocks(columns: Mapping[tuple, Sequence[Fraction | None]]) -> Iterator[Block]:
    """The columns put together, small denominators first; one that does not fit stands alone."""
    split = {key: ratios(column) for key, column in columns.items()}
    together: dict[tuple, tuple[np.ndarray, np.ndarray]] = {}
    common = np.ones(1, dtype=np.int64)
    for key in sorted(split, key=lambda key: split[key][1].max(initial=1)):
        above, below = split[key]
        wide = (
            above.dtype == object or below.max(initial=1) >= DENOMINATOR or (abs(above) / below).max(initial=0) >= SHARE
        )
        if wide:
            yield block({key: (above.astype(object), below.astype(object))}, below.astype(object))
            continue
        both = int(common.max(initial=1)) * int(below.max(initial=1))
        wider = np.lcm(common, below) if both < WORD else None
        if wider is None or wider.max(initial=1) >= DENOMINATOR:
            if together:
                yield block(together, common)
            together, wider = {}, below
        together[key], common = (above, below), wider
    if together:
        yield block(together, common)


def block(columns: Mapping[tuple, tuple[np.ndarray, np.ndarray]], common: np.ndarray) -> Block:
    cells = {key: above * (common // below) for key, (above, below) in columns.items()}
    return Block(cells, {key: int(abs(column).max(initial=0)) for key, column in cells.items()}, common)


def ratios(column: Sequence[Fraction | None]) -> tuple[np.ndarray, np.ndarray]:
    """(numerators, denominators), in machine words where they fit. Equal answers are read once, so a column of choices
    holds few different shares."""
    different = dict(zip(map(id, column), column, strict=True))
    if 4 * len(different) < len(column):
        place = dict(zip(different, range(len(different)), strict=True))
        places = np.fromiter(map(place.__getitem__, map(id, column)), np.int64, len(column))
        above, below = ratios(list(different.values()))
        return above[places], below[places]
    n = [0 if x is None else x.numerator for x in column]
    d = [1 if x is None else x.denominator for x in column]
    try:
        return np.array(n, dtype=np.int64), np.array(d, dtype=np.int64)
    except OverflowError:
        return np.array(n, dtype=object), np.array(d, dtype=object)


def fractions(above: np.ndarray, below: np.ndarray) -> list[Fraction]:
    """Numerators over denominators, reduced."""
    return [Fraction(n, d) if n else ZERO for n, d in zip(above.tolist(), below.tolist(), strict=True)]
