"""The float face of the score, for simulation only: many weightings of one case at once.

Official scores never come from here (`score` is exact); tests compare the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..case import Case
from ..case.framework import Framework
from .score import Exact, evaluate

TIE = 1e-9  # scores nearer than this (relative) share a rank in a simulation; printed with every result


@dataclass(frozen=True)
class Shares:
    """What a simulation starts from: leaf shares under the policies of the case.

    x         (N, D) share of the maximum; nan where the row counts nothing for that agency
    present   (N, D) 1 where the row's weight stays in its branch, 0 where it leaves the whole index
    extra     (N,) bonus and penalty points as a share of the own maximum
    clamped   whether the set has bonus or penalty rows
    scored    (N,) False for an agency without a score (its x is not to be used)
    rooms     (N,) own maximum of every scored node, by code; no weighting changes it
    """

    agencies: list[str]
    codes: list[str]
    x: np.ndarray
    present: np.ndarray
    extra: np.ndarray
    clamped: bool
    scored: np.ndarray
    rooms: Mapping[str, np.ndarray]


def leaf_shares(case: Case, on: str | None = None, exact: Exact | None = None) -> Shares:
    """Leaf shares as floats, (N, D) in the order of agencies.csv and of the tree."""
    exact = exact or evaluate(case, on)
    codes = [node.code for node in case.framework.leaves if node.scored]
    columns = [exact.columns[code] for code in codes]
    nan = float("nan")
    x = np.array([[nan if s is None else float(s) for s in column.shares] for column in columns], float).T
    present = np.array([[float(p) for p in column.present] for column in columns], float).T
    index = exact.columns["index"]
    points = np.array(
        [[0.0 if p is None else float(p) for p in row] for row in (leaf.shares for leaf in exact.extra.values())], float
    )
    whole = np.array([float(r) or 1.0 for r in index.rooms])
    extra = points.sum(axis=0) / whole if len(points) else np.zeros(len(exact.agencies))
    scored = np.array([s is not None for s in index.shares])
    nodes = [node.code for node in case.framework.nodes.values() if node.scored]
    rooms = {code: np.array([float(r) for r in exact.columns[code].rooms]) for code in nodes}
    return Shares(exact.agencies, codes, x, present, extra, bool(len(points)), scored, rooms)


def combine(aggregate: str, x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """One branch: x (K, N, C) shares (nan: counts nothing), weights (K, N, C) -> (K, N)."""
    w = np.where(np.isnan(x), 0.0, weights)
    if aggregate in ("best", "worst"):
        fill = -np.inf if aggregate == "best" else np.inf
        values = np.where(w > 0, x, fill)
        value = values.max(axis=-1) if aggregate == "best" else values.min(axis=-1)
        return np.where(np.isinf(value), np.nan, value)
    whole = w.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        if aggregate == "arithmetic":
            return np.where(w > 0, x * w, 0.0).sum(axis=-1) / whole
        if aggregate == "geometric":
            return np.exp(np.where(w > 0, np.log(x) * w, 0.0).sum(axis=-1) / whole)
        return whole / np.where(w > 0, w / x, 0.0).sum(axis=-1)


def index_scores(framework: Framework, shares: Shares, weights: Mapping[str, np.ndarray]) -> np.ndarray:
    """Index shares under many weightings.

    weights   code -> (K,) relative weight among its siblings, for every scored node

    Returns (K, N); nan for an agency without a score.
    """
    k = len(next(iter(weights.values())))
    leaf = {code: i for i, code in enumerate(shares.codes)}

    def node(code: str) -> tuple[np.ndarray, np.ndarray]:
        """(share, part of its weight that stays), both (K, N)."""
        if code in leaf:
            n = len(shares.agencies)
            return np.broadcast_to(shares.x[:, leaf[code]], (k, n)), np.broadcast_to(
                shares.present[:, leaf[code]], (k, n)
            )
        return branch(framework.nodes[code].aggregate, framework.nodes[code].children)

    def branch(aggregate: str, children: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
        below = framework.siblings(children)
        parts = [node(child.code) for child in below]
        x = np.stack([p[0] for p in parts], axis=-1)
        present = np.stack([p[1] for p in parts], axis=-1)
        w = np.stack([weights[child.code] for child in below], axis=-1)[:, None, :]
        if aggregate in ("best", "worst"):
            rooms = np.stack([shares.rooms[n.code] for n in below], axis=-1) if framework.has_points else present
            return best_of(aggregate, x, rooms, below, framework)
        return combine(aggregate, x, w * present), (w * present).sum(axis=-1) / w.sum(axis=-1)

    scores, _ = branch(framework.aggregate, framework.tops)
    if shares.clamped:
        scores = np.clip(scores + shares.extra, 0.0, 1.0)
    return np.where(shares.scored, scores, np.nan)


def best_of(
    aggregate: str, x: np.ndarray, rooms: np.ndarray, below: list, framework: Framework
) -> tuple[np.ndarray, np.ndarray]:
    """Alternatives: the one with the most (fewest) points, as a share of the largest own maximum.

    rooms   (N, C) own maxima of the alternatives; without points what stays of each, (K, N, C)
    """
    size = np.array([float(n.maximum or 1) if framework.has_points else 1.0 for n in below])
    counts = np.array([n.weight > 0 for n in below])
    points = combine(aggregate, x * rooms, np.broadcast_to(counts, x.shape).astype(float))
    room = np.broadcast_to(np.where(counts, rooms, 0.0).max(axis=-1), points.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        return points / np.where(room > 0, room, np.nan), room / size[counts].max()


def float_ranks(scores: np.ndarray, tie: float = TIE) -> np.ndarray:
    """Descending competition ranks of each row of (K, N) scores, ties within `tie` of the previous member.

    nan scores get rank 0.
    """
    order = np.argsort(-scores, axis=1, kind="stable")
    ordered = np.take_along_axis(scores, order, axis=1)
    gap = np.ones(scores.shape, bool)
    limit = tie * np.maximum(1.0, np.abs(ordered[:, :-1]))
    gap[:, 1:] = ~(ordered[:, :-1] - ordered[:, 1:] <= limit)
    place = np.maximum.accumulate(np.where(gap, np.arange(1, scores.shape[1] + 1), 0), axis=1)
    ranks = np.empty_like(place)
    np.put_along_axis(ranks, order, place, axis=1)
    return np.where(np.isnan(scores), 0, ranks)
