"""Official old-to-new tables: what is certain becomes lineage, what is not becomes a question."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from dxlib.case.lineage import check_lineage
from dxlib.case.tables import empty
from dxlib.cli import main
from dxlib.years import Notice, propose, read_official
from dxlib.years.conversion import Additions, slug, spelt, tidy

REAL = Path(__file__).resolve().parents[3] / "shared" / "real" / "vinhlong"
real = pytest.mark.skipif(not REAL.is_dir(), reason="the published tables lie beside the repository: ../shared/real")
HEAD = ["Mã mới", "Tên đơn vị mới", "Mã cũ", "Tên đơn vị cũ", "Quan hệ", "Tên huyện cũ"]


def lines(*rows: list[str]):
    return read_official([["BẢNG CHUYỂN ĐỔI"], HEAD, *rows], "t.csv")


def published(name: str):
    with (REAL / name).open(encoding="utf-8", newline="") as file:
        found, wrong = read_official(list(csv.reader(file)), name)
    assert not wrong
    return found


def proposed(rows, register=None, lineage=None, day="2025-07-01"):
    known = empty("register") if register is None else register
    past = empty("lineage") if lineage is None else lineage
    return propose(rows, known, past, Notice("t.csv", day, "NQ", "commune"))


@real
def test_vinh_long_without_a_guess():
    first = proposed(published("vinhlong_communes_2022.csv"), day="2022-10-01")
    assert len(first.register) == 107 and not first.findings
    later = proposed(published("vinhlong_communes_2025_01.csv"), first.register, day="2025-01-04")
    assert Counter(f.reason for f in later.findings) == {"import_other_name": 2, "import_gone": 5}
    assert {f.facts["code"] for f in later.findings if f.reason == "import_other_name"} == {"29551", "29602"}
    gone = {f.facts["code"] for f in later.findings if f.reason == "import_gone"}
    assert gone == {"29548", "29575", "29758", "29773", "29854"} and len(later.register) == 107

    now = proposed(published("vinhlong_communes_2025_01.csv"), day="2025-01-04").register
    end = proposed(published("vinhlong_conversion_2025_07.csv"), now)
    assert not end.open and (end.ended, end.began, end.events) == (350, 120, 355)
    assert Counter(end.lineage["type"]) == {"merge": 345, "split": 10}
    parts = end.lineage[end.lineage["type"] == "split"]
    assert set(parts["share"]) == {""} and set(parts["share_basis"]) == {"unknown"}
    split = {f.value for f in end.findings if f.reason == "import_share"}
    assert split == {"Xã Ngãi Tứ", "Phường Cái Vồn", "Phường Thành Phước", "Thị trấn Tam Bình", "Thị trấn Trà Ôn"}
    suspicious = {(f.value, f.facts["heir"]) for f in end.findings if f.reason == "import_far"}
    assert ("Thị trấn Tam Bình", "Xã Trà Côn") in suspicious and len(suspicious) == 3
    assert not check_lineage(end.register, end.lineage)
    here = set(now["agency"])
    heirs = set(end.lineage.loc[end.lineage["from"].isin(here), "to"])
    assert len(here) == 102 and len(heirs) == 35


@real
def test_by_the_front_door(tmp_path, capsys):
    at = ["--data", str(tmp_path), "--lang", "en"]
    table = str(REAL / "vinhlong_conversion_2025_07.csv")
    assert main(["register", "import", table, "--date", "2025-07-01", *at]) == 0
    assert not list(tmp_path.iterdir())  # shown only
    assert main(["register", "import", table, "--date", "2025-07-01", "--write", *at]) == 0
    assert {p.name for p in tmp_path.iterdir()} == {"register.csv", "lineage.csv"}
    written = (tmp_path / "register.csv").read_bytes()
    assert main(["register", "import", table, "--date", "2026-07-01", "--write", *at]) == 1  # names differ now: asked
    assert "must be answered" in capsys.readouterr().err and (tmp_path / "register.csv").read_bytes() == written


def test_names_are_tidied_and_spellings_agree():
    assert tidy("  Thị  Xã Bình Minh ") == "Thị xã Bình Minh"
    assert spelt("Xã Hoà Lộc") == spelt("Xã Hòa Lộc") and spelt("Xã Lục Sỹ Thành") == spelt("Xã Lục Sĩ Thành")
    assert spelt("Xã Hòa Lộc") != spelt("Xã Hóa Lộc")
    add = Additions(pd.DataFrame({"agency": ["con-2"]}), "")
    assert add.unit("1", "Cồn", "", "") == "con-3" and len(add.unit("2", "xã " * 60, "", "")) <= 64  # names of files
    assert slug("Thị trấn Đồng Nẫm") == "tt-dong-nam" and slug("Xã Ứng Hòe") == "xa-ung-hoe"


def register_of(*units: tuple[str, str, str]):
    rows = [{"agency": a, "name_vi": n, "level": "commune", "official_code": c} for a, n, c in units]
    frame = empty("register")
    return frame.reindex(range(len(rows))).fillna("").assign(**{k: [r[k] for r in rows] for k in rows[0]})


def reasons(*rows: list[str], register=None) -> set[str]:
    found, wrong = lines(*rows)
    return {f.reason for f in [*wrong, *proposed(found, register).findings]}


def test_questions():
    whole = ["1", "Xã Mới", "9", "Xã Cũ", "Nhập toàn bộ", "Huyện A"]
    twins = register_of(("x", "Xã Cũ", ""), ("y", "Xã Cũ", ""))
    assert reasons(whole, register=twins) == {"import_two_units"}
    assert reasons(whole, register=register_of(("x", "Xã Cũ", "8"))) == {"import_other_code"}
    assert reasons(whole, register=register_of(("x", "Xã Khác", "9"))) == {"import_other_name"}
    assert reasons(whole) == set()
    assert reasons(whole, ["2", "Xã Hai", "9", "Xã Cũ", "Nhập một phần", ""]) >= {"import_more_than_whole"}
    assert reasons(["1", "Xã Mới", "9", "Xã Cũ", "Nhập một phần", ""]) == {"import_part_alone"}
    assert reasons(whole, ["1", "Xã Khác", "8", "Xã Tám", "Nhập toàn bộ", ""]) == {"import_two_names"}
    assert reasons(["9", "Xã Mới", "9", "Xã Cũ", "Giữ nguyên", ""]) == {"import_not_kept"}
    assert reasons(["1", "Xã Mới", "9", "Xã Cũ", "không rõ", ""]) == {"import_relation"}
    assert {f.reason for f in read_official([["a", "b"]] * 30, "t")[1]} == {"import_header"}
    assert {f.reason for f in read_official([HEAD], "t")[1]} == {"import_empty"}


def test_an_unchanged_unit_keeps_its_id():
    found, _ = lines(
        ["5", "Xã Yên", "5", "Xã Yên", "Giữ nguyên", ""], ["1", "Xã Mới", "9", "Xã Cũ", "Nhập toàn bộ", ""]
    )
    out = proposed(found, register_of(("yen", "Xã Yên", "5"), ("cu", "Xã Cũ", "9")))
    assert out.register.set_index("agency")["valid_to"].to_dict() == {"yen": "", "cu": "2025-06-30", "xa-moi": ""}
    assert out.lineage[["type", "from", "to"]].values.tolist() == [["rename", "cu", "xa-moi"]]


def test_workbooks_are_read_too(tmp_path):
    import xlsxwriter

    path = tmp_path / "t.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for i, row in enumerate([["Bảng"], HEAD, ["1", "Xã Mới", 9, "Xã Cũ", "Nhập toàn bộ", ""]]):
            sheet.write_row(i, 0, row)
    assert main(["register", "import", str(path), "--date", "2025-07-01", "--write", "--data", str(tmp_path)]) == 0
    assert ",9," in (tmp_path / "register.csv").read_text()
