"""The executed notebook without what differs from run to run or names this machine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from ..publish.page import spoken

KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
INJECTED = "injected-parameters"
BY_PAPERMILL = {INJECTED, "papermill-error-cell-tag"}
ADDRESS = re.compile(r"(?<= at )0x[0-9a-fA-F]+")
PICTURE = re.compile(r"(;base64,[A-Za-z0-9+/=\s]+)")
KERNEL_FILE = re.compile(r"[^\s\"']*ipykernel_[0-9]+[/\\][0-9]+\.py")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def normalise(nb: NotebookNode, places: Mapping[str, str]) -> NotebookNode:
    """The same notebook with steady ids and metadata, without injected cells, times, paths and addresses.

    places   folder of this machine -> the word that stands for it
    """
    cells = [cell for cell in nb.cells if not BY_PAPERMILL & set(tags(cell))]
    for number, cell in enumerate(cells, start=1):
        cell["id"] = f"cell-{number}"
        cell["metadata"] = NotebookNode(tags=tags(cell)) if tags(cell) else NotebookNode()
        if cell.cell_type == "code":
            cell["outputs"] = [clean_output(output) for output in cell.outputs]
    plain = NotebookNode(nbformat=4, nbformat_minor=5, metadata=KERNEL, cells=cells)
    return scrub(plain, places)


def for_readers(nb: NotebookNode) -> NotebookNode:
    """Without warnings on standard error: they speak to developers, and name files and processes."""
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell["outputs"] = [output for output in cell.outputs if output.get("name") != "stderr"]
    return nb


def tags(cell: NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


def clean_output(output: NotebookNode) -> NotebookNode:
    data = output.get("data", {})
    if "text/html" in data:
        data.pop("text/plain", None)
    return output


def scrub(value: Any, places: Mapping[str, str]) -> Any:
    """Every string below `value` with folders, addresses, process numbers and colours taken out; pictures untouched."""
    if isinstance(value, str):
        return "".join(part if PICTURE.match(part) else scrub_text(part, places) for part in PICTURE.split(value))
    if isinstance(value, dict):
        return NotebookNode({key: item if key == "image/png" else scrub(item, places) for key, item in value.items()})
    return [scrub(item, places) for item in value] if isinstance(value, list) else value


def scrub_text(text: str, places: Mapping[str, str]) -> str:
    for folder in sorted(places, key=len, reverse=True):
        text = text.replace(folder, places[folder])
    return COLOUR.sub("", ADDRESS.sub("0x…", KERNEL_FILE.sub("cell", text)))


def failing_cell(nb: NotebookNode) -> int:
    """Position of the first cell that ended in an error, else of the last that was begun (papermill's mark)."""
    code = [i for i, cell in enumerate(nb.cells) if cell.cell_type == "code"]
    failed = [i for i in code if any(output.output_type == "error" for output in nb.cells[i].outputs)]
    begun = [i for i in code if nb.cells[i].metadata.get("papermill", {}).get("start_time")]
    return failed[0] if failed else max(begun, default=0)


def heading_above(nb: NotebookNode, position: int, lang: str) -> str:
    """The heading that a cell stands under, in the language of the run."""
    for cell in reversed(spoken(nb.cells[: position + 1], lang)):
        if cell.cell_type == "markdown" and cell.source.startswith("#"):
            return cell.source.splitlines()[0].lstrip("# ").strip()
    return ""


def error_of(nb: NotebookNode, position: int) -> str:
    """The error of a cell in one line."""
    errors = [o for o in nb.cells[position].get("outputs", []) if o.output_type == "error"] if nb.cells else []
    lines = f"{errors[0].ename}: {errors[0].evalue}".split("\n") if errors else [""]
    return lines[0][:400]


def with_reason(nb: NotebookNode, reason: str) -> NotebookNode:
    """The partial notebook, opened by the line that says why it is one."""
    nb.cells.insert(0, new_markdown_cell(f"**{reason}**", id="reason"))
    return nb
