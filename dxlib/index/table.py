"""The tidy table of a scored case: one row per agency and node."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from ..case import Case
from ..case.settings import Settings
from .classified import Classified, classified
from .exact import INDEX, Column, Exact, coverage
from .rank import deciding_shares, ranks_by_scope
from .rounding import rounded_column
from .values import ABSENT, Leaf

SCORE_DECIMALS = 12
COLUMNS = "year group agency scope node level score points max_points rank of class state".split()


def tabulate(case: Case, exact: Exact, only: Collection[str] = ()) -> pd.DataFrame:
    """The tidy table of exact scores; of some nodes when `only` names them. Rows that an agency does not have are not
    there. Where conditions or quotas decide classes, it also says class_by_cut and class_reason (see
    `classified.Classified`)."""
    settings, framework, n = case.settings, case.framework, len(exact.agencies)
    agencies = case.tables["agencies"]
    scopes = agencies["scope"].tolist()
    ranked = [r != "no" for r in agencies["ranked"]]
    if settings.min_coverage:
        enough = [share >= settings.min_coverage for share in coverage(framework, exact)]
        ranked = [r and e for r, e in zip(ranked, enough, strict=True)]
    blocks: dict[str, list] = {name: [] for name in COLUMNS[5:]}
    nodes = [code for code in exact.columns if not only or code in only]
    found: Classified | None = None
    for code in nodes:
        column, rooted = exact.columns[code], code in framework.rooted
        deciding = deciding_shares(column, settings, rooted)
        rank, of = ranks_by_scope(deciding, scopes, ranked)
        points, maxima = printed_points(column, exact.extra.get(code), settings, rooted)
        classes: list[int | None] = [None] * n
        if code == INDEX:
            found = classified(case, exact, deciding, rank, of, scopes)
            classes = found.places
        level = 0 if code == INDEX else framework.nodes[code].level
        score = rounded_column(column.shares, None, SCORE_DECIMALS, settings.half, rooted)
        cells: tuple[Any, ...] = ([level] * n, score, points, maxima, rank, of, classes, column.states)
        for name, values in zip(blocks, cells, strict=True):
            blocks[name].append(values)
    frame: dict[str, Any] = {
        "year": settings.year,
        "group": settings.group,
        "agency": [a for a in exact.agencies for _ in nodes],
        "scope": [s for s in scopes for _ in nodes],
        "node": nodes * n,
    }
    for name, columns in blocks.items():
        if name in ("score", "points", "max_points"):
            frame[name] = np.array(columns).T.ravel()
        elif name in ("rank", "of", "class"):
            frame[name] = pd.array([value for row in zip(*columns, strict=True) for value in row], dtype="Int64")
        else:
            frame[name] = [value for row in zip(*columns, strict=True) for value in row]
    table = pd.DataFrame(frame)
    if not settings.classes.by_cut and found is not None:
        index = table["node"] == INDEX
        table.loc[index, "class_by_cut"] = pd.array(found.by_cut, dtype="Int64")
        table["class_by_cut"] = table["class_by_cut"].astype("Int64")
        table["class_reason"] = ""
        table.loc[index, "class_reason"] = found.reasons
    return table[table["state"] != ABSENT].reset_index(drop=True) if framework.scoped else table


def printed_points(
    column: Column, extra: Leaf | None, settings: Settings, rooted: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Points as printed, and own maxima as written, which are never rounded. Bonus and penalty rows have points and no
    maximum; a row that is left out for an agency has neither."""
    decimals, half = settings.points_decimals, settings.half
    if extra is not None:
        return rounded_column(extra.shares, None, decimals, half), np.full(len(extra.shares), np.nan)
    points = rounded_column(column.shares, column.own_maxima, decimals, half, rooted)
    maxima = [
        r.numerator / r.denominator if s is not None or (b and r) else np.nan
        for s, b, r in zip(column.shares, column.blocked, column.own_maxima, strict=True)
    ]
    return points, np.array(maxima)


def to_csv(table: pd.DataFrame) -> str:
    """A table of results as CSV text: scores with 12 decimals, other numbers as short as they are, LF."""
    out = table.copy()
    for name in out.select_dtypes("float").columns:
        decimals = SCORE_DECIMALS if str(name).startswith("score") else None
        out[name] = [plain(x, decimals) for x in table[name]]
    return out.to_csv(index=False, lineterminator="\n")


def plain(x: float, decimals: int | None) -> str:
    """A float as decimal text, never with an exponent; "" for nan."""
    if x != x:
        return ""
    text = repr(float(x)) if decimals is None else f"{x:.{decimals}f}"
    return f"{Decimal(text):f}" if "e" in text else text
