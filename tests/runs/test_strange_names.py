"""A year whose names, titles, notes and reasons hold every kind of sign, and of which two agencies are called alike:
every product is made, and every list tells the two apart."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from test_safe_out import replant, root, words  # noqa: F401  the fixture and its helpers

from dxlib.runs import run

SIGNS = "😀 ✅\ufe0f ❌ ㎡ 中（１） e\u0323\u0302 שם $x$ a_b \\frac <b>&amp; ' _x0041_"
ALIKE = "Huyện Cùng Tên"
TEXTS = {
    "agencies": ["note"],
    "indicators": ["name_vi", "name_en", "evidence_vi", "legal", "unit"],
    "verdicts": ["note"],
    "appeals": ["grounds"],
    "exemptions": ["decided_by"],
}
REOPENING = {"claims": ["explanation"], "evidence": ["number", "title", "issuer", "note"]}  # claims are judged anew


def spoil(folder: Path, texts: dict[str, list[str]]) -> None:
    for table, columns in texts.items():
        path = folder / f"{table}.csv"
        if path.is_file():
            replant(path, columns, lambda cell, i: f"{cell} {SIGNS}" if cell else cell)


@pytest.mark.filterwarnings("error:.*Glyph:UserWarning")
def test_every_product_is_made_and_tells_two_of_one_name_apart(root, tmp_path):  # noqa: F811
    folder = root / "2024/districts"
    spoil(folder, TEXTS)
    replant(folder / "agencies.csv", ["name_vi", "name_en"], lambda cell, i: f"{SIGNS} {ALIKE if i in (0, 2) else cell}")
    with (folder / "agencies.csv").open(encoding="utf-8", newline="") as file:
        first, _, second = [row["agency"] for row in csv.DictReader(file)][:3]
    settings = (folder / "index.toml").read_text(encoding="utf-8")
    (folder / "index.toml").write_text(re.sub(r'vi = "', 'vi = "😀 ㎡ ', settings), encoding="utf-8")
    made = run(root, tmp_path / "reports", years=["2024"], langs=["vi"], parameters=[("draws", "50")])
    assert [(str(o.job), o.reason) for o in made.failures] == [] and len(made.outcomes) == 7
    listed = {".html", ".xlsx", ".docx"}
    pages = [path for path in (tmp_path / "reports").rglob("*") if path.suffix in listed]
    told = set()
    for path in pages:
        after = re.findall(rf"{ALIKE}(.{{0,40}})", " ".join(words(path).split()))
        assert not [rest for rest in after if not rest.startswith((f" ({first})", f" ({second})"))], (path, after[:3])
        told |= {path.name} if after else set()
    assert {
        "report.vi.html", "scorecard.vi.html", f"{first}.vi.html", f"{second}.vi.html", "sensitivity.vi.html", "trend.vi.html",
        "verification.vi.html", "index.html", "calculation.vi.xlsx", "quyet-dinh.docx",
    } <= told  # fmt: skip
    spoil(folder, REOPENING)
    again = run(root, tmp_path / "reports", years=["2024"], notebooks=["verification"], langs=["vi"])
    assert [o.reason for o in again.failures] == [] and again.outcomes[0].status == "made"
