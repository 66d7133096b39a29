"""Can a published folder be trusted? Confirms or refutes it, and names every deviation.

    python -m dxlib.audit PATH        python audit.py PATH

Standard library only and alone in its file, so that an auditor can read all of it, carry it away and run it on a
bare Python 3.11 or later. Whoever writes a record takes its formats from here.

Sources: RFC 6962 §2.1 (the tree over hashes; CT's published vectors are the known answers of the test), RFC 9162
§2.1.3 (proofs).
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

FORMAT, PROOF_FORMAT = "dxlib-record-1", "dxlib-proof-1"
RECORD, SUMS, SCORES = "record.json", "SHA256SUMS", "tables/scores.csv"


# Digests and trees --------------------------------------------------------------------------------------------------


def canonical(value: Any) -> bytes:
    """Canonical JSON: UTF-8, sorted keys, no spaces. Raises TypeError for a float, which has no one spelling."""
    refuse_floats(value)
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


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


def published_root(products: Mapping[str, str]) -> str:
    """Root over everything published: path -> SHA-256 (hex), in the order of the paths."""
    return merkle_root(f"{path}\0{products[path]}".encode() for path in sorted(products))


def fingerprint(job: Mapping[str, Any]) -> str:
    """From what a job of the record was made, as `dxlib.runs.fingerprint` has it."""
    return digest(canonical({part: job[part] for part in ("inputs", "parameters", "library", "notebook", "lock")}
                            | {"inputs": {path: of["bytes"] for path, of in job["inputs"].items()}}))  # fmt: skip


def approval_digest(row: Mapping[str, str]) -> str:
    """What the next row of approvals.csv carries in `previous`."""
    return digest(canonical({column: str(cell) for column, cell in row.items()}))


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
    for line in text.split("\n"):
        held.append(line)
        row = "\n".join(held).removesuffix("\r")
        if row.count('"') % 2 == 0:
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
