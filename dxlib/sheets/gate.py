"""Is this a workbook that may be opened at all? Judged by what is in the file, never by its name, before any parsing.

Sources: ECMA-376 part 2 (the package), OWASP ASVS 5.2 (archives), and the attacks listed in the methods of the
project. Nothing is ever run or followed.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import Finding

LARGEST = 50_000_000  # bytes unpacked
DENSEST = 100  # times its packed size
SMALL = 1_000_000  # bytes that may be packed as densely as they like
MOST_PARTS = 1000
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
FOREIGN = {
    "vbaproject": ("E_MACRO", "macro"),
    "macrosheets/": ("E_MACRO", "macro"),
    "dialogsheets/": ("E_MACRO", "macro"),
    "activex/": ("E_MACRO", "macro"),
    "embeddings/": ("E_MACRO", "embedded"),
    "externallinks/": ("E_EXTERNAL_LINK", "external_link"),
    "connections.xml": ("E_EXTERNAL_LINK", "external_link"),
    "querytables/": ("E_EXTERNAL_LINK", "external_link"),
}
CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(/)?>(?:\s*<(?:\w+:)?(f)\b)?", re.S)
REFERENCE = re.compile(rb'\br="([A-Z]{1,3}[0-9]{1,7})"')
HIDDEN = re.compile(rb'<(?:\w+:)?(?:row|col)\b[^>]*\bhidden="(?:1|true)"')
MERGED = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref="([A-Z0-9:]+)"')
SHEET = re.compile(rb"<(?:\w+:)?sheet\b([^>]*)/?>")
LINK = re.compile(rb"<(?:\w+:)?Relationship\b([^>]*)/?>")
ATTRIBUTE = re.compile(rb'([\w:]+)="([^"]*)"')


@dataclass(frozen=True)
class Look:
    """What the XML of a sheet says beside its values."""

    formulas: frozenset[str]
    merged: tuple[str, ...]
    hidden: bool


def refused(data: bytes, file: str) -> tuple[Finding | None, Mapping[str, bytes]]:
    """(why the file is not opened, or None; the parts of its package)."""
    if data[:8] == OLE:
        locked = "EncryptedPackage".encode("utf-16-le") in data
        return Finding(*(("E_ENCRYPTED", "encrypted") if locked else ("E_FORMAT", "not_xlsx")), file), {}
    try:
        package = zipfile.ZipFile(io.BytesIO(data))
        members = package.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError):
        return Finding("E_FORMAT", "not_xlsx", file), {}
    size = sum(m.file_size for m in members)
    if len(members) > MOST_PARTS or size > LARGEST or (size > SMALL and size > DENSEST * len(data)):
        return Finding("E_TOO_LARGE", "unpacked_large", file, facts={"size": size // 1_000_000}), {}
    names = {m.filename.lower() for m in members}
    for part, (code, reason) in FOREIGN.items():
        if any(part in name for name in names):
            return Finding(code, reason, file), {}
    if "[content_types].xml" not in names or "xl/workbook.xml" not in names:
        return Finding("E_FORMAT", "not_xlsx", file), {}
    parts: dict[str, bytes] = {}
    left = LARGEST
    for member in members:
        try:
            with package.open(member) as part_file:
                content = part_file.read(left + 1)
        except (zipfile.BadZipFile, RuntimeError, OSError, NotImplementedError, EOFError, ValueError, zlib.error):
            return Finding("E_FORMAT", "not_xlsx", file), {}
        left -= len(content)
        if left < 0:
            return Finding("E_TOO_LARGE", "unpacked_large", file, facts={"size": LARGEST // 1_000_000}), {}
        if member.filename.lower().endswith((".xml", ".rels")):
            if b"<!DOCTYPE" in content or b"<!ENTITY" in content or content[:2] in (b"\xff\xfe", b"\xfe\xff"):
                return Finding("E_XML", "xml_entity", file), {}
            parts[member.filename] = content
    if b"macroEnabled" in parts.get("[Content_Types].xml", b""):
        return Finding("E_MACRO", "macro", file), {}
    return None, parts


def look_at(parts: Mapping[str, bytes]) -> dict[str, Look]:
    """Sheet by its name: which cells hold formulas, what is merged, whether rows or columns are hidden."""
    targets = {}
    for link in LINK.findall(parts.get("xl/_rels/workbook.xml.rels", b"")):
        said = dict(ATTRIBUTE.findall(link))
        target = said.get(b"Target", b"").decode("utf-8", "replace")
        targets[said.get(b"Id", b"")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    found = {}
    for sheet in SHEET.findall(parts.get("xl/workbook.xml", b"")):
        said = dict(ATTRIBUTE.findall(sheet))
        name = unescape(said.get(b"name", b"").decode("utf-8", "replace"))
        content = parts.get(targets.get(next((v for k, v in said.items() if k.endswith(b":id")), b""), ""), b"")
        formulas = set()
        for attributes, closed, formula in CELL.findall(content):
            place = REFERENCE.search(attributes)
            if formula and not closed and place:
                formulas.add(place.group(1).decode())
        merged = tuple(ref.decode() for ref in MERGED.findall(content))
        found[name] = Look(frozenset(formulas), merged, bool(HIDDEN.search(content)))
    return found


def unescape(text: str) -> str:
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&")):
        text = text.replace(entity, character)
    return text
