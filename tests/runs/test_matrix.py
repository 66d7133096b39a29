"""The matrix is what the folder holds, narrowed by selections that are checked as a whole."""

import re

import pytest
from desk import write_case
from hypothesis import given, settings
from hypothesis import strategies as st

from dxlib.errors import Refusal
from dxlib.runs.matrix import Job, plan


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("matrix")
    data, notebooks = root / "data", root / "notebooks"
    for place in ("2024/communes", "2025/communes", "2025/province", "2025/CON", "２０２５/communes", "2025/bad group"):
        (data / place).mkdir(parents=True)
        (data / place / "index.toml").write_text("")
    (data / "2025/empty").mkdir()
    notebooks.mkdir()
    for name in ("report", "verification", "explore"):
        (notebooks / f"{name}.ipynb").write_text("{}")
    return data, notebooks


def test_everything_that_has_the_form_is_found(folders):
    jobs = plan(*folders)
    assert {(j.year, j.group) for j in jobs} == {("2024", "communes"), ("2025", "communes"), ("2025", "province")}
    assert [(j.notebook, j.lang, j.reader) for j in jobs[:4]] == [
        ("report", "vi", "public"),
        ("report", "en", "public"),
        ("verification", "vi", "internal"),
        ("verification", "en", "internal"),
    ]


def test_a_group_that_no_windows_folder_can_be_is_not_left_out_unsaid(desk):
    write_case(desk.data, "2025", "nul", "reported")
    result = desk.run(years=["2025"], langs=["vi"], notebooks=["report"])
    assert {str(o.job): [f.reason for f in o.findings] for o in result.outcomes} == {
        "2025/communes/report.vi": [], "2025/nul/report.vi": ["group_form"],
    }  # fmt: skip


def test_selections_narrow_the_matrix(folders):
    assert plan(*folders, years=[2025], groups=["province"], notebooks=["report"], langs=["en"]) == [
        Job("2025", "province", "report", "en", "public")
    ]


def test_every_bad_selection_is_named(folders):
    with pytest.raises(Refusal) as refusal:
        plan(*folders, years=["2052", "2025 "], groups=["comunes", "../x"], notebooks=["reprot"], langs=["fr"])
    found = {f.value: (f.reason, f.facts.get("nearest")) for f in refusal.value.findings}
    assert found == {
        "2052": ("selection_unknown", "2025"),
        "2025 ": ("year_form", None),
        "comunes": ("selection_unknown", "communes"),
        "../x": ("group_form", None),
        "reprot": ("selection_unknown", "report"),
        "fr": ("selection_unknown", "–"),
    }


@pytest.mark.parametrize("selection", [{"years": ["2024"], "groups": ["province"]}, {"years": []}, {"langs": []}])
def test_selecting_nothing_is_an_error(folders, selection):
    with pytest.raises(Refusal) as refusal:
        plan(*folders, **selection)
    assert [f.reason for f in refusal.value.findings] == ["selection_empty"]


def test_a_folder_that_is_not_there(folders, tmp_path):
    with pytest.raises(Refusal):
        plan(tmp_path / "none", folders[1])


@pytest.mark.parametrize("year", ["2025 ", "２０２５", "2025.0", "2025\n", "", "9" * 300, "../2025"])
@pytest.mark.parametrize("group", ["../x", "CON", "con", "", "x" * 300, "a/b", "a\n", "a\0", "-a"])
def test_forms_that_never_become_a_path(folders, year, group):
    with pytest.raises(Refusal) as refusal:
        plan(*folders, years=[year], groups=[group])
    assert {f.reason for f in refusal.value.findings} == {"year_form", "group_form"}


@settings(max_examples=500)
@given(
    st.one_of(st.text(max_size=50), st.text(alphabet="./\\a2\n", max_size=8)),
    st.one_of(st.text(max_size=50), st.text(alphabet="./\\a2\n", max_size=8)),
)
def test_whatever_is_asked_a_job_is_a_safe_path(folders, year, group):
    try:
        jobs = plan(*folders, years=[year], groups=[group])
    except Refusal:
        return
    assert all(
        re.fullmatch("[0-9]{4}", j.year, re.ASCII) and re.fullmatch("[a-z0-9][a-z0-9_-]{0,31}", j.group, re.ASCII)
        for j in jobs
    )
