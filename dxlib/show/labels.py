"""What things are called on a page: agencies, rows, classes, where a figure comes from."""

from __future__ import annotations

from typing import Any

from ..case import Case
from ..index.values import basis
from ..words import name, number, percent, text, title, title_of_year


def agencies(case: Case, lang: str) -> dict[str, str]:
    """agency -> its name."""
    return {row["agency"]: name(row, lang) for row in case.agencies.to_dict("records")}


def rows(case: Case, lang: str) -> dict[str, str]:
    """code -> name of every row of the index set, with its number where it is numbered."""
    found = {}
    for row in case.indicators.to_dict("records"):
        called = name(row, lang)
        numbered = row["code"][0].isdigit() and called != row["code"]
        found[row["code"]] = f"{row['code']}. {called}" if numbered else called
    return found


def classes(case: Case, lang: str) -> dict[int, str]:
    """1-based position -> name of the class."""
    return {i: title(c.name, lang) for i, c in enumerate(case.settings.classes, start=1)}


def points(x: Any, case: Case, lang: str) -> str:
    """Points as printed."""
    return number(x, lang, case.settings.points_decimals)


def maximum(x: Any, case: Case, lang: str) -> str:
    """Maximum points: without decimals where they are whole."""
    return number(x, lang, 0 if x == x and x == int(x) else case.settings.points_decimals)


def share(x: Any, lang: str, decimals: int = 2) -> str:
    return percent(x, lang, decimals)


def source(case: Case, lang: str, on: str | None = None) -> str:
    """The line under a figure: which data, which basis."""
    key = basis(case, on) if case.has_claims else "measured"
    return text(
        "page.source",
        lang,
        title=title_of_year(case.settings.title, case.year, lang),
        basis=text(f"page.basis.{key}", lang),
    )
