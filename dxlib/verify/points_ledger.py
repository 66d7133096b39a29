"""The ledger in points: what was claimed, what each verdict made of it, what was contested and how it ended.

One row per agency and reported row of the index set that was claimed or decided. Everything else in this room
starts from this table; nothing in it is ever overwritten, because verdicts.csv is only added to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import pandas as pd

from ..case import Case
from ..case.answered import Cells, steps_of
from ..case.framework import Node, optional
from ..index import Exact, evaluate
from ..index.exact import Column, closed_by
from ..index.values import OPEN, Leaf, leaf
from ..schema import EVIDENCE

COLUMNS = [
    "agency", "scope", "pillar", "indicator", "max_points", "claimed", "excess", "stated", "first", "final", "steps",
    "state", "first_reason", "reason", "verifier", "decider", "submitted_on", "verified_on", "appealed_on",
    "decided_on",
]  # fmt: skip
STEP_COLUMNS = ["agency", "indicator", "step", "stage", "points_share", "reason", "decided_by", "decided_on"]
VALUED = ("claimed", "verified", "measured")
NAN = float("nan")
CELL = ["agency", "indicator"]


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


def reported_leaves(case: Case) -> Iterator[tuple[Node, Fraction | None]]:
    """(leaf, what it is worth in points) of every reported row that counts; None for bonus and penalty rows."""
    maxima = row_maxima(case)
    for node in case.framework.leaves:
        if node.source == "reported" and (node.code in maxima or node.role in ("bonus", "penalty")):
            yield node, maxima.get(node.code)


def worth(values: Column | Leaf, i: int, maximum: Fraction | None) -> float:
    """Points of one agency on one leaf; nan without a value."""
    return in_points(values.shares[i], maximum) if values.states[i] in VALUED else NAN


def in_column(values: Column | Leaf, maximum: Fraction | None) -> list[float]:
    """`worth` of every agency, (N,)."""
    return [
        in_points(share, maximum) if state in VALUED else NAN
        for share, state in zip(values.shares, values.states, strict=True)
    ]


def in_points(share: Fraction | None, maximum: Fraction | None) -> float:
    """A share of the maximum in points; bonus and penalty rows (no maximum) hold points already. nan without a share.

    Whole numbers are divided once, which rounds correctly: the float is that of the exact product.
    """
    if share is None:
        return NAN
    if maximum is None:
        return share.numerator / share.denominator
    return (share.numerator * maximum.numerator) / (share.denominator * maximum.denominator)


def values_of(exact: Exact, code: str) -> Column | Leaf:
    """One row of the index set for every agency, as its own answers have it: what verification judges, gates or not."""
    return exact.without_gates(code)


@dataclass(frozen=True)
class Scores:
    """The exact scores of a case on claims, on verdicts, and as they stand now; made once, used by all.

    earlier   (agency, indicator, step) -> share after every verdict but the last (bonus, penalty: points)
    """

    claimed: Exact
    verified: Exact
    current: Exact
    earlier: dict[tuple[str, str, int], Fraction | None]


def scores(case: Case) -> Scores:
    """The case scored three times; where no claim waits for a verdict, what stands now is what is verified.

    Source: contract.md, "What counts".
    """
    claimed, verified = evaluate(case, "claimed"), evaluate(case, "verified")
    leaves = (values_of(verified, node.code) for node in case.framework.leaves)
    waiting = any(not set(OPEN).isdisjoint(values.states) for values in leaves)
    return Scores(claimed, verified, evaluate(case, "current") if waiting else verified, earlier(case))


def earlier(case: Case) -> dict[tuple[str, str, int], Fraction | None]:
    """(agency, indicator, step) -> share after every verdict but the last (bonus, penalty: points)."""
    verdicts, answers = case.tables["verdicts"], case.answers
    several: dict[tuple[str, str], list[Cells]] = {}
    for step in steps_of(verdicts[verdicts.duplicated(CELL, keep=False)], case.framework):
        several.setdefault((step.agency, step.code), []).append(step.cells)
    place = {agency: i for i, agency in enumerate(case.tables["agencies"]["agency"])} if several else {}
    found: dict[tuple[str, str, int], Fraction | None] = {}
    for (agency, code), steps in several.items():
        node = case.framework.nodes[code]
        for k, decided in enumerate(steps[:-1], start=1):
            if node.rule.group:  # the others stand as they do now
                then = {**answers.verdicts.get(code, {}), agency: decided}
                values = leaf(case, node, replace(answers, verdicts={**answers.verdicts, code: then}), "verified")
                found[agency, code, k] = values.shares[place[agency]]
            else:
                claim, _ = answers.counting(code, agency)
                found[agency, code, k] = answers.readers[code](claim, decided)[1]
    return found


def cells(frame: pd.DataFrame, agencies: Sequence[str], codes: Sequence[str]) -> np.ndarray:
    """Where every row of a table stands in the grid of agencies by rows of the index set, counted through agency by
    agency; -1 outside."""
    i, j = pd.Index(agencies).get_indexer(frame["agency"]), pd.Index(codes).get_indexer(frame["indicator"])
    return np.where((i < 0) | (j < 0), -1, i * len(codes) + j)


def last_rows(at: np.ndarray, size: int) -> np.ndarray:
    """The last row of a table that stands in each cell of a grid; -1 for none.  at: from `cells`."""
    found = np.full(size, -1)
    found[at[at >= 0]] = np.flatnonzero(at >= 0)
    return found


def first_rows(at: np.ndarray, size: int) -> np.ndarray:
    """The first row of a table that stands in each cell of a grid; -1 for none.  at: from `cells`."""
    found = last_rows(at[::-1], size)
    return np.where(found < 0, -1, len(at) - 1 - found)


def texts(frame: pd.DataFrame, column: str, rows: np.ndarray) -> np.ndarray:
    """The text of a column in each of the rows; "" for the row -1."""
    return np.append(frame[column].to_numpy(object), "")[rows]


def ledger(case: Case, scored: Scores | None = None) -> pd.DataFrame:
    """Claim, first verdict, final verdict of every reported row that was claimed or decided.

    scored   from `scores`; made here when not given

    Returns one row per agency (order of agencies.csv) and leaf (tree order):
    agency, scope, pillar (the top row above), indicator, max_points (nan for bonus and penalty rows);
    claimed    points the rule gives for the claim's own figures; nan without a claim, or where 0/0 makes the row not
               apply. On a row scored against the group an accepted claim counts as the verdict
    excess     points by which the claim can be too high: those claimed; of a penalty those of its cap that are not
               declared (without a cap: those of one case, where none is declared); none where not above 0
    stated     points the agency wrote as its own sum; nan where it wrote none
    first, final   points after the first and the last verdict; nan without one
    steps      number of verdicts; state   open (a claim without verdict), verified, disputed (an appeal
               without its decision) or decided (an appeal with it)
    first_reason, reason   codes of the first and the last verdict that gives one
    verifier, decider      who decided the first and the last step (roles)
    gate   rows that are not met as it stands, so that this one counts 0 all the same; only in a set with gates
    submitted_on, verified_on (first verdict), appealed_on, decided_on (last verdict): ISO dates, "" without

    Points are floats of exact fractions. Source: the steps of appraisal in issued provincial decisions (self
    score, verdict, appeal, decision), as contract.md has them; points by the rules of the index set.
    """
    scored = scored or scores(case)
    agencies, leaves, tables = scored.claimed.agencies, list(reported_leaves(case)), case.tables
    codes, size = [node.code for node, _ in leaves], len(agencies) * len(leaves)
    claims, verdicts, appeals = (tables[name] for name in ("claims", "verdicts", "appeals"))
    at = cells(verdicts, agencies, codes)
    done = np.bincount(at[at >= 0], minlength=size)
    claimed, final = in_points_of_all(case, scored, leaves)
    first = final.copy()
    for cell in np.flatnonzero(done > 1).tolist():
        i, j = divmod(cell, len(leaves))
        first[cell] = in_points(scored.earlier[agencies[i], codes[j], 1], leaves[j][1])
    missing = [[state == "missing" for state in values_of(scored.claimed, code).states] for code in codes]
    exempt = [[agency in case.answers.exempt.get(code, ()) for agency in agencies] for code in codes]
    kept = ~agency_by_agency(exempt, bool) & ((done > 0) | ~agency_by_agency(missing, bool))
    claim = last_rows(cells(claims, agencies, codes), size)
    appeal = last_rows(cells(appeals, agencies, codes), size)
    began, ended = first_rows(at, size), last_rows(at, size)
    reasoned = np.where(verdicts["reason"] != "", at, -1)
    heard = last_rows(np.where(verdicts["stage"] == "appeal", at, -1), size) >= 0
    pillars = {code: top for top in case.framework.tops for code in case.framework.below(top)}

    def of_leaves(values: list) -> np.ndarray:
        return np.tile(np.array(values, object), len(agencies))

    own = np.where(of_leaves(["points" in node.rule.reads for node, _ in leaves]), "", texts(claims, "points", claim))
    written = {text: in_points(optional(text), None) for text in set(own.tolist())}
    columns = {
        "agency": np.repeat(np.array(agencies, object), len(leaves)),
        "scope": np.repeat(tables["agencies"]["scope"].to_numpy(object), len(leaves)),
        "pillar": of_leaves([pillars[code] for code in codes]),
        "indicator": of_leaves(codes),
        "max_points": of_leaves([in_points(maximum, None) for _, maximum in leaves]).astype(float),
        "claimed": claimed,
        "excess": claimed + of_leaves([in_points(node.rule.undeclared, None) for node, _ in leaves]).astype(float),
        "stated": np.array([written[text] for text in own.tolist()], float),
        "first": np.where(done > 0, first, NAN),
        "final": np.where(done > 0, final, NAN),
        "steps": done,
        "state": np.select([done == 0, heard, appeal >= 0], ["open", "decided", "disputed"], "verified").astype(object),
        "first_reason": texts(verdicts, "reason", first_rows(reasoned, size)),
        "reason": texts(verdicts, "reason", last_rows(reasoned, size)),
        "verifier": texts(verdicts, "decided_by", began),
        "decider": texts(verdicts, "decided_by", ended),
        "submitted_on": texts(claims, "submitted_on", claim),
        "verified_on": texts(verdicts, "decided_on", began),
        "appealed_on": texts(appeals, "submitted_on", appeal),
        "decided_on": texts(verdicts, "decided_on", ended),
    }
    if case.framework.gates:
        columns["gate"] = agency_by_agency([gates_of(case, scored.current, code) for code in codes], object)
    more = [name for name in columns if name not in COLUMNS]
    return table({name: column[kept] for name, column in columns.items()}, [*COLUMNS, *more])


def gates_of(case: Case, exact: Exact, code: str) -> list[str]:
    """The rows that are not met and so close a row, agency by agency; "" where none does."""
    closing = (closed_by(case.framework, exact, code, i) for i in range(len(exact.agencies)))
    return ["; ".join(dict.fromkeys(gate.code for gate in gates)) for gates in closing]


def in_points_of_all(
    case: Case, scored: Scores, leaves: Sequence[tuple[Node, Fraction | None]]
) -> tuple[np.ndarray, np.ndarray]:
    """Points claimed and points found in every cell of the grid of `cells`, nan without a value."""
    claimed, final = [], []
    for node, maximum in leaves:
        said, found = (in_column(values_of(exact, node.code), maximum) for exact in (scored.claimed, scored.verified))
        if node.rule.group:  # what moved on a row scored against the group is the others' doing
            accepted = [case.answers.accepted(node.code, agency) for agency in scored.claimed.agencies]
            said = [b if same else a for a, b, same in zip(said, found, accepted, strict=True)]
        claimed.append(said)
        final.append(found)
    return agency_by_agency(claimed, float), agency_by_agency(final, float)


def agency_by_agency(columns: Sequence[Sequence], kind: type) -> np.ndarray:
    """Columns of agencies, one per row of the index set, as the cells of the grid of `cells`."""
    return np.array(columns, kind).T.ravel()


def table(columns: Mapping[str, Sequence | np.ndarray], order: list[str]) -> pd.DataFrame:
    """A table of columns (n,); one without rows knows no types."""
    frame = pd.DataFrame(dict(columns), columns=order)
    return frame if len(frame) else frame.astype(object)


def steps(case: Case, scored: Scores | None = None) -> pd.DataFrame:
    """Every verdict of the ledger with what it makes of its row.

    scored   from `scores`; made here when not given

    Returns one row per verdict, in the order of verdicts.csv, those of a cell together: agency, indicator, step (int),
    stage, points_share (float, share of the row's maximum after that step; nan for bonus and penalty rows, and where
    the row has no value), reason, decided_by, decided_on. Source: contract.md, "What counts".
    """
    scored = scored or scores(case)
    agencies = scored.verified.agencies
    codes = [node.code for node, maximum in reported_leaves(case) if maximum]
    verdicts = case.tables["verdicts"]
    cell = verdicts.groupby(CELL, sort=False).ngroup().to_numpy()
    order = np.argsort(cell, kind="stable")
    verdicts, cell = verdicts.iloc[order], cell[order]
    starts = np.searchsorted(cell, cell)
    step, last = np.arange(len(cell)) - starts + 1, np.diff(cell, append=-1) != 0
    at = cells(verdicts, agencies, codes)
    shares = [in_column(values_of(scored.verified, code), None) for code in codes]
    share = np.append(agency_by_agency(shares, float), NAN)[at]
    columns = {name: verdicts[name].to_numpy(object) for name in (*CELL, "stage", "reason", "decided_by", "decided_on")}
    for row in np.flatnonzero(~last & (at >= 0)).tolist():
        key = (columns["agency"][row], columns["indicator"][row], int(step[row]))
        share[row] = in_points(scored.earlier[key], None)
    return table({**columns, "step": step, "points_share": share}, STEP_COLUMNS)


def grades(case: Case) -> dict[str, list[float]]:
    """All shares that a row of few grades can give, by code (options, yes or no, parts, steps): the full list.

    Source: Cohen (1968), Psychological Bulletin 70: weighted agreement needs the whole scale, used or not.
    """
    few = ((node.code, node.rule.grades) for node, _ in reported_leaves(case))
    return {code: sorted(map(float, shares)) for code, shares in few if shares}


def asking(case: Case) -> set[str]:
    """Codes of the rows that ask for evidence: those whose column of evidence says which.

    Source: contract.md, indicators.csv; the column of supporting documents in issued index sets.
    """
    rows = case.indicators
    return set(rows.loc[rows[EVIDENCE] != "", "code"])
