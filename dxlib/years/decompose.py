"""How much of a change of score is performance, and how much is the index set, exemptions, verification, the group.

Bennet's decomposition (Bennet 1920; Diewert 2005, eq. 3): a matched row's change of weight x share is the mean weight
times the change of share (performance) plus the mean share times the change of weight (reweighting). It is symmetric in
time and adds up exactly; everything here is in fractions.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import pandas as pd

from ..case.links import MATCHED
from ..case.tables import rows_of
from ..index.rows import Rows, Weights
from ..rules import ZERO
from .backcast import Parts, bounds
from .identity import SPLIT

Shares = Mapping[str, Sequence["Fraction | None"]]
SET = ["reweighting", "added", "removed", "redefined"]  # what the index set moved
PARTS = ["performance", "verification", "membership", *SET, "exemptions", "rest"]
COLUMNS = ["agency", "flag", "before", "after", "change", *PARTS, "before_low", "before_high"]
DECIMALS = 12
UNIT = 10**30
COLUMNS += ["matched_before", "matched_after", "matched_share"]


@dataclass(frozen=True)
class Sides:
    """Both years for the same agencies in the same order.

    alike    by side, row -> shares on the basis that the other year has too (claimed where one side is only claimed);
             only rows where that differs
    common   by side, row -> shares among the agencies of both years; only rows that look at the group
    origins  official scores of the earlier year by agency
    """

    before: Rows
    after: Rows
    alike: tuple[Shares, Shares]
    common: tuple[Shares, Shares]
    origins: Mapping[str, Fraction | None]


@dataclass(frozen=True)
class Plan:
    """What a pair of own weights makes of the rows, in whole numbers over `scale`.

    both      (code, from_code, sum of weights, change of nominal weight, change caused by exemptions, later nominal
    weight) alone     (part, side, code, weight): rows that stand in one year only, or do not apply in the other
    weights   by side, row -> its sum of weights in `both`
    share     the smaller of the parts of either year's index that `both` carries
    """

    scale: int
    both: list[tuple[str, str, int, int, int, int]]
    alone: list[tuple[str, int, str, int]]
    weights: tuple[dict[str, int], dict[str, int]]
    share: Fraction


def plan(matches: pd.DataFrame, sides: tuple[Rows, Rows], weights: tuple[Weights, Weights]) -> Plan:
    """The plan of two sets of own weights."""
    nominal = (sides[0].nominal, sides[1].nominal)
    scale = lcm(*(w.denominator for table in (*nominal, *weights) for w in table.values()), 1)

    def whole(table: Weights, code: str) -> int:
        return int(table.get(code, ZERO) * scale)

    both, alone, matched = [], [], set()
    for code, old, kind in rows_of(matches, "code", "from_code", "kind"):
        if kind not in MATCHED:
            continue
        matched |= {(0, old), (1, code)}
        if code in weights[1] and old in weights[0]:
            here, then, now = whole(weights[1], code), whole(weights[0], old), whole(nominal[1], code)
            set_moved = now - whole(nominal[0], old)
            both.append((code, old, here + then, set_moved, here - then - set_moved, now))
        elif code in weights[1] or old in weights[0]:
            side = int(code in weights[1])
            name, other = (code, old) if side else (old, code)
            lacks_weight = not nominal[1 - side].get(other)  # in the other set, for everybody
            part = "reweighting" if lacks_weight else "exemptions"
            alone.append((part, side, name, whole(weights[side], name)))
    kinds = {0: "removed", 1: "added"}
    redefined = {(1, c) for c, k in rows_of(matches, "code", "kind") if k not in (*MATCHED, "added", "removed")}
    redefined |= {(0, c) for c, k in rows_of(matches, "from_code", "kind") if k not in (*MATCHED, "added", "removed")}
    for side in (0, 1):
        for code in weights[side]:
            if (side, code) not in matched:
                part = "redefined" if (side, code) in redefined else kinds[side]
                alone.append((part, side, code, whole(weights[side], code)))
    summed = {old: weight for _, old, weight, *_ in both}, {code: weight for code, _, weight, *_ in both}
    share = min(sum((weights[side][code] for code in summed[side]), ZERO) for side in (0, 1))
    return Plan(scale, both, alone, summed, share)


def changes(related: pd.DataFrame, matches: pd.DataFrame, sides: Sides, parts: Mapping[str, Parts]) -> pd.DataFrame:
    """Every agency of the later year that has origins in the earlier one, and what its change consists of.

    related   `identity.relate`; matches: `matching.match`; parts: `backcast.parts_of`

    Returns agency, flag, before (the official score, for joined agencies an estimate), after, change, then its parts,
    which add up to it exactly: performance (same rows, same basis), verification (one side verified, the other only
    claimed), membership (rows that look at the group: others came or went), reweighting, added, removed and redefined
    rows, exemptions, rest (bonus, penalty, rounding at every level). before_low, before_high: how far an unknown part
    of a split unit could move `before`. matched_before, matched_after: the sub-index of the matched rows that apply in
    both years, under the later weights; matched_share: the smaller of the parts of either year's index they carry. All
    are Fractions (shares of the maximum), None where an agency has no score in one of the years.
    """
    flags = dict(rows_of(related, "agency", "flag"))
    plans: dict[tuple[int, int], Plan] = {}
    rows = []
    before, after = sides.before, sides.after
    for i, agency in enumerate(after.agencies):
        old, new = before.scores[i], after.scores[i]
        guessed = flags[agency] != SPLIT and any(not one.known for one in parts[agency])
        limits = (bounds(parts[agency], sides.origins) if guessed else None) or (None, None)
        if old is None or new is None or not after.nominal or not before.nominal:
            change = None if old is None or new is None else new - old
            nothing = [None] * len(PARTS)
            rows.append((agency, flags[agency], old, new, change, *nothing, *limits, None, None, None))
            continue
        key = before.pattern[i], after.pattern[i]
        if key not in plans:
            weights = (before.patterns[key[0]], after.patterns[key[1]])
            plans[key] = plan(matches, (before, after), weights)
        change = new - old
        found, (then, now) = split(plans[key], sides, i, change)
        own = (found[part] for part in PARTS)
        rows.append((agency, flags[agency], old, new, change, *own, *limits, then, now, plans[key].share))
    return pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(COLUMNS[2:], object))


def split(
    p: Plan, sides: Sides, i: int, change: Fraction
) -> tuple[dict[str, Fraction], tuple[Fraction | None, Fraction | None]]:
    """The parts of one agency's change, and the sub-index of its matched rows in either
    year.

    Whole numbers over one denominator, reduced once per figure: fractions of other people's figures are slow to add.
    """
    then, now = sides.before.shares, sides.after.shares
    old = [ZERO if (x := then[row[1]][i]) is None else x for row in p.both]
    new = [ZERO if (x := now[row[0]][i]) is None else x for row in p.both]
    single = [ZERO if (x := (then, now)[row[1]][row[2]][i]) is None else x for row in p.alone]
    denominators = {x.denominator for column in (old, new, single) for x in column}
    base = lcm(*denominators)
    times = {d: base // d for d in denominators}
    a, b, c = ([x.numerator * times[x.denominator] for x in column] for column in (old, new, single))
    performance = reweighted = exempted = before = after = weights = 0
    for (_, _, weight, by_set, by_exemption, nominal), m, n in zip(p.both, a, b, strict=True):
        performance += weight * (n - m)
        if by_set or by_exemption:
            reweighted += by_set * (m + n)
            exempted += by_exemption * (m + n)
        before += nominal * m
        after += nominal * n
        weights += nominal
    sums = dict.fromkeys(PARTS, 0)
    sums |= {"performance": performance, "reweighting": reweighted, "exemptions": exempted}
    for (part, side, _, weight), n in zip(p.alone, c, strict=True):
        sums[part] += (2 if side else -2) * weight * n
    twice = 2 * p.scale * base
    found = {part: Fraction(n, twice) if n else ZERO for part, n in sums.items()}
    left = change.numerator * twice - change.denominator * sum(sums.values())
    found["rest"] = Fraction(left, change.denominator * twice) if left else ZERO
    for part, others in (("verification", sides.alike), ("membership", sides.common)):
        if others[0] or others[1]:
            moved = shift(p, sides, others, i)
            found[part] += moved
            found["performance"] -= moved
    carried = base * weights
    return found, (Fraction(before, carried), Fraction(after, carried)) if carried else (None, None)


def shift(p: Plan, sides: Sides, others: tuple[Shares, Shares], i: int) -> Fraction:
    """What the change would lack if both years stood on the other shares."""
    moved = ZERO
    for side, rows in enumerate((sides.before, sides.after)):
        for code, column in others[side].items():
            x, y, weight = rows.shares[code][i], column[i], p.weights[side].get(code)
            if weight and x is not y and x is not None and y is not None:
                moved += (1 if side else -1) * Fraction(weight, 2 * p.scale) * (x - y)
    return moved


def group_change(
    related: pd.DataFrame,
    changed: pd.DataFrame,
    earlier: Mapping[str, Fraction | None],
    later: Mapping[str, Fraction | None],
) -> pd.DataFrame:
    """How the mean of the group came from one year to the next.

    earlier, later   agency -> official score of that year, None without one

    Returns part and value (Fractions), adding up exactly: before; left (agencies that are gone without an heir, or have
    no score any more); reorganised (the same agencies on the new map); the mean of every part of `changes` (one row
    `change` where scores are no sums); entered; after. Empty where nobody stands in both years.
    Means are taken over figures of 30 decimals (exact ones of thousands of agencies have no end of digits), and
    performance is what the other parts leave.
    Source: shift of the mean of a changing population, in each step over the agencies of both sides.
    """
    compared = changed[changed["change"].notna()]
    if compared.empty:
        return pd.DataFrame(columns=["part", "value"])
    here = set(compared["agency"])
    origins = {o for a, o in rows_of(related, "agency", "origin") if a in here and o}
    then, now = ({a: whole(s) for a, s in table.items() if s is not None} for table in (earlier, later))
    before, after = ([whole(s) for s in compared[name]] for name in ("before", "after"))
    everybody, met, start = mean(then.values()), mean([then[o] for o in origins]), mean(before)
    rows = [("before", everybody), ("left", met - everybody), ("reorganised", start - met)]
    if compared["performance"].notna().all():
        parts = {name: mean([whole(x) for x in compared[name]]) for name in PARTS[1:]}
        parts = {"performance": mean(after) - start - sum(parts.values(), ZERO), **parts}
    else:
        parts = {"change": mean(after) - start}
    end = mean(now.values())
    rows += [*parts.items(), ("entered", end - mean(after)), ("after", end)]
    return pd.DataFrame(rows, columns=["part", "value"]).astype({"value": object})


def as_floats(changed: pd.DataFrame) -> pd.DataFrame:
    """The same as floats of 12 decimals, to be printed or written."""
    out = changed.copy()
    for name in COLUMNS[2:]:
        out[name] = [float("nan") if x is None else float(round(x, DECIMALS)) for x in changed[name]]
    return out


def whole(x: Fraction) -> int:
    """A figure in units of the last decimal that means are taken over."""
    return (2 * UNIT * x.numerator + x.denominator) // (2 * x.denominator)


def mean(values: Collection[int]) -> Fraction:
    """The mean of whole units, as a share."""
    return Fraction(sum(values), len(values) * UNIT)
