"""Ranks under many weightings: counted in one pass over blocks of draws, then read as rank intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations, pairwise
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd

from .. import confidence
from ..case import Case
from ..case.classes import Edge
from ..case.conditions import Condition
from ..case.framework import Framework
from ..case.settings import Settings
from ..index import INDEX, Exact, evaluate, tabulate
from ..index.classified import limits, pairs, row_orders
from ..index.floats import SLICE, TIE, Shares, float_ranks, leaf_shares, published_shares, row_scorer, some
from .weights import STREAM, Drawer, check_set, drawer_of, families, workers

BUFFER = 8_000_000  # ranks held at once by one thread: 16 MB
ALL_PAIRS = 150  # lists up to this length are compared pair by pair, longer ones neighbour by neighbour
FINE = 2.0**40  # weights are summed in whole units of 1/FINE, so that no order of summing changes the sum


@dataclass(frozen=True)
class Places:
    """What K draws did to one list of N agencies, in whole numbers; agencies in official order.

    places    (N, N + 1) draws in which agency i took rank r (column 0 is empty); ranks are competition ranks
    leading   (N, T) weight of each top row, summed over the draws in which the agency was first, in units of 1/FINE
    pairs     (M, 2) positions compared, the officially higher first
    above     (M,) draws in which the first of the pair was ahead; below: in which the second was
    """

    scope: str
    agencies: list[str]
    official: np.ndarray
    places: np.ndarray
    leading: np.ndarray
    pairs: np.ndarray
    above: np.ndarray
    below: np.ndarray


@dataclass(frozen=True)
class Tally:
    """Counts over K draws: list by list, and classes of every agency that has a score.

    tops      codes of the top rows, the columns of `leading`
    agencies  with a score, whether they are ranked or not; official: their class by the exact score
    classes   (agencies, C) draws in each class, the highest first; C is 0 where the case has no classes
    """

    draws: int
    tops: list[str]
    lists: list[Places]
    agencies: list[str]
    official: list[int | None]
    classes: np.ndarray


def rank_intervals(case: Case, weights: pd.DataFrame, on: str | None = None, threads: int = 1) -> pd.DataFrame:
    """Ranks under many weightings, within each ranking list.

    weights   (K, nodes) from `draw_weights`
    on        verified, current or claimed
    threads   changes the time, never the numbers

    Returns, for every ranked agency: agency, scope, rank (official), low, median, high (met at
    `confidence.orders` and half of the draws), lowest, highest (best and worst rank met), keeps (share of draws with
    the official rank), of. Ties within 1e-9 share a rank. Raises ValueError for a table that is no table of weights.
    Source: Saisana, Saltelli & Tarantola (2005), JRSS A 168.
    """
    return drawn_intervals(tally(case, weights, on, threads, full=False))


def drawn_intervals(counted: Tally) -> pd.DataFrame:
    """The table of `rank_intervals` from counts.

    Source: quantiles are those of the empirical distribution function, Hyndman & Fan (1996), definition 1.
    """
    columns = ["agency", "scope", "rank", "low", "median", "high", "lowest", "highest", "keeps", "of"]
    parts = []
    for one in counted.lists:
        n, quantiles = len(one.agencies), rank_quantiles(one.places, counted.draws)
        found = dict(zip(("lowest", "low", "median", "high", "highest"), quantiles.T, strict=True))
        found["keeps"] = one.places[np.arange(n), one.official] / counted.draws
        part = frame(one.scope, one.agencies, one.official, slice(None), **found)
        parts.append(part.assign(of=pd.array([n] * n, dtype="Int64")))
    return joined(parts, columns)


def frame(
    scope: str, agencies: list[str], official: np.ndarray, rows: np.ndarray | slice, **columns: np.ndarray
) -> pd.DataFrame:
    names = np.array(agencies, object)[rows]
    return pd.DataFrame({"agency": names, "scope": scope, "rank": pd.array(official[rows], dtype="Int64"), **columns})


def joined(parts: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def rank_quantiles(places: np.ndarray, draws: int) -> np.ndarray:
    """(N, 5) lowest rank, low, median, high, highest: the smallest rank that so many of the draws do not exceed."""
    low, high = confidence.orders(draws)
    reached = np.array([1, low, -(-draws // 2), high, draws])
    reached = reached.astype(places.dtype)  # no sum of a row is above the draws, which its type holds
    return np.array([np.cumsum(row, dtype=places.dtype).searchsorted(reached) for row in places]).reshape(-1, 5)


def tally(
    case: Case,
    weights: pd.DataFrame,
    on: str | None = None,
    threads: int = 1,
    full: bool = True,
    block: int = SLICE,
) -> Tally:
    """Count the places, first places, wins and classes of every agency over all draws.

    weights   (K, nodes) from `draw_weights`
    on        verified, current or claimed
    full      False: places only
    block     scores held at once by a thread; like `threads` it changes the time and memory, never the numbers

    Scores as `index_scores` makes them, so rows that do not apply are handled in every draw by the policy of the
    case; ties within 1e-9 share a rank, a score within 1e-9 of a cut has reached it. Where the case ranks on
    published points, every draw rounds its index; rounding at every level is not repeated. An agency that a draw
    leaves without a score shares the last place of that draw, and is in the last class. Conditions and quotas of the
    classes hold in every draw: shares of branches are those of the draw. Raises ValueError.
    Source: Lahdelma & Salminen (2001), Operations Research 49 (SMAA-2); Tervonen & Lahdelma (2007), EJOR 178.
    """
    counter = counter_of(case, on, full)
    codes, drawn = checked(case.framework, weights, threads)
    return counter.as_tally(*counter.count(codes, drawn, threads, block), len(weights))


def tally_draws(
    case: Case,
    half_width: float,
    draws: int,
    rng: np.random.Generator,
    on: str | None = None,
    mapper: Callable[..., Iterable] = map,
    within: str = "renormalised",
    level: str = "all",
    concentration: float | None = None,
) -> Tally:
    """`tally` of `draw_weights`, stream of draws by stream, so that they are never held together.

    mapper   `map`, or the map of any executor: every stream has a generator of its own and counts are whole numbers,
             so that streams may be counted anywhere, in any number of places, without changing a count
    the rest as in `draw_weights` and `tally`

    Raises Refusal, ValueError. Sources: see there.
    """
    check_set(half_width, draws, within, level, concentration)
    counter = counter_of(case, on, full=True)
    one = partial(count_stream, counter, drawer_of(case.framework, half_width, within, level, concentration))
    firsts = range(0, draws, STREAM)
    sizes = [min(STREAM, draws - first) for first in firsts]
    if len(sizes) == 1:
        mapper = map  # the way is longer than the work
    places, sums = None, None
    for found, parts in mapper(one, rng.spawn(len(sizes)), sizes):
        places = found if places is None else [whole + part for whole, part in zip(places, found, strict=True)]
        sums = parts if sums is None else [whole + part for whole, part in zip(sums, parts, strict=True)]
    assert places is not None and sums is not None
    small = smallest(draws)
    return counter.as_tally([whole.toarray().astype(small) for whole in places], sums, draws)


def count_stream(
    counter: Counter, drawer: Drawer, stream: np.random.Generator, draws: int
) -> tuple[list[Any], list[np.ndarray]]:
    """One stream drawn and counted; most places of a long list are never met, so sparse ones travel."""
    from scipy.sparse import csr_array

    weights = np.empty((len(drawer.codes), draws))
    drawer.draw(stream, weights)
    places, sums = counter.count(drawer.codes, weights)
    return [csr_array(counts.astype(np.int64)) for counts in places], sums


@dataclass(frozen=True)
class Counter:
    """All that counting needs of a case besides the weights; small enough to be sent to another machine.

    lists      scope, agencies in official order, their ranks
    shares     of the agencies list by list, those of no list last
    own_maxima      (agencies,) own maxima
    official   their classes by the exact score
    standing   what besides the cut decides classes; None where nothing does
    """

    settings: Settings
    framework: Framework
    full: bool
    lists: list[tuple[str, list[str], np.ndarray]]
    shares: Shares
    own_maxima: np.ndarray
    official: list[int | None]
    standing: Standing | None = None

    @property
    def tops(self) -> list[str]:
        return [node.code for node in self.framework.siblings(self.framework.tops)]

    def count(
        self, codes: list[str], weights: np.ndarray, threads: int = 1, block: int = SLICE
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """The counts over some draws, see `count`. weights (nodes, K), rows named by `codes`."""
        by_publication = self.settings.rank_on == "published"
        published = partial(published_shares, own_maxima=self.own_maxima, settings=self.settings)
        return count(
            self.framework,
            self.shares,
            [len(agencies) for _, agencies, _ in self.lists],
            codes,
            weights,
            threads=threads,
            block=block,
            tops=self.tops if self.full else [],
            pairs=self.full,
            cuts=self.settings.classes.edges if self.full else (),
            as_published=published if by_publication else None,
            classes_of=self.standing.classifier(self, codes) if self.standing else None,
            bands=len(self.settings.classes),
        )

    def as_tally(self, places: list[np.ndarray], sums: list[np.ndarray], draws: int) -> Tally:
        """What was counted over all draws, list by list."""
        reached, leading, wins = sums
        edges = np.cumsum([0, *(len(agencies) for _, agencies, _ in self.lists)]).tolist()
        compared = [compared_in(len(agencies), self.full) for _, agencies, _ in self.lists]
        ahead = np.split(wins, np.cumsum([len(these) for these in compared])[:-1]) if compared else []
        kept = [
            Places(*one, counts, leading[a:b], these, won[:, 0], won[:, 1])
            for one, counts, (a, b), these, won in zip(
                self.lists, places, pairwise(edges), compared, ahead, strict=True
            )
        ]
        if self.standing:
            return Tally(draws, self.tops, kept, self.shares.agencies, self.official, reached)
        held = np.diff(reached, axis=1, prepend=0, append=draws)
        positions = self.settings.classes.places if self.full else ()
        classes = np.zeros((len(held), max(positions, default=0)), held.dtype)
        for k, place in enumerate(positions):
            classes[:, place - 1] += held[:, k]
        return Tally(draws, self.tops, kept, self.shares.agencies, self.official, classes)


def counter_of(case: Case, on: str | None, full: bool) -> Counter:
    """full   False: places only"""
    exact = evaluate(case, on)
    shares = leaf_shares(case, exact=exact)
    table = tabulate(case, exact, [INDEX])
    own_maxima = np.array([float(own_maximum) for own_maximum in exact.columns[INDEX].own_maxima])
    place = {agency: i for i, agency in enumerate(shares.agencies)}
    listed = table.dropna(subset=["rank"]).sort_values(["scope", "rank", "agency"], kind="stable")
    lists = [
        (str(group["scope"].iloc[0]), group["agency"].tolist(), group["rank"].to_numpy(int))
        for _, group in listed.groupby("scope")
    ]
    inside = [place[agency] for _, agencies, _ in lists for agency in agencies]
    others = sorted(set(np.flatnonzero(shares.scored).tolist()) - set(inside)) if full else []
    chosen = np.array([*inside, *others], int)
    official = dict(zip(table["agency"], table["class"], strict=True))
    classes = [official[shares.agencies[i]] for i in chosen]
    found = [None if pd.isna(of) else int(of) for of in classes]
    policies = replace(case.settings, title={}, calendar={}, sensitivity={}, comparison={})  # these cannot travel
    held = None if case.settings.classes.by_cut or not full else standing_of(case, exact, chosen)
    return Counter(policies, case.framework, full, lists, some(shares, chosen), own_maxima[chosen], found, held)


ClassesOf = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]  # scores, ranks (K, N), weights -> (K, N)


@dataclass(frozen=True)
class Standing:
    """What besides the cut decides the classes of N agencies in every draw.

    limits   (N,) the highest class that is left by conditions which no weight changes
    moving   conditions on the share of a branch, which weights may change, with its code
    rows     see `Classes.filled`
    """

    limits: np.ndarray
    moving: list[tuple[Condition, str]]
    rows: dict[int, np.ndarray]

    def classifier(self, counter: Counter, codes: list[str]) -> ClassesOf:
        """codes   the rows of the tables of weights"""
        settings, shares, tree = counter.settings, replace(counter.shares, clamped=False), counter.framework
        classes, edges = settings.classes, np.cumsum([0, *(len(agencies) for _, agencies, _ in counter.lists)])
        lists = [range(a, b) for a, b in pairwise(edges.tolist())]
        places = np.array(classes.places)
        below = [
            (condition, shares.own_maxima[code], row_scorer(within(tree, code), shares, codes))
            for condition, code in self.moving
        ]

        def classes_of(scores: np.ndarray, ranks: np.ndarray, weights: np.ndarray) -> np.ndarray:
            missed = [~edge.reached(scores, TIE) for edge in classes.edges]
            held = np.maximum(places[np.sum(missed, axis=0, dtype=int)], self.limits)
            for condition, own_maxima, scores_of in below:
                found = scores_of(weights)
                if settings.rank_on == "published":
                    found = published_shares(found, own_maxima, settings)[0]
                limit = classes.limit(condition)
                held = np.where(condition.reached(found, TIE), np.maximum(held, limit), held)
            return classes.filled(held, ranks, lists, self.rows)[0]

        return classes_of


def within(framework: Framework, code: str) -> Framework:
    """The tree of one branch alone."""
    node = framework.nodes[code]
    return replace(framework, tops=node.children, aggregate=node.aggregate)


def standing_of(case: Case, exact: Exact, chosen: np.ndarray) -> Standing:
    every = pairs(case.settings.classes.conditions)
    moving = [(c, code) for c, code in every if c.shared and case.framework.nodes[code].children]
    still = [pair for pair in every if pair not in moving]
    rows = {place: order[chosen] for place, order in row_orders(case, exact).items()}
    return Standing(np.array(limits(case, exact, still))[chosen], moving, rows)


def checked(framework: Framework, weights: pd.DataFrame, threads: int = 1) -> tuple[list[str], np.ndarray]:
    """Codes (n) and weights (n, K) of a table of draws. Raises ValueError where it cannot weigh the tree."""
    groups = families(framework)
    codes = [code for siblings in groups for code in siblings]
    absent = [code for code in codes if code not in weights.columns]
    if absent or not len(weights):
        raise ValueError(f"the table of weights lacks {', '.join(absent) or 'draws'}")
    table = (weights if list(weights.columns) == codes else weights[codes]).to_numpy(float).T

    def unfit(first: int) -> list[str]:
        """The first siblings that some of the draws cannot weigh; none is well."""
        part = table[:, first : first + STREAM]
        low, high = part.min(axis=1), part.max(axis=1)
        start = 0
        for siblings in groups:
            rows = slice(start, start + len(siblings))
            start = rows.stop
            right = (low[rows] >= 0).all() and high[rows].sum() < np.inf  # no nan, no infinite sum
            weighs = not any(framework.nodes[code].weight for code in siblings) or (low[rows] > 0).any()
            if not (right and (weighs or part[rows].any(axis=0).all())):
                return siblings
        return []

    with workers(threads) as run:
        for siblings in run(unfit, range(0, len(weights), STREAM)):
            if siblings:
                said = "finite, not negative, and some above 0 in every draw"
                raise ValueError(f"weights of {', '.join(siblings)}: {said}")
    return codes, table


def count(
    framework: Framework,
    shares: Shares,
    sizes: list[int],
    codes: list[str],
    weights: np.ndarray,
    threads: int = 1,
    block: int = SLICE,
    tops: list[str] | None = None,
    pairs: bool = False,
    cuts: tuple[Edge, ...] = (),
    as_published: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]] | None = None,
    classes_of: ClassesOf | None = None,
    bands: int = 0,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The pass itself: scores and ranks of a block of draws at a time, counted and forgotten.

    shares    agencies list by list, those of no list last
    sizes     how many agencies each list has
    weights   (nodes, K), rows named by `codes`
    bands     how many classes `classes_of` tells apart

    Returns the places of each list (see `Places`); then, list by list in one, (agencies, cuts) draws that reach each
    cut (with `classes_of`: (agencies, classes) draws in each class), (ranked, tops) leading, and (pairs, 2) above and
    below. A thread ranks some draws block by block, then counts every agency's row. Whole numbers only, so neither
    blocks nor threads change a count.
    """
    draws, leaders = weights.shape[1], [codes.index(code) for code in tops or []]
    scores_of = row_scorer(framework, shares, codes)
    n, ranked = len(shares.agencies), sum(sizes)
    edges = [0, *np.cumsum(sizes).tolist()]
    small = smallest(draws)
    one = small(1)
    kind = np.int16 if max(sizes, default=0) < 2**15 else np.int32
    places = [np.zeros((size, size + 1), small) for size in sizes]
    compared = [compared_in(size, pairs) for size in sizes]
    held = max(1, min(BUFFER // max(1, ranked), -(-draws // (8 * max(1, threads)))))
    step = -(-held // -(-held // max(1, block // max(1, n))))  # blocks of one size
    writing = Lock()
    columns = bands if classes_of else len(cuts)

    def scored(first: int, stop: int) -> np.ndarray:
        scores = scores_of(weights[:, first:stop])
        return scores if as_published is None else as_published(scores)[0]

    def chunk(first: int) -> list[np.ndarray]:
        """Some draws, from weights to counts; returns what is small enough to be added up by who asked."""
        size = min(held, draws - first)
        ranks = np.empty((ranked, size), kind)
        reached = np.zeros((n, columns), np.int64)
        for start in range(0, size, step):
            scores = scored(first + start, first + min(start + step, size))
            for a, b in pairwise(edges):
                ranks[a:b, start : start + step] = last_without_score(float_ranks(scores[:, a:b], dtype=kind)).T
            if classes_of is not None:
                drawn = weights[:, first + start : first + min(start + step, size)]
                found = classes_of(scores, ranks[:, start : start + step].T, drawn)
                reached += np.array([(found == place).sum(axis=0) for place in range(1, columns + 1)]).T
                continue
            for k, edge in enumerate(cuts):
                reached[:, k] += edge.reached(scores, TIE).sum(axis=0)
        top = weights[leaders, first : first + size]
        fine = np.rint(top / top.sum(axis=0) * FINE).astype(np.int64)
        lead = [fine[:, row == 1].sum(axis=1) for row in ranks] if leaders else []
        wins = [
            (np.count_nonzero(ranks[a + i] < ranks[a + j]), np.count_nonzero(ranks[a + i] > ranks[a + j]))
            for a, these in zip(edges, compared, strict=False)
            for i, j in these.tolist()
        ]
        few = max(1, SLICE // size)
        for counts, (a, b) in zip(places, pairwise(edges), strict=True):
            for i in range(a, b, few):
                part = ranks[i : min(i + few, b)]
                if size < b - a:  # hardly a rank comes twice in a row
                    at = np.arange(i - a, i - a + len(part))[:, None] * counts.shape[1] + part
                    with writing:
                        np.add.at(counts.reshape(-1), at.ravel(), one)
                    continue
                row, rank, times = runs(part)
                with writing:
                    counts[i - a + row, rank] += times.astype(small)
        return [
            reached,
            np.array(lead, np.int64).reshape(ranked, len(leaders)),
            np.array(wins, np.int64).reshape(-1, 2),
        ]

    sums = [np.zeros(shape, np.int64) for shape in ((n, columns), (ranked, len(leaders)), (sum(map(len, compared)), 2))]
    with workers(threads) as run:
        for found in run(chunk, range(0, draws, held) if n else ()):
            for whole, part in zip(sums, found, strict=True):
                whole += part
    return places, sums


def smallest(draws: int) -> type[np.unsignedinteger]:
    """A type that holds so many draws."""
    return np.uint16 if draws < 2**16 else np.uint32 if draws < 2**32 else np.uint64


def runs(ranks: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which ranks occur in each row of (N, K), and how often: (M,) row, rank, times. Sorts the rows in place.

    Sorting small whole numbers is several times faster than counting them one by one, and lets other threads run.
    """
    ranks.sort(axis=1)
    last = np.ones(ranks.shape, bool)
    np.not_equal(ranks[:, 1:], ranks[:, :-1], out=last[:, :-1])
    ends = np.flatnonzero(last)
    return ends // ranks.shape[1], ranks.reshape(-1)[ends], np.diff(ends, prepend=-1)


def last_without_score(ranks: np.ndarray) -> np.ndarray:
    """(K, N) ranks in which 0 (no score) becomes the place after the last."""
    if ranks.all():
        return ranks
    return np.where(ranks == 0, (ranks > 0).sum(axis=1, keepdims=True) + 1, ranks)


def compared_in(size: int, pairs: bool = True) -> np.ndarray:
    """(M, 2) positions to compare: all pairs of a short list, neighbours of a long one; without `pairs` none."""
    if not pairs:
        return np.zeros((0, 2), int)
    found = list(combinations(range(size), 2)) if size <= ALL_PAIRS else list(pairwise(range(size)))
    return np.array(found, int).reshape(-1, 2)
