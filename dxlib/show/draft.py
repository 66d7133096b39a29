"""The drafts for signature: what the submission and the decision say of a case.

Their form is a Word template that an office edits (`dxlib.publish.office`); here are the facts that fill it. They are
official papers of a Vietnamese office and are made in Vietnamese alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date as day
from typing import Any

import pandas as pd

from ..case import Case
from ..index import provisional
from ..words import NOTHING, number, percent, text, title_of_year
from . import labels, report
from .blocks import DRAFT, Sentences
from .sensitivity.first import kept

OUTCOMES = ("full", "partial", "rejected", "lowered", "pending")
TO_FILL = "…………"


@dataclass(frozen=True)
class Draft(Sentences):
    """What the page says of the drafts; carries the facts that fill their templates."""

    facts: Mapping[str, Any] = field(default_factory=dict)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {**super()._repr_mimebundle_(include, exclude), DRAFT: dict(self.facts)}


def draft(
    case: Case,
    scores: pd.DataFrame,
    by_agency: pd.DataFrame,
    appealed: pd.DataFrame,
    decisive: pd.DataFrame,
    intervals: pd.DataFrame,
    exact: pd.DataFrame,
    half_width: float,
    draws: int,
    lang: str,
) -> Draft | None:
    """The drafts of a case, from its tables; None for one unit alone, which nobody ranks."""
    rows, unfinished = report.index_rows(scores), provisional(case)
    if len(rows) < 2:
        return None
    facts = {
        **identity(case, rows, lang),
        "provisional": unfinished,
        "assessed": assessed(case, rows, lang),
        "verification": verification(case, by_agency, appealed, lang),
        "results": results(case, rows, lang),
        "certainty": certainty(intervals, exact, decisive, half_width, draws, lang),
        "lists": lists(case, rows, lang),
        "notes": notes(case, rows, lang),
    }
    return Draft((text("draft.submission_only" if unfinished else "draft.made", lang),), facts)


def identity(case: Case, rows: pd.DataFrame, lang: str) -> dict[str, str]:
    """What is assessed, and on which decision."""
    settings = case.settings
    return {
        "title": title_of_year(settings.title, case.year, lang),
        "year": case.year,
        "decision": settings.decision or TO_FILL,
        "decision_date": written(settings.decision_date, lang),
        "agencies": number(len(rows), lang),
        "ranked": number(int(rows["rank"].notna().sum()), lang),
        "indicators": number(sum(n.scored for n in case.framework.leaves), lang),
    }


def written(iso: str, lang: str) -> str:
    """A day in words; 0 before days under 10 and before January and February, as Decree 30/2020/NĐ-CP has it."""
    if not iso:
        return text("draft.day", lang, day=TO_FILL, month=TO_FILL, year=TO_FILL)
    on = day.fromisoformat(iso)
    month = f"{on.month:02d}" if on.month < 3 else str(on.month)
    return text("draft.day", lang, day=f"{on.day:02d}", month=month, year=on.year)


def assessed(case: Case, rows: pd.DataFrame, lang: str) -> list[str]:
    """Who was assessed, by how many indicators, for which time."""
    settings, facts = case.settings, identity(case, rows, lang)
    said = [text("report.assessed", lang, **{key: facts[key] for key in ("agencies", "ranked", "indicators")})]
    if settings.period_from and settings.period_to:
        period = {"first": written(settings.period_from, lang), "last": written(settings.period_to, lang)}
        said.append(text("draft.period", lang, **period))
    return said


def verification(case: Case, by_agency: pd.DataFrame, appealed: pd.DataFrame, lang: str) -> list[str]:
    """Verification in aggregate: no agency, no verifier."""
    if not case.has_claims:
        return [text("draft.measured", lang)]
    if not case.has("verdicts"):
        return [text("draft.not_begun", lang)]
    sums = by_agency[["compared", "open", "over", "under"]].sum()
    points = {key: labels.points(sums[key], case, lang) for key in ("over", "under")}
    said = [text("draft.verified", lang, n=number(sums["compared"], lang), **points)]
    if sums["open"]:
        said.append(text("draft.waiting", lang, n=number(sums["open"], lang)))
    if len(appealed) and appealed["lodged"].iloc[0]:
        said.append(said_appeals(case, appealed.iloc[0], lang))
    return said


def said_appeals(case: Case, row: pd.Series, lang: str) -> str:
    """How many appeals there were, and how they ended."""
    ended = [text(f"draft.appeal.{key}", lang, n=number(row[key], lang)) for key in OUTCOMES if row[key]]
    if row["restored"]:
        ended.append(text("draft.appeal.restored", lang, points=labels.points(row["restored"], case, lang)))
    return text("draft.appealed", lang, lodged=number(row["lodged"], lang), list=", ".join(ended))


def results(case: Case, rows: pd.DataFrame, lang: str) -> list[str]:
    """Who leads, how the classes fill, who has no rank and why."""
    leaders = report.leaders(case, rows.dropna(subset=["rank"]), lang)
    said = [*leaders, *report.said_classes(case, rows, lang), *report.not_ranked(case, rows, lang)]
    return [sentence for sentence in said if sentence]


def certainty(
    intervals: pd.DataFrame, exact: pd.DataFrame, decisive: pd.DataFrame, half_width: float, draws: int, lang: str
) -> list[str]:
    """How much stands whatever the weights, and what is still open."""
    said = [text("draft.decisive", lang, n=number(len(decisive), lang))] if len(decisive) else []
    if intervals.empty:
        return [text("draft.no_ranks", lang), *said]
    n, whole = kept(intervals, exact), len(exact) or len(intervals)
    facts = {"n": number(n, lang), "all": number(whole, lang), "draws": number(draws, lang)}
    sure = text(
        "draft.kept" if len(exact) else "draft.kept_drawn", lang, half_width=percent(half_width, lang, 0), **facts
    )
    return [labels.joined(sure, text("draft.depends", lang) if n < whole else ""), *said]


def lists(case: Case, rows: pd.DataFrame, lang: str) -> list[dict[str, Any]]:
    """The ranking lists of the annex: name ("" where there is one) and rows, every cell as it is printed."""
    named, bands = labels.agencies(case, lang), labels.classes(case, lang)
    return [
        {
            "name": text("draft.list", lang, scope=scope) if scope else "",
            "rows": [
                {
                    "rank": number(row["rank"], lang),
                    "agency": named[row["agency"]],
                    "points": labels.points(row["points"], case, lang),
                    "of": labels.maximum(row["max_points"], lang),
                    "share": labels.share(row["score"], lang),
                    "label": NOTHING if row["class"] is pd.NA else bands.get(row["class"], NOTHING),
                }
                for row in group.to_dict("records")
            ],
        }
        for scope, group in rows.groupby("scope", sort=False)
    ]


def notes(case: Case, rows: pd.DataFrame, lang: str) -> list[str]:
    """What a reader of the table must know."""
    said = [text(f"report.rank_note.{case.settings.rank_on}", lang)]
    tied = rows[rows["rank"].notna() & rows.duplicated(["scope", "rank"], keep=False)]
    if len(tied):
        said.append(text("report.ties", lang, n=len(tied)))
    said += filter(None, (report.hidden(case, rows, lang), labels.own_rows(case, lang), labels.moved(case, lang)))
    if case.settings.classes.by_cut:
        return said
    named, bands = labels.agencies(case, lang), labels.classes(case, lang)
    why = [(row, labels.held(case, row, lang)) for row in rows.to_dict("records")]
    said += [
        text("class_reason.of", lang, who=named[row["agency"]], label=bands[row["class"]], why=words)
        for row, words in why
        if words
    ]
    return [*said, text("class_reason.note", lang)]
