"""What an audit of a composite index asks, answered one by one from the tables of this library.

Each question is put so that "yes" is the reassuring answer. The limits are rules of thumb; each stands below with its
name, and the answer is a matter of these limits alone. What no table can answer stays `unknown`.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from ..case import Case
from ..index import INDEX
from ..index.exact import VALUED

NAN = float("nan")
COVERED = 0.65  # part of the answers that must be there, per indicator and per agency
SAME = 0.90  # part of the agencies at one value from which an indicator is weak (see `weak_indicators`)
NEGATIVE = 0.0  # an indicator against its own pillar
ALPHA = 0.7
ONE = 1.0  # components above chance that one dimension has
READABLE = 40  # indicators
NEAR = 0.1  # places, as a part of the list, that count as the same place; at least one place
MOST, HALF = 0.9, 0.5  # part of the agencies for "yes", and for "partly"
APART, LONG, DIFFERENT = 10, 30, 0.2  # places apart; shortest list where that means something; part of the agencies
Answer = tuple[str, float]
UNKNOWN: Answer = ("unknown", NAN)


def audit_questions(
    case: Case,
    *,
    scores: pd.DataFrame | None = None,
    spread: pd.DataFrame | None = None,
    pairs: pd.DataFrame | None = None,
    fit: pd.DataFrame | None = None,
    parts: pd.DataFrame | None = None,
    effective: pd.DataFrame | None = None,
    intervals: pd.DataFrame | None = None,
    left_out: pd.DataFrame | None = None,
    opinions: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The questions in the order of an audit.

    scores      of `score`;  spread   of `indicator_spread`;  pairs   of `redundant_pairs`;  fit   of `pillar_fit`
    parts       of `components`;  effective   of `effective_weights` (either level)
    intervals   of `rank_intervals`;  left_out   of `leave_one_out`;  opinions   of `second_opinions`

    Returns: question, answer (`yes`, `partly`, `no`, `unknown`), value (the figure it rests on; null where unknown),
    limit (what the figure, or what it counts, is held against; null without one), source (the function whose table
    answers it; "" where none can). A table not given, or one in which too few agencies left no number, gives `unknown`.

        concept             fits the theory and the purpose: always unknown, a question for people
        enough_data         smallest part of answers present, over indicators and ranked agencies
        discriminates       number of indicators at (nearly) one value
        no_outliers         number of indicators with outliers
        no_redundant_pairs  number of pairs that say the same
        fits_pillar         number of indicators that run against their own pillar (`no`: one of them surely)
        reliable_pillars    part of the pillars with alpha of at least .7
        one_dimension       part of the pillars with exactly one component above chance
        weights_as_meant    number of rows whose nominal weight lies outside the interval of the effective one
        readable            number of indicators
        ranks_weights       part of the agencies whose interval of ranks is at most a tenth of the list
        ranks_one_out       largest move of an agency when one row is left out
        ranks_votes         part of the agencies that Copeland, Borda and Kemeny all leave within a tenth of the list
        adds_to_pillars     smallest, over the pillars, part of the agencies 10 or more places from their index rank

    Source: OECD/JRC Handbook (2008), chs. 3 to 7, as the JRC's statistical audits go through them, in our words; the
    limits for answers and indicators are those of the JRC's tools, .7 is the usual one for alpha, the others are ours.
    """
    rows: list[tuple[str, float | None, str, Callable[[], Answer]]] = [
        ("concept", None, "", lambda: UNKNOWN),
        ("enough_data", COVERED, "score", lambda: enough_data(case, scores)),
        ("discriminates", SAME, "indicator_spread", lambda: discriminates(spread)),
        ("no_outliers", None, "indicator_spread", lambda: no_outliers(spread)),
        ("no_redundant_pairs", None, "redundant_pairs", lambda: no_redundant_pairs(pairs, len(counted(case)))),
        ("fits_pillar", NEGATIVE, "pillar_fit", lambda: fits_pillar(fit)),
        ("reliable_pillars", ALPHA, "pillar_fit", lambda: reliable_pillars(fit)),
        ("one_dimension", ONE, "components", lambda: one_dimension(parts)),
        ("weights_as_meant", None, "effective_weights", lambda: weights_as_meant(effective)),
        ("readable", READABLE, "read_case", lambda: readable(case)),
        ("ranks_weights", NEAR, "rank_intervals", lambda: ranks_weights(intervals)),
        ("ranks_one_out", NEAR, "leave_one_out", lambda: ranks_one_out(left_out, scores)),
        ("ranks_votes", NEAR, "second_opinions", lambda: ranks_votes(opinions)),
        ("adds_to_pillars", DIFFERENT, "score", lambda: adds_to_pillars(case, scores)),
    ]
    out = [(question, *answer(), limit, source) for question, limit, source, answer in rows]
    table = pd.DataFrame(out, columns=["question", "answer", "value", "limit", "source"])
    return table.astype({"value": float, "limit": float}).round({"value": 6})


def graded(value: float, yes: bool, no: bool) -> Answer:
    return "yes" if yes else "no" if no else "partly", float(value)


def by_part(value: float) -> Answer:
    """A part of agencies: yes from nine tenths, partly from half."""
    return graded(value, value >= MOST, value < HALF)


def near(of: pd.Series) -> pd.Series:
    return (of.astype(float) * NEAR).clip(lower=1.0)


def counted(case: Case) -> list[str]:
    return [code for code, weight in case.framework.global_weights().items() if weight]


def enough_data(case: Case, scores: pd.DataFrame | None) -> Answer:
    """Rows that do not apply are outside; so are alternatives (best, worst), of which one is enough."""
    if scores is None:
        return UNKNOWN
    framework = case.framework
    loose = {
        leaf
        for node in framework.nodes.values()
        if node.children and node.aggregate in ("best", "worst")
        for leaf in framework.below(node.code)
    }
    if framework.aggregate in ("best", "worst"):
        loose = set(framework.nodes)
    ranked = scores.loc[(scores["node"] == INDEX) & scores["rank"].notna(), "agency"]
    cells = scores[scores["node"].isin(set(counted(case)) - loose) & scores["agency"].isin(ranked)]
    cells = cells[cells["state"] != "not-applicable"]
    if cells.empty:
        return UNKNOWN
    there = cells["state"].isin(VALUED)
    least = min(there.groupby(cells["node"]).mean().min(), there.groupby(cells["agency"]).mean().min())
    return graded(least, least >= COVERED, there.mean() < COVERED)


def discriminates(spread: pd.DataFrame | None) -> Answer:
    judged = None if spread is None else spread[spread["reason"] != "too_few"]
    if judged is None or judged.empty:
        return UNKNOWN
    weak = int(judged["reason"].isin(["constant", "near_constant"]).sum())
    return graded(weak, weak == 0, weak > HALF * len(judged))


def no_outliers(spread: pd.DataFrame | None) -> Answer:
    """Never `no`: points are capped, so an outlier is something to look at, not a flaw of the index."""
    judged = pd.Series(dtype="boolean") if spread is None else spread["outliers"].dropna()
    return UNKNOWN if judged.empty else graded(int(judged.sum()), not judged.any(), False)


def no_redundant_pairs(pairs: pd.DataFrame | None, indicators: int) -> Answer:
    if pairs is None or (pairs["reason"] == "too_few").any():
        return UNKNOWN
    involved = len({*pairs["node"], *pairs["other"]})
    return graded(len(pairs), pairs.empty, involved > HALF * indicators)


def fits_pillar(fit: pd.DataFrame | None) -> Answer:
    judged = None if fit is None else fit[(fit["measure"] == "item_rest") & fit["value"].notna()]
    if judged is None or judged.empty:
        return UNKNOWN
    against = int((judged["value"] < NEGATIVE).sum())
    return graded(against, against == 0, bool((judged["high"] < NEGATIVE).any()))


def reliable_pillars(fit: pd.DataFrame | None) -> Answer:
    judged = pd.Series(dtype=float) if fit is None else fit.loc[fit["measure"] == "alpha", "value"].dropna()
    part = (judged >= ALPHA).mean()
    return UNKNOWN if judged.empty else graded(part, part == 1, part == 0)


def one_dimension(parts: pd.DataFrame | None) -> Answer:
    judged = None if parts is None else parts[(parts["node"] != INDEX) & parts["component"].notna()]
    if judged is None or judged.empty:
        return UNKNOWN
    part = (judged["eigenvalue"] > judged["chance"]).groupby(judged["node"]).sum().eq(ONE).mean()
    return graded(part, part == 1, part == 0)


def weights_as_meant(effective: pd.DataFrame | None) -> Answer:
    judged = None if effective is None else effective.dropna(subset=["low", "high"])
    if judged is None or judged.empty:
        return UNKNOWN
    outside = int(((judged["weight"] < judged["low"]) | (judged["weight"] > judged["high"])).sum())
    return graded(outside, outside == 0, outside > HALF * len(judged))


def readable(case: Case) -> Answer:
    number = len(counted(case))
    return graded(number, number <= READABLE, number > READABLE)


def ranks_weights(intervals: pd.DataFrame | None) -> Answer:
    if intervals is None or intervals.empty:
        return UNKNOWN
    return by_part((intervals["high"] - intervals["low"] <= near(intervals["of"])).mean())


def ranks_one_out(left_out: pd.DataFrame | None, scores: pd.DataFrame | None) -> Answer:
    """yes: nobody moves further than a tenth of the (shortest) list; no: with some row they do so on average."""
    if left_out is None or left_out.empty or scores is None:
        return UNKNOWN
    of = scores.loc[(scores["node"] == INDEX) & scores["rank"].notna(), "of"]
    if of.empty:
        return UNKNOWN
    allowed = near(of).min()
    largest = left_out["largest"].max()
    return graded(largest, largest <= allowed, left_out["mean_shift"].max() > allowed)


def ranks_votes(opinions: pd.DataFrame | None) -> Answer:
    if opinions is None or opinions.empty:
        return UNKNOWN
    allowed = near(opinions.groupby("scope")["agency"].transform("size"))
    away = [(opinions[name].astype("Float64") - opinions["rank"]).abs() for name in ("copeland", "borda", "kemeny")]
    return by_part((pd.concat(away, axis=1).max(axis=1) <= allowed).mean())


def adds_to_pillars(case: Case, scores: pd.DataFrame | None) -> Answer:
    """Unknown for lists under 30 and for a set with one top row: ten places mean nothing there."""
    if scores is None:
        return UNKNOWN
    tops = [node.code for node in case.framework.siblings(case.framework.tops) if node.weight]
    wide = scores[scores["node"].isin([INDEX, *tops]) & (scores["of"] >= LONG)]
    ranks = wide.pivot(index="agency", columns="node", values="rank").astype("Float64")
    tops = [code for code in tops if code in ranks]
    if INDEX not in ranks or len(tops) < 2:
        return UNKNOWN
    away = ranks[tops].sub(ranks[INDEX], axis=0).abs()
    parts = [(column.dropna() >= APART).mean() for _, column in away.items()]
    return graded(min(parts), min(parts) >= DIFFERENT, max(parts) < DIFFERENT)
