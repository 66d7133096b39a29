"""The score of a case: exact from the leaves up, then the tidy table that all pages and products read."""

from __future__ import annotations

import pandas as pd

from ..case import Case
from .exact import evaluate
from .table import tabulate


def score(case: Case, on: str | None = None) -> pd.DataFrame:
    """Scores, ranks and classes of a case.

    on   verified (default once there are verdicts, or for measured figures), current, or claimed

    Returns one row per agency (order of agencies.csv) and node (tree order, the index first):
    year, group, agency, scope, node, level (0 = index), score (share of the own maximum, 12 decimals),
    points (rounded to points_decimals) and max_points (own; as written), rank, of (length of the list), class
    (1 = the highest of index.toml), state. Raises Refusal.
    """
    return tabulate(case, evaluate(case, on))
