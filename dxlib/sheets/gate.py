"""Is this a workbook that may be opened at all? Judged by what is in the file, never by its name, before any parsing.

Sources: ECMA-376 part 2 (the package), OWASP ASVS 5.2 (archives), and the attacks listed in the methods of the
project. Nothing is ever run or followed.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

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


def refused(data: bytes, file: str) -> tuple[Finding | None, Mapping[str, bytes]]:
    """(why the file is not opened, or None; the parts of its package)."""
    if not data:
        return Finding("E_EMPTY", "file_empty", file), {}
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
    for member in members:
        try:
            content = unpacked(data, member)
        except (struct.error, ValueError, zlib.error):
            return Finding("E_FORMAT", "not_xlsx", file), {}
        if member.filename.lower().endswith((".xml", ".rels")):
            if b"<!DOCTYPE" in content or b"<!ENTITY" in content or content[:2] in (b"\xff\xfe", b"\xfe\xff"):
                return Finding("E_XML", "xml_entity", file), {}
            parts[member.filename] = content
    if b"macroEnabled" in parts.get("[Content_Types].xml", b""):
        return Finding("E_MACRO", "macro", file), {}
    return None, parts


def unpacked(data: bytes, member: zipfile.ZipInfo) -> bytes:
    """One part, read as every spreadsheet packs them: stored or deflated, not encrypted, no longer than it says.

    Raises ValueError, struct.error and zlib.error. Source: PKWARE APPNOTE 6.3.10, 4.3.7.
    """
    sign, flags, name, extra = struct.unpack_from("<4s2xH18xHH", data, member.header_offset)
    start = member.header_offset + 30 + name + extra
    packed = memoryview(data)[start : start + member.compress_size]
    if sign != b"PK\x03\x04" or flags & 1:
        raise ValueError("no such part")
    if member.compress_type == zipfile.ZIP_STORED:
        content = bytes(packed)
    elif member.compress_type == zipfile.ZIP_DEFLATED:
        content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, member.file_size + 1)
    else:
        raise ValueError("packed in a way that no spreadsheet uses")
    if len(content) != member.file_size or zlib.crc32(content) != member.CRC:
        raise ValueError("not what the directory says")
    return content
