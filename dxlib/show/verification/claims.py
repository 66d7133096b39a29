"""Claimed against recognised: cuts, raises, own sums, and how well the two agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd

from ... import confidence
from ...case import Case
from ...words import number, percent, text
from .. import charts, labels
from ..blocks import Chart, Column, Sentences, Table, filled, sentences


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
    keys = ("claimed", "recognised", "over", "under", "inflation", "effect", "compared", "open")
    rows = by_agency.merge(effects[["agency", "effect"]], on="agency", how="left")
    return filled(
        text("verification.agency_caption", lang),
        rows.sort_values(["over", "agency"], ascending=[False, True], kind="stable"),
        [labels.agency(case, lang), *figures(keys, case, lang)],
        labels.made(case, lang, "dxlib.verify.deviation", "dxlib.verify.polish"),
        text("verification.note", lang),
    )


def by_indicator_table(case: Case, by_indicator: pd.DataFrame, effects: pd.DataFrame, lang: str) -> Table | None:
    """The same by row of the index set; rows nobody was cut or raised on, and none waits for, are left out."""
    keys = ("max_points", "over", "under", "cut_share", "effect", "compared", "open")
    changed = by_indicator[(by_indicator["over"] > 0) | (by_indicator["under"] > 0) | (by_indicator["open"] > 0)]
    rows = changed.merge(effects[["indicator", "effect"]], on="indicator", how="left")
    return filled(
        text("verification.row_caption", lang),
        rows.sort_values(["over", "indicator"], ascending=[False, True], kind="stable"),
        [labels.indicator(case, lang, "indicator"), *figures(keys, case, lang)],
        labels.made(case, lang, "dxlib.verify.deviation", "dxlib.verify.polish"),
        text("verification.row_note", lang, n=number(len(by_indicator) - len(changed), lang)),
    )


def own_sums(case: Case, flags: pd.DataFrame, lang: str, most: int = 30) -> Table | None:
    """Self scores recomputed: what the agency wrote, what the rule gives for its own figures."""
    rows = flags[flags["flag"] == "own_sum"]
    shown = rows.head(most).rename(columns={"value": "stated", "expected": "by_rule"})
    return filled(
        text("verification.own_caption", lang),
        shown.assign(difference=shown["stated"] - shown["by_rule"]),
        [
            labels.agency(case, lang),
            labels.indicator(case, lang, "indicator", "text"),
            *labels.numbers("verification", ("stated", "by_rule", "difference"), lang, labels.as_points(case, lang)),
        ],
        labels.made(case, lang, "dxlib.verify.consistency.own_sums"),
        labels.shown_of(len(shown), len(rows), lang),
    )


def figures(keys: Iterable[str], case: Case, lang: str) -> list[Column]:
    """Columns of counts, shares, maxima; all others are points."""
    ways: dict[str, Callable[[Any], str]] = {"max_points": lambda x: labels.maximum(x, lang)}
    ways |= dict.fromkeys(("compared", "open"), lambda x: number(x, lang))
    ways |= dict.fromkeys(("inflation", "cut_share", "effect"), lambda x: labels.share(x, lang, 1))
    points = labels.as_points(case, lang)
    return [column for key in keys for column in labels.numbers("verification", [key], lang, ways.get(key, points))]


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
    rows = agreed[(agreed["indicator"] != "") & (agreed["n"] >= 2)]
    rows = rows.sort_values(["agreement", "indicator"], kind="stable")
    shown = rows.head(most).rename(columns={"n": "agencies", "agreement": "equal", "bias": "mean_difference"})
    measures = ("icc", "concordance", "kappa", "ac1")
    return filled(
        text("verification.agreement_rows", lang),
        shown,
        [
            labels.indicator(case, lang, "indicator"),
            *labels.numbers("verification", ["agencies"], lang, lambda x: number(x, lang)),
            *labels.numbers("verification", ["equal"], lang, lambda x: percent(x, lang, 0)),
            *labels.numbers("verification", ["mean_difference"], lang, lambda x: percent(x, lang, 1)),
            *labels.numbers("verification", measures, lang, lambda x: number(x, lang, 2)),
        ],
        labels.made(case, lang, "dxlib.verify.agreement"),
        labels.joined(text("verification.agreement_note", lang), labels.shown_of(len(shown), len(rows), lang)),
    )
