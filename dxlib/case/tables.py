"""Read one CSV of the contract: bytes to a frame of text, with everything that is wrong with the file itself."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from .. import schema
from ..atomic import NotPlain, read_plain
from ..errors import Finding, nearest
from .characters import CONTROL, INVISIBLE, LONGEST, UNSPELT, faults, is_odd, kind_of, of_cells

Files = Mapping[str, bytes]  # path below the data folder -> what a command is about to write there
NOTHING: Files = {}
DECIMAL_COMMA = re.compile(r"-?[0-9]+,[0-9]+")
VN_DATE = re.compile(r"([0-3]?[0-9])[/.-]([01]?[0-9])[/.-]([0-9]{4})(?: .*)?")
MAX_ROWS = 5_000_000
csv.field_size_limit(2**31 - 1)  # a cell that is too long is named by row and column, not by the reader


def empty(name: str) -> pd.DataFrame:
    """A table that was not given: no rows, all columns of the contract."""
    return pd.DataFrame({column: pd.Series([], dtype=object) for column in schema.columns(name)})


def read_bytes(
    path: Path, shown: str, digests: dict[str, str], new: Files = NOTHING
) -> tuple[bytes | None, list[Finding]]:
    """A file's bytes, its digest noted; None with a finding for what cannot be read as a file."""
    try:
        data = new[shown] if shown in new else read_plain(path)
    except NotPlain:
        return None, [Finding("E_IO", "not_plain", shown)]
    except OSError as error:
        return None, [Finding("E_IO", "io", shown, facts={"detail": error.strerror or type(error).__name__})]
    digests[shown] = hashlib.sha256(data).hexdigest()
    return data, []


def read_table(name: str, data: bytes, file: str) -> tuple[pd.DataFrame, list[Finding]]:
    """One table of the contract.

    name   which table (`claims`, …)
    data   the file's bytes
    file   how findings call it

    Returns a frame of text ("" = empty cell; index = the row a spreadsheet shows; every column of the
    contract, then the `x_` columns) and the findings about the file's form.
    """
    findings: list[Finding] = []
    text = decode(data, file, findings)
    if text is None:
        return empty(name), findings
    if not text.strip():
        return empty(name), [Finding("E_EMPTY", "file_empty", file)]
    if is_odd(text):
        findings += odd_cells(text, file)
    text = normalise(text, file, findings)
    delimiter = separator(text)
    if text[:4].lower() == "sep=":
        text = text.split("\n", 1)[-1]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = list(reader)
    except csv.Error as error:
        facts = {"detail": str(error)}
        return empty(name), [*findings, Finding("E_CSV", "csv_broken", file, reader.line_num or None, facts=facts)]
    if len(rows) > MAX_ROWS:
        return empty(name), [Finding("E_TOO_LARGE", "too_many_rows", file, facts={"limit": MAX_ROWS})]
    header = [cell.strip() for cell in rows[0]]
    if padded := next((cell for cell in rows[0] if cell != cell.strip()), ""):
        findings.append(Finding("W_NORMALISED", "header_padded", file, 1, padded.strip(), padded))
    if not all(header):
        return empty(name), [*findings, Finding("E_COLUMN", "header_blank", file, 1)]
    if not check_header(name, header, file, findings):
        return empty(name), findings
    frame = to_frame(name, header, rows, file, findings)
    if delimiter != ",":
        findings.append(undo_excel(name, frame, file))
    return frame, findings


def decode(data: bytes, file: str, findings: list[Finding]) -> str | None:
    """UTF-8, with or without BOM. Anything else is an error that names the likely encoding."""
    try:
        if data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[1:200:2].count(0) > 20:
            raise UnicodeDecodeError("utf-8", data[:1], 0, 1, "UTF-16")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        guess = "UTF-16" if error.reason == "UTF-16" else legacy_encoding(data)
        findings.append(Finding("E_ENCODING", "encoding", file, row, facts={"guess": guess}))
        return None


def legacy_encoding(data: bytes) -> str:
    """A guess between the old Vietnamese encodings, by the bytes of their commonest letters."""
    high = Counter(byte for byte in data if byte >= 0x80)
    windows = sum(high[b] for b in (0xCC, 0xEC, 0xD2, 0xDE, 0xF2, 0xF0, 0xFD, 0xF5))  # combining marks, đ, ư, ơ
    tcvn = sum(high[b] for b in (0xAE, 0xAD, 0xAC, 0xB8, 0xB5, 0xA9, 0xAA, 0xAB))  # đ, ư, ơ, á, à, â, ê, ô
    vni = sum(high[b] for b in (0xF1, 0xF6, 0xF9, 0xE2, 0xF8, 0xFB))  # đ, ö, ù, â, ø, û
    return max((("Windows-1258", windows), ("TCVN3 (ABC)", tcvn), ("VNI", vni)), key=lambda pair: pair[1])[0]


def odd_cells(text: str, file: str) -> list[Finding]:
    """What is wrong with the characters of the cells, before anything is put right; nothing where they cannot be told
    apart (the reading that follows says why)."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    delimiter = separator(text)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return []
    rows = rows[1:] if text[:4].lower() == "sep=" else rows
    header = [cell.strip() for cell in rows[0]] if rows else []
    kinds = [kind_of(column) for column in header]
    cells = (
        (number, header[i], kinds[i], cell.strip(" \n"))
        for number, row in enumerate(rows, start=1)
        for i, cell in enumerate(row[: len(header)])
        if cell
    )
    return [f for f in of_cells(cells, file) if f.reason != "cell_long"]


def normalise(text: str, file: str, findings: list[Finding]) -> str:
    """Unicode NFC, no invisible characters, one kind of line end; controls that are named at their cells are dropped,
    others named here."""
    clean = text
    for mark, stands_for in INVISIBLE.items() if UNSPELT.search(text) else ():
        clean = clean.replace(mark, stands_for)
    if not unicodedata.is_normalized("NFC", clean):
        clean = unicodedata.normalize("NFC", clean)
    control = CONTROL.search(clean)
    if control:
        if not any(f.reason == "control_character" for f in findings):
            row = clean[: control.start()].count("\n") + 1
            findings.append(Finding("E_FORM", "control_character", file, row, value=f"U+{ord(control.group()):04X}"))
        clean = CONTROL.sub("", clean)
    elif clean != text:
        row = next(
            (i for i, (a, b) in enumerate(zip(text.split("\n"), clean.split("\n"), strict=False), 1) if a != b), 1
        )
        findings.append(Finding("W_NORMALISED", "normalised", file, row))
    return clean.replace("\r\n", "\n").replace("\r", "\n")


def separator(text: str) -> str:
    """The separator the header was written with: a comma, unless a spreadsheet made it ; or a tab."""
    first = text.split("\n", 1)[0]
    if first[:4].lower() == "sep=" and len(first) > 4:
        return first[4]
    return max(",;\t", key=first.count) if first.count(",") == 0 else ","


def check_header(name: str, header: list[str], file: str, findings: list[Finding]) -> bool:
    known = schema.columns(name)
    twice = [column for column, n in Counter(header).items() if n > 1]
    findings += [Finding("E_HEADER_DUP", "header_twice", file, 1, column, column) for column in twice]
    for column in dict.fromkeys(header):
        if column not in known and not column.startswith("x_"):
            facts = {"nearest": nearest(column, known) or ", ".join(known)}
            findings.append(Finding("E_COLUMN", "column_unknown", file, 1, column, column, facts))
    must = [field["name"] for field in schema.table(name)["fields"] if field.get("x_mustExist")]
    lacking = [column for column in must if column not in header]
    findings += [Finding("E_COLUMN", "column_missing", file, 1, column, "", {"column": column}) for column in lacking]
    return not twice and not lacking


def to_frame(name: str, header: list[str], rows: list[list[str]], file: str, findings: list[Finding]) -> pd.DataFrame:
    width = len(header)
    numbers, body = [], []
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != width:
            facts = {"cells": len(row), "width": width}
            findings.append(Finding("E_COLUMNS", "row_width", file, number, facts=facts))
            row = (row + [""] * width)[:width]
        numbers.append(number)
        body.append(row)
    known: dict[str, str] = {}  # a text that stands in many cells is kept once
    cells = {
        column: [known.setdefault(cell, cell) for cell in (row[i].strip() for row in body)]
        for i, column in enumerate(header)
    }
    if max(map(len, known), default=0) > LONGEST:
        long = {cell: fault for cell in known if len(cell) > LONGEST for fault in faults(cell)[:1]}
        places = ((n, column, cell) for column in header for n, cell in zip(numbers, cells[column], strict=True))
        findings += [long[cell].finding(file, number, column) for number, column, cell in places if cell in long]
    kept = [*schema.columns(name), *(column for column in header if column.startswith("x_"))]
    blank = [""] * len(body)
    frame = pd.DataFrame({column: pd.Series(cells.get(column, blank), dtype=object) for column in kept})
    frame.index = pd.Index(numbers, name="row", dtype="int64")
    return frame


def folded(name: str) -> str:
    """A name as it is compared: one spelling of its accents, small letters, single blanks."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def rows_of(frame: pd.DataFrame, *columns: str) -> Iterator[tuple]:
    """The cells of some columns, row by row (plain lists: going through a pandas column is ten times slower)."""
    return zip(*(frame[column].tolist() for column in columns), strict=True)


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """One CSV as the contract wants it: UTF-8, LF. Half a character (an argument in another encoding) becomes bytes
    that the judge of the folder refuses."""
    out = io.StringIO(newline="")
    table = csv.writer(out, lineterminator="\n")
    table.writerow(columns)
    table.writerows(rows)
    return out.getvalue().encode("utf-8", "surrogatepass")


def undo_excel(name: str, frame: pd.DataFrame, file: str) -> Finding:
    """Say once what a spreadsheet did to the whole file; read on as if it had not, so that nothing else is hidden."""
    commas = dates = 0
    for field in schema.table(name)["fields"]:
        column = field["name"]
        if field.get("x_type", field["type"]) in ("number", "integer", "weight"):
            hits = [bool(DECIMAL_COMMA.fullmatch(cell)) for cell in frame[column]]
            commas += sum(hits)
            frame[column] = [c.replace(",", ".") if hit else c for c, hit in zip(frame[column], hits, strict=True)]
        elif field["type"] == "date":
            found = [VN_DATE.fullmatch(cell) for cell in frame[column]]
            dates += sum(f is not None for f in found)
            frame[column] = [iso(f) if f else c for c, f in zip(frame[column], found, strict=True)]
    return Finding("E_EXCEL", "excel", file, 1, facts={"commas": commas, "dates": dates})


def iso(found: re.Match[str]) -> str:
    day, month, year = found.groups()
    return f"{year}-{int(month):02}-{int(day):02}"


def differing(
    then: pd.DataFrame, now: pd.DataFrame, key: Sequence[str]
) -> Iterator[tuple[tuple[str, ...], dict[str, str] | None, dict[str, str] | None]]:
    """(key, its other cells before, and now) of every row of two tables that differs, a row that is in one alone too
    (None in the other), in the order of the first table, then of the second."""
    columns = [c for c in dict.fromkeys([*then.columns, *now.columns]) if c not in key]
    old, new = (
        {tuple(row[: len(key)]): row[len(key) :] for row in rows_of(table, *key, *columns)}
        for table in (frame.reindex(columns=[*key, *columns], fill_value="") for frame in (then, now))
    )
    for k in dict.fromkeys([*old, *new]):
        if old.get(k) != new.get(k):
            was, is_now = (dict(zip(columns, rows[k], strict=True)) if k in rows else None for rows in (old, new))
            yield k, was, is_now
