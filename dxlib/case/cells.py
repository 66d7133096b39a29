"""Cell by cell against the Table Schema: types, enumerations, patterns, keys, references."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date

import pandas as pd

from .. import schema
from ..errors import Finding, nearest
from ..rules import NUMBER, number, quotient
from .characters import shows
from .tables import DECIMAL_COMMA, VN_DATE, iso

INTEGER = re.compile(r"-?[0-9]+")
LOOKED_UP = 50
THOUSANDS = re.compile(r"[0-9]{1,3}(\.[0-9]{3}){2,}|[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?|[0-9]{1,3}(\.[0-9]{3})+,[0-9]+")
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(1, 10))}
LONGEST_ID = 64  # an id becomes part of file names, and a path has 240 letters
TRUTH = {"true", "false", "đúng", "sai"}


def check_cells(name: str, frame: pd.DataFrame, file: str) -> list[Finding]:
    """Every cell of one table; each distinct value is looked at once."""
    findings = []
    for field in schema.table(name)["fields"]:
        column = frame[field["name"]]
        bad = {value: finding for value in dict.fromkeys(column) if (finding := check_value(value, field)) is not None}
        if not bad:
            continue
        for row, value in column.items():
            if value in bad:
                code, reason, facts = bad[value]
                findings.append(Finding(code, reason, file, int(row), field["name"], value, facts))
    return findings + check_key(name, frame, file)


def check_value(value: str, field: Mapping) -> tuple[str, str, dict] | None:
    """What is wrong with one value: (code, reason, facts), or None."""
    limits = field.get("constraints", {})
    if limits.get("required") and not shows(value):
        return "E_REQUIRED", "cell_required", {"column": field["name"]}
    if value == "":
        return None
    wrong = TYPES[field.get("x_type", field["type"])](value)
    if wrong:
        return wrong
    if "enum" in limits and value not in limits["enum"]:
        allowed = ", ".join(limits["enum"])
        return "E_CHOICE", "cell_choice", {"allowed": allowed, "nearest": nearest(value, limits["enum"]) or allowed}
    if field.get("x_fileName") and (value in RESERVED or len(value) > LONGEST_ID):
        return "E_FORM", "id_file_name", {"column": field["name"], "limit": LONGEST_ID}
    if "pattern" in limits and not re.fullmatch(limits["pattern"], value, re.ASCII):
        return "E_FORM", "cell_form", {"column": field["name"], "pattern": limits["pattern"]}
    low, high = limits.get("minimum"), limits.get("maximum")
    if (low is not None and float(value) < low) or (high is not None and float(value) > high):
        return "E_RANGE", "cell_range", {"low": low, "high": "∞" if high is None else high}
    return None


def check_number(value: str) -> tuple[str, str, dict] | None:
    if NUMBER.fullmatch(value):
        return ("E_TOO_LARGE", "number_long", {}) if len(value) > 40 else None
    if value.lower() in TRUTH or VN_DATE.fullmatch(value) or re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*", value):
        return "E_TYPE", "number_type", {}
    if THOUSANDS.fullmatch(value):
        return "E_NUMBER_AMBIGUOUS", "number_ambiguous", {}
    if DECIMAL_COMMA.fullmatch(value):
        return "E_NUMBER", "number_comma", {"suggestion": value.replace(",", ".")}
    return "E_NUMBER", "number_form", {}


def check_weight(value: str) -> tuple[str, str, dict] | None:
    """A decimal number or a fraction like 1/3, not below 0."""
    above, slash, below = (part.strip() for part in value.partition("/"))
    wrong = check_number(above) or (check_number(below) if slash else None)
    if wrong:
        return ("E_NUMBER", "weight_form", {}) if slash else wrong
    if slash and not number(below):
        return "E_NUMBER", "weight_form", {}
    return ("E_RANGE", "cell_range", {"low": 0, "high": "∞"}) if quotient(value) < 0 else None


def check_integer(value: str) -> tuple[str, str, dict] | None:
    return None if INTEGER.fullmatch(value) and len(value) <= 18 else ("E_TYPE", "integer_form", {})


def check_date(value: str) -> tuple[str, str, dict] | None:
    try:
        if date.fromisoformat(value).isoformat() == value:
            return None
    except ValueError:
        pass  # said below, with a suggestion where there is one
    found = VN_DATE.fullmatch(value)
    meant = iso(found) if found else ""
    return "E_DATE", "date_form", {"suggestion": meant if meant and check_date(meant) is None else "2025-12-31"}


TYPES: dict[str, Callable[[str], tuple[str, str, dict] | None]] = {
    "string": lambda value: None,
    "number": check_number,
    "weight": check_weight,
    "integer": check_integer,
    "date": check_date,
}


def check_key(name: str, frame: pd.DataFrame, file: str) -> list[Finding]:
    """The primary key is unique; two rows that differ are a conflict, two equal ones a duplicate."""
    key = schema.table(name)["primaryKey"]
    twice = frame[frame.duplicated(key, keep=False)]
    findings = []
    for value, rows in twice.groupby(key, sort=False):
        first, *others = rows.index
        for row in others:
            same = rows.loc[row].equals(rows.loc[first])
            known_ids = len(key) == 1
            code, reason = ("E_DUPLICATE", "row_twice") if same or known_ids else ("E_CONFLICT", "row_conflict")
            shown = " / ".join(str(v) for v in (value if isinstance(value, tuple) else (value,)))
            findings.append(
                Finding(code, reason, file, int(row), key[-1], shown, {"first": int(first), "key": ", ".join(key)})
            )
    return findings


def check_references(name: str, frame: pd.DataFrame, file: str, tables: Mapping[str, pd.DataFrame]) -> list[Finding]:
    """Every code that points to another table exists there; the nearest one is named."""
    findings = []
    for link in schema.table(name).get("foreignKeys", []):
        target = link["reference"]["resource"]
        if not target or target not in tables:
            continue
        known = list(dict.fromkeys(tables[target][link["reference"]["fields"]]))
        unknown = set(frame[link["fields"]]) - set(known) - {""}
        if not unknown:
            continue
        code, reason = UNKNOWN.get(target, ("E_REFERENCE", "reference_unknown"))
        looked_up = sorted(unknown)[:LOOKED_UP]  # a table full of foreign codes needs no thousand suggestions
        wording = {value: (reason_for(value, known, reason), suggestion(value, known)) for value in looked_up}
        for row, value in frame[link["fields"]].items():
            if value in unknown:
                why, near = wording.get(value, (reason, "–"))
                findings.append(
                    Finding(
                        code, why, file, int(row), link["fields"], value, {"nearest": near, "table": f"{target}.csv"}
                    )
                )
    return findings


UNKNOWN = {
    "agencies": ("E_UNIT_UNKNOWN", "agency_unknown"),
    "indicators": ("E_INDICATOR_UNKNOWN", "indicator_unknown"),
    "reasons": ("E_REASON_UNKNOWN", "reference_unknown"),
}


def suggestion(value: str, known: list[str]) -> str:
    return lost_digits(value, known) or nearest(value, known) or "–"


def reason_for(value: str, known: list[str], reason: str) -> str:
    """A code whose zeros a spreadsheet ate (001 -> 1, 1.10 -> 1.1) gets the remedy for that."""
    return "code_lost_zero" if lost_digits(value, known) else reason


def lost_digits(value: str, known: Iterable[str]) -> str:
    """The known code that became `value` when a spreadsheet read it as a number (1.10 -> 1.1), or ""."""
    if not re.fullmatch(r"[0-9.]+", value):
        return ""
    longer = (code for code in known if len(code) > len(value) and re.fullmatch(r"[0-9.]+", code))
    return next((code for code in longer if bare(code) == bare(value)), "")


def explain_twice(findings: Iterable[Finding], codes: Iterable[str]) -> list[Finding]:
    """Two rows of one key are often two codes that a spreadsheet made alike; then nothing must be deleted."""
    known, out = set(codes), []
    for f in findings:
        eaten = lost_digits(f.value.split(" / ")[-1], known) if f.reason in ("row_twice", "row_conflict") else ""
        facts = {"nearest": eaten, "table": "indicators.csv"}
        out.append(replace(f, reason="code_lost_zero", facts=facts) if eaten else f)
    return out


def bare(code: str) -> str:
    head = code.lstrip("0")
    return head.rstrip("0") if "." in head else head
