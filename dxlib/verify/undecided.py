"""What is still open: every cell that somebody must still decide. The worklist, the pages and their counts start here.

A claim on a scored, bonus or penalty row that is reported and applies waits for its verdict, whatever it is worth: a
claim of nothing and a declared deduction of 0, too. Rows of rule `none` or of maximum 0, rows that are not reported
and rows that do not apply need none. An appeal that was lodged waits for its decision on whatever row. A cell of
weight 0 is open like any other, but counts nothing: it holds nothing up, and comes last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from ..case import Case
from ..case.framework import Node
from ..case.tables import rows_of
from ..index import Exact, evaluate
from ..index.exact import CLOSED
from ..index.rounding import rounded
from ..rules import ONE
from .points_ledger import CELL, NAN, VALUED, Scores, row_maxima, values_of

COLUMNS = [*CELL, "kind", "counts", "claimed", "recognised", "max_points", "steps"]


def appealed(case: Case, verified: Exact) -> Iterator[tuple[str, str]]:
    """Appeals against a verdict without their decision."""
    stages: dict[tuple[str, str], set[str]] = {}
    for agency, code, stage in rows_of(case.tables["verdicts"], *CELL, "stage"):
        stages.setdefault((agency, code), set()).add(stage)
    yield from (cell for cell in rows_of(case.tables["appeals"], *CELL) if "appeal" not in stages.get(cell, {"appeal"}))


def unverified(case: Case, verified: Exact) -> Iterator[tuple[str, str]]:
    """Reported claims without a verdict."""
    for node in case.framework.leaves:
        states = verified.without_gates(node.code).states
        yield from ((a, node.code) for a, s in zip(verified.agencies, states, strict=True) if s == "not-verified")


def reopened(case: Case, verified: Exact) -> Iterator[tuple[str, str]]:
    """Claims that are others now, or have other documents, than when their last verdict judged them."""
    place = {agency: i for i, agency in enumerate(case.tables["agencies"]["agency"])}
    for node in case.framework.leaves:
        yield from ((a, node.code) for a in sorted(case.answers.reopened.get(node.code, ()), key=place.__getitem__))


SOURCES: dict[str, Callable[[Case, Exact], Iterator[tuple[str, str]]]] = {
    "reopened": reopened,
    "appealed": appealed,
    "unverified": unverified,
}  # kind -> the cells that are open for this; one of several kinds is of the first


def open_items(case: Case, scored: Scores | None = None) -> pd.DataFrame:
    """Every open item of a year and group, the largest claim first, those that count nothing last.

    scored   from `scores`; made here when not given

    Returns one row per agency and row of the index set: agency, indicator, kind (unverified: a reported claim without
    a verdict; appealed: an appeal without its decision; reopened: a claim that is another now than its verdict judged),
    counts (false where the row has no weight, does not apply, or stands behind a gate that stays closed:
    such an item holds nothing up), claimed (points by the rule; nan where the claim gives none), recognised (points
    of the verdict in force; nan without one), max_points (nan where the row has none), steps (verdicts so far). The
    number of rows is the number that the worklist, the status, the verification page and the brief tell. Source:
    contract.md, "What counts" and "Settled readings".
    """
    claimed = scored.claimed if scored else evaluate(case, "claimed")
    verified = scored.verified if scored else evaluate(case, "verified")
    place = {agency: i for i, agency in enumerate(verified.agencies)}
    maxima, weights = row_maxima(case), case.framework.global_weights()
    steps = case.tables["verdicts"].groupby(CELL).size().to_dict()

    deciding = {code: case.framework.decides(code) for code in case.framework.gates}

    def counts(node: Node, agency: str) -> bool:
        """A row behind a gate that stays closed holds nothing up; one that may open or close a gate does."""
        weighs = weights.get(node.code, 0) > 0 or node.role in ("bonus", "penalty")
        if closed(node.code, agency) and not any((agency, code) in kinds for code in deciding[node.code]):
            return False
        return (weighs or opens(node.code)) and agency not in case.answers.exempt.get(node.code, ())

    def closed(code: str, agency: str) -> bool:
        return code in deciding and verified.columns[code].states[place[agency]] == CLOSED

    def opens(code: str) -> bool:
        return any(code in before and weights.get(behind, 0) > 0 for behind, before in deciding.items())

    def points(exact: Exact, code: str, i: int) -> float:
        values = values_of(exact, code)
        share = values.shares[i]
        if share is None or values.states[i] not in VALUED:
            return NAN
        return float(rounded(share * maxima.get(code, ONE), case.settings.points_decimals, case.settings.half))

    kinds: dict[tuple[str, str], str] = {}
    for kind, source in SOURCES.items():
        for cell in source(case, verified):
            kinds.setdefault(cell, kind)
    rows = [
        (
            *(agency, code, kind, counts(case.framework.nodes[code], agency)),
            *(points(exact, code, place[agency]) for exact in (claimed, verified)),
            *(float(maxima.get(code, NAN)), steps.get((agency, code), 0)),
        )
        for (agency, code), kind in kinds.items()
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS).astype({"counts": bool})
    order = {"by": ["counts", "claimed", *CELL], "ascending": [False, False, True, True]}
    return frame.sort_values(**order, kind="stable").reset_index(drop=True)
