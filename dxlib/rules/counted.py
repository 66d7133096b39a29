"""Points for each thing counted, within the row's maximum."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from .grammar import ONE, RuleError, Scale
from .shape import Answer, Figure, Places, Telling, exactly

if TYPE_CHECKING:
    from random import Random


@dataclass(frozen=True)
class Counted(Figure):
    """Shapes that give `each` points for each thing counted, at most `cap`."""

    reads, whole = ("a",), True
    each: Fraction = ONE
    cap: Fraction | None = None

    def in_words(self, tell: Telling) -> str:
        key = f"{self.name}{'' if self.cap is None else '_cap'}"
        most = "" if self.cap is None else tell.figure(self.cap)
        return tell.say(f"sheet.method.{key}", each=tell.figure(self.each), most=most, unit=tell.unit)


@dataclass(frozen=True)
class Count(Counted):
    """`count(p[, cap])`: min(a x p, cap or maximum) / maximum: p points each."""

    name, combines, examples = "count", True, ("count(1, 5)",)
    cap: Fraction = ONE
    maximum: Fraction = ONE

    @classmethod
    def parse(cls, args: list[str], scale: Scale) -> Count:
        each, cap = scale.points(args)
        if not scale.maximum:
            raise RuleError("rule_points_without_maximum", scale.text, part=scale.text)
        return cls(each=each, cap=min(cap or scale.maximum, scale.maximum), maximum=scale.maximum)

    @property
    def shape(self) -> Hashable:
        return type(self), self.each / self.maximum, self.cap / self.maximum

    def share(self, value: Fraction) -> Fraction:
        return min(value * self.each, self.cap) / self.maximum

    def points_formula(self, scale: Fraction, at: Places) -> str:
        return f"MIN({at.value}*({exactly(self.each)}),{exactly(self.cap)})"

    def share_formula(self, at: Places) -> str:
        return f"{super().share_formula(at)}/{at.maximum}"

    def plausible_amount(self, share: float, typical: float, rng: Random) -> float:
        return round(float(self.cap / self.each) * (0.2 + 0.9 * share))

    def top(self, said: Answer) -> dict[str, str]:
        return {"a": str(-(-self.cap // self.each)), "b": ""}


@dataclass(frozen=True)
class Deduct(Counted):
    """`deduct(p[, cap])`: the maximum less min(a x p, cap) points, not below 0: p points off for each thing counted."""

    name, examples = "deduct", ("deduct(1)", "deduct(2, 9)")
    maximum: Fraction = ONE

    @classmethod
    def parse(cls, args: list[str], scale: Scale) -> Deduct:
        each, cap = scale.points(args)
        if not scale.maximum:
            raise RuleError("rule_points_without_maximum", scale.text, part=scale.text)
        return cls(each=each, cap=cap, maximum=scale.maximum)

    @property
    def most(self) -> Fraction:
        """Points that it takes off at most."""
        return self.maximum if self.cap is None else min(self.cap, self.maximum)

    @property
    def shape(self) -> Hashable:
        return type(self), self.each / self.maximum, self.most / self.maximum

    def share(self, value: Fraction) -> Fraction:
        return 1 - min(value * self.each, self.most) / self.maximum

    def points_formula(self, scale: Fraction, at: Places) -> str:
        return f"{exactly(self.maximum)}-MIN({at.value}*({exactly(self.each)}),{exactly(self.most)})"

    def share_formula(self, at: Places) -> str:
        off = f"{at.value}*({exactly(self.each)})"
        off = off if self.cap is None else f"MIN({off},{exactly(self.cap)})"
        return f"MAX(0,{at.maximum}-{off})/{at.maximum}"

    def plausible_amount(self, share: float, typical: float, rng: Random) -> float:
        return round(float(self.most / self.each) * (1 - share))

    def top(self, said: Answer) -> dict[str, str]:
        return {"a": "0", "b": ""}

    def lower(self, said: Answer, rng: Random) -> dict[str, str]:
        a = int(said["a"]) if said["a"].isdigit() else None
        return {"a": str(a + 1)} if a is not None and (a + 1) * self.each <= self.most else {}
