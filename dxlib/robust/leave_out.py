"""Leave one indicator or pillar out: whose place depends on it? Exact, by the same code as the official score."""

from __future__ import annotations

import pandas as pd

from ..case import Case
from ..errors import Refusal
from ..index import INDEX, Exact, evaluate, tabulate
from ..index.exact import climb


def leave_one_out(case: Case, on: str | None = None, level: str = "indicator") -> pd.DataFrame:
    """Drop each scored row in turn (its siblings carry its weight) and rank again.

    level   "indicator" (every scored leaf) or "pillar" (every top row)

    Returns, in tree order: node, moved (agencies whose rank changes), mean_shift (mean |change of rank| of the
    ranked agencies), largest (largest |change|), agency (who; "" when nobody moves), leader ("" or the agencies
    that lead instead, ;-separated). Bonus and penalty points stay, and so does who is ranked (min_coverage). A row
    without which there is no score (a mean that multiplies meets a share below 0) is not among them. Source: OECD/JRC
    Handbook (2008), ch. 7.
    """
    framework = case.framework
    exact = evaluate(case, on)
    before = index_ranks(case, exact)
    codes = (
        [n.code for n in framework.siblings(framework.tops)]
        if level == "pillar"
        else [n.code for n in framework.leaves if n.scored]
    )
    counting = {node.code for node in framework.siblings(framework.tops) if node.weight}
    rows = []
    for code in codes:
        if not framework.nodes[code].weight or counting <= set(framework.handed_up([code])):
            continue
        try:
            after = index_ranks(case, climb(exact, framework.without(code), case.settings))
        except Refusal:  # a mean that multiplies meets a share below 0: there is no score without this row
            continue
        shift = (after["rank"] - before["rank"]).dropna().abs()
        largest = int(shift.max()) if len(shift) else 0
        leaders = after.index[(after["rank"] == 1) & (before["rank"] != 1).fillna(True)]
        mean = round(float(shift.mean()), 6) if len(shift) else 0.0
        farthest = shift.idxmax() if largest else ""
        rows.append((code, int((shift > 0).sum()), mean, largest, farthest, ";".join(leaders)))
    return pd.DataFrame(rows, columns=["node", "moved", "mean_shift", "largest", "agency", "leader"])


def index_ranks(case: Case, exact: Exact) -> pd.DataFrame:
    return tabulate(case, exact, [INDEX]).set_index("agency")
