"""Nothing private leaves the house: strings planted in every private field, and details of persons in public ones."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from dxlib.runs import run

DATA = Path(__file__).resolve().parents[2] / "data"
PLACE = ("2024", "districts")
PRIVATE = {
    "claims": ["explanation", "submitted_by"],
    "verdicts": ["note", "decided_by"],
    "appeals": ["grounds"],
    "evidence": ["number", "title", "issuer", "note"],
    "shared": ["reason", "decided_by"],
    "agencies": ["note"],
    "exemptions": ["decided_by"],
}
CANARY = "canaryq{}x"


def replant(path: Path, columns: list[str], plant) -> int:
    """Every cell of the columns changed by `plant(cell, row)`; returns how many cells."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for i, row in enumerate(rows):
        row.update({column: plant(row[column], i) for column in columns if column in row})
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(out.getvalue(), encoding="utf-8")
    return len(rows)


@pytest.fixture
def root(tmp_path) -> Path:
    """The sample up to 2024, to be spoilt."""
    root = tmp_path / "data"
    for year in ("2023", "2024"):
        shutil.copytree(DATA / year / "districts", root / year / "districts")
    for name in ("register.csv", "lineage.csv", "reasons.csv"):
        shutil.copy(DATA / name, root)
    return root


def words(path: Path) -> str:
    """All that a product says, its metadata included."""
    if path.suffix == ".pdf":
        ask = [["pdftotext", str(path), "-"], ["pdfinfo", str(path)]]
        return "\n".join(subprocess.run(a, check=True, capture_output=True, text=True).stdout for a in ask)
    if path.suffix in (".xlsx", ".docx", ".zip"):
        with zipfile.ZipFile(path) as archive:
            return "\n".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    return path.read_text(encoding="utf-8", errors="replace")


@pytest.mark.real("poppler")
def test_no_private_field_reaches_a_public_byte(root, tmp_path):
    planted = 0
    for table, columns in PRIVATE.items():
        for year in ("2023", "2024"):
            path = root / year / "districts" / f"{table}.csv"
            if path.is_file() and path.read_text(encoding="utf-8").count("\n") > 1:
                planted += replant(path, columns, lambda cell, i, table=table: f"{CANARY.format(table)} {cell}".strip())
    assert planted > 500
    made = run(root, tmp_path / "reports", years=["2024"], parameters=[("draws", "50")])
    assert [o.reason for o in made.failures] == []
    public = [path for path in (tmp_path / "reports/public").rglob("*") if path.is_file()]
    kinds = {path.suffix for path in public}
    assert {".html", ".pdf", ".csv", ".json", ".md", ".xlsx"} <= kinds and len(public) > 30
    assert [path.name for path in public if "canaryq" in words(path)] == []
    internal = list((tmp_path / "reports/internal").rglob("*.html"))
    assert any("canaryq" in words(path) for path in internal)  # the strings do reach where they may


@pytest.mark.parametrize(
    ("typed", "kind"),
    [("nam@example.gov.vn", "mail"), ("0912 345 678", "telephone"), ("079123456789", "identity")],
)
def test_a_person_in_a_name_stops_the_page_and_names_the_place(root, tmp_path, typed, kind):
    replant(root / "2024/districts/agencies.csv", ["name_vi"], lambda cell, i: f"{cell} ({typed})" if not i else cell)
    made = run(
        root, tmp_path / "reports", years=["2024"], notebooks=["report"], langs=["vi"], parameters=[("draws", "50")]
    )
    assert [f.reason for o in made.failures for f in o.findings] == [f"personal_{kind}"]
    found = made.findings[0]
    assert found.file.endswith("report.vi.html") and found.value[:1] == typed[:1] and typed not in str(found)
    assert not list((tmp_path / "reports/public").rglob("report*"))
