"""register.csv and lineage.csv as a whole: what cannot have happened to the agencies, and what nobody has written down.

Source: ONS, Code History Database (validity, predecessors, legal act); `methods.md` §3.2.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from itertools import pairwise

import pandas as pd

from ..errors import Finding
from ..rules import ONE, ZERO, shown
from .framework import optional
from .settings import Settings
from .tables import rows_of

LINEAGE, REGISTER = "lineage.csv", "register.csv"
ENDS = ("merge", "split", "rename", "abolish")  # what ends the unit it starts from; a transfer takes a part of it
Life = tuple[str, str]  # first and last day; "" for an open end


@cache
def eve(day: str) -> str:
    """The day before an ISO day; "" for what is no day (the cell checks name it)."""
    try:
        return (date.fromisoformat(day) - timedelta(days=1)).isoformat()
    except ValueError:
        return ""


def lives(register: pd.DataFrame) -> dict[str, Life]:
    """agency -> first and last day of its validity."""
    return {a: (start, end) for a, start, end in rows_of(register, "agency", "valid_from", "valid_to")}


def as_of(register: pd.DataFrame, lineage: pd.DataFrame, day: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both tables as they stood on the evening of an ISO day: what came later is not in them (see `audit.part`)."""
    register = register[register["valid_from"] <= day].copy()
    register.loc[register["valid_to"] > day, "valid_to"] = ""
    return register, lineage[lineage["date"] <= day]


def check_lineage(register: pd.DataFrame, lineage: pd.DataFrame) -> list[Finding]:
    """Everything that is wrong with the two tables together; single cells are checked elsewhere.

    Errors: an event without its ends, before its unit exists or after it ended; a unit that goes on although it was
    merged, split, renamed or abolished; an heir that is not there; shares that are not 1 in all; a unit that becomes
    itself again; one official code for two units at a time. Warnings: an agency whose origin or end nobody has written.
    """
    life = lives(register)
    return [
        *check_register(register),
        *check_events(life, lineage),
        *check_shares(life, lineage),
        *check_circles(lineage),
        *check_unexplained(register, lineage),
    ]


def check_register(register: pd.DataFrame) -> list[Finding]:
    """Each unit's days in order; a code of the statistics office stands for one unit of a level at a time."""
    findings = []
    coded: dict[tuple[str, str], list[tuple[str, str, str, int]]] = defaultdict(list)
    columns = ("agency", "level", "official_code", "valid_from", "valid_to")
    for row, (agency, level, code, start, end) in zip(register.index, rows_of(register, *columns), strict=True):
        if end and end < start:
            facts = {"start": start}
            findings.append(Finding("E_LINEAGE", "register_days", REGISTER, int(row), "valid_to", end, facts))
        if code:
            coded[level, code].append((start, end, agency, int(row)))
    for (_, code), units in coded.items():
        units.sort()
        for (_, end, first, _), (start, _, _, row) in pairwise(units):
            if not end or end >= start:
                found = Finding("E_LINEAGE", "register_code", REGISTER, row, "official_code", code, {"other": first})
                findings.append(found)
    return findings


def check_events(life: dict[str, Life], lineage: pd.DataFrame) -> list[Finding]:
    """Each event has its ends, and its units were there."""
    findings = []
    for row, (day, kind, old, heir) in zip(lineage.index, rows_of(lineage, "date", "type", "from", "to"), strict=True):
        where = (LINEAGE, int(row))
        if not eve(day):
            continue
        for column, agency, none in (("from", old, "create"), ("to", heir, "abolish")):
            if bool(agency) == (kind == none):
                findings.append(Finding("E_LINEAGE", "event_ends", *where, column, agency, {"kind": kind}))
        if old in life:
            start, end = life[old]
            facts = {"day": day, "start": start or "–", "end": end or "–", "eve": eve(day)}
            if start >= day:
                findings.append(Finding("E_LINEAGE", "event_early", *where, "from", old, facts))
            elif end and end < eve(day):
                findings.append(Finding("E_LINEAGE", "event_late", *where, "from", old, facts))
            elif kind in ENDS and old != heir and end != eve(day):
                findings.append(Finding("E_LINEAGE", "unit_goes_on", *where, "from", old, facts | {"kind": kind}))
        if heir in life:
            start, end = life[heir]
            if start > day or (end and end < day):
                facts = {"day": day, "start": start or "–", "end": end or "–"}
                findings.append(Finding("E_LINEAGE", "heir_absent", *where, "to", heir, facts))
    return findings


def check_shares(life: dict[str, Life], lineage: pd.DataFrame) -> list[Finding]:
    """What leaves a unit on one day is the whole of it where it ends, and at most the whole where it goes on."""
    leaving: dict[tuple[str, str], list[tuple[int, Fraction | None]]] = defaultdict(list)
    columns = ("date", "type", "from", "share")
    for row, (day, kind, old, share) in zip(lineage.index, rows_of(lineage, *columns), strict=True):
        if old and kind != "abolish":
            leaving[old, day].append((int(row), optional(share)))
    findings = []
    for (old, day), parts in leaving.items():
        whole = sum((share for _, share in parts if share is not None), ZERO)
        unknown = any(share is None for _, share in parts)
        ends = bool(life.get(old, ("", ""))[1]) and life[old][1] == eve(day)
        if whole > ONE or (unknown and whole == ONE) or (ends and not unknown and whole != ONE):
            facts = {"day": day, "sum": shown(whole), "rows": ", ".join(str(row) for row, _ in parts)}
            findings.append(Finding("E_LINEAGE", "share_sum", LINEAGE, parts[0][0], "share", old, facts))
    return findings


def check_circles(lineage: pd.DataFrame) -> list[Finding]:
    """No unit that ended comes back as its own heir (territory handed to and fro between living units may)."""
    heirs: dict[str, list[str]] = defaultdict(list)
    rows: dict[str, int] = {}
    for row, (kind, old, heir) in zip(lineage.index, rows_of(lineage, "type", "from", "to"), strict=True):
        if kind in ENDS and old and heir and old != heir:
            heirs[old].append(heir)
            rows.setdefault(old, int(row))
    done: set[str] = set()
    findings = []
    for first in list(heirs):
        path, left = [first], [list(heirs[first])] if first not in done else []
        while left:
            if not left[-1]:
                left.pop()
                done.add(path.pop())
                continue
            heir = left[-1].pop()
            if heir in path:
                circle = [*path[path.index(heir) :], heir]
                facts = {"circle": " → ".join(circle)}
                findings.append(Finding("E_LINEAGE", "lineage_circle", LINEAGE, rows[heir], "to", heir, facts))
                done.update(path)
                break
            if heir not in done and heir in heirs:
                path.append(heir)
                left.append(list(heirs[heir]))
            else:
                done.add(heir)
    return findings


def check_unexplained(register: pd.DataFrame, lineage: pd.DataFrame) -> list[Finding]:
    """Units that came or went since the first event, and no event says from what or into what."""
    days = [day for day in lineage["date"].tolist() if day]
    since = min(days, default="")
    came, went = set(lineage["to"].tolist()), set(lineage["from"].tolist())
    findings = []
    for row, (agency, start, end) in zip(
        register.index, rows_of(register, "agency", "valid_from", "valid_to"), strict=True
    ):
        if since and start >= since and agency not in came:
            findings.append(Finding("W_LINEAGE", "origin_untold", REGISTER, int(row), "agency", agency, {"day": start}))
        if end and end >= eve(since) and agency not in went:
            findings.append(Finding("W_LINEAGE", "end_untold", REGISTER, int(row), "agency", agency, {"day": end}))
    return findings


def check_members(register: pd.DataFrame, agencies: pd.DataFrame, settings: Settings, place: str) -> list[Finding]:
    """Who is assessed was there in the period; without a register there is nothing to check."""
    life = lives(register)
    first, last = settings.period
    findings: list[Finding] = []
    if not life:
        return findings
    for row, agency in zip(agencies.index, agencies["agency"].tolist(), strict=True):
        where = (f"{place}/agencies.csv", int(row), "agency", agency)
        if agency not in life:
            findings.append(Finding("W_LINEAGE", "not_registered", *where))
            continue
        start, end = life[agency]
        if start > last or (end and end < first):
            facts = {"start": start or "–", "end": end or "–", "first": first, "last": last}
            findings.append(Finding("E_LINEAGE", "not_there", *where, facts))
    return findings
