"""Can a published folder be trusted? Confirms or refutes it, and names every deviation.

    python -m dxlib.audit PATH        python audit.py PATH

Standard library only and alone in its file, so that an auditor can read all of it, carry it away and run it on a
bare Python 3.11 or later. Whoever writes a record takes its formats from here.

Sources: RFC 6962 §2.1 (the tree over hashes; CT's published vectors are the known answers of the test), RFC 9162
§2.1.3 (proofs).
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import os
import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

FORMAT, SIGNED_FORMAT, PROOF_FORMAT = "dxlib-record-2", "dxlib-signed-2", "dxlib-proof-2"
UNDER_WAY = (".pending/.gone-*", ".partial-*")  # a change decided and not yet carried out; somebody who carries it out
RECORD, SUMS, ROOT, SCORES = "record.json", "SHA256SUMS", "root.txt", "tables/scores.csv"
READERS = ("public", "internal")
OF_REPORTS = {*READERS, "README.md", "run-log.json", "run-seen.json"}  # what stands in a folder of reports
REPORT = "/report.vi"  # the job of a place that is signed: what is signed is Vietnamese
LARGEST_PROOF = 50_000_000  # bytes that are read
LARGEST = 100_000_000  # bytes of a record, a list of sums, a table of scores that are read
ROWS_LEAF = 1  # where the agencies' lines stand among the leaves of a place
# What a page of a version that was replaced says first of all; all else in it is as it was signed.
NOTICE_STYLE = (
    "padding:1rem;border-bottom:3px solid #b00020;background:#fff3f3;color:#5f0010;font:bold 1rem/1.5 sans-serif"
)
NOTICE = re.compile(
    rb'(\A|<body[^<>]*>)<p role="note" data-replaced style="%s">[^<]*<a href="%s">[^<]*</a></p>'
    % (re.escape(NOTICE_STYLE).encode(), rb"(?:\.\./)*[\w.-]+(?:/[\w.-]+)*")  # a path, and nothing else a browser knows
)
RETURNED = re.compile(r"[0-9]{4}/[^/]+/returned/[^/]+\.xlsx")  # marked copies, see docs/forms.md


# Digests and trees --------------------------------------------------------------------------------------------------


def canonical(value: Any) -> bytes:
    """Canonical JSON: UTF-8, sorted keys, no spaces. Raises TypeError for a float, which has no one spelling."""
    refuse_floats(value)
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError(f"a float in canonical JSON: {value!r}")
    for part in value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ():
        refuse_floats(part)


def digest(data: bytes) -> str:
    """SHA-256 as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def leaf(data: bytes) -> bytes:
    """Hash of a leaf; the first byte keeps leaves and nodes apart (RFC 6962 §2.1)."""
    return hashlib.sha256(b"\0" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Hash of a node over its two children."""
    return hashlib.sha256(b"\1" + left + right).digest()


def levels(leaves: Iterable[bytes]) -> list[list[bytes]]:
    """The hashes of the tree, leaves first, root last; the odd one of a level goes up as it is.

    This is the tree that RFC 6962 splits at the largest power of two below n.
    """
    rows = [[leaf(data) for data in leaves]]
    while len(rows[-1]) > 1:
        below = rows[-1]
        pairs = [node(*below[i : i + 2]) for i in range(0, len(below) - 1, 2)]
        rows.append(pairs + below[len(pairs) * 2 :])
    return rows


def merkle_root(leaves: Iterable[bytes]) -> str:
    """Root over the leaves' data as 64 hex digits; of no leaves, SHA-256 of nothing."""
    (*_, top) = levels(leaves)
    return top[0].hex() if top else digest(b"")


def merkle_proof(leaves: Iterable[bytes], i: int) -> list[str]:
    """The siblings (hex) on the way from leaf `i` to the root, lowest first."""
    siblings = []
    for row in levels(leaves)[:-1]:
        if i ^ 1 < len(row):
            siblings.append(row[i ^ 1].hex())
        i //= 2
    return siblings


def check_proof(data: bytes, i: int, n: int, siblings: Sequence[str], root: str) -> bool:
    """Whether `data` is leaf `i` of the `n` below `root`."""
    if not 0 <= i < n:
        return False
    left, found = list(siblings), leaf(data)
    while n > 1:
        if i ^ 1 < n:
            if not left:
                return False
            other = bytes.fromhex(left.pop(0))
            found = node(other, found) if i & 1 else node(found, other)
        i, n = i // 2, (n + 1) // 2
    return not left and found.hex() == root


def place_leaves(reader: str, place: str, jobs: Mapping[str, Any], rows: Any, signed: Any) -> list[bytes]:
    """The leaves of one year and group: whose it is, the tree over its agencies' lines, its sign-offs, and every job
    with its inputs, parameters, programme, warnings and products.

    jobs   "2024/communes/report.vi" -> entry of the record; those of other places are passed over
    rows   root and number of the agencies' lines, None where there are none
    """
    own = sorted(name for name in jobs if name.startswith(f"{place}/"))
    head = (["place", FORMAT, reader, place], ["rows", rows], ["signed", signed])
    return [canonical(leaf) for leaf in (*head, *(["job", name, jobs[name]] for name in own))]


def kept_root(place: str, kept: Mapping[str, Any]) -> str:
    """The root of a signed version, from the record that is kept with it."""
    return merkle_root(place_leaves("public", place, kept["jobs"], kept["rows"], kept["signed"]))


def strangers(place: str, jobs: Mapping[str, Any]) -> list[str]:
    """Jobs and products in the record of a version that are none of its place: its root would not cover them."""
    names = (*jobs, *(path for of in jobs.values() for path in of["products"]))
    return [name for name in names if not (is_path(name) and name.startswith(f"{place}/"))]


def place_roots(record: Mapping[str, Any]) -> dict[str, str]:
    """place -> root of all that a record says of it: what is signed, and printed on what is signed."""
    places = {name.rpartition("/")[0] for name in record["jobs"]} | {*record["rows"], *record["signed"]}
    return {
        place: merkle_root(
            place_leaves(
                record["reader"], place, record["jobs"], record["rows"].get(place), record["signed"].get(place, [])
            )
        )
        for place in sorted(places)
    }


def folder_root(record: Mapping[str, Any]) -> str:
    """Root over everything that a record says: its places, and the files of no job."""
    leaves: list[Any] = [["record", FORMAT, record["reader"]]]
    leaves += [["place", place, root] for place, root in place_roots(record).items()]
    leaves += [["file", path, record["index"][path]] for path in sorted(record["index"])]
    return merkle_root(canonical(leaf) for leaf in leaves)


def fingerprint(job: Mapping[str, Any]) -> str:
    """From what a job of the record was made, as `dxlib.runs.fingerprint` has it."""
    return digest(canonical({part: job[part] for part in ("inputs", "parameters", "library", "notebook", "lock")}
                            | {"inputs": {path: of["bytes"] for path, of in job["inputs"].items()}}))  # fmt: skip


def approval_digest(row: Mapping[str, str]) -> str:
    """What the next row of approvals.csv carries in `previous`; rows of before there was a root have none in it."""
    return digest(canonical({column: str(cell) for column, cell in row.items() if cell or column != "root"}))


def broken_links(rows: Sequence[Mapping[str, str]]) -> Iterator[tuple[int, str, str]]:
    """(place, digest of the row above, what stands there) of every sign-off that does not follow from the one above:
    somebody edited or took away a row."""
    before = ""
    for n, row in enumerate(rows):
        if row.get("previous", "") != before:
            yield n, before, row.get("previous", "")
        before = approval_digest(row)


def content_digest(path: str, data: bytes) -> str:
    """Digest of what a file says: the same when a spreadsheet wrote the same table anew.

    Of a CSV file: its header and its rows, sorted, cells in Unicode NFC. Of other text: its bytes with LF. Of
    anything else, and of a CSV file that is none: its bytes.
    """
    if path.endswith(".toml"):
        return digest(data.replace(b"\r\n", b"\n"))
    try:
        rows = table(data.decode("utf-8-sig")) if path.endswith(".csv") else []
    except (UnicodeDecodeError, csv.Error):
        rows = []
    return digest(canonical([rows[0], sorted(rows[1:])])) if rows else digest(data)


def table(text: str) -> list[list[str]]:
    """The rows of a CSV text that hold anything, cells in NFC with LF."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    return [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if any(row)]


PART = re.compile(r"(register|lineage)\.csv@([0-9]{4}-[0-9]{2}-[0-9]{2})|(reasons)\.csv@([0-9]{4}/[^/@]+)")


def part(path: str, read: Callable[[str], bytes]) -> bytes:
    """What a year has of a table that stands beside the years, so that no later year changes it, as canonical JSON.

    path   register.csv@2025-12-31, lineage.csv@2025-12-31: what had happened by the evening of that day;
           reasons.csv@2025/communes: the reasons that the verdicts of that place give
    read   path below the data folder -> bytes, b"" where there is no such file

    A table that is none counts as its bytes.
    """
    found = PART.fullmatch(path)
    if not found:
        raise ValueError(path)
    data = read(path.partition("@")[0])
    try:
        rows = said(data)
        if found[3]:
            given = {row.get("reason") for row in said(read(f"{found[4]}/verdicts.csv"))}
            return canonical([row for row in rows if row.get("code") in given])
    except (UnicodeDecodeError, csv.Error):
        return data
    day, begins = found[2], {"register": "valid_from", "lineage": "date"}[found[1]]
    past = [row for row in rows if row.get(begins, "") <= day]
    return canonical([{k: v for k, v in row.items() if k != "valid_to" or v <= day} for row in past])


def said(data: bytes) -> list[dict[str, str]]:
    """The rows of a CSV file, without their empty cells. Raises UnicodeDecodeError and csv.Error."""
    header, *rows = table(data.decode("utf-8-sig")) or [[]]
    return [{column: cell for column, cell in zip(header, row, strict=False) if cell} for row in rows]


def rows_of_scores(text: str) -> dict[str, bytes]:
    """Agency -> its lines of tables/scores.csv as they stand there, joined by LF; in order of first appearance.

    Raises ValueError for a text that has no such lines.
    """
    header, *lines = list(records(text.removeprefix("\ufeff"))) or [""]
    column = cells(header).index("agency")
    found: dict[str, list[str]] = {}
    for line in lines:
        row = cells(line)
        if len(row) <= column:
            raise ValueError(f"a row without agency: {line[:40]!r}")
        found.setdefault(row[column], []).append(line)
    return {agency: "\n".join(own).encode() for agency, own in found.items()}


def records(text: str) -> Iterator[str]:
    """The rows of a CSV text, unparsed, without line ends; a quoted cell may run over lines."""
    held: list[str] = []
    quotes = 0
    for line in text.split("\n"):
        held.append(line)
        quotes += line.count('"')
        if quotes % 2 == 0:
            row = "\n".join(held).removesuffix("\r")
            held = []
            if row:
                yield row
    if held:
        raise ValueError("a quoted cell has no end")


def cells(row: str) -> list[str]:
    try:
        return next(csv.reader([row]))
    except csv.Error as error:
        raise ValueError(str(error)) from error


def short(full: str) -> str:
    """A fingerprint as pages print it: the first 12 digits in groups of 4."""
    return " ".join(full[i : i + 4] for i in (0, 4, 8))


# What deviates ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, order=True)
class Deviation:
    """One thing that is not as the record says: where (a path, or a place of the record), what, and the facts."""

    path: str
    kind: str
    row: int = 0
    expected: str = ""
    found: str = ""


@dataclass(frozen=True)
class Report:
    """What an audit found.

    root           of the folder, worked out from the record, to be compared with the one published elsewhere
    roots          the same of every year and group, "2024/communes", and of its signed versions, "2024/communes/v1"
    fingerprints   job -> worked out from the parts that the record names
    covered        what the values that the auditor brought do and do not answer for, as (kind, facts)
    under_way      the folder deviates, and was just being changed: neither confirmed nor refuted
    """

    files: int
    root: str
    roots: Mapping[str, str]
    fingerprints: Mapping[str, str]
    deviations: tuple[Deviation, ...]
    covered: tuple[tuple[str, Mapping[str, str]], ...] = ()
    under_way: bool = False

    @property
    def confirmed(self) -> bool:
        return not self.deviations


@dataclass(frozen=True)
class File:
    sha256: str
    size: int


def audit(path: str | Path, root: str = "", signed: str = "", data: str | Path | None = None) -> Report:
    """Hold a published folder against its record and SHA256SUMS; everything that deviates at once, sorted.

    root     a root as it was printed or published elsewhere (12 digits or more): of the folder (root.txt), of a year
             and group, or of a signed version
    signed   a fingerprint of inputs as it was printed (12 digits or more)
    data     the data folder from which the products were made
    """
    folder = Path(path)
    marks, before = marks_of_change(folder), identity(folder / RECORD)
    try:
        report = compared(folder, root, signed, data)
    except OSError as error:  # gone since it was listed
        report = Report(0, "", {}, {}, (Deviation(RECORD, "unreadable", found=error.strerror or ""),))
    moving = marks or marks_of_change(folder) or identity(folder / RECORD) != before
    return replace(report, under_way=bool(moving and report.deviations))


def marks_of_change(folder: Path) -> list[Path]:
    """What a change leaves in a folder until all its files are in their places."""
    try:
        return [path for pattern in UNDER_WAY for path in folder.glob(pattern)]
    except OSError:  # gone while it was listed
        return [folder]


def identity(record: Path) -> tuple[int, int]:
    """Of the record, which every change replaces."""
    try:
        return record.stat().st_ino, record.stat().st_mtime_ns
    except OSError:
        return 0, 0


def compared(folder: Path, root: str, signed: str, data: str | Path | None) -> Report:
    """The files of a folder against what the record says."""
    files, names, found = listing(folder)
    found += twins(names)
    record, of_record = read_record(folder, files)
    if record is not None and record["reader"] == "internal":  # forms sent back are no product: made again by no run
        files = {path: of for path, of in files.items() if not RETURNED.fullmatch(path)}
    sums, said = read_sums(folder, files)
    found += of_record + said
    if record is None:
        found += compare_files(files, {path: File(of, -1) for path, of in sums.items()}) if sums else []
        return Report(
            len(files), "", {}, {}, tuple(sorted(set(found))), tuple(coverage("", (), "", "", data is not None))
        )
    products, contradictions = products_of(record)
    prints = {job: fingerprint(of) for job, of in record["jobs"].items()}
    found += contradictions + compare_files(files, products)
    if SUMS in files:
        found += compare_sums(sums, products, files)
    found += check_fingerprints(record, prints) + check_signed(record, prints) + check_rows(folder, record, files)
    made = folder_root(record)
    found += [Deviation(RECORD, "root", 0, made, record["root"])] if made != record["root"] else []
    if ROOT not in files:
        found.append(Deviation(ROOT, "missing"))
    elif files[ROOT].sha256 != digest(f"{record['root']}\n".encode()):
        found.append(Deviation(ROOT, "root_file", 0, record["root"]))
    versions, wrong = check_versions(folder, record, files)
    found += wrong
    prints |= {f"{at}/{job.rpartition('/')[2]}": of for at, kept in versions.items() for job, of in kept.prints.items()}
    roots = {"": made, **place_roots(record), **{at: kept.root for at, kept in versions.items()}}
    meant = [of for of, full in roots.items() if root and full.startswith(root)]
    found += [Deviation(RECORD, "root_outside", 0, root, made)] if root and not meant else []
    known = any(full.startswith(signed) for full in prints.values())
    found += [Deviation(RECORD, "fingerprint_outside", 0, signed)] if signed and not known else []
    if data is not None:
        found += compare_data(Path(data), record)
    del roots[""]
    former = {at for at, kept in versions.items() if not kept.stands}
    unmatched = bool((root and not meant) or (signed and not known))
    covered = tuple(coverage(record["reader"], meant, root, signed, data is not None, former, unmatched))
    return Report(len(files), made, roots, prints, tuple(sorted(set(found))), covered)


def coverage(
    reader: str,
    meant: Sequence[str],
    root: str,
    signed: str,
    data: bool,
    former: Container[str] = (),
    unmatched: bool = False,
) -> Iterator[tuple[str, Mapping[str, str]]]:
    """What the values from outside answer for, and what nothing that was brought answers for.

    meant       whose root was given: "" the folder's, a place's, a version's
    former      versions that are no longer what is published
    unmatched   a value was given that fits nothing here
    """
    if unmatched:
        yield "covers_unmatched", {}
        return
    for of in meant:
        kind = "covers_folder" if not of else "covers_version" if is_version(of) else "covers_place"
        yield kind, {"place": of.partition("/v")[0], "version": of.rpartition("/v")[2]}
        if of in former:
            yield "covers_former", {}
    for value in (root if meant else "", signed):
        if value and len(value) < 64:
            yield "covers_digits", {"n": str(len(value))}
    if signed:
        yield "covers_inputs", {}
    if not meant:
        yield "covers_nothing" if not signed else "covers_no_page", {}
    if not data:
        yield "covers_no_data", {}
    if reader == "public" and meant:
        yield "covers_no_truth", {}


def published(path: str | Path) -> list[Path]:
    """The published folders that a path means: itself, that of a record, or, of a folder of reports that holds nothing
    else, those of the readers below it. Pages that stand beside a published folder are never passed over for it."""
    path = Path(path)
    if path.name == RECORD and path.is_file():
        return [path.parent]
    below = [path / reader for reader in READERS if is_published(path / reader)]
    if not below or is_published(path):
        return [path]
    others = {entry.name for entry in path.iterdir() if not entry.name.startswith(".")} - OF_REPORTS
    return [path] if others else below


def is_published(folder: Path) -> bool:
    """Whether a folder holds something that says what was published in it."""
    return any((folder / name).is_file() for name in (RECORD, SUMS))


def listing(folder: Path) -> tuple[dict[str, File], list[str], list[Deviation]]:
    """Every regular file below a folder with its digest, the names of everything, and what cannot be audited.

    Links are named, never followed. Names are read as UTF-8 whatever the locale says.
    """
    files, names, found, waiting = {}, [], [], [(folder, "")]
    while waiting:
        place, below = waiting.pop()
        try:
            with os.scandir(place) as entries:
                inside = list(entries)
        except OSError as error:
            found.append(Deviation(below, "unreadable", found=error.strerror or ""))
            continue
        for entry in inside:
            path = f"{below}/{os.fsencode(entry.name).decode('utf-8', 'surrogateescape')}".removeprefix("/")
            names.append(path)
            if entry.is_symlink():
                found.append(Deviation(path, "link"))
            elif entry.is_dir(follow_symlinks=False):
                waiting.append((Path(entry.path), path))
            elif not entry.is_file(follow_symlinks=False):
                found.append(Deviation(path, "special"))
            else:
                try:
                    files[path] = digest_file(Path(entry.path))
                except OSError as error:
                    found.append(Deviation(path, "unreadable", found=error.strerror or ""))
    return files, names, found


def digest_file(path: Path) -> File:
    with path.open("rb") as file:
        return File(hashlib.file_digest(file, "sha256").hexdigest(), file.tell())


def twins(names: Iterable[str]) -> list[Deviation]:
    """Names that some systems cannot keep apart: they differ only in letter case or in how accents are encoded."""
    alike = defaultdict(list)
    for name in names:
        alike[unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())].append(name)
    return [
        Deviation(name, "twin", found=", ".join(other for other in sorted(same) if other != name))
        for same in alike.values()
        for name in same
        if len(same) > 1
    ]


def compare_files(files: Mapping[str, File], products: Mapping[str, File]) -> list[Deviation]:
    """Missing, extra and changed files; a size of -1 is not known."""
    found = [Deviation(path, "missing", 0, of.sha256) for path, of in products.items() if path not in files]
    for path, there in files.items():
        if path in (RECORD, SUMS, ROOT) and path not in products:
            continue
        if path not in products:
            found.append(Deviation(path, "extra", 0, "", there.sha256))
        elif there.sha256 != products[path].sha256:
            found.append(Deviation(path, "changed", 0, products[path].sha256, there.sha256))
        elif products[path].size not in (-1, there.size):
            found.append(Deviation(path, "size", 0, str(products[path].size), str(there.size)))
    return found


# SHA256SUMS ---------------------------------------------------------------------------------------------------------


def read_sums(folder: Path, files: Mapping[str, File]) -> tuple[dict[str, str], list[Deviation]]:
    """Path -> digest of SHA256SUMS, and its lines that are none or stand out of order."""
    if SUMS not in files:
        return {}, [Deviation(SUMS, "missing")]
    if files[SUMS].size > LARGEST:
        return {}, [Deviation(SUMS, "too_large", found=str(files[SUMS].size))]
    *lines, end = (folder / SUMS).read_bytes().decode("utf-8", "surrogateescape").split("\n")
    read = [re.fullmatch(r"([0-9a-f]{64})  (.+)", line) for line in lines]
    found = [Deviation(SUMS, "sums_line", n, "", lines[n - 1]) for n, line in enumerate(read, 1) if not line]
    found += [Deviation(SUMS, "sums_line", len(lines) + 1, "", end)] if end or not lines else []
    listed = [(n, line[2]) for n, line in enumerate(read, 1) if line]
    found += [
        Deviation(SUMS, "sums_order", n, "", path) for (_, before), (n, path) in pairwise(listed) if path <= before
    ]
    return {line[2]: line[1] for line in read if line}, found


def compare_sums(sums: Mapping[str, str], products: Mapping[str, File], files: Mapping[str, File]) -> list[Deviation]:
    """Where SHA256SUMS and the record do not say the same."""
    recorded = {path: of.sha256 for path, of in products.items()}
    recorded |= {name: files[name].sha256 for name in (RECORD, ROOT) if name in files}
    lacking = [Deviation(path, "sums_lacks", 0, of) for path, of in recorded.items() if path not in sums]
    surplus = [Deviation(path, "sums_surplus", 0, "", of) for path, of in sums.items() if path not in recorded]
    differing = [path for path, of in sums.items() if recorded.get(path, of) != of]
    return lacking + surplus + [Deviation(path, "sums_differs", 0, recorded[path], sums[path]) for path in differing]


# The record ---------------------------------------------------------------------------------------------------------


def matches(pattern: str) -> Callable[[Any], bool]:
    form = re.compile(pattern, re.ASCII | re.DOTALL)
    return lambda value: isinstance(value, str) and form.fullmatch(value) is not None


def is_path(value: Any) -> bool:
    """A path that stays below its folder on every system."""
    return (
        isinstance(value, str)
        and not re.search(r"[\x00-\x1f\x7f\\:]", value)
        and not {"", ".", ".."} & set(value.split("/"))
    )


def is_size(value: Any) -> bool:
    return type(value) is int and value >= 0


def is_parameter(value: Any) -> bool:
    return value is None or type(value) in (str, int, bool)


is_hex, is_text, is_name = matches("[0-9a-f]{64}"), matches(".*"), matches(".+")
is_place = matches(PLACE := r"[0-9]{4}/[a-z0-9][a-z0-9_-]{0,31}")
is_job = matches(PLACE + r"/[A-Za-z0-9_-]+\.[a-z]{2}")
is_version = matches(PLACE + r"/v[^/]+")
PRODUCTS = {is_path: {"sha256": is_hex, "size": is_size}}
JOB = {
    "fingerprint": is_hex,
    "inputs": {is_path: {"bytes": is_hex, "content": is_hex}},
    "parameters": {is_name: is_parameter},
    "library": is_hex,
    "version": is_text,
    "notebook": is_hex,
    "lock": is_hex,
    "warnings": [is_text],
    "products": PRODUCTS,
    "root": lambda value: value is None or value == "" or is_hex(value),  # that its papers print
}
ROWS = {"root": is_hex, "agencies": is_size}
SIGNED = [{is_name: is_text}]
SHAPE = {
    "format": matches(re.escape(FORMAT)),
    "reader": matches("public|internal"),
    "jobs": {is_job: JOB},
    "index": PRODUCTS,
    "rows": {is_place: ROWS},
    "signed": {is_place: SIGNED},
    "root": is_hex,
}
KEPT = {
    "format": matches(re.escape(SIGNED_FORMAT)),
    "jobs": {is_job: JOB},
    "rows": lambda value: value is None or not list(misshapen(value, ROWS)),
    "signed": SIGNED,
    "root": is_hex,
}


def misshapen(value: Any, shape: Any, where: str = "") -> Iterator[str]:
    """Where a value has not the shape.

    shape   a test; [shape of each]; {key: shape}, exactly these keys; {test of keys: shape of each}
    """
    fits = shape(value) if callable(shape) else isinstance(value, type(shape))
    if not fits:
        yield where
    elif isinstance(shape, list):
        for i, item in enumerate(value):
            yield from misshapen(item, shape[0], f"{where}[{i}]")
    elif isinstance(shape, dict):
        (first, *_) = shape
        fixed = isinstance(first, str)
        for key in sorted({*value, *shape} if fixed else value):
            inside = f"{where}[{key}]" if where else key
            if key not in value or (key not in shape if fixed else not first(key)):
                yield inside
            else:
                yield from misshapen(value[key], shape[key] if fixed else shape[first], inside)


def read_record(
    folder: Path, files: Mapping[str, File], path: str = RECORD, shape: Any = SHAPE
) -> tuple[dict[str, Any] | None, list[Deviation]]:
    """The record, None where it cannot be relied upon; and what is wrong with its form."""
    if path not in files:
        return None, [Deviation(path, "missing")]
    if files[path].size > LARGEST:
        return None, [Deviation(path, "too_large", found=str(files[path].size))]
    data = (folder / path).read_bytes()
    try:
        record = json.loads(data.decode())
        written = canonical(record) + b"\n"
    except (ValueError, TypeError, RecursionError) as error:  # no JSON, half a character, a float, without end
        return None, [Deviation(path, "record_unreadable", found=type(error).__name__)]
    found = [Deviation(path, "record_not_canonical")] if written != data else []
    wrong = [Deviation(path, "record_form", found=where) for where in misshapen(record, shape)]
    return None if wrong else record, found + wrong


def products_of(record: Mapping[str, Any]) -> tuple[dict[str, File], list[Deviation]]:
    """Everything that the record says was published, and what its jobs do not agree about."""
    products: dict[str, File] = {}
    found = []
    for made in [record["index"], *(job["products"] for job in record["jobs"].values())]:
        for path, of in made.items():
            here = File(**of)
            if products.setdefault(path, here) != here:
                found.append(Deviation(path, "contradiction", 0, products[path].sha256, here.sha256))
    return products, found


def check_fingerprints(record: Mapping[str, Any], prints: Mapping[str, str]) -> list[Deviation]:
    recorded = {job: of["fingerprint"] for job, of in record["jobs"].items()}
    return [Deviation(job, "fingerprint", 0, of, recorded[job]) for job, of in prints.items() if of != recorded[job]]


def check_signed(record: Mapping[str, Any], prints: Mapping[str, str]) -> list[Deviation]:
    """Sign-offs whose chain is broken, or whose last one is of other figures than those published (for the public)."""
    found = []
    for place, rows in record["signed"].items():
        found += [Deviation(place, "chain", n + 1, before, had) for n, before, had in broken_links(rows)]
        report = prints.get(f"{place}{REPORT}", "")
        if record["reader"] == "public" and rows and rows[-1].get("fingerprint") != report:
            found.append(Deviation(place, "signed", len(rows), report, rows[-1].get("fingerprint", "")))
    return found


@dataclass(frozen=True)
class Version:
    """A signed version that is kept in the folder.

    root     worked out from its record
    prints   job -> fingerprint of inputs, as its pages print it
    stands   whether it is what is published
    """

    root: str
    prints: Mapping[str, str]
    stands: bool


def check_versions(
    folder: Path, record: Mapping[str, Any], files: Mapping[str, File]
) -> tuple[dict[str, Version], list[Deviation]]:
    """ "2024/communes/v1" -> every signed version that is kept there, and where it is not as it was signed."""
    versions: dict[str, Version] = {}
    found: list[Deviation] = []
    if record["reader"] != "public":
        return versions, found
    for at in sorted({match[0] for match in map(re.compile(PLACE + r"/v[^/]+(?=/)", re.ASCII).match, files) if match}):
        place, version = at.rpartition("/")[0], at.rpartition("/v")[2]
        rows = record["signed"].get(place, [])
        n = next((n for n, row in enumerate(rows) if row.get("version") == version), len(rows))
        if f"{at}/{RECORD}" in files:
            kept, wrong = read_record(folder, files, f"{at}/{RECORD}", KEPT)
            found += wrong
            if kept is not None:
                now = record["jobs"].get(f"{place}{REPORT}", {}).get("fingerprint", "")
                versions[at] = version_of(place, kept, now if n == len(rows) - 1 else "")
                found += check_version(folder, at, kept, versions[at], rows[: n + 1], n, files)
        elif n == len(rows):
            found.append(Deviation(at, "version_sign_offs"))
        elif rows[n].get("root"):  # without it nothing holds the pages to what was signed
            found.append(Deviation(f"{at}/{RECORD}", "missing", 0, rows[n]["root"]))
    there = {path.rpartition("/")[0] for path in files}
    for place, rows in record["signed"].items():
        signed = {f"{place}/v{row['version']}": row["root"] for row in rows if row.get("root") and row.get("version")}
        found += [Deviation(f"{at}/{RECORD}", "missing", 0, root) for at, root in signed.items() if at not in there]
    return versions, found


def version_of(place: str, kept: Mapping[str, Any], now: str) -> Version:
    """What its record says of a kept version.

    now   fingerprint of the report that is published; "" where another version was signed later
    """
    prints = {name: of["fingerprint"] for name, of in kept["jobs"].items()}
    return Version(kept_root(place, kept), prints, now != "" and prints.get(f"{place}{REPORT}") == now)


def check_version(
    folder: Path,
    at: str,
    kept: Mapping[str, Any],
    version: Version,
    rows: Sequence[Mapping[str, str]],
    n: int,
    files: Mapping[str, File],
) -> Iterator[Deviation]:
    """Where one kept version is not what was signed.

    rows   the sign-offs of its place up to its own, which is row n (from 0; absent where nobody signed it)
    """
    path, place = f"{at}/{RECORD}", at.rpartition("/")[0]
    if version.root != kept["root"]:
        yield Deviation(path, "root", 0, version.root, kept["root"])
    signed = rows[n] if n < len(rows) else None
    if signed is None or kept["signed"] != rows[:n]:
        yield Deviation(path, "version_sign_offs")
    elif signed.get("root") not in (None, "", version.root) or signed.get("fingerprint") != version.prints.get(
        f"{place}{REPORT}"
    ):
        yield Deviation(path, "version_root", n + 1, signed.get("root", ""), version.root)
    for name in strangers(place, kept["jobs"]):
        yield Deviation(path, "record_form", found=name)
    products, contradictions = products_of({"index": {}, "jobs": kept["jobs"]})
    yield from contradictions
    listed = {f"{at}/{path.removeprefix(f'{place}/')}": of for path, of in products.items()}
    yield from compare_version(folder, at, listed, files, version.stands)
    if version.stands:
        yield from compare_standing(products, files)


def compare_standing(signed: Mapping[str, File], files: Mapping[str, File]) -> Iterator[Deviation]:
    """Where what was signed last is what is published: tables and workbooks that are others now. Pages name the
    sign-off, or that they differed from the one before, and are others for it."""
    shows = re.compile(r".*\.(html|pdf|md)|.*/datapackage\.json")
    for path, of in signed.items():
        if path not in files:
            yield Deviation(path, "version_lacks", 0, of.sha256)
        elif files[path].sha256 != of.sha256 and not shows.fullmatch(path):
            yield Deviation(path, "version_differs", 0, of.sha256, files[path].sha256)


def compare_version(
    folder: Path, at: str, listed: Mapping[str, File], files: Mapping[str, File], stands: bool
) -> Iterator[Deviation]:
    """Files of a signed version that are not as they were signed; where it was replaced, the notice that says so is
    looked past."""
    for path in files:
        if path.startswith(f"{at}/") and path not in listed and path != f"{at}/{RECORD}":
            yield Deviation(path, "version_extra")
    for path, of in listed.items():
        if path not in files:
            yield Deviation(path, "missing", 0, of.sha256)
        elif files[path].sha256 != of.sha256:
            noticed = path.endswith(".html") and not stands and files[path].size <= LARGEST
            data = (folder / path).read_bytes() if noticed else b""
            if digest(NOTICE.sub(rb"\1", data, count=1)) != of.sha256:
                yield Deviation(path, "version_changed", 0, of.sha256, files[path].sha256)


def check_rows(folder: Path, record: Mapping[str, Any], files: Mapping[str, File]) -> list[Deviation]:
    """Places whose tables/scores.csv does not give the root of the record, and tables without one."""
    found_in = (path.removesuffix(f"/{SCORES}") for path in files if path.endswith(f"/{SCORES}"))
    tables = {place for place in found_in if is_place(place)}  # not those of earlier versions
    found = [Deviation(f"{place}/{SCORES}", "rows_absent") for place in tables if place not in record["rows"]]
    for place, recorded in record["rows"].items():
        path = f"{place}/{SCORES}"
        try:
            leaves = read_scores(folder, path) if path in files and files[path].size <= LARGEST else {}
        except ValueError:
            leaves = {}
        made, agencies = merkle_root(leaves.values()), len(leaves)
        if made != recorded["root"]:
            found.append(Deviation(path, "rows", 0, recorded["root"], made))
        if agencies != recorded["agencies"]:
            found.append(Deviation(path, "rows_number", 0, str(recorded["agencies"]), str(agencies)))
    return found


def read_scores(folder: Path, path: str) -> dict[str, bytes]:
    return rows_of_scores((folder / path).read_bytes().decode())


# The data folder ----------------------------------------------------------------------------------------------------

# What every report reads where it is there: a file that came later would change the next report. Sign-offs are
# apart, because they are written after the figures; `tests/audit` holds the list against the schema.
READ = (
    "index.toml", "indicators.csv", "choices.csv", "links.csv", "agencies.csv", "exemptions.csv", "claims.csv",
    "verdicts.csv", "appeals.csv", "evidence.csv", "shared.csv", "relations.csv",
)  # fmt: skip
APPROVALS, TEMPLATES = "approvals.csv", "templates"


def compare_data(data: Path, record: Mapping[str, Any]) -> list[Deviation]:
    """Where the data folder is not that from which the products were made."""
    inputs = {
        (path, of["bytes"], of["content"]) for job in record["jobs"].values() for path, of in job["inputs"].items()
    }
    found = [one for path, recorded, content in inputs for one in compare_input(data, path, recorded, content)]
    later = {f"{job.rpartition('/')[0]}/{name}" for job in record["jobs"] for name in READ}
    papers = {product for job in record["jobs"].values() for product in job["products"] if product.endswith(".docx")}
    later |= {f"{TEMPLATES}/{product.rpartition('/')[2]}" for product in papers}
    later -= {path for path, *_ in inputs}
    found += [Deviation(path, "data_extra") for path in later if os.path.lexists(data / path)]
    for place, rows in record["signed"].items():
        found += compare_signed(data, place, rows)
    return found


def compare_input(data: Path, path: str, recorded: str, content: str) -> list[Deviation]:
    """One file; the same content in other bytes deviates too, because no fingerprint covers the digest of content."""
    there, found = read_input(data, path)
    if there is None or digest(there) == recorded:
        return found
    kind = "data_resaved" if content_digest(path, there) == content else "data_changed"
    return [Deviation(path, kind, 0, recorded, digest(there))]


def read_input(data: Path, path: str) -> tuple[bytes | None, list[Deviation]]:
    """An input as a job read it: a file of the data folder, or what its year has of a table beside the years."""
    if PART.fullmatch(path):
        wrong: list[Deviation] = []

        def read(name: str) -> bytes:
            if not os.path.lexists(data / name):
                return b""
            there, found = read_input(data, name)
            wrong.extend(found)
            return there or b""

        whole = part(path, read)
        return (None, wrong) if wrong else (whole, [])
    file = data / os.fsdecode(path.encode())  # as UTF-8 in every locale
    try:
        if not file.resolve().is_relative_to(data.resolve()):
            return None, [Deviation(path, "data_outside")]
        if not file.is_file():
            return None, [Deviation(path, "special" if os.path.lexists(file) else "data_missing")]
        return file.read_bytes(), []
    except (OSError, RuntimeError) as error:  # a circle of links is a RuntimeError before Python 3.13
        return None, [Deviation(path, "unreadable", found=getattr(error, "strerror", "") or "")]


def digest_input(data: Path, path: str) -> str:
    """The digest of an input as a record names it; "" where there is no such file."""
    there, _ = read_input(data, path)
    return "" if there is None else digest(there)


def compare_signed(data: Path, place: str, rows: Sequence[Mapping[str, str]]) -> list[Deviation]:
    """Sign-offs of the record that the data folder no longer has; later ones may follow."""
    path = f"{place}/{APPROVALS}"
    read, found = read_input(data, path) if rows else (None, [])
    if read is None:
        return found
    try:
        header, *lines = table(read.decode("utf-8-sig")) or [[]]
    except (UnicodeDecodeError, csv.Error):
        return [Deviation(path, "data_changed")]
    kept = [filled(dict(zip(header, line, strict=False))) for line in lines]
    return [
        Deviation(path, "data_signed", n)
        for n, row in enumerate(rows, 1)
        if n > len(kept) or kept[n - 1] != filled(row)
    ]


def filled(row: Mapping[str, str]) -> dict[str, str]:
    """The cells that hold anything: a table may leave out columns that nobody filled."""
    return {column.strip(): cell.strip() for column, cell in row.items() if cell.strip()}


# One agency's proof -------------------------------------------------------------------------------------------------

PROOF = {
    "format": matches(re.escape(PROOF_FORMAT)),
    "place": lambda value: is_place(value) or is_version(value),
    "agency": is_name,
    "lines": [is_text],
    "index": is_size,
    "siblings": [is_hex],
    "rows": ROWS,
    "leaves": is_size,
    "above": [is_hex],
    "root": is_hex,
}


def prove(path: str | Path, place: str, agency: str) -> dict[str, Any]:
    """What one agency needs in order to check its own lines of tables/scores.csv against the root of its place, two
    trees one above the other: lines -> table -> place.

    place   "2024/communes", or a signed version of it: "2024/communes/v1"

    Raises LookupError (name, known ones) where there is no such place or agency, ValueError (path) where the table
    does not give the root of the record.
    """
    folder, record = Path(path), f"{place}/{RECORD}" if is_version(place) else RECORD
    files = {name: digest_file(folder / name) for name in {record, RECORD} if (folder / name).is_file()}
    held, _ = read_record(folder, files)
    if held is None:
        raise ValueError(RECORD)
    kept, _ = read_record(folder, files, record, KEPT) if record in files and record != RECORD else (None, [])
    whole = place.partition("/v")[0]
    rows = kept["rows"] if kept else held["rows"].get(place)
    if rows is None:
        raise LookupError(place, ", ".join(sorted(held["rows"])))
    table = f"{place}/{SCORES}"
    try:
        leaves = read_scores(folder, table)
    except (OSError, ValueError) as error:
        raise ValueError(table) from error
    if merkle_root(leaves.values()) != rows["root"]:
        raise ValueError(table)
    if agency not in leaves:
        raise LookupError(agency, ", ".join(leaves))
    i = list(leaves).index(agency)
    jobs, signed = (kept["jobs"], kept["signed"]) if kept else (held["jobs"], held["signed"].get(whole, []))
    above = place_leaves(held["reader"], whole, jobs, rows, signed)
    return {
        "format": PROOF_FORMAT,
        "place": place,
        "agency": agency,
        "lines": leaves[agency].decode().split("\n"),
        "index": i,
        "siblings": merkle_proof(leaves.values(), i),
        "rows": rows,
        "leaves": len(above),
        "above": merkle_proof(above, ROWS_LEAF),
        "root": merkle_root(above),
    }


def holds(proof: Any) -> bool:
    """Whether a proof is one, is about the agency it names, and leads to its root."""
    if list(misshapen(proof, PROOF)):
        return False
    text = "\n".join(proof["lines"])
    rows, named = proof["rows"], [*proof["place"].split("/")[:2], proof["agency"]]
    try:
        own = all(cells(line)[:3] == named for line in records(text))
        own = own and check_proof(text.encode(), proof["index"], rows["agencies"], proof["siblings"], rows["root"])
        return own and check_proof(canonical(["rows", rows]), ROWS_LEAF, proof["leaves"], proof["above"], proof["root"])
    except ValueError:
        return False


# Said and called ----------------------------------------------------------------------------------------------------

# Words and their languages stand here and not in dxlib.words because this file is carried away alone.
WORDS = {
    "vi": {
        "about": "Xác nhận hoặc bác bỏ một thư mục đã công bố; không cần mạng, không cần cài gì thêm.",
        "path": "thư mục đã công bố, ví dụ reports/public",
        "root_option": "mã gốc in trên quyết định, trên trang chính hoặc trong root.txt, từ 12 chữ số trở lên",
        "fingerprint_option": "mã đầu vào in ở cuối trang công bố, từ 12 chữ số trở lên",
        "data_option": "thư mục dữ liệu dùng để lập các báo cáo",
        "proof_option": "in chứng cứ để một cơ quan tự kiểm tra các dòng của mình trong tables/scores.csv",
        "check_option": "kiểm tra một chứng cứ như vậy",
        "json_option": "in kết quả ở dạng JSON",
        "lang_option": "ngôn ngữ",
        "confirmed": "XÁC NHẬN: {files} tệp đúng như hồ sơ.",
        "refuted": "BÁC BỎ: {n} sai lệch.",
        "under_way": "ĐANG THAY ĐỔI: có lệnh đang công bố (hoặc đã bị ngắt khi đang công bố) vào thư mục này, nên "
        "chưa xác nhận và cũng chưa bác bỏ. Hãy kiểm tra lại sau ít phút; nếu vẫn như vậy thì chạy dx run, hoặc xin "
        "bản sao khác, rồi kiểm tra lại. Sai lệch lúc này: {n}.",
        "root_said": "Mã gốc của cả thư mục, tính từ hồ sơ (root.txt phải ghi đúng mã này): {root}",
        "roots_said": "Mã gốc theo năm và nhóm (dòng có v1, v2… là bản đã ký, như in trên quyết định; dòng không có "
        "v là kết quả đang công bố):",
        "prints_said": "Mã đầu vào:",
        "covered_said": "Việc kiểm tra này trả lời được gì:",
        "covers_folder": "Mã gốc đưa vào đại diện cho cả thư mục: mọi tệp, đầu vào, tham số, chương trình, lưu ý, "
        "dòng phê duyệt và bản đã ký. Sửa bất cứ thứ gì trong đó thì mã không còn khớp.",
        "covers_place": "Mã gốc đưa vào đại diện cho {place} đang công bố: trang, bảng, đầu vào, tham số, chương "
        "trình, lưu ý và các dòng phê duyệt. Không đại diện cho năm và nhóm khác, trang chính, bản đã ký trước đó.",
        "covers_version": "Mã gốc đưa vào đại diện cho bản {version} của {place} như khi ký (thư mục "
        "{place}/v{version}): trang, bảng, đầu vào, tham số, chương trình, lưu ý và các dòng phê duyệt trước đó; "
        "khi bản ấy đang có hiệu lực thì cả các bảng và tệp Excel đang công bố (các trang nêu thêm việc ký nên "
        "không so được: hãy đọc ở thư mục ấy). Không đại diện cho trang chính, trang được thêm sau khi ký, lời ghi "
        "“đã được thay” ở đầu trang, việc ký sau đó, bản ký sau, năm và nhóm khác.",
        "covers_digits": "Mã đưa vào chỉ có {n} chữ số: đủ để thấy nhầm lẫn và sửa đổi thông thường; để chống người "
        "cố ý làm giả có máy tính mạnh thì cần đủ 64.",
        "covers_inputs": "Mã đầu vào đưa vào chỉ nói một báo cáo được lập từ đâu: đầu vào, tham số, chương trình.",
        "covers_no_page": "Mã này không xác nhận trang, bảng hay việc ký nào: ai sửa một con số cùng với hồ sơ thì "
        "lần kiểm tra này không thấy. Hãy dùng mã gốc in trên quyết định (--root).",
        "covers_nothing": "Không có mã nào giữ ở ngoài thư mục được đưa vào: các tệp chỉ được đối chiếu với hồ sơ "
        "nằm ngay trong thư mục. Ai sửa một con số cùng với hồ sơ thì lần kiểm tra này không thấy. Hãy dùng mã gốc "
        "in trên quyết định hoặc đã công bố ở nơi khác (--root).",
        "covers_unmatched": "Mã đưa vào không khớp với gì trong thư mục này, nên không xác nhận được điều gì. Hãy "
        "kiểm tra lại mã đã gõ, loại mã (--root hay --fingerprint) và thư mục (mã gốc in trên quyết định là của thư "
        "mục công khai).",
        "covers_former": "Bản này không còn là bản đang công bố: đã được thay, hoặc số liệu đã thay đổi sau khi ký.",
        "covers_no_data": "Thư mục dữ liệu không được đối chiếu (--data).",
        "covers_no_truth": "Không mã nào cho biết số liệu có đúng thực tế hay không, và không mã nào ở đây đại diện "
        "cho thư mục nội bộ.",
        "proof_holds": "XÁC NHẬN: các dòng của {agency} ({place}) thuộc kết quả có mã gốc {root}.",
        "proof_fails": "BÁC BỎ: chứng cứ không dẫn đến mã gốc.",
        "proof_root": "Hãy đối chiếu mã gốc này với mã in trên quyết định hoặc trên trang chính, hoặc dùng --root.",
        "proof_no_table": "BÁC BỎ: {path} không đúng như hồ sơ; hãy kiểm tra cả thư mục.",
        "no_folder": "không có thư mục {path}",
        "no_file": "không đọc được tệp {path}",
        "no_such": "không có “{name}”; hiện có: {known}",
        "one_of": "cần PATH hoặc --check-proof FILE, không cả hai",
        "no_use": "{option} không dùng ở đây",
        "hex": "{value}: cần 12–64 chữ số (0–9, a–f); gõ theo nhóm bốn thì đặt cả mã trong dấu ngoặc kép",
        "missing": "thiếu",
        "extra": "thừa, hồ sơ không có",
        "changed": "đã bị thay đổi (hồ sơ ghi {expected}, nay là {found})",
        "size": "kích thước khác (hồ sơ ghi {expected}, nay là {found})",
        "unreadable": "không đọc được ({found})",
        "too_large": "quá lớn để là tệp của bản công bố ({found} byte)",
        "link": "là liên kết; thư mục công bố không được có liên kết",
        "special": "không phải tệp thường",
        "twin": "tên chỉ khác {found} ở chữ hoa, chữ thường hoặc cách mã hóa dấu",
        "sums_line": "dòng {row} sai dạng: {found}",
        "sums_order": "dòng {row} sai thứ tự hoặc lặp lại: {found}",
        "sums_lacks": "SHA256SUMS thiếu tệp này",
        "sums_surplus": "SHA256SUMS có tệp này, hồ sơ thì không",
        "sums_differs": "SHA256SUMS ghi {found}, không khớp với {expected}",
        "record_unreadable": "không đọc được ({found})",
        "record_not_canonical": "không viết ở dạng chuẩn tắc",
        "record_form": "sai dạng ở: {found}",
        "contradiction": "các báo cáo trong hồ sơ ghi khác nhau ({expected}, {found})",
        "root": "mã gốc ghi là {found}, nhưng tính ra {expected}",
        "root_file": "không ghi đúng mã gốc {expected}",
        "root_outside": "không có năm và nhóm, bản đã ký hay thư mục nào ở đây có mã gốc {expected}; mã gốc của thư "
        "mục này là {found}",
        "fingerprint": "mã đầu vào ghi là {found}, nhưng tính ra {expected}",
        "fingerprint_outside": "không có trang nào trong thư mục này mang mã đầu vào {expected} (mã ở chân Tờ "
        "trình, Quyết định là của bản tóm tắt trình ký, thuộc thư mục nội bộ; mã gốc thì dùng --root)",
        "version_sign_offs": "không có dòng phê duyệt nào của bản này, hoặc các dòng trước đó không còn như khi ký",
        "version_root": "bản đã ký có mã gốc {found}, dòng phê duyệt {row} ghi {expected}",
        "version_changed": "không còn như khi ký (khi ký là {expected}, nay là {found})",
        "version_extra": "thừa, bản đã ký không có",
        "version_lacks": "có trong bản đã ký đang có hiệu lực, nay không còn",
        "version_differs": "khác với bản đã ký đang có hiệu lực (khi ký là {expected}, nay là {found})",
        "rows": "các dòng theo cơ quan không cho ra mã gốc của hồ sơ ({expected}, nay là {found})",
        "rows_number": "số cơ quan là {found}, hồ sơ ghi {expected}",
        "rows_absent": "hồ sơ không có mã gốc các dòng của bảng này",
        "chain": "chuỗi phê duyệt đứt ở dòng {row} (previous là “{found}”, phải là “{expected}”)",
        "signed": "số liệu ký gần nhất không phải là số liệu đang công bố (việc ký ở dòng {row} ghi mã đầu vào "
        "{found}, báo cáo có mã đầu vào {expected})",
        "data_missing": "dữ liệu: thiếu",
        "data_extra": "dữ liệu: có thêm tệp mà các báo cáo chưa đọc",
        "data_changed": "dữ liệu: nội dung đã thay đổi (hồ sơ ghi {expected}, nay là {found})",
        "data_resaved": "dữ liệu: cùng nội dung nhưng đã lưu lại, khác byte (hồ sơ ghi {expected}, nay là {found})",
        "data_outside": "dữ liệu: đường dẫn ra ngoài thư mục, không mở",
        "data_signed": "dữ liệu: dòng phê duyệt {row} của hồ sơ không còn nguyên",
    },
    "en": {
        "about": "Confirms or refutes a published folder; without a network, with nothing installed.",
        "path": "the published folder, e.g. reports/public",
        "root_option": "the root printed on the decision, on the index or in root.txt, 12 digits or more",
        "fingerprint_option": "the fingerprint of inputs printed at the end of a page, 12 digits or more",
        "data_option": "the data folder from which the reports were made",
        "proof_option": "print what an agency needs to check its own lines of tables/scores.csv",
        "check_option": "check such a proof",
        "json_option": "print the result as JSON",
        "lang_option": "language",
        "confirmed": "CONFIRMED: {files} files are as the record says.",
        "refuted": "REFUTED: deviations found: {n}.",
        "under_way": "CHANGE UNDER WAY: a command is publishing (or was stopped while publishing) into this folder; "
        "it is neither confirmed nor refuted. Audit again in some minutes; if it is still so, run dx run, or ask "
        "for another copy, and audit again. Deviations now: {n}.",
        "root_said": "Root of the whole folder, worked out from the record (root.txt must hold it): {root}",
        "roots_said": "Roots by year and group (v1, v2…: signed versions, as printed on the decision; without v: "
        "what is published now):",
        "prints_said": "Fingerprints of inputs:",
        "covered_said": "What this audit answers:",
        "covers_folder": "The root that was given stands for the whole folder: every file, input, parameter, "
        "programme, warning, sign-off and signed version. Whatever is changed, it no longer fits.",
        "covers_place": "The root that was given stands for {place} as it is published: pages, tables, inputs, "
        "parameters, programme, warnings and sign-offs. Not for other years and groups, the index, earlier signed "
        "versions.",
        "covers_version": "The root that was given stands for version {version} of {place} as it was signed (folder "
        "{place}/v{version}): pages, tables, inputs, parameters, programme, warnings and the sign-offs before it; "
        "while that version stands, also for the tables and workbooks published now (pages name the sign-off and "
        "cannot be compared: read them in that folder). Not for the index, pages added since, the notice that it "
        "was replaced, later sign-offs and versions, other years and groups.",
        "covers_digits": "The value that was given has {n} digits only: enough against mistakes and casual changes; "
        "against somebody with much computing power all 64 are needed.",
        "covers_inputs": "The fingerprint of inputs that was given says only from what a report was made: inputs, "
        "parameters, programme.",
        "covers_no_page": "No page, table or sign-off is answered for: a figure that was changed together with the "
        "record is not noticed. Use the root printed on the decision (--root).",
        "covers_nothing": "No value kept outside the folder was given: the files were only held against the record "
        "in the same folder. A figure that was changed together with the record is not noticed. Use the root "
        "printed on the decision or published elsewhere (--root).",
        "covers_unmatched": "The value that was given fits nothing in this folder, so nothing is confirmed. Check "
        "the digits, the kind of value (--root or --fingerprint) and the folder (the root on the decision is the "
        "public folder's).",
        "covers_former": "This version is no longer what is published: it was replaced, or figures changed after it "
        "was signed.",
        "covers_no_data": "The data folder was not compared (--data).",
        "covers_no_truth": "No value says whether the figures are true, and none stands for the folder of internal "
        "use.",
        "proof_holds": "CONFIRMED: the lines of {agency} ({place}) belong to the result with root {root}.",
        "proof_fails": "REFUTED: the proof does not lead to the root.",
        "proof_root": "Compare this root with the one printed on the decision or the index, or give it with --root.",
        "proof_no_table": "REFUTED: {path} is not as the record says; audit the whole folder.",
        "no_folder": "there is no folder {path}",
        "no_file": "cannot read the file {path}",
        "no_such": "there is no “{name}”; there are: {known}",
        "one_of": "give either PATH or --check-proof FILE",
        "no_use": "{option} has no use here",
        "hex": "{value}: expected 12–64 hex digits; put groups of four in quotes",
        "missing": "missing",
        "extra": "extra, not in the record",
        "changed": "changed (recorded {expected}, now {found})",
        "size": "other size (recorded {expected}, now {found})",
        "unreadable": "cannot be read ({found})",
        "too_large": "too large for what it should be ({found} bytes)",
        "link": "is a link; a published folder must have none",
        "special": "is not a regular file",
        "twin": "differs from {found} only in letter case or in how accents are encoded",
        "sums_line": "line {row} is malformed: {found}",
        "sums_order": "line {row} is out of order or repeated: {found}",
        "sums_lacks": "not in SHA256SUMS",
        "sums_surplus": "in SHA256SUMS, but not in the record",
        "sums_differs": "SHA256SUMS has {found}, which is not {expected}",
        "record_unreadable": "cannot be read ({found})",
        "record_not_canonical": "is not written in canonical form",
        "record_form": "malformed at: {found}",
        "contradiction": "the reports in the record do not agree ({expected}, {found})",
        "root": "the root is said to be {found}, but works out as {expected}",
        "root_file": "does not hold the root {expected}",
        "root_outside": "nothing has the root that was given, {expected}; the root of the folder is {found}",
        "fingerprint": "the fingerprint of inputs is said to be {found}, but works out as {expected}",
        "fingerprint_outside": "no page in this folder has the fingerprint of inputs {expected} (the one at the "
        "foot of submission and decision is the brief's, in the internal folder; a root goes with --root)",
        "version_sign_offs": "no sign-off of this version, or those before it are no longer as they were",
        "version_root": "the signed version has the root {found}, its sign-off (row {row}) says {expected}",
        "version_changed": "is no longer as it was signed (then {expected}, now {found})",
        "version_extra": "extra, not in the signed version",
        "version_lacks": "is in the signed version that stands, and no longer here",
        "version_differs": "is not that of the signed version that stands (then {expected}, now {found})",
        "rows": "the lines by agency do not give the root of the record ({expected}, now {found})",
        "rows_number": "there are {found} agencies, recorded are {expected}",
        "rows_absent": "the record has no root of this table's lines",
        "chain": "the chain of sign-offs is broken at row {row} (previous is “{found}”, should be “{expected}”)",
        "signed": "signed figures are no longer those published (row {row} signed {found}, reports have {expected})",
        "data_missing": "data: missing",
        "data_extra": "data: a further file that the reports have not read",
        "data_changed": "data: content changed (recorded {expected}, now {found})",
        "data_resaved": "data: same content, but saved anew in other bytes (recorded {expected}, now {found})",
        "data_outside": "data: leads out of the folder, not opened",
        "data_signed": "data: sign-off {row} of the record is no longer there as it was",
    },
}
SHOWN = 160


def safe(text: str) -> str:
    """Text of unknown origin as one harmless line: what does not show is spelt out, what is long is cut."""
    composed = unicodedata.is_normalized("NFC", text)
    line = "".join(spelt(c) if hidden(c) or not (composed or not unicodedata.combining(c)) else c for c in text)
    line = f"“{line}”" if line != line.strip() or not line else line
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 40]}…{line[-40:]} ({len(text)})"


def hidden(c: str) -> bool:
    return c == "\\" or not c.isprintable()


def spelt(c: str) -> str:
    return "\\\\" if c == "\\" else f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\U{ord(c):08x}"


def worded(of: Deviation, lang: str) -> str:
    """A deviation as a line."""
    facts = {"row": of.row, "expected": safe(of.expected), "found": safe(of.found)}
    return f"{safe(of.path)}: {WORDS[lang][of.kind].format(**facts)}"


def lines_of(report: Report, lang: str) -> list[str]:
    """A report as text."""
    say = WORDS[lang]
    n = len(report.deviations)
    ended = "under_way" if report.under_way else "refuted" if n else "confirmed"
    lines = [say[ended].format(n=n, files=report.files)]
    lines += [f"  {worded(of, lang)}" for of in report.deviations]
    if report.root:
        lines += [say["root_said"].format(root=report.root)]
    roots = [f"  {of}: {full}" for of, full in sorted(report.roots.items())]
    lines += [say["roots_said"], *roots] if roots else []
    made = [(job, full) for job, full in sorted(report.fingerprints.items()) if "/report." in job]
    lines += [say["prints_said"], *(f"  {short(full)}  {safe(job)}" for job, full in made)] if made else []
    lines += [say["covered_said"], *(f"  {said}" for said in covered_words(report, lang))] if report.covered else []
    return lines


def covered_words(report: Report, lang: str) -> list[str]:
    """What the audit does and does not answer, in words."""
    return [WORDS[lang][kind].format(**facts) for kind, facts in report.covered]


def as_json(report: Report, lang: str) -> str:
    said = {"confirmed": report.confirmed, **asdict(report), "covered": covered_words(report, lang)}
    return json.dumps(said, indent=1, sort_keys=True)


def digits(lang: str) -> Callable[[str], str]:
    """The reader of an option: 12 hex digits or more, in groups as printed or not."""

    def read(value: str) -> str:
        found = re.sub(r"\s", "", value).lower()
        if not re.fullmatch(r"[0-9a-f]{12,64}", found):
            raise argparse.ArgumentTypeError(WORDS[lang]["hex"].format(value=safe(value)))
        return found

    return read


def parser(lang: str) -> argparse.ArgumentParser:
    say = WORDS[lang]
    made = argparse.ArgumentParser(prog="python -m dxlib.audit", description=say["about"], allow_abbrev=False)
    made.add_argument("path", nargs="?", metavar="PATH", help=say["path"])
    made.add_argument("--root", type=digits(lang), metavar="HEX", help=say["root_option"])
    made.add_argument("--fingerprint", type=digits(lang), metavar="HEX", help=say["fingerprint_option"])
    made.add_argument("--data", metavar="DIR", help=say["data_option"])
    made.add_argument("--proof", nargs=2, metavar=("YEAR/GROUP", "AGENCY"), help=say["proof_option"])
    made.add_argument("--check-proof", metavar="FILE", help=say["check_option"])
    made.add_argument("--json", action="store_true", help=say["json_option"])
    made.add_argument("--lang", choices=sorted(WORDS), default=lang, help=say["lang_option"])
    return made


def language_of(argv: Sequence[str]) -> str:
    """The language of the help, before the arguments are parsed."""
    wanted = [b for a, b in pairwise(argv) if a == "--lang"] + [a[7:] for a in argv if a.startswith("--lang=")]
    first = (wanted or [os.environ.get("DX_LANG", "vi")])[-1]
    return first if first in WORDS else "vi"


def main(argv: Sequence[str] | None = None) -> int:
    """Returns 0 confirmed, 1 refuted, 2 wrong usage, 3 change under way."""
    argv = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    dx = parser(language_of(argv))
    args = dx.parse_args(argv)
    say = WORDS[args.lang]
    if (args.path is None) == (args.check_proof is None):
        dx.error(say["one_of"])
    useless = {"data", "fingerprint"} | ({"proof"} if args.check_proof else {"root"})
    for option in sorted(useless) if args.proof or args.check_proof else ():
        if getattr(args, option) is not None:
            dx.error(say["no_use"].format(option=f"--{option}"))
    if args.path is not None:
        args.asked, args.path = Path(args.path), published(args.path)[0]
    for folder in (args.path, args.data):
        if folder is not None and not Path(folder).is_dir():
            dx.error(say["no_folder"].format(path=safe(str(folder))))
    try:
        code = run_check_proof(args, dx) if args.check_proof else run_proof(args, dx) if args.proof else run_audit(args)
        sys.stdout.flush()  # here, not at the end of Python, where nobody catches that the reader has gone
        return code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def run_audit(args: argparse.Namespace) -> int:
    report = audit(args.path, args.root or "", args.fingerprint or "", args.data)
    named = [f"{safe(str(args.path))}:"] if args.asked != args.path else []  # where it is not the folder that was named
    lines = [*named, *lines_of(report, args.lang)]
    print(as_json(report, args.lang) if args.json else "\n".join(lines))
    return exit_code([report])


def exit_code(reports: Sequence[Report]) -> int:
    """That of the worst: refuted, change under way, confirmed."""
    wrong = [report for report in reports if not report.confirmed]
    return 0 if not wrong else 3 if all(report.under_way for report in wrong) else 1


def run_proof(args: argparse.Namespace, dx: argparse.ArgumentParser) -> int:
    say = WORDS[args.lang]
    try:
        proof = prove(args.path, *args.proof)
    except LookupError as error:
        name, known = error.args
        dx.error(say["no_such"].format(name=safe(name), known=safe(known)))
    except ValueError as error:
        print(say["proof_no_table"].format(path=safe(str(error.args[0]))), file=sys.stderr)
        return 1
    print(json.dumps(proof, indent=1))
    return 0


def run_check_proof(args: argparse.Namespace, dx: argparse.ArgumentParser) -> int:
    say = WORDS[args.lang]
    try:
        with Path(args.check_proof).open("rb") as file:  # a pipe is a file too: a shell may hand over what it has made
            data = file.read(LARGEST_PROOF)
    except (OSError, ValueError):
        dx.error(say["no_file"].format(path=safe(args.check_proof)))
    try:
        proof = json.loads(data)  # in whichever Unicode a shell wrote it
    except (ValueError, RecursionError):
        proof = None
    right = holds(proof) and proof["root"].startswith(args.root or "")
    facts = {key: safe(proof[key]) for key in ("agency", "place", "root")} if right else {}
    if right:  # of which version these are is said by the root alone
        facts["place"] = facts["place"].partition("/v")[0]
    lines = [say["proof_holds"].format(**facts), *(f"  {safe(line)}" for line in proof["lines"])] if right else []
    lines += [say["proof_root"]] if right and args.root is None else []
    said = json.dumps({"confirmed": right, **facts}, indent=1, sort_keys=True)
    print(said if args.json else "\n".join(lines or [say["proof_fails"]]))
    return 0 if right else 1


if __name__ == "__main__":
    raise SystemExit(main())
