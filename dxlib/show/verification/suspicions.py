"""Flags and evidence: what to look at, and what an honest reason could be."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ...case import Case
from ...words import name, number, percent, text
from .. import labels
from ..blocks import Column, Table, filled, table

PERCENT_FLAGS = ("inflation", "deviation", "jump", "peers", "near_copy")
POINT_FLAGS = ("own_sum", "no_evidence", "thin_evidence", "empty_document")


def flag_summary(case: Case, flags: pd.DataFrame, lang: str) -> Table | None:
    """Every kind of flag that was raised: how often, what it means, and what an honest reason could be."""
    body = [
        [
            text(f"flag.{kind}.name", lang),
            number(len(rows), lang),
            number(rows.loc[rows["agency"] != "", "agency"].nunique(), lang) if (rows["agency"] != "").any() else "–",
            text(f"flag.{kind}.what", lang),
            text(f"flag.{kind}.honest", lang),
        ]
        for kind, rows in flags.groupby("flag", sort=False)
    ]
    heads = [
        Column(text("verification.flag", lang), "name"),
        *labels.numbers("verification", ("times", "agencies"), lang),
    ]
    heads += [Column(text("verification.means", lang)), Column(text("verification.honest", lang))]
    return table(
        text("verification.flag_caption", lang),
        heads,
        body,
        labels.made(case, lang, "dxlib.verify.flags"),
        text("verification.flag_note", lang),
    )


def flag_table(case: Case, flags: pd.DataFrame, lang: str, most: int = 4) -> Table | None:
    """The strongest flags of every kind: where, what was found, what it was held against."""
    named, codes = labels.agencies(case, lang), labels.rows(case, lang)
    shown, group = flags.groupby("flag", sort=False).head(most), text("verification.whole_group", lang)
    return filled(
        text("verification.flag_table_caption", lang),
        shown,
        [
            Column(text("verification.flag", lang), "name", lambda r: text(f"flag.{r['flag']}.name", lang)),
            Column(text("page.agency", lang), cell=lambda r: named.get(r["agency"], group)),
            Column(text("page.row", lang), cell=lambda r: codes.get(r["indicator"], "–")),
            Column(text("verification.found", lang), cell=lambda r: flag_words(case, r, named, codes, lang)),
        ],
        labels.made(case, lang, "dxlib.verify.flags"),
        labels.joined(text("verification.flag_table_note", lang), labels.shown_of(len(shown), len(flags), lang)),
    )


def flag_words(case: Case, row: dict[str, Any], named: dict[str, str], codes: dict[str, str], lang: str) -> str:
    """What was found, with its figures."""

    def shown(x: float) -> str:
        if row["flag"] in PERCENT_FLAGS:
            return percent(x, lang, 1)
        if row["flag"] in POINT_FLAGS:
            return labels.points(x, case, lang)
        return number(x, lang, 0 if x != x or x == int(x) else 2)

    others = [named.get(part) or codes.get(part) or relation_name(case, part, lang) for part in row["other"].split(";")]
    if row["flag"] == "bunching":
        others = [labels.classes(case, lang)[int(row["other"])]]
    facts = {"value": shown(row["value"]), "expected": shown(row["expected"]), "other": "; ".join(others)}
    facts["strength"] = number(row["strength"], lang, 1)
    return text(f"flag.{row['flag']}.found", lang, **facts)


def relation_name(case: Case, other: str, lang: str) -> str:
    """What a relation says, or the text itself."""
    rows = case.relations
    found = rows[rows["relation"] == other].to_dict("records")
    return (name({**found[0], "name": other}, lang) if found else other) or other


def coverage_table(case: Case, coverage: pd.DataFrame, lang: str, most: int = 20) -> Table | None:
    """Claimed points without an admissible document, the largest first."""
    if case.evidence.empty:
        return None
    rows = coverage.assign(bare=coverage["points_claimed"] - coverage["points_supported"])
    rows = rows[rows["bare"] > 0].sort_values(["bare", "agency"], ascending=[False, True], kind="stable")
    shown = rows.head(most)
    return filled(
        text("verification.coverage_caption", lang),
        shown,
        [
            labels.agency(case, lang),
            *labels.numbers("verification", ("claims", "with_document"), lang, lambda x: number(x, lang)),
            *labels.numbers("verification", ("points_claimed", "bare"), lang, labels.as_points(case, lang)),
            *labels.numbers("verification", ["point_coverage"], lang, lambda x: percent(x, lang, 0)),
        ],
        labels.made(case, lang, "dxlib.verify.coverage"),
        labels.joined(text("verification.coverage_note", lang), labels.shown_of(len(shown), len(rows), lang)),
    )
