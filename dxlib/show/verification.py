"""The verification page (internal), block by block: may the claims be believed, and what could still change?

Every table and chart names the function it came from; its docstring says the method and its source.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from ..case import Case
from ..case.read import Before
from ..verify.estimates import conclusion
from ..verify.materiality import Open
from ..verify.risk import CONFIDENCE, FACTORS, PRIOR, TOLERABLE, UNKNOWN
from ..words import finding, name, number, percent, text
from . import charts, labels
from .blocks import Chart, Column, Sentences, Table, sentences, table

MOST_TIED = 3  # names in one sentence
ENOUGH = 5  # agencies compared before a row's wording is doubted
FEW = 10  # with fewer agencies, statements over agencies are rough, and the page says so


# What the page says first, and what may be published.


def summary(
    case: Case,
    by_agency: pd.DataFrame,
    by_indicator: pd.DataFrame,
    coverage: pd.DataFrame,
    decisive: pd.DataFrame,
    ranges: pd.DataFrame,
    unsettled: Open,
    appealed: pd.DataFrame,
    ledger: pd.DataFrame,
    lang: str,
) -> Sentences | None:
    """At most five sentences: who, how many points, what to do. No statistics."""
    if not case.has_claims:
        return sentences(text("verification.measured", lang))
    return sentences(
        said_agency(case, by_agency, lang),
        said_row(case, by_indicator, lang),
        said_evidence(case, coverage, int(by_agency["open"].sum()), lang),
        said_open(case, decisive, ranges, unsettled, lang),
        said_appeals(case, appealed, ledger, lang),
    )


def said_agency(case: Case, by_agency: pd.DataFrame, lang: str) -> str:
    compared = int(by_agency["compared"].sum())
    if not compared:
        return text("verification.nothing", lang, n=len(by_agency))
    top = by_agency.sort_values(["over", "agency"], ascending=[False, True], kind="stable").iloc[0]
    tied = by_agency[by_agency["over"] == top["over"]]["agency"].head(MOST_TIED)
    facts = {
        "n": number(compared, lang),
        "over": labels.points(by_agency["over"].sum(), case, lang),
        "under": labels.points(by_agency["under"].sum(), case, lang),
    }
    if not top["over"]:
        return text("verification.no_cut", lang, **facts)
    named = labels.agencies(case, lang)
    who = text("page.and", lang).join(named[agency] for agency in tied)
    return text("verification.most_cut", lang, who=who, points=labels.points(top["over"], case, lang), **facts)


def said_row(case: Case, by_indicator: pd.DataFrame, lang: str) -> str:
    rows = by_indicator[(by_indicator["over"] > 0) & (by_indicator["compared"] >= ENOUGH)]
    if rows.empty:
        return ""
    row = rows.sort_values(["cut_share", "over", "indicator"], ascending=[False, False, True], kind="stable").iloc[0]
    facts = {
        "row": labels.rows(case, lang)[row["indicator"]],
        "cut": number(round(row["cut_share"] * row["compared"]), lang),
        "n": number(row["compared"], lang),
        "points": labels.points(row["over"], case, lang),
    }
    return text("verification.most_row" if row["cut_share"] >= 0.5 else "verification.some_row", lang, **facts)


def said_evidence(case: Case, coverage: pd.DataFrame, waiting: int, lang: str) -> str:
    bare = (coverage["points_claimed"] - coverage["points_supported"]).fillna(0.0)
    if case.evidence.empty or not bare.sum() > 0:
        return ""
    top = coverage.loc[bare.sort_values(ascending=False, kind="stable").index[0]]
    facts = {
        "all": labels.points(bare.sum(), case, lang),
        "who": labels.agencies(case, lang)[top["agency"]],
        "points": labels.points(bare.max(), case, lang),
    }
    return text("verification.most_bare" if waiting else "verification.most_bare_done", lang, **facts)


def said_open(case: Case, decisive: pd.DataFrame, ranges: pd.DataFrame, unsettled: Open, lang: str) -> str:
    if decisive.empty:
        said = closing(case, ranges, unsettled)
        return text(f"verification.{said}", lang, n=number(len(unsettled.items), lang)) if said else ""
    top = decisive.iloc[0]
    facts = {
        "n": number(len(decisive), lang),
        "agencies": number(decisive["agency"].nunique(), lang),
        "points": labels.points((decisive["high"] - decisive["low"]).sum(), case, lang),
        "who": labels.agencies(case, lang)[top["agency"]],
        "row": labels.rows(case, lang)[top["indicator"]],
        "effect": labels.points(top["high"] - top["low"], case, lang),
    }
    return text("verification.decisive", lang, **facts)


def closing(case: Case, ranges: pd.DataFrame, unsettled: Open) -> str:
    """What may be said of a certain result; nothing while the ledger is in doubt or empty, or a place is open."""
    doubtful = bool(case.set_aside) or case.tables["verdicts"].empty
    if doubtful or len(ranges) < 2 or not ranges["certain"].all():
        return ""
    return "settled" if unsettled.items else "closed"


def said_appeals(case: Case, appealed: pd.DataFrame, ledger: pd.DataFrame, lang: str) -> str:
    if appealed.empty or not appealed["lodged"].iloc[0]:
        return ""
    row = appealed.iloc[0]
    facts = {key: number(row[key], lang) for key in ("lodged", "full", "partial", "pending")}
    if row["pending"] == row["lodged"]:
        waiting = ledger[ledger["state"] == "disputed"]
        asked = (waiting["claimed"] - waiting["final"]).sum()
        agencies = number(waiting["agency"].nunique(), lang)
        return text(
            "verification.appeals_wait", lang, agencies=agencies, points=labels.points(asked, case, lang), **facts
        )
    key = "verification.appealed" if row["restored"] > 0 else "verification.appeals_upheld"
    return text(key, lang, points=labels.points(row["restored"], case, lang), **facts)


def public(case: Case, by_agency: pd.DataFrame, appealed: pd.DataFrame, lang: str) -> Table | None:
    """Verification in aggregate: what the public report may show. No agency, no flag, no verifier."""
    if not case.has_claims or not case.has("verdicts"):
        return None
    sums = by_agency[["compared", "open", "over", "under"]].sum()
    cells = [
        ("compared", number(sums["compared"], lang)),
        ("open", number(sums["open"], lang)),
        ("over", labels.points(sums["over"], case, lang)),
        ("under", labels.points(sums["under"], case, lang)),
    ]
    if len(appealed) and appealed["lodged"].iloc[0]:
        row = appealed.iloc[0]
        cells += [
            (key, number(row[key], lang)) for key in ("lodged", "full", "partial", "rejected", "lowered", "pending")
        ]
        cells.append(("restored", labels.points(row["restored"], case, lang)))
    return table(
        text("verification.public_caption", lang),
        [Column(text("verification.what", lang), "name"), Column(text("verification.figure", lang), "number")],
        [[text(f"verification.public.{key}", lang), value] for key, value in cells],
        made(case, lang, "dxlib.verify.deviation", "dxlib.verify.appeals"),
        text("verification.public_note", lang),
    )


def left_out(case: Case, before: Before, lang: str) -> Table | None:
    """Rows of the ledger that were set aside, and an earlier year that could not be used, with the reasons."""
    earlier = before.case.set_aside if before.case else ()
    body = [
        [f.file, number(f.row, lang), finding(f, lang)["what"], finding(f, lang)["remedy"]]
        for f in (*case.set_aside, *earlier, *(f for f in before.refused if f.severity == "error"))
    ]
    heads = [
        Column(text("verification.file", lang), "name"),
        Column(text("verification.line", lang), "rank"),
        Column(text("verification.wrong", lang)),
        Column(text("verification.remedy", lang)),
    ]
    caption = text("verification.left_out_caption", lang, n=number(len(body), lang))
    return table(
        caption,
        heads,
        body,
        made(case, lang, "dxlib.case.read_for_verification"),
        text("verification.left_out_note", lang),
    )


# Claimed against recognised.


def chart(case: Case, by_agency: pd.DataFrame, lang: str) -> Chart | None:
    """Points cut and points raised, agency by agency; those with neither are left out."""
    rows = by_agency[(by_agency["over"] > 0) | (by_agency["under"] > 0)].sort_values(
        ["over", "agency"], ascending=[False, True], kind="stable"
    )
    if rows.empty:
        return None
    shown = rows.head(2 * charts.ROWS)
    named = labels.agencies(case, lang)
    drawings = charts.two_sided(
        [named[a] for a in shown["agency"]],
        shown["under"].tolist(),
        shown["over"].tolist(),
        text("verification.under", lang),
        text("verification.over", lang),
        lambda x: labels.points(x, case, lang),
    )
    top = rows.iloc[0]
    facts = {
        "n": number(len(rows), lang),
        "who": named[top["agency"]],
        "points": labels.points(top["over"], case, lang),
    }
    alt = text("verification.chart_alt", lang, **facts)
    note = text("verification.shown", lang, shown=number(len(shown), lang), all=number(len(rows), lang))
    return Chart(
        text("verification.chart_caption", lang),
        tuple(drawings),
        made(case, lang, "dxlib.verify.deviation"),
        alt,
        note if len(shown) < len(rows) else "",
    )


def by_agency_table(case: Case, by_agency: pd.DataFrame, effects: pd.DataFrame, lang: str) -> Table | None:
    """Claimed, recognised, cut, raised, inflation, what is the agency's own part of it, and open rows."""
    if not case.has_claims:
        return None
    named = labels.agencies(case, lang)
    keys = ("claimed", "recognised", "over", "under", "inflation", "effect", "compared", "open")
    rows = by_agency.merge(effects[["agency", "effect"]], on="agency", how="left")
    rows = rows.sort_values(["over", "agency"], ascending=[False, True], kind="stable")
    body = [[named[r["agency"]], *figures(r, keys, case, lang)] for r in rows.to_dict("records")]
    return table(
        text("verification.agency_caption", lang),
        [Column(text("page.agency", lang), "name"), *numbers(keys, lang)],
        body,
        made(case, lang, "dxlib.verify.deviation", "dxlib.verify.polish"),
        text("verification.note", lang),
    )


def by_indicator_table(case: Case, by_indicator: pd.DataFrame, effects: pd.DataFrame, lang: str) -> Table | None:
    """The same by row of the index set; rows nobody was cut or raised on, and none waits for, are left out."""
    names = labels.rows(case, lang)
    keys = ("max_points", "over", "under", "cut_share", "effect", "compared", "open")
    changed = by_indicator[(by_indicator["over"] > 0) | (by_indicator["under"] > 0) | (by_indicator["open"] > 0)]
    rows = changed.merge(effects[["indicator", "effect"]], on="indicator", how="left")
    rows = rows.sort_values(["over", "indicator"], ascending=[False, True], kind="stable")
    body = [[names[r["indicator"]], *figures(r, keys, case, lang)] for r in rows.to_dict("records")]
    return table(
        text("verification.row_caption", lang),
        [Column(text("page.row", lang), "name"), *numbers(keys, lang)],
        body,
        made(case, lang, "dxlib.verify.deviation", "dxlib.verify.polish"),
        text("verification.row_note", lang, n=number(len(by_indicator) - len(changed), lang)),
    )


def own_sums(case: Case, flags: pd.DataFrame, lang: str, most: int = 30) -> Table | None:
    """Self scores recomputed: what the agency wrote, what the rule gives for its own figures."""
    rows = flags[flags["flag"] == "own_sum"]
    named, codes = labels.agencies(case, lang), labels.rows(case, lang)
    body = [
        [
            named[r["agency"]],
            codes[r["indicator"]],
            *(labels.points(x, case, lang) for x in (r["value"], r["expected"], r["value"] - r["expected"])),
        ]
        for r in rows.head(most).to_dict("records")
    ]
    heads = [
        Column(text("page.agency", lang), "name"),
        Column(text("page.row", lang)),
        *numbers(("stated", "by_rule", "difference"), lang),
    ]
    return table(
        text("verification.own_caption", lang),
        heads,
        body,
        made(case, lang, "dxlib.verify.consistency.own_sums"),
        shown_of(len(body), len(rows), lang),
    )


# Do self scores and verified scores agree?


def agreement_sentence(case: Case, agreed: pd.DataFrame, lang: str) -> Sentences | None:
    """The agencies' totals in plain words, with the interval of the mean difference."""
    whole = agreed.iloc[0]
    if not whole["n"] or whole["n"] < 2:
        return None
    facts = {
        "n": number(whole["n"], lang),
        **{key: percent(whole[key], lang, 1) for key in ("bias", "bias_low", "bias_high", "limit_low", "limit_high")},
        "icc": number(whole["icc"], lang, 2),
    }
    key = "verification.agreement" if whole["bias_low"] == whole["bias_low"] else "verification.agreement_few"
    chance = whole["p_inflation"]
    clear = "" if chance != chance else text(f"verification.{'one_sided' if chance < 0.05 else 'not_one_sided'}", lang)
    return sentences(text(key, lang, **facts), clear)


def agreement_chart(case: Case, ledger: pd.DataFrame, agreed: pd.DataFrame, lang: str) -> Chart | None:
    """Difference against mean of the totals, one dot per agency: does inflation grow with the score?"""
    both = ledger[ledger["claimed"].notna() & ledger["final"].notna() & (ledger["max_points"] > 0)]
    sums = both.groupby("agency", sort=False)[["claimed", "final", "max_points"]].sum()
    whole = agreed.iloc[0]
    if len(sums) < 5 or whole["limit_low"] != whole["limit_low"]:
        return None
    said, found = sums["claimed"] / sums["max_points"], sums["final"] / sums["max_points"]
    difference = said - found
    drawing = charts.differences(
        ((said + found) / 2).tolist(),
        difference.tolist(),
        [(whole["bias"], text("verification.mean", lang)), (whole["limit_high"], ""), (whole["limit_low"], "")],
        text("verification.mean_share", lang),
        text("verification.difference_share", lang),
        lambda x: percent(x, lang, 0),
    )
    top = difference.sort_values(ascending=False, kind="stable").index[0]
    alt = text(
        "verification.agreement_alt",
        lang,
        n=number(len(sums), lang),
        who=labels.agencies(case, lang)[top],
        most=percent(difference[top], lang, 1),
    )
    return Chart(
        text("verification.agreement_caption", lang),
        tuple(drawing),
        made(case, lang, "dxlib.verify.agreement"),
        alt,
        text("verification.agreement_chart_note", lang),
    )


def agreement_table(case: Case, agreed: pd.DataFrame, lang: str, most: int = 20) -> Table | None:
    """Row by row: how often the verdict equals the claim, and the usual measures of agreement."""
    codes = labels.rows(case, lang)
    rows = agreed[(agreed["indicator"] != "") & (agreed["n"] >= 2)]
    rows = rows.sort_values(["agreement", "indicator"], kind="stable")
    body = [
        [
            codes[r["indicator"]],
            number(r["n"], lang),
            percent(r["agreement"], lang, 0),
            percent(r["bias"], lang, 1),
            *(number(r[key], lang, 2) for key in ("icc", "concordance", "kappa", "ac1")),
        ]
        for r in rows.head(most).to_dict("records")
    ]
    keys = ("agencies", "equal", "mean_difference", "icc", "concordance", "kappa", "ac1")
    return table(
        text("verification.agreement_rows", lang),
        [Column(text("page.row", lang), "name"), *numbers(keys, lang)],
        body,
        made(case, lang, "dxlib.verify.agreement"),
        joined(text("verification.agreement_note", lang), shown_of(len(body), len(rows), lang)),
    )


# Flags and evidence.


def flag_summary(case: Case, flags: pd.DataFrame, lang: str) -> Table | None:
    """Every kind of flag that was raised: how often, what it means, and what an honest reason could be."""
    body = [
        [
            text(f"flag.{kind}.name", lang),
            number(len(rows), lang),
            number(rows.loc[rows["agency"] != "", "agency"].nunique(), lang) if (rows["agency"] != "").any() else "–",
            text(f"flag.{kind}.what", lang),
            text(f"flag.{kind}.honest", lang),
        ]
        for kind, rows in flags.groupby("flag", sort=False)
    ]
    heads = [Column(text("verification.flag", lang), "name"), *numbers(("times", "agencies"), lang)]
    heads += [Column(text("verification.means", lang)), Column(text("verification.honest", lang))]
    return table(
        text("verification.flag_caption", lang),
        heads,
        body,
        made(case, lang, "dxlib.verify.flags"),
        text("verification.flag_note", lang),
    )


def flag_table(case: Case, flags: pd.DataFrame, lang: str, most: int = 4) -> Table | None:
    """The strongest flags of every kind: where, what was found, what it was held against."""
    named, codes = labels.agencies(case, lang), labels.rows(case, lang)
    chosen = flags.groupby("flag", sort=False).head(most)
    body = [
        [
            text(f"flag.{r['flag']}.name", lang),
            named.get(r["agency"], text("verification.whole_group", lang)),
            codes.get(r["indicator"], "–"),
            flag_words(case, r, named, codes, lang),
        ]
        for r in chosen.to_dict("records")
    ]
    heads = [
        Column(text("verification.flag", lang), "name"),
        Column(text("page.agency", lang)),
        Column(text("page.row", lang)),
        Column(text("verification.found", lang)),
    ]
    note = joined(text("verification.flag_table_note", lang), shown_of(len(body), len(flags), lang))
    return table(
        text("verification.flag_table_caption", lang), heads, body, made(case, lang, "dxlib.verify.flags"), note
    )


PERCENT_FLAGS = ("inflation", "deviation", "jump", "peers", "near_copy")
POINT_FLAGS = ("own_sum", "no_evidence", "thin_evidence", "empty_document")


def flag_words(case: Case, row: dict[str, Any], named: dict[str, str], codes: dict[str, str], lang: str) -> str:
    """What was found, with its figures."""

    def shown(x: float) -> str:
        if row["flag"] in PERCENT_FLAGS:
            return percent(x, lang, 1)
        if row["flag"] in POINT_FLAGS:
            return labels.points(x, case, lang)
        return number(x, lang, 0 if x != x or x == int(x) else 2)

    others = [named.get(part) or codes.get(part) or relation_name(case, part, lang) for part in row["other"].split(";")]
    if row["flag"] == "bunching":
        others = [labels.classes(case, lang)[int(row["other"])]]
    facts = {"value": shown(row["value"]), "expected": shown(row["expected"]), "other": "; ".join(others)}
    facts["strength"] = number(row["strength"], lang, 1)
    return text(f"flag.{row['flag']}.found", lang, **facts)


def relation_name(case: Case, other: str, lang: str) -> str:
    """What a relation says, or the text itself."""
    rows = case.relations
    found = rows[rows["relation"] == other].to_dict("records")
    return (name({**found[0], "name": other}, lang) if found else other) or other


def coverage_table(case: Case, coverage: pd.DataFrame, lang: str, most: int = 20) -> Table | None:
    """Claimed points without an admissible document, the largest first."""
    if case.evidence.empty:
        return None
    rows = coverage.assign(bare=coverage["points_claimed"] - coverage["points_supported"])
    rows = rows[rows["bare"] > 0].sort_values(["bare", "agency"], ascending=[False, True], kind="stable")
    named = labels.agencies(case, lang)
    body = [
        [
            named[r["agency"]],
            number(r["claims"], lang),
            number(r["with_document"], lang),
            labels.points(r["points_claimed"], case, lang),
            labels.points(r["bare"], case, lang),
            percent(r["point_coverage"], lang, 0),
        ]
        for r in rows.head(most).to_dict("records")
    ]
    keys = ("claims", "with_document", "points_claimed", "bare", "point_coverage")
    return table(
        text("verification.coverage_caption", lang),
        [Column(text("page.agency", lang), "name"), *numbers(keys, lang)],
        body,
        made(case, lang, "dxlib.verify.coverage"),
        joined(text("verification.coverage_note", lang), shown_of(len(body), len(rows), lang)),
    )


# What to verify, and what the rest may hide.


def plan_table(case: Case, plan: pd.DataFrame, lang: str) -> Table | None:
    """How many items each way of sampling needs."""
    if not case.has_claims:
        return None
    rows = plan[(plan["stratum"] == "") | (plan["size"] > 0)]
    tops = labels.rows(case, lang)
    body = [
        [
            text(f"verification.plan.{r['method']}", lang)
            if not r["stratum"]
            else text("verification.stratum", lang, name=tops.get(r["stratum"], r["stratum"])),
            number(r["population"], lang),
            labels.points(r["points"], case, lang),
            number(r["size"], lang),
        ]
        for r in rows.to_dict("records")
    ]
    facts = {"confidence": percent(CONFIDENCE, lang, 0), "tolerable": percent(TOLERABLE, lang, 0)}
    return table(
        text("verification.plan_caption", lang, **facts),
        [Column(text("verification.way", lang), "name"), *numbers(("population", "points", "size"), lang)],
        body,
        made(case, lang, "dxlib.verify.plan"),
        text("verification.plan_note", lang, **facts),
    )


def factors_sentence(case: Case, past: pd.DataFrame, lang: str) -> Sentences | None:
    """What the risk score is made of, so that it can be recomputed by hand."""
    if not case.has_claims:
        return None
    listed = "; ".join(f"{text(f'flag.{flag}.name', lang)} × {number(x, lang, 2)}" for flag, x in FACTORS.items())
    known = past["over"].dropna()
    chance = percent(known.mean() if len(known) else UNKNOWN, lang, 1)
    key = "verification.chance" if len(known) else "verification.chance_unknown"
    return sentences(
        text(key, lang, chance=chance, prior=number(PRIOR, lang), n=number(len(known), lang)),
        text("verification.factors", lang, list=listed),
    )


def worklist_table(case: Case, chosen: pd.DataFrame, seed: int, lang: str, most: int = 40) -> Table | None:
    """What to verify first, and how each risk was worked out."""
    named, codes = labels.agencies(case, lang), labels.rows(case, lang)
    waiting = chosen["state"].isin(["open", "disputed"])
    rows = chosen[(chosen["part"] != "rest") & waiting]
    body = [
        [
            named[r["agency"]],
            codes[r["indicator"]],
            labels.points(r["claimed"], case, lang),
            percent(r["p"], lang, 1),
            "; ".join(text(f"flag.{flag}.name", lang) for flag in r["red_flags"].split(";") if flag) or "–",
            number(r["factor"], lang, 2),
            labels.points(r["risk"], case, lang),
            text(f"verification.state.{r['state']}", lang),
        ]
        for r in rows.head(most).to_dict("records")
    ]
    heads = [Column(text("page.agency", lang), "name"), Column(text("page.row", lang))]
    heads += [*numbers(("claimed", "p"), lang), Column(text("verification.red_flags", lang))]
    heads += [*numbers(("factor", "risk"), lang), Column(text("verification.state_now", lang))]
    counts = rows["part"].value_counts()
    facts = {key: number(counts.get(key, 0), lang) for key in ("risk", "random", "points")}
    note = text("verification.worklist_note", lang, seed=str(seed), shown=number(len(body), lang), **facts)
    return table(
        text("verification.worklist_caption", lang),
        heads,
        body,
        made(case, lang, "dxlib.verify.risk", "dxlib.verify.choose"),
        note,
    )


def parts_table(case: Case, hits: pd.DataFrame, lang: str) -> Table | None:
    """Did the choice by risk find more than chance does?"""
    body = [
        [
            text(f"verification.part.{r['part']}", lang),
            number(r["items"], lang),
            number(r["verified"], lang),
            number(r["over_scored"], lang),
            percent(r["share"], lang, 1),
            labels.points(r["points"], case, lang),
        ]
        for r in hits.to_dict("records")
        if r["verified"]
    ]
    keys = ("items", "done", "wrong_items", "wrong_share", "over_points")
    return table(
        text("verification.parts_caption", lang),
        [Column(text("verification.how_chosen", lang), "name"), *numbers(keys, lang)],
        body,
        made(case, lang, "dxlib.verify.found_by_part"),
        text("verification.parts_note", lang),
    )


def estimates_table(case: Case, estimates: pd.DataFrame, chosen: pd.DataFrame, lang: str) -> Table | None:
    """Over-scoring among the items that were not chosen by risk: estimate, upper bound and what follows, by method."""

    def decided(row: dict[str, Any]) -> str:
        """Accept the claims as they are, or verify all; nothing follows from a number of items or from no bound."""
        points = row["unit"] == "points" and row["bound"] == row["bound"] and not row["note"]
        return conclusion(row["bound"], row["points"], TOLERABLE) if points else ""

    def shown(x: float, unit: str) -> str:
        return number(x, lang) if unit == "items" else labels.points(x, case, lang)

    body = [
        [
            text(f"verification.method.{r['method']}", lang),
            text(f"verification.unit.{r['unit']}", lang),
            text("verification.drawn_of", lang, sample=number(r["sample"], lang), planned=number(r["planned"], lang)),
            number(r["found"], lang),
            shown(r["estimate"], r["unit"]),
            shown(r["bound"], r["unit"]),
            text(f"verification.conclusion.{decided(r)}", lang) if decided(r) else "–",
            "; ".join(text(f"verification.estimate.{note}", lang) for note in (r["note"] or "whole").split(";")),
        ]
        for r in estimates.to_dict("records")
    ]
    if estimates.empty or estimates["bound"].isna().all() or not chosen["final"].isna().any():
        return None
    heads = [Column(text("verification.way", lang), "name"), Column(text("verification.in", lang))]
    heads += numbers(("verified", "wrong_items", "estimated", "bound"), lang)
    heads += [Column(text("verification.conclude", lang)), Column(text("verification.remark", lang))]
    row = estimates.iloc[0]
    facts = {
        "n": number(row["population"], lang),
        "points": labels.points(row["points"], case, lang),
        "confidence": percent(row["confidence"], lang, 0),
    }
    return table(
        text("verification.estimates_caption", lang, **facts),
        heads,
        body,
        made(case, lang, "dxlib.verify.unverified"),
        text("verification.estimates_note", lang, **facts),
    )


# What could still change the ranking.


def materiality_sentence(
    case: Case, ranges: pd.DataFrame, decisive: pd.DataFrame, unsettled: Open, lang: str
) -> Sentences | None:
    """How many places are certain, and how many items must be settled before nothing can change any more."""
    if unsettled.endless:
        rows = "; ".join(labels.rows(case, lang)[code] for code in sorted(unsettled.endless))
        return sentences(text("verification.endless", lang, rows=rows))
    if len(ranges) < 2 or not case.has_claims:
        return None
    if not unsettled.items:
        end = closing(case, ranges, unsettled)
        return sentences(text(f"verification.{end}", lang)) if end else None
    certain = int(ranges["certain"].sum())
    facts = {"certain": number(certain, lang), "all": number(len(ranges), lang)}
    said = [text("verification.certain", lang, **facts)]
    if len(decisive):
        others = len(unsettled.items) - len(decisive)
        said.append(
            text(
                "verification.settle",
                lang,
                n=number(len(decisive), lang),
                agencies=number(decisive["agency"].nunique(), lang),
            )
        )
        said.append(text("verification.idle", lang, n=number(others, lang)) if others else "")
    if unsettled.shaken:
        said.append(text("verification.shaken", lang))
    return sentences(*said)


def ranges_chart(case: Case, ranges: pd.DataFrame, lang: str) -> Chart | None:
    """The places every agency can still reach; those that are certain are left out."""
    rows = ranges[ranges["best"] < ranges["worst"]]
    if rows.empty:
        return None
    shown, named = rows.head(2 * charts.ROWS), labels.agencies(case, lang)
    drawings = charts.intervals(
        [named[a] for a in shown["agency"]],
        shown["best"].tolist(),
        shown["rank"].tolist(),
        shown["worst"].tolist(),
        text("verification.place", lang),
    )
    widest = rows.loc[(rows["worst"] - rows["best"]).idxmax()]
    facts = {
        "n": number(len(rows), lang),
        "who": named[widest["agency"]],
        "best": number(widest["best"], lang),
        "worst": number(widest["worst"], lang),
    }
    return Chart(
        text("verification.ranges_caption", lang),
        tuple(drawings),
        made(case, lang, "dxlib.verify.rank_ranges"),
        text("verification.ranges_alt", lang, **facts),
        joined(text("verification.ranges_note", lang), shown_of(len(shown), len(rows), lang)),
    )


def decisive_table(case: Case, decisive: pd.DataFrame, lang: str, most: int = 40) -> Table | None:
    """The items to settle, the most consequential first."""
    named, codes = labels.agencies(case, lang), labels.rows(case, lang)
    body = [
        [
            named[r["agency"]],
            codes[r["indicator"]],
            text(f"verification.state.{r['kind']}", lang),
            text(
                "verification.from_to",
                lang,
                low=labels.points(r["low"], case, lang),
                high=labels.points(r["high"], case, lang),
            ),
            labels.points(r["effect"], case, lang),
            text("verification.from_to", lang, low=number(r["best"], lang), high=number(r["worst"], lang)),
            text(f"verification.{'yes' if r['reclass'] == 1 else 'no'}", lang),
        ]
        for r in decisive.head(most).to_dict("records")
    ]
    heads = [
        Column(text("page.agency", lang), "name"),
        Column(text("page.row", lang)),
        Column(text("verification.state_now", lang)),
    ]
    heads += numbers(("range", "effect_alone", "places", "reclass"), lang)
    return table(
        text("verification.decisive_caption", lang),
        heads,
        body,
        made(case, lang, "dxlib.verify.decisive_items"),
        joined(text("verification.decisive_note", lang), shown_of(len(body), len(decisive), lang)),
    )


# Two verifiers, appeals.


def verifiers_table(case: Case, between: pd.DataFrame, lang: str, most: int = 12) -> Table | None:
    """How far two verifiers of the same items agree."""
    codes = labels.rows(case, lang)
    whole, parts = between[between["indicator"] == ""], between[between["indicator"] != ""]
    parts = parts.sort_values(["rewrite", "agreement", "indicator"], ascending=[False, True, True], kind="stable")
    rows = pd.concat([whole[whole["n"] >= 1], parts.head(most)])
    body = [
        [
            codes.get(r["indicator"], text("verification.all_rows", lang)),
            number(r["n"], lang),
            percent(r["agreement"], lang, 0),
            percent(r["mean_difference"], lang, 1),
            number(r["alpha"], lang, 2),
            text(f"verification.{'rewrite' if r['rewrite'] else 'keep'}", lang),
        ]
        for r in rows.to_dict("records")
    ]
    heads = [Column(text("page.row", lang), "name"), *numbers(("items", "equal", "mean_difference", "alpha"), lang)]
    heads.append(Column(text("verification.advice", lang)))
    return table(
        text("verification.verifiers_caption", lang),
        heads,
        body,
        made(case, lang, "dxlib.verify.between_verifiers"),
        joined(text("verification.verifiers_note", lang), shown_of(len(rows), len(between), lang)),
    )


def leniency_table(case: Case, lenient: pd.DataFrame, lang: str) -> Table | None:
    """Who scores higher than the other verifier of the same items."""
    body = [
        [
            r["verifier"],
            number(r["items"], lang),
            percent(r["mean_difference"], lang, 1),
            text("verification.from_to", lang, low=percent(r["low"], lang, 1), high=percent(r["high"], lang, 1)),
        ]
        for r in lenient.to_dict("records")
    ]
    heads = [
        Column(text("verification.verifier", lang), "name"),
        *numbers(("items", "mean_difference", "interval"), lang),
    ]
    return table(
        text("verification.leniency_caption", lang),
        heads,
        body,
        made(case, lang, "dxlib.verify.leniency"),
        text("verification.leniency_note", lang),
    )


def appeals_table(case: Case, by_verifier: pd.DataFrame, appealed: pd.DataFrame, lang: str) -> Table | None:
    """Whose verdicts were contested, and how many points came back."""
    if appealed.empty or not appealed["lodged"].iloc[0]:
        return None
    body = [
        [
            r["verifier"] or "–",
            number(r["verdicts"], lang),
            labels.points(r["cut"], case, lang),
            number(r["appeals"], lang),
            labels.points(r["restored"], case, lang),
        ]
        for r in by_verifier.to_dict("records")
    ]
    row = appealed.iloc[0]
    facts = {key: number(row[key], lang) for key in ("lodged", "full", "partial", "rejected", "lowered", "pending")}
    facts["rate"] = percent(row["rate"], lang, 1)
    taken = {"days": number(row["median_days"], lang), "longest": number(row["longest_days"], lang)}
    decided = row["median_days"] == row["median_days"]
    note = joined(
        text("verification.appeals_note", lang, **facts),
        text("verification.appeals_days", lang, **taken) if decided else "",
    )
    keys = ("verdicts", "cut", "appeals", "restored")
    return table(
        text("verification.appeals_caption", lang),
        [Column(text("verification.verifier", lang), "name"), *numbers(keys, lang)],
        body,
        made(case, lang, "dxlib.verify.appeals"),
        note,
    )


def limits(
    case: Case, agreed: pd.DataFrame, past: pd.DataFrame, estimates: pd.DataFrame, lang: str
) -> Sentences | None:
    """What these figures cannot say, for this group and this year."""
    if not case.has_claims:
        return None
    agencies, documents = len(case.agencies), not case.evidence.empty
    compared = int(agreed["n"].iloc[0]) if len(agreed) else 0
    return sentences(
        text("verification.limit.cut", lang),
        text("verification.limit.few", lang, n=number(agencies, lang)) if agencies < FEW else "",
        text("verification.limit.compared", lang, n=number(compared, lang)) if compared < FEW <= agencies else "",
        text("verification.limit.no_past", lang) if past.empty else "",
        "" if documents else text("verification.limit.no_evidence", lang),
        text("verification.limit.sample", lang) if estimates["note"].isin(["incomplete", "too_few"]).any() else "",
        text("verification.limit.flags", lang),
        text("verification.limit.verifier", lang),
    )


# Small parts of sentences and tables.


def figures(row: dict, keys: Iterable[str], case: Case, lang: str) -> list[str]:
    shown = []
    for key in keys:
        if key in ("compared", "open"):
            shown.append(number(row[key], lang))
        elif key in ("inflation", "cut_share", "effect"):
            shown.append(labels.share(row[key], lang, 1))
        else:
            shown.append(labels.points(row[key], case, lang))
    return shown


def numbers(keys: Iterable[str], lang: str) -> list[Column]:
    return [Column(text(f"verification.head.{key}", lang), "number") for key in keys]


def made(case: Case, lang: str, *functions: str) -> str:
    """The line under a figure, with the functions that made it."""
    return text("verification.made", lang, source=labels.source(case, lang), functions=", ".join(functions))


def shown_of(shown: int, whole: int, lang: str) -> str:
    return text("verification.shown", lang, shown=number(shown, lang), all=number(whole, lang)) if shown < whole else ""


def joined(*notes: str) -> str:
    return " ".join(note for note in notes if note)
