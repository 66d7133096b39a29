"""A cell's value as text, in one spelling; and text as a number."""

from __future__ import annotations

import re
from datetime import datetime, time
from functools import lru_cache
from math import isfinite
from typing import Any

from ..case.characters import clean

BLANKS = " \t\r\n"
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def as_text(value: Any) -> str:
    """A cell's value as a person sees it; whole numbers without a point, every float at its shortest."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)


def plain(value: Any) -> str:
    """Text as it is compared: one spelling, single blanks, however the client broke its lines."""
    return " ".join(spelt(as_text(value)).split())


@lru_cache(maxsize=1 << 14)
def spelt(text: str) -> str:
    """Text in one spelling, that in which a folder is read."""
    return clean(text)


def number_of(text: str) -> float | None:
    """A number as XML writes it; None for what is none, or is not held (1e400, 1e-400, nan, 0x1F, 1_000, ١٢٣)."""
    text = text.strip(BLANKS)
    if NUMBER.fullmatch(text) is None:
        return None
    number = float(text)
    lost = number == 0 and any(digit in "123456789" for digit in re.split("[eE]", text)[0])
    return None if lost or not isfinite(number) else number
