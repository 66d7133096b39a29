"""What to verify first, and what the rest may hide."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ... import confidence
from ...case import Case
from ...verify.estimation import conclusion
from ...verify.risk_assessment import FACTORS, PRIOR, TOLERABLE, UNKNOWN
from ...words import number, percent, text
from .. import labels
from ..blocks import Column, Sentences, Table, sentences, table


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
    facts = {"confidence": percent(confidence.level(), lang, 0), "tolerable": percent(TOLERABLE, lang, 0)}
    return table(
        text("verification.plan_caption", lang, **facts),
        [
            Column(text("verification.way", lang), "name"),
            *labels.numbers("verification", ("population", "points", "size"), lang),
        ],
        body,
        labels.made(case, lang, "dxlib.verify.plan"),
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


def open_sentence(case: Case, waiting: pd.DataFrame, lang: str) -> Sentences | None:
    """How many items are open, and for what.  waiting: from `verify.open_items`"""
    return sentences(labels.still_open(waiting, lang)) if case.has_claims else None


def worklist_table(
    case: Case, listed: pd.DataFrame, waiting: pd.DataFrame, seed: int, lang: str, most: int = 40
) -> Table | None:
    """What to decide next, and how each risk was worked out.  listed, waiting: from `verify.worklist`, `open_items`"""
    named, codes = labels.agencies(case, lang), labels.rows(case, lang)
    body = [
        [
            named[r["agency"]],
            codes[r["indicator"]],
            labels.points(r["claimed"], case, lang),
            percent(r["p"], lang, 1),
            "; ".join(text(f"flag.{flag}.name", lang) for flag in r["red_flags"].split(";") if flag) or "–",
            number(r["factor"], lang, 2),
            labels.points(r["risk"], case, lang),
            text(f"verification.kind.{r['kind']}", lang),
        ]
        for r in listed.head(most).to_dict("records")
    ]
    heads = [Column(text("page.agency", lang), "name"), Column(text("page.row", lang))]
    heads += [*labels.numbers("verification", ("claimed", "p"), lang), Column(text("verification.red_flags", lang))]
    heads += [*labels.numbers("verification", ("factor", "risk"), lang), Column(text("verification.state_now", lang))]
    first = listed["kind"] == "unverified"
    counts = listed.loc[first, "part"].value_counts()
    facts = {key: number(counts.get(key, 0), lang) for key in ("risk", "random", "points")}
    facts |= {"again": number(int((~first).sum()), lang), "all": number(len(waiting), lang)}
    facts |= {"listed": number(len(listed), lang), "shown": number(len(body), lang)}
    return table(
        text("verification.worklist_caption", lang),
        heads,
        body,
        labels.made(case, lang, "dxlib.verify.open_items", "dxlib.verify.worklist"),
        text("verification.worklist_note", lang, seed=str(seed), **facts),
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
        [Column(text("verification.how_chosen", lang), "name"), *labels.numbers("verification", keys, lang)],
        body,
        labels.made(case, lang, "dxlib.verify.found_by_part"),
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
    heads += labels.numbers("verification", ("verified", "wrong_items", "estimated", "bound"), lang)
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
        labels.made(case, lang, "dxlib.verify.unverified"),
        text("verification.estimates_note", lang, **facts),
    )
