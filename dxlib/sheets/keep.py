"""The logs beside the received forms: what was taken in, and what was sent back and not answered yet."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from .. import schema
from ..case import read_log
from ..case.tables import as_csv, rows_of
from .receive import Received

Log = list[dict[str, str]]


def log_of(folder: Path, name: str) -> Log:
    """The rows of a log of `<root>/<year>/<group>`; none where there is no log. Raises Refusal where it is wrong."""
    frame = read_log(folder.parents[1], folder.parent.name, folder.name, name)
    return [dict(zip(frame.columns, row, strict=True)) for row in rows_of(frame, *frame.columns)]


def log_bytes(name: str, log: Log) -> bytes:
    columns = list(dict.fromkeys([*schema.columns(name), *chain.from_iterable(log)]))
    return as_csv(columns, ([row.get(column, "") for column in columns] for row in log))


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
