"""Returned forms into the data: everything of a delivery, or nothing.

A delivery is read and judged as a whole, held against the case it would make, and only then written. What cannot be
taken goes back as a fresh copy of the issued form, filled in with what was read, with a comment at every cell in
question.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd

from .. import schema
from ..atomic import Decided, put, put_all
from ..case import AWAITED, Case, read_before, read_register
from ..case import judge as foretell
from ..case.answered import reads_points
from ..case.characters import typed
from ..case.framework import Framework
from ..case.judged import COLUMNS as JUDGED
from ..case.judged import NOTHING, difference, recorded, standing
from ..case.read import Given, read_folder, to_ask
from ..case.tables import as_csv, differing, rows_of
from ..errors import Finding
from ..languages import LANGUAGES, OFFICIAL, in_each
from ..moves import all_free, all_short
from ..verify import senders
from ..words import agencies, name, text
from ..words import finding as worded
from .attached import Line, attach, lines_of, named_by
from .book import Book, at, filled
from .delivery import PROGRAMS, Sent, sorted_out, spellings, storable
from .entries import Growing, Sources, decide, enter
from .form import Recipient, Wording, appeal_form, claim_form, recipients
from .keep import Back, Log, answered, digest, log_bytes, log_of, sent_back
from .receive import Received, receive
from .self_score import check_self_scores
from .tables_workbook import LEDGER
from .whose import Whose
from .worklist_workbook import items_of_identity, worklist_book
from .write import write

HANOI = timedelta(hours=7)  # Asia/Ho_Chi_Minh has had no other time since 1975
DUE = {"claim": "claims_due", "appeal": "appeals_until"}
KINDS = (*DUE, "worklist")
DOUBTS = ("W_PART", "W_PERCENT", "W_DENOMINATOR", "W_INCOMPLETE")  # which the sender can answer
UNSAID = ("submitted_on", *JUDGED)  # what nobody typed is no change to show


@dataclass
class Delivery:
    """What became of a delivery.

    taken     files whose content is new; known: files that were taken in before
    changes   (table, agency, indicator, column, before, after) of every cell that differs
    findings  everything that is wrong or worth knowing; nothing is written when one is an error
    returned  file -> the marked copy to send back
    """

    taken: list[Received] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    changes: list[tuple[str, str, str, str, str, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    returned: dict[str, bytes] = field(default_factory=dict)
    written: bool = False

    @property
    def refused(self) -> bool:
        return any(f.severity == "error" for f in self.findings)


def intake(
    root: str | Path,
    year: str | int,
    group: str,
    files: Sequence[Path],
    reason: str = "",
    received: date | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Delivery:
    """Take returned forms, appeals and worklists into claims.csv, evidence.csv, appeals.csv and verdicts.csv.

    root      the data folder
    files     workbooks, folders of them, or zip archives; documents among them go below `evidence/`
    reason    why forms are taken after the deadline; "" where none is late
    received  day of receipt; the day it is in Việt Nam when not given
    progress  called with (done, all, file name)

    The received files are kept unchanged below `forms/`, with digest, day and reason in forms/received.csv; a file
    received before changes nothing. A corrected form replaces what its sender said before, row by row. Returns what
    was done; when `refused` no table was changed and nothing kept, and forms/returned.csv names the forms that go back
    until their senders answer. Raises Refusal where the data folder itself or the reason is wrong.
    """
    root = Path(root)
    reason = typed({"reason": reason})["reason"]
    day = received.isoformat() if received else today()
    folder = root / str(year) / group
    stood = as_they_are(folder)
    given = read_folder(root, str(year), group)
    case = to_ask(given)
    issued = Issued(case, root)
    log = log_of(folder, "received")
    seen = {row["sha256"] for row in log}
    out = Delivery()
    delivered, documents = sorted_out(files, out.findings)
    lain: list[tuple[Sent, Received | None]] = []
    for done, sent in enumerate(delivered, start=1):
        if sent.sha256 in seen:
            out.known.append(sent.file)
            lain.append((sent, None))
        else:
            seen.add(sent.sha256)
            out.taken.append(receive(sent.file, sent.data, issued))
            lain.append((sent, out.taken[-1]))
        if progress:
            progress(done, len(delivered), sent.file)
    late(out.taken, case, day, reason)
    out.findings += known_before([sent for sent, each in lain if each is None], log, {sent.sha256 for sent, _ in lain})
    twice(out.taken)
    tables = dict(given.tables)
    tables["verdicts"] = recorded(tables["verdicts"], tables["claims"], tables["evidence"])
    stands = standing(tables["claims"], tables["evidence"])
    sources: Sources = {}
    growing = {table: Growing(tables[table]) for table in LEDGER}
    for each in out.taken:
        if not each.wrong and each.identity["kind"] == "worklist":
            decide(growing, each, issued.words(each), day, sources, stands)
        elif not each.wrong:
            enter(growing, each, case, issued.words(each), day, sources)
    tables |= {table: grown.frame() for table, grown in growing.items()}
    whose = whose_of(case, root, lain, log)
    lines = lines_of(tables["evidence"], out.taken, sources, whose.sender)
    strangers = strangers_of(lain, lines)
    documents += [sent for sent, each in lain if each in strangers]
    out.taken = [each for each in out.taken if each not in strangers]
    shared = set(given.tables["shared"]["document"])
    tables["evidence"], papers = attach(tables["evidence"], lines, documents, whose, shared, folder, out.findings)
    instead = came_instead(lain, documents, whose, out, log)
    out.changes = changes(given.tables, tables)
    new: dict[str, bytes] = {}
    if not any(each.wrong for each in out.taken):
        new = to_keep(folder, given, tables, out.taken, papers, log, day, reason, instead)
        again = judge(root, given.place, new, tables, sources, out.findings)
        moved = reopened(given.tables, tables, case.framework, f"{given.place}/claims.csv")
        out.findings += [f for f in moved if (f.value, f.column) in again]
    if not any(each.wrong for each in out.taken):
        for each in out.taken:
            if each.identity["kind"] == "claim":
                each.findings += check_self_scores(each, case, issued.words(each))
    out.findings += [finding for each in out.taken for finding in each.findings]
    if out.refused:
        back = [each for each in out.taken if each.known and any(f.severity == "error" for f in each.faults)]
        names = Counter(flat(each.file).casefold() for each in back)
        for each in back:
            file = flat(each.file)
            own = f"{each.identity['recipient']}-" if names[file.casefold()] > 1 else ""
            out.returned[f"{own}{file}"] = marked(each, issued)
        out.findings += note(folder, [*map(to_correct, back), *instead], day)
    elif out.taken or papers:
        put_all(folder, new, still=lambda: as_they_are(folder) == stood)
        out.written = True
    else:
        out.findings += note(folder, instead, day)
    return out


def flat(file: str) -> str:
    """A file of a delivery by one name that every system can hold."""
    return storable(re.sub(r"[^\w. -]", "-", file).lstrip(".-"))


def reopened(
    before: Mapping[str, pd.DataFrame], after: Mapping[str, pd.DataFrame], framework: Framework, file: str
) -> list[Finding]:
    """Items with a verdict whose claim or documents this delivery changes."""
    then, now = (standing(tables["claims"], tables["evidence"]) for tables in (before, after))
    judged = dict.fromkeys(rows_of(before["verdicts"], "agency", "indicator"))
    moved = [
        (key, difference(then.get(key, NOTHING), now.get(key, NOTHING), reads_points(framework, key[1])))
        for key in judged
    ]
    return [
        Finding("W_REOPENED", "form_reopens", file, column=code, value=agency, facts={"changes": ", ".join(changed)})
        for (agency, code), changed in moved
        if changed
    ]


def as_they_are(folder: Path) -> dict[str, bytes]:
    """The tables that an intake writes, as they are: whether another one has been here since."""
    files = [folder / f"{table}.csv" for table in LEDGER] + [folder / "forms" / "received.csv"]
    return {str(file): file.read_bytes() for file in files if file.is_file()}


def give_back(folder: Path, marked: Mapping[str, bytes]) -> None:
    """The marked copies of forms to correct; those of a delivery before may be open in Excel."""
    if marked:
        all_short(folder, marked)
        folder.mkdir(parents=True, exist_ok=True)
        all_free(folder, marked)
    for file, data in marked.items():
        put(folder / file, data)


def today() -> str:
    """The day it is in Việt Nam, ISO."""
    return (datetime.now(UTC) + HANOI).date().isoformat()


class Issued:
    """The forms of a case as they are issued, by what a returned one says of itself."""

    def __init__(self, case: Case, root: Path):
        self.case, self.root = case, root
        self.made: dict[str, Wording] = {}
        self.people: dict[str, dict[str, Recipient]] = {}

    def wording(self, lang: str) -> Wording:
        if lang not in self.made:
            names = {row["agency"]: name(row, lang) for row in read_register(self.root).to_dict("records")}
            self.made[lang] = Wording(self.case, read_before(self.root, self.case).case, names, lang)
            self.people[lang] = {to.id: to for to in recipients(self.case, names, lang)}
        return self.made[lang]

    def words(self, each: Received) -> Wording:
        return self.wording(each.identity["lang"])

    def __call__(self, identity: Mapping[str, str]) -> Book | Finding:
        """The form, or why there is none here."""
        case = self.case
        place = (identity["year"], identity["group"])
        if place != (case.year, case.group):
            facts = {"here": f"{case.year}/{case.group}"}
            return Finding("E_IDENTITY", "form_elsewhere", value="/".join(place)[:60], facts=facts)
        if identity["lang"] not in LANGUAGES or identity["kind"] not in KINDS:
            return Finding("E_SHEET", "no_form")
        words = self.wording(identity["lang"])
        if identity["kind"] == "worklist":
            found = items_of_identity(identity)
            return (worklist_book(words, found) if found else None) or Finding("E_FORM_VERSION", "worklist_items")
        to = self.people[identity["lang"]].get(identity["recipient"])
        if to is None or to.agency != identity["agency"]:
            return Finding("E_UNIT_UNKNOWN", "form_recipient", value=identity["recipient"][:60])
        if identity["kind"] == "claim":
            return claim_form(words, to)
        return appeal_form(words, to) or Finding("E_STATE", "appeal_form_nothing", value=to.id)


def whose_of(case: Case, root: Path, lain: Sequence[tuple[Sent, Received | None]], log: Log) -> Whose:
    """Whose the files of a delivery are; forms taken in before say it, too."""
    before = {row["sha256"]: row["recipient"] for row in log}
    forms: dict[tuple[str, ...], set[str]] = {}
    for sent, each in lain:
        who = before.get(sent.sha256, "") if each is None else each.identity["recipient"] if each.known else ""
        if who:
            forms.setdefault(sent.folder, set()).add(who)
    asked = {sender.id for sender in senders(case)}
    owners = [row for row in read_register(root).to_dict("records") if row["agency"] in asked]
    rows = [*owners, *case.agencies.to_dict("records")]
    named = agencies(rows, OFFICIAL)
    names = {row["agency"]: [named[row["agency"]], *(row[column] for column in in_each("name"))] for row in rows}
    return Whose(case, names, forms)


def strangers_of(lain: Sequence[tuple[Sent, Received | None]], lines: Sequence[Line]) -> list[Received]:
    """Files that are none of our workbooks and that a line names: a spreadsheet can be a document, too."""
    named = {name for line in lines for name in spellings(line.file)}
    return [
        each
        for sent, each in lain
        if each is not None
        and "kind" not in each.identity
        and not each.data.startswith(PROGRAMS)
        and sent.name.isprintable()
        and named & set(named_by(sent.name))
    ]


def late(taken: Sequence[Received], case: Case, day: str, reason: str) -> None:
    """Nothing after the deadline without a reason; the day itself is in time."""
    for each in taken:
        due = case.settings.calendar.get(DUE.get(each.identity.get("kind", ""), ""), "")
        if due and day > due:
            facts = {"due": due, "day": day, "reason": reason}
            code, why = ("W_LATE", "form_late_taken") if reason else ("E_LATE", "form_late")
            each.findings.append(Finding(code, why, each.file, facts=facts))
        who = each.identity.get("agency", "")
        decided = any(who in verdicts for verdicts in case.answers.verdicts.values())
        if each.known and each.identity["kind"] == "claim" and decided:
            code = "W_LATE" if reason else "E_LATE"
            each.findings.append(Finding(code, "form_after_verdicts", each.file, value=each.identity["recipient"]))


def known_before(again: Sequence[Sent], log: Log, here: Collection[str]) -> Iterator[Finding]:
    """What came before and comes again; where another form of its sender came since, and not with it, that holds."""
    of = {row["sha256"]: row for row in log}
    last = {(row["recipient"], row.get("kind")): row for row in log if row.get("kind") != "worklist"}
    for sent in again:
        row = of.get(sent.sha256, {"sha256": sent.sha256, "recipient": ""})
        since = last.get((row["recipient"], row.get("kind")), row)
        if since["sha256"] in here:
            yield Finding("W_KNOWN", "form_known", sent.file)
        else:
            facts = {"day": row.get("received_on"), "since": since.get("received_on"), "other": since.get("file")}
            yield Finding("W_KNOWN", "form_replaced", sent.file, facts=facts)


def twice(taken: Sequence[Received]) -> None:
    """Two forms of one sender in one delivery: which one counts is not for us to say."""
    first: dict[tuple[str, str], Received] = {}
    for each in taken:
        if not each.known or each.identity["kind"] == "worklist":
            continue
        key = (each.identity["kind"], each.identity["recipient"])
        other = first.setdefault(key, each)
        if other is not each:
            facts = {"other": other.file}
            each.findings.append(Finding("E_DUPLICATE", "form_twice", each.file, value=key[1], facts=facts))


def changes(
    before: Mapping[str, pd.DataFrame], after: Mapping[str, pd.DataFrame]
) -> list[tuple[str, str, str, str, str, str]]:
    """Every cell that differs, in the order of the tables; of a row that came or went every cell that is filled."""
    out = []
    for table in LEDGER:
        for k, was, now in differing(before[table], after[table], schema.table(table)["primaryKey"]):
            blank = dict.fromkeys(was or now or (), "")
            then, to = was or blank, now or blank
            out += [(table, k[0], k[1], c, x, to[c]) for c, x in then.items() if x != to[c] and c not in UNSAID]
    return out


def judge(
    root: Path,
    place: str,
    new: Mapping[str, bytes],
    tables: Mapping[str, pd.DataFrame],
    sources: Sources,
    said: list[Finding],
) -> set[tuple[str, str]]:
    """The folder that would be made, at its own door: an error is said at the cell it came from, or in `said`; so are
    doubts about an answer of this delivery, at its cell. Returns (agency, code) of the items that would be open again.
    """
    found = foretell(root, {f"{place}/{path}": data for path, data in new.items()})
    for f in [f for f in found if (f.severity == "error" or f.code in DOUBTS) and f.reason not in AWAITED]:
        table = f.file.removeprefix(f"{place}/").removesuffix(".csv")
        each, where = (None, "")
        if table in tables and f.row is not None and f.row in tables[table].index and "indicator" in tables[table]:
            line = tables[table].loc[f.row]
            code, no = line["indicator"], [line["no"]] if table == "evidence" else []
            of = "signed" if f.column == "decided_by" else table
            each, where = sources.get((of, line["agency"], code, *no), (None, ""))
        if each is None and f.severity == "error":
            said.append(f)
        elif each is not None:
            shown = "!".join(each.places.get(f"{where}/{f.column}") or each.places.get(where, ("", "")))
            each.findings.append(replace(f, file=each.file, row=None, column=shown or f"{code}/{f.column}"))
    return {(str(f.facts["agency"]), f.value) for f in found if f.code == "W_REOPENED"}


def marked(each: Received, issued: Issued) -> bytes:
    """A fresh copy of the issued form with what was read and a comment at every cell in question."""
    form = issued(each.identity)
    assert isinstance(form, Book)
    lang = each.identity["lang"]
    comments: dict[str, list[str]] = {}
    for f in each.faults:
        said = worded(f, lang)
        words = f"{said['what']}. {text('cli.expected', lang)}: {said['expected']}. {said['remedy']}."
        comments.setdefault(each.issued.get(f.column, f.column), []).append(words)
    typed = {key: each.given.get(key) or each.raw[key] for key in each.raw}
    book, sheets = filled(form, typed), []
    for sheet in book.sheets:
        cells = dict(sheet.cells)
        for where, said_there in comments.items():
            title, _, named = where.rpartition("!")
            position = next((p for p in cells if title == sheet.title and named == at(*p)), None)
            if position is not None:
                cell = cells[position]
                style = f"warn_{cell.style}" if cell.name else cell.style
                cells[position] = replace(cell, comment="\n".join(said_there)[:2000], style=style)
        sheets.append(replace(sheet, cells=cells))
    return write(replace(book, sheets=tuple(sheets)))


def to_correct(each: Received) -> Back:
    """What is remembered of a form that goes back."""
    errors = sum(f.severity == "error" for f in each.faults)
    return Back(digest(each), each.identity["recipient"], each.identity["kind"], errors)


def came_instead(
    lain: Sequence[tuple[Sent, Received | None]], documents: Sequence[Sent], whose: Whose, out: Delivery, log: Log
) -> list[Back]:
    """What came from a sender in place of a form: a workbook that cannot be opened as one, or, where no form of his has
    come, a document that is called as the form or lies in his folder; the latter is said."""
    here = {(row["recipient"], row["kind"]) for row in log}
    here |= {(each.identity["recipient"], each.identity["kind"]) for each in out.taken if each.known}
    found: list[Back] = []
    for sent, each in lain:
        who, kind = whose.of_file(sent)
        if who and each in out.taken and each is not None and "kind" not in each.identity:
            found.append(Back(sent.sha256, who, kind, 0))
    unnamed = {f.file: f for f in out.findings if f.reason == "document_unnamed"}
    left = [sent for sent in documents if sent.file in unnamed]
    for sent in sorted(left, key=lambda sent: not whose.of_name(sent.name)[0]):
        who, kind = whose.of_file(sent)
        if who and (who, kind) not in here:
            here.add((who, kind))
            found.append(Back(sent.sha256, who, kind, 0))
            place, facts = out.findings.index(unnamed[sent.file]), {"who": whose.name(who)}
            out.findings[place] = Finding("W_FORMAT", "form_as_document", sent.file, facts=facts)
    return found


def note(folder: Path, back: Sequence[Back], day: str) -> list[Finding]:
    """Who has been asked to correct a form, remembered until the answer; says where that could not be written."""
    log = log_of(folder, "returned")
    noted = sent_back(log, back, day)
    if noted == log:
        return []
    try:
        put_all(folder, {"forms/returned.csv": log_bytes("returned", noted)})
    except OSError as error:
        facts = {"detail": error.strerror or type(error).__name__}
        return [Finding("E_IO", "io", "forms/returned.csv", facts=facts)]
    except Decided as decided:
        return list(decided.findings)
    return []


def to_keep(
    folder: Path,
    given: Given,
    tables: Mapping[str, pd.DataFrame],
    taken: Sequence[Received],
    papers: Mapping[str, bytes],
    log: Log,
    day: str,
    reason: str,
    instead: Sequence[Back],
) -> dict[str, bytes]:
    """Everything that is written in one step, or not at all: path below the folder -> bytes."""
    new = {f"evidence/{path}": data for path, data in papers.items()}
    for table in LEDGER:
        frame = tables[table]
        if not frame.equals(given.tables[table]):
            new[f"{table}.csv"] = as_csv(list(frame.columns), rows_of(frame, *frame.columns))
    rows = list(log)
    for each in taken:
        sha256 = digest(each)
        file = f"{sha256[:12]}.xlsx.received"  # no program opens it by a slip: people open copies
        new[f"forms/{file}"] = each.data
        who = {"recipient": each.identity["recipient"], "kind": each.identity["kind"]}
        rows.append({"file": file, "sha256": sha256, "received_on": day, "reason": reason, **who})
    new["forms/received.csv"] = log_bytes("received", rows)
    back = log_of(folder, "returned")
    if back != (now_returned := answered(sent_back(back, instead, day), taken, day)):
        new["forms/returned.csv"] = log_bytes("returned", now_returned)
    return new
