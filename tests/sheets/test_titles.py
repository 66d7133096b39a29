"""Sheets called after data: titles that every spreadsheet takes, no two alike, and the whole name inside."""

import datetime
import io

import openpyxl
import pytest

from dxlib.case import read_case, read_for_verification
from dxlib.sheets import intake
from dxlib.sheets.book import filled, titles
from dxlib.sheets.taking_in import Issued
from dxlib.sheets.worklist_workbook import items, worklist_book
from dxlib.sheets.write import write
from tests.case.folder import REASONS

LONG = "Trung tâm Giám sát, điều hành đô thị thông minh"
NAMES = [
    "Phòng [BCVT]: *1* ? / \\ tổ",
    "Tổ A",
    "tổ a",
    f"{LONG} số 1",
    f"{LONG} số 2",
    "'Tổ bên kia'",
    "History",
    "history",
    "_dx",
    "***",
    "😀" * 31,
    "Phòng\x0bmột",
]


def test_titles_are_what_every_spreadsheet_takes():
    made = titles(NAMES)
    assert made[:3] == ["Phòng (BCVT) 1 tổ", "Tổ A", "tổ a (2)"] and made[5] == "Tổ bên kia"
    assert len({title.casefold() for title in made} | {"history", "_dx", "_lists"}) == len(NAMES) + 3
    for title in made:
        assert title and len(title.encode("utf-16-le")) <= 62
        assert not set(title) & set("[]:*?/\\\x0b") and title.strip("'") == title


def test_a_title_that_is_given_stays_and_names_of_one_beginning_differ():
    assert titles([LONG, f"{LONG} 2"]) == ["Trung tâm Giám sát, điều hành đ", "Trung tâm Giám sát, điều hà (2)"]
    assert titles(["Tổ A", "Tổ A (2)", "tổ a"]) == ["Tổ A", "Tổ A (2)", "tổ a (3)"]


@pytest.fixture
def root(tmp_path):
    """A row for every verifier, claimed by one agency."""
    folder = tmp_path / "data" / "2024" / "g"
    folder.mkdir(parents=True)
    rows = [f'{i},,Hàng {i},10,yes_no,"{name}",reported\n' for i, name in enumerate(NAMES[:-1], start=1)]
    head = "code,parent,name_vi,max_points,rule,verifier,source\n"
    (folder / "indicators.csv").write_text(head + "".join(rows), encoding="utf-8")
    (folder / "index.toml").write_text(f'year = 2024\ngroup = "g"\ntitle.vi = "Thử"\ntotal = {10 * len(rows)}\n')
    (folder / "agencies.csv").write_text("agency,name_vi\nso-a,Sở A\n", encoding="utf-8")
    claims = "".join(f"so-a,{i},yes\n" for i in range(1, len(rows) + 1))
    (folder / "claims.csv").write_text(f"agency,indicator,option\n{claims}", encoding="utf-8")
    (tmp_path / "data" / "reasons.csv").write_text(REASONS, encoding="utf-8")
    return tmp_path / "data"


def test_a_worklist_goes_out_and_comes_back_whatever_its_verifiers_are_called(root, tmp_path):
    case = read_for_verification(root, 2024, "g")
    chosen = items(case, None)
    book = worklist_book(Issued(case, root).wording("vi"), chosen)
    written = write(filled(book, {f"so-a/{item.code}/decision": "Chấp nhận" for item in chosen}))
    pages = openpyxl.load_workbook(io.BytesIO(written)).worksheets[:-2]
    inside = {str(page["A3"].value) for page in pages}
    assert len(chosen) == len(pages) == len(NAMES) - 1
    assert all(any(name in words for words in inside) for name in NAMES[:-1])
    (tmp_path / "list.xlsx").write_bytes(written)
    out = intake(root, 2024, "g", [tmp_path / "list.xlsx"], received=datetime.date(2025, 1, 20))
    assert out.written, out.findings
    assert sorted(read_case(root, 2024, "g").verdicts["indicator"]) == sorted(item.code for item in chosen)
