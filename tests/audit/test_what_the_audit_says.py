"""What the audit prints, to the letter: lines, JSON, help, refusals, and the facts of every deviation."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from dxlib.audit import (
    RECORD,
    ROOT,
    SUMS,
    WORDS,
    audit,
    canonical,
    content_digest,
    main,
    matches,
    rows_of_scores,
    safe,
    spelt,
)
from tests.audit.test_published_folder import AGENCIES, PLACES, Published, sha, sign, tree

NOTHING = tree([["record", "dxlib-record-2", "internal"]])  # the root where nothing was published
UNCOVERED = {lang: [f"  {WORDS[lang][kind]}" for kind in ("covers_nothing", "covers_no_data")] for lang in WORDS}
TABLE = "2024/communes/tables/scores.csv"
REPORT = "2024/communes/report.vi"


@pytest.fixture
def published(tmp_path) -> Published:
    return Published(tmp_path)


def facts(published: Published, **options) -> list[tuple]:
    return [(of.path, of.kind, of.row, of.expected, of.found) for of in audit(published.folder, **options).deviations]


def said(capsys, *argv: str | Path, code: int = 0) -> str:
    assert main([*map(str, argv), "--lang", "en"]) == code
    out, err = capsys.readouterr()
    assert err == ""
    return out


def unprinted(tmp_path: Path) -> Path:
    """A published folder without products."""
    empty = {"format": "dxlib-record-2", "reader": "internal", "jobs": {}, "index": {}, "rows": {}, "signed": {}}
    text = json.dumps({**empty, "root": NOTHING}, sort_keys=True, separators=(",", ":")) + "\n"
    (tmp_path / RECORD).write_text(text, encoding="utf-8")
    (tmp_path / ROOT).write_text(f"{NOTHING}\n", encoding="utf-8")
    digests = {RECORD: sha(text.encode()), ROOT: sha(f"{NOTHING}\n".encode())}
    (tmp_path / SUMS).write_text("".join(f"{of}  {name}\n" for name, of in digests.items()), encoding="utf-8")
    return tmp_path


# Digests --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "data", "digested"),
    [
        ("t.csv", "b,a\n2,y\n1,x\n", '[["b","a"],[["1","x"],["2","y"]]]'),
        ("t.csv", "\ufeffb,a\r\n2,y\r\n\r\n,\r\n", '[["b","a"],[["2","y"]]]'),
        ("t.csv", 'a\r\n"x\r\ny"\r\n', r'[["a"],[["x\ny"]]]'),
        ("t.csv", 'a\n"x\ry"\n', r'[["a"],[["x\ry"]]]'),  # a carriage return alone is no line end in a cell
        ("t.csv", "a,b\r1,2\r", '[["a","b"],[["1","2"]]]'),  # but between rows
        ("t.csv", "xa\u0303\n", '[["x\u00e3"],[]]'),
        ("t.csv", ",\n", ",\n"),
        ("t.txt", "a\r\n", "a\r\n"),
        ("t.toml", "a\r\n", "a\n"),
    ],
)
def test_of_a_table_the_digest_is_taken_over_header_and_sorted_rows(path, data, digested):
    assert content_digest(path, data.encode()) == sha(digested.encode())


def test_a_float_in_canonical_json_is_named():
    with pytest.raises(TypeError, match=r"a float in canonical JSON: 0\.5"):
        canonical({"a": [1, {"b": 0.5}]})


def test_lines_of_an_agency_whatever_is_quoted_in_them():
    assert rows_of_scores("\ufeffagency,x\nb,1\n") == {"b": b"b,1"}
    assert rows_of_scores('agency,x\nb,"1"\na,"2\n3"\nb,"4 ""5"""\n') == {
        "b": b'b,"1"\nb,"4 ""5"""',
        "a": b'a,"2\n3"',
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "'agency' is not in list"),
        ("x,agency\n" + "1" * 50, f"^a row without agency: '{'1' * 40}'$"),
        ('x,agency\n"1,a\n', "^a quoted cell has no end$"),
        ("agency\n" + "1" * 200_000, "field larger than field limit"),
    ],
)
def test_a_table_without_lines_by_agency_is_refused_with_the_reason(text, why):
    limit = csv.field_size_limit(131_072)  # as Python starts; a validator of open data lifts it for all
    try:
        with pytest.raises(ValueError, match=why):
            rows_of_scores(text)
    finally:
        csv.field_size_limit(limit)


def test_a_pattern_holds_for_the_whole_of_a_text_line_ends_too_and_for_texts_alone():
    name, word = matches(".+"), matches("[a-z]{2}")
    assert name("a") and name("a\nb\n") and name("ệ") and word("ab")
    assert [value for value in ("", None, 1, b"ab", ["ab"]) if name(value)] == []
    assert [value for value in ("a", "abc", "ab\n", " ab", "AB") if word(value)] == []


# The facts of a deviation ---------------------------------------------------------------------------------------------


def test_missing_and_extra_files_carry_their_digests(published):
    (published.folder / "index.html").unlink()
    published.put(published.folder / "new.html", b"x")
    gone = published.record["index"]["index.html"]["sha256"]
    assert facts(published) == [
        ("index.html", "missing", 0, gone, ""),
        ("new.html", "extra", 0, "", sha(b"x")),
    ]


def test_three_names_that_some_systems_cannot_keep_apart(published):
    for name in ("new.html", "New.html", "NEW.html"):
        published.put(published.folder / name, b"")
    twins = {path: found for path, kind, *_, found in facts(published) if kind == "twin"}
    assert twins == {
        "NEW.html": "New.html, new.html",
        "New.html": "NEW.html, new.html",
        "new.html": "NEW.html, New.html",
    }


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), OSError()])
@pytest.mark.parametrize("place", [*PLACES, ""])
def test_a_folder_that_cannot_be_read_is_named_and_the_others_are_read(published, monkeypatch, place, error):
    shut, scandir = published.folder / place, os.scandir
    inside = {path for path in published.paths() if path.startswith(place)}

    def refusing(path):
        if Path(path) == shut:
            raise error
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    deviations = facts(published)
    assert (place, "unreadable", 0, "", error.strerror or "") in deviations
    if place:
        assert {path for path, *_ in deviations} == {place, *inside}
    else:
        assert [of[:2] for of in deviations] == [("", "unreadable"), (SUMS, "missing"), (RECORD, "missing")]


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), OSError()])
def test_a_file_that_cannot_be_read_is_named(published, monkeypatch, error):
    opened = Path.open

    def refusing(self, *how, **more):
        if self.name == "index.html":
            raise error
        return opened(self, *how, **more)

    monkeypatch.setattr(Path, "open", refusing)
    assert facts(published) == [
        ("index.html", "missing", 0, published.record["index"]["index.html"]["sha256"], ""),
        ("index.html", "unreadable", 0, "", error.strerror or ""),
    ]


def test_lines_of_the_sums_are_quoted_with_their_number(published):
    file = published.folder / SUMS
    lines = file.read_text("utf-8").splitlines()
    told = {line[66:]: line[:64] for line in lines}
    last = lines[-1][66:]

    def found(data: bytes) -> list[tuple]:
        file.write_bytes(data)
        return facts(published)

    whole = "".join(f"{line}\n" for line in lines)
    assert found(whole.encode()) == []
    assert found(whole.encode()[:-1]) == [
        (SUMS, "sums_line", len(lines), "", lines[-1]),
        (last, "sums_lacks", 0, told[last], ""),
    ]
    lacking = sorted((path, "sums_lacks", 0, of, "") for path, of in told.items())
    assert found(b"") == sorted([(SUMS, "sums_line", 1, "", ""), *lacking])
    assert found(b"\xff\n" + whole.encode()) == [(SUMS, "sums_line", 1, "", "\udcff")]
    assert found(whole.replace("\n", "\r\n", 1).encode()) == sorted(
        [
            (lines[0][66:], "sums_lacks", 0, told[lines[0][66:]], ""),
            (f"{lines[0][66:]}\r", "sums_surplus", 0, "", told[lines[0][66:]]),
        ]
    )
    assert found(f"{whole}{'0' * 64}  a\n".encode()) == [
        (SUMS, "sums_order", len(lines) + 1, "", "a"),
        ("a", "sums_surplus", 0, "", "0" * 64),
    ]


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"{", "JSONDecodeError"), (b"\xff", "UnicodeDecodeError"), (b'{"a":1.5}\n', "TypeError")],
)
def test_why_a_record_cannot_be_read(published, data, why):
    (published.folder / RECORD).write_bytes(data)
    published.write_sums()
    assert facts(published) == [(RECORD, "record_unreadable", 0, "", why)]


def test_both_digests_of_a_file_about_which_reports_do_not_agree(published):
    there = published.record["jobs"][REPORT]["products"][TABLE]["sha256"]
    published.record["jobs"][REPORT]["products"][TABLE]["sha256"] = "0" * 64
    published.write()
    assert (TABLE, "contradiction", 0, there, "0" * 64) in facts(published)


def test_a_table_without_lines_by_agency_has_none(published):
    told = published.record["rows"]["2024/communes"]["root"]
    made = {TABLE: {"sha256": sha(b"place\nx\n"), "size": 8}}
    for lang in ("vi", "en"):
        published.record["jobs"][f"2024/communes/report.{lang}"]["products"].update(made)
    (published.folder / TABLE).write_bytes(b"place\nx\n")
    published.write()
    assert facts(published) == [(TABLE, "rows", 0, told, sha(b"")), (TABLE, "rows_number", 0, "5", "0")]


def test_sign_offs_without_the_columns_they_need(published):
    job, place = published.record["jobs"], "2024/communes"
    now = job[REPORT]["fingerprint"]
    reports = now  # of the Vietnamese report, the one that is signed

    def found(rows: list[dict[str, str]]) -> list[tuple]:
        published.record["signed"][place] = rows
        published.write()
        return facts(published)

    first = {"version": "1", "fingerprint": now}
    digest = sha(json.dumps(first, sort_keys=True, separators=(",", ":")).encode())
    assert found([first]) == []
    assert found([first, first]) == [(place, "chain", 2, digest, "")]
    assert found([{"version": "1"}]) == [(place, "signed", 1, reports, "")]
    assert found(sign([], fingerprint="c" * 64)) == [(place, "signed", 1, reports, "c" * 64)]


@pytest.mark.parametrize(
    ("error", "why"),
    [(PermissionError(13, "Permission denied"), "Permission denied"), (OSError(), ""), (RuntimeError("loop"), "")],
)
def test_data_that_cannot_be_read_is_named(published, monkeypatch, error, why):
    read = Path.read_bytes

    def refusing(self):
        if self.name == "reasons.csv":
            raise error
        return read(self)

    monkeypatch.setattr(Path, "read_bytes", refusing)
    assert facts(published, data=published.data) == [("reasons.csv", "unreadable", 0, "", why)]


def test_without_sign_offs_in_the_record_the_data_need_none(published):
    published.record["signed"]["2024/communes"] = []
    published.write()
    (published.data / "2024/communes/approvals.csv").unlink()
    assert facts(published, data=published.data) == []


# Lines ----------------------------------------------------------------------------------------------------------------


def test_what_does_not_show_is_spelt_and_what_is_long_is_cut():
    for text, line in {
        "x\u00e3": "x\u00e3",
        "xa\u0303": "xa\\u0303",  # could pass for the line before
        "q\u0303": "q\u0303",  # has no other spelling
        "a\U000e0001": "a\\U000e0001",
        "": "“”",
        "a\\b": "a\\\\b",
        "n" * 160: "n" * 160,
        "n" * 161: "n" * 120 + "…" + "n" * 40 + " (161)",
        "a" * 119 + "b" + "x" * 9 + "c" + "d" * 39: "a" * 119 + "b…c" + "d" * 39 + " (169)",
    }.items():
        assert safe(text) == line
    assert (spelt("\uffff"), spelt("\U00010000")) == ("\\uffff", "\\U00010000")


def test_a_folder_without_reports_is_confirmed_without_fingerprints(tmp_path, capsys):
    assert said(capsys, unprinted(tmp_path)).splitlines() == [
        "CONFIRMED: 3 files are as the record says.",
        WORDS["en"]["root_said"].format(root=NOTHING),
        "What this audit answers:",
        *UNCOVERED["en"],
    ]


def test_a_folder_without_record_has_no_root(tmp_path, capsys):
    (tmp_path / "a.html").write_bytes(b"x")
    assert said(capsys, tmp_path, code=1).splitlines() == [
        "REFUTED: deviations found: 2.",
        "  SHA256SUMS: missing",
        "  record.json: missing",
        "What this audit answers:",
        *UNCOVERED["en"],
    ]
    assert (
        said(capsys, tmp_path, "--json", code=1)
        == f"""{{
 "confirmed": false,
 "covered": [
  "{WORDS["en"]["covers_nothing"]}",
  "{WORDS["en"]["covers_no_data"]}"
 ],
 "deviations": [
  {{
   "expected": "",
   "found": "",
   "kind": "missing",
   "path": "SHA256SUMS",
   "row": 0
  }},
  {{
   "expected": "",
   "found": "",
   "kind": "missing",
   "path": "record.json",
   "row": 0
  }}
 ],
 "files": 1,
 "fingerprints": {{}},
 "root": "",
 "roots": {{}},
 "under_way": false
}}
"""
    )


def test_the_data_folder_is_held_against_the_record_too(published, capsys):
    (published.data / "reasons.csv").unlink()
    assert said(capsys, published.folder).startswith("CONFIRMED")
    assert said(capsys, published.folder, "--data", published.data, code=1).splitlines()[:2] == [
        "REFUTED: deviations found: 1.",
        "  reasons.csv: data: missing",
    ]


def test_a_proof_to_the_letter(published, tmp_path, capsys):
    file, root = tmp_path / "proof.json", tree(published.place("2024/communes"))
    text = said(capsys, published.folder, "--proof", "2024/communes", "xa-an-hoa")
    assert text.splitlines()[:5] == [
        "{",
        ' "format": "dxlib-proof-2",',
        ' "place": "2024/communes",',
        ' "agency": "xa-an-hoa",',
        ' "lines": [',
    ]
    file.write_text(text, encoding="utf-8")
    lines = [
        f"CONFIRMED: the lines of xa-an-hoa (2024/communes) belong to the result with root {root}.",
        "  2024,communes,xa-an-hoa,index,1.5x,SỐ LIỆU MẪU",
        "  2024,communes,xa-an-hoa,1,1.51,SỐ LIỆU MẪU",
        "  2024,communes,xa-an-hoa,1.1,1.51,SỐ LIỆU MẪU",
    ]
    compare = "Compare this root with the one printed on the decision or the index, or give it with --root."
    assert said(capsys, "--check-proof", file).splitlines() == [*lines, compare]
    assert said(capsys, "--check-proof", file, "--root", root).splitlines() == lines
    assert (
        said(capsys, "--check-proof", file, "--json")
        == f"""{{
 "agency": "xa-an-hoa",
 "confirmed": true,
 "place": "2024/communes",
 "root": "{root}"
}}
"""
    )
    failed = "REFUTED: the proof does not lead to the root.\n"
    assert said(capsys, "--check-proof", file, "--root", "0" * 64, code=1) == failed
    assert said(capsys, "--check-proof", file, "--root", "0" * 64, "--json", code=1) == '{\n "confirmed": false\n}\n'
    file.write_text("[", encoding="utf-8")
    assert said(capsys, "--check-proof", file, code=1) == failed


# The command ----------------------------------------------------------------------------------------------------------

OPTIONS = {
    "PATH": "path",
    "--root HEX": "root_option",
    "--fingerprint HEX": "fingerprint_option",
    "--data DIR": "data_option",
    "--proof YEAR/GROUP AGENCY": "proof_option",
    "--check-proof FILE": "check_option",
    "--json": "json_option",
    "--lang {en,vi}": "lang_option",
}


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_help_of_every_option(capsys, lang):
    with pytest.raises(SystemExit) as stopped:
        main(["--help", "--lang", lang])
    help_ = " ".join(capsys.readouterr().out.split())
    usage = " ".join(f"[{option}]" for option in ["-h", *list(OPTIONS)[1:], "PATH"])
    assert stopped.value.code == 0
    assert help_.startswith(f"usage: python -m dxlib.audit {usage} {WORDS[lang]['about']} ")
    assert [option for option, key in OPTIONS.items() if f" {option} {WORDS[lang][key]}" not in help_] == []


@pytest.mark.parametrize(
    ("argv", "why"),
    [
        ("", "give either PATH or --check-proof FILE"),
        ("PATH --check-proof FILE", "give either PATH or --check-proof FILE"),
        ("no\u200bwhere", "there is no folder no\\u200bwhere"),
        ("PATH --data no\u200bwhere", "there is no folder no\\u200bwhere"),
        ("PATH --proof 2024/communes x --data PATH", "--data has no use here"),
        ("PATH --proof 2024/communes x --fingerprint 0123456789ab", "--fingerprint has no use here"),
        (f"PATH --proof 2024/communes x --root {NOTHING}", "--root has no use here"),
        ("--check-proof FILE --proof 2024/communes x", "--proof has no use here"),
        ("PATH --proof 2024/communes x\u200b", f"there is no “x\\u200b”; there are: {', '.join(AGENCIES)}"),
        ("PATH --proof 2023/none x", "there is no “2023/none”; there are: 2024/communes, 2024/province"),
        ("--check-proof no\u200bwhere", "cannot read the file no\\u200bwhere"),
        ("PATH --fingerprin 0123456789ab", "unrecognized arguments: --fingerprin 0123456789ab"),  # never a part of it
    ],
)
def test_wrong_usage_is_explained(published, tmp_path, capsys, argv, why):
    named = {"PATH": str(published.folder), "FILE": str(tmp_path / "proof.json")}
    with pytest.raises(SystemExit) as stopped:
        main([*(named.get(word, word) for word in argv.split(" ") if word), "--lang", "en"])
    out, err = capsys.readouterr()
    assert (stopped.value.code, out) == (2, "")
    assert err.splitlines()[-1] == f"python -m dxlib.audit: error: {why}"


@pytest.mark.parametrize(
    ("wanted", "argv", "lang"),
    [
        (None, [], "vi"),
        ("en", [], "en"),
        ("vi", [], "vi"),
        ("fr", [], "vi"),
        ("en", ["--lang", "vi"], "vi"),
        ("vi", ["--lang=en"], "en"),
        ("vi", ["--lang", "vi", "--lang", "en"], "en"),
    ],
)
def test_the_language_is_that_of_the_option_else_of_the_environment(monkeypatch, capsys, wanted, argv, lang):
    monkeypatch.delenv("DX_LANG", raising=False)
    if wanted:
        monkeypatch.setenv("DX_LANG", wanted)
    with pytest.raises(SystemExit):
        main(argv)
    why = {"vi": "cần PATH hoặc --check-proof FILE, không cả hai", "en": "give either PATH or --check-proof FILE"}
    assert why[lang] in capsys.readouterr().err


def test_arguments_are_those_of_the_command_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["audit.py", str(unprinted(tmp_path)), "--lang", "en"])
    assert main() == 0
    assert capsys.readouterr().out.startswith("CONFIRMED")


def test_output_is_utf8_with_line_feeds_whatever_the_terminal_says(tmp_path, monkeypatch):
    written = {name: io.BytesIO() for name in ("stdout", "stderr")}
    for name, data in written.items():
        monkeypatch.setattr(sys, name, io.TextIOWrapper(data, "ascii", "strict", newline="\r\n"))
    assert main([str(unprinted(tmp_path)), "--lang", "vi"]) == 0
    with pytest.raises(SystemExit):
        main([str(tmp_path), "\udcff", "ệ"])
    sys.stderr.flush()
    out, err = (data.getvalue().decode("utf-8") for data in written.values())
    uncovered = "\n".join(["Việc kiểm tra này trả lời được gì:", *UNCOVERED["vi"]])
    assert out == f"XÁC NHẬN: 3 tệp đúng như hồ sơ.\n{WORDS['vi']['root_said'].format(root=NOTHING)}\n{uncovered}\n"
    assert err.endswith(": \\udcff ệ\n") and "\r" not in err


@pytest.mark.skipif(os.name == "nt", reason="pipes of another kind")
def test_a_reader_who_leaves_early_is_no_error_of_the_audit(tmp_path, monkeypatch, capfd):
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w", encoding="utf-8") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        assert main([str(unprinted(tmp_path))]) == 1
        null = Path(os.devnull).stat()
        assert os.path.samestat(os.fstat(write), null)  # so that nothing is left to be written in vain
    assert capfd.readouterr().err == ""


def test_pages_beside_a_published_folder_are_not_passed_over_for_it(published, tmp_path, capsys):
    """An edited copy around an honest folder: what was named is audited, never what lies in it."""
    around = tmp_path / "around"
    shutil.copytree(published.folder, around)
    shutil.copytree(published.folder, around / "public")
    for name in (RECORD, SUMS):
        (around / name).unlink()
    root = published.root()
    assert main([str(around), "--root", root]) == 1
    (tmp_path / "reports").mkdir()
    shutil.copytree(published.folder, tmp_path / "reports/public")
    (tmp_path / "reports/README.md").write_text("x", encoding="utf-8")
    capsys.readouterr()
    assert main([str(tmp_path / "reports"), "--root", root]) == 0
    assert capsys.readouterr().out.startswith(f"{tmp_path / 'reports/public'}:")
