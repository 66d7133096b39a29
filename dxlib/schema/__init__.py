"""The machine-readable contract: one Table Schema (Frictionless) per table, and the keys of index.toml."""

from __future__ import annotations

import csv
import io
import json
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Any

from ..languages import LANGUAGES, in_official

ROOT_TABLES = ("register", "lineage", "reasons")
CASE_TABLES = (
    *("indicators", "choices", "links", "agencies", "exemptions"),
    *("claims", "verdicts", "appeals", "approvals", "evidence", "shared", "relations"),
)
LOGS = ("received", "returned")  # below forms/, of what came and what was sent back
REQUIRED_TABLES = ("indicators", "agencies", "claims")
EVIDENCE = in_official("evidence")  # which documents a row asks for: of indicators.csv, in one language alone


@cache
def table(name: str) -> dict[str, Any]:
    """The Table Schema of one table (`claims`, …), or of index.toml's keys (`index`)."""
    found = json.loads(files(__package__).joinpath(f"{name}.json").read_text(encoding="utf-8"))
    return found | {"fields": each_language(found["fields"])} if "fields" in found else found


def each_language(fields: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Fields by name; those declared for each language side by side (a_{lang}, b_{lang}) go language by language."""
    runs = [(many, list(run)) for many, run in groupby(fields, lambda field: "{lang}" in field["name"])]
    return [
        field | {"name": field["name"].replace("{lang}", lang)}
        for many, run in runs
        for lang in (LANGUAGES if many else ("",))
        for field in run
    ]


def standard(name: str) -> bytes:
    """The rows that a province starts from, as CSV (`reasons`)."""
    return files(__package__).joinpath(f"{name}.csv").read_bytes()


@cache
def results_of_reasons() -> dict[str, str]:
    """What the standard reasons say of the result (kept, changed, ""), by code: also where a reasons.csv of before has
    no column for it."""
    rows = csv.DictReader(io.StringIO(standard("reasons").decode("utf-8")))
    return {row["code"]: row["result"] for row in rows}


def columns(name: str) -> list[str]:
    """The contract's columns of a table, in order."""
    return [field["name"] for field in table(name)["fields"]]
