"""The handbook says what the code does: its examples run, its lists are complete, its links lead somewhere."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

import dxlib
from dxlib.case.settings import policies
from dxlib.rules import SHAPES
from dxlib.verify.flagging import FLAGS
from tests.codes import in_page, in_source, reasons, written

HOUSE = Path(__file__).resolve().parents[1]
PAGES = [*HOUSE.glob("*.md"), *(HOUSE / "docs").glob("*.md"), *(HOUSE / "reports").glob("*.md")]


@pytest.mark.parametrize("page", ["analyst.md", "phan-tich.md"])
def test_the_examples_for_analysts_run(page, monkeypatch):
    monkeypatch.chdir(HOUSE)
    code = re.search(r"```python\n(.*?)```", (HOUSE / "docs" / page).read_text(encoding="utf-8"), re.DOTALL)
    scope: dict = {}
    exec(compile(code.group(1), page, "exec"), scope)
    assert len(scope["scores"]) and scope["without"].framework.nodes["1.2"].weight == 0
    for name in dxlib.PUBLIC:
        assert f"dxlib.{name}(" in code.group(1), name
    assert len(dxlib.PUBLIC) == 10


def test_the_example_for_verification_runs(monkeypatch):
    monkeypatch.chdir(HOUSE)
    code = re.search(
        r"```python\n(.*?)```", (HOUSE / "docs" / "verification.md").read_text(encoding="utf-8"), re.DOTALL
    )
    scope: dict = {}
    exec(compile(code.group(1), "verification.md", "exec"), scope)
    assert len(scope["ledger"]) > 4000 and len(scope["ranges"]) == len(scope["case"].agencies)


def test_every_flag_is_described():
    words = (HOUSE / "docs" / "verification.md").read_text(encoding="utf-8")
    assert [flag for flag in FLAGS if f"`{flag}`" not in words] == []


@pytest.mark.parametrize("page", ["rules.md", "quy-tac.md"])
def test_every_rule_and_policy_is_described(page):
    words = (HOUSE / "docs" / page).read_text(encoding="utf-8")
    assert [shape for shape in SHAPES if f"`{shape}" not in words] == []
    assert [key for key in policies() if f"`{key}`" not in words] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_prose_ends_at_120_columns(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    lines = [line for line in text.splitlines() if " " in line.strip() and not line.lstrip().startswith(("|", "!"))]
    assert [line for line in lines if len(line) > 120] == []


def test_every_finding_stands_on_the_pages_of_codes():
    codes, pairs = in_source()
    listed = in_page("en")
    assert {reason for _, reason in listed} == reasons() and codes <= {code for code, _ in listed} and pairs <= listed


def test_what_a_command_writes_stands_as_it_would_write_it():
    """Else `python -m tests.codes`."""
    assert [path.name for path, text in written().items() if path.read_text("utf-8") != text] == []


FOLDERS = {".ci", "data", "docs", "dxlib", "notebooks", "reports", "tests"}


@pytest.mark.skipif(not (HOUSE / ".git").exists(), reason="no working copy of git")
def test_no_folder_has_slipped_in():
    listed = subprocess.run(["git", "ls-files"], cwd=HOUSE, capture_output=True, text=True, check=True).stdout
    assert {path.partition("/")[0] for path in listed.split("\n") if "/" in path} == FOLDERS
