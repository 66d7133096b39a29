"""What stands in a workbook: values, which cells hold formulas, what is merged, what is hidden. One pass over the XML.

What every common client writes is cut up by one regular expression, where it covers every character; the parser then
looks only at what the expression leaves open (rows, formulas, characters by name). All else goes through the parser's
events, cell by cell.

Our own reader, because none of the libraries shows formulas and values at once, and because a fast one (calamine 0.9)
takes the whole process down with it when a file claims a cell in row 99,999,999,999. Only packages that `gate` let
through come here: no entities, no macros, UTF-8, bounded size. What is no number in a cell of numbers is read as the
words that stand there, so that it is named at its cell. Source: ECMA-376 part 1, 18 (SpreadsheetML).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, NoReturn, TypeVar
from xml.parsers import expat

from ..errors import Finding
from .display import ASIDE, BUILT_IN
from .spelling import number_of

ROWS, COLUMNS = 1_048_576, 16_384
MOST_CELLS = 200_000  # that hold something
MOST_PLACES = 1_000_000  # cells that are declared, and shared strings
LONGEST_FORMAT = 255  # characters of a number format
LONGEST_FORMULA = 8192
DAYS_FROM = (datetime(1899, 12, 30), 2_958_466), (datetime(1904, 1, 1), 2_957_004)  # and the number of 1/1/10000
EARLIEST = 1950  # the year: a number that a cell shows as a day before it was hardly typed as a day
DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}  # the built-in formats of days and times
DAYS = re.compile(r"[dmyhs]")
SHOWING = ("", "General", "GENERAL", "@")  # formats that show every number as it is
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
LETTERS = {letter: i for i, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ", start=1)}
PLACES = re.compile(r'<row r="([^"]*)"'), re.compile(r'<c r="([^"]*)"')
CELLS = ("row", "c", "v", "t", "is", "rPh")
FORMULAS = ("f", "formula", "formula1", "formula2")  # of a cell; of a rule about cells
WORDS = re.compile(r'"[^"]*"')
QUOTED = re.compile(r"'[^']*'")
FETCHES = re.compile(  # functions that call, fetch or send, of Excel, LibreOffice and Google Sheets
    r"(?<![A-Z0-9_.])(?:_XL(?:FN|WS)\.)*(?:CALL|REGISTER|REGISTER\.ID|EXEC|DDE|RTD|SQL\.REQUEST|WEBSERVICE|FILTERXML"
    r"|HYPERLINK|IMAGE|PY|STOCKHISTORY|GOOGLEFINANCE|CUBE[A-Z]+|IMPORT[A-Z]+)\s*\("
)
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
NONE = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")  # U+FFFE and U+FFFF, that no XML holds
ODD = (b"\r", b"]]>", b"hidden", *NONE)  # what the short way leaves to the parser, as it does
UNSEEN = bytes({*range(32)} - {9, 10, 13})  # characters that no XML holds
SHORT = 2_000_000  # bytes it takes at once, so that its memory is bounded
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
    strings = {} if shared is None else {str(n): string for n, string in enumerate(Strings().parse(shared))}
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
            page = Grid(strings, styles, since_1904).parse(to[2])
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
        for link in elements(relations, "Relationship")
    )


@remembered
def declared_types(content: bytes) -> Mapping[str, str]:
    """The content types of a package, by "/name" of a part and by ending, all in small letters. Raises Unreadable, also
    where one is declared twice."""
    said = [(part.get("PartName", ""), part.get("ContentType", "")) for part in elements(content, "Override")]
    said += [(part.get("Extension", ""), part.get("ContentType", "")) for part in elements(content, "Default")]
    found = {key.lower(): kind.lower() for key, kind in said}
    if len(found) < len(said):
        raise Unreadable("a content type is declared twice")
    return found


@remembered
def outline(workbook: bytes) -> tuple[bool, tuple[tuple[str, str, str], ...]]:
    """(whether days are counted from 1904, (name, state, relationship) of every sheet). Raises Unreadable, also where a
    defined name calls or fetches."""
    since_1904 = any(p.get("date1904") in ("1", "true") for p in elements(workbook, "workbookPr"))
    sheets = []
    for sheet in elements(workbook, "sheet"):
        link = next((value for key, value in sheet.items() if key.endswith(":id")), "")
        sheets.append((sheet.get("name", ""), sheet.get("state", "visible"), link))
    for name, formula in texts(workbook, "definedName"):
        if any(name.get(sign) in ("1", "true") for sign in ("xlm", "function", "vbProcedure")) or outward(formula):
            called = name.get("name", "")
            raise Unreadable(formula, "name_outward", called, formula[:120], "E_EXTERNAL_LINK")
    return since_1904, tuple(sheets)


@lru_cache(maxsize=1 << 14)
def outward(formula: str) -> bool:
    """Whether a formula calls a program, fetches or sends something, or reads another workbook."""
    bare = WORDS.sub("", formula[:LONGEST_FORMULA]).upper()
    return "[" in bare or "|" in QUOTED.sub("", bare) or FETCHES.search(bare) is not None


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
    odd = b"<!" in content or any(odd in inside for odd in ODD) or len(inside.translate(None, UNSEEN)) < len(inside)
    if not 0 < len(inside) < SHORT or odd:
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


def texts(content: bytes, tag: str) -> list[tuple[dict[str, str], str]]:
    """(attributes, text) of every element of this tag that holds text."""
    found: list[tuple[dict[str, str], str]] = []
    within = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal within
        within = local(name) == tag
        if within:
            found.append((attributes, ""))

    def characters(text: str) -> None:
        if within:
            found[-1] = (found[-1][0], found[-1][1] + text)

    parsed(content, start, lambda name: start("", {}), characters)
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
            if len(self.found) >= MOST_PLACES:
                raise Unreadable(f"more than {MOST_PLACES} strings")
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
            formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")[:LONGEST_FORMAT]

    def end(name: str) -> None:
        nonlocal inside
        if local(name) == "cellXfs":
            inside = False

    parsed(content, start, end)
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
        self.row = self.column = -1
        self.kind = self.style = ""
        self.number = 0.0  # of the last day
        self.place = ""  # of a cell, as it is written
        self.aside = self.filled = False  # within a reading aid; a value of the cell was seen
        self.text: list[str] = []
        self.formula: list[str] = []
        self.among_cells = self.within = self.works_out = False
        self.seen: set[int] = set()  # places and rows

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
            for reason, places in zip(("line_twice", "cell_twice"), PLACES, strict=True):
                stand = places.findall(body)
                if len(set(stand)) < len(stand):
                    twice(next(place for place, n in Counter(stand).items() if n > 1), reason)
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
                    if outward(characters(formula.partition(">")[2].removesuffix("</f>"))):
                        page.outward.add(where)
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
            elif isinstance(value, datetime) and value.year < EARLIEST and self.kind != "d":
                self.page.counted[where] = self.number

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = local(name) if ":" in name else name
        if tag == "sheetData":
            self.among_cells = True
        elif tag in CELLS and not self.among_cells:
            pass  # what stands elsewhere is no cell, whatever it is called
        elif tag == "c":
            self.kind, self.style = attributes.get("t", "n"), attributes.get("s", "0")
            self.text, self.place, self.filled = [], attributes.get("r", ""), False
            if "r" in attributes:
                self.row, self.column = position(self.place)
            else:
                self.column += 1
            self.stands(self.row * COLUMNS + self.column, "cell_twice", self.place)
        elif tag == "rPh":
            self.aside = True
        elif tag in ("v", "is"):
            if self.filled:
                twice(self.place, "value_twice")
            self.filled, self.within = True, tag == "v"
        elif tag == "t":
            self.within = not self.aside
        elif tag in FORMULAS:
            self.works_out, self.formula = True, []
            if tag == "f" and self.among_cells:
                self.page.formulas.add((self.row, self.column))
        elif tag == "row":
            self.row = whole(attributes["r"]) - 1 if "r" in attributes else self.row + 1
            self.column = -1
            if not 0 <= self.row < ROWS:
                raise Unreadable(f"row {self.row + 1}")
            self.stands(-1 - self.row, "line_twice", str(self.row + 1))
            self.page.hidden |= attributes.get("hidden") in ("1", "true")
        elif tag == "col":
            self.page.hidden |= attributes.get("hidden") in ("1", "true")
        elif tag == "mergeCell":
            if len(self.page.merged) >= MOST_CELLS:
                raise Unreadable(f"more than {MOST_CELLS} merged cells")
            self.page.merged.append(attributes.get("ref", ""))

    def stands(self, place: int, reason: str, where: str) -> None:
        """A row or cell at its place. Raises Unreadable where one stands already, and where there are too many."""
        if place in self.seen:
            twice(where, reason)
        if len(self.seen) >= MOST_PLACES:
            raise Unreadable(f"more than {MOST_PLACES} cells")
        self.seen.add(place)

    def characters(self, text: str) -> None:
        if self.within:
            self.text.append(text)
        elif self.works_out:
            self.formula.append(text)

    def end(self, name: str) -> None:
        tag = local(name) if ":" in name else name
        if tag in ("v", "t"):
            self.within = False
        elif tag == "rPh":
            self.aside = False
        elif tag == "sheetData":
            self.among_cells = False
        elif tag in FORMULAS:
            self.works_out = False
            formula = "".join(self.formula)
            if outward(formula) and not (tag == "f" and self.among_cells):
                raise Unreadable("a rule", "rule_outward", value=formula[:120], code="E_EXTERNAL_LINK")
            if outward(formula):
                self.page.outward.add((self.row, self.column))
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
        number = number_of(text)
        if number is None:
            return text
        if self.style in self.days and 0 <= number < self.end_of_days:
            self.number = number
            return self.epoch + timedelta(days=number if number >= 60 or self.epoch.year == 1904 else number + 1)
        return number


def twice(place: str, reason: str) -> NoReturn:
    """Two rows or cells at one place, or two values in a cell: which of them people saw, nobody knows."""
    raise Unreadable(f"{place} twice", reason, place)


@remembered
def around(head: bytes, rest: bytes) -> tuple[bool, tuple[str, ...]]:
    """(whether a column is hidden, what is merged), of a sheet without its cells. Raises Unreadable."""
    grid = Grid({}, Styles(), False)
    parsed(head + rest, grid.start, grid.end, grid.characters)
    return grid.page.hidden, tuple(grid.page.merged)


def whole(text: str) -> int:
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
    row = whole(reference[i:])
    if not (1 <= column <= COLUMNS and 1 <= row <= ROWS):
        raise Unreadable(f"{reference[:40]!r} lies outside a sheet")
    return row - 1, column - 1
