"""One returned workbook, understood: which form it is, what was filled in, and everything that is wrong with it.

The received file is only ever read. It is held against the form as it would be issued now: every locked cell must be
what was issued, every input must be something its row can take.
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from ..case.characters import faults, kind_of, visible
from ..errors import Finding, nearest
from .book import IDENTITY, LISTS, Book, Cell, Place, Sheet, at
from .display import displayed
from .gate import unpack
from .layout import AS_ISSUED, Layout, layout
from .percentage import Reading, exact, in_digits, meant, says, signed
from .read import Page, Unreadable, Value, position, read
from .spelling import as_text, plain, spelt

MOST = 12  # changed cells that are named one by one
LARGEST = 1e15
# for who takes forms in
OURS = {"form_late", "form_after_verdicts", "form_twice", "document_whose", "document_which", "evidence_link"}
NUMBERS = ("number", "signed", "whole", "percent")
SWAPPED = str.maketrans(".,", ",.")
WHOLE = re.compile(r"-?[0-9]{1,15}")
MARKED = re.compile(r"(-?)([0-9]{1,3}(?:\.[0-9]{3})*|[0-9]+)(?:,([0-9]+))?")  # as written in Việt Nam: 1.234,5
AS_SHOWN = re.compile(r"0(?:\.(0+))?")  # number formats that only say how many decimals there are
DAY = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")


@dataclass
class Received:
    """A returned workbook.

    identity   what it says of itself: kind, year, group, recipient, agency, lang, fingerprint
    given      name of an input -> what was read, as the data hold it ("8.5", "2024-12-31", the words of a choice)
    raw        name of an input -> what stands in the cell, where it is not empty
    places     name of an input -> (sheet, A1), as the file has it
    issued     sheet!A1 of a cell of a sheet whose lines or columns were moved -> its sheet!A1 as it was issued
    respelt    sheet!A1 of the inputs with letters in pieces or invisible signs
    known      whether it was held against a form that is issued here
    shown      sheet!A1 of a formula of ours -> the value that the file holds for it, where it holds one
    """

    file: str
    data: bytes = field(repr=False)
    identity: Mapping[str, str] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    raw: dict[str, str] = field(default_factory=dict)
    places: MutableMapping[str, tuple[str, str]] = field(default_factory=dict)
    issued: dict[str, str] = field(default_factory=dict)
    shown: dict[str, Value] = field(default_factory=dict)
    respelt: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    known: bool = False

    @property
    def wrong(self) -> bool:
        return any(f.severity == "error" for f in self.findings)

    @property
    def faults(self) -> list[Finding]:
        """What its sender has to correct; how it was taken in is not for him."""
        return [f for f in self.findings if f.reason not in OURS]


class Opened(NamedTuple):
    """The sheets of a workbook by name, what it says of itself, and what is wrong or worth knowing so far."""

    pages: dict[str, Page]
    identity: dict[str, str]
    findings: list[Finding]


def open_workbook(file: str, data: bytes) -> Opened | Finding:
    """What is in a workbook, or why it is not opened."""
    package = unpack(data, file)
    if isinstance(package, Finding):
        return package
    try:
        pages = read(package)
    except Unreadable as error:
        return Finding(error.code, error.reason, file, None, error.where, error.value, {"detail": str(error)})
    said = pages.get(IDENTITY, Page()).values
    rows = sorted(row for row, column in said if column == 0)
    identity = {as_text(said[row, 0]): as_text(said.get((row, 1))) for row in rows}
    outward = [
        (f"{title}!{at(*place)}", page.values.get(place))
        for title, page in pages.items()
        for place in sorted(page.outward)
    ]
    found = [
        Finding("E_FORMULA", "formula_outward", file, column=where, value=as_text(value))
        for where, value in outward[:MOST]
    ]
    return Opened(pages, identity, [*package.said, *found])


def receive(file: str, data: bytes, issued: Callable[[Mapping[str, str]], Book | Finding]) -> Received:
    """Read one returned workbook.

    issued   identity -> the form as it is issued, or why there is none

    Never raises for anything that stands in the file; `findings` says all that is wrong.
    """
    out = Received(file, data)
    opened = open_workbook(file, data)
    if isinstance(opened, Finding):
        out.findings.append(opened)
        return out
    pages, out.identity, found = opened
    out.findings += found
    if not {"kind", "year", "group", "recipient", "agency", "lang", "fingerprint"} <= out.identity.keys():
        out.findings.append(Finding("E_SHEET", "no_form", file))
        return out
    book = issued(out.identity)
    if isinstance(book, Finding):
        out.findings.append(replace(book, file=file))
        return out
    out.known = True
    other_version = book.fingerprint() != out.identity["fingerprint"]
    if other_version:
        out.findings.append(Finding("E_FORM_VERSION", "form_version", file))
    out.places = book.inputs()
    for sheet in book.sheets:
        page = pages.get(sheet.title)
        if page is None:
            facts = {"nearest": nearest(sheet.title, pages) or ", ".join(pages)}
            out.findings.append(Finding("E_SHEET", "sheet_missing", file, value=sheet.title, facts=facts))
            continue
        plan, said = layout(sheet, page, file, other_version)
        if said or plan is not AS_ISSUED:
            page = rearranged(out, sheet, page, plan, said)
            out.findings += said
        take_inputs(out, sheet, page, plan)
        hold(out, sheet, page, plan)
        issued_merges = {f"{at(*plan.sent((r, a)))}:{at(*plan.sent((r, b)))}" for r, a, b in sheet.merged}
        for merged in sorted(set(page.merged) - issued_merges):
            out.findings.append(Finding("E_MERGED", "merged", file, column=f"{sheet.title}!{merged}"))
        if page.unseen:
            out.findings.append(Finding("W_HIDDEN", "hidden_sheet", file, column=sheet.title))
        if page.hidden:
            out.findings.append(Finding("W_HIDDEN", "hidden_rows", file, column=sheet.title))
    if other_version:  # its locked cells are those of another version
        out.findings = [f for f in out.findings if f.code != "E_LOCKED"]
    if out.respelt:
        n = len(out.respelt)
        out.findings.append(Finding("W_NORMALISED", "form_normalised", file, column=out.respelt[0], facts={"n": n}))
    if not out.raw.keys() - {"submitted_by"} and not out.wrong:
        out.findings.append(Finding("E_EMPTY", "form_empty", file))
    known = {sheet.title for sheet in book.sheets} | {LISTS, IDENTITY}
    out.findings += [Finding("W_SHEET", "sheet_more", file, value=name) for name in pages if name not in known]
    return out


def rearranged(out: Received, sheet: Sheet, page: Page, plan: Layout, said: Sequence[Finding]) -> Page:
    """A sheet whose lines or columns were moved, as it was issued; where everything stands in the file is noted."""
    places = {place: cell.name for cells in sheet.parts for place, cell in cells.cells.items()}
    there = {place: at(*plan.sent(place)) for place in places if not plan.lost(place)}
    out.issued |= {f.column: f"{sheet.title}!{at(*plan.near(position(f.column.rpartition('!')[2])))}" for f in said}
    out.issued |= {f"{sheet.title}!{sent}": f"{sheet.title}!{at(*place)}" for place, sent in there.items()}
    moved = {name: (sheet.title, there[place]) for place, name in places.items() if name and place in there}
    out.places = ChainMap(moved, out.places)
    return plan.laid(page, frozenset(place for place, name in places.items() if name))


def take_inputs(out: Received, sheet: Sheet, page: Page, plan: Layout) -> None:
    """The inputs of a sheet that hold something, in reading order."""
    given = page.values.keys() | page.formulas
    inputs = {place: cells.open[place] for cells in sheet.parts for place in given & cells.open.keys()}
    outward = {f.column for f in out.findings if f.reason == "formula_outward"}
    for place in sorted(inputs):
        value, where = page.values.get(place, ""), f"{sheet.title}!{at(*plan.sent(place))}"
        if place in page.formulas:
            if where not in outward:  # named already
                out.findings.append(Finding("E_FORMULA", "formula_given", out.file, column=where, value=as_text(value)))
        elif place in page.errors:
            out.findings.append(Finding("E_FORMULA", "error_given", out.file, column=where, value=as_text(value)))
        else:
            code = page.formats.get(place, "")
            if inputs[place].takes == "date":
                value = page.counted.get(place, value)  # 2024 is a year, and no day in 1905
            take(out, inputs[place], value, where, code)
            if code and inputs[place].takes in NUMBERS and not (inputs[place].hundred < 0 and signed(code)):
                warn_of_display(out, inputs[place], value, code, where)


def warn_of_display(out: Received, cell: Cell, value: Any, code: str, where: str) -> None:
    """Whoever filled the form in saw another number than the one that is read."""
    percents = cell.takes == "percent" and signed(code)
    read = f"{in_digits(exact(value) * 100)}%" if percents else decimal(value, as_text(value))
    if abs(value) < LARGEST and (shown := displayed(value, code)) != read:
        facts = {"shown": shown or "–"}
        out.findings.append(
            Finding("W_DISPLAY", "number_shown", out.file, column=where, value=as_text(value), facts=facts)
        )


def hold(out: Received, sheet: Sheet, page: Page, plan: Layout) -> None:
    """All that is locked on a sheet against what was issued; what our formulas came to is kept as it is shown."""
    changed: list[tuple[Place, Finding]] = []

    def differs(reason: str, place: Place, **more: Any) -> None:
        where, value = f"{sheet.title}!{at(*plan.sent(place))}", as_text(page.values.get(place, ""))
        changed.append((place, Finding("E_LOCKED", reason, out.file, column=where, value=value, **more)))

    standing = page.values.get
    for cells in sheet.parts:
        for place in [place for place, issued in cells.locked.items() if standing(place, "") != issued]:
            issued = cells.locked[place]
            if plain(standing(place, "")) != plain(issued) and not plan.lost(place):
                differs("locked_changed", place, facts={"issued": as_text(issued) or "–"})
        for place in cells.live:
            if place not in page.formulas and not plan.lost(place):
                differs("locked_formula", place)
            elif place in page.values:
                out.shown[f"{sheet.title}!{at(*place)}"] = page.values[place]
    ours = [cells.open.keys() | cells.live.keys() for cells in sheet.parts]
    for place in page.formulas.difference(*ours, (place for place, _ in changed)):
        differs("formula_added", place)
    changed.sort(key=itemgetter(0))
    out.findings += [finding for _, finding in changed[:MOST]]
    if len(changed) > MOST:
        more = len(changed) - MOST
        out.findings.append(Finding("E_LOCKED", "locked_more", out.file, column=sheet.title, facts={"more": more}))


@lru_cache(maxsize=1 << 10)
def choices_by_words(choices: tuple[str, ...]) -> dict[str, str]:
    return {plain(choice): choice for choice in choices}


def take(out: Received, cell: Cell, value: Any, where: str, code: str = "") -> None:
    """One input that is not empty: what the data hold for it, or what is wrong with it.

    code   the number format that its figure is shown in, where that may be another figure
    """
    said = as_text(value)
    text = spelt(said).strip()
    if not text:
        return
    if text != said.replace("\r\n", "\n").strip():
        out.respelt.append(where)
    column = cell.name.rpartition("/")[2]
    wrong = faults(said.strip(), kind_of(column) if cell.takes == "text" else "text")
    if wrong:
        out.findings += [fault.finding(out.file, None, where, comes_in=True) for fault in wrong]
        text = visible(text)
    out.raw[cell.name] = text
    finding: Finding | None = None
    if cell.takes == "percent":
        out.raw[cell.name], out.given[cell.name], finding = percentage(cell, value, text, code, out.file, where)
    elif cell.takes in NUMBERS:
        finding = wrong_number(cell.takes, value, text, out.file, where)
        if text.endswith("%") or (signed(code) and cell.hundred < 0):
            shown = text if isinstance(value, str) else displayed(value, code)
            finding = Finding("E_PERCENT", "form_percent_undeclared", out.file, column=where, value=shown)
        out.given[cell.name] = decimal(value, text)
    elif cell.takes == "date":
        day = as_day(value, text)
        if day is None:
            finding = Finding("E_DATE", "form_date", out.file, column=where, value=text)
        out.given[cell.name] = day or ""
    elif cell.takes == "list":
        known = choices_by_words(cell.choices)
        if plain(text) not in known:
            facts = {"allowed": "; ".join(cell.choices[:8]), "nearest": nearest(text, cell.choices) or "–"}
            finding = Finding("E_OPTION", "choice_unknown", out.file, column=where, value=text, facts=facts)
        out.given[cell.name] = known.get(plain(text), "")
    else:
        if retyped(value, code):
            finding = Finding("E_TYPE", "form_text", out.file, column=where, value=text)
        out.given[cell.name] = "\n".join(line.strip() for line in text.splitlines()) if "\n" in text else text
    if finding is not None:
        out.findings.append(finding)


def retyped(value: Any, code: str) -> bool:
    """Whether a cell of words holds a number or a day that its writer saw as something else, or that lost digits."""
    if isinstance(value, bool | str):
        return False
    if isinstance(value, date) or abs(value) >= LARGEST or "e" in as_text(value):
        return True
    simple = AS_SHOWN.fullmatch(code)
    return bool(code) and not (simple and f"{value:.{len(simple[1] or '')}f}" == as_text(value))


def wrong_number(takes: str, value: Any, text: str, file: str, where: str) -> Finding | None:
    if isinstance(value, bool | date | datetime | time | timedelta):
        return Finding("E_TYPE", "form_not_number", file, column=where, value=text)
    if not isinstance(value, int | float) and WHOLE.fullmatch(text):
        value = int(text)  # a number in a text cell, and only one way to read it
    if isinstance(value, int | float):
        if abs(value) >= LARGEST:
            return Finding("E_TOO_LARGE", "number_long", file, column=where, value=text)
        if takes != "signed" and value < 0:
            return Finding("E_RANGE", "form_negative", file, column=where, value=text)
        if takes == "whole" and value != int(value):
            return Finding("E_RANGE", "form_whole", file, column=where, value=text)
        return None
    found = readings(text)
    if len(found) > 1:
        facts = {"whole": found[0], "fraction": found[1], "comma": found[1].replace(".", ",")}
        return Finding("E_NUMBER_AMBIGUOUS", "form_ambiguous", file, column=where, value=text, facts=facts)
    if found:
        facts = {"suggestion": found[0]}
        return Finding("E_NUMBER", "form_comma", file, column=where, value=text, facts=facts)
    return Finding("E_NUMBER", "form_number", file, column=where, value=text)


def percentage(cell: Cell, value: Any, text: str, code: str, file: str, where: str) -> tuple[str, str, Finding | None]:
    """A percentage: (as it was typed, what the data hold for it, what there is to say of it)."""
    bare = text.removesuffix("%").rstrip() if isinstance(value, str) else text
    sign = bare != text
    found = readings(bare)
    if isinstance(value, str) and len(found) == 1 and (sign or WHOLE.fullmatch(bare)):
        value = float(found[0]) / (100 if sign else 1)
    wrong = wrong_number("signed" if cell.least else "number", value, bare, file, where)
    if wrong:
        return text, "", wrong
    sign = sign or says(value, code)
    x = exact(value)
    figure, reading = meant(x, sign, cell.hundred, bool(cell.most))
    if reading is Reading.CLEAR and signed(code) and not sign:
        reading = Reading.ONLY  # 40 that our cell shows as 4000 %
    typed, held = f"{in_digits(x * 100)}%" if sign else text, in_digits(figure)
    if reading is Reading.CLEAR:
        return typed, held, None
    facts = {"one": in_digits(x).replace(".", ","), "other": in_digits(x * 100).replace(".", ",")}
    if reading is Reading.ONLY:
        return typed, held, Finding("W_PERCENT", "form_percent_read", file, column=where, value=text, facts=facts)
    if reading is Reading.ABOVE:
        return typed, held, Finding("E_RANGE", "form_percent_above", file, column=where, value=typed, facts=facts)
    return typed, "", Finding("E_PERCENT", "form_percent_which", file, column=where, value=text, facts=facts)


def readings(text: str) -> list[str]:
    """The numbers that digits with points and commas can mean, the whole one first; none where they mean nothing.

    8,500 is eight and a half to one writer and eight thousand five hundred to another: only its writer knows.
    """
    found = []
    for written in (text, text.translate(SWAPPED)):  # with the decimal comma of Việt Nam, with the decimal point
        parts = MARKED.fullmatch(written)
        if parts:
            sign, whole, fraction = parts.groups()
            whole = whole.replace(".", "")
            if len(whole) < 2 or whole[0] != "0":
                found.append(f"{sign}{whole}{'.' if fraction else ''}{fraction or ''}")
    return sorted(set(found), key=lambda number: "." in number)


def decimal(value: Any, text: str) -> str:
    """The decimal text of a number cell, without an exponent; "" where it is none."""
    if isinstance(value, bool):
        return ""
    if isinstance(value, float) and "e" in text:
        return f"{value:.20f}".rstrip("0").rstrip(".")
    return text if isinstance(value, int | float) or WHOLE.fullmatch(text) else ""


def as_day(value: Any, text: str) -> str | None:
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    try:
        found = DAY.fullmatch(text)
        return (date(int(found[3]), int(found[2]), int(found[1])) if found else date.fromisoformat(text)).isoformat()
    except ValueError:
        return None
