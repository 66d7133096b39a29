"""The rule grammar: how a leaf of the index set turns what was answered into a share of its maximum.

Each shape stands in one place with all its faces: how it is parsed, its `exact` face (fractions, for
official scores) and its `floats` face (numpy, for simulation only). A face takes the whole column of
one row, one entry per agency, because some shapes look at the group. None (exact) or nan (floats) is
an agency without a value; it stays so.

Sources: OECD/JRC, Handbook on Constructing Composite Indicators (2008), ch. 5 (normalisation); the
shapes of issued Vietnamese decisions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, fields
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import numpy as np

ZERO, ONE = Fraction(0), Fraction(1)
WORKING = Context(prec=60, rounding=ROUND_HALF_EVEN, Emin=-999999, Emax=999999)
KEPT = Context(prec=40, rounding=ROUND_HALF_EVEN, Emin=-999999, Emax=999999)

NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
BARE_COMMA = re.compile(r"[0-9],[0-9]")

Column = Sequence["Fraction | None"]


class RuleError(ValueError):
    """A rule that cannot be read: `reason` names the wording, `at` the place (0-based) in the text."""

    def __init__(self, reason: str, text: str, at: int = 0, **facts: object):
        self.reason, self.text, self.at, self.facts = reason, text, at, facts
        super().__init__(f"{reason} at {at + 1}: {text}")


def decimal60(x: Fraction) -> Decimal:
    """A fraction to 60 significant digits."""
    return WORKING.divide(Decimal(x.numerator), Decimal(x.denominator))


def kept40(x: Decimal) -> Fraction:
    """A 60-digit result kept to 40 digits, so that equal roots are equal numbers."""
    return Fraction(KEPT.plus(x))


@lru_cache(maxsize=1 << 16)  # the same figures are read by the rules, the checks and the flags
def number(text: str) -> Fraction:
    """A decimal number as it must be written: optional sign, digits, optional point and digits.

    Raises ValueError for anything else (a comma, blanks, 1e3, nan).
    """
    if text.isascii() and text.isdigit():
        return Fraction(int(text))
    if not NUMBER.fullmatch(text):
        raise ValueError(text)
    whole, _, decimals = text.partition(".")
    return Fraction(int(whole + decimals), 10 ** len(decimals))


def quotient(text: str) -> Fraction:
    """A decimal number, or two of them with a slash between: `0.5`, `1/3`. Raises ValueError, ZeroDivisionError."""
    above, slash, below = text.partition("/")
    return number(above.strip()) / number(below.strip()) if slash else number(text)


@dataclass(frozen=True)
class Rule:
    """What every shape has. `takes` says which cells of a claim it reads."""

    name: ClassVar[str]
    takes: ClassVar[str] = "number"  # number (a or a/b), points, option, parts, anything
    group: ClassVar[bool] = False  # looks at the other agencies' values
    turns: ClassVar[bool] = False  # direction -1 is allowed
    role: ClassVar[str] = "score"  # score, bonus, penalty, none
    signed: ClassVar[bool] = False  # values below zero make sense
    divides: ClassVar[bool] = False  # takes a, or a and b

    direction: int = 1

    @classmethod
    def parse(cls, args: list[str], scale: Scale) -> Rule:
        if args:
            raise RuleError("rule_no_arguments", scale.text, scale.at(args[0]))
        return cls(direction=scale.direction)

    @property
    def rooted(self) -> bool:
        """Whether its shares may be roots or logarithms, kept to 40 digits."""
        return False

    @property
    def thresholds(self) -> tuple[Fraction, ...]:
        """Values at which the share changes its course, as written in the rule."""
        return ()

    @property
    def shape(self) -> Hashable:
        """Equal for two rules that give every answer the same share, whatever the maximum points."""
        return type(self), *(getattr(self, field.name) for field in fields(self))

    def share(self, value: Fraction) -> Fraction:
        raise NotImplementedError(self.name)

    def exact(self, column: Column) -> list[Fraction | None]:
        share = self.share
        return [None if v is None else share(v) for v in column]

    def floats(self, x: np.ndarray) -> np.ndarray:
        raise NotImplementedError(self.name)


@dataclass(frozen=True)
class Scale:
    """What a rule needs to know about its row: the text (for places in errors), maximum points, direction."""

    text: str
    maximum: Fraction | None
    direction: int

    def at(self, part: str) -> int:
        """Where a part stands in the text, as a whole word (5 is not the end of 0.5) or with the `p` of points."""
        found = re.search(rf"(?<![^\s(,:<>]){re.escape(part)}(?=p?(?:[\s,):]|$))", self.text)
        return found.start() if found else 0

    def number(self, part: str) -> Fraction:
        """`0.5`, `1/2`, `50%`, `-3`."""
        text = part.strip()
        try:
            if text.endswith("%"):
                return number(text[:-1].strip()) / 100
            return quotient(text)
        except (ValueError, ZeroDivisionError):
            raise RuleError("rule_number", self.text, self.at(text), part=text) from None

    def share(self, part: str) -> Fraction:
        """A share of the maximum: as a number, or in points of the row's maximum (`15p`)."""
        text = part.strip()
        if not text.endswith("p"):
            share = self.number(text)
        elif not self.maximum:
            raise RuleError("rule_points_without_maximum", self.text, self.at(text), part=text)
        else:
            share = self.number(text[:-1]) / self.maximum
        if not 0 <= share <= 1:
            raise RuleError("rule_share_range", self.text, self.at(text), part=text)
        return share

    def pairs(self, args: list[str]) -> list[tuple[str, Fraction]]:
        """`name:share` pairs, names unique."""
        found: list[tuple[str, Fraction]] = []
        for arg in args:
            name, colon, share = arg.rpartition(":")
            if not colon or not name.strip():
                raise RuleError("rule_pair", self.text, self.at(arg), part=arg)
            if name.strip() in dict(found):
                raise RuleError("rule_twice", self.text, self.at(arg), part=name.strip())
            found.append((name.strip(), self.share(share)))
        if not found:
            raise RuleError("rule_arguments", self.text, len(self.text) - 1)
        return found

    def points(self, args: list[str]) -> tuple[Fraction, Fraction | None]:
        """`p[, cap]` in points, both above zero."""
        if not 1 <= len(args) <= 2:
            raise RuleError("rule_arguments", self.text, len(self.text) - 1)
        values = [self.number(a.strip().removesuffix("p")) for a in args]
        for arg, value in zip(args, values, strict=True):
            if value <= 0:
                raise RuleError("rule_positive", self.text, self.at(arg), part=arg)
        return values[0], values[1] if len(values) == 2 else None


@dataclass(frozen=True)
class Unscored(Rule):
    """`none`: collected and shown, never scored."""

    name, takes, role = "none", "anything", "none"

    def exact(self, column: Column) -> list[Fraction | None]:
        return [None] * len(column)

    def floats(self, x: np.ndarray) -> np.ndarray:
        return x * float("nan")


@dataclass(frozen=True)
class Points(Rule):
    """`points`: points / maximum."""

    name, takes = "points", "points"
    maximum: Fraction = ONE

    @classmethod
    def parse(cls, args: list[str], scale: Scale) -> Points:
        if args:
            raise RuleError("rule_no_arguments", scale.text, scale.at(args[0]))
        return cls(maximum=scale.maximum or ONE)

    @property
    def shape(self) -> Hashable:
        return (type(self),)

    def share(self, value: Fraction) -> Fraction:
        return value / self.maximum

    def floats(self, x: np.ndarray) -> np.ndarray:
        return x / float(self.maximum)


@dataclass(frozen=True)
class Options(Rule):
    """`options(name:s, …)`: the share of the option chosen. `yes_no` is the pair yes:1, no:0."""

    name, takes = "options", "option"
    shares: tuple[tuple[str, Fraction], ...] = (("yes", ONE), ("no", ZERO))

    @classmethod
    def parse(cls, args: list[str], scale: Scale) -> Options:
        return cls(shares=tuple(scale.pairs(args)))

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.shares]

    @property
    def shape(self) -> Hashable:
        return type(self), frozenset(self.shares)

    def value(self, text: str) -> Fraction:
        """The share that an answer stands for. Raises KeyError for an unknown option."""
        return dict(self.shares)[text]

    def share(self, value: Fraction) -> Fraction:
        return value

    def floats(self, x: np.ndarray) -> np.ndarray:
        return x


@dataclass(frozen=True)
class YesNo(Options):
    """`yes_no`: 1 or 0."""

    name = "yes_no"

    @classmethod
    def parse(cls, args: list[str], scale: Scale) -> YesNo:
        if args:
            raise RuleError("rule_no_arguments", scale.text, scale.at(args[0]))
        return cls()


@dataclass(frozen=True)
class Parts(Options):
    """`parts(name:s, …)`: the sum of the shares of the parts met (`a;b`, or `none`), at most 1."""

    name, takes = "parts", "parts"

    def value(self, text: str) -> Fraction:
        shares = dict(self.shares)
        met = [] if text == "none" else [part.strip() for part in text.split(";")]
        return min(sum((shares[part] for part in dict.fromkeys(met)), ZERO), ONE)


@dataclass(frozen=True)
class Ratio(Rule):
    """`ratio`: min(a/b, 1); direction -1: one minus that."""

    name, turns, divides = "ratio", True, True

    def share(self, value: Fraction) -> Fraction:
        share = value if value.numerator < value.denominator else ONE
        return share if self.direction == 1 else 1 - share

    def floats(self, x: np.ndarray) -> np.ndarray:
        share = x.clip(max=1.0)
        return share if self.direction == 1 else 1.0 - share


@dataclass(frozen=True)
class Target(Rule):
    """`target(t)`: min(value / t, 1): full at the threshold, proportional below."""

    name, divides = "target", True
    threshold: Fraction = ONE

    @classmethod
    def parse(cls, args: list[str], scale: Scale) -> Target:
        if len(args) != 1:
            raise RuleError("rule_arguments", scale.text, len(scale.text) - 1)
        threshold = scale.number(args[0])
        if threshold <= 0:
            raise RuleError("rule_positive", scale.text, scale.at(args[0]), part=args[0])
        return cls(threshold=threshold)

    @property
    def thresholds(self) -> tuple[Fraction, ...]:
        return (self.threshold,)

    def share(self, value: Fraction) -> Fraction:
        n, d = value.numerator * self.threshold.denominator, value.denominator * self.threshold.numerator
        return Fraction(n, d) if n < d else ONE

    def floats(self, x: np.ndarray) -> np.ndarray:
        return (x / float(self.threshold)).clip(max=1.0)


@dataclass(frozen=True)
class Steps(Rule):
    """`steps(x1:s1, …)`: the share of the highest step reached (value >= x; `>x`: value > x), else 0.

    Direction -1: value <= x (`<x`: value < x), the strictest threshold met. A harder step never gives less.
    """

    name, turns, signed, divides = "steps", True, True, True
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

    def share(self, value: Fraction) -> Fraction:
        n, d = value.numerator, value.denominator  # whole numbers compare faster than fractions
        for threshold, strict, share in self.steps:
            beyond = self.direction * (n * threshold.denominator - threshold.numerator * d)
            if beyond > 0 or (beyond == 0 and not strict):
                return share
        return ZERO

    def floats(self, x: np.ndarray) -> np.ndarray:
        import numpy as np

        way, near = self.direction, 1e-12
        reached = [
            way * (x - float(t)) > near * max(1.0, abs(float(t)))
            if strict
            else way * (x - float(t)) >= -near * max(1.0, abs(float(t)))
            for t, strict, _ in self.steps
        ]
        shares = np.select(reached, [float(s) for *_, s in self.steps], 0.0)
        return np.where(np.isnan(x), np.nan, shares)


@dataclass(frozen=True)
class Count(Rule):
    """`count(p[, cap])`: min(a x p, cap or maximum) / maximum: p points each."""

    name = "count"
    each: Fraction = ONE
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

    def floats(self, x: np.ndarray) -> np.ndarray:
        return (x * float(self.each)).clip(max=float(self.cap)) / float(self.maximum)


@dataclass(frozen=True)
class Goalposts(Rule):
    """`goalposts(lo, hi[, log][, unclipped])`: (value - lo)/(hi - lo), clipped to [0, 1]; lo > hi: less is better.

    `log`: of natural logarithms; `log+c`: of those of value + c, lo + c, hi + c, for values that may be 0.

    Source: UNDP, Human Development Report, technical note (minimum and maximum values); OECD/JRC 2008, ch. 5.
    """

    name, signed, divides = "goalposts", True, True
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
    def rooted(self) -> bool:
        return self.log

    def share(self, value: Fraction) -> Fraction:
        if not self.log:
            share = (value - self.lo) / (self.hi - self.lo)
        elif value in (self.lo, self.hi):
            share = Fraction(value == self.hi)
        else:
            lo, hi, v = (WORKING.ln(decimal60(x + self.offset)) for x in (self.lo, self.hi, value))
            share = kept40(WORKING.divide(WORKING.subtract(v, lo), WORKING.subtract(hi, lo)))
        return min(max(share, ZERO), ONE) if self.clipped else share

    def floats(self, x: np.ndarray) -> np.ndarray:
        import numpy as np

        lo, hi = float(self.lo), float(self.hi)
        if self.log:
            plus = float(self.offset)
            x, lo, hi = np.log(x + plus), np.log(lo + plus), np.log(hi + plus)
        share = (x - lo) / (hi - lo)
        return share.clip(0.0, 1.0) if self.clipped else share


@dataclass(frozen=True)
class GroupRule(Rule):
    """Shapes that look at every agency of the group that has a value. One late correction moves everybody."""

    group, turns, signed, divides = True, True, True, True

    def exact(self, column: Column) -> list[Fraction | None]:
        known = [v for v in column if v is not None]
        shares = iter(self.of_group(known) if known else [])
        return [None if v is None else next(shares) for v in column]

    def floats(self, x: np.ndarray) -> np.ndarray:
        import numpy as np

        known = ~np.isnan(x)
        out = np.full(x.shape, np.nan)
        if known.any():
            out[known] = self.floats_of_group(x[known])
        return out

    def of_group(self, values: list[Fraction]) -> list[Fraction]:
        raise NotImplementedError(self.name)

    def floats_of_group(self, x: np.ndarray) -> np.ndarray:
        raise NotImplementedError(self.name)


@dataclass(frozen=True)
class Relative(GroupRule):
    """`relative`: value / best of the group; direction -1: best / value (best 0: the zeros get 1, the others 0)."""

    name, signed = "relative", False

    def of_group(self, values: list[Fraction]) -> list[Fraction]:
        if self.direction == 1:
            best = max(values)
            return [v / best if best else ZERO for v in values]
        best = min(values)
        return [best / v if best else Fraction(v == 0) for v in values]

    def floats_of_group(self, x: np.ndarray) -> np.ndarray:
        best = x.max() if self.direction == 1 else x.min()
        if not best:
            return x * 0.0 if self.direction == 1 else (x == 0).astype(float)
        return x / best if self.direction == 1 else best / x


@dataclass(frozen=True)
class MinMax(GroupRule):
    """`minmax[(lo, hi)]`: (x - min)/(max - min), put on [lo, hi] if given; no spread: the lower end."""

    name = "minmax"
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

    def floats_of_group(self, x: np.ndarray) -> np.ndarray:
        span = x.max() - x.min()
        worst = x.min() if self.direction == 1 else x.max()
        return float(self.lo) + float(self.hi - self.lo) * (abs(x - worst) / span if span else x * 0.0)


@dataclass(frozen=True)
class ZScore(GroupRule):
    """`zscore`: (x - mean)/sd, sd with n - 1 (OECD/JRC 2008, ch. 5); no spread or one agency: 0."""

    name = "zscore"

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

    def floats_of_group(self, x: np.ndarray) -> np.ndarray:
        if x.min() == x.max():  # the sd of equal floats need not be 0
            return x * 0.0
        return self.direction * (x - x.mean()) / x.std(ddof=1)


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

    def floats_of_group(self, x: np.ndarray) -> np.ndarray:
        import numpy as np

        n = len(x)
        return (np.array(self.ascending(x.tolist()), float) - 1) / (n - 1) if n > 1 else x * 0.0


@dataclass(frozen=True)
class Percentile(RankShare):
    """`percentile`: r/n, with r the ascending rank, ties `min` (OECD/JRC 2008, table 15)."""

    name = "percentile"

    def of_group(self, values: list[Fraction]) -> list[Fraction]:
        return [Fraction(r, len(values)) for r in self.ascending(values)]

    def floats_of_group(self, x: np.ndarray) -> np.ndarray:
        import numpy as np

        return np.array(self.ascending(x.tolist()), float) / len(x)


@dataclass(frozen=True)
class Bonus(Rule):
    """`bonus(p[, cap])`: + min(a x p, cap) points, added to the index after aggregation."""

    name, role = "bonus", "bonus"
    sign: ClassVar[int] = 1
    each: Fraction = ONE
    cap: Fraction | None = None

    @classmethod
    def parse(cls, args: list[str], scale: Scale) -> Bonus:
        each, cap = scale.points(args)
        return cls(each=each, cap=cap)

    def share(self, value: Fraction) -> Fraction:
        """Points (not a share) with their sign."""
        points = value * self.each
        return self.sign * (points if self.cap is None else min(points, self.cap))

    def floats(self, x: np.ndarray) -> np.ndarray:
        points = x * float(self.each)
        return self.sign * (points if self.cap is None else points.clip(max=float(self.cap)))


@dataclass(frozen=True)
class Penalty(Bonus):
    """`penalty(p[, cap])`: - min(a x p, cap) points."""

    name, role = "penalty", "penalty"
    sign = -1


SHAPES: dict[str, type[Rule]] = {
    shape.name: shape
    for shape in (
        Points,
        YesNo,
        Ratio,
        Target,
        Steps,
        Options,
        Parts,
        Count,
        Relative,
        Goalposts,
        MinMax,
        ZScore,
        RankShare,
        Percentile,
        Bonus,
        Penalty,
        Unscored,
    )
}


def parse_rule(
    text: str,
    maximum: Fraction | None = None,
    direction: int = 1,
    nearest: Callable[[str, list[str]], str] = lambda word, known: "",
) -> Rule:
    """Read one rule.

    text       as in indicators.csv, e.g. `steps(1:5p, 2:10p, 4:20p)`
    maximum    the row's maximum points (the scale of `total` where the set has none), for `15p`, `count`, `points`
    direction  1 or -1

    Raises RuleError with the place.
    """
    name, bracket, rest = text.strip().partition("(")
    name = name.strip()
    if name not in SHAPES:
        raise RuleError("rule_unknown", text, part=name, nearest=nearest(name, list(SHAPES)))
    if bracket and not rest.endswith(")"):
        raise RuleError("rule_bracket", text, len(text))
    comma = BARE_COMMA.search(text)
    if comma:
        raise RuleError("rule_comma", text, comma.start() + 1, part=comma.group())
    shape = SHAPES[name]
    if direction != 1 and not shape.turns:
        raise RuleError("rule_direction", text, part=name)
    inside = rest[:-1]
    args = [arg.strip() for arg in inside.split(",")] if inside.strip() else []
    if "" in args:
        raise RuleError("rule_arguments", text, text.find(","))
    return shape.parse(args, Scale(text, maximum, direction))
