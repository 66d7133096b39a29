"""Which changes are material: larger than what another verifier would have changed."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import sqrt

import pandas as pd

from .. import confidence
from ..case.links import MATCHED
from ..case.tables import rows_of
from .comparison import Comparison
from .identity import UNCHANGED
from .matching import additive

COLUMNS = ["agency", "performance", "news"]


def noise(compared: Sequence[Comparison], spread: Sequence[float | None]) -> float | None:
    """What verification alone may change in the performance of an agency since the year before the last.

    compared   `compare_series`; the last pair counts
    spread     year by year, the standard deviation of one verifier's share on one row (`verify.repeatability`)

    Rows are taken as independent; nothing is known (None) where a year was never verified twice, or where a score is no
    sum of its rows.
    """
    if not compared or None in spread[-2:] or not additive(compared[-1].before, compared[-1].after):
        return None
    before, after = (float(x or 0) for x in spread[-2:])
    pairs = compared[-1].matches[compared[-1].matches["kind"].isin(MATCHED)]
    squares = sum(float((a + b) / 2) ** 2 for a, b in rows_of(pairs, "weight_before", "weight_after"))
    return round(confidence.normal(), 2) * sqrt(squares * (before**2 + after**2))


def material_changes(compared: Sequence[Comparison], limit: float | None) -> pd.DataFrame:
    """Every agency's performance in the last year against the noise of verification.

    limit   `noise`; None: judged without it

    Returns agency, performance (Fraction or None), news: up, down, noise (not larger than the limit), none (exactly no
    change), estimate (a merged or split agency: never material), not-comparable (the index set, or so many answers
    missing that the agency is none of `Comparison.like_for_like`). In the order of `changes`; empty where there is no
    earlier year.
    """
    rows = [
        (agency, moved, verdict(flag, moved, limit, agency in step.like_for_like))
        for step in compared[-1:]
        for agency, flag, moved in rows_of(step.changes, "agency", "flag", "performance")
    ]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"performance": object})


def verdict(flag: str, moved: Fraction | None, limit: float | None, comparable: bool) -> str:
    """One word for one change."""
    if not comparable or moved is None:
        return "not-comparable"
    if flag != UNCHANGED:
        return "estimate"
    if moved == 0:
        return "none"
    if limit is not None and abs(moved) <= limit:
        return "noise"
    return "up" if moved > 0 else "down"
