"""The sensitivity page, block by block: would the ranking stand with other weights and other choices?

First sentences an official can repeat, then the evidence. Every table and chart names the function it came from; its
docstring says the method and its source.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from ..case import Case
from ..robust.acceptability import standard_error
from ..robust.structure import FEW, MANY, SMOOTH
from ..words import number, percent, text
from . import charts, labels
from .blocks import Cell, Chart, Column, Sentences, Table, sentences, table

RESAMPLES = 200  # of the agencies, for the intervals of the annex
SETTLED = 0.95  # share of the draws from which the order of two agencies counts as settled
SMALL = 10  # with fewer agencies, one place means little, and the page says so
PLACES = 3  # places from the top that the summary speaks of
GROUPS = 2  # groups of places that it names
LISTS = 3  # lists that it goes through one by one
LONG, SHORT = 20, 15  # rows of a table that is not about every agency


def drawn_from(half_width: float, draws: int, seed: int, lang: str) -> str:
    """How the weights were drawn; stands under every result."""
    return text(
        "sensitivity.drawn", lang, half_width=labels.share(half_width, lang, 0), draws=number(draws, lang), seed=seed
    )


# What the page says first.


def summary(
    case: Case,
    intervals: pd.DataFrame,
    exact: pd.DataFrame,
    sure: pd.DataFrame,
    classes: pd.DataFrame,
    groups: pd.DataFrame,
    gains: pd.DataFrame,
    single: pd.DataFrame,
    half_width: float,
    draws: int,
    lang: str,
) -> Sentences | None:
    """At most six sentences: the first places, who keeps place and class, groups, who gains, which choice matters."""
    width = percent(half_width, lang, 0)
    if intervals.empty:
        key = "sensitivity.one" if len(case.agencies) == 1 else "sensitivity.none"
        return sentences(text(key, lang), said_class(sure, classes, width, draws, lang))
    return sentences(
        said_top(case, intervals, exact, width, draws, lang),
        said_kept(intervals, exact, width, draws, lang),
        said_class(sure, classes, width, draws, lang),
        said_groups(intervals, exact, groups, width, lang),
        said_gain(case, gains, width, lang),
        said_choice(single, lang),
    )


def said_top(case: Case, intervals: pd.DataFrame, exact: pd.DataFrame, width: str, draws: int, lang: str) -> str:
    """The first places of the list; of several lists, the first place of each."""
    named = labels.agencies(case, lang)
    scopes = intervals["scope"].unique().tolist()
    rows = intervals[intervals["rank"] <= (PLACES if len(scopes) == 1 else 1)].to_dict("records")
    if len(rows) > 2 * PLACES or len(scopes) > LISTS:
        return ""
    ranges = {r["agency"]: r for r in exact.to_dict("records")}
    parts = []
    for row in rows:
        found = ranges.get(row["agency"])
        facts = {"rank": number(row["rank"], lang), "who": named[row["agency"]]}
        facts["who"] += f" ({row['scope']})" if row["scope"] else ""
        if found is None:
            key = "top_all" if row["keeps"] == 1 else "top_share"
            error = float(standard_error(np.array(row["keeps"]), draws))
            facts |= {"keeps": percent(row["keeps"], lang, 1), "error": percent(error, lang, 1)}
            facts["worst"] = number(row["highest"], lang)
        else:
            key = "top_safe" if found["best_bound"] == found["worst_bound"] == row["rank"] else "top_range"
            facts |= {"best": number(found["best_bound"], lang), "worst": number(found["worst_bound"], lang)}
        parts.append(text(f"sensitivity.{key}", lang, **facts))
    key = "sensitivity.top" if len(exact) else "sensitivity.top_drawn"
    return text(key, lang, half_width=width, draws=number(draws, lang), list="; ".join(parts))


def said_kept(intervals: pd.DataFrame, exact: pd.DataFrame, width: str, draws: int, lang: str) -> str:
    """How many agencies keep their place whatever the weights of the set."""
    if len(exact):
        kept = int((exact["best_bound"].eq(exact["rank"]) & exact["worst_bound"].eq(exact["rank"])).sum())
        return text("sensitivity.kept", lang, n=number(kept, lang), all=number(len(exact), lang), half_width=width)
    kept = int((intervals["lowest"] == intervals["highest"]).sum())
    facts = {"n": number(kept, lang), "all": number(len(intervals), lang), "draws": number(draws, lang)}
    return text("sensitivity.kept_drawn", lang, missed=missed(draws, lang), half_width=width, **facts)


def said_class(sure: pd.DataFrame, classes: pd.DataFrame, width: str, draws: int, lang: str) -> str:
    """How many agencies keep their class."""
    known = sure["certain"].dropna() if len(sure) else pd.Series(dtype="boolean")
    if len(known) == 1:
        return text(f"sensitivity.class_one{'' if known.iloc[0] else '_open'}", lang, half_width=width)
    if len(known):
        facts = {"n": number(int(known.sum()), lang), "all": number(len(known), lang)}
        return text("sensitivity.class_kept", lang, half_width=width, **facts)
    if classes.empty:
        return ""
    own = classes[classes["class"] == classes["drawn"]]
    facts = {"n": number(int((own["share"] == 1).sum()), lang), "all": number(len(own), lang)}
    return text("sensitivity.class_drawn", lang, missed=missed(draws, lang), half_width=width, **facts)


def said_groups(intervals: pd.DataFrame, exact: pd.DataFrame, groups: pd.DataFrame, width: str, lang: str) -> str:
    """The longest runs of places that should not be quoted as a difference."""
    facts = {"half_width": width, "settled": percent(SETTLED, lang, 0)}
    kind = "" if len(exact) else "_drawn"
    if groups.empty:
        return text(f"sensitivity.no_groups{kind}", lang, **facts) if len(intervals) > 1 else ""
    named = [place_group(row, lang) for row in groups.head(GROUPS).to_dict("records")]
    facts["list"] = text("sensitivity.and", lang).join(named)
    facts["named"] = text(
        f"sensitivity.{'largest_groups' if len(groups) > GROUPS else 'these_groups'}",
        lang,
        n=number(len(groups), lang),
        **facts,
    )
    return text(f"sensitivity.groups{kind}", lang, **facts)


def place_group(row: dict[Any, Any], lang: str) -> str:
    """The words for one run of places."""
    facts = {"first": number(row["first"], lang), "last": number(row["last"], lang), "n": number(row["size"], lang)}
    key = "sensitivity.tied_group" if row["first"] == row["last"] else "sensitivity.group"
    return text(key, lang, **facts) + (f" ({row['scope']})" if row["scope"] else "")


def said_gain(case: Case, gains: pd.DataFrame, width: str, lang: str) -> str:
    """Who gains most places when one main index weighs more."""
    if gains.empty:
        return ""
    top = gains.sort_values(["gain", "moved"], ascending=False, kind="stable").iloc[0]
    if not top["gain"]:
        return text("sensitivity.no_gain", lang, half_width=width)
    facts = {key: number(top[key], lang) for key in ("gain", "rank", "after")}
    who, row = labels.agencies(case, lang)[top["agency"]], labels.rows(case, lang)[top["node"]]
    return text("sensitivity.gain", lang, who=who, row=row, half_width=width, **facts)


def said_choice(single: pd.DataFrame, lang: str) -> str:
    """Which single choice of method moves the ranking most; other values or one row less are no methods."""
    tried = single[single["changed"].astype(bool) & ~single["factor"].isin(["source", "leave_out"])]
    if tried.empty:
        return ""
    top = tried.sort_values(["mean_shift", "moved"], ascending=False, kind="stable").iloc[0]
    if not top["moved"]:
        return text("sensitivity.no_choice", lang, n=number(len(tried), lang))
    facts = {"n": number(top["moved"], lang), "shift": number(top["mean_shift"], lang, 1)}
    return text("sensitivity.choice_moves", lang, choice=choice(top["factor"], top["alternative"], lang), **facts)


def choice(factor: str, alternative: str, lang: str) -> str:
    """The name of an alternative."""
    return text(f"sensitivity.choice.{factor}-{alternative}", lang)


def missed(draws: int, lang: str) -> str:
    """What so many draws without a case leave possible, with 95 % confidence: 3 / K."""
    return percent(min(3 / draws, 1.0), lang, 2)


# When the weights change.


def intervals_chart(
    case: Case, intervals: pd.DataFrame, exact: pd.DataFrame, half_width: float, draws: int, seed: int, lang: str
) -> Chart | None:
    """Best and worst place of every agency, exactly; where there is no exact answer, 5 to 95 % of the draws."""
    if intervals.empty:
        return None
    named = labels.agencies(case, lang)
    ends = {"best_bound": "low", "worst_bound": "high"}
    shown = exact.drop(columns="rank").merge(intervals[["agency", "rank"]], on="agency").rename(columns=ends)
    shown = shown.sort_values("rank", kind="stable") if len(exact) else intervals
    drawings: list[bytes] = []
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
    return Chart(caption, tuple(drawings), made(case, lang, *functions), alt, note)


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
    """Official rank, exact best and worst, 5–95 % of the draws, how often the rank is kept, whether the class is."""
    named, scoped = labels.agencies(case, lang), bool(intervals["scope"].any())
    ranges = {r["agency"]: r for r in exact.to_dict("records")}
    certain = dict(zip(sure["agency"], sure["certain"], strict=True)) if len(sure) else {}
    classed = any(not pd.isna(x) for x in certain.values())
    heads = [
        Column(text("report.rank", lang), "rank"),
        Column(text("page.agency", lang), "name"),
        *([Column(text("report.list", lang))] if scoped else []),
        *([Column(text("sensitivity.extremes", lang), "rank")] if ranges else []),
        Column(text("sensitivity.interval", lang), "rank"),
        Column(text("sensitivity.keeps", lang), "bar"),
        *([Column(text("sensitivity.head.certain", lang))] if classed else []),
    ]
    body: list[list[str | Cell]] = []
    for r in intervals.to_dict("records"):
        kept = text(
            "sensitivity.give_or_take",
            lang,
            x=percent(r["keeps"], lang, 1),
            error=number(float(standard_error(np.array(r["keeps"]), draws)) * 100, lang, 1),
        )
        body.append(
            [
                number(r["rank"], lang),
                named[r["agency"]],
                *([r["scope"]] if scoped else []),
                *([extremes(ranges.get(r["agency"]), lang)] if ranges else []),
                span(r["low"], r["high"], lang),
                Cell(kept, r["keeps"]),
                *([yes(certain.get(r["agency"]), lang)] if classed else []),
            ]
        )
    functions = ["dxlib.robust.rank_intervals"]
    functions += ["dxlib.robust.attainable_ranks", "dxlib.robust.dominance"] if ranges else []
    return table(
        text("sensitivity.intervals_caption", lang),
        heads,
        body,
        made(case, lang, *functions),
        joined(
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
    named, scoped = labels.agencies(case, lang), bool(firsts["scope"].any())
    body = [
        [
            named[r["agency"]],
            *([r["scope"]] if scoped else []),
            number(r["rank"], lang),
            Cell(percent(r["share"], lang, 1), r["share"]),
            percent(r["error"], lang, 1),
        ]
        for r in leading.head(LONG).to_dict("records")
    ]
    return table(
        text("sensitivity.firsts_caption", lang),
        [
            Column(text("page.agency", lang), "name"),
            *([Column(text("report.list", lang))] if scoped else []),
            Column(text("report.rank", lang), "rank"),
            Column(text("sensitivity.head.leads", lang), "bar"),
            Column(text("sensitivity.head.error", lang), "number"),
        ],
        body,
        made(case, lang, "dxlib.robust.first_places"),
        joined(drawn_from(half_width, draws, seed, lang), shown_of(len(body), len(leading), lang)),
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
        made(case, lang, "dxlib.robust.class_shares", "dxlib.robust.dominance"),
        joined(
            text("sensitivity.classes_note", lang, error=error),
            drawn_from(half_width, draws, seed, lang),
            shown_of(len(body), len(unsure), lang),
        ),
    )


def gains_table(case: Case, gains: pd.DataFrame, half_width: float, lang: str) -> Table | None:
    """Each main index weighs more, the others less in proportion: who gains most?"""
    named, rows = labels.agencies(case, lang), labels.rows(case, lang)
    moving = gains[gains["moved"] > 0].sort_values(["gain", "moved"], ascending=False, kind="stable")
    body = [
        [
            rows[r["node"]],
            text("sensitivity.from_to", lang, low=percent(r["weight"], lang, 1), high=percent(r["heavier"], lang, 1)),
            number(r["moved"], lang),
            named[r["agency"]] if r["agency"] else "–",
            number(r["gain"], lang),
            text("sensitivity.from_to", lang, low=number(r["rank"], lang), high=number(r["after"], lang))
            if r["agency"]
            else "–",
        ]
        for r in moving.to_dict("records")
    ]
    heads = [Column(text("page.row", lang), "name"), *numbers(("weight_now", "moved"), lang)]
    heads += [Column(text("sensitivity.head.gainer", lang)), *numbers(("gain", "place"), lang)]
    return table(
        text("sensitivity.gains_caption", lang, half_width=percent(half_width, lang, 0)),
        heads,
        body,
        made(case, lang, "dxlib.robust.heavier"),
        shown_of(len(body), len(gains), lang),
    )


def fragile_table(case: Case, fragile: pd.DataFrame, lang: str) -> Table | None:
    """The neighbours whose order changes with the smallest change of the weights."""
    named, rows = labels.agencies(case, lang), labels.rows(case, lang)
    known = fragile[fragile["relative"].notna()].sort_values(["relative", "rank"], kind="stable")
    body = [
        [
            number(r["rank"], lang),
            named[r["agency"]],
            named[r["next"]],
            percent(r["gap"], lang, 2),
            percent(r["relative"], lang, 2),
            text("sensitivity.shift", lang, give=rows[r["give"]], take=rows[r["take"]])
            if r["give"] and r["take"]
            else text("sensitivity.tied", lang),
        ]
        for r in known.head(SHORT).to_dict("records")
    ]
    heads = [Column(text("report.rank", lang), "rank"), Column(text("page.agency", lang), "name")]
    heads += [Column(text("sensitivity.head.next", lang)), *numbers(("gap", "relative"), lang)]
    heads.append(Column(text("sensitivity.head.shift", lang)))
    return table(
        text("sensitivity.fragile_caption", lang),
        heads,
        body,
        made(case, lang, "dxlib.robust.reversals"),
        joined(text("sensitivity.fragile_note", lang), shown_of(len(body), len(known), lang)),
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
    heads += numbers((f"keeps_{kind}" for kind in kinds), lang)
    return table(
        text("sensitivity.stability_caption", lang),
        heads,
        body[:LONG],
        made(case, lang, "dxlib.robust.stability"),
        joined(text("sensitivity.stability_note", lang), shown_of(len(body[:LONG]), len(body), lang)),
    )


def ends(low: str, high: str, lang: str) -> str:
    """An interval whose ends may be negative."""
    return text("sensitivity.ends", lang, low=low, high=high)


def estimate(low: Any, high: Any, lang: str) -> str:
    """An interval of shares; "–" where there is none."""
    return ends(percent(low, lang, 1), percent(high, lang, 1), lang) if low == low else "–"


def between(low: Any, high: Any, lang: str) -> str:
    return text("sensitivity.from_to", lang, low=percent(low, lang, 2), high=percent(high, lang, 2))


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
    source = made(case, lang, "dxlib.robust.attainable")
    return table(caption, heads, body, source, text("sensitivity.reach_note", lang))


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
        made(case, lang, "dxlib.robust.leave_one_out"),
        joined(*notes, text("sensitivity.siblings", lang), shown_of(len(body[:LONG]), len(body), lang)),
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


# When points or choices change.


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
    heads += [*numbers(("points",), lang), Column(text("sensitivity.head.row", lang))]
    return table(
        text("sensitivity.points_caption", lang),
        heads,
        body,
        made(case, lang, "dxlib.robust.smallest_points"),
        joined(text("sensitivity.points_note", lang), shown_of(len(body), len(known), lang)),
    )


def few(x: float, case: Case, lang: str) -> str:
    """Points that may be less than the last printed decimal: one decimal more."""
    return number(x, lang, case.settings.points_decimals + 1)


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
    heads = [Column(text("sensitivity.head.choice", lang), "name"), *numbers(("moved", "mean_shift"), lang)]
    heads += [Column(text("sensitivity.largest", lang)), *numbers(("tau", "reclassed"), lang)]
    still = len(tested) - len(tried)
    return table(
        text("sensitivity.choices_caption", lang, n=number(len(tested), lang)),
        heads,
        body,
        made(case, lang, "dxlib.robust.one_at_a_time", "dxlib.robust.factors"),
        joined(
            text("sensitivity.choices_note", lang),
            text("sensitivity.choices_still", lang, n=number(still, lang)) if still else "",
            shown_of(len(body), len(tried), lang),
        ),
    )


def importance_table(case: Case, important: pd.DataFrame, lang: str) -> Table | None:
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
    heads = [Column(text("sensitivity.head.factor", lang), "name"), *numbers(("levels", "alone"), lang)]
    heads += [Column(text("sensitivity.head.together", lang), "bar"), *numbers(("places",), lang)]
    exact = bool(len(known)) and bool(known["exact"].all())
    return table(
        text("sensitivity.importance_caption", lang),
        heads,
        body,
        made(case, lang, "dxlib.robust.importance"),
        joined(
            text("sensitivity.importance_note", lang),
            text(f"sensitivity.importance_{'exact' if exact else 'drawn'}", lang),
        ),
    )


def part(row: dict[Any, Any], key: str, lang: str) -> str:
    """A share, with its interval where it is estimated."""
    shown = percent(row[key], lang, 1)
    if row["exact"]:
        return shown
    return f"{shown} ({between(row[f'{key}_low'], row[f'{key}_high'], lang)})"


# Annex: other ways of adding up, and what the index set is made of.


def opinions_sentence(case: Case, opinions: pd.DataFrame, lang: str) -> Sentences | None:
    """What the second opinions are, and how often they agree with the official place."""
    if opinions.empty:
        return None
    away = [(opinions[key].astype("Float64") - opinions["rank"]).abs() for key in ("copeland", "borda", "kemeny")]
    near = int((pd.concat(away, axis=1).max(axis=1) <= 1).sum())
    best = int(opinions["bod_first"].fillna(False).sum())
    facts = {"n": number(near, lang), "all": number(len(opinions), lang)}
    return sentences(
        text("sensitivity.opinions", lang),
        text("sensitivity.opinions_near", lang, **facts),
        text("sensitivity.opinions_best", lang, n=number(best, lang)) if best else "",
    )


def opinions_table(case: Case, opinions: pd.DataFrame, lang: str) -> Table | None:
    """Copeland, Borda, Kemeny and Benefit of the Doubt beside the official place."""
    named = labels.agencies(case, lang)
    body = [
        [
            number(r["rank"], lang),
            named[r["agency"]],
            *(number(r[key], lang) for key in ("copeland", "borda", "kemeny")),
            percent(r["bod"], lang, 1),
            yes(r["bod_first"], lang),
        ]
        for r in opinions.sort_values("rank", kind="stable").head(LONG).to_dict("records")
    ]
    heads = [Column(text("report.rank", lang), "rank"), Column(text("page.agency", lang), "name")]
    heads += numbers(("copeland", "borda", "kemeny", "bod", "bod_first"), lang)
    states = [state for state in ("several", "unknown", "bound", "none") if (opinions["kemeny_state"] == state).any()]
    return table(
        text("sensitivity.opinions_caption", lang),
        heads,
        body,
        made(case, lang, "dxlib.robust.second_opinions"),
        joined(
            *(text(f"sensitivity.kemeny.{state}", lang) for state in states), shown_of(len(body), len(opinions), lang)
        ),
    )


def effective_table(case: Case, effective: pd.DataFrame, seed: int, lang: str) -> Table | None:
    """What each main index really accounts for, beside its nominal weight."""
    rows = labels.rows(case, lang)
    if effective[["effective", "linear"]].isna().all(axis=None):
        return None
    known = bool(effective["effective"].notna().any())
    body = [
        [
            rows[r["node"]],
            percent(r["weight"], lang, 1),
            *([percent(r["effective"], lang, 1), estimate(r["low"], r["high"], lang)] if known else []),
            percent(r["linear"], lang, 1),
        ]
        for r in effective.to_dict("records")
    ]
    keys = ("nominal", "effective", "range", "linear") if known else ("nominal", "linear")
    return table(
        text("sensitivity.effective_caption", lang),
        [Column(text("page.row", lang), "name"), *numbers(keys, lang)],
        body,
        made(case, lang, "dxlib.robust.effective_weights"),
        joined(
            text("sensitivity.effective_note", lang),
            text("sensitivity.effective_drawn", lang, draws=number(RESAMPLES, lang), seed=str(seed)) if known else "",
        ),
    )


def weak_table(case: Case, weak: pd.DataFrame, lang: str) -> Table | None:
    """Indicators that hardly tell agencies apart."""
    rows = labels.rows(case, lang)
    listed = weak.sort_values(["same", "weight"], ascending=False, kind="stable")
    body: list[list[str | Cell]] = [
        [
            rows[r["node"]],
            percent(r["weight"], lang, 1),
            Cell(percent(r["same"], lang, 1), r["same"]),
            percent(r["value"], lang, 1),
            number(r["n"], lang),
        ]
        for r in listed.head(LONG).to_dict("records")
    ]
    heads = [Column(text("page.row", lang), "name"), Column(text("report.weight", lang), "number")]
    heads += [Column(text("sensitivity.head.same", lang), "bar"), *numbers(("value", "agencies"), lang)]
    return table(
        text("sensitivity.weak_caption", lang),
        heads,
        body,
        made(case, lang, "dxlib.robust.weak_indicators"),
        joined(text("sensitivity.weak_note", lang), shown_of(len(body), len(listed), lang)),
    )


def redundant_table(case: Case, close: pd.DataFrame, lang: str) -> Table | None:
    """Pairs of indicators that put the agencies in nearly the same order."""
    rows = labels.rows(case, lang)
    known = close[close["reason"] != "too_few"]
    body = [
        [
            rows[r["node"]],
            rows[r["other"]],
            yes(r["same_pillar"], lang),
            number(r["rho"], lang, 2),
            ends(number(r["low"], lang, 2), number(r["high"], lang, 2), lang) if r["low"] == r["low"] else "–",
            number(r["n"], lang),
        ]
        for r in known.head(SHORT).to_dict("records")
    ]
    heads = [Column(text("page.row", lang), "name"), Column(text("sensitivity.head.other", lang))]
    heads += numbers(("same_pillar", "rho", "range", "agencies"), lang)
    return table(
        text("sensitivity.redundant_caption", lang),
        heads,
        body,
        made(case, lang, "dxlib.robust.redundant_pairs"),
        joined(text("sensitivity.redundant_note", lang), shown_of(len(body), len(known), lang)),
    )


def fit_table(case: Case, fit: pd.DataFrame, lang: str) -> Table | None:
    """Does each main index hold together, and which of its rows run against it?"""
    rows = labels.rows(case, lang)
    against = fit[fit["flag"].isin(["negative", "surely_negative"])]
    body = [
        [
            rows[r["node"]],
            number(r["items"], lang),
            number(r["n"], lang),
            number(r["value"], lang, 2),
            ends(number(r["low"], lang, 2), number(r["high"], lang, 2), lang) if r["low"] == r["low"] else "–",
            "; ".join(rows[code] for code in against.loc[against["pillar"] == r["node"], "node"]) or "–",
        ]
        for r in fit[(fit["measure"] == "alpha") & fit["value"].notna()].to_dict("records")
    ]
    heads = [Column(text("page.row", lang), "name"), *numbers(("items", "agencies", "alpha", "range"), lang)]
    heads.append(Column(text("sensitivity.head.against", lang)))
    return table(
        text("sensitivity.fit_caption", lang),
        heads,
        body,
        made(case, lang, "dxlib.robust.pillar_fit"),
        text("sensitivity.fit_note", lang),
    )


def components_table(case: Case, parts: pd.DataFrame, seed: int, lang: str) -> Table | None:
    """How many different things the indicators measure, of the whole set and of each main index."""
    rows = labels.rows(case, lang)
    known = parts[parts["component"].notna()]
    body = []
    for node, group in known.groupby("node", sort=False):
        above = int((group["eigenvalue"] > group["chance"]).sum())
        one = group.iloc[0]
        counts = [number(x, lang) for x in (one["items"], one["n"], above)]
        body.append([rows.get(str(node), text("sensitivity.whole", lang)), *counts, percent(one["share"], lang, 1)])
    return table(
        text("sensitivity.components_caption", lang),
        [Column(text("page.row", lang), "name"), *numbers(("items", "agencies", "above_chance", "first_part"), lang)],
        body,
        made(case, lang, "dxlib.robust.components"),
        text("sensitivity.components_note", lang, draws=number(RESAMPLES, lang), seed=str(seed)),
    )


def not_computed(
    case: Case, intervals: pd.DataFrame, effective: pd.DataFrame, parts: pd.DataFrame, lang: str
) -> Sentences | None:
    """Which parts of the annex are left out, and why."""
    if intervals.empty:
        return sentences(text("sensitivity.too_few.none", lang))
    n = number(len(intervals), lang)
    whole = parts[parts["node"] == "index"]
    few = bool(len(whole)) and bool(whole["reason"].eq("too_few").any())
    return sentences(
        text("sensitivity.too_few.fit", lang, n=n, least=number(FEW, lang)) if len(intervals) < FEW else "",
        text("sensitivity.too_few.effective", lang, n=n, least=number(SMOOTH, lang))
        if effective["effective"].isna().all()
        else "",
        text("sensitivity.too_few.components", lang, n=n, least=number(MANY, lang)) if few else "",
    )


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
        made(case, lang, "dxlib.robust.audit_questions"),
        text("sensitivity.audit_note", lang),
    )


def limits(
    case: Case, intervals: pd.DataFrame, exact: pd.DataFrame, half_width: float, draws: int, seed: int, lang: str
) -> Sentences | None:
    """What these figures cannot say, for this group and this year."""
    ranked, every = len(intervals), len(case.agencies)
    width = percent(half_width, lang, 0)
    return sentences(
        text("sensitivity.limit.official", lang),
        text("sensitivity.limit.not_linear", lang) if ranked and exact.empty else "",
        text("sensitivity.limit.exact", lang, half_width=width) if len(exact) else "",
        text("sensitivity.limit.drawn", lang, half_width=width, draws=number(draws, lang), seed=str(seed)),
        text("sensitivity.limit.few", lang, n=number(ranked, lang)) if 0 < ranked < SMALL else "",
        text("sensitivity.limit.unranked", lang, n=number(every - ranked, lang), all=number(every, lang))
        if 0 < ranked < every
        else "",
        text("sensitivity.limit.choices", lang) if ranked else "",
    )


# Small parts of sentences and tables.


def numbers(keys: Iterable[str], lang: str) -> list[Column]:
    return [Column(text(f"sensitivity.head.{key}", lang), "number") for key in keys]


def yes(x: Any, lang: str) -> str:
    """A truth value in words; "–" where it is not known."""
    return "–" if x is None or pd.isna(x) else text(f"sensitivity.{'yes' if x else 'no'}", lang)


def made(case: Case, lang: str, *functions: str) -> str:
    """The line under a figure, with the functions that made it."""
    return text("sensitivity.made", lang, source=labels.source(case, lang), functions=", ".join(functions))


def shown_of(shown: int, whole: int, lang: str) -> str:
    return text("sensitivity.shown", lang, shown=number(shown, lang), all=number(whole, lang)) if shown < whole else ""


def joined(*notes: str) -> str:
    return " ".join(note for note in notes if note)
