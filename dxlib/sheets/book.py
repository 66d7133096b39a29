"""A workbook as it is declared: cells with their locks, lists and formulas. Written by `write`, read back by name.

A sheet never holds a live formula that came from data: text is always text, whatever it begins with.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from math import isfinite
from operator import itemgetter

IDENTITY = "_dx"  # the hidden sheet that says which form this is
LISTS = "_lists"  # the hidden sheet with the choices of the drop-downs


@dataclass(frozen=True)
class Cell:
    """One cell.

    value     what stands in it: text, a number, a day, or for a formula its value
    style     title, note, head, branch, text, number, points, total, muted, input, input_text, input_date, warn
    formula   "" or a formula; written by us only
    name      of an input: which figure it takes ("1.4/a"); "" is locked
    takes     of an input: number, signed, whole, date, text, list
    choices   of a list: what may be chosen
    message   shown when the input is selected; wrong: shown when something else is typed
    comment   a note at the cell
    """

    value: str | float | date | None = None
    style: str = "text"
    formula: str = ""
    name: str = ""
    takes: str = ""
    choices: tuple[str, ...] = ()
    message: str = ""
    wrong: str = ""
    comment: str = ""


@dataclass(frozen=True)
class Rule:
    """What a stretch of one column takes: one of `choices`, or of the cells that `source` names."""

    first: int
    last: int
    column: int
    choices: tuple[str, ...]
    source: str = ""
    message: str = ""


@dataclass(frozen=True)
class Sheet:
    """One sheet. Cells by (row, column) from 0; `widths` in characters; `heights` in points, of the rows that need it.

    merged   (row, first column, last column)
    repeated   the first rows, printed on every page and kept on the screen, with so many columns
    """

    title: str
    cells: Mapping[tuple[int, int], Cell]
    widths: Sequence[float]
    heights: Mapping[int, float] = field(default_factory=dict)
    merged: Sequence[tuple[int, int, int]] = ()
    repeated: tuple[int, int, int] = (0, 0, 0)  # first row, row after the last, frozen columns
    header: str = ""
    footer: str = ""
    wide: bool = True
    protected: bool = True
    rules: Sequence[Rule] = ()
    styles: Sequence[str] = ()  # of whole columns, for lines that are still free
    pages: Sequence[int] = ()  # columns at which a printed page begins; without any, all columns are on one
    filtered: bool = False  # whether the last of the repeated rows filters those below


@dataclass(frozen=True)
class Book:
    """A workbook: sheets and what it says of itself (kind, year, group, agency, language, stage).

    One that never comes back says nothing of itself, and has no hidden sheet.
    """

    sheets: tuple[Sheet, ...]
    identity: Mapping[str, str]
    title: str
    decimals: int = 2  # of points that are worked out

    def fingerprint(self) -> str:
        """SHA-256 over the identity and all that is locked: equal forms, equal fingerprints, whatever is filled in."""
        locked = [
            canonical(sheet.title, row, column, None if cell.name else cell.formula or cell.value, cell.name)
            for sheet in self.sheets
            for (row, column), cell in sorted(sheet.cells.items(), key=itemgetter(0))
            if not cell.name or not cell.formula
        ]
        said = f"[{json.dumps(dict(self.identity), ensure_ascii=False)}, [{', '.join(locked)}]]"
        return hashlib.sha256(said.encode("utf-8")).hexdigest()

    def inputs(self) -> dict[str, tuple[str, int, int]]:
        """name of an input -> (sheet, row, column)."""
        return {
            cell.name: (sheet.title, row, column)
            for sheet in self.sheets
            for (row, column), cell in sheet.cells.items()
            if cell.name
        }


@lru_cache(maxsize=1 << 14, typed=True)
def canonical(*cell: str | float | date | None) -> str:
    """What a fingerprint is taken of, of one cell; forms of a case have most of them alike."""
    return json.dumps(cell, ensure_ascii=False, default=str)


@lru_cache(maxsize=1 << 16)
def at(row: int, column: int) -> str:
    """A1, from 0."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


def fixed(row: int, column: int) -> str:
    """$A$1, from 0."""
    place = at(row, column)
    letters = place.rstrip("0123456789")
    return f"${letters}${place[len(letters) :]}"


def filled(book: Book, typed: Mapping[str, str]) -> Book:
    """The book with its inputs typed in: numbers as numbers, dates as dates, what is neither as the words it is."""
    sheets = []
    for sheet in book.sheets:
        cells = dict(sheet.cells)
        for place, cell in sheet.cells.items():
            if typed.get(cell.name):
                cells[place] = replace(cell, value=held(typed[cell.name], cell.takes))
        sheets.append(replace(sheet, cells=cells))
    return replace(book, sheets=tuple(sheets))


def held(words: str, takes: str) -> str | float | date:
    """Words as the value that a cell holds."""
    try:
        if takes in ("number", "signed", "whole"):
            number = float(words)
            return number if isfinite(number) else words
        if takes == "date":
            return date.fromisoformat(words)
    except ValueError:
        pass  # a wrong answer that is shown as it came
    return words
