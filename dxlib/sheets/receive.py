"""One returned workbook, understood: which form it is, what was filled in, and everything that is wrong with it.

The received file is only ever read. It is held against the form as it would be issued now: every locked cell must be
what was issued, every input must be something its row can take.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from ..errors import Finding, nearest
from .book import IDENTITY, LISTS, Book, Cell, at
from .gate import refused
from .read import Page, Unreadable, Value, read

MOST = 12  # changed cells that are named one by one
INVISIBLE = dict.fromkeys([0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD])
THOUSANDS = re.compile(r"-?[0-9]{1,3}([.,][0-9]{3})+")  # or a decimal sign: only its writer knows
COMMA = re.compile(r"-?[0-9]+,[0-9]+")
DAY = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")


@dataclass
class Received:
    """A returned workbook.

    identity   what it says of itself: kind, year, group, recipient, agency, lang, fingerprint
    given      name of an input -> what was read, as the data hold it ("8.5", "2024-12-31", the words of a choice)
    raw        name of an input -> what stands in the cell, where it is not empty
    places     name of an input -> (sheet, A1)
    known      whether it was held against a form that is issued here
    shown      sheet!A1 of a formula of ours -> the value that the file holds for it, where it holds one
    """

    file: str
    data: bytes = field(repr=False)
    identity: Mapping[str, str] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    raw: dict[str, str] = field(default_factory=dict)
    places: dict[str, tuple[str, str]] = field(default_factory=dict)
    shown: dict[str, Value] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    known: bool = False

    @property
    def wrong(self) -> bool:
        return any(f.severity == "error" for f in self.findings)


def open_workbook(file: str, data: bytes) -> tuple[dict[str, Page], dict[str, str]] | Finding:
    """(sheets by name, what the workbook says of itself), or why it is not opened."""
    finding, parts = refused(data, file)
    if finding is not None:
        return finding
    try:
        pages = read(parts)
    except Unreadable as error:
        return Finding("E_FORMAT", "not_readable", file, facts={"detail": str(error)})
    said = pages.get(IDENTITY, Page()).values
    rows = sorted(row for row, column in said if column == 0)
    return pages, {as_text(said[row, 0]): as_text(said.get((row, 1))) for row in rows}


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
    pages, out.identity = opened
    if not {"kind", "year", "group", "recipient", "agency", "lang", "fingerprint"} <= out.identity.keys():
        out.findings.append(Finding("E_SHEET", "no_form", file))
        return out
    book = issued(out.identity)
    if isinstance(book, Finding):
        out.findings.append(replace(book, file=file))
        return out
    out.known = True
    if book.fingerprint() != out.identity["fingerprint"]:
        out.findings.append(Finding("E_FORM_VERSION", "form_version", file))
    for sheet in book.sheets:
        page = pages.get(sheet.title)
        if page is None:
            facts = {"nearest": nearest(sheet.title, pages) or ", ".join(pages)}
            out.findings.append(Finding("E_SHEET", "sheet_missing", file, value=sheet.title, facts=facts))
            continue
        compare(out, sheet.title, sheet.cells, page)
        issued_merges = {f"{at(r, a)}:{at(r, b)}" for r, a, b in sheet.merged}
        for merged in sorted(set(page.merged) - issued_merges):
            out.findings.append(Finding("E_MERGED", "merged", file, column=f"{sheet.title}!{merged}"))
        if page.unseen:
            out.findings.append(Finding("W_HIDDEN", "hidden_sheet", file, column=sheet.title))
        if page.hidden:
            out.findings.append(Finding("W_HIDDEN", "hidden_rows", file, column=sheet.title))
    known = {sheet.title for sheet in book.sheets} | {LISTS, IDENTITY}
    out.findings += [Finding("W_SHEET", "sheet_more", file, value=name) for name in pages if name not in known]
    return out


def compare(out: Received, title: str, cells: Mapping[tuple[int, int], Cell], page: Page) -> None:
    """Every cell of a sheet against the issued one; inputs are read."""
    changed: list[Finding] = []
    values, formulas, places = page.values, page.formulas, out.places
    for where_at, cell in cells.items():
        value = values.get(where_at, "")
        if cell.name:
            place = at(*where_at)
            places[cell.name] = (title, place)
            if where_at in formulas:
                where = f"{title}!{place}"
                out.findings.append(Finding("E_FORMULA", "formula_given", out.file, column=where, value=as_text(value)))
            elif where_at in page.errors:
                where = f"{title}!{place}"
                out.findings.append(Finding("E_FORMULA", "error_given", out.file, column=where, value=as_text(value)))
            elif value != "":
                take(out, cell, value, f"{title}!{place}")
        elif cell.formula:
            where = f"{title}!{at(*where_at)}"
            if where_at not in formulas:
                changed.append(Finding("E_LOCKED", "locked_formula", out.file, column=where, value=as_text(value)))
            elif value != "":
                out.shown[where] = value
        elif value != cell.value and plain(value) != plain(cell.value):
            where = f"{title}!{at(*where_at)}"
            facts = {"issued": as_text(cell.value) or "–"}
            changed.append(
                Finding("E_LOCKED", "locked_changed", out.file, column=where, value=as_text(value), facts=facts)
            )
    for where_at in sorted(page.formulas - cells.keys()):
        place = f"{title}!{at(*where_at)}"
        changed.append(Finding("E_LOCKED", "formula_added", out.file, column=place))
    out.findings += changed[:MOST]
    if len(changed) > MOST:
        more = len(changed) - MOST
        out.findings.append(Finding("E_LOCKED", "locked_more", out.file, column=title, facts={"more": more}))


def as_text(value: Any) -> str:
    """A cell's value as a person sees it; whole numbers without a point, every float at its shortest."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)


def plain(value: Any) -> str:
    """Text as it is compared: one spelling, single blanks, however the client broke its lines."""
    return " ".join(unicodedata.normalize("NFC", as_text(value)).translate(INVISIBLE).split())


def take(out: Received, cell: Cell, value: Any, where: str) -> None:
    """One input that is not empty: what the data hold for it, or what is wrong with it."""
    said = as_text(value)
    text = unicodedata.normalize("NFC", said).translate(INVISIBLE).strip()
    if not text:
        return
    out.raw[cell.name] = text
    finding: Finding | None = None
    if cell.takes in ("number", "signed", "whole"):
        finding = wrong_number(cell.takes, value, text, out.file, where)
        out.given[cell.name] = decimal(value, text)
    elif cell.takes == "date":
        day = as_day(value, text)
        if day is None:
            finding = Finding("E_DATE", "form_date", out.file, column=where, value=text)
        out.given[cell.name] = day or ""
    elif cell.takes == "list":
        known = {plain(choice): choice for choice in cell.choices}
        if plain(text) not in known:
            facts = {"allowed": "; ".join(cell.choices[:8]), "nearest": nearest(text, cell.choices) or "–"}
            finding = Finding("E_OPTION", "choice_unknown", out.file, column=where, value=text, facts=facts)
        out.given[cell.name] = known.get(plain(text), "")
    else:
        out.given[cell.name] = "\n".join(line.strip() for line in text.splitlines()) if "\n" in text else text
    if finding is not None:
        out.findings.append(finding)


def wrong_number(takes: str, value: Any, text: str, file: str, where: str) -> Finding | None:
    if isinstance(value, bool | date | datetime | time | timedelta):
        return Finding("E_TYPE", "form_not_number", file, column=where, value=text)
    if not isinstance(value, int | float) and re.fullmatch(r"-?[0-9]{1,15}", text):
        value = int(text)  # a number in a text cell, and only one way to read it
    if isinstance(value, int | float):
        if abs(value) >= 1e15:
            return Finding("E_TOO_LARGE", "number_long", file, column=where, value=text)
        if takes != "signed" and value < 0:
            return Finding("E_RANGE", "form_negative", file, column=where, value=text)
        if takes == "whole" and value != int(value):
            return Finding("E_RANGE", "form_whole", file, column=where, value=text)
        return None
    if THOUSANDS.fullmatch(text):
        return Finding("E_NUMBER_AMBIGUOUS", "number_ambiguous", file, column=where, value=text)
    if COMMA.fullmatch(text):
        facts = {"suggestion": text.replace(",", ".")}
        return Finding("E_NUMBER", "form_comma", file, column=where, value=text, facts=facts)
    return Finding("E_NUMBER", "form_number", file, column=where, value=text)


def decimal(value: Any, text: str) -> str:
    """The decimal text of a number cell, without an exponent; "" where it is none."""
    if isinstance(value, bool):
        return ""
    if isinstance(value, float) and "e" in text:
        return f"{value:.20f}".rstrip("0").rstrip(".")
    return text if isinstance(value, int | float) or re.fullmatch(r"-?[0-9]{1,15}", text) else ""


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
