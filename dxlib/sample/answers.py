"""What agencies truly did and what they say they did: one answer per rule shape, from a share between 0 and 1."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from random import Random

from ..rules import (
    Bonus,
    Count,
    Goalposts,
    GroupRule,
    Options,
    Parts,
    Points,
    Rule,
    Steps,
    Target,
    Unscored,
    parse_rule,
)
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
    if isinstance(rule, Parts):
        met = [name for name, _ in rule.shares if rng.random() < share + 0.1]
        return cells | {"option": ";".join(met) or "none"}
    if isinstance(rule, Options):
        wanted = share + 0.3 * (rng.random() - 0.4)
        return cells | {"option": min(rule.shares, key=lambda pair: abs(float(pair[1]) - wanted))[0]}
    if isinstance(rule, Points):
        halves = int(2 * share * float(row["max_points"] or 1) * 0.98)
        return cells | {"points": f"{halves / 2:g}"}
    catalogue = known("rows")[row["key"]]
    if catalogue["b"]:
        b = denominator(catalogue["b"], group, counted, size, rng)
        return cells | {"a": str(min(round(value(rule, share) * b), b)), "b": str(b)}
    return cells | {"a": amount(rule, catalogue["scale"], group, share, rng)}


def denominator(name: str, group: str, counted: dict[str, int], size: float, rng: Random) -> int:
    if name not in counted:
        typical = float(known("quantities")[name][group]) * size * (0.9 + 0.2 * rng.random())
        none = group == "communes" and name == "firms" and rng.random() < 0.03
        counted[name] = 0 if none else max(round(typical), 1)
    return counted[name]


def value(rule: Rule, share: float) -> float:
    """A ratio that earns about `share`."""
    if isinstance(rule, Target):
        return float(rule.threshold) * (0.3 + 0.8 * share)
    if isinstance(rule, Steps):
        bounds = [float(x) for x, *_ in rule.steps]
        return 0.7 * min(bounds) + (1.1 * max(bounds) - 0.7 * min(bounds)) * share
    if isinstance(rule, Goalposts):
        return float(rule.lo) + float(rule.hi - rule.lo) * share
    return share if rule.direction == 1 else 0.7 * (1.0 - share)


def amount(rule: Rule, scale: str, group: str, share: float, rng: Random) -> str:
    """A number that earns about `share` where the row takes no denominator."""
    typical = float(scale or 1)
    if isinstance(rule, Bonus):
        chance = 0.3 if rule.sign == 1 else 0.06
        return str(int(rng.random() < chance) + int(rng.random() < chance / 3))
    if isinstance(rule, Count):
        return str(round(float(rule.cap / rule.each) * (0.2 + 0.9 * share)))
    if isinstance(rule, Steps):
        top = 1.2 * max(float(x) for x, *_ in rule.steps)
        return str(round(top * (share if rule.direction == 1 else 1.0 - share)))
    if isinstance(rule, Goalposts):
        way = share * share if rule.log else share
        return figure(float(rule.lo) + float(rule.hi - rule.lo) * way)
    if isinstance(rule, GroupRule):
        return figure(typical * (0.4 + 1.2 * (share if rule.direction == 1 else 1.0 - share)))
    if isinstance(rule, Unscored):
        factor = INFORMATION[group] if typical >= 60 else 1.0
        return str(max(round(typical * factor * (0.7 + 0.6 * rng.random())), 1)) if typical > 1 else "1"
    return figure(typical * share)


def figure(x: float) -> str:
    """Whole from twenty on, else two decimals at most."""
    return str(round(x)) if x >= 20 else f"{x:.2f}".rstrip("0").rstrip(".")


def own_points(row: Row, cells: Answer) -> Fraction | None:
    """The points an agency reckons for itself; None where the rule looks at the others or nothing is scored."""
    rule = rule_of(row["rule"], row["max_points"], row["direction"])
    if rule.group or rule.role != "score" or isinstance(rule, Points):
        return None
    maximum = exact(row["max_points"] or "0")
    if isinstance(rule, Options):
        return rule.value(cells["option"]) * maximum
    x = exact(cells["a"])
    if cells["b"]:
        if cells["b"] == "0":
            return None
        x /= exact(cells["b"])
    return rule.share(x) * maximum


@cache
def exact(text: str) -> Fraction:
    return Fraction(text)


def written(x: Fraction, decimals: str) -> str:
    """Rounded half up; x is not negative."""
    unit = 10 ** int(decimals)
    n = (2 * unit * x.numerator + x.denominator) // (2 * x.denominator)
    return f"{n // unit}.{n % unit:0{decimals}}".rstrip("0").rstrip(".")
