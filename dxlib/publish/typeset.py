"""The HTML that our pages may hold, as typst: whatever stands on paper stood on the page first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest
from xml.etree.ElementTree import Element, tostring

from ..show.typeface import drawable
from .page import fragment

LINE = 118  # letters of 8.5 pt between the margins of a sheet
SMALLEST = 5.5  # pt
SPACE = 'xmlns="http://www.w3.org/2000/svg"'
INLINE = {"strong": "strong", "b": "strong", "em": "emph", "i": "emph"}
WHOLE = {"number", "bar", "rank"}  # kinds of columns whose cells stand on one line
SPREAD = 0.45  # how far a long cell may widen its column: it can be broken, a number cannot


def typst(html: str) -> str:
    """Typst markup of a fragment of a page: paragraphs, lists, tables, figures."""
    return within(fragment(html))


def literal(text: str) -> str:
    """Text as a typst string: nothing in it can be taken for markup or code, all of it can be set in our letters."""
    return verbatim(drawable(text))


def verbatim(text: str) -> str:
    """A long text kept letter by letter (a drawing)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def tuple_of(parts: list[str]) -> str:
    """A typst array, also of one or none."""
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


def parts(node: Element) -> Iterator[str | Element]:
    """Texts and elements in an element, in order."""
    if node.text:
        yield node.text
    for child in node:
        yield child
        if child.tail:
            yield child.tail


def said(node: Element | None) -> str:
    """All the text in an element; "" without one."""
    return "" if node is None else "".join(node.itertext())


def kinds(node: Element) -> list[str]:
    return node.get("class", "").split()


def block(node: str | Element, wide: bool) -> str:
    """One block. Unknown ones give what stands in them."""
    if isinstance(node, str):
        return f"#{literal(node)}" if node.strip() else ""
    return table(node, wide) if node.tag == "table" else BLOCKS.get(node.tag, within)(node)


def within(node: Element) -> str:
    return "\n".join(block(part, "wide" in kinds(node)) for part in parts(node))


def inline(node: Element) -> str:
    """The text of a block with its emphasis, as code that gives content."""
    pieces = []
    for part in parts(node):
        if isinstance(part, str):
            pieces.append(literal(part))
        elif "anchor-link" not in kinds(part):
            pieces.append(f"{INLINE.get(part.tag, '')}({{{inline(part)}}})")
    return " + ".join(pieces) or "none"


def paragraph(node: Element) -> str:
    small = {"note", "source"} & set(kinds(node))
    return f"#small({inline(node)})\n" if small else f"#par({inline(node)})\n"


def heading(node: Element) -> str:
    return f"#heading(level: {node.tag[1]}, {inline(node)})\n"


def items(node: Element) -> str:
    kind = "enum" if node.tag == "ol" else "list"
    return f"#{kind}(" + ", ".join(f"{{{inline(item)}}}" for item in node.findall("li")) + ")\n"


def table(node: Element, wide: bool) -> str:
    heads = node.findall("thead/tr/th")
    rows = [[one for one in row if one.tag in ("th", "td")] for row in node.findall("tbody/tr")]
    columns = [(kinds(head) or ["text"])[0] for head in heads]
    shares, size = widths(columns, list(map(said, heads)), [list(map(said, row)) for row in rows])
    body = [tuple_of([cell(one) for one in row]) for row in rows]
    given = {
        "caption": literal(said(node.find("caption"))),
        "kinds": tuple_of([literal(kind) for kind in columns]),
        "widths": tuple_of([f"{share:.2f}" for share in shares]),
        "heads": tuple_of([literal(said(head)) for head in heads]),
        "rows": tuple_of(body),
        "size": f"{size:.2f}pt",
        "wide": "true" if wide else "false",
    }
    return f"#data-table({', '.join(given.values())})\n"


def cell(node: Element) -> str:
    """A cell's text, with the length of its bar where it has one."""
    text, style = literal(said(node)), node.get("style", "")
    return f"({text}, {style.removeprefix('--share:')})" if style.startswith("--share:") else text


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


def figure(node: Element) -> str:
    drawn = node.findall("svg")
    sources = [tostring(one, "unicode").replace("<svg ", f"<svg {SPACE} ", 1) for one in drawn]
    alt = literal(drawn[0].get("aria-label", ""))
    return f"#drawings({literal(said(node.find('figcaption')))}, {alt}, {tuple_of(list(map(verbatim, sources)))})\n"


BLOCKS: dict[str, Callable[[Element], str]] = {
    "p": paragraph,
    "ul": items,
    "ol": items,
    "figure": figure,
    "h2": heading,
    "h3": heading,
    "h4": heading,
}
