"""index.toml: identity, calendar, policies and classes, checked against schema/index.json and frozen."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from .. import schema
from ..errors import Finding, nearest
from ..languages import LANGUAGES
from ..rules import shown
from .characters import kind_of, of_cells
from .classes import Class, Classes, check_classes, check_quotas
from .conditions import Condition

FILE = "index.toml"
DEEPEST = 20  # tables and lists within each other; ours need four


@dataclass(frozen=True)
class Settings:
    """The keys of index.toml, with their defaults. Numbers are exact fractions, dates ISO text."""

    year: str
    group: str
    title: Mapping[str, str]
    decision: str
    decision_date: str
    period_from: str
    period_to: str
    total: Fraction | None
    licence: str
    sample: bool
    aggregate: str
    points_decimals: int
    half: str
    rounding: str
    rank_on: str
    not_applicable: str
    missing: str
    zero_over_zero: str
    min_coverage: Fraction
    classes: Classes
    calendar: Mapping[str, str]
    sensitivity: Mapping[str, Any]
    comparison: Mapping[str, Any]

    @property
    def period(self) -> tuple[str, str]:
        """First and last day that are assessed; the calendar year's where index.toml does not say."""
        return self.period_from or f"{self.year}-01-01", self.period_to or f"{self.year}-12-31"


def policies() -> list[str]:
    """The policy keys of index.toml, in the contract's order."""
    return [key["name"] for key in schema.table("index")["keys"] if key.get("policy")]


def read_settings(data: bytes, year: str, group: str) -> tuple[Settings, list[Finding]]:
    """Read index.toml; findings say every error, and where there is one, what cannot be read has its default."""
    file = f"{year}/{group}/{FILE}"
    keys = schema.table("index")["keys"]
    findings: list[Finding] = []
    raw: dict[str, Any] = {}
    try:
        raw = toml(data)
        values = check_table(raw, keys, file, "", findings)
    except UnicodeDecodeError:
        values = check_table({}, keys, file, "", [])
        findings.append(Finding("E_ENCODING", "toml_encoding", file))
    except (ValueError, RecursionError) as error:
        values = check_table({}, keys, file, "", [])
        line = re.search(r"line ([0-9]+)", str(error))
        row = int(line.group(1)) if line else None
        findings.append(Finding("E_TOML", "toml", file, row, facts={"detail": str(error)}))
    for key, place in (("year", year), ("group", group)):
        if values.get(key) not in (None, "", place):
            findings.append(
                Finding("E_IDENTITY", "identity", file, column=key, value=str(values[key]), facts={"folder": place})
            )
    given = values.pop("class") or ()
    conditions = [Condition(**c) for c in values.pop("condition") or ()]
    for c in given:
        c["quota_ties"] = c["quota_ties"] or ("out" if c["quota"] else "")
    classes = Classes((Class(**c | {"cut": c["cut"] or Fraction(0)}) for c in given), conditions)
    if not any(f.column.startswith(("class", "condition")) for f in findings):
        findings += check_classes(classes, [c["cut"] for c in given], file)
        findings += check_quotas(classes, raw.get("class", ()), file)
    findings += check_period(values, file)
    findings += of_cells(texts(raw), file)
    values |= {"year": year, "group": group, "classes": classes}
    frozen: dict[str, Any] = {k: MappingProxyType(v) if isinstance(v, dict) else v for k, v in values.items()}
    return Settings(**frozen), findings


def toml(data: bytes) -> dict[str, Any]:
    """A TOML file with its decimals exact. Raises ValueError (UnicodeDecodeError too) and RecursionError."""
    raw = tomllib.loads(data.decode("utf-8-sig"), parse_float=toml_number)
    level: list[Any] = [raw]
    for _ in range(DEEPEST):
        inner = [of.values() if isinstance(of, dict) else of for of in level if isinstance(of, dict | list)]
        level = [part for parts in inner for part in parts]
    if level:
        raise ValueError(f"more than {DEEPEST} tables within each other")
    return raw


def texts(value: Any, where: str = "") -> Iterator[tuple[None, str, str, str]]:
    """Every text of a TOML table, as `of_cells` takes it."""
    if isinstance(value, str):
        yield None, where, kind_of(where), value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from texts(inner, f"{where}.{key}" if where else key)
    elif isinstance(value, list):
        for n, inner in enumerate(value, start=1):
            yield from texts(inner, f"{where}[{n}]")


@dataclass(frozen=True)
class NoNumber:
    """What TOML takes for a number and nobody writes for one; refused at its key, of whatever kind that is."""

    text: str

    def __str__(self) -> str:
        return self.text[:40]


def toml_number(text: str) -> Fraction | NoNumber:
    """A decimal of index.toml, exactly; exponents, inf, nan and more than 40 digits as they are written."""
    if len(text) > 40 or not re.fullmatch(r"[+-]?[0-9_]+\.[0-9_]+", text):
        return NoNumber(text)
    return Fraction(text.replace("_", ""))


def check_table(raw: dict, keys: list[dict], file: str, where: str, findings: list[Finding]) -> dict[str, Any]:
    """The values of one TOML table, with defaults; what is wrong goes to `findings`."""
    known = [key["name"] for key in keys]
    outer = [key["name"] for key in schema.table("index")["keys"]] if where else []
    for key in raw:
        if key in outer and key not in known:
            findings.append(Finding("E_KEY", "key_misplaced", file, column=where + key, value=key))
        elif key not in known:
            facts = {"nearest": nearest(key, known) or ", ".join(known)}
            findings.append(Finding("E_KEY", "key_unknown", file, column=where + key, value=key, facts=facts))
    values = {}
    for key in keys:
        name = key["name"]
        if name in raw:
            values[name] = check_value(raw[name], key, file, where + name, findings)
            continue
        if key.get("required"):
            findings.append(Finding("E_KEY", "key_missing", file, column=where + name, facts={"key": where + name}))
        values[name] = blank(key)
    return values


def blank(key: dict) -> Any:
    """What a key that is not given means."""
    kind = key["type"]
    if kind == "table":
        return {field["name"]: blank(field) for field in key["fields"]}
    if kind == "number":
        return Fraction(str(key["default"])) if "default" in key else None
    return key.get("default", {"names": {}, "tables": [], "boolean": False, "integer": None}.get(kind, ""))


def check_value(value: Any, key: dict, file: str, where: str, findings: list[Finding]) -> Any:
    kind = key["type"]
    if kind == "table" and isinstance(value, dict):
        return check_table(value, key["fields"], file, where + ".", findings)
    if kind == "tables" and isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return [check_table(item, key["fields"], file, f"{where}[{i}].", findings) for i, item in enumerate(value, 1)]
    read = READ.get(kind, lambda v: None)(value)
    if read is None:
        code = "E_NUMBER" if isinstance(value, NoNumber) else "E_TYPE"
        findings.append(Finding(code, f"type_{kind}", file, column=where, value=as_written(value)))
        return blank(key)
    allowed = key.get("enum")
    if allowed and read not in allowed:
        facts = {"nearest": nearest(read, allowed) or allowed[0], "allowed": ", ".join(allowed)}
        findings.append(Finding("E_TYPE", "key_choice", file, column=where, value=as_written(value), facts=facts))
    lowest, highest = key.get("minimum"), key.get("maximum")
    if (lowest is not None and read < lowest) or (highest is not None and read > highest) or read == key.get("above"):
        code = "E_CUTS" if where.endswith("cut") else "E_SEED" if where.endswith("seed") else "E_RANGE"
        facts = {"low": lowest, "high": "∞" if highest is None else highest}
        findings.append(Finding(code, "key_range", file, column=where, value=as_written(value), facts=facts))
    return read


def as_written(value: Any) -> str:
    """A value of index.toml as its author would recognise it."""
    if isinstance(value, dict | list):
        return "[…]"
    return (
        shown(value) if isinstance(value, Fraction) else str(value).lower() if isinstance(value, bool) else str(value)
    )


def read_date(value: Any) -> str | None:
    if isinstance(value, date) and not isinstance(value, datetime):  # a day with a time is none
        return value.isoformat()[:10]
    try:
        return value if isinstance(value, str) and date.fromisoformat(value).isoformat() == value else None
    except ValueError:
        return None


def read_names(value: Any) -> dict[str, str] | None:
    good = isinstance(value, dict) and value and set(value) <= set(LANGUAGES)
    return dict(value) if good and all(isinstance(v, str) and v.strip() for v in value.values()) else None


READ: dict[str, Any] = {
    "string": lambda v: v if isinstance(v, str) else None,
    "boolean": lambda v: v if isinstance(v, bool) else None,
    "integer": lambda v: v if isinstance(v, int) and not isinstance(v, bool) and abs(v) < 2**65 else None,
    "number": lambda v: (
        Fraction(v) if isinstance(v, int | Fraction) and not isinstance(v, bool) and abs(Fraction(v)) < 10**15 else None
    ),
    "year": lambda v: (
        str(v) if isinstance(v, int | str) and not isinstance(v, bool) and re.fullmatch("[0-9]{4}", str(v)) else None
    ),
    "date": read_date,
    "names": read_names,
}


def check_period(values: dict[str, Any], file: str) -> list[Finding]:
    found = []
    pairs = [("period_from", "period_to", values["period_from"], values["period_to"])]
    calendar = values["calendar"]
    steps = ["claims_due", "verify_from", "verify_to", "appeals_until", "publish_on"]
    given = [step for step in steps if calendar[step]]
    pairs += [(f"calendar.{a}", f"calendar.{b}", calendar[a], calendar[b]) for a, b in pairwise(given)]
    for first, second, a, b in pairs:
        if a and b and a > b:
            found.append(
                Finding("W_CALENDAR", "calendar", file, column=second, value=b, facts={"first": first, "day": a})
            )
    return found
