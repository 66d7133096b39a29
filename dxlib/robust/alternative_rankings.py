"""Second opinions: what would others make of the same shares? Votes instead of points, and each agency's own best case.

Nothing here is an official score. Naked functions on (N, D) shares, then one table for the annex.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..case import Case
from ..index import INDEX, evaluate, tabulate
from ..index.floats import TIE, float_ranks
from .kemeny import kemeny
from .votes import outranking

NAN = float("nan")
LONG = 2_000  # agencies up to which all pairs are held at once; longer lists have no Kemeny order
SOLVED = 1e-7  # what the solver calls equal
DECIMALS = 6
OWN_SHARE = 0.15  # of its own score that every row must give in `bod_shared`, where there are few rows
COLUMNS = (
    "agency scope rank copeland borda kemeny kemeny_state bod bod_first bod_shared bod_shared_first smallest".split()
)


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
    ranked = tabulate(case, exact, [INDEX])[["agency", "scope", "rank"]].dropna(subset=["rank"])
    parts = []
    for scope, group in ranked.groupby("scope"):
        tree = case.framework.own((str(scope),))
        nodes = [node for node in tree.siblings(tree.tops) if node.weight]
        weights = np.array([float(node.weight) for node in nodes])
        codes = np.array([node.code for node in nodes])
        shares = [[NAN if s is None else float(s) for s in exact.columns[code].shares] for code in codes]
        x = dict(zip(exact.agencies, np.array(shares).T, strict=True))
        parts.append(opinions_of(group, x, weights, codes))
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
