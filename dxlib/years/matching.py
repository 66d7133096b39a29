"""Which row of one year's index set is which of the other's. The same code is never a link between two years."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import pandas as pd

from ..case import Case
from ..case.links import MATCHED, difference
from ..case.tables import rows_of
from ..index.rows import nominal_weights, scored_leaves, units
from ..rules import ZERO

COLUMNS = ["code", "from_code", "kind", "weight_before", "weight_after"]


def additive(before: Case, after: Case) -> bool:
    """Whether the scores of both years are sums of weight x share."""
    return before.framework.aggregate == after.framework.aggregate == "arithmetic"


def compared_rows(before: Case, after: Case) -> tuple[list[str], list[str]]:
    """The rows of either year that are compared: those whose weighted shares add up to the score (`rows.units`), or all
    leaves where one of the two scores is no such sum."""
    rows = units if additive(before, after) else scored_leaves
    return rows(before.framework), rows(after.framework)


def match(before: Case, after: Case) -> pd.DataFrame:
    """The rows of two years side by side.

    Returns code (of the later year), from_code, kind (same, rescaled, redefined, merged, split; added: no earlier row,
    removed: no later one), weight_before and weight_after (Fractions: share of the index when nothing is exempt), for
    every one of `compared_rows`. A row that links.csv calls the same although its rule is another
    counts as redefined. Two states of one year and group are matched by their codes.
    """
    old, new = before.framework, after.framework
    old_rows, new_rows = compared_rows(before, after)
    then = dict.fromkeys(old_rows, ZERO) | nominal_weights(old, old_rows)
    now = dict.fromkeys(new_rows, ZERO) | nominal_weights(new, new_rows)
    taken: set[str] = set()
    rows: list[tuple[str, str, str]] = []
    for code, from_code, kind in linked(before, after):
        if code not in now or from_code not in then:
            continue
        if kind in MATCHED and (from_code in taken or difference(new.nodes[code], old.nodes[from_code], "rescaled")):
            kind = "redefined"
        if kind in MATCHED:
            taken.add(from_code)
        rows.append((code, from_code, kind))
    continued, continuing = {row[1] for row in rows}, {row[0] for row in rows}
    rows += [(code, "", "added") for code in new_rows if code not in continuing]
    rows += [("", code, "removed") for code in old_rows if code not in continued]
    body = [(*row, then.get(row[1]), now.get(row[0])) for row in rows]
    return pd.DataFrame(body, columns=COLUMNS).astype({"weight_before": object, "weight_after": object})


def linked(before: Case, after: Case) -> Iterator[tuple[str, str, str]]:
    """(code, from_code, kind) of every link between the two, in the order of the later set."""
    if (before.year, before.group) == (after.year, after.group):
        for code, node in after.framework.nodes.items():
            if code in before.framework.nodes:
                old = before.framework.nodes[code]
                yield code, code, "rescaled" if difference(node, old, "same") else "same"
        return
    for code, year, group, from_code, kind in rows_of(
        after.tables["links"], "code", "from_year", "from_group", "from_code", "kind"
    ):
        if (year, group) == (before.year, before.group):
            yield code, from_code, kind


def matched(matches: pd.DataFrame) -> list[tuple[str, str]]:
    """(row of the later year, row of the earlier one) of the rows that are compared."""
    return [(code, old) for code, old, kind in rows_of(matches, "code", "from_code", "kind") if kind in MATCHED]


def comparable(matches: pd.DataFrame) -> Fraction:
    """The smaller of the parts of either year's index that the matched rows carry."""
    matched = matches[matches["kind"].isin(MATCHED)]
    return min(sum(matched[column].tolist(), Fraction(0)) for column in ("weight_before", "weight_after"))
