"""The strict door for parameters: names from the notebook's own cell, values of its types, all breaches at once.

papermill writes parameter names verbatim into a cell (a name can carry code), checks no types and lets an
unknown name pass with a warning; so nothing reaches it that did not come through here.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ..errors import Finding, Refusal, nearest, out_of_range
from ..languages import LANGUAGES

Scalar = str | int | float | bool
KINDS = {"int": int, "float": float, "str": str, "bool": bool}
FROM_MATRIX = {"root": "data", "year": "years", "group": "groups", "lang": "lang", "workers": "dask"}
RANGES: dict[str, tuple[int, int]] = {"draws": (1, 1_000_000), "seed": (0, 2**64 - 1), "half_width": (0, 1)}
ABOVE_LOWEST = {"half_width"}  # its lowest value itself is out
CHOICES = {"lang": LANGUAGES, "on": ("verified", "current", "claimed")}
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)
INTEGER = re.compile(r"-?[0-9]{1,20}", re.ASCII)
DECIMAL = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?", re.ASCII)
MAX_TEXT = 1000
DAYS = {"as_of"}


@dataclass(frozen=True)
class Parameter:
    """One parameter as the notebook declares it; without a default (`None` counts as none) it must be given."""

    name: str
    kind: str
    default: Scalar | None = None


def read_declared(path: Path) -> dict[str, Parameter]:
    """The parameters of a notebook: names, annotated types and defaults of its cell tagged `parameters`."""
    try:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        tagged = [c for c in cells if c["cell_type"] == "code" and "parameters" in c["metadata"].get("tags", [])]
        body = ast.parse("".join(tagged[0]["source"])).body if tagged else []
        found = [declare(node) for node in body if isinstance(node, ast.Assign | ast.AnnAssign)]
    except (ValueError, KeyError, TypeError, AttributeError, SyntaxError) as error:
        shown = f"notebooks/{path.name}"
        raise Refusal(
            [Finding("E_NOTEBOOK", "notebook_unreadable", shown, facts={"detail": type(error).__name__})]
        ) from error
    return {parameter.name: parameter for parameter in found}


def declare(node: ast.Assign | ast.AnnAssign) -> Parameter:
    target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
    default = ast.literal_eval(node.value) if node.value is not None else None
    kind = type(default).__name__
    if isinstance(node, ast.AnnAssign):
        names = [n.id for n in ast.walk(node.annotation) if isinstance(n, ast.Name)]
        kind = names[0] if names else kind
    if not isinstance(target, ast.Name) or kind not in KINDS:
        raise ValueError("a parameter is a name with a plain type")
    return Parameter(target.id, kind, default)


def split(texts: Iterable[str]) -> list[tuple[str, str | None]]:
    """`NAME=VALUE` texts of the command line as pairs; without `=` the value is None, which the door refuses."""
    pairs = [text.partition("=") for text in texts]
    return [(name, value if equals else None) for name, equals, value in pairs]


def check_given(
    given: Iterable[tuple[str, object]], declared: Mapping[str, Mapping[str, Parameter]]
) -> dict[str, dict[str, Scalar]]:
    """What the user gave, checked against every selected notebook, before anything runs.

    given      pairs of a name and a text of the command line, or a plain value
    declared   notebook -> its parameters (`read_declared`)

    Returns notebook -> the given values it declares, typed. Raises Refusal with everything that is wrong.
    """
    findings: dict[tuple, Finding] = {}
    accepted: dict[str, dict[str, Scalar]] = {notebook: {} for notebook in declared}
    settable = sorted({name for parameters in declared.values() for name in parameters} - set(FROM_MATRIX))
    seen: set[str] = set()
    for name, value in given:
        finding = check_name(name, value, settable, name in seen)
        seen.add(name)
        results = [finding] if finding else []
        for notebook, parameters in declared.items():
            if not finding and name in parameters:
                typed = convert(parameters[name], value)
                if isinstance(typed, Finding):
                    results.append(typed)
                else:
                    accepted[notebook][name] = typed
        findings |= {(f.reason, f.column, f.value): f for f in results}
    if findings:
        raise Refusal(findings.values())
    return accepted


def check_name(name: str, value: object, settable: list[str], again: bool) -> Finding | None:
    if not isinstance(name, str) or not NAME.fullmatch(name) or value is None:
        return Finding("E_PARAM", "param_form", value=str(name)[:80])
    if again:
        return Finding("E_PARAM", "param_twice", column=name, value=str(value)[:80])
    if name in FROM_MATRIX:
        return Finding("E_PARAM", "param_matrix", column=name, facts={"option": FROM_MATRIX[name]})
    if name not in settable:
        facts = {"nearest": nearest(name, settable) or "–", "known": ", ".join(settable) or "–"}
        return Finding("E_PARAM_UNKNOWN", "param_unknown", column=name, value=name, facts=facts)
    return None


def convert(parameter: Parameter, value: object) -> Scalar | Finding:
    """One value as the type its notebook declares, or the finding that refuses it."""
    code = "E_SEED" if parameter.name == "seed" else "E_PARAM"
    shown = str(value)[:80]
    typed = parse(parameter.kind, value) if isinstance(value, str) else value
    if type(typed) is int and parameter.kind == "float":
        typed = float(typed)
    if not isinstance(typed, str | int | float) or type(typed) is not KINDS[parameter.kind]:
        return Finding(code, "param_type", column=parameter.name, value=shown, facts={"kind": parameter.kind})
    if parameter.name in RANGES and not isinstance(typed, str):
        low, high = RANGES[parameter.name]
        least = f"> {low}" if parameter.name in ABOVE_LOWEST else low
        if not within(typed, low, high, parameter.name):
            return out_of_range(parameter.name, shown, least, high, code)
    if parameter.name in DAYS and typed and not is_day(typed):
        return Finding(code, "param_day", column=parameter.name, value=shown)
    allowed = CHOICES.get(parameter.name, ())
    if allowed and typed not in allowed:
        facts = {"allowed": ", ".join(allowed), "nearest": nearest(shown, allowed) or allowed[0]}
        return Finding(code, "param_choice", column=parameter.name, value=shown, facts=facts)
    return typed


def is_day(value: Scalar) -> bool:
    try:
        return date.fromisoformat(str(value)).isoformat() == value
    except ValueError:
        return False


def within(value: float, low: int, high: int, name: str) -> bool:
    return low <= value <= high and (value > low or name not in ABOVE_LOWEST)


def parse(kind: str, text: str) -> Scalar | None:
    """Text as a plain value; None when it is not of that kind. `2,000` and `2000.0` are no integers."""
    if kind == "int":
        return int(text) if INTEGER.fullmatch(text) else None
    if kind == "float":
        return float(text) if DECIMAL.fullmatch(text) else None
    if kind == "bool":
        return {"true": True, "false": False}.get(text.lower())
    return text if len(text) <= MAX_TEXT and text.isprintable() else None


def complete(declared: Mapping[str, Parameter], *sources: Mapping[str, object]) -> dict[str, Scalar]:
    """Every parameter of a notebook with its value: of the first source that has it, else its default.

    Raises Refusal with all that are missing or do not fit.
    """
    values: dict[str, Scalar] = {}
    findings = []
    for name, parameter in declared.items():
        value = next((s[name] for s in sources if s.get(name) is not None), parameter.default)
        if value is None:
            findings.append(Finding("E_SEED" if name == "seed" else "E_PARAM", "param_missing", column=name))
            continue
        typed = convert(parameter, value)
        if isinstance(typed, Finding):
            findings.append(typed)
        else:
            values[name] = typed
    if findings:
        raise Refusal(findings)
    return values
