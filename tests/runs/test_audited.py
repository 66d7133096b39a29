"""What a run publishes is confirmed by the audit, which knows nothing of the run; what is done to it afterwards is not."""

from __future__ import annotations

import json
import random

import pytest

from dxlib import atomic
from dxlib.audit import audit, holds, main, prove
from dxlib.cli import main as by_dx
from dxlib.runs.approve import approve

SIGN = {"role": "Chủ tịch UBND tỉnh", "decision": "12/QĐ-UBND", "day": "2026-03-31"}
PLACE = "2025/communes"


def deviations(desk) -> list[tuple[str, str]]:
    reports = [audit(desk.reports / reader, data=desk.data) for reader in ("public", "internal")]
    return sorted({(of.path, of.kind) for report in reports for of in report.deviations})


def test_a_run_is_confirmed_signed_and_confirmed_again(desk):
    desk.run(langs=["vi"])
    assert deviations(desk) == []
    row = approve(desk.data, desk.reports, "2025", "communes", **SIGN)
    assert deviations(desk) == []
    desk.run(langs=["vi"])
    assert deviations(desk) == []
    report = audit(desk.reports / "public", signed=row["fingerprint"][:12])
    assert report.confirmed and audit(desk.reports / "public", root=report.root).confirmed
    claims = desk.data / PLACE / "claims.csv"
    claims.write_text(claims.read_text("utf-8").replace("yes", "no"), encoding="utf-8")
    assert deviations(desk) == [(f"{PLACE}/claims.csv", "data_changed")]
    desk.run(langs=["vi"])
    assert deviations(desk) == [(PLACE, "signed")]
    approve(desk.data, desk.reports, "2025", "communes", **SIGN | {"reason": "sửa số liệu"})
    desk.run(langs=["vi"])
    assert deviations(desk) == []
    assert audit(desk.reports / "public", signed=row["fingerprint"]).confirmed  # the pages of v1 print it


def test_damage_to_what_a_run_left_and_read_is_named(desk):
    desk.run(langs=["vi"])
    chance = random.Random(5)
    files = [p for folder in (desk.reports / "public", desk.reports / "internal") for p in folder.rglob("*.*")]
    inputs = [p for p in desk.data.rglob("*.*") if p.is_file()]
    for file in [*files, *inputs]:
        data = file.read_bytes()
        for _ in range(3):
            at = chance.randrange(len(data))
            file.write_bytes(data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :])
            named = {path for path, _ in deviations(desk)}
            assert any(file.as_posix().endswith(f"/{path}") for path in named), (file, named)
        file.write_bytes(data)
    assert deviations(desk) == []


def test_an_agency_proves_its_own_lines(desk, capsys):
    desk.run(langs=["vi"])
    proof = prove(desk.reports / "public", PLACE, "b")
    assert holds(proof)
    assert proof["root"] == audit(desk.reports / "public").roots[PLACE]
    assert main([str(desk.reports / "public"), "--proof", PLACE, "b"]) == 0
    assert json.loads(capsys.readouterr().out) == proof


def test_copies_of_forms_that_were_sent_back_refute_nothing(desk):
    """Nobody can make them again; elsewhere, and in what is public, they are extra."""
    desk.run(langs=["vi"])
    for reader, place, named in (
        ("internal", "2025/communes/returned", False),
        ("internal", "2025/communes/tables", True),
        ("public", "2025/communes/returned", True),
    ):
        stray = desk.reports / reader / place / "xã a.xlsx"
        stray.parent.mkdir(parents=True, exist_ok=True)
        stray.write_bytes(b"PK")
        assert bool(audit(desk.reports / reader).deviations) == named, (reader, place)
        stray.unlink()


def test_the_command_compares_the_data_that_are_named(desk, capsys):
    desk.run(langs=["vi"])
    place = ["audit", "--data", str(desk.data), "--reports", str(desk.reports)]
    assert by_dx(place) == 0
    claims = desk.data / "2025/communes/claims.csv"
    claims.write_text(claims.read_text("utf-8").replace("yes", "no"), encoding="utf-8")
    capsys.readouterr()
    assert by_dx(place) == 1 and "2025/communes/claims.csv" in capsys.readouterr().out
    assert by_dx(["audit", "--reports", str(desk.reports / "none")]) == 1
    assert "none không phải thư mục đã công bố" in capsys.readouterr().out


def test_dx_takes_what_was_published_elsewhere_as_the_auditors_own_command_does(desk, capsys):
    desk.run(langs=["vi"], years=["2025"])
    right = audit(desk.reports / "public").root
    code = next(iter(audit(desk.reports / "public").fingerprints.values()))
    given = ["audit", str(desk.reports), "--data", str(desk.data), "--lang", "en"]
    assert (
        by_dx([*given, "--root", right, "--fingerprint", code[:12]]) == 0
    )  # the public folder's; internal has its own
    assert by_dx([*given, "--root", "0" * 64]) == by_dx([*given, "--fingerprint", "0" * 12]) == 1
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        by_dx([*given, "--root", "12"])
    assert ended.value.code == 2 and "hex digits" in capsys.readouterr().err


def test_an_audit_between_the_stroke_and_the_end_says_so(desk, monkeypatch, capsys):
    desk.run(langs=["vi"], years=["2025"])
    claims = desk.data / PLACE / "claims.csv"
    claims.write_text(claims.read_text("utf-8").replace("yes", "no"), encoding="utf-8")
    ended, real = [], atomic.finish

    def watched(folder):
        ended.append(by_dx(["audit", str(folder), "--lang", "en", "--data", str(desk.data)]))
        real(folder)

    monkeypatch.setattr(atomic, "finish", watched)
    assert desk.run(langs=["vi"], years=["2025"]).exit_code == 0
    said = capsys.readouterr().out
    assert set(ended) == {3} and "CHANGE UNDER WAY" in said and "REFUTED" not in said
    last = by_dx(["audit", str(desk.reports), "--data", str(desk.data), "--lang", "en"])
    assert last == 0, capsys.readouterr().out
