"""When points or choices change: smallest points, other methods, a row left out."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ...case import Case
from ...index import decided_by_zero
from ...robust.sobol import DRAWS, POINTS
from ...words import number, percent, text
from .. import labels
from ..blocks import Cell, Column, Sentences, Table, sentences, table
from .first import choice
from .parts import LONG, SHORT, between

ZEROS = 20  # cells that are named


def said_already(case: Case, level: str) -> bool:
    """In a set of one level the indicators are the main indexes: the page says it once."""
    return level == "indicator" and not any(node.children for node in case.framework.nodes.values())


def left_out(case: Case, shifts: pd.DataFrame, lang: str, level: str = "pillar") -> Table | None:
    """What happens to the ranks when a row is left out; rows that move nobody are counted, not listed."""
    if said_already(case, level):
        return None
    named, rows = labels.agencies(case, lang), labels.rows(case, lang)
    heads = [
        Column(text("sensitivity.without", lang), "name"),
        Column(text("sensitivity.moved", lang), "number"),
        Column(text("sensitivity.mean_shift", lang), "number"),
        Column(text("sensitivity.largest", lang)),
        Column(text("sensitivity.leader", lang)),
    ]
    moving = shifts[shifts["moved"] > 0].sort_values(["moved", "mean_shift"], ascending=False, kind="stable")
    body = [
        [
            rows[r["node"]],
            number(r["moved"], lang),
            number(r["mean_shift"], lang, 2),
            text("sensitivity.by", lang, who=named[r["agency"]], places=number(r["largest"], lang)),
            ", ".join(named[a] for a in r["leader"].split(";")) if r["leader"] else text("sensitivity.unchanged", lang),
        ]
        for r in moving.to_dict("records")
    ]
    still = len(shifts) - len(moving)
    notes = [text("sensitivity.still", lang, n=still, all=len(shifts))] if still else []
    return table(
        text("sensitivity.left_caption", lang),
        heads,
        body[:LONG],
        labels.made(case, lang, "dxlib.robust.leave_one_out"),
        labels.joined(*notes, text("sensitivity.siblings", lang), labels.shown_of(len(body[:LONG]), len(body), lang)),
    )


def left_out_summary(case: Case, shifts: pd.DataFrame, lang: str, level: str = "pillar") -> Sentences | None:
    """The row that the ranking depends on most."""
    if shifts.empty or said_already(case, level) or len(case.agencies) < 2:
        return None
    top = shifts.sort_values(["mean_shift", "moved"], ascending=False, kind="stable").iloc[0]
    if not top["moved"]:
        return sentences(text("sensitivity.nobody", lang, all=len(shifts)))
    row = labels.rows(case, lang)[top["node"]]
    return sentences(
        text("sensitivity.most", lang, row=row, n=number(top["moved"], lang), shift=number(top["mean_shift"], lang, 2))
    )


def points_table(case: Case, points: pd.DataFrame, lang: str) -> Table | None:
    """The fewest points of one row that move an agency a place or a class."""
    named, rows = labels.agencies(case, lang), labels.rows(case, lang)
    known = points[points["points"].notna() & (points["gap"] > 0)].sort_values("points", kind="stable")
    body = [
        [
            named[r["agency"]],
            number(r["rank"], lang),
            text(f"sensitivity.move.{r['move']}", lang),
            named.get(r["to"], "–"),
            text(
                "sensitivity.more_than" if r["beyond"] else "sensitivity.exactly", lang, x=few(r["points"], case, lang)
            ),
            rows[r["node"]],
        ]
        for r in known.head(SHORT).to_dict("records")
    ]
    heads = [Column(text("page.agency", lang), "name"), Column(text("report.rank", lang), "rank")]
    heads += [Column(text("sensitivity.head.move", lang)), Column(text("sensitivity.head.to", lang))]
    heads += [*labels.numbers("sensitivity", ("points",), lang), Column(text("sensitivity.head.row", lang))]
    return table(
        text("sensitivity.points_caption", lang),
        heads,
        body,
        labels.made(case, lang, "dxlib.robust.smallest_points"),
        labels.joined(
            text("sensitivity.points_note", lang),
            "" if case.settings.classes.limited else text("class_reason.points", lang),
            labels.shown_of(len(body), len(known), lang),
        ),
    )


def few(x: float, case: Case, lang: str) -> str:
    """Points that may be less than the last printed decimal: one decimal more."""
    return number(x, lang, case.settings.points_decimals + 1)


def zeros_sentence(case: Case, on: str | None, single: pd.DataFrame, lang: str) -> Sentences | None:
    """Who loses a whole branch by one share of 0, under the means of the index set and under the one tried."""
    named, rows = labels.agencies(case, lang), labels.rows(case, lang)
    said = []
    tried = not single.empty and bool(single["alternative"].eq("geometric").any())
    for key, aggregate in (("zeros", None), ("zeros_if", "geometric")):
        if aggregate is None or tried:
            found = decided_by_zero(case, on, aggregate)
            listed = [f"{named[agency]} ({rows[code]})" for agency, code in found[:ZEROS]]
            listed += ["…"] if len(found) > ZEROS else []
            said += [text(f"sensitivity.{key}", lang, cells="; ".join(listed))] if found else []
    return sentences(*said)


def choices_table(case: Case, single: pd.DataFrame, lang: str) -> Table | None:
    """One other choice at a time, everything else as decided; what moves most comes first."""
    named = labels.agencies(case, lang)
    tested = single[single["changed"].astype(bool) & (single["factor"] != "leave_out")]  # main indexes come next
    tried = tested[tested["moved"] > 0]
    tried = tried.sort_values(["mean_shift", "moved"], ascending=False, kind="stable")
    body = [
        [
            choice(r["factor"], r["alternative"], lang),
            number(r["moved"], lang),
            number(r["mean_shift"], lang, 2),
            # whose place depends on what was verified is not for the public page
            text("sensitivity.by", lang, who=named[r["agency"]], places=number(r["largest"], lang))
            if r["agency"] and r["factor"] != "source"
            else number(r["largest"], lang),
            number(r["tau"], lang, 2),
            number(r["reclassed"], lang),
        ]
        for r in tried.head(LONG).to_dict("records")
    ]
    heads = [
        Column(text("sensitivity.head.choice", lang), "name"),
        *labels.numbers("sensitivity", ("moved", "mean_shift"), lang),
    ]
    heads += [Column(text("sensitivity.largest", lang)), *labels.numbers("sensitivity", ("tau", "reclassed"), lang)]
    still = len(tested) - len(tried)
    return table(
        text("sensitivity.choices_caption", lang, n=number(len(tested), lang)),
        heads,
        body,
        labels.made(case, lang, "dxlib.robust.one_at_a_time", "dxlib.robust.factors"),
        labels.joined(
            text("sensitivity.choices_note", lang),
            text("sensitivity.choices_still", lang, n=number(still, lang)) if still else "",
            labels.shown_of(len(body), len(tried), lang),
        ),
    )


def importance_table(case: Case, important: pd.DataFrame, seed: int, lang: str) -> Table | None:
    """Which choice the mean shift of places depends on most, all of them free at once."""
    known = important[important["total"].notna()].sort_values("total", ascending=False, kind="stable")
    body: list[list[str | Cell]] = [
        [
            text(f"sensitivity.factor.{r['factor']}", lang),
            number(r["levels"], lang),
            part(r, "first", lang),
            Cell(part(r, "total", lang), r["total"]),
            number(r["places"], lang, 1),
        ]
        for r in known.to_dict("records")
    ]
    heads = [
        Column(text("sensitivity.head.factor", lang), "name"),
        *labels.numbers("sensitivity", ("levels", "alone"), lang),
    ]
    heads += [Column(text("sensitivity.head.together", lang), "bar"), *labels.numbers("sensitivity", ("places",), lang)]
    exact = bool(len(known)) and bool(known["exact"].all())
    sample = {"points": number(POINTS, lang), "draws": number(DRAWS, lang), "seed": str(seed)}
    return table(
        text("sensitivity.importance_caption", lang),
        heads,
        body,
        labels.made(case, lang, "dxlib.robust.importance"),
        labels.joined(
            text("sensitivity.importance_note", lang),
            text("sensitivity.importance_exact", lang)
            if exact
            else text("sensitivity.importance_drawn", lang, **sample),
        ),
    )


def part(row: dict[Any, Any], key: str, lang: str) -> str:
    """A share, with its interval where it is estimated."""
    shown = percent(row[key], lang, 1)
    if row["exact"]:
        return shown
    return f"{shown} ({between(row[f'{key}_low'], row[f'{key}_high'], lang)})"
