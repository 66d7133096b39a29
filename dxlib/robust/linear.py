"""The index as a plain weighted mean: where it is one, questions about weights have exact answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, floor

import numpy as np
import pandas as pd

from ..case import Case
from ..case.classes import Edge
from ..case.framework import Framework
from ..case.settings import Settings
from ..errors import Refusal, out_of_range
from ..index import INDEX, Exact, tabulate
from ..index.aggregate import total
from ..rules import ONE, ZERO

LEVELS = ("pillar", "indicator")


@dataclass(frozen=True)
class Linear:
    """Scores = x @ weights for every agency that stands in a list (N of them, D rows that carry weight).

    agencies, codes  names of the rows and columns of x
    x, exact_x       (N, D) shares of the rows, bonus and penalty points (as shares) added to each
    weights          (D,) nominal weights, sum 1; exact_weights the same as fractions
    official         (N rows) agency, scope, rank, of, class as `dxlib.index.tabulate` gives them
    own_maxima       own maximum of every agency, in points
    clamped          whether there are bonus or penalty rows: scores are then cut off at 0 and 1
    """

    agencies: list[str]
    codes: list[str]
    x: np.ndarray
    exact_x: list[list[Fraction]]
    weights: np.ndarray
    exact_weights: list[Fraction]
    official: pd.DataFrame
    own_maxima: list[Fraction]
    clamped: bool

    @cached_property
    def scores(self) -> list[Fraction]:
        """Exact index shares under the nominal weights, (N,)."""
        return [dot(row, self.exact_weights) for row in self.exact_x]

    def lists(self) -> list[tuple[str, list[int]]]:
        """(scope, rows from the best score down) of every list, in the order of agencies.csv; equals by row."""
        scores = self.scores
        members: dict[str, list[int]] = {}
        for i, scope in enumerate(self.official["scope"]):
            members.setdefault(scope, []).append(i)
        return [(scope, sorted(rows, key=lambda i: -scores[i])) for scope, rows in members.items()]


def linear(case: Case, exact: Exact, level: str = "pillar", tree: Framework | None = None) -> Linear | None:
    """The index as a weighted mean of its top rows ("pillar") or of all scored leaves ("indicator").

    tree   of `Framework.trees`: that of the agencies of some lists, who alone are taken; by default there is one tree

    At level "pillar" whatever happens below the top rows is taken as computed, and so is a `sum` branch at any level.
    Rows of weight 0 are left out.
    None where the index is not such a mean for every agency of a list: another aggregation (for leaves: anywhere),
    a row without a share or handed on to the others, bonus or penalty points cut off at the ends of the scale,
    rounding at every level. Raises ValueError for an unknown level. Source: OECD/JRC Handbook (2008), ch. 6
    (linear aggregation).
    """
    if level not in LEVELS:
        raise ValueError(f"level is pillar or indicator, not {level!r}")
    whose, index = tree or case.framework, exact.columns[INDEX]
    framework = whose.outer
    extras = exact.beside(framework, INDEX)
    branches = [node.aggregate for node in framework.nodes.values() if node.children and node.scored]
    means = {framework.aggregate, *(branches if level == "indicator" else ())}
    if means != {"arithmetic"} or case.settings.rounding == "every-level":
        return None
    whole = framework.global_weights() if level == "indicator" else top_weights(framework)
    codes = [code for code, weight in whole.items() if weight]
    table = tabulate(case, exact, [INDEX])
    rows = np.flatnonzero(table["of"].notna()).tolist()
    rows = [i for i in rows if case.framework.own(exact.lists[i]) is whose]
    part = [framework.part_of(case.framework, code) for code in codes]
    official = table.loc[rows, ["agency", "scope", "rank", "of", "class"]].reset_index(drop=True)
    columns = [exact.columns[code] for code in codes]
    weights = [whole[code] for code in codes]
    exact_x = []
    for i in rows:
        shares = [column.shares[i] for column in columns]
        if any(column.present[i] != full for column, full in zip(columns, part, strict=True)):
            return None
        points = [p for p in (leaf.shares[i] for leaf in extras) if p is not None]
        extra = total(points) / index.own_maxima[i] if points and index.own_maxima[i] else ZERO
        known = [share + extra for share in shares if share is not None]
        if len(known) < len(codes) or dot(known, weights) != index.shares[i]:
            return None
        exact_x.append(known)
    x = np.array([[float(share) for share in row] for row in exact_x], float).reshape(len(rows), len(codes))
    return Linear(
        official["agency"].tolist(),
        codes,
        x,
        exact_x,
        np.array([float(w) for w in weights]),
        weights,
        official,
        [index.own_maxima[i] for i in rows],
        bool(extras),
    )


def by_list(case: Case, exact: Exact, level: str = "pillar") -> list[tuple[Linear, str, list[int]]]:
    """(the index, scope, rows from the best score down) of every list, in the order of agencies.csv; where rows belong
    to some lists alone, each list has its own index. Nothing where one of them is no weighted mean."""
    found = []
    for tree, _ in case.framework.trees(exact.lists):
        one = linear(case, exact, level, tree)
        if one is None:
            return []
        found += [(one, scope, members) for scope, members in one.lists()]
    place = {agency: i for i, agency in enumerate(exact.agencies)}
    return sorted(found, key=lambda each: place[each[0].agencies[min(each[2])]])


def of_places(case: Case, exact: Exact, level: str = "pillar") -> list[tuple[Linear, str, list[int]]]:
    """The same for questions about places: nothing where rounded points decide them, which no weighted mean says."""
    return [] if case.settings.rank_on == "published" else by_list(case, exact, level)


def top_weights(framework: Framework) -> dict[str, Fraction]:
    """Nominal weights of the scored top rows, sum 1."""
    nodes = framework.siblings(framework.tops)
    whole = total([node.weight for node in nodes])
    return {node.code: node.weight / whole for node in nodes} if whole else {}


def dot(a: Sequence[Fraction], b: Sequence[Fraction]) -> Fraction:
    return total([x * y for x, y in zip(a, b, strict=True)])


def box(weights: Sequence[Fraction], half_width: float | None) -> tuple[list[Fraction], list[Fraction]]:
    """Lowest and highest weights of the box w(1 - h) <= w' <= w(1 + h); of the whole simplex for None.

    half_width   0 <= h <= 1, or None

    Raises Refusal outside that range. The weights sum to 1, so the box always holds a weighting.
    """
    if half_width is None:
        return [ZERO] * len(weights), [ONE] * len(weights)
    if not 0 <= half_width <= 1:
        raise Refusal([out_of_range("half_width", half_width, 0, 1)])
    h = Fraction(str(half_width))
    return [w * (1 - h) for w in weights], [w * (1 + h) for w in weights]


def knapsack(coefficients: Sequence[Fraction], low: Sequence[Fraction], high: Sequence[Fraction]) -> Fraction:
    """min of c.w over low <= w <= high, sum 1, exactly: start at low, spend the rest on the smallest c first.

    Source: Dantzig (1957), Operations Research 5, the fractional knapsack.
    """
    left, value = 1 - total(low), dot(coefficients, low)
    for k in sorted(range(len(low)), key=lambda k: coefficients[k]):
        step = min(left, high[k] - low[k])
        left, value = left - step, value + coefficients[k] * step
    return value


def score_range(linear: Linear, i: int, low: Sequence[Fraction], high: Sequence[Fraction]) -> tuple[Fraction, Fraction]:
    """Lowest and highest index share of one agency over a box, exactly; cut off at 0 and 1 where scores are."""
    row = linear.exact_x[i]
    ends = knapsack(row, low, high), -knapsack([-x for x in row], low, high)
    return (min(max(ends[0], ZERO), ONE), min(max(ends[1], ZERO), ONE)) if linear.clamped else ends


def deciding_cut(edge: Edge, own_maximum: Fraction, settings: Settings) -> Fraction:
    """The exact share where a class begins for an agency: its cut, or where the published points reach it."""
    if settings.rank_on == "exact" or not own_maximum:
        return edge.cut
    units = edge.cut * own_maximum * 10**settings.points_decimals
    return (Fraction(ceil(units) if edge.includes_cut else floor(units) + 1) - Fraction(1, 2)) / (
        own_maximum * 10**settings.points_decimals
    )
