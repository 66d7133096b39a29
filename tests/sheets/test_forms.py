"""Forms out: who gets one, what stands in it, what may be typed, and that nothing in it is ever a live surprise."""

import io
import json

import openpyxl
import pytest

from dxlib.cli import main
from dxlib.errors import Refusal
from dxlib.sheets import issue
from dxlib.sheets.form import BEFORE, EXPLANATION, claim_form
from tests.backtest.contract_folder import write_folder
from tests.sheets.desk import DATA, Desk, before_claims


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    return Desk(root, before_claims(root))


def opened(data):
    return openpyxl.load_workbook(io.BytesIO(data))


def test_one_form_per_agency_and_the_same_bytes_again(tmp_path, desk, capsys):
    assert main(["forms", "2024", "departments", "-o", str(tmp_path / "one"), "--data", str(desk.root), "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    agencies = desk.full.agencies["agency"].tolist()
    assert [f"2024-departments-{a}.xlsx" for a in agencies] == [path.rsplit("/")[-1] for path in made]
    again = issue(desk.root, 2024, "departments", tmp_path / "two")
    assert [p.read_bytes() for p in again] == [(tmp_path / "one" / p.name).read_bytes() for p in again]


def test_a_folder_that_holds_something_is_refused_and_nothing_is_made(tmp_path, desk):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(Refusal) as refusal:
        issue(desk.root, 2024, "departments", tmp_path)
    assert [f.code for f in refusal.value.findings] == ["E_EXISTS"]
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_forms_go_out_before_anything_is_claimed(tmp_path):
    before_claims(tmp_path / "data")
    (tmp_path / "data" / "2024" / "departments" / "claims.csv").unlink()
    assert len(issue(tmp_path / "data", 2024, "departments", tmp_path / "forms")) == 3


def test_the_province_gets_one_form_per_lead_owner_and_every_reported_row_once(tmp_path):
    made = issue(DATA, 2024, "province", tmp_path / "forms")
    codes = [
        cell.value
        for path in made
        for row in openpyxl.load_workbook(path)["Phiếu"].iter_rows(min_row=9, max_col=1)
        for cell in row
        if cell.value
    ]
    from dxlib.case import read_case

    case = read_case(DATA, 2024, "province")
    asked = [n.code for n in case.framework.leaves if n.source == "reported"]
    assert sorted(c for c in codes if c in asked) == sorted(asked)
    assert len(made) == len({c.split(";")[0] for c in case.indicators.set_index("code").loc[asked, "owner"]})


def test_inputs_are_open_and_everything_else_is_locked(desk):
    book = opened(desk.form(next(iter(desk.people)), {}))
    page = book["Phiếu"]
    assert page.protection.sheet and book["_lists"].protection.sheet
    assert book["_dx"].sheet_state == "veryHidden" and book["_lists"].sheet_state == "hidden"
    open_cells = {c.coordinate for row in page.iter_rows() for c in row if not c.protection.locked}
    inputs = {
        place
        for sheet, place in claim_form(desk.words, desk.people[next(iter(desk.people))]).inputs().values()
        if sheet == "Phiếu"
    }
    assert open_cells - {c for merged in page.merged_cells.ranges for c in cells_of(merged)} <= inputs
    assert inputs <= open_cells
    assert page.page_setup.orientation == "landscape" and page.page_setup.paperSize == 9
    assert page.print_title_rows == "$8:$8" and page.freeze_panes == "C9"


def cells_of(merged):
    return {f"{openpyxl.utils.get_column_letter(c)}{r}" for r, c in merged.cells}


def test_what_may_be_typed_is_said_in_vietnamese_before_and_after(desk):
    rules = opened(desk.form(next(iter(desk.people)), {}))["Phiếu"].data_validations.dataValidation
    kinds = {rule.type for rule in rules}
    assert {"list", "decimal", "date"} <= kinds
    for rule in rules:
        if rule.type in ("list", "decimal", "whole", "date"):
            assert rule.error and rule.prompt, rule.sqref


def test_measured_and_exempt_rows_are_grey_and_say_why(desk):
    case = desk.words.case
    exempt = {a: c for c, row in case.answers.exempt.items() for a in row}
    measured = next(n.code for n in case.framework.leaves if n.source == "measured")
    agency = next(iter(desk.people))
    rows = {r[0].value: [c.value for c in r] for r in opened(desk.form(agency, {}))["Phiếu"].iter_rows(min_row=9)}
    assert rows[measured][EXPLANATION].startswith("Số liệu đo lường, do ")
    for who, code in exempt.items():
        if who in desk.people:
            found = {r[0].value: [c.value for c in r] for r in opened(desk.form(who, {}))["Phiếu"].iter_rows(min_row=9)}
            assert found[code][EXPLANATION].startswith("Không áp dụng: ")


def test_last_year_stands_beside(desk):
    agency = next(iter(desk.people))
    rows = {r[0].value: [c.value for c in r] for r in opened(desk.form(agency, {}))["Phiếu"].iter_rows(min_row=9)}
    shown = [code for code, row in rows.items() if row[BEFORE]]
    assert shown and set(shown) <= set(desk.words.links)


def test_sample_data_say_so_on_paper(desk):
    page = opened(desk.form(next(iter(desk.people)), {}))["Phiếu"]
    assert page["A2"].value == "SỐ LIỆU MẪU – không phải số liệu thật" and "SỐ LIỆU MẪU" in page.oddHeader.right.text


POISON = ['=HYPERLINK("http://x","y")', "+84 912", "-1+1", "@SUM(1)", "\t=1", "＝1", '"&B quoted & "']


@pytest.mark.parametrize("poison", POISON)
def test_text_that_looks_like_a_formula_stays_text(tmp_path, poison):
    rows = [
        {
            "code": "1",
            "parent": "",
            "rule": "options(x:1, y:0)",
            "name_vi": poison,
            "max_points": "5",
            "source": "reported",
        },
        {"code": "2", "parent": "", "rule": "target(80%)", "name_vi": "Hai", "max_points": "5", "source": "reported"},
    ]
    rows[0] |= {"a_vi": "", "b_vi": "", "evidence_vi": poison, "unit": poison, "owner": "", "verifier": ""}
    rows[1] |= {"a_vi": poison, "b_vi": "b", "evidence_vi": "", "unit": "%", "owner": "", "verifier": ""}
    index = {"title": {"vi": f"Thử {poison.strip()}"}, "total": 10}
    tables = {
        "indicators": rows,
        "agencies": [{"agency": "a", "name_vi": poison}, {"agency": "b", "name_vi": "B"}],
        "choices": [
            {"indicator": "1", "name": "x", "name_vi": poison},
            {"indicator": "1", "name": "y", "name_vi": "y"},
        ],
    }
    write_folder(tmp_path / "data", 2024, "demo", index, tables)
    for path in issue(tmp_path / "data", 2024, "demo", tmp_path / "forms"):
        for page in openpyxl.load_workbook(path).worksheets:
            for row in page.iter_rows():
                for cell in row:
                    live = cell.data_type == "f"
                    assert not live or cell.value.startswith(("=IF(", "=SUM(", "=MIN(")), (cell.coordinate, cell.value)
                    assert cell.hyperlink is None


def test_a_row_scored_against_the_group_says_that_it_is_worked_out_when_all_have_answered(tmp_path):
    rows = [
        {
            "code": code,
            "parent": "",
            "rule": rule,
            "name_vi": rule,
            "a_vi": "Số",
            "max_points": "5",
            "source": "reported",
        }
        for code, rule in (("1", "relative"), ("2", "minmax"), ("3", "target(10)"))
    ]
    tables = {"indicators": rows, "agencies": [{"agency": "a", "name_vi": "A"}, {"agency": "b", "name_vi": "B"}]}
    write_folder(tmp_path / "data", 2024, "demo", {"title": {"vi": "Thử"}, "total": 15}, tables)
    made = issue(tmp_path / "data", 2024, "demo", tmp_path / "forms")
    lines = {row[0].value: row for row in openpyxl.load_workbook(made[0])["Phiếu"].iter_rows(min_row=9)}
    for code in "12":
        assert "Tính khi mọi đơn vị đã báo cáo" in lines[code][1].value and lines[code][7].value == "tính sau"
        assert not lines[code][4].protection.locked  # the figure is asked for all the same
    assert lines["3"][7].data_type == "f"


def test_english_on_request(tmp_path, desk):
    made = issue(desk.root, 2024, "departments", tmp_path / "forms", lang="en")
    book = openpyxl.load_workbook(made[0])
    assert book.sheetnames[:3] == ["Form", "More documents", "Instructions"]


def test_verdicts_to_contest_only_where_there_are_any(tmp_path, capsys):
    made = issue(DATA, 2024, "departments", tmp_path / "forms", stage="appeal")
    page = openpyxl.load_workbook(made[0])["Kết quả thẩm tra"]
    heads = [c.value for c in page[8]]
    assert heads[:7] == ["Mã", "Chỉ số", "Điểm tối đa", "Điểm tự chấm", "Điểm thẩm tra", "Lý do", "Kiến nghị"]
    before_claims(tmp_path / "data")
    argv = ["forms", "2024", "departments", "-o", str(tmp_path / "none"), "--data", str(tmp_path / "data")]
    assert main([*argv, "--stage", "appeal"]) == 1
    assert "E_STATE" in capsys.readouterr().err and not (tmp_path / "none").exists()


def test_an_index_of_measured_figures_has_no_forms(tmp_path, capsys):
    rows = [{"code": "1", "parent": "", "rule": "goalposts(0, 10)"}]
    tables = {"indicators": rows, "agencies": [{"agency": "fr"}, {"agency": "vn"}]}
    tables["claims"] = [{"agency": "fr", "indicator": "1", "a": "5"}, {"agency": "vn", "indicator": "1", "a": "7"}]
    write_folder(tmp_path / "data", 2024, "countries", {"title": {"en": "Index"}, "total": 1}, tables)
    argv = ["forms", "2024", "countries", "-o", str(tmp_path / "forms"), "--data", str(tmp_path / "data")]
    assert main(argv) == 1
    assert "E_STATE" in capsys.readouterr().err and not (tmp_path / "forms").exists()
