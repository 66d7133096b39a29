"""The table of flags: what was noticed, where, how strongly. Why it may be honest is said by the words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

COLUMNS = ["flag", "agency", "indicator", "strength", "value", "expected", "other"]
NUMBERS = ("strength", "value", "expected")
BLANK = {name: float("nan") if name in NUMBERS else "" for name in COLUMNS}


def frame(rows: Iterable[Mapping[str, Any]] | pd.DataFrame) -> pd.DataFrame:
    """Flags in their fixed order: strength first, then agency, indicator, other; cells not given are nan or "".

    flag        what was noticed (a code)
    agency      whose row; "" when it concerns the whole group
    indicator   the row of the index set; "" when it concerns the agency as a whole
    strength    larger is stronger; to be compared within one flag only
    value, expected   what was found and what it was held against (their unit depends on the flag)
    other       the other agency, the document, the class, the relation
    """
    if isinstance(rows, pd.DataFrame):
        cells = (rows[name].tolist() if name in rows else [BLANK[name]] * len(rows) for name in COLUMNS)
        given: Iterable[tuple[Any, ...]] = zip(*cells, strict=True)
    else:
        given = (tuple(row.get(name, BLANK[name]) for name in COLUMNS) for row in rows)
    ordered = sorted(given, key=lambda row: (-row[3], *row[1:3], row[6]))
    columns = zip(*ordered, strict=True) if ordered else ((),) * len(COLUMNS)
    return pd.DataFrame(
        {
            name: pd.Series(cells, dtype=float if name in NUMBERS else object)
            for name, cells in zip(COLUMNS, columns, strict=True)
        }
    )


def gather(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Several tables of flags in one; each flag keeps its own order."""
    kept = [part for part in parts if len(part)]
    return pd.concat(kept, ignore_index=True) if kept else frame([])
