"""What these figures cannot say."""

from __future__ import annotations

import pandas as pd

from ...case import Case
from ...words import number, percent, text
from ..blocks import Sentences, sentences

SMALL = 10  # with fewer agencies, one place means little, and the page says so


def limits(
    case: Case, intervals: pd.DataFrame, exact: pd.DataFrame, half_width: float, draws: int, seed: int, lang: str
) -> Sentences | None:
    """What these figures cannot say, for this group and this year."""
    ranked, every = len(intervals), len(case.agencies)
    width = percent(half_width, lang, 0)
    return sentences(
        text("sensitivity.limit.official", lang),
        text("sensitivity.limit.not_linear", lang) if ranked and exact.empty else "",
        text("sensitivity.limit.exact", lang, half_width=width) if len(exact) else "",
        text("sensitivity.limit.drawn", lang, half_width=width, draws=number(draws, lang), seed=str(seed)),
        text("sensitivity.limit.few", lang, n=number(ranked, lang)) if 0 < ranked < SMALL else "",
        text("sensitivity.limit.unranked", lang, n=number(every - ranked, lang), all=number(every, lang))
        if 0 < ranked < every
        else "",
        text("sensitivity.limit.choices", lang) if ranked else "",
    )
