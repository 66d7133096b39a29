"""From what the analyst has changed to who stands where: at once in floats, exactly when asked. Knows no widget."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from ..case import Case
from ..case.framework import Framework
from ..index import INDEX, Exact, evaluate, provisional, tabulate
from ..index.exact import behind_gates, climb, coverage
from ..index.floats import TIE, Weights, float_ranks, leaf_shares, published_shares, scorer
from ..index.values import basis
from ..robust import rank_intervals
from ..robust.intervals import rank_quantiles

HUNDRED = 100


@dataclass(frozen=True)
class State:
    """What has been changed so far.

    percent   code of a main index -> its weight, in percent of the weight decided; at 0 it is left out
    drop      codes left out (main indexes, branches or rows)
    points    (agency, code) -> points instead of those verified, as decimal text
    """

    percent: Mapping[str, int] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    points: Mapping[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True)
class Standing:
    """Where everybody stands, (N,) each, in the order of agencies.csv; None where there is none.

    share       of the own maximum; points: the same in points, as many decimals as are printed
    rank, of    within the list; classes: 1-based position of the class
    low, high   the interval of the ranks under the drawn weights
    exact       whether score, rank and class come from the exact library (intervals are always simulated)
    """

    share: list[float | None]
    points: list[float | None]
    rank: list[int | None]
    of: list[int | None]
    classes: list[int | None]
    low: list[int | None]
    high: list[int | None]
    exact: bool


@dataclass(frozen=True)
class Ground:
    """What no slider changes while it is above 0: the case as edited, its tree and leaf shares.

    scores    weights -> (K, N) index shares
    own_maxima     (N,) own maxima, in points
    """

    framework: Framework
    exact: Exact
    scores: Callable[[Weights], np.ndarray]
    own_maxima: np.ndarray


class Model:
    """A case, its drawn weights and where everybody stood. It remembers nothing of what was tried but to be fast."""

    def __init__(self, case: Case, weights: pd.DataFrame, on: str | None = None):
        """weights: from `draw_weights`, for the case as decided. on: verified, current or claimed."""
        self.case, self.weights, self.on = case, weights, basis(case, on)
        tables = case.tables["agencies"]
        self.agencies: list[str] = tables["agency"].tolist()
        self.scopes: list[str] = tables["scope"].tolist()
        self.ranked = np.array([ranked != "no" for ranked in tables["ranked"]])
        self.edited = lru_cache(maxsize=2)(self._edited)
        self.ground = lru_cache(maxsize=8)(self._ground)
        self.draws = {str(code): weights[code].to_numpy(float) for code in weights}
        self.provisional = provisional(case, self.on)
        self.start = self.exactly(State())

    @property
    def editable(self) -> bool:
        """Whether there are verified points to edit."""
        return self.case.has("verdicts") and self.on != "claimed"

    def changes(self, state: State) -> tuple[dict[str, Fraction], list[str]]:
        """(weights, drop) as `Case.with_changes` and scenarios.toml take them: of all main indexes that count
        where one has moved; a row left out has none."""
        framework, percent = self.case.framework, state.percent
        gone = framework.handed_up([*state.drop, *(code for code, p in percent.items() if not p)])
        tops = [n for n in framework.siblings(framework.tops) if n.weight and n.code not in gone]
        moved = any(percent.get(n.code, HUNDRED) != HUNDRED for n in tops)
        return {n.code: n.weight * Fraction(percent.get(n.code, HUNDRED), HUNDRED) for n in tops if moved}, gone

    def changed(self, state: State) -> Case:
        """The case with everything changed, through the same door as a folder. Raises Refusal."""
        weights, gone = self.changes(state)
        points = tuple(state.points.items())
        case = self.edited(points)[0] if points else self.case
        return case.with_changes(weights, drop=gone)

    def exactly(self, state: State) -> Standing:
        """Exact scores, ranks and classes; the intervals from the drawn weights. Raises Refusal."""
        case = self.changed(state) if state != State() else self.case
        exact = evaluate(case, self.on)
        index = tabulate(case, exact, [INDEX])
        low, high = intervals(rank_intervals(case, pd.DataFrame(self.drawn(state), copy=False), self.on), self.agencies)
        return Standing(
            [None if share is None else float(share) for share in exact.columns[INDEX].shares],
            [None if pd.isna(x) else float(x) for x in index["points"]],
            plain(index["rank"]),
            plain(index["of"]),
            plain(index["class"]),
            low,
            high,
            True,
        )

    def live(self, state: State) -> Standing:
        """The same in floats, fast enough to follow a slider. Ties within 1e-9; rounding at every level is not
        repeated above the rows. Raises Refusal."""
        weights, gone = self.changes(state)
        ground = self.ground(tuple(state.points.items()), tuple(gone))
        nodes = ground.framework.nodes
        tables = self.drawn(state)
        first = {c: np.concatenate(([float(weights.get(c, nodes[c].weight))], w)) for c, w in tables.items()}
        scores = ground.scores(first)
        printed = published_shares(scores, ground.own_maxima, self.case.settings)[0]
        deciding = printed if self.case.settings.rank_on == "published" else scores
        shown, central = scores[0], deciding[0]
        listed = self.ranked & ~np.isnan(central)
        if self.case.settings.min_coverage:
            framework = reweighted(ground.framework, weights)
            enough = [share >= self.case.settings.min_coverage for share in coverage(framework, ground.exact)]
            listed &= np.array(enough)
        rank, of, low, high = self.places(deciding, listed)
        points = np.round(printed[0] * ground.own_maxima, self.case.settings.points_decimals).tolist()
        return Standing(
            [None if np.isnan(x) else float(x) for x in shown],
            [None if np.isnan(x) else x for x in points],
            rank,
            of,
            [None if np.isnan(x) else self.case.settings.classes.of_float(float(x), TIE) for x in central],
            low,
            high,
            False,
        )

    def places(self, scores: np.ndarray, listed: np.ndarray) -> list[list[int | None]]:
        """rank, of, low, high of the listed agencies, from (1 + K, N) scores, the first row being the weights tried."""
        out: list[list[int | None]] = [[None] * len(self.agencies) for _ in range(4)]
        for scope in dict.fromkeys(self.scopes):
            members = [i for i, s in enumerate(self.scopes) if s == scope and listed[i]]
            if len(members) < 2:  # a list of one has no rank
                for i in members:
                    out[1][i] = 1
                continue
            ranks = float_ranks(scores[:, members], dtype=np.int32)
            ranks[ranks == 0] = len(members)  # a draw that leaves an agency without a score: the last place
            size, draws = len(members), len(ranks) - 1
            counted = np.zeros((size, size + 1), np.int64)
            np.add.at(counted, (np.arange(size), ranks[1:]), 1)
            quantiles = rank_quantiles(counted, draws)
            for k, i in enumerate(members):
                found = (int(ranks[0, k]), size, int(quantiles[k, 1]), int(quantiles[k, 3]))
                for column, value in zip(out, found, strict=True):
                    column[i] = value
        return out

    def drawn(self, state: State) -> dict[str, np.ndarray]:
        """The drawn weights around the weights tried: a weight drawn as w (1 + u) follows its w."""
        weights, gone = self.changes(state)
        nodes = self.case.framework.nodes
        moved = {code: self.draws[code] * float(w / nodes[code].weight) for code, w in weights.items()}
        idle = {code: np.zeros(len(self.weights)) for code in gone if code in self.draws}
        return {**self.draws, **moved, **idle}

    def shares_of_weight(self, state: State) -> list[tuple[str, Fraction, Fraction]]:
        """(main index, share of the whole weight as decided, as tried), exact. Raises Refusal."""
        weights, gone = self.changes(state)
        before = {n.code: n.weight for n in self.case.framework.siblings(self.case.framework.tops)}
        after = {c: Fraction(0) if c in gone else weights.get(c, w) for c, w in before.items()}
        whole, now = sum(before.values()), sum(after.values())
        if not now:
            self.changed(State(state.percent, state.drop))  # says what is wrong with it
        return [(c, w / whole, after[c] / now) for c, w in before.items()]

    def cell(self, agency: str, code: str) -> tuple[Fraction | None, Fraction | None]:
        """(points, own maximum) of one row to begin with; a bonus or penalty row has no maximum."""
        exact, i = self.edited(())[1], self.agencies.index(agency)
        if code in exact.extra:
            return exact.extra[code].shares[i], None
        share, own_maximum = exact.columns[code].shares[i], exact.columns[code].own_maxima[i]
        return None if share is None else share * own_maximum, own_maximum

    def _edited(self, points: tuple[tuple[tuple[str, str], str], ...]) -> tuple[Case, Exact]:
        """The case with some points edited, and its exact scores."""
        case = self.case.with_changes(points=by_agency(dict(points))) if points else self.case
        return case, evaluate(case, self.on)

    def _ground(self, points: tuple[tuple[tuple[str, str], str], ...], gone: tuple[str, ...]) -> Ground:
        case, exact = self.edited(points)
        framework = reweighted(case.framework, dict.fromkeys(gone, Fraction(0)))
        if not any(node.weight for node in framework.siblings(framework.tops)):
            case.with_changes(drop=gone)  # says what is wrong with it
        if gone:
            exact = climb(behind_gates(exact, framework, case.settings), framework, case.settings)
        shares = leaf_shares(case, exact=exact)
        own_maxima = np.array([float(own_maximum) for own_maximum in exact.columns[INDEX].own_maxima])
        return Ground(framework, exact, scorer(framework, shares), own_maxima)


def reweighted(framework: Framework, weights: Mapping[str, Fraction]) -> Framework:
    """The same tree with other weights."""
    changed = {code: replace(framework.nodes[code], weight=w) for code, w in weights.items()}
    return replace(framework, nodes={**framework.nodes, **changed})


def by_agency(points: Mapping[tuple[str, str], str]) -> dict[str, dict[str, str]]:
    """agency -> code -> points, as `Case.with_changes` takes them."""
    out: dict[str, dict[str, str]] = {}
    for (agency, code), text in points.items():
        out.setdefault(agency, {})[code] = text
    return out


def plain(column: pd.Series) -> list[int | None]:
    return [None if pd.isna(x) else int(x) for x in column]


def intervals(table: pd.DataFrame, agencies: list[str]) -> tuple[list[int | None], list[int | None]]:
    """(low, high) of `rank_intervals`, in the order of `agencies`."""
    found: dict[Any, tuple[int, int]] = {
        a: (int(low), int(high)) for a, low, high in zip(table["agency"], table["low"], table["high"], strict=True)
    }
    return [found.get(a, (None, None))[0] for a in agencies], [found.get(a, (None, None))[1] for a in agencies]
