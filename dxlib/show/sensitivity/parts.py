"""How this page writes ranges, and how long its tables are."""

from __future__ import annotations

from typing import Any

from ...words import number, percent, text

LONG, SHORT = 20, 15  # rows of a table that is not about every agency


def bounds(low: Any, high: Any, lang: str) -> str:
    """An interval whose ends may be negative; "–" where there is none."""
    return text("sensitivity.ends", lang, low=number(low, lang, 2), high=number(high, lang, 2)) if low == low else "–"


def estimate(low: Any, high: Any, lang: str) -> str:
    """The same of shares."""
    return text("sensitivity.ends", lang, low=percent(low, lang, 1), high=percent(high, lang, 1)) if low == low else "–"


def between(low: Any, high: Any, lang: str, decimals: int = 2) -> str:
    return text("sensitivity.from_to", lang, low=percent(low, lang, decimals), high=percent(high, lang, decimals))
