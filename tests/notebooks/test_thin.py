"""Thin notebooks choose, call and show; their prose stands in Vietnamese and English pairs."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))
CELLS = {path.stem: json.loads(path.read_text(encoding="utf-8"))["cells"] for path in NOTEBOOKS}


def source(cell: dict) -> str:
    return "".join(cell["source"])


def tags(cell: dict) -> list[str]:
    return cell["metadata"].get("tags", [])


def test_the_notebooks_of_the_card_are_there():
    assert {"report", "sensitivity", "verification"} <= CELLS.keys()


@pytest.mark.parametrize("name", CELLS)
def test_committed_clean(name):
    ids = [cell["id"] for cell in CELLS[name]]
    assert len(set(ids)) == len(ids)
    for cell in CELLS[name]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None
            lines = [line for line in source(cell).splitlines() if line.strip()]
            assert len(lines) <= (9 if "parameters" in tags(cell) else 6)


@pytest.mark.parametrize("name", CELLS)
def test_code_only_chooses_calls_and_shows(name):
    forbidden = (
        ast.BinOp,
        ast.For,
        ast.While,
        ast.FunctionDef,
        ast.Lambda,
        ast.ClassDef,
        ast.ListComp,
        ast.If,
        ast.With,
        ast.Try,
    )
    for cell in CELLS[name]:
        if cell["cell_type"] != "code":
            continue
        tree = ast.parse(source(cell))
        assert not [node for node in ast.walk(tree) if isinstance(node, forbidden)], source(cell)
        if "parameters" in tags(cell):
            assert all(isinstance(node, ast.AnnAssign) for node in tree.body)
        else:
            texts = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
            assert not [t for t in texts if "/" in t or "." in t], "a path in a notebook"
            assert not [
                n
                for n in ast.walk(tree)
                if isinstance(n, ast.Constant) and isinstance(n.value, int | float) and n.value not in (None, True)
            ]


@pytest.mark.parametrize("name", CELLS)
def test_prose_stands_in_pairs(name):
    prose = [cell for cell in CELLS[name] if cell["cell_type"] == "markdown"]
    assert len(prose) % 2 == 0
    for vi, en in zip(prose[::2], prose[1::2], strict=True):
        assert (tags(vi), tags(en)) == (["vi"], ["en"])
        assert vi["id"][:-3] == en["id"][:-3]
        assert source(vi).split(" ")[0] == source(en).split(" ")[0]  # the same level of heading
        assert not any(ch.isdigit() for ch in source(vi) + source(en)), "a number typed into prose"


@pytest.mark.parametrize("name", CELLS)
def test_parameters(name):
    cell = next(cell for cell in CELLS[name] if "parameters" in tags(cell))
    names = [node.target.id for node in ast.parse(source(cell)).body]
    assert names[:4] == ["root", "year", "group", "lang"]
