"""Shapes that give one of few shares: by the option chosen, the parts met, the step reached."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from ..errors import nearest
from .grammar import ONE, ZERO, RuleError, Scale, Wrong
from .shape import Answer, Figure, Places, Rule, Telling, exactly, quoted, reached

if TYPE_CHECKING:
    from random import Random

MOST_PARTS = 8  # more parts make more grades than a table of grades can hold


@dataclass(frozen=True)
class Choice(Rule):
    """Shapes that take what was chosen from a list; their value is its share."""

    reads = ("option",)
    shares: tuple[tuple[str, Fraction], ...] = (("yes", ONE), ("no", ZERO))

    @classmethod
    def parse(cls, args: list[str], scale: Scale) -> Choice:
        return cls(shares=tuple(scale.pairs(args)))

    @property
    def shape(self) -> Hashable:
        return type(self), frozenset(self.shares)

    @property
    def answers(self) -> list[str]:
        """What may be said."""
        return self.names

    def value(self, text: str) -> Fraction:
        """The share that an answer stands for. Raises KeyError for an unknown option."""
        return dict(self.shares)[text]

    def read(self, answer: Answer) -> Fraction | None:
        if not answer["option"]:
            return None
        try:
            return self.value(answer["option"])
        except KeyError as unknown:
            known = ", ".join(self.answers)
            facts = {"nearest": nearest(str(unknown.args[0]), self.answers) or known, "allowed": known}
            raise Wrong("option", "E_OPTION", "option_unknown", **facts) from None

    def share(self, value: Fraction) -> Fraction:
        return value

    def in_words(self, tell: Telling) -> str:
        return "\n".join(self.lines(tell))

    def lines(self, tell: Telling) -> list[str]:
        return [f"– {tell.names.get(name, name)}: {tell.points(share)}" for name, share in self.shares]

    def share_formula(self, at: Places) -> str:
        return at.value


@dataclass(frozen=True)
class Options(Choice):
    """`options(name:s, …)`: the share of the option chosen. `yes_no` is the pair yes:1, no:0."""

    name, combines, examples = "options", True, ("options(head:1, deputy:1/2, none:0)",)

    @property
    def grades(self) -> frozenset[Fraction]:
        return frozenset(share for _, share in self.shares)

    def points_formula(self, scale: Fraction, at: Places) -> str:
        found = '""'
        for name, share in reversed(self.shares):
            found = f"IF({at.option}={quoted(at.words.get(name, name))},{exactly(share * scale)},{found})"
        return found

    def value_formula(self, option: str, names: str, shares: str, wrong: str) -> str:
        known = f"SUMPRODUCT(EXACT({names},{option})*1)"
        return f'IF({option}="","",IF({known}=0,{wrong},SUMPRODUCT(EXACT({names},{option})*{shares})))'

    def plausible(self, share: float, rng: Random) -> dict[str, str]:
        wanted = share + 0.3 * (rng.random() - 0.4)
        return {"option": min(self.shares, key=lambda pair: abs(float(pair[1]) - wanted))[0]}

    def top(self, said: Answer) -> dict[str, str]:
        return {"option": max(self.shares, key=lambda pair: pair[1])[0]}

    def lower(self, said: Answer, rng: Random) -> dict[str, str]:
        worth = dict(self.shares)
        below = [name for name in worth if worth[name] < worth[said["option"]]]
        return {"option": max(below, key=lambda name: worth[name])} if below else {}


@dataclass(frozen=True)
class YesNo(Options):
    """`yes_no`: 1 or 0."""

    name, examples, keys = "yes_no", ("yes_no",), {"yes": "page.yes", "no": "page.no"}

    @classmethod
    def parse(cls, args: list[str], scale: Scale) -> YesNo:
        if args:
            raise RuleError("rule_no_arguments", scale.text, scale.at(args[0]))
        return cls()


@dataclass(frozen=True)
class Parts(Choice):
    """`parts(name:s, …)`: the sum of the shares of the parts met (`a;b`, or `none`), at most 1."""

    name, several, examples = "parts", True, ("parts(attend:1/2, chair:1/2)",)

    @property
    def answers(self) -> list[str]:
        return [*self.names, "none"]

    @property
    def grades(self) -> frozenset[Fraction]:
        sums = {ZERO}
        for _, share in self.shares[:MOST_PARTS]:
            sums |= {min(s + share, ONE) for s in sums}
        return frozenset(sums)

    def value(self, text: str) -> Fraction:
        shares = dict(self.shares)
        met = [] if text == "none" else [part.strip() for part in text.split(";")]
        return min(sum((shares[part] for part in dict.fromkeys(met)), ZERO), ONE)

    def in_words(self, tell: Telling) -> str:
        return "\n".join([tell.say("sheet.method.parts"), *self.lines(tell)])

    def points_formula(self, scale: Fraction, at: Places) -> str:
        """`at.points` are those of the parts."""
        return f"MIN(SUM({at.points}),{exactly(scale)})"

    def part_formula(self, share: Fraction, scale: Fraction, choice: str, met: str, unmet: str) -> str:
        return f'IF({choice}={quoted(met)},{exactly(share * scale)},IF({choice}={quoted(unmet)},0,""))'

    def value_formula(self, option: str, names: str, shares: str, wrong: str) -> str:
        met = f'ISNUMBER(FIND("; "&{names}&";","; "&{option}&";"))'
        return f'IF({option}="","",MIN(1,SUMPRODUCT({met}*{shares})))'

    def plausible(self, share: float, rng: Random) -> dict[str, str]:
        met = [name for name, _ in self.shares if rng.random() < share + 0.1]
        return {"option": ";".join(met) or "none"}

    def top(self, said: Answer) -> dict[str, str]:
        return {"option": ";".join(self.names)}

    def lower(self, said: Answer, rng: Random) -> dict[str, str]:
        met = said["option"].split(";")
        return {"option": ";".join(met[:-1])} if len(met) > 1 else {}


@dataclass(frozen=True)
class Steps(Figure):
    """`steps(x1:s1, …)`: the share of the highest step reached (value >= x; `>x`: value > x), else 0.

    Direction -1: value <= x (`<x`: value < x), the strictest threshold met. A harder step never gives less.
    """

    name, turns, signed, combines, examples = "steps", True, True, True, ("steps(1:5p, 2:10p, >4:20p)",)
    steps: tuple[tuple[Fraction, bool, Fraction], ...] = ()  # threshold, strict, share; hardest first

    @classmethod
    def parse(cls, args: list[str], scale: Scale) -> Steps:
        strict_mark = ">" if scale.direction == 1 else "<"
        found = []
        for name, share in scale.pairs(args):
            strict = name[0] in "<>"
            if strict and name[0] != strict_mark:
                raise RuleError("rule_step_sign", scale.text, scale.at(name), part=name, expected=strict_mark)
            found.append((scale.number(name[1:] if strict else name), strict, share, name))
        if len({step[:2] for step in found}) < len(found):
            raise RuleError("rule_twice", scale.text, part=scale.text)
        found.sort(key=lambda step: (scale.direction * step[0], step[1]), reverse=True)
        for (*_, more, harder), (*_, less, easier) in pairwise(found):
            if more < less:
                at = re.search(rf"(?<![^\s(,]){re.escape(harder)}\s*:", scale.text)
                facts = {"part": harder, "other": easier, "turned": -scale.direction}
                raise RuleError("rule_steps_order", scale.text, at.start() if at else 0, **facts)
        return cls(direction=scale.direction, steps=tuple(step[:3] for step in found))

    @property
    def thresholds(self) -> tuple[Fraction, ...]:
        return tuple(threshold for threshold, *_ in self.steps)

    @property
    def grades(self) -> frozenset[Fraction]:
        return frozenset([ZERO, *(share for *_, share in self.steps)])

    def share(self, value: Fraction) -> Fraction:
        n, d = value.numerator, value.denominator  # whole numbers compare faster than fractions
        for threshold, strict, share in self.steps:
            beyond = self.direction * (n * threshold.denominator - threshold.numerator * d)
            if beyond > 0 or (beyond == 0 and not strict):
                return share
        return ZERO

    def in_words(self, tell: Telling) -> str:
        kind = "step_above" if self.direction == 1 else "step_below"
        lines = [
            tell.say(f"sheet.method.{kind}{'_strict' if strict else ''}", limit=tell.worth(t), points=tell.points(s))
            for t, strict, s in self.steps
        ]
        return "\n".join(f"– {line}" for line in [*lines, tell.say("sheet.method.step_else")])

    def points_formula(self, scale: Fraction, at: Places) -> str:
        points = "0"
        for t, strict, worth in reversed(self.steps):
            sign = (">" if self.direction == 1 else "<") + ("" if strict else "=")
            points = f"IF({reached(at, t, sign)},{exactly(worth * scale)},{points})"
        return points

    def plausible_quotient(self, share: float) -> float:
        bounds = [float(x) for x in self.thresholds]
        return 0.7 * min(bounds) + (1.1 * max(bounds) - 0.7 * min(bounds)) * share

    def plausible_amount(self, share: float, typical: float, rng: Random) -> float:
        return round(1.2 * max(float(x) for x in self.thresholds) * (share if self.direction == 1 else 1.0 - share))
