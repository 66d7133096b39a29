"""Claimed against recognised, per agency and per indicator.

d = claimed - recognised, in points, over the reported rows that have both a claim and a verdict. Over and
under are kept apart: a net figure hides one behind the other. Claimed points are what the rule gives for
the claim's own figures, not the sum an agency wrote. Inflation of the maximum: sum of d / sum of maxima.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import pandas as pd

from ..case import Case
from ..index import INDEX, Exact
from ..index.aggregate import total
from ..index.rounding import rounded
from ..rules import ONE, ZERO
from .points_ledger import NAN, Scores, reported_leaves, row_maxima, scores, values_of
from .undecided import open_items


@dataclass
class Sums:
    """What was compared for one agency or one row: points over, points under, maxima, exactly."""

    over: list[Fraction] = field(default_factory=list)
    under: list[Fraction] = field(default_factory=list)
    maxima: list[Fraction] = field(default_factory=list)

    def add(self, difference: Fraction, maximum: Fraction) -> None:
        self.maxima.append(maximum)
        if difference.numerator > 0:
            self.over.append(difference)
        elif difference.numerator < 0:
            self.under.append(-difference)


def compared(case: Case, claimed: Exact, recognised: Exact) -> Iterator[tuple[str, str, Fraction, Fraction]]:
    """(agency, indicator, claimed - recognised in points, maximum) of every reported row with a claim and a verdict.

    Bonus and penalty rows hold points and have no maximum (0). On a row scored against the group, an accepted claim
    is not compared: what moved there is the others' doing.
    """
    for node, worth in reported_leaves(case):
        said, found = values_of(claimed, node.code), values_of(recognised, node.code)
        points, maximum = ONE if worth is None else worth, worth or ZERO
        for agency, a, b, was, now in zip(
            claimed.agencies, said.shares, found.shares, said.states, found.states, strict=True
        ):
            if was != "claimed" or now != "verified":
                continue
            if not (node.rule.group and case.answers.accepted(node.code, agency)):
                difference = ZERO if a is b else ((a or ZERO) - (b or ZERO)) * points
                yield agency, node.code, difference, maximum


def deviation(case: Case, scored: Scores | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Claimed against recognised.

    scored   from `scores`; made here when not given

    Returns (by_agency, by_indicator), in the order of agencies.csv and of the tree. Points are rounded to
    points_decimals, inflation to 6 decimals (nan where nothing was compared).

    by_agency      agency, claimed and recognised (index points; nan without a score), net, over, under,
                   inflation, compared (rows), open (claims that wait for a verdict)
    by_indicator   indicator, max_points (nan for bonus and penalty rows), net, over, under, inflation,
                   cut_share (share of the compared
                   agencies that were cut), compared, open

    Source: OECD/JRC Handbook (2008), step 1 (the figures must be believed before they are combined); inflation
    of the maximum = sum of d / sum of m, bounded by -1 and 1.
    """
    scored = scored or scores(case)
    claimed, recognised = scored.claimed, scored.verified
    agencies = {agency: Sums() for agency in claimed.agencies}
    maxima = row_maxima(case)
    rows = {node.code: Sums() for node, _ in reported_leaves(case)}
    for agency, code, difference, maximum in compared(case, claimed, recognised):
        agencies[agency].add(difference, maximum)
        rows[code].add(difference, maximum)
    waiting = open_items(case, scored)
    waiting = waiting[waiting["kind"] != "appealed"]
    of_agency, of_row = (waiting[part].value_counts() for part in ("agency", "indicator"))
    by_agency = [
        {
            "agency": agency,
            "claimed": index_points(claimed, i, case),
            "recognised": index_points(recognised, i, case),
            **summed(sums, case),
            "open": int(of_agency.get(agency, 0)),
        }
        for i, (agency, sums) in enumerate(agencies.items())
    ]
    by_indicator = [
        {
            "indicator": code,
            "max_points": float(maxima.get(code, NAN)),
            **summed(sums, case),
            "cut_share": len(sums.over) / len(sums.maxima) if sums.maxima else float("nan"),
            "open": int(of_row.get(code, 0)),
        }
        for code, sums in rows.items()
    ]
    return pd.DataFrame(by_agency), pd.DataFrame(by_indicator, columns=INDICATOR_COLUMNS)


INDICATOR_COLUMNS = ["indicator", "max_points", "net", "over", "under", "inflation", "cut_share", "compared", "open"]


def summed(sums: Sums, case: Case) -> dict[str, float]:
    over, under, whole = total(sums.over), total(sums.under), total(sums.maxima)
    return {
        "net": points(over - under, case),
        "over": points(over, case),
        "under": points(under, case),
        "inflation": round(float((over - under) / whole), 6) if whole else float("nan"),
        "compared": len(sums.maxima),
    }


def median_polish(
    table: np.ndarray, most: int = 20, centre: Callable = np.nanmedian
) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """Additive fit d_ij = overall + row_i + column_j + residual_ij by medians taken in turn.

    table   (N, D), nan where there is nothing; rows and columns without anything get nan

    Returns (overall, (N,) row effects, (D,) column effects, (N, D) residuals). An effect is 0 as long as fewer
    than half of its cells deviate: that is what makes it robust. Source: Tukey (1977), Exploratory Data
    Analysis, ch. 11.
    """
    residual = np.array(table, float)
    rows, columns, overall = np.zeros(residual.shape[0]), np.zeros(residual.shape[1]), 0.0
    empty_rows, empty_columns = np.isnan(residual).all(axis=1), np.isnan(residual).all(axis=0)
    filled = residual[~empty_rows][:, ~empty_columns]
    a, b = np.zeros(filled.shape[0]), np.zeros(filled.shape[1])
    for _ in range(most if filled.size else 0):
        step = centre(filled, axis=1)
        filled, a = filled - step[:, None], a + step
        shift = centre(b)
        b, overall = b - shift, overall + float(shift)
        step_b = centre(filled, axis=0)
        filled, b = filled - step_b, b + step_b
        shift = centre(a)
        a, overall = a - shift, overall + float(shift)
        if not step.any() and not step_b.any():
            break
    rows[~empty_rows], columns[~empty_columns] = a, b
    rows[empty_rows], columns[empty_columns] = np.nan, np.nan
    residual[np.ix_(~empty_rows, ~empty_columns)] = filled
    return overall, rows, columns, residual


def polish(ledger: pd.DataFrame) -> tuple[float, pd.DataFrame, pd.DataFrame]:
    """Who inflates, and which row is badly worded: the two told apart.

    ledger   from `ledger`

    Returns (overall, by_agency, by_indicator): shares of the maximum by which an agency, or a row, lies above
    what the others explain: agency, effect, rows and indicator, effect, agencies (how many were compared).
    Nothing compared: empty frames. Source: median polish of (claimed - final) / max_points, Tukey (1977), ch. 11.
    """
    both = ledger[ledger["claimed"].notna() & ledger["final"].notna() & (ledger["max_points"] > 0)]
    d = (both["claimed"] - both["final"]) / both["max_points"]
    wide = both.assign(d=d).pivot(index="agency", columns="indicator", values="d")
    wide = wide.reindex(index=both["agency"].drop_duplicates(), columns=both["indicator"].drop_duplicates())
    overall, rows, columns, _ = median_polish(wide.to_numpy(float))
    agencies = pd.DataFrame({"agency": wide.index, "effect": rows, "rows": wide.notna().sum(axis=1).to_numpy()})
    indicators = pd.DataFrame(
        {"indicator": wide.columns, "effect": columns, "agencies": wide.notna().sum(axis=0).to_numpy()}
    )
    return overall, agencies, indicators


def points(x: Fraction, case: Case) -> float:
    return float(rounded(x, case.settings.points_decimals, case.settings.half))


def index_points(exact: Exact, i: int, case: Case) -> float:
    column = exact.columns[INDEX]
    share = column.shares[i]
    return float("nan") if share is None else points(share * column.own_maxima[i], case)
