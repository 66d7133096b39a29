"""docs/glossary.md: its modules exist, its Vietnamese is the catalogue's, and words that were retired stay retired."""

import ast
from pathlib import Path

HOUSE = Path(__file__).parents[1]
DXLIB = HOUSE / "dxlib"
PAGE = (HOUSE / "docs" / "glossary.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines() if "| `" in line]
# Short words that once stood for many things each: `told` for eleven.
RETIRED = {"told", "settle", "books", "seen", "heavier", "cast", "news", "room", "rooms", "desk", "spread"}


def test_every_module_of_the_glossary_exists():
    modules = [module.strip("`") for _, _, _, module, _ in ROWS]
    assert len(modules) >= 50
    assert [m for m in modules if not ((DXLIB / f"{m}.py").is_file() or (DXLIB / m / "__init__.py").is_file())] == []


def test_every_term_stands_for_one_thing():
    assert len({term for term, *_ in ROWS}) == len({meaning for _, meaning, *_ in ROWS}) == len(ROWS)


def test_its_vietnamese_is_that_of_the_catalogue():
    words = (DXLIB / "words" / "vi.toml").read_text(encoding="utf-8").casefold()
    assert [vi for _, _, vi, _, _ in ROWS if vi != "–" and vi.casefold() not in words] == []


def test_no_module_function_or_class_bears_a_retired_word():
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    paths = sorted(DXLIB.rglob("*.py"))
    named = [(path.stem, path) for path in paths] + [(path.parent.name, path) for path in paths]
    for path in paths:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named += [(node.name, path) for node in ast.walk(tree) if isinstance(node, kinds)]
    assert [(name, path.name) for name, path in named if name.lower() in RETIRED] == []
