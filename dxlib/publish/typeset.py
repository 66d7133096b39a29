"""The HTML that our pages may hold, as typst: whatever stands on paper stood on the page first."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from itertools import zip_longest
from typing import Any

from ..show.typeface import drawable

LINE = 118  # letters of 8.5 pt between the margins of a sheet
SMALLEST = 5.5  # pt
INLINE = {"strong": "strong", "b": "strong", "em": "emph", "i": "emph"}
WHOLE = {"number", "bar", "rank"}  # kinds of columns whose cells stand on one line
SPREAD = 0.45  # how far a long cell may widen its column: it can be broken, a number cannot


def typst(html: str) -> str:
    """Typst markup of a fragment of a page: paragraphs, lists, tables, figures."""
    from bs4 import BeautifulSoup

    return "\n".join(block(child) for child in BeautifulSoup(html, "html.parser").children)


def literal(text: str) -> str:
    """Text as a typst string: nothing in it can be taken for markup or code, all of it can be set in our letters."""
    return verbatim(drawable(text))


def verbatim(text: str) -> str:
    """A long text kept letter by letter (a drawing)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def tuple_of(parts: list[str]) -> str:
    """A typst array, also of one or none."""
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


def block(node: Any) -> str:
    """One block. Unknown ones give what stands in them."""
    if node.name is None:
        return f"#{literal(str(node))}" if str(node).strip() else ""
    return BLOCKS.get(node.name, within)(node)


def within(node: Any) -> str:
    return "\n".join(block(child) for child in node.children)


def inline(node: Any) -> str:
    """The text of a block with its emphasis, as code that gives content."""
    parts = []
    for child in node.children:
        if child.name is None:
            parts.append(literal(str(child)))
        elif "anchor-link" not in child.get("class", []):
            parts.append(f"{INLINE.get(child.name, '')}({{{inline(child)}}})")
    return " + ".join(parts) or "none"


def paragraph(node: Any) -> str:
    small = {"note", "source"} & set(node.get("class", []))
    return f"#small({inline(node)})\n" if small else f"#par({inline(node)})\n"


def heading(node: Any) -> str:
    return f"#heading(level: {node.name[1]}, {inline(node)})\n"


def items(node: Any) -> str:
    kind = "enum" if node.name == "ol" else "list"
    return f"#{kind}(" + ", ".join(f"{{{inline(item)}}}" for item in node.find_all("li", recursive=False)) + ")\n"


def table(node: Any) -> str:
    wide = "wide" in (node.parent.get("class") or [])
    heads = node.thead.find_all("th") if node.thead else []
    rows = [row.find_all(["th", "td"]) for row in node.tbody.find_all("tr")]
    kinds = [(head.get("class") or ["text"])[0] for head in heads]
    cells = [[one.get_text() for one in row] for row in rows]
    shares, size = widths(kinds, [head.get_text() for head in heads], cells)
    body = [tuple_of([cell(one) for one in row]) for row in rows]
    given = {
        "caption": literal(node.caption.get_text() if node.caption else ""),
        "kinds": tuple_of([literal(kind) for kind in kinds]),
        "widths": tuple_of([f"{share:.2f}" for share in shares]),
        "heads": tuple_of([literal(head.get_text()) for head in heads]),
        "rows": tuple_of(body),
        "size": f"{size:.2f}pt",
        "wide": "true" if wide else "false",
    }
    return f"#data-table({', '.join(given.values())})\n"


def cell(node: Any) -> str:
    """A cell's text, with the length of its bar where it has one."""
    said = literal(node.get_text())
    style = str(node.get("style", ""))
    return f"({said}, {style.removeprefix('--share:')})" if style.startswith("--share:") else said


def widths(kinds: list[str], heads: list[str], rows: list[list[str]]) -> tuple[list[float], float]:
    """(letters of every column, size of the letters in pt): no word and no number is broken, long cells share the rest.

    Where the longest words alone do not fit, the letters become smaller.
    """
    columns = list(zip_longest(*rows, fillvalue=""))
    floor = [
        1.6 + max(longest_word([head]), max(map(len, cells)) if kind in WHOLE else longest_word(cells))
        for kind, head, cells in zip(kinds, heads, columns, strict=True)
    ]
    wish = [
        max(low, 1.6 + max(map(len, cells)), 1.6 + SPREAD * len(head))
        for low, head, cells in zip(floor, heads, columns, strict=True)
    ]
    if sum(floor) > LINE:
        return floor, max(SMALLEST, 8.5 * LINE / sum(floor))
    spare, asked = LINE - sum(floor), sum(wish) - sum(floor)
    if asked <= spare:
        return [w * LINE / sum(wish) for w in wish], 8.5
    return [low + (w - low) * spare / asked for low, w in zip(floor, wish, strict=True)], 8.5


def longest_word(texts: Iterable[str]) -> int:
    return max((len(word) for text in texts for word in text.replace("-", "- ").split(" ")), default=0)


def figure(node: Any) -> str:
    pictures = node.find_all("img")
    drawn = [base64.b64decode(p["src"].partition("base64,")[2]).decode() for p in pictures]
    caption = node.figcaption.get_text() if node.figcaption else ""
    sources = tuple_of([verbatim(one) for one in drawn])
    return f"#drawings({literal(caption)}, {literal(pictures[0].get('alt', ''))}, {sources})\n"


BLOCKS: dict[str, Callable[[Any], str]] = {
    "p": paragraph,
    "ul": items,
    "ol": items,
    "table": table,
    "figure": figure,
    "h2": heading,
    "h3": heading,
    "h4": heading,
}
