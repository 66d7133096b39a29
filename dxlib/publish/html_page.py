"""HTML of an executed notebook: our own offline template over nbconvert; scripts of our own, no outside address."""

from __future__ import annotations

from typing import Any

from ..show import typeface
from ..words import catalogue
from .page import HERE, describe, export, in_script, policy, script, shown

SAID = (
    "sort", "filter", "agency", "score", "moved", "rank_new", "rank_official",
    "trial_table", "trial_official", "trial_changed", "trial_reset",
)  # fmt: skip


def html(notebook: Any, **marks: Any) -> str:
    """One page.

    notebook   an executed nbformat node; markdown cells tagged with a language are kept in that language only
    marks      lang, title, reader, sample, provisional, fingerprint; see `page.describe`

    A section none of whose cells gave a result is left out, heading and all. Same input, same bytes.
    """
    lang = marks["lang"]
    scripts = [script("tables", lang), *([script("weights", lang)] if trial(notebook) else [])]
    style = (HERE / "template" / "style.css").read_text(encoding="utf-8").strip()
    page = describe(**marks) | {"style": style, "letters": typeface.for_pages()}
    page |= {"scripts": scripts, "policy": policy(scripts), "script_say": in_script(said(lang))}
    return export(notebook, "HTMLExporter", "template", ".html", page)


def trial(notebook: Any) -> bool:
    """Whether readers can try something on the page."""
    cells = (cell for cell in notebook.cells if cell.cell_type == "code")
    return any('class="trial"' in result["content"] for cell in cells for result in shown(cell))


def said(lang: str) -> dict[str, str]:
    """What the scripts say; they fill in the facts themselves."""
    return {key: catalogue(lang)[f"page.script.{key}"] for key in SAID}
