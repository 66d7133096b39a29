"""Claimed against recognised: cuts, raises, own sums, and how well the two agree."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from ... import confidence
from ...case import Case
from ...words import number, percent, text
from .. import charts, labels
from ..blocks import Chart, Column, Sentences, Table, sentences, table


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
    return Chart(
        text("verification.chart_caption", lang),
        tuple(drawings),
        labels.made(case, lang, "dxlib.verify.deviation"),
        alt,
        labels.shown_of(len(shown), len(rows), lang),
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
        [Column(text("page.agency", lang), "name"), *labels.numbers("verification", keys, lang)],
        body,
        labels.made(case, lang, "dxlib.verify.deviation", "dxlib.verify.polish"),
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
        [Column(text("page.row", lang), "name"), *labels.numbers("verification", keys, lang)],
        body,
        labels.made(case, lang, "dxlib.verify.deviation", "dxlib.verify.polish"),
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
        *labels.numbers("verification", ("stated", "by_rule", "difference"), lang),
    ]
    return table(
        text("verification.own_caption", lang),
        heads,
        body,
        labels.made(case, lang, "dxlib.verify.consistency.own_sums"),
        labels.shown_of(len(body), len(rows), lang),
    )


def figures(row: dict, keys: Iterable[str], case: Case, lang: str) -> list[str]:
    shown = []
    for key in keys:
        if key in ("compared", "open"):
            shown.append(number(row[key], lang))
        elif key == "max_points":
            shown.append(labels.maximum(row[key], lang))
        elif key in ("inflation", "cut_share", "effect"):
            shown.append(labels.share(row[key], lang, 1))
        else:
            shown.append(labels.points(row[key], case, lang))
    return shown


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
    leans = "one_sided" if chance < confidence.significance() else "not_one_sided"
    clear = "" if chance != chance else text(f"verification.{leans}", lang)
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
        labels.made(case, lang, "dxlib.verify.agreement"),
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
        [Column(text("page.row", lang), "name"), *labels.numbers("verification", keys, lang)],
        body,
        labels.made(case, lang, "dxlib.verify.agreement"),
        labels.joined(text("verification.agreement_note", lang), labels.shown_of(len(body), len(rows), lang)),
    )
