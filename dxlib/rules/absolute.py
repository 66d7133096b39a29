"""Shapes that set a figure against fixed numbers, or take points as they are given."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from .grammar import ONE, WORKING, ZERO, RuleError, Scale, Wrong, decimal60, kept40, number, shown
from .shape import Answer, Column, Figure, Places, Rule, Telling, exactly, reached

if TYPE_CHECKING:
    from random import Random


@dataclass(frozen=True)
class Unscored(Rule):
    """`none`: collected and shown, never scored."""

    name, reads, role = "none", (), "none"

    def exact(self, column: Column) -> list[Fraction | None]:
        return [None] * len(column)

    def in_words(self, tell: Telling) -> str:
        return tell.say("sheet.method.none")

    def points_formula(self, scale: Fraction, at: Places) -> str:
        return ""

    def plausible_quotient(self, share: float) -> float:
        return share


@dataclass(frozen=True)
class Points(Rule):
    """`points`: points / maximum."""

    name, reads = "points", ("points",)
    maximum: Fraction = ONE

    @classmethod
    def parse(cls, args: list[str], scale: Scale) -> Points:
        if args:
            raise RuleError("rule_no_arguments", scale.text, scale.at(args[0]))
        return cls(maximum=scale.maximum or ONE)

    @property
    def cap(self) -> Fraction:
        return self.maximum

    @property
    def shape(self) -> Hashable:
        return (type(self),)

    def read(self, answer: Answer) -> Fraction | None:
        points = number(answer["points"]) if answer["points"] else None
        if points is not None and not 0 <= points <= self.maximum:
            raise Wrong("points", "E_RANGE", "points_range", maximum=shown(self.maximum))
        return points

    def share(self, value: Fraction) -> Fraction:
        return value / self.maximum

    def in_words(self, tell: Telling) -> str:
        return tell.say("sheet.method.points", points=tell.points(ONE))

    def share_formula(self, at: Places) -> str:
        return f"{at.points}/{at.maximum}"

    def plausible(self, share: float, rng: Random) -> dict[str, str]:
        halves = int(2 * share * float(self.maximum) * 0.98)
        return {"points": f"{halves / 2:g}"}

    def lower(self, said: Answer, rng: Random) -> dict[str, str]:
        return {}


@dataclass(frozen=True)
class Ratio(Figure):
    """`ratio`: min(a/b, 1); direction -1: one minus that."""

    name, turns, of_whole, combines = "ratio", True, True, True

    def share(self, value: Fraction) -> Fraction:
        share = value if value.numerator < value.denominator else ONE
        return share if self.direction == 1 else 1 - share

    def in_words(self, tell: Telling) -> str:
        down = "_down" if self.direction == -1 else ""
        return tell.say(f"sheet.method.ratio{down}", points=tell.points(ONE))

    def points_formula(self, scale: Fraction, at: Places) -> str:
        part = f"MIN({at.value},1)"
        return f"{part}*({exactly(scale)})" if self.direction == 1 else f"(1-{part})*({exactly(scale)})"

    def plausible_quotient(self, share: float) -> float:
        return share if self.direction == 1 else 0.7 * (1.0 - share)


@dataclass(frozen=True)
class Target(Figure):
    """`target(t)`: min(value / t, 1): full at the threshold, proportional below.

    `target(t, from: f)`: nothing up to a floor f, between the two (value - f)/(t - f).
    `target(t, least: f)`: nothing below f; from f on value / t.
    """

    name, combines = "target", True
    examples = "target(80%)", "target(80%, from: 50%)", "target(80%, least: 50%)"
    threshold: Fraction = ONE
    start: Fraction = ZERO  # where the proportion starts
    floor: Fraction = ZERO  # what must be reached to earn any of it

    @classmethod
    def parse(cls, args: list[str], scale: Scale) -> Target:
        if len(args) not in (1, 2):
            raise RuleError("rule_arguments", scale.text, len(scale.text) - 1)
        threshold = scale.number(args[0])
        if threshold <= 0:
            raise RuleError("rule_positive", scale.text, scale.at(args[0]), part=args[0])
        if len(args) == 1:
            return cls(threshold=threshold)
        word, colon, written = (part.strip() for part in args[1].partition(":"))
        if not colon:
            raise RuleError("rule_arguments", scale.text, len(scale.text) - 1)
        if word not in ("from", "least"):
            raise RuleError("rule_word", scale.text, scale.at(args[1]), part=word, expected="from, least")
        floor = scale.number(written)
        if not 0 <= floor < threshold:
            at = scale.text.find(written, scale.at(args[1]) + len(word))
            raise RuleError("rule_target_floor", scale.text, at, part=written, target=args[0])
        return cls(threshold=threshold, start=floor) if word == "from" else cls(threshold=threshold, floor=floor)

    @property
    def thresholds(self) -> tuple[Fraction, ...]:
        return (*(x for x in (self.start, self.floor) if x), self.threshold)

    def share(self, value: Fraction) -> Fraction:
        if self.start or self.floor:
            if value <= self.start or value < self.floor:
                return ZERO
            return min((value - self.start) / (self.threshold - self.start), ONE)
        n, d = value.numerator * self.threshold.denominator, value.denominator * self.threshold.numerator
        return Fraction(n, d) if n < d else ONE

    def in_words(self, tell: Telling) -> str:
        key = "target_from" if self.start else "target_least" if self.floor else "target"
        ends = {"limit": tell.worth(self.threshold), "floor": tell.worth(self.start or self.floor)}
        return tell.say(f"sheet.method.{key}", points=tell.points(ONE), **ends)

    def points_formula(self, scale: Fraction, at: Places) -> str:
        most, start, floor = exactly(scale), self.start, self.floor
        if start:
            return f"MAX(0,MIN(({at.value}-{exactly(start)})/({exactly(self.threshold - start)}),1))*({most})"
        points = f"MIN({at.value}*({exactly(1 / self.threshold)}),1)*({most})"
        return f"IF({reached(at, floor)},{points},0)" if floor else points

    def plausible_quotient(self, share: float) -> float:
        return float(self.start) + float(self.threshold - self.start) * (0.3 + 0.8 * share)

    def plausible_amount(self, share: float, typical: float, rng: Random) -> float:
        return typical * share


@dataclass(frozen=True)
class Goalposts(Figure):
    """`goalposts(lo, hi[, log][, unclipped])`: (value - lo)/(hi - lo), clipped to [0, 1]; lo > hi: less is better.

    `log`: of natural logarithms; `log+c`: of those of value + c, lo + c, hi + c, for values that may be 0.

    Source: UNDP, Human Development Report, technical note (minimum and maximum values); OECD/JRC 2008, ch. 5.
    """

    name, signed, combines = "goalposts", True, True
    examples = "goalposts(0, 12)", "goalposts(12, 0, unclipped)", "goalposts(0, 5000, log+1)"
    lo: Fraction = ZERO
    hi: Fraction = ONE
    log: bool = False
    clipped: bool = True
    offset: Fraction = ZERO  # under `log`: what is added first

    @classmethod
    def parse(cls, args: list[str], scale: Scale) -> Goalposts:
        offset, words = ZERO, []
        for arg in args[2:]:
            word, plus, added = arg.partition("+")
            words.append(word.strip())
            if words[-1] not in ("log", "unclipped") or (plus and words[-1] != "log"):
                raise RuleError("rule_word", scale.text, scale.at(arg), part=arg, expected="log, log+1, unclipped")
            if plus:
                offset = scale.number(added)
        if len(args) < 2 or len(set(words)) < len(words):
            raise RuleError("rule_arguments", scale.text, len(scale.text) - 1)
        lo, hi = scale.number(args[0]), scale.number(args[1])
        if lo == hi or ("log" in words and min(lo, hi) + offset <= 0):
            raise RuleError("rule_goalposts", scale.text, scale.at(args[0]))
        return cls(lo=lo, hi=hi, log="log" in words, clipped="unclipped" not in words, offset=offset)

    @property
    def bounded(self) -> bool:
        return self.clipped

    @property
    def rooted(self) -> bool:
        return self.log

    @property
    def marks(self) -> tuple[Fraction, ...]:
        return self.lo, self.hi

    @property
    def least(self) -> Fraction | None:
        return -self.offset if self.log else None

    def share(self, value: Fraction) -> Fraction:
        if not self.log:
            share = (value - self.lo) / (self.hi - self.lo)
        elif value in (self.lo, self.hi):
            share = Fraction(value == self.hi)
        else:
            lo, hi, v = (WORKING.ln(decimal60(x + self.offset)) for x in (self.lo, self.hi, value))
            share = kept40(WORKING.divide(WORKING.subtract(v, lo), WORKING.subtract(hi, lo)))
        return min(max(share, ZERO), ONE) if self.clipped else share

    def in_words(self, tell: Telling) -> str:
        key = "goalposts" if not self.log else "goalposts_log_plus" if self.offset else "goalposts_log"
        ends = {"low": tell.worth(self.lo), "high": tell.worth(self.hi), "added": tell.figure(self.offset)}
        return tell.say(f"sheet.method.{key}", points=tell.points(ONE), **ends)

    def points_formula(self, scale: Fraction, at: Places) -> str:
        lo, hi, most = exactly(self.lo + self.offset), exactly(self.hi + self.offset), exactly(scale)
        over = f"LN({at.value}+({exactly(self.offset)}))" if self.offset else f"LN({at.value})"
        part = f"({over}-LN({lo}))/(LN({hi})-LN({lo}))" if self.log else f"({at.value}-({lo}))/({hi}-({lo}))"
        return f"MAX(0,MIN(1,{part}))*({most})" if self.clipped else f"{part}*({most})"

    def plausible_quotient(self, share: float) -> float:
        return float(self.lo) + float(self.hi - self.lo) * share

    def plausible_amount(self, share: float, typical: float, rng: Random) -> float:
        return self.plausible_quotient(share * share if self.log else share)
