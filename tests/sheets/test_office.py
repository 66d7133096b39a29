"""A real client: LibreOffice opens the forms, works the formulas out anew, saves them, and they still come back."""

import datetime
from fractions import Fraction

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from dxlib.case import read_case
from dxlib.index import evaluate
from dxlib.sheets import intake
from dxlib.sheets.form import CLAIM_COLUMNS
from tests.backtest.contract_folder import write_folder
from tests.sheets.desk import Desk, before_claims, resaved

pytestmark = pytest.mark.real("libreoffice")
POINTS = CLAIM_COLUMNS.index("points")
IN_TIME = datetime.date(2025, 1, 15)


def points_shown(path):
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("Phiếu").to_python(skip_empty_area=False)
    return {row[0]: row[POINTS] for row in rows[8:] if row[0]}, rows[-1][POINTS]


@pytest.mark.parametrize("group", ["departments", "communes"])
def test_the_self_score_of_the_form_is_the_score_and_the_form_comes_back(tmp_path, group):
    root = tmp_path / "data"
    desk = Desk(root, before_claims(root, group), group)
    sent = tmp_path / "sent"
    sent.mkdir()
    for agency in desk.people:
        (sent / f"{agency}.xlsx").write_bytes(desk.form(agency))
    back = resaved(sorted(sent.iterdir()), tmp_path)
    exact = evaluate(desk.full, "claimed")
    framework = desk.full.framework
    for path in back:
        i = exact.agencies.index(path.stem)
        shown, total = points_shown(path)
        compared, whole = 0, Fraction(0)
        for node in framework.leaves:
            if node.source != "reported" or node.rule.group or not node.rule.reads:
                continue
            column = exact.columns.get(node.code) if node.role == "score" else exact.extra.get(node.code)
            share = column.shares[i]
            if column.states[i] != "claimed":
                assert shown[node.code] == "", node.code
                continue
            worth = share * (node.maximum if node.role == "score" else 1)
            assert shown[node.code] == pytest.approx(float(worth), abs=1e-9), node.code
            compared += 1
            whole += worth  # bonus and penalty, too, as in the index
        assert compared > 25
        if group == "communes":  # the departments' index is no plain sum, so their form has no line for it
            assert total == pytest.approx(float(whole), abs=1e-9)
    out = intake(root, 2024, group, back, received=IN_TIME)
    assert out.written, out.findings
    assert not [f for f in out.findings if f.reason == "self_score_shown"]
    now = read_case(root, 2024, group)
    key = ["agency", "indicator"]
    said = ["a", "b", "option", "explanation", "submitted_by"]
    assert now.claims.set_index(key)[said].sort_index().equals(desk.full.claims.set_index(key)[said].sort_index())


RULES = {
    "yes_no": ("", "", "yes", ""),
    "ratio": ("1", "3", "", ""),
    "target(80%)": ("7", "9", "", ""),
    "target(12)": ("5", "", "", ""),
    "steps(0.3:1/4, >0.6:1/2, 1:1)": ("3", "10", "", ""),  # 3/10 is the step, though 0.3 in binary is not
    "steps(50%:50%, >80%:1)": ("8", "10", "", ""),
    "count(0.1, 2)": ("7", "", "", ""),
    "deduct(1.5)": ("3", "", "", ""),
    "deduct(2, 5)": ("4", "", "", ""),
    "goalposts(20, 80)": ("51", "", "", ""),
    "goalposts(100, 75000, log)": ("5000", "", "", ""),
    "goalposts(10, 2)": ("3.5", "", "", ""),
    "parts(p:0.3, q:0.3, r:0.6)": ("", "", "p;r", ""),
    "options(x:1/3, y:0)": ("", "", "x", ""),
    "points": ("", "", "", "4.5"),
    "bonus(0.5, 2)": ("3", "", "", ""),
    "penalty(0.5)": ("3", "", "", ""),
}


def test_every_rule_as_a_formula(tmp_path):
    rows, claims = [], []
    for i, (rule, cells) in enumerate(RULES.items(), start=1):
        extra = rule.startswith(("bonus", "penalty"))
        row = {"code": str(i), "parent": "", "rule": rule, "max_points": "" if extra else "6", "source": "reported"}
        rows.append(row | {"b_vi": "tổng" if cells[1] else "", "a_vi": "số", "name_vi": rule})
        answer = dict(zip(("a", "b", "option", "points"), cells, strict=True))
        claims.append({"agency": "m", "indicator": str(i), **answer, "submitted_by": "x"})
    down = {"code": "90", "parent": "", "rule": "ratio", "max_points": "6", "source": "reported", "direction": "-1"}
    rows = [row | {"direction": ""} for row in rows] + [down | {"b_vi": "tổng", "a_vi": "số", "name_vi": "giảm"}]
    claims.append(
        {"agency": "m", "indicator": "90", "a": "1", "b": "7", "option": "", "points": "", "submitted_by": "x"}
    )
    total = 6 * sum(bool(row["max_points"]) for row in rows)
    tables = {"indicators": rows, "agencies": [{"agency": "m"}, {"agency": "n"}], "claims": claims}
    write_folder(tmp_path / "data", 2024, "demo", {"title": {"vi": "Thử"}, "total": total}, tables)
    full = read_case(tmp_path / "data", 2024, "demo")
    desk = Desk(tmp_path / "data", full, "demo")
    (tmp_path / "m.xlsx").write_bytes(desk.form("m"))
    shown, _ = points_shown(resaved([tmp_path / "m.xlsx"], tmp_path)[0])
    exact = evaluate(full, "claimed")
    for node in full.framework.leaves:
        share = (exact.columns if node.role == "score" else exact.extra)[node.code].shares[0]
        expected = float(share * (node.maximum or 1))
        assert shown[node.code] == pytest.approx(expected, abs=1e-9), node.rule


def test_the_marked_copy_opens_with_its_comments_at_the_right_cells(tmp_path):
    root = tmp_path / "data"
    desk = Desk(root, before_claims(root))
    agency = next(iter(desk.people))
    typed = desk.typed(agency)
    wrong = [n for n, v in typed.items() if n.endswith("/a") and v][:3]
    (tmp_path / "f.xlsx").write_bytes(desk.form(agency, typed | dict.fromkeys(wrong, "khoảng 8")))
    out = intake(root, 2024, "departments", [tmp_path / "f.xlsx"], received=IN_TIME)
    places = sorted(f.column.split("!")[1] for f in out.findings)
    assert len(places) == 3
    (tmp_path / "marked.xlsx").write_bytes(out.returned["f.xlsx"])
    saved = openpyxl.load_workbook(resaved([tmp_path / "marked.xlsx"], tmp_path)[0])["Phiếu"]
    found = {c.coordinate: c.comment.text for row in saved.iter_rows() for c in row if c.comment}
    assert sorted(found) == places and all("không phải là số" in words for words in found.values())
    (tmp_path / "g.xlsx").write_bytes(desk.form(agency, typed))
    assert intake(root, 2024, "departments", [tmp_path / "g.xlsx"], received=IN_TIME).written
