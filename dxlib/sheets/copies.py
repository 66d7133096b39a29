"""Harmless copies of received forms, for people to open instead of the files that came: what was read, as values.

A copy is made again from the kept original whenever it is wanted, so it is a product and no data. It holds the sheets
of the form as it is issued, without a formula, a link, a further sheet or anything hidden; on top, who sent it when.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from ..case import Case
from ..case.characters import LONGEST
from ..errors import Finding
from ..verify import senders
from ..words import text
from .book import Book, Cell, Place, Sheet, titles
from .form import Wording
from .keep import log_of
from .read import Page
from .receive import open_workbook
from .spelling import as_text
from .taking_in import Issued
from .worklist_workbook import Item
from .write import write

FOLDER = "received"  # beside the list that names them
LINES = ("from", "digest", "why")


def received_of(case: Case, folder: Path, items: Iterable[Item]) -> dict[tuple[str, str], dict[str, str]]:
    """(agency, code) of an item -> the line of received.csv that holds the form it was last claimed or contested in."""
    last = {(row["recipient"], row["kind"]): row for row in log_of(folder, "received")}
    sender = {(to.agency, code): to.id for to in senders(case) for code in to.codes or ()}
    found = {}
    for item in items:
        who = sender.get((item.agency, item.code), item.agency)
        row = last.get((who, "appeal" if item.stage == "appeal" else "claim"))
        if row is not None:
            found[item.agency, item.code] = row
    return found


def name_of(row: Mapping[str, str]) -> str:
    """What the copy of a received form is called: its sender, its kind, the beginning of its digest."""
    return f"{row['recipient']}-{row['kind']}-{row['sha256'][:12]}.xlsx"


def copy_of(row: Mapping[str, str], folder: Path, words: Wording, issued: Issued) -> bytes | Finding:
    """The copy of one received form, or why there is none."""
    file = f"forms/{row['file']}"
    path = folder / file
    if not path.is_file():
        return Finding("W_NOT_FOUND", "received_missing", file)
    opened = open_workbook(file, path.read_bytes())
    if isinstance(opened, Finding):
        return replace(opened, code=f"W_{opened.code[2:]}")
    form = issued(opened.identity)
    if not isinstance(form, Book):
        return replace(form, code=f"W_{form.code[2:]}", file=file)
    lang = words.lang
    who = words.owners.get(row["recipient"], row["recipient"])
    facts = {"who": who, "day": row["received_on"], "sha256": row["sha256"], "file": file}
    said = {(0, 0): Cell(text("sheet.copy.title", lang), "heading")}
    lines = [text(f"sheet.copy.{key}", lang, **facts) for key in LINES]
    said |= {(n, 0): Cell(line, "note") for n, line in enumerate(lines, start=1)}
    head = Sheet(text("sheet.copy.sheet", lang), said, (100,), protected=False)
    named = titles([head.title, *(sheet.title for sheet in form.sheets)])
    pages = [values(sheet, opened.pages.get(sheet.title, Page())) for sheet in form.sheets]
    sheets = [replace(sheet, title=title) for sheet, title in zip([head, *pages], named, strict=True)]
    return write(Book(tuple(sheets), {}, text("sheet.copy.title", lang)))


def values(sheet: Sheet, page: Page) -> Sheet:
    """A sheet of the form with what stands in the received one, as values; the form's widths and looks stay."""
    cells: dict[Place, Cell] = {place: Cell("", cell.style) for place, cell in sheet.cells.items()}
    for place, value in page.values.items():
        cells[place] = Cell(shown(value), cells[place].style if place in cells else "text")
    return replace(sheet, cells=cells, rules=(), issued=(), protected=False)


def shown(value: Any) -> str | float | date:
    """A value that any cell can hold."""
    if isinstance(value, float) or (isinstance(value, date) and value.year >= 1900):
        return value
    return as_text(value)[:LONGEST]
