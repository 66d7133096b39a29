"""Forms in: everything of a delivery or nothing, a correction in the place of what it corrects, and no silent change."""

import datetime
import hashlib
import json
import shutil
import unicodedata
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from dxlib import atomic
from dxlib.case import check, read_case, read_to_ask
from dxlib.cli import main
from dxlib.errors import Refusal
from dxlib.index import score
from dxlib.sheets import intake, taking_in
from dxlib.sheets.form import CLAIM_COLUMNS
from tests.sheets.desk import DATA, Desk, before_claims, resaved

IN_TIME = datetime.date(2025, 1, 15)  # the day of the deadline itself
KEY = ["agency", "indicator"]
SAID = ["a", "b", "option", "explanation", "submitted_by"]


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path / "data", before_claims(tmp_path / "data"))


def send(desk, tmp_path, typed=None, agencies=None, name="{}.xlsx"):
    folder = tmp_path / "back"
    folder.mkdir(parents=True, exist_ok=True)
    for agency in agencies or desk.people:
        (folder / name.format(agency)).write_bytes(desk.form(agency, (typed or {}).get(agency)))
    return folder


def take(desk, *files, **options):
    return intake(desk.root, 2024, "departments", list(files), **{"received": IN_TIME, **options})


def codes(delivery):
    return [f.code for f in delivery.findings]


RETURNED = "2024/departments/forms/returned.csv"  # the one file that a refusal may write


def state(root):
    """All that stands there but the note of what was sent back."""
    files = {p.relative_to(root).as_posix(): p.read_bytes() for p in Path(root).rglob("*") if p.is_file()}
    return {name: data for name, data in files.items() if name != RETURNED}


def test_forms_come_back_as_claims_and_are_scored(desk, tmp_path, capsys):
    folder = send(desk, tmp_path, {agency: desk.typed(agency, files=True) for agency in desk.people})
    argv = ["intake", "2024", "departments", str(folder), "--data", str(desk.root), "--received", "2025-01-15"]
    assert main([*argv, "--reports", str(tmp_path / "reports")]) == 0
    said = capsys.readouterr().out
    assert "Đã nhận 3 phiếu" in said and all(f"[{n}/3]" in said for n in (1, 2, 3))
    back = read_case(desk.root, 2024, "departments")
    told, again = (c.claims.set_index(KEY)[SAID].sort_index() for c in (desk.full, back))
    pd.testing.assert_frame_equal(told, again)
    pd.testing.assert_frame_equal(score(desk.full, "claimed"), score(back, "claimed"))
    papers = ["agency", "indicator", "number", "title", "issued_on", "issuer", "file"]
    was, now = (c.evidence[papers].sort_values(papers, ignore_index=True) for c in (desk.full, back))
    pd.testing.assert_frame_equal(was, now)
    assert not [f for f in check(desk.root, 2024, "departments") if f.severity == "error"]


def test_what_was_received_is_kept_as_it_came(desk, tmp_path):
    folder = send(desk, tmp_path)
    assert take(desk, folder).written
    kept = desk.root / "2024" / "departments" / "forms"
    log = pd.read_csv(kept / "received.csv", dtype=str)
    assert sorted((kept / f).read_bytes() for f in log["file"]) == sorted(p.read_bytes() for p in folder.iterdir())
    assert set(log["received_on"]) == {"2025-01-15"} and set(log["recipient"]) == set(desk.people)


def test_the_same_delivery_twice_changes_nothing(desk, tmp_path):
    folder = send(desk, tmp_path)
    take(desk, folder)
    before = state(desk.root)
    again = take(desk, folder)
    assert len(again.known) == 3 and not again.taken and set(codes(again)) == {"W_KNOWN"}
    assert state(desk.root) == before


LEFT = ("Thumbs.db", "desktop.ini", ".DS_Store", "~$form.xlsx", "__MACOSX/._form.xlsx")


def test_what_programs_leave_in_folders_is_passed_over(desk, tmp_path):
    folder = send(desk, tmp_path)
    for name in LEFT:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"\xd0\xcf\x11\xe0")
    out = take(desk, folder)
    assert out.written and len(out.taken) == 3 and not out.refused


def test_a_zip_is_a_folder(desk, tmp_path):
    folder = send(desk, tmp_path)
    with zipfile.ZipFile(tmp_path / "forms.zip", "w") as package:
        for name in LEFT:
            package.writestr(name, b"\xd0\xcf\x11\xe0")
        for path in folder.iterdir():
            package.write(path, f"../../{path.name}")  # names in an archive are never paths to write to
    out = take(desk, tmp_path / "forms.zip")
    assert out.written and len(out.taken) == 3
    assert not list(tmp_path.glob("*.xlsx")) and not list(tmp_path.parent.glob("*.xlsx"))


def test_a_corrected_form_replaces_the_former_and_the_difference_is_shown(desk, tmp_path):
    take(desk, send(desk, tmp_path))
    agency = next(iter(desk.people))
    typed = desk.typed(agency)
    name = next(n for n, v in typed.items() if n.endswith("/a") and v.isdigit())
    code = name.split("/")[0]
    others = read_case(desk.root, 2024, "departments").claims
    folder = send(desk, tmp_path, {agency: typed | {name: "1"}}, [agency], "corrected-{}.xlsx")
    out = take(desk, folder)  # the folder still holds the former forms, which are known
    assert out.changes == [("claims", agency, code, "a", typed[name], "1")]
    now = read_case(desk.root, 2024, "departments").claims.set_index(KEY)
    then = others.set_index(KEY)
    assert now.loc[(agency, code), "a"] == "1"
    pd.testing.assert_frame_equal(*(c.sort_index().drop(index=agency)[SAID] for c in (now, then)))


def test_the_last_documents_can_be_taken_back(tmp_path):
    """A table that becomes empty is written as that; it used to stay as it was."""
    desk = Desk(tmp_path / "data", before_claims(tmp_path / "data", agencies=1))
    take(desk, send(desk, tmp_path))
    (agency,) = desk.people
    assert len(read_case(desk.root, 2024, "departments").evidence)
    papers = ("number", "title", "issued_on", "issuer", "file")
    typed = {n: v for n, v in desk.typed(agency).items() if n.rsplit("/", 1)[-1] not in papers and n[:5] != "more/"}
    out = take(desk, send(desk, tmp_path, {agency: typed}, name="again-{}.xlsx"))
    assert out.written and {change[0] for change in out.changes} == {"evidence"}
    assert read_case(desk.root, 2024, "departments").evidence.empty


def test_one_bad_form_and_nothing_is_written(desk, tmp_path, capsys):
    second = list(desk.people)[1]
    typed = desk.typed(second)
    name = next(n for n, v in typed.items() if n.endswith("/a") and v)
    folder = send(desk, tmp_path, {second: typed | {name: "8 điểm"}})
    before = state(desk.root)
    argv = ["intake", "2024", "departments", str(folder), "--data", str(desk.root), "--received", "2025-01-15"]
    assert main([*argv, "--reports", str(tmp_path / "reports")]) == 1
    said = capsys.readouterr()
    assert "E_NUMBER" in said.err and "8 điểm" in said.err and "Không ghi gì" in said.out
    assert state(desk.root) == before
    returned = tmp_path / "reports" / "internal" / "2024" / "departments" / "returned"
    assert [p.name for p in returned.iterdir()] == [f"{second}.xlsx"]


def status(desk, capsys, day="2025-01-20"):
    argv = ["status", "2024", "departments", "--data", str(desk.root), "--as-of", day]
    assert main([*argv, "--json"]) == 0
    rows = {row["sender"]: row for row in json.loads(capsys.readouterr().out)}
    assert main(argv) == 0
    return rows, capsys.readouterr().out


def test_who_was_sent_a_copy_back_is_remembered_until_the_answer(desk, tmp_path, capsys):
    agency, other = list(desk.people)[:2]
    typed = desk.typed(agency)
    name, second = [n for n, v in typed.items() if n.endswith("/a") and v][:2]
    folder = send(desk, tmp_path, {agency: typed | {name: "8 điểm", second: "-"}}, [agency, other])
    assert take(desk, folder).refused
    log = pd.read_csv(desk.root / RETURNED, dtype=str, keep_default_na=False)
    assert log[["returned_on", "recipient", "kind", "findings", "answered_on"]].values.tolist() == [
        ["2025-01-15", agency, "claim", "2", ""]
    ]
    rows, said = status(desk, capsys)
    assert {who: (row["sent_back"], row["to_answer"]) for who, row in rows.items() if row["sent_back"]} == {
        agency: ("2025-01-15", 2)
    }
    assert "1 đơn vị có phiếu đã trả lại" in said and "chưa gửi lại (2 lỗi)" in said
    before = (desk.root / RETURNED).read_bytes()
    assert take(desk, folder, received=datetime.date(2025, 1, 14)).refused  # the same files once more
    assert (desk.root / RETURNED).read_bytes() == before
    corrected = send(desk, tmp_path / "again", agencies=[agency])
    assert take(desk, corrected).written
    assert not any(row["sent_back"] for row in status(desk, capsys)[0].values())
    (line,) = pd.read_csv(desk.root / RETURNED, dtype=str, keep_default_na=False).to_dict("records")
    assert line["answered_on"] == "2025-01-15"
    assert not [f for f in check(desk.root, 2024, "departments") if f.severity == "error"]


def test_a_note_that_cannot_be_written_is_said_and_the_findings_are_not_lost(desk, tmp_path, monkeypatch):
    agency = next(iter(desk.people))
    name = next(n for n, v in desk.typed(agency).items() if n.endswith("/a") and v)
    folder = send(desk, tmp_path, {agency: {name: "8 điểm"}}, [agency])

    def full(*written):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic, "stage", full)
    out = take(desk, folder)
    assert codes(out) == ["E_NUMBER", "E_IO"] and not (desk.root / RETURNED).exists()


def test_a_form_as_it_went_out_takes_nothing_away(desk, tmp_path):
    take(desk, send(desk, tmp_path))
    before = state(desk.root)
    agency = next(iter(desk.people))
    out = take(desk, send(desk, tmp_path / "blank", {agency: {"submitted_by": "Văn thư"}}, [agency]))
    assert codes(out) == ["E_EMPTY"] and state(desk.root) == before


def test_two_bad_forms_of_one_name_are_both_returned(desk, tmp_path):
    first, second = list(desk.people)[:2]
    for agency in (first, second):
        folder = tmp_path / "back" / agency
        folder.mkdir(parents=True)
        name = next(n for n, v in desk.typed(agency).items() if n.endswith("/a") and v)
        (folder / "phiếu.xlsx").write_bytes(desk.form(agency, {name: "tám"}))
    argv = ["intake", "2024", "departments", str(tmp_path / "back"), "--data", str(desk.root), "--quiet"]
    assert main([*argv, "--received", "2025-01-15", "--returned", str(tmp_path / "returned")]) == 1
    assert sorted(p.name for p in (tmp_path / "returned").iterdir()) == sorted(
        f"{a}-phiếu.xlsx" for a in (first, second)
    )


def test_the_marked_copy_holds_what_was_read_and_says_what_is_wrong_at_its_cell(desk, tmp_path):
    import io

    import openpyxl

    agency = next(iter(desk.people))
    typed = desk.typed(agency)
    name = next(n for n, v in typed.items() if n.endswith("/a") and v)
    out = take(desk, send(desk, tmp_path, {agency: typed | {name: "8,5"}}, [agency]))
    (finding,) = [f for f in out.findings if f.severity == "error"]
    assert (finding.code, finding.file, finding.value) == ("E_NUMBER", f"{agency}.xlsx", "8,5")
    title, place = finding.column.split("!")
    page = openpyxl.load_workbook(io.BytesIO(out.returned[f"{agency}.xlsx"]))[title]
    assert page[place].value == "8,5" and "dấu thập phân" in page[place].comment.text
    assert [c.coordinate for row in page.iter_rows() for c in row if c.comment] == [place]
    other = next(n for n, v in typed.items() if n.endswith("/explanation") and v)
    assert typed[other] in {c.value for row in page.iter_rows() for c in row}


def test_an_earlier_form_that_comes_again_is_not_in_force_and_says_so(desk, tmp_path):
    agency = next(iter(desk.people))
    typed = desk.typed(agency)
    name = next(n for n, v in typed.items() if n.endswith("/a") and v)
    first = send(desk, tmp_path / "1", None, [agency])
    assert take(desk, first).written
    second = send(desk, tmp_path / "2", {agency: typed | {name: "1"}}, [agency])
    assert take(desk, second).written
    before = state(desk.root)
    (finding,) = take(desk, first).findings
    assert (finding.code, finding.reason) == ("W_KNOWN", "form_replaced") and state(desk.root) == before
    assert [f.reason for f in take(desk, first, second).findings] == ["form_known"] * 2


@pytest.mark.real("libreoffice")
def test_a_spreadsheet_works_out_the_points_of_a_form_that_came_filled_in(tmp_path):
    """A marked copy is one: its branches hold no figure of an empty form, which LibreOffice would show as it stands."""
    filled = Desk(tmp_path / "data", before_claims(tmp_path / "data", "communes"), "communes")
    (tmp_path / "form.xlsx").write_bytes(filled.form(next(iter(filled.people))))
    (saved,) = resaved([tmp_path / "form.xlsx"], tmp_path, anew=False)
    page = openpyxl.load_workbook(saved, data_only=True).worksheets[0]
    points = {row[0].value: row[CLAIM_COLUMNS.index("points")].value for row in page.iter_rows()}
    nodes = filled.full.framework.nodes
    sums = {top: points[top] for top in filled.full.framework.tops if nodes[top].children and points[top] is not None}
    rows = {top: sum(float(points.get(n.code) or 0) for n in filled.full.framework.leaves if n.code.startswith(f"{top}."))
            for top in sums}  # fmt: skip
    assert sums == pytest.approx(rows) and len(sums) > 3 and sum(rows.values()) > 0


def test_the_door_of_the_case_judges_at_the_cell(desk, tmp_path):
    """A part above its whole may be said; a fraction of nothing may not, and the finding names the cell."""
    agency = next(iter(desk.people))
    ratio = next(n for n in desk.words.case.framework.leaves if n.source == "reported" and n.ratio)
    typed = {f"{ratio.code}/a": "5", f"{ratio.code}/b": "0", "submitted_by": "Chánh Văn phòng"}
    out = take(desk, send(desk, tmp_path, {agency: typed}, [agency]))
    (finding,) = [f for f in out.findings if f.severity == "error"]
    assert finding.code == "E_ZERO_DIVISION" and finding.file == f"{agency}.xlsx" and "!" in finding.column


def test_nothing_after_the_deadline_without_a_reason(desk, tmp_path):
    folder = send(desk, tmp_path)
    before = state(desk.root)
    late = datetime.date(2025, 1, 16)
    assert set(codes(take(desk, folder, received=late))) == {"E_LATE"} and state(desk.root) == before
    out = take(desk, folder, received=late, reason="Mất điện, có công văn xin gửi muộn")
    assert out.written and set(codes(out)) == {"W_LATE"}
    log = pd.read_csv(desk.root / "2024" / "departments" / "forms" / "received.csv", dtype=str)
    assert set(log["reason"]) == {"Mất điện, có công văn xin gửi muộn"}


@pytest.mark.parametrize("hour, day", [(16, "2025-01-15"), (17, "2025-01-16")])
def test_the_day_is_the_one_in_viet_nam(monkeypatch, hour, day):
    """The last minute of the deadline day in Hà Nội is 16:59 of it in Greenwich."""

    class Clock(datetime.datetime):
        @classmethod
        def now(cls, zone=None):
            return cls(2025, 1, 15, hour, 59, tzinfo=zone)

    monkeypatch.setattr(taking_in, "datetime", Clock)
    assert taking_in.today() == day


def test_two_forms_of_one_agency_are_refused(desk, tmp_path):
    agency = next(iter(desk.people))
    folder = send(desk, tmp_path, agencies=[agency])
    (folder / "two.xlsx").write_bytes(desk.form(agency, desk.typed(agency) | {"submitted_by": "Phó Chánh Văn phòng"}))
    assert codes(take(desk, folder)) == ["E_DUPLICATE"]


def test_a_form_of_another_year_or_of_nobody_is_refused(desk, tmp_path):
    folder = send(desk, tmp_path)
    shutil.copytree(desk.root / "2024", desk.root / "2025")
    path = desk.root / "2025" / "departments" / "index.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('year = "2024"', 'year = "2025"'), encoding="utf-8")
    out = intake(desk.root, 2025, "departments", [folder], received=IN_TIME)
    assert set(codes(out)) == {"E_IDENTITY"}


def test_a_form_made_before_the_index_set_changed_is_refused(desk, tmp_path):
    folder = send(desk, tmp_path)
    path = desk.root / "2024" / "departments" / "indicators.csv"
    code = next(n.code for n in desk.words.case.framework.leaves if n.source == "reported")
    words = desk.words.rows[code]["name_vi"]
    path.write_text(path.read_text(encoding="utf-8").replace(words, f"{words} (sửa)"), encoding="utf-8")
    out = take(desk, folder)
    assert "E_FORM_VERSION" in codes(out) and not out.written
    assert "E_LOCKED" not in codes(out)  # nobody touched those cells


def test_a_claim_form_after_verification_needs_a_reason(desk, tmp_path):
    take(desk, send(desk, tmp_path))
    verdicts = desk.full.verdicts
    verdicts.to_csv(desk.root / "2024" / "departments" / "verdicts.csv", index=False, lineterminator="\n")
    agency = next(iter(desk.people))
    again = send(
        desk,
        tmp_path,
        {agency: desk.typed(agency) | {"submitted_by": "Phó Chánh Văn phòng"}},
        [agency],
        "again-{}.xlsx",
    )
    out = take(desk, again / f"again-{agency}.xlsx")
    assert codes(out) == ["E_LATE"] and out.findings[0].reason == "form_after_verdicts" and not out.written


def test_an_appeal_makes_the_round(tmp_path):
    root = tmp_path / "data"
    before_claims(root)
    folder = root / "2024" / "departments"
    shutil.rmtree(folder)
    shutil.copytree(DATA / "2024" / "departments", folder)
    (folder / "appeals.csv").unlink()
    verdicts = pd.read_csv(folder / "verdicts.csv", dtype=str, keep_default_na=False)
    verdicts[verdicts["stage"] == "verify"].to_csv(folder / "verdicts.csv", index=False, lineterminator="\n")
    desk = Desk(root, read_case(root, 2024, "departments"))
    agency = next(iter(desk.people))
    rows, _ = desk.words.verdicts
    code = rows[(rows["agency"] == agency) & rows["final"].notna()]["indicator"].iloc[0]
    typed = {f"{code}/grounds": "Có văn bản bổ sung", f"{code}/number": "1/CV"}
    (tmp_path / "half.xlsx").write_bytes(desk.form(agency, typed, "appeal"))
    half = intake(root, 2024, "departments", [tmp_path / "half.xlsx"], received=datetime.date(2025, 3, 11))
    assert [f.reason for f in half.findings if f.severity == "error"] == ["grounds_without_contest"]
    typed |= {f"{code}/contest": "Kiến nghị"}
    (tmp_path / "appeal.xlsx").write_bytes(desk.form(agency, typed, "appeal"))
    out = intake(root, 2024, "departments", [tmp_path / "appeal.xlsx"], received=datetime.date(2025, 3, 11))
    assert out.written, out.findings
    case = read_case(root, 2024, "departments")
    (appeal,) = case.appeals.to_dict("records")
    assert (appeal["agency"], appeal["indicator"], appeal["grounds"]) == (agency, code, "Có văn bản bổ sung")
    mine = case.evidence[(case.evidence["agency"] == agency) & (case.evidence["indicator"] == code)]
    assert mine.iloc[-1]["number"] == "1/CV" and mine["no"].is_unique
    assert len(case.claims) == len(desk.full.claims)  # an appeal says nothing about other rows
    late = intake(root, 2024, "departments", [tmp_path / "appeal.xlsx"], received=datetime.date(2025, 3, 12))
    assert late.known == ["appeal.xlsx"]


def test_documents_travel_with_the_form_that_names_them(desk, tmp_path):
    agency = next(iter(desk.people))
    code = next(n.code for n in desk.words.case.framework.leaves if n.source == "reported")
    typed = {f"{code}/explanation": "Đã làm", f"{code}/number": "1/KH", f"{code}/file": "Kế hoạch.pdf"}
    folder = send(desk, tmp_path, {agency: typed}, [agency])
    (folder / unicodedata.normalize("NFD", "Kế hoạch.pdf")).write_bytes(b"%PDF-1.4 plan")
    (folder / "khac.pdf").write_bytes(b"%PDF-1.4 other")
    out = take(desk, folder)
    assert out.written and [(f.reason, f.file) for f in out.findings] == [("document_unnamed", "khac.pdf")]
    kept = desk.root / "2024" / "departments" / "evidence" / agency / "Kế hoạch.pdf"
    assert kept.read_bytes() == b"%PDF-1.4 plan"
    mine = read_case(desk.root, 2024, "departments").evidence.set_index("agency").loc[agency]
    assert mine["file"] == f"{agency}/Kế hoạch.pdf"
    assert mine["sha256"] == hashlib.sha256(b"%PDF-1.4 plan").hexdigest()
    assert not [f for f in check(desk.root, 2024, "departments") if f.severity == "error"]
    again = send(desk, tmp_path, {agency: typed | {f"{code}/explanation": "Đã làm xong"}}, [agency], "again-{}.xlsx")
    out = take(desk, again / f"again-{agency}.xlsx")
    assert [change[:4] for change in out.changes] == [("claims", agency, code, "explanation")]  # the document stays


def documented(desk, tmp_path, agencies, file="a.pdf"):
    """Forms that name one document, each on another row, and the codes of those rows."""
    codes = [n.code for n in desk.words.case.framework.leaves if n.source == "reported"]
    typed = {
        agency: {f"{code}/explanation": "Đã làm", f"{code}/number": "1/KH", f"{code}/file": file}
        for agency, code in zip(agencies, codes, strict=False)
    }
    return send(desk, tmp_path, typed, agencies)


def held(desk):
    case = read_to_ask(desk.root, 2024, "departments")
    folder = desk.root / "2024" / "departments" / "evidence"
    return {
        row["agency"]: (folder / row["file"]).read_bytes() for row in case.evidence.to_dict("records") if row["sha256"]
    }


def test_a_document_may_come_after_its_form(desk, tmp_path):
    first = next(iter(desk.people))
    assert take(desk, documented(desk, tmp_path, [first])).written and held(desk) == {}
    paper = tmp_path / "a.pdf"
    paper.write_bytes(b"%PDF-1.4 first")
    out = take(desk, paper)
    assert out.written and not out.findings and held(desk) == {first: b"%PDF-1.4 first"}
    assert take(desk, paper).findings == [] and held(desk) == {first: b"%PDF-1.4 first"}  # once more: nothing
    paper.write_bytes(b"%PDF-1.4 another")  # no line waits for it, and none is given away
    assert [f.reason for f in take(desk, paper).findings] == ["document_unnamed"]
    assert held(desk) == {first: b"%PDF-1.4 first"}
    assert not [f for f in check(desk.root, 2024, "departments") if f.severity == "error"]


def test_a_spreadsheet_can_be_a_document(desk, tmp_path):
    """One of an agency's own, of a kind that is no form; another that nobody names is still refused as one."""
    first = next(iter(desk.people))
    book = openpyxl.Workbook()
    book.active["A1"] = "=1+1"
    folder = documented(desk, tmp_path, [first], "danh sách.xlsx")
    book.save(folder / "danh sách.xlsx")
    data = (folder / "danh sách.xlsx").read_bytes()
    out = take(desk, folder)
    assert out.written and [each.identity["agency"] for each in out.taken] == [first] and held(desk) == {first: data}
    book.save(tmp_path / "other.xlsx")
    assert "E_SHEET" in codes(take(desk, tmp_path / "other.xlsx"))


def test_a_document_that_two_agencies_name_is_given_to_neither(desk, tmp_path):
    first, second = list(desk.people)[:2]
    take(desk, documented(desk, tmp_path, [first, second]))
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4")
    assert [f.reason for f in take(desk, tmp_path / "a.pdf").findings] == ["document_whose"] and held(desk) == {}


def test_a_corrected_document_takes_the_place_of_the_former_and_overwrites_nothing(desk, tmp_path):
    first = next(iter(desk.people))
    folder = documented(desk, tmp_path, [first])
    (folder / "a.pdf").write_bytes(b"%PDF-1.4 first")
    take(desk, folder)
    code = next(n.code for n in desk.words.case.framework.leaves if n.source == "reported")
    typed = {f"{code}/explanation": "Đã sửa", f"{code}/number": "1/KH", f"{code}/file": "a.pdf"}
    again = tmp_path / "again"
    again.mkdir()
    (again / "form.xlsx").write_bytes(desk.form(first, typed))
    (again / "a.pdf").write_bytes(b"%PDF-1.4 corrected")
    out = take(desk, again)
    assert out.written and held(desk) == {first: b"%PDF-1.4 corrected"}
    kept = {p.read_bytes() for p in (desk.root / "2024/departments/evidence" / first).iterdir()}
    assert kept == {b"%PDF-1.4 first", b"%PDF-1.4 corrected"}
    assert not [f for f in check(desk.root, 2024, "departments") if f.severity == "error"]
    (again / "form.xlsx").write_bytes(desk.form(first, typed | {f"{code}/explanation": "Đã sửa nữa"}))
    (again / "a.pdf").unlink()
    assert take(desk, again).written and held(desk) == {first: b"%PDF-1.4 corrected"}  # it stays


def test_a_contested_row_without_grounds_is_refused_at_its_cell(tmp_path):
    root = tmp_path / "data"
    shutil.copytree(DATA, root)
    desk = Desk(root, read_case(root, 2024, "departments"))
    agency = next(a for a in desk.people)
    rows, _ = desk.words.verdicts
    code = rows[(rows["agency"] == agency) & rows["final"].notna()]["indicator"].iloc[0]
    (tmp_path / "appeal.xlsx").write_bytes(desk.form(agency, {f"{code}/contest": "Kiến nghị"}, "appeal"))
    out = intake(root, 2024, "departments", [tmp_path / "appeal.xlsx"], received=datetime.date(2025, 3, 11))
    assert [(f.code, "!" in f.column) for f in out.findings if f.severity == "error"] == [("E_REQUIRED", True)]


def test_a_failed_write_leaves_everything_as_it_was(desk, tmp_path, monkeypatch):
    folder = send(desk, tmp_path)
    before = state(desk.root)
    staged, real = [], atomic.stage

    def fail_at_the_third(work, path, data):
        staged.append(path)
        if len(staged) == 3:
            raise OSError(28, "No space left on device", path)
        return real(work, path, data)

    with monkeypatch.context() as patched:
        patched.setattr(atomic, "stage", fail_at_the_third)
        with pytest.raises(OSError):
            take(desk, folder)
    assert state(desk.root) == before


def test_a_move_that_fails_after_all_is_decided_is_finished_by_the_next_reader(desk, tmp_path, monkeypatch):
    folder = send(desk, tmp_path)
    moved, real = [], Path.replace

    def fail_at_the_third(self, target):
        moved.append(target)
        if len(moved) == 3:
            raise OSError(13, "Permission denied", str(target))
        return real(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", fail_at_the_third)
        with pytest.raises(atomic.Decided):
            take(desk, folder)
    assert any(".pending" in path for path in state(desk.root))
    read_case(desk.root, "2024", "departments")
    left = state(desk.root)
    assert not any(".pending" in path for path in left)
    assert {str(path.relative_to(desk.root)) for path in moved} <= left.keys()
    take(desk, folder)
    assert state(desk.root) == left  # all of it had been taken


def test_two_files_of_one_name_from_two_folders_are_both_returned(desk, tmp_path):
    files = []
    for agency in list(desk.people)[:2]:
        (tmp_path / agency).mkdir()
        name = next(n for n, v in desk.typed(agency).items() if n.endswith("/a") and v)
        files.append(tmp_path / agency / "phiếu.xlsx")
        files[-1].write_bytes(desk.form(agency, {name: "tám"}))
    out = take(desk, *files)
    assert sorted(out.returned) == sorted(f"{agency}-phiếu.xlsx" for agency in list(desk.people)[:2])


def test_an_intake_that_was_overtaken_writes_nothing(desk, tmp_path, monkeypatch):
    """Another one comes in while the first is at work."""
    first, second = list(desk.people)[:2]
    mine = send(desk, tmp_path, agencies=[first])
    other = tmp_path / "other"
    other.mkdir()
    (other / "b.xlsx").write_bytes(desk.form(second))
    real, held = taking_in.receive, []

    def overtaken(*args):
        monkeypatch.setattr(taking_in, "receive", real)
        assert take(desk, other).written
        held.append(state(desk.root))
        return real(*args)

    monkeypatch.setattr(taking_in, "receive", overtaken)
    with pytest.raises(Refusal) as refused:
        take(desk, mine)
    assert [f.reason for f in refused.value.findings] == ["changed_meanwhile"]
    assert state(desk.root) == held[0]
    assert take(desk, mine).written


def test_a_wrong_document_is_not_blamed_on_another_form(desk, tmp_path):
    first, second = list(desk.people)[:2]
    typed = desk.typed(second, files=True)
    name = next(n for n, v in typed.items() if n.endswith("/file") and v)
    folder = send(desk, tmp_path, {second: typed | {name: "../../evil.pdf"}}, [first, second])
    out = take(desk, folder)
    assert not out.written and not [f for each in out.taken if each.identity["agency"] == first for f in each.findings]
    (finding,) = [f for f in out.findings if f.severity == "error"]
    assert finding.file == f"{second}.xlsx" and "!" in finding.column  # at its cell
