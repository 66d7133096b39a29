"""What things are called on a page: agencies, rows, classes, where a figure comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

import pandas as pd

from .. import words
from ..case import Case
from ..case.classes import Class
from ..index.values import basis
from ..words import NOTHING, absent, name, number, percent, text, title, title_of_year
from .blocks import Cell, Column


def agencies(case: Case, lang: str, *before: Case) -> dict[str, str]:
    """agency -> its name; where a page lists those of earlier years too, theirs."""
    return words.agencies([row for each in (*before, case) for row in each.agencies.to_dict("records")], lang)


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


def as_points(case: Case, lang: str) -> Callable[[Any], str]:
    """`points` of one case in one language."""
    return lambda x: points(x, case, lang)


def maximum(x: Any, lang: str) -> str:
    """Maximum points as written, with as many decimals as they have."""
    places = 0 if absent(x) else next((p for p in range(12) if (Fraction(repr(float(x))) * 10**p).denominator == 1), 12)
    return number(x, lang, places)


def class_edge(c: Class, lang: str) -> str:
    """Where a class begins, in words."""
    if c.within is not None:
        key, edge = "within" if c.includes_cut else "nearer", share(c.within, lang, 1)
    else:
        key, edge = "from" if c.includes_cut else "above", share(c.cut, lang, 1)
    return text(f"policy.class.{key}" if c.within or c.cut else "policy.class.rest", lang, cut=edge)


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


def made(case: Case, lang: str, *functions: str, on: str | None = None) -> str:
    """The line under a figure, with the functions that made it."""
    return text("page.made", lang, source=source(case, lang, on), functions=", ".join(functions))


def changes(changed: Mapping[str, tuple[str, str]], lang: str) -> list[str]:
    """What is another now than when it was judged (`case.answered.Answers.changes`)."""
    found = []
    for column, (then, now) in changed.items():
        if column == "evidence":
            was, here = (set(one.split(";")) - {"-", ""} for one in (then, now))
            counts = {"came": len(here - was), "went": len(was - here)}
            found += [text(f"page.changed.{key}", lang, n=number(n, lang)) for key, n in counts.items() if n]
        else:
            cells = {"column": text(f"page.changed.{column}", lang), "then": then or NOTHING, "now": now or NOTHING}
            found.append(text("page.changed.cell", lang, **cells))
    return found


def shown_of(shown: int, whole: int, lang: str) -> str:
    """How many rows of how many; nothing where all are shown."""
    return text("page.shown", lang, shown=number(shown, lang), all=number(whole, lang)) if shown < whole else ""


def still_open(waiting: pd.DataFrame, lang: str) -> str:
    """How many items are open, and for what.  waiting: from `verify.open_items`"""
    if waiting.empty:
        return text("open.none", lang)
    kinds = waiting["kind"].value_counts().sort_index()
    listed = "; ".join(text(f"open.of.{kind}", lang, n=number(n, lang)) for kind, n in kinds.items())
    idle = int((~waiting["counts"]).sum())
    return joined(
        text("open.some", lang, n=number(len(waiting), lang), list=listed),
        text("open.idle", lang, n=number(idle, lang)) if idle else "",
    )


def joined(*notes: str) -> str:
    """Notes in one, without the empty ones."""
    return " ".join(note for note in notes if note)


def yes(x: Any, lang: str) -> str:
    """A truth value in words; "–" where it is not known."""
    return NOTHING if x is None or pd.isna(x) else text(f"page.{'yes' if x else 'no'}", lang)


def agency(case: Case, lang: str, kind: str = "name") -> Column:
    """The column that names the agency of each row."""
    named = agencies(case, lang)
    return Column(text("page.agency", lang), kind, lambda row: named[row["agency"]])


def indicator(case: Case, lang: str, key: str = "node", kind: str = "name") -> Column:
    """The column that names the row of the index set whose code stands under the key."""
    named = rows(case, lang)
    return Column(text("page.row", lang), kind, lambda row: named[row[key]])


def numbers(
    page: str, keys: Iterable[str], lang: str, write: Callable[[Any], str | Cell] | None = None
) -> list[Column]:
    """Columns of numbers, headed by the page's words; `write` makes a cell of what a row holds under the key."""

    def cell(key: str) -> Callable[[dict[Any, Any]], str | Cell] | None:
        return write and (lambda row: write(row[key]))

    return [Column(text(f"{page}.head.{key}", lang), "number", cell(key)) for key in keys]


def lists(scoped: bool, lang: str) -> list[Column]:
    """The column that names the list of each agency; none where there is one list."""
    return [Column(text("report.list", lang), cell=lambda row: row["scope"])] if scoped else []
