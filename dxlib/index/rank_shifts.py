"""What a change does: who moves, how many places, which class."""

from __future__ import annotations

import pandas as pd

from .exact import INDEX

COLUMNS = (
    "agency scope score_before score_after points_before points_after rank_before rank_after places "
    "of_before of_after class_before class_after change"
).split()


def compare(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Two tidy tables of `score`, agency by agency (every agency of either).

    Returns agency, scope, score_before, score_after, points_before, points_after, rank_before, rank_after,
    places (positive: moved up; empty where a rank is missing), of_before, of_after, class_before,
    class_after, change (same, moved, entered, left), and before that, where conditions or quotas decide classes,
    class_reason_before and class_reason_after (see `classified.Classified`); ordered by the rank after. Ranks of lists
    of different length are shown side by side, places are not counted between them.
    """
    keep = ["agency", "scope", "score", "points", "rank", "of", "class"]
    told = any("class_reason" in table for table in (before, after))
    keep += ["class_reason"] if told else []
    tables = [table.loc[table["node"] == INDEX].reindex(columns=keep) for table in (before, after)]
    both = tables[0].merge(
        tables[1], on="agency", how="outer", suffixes=("_before", "_after"), sort=False, indicator="change"
    )
    both["scope"] = both["scope_after"].fillna(both["scope_before"])
    same_list = (both["of_before"] == both["of_after"]) & (both["scope_before"] == both["scope_after"])
    both["places"] = (both["rank_before"] - both["rank_after"]).where(same_list.fillna(False).astype(bool))
    stays = (both["rank_before"].fillna(0) == both["rank_after"].fillna(0)) & (
        both["class_before"].fillna(0) == both["class_after"].fillna(0)
    )
    kinds = {"left_only": "left", "right_only": "entered"}
    both["change"] = [
        kinds.get(str(kind), "same" if stay else "moved") for kind, stay in zip(both["change"], stays, strict=True)
    ]
    columns = [*COLUMNS[:-1], *(("class_reason_before", "class_reason_after") if told else ()), COLUMNS[-1]]
    for column in ("class_reason_before", "class_reason_after") if told else ():
        both[column] = both[column].fillna("")
    both = both.sort_values(["scope", "rank_after", "agency"], na_position="last", kind="stable")
    return both[columns].reset_index(drop=True)
