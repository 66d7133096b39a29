"""What is no ordinary file in a data folder is named before it is opened; what was trimmed is said."""

from __future__ import annotations

import os
import zipfile

import pytest

from dxlib import schema
from dxlib.case import check, read_case
from dxlib.cli import main
from dxlib.errors import Refusal
from dxlib.runs.unchanged import files_of
from tests.case.folder import FILES, INDEX, write

PLACE = "2024/demo"
TABLES = ("index.toml", "indicators.csv", "claims.csv", "verdicts.csv", "reasons.csv", "register.csv", "lineage.csv")
BESIDE = ("scenarios.toml", "forms/received.csv", "forms/returned.csv")


def pipe(path):
    os.mkfifo(path)


def device(path):
    path.symlink_to("/dev/zero")  # read without end


def link(path):
    path.symlink_to("/etc/passwd")


def nowhere(path):
    path.symlink_to("nothing")


def folder(path):
    path.mkdir()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with a name")
@pytest.mark.parametrize("odd", [pipe, device, link, nowhere, folder])
@pytest.mark.parametrize("name", [*TABLES, *BESIDE])
def test_what_is_no_regular_file_is_named_and_never_opened(tmp_path, name, odd, capsys):
    root = write(tmp_path / "data")
    at = name if name in ("reasons.csv", "register.csv", "lineage.csv") else f"{PLACE}/{name}"
    (root / at).unlink(missing_ok=True)
    (root / at).parent.mkdir(exist_ok=True)
    odd(root / at)
    found = [f for f in check(root) if f.severity == "error"]
    assert [(f.code, f.reason, f.file) for f in found if f.file == at] == [("E_IO", "not_plain", at)]
    if name not in ("register.csv", "lineage.csv", *BESIDE):  # needed for comparisons, what-ifs and intakes only
        with pytest.raises(Refusal):
            read_case(root, "2024", "demo")
    assert files_of(root).get(at, "") == ""
    assert main(["check", "--data", str(root)]) == 1
    assert "root:" not in capsys.readouterr().out


@pytest.mark.parametrize("odd", [nowhere, lambda path: path.symlink_to(path.parent), lambda path: path.touch()])
def test_the_folder_of_documents_is_a_folder(tmp_path, odd):
    table = "agency,indicator,no,title,issued_on,file,sha256\nso-a,1.1,1,Biên bản,2024-06-01,paper.pdf,\n"
    root = write(tmp_path / "data")
    (root / PLACE / "evidence.csv").write_text(table, encoding="utf-8")
    assert [f.reason for f in check(root) if f.code in ("E_EVIDENCE", "W_EVIDENCE")] == ["evidence_elsewhere"]
    odd(root / PLACE / "evidence")
    found = [(f.code, f.reason, f.file) for f in check(root) if f.code in ("E_EVIDENCE", "W_EVIDENCE")]
    assert found == [("E_EVIDENCE", "evidence_folder", f"{PLACE}/evidence")]


@pytest.mark.parametrize("day", ["2024-12-01T08:00:00", "2024-12-01 00:00:00Z"])
def test_a_day_with_a_time_is_no_day(tmp_path, day):
    root = write(tmp_path / "data", index=INDEX.replace("total = 100", f"total = 100\ndecision_date = {day}", 1))
    assert [(f.code, f.column) for f in check(root) if f.severity == "error"] == [("E_TYPE", "decision_date")]
    claims = FILES["claims.csv"].replace("2024-12-01", f'"{day}"', 1)
    root = write(tmp_path / "other", claims=claims)
    assert [(f.code, f.column) for f in check(root) if f.severity == "error"] == [("E_DATE", "submitted_on")]


def test_blanks_around_the_name_of_a_column_are_said(tmp_path):
    claims = FILES["claims.csv"].replace("option,points", "option ,points", 1)
    (found,) = [f for f in check(write(tmp_path / "data", claims=claims)) if f.reason == "header_padded"]
    assert (found.code, found.file, found.row, found.column) == ("W_NORMALISED", f"{PLACE}/claims.csv", 1, "option")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with a name")
@pytest.mark.parametrize(
    "command",
    [["intake", "2024", "demo"], ["tables", "2024", "demo", "--import"], ["register", "import", "--date", "2025-07-01", "--act", "1"]],
)
def test_a_pipe_that_is_given_by_hand_is_refused_and_not_waited_for(tmp_path, command, capsys):
    root = write(tmp_path / "data")
    os.mkfifo(tmp_path / "given.xlsx")
    assert main([*command, str(tmp_path / "given.xlsx"), "--data", str(root)]) == 1
    assert "E_IO" in capsys.readouterr().err


def test_a_broken_archive_and_a_broken_log_are_named(tmp_path, capsys):
    root = write(tmp_path / "data")
    broken = tmp_path / "a.zip"
    with zipfile.ZipFile(broken, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("form.xlsx", b"PK" + bytes(range(256)) * 40)
    data = bytearray(broken.read_bytes())
    data[50:200:7] = bytes(value ^ 0x55 for value in data[50:200:7])
    broken.write_bytes(data)
    assert main(["intake", "2024", "demo", str(broken), "--data", str(root)]) == 1
    assert "a.zip" in capsys.readouterr().err


LOG = f"sha256,recipient,kind\n{'0' * 64},so-a,claim\n".encode()


@pytest.mark.parametrize(
    "log, code",
    [
        (b"a,b\n1,2\n", "E_COLUMN"),
        (b"sha256,recipient\n\xff\xfe,x\n", "E_ENCODING"),
        (b"", "E_EMPTY"),
        (LOG.replace(b",", b";"), "E_EXCEL"),
        (LOG.replace(b"claim", b"claims"), "E_CHOICE"),
        (LOG.replace(b"0" * 64, b"0" * 63), "E_FORM"),
        (LOG + LOG.split(b"\n")[1], "E_DUPLICATE"),
    ],
)
@pytest.mark.parametrize("name", schema.LOGS)
def test_a_log_that_is_none_of_ours_is_named_and_never_begun_anew(tmp_path, capsys, name, log, code):
    root = write(tmp_path / "data")
    path = root / PLACE / "forms" / f"{name}.csv"
    path.parent.mkdir()
    path.write_bytes(LOG)
    assert not [f for f in check(root) if f.file.endswith(f"{name}.csv")]
    path.write_bytes(log)
    assert {f.code for f in check(root) if f.file == f"{PLACE}/forms/{name}.csv"} == {code}
    commands = {
        "received": ["intake", "2024", "demo", str(root / PLACE / "claims.csv")],
        "returned": ["status", "2024", "demo"],
    }
    assert main([*commands[name], "--data", str(root)]) == 1
    assert code in (said := capsys.readouterr().err) and f"forms/{name}.csv" in said
    assert path.read_bytes() == log
