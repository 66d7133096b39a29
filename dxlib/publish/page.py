"""What the formats of one executed notebook share: the cells they keep, the marks they carry, what they may hold."""

from __future__ import annotations

import base64
import json
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring

from ..audit import short
from ..errors import Finding, Refusal
from ..languages import LANGUAGES, OFFICIAL
from ..show import drawing
from ..words import fallback, number, text

HEADING = re.compile(r"(#{1,3})\s+(.+?)\s*(?:\n|$)")
SHOWN = ("text/html", "image/svg+xml", "image/png")
TAGS = frozenset("div p ul li table caption thead tbody tr th td figure figcaption a".split())
TAGS |= drawing.TAGS
ATTRIBUTES = frozenset("class scope role tabindex aria-label".split())
OF_DRAWINGS = re.compile(r"(?:[#\w .,%-]|\([-0-9., e]*\))*")  # no address
PARAMETERS = {"parameters", "injected-parameters"}
PART = "part"  # marks the cell that opens a part of a collection
HERE = Path(__file__).parent


def export(notebook: Any, base: str, template: str, extension: str, page: dict[str, Any], **filters: Any) -> str:
    """The notebook's cells of one language in one of our nbconvert templates.

    base        name of the nbconvert exporter
    template    folder of the template beside this file, which holds index{extension}.j2
    page        from `describe`; the template reads it as resources.page
    """
    trimmed = notebook.copy()
    trimmed.cells = filled(spoken(notebook.cells, page["lang"]))
    made = exporter(base, template, extension, tuple(filters.items()))
    body, _ = made.from_notebook_node(trimmed, resources={"page": page | {"contents": contents(trimmed.cells)}})
    return str(body) if body.endswith("\n") else f"{body}\n"


@cache
def exporter(base: str, template: str, extension: str, filters: tuple[tuple[str, Any], ...]) -> Any:
    """The nbconvert exporter of one template; the template is read and compiled once."""
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # 1 s at import; no Jupyter schema needs it
    import nbconvert
    from nbconvert.preprocessors import TagRemovePreprocessor
    from traitlets.config import Config

    once = {"optimistic_validation": True}  # after all preprocessors, not after each
    config = Config({"TagRemovePreprocessor": {"enabled": True, "remove_cell_tags": PARAMETERS}, "Exporter": once})
    made = getattr(nbconvert, base)(
        config=config, file_extension=extension, template_name=template, extra_template_basedirs=[str(HERE)]
    )
    made.register_preprocessor(TagRemovePreprocessor(config=config), enabled=True)
    for name, function in {"shown": shown, "prose": prose, **dict(filters)}.items():
        made.register_filter(name, function)
    return made


def describe(
    lang: str,
    title: str,
    reader: str,
    sample: bool,
    provisional: bool,
    fingerprint: str,
    superseded: str = "",
    replaces: str = "",
    root: str | None = None,
) -> dict[str, Any]:
    """What a template prints besides the cells: title, banners, the line of every sheet, the fingerprint.

    superseded   how the figures differ from those signed last, in words; "" where they do not
    replaces     what a decision on these figures replaces, for its draft
    root         of all that is published with these figures, "" where it is not known; None on a page that prints none
    """
    said = ("contents", "fingerprint", "fingerprint_note", "root", "root_note", "root_unknown")
    say = {key: text(f"page.{key}", lang) for key in said}
    holds = {"internal": reader == "internal", "sample": sample, "provisional": provisional}
    marks = [kind for kind, held in holds.items() if held]
    every = dict.fromkeys((lang, *sorted(LANGUAGES)))
    banners = [(k, " / ".join(text(f"page.{k}", one) for one in every)) for k in marks]
    sheet = [*(text(f"page.{kind}", lang) for kind in marks), f"{say['fingerprint']} {short(fingerprint)}"]
    if superseded:
        banners.append(("superseded", superseded))
        sheet.insert(-1, text("page.superseded_short", lang))
    return {
        "lang": lang,
        "title": title,
        "reader": reader,
        "banners": banners,
        "fingerprint": fingerprint,
        "short": short(fingerprint),
        "root": root,
        "sheet": " · ".join(sheet),
        "say": say,
    }


def script(name: str, lang: str) -> str:
    """One of our scripts; for a page with decimal commas it says so."""
    comma = lang if "," in number(0.5, lang, 1) else OFFICIAL
    return (HERE / "script" / f"{name}.js").read_text(encoding="utf-8").strip().replace("@comma@", comma)


def addresses(page: str) -> dict[str, str]:
    """Language -> file name of a page that stands by itself: index.html in the official one, index.en.html."""
    return {lang: f"{page}.html" if lang == OFFICIAL else f"{page}.{lang}.html" for lang in LANGUAGES}


def in_script(value: Any) -> str:
    """JSON as it may stand between script tags: nothing in it can end them."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def policy(scripts: Iterable[str]) -> str:
    """What a page may load: itself alone, and run only these scripts (Content Security Policy, level 2)."""
    digests = " ".join(f"'sha256-{base64.b64encode(sha256(one.encode()).digest()).decode()}'" for one in scripts)
    return (
        "default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'; "
        f"script-src {digests or chr(39) + 'none' + chr(39)}; base-uri 'none'; form-action 'none'"
    )


def spoken(cells: Iterable[Any], lang: str) -> list[Any]:
    """The cells without those of other languages; where none are in this one, in the one it falls back on."""
    tagged = [(cell, set(cell.metadata.get("tags", []))) for cell in cells]
    own = lang if any(lang in tags for _, tags in tagged) else fallback(lang)
    return [cell for cell, tags in tagged if not tags & (set(LANGUAGES) - {own})]


def heading(cell: Any) -> tuple[int, str] | None:
    """(level, text) of the heading that a markdown cell begins with."""
    found = HEADING.match(cell.source) if cell.cell_type == "markdown" else None
    return (len(found.group(1)), found.group(2)) if found else None


def prose(cell: Any) -> str:
    """What a markdown cell says; a heading that the page sets itself is left off."""
    set_apart = cell.source.startswith("# ") or "section" in cell.metadata
    return "\n".join(cell.source.split("\n")[1:]).strip() if set_apart else str(cell.source)


def sections(cells: Iterable[Any]) -> list[list[Any]]:
    """Cells in runs, each begun by a heading; what stands before the first is a run of its own."""
    runs: list[list[Any]] = [[]]
    for cell in cells:
        if heading(cell):
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
    """The contents list, and each heading's anchor and number; every part of a collection counts from 1."""
    listed: list[dict[str, str]] = []
    number = 0
    for cell in cells:
        found = heading(cell)
        number = 0 if PART in cell.metadata else number
        if found and found[0] == 2:
            number += 1
            cell.metadata["section"] = {"id": f"s{number}", "number": str(number), "text": found[1]}
            listed.append(cell.metadata["section"])
    return listed


def harmless(name: str, value: str) -> bool:
    if name == "data-trial":
        return is_json(value)
    if name == "style":
        return bool(re.fullmatch(r"--share:[0-9.]+", value))
    if name == "href":
        page = rf"[a-z]+/[a-z0-9][a-z0-9-]*\.({'|'.join(LANGUAGES)})\.html"
        return bool(re.fullmatch(rf"{page}|#{drawing.NAME}", value))
    if name in ("id", "clip-path"):
        return bool(re.fullmatch(rf"{drawing.NAME}|url\(#{drawing.NAME}\)", value))
    return name in ATTRIBUTES or (name in drawing.ATTRIBUTES and OF_DRAWINGS.fullmatch(value) is not None)


def is_json(value: str) -> bool:
    try:
        json.loads(value)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=64)  # a page asks several times for what a cell has shown
def fragment(html: str) -> Element:
    """A piece of a page as a tree. Raises ParseError where it is none."""
    return fromstring(f"<div>{html}</div>")


def refuse_foreign(content: str) -> None:
    """Published HTML comes from blocks alone, which escape what they are given. Raises Refusal for anything else: other
    tags, other attributes, pictures from elsewhere."""
    try:
        # a browser does not read <!…> and <?…> as a parser of XML does
        found = "<!" if "<!" in content or "<?" in content else next(foreign(fragment(content)), None)
    except ParseError as error:
        found = str(error)
    if found is not None:
        raise Refusal([Finding("E_NOTEBOOK", "output_foreign", value=found)])


def foreign(tree: Element) -> Iterator[str]:
    """What no block writes."""
    for one in tree.iter():
        if one.tag not in TAGS:
            yield str(one.tag)
        for name, value in one.items():
            if not harmless(name, value):
                yield f"{one.tag} {name}"


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
