"""A delivery: files, folders and archives sorted into workbooks and the documents that came with them."""

from __future__ import annotations

import hashlib
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from os.path import abspath, commonpath
from pathlib import Path

from ..errors import Finding
from .gate import DENSEST, LARGEST, MOST_PARTS, PROGRAMS, SMALL

DOCUMENTS = {".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".doc", ".docx", ".csv", ".txt", ".html", ".mp4", ".mp3"}

LEFT_BY_PROGRAMS = ("~$", ".")  # how names begin of locks of open workbooks, and of what macOS puts beside files
LEFT_BY_WINDOWS = {"thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class Sent:
    """One file of a delivery.

    file     how it is spoken of: its path inside the delivery
    folder   the names of the folders and archives it lies in, the outermost first; the first `outer` of them hold the
             whole delivery, and say nothing of a file
    """

    file: str
    folder: tuple[str, ...]
    outer: int
    data: bytes = field(repr=False)

    @property
    def name(self) -> str:
        return bare(self.file)

    @property
    def inside(self) -> tuple[str, ...]:
        """The folders within the delivery."""
        return self.folder[self.outer :]

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def sorted_out(files: Iterable[Path], findings: list[Finding]) -> tuple[list[Sent], list[Sent]]:
    """(workbooks, documents): a form travels with the files it names."""
    workbooks: list[Sent] = []
    documents: list[Sent] = []
    for sent in unpacked(files, findings):
        if Path(sent.name).suffix.lower() in DOCUMENTS and sent.name.isprintable():
            if sent.data.startswith(PROGRAMS):
                findings.append(Finding("E_EVIDENCE", "document_program", sent.file))
            documents.append(sent)
        else:
            workbooks.append(sent)
    return workbooks, documents


def parts(file: str) -> tuple[str, ...]:
    """The folders and the name that are written in a path, of whatever system, however its accents are written."""
    return tuple(part for part in re.split(r"[/\\]", unicodedata.normalize("NFC", file.strip(" \"'"))) if part)


def bare(file: str) -> str:
    """The name of a file without its folders."""
    return next(reversed(parts(file)), "")


def unpacked(files: Iterable[Path], findings: list[Finding]) -> Iterator[Sent]:
    """Every file delivered; links are not followed, what cannot be opened is named and left."""
    given = [Path(abspath(path)) for path in files]  # noqa: PTH100  links stay what they are
    roots = [path if path.is_dir() else path.parent for path in given]
    outer = len(common(roots).parts)
    for path in given:
        inside = sorted(p for p in path.rglob("*") if p.is_file() and not p.is_symlink()) if path.is_dir() else [path]
        if not path.exists():
            findings.append(Finding("E_NOT_FOUND", "delivery_missing", value=str(path)))
            continue
        for p in inside:
            if p is path or not left_behind(p.name):
                yield from opened(p, outer, findings)


def common(folders: Iterable[Path]) -> Path:
    """The folder in which all of these lie; where there is none, as on two drives, no folder."""
    try:
        return Path(commonpath(folders))
    except ValueError:
        return Path()


def left_behind(name: str) -> bool:
    """Whether a program left the file in the folder, and nobody meant to send it."""
    return name.startswith(LEFT_BY_PROGRAMS) or name.lower() in LEFT_BY_WINDOWS


def opened(path: Path, outer: int, findings: list[Finding]) -> Iterator[Sent]:
    """The file, or what is in it where it is an archive."""
    folder = tuple(unicodedata.normalize("NFC", part) for part in path.parts[:-1])
    shown = "/".join(path.parts[outer:])
    if path.stat().st_size > LARGEST:
        findings.append(
            Finding("E_TOO_LARGE", "unpacked_large", shown, facts={"size": path.stat().st_size // 1_000_000})
        )
        return
    if path.suffix.lower() != ".zip":
        yield Sent(shown, folder, outer, path.read_bytes())
        return
    try:
        package = zipfile.ZipFile(path)
        members = [m for m in package.infolist() if not m.is_dir()]
        size = sum(m.file_size for m in members)
        if len(members) > MOST_PARTS * 20 or size > LARGEST * 20:
            findings.append(Finding("E_TOO_LARGE", "unpacked_large", shown, facts={"size": size // 1_000_000}))
            return
        for member in members:
            dense = member.file_size > SMALL and member.file_size > DENSEST * member.compress_size
            if member.file_size > LARGEST or dense:
                facts = {"size": member.file_size // 1_000_000}
                findings.append(Finding("E_TOO_LARGE", "unpacked_large", f"{shown}/{member.filename}", facts=facts))
            elif not left_behind(Path(member.filename).name):
                with package.open(member) as file:
                    way = (bare(path.name), *parts(member.filename)[:-1])
                    yield Sent(f"{shown}/{member.filename}", (*folder, *way), outer, file.read(LARGEST))
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        findings.append(Finding("E_FORMAT", "not_zip", shown, facts={"detail": str(error)[:80]}))
