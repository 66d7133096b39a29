"""No command writes into a data folder what `dx check` would refuse; what was wrong before is no matter of a write."""

import datetime
import io
import shutil

import openpyxl
import pytest

from dxlib.case import check, judge, read_case
from dxlib.cli import main
from dxlib.sheets import import_tables, intake, tables
from tests.sheets.desk import DATA, Desk, before_claims

PLACE = ("2025", "departments")
FILED = "Văn phòng Ủy ban nhân dân tỉnh,vp-ubnd/a.pdf,"
SCENARIO = "2024/departments/scenarios.toml"


@pytest.fixture
def root(tmp_path):
    for year in ("2024", "2025"):
        shutil.copytree(DATA / year / "departments", tmp_path / "data" / year / "departments")
    for name in ("register", "reasons", "lineage"):
        shutil.copy(DATA / f"{name}.csv", tmp_path / "data" / f"{name}.csv")
    paper = tmp_path / "data" / "2025" / "departments" / "evidence" / "vp-ubnd" / "a.pdf"
    paper.parent.mkdir(parents=True)
    paper.write_bytes(b"a paper")
    changed(tmp_path / "data", "2025/departments/evidence.csv", "Văn phòng Ủy ban nhân dân tỉnh,,", FILED)
    return tmp_path / "data"


def state(root):
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def errors(found):
    return {(f.reason, f.file) for f in found if f.severity == "error"}


def worked_in(root, tmp_path, sheet, row, column, value, place=PLACE):
    """The workbook of a place after one cell was changed; columns by the contract's names."""
    book = openpyxl.load_workbook(io.BytesIO(tables(root, *place)))
    page = book[sheet]
    head = {cell.value: cell.column for cell in page[3]}
    at = next(cell.row for cell in page["A"] if cell.value == row) if isinstance(row, str) else row
    page.cell(at, head[column], value)
    book.save(tmp_path / "tables.xlsx")
    return tmp_path / "tables.xlsx"


def changed(root, path, *text):
    file = root / path
    file.write_text(file.read_text(encoding="utf-8").replace(*text, 1), encoding="utf-8")


CELLS = {
    "link_row": ("Nối với năm trước", 4, "from_code", "9.9"),
    "link_year": ("Nối với năm trước", 4, "from_year", "2025"),
    "not_there": ("Cơ quan", 19, "agency", "p-hac-duyen"),  # merged into another one in 2024
    "evidence_missing": ("Tài liệu", 4, "file", "khong-co.pdf"),
    "evidence_digest": ("Tài liệu", 4, "sha256", "0" * 64),
}


@pytest.mark.parametrize("reason", CELLS)
def test_the_tables_take_nothing_that_the_check_refuses(root, tmp_path, reason, capsys):
    """What `dx check` says of other years, the register and documents is said before anything is written."""
    path, before = worked_in(root, tmp_path, *CELLS[reason]), state(root)
    assert main(["tables", "--import", str(path), "--data", str(root), "--json"]) == 1
    assert f'"code": "E_{"LINK" if "link" in reason else "LINEAGE" if "not" in reason else "EVIDENCE"}"' in (
        capsys.readouterr().out
    )
    out = import_tables(root, path)
    assert reason in {f.reason for f in out.findings} and out.refused and state(root) == before


def test_a_row_that_a_later_year_continues_is_not_renamed_away(root, tmp_path):
    out = import_tables(
        root, worked_in(root, tmp_path, "Chỉ số", "1.5", "rule", "target(0.9)", ("2024", "departments"))
    )
    assert any(f.code == "E_LINK" and "2025/departments/links.csv" in f.file for f in out.findings)


def test_what_was_wrong_before_does_not_stand_in_the_way(root, tmp_path):
    """A broken scenario, a link to nowhere and a lost document: all named by the check, none of them of this write."""
    changed(root, "2025/departments/links.csv", "1.1,2024,departments,1.1", "1.1,2024,departments,9.9")
    (root / "2025/departments/scenarios.toml").write_text("[x]\ndrop = ['9.9']\n", encoding="utf-8")
    changed(root, "2024/departments/indicators.csv", "\n1.2,", "\n1.2x,")
    assert len(errors(check(root))) >= 3
    before = state(root)
    out = import_tables(root, worked_in(root, tmp_path, "Cơ quan", 4, "note", "đã đổi"))
    assert not out.refused, out.findings
    assert {name for name, data in state(root).items() if before[name] != data} == {"2025/departments/agencies.csv"}


def test_a_form_whose_document_is_a_link_is_not_taken(tmp_path):
    desk = Desk(tmp_path / "data", before_claims(tmp_path / "data"))
    agency = next(iter(desk.people))
    typed = desk.typed(agency, files=True)
    file = next(value for name, value in typed.items() if name.endswith("/file") and value)
    folder = desk.root / "2024" / "departments" / "evidence"
    (folder / file).parent.mkdir(parents=True)
    (tmp_path / "elsewhere.pdf").write_bytes(b"x")
    try:
        (folder / file).symlink_to(tmp_path / "elsewhere.pdf")
    except OSError:
        pytest.skip("no links here")
    (tmp_path / "form.xlsx").write_bytes(desk.form(agency, typed))
    before = state(desk.root)
    out = intake(desk.root, 2024, "departments", [tmp_path / "form.xlsx"], received=datetime.date(2025, 1, 15))
    assert out.refused and not out.written and state(desk.root) == before
    assert {f.reason for f in out.findings if f.severity == "error"} == {"evidence_link"}


def test_the_next_year_copies_no_scenario_that_cannot_hold_there(root, capsys):
    heavy = ", ".join(f'"{code}" = {500 if code == 1 else 50}' for code in range(1, 8))
    text = f'[thu]\npoints.so-tu-phap = {{"1.1" = 1}}\n\n# giữ lại\n[nang]\nweights = {{{heavy}}}\n'
    (root / SCENARIO).write_text(text, encoding="utf-8")
    shutil.rmtree(root / "2025")
    assert main(["new-year", "2025", "--from", "2024", "--data", str(root)]) == 0
    assert "thu" in capsys.readouterr().out and errors(check(root, 2025)) == set()
    kept = (root / "2025/departments/scenarios.toml").read_text(encoding="utf-8")
    assert "points" not in kept and "[nang]" in kept


def test_the_row_that_weighed_mergers_is_left_open_where_it_is_gone(root):
    changed(root, "2025/departments/index.toml", 'size = "0.1"', 'size = "4.6"')  # a row of 2024 only
    assert errors(check(root)) == set()
    assert main(["new-year", "2026", "--from", "2025", "--data", str(root)]) == 0
    assert errors(check(root, 2026)) == set()


def test_links_among_the_data_are_judged(root, capsys):
    file, before = root / "2024/departments/links.csv", state(root)
    argv = ["links", "2024", "departments", "--from", "2025", "-o", str(file), "--data", str(root)]
    assert main(argv) == 1 and "E_LINK" in capsys.readouterr().err
    assert state(root) == before


@pytest.mark.parametrize("file", ["2025/departments/claims.csv", "reasons.csv", "2025/departments/index.toml"])
@pytest.mark.parametrize("asked", [["status", "2025", "--reminders"], ["score", "2025", "departments", "-o"]])
def test_no_output_takes_the_place_of_what_stands_among_the_data(root, asked, file):
    before = state(root)
    assert main([*asked, str(root / file), "--data", str(root)]) == 1
    assert state(root) == before
    assert main([*asked, str(root / "2025/departments/moi.csv"), "--data", str(root)]) == 0  # what takes nobody's place
    assert main([*asked, str(root / "2025/nowhere/moi.csv"), "--data", str(root)]) == 1


def test_a_scenario_that_was_decided_is_a_warning(root):
    case = read_case(root, 2024, "departments")
    row = case.verdicts[case.verdicts["points"] != ""].iloc[0]
    text = f'[da-quyet]\npoints.{row["agency"]} = {{"{row["indicator"]}" = {row["points"]}}}\n'
    found = judge(root, {SCENARIO: text.encode()})
    assert {(f.code, f.reason) for f in found if f.file == SCENARIO} == {("W_SCENARIO", "scenario_same")}
