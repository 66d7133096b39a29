"""What every shape of a rule has: its faces. The base class refuses by name each face that a shape does not have.

A face takes simple arguments (figures, addresses of cells, functions that word something), so that this room knows no
case, no workbook and no language. `exact` takes the whole column of one row, one entry per agency, because some shapes
look at the group. None is an agency without a value; it stays so. Simulations start from the same shares as floats
(`index.floats`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

from ..errors import Finding, Refusal
from .grammar import ONE, ZERO, RuleError, Scale

if TYPE_CHECKING:
    from random import Random

Column = Sequence["Fraction | None"]
Answer = Mapping[str, str]  # the cells a, b, option, points


@dataclass(frozen=True)
class Telling:
    """How a shape says in words how it scores.

    say      a text of the catalogue: key, facts
    points   a share in points; figure: a number; worth: one on the scale of the row's figures, with its unit
    names    option or part -> its words
    unit     what is counted
    """

    say: Callable[..., str]
    points: Callable[[Fraction], str]
    figure: Callable[[Fraction], str]
    worth: Callable[[Fraction], str]
    names: Mapping[str, str]
    unit: str


@dataclass(frozen=True)
class Places:
    """Where the formula of a spreadsheet finds what it needs: addresses, or expressions.

    value     the figure, the quotient of the two, or the share of the choice
    a, b      the two figures; b is 1 where there is one
    option    the choice; words: option -> what stands in its cell
    points    the points given
    group     the values of all agencies
    maximum   the row's maximum points
    """

    value: str = ""
    a: str = ""
    b: str = "1"
    option: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    points: str = ""
    group: str = ""
    maximum: str = ""


@dataclass(frozen=True)
class Rule:
    """A shape, with what is true of most of them."""

    name: ClassVar[str]
    examples: ClassVar[tuple[str, ...]] = ()  # how it is written, where its name alone is no rule
    reads: ClassVar[tuple[str, ...]] = ("a",)  # cells of an answer that make its value; none: collected only
    readable: ClassVar[bool] = True  # False stands for a text that is no rule
    whole: ClassVar[bool] = False  # takes whole numbers: how many there are
    of_whole: ClassVar[bool] = False  # always takes b, since a is a part of it
    of_previous: ClassVar[bool] = False  # always takes b: last year's figure of the same agency
    several: ClassVar[bool] = False  # an answer names any number of options
    keys: ClassVar[Mapping[str, str]] = {}  # option -> its words in the catalogue, where the set has none
    group: ClassVar[bool] = False  # looks at the other agencies' values
    needs_variation: ClassVar[bool] = False  # gives nothing where all stand alike
    turns: ClassVar[bool] = False  # direction -1 is allowed
    combines: ClassVar[bool] = False  # may be a part of `best` and `sum`
    separator: ClassVar[str] = ","  # of its arguments, a pattern
    role: ClassVar[str] = "score"  # score, bonus, penalty, none
    signed: ClassVar[bool] = False  # values below zero make sense
    negative: ClassVar[bool] = False  # shares below zero are usual

    direction: int = 1

    @classmethod
    def parse(cls, args: list[str], scale: Scale) -> Rule:
        if args:
            raise RuleError("rule_no_arguments", scale.text, scale.at(args[0]))
        return cls(direction=scale.direction)

    def lacks(self, face: str) -> Refusal:
        facts = {"part": self.name, "face": face}
        return Refusal([Finding("E_RULE", "rule_face", column="rule", value=self.name, facts=facts)])

    @property
    def bounded(self) -> bool:
        """Whether every share lies between 0 and 1."""
        return True

    @property
    def rooted(self) -> bool:
        """Whether its shares may be roots or logarithms, kept to 40 digits."""
        return False

    @property
    def thresholds(self) -> tuple[Fraction, ...]:
        """Values at which the share changes its course, as written in the rule."""
        return ()

    @property
    def marks(self) -> tuple[Fraction, ...]:
        """All values on the scale of its figures that are written in the rule."""
        return self.thresholds

    @property
    def least(self) -> Fraction | None:
        """Values must lie above it; None: no matter where."""
        return None

    @property
    def clips(self) -> bool:
        """Whether a share above 1 counts like 1 because nothing in the rule is said of more."""
        return self.of_whole or max(self.thresholds, default=ONE) < 1

    @property
    def without_previous(self) -> Fraction | str | None:
        """The value of a figure without one of last year (b = 0), or `exempt`; None: that must be declared first."""
        return None

    @property
    def shares(self) -> tuple[tuple[str, Fraction], ...]:
        """What may be chosen, each with its share."""
        return ()

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.shares]

    @property
    def grades(self) -> frozenset[Fraction]:
        """All shares that it can give, where they are few."""
        return frozenset()

    @property
    def cap(self) -> Fraction | None:
        """Points that it gives at most, where it says so itself."""
        return None

    @property
    def undeclared(self) -> Fraction:
        """Points that it can take when nothing is declared."""
        return ZERO

    def reach(self, total: Fraction) -> tuple[Fraction, Fraction]:
        """The least and the most that an answer can bring: a share (bonus, penalty: points), of an index of `total`."""
        return ZERO, ONE

    def cases_beyond(self, most: Fraction) -> int | None:
        """How many cases bring more than `most` points, where no cap keeps them below."""
        return None

    @property
    def shape(self) -> Hashable:
        """Equal for two rules that give every answer the same share, whatever the maximum points."""
        return type(self), *(getattr(self, field.name) for field in fields(self))

    def read(self, answer: Answer) -> Fraction | None:
        """The value of an answer that is no figure; None when nothing was given. Raises Wrong."""
        raise self.lacks("read")

    def joined(self, x: Fraction, answer: Answer) -> Fraction | None:
        """The value of an answer that is a figure x and a choice; None where there is no choice. Raises Wrong."""
        raise self.lacks("joined")

    def share(self, value: Fraction) -> Fraction:
        """The share of the maximum (bonus, penalty: signed points) of one value."""
        raise self.lacks("share")

    def exact(self, column: Column) -> list[Fraction | None]:
        """Shares as fractions, for official scores."""
        share = self.share
        return [None if v is None else share(v) for v in column]

    def in_words(self, tell: Telling) -> str:
        """How it scores, in a sentence or a line per case."""
        raise self.lacks("in_words")

    def lines(self, tell: Telling) -> list[str]:
        """A line per option or part, with its points."""
        raise self.lacks("lines")

    def points_formula(self, scale: Fraction, at: Places) -> str:
        """The points of one answer, worked out by a spreadsheet.

        scale   points of the maximum
        """
        raise self.lacks("points_formula")

    def part_formula(self, share: Fraction, scale: Fraction, choice: str, met: str, unmet: str) -> str:
        """The points of one part of several, of that share.

        choice   its cell; met, unmet: what may stand there
        """
        raise self.lacks("part_formula")

    def value_formula(self, option: str, names: str, shares: str, wrong: str) -> str:
        """The share of a choice, by a table of the options.

        option          the choice, as it stands in its cell
        names, shares   the columns of the table; wrong: what stands for an option that is not there
        """
        raise self.lacks("value_formula")

    def joined_formula(self, chosen: str, at: Places) -> str:
        """The value of a figure and a choice.

        chosen   the share of the choice, a formula
        """
        raise self.lacks("joined_formula")

    def quotient_formula(self, a: str, b: str) -> str:
        return f"{a}/{b}"

    def share_formula(self, at: Places) -> str:
        """The share (bonus, penalty: signed points) of one value, worked out by a spreadsheet."""
        return self.points_formula(ONE, at).removesuffix("*(1)")

    def plausible(self, share: float, rng: Random) -> dict[str, str]:
        """Cells that earn about `share`, of a made-up answer that is no figure."""
        raise self.lacks("plausible")

    def plausible_quotient(self, share: float) -> float:
        """A quotient that earns about `share`."""
        raise self.lacks("plausible_quotient")

    def plausible_amount(self, share: float, typical: float, rng: Random) -> float:
        """A figure that earns about `share` where there is no b.

        typical   of such a figure
        """
        raise self.lacks("plausible_amount")

    def top(self, said: Answer) -> dict[str, str]:
        """The answer that earns the whole maximum, in place of the one that was given."""
        raise self.lacks("top")

    def lower(self, said: Answer, rng: Random) -> dict[str, str]:
        """The answer given, cut a little; empty where nothing is left to cut."""
        raise self.lacks("lower")


@dataclass(frozen=True)
class Figure(Rule):
    """Shapes that take a, or a and b. Of a part of a whole everything earns the maximum."""

    reads: ClassVar[tuple[str, ...]] = ("a", "b")

    def top(self, said: Answer) -> dict[str, str]:
        return {"a": said["b"], "b": said["b"]}

    def lower(self, said: Answer, rng: Random) -> dict[str, str]:
        a = int(said["a"]) if said["a"].isdigit() else 0
        return {"a": str(a - max(round(a * (0.03 + 0.07 * rng.random())), 1))} if a and self.direction == 1 else {}


def exactly(x: Fraction) -> str:
    """A number inside a formula: a whole number, or a quotient of two."""
    return str(x.numerator) if x.denominator == 1 else f"{x.numerator}/{x.denominator}"


def reached(at: Places, x: Fraction, sign: str = ">=") -> str:
    """Whether the value stands so to x, in whole numbers: no rounding decides."""
    return f"{at.a}*{x.denominator}{sign}{at.b}*{x.numerator}"


def quoted(words: str) -> str:
    """A text inside a formula."""
    return '"' + words.replace('"', '""') + '"'
