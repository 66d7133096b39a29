"""Workbooks that must not get in: each gives its named finding, none a stack trace, none a byte written."""

import datetime
import io
import random
import re
import resource
import time
import zipfile

import openpyxl
import pytest

from dxlib.sheets import intake
from tests.sheets.desk import Desk, before_claims

IN_TIME = datetime.date(2025, 1, 15)


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    return Desk(root, before_claims(root))


@pytest.fixture(scope="module")
def good(desk):
    return desk.form(next(iter(desk.people)))


@pytest.fixture
def give(desk, tmp_path):
    """Take one file in; returns its findings. Nothing may have been written when one is an error."""

    def give(data, name="form.xlsx"):
        (tmp_path / name).write_bytes(data)
        before = {p: p.stat().st_mtime_ns for p in desk.root.rglob("*")}
        out = intake(desk.root, 2024, "departments", [tmp_path / name], received=IN_TIME)
        assert out.refused and not out.written
        assert {p: p.stat().st_mtime_ns for p in desk.root.rglob("*")} == before
        return out.findings

    return give


def parts_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def packed(parts, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return out.getvalue()


def with_part(data, name, content):
    return packed(parts_of(data) | {name: content})


def edited(data, change):
    """The workbook after somebody worked on it with a library that knows no locks."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def first_input(desk, takes, sheet="Phiếu"):
    from dxlib.sheets.form import claim_form

    book = claim_form(desk.words, desk.people[next(iter(desk.people))])
    cells = next(s for s in book.sheets if s.title == sheet).cells
    (row, column), _ = next(item for item in cells.items() if item[1].takes == takes and item[1].name[0].isdigit())
    return row + 1, column + 1


PACKAGES = {
    "macros": (lambda d: with_part(d, "xl/vbaProject.bin", b"x"), "E_MACRO"),
    "macro content type": (
        lambda d: packed({k: v.replace(b"sheet.main", b"sheet.macroEnabled.main") for k, v in parts_of(d).items()}),
        "E_MACRO",
    ),
    "embedded": (lambda d: with_part(d, "xl/embeddings/oleObject1.bin", b"x"), "E_MACRO"),
    "external link": (lambda d: with_part(d, "xl/externalLinks/externalLink1.xml", b"<x/>"), "E_EXTERNAL_LINK"),
    "connection": (lambda d: with_part(d, "xl/connections.xml", b"<x/>"), "E_EXTERNAL_LINK"),
    "encrypted": (
        lambda d: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
        "E_ENCRYPTED",
    ),
    "old xls": (lambda d: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "E_FORMAT"),
    "no zip": (lambda d: b"agency,points\n", "E_FORMAT"),
    "empty": (lambda d: b"", "E_FORMAT"),
    "cut off": (lambda d: d[: len(d) // 2], "E_FORMAT"),
    "a document": (lambda d: packed({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}), "E_FORMAT"),
    "entities": (
        lambda d: with_part(d, "xl/sharedStrings.xml", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><sst>&a;</sst>'),
        "E_XML",
    ),
    "too many parts": (lambda d: packed(parts_of(d) | {f"x/{i}.xml": b"" for i in range(1001)}), "E_TOO_LARGE"),
    "somebody's own workbook": (
        lambda d: edited(d, lambda b: b.remove(b["_dx"])),
        "E_SHEET",
    ),
}


@pytest.mark.parametrize("case", PACKAGES)
def test_a_package_that_is_not_opened(give, good, case):
    make, code = PACKAGES[case]
    (finding,) = give(make(good))
    assert finding.code == code and finding.file == "form.xlsx"


@pytest.mark.parametrize("honest", [True, False])
def test_a_bomb_is_refused_before_it_is_unpacked(give, good, honest):
    bomb = with_part(good, "xl/worksheets/sheet9.xml", bytes(400_000_000))
    if not honest:  # a directory that says it is small
        bomb = bomb.replace((400_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    memory, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    (finding,) = give(bomb)
    assert finding.code in ("E_TOO_LARGE", "E_FORMAT")
    assert time.process_time() - start < 5  # reading the case included
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 100_000  # kB


def typed_at(desk, takes, value, style=None):
    def change(book):
        row, column = first_input(desk, takes)
        cell = book["Phiếu"].cell(row, column)
        cell.value = value
        if style:
            cell.number_format = style

    return change


ANSWERS = {
    "words in a number": ("number", "8 điểm", "E_NUMBER"),
    "a unit": ("number", "8.5đ", "E_NUMBER"),
    "a dash": ("number", "-", "E_NUMBER"),
    "a decimal comma as text": ("number", "8,5", "E_NUMBER"),
    "thousands": ("number", "1.234.567", "E_NUMBER_AMBIGUOUS"),
    "thousands or a fraction": ("number", "1.234", "E_NUMBER_AMBIGUOUS"),
    "an error for a number": ("number", "#REF!", "E_FORMULA"),
    "an error for words": ("text", "#DIV/0!", "E_FORMULA"),
    "not a number": ("number", "NaN", "E_NUMBER"),
    "a date for a fraction": ("number", datetime.datetime(2025, 4, 3), "E_TYPE"),
    "true": ("number", True, "E_TYPE"),
    "negative": ("number", -3, "E_RANGE"),
    "half a meeting": ("whole", 2.5, "E_RANGE"),
    "a formula": ("number", "=1+1", "E_FORMULA"),
    "an outside formula": ("text", '=HYPERLINK("http://x")', "E_FORMULA"),
    "not on the list": ("list", "Đã xong", "E_OPTION"),
    "a date that is none": ("date", "31/02/2025", "E_DATE"),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_an_answer_that_cannot_be_taken_is_named_at_its_cell(desk, give, good, case):
    takes, value, code = ANSWERS[case]
    found = [f for f in give(edited(good, typed_at(desk, takes, value))) if f.severity == "error"]
    row, column = first_input(desk, takes)
    place = f"Phiếu!{openpyxl.utils.get_column_letter(column)}{row}"
    assert [(f.code, f.column) for f in found] == [(code, place)]


def clear_formula(book):
    page = book["Phiếu"]
    next(c for row in page.iter_rows() for c in row if c.data_type == "f").value = 100


def homoglyph(book):
    cell = next(c for (c,) in book["Phiếu"].iter_rows(min_row=9, max_col=1) if str(c.value).startswith("1."))
    cell.value = cell.value.replace("1", "l", 1)


TAMPERED = {
    "a maximum raised": (lambda b: b["Phiếu"].cell(11, 3, "99"), "E_LOCKED"),
    "a homoglyph in a code": (
        homoglyph,
        "E_LOCKED",
    ),
    "a formula replaced by its result": (clear_formula, "E_LOCKED"),
    "a formula added": (lambda b: b["Phiếu"].cell(200, 2, "=1+1"), "E_LOCKED"),
    "a row inserted": (lambda b: b["Phiếu"].insert_rows(12), "E_LOCKED"),
    "a column moved": (lambda b: b["Phiếu"].insert_cols(2), "E_LOCKED"),
    "a sheet renamed": (lambda b: setattr(b["Phiếu"], "title", "Phiếu 1"), "E_SHEET"),
    "a sheet deleted": (lambda b: b.remove(b["Tài liệu thêm"]), "E_SHEET"),
    "cells merged": (lambda b: b["Phiếu"].merge_cells("E12:F12"), "E_MERGED"),
    "another agency": (lambda b: setattr(b["_dx"]["B4"], "value", "so-khong-co"), "E_UNIT_UNKNOWN"),
    "another year": (lambda b: setattr(b["_dx"]["B2"], "value", "2023"), "E_IDENTITY"),
    "a path for a year": (lambda b: setattr(b["_dx"]["B2"], "value", "../../etc"), "E_IDENTITY"),
    "another language": (lambda b: setattr(b["_dx"]["B6"], "value", "xx"), "E_SHEET"),
}


@pytest.mark.parametrize("case", TAMPERED)
def test_what_was_locked_must_be_what_was_issued(give, good, case):
    change, code = TAMPERED[case]
    assert code in {f.code for f in give(edited(good, change))}


def test_hidden_rows_and_further_sheets_are_named_and_the_rest_is_taken(tmp_path):
    root = tmp_path / "data"
    desk = Desk(root, before_claims(root))

    def change(book):
        book["Phiếu"].row_dimensions[12].hidden = True
        book.create_sheet("Ghi chú riêng")["A1"] = "CCCD 012345678901"

    (tmp_path / "form.xlsx").write_bytes(edited(desk.form(next(iter(desk.people))), change))
    out = intake(root, 2024, "departments", [tmp_path / "form.xlsx"], received=IN_TIME)
    assert out.written and {f.code for f in out.findings} == {"W_HIDDEN", "W_SHEET"}


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_of_the_form_is_named_and_the_rest_is_taken(tmp_path, state):
    root = tmp_path / "data"
    desk = Desk(root, before_claims(root))
    hidden = edited(desk.form(next(iter(desk.people))), lambda b: setattr(b["Tài liệu thêm"], "sheet_state", state))
    (tmp_path / "form.xlsx").write_bytes(hidden)
    out = intake(root, 2024, "departments", [tmp_path / "form.xlsx"], received=IN_TIME)
    assert out.written and [(f.reason, f.column) for f in out.findings] == [("hidden_sheet", "Tài liệu thêm")]


def test_accents_in_pieces_and_invisible_signs_come_in_as_one_spelling(tmp_path):
    import unicodedata

    root = tmp_path / "data"
    desk = Desk(root, before_claims(root))
    agency = next(iter(desk.people))
    typed = desk.typed(agency)
    name = next(n for n, v in typed.items() if n.endswith("/explanation") and v)
    pieces = {n: unicodedata.normalize("NFD", v) for n, v in typed.items()} | {
        name: unicodedata.normalize("NFD", "Đã ban\u200b hành\u00a0kế hoạch")
    }
    (tmp_path / "form.xlsx").write_bytes(desk.form(agency, pieces))
    out = intake(root, 2024, "departments", [tmp_path / "form.xlsx"], received=IN_TIME)
    assert out.written, out.findings
    assert ("claims", agency, name.split("/")[0], "explanation", "", "Đã ban hành\u00a0kế hoạch") in out.changes


def mutated(data, draw):
    """Somebody, or some disk, did something to the file."""
    kind = draw.randrange(6)
    if kind == 0:  # bytes of the package
        raw = bytearray(data)
        for _ in range(draw.randrange(1, 30)):
            raw[draw.randrange(len(raw))] = draw.randrange(256)
        return bytes(raw)
    if kind == 1:
        return data[: draw.randrange(len(data))]
    parts = parts_of(data)
    name = draw.choice([n for n in parts if n.endswith(".xml") or n.endswith(".rels")])
    content = parts[name]
    if kind == 2:  # bytes of a part
        raw = bytearray(content)
        for _ in range(draw.randrange(1, 20)):
            raw[draw.randrange(len(raw))] = draw.randrange(256)
        content = bytes(raw)
    elif kind == 3:  # a part is lost, or empty
        if draw.random() < 0.5:
            return packed({n: c for n, c in parts.items() if n != name})
        content = b""
    elif kind == 4:  # a figure becomes another, absurdly large or no number
        figures = list(re.finditer(rb">[0-9.]+<|\"[0-9]+\"", content))
        if figures:
            hit = draw.choice(figures)
            new = draw.choice([b"-1", b"1e999", b"99999999999", b"", b"x", b"0.1", b"NaN"])
            content = content[: hit.start() + 1] + new + content[hit.end() - 1 :]
    else:  # an element is doubled or dropped
        elements = list(re.finditer(rb"<(c|row|si|sheet|xf) .*?</\1>", content, re.S))
        if elements:
            hit = draw.choice(elements)
            again = hit.group() if draw.random() < 0.5 else b""
            content = content[: hit.start()] + again * 2 + content[hit.end() :]
    return packed(parts | {name: content}, zipfile.ZIP_STORED)


def test_two_thousand_mutated_workbooks(desk, good, tmp_path):
    """Whatever comes back: findings or a form that is taken, never a stack trace, never half of it."""
    from dxlib.case import read_to_ask
    from dxlib.sheets.intake import Issued
    from dxlib.sheets.receive import receive

    issued = Issued(read_to_ask(desk.root, 2024, "departments"), desk.root)
    draw = random.Random(20241231)
    refused = same = 0
    plain = receive("form.xlsx", good, issued)
    assert not plain.wrong
    for i in range(2000):
        out = receive("form.xlsx", mutated(good, draw), issued)
        if out.wrong:
            refused += 1
            assert all(f.file == "form.xlsx" for f in out.findings), i
        elif out.given == plain.given:
            same += 1
    assert refused > 800 and same > 100, (refused, same)
