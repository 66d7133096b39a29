"""Documents put behind the lines that name them.

The folder decides, then the agency, then the digest: a document in the folder of an agency is that agency's, one that
lies with the forms of several is whose form alone names it, and files with the same content are one. What is left open
is asked at the cell, with the files it can be; it is never guessed. Documents are hashed and kept, never opened, and
never written over others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path, PurePosixPath

import pandas as pd

from ..errors import Finding
from .delivery import Sent, bare, parts, spellings, spelt, storable
from .entries import Sources, alike, called
from .receive import Received
from .whose import Whose


@dataclass(frozen=True)
class Line:
    """A line that names a document.

    file     as it was typed, or as it stands in evidence.csv
    held     digest of the document it has already
    row      of evidence.csv; None where its form is not taken in
    form     the form of this delivery that says it, and the name of the input; None for a line that waits
    """

    who: str
    agency: str
    code: str
    number: str
    file: str
    held: str = ""
    row: int | None = None
    form: Received | None = None
    where: str = ""


def lines_of(
    evidence: pd.DataFrame, taken: Sequence[Received], sources: Sources, sender: Callable[[str, str], str]
) -> list[Line]:
    """Every line that names a document: of the forms of this delivery, and of earlier ones.

    sender   (agency, code) -> who answers the row
    """
    out: list[Line] = []
    columns = ["agency", "indicator", "no", "number", "file", "sha256"]
    for row, agency, code, no, number, file, sha256 in evidence[columns].itertuples(name=None):
        each, where = sources.get(("evidence", agency, code, no), (None, ""))
        if file and each is None:
            out.append(Line(sender(agency, code), agency, code, number, called(file, agency, sha256), sha256, row))
        elif file and each is not None:
            typed, who = each.given[f"{where}/file"], each.identity["recipient"]
            out.append(Line(who, agency, code, number, typed, sha256, row, each, f"{where}/file"))
    held: dict[tuple[str, str, str], list[Line]] = {}
    for line in out:
        held.setdefault((line.who, line.agency, line.code), []).append(line)
    for each in taken:
        if each.wrong and each.known:  # it is not in the table
            agency, who = each.identity["agency"], each.identity["recipient"]
            for name, file in each.given.items():
                where = name.removesuffix("/file")
                if name != where and file:
                    code = each.given.get(f"{where}/code") or where
                    stood = next((x.held for x in held.get((who, agency, code), ()) if alike(file, x.file)), "")
                    number = each.given.get(f"{where}/number", "")
                    out.append(Line(who, agency, code, number, file, stood, None, each, name))
    return out


def index_of(documents: Iterable[Sent]) -> dict[str, list[Sent]]:
    """The documents by their names, and by their names without ending, whatever their case."""
    index: dict[str, list[Sent]] = {}
    for sent in documents:
        for key in named_by(sent.name):
            index.setdefault(key, []).append(sent)
    return index


def named_by(name: str) -> list[str]:
    """What a line can say for a document: its name, or its name without ending."""
    return list(dict.fromkeys((spelt(name), spelt(PurePosixPath(name).stem))))


def narrowed(found: Sequence[Sent], line: Line) -> Sequence[Sent]:
    """Those of some documents of one name that a line means, by how it writes the name, the folders it writes before
    it, and a folder called by its code; all of them where that says nothing."""
    name, folders = bare(line.file), [part.casefold() for part in parts(line.file)[:-1]]

    def common(sent: Sent) -> int:
        pairs = zip(reversed(folders), reversed(sent.folder), strict=False)
        return len(list(takewhile(lambda pair: pair[0] == pair[1].casefold(), pairs)))

    def coded(sent: Sent) -> bool:
        return any(re.fullmatch(rf"\D{{0,10}}{re.escape(line.code)}(?![.\d]).*", part) for part in sent.inside)

    steps: tuple[Callable[[Sent], object], ...] = (
        lambda sent: sent.name == name,
        lambda sent: sent.name.casefold() == name.casefold(),
        lambda sent: common(sent) == max(map(common, found)) > 0,
        coded,
    )
    for step in steps:
        if len({sent.sha256 for sent in found}) > 1:
            found = [sent for sent in found if step(sent)] or found
    return found


def attach(
    evidence: pd.DataFrame,
    lines: Sequence[Line],
    documents: Sequence[Sent],
    whose: Whose,
    shared: set[str],
    folder: Path,
    findings: list[Finding],
) -> tuple[pd.DataFrame, dict[str, bytes]]:
    """(evidence.csv with the documents of the lines, path below evidence/ -> bytes).

    shared     digests and numbers of documents that several agencies may show
    folder     of the year and group
    findings   of the delivery; what is asked of a form stands at the form
    """
    homes, index = {id(sent): whose.of(sent) for sent in documents}, index_of(documents)
    placed: dict[str, str] = {}
    meant: list[tuple[Line, Sent, bool]] = []  # with whether it lies with those of its sender alone
    missing: dict[int, list[Line]] = {}
    seen: set[int] = set()
    for line in lines:
        like: Sequence[Sent] = next((index[name] for name in spellings(line.file) if name in index), [])
        if line.held and (line.form is None or line.held in {sent.sha256 for sent in like}):
            seen |= {id(sent) for sent in like if sent.sha256 == line.held}  # it is here already
            continue
        own: Sequence[Sent] = [sent for sent in like if homes[id(sent)] == {line.who}]
        free = narrowed(own or [sent for sent in like if not homes[id(sent)] or line.who in homes[id(sent)]], line)
        if len({sent.sha256 for sent in free}) == 1:
            meant.append((line, free[0], bool(own)))
            seen |= {id(sent) for sent in free}
        elif free:
            reason = "document_ambiguous" if own else "document_which"
            ask(findings, line, "E_EVIDENCE", reason, free, n=len(free))
            seen |= {id(sent) for sent in free}
        elif line.form is not None and like and not line.held:
            ask(findings, line, "W_EVIDENCE", "document_elsewhere", like)
            seen |= {id(sent) for sent in like}
        elif line.form is not None and not line.held:
            missing.setdefault(id(line.form), []).append(line)
    claimed: dict[tuple[str, str], set[str]] = {}  # digest, name -> who names it
    for line in lines:
        claimed.setdefault((line.held, spelt(bare(line.file))), set()).add(line.who)
    for line, sent, alone in meant:
        claimed.setdefault((sent.sha256, spelt(sent.name)), set()).update(() if alone else {line.who})
    frame, found = evidence.copy(), dict[str, bytes]()
    for line, sent, alone in meant:
        rivals = {who for n in named_by(sent.name) for who in claimed.get((sent.sha256, n), ())} - {line.who}
        if rivals and not alone and not shared & {sent.sha256, line.number}:
            who = "; ".join(sorted(whose.name(each) for each in {*rivals, line.who}))
            ask(findings, line, "E_EVIDENCE", "document_whose", [sent], who=who)
        elif line.row is not None:
            path = kept(folder, line.agency, sent, found, placed)
            frame.loc[line.row, ["file", "sha256"]] = path, sent.sha256
            if line.held:  # what was found about the former document is not about this one
                frame.loc[line.row, ["verdict", "note"]] = "", ""
    came = {id(line.form) for line, _, _ in meant} | {id(line.form) for line in lines if line.held}
    for form, names in missing.items():
        together = form not in came and len(names) > 1
        files = "; ".join(line.file for line in names)
        for line in names[: 1 if together else None]:
            reason = "documents_missing" if together else "document_missing"
            tell(line, Finding("W_EVIDENCE", reason, value=files if together else line.file, facts={"n": len(names)}))
    findings += [Finding("W_EVIDENCE", "document_unnamed", s.file) for s in documents if id(s) not in seen]
    return frame, found


def kept(folder: Path, agency: str, sent: Sent, found: dict[str, bytes], placed: dict[str, str]) -> str:
    """Where a document is kept: under its name, where no other one is, also none that differs in capitals alone.

    found    path below evidence/ -> bytes of what this delivery brings; placed: path in small letters -> path
    """
    name = storable(sent.name)
    for path in (f"{agency}/{name}", f"{agency}/{sent.sha256[:8]}-{name}", f"{agency}/{sent.sha256}-{name}"):
        path = placed.get(path.casefold()) or standing(folder / "evidence", path)
        there = folder / "evidence" / path
        if found.get(path, there.read_bytes() if there.is_file() else sent.data) == sent.data:
            break
    found[path], placed[path.casefold()] = sent.data, path
    return path


def standing(evidence: Path, path: str) -> str:
    """The path as it is written where it stands already, in whatever capitals."""
    agency, _, name = path.partition("/")
    there = (evidence / agency).iterdir() if (evidence / agency).is_dir() else ()
    return next((f"{agency}/{one.name}" for one in there if one.name.casefold() == name.casefold()), path)


def ask(findings: list[Finding], line: Line, code: str, reason: str, among: Sequence[Sent], **facts: object) -> None:
    """Say what is open at the cell, with the files it can be; once per file where no form of this delivery says it."""
    files = "; ".join(dict.fromkeys(sent.file for sent in among))
    finding = Finding(code, reason, value=line.file, facts={"files": files, **facts})
    if line.form is not None:
        tell(line, finding)
    elif not any(f.reason == reason and f.file == among[0].file for f in findings):
        findings.append(replace(finding, file=among[0].file))


def tell(line: Line, finding: Finding) -> None:
    """A finding at the cell of a form."""
    assert line.form is not None
    place = "!".join(line.form.places[line.where])
    line.form.findings.append(replace(finding, file=line.form.file, column=place))
