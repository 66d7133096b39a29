"""The sensitivity page, block by block: rank intervals and leave-one-out, in words first."""

from __future__ import annotations

import pandas as pd

from ..case import Case
from ..words import number, text
from . import charts, labels
from .blocks import Cell, Chart, Column, Sentences, Table, sentences, table


def drawn_from(half_width: float, draws: int, seed: int, lang: str) -> str:
    """How the weights were drawn; stands under every result."""
    return text(
        "sensitivity.drawn", lang, half_width=labels.share(half_width, lang, 0), draws=number(draws, lang), seed=seed
    )


def summary(case: Case, intervals: pd.DataFrame, half_width: float, lang: str) -> Sentences | None:
    """Which places are sure, which are not, what happens to the first."""
    if intervals.empty:
        return sentences(text("sensitivity.none", lang))
    named = labels.agencies(case, lang)
    width = labels.share(half_width, lang, 0)
    fixed = intervals[intervals["lowest"] == intervals["highest"]]
    said = [text("sensitivity.fixed", lang, n=len(fixed), all=len(intervals), half_width=width)]
    for _, group in intervals.groupby("scope", sort=False):
        for row in group[group["rank"] == 1].to_dict("records"):
            key = "sensitivity.first_sure" if row["keeps"] == 1 else "sensitivity.first"
            said.append(
                text(
                    key,
                    lang,
                    who=named[row["agency"]],
                    keeps=labels.share(row["keeps"], lang, 1),
                    worst=number(row["highest"], lang),
                )
            )
    widest = (
        intervals.assign(width=intervals["high"] - intervals["low"])
        .sort_values(["width", "rank"], ascending=[False, True])
        .iloc[0]
    )
    if widest["width"]:
        said.append(
            text(
                "sensitivity.widest",
                lang,
                who=named[widest["agency"]],
                low=number(widest["low"], lang),
                high=number(widest["high"], lang),
            )
        )
    return sentences(*said)


def intervals_table(
    case: Case, intervals: pd.DataFrame, half_width: float, draws: int, seed: int, lang: str
) -> Table | None:
    """Official rank, 5–95 % interval, best and worst rank met, how often the rank is kept."""
    named, scoped = labels.agencies(case, lang), bool(intervals["scope"].any())
    heads = [
        Column(text("report.rank", lang), "rank"),
        Column(text("page.agency", lang), "name"),
        *([Column(text("report.list", lang))] if scoped else []),
        Column(text("sensitivity.interval", lang), "rank"),
        Column(text("sensitivity.extremes", lang), "rank"),
        Column(text("sensitivity.keeps", lang), "bar"),
    ]
    body: list[list[str | Cell]] = [
        [
            number(r["rank"], lang),
            named[r["agency"]],
            *([r["scope"]] if scoped else []),
            span(r["low"], r["high"], lang),
            span(r["lowest"], r["highest"], lang),
            Cell(labels.share(r["keeps"], lang, 1), r["keeps"]),
        ]
        for r in intervals.to_dict("records")
    ]
    return table(
        text("sensitivity.intervals_caption", lang),
        heads,
        body,
        labels.source(case, lang),
        drawn_from(half_width, draws, seed, lang),
    )


def span(low: int, high: int, lang: str) -> str:
    return number(low, lang) if low == high else f"{number(low, lang)}–{number(high, lang)}"


def intervals_chart(
    case: Case, intervals: pd.DataFrame, half_width: float, draws: int, seed: int, lang: str
) -> Chart | None:
    """The interval of every rank, list by list."""
    if intervals.empty:
        return None
    named = labels.agencies(case, lang)
    drawings: list[bytes] = []
    for scope, group in intervals.groupby("scope", sort=False):
        low, rank, high = (group[c].tolist() for c in ("low", "rank", "high"))
        names = [named[a] for a in group["agency"]]
        drawings += charts.intervals(names, low, rank, high, text("report.rank", lang), str(scope))
    moved = int((intervals["low"] < intervals["high"]).sum())
    alt = text("sensitivity.chart_alt", lang, n=moved, all=len(intervals))
    return Chart(
        text("sensitivity.chart_caption", lang),
        tuple(drawings),
        labels.source(case, lang),
        alt,
        drawn_from(half_width, draws, seed, lang),
    )


def reach(case: Case, attainable: pd.DataFrame, half_width: float, lang: str) -> Table | None:
    """What the range of each weight really is after the weights are made to sum to one again."""
    rows = labels.rows(case, lang)
    heads = [
        Column(text("page.row", lang), "name"),
        Column(text("report.weight", lang), "number"),
        Column(text("sensitivity.down", lang), "number"),
        Column(text("sensitivity.up", lang), "number"),
    ]
    body = [
        [
            rows[r["node"]],
            labels.share(r["weight"], lang, 1),
            labels.share(r["down"], lang, 1),
            "+" + labels.share(r["up"], lang, 1),
        ]
        for r in attainable.to_dict("records")
    ]
    caption = text("sensitivity.reach_caption", lang, half_width=labels.share(half_width, lang, 0))
    return table(caption, heads, body, labels.source(case, lang), text("sensitivity.reach_note", lang))


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
        body,
        labels.source(case, lang),
        " ".join([*notes, text("sensitivity.siblings", lang)]),
    )


def left_out_summary(case: Case, shifts: pd.DataFrame, lang: str, level: str = "pillar") -> Sentences | None:
    """The row that the ranking depends on most."""
    if shifts.empty or said_already(case, level):
        return None
    top = shifts.sort_values(["mean_shift", "moved"], ascending=False, kind="stable").iloc[0]
    if not top["moved"]:
        return sentences(text("sensitivity.nobody", lang, all=len(shifts)))
    row = labels.rows(case, lang)[top["node"]]
    return sentences(
        text("sensitivity.most", lang, row=row, n=number(top["moved"], lang), shift=number(top["mean_shift"], lang, 2))
    )
