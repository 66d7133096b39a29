"""A wrong ledger stops the scores, not the verification: its page is made, and says what it left out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dxlib.cli import main
from dxlib.words import catalogue
from tests.case import folder

BROKEN = (
    "agency,indicator,step,stage,a,b,option,points,reason,decided_by,decided_on\n"
    "so-a,1.10,1,verify,20,,,,,verifier 1,2025-01-10\nso-b,1.10,1,verify,,,,,,verifier 1,2025-01-10\n"
    "so-a,1.1,2,verify,3,,,,thin,verifier 1,2025-01-10\n"
)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    base = tmp_path_factory.mktemp("broken")
    folder.write(base / "data", verdicts=BROKEN)
    before = {p: p.read_bytes() for p in (base / "data").rglob("*") if p.is_file()}
    code = main(
        ["run", "--data", str(base / "data"), "--reports", str(base / "reports"), "--lang", "vi", "--quiet", "-j", "1"]
    )
    return base, before, code


def test_the_scores_are_refused_and_the_verification_is_there(outcome):
    base, _, code = outcome
    assert code == 1
    pages = {p.relative_to(base / "reports").as_posix() for p in (base / "reports").rglob("*.html")}
    assert "internal/2024/demo/verification.vi.html" in pages
    assert not [page for page in pages if page.startswith("public/2024")]


def test_the_page_says_what_it_left_out(outcome):
    base, before, _ = outcome
    page = (base / "reports/internal/2024/demo/verification.vi.html").read_text(encoding="utf-8")
    words = catalogue("vi")
    assert words["verification.left_out_caption"].format(n=1) in page
    assert "2024/demo/verdicts.csv" in page and words["page.provisional"] in page
    assert {p: p.read_bytes() for p in before} == before  # the files stay as they are


def test_a_foreign_index_without_claims_has_no_verification(tmp_path, capsys):
    """An index of statistics (EGDI): nothing is asked of claims."""
    place = tmp_path / "data/2018/countries"
    place.mkdir(parents=True)
    (place / "index.toml").write_text(
        'year = 2018\ngroup = "countries"\ntotal = 1\ntitle = { en = "EGDI" }\n', encoding="utf-8"
    )
    (place / "indicators.csv").write_text(
        'code,parent,rule\nosi,,"goalposts(0, 1)"\ntii,,"goalposts(0, 1)"\n', encoding="utf-8"
    )
    (place / "agencies.csv").write_text("agency,name_en\ndk,Denmark\nau,Australia\n", encoding="utf-8")
    (place / "claims.csv").write_text(
        "agency,indicator,a\ndk,osi,1\ndk,tii,0.8\nau,osi,0.97\nau,tii,0.74\n", encoding="utf-8"
    )
    arguments = ["run", "--data", str(tmp_path / "data"), "--reports", str(tmp_path / "reports"), "--lang", "en"]
    assert main([*arguments, "--notebooks", "report,verification", "--json", "-j", "1"]) == 0
    jobs = [row["job"] for row in json.loads(capsys.readouterr().out)]
    assert jobs == ["2018/countries/report.en"] and not Path(tmp_path / "reports/internal").exists()
