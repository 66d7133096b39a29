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
from ..blocks import Column, Sentences, Table, filled, sentences


def plan_table(case: Case, plan: pd.DataFrame, lang: str) -> Table | None:
    """How many items each way of sampling needs."""
    if not case.has_claims:
        return None
    tops = labels.rows(case, lang)

    def way(r: dict[Any, Any]) -> str:
        if r["stratum"]:
            return text("verification.stratum", lang, name=tops.get(r["stratum"], r["stratum"]))
        return text(f"verification.plan.{r['method']}", lang)

    facts = {"confidence": percent(confidence.level(), lang, 0), "tolerable": percent(TOLERABLE, lang, 0)}
    return filled(
        text("verification.plan_caption", lang, **facts),
        plan[(plan["stratum"] == "") | (plan["size"] > 0)],
        [
            Column(text("verification.way", lang), "name", way),
            *labels.numbers("verification", ["population"], lang, lambda x: number(x, lang)),
            *labels.numbers("verification", ["points"], lang, labels.as_points(case, lang)),
            *labels.numbers("verification", ["size"], lang, lambda x: number(x, lang)),
        ],
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
    points, shown = labels.as_points(case, lang), listed.head(most)

    def red_flags(r: dict[Any, Any]) -> str:
        return "; ".join(text(f"flag.{flag}.name", lang) for flag in r["red_flags"].split(";") if flag) or "–"

    first = listed["kind"] == "unverified"
    counts = listed.loc[first, "part"].value_counts()
    facts = {key: number(counts.get(key, 0), lang) for key in ("risk", "random", "points")}
    facts |= {"again": number(int((~first).sum()), lang), "all": number(len(waiting), lang)}
    facts |= {"listed": number(len(listed), lang), "shown": number(len(shown), lang)}
    return filled(
        text("verification.worklist_caption", lang),
        shown,
        [
            labels.agency(case, lang),
            labels.indicator(case, lang, "indicator", "text"),
            *labels.numbers("verification", ["claimed"], lang, points),
            *labels.numbers("verification", ["p"], lang, lambda x: percent(x, lang, 1)),
            Column(text("verification.red_flags", lang), cell=red_flags),
            *labels.numbers("verification", ["factor"], lang, lambda x: number(x, lang, 2)),
            *labels.numbers("verification", ["risk"], lang, points),
            Column(text("verification.state_now", lang), cell=lambda r: text(f"verification.kind.{r['kind']}", lang)),
        ],
        labels.made(case, lang, "dxlib.verify.open_items", "dxlib.verify.worklist"),
        text("verification.worklist_note", lang, seed=str(seed), **facts),
    )


def parts_table(case: Case, hits: pd.DataFrame, lang: str) -> Table | None:
    """Did the choice by risk find more than chance does?"""
    named = {"verified": "done", "over_scored": "wrong_items", "share": "wrong_share", "points": "over_points"}
    counts = ("items", "done", "wrong_items")
    return filled(
        text("verification.parts_caption", lang),
        hits[hits["verified"] > 0].rename(columns=named),
        [
            Column(
                text("verification.how_chosen", lang), "name", lambda r: text(f"verification.part.{r['part']}", lang)
            ),
            *labels.numbers("verification", counts, lang, lambda x: number(x, lang)),
            *labels.numbers("verification", ["wrong_share"], lang, lambda x: percent(x, lang, 1)),
            *labels.numbers("verification", ["over_points"], lang, labels.as_points(case, lang)),
        ],
        labels.made(case, lang, "dxlib.verify.found_by_part"),
        text("verification.parts_note", lang),
    )


def estimates_table(case: Case, estimates: pd.DataFrame, chosen: pd.DataFrame, lang: str) -> Table | None:
    """Over-scoring among the items that were not chosen by risk: estimate, upper bound and what follows, by method."""
    if estimates.empty or estimates["bound"].isna().all() or not chosen["final"].isna().any():
        return None

    def decided(r: dict[Any, Any]) -> str:
        """Accept the claims as they are, or verify all; nothing follows from a number of items or from no bound."""
        if r["unit"] != "points" or r["bound"] != r["bound"] or r["note"]:
            return "–"
        return text(f"verification.conclusion.{conclusion(r['bound'], r['points'], TOLERABLE)}", lang)

    def drawn(r: dict[Any, Any]) -> str:
        return text("verification.drawn_of", lang, sample=number(r["sample"], lang), planned=number(r["planned"], lang))

    def remarks(r: dict[Any, Any]) -> str:
        return "; ".join(text(f"verification.estimate.{note}", lang) for note in (r["note"] or "whole").split(";"))

    def shown(x: float, unit: str) -> str:
        return number(x, lang) if unit == "items" else labels.points(x, case, lang)

    def head(key: str) -> str:
        return text(f"verification.{key}", lang)

    row = estimates.iloc[0]
    facts = {
        "n": number(row["population"], lang),
        "points": labels.points(row["points"], case, lang),
        "confidence": percent(row["confidence"], lang, 0),
    }
    return filled(
        text("verification.estimates_caption", lang, **facts),
        estimates,
        [
            Column(head("way"), "name", lambda r: text(f"verification.method.{r['method']}", lang)),
            Column(head("in"), cell=lambda r: text(f"verification.unit.{r['unit']}", lang)),
            Column(head("head.verified"), "number", drawn),
            Column(head("head.wrong_items"), "number", lambda r: number(r["found"], lang)),
            Column(head("head.estimated"), "number", lambda r: shown(r["estimate"], r["unit"])),
            Column(head("head.bound"), "number", lambda r: shown(r["bound"], r["unit"])),
            Column(head("conclude"), cell=decided),
            Column(head("remark"), cell=remarks),
        ],
        labels.made(case, lang, "dxlib.verify.unverified"),
        text("verification.estimates_note", lang, **facts),
    )
