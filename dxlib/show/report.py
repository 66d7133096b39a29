"""The public report, block by block. Each function turns tables of the library into one block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ..case import Case
from ..case.framework import Framework
from ..index import INDEX, hidden_differences
from ..index.exact import CLOSED
from ..index.values import OPEN
from ..words import NOTHING, date, number, percent, text, title_of_year
from ..years import Comparison
from . import charts, labels
from .blocks import Cell, Chart, Column, Sentences, Table, filled, sentences, table

ROWS_NAMED = 10  # rows in the table of what separates the best
FEW = 10  # agencies below which a list says so


def index_rows(scores: pd.DataFrame) -> pd.DataFrame:
    """The index of every agency: lists in order, ranked agencies first."""
    return scores[scores["node"] == INDEX].sort_values(["scope", "rank", "agency"], na_position="last", kind="stable")


def summary(case: Case, scores: pd.DataFrame, lang: str) -> Sentences | None:
    """Who leads, with how much; how the classes fill; who is not ranked and why."""
    rows = index_rows(scores)
    indicators = sum(n.scored for n in case.framework.leaves)
    if len(rows) == 1 and rows["score"].notna().all():
        return alone(case, rows.iloc[0], indicators, lang)
    ranked = rows.dropna(subset=["rank"])
    said = [text("report.assessed", lang, agencies=len(rows), ranked=len(ranked), indicators=indicators)]
    said += leaders(case, ranked, lang)
    said += said_classes(case, rows, lang)
    tied = ranked[ranked.duplicated(["scope", "rank"], keep=False)]
    if len(tied):
        said.append(text("report.ties", lang, n=len(tied)))
    said += not_ranked(case, rows, lang)
    if any(node.rule.group for node in case.framework.leaves):
        said.append(text("report.group_rules", lang))
    return sentences(*said)


def said_classes(case: Case, rows: pd.DataFrame, lang: str) -> list[str]:
    """How the classes fill; nothing without classes."""
    filled = [f"{label}: {int((rows['class'] == i).sum())}" for i, label in labels.classes(case, lang).items()]
    return [text("report.classes", lang, list="; ".join(filled))] if filled else []


def earned(case: Case, row: pd.Series, lang: str) -> dict[str, str]:
    """Points, own maximum and share of one index row, as facts of a sentence."""
    return {
        "points": labels.points(row["points"], case, lang),
        "of": labels.maximum(row["max_points"], lang),
        "share": labels.share(row["score"], lang),
    }


def alone(case: Case, row: pd.Series, indicators: int, lang: str) -> Sentences | None:
    """The summary of a group that is one unit."""
    who = labels.agencies(case, lang)[row["agency"]]
    said = [text("report.alone", lang, who=who, indicators=indicators, **earned(case, row, lang))]
    if not pd.isna(row["class"]):
        said += own_class(case, row, lang)
    return sentences(*said)


def own_class(case: Case, row: pd.Series, lang: str) -> list[str]:
    """The class of one agency, and why it is not that of its points."""
    said = [text("report.alone_class", lang, label=labels.classes(case, lang)[row["class"]])]
    why = labels.held(case, row, lang)
    return [*said, text("class_reason.card", lang, why=why)] if why else said


def leaders(case: Case, ranked: pd.DataFrame, lang: str) -> list[str]:
    """Who leads each list."""
    named, said = labels.agencies(case, lang), []
    for scope, group in ranked.groupby("scope", sort=False):
        first = group[group["rank"] == 1]
        who = text("page.and", lang).join(named[a] for a in first["agency"])
        key = "report.leader_scope" if scope else "report.leader"
        said.append(text(key, lang, scope=scope, who=who, **earned(case, first.iloc[0], lang)))
    return said


def not_ranked(case: Case, rows: pd.DataFrame, lang: str) -> list[str]:
    """Who has no rank, and why."""
    named, without = labels.agencies(case, lang), int(rows["score"].isna().sum())
    unranked = list(rows["agency"][rows["rank"].isna() & rows["score"].notna()])
    listed = set(case.agencies["agency"][case.agencies["ranked"] == "no"])
    outside = [a for a in unranked if a in listed]
    rest = len(unranked) - len(outside)
    return [
        text("report.without_score", lang, n=without) if without else "",
        text("report.not_in_list", lang, who=", ".join(named[a] for a in outside)) if outside else "",
        text("report.not_ranked", lang, n=rest) if rest else "",
    ]


def places(intervals: pd.DataFrame, exact: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """agency -> the best and the worst place under the weights of the set: proved where that can be, else drawn."""
    if len(exact):
        return {r["agency"]: (r["best_bound"], r["worst_bound"]) for r in exact.to_dict("records")}
    return {r["agency"]: (r["lowest"], r["highest"]) for r in intervals.to_dict("records")}


def ranking(
    case: Case, scores: pd.DataFrame, intervals: pd.DataFrame, exact: pd.DataFrame, half_width: float, lang: str
) -> Table | None:
    """Rank, its interval, agency, points of the own maximum, share, class."""
    rows, reach = index_rows(scores), places(intervals, exact)
    bands = labels.classes(case, lang)
    one_maximum = rows["max_points"].nunique() <= 1

    def won(r: dict[Any, Any]) -> str:
        points = labels.points(r["points"], case, lang)
        if one_maximum or r["score"] != r["score"]:
            return points
        return text("report.points_of", lang, points=points, of=labels.maximum(r["max_points"], lang))

    def band(r: dict[Any, Any]) -> str:
        return bands.get(r["class"], "–") if r["class"] is not pd.NA else "–"

    columns = [Column(text("report.rank", lang), "rank", lambda r: number(r["rank"], lang))]
    if reach:
        columns.append(Column(text("report.interval", lang), "rank", lambda r: interval(reach.get(r["agency"]), lang)))
    columns.append(labels.agency(case, lang))
    columns += labels.lists(bool(rows["scope"].any()), lang)
    columns.append(Column(text("report.points", lang), "number", won))
    columns.append(Column(text("report.share", lang), "bar", lambda r: shaded(r["score"], lang, 2)))
    columns += [Column(text("report.class", lang), cell=band)] if bands else []
    if "class_reason" in rows and rows["class_reason"].any():
        columns.append(Column(text("class_reason.head", lang), cell=lambda r: labels.held(case, r, lang)))
    note = text(f"report.rank_note.{case.settings.rank_on}", lang)
    if reach:
        kind = "proved" if len(exact) else "drawn"
        note = labels.joined(note, text(f"report.interval_{kind}", lang, half_width=percent(half_width, lang, 0)))
    note = labels.joined(note, hidden(case, scores, lang), labels.own_rows(case, lang), labels.moved(case, lang))
    if not case.settings.classes.by_cut:
        note = labels.joined(note, text("class_reason.note", lang))
    return filled(
        text("report.ranking_caption", lang, title=title_of_year(case.settings.title, case.year, lang)),
        rows,
        columns,
        labels.source(case, lang),
        note,
    )


def hidden(case: Case, scores: pd.DataFrame, lang: str) -> str:
    """The exact points of agencies whose printed ones do not show why they stand where they do; "" without any."""
    named = labels.agencies(case, lang)
    found = [
        f"{named[r['agency']]} {number(r['exact'], lang, r['decimals'])}"
        for r in hidden_differences(case, scores).to_dict("records")
    ]
    return text("report.hidden", lang, list="; ".join(found)) if found else ""


def interval(ends: tuple[int, int] | None, lang: str) -> str:
    """The places that an agency can have."""
    if ends is None:
        return NOTHING
    best, worst = (number(end, lang) for end in ends)
    return best if best == worst else f"{best}–{worst}"


def separating(case: Case, found: pd.DataFrame, lang: str) -> Table | None:
    """In which rows the best agencies are ahead of all others."""
    whole = float(case.framework.total)
    return filled(
        text("report.separating_caption", lang),
        found[found["points"] > 0].head(ROWS_NAMED),
        [
            labels.indicator(case, lang, "code"),
            *labels.numbers("report", ("best", "rest"), lang, lambda x: labels.share(x, lang, 1)),
            Column(text("report.head.gap", lang), "number", lambda r: labels.points(r["points"] * whole, case, lang)),
        ],
        labels.made(case, lang, "dxlib.robust.separating_rows"),
        text("report.separating_note", lang),
    )


def sign_offs(case: Case, lang: str) -> Table | None:
    """Who signed what, by role."""
    keys = ("version", "role", "decision", "reason")
    body = [[date(r["date"], lang), *(r[key] or NOTHING for key in keys)] for r in case.approvals.to_dict("records")]
    heads = [Column(text(f"report.sign.{key}", lang)) for key in ("date", *keys)]
    return table(text("report.signed_caption", lang), heads, body, labels.source(case, lang))


def limitations(case: Case, scores: pd.DataFrame, compared: Sequence[Comparison], lang: str) -> Sentences | None:
    """What a reader must know before quoting a figure; each sentence only where it is so."""
    state = scored_cells(case, scores)["state"].value_counts()
    waiting, missing = sum(int(state.get(kind, 0)) for kind in OPEN), int(state.get("missing", 0))
    few = len(case.agencies) < FEW
    group = [n.code for n in case.framework.leaves if n.scored and n.rule.group]
    warned = len(case.findings)
    return sentences(
        text("report.limit.sample", lang) if case.settings.sample else None,
        text("report.limit.waiting", lang, n=number(waiting, lang)) if waiting else None,
        text("report.limit.missing", lang, n=number(missing, lang)) if missing else None,
        text("report.limit.few", lang, n=number(len(case.agencies), lang)) if few else None,
        text("report.limit.group", lang, rows=", ".join(group)) if group else None,
        labels.own_rows(case, lang) or None,
        text("report.limit.not_comparable", lang) if compared and not compared[-1].comparable else None,
        text("report.limit.warned", lang, n=number(warned, lang)) if warned else None,
        text("report.limit.weights", lang),
    )


def pillar_scores(case: Case, scores: pd.DataFrame) -> pd.DataFrame:
    """Agencies (order of the ranking) by scored top rows, shares."""
    tops = [n.code for n in case.framework.siblings(case.framework.tops)]
    wide = scores[scores["node"].isin(tops)].pivot(index="agency", columns="node", values="score")
    return wide.reindex(index=index_rows(scores)["agency"], columns=tops)


def pillars(case: Case, scores: pd.DataFrame, lang: str) -> Table | None:
    """Every agency's share in every top row, shaded."""
    wide = pillar_scores(case, scores)
    if len(wide.columns) < 2:
        return None
    named, rows = labels.agencies(case, lang), labels.rows(case, lang)
    return table(
        text("report.pillars_caption", lang, year=case.year),
        [Column(text("page.agency", lang), "name"), *(Column(rows[code], "bar") for code in wide.columns)],
        [
            [named[agency], *(shaded(x, lang, 1) for x in shares)]
            for agency, shares in zip(wide.index, wide.to_numpy(), strict=True)
        ],
        labels.source(case, lang),
        text("report.pillars_note", lang),
    )


def shaded(share: float, lang: str, decimals: int) -> Cell:
    """A share as a bar; none where there is no share."""
    return Cell(labels.share(share, lang, decimals), share if share == share else None)


def extremes(case: Case, wide: pd.DataFrame, lang: str) -> dict[str, str]:
    """The top rows with the highest and the lowest median, in words."""
    rows, middle = labels.rows(case, lang), wide.median()
    best, worst = middle.idxmax(), middle.idxmin()
    return {
        "best": rows[best],
        "high": labels.share(middle[best], lang, 1),
        "worst": rows[worst],
        "low": labels.share(middle[worst], lang, 1),
    }


def scored_pillars(case: Case, scores: pd.DataFrame) -> pd.DataFrame:
    """`pillar_scores` without the agencies that have none, and without the top rows in which nobody has one."""
    return pillar_scores(case, scores).dropna(how="all").dropna(how="all", axis=1)


def pillar_summary(case: Case, scores: pd.DataFrame, lang: str) -> Sentences | None:
    """Where the group is strong and where it is weak."""
    wide = scored_pillars(case, scores)
    if len(wide.columns) < 2 or len(wide) < 2:
        return None
    return sentences(text("report.pillar_summary", lang, **extremes(case, wide, lang)))


def pillar_chart(case: Case, scores: pd.DataFrame, lang: str) -> Chart | None:
    """Where the group is strong and weak: lowest, median and highest share by top row."""
    wide = scored_pillars(case, scores)
    if len(wide.columns) < 2 or len(wide) < 2:
        return None
    rows = labels.rows(case, lang)
    drawings = charts.ranges(
        [rows[c] for c in wide.columns],
        wide.min().tolist(),
        wide.median().tolist(),
        wide.max().tolist(),
        text("report.share", lang),
        lambda x: labels.share(x, lang, 0),
    )
    alt = text("report.pillar_alt", lang, **extremes(case, wide, lang))
    return Chart(text("report.pillar_chart", lang), tuple(drawings), labels.source(case, lang), alt)


def distribution(case: Case, scores: pd.DataFrame, lang: str) -> Chart | None:
    """How the scores are spread, with the cuts of the classes."""
    shares = index_rows(scores)["score"].dropna()
    if len(shares) < 5 or shares.min() < 0 or shares.max() > 1:
        return None
    bands = labels.classes(case, lang)
    cuts = [(float(edge.cut), bands[edge.place]) for edge in case.settings.classes.edges]
    facts = {
        "n": len(shares),
        "low": labels.share(shares.min(), lang),
        "middle": labels.share(shares.median(), lang),
        "high": labels.share(shares.max(), lang),
    }
    drawings = charts.distribution(
        shares.tolist(),
        cuts,
        text("report.share", lang),
        text("report.count", lang),
        lambda x: labels.share(x, lang, 0),
    )
    caption = text("report.distribution_cuts" if cuts else "report.distribution_caption", lang)
    return Chart(caption, tuple(drawings), labels.source(case, lang), text("report.distribution_alt", lang, **facts))


GAPS = ("missing", "not-applicable", CLOSED, *OPEN)


def scored_cells(case: Case, scores: pd.DataFrame) -> pd.DataFrame:
    """One row for every agency and scored row of the index set."""
    return scores[scores["node"].isin({n.code for n in case.framework.leaves if n.scored})]


def gaps_summary(case: Case, scores: pd.DataFrame, lang: str) -> Sentences:
    """How complete the figures are, and what the gaps are."""
    state = scored_cells(case, scores)["state"]
    counts = {kind: int((state == kind).sum()) for kind in GAPS}
    full, whole = len(state) - sum(counts.values()), len(state)
    if full == whole:
        return Sentences((text("report.covered_all", lang),))
    facts = {"n": number(full, lang), "all": number(whole, lang), "share": labels.share(full / whole, lang, 1)}
    found = "; ".join(f"{text(f'state.{kind}', lang)}: {number(n, lang)}" for kind, n in counts.items() if n)
    return Sentences((text("report.covered", lang, **facts), text("report.gaps_counts", lang, list=found)))


def gaps(case: Case, scores: pd.DataFrame, lang: str) -> Table | None:
    """Agencies with rows that do not apply, are missing or wait for verification."""
    found = scored_cells(case, scores)
    open_ = found[found["state"].isin(GAPS)]
    counts = pd.crosstab(open_["agency"], open_["state"])
    shown = [kind for kind in GAPS if kind in counts]
    named = labels.agencies(case, lang)
    return table(
        text("report.gaps_caption", lang, n=found["node"].nunique()),
        [Column(text("page.agency", lang), "name"), *(Column(text(f"state.{kind}", lang), "number") for kind in shown)],
        [
            [named[agency], *(number(counts.loc[agency, kind], lang) for kind in shown)]
            for agency in case.agencies["agency"]
            if agency in counts.index
        ],
        labels.source(case, lang),
    )


def exemptions(case: Case, lang: str) -> Table | None:
    """Rows that do not apply to an agency, and why."""
    named, rows = labels.agencies(case, lang), labels.rows(case, lang)
    return table(
        text("report.exemptions_caption", lang),
        [labels.agency(case, lang), labels.indicator(case, lang, kind="text"), Column(text("report.reason", lang))],
        [
            [named[agency], "; ".join(rows[code] for code in group["indicator"]), reason]
            for (agency, reason), group in case.exemptions.groupby(["agency", "reason"], sort=False)
        ],
        labels.source(case, lang),
    )


def carried(case: Case, scores: pd.DataFrame, lang: str) -> Table | None:
    """Under `within-parent`: points that siblings earn for rows left out, so that sums can be followed. Only where
    points add up: not under another mean, nor where rows weigh otherwise than by their maximum points."""
    states = [state for state, policy in policies_of(case) if policy == "within-parent"]
    if not states or not case.framework.has_points:
        return None
    points = scores.pivot(index="agency", columns="node", values="points")
    left_out = scores[scores["max_points"].isna() & scores["state"].isin(states) & scores["node"].ne(INDEX)]
    left_out = left_out.assign(parent=left_out["node"].map(lambda c: case.framework.nodes[c].parent))
    named, rows = labels.agencies(case, lang), labels.rows(case, lang)
    body = []
    for (agency, parent), _ in left_out.groupby(["agency", "parent"], sort=False):
        if not parent or pd.isna(points.loc[agency, parent]) or not adds_up(case.framework, parent):
            continue
        own = [row.code for row in case.framework.siblings(case.framework.nodes[parent].children)]
        more = round(points.loc[agency, parent] - points.loc[agency, own].sum(), 10)
        body.append([named[agency], rows[parent], labels.points(more, case, lang)])
    return table(
        text("report.carried_caption", lang),
        [
            labels.agency(case, lang),
            labels.indicator(case, lang, kind="text"),
            Column(text("report.carried", lang), "number"),
        ],
        body,
        labels.source(case, lang),
        text("report.carried_note", lang),
    )


def policies_of(case: Case) -> tuple[tuple[str, str], ...]:
    return ("missing", case.settings.missing), ("not-applicable", case.settings.not_applicable)


def adds_up(framework: Framework, parent: str) -> bool:
    """Whether a branch's points are those of its rows: an arithmetic mean by their maximum points."""
    rows = framework.siblings(framework.nodes[parent].children)
    return framework.nodes[parent].aggregate == "arithmetic" and (
        len({row.weight / row.maximum for row in rows if row.maximum}) == 1
        and all(bool(row.maximum) == bool(row.weight) for row in rows)
    )


def extra(case: Case, scores: pd.DataFrame, lang: str) -> Table | None:
    """Bonus and penalty points given."""
    codes = [n.code for n in case.framework.leaves if n.role in ("bonus", "penalty")]
    return filled(
        text("report.extra_caption", lang),
        scores[scores["node"].isin(codes) & scores["points"].fillna(0).ne(0)],
        [
            labels.agency(case, lang),
            labels.indicator(case, lang, kind="text"),
            Column(text("report.points", lang), "number", lambda r: labels.points(r["points"], case, lang)),
        ],
        labels.source(case, lang),
    )
