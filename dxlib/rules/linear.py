"""Straight lines between given points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from .grammar import RuleError, Scale
from .shape import Figure, Places, Telling, exactly, reached

if TYPE_CHECKING:
    from random import Random

Point = tuple[Fraction, bool, Fraction]  # x, strict, share


@dataclass(frozen=True)
class Linear(Figure):
    """`linear(x1:s1, x2:s2, …)`: straight lines between given points, level outside them.

    Two points at one x are a jump: at x itself the higher share counts, unless it is written `>x` (direction -1: `<x`).
    The better the value the higher the share, as x rises; under direction -1 as it falls.
    """

    name, turns, signed, combines = "linear", True, True, True
    examples = "linear(20%:0, 80%:1)", "linear(50%:0, 50%:8p, 70%:8p, 90%:12p, 90%:20p)"
    points: tuple[Point, ...] = ()  # the one that is hardest to reach first

    @classmethod
    def parse(cls, args: list[str], scale: Scale) -> Linear:
        mark = ">" if scale.direction == 1 else "<"
        found: list[tuple[Fraction, bool, Fraction, str]] = []
        for name, share in scale.pairs(args, again=True):
            strict = name[0] in "<>"
            if strict and name[0] != mark:
                raise RuleError("rule_step_sign", scale.text, scale.at(name), part=name, expected=mark)
            found.append((scale.number(name[1:] if strict else name), strict, share, name))
        if len(found) < 2:
            raise RuleError("rule_arguments", scale.text, len(scale.text) - 1)
        for (x, _, share, name), (y, _, other, after) in pairwise(found):
            facts: dict[str, object] = {"part": after, "other": name}
            if y < x:
                raise RuleError("rule_linear_order", scale.text, scale.at(after), **facts)
            if (x, share) == (y, other):
                raise RuleError("rule_twice", scale.text, scale.at(after), part=after)
            if scale.direction * (other - share) < 0:
                turned = -scale.direction
                raise RuleError("rule_linear_falls", scale.text, scale.at(after), turned=turned, **facts)
        hardest = found[:: -scale.direction]
        for _, mine in groupby(hardest, key=lambda point: point[0]):
            best, *others = mine
            if len(others) > 1:
                raise RuleError("rule_twice", scale.text, scale.at(others[-1][3]), part=others[-1][3])
            for _, strict, _, name in [*others, *(() if others else (best,))]:
                if strict:
                    raise RuleError("rule_linear_sign", scale.text, scale.at(name), part=name)
        if found[0][2] == found[-1][2]:
            raise RuleError("rule_linear_level", scale.text, scale.at(found[-1][3]), part=found[-1][3])
        return cls(direction=scale.direction, points=tuple(point[:3] for point in hardest))

    @property
    def thresholds(self) -> tuple[Fraction, ...]:
        return tuple(dict.fromkeys(x for x, *_ in self.points))

    def share(self, value: Fraction) -> Fraction:
        harder = None
        for x, strict, share in self.points:
            beyond = self.direction * (value - x)
            if beyond > 0 or (beyond == 0 and not strict):
                return share if harder is None or not beyond else share + (value - x) * slope((x, share), harder)
            harder = x, share
        return self.points[-1][2]

    def in_words(self, tell: Telling) -> str:
        return "\n".join(f"– {line}" for line in self.pieces(tell))

    def pieces(self, tell: Telling) -> Iterator[str]:
        """Every piece with its points, from the smallest x to the largest."""
        rising = self.points[::-1] if self.direction == 1 else self.points
        held = [self.holds(point) for point in rising]
        (first, _, low), (last, _, high) = rising[0], rising[-1]
        kind = "step_below" if held[0] else "step_below_strict"
        yield tell.say(f"sheet.method.{kind}", limit=tell.worth(first), points=tell.points(low))
        for ((x, _, share), here), ((y, _, then), there) in pairwise(zip(rising, held, strict=True)):
            if x == y:
                continue
            ends = {
                "low": tell.say(f"sheet.method.linear_{'from' if here else 'above'}", limit=tell.worth(x)),
                "high": tell.say(f"sheet.method.linear_{'to' if there else 'below'}", limit=tell.worth(y)),
            }
            worth = {"points": tell.points(share), "then": tell.points(then)}
            yield tell.say(f"sheet.method.linear{'_level' if share == then else ''}", **ends, **worth)
        kind = "step_above" if held[-1] else "step_above_strict"
        yield tell.say(f"sheet.method.{kind}", limit=tell.worth(last), points=tell.points(high))

    def holds(self, point: Point) -> bool:
        """Whether its share is that of its very x: of two points at one x one does."""
        best, *others = [p for p in self.points if p[0] == point[0]]
        return not others or (point == best) != best[1]

    def points_formula(self, scale: Fraction, at: Places) -> str:
        mark = ">" if self.direction == 1 else "<"
        harder = (None, *self.points)
        found = exactly(self.points[-1][2] * scale)
        for (x, strict, share), above in reversed(list(zip(self.points, harder, strict=False))):
            piece = exactly(share * scale)
            if above and above[0] != x and above[2] != share:
                rise = scale * slope((x, share), (above[0], above[2]))
                piece = f"{piece}+({at.value}-({exactly(x)}))*({exactly(rise)})"
            found = f"IF({reached(at, x, mark if strict else f'{mark}=')},{piece},{found})"
        return found

    def plausible_quotient(self, share: float) -> float:
        (first, _, least), *_ = easiest = [(float(x), strict, float(s)) for x, strict, s in self.points[::-1]]
        if share <= least:
            return first * (0.9 if self.direction == 1 else 1.1)
        for (x, _, low), (y, _, high) in pairwise(easiest):
            if low < share <= high:
                return x + (y - x) * (share - low) / (high - low)
        return easiest[-1][0]

    def plausible_amount(self, share: float, typical: float, rng: Random) -> float:
        return self.plausible_quotient(share)


def slope(one: tuple[Fraction, Fraction], other: tuple[Fraction, Fraction]) -> Fraction:
    """How much the share rises from one to the next x."""
    return (other[1] - one[1]) / (other[0] - one[0])
