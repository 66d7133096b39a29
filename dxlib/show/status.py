"""The status page (internal): who has sent what, what is missing, how late, and what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..case import Case
from ..verify import asking, completeness, coverage, ledger, senders
from ..words import agencies, date, number, percent, text
from . import charts, labels
from .blocks import Cell, Chart, Column, Sentences, Table, filled, sentences, table

WORST = 10
STEPS = ("claims_due", "verify_from", "verify_to", "appeals_until", "publish_on")


def called(case: Case, register: pd.DataFrame, lang: str) -> dict[str, str]:
    """id -> name of every sender and agency; owners from the register."""
    asked = {sender.id for sender in senders(case)}
    owners = [row for row in register.to_dict("records") if row["agency"] in asked]
    return agencies([*owners, *case.agencies.to_dict("records")], lang)


def summary(case: Case, state: pd.DataFrame, waiting: pd.DataFrame, as_of: str, lang: str) -> Sentences | None:
    """How many are complete, how many late, what is missing, what is still open.  waiting: from `verify.open_items`"""
    return sentences(*said(case, state, waiting, as_of, lang))


def said(case: Case, state: pd.DataFrame, waiting: pd.DataFrame, as_of: str, lang: str) -> list[str]:
    """The same as plain sentences."""
    if not case.has_claims:
        return [text("status.no_claims", lang)]
    complete, late = int((state["missing"] == 0).sum()), int((state["days_late"] > 0).sum())
    facts = {"complete": number(complete, lang), "all": number(len(state), lang), "late": number(late, lang)}
    asked, missing = int(state["asked"].sum()), int(state["missing"].sum())
    found = [text("status.summary", lang, **facts)]
    if missing:
        found.append(text("status.missing", lang, missing=number(missing, lang), asked=number(asked, lang)))
    back = state[state["sent_back"] != ""]
    for key, rows in (("", back["to_answer"] > 0), ("_instead", back["to_answer"] == 0)):
        if rows.any():
            found.append(text(f"status.sent_back_summary{key}", lang, n=number(int(rows.sum()), lang)))
    if len(waiting) or case.has("verdicts"):
        found.append(labels.still_open(waiting, lang))
    if as_of:
        found.append(text("status.as_of", lang, day=date(as_of, lang)))
    return found


def worst_table(case: Case, state: pd.DataFrame, register: pd.DataFrame, lang: str) -> Table | None:
    """At most ten senders, the worst first: who, what is missing, days late."""
    rows = waited_for(state)
    named, shown = called(case, register, lang), rows.head(WORST)

    def returned(r: dict[Any, Any]) -> str:
        return went_back("status.sent_back_cell", r, lang) or date("", lang)

    return filled(
        text("status.worst_caption", lang),
        shown,
        [
            Column(text("page.agency", lang), "name", lambda r: named.get(r["sender"], r["sender"])),
            Column(text("status.missing_rows", lang), "number", lambda r: number(r["missing"], lang)),
            Column(text("status.which", lang), cell=lambda r: codes(r["codes"], lang)),
            Column(text("status.sent_on", lang), cell=lambda r: date(r["sent_on"], lang)),
            *labels.numbers("status", ("days_late", "to_correct"), lang, lambda x: number(x, lang)),
            Column(text("status.sent_back", lang), cell=returned),
        ],
        labels.made(case, lang, "dxlib.verify.progress", on="claimed"),
        labels.joined(text("status.worst_note", lang), labels.shown_of(len(shown), len(rows), lang)),
    )


def waited_for(state: pd.DataFrame) -> pd.DataFrame:
    """Those who have something to do, or had it too late."""
    counted = ["missing", "days_late", "to_correct", "to_answer"]
    return state[(state[counted] > 0).any(axis=1) | (state["sent_back"] != "")]


def went_back(key: str, row: Mapping[str, Any], lang: str) -> str:
    """That a sender has a form to correct, or sent something that was none; "" for neither."""
    if not row["sent_back"]:
        return ""
    day, n = date(row["sent_back"], lang), row["to_answer"]
    return text(key if n else f"{key}_instead", lang, day=day, n=number(n, lang))


def codes(listed: str, lang: str, most: int = 6) -> str:
    """A few codes, and how many more."""
    found = [code for code in listed.split(";") if code]
    more = text("status.more", lang, n=number(len(found) - most, lang)) if len(found) > most else ""
    return labels.joined(", ".join(found[:most]), more)


def overview(
    case: Case, state: pd.DataFrame, waiting: pd.DataFrame, register: pd.DataFrame, as_of: str, lang: str
) -> list[str]:
    """The page in a few lines: the summary, the worst, how complete the answers are."""
    named = called(case, register, lang)
    found = [f"{case.year}/{case.group}: {' '.join(said(case, state, waiting, as_of, lang))}"]
    for row in waited_for(state).head(WORST).to_dict("records"):
        facts = {"missing": row["missing"], "late": row["days_late"], "correct": row["to_correct"]}
        line = text("cli.status_line", lang, name=named.get(row["sender"], row["sender"]), **facts)
        found.append("; ".join(filter(None, (line, went_back("cli.status_sent_back", row, lang)))))
    covered, _ = coverage(ledger(case), case.evidence, asking(case))
    return found + in_lines(case, completeness(case), covered, lang)


def pillars_table(case: Case, complete: pd.DataFrame, lang: str) -> Table | None:
    """How complete the answers are, by top row."""
    first = labels.indicator(case, lang, "pillar")
    return shares(case, "pillars", first, complete, ("asked", "answered", "share"), "dxlib.verify.completeness", lang)


def in_lines(case: Case, complete: pd.DataFrame, covered: pd.DataFrame, lang: str) -> list[str]:
    """How complete the answers are by top row, and how many stand on documents, a line each."""
    parts = [f"{row['pillar']}: {percent(row['share'], lang, 0)}" for row in complete.to_dict("records")]
    claims, papers = int(covered["claims"].sum()), int(covered["with_document"].sum())
    said = [text("status.by_pillar", lang, list="; ".join(parts))] if parts else []
    if claims:
        facts = {"n": number(papers, lang), "all": number(claims, lang), "share": percent(papers / claims, lang, 0)}
        said.append(text("status.on_documents", lang, **facts))
    return said


def evidence_table(case: Case, covered: pd.DataFrame, lang: str) -> Table | None:
    """Whose claims stand on documents least."""
    some = covered[covered["claims"] > 0].sort_values(["item_coverage", "agency"], kind="stable")
    keys = ("claims", "with_document", "item_coverage")
    return shares(case, "evidence", labels.agency(case, lang), some, keys, "dxlib.verify.coverage", lang, WORST)


def shares(
    case: Case,
    what: str,
    first: Column,
    found: pd.DataFrame,
    keys: tuple[str, str, str],
    function: str,
    lang: str,
    most: int | None = None,
) -> Table | None:
    """A name, two counts, and the share that the second is of the first, as a bar."""
    *counts, share = keys
    shown = found.head(most or len(found))
    return filled(
        text(f"status.{what}_caption", lang),
        shown,
        [
            first,
            *labels.numbers("status", counts, lang, lambda x: number(x, lang)),
            Column(text("status.head.share", lang), "bar", lambda r: Cell(percent(r[share], lang, 0), r[share])),
        ],
        labels.made(case, lang, function, on="claimed"),
        labels.shown_of(len(shown), len(found), lang),
    )


def calendar(case: Case, lang: str) -> list[tuple[str, str, str]]:
    """Name, day and day in words of every step of the calendar that has a day."""
    days = [(step, case.settings.calendar.get(step)) for step in STEPS]
    return [(text(f"report.identity.{step}", lang), day, date(day, lang)) for step, day in days if day]


def calendar_table(case: Case, as_of: str, lang: str) -> Table | None:
    """The calendar of index.toml: what is over, what comes."""
    return table(
        text("status.calendar_caption", lang),
        [
            Column(text("status.step", lang), "name"),
            Column(text("status.day", lang)),
            Column(text("status.state", lang)),
        ],
        [
            [called, shown, text(f"status.{'over' if as_of and day < as_of else 'ahead'}", lang)]
            for called, day, shown in calendar(case, lang)
        ],
        labels.source(case, lang, "claimed"),
    )


def calendar_chart(case: Case, as_of: str, lang: str) -> Chart | None:
    """The same on a line."""
    steps = calendar(case, lang)
    if len(steps) < 2:
        return None
    called, days, shown = (list(column) for column in zip(*steps, strict=True))
    drawings = charts.timeline(called, days, as_of, text("status.today", lang), shown)
    return Chart(
        text("status.calendar_chart", lang),
        tuple(drawings),
        labels.source(case, lang, "claimed"),
        text("status.calendar_alt", lang, n=number(len(steps), lang), first=shown[0], last=shown[-1]),
    )


def reminders(case: Case, state: pd.DataFrame, register: pd.DataFrame, lang: str) -> list[dict[str, str]]:
    """One line per sender that has something to do: id, name, and a text ready to paste or to mail-merge."""
    named, due = called(case, register, lang), case.settings.calendar.get("claims_due") or ""
    found = []
    for r in state.to_dict("records"):
        if not r["missing"] and not r["to_correct"] and not r["sent_back"]:
            continue
        parts = [
            went_back("status.remind_sent_back", r, lang),
            text("status.remind_missing", lang, n=number(r["missing"], lang), codes=r["codes"].replace(";", ", "))
            if r["missing"]
            else "",
            text("status.remind_correct", lang, n=number(r["to_correct"], lang)) if r["to_correct"] else "",
            text("status.remind_late", lang, due=date(due, lang), n=number(r["days_late"], lang))
            if r["days_late"]
            else "",
        ]
        who = named.get(r["sender"], r["sender"])
        words = text("status.remind", lang, who=who, what=labels.joined(*parts))
        found.append({"id": r["sender"], "name": who, "missing": str(r["missing"]), "text": words})
    return found


def reminders_table(case: Case, state: pd.DataFrame, register: pd.DataFrame, lang: str) -> Table | None:
    """The reminders, ready to paste."""
    lines = reminders(case, state, register, lang)
    body = [[line["name"], line["text"]] for line in lines[: 3 * WORST]]
    heads = [Column(text("page.agency", lang), "name"), Column(text("status.reminder", lang))]
    return table(
        text("status.reminders_caption", lang),
        heads,
        body,
        labels.made(case, lang, "dxlib.verify.progress", on="claimed"),
        labels.shown_of(len(body), len(lines), lang),
    )
