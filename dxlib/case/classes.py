"""Classes: what each is called, and the stretches of shares that it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from ..errors import Finding


@dataclass(frozen=True)
class Class:
    """One class as index.toml declares it.

    cut            the share of the agency's own maximum where it begins
    includes_cut   whether a share on the edge belongs to it
    within         in a set of two-sided classes: how far from 1 a share may be, on either side; None in the last one
    """

    name: Mapping[str, str]
    cut: Fraction
    includes_cut: bool = True
    within: Fraction | None = None


@dataclass(frozen=True)
class Band:
    """A stretch of shares, up to the next band: where it begins (None: it takes what is left), whether its cut belongs
    to it, and the position of its class (1 = the highest of index.toml)."""

    cut: Fraction | None
    includes_cut: bool
    place: int

    def holds(self, share: Fraction) -> bool:
        return self.cut is None or (share >= self.cut if self.includes_cut else share > self.cut)


def two_sided(classes: Sequence[Class]) -> bool:
    """Whether the classes are distances from 1 (parity), as those of UNDP's Gender Development Index."""
    return any(c.within is not None for c in classes)


def bands_of(classes: Sequence[Class]) -> tuple[Band, ...]:
    """The bands from the highest share down. The last class takes everybody that is left, a share below 0 too."""
    if not two_sided(classes):
        last = len(classes)
        return tuple(Band(None if i == last else c.cut, c.includes_cut, i) for i, c in enumerate(classes, 1))
    near = [(c.within, c.includes_cut, i) for i, c in enumerate(classes, 1) if c.within is not None]
    above = [Band(1 + width, not closed, i + 1) for width, closed, i in reversed(near)]
    below = [Band(1 - width, closed, i) for width, closed, i in near]
    return (*above, *below, Band(None, True, len(classes)))


def classify(share: Fraction | None, bands: Sequence[Band]) -> int | None:
    """1-based position of the class whose band holds the share; None without a score or classes."""
    if share is None or not bands:
        return None
    return next(band.place for band in bands if band.holds(share))


def met(low: Fraction | None, high: Fraction | None, bands: Sequence[Band]) -> list[int]:
    """The positions of the classes that shares from `low` to `high` meet, the highest class first."""
    if low is None or high is None or not bands:
        return []
    first, last = (next(k for k, band in enumerate(bands) if band.holds(x)) for x in (high, low))
    return sorted({band.place for band in bands[first : last + 1]})


def check_classes(classes: Sequence[Class], cuts: Sequence[Fraction | None], file: str) -> list[Finding]:
    """Cuts fall from the highest class down, the last is 0; or distances from 1 grow, the last has none.

    cuts   as written; None where a class has none
    """
    if not two_sided(classes):
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


def check_cuts(classes: Sequence[Class], cuts: Sequence[Fraction | None], file: str) -> list[Finding]:
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
