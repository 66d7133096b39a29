"""Official tables as offices keep them: merged cells, blanks below a value, codes that lost their zeros."""

from __future__ import annotations

import csv

import openpyxl
import pytest

from dxlib.cli import main
from dxlib.words import finding
from dxlib.years import read_official
from tests.years.test_conversion import proposed, register_of

HEAD = ["Mã xã cũ", "Tên xã cũ", "Mã xã mới", "Tên xã mới", "Quan hệ"]
FIRST = ["00004", "Xã Tân Hòa", "00009", "Xã Tân Thủy", "Nhập toàn bộ"]
REGISTER = (
    "agency,name_vi,name_en,level,official_code,valid_from,valid_to,act\n"
    "xa-a,Xã Tân Hòa,,commune,00004,2010-01-01,,\nxa-b,Xã Thủy Lâm,,commune,00007,2010-01-01,,\n"
)


def said(found):
    assert all("{" not in words for f in found for lang in ("vi", "en") for words in finding(f, lang).values())
    return [(f.code, f.reason, f.row, f.column) for f in found]


def imported(tmp_path, rows, *merged, write=True):
    """`dx register import` of a workbook: exit code, and the register afterwards."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "register.csv").write_text(REGISTER, encoding="utf-8")
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for area in merged:
        book.active.merge_cells(area)
    book.save(tmp_path / "bang.xlsx")
    argv = ["register", "import", str(tmp_path / "bang.xlsx"), "--date", "2025-07-01", "--act", "NQ 1"]
    code = main([*argv, "--data", str(data), *(["--write"] if write else [])])
    with (data / "register.csv").open(encoding="utf-8", newline="") as file:
        return code, list(csv.DictReader(file)), data


def test_merged_cells_of_one_column_are_filled_down_and_shown(tmp_path, capsys):
    second = ["00007", "Xã Thủy Lâm", None, None, None]
    code, register, data = imported(tmp_path, [["BẢNG"], HEAD, FIRST, second], "A1:E1", "C3:C4", "D3:D4", "E3:E4")
    out = capsys.readouterr()
    assert code == 0 and "Ô gộp “Tên xã mới” ở các dòng 3–4" in out.out + out.err
    new = [row for row in register if row["valid_from"] == "2025-07-01"]
    assert [(row["name_vi"], row["official_code"]) for row in new] == [("Xã Tân Thủy", "00009")]
    lineage = (data / "lineage.csv").read_text(encoding="utf-8")
    assert lineage.count("merge") == 2 and "rename" not in lineage


@pytest.mark.parametrize("blank", [2, 3, 0, 1])
def test_a_blank_below_a_value_is_refused_at_its_cell(tmp_path, blank, capsys):
    second = ["00007", "Xã Thủy Lâm", "00010", "Xã Mới", "Nhập toàn bộ"]
    second[blank] = ""
    lines, found = read_official([HEAD, FIRST, second], "t.csv")
    assert said(found) == [("E_MERGED", "import_blank", 3, HEAD[blank])] and len(lines) == 1
    assert found[0].facts["above"] == FIRST[blank]
    code, register, _ = imported(tmp_path, [HEAD, FIRST, [cell or None for cell in second]])
    assert code == 1 and len(register) == 2 and "E_MERGED" in capsys.readouterr().err


def test_no_unit_without_a_name_or_a_code_comes_out_of_a_list():
    rows = [["Mã", "Tên đơn vị"], ["00001", "Xã Một"], ["00002", ""], ["", "Xã Ba"], ["", "Tổng cộng"]]
    lines, found = read_official(rows, "t.csv")
    assert [line.name for line in lines] == ["Xã Một"]
    assert [(f.row, f.column) for f in found] == [(3, "Tên đơn vị"), (4, "Mã"), (5, "Mã")]


@pytest.mark.parametrize(("merged", "column"), [((2, 0, 2, 4), "Mã xã cũ"), ((2, 2, 3, 3), "Mã xã mới")])
def test_cells_merged_across_columns_are_refused(merged, column):
    _, found = read_official([HEAD, FIRST, FIRST, FIRST], "t.xlsx", [merged])
    assert said(found) == [("E_MERGED", "import_across", 3, column)]


def test_what_is_merged_above_the_header_or_beside_the_table_is_nothing():
    rows = [["BẢNG", "", "", "", ""], HEAD, [*FIRST, "ghi chú"], [*FIRST, ""]]
    assert read_official(rows, "t.xlsx", [(0, 0, 0, 4), (2, 5, 3, 5)])[1] == []


def test_codes_that_lost_their_zeros_are_one_question():
    lines, _ = read_official([HEAD, ["4", "Xã Tân Hòa", "9", "Xã Tân Thủy", "Nhập toàn bộ"]], "t.csv")
    out = proposed(lines, register_of(("xa-a", "Xã Tân Hòa", "00004")))
    assert said(out.findings) == [("E_IMPORT", "import_lost_zero", 2, "")] and out.open
    assert out.findings[0].facts["padded"] == "00009" and out.findings[0].facts["n"] == 2 and out.began == 0
    lines, _ = read_official([HEAD, ["29554", "Xã Một", "4", "Xã Hai", "Nhập toàn bộ"]], "t.csv")
    assert [f.reason for f in proposed(lines).findings] == ["import_lost_zero"]
