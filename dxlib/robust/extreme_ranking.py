"""The best and the worst rank any weighting of a set gives: pairs first, then a small integer programme. Exact."""

from __future__ import annotations

from math import ceil

import numpy as np
import pandas as pd

from ..case import Case
from ..index import evaluate
from ..index.floats import TIE
from .linear import Linear, box, of_places, score_range
from .pairs import bounds, certain, leads, smallest

EPS = 1e-7  # a smaller loss (index share) does not count as one in the integer programme
SCALE = 1e3  # rows of the programme in thousandths, so that the solver's tolerance of 1e-7 means 1e-10
NODES = 5000
MIXED = 400  # weightings between those at the ends that are tried, too


def attainable_ranks(
    case: Case, half_width: float | None, on: str | None = None, level: str = "pillar", nodes: int = NODES
) -> pd.DataFrame:
    """Best and worst rank of every agency over all weightings of the set.

    half_width  relative half width of the box around the nominal weights, 0 to 1; None: the whole simplex
    level       "pillar": the weights of the top rows; "indicator": those of all scored leaves
    nodes       search nodes per programme (no seconds: a published figure must not depend on the speed of the
                machine); 0: no programme, only the closed-form bounds

    Returns, list by list from the best down: agency, scope, rank (official), of, best, worst (ranks that a weighting
    of the set really gives), best_bound, worst_bound (no weighting gives a better or worse one), exact (both agree
    on both sides). Ties: the best rank counts ties within 1e-9 in favour of the agency, the worst counts only strict
    losses, by more than 1e-7 in the proof. Lists of one have no ranks. Empty where the index is not a plain weighted
    mean (see `linear`), or published points decide the ranks: only draws are available then. Raises Refusal.
    Source: Kadzinski, Greco & Slowinski (2012), Omega 40, extreme ranking analysis; Salo & Punkka (2011).
    """
    columns = "agency scope rank of best worst best_bound worst_bound exact".split()
    lists = of_places(case, evaluate(case, on), level)
    box([], half_width)
    rows = []
    for lin, scope, members in lists:
        if len(members) < 2:
            continue
        for i, found in zip(members, extreme_ranks(lin, members, half_width, nodes), strict=True):
            official = lin.official.loc[i]
            best, worst, best_bound, worst_bound = found
            exact = best == best_bound and worst == worst_bound
            rows.append((lin.agencies[i], scope, official["rank"], official["of"], *found, exact))
    whole = ["rank", "of", "best", "worst", "best_bound", "worst_bound"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(whole, "Int64") | {"exact": bool})


def extreme_ranks(
    lin: Linear, rows: list[int], half_width: float | None, nodes: int
) -> list[tuple[int, int, int, int]]:
    """(best, worst, best_bound, worst_bound) of every member of one list."""
    x, scores = lin.x[rows], [lin.scores[i] for i in rows]
    margins, sign = leads(lin, rows, half_width)
    above = certain(lin, rows, half_width, sign)
    cut = cut_off(lin, rows, half_width)
    low, high = bounds(lin.weights, half_width)
    out = []
    for i in range(len(rows)):
        sure = int(above[:, i].sum())
        open_ = np.flatnonzero((sign[i] < 0) & ~above[:, i])
        nominal = 1 + sum(s > scores[i] for s in scores)
        best, worst, best_bound, worst_bound = nominal, nominal, 1 + sure, 1 + sure + len(open_)
        lead = x[open_] - x[i]
        tried = smallest(np.concatenate([-lead, lead, -x[[i]], x[[i]]]), low, high)[1]
        met = ranks_at(x, i, np.concatenate([tried, between(tried)]), lin.clamped)
        best, worst = int(min([best, *met])), int(max([worst, *met]))
        if nodes and best > best_bound and not cut[i]:
            order = sign[np.ix_(open_, open_)] > 0
            w, fewest = fewest_losses(lead, -margins[i, open_], low, high, order, best - 1 - sure, nodes)
            best = int(min([best, *ranks_at(x, i, w, lin.clamped)]))
            best_bound = min(max(best_bound, 1 + sure + fewest), best)
        if nodes and worst < worst_bound:
            clear = open_[-margins[i, open_] > EPS]
            base = 1 + sure + len(open_) - len(clear)
            order, least = sign[np.ix_(clear, clear)] > 0, -margins[clear, i]
            w, most = most_losses(x[clear] - x[i], least, low, high, order, worst - base, nodes)
            worst = int(max([worst, *ranks_at(x, i, w, lin.clamped)]))
            worst_bound = max(min(worst_bound, base + most), worst)
        out.append((best, worst, best_bound, worst_bound))
    return out


def between(points: np.ndarray) -> np.ndarray:
    """Weightings inside the set, each a mean of three others, the same every time.

    Where many agencies tie exactly HiGHS may miss, and even rule out, what holds in a whole region (seen in 3 of 1,500
    trials on small whole numbers; in 1 of 3,000 with these).
    """
    rng = np.random.default_rng(2008)
    three, parts = rng.integers(len(points), size=(MIXED, 3)), rng.dirichlet(np.ones(3), MIXED)
    return np.asarray(np.einsum("nk,nkd->nd", parts, points[three]))


def cut_off(lin: Linear, rows: list[int], half_width: float | None) -> list[bool]:
    """Whether cutting scores off at 0 may give an agency a tie that the programme does not see.

    At 1 there is nothing to see: who reaches it is first there, and a tie never adds a loss.
    """
    if not lin.clamped:
        return [False] * len(rows)
    low, high = box(lin.exact_weights, half_width)
    bottom = [score_range(lin, i, low, high)[0] <= 0 for i in rows]
    return [b and sum(bottom) > 1 for b in bottom]


def ranks_at(x: np.ndarray, i: int, w: np.ndarray, clamped: bool) -> np.ndarray:
    """Rank of agency i under every weighting of w (M, D); scores nearer than TIE are equal: (M,)."""
    scores = w @ x.T
    if clamped:
        scores = np.clip(scores, 0.0, 1.0)
    return 1 + (scores > scores[:, [i]] + TIE).sum(axis=1)


def fewest_losses(
    lead: np.ndarray, most: np.ndarray, low: np.ndarray, high: np.ndarray, order: np.ndarray, known: int, nodes: int
) -> tuple[np.ndarray, int]:
    """min sum z with lead_j w <= most_j z_j, z binary, w in the box: how many j must beat i?

    lead   (U, D) x_j - x_i of the undecided j; most (U,) its largest value over the box, so the tightest M
    order  (U, U) whether j is certainly above k: then j beats i wherever k does
    known  a number of losses already met; only fewer are looked for

    Returns (weightings found (0 or 1, D), a proved lower bound of the number).
    """
    u, d = lead.shape
    cost = np.r_[np.zeros(d), np.ones(u)]
    rows = (np.hstack([lead, -np.diag(most)]) * SCALE, np.full(u, -np.inf), np.zeros(u))
    apart = clashing(lead)
    clashes = np.triu(apart & ~follows(order, apart)), 1, 2
    return solve(cost, rows, low, high, order, clashes, (0, known - 1), known, nodes)


def most_losses(
    lead: np.ndarray, least: np.ndarray, low: np.ndarray, high: np.ndarray, order: np.ndarray, known: int, nodes: int
) -> tuple[np.ndarray, int]:
    """max sum z with lead_j w >= EPS - (least_j + EPS)(1 - z_j), z binary, w in the box: how many j can beat i?

    lead   (U, D) x_j - x_i of the undecided j; least (U,) minus its smallest value over the box
    order  (U, U) whether j is certainly above k: then j beats i wherever k does
    known  a number of losses already met; only more are looked for

    Returns (weightings found (0 or 1, D), a proved upper bound of the number).
    """
    u, d = lead.shape
    if u <= known:
        return np.empty((0, d)), u
    cost = np.r_[np.zeros(d), -np.ones(u)]
    rows = (np.hstack([lead, -np.diag(least + EPS)]) * SCALE, -least * SCALE, np.full(u, np.inf))
    apart = clashing(-lead)
    clashes = np.triu(apart & ~follows(order.T, apart)), 0, 1
    w, fewest = solve(cost, rows, low, high, order, clashes, (known + 1, u), -known, nodes)
    return w, -fewest


def clashing(gain: np.ndarray) -> np.ndarray:
    """(U, U) pairs of rows of gain (U, D) that no weights >= 0 (sum 1) bring to 0 or below both at once.

    So it is where a mixture t a + (1 - t) b of both is above 0 in every column; the middle of the possible t is tried.
    The programme would find this by branching only. Source: Farkas' lemma.
    """
    out = np.zeros((len(gain), len(gain)), bool)
    for row, a in zip(out, gain, strict=True):
        slope = a - gain
        with np.errstate(divide="ignore", invalid="ignore"):
            zero = -gain / slope
        start = np.where(slope > 0, zero, 0.0).max(axis=1)
        stop = np.where(slope < 0, zero, 1.0).min(axis=1)
        t = (np.clip(start, 0.0, 1.0) + np.clip(stop, 0.0, 1.0))[:, None] / 2
        row[:] = (gain + t * slope > TIE).all(axis=1)
    np.fill_diagonal(out, False)
    return out | out.T


def follows(order: np.ndarray, apart: np.ndarray) -> np.ndarray:
    """(U, U) clashes (j, k) that follow from one of (l, k) or (j, l) where j, or k, stands in `order` to l."""
    more = order.astype(np.float32) @ apart.astype(np.float32) > 0
    return more | more.T


def solve(
    cost: np.ndarray,
    rows: tuple[np.ndarray, np.ndarray, np.ndarray],
    low: np.ndarray,
    high: np.ndarray,
    order: np.ndarray,
    clashes: tuple[np.ndarray, int, int],
    count: tuple[int, int],
    known: int,
    nodes: int,
) -> tuple[np.ndarray, int]:
    """(weightings found (0 or 1, D), proved lower bound of the cost) of one programme by HiGHS.

    rows    (matrix, lower, upper) of the losses
    order   (U, U) whether z_j >= z_k; only what does not follow from the others is written down
    clashes (U, U) pairs of which one z at least, or one at most, is 1: the least and the most of their sum
    count   the number of ones that is looked for; where there is none, `known` is proved
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    d, u = len(low), len(cost) - len(low)
    whole = np.r_[np.ones(d), np.zeros(u)]
    direct = np.argwhere(order & ~(order.astype(int) @ order.astype(int) > 0))
    ordered = np.zeros((len(direct), d + u))
    ordered[np.arange(len(direct)), d + direct[:, 0]] = 1
    ordered[np.arange(len(direct)), d + direct[:, 1]] = -1
    clash, least, most = clashes
    both = d + np.argwhere(clash)
    summed = csr_array((np.ones(both.size), (np.arange(len(both)).repeat(2), both.ravel())), shape=(len(both), d + u))
    constraints = [
        LinearConstraint(*rows),
        *([LinearConstraint(summed, least, most)] if len(both) else []),
        LinearConstraint(ordered, 0, 1),
        LinearConstraint(np.array([whole, 1 - whole]), np.array([1, count[0]]), np.array([1, count[1]])),
    ]
    result = milp(
        cost,
        integrality=1 - whole,
        bounds=Bounds(np.r_[low, np.zeros(u)], np.r_[high, np.ones(u)]),
        constraints=constraints,
        options={"node_limit": nodes, "mip_rel_gap": 0.0},
    )
    found = np.empty((0, d)) if result.x is None else into(result.x[:d], low, high)[None]
    if result.status == 2:
        return found, known
    proved = result.mip_dual_bound
    weakest = min(0, int(cost.sum()))
    if proved is None or not np.isfinite(proved):
        return found, weakest
    return found, max(weakest, min(known, ceil(proved - 1e-6)))


def into(w: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """A solver's weighting moved into the box and onto the sum 1 (by its tolerance only)."""
    w = np.clip(w, low, high)
    gap = 1 - w.sum()
    slack = high - w if gap > 0 else w - low
    return w + gap * slack / slack.sum() if slack.sum() else w
