"""What to verify first, out and back: the choice of the page on verification, decided line by line, in the ledger."""

import datetime

import openpyxl
import pytest

from dxlib.case import read_before, read_case, read_for_verification
from dxlib.cli import main
from dxlib.sheets import intake
from dxlib.sheets.book import filled
from dxlib.sheets.intake import Issued
from dxlib.sheets.worklist import items, worklist_book
from dxlib.sheets.write import write
from tests.sheets.desk import Desk, before_claims, resaved

DAY = datetime.date(2025, 1, 20)


@pytest.fixture
def root(tmp_path):
    """Three agencies have claimed; nothing has been verified."""
    root = tmp_path / "data"
    desk = Desk(root, before_claims(root))
    for agency in desk.people:
        (tmp_path / f"{agency}.xlsx").write_bytes(desk.form(agency))
    out = intake(root, 2024, "departments", sorted(tmp_path.glob("*.xlsx")), received=datetime.date(2025, 1, 15))
    assert out.written
    return root


def listed(root):
    case = read_for_verification(root, 2024, "departments")
    return case, items(case, read_before(root, case).case, capacity=20)


def returned(root, path, typed):
    case, chosen = listed(root)
    book = worklist_book(Issued(case, root).wording("vi"), chosen)
    path.write_bytes(write(filled(book, typed)))
    return path


def test_one_sheet_per_verifier_and_internal_on_every_page(root, tmp_path, capsys):
    file = tmp_path / "list.xlsx"
    argv = ["worklist", "2024", "departments", "-o", str(file), "--data", str(root), "--capacity", "20"]
    assert main(argv) == 0 and "Đã lập danh sách" in capsys.readouterr().out
    case, chosen = listed(root)
    verifiers = {row["code"]: row["verifier"] for row in case.indicators.to_dict("records")}
    book = openpyxl.load_workbook(file)
    assert book.sheetnames[:-2] == sorted({verifiers[item.code] for item in chosen})
    lines = [row for page in book.worksheets[:-2] for row in page.iter_rows(min_row=7, max_col=2, values_only=True)]
    assert len(lines) == len(chosen) and {item.part for item in chosen} == {"risk", "random", "points"}
    assert all("Nội bộ" in page.oddHeader.right.text for page in book.worksheets[:-2])
    assert main(argv) == 1 and "E_EXISTS" in capsys.readouterr().err


@pytest.mark.real("libreoffice")
def test_decisions_come_back_as_verdicts(root, tmp_path):
    case, chosen = listed(root)
    nodes = case.framework.nodes
    figure = next(i for i in chosen if nodes[i.code].rule.takes == "number")
    other = next(i for i in chosen if i != figure)
    by = case.indicators.set_index("code").loc[figure.code, "verifier"]
    key = f"{figure.agency}/{figure.code}"
    typed = {f"{key}/decision": "Điều chỉnh", f"{key}/a": "1", f"{key}/note": "theo hệ thống", f"by/{by}": "Tổ số 1"}
    typed[f"{key}/reason"] = next(iter(Issued(case, root).wording("vi").reasons.values()))
    typed[f"{other.agency}/{other.code}/decision"] = "Chấp nhận"
    path = returned(root, tmp_path / "list.xlsx", typed)
    out = intake(root, 2024, "departments", resaved([path], tmp_path), received=DAY)
    assert out.written, out.findings
    now = read_case(root, 2024, "departments")
    found = now.verdicts.set_index(["agency", "indicator"])
    assert (
        len(found) == 2 and found.loc[(other.agency, other.code), ["a", "b", "option", "points"]].tolist() == [""] * 4
    )
    verdict = found.loc[(figure.agency, figure.code)]
    assert verdict[["step", "stage", "a", "note", "decided_by", "decided_on"]].tolist() == [
        *("1", "verify", "1", "theo hệ thống", "Tổ số 1", "2025-01-20"),
    ]
    assert now.claims.equals(case.claims)


@pytest.mark.parametrize(
    "typed, code, reason",
    [
        ({"a": "1"}, "E_REQUIRED", "verdict_undecided"),
        ({"decision": "Điều chỉnh"}, "E_STATE", "verdict_unchanged"),
        ({"decision": "Chấp nhận", "a": "1"}, "E_STATE", "verdict_accepts"),
        ({"decision": "Điều chỉnh", "a": "1"}, "E_REQUIRED", "verdict_reason"),
        ({"decision": "Điều chỉnh", "points": "9999", "reason": "x"}, "E_OPTION", "choice_unknown"),
    ],
)
def test_half_a_decision_is_refused_at_its_cell(root, tmp_path, typed, code, reason):
    case, chosen = listed(root)
    item = next(i for i in chosen if case.framework.nodes[i.code].rule.takes == "number")
    given = {f"{item.agency}/{item.code}/{column}": value for column, value in typed.items()}
    out = intake(root, 2024, "departments", [returned(root, tmp_path / "list.xlsx", given)], received=DAY)
    (finding,) = out.findings
    assert (finding.code, finding.reason) == (code, reason) and "!" in finding.column and not out.written


def test_points_above_the_maximum_are_refused_at_their_cell(root, tmp_path):
    case, chosen = listed(root)
    item = next(i for i in chosen if case.framework.nodes[i.code].rule.takes == "number")
    key = f"{item.agency}/{item.code}"
    why = next(iter(Issued(case, root).wording("vi").reasons.values()))
    typed = {f"{key}/decision": "Điều chỉnh", f"{key}/points": "9999", f"{key}/reason": why}
    out = intake(root, 2024, "departments", [returned(root, tmp_path / "list.xlsx", typed)], received=DAY)
    (finding,) = [f for f in out.findings if f.severity == "error"]
    assert finding.code == "E_RANGE" and "!" in finding.column and finding.file == "list.xlsx"


def test_two_verifiers_with_copies_of_one_list(root, tmp_path):
    """Each sends the whole workbook with its own lines filled in; what stands already is passed over or refused."""
    first, second = listed(root)[1][:2]
    yes = {f"{i.agency}/{i.code}/decision": "Chấp nhận" for i in (first, second)}
    mine = returned(root, tmp_path / "one.xlsx", dict(list(yes.items())[:1]))
    both = returned(root, tmp_path / "two.xlsx", yes)
    assert intake(root, 2024, "departments", [mine], received=DAY).written
    out = intake(root, 2024, "departments", [both], received=DAY)
    assert out.written and len(read_case(root, 2024, "departments").verdicts) == 2


@pytest.mark.parametrize("command", ["worklist", "tables"])
def test_a_name_that_excel_would_not_open_is_refused(command, tmp_path, capsys):
    for given, better in (("list", "list.xlsx"), ("list.xls", "list.xlsx"), ("list.csv", "list.xlsx")):
        assert main([command, "2024", "departments", "-o", str(tmp_path / given)]) == 1
        told = capsys.readouterr().err
        assert "E_IO" in told and f"viết {better} sau -o" in told
    assert not list(tmp_path.iterdir())


def test_nothing_left_to_verify(capsys, tmp_path):
    argv = ["worklist", "2022", "departments", "-o", str(tmp_path / "x.xlsx")]
    assert main(argv) == 1
    assert "E_STATE" in capsys.readouterr().err and not (tmp_path / "x.xlsx").exists()
