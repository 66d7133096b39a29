"""When points or choices change: smallest points, other methods, a row left out."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ...case import Case
from ...index import decided_by_zero
from ...robust.sobol import DRAWS, POINTS
from ...words import number, percent, text
from .. import labels
from ..blocks import Cell, Column, Sentences, Table, filled, sentences
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

    def leader(agencies: str) -> str:
        return ", ".join(named[a] for a in agencies.split(";")) if agencies else text("sensitivity.unchanged", lang)

    moving = shifts[shifts["moved"] > 0].sort_values(["moved", "mean_shift"], ascending=False, kind="stable")
    shown, still = moving.head(LONG), len(shifts) - len(moving)
    return filled(
        text("sensitivity.left_caption", lang),
        shown,
        [
            Column(text("sensitivity.without", lang), "name", lambda r: rows[r["node"]]),
            Column(text("sensitivity.moved", lang), "number", lambda r: number(r["moved"], lang)),
            Column(text("sensitivity.mean_shift", lang), "number", lambda r: number(r["mean_shift"], lang, 2)),
            Column(text("sensitivity.largest", lang), cell=lambda r: moved_by(named[r["agency"]], r["largest"], lang)),
            Column(text("sensitivity.leader", lang), cell=lambda r: leader(r["leader"])),
        ],
        labels.made(case, lang, "dxlib.robust.leave_one_out"),
        labels.joined(
            text("sensitivity.still", lang, n=still, all=len(shifts)) if still else "",
            text("sensitivity.siblings", lang),
            labels.shown_of(len(shown), len(moving), lang),
        ),
    )


def moved_by(who: str, places: int, lang: str) -> str:
    """The largest move, and whose it is."""
    return text("sensitivity.by", lang, who=who, places=number(places, lang))


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

    def fewest(r: dict[Any, Any]) -> str:
        key = "sensitivity.more_than" if r["beyond"] else "sensitivity.exactly"
        return text(key, lang, x=few(r["points"], case, lang))

    known = points[points["points"].notna() & (points["gap"] > 0)].sort_values("points", kind="stable")
    shown = known.head(SHORT)
    return filled(
        text("sensitivity.points_caption", lang),
        shown,
        [
            labels.agency(case, lang),
            Column(text("report.rank", lang), "rank", lambda r: number(r["rank"], lang)),
            Column(text("sensitivity.head.move", lang), cell=lambda r: text(f"sensitivity.move.{r['move']}", lang)),
            Column(text("sensitivity.head.to", lang), cell=lambda r: named.get(r["to"], "–")),
            Column(text("sensitivity.head.points", lang), "number", fewest),
            Column(text("sensitivity.head.row", lang), cell=lambda r: rows[r["node"]]),
        ],
        labels.made(case, lang, "dxlib.robust.smallest_points"),
        labels.joined(
            text("sensitivity.points_note", lang),
            "" if case.settings.classes.limited else text("class_reason.points", lang),
            labels.shown_of(len(shown), len(known), lang),
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

    def largest(r: dict[Any, Any]) -> str:
        """Whose place depends on what was verified is not for the public page."""
        named_too = r["agency"] and r["factor"] != "source"
        return moved_by(named[r["agency"]], r["largest"], lang) if named_too else number(r["largest"], lang)

    tested = single[single["changed"].astype(bool) & (single["factor"] != "leave_out")]  # main indexes come next
    tried = tested[tested["moved"] > 0]
    tried = tried.sort_values(["mean_shift", "moved"], ascending=False, kind="stable")
    shown, still = tried.head(LONG), len(tested) - len(tried)
    return filled(
        text("sensitivity.choices_caption", lang, n=number(len(tested), lang)),
        shown,
        [
            Column(
                text("sensitivity.head.choice", lang), "name", lambda r: choice(r["factor"], r["alternative"], lang)
            ),
            Column(text("sensitivity.head.moved", lang), "number", lambda r: number(r["moved"], lang)),
            Column(text("sensitivity.head.mean_shift", lang), "number", lambda r: number(r["mean_shift"], lang, 2)),
            Column(text("sensitivity.largest", lang), cell=largest),
            Column(text("sensitivity.head.tau", lang), "number", lambda r: number(r["tau"], lang, 2)),
            Column(text("sensitivity.head.reclassed", lang), "number", lambda r: number(r["reclassed"], lang)),
        ],
        labels.made(case, lang, "dxlib.robust.one_at_a_time", "dxlib.robust.factors"),
        labels.joined(
            text("sensitivity.choices_note", lang),
            text("sensitivity.choices_still", lang, n=number(still, lang)) if still else "",
            labels.shown_of(len(shown), len(tried), lang),
        ),
    )


def importance_table(case: Case, important: pd.DataFrame, seed: int, lang: str) -> Table | None:
    """Which choice the mean shift of places depends on most, all of them free at once."""
    known = important[important["total"].notna()].sort_values("total", ascending=False, kind="stable")
    exact = bool(len(known)) and bool(known["exact"].all())
    sample = {"points": number(POINTS, lang), "draws": number(DRAWS, lang), "seed": str(seed)}
    return filled(
        text("sensitivity.importance_caption", lang),
        known,
        [
            Column(
                text("sensitivity.head.factor", lang), "name", lambda r: text(f"sensitivity.factor.{r['factor']}", lang)
            ),
            Column(text("sensitivity.head.levels", lang), "number", lambda r: number(r["levels"], lang)),
            Column(text("sensitivity.head.alone", lang), "number", lambda r: part(r, "first", lang)),
            Column(text("sensitivity.head.together", lang), "bar", lambda r: Cell(part(r, "total", lang), r["total"])),
            Column(text("sensitivity.head.places", lang), "number", lambda r: number(r["places"], lang, 1)),
        ],
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
