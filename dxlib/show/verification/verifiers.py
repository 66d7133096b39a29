"""Two verifiers of one item, and appeals."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ...case import Case
from ...words import number, percent, text
from .. import labels
from ..blocks import Column, Table, filled


def verifiers_table(case: Case, between: pd.DataFrame, lang: str, most: int = 12) -> Table | None:
    """How far two verifiers of the same items agree."""
    codes, every = labels.rows(case, lang), text("verification.all_rows", lang)
    whole, parts = between[between["indicator"] == ""], between[between["indicator"] != ""]
    parts = parts.sort_values(["rewrite", "agreement", "indicator"], ascending=[False, True, True], kind="stable")
    rows = pd.concat([whole[whole["n"] >= 1], parts.head(most)])

    def advice(r: dict[Any, Any]) -> str:
        return text(f"verification.{'rewrite' if r['rewrite'] else 'keep'}", lang)

    return filled(
        text("verification.verifiers_caption", lang),
        rows.rename(columns={"n": "items", "agreement": "equal"}),
        [
            Column(text("page.row", lang), "name", lambda r: codes.get(r["indicator"], every)),
            *labels.numbers("verification", ["items"], lang, lambda x: number(x, lang)),
            *labels.numbers("verification", ["equal"], lang, lambda x: percent(x, lang, 0)),
            *labels.numbers("verification", ["mean_difference"], lang, lambda x: percent(x, lang, 1)),
            *labels.numbers("verification", ["alpha"], lang, lambda x: number(x, lang, 2)),
            Column(text("verification.advice", lang), cell=advice),
        ],
        labels.made(case, lang, "dxlib.verify.between_verifiers"),
        labels.joined(text("verification.verifiers_note", lang), labels.shown_of(len(rows), len(between), lang)),
    )


def leniency_table(case: Case, lenient: pd.DataFrame, lang: str) -> Table | None:
    """Who scores higher than the other verifier of the same items."""

    def interval(r: dict[Any, Any]) -> str:
        return text("verification.from_to", lang, low=percent(r["low"], lang, 1), high=percent(r["high"], lang, 1))

    return filled(
        text("verification.leniency_caption", lang),
        lenient,
        [
            Column(text("verification.verifier", lang), "name", lambda r: r["verifier"]),
            *labels.numbers("verification", ["items"], lang, lambda x: number(x, lang)),
            *labels.numbers("verification", ["mean_difference"], lang, lambda x: percent(x, lang, 1)),
            Column(text("verification.head.interval", lang), "number", interval),
        ],
        labels.made(case, lang, "dxlib.verify.leniency"),
        text("verification.leniency_note", lang),
    )


def appeals_table(case: Case, by_verifier: pd.DataFrame, appealed: pd.DataFrame, lang: str) -> Table | None:
    """Whose verdicts were contested, and how many points came back."""
    if appealed.empty or not appealed["lodged"].iloc[0]:
        return None
    row = appealed.iloc[0]
    facts = {key: number(row[key], lang) for key in ("lodged", "full", "partial", "rejected", "lowered", "pending")}
    facts["rate"] = percent(row["rate"], lang, 1)
    taken = {"days": number(row["median_days"], lang), "longest": number(row["longest_days"], lang)}
    decided = row["median_days"] == row["median_days"]
    points = labels.as_points(case, lang)
    return filled(
        text("verification.appeals_caption", lang),
        by_verifier,
        [
            Column(text("verification.verifier", lang), "name", lambda r: r["verifier"] or "–"),
            *labels.numbers("verification", ["verdicts"], lang, lambda x: number(x, lang)),
            *labels.numbers("verification", ["cut"], lang, points),
            *labels.numbers("verification", ["appeals"], lang, lambda x: number(x, lang)),
            *labels.numbers("verification", ["restored"], lang, points),
        ],
        labels.made(case, lang, "dxlib.verify.appeals"),
        labels.joined(
            text("verification.appeals_note", lang, **facts),
            text("verification.appeals_days", lang, **taken) if decided else "",
        ),
    )
