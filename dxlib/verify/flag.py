"""The table of flags: what was noticed, where, how strongly. Why it may be honest is said by the words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

COLUMNS = ["flag", "agency", "indicator", "strength", "value", "expected", "other"]
NUMBERS = ("strength", "value", "expected")
NAN = float("nan")
BLANK = {name: NAN if name in NUMBERS else "" for name in COLUMNS}


def noticed(
    flag: str, agency: str, indicator: str, strength: float, value: float, expected: float = NAN, other: str = ""
) -> dict[str, Any]:
    """One row of the table, see `frame`."""
    return dict(zip(COLUMNS, (flag, agency, indicator, strength, value, expected, other), strict=True))


def frame(rows: Iterable[Mapping[str, Any]] | pd.DataFrame) -> pd.DataFrame:
    """Flags in their fixed order: strength first, then agency, indicator, other; cells not given are nan or "".

    flag        what was noticed (a code)
    agency      whose row; "" when it concerns the whole group
    indicator   the row of the index set; "" when it concerns the agency as a whole
    strength    larger is stronger; to be compared within one flag only
    value, expected   what was found and what it was held against (their unit depends on the flag)
    other       the other agency, the document, the class, the relation
    """
    rows = rows if isinstance(rows, pd.DataFrame) else list(rows)
    cells = {
        name: np.array(column_of(rows, name), dtype=float if name in NUMBERS else object).reshape(len(rows))
        for name in COLUMNS
    }
    texts = [pd.factorize(cells[name], sort=True)[0] for name in ("other", "indicator", "agency")]
    order = np.lexsort((*texts, -cells["strength"]))
    return pd.DataFrame({name: pd.Series(column[order], dtype=column.dtype) for name, column in cells.items()})


def column_of(rows: Sequence[Mapping[str, Any]] | pd.DataFrame, name: str) -> Sequence[Any]:
    if isinstance(rows, pd.DataFrame):
        return rows[name].tolist() if name in rows else [BLANK[name]] * len(rows)
    return [row.get(name, BLANK[name]) for row in rows]


def gather(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Several tables of flags in one; each flag keeps its own order."""
    kept = [part for part in parts if len(part)]
    return pd.concat(kept, ignore_index=True) if kept else frame([])
