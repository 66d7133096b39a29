"""Classes: what each is called, which one a share is in, and how far the next one is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, get_type_hints

from ..errors import Finding


@dataclass(frozen=True)
class Class:
    """One class as index.toml declares it; each field is a key of `[[class]]`, with what the contract says of it
    (`python -m tests.codes` writes that into schema/index.json).

    cut            the share of the agency's own maximum where it begins
    includes_cut   whether a share on the edge belongs to it
    within         in a set of two-sided classes: how far from 1 a share may be, on either side; None in the last one
    """

    name: Annotated[Mapping[str, str], {"type": "names", "required": True}]
    cut: Annotated[Fraction, {"type": "number", "minimum": 0, "maximum": 1}]
    includes_cut: Annotated[bool, {"type": "boolean", "default": True}] = True
    within: Annotated[Fraction | None, {"type": "number", "minimum": 0, "above": 0}] = None

    @property
    def conditions(self) -> dict[str, Any]:
        """What it asks beyond its edge, by key: the keys that say something."""
        return {key: value for key in KEYS if key not in EDGE and (value := getattr(self, key))}


EDGE = ("name", "cut", "includes_cut", "within")  # told together: from where on a class is called what
KEYS = {key: hint.__metadata__[0] for key, hint in get_type_hints(Class, include_extras=True).items()}


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
    """The classes of a set, the highest first: which of them a share is in, and how far the next one is."""

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
