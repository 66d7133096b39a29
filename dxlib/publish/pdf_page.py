"""PDF of an executed notebook: a second exporter over the same cells, set by typst; the same bytes everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from ..show import typeface
from .page import PART, describe, export, spoken
from .private import refuse_personal
from .typeset import literal, typst

STANDARDS = ["a-2a", "ua-1"]  # for archives, and for readers who cannot see


def pdf(notebook: Any, **marks: Any) -> bytes:
    """One document on A4.

    notebook   as for `html`
    marks      lang, title, reader, sample, provisional, fingerprint; see `page.describe`

    Tagged PDF/A-2a and PDF/UA-1 with embedded letters, without a date: same input, same bytes.
    """
    page = describe(**marks)
    source = export(notebook, "TemplateExporter", "paper", ".typ", page, literal=literal, typst=typst)
    if page["reader"] == "public":
        refuse_personal({f"{page['title']}.typ": source.encode()})
    return compiled(source)


def collection(parts: Iterable[tuple[str, Any]], **marks: Any) -> bytes:
    """One document of many notebooks, (title, notebook) each, every one on a sheet of its own; see `pdf`."""
    from nbformat import NotebookNode
    from nbformat.v4 import new_markdown_cell, new_notebook

    cells: list[Any] = []
    for title, notebook in parts:
        own = [cell for cell in spoken(notebook.cells, marks["lang"]) if not cell.source.startswith("# ")]
        line = " ".join(title.split())  # what stands below a heading would be read as markdown
        cells += [new_markdown_cell(f"# {line}", metadata={PART: line}), *own]
    numbered = [NotebookNode({**cell, "id": f"cell-{i}"}) for i, cell in enumerate(cells, start=1)]
    return pdf(new_notebook(cells=numbered), **marks)


def compiled(source: str) -> bytes:
    """A typst document as PDF, with no letters but our own."""
    engine: Any = import_module("typst")
    fonts = [str(typeface.folder())]
    return bytes(engine.compile(source.encode(), font_paths=fonts, ignore_system_fonts=True, pdf_standards=STANDARDS))
