"""All flags of one year and group in one table. Each is a question to ask, never a verdict."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..case import Case
from ..index import INDEX
from ..languages import in_official
from . import consistency, heaping, outliers
from .copies import copied_explanations
from .documents import document_flags
from .flag import frame, gather
from .points_ledger import Scores, asking, scores

FLAGS = (
    *("part_whole", "two_wholes", "relation", "own_sum"),
    *("no_evidence", "thin_evidence", "outside_period", "shared_document", "document_twice", "empty_document"),
    *("near_copy", "all_max", "inflation", "deviation", "jump", "peers", "heaping", "bunching"),
)


def flags(
    case: Case,
    ledger: pd.DataFrame,
    by_agency: pd.DataFrame,
    past: pd.DataFrame,
    rng: np.random.Generator,
    scored: Scores | None = None,
) -> pd.DataFrame:
    """Everything that was noticed about the claims of one year and group.

    ledger      from `ledger`; by_agency from `deviation`
    past        from `history`: the earlier year under this year's codes (empty where there is none)
    rng         used only above 1,414 agencies, by the line of the jumps
    scored      from `scores`; made here when not given

    Returns flag, agency, indicator, strength, value, expected, other (see `verify.flag`), flag by flag in the order
    of `FLAGS`, the strongest first. Source: methods named at each flag's own function; the list follows the checks
    of monetary audit (ISA 240, 500, 520) and survey editing (UN/ECE 2006, outliers, consistency, heaping).
    """
    claims, framework, settings = case.claims, case.framework, case.settings
    ratios = {node.code for node in framework.leaves if node.ratio}
    shares = {node.code for node in framework.leaves if node.rule.of_whole}
    rows = case.indicators
    wholes = {code: name for code, name in zip(rows["code"], rows[in_official("b")], strict=True) if code in ratios}
    claimed = (scored or scores(case)).claimed
    totals = {a: s for a, s in zip(claimed.agencies, claimed.columns[INDEX].shares, strict=True) if s is not None}
    classes = settings.classes
    cuts = [] if classes.two_sided else [(edge.cut, str(edge.place)) for edge in classes.edges]
    agencies = case.agencies
    return gather(
        [
            consistency.part_whole(claims, shares),
            consistency.two_wholes(claims, wholes),
            consistency.relation_flags(claims, case.relations),
            consistency.own_sums(ledger, settings.points_decimals),
            document_flags(ledger, case.evidence, *period(case), case.shared, asking(case))
            if not case.evidence.empty
            else frame([]),
            copied_explanations(claims),
            outliers.all_maximum(ledger),
            outliers.inflation_outliers(by_agency),
            outliers.row_outliers(ledger),
            outliers.jump_flags(*matched(ledger, past), rng),
            outliers.peer_flags(ledger, pd.Series(agencies["scope"].to_numpy(), index=agencies["agency"])),
            heaping.heaped_percentages(claims[claims["indicator"].isin(ratios)]),
            heaping.bunched_totals(totals, cuts),
        ]
    )


def period(case: Case) -> tuple[str, str]:
    """First and last day of the assessed period as ISO text; "" where index.toml does not say."""
    days = (case.settings.period_from, case.settings.period_to)
    return str(days[0] or ""), str(days[1] or "")


def matched(ledger: pd.DataFrame, past: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """(share claimed now, share recognised before) of every agency, on the rows that both years have.

    Both are weighted by this year's maxima. Source: the matched sub-index of price statistics, ILO/IMF CPI Manual
    (2020), ch. 10.
    """
    now = ledger[ledger["claimed"].notna() & (ledger["max_points"] > 0)]
    both = now.merge(past, on=["agency", "indicator"])
    sums = both.assign(then=both["share"] * both["max_points"]).groupby("agency", sort=False)
    sums = sums[["claimed", "then", "max_points"]].sum()
    return sums["claimed"] / sums["max_points"], sums["then"] / sums["max_points"]
