"""Sign-offs: who signed which published figures; rows of approvals.csv are only appended, each chained to the last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from .. import schema
from ..atomic import bytes_of, put_all, recover, working_folder
from ..audit import approval_digest, digest_input, table
from ..case import Case, check_chain, must_hold, read_case
from ..case.characters import typed
from ..case.tables import as_csv, rows_of
from ..errors import Finding, Refusal
from ..index import provisional
from ..languages import OFFICIAL
from ..publish.private import persons
from ..verify import open_items
from ..words import text
from . import products, record, versions
from .matrix import DRAFTED_BY, Job

FIRST = "1"
MOST = 20  # open items named in a refusal


def approve(
    root: Path,
    reports: Path,
    year: str,
    group: str,
    role: str,
    decision: str,
    day: str,
    reason: str = "",
    pending_appeals: str = "",
) -> dict[str, str]:
    """Append a sign-off of the published Vietnamese report of a year and group; returns its row.

    role       who signs, as an office, not as a person
    decision   number of the decision
    day        ISO date
    reason     why a new version, needed from the second on
    pending_appeals   why the result may be published while appeals wait for their decision; recorded with the reason

    The row binds the root of everything public of the place, as its papers print it.

    Raises Refusal with all that stands against it: no report or other bytes than recorded, inputs that changed since,
    papers that print another root, open items and appeals by name, provisional figures, the same figures signed
    before, a day before the last one, a missing reason, a person's details in the words that the pages will print.
    """
    with working_folder(reports):  # not while a run is at work
        for reader in record.READERS:
            recover(reports / reader)
        case = read_case(root, year, group)
        return signed(root, reports, case, role, decision, day, reason, pending_appeals)


def signed(
    root: Path, reports: Path, case: Case, role: str, decision: str, day: str, reason: str, pending: str
) -> dict[str, str]:
    """The row, appended where nothing stands against it."""
    place, entries = f"{case.year}/{case.group}", record.read(reports)
    given = {"role": role, "decision": decision, "reason": reason, "pending_appeals": pending}
    role, decision, reason, pending = typed(given, f"{place}/approvals.csv").values()
    job = Job(case.year, case.group, "report", OFFICIAL, "public")
    entry, published = entries.get(f"{job.reader}/{job}"), record.signature(place, entries)
    waiting = open_items(case)
    last = case.approvals.to_dict("records")[-1] if len(case.approvals) else None
    findings = check_chain(case.approvals, place)
    findings += against_report(root, reports, job, entries)
    findings += against_figures(place, case, waiting, entry, pending)
    findings += against_papers(place, entries, published)
    above = against_row(last, entry, day, reason)
    stale = any(f.reason == "approve_changed_input" for f in findings)  # then these are not the figures signed before
    findings += [f for f in above if not (stale and f.reason == "approve_twice")]
    said = {"decision": decision, "role": role, "reason": with_pending(reason, waiting, pending)}
    for column, typed_in in {**said, "reason": reason, "pending_appeals": pending}.items():
        found = persons({f"{place}/approvals.csv": as_csv([column], [[typed_in]])})
        findings += [replace(finding, column=column) for finding in found]
    if findings or published is None:
        raise Refusal(findings)
    columns = schema.columns("approvals")
    row = dict.fromkeys(columns, "") | {
        "version": str(int(last["version"]) + 1) if last and last["version"].isdecimal() else FIRST,
        "fingerprint": published.fingerprint,
        "root": published.root,
        "date": day,
        "previous": approval_digest(last) if last else "",
        **said,
    }
    append(root, place, columns, row, versions.archived(reports, place, row["version"], entries))
    return row


def against_report(root: Path, reports: Path, job: Job, entries: Mapping[str, record.Entry]) -> list[Finding]:
    """The report must be there as recorded, and its inputs as they were."""
    if f"{job.reader}/{job}" not in entries:
        return [Finding("E_APPROVE", "approve_no_report", str(job))]
    found: list[Finding] = []
    changed: dict[str, str] = {}
    for name, of in record.of_place(f"{job.year}/{job.group}", entries).items():
        made = {f"{job.reader}/{path}": facts["sha256"] for path, facts in of["products"].items()}
        if not products.holds(reports, made):
            found.append(Finding("E_APPROVE", "approve_changed_report", name.partition("/")[2]))
        if not {path for path in products.declared(job_of(name)) if path.endswith(".pdf")} <= made.keys():
            found.append(Finding("E_APPROVE", "approve_no_paper", name.partition("/")[2]))
        inputs = of["inputs"].items()
        changed |= {path: name for path, was in inputs if digest_input(root, path) != was["bytes"]}
    return found + [Finding("E_APPROVE", "approve_changed_input", path) for path in changed]


def job_of(name: str) -> Job:
    """The job of an entry: "public/2025/communes/report.vi"."""
    reader, year, group, page = name.split("/")
    notebook, lang = page.split(".")
    return Job(year, group, notebook, lang, reader)


def against_papers(
    place: str, entries: Mapping[str, record.Entry], published: record.Signature | None
) -> list[Finding]:
    """The papers that were signed must print the root of what is published."""
    papers = entries.get(f"internal/{place}/{'.'.join(DRAFTED_BY)}")
    if not papers or not published or papers["root"] == published.anchor:
        return []
    return [
        Finding(
            "E_APPROVE", "approve_papers", place, facts={"printed": papers["root"] or "–", "root": published.anchor}
        )
    ]


def against_figures(
    place: str, case: Case, waiting: pd.DataFrame, entry: record.Entry | None, pending: str
) -> list[Finding]:
    """Claimed and current figures are never signed, nor is anything while an item is open or an appeal undecided.

    waiting   the open items
    """
    appeals = waiting[waiting["kind"] == "appealed"]
    items = waiting[waiting["counts"] & (waiting["kind"] != "appealed")]
    found = []
    for reason, rows in (("approve_open", items), ("approve_appeals", appeals if not pending.strip() else appeals[:0])):
        if len(rows):
            named = [f"{agency} {code}" for agency, code in rows_of(rows, "agency", "indicator")]
            facts = {"n": len(rows), "items": "; ".join(named[:MOST]) + ("; …" if len(named) > MOST else "")}
            found.append(Finding("E_APPROVE", reason, place, facts=facts))
    on = entry["parameters"].get("on", "") if entry else ""
    if on not in ("", "verified") or provisional(case):
        found.append(Finding("E_APPROVE", "approve_provisional", place))
    return found


def with_pending(reason: str, waiting: pd.DataFrame, pending: str) -> str:
    """The reason of a sign-off, with why it does not wait for appeals, and for how many."""
    n = int((waiting["kind"] == "appealed").sum())
    said = text("cli.pending_appeals_recorded", OFFICIAL, n=n, reason=pending.strip()) if n and pending.strip() else ""
    return "; ".join(part for part in (reason, said) if part)


def against_row(last: Mapping[str, str] | None, entry: record.Entry | None, day: str, reason: str) -> list[Finding]:
    """What the rows above say."""
    if last is None or entry is None:
        return []
    facts = {"version": last["version"], "date": last["date"]}
    if last["fingerprint"] == entry["fingerprint"]:
        return [Finding("E_APPROVE", "approve_twice", facts=facts)]
    found = [] if reason.strip() else [Finding("E_APPROVE", "approve_no_reason", facts=facts)]
    return found + ([Finding("E_APPROVE", "approve_day", value=day, facts=facts)] if day < last["date"] else [])


def append(root: Path, place: str, columns: list[str], row: Mapping[str, str], kept: Mapping[str, bytes]) -> None:
    """The file with one more row together with what was signed; what stands above the row is not touched, save that
    columns it lacks are added."""
    path = root / place / "approvals.csv"
    stood = bytes_of(path)
    old = as_csv(columns, []) if stood is None else stood
    header, *above = table(old.decode("utf-8-sig"))
    if lacking := [column for column in columns if column not in header]:
        header += lacking
        old = as_csv(header, [[*cells, *[""] * (len(header) - len(cells))] for cells in above])
    line = as_csv(header, [[row.get(column, "") for column in header]]).split(b"\n", 1)[1]
    new = old + (b"" if old.endswith(b"\n") else b"\n") + line
    must_hold(root, {f"{place}/{path.name}": new})
    put_all(path.parent, {**kept, path.name: new}, still=lambda: bytes_of(path) == stood)
