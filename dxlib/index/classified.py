"""Who is in which class, and why: by the cut, then by conditions, then by quotas from the highest class down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ..case import Case
from ..case.answered import on_top
from ..case.classes import Classes
from ..case.conditions import Condition, stated
from ..case.framework import Node
from ..errors import Finding
from .exact import INDEX, Exact, evaluate
from .rank import deciding_shares

Pair = tuple[Condition, str]  # a condition, and one of the rows that it names


@dataclass(frozen=True)
class Classified:
    """The classes of all agencies, in the order of agencies.csv; None without a score or classes.

    by_cut    by the cut alone
    reasons   what holds the class below that of its cut, or decided a tie at the edge of a quota: `condition-N`,
              `quota-N`, `tie-N`, `;`-separated (N counts from 1, of quotas the position of the class); "" for nothing
    """

    places: list[int | None]
    by_cut: list[int | None]
    reasons: list[str]


def pairs(conditions: Iterable[Condition]) -> list[Pair]:
    return [(condition, code) for condition in conditions for code in condition.rows]


def met(case: Case, exact: Exact, pair: Pair) -> list[bool]:
    """Whether each agency of the scores meets a condition by one row. What nobody has said meets none."""
    condition, code = pair
    if condition.shared:
        shares = deciding_shares(exact.columns[code], case.settings, code in case.framework.rooted)
        return [share is not None and condition.holds(share) for share in shares]
    node = case.framework.nodes[code]
    if condition.option:
        return [condition.chosen(answer(case, exact, node, a)[2]) for a in exact.agencies]
    values = [value(case, exact, node, agency) for agency in exact.agencies]
    return [x is not None and condition.holds(x) for x in values]


def answer(case: Case, exact: Exact, node: Node, agency: str) -> tuple[str, ...]:
    """The cells that count: those of the last verdict on top of the claim that it judged."""
    answers = case.answers
    if agency in answers.exempt.get(node.code, {}):
        return ("",) * 4
    claim, verdict = answers.counting(node.code, agency)
    if exact.on == "claimed":
        claim, verdict = answers.claims.get(node.code, {}).get(agency), None
    return on_top(claim, verdict)


def value(case: Case, exact: Exact, node: Node, agency: str) -> Fraction | None:
    """The figure of a row: a, a/b, or points. Points of a verdict that override the rule change no figure."""
    cells = answer(case, exact, node, agency)
    if not node.rule.reads:
        return stated(node, *cells[:2])
    x = case.answers.readers[node.code].value(cells)
    return x if isinstance(x, Fraction) else None


def limits(case: Case, exact: Exact, chosen: Iterable[Pair]) -> list[int]:
    """The highest class that some conditions leave to each agency of the scores."""
    found = [1] * len(exact.agencies)
    for pair in chosen:
        limit = case.settings.classes.limit(pair[0])
        found = [max(x, limit) if holds else x for x, holds in zip(found, met(case, exact, pair), strict=True)]
    return found


def standing_classes(case: Case, exact: Exact) -> list[Classes]:
    """The classes as they stand for each agency under the conditions that no weight and no points change; none at all
    where quotas or conditions on shares decide besides."""
    classes = case.settings.classes
    if not classes.limited:
        return [Classes()] * len(exact.agencies)
    if classes.by_cut:
        return [classes] * len(exact.agencies)
    return [classes.below(limit) for limit in limits(case, exact, pairs(classes.conditions))]


def row_orders(case: Case, exact: Exact) -> dict[int, np.ndarray]:
    """Position of a class -> order of all agencies by the row that decides the ties of its quota, the best 0."""
    found = {}
    for place, one in case.settings.classes.quotas:
        if one.quota_ties == "row":
            code = one.quota_row
            shares = deciding_shares(exact.columns[code], case.settings, code in case.framework.rooted)
            known = sorted({s for s in shares if s is not None}, reverse=True)
            order = {share: i for i, share in enumerate(known)}
            found[place] = np.array([len(known) if s is None else order[s] for s in shares])
    return found


def classified(
    case: Case,
    exact: Exact,
    shares: Sequence[Fraction | None],
    ranks: Sequence[int | None],
    of: Sequence[int | None],
    scopes: Sequence[str],
) -> Classified:
    """The classes of a case.

    shares     those that decide, see `rank.deciding_shares`
    ranks, of  of the index, see `rank.ranks_by_scope`
    """
    classes = case.settings.classes
    by_cut = [classes.of(share) for share in shares]
    if classes.by_cut:
        return Classified(by_cut, by_cut, [""] * len(by_cut))
    reasons: list[list[str]] = [[] for _ in by_cut]
    held = [place or 0 for place in by_cut]
    for n, condition in enumerate(classes.conditions, 1):
        limit = classes.limit(condition)
        meets = np.any([met(case, exact, pair) for pair in pairs([condition])], axis=0).tolist()
        for i, place in enumerate(by_cut):
            if place and meets[i] and limit > place:
                held[i] = max(held[i], limit)
                reasons[i].append(f"condition-{n}")
    before = np.array([held])
    after, tied = classes.filled(
        before,
        np.array([[rank or 1 for rank in ranks]]),
        lists_of(scopes, [n is not None for n in of]),
        row_orders(case, exact),
    )
    for i, (was, now, tie) in enumerate(zip(before[0].tolist(), after[0].tolist(), tied[0].tolist(), strict=True)):
        reasons[i] += [f"quota-{place}" for place in range(was, now)] + ([f"tie-{tie}"] if tie else [])
    places = [place or None for place in after[0].tolist()]
    return Classified(places, by_cut, [";".join(found) for found in reasons])


def lists_of(scopes: Sequence[str], listed: Sequence[bool]) -> list[list[int]]:
    """The agencies of each list, of those that stand in one."""
    found: dict[str, list[int]] = {}
    for i, scope in enumerate(scopes):
        if listed[i]:
            found.setdefault(scope, []).append(i)
    return list(found.values())


def check_quota_ties(case: Case) -> list[Finding]:
    """Ties at the edge of a quota that the declared rule decided, one warning for each list and class."""
    from .table import tabulate

    classes = case.settings.classes
    if not classes.quotas:
        return []
    table = tabulate(case, evaluate(case), [INDEX])
    found = []
    for place, one in classes.quotas:
        tied = table[[f"tie-{place}" in reasons.split(";") for reasons in table["class_reason"]]]
        for scope, rows in tied.groupby("scope", sort=False):
            kept = int((rows["class"] == place).sum())
            facts = {"agencies": ", ".join(rows["agency"]), "kept": kept, "n": len(rows), "place": place}
            facts |= {"scope": str(scope) or "–", "rule": one.quota_ties + (f" {one.quota_row}" * bool(one.quota_row))}
            found.append(
                Finding(
                    "W_QUOTA",
                    "quota_tie",
                    f"{case.year}/{case.group}",
                    column=f"class[{place}]",
                    value=next(iter(one.name.values())),
                    facts=facts,
                )
            )
    return found
