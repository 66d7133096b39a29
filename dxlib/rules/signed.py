"""Points with their sign beside the tree: added to the index after aggregation."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

from .counted import Counted
from .grammar import ZERO, Scale
from .shape import Places, exactly

if TYPE_CHECKING:
    from random import Random


@dataclass(frozen=True)
class Bonus(Counted):
    """`bonus(p[, cap])`: + min(a x p, cap) points, added to the index after aggregation."""

    name, role, example = "bonus", "bonus", "bonus(2, 10)"
    sign: ClassVar[int] = 1

    @classmethod
    def parse(cls, args: list[str], scale: Scale) -> Bonus:
        each, cap = scale.points(args)
        return cls(each=each, cap=cap)

    def reach(self, total: Fraction) -> tuple[Fraction, Fraction]:
        """Without a cap the whole scale, since the index is clamped."""
        most = self.cap or total
        return (ZERO, most) if self.sign == 1 else (-most, ZERO)

    def cases_beyond(self, most: Fraction) -> int | None:
        return most // self.each + 1 if self.cap is None or self.cap > most else None

    def share(self, value: Fraction) -> Fraction:
        """Points (not a share) with their sign."""
        points = value * self.each
        return self.sign * (points if self.cap is None else min(points, self.cap))

    def points_formula(self, scale: Fraction, at: Places) -> str:
        points = f"{at.value}*({exactly(self.each)})"
        points = points if self.cap is None else f"MIN({points},{exactly(self.cap)})"
        return points if self.sign == 1 else f"-{points}"

    def plausible_amount(self, share: float, typical: float, rng: Random) -> float:
        chance = 0.3 if self.sign == 1 else 0.06
        return int(rng.random() < chance) + int(rng.random() < chance / 3)


@dataclass(frozen=True)
class Penalty(Bonus):
    """`penalty(p[, cap])`: - min(a x p, cap) points."""

    name, role, example = "penalty", "penalty", "penalty(1, 10)"
    sign = -1

    @property
    def undeclared(self) -> Fraction:
        """Its cap; without one, the points of one case."""
        return self.each if self.cap is None else self.cap
