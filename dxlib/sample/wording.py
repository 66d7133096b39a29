"""What agencies write beside their figures: sentences put together from the catalogue, and copies of a neighbour's."""

from __future__ import annotations

import re
from functools import cache
from random import Random

from .names import FIRST, SECOND, pick
from .sets import table

PLACES = {
    "communes": ("ấp {name}", "ấp {name} {n}", "tổ tự quản {n} ấp {name}"),
    "wards": ("khóm {name}", "khóm {name} {n}", "tổ dân phố số {n} khóm {name}"),
    "districts": ("xã {name}", "thị trấn {name}", "Trường tiểu học {name}", "Trạm Y tế xã {name}"),
    "departments": ("Trung tâm {name}", "Chi cục khu vực {name}", "Trạm {name}", "Phòng Nghiệp vụ {n}"),
    "province": ("huyện {name}", "thị xã {name}", "cụm {name}"),
}
WHOLE = {  # slot: (lowest, how many)
    "q": (1, 4),
    "m": (1, 12),
    "few": (2, 6),
    "n": (2, 60),
    "more": (62, 380),
    "hour": (7, 10),
    "doc": (1, 400),
}


@cache
def phrases(kind: str, who: str) -> tuple[str, ...]:
    rows = [row for row in table("phrases") if row["kind"] == kind]
    return tuple(row["text"] for row in rows if not row["groups"] or who in row["groups"].split(";"))


def writer(group: str, agency: str) -> str:
    """The group, but `wards` for a ward or township: its parts are called otherwise."""
    return "wards" if group == "communes" and not agency.startswith("xa-") else group


def explain(share: float, year: str, group: str, agency: str, rng: Random) -> str:
    """One to three sentences for one row in three or so; communes write less often."""
    if rng.random() > (0.16 if group == "communes" else 0.4):
        return ""
    who = writer(group, agency)
    kinds = ["good" if share > 0.45 else "weak", *("detail", "source")[: pick(rng, 3)]]
    return " ".join(sentence(kind, year, who, rng) for kind in kinds)


def report(year: str, group: str, agency: str, rng: Random) -> str:
    """A long and particular explanation, long enough to be recognised in a copy."""
    who = writer(group, agency)
    return " ".join(sentence(kind, year, who, rng) for kind in ("good", "detail", "detail", "detail", "source"))


def sentence(kind: str, year: str, who: str, rng: Random) -> str:
    texts = phrases(kind, who)
    text = texts[pick(rng, len(texts))].format_map(Slots(year, who, rng))
    return text[0].upper() + text[1:]


class Slots(dict[str, object]):
    """What stands in the gaps of one sentence, made up when it is asked for."""

    def __init__(self, year: str, who: str, rng: Random):
        super().__init__(year=year)
        self.who, self.rng = who, rng

    def __missing__(self, slot: str) -> object:
        self[slot] = made = self.make(slot)
        return made

    def make(self, slot: str) -> object:
        if slot in WHOLE:
            low, n = WHOLE[slot]
            return low + pick(self.rng, n)
        if slot == "day":
            return f"{1 + pick(self.rng, 28)}/{1 + pick(self.rng, 12)}/{self['year']}"
        if slot == "p":
            return f"{3 + pick(self.rng, 30)},{1 + pick(self.rng, 9)}"
        return somewhere(self.who, self.rng)


def somewhere(who: str, rng: Random) -> str:
    """A hamlet, a commune, an office: always another one."""
    shapes = PLACES[who]
    return shapes[pick(rng, len(shapes))].format(name=name(rng), n=1 + pick(rng, 9))


def copied(text: str, rng: Random) -> str:
    """The same text with one number and one place name changed, as a hurried copier would."""
    numbers = list(re.finditer(r"(?<![\d/,])\d{1,3}(?![\d/,])", text))
    if numbers:
        one = numbers[pick(rng, len(numbers))]
        text = f"{text[: one.start()]}{int(one[0]) + 1 + pick(rng, 5)}{text[one.end() :]}"
    places = list(re.finditer(r"(?:ấp|khóm) (\w+ \w+)", text))
    if places:
        one = places[pick(rng, len(places))]
        text = text[: one.start(1)] + name(rng) + text[one.end(1) :]
    return text


def name(rng: Random) -> str:
    return f"{FIRST[pick(rng, len(FIRST))]} {SECOND[pick(rng, len(SECOND))]}"
