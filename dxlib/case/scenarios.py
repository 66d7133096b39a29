"""scenarios.toml: named what-ifs. Each table is one scenario: title, weights, drop, policies, points."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Finding, Refusal, nearest
from ..rules import shown
from .characters import of_cells
from .settings import as_written, texts, toml
from .tables import read_bytes

if TYPE_CHECKING:
    from .case import Case

OF_ANSWERS = {"missing", "not_applicable", "zero_over_zero"}  # policies that hold or not by the answers that were given
KINDS: dict[str, type] = {"title": dict, "weights": dict, "drop": list, "policies": dict, "points": dict}


def read_scenarios(root: str | Path, file: str) -> dict[str, Any]:
    """Every scenario of a folder, as written. Raises Refusal."""
    if not os.path.lexists(Path(root) / file):
        raise Refusal([Finding("E_NOT_FOUND", "file_missing", file)])
    data, findings = read_bytes(Path(root) / file, file, {})
    if data is None:
        raise Refusal(findings)
    return parse(data, file)


def parse(data: bytes, file: str) -> dict[str, Any]:
    """Every scenario of a file, as written. Raises Refusal."""
    try:
        raw = toml(data)
    except (ValueError, RecursionError) as error:
        raise Refusal([Finding("E_TOML", "toml", file, facts={"detail": str(error)})]) from None
    if any(f.severity == "error" for f in characters(raw, file)):
        raise Refusal(characters(raw, file))
    return raw


def characters(raw: dict[str, Any], file: str) -> list[Finding]:
    """What is wrong with the characters of the names of scenarios and of what they say, as in index.toml."""
    names = ((None, name, "code", name) for name in raw)
    return list(of_cells(chain(names, texts(raw)), file))


def read_scenario(root: str | Path, case: Case, name: str) -> Case:
    """The case as the scenario `name` of its folder's scenarios.toml wants it.

    A scenario that changes nothing is refused: a what-if that was silently not applied is worse than none.
    Raises Refusal.
    """
    file = f"{case.year}/{case.group}/scenarios.toml"
    scenarios = read_scenarios(root, file)
    if name not in scenarios:
        facts = {"nearest": nearest(name, scenarios) or ", ".join(scenarios) or "–"}
        raise Refusal([Finding("E_SCENARIO", "scenario_unknown", file, column=name, value=name, facts=facts)])
    return apply(case, name, scenarios[name], file)


def apply(case: Case, name: str, scenario: Any, file: str) -> Case:
    """One scenario, checked and carried out."""
    findings = check_form(name, scenario, file)
    if findings:
        raise Refusal(findings)
    try:
        changed = case.with_changes(
            scenario.get("weights"),
            policies=scenario.get("policies"),
            drop=scenario.get("drop", []),
            points=scenario.get("points"),
        )
    except Refusal as refusal:
        # what the change broke is a matter of the scenario, wherever it shows
        raise Refusal([of_scenario(f, name, file) for f in refusal.findings]) from None
    same = changed.settings == case.settings and changed.framework == case.framework
    if same and all(said(case, *cell) == said(changed, *cell) for cell in changed.edited):
        raise Refusal([Finding("E_SCENARIO", "scenario_same", file, column=name, value=name)])
    warned = [f if f.file else of_scenario(f, name, file) for f in changed.findings]  # with no file: of the change
    return replace(changed, findings=tuple(warned))


def of_scenario(found: Finding, name: str, file: str) -> Finding:
    return replace(found, file=file, row=None, column=f"{name}: {found.column}")


def said(case: Case, agency: str, code: str) -> tuple[bool, Any]:
    """Whether a cell is verified, and what its answer says to its rule."""
    claim, verdict = case.answers.counting(code, agency)
    value, share = case.answers.readers[code](claim, verdict)
    return verdict is not None, value if share is None else share


def check_form(name: str, scenario: Any, file: str) -> list[Finding]:
    """Whether a scenario has the keys and kinds of values it may have."""
    if not isinstance(scenario, dict):
        return [Finding("E_TYPE", "scenario_form", file, column=name, value=as_written(scenario))]
    findings = []
    for key, value in scenario.items():
        where = f"{name}.{key}"
        if key not in KINDS:
            facts = {"nearest": nearest(key, KINDS) or ", ".join(KINDS)}
            findings.append(Finding("E_KEY", "key_unknown", file, column=where, value=key, facts=facts))
        elif not isinstance(value, KINDS[key]) or (
            isinstance(value, list) and not all(isinstance(v, str) for v in value)
        ):
            findings.append(Finding("E_TYPE", "scenario_form", file, column=where, value=as_written(value)))
        elif key == "points":
            findings += check_points(where, value, file)
    return findings


def check_points(where: str, points: Any, file: str) -> list[Finding]:
    """Points are numbers by row, below the agency; whether these rows may have them is asked when they are applied."""
    findings = []
    for agency, rows in points.items():
        column = f"{where}.{agency}"
        if not isinstance(rows, dict):
            findings.append(Finding("E_TYPE", "scenario_form", file, column=column, value=as_written(rows)))
            continue
        for code, given in rows.items():
            if isinstance(given, bool) or not isinstance(given, (int, Fraction)):
                facts = {"code": code}
                value = as_written(given)
                findings.append(Finding("E_NUMBER", "points_form", file, column=column, value=value, facts=facts))
    return findings


def of_answers(scenario: Any) -> bool:
    """Whether a scenario can hold or not by the answers alone; weights, what is dropped, the other policies never."""
    if not isinstance(scenario, dict):
        return False
    policies = scenario.get("policies")
    return "points" in scenario or (isinstance(policies, dict) and not OF_ANSWERS.isdisjoint(policies))


def check_scenarios(root: Path, case: Case, new: bytes | None = None, answers: bool = False) -> list[Finding]:
    """What is wrong with the scenarios of a folder; none where there are none. One that changes nothing any more (what
    it tried has been decided) is a warning.

    new      what is about to be written to scenarios.toml
    answers  nothing but answers has changed
    """
    file = f"{case.year}/{case.group}/scenarios.toml"
    if new is None and not os.path.lexists(root / file):
        return []
    findings: list[Finding] = []
    try:
        scenarios = read_scenarios(root, file) if new is None else parse(new, file)
        findings += characters(scenarios, file)
        for name, scenario in scenarios.items():
            if answers and not of_answers(scenario):
                continue
            try:
                findings += [f for f in apply(case, name, scenario, file).findings if f.file == file]
            except Refusal as refusal:
                errors = (f for f in refusal.findings if f.severity == "error")
                tried = isinstance(scenario, dict) and any(scenario.get(key) for key in KINDS if key != "title")
                findings += [
                    replace(f, code="W_SCENARIO") if tried and f.reason == "scenario_same" else f for f in errors
                ]
    except Refusal as refusal:
        findings += refusal.findings
    return findings


def weights_moved(cases: Iterable[Case]) -> list[Finding]:
    """Weights that scenarios move far, each once."""
    return list({(f.column, f.value): f for case in cases for f in case.findings if f.code == "W_WEIGHT"}.values())


def points_edited(cases: Iterable[Case]) -> list[Finding]:
    """That scenarios have put other points in the place of verified ones, in one finding; nothing where none has."""
    edited = [f"{agency} {code} = {shown(x)}" for case in cases for (agency, code), x in case.edited.items()]
    facts = {"n": len(edited), "cells": "; ".join(edited)}
    return [Finding("W_SCENARIO", "points_edited", facts=facts)] if edited else []
