"""The tidy table of a scored case: one row per agency and node."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction

import pandas as pd

from ..case import Case
from ..case.settings import Class
from .rank import ranked_on, ranks_by_scope
from .rounding import scaled
from .score import INDEX, Column, Exact, evaluate

SCORE_DECIMALS = 12
COLUMNS = ["year", "group", "agency", "scope", "node", "level", "score", "points", "max_points", "rank", "of", "class", "state"]  # fmt: skip


def score(case: Case, on: str | None = None) -> pd.DataFrame:
    """Scores, ranks and classes of a case.

    on   verified (default once there are verdicts, or for measured figures), current, or claimed

    Returns one row per agency (order of agencies.csv) and node (tree order, the index first):
    year, group, agency, scope, node, level (0 = index), score (share of the own maximum, 12 decimals),
    points and max_points (own; rounded to points_decimals), rank, of (length of the list), class
    (1 = the highest of index.toml), state. Raises Refusal.
    """
    return tabulate(case, evaluate(case, on))


def tabulate(case: Case, exact: Exact, only: Collection[str] = ()) -> pd.DataFrame:
    """The tidy table of exact scores; of some nodes when `only` names them."""
    settings, framework, n = case.settings, case.framework, len(exact.agencies)
    agencies = case.tables["agencies"]
    scopes = agencies["scope"].tolist()
    ranked = [r != "no" and c >= settings.min_coverage for r, c in zip(agencies["ranked"], exact.coverage, strict=True)]
    blocks: dict[str, list[list]] = {name: [] for name in COLUMNS[5:]}
    nodes = [code for code in exact.columns if not only or code in only]
    for code in nodes:
        column = exact.columns[code]
        deciding = [ranked_on(s, r, settings) for s, r in zip(column.shares, column.rooms, strict=True)]
        rank, of = ranks_by_scope(deciding, scopes, ranked)
        level = 0 if code == INDEX else framework.nodes[code].level
        blocks["level"].append([level] * n)
        blocks["score"].append([decimal(s, SCORE_DECIMALS, settings.half) for s in column.shares])
        points, maxima = printed_points(column, exact.extra[code].shares if code in exact.extra else None, settings.points_decimals, settings.half)
        blocks["points"].append(points)
        blocks["max_points"].append(maxima)
        blocks["rank"].append(rank)
        blocks["of"].append(of)
        classes = [classify(s, settings.classes) for s in deciding] if code == INDEX else [None] * n
        blocks["class"].append(classes)
        blocks["state"].append(column.states)
    frame = {"year": settings.year, "group": settings.group, "agency": [a for a in exact.agencies for _ in nodes],
             "scope": [s for s in scopes for _ in nodes], "node": nodes * n}  # fmt: skip
    for name, columns in blocks.items():
        cells = [column[i] for i in range(n) for column in columns]
        frame[name] = pd.array(cells, dtype="Int64") if name in ("rank", "of", "class") else cells
    return pd.DataFrame(frame, columns=COLUMNS)


def decimal(x: Fraction | None, decimals: int, half: str) -> float:
    """The float nearest to x rounded exactly; nan for None."""
    return float("nan") if x is None else scaled(x.numerator, x.denominator, decimals, half) / 10**decimals


def printed_points(column: Column, extra: list[Fraction | None] | None, decimals: int, half: str) -> tuple[list[float], list[float]]:
    """Points and own maxima as printed. Bonus and penalty rows have points and no maximum; a row that is
    left out for an agency has neither."""
    nan = float("nan")
    if extra is not None:
        return [decimal(p, decimals, half) for p in extra], [nan] * len(extra)
    points, maxima = [], []
    for share, room, blocked in zip(column.shares, column.rooms, column.blocked, strict=True):
        if share is None:
            points.append(nan)
            maxima.append(decimal(room, decimals, half) if blocked and room else nan)
            continue
        product = scaled(share.numerator * room.numerator, share.denominator * room.denominator, decimals, half)
        points.append(product / 10**decimals)
        maxima.append(decimal(room, decimals, half))
    return points, maxima


def classify(share: Fraction | None, classes: tuple[Class, ...]) -> int | None:
    """1-based position of the highest class whose cut the share reaches; None without score or classes."""
    if share is None:
        return None
    return next((i for i, c in enumerate(classes, start=1) if c.holds(share)), None)


def to_csv(table: pd.DataFrame) -> str:
    """The tidy table as CSV text: scores with 12 decimals, points and maxima as short as they are, LF."""
    out = table.copy()
    out["score"] = ["" if x != x else f"{x:.{SCORE_DECIMALS}f}" for x in table["score"]]
    return out.to_csv(index=False, lineterminator="\n")
