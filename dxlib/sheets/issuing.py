"""Write the forms of a year and group into a folder: all of them, or none."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ..atomic import put
from ..case import read_before, read_case, read_for_verification, read_register, read_to_ask
from ..errors import Finding, Refusal
from ..languages import OFFICIAL
from ..moves import patient
from ..verify import open_items
from ..words import name
from .copies import FOLDER, copy_of, name_of, received_of
from .form import Wording, forms
from .taking_in import Issued
from .worklist_workbook import CAPACITY, items, worklist_book
from .write import write


def issue(
    root: str | Path,
    year: str | int,
    group: str,
    folder: Path,
    stage: str = "claim",
    lang: str = OFFICIAL,
    progress: Callable[[int, int, str], None] | None = None,
) -> list[Path]:
    """One workbook per agency (per lead owner where the group is a single unit), named by its id.

    root      the data folder
    folder    new or empty; it appears with all forms, or not at all
    stage     claim: the self-assessment; appeal: the verdicts and a place to contest them
    lang      of the form; names that exist in one language only stay in it
    progress  called with (done, all, file name)

    Returns the files, in the order of agencies.csv. The same data give the same bytes. Raises Refusal.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refusal([Finding("E_EXISTS", "folder_not_empty", value=str(folder))])
    case = read_to_ask(root, year, group) if stage == "claim" else read_case(root, year, group)
    if not case.has_claims:
        raise Refusal([Finding("E_STATE", "forms_nothing", f"{year}/{group}/indicators.csv", column="source")])
    register = read_register(root)
    names = {row["agency"]: name(row, lang) for row in register.to_dict("records")}
    workbooks = list(forms(case, read_before(root, case).case, names, stage, lang))
    if not workbooks:
        raise Refusal([Finding("E_STATE", "no_verdicts", f"{year}/{group}", facts={"place": f"{year}/{group}"})])
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".forms-") as scratch:
        made = Path(scratch) / "forms"
        made.mkdir(mode=0o755)
        files = []
        for done, (to, book) in enumerate(workbooks, start=1):
            file = f"{year}-{group}-{to.id}{'-appeal' if stage == 'appeal' else ''}.xlsx"
            (made / file).write_bytes(write(book))
            files.append(file)
            if progress:
                progress(done, len(workbooks), file)
        if folder.is_dir():
            patient(folder.rmdir)
        patient(made.rename, folder)
    return [folder / file for file in files]


class Listed(NamedTuple):
    """Items listed, open items in all, copies of received forms beside the list, and why others could not be made."""

    items: int
    open: int
    copies: int
    findings: list[Finding]


def worklist(
    root: str | Path,
    year: str | int,
    group: str,
    file: Path,
    capacity: int = CAPACITY,
    seed: int | None = None,
    lang: str = OFFICIAL,
) -> Listed:
    """The open items to decide next as a workbook, a sheet per verifier and one of the appeals; beside it, in
    `received/`, harmless copies of the forms that they were claimed in, to which it points.

    capacity   claims taken by risk
    seed       of the drawn ones; that of index.toml, as on the published page on verification, when not given

    List after list leaves nothing open. Raises Refusal.
    """
    check_new(file)
    case = read_for_verification(root, year, group)
    place = f"{year}/{group}"
    waiting = len(open_items(case))
    if not waiting:
        raise Refusal([Finding("E_STATE", "worklist_nothing", place, facts={"place": place})])
    if case.tables["reasons"].empty:
        raise Refusal([Finding("E_REQUIRED", "reasons_none", "reasons.csv", facts={"year": year, "group": group})])
    before = read_before(root, case).case
    names = {row["agency"]: name(row, lang) for row in read_register(root).to_dict("records")}
    listed = items(case, before, capacity, case.settings.sensitivity["seed"] if seed is None else seed)
    words, folder = Wording(case, before, names, lang), Path(root) / place
    received = received_of(case, folder, listed)
    issued = Issued(case, Path(root))
    made = {name_of(row): copy_of(row, folder, words, issued) for row in received.values()}
    copies = {name: copy for name, copy in made.items() if isinstance(copy, bytes)}
    pointers = {cell: f"{FOLDER}/{name_of(row)}" for cell, row in received.items() if name_of(row) in copies}
    book = worklist_book(words, listed, pointers)
    assert book is not None
    if copies:
        (file.parent / FOLDER).mkdir(exist_ok=True)
    for name_, copy in copies.items():
        put(file.parent / FOLDER / name_, copy)
    put(file, write(book))
    return Listed(len(listed), waiting, len(copies), [copy for copy in made.values() if isinstance(copy, Finding)])


def check_new(file: Path) -> None:
    """A new workbook, that Excel opens, can have this name. Raises Refusal."""
    if file.exists():
        raise Refusal([Finding("E_EXISTS", "file_exists", value=str(file))])
    if file.suffix.lower() != ".xlsx":
        raise Refusal(
            [Finding("E_IO", "workbook_name", value=str(file), facts={"suggestion": f"{file.stem or file.name}.xlsx"})]
        )
