"""What could still change the ranking."""

from __future__ import annotations

import pandas as pd

from ...case import Case
from ...verify.materiality import Open
from ...words import number, text
from .. import charts, labels
from ..blocks import Chart, Column, Sentences, Table, filled, sentences
from .first import closing


def materiality_sentence(
    case: Case, ranges: pd.DataFrame, decisive: pd.DataFrame, unsettled: Open, lang: str
) -> Sentences | None:
    """How many places are certain, and how many items must be settled before nothing can change any more."""
    if unsettled.endless:
        rows = "; ".join(labels.rows(case, lang)[code] for code in sorted(unsettled.endless))
        return sentences(text("verification.endless", lang, rows=rows))
    if len(ranges) < 2 or not case.has_claims:
        return None
    if unsettled.waiting.empty:
        end = closing(case, ranges, unsettled)
        return sentences(text(f"verification.{end}", lang)) if end else None
    certain = int(ranges["certain"].sum())
    facts = {"certain": number(certain, lang), "all": number(len(ranges), lang)}
    said = [text("verification.certain", lang, **facts)]
    if len(decisive):
        others = len(unsettled.waiting) - len(decisive)
        said.append(
            text(
                "verification.settle",
                lang,
                n=number(len(decisive), lang),
                agencies=number(decisive["agency"].nunique(), lang),
            )
        )
        said.append(text("verification.idle", lang, n=number(others, lang)) if others else "")
    if unsettled.shaken:
        said.append(text("verification.shaken", lang))
    if case.settings.classes.quotas and certain < len(ranges):
        said.append(text("class_reason.open", lang))
    return sentences(*said)


def ranges_chart(case: Case, ranges: pd.DataFrame, lang: str) -> Chart | None:
    """The places every agency can still reach; those that are certain are left out."""
    rows = ranges[ranges["best"] < ranges["worst"]]
    if rows.empty:
        return None
    shown, named = rows.head(2 * charts.ROWS), labels.agencies(case, lang)
    drawings = charts.intervals(
        [named[a] for a in shown["agency"]],
        shown["best"].tolist(),
        shown["rank"].tolist(),
        shown["worst"].tolist(),
        text("verification.place", lang),
    )
    widest = rows.loc[(rows["worst"] - rows["best"]).idxmax()]
    facts = {
        "n": number(len(rows), lang),
        "who": named[widest["agency"]],
        "best": number(widest["best"], lang),
        "worst": number(widest["worst"], lang),
    }
    return Chart(
        text("verification.ranges_caption", lang),
        tuple(drawings),
        labels.made(case, lang, "dxlib.verify.rank_ranges"),
        text("verification.ranges_alt", lang, **facts),
        labels.joined(text("verification.ranges_note", lang), labels.shown_of(len(shown), len(rows), lang)),
    )


def decisive_table(case: Case, decisive: pd.DataFrame, lang: str, most: int = 40) -> Table | None:
    """The items to settle, the most consequential first."""
    shown, points = decisive.head(most), labels.as_points(case, lang)

    def ends(low: str, high: str) -> str:
        return text("verification.from_to", lang, low=low, high=high)

    def head(key: str) -> str:
        return text(f"verification.head.{key}", lang)

    return filled(
        text("verification.decisive_caption", lang),
        shown,
        [
            labels.agency(case, lang),
            labels.indicator(case, lang, "indicator", "text"),
            Column(text("verification.state_now", lang), cell=lambda r: text(f"verification.kind.{r['kind']}", lang)),
            Column(head("range"), "number", lambda r: ends(points(r["low"]), points(r["high"]))),
            Column(head("effect_alone"), "number", lambda r: points(r["effect"])),
            Column(head("places"), "number", lambda r: ends(number(r["best"], lang), number(r["worst"], lang))),
            Column(head("reclass"), "number", lambda r: labels.yes(r["reclass"] == 1, lang)),
        ],
        labels.made(case, lang, "dxlib.verify.decisive_items"),
        labels.joined(text("verification.decisive_note", lang), labels.shown_of(len(shown), len(decisive), lang)),
    )
