"""The course of agencies over several years: scores and ranks as they were, and a chained index where it may be.

A chain multiplies the changes of the matched sub-index from year to year, each under the weights of its earlier year
(Laspeyres; ILO et al., Consumer Price Index Manual, 2020, ch. 9). It is not additive over pillars and drifts, so it
starts anew at 100 where two years cannot be compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import pandas as pd

from ..case import Case
from ..case.tables import rows_of
from ..index import INDEX, Exact, tabulate
from .comparison import Comparison
from .identity import UNCHANGED

BASE = Fraction(100)
COLUMNS = ["agency", "year", "then", "score", "points", "max_points", "rank", "of", "class", "chain", "break"]


def chain(steps: Sequence[tuple[Fraction | None, Fraction | None, bool]]) -> list[Fraction]:
    """The chained index of one agency: one value per year.

    steps   per pair of years: sub-index before and after, and whether the two years may be compared

    A step that may not be compared, or starts from nothing (or less, or ends there), begins again at 100.
    """
    values = [BASE]
    for before, after, comparable in steps:
        if comparable and before is not None and after is not None and before > 0 <= after:
            values.append(values[-1] * after / before)
        else:
            values.append(BASE)
    return values


def results(cases: Sequence[Case], exact: Sequence[Exact]) -> dict[str, pd.DataFrame]:
    """year -> the rows of `index.score` for the index itself."""
    return {case.year: tabulate(case, scored, (INDEX,)) for case, scored in zip(cases, exact, strict=True)}


def course(compared: Sequence[Comparison], scores: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Every agency of the last year, back through the years as long as it is the same one.

    compared   the pairs of years, oldest first
    scores     year -> `results`

    Returns agency (of the last year), year, then (its id in that year), score, points, max_points, rank, of, class,
    chain (a Fraction), break: why the row cannot be compared with the year before, "" where it can, or in the first
    year. new, reorganised, index-set, no-score; few-rows: rows that apply and have answers in both years carry less
    than the declared minimum; from-zero: no points the year before to start from. The line of an agency that was merged
    or split begins with the year it appeared.
    """
    tables = {year: table.set_index("agency").to_dict("index") for year, table in scores.items()}
    steps = [
        (step, step.changes.set_index("agency").to_dict("index"), dict(rows_of(step.related, "agency", "origin")))
        for step in compared
    ]
    rows = []
    agencies = compared[-1].after.tables["agencies"]["agency"].tolist() if compared else []
    for agency in agencies:
        line = back(agency, steps)
        subs = [(change["base_before"], change["base_after"], not broken) for _, _, change, broken in line[1:]]
        for (year, then, _, broken), value in zip(line, chain(subs), strict=True):
            row = tables[year].get(then, {})
            rows.append((agency, year, then, *(row.get(column) for column in COLUMNS[3:9]), value, broken))
    return pd.DataFrame(rows, columns=COLUMNS)


Step = tuple[Comparison, Mapping[str, Mapping], Mapping[str, str]]  # with its changes and origins by agency


def back(agency: str, steps: Sequence[Step]) -> list[tuple[str, str, Mapping, str]]:
    """(year, id in it, change since the year before, why that cannot be compared), oldest first."""
    line: list[tuple[str, str, Mapping, str]] = []
    then = agency
    for step, changes, origins in reversed(steps):
        change = changes.get(then, {})
        line.append((step.after.year, then, change, break_of(step, then, change)))
        if change.get("flag") != UNCHANGED:
            return line[::-1]
        then = origins[then]
    return [(steps[0][0].before.year, then, {}, ""), *line[::-1]]


def break_of(step: Comparison, agency: str, change: Mapping) -> str:
    """Why a year cannot be compared with the one before it."""
    if not change:
        return "new"
    if change["flag"] != UNCHANGED:
        return "reorganised"
    if not step.comparable:
        return "index-set"
    if change["change"] is None:
        return "no-score"
    if agency not in step.like_for_like:
        return "few-rows"
    return "" if change["base_before"] > 0 <= change["base_after"] else "from-zero"
