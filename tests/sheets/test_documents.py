"""Documents of a delivery: whose each is, said by folder, agency and digest; what is open is asked at the cell."""

import csv
import hashlib
import shutil
import struct
import unicodedata
import zipfile
import zlib
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from dxlib.case import check, read_before, read_for_verification
from dxlib.case.characters import TONES
from dxlib.cli import main
from dxlib.sheets import intake
from dxlib.sheets.delivery import sorted_out, unicode_path
from tests.sheets.desk import Desk, before_claims
from tests.sheets.test_intake import IN_TIME, RETURNED, held, status, take

DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    root = tmp_path_factory.mktemp("documents") / "data"
    return root, before_claims(root)


@pytest.fixture
def desk(asked, tmp_path):
    root, full = asked
    shutil.copytree(root, tmp_path / "data")
    return Desk(tmp_path / "data", full)


@pytest.fixture
def codes(desk):
    return [n.code for n in desk.words.case.framework.leaves if n.source == "reported"]


def delivered(desk, tmp_path, files):
    """A folder: path -> the bytes of a document, or (agency, {row: name of its document}) for a form."""
    for path, content in files.items():
        file = tmp_path / "gui" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            file.write_bytes(content)
        else:
            agency, named = content
            typed = {f"{code}/explanation": "Đã làm" for code in named}
            typed |= {f"{code}/file": name for code, name in named.items()}
            file.write_bytes(desk.form(agency, typed))
    return tmp_path / "gui"


def said(out):
    return [(f.code[0], f.reason, f.file) for f in out.findings]


def papers(desk):
    """(agency, row) -> the document that is held."""
    folder = desk.root / "2024" / "departments"
    rows = pd.read_csv(folder / "evidence.csv", dtype=str, keep_default_na=False).to_dict("records")
    return {
        (row["agency"], row["indicator"]): (folder / "evidence" / row["file"]).read_bytes()
        for row in rows
        if row["sha256"]
    }


def test_one_name_in_the_folder_of_every_agency(desk, codes, tmp_path):
    files = {f"{agency}/phieu.xlsx": (agency, {codes[0]: "1.pdf"}) for agency in desk.people}
    files |= {f"{agency}/1.pdf": f"%PDF {agency}".encode() for agency in desk.people}
    out = take(desk, delivered(desk, tmp_path, files))
    assert out.written and not out.findings
    assert papers(desk) == {(agency, codes[0]): f"%PDF {agency}".encode() for agency in desk.people}
    assert not [f for f in check(desk.root, 2024, "departments") if f.severity == "error"]


@pytest.mark.parametrize("how", ["folders", "files", "zips", "one zip", "below the form"])
def test_however_the_folders_come(desk, codes, tmp_path, how):
    first, second = list(desk.people)[:2]
    below = "minh chứng/" if how == "below the form" else ""
    files = {f"{agency}/phieu.xlsx": (agency, {codes[0]: "1.pdf"}) for agency in (first, second)}
    files |= {f"{agency}/{below}1.pdf": f"%PDF {agency}".encode() for agency in (first, second)}
    gui = delivered(desk, tmp_path, files)
    given = [gui]
    if how == "folders":
        given = [gui / first, gui / second]
    elif how == "files":
        given = [gui / path for path in files]
    elif how == "zips":
        given = [zipped(gui / agency, tmp_path / f"{agency}.zip") for agency in (first, second)]
    elif how == "one zip":
        given = [zipped(gui, tmp_path / "tat ca.zip")]
    out = take(desk, *given)
    assert out.written and not out.findings
    assert papers(desk) == {(agency, codes[0]): f"%PDF {agency}".encode() for agency in (first, second)}


def zipped(folder, file):
    with zipfile.ZipFile(file, "w") as package:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            package.write(path, path.relative_to(folder).as_posix())
    return file


@pytest.mark.parametrize(
    "typed",
    [
        "KE HOACH.PDF",
        "ke hoach",
        r"C:\Users\Nguyễn Văn A\Desktop\Minh chứng\ke hoach.pdf",
        "minh chung/ke hoach.pdf",
        "file:///C:/Users/An/Minh%20ch%E1%BB%A9ng/ke%20hoach.pdf",
        "C:ke hoach.pdf",
        "/Users/an/ke  hoach.pdf",
        "ke%20hoach",
        unicodedata.normalize("NFD", "kế hoạch.pdf"),
    ],
)
def test_a_name_as_people_type_it(desk, codes, tmp_path, typed):
    first = next(iter(desk.people))
    name = "kế hoạch.pdf" if "̣" in typed else "ke hoach.pdf"
    gui = delivered(desk, tmp_path, {"a.xlsx": (first, {codes[0]: typed}), f"x/{name}": b"%PDF"})
    out = take(desk, gui)
    assert out.written and [f.reason for f in out.findings] in ([], ["form_normalised"])
    assert papers(desk) == {(first, codes[0]): b"%PDF"}
    assert (desk.root / "2024/departments/evidence" / first / name).is_file()
    assert not [f for f in check(desk.root, 2024, "departments") if f.severity == "error"]
    again = delivered(desk, tmp_path / "2", {"b.xlsx": (first, {codes[0]: typed, codes[1]: ""})})
    assert take(desk, again).written and papers(desk) == {(first, codes[0]): b"%PDF"}  # it stays


def packed(file, entries):
    """A zip of (name as bytes, content): the names stand in it as they are given, with no word on their letters."""
    with zipfile.ZipFile(file, "w") as package:
        for i, (name, content) in enumerate(entries):
            package.writestr(f"{i:06}".ljust(len(name), "x"), content)
    data = file.read_bytes()
    for i, (name, _) in enumerate(entries):
        data = data.replace(f"{i:06}".ljust(len(name), "x").encode(), name)
    file.write_bytes(data)
    return file


def in_page(name, page):
    """A name in the bytes of a code page, its tones apart where the page has them so; None where it lacks a letter."""
    try:
        found = []
        for letter in name:
            try:
                found.append(letter.encode(page))
            except UnicodeEncodeError:
                apart = unicodedata.normalize("NFD", letter)
                tone = next(sign for sign in apart if ord(sign) in TONES)
                found.append((unicodedata.normalize("NFC", apart.replace(tone, "")) + tone).encode(page))
    except (UnicodeEncodeError, StopIteration):
        return None
    return b"".join(found)


@pytest.mark.parametrize("page, least", [("utf-8", 1), ("cp1258", 0.95), ("cp1252", 0.9), ("cp437", 0.95), ("cp850", 0.95)])
def test_a_name_in_an_archive_is_read_as_it_was_packed_or_refused(tmp_path, page, least):
    names = {row["name_vi"] for row in csv.DictReader((DATA / "register.csv").open(encoding="utf-8"))}
    words = sorted({word for name in names for word in (name, *name.split())})
    entries = {f"{word}.pdf": raw for word in words if (raw := in_page(f"{word}.pdf", page))}
    odd = {name: raw for name, raw in entries.items() if not raw.isascii()}
    findings = []
    _, sent = sorted_out([packed(tmp_path / "a.zip", [(raw, b"%PDF") for raw in odd.values()])], findings)
    read = [one.name for one in sent]
    assert set(read) <= set(odd) and len(read) + len(findings) == len(odd) > 10
    assert len(read) >= least * len(odd), (len(read), len(odd))
    assert {f.reason for f in findings} <= {"zip_name"} and all(f.severity == "error" for f in findings)


def test_the_field_with_the_name_in_unicode_counts_where_it_is_of_this_name():
    raw = "Kế hoạch.pdf".encode("cp1258", "replace")
    for checksum, found in ((zlib.crc32(raw), "Kế hoạch.pdf"), (1, "")):
        field = struct.pack("<BI", 1, checksum) + "Kế hoạch.pdf".encode()
        extra = struct.pack("<HHH", 0x5455, 2, 0) + struct.pack("<HH", 0x7075, len(field)) + field
        assert unicode_path(extra, raw) == found


@pytest.mark.parametrize("name, kept", [
    ("a\\x.pdf", "x.pdf"), ("..\\..\\x.pdf", "x.pdf"), ("../../../x.pdf", "x.pdf"), ("/etc/x.pdf", "x.pdf"),
    ("C:\\x.pdf", "x.pdf"), ("C:x.pdf", "x.pdf"), (unicodedata.normalize("NFD", "kế.pdf"), "kế.pdf"),
    ("con.pdf", "_con.pdf"), ("LPT1 .x.pdf", "_LPT1 .x.pdf"), ("a?b*.pdf", "a-b-.pdf"), ("x" * 240 + ".pdf", "x" * 96 + ".pdf"),
])  # fmt: skip
def test_no_name_in_an_archive_leads_out_or_stops_a_system(desk, codes, tmp_path, name, kept):
    first = next(iter(desk.people))
    form = desk.form(first, {f"{codes[0]}/file": name, f"{codes[0]}/explanation": "Đã làm"})
    before = {p for p in tmp_path.rglob("*") if p.is_file()}
    file = packed(tmp_path / "a.zip", [(b"phieu.xlsx", form), (name.encode(), b"%PDF"), (b"minh chung\\", b"")])
    out = take(desk, file)
    assert out.written and not [f for f in out.findings if f.code.startswith(("E", "W_EVIDENCE"))]
    assert papers(desk) == {(first, codes[0]): b"%PDF"}
    new = {p for p in tmp_path.rglob("*") if p.is_file() and p.suffix == ".pdf"} - before
    assert new == {desk.root / "2024/departments/evidence" / first / kept}
    again = packed(tmp_path / "b.zip", [(b"phieu.xlsx", desk.form(first, {f"{codes[0]}/file": name, f"{codes[0]}/explanation": "Khác"}))])
    assert take(desk, again).written and papers(desk) == {(first, codes[0]): b"%PDF"}  # it stays


def test_two_names_that_differ_in_capitals_are_two_files_on_every_system(desk, codes, tmp_path):
    first = next(iter(desk.people))
    files = {"a.xlsx": (first, {codes[0]: "QD.pdf", codes[1]: "qd.pdf"}), "QD.pdf": b"%PDF 1", "qd.pdf": b"%PDF 2"}
    assert take(desk, delivered(desk, tmp_path, files)).written
    assert papers(desk) == {(first, codes[0]): b"%PDF 1", (first, codes[1]): b"%PDF 2"}
    kept = [p.name.casefold() for p in (desk.root / "2024/departments/evidence" / first).iterdir()]
    assert len(set(kept)) == 2
    late = {"b.xlsx": (first, {codes[2]: "Qd.pdf"}), "Qd.pdf": b"%PDF 3"}
    assert take(desk, delivered(desk, tmp_path / "2", late)).written
    assert papers(desk) == {(first, codes[2]): b"%PDF 3"}
    assert len({p.name.casefold() for p in (desk.root / "2024/departments/evidence" / first).iterdir()}) == 3


def test_copies_that_go_back_have_names_of_their_own(desk, codes, tmp_path):
    first, second = list(desk.people)[:2]
    gui = delivered(desk, tmp_path, {"a/con.xlsx": (first, {codes[0]: ""}), "A-con.xlsx": (second, {codes[0]: ""})})
    for path in gui.rglob("*.xlsx"):
        book = openpyxl.load_workbook(path)
        book["Phiếu"].cell(3, 1).value = "khác"
        book.save(path)
    assert set(take(desk, gui).returned) == {f"{first}-a-con.xlsx", f"{second}-A-con.xlsx"}


def test_a_windows_path_whose_document_never_came_is_no_path_in_the_data(desk, codes, tmp_path):
    first = next(iter(desk.people))
    out = take(desk, delivered(desk, tmp_path, {"a.xlsx": (first, {codes[0]: r"D:\tài liệu\1.pdf"})}))
    assert out.written and [(f.reason, f.value) for f in out.findings] == [("document_missing", r"D:\tài liệu\1.pdf")]
    assert not [f for f in check(desk.root, 2024, "departments") if f.severity == "error"]
    late = delivered(desk, tmp_path / "2", {"1.pdf": b"%PDF"})
    assert take(desk, late).written and papers(desk) == {(first, codes[0]): b"%PDF"}


def test_a_flat_folder_gives_each_what_it_alone_names_and_asks_for_the_rest(desk, codes, tmp_path):
    first, second = list(desk.people)[:2]
    files = {
        "a.xlsx": (first, {codes[0]: "1.pdf", codes[1]: "cua a.pdf"}),
        "b.xlsx": (second, {codes[1]: "1.pdf"}),
        "cua a.pdf": b"%PDF of a",
        "1.pdf": b"%PDF whose?",
    }
    gui = delivered(desk, tmp_path, files)
    out = take(desk, gui)
    assert said(out) == [("E", "document_whose", "a.xlsx"), ("E", "document_whose", "b.xlsx")]
    assert all("!" in f.column and "1.pdf" in f.facts["files"] for f in out.findings)
    assert all(desk.people[who].name in f.facts["who"] for f in out.findings for who in (first, second))
    assert not out.written and not out.returned and not (desk.root / RETURNED).exists()  # it is nobody's fault of these
    (gui / first).mkdir()
    (gui / "1.pdf").rename(gui / first / "1.pdf")  # a folder by the name of the agency
    out = take(desk, gui)
    assert out.written and said(out) == [("W", "document_elsewhere", "b.xlsx")]
    assert papers(desk) == {(first, codes[0]): b"%PDF whose?", (first, codes[1]): b"%PDF of a"}


def test_a_folder_is_known_by_the_name_of_its_agency(desk, codes, tmp_path):
    first, second = list(desk.people)[:2]
    files = {f"phieu/2024-departments-{a}.xlsx": (a, {codes[0]: "1.pdf"}) for a in (first, second)}
    files |= {f"tai lieu/01. {desk.people[first].name}/1.pdf": b"%PDF 1", f"tai lieu/{second}/sau/1.pdf": b"%PDF 2"}
    out = take(desk, delivered(desk, tmp_path, files))
    assert out.written and not out.findings
    assert papers(desk) == {(first, codes[0]): b"%PDF 1", (second, codes[0]): b"%PDF 2"}


def test_the_folder_that_holds_the_whole_delivery_says_nothing(desk, codes, tmp_path):
    """The department itself is assessed, and keeps what it receives in a folder of its own name."""
    first, second = list(desk.people)[:2]
    files = {f"{second}/phieu.xlsx": (first, {codes[0]: "1.pdf"}), f"{second}/1.pdf": b"%PDF"}
    gui = delivered(desk, tmp_path, files)
    out = take(desk, gui / second)
    assert out.written and not out.findings and papers(desk) == {(first, codes[0]): b"%PDF"}


def test_a_folder_called_by_an_agency_among_the_documents_of_another_can_be_either_s(desk, codes, tmp_path):
    """An agency sorts its documents by who issued them; or the folder of one lies below the form of another."""
    first, second = list(desk.people)[:2]
    files = {"a/phieu.xlsx": (first, {codes[0]: "1.pdf"}), f"a/{second}/1.pdf": b"%PDF"}
    gui = delivered(desk, tmp_path, files)
    assert take(desk, gui).written and papers(desk) == {(first, codes[0]): b"%PDF"}
    files = {"phieu.xlsx": (first, {codes[1]: "2.pdf"}), f"{second}/2.pdf": b"%PDF 2"}
    files["b/phieu.xlsx"] = (second, {codes[1]: "2.pdf"})
    out = take(desk, delivered(desk, tmp_path / "2", files))
    assert {f.reason for f in out.findings} == {"document_whose"} and not out.written


def test_a_document_called_by_another_agency_is_not_its_form(desk, codes, tmp_path):
    first, second = list(desk.people)[:2]
    files = {"phieu.xlsx": (first, {codes[0]: ""}), f"{second}-cong van 12.pdf": b"%PDF"}
    assert take(desk, delivered(desk, tmp_path, files)).written and not (desk.root / RETURNED).exists()


def test_a_document_in_the_folder_of_another_is_not_taken(desk, codes, tmp_path):
    first, second = list(desk.people)[:2]
    files = {f"{a}/phieu.xlsx": (a, {codes[0]: f"{a}.pdf"}) for a in (first, second)}
    files[f"{first}/{first}.pdf"] = b"%PDF"
    files[f"{first}/{second}.pdf"] = b"%PDF of the other"
    out = take(desk, delivered(desk, tmp_path, files))
    assert out.written and said(out) == [("W", "document_elsewhere", f"{second}/phieu.xlsx")]
    assert f"{first}/{second}.pdf" in out.findings[0].facts["files"] and "!" in out.findings[0].column
    assert papers(desk) == {(first, codes[0]): b"%PDF"}


def test_two_files_of_one_name_below_one_form_are_asked_for_unless_a_folder_tells(desk, codes, tmp_path):
    first = next(iter(desk.people))
    gui = delivered(
        desk, tmp_path, {"a.xlsx": (first, {codes[0]: "1.pdf"}), "cu/1.pdf": b"%PDF old", "moi/1.pdf": b"%PDF new"}
    )
    out = take(desk, gui)
    (finding,) = out.findings
    assert (finding.code, finding.reason, finding.file) == ("E_EVIDENCE", "document_ambiguous", "a.xlsx")
    assert finding.facts["files"] == "cu/1.pdf; moi/1.pdf" and "!" in finding.column
    assert list(out.returned) == ["a.xlsx"]  # its sender knows
    (gui / "moi" / "1.pdf").write_bytes(b"%PDF old")  # the same twice is one
    assert take(desk, gui).written and papers(desk) == {(first, codes[0]): b"%PDF old"}


def test_folders_called_by_codes_and_paths_that_are_typed(desk, codes, tmp_path):
    first, second = list(desk.people)[:2]
    files = {
        "a/phieu.xlsx": (first, dict.fromkeys(codes[:6], "1.pdf")),
        "b/phieu.xlsx": (second, {codes[0]: r"E:\2024\moi\1.pdf"}),
        "b/cu/1.pdf": b"%PDF old",
        "b/moi/1.pdf": b"%PDF new",
    }
    files |= {f"a/{code}/1.pdf": f"%PDF {code}".encode() for code in codes[:6]}
    out = take(desk, delivered(desk, tmp_path, files))
    assert out.written and said(out) == [("W", "document_unnamed", "b/cu/1.pdf")]
    assert papers(desk) == {(first, code): f"%PDF {code}".encode() for code in codes[:6]} | {
        (second, codes[0]): b"%PDF new"
    }
    again = delivered(desk, tmp_path / "2", {"phieu.xlsx": (first, dict.fromkeys(codes[:7], "1.pdf"))})
    assert take(desk, again).written
    assert {key: data for key, data in papers(desk).items() if key[0] == first} == {
        (first, code): f"%PDF {code}".encode() for code in codes[:6]
    }


def test_what_is_rightly_shared_goes_to_both(desk, codes, tmp_path):
    first, second = list(desk.people)[:2]
    files = {f"{a}.xlsx": (a, {codes[0]: "chung.pdf"}) for a in (first, second)} | {"chung.pdf": b"%PDF"}
    gui = delivered(desk, tmp_path, files)
    digest = hashlib.sha256(b"%PDF").hexdigest()
    shared = desk.root / "2024" / "departments" / "shared.csv"
    shared.write_text(f"document,reason,decided_by\n{digest},Quyết định chung của tỉnh,Hội đồng\n", encoding="utf-8")
    assert take(desk, gui).written and set(papers(desk)) == {(first, codes[0]), (second, codes[0])}


def test_what_nobody_sent_is_said_at_its_cell_and_once_where_nothing_came(desk, codes, tmp_path):
    first = next(iter(desk.people))
    typed = {code: f"{n}.pdf" for n, code in enumerate(codes[:3])}
    out = take(desk, delivered(desk, tmp_path, {"a.xlsx": (first, typed)}))
    assert out.written and said(out) == [("W", "documents_missing", "a.xlsx")]
    assert out.findings[0].value == "0.pdf; 1.pdf; 2.pdf" and out.findings[0].facts["n"] == 3
    typed[codes[3]] = "3.pdf"
    out = take(desk, delivered(desk, tmp_path / "2", {"b.xlsx": (first, typed), "1.pdf": b"%PDF"}))
    assert [f.value for f in out.findings] == ["0.pdf", "2.pdf", "3.pdf"]
    assert {f.reason for f in out.findings} == {"document_missing"} and len({f.column for f in out.findings}) == 3
    wrong = {codes[0]: "0.pdf"}
    gui = delivered(desk, tmp_path / "3", {"c.xlsx": (first, wrong)})
    book = openpyxl.load_workbook(gui / "c.xlsx")
    book["Phiếu"].cell(3, 1).value = "khác"
    book.save(gui / "c.xlsx")
    assert {f.reason for f in take(desk, gui).findings} == {"locked_changed", "document_missing"}  # all at once


def test_late_documents_in_folders_by_agency(desk, codes, tmp_path):
    first, second = list(desk.people)[:2]
    forms = {f"{a}.xlsx": (a, {codes[0]: "1.pdf"}) for a in (first, second)}
    assert take(desk, delivered(desk, tmp_path, forms)).written
    assert [f.reason for f in take(desk, delivered(desk, tmp_path / "2", {"1.pdf": b"%PDF"})).findings] == [
        "document_whose"
    ]
    late = {f"{a}/1.pdf": f"%PDF {a}".encode() for a in (first, second)}
    assert take(desk, delivered(desk, tmp_path / "3", late)).written
    assert papers(desk) == {(a, codes[0]): f"%PDF {a}".encode() for a in (first, second)} and len(held(desk)) == 2


def test_the_owners_of_the_province_each_have_a_folder(tmp_path):
    """One unit is assessed, many send: the folder is the sender's, not the unit's."""
    root = tmp_path / "data"
    desk = Desk(root, before_claims(root, "province"), "province")
    first, second = [who for who in desk.people if len(desk.people[who].codes or ()) > 1][:2]
    mine = {who: sorted(desk.people[who].codes)[0] for who in (first, second)}
    files = {f"{who}/phieu.xlsx": (who, {mine[who]: "1.pdf"}) for who in (first, second)}
    files |= {f"{who}/1.pdf": f"%PDF {who}".encode() for who in (first, second)}
    out = intake(root, 2024, "province", [delivered(desk, tmp_path, files)], received=IN_TIME)
    assert out.written and not out.findings
    rows = pd.read_csv(root / "2024/province/evidence.csv", dtype=str, keep_default_na=False).set_index("indicator")
    for who in (first, second):
        kept = root / "2024/province/evidence" / rows.loc[mine[who], "file"]
        assert kept.read_bytes() == f"%PDF {who}".encode()


def test_a_mistake_of_the_department_is_not_sent_to_the_agency(desk, codes, tmp_path):
    first, second = list(desk.people)[:2]
    gui = delivered(desk, tmp_path, {"a.xlsx": (first, {codes[0]: ""}), "b.xlsx": (second, {codes[0]: ""})})
    book = openpyxl.load_workbook(gui / "b.xlsx")
    book["Phiếu"].cell(3, 1).value = "khác"
    book.save(gui / "b.xlsx")
    out = take(desk, gui, received=IN_TIME.replace(day=17))
    assert sorted(f.reason for f in out.findings) == ["form_late", "form_late", "locked_changed"]
    assert list(out.returned) == ["b.xlsx"]
    log = pd.read_csv(desk.root / RETURNED, dtype=str, keep_default_na=False)
    assert log[["recipient", "findings"]].values.tolist() == [[second, "1"]]
    (tmp_path / "back.xlsx").write_bytes(out.returned["b.xlsx"])
    page = openpyxl.load_workbook(tmp_path / "back.xlsx")["Phiếu"]
    assert not [c for row in page.iter_rows() for c in row if c.comment and "--reason" in c.comment.text]


@pytest.mark.parametrize(
    "name", ["2024-departments-{}.xls", "{}/phieu.xls", "2024-departments-{}.pdf", "{}/Phiếu ký.pdf"]
)
def test_what_came_instead_of_a_form_stands_in_status_and_reminder(desk, codes, tmp_path, capsys, name):
    first, second = list(desk.people)[:2]
    content = b"%PDF" if name.endswith("pdf") else b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    gui = delivered(desk, tmp_path, {"b/phieu.xlsx": (second, {codes[0]: ""}), name.format(first): content})
    out = take(desk, gui)
    assert out.written == name.endswith("pdf") and not out.returned
    rows, told = status(desk, capsys)
    assert {who: row["sent_back"] for who, row in rows.items() if row["sent_back"]} == {first: "2025-01-15"}
    assert "không phải phiếu Excel" in told
    reminders = tmp_path / "nhac.csv"
    argv = ["status", "2024", "departments", "--data", str(desk.root), "--as-of", "2025-01-20"]
    assert main([*argv, "--reminders", str(reminders), "--quiet"]) == 0
    (line,) = [x for x in reminders.read_text(encoding="utf-8-sig").splitlines() if f",{first}," in x]
    assert "không phải phiếu Excel" in line and "bản đánh dấu" not in line
    before = (desk.root / RETURNED).read_bytes()
    take(desk, gui)
    assert (desk.root / RETURNED).read_bytes() == before
    answer = delivered(desk, tmp_path / "2", {"a.xlsx": (first, {codes[0]: ""})})
    assert take(desk, answer).written
    assert not any(row["sent_back"] for row in status(desk, capsys)[0].values())


def test_a_signed_scan_beside_its_form_came_instead_of_nothing(desk, codes, tmp_path):
    first = next(iter(desk.people))
    name = f"2024-departments-{first}"
    out = take(desk, delivered(desk, tmp_path, {f"{name}.xlsx": (first, {codes[0]: ""}), f"{name}.pdf": b"%PDF"}))
    assert out.written and said(out) == [("W", "document_unnamed", f"{name}.pdf")]
    assert not (desk.root / RETURNED).exists()


def test_no_document_is_flagged_as_shared_for_having_a_common_name(desk, codes, tmp_path):
    from numpy.random import default_rng

    from dxlib import verify

    files = {f"{a}/phieu.xlsx": (a, {codes[0]: "1.pdf"}) for a in desk.people}
    files |= {f"{a}/1.pdf": f"%PDF {a}".encode() for a in desk.people}
    assert take(desk, delivered(desk, tmp_path, files)).written
    case = read_for_verification(desk.root, 2024, "departments")
    by_agency, _ = verify.deviation(case)
    past = verify.history(case, read_before(desk.root, case).case)
    flags = verify.flags(case, verify.ledger(case), by_agency, past, default_rng(1))
    assert "shared_document" not in set(flags["flag"])
