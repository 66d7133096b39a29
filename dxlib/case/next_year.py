"""The next year's folder, proposed from an earlier one: what stays is copied, what must be decided is left open."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .. import schema
from ..atomic import put_all
from ..errors import Finding, Refusal
from .case import Case
from .judging import must_hold
from .read import check_place, places, read_root, read_to_ask
from .scenarios import read_scenarios
from .settings import FILE as SETTINGS_FILE
from .tables import as_csv, rows_of

COPIED = ("indicators", "choices", "relations")
TABLE = re.compile(r"""\s*\[\[?\s*("[^"]*"|'[^']*'|[^\s.\]]+)""")
MOVED = ("scope_before", "scope_from")  # what happened during one year
FOR_THE_YEAR = ("decision", "decision_date")
DAY = re.compile(r"(?<![0-9])([0-9]{4})-([0-9]{2})-([0-9]{2})(?![0-9])")


@dataclass(frozen=True)
class Proposed:
    """What was proposed for one group.

    kept, ended, new   agencies; the new ones are the successors that lineage.csv names
    links              rows of the index set proposed as the same
    left_out           scenarios that try points: these are of their year
    """

    year: str
    group: str
    kept: tuple[str, ...]
    ended: tuple[str, ...]
    new: tuple[str, ...]
    links: int
    left_out: tuple[str, ...] = ()

    @property
    def nobody(self) -> bool:
        return not self.kept and not self.new


def new_year(root: str | Path, year: str | int, before: str | int, groups: Iterable[str] = ()) -> list[Proposed]:
    """Make `<root>/<year>/<group>/` for every group of an earlier year (or those named).

    Copied: the index set, its choices and relations, scenarios but those that try points, the policies. Shifted: all
    dates of index.toml, and the year in its titles. Proposed: links.csv, every row the same as before; agencies.csv,
    those of the register on the last day of the new period, with the successors of the ended ones. Left empty: decision
    and its date. Not copied: claims, evidence, verdicts, appeals, sign-offs, exemptions and the list of shared
    documents: they belong to their year.

    All groups or none appear; one whose agencies have all ended without a successor is named, not made. Raises Refusal:
    a group is there already, or the earlier year is wrong.
    """
    root, year, before = Path(root), str(year), str(before)
    findings = [f for y in (year, before) for f in check_place(y, "group")]
    if findings:
        raise Refusal(findings)
    if not root.is_dir():
        raise Refusal([Finding("E_NOT_FOUND", "folder_missing", value=str(root))])
    chosen = list(groups) or [group for _, group in places(root, before)]
    if not chosen:
        raise Refusal([Finding("E_NOT_FOUND", "folder_empty", value=f"{root}/{before}")])
    there = [group for group in chosen if (root / year / group).exists()]
    findings = [Finding("E_EXISTS", "year_there", f"{year}/{group}") for group in there]
    if findings:
        raise Refusal(findings)
    made: list[Proposed] = []
    with tempfile.TemporaryDirectory() as scratch:
        for group in chosen:
            case = read_to_ask(root, before, group)
            folder = Path(scratch) / group
            folder.mkdir()
            made.append(propose(root, case, year, folder))
            if made[-1].nobody:
                shutil.rmtree(folder)
        files = {p.relative_to(scratch).as_posix(): p.read_bytes() for p in Path(scratch).rglob("*") if p.is_file()}
    try:
        must_hold(root, {f"{year}/{path}": data for path, data in files.items()})
    except Refusal as refusal:  # a scenario is copied as it stands: what is wrong with it is corrected there
        raise Refusal([copied(finding, str(before)) for finding in refusal.findings]) from None
    if not files:  # nobody is left anywhere
        return made
    put_all(root / year, files, still=lambda: not any((root / year / group).exists() for group in chosen))
    return made


def copied(finding: Finding, before: str) -> Finding:
    """A finding of a scenario, at the file of the earlier year."""
    place = finding.file.partition("/")[2]
    return replace(finding, file=f"{before}/{place}") if place.endswith("/scenarios.toml") else finding


def propose(root: Path, case: Case, year: str, folder: Path) -> Proposed:
    """The files of one group."""
    old = root / case.year / case.group
    known_size = case.settings.comparison["size"] in ("", *case.framework.nodes)
    settings = shifted((old / SETTINGS_FILE).read_text(encoding="utf-8-sig"), case.year, year, known_size)
    (folder / SETTINGS_FILE).write_text(settings, encoding="utf-8", newline="\n")
    for name in (f"{table}.csv" for table in COPIED):
        if (old / name).is_file():
            (folder / name).write_bytes((old / name).read_bytes())
    if os.path.lexists(old / "scenarios.toml"):
        read_scenarios(root, f"{case.year}/{case.group}/scenarios.toml")  # or it is refused
    scenarios, left_out = of_any_year(old / "scenarios.toml")
    if scenarios.strip():
        (folder / "scenarios.toml").write_text(scenarios, encoding="utf-8", newline="\n")
    codes = case.indicators["code"].tolist()
    links = [(code, case.year, case.group, code, "same", "") for code in codes]
    (folder / "links.csv").write_bytes(as_csv(schema.columns("links"), links))
    (folder / "claims.csv").write_bytes(as_csv(schema.columns("claims"), ()))
    kept, ended, new = members(root, case, year)
    known = {row["agency"]: row for row in case.agencies.to_dict("records")}
    register = {row["agency"]: row for row in read_root(root, "register").to_dict("records")}
    columns = schema.columns("agencies")
    rows = [known.get(a) or {"ranked": "yes", **register[a]} for a in (*kept, *new)]
    lines = (["" if c in MOVED else row.get(c, "") for c in columns] for row in rows)
    (folder / "agencies.csv").write_bytes(as_csv(columns, lines))
    return Proposed(year, case.group, kept, ended, new, len(links), left_out)


def of_any_year(file: Path) -> tuple[str, tuple[str, ...]]:
    """scenarios.toml without those that try points, and the names of what is left out: all of them where the file
    cannot be parted."""
    text = file.read_text(encoding="utf-8-sig") if file.is_file() else ""
    there = read_toml(text)
    left_out = tuple(name for name, one in there.items() if isinstance(one, dict) and one.get("points"))
    kept, passed = [], False
    for line in text.split("\n") if left_out else ():
        if head := TABLE.match(line):
            passed = head[1].strip("\"'") in left_out
        if not passed:
            kept.append(line)
    rest = {name: one for name, one in there.items() if name not in left_out}
    parted = "\n".join(kept).rstrip("\n") + "\n" if left_out else text
    return (parted, left_out) if read_toml(parted) == rest else ("", tuple(there))


def read_toml(text: str) -> dict[str, Any]:
    """What a file says; nothing where it cannot be read (`check` says so)."""
    try:
        return tomllib.loads(text)
    except ValueError:
        return {}


def members(root: Path, case: Case, year: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """(kept, ended, new) agencies on the last day of the new period; without a register everybody stays."""
    agencies = case.agencies["agency"].tolist()
    register = {
        a: (start, end) for a, start, end in rows_of(read_root(root, "register"), "agency", "valid_from", "valid_to")
    }
    last = later(case.settings.period_to, case.year, year) or f"{year}-12-31"

    def stands(agency: str) -> bool:
        start, end = register.get(agency, ("", ""))
        return start <= last and (not end or end >= last)

    kept = tuple(a for a in agencies if stands(a))
    ended = tuple(a for a in agencies if not stands(a))
    heirs: dict[str, list[str]] = {}
    for day, old, heir in rows_of(read_root(root, "lineage"), "date", "from", "to"):
        if day <= last:
            heirs.setdefault(old, []).append(heir)
    new: dict[str, None] = {}
    left, seen = list(ended), set(ended)
    while left:
        for heir in heirs.get(left.pop(0), ()):
            if heir not in seen:
                seen.add(heir)
                if heir in register and stands(heir) and heir not in kept:
                    new[heir] = None
                elif not stands(heir):
                    left.append(heir)
    return kept, ended, tuple(new)


def later(day: str, before: str, year: str) -> str:
    """The same day as many years later (29 February becomes 28); "" stays."""
    found = DAY.fullmatch(day)
    if not found:
        return ""
    moved = int(found[1]) + int(year) - int(before)
    leap = moved % 4 == 0 and (moved % 100 != 0 or moved % 400 == 0)
    date = "28" if (found[2], found[3]) == ("02", "29") and not leap else found[3]
    return f"{moved:04}-{found[2]}-{date}"


def shifted(text: str, before: str, year: str, known_size: bool = True) -> str:
    """index.toml for another year: line by line, so that comments and order stay.

    known_size   whether the row that weighs mergers is one of the index set that is continued
    """
    lines = []
    table = ""
    for line in text.rstrip("\n").split("\n"):  # a text may hold what else `splitlines` takes for an end
        key = line.partition("=")[0].strip()
        if line.lstrip().startswith("["):
            table = line.strip(" []")
        if (not table and key in FOR_THE_YEAR) or (not known_size and table == "comparison" and key == "size"):
            continue
        if table == "comparison" and key in ("merged", "merged_mean"):
            continue  # what one decision ordered of one year
        if not table and (key == "year" or key.startswith("title")):
            line = line.replace(before, year)
        elif key and not line.lstrip().startswith("#"):
            line = DAY.sub(lambda found: later(found[0], before, year), line)
        lines.append(line)
    return "\n".join(lines) + "\n"
