"""Two states of a group side by side: two years, or one year by two scenarios, on two bases, in two folders."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ..case import Case, check_pair, read_lineage, read_register
from ..errors import Finding
from ..index import compare, evaluate, tabulate
from .comparison import Comparison, compare_years, otherwise_given
from .decompose import PARTS, SUBS, as_floats

State = tuple[Path, Case, str | None]  # the data folder; the case; which values count: verified, current or claimed


def compare_states(one: State, other: State) -> tuple[pd.DataFrame, Comparison]:
    """The table of `index.compare` with the parts of each agency's change, and what it was taken from.

    The earlier year stands before the later one, two states of one year as they are given. Register and lineage are
    those of the later. Raises Refusal for years that cannot be held together.
    """
    states = sorted((one, other), key=lambda state: state[1].year)
    (_, before, _), (later, after, _) = states
    register = read_register(later)
    check_pair(before, after, register)
    then, now = (evaluate(case, on) for _, case, on in states)
    step = compare_years(before, after, register, read_lineage(later), exact=(then, now))
    table = compare(tabulate(before, then), tabulate(after, now))
    return table.merge(change_parts(step).drop(columns="after"), on="agency", how="left"), step


def change_parts(step: Comparison) -> pd.DataFrame:
    """The parts of every agency's change as floats; without performance where there is hardly anything in common, or
    where it is an estimate."""
    parts = as_floats(step.changes).drop(columns=["before_low", "before_high"])
    parts.loc[~parts["agency"].isin(step.judged), [*PARTS, *SUBS[:-1]]] = float("nan")
    return parts.rename(columns={"before": "score_then", "change": "score_change"})


def source_differs(step: Comparison) -> list[Finding]:
    """That one year has rows from claims and the other not, in one finding."""
    rows = otherwise_given(step)
    facts = {"n": len(rows), "rows": ", ".join(rows)}
    return [Finding("W_SOURCE", "source_differs", place(step.after), facts=facts)] if rows else []


def unlike(step: Comparison) -> list[Finding]:
    """That the index sets have too little in common to be compared (an error), or what some agencies were asked."""
    least = f"{float(step.after.settings.comparison['min_matched']):.0%}"
    if not step.comparable:
        facts = {"before": place(step.before), "share": f"{float(step.share):.0%}", "least": least}
        return [Finding("E_NOT_COMPARABLE", "not_comparable", place(step.after), facts=facts)]
    changes = step.changes[~step.changes["agency"].isin(step.like_for_like)]
    few = changes.loc[changes["change"].notna(), "agency"].tolist()
    lacking = {"n": len(few), "agencies": ", ".join(few), "least": least}
    return [Finding("W_FEW_ROWS", "few_rows", place(step.after), facts=lacking)] if few else []


def place(case: Case) -> str:
    return f"{case.year}/{case.group}"
