"""Made-up places: two syllables that sound Vietnamese and name no real commune of the province they imitate."""

from __future__ import annotations

import unicodedata
from random import Random

FIRST = (
    "Lương Vàm Bàu Trúc Hạc Nhạn Giồng Láng Sen Đìa Khê Lãng Phù Diên Nghi Vân Ngọc Nhị Sậy Lụa Trầm Tràm Sộp "
    "Mận Gáo Đước Dừa Quế Cúc Lan Hiền Khánh Duy Đoan Kiến Ước Hoài Uyên Liên Thụy"
).split()
SECOND = (
    "Giang Sơn Hạc Nhạn Mây Lụa Trầm Khê Ninh Bảo Điền Quang Thụy Lâm Thủy Nguyên Cát Hải Đài Liễu Tâm Vinh Khang "
    "Lễ Nghĩa Tín Hương Phong Lạc Đức Mai Quế Cúc Trúc Sen Ngân Duyên Hoài Ước Kiều"
).split()
THIRD = ("Đông", "Tây", "Nam", "Bắc", "Thượng", "Hạ", "Nội", "Ngoại", "Tiền", "Hậu", "Nhất", "Nhì")

DISTRICTS = (
    ("tp-lang-phu", "Thành phố", "Lãng Phù", "City"),
    ("tx-bau-may", "Thị xã", "Bàu Mây", "Town"),
    ("h-son-hac", "Huyện", "Sơn Hạc", "District"),
    ("h-vam-lua", "Huyện", "Vàm Lụa", "District"),
    ("h-dong-nhan", "Huyện", "Đông Nhạn", "District"),
    ("h-khe-tram", "Huyện", "Khê Trầm", "District"),
    ("h-giong-sen", "Huyện", "Giồng Sen", "District"),
    ("h-ngoc-lieu", "Huyện", "Ngọc Liễu", "District"),
)

KINDS = {"xã": "Commune", "phường": "Ward", "thị trấn": "Township"}


def slug(text: str) -> str:
    """ASCII, lower case, hyphens."""
    bare = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "-".join("".join(c for c in bare if c.isascii() and (c.isalnum() or c == " ")).split())


def pick(rng: Random, n: int) -> int:
    """A whole number below n, the same on every Python."""
    return int(rng.random() * n)


def shuffled(rng: Random, items: list) -> list:
    """The items in random order (Fisher and Yates)."""
    out = list(items)
    for i in range(len(out) - 1, 0, -1):
        j = pick(rng, i + 1)
        out[i], out[j] = out[j], out[i]
    return out


def place_names(rng: Random, n: int) -> list[str]:
    """n names without repetition; a third syllable (Đông, Tây, …) once the pairs are used up."""
    taken = {name for _, _, name, _ in DISTRICTS}
    pairs = [f"{a} {b}" for a in FIRST for b in SECOND if a != b]
    names = shuffled(rng, [p for p in pairs if p not in taken])
    found = list(names)
    while n > len(found):
        names = [f"{name} {third}" for third in THIRD for name in names]
        found += names
    return found[:n]
