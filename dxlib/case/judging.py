"""The one judge of every command that writes to a data folder: nothing is written that `check` would refuse."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from .. import schema
from ..atomic import bytes_of, put, put_all
from ..errors import Finding, Refusal
from .documents import FOLDER, read_documents
from .framework import Framework
from .lineage import check_members
from .links import check_links, check_size
from .read import (
    check_beside,
    check_continues,
    check_root,
    look_at_settings,
    place_before,
    places,
    read_file,
    read_folder,
    read_to_ask,
    unique,
)
from .settings import FILE as SETTINGS_FILE
from .tables import NOTHING, Files, rows_of

AWAITED = ("answer_missing", "indicator_absent", "evidence_missing")  # what others still have to send
SETS = ("indicators.csv", "links.csv", SETTINGS_FILE)  # what joins the index sets of two years
Place = tuple[str, str]


def judge(root: str | Path, new: Files, whole: Collection[str] = ()) -> list[Finding]:
    """What `check` would say once these files stood in a data folder.

    new     path below the folder -> bytes
    whole   places (`2025/departments`) whose tables are all written: what is wrong in them counts, old or new

    Returns the findings about the places that are written to, and about what they would break elsewhere: the agencies
    of other years, the links of later ones. An error that `check` names already is no matter of this write. Documents
    are opened only where their line in evidence.csv is new.
    """
    root = Path(root)
    found = findings_after(root, new, new)
    if not any(f.severity == "error" for f in found):
        return found
    stood = Counter(map(identity, findings_after(root, NOTHING, new, whole)))
    return [f for f in found if f.severity != "error" or is_new(f, stood)]


def must_hold(root: str | Path, new: Files) -> None:
    """Nothing is wrong with these files in the data folder but what others still have to send. Raises Refusal."""
    wrong = [f for f in judge(root, new) if f.severity == "error" and f.reason not in AWAITED]
    if wrong:
        raise Refusal(wrong)


def store(path: Path, data: bytes, root: Path) -> None:
    """A file, whole or not at all; below the data folder by the door of all that is written there. Raises Refusal for a
    folder."""
    if path.is_dir() or not path.name:
        raise Refusal([Finding("E_IO", "output_folder", value=str(path))])
    if path.resolve().is_relative_to(root.resolve()):
        among_data(path.resolve().relative_to(root.resolve()), data, root)
    elif path.exists() and not path.is_file():  # a pipe or a device is written to, not replaced
        path.write_bytes(data)
    else:
        put(path, data)


def among_data(file: Path, data: bytes, root: Path) -> None:
    """A table of the contract is judged before it is replaced; nothing else that stands there is. Raises Refusal."""
    place = root / file
    (root / file.parent).stat()  # a folder that is not there is not made
    known = {1: schema.ROOT_TABLES, 3: schema.CASE_TABLES}.get(len(file.parts), ())
    table = file.suffix == ".csv" and file.stem in known
    if not table and place.exists():
        raise Refusal([Finding("E_EXISTS", "file_exists", value=str(place))])
    stood = bytes_of(place)
    must_hold(root, {file.as_posix(): data})
    folder = root.joinpath(*file.parts[:2]) if len(file.parts) > 2 else root  # where its other writers lock
    put_all(folder, {place.relative_to(folder).as_posix(): data}, still=lambda: bytes_of(place) == stood)


def is_new(finding: Finding, stood: Counter) -> bool:
    """Whether an error was not there before, each counted once."""
    stood[identity(finding)] -= 1
    return stood[identity(finding)] < 0


def identity(finding: Finding) -> tuple[str, ...]:
    """What makes two findings the same, whatever row it moved to."""
    return finding.code, finding.reason, finding.file, finding.column, finding.value


def findings_after(root: Path, new: Files, written: Collection[str], passed: Collection[str] = ()) -> list[Finding]:
    """What `check` would say about all that these paths can change.

    new      as in `judge`; without any, what it says now
    passed   places whose own tables are passed over where they are wrong
    """
    findings: list[Finding] = []
    at = list(dict.fromkeys((parts[0], parts[1]) for path in written if len(parts := path.split("/")) > 2))
    register, _ = read_file("register", root / "register.csv", "register.csv", {}, new)
    if any(f"{name}.csv" in written for name in schema.ROOT_TABLES):
        findings += check_root(root, new)
        others = [place for place in (places(root) if root.is_dir() else ()) if place not in at]
        findings += [f for place in others for f in members(root, place, register)]
    for place in at:
        try:
            case = read_folder(root, *place, new=new).freeze()
        except Refusal as refusal:
            findings += () if "/".join(place) in passed else refusal.findings
            continue
        shown = "/".join(place)
        files = {path.removeprefix(f"{shown}/") for path in written if path.startswith(f"{shown}/")}
        answers = files.isdisjoint((*SETS, "choices.csv", "agencies.csv", "scenarios.toml"))
        findings += [*case.findings, *brought(root, shown, new)]
        findings += check_beside(root, case, register, new, answers)
        if not files.isdisjoint(SETS):
            findings += [*check_continues(root, case, {}), *continued(root, place, case.framework)]
    return unique(findings)


def members(root: Path, place: Place, register: pd.DataFrame) -> list[Finding]:
    """Who is assessed at a place, against a register; nothing where that cannot be read (`check` says why)."""
    folder, shown = root / place[0] / place[1], "/".join(place)
    settings = look_at_settings(root, *place)
    agencies, _ = read_file("agencies", folder / "agencies.csv", f"{shown}/agencies.csv", {})
    return check_members(register, agencies, settings, shown) if settings else []


def brought(root: Path, place: str, new: Files) -> list[Finding]:
    """Documents of lines that are new in evidence.csv and whose document does not come with them."""
    shown = f"{place}/evidence.csv"
    if shown not in new:
        return []
    then, _ = read_file("evidence", root / shown, shown, {})
    now, _ = read_file("evidence", root / shown, shown, {}, new)
    known = set(rows_of(then, "file", "sha256"))
    below = f"{place}/{FOLDER}/"
    known |= {(p.removeprefix(below), hashlib.sha256(b).hexdigest()) for p, b in new.items() if p.startswith(below)}
    fresh = now.loc[[line not in known for line in rows_of(now, "file", "sha256")]]
    return [f for f in read_documents(root / place, place, fresh)[2] if f.severity == "error"]


def continued(root: Path, place: Place, framework: Framework) -> list[Finding]:
    """The links of later years to this index set."""
    findings: list[Finding] = []
    for later in places(root):
        if later[0] <= place[0]:
            continue
        shown = "/".join(later)
        links, _ = read_file("links", root / shown / "links.csv", f"{shown}/links.csv", {})
        linked = set(rows_of(links, "from_year", "from_group"))
        if place not in linked and (linked or later[1] != place[1]):
            continue
        try:
            case = read_to_ask(root, *later)
        except Refusal:
            continue  # its own check says why
        findings += check_links(case.tables["links"], case.framework, case.year, shown, {place: framework})
        file = f"{shown}/{SETTINGS_FILE}"
        findings += check_size(case.settings, file, place_before(root, case), {place: framework})
    return findings
