"""Do the written figures agree with each other? Everything is decided on the decimals as they were written.

Relations between rows come from relations.csv (its grammar stands in `case.relations`); the others need no table: a
part above its whole, one quantity given two values, an agency's own sum that the rule does not give, and a printed
total that its printed parts do not make. An empty cell says nothing and is never flagged.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd

from ..case.relations import Cell, Relation, Term, parse_relation
from ..case.tables import folded, rows_of
from ..rules import ONE, ZERO, number
from .flag import frame, noticed
from .sampling import written


@dataclass(frozen=True)
class Breach:
    """A relation that does not hold: both sides, left - right, and how much rounding would have excused."""

    left: Fraction
    right: Fraction
    difference: Fraction
    tolerance: Fraction


@dataclass(frozen=True)
class Printed:
    """A printed total, recomputed: the sum, sum - printed, what rounding explains at most, and whether it does."""

    recomputed: Fraction
    difference: Fraction
    tolerance: Fraction
    agrees: bool


def half_unit(text: str) -> Fraction:
    """Half a unit of the last decimal a number was written with: 1/2 for `17`, 1/200 for `17.04`."""
    return Fraction(1, 2 * 10 ** len(text.partition(".")[2]))


def relative(difference: Fraction, reference: Fraction) -> float:
    """How large a difference is: against the reference, or against 1 where that is smaller."""
    return float(abs(difference) / max(abs(reference), ONE))


def side(terms: Sequence[Term], cells: Mapping[Cell, str]) -> Fraction | None:
    """The value of one side; None where a quotient is divided by zero."""
    value = ZERO
    for term in terms:
        figure = number(cells[term.top])
        if term.bottom is not None:
            below = number(cells[term.bottom])
            if not below:
                return None
            figure /= below
        value += figure if term.factor == 1 else term.factor * figure
    return value


def judge(relation: Relation, cells: Mapping[Cell, str]) -> Breach | None:
    """Whether one agency's figures keep a relation; None: they do, or it cannot be said.

    cells   figure -> decimal text; a cell that is absent or "" and a division by zero say nothing
    Exact, unless the relation is marked `rounded`: then every cell that stands alone (not in a quotient) may be half a
    unit of its last written decimal off, times its factor, and the sum of these is excused. Raises ValueError for
    text that is not a number.
    Source: balance edits of official statistics with rounding, de Waal, Pannekoek & Scholtus (2011), Handbook of
    Statistical Data Editing and Imputation, ch. 2.
    """
    if not all(cells.get(cell) for cell in relation.cells):
        return None
    left, right = side(relation.left, cells), side(relation.right, cells)
    if left is None or right is None:
        return None
    difference = left - right
    excess = difference if relation.sign == "<=" else abs(difference)
    if excess <= 0:
        return None
    alone = [term for term in (*relation.left, *relation.right) if term.bottom is None] if relation.rounded else []
    tolerance = sum((term.factor * half_unit(cells[term.top]) for term in alone), ZERO)
    return Breach(left, right, difference, tolerance) if excess > tolerance else None


def relation_flags(claims: pd.DataFrame, relations: pd.DataFrame) -> pd.DataFrame:
    """Flags `relation`: agencies whose figures break a line of relations.csv.

    claims      agency, indicator, a, b, points (decimal text, "" empty; points is the agency's own sum)
    relations   relation, left, sign, right, rounded (text), already checked; raises RelationError otherwise
    value: the left side · expected: the right side · strength: |left - right| / max(|right|, 1) · other: the relation's
    id · indicator: named where the relation stays within one row, else "".
    Source: `judge`.
    """
    read = [parse_relation(row) for row in relations.to_dict("records")]
    needed = {cell for relation in read for cell in relation.cells}
    figures: dict[str, dict[Cell, str]] = {}
    for column in sorted({cell.column for cell in needed}):
        of_row = {cell.code: cell for cell in needed if cell.column == column}
        mine = claims[claims["indicator"].isin(set(of_row))]
        for agency, code, text in rows_of(mine, "agency", "indicator", column):
            figures.setdefault(agency, {})[of_row[code]] = text
    rows = []
    for relation in read:
        codes = {cell.code for cell in relation.cells}
        indicator = next(iter(codes)) if len(codes) == 1 else ""
        for agency, cells in figures.items():
            breach = judge(relation, cells)
            if breach:
                strength, sides = relative(breach.difference, breach.right), (float(breach.left), float(breach.right))
                rows.append(noticed("relation", agency, indicator, strength, *sides, relation.name))
    return frame(rows)


def part_whole(claims: pd.DataFrame, ratio_codes: Collection[str]) -> pd.DataFrame:
    """Flags `part_whole`: a part above its whole, a > b, on rows whose value is a/b.

    claims        agency, indicator, a, b (decimal text, "" empty)
    ratio_codes   the rows whose value is a/b of a part in a whole
    value: a · expected: b, at least a · strength: (a - b) / max(|b|, 1).
    Source: methods of the project, §1.9: part <= whole, and a numerator needs a denominator.
    """
    mine = claims[claims["indicator"].isin(set(ratio_codes)) & (claims["a"] != "") & (claims["b"] != "")]
    rows = []
    for agency, code, top, bottom in rows_of(mine, "agency", "indicator", "a", "b"):
        a, b = number(top), number(bottom)
        if a > b:
            rows.append(noticed("part_whole", agency, code, relative(a - b, b), float(a), float(b)))
    return frame(rows)


def two_wholes(claims: pd.DataFrame, b_names: Mapping[str, str]) -> pd.DataFrame:
    """Flags `two_wholes`: one agency gives the same quantity with different values on different rows.

    claims    agency, indicator, b (decimal text, "" empty)
    b_names   row -> what its denominator counts, in words; equal words are the same quantity, "" is none
    Each row that disagrees with the agency's commonest value is flagged; of equally common values the larger is kept,
    because a smaller whole flatters. value: what stands there · expected: the commonest · other: the rows that say
    something else, ;-separated in the order of b_names · strength: |difference| / max(|expected|, 1).
    Source: methods of the project, §1.9: the same quantity asked twice is equal.
    """
    names = {code: folded(name) for code, name in b_names.items() if name.strip()}
    place = {code: i for i, code in enumerate(names)}
    mine = claims[claims["indicator"].isin(set(names)) & (claims["b"] != "")]
    figures = {text: number(text) for text in set(mine["b"])}
    given: dict[tuple[str, str], dict[str, str]] = {}
    for agency, code, text in rows_of(mine, "agency", "indicator", "b"):
        given.setdefault((agency, names[code]), {})[code] = text
    rows = []
    for (agency, _), said in given.items():
        if len(set(said.values())) == 1:  # nearly everybody
            continue
        wholes = {code: figures[text] for code, text in said.items()}
        values = list(wholes.values())
        usual = max(values, key=lambda value: (values.count(value), value))
        for code, value in wholes.items():
            if value != usual:
                others = ";".join(sorted((c for c in wholes if wholes[c] != value), key=place.__getitem__))
                strength = relative(value - usual, usual)
                rows.append(noticed("two_wholes", agency, code, strength, float(value), float(usual), others))
    return frame(rows)


def own_sums(ledger: pd.DataFrame, decimals: int = 2) -> pd.DataFrame:
    """Flags `own_sum`: the points an agency wrote are not the points the rule gives for its own figures.

    ledger     agency, indicator, claimed, stated (points; nan: none)
    decimals   places points are written with; half a unit of the last one is rounding, more is a difference
    value: stated · expected: claimed · strength: |difference| in points. Raises ValueError for decimals < 0.
    Source: methods of the project, §1.9: a reported figure equals its recomputation within the declared decimals.
    """
    if decimals < 0:
        raise ValueError(f"points cannot be written with {decimals} decimals")
    half = Fraction(1, 2 * 10**decimals)
    stated, claimed = ledger["stated"].to_numpy(float), ledger["claimed"].to_numpy(float)
    agencies, indicators = ledger["agency"].to_numpy(), ledger["indicator"].to_numpy()
    rows = []
    for i in np.flatnonzero(np.abs(stated - claimed) > float(half) - 1e-6).tolist():  # near enough to decide exactly
        difference = written(float(stated[i])) - written(float(claimed[i]))
        if abs(difference) > half:
            strength = float(abs(difference))
            rows.append(noticed("own_sum", agencies[i], indicators[i], strength, stated[i], claimed[i]))
    return frame(rows)


def printed_total(parts: Sequence[str], weights: Sequence[str], total: str) -> Printed:
    """A published total, recomputed from its published parts and weights.

    parts, weights, total   decimal text, as printed; the total should be the sum of weight x part
    tolerance: what rounding explains at most, the sum of |weight| x half a unit of each part's last decimal, and half
    a unit of the total's. Raises ValueError for unequal lengths, no parts, or text that is not a number.
    Source: methods of the project, §1.9; worst-case propagation of rounding, Higham (2002), Accuracy and Stability of
    Numerical Algorithms, §3.
    """
    if len(parts) != len(weights) or not parts:
        raise ValueError(f"{len(parts)} parts and {len(weights)} weights do not make a total")
    factors = [number(w) for w in weights]
    recomputed = sum((w * number(part) for w, part in zip(factors, parts, strict=True)), ZERO)
    rounding = sum((abs(w) * half_unit(part) for w, part in zip(factors, parts, strict=True)), ZERO)
    difference, tolerance = recomputed - number(total), rounding + half_unit(total)
    return Printed(recomputed, difference, tolerance, abs(difference) <= tolerance)
