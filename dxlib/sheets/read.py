"""What stands in a workbook: values, which cells hold formulas, what is merged, what is hidden. One pass over the XML.

What every common client writes is cut up by one regular expression, where it covers every character; the parser then
looks only at what the expression leaves open (rows, formulas, characters by name). All else goes through the parser's
events, cell by cell.

Our own reader, because none of the libraries shows formulas and values at once, and because a fast one (calamine 0.9)
takes the whole process down with it when a file claims a cell in row 99,999,999,999. Only packages that `gate` let
through come here: no entities, no macros, bounded size. Source: ECMA-376 part 1, 18 (SpreadsheetML).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar
from xml.parsers import expat

from .display import ASIDE, BUILT_IN

ROWS, COLUMNS = 1_048_576, 16_384
MOST_CELLS = 200_000
DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}  # the built-in formats of days and times
DAYS = re.compile(r"[dmyhs]")
SHOWING = ("", "General", "GENERAL", "@")  # formats that show every number as it is
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
LETTERS = {letter: i for i, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ", start=1)}
Value = str | float | bool | date
STRING = re.compile(r'(<si><t(?: xml:space="preserve")?>([^<]*)</t></si>)')
BLANK = r'(?:<c r="[A-Z]{1,2}+[1-9][0-9]{0,5}+"(?: s="[0-9]++")?+/>)'
CELL = re.compile(  # with the empty cells behind it: whole, place, style, kind, formula, value, text, row
    r'(<c r="([A-Z]++[0-9]++)"(?: s="([0-9]++)")?+(?: t="([a-zA-Z]++)")?+>'
    r"(<f(?: [^<>]*+)?+>(?:[^<]*+</f>)?+)?+"
    r'(?:<v>([^<]*+)</v>|<is><t(?: xml:space="preserve")?+>([^<]*+)</t></is>)?+</c>'
    rf'{BLANK}*+|<row r="([0-9]++)"[^<>]*+>{BLANK}*+|</row>|{BLANK}++)'
)
CHARACTER = re.compile(r"&(?:#x([0-9A-Fa-f]+)|#([0-9]+)|(\w+));")
WHOLE = re.compile(r"<f>[^<]*</f>").fullmatch  # a formula that leaves nothing open
REFERENCES = ("&lt;", "&gt;", "&amp;", "&quot;", "&apos;")
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
ODD = (b"\r", b"]]>", b"hidden")  # what the short way leaves to the parser, as it does
UNSEEN = bytes({*range(32)} - {9, 10, 13})  # characters that no XML holds
SHORT = 2_000_000  # bytes it takes at once, so that its memory is bounded
SMALL = 200_000  # bytes of a part that may be remembered
Found = TypeVar("Found")


class Unreadable(ValueError):
    """A part that is no XML, or says what no spreadsheet can."""


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


def read(parts: Mapping[str, bytes]) -> dict[str, Page]:
    """name -> sheet, in their order. Raises Unreadable."""
    shared = Strings().parse(parts["xl/sharedStrings.xml"]) if "xl/sharedStrings.xml" in parts else []
    strings = {str(number): string for number, string in enumerate(shared)}
    styles = number_styles(parts["xl/styles.xml"]) if "xl/styles.xml" in parts else Styles()
    since_1904, sheets = outline(parts["xl/workbook.xml"], parts.get("xl/_rels/workbook.xml.rels", b""))
    found = {}
    for name, state, target in sheets:
        content = parts.get(target)
        if content is None:
            raise Unreadable(f"sheet {name!r} has no content")
        page = Grid(strings, styles, since_1904).parse(content)
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
def outline(workbook: bytes, relations: bytes) -> tuple[bool, tuple[tuple[str, str, str], ...]]:
    """(whether days are counted from 1904, (name, state, part) of every sheet). Raises Unreadable."""
    links = {link.get("Id", ""): link.get("Target", "") for link in elements(relations, "Relationship")}
    targets = {key: (to[1:] if to.startswith("/") else f"xl/{to}") for key, to in links.items()}
    since_1904 = any(p.get("date1904") in ("1", "true") for p in elements(workbook, "workbookPr"))
    sheets = []
    for sheet in elements(workbook, "sheet"):
        link = next((value for key, value in sheet.items() if key.endswith(":id")), "")
        sheets.append((sheet.get("name", ""), sheet.get("state", "visible"), targets.get(link, "")))
    return since_1904, tuple(sheets)


def local(name: str) -> str:
    """A tag without its prefix."""
    return name.rpartition(":")[2] if ":" in name else name


def parsed(content: bytes, start: Any = None, end: Any = None, characters: Any = None) -> None:
    """Run a parser over one part; without anybody attending only to see that it is XML. Raises Unreadable."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError, UnicodeError, OverflowError) as error:
        raise Unreadable(str(error)) from None


def split(content: bytes, tag: bytes) -> tuple[bytes, bytes, bytes]:
    """(up to and with the start of an element, what is in it, the rest); nothing inside where it is not plain."""
    start = content.find(b"<%s" % tag)
    first = content.find(b">", start) + 1
    last = content.find(b"</%s>" % tag, first)
    plain = 0 < start < first <= last and content[first - 2 : first] != b"/>" and content.count(b"<%s" % tag) == 1
    inside = content[first:last] if plain else b""
    utf8 = b"encoding=" not in content[:100] or b'encoding="utf-8"' in content[:100].lower()
    odd = b"<!" in content or any(odd in inside for odd in ODD) or len(inside.translate(None, UNSEEN)) < len(inside)
    if not 0 < len(inside) < SHORT or not utf8 or odd:
        return content, b"", b""
    return content[:first], inside, content[last:]


def decoded(content: bytes) -> str:
    """UTF-8 as text. Raises Unreadable."""
    try:
        return content.decode("utf-8")
    except UnicodeError as error:
        raise Unreadable(str(error)) from None


def characters(text: str) -> str:
    """Text between tags, its characters by name or number as they are."""

    def character(found: re.Match[str]) -> str:
        return chr(int(found[1], 16)) if found[1] else chr(int(found[2])) if found[2] else NAMED[found[3]]

    return CHARACTER.sub(character, text) if "&" in text else text


def elements(content: bytes, tag: str) -> list[dict[str, str]]:
    """The attributes of every element of this tag."""
    found: list[dict[str, str]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if local(name) == tag:
            found.append(attributes)

    parsed(content, start)
    return found


def unescaped(text: str) -> str:
    """Characters that XML cannot hold, as spreadsheets write them: _x000D_. Half a character alone is none."""
    if "_x" not in text:
        return text
    whole = ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return whole if whole.isascii() else whole.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class Strings:
    """The shared strings: every <t> of an entry, without the reading aids of Asian scripts."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.text: list[str] = []
        self.within = self.aside = False

    def parse(self, content: bytes) -> list[str]:
        head, inside, rest = split(content, b"sst")
        body = decoded(inside)
        found = STRING.findall(body)
        if sum([len(whole) for whole, _ in found]) == len(body) > 0:
            open_ones = "".join([whole for whole, text in found if "&" in text])
            parsed(head + open_ones.encode() + rest)
            return [unescaped(characters(text)) for _, text in found]
        parsed(content, self.start, self.end, self.characters)
        return self.found

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = local(name)
        if tag == "si":
            self.text = []
        elif tag == "rPh":
            self.aside = True
        elif tag == "t":
            self.within = not self.aside

    def end(self, name: str) -> None:
        tag = local(name)
        if tag == "si":
            self.found.append(unescaped("".join(self.text)))
        elif tag == "rPh":
            self.aside = False
        elif tag == "t":
            self.within = False

    def characters(self, text: str) -> None:
        if self.within:
            self.text.append(text)


@dataclass(frozen=True)
class Styles:
    """Cell styles by number: those that show a number as a day or a time, and the formats of those that may show
    another number."""

    days: frozenset[str] = frozenset()
    formats: Mapping[str, str] = field(default_factory=dict)


@remembered
def number_styles(content: bytes) -> Styles:
    """The styles of a workbook. Raises Unreadable."""
    formats: dict[str, str] = {}
    numbers: list[str] = []
    inside = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        tag = local(name)
        if tag == "cellXfs":
            inside = True
        elif tag == "xf" and inside:
            numbers.append(attributes.get("numFmtId", "0"))
        elif tag == "numFmt":
            formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")

    def end(name: str) -> None:
        nonlocal inside
        if local(name) == "cellXfs":
            inside = False

    parsed(content, start, end)
    codes = {str(i): (number, formats.get(number, "")) for i, number in enumerate(numbers)}
    days = frozenset(style for style, (number, code) in codes.items() if shows_days(number, code))
    kept = {
        style: code or BUILT_IN.get(int(number) if number.isdecimal() else 0, "")
        for style, (number, code) in codes.items()
    }
    return Styles(days, {style: code for style, code in kept.items() if style not in days and code not in SHOWING})


def shows_days(number: str, code: str) -> bool:
    """Whether a number format, built in or with a code of its own, is one of days or times."""
    bare = ASIDE.sub("", code).lower()
    known = number.isdigit() and int(number) in DATES
    return known or (bare not in ("", "general") and DAYS.search(bare) is not None)


class Grid:
    """The cells of one sheet."""

    def __init__(self, strings: Mapping[str, str], styles: Styles, since_1904: bool):
        self.strings, self.days, self.formats = strings, styles.days, styles.formats
        self.epoch = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30)
        self.page = Page()
        self.row = self.column = -1
        self.kind = self.style = ""
        self.text: list[str] = []
        self.within = False

    def parse(self, content: bytes) -> Page:
        head, inside, rest = split(content, b"sheetData")
        body = decoded(inside)
        found = CELL.findall(body)
        if sum([len(cell[0]) for cell in found]) == len(body) > 0:
            named = "&" in body and body.count("&") > sum(map(body.count, REFERENCES))
            open_ones = [
                cell[0].partition(">")[0] + ">" if cell[0][1] != "c" else f"{cell[4]}<v>{cell[5]}{cell[6]}</v>"
                for cell in found
                if cell[0][1] != "c" or (cell[4] and not WHOLE(cell[4])) or (named and "&" in cell[0])
            ]
            parsed(f"<x>{''.join(open_ones)}</x>".encode())
            self.page.hidden, merged = around(head, rest)
            self.page.merged = list(merged)
            self.take(found)
        else:
            parsed(content, self.start, self.end, self.characters)
        return self.page

    def take(self, found: list[tuple[str, ...]]) -> None:
        """Cells as the expression cut them out."""
        page, values = self.page, self.page.values
        for _, place, style, kind, formula, value, text, row in found:
            if place:
                where = position(place)
                if formula:
                    page.formulas.add(where)
                if kind == "s" and value:
                    self.kind = kind
                    if string := self.strings.get(value) or self.value(value):
                        values[where] = string
                elif value or text:
                    if kind == "e":
                        page.errors.add(where)
                    self.kind, self.style = kind or "n", style or "0"
                    self.put(where, self.value(characters(value or text)))
            elif row and not 1 <= whole(row) <= ROWS:
                raise Unreadable(f"row {row}")

    def put(self, where: tuple[int, int], value: Value) -> None:
        """A value at its place. Raises Unreadable where there are too many."""
        if len(self.page.values) >= MOST_CELLS:
            raise Unreadable(f"more than {MOST_CELLS} cells")
        if value != "":
            self.page.values[where] = value
            if self.style in self.formats and isinstance(value, float):
                self.page.formats[where] = self.formats[self.style]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = local(name) if ":" in name else name
        if tag == "c":
            self.kind, self.style = attributes.get("t", "n"), attributes.get("s", "0")
            self.text = []
            if "r" in attributes:
                self.row, self.column = position(attributes["r"])
            else:
                self.column += 1
        elif tag in ("v", "t"):
            self.within = True
        elif tag == "f":
            self.page.formulas.add((self.row, self.column))
        elif tag == "row":
            self.row = whole(attributes["r"]) - 1 if "r" in attributes else self.row + 1
            self.column = -1
            if not 0 <= self.row < ROWS:
                raise Unreadable(f"row {self.row + 1}")
            self.page.hidden |= attributes.get("hidden") in ("1", "true")
        elif tag == "col":
            self.page.hidden |= attributes.get("hidden") in ("1", "true")
        elif tag == "mergeCell":
            self.page.merged.append(attributes.get("ref", ""))

    def characters(self, text: str) -> None:
        if self.within:
            self.text.append(text)

    def end(self, name: str) -> None:
        tag = local(name) if ":" in name else name
        if tag in ("v", "t"):
            self.within = False
        elif tag == "c" and self.text:
            if self.kind == "e":
                self.page.errors.add((self.row, self.column))
            self.put((self.row, self.column), self.value("".join(self.text)))

    def value(self, text: str) -> Value:
        if self.kind == "s":
            string = self.strings.get(str(whole(text)))
            if string is None:
                raise Unreadable(f"no shared string {text}")
            return string
        if self.kind in ("str", "inlineStr", "e"):
            return unescaped(text)
        if self.kind == "b":
            return text.strip() in ("1", "true")
        if self.kind == "d":
            try:
                return datetime.fromisoformat(text)
            except ValueError:
                return text
        try:
            number = float(text)
        except ValueError:
            raise Unreadable(f"{text[:40]!r} in a cell of numbers") from None
        if number != number or number in (float("inf"), float("-inf")):
            raise Unreadable(f"{text[:40]!r} in a cell of numbers")
        if self.style in self.days and 0 <= number < 2_958_466:
            return self.epoch + timedelta(days=number if number >= 60 or self.epoch.year == 1904 else number + 1)
        return number


@remembered
def around(head: bytes, rest: bytes) -> tuple[bool, tuple[str, ...]]:
    """(whether a column is hidden, what is merged), of a sheet without its cells. Raises Unreadable."""
    grid = Grid({}, Styles(), False)
    parsed(head + rest, grid.start)
    return grid.page.hidden, tuple(grid.page.merged)


def whole(text: str) -> int:
    """A whole number of at most nine digits. Raises Unreadable."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Unreadable(f"{text[:40]!r} for a place")
    return int(text)


@lru_cache(maxsize=1 << 16)
def position(reference: str) -> tuple[int, int]:
    """A1 -> (0, 0). Raises Unreadable outside a sheet."""
    column, i = 0, 0
    while i < len(reference) and i < 4 and reference[i] in LETTERS:
        column = column * 26 + LETTERS[reference[i]]
        i += 1
    row = whole(reference[i:])
    if not (1 <= column <= COLUMNS and 1 <= row <= ROWS):
        raise Unreadable(f"{reference[:40]!r} lies outside a sheet")
    return row - 1, column - 1
