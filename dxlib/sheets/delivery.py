"""A delivery: files, folders and archives sorted into workbooks and the documents that came with them."""

from __future__ import annotations

import hashlib
import lzma
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from os.path import abspath, commonpath
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from ..case.cells import RESERVED
from ..case.characters import TONES, is_syllable
from ..errors import Finding
from .gate import DENSEST, LARGEST, MOST_PARTS, PROGRAMS, SMALL

DOCUMENTS = {".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".doc", ".docx", ".csv", ".txt", ".html", ".mp4", ".mp3"}

LEFT_BY_PROGRAMS = ("~$", ".")  # how names begin of locks of open workbooks, and of what macOS puts beside files
LEFT_BY_WINDOWS = {"thumbs.db", "desktop.ini"}

FORBIDDEN = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')  # in names of files, on one system or another
LONGEST_NAME = 100  # bytes: a path has 240 letters, and one may get eight letters and a hyphen in front
DRIVE = re.compile(r"^(file:/*)?([a-z]:)?", re.IGNORECASE)  # what can stand before the folders of a path
PAGES = ("cp1258", "cp1252", "cp437", "cp850")  # in which Windows here packs names, when it does not say which
UNICODE_PATH = 0x7075  # Info-ZIP's field with the name in UTF-8 (PKWARE APPNOTE 6.3.10, 4.6.9)


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
    way = DRIVE.sub("", unicodedata.normalize("NFC", file.strip(" \"'")), count=1)
    return tuple(part for part in re.split(r"[/\\]", way) if part)


def bare(file: str) -> str:
    """The name of a file without its folders."""
    return next(reversed(parts(file)), "")


def spelt(name: str) -> str:
    """The name of a file as names are compared: in any case, with single blanks."""
    return " ".join(name.casefold().split())


def spellings(file: str) -> list[str]:
    """What the file that somebody typed can be called: as it is typed, or as a browser writes it (%20)."""
    return list(dict.fromkeys(spelt(bare(way)) for way in (file, unquote(file))))


def storable(name: str) -> str:
    """A name of a file that every system can hold."""
    whole = PurePosixPath(FORBIDDEN.sub("-", name).strip(" ").rstrip(". ") or "-")
    stem, ending = whole.stem, whole.suffix
    while len((stem + ending).encode()) > LONGEST_NAME:
        stem, ending = (stem[:-1], ending) if stem else ("-", ending[:20])
    reserved = whole.name.partition(".")[0].strip().casefold() in RESERVED
    return f"{'_' if reserved else ''}{stem.rstrip(' ')}{ending}"


def is_link(member: zipfile.ZipInfo) -> bool:
    """Whether an entry holds, instead of a file, where one is."""
    return stat.S_ISLNK(member.external_attr >> 16)


def name_in(member: zipfile.ZipInfo) -> str | None:
    """The name of an entry as it was packed; None where its letters cannot be known.

    Archives without the mark of UTF-8 hold names in UTF-8 all the same, or in the code page of the machine that packed
    them: it is the one in which every word can be Vietnamese.
    """
    if member.flag_bits & 0x800 or member.orig_filename.isascii():
        return member.filename
    raw = member.orig_filename.encode("cp437")  # what zipfile takes such bytes for
    if said := unicode_path(member.extra, raw):
        return said
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        found = {unicodedata.normalize("NFC", raw.decode(page, "replace")) for page in PAGES}
        vietnamese = [name for name in found if all(map(can_be_word, re.findall(r"[^\x00-@\[-`{-\x7f–]+", name)))]
        return vietnamese[0] if len(vietnamese) == 1 else None


def unicode_path(extra: bytes, raw: bytes) -> str:
    """The name in the field that some packers add, where it is the one of this name; else ""."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        field, at = extra[at + 4 : at + 4 + size], at + 4 + size
        if kind == UNICODE_PATH and len(field) > 5 and struct.unpack_from("<xI", field)[0] == zlib.crc32(raw):
            return field[5:].decode("utf-8", "ignore")
    return ""


def can_be_word(word: str) -> bool:
    """Whether a word is ASCII or can be a Vietnamese one: no ă or â at its end, no capital after a small letter."""
    toneless = unicodedata.normalize("NFD", word.casefold()).translate(TONES)
    cased = word.isupper() or word[1:] == word[1:].lower()
    return word.isascii() or (cased and is_syllable(word) and not toneless.endswith(("a\u0306", "a\u0302")))


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
    if not path.is_file():
        findings.append(Finding("E_IO", "not_plain", shown))
        return
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
        members = [m for m in package.infolist() if not m.filename.endswith(("/", "\\")) and not is_link(m)]
        size = sum(m.file_size for m in members)
        if len(members) > MOST_PARTS * 20 or size > LARGEST * 20:
            findings.append(Finding("E_TOO_LARGE", "unpacked_large", shown, facts={"size": size // 1_000_000}))
            return
        for member in members:
            dense = member.file_size > SMALL and member.file_size > DENSEST * member.compress_size
            name = name_in(member)
            if name is None:
                as_read = member.orig_filename.encode("cp437").decode("ascii", "replace").replace("\ufffd", "□")
                findings.append(Finding("E_FORMAT", "zip_name", shown, value=as_read))
            elif member.file_size > LARGEST or dense:
                facts = {"size": member.file_size // 1_000_000}
                findings.append(Finding("E_TOO_LARGE", "unpacked_large", f"{shown}/{name}", facts=facts))
            elif bare(name) and not left_behind(bare(name)):
                with package.open(member) as file:
                    way = parts(name)
                    inside = (*folder, bare(path.name), *way[:-1])
                    yield Sent("/".join((shown, *way)), inside, outer, file.read(LARGEST))
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, RuntimeError, EOFError, ValueError) as error:
        findings.append(Finding("E_FORMAT", "not_zip", shown, facts={"detail": str(error)[:80]}))
