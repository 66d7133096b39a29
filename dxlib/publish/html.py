"""HTML of an executed notebook: our own offline template over nbconvert; no code, no script, no outside address."""

from __future__ import annotations

from typing import Any

from .page import HERE, describe, export


def html(notebook: Any, **marks: Any) -> str:
    """One page.

    notebook   an executed nbformat node; markdown cells tagged with a language are kept in that language only
    marks      lang, title, reader, sample, provisional, fingerprint; see `page.describe`

    A section none of whose cells gave a result is left out, heading and all. Same input, same bytes.
    """
    page = describe(**marks) | {"style": (HERE / "template" / "style.css").read_text(encoding="utf-8").strip()}
    return export(notebook, "HTMLExporter", "template", ".html", page)
