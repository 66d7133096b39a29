"""40, 40 % and 0.4 in the cell of a percentage: what alone they can mean is taken, all else is asked at the cell."""

import datetime
import io
from decimal import Decimal
from types import SimpleNamespace

import openpyxl
import pytest
from hypothesis import given, strategies

from dxlib.case import check, read_case
from dxlib.sheets import import_tables, intake, tables
from dxlib.sheets.form import claim_form
from dxlib.sheets.percentage import Reading, meant
from dxlib.sheets.receive import Received, take
from dxlib.words import finding
from tests.case.folder import write
from tests.sheets.desk import Desk, in_office

ROWS = """code,parent,name_vi,max_points,rule,a_vi,b_vi,unit,kind,source
share,,Tỷ lệ,10,target(80%),Tỷ lệ,,%,share,reported
percent,,Phần trăm,10,target(80),Phần trăm,,%,percent,reported
open,,Tăng trưởng,10,"goalposts(-10%, 120%)",Tăng trưởng,,%,,reported
bare,,Chưa rõ,10,target(80),Phần trăm,,%,,reported
pupils,,Học sinh,10,ratio,Số học sinh,Tổng số,,,reported
parts,,Kế hoạch,10,"parts(x:1/2, z:1/2)",,,,,reported
"""
OURS = "0.0##%"
READ, WHICH, ABOVE = ["form_percent_read"], ["form_percent_which"], ["form_percent_above"]
PLAIN = ["form_percent_undeclared"]
TYPED = [  # row, value of the cell, its number format, what the data hold, reasons
    ("share", 0.4, OURS, "0.4", []),
    ("share", 0.4, "0%", "0.4", []),
    ("share", 0.405, "0.00%", "0.405", []),
    ("share", 0.40500000000000003, OURS, "0.405", []),  # as Excel writes what was typed as 40.5 %
    ("share", "40%", "@", "0.4", []),
    ("share", "40 %", "@", "0.4", []),
    ("share", "40,5 %", OURS, "0.405", []),
    ("share", "40.5%", OURS, "0.405", []),
    ("share", 0.4, "General", "0.4", []),
    ("share", 40, "General", "0.4", READ),
    ("share", 40, "0.00", "0.4", READ),
    ("share", 40, OURS, "0.4", READ),  # put there by a program: a client makes 40 % of it
    ("share", "40", "@", "0.4", READ),
    ("share", 1, "General", "", WHICH),
    ("share", 1.2, "General", "", WHICH),
    ("share", 1, OURS, "1", []),
    ("share", 1.2, OURS, "", ABOVE),
    ("share", 40, "0%", "", ABOVE),
    ("share", 140, "General", "", ABOVE),
    ("share", 0, "General", "0", []),
    ("share", "8,500 %", OURS, "", ["form_ambiguous"]),
    ("share", -0.1, OURS, "", ["form_negative"]),
    ("share", "0,4", "@", "", ["form_comma"]),
    ("share", "bốn mươi %", "@", "", ["form_number"]),
    ("percent", 0.4, OURS, "40", []),
    ("percent", 0.57, "0%", "57", []),  # 0.57 * 100 is no 57 in floats
    ("percent", "40 %", "@", "40", []),
    ("percent", 40, "General", "40", []),
    ("percent", "40", "@", "40", []),
    ("percent", 40, OURS, "40", READ),
    ("percent", 0.4, "General", "", WHICH),
    ("percent", 0.4, "0.00", "", WHICH),
    ("percent", 1, "General", "", WHICH),
    ("percent", 1, OURS, "100", []),
    ("percent", "0,4 %", "@", "0.4", []),
    ("percent", 101, "General", "", ABOVE),
    ("open", 0.4, OURS, "0.4", []),
    ("open", 1.1, OURS, "1.1", []),
    ("open", -0.05, OURS, "-0.05", []),
    ("open", 40, "General", "", WHICH),
    ("open", 40, OURS, "", WHICH),
    ("bare", 40, "General", "40", []),
    ("bare", 0.4, "0%", "", PLAIN),
    ("bare", "40 %", "@", "", PLAIN),
    ("pupils", 0.4, "0%", "0.4", []),
]
BY_FILE = [  # the same through a file and intake, with what the folder that would be made says
    ("share", 0.405, "0.00%", "0.405", []),
    ("share", 40, "0.00", "0.4", READ),
    ("share", 1, "General", "", WHICH),
    ("percent", 0.57, "0%", "57", []),
    ("percent", "0,4 %", "@", "0.4", ["under_percent"]),
    ("open", 1.1, OURS, "1.1", ["over_percent"]),
    ("bare", 0.4, "0%", "", PLAIN),
    ("pupils", 0.4, "0%", "0.4", ["number_shown", "denominator_absent"]),
]


@pytest.fixture
def desk(tmp_path):
    index = 'year = 2024\ngroup = "demo"\ntitle.vi = "Thử"\n'
    root = write(tmp_path / "data", index=index, indicators=ROWS, claims=None, verdicts=None, appeals=None)
    return Desk(root, SimpleNamespace(), "demo")


def form(desk, code, value, style):
    book = openpyxl.load_workbook(io.BytesIO(desk.form("so-a", {"submitted_by": "Văn thư"})))
    sheet, place = claim_form(desk.words, desk.people["so-a"]).inputs()[f"{code}/a"]
    book[sheet][place].value, book[sheet][place].number_format = value, style
    book[sheet][place].data_type = "n" if not isinstance(value, str) else "s"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue(), f"{sheet}!{place}"


def sent(desk, path):
    return intake(desk.root, 2024, "demo", [path], received=datetime.date(2025, 1, 1))


def test_what_people_type(desk):
    cells = {
        cell.name: cell for part in claim_form(desk.words, desk.people["so-a"]).sheets for cell in part.cells.values()
    }
    for code, value, style, held, reasons in TYPED:
        out = Received("so-a.xlsx", b"")
        take(out, cells[f"{code}/a"], float(value) if isinstance(value, int) else value, "Phiếu!E9", style)
        assert [f.reason for f in out.findings] == reasons, (code, value, style)
        assert out.wrong or out.given[f"{code}/a"] == held, (code, value, style)


@pytest.mark.parametrize(("code", "value", "style", "held", "reasons"), BY_FILE)
def test_what_people_type_comes_in_or_goes_back(desk, tmp_path, code, value, style, held, reasons):
    path = tmp_path / "so-a.xlsx"
    data, where = form(desk, code, value, style)
    path.write_bytes(data)
    out = sent(desk, path)
    said = [f for f in out.findings if f.reason not in ("form_empty", "document_none")]
    assert [f.reason for f in said] == reasons
    assert {f.column for f in said} <= {where, where.replace("!E", "!F")}
    assert all("{" not in part for f in said for lang in ("vi", "en") for part in finding(f, lang).values())
    assert out.written == bool(held)
    if held:
        assert read_case(desk.root, 2024, "demo").answers.claims[code]["so-a"][0] == held
    else:  # the copy that goes back is typed again, and comes in
        book = openpyxl.load_workbook(io.BytesIO(out.returned["so-a.xlsx"]))
        cell = book["Phiếu"][where.rpartition("!")[2]]
        assert cell.comment is not None and cell.number_format == ("General" if code == "bare" else OURS)
        cell.value = 40 if code == "bare" else 0.4
        cell.data_type = "n"
        book.save(tmp_path / "again.xlsx")
        assert sent(desk, tmp_path / "again.xlsx").written


@given(
    strategies.decimals(Decimal("-2"), Decimal("150"), places=3),
    strategies.booleans(),
    strategies.sampled_from([1, 100]),
    strategies.booleans(),
)
def test_what_is_taken_is_on_the_scale_and_one_of_two_readings(x, sign, hundred, whole):
    figure, reading = meant(x, sign, hundred, whole or hundred == 100)
    if reading is Reading.ONLY:
        assert 0 < figure <= hundred and figure * 100 == x * hundred
    if reading is Reading.CLEAR:
        assert figure == (x * hundred if sign else x)
        assert figure <= hundred or not (whole or hundred == 100)
    if reading is Reading.EITHER:  # both readings are possible, or nobody has said that one is not
        assert not sign and (x <= 2 or not whole)


@pytest.mark.real("libreoffice")
def test_a_percentage_typed_in_a_client(desk, tmp_path):
    """What LibreOffice makes of words as they are typed, in our cells and in one whose format somebody took away."""
    (tmp_path / "so-a.xlsx").write_bytes(desk.form("so-a", {"submitted_by": "Văn thư"}))
    places = claim_form(desk.words, desk.people["so-a"]).inputs()
    change = "\n".join(
        f'{bare}sheet.getCellRangeByName("{places[f"{code}/a"][1]}").FormulaLocal = "{words}"'
        for code, words in (("share", "40%"), ("percent", "40.5%"), ("open", "7.5%"))
        for bare in (f'sheet.getCellRangeByName("{places["percent/a"][1]}").NumberFormat = 0\n' * (code == "percent"),)
    )
    out = sent(desk, in_office(tmp_path / "so-a.xlsx", tmp_path, "Phiếu", change))
    claims = read_case(desk.root, 2024, "demo").answers.claims if out.written else {}
    assert out.written, out.findings
    assert [claims[code]["so-a"][0] for code in ("share", "percent", "open")] == ["0.4", "40.5", "0.075"]


def test_a_part_that_is_left_open_beside_others_is_said(desk, tmp_path):
    for n, (typed, reasons) in enumerate([({"x": "Đạt"}, ["form_part_open"]), ({"x": "Đạt", "z": "Chưa đạt"}, [])]):
        path = tmp_path / f"{n}.xlsx"
        path.write_bytes(desk.form("so-a", {f"parts/option/{part}": words for part, words in typed.items()}))
        out = sent(desk, path)
        assert out.written and [f.reason for f in out.findings] == reasons
        assert all("{" not in part for f in out.findings for lang in ("vi", "en") for part in finding(f, lang).values())


def test_a_row_with_a_percentage_for_its_threshold_declares_its_kind(desk):
    found = [f for f in check(desk.root) if f.code == "W_KIND"]
    assert [(f.row, f.column, f.facts["kind"]) for f in found] == [(4, "kind", "share"), (5, "kind", "percent")]
    assert all("{" not in part for f in found for lang in ("vi", "en") for part in finding(f, lang).values())


TABLED = [  # row, cell, its number format, what claims.csv holds, reasons
    ("percent", 0.85, "0%", "85", []),
    ("percent", "85%", "@", "85", []),
    ("percent", 0.4, "General", "0.4", ["under_percent"]),  # as the folder holds it: nobody showed a sign
    ("percent", 7.51, "0", "7.51", ["number_shown"]),
    ("share", 0.405, "0.00%", "0.405", []),
    ("share", 40, "0%", None, ABOVE),
    ("bare", 0.85, "0%", None, PLAIN),
    ("bare", "85 %", "@", None, PLAIN),
    ("none", 0.85, "0%", None, PLAIN),
    ("pupils", 0.4, "0%", "0.4", ["number_shown", "denominator_absent"]),
]


@pytest.mark.parametrize("code, value, style, held, reasons", TABLED)
def test_tables_are_read_as_forms_are(desk, tmp_path, code, value, style, held, reasons):
    book = openpyxl.load_workbook(io.BytesIO(tables(desk.root, "2024", "demo")))
    page = book["Số liệu báo cáo"]
    for column, cell in enumerate(("so-a", code, value), start=1):
        page.cell(4, column, cell)
    page["C4"].number_format, page["C4"].data_type = style, "s" if isinstance(value, str) else "n"
    book.save(tmp_path / "t.xlsx")
    out = import_tables(desk.root, tmp_path / "t.xlsx")
    found = [f for f in out.findings if f.row == 4 or f.column == "Số liệu báo cáo!C4"]
    assert [f.reason for f in found] == reasons
    assert out.refused == (held is None)
    if held:
        assert read_case(desk.root, 2024, "demo").claims["a"].tolist() == [held]
