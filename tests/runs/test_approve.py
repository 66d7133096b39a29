"""Signing: only what was published, verified and unchanged; a row is appended, chained, and the pages say so."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace

import pytest

from dxlib import audit
from dxlib.case import check, read_case
from dxlib.cli import main
from dxlib.errors import Refusal
from dxlib.index import score
from dxlib.runs import record, unchanged
from dxlib.runs.approve import approve
from dxlib.runs.versions import said_superseded, superseded

SIGN = {"role": "Chủ tịch UBND tỉnh", "decision": "12/QĐ-UBND", "day": "2026-03-31"}


def sign(desk, group="communes", year="2025", **facts):
    return approve(desk.data, desk.reports, year, group, **{**SIGN, **facts})


def reasons(desk, **facts) -> set[str]:
    with pytest.raises(Refusal) as refused:
        sign(desk, **facts)
    return {finding.reason for finding in refused.value.findings}


def table(desk) -> str:
    return (desk.data / "2025/communes/approvals.csv").read_text(encoding="utf-8")


def answer(desk, text):
    claims = desk.data / "2025/communes/claims.csv"
    claims.write_text(claims.read_text(encoding="utf-8").replace(*text), encoding="utf-8")


def test_signed_changed_and_signed_again(desk):
    assert reasons(desk) == {"approve_no_report"}
    desk.run(langs=["vi"])
    first = sign(desk)
    assert first["version"] == "1" and first["previous"] == "" and reasons(desk) == {"approve_twice"}
    record = json.loads((desk.reports / "public/record.json").read_bytes())
    assert first["fingerprint"] == record["jobs"]["2025/communes/report.vi"]["fingerprint"]

    made = {str(o.job): o.status for o in desk.run(langs=["vi"]).outcomes}
    assert made["2025/communes/report.vi"] == "made" and made["2024/world/report.vi"] == "kept"  # the page shows it
    record = json.loads((desk.reports / "public/record.json").read_bytes())
    assert record["jobs"]["2025/communes/report.vi"]["fingerprint"] == first["fingerprint"]  # of the same figures
    assert record["signed"]["2025/communes"] == [first]
    index = (desk.reports / "public/index.html").read_text(encoding="utf-8")
    assert "Đã ký bản 1" in index and "đã được thay" not in index

    answer(desk, ("yes", "no"))
    assert reasons(desk, reason="x") == {"approve_changed_input"}
    desk.run(langs=["vi"])
    index = (desk.reports / "public/index.html").read_text(encoding="utf-8")
    assert "đã được thay" in index
    assert reasons(desk, day="2026-03-01") == {"approve_no_reason", "approve_day"}
    above = table(desk)
    assert reasons(desk, reason="hỏi anh A 0912 345 678", day="2026-04-02") == {"personal_telephone"}
    second = sign(desk, reason="Sửa số liệu của một đơn vị", day="2026-04-02")
    assert second["version"] == "2" and second["previous"] == audit.approval_digest(first)
    assert table(desk).startswith(above) and table(desk).count("\n") == 3
    rows = read_case(desk.data, "2025", "communes").approvals.to_dict("records")
    assert rows == [first, second]
    desk.run(langs=["vi"])
    index = (desk.reports / "public/index.html").read_text(encoding="utf-8")
    assert "Đã ký bản 2" in index and "thay bằng bản 2 ngày 02/04/2026; lý do: Sửa số liệu của một đơn vị." in index


def test_pages_changed_by_hand_and_provisional_figures_are_not_signed(desk):
    desk.run(langs=["vi"])
    page = desk.reports / "public/2025/communes/report.vi.html"
    page.write_text(page.read_text(encoding="utf-8") + " ", encoding="utf-8")
    assert reasons(desk) == {"approve_changed_report"}
    desk.run(langs=["vi"], parameters=[("on", "claimed")])
    assert reasons(desk) == {"approve_provisional"}
    (desk.data / "2025/communes/verdicts.csv").unlink()
    desk.run(langs=["vi"])
    assert "approve_provisional" in reasons(desk)
    assert not (desk.data / "2025/communes/approvals.csv").exists()


def test_open_items_and_undecided_appeals_are_named(desk):
    place = desk.data / "2025/communes"
    (place / "appeals.csv").write_text("agency,indicator,grounds\nb,1,Đã có kế hoạch\n", encoding="utf-8")
    desk.run(langs=["vi"])
    with pytest.raises(Refusal) as refused:
        sign(desk)
    assert [(f.reason, f.facts["items"]) for f in refused.value.findings] == [("approve_appeals", "b 1")]
    verdicts = (place / "verdicts.csv").read_text(encoding="utf-8")
    (place / "verdicts.csv").write_text(verdicts.replace("a,1,1,verify,yes\n", ""), encoding="utf-8")
    desk.run(langs=["vi"])
    why = "Điều 9 Quy chế: phúc tra không làm chậm công bố"
    with pytest.raises(Refusal) as refused:  # a reason not to wait for appeals is none not to verify
        sign(desk, pending_appeals=why)
    named = {f.reason: f.facts.get("items") for f in refused.value.findings}
    assert named == {"approve_open": "a 1", "approve_provisional": None}
    (place / "verdicts.csv").write_text(verdicts, encoding="utf-8")
    desk.run(langs=["vi"])
    row = sign(desk, pending_appeals=why)
    assert row["reason"] == f"còn 1 đề nghị phúc tra chưa quyết định: {why}" and row["reason"] in table(desk)


def test_pages_whose_figures_moved_say_which_version_is_signed_and_who_moved(desk):
    """The plain page of this desk has no banner; its facts are what the real page prints (see the story test)."""
    desk.run(langs=["vi"])
    sign(desk)
    case = read_case(desk.data, "2025", "communes")
    assert superseded(desk.data, case, score(case)) is None
    for name in ("claims", "verdicts"):
        path = desk.data / f"2025/communes/{name}.csv"
        path.write_text(
            path.read_text(encoding="utf-8").replace("b,1,no", "b,1,yes").replace("verify,no", "verify,yes")
        )
    case = read_case(desk.data, "2025", "communes")
    found = superseded(desk.data, case, score(case))
    assert (found.signed["decision"], found.kept, found.changed) == ("12/QĐ-UBND", True, ("b",))
    assert found.moved == (("b", "2", "1"),)
    said = said_superseded(found, case, "vi")
    assert "bản 1, Quyết định số 12/QĐ-UBND" in said and "Xã B 2 → 1" in said
    shutil.rmtree(desk.data / "2025/communes/signed")
    with pytest.raises(Refusal, match="E_APPROVE"):
        superseded(desk.data, case, score(case))
    rootless = {**case.tables, "approvals": case.approvals.assign(root="")}  # signed before versions were kept
    before_roots = replace(case, tables=rootless)
    assert not superseded(desk.data, before_roots, score(case)).kept
    assert "CHƯA ĐỐI CHIẾU" in said_superseded(superseded(desk.data, before_roots, score(case)), case, "vi")


def test_the_command(desk, capsys):
    desk.run(langs=["vi"])
    place = ["approve", "2025", "communes", "--data", str(desk.data), "--reports", str(desk.reports)]
    assert main([*place, "--role", "Chủ tịch", "--decision", "=1+1", "--date", "2026-03-31"]) == 0
    assert "bản 1" in capsys.readouterr().out and "=1+1" in table(desk)
    assert main([*place, "--role", "Chủ tịch", "--decision", "2", "--date", "2026-03-31"]) == 1
    assert "đã được ký" in capsys.readouterr().err


def test_every_signed_version_keeps_its_address_and_says_when_it_was_replaced(desk):
    desk.run()
    place = desk.reports / "public/2025/communes"
    as_published = {name: (place / name).read_bytes() for name in ("report.vi.html", "tables/scores.csv")}
    sign(desk)
    desk.run()
    assert {name: (place / "v1" / name).read_bytes() for name in as_published} == as_published
    answer(desk, ("yes", "no"))
    desk.run()
    first = (place / "v1/report.vi.html").read_text(encoding="utf-8")
    assert "đã được thay: trang hiện nay" in first and 'href="../report.vi.html"' in first
    assert "superseded" in (place / "v1/report.en.html").read_text(encoding="utf-8")
    sign(desk, reason="Sửa <b>số liệu</b>", day="2026-04-02", decision="40/QĐ")
    desk.run()
    first = (place / "v1/report.vi.html").read_text(encoding="utf-8")
    assert "thay bằng bản 2 ngày 02/04/2026; lý do: Sửa &lt;b&gt;số liệu&lt;/b&gt;." in first
    assert (place / "v1/tables/scores.csv").read_bytes() == as_published["tables/scores.csv"]
    assert "role=" not in (place / "v2/report.vi.html").read_text(encoding="utf-8")
    index = (desk.reports / "public/index.html").read_text(encoding="utf-8")
    assert 'href="2025/communes/v1/report.vi.html"' in index and 'href="2025/communes/v2/report.vi.html"' in index
    assert audit.audit(desk.reports / "public").confirmed
    shutil.rmtree(desk.reports)  # all of it can be made again, the signed versions too
    desk.run()
    assert (place / "v1/report.vi.html").read_text(encoding="utf-8") == first


@pytest.mark.parametrize("file", ["report.vi.html", "record.json", "tables/scores.csv"])
def test_a_signed_version_that_was_touched_is_named(desk, file):
    desk.run(langs=["vi"])
    sign(desk)
    kept = desk.data / "2025/communes/signed/1" / file
    kept.write_bytes(kept.read_bytes().replace(b"e", b"3", 1))
    with pytest.raises(Refusal) as refused:
        desk.run(langs=["vi"])
    assert [(f.reason, f.file) for f in refused.value.findings] == [
        ("signed_changed", f"2025/communes/signed/1/{file}")
    ]


@pytest.mark.parametrize(
    ("change", "reason", "file"),
    [
        (lambda place: shutil.rmtree(place / "signed/1"), "signed_gone", "signed/1"),
        (lambda place: shutil.copytree(place / "signed/1", place / "signed/2"), "signed_unnamed", "signed/2"),
        (lambda place: (place / "signed/1").rename(place / "signed/7"), "signed_gone", "signed/1"),
    ],
)
def test_a_signed_version_that_has_gone_or_that_nobody_signed_is_named(desk, capsys, change, reason, file):
    desk.run(langs=["vi"])
    sign(desk)
    desk.run(langs=["vi"])
    change(desk.data / "2025/communes")
    with pytest.raises(Refusal) as refused:
        desk.run(langs=["vi"])
    assert (reason, f"2025/communes/{file}") in [(f.reason, f.file) for f in refused.value.findings]
    assert main(["check", "--data", str(desk.data), "--json"]) == 1
    assert f"2025/communes/{file}" in capsys.readouterr().out


def test_a_version_that_is_not_published_with_its_sign_off_refutes(desk):
    desk.run(langs=["vi"])
    sign(desk)
    desk.run(langs=["vi"])
    shutil.rmtree(desk.reports / "public/2025/communes/v1")
    found = audit.audit(desk.reports / "public").deviations
    assert ("2025/communes/v1/record.json", "missing") in [(f.path, f.kind) for f in found]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with a name")
@pytest.mark.parametrize("file", ["public/record.json", "run-seen.json", "signed/1/record.json"])
def test_a_pipe_in_place_of_a_record_does_not_stop_anybody(desk, file):
    """It would wait for ever for somebody to write into it."""
    desk.run(langs=["vi"])
    sign(desk)
    path = desk.data / "2025/communes" / file if file.startswith("signed") else desk.reports / file
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    if file.startswith("signed"):
        with pytest.raises(Refusal) as refused:
            desk.run(langs=["vi"])
        assert [f.reason for f in refused.value.findings] == ["signed_changed"]
    else:
        record.load(desk.reports / "public"), unchanged.read(desk.reports)
        assert "approve_no_report" in reasons(desk, day="2026-04-03") or file == "run-seen.json"


@pytest.mark.parametrize("version", ["../../x", "01", "٣", "9" * 5000, "0", "1/2"])
def test_a_version_is_a_number(desk, version):
    desk.run(langs=["vi"])
    sign(desk)
    path = desk.data / "2025/communes/approvals.csv"
    path.write_text(table(desk).replace("\n1,", f"\n{version},"), encoding="utf-8")
    named = [(f.code, f.column) for f in check(desk.data, "2025", "communes") if f.severity == "error"]
    assert ("E_FORM", "version") in named


def test_a_broken_chain_stops_runs_and_sign_offs(desk):
    desk.run(langs=["vi"])
    sign(desk)
    answer(desk, ("yes", "no"))
    desk.run(langs=["vi"])
    sign(desk, reason="Sửa số liệu", day="2026-04-02")
    path = desk.data / "2025/communes/approvals.csv"
    path.write_text(table(desk).replace("12/QĐ-UBND", "99/QĐ-UBND", 1), encoding="utf-8")
    assert "approve_chain" in reasons(desk, reason="x", day="2026-04-03")
    (finding,) = [f for f in check(desk.data, "2025", "communes") if f.severity == "error"]
    assert (finding.reason, finding.row, finding.column) == ("approve_chain", 3, "previous")
    with pytest.raises(Refusal) as refused:
        desk.run(langs=["vi"])
    assert {f.reason for f in refused.value.findings} == {"approve_chain"}


def test_a_page_without_its_paper_is_not_signed(desk):
    assert desk.run(langs=["vi"], exporter="plain_page_without_paper").exit_code == 1
    assert reasons(desk) == {"approve_no_paper"}
    desk.run(langs=["vi"])
    assert sign(desk)["version"] == "1"
