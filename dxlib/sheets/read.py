"""What stands in a workbook: values, which cells hold formulas, what is merged, what is hidden.

Our own reader, because none of the libraries shows formulas and values at once, and because a fast one (calamine 0.9)
takes the whole process down with it when a file claims a cell in row 99,999,999,999. The XML itself is read by the
parser of the standard library. Only packages that `gate` let through come here: no entities, no
macros, UTF-8, bounded size. What is no number in a cell of numbers is read as the words that stand there, so that it is
named at its cell. Source: ECMA-376 part 1, 18 (SpreadsheetML).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple, NoReturn, TypeVar
from xml.etree.ElementTree import Element, ParseError, fromstring

from ..errors import Finding
from .display import ASIDE, BUILT_IN
from .spelling import number_of

ROWS, COLUMNS = 1_048_576, 16_384
MOST_CELLS = 200_000  # that hold something
MOST_ELEMENTS = 1_000_000  # of a part
LONGEST_FORMAT = 255  # characters of a number format
LONGEST_FORMULA = 8192
DAYS_FROM = (datetime(1899, 12, 30), 2_958_466), (datetime(1904, 1, 1), 2_957_004)  # and the number of 1/1/10000
EARLIEST = 1950  # the year: a number that a cell shows as a day before it was hardly typed as a day
DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}  # the built-in formats of days and times
DAYS = re.compile(r"[dmyhs]")
SHOWING = ("", "General", "GENERAL", "@")  # formats that show every number as it is
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
LETTERS = {letter: i for i, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ", start=1)}
SPACES = (  # of the names of elements, in the two variants of the format
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
CELLS, ROW, CELL, VALUE, STRING, ENTRY, RUN, TEXT = (
    frozenset(f"{{{space}}}{name}" for space in SPACES) for name in ("sheetData", "row", "c", "v", "is", "si", "r", "t")
)
RULES = ("f", "formula", "formula1", "formula2")  # formulas of rules about cells
WORDS = re.compile(r'"[^"]*"')
QUOTED = re.compile(r"'[^']*'")
FETCHES = re.compile(  # functions that call, fetch or send, of Excel, LibreOffice and Google Sheets
    r"(?<![A-Z0-9_.])(?:_XL(?:FN|WS)\.)*(?:CALL|REGISTER|REGISTER\.ID|EXEC|DDE|RTD|SQL\.REQUEST|WEBSERVICE|FILTERXML"
    r"|HYPERLINK|IMAGE|PY|STOCKHISTORY|GOOGLEFINANCE|CUBE[A-Z]+|IMPORT[A-Z]+)\s*\("
)
Value = str | float | bool | date
SMALL = 200_000  # bytes of a part that may be remembered
Found = TypeVar("Found")


class Unreadable(ValueError):
    """A part that is no XML, or says what no spreadsheet can; `reason` and `code` are those of the finding, `where` and
    `value` the place and what stands there."""

    def __init__(
        self, detail: str, reason: str = "not_readable", where: str = "", value: str = "", code: str = "E_FORMAT"
    ):
        super().__init__(detail)
        self.code, self.reason, self.where, self.value = code, reason, where, value


class Link(NamedTuple):
    """A relationship: its kind is the last word of its type, in small letters."""

    id: str
    kind: str
    target: str
    outside: bool


@dataclass(frozen=True)
class Package:
    """What of a workbook is read: the workbook, and by the id of its relationship (kind, name, content) of each part
    that it is linked to; `said` is what is worth knowing of the rest."""

    workbook: bytes
    linked: Mapping[str, tuple[str, str, bytes]]
    said: tuple[Finding, ...] = ()

    def only(self, kind: str) -> bytes | None:
        """The one part of a kind. Raises Unreadable where there are more."""
        found = {name: content for of, name, content in self.linked.values() if of == kind}
        if len(found) > 1:
            raise Unreadable(f"{len(found)} × {kind}")
        return next(iter(found.values()), None)


@dataclass
class Page:
    """One sheet; rows and columns from 0. Empty cells are not in `values`."""

    values: dict[tuple[int, int], Value] = field(default_factory=dict)
    formulas: set[tuple[int, int]] = field(default_factory=set)
    merged: list[str] = field(default_factory=list)
    hidden: bool = False  # a row or column of it
    unseen: bool = False  # the sheet itself
    errors: set[tuple[int, int]] = field(default_factory=set)  # cells of #REF!, #DIV/0! and the like
    formats: dict[tuple[int, int], str] = field(default_factory=dict)  # of numbers that may be shown as others
    counted: dict[tuple[int, int], float] = field(default_factory=dict)  # what was typed where a day of long ago stands
    outward: set[tuple[int, int]] = field(default_factory=set)  # cells of formulas that call, fetch or send


def read(package: Package) -> dict[str, Page]:
    """name -> sheet, in their order. Raises Unreadable."""
    shared, style_sheet = package.only("sharedstrings"), package.only("styles")
    strings = {} if shared is None else shared_strings(shared)
    styles = Styles() if style_sheet is None else number_styles(style_sheet)
    since_1904, sheets = outline(package.workbook)
    linked = [package.linked.get(link) for _, _, link in sheets]
    names, parts = {name.casefold() for name, _, _ in sheets}, {to[1] for to in linked if to}
    if not len(sheets) == len(names) == len(parts):  # a part that many sheets share is read as often
        raise Unreadable(f"{len(sheets)} sheets, {len(names)} names, {len(parts)} parts")
    found = {}
    for (name, state, _), to in zip(sheets, linked, strict=True):
        assert to is not None
        try:
            page = Grid(strings, styles, since_1904).read(to[2])
        except Unreadable as error:
            error.where = f"{name}!{error.where}" if error.where else name
            raise
        page.unseen = state != "visible"
        found[name] = page
    return found


def remembered(look: Callable[..., Found]) -> Callable[..., Found]:
    """A look at parts that the forms of one client have alike, taken once for all of them unless they are large."""
    once = lru_cache(maxsize=64)(look)

    def looked(*contents: bytes) -> Found:
        return (once if sum(map(len, contents)) < SMALL else look)(*contents)

    return looked


@remembered
def linked_parts(relations: bytes) -> tuple[Link, ...]:
    """What a part is linked to. Raises Unreadable."""
    return tuple(
        Link(
            link.get("Id", ""),
            link.get("Type", "").rpartition("/")[2].lower(),
            link.get("Target", ""),
            link.get("TargetMode", "").lower() == "external",
        )
        for link in named(relations, "Relationship")
    )


@remembered
def declared_types(content: bytes) -> Mapping[str, str]:
    """The content types of a package, by "/name" of a part and by ending, all in small letters. Raises Unreadable, also
    where one is declared twice."""
    said = [(part.get("PartName", ""), part.get("ContentType", "")) for part in named(content, "Override")]
    said += [(part.get("Extension", ""), part.get("ContentType", "")) for part in named(content, "Default")]
    found = {key.lower(): kind.lower() for key, kind in said}
    if len(found) < len(said):
        raise Unreadable("a content type is declared twice")
    return found


@remembered
def outline(workbook: bytes) -> tuple[bool, tuple[tuple[str, str, str], ...]]:
    """(whether days are counted from 1904, (name, state, relationship) of every sheet). Raises Unreadable, also where a
    defined name calls or fetches."""
    since_1904 = any(p.get("date1904") in ("1", "true") for p in named(workbook, "workbookPr"))
    sheets = []
    for sheet in named(workbook, "sheet"):
        link = next((value for key, value in sheet.items() if key.endswith("}id")), "")
        sheets.append((sheet.get("name", ""), sheet.get("state", "visible"), link))
    for name in named(workbook, "definedName"):
        formula = name.text or ""
        if any(name.get(sign) in ("1", "true") for sign in ("xlm", "function", "vbProcedure")) or outward(formula):
            called = name.get("name", "")
            raise Unreadable(formula, "name_outward", called, formula[:120], "E_EXTERNAL_LINK")
    return since_1904, tuple(sheets)


@lru_cache(maxsize=1 << 14)
def outward(formula: str) -> bool:
    """Whether a formula calls a program, fetches or sends something, or reads another workbook."""
    bare = WORDS.sub("", formula[:LONGEST_FORMULA]).upper()
    return "[" in bare or "|" in QUOTED.sub("", bare) or FETCHES.search(bare) is not None


def local(tag: str) -> str:
    """A tag without its namespace."""
    return tag.rpartition("}")[2]


def whole(content: bytes) -> Element:
    """A part as a tree. Raises Unreadable."""
    if content.count(b"<") - content.count(b"</") > MOST_ELEMENTS:
        raise Unreadable(f"more than {MOST_ELEMENTS} elements")
    try:
        return fromstring(content)
    except (ParseError, LookupError, UnicodeError, OverflowError) as error:
        raise Unreadable(str(error)) from None


def named(content: bytes, tag: str) -> list[Element]:
    """The elements of a part that have this tag. Raises Unreadable."""
    return [element for element in whole(content).iter() if local(element.tag) == tag]


def plain(element: Element) -> str:
    """The text of an element that holds nothing else. Raises Unreadable."""
    if len(element):
        raise Unreadable(f"{element[0].tag} within {element.tag}")
    return element.text or ""


def text_of(entry: Element) -> str:
    """The text of a string, whose runs may be formatted each; without the reading aids of Asian scripts."""
    found = []
    for part in entry:
        if part.tag in TEXT:
            found.append(part.text or "")
        elif part.tag in RUN:
            found += [text.text or "" for text in part if text.tag in TEXT]
    return "".join(found)


def unescaped(text: str) -> str:
    """Characters that XML cannot hold, as spreadsheets write them: _x000D_. Half a character alone is none."""
    if "_x" not in text:
        return text
    whole = ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return whole if whole.isascii() else whole.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def shared_strings(content: bytes) -> dict[str, str]:
    """The strings of a workbook, by their numbers. Raises Unreadable."""
    entries = [entry for entry in whole(content) if entry.tag in ENTRY]
    return {str(number): unescaped(text_of(entry)) for number, entry in enumerate(entries)}


@dataclass(frozen=True)
class Styles:
    """Cell styles by number: those that show a number as a day or a time, and the formats of those that may show
    another number."""

    days: frozenset[str] = frozenset()
    formats: Mapping[str, str] = field(default_factory=dict)


@remembered
def number_styles(content: bytes) -> Styles:
    """The styles of a workbook. Raises Unreadable."""
    sheet = whole(content)
    formats = {
        one.get("numFmtId", ""): one.get("formatCode", "")[:LONGEST_FORMAT]
        for one in sheet.iterfind("{*}numFmts/{*}numFmt")
    }
    numbers = [one.get("numFmtId", "0") for one in sheet.iterfind("{*}cellXfs/{*}xf")]
    codes = {str(i): (number, formats.get(number, "")) for i, number in enumerate(numbers)}
    days = frozenset(style for style, (number, code) in codes.items() if shows_days(number, code))
    kept = {style: code or BUILT_IN.get(built_in(number), "") for style, (number, code) in codes.items()}
    return Styles(days, {style: code for style, code in kept.items() if style not in days and code not in SHOWING})


def shows_days(number: str, code: str) -> bool:
    """Whether a number format, built in or with a code of its own, is one of days or times."""
    bare = ASIDE.sub("", code).lower()
    return built_in(number) in DATES or (bare not in ("", "general") and DAYS.search(bare) is not None)


def built_in(number: str) -> int:
    """The number of a format; 0 where it is none."""
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0


class Grid:
    """The cells of one sheet."""

    def __init__(self, strings: Mapping[str, str], styles: Styles, since_1904: bool):
        self.strings, self.days, self.formats = strings, styles.days, styles.formats
        self.epoch, self.end_of_days = DAYS_FROM[since_1904]
        self.page = Page()
        self.row = -1
        self.seen: set[tuple[int, int]] = set()  # places; a row is the place before its first

    def read(self, content: bytes) -> Page:
        for part in whole(content):
            if part.tag in CELLS:
                for row in part:
                    self.take_row(row)
            else:
                for around in part.iter():
                    self.take_around(local(around.tag), around)
        return self.page

    def take_around(self, tag: str, element: Element) -> None:
        """What is said of columns, and of cells outside them."""
        if tag == "col":
            self.page.hidden |= element.get("hidden") in ("1", "true")
        elif tag == "mergeCell":
            if len(self.page.merged) >= MOST_CELLS:
                raise Unreadable(f"more than {MOST_CELLS} merged cells")
            self.page.merged.append(element.get("ref", ""))
        elif tag in RULES and outward(formula := "".join(element.itertext())):
            raise Unreadable("a rule", "rule_outward", value=formula[:120], code="E_EXTERNAL_LINK")

    def take_row(self, row: Element) -> None:
        if row.tag not in ROW:
            raise Unreadable(f"{row.tag} among rows")
        number = row.get("r")
        self.row = self.row + 1 if number is None else counted(number) - 1
        if not 0 <= self.row < ROWS:
            raise Unreadable(f"row {self.row + 1}")
        seen, column = self.seen, -1
        if (self.row, column) in seen:
            twice(str(self.row + 1), "line_twice")
        seen.add((self.row, column))
        self.page.hidden |= row.get("hidden") in ("1", "true")
        for cell in row:
            if cell.tag in CELL:
                place = cell.get("r")
                where = (self.row, column + 1) if place is None else position(place)
                if where in seen:
                    twice(place or "", "cell_twice")
                seen.add(where)
                self.row, column = where
                if len(cell):
                    self.take_cell(cell, where)
            elif local(cell.tag) != "extLst":
                raise Unreadable(f"{cell.tag} in a row")

    def take_cell(self, cell: Element, where: tuple[int, int]) -> None:
        found = None
        for part in cell:
            tag = part.tag
            if tag in VALUE or tag in STRING:
                if found is not None:
                    twice(cell.get("r", ""), "value_twice")
                found = plain(part) if tag in VALUE else text_of(part)
            elif local(tag) == "f":
                self.page.formulas.add(where)
                if outward(plain(part)):
                    self.page.outward.add(where)
            elif local(tag) != "extLst":
                raise Unreadable(f"{tag} in a cell")
        if found:
            self.put(where, cell.get("t", "n"), cell.get("s", "0"), found)

    def put(self, where: tuple[int, int], kind: str, style: str, text: str) -> None:
        """A value at its place. Raises Unreadable where there are too many."""
        page = self.page
        if len(page.values) >= MOST_CELLS:
            raise Unreadable(f"more than {MOST_CELLS} cells")
        value = self.strings.get(text) if kind == "s" else self.value(kind, style, text)
        if value is None:
            raise Unreadable(f"no shared string {text}")
        if value != "":
            page.values[where] = value
            if kind == "e":
                page.errors.add(where)
            elif style in self.formats and isinstance(value, float):
                page.formats[where] = self.formats[style]
            elif isinstance(value, datetime) and value.year < EARLIEST and kind != "d":
                page.counted[where] = float(text)

    def value(self, kind: str, style: str, text: str) -> Value:
        if kind in ("str", "inlineStr", "e"):
            return unescaped(text)
        if kind == "b":
            return text.strip() in ("1", "true")
        if kind == "d":
            try:
                return datetime.fromisoformat(text)
            except ValueError:
                return text
        figure = number_of(text)
        if figure is None:
            return text
        if style in self.days and 0 <= figure < self.end_of_days:
            return self.epoch + timedelta(days=figure if figure >= 60 or self.epoch.year == 1904 else figure + 1)
        return figure


def twice(place: str, reason: str) -> NoReturn:
    """Two rows or cells at one place, or two values in a cell: which of them people saw, nobody knows."""
    raise Unreadable(f"{place} twice", reason, place)


def counted(text: str) -> int:
    """A whole number of at most nine digits. Raises Unreadable."""
    if not (text.isascii() and text.isdigit() and len(text) < 10 and (text[0] != "0" or text == "0")):
        raise Unreadable(f"{text[:40]!r} for a place")
    return int(text)


@lru_cache(maxsize=1 << 16)
def position(reference: str) -> tuple[int, int]:
    """A1 -> (0, 0). Raises Unreadable outside a sheet."""
    column, i = 0, 0
    while i < len(reference) and i < 4 and reference[i] in LETTERS:
        column = column * 26 + LETTERS[reference[i]]
        i += 1
    row = counted(reference[i:])
    if not (1 <= column <= COLUMNS and 1 <= row <= ROWS):
        raise Unreadable(f"{reference[:40]!r} lies outside a sheet")
    return row - 1, column - 1
