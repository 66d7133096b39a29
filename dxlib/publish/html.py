"""HTML of an executed notebook: our own offline template over nbconvert; no code, no script, no outside address."""

from __future__ import annotations

import base64
import re
import sys
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from ..errors import Finding, Refusal
from ..words import LANGUAGES, text

HEADING = re.compile(r"(#{1,3})\s+(.+?)\s*(?:\n|$)")
SHOWN = ("text/html", "image/svg+xml", "image/png")
TAGS = frozenset("div p ul li table caption thead tbody tr th td figure figcaption img a".split())
ATTRIBUTES = frozenset("class scope role tabindex aria-label alt".split())


def html(
    notebook: Any, *, lang: str, title: str, reader: str, sample: bool, provisional: bool, fingerprint: str
) -> str:
    """One page.

    notebook      an executed nbformat node; markdown cells tagged with a language are kept in that language only
    lang          vi or en
    reader        public or internal; an internal page says so
    sample, provisional   the page says so, on paper on every sheet
    fingerprint   64 hex digits; printed on every sheet

    A section none of whose cells gave a result is left out, heading and all. Same input, same bytes.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # 1 s at import; no Jupyter schema needs it
    from nbconvert import HTMLExporter
    from nbconvert.preprocessors import TagRemovePreprocessor
    from traitlets.config import Config

    others = {other for other in LANGUAGES if other != lang}
    config = Config(
        {"TagRemovePreprocessor": {"enabled": True, "remove_cell_tags": others | {"parameters", "injected-parameters"}}}
    )
    here = Path(__file__).parent
    exporter = HTMLExporter(config=config, template_name="template", extra_template_basedirs=[str(here)])
    exporter.register_preprocessor(TagRemovePreprocessor(config=config), enabled=True)
    exporter.register_filter("shown", shown)
    trimmed = notebook.copy()
    trimmed.cells = filled([cell for cell in notebook.cells if not others & set(cell.metadata.get("tags", []))])
    say = {
        key: text(f"page.{key}", lang)
        for key in ("sample", "provisional", "internal", "contents", "fingerprint", "fingerprint_note")
    }
    marks = [("internal", reader == "internal"), ("sample", sample), ("provisional", provisional)]
    both = {key: " / ".join(text(f"page.{key}", one) for one in (lang, *sorted(others))) for key, _ in marks}
    short = " ".join(fingerprint[i : i + 4] for i in (0, 4, 8))
    page = {
        "lang": lang,
        "title": title,
        "reader": reader,
        "sample": sample,
        "provisional": provisional,
        "fingerprint": fingerprint,
        "short": short,
        "sheet": " · ".join([*(say[key] for key, holds in marks if holds), f"{say['fingerprint']} {short}"]),
        "style": (here / "template" / "style.css").read_text(encoding="utf-8").strip(),
        "contents": contents(trimmed.cells),
        "say": say | both,
    }
    body, _ = exporter.from_notebook_node(trimmed, resources={"page": page})
    return body if body.endswith("\n") else body + "\n"


def heading(cell: Any) -> tuple[int, str] | None:
    """(level, text) of the heading that a markdown cell begins with."""
    found = HEADING.match(cell.source) if cell.cell_type == "markdown" else None
    return (len(found.group(1)), found.group(2)) if found else None


def sections(cells: Iterable[Any]) -> list[list[Any]]:
    """Cells in runs, each begun by a heading of level 2 or 3; what stands before the first is a run of its own."""
    runs: list[list[Any]] = [[]]
    for cell in cells:
        found = heading(cell)
        if found and found[0] > 1:
            runs.append([])
        runs[-1].append(cell)
    return runs


def filled(cells: Iterable[Any]) -> list[Any]:
    """Without the sections whose code gave nothing to show; sections of prose alone stay."""
    kept = []
    for run in sections(cells):
        code = [cell for cell in run if cell.cell_type == "code" and "parameters" not in cell.metadata.get("tags", [])]
        if not code or any(shown(cell) for cell in code) or (heading(run[0]) or (1, ""))[0] == 1:
            kept += run
    return kept


def contents(cells: Iterable[Any]) -> list[dict[str, str]]:
    """The contents list, and each heading's anchor and number."""
    listed: list[dict[str, str]] = []
    for cell in cells:
        found = heading(cell)
        if found and found[0] == 2:
            number = len(listed) + 1
            cell.metadata["section"] = {"id": f"s{number}", "number": str(number), "text": found[1]}
            listed.append(cell.metadata["section"])
    return listed


class Whitelist(HTMLParser):
    """Collects what no block writes: other tags, other attributes, pictures from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.foreign: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.foreign += [] if tag in TAGS else [tag]
        self.foreign += [f"{tag} {name}" for name, value in attrs if not harmless(name, value or "")]


def harmless(name: str, value: str) -> bool:
    if name == "style":
        return bool(re.fullmatch(r"--share:[0-9.]+", value))
    if name == "href":
        return bool(re.fullmatch(r"[a-z]+/[a-z0-9][a-z0-9-]*\.(vi|en)\.html", value))
    if name == "src":
        return bool(re.fullmatch(r"data:image/(svg\+xml|png);base64,[A-Za-z0-9+/=]*", value))
    return name in ATTRIBUTES


def refuse_foreign(content: str) -> None:
    """Published HTML comes from blocks alone, which escape what they are given. Raises Refusal for anything else."""
    reader = Whitelist()
    reader.feed(content)
    reader.close()
    if reader.foreign:
        raise Refusal([Finding("E_NOTEBOOK", "output_foreign", value=reader.foreign[0])])


def shown(cell: Any) -> list[dict[str, str]]:
    """The results of a code cell that a page may hold: kind and content."""
    results = []
    for output in cell.get("outputs", []):
        data = output.get("data", {}) if output.output_type in ("display_data", "execute_result") else {}
        kind = next((kind for kind in SHOWN if kind in data), None)
        if kind:
            content = data[kind] if isinstance(data[kind], str) else "".join(data[kind])
            if kind == "text/html":
                refuse_foreign(content)
            if kind == "image/svg+xml":
                content = base64.b64encode(content.encode()).decode()
            results.append({"kind": kind, "content": content.strip()})
    return results
