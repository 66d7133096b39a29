"""Neighbouring places that should not be quoted as a difference."""

from __future__ import annotations

import pandas as pd


def place_groups(ranked: pd.DataFrame, settled: pd.DataFrame) -> pd.DataFrame:
    """Runs of places in which the order of no two agencies is settled, the longest first, none inside another's.

    ranked    agency, scope, rank (official) of every ranked agency
    settled   scope, above, below: the pairs whose order is settled (`certain_pairs`, or `winning_shares` from some
              share of the draws on)

    Returns: scope, first, last (official ranks of its ends), size (agencies, at least 2). Of equally long runs the
    upper one comes first; what it holds is taken out before the next is looked for.
    Source: Foster, McGillivray & Seth (2013), Econometric Reviews 32 (comparisons that are not robust), here for
    neighbours in the ranking.
    """
    rows = []
    for scope, group in ranked.groupby("scope", sort=False):
        group = group.sort_values(["rank", "agency"], kind="stable")
        ranks, at = group["rank"].tolist(), {agency: i for i, agency in enumerate(group["agency"])}
        pairs = settled[settled["scope"] == scope]
        places = [(at[a], at[b]) for a, b in zip(pairs["above"], pairs["below"], strict=True)]
        for start, end in longest_runs(len(ranks), {(min(p), max(p)) for p in places}):
            rows.append((scope, ranks[start], ranks[end - 1], end - start))
    table = pd.DataFrame(rows, columns=["scope", "first", "last", "size"])
    return table.sort_values("size", ascending=False, kind="stable", ignore_index=True)


def longest_runs(n: int, settled: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """Disjoint runs [start, end) of 0..n-1, two long at least, without a pair (i < j) of `settled`, longest first."""
    ends = [n] * (n + 1)
    for i, j in settled:
        ends[i] = min(ends[i], j)
    for i in reversed(range(n)):
        ends[i] = min(ends[i], ends[i + 1])
    free, found = [(0, n)], []
    while free:
        runs = [(min(ends[i], high) - i, i) for low, high in free for i in range(low, high)]
        size, start = max(runs, key=lambda run: (run[0], -run[1]), default=(0, 0))
        if size < 2:
            break
        found.append((start, start + size))
        free = [part for low, high in free for part in cut(low, high, start, start + size) if part[0] < part[1]]
    return found


def cut(low: int, high: int, start: int, end: int) -> list[tuple[int, int]]:
    """What is left of [low, high) without [start, end)."""
    return [(low, high)] if end <= low or high <= start else [(low, start), (end, high)]


def settled_pairs(ranges: pd.DataFrame, certain: pd.DataFrame, wins: pd.DataFrame, enough: float) -> pd.DataFrame:
    """The pairs whose order is settled: for certain where that can be computed, else in nearly all draws.

    ranges    of `attainable_ranks`: empty where the index is no plain weighted mean
    certain   of `certain_pairs`;  wins   of `winning_shares`;  enough   share of the draws, above .5

    Returns: scope, above, below. Source: Dias & Climaco (2000); Leskinen et al. (2006), Forest Science 52.
    """
    if len(ranges):
        return certain[["scope", "above", "below"]]
    ahead = wins[wins["wins"] >= enough].rename(columns={"higher": "above", "lower": "below"})
    behind = wins[wins["loses"] >= enough].rename(columns={"lower": "above", "higher": "below"})
    return pd.concat([ahead, behind], ignore_index=True)[["scope", "above", "below"]]
