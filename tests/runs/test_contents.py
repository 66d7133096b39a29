"""The contents page is read off the public folder."""

import shutil

from dxlib.runs.contents import page
from dxlib.words import text


def write(reports, relative, title, body=""):
    path = reports / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"<html><title>{title}</title>{body}</html>", "utf-8")


def test_public_pages_by_year_and_group_and_nothing_internal(tmp_path):
    for year in ("2024", "2025"):
        for name in ("report.vi", "report.en", "sensitivity.vi"):
            write(tmp_path, f"public/{year}/communes/{name}.html", f"{name} A &amp; B")
    write(tmp_path, "public/2025/communes/notes.html", "a stranger's page")
    write(tmp_path, "public/2025/communes/tables/scores.csv", "")
    write(tmp_path, "internal/2025/communes/verification.vi.html", "secret")
    listed = page(tmp_path)
    assert (
        listed.count("<li>") == 7 and "secret" not in listed and "stranger" not in listed and "internal" not in listed
    )
    assert listed.index("<h2>2025") < listed.index("<h2>2024") and "report.vi A &amp; B" in listed
    assert 'href="2025/communes/report.en.html" lang="en"' in listed and "MẪU" not in listed
    write(tmp_path, "public/2025/communes/report.vi.html", "x", text("page.sample", "vi"))
    assert "SỐ LIỆU MẪU" in page(tmp_path) and "SAMPLE DATA" in page(tmp_path)


def test_no_pages_yet(tmp_path):
    assert "<li>" not in page(tmp_path)
    write(tmp_path, "public/2025/communes/report.vi.html", "x")
    shutil.rmtree(tmp_path / "public/2025/communes")
    assert "<h2>" not in page(tmp_path)
