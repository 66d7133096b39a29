"""One returned workbook, understood: which form it is, what was filled in, and everything that is wrong with it.

The received file is only ever read. It is held against the form as it would be issued now: every locked cell must be
what was issued, every input must be something its row can take.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import CalamineWorkbook

from ..errors import Finding, nearest
from .book import IDENTITY, LISTS, Book, Cell, at
from .gate import look_at, refused

MOST = 12  # changed cells that are named one by one
INVISIBLE = dict.fromkeys([0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD])
COMMA = re.compile(r"-?[0-9]+,[0-9]+")
DAY = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")


@dataclass
class Received:
    """A returned workbook.

    identity   what it says of itself: kind, year, group, recipient, agency, lang, fingerprint
    given      name of an input -> what was read, as the data hold it ("8.5", "2024-12-31", the words of a choice)
    raw        name of an input -> what stands in the cell, where it is not empty
    places     name of an input -> (sheet, A1)
    """

    file: str
    data: bytes = field(repr=False)
    identity: Mapping[str, str] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    raw: dict[str, str] = field(default_factory=dict)
    places: dict[str, tuple[str, str]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    book: Book | None = None

    @property
    def wrong(self) -> bool:
        return any(f.severity == "error" for f in self.findings)


def receive(file: str, data: bytes, issued: Callable[[Mapping[str, str]], Book | Finding]) -> Received:
    """Read one returned workbook.

    issued   identity -> the form as it is issued, or why there is none

    Never raises for anything that stands in the file; `findings` says all that is wrong.
    """
    out = Received(file, data)
    finding, parts = refused(data, file)
    if finding is not None:
        out.findings.append(finding)
        return out
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = {n: workbook.get_sheet_by_name(n).to_python(skip_empty_area=False) for n in workbook.sheet_names}
        looks = look_at(parts)
    except BaseException as failure:  # the reader is written in another language: its panics are no Exceptions
        if isinstance(failure, KeyboardInterrupt | SystemExit | MemoryError):
            raise
        out.findings.append(Finding("E_FORMAT", "not_xlsx", file, facts={"detail": str(failure)[:80]}))
        return out
    out.identity = {str(row[0]): str(row[1]) for row in sheets.get(IDENTITY, []) if len(row) > 1}
    if not {"kind", "year", "group", "recipient", "agency", "lang", "fingerprint"} <= out.identity.keys():
        out.findings.append(Finding("E_SHEET", "no_form", file))
        return out
    book = issued(out.identity)
    if isinstance(book, Finding):
        out.findings.append(replace(book, file=file))
        return out
    out.book = book
    if book.fingerprint() != out.identity["fingerprint"]:
        out.findings.append(Finding("E_FORM_VERSION", "form_version", file))
    for sheet in book.sheets:
        if sheet.title not in sheets:
            facts = {"nearest": nearest(sheet.title, sheets) or ", ".join(sheets)}
            out.findings.append(Finding("E_SHEET", "sheet_missing", file, value=sheet.title, facts=facts))
            continue
        look = looks.get(sheet.title)
        compare(out, sheet.title, sheet.cells, sheets[sheet.title], look.formulas if look else frozenset())
        issued_merges = {f"{at(r, a)}:{at(r, b)}" for r, a, b in sheet.merged}
        for merged in sorted(set(look.merged if look else ()) - issued_merges):
            out.findings.append(Finding("E_MERGED", "merged", file, column=f"{sheet.title}!{merged}"))
        if look and look.hidden:
            out.findings.append(Finding("W_HIDDEN", "hidden_rows", file, column=sheet.title))
    shown = [m.name for m in workbook.sheets_metadata]
    known = {sheet.title for sheet in book.sheets} | {LISTS, IDENTITY}
    out.findings += [Finding("W_SHEET", "sheet_more", file, value=name) for name in shown if name not in known]
    return out


def compare(
    out: Received, title: str, cells: Mapping[tuple[int, int], Cell], rows: list[list[Any]], formulas: frozenset[str]
) -> None:
    """Every cell of a sheet against the issued one; inputs are read."""
    changed: list[Finding] = []
    for (row, column), cell in cells.items():
        value = rows[row][column] if row < len(rows) and column < len(rows[row]) else ""
        place = at(row, column)
        where = f"{title}!{place}"
        if cell.name:
            out.places[cell.name] = (title, place)
            if place in formulas:
                out.findings.append(Finding("E_FORMULA", "formula_given", out.file, column=where, value=as_text(value)))
                continue
            take(out, cell, value, where)
        elif cell.formula:
            if place not in formulas:
                changed.append(Finding("E_LOCKED", "locked_formula", out.file, column=where, value=as_text(value)))
        elif value != cell.value and plain(value) != plain(cell.value):
            facts = {"issued": as_text(cell.value) or "–"}
            changed.append(
                Finding("E_LOCKED", "locked_changed", out.file, column=where, value=as_text(value), facts=facts)
            )
    known = {at(*where) for where in cells} if formulas else frozenset()
    for place in sorted(formulas - known):
        changed.append(Finding("E_LOCKED", "formula_added", out.file, column=f"{title}!{place}"))
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
    """One input: what the data hold for it, or what is wrong with it."""
    if value == "":
        return
    said = as_text(value)
    text = unicodedata.normalize("NFC", said).translate(INVISIBLE).strip()
    if not text:
        return
    out.raw[cell.name] = text
    finding: Finding | None = None
    if cell.takes in ("number", "signed", "whole"):
        finding = wrong_number(value, text, out.file, where)
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


def wrong_number(value: Any, text: str, file: str, where: str) -> Finding | None:
    if isinstance(value, bool | date | datetime | time | timedelta):
        return Finding("E_TYPE", "form_not_number", file, column=where, value=text)
    if isinstance(value, int | float):
        return None if abs(value) < 1e15 else Finding("E_TOO_LARGE", "number_long", file, column=where, value=text)
    if COMMA.fullmatch(text):
        facts = {"suggestion": text.replace(",", ".")}
        return Finding("E_NUMBER", "form_comma", file, column=where, value=text, facts=facts)
    if re.fullmatch(r"-?[0-9]{1,15}", text):
        return None  # a number in a text cell, and only one way to read it
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
