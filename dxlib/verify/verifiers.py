"""Would another verifier have decided the same, and what became of the appeals?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from .agreement import FEW, GRADES, NAN, PLACES, bootstrap, full_list, icc, observed_agreement, weighted_kappa

REWRITE = 0.667  # below this alpha the scoring rule itself is in doubt (Krippendorff 2004, chapter 11)
DOUBLES = ["agency", "indicator", "verifier_1", "verifier_2", "share_1", "share_2"]
BETWEEN = ["indicator", "n", "agreement", "kappa", "alpha", "icc2", "mean_difference", "rewrite"]
LENIENCY = ["verifier", "items", "agencies", "mean_difference", "low", "high"]
OUTCOMES = ["full", "partial", "rejected", "lowered", "pending"]
SUMMARY = ["verdicts", "lodged", "rate", *OUTCOMES, "restored", "taken", "median_days", "longest_days"]
BY_VERIFIER = ["verifier", "verdicts", "cut", "appeals", "restored"]


def krippendorff(table: ArrayLike, level: str) -> float | None:
    """Alpha, agreement of any number of coders with holes: (coders, units), nan where a coder did not score.

    level  nominal, ordinal, interval or ratio (ratio: no value below 0)

    1 is full agreement, 0 what chance gives; negative estimates stay. None where no unit has two scores or all
    scores that can be paired are equal. ValueError for another level or a negative ratio.

    Source: Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, sections C to E.
    """
    table = np.asarray(table, dtype=float)
    if level not in ("nominal", "ordinal", "interval", "ratio"):
        raise ValueError("the level is nominal, ordinal, interval or ratio")
    if level == "ratio" and (table < 0).any():
        raise ValueError("a ratio scale has no value below 0")
    table = np.round(table, PLACES)
    scored = (~np.isnan(table)).sum(axis=0)
    table, scored = table[:, scored > 1], scored[scored > 1]
    values, count = np.unique(table[~np.isnan(table)], return_counts=True)
    if level == "ordinal":  # the distance of two grades is that of their mean ranks
        held = ~np.isnan(table)
        ranks = np.cumsum(count) - count / 2
        table[held] = ranks[np.searchsorted(values, table[held])]
        values = ranks
    observed = sum(
        np.nansum(squared_distance(table[i], table[j], level) / (scored - 1))
        for i in range(len(table))
        for j in range(len(table))
        if i != j
    )
    expected = sum(c * (count * squared_distance(v, values, level)).sum() for v, c in zip(values, count, strict=True))
    return 1 - float((count.sum() - 1) * observed / expected) if expected else None


def squared_distance(x: np.ndarray, y: np.ndarray, level: str) -> np.ndarray:
    """Krippendorff's squared difference of each pair; nan where either is nan."""
    if level == "nominal":
        return np.where(np.isnan(x - y), NAN, x != y)
    if level == "ratio":
        return ((x - y) / np.where(x + y == 0, 1.0, x + y)) ** 2
    return (x - y) ** 2


def double_verified(steps: pd.DataFrame) -> pd.DataFrame:
    """Cells that two different verifiers scored before any appeal.

    steps  agency, indicator, step, stage (verify, appeal), points_share (share of the maximum after the step),
           decided_by

    Returns agency, indicator, verifier_1, verifier_2, share_1, share_2, in the order of the steps table: the
    first verify step of a cell and the first one after it by somebody else (a third is taken for the one that
    settles). Steps without a share or without a name are left out.

    Source: the 10 % blind overlap of OECD/JRC (2008) style verification; step 1 of `between_verifiers`.
    """
    named = steps["points_share"].notna() & (steps["decided_by"].fillna("") != "")
    cells: dict[tuple[str, str], list[tuple[str, float]]] = {}
    closed = set()
    used = steps.assign(named=named)
    place = {cell: None for cell in zip(used["agency"], used["indicator"], strict=True)}
    return pd.DataFrame([], columns=DOUBLES)
