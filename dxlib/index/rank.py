"""Ranks on exact numbers, ties `min` (1, 2, 2, 4)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from ..case.settings import Settings
from .rounding import rounded


def ranks(shares: Sequence[Fraction | None]) -> list[int | None]:
    """Descending competition ranks; None for None. A list of one has no rank.

    Sorted by floating-point value first (int/int division is correctly rounded, so it never reverses an
    order) and by the exact number among equal floats: exact, and as fast as floats.
    """
    known = [(s.numerator / s.denominator, s, i) for i, s in enumerate(shares) if s is not None]
    known.sort(key=lambda item: item[0], reverse=True)
    out: list[int | None] = [None] * len(shares)
    if len(known) < 2:
        return out
    start = 0
    for end in range(1, len(known) + 1):
        if end < len(known) and known[end][0] == known[start][0]:
            continue
        run = known[start:end]
        if len(run) > 1:
            run.sort(key=lambda item: item[1], reverse=True)
        place = start
        for k, (_, share, i) in enumerate(run):
            if k and share != run[k - 1][1]:
                place = start + k
            out[i] = place + 1
        start = end
    return out


def ranked_on(share: Fraction | None, room: Fraction, settings: Settings) -> Fraction | None:
    """The share that decides rank and class: exact, or that of the published points."""
    if share is None or settings.rank_on == "exact" or not room:
        return share
    return rounded(share * room, settings.points_decimals, settings.half) / room


def ranks_by_scope(shares: Sequence[Fraction | None], scopes: Sequence[str], ranked: Sequence[bool]) -> tuple[list[int | None], list[int | None]]:
    """(rank, length of the list) of every agency within its scope; None for those not ranked."""
    place: list[int | None] = [None] * len(shares)
    of: list[int | None] = [None] * len(shares)
    for scope in dict.fromkeys(scopes):
        members = [i for i, s in enumerate(scopes) if s == scope and ranked[i] and shares[i] is not None]
        for i, rank in zip(members, ranks([shares[i] for i in members]), strict=True):
            place[i], of[i] = rank, len(members)
    return place, of
