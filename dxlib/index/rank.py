"""Ranks on exact numbers, ties `min` (1, 2, 2, 4)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from ..case.settings import Settings
from .exact import Column
from .rounding import at_root_precision, round_share


def ranks(shares: Sequence[Fraction | None]) -> list[int | None]:
    """Descending competition ranks; None for None. A list of one has no rank.

    Sorted by floating-point value first (int/int division is correctly rounded, so it never reverses an
    order) and by the exact number among equal floats: exact, and as fast as floats.
    """
    known = [(i, s) for i, s in enumerate(shares) if s is not None]
    out: list[int | None] = [None] * len(shares)
    if len(known) < 2:
        return out
    values = np.array([s.numerator / s.denominator for _, s in known])
    order = np.argsort(-values, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(values[order]) != 0, True])
    for start, end in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        run = [known[k] for k in order[start:end].tolist()]
        if len({id(share) for _, share in run}) > 1:
            run.sort(key=lambda item: item[1], reverse=True)
        place, last = start, run[0][1]
        for k, (i, share) in enumerate(run):
            if share is not last and share != last:
                place, last = start + k, share
            out[i] = place + 1
    return out


def ranked_on(share: Fraction | None, maximum: Fraction, settings: Settings, rooted: bool = False) -> Fraction | None:
    """The share that decides rank and class: exact, or that of the published points.

    rooted   whether it may hold roots (`Framework.rooted`)
    """
    if share is None or settings.rank_on == "exact" or not maximum:
        return at_root_precision(share, rooted)
    return round_share(share, maximum, settings, rooted)


def deciding_shares(column: Column, settings: Settings, rooted: bool) -> list[Fraction | None]:
    """The shares of a node that decide ranks and classes, see `ranked_on`."""
    if settings.rank_on == "exact" and not rooted:
        return column.shares
    return [ranked_on(s, m, settings, rooted) for s, m in zip(column.shares, column.own_maxima, strict=True)]


def ranks_by_scope(
    shares: Sequence[Fraction | None], scopes: Sequence[str], ranked: Sequence[bool]
) -> tuple[list[int | None], list[int | None]]:
    """(rank, length of the list) of every agency within its scope; None for those not ranked."""
    place: list[int | None] = [None] * len(shares)
    of: list[int | None] = [None] * len(shares)
    for scope in dict.fromkeys(scopes):
        members = [i for i, s in enumerate(scopes) if s == scope and ranked[i] and shares[i] is not None]
        for i, rank in zip(members, ranks([shares[i] for i in members]), strict=True):
            place[i], of[i] = rank, len(members)
    return place, of
