"""Read one year and group of a data folder, or check a whole one: what stands where, byte for byte."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from .. import schema
from ..errors import Finding, Refusal, nearest
from .case import Case, freeze, table_findings
from .cells import check_cells, check_references
from .scenarios import check_scenarios
from .settings import FILE as SETTINGS_FILE
from .settings import read_settings
from .tables import empty, read_table

YEAR = re.compile(r"[0-9]{4}", re.ASCII)
GROUP = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}", re.ASCII)
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(1, 10))}


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
    folders = [
        (y.name, g.name)
        for y in root.iterdir()
        if y.is_dir() and YEAR.fullmatch(y.name)
        for g in y.iterdir()
        if (g / SETTINGS_FILE).is_file() and GROUP.fullmatch(g.name)
    ]
    return sorted(p for p in folders if year in (None, p[0]) and group in (None, p[1]))


def read_case(root: str | Path, year: str | int, group: str) -> Case:
    """Read, check and freeze one year and group.

    root    the data folder
    year    e.g. 2025; group, e.g. "communes"

    Raises Refusal with every error of the folder at once.
    """
    year, root = str(year), Path(root)
    misplaced = check_place(year, group)
    if misplaced:
        raise Refusal(misplaced)
    folder, place = root / year / group, f"{year}/{group}"
    if not root.is_dir():
        raise Refusal([Finding("E_NOT_FOUND", "folder_missing", value=str(root))])
    if not (folder / SETTINGS_FILE).is_file():
        raise Refusal([no_case(root, place)])
    digests: dict[str, str] = {}
    data, findings = read_bytes(folder / SETTINGS_FILE, f"{place}/{SETTINGS_FILE}", digests)
    settings, found = read_settings(data, year, group) if data is not None else (None, [])
    findings += found
    files = {"reasons": (root / "reasons.csv", "reasons.csv")}
    files |= {name: (folder / f"{name}.csv", f"{place}/{name}.csv") for name in schema.CASE_TABLES}
    tables, readable = {}, set()
    for name, (path, shown) in files.items():
        tables[name], found = read_file(name, path, shown, digests)
        findings += found
        broken = tables[name].empty and any(f.severity == "error" for f in found)
        if path.is_file() and not broken:
            readable.add(name)
    unreadable = {name for name, (path, _) in files.items() if os.path.lexists(path)} - readable
    if settings is None or unreadable or any(f.reason == "file_missing" for f in findings):
        raise Refusal([*findings, *table_findings(tables, place, readable)])
    return freeze(tables, settings, digests, frozenset(readable), before=findings)


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


def read_bytes(path: Path, shown: str, digests: dict[str, str]) -> tuple[bytes | None, list[Finding]]:
    """A file's bytes, its digest noted; None with a finding for what cannot be read as a file."""
    try:
        data = path.read_bytes()
    except OSError as error:
        return None, [Finding("E_IO", "io", shown, facts={"detail": error.strerror or type(error).__name__})]
    digests[shown] = hashlib.sha256(data).hexdigest()
    return data, []


def read_file(name: str, path: Path, shown: str, digests: dict[str, str]) -> tuple[pd.DataFrame, list[Finding]]:
    """One table; a folder or a broken link in its place is an error, not an absent table."""
    if not os.path.lexists(path):
        lacking = [Finding("E_NOT_FOUND", "file_missing", shown)] if name in schema.REQUIRED_TABLES else []
        return empty(name), lacking
    data, findings = read_bytes(path, shown, digests)
    if data is None:
        return empty(name), findings
    frame, findings = read_table(name, data, shown)
    if frame.empty and not findings:
        code = "E_EMPTY" if name in ("indicators", "agencies") else "W_EMPTY"
        findings = [Finding(code, "table_empty", shown)]
    return frame, findings


def check(root: str | Path, year: str | int | None = None, group: str | None = None) -> list[Finding]:
    """Every breach of the contract in a data folder, or in one year, or in one year and group.

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
    for at_year, at_group in chosen:
        try:
            case = read_case(root, at_year, at_group)
        except Refusal as refusal:
            findings += refusal.findings
        else:
            findings += [*case.findings, *check_scenarios(root, case)]
    return unique(findings)


def misplaced(root: Path, year: str | None) -> list[Finding]:
    """Folders with tables in them that no command would ever look at."""
    found = []
    for path in sorted({table.parent for table in root.glob("*/*/*.csv") if table.stem in schema.CASE_TABLES}):
        at_year, at_group = path.parent.name, path.name
        if year in (None, at_year) and (check_place(at_year, at_group) or not (path / SETTINGS_FILE).is_file()):
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


def check_root(root: Path) -> list[Finding]:
    """register.csv and lineage.csv: needed for comparisons only, checked when present."""
    findings: list[Finding] = []
    tables: dict[str, pd.DataFrame] = {}
    for name in schema.ROOT_TABLES:
        path = root / f"{name}.csv"
        if path.is_file():
            tables[name], found = read_file(name, path, path.name, {})
            findings += found
    for name, frame in tables.items():
        findings += check_cells(name, frame, f"{name}.csv") + check_references(name, frame, f"{name}.csv", tables)
    return findings
