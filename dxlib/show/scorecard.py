"""The score card of one agency (public): where it stands, where it lost points and why, what would gain most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import pandas as pd

from ..case import Case
from ..index import INDEX, Exact
from ..index.classified import standing_classes
from ..index.exact import CLOSED
from ..index.potential_gains import reach
from ..words import NOTHING, name, number, percent, text
from ..years import Comparison
from . import charts, labels, report, trend
from .blocks import Cell, Chart, Column, Links, Sentences, Table, filled, sentences, table

FOLDER = "scorecard"  # beside the list of cards
TINY = 1e-9  # points that are no difference
MILLION = 10**6  # the table of scores has 12 decimals: enough for fractions of whole numbers up to this
WINS = 8  # rows in the table of what would gain most


def chosen(case: Case, agency: str) -> str:
    """The agency that was asked for; without one, the first of the list. Raises KeyError for an unknown one."""
    agencies = case.tables["agencies"]["agency"].tolist()
    if agency and agency not in agencies:
        raise KeyError(agency)
    return agency or agencies[0]


def of_agency(case: Case, scores: pd.DataFrame, agency: str) -> pd.DataFrame:
    """The rows of the score table of one agency, by node."""
    return scores[scores["agency"] == chosen(case, agency)].set_index("node")


def links(case: Case, lang: str) -> Links:
    """The list of all cards, in the order of the index's list of agencies, under the names of their lists."""
    named = labels.agencies(case, lang)
    rows = [
        (named[agency], f"{FOLDER}/{agency}.{lang}.html", scope)
        for agency, scope in zip(*(case.tables["agencies"][c].tolist() for c in ("agency", "scope")), strict=True)
    ]
    return Links(text("card.list_intro", lang), tuple(rows))


def summary(
    case: Case,
    scores: pd.DataFrame,
    intervals: pd.DataFrame,
    exact: pd.DataFrame,
    hidden: pd.DataFrame,
    half_width: float,
    agency: str,
    lang: str,
) -> Sentences | None:
    """Points, rank with its interval, class; `hidden` is what printed points hide."""
    agency = chosen(case, agency)
    row = of_agency(case, scores, agency).loc[INDEX]
    who = labels.agencies(case, lang)[agency]
    if pd.isna(row["score"]):
        return sentences(text("card.no_score", lang, who=who))
    said = [text("card.score", lang, who=who, **report.earned(case, row, lang))]
    if not pd.isna(row["rank"]):
        reached = report.places(intervals, exact).get(agency)
        facts = {"rank": number(row["rank"], lang), "of": number(row["of"], lang)}
        facts |= {"interval": report.interval(reached, lang), "half_width": percent(half_width, lang, 0)}
        kind = "rank_only" if not reached else "rank" if len(exact) else "rank_drawn"
        said.append(text(f"card.{kind}", lang, **facts))
    if not pd.isna(row["class"]):
        said += report.own_class(case, row, lang)
    said.append(labels.moved(case, lang, agency))
    mine = [code for code, node in case.framework.nodes.items() if row["scope"] in node.scope]
    if mine:
        called = labels.rows(case, lang)
        named = [f"{called[c]} ({'; '.join(case.framework.nodes[c].scope)})" for c in mine]
        said.append(text("card.own_rows", lang, rows="; ".join(named)))
    for own in hidden[hidden["agency"] == agency].to_dict("records"):
        said.append(text("card.hidden", lang, exact=number(own["exact"], lang, own["decimals"])))
    return sentences(*said)


def peers(case: Case, scores: pd.DataFrame, agency: str) -> pd.DataFrame:
    """Own share of every main index, with the lowest, median and highest of the same list."""
    agency = chosen(case, agency)
    row = of_agency(case, scores, agency).loc[INDEX]
    listed = scores.loc[(scores["node"] == INDEX) & (scores["scope"] == row["scope"]), "agency"]
    wide = report.pillar_scores(case, scores)
    group = wide.loc[wide.index.isin(listed)]
    found = pd.DataFrame({"own": wide.loc[agency], "low": group.min(), "middle": group.median(), "high": group.max()})
    return found[found["own"].notna()]


def pillars_chart(case: Case, scores: pd.DataFrame, agency: str, lang: str) -> Chart | None:
    """Each main index against the other agencies of the list."""
    found = peers(case, scores, agency)
    if len(found) < 2 or len(case.tables["agencies"]) < 2:
        return None
    rows, who = labels.rows(case, lang), labels.agencies(case, lang)[chosen(case, agency)]
    drawings = charts.against(
        [rows[code] for code in found.index],
        found["low"].tolist(),
        found["middle"].tolist(),
        found["high"].tolist(),
        found["own"].tolist(),
        text("card.median", lang),
        text("report.share", lang),
        lambda x: labels.share(x, lang, 0),
    )
    ahead = int((found["own"] >= found["middle"]).sum())
    alt = text("card.pillars_alt", lang, who=who, n=number(ahead, lang), all=number(len(found), lang))
    return Chart(text("card.pillars_chart", lang), tuple(drawings), labels.source(case, lang), alt)


def pillars_table(case: Case, scores: pd.DataFrame, agency: str, lang: str) -> Table | None:
    """The same as figures, with points."""
    own = of_agency(case, scores, agency)
    return filled(
        text("card.pillars_caption", lang),
        peers(case, scores, agency).rename_axis("node").reset_index(),
        [
            labels.indicator(case, lang),
            Column(text("report.points", lang), "number", lambda r: report_points(case, own.loc[r["node"]], lang)),
            Column(text("report.share", lang), "bar", lambda r: Cell(percent(r["own"], lang), r["own"])),
            *labels.numbers("card", ("middle", "high"), lang, lambda x: percent(x, lang)),
        ],
        labels.source(case, lang),
    )


def report_points(case: Case, row: pd.Series, lang: str) -> str:
    """Points of the own maximum; only points where there is none."""
    won = labels.points(row["points"], case, lang)
    if pd.isna(row["max_points"]):
        return won
    return text("report.points_of", lang, points=won, of=labels.maximum(row["max_points"], lang))


def lost_table(case: Case, scores: pd.DataFrame, ledger: pd.DataFrame, agency: str, lang: str) -> Table | None:
    """Every row with lost points: claimed, recognised, of how many, and the reason of the verdict."""
    agency = chosen(case, agency)
    own = of_agency(case, scores, agency)
    reasons = {row["code"]: name(row, lang) for row in case.tables["reasons"].to_dict("records")}
    by_row = ledger[ledger["agency"] == agency].set_index("indicator").to_dict("index")
    rows, body = labels.rows(case, lang), []
    capped = case.framework.within_full(own["score"].ge(1).to_dict())
    for node in case.framework.leaves:
        if node.code not in own.index or node.code in capped:
            continue  # a row of other lists, or nothing lost to anybody
        row = own.loc[node.code]
        full = row["max_points"] if case.framework.has_points else case.framework.total
        if node.role != "score" or not node.scored or pd.isna(row["score"]) or row["score"] >= 1 or pd.isna(full):
            continue
        entry = by_row.get(node.code, {})
        body.append(
            [
                rows[node.code],
                labels.points(entry.get("claimed"), case, lang) if case.has_claims else NOTHING,
                report_points(case, row, lang),
                labels.points(float(full) - row["points"], case, lang),
                closed(case, own, node.code, lang) or why(reasons.get(entry.get("reason") or "", ""), row, entry, lang),
            ]
        )
    heads = [Column(text("page.row", lang), "name"), *labels.numbers("card", ("claimed", "recognised", "lost"), lang)]
    heads.append(Column(text("card.reason", lang)))
    return table(text("card.lost_caption", lang), heads, body, labels.source(case, lang), text("card.lost_note", lang))


def closed(case: Case, own: pd.DataFrame, code: str, lang: str) -> str:
    """Which rows close the gates before a row; nothing where it counts."""
    if own.loc[code, "state"] != CLOSED:
        return ""
    gates, score = case.framework.gates[code], own["score"]
    known = {g.code: Fraction(score[g.code]).limit_denominator(MILLION) for g in gates if not pd.isna(score[g.code])}
    unmet = [g.code for g in gates if g.code not in known or not g.met(known[g.code])]
    return text("gate.closed", lang, rows=", ".join(dict.fromkeys(unmet)))


def why(reason: str, row: pd.Series, entry: Mapping, lang: str) -> str:
    """The reason of the verdict; else what is the matter with the figure, or that nothing more was claimed."""
    if reason or row["state"] in report.GAPS:
        return reason or text(f"state.{row['state']}", lang)
    claimed = entry.get("claimed")
    own = claimed is not None and claimed == claimed and claimed <= row["points"] + TINY
    return text("card.own", lang) if own else NOTHING


def gains_table(case: Case, potential: pd.DataFrame, agency: str, lang: str) -> Table | None:
    """What would gain most next year, and how many others have it already."""
    found = potential[potential["agency"] == chosen(case, agency)]
    shown, whole = found.head(WINS), case.framework.total

    def full_of(r: dict[Any, Any]) -> str:
        return text("card.full_of", lang, full=number(r["full"], lang), of=number(r["of"], lang))

    return filled(
        text("card.gains_caption", lang),
        shown,
        [
            labels.indicator(case, lang, "code"),
            *labels.numbers("card", ("to_win",), lang, lambda x: labels.points(float(x * whole), case, lang)),
            Column(text("card.head.now", lang), "number", lambda r: percent(r["share"], lang, 0)),
            Column(text("card.head.peers", lang), "number", full_of),
        ],
        labels.made(case, lang, "dxlib.index.potential"),
        labels.joined(text("card.gains_note", lang), labels.shown_of(len(shown), len(found), lang)),
    )


def next_class(case: Case, exact: Exact, potential: pd.DataFrame, agency: str, lang: str) -> Sentences | None:
    """Which class the largest gains would reach."""
    agency = chosen(case, agency)
    score = exact.columns[INDEX].shares[exact.agencies.index(agency)]
    classes = standing_classes(case, exact)[exact.agencies.index(agency)]
    if score is None or not classes:
        said = score is not None and not case.settings.classes.limited
        return sentences(text("class_reason.points", lang)) if said else None
    found = reach(case, score, potential[potential["agency"] == agency], classes)
    if found is None:
        return None
    label = labels.classes(case, lang)[found[0]]
    return sentences(text("card.next_class", lang, label=label, n=number(found[1], lang)))


def course_table(lines: pd.DataFrame, compared: Sequence[Comparison], agency: str, lang: str) -> Table | None:
    """Its official results year by year."""
    if not compared:
        return None
    case = compared[-1].after

    def place(r: dict[Any, Any]) -> Cell:
        return Cell(trend.cell_of(r, lang), None if pd.isna(r["score"]) else float(r["score"]))

    def remark(r: dict[Any, Any]) -> str:
        return text(f"card.break.{r['break']}", lang) if r["break"] else ""

    return filled(
        text("card.course_caption", lang),
        lines[lines["agency"] == chosen(case, agency)],
        [
            Column(text("card.year", lang), "name", lambda r: r["year"]),
            Column(text("card.result", lang), "bar", place),
            Column(text("card.remark", lang), cell=remark),
        ],
        labels.made(case, lang, "dxlib.years.course"),
        text("card.course_note", lang),
    )


def change_sentence(compared: Sequence[Comparison], agency: str, lang: str) -> Sentences | None:
    """How much of its change since last year was performance; of a merged or split agency the change alone."""
    if not compared:
        return None
    step = compared[-1]
    who = chosen(step.after, agency)
    if who not in step.like_for_like:
        return None
    found: Mapping = step.changes.set_index("agency").to_dict("index")[who]
    facts = {key: trend.points(found[key], lang) for key in ("change", "performance", "unanswered")}
    key = "card.change" if who in step.judged else "card.change_estimate"
    lack = None
    if who in step.judged and found["unanswered"]:
        lack = labels.joined(text("card.unanswered", lang, **facts), trend.gate_note(step, lang))
    return sentences(text(key, lang, before=step.before.year, **facts), lack)
