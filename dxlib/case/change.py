"""What `Case.with_changes` changes: policies and weights, checked as index.toml and indicators.csv are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pandas as pd

from .. import schema
from ..errors import Finding, nearest
from .framework import Framework
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
    """Write new weights; the siblings of a changed row get the weight they had."""
    frame = indicators.copy()
    unknown = [code for code in changes if code not in framework.nodes]
    for code in unknown:
        facts = {"nearest": nearest(code, framework.nodes) or "–", "table": "indicators.csv"}
        findings.append(Finding("E_INDICATOR_UNKNOWN", "indicator_unknown", column="code", value=code, facts=facts))
    parents = {framework.nodes[code].parent for code in changes if code not in unknown}
    weights = dict(zip(frame["code"], frame["weight"], strict=True))
    for parent in parents:
        siblings = framework.nodes[parent].children if parent else framework.tops
        for node in framework.siblings(siblings):
            weights[node.code] = exact_text(node.weight)
    frame["weight"] = [changes.get(code, weights[code]) for code in frame["code"]]
    return frame


def weight_text(code: str, weight: Any, findings: list[Finding]) -> str:
    """A weight as decimal text; one that is no number, negative, or has no end in decimals is refused."""
    try:
        exact = Fraction(repr(weight) if isinstance(weight, float) else weight)
    except (TypeError, ValueError, OverflowError, ZeroDivisionError):
        exact = Fraction(-1)
    text = exact_text(exact) if exact >= 0 else ""
    if not text:
        findings.append(Finding("E_NUMBER", "weight_form", column="weights", value=f"{code} = {weight}"))
    return text or "0"


def exact_text(x: Fraction) -> str:
    """A number as decimal text, exactly; "" for one that no 30 decimals can write."""
    places = next((p for p in range(31) if (x * 10**p).denominator == 1), None)
    if places is None:
        return ""
    digits = str((x * 10**places).numerator).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits
