"""How much of a change of score is performance, and how much is the index set, exemptions, verification, the group.

Bennet's decomposition (Bennet 1920; Diewert 2005, eq. 3): a matched row's change of weight x share is the mean weight
times the change of share (performance) plus the mean share times the change of weight (reweighting). It is symmetric in
time and adds up exactly; everything here is in fractions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import lcm

import numpy as np
import pandas as pd

from ..case.links import MATCHED
from ..case.tables import rows_of
from ..index.rows import Rows, Weights
from ..rules import ZERO
from .identity import UNCHANGED
from .sums import Sums, fractions

Column = Sequence["Fraction | None"]
Shares = Mapping[str, Column]
Gaps = tuple[Mapping[str, np.ndarray], Mapping[str, np.ndarray]]  # by side, row -> True and False by agency
Figures = dict[int, list["Fraction | None"]]  # place -> PARTS, then SUBS
SET = ["reweighting", "added", "removed", "redefined", "index_set"]  # what the index set moved
LACKING = ("unanswered", "exemptions")  # rows that one year has no answer to
OTHERWISE = (*LACKING, "verification", "membership")  # what moves shares of matched rows beside performance, in order
PARTS = ["performance", "unanswered", "verification", "membership", *SET, "exemptions", "rest"]
COLUMNS = ["agency", "flag", "before", "after", "change", *PARTS, "before_low", "before_high"]
DECIMALS = 12
UNIT = 10**30
COLUMNS += ["matched_before", "matched_after", "base_before", "base_after", "matched_share"]
SUBS = COLUMNS[-5:]


@dataclass(frozen=True)
class Sides:
    """Both years for the same agencies in the same order.

    others   part of `OTHERWISE` -> by side, row -> the shares without what that part and those before it moved, None
             where it moved nothing; only rows where it may have. unanswered, exemptions: with an answer where one is
             missing, or where the row does not apply and has a share by policy (`unanswered`); verification: on the
             basis that the other year has too (claimed where one side is only claimed); membership: among the agencies
             of both years, on rows that look at the group
    gaps     by side, matched row -> whether one of the two years has no answer; only rows where some have none
    """

    before: Rows
    after: Rows
    others: Mapping[str, tuple[Shares, Shares]]
    gaps: Gaps

    def without(self, parts: Sequence[str], side: int, row: str) -> list[Fraction | None]:
        """The shares of a row without what some parts moved, as many as come first in `OTHERWISE`."""
        found = list((self.before, self.after)[side].shares[row])
        for part in parts:
            if row in self.others.get(part, ({}, {}))[side]:
                pairs = zip(found, self.others[part][side][row], strict=True)
                found = [x if x is None or y is None else y for x, y in pairs]
        return found

    def like(self, side: int, row: str) -> list[Fraction | None]:
        """The shares of a row that can be held against the other year's: without all of `OTHERWISE`, and None where one
        of the years has no answer."""
        found = self.without(OTHERWISE, side, row)
        if row not in self.gaps[side]:
            return found
        return [None if gap else x for x, gap in zip(found, self.gaps[side][row].tolist(), strict=True)]

    def like_at(self, side: int, row: str, i: int) -> Fraction | None:
        """The same for one agency."""
        if row in self.gaps[side] and self.gaps[side][row][i]:
            return None
        found = (self.before, self.after)[side].shares[row][i]
        for part in OTHERWISE:
            other = self.others[part][side].get(row)
            if found is not None and other is not None and other[i] is not None:
                found = other[i]
        return found

    def touched(self, side: int) -> set[str]:
        """The rows of a side where `like` is not what counts."""
        return {*self.gaps[side], *(row for part in self.others.values() for row in part[side])}

    @cached_property
    def moved(self) -> list[Fraction | None]:
        """The change of every agency's score; None without one in either year."""
        official = zip(self.before.scores, self.after.scores, strict=True)
        return [None if old is None or new is None else new - old for old, new in official]


@dataclass(frozen=True)
class Plan:
    """What a pair of own weights makes of the shares: every part is a sum of factor x share.

    factors   part -> (side, row) -> factor, in whole numbers over 2 x `scale`
    matched   of the matched rows that apply in both years, (side, row) -> nominal weight: before and after under the
              later weights, then under the earlier ones
    own       of the same rows, (side, row) -> own weight: before, after
    """

    scale: int
    factors: dict[str, dict[tuple, int]]
    matched: list[dict[tuple, int]]
    own: list[dict[tuple, int]]


def plan(matches: pd.DataFrame, nominal: tuple[Weights, Weights], weights: tuple[Weights, Weights]) -> Plan:
    """The plan of two sets of own weights; nominal: when every row of the agencies applies."""
    scale = lcm(*(w.denominator for table in (*nominal, *weights) for w in table.values()), 1)
    factors: dict[str, dict[tuple, int]] = {part: {} for part in PARTS}

    def whole(table: Weights, code: str) -> int:
        return int(table.get(code, ZERO) * scale)

    def alone(part: str, side: int, code: str) -> None:
        factors[part][side, code] = (2 if side else -2) * whole(weights[side], code)

    taken: set[tuple[int, str]] = set()
    both: list[tuple[str, str]] = []
    for code, old, kind in rows_of(matches, "code", "from_code", "kind"):
        if kind not in MATCHED:
            continue
        taken |= {(0, old), (1, code)}
        if code in weights[1] and old in weights[0]:
            here, then = whole(weights[1], code), whole(weights[0], old)
            by_set = whole(nominal[1], code) - whole(nominal[0], old)
            factors["performance"] |= {(0, old): -here - then, (1, code): here + then}
            for part, moved in (("reweighting", by_set), ("exemptions", here - then - by_set)):
                factors[part] |= {(0, old): moved, (1, code): moved}
            both.append((old, code))
        elif code in weights[1] or old in weights[0]:
            side = int(code in weights[1])
            name, other = (code, old) if side else (old, code)
            lacks_weight = not nominal[1 - side].get(other)  # in the other set, for everybody
            alone("reweighting" if lacks_weight else "exemptions", side, name)
    changed = matches[~matches["kind"].isin([*MATCHED, "added", "removed"])]
    redefined = (set(changed["from_code"]), set(changed["code"]))
    for side, kind in enumerate(("removed", "added")):
        for code in weights[side]:
            if (side, code) not in taken:
                alone("redefined" if code in redefined[side] else kind, side, code)
    matched: list[dict[tuple, int]] = [
        {(side, p[side]): whole(nominal[by], p[by]) for p in both} for by in (1, 0) for side in (0, 1)
    ]
    own: list[dict[tuple, int]] = [{(side, p[side]): whole(weights[side], p[side]) for p in both} for side in (0, 1)]
    return Plan(scale, factors, matched, own)


def changes(
    related: pd.DataFrame,
    sides: Sides,
    limits: Mapping[str, tuple[Fraction, Fraction]],
    figures: Figures,
) -> pd.DataFrame:
    """Every agency of the later year that has origins in the earlier one, and what its change consists of.

    related   `identity.relate`; limits: `backcast.ranges`
    figures   `by_rows`, or `orders.by_orders` where one of the two scores is no sum of weight x share

    Returns agency, flag, before (the official score, for joined agencies an estimate), after, change, then its parts,
    which add up to it exactly: performance (same rows, same basis), unanswered (rows that one of the years has no
    answer to), verification (one side verified, the other only claimed), membership (rows that look at the group:
    others came, went or gave no answer), reweighting, added, removed and redefined rows, index_set (all four in one
    where a score is no sum), exemptions, rest (bonus, penalty, rounding at every level). before_low, before_high: how
    far an unknown part of a split unit could move `before`. matched_before, matched_after: the sub-index of the matched
    rows that apply and have an answer in both years, on the same basis (`Sides.like`), under the later weights;
    base_before, base_after: the same under the earlier ones; matched_share: the smaller of the parts of either year's
    index they carry. All are Fractions (shares of the maximum), None where an agency has no score in one of the years.
    """
    before, after = sides.before, sides.after
    flags, nothing = dict(rows_of(related, "agency", "flag")), [None] * len([*PARTS, *SUBS])
    rows = []
    for i, (agency, change) in enumerate(zip(after.agencies, sides.moved, strict=True)):
        ends = limits.get(agency, (None, None))
        found, scores = figures.get(i, nothing), (before.scores[i], after.scores[i])
        rows.append((agency, flags[agency], *scores, change, *found[: len(PARTS)], *ends, *found[len(PARTS) :]))
    return pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(COLUMNS[2:], object))


def by_rows(matches: pd.DataFrame, sides: Sides) -> Figures:
    """The parts of every agency's change where scores are sums."""
    before, after, changed = sides.before, sides.after, sides.moved
    weighted: dict[tuple[int, int], list[int]] = {}  # places of the agencies with the same two sets of own weights
    for i, change in enumerate(changed):
        if change is not None:
            weighted.setdefault((before.pattern[i], after.pattern[i]), []).append(i)
    columns = columns_of(sides)
    sums = Sums(columns, len(changed))
    figures: Figures = {}
    for (then, now), places in weighted.items():
        full = before.nominal[then], after.nominal[now]
        common = substituted(plan(matches, full, (before.patterns[then], after.patterns[now])), columns)
        figures |= zip(places, split(common, sums, sides, places), strict=True)
    return figures


def columns_of(sides: Sides) -> dict[tuple, Sequence[Fraction | None]]:
    """(side, row) -> shares; (side, row, part of `OTHERWISE`) -> what they are without it and those before it;
    (side, row, like) -> `Sides.like`; only where they differ."""
    columns: dict[tuple, Sequence[Fraction | None]] = {}
    for side, year in enumerate((sides.before, sides.after)):
        columns |= {(side, code): shares for code, shares in year.shares.items()}
        for n, part in enumerate(OTHERWISE, 1):
            columns |= {
                (side, code, part): sides.without(OTHERWISE[:n], side, code) for code in sides.others[part][side]
            }
        columns |= {(side, code, "like"): sides.like(side, code) for code in sides.touched(side)}
    return columns


def substituted(p: Plan, columns: Collection[tuple]) -> Plan:
    """The same plan with the parts of `OTHERWISE` taken out of the others, where there are other shares.

    Rows without an answer are taken as they would be with one in every other part; what they lack counts with the
    agency's own weight. Verification and membership are taken out of performance.
    """
    factors = {part: dict(form) for part, form in p.factors.items()}

    def move(form: dict[tuple, int], factor: int, key: tuple, to: tuple) -> None:
        form[key] = form.get(key, 0) - factor
        form[to] = form.get(to, 0) + factor

    for (side, code), factor in p.factors["performance"].items():
        key: tuple = (side, code)
        for part in OTHERWISE:
            other = (side, code, part)
            if other not in columns:
                continue
            own = (2 if side else -2) * p.own[side][side, code] if part in LACKING else factor
            move(factors[part], own, other, key)
            move(factors["performance"], factor, key, other)
            for form in ("reweighting", "exemptions") if part in LACKING else ():
                move(factors[form], p.factors[form][side, code], key, other)
            key = other
    return replace(p, factors=factors)


def split(p: Plan, sums: Sums, sides: Sides, places: Sequence[int]) -> Iterator[list[Fraction | None]]:
    """The `Figures` of every agency with this plan."""
    gaps, changed, touched = sides.gaps, sides.moved, (sides.touched(0), sides.touched(1))
    at = np.array(places)
    base = sums.below[at]
    found = {part: sums.of(form, at) for part, form in p.factors.items() if part != "rest"}
    below = 2 * p.scale * base
    figures = {part: fractions(above, below) for part, above in found.items()}
    change = [x for i in places if (x := changed[i]) is not None]
    n, d = (np.array([getattr(x, name) for x in change], dtype=object) for name in ("numerator", "denominator"))
    figures["rest"] = fractions(n * below - d * sum(found.values()), d * below)
    columns: list[Sequence[Fraction | None]] = [figures[part] for part in PARTS]
    for weights in p.matched:
        alike = {(*key, "like") if key[1] in touched[key[0]] else key: w for key, w in weights.items()}
        columns.append(shared(sums.of(alike, at), counted(weights, gaps, at) * base))
    own = [counted(weights, gaps, at) for weights in p.own]
    columns.append(fractions(np.minimum(*own), np.full(len(at), p.scale, dtype=object)))
    return map(list, zip(*columns, strict=True))


def counted(weights: Mapping[tuple, int], gaps: Gaps, at: np.ndarray) -> np.ndarray:
    """The weight of the rows with an answer in both years, for every agency."""
    found = np.full(len(at), sum(weights.values()), dtype=object)
    for (side, row), weight in weights.items():
        if row in gaps[side]:
            found[gaps[side][row][at]] -= weight
    return found


def shared(above: np.ndarray, below: np.ndarray) -> list[Fraction | None]:
    """Numerators over denominators; None over 0."""
    pairs = zip(above.tolist(), below.tolist(), strict=True)
    return [Fraction(n, d) if d else None for n, d in pairs]


def like_for_like(changed: pd.DataFrame, least: Fraction) -> frozenset[str]:
    """The agencies whose matched rows, with answers in both years, carry a part of the index: their change can be told
    part by part."""
    carried = rows_of(changed, "agency", "matched_share")
    return frozenset(agency for agency, share in carried if share and share >= least)


def judged(changed: pd.DataFrame, least: Fraction) -> frozenset[str]:
    """Those of them that stand one to one in both years: their performance is told, alone and in the mean of the group.
    What a merged or split agency was before is an estimate, which judges nobody."""
    unchanged = frozenset(changed.loc[changed["flag"] == UNCHANGED, "agency"])
    return like_for_like(changed, least) & unchanged


def group_change(
    related: pd.DataFrame,
    changed: pd.DataFrame,
    scores: Sequence[Mapping[str, Fraction | None]],
    judged_agencies: Collection[str],
) -> pd.DataFrame:
    """How the mean of the group came from one year to the next.

    scores   of the earlier and the later year: agency -> official score, None without one
    judged_agencies   `judged`

    Returns part and value (Fractions), adding up exactly: before; left (agencies that are gone without an heir, or have
    no score any more); reorganised (the same agencies on the new map); what every part of `changes` moved at the
    agencies of `judged` (one row `change` where no agency has parts); joined (what merged and split ones changed
    against their estimates); apart (what the others changed); entered; after. Each is a part of the change of the mean
    of all. Empty where nobody stands in both years.
    Means are taken over figures of 30 decimals (exact ones of thousands of agencies have no end of digits); what that
    leaves over counts with performance, or where nobody has any with those apart, or joined.
    Source: shift of the mean of a changing population, in each step over the agencies of both sides.
    """
    compared = changed[changed["change"].notna()]
    if compared.empty:
        return pd.DataFrame(columns=["part", "value"])
    here = set(compared["agency"].tolist())
    origins = {o for a, o in rows_of(related, "agency", "origin") if a in here and o}
    scored = [{a: s for a, s in table.items() if s is not None} for table in scores]
    then, now = (dict(zip(table, wholes(table.values()), strict=True)) for table in scored)
    before, after = (wholes(compared[name].tolist()) for name in ("before", "after"))
    everybody, met, start = mean(then.values()), mean([then[o] for o in origins]), mean(before)
    rows = [("before", everybody), ("left", met - everybody), ("reorganised", start - met)]
    if compared["performance"].notna().any():
        mine, joined = compared["agency"].isin(judged_agencies), compared["flag"] != UNCHANGED
        groups = {"joined": joined, "apart": ~mine & ~joined}
        moved = {"performance": (mine, "performance"), **{part: (mine, part) for part in PARTS[1:]}}
        moved |= {group: (some, "change") for group, some in groups.items()}
        parts = {
            part: Fraction(sum(wholes(compared.loc[some, of].tolist())), len(compared) * UNIT)
            for part, (some, of) in moved.items()
        }
        rest = "performance" if mine.any() else "apart" if groups["apart"].any() else "joined"
        parts[rest] += mean(after) - start - sum(parts.values(), ZERO)
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


def wholes(values: Iterable[Fraction]) -> list[int]:
    """Figures in units of the last decimal that means are taken over."""
    return [(2 * UNIT * n + d) // (2 * d) for n, d in map(Fraction.as_integer_ratio, values)]


def mean(values: Collection[int]) -> Fraction:
    """The mean of whole units, as a share."""
    return Fraction(sum(values), len(values) * UNIT)
