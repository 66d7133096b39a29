"""The panel: its widgets without a browser, then the whole notebook in JupyterLab and Chromium, by keyboard."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from lab import browser, enter_until, laboratory, notebook_for, run_all, slider
from test_model import BEFORE, HERE, folder, official

import dxlib
from dxlib.explore import page
from dxlib.explore.model import State
from dxlib.explore.widgets import Panel
from dxlib.words import catalogue


def made(root: Path, lang: str = "vi") -> Panel:
    case = dxlib.read_case(root, "2024", "departments")
    from dxlib.explore.model import Model

    model = Model(case, dxlib.draw_weights(case, 0.2, 30, np.random.default_rng(3)), "current")
    return Panel(page.Words(model, lang, "drawn so"), root)


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_every_widget_changes_what_is_shown(tmp_path, lang):
    panel, said = made(folder(tmp_path), lang), catalogue(lang)
    start = panel.ranking.value
    assert said["explore.exact"] in start and panel.message.value == ""
    panel.sliders["1"].value = 0.35
    assert panel.state == State({"1": 35}) and said["explore.provisional"] in panel.ranking.value
    panel.drop.value = ("2.1",)
    assert panel.state.drop == ("2.1",) and catalogue(lang)["explore.dropped"].split("{")[0] in panel.ranking.value
    panel.agency.value, panel.row.value, panel.points.value = "a2", "2.2", "6"
    panel.edit.click()
    assert panel.state.points == {("a2", "2.2"): "6"} and panel.message.value == ""
    panel.exact.click()
    assert panel.shown == panel.model.exactly(panel.state) and said["explore.agree"] in panel.message.value
    panel.points.value = "60"
    panel.edit.click()
    assert 'class="refused"' in panel.message.value and panel.state.points == {("a2", "2.2"): "6"}
    panel.name.value, panel.title.value = "with-points", ""
    panel.save.click()
    read = dxlib.read_scenario(tmp_path, panel.model.case, "with-points")
    assert read.edited == {("a2", "2.2"): 6} and panel.shown.rank == official(read, "current")
    panel.points.value = ""
    panel.edit.click()
    assert panel.state.points == {}
    panel.name.value, panel.title.value = "tried", "Thử"
    panel.save.click()
    read = dxlib.read_scenario(tmp_path, panel.model.case, "tried")
    assert HERE in panel.message.value and panel.shown.exact and panel.shown.rank == official(read, "current")
    panel.reset.click()
    assert panel.state == State() and panel.ranking.value == start
    assert panel.sliders["1"].value == 1.0 and panel.drop.value == ()


def test_weights_that_weigh_nothing_leave_no_ranking(tmp_path):
    panel = made(folder(tmp_path))
    for slider_ in panel.sliders.values():
        slider_.value = 0
    assert 'class="refused"' in panel.message.value == panel.ranking.value and panel.weights.value == ""
    panel.sliders["2"].value = 0.05
    assert panel.message.value == "" and "<table" in panel.ranking.value


@pytest.mark.real("chromium")
def test_the_notebook_in_a_browser(tmp_path):
    assert importlib.util.find_spec("playwright")
    root = folder(tmp_path / "data")
    (root / HERE).write_bytes(BEFORE["comments"])
    notebook_for(tmp_path, root=str(root), draws=50, on="current")
    said = catalogue("vi")
    with laboratory(tmp_path) as address, browser() as tab:
        run_all(tab, address)
        ranking, message = tab.locator(".dx-ranking"), tab.locator(".dx-message")
        first = ranking.inner_text()
        slider(tab, 0).focus()
        for _ in range(14):
            tab.keyboard.press("ArrowLeft")
        tab.locator(".dx-ranking caption", has_text=said["explore.provisional"]).wait_for()
        tab.wait_for_function("() => document.querySelector('.dx-explore .widget-readout').textContent === '30%'")
        tab.locator("button.dx-compute").click()
        message.get_by_text(said["explore.agree"]).wait_for()
        tried = dxlib.read_case(root, "2024", "departments").with_changes({"1": 4.5, "2": 15})
        rows = [cells.split("\t") for cells in tab.locator(".dx-ranking tbody tr").all_inner_texts()]
        shown = {cells[3]: int(cells[0]) for cells in rows}
        assert [shown[f"Sở {i}"] for i in range(5)] == official(tried, "current")
        assert ranking.inner_text() != first
        tab.get_by_label(said["explore.label.name"]).fill("thử")
        tab.locator("button.dx-save").click()
        message.locator(".refused").wait_for()
        assert (root / HERE).read_bytes() == BEFORE["comments"]
        tab.get_by_label(said["explore.label.name"]).fill("less-awareness")
        enter_until(tab, tab.locator("button.dx-save"), message.get_by_text("less-awareness"))
        points = tab.get_by_label(said["explore.label.points"], exact=True)
        row = tab.get_by_label(said["explore.label.row"], exact=True)
        row.select_option(index=3)
        points.fill("4")
        shown_edit = ranking.get_by_text(said["explore.edited"].split("{")[0].strip())
        enter_until(tab, tab.locator("button.dx-edit"), shown_edit)
        tab.get_by_label(said["explore.label.name"]).fill("other-points")
        enter_until(tab, tab.locator("button.dx-save"), message.get_by_text("other-points"))
    after = (root / HERE).read_bytes()
    assert after.startswith(BEFORE["comments"])
    edited = dxlib.read_scenario(root, dxlib.read_case(root, "2024", "departments"), "other-points")
    assert edited.edited == {("a0", "2.2"): 4} and edited.framework == tried.framework
    read = dxlib.read_scenario(root, dxlib.read_case(root, "2024", "departments"), "less-awareness")
    assert read.framework == tried.framework
