"""What is hardly meant is said beside its line in the form, worked out by the spreadsheet itself; nothing is barred."""

from types import SimpleNamespace

import openpyxl
import pytest

from dxlib.sheets.form import CLAIM_COLUMNS, claim_form
from dxlib.words import text
from tests.case.folder import write
from tests.sheets.desk import Desk, resaved

HINT, POINTS = CLAIM_COLUMNS.index("hint"), CLAIM_COLUMNS.index("points")
RULES = {  # row -> rule, name of b, kind
    "ratio": ("ratio", "y", ""),
    "half": ("target(50%)", "y", ""),
    "plan": ("target(150%)", "y", ""),
    "part": ("minmax", "y", "share"),
    "share": ("target(80%)", "", "share"),
    "percent": ("target(80)", "", "percent"),
    "count": ("count(1)", "", ""),
    "minus": ("goalposts(-5, 5)", "", ""),
    "sum": ("sum(yes_no: 5p; count(1))", "", ""),
    "best": ("best(yes_no: 5p; ratio)", "y", ""),
    "line": ("linear(50%:0, 80%:1)", "y", ""),
    "parts": ("parts(x:1/2, z:1/2)", "", ""),
    "points": ("points", "", ""),
    "fine": ("penalty(1, 3)", "", ""),
}
TYPED = [  # row, inputs, the hint
    ("ratio", {}, ""),
    ("ratio", {"a": 3, "b": 4}, ""),
    ("ratio", {"a": 3}, "no_b"),
    ("ratio", {"b": 3}, "no_a"),
    ("ratio", {"a": 3, "b": 0}, "zero"),
    ("ratio", {"a": 0, "b": 0}, "zero"),
    ("ratio", {"a": 5, "b": 4}, "part_above"),
    ("ratio", {"a": "ba", "b": 4}, "words"),
    ("ratio", {"a": 3, "b": -4}, "negative"),
    ("half", {"a": 5, "b": 4}, "part_above"),
    ("plan", {"a": 5, "b": 4}, ""),  # its target is above the whole
    ("part", {"a": 5, "b": 4}, "part_above"),
    ("share", {"a": 0.4}, ""),
    ("share", {"a": 40}, "above_whole"),
    ("share", {"a": 0.004}, "below_one"),
    ("percent", {"a": 0.4}, ""),
    ("percent", {"a": 1.01}, "above_whole"),
    ("percent", {"a": 0.004}, "below_one"),
    ("percent", {"a": 0}, ""),
    ("count", {"a": 2.5}, "whole"),
    ("count", {"a": 2}, ""),
    ("minus", {"a": -2.5}, ""),
    ("sum", {"a": 2}, "no_option"),
    ("sum", {"option": "Có"}, "no_figure"),
    ("sum", {"option": "Có", "a": 2.5}, "whole"),
    ("sum", {"option": "Có", "a": 2}, ""),
    ("best", {"option": "Có", "a": 2}, "no_b"),
    ("best", {"option": "Có"}, "no_figure"),
    ("best", {"a": 2, "b": 3}, "no_option"),
    ("best", {"option": "Không", "a": 4, "b": 3}, "part_above"),
    ("best", {}, ""),
    ("line", {"a": 5, "b": 4}, "part_above"),
    ("parts", {"option/x": "Đạt"}, "part_open"),
    ("parts", {"option/x": "Đạt", "option/z": "Chưa đạt"}, ""),
    ("parts", {}, ""),
    ("points", {"points": 11}, "above_maximum"),
    ("points", {"points": 10}, ""),
    ("fine", {"a": 2}, "deducts"),
    ("fine", {"a": 0}, ""),
]


@pytest.mark.real("libreoffice")
def test_every_doubt_that_a_form_can_know_is_said_beside_its_line(tmp_path):
    rows = []
    for n, (row, _, _) in enumerate(TYPED):
        rule, b, kind = RULES[row]
        most = "" if rule.startswith("penalty") else "10"
        rows.append(f'{n},,Hàng {n},{most},"{rule}",{"x" * (row not in ("parts", "points"))},{b},{kind},reported\n')
    head = "code,parent,name_vi,max_points,rule,a_vi,b_vi,kind,source\n"
    index = 'year = 2024\ngroup = "demo"\ntitle.vi = "Thử"\n'
    root = write(tmp_path / "d", index=index, indicators=head + "".join(rows), claims=None, verdicts=None, appeals=None)
    desk = Desk(root, SimpleNamespace(), "demo")
    (tmp_path / "f.xlsx").write_bytes(desk.form("so-a", {}))
    book = openpyxl.load_workbook(tmp_path / "f.xlsx")
    places = claim_form(desk.words, desk.people["so-a"]).inputs()
    for n, (_, typed, _) in enumerate(TYPED):
        for name, value in typed.items():
            sheet, place = places[f"{n}/{name}"]
            book[sheet][place].value = value
    book.save(tmp_path / "f.xlsx")
    page = openpyxl.load_workbook(resaved([tmp_path / "f.xlsx"], tmp_path)[0], data_only=True)["Phiếu"]
    lines = {str(row[0].value): row for row in page.iter_rows(min_row=9) if row[0].value is not None}
    found = {n: lines[str(n)][HINT].value or "" for n in range(len(TYPED))}
    expected = {n: text(f"sheet.hint.{key}", "vi") if key else "" for n, (*_, key) in enumerate(TYPED)}
    assert found == expected
    shown = {(row, *typed.values()): lines[str(n)][POINTS].value for n, (row, typed, _) in enumerate(TYPED)}
    assert shown["share", 0.4] == shown["percent", 0.4] == pytest.approx(5)  # 40 % of 80 %
