"""The logs beside the received forms: what was taken in, and what was sent back and not answered yet."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ..case.tables import as_csv
from ..errors import Finding, Refusal
from .receive import Received

RECEIVED = ["file", "sha256", "received_on", "recipient", "kind", "reason"]
Log = list[dict[str, str]]


def read_log(folder: Path, name: str) -> Log:
    """The rows of a log; none where there is no log. Raises Refusal for what is none of ours."""
    path = folder / "forms" / f"{name}.csv"
    if not path.is_file():
        return []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refusal([Finding("E_CSV", "csv_broken", f"forms/{path.name}", facts={"detail": str(error)})]) from None
    if rows and not {"sha256", "recipient"} <= rows[0].keys():
        facts = {"detail": "sha256, recipient"}
        raise Refusal([Finding("E_CSV", "csv_broken", f"forms/{path.name}", 1, facts=facts)])
    return rows


def log_bytes(columns: list[str], log: Log) -> bytes:
    return as_csv(columns, ([row.get(column) or "" for column in columns] for row in log))


def digest(each: Received) -> str:
    return hashlib.sha256(each.data).hexdigest()


class Back(NamedTuple):
    """What its sender has to correct: a form with so many errors, or (0) a file that came in place of one."""

    sha256: str
    recipient: str
    kind: str
    errors: int


def sent_back(log: Log, back: Iterable[Back], day: str) -> Log:
    """The log with what goes back; what went back before is not named again."""
    known = {row["sha256"] for row in log}
    fresh = {each.sha256: each for each in back}
    return log + [
        {
            **{"sha256": sha256, "returned_on": day, "recipient": each.recipient, "kind": each.kind},
            **{"findings": str(each.errors), "answered_on": ""},
        }
        for sha256, each in fresh.items()
        if sha256 not in known
    ]


def answered(log: Log, forms: Iterable[Received], day: str) -> Log:
    """The log once these forms are taken in: what their senders were asked to correct is answered."""
    senders = {(each.identity["recipient"], each.identity["kind"]) for each in forms}
    return [
        row | {"answered_on": row["answered_on"] or (day if (row["recipient"], row["kind"]) in senders else "")}
        for row in log
    ]
