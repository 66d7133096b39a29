"""Two years of a group side by side: the steps of this room in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

import numpy as np
import pandas as pd

from ..case import Case
from ..case.read import Series
from ..index import INDEX, Exact, evaluate
from ..index.exact import finished, leaf_column
from ..index.rows import Rows, at_places, year_rows
from ..index.values import leaf
from .backcast import Backcast, Year, backcast, joined, parts_of, ranges, reweighted, sizes
from .decompose import OTHERWISE, Shares, Sides, by_rows, changes, group_change, judged, like_for_like
from .identity import UNCHANGED, relate
from .matching import additive, comparable, compared_rows, match, matched
from .orders import by_orders
from .unanswered import jointly, lacking, leaves_of, unanswered


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
        """The agencies whose change can be told part by part, see `decompose.like_for_like`; nobody where the index
        sets cannot be compared."""
        least = self.after.settings.comparison["min_matched"]
        return like_for_like(self.changes, least) if self.comparable else frozenset()

    @cached_property
    def judged(self) -> frozenset[str]:
        """Those whose performance is told, see `decompose.judged`: headline figures, counts and charts are theirs."""
        least = self.after.settings.comparison["min_matched"]
        return judged(self.changes, least) if self.comparable else frozenset()


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
    parts, rows = parts_of(related, measured), compared_rows(before, after)
    then = backcast(before, scored[0], year_rows(before.framework, scored[0], rows[0]), parts)
    now = Year(after, scored[1], chosen(year_rows(after.framework, scored[1], rows[1]), list(parts)))
    scores = [dict(zip(x.agencies, x.columns[INDEX].shares, strict=True)) for x in scored]
    ranked = [sum(x is not None for x in table.values()) for table in scores]
    alike = in_common((before, after), scored)
    lack = unanswered(then, now, alike, matches)
    verified = claimed_shares(then, now, alike, matches)
    others = {**lack.stands, "verification": (lack.without_gaps(0, verified[0]), lack.without_gaps(1, verified[1]))}
    common = common_shares((before, after), related, alike, matches, Sides(then.rows, now.rows, others, lack.gaps))
    others["membership"] = lack.without_gaps(0, common[0]), lack.without_gaps(1, common[1])
    sides = Sides(then.rows, now.rows, others, lack.gaps)
    split = by_rows(matches, sides) if additive(before, after) else by_orders((before, after), matches, sides)
    changed = changes(related, sides, ranges(then), split)
    judged_agencies = judged(changed, declared["min_matched"])
    several = related[related["origin"].isin(joined(related))]
    plain = reweighted(then, {agency: x for agency, x in parts_of(several, {}).items() if len(x) > 1}).rows
    return Comparison(
        before,
        after,
        related,
        matches,
        changed,
        group_change(related, changed, scores, judged_agencies),
        comparable(matches),
        comparable(matches) >= declared["min_matched"],
        (ranked[0], ranked[1]),
        declared["size"] if measured else "",
        dict(zip(plain.agencies, plain.scores, strict=True)),
        sides,
    )


def row_changes(step: Comparison, agency: str) -> pd.DataFrame:
    """What each matched row did to one agency's score.

    Returns code, from_code, before, after (shares on the same basis: without what verification and the group moved),
    performance (mean own weight times the change of share), all Fractions, for rows that apply and have an answer in
    both years, in the order of the index set; together they are the agency's performance. Empty for an agency without
    an earlier year, and where a score is no sum of rows.
    """
    sides = step.sides
    before, after = sides.before, sides.after
    rows = []
    if agency in after.agencies and additive(step.before, step.after):
        i = after.agencies.index(agency)
        weights = before.patterns[before.pattern[i]], after.patterns[after.pattern[i]]
        for code, old in matched(step.matches):
            x, y = sides.like_at(0, old, i), sides.like_at(1, code, i)
            if code in weights[1] and old in weights[0] and x is not None and y is not None:
                rows.append((code, old, x, y, (weights[0][old] + weights[1][code]) / 2 * (y - x)))
    columns = ["code", "from_code", "before", "after", "performance"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[2:], object))


def otherwise_given(step: Comparison) -> list[str]:
    """Matched rows that one year has from claims and the other not: no verification tells them apart."""
    sets = step.before.framework, step.after.framework

    def reported(side: int, code: str) -> list[bool]:
        return [sets[side].nodes[below].source == "reported" for below in leaves_of(sets[side], code)]

    return [code for code, old in matched(step.matches) if reported(0, old) != reported(1, code)]


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
        rows.patterns,
        rows.nominal,
        at_places(rows.pattern, places),
        at_places(rows.scores, places),
        at_places(rows.lists, places),
    )


def in_common(cases: tuple[Case, Case], scored: Sequence[Exact]) -> tuple[Exact, Exact]:
    """Both years' scores on the basis that they have in common: claimed, where one of them is only claimed."""
    claimed = "claimed" in (scored[0].on, scored[1].on)
    first, second = (
        evaluate(case, "claimed") if claimed and exact.on != "claimed" else exact
        for case, exact in zip(cases, scored, strict=True)
    )
    return first, second


def claimed_shares(
    then: Backcast, now: Year, alike: tuple[Exact, Exact], matches: pd.DataFrame
) -> tuple[Shares, Shares]:
    """For matched rows that one year has verified and the other only claimed: the claimed share of the verified one,
    in an estimate of the parts that have claimed it. One verified part makes an estimate verified.

    alike   `in_common` of both
    """
    years: tuple[Backcast | Year, Backcast | Year] = (then, now)
    states = dict(then.rows.states), now.rows.states
    for new, old in matched(matches):
        if "verified" in then.own.states[old] and "claimed" in states[1][new]:
            checked = np.array([*(state == "verified" for state in then.own.states[old]), False])[then.joint.places]
            some = set(at_places(then.joint.at, np.flatnonzero(checked.any(axis=1)).tolist()))
            states[0][old] = ["verified" if i in some else state for i, state in enumerate(states[0][old])]
    found: tuple[dict, dict] = ({}, {})
    for side, year in enumerate(years):
        # verdicts on rows without a claim count too
        all_rows = year.exact.on != "claimed" == years[1 - side].exact.on
        mixed = [
            (own, other)
            for own, other in (pair if side else pair[::-1] for pair in matched(matches))
            if all_rows or ("verified" in states[side][own] and "claimed" in states[1 - side][other])
        ]
        if not mixed:
            continue
        exact = alike[side] if alike[side].on == "claimed" else evaluate(year.case, "claimed")
        claimed = year_rows(year.case.framework, exact, list(year.rows.shares))
        if side:
            claimed = chosen(claimed, now.rows.agencies)
        else:
            estimate = backcast(then.case, exact, claimed, then.parts)
            claimed = estimate.rows
            for own, _ in mixed:
                for i, share in jointly(estimate, own, lacking(then.case.framework, exact, own)[0])[1].items():
                    claimed.shares[own][i] = share
        for own, other in mixed:
            cells = zip(
                claimed.shares[own], claimed.states[own], states[side][own], states[1 - side][other], strict=True
            )
            found[side][own] = [
                share if all_rows or (mine == "verified" and theirs == "claimed" and state != "missing") else None
                for share, state, mine, theirs in cells
            ]
    return found


def common_shares(
    cases: tuple[Case, Case], related: pd.DataFrame, alike: tuple[Exact, Exact], matches: pd.DataFrame, sides: Sides
) -> tuple[Shares, Shares]:
    """For rows that look at the group: the shares among the agencies that stand unchanged in both years and have an
    answer on the row in both. There is no such group for the others, merged and split ones among them: what moved them
    there is the group's.

    sides   without membership
    """
    stay = related[related["flag"] == UNCHANGED]
    stayed = stay["agency"].tolist()
    names = dict(zip(stay["origin"].tolist(), stayed, strict=True)), dict(zip(stayed, stayed, strict=True))
    everybody = all(len(x.agencies) == len(stay) for x in alike)
    listed = sides.after.agencies
    found: tuple[dict, dict] = ({}, {})
    for new, old in matched(matches):
        leaves = [(side, below) for side, code in ((0, old), (1, new)) for below in grouped(cases[side], code)]
        silent = {
            names[side].get(alike[side].agencies[i], "")
            for side, below in leaves
            for i in np.flatnonzero(lacking(cases[side].framework, alike[side], below)[0])
        }
        if not leaves or (everybody and not silent):
            continue
        here = set(stayed) - silent
        for side, code in ((0, old), (1, new)):
            agencies = cases[side].tables["agencies"]
            fewer = agencies[[names[side].get(a) in here for a in agencies["agency"]]]
            smaller = replace(cases[side], tables={**cases[side].tables, "agencies": fewer})
            column = shares_of(smaller, code, alike[side].on) if here else []
            shares = {names[side][a]: x for a, x in zip(fewer["agency"], column, strict=True)}
            found[side][code] = [shares.get(agency) for agency in listed]
        known = sides.without(OTHERWISE, 0, old)
        found[1][new] = [x if a in here else y for a, x, y in zip(listed, found[1][new], known, strict=True)]
    return found


def grouped(case: Case, code: str) -> list[str]:
    """The leaves of a row whose rules look at the whole group."""
    return [below for below in leaves_of(case.framework, code) if case.framework.nodes[below].rule.group]


def shares_of(case: Case, code: str, on: str) -> list[Fraction | None]:
    """The shares of one row alone; a branch needs all below it."""
    node = case.framework.nodes[code]
    if node.children:
        return evaluate(case, on).columns[code].shares
    values = leaf(case, node, case.answers, on, finished(case, on))
    return leaf_column(values, case.framework, code, case.settings).shares
