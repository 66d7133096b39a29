"""Two years of a group side by side: the steps of this room in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

import pandas as pd

from ..case import Case
from ..case.links import MATCHED
from ..case.read import Series
from ..case.tables import rows_of
from ..index import INDEX, Exact, evaluate
from ..index.rows import Rows, at_places, year_rows
from ..index.score import leaf_column
from ..index.values import leaf
from .backcast import (
    Parts,
    added_up,
    backcast,
    beyond,
    figures_of,
    joined,
    joint_of,
    parts_of,
    ranges,
    reweighted,
    sizes,
)
from .decompose import Gaps, Shares, Sides, by_rows, changes, group_change
from .identity import UNCHANGED, relate
from .matching import additive, comparable, compared_rows, match
from .orders import by_orders
from .unanswered import unanswered


@dataclass(frozen=True)
class Comparison:
    """Two years, or two states of one, compared.

    related, matches, changes, group   the tables of `relate`, `match`, `changes`, `group_change`
    share                              the part of either year's index that matched rows carry (the smaller)
    comparable                         whether that reaches the declared minimum
    scored                             agencies with a score in each year
    sized                              the row whose answers weigh the parts of a merger; "" where all weigh the same
    other_weights                      agency -> its estimate for the earlier year when all parts weigh the same
    sides                              both years' rows for the agencies of `changes`
    """

    before: Case
    after: Case
    related: pd.DataFrame
    matches: pd.DataFrame
    changes: pd.DataFrame
    group: pd.DataFrame
    share: Fraction
    comparable: bool
    scored: tuple[int, int]
    sized: str
    other_weights: Mapping[str, Fraction | None]
    sides: Sides = field(repr=False)

    @cached_property
    def like_for_like(self) -> frozenset[str]:
        """The agencies whose matched rows, with answers in both years, carry the declared minimum: their change can be
        told part by part. None where the index sets cannot be compared."""
        least = self.after.settings.comparison["min_matched"]
        carried = rows_of(self.changes, "agency", "matched_share")
        return frozenset(a for a, share in carried if self.comparable and share is not None and share >= least)


def compare_years(
    before: Case,
    after: Case,
    register: pd.DataFrame,
    lineage: pd.DataFrame,
    on: tuple[str | None, str | None] = (None, None),
    exact: tuple[Exact | None, Exact | None] = (None, None),
) -> Comparison:
    """Compare two years of a group (or two states of one year), see `Comparison`.

    on      which values count in each, as in `index.evaluate`
    exact   exact scores of each where they are known already

    What is declared stands in the later index.toml, `[comparison]`: `min_matched`, and `size`, a row of the earlier
    set.
    """
    declared = after.settings.comparison
    scored = [x or evaluate(case, basis) for x, case, basis in zip(exact, (before, after), on, strict=True)]
    related, matches = relate(before, after, register, lineage), match(before, after)
    measured = sizes(before, declared["size"], joined(related))
    parts = parts_of(related, measured)
    rows = compared_rows(before, after)
    then, now = year_rows(before.framework, scored[0], rows[0]), year_rows(after.framework, scored[1], rows[1])
    joint = joint_of(parts, then)
    figures = figures_of(before, then, joint, scored[0].on)
    added = added_up(before, joint, figures)
    more = beyond(before, then, joint, scored[0])
    old, new = backcast(before, then, parts, joint, added, more), chosen(now, list(parts))
    scores = [dict(zip(x.agencies, x.columns[INDEX].shares, strict=True)) for x in scored]
    lack = unanswered((before, after), then, (old, new), scored, parts, joint, figures, matches)
    alike = alike_shares((before, after), (old, new), (scored[0].on, scored[1].on), parts, matches)
    common = common_shares((before, after), rows, related, scored, lack.gaps)
    told = [(lack.told(0, shares[0]), lack.told(1, shares[1])) for shares in (alike, common)]
    sides = Sides(old, new, {**lack.stands, "verification": told[0], "membership": told[1]}, lack.gaps)
    split = by_rows(matches, sides) if additive(before, after) else by_orders((before, after), matches, sides)
    changed = changes(related, sides, ranges(before, then, parts, figures, more), split)
    several = related[related["origin"].isin(joined(related))]
    equal = {agency: origins for agency, origins in parts_of(several, {}).items() if len(origins) > 1}
    plain = backcast(before, then, equal, reweighted(joint, equal), added, more)
    return Comparison(
        before,
        after,
        related,
        matches,
        changed,
        group_change(related, changed, scores[0], scores[1]),
        comparable(matches),
        comparable(matches) >= declared["min_matched"],
        (with_score(scores[0]), with_score(scores[1])),
        declared["size"] if measured else "",
        dict(zip(plain.agencies, plain.scores, strict=True)),
        sides,
    )


def with_score(scores: Mapping[str, Fraction | None]) -> int:
    return sum(score is not None for score in scores.values())


def row_changes(step: Comparison, agency: str) -> pd.DataFrame:
    """What each matched row did to one agency's score.

    Returns code, from_code, before, after (shares on the same basis: without what verification and the group moved),
    performance (mean own weight times the change of share), all Fractions, for rows that apply and have an answer in
    both years, in the order of the index set; together they are the agency's performance. Empty for an agency without
    an earlier year, and where a score is no sum of rows.
    """
    sides = step.sides
    before, after, gaps = sides.before, sides.after, sides.gaps[1]
    rows = []
    if agency in after.agencies and additive(step.before, step.after):
        i = after.agencies.index(agency)
        weights = before.patterns[before.pattern[i]], after.patterns[after.pattern[i]]
        pairs = step.matches[step.matches["kind"].isin(MATCHED)]
        for code, old in rows_of(pairs, "code", "from_code"):
            x, y = sides.performed(0, old, i), sides.performed(1, code, i)
            gap = code in gaps and gaps[code][i]
            if code in weights[1] and old in weights[0] and x is not None and y is not None and not gap:
                rows.append((code, old, x, y, (weights[0][old] + weights[1][code]) / 2 * (y - x)))
    columns = ["code", "from_code", "before", "after", "performance"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[2:], object))


def compare_series(series: Series, exact: Sequence[Exact]) -> list[Comparison]:
    """Each year with the one before it, oldest first; empty for a single year.

    exact   the scores of every case, `index.evaluate`
    """
    return [
        compare_years(before, after, series.register, series.lineage, exact=scored)
        for (before, after), scored in zip(pairwise(series.cases), pairwise(exact), strict=True)
    ]


def chosen(rows: Rows, agencies: list[str]) -> Rows:
    """The same for some agencies, in their order."""
    at = {agency: i for i, agency in enumerate(rows.agencies)}
    places = [at[agency] for agency in agencies]
    return Rows(
        agencies,
        {code: at_places(column, places) for code, column in rows.shares.items()},
        {code: at_places(column, places) for code, column in rows.states.items()},
        rows.nominal,
        rows.patterns,
        at_places(rows.pattern, places),
        at_places(rows.scores, places),
    )


def alike_shares(
    cases: tuple[Case, Case],
    sides: tuple[Rows, Rows],
    on: tuple[str, str],
    parts: Mapping[str, Parts],
    matches: pd.DataFrame,
) -> tuple[Shares, Shares]:
    """For matched rows that one year has verified and the other only claimed: the claimed share of the verified one."""
    pairs = matches[matches["kind"].isin(MATCHED)]
    codes = (pairs["from_code"].tolist(), pairs["code"].tolist())
    found: tuple[dict, dict] = ({}, {})
    for side, case in enumerate(cases):
        all_rows = on[side] != "claimed" == on[1 - side]  # verdicts on measured or unanswered rows count too
        mixed = [
            (own, other)
            for own, other in zip(codes[side], codes[1 - side], strict=True)
            if all_rows or ("verified" in sides[side].states[own] and "claimed" in sides[1 - side].states[other])
        ]
        if not mixed:
            continue
        claimed = year_rows(case.framework, evaluate(case, "claimed"), list(sides[side].shares))
        if side:
            claimed = chosen(claimed, list(parts))
        else:
            joint = joint_of(parts, claimed)
            added = added_up(case, joint, figures_of(case, claimed, joint, "claimed"))
            claimed = backcast(case, claimed, parts, joint, added)
        for own, other in mixed:
            states = zip(sides[side].states[own], sides[1 - side].states[other], strict=True)
            found[side][own] = [
                share if all_rows or pair == ("verified", "claimed") else None
                for pair, share in zip(states, claimed.shares[own], strict=True)
            ]
    return found


def common_shares(
    cases: tuple[Case, Case],
    rows: tuple[list[str], list[str]],
    related: pd.DataFrame,
    scored: Sequence[Exact],
    gaps: Gaps,
) -> tuple[Shares, Shares]:
    """For rows that look at the group: the shares among the agencies that stand unchanged in both years, and on the row
    have an answer in both or in neither."""
    stay = related[related["flag"] == UNCHANGED]
    stayed = stay["agency"].tolist()
    names = dict(zip(stay["origin"].tolist(), stayed, strict=True)), dict(zip(stayed, stayed, strict=True))
    everybody = all(len(x.agencies) == len(stay) for x in scored)
    listed = list(dict.fromkeys(related.loc[related["origin"].ne("") & related["agency"].ne(""), "agency"].tolist()))
    found: tuple[dict, dict] = ({}, {})
    for side, case in enumerate(cases):
        agencies = case.tables["agencies"]
        for code in rows[side]:
            node = case.framework.nodes[code]
            if node.children or not node.rule.group or (everybody and code not in gaps[side]):
                continue
            silent = {a for a, gap in zip(listed, gaps[side].get(code, [False] * len(listed)), strict=True) if gap}
            there = [a in names[side] and names[side][a] not in silent for a in agencies["agency"]]
            fewer = agencies[there]
            smaller = replace(case, tables={**case.tables, "agencies": fewer})
            values = leaf(smaller, node, case.answers, scored[side].on)
            column = leaf_column(values, case.framework, code, case.settings).shares
            shares = {names[side][a]: x for a, x in zip(fewer["agency"], column, strict=True)}
            found[side][code] = [shares.get(agency) for agency in listed]
    return found
