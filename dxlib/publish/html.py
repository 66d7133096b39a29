"""HTML of an executed notebook: our own offline template over nbconvert; no code, no script, no outside address."""

from __future__ import annotations

from typing import Any

from ..show import typeface
from .page import HERE, describe, export


def html(notebook: Any, **marks: Any) -> str:
    """One page.

    notebook   an executed nbformat node; markdown cells tagged with a language are kept in that language only
    marks      lang, title, reader, sample, provisional, fingerprint; see `page.describe`

    A section none of whose cells gave a result is left out, heading and all. Same input, same bytes.
    """
    style = (HERE / "template" / "style.css").read_text(encoding="utf-8").strip()
    page = describe(**marks) | {"style": style, "letters": typeface.for_pages()}
    return export(notebook, "HTMLExporter", "template", ".html", page)
