"""The brief is one sheet of paper, printed by a real browser from the pages of the sample with the most to say."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from dxlib.runs import run

DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.mark.real("chromium")
@pytest.mark.real("poppler")
def test_the_brief_is_one_sheet(tmp_path):
    groups = ["communes", "departments"]
    made = run(DATA, tmp_path, years=[2025], groups=groups, notebooks=["brief"], parameters=[("draws", "200")])
    assert made.exit_code == 0
    pages, set_by_typst = (sorted(tmp_path.glob(f"internal/2025/*/brief.*.{form}")) for form in ("html", "pdf"))
    assert len(pages) == len(set_by_typst) == 4
    for page in pages:
        paper = tmp_path / "paper.pdf"
        command = [str(shutil.which("chromium")), "--headless", "--no-sandbox", "--no-pdf-header-footer"]
        subprocess.run(
            [*command, f"--print-to-pdf={paper}", page.as_uri()], check=True, capture_output=True, timeout=120
        )
        assert sheets(paper) == 1, page.parent.name
    assert [sheets(paper) for paper in set_by_typst] == [1] * 4


def sheets(paper: Path) -> int:
    said = subprocess.run(["pdfinfo", str(paper)], check=True, capture_output=True, text=True).stdout
    return int(said.partition("Pages:")[2].split()[0])
