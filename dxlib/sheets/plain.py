"""Somebody else's table, CSV or XLSX, as rows of text."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from ..atomic import read_plain
from ..case.characters import clean, of_cells
from ..case.tables import decode, separator
from ..errors import Finding, Refusal
from .book import at
from .gate import ZIP
from .read import Unreadable, position
from .receive import open_workbook
from .spelling import as_text

Span = tuple[int, int, int, int]  # first row, first column, last row, last column, from 0


def rows_of_file(path: Path) -> tuple[list[list[str]], list[Span]]:
    """The rows of a CSV file, or of the first sheet of a workbook and which of its cells are merged. Raises Refusal,
    and OSError."""
    data = read_plain(path, links=True)
    if data.startswith(ZIP):
        opened = open_workbook(path.name, data)
        if isinstance(opened, Finding):
            raise Refusal([opened])
        if wrong := [f for f in opened.findings if f.severity == "error"]:
            raise Refusal(wrong)
        page = next(iter(opened.pages.values()))
        height = max((row for row, _ in page.values), default=-1) + 1
        width = max((column for _, column in page.values), default=-1) + 1
        if height * width > 20 * len(page.values) + 10_000:  # a cell far away makes no table
            raise Refusal([Finding("E_FORMAT", "not_readable", path.name, facts={"detail": f"{height} × {width}"})])
        rows = [[as_text(page.values.get((row, column), "")) for column in range(width)] for row in range(height)]
        ends = [area.partition(":") for area in page.merged]
        try:
            areas = sorted((*position(first), *position(last or first)) for first, _, last in ends)
        except Unreadable as error:
            raise Refusal([Finding("E_FORMAT", "not_readable", path.name, facts={"detail": str(error)})]) from None
        return spelt_rows(rows, path.name, workbook=True), areas
    findings: list[Finding] = []
    text = decode(data, path.name, findings)
    if text is None:
        raise Refusal(findings)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator(text), strict=True))
    except csv.Error as error:
        raise Refusal([Finding("E_CSV", "csv_broken", path.name, facts={"detail": str(error)})]) from None
    return spelt_rows(rows, path.name), []


def spelt_rows(rows: list[list[str]], file: str, workbook: bool = False) -> list[list[str]]:
    """The rows in one spelling. Raises Refusal where a cell holds what no name or code can."""
    cells = (
        (None if workbook else n + 1, at(n, i), "name", cell.strip())
        for n, row in enumerate(rows)
        for i, cell in enumerate(row)
    )
    wrong = list(of_cells(cells, file, comes_in=True))
    if wrong:
        raise Refusal(wrong)
    return [[clean(cell) for cell in row] for row in rows]
