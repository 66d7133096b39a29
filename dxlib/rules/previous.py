"""Shapes that set a figure against the same agency's figure of the year before."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

from .grammar import ONE, ZERO, RuleError, Scale
from .shape import Answer, Figure, Places, Telling, exactly

if TYPE_CHECKING:
    from random import Random

EXEMPT = "exempt"


@dataclass(frozen=True)
class Growth(Figure):
    """`growth(r[, first: s])`: min((a/b - 1)/r, 1), not below 0; b is last year's figure. direction -1: of the fall.

    first: what the row earns where there is no figure of last year (b = 0): a share, or `exempt`.
    """

    name, turns, examples = "growth", True, ("growth(10%, first: 1/2)", "growth(150%, first: exempt)")
    of_previous: ClassVar[bool] = True
    rate: Fraction = ONE
    first: Fraction | None = None
    spares: bool = False  # first: exempt

    @classmethod
    def parse(cls, args: list[str], scale: Scale) -> Growth:
        if not 1 <= len(args) <= 2:
            raise RuleError("rule_arguments", scale.text, len(scale.text) - 1)
        rate = scale.number(args[0])
        if rate <= 0:
            raise RuleError("rule_positive", scale.text, scale.at(args[0]), part=args[0])
        if rate > 1 and not args[0].endswith("%"):
            raise RuleError("rule_rate", scale.text, scale.at(args[0]), part=args[0])
        if len(args) == 1:
            return cls(scale.direction, rate)
        word, colon, share = (part.strip() for part in args[1].partition(":"))
        if word != "first" or not colon:
            known = "first: 1/2, first: exempt"
            raise RuleError("rule_word", scale.text, scale.at(args[1]), part=args[1], expected=known)
        if share == EXEMPT:
            return cls(scale.direction, rate, None, True)
        return cls(scale.direction, rate, scale.share(share))

    @property
    def clips(self) -> bool:
        return False

    @property
    def without_previous(self) -> Fraction | str | None:
        """The quotient that earns what a first year earns."""
        if self.first is None:
            return EXEMPT if self.spares else None
        return 1 + self.direction * self.first * self.rate

    def share(self, value: Fraction) -> Fraction:
        return min(max(self.direction * (value - 1) / self.rate, ZERO), ONE)

    def in_words(self, tell: Telling) -> str:
        down = "_down" if self.direction == -1 else ""
        said = tell.say(f"sheet.method.growth{down}", rate=percent(tell, self.rate), points=tell.points(ONE))
        if self.first is not None:
            return f"{said}; {tell.say('sheet.method.growth_first', points=tell.points(self.first))}"
        return f"{said}; {tell.say('sheet.method.growth_exempt')}" if self.spares else said

    def points_formula(self, scale: Fraction, at: Places) -> str:
        moved = f"({at.value}-1)" if self.direction == 1 else f"(1-{at.value})"
        return f"MAX(0,MIN(1,{moved}*({exactly(1 / self.rate)})))*({exactly(scale)})"

    def plausible_quotient(self, share: float) -> float:
        return 1.0 + self.direction * float(self.rate) * share

    def top(self, said: Answer) -> dict[str, str]:
        b = int(said["b"]) if said["b"].isdigit() else 0
        most = -(-b * (1 + self.rate) // 1) if self.direction == 1 else b * max(1 - self.rate, ZERO) // 1
        return {"a": str(most), "b": said["b"]}

    def lower(self, said: Answer, rng: Random) -> dict[str, str]:
        return super().lower(said, rng) if self.direction == 1 else {}


def percent(tell: Telling, rate: Fraction) -> str:
    return f"{tell.figure(rate * 100)}\u00a0%"
