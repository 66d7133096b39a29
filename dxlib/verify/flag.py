"""The table of flags: what was noticed, where, how strongly. Why it may be honest is said by the words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

COLUMNS = ["flag", "agency", "indicator", "strength", "value", "expected", "other"]
NUMBERS = ("strength", "value", "expected")


def frame(rows: Iterable[Mapping[str, Any]] | pd.DataFrame) -> pd.DataFrame:
    """Flags in their fixed order: strength first, then agency, indicator, other; cells not given are nan or "".

    flag        what was noticed (a code)
    agency      whose row; "" when it concerns the whole group
    indicator   the row of the index set; "" when it concerns the agency as a whole
    strength    larger is stronger; to be compared within one flag only
    value, expected   what was found and what it was held against (their unit depends on the flag)
    other       the other agency, the document, the class, the relation
    """
    given = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows), columns=COLUMNS)
    cells = {name: given.get(name) for name in COLUMNS}
    blank = pd.Series("", index=given.index, dtype=object)
    out = pd.DataFrame(
        {
            name: pd.Series(x, index=given.index, dtype=float)
            if name in NUMBERS
            else blank
            if x is None
            else x.astype(object).fillna("")
            for name, x in cells.items()
        }
    )
    keys = ["strength", "agency", "indicator", "other"]
    return out.sort_values(keys, ascending=[False, True, True, True], kind="stable").reset_index(drop=True)


def gather(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Several tables of flags in one; each flag keeps its own order."""
    kept = [part for part in parts if len(part)]
    return pd.concat(kept, ignore_index=True) if kept else frame([])
