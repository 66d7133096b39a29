"""The public report, block by block. Each function turns tables of the library into one block."""

from __future__ import annotations

import pandas as pd

from ..case import Case
from ..case.settings import policies as policy_keys
from ..index import INDEX
from ..words import date, number, text, title
from . import charts, labels
from .blocks import Cell, Chart, Column, Sentences, Table, sentences, table


def index_rows(scores: pd.DataFrame) -> pd.DataFrame:
    """The index of every agency: lists in order, ranked agencies first."""
    return scores[scores["node"] == INDEX].sort_values(["scope", "rank", "agency"], na_position="last", kind="stable")


def summary(case: Case, scores: pd.DataFrame, lang: str) -> Sentences | None:
    """Who leads, with how much; how the classes fill; who is not ranked."""
    rows = index_rows(scores)
    ranked = rows.dropna(subset=["rank"])
    named = labels.agencies(case, lang)
    said = [
        text(
            "report.assessed",
            lang,
            agencies=len(rows),
            ranked=len(ranked),
            indicators=sum(n.scored for n in case.framework.leaves),
        )
    ]
    for scope, group in ranked.groupby("scope", sort=False):
        first = group[group["rank"] == 1]
        who = text("page.and", lang).join(named[a] for a in first["agency"])
        facts = {
            "who": who,
            "points": labels.points(first["points"].iloc[0], case, lang),
            "of": labels.points(first["max_points"].iloc[0], case, lang),
        }
        key = "report.leader" if not scope else "report.leader_scope"
        said.append(text(key, lang, scope=scope, share=labels.share(first["score"].iloc[0], lang), **facts))
    filled = [(label, int((rows["class"] == i).sum())) for i, label in labels.classes(case, lang).items()]
    if filled:
        said.append(text("report.classes", lang, list="; ".join(f"{label}: {n}" for label, n in filled)))
    tied = ranked[ranked.duplicated(["scope", "rank"], keep=False)]
    if len(tied):
        said.append(text("report.ties", lang, n=len(tied)))
    without = int(rows["score"].isna().sum())
    unranked = len(rows) - len(ranked) - without
    said.append(text("report.without_score", lang, n=without) if without else "")
    said.append(text("report.not_ranked", lang, n=unranked) if unranked else "")
    if any(node.rule.group for node in case.framework.leaves):
        said.append(text("report.group_rules", lang))
    return sentences(*said)


def ranking(case: Case, scores: pd.DataFrame, lang: str) -> Table | None:
    """Rank, agency, points of the own maximum, share, class."""
    rows = index_rows(scores)
    named, bands = labels.agencies(case, lang), labels.classes(case, lang)
    scoped = bool(rows["scope"].any())
    heads = [Column(text("report.rank", lang), "rank"), Column(text("page.agency", lang), "name")]
    heads += [Column(text("report.list", lang))] if scoped else []
    heads += [Column(text("report.points", lang), "number"), Column(text("report.share", lang), "bar")]
    heads += [Column(text("report.class", lang))] if bands else []
    one_maximum = rows["max_points"].nunique() <= 1
    body: list[list[str | Cell]] = []
    for row in rows.to_dict("records"):
        earned = labels.points(row["points"], case, lang)
        if not one_maximum and row["score"] == row["score"]:
            earned = text("report.points_of", lang, points=earned, of=labels.points(row["max_points"], case, lang))
        cells: list[str | Cell] = [number(row["rank"], lang), named[row["agency"]]]
        cells += [row["scope"]] if scoped else []
        cells += [
            earned,
            Cell(labels.share(row["score"], lang), row["score"] if row["score"] == row["score"] else None),
        ]
        cells += [bands.get(row["class"], "–") if row["class"] is not pd.NA else "–"] if bands else []
        body.append(cells)
    note = text(f"report.rank_note.{case.settings.rank_on}", lang)
    return table(
        text("report.ranking_caption", lang, title=title(case.settings.title, lang), year=case.year),
        heads,
        body,
        labels.source(case, lang),
        note,
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


def pillar_chart(case: Case, scores: pd.DataFrame, lang: str) -> Chart | None:
    """Where the group is strong and weak: lowest, median and highest share by top row."""
    wide = pillar_scores(case, scores).dropna(how="all")
    if wide.empty or len(wide.columns) < 2 or len(wide) < 2:
        return None
    rows = labels.rows(case, lang)
    names, middle = [rows[c] for c in wide.columns], wide.median().tolist()
    drawings = charts.ranges(
        names,
        wide.min().tolist(),
        middle,
        wide.max().tolist(),
        text("report.share", lang),
        lambda x: labels.share(x, lang, 0),
    )
    best, worst = names[middle.index(max(middle))], names[middle.index(min(middle))]
    alt = text(
        "report.pillar_alt",
        lang,
        best=best,
        high=labels.share(max(middle), lang, 1),
        worst=worst,
        low=labels.share(min(middle), lang, 1),
    )
    return Chart(text("report.pillar_chart", lang), tuple(drawings), labels.source(case, lang), alt)


def distribution(case: Case, scores: pd.DataFrame, lang: str) -> Chart | None:
    """How the scores are spread, with the cuts of the classes."""
    shares = index_rows(scores)["score"].dropna()
    if len(shares) < 5 or shares.min() < 0 or shares.max() > 1:
        return None
    bands = labels.classes(case, lang)
    cuts = [(float(c.cut), bands[i]) for i, c in enumerate(case.settings.classes, start=1) if c.cut]
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


def gaps(case: Case, scores: pd.DataFrame, lang: str) -> Table | None:
    """Agencies with rows that do not apply, are missing or wait for verification."""
    leaves = {n.code for n in case.framework.leaves if n.scored}
    found = scores[scores["node"].isin(leaves)]
    kinds = ("missing", "not-applicable", "not-verified")
    counts = {kind: found[found["state"] == kind].groupby("agency").size() for kind in kinds}
    shown = [kind for kind in kinds if len(counts[kind])]
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
    return table(text("report.gaps_caption", lang, n=len(leaves)), heads, body, labels.source(case, lang))


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
    """Under `within-parent`: points that siblings earn for rows left out, so that sums can be followed."""
    if "within-parent" not in (case.settings.not_applicable, case.settings.missing) or not case.framework.has_points:
        return None
    points = scores.pivot(index="agency", columns="node", values="points").fillna(0.0)
    left_out = scores[scores["max_points"].isna() & scores["state"].isin(["missing", "not-applicable"])]
    named, rows = labels.agencies(case, lang), labels.rows(case, lang)
    body = []
    for (agency, parent), _ in left_out.assign(
        parent=left_out["node"].map(lambda c: case.framework.nodes[c].parent)
    ).groupby(["agency", "parent"], sort=False):
        if not parent:
            continue
        below = sum(points.loc[agency, n.code] for n in case.framework.siblings(case.framework.nodes[parent].children))
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


def framework(case: Case, lang: str) -> Table | None:
    """The index set: top rows, how many rows below, maximum points or weight, where the figures come from."""
    tree, rows = case.framework, labels.rows(case, lang)
    heads = [Column(text("page.row", lang), "name"), Column(text("report.rows", lang), "number")]
    heads += (
        [Column(text("report.max_points", lang), "number")]
        if tree.has_points
        else [Column(text("report.weight", lang), "number")]
    )
    heads += [Column(text("report.origin", lang))]
    scored = tree.siblings(tree.tops)
    whole = sum(n.weight for n in scored)
    body = []
    for code in tree.tops:
        node = tree.nodes[code]
        leaves = [tree.nodes[c] for c in tree.below(code)]
        if node.role in ("bonus", "penalty"):
            worth = text(f"report.{node.role}", lang)
        elif not node.scored:
            worth = text("report.unscored", lang)
        else:
            worth = (
                labels.points(node.maximum, case, lang)
                if tree.has_points
                else labels.share(node.weight / whole, lang, 1)
            )
        sources = [s for s in ("reported", "surveyed", "measured", "expert") if any(n.source == s for n in leaves)]
        body.append(
            [rows[code], number(len(leaves), lang), worth, ", ".join(text(f"report.source.{s}", lang) for s in sources)]
        )
    return table(text("report.framework_caption", lang), heads, body, labels.source(case, lang))


def policies(case: Case, lang: str) -> Table | None:
    """Every policy of index.toml in words."""
    body = []
    for key in policy_keys():
        value = getattr(case.settings, key)
        if key == "points_decimals":
            words = number(value, lang)
        elif key == "min_coverage":
            words = labels.share(value, lang, 1)
        else:
            words = text(f"policy.{key}.{value}", lang)
        body.append([text(f"policy.{key}.name", lang), words])
    for c in case.settings.classes:
        side = "from" if c.includes_cut else "above"
        cut = (
            text(f"policy.class.{side}", lang, cut=labels.share(c.cut, lang, 1))
            if c.cut
            else text("policy.class.rest", lang)
        )
        body.append([text("policy.class.name", lang, label=title(c.name, lang)), cut])
    heads = [Column(text("report.policy", lang), "name"), Column(text("report.choice", lang))]
    return table(text("report.policies_caption", lang), heads, body, labels.source(case, lang))


def identity(case: Case, lang: str) -> Table | None:
    """The decision, the period and the calendar, as far as they are given."""
    s = case.settings
    facts = [("decision", s.decision), ("decision_date", s.decision_date and date(s.decision_date, lang))]
    if s.period_from and s.period_to:
        facts.append(
            ("period", text("report.from_to", lang, first=date(s.period_from, lang), last=date(s.period_to, lang)))
        )
    facts += [(key, day and date(day, lang)) for key, day in s.calendar.items()]
    facts.append(("licence", s.licence))
    body = [[text(f"report.identity.{key}", lang), value] for key, value in facts if value]
    heads = [Column(text("report.fact", lang), "name"), Column(text("report.value", lang))]
    return table(text("report.identity_caption", lang), heads, body, labels.source(case, lang))
