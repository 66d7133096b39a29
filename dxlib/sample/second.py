"""Double-blind verification: a second team on a few cells, and a third role where the two disagree."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from .claim_and_truth import ClaimAndTruth
from .names import pick
from .sets import Row

TEAM = "Tổ thẩm tra số {}"
HEAD = "Trưởng Đoàn thẩm tra"
YEARS = dict.fromkeys(("departments", "communes"), ("2022", "2023", "2024"))
DECIDED = ("a", "b", "option", "points")


def doubled(one: ClaimAndTruth, first: Row, place: int, rng: Random) -> list[Row]:
    """The second verdict, and the third where it differs. The last one counts, so it repeats what is adopted.

    place   of the agency in its group: decides the teams
    """
    chosen, agrees = rng.random() < 0.04, rng.random() < 0.78
    if not chosen or one.missing or not one.scored:
        return []
    team = TEAM.format(1 + (place + 2) % 4)
    second = {**later(first, 1 + pick(rng, 3), rng), "decided_by": team}
    other = None if agrees else differing(one, first, rng)
    if other is None:
        return [second]
    second |= other
    adopted = first if rng.random() < 0.6 else second
    third = {
        **later(second, 1, rng),
        **{c: adopted[c] for c in (*DECIDED, "reason")},
        "note": f"Hai tổ kết luận khác nhau; thống nhất theo {adopted['decided_by']}",
        "decided_by": HEAD,
    }
    return [second, third]


def later(verdict: Row, days: int, rng: Random) -> Row:
    day = date.fromisoformat(verdict["decided_on"]) + timedelta(days=days)
    return {**verdict, "step": str(int(verdict["step"]) + 1), "note": "", "decided_on": day.isoformat()}


def differing(one: ClaimAndTruth, first: Row, rng: Random) -> Row | None:
    """Another answer than the first team's: the claim accepted after all, or a cut where there was none."""
    if any(first[c] for c in DECIDED):
        return {**dict.fromkeys(DECIDED, ""), "reason": "khop"}
    cut = one.rule.lower(one.claim, rng)
    reason = "sai-muc" if one.claim["option"] else "sai-so-lieu"
    return {**dict.fromkeys(DECIDED, ""), **cut, "reason": reason} if cut else None
