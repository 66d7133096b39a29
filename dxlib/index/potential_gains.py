"""What an agency could still win, row by row, and how many others have it already."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pandas as pd

from ..case import Case
from ..rules import ONE, ZERO
from .exact import Exact, closed_by
from .rows import year_rows

COLUMNS = ["agency", "code", "share", "to_win", "full", "of"]


def potential(case: Case, exact: Exact) -> pd.DataFrame:
    """What each row would add to each agency's score if it were fully met.

    exact   `exact.evaluate` of the case

    Returns, for every agency with a score and every row below its full share that counts for it: agency, code, share,
    to_win (own weight times what is missing, a share of the index), full (agencies that have the row in full), of
    (agencies to which it applies); the largest first within an agency. Fractions. Empty where the index is no
    arithmetic mean. A row behind a closed gate is not in it: what its answer earns is part of what the row that closes
    it can win. Rows that look at the group cannot be won one by one; they are in the table, for what the best of
    the group has.
    """
    rows = year_rows(case.framework, exact)
    known = {code: [x for x in column if x is not None] for code, column in rows.shares.items()}
    full = {code: (sum(x == ONE for x in column), len(column)) for code, column in known.items()}
    found: list[tuple] = []
    for i, agency in enumerate(rows.agencies):
        if rows.scores[i] is None:
            continue
        own = []
        opened = opens(case, exact, i, rows.patterns[rows.pattern[i]])
        for code, weight in rows.patterns[rows.pattern[i]].items():
            share = rows.shares[code][i]
            if share is not None and share < ONE and not closed_by(case.framework, exact, code, i):
                own.append((agency, code, share, weight * (ONE - share) + opened.get(code, ZERO), *full[code]))
        found += sorted(own, key=lambda row: -row[3])
    return pd.DataFrame(found, columns=COLUMNS).astype({"share": object, "to_win": object})


def opens(case: Case, exact: Exact, i: int, weights: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """What each row would bring an agency, when it is met, through the rows that it alone keeps closed."""
    found: dict[str, Fraction] = {}
    for code in case.framework.gates.keys() & weights.keys():
        closing = {gate.code for gate in closed_by(case.framework, exact, code, i)}
        share = exact.ungated[code].shares[i]
        if len(closing) == 1 and share is not None:
            (gate,) = closing
            found[gate] = found.get(gate, ZERO) + weights[code] * share
    return found


def reach(case: Case, score: Fraction, rows: pd.DataFrame) -> tuple[int, int] | None:
    """The next higher class and the fewest rows that, fully met, reach it; None at the top, where nothing does, and
    where classes are two-sided: more is not better there.

    score   of one agency;  rows   its rows of `potential`, the largest first
    """
    above, won = case.settings.classes.above(score), ZERO
    if above is None:
        return None
    for n, more in enumerate(rows["to_win"], start=1):
        won += more
        if above.holds(score + won):
            return above.place, n
    return None
