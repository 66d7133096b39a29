"""A declared workbook as the bytes of an .xlsx file: the same book, the same bytes."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from .book import IDENTITY, LISTS, Book, Cell, Sheet, at, fixed

MADE = datetime(2000, 1, 1)  # a time of making would change the bytes
FONT = {"font_name": "Times New Roman", "font_size": 11, "valign": "top", "text_wrap": True}
LINE = {"border": 1, "border_color": "#9AA5B1"}
INPUT = {"bg_color": "#FFFBE6", "locked": False}
POINTS = ("points", "branch_points", "total", "score", "part_points")
NARROW = {"border": 1, "border_color": "#9AA5B1", "align": "right", "text_wrap": False, "shrink": True}
SCALE = 52  # per cent, of a sheet that is printed on pages beside each other
WIDEST = 300  # units of width that a page takes and is still read; more goes on to further pages
SMALLEST = 60  # per cent, of a sheet that does
MOST = 10**15  # what a cell holds to the last digit
PLACES = 7  # decimals of a figure that a cell can show
PERCENT = "0.0##%"  # of inputs that take percentages: whoever types 40 sees 40 % at once
STYLES: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 14, "text_wrap": True, "align": "center", "valign": "vcenter"},
    "sample": {"bold": True, "font_size": 12, "font_color": "#B42318", "align": "center"},
    "note": {},
    "line": {"text_wrap": False, "italic": True},
    "key": {"bold": True},
    "head": {**LINE, "bold": True, "align": "center", "valign": "vcenter", "bg_color": "#DCE6F2", "font_size": 10},
    "branch": {**LINE, "bold": True, "bg_color": "#F2F5F9"},
    "branch_points": {**LINE, "bold": True, "bg_color": "#F2F5F9", "align": "right"},
    "text": LINE,
    "small": {**LINE, "font_size": 10},
    "code": {**LINE, "num_format": "@"},
    "points": {**LINE, "align": "right", "indent": 1},
    "muted": {**LINE, "font_color": "#5B6673", "bg_color": "#ECEFF3", "italic": True, "font_size": 10},
    "total": {**LINE, "bold": True, "bg_color": "#DCE6F2"},
    "input": {**LINE, **INPUT, "align": "right", "num_format": "General"},
    "input_percent": {**LINE, **INPUT, "align": "right", "num_format": PERCENT},
    "input_text": {**LINE, **INPUT, "num_format": "@"},
    "hint": {**LINE, "font_size": 9, "font_color": "#B42318"},
    "input_date": {**LINE, **INPUT, "num_format": "dd/mm/yyyy", "align": "center"},
    "heading": {"bold": True, "font_size": 14, "text_wrap": False},
    "made_up": {"bold": True, "font_color": "#B42318", "text_wrap": False},
    "said": {**LINE, "align": "left", "indent": 1},
    "branch_said": {**LINE, "bold": True, "bg_color": "#F2F5F9", "align": "left", "indent": 1},
    "score": {**NARROW, "bold": True, "bg_color": "#DCE6F2"},
    "part_points": NARROW,
    "part_share": {**NARROW, "num_format": "0.0000"},
    "cut": {**LINE, "text_wrap": False},
    "cut_code": {**LINE, "text_wrap": False, "num_format": "@"},
    "given_text": {**LINE, **INPUT, "num_format": "@"},
    "cut_given": {**LINE, **INPUT, "text_wrap": False, "num_format": "@"},
    "place": {**LINE, "bold": True, "align": "center", "num_format": "0"},
    "count": {**LINE, "align": "center", "num_format": "0"},
    "share": {**LINE, "align": "right", "num_format": "0.0000"},
    "deciding": {**LINE, "align": "right", "num_format": "0.000000000000"},
}
for n in range(PLACES):
    STYLES[f"figure_{n}"] = {**LINE, "align": "right", "num_format": "#,##0" + f".{'0' * n}".rstrip(".")}
    STYLES[f"given_{n}"] = {**STYLES[f"figure_{n}"], **INPUT}
for name in ("input", "input_percent", "input_text", "input_date"):
    STYLES[f"warn_{name}"] = {**STYLES[name], "bg_color": "#FDE2E0"}


class Page(Worksheet):
    """A worksheet that takes formulas as they are: ours use no function younger than the format, and looking for each
    of them in every formula takes longer than all the rest."""

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        return formula.removeprefix("=")


def write(book: Book) -> bytes:
    """The file. Every text is written as text, also where it looks like a formula, a number or a link."""
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    made.set_properties({"title": book.title, "author": "", "created": MADE})
    made.set_calc_mode("auto")
    worked_out = {"num_format": f"0.{'0' * book.decimals}" if book.decimals else "0"}
    formats = {
        name: made.add_format({**FONT, **style, **(worked_out if name in POINTS else {})})
        for name, style in STYLES.items()
    }
    pages = [(sheet, made.add_worksheet(sheet.title, Page)) for sheet in book.sheets]
    lists = made.add_worksheet(LISTS) if book.identity else None
    columns: dict[tuple[str, ...], str] = {}
    for sheet, page in pages:
        write_sheet(sheet, page, formats, columns, lists)
    if lists is not None:
        lists.hide()
        lists.protect()
        write_identity(book, made.add_worksheet(IDENTITY))
    pages[0][1].activate()
    made.close()
    return out.getvalue()


def write_identity(book: Book, page: Any) -> None:
    """Which form this is, on a sheet that nobody sees."""
    page.very_hidden()
    page.protect()
    for row, (key, value) in enumerate({**book.identity, "fingerprint": book.fingerprint()}.items()):
        page.write_string(row, 0, key)
        page.write_string(row, 1, value)


def write_sheet(
    sheet: Sheet, page: Any, formats: dict[str, Any], columns: dict[tuple[str, ...], str], lists: Any
) -> None:
    for column, width in enumerate(sheet.widths):
        free = formats[sheet.styles[column]] if sheet.styles else None
        page.set_column(column, column, width, free)
    for row, height in sheet.heights.items():
        page.set_row(row, height)
    for row in range(sheet.repeated[0]) if sheet.styles else ():  # what stands above a table is none of it
        page.set_row(row, sheet.heights.get(row), formats["line"])
    for row, first, last in sheet.merged:
        cell = sheet.cells[row, first]
        page.merge_range(row, first, row, last, "", formats[cell.style])
    alike: dict[tuple, list[tuple[int, int]]] = {}
    for (row, column), cell in sheet.cells.items():
        write_cell(page, row, column, cell, formats[cell.style])
        if cell.takes and (cell.message or cell.takes != "text"):
            same = (cell.takes, cell.choices, cell.message, cell.wrong, cell.least, cell.most)
            alike.setdefault(same, []).append((row, column))
        if cell.comment:
            page.write_comment(row, column, cell.comment, {"x_scale": 2, "y_scale": 1.5, "font_size": 10})
    for rule in sheet.rules:
        source = rule.source or listed(rule.choices, columns, lists)
        said = {"input_message": rule.message[:255], "error_type": "warning"}
        page.data_validation(
            rule.first, rule.column, rule.last, rule.column, {"validate": "list", "source": source, **said}
        )
    for places in alike.values():
        validate(page, places, sheet.cells[places[0]], columns, lists)
    if lists is None:  # for readers: codes are text, and neighbours may be worked out differently
        quiet = f"A1:{at(max(row for row, _ in sheet.cells), len(sheet.widths) - 1)}"
        page.ignore_errors({"number_stored_as_text": quiet, "formula_differs": quiet, "formula_range": quiet})
    first, after, kept = sheet.repeated
    if after:
        page.repeat_rows(first, after - 1)
        page.freeze_panes(after, kept)
    page.set_paper(9)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    if sheet.wide:
        page.set_landscape()
    if sheet.pages:
        page.set_print_scale(SCALE)
        page.set_v_pagebreaks(list(sheet.pages))
        page.repeat_columns(0, kept - 1)
        page.print_area(first, 0, max(row for row, _ in sheet.cells), len(sheet.widths) - 1)
    elif sum(sheet.widths) > WIDEST:
        page.set_print_scale(SMALLEST)
        if kept:
            page.repeat_columns(0, kept - 1)
    else:
        page.fit_to_pages(1, 0)
    if sheet.filtered:
        page.autofilter(after - 1, 0, max(row for row, _ in sheet.cells), len(sheet.widths) - 1)
    page.hide_gridlines(2)
    page.set_header(f"&R&9{escaped(sheet.header)}" if sheet.header else "")
    page.set_footer(f"&L&9{escaped(sheet.footer)}&R&9&P/&N")
    if sheet.protected:
        page.protect("", {"format_columns": True, "format_rows": True})


def escaped(text: str) -> str:
    """Text of a header or footer, where & gives orders."""
    return text.replace("&", "&&")[:200]


def write_cell(page: Any, row: int, column: int, cell: Cell, style: Any) -> None:
    if cell.formula:
        page.write_formula(row, column, f"={cell.formula}", style, "" if cell.value is None else cell.value)
    elif cell.value is None or cell.value == "":
        page.write_blank(row, column, None, style)
    elif isinstance(cell.value, date):
        page.write_datetime(row, column, cell.value, style)
    elif isinstance(cell.value, str):
        page.write_string(row, column, cell.value, style)
    else:
        page.write_number(row, column, cell.value, style)


def validate(
    page: Any, places: list[tuple[int, int]], cell: Cell, columns: dict[tuple[str, ...], str], lists: Any
) -> None:
    """What may be typed into inputs that take the same, with a message before and after."""
    within: dict[str, Any] = {"criteria": ">=", "value": 0}
    if cell.least or cell.most:
        within = {"criteria": "between", "minimum": f"={cell.least or 0}", "maximum": f"={cell.most or MOST}"}
    rules: dict[str, dict[str, Any]] = {
        "list": {"validate": "list", "source": listed(cell.choices, columns, lists)},
        "number": {"validate": "decimal", **within},
        "percent": {"validate": "decimal", **within},
        "signed": {"validate": "decimal", "criteria": "between", "minimum": -1e15, "maximum": 1e15},
        "whole": {"validate": "integer", **within},
        "date": {"validate": "date", "criteria": "between", "minimum": date(1990, 1, 1), "maximum": date(2100, 1, 1)},
        "text": {"validate": "any"},
    }
    rule = rules[cell.takes] | {"input_message": cell.message[:255], "error_message": cell.wrong[:255]}
    (row, column), *others = places
    page.data_validation(row, column, row, column, rule | {"other_cells": [[*place, *place] for place in others]})


def listed(choices: tuple[str, ...], columns: dict[tuple[str, ...], str], lists: Any) -> str:
    """The cells of the hidden sheet that hold the choices: in a cell of their own they may be long and hold commas."""
    if not choices:
        return ""
    if choices not in columns:
        column = len(columns)
        for row, choice in enumerate(choices):
            lists.write_string(row, column, choice)
        first, last = fixed(0, column), fixed(len(choices) - 1, column)
        columns[choices] = f"={LISTS}!{first}:{last}"
    return columns[choices]
