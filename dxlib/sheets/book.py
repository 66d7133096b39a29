"""A workbook as it is declared: cells with their locks, lists and formulas. Written by `write`, read back by name.

A sheet never holds a live formula that came from data: text is always text, whatever it begins with.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache

from .spelling import number_of

IDENTITY = "_dx"  # the hidden sheet that says which form this is
LISTS = "_lists"  # the hidden sheet with the choices of the drop-downs
LONGEST = 31  # UTF-16 units that a spreadsheet takes as the title of a sheet
RESERVED = ("history", IDENTITY, LISTS)
UNTITLED = re.compile(r"[\x00-\x1f\x7f:*?/\\\ud800-\udfff\ufffe\uffff]+")
BRACKETS = str.maketrans("[]", "()")


@dataclass(frozen=True)
class Cell:
    """One cell.

    value     what stands in it: text, a number, a day, or for a formula its value
    style     title, note, head, branch, text, number, points, total, muted, hint, input, input_percent, input_text,
              input_date; warn_ before one of an input: it is in question
    formula   "" or a formula; written by us only
    name      of an input: which figure it takes ("1.4/a"); "" is locked
    takes     of an input: number, signed, whole, percent, date, text, list
    hundred   of a percent: what 100 % is in the data, 1 or 100, where the cell holds 1; -1 of another number: nobody
              has said whether it is a percentage
    choices   of a list: what may be chosen
    message   shown when the input is selected; wrong: shown when something else is typed
    comment   a note at the cell
    least     of a number: formula of what it must not be below; "" is 0. most: nor above; "" is no limit
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
    least: str = ""
    most: str = ""
    hundred: int = 0


@dataclass(frozen=True)
class Rule:
    """What a stretch of one column takes: one of `choices`, or of the cells that `source` names."""

    first: int
    last: int
    column: int
    choices: tuple[str, ...]
    source: str = ""
    message: str = ""


Place = tuple[int, int]


class Cells:
    """Cells of one sheet by (row, column) from 0, sorted once by what a returned sheet is held against.

    locked   what must stand in the cells that are no inputs and no formulas; "" where nothing may
    open     the inputs
    live     the formulas
    """

    def __init__(self, title: str, cells: Mapping[Place, Cell]):
        self.title, self.cells = title, cells
        self.locked = {
            place: "" if cell.value is None else cell.value
            for place, cell in cells.items()
            if not (cell.name or cell.formula)
        }
        self.open = {place: cell for place, cell in cells.items() if cell.name}
        self.live = {place: cell for place, cell in cells.items() if cell.formula and not cell.name}

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the sheet's title, places, names of inputs, and all that is locked."""
        said = [
            (*place, None if cell.name else cell.formula or cell.value, cell.name)
            for place, cell in sorted(self.cells.items(), key=lambda item: item[0])
            if not cell.name or not cell.formula
        ]
        return sha256_of([self.title, said])

    @cached_property
    def names(self) -> dict[str, tuple[str, str]]:
        """name of an input -> (sheet, A1)."""
        return {cell.name: (self.title, at(*place)) for place, cell in self.open.items()}


@dataclass(frozen=True)
class Sheet:
    """One sheet. Cells by (row, column) from 0; `widths` in characters; `heights` in points, of the rows that need it.

    named    columns that say which line is which (its code; agency and code); the next one holds its words
    issued   the same cells as they went out, in parts that many forms may share; () where none are shared
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
    named: tuple[int, ...] = ()
    filtered: bool = False  # whether the last of the repeated rows filters those below
    issued: tuple[Cells, ...] = ()

    @cached_property
    def parts(self) -> tuple[Cells, ...]:
        """What a returned sheet is held against."""
        return self.issued or (Cells(self.title, self.cells),)


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
        return sha256_of([dict(self.identity), [[part.digest for part in sheet.parts] for sheet in self.sheets]])

    def inputs(self) -> ChainMap[str, tuple[str, str]]:
        """name of an input -> (sheet, A1)."""
        return ChainMap(*(part.names for sheet in self.sheets for part in sheet.parts))


def sha256_of(said: object) -> str:
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, default=str).encode("utf-8")).hexdigest()


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


def titles(names: Iterable[str]) -> list[str]:
    """Titles for sheets that are called after data, in the same order: what every spreadsheet takes, no two alike.

    The name itself wherever that is possible; the whole name belongs inside the sheet. The same names, the same titles.
    """
    found: list[str] = []
    gone = set(RESERVED)
    for name in names:
        plain = " ".join(UNTITLED.sub(" ", name.translate(BRACKETS)).split()).strip("' ") or "–"
        title, n = cut(plain), 1
        while title.casefold() in gone:
            n += 1
            title = f"{cut(plain, len(f' ({n})'))} ({n})"
        gone.add(title.casefold())
        found.append(title)
    return found


def cut(name: str, less: int = 0) -> str:
    """As much of a name as fits into a title, less some room, without half a character or an apostrophe at its end."""
    units = name.encode("utf-16-le")[: 2 * (LONGEST - less)]
    return units.decode("utf-16-le", "ignore").rstrip("' ")


def filled(book: Book, typed: Mapping[str, str]) -> Book:
    """The book with its inputs typed in: numbers as numbers, dates as dates, what is neither as the words it is."""
    sheets = []
    for sheet in book.sheets:
        cells = dict(sheet.cells)
        for place, cell in sheet.cells.items():
            if typed.get(cell.name):
                cells[place] = replace(cell, value=held(typed[cell.name], cell))
        sheets.append(replace(sheet, cells=cells))
    return replace(book, sheets=tuple(sheets))


def held(words: str, cell: Cell) -> str | float | date:
    """Words as the value that a cell holds."""
    try:
        if cell.takes in ("number", "signed", "whole", "percent"):
            hundred = 100 if words.endswith("%") else max(cell.hundred, 1)
            bare = words.rstrip("% ")
            return words if number_of(bare) is None else float(Decimal(bare) / hundred)
        if cell.takes == "date":
            return date.fromisoformat(words)
    except (ValueError, ArithmeticError):
        pass  # a wrong answer that is shown as it came
    return words
