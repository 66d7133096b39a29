"""The verification page (internal), block by block: claimed against recognised, and what is still open."""

from __future__ import annotations

import pandas as pd

from ..case import Case
from ..words import number, text
from . import charts, labels
from .blocks import Chart, Column, Sentences, Table, sentences, table


def summary(
    case: Case, by_agency: pd.DataFrame, by_indicator: pd.DataFrame, waiting: pd.DataFrame, lang: str
) -> Sentences | None:
    """How much was cut and raised, where most, and how much waits."""
    if not case.has_claims:
        return sentences(text("verification.measured", lang))
    compared = int(by_agency["compared"].sum())
    named, rows = labels.agencies(case, lang), labels.rows(case, lang)
    said = []
    if compared:
        facts = {
            "over": labels.points(by_agency["over"].sum(), case, lang),
            "under": labels.points(by_agency["under"].sum(), case, lang),
        }
        said.append(text("verification.compared_sum", lang, n=number(compared, lang), **facts))
        top = by_agency.sort_values("over", ascending=False, kind="stable").iloc[0]
        if top["over"] > 0:
            said.append(
                text(
                    "verification.most_cut",
                    lang,
                    who=named[top["agency"]],
                    points=labels.points(top["over"], case, lang),
                )
            )
        row = by_indicator.sort_values(["cut_share", "over"], ascending=False, kind="stable").iloc[0]
        if row["over"] > 0:
            facts = {
                "row": rows[row["indicator"]],
                "cut": labels.share(row["cut_share"], lang, 0),
                "points": labels.points(row["over"], case, lang),
            }
            said.append(text("verification.most_row", lang, **facts))
    else:
        said.append(text("verification.nothing", lang))
    if len(waiting):
        facts = {
            "n": number(len(waiting), lang),
            "who": number(waiting["agency"].nunique(), lang),
            "points": labels.points(waiting["claimed"].sum(), case, lang),
        }
        said.append(text("verification.waiting", lang, **facts))
    return sentences(*said)


def by_agency_table(case: Case, by_agency: pd.DataFrame, lang: str) -> Table | None:
    """Claimed, recognised, cut, raised, inflation and open rows of every agency."""
    if not case.has_claims:
        return None
    named = labels.agencies(case, lang)
    keys = ("claimed", "recognised", "over", "under", "inflation", "compared", "open")
    heads = [
        Column(text("page.agency", lang), "name"),
        *(Column(text(f"verification.{key}", lang), "number") for key in keys),
    ]
    rows = by_agency.sort_values(["over", "agency"], ascending=[False, True], kind="stable")
    body = [[named[r["agency"]], *figures(r, keys, case, lang)] for r in rows.to_dict("records")]
    return table(
        text("verification.agency_caption", lang),
        heads,
        body,
        labels.source(case, lang),
        text("verification.note", lang),
    )


def by_indicator_table(case: Case, by_indicator: pd.DataFrame, lang: str) -> Table | None:
    """The same by row of the index set; rows nobody was cut or raised on, and none waits for, are left out."""
    names = labels.rows(case, lang)
    keys = ("max_points", "over", "under", "cut_share", "compared", "open")
    heads = [
        Column(text("page.row", lang), "name"),
        *(Column(text(f"verification.{key}", lang), "number") for key in keys),
    ]
    changed = by_indicator[(by_indicator["over"] > 0) | (by_indicator["under"] > 0) | (by_indicator["open"] > 0)]
    rows = changed.sort_values(["over", "indicator"], ascending=[False, True], kind="stable")
    body = [[names[r["indicator"]], *figures(r, keys, case, lang)] for r in rows.to_dict("records")]
    note = text("verification.row_note", lang, n=len(by_indicator) - len(changed))
    return table(text("verification.row_caption", lang), heads, body, labels.source(case, lang), note)


def figures(row: dict, keys: tuple[str, ...], case: Case, lang: str) -> list[str]:
    shown = []
    for key in keys:
        if key in ("compared", "open"):
            shown.append(number(row[key], lang))
        elif key in ("inflation", "cut_share"):
            shown.append(labels.share(row[key], lang, 1))
        else:
            shown.append(labels.points(row[key], case, lang))
    return shown


def chart(case: Case, by_agency: pd.DataFrame, lang: str) -> Chart | None:
    """Points cut and points raised, agency by agency; those with neither are left out."""
    rows = by_agency[(by_agency["over"] > 0) | (by_agency["under"] > 0)].sort_values(
        ["over", "agency"], ascending=[False, True], kind="stable"
    )
    if rows.empty:
        return None
    named = labels.agencies(case, lang)
    drawings = charts.two_sided(
        [named[a] for a in rows["agency"]],
        rows["under"].tolist(),
        rows["over"].tolist(),
        text("verification.under", lang),
        text("verification.over", lang),
        lambda x: labels.points(x, case, lang),
    )
    top = rows.iloc[0]
    alt = text(
        "verification.chart_alt",
        lang,
        n=len(rows),
        who=named[top["agency"]],
        points=labels.points(top["over"], case, lang),
    )
    return Chart(text("verification.chart_caption", lang), tuple(drawings), labels.source(case, lang), alt)


def open_table(case: Case, waiting: pd.DataFrame, lang: str, most: int = 60) -> Table | None:
    """Claims that wait for a verdict, the largest first."""
    named, rows = labels.agencies(case, lang), labels.rows(case, lang)
    heads = [
        Column(text("page.agency", lang), "name"),
        Column(text("page.row", lang)),
        Column(text("verification.claimed", lang), "number"),
        Column(text("verification.max_points", lang), "number"),
    ]
    body = [
        [
            named[r["agency"]],
            rows[r["indicator"]],
            labels.points(r["claimed"], case, lang),
            labels.points(r["max_points"], case, lang),
        ]
        for r in waiting.head(most).to_dict("records")
    ]
    note = text("verification.open_note", lang, shown=len(body), all=len(waiting))
    return table(text("verification.open_caption", lang), heads, body, labels.source(case, lang), note)
