"""What the page says first, what may be published of it, and what was left out."""

from __future__ import annotations

import pandas as pd

from ...case import Case
from ...case.read import Before
from ...verify.materiality import Open
from ...words import finding, number, text
from .. import labels
from ..blocks import Column, Sentences, Table, sentences, table

MOST_TIED = 3  # names in one sentence
ENOUGH = 5  # agencies compared before a row's wording is doubted


def summary(
    case: Case,
    by_agency: pd.DataFrame,
    by_indicator: pd.DataFrame,
    coverage: pd.DataFrame,
    decisive: pd.DataFrame,
    ranges: pd.DataFrame,
    unsettled: Open,
    appealed: pd.DataFrame,
    ledger: pd.DataFrame,
    lang: str,
) -> Sentences | None:
    """At most five sentences: who, how many points, what to do. No statistics."""
    if not case.has_claims:
        return sentences(text("verification.measured", lang))
    return sentences(
        said_agency(case, by_agency, lang),
        said_row(case, by_indicator, lang),
        said_evidence(case, coverage, int(by_agency["open"].sum()), lang),
        said_open(case, decisive, ranges, unsettled, lang),
        said_appeals(case, appealed, ledger, lang),
    )


def said_agency(case: Case, by_agency: pd.DataFrame, lang: str) -> str:
    compared = int(by_agency["compared"].sum())
    if not compared:
        return text("verification.nothing", lang, n=len(by_agency))
    top = by_agency.sort_values(["over", "agency"], ascending=[False, True], kind="stable").iloc[0]
    tied = by_agency[by_agency["over"] == top["over"]]["agency"].head(MOST_TIED)
    facts = {
        "n": number(compared, lang),
        "over": labels.points(by_agency["over"].sum(), case, lang),
        "under": labels.points(by_agency["under"].sum(), case, lang),
    }
    if not top["over"]:
        return text("verification.no_cut", lang, **facts)
    named = labels.agencies(case, lang)
    who = text("page.and", lang).join(named[agency] for agency in tied)
    return text("verification.most_cut", lang, who=who, points=labels.points(top["over"], case, lang), **facts)


def said_row(case: Case, by_indicator: pd.DataFrame, lang: str) -> str:
    rows = by_indicator[(by_indicator["over"] > 0) & (by_indicator["compared"] >= ENOUGH)]
    if rows.empty:
        return ""
    row = rows.sort_values(["cut_share", "over", "indicator"], ascending=[False, False, True], kind="stable").iloc[0]
    facts = {
        "row": labels.rows(case, lang)[row["indicator"]],
        "cut": number(round(row["cut_share"] * row["compared"]), lang),
        "n": number(row["compared"], lang),
        "points": labels.points(row["over"], case, lang),
    }
    return text("verification.most_row" if row["cut_share"] >= 0.5 else "verification.some_row", lang, **facts)


def said_evidence(case: Case, coverage: pd.DataFrame, waiting: int, lang: str) -> str:
    bare = (coverage["points_claimed"] - coverage["points_supported"]).fillna(0.0)
    if case.evidence.empty or not bare.sum() > 0:
        return ""
    top = coverage.loc[bare.sort_values(ascending=False, kind="stable").index[0]]
    facts = {
        "all": labels.points(bare.sum(), case, lang),
        "who": labels.agencies(case, lang)[top["agency"]],
        "points": labels.points(bare.max(), case, lang),
    }
    return text("verification.most_bare" if waiting else "verification.most_bare_done", lang, **facts)


def said_open(case: Case, decisive: pd.DataFrame, ranges: pd.DataFrame, unsettled: Open, lang: str) -> str:
    if decisive.empty:
        said = closing(case, ranges, unsettled)
        return text(f"verification.{said}", lang, n=number(len(unsettled.waiting), lang)) if said else ""
    top = decisive.iloc[0]
    facts = {
        "all": number(len(unsettled.waiting), lang),
        "n": number(len(decisive), lang),
        "agencies": number(decisive["agency"].nunique(), lang),
        "points": labels.points((decisive["high"] - decisive["low"]).sum(), case, lang),
        "who": labels.agencies(case, lang)[top["agency"]],
        "row": labels.rows(case, lang)[top["indicator"]],
        "effect": labels.points(top["high"] - top["low"], case, lang),
    }
    return text("verification.decisive", lang, **facts)


def closing(case: Case, ranges: pd.DataFrame, unsettled: Open) -> str:
    """What may be said of a certain result; nothing while the ledger is in doubt or empty, or a place is open."""
    doubtful = bool(case.set_aside) or case.tables["verdicts"].empty
    if doubtful or len(ranges) < 2 or not ranges["certain"].all():
        return ""
    return "closed" if unsettled.waiting.empty else "settled"


def said_appeals(case: Case, appealed: pd.DataFrame, ledger: pd.DataFrame, lang: str) -> str:
    if appealed.empty or not appealed["lodged"].iloc[0]:
        return ""
    row = appealed.iloc[0]
    facts = {key: number(row[key], lang) for key in ("lodged", "full", "partial", "pending")}
    if row["pending"] == row["lodged"]:
        waiting = ledger[ledger["state"] == "disputed"]
        asked = (waiting["claimed"] - waiting["final"]).sum()
        agencies = number(waiting["agency"].nunique(), lang)
        return text(
            "verification.appeals_wait", lang, agencies=agencies, points=labels.points(asked, case, lang), **facts
        )
    key = "verification.appealed" if row["restored"] > 0 else "verification.appeals_upheld"
    return text(key, lang, points=labels.points(row["restored"], case, lang), **facts)


def public(case: Case, by_agency: pd.DataFrame, appealed: pd.DataFrame, lang: str) -> Table | None:
    """Verification in aggregate: what the public report may show. No agency, no flag, no verifier."""
    if not case.has_claims or not case.has("verdicts"):
        return None
    sums = by_agency[["compared", "open", "over", "under"]].sum()
    cells = [
        ("compared", number(sums["compared"], lang)),
        ("open", number(sums["open"], lang)),
        ("over", labels.points(sums["over"], case, lang)),
        ("under", labels.points(sums["under"], case, lang)),
    ]
    if len(appealed) and appealed["lodged"].iloc[0]:
        row = appealed.iloc[0]
        cells += [
            (key, number(row[key], lang)) for key in ("lodged", "full", "partial", "rejected", "lowered", "pending")
        ]
        cells.append(("restored", labels.points(row["restored"], case, lang)))
    return table(
        text("verification.public_caption", lang),
        [Column(text("verification.what", lang), "name"), Column(text("verification.figure", lang), "number")],
        [[text(f"verification.public.{key}", lang), value] for key, value in cells],
        labels.made(case, lang, "dxlib.verify.deviation", "dxlib.verify.appeals"),
        text("verification.public_note", lang),
    )


def left_out(case: Case, before: Before, lang: str) -> Table | None:
    """Rows of the ledger that were set aside, and an earlier year that could not be used, with the reasons."""
    earlier = before.case.set_aside if before.case else ()
    body = [
        [f.file, number(f.row, lang), finding(f, lang)["what"], finding(f, lang)["remedy"]]
        for f in (*case.set_aside, *earlier, *(f for f in before.refused if f.severity == "error"))
    ]
    heads = [
        Column(text("verification.file", lang), "name"),
        Column(text("verification.line", lang), "rank"),
        Column(text("verification.wrong", lang)),
        Column(text("verification.remedy", lang)),
    ]
    caption = text("verification.left_out_caption", lang, n=number(len(body), lang))
    return table(
        caption,
        heads,
        body,
        labels.made(case, lang, "dxlib.case.read_for_verification"),
        text("verification.left_out_note", lang),
    )
