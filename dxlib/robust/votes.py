"""Pairwise comparisons as votes: outranking, majority, Copeland, Borda, Condorcet. Naked functions on (N, D) shares."""

from __future__ import annotations

import numpy as np

from ..index.floats import TIE


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
