"""How a row is scored, for people and for the spreadsheet: the rule in words, and the rule as a formula.

Both are asked of the rule alone, so that the form, the score and the printed method cannot say different things.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache

from ..case.framework import Node
from ..rules import Places, Telling, exactly
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
    return node.rule.in_words(telling(node, scale, names, unit, lang))


def telling(node: Node, scale: Fraction, names: Mapping[str, str], unit: str, lang: str) -> Telling:
    """How the rule of a row words things, see `in_words`."""
    highest = max(node.rule.marks, default=Fraction(0))  # 1 beside the unit % may be all or a hundredth: as written

    def worth(x: Fraction) -> str:
        share = node.ratio or node.percent
        written = figure(x, lang, share)
        counts = "%" if node.kind == "percent" else "" if unit == "%" and highest <= 1 else unit
        return written if share or not counts else f"{written}\u00a0{counts}"

    return Telling(
        say=lambda key, **facts: text(key, lang, **facts),
        points=lambda share: text("sheet.points", lang, points=figure(share * scale, lang)),
        figure=lambda x: figure(x, lang),
        worth=worth,
        names=names,
        unit=unit or text("sheet.one", lang),
    )


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
    """The points of a row, worked out by the spreadsheet from what its own line holds.

    a, b      addresses of the two figures; option: the address of the choice
    words     option -> what stands in the drop-down
    decimals  places the row is rounded to before it counts, None: not at all
    """
    a, cell = f"ROUND({a}*100,10)" if node.hundred == 100 else a, a  # the cell holds 0.4 for 40 %
    below, value = (b, f"{a}/{b}") if node.ratio else ("1", a)
    points = node.rule.points_formula(scale, Places(value, a, below, option, words))
    if "a" not in node.rule.reads:
        return points
    if decimals is not None:
        points = f"ROUND({points},{decimals})"
    if node.rule.of_previous and node.ratio:
        first = node.rule.without_previous
        earned = exactly(node.rule.share(first) * scale) if isinstance(first, Fraction) else '""'
        if decimals is not None and isinstance(first, Fraction):
            earned = f"ROUND({earned},{decimals})"
        return f'IF(COUNT({a}:{b})<2,"",IF({b}=0,{earned},{points}))'
    nothing = {"full": exactly(scale), "zero": "0"}.get(zero_over_zero, '""')
    if not node.ratio:
        found = f'IF(COUNT({cell})=0,"",{points})'
    else:
        found = f'IF(COUNT({a}:{b})<2,"",IF({b}=0,IF({a}=0,{nothing},""),{points}))'
    return f'IF({option}="","",{found})' if "option" in node.rule.reads else found
