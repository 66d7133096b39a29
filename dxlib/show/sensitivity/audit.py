"""The questions of an audit, answered one by one."""

from __future__ import annotations

import pandas as pd

from ...case import Case
from ...words import number, percent, text
from .. import labels
from ..blocks import Cell, Column, Table, table

AUDIT_FUNCTIONS = {"score": "dxlib.score", "read_case": "dxlib.robust.audit_questions"}  # what counts the rows
AUDIT_PARTS = ("enough_data", "reliable_pillars", "one_dimension", "ranks_weights", "ranks_votes", "adds_to_pillars")
AUDIT_LIMIT_PARTS = ("enough_data", "discriminates", "ranks_weights", "ranks_one_out", "ranks_votes", "adds_to_pillars")


def audit_table(case: Case, audit: pd.DataFrame, intervals: pd.DataFrame, lang: str) -> Table | None:
    """The questions of an audit, answered one by one; nothing where nobody is ranked."""
    if intervals.empty:
        return None
    body: list[list[str | Cell]] = []
    for r in audit.to_dict("records"):
        key = r["question"]
        value = percent(r["value"], lang, 0) if key in AUDIT_PARTS else number(r["value"], lang)
        limit = (
            percent(r["limit"], lang, 0)
            if key in AUDIT_LIMIT_PARTS
            else number(r["limit"], lang, key == "reliable_pillars")
        )
        function = AUDIT_FUNCTIONS.get(r["source"], f"dxlib.robust.{r['source']}" if r["source"] else "–")
        body.append(
            [
                text(f"sensitivity.question.{key}", lang),
                text(f"sensitivity.answer.{r['answer']}", lang),
                text(f"sensitivity.figure.{key}", lang, x=value) if value != "–" else "–",
                text(f"sensitivity.held.{key}", lang, x=limit) if limit != "–" else "–",
                function,
            ]
        )
    heads = [
        Column(text(f"sensitivity.head.{key}", lang)) for key in ("question", "answer", "figure", "held", "function")
    ]
    return table(
        text("sensitivity.audit_caption", lang),
        heads,
        body,
        labels.made(case, lang, "dxlib.robust.audit_questions"),
        text("sensitivity.audit_note", lang),
    )
