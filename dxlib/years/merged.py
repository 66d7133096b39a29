"""The earlier year's list on the later map, where the decision orders one: each unit by the mean of its origins.

An estimate, named so on every line, with its origins, and never an official rank. The national index did so for 34
provinces (DTI 2024, published 21/10/2025). Means are exact; equal ones share a place.
"""

from __future__ import annotations

from fractions import Fraction

import pandas as pd

from ..case import Case
from ..case.tables import rows_of
from ..index import INDEX, Exact
from ..index.rank import ranks_by_scope
from ..index.rounding import at_root_precision
from ..rules import ZERO
from .backcast import Number, sizes

ORDERED = "rank-estimate"
COLUMNS = ["agency", "scope", "rank", "of", "score", "flag", "origins", "lacks"]


def merged_ranks(before: Case, after: Case, related: pd.DataFrame, exact: Exact) -> pd.DataFrame:
    """The agencies of the later year by what their origins scored in the earlier one.

    related   of `relate`
    exact     official scores of the earlier year

    Returns, list by list from the best down, those without a place last: agency, scope (of the later year), rank and of
    (places in this list of estimates; null without one), score (share of the maximum, a Fraction: the mean of the
    origins' index scores; None without one), flag (of `relate`: U was the same agency, with its own score), origins
    ((id, score, part that came), ...), lacks ("" with a place, else why there is none: origin, share, size, score,
    list). Every origin weighs the part of it that came, or that part of its size where `merged_mean` of index.toml says
    so. Empty where the decision orders no such list. Source: DTI 2024, as the module says.
    """
    declared, agencies = after.settings.comparison, after.tables["agencies"]
    if declared["merged"] != ORDERED:
        return pd.DataFrame(columns=COLUMNS)
    scores = dict(zip(exact.agencies, exact.columns[INDEX].shares, strict=True))
    found: dict[str, list[tuple[str, Fraction | None]]] = {}
    flags: dict[str, str] = {}
    for agency, origin, share, flag in rows_of(related, "agency", "origin", "share", "flag"):
        flags[agency] = flag
        if agency and origin:
            found.setdefault(agency, []).append((origin, share))
    by_size = declared["merged_mean"] == "size"
    size = sizes(before, declared["size"], scores) if by_size else {}
    rooted = INDEX in before.framework.rooted
    rows: list[tuple] = []
    for agency, scope, ranked in rows_of(agencies, "agency", "scope", "ranked"):
        origins = found.get(agency, [])
        mean, lacks = mean_of(origins, scores, size if by_size else None)
        lacks = lacks or ("list" if ranked == "no" else "")
        told = tuple((origin, scores[origin], share) for origin, share in origins)
        rows.append((agency, scope, mean, flags[agency], told, lacks))
    places, of = ranks_by_scope(
        [at_root_precision(row[2], rooted) for row in rows], [row[1] for row in rows], [not row[5] for row in rows]
    )
    table = pd.DataFrame(
        [(a, s, p, n, *rest) for (a, s, *rest), p, n in zip(rows, places, of, strict=True)], columns=COLUMNS
    ).astype({"rank": "Int64", "of": "Int64", "score": object})
    return table.sort_values(["scope", "rank", "agency"], na_position="last", kind="stable", ignore_index=True)


def mean_of(
    origins: list[tuple[str, Fraction | None]],
    scores: dict[str, Fraction | None],
    size: dict[str, Number] | None,
) -> tuple[Fraction | None, str]:
    """(the mean of the origins' scores, why there is none)."""
    if not origins:
        return None, "origin"
    weighted = []
    for origin, share in origins:
        score, weight = scores[origin], Fraction(1) if len(origins) == 1 else share
        if score is None:
            return None, "score"
        if weight is None:
            return None, "share"
        if size is not None and len(origins) > 1:
            if origin not in size:
                return None, "size"
            weight *= size[origin]
        weighted.append((weight, score))
    whole = sum((weight for weight, _ in weighted), ZERO)
    return sum((weight * score for weight, score in weighted), ZERO) / whole, ""
