"""Flags and evidence: what to look at, and what an honest reason could be."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ...case import Case
from ...words import name, number, percent, text
from .. import labels
from ..blocks import Column, Table, table

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
    chosen = flags.groupby("flag", sort=False).head(most)
    body = [
        [
            text(f"flag.{r['flag']}.name", lang),
            named.get(r["agency"], text("verification.whole_group", lang)),
            codes.get(r["indicator"], "–"),
            flag_words(case, r, named, codes, lang),
        ]
        for r in chosen.to_dict("records")
    ]
    heads = [
        Column(text("verification.flag", lang), "name"),
        Column(text("page.agency", lang)),
        Column(text("page.row", lang)),
        Column(text("verification.found", lang)),
    ]
    note = labels.joined(text("verification.flag_table_note", lang), labels.shown_of(len(body), len(flags), lang))
    return table(
        text("verification.flag_table_caption", lang), heads, body, labels.made(case, lang, "dxlib.verify.flags"), note
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
    named = labels.agencies(case, lang)
    body = [
        [
            named[r["agency"]],
            number(r["claims"], lang),
            number(r["with_document"], lang),
            labels.points(r["points_claimed"], case, lang),
            labels.points(r["bare"], case, lang),
            percent(r["point_coverage"], lang, 0),
        ]
        for r in rows.head(most).to_dict("records")
    ]
    keys = ("claims", "with_document", "points_claimed", "bare", "point_coverage")
    return table(
        text("verification.coverage_caption", lang),
        [Column(text("page.agency", lang), "name"), *labels.numbers("verification", keys, lang)],
        body,
        labels.made(case, lang, "dxlib.verify.coverage"),
        labels.joined(text("verification.coverage_note", lang), labels.shown_of(len(body), len(rows), lang)),
    )
