"""The next year's folder, proposed from an earlier one: what stays is copied, what must be decided is left open."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .. import schema
from ..atomic import put_all
from ..errors import Finding, Refusal
from .case import Case
from .read import check_place, places, read_root, read_to_ask
from .settings import FILE as SETTINGS_FILE
from .tables import as_csv, rows_of

COPIED = ("indicators", "choices", "relations")
FOR_THE_YEAR = ("decision", "decision_date")
DAY = re.compile(r"(?<![0-9])([0-9]{4})-([0-9]{2})-([0-9]{2})(?![0-9])")


@dataclass(frozen=True)
class Proposed:
    """What was proposed for one group.

    kept, ended, new   agencies; the new ones are the successors that lineage.csv names
    links              rows of the index set proposed as the same
    """

    year: str
    group: str
    kept: tuple[str, ...]
    ended: tuple[str, ...]
    new: tuple[str, ...]
    links: int


def new_year(root: str | Path, year: str | int, before: str | int, groups: Iterable[str] = ()) -> list[Proposed]:
    """Make `<root>/<year>/<group>/` for every group of an earlier year (or those named).

    Copied: the index set, its choices and relations, scenarios, the policies. Shifted: all dates of index.toml, and the
    year in its titles. Proposed: links.csv, every row the same as before; agencies.csv, those of the register on the
    last day of the new period, with the successors of the ended ones. Left empty: decision and its date. Not copied:
    claims, evidence, verdicts, appeals, sign-offs, exemptions and the list of shared documents: they belong to their
    year.

    All groups or none appear. Raises Refusal: a group is there already, or the earlier year is wrong.
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
        files = {p.relative_to(scratch).as_posix(): p.read_bytes() for p in Path(scratch).rglob("*") if p.is_file()}
    put_all(root / year, files)
    return made


def propose(root: Path, case: Case, year: str, folder: Path) -> Proposed:
    """The files of one group."""
    old = root / case.year / case.group
    settings = shifted((old / SETTINGS_FILE).read_text(encoding="utf-8-sig"), case.year, year)
    (folder / SETTINGS_FILE).write_text(settings, encoding="utf-8", newline="\n")
    for name in (*(f"{table}.csv" for table in COPIED), "scenarios.toml"):
        if (old / name).is_file():
            (folder / name).write_bytes((old / name).read_bytes())
    codes = case.indicators["code"].tolist()
    links = [(code, case.year, case.group, code, "same", "") for code in codes]
    (folder / "links.csv").write_bytes(as_csv(schema.columns("links"), links))
    (folder / "claims.csv").write_bytes(as_csv(schema.columns("claims"), ()))
    kept, ended, new = members(root, case, year)
    known = {row["agency"]: row for row in case.agencies.to_dict("records")}
    register = {row["agency"]: row for row in read_root(root, "register").to_dict("records")}
    columns = schema.columns("agencies")
    rows = [known.get(a) or {"ranked": "yes", **register[a]} for a in (*kept, *new)]
    lines = ([row.get(c, "") for c in columns] for row in rows)
    (folder / "agencies.csv").write_bytes(as_csv(columns, lines))
    return Proposed(year, case.group, kept, ended, new, len(links))


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


def shifted(text: str, before: str, year: str) -> str:
    """index.toml for another year: line by line, so that comments and order stay."""
    lines = []
    table = ""
    for line in text.splitlines():
        key = line.partition("=")[0].strip()
        if line.lstrip().startswith("["):
            table = line.strip(" []")
        if not table and key in FOR_THE_YEAR:
            continue
        if not table and (key == "year" or key.startswith("title")):
            line = line.replace(before, year)
        elif key and not line.lstrip().startswith("#"):
            line = DAY.sub(lambda found: later(found[0], before, year), line)
        lines.append(line)
    return "\n".join(lines) + "\n"
