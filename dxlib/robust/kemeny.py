"""Kemeny's order: the one that disagrees least with all pairwise comparisons, with a proof of how good it is.

Small parts are solved over all subsets, larger ones by integer programming; beyond that an order with a bound.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..index.floats import TIE
from .votes import borda, check_support, copeland, majority

NAN = float("nan")
SMALL = 14  # agencies up to which a Kemeny component is solved by dynamic programming over all subsets
MIDDLE = 40  # agencies up to which it is solved by integer programming, with a look for other best orders
LARGE = 120  # agencies up to which the relaxation is solved, which is often whole, else a bound; above: a loose bound
NODES = 50  # branches an integer programme may open (a count, not a time: the same on every machine)
TRIES = 120  # programmes spent on finding the first of several best orders
CUTS = 3_000  # cycles forbidden in one round
SOLVED = 1e-7  # what the solver calls equal


class Kemeny(NamedTuple):
    """order (positions in the input, best first), its score, a proved upper bound, whether the score is proved best.

    unique   True or False where it is known whether this is the only best order, else None
    """

    order: list[int]
    score: float
    bound: float
    exact: bool
    unique: bool | None


def kemeny(support: np.ndarray) -> Kemeny:
    """The order with the largest sum of support of those above against those below.

    support   (N, N) support of i against j, in the official order (it decides among several best orders:
              the smallest position that can stand first, then second, ...)

    The list is first cut where everybody above wins every duel against everybody below; each part is solved exactly
    up to 40 agencies, and up to 120 where the linear programme happens to give an order. Any other part gets an order
    that no single move improves, a bound, and exact False. Where `unique` is None, an exact order is a best one, but
    not always the first by official order.

    Source: Kemeny (1959); Young & Levenglick (1978); the cut is the extended Condorcet criterion of Truchon (1998);
    the programme with triangle inequalities is that of Groetschel, Juenger & Reinelt (1984), Operations Research 32.
    """
    support = check_support(support)
    order: list[int] = []
    bound = 0.0
    exact = True
    unique: list[bool | None] = []
    for members in duel_parts(majority(support)):
        part = solve_part(support[np.ix_(members, members)])
        order += [int(members[i]) for i in part.order]
        bound += part.bound - part.score
        exact &= part.exact
        unique.append(part.unique)
    score = order_score(support, order)
    known = None if None in unique else True
    return Kemeny(order, score, score + bound, exact, False if False in unique else known)


def duel_parts(beats: np.ndarray) -> list[np.ndarray]:
    """The strongly connected parts of the duels (a tie joins both ways), best first, each in input order.

    A top set of k beats all others exactly when its members' points (win 1, tie 1/2) sum to
    k(k-1)/2 + k(N-k). Source: Landau (1953), Bulletin of Mathematical Biophysics 15.
    """
    n = len(beats)
    points = (beats.sum(axis=1) + n - 1) / 2
    order = np.argsort(-points, kind="stable")
    k = np.arange(1, n + 1)
    ends = np.flatnonzero(np.cumsum(points[order]) == k * (k - 1) / 2 + k * (n - k)) + 1
    return [np.sort(part) for part in np.split(order, ends) if len(part)]


def solve_part(support: np.ndarray) -> Kemeny:
    n = len(support)
    if n <= SMALL:
        return by_subsets(support)
    return by_programme(support) if n <= LARGE else by_moves(support)


def order_score(support: np.ndarray, order: Sequence[int] | np.ndarray) -> float:
    inner = support[np.ix_(np.asarray(order, int), np.asarray(order, int))]
    return float(inner[np.triu_indices(len(order), 1)].sum())


def by_subsets(support: np.ndarray) -> Kemeny:
    """Exact: the best score of every subset from those with one member less. 2^n n numbers.

    Source: Held & Karp (1962), SIAM Journal 10, applied to linear orders.
    """
    n = len(support)
    tie = TIE * max(1.0, np.abs(support).max(initial=0.0)) * max(1, n)
    masks = np.arange(1 << n)
    against = np.zeros((n, 1 << n))  # support of i against all of a subset
    for j in range(n):
        with_j = slice(1 << j, 1 << (j + 1))
        against[:, with_j] = against[:, : 1 << j] + support[:, j, None]
    size = np.array([int(m).bit_count() for m in masks])
    best = np.zeros(1 << n)
    ways = np.ones(1 << n)
    for k in range(1, n + 1):
        layer = masks[size == k]
        values = np.full((n, len(layer)), -np.inf)
        for i in range(n):
            has = (layer >> i) & 1 == 1
            rest = layer[has] ^ (1 << i)
            values[i, has] = best[rest] + against[i, rest]
        best[layer] = values.max(axis=0)
        good = values >= best[layer] - tie
        ways[layer] = np.where(good, ways[np.where(good, layer ^ (1 << np.arange(n))[:, None], 0)], 0).sum(axis=0)
    order, left = [], (1 << n) - 1
    while left:
        for i in range(n):
            if left >> i & 1:
                rest = left ^ (1 << i)
                if best[rest] + against[i, rest] >= best[left] - tie:
                    order.append(i)
                    left = rest
                    break
    score = order_score(support, order)
    return Kemeny(order, score, score, True, bool(ways[-1] == 1))


def by_moves(support: np.ndarray) -> Kemeny:
    """An order that moving any one agency does not improve, from the best of three starts; the bound lets every
    duel go to its winner. Source: insertion search of Schiavinotto & Stuetzle (2004), JMMA 3."""
    n = len(support)
    starts = [np.arange(n), np.argsort(-copeland(support), kind="stable"), np.argsort(-borda(support), kind="stable")]
    order = max(starts, key=lambda start: order_score(support, start))
    gap = support - support.T
    moved = True
    while moved:
        moved = False
        for i in range(n):
            place = int(np.flatnonzero(order == i)[0])
            others = np.delete(order, place)
            gain = np.r_[0.0, -np.cumsum(gap[i, others])]  # of standing behind the first q others
            target = int(gain.argmax())
            if gain[target] > gain[place] + SOLVED:
                order, moved = np.insert(others, target, i), True
    score = order_score(support, order)
    loose = float(np.maximum(support, support.T)[np.triu_indices(n, 1)].sum())
    return Kemeny(order.tolist(), score, loose, loose <= score + SOLVED, None)


class Programme:
    """Linear orders as 0/1 numbers x_ij (i < j; 1: i above j), cycles forbidden when they turn up."""

    def __init__(self, n: int):
        self.n = n
        self.i, self.j = np.triu_indices(n, 1)
        self.at = np.zeros((n, n), int)
        self.at[self.i, self.j] = np.arange(len(self.i))
        self.cuts: list[np.ndarray] = []  # rows of (ij, jk, ik): 0 <= x_ij + x_jk - x_ik <= 1

    def table(self) -> Any:
        from scipy.sparse import csr_array

        columns = np.concatenate(self.cuts)
        rows = np.repeat(np.arange(len(columns)), 3)
        values = np.tile([1.0, 1.0, -1.0], len(columns))
        return csr_array((values, (rows, columns.ravel())), shape=(len(columns), len(self.i)))

    def maximise(
        self,
        gain: np.ndarray,
        fixed: np.ndarray,
        whole: bool = False,
        at_least: tuple[np.ndarray, float] | None = None,
    ) -> tuple[np.ndarray, float, bool] | None:
        """(x, proved bound on gain x, finished) over orders (whole) or their relaxation; None if there is none.

        fixed      1 or 0 where x_ij is settled, nan where it is free
        at_least   (row, low): only those with row x >= low
        """
        from scipy.optimize import Bounds, LinearConstraint, milp

        limits = Bounds(np.nan_to_num(fixed, nan=0.0), np.nan_to_num(fixed, nan=1.0))
        while True:
            constraints = []
            if self.cuts:
                constraints.append(LinearConstraint(self.table(), 0, 1))
            if at_least is not None:
                constraints.append(LinearConstraint(at_least[0][None, :], at_least[1], np.inf))
            found = milp(
                -gain,
                integrality=np.full(len(gain), int(whole)),
                bounds=limits,
                constraints=constraints,
                options={"node_limit": NODES, "mip_rel_gap": 0.0},
            )
            if found.status == 2:
                return None
            finished = found.status == 0
            if found.x is None:  # stopped before it had any
                bound = np.inf if found.mip_dual_bound is None else -found.mip_dual_bound
                return np.full(len(gain), NAN), float(bound), False
            bound = -found.fun if finished or found.mip_dual_bound is None else -found.mip_dual_bound
            violated = self.cycles(found.x)
            if not finished or not len(violated):
                return found.x, float(bound), finished
            self.cuts.append(violated)

    def prices(self, gain: np.ndarray) -> tuple[np.ndarray, float]:
        """(what gain x loses at least where i stands above j, (n, n); its bound), from the relaxation's dual values."""
        from scipy.optimize import linprog
        from scipy.sparse import vstack

        table, limit = None, None
        if self.cuts:
            cuts = self.table()
            table, limit = vstack([cuts, -cuts]), np.repeat([1.0, 0.0], cuts.shape[0])
        found = linprog(-gain, A_ub=table, b_ub=limit, bounds=(0, 1), method="highs")
        loss = np.zeros((self.n, self.n))
        loss[self.i, self.j] = np.maximum(found.lower.marginals, 0)
        loss[self.j, self.i] = np.maximum(-found.upper.marginals, 0)
        return loss, float(-found.fun)

    def cycles(self, x: np.ndarray) -> np.ndarray:
        """The most violated triangles, (m, 3) columns ij, jk, ik."""
        n = self.n
        full = np.zeros((n, n))
        full[self.i, self.j] = x
        turn = full[:, :, None] + full[None, :, :] - full[:, None, :]  # i, j, k
        off = np.maximum(turn - 1, -turn)
        inner = np.triu(np.ones((n, n), bool), 1)
        off[~(inner[:, :, None] & inner[None, :, :])] = 0
        i, j, k = np.nonzero(off > 1e-6)
        chosen = np.argsort(-off[i, j, k], kind="stable")[:CUTS]
        i, j, k = i[chosen], j[chosen], k[chosen]
        return np.column_stack([self.at[i, j], self.at[j, k], self.at[i, k]])

    def order_of(self, x: np.ndarray) -> list[int] | None:
        """The order x stands for; None where x is not one."""
        if not np.abs(x - np.round(x)).max() <= 1e-6:
            return None
        full = np.zeros((self.n, self.n))
        full[self.i, self.j] = np.round(x)
        full[self.j, self.i] = 1 - np.round(x)
        below = full.sum(axis=1)
        order = np.argsort(-below, kind="stable")
        return order.tolist() if (below[order] == np.arange(self.n)[::-1]).all() else None

    def pairs_of(self, order: Sequence[int]) -> np.ndarray:
        place = np.argsort(order)
        return (place[self.i] < place[self.j]).astype(float)


def by_programme(support: np.ndarray) -> Kemeny:
    """Exact by linear, then integer programming; then the first of the best orders, as far as TRIES programmes go."""
    n = len(support)
    scale = max(float(np.abs(support).max()), TIE)
    scaled = support / scale
    programme = Programme(n)
    i, j = programme.i, programme.j
    gain, base = scaled[i, j] - scaled[j, i], float(scaled[j, i].sum())
    slack = SOLVED * n * n
    tries = 0
    steps = (False, True) if n <= MIDDLE else (False,)

    def best(fixed: np.ndarray, floor: float = -np.inf) -> tuple[list[int] | None, float, bool]:
        """(an order or None, proved bound, whether the order reaches it); no order where the bound is below floor."""
        nonlocal tries
        for whole in steps:
            tries += 1
            found = programme.maximise(gain, fixed, whole)
            if found is None:
                return None, -np.inf, True
            x, bound, finished = found
            order = programme.order_of(x)
            if bound + base < floor or (order is not None and finished):
                return order, bound + base, True
        return order, bound + base, False

    free = np.full(len(gain), NAN)
    order, bound, proved = best(free)
    if order is None or not proved:
        rough = by_moves(support)
        return rough._replace(bound=max(rough.score, min(rough.bound, bound * scale)), exact=False)
    value = order_score(scaled, order)
    floor = value - slack
    loss, top = programme.prices(gain)
    certain = loss[j, i] - loss[i, j]  # above 0: i stands above j, or this much is lost
    fixed = np.where(np.abs(certain) > top + base - floor, (certain > 0).astype(float), NAN)
    agree = programme.pairs_of(order)
    unique: bool | None = True if not np.isnan(fixed).any() else None
    for whole in steps if unique is None and n <= MIDDLE else ():  # the best order that disagrees most with this one
        other = programme.maximise(1 - 2 * agree, fixed, whole, (gain, floor - base))
        if other is None or other[1] + agree.sum() < 0.5:
            unique = True
            break
        another = programme.order_of(other[0])
        if another is not None and another != order and order_score(scaled, another) >= value - TIE * n:
            unique = False
            break
    if unique is False:
        order = first_best(programme, scaled, order, fixed, floor, loss, top + base, best, lambda: tries < TRIES)
    score = order_score(support, order)
    return Kemeny(order, score, score, True, unique)


def first_best(
    programme: Programme,
    scaled: np.ndarray,
    order: list[int],
    fixed: np.ndarray,
    floor: float,
    loss: np.ndarray,
    top: float,
    best: Callable[[np.ndarray, float], tuple[list[int] | None, float, bool]],
    more: Callable[[], bool],
) -> list[int]:
    """The best order whose first, then second, ... place is held by the smallest position that can hold it.

    loss, top   what each pair costs at least, and the bound it is counted from: most candidates fall by that alone
    """
    left = list(range(programme.n))
    value = order_score(scaled, order) - TIE * programme.n
    paid = 0.0
    for place in range(programme.n - 1):
        for c in left:
            if c == order[place] or not more():
                break
            if top - paid - loss[c, left].sum() < floor:
                continue
            found, _, _ = best(lead(programme, fixed, c, left), floor)
            if found is not None and order_score(scaled, found) >= value:
                order = found
                break
        fixed = lead(programme, fixed, order[place], left)
        paid += loss[order[place], left].sum()
        left.remove(order[place])
    return order


def lead(programme: Programme, fixed: np.ndarray, first: int, left: list[int]) -> np.ndarray:
    """`fixed` with `first` above everybody else who is left."""
    out = fixed.copy()
    for other in left:
        if other > first:
            out[programme.at[first, other]] = 1.0
        elif other < first:
            out[programme.at[other, first]] = 0.0
    return out
