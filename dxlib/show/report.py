"""The public report, block by block. Each function turns tables of the library into one block."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ..case import Case
from ..case.framework import Framework
from ..index import INDEX, hidden_differences
from ..index.exact import CLOSED
from ..index.values import OPEN
from ..words import NOTHING, date, number, percent, text, title_of_year
from ..years import Comparison
from . import charts, labels
from .blocks import Cell, Chart, Column, Sentences, Table, sentences, table

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
        said.append(text("report.alone_class", lang, label=labels.classes(case, lang)[row["class"]]))
    return sentences(*said)


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
    named, bands = labels.agencies(case, lang), labels.classes(case, lang)
    scoped = bool(rows["scope"].any())
    heads = [Column(text("report.rank", lang), "rank")]
    heads += [Column(text("report.interval", lang), "rank")] if reach else []
    heads += [Column(text("page.agency", lang), "name")]
    heads += [Column(text("report.list", lang))] if scoped else []
    heads += [Column(text("report.points", lang), "number"), Column(text("report.share", lang), "bar")]
    heads += [Column(text("report.class", lang))] if bands else []
    one_maximum = rows["max_points"].nunique() <= 1
    body: list[list[str | Cell]] = []
    for row in rows.to_dict("records"):
        won = labels.points(row["points"], case, lang)
        if not one_maximum and row["score"] == row["score"]:
            won = text("report.points_of", lang, points=won, of=labels.maximum(row["max_points"], lang))
        cells: list[str | Cell] = [number(row["rank"], lang)]
        cells += [interval(reach.get(row["agency"]), lang)] if reach else []
        cells += [named[row["agency"]]]
        cells += [row["scope"]] if scoped else []
        cells += [
            won,
            Cell(labels.share(row["score"], lang), row["score"] if row["score"] == row["score"] else None),
        ]
        cells += [bands.get(row["class"], "–") if row["class"] is not pd.NA else "–"] if bands else []
        body.append(cells)
    note = text(f"report.rank_note.{case.settings.rank_on}", lang)
    if reach:
        kind = "proved" if len(exact) else "drawn"
        note = labels.joined(note, text(f"report.interval_{kind}", lang, half_width=percent(half_width, lang, 0)))
    note = labels.joined(note, hidden(case, scores, lang), labels.own_rows(case, lang), labels.moved(case, lang))
    return table(
        text("report.ranking_caption", lang, title=title_of_year(case.settings.title, case.year, lang)),
        heads,
        body,
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
    shown = found[found["points"] > 0].head(ROWS_NAMED)
    rows = labels.rows(case, lang)
    body = [
        [
            rows[r["code"]],
            labels.share(r["best"], lang, 1),
            labels.share(r["rest"], lang, 1),
            labels.points(r["points"] * float(case.framework.total), case, lang),
        ]
        for r in shown.to_dict("records")
    ]
    heads = [Column(text("page.row", lang), "name"), *labels.numbers("report", ("best", "rest", "gap"), lang)]
    source = labels.made(case, lang, "dxlib.robust.separating_rows")
    return table(text("report.separating_caption", lang), heads, body, source, text("report.separating_note", lang))


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
    heads = [Column(text("page.agency", lang), "name"), *(Column(rows[code], "bar") for code in wide.columns)]
    body: list[list[str | Cell]] = [
        [named[agency], *(Cell(labels.share(x, lang, 1), x if x == x else None) for x in shares)]
        for agency, shares in zip(wide.index, wide.to_numpy(), strict=True)
    ]
    return table(
        text("report.pillars_caption", lang, year=case.year),
        heads,
        body,
        labels.source(case, lang),
        text("report.pillars_note", lang),
    )


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
    counts = {kind: found[found["state"] == kind].groupby("agency").size() for kind in GAPS}
    shown = [kind for kind in GAPS if len(counts[kind])]
    named = labels.agencies(case, lang)
    heads = [
        Column(text("page.agency", lang), "name"),
        *(Column(text(f"state.{kind}", lang), "number") for kind in shown),
    ]
    body = [
        [named[agency], *(number(counts[kind].get(agency, 0), lang) for kind in shown)]
        for agency in case.agencies["agency"]
        if any(agency in counts[kind].index for kind in shown)
    ]
    return table(text("report.gaps_caption", lang, n=found["node"].nunique()), heads, body, labels.source(case, lang))


def exemptions(case: Case, lang: str) -> Table | None:
    """Rows that do not apply to an agency, and why."""
    named, rows = labels.agencies(case, lang), labels.rows(case, lang)
    found = case.exemptions
    heads = [
        Column(text("page.agency", lang), "name"),
        Column(text("page.row", lang)),
        Column(text("report.reason", lang)),
    ]
    body = [
        [named[agency], "; ".join(rows[code] for code in group["indicator"]), reason]
        for (agency, reason), group in found.groupby(["agency", "reason"], sort=False)
    ]
    return table(text("report.exemptions_caption", lang), heads, body, labels.source(case, lang))


def carried(case: Case, scores: pd.DataFrame, lang: str) -> Table | None:
    """Under `within-parent`: points that siblings earn for rows left out, so that sums can be followed. Only where
    points add up: not under another mean, nor where rows weigh otherwise than by their maximum points."""
    states = [state for state, policy in policies_of(case) if policy == "within-parent"]
    if not states or not case.framework.has_points:
        return None
    points = scores.pivot(index="agency", columns="node", values="points")
    left_out = scores[scores["max_points"].isna() & scores["state"].isin(states) & scores["node"].ne(INDEX)]
    named, rows = labels.agencies(case, lang), labels.rows(case, lang)
    body = []
    for (agency, parent), _ in left_out.assign(
        parent=left_out["node"].map(lambda c: case.framework.nodes[c].parent)
    ).groupby(["agency", "parent"], sort=False):
        if not parent or pd.isna(points.loc[agency, parent]) or not adds_up(case.framework, parent):
            continue
        own = [row.code for row in case.framework.siblings(case.framework.nodes[parent].children)]
        below = points.loc[agency, own].sum()
        body.append(
            [named[agency], rows[parent], labels.points(round(points.loc[agency, parent] - below, 10), case, lang)]
        )
    heads = [
        Column(text("page.agency", lang), "name"),
        Column(text("page.row", lang)),
        Column(text("report.carried", lang), "number"),
    ]
    return table(
        text("report.carried_caption", lang), heads, body, labels.source(case, lang), text("report.carried_note", lang)
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
    found = scores[scores["node"].isin(codes) & scores["points"].fillna(0).ne(0)]
    named, rows = labels.agencies(case, lang), labels.rows(case, lang)
    heads = [
        Column(text("page.agency", lang), "name"),
        Column(text("page.row", lang)),
        Column(text("report.points", lang), "number"),
    ]
    body = [
        [named[r["agency"]], rows[r["node"]], labels.points(r["points"], case, lang)] for r in found.to_dict("records")
    ]
    return table(text("report.extra_caption", lang), heads, body, labels.source(case, lang))
