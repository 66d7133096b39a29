"""When the weights change: places, pairs, classes, neighbours, stability."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ...case import Case
from ...robust.acceptability import standard_error
from ...words import number, percent, text
from .. import charts, labels
from ..blocks import Cell, Chart, Column, Sentences, Table, filled, sentences, table
from .first import place_group
from .parts import LONG, SHORT, between


def drawn_from(half_width: float, draws: int, seed: int, lang: str) -> str:
    """How the weights were drawn; stands under every result."""
    return text(
        "sensitivity.drawn", lang, half_width=labels.share(half_width, lang, 0), draws=number(draws, lang), seed=seed
    )


def intervals_chart(
    case: Case, intervals: pd.DataFrame, exact: pd.DataFrame, half_width: float, draws: int, seed: int, lang: str
) -> Chart | None:
    """Best and worst place of every agency, exactly; where there is no exact answer, the interval over the draws."""
    if intervals.empty:
        return None
    named = labels.agencies(case, lang)
    ends = {"best_bound": "low", "worst_bound": "high"}
    shown = exact.drop(columns="rank").merge(intervals[["agency", "rank"]], on="agency").rename(columns=ends)
    shown = shown.sort_values("rank", kind="stable") if len(exact) else intervals
    drawings: list[str] = []
    for scope, group in shown.groupby("scope", sort=False):
        low, rank, high = (group[c].astype(int).tolist() for c in ("low", "rank", "high"))
        names = [named[a] for a in group["agency"]]
        drawings += charts.intervals(names, low, rank, high, text("report.rank", lang), str(scope))
    width = percent(half_width, lang, 0)
    facts = {"n": number(int((shown["low"] < shown["high"]).sum()), lang), "all": number(len(shown), lang)}
    if len(exact):
        caption = text("sensitivity.exact_caption", lang, half_width=width)
        note, functions = text("sensitivity.exact_note", lang, half_width=width), ["dxlib.robust.attainable_ranks"]
    else:
        caption, functions = text("sensitivity.chart_caption", lang), ["dxlib.robust.rank_intervals"]
        note = drawn_from(half_width, draws, seed, lang)
    alt = text("sensitivity.chart_alt", lang, **facts)
    return Chart(caption, tuple(drawings), labels.made(case, lang, *functions), alt, note)


def intervals_table(
    case: Case,
    intervals: pd.DataFrame,
    exact: pd.DataFrame,
    sure: pd.DataFrame,
    half_width: float,
    draws: int,
    seed: int,
    lang: str,
) -> Table | None:
    """Official rank, exact best and worst, interval of the draws, how often it is kept, whether the class is."""
    scoped = bool(intervals["scope"].any())
    ranges = {r["agency"]: r for r in exact.to_dict("records")}
    certain = dict(zip(sure["agency"], sure["certain"], strict=True)) if len(sure) else {}
    classed = any(not pd.isna(x) for x in certain.values())

    def kept(r: dict[Any, Any]) -> Cell:
        error = number(float(standard_error(np.array(r["keeps"]), draws)) * 100, lang, 1)
        return Cell(text("sensitivity.give_or_take", lang, x=percent(r["keeps"], lang, 1), error=error), r["keeps"])

    columns = [
        Column(text("report.rank", lang), "rank", lambda r: number(r["rank"], lang)),
        labels.agency(case, lang),
    ]
    columns += labels.lists(scoped, lang)
    if ranges:
        columns.append(
            Column(text("sensitivity.extremes", lang), "rank", lambda r: extremes(ranges.get(r["agency"]), lang))
        )
    columns.append(Column(text("sensitivity.interval", lang), "rank", lambda r: span(r["low"], r["high"], lang)))
    columns.append(Column(text("sensitivity.keeps", lang), "bar", kept))
    if classed:
        head = text("sensitivity.head.certain", lang)
        columns.append(Column(head, cell=lambda r: labels.yes(certain.get(r["agency"]), lang)))
    functions = ["dxlib.robust.rank_intervals"]
    functions += ["dxlib.robust.attainable_ranks", "dxlib.robust.dominance"] if ranges else []
    return filled(
        text("sensitivity.intervals_caption", lang),
        intervals,
        columns,
        labels.made(case, lang, *functions),
        labels.joined(
            drawn_from(half_width, draws, seed, lang),
            text("sensitivity.table_note", lang, half_width=percent(half_width, lang, 0)) if ranges else "",
        ),
    )


def extremes(row: dict[Any, Any] | None, lang: str) -> str:
    """Best and worst rank: exact, or what has been proved."""
    if row is None:
        return "–"
    found = span(row["best_bound"], row["worst_bound"], lang)
    return found if row["exact"] else text("sensitivity.within", lang, range=found)


def span(low: int, high: int, lang: str) -> str:
    return number(low, lang) if low == high else f"{number(low, lang)}–{number(high, lang)}"


def pairs_sentence(
    case: Case, pairs: pd.DataFrame, groups: pd.DataFrame, half_width: float, lang: str
) -> Sentences | None:
    """How many pairs of agencies stand in one order whatever the weights; and every group of places."""
    said = []
    for row in pairs.to_dict("records"):
        if row["pairs"]:
            facts = {key: number(row[key], lang) for key in ("pairs", "certain")}
            facts |= {"rho": percent(row["rho"], lang, 1), "half_width": percent(half_width, lang, 0)}
            words = text("sensitivity.pairs", lang, **facts)
            said.append(f"{row['scope']}: {words}" if row["scope"] else words)
    in_order = groups.sort_values("first", kind="stable") if len(groups) else groups
    listed = [place_group(row, lang) for row in in_order.to_dict("records")]
    if listed:
        said.append(text("sensitivity.all_groups", lang, n=number(len(groups), lang), list="; ".join(listed)))
    return sentences(*said)


def firsts_table(case: Case, firsts: pd.DataFrame, half_width: float, draws: int, seed: int, lang: str) -> Table | None:
    """Who leads in how many of the draws; nothing where only one agency ever does."""
    leading = firsts[firsts["share"] > 0].sort_values("share", ascending=False, kind="stable")
    if len(leading) == firsts["scope"].nunique():
        return None
    shown = leading.head(LONG)
    return filled(
        text("sensitivity.firsts_caption", lang),
        shown,
        [
            labels.agency(case, lang),
            *labels.lists(bool(firsts["scope"].any()), lang),
            Column(text("report.rank", lang), "rank", lambda r: number(r["rank"], lang)),
            Column(
                text("sensitivity.head.leads", lang), "bar", lambda r: Cell(percent(r["share"], lang, 1), r["share"])
            ),
            Column(text("sensitivity.head.error", lang), "number", lambda r: percent(r["error"], lang, 1)),
        ],
        labels.made(case, lang, "dxlib.robust.first_places"),
        labels.joined(drawn_from(half_width, draws, seed, lang), labels.shown_of(len(shown), len(leading), lang)),
    )


def classes_table(
    case: Case,
    classes: pd.DataFrame,
    sure: pd.DataFrame,
    half_width: float,
    draws: int,
    seed: int,
    lang: str,
) -> Table | None:
    """How often each class comes out, for agencies whose class is not certain; the least certain first."""
    if classes.empty:
        return None
    named, titles = labels.agencies(case, lang), labels.classes(case, lang)
    open_ = set(sure.loc[sure["certain"].eq(False).fillna(False), "agency"]) if len(sure) else set()
    wide = classes.pivot(index="agency", columns="drawn", values="share")
    official = classes.drop_duplicates("agency").set_index("agency")["class"]
    own = classes[classes["class"] == classes["drawn"]].set_index("agency")["share"]
    unsure = own[(own < 1) | own.index.isin(open_)].sort_values(kind="stable")
    drawn = [k for k in titles if (wide.loc[unsure.index, k] > 0).any()]
    body = [
        [named[a], titles[int(official[a])], *(percent(wide.loc[a, k], lang, 1) for k in drawn)]
        for a in unsure.index[:LONG]
    ]
    heads = [Column(text("page.agency", lang), "name"), Column(text("sensitivity.head.class", lang))]
    heads += [Column(titles[k], "number") for k in drawn]
    error = percent(0.5 / draws**0.5, lang, 1)
    return table(
        text("sensitivity.classes_caption", lang),
        heads,
        body,
        labels.made(case, lang, "dxlib.robust.class_shares", "dxlib.robust.dominance"),
        labels.joined(
            text("sensitivity.classes_note", lang, error=error),
            "" if case.settings.classes.by_cut else text("class_reason.drawn", lang),
            drawn_from(half_width, draws, seed, lang),
            labels.shown_of(len(body), len(unsure), lang),
        ),
    )


def gains_table(case: Case, gains: pd.DataFrame, half_width: float, lang: str) -> Table | None:
    """Each main index weighs more, the others less in proportion: who gains most?"""
    named = labels.agencies(case, lang)

    def place(r: dict[Any, Any]) -> str:
        ends = {"low": number(r["rank"], lang), "high": number(r["after"], lang)}
        return text("sensitivity.from_to", lang, **ends) if r["agency"] else "–"

    moving = gains[gains["moved"] > 0].sort_values(["gain", "moved"], ascending=False, kind="stable")
    return filled(
        text("sensitivity.gains_caption", lang, half_width=percent(half_width, lang, 0)),
        moving,
        [
            labels.indicator(case, lang),
            Column(
                text("sensitivity.head.weight_now", lang),
                "number",
                lambda r: between(r["weight"], r["heavier"], lang, 1),
            ),
            Column(text("sensitivity.head.moved", lang), "number", lambda r: number(r["moved"], lang)),
            Column(text("sensitivity.head.gainer", lang), cell=lambda r: named[r["agency"]] if r["agency"] else "–"),
            Column(text("sensitivity.head.gain", lang), "number", lambda r: number(r["gain"], lang)),
            Column(text("sensitivity.head.place", lang), "number", place),
        ],
        labels.made(case, lang, "dxlib.robust.raised_weights"),
        labels.shown_of(len(moving), len(gains), lang),
    )


def fragile_table(case: Case, fragile: pd.DataFrame, lang: str) -> Table | None:
    """The neighbours whose order changes with the smallest change of the weights."""
    named, rows = labels.agencies(case, lang), labels.rows(case, lang)

    def shift(r: dict[Any, Any]) -> str:
        if not (r["give"] and r["take"]):
            return text("sensitivity.tied", lang)
        return text("sensitivity.shift", lang, give=rows[r["give"]], take=rows[r["take"]])

    known = fragile[fragile["relative"].notna()].sort_values(["relative", "rank"], kind="stable")
    shown = known.head(SHORT)
    return filled(
        text("sensitivity.fragile_caption", lang),
        shown,
        [
            Column(text("report.rank", lang), "rank", lambda r: number(r["rank"], lang)),
            labels.agency(case, lang),
            Column(text("sensitivity.head.next", lang), cell=lambda r: named[r["next"]]),
            *labels.numbers("sensitivity", ("gap", "relative"), lang, lambda x: percent(x, lang, 2)),
            Column(text("sensitivity.head.shift", lang), cell=shift),
        ],
        labels.made(case, lang, "dxlib.robust.reversals"),
        labels.joined(text("sensitivity.fragile_note", lang), labels.shown_of(len(shown), len(known), lang)),
    )


def stability_table(case: Case, stable: pd.DataFrame, lang: str) -> Table | None:
    """How far each main weight may move, the others in proportion, before the order, the first or a class changes."""
    rows, scoped = labels.rows(case, lang), stable["scope"].nunique() > 1
    known = stable[stable["low"].notna()]
    kinds = [kind for kind in ("order", "top", "class") if (known["what"] == kind).any()]
    body = []
    for (scope, node), group in known.groupby(["scope", "node"], sort=False):
        ends = {kind: group[group["what"] == kind] for kind in kinds}
        body.append(
            [
                rows[node],
                *([str(scope)] if scoped else []),
                percent(group["weight"].iloc[0], lang, 2),
                *(
                    between(ends[kind]["low"].max(), ends[kind]["high"].min(), lang) if len(ends[kind]) else "–"
                    for kind in kinds
                ),
            ]
        )
    heads = [Column(text("page.row", lang), "name"), *([Column(text("report.list", lang))] if scoped else [])]
    heads += [Column(text("report.weight", lang), "number")]
    heads += labels.numbers("sensitivity", (f"keeps_{kind}" for kind in kinds), lang)
    return table(
        text("sensitivity.stability_caption", lang),
        heads,
        body[:LONG],
        labels.made(case, lang, "dxlib.robust.stability"),
        labels.joined(text("sensitivity.stability_note", lang), labels.shown_of(len(body[:LONG]), len(body), lang)),
    )


def reach(case: Case, attainable: pd.DataFrame, half_width: float, lang: str) -> Table | None:
    """What the range of each weight really is after the weights are made to sum to one again."""
    return filled(
        text("sensitivity.reach_caption", lang, half_width=labels.share(half_width, lang, 0)),
        attainable,
        [
            labels.indicator(case, lang),
            Column(text("report.weight", lang), "number", lambda r: labels.share(r["weight"], lang, 1)),
            Column(text("sensitivity.down", lang), "number", lambda r: labels.share(r["down"], lang, 1)),
            Column(text("sensitivity.up", lang), "number", lambda r: "+" + labels.share(r["up"], lang, 1)),
        ],
        labels.made(case, lang, "dxlib.robust.attainable"),
        text("sensitivity.reach_note", lang),
    )
