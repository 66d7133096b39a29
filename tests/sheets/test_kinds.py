"""Rows that declare what their figures are: what the cells of a form take, and what intake says at them."""

import datetime
from types import SimpleNamespace

import openpyxl
import pytest

from dxlib.case import read_case
from dxlib.sheets import intake
from dxlib.sheets.form import claim_form
from dxlib.words import text
from tests.case.folder import write
from tests.sheets.desk import Desk

ROWS = """code,parent,name_vi,max_points,rule,a_vi,b_vi,kind,source
1,,Họp,10,ratio,Số cuộc đã họp,Số cuộc phải họp,count,reported
2,,Giờ học,10,target(80%),Giờ đã học,Giờ phải học,share,reported
3,,Tỷ lệ,10,target(80%),Tỷ lệ,,share,reported
4,,Phần trăm,10,target(80),Phần trăm,,percent,reported
5,,Chi,10,"goalposts(0, 100)",Triệu đồng,,money,reported
6,,Như cũ,10,ratio,Số hồ sơ,Tổng số,,reported
"""
INDEX = 'year = 2024\ngroup = "demo"\ntitle.vi = "Thử"\n'


@pytest.fixture
def desk(tmp_path):
    root = write(tmp_path / "data", index=INDEX, indicators=ROWS, claims=None, verdicts=None, appeals=None)
    return Desk(root, SimpleNamespace(), "demo")


def taken(desk, tmp_path, typed):
    path = tmp_path / "so-a.xlsx"
    path.write_bytes(desk.form("so-a", {"submitted_by": "Văn thư", **typed}))
    return intake(desk.root, 2024, "demo", [path], received=datetime.date(2025, 1, 1))


def test_the_cells_take_what_the_kind_allows_and_say_so(desk, tmp_path):
    path = tmp_path / "form.xlsx"
    path.write_bytes(desk.form("so-a", {}))
    page = openpyxl.load_workbook(path)["Phiếu"]
    places = {name: where for name, (_, where) in book_of(desk).inputs().items()}
    rules = {str(r.sqref): r for r in page.data_validations.dataValidation}
    found = {}
    for name in ("1/a", "1/b", "2/a", "3/a", "4/a", "5/a", "6/a"):
        rule = next(r for at, r in rules.items() if places[name] in at.split())
        found[name] = (rule.type, rule.operator or "between", rule.formula1, rule.formula2)
    a, b, hours = places["1/a"], places["1/b"], places["2/b"]
    assert found == {
        "1/a": ("whole", "between", "0", f'IF({b}="",1E+15,{b})'),
        "1/b": ("whole", "between", f'IF({a}="",0,{a})', "1000000000000000"),
        "2/a": ("decimal", "between", "0", f'IF({hours}="",1E+15,{hours})'),
        "3/a": ("decimal", "between", "0", "1"),
        "4/a": ("decimal", "between", "0", "1"),  # 100 %: what the cell holds
        "5/a": ("decimal", "greaterThanOrEqual", "0", None),
        "6/a": ("decimal", "greaterThanOrEqual", "0", None),
    }
    said = rules[a]
    assert text("sheet.form.kind_count_of", "vi") in said.prompt and "không lớn hơn b" in said.error


NOTHING, TWO, FOUR, TEN = ("0 điểm", "2 điểm", "4 điểm", "10 điểm")


@pytest.mark.parametrize(
    ("rule", "direction", "said"),
    [
        ("linear(50%:0, 50%:4p, 80%:1)", "",
         f"– dưới 50 %: {NOTHING}\n– từ 50 % đến 80 %: từ {FOUR} đến {TEN}, tính theo tỷ lệ\n– từ 80 % trở lên: {TEN}"),
        ("linear(50%:0, >50%:4p, 80%:4p, >80%:1)", "",
         f"– từ 50 % trở xuống: {NOTHING}\n– trên 50 % đến 80 %: {FOUR}\n– trên 80 %: {TEN}"),
        ("linear(50%:0, 80%:4p, 80%:1)", "",
         f"– từ 50 % trở xuống: {NOTHING}\n– từ 50 % đến dưới 80 %: từ {NOTHING} đến {FOUR}, tính theo tỷ lệ\n"
         f"– từ 80 % trở lên: {TEN}"),
        ("linear(5%:1, 5%:4p, 20%:2p, 20%:0)", "-1",
         f"– từ 5 % trở xuống: {TEN}\n– trên 5 % đến 20 %: từ {FOUR} đến {TWO}, tính theo tỷ lệ\n– trên 20 %: {NOTHING}"),
        ("linear(<5%:1, 5%:4p, <20%:4p, 20%:0)", "-1",
         f"– dưới 5 %: {TEN}\n– từ 5 % đến dưới 20 %: {FOUR}\n– từ 20 % trở lên: {NOTHING}"),
        ("sum(yes_no: 4p; ratio: 6p; cap: 4p)", "",
         f"Cộng các phần sau, nhiều nhất {FOUR}:\n1)\n– Có: {FOUR}\n– Không: {NOTHING}\n"
         "2) a chia b, nhân 6 điểm; nhiều nhất 6 điểm"),
        ("best(target(80%): 4p; count(2))", "",
         f"Lấy trường hợp có điểm cao nhất:\n1) Đạt từ 80 %: {FOUR}; dưới mức đó tính theo tỷ lệ\n"
         f"2) Mỗi đơn vị: 2 điểm, nhiều nhất {TEN}"),
    ],
)  # fmt: skip
def test_every_piece_is_said_with_what_holds_at_its_ends(tmp_path, rule, direction, said):
    row = f'1,,Hàng,10,"{rule}",{direction},x,{"" if "count" in rule else "y"},reported\n'
    rows = "code,parent,name_vi,max_points,rule,direction,a_vi,b_vi,source\n" + row
    root = write(tmp_path, index=INDEX, indicators=rows, claims=None, verdicts=None, appeals=None)
    words = Desk(root, SimpleNamespace(), "demo").words
    assert words.methods["1"].replace("\u00a0", " ") == said


@pytest.mark.parametrize(
    ("rule", "unit", "kind", "said"),
    [
        ("target(80%)", "", "", "80\u00a0%"),
        ("target(80%)", "%", "", "80\u00a0%"),
        ("target(0.8)", "", "share", "80\u00a0%"),
        ('"steps(50%:1/2, >90%:1)"', "", "", "50\u00a0%"),
        ('"goalposts(0%, 90%)"', "", "", "90\u00a0%"),
        ("target(80)", "", "percent", "80\u00a0%"),
        ("target(80)", "%", "", "80\u00a0%"),
        ("target(1)", "%", "", " 1 "),
        ("target(4)", "cuộc", "", "4\u00a0cuộc"),
    ],
)
def test_a_form_speaks_in_the_unit_of_the_decision(tmp_path, rule, unit, kind, said):
    rows = f"code,parent,name_vi,max_points,rule,a_vi,unit,kind,source\n1,,Hàng,10,{rule},x,{unit},{kind},reported\n"
    root = write(tmp_path, index=INDEX, indicators=rows, claims=None, verdicts=None, appeals=None)
    words = Desk(root, SimpleNamespace(), "demo").words
    assert said in f"{words.method(words.case.framework.nodes['1'])} ".replace(":", " ")
    assert "0,8" not in words.method(words.case.framework.nodes["1"])


def book_of(desk):
    return claim_form(desk.words, desk.people["so-a"])


def test_intake_refuses_what_the_kind_excludes_at_its_cell(desk, tmp_path):
    typed = {"1/a": "25", "1/b": "20", "2/a": "5", "2/b": "4.5", "3/a": "0.85", "4/a": "101", "5/a": "-1"}
    out = taken(desk, tmp_path, typed)
    assert out.refused and "so-a.xlsx" in out.returned
    said = {f.column: f.reason for f in out.findings if f.severity == "error"}
    places = {name: "!".join(where) for name, where in book_of(desk).inputs().items()}
    assert said == {places["4/a"]: "form_percent_above", places["5/a"]: "form_negative"}
    typed |= {"4/a": "100", "5/a": "1"}
    said = {f.column: f.reason for f in taken(desk, tmp_path, typed).findings if f.severity == "error"}
    expected = {"1/a": "part_above", "2/a": "part_above"}
    assert said == {places[name]: reason for name, reason in expected.items()}
    assert not (desk.root / "2024/demo/claims.csv").exists()


def test_half_a_meeting_is_refused(desk, tmp_path):
    out = taken(desk, tmp_path, {"1/a": "3.5", "1/b": "20"})
    assert [f.reason for f in out.findings if f.severity == "error"] == ["form_whole"]


def test_where_nothing_is_declared_a_larger_part_is_named_and_taken(desk, tmp_path):
    out = taken(desk, tmp_path, {"1/a": "20", "1/b": "20", "6/a": "25", "6/b": "20"})
    (told,) = [f for f in out.findings if f.code == "W_PART"]
    assert out.written and told.column == "!".join(book_of(desk).inputs()["6/a"]) and told.file == "so-a.xlsx"
    assert read_case(desk.root, 2024, "demo").answers.claims["6"]["so-a"][:2] == ("25", "20")
