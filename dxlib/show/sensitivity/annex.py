"""Annex: other ways of adding up, and what the index set is made of."""

from __future__ import annotations

import pandas as pd

from ...case import Case
from ...robust.structure import FEW, MANY, SMOOTH
from ...words import number, percent, text
from .. import labels
from ..blocks import Cell, Column, Sentences, Table, filled, sentences, table
from .parts import LONG, SHORT, bounds, estimate

RESAMPLES = 200  # of the agencies, for the intervals of the annex


def opinions_sentence(case: Case, opinions: pd.DataFrame, lang: str) -> Sentences | None:
    """What the second opinions are, and how often they agree with the official place."""
    if opinions.empty:
        return None
    away = [(opinions[key].astype("Float64") - opinions["rank"]).abs() for key in ("copeland", "borda", "kemeny")]
    near = int((pd.concat(away, axis=1).max(axis=1) <= 1).sum())
    best, known = int(opinions["bod_first"].fillna(False).sum()), int(opinions["bod_first"].notna().sum())
    facts = {"n": number(near, lang), "all": number(len(opinions), lang)}
    return sentences(
        text("sensitivity.opinions", lang),
        text("sensitivity.opinions_near", lang, **facts),
        text("sensitivity.opinions_best", lang, n=number(best, lang), known=number(known, lang)) if best else "",
        text("sensitivity.opinions_not_own", lang) if best > 1 else "",
    )


def opinions_table(case: Case, opinions: pd.DataFrame, lang: str) -> Table | None:
    """Copeland, Borda, Kemeny and Benefit of the Doubt beside the official place."""
    shown = opinions.sort_values("rank", kind="stable").head(LONG)
    states = [state for state in ("several", "unknown", "bound", "none") if (opinions["kemeny_state"] == state).any()]
    return filled(
        text("sensitivity.opinions_caption", lang),
        shown,
        [
            Column(text("report.rank", lang), "rank", lambda r: number(r["rank"], lang)),
            labels.agency(case, lang),
            *labels.numbers("sensitivity", ("copeland", "borda", "kemeny"), lang, lambda x: number(x, lang)),
            *labels.numbers("sensitivity", ("bod",), lang, lambda x: percent(x, lang, 1)),
            *labels.numbers("sensitivity", ("bod_first",), lang, lambda x: labels.yes(x, lang)),
        ],
        labels.made(case, lang, "dxlib.robust.second_opinions"),
        labels.joined(
            *(text(f"sensitivity.kemeny.{state}", lang) for state in states),
            labels.shown_of(len(shown), len(opinions), lang),
        ),
    )


def effective_table(case: Case, effective: pd.DataFrame, seed: int, lang: str) -> Table | None:
    """What each main index really accounts for, beside its nominal weight."""
    if effective[["effective", "linear"]].isna().all(axis=None):
        return None
    known = bool(effective["effective"].notna().any())
    found = effective.rename(columns={"weight": "nominal"})
    columns = [
        labels.indicator(case, lang),
        *labels.numbers("sensitivity", ("nominal", "effective"), lang, lambda x: percent(x, lang, 1)),
        Column(text("sensitivity.head.range", lang), "number", lambda r: estimate(r["low"], r["high"], lang)),
        *labels.numbers("sensitivity", ("linear",), lang, lambda x: percent(x, lang, 1)),
    ]
    return filled(
        text("sensitivity.effective_caption", lang),
        found,
        columns if known else [*columns[:2], columns[-1]],
        labels.made(case, lang, "dxlib.robust.effective_weights"),
        labels.joined(
            text("sensitivity.effective_note", lang),
            text("sensitivity.effective_drawn", lang, draws=number(RESAMPLES, lang), seed=str(seed)) if known else "",
        ),
    )


def weak_table(case: Case, weak: pd.DataFrame, lang: str) -> Table | None:
    """Indicators that hardly tell agencies apart."""
    shown = weak.sort_values(["same", "weight"], ascending=False, kind="stable").head(LONG)
    return filled(
        text("sensitivity.weak_caption", lang),
        shown,
        [
            labels.indicator(case, lang),
            Column(text("report.weight", lang), "number", lambda r: percent(r["weight"], lang, 1)),
            Column(text("sensitivity.head.same", lang), "bar", lambda r: Cell(percent(r["same"], lang, 1), r["same"])),
            *labels.numbers("sensitivity", ("value",), lang, lambda x: percent(x, lang, 1)),
            Column(text("sensitivity.head.agencies", lang), "number", lambda r: number(r["n"], lang)),
        ],
        labels.made(case, lang, "dxlib.robust.weak_indicators"),
        labels.joined(text("sensitivity.weak_note", lang), labels.shown_of(len(shown), len(weak), lang)),
    )


def redundant_table(case: Case, close: pd.DataFrame, lang: str) -> Table | None:
    """Pairs of indicators that put the agencies in nearly the same order."""
    rows = labels.rows(case, lang)
    known = close[close["reason"] != "too_few"]
    shown = known.head(SHORT)
    return filled(
        text("sensitivity.redundant_caption", lang),
        shown,
        [
            labels.indicator(case, lang),
            Column(text("sensitivity.head.other", lang), cell=lambda r: rows[r["other"]]),
            *labels.numbers("sensitivity", ("same_pillar",), lang, lambda x: labels.yes(x, lang)),
            *labels.numbers("sensitivity", ("rho",), lang, lambda x: number(x, lang, 2)),
            Column(text("sensitivity.head.range", lang), "number", lambda r: bounds(r["low"], r["high"], lang)),
            Column(text("sensitivity.head.agencies", lang), "number", lambda r: number(r["n"], lang)),
        ],
        labels.made(case, lang, "dxlib.robust.redundant_pairs"),
        labels.joined(text("sensitivity.redundant_note", lang), labels.shown_of(len(shown), len(known), lang)),
    )


def fit_table(case: Case, fit: pd.DataFrame, lang: str) -> Table | None:
    """Does each main index hold together, and which of its rows run against it?"""
    rows = labels.rows(case, lang)
    against = fit[fit["flag"].isin(["negative", "surely_negative"])]

    def opposed(pillar: str) -> str:
        return "; ".join(rows[code] for code in against.loc[against["pillar"] == pillar, "node"]) or "–"

    return filled(
        text("sensitivity.fit_caption", lang),
        fit[(fit["measure"] == "alpha") & fit["value"].notna()],
        [
            labels.indicator(case, lang),
            *labels.numbers("sensitivity", ("items",), lang, lambda x: number(x, lang)),
            Column(text("sensitivity.head.agencies", lang), "number", lambda r: number(r["n"], lang)),
            Column(text("sensitivity.head.alpha", lang), "number", lambda r: number(r["value"], lang, 2)),
            Column(text("sensitivity.head.range", lang), "number", lambda r: bounds(r["low"], r["high"], lang)),
            Column(text("sensitivity.head.against", lang), cell=lambda r: opposed(r["node"])),
        ],
        labels.made(case, lang, "dxlib.robust.pillar_fit"),
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
        [
            Column(text("page.row", lang), "name"),
            *labels.numbers("sensitivity", ("items", "agencies", "above_chance", "first_part"), lang),
        ],
        body,
        labels.made(case, lang, "dxlib.robust.components"),
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
