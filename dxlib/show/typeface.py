"""The one typeface of pages, papers and charts: Source Sans (Adobe, SIL Open Font License 1.1), from its wheel.

It has every Vietnamese letter; nothing relies on the letters of the machine.
"""

from __future__ import annotations

import base64
import io
from functools import cache
from importlib.resources import files
from pathlib import Path

NAME = "Source Sans Pro"
FACES = {400: "Regular", 600: "Semibold"}  # CSS weight -> face
LETTERS = [
    *range(0x20, 0x7F), *range(0xA0, 0x180), 0x1A0, 0x1A1, 0x1AF, 0x1B0, *range(0x1EA0, 0x1EFA), *range(0x2010, 0x2027),
    0x202F, 0x2030, 0x2032, 0x2033, 0x20AB, *range(0x2190, 0x2194), 0x2212, 0x2248, 0x2260, 0x2264, 0x2265, 0x25B6,
    0x25C0,
]  # fmt: skip
FEATURES = ["ccmp", "kern", "locl", "mark", "mkmk", "tnum"]


def folder() -> Path:
    """The folder of the font files."""
    return Path(str(files("font_source_sans_pro").joinpath("files")))


def face(name: str) -> Path:
    return folder() / f"SourceSansPro-{name}.ttf"


@cache
def for_charts() -> list[str]:
    """Families for matplotlib, the first one made known to it; the second has the signs that letters lack."""
    from matplotlib.font_manager import fontManager

    for name in ("Regular", "Bold"):
        fontManager.addfont(face(name))
    return [NAME, "DejaVu Sans"]


@cache
def for_pages() -> str:
    """CSS that carries the letters of Vietnamese and English inside the page (15 kB a face)."""
    rule = "@font-face {{ font-family: '{}'; font-weight: {}; src: url(data:font/woff2;base64,{}) format('woff2'); }}"
    return "\n".join(
        rule.format(NAME, weight, base64.b64encode(subset(face(name))).decode()) for weight, name in FACES.items()
    )


def subset(path: Path) -> bytes:
    """A font with our LETTERS alone, as WOFF2."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    options = Options(layout_features=FEATURES, hinting=False, name_IDs=[0, 1, 2, 13])
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=LETTERS)
    font, out = TTFont(path, recalcTimestamp=False), io.BytesIO()
    subsetter.subset(font)
    font.flavor = "woff2"
    font.save(out)
    return out.getvalue()
