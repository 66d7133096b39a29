"""Each kind of hostile text in forms, tables and official tables, and how it is refused or put right; any text through
every writer: tests/test_one_door.py."""

from __future__ import annotations

import contextlib
import datetime
import io
import re
import shutil
import zipfile
from collections.abc import Iterable
from xml.sax.saxutils import escape

import pytest

from dxlib.case import check, read_to_ask
from dxlib.case.characters import LONGEST
from dxlib.case.tables import as_csv, read_table, rows_of
from dxlib.cli import main
from dxlib.sheets import import_tables, intake, tables
from dxlib.sheets.book import filled
from dxlib.sheets.form import claim_form
from dxlib.sheets.taking_in import Issued
from dxlib.sheets.write import write
from tests.case.folder import write as folder

DAY = datetime.date(2025, 1, 15)
MARK = "ZzHereItGoesZz"
# what no spreadsheet types, as its XML spells it, and how it is refused
REFUSED = {
    "VT": ("Đã họp_x000B_bốn cuộc", "control_character"),
    "NUL": ("a_x0000_b", "control_character"),
    "DEL": ("a_x007F_b", "control_character"),
    "C1": ("a\u0085b", "control_character"),
    "half a character": ("a_xD800_b", "character_lost"),
    "broken letter": ("a\ufffdb", "character_lost"),
    "override": ("a\u202eb", "character_hidden"),
    "isolate": ("a\u2066b\u2069", "character_hidden"),
    "private": ("a\ue123b", "character_private"),
    "private after a bullet": ("\uf0b7 a\ue123b", "character_private"),
    "too long": ("b" * (LONGEST + 1), "cell_long"),
    "longer than any reader takes": ("b" * 140_000, "cell_long"),
    "TCVN3": ("UBND x· T©n Hßa", "legacy_text"),
    "VNI": ("UBND xaõ Taân Hoøa", "legacy_text"),
    "UTF-8 as CP1252": ("Tá»· lá»‡ há»“ sÆ¡", "legacy_text"),
    "UTF-8 as CP1258": ("xĂ£ Láº¯k", "legacy_text"),
    "question marks": ("UBND Qu?ng Tr?", "letters_lost"),
}
PUT_RIGHT = {
    "carriage return": ("a_x000D_b", "a\nb"),
    "both": ("a_x000D_\nb", "a\nb"),
    "line separator": ("a\u2028b", "a b"),
    "in pieces": ("ho\u0302\u0300 so\u031b", "hồ sơ"),
    "no break": ("a\u00a0b\u200b", "a b"),
    "bullet of Word": ("\uf0b7 a", "• a"),
    "halves": ("_xD83D__xDE00_", "\U0001f600"),
}


def asked(root):
    """A folder before anybody has claimed anything."""
    return folder(root, claims=None, verdicts=None, appeals=None)


def put(data: bytes, typed: str) -> bytes:
    """The workbook with the mark in its cells replaced by what was typed, as its XML spells it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for item in old.infolist():
            content = old.read(item).replace(MARK.encode(), typed.encode())
            new.writestr(item, content)
    return out.getvalue()


def spelt(text: str) -> str:
    """Text as the XML of a spreadsheet holds it."""
    odd = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
    return escape(odd.sub(lambda found: f"_x{ord(found[0]):04X}_", text))


def form(root, agency="so-a", where=("1.1/explanation",)) -> bytes:
    issued = Issued(read_to_ask(root, 2024, "demo"), root)
    words = issued.wording("vi")
    book = claim_form(words, issued.people["vi"][agency])
    return write(filled(book, {"1.1/a": "4", "submitted_by": "Sở A", **dict.fromkeys(where, MARK)}))


def quietly(*argv) -> int:
    """The exit code of a command; an exception is a failure of the test."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
        code = main([str(a) for a in argv])
    out.getvalue().encode("utf-8")
    return code


def errors(root) -> list:
    return [f for f in check(root) if f.severity == "error" and f.reason not in ("answer_missing", "file_missing")]


def says_the_same(root, names: Iterable[str], place="2024/demo") -> None:
    """Each table, read and written again, is what stands there; nothing in it has still to be put right."""
    for name in names:
        path = root / place / f"{name}.csv"
        frame, found = read_table(name, path.read_bytes(), name)
        assert not [f for f in found if f.severity == "error" or f.reason == "normalised"]
        given = [c for c in frame.columns if c in path.read_text(encoding="utf-8").split("\n")[0].split(",")]
        assert as_csv(given, rows_of(frame, *given)) == path.read_bytes()


def state(root):
    return {p: p.read_bytes() for p in root.rglob("*.csv") if p.name != "returned.csv"}


@pytest.fixture(scope="module")
def doors(tmp_path_factory):
    """A folder before its claims with a form that has the mark in it, and one with claims and its workbook of tables."""
    first, second = (tmp_path_factory.mktemp(name) / "data" for name in ("asked", "whole"))
    asked(first)
    folder(second)
    where = ("1.1/explanation", "1.1/title", "1.1/number", "1.10/explanation", "submitted_by")
    return first, form(first), form(first, "so-b", where), second, marked_tables(second)


def marked_tables(root) -> bytes:
    """The workbook of tables with the mark in the grounds of an appeal, a name and a title, as the folder has it."""
    for name, old in (("appeals.csv", "Đã họp bốn cuộc"), ("agencies.csv", "Sở B"), ("index.toml", "Bộ chỉ số thử")):
        path = root / "2024" / "demo" / name
        assert old in path.read_text(encoding="utf-8")
        path.write_text(path.read_text(encoding="utf-8").replace(old, MARK), encoding="utf-8")
    return tables(root, "2024", "demo")


@pytest.mark.parametrize("typed, reason", REFUSED.values(), ids=REFUSED)
def test_a_form_is_refused_at_the_cell_and_goes_back_marked(doors, tmp_path, typed, reason):
    root = shutil.copytree(doors[0], tmp_path / "data")
    before = state(root)
    (tmp_path / "form.xlsx").write_bytes(put(doors[1], typed))
    out = intake(root, 2024, "demo", [tmp_path / "form.xlsx"], received=DAY)
    (finding,) = (f for f in out.findings if f.reason == reason)
    assert finding.severity == "error" and finding.file == "form.xlsx" and finding.column.startswith("Phiếu!")
    assert not out.written and state(root) == before and out.returned["form.xlsx"]
    (tmp_path / "back.xlsx").write_bytes(out.returned["form.xlsx"])
    again = intake(root, 2024, "demo", [tmp_path / "back.xlsx"], received=DAY)  # a marked copy can be opened
    assert {f.reason for f in again.findings} <= {reason, "form_known"} and (not again.findings or not again.written)


@pytest.mark.parametrize("typed, kept", PUT_RIGHT.values(), ids=PUT_RIGHT)
def test_a_form_is_taken_in_one_spelling(doors, tmp_path, typed, kept):
    root = shutil.copytree(doors[0], tmp_path / "data")
    (tmp_path / "form.xlsx").write_bytes(put(doors[1], typed))
    out = intake(root, 2024, "demo", [tmp_path / "form.xlsx"], received=DAY)
    assert out.written and ("claims", "so-a", "1.1", "explanation", "", kept) in out.changes
    assert errors(root) == []
    says_the_same(root, ["claims"])


@pytest.mark.parametrize("typed, reason", REFUSED.values(), ids=REFUSED)
def test_tables_are_refused_at_every_cell(doors, tmp_path, typed, reason):
    root = shutil.copytree(doors[3], tmp_path / "data")
    before = state(root)
    (tmp_path / "t.xlsx").write_bytes(put(doors[4], typed))
    out = import_tables(root, tmp_path / "t.xlsx")
    at = [
        f.column.partition("!")[0]
        for f in out.findings
        if f.reason == reason and f.severity == "error" and "!" in f.column
    ]
    assert len(at) == 3 and out.refused and state(root) == before


@pytest.mark.parametrize("typed, reason", [("Sở Nộ\u0456 vụ", "letter_alike"), ("Sở Ｂ", "letter_wide")])
def test_who_sends_a_form_is_a_name(doors, tmp_path, typed, reason):
    root, issued = doors[0], form(doors[0], where=("submitted_by",))
    (tmp_path / "form.xlsx").write_bytes(put(issued, typed))
    (finding,) = intake(root, 2024, "demo", [tmp_path / "form.xlsx"], received=DAY).findings
    assert (finding.reason, finding.severity, finding.column.partition("!")[0]) == (reason, "error", "Phiếu")


OFFICIAL = ["Mã mới", "Tên đơn vị mới", "Mã cũ", "Tên đơn vị cũ", "Quan hệ", "Tên huyện cũ"]


def test_an_official_table_is_refused_at_its_cell(tmp_path, capsys):
    rows = [["1", "X· T©n Hßa", "9", "Xã Cũ", "Nhập toàn bộ", ""]]
    argv = ["register", "import", str(tmp_path / "t.csv"), "--date", "2025-07-01", "--write", "--data", str(tmp_path)]
    (tmp_path / "t.csv").write_bytes(as_csv(OFFICIAL, rows))
    assert main(argv) == 1
    assert "t.csv · dòng 2 · B2" in (said := capsys.readouterr().err) and "Xã Tân Hòa" in said
    rows[0][1] = "đ" * 140_000
    (tmp_path / "t.csv").write_bytes(as_csv(OFFICIAL, rows))
    assert main(argv) == 1 and "t.csv · dòng 2 · B2" in capsys.readouterr().err
    rows[0][1] = "Xã Tân Hòa"
    (tmp_path / "t.csv").write_bytes(as_csv(OFFICIAL, rows))
    assert main(argv) == 0
