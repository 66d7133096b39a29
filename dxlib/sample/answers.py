"""What agencies truly did and what they say they did: one answer per rule shape, from a share between 0 and 1."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from random import Random

from ..rules import Rule, parse_rule
from .sets import Row, known

Answer = dict[str, str]
CELLS = ("a", "b", "option", "points")
INFORMATION = {"departments": 1.0, "districts": 8.0, "communes": 0.5, "province": 60.0}


@dataclass(frozen=True)
class Character:
    """How an agency behaves: what it achieves, how much it exaggerates, how punctual it is (all 0 to 1)."""

    level: float
    inflation: float
    diligence: float
    size: float


def character(seed: int, agency: str) -> Character:
    """The same in every year."""
    rng = Random(f"{seed}/{agency}")
    return Character(
        level=0.36 + 0.5 * rng.random(),
        inflation=0.04 + 0.2 * rng.random() * rng.random(),
        diligence=rng.random(),
        size=0.6 + 0.8 * rng.random(),
    )


@cache
def difficulty(key: str) -> float:
    return 0.34 * Random(f"difficulty/{key}").random()


def achieved(who: Character, key: str, year: str, rng: Random) -> float:
    """What the agency reached on one row; a little better every year."""
    noise = (rng.random() + rng.random() + rng.random() - 1.5) * 0.3
    return min(max(who.level + 0.2 - difficulty(key) + 0.035 * (int(year) - 2022) + noise, 0.0), 1.0)


@cache
def rule_of(text: str, maximum: str, direction: str) -> Rule:
    return parse_rule(text, Fraction(maximum or 0), -1 if direction == "-1" else 1)


def answer(row: Row, group: str, share: float, counted: dict[str, int], size: float, rng: Random) -> Answer:
    """The cells a, b, option, points that stand for `share` of the maximum under the row's rule.

    counted   denominators already given by this agency, so that one quantity is one number in every row
    """
    rule = rule_of(row["rule"], row["max_points"], row["direction"])
    cells = dict.fromkeys(CELLS, "")
    if rule.reads and "a" not in rule.reads:
        return cells | rule.plausible(share, rng)
    cells |= rule.plausible(share, rng) if "option" in rule.reads else {}
    catalogue = known("rows")[row["key"]]
    if catalogue["b"]:
        b = denominator(catalogue["b"], group, counted, size, rng)
        return cells | {"a": str(min(round(rule.plausible_quotient(share) * b), b)), "b": str(b)}
    typical = float(catalogue["scale"] or 1)
    if not rule.reads:
        return cells | {"a": information(typical, group, rng)}
    return cells | {"a": figure(rule.plausible_amount(share, typical, rng))}


def denominator(name: str, group: str, counted: dict[str, int], size: float, rng: Random) -> int:
    if name not in counted:
        typical = float(known("quantities")[name][group]) * size * (0.9 + 0.2 * rng.random())
        none = group == "communes" and name == "firms" and rng.random() < 0.03
        counted[name] = 0 if none else max(round(typical), 1)
    return counted[name]


def information(typical: float, group: str, rng: Random) -> str:
    """A figure that is collected only."""
    factor = INFORMATION[group] if typical >= 60 else 1.0
    return str(max(round(typical * factor * (0.7 + 0.6 * rng.random())), 1)) if typical > 1 else "1"


def figure(x: float) -> str:
    """Whole from twenty on, else two decimals at most."""
    return str(round(x)) if x >= 20 else f"{x:.2f}".rstrip("0").rstrip(".")


def own_points(row: Row, cells: Answer) -> Fraction | None:
    """The points an agency reckons for itself; None where the rule looks at the others or nothing is scored."""
    rule = rule_of(row["rule"], row["max_points"], row["direction"])
    if rule.group or rule.role != "score" or "points" in rule.reads:
        return None
    maximum = exact(row["max_points"] or "0")
    if "a" not in rule.reads:
        value = rule.read(cells)
        return None if value is None else rule.share(value) * maximum
    x = exact(cells["a"])
    if cells["b"]:
        if cells["b"] == "0":
            return None
        x /= exact(cells["b"])
    value = rule.joined(x, cells) if "option" in rule.reads else x
    return None if value is None else rule.share(value) * maximum


@cache
def exact(text: str) -> Fraction:
    return Fraction(text)


def written(x: Fraction, decimals: str) -> str:
    """Rounded half up; x is not negative."""
    unit = 10 ** int(decimals)
    n = (2 * unit * x.numerator + x.denominator) // (2 * x.denominator)
    return f"{n // unit}.{n % unit:0{decimals}}".rstrip("0").rstrip(".")
