"""A whole calculation as a workbook of live formulas: from what was reported and verified to points, branch sums, the
published score, rank and class. For the public: it holds no notes, reasons, documents or persons.

The values that stand beside the formulas are those of the exact score, so that a viewer that does not calculate shows
them too. Every step of the score is a formula, for every rule; the one exception is the coverage of a set that both
asks for a least coverage and takes the best or worst of some rows.
"""

from __future__ import annotations

from ...case import Case
from ...index import Exact
from ...languages import OFFICIAL
from ..book import Book
from ..write import write
from .branches import branches_sheet, share_cells
from .cover import cover_sheet
from .inputs import inputs_sheet, options_sheet, set_sheet
from .plan import Plan
from .points import points_sheet
from .result import result_sheet


def calculation_bytes(case: Case, exact: Exact, lang: str = OFFICIAL) -> bytes:
    """The workbook as the bytes of an .xlsx file; the same case, the same bytes.

    exact   `index.evaluate` of the case; says which values the result stands on
    lang    of the words; names that exist in one language only stay in it
    """
    return write(calculation_book(case, exact, lang))


def calculation_book(case: Case, exact: Exact, lang: str = OFFICIAL) -> Book:
    """The same, declared."""
    plan = Plan(case, exact, lang)
    options = options_sheet(plan)
    sheets = [
        cover_sheet(plan),
        set_sheet(plan),
        *([] if options is None else [options]),
        inputs_sheet(plan),
        points_sheet(plan, share_cells(plan)),
        branches_sheet(plan),
        result_sheet(plan),
    ]
    return Book(tuple(sheets), {}, f"{plan.sheet('cover')} · {plan.title}", case.settings.points_decimals)
