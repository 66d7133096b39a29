"""Two verifiers of one item, and appeals."""

from __future__ import annotations

import pandas as pd

from ...case import Case
from ...words import number, percent, text
from .. import labels
from ..blocks import Column, Table, table


def verifiers_table(case: Case, between: pd.DataFrame, lang: str, most: int = 12) -> Table | None:
    """How far two verifiers of the same items agree."""
    codes = labels.rows(case, lang)
    whole, parts = between[between["indicator"] == ""], between[between["indicator"] != ""]
    parts = parts.sort_values(["rewrite", "agreement", "indicator"], ascending=[False, True, True], kind="stable")
    rows = pd.concat([whole[whole["n"] >= 1], parts.head(most)])
    body = [
        [
            codes.get(r["indicator"], text("verification.all_rows", lang)),
            number(r["n"], lang),
            percent(r["agreement"], lang, 0),
            percent(r["mean_difference"], lang, 1),
            number(r["alpha"], lang, 2),
            text(f"verification.{'rewrite' if r['rewrite'] else 'keep'}", lang),
        ]
        for r in rows.to_dict("records")
    ]
    heads = [
        Column(text("page.row", lang), "name"),
        *labels.numbers("verification", ("items", "equal", "mean_difference", "alpha"), lang),
    ]
    heads.append(Column(text("verification.advice", lang)))
    return table(
        text("verification.verifiers_caption", lang),
        heads,
        body,
        labels.made(case, lang, "dxlib.verify.between_verifiers"),
        labels.joined(text("verification.verifiers_note", lang), labels.shown_of(len(rows), len(between), lang)),
    )


def leniency_table(case: Case, lenient: pd.DataFrame, lang: str) -> Table | None:
    """Who scores higher than the other verifier of the same items."""
    body = [
        [
            r["verifier"],
            number(r["items"], lang),
            percent(r["mean_difference"], lang, 1),
            text("verification.from_to", lang, low=percent(r["low"], lang, 1), high=percent(r["high"], lang, 1)),
        ]
        for r in lenient.to_dict("records")
    ]
    heads = [
        Column(text("verification.verifier", lang), "name"),
        *labels.numbers("verification", ("items", "mean_difference", "interval"), lang),
    ]
    return table(
        text("verification.leniency_caption", lang),
        heads,
        body,
        labels.made(case, lang, "dxlib.verify.leniency"),
        text("verification.leniency_note", lang),
    )


def appeals_table(case: Case, by_verifier: pd.DataFrame, appealed: pd.DataFrame, lang: str) -> Table | None:
    """Whose verdicts were contested, and how many points came back."""
    if appealed.empty or not appealed["lodged"].iloc[0]:
        return None
    body = [
        [
            r["verifier"] or "–",
            number(r["verdicts"], lang),
            labels.points(r["cut"], case, lang),
            number(r["appeals"], lang),
            labels.points(r["restored"], case, lang),
        ]
        for r in by_verifier.to_dict("records")
    ]
    row = appealed.iloc[0]
    facts = {key: number(row[key], lang) for key in ("lodged", "full", "partial", "rejected", "lowered", "pending")}
    facts["rate"] = percent(row["rate"], lang, 1)
    taken = {"days": number(row["median_days"], lang), "longest": number(row["longest_days"], lang)}
    decided = row["median_days"] == row["median_days"]
    note = labels.joined(
        text("verification.appeals_note", lang, **facts),
        text("verification.appeals_days", lang, **taken) if decided else "",
    )
    keys = ("verdicts", "cut", "appeals", "restored")
    return table(
        text("verification.appeals_caption", lang),
        [Column(text("verification.verifier", lang), "name"), *labels.numbers("verification", keys, lang)],
        body,
        labels.made(case, lang, "dxlib.verify.appeals"),
        note,
    )
