"""scenarios.toml: named what-ifs. Each table is one scenario: title, weights, drop, policies."""

from __future__ import annotations

import tomllib
from fractions import Fraction
from pathlib import Path

from ..errors import Finding, Refusal, nearest
from .case import Case

KEYS = ("title", "weights", "drop", "policies")


def read_scenario(root: str | Path, case: Case, name: str) -> Case:
    """The case as the scenario `name` of its folder's scenarios.toml wants it.

    A scenario that changes nothing is refused: a what-if that was silently not applied is worse than none.
    Raises Refusal.
    """
    file = f"{case.year}/{case.group}/scenarios.toml"
    path = Path(root) / file
    if not path.is_file():
        raise Refusal([Finding("E_NOT_FOUND", "file_missing", file)])
    try:
        scenarios = tomllib.loads(path.read_text(encoding="utf-8-sig"), parse_float=Fraction)
    except ValueError as error:
        raise Refusal([Finding("E_TOML", "toml", file, facts={"detail": str(error)})]) from None
    if name not in scenarios:
        facts = {"nearest": nearest(name, scenarios) or ", ".join(scenarios)}
        raise Refusal([Finding("E_SCENARIO", "scenario_unknown", file, column=name, value=name, facts=facts)])
    scenario = scenarios[name]
    findings = [
        Finding(
            "E_KEY",
            "key_unknown",
            file,
            column=f"{name}.{key}",
            value=key,
            facts={"nearest": nearest(key, KEYS) or ", ".join(KEYS)},
        )
        for key in scenario
        if key not in KEYS
    ]
    kinds = {"weights": dict, "drop": list, "policies": dict}
    for key, kind in kinds.items():
        if not isinstance(scenario.get(key, kind()), kind):
            findings.append(
                Finding(
                    "E_TYPE",
                    "key_type",
                    file,
                    column=f"{name}.{key}",
                    value=str(scenario[key]),
                    facts={"kind": kind.__name__},
                )
            )
    if findings:
        raise Refusal(findings)
    changed = case.with_changes(
        scenario.get("weights"), policies=scenario.get("policies"), drop=scenario.get("drop", [])
    )
    if changed.settings == case.settings and changed.framework == case.framework:
        raise Refusal([Finding("E_SCENARIO", "scenario_same", file, column=name, value=name)])
    return changed
