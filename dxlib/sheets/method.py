"""How a row is scored, for people and for the spreadsheet: the rule in words, and the rule as a formula.

Both are made from the rule alone, so that the form, the score and the printed method cannot say different things.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache

from ..case.framework import Node
from ..rules import Bonus, Count, Goalposts, Options, Parts, Rule, Steps, Target
from ..words import number, text


@lru_cache(maxsize=1 << 14)
def figure(x: Fraction, lang: str, percent: bool = False) -> str:
    """A number as short as it is exact, at most four decimals: 0,075 · 80 %."""
    shown = x * 100 if percent else x
    places = next((p for p in range(5) if (shown * 10**p).denominator == 1), 4)
    return number(shown, lang, places) + ("\u00a0%" if percent else "")


def in_words(node: Node, scale: Fraction, names: Mapping[str, str], unit: str, lang: str) -> str:
    """How this very row is scored, in a sentence or a line per case.

    scale   points of the maximum; names: option or part -> its words; unit: what a counts
    """
    rule = node.rule

    def points(share: Fraction) -> str:
        return text("sheet.points", lang, points=figure(share * scale, lang))

    ends_of = (rule.lo, rule.hi) if isinstance(rule, Goalposts) else rule.thresholds
    highest = max(ends_of, default=Fraction(0))  # 1 beside the unit % may be all or a hundredth: it is left as written

    def worth(x: Fraction) -> str:
        share = node.ratio or node.percent
        written = figure(x, lang, share)
        counts = "%" if node.kind == "percent" else "" if unit == "%" and highest <= 1 else unit
        return written if share or not counts else f"{written}\u00a0{counts}"

    if isinstance(rule, Parts):
        return "\n".join([text("sheet.method.parts", lang), *case_lines(rule, scale, names, lang)])
    if isinstance(rule, Options):
        return "\n".join(case_lines(rule, scale, names, lang))
    if isinstance(rule, Steps):
        kind = "above" if rule.direction == 1 else "below"
        lines = [
            text(f"sheet.method.step_{kind}{'_strict' if strict else ''}", lang, limit=worth(t), points=points(s))
            for t, strict, s in rule.steps
        ]
        return "\n".join(f"– {line}" for line in [*lines, text("sheet.method.step_else", lang)])
    if isinstance(rule, Target):
        return text("sheet.method.target", lang, limit=worth(rule.threshold), points=points(Fraction(1)))
    if isinstance(rule, Count | Bonus):
        each, cap = figure(rule.each, lang), rule.cap
        key = f"{rule.name}{'' if cap is None else '_cap'}"
        most = "" if cap is None else figure(cap, lang)
        return text(f"sheet.method.{key}", lang, each=each, most=most, unit=unit or text("sheet.one", lang))
    if isinstance(rule, Goalposts):
        key = "goalposts" if not rule.log else "goalposts_log_plus" if rule.offset else "goalposts_log"
        ends = {"low": worth(rule.lo), "high": worth(rule.hi), "added": figure(rule.offset, lang)}
        return text(f"sheet.method.{key}", lang, points=points(Fraction(1)), **ends)
    if rule.group:
        return text("sheet.method.group", lang, how=text(f"rule.{rule.name}.how", lang))
    direction = "_down" if rule.name == "ratio" and rule.direction == -1 else ""
    return text(f"sheet.method.{rule.name}{direction}", lang, points=points(Fraction(1)))


def case_lines(rule: Options, scale: Fraction, names: Mapping[str, str], lang: str) -> list[str]:
    """One line per option or part, with its points."""
    return [
        f"– {names.get(n, n)}: {text('sheet.points', lang, points=figure(share * scale, lang))}"
        for n, share in rule.shares
    ]


def exactly(x: Fraction) -> str:
    """A number inside a formula: a whole number, or a quotient of two."""
    return str(x.numerator) if x.denominator == 1 else f"{x.numerator}/{x.denominator}"


def formula(
    node: Node,
    scale: Fraction,
    a: str,
    b: str,
    option: str,
    words: Mapping[str, str],
    zero_over_zero: str,
    decimals: int | None,
) -> str:
    """The points of a row, worked out by the spreadsheet; "" where it cannot know them (rules over the group).

    a, b      addresses of the two figures; option: the address of the choice
    words     option -> what stands in the drop-down
    decimals  places the row is rounded to before it counts, None: not at all
    """
    rule, most = node.rule, exactly(scale)
    a, cell = f"ROUND({a}*100,10)" if node.hundred == 100 else a, a  # the cell holds 0.4 for 40 %
    if isinstance(rule, Parts) or rule.group or rule.takes in ("anything", "points"):
        return ""
    if isinstance(rule, Options):
        found = '""'
        for name, share in reversed(rule.shares):
            found = f"IF({option}={quoted(words.get(name, name))},{exactly(share * scale)},{found})"
        return found
    points = earned(rule, scale, f"{a}/{b}" if node.ratio else a, a, b if node.ratio else "1")
    if decimals is not None:
        points = f"ROUND({points},{decimals})"
    if not node.ratio:
        return f'IF(COUNT({cell})=0,"",{points})'
    nothing = {"full": most, "zero": "0"}.get(zero_over_zero, '""')
    return f'IF(COUNT({a}:{b})<2,"",IF({b}=0,IF({a}=0,{nothing},""),{points}))'


def earned(rule: Rule, scale: Fraction, value: str, top: str, below: str) -> str:
    """The points of one figure, worked out by the spreadsheet.

    scale   points of the maximum; value: the figure; top, below: the two it is the quotient of
    """
    most = exactly(scale)
    if isinstance(rule, Steps):
        points = "0"
        for t, strict, worth in reversed(rule.steps):  # thresholds as whole numbers: no rounding decides
            sign = (">" if rule.direction == 1 else "<") + ("" if strict else "=")
            points = f"IF({top}*{t.denominator}{sign}{below}*{t.numerator},{exactly(worth * scale)},{points})"
        return points
    if isinstance(rule, Target):
        return f"MIN({value}*({exactly(1 / rule.threshold)}),1)*({most})"
    if isinstance(rule, Count):
        return f"MIN({value}*({exactly(rule.each)}),{exactly(rule.cap)})"
    if isinstance(rule, Bonus):
        points = f"{value}*({exactly(rule.each)})"
        points = points if rule.cap is None else f"MIN({points},{exactly(rule.cap)})"
        return points if rule.role == "bonus" else f"-{points}"
    if isinstance(rule, Goalposts):
        lo, hi = exactly(rule.lo + rule.offset), exactly(rule.hi + rule.offset)
        over = f"LN({value}+({exactly(rule.offset)}))" if rule.offset else f"LN({value})"
        part = f"({over}-LN({lo}))/(LN({hi})-LN({lo}))" if rule.log else f"({value}-({lo}))/({hi}-({lo}))"
        return f"MAX(0,MIN(1,{part}))*({most})" if rule.clipped else f"{part}*({most})"
    part = f"MIN({value},1)"
    return f"{part}*({most})" if rule.direction == 1 else f"(1-{part})*({most})"


def part_formula(share: Fraction, scale: Fraction, choice: str, met: str, unmet: str) -> str:
    """The points of one part of a row."""
    return f'IF({choice}={quoted(met)},{exactly(share * scale)},IF({choice}={quoted(unmet)},0,""))'


def quoted(words: str) -> str:
    return '"' + words.replace('"', '""') + '"'
