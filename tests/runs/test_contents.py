"""The contents page is read off the public folder."""

from dxlib.runs.contents import page
from dxlib.words import text


def write(reports, relative, title, body=""):
    path = reports / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"<html><title>{title}</title>{body}</html>", "utf-8")


def test_public_pages_by_year_and_index_set_and_nothing_internal(tmp_path):
    for year in ("2024", "2025"):
        for notebook, lang in (("report", "vi"), ("report", "en"), ("sensitivity", "vi")):
            title = text(f"run.title_{notebook}", lang, set=f"A &amp; B {lang}")
            write(tmp_path, f"public/{year}/communes/{notebook}.{lang}.html", title)
    write(tmp_path, "public/2025/communes/notes.html", "a stranger's page")
    write(tmp_path, "public/2025/communes/tables/scores.csv", "")
    write(tmp_path, "internal/2025/communes/verification.vi.html", "secret")
    listed = page(tmp_path)
    assert listed.count("<a ") == 7 and listed.count("<h3>") == 2
    assert "secret" not in listed and "stranger" not in listed and "internal/" not in listed
    assert listed.index("<h2>2025") < listed.index("<h2>2024")
    assert '<h3><span lang="vi">A &amp; B vi</span> / <span lang="en">A &amp; B en</span></h3>' in listed
    assert 'href="2025/communes/report.en.html" lang="en"' in listed and text("page.sample", "vi") not in listed


def test_made_up_figures_are_announced(tmp_path):
    write(tmp_path, "public/2025/communes/report.en.html", "x", text("page.sample", "en"))
    assert all(text("page.sample", lang) in page(tmp_path) for lang in ("vi", "en"))


def test_no_pages_yet(tmp_path):
    (tmp_path / "public/2025/communes").mkdir(parents=True)
    assert "<a " not in page(tmp_path) and "<h2>" not in page(tmp_path)
