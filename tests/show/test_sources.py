"""Every function that a page or a document names as the source of a figure can be called by that name."""

import re
from importlib import import_module
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
SHOWN = "\n".join(path.read_text("utf-8") for path in sorted((HOUSE / "dxlib/show").rglob("*.py")))
NAMED = set(re.findall(r'"(dxlib(?:\.[a-z_]+)+)"', SHOWN))
BY_YEARS = {
    name
    for names in re.findall(r"made\(step, lang((?:, \"[a-z_]+\")+)\)", SHOWN)
    for name in re.findall(r"[a-z_]+", names)
}


def found(name):
    module, _, function = name.rpartition(".")
    return getattr(import_module(module), function, None)


def test_sources_of_figures():
    assert len(NAMED) > 30 and {"relate", "group_change"} <= BY_YEARS
    names = NAMED | {f"dxlib.years.{name}" for name in BY_YEARS}
    assert [name for name in sorted(names) if not callable(found(name))] == []


@pytest.mark.parametrize("page", ["robustness.md", "do-vung.md"])
def test_the_table_of_questions(page):
    lines = [line for line in (HOUSE / "docs" / page).read_text("utf-8").splitlines() if line.count("|") == 4]
    names = {name for line in lines for name in re.findall(r"`([a-z_]+)`", line.split("|")[2])}
    assert len(names) > 10
    rooms = [import_module(room) for room in ("dxlib", "dxlib.robust", "dxlib.robust.structure")]
    assert [name for name in sorted(names) if not any(callable(getattr(room, name, None)) for room in rooms)] == []
