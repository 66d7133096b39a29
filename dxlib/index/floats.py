"""The float face of the score, for simulation only: many weightings of one case at once.

Official scores never come from here (`score` is exact); tests compare the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..case import Case
from ..case.framework import CHOICES, Framework, Lists, Node
from ..case.settings import Settings
from .exact import Exact, evaluate

Weights = Mapping[str, np.ndarray]  # code -> (K,), for every scored node
Branch = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray | None]]

TIE = 1e-9  # scores nearer than this (relative) share a rank in a simulation; printed with every result

LEAST = 1e-300  # keeps a branch whose weights are all 0 from dividing by 0
SLICE = 393_216  # scores ranked at once: 3 MiB; with larger ones, threads wait less for one another


@dataclass(frozen=True)
class Shares:
    """What a simulation starts from: leaf shares under the policies of the case.

    x         (N, D) share of the maximum; nan where the row counts nothing for that agency
    present   (N, D) 1 where the row's weight stays in its branch, 0 where it leaves the whole index
    extra     (N,) bonus and penalty points as a share of the own maximum
    clamped   whether the set has bonus or penalty rows
    scored    (N,) False for an agency without a score (its x is not to be used)
    own_maxima     (N,) own maximum of every scored node, by code; no weighting changes it
    lists     (N,) the scope of each, in whose tree it stands
    """

    agencies: list[str]
    codes: list[str]
    x: np.ndarray
    present: np.ndarray
    extra: np.ndarray
    clamped: bool
    scored: np.ndarray
    own_maxima: Mapping[str, np.ndarray]
    lists: Sequence[Lists]


def leaf_shares(case: Case, on: str | None = None, exact: Exact | None = None) -> Shares:
    """Leaf shares as floats, (N, D) in the order of agencies.csv and of the tree; a `sum` branch is one row."""
    exact = exact or evaluate(case, on)
    framework = case.framework.outer
    codes = [node.code for node in framework.leaves if node.scored]
    columns = [exact.columns[code] for code in codes]
    nan = float("nan")
    x = np.array([[nan if s is None else float(s) for s in column.shares] for column in columns], float).T
    present = np.array([[float(p) for p in column.present] for column in columns], float).T
    index = exact.columns["index"]
    added = [leaf.shares for leaf in exact.beside(framework, "index")]
    points = np.array([[0.0 if p is None else float(p) for p in row] for row in added], float)
    whole = np.array([float(r) or 1.0 for r in index.own_maxima])
    extra = points.sum(axis=0) / whole if len(points) else np.zeros(len(exact.agencies))
    scored = np.array([s is not None for s in index.shares])
    nodes = [node.code for node in framework.nodes.values() if node.scored]
    own_maxima = {code: np.array([float(r) for r in exact.columns[code].own_maxima]) for code in nodes}
    return Shares(exact.agencies, codes, x, present, extra, bool(len(points)), scored, own_maxima, exact.lists)


def some(shares: Shares, chosen: np.ndarray) -> Shares:
    """The same for some agencies, in the order of their positions `chosen`."""
    return Shares(
        [shares.agencies[i] for i in chosen],
        shares.codes,
        shares.x[chosen],
        shares.present[chosen],
        shares.extra[chosen],
        shares.clamped,
        shares.scored[chosen],
        {code: own_maximum[chosen] for code, own_maximum in shares.own_maxima.items()},
        [shares.lists[i] for i in chosen],
    )


def index_scores(framework: Framework, shares: Shares, weights: Weights) -> np.ndarray:
    """Index shares under many weightings.

    weights   code -> (K,) relative weight among its siblings, for every scored node

    Returns (K, N); nan for an agency without a score.
    """
    return scorer(framework, shares)(weights)


def scorer(framework: Framework, shares: Shares) -> Callable[[Weights], np.ndarray]:
    """`index_scores` in two steps: what no weighting changes is done here, once; the result takes many weightings."""
    codes = [node.code for node in framework.outer.nodes.values() if node.scored]
    scores = row_scorer(framework, shares, codes)
    return lambda weights: scores(np.array([weights[code] for code in codes], float))


def row_scorer(framework: Framework, shares: Shares, codes: Sequence[str]) -> Callable[[np.ndarray], np.ndarray]:
    """`scorer` for a table of weights (nodes, K) with rows named by `codes`: block after block, without copies.

    Nested arithmetic branches are one weighted mean of their leaves, by weights multiplied down the tree, so that a
    block is one matrix product. This holds where a row leaves the whole index, not where its siblings carry its
    weight: agencies with such rows climb branch by branch.
    """
    carried = (np.isnan(shares.x) & (shares.present != 0)).any(axis=1) & shares.scored
    rows = {code: i for i, code in enumerate(codes)}
    parts = []
    for tree, places in framework.trees(shares.lists):
        here = np.isin(np.arange(len(carried)), places)
        for collapse, chosen in ((True, np.flatnonzero(here & ~carried)), (False, np.flatnonzero(here & carried))):
            if len(chosen):
                climb = climber(tree, some(shares, chosen), rows, collapse)
                parts.append((chosen, climb if tree is framework else in_tree(climb, tree, framework, codes)))

    def scores(weights: np.ndarray) -> np.ndarray:
        if len(parts) == 1:
            out = parts[0][1](weights)[0]
        else:
            out = np.empty((weights.shape[1], len(shares.agencies)))
            for chosen, climb in parts:
                out[:, chosen] = climb(weights)[0]
        if shares.clamped:
            out = np.clip(out + shares.extra, 0.0, 1.0)
        if not shares.scored.all():
            out[:, ~shares.scored] = np.nan
        return out

    return scores


def in_tree(climb: Branch, tree: Framework, whole: Framework, codes: Sequence[str]) -> Branch:
    """`climber` of the tree of one list, under weights of the tree of all rows: a branch of which the list has a part
    weighs that part of it."""
    part = np.array([float(tree.part_of(whole, code)) for code in codes])[:, None]
    return lambda weights: climb(weights * part)


def climber(framework: Framework, shares: Shares, rows: Mapping[str, int], collapse: bool) -> Branch:
    """From weights (nodes, K) to (share of the index, part of its weight that stays or None for all), (K, N) each."""
    framework, leaf = framework.outer, {code: i for i, code in enumerate(shares.codes)}

    def family(aggregate: str, children: tuple[str, ...]) -> Family:
        """The children, arithmetic branches below an arithmetic one replaced by their own children."""
        nodes = framework.siblings(children)
        below = [family(aggregate, node.children) if folds(aggregate, node) else node.code for node in nodes]
        at = [rows[node.code] for node in nodes]
        return Family(together(at), below)

    def folds(aggregate: str, node: Node) -> bool:
        weighs = any(child.weight for child in framework.siblings(node.children))
        return collapse and weighs and aggregate == node.aggregate == "arithmetic"

    def branch(aggregate: str, children: tuple[str, ...]) -> Branch:
        if aggregate in CHOICES:
            below = framework.siblings(children)
            return alternatives(aggregate, below, [node(n.code) for n in below], shares, framework.has_points)
        if aggregate == "product":
            below = framework.siblings(children)
            return product([rows[n.code] for n in below], [node(n.code) for n in below])
        tree = family(aggregate, children)
        codes = tree.ends
        at = [k for k, code in enumerate(codes) if code in leaf]
        columns = [leaf[codes[k]] for k in at]
        branches = [(k, node(code)) for k, code in enumerate(codes) if code not in leaf]
        return mean(aggregate, tree, at, shares.x[:, columns], shares.present[:, columns], branches)

    def node(code: str) -> Branch:
        if code not in leaf:
            return branch(framework.nodes[code].aggregate, framework.nodes[code].children)
        x, present = shares.x[None, :, leaf[code]], shares.present[None, :, leaf[code]]
        return lambda weights: (x, present)

    return branch(framework.aggregate, framework.tops)


def together(rows: list[int]) -> slice | list[int]:
    """Positions that follow one another as a slice: what they take is then a view, not a copy."""
    return slice(rows[0], rows[-1] + 1) if rows == list(range(rows[0], rows[-1] + 1)) else rows


@dataclass(frozen=True)
class Family:
    """Siblings: their rows in a table of weights, and of each its code or the family that stands for it."""

    rows: slice | list[int]
    below: list[str | Family]

    @property
    def ends(self) -> list[str]:
        """The codes at the ends, in order."""
        return [code for one in self.below for code in ([one] if isinstance(one, str) else one.ends)]


def multiplied(tree: Family, weights: np.ndarray) -> np.ndarray:
    """(ends, K) weights of the ends of a tree: each among its siblings (sum 1), multiplied down the tree."""
    out = np.empty((len(tree.ends), weights.shape[1]))
    distribute(tree, weights, 1.0, out)
    return out


def distribute(tree: Family, weights: np.ndarray, share: np.ndarray | float, out: np.ndarray) -> np.ndarray:
    """Divide `share` (K,) among siblings and what is below them, into the first rows of `out`; returns the others."""
    own = weights[tree.rows]
    scale = share / np.maximum(own.sum(axis=0), LEAST)
    if all(isinstance(one, str) for one in tree.below):
        np.multiply(own, scale, out=out[: len(own)])
        return out[len(own) :]
    for part, one in zip(own * scale, tree.below, strict=True):
        if isinstance(one, str):
            out[0] = part
            out = out[1:]
        else:
            out = distribute(one, weights, part, out)
    return out


def apply(aggregate: str, x: np.ndarray) -> np.ndarray:
    """What a mean adds up: x, log x or 1/x."""
    if aggregate in ("arithmetic", "complement"):
        return x
    return 1.0 / x if aggregate == "harmonic" else np.log(x)


def mean(
    aggregate: str, tree: Family, at: list[int], x: np.ndarray, present: np.ndarray, branches: list[tuple[int, Branch]]
) -> Branch:
    """One weighted mean, of leaves (one matrix product) and of branches (added one by one).

    at            which ends of the tree are leaves
    x, present    (N, leaves) of them
    branches      the other ends, and how their shares are found
    """
    counts = np.where(np.isnan(x), 0.0, present)
    rooted = aggregate not in ("arithmetic", "complement")
    zeros = np.where(rooted & (x == 0) & (counts > 0), 1.0, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where((counts > 0) & (zeros == 0), counts * apply(aggregate, x), 0.0)
    part = np.flatnonzero((counts != 1).any(axis=1))  # agencies that lack some of the leaves
    left = np.flatnonzero((present != 1).any(axis=1))  # agencies for which some leave the branch with their weight

    def found(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        w = multiplied(tree, weights)
        leaves = w[at] if branches else w
        value = leaves.T @ terms.T
        whole = leaves.sum(axis=0)[:, None]
        gone: np.ndarray | None = None
        if len(part) or branches:
            whole = np.repeat(whole, len(x), axis=1)
            whole[:, part] = leaves.T @ counts[part].T
        if len(left):
            gone = np.zeros(value.shape)
            gone[:, left] = leaves.T @ (1.0 - present[left]).T
        with np.errstate(divide="ignore", invalid="ignore"):
            for k, below in branches:
                share, stays = below(weights)
                own = w[k][:, None]
                adds = np.where(np.isnan(share), 0.0, own if stays is None else own * stays)
                value += np.where(adds > 0, adds * apply(aggregate, share), 0.0)
                whole += adds
                if stays is not None:
                    gone = own * (1.0 - stays) if gone is None else gone + own * (1.0 - stays)
            if rooted:
                value = np.exp(value / whole) if aggregate == "geometric" else whole / value
                if zeros.any():
                    value[(leaves > 0).astype(float).T @ zeros.T > 0] = 0.0
            elif len(part) or branches or not whole.all():
                value /= whole
            if aggregate == "complement":
                value = 1.0 - value
        return value, None if gone is None else 1.0 - gone

    return found


def alternatives(aggregate: str, below: list[Node], branches: list[Branch], shares: Shares, has_points: bool) -> Branch:
    """One child stands for all: the one with the most points (`best`, as a share of the largest own maximum), or the
    smallest share (`worst`). Weights only say which of them count."""
    counting = [(n, b) for n, b in zip(below, branches, strict=True) if n.weight]
    size = max((float(n.maximum or 1) if has_points else 1.0 for n, _ in counting), default=1.0)
    by_points = aggregate == "best" and has_points
    whole = np.max([shares.own_maxima[n.code] for n in below], axis=0) if by_points else 1.0
    choose = np.fmax if aggregate == "best" else np.fmin

    def found(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        chosen = np.full((weights.shape[1], len(shares.agencies)), np.nan)
        own_maximum = np.zeros((1, len(shares.agencies)))
        for n, branch in counting:
            share, stays = branch(weights)
            own = shares.own_maxima[n.code][None] if has_points else np.ones((1, 1)) if stays is None else stays
            chosen = choose(chosen, share * own if by_points else np.where(own > 0, share, np.nan))
            own_maximum = np.maximum(own_maximum, own)
        with np.errstate(divide="ignore", invalid="ignore"):
            return chosen / np.where(whole > 0, whole, np.nan), np.broadcast_to(own_maximum / size, chosen.shape)

    return found


def product(at: list[int], branches: list[Branch]) -> Branch:
    """The product of the shares that count; weights only say which.

    at   the rows of the children in a table of weights
    """

    def found(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        value, held = np.full((1, 1), np.nan), np.zeros((1, 1))
        for row, branch in zip(at, branches, strict=True):
            share, stays = branch(weights)
            own = weights[row][:, None] if stays is None else weights[row][:, None] * stays
            counts = (own > 0) & ~np.isnan(share)
            value = np.where(counts, np.where(np.isnan(value), 1.0, value) * share, value)
            held = held + own
        return value, held / np.maximum(weights[at].sum(axis=0)[:, None], LEAST)

    return found


def published_shares(scores: np.ndarray, own_maxima: np.ndarray, settings: Settings) -> tuple[np.ndarray, np.ndarray]:
    """Scores as they are published: points rounded to the decimals of the case, as a share of the own maximum.

    scores   (…, N) shares; own_maxima: (N,), an agency whose own maximum is 0 keeps its score

    Returns both (…, N): the shares, and which of them a half within TIE decided, that was taken as a half.
    """
    unit = 10.0**settings.points_decimals * np.where(own_maxima > 0, own_maxima, 1.0)
    units = np.abs(scores * unit)
    whole = np.floor(units)
    rest = units - whole - 0.5
    half = np.abs(rest) <= TIE * np.maximum(1.0, units)
    up = np.where(half, (settings.half == "away") | (whole % 2 == 1), rest > 0)
    return np.where(own_maxima > 0, np.copysign(whole + up, scores) / unit, scores), half & (own_maxima > 0)


def float_ranks(scores: np.ndarray, tie: float = TIE, dtype: type = np.int64) -> np.ndarray:
    """Descending competition ranks of each row of (K, N) scores, ties within `tie` of the previous member.

    tie     relative to the higher of two neighbours where that is above 1, else absolute
    dtype   of the ranks; the narrower, the faster

    nan scores get rank 0.
    """
    k, n = scores.shape
    ranks: np.ndarray = np.empty((k, n), dtype)
    step = max(1, SLICE // max(1, n))
    for start in range(0, k if n else 0, step):
        rank_rows(scores[start : start + step], tie, ranks[start : start + step])
    return ranks


def rank_rows(scores: np.ndarray, tie: float, ranks: np.ndarray) -> None:
    """`float_ranks` of a few rows (K, N), into `ranks`."""
    k, n = scores.shape
    order = np.argsort(scores, axis=1)
    order += np.arange(0, k * n, n)[:, None]  # positions in all rows at once: much faster than row by row
    values = scores.reshape(-1)[order.reshape(-1)]
    if np.isnan(values[n - 1 :: n]).any():  # nan is sorted last
        lost = np.isnan(scores)
        rank_rows(np.where(lost, -np.inf, scores), tie, ranks)
        ranks[lost] = 0
        return
    with np.errstate(invalid="ignore"):
        number(order, between(values, n) <= tie * np.maximum(1.0, np.abs(values[1:])), ranks)


def between(values: np.ndarray, n: int) -> np.ndarray:
    """(K N - 1) gaps between neighbours in rows of n; from the last of a row to the first of the next: infinite."""
    gaps = values[1:] - values[:-1]
    gaps[n - 1 :: n] = np.inf
    return gaps


def number(order: np.ndarray, close: np.ndarray, ranks: np.ndarray) -> None:
    """Into `ranks` (K, N) those of what `order` (K, N, positions in all rows) sorts upwards.

    close   (K N - 1), row after row: who is so close to the next that both share its rank
    """
    k, n = order.shape
    down = np.arange(n, 0, -1, dtype=ranks.dtype)
    ranks.reshape(-1)[order.reshape(-1)] = np.tile(down, k)
    if close.any():
        near = np.append(close, False).reshape(k, n)[:, :-1]
        tied = np.flatnonzero(near.any(axis=1))
        place = np.zeros((len(tied), n), ranks.dtype)
        place[:, -1] = 1
        place[:, :-1] = np.where(near[tied], 0, down[:-1])
        ranks.reshape(-1)[order[tied]] = np.maximum.accumulate(place[:, ::-1], axis=1)[:, ::-1]
