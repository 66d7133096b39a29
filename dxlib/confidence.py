"""The level of confidence, written once: with LEVEL = 90 every interval, bound, test and sentence is that of 90 %.

No level of confidence is a share of draws that a rule of ours asks for (`show.sensitivity.SETTLED`), what may be wrong
(`verify.TOLERABLE`), or when a pattern is flagged (`verify.heaping`).
"""

from math import ceil, log

LEVEL = 95  # per cent, a whole number


def level() -> float:
    """As a share."""
    return LEVEL / 100


def significance() -> float:
    """What the level leaves, as a share: chance alone is believed down to this."""
    return (100 - LEVEL) / 100


def tails() -> tuple[float, float]:
    """The shares below either end of a two-sided interval."""
    return (100 - LEVEL) / 200, (100 + LEVEL) / 200


def normal() -> float:
    """Half of a two-sided interval, in standard deviations of a normal distribution (1.96 at 95 %)."""
    from scipy.special import ndtri

    return float(ndtri(tails()[1]))


def orders(draws: int) -> tuple[int, int]:
    """The places of the two one-sided bounds among draws in order (the 50th and the 950th of 1,000 at 95 %)."""
    return -(-(100 - LEVEL) * draws // 100), -(-LEVEL * draws // 100)


def unseen(draws: int) -> float:
    """The largest share of cases that so many draws may all have missed: -ln(significance) / draws, above rounded up to
    a tenth (3 at 95 %: the rule of three). Source: Hanley & Lippman-Hand (1983), JAMA 249."""
    return min(ceil(-10 * log(significance())) / 10 / draws, 1.0)
