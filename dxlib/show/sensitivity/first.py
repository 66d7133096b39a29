"""What the page says first: sentences an official can repeat."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ... import confidence
from ...case import Case
from ...robust.acceptability import standard_error
from ...words import number, percent, text
from .. import labels
from ..blocks import Sentences, sentences

SETTLED = 0.95  # share of the draws from which the order of two agencies counts as settled: no level of confidence
PLACES = 3  # places from the top that the summary speaks of
GROUPS = 2  # groups of places that it names
LISTS = 3  # lists that it goes through one by one


def summary(
    case: Case,
    intervals: pd.DataFrame,
    exact: pd.DataFrame,
    sure: pd.DataFrame,
    classes: pd.DataFrame,
    groups: pd.DataFrame,
    gains: pd.DataFrame,
    single: pd.DataFrame,
    half_width: float,
    draws: int,
    lang: str,
) -> Sentences | None:
    """At most six sentences: the first places, who keeps place and class, groups, who gains, which choice matters."""
    width = percent(half_width, lang, 0)
    if intervals.empty:
        key = "sensitivity.one" if len(case.agencies) == 1 else "sensitivity.none"
        return sentences(text(key, lang), said_class(sure, classes, width, draws, lang))
    return sentences(
        said_top(case, intervals, exact, width, draws, lang),
        said_kept(intervals, exact, width, draws, lang),
        said_class(sure, classes, width, draws, lang),
        said_groups(intervals, exact, groups, width, lang),
        said_gain(case, gains, width, lang),
        said_choice(single, lang),
    )


def in_short(
    intervals: pd.DataFrame,
    exact: pd.DataFrame,
    sure: pd.DataFrame,
    classes: pd.DataFrame,
    groups: pd.DataFrame,
    half_width: float,
    draws: int,
    lang: str,
) -> Sentences | None:
    """For another page: who keeps place and class, and which places are one group."""
    width = percent(half_width, lang, 0)
    if intervals.empty:
        return None
    return sentences(
        said_kept(intervals, exact, width, draws, lang),
        said_class(sure, classes, width, draws, lang),
        said_groups(intervals, exact, groups, width, lang),
    )


def said_top(case: Case, intervals: pd.DataFrame, exact: pd.DataFrame, width: str, draws: int, lang: str) -> str:
    """The first places of the list; of several lists, the first place of each."""
    named = labels.agencies(case, lang)
    scopes = intervals["scope"].unique().tolist()
    rows = intervals[intervals["rank"] <= (PLACES if len(scopes) == 1 else 1)].to_dict("records")
    if len(rows) > 2 * PLACES or len(scopes) > LISTS:
        return ""
    ranges = {r["agency"]: r for r in exact.to_dict("records")}
    parts = []
    for row in rows:
        found = ranges.get(row["agency"])
        facts = {"rank": number(row["rank"], lang), "who": named[row["agency"]]}
        facts["who"] += f" ({row['scope']})" if row["scope"] else ""
        if found is None:
            key = "top_all" if row["keeps"] == 1 else "top_share"
            error = float(standard_error(np.array(row["keeps"]), draws))
            facts |= {"keeps": percent(row["keeps"], lang, 1), "error": percent(error, lang, 1)}
            facts["worst"] = number(row["highest"], lang)
        else:
            key = "top_safe" if found["best_bound"] == found["worst_bound"] == row["rank"] else "top_range"
            facts |= {"best": number(found["best_bound"], lang), "worst": number(found["worst_bound"], lang)}
        parts.append(text(f"sensitivity.{key}", lang, **facts))
    key = "sensitivity.top" if len(exact) else "sensitivity.top_drawn"
    return text(key, lang, half_width=width, draws=number(draws, lang), list="; ".join(parts))


def kept(intervals: pd.DataFrame, exact: pd.DataFrame) -> int:
    """Agencies whose place is the same whatever the weights: proved where that can be, else in every draw."""
    if len(exact):
        return int((exact["best_bound"].eq(exact["rank"]) & exact["worst_bound"].eq(exact["rank"])).sum())
    return int((intervals["lowest"] == intervals["highest"]).sum())


def said_kept(intervals: pd.DataFrame, exact: pd.DataFrame, width: str, draws: int, lang: str) -> str:
    """How many agencies keep their place whatever the weights of the set."""
    keeping = number(kept(intervals, exact), lang)
    if len(exact):
        return text("sensitivity.kept", lang, n=keeping, all=number(len(exact), lang), half_width=width)
    facts = {"n": keeping, "all": number(len(intervals), lang), "draws": number(draws, lang)}
    return text("sensitivity.kept_drawn", lang, missed=missed(draws, lang), half_width=width, **facts)


def said_class(sure: pd.DataFrame, classes: pd.DataFrame, width: str, draws: int, lang: str) -> str:
    """How many agencies keep their class."""
    known = sure["certain"].dropna() if len(sure) else pd.Series(dtype="boolean")
    if len(known) == 1:
        return text(f"sensitivity.class_one{'' if known.iloc[0] else '_open'}", lang, half_width=width)
    if len(known):
        facts = {"n": number(int(known.sum()), lang), "all": number(len(known), lang)}
        return text("sensitivity.class_kept", lang, half_width=width, **facts)
    if classes.empty:
        return ""
    own = classes[classes["class"] == classes["drawn"]]
    facts = {"n": number(int((own["share"] == 1).sum()), lang), "all": number(len(own), lang)}
    return text("sensitivity.class_drawn", lang, missed=missed(draws, lang), half_width=width, **facts)


def said_groups(intervals: pd.DataFrame, exact: pd.DataFrame, groups: pd.DataFrame, width: str, lang: str) -> str:
    """The longest runs of places that should not be quoted as a difference."""
    facts = {"half_width": width, "settled": percent(SETTLED, lang, 0)}
    kind = "" if len(exact) else "_drawn"
    if groups.empty:
        return text(f"sensitivity.no_groups{kind}", lang, **facts) if len(intervals) > 1 else ""
    named = [place_group(row, lang) for row in groups.head(GROUPS).to_dict("records")]
    facts["list"] = text("sensitivity.and", lang).join(named)
    facts["named"] = text(
        f"sensitivity.{'largest_groups' if len(groups) > GROUPS else 'these_groups'}",
        lang,
        n=number(len(groups), lang),
        **facts,
    )
    return text(f"sensitivity.groups{kind}", lang, **facts)


def place_group(row: dict[Any, Any], lang: str) -> str:
    """The words for one run of places."""
    facts = {"first": number(row["first"], lang), "last": number(row["last"], lang), "n": number(row["size"], lang)}
    key = "sensitivity.tied_group" if row["first"] == row["last"] else "sensitivity.group"
    return text(key, lang, **facts) + (f" ({row['scope']})" if row["scope"] else "")


def said_gain(case: Case, gains: pd.DataFrame, width: str, lang: str) -> str:
    """Who gains most places when one main index weighs more."""
    if gains.empty:
        return ""
    top = gains.sort_values(["gain", "moved"], ascending=False, kind="stable").iloc[0]
    if not top["gain"]:
        return text("sensitivity.no_gain", lang, half_width=width)
    facts = {key: number(top[key], lang) for key in ("gain", "rank", "after")}
    who, row = labels.agencies(case, lang)[top["agency"]], labels.rows(case, lang)[top["node"]]
    return text("sensitivity.gain", lang, who=who, row=row, half_width=width, **facts)


def said_choice(single: pd.DataFrame, lang: str) -> str:
    """Which single choice of method moves the ranking most; other values or one row less are no methods."""
    tried = single[single["changed"].astype(bool) & ~single["factor"].isin(["source", "leave_out"])]
    if tried.empty:
        return ""
    top = tried.sort_values(["mean_shift", "moved"], ascending=False, kind="stable").iloc[0]
    if not top["moved"]:
        return text("sensitivity.no_choice", lang, n=number(len(tried), lang))
    facts = {"n": number(top["moved"], lang), "shift": number(top["mean_shift"], lang, 1)}
    return text("sensitivity.choice_moves", lang, choice=choice(top["factor"], top["alternative"], lang), **facts)


def choice(factor: str, alternative: str, lang: str) -> str:
    """The name of an alternative."""
    return text(f"sensitivity.choice.{factor}-{alternative}", lang)


def missed(draws: int, lang: str) -> str:
    """What so many draws without a case leave possible."""
    return percent(confidence.unseen(draws), lang, 2)
