"""The statistics office's old-to-new tables as rows of register.csv and lineage.csv; what they leave open is asked.

An official code is no identity: it is used again for other territory. Codes and names must both agree with the
register, or the row is a question for a person. Nothing is guessed, least of all the share of a unit that went to one
of several heirs.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import pandas as pd

from .. import schema
from ..case.cells import LONGEST_ID, RESERVED
from ..case.characters import typed
from ..case.lineage import eve
from ..case.tables import rows_of
from ..errors import Finding
from ..languages import in_official

WHOLE, PART, KEPT = "whole", "part", "unchanged"
RELATIONS = {"toàn bộ": WHOLE, "whole": WHOLE, "một phần": PART, "part": PART, "giữ nguyên": KEPT, "unchanged": KEPT}
KINDS = ("Thành phố", "Thị xã", "Thị trấn", "Phường", "Đặc khu", "Quận", "Huyện", "Tỉnh", "Xã")
SHORT = {"phuong": "p", "thi-tran": "tt", "thi-xa": "tx", "thanh-pho": "tp", "huyen": "h", "quan": "q", "dac-khu": "dk"}
SHOWN = 8
NAME = in_official("name")
NAMING = ("code", "name", "old_code", "old_name")
WIDTH = 5  # digits of the official code of a commune
HEADER_ROWS = 20  # a title and notes may stand above the header


@dataclass(frozen=True)
class Line:
    """One row of an official table. A list of units has only the new side."""

    row: int
    code: str
    name: str
    old_code: str = ""
    old_name: str = ""
    relation: str = ""
    district: str = ""


@dataclass(frozen=True)
class Notice:
    """What is known of a table besides its rows.

    file    how findings call it
    day     the day it took effect (a list of units: the day it describes)
    act     the legal act, for every new row
    level   the word of register.csv for these units, e.g. commune
    """

    file: str
    day: str
    act: str
    level: str


@dataclass(frozen=True)
class Proposed:
    """What a table makes of the register.

    register, lineage   the whole tables, with what is new
    findings            errors: questions that must be answered before anything is written; warnings: what to look at
    ended, began, events   how many
    """

    register: pd.DataFrame
    lineage: pd.DataFrame
    findings: tuple[Finding, ...]
    ended: int = 0
    began: int = 0
    events: int = 0

    @property
    def open(self) -> bool:
        return any(f.severity == "error" for f in self.findings)


def tidy(name: str) -> str:
    """A name without stray blanks, in NFC, its kind of unit written as usual ("Thị Xã" -> "Thị xã")."""
    plain = " ".join(unicodedata.normalize("NFC", name).split())
    kind = next((kind for kind in KINDS if plain.casefold().startswith(kind.casefold() + " ")), "")
    return kind + plain[len(kind) :]


@cache
def slug(name: str) -> str:
    """A name as an id: ASCII, lower case, hyphens, the kind of unit shortened (phường -> p), no longer than a file may
    be called."""
    bare = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    plain = "-".join(re.findall(r"[a-z0-9]+", "".join(c for c in bare if not unicodedata.combining(c))))
    kind = next((kind for kind in SHORT if plain.startswith(kind + "-")), "")
    return (SHORT.get(kind, "") + plain[len(kind) :])[: LONGEST_ID - 4].rstrip("-")  # room for "-2"


@cache
def spelt(name: str) -> str:
    """A name without what Vietnamese spellings differ in: where the tone stands (Hoà, Hòa), i or y (Sĩ, Sỹ)."""
    marks = unicodedata.normalize("NFD", name.casefold())
    tones = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
    words = (
        "".join(c for c in word if c not in tones).replace("y", "i") + "".join(c for c in word if c in tones)
        for word in marks.split()
    )
    return " ".join(words)


def find_columns(header: Sequence[str]) -> dict[str, int]:
    """Which column holds what, by the words of its heading (Vietnamese or English)."""
    found: dict[str, int] = {}
    for at, heading in enumerate(header):
        words = " ".join(unicodedata.normalize("NFC", heading).casefold().replace("_", " ").split())
        old, new = re.search(r"\b(cũ|old|trước)\b", words), re.search(r"\b(mới|new|sau)\b", words)
        code = bool(re.search(r"\b(mã|code)\b", words))
        above = re.search(r"\b(huyện|quận|district|tỉnh|province|thành phố)\b", words)
        if re.search(r"\b(relation|quan hệ|hình thức|nhập|sáp nhập|biến động)\b", words) and not code:
            what = "relation"
        elif re.search(r"\b(huyện|district)\b", words) and not code and not new:
            what = "district"
        elif above or not (code or re.search(r"\b(tên|name|đơn vị|xã)\b", words)):
            continue
        else:
            what = ("old_" if old and not new else "") + ("code" if code else "name")
        found.setdefault(what, at)
    return found


def read_official(
    rows: Iterable[Sequence[str]], file: str, merged: Sequence[tuple[int, int, int, int]] = ()
) -> tuple[list[Line], list[Finding]]:
    """The lines of an old-to-new table, or of a list of units.

    rows     cells as text, as they stand in the file; what stands above the header is passed over
    merged   cells that are one in a workbook (first row, first column, last row, last column, from 0): those of one
             column below the header say the same of every row, and that is shown; others are refused

    Returns lines, and findings: errors where no header is found, a relation is not understood, a unit has no code or
    no name; warnings where merged cells were filled down.
    """
    columns: dict[str, int] = {}
    header = 0
    lines: list[Line] = []
    findings: list[Finding] = []
    table = [list(cells) for cells in rows]
    above: dict[str, str] = {}
    for number, cells in enumerate(table, start=1):
        if not columns:
            found = find_columns(cells)
            if {"code", "name"} <= found.keys():
                columns, header = found, number - 1
                findings += fill_down(table, merged, number, set(columns.values()), file)
            elif number > HEADER_ROWS:
                break
            continue
        if not any(cell.strip() for cell in cells):
            continue
        given = {what: cells[at].strip() if at < len(cells) else "" for what, at in columns.items()}
        said = given.get("relation", "").casefold()
        relation = next((means for word, means in RELATIONS.items() if word in said), "")
        two_sided = "old_code" in columns
        blank = [what for what in NAMING if what in columns and not given[what]]
        lone = not given["code"] and not given.get("old_code")  # a total, or the heading of a group
        for what in blank[:1] if lone else blank:
            facts = {"above": above.get(what, "") or "–"}
            heading = " ".join(table[header][columns[what]].split())
            findings.append(Finding("E_MERGED", "import_blank", file, number, heading, "", facts))
        above |= {what: given[what] for what in NAMING if given.get(what)}
        if blank:
            continue
        if two_sided and not relation:
            findings.append(Finding("E_IMPORT", "import_relation", file, number, "", given.get("relation", "")))
            continue
        lines.append(
            Line(
                number,
                given["code"],
                tidy(given["name"]),
                given.get("old_code", ""),
                tidy(given.get("old_name", "")),
                relation,
                tidy(given.get("district", "")),
            )
        )
    if not columns:
        findings.append(Finding("E_IMPORT", "import_header", file))
    elif not lines and not findings:
        findings.append(Finding("E_IMPORT", "import_empty", file))
    return lines, findings


def fill_down(
    table: list[list[str]], merged: Iterable[tuple[int, int, int, int]], header: int, columns: set[int], file: str
) -> Iterator[Finding]:
    """Give every row the value of the merged cell it lies in; changes `table`. Cells merged across columns say nothing
    of one unit.

    header   how many rows end with the header
    """
    for top, first, bottom, last in merged:
        if top < header or columns.isdisjoint(range(first, last + 1)) or top >= len(table):
            continue
        rows = range(top, min(bottom + 1, len(table)))
        cell = table[top][first] if first < len(table[top]) else ""
        facts = {"rows": f"{top + 1}–{rows[-1] + 1}"}
        where = (file, top + 1, " ".join(table[header - 1][min(columns & {*range(first, last + 1)})].split()), cell)
        if last > first or not cell.strip():
            yield Finding("E_MERGED", "import_across", *where, facts)
            continue
        for row in rows:
            table[row][first] = cell
        yield Finding("W_IMPORT", "import_filled", *where, facts)


class Known:
    """The units of one level that a register holds on one day, found by code and by name."""

    def __init__(self, register: pd.DataFrame, level: str, day: str):
        self.by_code: dict[str, tuple[str, str]] = {}
        self.by_name: dict[str, list[tuple[str, str]]] = defaultdict(list)
        columns = ("agency", NAME, "level", "official_code", "valid_from", "valid_to")
        for agency, name, kind, code, start, end in rows_of(register, *columns):
            if kind == level and start <= day and (not end or end >= day):
                if code:
                    self.by_code[code] = (agency, tidy(name))
                self.by_name[spelt(tidy(name))].append((agency, code))
        self.empty = not self.by_name

    def find(self, code: str, name: str, listed: Container[str]) -> tuple[str, str, dict[str, str]]:
        """(agency, "", {}) where code and name agree, whatever the spelling; ("", reason, facts) where a person must
        say; ("", "", {}) for a unit that is not there.

        listed   the codes of which the table speaks itself: a unit of the same name with one of them is another unit
        """
        if code in self.by_code:
            agency, called = self.by_code[code]
            same = spelt(called) == spelt(name)
            return (agency, "", {}) if same else ("", "import_other_name", {"agency": agency, "called": called})
        others = [agency for agency, its in self.by_name.get(spelt(name), []) if its not in listed]
        if len(others) > 1:
            return "", "import_two_units", {"agencies": ", ".join(others)}
        return ("", "import_other_code", {"agency": others[0]}) if others else ("", "", {})


def propose(lines: Sequence[Line], register: pd.DataFrame, lineage: pd.DataFrame, notice: Notice) -> Proposed:
    """What a table says about the register. Raises Refusal where the act is told in characters that no table holds."""
    notice = replace(notice, **typed({"act": notice.act, "level": notice.level}, "register.csv"))
    if eaten := lost_zeros(lines, register, notice):
        return Proposed(register, lineage, (eaten,))
    two_sided = any(line.old_code for line in lines)
    return (convert if two_sided else hold_against)(lines, register, lineage, notice)


def lost_zeros(lines: Sequence[Line], register: pd.DataFrame, notice: Notice) -> Finding | None:
    """The first code that a spreadsheet made a number: shorter than the others, where codes begin with 0 (here or in
    the register) or are as long as those of communes."""
    numeric = [
        (line.row, code) for line in lines for code in (line.code, line.old_code) if code.isascii() and code.isdigit()
    ]
    known = [c for level, c in rows_of(register, "level", "official_code") if level == notice.level and c.isdigit()]
    codes = [*known, *(code for _, code in numeric)]
    width = max(map(len, codes), default=0)
    short = [(row, code) for row, code in numeric if len(code) < width]
    if not short or not (width == WIDTH or any(code.startswith("0") for code in codes)):
        return None
    row, code = short[0]
    facts = {"n": len({code for _, code in short}), "padded": code.zfill(width), "width": width}
    return Finding("E_IMPORT", "import_lost_zero", notice.file, row, "", code, facts)


def hold_against(lines: Sequence[Line], register: pd.DataFrame, lineage: pd.DataFrame, notice: Notice) -> Proposed:
    """A list of units: the first one fills an empty register, a later one asks about every difference."""
    known = Known(register, notice.level, notice.day)
    if known.empty:
        add = Additions(register, notice.act)
        for line in lines:
            add.unit(line.code, line.name, notice.level, "")
        return Proposed(add.register(), lineage, (), began=len(lines))
    findings, seen, listed = [], set(), {line.code for line in lines}
    for line in lines:
        agency, reason, facts = known.find(line.code, line.name, listed)
        seen.add(agency or facts.get("agency", ""))
        if not agency:
            said = {"code": line.code, "name": line.name, **facts}
            findings.append(Finding("E_IMPORT", reason or "import_unknown", notice.file, line.row, "", line.name, said))
    for code, (agency, name) in known.by_code.items():
        if agency not in seen:
            facts = {"code": code, "agency": agency, "day": notice.day}
            findings.append(Finding("E_IMPORT", "import_gone", notice.file, None, "", name, facts))
    return Proposed(register, lineage, tuple(findings))


class Additions:
    """New rows of the register, each with an id nobody had."""

    def __init__(self, register: pd.DataFrame, act: str):
        self.before, self.act, self.ids = register, act, set(register["agency"])
        self.rows: list[dict[str, str]] = []
        self.ends: dict[str, str] = {}

    def unit(
        self, code: str, name: str, level: str, since: str, until: str = "", agency: str = "", **others: str
    ) -> str:
        """A unit more, with its name in `others`; returns its id, made from the name where none is given."""
        proposed = slug(name) or "-".join(filter(None, ("unit", slug(code)[:40])))
        n = 1
        while not agency or agency in self.ids | RESERVED:
            agency, n = proposed if n == 1 else f"{proposed}-{n}", n + 1
        self.ids.add(agency)
        row = {"agency": agency, **others, NAME: name, "level": level}
        row |= {"official_code": code, "valid_from": since}
        self.rows.append(row | {"valid_to": until, "act": self.act if since else ""})
        return agency

    def register(self) -> pd.DataFrame:
        """The whole table: what was there, with the days on which units ended, then what is new."""
        frame = self.before.copy()
        frame["valid_to"] = [self.ends.get(a, end) for a, end in zip(frame["agency"], frame["valid_to"], strict=True)]
        new = pd.DataFrame([{c: row.get(c, "") for c in frame} for row in self.rows], columns=frame.columns)
        return pd.concat([frame, new], ignore_index=True)


def convert(lines: Sequence[Line], register: pd.DataFrame, lineage: pd.DataFrame, notice: Notice) -> Proposed:
    """An old-to-new table: ended units, their heirs, and an event for every pair."""
    file, day, level = notice.file, notice.day, notice.level
    findings = contradictions(lines, file)
    known, add = Known(register, level, eve(day)), Additions(register, notice.act)
    old_ids: dict[str, str] = {}
    listed = {line.old_code for line in lines}
    for line in lines:
        if line.old_code in old_ids:
            continue
        agency, reason, facts = known.find(line.old_code, line.old_name, listed)
        if reason:
            said = {"code": line.old_code, "name": line.old_name, **facts}
            findings.append(Finding("E_IMPORT", reason, file, line.row, "", line.old_name, said))
        old_ids[line.old_code] = agency
    kept = {line.old_code for line in lines if line.relation == KEPT}
    for line in lines:
        if not old_ids[line.old_code]:
            until = "" if line.old_code in kept else eve(day)
            old_ids[line.old_code] = add.unit(line.old_code, line.old_name, level, "", until)
        elif line.old_code not in kept:
            add.ends[old_ids[line.old_code]] = eve(day)
    new_ids: dict[str, str] = {}
    for line in lines:
        if line.code not in new_ids and line.relation != KEPT:
            new_ids[line.code] = add.unit(line.code, line.name, level, day)
    findings += to_look_at(lines, file)
    sources = Counter(line.code for line in lines)
    events = []
    for line in lines:
        if line.relation == KEPT:
            continue
        heir, whole = new_ids[line.code], line.relation == WHOLE
        kind = "split" if not whole else "merge" if sources[line.code] > 1 else "rename"
        event = (f"{day[:7]}-{heir}", day, kind, old_ids[line.old_code], heir, "1" if whole else "")
        events.append((*event, "" if whole else "unknown", notice.act))
    new = pd.DataFrame(events, columns=schema.columns("lineage"))
    ended = len(set(old_ids) - kept)
    joined = pd.concat([lineage, new], ignore_index=True).fillna("")
    return Proposed(add.register(), joined, tuple(findings), ended, len(new_ids), len(events))


def contradictions(lines: Sequence[Line], file: str) -> list[Finding]:
    """What the table says of one unit in two ways."""
    findings = []
    named: dict[tuple[str, str], tuple[str, int]] = {}
    per_old: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        per_old[line.old_code].append(line)
        for side, code, name in (("new", line.code, line.name), ("old", line.old_code, line.old_name)):
            first, row = named.setdefault((side, code), (name, line.row))
            if spelt(first) != spelt(name):
                facts = {"code": code, "first": first, "at": row}
                findings.append(Finding("E_IMPORT", "import_two_names", file, line.row, "", name, facts))
        if line.relation == KEPT and (line.code != line.old_code or spelt(line.name) != spelt(line.old_name)):
            facts = {"old": f"{line.old_code} {line.old_name}", "new": f"{line.code} {line.name}"}
            findings.append(Finding("E_IMPORT", "import_not_kept", file, line.row, "", line.name, facts))
    for code, rows in per_old.items():
        if len(rows) > 1 and any(line.relation != PART for line in rows):
            facts = {"code": code, "rows": ", ".join(str(line.row) for line in rows)}
            where = (file, rows[0].row, "", rows[0].old_name)
            findings.append(Finding("E_IMPORT", "import_more_than_whole", *where, facts))
    return findings


def to_look_at(lines: Sequence[Line], file: str) -> list[Finding]:
    """What a person should look at: parts without a published share, parts from another district than all else that
    went into a unit, codes that now stand for other territory."""
    findings = []
    into: dict[str, list[Line]] = defaultdict(list)
    old_names: dict[str, str] = {}
    parts: Counter[str] = Counter()
    for line in lines:
        into[line.code].append(line)
        old_names.setdefault(line.old_code, line.old_name)
        parts[line.old_code] += line.relation == PART
    for line in lines:
        where = (file, line.row, "", line.old_name)
        if line.relation == PART:
            facts = {"code": line.old_code, "heir": line.name}
            reason = "import_part_alone" if parts[line.old_code] == 1 else "import_share"
            findings.append(Finding("W_IMPORT", reason, *where, facts))
            others = {other.district for other in into[line.code] if other.old_code != line.old_code}
            if line.district and others and line.district not in others:
                facts |= {"district": line.district, "others": ", ".join(sorted(others))}
                findings.append(Finding("W_IMPORT", "import_far", *where, facts))
    again = [
        code
        for code, sources in into.items()
        if code in old_names and sources[0].relation != KEPT and spelt(old_names[code]) != spelt(sources[0].name)
    ]
    if again:
        listed = ", ".join(again[:SHOWN]) + (", …" if len(again) > SHOWN else "")
        findings.append(Finding("W_IMPORT", "import_code_again", file, facts={"n": len(again), "codes": listed}))
    return findings
