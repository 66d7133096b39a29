"""The root that papers for signature print: of all that is published, and of nothing else."""

from __future__ import annotations

import docx
import pytest

from dxlib.audit import audit
from dxlib.errors import Refusal
from dxlib.runs import run
from dxlib.runs.approve import approve
from dxlib.runs.record import read

PLACE = "2025/communes"
UNKNOWN = "chưa có: các trang công bố chưa được lập từ đúng số liệu này"


def made(desk, *notebooks, **how):
    done = run(desk.data, desk.reports, ["2025"], ["communes"], notebooks, ["vi"], **how)
    assert not done.failures, done.findings
    return {outcome.job.notebook: outcome.status for outcome in done.outcomes}


def brief(desk):
    return (desk.reports / f"internal/{PLACE}/brief.vi.html").read_text("utf-8")


def decision(desk):
    paper = docx.Document(desk.reports / f"internal/{PLACE}/quyet-dinh.docx")
    return "".join(p.text for p in paper.paragraphs).replace(" ", "")


def sign(desk):
    return approve(desk.data, desk.reports, "2025", "communes", "Chủ tịch", "12/QĐ", "2026-03-31")


def test_papers_print_the_root_of_what_is_published_and_a_sign_off_binds_it(desk):
    made(desk, "brief")  # nothing is published yet
    assert UNKNOWN in brief(desk) and "Mãgốc" not in decision(desk)
    assert read(desk.reports)[f"internal/{PLACE}/brief.vi"]["root"] == ""

    assert made(desk, "report", "brief") == {"report": "made", "brief": "made"}
    public = desk.reports / "public"
    root = audit(public).roots[PLACE]
    assert root in brief(desk) and root in decision(desk) and root in (public / "index.html").read_text("utf-8")
    assert root not in (public / f"{PLACE}/report.vi.html").read_text("utf-8")
    assert made(desk, "report", "brief") == {"report": "kept", "brief": "kept"}

    claims = desk.data / PLACE / "claims.csv"
    before = claims.read_text("utf-8")
    claims.write_text(before.replace("b,1,no", "b,1,yes"), encoding="utf-8")
    made(desk, "brief")  # on other figures than those published
    assert UNKNOWN in brief(desk)
    claims.write_text(before, encoding="utf-8")
    with pytest.raises(Refusal) as refused:
        sign(desk)
    assert [(f.reason, f.facts) for f in refused.value.findings] == [("approve_papers", {"printed": "–", "root": root})]

    made(desk, "report", "brief")
    assert sign(desk)["root"] == root
    assert made(desk, "report", "brief") == {"report": "made", "brief": "made"}  # both show the sign-off
    assert root in brief(desk) and root in decision(desk)  # of what was signed, which stands in v1
    report = audit(public, root=root)
    assert report.confirmed and report.roots[f"{PLACE}/v1"] == root != report.roots[PLACE]
    assert [kind for kind, _ in report.covered] == ["covers_version", "covers_no_data", "covers_no_truth"]
    assert root in (public / "index.html").read_text("utf-8")
