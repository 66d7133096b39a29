"""Classes: what each is called, which one a share is in, and how far the next one is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any

import numpy as np

from ..errors import Finding, nearest
from .conditions import Condition, declared


@dataclass(frozen=True)
class Class:
    """One class as index.toml declares it; each field is a key of `[[class]]`, with what the contract says of it
    (`python -m tests.codes` writes that into schema/index.json).

    cut            the share of the agency's own maximum where it begins
    includes_cut   whether a share on the edge belongs to it
    within         in a set of two-sided classes: how far from 1 a share may be, on either side; None in the last one
    quota          the part of `quota_of` that may have it, rounded down, list by list; None: as many as reach it
    quota_of       name of the class that counts, with those above it; "": all that are ranked
    quota_ties     who stands at the edge of the quota with equal shares: all `out` (also where
                   nothing is said), all `in`, or by the share of a `row`
    quota_row      the code of that row
    """

    name: Annotated[Mapping[str, str], {"type": "names", "required": True}]
    cut: Annotated[Fraction, {"type": "number", "minimum": 0, "maximum": 1}]
    includes_cut: Annotated[bool, {"type": "boolean", "default": True}] = True
    within: Annotated[Fraction | None, {"type": "number", "minimum": 0, "above": 0}] = None
    quota: Annotated[Fraction | None, {"type": "number", "minimum": 0, "maximum": 1, "above": 0}] = None
    quota_of: Annotated[str, {"type": "string"}] = ""
    quota_ties: Annotated[str, {"type": "string", "enum": ["out", "in", "row"]}] = ""
    quota_row: Annotated[str, {"type": "string"}] = ""

    @property
    def asks(self) -> dict[str, Any]:
        """What it asks beyond its edge, by key: the keys that say something."""
        return {key: value for key in KEYS if key not in EDGE and (value := getattr(self, key))}


EDGE = ("name", "cut", "includes_cut", "within")  # told together: from where on a class is called what
KEYS = declared(Class)


@dataclass(frozen=True)
class Edge:
    """Where a stretch of shares begins, whether its cut belongs to it, and the position of its class (1 = the highest
    of index.toml)."""

    cut: Fraction
    includes_cut: bool
    place: int

    def holds(self, share: Fraction) -> bool:
        return share >= self.cut if self.includes_cut else share > self.cut

    def reached(self, shares: Any, tie: float) -> Any:
        """The same of float shares; one within `tie` of the cut is on it."""
        cut = float(self.cut)
        near = tie * max(1.0, abs(cut))
        return shares >= cut - near if self.includes_cut else shares > cut + near


class Classes(tuple[Class, ...]):
    """The classes of a set, the highest first: which of them a share is in, and how far the next one is.

    First the cut, then the conditions, then the quotas from the highest class down.
    """

    conditions: tuple[Condition, ...]

    def __new__(cls, classes: Iterable[Class] = (), conditions: Iterable[Condition] = ()) -> Classes:
        found = super().__new__(cls, classes)
        found.conditions = tuple(conditions)
        return found

    @property
    def quotas(self) -> list[tuple[int, Class]]:
        """(position, class) of the classes that only a part may have."""
        return [(place, one) for place, one in enumerate(self, 1) if one.quota is not None]

    @property
    def by_cut(self) -> bool:
        """Whether the cut alone decides."""
        return not self.conditions and not self.quotas

    @property
    def limited(self) -> bool:
        """Whether besides the cut only what no weight changes decides: conditions on values and options."""
        return not self.quotas and not any(condition.shared for condition in self.conditions)

    def place(self, name: str) -> int | None:
        """The position of the class of a name, in whichever language; None unless there is just one."""
        found = [i for i, one in enumerate(self, 1) if name in one.name.values()]
        return found[0] if len(found) == 1 else None

    def base(self, one: Class) -> int:
        """The lowest class that counts for a quota."""
        return self.place(one.quota_of) or len(self)

    def limit(self, condition: Condition) -> int:
        """The highest class that a condition leaves."""
        return self.place(condition.highest) or 1

    def below(self, limit: int) -> Classes:
        """The same for one who has the class at `limit` at best: those above are no longer told apart."""
        if limit < 2:
            return self
        found = Limited(self, self.conditions)
        found.whole, found.limit_place = self, limit  # type: ignore[attr-defined]
        return found

    def filled(
        self,
        places: np.ndarray,
        ranks: np.ndarray,
        lists: Sequence[Sequence[int]],
        rows: Mapping[int, np.ndarray],
    ) -> tuple[np.ndarray, np.ndarray]:
        """The classes after the quotas.

        places   (K, N) positions after the conditions; 0 has none
        ranks    (K, N) places in the lists, ties share the better
        lists    the agencies of each list; who stands in none neither counts nor is limited
        rows     position of a class -> (N,) order by the row that decides its ties, the best 0

        Returns both (K, N): the positions, and the position of the quota at whose edge ties were decided (0: none).
        """
        tied = np.zeros_like(places)
        for place, one in self.quotas:
            places, edge = self.filled_one(place, one, places, ranks, lists, rows.get(place))
            tied = np.where(edge, place, tied)
        return places, tied

    def filled_one(
        self,
        place: int,
        one: Class,
        places: np.ndarray,
        ranks: np.ndarray,
        lists: Sequence[Sequence[int]],
        order: np.ndarray | None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The same of one quota, and who was tied at its edge."""
        assert one.quota is not None
        places, tied = places.copy(), np.zeros(places.shape, bool)
        for members in map(list, lists):
            part = places[:, members]
            counts = ((part > 0) & (part <= self.base(one))).sum(axis=1)
            room = np.array([int(n * one.quota) for n in range(len(members) + 1)])[counts][:, None]  # exact
            inside = part == place
            first, last = standing(ranks[:, members], inside)
            edge = inside & (first <= room) & (last > room)
            stays = inside & (last <= room)
            if one.quota_ties == "in":
                stays |= edge
            elif one.quota_ties == "row" and order is not None:
                of = order[members]
                for k in np.flatnonzero(edge.any(axis=1)).tolist():
                    at = np.flatnonzero(edge[k])
                    ahead = (of[at][None] <= of[at][:, None]).sum(axis=1)  # with those beside it
                    stays[k, at] = first[k, at] - 1 + ahead <= room[k]
            places[:, members] = np.where(inside & ~stays, place + 1, part)
            tied[:, members] = edge
        return places, tied

    @property
    def two_sided(self) -> bool:
        """Whether they are distances from 1 (parity), as those of UNDP's Gender Development Index."""
        return any(c.within is not None for c in self)

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Where stretches of shares begin, the highest first. What lies below all of them, a share below 0 too, is in
        the last class."""
        if not self.two_sided:
            return tuple(Edge(c.cut, c.includes_cut, i) for i, c in enumerate(self[:-1], 1))
        near = [(c.within, c.includes_cut, i) for i, c in enumerate(self, 1) if c.within is not None]
        above = [Edge(1 + width, not closed, i + 1) for width, closed, i in reversed(near)]
        return (*above, *(Edge(1 - width, closed, i) for width, closed, i in near))

    @cached_property
    def places(self) -> tuple[int, ...]:
        """The position of the class of each stretch."""
        return (*(edge.place for edge in self.edges), len(self)) if self else ()

    def stretch(self, share: Fraction) -> int:
        """Which stretch holds a share, counted from 0."""
        return next((k for k, edge in enumerate(self.edges) if edge.holds(share)), len(self.edges))

    def of(self, share: Fraction | None) -> int | None:
        """1-based position of the class of a share; None without a score or classes."""
        return self.places[self.stretch(share)] if self and share is not None else None

    def of_float(self, share: float, tie: float) -> int | None:
        """The same of a float; one within `tie` of a cut is on it."""
        return next((edge.place for edge in self.edges if edge.reached(share, tie)), len(self) or None)

    def met(self, low: Fraction | None, high: Fraction | None) -> list[int]:
        """The positions of the classes that shares from `low` to `high` meet, the highest class first."""
        if low is None or high is None or not self:
            return []
        return sorted(set(self.places[self.stretch(high) : self.stretch(low) + 1]))

    def above(self, share: Fraction) -> Edge | None:
        """Where the next higher class begins; None in the highest, and where more is not better."""
        k = self.stretch(share)
        return self.edges[k - 1] if k and not self.two_sided else None

    def borders(self, share: Fraction) -> list[tuple[Edge, int]]:
        """Both ends of the stretch that holds a share, the upper first: (where it is, position of the class beyond)."""
        k = self.stretch(share)
        upper = [(self.edges[k - 1], self.places[k - 1])] if k else []
        return [*upper, *((edge, self.places[k + 1]) for edge in self.edges[k : k + 1])]

    def formula(self, share: str, names: Sequence[str], cuts: Sequence[str], decimals: int) -> str:
        """The name of the class of a share, worked out by a spreadsheet.

        share         its address; names, cuts: those of the names of the classes, and of their cuts or distances
        decimals      to which a distance is compared
        """
        found = names[-1] if names else '""'
        for one, name, cut in reversed(list(zip(self[:-1], names, cuts, strict=False))):
            sign = (">" if one.within is None else "<") + ("=" if one.includes_cut else "")
            figure = share if one.within is None else f"ROUND(ABS({share}-1),{decimals})"
            found = f"IF({figure}{sign}{cut},{name},{found})"
        return found


class Limited(Classes):
    """Classes of which those above a limit are not told apart."""

    whole: Classes
    limit_place: int

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        held = [max(place, self.limit_place) for place in self.whole.places]
        own = zip(self.whole.edges, pairwise(held), strict=True)
        return tuple(replace(edge, place=here) for edge, (here, after) in own if here != after)


def standing(ranks: np.ndarray, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(first, last) place among those `inside` of each row of (K, n) ranks 1 … n + 1: equals stand side by side."""
    k, n = ranks.shape
    width = n + 2
    at = np.arange(k)[:, None] * width + ranks.astype(np.int64)
    up_to = np.bincount(at[inside], minlength=k * width).reshape(k, width).cumsum(axis=1).reshape(-1)
    return up_to[np.maximum(at - 1, 0)] + 1, up_to[at]


def check_classes(classes: Classes, cuts: Sequence[Fraction | None], file: str) -> list[Finding]:
    """Cuts fall from the highest class down, the last is 0; or distances from 1 grow, the last has none.

    cuts   as written; None where a class has none
    """
    if not classes.two_sided:
        return check_cuts(classes, cuts, file)
    *near, last = classes
    found = []
    for i, (c, cut) in enumerate(zip(classes, cuts, strict=True), 1):
        if cut is not None or (c.within is None) is not (c is last):
            found.append(Finding("E_CUTS", "within_mixed", file, column=f"class[{i}]"))
    widths = [c.within for c in near if c.within is not None]
    if any(a >= b for a, b in pairwise(widths)):
        found.append(Finding("E_CUTS", "within_order", file, column="class", value=listed(widths)))
    return found


def check_cuts(classes: Classes, cuts: Sequence[Fraction | None], file: str) -> list[Finding]:
    found = [
        Finding("E_KEY", "key_missing", file, column=f"class[{i}].cut", facts={"key": f"class[{i}].cut"})
        for i, cut in enumerate(cuts, 1)
        if cut is None
    ]
    known = [cut for cut in cuts if cut is not None]
    if any(a <= b for a, b in pairwise(known)):
        found.append(Finding("E_CUTS", "cuts_order", file, column="class", value=listed(known)))
    if known and not found and (known[-1] != 0 or not classes[-1].includes_cut):
        found.append(Finding("E_CUTS", "cuts_last", file, column="class", value=f"{float(known[-1]):g}"))
    return found


def listed(numbers: Sequence[Fraction]) -> str:
    return ", ".join(f"{float(x):g}" for x in numbers)


def check_quotas(classes: Classes, given: Sequence[Mapping[str, object]], file: str) -> list[Finding]:
    """Quotas and the classes that conditions name.

    given   the keys of each class as written
    """
    found: list[Finding] = []

    def say(code: str, reason: str, where: str, value: object = "") -> None:
        facts = {"nearest": nearest(str(value), names) or ", ".join(names) or "–"}
        found.append(Finding(code, reason, file, column=where, value=str(value), facts=facts))

    names = [name for one in classes for name in one.name.values()]
    for i, (one, keys) in enumerate(zip(classes, given, strict=True), 1):
        where = f"class[{i}]"
        written = [key for key in ("quota_of", "quota_ties", "quota_row") if key in keys]
        if one.quota is None:
            for key in written:
                say("E_QUOTA", "quota_none", f"{where}.{key}", keys[key])
            continue
        if classes.two_sided:
            say("E_QUOTA", "quota_two_sided", f"{where}.quota", f"{float(one.quota):g}")
        if i == len(classes):
            say("E_QUOTA", "quota_last", f"{where}.quota", f"{float(one.quota):g}")
        if one.quota_of and classes.place(one.quota_of) is None:
            say("E_QUOTA", "quota_class", f"{where}.quota_of", one.quota_of)
        elif classes.base(one) < i:
            say("E_QUOTA", "quota_above", f"{where}.quota_of", one.quota_of)
        if (one.quota_ties == "row") is not bool(one.quota_row):
            say("E_QUOTA", "quota_row_key", f"{where}.quota_row", one.quota_row)
    for i, condition in enumerate(classes.conditions, 1):
        where = f"condition[{i}]"
        place = classes.place(condition.highest)
        if place is None:
            say("E_CONDITION", "condition_class", f"{where}.highest", condition.highest)
        elif place == 1:
            say("E_CONDITION", "condition_idle", f"{where}.highest", condition.highest)
        if len(condition.bounds) + bool(condition.options) != 1:
            given_keys = [*(key for key, _ in condition.bounds), *(["option"] if condition.options else [])]
            say("E_CONDITION", "condition_form", where, ", ".join(given_keys))
    return found


def check_quota_rows(classes: Classes, codes: Mapping[str, bool], file: str) -> list[Finding]:
    """Quotas whose ties a row decides that is none, or not scored.  codes: code -> whether it is scored"""
    scored = [code for code, counts in codes.items() if counts]
    found = []
    for i, one in classes.quotas:
        if one.quota_row and one.quota_row not in scored:
            facts = {"nearest": nearest(one.quota_row, scored) or "–"}
            where = f"class[{i}].quota_row"
            found.append(Finding("E_QUOTA", "quota_row", file, None, where, one.quota_row, facts))
    return found
