"""What `Case.with_changes` changes: policies, weights and points, checked as the files of a folder are."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pandas as pd

from .. import schema
from ..errors import Finding, nearest
from ..rules import shown
from .answered import Answers
from .framework import SUM, Framework
from .settings import Settings, check_value, policies


def change_policies(settings: Settings, changes: Mapping[str, Any], findings: list[Finding]) -> Settings:
    keys = {key["name"]: key for key in schema.table("index")["keys"] if key["name"] in policies()}
    new = {}
    for name, value in changes.items():
        if name not in keys:
            facts = {"nearest": nearest(name, keys) or ", ".join(keys)}
            findings.append(Finding("E_KEY", "key_unknown", column=name, value=name, facts=facts))
            continue
        exact = Fraction(str(value)) if isinstance(value, float) else value
        new[name] = check_value(exact, keys[name], "", name, findings)
    return replace(settings, **new)


def change_weights(
    indicators: pd.DataFrame, framework: Framework, changes: Mapping[str, str], findings: list[Finding]
) -> pd.DataFrame:
    """Write new weights; the siblings of a row left out keep the weight they had."""
    frame = indicators.copy()
    unknown = [code for code in changes if code not in framework.nodes]
    for code in unknown:
        facts = {"nearest": nearest(code, framework.nodes) or "–", "table": "indicators.csv"}
        findings.append(Finding("E_INDICATOR_UNKNOWN", "indicator_unknown", column="code", value=code, facts=facts))
    parents = {framework.nodes[code].parent for code in changes if code not in unknown and not added(framework, code)}
    weights = dict(zip(frame["code"], frame["weight"], strict=True))
    for parent in parents:
        siblings = framework.nodes[parent].children if parent else framework.tops
        for node in framework.siblings(siblings):
            weights[node.code] = exact_text(node.weight) or str(node.weight)
    frame["weight"] = [changes.get(code, weights[code]) for code in frame["code"]]
    return frame


def added(framework: Framework, code: str) -> bool:
    """Whether a row stands in a `sum` branch, where weights say nothing."""
    parent = framework.nodes[code].parent
    return bool(parent) and framework.nodes[parent].aggregate == SUM


def check_weights(framework: Framework, named: Mapping[str, str], gone: Collection[str]) -> list[Finding]:
    """Weights are relative, so they say nothing without those of the siblings: all of them that count are named, as in
    indicators.csv (or left out). A warning for every row whose part among them changes by more than half."""
    given = {code: Fraction(text) for code, text in named.items() if code in framework.nodes}
    findings = [
        Finding("E_WEIGHTS", "weights_idle", column="weights", value=code)
        for code in given
        if code in gone or not framework.nodes[code].scored or added(framework, code)
    ]
    for parent in dict.fromkeys(framework.nodes[code].parent for code in given if not added(framework, code)):
        siblings = framework.siblings(framework.nodes[parent].children if parent else framework.tops)
        counting = [node for node in siblings if node.code not in gone and (node.weight or node.code in given)]
        if lacking := [node.code for node in counting if node.code not in given]:
            official = ", ".join(f'"{node.code}" = {shown(node.weight)}' for node in counting)
            facts = {"parent": parent or "index", "lacking": ", ".join(lacking), "official": official}
            name = ", ".join(node.code for node in counting if node.code in given)
            findings.append(Finding("E_WEIGHTS", "weights_some", column="weights", value=name, facts=facts))
            continue
        before, after = sum(node.weight for node in counting), sum(given[node.code] for node in counting)
        for node in counting if before and after else ():
            was, now = node.weight / before, given[node.code] / after
            if abs(now - was) > was / 2:
                facts = {"before": shown(round(100 * was, 1)), "after": shown(round(100 * now, 1))}
                findings.append(Finding("W_WEIGHT", "weight_moved", column="weights", value=node.code, facts=facts))
    return findings


def weight_text(code: str, weight: Any, findings: list[Finding]) -> str:
    """A weight as text, a fraction where it has no end in decimals; one that is no number or negative is refused."""
    try:
        exact = Fraction(repr(weight) if isinstance(weight, float) else weight)
    except (TypeError, ValueError, OverflowError, ZeroDivisionError):
        exact = Fraction(-1)
    if exact < 0:
        findings.append(Finding("E_NUMBER", "weight_form", column="weights", value=f"{code} = {weight}"))
    return (exact_text(exact) or str(exact)) if exact >= 0 else "0"


def edited_cells(
    points: Mapping[str, Mapping[str, Any]], tables: Mapping[str, pd.DataFrame], framework: Framework, answers: Answers
) -> tuple[dict[tuple[str, str], str], list[Finding]]:
    """((agency, code) -> points as decimal text, findings): which cells are edited, and what cannot be.

    Text is passed on as it is: the checks of verdicts.csv say what is wrong with it, and which points are too many.
    """
    agencies = tables["agencies"]["agency"].tolist()
    leaves = [node.code for node in framework.leaves if node.scored or node.role in ("bonus", "penalty")]
    cells: dict[tuple[str, str], str] = {}
    findings: list[Finding] = []
    for agency, rows in points.items():
        if agency not in agencies:
            facts = {"nearest": nearest(agency, agencies) or "–"}
            findings.append(Finding("E_UNIT_UNKNOWN", "points_agency", column="points", value=agency, facts=facts))
            continue
        for code, given in rows.items():
            where = f"points.{agency}"
            if code not in leaves:
                facts = {"nearest": nearest(code, leaves) or "–"}
                findings.append(Finding("E_INDICATOR_UNKNOWN", "points_row", column=where, value=code, facts=facts))
            elif agency in answers.exempt.get(code, ()):
                findings.append(Finding("E_EXEMPT", "exempt_points", column=code, value=agency))
            elif not (text := points_text(given)):
                facts = {"code": code}
                findings.append(Finding("E_NUMBER", "points_form", column=where, value=str(given), facts=facts))
            else:
                cells[agency, code] = text
    return cells, findings


def points_text(given: Any) -> str:
    """Points as decimal text; "" for what is no number or has no end in decimals."""
    if isinstance(given, str):
        return given.strip()
    if isinstance(given, bool) or not isinstance(given, (int, float, Fraction)):
        return ""
    if isinstance(given, float) and not math.isfinite(given):
        return ""
    exact = Fraction(repr(given) if isinstance(given, float) else given)
    return exact_text(exact) if exact >= 0 else ""


def with_points(tables: Mapping[str, pd.DataFrame], cells: Mapping[tuple[str, str], str]) -> pd.DataFrame:
    """verdicts.csv with one more verdict for every edited cell: these points, else as the last step there (an appeal
    stays one, and is decided by whoever decided it). The last rows are the new ones."""
    verdicts = tables["verdicts"]
    reason = next(iter(tables["reasons"]["code"]), "")  # asked for where there is no claim
    last: dict[tuple[str, str], tuple[int, str, str]] = {}
    for agency, code, stage, by in zip(
        *(verdicts[c] for c in ("agency", "indicator", "stage", "decided_by")), strict=True
    ):
        last[agency, code] = last.get((agency, code), (0,))[0] + 1, stage, by
    rows = []
    for (agency, code), text in cells.items():
        steps, stage, by = last.get((agency, code), (0, "verify", ""))
        row = {"agency": agency, "indicator": code, "step": str(steps + 1), "stage": stage, "decided_by": by}
        rows.append({**row, "points": text, "reason": reason})
    first = first_new(verdicts)
    more = pd.DataFrame(rows, index=range(first, first + len(rows)))
    return pd.concat([verdicts, more]).reindex(columns=verdicts.columns).fillna("").astype(str)


def first_new(frame: pd.DataFrame) -> int:
    """The row number of a file that the next row would have (the header is row 1)."""
    return int(frame.index.max()) + 1 if len(frame) else 2


def exact_text(x: Fraction) -> str:
    """A number as decimal text, exactly; "" for one that no 30 decimals can write."""
    places = next((p for p in range(31) if (x * 10**p).denominator == 1), None)
    if places is None:
        return ""
    digits = str((x * 10**places).numerator).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits
