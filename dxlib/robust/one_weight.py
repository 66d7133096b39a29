"""One main index weighs more: who gains most places? Exact, by the same code as the official score."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pandas as pd

from ..case import Case
from ..index import evaluate
from ..index.exact import climb
from .leave_out import index_ranks
from .linear import box


def raised_weights(case: Case, half_width: float, on: str | None = None) -> pd.DataFrame:
    """Rank again with each top row's weight w (sum 1) at w (1 + half_width), the others in proportion.

    half_width   0 to 1, relative

    Returns, in tree order: node, weight (nominal, of 1), heavier (the new one), moved (agencies whose rank changes),
    gain (most places gained; 0 where nobody gains), agency (who gains them; of several the one that stood highest;
    "" for nobody), rank (its official rank), after (its new one; both null for nobody). Rows of weight 0 are left
    out, and so is one whose weight would be 1 or more. Empty where the index is the best or the worst row: weights
    change nothing there. Raises Refusal.
    Source: OECD/JRC Handbook (2008), ch. 7, one weight at a time; Triantaphyllou & Sanchez (1997), Decision
    Sciences 28.
    """
    box([], half_width)
    framework, up = case.framework, 1 + Fraction(str(half_width))
    exact = evaluate(case, on)
    before = index_ranks(case, exact)["rank"]
    tops = framework.siblings(framework.tops) if framework.aggregate not in ("best", "worst") else []
    whole = sum((node.weight for node in tops), Fraction(0))
    rows = []
    for node in tops:
        share = up * node.weight / whole if whole else Fraction(0)
        if not node.weight or share >= 1:
            continue
        weight = share / (1 - share) * (whole - node.weight)
        other = replace(framework, nodes={**framework.nodes, node.code: replace(node, weight=weight)})
        after = index_ranks(case, climb(exact, other, case.settings))["rank"]
        gain = (before - after).dropna().astype(int)
        most = int(gain.max()) if len(gain) else 0
        winner = before[gain[gain == most].index].astype(int).idxmin() if most > 0 else ""
        weights = (round(float(x), 10) for x in (node.weight / whole, share))
        ranks = (before[winner], after[winner]) if winner else (None, None)
        rows.append((node.code, *weights, int((gain != 0).sum()), max(most, 0), winner, *ranks))
    table = pd.DataFrame(rows, columns="node weight heavier moved gain agency rank after".split())
    return table.astype({"rank": "Int64", "after": "Int64"})
