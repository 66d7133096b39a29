"""Files and answers that must not get in, row by row of the two lists in methods.md (5.6 rows 1–29, and the attacks of
section 6 that come through workbooks): each gives its named finding, none a stack trace, none a byte written.

Every case goes through a command, as it does at the desk.
"""

import csv
import datetime
import io
import json
import random
import re
import shutil
import time
import tracemalloc
import unicodedata
import zipfile
from dataclasses import replace

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxlib.case import read_before, read_for_verification, read_to_ask
from dxlib.cli import main
from dxlib.sheets import intake
from dxlib.sheets.book import at, filled
from dxlib.sheets.form import claim_form
from dxlib.sheets.receive import MOST, receive, retyped
from dxlib.sheets.taking_in import Issued
from dxlib.sheets.worklist_workbook import items, worklist_book
from dxlib.sheets.write import write
from tests.backtest.contract_folder import write_folder
from tests.sheets.desk import Desk, before_claims

IN_TIME = datetime.date(2025, 1, 15)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


# ---------------------------------------------------------------------------------------- what is done to a workbook


def parts_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def packed(parts, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return out.getvalue()


def part(name, content=b"<x/>"):
    """The package with one part more, or another one."""
    return lambda data: packed(parts_of(data) | {name: content})


def edited(change):
    """The workbook after somebody worked on it with a library that knows no locks."""

    def edit(data):
        book = openpyxl.load_workbook(io.BytesIO(data))
        change(book)
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()

    return edit


def on_sheet(name, old, new):
    """The XML of one sheet, changed by hand."""

    def change(data):
        parts = parts_of(data)
        content = re.sub(old, new, parts[name], count=1, flags=re.S)
        assert content != parts[name]
        return packed(parts | {name: content})

    return change


FORM = "xl/worksheets/sheet1.xml"


# ------------------------------------------------------------------------------------------------- the doors


class Doors:
    """One data folder per kind of work, and what comes back from it."""

    def __init__(self, scratch):
        self.scratch = scratch
        root = scratch / "asked"
        self.desk = Desk(root, before_claims(root))
        self.agency = next(iter(self.desk.people))
        self.good = self.desk.form(self.agency)
        self.inputs = claim_form(self.desk.words, self.desk.people[self.agency])
        self.whole = receive("form.xlsx", self.good, Issued(self.desk.words.case, root))

    def place(self, takes, sheet="Phiếu"):
        """(row, column) from 1 of the first input of a kind."""
        cells = next(s for s in self.inputs.sheets if s.title == sheet).cells
        (row, column), _ = next(i for i in cells.items() if i[1].takes == takes and i[1].name[0].isdigit())
        return row + 1, column + 1

    def run(self, capsys, root, *argv):
        """(exit code, findings) of a command; an exception is a failure of the test. What stood there, stands."""
        before = {p: p.read_bytes() for p in root.rglob("*") if p.is_file()}
        back = root / "2024" / "departments" / "forms" / "returned.csv"  # says what was refused
        capsys.readouterr()
        code = main([*map(str, argv), "--data", str(root), "--reports", str(self.scratch / "reports"), "--json"])
        said = capsys.readouterr()
        lines = said.out if said.out.startswith("[") else said.err
        found = json.loads(lines) if lines.startswith("[") else []
        if code:
            assert before == {p: p.read_bytes() for p in root.rglob("*") if p.is_file() and p != back}
        return code, found

    def form(self, make, capsys, tmp_path, name="form.xlsx"):
        """`dx intake` of a form that something was done to."""
        root = tmp_path / "data"
        shutil.copytree(self.desk.root, root)
        (tmp_path / name).write_bytes(make(self.good) if callable(make) else make)
        argv = ("intake", "2024", "departments", tmp_path / name, "--received", "2025-01-15")
        return self.run(capsys, root, *argv)

    def typed(self, answer, capsys, tmp_path):
        """`dx intake` of a form with one answer typed over another one; the finding names its cell."""
        takes, value, *style = answer
        row, column = self.place(takes)

        def change(book):
            cell = book["Phiếu"].cell(row, column)
            cell.value = value
            for words in style:
                cell.number_format = words

        code, found = self.form(edited(change), capsys, tmp_path)
        place = f"Phiếu!{openpyxl.utils.get_column_letter(column)}{row}"
        assert [f["column"] for f in found] == [place], found
        return code, found

    def claimed(self, tmp_path):
        """A folder in which everybody has claimed."""
        root = tmp_path / "claimed"
        shutil.copytree(self.desk.root, root)
        for agency in self.desk.people:
            (tmp_path / f"{agency}.xlsx").write_bytes(self.desk.form(agency))
        assert intake(root, 2024, "departments", sorted(tmp_path.glob("*.xlsx")), received=IN_TIME).written
        return root

    def worklist(self, typed, capsys, tmp_path):
        """`dx intake` of a worklist with this decided on a row of figures."""
        root = self.claimed(tmp_path)
        case = read_for_verification(root, 2024, "departments")
        listed = items(case, read_before(root, case).case, capacity=20)
        item = next(i for i in listed if "a" in case.framework.nodes[i.code].rule.reads)
        words = Issued(case, root).wording("vi")
        given = {"decision": "Điều chỉnh", "reason": next(iter(words.reasons.values()))} | typed
        given = {f"{item.agency}/{item.code}/{column}": value for column, value in given.items()}
        (tmp_path / "list.xlsx").write_bytes(write(filled(worklist_book(words, listed), given)))
        return self.run(capsys, root, "intake", "2024", "departments", tmp_path / "list.xlsx")

    def tables(self, change, capsys, tmp_path):
        """`dx tables`, something typed into it, `dx tables --import`."""
        root = tmp_path / "measured"
        rows = [{"code": code, "parent": "", "name_vi": f"Chỉ số {code}", "rule": "goalposts(0, 10)"} for code in "12"]
        agencies = [{"agency": agency, "name_vi": f"Tỉnh {agency}"} for agency in ("001", "tinh-a", "tinh-b")]
        claims = [{"agency": a["agency"], "indicator": r["code"], "a": "5"} for a in agencies for r in rows]
        index = {"title": {"vi": "Thử"}, "total": 1}
        write_folder(root, 2024, "thu", index, {"indicators": rows, "agencies": agencies, "claims": claims})
        path = tmp_path / "tables.xlsx"
        assert main(["tables", "2024", "thu", "-o", str(path), "--data", str(root), "--quiet"]) == 0
        path.write_bytes(edited(change)(path.read_bytes()))
        code, found = self.run(capsys, root, "tables", "--import", path)
        self.after = root
        return code, found

    def register(self, content, capsys, tmp_path):
        """`dx register import` of somebody else's table."""
        (tmp_path / "bang.csv").write_bytes(content)
        return self.run(capsys, self.desk.root, "register", "import", tmp_path / "bang.csv", "--date", "2025-07-01")

    def delivery(self, files, capsys, tmp_path):
        """`dx intake` of an archive."""
        with zipfile.ZipFile(tmp_path / "gui.zip", "w") as package:
            for name, content in files.items():
                package.writestr(name, self.good if content is None else content)
        root = tmp_path / "data"
        shutil.copytree(self.desk.root, root)
        argv = ("intake", "2024", "departments", tmp_path / "gui.zip", "--received", "2025-01-15")
        code, found = self.run(capsys, root, *argv)
        assert {p.name for p in tmp_path.iterdir()} == {"gui.zip", "data"}  # nothing outside the data folder
        return code, found


def typed_into(sheet, *cells):
    """Values into a workbook of tables: (row, column from 1, value), and the format of the cell where it matters."""

    def change(book):
        for row, column, value, *style in cells:
            cell = book[sheet].cell(row, column)
            cell.value = value
            for words in style:
                cell.number_format = words

    return change


def head_of(sheet, name):
    return lambda book: next(c for c in book[sheet][3] if c.value == name)


def renamed(sheet, old, new):
    return lambda book: setattr(head_of(sheet, old)(book), "value", new)


def lost(book):
    """All answers of one row of the index set are gone."""
    page = book["Số liệu báo cáo"]
    for row in range(4, 10):
        if str(page.cell(row, 2).value) == "2":
            page.cell(row, 3).value = None


def cleared_formula(book):
    next(c for row in book["Phiếu"].iter_rows() for c in row if c.data_type == "f").value = 100


def homoglyph(book):
    cell = next(c for (c,) in book["Phiếu"].iter_rows(min_row=9, max_col=1) if str(c.value).startswith("1."))
    cell.value = cell.value.replace("1", "l", 1)


def decomposed(book):
    for row in book["Phiếu"].iter_rows():
        for cell in row:
            if isinstance(cell.value, str) and not cell.protection.locked:
                cell.value = unicodedata.normalize("NFD", cell.value)


def hidden(state):
    return edited(lambda b: setattr(b["Tài liệu thêm"], "sheet_state", state))


def white(book):
    for row in book["Phiếu"].iter_rows():
        for cell in row:
            if not cell.protection.locked:
                cell.font = openpyxl.styles.Font(color="FFFFFFFF")


CELLS = "Số liệu báo cáo"  # agency, indicator, a, b, option, points, explanation
TABLE = {
    "1": [("verified above the maximum", "worklist", {"points": "9999"}, "E_RANGE")],
    "2": [("a negative figure", "typed", ("number", -3), "E_RANGE")],
    "3": [
        ("a decimal comma as text", "typed", ("number", "8,5"), "E_NUMBER"),
        ("a decimal comma in a table", "tables", typed_into(CELLS, (4, 3, "8,5")), "E_NUMBER"),
    ],
    "4": [
        ("thousands or a fraction", "typed", ("number", "1.234"), "E_NUMBER_AMBIGUOUS"),
        ("the same with a comma", "typed", ("number", "8,500"), "E_NUMBER_AMBIGUOUS"),
        ("thousands and nothing else", "typed", ("number", "1.234.567"), "E_NUMBER"),
    ],
    "5": [(f"{value} for a number", "typed", ("number", value), "E_NUMBER") for value in ("8.5đ", "8 điểm", "-")],
    "6": [(f"{value} for a number", "typed", ("number", value), "E_NUMBER") for value in ("NaN", "inf", "1e999")]
    + [
        (f"{value} in a cell of numbers", "form", lambda d, v=value: in_figure(d, v), "E_NUMBER")
        for value in ("1e999", "1e-400", "NaN", "0x1F", "1_000", "١٢٣")
    ],
    "7": [
        ("true", "typed", ("number", True), "E_TYPE"),
        ("3/4 made a day", "typed", ("number", datetime.datetime(2025, 4, 3)), "E_TYPE"),
        ("half a meeting", "typed", ("whole", 2.5), "E_RANGE"),
        ("a day that is none", "typed", ("date", "31/02/2025"), "E_DATE"),
        ("a year for a day", "typed", ("date", 2024, "dd/mm/yyyy"), "E_DATE"),
        ("nothing for a day", "typed", ("date", 0, "dd/mm/yyyy"), "E_DATE"),
        ("a year for a day in a table", "tables", typed_into(CELLS, (4, 8, 2024, "dd/mm/yyyy")), "E_DATE"),
        ("not on the list", "typed", ("list", "Đã xong"), "E_OPTION"),
    ],
    "8": [
        ("a form of nobody", "form", edited(lambda b: setattr(b["_dx"]["B4"], "value", "so-x")), "E_UNIT_UNKNOWN"),
        ("an unknown agency", "tables", typed_into(CELLS, (4, 1, "tinh-aa")), "E_UNIT_UNKNOWN"),
    ],
    "9": [("an agency twice", "tables", typed_into("Cơ quan", (6, 1, "tinh-a")), "E_DUPLICATE")],
    "10": [("an answer twice, different", "tables", typed_into(CELLS, (5, 2, 1), (5, 3, 7)), "E_CONFLICT")],
    "11": [("a row that nobody answers", "tables", lost, "E_INDICATOR_ABSENT")],
    "12": [
        ("an unknown column", "tables", renamed(CELLS, "explanation", "explanatlon"), "E_COLUMN"),
        ("a column moved in a form", "form", edited(lambda b: b["Phiếu"].insert_cols(2)), "E_LOCKED"),
        ("l for 1 in a form", "form", edited(homoglyph), "E_LOCKED"),
    ],
    "13": [("a header twice", "tables", renamed(CELLS, "option", "points"), "E_HEADER_DUP")],
    "14": [
        ("a leading zero lost", "tables", typed_into(CELLS, (4, 1, 1)), "E_UNIT_UNKNOWN"),
        ("a leading zero lost in words", "typed", ("text", 12, "0000"), "E_TYPE"),
        ("thousands in words", "typed", ("text", 1234, "#,##0"), "E_TYPE"),
        ("a rounded number in words", "typed", ("text", 7.51, "0"), "E_TYPE"),
        ("more digits than a number holds", "typed", ("text", 84912345678901234, "General"), "E_TYPE"),
        ("3/4 in words made a day", "typed", ("text", datetime.datetime(2025, 4, 3)), "E_TYPE"),
        ("a leading zero lost in a table", "tables", typed_into(CELLS, (4, 7, 12, "0000")), "E_TYPE"),
        ("3/4 made a day in a table", "tables", typed_into(CELLS, (4, 7, datetime.datetime(2025, 4, 3))), "E_TYPE"),
    ],
    "15": [("NA is a name", "tables", typed_into("Cơ quan", (4, 2, "NA")), "")],
    "16": [
        ("letters in pieces in a form", "form", edited(decomposed), "W_NORMALISED"),
        (
            "letters in pieces in a table",
            "tables",
            typed_into("Cơ quan", (4, 2, unicodedata.normalize("NFD", "Tỉnh Đẹp\u200b"))),
            "W_NORMALISED",
        ),
    ],
    "17": [
        (
            "Windows-1258",
            "register",
            unicodedata.normalize("NFD", "mã,tên\n1,Xã Hòa Bình").encode("cp1258", "ignore"),
            "E_ENCODING",
        ),
        ("TCVN3", "register", b"m\xb7,t\xaan\n1,X\xb7 H\xdfa B\xd7nh", "E_ENCODING"),
        (
            "another alphabet in a sheet",
            "form",
            on_sheet(FORM, rb'encoding="UTF-8"', b'encoding="windows-1258"'),
            "E_ENCODING",
        ),
    ],
    "18": [
        ("UTF-16", "register", "mã,tên\n1,Xã Hòa Bình".encode("utf-16"), "E_ENCODING"),
        ("UTF-16 in a part", "form", part("xl/sharedStrings.xml", "<sst/>".encode("utf-16")), "E_ENCODING"),
    ],
    "19": [
        ("an empty file", "form", b"", "E_EMPTY"),
        ("a form as it went out", "form", lambda data: None, "E_EMPTY"),
        ("a table without rows", "tables", lambda b: b["Cơ quan"].delete_rows(4, 5), "E_EMPTY"),
    ],
    "20": [
        ("a sheet renamed", "form", edited(lambda b: setattr(b["Phiếu"], "title", "Phiếu 1")), "E_SHEET"),
        ("a sheet deleted", "form", edited(lambda b: b.remove(b["Tài liệu thêm"])), "E_SHEET"),
        ("somebody's own workbook", "form", edited(lambda b: b.remove(b["_dx"])), "E_SHEET"),
        ("a sheet deleted from the tables", "tables", lambda b: b.remove(b["Cơ quan"]), "E_SHEET"),
        ("a sheet hidden", "form", hidden("hidden"), "W_HIDDEN"),
        ("a sheet hidden for good", "form", hidden("veryHidden"), "W_HIDDEN"),
        ("a further sheet", "form", edited(lambda b: b.create_sheet("Ghi chú riêng")), "W_SHEET"),
    ],
    "21": [("cells merged", "form", edited(lambda b: b["Phiếu"].merge_cells("E12:F12")), "E_MERGED")],
    "22": [
        ("a formula for an answer", "typed", ("number", "=1+1"), "E_FORMULA"),
        ("a formula outside", "form", edited(lambda b: b["Phiếu"].cell(200, 2, "=1+1")), "E_LOCKED"),
        ("a formula in a locked cell", "form", edited(lambda b: b["Phiếu"].cell(11, 3, "=1+1")), "E_LOCKED"),
        ("a formula of ours made a number", "form", edited(cleared_formula), "E_LOCKED"),
    ],
    "23": [
        ("#REF! for a number", "typed", ("number", "#REF!"), "E_FORMULA"),
        ("#DIV/0! for words", "typed", ("text", "#DIV/0!"), "E_FORMULA"),
    ],
    "24": [
        ("a link outside", "form", part("xl/externalLinks/externalLink1.xml"), "E_EXTERNAL_LINK"),
        ("a connection", "form", part("xl/connections.xml"), "E_EXTERNAL_LINK"),
        ("a query", "form", part("xl/queryTables/queryTable1.xml"), "E_EXTERNAL_LINK"),
    ],
    "25": [
        ("macros", "form", part("xl/vbaProject.bin", b"x"), "E_MACRO"),
        (
            "a workbook that says it has macros",
            "form",
            lambda d: packed({k: v.replace(b"sheet.main", b"sheet.macroEnabled.main") for k, v in parts_of(d).items()}),
            "E_MACRO",
        ),
        ("an old xls", "form", OLE + bytes(600), "E_FORMAT"),
        ("an xlsb", "form", lambda d: packed({"[Content_Types].xml": b"<x/>", "xl/workbook.bin": b"x"}), "E_FORMAT"),
    ],
    "26": [("a password", "form", OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "E_ENCRYPTED")],
    "27": [
        (
            "too many parts",
            "form",
            lambda d: packed(parts_of(d) | {f"x/{i}.xml": b"" for i in range(1001)}),
            "E_TOO_LARGE",
        ),
        (
            "too many cells",
            "form",
            on_sheet(FORM, rb"(?=</sheetData>)", b"<row>" + b"<c><v>1</v></c>" * 200_001 + b"</row>"),
            "E_FORMAT",
        ),
    ],
    "28": [("an entity", "form", part("xl/sharedStrings.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><sst/>'), "E_XML")],
    "29": [
        ("no zip", "form", b"agency,points\n", "E_FORMAT"),
        ("half a file", "form", lambda d: d[: len(d) // 2], "E_FORMAT"),
        ("a letter", "form", packed({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}), "E_FORMAT"),
    ],
    "S1": [],  # out: test_text_that_looks_like_a_formula_leaves_as_text
    "S2": [
        ("a link for words", "typed", ("text", '=HYPERLINK("http://x")'), "E_FORMULA"),
        ("DDE", "typed", ("text", "=cmd|'/c calc'!A1"), "E_FORMULA"),
    ],
    "S3": [
        (
            "a billion laughs",
            "form",
            part(
                "xl/styles.xml",
                b"<!DOCTYPE x [<!ENTITY a0 'ha'>"
                + b"".join(b"<!ENTITY a%d '%s'>" % (i, b"&a%d;" % (i - 1) * 10) for i in range(1, 10))
                + b"]><styleSheet>&a9;</styleSheet>",
            ),
            "E_XML",
        ),
        (
            "a file from outside",
            "form",
            part("docProps/app.xml", b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x/>'),
            "E_XML",
        ),
    ],
    "S4": [
        ("a bomb", "form", part("xl/worksheets/sheet9.xml", bytes(400_000_000)), "E_TOO_LARGE"),
        ("a bomb that says it is small", "form", lambda d: lying(d), "E_FORMAT"),
        ("a row far away", "form", on_sheet(FORM, rb'<row r="9"', b'<row r="99999999999"'), "E_FORMAT"),
        (
            "a large dimension",
            "form",
            on_sheet(FORM, rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"'),
            "",
        ),
        (
            "styles for every column",
            "form",
            on_sheet(
                FORM,
                rb"<cols>",
                b"<cols>" + b"".join(b'<col min="%d" max="%d" width="9"/>' % (i, i) for i in range(20, 16_385)),
            ),
            "",
        ),
    ],
    "S5": [
        ("an object", "form", part("xl/embeddings/oleObject1.bin", b"x"), "E_MACRO"),
        ("a control", "form", part("xl/activeX/activeX1.xml"), "E_MACRO"),
        ("a macro sheet", "form", part("xl/macrosheets/sheet1.xml"), "E_MACRO"),
    ],
    "S13": [],  # test_what_a_sender_says_of_himself_goes_no_further
    "S15": [
        ("a path out of the archive", "delivery", {"../../evil.xlsx": None}, ""),
        ("a document with a path", "delivery", {"phieu.xlsx": None, "../../evil.pdf": b"%PDF"}, "W_EVIDENCE"),
        ("a program called a document", "delivery", {"phieu.xlsx": None, "ke hoach.pdf": b"MZ\x90\x00"}, "E_EVIDENCE"),
    ],
    "S17": [
        ("8 for 7.51", "typed", ("number", 7.51, "0"), "W_DISPLAY"),
        ("per cent", "typed", ("number", 0.85, "0%"), "W_DISPLAY"),
        ("a number that is not shown", "typed", ("number", 5, ";;;"), "W_DISPLAY"),
        ("rows hidden", "form", edited(lambda b: setattr(b["Phiếu"].row_dimensions[12], "hidden", True)), "W_HIDDEN"),
        ("white on white is read", "form", edited(white), ""),
        ("a maximum raised", "form", edited(lambda b: b["Phiếu"].cell(11, 3, "99")), "E_LOCKED"),
        ("a row inserted", "form", edited(lambda b: b["Phiếu"].insert_rows(12)), "E_LOCKED"),
        ("another year", "form", edited(lambda b: setattr(b["_dx"]["B2"], "value", "2023")), "E_IDENTITY"),
        ("a path for a year", "form", edited(lambda b: setattr(b["_dx"]["B2"], "value", "../../etc")), "E_IDENTITY"),
        ("another language", "form", edited(lambda b: setattr(b["_dx"]["B6"], "value", "xx")), "E_SHEET"),
    ],
    "S18": [
        ("a megabyte of digits", "form", lambda d: long_answer(d, b"1" * 1_000_000), "E_NUMBER"),
        ("a megabyte of points", "form", lambda d: long_answer(d, b"1." * 500_000), "E_NUMBER"),
        ("a megabyte of blanks", "form", lambda d: long_answer(d, b"1" + b" " * 1_000_000 + b"x"), "E_NUMBER"),
    ],
}
ROWS = [*map(str, range(1, 30)), "S1", "S2", "S3", "S4", "S5", "S13", "S15", "S17", "S18"]


def lying(data):
    """A bomb whose directory says it is small."""
    bomb = part("xl/worksheets/sheet9.xml", bytes(400_000_000))(data)
    return bomb.replace((400_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little"))


def in_figure(data, figure):
    """The first figure that was typed, as other words in its cell of numbers."""
    return on_sheet(FORM, rb'(<c r="E[0-9]+" s="[0-9]+"><v>)[0-9.]+', rb"\g<1>" + figure.encode())(data)


def long_answer(data, answer):
    """The first number of the form as a very long text."""
    cell = rb'<c r="(E[0-9]+)" s="([0-9]+)"><v>[0-9.]+</v></c>'
    return on_sheet(FORM, cell, rb'<c r="\1" s="\2" t="inlineStr"><is><t>' + answer + b"</t></is></c>")(data)


@pytest.fixture(scope="module")
def doors(tmp_path_factory):
    return Doors(tmp_path_factory.mktemp("doors"))


@pytest.mark.parametrize("seed", range(20))
def test_a_mutated_delivery_is_taken_whole_or_not_at_all(doors, capsys, tmp_path, seed):
    """Through the command, beside a form that is right."""
    root = tmp_path / "data"
    shutil.copytree(doors.desk.root, root)
    other = list(doors.desk.people)[1]
    (tmp_path / "a.xlsx").write_bytes(doors.desk.form(other))
    (tmp_path / "b.xlsx").write_bytes(mutated(doors.good, random.Random(seed)))
    files = (tmp_path / "a.xlsx", tmp_path / "b.xlsx")
    code, found = doors.run(capsys, root, "intake", "2024", "departments", *files, "--received", "2025-01-15")
    claims = pd.read_csv(root / "2024" / "departments" / "claims.csv", dtype=str)
    assert code == any(f["severity"] == "error" for f in found)
    assert (other in set(claims[claims["submitted_by"].notna()]["agency"])) == (code == 0)


def test_every_row_of_the_lists_has_its_cases():
    assert list(TABLE) == ROWS
    assert [row for row, cases in TABLE.items() if not cases] == ["S1", "S13"]  # what goes out; tests of their own


@pytest.mark.parametrize("row, what", [(row, case[0]) for row, cases in TABLE.items() for case in cases])
def test_each_gives_its_named_finding(doors, capsys, tmp_path, row, what):
    _, door, made, code = next(case for case in TABLE[row] if case[0] == what)
    if what == "a form as it went out":
        made = doors.desk.form(doors.agency, {})
    exit_code, found = getattr(doors, door)(made, capsys, tmp_path)
    codes = {f["code"] for f in found}
    assert exit_code == code.startswith("E_"), found
    assert codes >= {code} if code else not codes, found
    if row in ("24", "25", "26", "27", "28", "29", "S3", "S5"):  # judged before anything is read
        assert len(found) == 1
    assert all(f["what"] and f["expected"] and f["remedy"] for f in found)


@pytest.mark.parametrize(
    "row, what", [(row, case[0]) for row in ("27", "28", "S3", "S4", "S18") for case in TABLE[row]]
)
def test_what_is_made_to_cost_costs_nothing(doors, row, what):
    """CPU and memory of reading alone; a bomb and an entity are refused before anything is parsed."""
    _, _, make, code = next(case for case in TABLE[row] if case[0] == what)
    data = make(doors.good)
    issued = Issued(read_to_ask(doors.desk.root, 2024, "departments"), doors.desk.root)
    issued.wording("vi")
    start = time.process_time()
    out = receive("form.xlsx", data, issued)
    assert time.process_time() - start < (1 if row in ("28", "S3") or "bomb" in what else 4)
    assert out.wrong == bool(code)
    tracemalloc.start()
    try:
        receive("form.xlsx", data, issued)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100_000_000


POISON = ['=HYPERLINK("http://x","y")', "+84 912", "-1+1", "@SUM(1)", "＝1", '"&B quoted & "', " =1+1"]


def test_a_number_in_words_that_is_read_as_it_is_shown_is_kept():
    kept = [(12.0, ""), (12.0, "0"), (12.5, "0.0"), (0.0, "0"), (123456789012345.0, ""), ("0012", ""), (True, "")]
    lost = [(12.0, "0.0"), (12.0, "0#"), (12.0, "#,##0"), (12.0, '"số "0'), (1e15, ""), (1e-7, ""), (0.5, "0%")]
    assert [retyped(*one) for one in kept + lost] == [False] * len(kept) + [True] * len(lost)


@pytest.mark.parametrize("poison", POISON)
def test_text_that_looks_like_a_formula_leaves_as_text(doors, capsys, tmp_path, poison):
    """S1, of every workbook and the CSV: nothing of it is live, and what comes back is what was there."""
    root = doors.claimed(tmp_path)
    folder = root / "2024" / "departments"
    for name, column in (("agencies.csv", "name_vi"), ("claims.csv", "explanation"), ("indicators.csv", "name_vi")):
        frame = pd.read_csv(folder / name, dtype=str, keep_default_na=False)
        frame.loc[frame.index[:40], column] = poison
        frame.to_csv(folder / name, index=False, lineterminator="\n")
    claims = pd.read_csv(folder / "claims.csv", dtype=str, keep_default_na=False)
    reported = [n.code for n in doors.desk.full.framework.leaves if n.source == "reported" and n.maximum]
    first = claims[(claims["a"] != "") & claims["indicator"].isin(reported)].iloc[0]
    verdict = {"agency": first["agency"], "indicator": first["indicator"], "step": "1", "stage": "verify", "a": "1"}
    verdict |= {"reason": pd.read_csv(root / "reasons.csv", dtype=str)["code"][0], "note": poison, "decided_by": "A"}
    verdict |= {"decided_on": "2025-01-20"}
    out = tmp_path / "out"
    run = ["--data", str(root), "--quiet"]
    assert main(["forms", "2024", "departments", "-o", str(out / "forms"), *run]) == 0
    assert main(["worklist", "2024", "departments", "-o", str(out / "list.xlsx"), *run]) == 0
    assert (
        main(["status", "2024", "departments", "--as-of", "2025-02-01", "--reminders", str(out / "r.csv"), *run]) == 0
    )
    pd.DataFrame([verdict]).to_csv(folder / "verdicts.csv", index=False, lineterminator="\n")
    assert main(["forms", "2024", "departments", "-o", str(out / "appeals"), "--stage", "appeal", *run]) == 0
    assert main(["tables", "2024", "departments", "-o", str(out / "tables.xlsx"), *run]) == 0
    books = sorted(out.rglob("*.xlsx"))
    assert len(books) == 3 + 1 + 1 + 1 + 3
    seen = 0
    for path in books:
        for page in openpyxl.load_workbook(path).worksheets:
            for row in page.iter_rows():
                for cell in row:
                    assert cell.data_type != "f" or cell.value.startswith(("=IF(", "=SUM(", "=MIN(", "=ROUND(")), (
                        cell.value
                    )
                    assert cell.hyperlink is None
                    seen += isinstance(cell.value, str) and poison.strip() in cell.value
    assert seen > 100
    with (out / "r.csv").open(encoding="utf-8-sig", newline="") as file:
        assert not [c for line in csv.reader(file) for c in line if c.lstrip(" ＝").startswith(("=", "+", "-", "@"))]
    before = {p: p.read_bytes() for p in folder.glob("*.csv")}
    assert main(["tables", "--import", str(out / "tables.xlsx"), *run]) == 0
    assert {p: p.read_bytes() for p in folder.glob("*.csv")} == before


CANARIES = {"author": "Canary Nguyễn", "sender": "0912345678 Trưởng phòng", "remnant": "CCCD 012345678901"}


def test_what_a_sender_says_of_himself_goes_no_further(doors, capsys, tmp_path):
    """S13: the author of a file, who sent it, and what stands on further sheets are in no workbook we make of it but
    the sender's own, and on no page."""
    root = tmp_path / "data"
    shutil.copytree(doors.desk.root, root)

    def change(book):
        book.properties.creator = book.properties.lastModifiedBy = CANARIES["author"]
        book.create_sheet("Riêng")["A1"] = CANARIES["remnant"]
        book["Phiếu"].cell(6, 3).value = CANARIES["sender"]

    (tmp_path / "f.xlsx").write_bytes(edited(change)(doors.good))
    out = tmp_path / "out"
    run = ["--data", str(root), "--quiet"]
    assert main(["intake", "2024", "departments", str(tmp_path / "f.xlsx"), "--received", "2025-01-15", *run]) == 0
    assert CANARIES["sender"] in (root / "2024" / "departments" / "claims.csv").read_text(encoding="utf-8")
    assert main(["forms", "2024", "departments", "-o", str(out / "forms"), *run]) == 0
    assert main(["worklist", "2024", "departments", "-o", str(out / "list.xlsx"), *run]) == 0
    assert main(["status", "2024", "departments", "--reminders", str(out / "r.csv"), *run]) == 0
    made = [path for path in out.rglob("*") if path.is_file()]
    assert len(made) == 5 + 1
    for path in made:
        content = path.read_bytes()
        texts = parts_of(content).values() if path.suffix == ".xlsx" else [content]
        copied = path.parent.name == "received"  # of what he wrote into the form itself, for who verifies it
        found = {who for who, c in CANARIES.items() for text in texts if c.encode() in text}
        assert found == ({"sender"} if copied else set()), path
        if path.suffix == ".xlsx":
            assert b"<dc:creator></dc:creator>" in parts_of(content)["docProps/core.xml"]


def test_accents_in_pieces_and_invisible_signs_come_in_as_one_spelling(doors, tmp_path):
    root = tmp_path / "data"
    shutil.copytree(doors.desk.root, root)
    typed = doors.desk.typed(doors.agency)
    name = next(n for n, v in typed.items() if n.endswith("/explanation") and v)
    pieces = typed | {name: unicodedata.normalize("NFD", "Đã ban\u200b hành\u00a0kế hoạch")}
    (tmp_path / "form.xlsx").write_bytes(doors.desk.form(doors.agency, pieces))
    out = intake(root, 2024, "departments", [tmp_path / "form.xlsx"], received=IN_TIME)
    assert out.written and [f.reason for f in out.findings] == ["form_normalised"]
    said = ("claims", doors.agency, name.split("/")[0], "explanation", "", "Đã ban hành kế hoạch")
    assert said in out.changes


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


def test_two_thousand_mutated_workbooks(doors):
    """Whatever comes back: findings or a form that is taken, never a stack trace, never half of it."""
    desk, good = doors.desk, doors.good
    issued = Issued(read_to_ask(desk.root, 2024, "departments"), desk.root)
    draw = random.Random(20241231)
    refused = same = 0
    plain = receive("form.xlsx", good, issued)
    assert not plain.wrong
    for i in range(2000):
        data = mutated(good, draw)
        out = receive("form.xlsx", data, issued)
        if out.wrong:
            refused += 1
            assert all(f.file == "form.xlsx" for f in out.findings), i
        elif out.given == plain.given:
            same += 1
    assert refused > 800 and same > 100, (refused, same)


@settings(max_examples=60)
@given(data=st.data())
def test_every_changed_cell_is_named_and_no_other(doors, data):
    """Whatever is locked: words, figures, blanks, formulas; alone or many at once."""
    book = doors.inputs
    locked = [(s.title, place) for s in book.sheets for place, cell in s.cells.items() if not cell.name]
    hit = data.draw(st.sets(st.sampled_from(locked), max_size=MOST))
    other = data.draw(st.sampled_from(["khác", 7.25, datetime.date(2024, 1, 1)]))
    sheets = []
    for sheet in book.sheets:
        cells = dict(sheet.cells)
        for title, place in hit:
            if title == sheet.title:
                cells[place] = replace(cells[place], value=other, formula="")
        sheets.append(replace(sheet, cells=cells))
    issued = Issued(doors.desk.words.case, doors.desk.root)
    sent = write(filled(replace(book, sheets=tuple(sheets)), doors.desk.typed(doors.agency)))
    out = receive("form.xlsx", sent, issued)
    order = {title: n for n, title in enumerate(s.title for s in book.sheets)}
    expected = [f"{title}!{at(*place)}" for title, place in sorted(hit, key=lambda x: (order[x[0]], x[1]))]
    assert [f.column for f in out.findings if f.code == "E_LOCKED"] == expected
    assert {f.code for f in out.findings} <= {"E_LOCKED"}
    assert (out.given, out.raw) == (doors.whole.given, doors.whole.raw)
