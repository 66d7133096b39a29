"""The machine-readable contract: one Table Schema (Frictionless) per table, and the keys of index.toml."""

from __future__ import annotations

import csv
import io
import json
from functools import cache
from importlib.resources import files
from typing import Any

ROOT_TABLES = ("register", "lineage", "reasons")
CASE_TABLES = (
    "indicators",
    "choices",
    "links",
    "agencies",
    "exemptions",
    "claims",
    "verdicts",
    "appeals",
    "approvals",
    "evidence",
    "shared",
    "relations",
)
REQUIRED_TABLES = ("indicators", "agencies", "claims")


@cache
def table(name: str) -> dict[str, Any]:
    """The Table Schema of one table (`claims`, …), or of index.toml's keys (`index`)."""
    return json.loads(files(__package__).joinpath(f"{name}.json").read_text(encoding="utf-8"))


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
