"""How this page writes ranges, and how long its tables are."""

from __future__ import annotations

from typing import Any

from ...words import percent, text

LONG, SHORT = 20, 15  # rows of a table that is not about every agency


def ends(low: str, high: str, lang: str) -> str:
    """An interval whose ends may be negative."""
    return text("sensitivity.ends", lang, low=low, high=high)


def estimate(low: Any, high: Any, lang: str) -> str:
    """An interval of shares; "–" where there is none."""
    return ends(percent(low, lang, 1), percent(high, lang, 1), lang) if low == low else "–"


def between(low: Any, high: Any, lang: str) -> str:
    return text("sensitivity.from_to", lang, low=percent(low, lang, 2), high=percent(high, lang, 2))
