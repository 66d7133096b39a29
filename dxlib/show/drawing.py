"""A drawing of matplotlib as a page holds it: inline SVG whose letters are text, and nothing that could act.

What a reader sees stays; what the page has already (its typeface) or nobody needs (names of parts, styles of their own,
digits beyond a hundredth of a point) goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256
from html import escape
from xml.etree import ElementTree as xml

from . import typeface

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"
TAGS = frozenset("svg g defs clipPath path rect circle text use".split())
ATTRIBUTES = frozenset(
    "viewBox id d x y cx cy r width height transform clip-path href opacity fill fill-opacity stroke stroke-width"
    " stroke-opacity stroke-linecap stroke-linejoin stroke-dasharray stroke-dashoffset font-family font-size"
    " font-weight text-anchor".split()
)  # fmt: skip
NAME = "d[0-9a-f]{8}-[0-9]+"  # of what a drawing refers to within itself
DIGITS = re.compile(r"-?[0-9]+\.[0-9]+(?:e-?[0-9]+)?")
TURNED = re.compile(r"rotate\(-?0 [^)]*\)")


def plain(drawn: bytes) -> str:
    """SVG as matplotlib writes it, to the element that stands in a page: the same picture."""
    root = xml.fromstring(drawn)
    for gone in root.findall(f"{SVG}metadata"):
        root.remove(gone)
    said = "".join(map(element, root))
    for n, own in enumerate(dict.fromkeys(re.findall(r'id="([^"]*)"', said))):
        said = re.sub(rf'(id="|#){own}(?=["\)])', rf"\1@{n}", said)
    unique = sha256(said.encode()).hexdigest()[:8]  # two drawings of one page must not share a name
    said = re.sub(r'(id="|#)@', rf"\1d{unique}-", said)
    head = f'viewBox="{root.get("viewBox")}" font-family="{typeface.NAME}" stroke-linejoin="round"'
    return f"<svg {head}>{said}</svg>"


def added(drawing: str, marks: Iterable[str]) -> str:
    """A drawing with marks on top."""
    return f"{drawing.removesuffix('</svg>')}{''.join(marks)}</svg>"


def dot(x: float, y: float, radius: float, colour: str) -> str:
    return f'<circle fill="{colour}" cx="{x:.2f}" cy="{y:.2f}" r="{radius}"/>'


def written(x: float, y: float, text: str, size: float, colour: str) -> str:
    """A text whose middle stands above a point."""
    return (
        f'<text font-size="{size}" text-anchor="middle" fill="{colour}" x="{x:.2f}" y="{y:.2f}">{escape(text)}</text>'
    )


def element(one: xml.Element) -> str:
    """One element and what is in it; groups that say nothing are what is in them."""
    tag = one.tag.removeprefix(SVG)
    inside = "".join(map(element, one))
    if tag == "style":
        return ""
    if tag == "text":
        inside = escape("".join(one.itertext()))
    said = attributes(one)
    if (tag == "g" and not said) or (tag == "defs" and not inside):
        return inside
    given = "".join(f' {name}="{escape(value)}"' for name, value in said.items())
    return f"<{tag}{given}>{inside}</{tag}>" if inside else f"<{tag}{given}/>"


def attributes(one: xml.Element) -> dict[str, str]:
    """Attributes, those that stand in a style among them; the names of groups and default values are left out."""
    tag = one.tag.removeprefix(SVG)
    found = dict(part.split(":", 1) for part in one.get("style", "").split(";") if part.strip())
    found = {name.strip(): value.strip() for name, value in found.items()}
    found |= {name: value for name, value in one.attrib.items() if name != "style"}
    if LINK in found:
        found["href"] = found.pop(LINK)
    if tag in ("g", "text"):
        found.pop("id", None)
    found.pop("font-family", None)
    if "font-size" in found:
        found["font-size"] = found["font-size"].removesuffix("px")
    return {
        name: DIGITS.sub(rounded, " ".join(value.split()))
        for name, value in found.items()
        if name in ATTRIBUTES and not (name == "transform" and TURNED.fullmatch(value))
    }


def rounded(number: re.Match[str]) -> str:
    """A decimal in hundredths."""
    short = f"{float(number[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if short == "-0" else short
