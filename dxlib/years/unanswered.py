"""Rows that only one of two years has an answer to: what a policy gives such a row (0, say) is no performance.

A final score counts a missing answer, and a row that does not apply, as index.toml says; between two years the row says
nothing about what was done. It is taken as if the year without an answer stood where the other one does, its whole
change belongs to `unanswered` or `exemptions`, and the sub-index of matched rows leaves it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd

from ..case.framework import Framework
from ..index import Exact
from ..index.exact import CLOSED
from .backcast import Backcast, Year, joined_shares, without
from .decompose import Column
from .matching import matched

LACKS = {"missing": 1, CLOSED: 1, "not-applicable": 2}  # what is not scored says nothing either
PART_OF = {1: "unanswered", 2: "exemptions"}


@dataclass(frozen=True)
class Unanswered:
    """Rows without an answer, for the agencies of the later year; only rows where there are any.

    gaps    by side, matched row -> whether one of the two years has no answer
    stands  part (unanswered, exemptions) -> by side, matched row -> shares where a row without an answer is taken as
            it is in the other year, or, in an estimate, as what the parts with an answer have together; None where
            nothing is lacking, or both years lack the same
    """

    gaps: tuple[dict[str, np.ndarray], dict[str, np.ndarray]]
    stands: dict[str, tuple[dict[str, Column], dict[str, Column]]]

    def without_gaps(self, side: int, shares: Mapping[str, Column]) -> dict[str, Column]:
        """Other shares of a side (see `decompose.Sides`) without those of rows that lack an answer in one year."""
        found: dict[str, Column] = dict(shares)
        for stands in self.stands.values():
            for code in found.keys() & stands[side].keys():
                cells = zip(found[code], stands[side][code], self.gaps[side][code].tolist(), strict=True)
                found[code] = [None if gap and stand is not None else share for share, stand, gap in cells]
        return found


def leaves_of(framework: Framework, code: str) -> list[str]:
    """The leaves below a row that carry weight; a leaf itself."""
    node = framework.nodes[code]
    if not node.children:
        return [code]
    weighted = [child.code for child in framework.siblings(node.children) if child.weight]
    return [leaf for child in weighted for leaf in leaves_of(framework, child)]


def lacking(framework: Framework, exact: Exact, code: str) -> tuple[np.ndarray, np.ndarray]:
    """What a row has instead of answers, agency by agency: the most that one of its leaves lacks, as in `LACKS`, 0 for
    answers to all; and a number for what each leaf lacks."""
    kinds = [[LACKS.get(state, 0) for state in exact.columns[leaf].states] for leaf in leaves_of(framework, code)]
    lacks = np.array(kinds, dtype=int).reshape(len(kinds), len(exact.agencies))
    if len(kinds) == 1:
        return lacks[0], lacks[0]
    which = sum((row.astype(object) * 3**k for k, row in enumerate(lacks)), np.zeros(len(exact.agencies), dtype=object))
    return lacks.max(axis=0, initial=0), which


def unanswered(then: Backcast, now: Year, alike: tuple[Exact, Exact], matches: pd.DataFrame) -> Unanswered:
    """The matched rows that one of two years has no answer to.

    alike   both years' scores on the basis that they have in common: it decides what is an answer
    """
    named = ([origins[0].origin for origins in then.parts.values()], now.rows.agencies)
    at = [{agency: i for i, agency in enumerate(year.agencies)} for year in alike]
    places = [np.array([at[side][agency] for agency in named[side]], dtype=int) for side in (0, 1)]
    found = Unanswered(({}, {}), {part: ({}, {}) for part in PART_OF.values()})
    for new, old in matched(matches):
        lacks = lacking(then.case.framework, alike[0], old), lacking(now.case.framework, alike[1], new)
        (early, early_which), (late, late_which) = (
            (most[there], which[there]) for (most, which), there in zip(lacks, places, strict=True)
        )
        early[then.joint.at], known = jointly(then, old, lacks[0][0])
        early_which[then.joint.at] = early[then.joint.at]
        before, after = then.rows.shares[old], now.rows.shares[new]
        states = alike[0].columns[old].states, alike[1].columns[new].states
        gap = np.zeros(len(early), dtype=bool)
        stands: dict[str, list[list[Fraction | None]]] = {}
        for i in np.flatnonzero((early > 0) | (late > 0)).tolist():
            x, y = before[i], after[i]
            if x is None or y is None:
                continue
            same = i not in known and early_which[i] == late_which[i]
            if same and states[0][places[0][i]] not in LACKS and states[1][places[1][i]] not in LACKS:
                continue  # a branch of which the same rows have answers
            was, became = known.get(i, None if early[i] else x), None if late[i] else y
            gap[i] = was is None or became is None
            if was is None and became is None:
                if same and (x == y or not {then.rows.states[old][i], now.rows.states[new][i]} <= LACKS.keys()):
                    continue  # there is a verdict where nobody claimed anything: verification
                was = (x + y) / 2
            part = PART_OF[max(early[i], late[i])]
            if part not in stands:
                stands[part] = [[None] * len(gap) for _ in (0, 1)]
            stands[part][0][i], stands[part][1][i] = became if was is None else was, was if became is None else became
        if gap.any() or stands:
            found.gaps[0][old] = found.gaps[1][new] = gap
        for part, (stands_before, stands_after) in stands.items():
            found.stands[part][0][old], found.stands[part][1][new] = stands_before, stands_after
    return found


def jointly(then: Backcast, code: str, lack: np.ndarray) -> tuple[np.ndarray, dict[int, Fraction | None]]:
    """What joined agencies lack on a row, and what their origins with an answer have together.

    lack   `lacking`, for the origins

    Returns the most that an origin with a share lacks, by joined agency; and, where one lacks an answer, place of the
    agency -> share of the others, None without any.
    """
    lacks = np.where(then.joint.given[code].there, lack[then.joint.places], 0)
    most = lacks.max(axis=1, initial=0)
    some = np.flatnonzero(most)
    if not len(some):
        return most, {}
    answered = without(then, code, lacks > 0, some)
    shares = joined_shares(answered, code)
    for row in np.flatnonzero(~answered.joint.given[code].there.any(axis=1)).tolist():
        shares[row] = None
    return most, dict(zip(answered.joint.at, shares, strict=True))
