"""Rank intervals: the places an agency takes under the drawn weights."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..case import Case
from ..index import INDEX, evaluate, tabulate
from ..index.floats import Shares, float_ranks, index_scores, leaf_shares

CELLS = 2_000_000  # numbers held at once; draws are taken in blocks of this size


def rank_intervals(case: Case, weights: pd.DataFrame, on: str | None = None) -> pd.DataFrame:
    """Ranks under many weightings, within each ranking list.

    weights   (K, nodes) from `draw_weights`
    on        verified, current or claimed

    Returns, for every ranked agency: agency, scope, rank (official), low, median, high (5 %, 50 %, 95 % of the
    draws, as ranks that occurred), lowest, highest (best and worst rank met), keeps (share of draws with the
    official rank), of. Ties within 1e-9 share a rank. Source: Saisana, Saltelli & Tarantola (2005), JRSS A 168.
    """
    exact = evaluate(case, on)
    shares = leaf_shares(case, exact=exact)
    official = tabulate(case, exact, [INDEX])[["agency", "scope", "rank", "of"]]
    place = {agency: i for i, agency in enumerate(shares.agencies)}
    parts = []
    ranked = official.dropna(subset=["rank"])
    drawn = ranks_drawn(
        case, weights, shares, [[place[a] for a in group["agency"]] for _, group in ranked.groupby("scope", sort=False)]
    )
    for (_, group), ranks in zip(ranked.groupby("scope", sort=False), drawn, strict=True):
        low, median, high = np.quantile(ranks, [0.05, 0.5, 0.95], axis=0, method="inverted_cdf").astype(int)
        keeps = (ranks == group["rank"].to_numpy(int)).mean(axis=0)
        parts.append(
            group.assign(
                low=low, median=median, high=high, lowest=ranks.min(axis=0), highest=ranks.max(axis=0), keeps=keeps
            )
        )
    columns = ["agency", "scope", "rank", "low", "median", "high", "lowest", "highest", "keeps", "of"]
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts).sort_values(["scope", "rank", "agency"], kind="stable")[columns].reset_index(drop=True)


def ranks_drawn(case: Case, weights: pd.DataFrame, shares: Shares, lists: list[list[int]]) -> list[np.ndarray]:
    """(K, members) ranks of every list, block by block."""
    step = max(1, CELLS // max(1, len(shares.agencies) * len(weights.columns)))
    out: list[list[np.ndarray]] = [[] for _ in lists]
    for start in range(0, len(weights), step):
        block = {code: weights[code].to_numpy()[start : start + step] for code in weights.columns}
        scores = index_scores(case.framework, shares, block)
        for ranks, members in zip(out, lists, strict=True):
            ranks.append(float_ranks(scores[:, members]).astype(np.int32))
    return [np.concatenate(blocks) for blocks in out]
