"""The one typeface of pages, papers and charts: Source Sans (Adobe, SIL Open Font License 1.1), from its wheel.

It has every Vietnamese letter; nothing relies on the letters of the machine.
"""

from __future__ import annotations

import base64
import io
import unicodedata
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Finding

if TYPE_CHECKING:
    from ..case import Case

NAME = "Source Sans Pro"
FACES = {400: "Regular", 600: "Semibold"}  # CSS weight -> face
LETTERS = [
    *range(0x20, 0x7F), *range(0xA0, 0x180), 0x1A0, 0x1A1, 0x1AF, 0x1B0, *range(0x1EA0, 0x1EFA), *range(0x2010, 0x2027),
    0x202F, 0x2030, 0x2032, 0x2033, 0x20AB, *range(0x2190, 0x2194), 0x2212, 0x2248, 0x2260, 0x2264, 0x2265, 0x25A0,
    0x25B6, 0x25C0, 0x25CA,
]  # fmt: skip
BORROWED = "┆□"  # signs of ours that the face lacks and typst draws in a face of its own
COMMON = frozenset((*map(chr, LETTERS), *BORROWED, "\t", "\n", "\r"))
VARIANTS = "\ufe00", "\ufe0f"
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}  # controls, marks of direction, halves of letters, private ones, none at all
FEATURES = ["ccmp", "kern", "locl", "mark", "mkmk", "tnum"]


def folder() -> Path:
    """The folder of the font files."""
    return Path(str(files("font_source_sans_pro").joinpath("files")))


def face(name: str) -> Path:
    return folder() / f"SourceSansPro-{name}.ttf"


@cache
def signs() -> frozenset[str]:
    """Every sign that the face can draw, on paper too."""
    from fontTools.ttLib import TTFont

    cmaps = []
    for path in map(face, ("Regular", "Semibold", "Bold")):
        with TTFont(path, lazy=True) as font:
            cmaps.append(set(font.getBestCmap()))
    return frozenset(map(chr, set.intersection(*cmaps)))


def printable(text: str) -> str:
    """The text with a blank for every sign that nobody sees: no paper can hold it, and XML not at all."""
    return "".join(" " if unicodedata.category(letter) in UNSEEN else letter for letter in text)


def drawable(text: str) -> str:
    """A text that comes from the data as it stands on paper and in charts."""
    return legible(printable(text))


def legible(text: str) -> str:
    """The text in signs that the face has: another is written by its plain parts (㎡ as m2), or by its number."""
    if text.isascii() or COMMON.issuperset(text):
        return text
    return "".join(letter if letter in COMMON or letter in signs() else substitute(letter) for letter in text)


def substitute(letter: str) -> str:
    """What stands on paper for a sign that the face lacks; nothing for one that only chooses a variant."""
    if VARIANTS[0] <= letter <= VARIANTS[1]:
        return ""
    plain = unicodedata.normalize("NFKC", letter)
    return plain if signs().issuperset(plain) else f"[U+{ord(letter):04X}]"


def check_signs(case: Case) -> list[Finding]:
    """The cells with a sign that paper shows by a substitute, as warnings."""
    found = []
    for name, frame in case.tables.items():
        for column in frame.columns:
            if COMMON.issuperset("".join(frame[column])):
                continue
            for row, written in frame[column].items():
                lacking = sorted({letter for letter in written if letter not in COMMON and letter not in signs()})
                if lacking:
                    facts = {"signs": " ".join(lacking), "instead": legible(written)}
                    file = f"{case.year}/{case.group}/{name}.csv"
                    found.append(Finding("W_SIGN", "sign_substituted", file, row, column, written, facts))
    return found


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
