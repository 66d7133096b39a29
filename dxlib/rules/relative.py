"""Shapes that look at every agency of the group that has a value. One late correction moves everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from .grammar import ONE, WORKING, ZERO, RuleError, Scale, decimal60, kept40
from .shape import Column, Figure, Places, Telling, exactly, reached

if TYPE_CHECKING:
    from random import Random


@dataclass(frozen=True)
class GroupRule(Figure):
    """What they have alike."""

    group, needs_variation, turns, signed = True, True, True, True

    def exact(self, column: Column) -> list[Fraction | None]:
        known = [v for v in column if v is not None]
        shares = iter(self.of_group(known) if known else [])
        return [None if v is None else next(shares) for v in column]

    def of_group(self, values: list[Fraction]) -> list[Fraction]:
        """Shares of all values of a group."""
        raise self.lacks("of_group")

    def in_words(self, tell: Telling) -> str:
        return tell.say("sheet.method.group", how=tell.say(f"rule.{self.name}.how"))

    def share_formula(self, at: Places) -> str:
        raise self.lacks("share_formula")

    def plausible_quotient(self, share: float) -> float:
        return share if self.direction == 1 else 0.7 * (1.0 - share)

    def plausible_amount(self, share: float, typical: float, rng: Random) -> float:
        return typical * (0.4 + 1.2 * (share if self.direction == 1 else 1.0 - share))


@dataclass(frozen=True)
class Relative(GroupRule):
    """`relative`: value / best of the group; direction -1: best / value (best 0: the zeros get 1, the others 0)."""

    name, needs_variation, signed = "relative", False, False

    def of_group(self, values: list[Fraction]) -> list[Fraction]:
        if self.direction == 1:
            best = max(values)
            return [v / best if best else ZERO for v in values]
        best = min(values)
        return [best / v if best else Fraction(v == 0) for v in values]

    def share_formula(self, at: Places) -> str:
        x, low, high = at.value, f"MIN({at.group})", f"MAX({at.group})"
        if self.direction == 1:
            return f"IF({high}=0,0,{x}/{high})"
        return f"IF({low}=0,IF({x}=0,1,0),{low}/{x})"


@dataclass(frozen=True)
class TargetLeader(GroupRule):
    """`target_leader(t[, s])`: share s (a half) in proportion up to the target t, s x value / t; the rest by
    (value - t)/(leader - t), the leader being the best value of the group. Nobody beyond t: nobody has any of the rest.
    """

    name, needs_variation, turns, signed = "target_leader", False, False, False
    examples = "target_leader(80%)", "target_leader(80%, 60%)"
    threshold: Fraction = ONE
    at_target: Fraction = Fraction(1, 2)

    @classmethod
    def parse(cls, args: list[str], scale: Scale) -> TargetLeader:
        if len(args) not in (1, 2):
            raise RuleError("rule_arguments", scale.text, len(scale.text) - 1)
        threshold = scale.number(args[0])
        if threshold <= 0:
            raise RuleError("rule_positive", scale.text, scale.at(args[0]), part=args[0])
        share = scale.share(args[1]) if len(args) == 2 else cls.at_target
        if not 0 < share < 1:
            raise RuleError("rule_leader_share", scale.text, scale.at(args[1]), part=args[1])
        return cls(threshold=threshold, at_target=share)

    @property
    def thresholds(self) -> tuple[Fraction, ...]:
        return (self.threshold,)

    @property
    def clips(self) -> bool:
        return False

    def of_group(self, values: list[Fraction]) -> list[Fraction]:
        leader, target, half = max(values), self.threshold, self.at_target
        return [
            half * v / target if v <= target else half + (1 - half) * (v - target) / (leader - target) for v in values
        ]

    def in_words(self, tell: Telling) -> str:
        facts = {"target": tell.worth(self.threshold), "half": tell.points(self.at_target)}
        return tell.say("sheet.method.target_leader", rest=tell.points(1 - self.at_target), **facts)

    def share_formula(self, at: Places) -> str:
        x, leader, t, half = at.value, f"MAX({at.group})", exactly(self.threshold), exactly(self.at_target)
        rest = f"{half}+({exactly(1 - self.at_target)})*({x}-{t})/({leader}-{t})"
        below = f"{x}*({exactly(self.at_target / self.threshold)})"
        return f"IF({reached(at, self.threshold, '<=')},{below},IF({x}={leader},1,{rest}))"

    def plausible_quotient(self, share: float) -> float:
        return float(self.threshold) * (share / float(self.at_target) if share < self.at_target else 0.7 + 0.6 * share)

    def plausible_amount(self, share: float, typical: float, rng: Random) -> float:
        return self.plausible_quotient(share)


@dataclass(frozen=True)
class MinMax(GroupRule):
    """`minmax[(lo, hi)]`: (x - min)/(max - min), put on [lo, hi] if given; no spread: the lower end."""

    name, examples = "minmax", ("minmax", "minmax(0.01, 1)")
    lo: Fraction = ZERO
    hi: Fraction = ONE

    @classmethod
    def parse(cls, args: list[str], scale: Scale) -> MinMax:
        if not args:
            return cls(direction=scale.direction)
        if len(args) != 2:
            raise RuleError("rule_arguments", scale.text, len(scale.text) - 1)
        lo, hi = scale.share(args[0]), scale.share(args[1])
        if lo >= hi:
            raise RuleError("rule_goalposts", scale.text, scale.at(args[0]))
        return cls(direction=scale.direction, lo=lo, hi=hi)

    def of_group(self, values: list[Fraction]) -> list[Fraction]:
        low, high = min(values), max(values)
        worst, span = (low if self.direction == 1 else high), high - low
        return [self.lo + (self.hi - self.lo) * abs(v - worst) / span if span else self.lo for v in values]

    def share_formula(self, at: Places) -> str:
        low, high = f"MIN({at.group})", f"MAX({at.group})"
        lo, span = exactly(self.lo), exactly(self.hi - self.lo)
        put = f"ABS({at.value}-{low if self.direction == 1 else high})/({high}-{low})"
        put = put if (self.lo, self.hi) == (0, 1) else f"{lo}+({span})*{put}"
        return f"IF(ROUND({high}-{low},12)=0,{lo},{put})"


@dataclass(frozen=True)
class ZScore(GroupRule):
    """`zscore`: (x - mean)/sd, sd with n - 1 (OECD/JRC 2008, ch. 5); no spread or one agency: 0."""

    name, negative = "zscore", True

    @property
    def bounded(self) -> bool:
        return False

    @property
    def rooted(self) -> bool:
        return True

    def of_group(self, values: list[Fraction]) -> list[Fraction]:
        n = len(values)
        mean = sum(values, ZERO) / n
        squares = sum(((v - mean) ** 2 for v in values), ZERO)
        if n == 1 or not squares:
            return [ZERO] * n
        sd = WORKING.sqrt(decimal60(squares / (n - 1)))
        return [kept40(WORKING.divide(decimal60(self.direction * (v - mean)), sd)) for v in values]

    def share_formula(self, at: Places) -> str:
        x, group = at.value, at.group
        z = f"({x}-AVERAGE({group}))" if self.direction == 1 else f"(AVERAGE({group})-{x})"
        return f"IF(ROUND(MAX({group})-MIN({group}),12)=0,0,{z}/STDEV({group}))"


@dataclass(frozen=True)
class RankShare(GroupRule):
    """`rank`: (r - 1)/(n - 1), with r the ascending rank, ties `min`; one agency: 0."""

    name = "rank"

    def of_group(self, values: list[Fraction]) -> list[Fraction]:
        n = len(values)
        return [Fraction(r - 1, n - 1) if n > 1 else ZERO for r in self.ascending(values)]

    def ascending(self, values: Sequence) -> list[int]:
        first: dict = {}
        turned = sorted((float(v), v) for v in values)[:: self.direction]  # floats decide; equal ones ask the fractions
        for place, (_, v) in enumerate(turned, start=1):
            first.setdefault(v, place)
        return [first[v] for v in values]

    def quotient_formula(self, a: str, b: str) -> str:
        return f"ROUND({a}/{b},12)"  # so that equal quotients share a place

    def place_formula(self, at: Places) -> str:
        """The ascending rank."""
        return f"RANK({at.value},{at.group},{1 if self.direction == 1 else 0})"

    def share_formula(self, at: Places) -> str:
        return f"IF(COUNT({at.group})<2,0,({self.place_formula(at)}-1)/(COUNT({at.group})-1))"


@dataclass(frozen=True)
class Percentile(RankShare):
    """`percentile`: r/n, with r the ascending rank, ties `min` (OECD/JRC 2008, table 15)."""

    name = "percentile"

    def of_group(self, values: list[Fraction]) -> list[Fraction]:
        return [Fraction(r, len(values)) for r in self.ascending(values)]

    def share_formula(self, at: Places) -> str:
        return f"{self.place_formula(at)}/COUNT({at.group})"
