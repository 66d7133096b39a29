"""A percentage as people type it, in the figures of its row: 40, 40 % and 0.4 are taken for what alone they can mean.

The sign decides, typed or shown by the cell. Without it a figure that is possible on both scales is asked about.
"""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

from .display import ASIDE
from .write import PERCENT

TWICE = 2  # a bare 1.2 may be a share above the whole, a bare 12 is none


class Reading(Enum):
    """How a figure was read: as it stands, as the one thing that it can mean, as more than the whole, or not."""

    CLEAR, ONLY, ABOVE, EITHER = range(4)


def exact(value: float) -> Decimal:
    """What was typed: spreadsheets keep 15 digits, and write 40.5 % as 0.40500000000000003."""
    return Decimal(f"{value:.15g}")


def in_digits(x: Decimal) -> str:
    """A decimal without exponent and idle zeros."""
    return f"{x.normalize():f}" if x else "0"


def signed(code: str) -> bool:
    """Whether a number format shows a per cent sign."""
    return "%" in ASIDE.sub("", code)


def says(value: float, code: str) -> bool:
    """Whether the sign that a cell shows is its writer's: ours stands there before anything is typed, and 40 under it
    was not typed, because a client makes 40 % of it, but put there."""
    return signed(code) and not (code == PERCENT and value >= TWICE)


def meant(x: Decimal, sign: bool, hundred: int, whole: bool) -> tuple[Decimal, Reading]:
    """A figure on the scale of its row, and how it was read.

    x         what stands in the cell, where a sign says 40 % as 0.4
    hundred   100 % on that scale, 1 or 100; whole: nothing is above it, by declaration
    """
    if sign:
        return x * hundred, Reading.ABOVE if whole and x > 1 else Reading.CLEAR
    if x <= 0 or (hundred == 1 and x < 1):
        return x, Reading.CLEAR
    if whole and x > 100:
        return x * hundred / 100, Reading.ABOVE
    if hundred == 100:
        return x, Reading.EITHER if x <= 1 else Reading.CLEAR
    return (x / 100, Reading.ONLY) if whole and x >= TWICE else (x, Reading.EITHER)
