"""In a real browser: find, compare, sort, filter, try weights, by keyboard and on a phone, with and without scripts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dxlib.runs import run

pytestmark = pytest.mark.real("chromium")
DATA = Path(__file__).resolve().parents[2] / "data"
FAST = [("draws", "200")]
COMMUNES = "public/2024/communes/report.vi.html"


@pytest.fixture(scope="module")
def reports(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    for year, notebooks in ((2024, ["report", "scorecard"]), (2023, ["report"])):
        made = run(DATA, folder, [year], ["communes"], notebooks, ["vi"], parameters=FAST)
        assert made.exit_code == 0
    return folder


def test_an_agency_is_found_and_compared_and_the_address_leads_back(opened, reports):
    index = reports / "public/index.html"
    page = opened(index)
    page.fill("#search", "thuy lam")
    assert page.locator("#found li").count() == 2 and "Phường Thụy Lâm" in page.locator("#found").inner_text()
    page.locator("#found input").nth(0).check()
    page.fill("#search", "QUẾ SEN")
    page.locator("#found input").nth(0).check()
    captions = page.locator("#compared caption").all_inner_texts()
    assert len(captions) == 1 and page.locator("#compared thead th").count() == 3
    again = opened(index, page.url.partition("index.html")[2])
    assert again.input_value("#search") == "QUẾ SEN"
    assert again.locator("#compared").inner_text() == page.locator("#compared").inner_text()
    page.fill("#search", "thuy lam")
    page.locator("#found input").nth(1).check()
    assert (
        page.locator("#compared caption").count() == 2
        and "không so trực tiếp" in page.locator("#compared").inner_text()
    )
    page.locator("#found a").nth(0).click()
    assert page.url.endswith("scorecard/p-thuy-lam.vi.html")
    page.go_back()
    page.locator("#compared button").first.click()
    assert page.locator("#compared").is_hidden() and "c=" not in page.url


@pytest.mark.parametrize("address", ["#%", "#%E0%A4%A", "#q=%E0%A4%A", "#c=%FF,__proto__,2024/communes/x", "#q=%00&c=%", "#=", "#2024%2Fcommunes"])
def test_an_address_that_nobody_wrote_leaves_the_search_at_work(opened, reports, address):
    page = opened(reports / "public/index.html", address)
    assert page.locator("#compared").is_hidden() and page.locator("tr[data-place] input").count() > 100
    page.fill("#search", "thuy lam")
    assert page.locator("#found li").count() == 2


def test_tables_are_sorted_and_filtered_by_keyboard(opened, reports):
    page = opened(reports / COMMUNES)
    table = page.locator("table", has=page.locator("td.bar")).first
    head = table.locator("thead th", has_text="Điểm").first
    head.locator("button").focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    points = [float(text.replace(",", ".")) for text in table.locator("tbody td.number").all_inner_texts()]
    assert points == sorted(points) and len(points) == 102
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    field = page.locator("input.filter").first
    field.fill("xa luong")
    seen = [row for row in table.locator("tbody tr").all() if row.is_visible()]
    assert 0 < len(seen) < 102 and all("Xã Lương" in row.inner_text() for row in seen)
    assert page.locator(".count").first.inner_text() == f"{len(seen)} / 102"


def test_other_weights_move_the_ranking_and_the_way_back_is_the_published_one(opened, reports):
    page = opened(reports / COMMUNES)
    assert "đúng như công bố" in page.locator(".trial [role=status]").inner_text()
    published = ranks(page)
    assert all(tried == official for tried, official, _ in published) and len(published) == 102
    slider = page.locator(".sliders input").nth(3)
    slider.focus()
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    moved = ranks(page)
    assert [row for row in moved if row[0] != row[1]] and page.url.endswith("#w=100,100,100,160,100,100,100,100")
    again = opened(
        reports / COMMUNES, page.url.partition(".html")[2], viewport={"width": 390, "height": 844}, has_touch=True
    )
    assert ranks(again) == moved
    again.locator(".trial button").tap()
    assert ranks(again) == published and "#" not in again.url


def ranks(page) -> list[tuple[str, ...]]:
    """(rank as tried, published rank, name) of every row."""
    return [tuple(row.inner_text().split("\t")[:3]) for row in page.locator(".trial tbody tr").all()]


@pytest.mark.parametrize("page", ["public/index.html", COMMUNES, "public/2024/communes/scorecard/p-thuy-lam.vi.html"])
def test_nothing_is_lost_without_scripts(opened, reports, page):
    plain = opened(reports / page, java_script_enabled=False)
    full = opened(reports / page)
    words = re.compile(r"\s+")
    assert plain.locator("main table").count() >= 1
    said = words.sub(" ", full.locator("body").inner_text())
    headings = plain.locator("h2, h3").all_inner_texts()
    assert headings and all(words.sub(" ", heading).strip() in said for heading in headings)
    assert plain.locator(".control").count() == 0 and plain.locator("#finder:visible").count() == 0


@pytest.mark.parametrize("width", [390, 1100])
@pytest.mark.parametrize("page", ["public/index.html", COMMUNES, "public/2024/communes/scorecard/p-thuy-lam.vi.html"])
def test_no_serious_barrier_and_no_sideways_scrolling(opened, reports, page, width):
    from axe_playwright_python.sync_playwright import Axe

    shown = opened(reports / page, viewport={"width": width, "height": 844})
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(shown).response["violations"]
    serious = [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")]
    assert serious == []
