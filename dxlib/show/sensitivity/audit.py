"""The questions of an audit, answered one by one."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ...case import Case
from ...words import number, percent, text
from .. import labels
from ..blocks import Column, Table, table

AUDIT_FUNCTIONS = {"score": "dxlib.score", "read_case": "dxlib.robust.audit_questions"}  # what counts the rows
AUDIT_PARTS = ("enough_data", "reliable_pillars", "one_dimension", "ranks_weights", "ranks_votes", "adds_to_pillars")
AUDIT_LIMIT_PARTS = ("enough_data", "discriminates", "ranks_weights", "ranks_one_out", "ranks_votes", "adds_to_pillars")


def audit_table(case: Case, audit: pd.DataFrame, intervals: pd.DataFrame, lang: str) -> Table | None:
    """The questions of an audit, answered one by one; nothing where nobody is ranked."""
    if intervals.empty:
        return None

    def figure(key: str, question: str, x: Any, share: bool, decimals: int = 0) -> str:
        shown = percent(x, lang, 0) if share else number(x, lang, decimals)
        return text(f"sensitivity.{key}.{question}", lang, x=shown) if shown != "–" else "–"

    body = []
    for r in audit.to_dict("records"):
        key = r["question"]
        body.append(
            [
                text(f"sensitivity.question.{key}", lang),
                text(f"sensitivity.answer.{r['answer']}", lang),
                figure("figure", key, r["value"], key in AUDIT_PARTS),
                figure("held", key, r["limit"], key in AUDIT_LIMIT_PARTS, int(key == "reliable_pillars")),
                AUDIT_FUNCTIONS.get(r["source"], f"dxlib.robust.{r['source']}" if r["source"] else "–"),
            ]
        )
    keys = ("question", "answer", "figure", "held", "function")
    return table(
        text("sensitivity.audit_caption", lang),
        [Column(text(f"sensitivity.head.{key}", lang)) for key in keys],
        body,
        labels.made(case, lang, "dxlib.robust.audit_questions"),
        text("sensitivity.audit_note", lang),
    )
