"""The score cards of all agencies from one notebook, without a kernel each.

The notebook's preparing cells run once in this process; its showing cells (those that end in an expression) are
evaluated for every agency, which the notebook is told by its parameter. Nothing else passes between the two. The pages
are those that a kernel would give: a test compares them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import CodeType
from typing import Any

import nbformat
from nbformat import NotebookNode

PARAMETER = "agency"


def prepare(path: Path, values: Mapping[str, Any]) -> tuple[NotebookNode, dict[str, Any], dict[int, CodeType]]:
    """(notebook, names after its preparing cells ran, position -> compiled showing cell)."""
    nb = nbformat.reads(path.read_text("utf-8"), as_version=4)
    scope: dict[str, Any] = {}
    showing: dict[int, CodeType] = {}
    for i, cell in enumerate(nb.cells):
        if cell.cell_type != "code":
            continue
        tree = ast.parse(cell.source)
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            showing[i] = compile(ast.Expression(tree.body[-1].value), path.name, "eval")
            continue
        exec(compile(tree, path.name, "exec"), scope)
        if "parameters" in cell.metadata.get("tags", []):
            scope |= values
    return nb, scope, showing


def each(
    nb: NotebookNode, scope: dict[str, Any], showing: Mapping[int, CodeType], agencies: Iterable[str]
) -> Iterator[tuple[str, NotebookNode]]:
    """(agency, its notebook with results) for every agency, in order; the rest from `prepare`."""
    for agency in agencies:
        scope[PARAMETER] = agency
        page = nbformat.from_dict(nb)
        for i, code in showing.items():
            value = eval(code, scope)
            page.cells[i] = NotebookNode({**nb.cells[i], "outputs": outputs(value)})
        yield agency, page


def outputs(value: Any) -> list[NotebookNode]:
    """The result of a cell as a notebook keeps it."""
    if value is None:
        return []
    data = {"text/html": value.html()}
    return [NotebookNode(output_type="execute_result", data=data, metadata={}, execution_count=None)]


def contents(heading: str, links: Any) -> NotebookNode:
    """A notebook that only lists the cards."""
    head = NotebookNode(cell_type="markdown", metadata={}, source=f"# {heading}")
    body = NotebookNode(cell_type="code", metadata={}, source="", execution_count=None, outputs=outputs(links))
    return NotebookNode(nbformat=4, nbformat_minor=5, metadata={}, cells=[head, body])
