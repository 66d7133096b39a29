"""The index of the site: which pages are there and what the open data say, nothing internal, nothing out of a page."""

from __future__ import annotations

import json
import re
from pathlib import Path

from dxlib.case import read_case
from dxlib.case.settings import read_settings
from dxlib.index import score
from dxlib.publish.open_data import open_data
from dxlib.publish.site import site
from dxlib.words import text

YEARS = ("2024", "2025")
DATA = Path(__file__).resolve().parents[2] / "data"
LISTED = ["report", "sensitivity"]


def write(reports, relative, said=""):
    path = reports / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"<html><title>{said}</title>{text('page.sample', 'vi')}</html>", "utf-8")


def pages(reports, **sets) -> dict[str, str]:
    """sets   group -> what its index.toml of every year says"""
    settings = {f"{year}/{of}": read_settings(b.encode(), year, of)[0] for of, b in sets.items() for year in YEARS}
    return {name: page.decode() for name, page in site(reports / "public", LISTED, {}, settings).items()}


def test_public_pages_by_year_and_index_set_and_nothing_internal(tmp_path):
    for year in YEARS:
        for name in ("report.vi", "report.en", "sensitivity.vi"):
            write(tmp_path, f"public/{year}/communes/{name}.html", "stranger")
    write(tmp_path, "public/2025/communes/notes.html", "a stranger's page")
    write(tmp_path, "public/2025/communes/report.vi.pdf", "")
    write(tmp_path, "public/2025/communes/calculation.vi.xlsx", "")
    write(tmp_path, "public/2025/communes/tables/scores.csv", "")
    write(tmp_path, "internal/2025/communes/verification.vi.html", "secret")
    made = pages(tmp_path, communes='title.vi = "A & B vi"\ntitle.en = "A & B en"')
    listed = made["index.html"]
    assert set(made) == {"index.html", "index.en.html"} and 'href="index.en.html"' in listed
    links = re.findall(r'href="(202[^"]+)"', listed)
    assert links == [
        "2025/communes/report.vi.html", "2025/communes/report.vi.pdf", "2025/communes/sensitivity.vi.html",
        "2025/communes/calculation.vi.xlsx", "2025/communes/tables/scores.csv", "2024/communes/report.vi.html", "2024/communes/sensitivity.vi.html",
    ]  # fmt: skip
    assert "secret" not in listed and "stranger" not in listed and "internal/" not in listed
    assert listed.index('id="2025"') < listed.index('id="2024"') and "<h3>A &amp; B vi, năm 2024</h3>" in listed
    assert "<h3>A &amp; B en, 2024</h3>" in made["index.en.html"] and "report.en.html" in made["index.en.html"]
    assert text("page.sample", "vi") not in listed


def test_made_up_figures_are_announced(tmp_path):
    write(tmp_path, "public/2025/communes/report.en.html")
    made = pages(tmp_path, communes="sample = true")
    assert text("page.sample", "vi") in made["index.html"] and text("page.sample", "en") in made["index.en.html"]
    package, mark = tmp_path / "public/2025/communes/datapackage.json", text("open_data.mark.sample", "en")
    package.write_text(json.dumps({"mark": f"x / {mark}; y"}), "utf-8")  # what was published stands before index.toml
    assert text("page.sample", "vi") in pages(tmp_path, communes="sample = false")["index.html"]
    package.write_text(json.dumps({"mark": "x"}), "utf-8")
    assert text("page.sample", "vi") not in pages(tmp_path, communes="sample = true")["index.html"]


def test_a_set_without_open_data_is_called_in_the_language_of_its_page_or_by_its_code(tmp_path):
    write(tmp_path, "public/2025/communes/report.en.html")
    named = pages(tmp_path, communes='title.vi = "Bộ"\ntitle.en = "Set 2025"')
    assert all("<h3>Set 2025</h3>" in page for page in named.values())
    for unknown in ({}, {"communes": "title = [["}):
        assert "<h3>2025/communes</h3>" in pages(tmp_path, **unknown)["index.html"]


def test_no_pages_yet(tmp_path):
    (tmp_path / "public/2025/communes").mkdir(parents=True)
    assert text("site.empty", "vi") in pages(tmp_path)["index.html"]


def test_every_agency_stands_there_as_published(tmp_path):
    case = read_case(DATA, 2024, "departments")
    scores = score(case)
    folder = tmp_path / "public/2024/departments"
    for name, data in open_data(case, scores, False, "0123456789ab").items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    write(tmp_path, "public/2024/departments/report.vi.html")
    write(tmp_path, "public/2024/departments/scorecard/so-y-te.vi.html")
    listed = pages(tmp_path)["index.html"]
    rows = re.findall(r'<tr data-place="2024/departments/([^"]+)"><td class="rank"[^>]*>([^<]*)', listed)
    index = scores[scores["node"] == "index"].set_index("agency")
    assert len(rows) == len(index)
    for agency, rank in rows:
        place, of = str(index.loc[agency]["rank"]), str(index.loc[agency]["of"])
        assert rank == ("–" if place == "<NA>" else f"{place} trên {of}")
    assert 'href="2024/departments/scorecard/so-y-te.vi.html"' in listed and listed.count("scorecard/") == 1
    figures = json.loads(re.search(r'id="pillars">(.*?)</script>', listed).group(1))["2024/departments"]
    assert set(figures["of"]) == set(index.index) and len(figures["names"]) == len(next(iter(figures["of"].values())))


def test_names_cannot_break_out_of_the_page(tmp_path):
    package = {"titles": {"vi": "</title><script>x</script>", "en": '"><img src=x>'}, "mark": "<b>"}
    write(tmp_path, "public/2024/departments/report.vi.html")
    folder = tmp_path / "public/2024/departments"
    (folder / "datapackage.json").write_text(json.dumps(package), "utf-8")
    (folder / "tables").mkdir()
    hostile = "</script><script>y</script>"
    (folder / "tables/agencies.csv").write_text(f"agency,name_vi,name_en\na,{hostile},\n", "utf-8-sig")
    (folder / "tables/indicators.csv").write_text(f"code,name_vi,name_en\n1,{hostile},\n", "utf-8-sig")
    head = "agency,scope,node,level,score,rank,of,class,state\n"
    (folder / "tables/scores.csv").write_text(f"{head}a,,index,0,0.5,1,2,1,x\na,,1,1,0.5,1,2,,x\n", "utf-8-sig")
    for page in pages(tmp_path).values():
        assert page.count("<script") == page.count("</script>") == 4 and "<img" not in page and "<b>" not in page
