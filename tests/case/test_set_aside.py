"""Verification goes on where the ledger is wrong: what is left out is named, nothing is lost, the rest is read."""

from __future__ import annotations

import hashlib

import pytest

from dxlib import check, read_case
from dxlib.case import read_before, read_for_verification
from dxlib.errors import Refusal
from dxlib.words import finding
from tests.case import folder

HEAD = "agency,indicator,step,stage,a,b,option,points,reason,decided_by,decided_on\n"
GOOD = "so-a,1.10,1,verify,,,,,,verifier 1,2025-01-10\n"
EVIDENCE = "agency,indicator,no,number,title,issued_on,issuer,file,sha256\n"
TEXT = "nội dung".encode()


def reasons(case):
    return [f.reason for f in case.set_aside]


@pytest.mark.parametrize(
    "rows, reason, code",
    [
        (
            "so-a,1.1,1,verify,3,,,,thin,v 1,2025-01-10\nso-a,1.1,3,verify,2,,,,thin,v 2,2025-01-11\n",
            "steps_order",
            "E_STATE",
        ),
        (
            "so-a,1.1,1,verify,3,,,,thin,v 1,2025-01-10\nso-a,1.1,1,verify,2,,,,thin,v 2,2025-01-11\n",
            "row_conflict",
            "E_CONFLICT",
        ),
        ("so-a,1.1,1,verify,3,,,,nhầm,v 1,2025-01-10\n", "reference_unknown", "E_REASON_UNKNOWN"),
        ("so-a,1.1,1,appeal,3,,,,thin,v 1,2025-01-10\n", "appeal_first", "E_STATE"),
        (
            "so-a,1.1,1,verify,3,,,,thin,v 1,2025-01-10\nso-a,1.1,2,appeal,4,,,,thin,v 1,2025-01-12\n",
            "appeal_same_verifier",
            "E_STATE",
        ),
        ("so-a,1.1,1,verify,ba,,,,thin,v 1,2025-01-10\n", "number_form", "E_NUMBER"),
        ("so-z,1.1,1,verify,3,,,,thin,v 1,2025-01-10\n", "agency_unknown", "E_UNIT_UNKNOWN"),
        ("so-b,2,1,verify,,,boss,,thin,v 1,2025-01-10\n", "option_unknown", "E_OPTION"),
    ],
)
def test_a_contradictory_ledger_decides_nothing(tmp_path, rows, reason, code):
    folder.write(tmp_path, verdicts=HEAD + GOOD + rows, appeals=None)
    with pytest.raises(Refusal):
        read_case(tmp_path, 2024, "demo")
    before = (tmp_path / "2024/demo/verdicts.csv").read_bytes()
    case = read_for_verification(tmp_path, 2024, "demo")
    assert (reason, code) in [(f.reason, f.code) for f in case.set_aside]
    kept = list(zip(case.verdicts["agency"], case.verdicts["indicator"], strict=True))
    assert kept == [("so-a", "1.10")]
    assert (tmp_path / "2024/demo/verdicts.csv").read_bytes() == before
    assert all(finding(f, lang)["remedy"] for f in case.set_aside for lang in ("vi", "en"))


def test_an_appeal_falls_with_its_verdicts(tmp_path):
    folder.write(tmp_path, verdicts=HEAD + GOOD + "so-a,1.1,2,verify,3,,,,thin,v 1,2025-01-10\n")
    case = read_for_verification(tmp_path, 2024, "demo")
    assert reasons(case) == ["steps_order"] and case.appeals.empty


@pytest.mark.parametrize("table", ["verdicts", "evidence", "appeals"])
def test_an_unreadable_table_counts_as_empty(tmp_path, table):
    folder.write(tmp_path, **{table: "agency,indicator\nsở a,1.1\n".encode("utf-16")})
    if table == "verdicts":
        (tmp_path / "2024/demo/appeals.csv").unlink()
    else:
        (tmp_path / f"2024/demo/{table}.csv").write_bytes(b"\xff\xfe\x00bad")
    case = read_for_verification(tmp_path, 2024, "demo")
    assert "encoding" in reasons(case) and getattr(case, table).empty
    assert case.default_on == "verified"


def test_errors_elsewhere_are_never_set_aside(tmp_path):
    folder.write(tmp_path, claims="agency,indicator,a\nso-a,1.1,bốn\n")
    with pytest.raises(Refusal) as refused:
        read_for_verification(tmp_path, 2024, "demo")
    assert "number_form" in [f.reason for f in refused.value.findings]


def test_a_sound_folder_loses_nothing(tmp_path):
    folder.write(tmp_path)
    strict, lenient = read_case(tmp_path, 2024, "demo"), read_for_verification(tmp_path, 2024, "demo")
    assert lenient.set_aside == () and all(strict.tables[n].equals(lenient.tables[n]) for n in strict.tables)


def evidence(tmp_path, *rows):
    folder.write(tmp_path)
    (tmp_path / "2024/demo/evidence.csv").write_text(EVIDENCE + "\n".join(rows) + "\n", encoding="utf-8")


def documents(tmp_path, *rows, **files):
    evidence(tmp_path, *rows)
    kept = tmp_path / "2024/demo/evidence"
    kept.mkdir()
    for name, data in files.items():
        (kept / f"{name}.txt").write_bytes(data)
    return kept


def row(no, file, digest=""):
    return f"so-a,1.1,{no},{no}/KH,Kế hoạch,2024-03-01,Sở A,{file},{digest}"


def test_documents_are_looked_at(tmp_path):
    right, wrong = hashlib.sha256(TEXT).hexdigest(), "0" * 64
    kept = documents(
        tmp_path, row(1, "good.txt", right), row(2, "good.txt"), row(3, "good.txt", wrong), row(4, "gone.txt"),
        row(5, "empty.txt"), row(6, "link.txt"), row(7, "../agencies.csv"), row(8, "good.txt/x"), good=TEXT, empty=b"",
    )  # fmt: skip
    (kept / "link.txt").symlink_to(tmp_path / "reasons.csv")
    case = read_for_verification(tmp_path, 2024, "demo")
    found = {(f.row, f.reason) for f in case.set_aside}
    assert found == {
        (4, "evidence_digest"), (5, "evidence_missing"), (6, "evidence_empty"), (7, "evidence_link"),
        (8, "evidence_path"), (9, "evidence_missing"),
    }  # fmt: skip
    empty = hashlib.sha256(b"").hexdigest()  # named, and kept as the defect that it is
    assert case.evidence["no"].tolist() == ["1", "2", "5"] and case.evidence["sha256"].tolist() == [right, right, empty]
    assert case.digests["2024/demo/evidence/good.txt"] == right
    said = [f for f in check(tmp_path, 2024, "demo") if f.code == "E_EVIDENCE"]
    assert {(f.row, f.reason) for f in said} >= {(8, "evidence_path")}


def test_check_opens_the_documents_of_a_folder_that_otherwise_holds(tmp_path):
    documents(tmp_path, row(1, "good.txt", "0" * 64), good=TEXT)
    assert [(f.code, f.reason, f.row) for f in check(tmp_path)] == [("E_EVIDENCE", "evidence_digest", 2)]


def test_documents_kept_elsewhere_are_one_warning(tmp_path):
    evidence(tmp_path, row(1, "a.pdf"), row(2, "b.pdf"))
    case = read_for_verification(tmp_path, 2024, "demo")
    assert [f.reason for f in case.findings if f.code == "W_EVIDENCE"] == ["evidence_elsewhere"]
    assert len(case.evidence) == 2 and case.set_aside == ()


@pytest.mark.parametrize(
    "left, sign, right, reason",
    [
        ("a(1.10)", "<=", "b(1.10)", None),
        ("a(1.1) + 2*a(1.10)", "=", "100*a(1.10)/b(1.10) + points(1.1)", None),
        ("a(1.10)", "<", "b(1.10)", "cell_choice"),
        ("a(1.10", "<=", "b(1.10)", "relation_form"),
        ("a(1.10) - a(1.1)", "<=", "b(1.10)", "relation_form"),
        ("a(1.10) +", "<=", "b(1.10)", "relation_form"),
        ("a(1.9)", "<=", "b(1.10)", "indicator_unknown"),
        ("", "<=", "b(1.10)", "cell_required"),
    ],
)
def test_relations_are_read_at_the_door(tmp_path, left, sign, right, reason):
    folder.write(tmp_path)
    line = f'r1,"{left}",{sign},"{right}",no\n'
    (tmp_path / "2024/demo/relations.csv").write_text("relation,left,sign,right,rounded\n" + line, encoding="utf-8")
    found = [f.reason for f in check(tmp_path)]
    assert found == ([reason] if reason else [])
    case = read_for_verification(tmp_path, 2024, "demo")
    assert len(case.relations) == (0 if reason else 1)


def test_the_earlier_year_that_links_continue(tmp_path):
    folder.write(tmp_path)
    links = "code,from_year,from_group,from_code,kind\n1.1,2023,demo,1.1,same\n1.10,2022,demo,1.10,same\n"
    (tmp_path / "2024/demo/links.csv").write_text(links, encoding="utf-8")
    case = read_for_verification(tmp_path, 2024, "demo")
    before = read_before(tmp_path, case)
    assert before.case is None and [f.code for f in before.refused] == ["E_NOT_FOUND"]
    (tmp_path / "2024").rename(tmp_path / "now")
    folder.write(tmp_path)
    (tmp_path / "2024").rename(tmp_path / "2023")
    index = tmp_path / "2023/demo/index.toml"
    index.write_text(index.read_text(encoding="utf-8").replace("year = 2024", "year = 2023"), encoding="utf-8")
    (tmp_path / "now").rename(tmp_path / "2024")
    before = read_before(tmp_path, case)
    assert before.case is not None and before.case.year == "2023" and before.refused == ()
    assert set(before.digests) == set(before.case.digests)
    (tmp_path / "2023/demo/claims.csv").write_text("agency,indicator,a\nso-a,1.1,bốn\n", encoding="utf-8")
    broken = read_before(tmp_path, case)
    assert broken.case is None and "number_form" in [f.reason for f in broken.refused] and broken.digests
