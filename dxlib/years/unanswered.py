"""Rows that one of two years has no answer to: what the policy gives such a row (0, say) is no performance.

A final score counts a missing answer as index.toml says; between two years the row says nothing about what was done.
It is taken as if the year without an answer stood where the other one does, so its whole change is a part of its own,
and the sub-index of matched rows leaves it out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd

from ..case import Case
from ..case.framework import Framework
from ..case.links import MATCHED
from ..case.tables import rows_of
from ..index import Exact
from ..index.rows import Rows
from .backcast import Joint, Parts, added_up, joined_shares, without

Column = Sequence["Fraction | None"]
MISSING = "missing"


@dataclass(frozen=True)
class Unanswered:
    """Rows without an answer, for the agencies of the later year; only rows where there are any.

    gaps    by side, matched row -> whether exactly one of the two years has no answer
    stands  by side, matched row -> shares where a missing answer is taken as the other year's, or, in an estimate, as
            what the parts with an answer have together
    """

    gaps: tuple[Mapping[str, np.ndarray], Mapping[str, np.ndarray]]
    stands: tuple[Mapping[str, Column], Mapping[str, Column]]

    def told(self, side: int, shares: Mapping[str, Column]) -> dict[str, Column]:
        """Other shares of a side (see `decompose.Sides`) without those of rows that lack an answer."""
        found: dict[str, Column] = dict(shares)
        for code in found.keys() & self.gaps[side].keys():
            pairs = zip(found[code], self.gaps[side][code].tolist(), strict=True)
            found[code] = [None if gap else share for share, gap in pairs]
        return found


def lacking(framework: Framework, exact: Exact, code: str) -> np.ndarray:
    """Whether a row has no answer, agency by agency: a leaf, the best of several without any, any other branch where
    one of its rows has none."""
    node = framework.nodes[code]
    if not node.children or node.aggregate == "best":
        return np.array([state == MISSING for state in exact.columns[code].states], dtype=bool)
    below = [lacking(framework, exact, child.code) for child in framework.siblings(node.children) if child.weight]
    return np.any(below, axis=0) if below else np.zeros(len(exact.agencies), dtype=bool)


def unanswered(
    cases: tuple[Case, Case],
    then: Rows,
    sides: tuple[Rows, Rows],
    scored: Sequence[Exact],
    parts: Mapping[str, Parts],
    joint: Joint,
    figures: Mapping[str, np.ndarray],
    matches: pd.DataFrame,
) -> Unanswered:
    """The matched rows that one of two years has no answer to.

    then            the earlier year's own rows
    sides           both years for the agencies of `parts`
    joint, figures  `backcast.joint_of`, `backcast.figures_of`
    """
    pairs = [(old, new) for new, old, kind in rows_of(matches, "code", "from_code", "kind") if kind in MATCHED]
    named = ([origins[0].origin for origins in parts.values()], parts)
    at = [{agency: i for i, agency in enumerate(year.agencies)} for year in scored]
    places = [np.array([at[side][agency] for agency in named[side]], dtype=int) for side in (0, 1)]
    lost = {old: lacking(cases[0].framework, scored[0], old) for old, _ in pairs}
    known = known_jointly(cases[0], then, joint, figures, lost)
    gaps: tuple[dict, dict] = ({}, {})
    stands: tuple[dict, dict] = ({}, {})
    for old, new in pairs:
        early, late = lost[old][places[0]], lacking(cases[1].framework, scored[1], new)[places[1]]
        was = known.get(old, {})
        early[joint.at] = False
        touched = np.flatnonzero(early | late).tolist()
        if not touched and not was:
            continue
        gap, own = np.zeros(len(early), dtype=bool), (list(sides[0].shares[old]), list(sides[1].shares[new]))
        for i in {*touched, *was}:
            x, y = own[0][i], own[1][i]
            if x is not None and y is not None:
                answers = was[i] if i in was else None if early[i] else x, None if late[i] else y
                gap[i] = (answers[0] is None) != (answers[1] is None)
                given = [answer for answer in answers if answer is not None]
                if given:
                    own[0][i], own[1][i] = given[0], given[-1]
        stands[0][old], stands[1][new] = own
        gaps[0][old] = gaps[1][new] = gap
    return Unanswered(gaps, stands)


def known_jointly(
    case: Case,
    rows: Rows,
    joint: Joint,
    figures: Mapping[str, np.ndarray],
    lost: Mapping[str, np.ndarray],
) -> dict[str, dict[int, Fraction | None]]:
    """What the origins with an answer to a row have together, where others of them have none: row -> place of the
    joined agency -> share, None where nobody answered."""
    found: dict[str, dict[int, Fraction | None]] = {}
    for code, gone in lost.items():
        here = np.where(joint.places < 0, False, gone[joint.places]) & joint.given[code].there
        some = np.flatnonzero(here.any(axis=1))
        if len(some):
            answered = without(joint, code, here, some)
            shares = joined_shares(answered, code, rows.shares[code], added_up(case, answered, figures)[code])
            for row in np.flatnonzero(~answered.given[code].there.any(axis=1)).tolist():
                shares[row] = None
            found[code] = dict(zip(answered.at, shares, strict=True))
    return found
