"""How often: shares of draws with each rank, first place, top k, win over another agency, class.

Every share p of K draws comes with its Monte-Carlo standard error sqrt(p (1 - p) / K). It is 0 where p is 0 or 1: then
the draws met no other case, and a share of at most `confidence.unseen` was missed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..case import Case
from .intervals import FINE, Tally, frame, joined


def standard_error(share: np.ndarray, draws: int) -> np.ndarray:
    """sqrt(p (1 - p) / K) of shares p of K >= 1 draws, same shape.

    Source: Tervonen & Lahdelma (2007), EJOR 178, section 3 (accuracy of simulated acceptabilities).
    """
    return np.sqrt(share * (1 - share) / draws)


def rank_shares(counted: Tally) -> pd.DataFrame:
    """Rank acceptability: the share of draws in which an agency takes each rank.

    counted   from `tally`

    Returns, list by list in official order, only ranks that occurred: agency, scope, rank (official), place, share,
    error (standard). The shares of an agency sum to 1; with ties those of a place need not. Ranks are competition
    ranks, ties within 1e-9 share the best. Source: Lahdelma & Salminen (2001), Operations Research 49 (b_i^r).
    """
    parts = []
    for one in counted.lists:
        i, place = np.nonzero(one.places)
        share = one.places[i, place] / counted.draws
        parts.append(frame(one.scope, one.agencies, one.official, i, place=place, **with_error(share, counted.draws)))
    return joined(parts, ["agency", "scope", "rank", "place", "share", "error"])


def first_places(counted: Tally) -> pd.DataFrame:
    """First-rank acceptability and central weights: who leads how often, and under which weights of the top rows.

    counted   from `tally` with full=True

    Returns, in official order: agency, scope, rank (official), share (of draws in which it is first, alone or not),
    error, and `weight_<code>` for every top row: its mean weight over those draws, nan where there was none. An
    agency's central weights sum to 1. Source: Lahdelma & Salminen (2001), Operations Research 49 (b_i^1, w_i^c).
    """
    parts = []
    for one in counted.lists:
        times = one.places[:, 1].astype(np.int64)
        often = np.where(times > 0, times, 1)[:, None] * FINE
        centre = np.where(times[:, None] > 0, one.leading / often, np.nan)
        columns = {f"weight_{code}": centre[:, k] for k, code in enumerate(counted.tops)}
        share = with_error(times / counted.draws, counted.draws)
        parts.append(frame(one.scope, one.agencies, one.official, slice(None), **share, **columns))
    heads = ["agency", "scope", "rank", "share", "error", *(f"weight_{code}" for code in counted.tops)]
    return joined(parts, heads)


def winning_shares(counted: Tally) -> pd.DataFrame:
    """Pairwise winning index: how often the officially higher of two agencies is ahead.

    counted   from `tally` with full=True: all pairs of a list of up to 150 agencies, of a longer one neighbours

    Returns scope, higher, lower (agencies, by official rank; equal ranks by code), wins, loses, ties (shares of
    draws, sum 1), error (of wins). A tie is a shared rank. Source: Leskinen, Viitanen, Kangas & Kangas (2006),
    Forest Science 52 (p_ij).
    """
    parts = []
    for one in counted.lists:
        wins, loses = one.above / counted.draws, one.below / counted.draws
        names = np.array(one.agencies, object)
        columns = {
            "scope": one.scope,
            "higher": names[one.pairs[:, 0]],
            "lower": names[one.pairs[:, 1]],
            "wins": wins,
            "loses": loses,
            "ties": (counted.draws - one.above - one.below) / counted.draws,
            "error": standard_error(wins, counted.draws),
        }
        parts.append(pd.DataFrame(columns))
    return joined(parts, ["scope", "higher", "lower", "wins", "loses", "ties", "error"])


def class_shares(case: Case, counted: Tally) -> pd.DataFrame:
    """Probability of each class under the drawn weights, for every agency with a score, ranked or not.

    counted   from `tally` of the same case with full=True

    Returns, in the order of agencies.csv: agency, class (official, 1 the highest), drawn (a class), share, error; one
    row for every class of the case, shares of an agency sum to 1; empty without classes. A score within 1e-9 of a
    cut has reached it. Source: Tervonen, Figueira, Lahdelma, Almeida Dias & Salminen (2009), EJOR 192 (category
    acceptability).
    """
    place = {agency: i for i, agency in enumerate(case.tables["agencies"]["agency"])}
    order = np.argsort([place[a] for a in counted.agencies], kind="stable").astype(int)
    classes = counted.classes.shape[1]
    share = counted.classes[order].ravel() / counted.draws
    return pd.DataFrame(
        {
            "agency": np.repeat(np.array(counted.agencies, object)[order], classes),
            "class": pd.array([counted.official[i] for i in order for _ in range(classes)], dtype="Int64"),
            "drawn": np.tile(np.arange(1, classes + 1), len(order)),
            **with_error(share, counted.draws),
        }
    )


def with_error(share: np.ndarray, draws: int) -> dict[str, np.ndarray]:
    return {"share": share, "error": standard_error(share, draws)}
