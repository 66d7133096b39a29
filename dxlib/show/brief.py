"""The brief (internal): one page for the Chairman before he signs."""

from __future__ import annotations

import pandas as pd

from ..case import Case
from ..verify.materiality import Open
from ..words import number, text
from . import labels, report
from .blocks import Column, Sentences, Table, sentences, table
from .verification.first import said_appeals, said_open


def leaders(case: Case, scores: pd.DataFrame, lang: str) -> Sentences | None:
    """Who leads, and how the classes fill."""
    rows = report.index_rows(scores)
    if len(rows) == 1 and rows["score"].notna().all():
        indicators = sum(n.scored for n in case.framework.leaves)
        return report.alone(case, rows.iloc[0], indicators, lang)
    ranked = rows.dropna(subset=["rank"])
    return sentences(*report.leaders(case, ranked, lang), *report.said_classes(case, rows, lang))


def open_items(
    case: Case,
    decisive: pd.DataFrame,
    ranges: pd.DataFrame,
    unsettled: Open,
    appealed: pd.DataFrame,
    ledger: pd.DataFrame,
    lang: str,
) -> Sentences | None:
    """What is still open and could change a place, and what the appeals changed; nothing of measured figures."""
    if not case.has_claims:
        return None
    return sentences(
        labels.still_open(unsettled.waiting, lang),
        said_open(case, decisive, ranges, unsettled, lang),
        said_appeals(case, appealed, ledger, lang),
    )


def to_sign(case: Case, scores: pd.DataFrame, lang: str) -> Table | None:
    """What is being signed."""
    rows = report.index_rows(scores)
    facts = [
        ("decision", case.settings.decision),
        ("agencies", number(len(rows), lang)),
        ("ranked", number(int(rows["rank"].notna().sum()), lang)),
        ("without", number(int(rows["score"].isna().sum()), lang)),
        ("basis", text(f"page.basis.{case.default_on if case.has_claims else 'measured'}", lang)),
        ("warnings", number(len(case.findings), lang) if case.findings else ""),
        ("signed", number(len(case.approvals), lang) if len(case.approvals) else ""),
    ]
    body = [[text(f"brief.fact.{key}", lang), value] for key, value in facts if value]
    heads = [Column(text("report.fact", lang), "name"), Column(text("report.value", lang))]
    return table(text("brief.caption", lang), heads, body, labels.source(case, lang), text("brief.note", lang))
