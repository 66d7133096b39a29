"""Several rules over the answers of one row: the best of them, or their sum."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from .grammar import ONE, ZERO, RuleError, Scale
from .shape import Answer, Figure, Places, Rule, Telling, exactly

if TYPE_CHECKING:
    from random import Random

PART = re.compile(r"([^:()]+(?:\(.*\)\s*)?)(?::\s*(\S.*))?")  # a rule, and what it is worth
CHOICES = ("options", "yes_no")  # have no direction


@dataclass(frozen=True)
class Combined(Figure):
    """What is typed once is read by every part: figures by all but a choice, of which there is one at most.

    parts   the rules, each with its part of the row's maximum: a half under `target(80%): 1/2`, else the whole
    most    what they earn together at most
    """

    turns, separator = True, r";(?![^()]*\))"  # not those within a part
    parts: tuple[tuple[Rule, Fraction], ...] = ()
    most: Fraction = ONE

    @classmethod
    def parse(cls, args: list[str], scale: Scale) -> Combined:
        *args, last = args or [""]
        word, colon, cap = (part.strip() for part in last.partition(":"))
        most = ONE
        if cls is Sum and word == "cap" and colon:
            most = scale.share(cap)
            if not most:
                raise RuleError("rule_positive", scale.text, scale.at(cap), part=cap)
        else:
            args.append(last)
        if len(args) < 2:
            raise RuleError("rule_arguments", scale.text, len(scale.text) - 1)
        parts: list[tuple[Rule, Fraction]] = []
        end = scale.text.index("(")
        for arg in args:
            at = scale.text.index(arg, end)
            rule, worth = cls.part(arg, at, scale)
            if "option" in rule.reads and any("option" in other.reads for other, _ in parts):
                raise RuleError("rule_part_choices", scale.text, at, part=arg)
            if any((rule.whole and other.of_whole) or (other.whole and rule.of_whole) for other, _ in parts):
                raise RuleError("rule_part_figures", scale.text, at, part=arg)
            parts.append((rule, worth))
            end = at + len(arg)
        return cls(direction=scale.direction, parts=tuple(parts), most=most)

    @classmethod
    def part(cls, arg: str, at: int, scale: Scale) -> tuple[Rule, Fraction]:
        """One part, read at its place; its points are those of the part that it can earn."""
        found = PART.fullmatch(arg)
        text, written = (found[1].strip(), found[2]) if found else (arg, None)
        worth = scale.share(written) if written else ONE
        if not worth:
            raise RuleError("rule_positive", scale.text, scale.at(written or ""), part=written)
        direction = 1 if text.startswith(CHOICES) else scale.direction
        try:
            rule = scale.read(text, None if scale.maximum is None else scale.maximum * worth, direction)
        except RuleError as wrong:
            raise RuleError(wrong.reason, scale.text, at + wrong.at, **wrong.facts) from None
        if not (rule.combines and rule.bounded):
            raise RuleError("rule_part_refused", scale.text, at, part=text, whole=cls.name)
        return rule, worth

    def together(self, shares: Iterator[Fraction]) -> Fraction:
        raise self.lacks("together")

    @property
    def figures(self) -> list[tuple[Rule, Fraction]]:
        return [(rule, worth) for rule, worth in self.parts if "a" in rule.reads]

    @property
    def choice(self) -> tuple[Rule, Fraction] | None:
        return next(((rule, worth) for rule, worth in self.parts if "option" in rule.reads), None)

    @property
    def reads(self) -> tuple[str, ...]:  # type: ignore[override]  # of its parts; b where no part takes a alone
        both = all("b" in rule.reads for rule, _ in self.figures)
        return (*(("option",) if self.choice else ()), "a", *(("b",) if both else ()))

    @property
    def whole(self) -> bool:  # type: ignore[override]
        return any(rule.whole for rule, _ in self.figures)

    @property
    def of_whole(self) -> bool:  # type: ignore[override]
        return any(rule.of_whole for rule, _ in self.figures)

    @property
    def signed(self) -> bool:  # type: ignore[override]
        return all(rule.signed for rule, _ in self.figures)

    @property
    def keys(self) -> Mapping[str, str]:  # type: ignore[override]
        return self.choice[0].keys if self.choice else {}

    @property
    def rooted(self) -> bool:
        return any(rule.rooted for rule, _ in self.parts)

    @property
    def thresholds(self) -> tuple[Fraction, ...]:
        return tuple(x for rule, _ in self.parts for x in rule.thresholds)

    @property
    def marks(self) -> tuple[Fraction, ...]:
        return tuple(x for rule, _ in self.parts for x in rule.marks)

    @property
    def least(self) -> Fraction | None:
        return max((rule.least for rule, _ in self.parts if rule.least is not None), default=None)

    @property
    def shares(self) -> tuple[tuple[str, Fraction], ...]:
        """Of the options, each with what it is worth here."""
        return tuple((name, share * self.choice[1]) for name, share in self.choice[0].shares) if self.choice else ()

    @property
    def shape(self) -> Hashable:
        return type(self), self.direction, self.most, tuple((rule.shape, worth) for rule, worth in self.parts)

    def read(self, answer: Answer) -> Fraction | None:
        """What the choice is worth."""
        rule, worth = self.choice or (self, ONE)
        found = rule.read(answer)
        return None if found is None else found * worth

    def joined(self, x: Fraction, answer: Answer) -> Fraction | None:
        chosen = self.read(answer)
        worth = (rule.share(x) * worth for rule, worth in self.figures)
        return None if chosen is None else self.together(iter([chosen, *worth]))

    def share(self, value: Fraction) -> Fraction:
        if self.choice:  # its value is its share
            return value
        return self.together(rule.share(value) * worth for rule, worth in self.parts)

    def in_words(self, tell: Telling) -> str:
        lines = [tell.say(f"sheet.method.{self.name}", most=tell.points(self.most))]
        for i, (rule, worth) in enumerate(self.parts, start=1):
            said = rule.in_words(within(tell, worth))
            lines.append(f"{i})\n{said}" if said.startswith("–") else f"{i}) {said}")
        return "\n".join(lines)

    def points_formula(self, scale: Fraction, at: Places) -> str:
        return self.formula([rule.points_formula(scale * worth, at) for rule, worth in self.parts], scale)

    def share_formula(self, at: Places) -> str:
        if self.choice:
            return at.value
        return self.formula([worked(rule, worth, at) for rule, worth in self.parts], ONE)

    def joined_formula(self, chosen: str, at: Places) -> str:
        return self.formula([chosen, *(worked(rule, worth, at) for rule, worth in self.figures)], ONE)

    def formula(self, parts: list[str], scale: Fraction) -> str:
        raise self.lacks("formula")

    def value_formula(self, option: str, names: str, shares: str, wrong: str) -> str:
        return (self.choice or (self, ONE))[0].value_formula(option, names, shares, wrong)

    def plausible(self, share: float, rng: Random) -> dict[str, str]:
        return (self.choice or (self, ONE))[0].plausible(share, rng)

    def plausible_quotient(self, share: float) -> float:
        return self.nearest([rule.plausible_quotient(share) for rule, _ in self.figures], share)

    def plausible_amount(self, share: float, typical: float, rng: Random) -> float:
        return self.nearest([rule.plausible_amount(share, typical, rng) for rule, _ in self.figures], share)

    def nearest(self, figures: list[float], share: float) -> float:
        """The one that earns the nearest to a share."""
        parts = self.figures
        earned = [self.together(rule.share(Fraction(x)) * worth for rule, worth in parts) for x in figures]
        return min(zip(figures, earned, strict=True), key=lambda pair: abs(float(pair[1]) - share))[0]

    def top(self, said: Answer) -> dict[str, str]:
        return {cell: x for rule, _ in self.parts for cell, x in rule.top(said).items()}


@dataclass(frozen=True)
class Best(Combined):
    """`best(r1; r2; …)`: the part that earns the most."""

    name, examples = "best", ("best(target(80%); steps(50%:1/2))",)

    def together(self, shares: Iterator[Fraction]) -> Fraction:
        return max(shares)

    def formula(self, parts: list[str], scale: Fraction) -> str:
        return f"MAX({','.join(parts)})"


@dataclass(frozen=True)
class Sum(Combined):
    """`sum(r1; r2; …[; cap: s])`: all parts added up, at most s, else the maximum."""

    name, examples = "sum", ("sum(yes_no: 1/2; count(1, 5))", "sum(ratio: 12p; steps(90%:8p); cap: 15p)")

    def together(self, shares: Iterator[Fraction]) -> Fraction:
        return min(sum(shares, ZERO), self.most)

    def formula(self, parts: list[str], scale: Fraction) -> str:
        return f"MIN({'+'.join(parts)},{exactly(scale * self.most)})"


def within(tell: Telling, worth: Fraction) -> Telling:
    """The same of a part of the row's maximum."""
    return replace(tell, points=lambda share: tell.points(share * worth))


def worked(rule: Rule, worth: Fraction, at: Places) -> str:
    """What a part earns of the row's maximum, worked out by a spreadsheet."""
    if worth == 1:
        return rule.share_formula(at)
    own = replace(at, maximum=f"({at.maximum}*({exactly(worth)}))")
    return f"({exactly(worth)})*({rule.share_formula(own)})"
