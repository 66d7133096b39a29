"""How rules and numbers are written: what is understood, and what is wrong with what is not."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

ZERO, ONE = Fraction(0), Fraction(1)
WORKING = Context(prec=60, rounding=ROUND_HALF_EVEN, Emin=-999999, Emax=999999)
KEPT = Context(prec=40, rounding=ROUND_HALF_EVEN, Emin=-999999, Emax=999999)

NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


class RuleError(ValueError):
    """A rule that cannot be read: `reason` names the wording, `at` the place (0-based) in the text."""

    def __init__(self, reason: str, text: str, at: int = 0, **facts: object):
        self.reason, self.text, self.at, self.facts = reason, text, at, facts
        super().__init__(f"{reason} at {at + 1}: {text}")


class Wrong(ValueError):
    """An answer the rule cannot take: column, code, reason and facts of the finding."""

    def __init__(self, column: str, code: str, reason: str, **facts: object):
        self.column, self.code, self.reason, self.facts = column, code, reason, facts
        super().__init__(f"{code} {column}")


def decimal60(x: Fraction) -> Decimal:
    """A fraction to 60 significant digits."""
    return WORKING.divide(Decimal(x.numerator), Decimal(x.denominator))


def kept40(x: Decimal) -> Fraction:
    """A 60-digit result kept to 40 digits, so that equal roots are equal numbers."""
    return Fraction(KEPT.plus(x))


@lru_cache(maxsize=1 << 16)  # the same figures are read by the rules, the checks and the flags
def number(text: str) -> Fraction:
    """A decimal number as it must be written: optional sign, digits, optional point and digits.

    Raises ValueError for anything else (a comma, blanks, 1e3, nan).
    """
    if text.isascii() and text.isdigit():
        return Fraction(int(text))
    if not NUMBER.fullmatch(text):
        raise ValueError(text)
    whole, _, decimals = text.partition(".")
    return Fraction(int(whole + decimals), 10 ** len(decimals))


def quotient(text: str) -> Fraction:
    """A decimal number, or two of them with a slash between: `0.5`, `1/3`. Raises ValueError, ZeroDivisionError."""
    above, slash, below = text.partition("/")
    return number(above.strip()) / number(below.strip()) if slash else number(text)


def shown(x: Fraction | int | None) -> str:
    """A number as a person would write it in data: 20, 7.5, 1/3."""
    if x is None:
        return ""
    exact = Fraction(x)
    places = next((p for p in range(11) if (exact * 10**p).denominator == 1), None)
    return str(exact) if places is None else f"{Decimal(exact.numerator) / exact.denominator:.{places}f}"


def none_within(text: str, maximum: Fraction | None, direction: int) -> Any:
    """Where no rule can stand within another text."""
    raise RuleError("rule_unknown", text, part=text, nearest="–", example="–")


@dataclass(frozen=True)
class Scale:
    """What a rule needs to know about its row: the text (for places in errors), maximum points, direction; and how the
    rules within it are read."""

    text: str
    maximum: Fraction | None
    direction: int
    read: Callable[[str, Fraction | None, int], Any] = none_within

    def at(self, part: str) -> int:
        """Where a part stands in the text, as a whole word (5 is not the end of 0.5) or with the `p` of points."""
        found = re.search(rf"(?<![^\s(,:<>]){re.escape(part)}(?=p?(?:[\s,;):]|$))", self.text)
        return found.start() if found else 0

    def number(self, part: str) -> Fraction:
        """`0.5`, `1/2`, `50%`, `-3`."""
        text = part.strip()
        try:
            if text.endswith("%"):
                return number(text[:-1].strip()) / 100
            return quotient(text)
        except (ValueError, ZeroDivisionError):
            raise RuleError("rule_number", self.text, self.at(text), part=text) from None

    def share(self, part: str) -> Fraction:
        """A share of the maximum: as a number, or in points of the row's maximum (`15p`)."""
        text = part.strip()
        if not text.endswith("p"):
            share = self.number(text)
        elif not self.maximum:
            raise RuleError("rule_points_without_maximum", self.text, self.at(text), part=text)
        else:
            share = self.number(text[:-1]) / self.maximum
        if not 0 <= share <= 1:
            raise RuleError("rule_share_range", self.text, self.at(text), part=text)
        return share

    def pairs(self, args: list[str], again: bool = False) -> list[tuple[str, Fraction]]:
        """`name:share` pairs; again: a name may stand more than once."""
        found: list[tuple[str, Fraction]] = []
        for arg in args:
            name, colon, share = arg.rpartition(":")
            if not colon or not name.strip():
                raise RuleError("rule_pair", self.text, self.at(arg), part=arg)
            if name.strip() in dict(found) and not again:
                raise RuleError("rule_twice", self.text, self.at(arg), part=name.strip())
            found.append((name.strip(), self.share(share)))
        if not found:
            raise RuleError("rule_arguments", self.text, len(self.text) - 1)
        return found

    def points(self, args: list[str]) -> tuple[Fraction, Fraction | None]:
        """`p[, cap]` in points, both above zero."""
        if not 1 <= len(args) <= 2:
            raise RuleError("rule_arguments", self.text, len(self.text) - 1)
        values = [self.number(a.strip().removesuffix("p")) for a in args]
        for arg, value in zip(args, values, strict=True):
            if value <= 0:
                raise RuleError("rule_positive", self.text, self.at(arg), part=arg)
        return values[0], values[1] if len(values) == 2 else None
