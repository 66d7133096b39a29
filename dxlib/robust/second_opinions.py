"""Second opinions: what would others make of the same shares? Votes instead of points, and each agency's own best case.

Nothing here is an official score. Naked functions on (N, D) shares, then one table for the annex.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..case import Case
from ..index import INDEX, evaluate, tabulate
from ..index.floats import TIE, float_ranks

NAN = float("nan")
SMALL = 14  # agencies up to which a Kemeny component is solved by dynamic programming over all subsets
MIDDLE = 40  # agencies up to which it is solved by integer programming, with a look for other best orders
LARGE = 120  # agencies up to which the relaxation is solved, which is often whole, else a bound; above: a loose bound
NODES = 50  # branches an integer programme may open (a count, not a time: the same on every machine)
TRIES = 120  # programmes spent on finding the first of several best orders
CUTS = 3_000  # cycles forbidden in one round
LONG = 2_000  # agencies up to which all pairs are held at once; longer lists have no Kemeny order
SOLVED = 1e-7  # what the solver calls equal
DECIMALS = 6
OWN_SHARE = 0.15  # of its own score that every row must give in `bod_shared`, where there are few rows
COLUMNS = (
    "agency scope rank copeland borda kemeny kemeny_state bod bod_first bod_shared bod_shared_first smallest".split()
)


class Kemeny(NamedTuple):
    """order (positions in the input, best first), its score, a proved upper bound, whether the score is proved best.

    unique   True or False where it is known whether this is the only best order, else None
    """

    order: list[int]
    score: float
    bound: float
    exact: bool
    unique: bool | None


def outranking(x: np.ndarray, weights: np.ndarray, rows: slice = slice(None)) -> np.ndarray:
    """The weight of the rows in which i is above j, plus half of that of the rows in which they tie.

    x         (N, D) shares; a row that either of the two lacks (nan) says nothing about them, the others carry it
    weights   (D,) not negative, any scale
    rows      which i; all by default

    Returns (rows, N) in [0, 1], o_ij + o_ji = 1, and 1/2 where the two have no row in common; 0 on the diagonal.
    Shares within 1e-9 tie. ValueError for weights that are negative or all zero.
    Source: OECD/JRC Handbook (2008), ch. 6, the outranking matrix; Munda & Nardo (2009), Applied Economics 41.
    """
    x, weights = check_shares(x, weights)
    mine = x[rows]
    ahead = np.zeros((len(mine), len(x)))
    common = np.zeros_like(ahead)
    for k, weight in enumerate(weights):
        gap = mine[:, k, None] - x[None, :, k]
        known = ~np.isnan(gap)
        ahead += weight * np.where(known, np.where(np.abs(gap) <= TIE, 0.5, gap > 0), 0.0)
        common += weight * known
    out = np.where(common > 0, ahead / np.where(common > 0, common, 1.0), 0.5)
    first = rows.indices(len(x))[0]
    out[np.arange(len(mine)), np.arange(first, first + len(mine))] = 0.0
    return out


def check_shares(x: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x, weights = np.asarray(x, float), np.asarray(weights, float)
    if x.ndim != 2 or weights.shape != (x.shape[1],):
        raise ValueError("shares are a table of agencies by rows, with one weight for every row")
    if not (weights >= 0).all() or not np.isfinite(weights).all() or not weights.sum() > 0:
        raise ValueError("weights are not negative and not all zero")
    return x, weights


def check_support(support: np.ndarray) -> np.ndarray:
    support = np.asarray(support, float)
    if support.ndim != 2 or support.shape[0] != support.shape[1] or not np.isfinite(support).all():
        raise ValueError("support is a square table without holes")
    return support


def majority(support: np.ndarray) -> np.ndarray:
    """(N, N): 1 where i has more support against j than j against i, -1 where less, 0 for a tie (within 1e-9)."""
    gap = support - support.T
    return np.where(np.abs(gap) <= TIE * max(1.0, np.abs(support).max(initial=0.0)), 0, np.sign(gap)).astype(int)


def copeland(support: np.ndarray) -> np.ndarray:
    """Duels won minus duels lost, (N,) whole numbers, from (N, N) support of i against j.

    Source: Copeland (1951), as in Munda & Nardo (2009).
    """
    return majority(check_support(support)).sum(axis=1)


def borda(support: np.ndarray) -> np.ndarray:
    """The support an agency has against all others together, (N,), from (N, N) support of i against j.

    Source: Borda (1784), in the pairwise form of Young (1974), Journal of Economic Theory 9.
    """
    support = check_support(support)
    return support.sum(axis=1) - np.diag(support)


def condorcet_winner(support: np.ndarray) -> int | None:
    """The agency that wins every duel; None where there is none (or nobody to duel with).

    Source: Condorcet (1785), as in Young & Levenglick (1978), SIAM Journal on Applied Mathematics 35.
    """
    wins = copeland(support)
    n = len(wins)
    return int(wins.argmax()) if n > 1 and wins.max() == n - 1 else None


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


def frontier(x: np.ndarray) -> np.ndarray:
    """Positions of the agencies that no other exceeds: at least as high everywhere, higher somewhere. Of equals one.

    x   (N, D) shares without nan
    """
    kept: list[int] = []
    for i in np.argsort(-x.sum(axis=1), kind="stable"):
        if not kept or not (x[kept] >= x[i]).all(axis=1).any():
            kept.append(int(i))
    return np.array(sorted(kept), int)


def benefit_of_the_doubt(x: np.ndarray, low: float = 0.0, high: float = 1.0, of: str = "score") -> np.ndarray:
    """Every agency under the weights that suit it best, against everybody under the same weights.

    x          (N, D) shares, not negative; an agency with a nan is neither judged nor a rival
    low, high  the least (0: free) and the most that each row may give, as a part of what `of` names
    of         "score": of the agency's own score; "weight": of the sum of the weights

    Returns (N,) in [0, 1]: 1 where some weighting makes it best (ties count). nan for an agency with a nan, where no
    weighting meets the bounds (low x D > 1; of its score, also a share of 0 while low > 0), and where nobody has
    anything. ValueError for negative shares, bounds out of order, another `of`.
    Source: Cherchye, Moesen, Rogge & Van Puyenbroeck (2007), Social Indicators Research 82, the basic model, its
    bounds on shares and its bounds on relative weights; the Handbook's table for the TAI has the latter, 10 to 15 %.
    """
    from scipy.optimize import linprog

    x = np.asarray(x, float)
    if x.ndim != 2 or (x < 0).any() or np.isinf(x).any():
        raise ValueError("shares are a table of agencies by rows, none negative")
    if not 0 <= low <= high <= 1 or of not in ("score", "weight"):
        raise ValueError("bounds are 0 <= low <= high <= 1, of the score or of the weight")
    n, d = x.shape
    out = np.full(n, NAN)
    whole = np.flatnonzero(~np.isnan(x).any(axis=1))
    largest = x[whole].max(axis=0, initial=0.0)
    if not (largest > 0).any() or low * d > 1 + SOLVED or high * d < 1 - SOLVED:
        return out
    z = x / np.where(largest > 0, largest, 1.0) if of == "score" else x
    rivals = z[whole][frontier(z[whole])]
    bounded = low > 0 or high < 1
    for i in whole:
        own = z[i]
        if bounded and of == "score":
            helpful = int((own > 0).sum())
            if (low > 0 and helpful < d) or high * helpful < 1 - SOLVED:
                continue
        part = own if of == "score" else np.ones(d)
        rows, limit = rivals, np.ones(len(rivals))
        if bounded:
            each = np.diag(part)
            rows = np.vstack([rows, low * part[None, :] - each, each - high * part[None, :]])
            limit = np.r_[limit, np.zeros(2 * d)]
        found = linprog(-own, A_ub=rows, b_ub=limit, bounds=(0, None), method="highs")
        if found.status == 0:
            out[i] = min(1.0, max(0.0, -found.fun))
    return out


def second_opinions(case: Case, on: str | None = None) -> pd.DataFrame:
    """What other ways of adding up the top rows say, within each ranking list.

    on   verified, current or claimed

    Returns, for every ranked agency: agency, scope, rank (official), copeland, borda, kemeny (ranks within the list;
    agencies equal in every row share a Kemeny place), kemeny_state (`unique`; `several` best orders, the first by
    official rank is shown; `unknown`: a best one; `bound`: an order not proved best; `none` for a list above 2,000,
    then kemeny is null), bod (its score under the weights that suit it best, 6 decimals) and bod_first (whether any
    weighting makes it best, ties included), bod_shared and bod_shared_first (the same where every row gives at least
    half an equal part of its score, at most 15 %), smallest (its weakest top rows, ;-separated). bod is null for an
    agency without a share in some row, and for all where shares are negative; bod_shared also for one with a zero.
    Where so many orders are best that 120 programmes do not settle which comes first, `several` shows one of them.
    Bonus and penalty points and rows of weight 0 are left out; whatever is below a top row is taken as computed;
    weights are the nominal ones. Raises Refusal.
    Source: Munda & Nardo (2009), Young & Levenglick (1978), Cherchye et al. (2007); OECD/JRC Handbook (2008), ch. 6.
    """
    exact = evaluate(case, on)
    nodes = [node for node in case.framework.siblings(case.framework.tops) if node.weight]
    weights = np.array([float(node.weight) for node in nodes])
    codes = np.array([node.code for node in nodes])
    shares = [[NAN if s is None else float(s) for s in exact.columns[code].shares] for code in codes]
    x = dict(zip(exact.agencies, np.array(shares).T, strict=True))
    ranked = tabulate(case, exact, [INDEX])[["agency", "scope", "rank"]].dropna(subset=["rank"])
    parts = [opinions_of(group, x, weights, codes) for _, group in ranked.groupby("scope")]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def opinions_of(group: pd.DataFrame, shares: dict, weights: np.ndarray, codes: np.ndarray) -> pd.DataFrame:
    """The rows of one list, by official rank."""
    group = group.sort_values("rank", kind="stable")
    x = np.array([shares[agency] for agency in group["agency"]])
    wins, points = duels(x, weights)
    order, state = kemeny_places(x, weights)
    valid = not (x < 0).any()
    free = benefit_of_the_doubt(x) if valid else np.full(len(x), NAN)
    shared = benefit_of_the_doubt(x, min(OWN_SHARE, 0.5 / x.shape[1])) if valid else np.full(len(x), NAN)
    weakest = np.nanmin(x, axis=1, keepdims=True)
    return group.assign(
        copeland=float_ranks(wins[None, :])[0],
        borda=float_ranks(points[None, :])[0],
        kemeny=pd.array(order, dtype="Int64"),
        kemeny_state=state,
        bod=free.round(DECIMALS),
        bod_first=firsts(free),
        bod_shared=shared.round(DECIMALS),
        bod_shared_first=firsts(shared),
        smallest=[";".join(codes[row <= low + TIE]) for row, low in zip(x, weakest, strict=True)],
    )[COLUMNS]


def firsts(scores: np.ndarray) -> pd.api.extensions.ExtensionArray:
    return pd.array([None if np.isnan(s) else bool(s >= 1 - 10 * SOLVED) for s in scores], dtype="boolean")


def duels(x: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(Copeland, Borda) of a list, block by block, so that long lists fit."""
    wins, points = [], []
    step = max(1, LONG * LONG // max(1, len(x)))
    for start in range(0, len(x), step):
        rows = slice(start, min(start + step, len(x)))
        block = outranking(x, weights, rows)
        points.append(block.sum(axis=1))
        block[np.arange(len(block)), np.arange(rows.start, rows.stop)] = 0.5
        wins.append(np.where(np.abs(block - 0.5) <= TIE, 0, np.sign(block - 0.5)).sum(axis=1))
    return np.concatenate(wins), np.concatenate(points)


def kemeny_places(x: np.ndarray, weights: np.ndarray) -> tuple[list[int | None], str]:
    """Kemeny places of a list in official order, and how sure they are. Equal agencies are one with their number."""
    if len(x) > LONG:
        return [None] * len(x), "none"
    seen: dict[bytes, int] = {}
    kind = [seen.setdefault(np.round(row, 9).tobytes(), len(seen)) for row in x]
    heads = [kind.index(k) for k in range(len(seen))]
    size = np.bincount(kind)
    found = kemeny(outranking(x[heads], weights) * np.outer(size, size))
    before = np.r_[0, np.cumsum(size[found.order])[:-1]]
    place = np.empty(len(seen), int)
    place[found.order] = before + 1
    certainty = {True: "unique", False: "several", None: "unknown"}[found.unique]
    return [int(place[k]) for k in kind], certainty if found.exact else "bound"
