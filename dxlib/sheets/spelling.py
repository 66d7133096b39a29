"""A cell's value as text, in one spelling."""

from __future__ import annotations

from datetime import datetime, time
from functools import lru_cache
from typing import Any

from ..case.characters import clean


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
