"""The level of confidence: one for every interval, bound and test, and for the sentences that name it.

Written once, here: with LEVEL = 90 numbers, notes and headings are those of 90 %. No levels of confidence, and so not
here, are a share of draws that a rule of ours asks for (`show.sensitivity.SETTLED`), what may be wrong
(`verify.TOLERABLE`), and when a pattern is flagged (`verify.heaping`).
"""

from __future__ import annotations

from math import ceil, log

LEVEL = 95  # per cent, a whole number


def level() -> float:
    """The level as a share."""
    return LEVEL / 100


def significance() -> float:
    """What the level leaves: a result less likely than this is no chance."""
    return (100 - LEVEL) / 100


def tails() -> tuple[float, float]:
    """What lies below the ends of a two-sided interval, as shares: between them lies the level."""
    return (100 - LEVEL) / 200, (100 + LEVEL) / 200


def normal() -> float:
    """Half of a two-sided interval in standard deviations of a normal distribution: 1.96 at 95 %."""
    from scipy.special import ndtri

    return float(ndtri(tails()[1]))


def orders(draws: int) -> tuple[int, int]:
    """The places, among draws in order, of the two one-sided bounds: so many draws reach the lower and the upper one,
    rounded up (of 1,000 the 50th and the 950th at 95 %)."""
    return -(-(100 - LEVEL) * draws // 100), -(-LEVEL * draws // 100)


def unseen(draws: int) -> float:
    """The largest share that may have shown no case in so many draws: -ln(significance) / draws, its numerator rounded
    up to a tenth, at most 1. Source: at 95 % the rule of three, Hanley & Lippman-Hand (1983), JAMA 249."""
    return min(ceil(-10 * log(significance())) / 10 / draws, 1.0)
