"""What printed points hide: a rank or a class that only the digits behind them explain."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pandas as pd

from ..case import Case
from ..errors import Finding
from .exact import INDEX, evaluate
from .rounding import rounded
from .table import tabulate

MOST = 9  # decimals; what differs only beyond them is said to


def hidden_differences(case: Case, scores: pd.DataFrame) -> pd.DataFrame:
    """Agencies whose printed points do not show why they stand where they do.

    scores   the tidy table of `score`

    An agency is named where its printed points lie in another class than its exact ones (79.996, printed 80.00, under
    a cut of 80), and where agencies of one list print the same points of the same maximum, but differ in rank or class.
    Nothing where published points decide. Returns agency, points (as printed), exact (points with the fewest decimals
    that show the difference, at most nine), decimals.
    """
    columns = ["agency", "points", "exact", "decimals"]
    rows = scores[(scores["node"] == INDEX) & scores["score"].notna() & (scores["max_points"] > 0)]
    if case.settings.rank_on == "published" or rows.empty:
        return pd.DataFrame(columns=columns)
    exact = {
        agency: Fraction(repr(score)) * Fraction(repr(most))
        for agency, score, most in zip(*(rows[c].tolist() for c in ("agency", "score", "max_points")), strict=True)
    }
    if "class_by_cut" in rows:
        rows = rows.assign(**{"class": rows["class_by_cut"]})  # what conditions and quotas say is said by themselves
    found: dict[str, tuple] = {}
    for _, alike in rows.groupby(["scope", "points", "max_points"], sort=False, dropna=False):
        printed, most = (Fraction(repr(float(alike[c].iloc[0]))) for c in ("points", "max_points"))
        placed = alike[["rank", "class"]].fillna(0)
        apart = len(placed.drop_duplicates()) > 1
        elsewhere = [c for c in placed["class"] if c and c != case.settings.classes.of(printed / most)]
        if apart or elsewhere:
            agencies = alike["agency"].tolist()
            edges = [edge.cut * most for edge in case.settings.classes.edges] if elsewhere else []
            values = [exact[a] for a in agencies]
            distinct = len(set(values)) >= len(placed.drop_duplicates())
            decimals = telling(values, edges, case.settings.points_decimals) if distinct else MOST
            found |= {a: (a, float(printed), float(rounded(exact[a], decimals)), decimals) for a in agencies}
    named = [found[agency] for agency in rows["agency"] if agency in found]
    return pd.DataFrame(named, columns=columns)


def telling(values: Sequence[Fraction], edges: Sequence[Fraction], shortest: int) -> int:
    """The fewest decimals, more than the printed ones, under which values that differ are told apart, and from the
    edges of classes near them."""
    apart = len({*values, *edges})
    for decimals in range(shortest + 1, MOST):
        if len({rounded(x, decimals) for x in (*values, *edges)}) == apart:
            return decimals
    return max(MOST, shortest)


def check_printed(case: Case) -> list[Finding]:
    """The same as warnings, one for every agency."""
    hidden = hidden_differences(case, tabulate(case, evaluate(case), [INDEX]))
    file = f"{case.year}/{case.group}"
    facts = [{"points": r["points"], "exact": f"{r['exact']:.{r['decimals']}f}"} for r in hidden.to_dict("records")]
    return [
        Finding("W_PRINTED", "printed_hides", file, value=agency, facts=said)
        for agency, said in zip(hidden["agency"], facts, strict=True)
    ]
