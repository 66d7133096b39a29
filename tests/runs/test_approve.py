"""Signing: only what was published, verified and unchanged; a row is appended, chained, and the pages say so."""

from __future__ import annotations

import json

import pytest

from dxlib import audit
from dxlib.case import read_case
from dxlib.cli import main
from dxlib.errors import Refusal
from dxlib.runs.approve import approve

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
    assert reasons(desk, reason="x") == {"approve_changed_input", "approve_twice"}
    desk.run(langs=["vi"])
    index = (desk.reports / "public/index.html").read_text(encoding="utf-8")
    assert "đã được thay" in index
    assert reasons(desk, day="2026-03-01") == {"approve_no_reason", "approve_day"}
    above = table(desk)
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


def test_the_command(desk, capsys):
    desk.run(langs=["vi"])
    place = ["approve", "2025", "communes", "--data", str(desk.data), "--reports", str(desk.reports)]
    assert main([*place, "--role", "Chủ tịch", "--decision", "=1+1", "--date", "2026-03-31"]) == 0
    assert "bản 1" in capsys.readouterr().out and "=1+1" in table(desk)
    assert main([*place, "--role", "Chủ tịch", "--decision", "2", "--date", "2026-03-31"]) == 1
    assert "đã được ký" in capsys.readouterr().err
