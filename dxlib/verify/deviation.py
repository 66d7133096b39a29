"""Claimed against recognised, per agency and per indicator.

d = claimed - recognised, in points, over the reported rows that have both a claim and a verdict. Over and
under are kept apart: a net figure hides one behind the other. Claimed points are what the rule gives for
the claim's own figures, not the sum an agency wrote. Inflation of the maximum: sum of d / sum of maxima.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from ..case import Case
from ..index import INDEX, Exact, evaluate
from ..index.aggregate import total
from ..index.rounding import rounded
from ..rules import ZERO


@dataclass(frozen=True)
class Cell:
    """One compared cell: points claimed and recognised, and the row's maximum."""

    agency: str
    indicator: str
    claimed: Fraction
    recognised: Fraction
    maximum: Fraction

    @property
    def over(self) -> Fraction:
        return max(self.claimed - self.recognised, ZERO)

    @property
    def under(self) -> Fraction:
        return max(self.recognised - self.claimed, ZERO)


def row_maxima(case: Case) -> dict[str, Fraction]:
    """What each scored leaf is worth in points: its maximum, or its weight in the index on the scale of `total`."""
    weights = case.framework.global_weights()
    return {
        node.code: node.maximum
        if case.framework.has_points and node.maximum
        else weights[node.code] * case.framework.total
        for node in case.framework.leaves
        if node.code in weights
    }


def compared(case: Case, claimed: Exact, recognised: Exact) -> list[Cell]:
    """Every reported cell with a claim and a verdict."""
    maxima = row_maxima(case)
    cells = []
    for code, maximum in maxima.items():
        said, found = claimed.columns[code], recognised.columns[code]
        for i, agency in enumerate(claimed.agencies):
            if said.states[i] == "claimed" and found.states[i] == "verified":
                cells.append(
                    Cell(agency, code, (said.shares[i] or ZERO) * maximum, (found.shares[i] or ZERO) * maximum, maximum)
                )
    return cells


def deviation(case: Case) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Claimed against recognised.

    Returns (by_agency, by_indicator), in the order of agencies.csv and of the tree. Points are rounded to
    points_decimals, inflation to 6 decimals (nan where nothing was compared).

    by_agency      agency, claimed and recognised (index points; nan without a score), net, over, under,
                   inflation, compared (rows), open (claims without a verdict)
    by_indicator   indicator, max_points, net, over, under, inflation, cut_share (share of the compared
                   agencies that were cut), compared, open
    """
    claimed, recognised = evaluate(case, "claimed"), evaluate(case, "verified")
    cells = compared(case, claimed, recognised)
    waiting = open_cells(case, recognised)
    by_agency = [
        {
            "agency": agency,
            "claimed": index_points(claimed, i, case),
            "recognised": index_points(recognised, i, case),
            **sums([c for c in cells if c.agency == agency], case),
            "open": sum(a == agency for a, _ in waiting),
        }
        for i, agency in enumerate(claimed.agencies)
    ]
    by_indicator = []
    for code, maximum in row_maxima(case).items():
        if case.framework.nodes[code].source != "reported":
            continue
        row = [c for c in cells if c.indicator == code]
        cut = sum(c.over > 0 for c in row) / len(row) if row else float("nan")
        by_indicator.append(
            {
                "indicator": code,
                "max_points": float(maximum),
                **sums(row, case),
                "cut_share": cut,
                "open": sum(i == code for _, i in waiting),
            }
        )
    return pd.DataFrame(by_agency), pd.DataFrame(by_indicator, columns=INDICATOR_COLUMNS)


INDICATOR_COLUMNS = ["indicator", "max_points", "net", "over", "under", "inflation", "cut_share", "compared", "open"]


def sums(cells: list[Cell], case: Case) -> dict[str, float]:
    over, under = total([c.over for c in cells]), total([c.under for c in cells])
    whole = total([c.maximum for c in cells])
    return {
        "net": points(over - under, case),
        "over": points(over, case),
        "under": points(under, case),
        "inflation": round(float((over - under) / whole), 6) if whole else float("nan"),
        "compared": len(cells),
    }


def points(x: Fraction, case: Case) -> float:
    return float(rounded(x, case.settings.points_decimals, case.settings.half))


def index_points(exact: Exact, i: int, case: Case) -> float:
    column = exact.columns[INDEX]
    share = column.shares[i]
    return float("nan") if share is None else points(share * column.rooms[i], case)


def open_cells(case: Case, recognised: Exact) -> list[tuple[str, str]]:
    """(agency, indicator) of reported claims that wait for a verdict, bonus and penalty rows included."""
    rows = {code: recognised.columns[code] for code in row_maxima(case)}
    found = [
        (a, code)
        for code, column in rows.items()
        for a, s in zip(recognised.agencies, column.states, strict=True)
        if s == "not-verified"
    ]
    found += [
        (a, code)
        for code, leaf in recognised.extra.items()
        for a, s in zip(recognised.agencies, leaf.states, strict=True)
        if s == "not-verified"
    ]
    return found


def open_items(case: Case) -> pd.DataFrame:
    """Claims that still wait for a verdict, the largest first.

    Returns agency, indicator, claimed (points by the rule), max_points.
    """
    claimed, recognised = evaluate(case, "claimed"), evaluate(case, "verified")
    maxima = row_maxima(case)
    place = {agency: i for i, agency in enumerate(claimed.agencies)}
    rows = []
    for agency, code in open_cells(case, recognised):
        if code in claimed.extra:
            said = claimed.extra[code].shares[place[agency]] or ZERO
        else:
            said = (claimed.columns[code].shares[place[agency]] or ZERO) * maxima[code]
        rows.append((agency, code, points(said, case), float(maxima[code]) if code in maxima else float("nan")))
    frame = pd.DataFrame(rows, columns=["agency", "indicator", "claimed", "max_points"])
    return frame.sort_values(
        ["claimed", "agency", "indicator"], ascending=[False, True, True], kind="stable"
    ).reset_index(drop=True)
