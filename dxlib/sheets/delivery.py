"""A delivery: files, folders and archives sorted into workbooks and the documents that came with them."""

from __future__ import annotations

import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import Finding
from .gate import DENSEST, LARGEST, MOST_PARTS, SMALL

DOCUMENTS = {".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".doc", ".docx", ".csv", ".txt", ".html", ".mp4", ".mp3"}

LEFT_BY_PROGRAMS = ("~$", ".")  # how names begin of locks of open workbooks, and of what macOS puts beside files
LEFT_BY_WINDOWS = {"thumbs.db", "desktop.ini"}

PROGRAMS = (b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"#!")  # of Windows, Linux, macOS, and scripts


def sorted_out(
    files: Iterable[Path], findings: list[Finding]
) -> tuple[list[tuple[str, bytes]], dict[str, list[bytes]]]:
    """(workbooks, documents by their bare name): a form travels with the files it names."""
    workbooks: list[tuple[str, bytes]] = []
    documents: dict[str, list[bytes]] = {}
    for file, data in unpacked(files, findings):
        name = bare(file)
        if Path(name).suffix.lower() in DOCUMENTS and name.isprintable():
            if data.startswith(PROGRAMS):
                findings.append(Finding("E_EVIDENCE", "document_program", file))
            documents.setdefault(name, []).append(data)
        else:
            workbooks.append((file, data))
    return workbooks, documents


def bare(file: str) -> str:
    """The name of a file without its folders, however its accents are written."""
    return unicodedata.normalize("NFC", Path(file).name)


def unpacked(files: Iterable[Path], findings: list[Finding]) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of every workbook delivered; links are not followed, other files are named and left."""
    for path in files:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.is_file() and not p.is_symlink())
            for p in inside:
                if left_behind(p.name):
                    continue
                yield from opened(p.relative_to(path).as_posix(), p, findings)
        elif path.is_file():
            yield from opened(path.name, path, findings)
        else:
            findings.append(Finding("E_NOT_FOUND", "delivery_missing", value=str(path)))


def left_behind(name: str) -> bool:
    """Whether a program left the file in the folder, and nobody meant to send it."""
    return name.startswith(LEFT_BY_PROGRAMS) or name.lower() in LEFT_BY_WINDOWS


def opened(shown: str, path: Path, findings: list[Finding]) -> Iterator[tuple[str, bytes]]:
    if path.stat().st_size > LARGEST:
        findings.append(
            Finding("E_TOO_LARGE", "unpacked_large", shown, facts={"size": path.stat().st_size // 1_000_000})
        )
        return
    if path.suffix.lower() != ".zip":
        yield shown, path.read_bytes()
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
                    yield f"{shown}/{member.filename}", file.read(LARGEST)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        findings.append(Finding("E_FORMAT", "not_zip", shown, facts={"detail": str(error)[:80]}))
