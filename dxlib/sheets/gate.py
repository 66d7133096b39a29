"""Is this a workbook that may be opened at all? Judged by its directory, by what its parts are (content types, first
bytes) and by what they are linked to (relationships), before any cell is read; a name that its sender chose acquits
nothing.

What can run, fetch or hide is refused by name. What is harmless and is not read is dropped: with a word where somebody
put it there (pictures, links, parts of other programs), silently where every client writes it. Nothing is ever run or
followed.

Sources: ECMA-376 part 2 (the package), OWASP ASVS 5.2 (archives), and the attacks listed in the methods of the project.
"""

from __future__ import annotations

import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping

from ..errors import Finding
from .read import Link, Package, declared_types, linked_parts

LARGEST = 50_000_000  # bytes unpacked
DENSEST = 100  # times its packed size
SMALL = 1_000_000  # bytes that may be packed as densely as they like
MOST_PARTS = 1000
SHOWN = 5  # parts that are named where some are dropped
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"
PROGRAMS = (b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"#!")  # of Windows, Linux, macOS, and scripts
TYPES = "[content_types].xml"
MACRO, CONTROL, EMBEDDED = (("E_MACRO", reason) for reason in ("macro", "control", "embedded"))
BOOK, QUERY, OUTSIDE = (("E_EXTERNAL_LINK", reason) for reason in ("external_link", "data_query", "outside"))
FOREIGN = {  # words of content types, of relationships and of names; the first of several is said
    "binary": ("E_FORMAT", "not_xlsx"),
    **dict.fromkeys("vbaproject vbadata macroenabled macrosheet macrosheets intlmacrosheet".split(), MACRO),
    **dict.fromkeys("xlmacrosheet xlintlmacrosheet dialogsheet dialogsheets attachedtoolbars".split(), MACRO),
    **dict.fromkeys("activex activexcontrolbinary controlproperties ctrlprops".split(), CONTROL),
    **dict.fromkeys("webextension webextensions webextensiontaskpanes customui".split(), CONTROL),
    **dict.fromkeys("oleobject embeddings".split(), EMBEDDED),
    **dict.fromkeys("externallink externallinks".split(), BOOK),
    **dict.fromkeys("connections querytable querytables volatiledependencies".split(), QUERY),
}
LINKED = FOREIGN | {  # of relationships alone
    **dict.fromkeys("control ctrlprop extensibility".split(), CONTROL),
    "package": EMBEDDED,
    **dict.fromkeys("externallinkpath xlpathmissing".split(), BOOK),
    "powerpivotdata": QUERY,
    "attachedtemplate": OUTSIDE,
}
MAIN = (".sheet.main+xml", ".template.main+xml")  # what a workbook calls itself
SILENT = set(  # kinds of content that are read, and that clients write of their own
    "main worksheet sharedstrings styles relationships theme calcchain printersettings comments threadedcomments person"
    " vmldrawing classificationlabels sheetmetadata rdrichvalue rdrichvaluestructure rdrichvaluetypes richvaluerel"
    " core-properties extended-properties custom-properties".split()
)
MASHUP = (b"DataMashup", "DataMashup".encode("utf-16-le"))  # a query that calls itself custom XML
DECLARED = re.compile(rb"\s*<\?xml[^>]*?\bencoding\s*=\s*[\"']([^\"'>]*)")
WORDS = re.compile("[a-z]+")
AWAY = re.compile(r"(^|/)\.\.(/|$)|^/|[\\:\x00-\x1f]")  # of a name: out of its folder
ADDRESS = re.compile(r"[\\:]|^//")  # of a target: no part of a package


def unpack(data: bytes, file: str) -> Package | Finding:
    """What of a workbook is read, with a word on what is dropped; or why the file is not opened."""
    finding = no_package(data, file)
    if finding is not None:
        return finding
    try:
        members = [member for member in zipfile.ZipFile(io.BytesIO(data)).infolist() if not member.is_dir()]
        size = sum(member.file_size for member in members)
        if len(members) > MOST_PARTS or size > LARGEST or (size > SMALL and size > DENSEST * len(data)):
            return Finding("E_TOO_LARGE", "unpacked_large", file, facts={"size": size // 1_000_000})
        finding = wrong_names([member.orig_filename for member in members], file)
        if finding is not None:
            return finding
        parts = {member.filename.lower(): unpacked(data, member) for member in members}
        if TYPES not in parts:
            return Finding("E_FORMAT", "not_xlsx", file)
        finding = next(wrong_content(parts, file), None)
        if finding is not None:
            return finding
        types = declared_types(parts[TYPES])
        links = {name: linked_parts(content) for name, content in parts.items() if name.endswith(".rels")}
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError, struct.error, zlib.error):
        return Finding("E_FORMAT", "not_xlsx", file)
    found = sorted(foreign(parts, types, links), key=lambda kind: kind[0])
    if found:
        _, (code, reason), sign = found[0]
        return Finding(code, reason, file, value=sign[:120])
    return package_of(parts, types, links, file)


def no_package(data: bytes, file: str) -> Finding | None:
    """Why this is no archive that may be looked into; judged by its bytes."""
    if not data:
        return Finding("E_EMPTY", "file_empty", file)
    if data.startswith(OLE):
        locked = "EncryptedPackage".encode("utf-16-le") in data
        return Finding(*(("E_ENCRYPTED", "encrypted") if locked else ("E_FORMAT", "not_xlsx")), file)
    if data.startswith(PROGRAMS):
        return Finding("E_FORMAT", "program", file, value=file)
    if not data.startswith(ZIP):
        return Finding("E_FORMAT", "not_xlsx", file)
    if len(data) > LARGEST or data.count(b"PK\x01\x02") > MOST_PARTS:  # lines of its directory
        return Finding("E_TOO_LARGE", "unpacked_large", file, facts={"size": len(data) // 1_000_000})
    return None


def wrong_names(names: list[str], file: str) -> Finding | None:
    """Two parts of one name (small and capital letters are one), or one that leads out of the package."""
    away = [name for name in names if AWAY.search(name)]
    stand = Counter(name.lower() for name in names)
    if away:
        return Finding("E_FORMAT", "part_away", file, value=away[0][:120])
    if len(stand) < len(names):
        double = next(name for name in names if stand[name.lower()] > 1)
        return Finding("E_FORMAT", "part_twice", file, value=double[:120])
    return None


def wrong_content(parts: Mapping[str, bytes], file: str) -> Iterator[Finding]:
    """Programs and packages inside, whatever they are called; declarations of entities; other letters than UTF-8 where
    we read."""
    for name, content in parts.items():
        if content.startswith(PROGRAMS):
            yield Finding("E_FORMAT", "program", file, value=name)
        elif content.startswith((OLE, ZIP)):
            yield Finding(*EMBEDDED, file, value=name)
        elif any(sign in content for sign in MASHUP):
            yield Finding(*QUERY, file, value=name)
        elif name.endswith((".xml", ".rels", ".vml")):
            signs = content.replace(b"\0", b"") if b"\0" in content[:4] else content  # UTF-16, either way round
            if b"<!DOCTYPE" in signs or b"<!ENTITY" in signs:
                yield Finding("E_XML", "xml_entity", file, value=name)
        if name == TYPES or name.endswith(".rels"):
            yield from other_letters(name, content, file)


def other_letters(name: str, content: bytes, file: str) -> Iterator[Finding]:
    """A part that is not, or does not call itself, UTF-8."""
    bare = content.removeprefix(b"\xef\xbb\xbf")
    said = DECLARED.match(bare)
    called = said[1].decode("ascii", "replace") if said else "UTF-8"
    if b"\0" in bare[:4] or bare[:2] in (b"\xff\xfe", b"\xfe\xff"):
        called = "UTF-16"
    if called.lower() != "utf-8":
        yield Finding("E_ENCODING", "part_encoding", file, value=name, facts={"guess": called[:40]})


def foreign(
    parts: Mapping[str, bytes], types: Mapping[str, str], links: Mapping[str, tuple[Link, ...]]
) -> Iterator[tuple[int, tuple[str, str], str]]:
    """(place in the order of what is said first, what it is, the sign) of all that is no form."""
    order = {word: place for place, word in enumerate(LINKED)}
    for sign in (*(kind for kind in types.values() if kind.startswith("application/")), *parts):
        yield from ((order[word], FOREIGN[word], sign) for word in WORDS.findall(sign) if word in FOREIGN)
    for link in (link for found in links.values() for link in found):
        if link.kind in LINKED:
            yield order[link.kind], LINKED[link.kind], link.target
        elif link.kind != "hyperlink" and (link.outside or ADDRESS.search(link.target)):
            yield len(order), OUTSIDE, link.target


def package_of(
    parts: Mapping[str, bytes], types: Mapping[str, str], links: Mapping[str, tuple[Link, ...]], file: str
) -> Package | Finding:
    """The workbook that the package is linked to, and what the workbook is linked to."""
    workbooks = [resolved("", link.target) for link in links.get("_rels/.rels", ()) if link.kind == "officedocument"]
    if len(workbooks) != 1 or workbooks[0] not in parts or not type_of(workbooks[0], types).endswith(MAIN):
        return Finding("E_FORMAT", "not_xlsx", file)
    folder, name = posixpath.split(workbooks[0])
    mine = links.get(posixpath.join(folder, "_rels", f"{name}.rels"), ())
    linked = {link.id: (link.kind, resolved(folder, link.target)) for link in mine}
    if len(linked) < len(mine):
        return Finding("E_FORMAT", "part_twice", file, value=workbooks[0])
    read = [workbooks[0], *(to for kind, to in linked.values() if kind in ("worksheet", "sharedstrings", "styles"))]
    finding = next((f for to in read if to in parts for f in other_letters(to, parts[to], file)), None)
    if finding is not None:
        return finding
    inside = {key: (kind, to, parts[to]) for key, (kind, to) in linked.items() if to in parts}
    return Package(parts[workbooks[0]], inside, tuple(dropped(parts, types, links, file)))


def resolved(folder: str, target: str) -> str:
    """The name of the part that a relationship leads to, in small letters."""
    return posixpath.normpath(posixpath.join("/", folder, target.partition("#")[0])).lstrip("/").lower()


def type_of(name: str, types: Mapping[str, str]) -> str:
    return types.get(f"/{name}") or types.get(name.rpartition(".")[2], "")


def dropped(
    parts: Mapping[str, bytes], types: Mapping[str, str], links: Mapping[str, tuple[Link, ...]], file: str
) -> Iterator[Finding]:
    """What somebody put into the file and nobody will read."""
    kinds = {name: re.split("[/.]", type_of(name, types).removesuffix("+xml"))[-1] for name in parts}
    left = [n for n, kind in kinds.items() if kind not in SILENT and n != TYPES and not n.startswith("docprops/")]
    if left:
        shown = ", ".join(left[:SHOWN]) + (", …" if len(left) > SHOWN else "")
        yield Finding("W_DROPPED", "parts_dropped", file, value=shown, facts={"n": len(left)})
    away = [link.target for found in links.values() for link in found if link.kind == "hyperlink" and link.outside]
    if away:
        yield Finding("W_DROPPED", "links_dropped", file, value=away[0][:120], facts={"n": len(away)})


def unpacked(data: bytes, member: zipfile.ZipInfo) -> bytes:
    """One part, read as every spreadsheet packs them: stored or deflated, not encrypted, called and as long as the
    directory says.

    Raises ValueError, struct.error and zlib.error. Source: PKWARE APPNOTE 6.3.10, 4.3.7.
    """
    sign, flags, name, extra = struct.unpack_from("<4s2xH18xHH", data, member.header_offset)
    called = member.header_offset + 30
    start = called + name + extra
    packed = memoryview(data)[start : start + member.compress_size]
    said = member.orig_filename.encode("utf-8" if member.flag_bits & 0x800 else "cp437")
    if sign != ZIP or flags & 1 or data[called : called + name] != said:
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
