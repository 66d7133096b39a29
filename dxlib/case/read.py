"""Read one year and group of a data folder, or check a whole one: what stands where, byte for byte."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

import pandas as pd

from .. import schema
from ..atomic import recover
from ..audit import broken_links, digest, digest_input, part
from ..errors import Finding, Refusal, nearest
from .case import Case, build_tree, freeze, table_findings
from .cells import RESERVED, check_cells, check_references
from .documents import dated_outside, read_documents
from .framework import Framework, finished_node
from .lineage import as_of, check_lineage, check_members
from .links import check_links, check_reach, check_size
from .previous import check_previous, linked
from .scenarios import check_scenarios, read_scenario
from .settings import FILE as SETTINGS_FILE
from .settings import Settings, read_settings
from .tables import NOTHING, Files, empty, read_bytes, read_table, rows_of

YEAR = re.compile(r"[0-9]{4}", re.ASCII)
GROUP = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}", re.ASCII)


def check_place(year: str, group: str) -> list[Finding]:
    """Year and group as they may become part of a path."""
    found = []
    if not YEAR.fullmatch(year):
        found.append(Finding("E_PARAM", "year_form", column="year", value=year))
    if not GROUP.fullmatch(group) or group in RESERVED:
        found.append(Finding("E_PARAM", "group_form", column="group", value=group[:40]))
    return found


def places(root: Path, year: str | None = None, group: str | None = None) -> list[tuple[str, str]]:
    """The (year, group) folders of a data folder, in order."""
    for folder in (root, *(y for y in root.iterdir() if y.is_dir() and YEAR.fullmatch(y.name))):
        recover(folder)
    folders = [
        (y.name, g.name)
        for y in root.iterdir()
        if y.is_dir() and YEAR.fullmatch(y.name)
        for g in y.iterdir()
        if os.path.lexists(g / SETTINGS_FILE) and GROUP.fullmatch(g.name)
    ]
    return sorted(p for p in folders if year in (None, p[0]) and group in (None, p[1]))


def read_case(root: str | Path, year: str | int, group: str) -> Case:
    """Read, check and freeze one year and group.

    root    the data folder
    year    e.g. 2025; group, e.g. "communes"

    Raises Refusal with every error of the folder at once.
    """
    return read_folder(Path(root), str(year), group).freeze()


def read_state(root: str | Path, year: str, group: str, scenario: str | None, on: str | None) -> Case:
    """The same as a scenario of its folder wants it, None: as it is, before it is scored on `on`. Raises Refusal."""
    case = read_case(root, year, group)
    changed = case if scenario is None else read_scenario(root, case, scenario)
    if changed.edited and (on or changed.default_on) == "claimed":  # claims know no verified points: nothing would move
        raise Refusal([Finding("E_SCENARIO", "points_claimed", column=str(scenario), value=str(scenario))])
    return changed


def read_to_ask(root: str | Path, year: str | int, group: str) -> Case:
    """The same before anybody has claimed anything: claims.csv may be absent, and a missing answer is no error.

    Raises Refusal with every error of the rest.
    """
    return to_ask(read_folder(Path(root), str(year), group))


def to_ask(given: Given) -> Case:
    """A folder, before anybody has claimed anything. Raises Refusal with every error of the rest."""
    settings = given.settings and replace(given.settings, missing="zero")
    return replace(without_claims(given), settings=settings).freeze()


def without_claims(given: Given) -> Given:
    """The same where claims.csv may be absent, since nobody has claimed anything yet."""
    absent = [f for f in given.findings if f.reason == "file_missing" and table_of(f, given.place) == "claims"]
    return replace(given, findings=tuple(f for f in given.findings if f not in absent))


def read_for_verification(root: str | Path, year: str | int, group: str) -> Case:
    """The same for verification, which must go on where the ledger is wrong: rows of verdicts, appeals, evidence,
    shared and relations that break the contract are left out (`case.set_aside` says which and why), and the
    documents below evidence/ are looked at. All verdicts of an agency and row go together: a contradictory
    ledger decides nothing, so its claim waits for a verdict again.

    An empty document is named and kept, since it is a defect of its own. claims.csv may be absent.

    Raises Refusal where anything else is wrong. Source: contract.md §1, a row's final value comes from its last
    verdict.
    """
    return set_aside(without_claims(read_folder(Path(root), str(year), group, documents=True)))


@dataclass(frozen=True)
class Before:
    """The earlier year that links.csv continues: its case, or why there is none; digests of what was read."""

    case: Case | None = None
    refused: tuple[Finding, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)


def read_before(root: str | Path, case: Case) -> Before:
    """The latest earlier year that links.csv continues, read as `read_for_verification` does; never raises Refusal."""
    links = case.links
    earlier = sorted({(y, g) for y, g in zip(links["from_year"], links["from_group"], strict=True) if y < case.year})
    if not earlier:
        return Before()
    digests: Mapping[str, str] = {}
    try:
        given = read_folder(Path(root), *earlier[-1], documents=True)
        digests = given.digests
        return Before(set_aside(given), (), digests)
    except Refusal as refusal:
        return Before(None, refusal.findings, digests)


@dataclass(frozen=True)
class Series:
    """A year and the years it goes back to.

    cases               oldest first, this year last
    register, lineage   who was who
    refused             why the walk back ended early
    digests             of all that was read
    """

    cases: tuple[Case, ...]
    register: pd.DataFrame = field(repr=False)
    lineage: pd.DataFrame = field(repr=False)
    refused: tuple[Finding, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)


def read_series(root: str | Path, year: str | int, group: str) -> Series:
    """A year and group with all its earlier years, each read as `read_case` does.

    Before a year stands the one that its links.csv continues, else the last earlier one of the same group. Raises
    Refusal where the year itself is wrong; an earlier year that is wrong ends the series and is named, and a wrong
    register or lineage leaves the year alone.
    """
    root = Path(root)
    case = read_case(root, year, group)
    day = case.settings.period[1]
    beside = {name: digest_input(root, name) for name in (f"register.csv@{day}", f"lineage.csv@{day}")}
    cases, digests = [case], {**beside, **case.digests}
    refused: tuple[Finding, ...] = ()
    try:
        register, lineage = as_of(read_register(root), read_lineage(root), day)
        while (place := place_before(root, cases[0])) is not None:
            case = read_case(root, *place)
            check_pair(case, cases[0], register)
            cases.insert(0, case)
            digests |= case.digests
    except Refusal as refusal:
        refused = tuple(f for f in refusal.findings if f.severity == "error")
        if len(cases) == 1:
            register, lineage = empty("register"), empty("lineage")
    return Series(tuple(cases), register, lineage, refused, digests)


def check_chain(approvals: pd.DataFrame, place: str) -> list[Finding]:
    """Every sign-off that does not follow from the one above it."""
    rows = [{str(column): cell for column, cell in row.items()} for row in approvals.to_dict("records")]
    file = f"{place}/approvals.csv"
    return [
        Finding("E_APPROVE", "approve_chain", file, int(approvals.index[n]), "previous", had)
        for n, _, had in broken_links(rows)
    ]


def check_pair(before: Case, after: Case, register: pd.DataFrame) -> None:
    """Two years can stand side by side: who is assessed was there, links join rows of one kind. Raises Refusal."""
    findings: list[Finding] = []
    for case in (before, after):
        findings += check_members(register, case.tables["agencies"], case.settings, f"{case.year}/{case.group}")
    place, sets = f"{after.year}/{after.group}", {(before.year, before.group): before.framework}
    if before.year < after.year:
        findings += check_links(after.tables["links"], after.framework, after.year, place, sets)
        findings += check_size(after.settings, f"{place}/{SETTINGS_FILE}", (before.year, before.group), sets)
    if wrong := [finding for finding in findings if finding.severity == "error"]:
        raise Refusal(wrong)


def check_there(root: str | Path, case: Case) -> None:
    """Nobody is scored who was gone, or not there yet, by the register. Raises Refusal; a register that cannot be read
    says nothing here (`check` names what is wrong with it)."""
    try:
        register = read_register(root)
    except Refusal:
        return
    found = check_members(register, case.tables["agencies"], case.settings, f"{case.year}/{case.group}")
    if wrong := [finding for finding in found if finding.severity == "error"]:
        raise Refusal(wrong)


def place_before(root: Path, case: Case) -> tuple[str, str] | None:
    """Year and group of the earlier year that a case continues; None where there is none."""
    linked = {(y, g) for y, g in rows_of(case.tables["links"], "from_year", "from_group") if y < case.year}
    there = [p for p in places(root) if p[0] < case.year and (p in linked or (not linked and p[1] == case.group))]
    return max(there, default=None)


@dataclass(frozen=True)
class Given:
    """A folder as it was read, before it is checked as a whole."""

    place: str
    settings: Settings | None
    tables: Mapping[str, pd.DataFrame]
    readable: frozenset[str]
    unreadable: frozenset[str]
    digests: Mapping[str, str]
    findings: tuple[Finding, ...]
    others: Mapping[str, Case] = field(default_factory=dict)

    def freeze(self, left_out: tuple[Finding, ...] = ()) -> Case:
        """Check everything, then make the Case. Raises Refusal with every error."""
        lacking = any(f.reason == "file_missing" for f in self.findings)
        try:
            if self.settings is None or self.unreadable or lacking:
                found = [*self.findings, *table_findings(self.tables, self.place, self.readable)]
                if self.settings is not None and "indicators" in self.readable:
                    found += build_tree(self.tables, self.settings, self.readable)[1]
                raise Refusal(found)
            parts = (self.tables, self.settings, self.digests, self.readable, self.findings, left_out, self.others)
            return freeze(*parts)
        except Refusal as refusal:
            raise Refusal(without_consequences(refusal.findings, f"{self.place}/{SETTINGS_FILE}")) from None


FOLLOWS = {  # what is said of tables where a key of index.toml was not what its author meant
    "total_sum": ("total", "aggregate"),
    "negative_rule": ("aggregate",),
    "zero_over_zero": ("zero_over_zero",),
    "answer_missing": ("missing",),
    "rule_share_range": ("total",),
}


def without_consequences(findings: Iterable[Finding], file: str) -> list[Finding]:
    """Errors less those that follow from a key that could not be read; all of them where nothing could be."""
    findings = list(findings)
    wrong = [f for f in findings if f.file == file and f.severity == "error" and f.reason != "total_sum"]
    keys = {f.column for f in wrong} | {f.facts.get("nearest") for f in wrong if f.reason == "key_unknown"}
    gone = {reason for reason, of in FOLLOWS.items() if keys & {*of, ""}}
    return [f for f in findings if f.reason not in gone]


LEDGER_TABLES = ("verdicts", "appeals", "evidence", "shared", "relations")


def set_aside(given: Given) -> Case:
    """Leave out what is wrong in the ledger until the rest holds. Raises Refusal for errors elsewhere."""
    left_out: list[Finding] = []
    while True:
        try:
            return given.freeze(tuple(left_out))
        except Refusal as refusal:
            errors = [f for f in refusal.findings if f.severity == "error"]
            if any(table_of(f, given.place) not in LEDGER_TABLES for f in errors):
                raise
            left_out += errors
            given = without(given, errors)


def table_of(finding: Finding, place: str) -> str:
    return finding.file.removeprefix(f"{place}/").removesuffix(".csv")


def without(given: Given, errors: list[Finding]) -> Given:
    """The folder less the rows of the errors; a table that cannot be read at all counts as empty."""
    tables = dict(given.tables)
    broken = {table_of(f, given.place) for f in errors if f.row is None or f.row not in tables_rows(given, f)}
    cells: set[tuple[str, str]] = set()
    for name in LEDGER_TABLES:
        rows = {f.row for f in errors if table_of(f, given.place) == name and f.reason != "evidence_empty"}
        frame = tables[name]
        if name in broken:
            frame = frame.iloc[0:0]
        elif rows and name in ("verdicts", "appeals"):
            bad = frame[frame.index.isin(rows)]
            cells |= set(zip(bad["agency"], bad["indicator"], strict=True))
            frame = frame[~frame.index.isin(rows)]
        else:
            frame = frame[~frame.index.isin(rows)]
        tables[name] = frame
    for name in ("verdicts", "appeals") if cells else ():
        frame = tables[name]
        safe = [
            row
            for row, *key in zip(frame.index, frame["agency"], frame["indicator"], strict=True)
            if tuple(key) not in cells
        ]
        tables[name] = frame[frame.index.isin(safe)]
    kept = tuple(f for f in given.findings if f not in errors)
    return replace(
        given,
        tables=tables,
        findings=kept,
        readable=given.readable | (given.unreadable & {"verdicts"}),  # verification has begun, read or not
        unreadable=given.unreadable - set(LEDGER_TABLES),
    )


def tables_rows(given: Given, finding: Finding) -> pd.Index:
    return given.tables[table_of(finding, given.place)].index


def read_folder(
    root: Path, year: str, group: str, documents: bool = False, new: Files = NOTHING, trail: tuple[str, ...] = ()
) -> Given:
    """Every file of one year and group. Raises Refusal where there is none.

    documents   look at the documents below evidence/ too
    new         files that count instead of those that stand there
    trail       the groups whose rows take this one's scores
    """
    wrong = check_place(year, group)
    if wrong:
        raise Refusal(wrong)
    folder, place = root / year / group, f"{year}/{group}"
    if not root.is_dir():
        raise Refusal([Finding("E_NOT_FOUND", "folder_missing", value=str(root))])
    for one in (root, root / year, folder):
        recover(one)
    if f"{place}/{SETTINGS_FILE}" not in new and not os.path.lexists(folder / SETTINGS_FILE):
        raise Refusal([no_case(root, place)])
    digests: dict[str, str] = {}
    data, findings = read_bytes(folder / SETTINGS_FILE, f"{place}/{SETTINGS_FILE}", digests, new)
    settings, found = read_settings(data, year, group) if data is not None else (None, [])
    findings += found
    files = {"reasons": (root / "reasons.csv", "reasons.csv")}
    files |= {name: (folder / f"{name}.csv", f"{place}/{name}.csv") for name in schema.CASE_TABLES}
    tables, readable = {}, set()
    for name, (path, shown) in files.items():
        tables[name], found = read_file(name, path, shown, digests, new)
        findings += found
        broken = tables[name].empty and any(f.severity == "error" for f in found)
        if (shown in new or path.is_file()) and not broken:
            readable.add(name)
    unreadable = {name for name, (path, shown) in files.items() if shown in new or os.path.lexists(path)} - readable
    usable, own = {files[name][1] for name in readable}, f"reasons.csv@{place}"

    def read(name: str) -> bytes:
        return b"" if name not in usable else new[name] if name in new else (root / name).read_bytes()

    digests.pop("reasons.csv", None)
    digests[own] = digest(part(own, read))
    if documents:
        tables["evidence"], looked_at, found = read_documents(folder, place, tables["evidence"])
        digests |= looked_at
        findings += found
    if nobody_answers(tables["indicators"]):
        idle = ("file_missing", "table_empty")
        findings = [f for f in findings if not (f.reason in idle and f.file == f"{place}/claims.csv")]
    others, found = read_others(root, year, tables["indicators"], f"{place}/indicators.csv", (*trail, group))
    for other in others.values():
        digests = {**other.digests, **digests}
    findings += found
    return Given(place, settings, tables, frozenset(readable), frozenset(unreadable), digests, tuple(findings), others)


def nobody_answers(indicators: pd.DataFrame) -> bool:
    """Whether every row takes its figures from other folders, so that there are no claims."""
    rows = indicators[indicators["rule"] != ""]
    return len(rows) > 0 and bool((rows["a_from"] != "").all())


def read_others(
    root: Path, year: str, indicators: pd.DataFrame, file: str, trail: tuple[str, ...]
) -> tuple[dict[str, Case], list[Finding]]:
    """The folders of the same year whose finished scores rows take, by group; each is named once where it cannot be
    used: it is not there, has errors of its own, or takes scores of one that takes its."""
    others: dict[str, Case] = {}
    findings: dict[str, Finding] = {}
    for column in ("a_from", "b_from"):
        for row, reference in indicators[column].items():
            group, _ = finished_node(reference)
            if not reference or group in others or group in findings:
                continue
            where = (file, int(row), column, reference)
            if group in trail:
                facts = {"circle": " → ".join([*trail[trail.index(group) :], group])}
                findings[group] = Finding("E_FRAMEWORK", "taken_circle", *where, facts)
                continue
            try:
                others[group] = read_folder(root, year, group, trail=trail).freeze()
            except Refusal as refusal:
                errors = [f.code for f in refusal.findings if f.severity == "error"]
                why: dict[str, object] = {"place": f"{year}/{group}", "why": errors[0], "n": len(errors)}
                findings[group] = Finding("E_FRAMEWORK", "taken_refused", *where, why)
    return others, list(findings.values())


def no_case(root: Path, place: str) -> Finding:
    """Nothing stands at that year and group: what does."""
    known = [f"{y}/{g}" for y, g in places(root)]
    if not known:
        return Finding("E_NOT_FOUND", "folder_empty", value=str(root))
    return Finding(
        "E_NOT_FOUND",
        "case_missing",
        place,
        facts={"nearest": nearest(place, known) or known[0], "known": ", ".join(known)},
    )


def look_at_settings(root: Path, year: str, group: str) -> Settings | None:
    """index.toml as far as it can be read (`check` says what is wrong in it); None where it cannot."""
    place = f"{year}/{group}/{SETTINGS_FILE}"
    data, _ = read_bytes(root / place, place, {})
    return read_settings(data, year, group)[0] if data is not None else None


def read_file(
    name: str, path: Path, shown: str, digests: dict[str, str], new: Files = NOTHING
) -> tuple[pd.DataFrame, list[Finding]]:
    """One table; a folder or a broken link in its place is an error, not an absent table."""
    if shown not in new and not os.path.lexists(path):
        lacking = [Finding("E_NOT_FOUND", "file_missing", shown)] if name in schema.REQUIRED_TABLES else []
        return empty(name), lacking
    data, findings = read_bytes(path, shown, digests, new)
    if data is None:
        return empty(name), findings
    frame, findings = read_table(name, data, shown)
    if frame.empty and not findings:
        code = "E_EMPTY" if name in ("indicators", "agencies") else "W_EMPTY"
        findings = [Finding(code, "table_empty", shown)]
    return frame, findings


def check(
    root: str | Path,
    year: str | int | None = None,
    group: str | None = None,
    also: Callable[[Case], Iterable[Finding]] = lambda case: (),
) -> list[Finding]:
    """Every breach of the contract in a data folder, or in one year, or in one year and group.

    also   what else is said of each case that could be read

    Returns findings, errors and warnings; an empty list means that everything holds.
    """
    root = Path(root)
    if not root.is_dir():
        return [Finding("E_NOT_FOUND", "folder_missing", value=str(root))]
    chosen = places(root, str(year) if year is not None else None, group)
    findings = check_root(root)
    if group is None:
        findings += misplaced(root, str(year) if year is not None else None)
    if not chosen:
        findings.append(no_case(root, "/".join(str(p) for p in (year, group) if p is not None)))
    register, _ = read_file("register", root / "register.csv", "register.csv", {})
    sets: dict[tuple[str, str], Framework] = {}  # places() gives them year by year, so earlier ones are known
    for at_year, at_group in chosen:
        place = f"{at_year}/{at_group}"
        try:
            given = read_folder(root, at_year, at_group)
        except Refusal as refusal:
            findings += refusal.findings
            continue
        try:
            case = given.freeze()
        except Refusal as refusal:
            findings += [*refusal.findings, *check_chain(given.tables["approvals"], place)]
            if given.settings is not None:
                findings += check_members(register, given.tables["agencies"], given.settings, place)
        else:
            _, _, documents = read_documents(root / at_year / at_group, place, case.evidence)
            dates = dated_outside(place, case.evidence, case.settings.period_from, case.settings.period_to)
            findings += [*case.findings, *documents, *dates, *check_beside(root, case, register), *also(case)]
            findings += check_continues(root, case, sets)
            sets[at_year, at_group] = case.framework
    return unique(findings)


def check_beside(
    root: Path, case: Case, register: pd.DataFrame, new: Files = NOTHING, answers: bool = False
) -> list[Finding]:
    """What holds only together with what stands beside a case: its scenarios and sign-offs, who was there.

    new      as in `read_folder`
    answers  as in `check_scenarios`
    """
    place = f"{case.year}/{case.group}"
    return [
        *check_scenarios(root, case, new.get(f"{place}/scenarios.toml"), answers),
        *check_chain(case.approvals, place),
        *check_members(register, case.tables["agencies"], case.settings, place),
        *chain.from_iterable(look_at_log(root, place, name)[1] for name in schema.LOGS),
    ]


def check_continues(root: Path, case: Case, sets: Mapping[tuple[str, str], Framework]) -> list[Finding]:
    """What holds only together with the index sets that a case continues; `sets` are known already."""
    place, links = f"{case.year}/{case.group}", case.tables["links"]
    earlier = {**sets, **earlier_sets(root, links, sets)}
    return [
        *check_reach(links, case.year, place, places(root)),
        *check_links(links, case.framework, case.year, place, earlier),
        *check_size(case.settings, f"{place}/{SETTINGS_FILE}", place_before(root, case), earlier),
        *check_previous(case, earlier_cases(root, {at for at, _ in linked(case).values()})),
    ]


def earlier_cases(root: Path, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Case]:
    """Earlier years whose figures are asked for; one that is not there or cannot be read is left out."""
    found = {}
    for place in wanted:
        if not check_place(*place) and os.path.lexists(root.joinpath(*place, SETTINGS_FILE)):
            try:
                found[place] = read_case(root, *place)
            except Refusal:
                continue  # its own check says why
    return found


def earlier_sets(root: Path, links: pd.DataFrame, known: Container) -> dict[tuple[str, str], Framework]:
    """The index sets that links point to and nobody has read yet; one that cannot be read is left out."""
    found = {}
    for place in dict.fromkeys(rows_of(links, "from_year", "from_group")):
        settings = root.joinpath(*place, SETTINGS_FILE)
        if place not in known and not check_place(*place) and os.path.lexists(settings):
            try:
                found[place] = read_to_ask(root, *place).framework
            except Refusal:
                continue  # its own check says why
    return found


def misplaced(root: Path, year: str | None) -> list[Finding]:
    """Folders with tables in them that no command would ever look at."""
    found = []
    for path in sorted({table.parent for table in root.glob("*/*/*.csv") if table.stem in schema.CASE_TABLES}):
        at_year, at_group = path.parent.name, path.name
        if year in (None, at_year) and (check_place(at_year, at_group) or not os.path.lexists(path / SETTINGS_FILE)):
            reason = "folder_name" if check_place(at_year, at_group) else "index_missing"
            found.append(Finding("E_NOT_FOUND", reason, f"{at_year}/{at_group}", value=f"{at_year}/{at_group}"))
    return found


def unique(findings: Iterable[Finding]) -> list[Finding]:
    """Each finding once (reasons.csv is read with every case)."""
    seen: dict[tuple, Finding] = {}
    for f in findings:
        seen.setdefault(
            (f.code, f.reason, f.file, f.row, f.column, f.value, tuple(sorted(f.facts.items(), key=str))), f
        )
    return list(seen.values())


def check_root(root: Path, new: Files = NOTHING) -> list[Finding]:
    """register.csv and lineage.csv: needed for comparisons only, checked when present."""
    findings: list[Finding] = []
    tables: dict[str, pd.DataFrame] = {}
    for name in schema.ROOT_TABLES:
        path = root / f"{name}.csv"
        if path.name in new or os.path.lexists(path):
            tables[name], found = read_file(name, path, path.name, {}, new)
            findings += found
    for name, frame in tables.items():
        findings += check_cells(name, frame, f"{name}.csv") + check_references(name, frame, f"{name}.csv", tables)
    if "register" in tables:
        findings += check_lineage(tables["register"], tables.get("lineage", empty("lineage")))
    return findings


def read_register(root: str | Path) -> pd.DataFrame:
    """register.csv, all agencies that ever were; empty where there is none. Raises Refusal where it is wrong."""
    return read_root(Path(root), "register")


def read_log(root: str | Path, year: str | int, group: str, name: str) -> pd.DataFrame:
    """forms/received.csv, every form that was taken in, or forms/returned.csv, every form that was sent back to be
    corrected and when it was answered ("" not yet).

    Returns the columns of the contract as text; empty where there is none. Raises Refusal where the file is wrong.
    """
    frame, findings = look_at_log(Path(root), f"{year}/{group}", name)
    errors = [f for f in findings if f.severity == "error"]
    if errors:
        raise Refusal(errors)
    return frame


def look_at_log(root: Path, place: str, name: str) -> tuple[pd.DataFrame, list[Finding]]:
    shown = f"{place}/forms/{name}.csv"
    frame, findings = read_file(name, root / shown, shown, {})
    return frame, [*findings, *check_cells(name, frame, shown)]


def read_lineage(root: str | Path) -> pd.DataFrame:
    """lineage.csv, who became whom; empty where there is none. Raises Refusal where it, or the register, is wrong."""
    errors = [f for f in check_root(Path(root)) if f.severity == "error" and f.file != "reasons.csv"]
    if errors:
        raise Refusal(errors)
    return read_root(Path(root), "lineage")


def read_root(root: Path, name: str) -> pd.DataFrame:
    """A table that stands beside the years; empty where there is none. Raises Refusal where it is wrong."""
    recover(root)
    path = root / f"{name}.csv"
    if not os.path.lexists(path):
        return empty(name)
    frame, findings = read_file(name, path, path.name, {})
    if any(f.severity == "error" for f in findings):
        raise Refusal(findings)
    return frame


def root_digests(root: str | Path, names: Iterable[str]) -> dict[str, str]:
    """The digests of tables that stand beside the years, by file name, where there are any."""
    digests: dict[str, str] = {}
    for name in names:
        if os.path.lexists(Path(root) / f"{name}.csv"):
            read_bytes(Path(root) / f"{name}.csv", f"{name}.csv", digests)
    return digests
