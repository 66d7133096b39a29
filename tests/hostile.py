"""Text as nobody should send it, and plain Vietnamese: one generator for every writer, and what must become of a text."""

from __future__ import annotations

import re
import unicodedata
from random import Random

from hypothesis import strategies as st

OLD_LETTERS = (  # what public reports and old documents hold: TCVN3, VNI, UTF-8 read as code page 1252 or 1258
    "TØ lÖ hå s¬ gi¶i quyÕt ®óng h¹n",
    "UBND x· T©n Hßa",
    "®\u00adîc cÊp",
    "Tyû leä hoà sô giaûi quyeát ñuùng haïn",
    "UBND xaõ Taân Hoøa",
    "ÑAÏI HOÏC",
    "Tá»· lá»‡ há»“ sÆ¡",
    "HÃ  Ná»™i",
    "xĂ£ Ä\x90áº¯k Láº¯k",
    "UBND Qu?ng Tr?",
    "c?a ng??i dân t?nh",
)
RIGHT = (  # to be taken everywhere, whatever stands beside it
    "Ủy ban nhân dân xã Tân Hòa",
    "Tỷ lệ hồ sơ giải quyết đúng hạn",
    "Đắk Lắk, Ea H'leo, Krông Nô",
    "12/QĐ-UBND ngày 06/12/2022",
    "Có không? Đạt ≥ 80 % (½ điểm)",
    "5 km² – “đã họp”; 30 °C",
)
KINDS = {
    "controls": [*map(chr, (0, 1, 7, 8, 11, 12, 27, 28, 31, 127, 0x85, 0x90, 0x9F)), "a\x00b", "\x1b[31m"],
    "spelt in XML": ["_x000B_", "_x0000_", "_x000D_", "_x007F_", "_xD800_", "_xDC00_", "_xFFFE_", "_x005F_x000B_"],
    "line ends": ["\r", "\r\n", "\n", "\n\n", "\t", "\u2028", "\u2029", "a\rb"],
    "half characters": ["\ud800", "\udfff", "\ud83d", "a\udc00b"],
    "no characters": ["\ufffd", "\ufffe", "\uffff", "\ufdd0", "\U0001fffe", "\u0378"],
    "private": ["\ue001", "\uf0b7", "\uf0a7", "\U000f0001"],
    "bidirectional": ["\u202e", "\u202aa\u202c", "\u2066b\u2069", "\u200e", "\u061c", "\U000e0041"],
    "alike": ["Nộ\u0456 vụ", "\u0422\u041c", "\u0391gency", "\u043d", "μ", "\U0001d400\U0001d401"],
    "in pieces": ["\u0301", "e\u0302\u0301", unicodedata.normalize("NFD", "hồ sơ đúng hạn"), "=\u0338", "\u1100\u1161"],
    "old letters": [*OLD_LETTERS],
    "quotation": ['"', '""', "'", "`", ",", ";", "a,b;c\t", "\ufeff", "\\", "\\n", "sep=;", "'''", '"""'],
    "formula": ["=1+1", "+84", "-5", "@SUM(A1)", "=cmd|' /C calc'!A0", "'=1", "{=1}", "0912 345 678", "1.234", "40%"],
    "other grammars": ["[x]", "a = 1", "# x", "\\u0000", "<b>&amp;</b>", "]]>", "{{ x }}", "{value}", "$x$", "../x"],
    "blanks": ["", " ", "\u00a0", "\u202f", "\u200b", "\u3000", "\u2003a\u2003", "  a  b  ", "\u00ad", "\u200d"],
    "pictures": ["😀", "👩\u200d👩\u200d👧", "❤\ufe0f", "✅", "㎡", "中文", "\U0001f1fb\U0001f1f3"],
    "wide": ["Ｂ", "１２", "（ghi chú）"],
    "words": ["true", "nan", "None", "NULL", "2024-12-01", "1e5", "0", "-0", "so-a", "1.1"],
    "long": ["dài " * 10_000, "b" * 32_767, "b" * 32_768, "đ" * 131_073],
    "right": [*RIGHT],
}
RANGES = (
    (0x20, 0x7E),
    (0x80, 0x17F),
    (0x300, 0x36F),
    (0x370, 0x52F),
    (0x1EA0, 0x1EF9),
    (0x2000, 0x206F),
    (0x0, 0x10FFFF),
)


def piece(draw: Random) -> str:
    """One of the kinds, or any few characters."""
    if draw.random() < 0.7:
        return draw.choice(KINDS[draw.choice(list(KINDS))])
    low, high = draw.choice(RANGES)
    return "".join(chr(draw.randint(low, high)) for _ in range(draw.randint(1, 6)))


def hostile(draw: Random) -> str:
    """The text of one cell: right, a single piece, a piece within right text, or pieces beside each other."""
    kind = draw.randrange(5)
    if kind == 0:
        return draw.choice(RIGHT)
    if kind == 1:
        return piece(draw)
    if kind < 4:
        return draw.choice(RIGHT) + piece(draw) + draw.choice(RIGHT)
    return "".join(piece(draw) for _ in range(draw.randint(0, 4)))


HOSTILE = st.integers(0, 2**64).map(lambda seed: hostile(Random(seed)))

SPELT = re.compile("_x([0-9A-Fa-f]{4})_")


def meant(text: str) -> str:
    """What a spreadsheet makes of text that stands in its XML."""
    units = SPELT.sub(lambda found: chr(int(found[1], 16)), text)
    return units.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass") if units != text else text


def bare(text: str) -> list[str]:
    """The words of a text: composed, without signs that nobody sees; the bullet of Word's own font is one."""
    text = re.sub("[\uf0b7\uf0a7]", "•", text)
    return unicodedata.normalize("NFC", "".join(c for c in text if unicodedata.category(c) != "Cf")).split()


def can_be_kept(text: str) -> bool:
    """Whether a text may stand in a folder at all: no control, no half character, one spelling, not too long."""
    wrong = any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in text)
    return not wrong and unicodedata.is_normalized("NFC", text) and len(text) <= 32_767 and "\u2028" not in text
