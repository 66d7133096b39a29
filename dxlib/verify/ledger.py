"""The ledger in points: what was claimed, what each verdict made of it, what was contested and how it ended.

One row per agency and reported row of the index set that was claimed or decided. Everything else in this room
starts from this table; nothing in it is ever overwritten, because verdicts.csv is only added to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import pandas as pd

from ..case import Case
from ..case.answers import ANSWER
from ..case.checks import records
from ..case.framework import Node, optional
from ..index.values import Answers, Leaf, leaf, read_answers
from ..rules import ONE, ZERO, Options, Parts, Steps

COLUMNS = [
    "agency", "scope", "pillar", "indicator", "max_points", "claimed", "stated", "first", "final", "steps", "state",
    "first_reason", "reason", "verifier", "decider", "submitted_on", "verified_on", "appealed_on", "decided_on",
]  # fmt: skip
STEP_COLUMNS = ["agency", "indicator", "step", "stage", "points_share", "reason", "decided_by", "decided_on"]
VALUED = ("claimed", "verified", "measured")
CLAIM = ("agency", "indicator", "points", "submitted_on")
NO_CLAIM = dict.fromkeys(CLAIM, "")
NO_VERDICT = {"decided_by": "", "decided_on": ""}
NAN = float("nan")
MOST_PARTS = 8  # more parts make more grades than a table of grades can hold
Chains = dict[tuple[str, str], list[dict[str, str]]]


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


def worth(values: Leaf, i: int, maximum: Fraction | None) -> Fraction | None:
    """Points of one agency on one leaf; None without a value."""
    share = values.shares[i]
    if values.states[i] not in VALUED or share is None:
        return None
    return share if maximum is None else share * maximum


def chains(case: Case) -> Chains:
    """(agency, indicator) -> its verdicts in the order of their steps."""
    found: Chains = {}
    for _, verdict in records(case.tables["verdicts"]):
        found.setdefault((verdict["agency"], verdict["indicator"]), []).append(verdict)
    return found


def after_steps(answers: Answers, chains: Chains, keep: int) -> Answers:
    """The answers as they stood after at most `keep` verdicts."""
    verdicts: dict[str, dict[str, tuple[str, ...]]] = {}
    for (agency, code), steps in chains.items():
        verdicts.setdefault(code, {})[agency] = tuple(steps[:keep][-1][c] for c in ANSWER)
    return replace(answers, verdicts=verdicts)


def ledger(case: Case) -> pd.DataFrame:
    """Claim, first verdict, final verdict of every reported row that was claimed or decided.

    Returns one row per agency (order of agencies.csv) and leaf (tree order):
    agency, scope, pillar (the top row above), indicator, max_points (nan for bonus and penalty rows);
    claimed    points the rule gives for the claim's own figures; nan without a claim
    stated     points the agency wrote as its own sum; nan where it wrote none
    first, final   points after the first and the last verdict; nan without one
    steps      number of verdicts; state   open (a claim without verdict), verified, disputed (an appeal
               without its decision) or decided (an appeal with it)
    first_reason, reason   codes of the first and the last verdict that gives one
    verifier, decider      who decided the first and the last step (roles)
    submitted_on, verified_on (first verdict), appealed_on, decided_on (last verdict): ISO dates, "" without

    Points are floats of exact fractions. Source: the steps of appraisal in issued provincial decisions (self
    score, verdict, appeal, decision), as contract.md has them; points by the rules of the index set.
    """
    answers, steps = read_answers(case, "verified"), chains(case)
    said, opening = replace(answers, verdicts={}), after_steps(answers, steps, 1)
    agencies = case.tables["agencies"]
    claims = {(c["agency"], c["indicator"]): c for _, c in records(case.tables["claims"], CLAIM)}
    appeals = {(a["agency"], a["indicator"]): a["submitted_on"] for _, a in records(case.tables["appeals"])}
    columns = [
        (
            node,
            maximum,
            [leaf(case, node, *how) for how in ((said, "claimed"), (opening, "verified"), (answers, "verified"))],
        )
        for node, maximum in reported_leaves(case)
    ]
    pillars = {code: top for top in case.framework.tops for code in case.framework.below(top)}
    rows = []
    for i, (agency, scope) in enumerate(zip(agencies["agency"], agencies["scope"], strict=True)):
        for node, maximum, values in columns:
            key = (agency, node.code)
            claim, done = claims.get(key, NO_CLAIM), steps.get(key, [])
            claimed, first, final = (worth(v, i, maximum) for v in values)
            if values[2].states[i] == "not-applicable" or (not done and claimed is None):
                continue
            own = optional(claim["points"]) if node.rule.takes != "points" else None
            reasons = [step["reason"] for step in done if step["reason"]] or [""]
            points = [maximum, claimed, own, *((first, final) if done else (None, None))]
            ends = (done[0], done[-1]) if done else (NO_VERDICT, NO_VERDICT)
            rows.append(
                (
                    *(agency, scope, pillars[node.code], node.code),
                    *(NAN if x is None else x.numerator / x.denominator for x in points),
                    *(len(done), state(key in appeals, done), reasons[0], reasons[-1]),
                    *(end["decided_by"] for end in ends),
                    *(claim["submitted_on"], ends[0]["decided_on"], appeals.get(key, ""), ends[1]["decided_on"]),
                )
            )
    return pd.DataFrame(rows, columns=COLUMNS)


def state(appealed: bool, steps: list[dict[str, str]]) -> str:
    if not steps:
        return "open"
    if any(step["stage"] == "appeal" for step in steps):
        return "decided"
    return "disputed" if appealed else "verified"


def steps(case: Case) -> pd.DataFrame:
    """Every verdict of the ledger with what it makes of its row.

    Returns one row per verdict, in the order of verdicts.csv: agency, indicator, step (int), stage,
    points_share (float, share of the row's maximum after that step; nan for bonus and penalty rows, and where
    the row has no value), reason, decided_by, decided_on. Source: contract.md, "What counts".
    """
    answers, found = read_answers(case, "verified"), chains(case)
    longest = max((len(chain) for chain in found.values()), default=0)
    place = {agency: i for i, agency in enumerate(case.tables["agencies"]["agency"])}
    scored = [node for node, maximum in reported_leaves(case) if maximum is not None]
    shares: dict[tuple[str, str, int], float] = {}
    for k in range(1, longest + 1):
        so_far = {key: chain for key, chain in found.items() if len(chain) >= k}
        after = after_steps(answers, found, k)
        touched = {code for _, code in so_far}
        columns = {node.code: leaf(case, node, after, "verified") for node in scored if node.code in touched}
        for agency, code in so_far:
            share = columns[code].shares[place[agency]] if code in columns else None
            shares[agency, code, k] = NAN if share is None else float(share)
    rows = [
        (*key, k, s["stage"], shares[(*key, k)], s["reason"], s["decided_by"], s["decided_on"])
        for key, chain in found.items()
        for k, s in enumerate(chain, start=1)
    ]
    return pd.DataFrame(rows, columns=STEP_COLUMNS)


def grades(case: Case) -> dict[str, list[float]]:
    """All shares that a row of few grades can give, by code (options, yes or no, parts, steps): the full list.

    Source: Cohen (1968), Psychological Bulletin 70: weighted agreement needs the whole scale, used or not.
    """
    found: dict[str, list[float]] = {}
    for node, _ in reported_leaves(case):
        rule = node.rule
        if isinstance(rule, Parts):
            sums = {ZERO}
            for _, share in rule.shares[:MOST_PARTS]:
                sums |= {min(s + share, ONE) for s in sums}
            found[node.code] = sorted(float(s) for s in sums)
        elif isinstance(rule, Options):
            found[node.code] = sorted({float(share) for _, share in rule.shares})
        elif isinstance(rule, Steps):
            found[node.code] = sorted({0.0, *(float(share) for *_, share in rule.steps)})
    return found


def asking(case: Case) -> set[str]:
    """Codes of the rows that ask for evidence: those whose `evidence_vi` says which.

    Source: contract.md, indicators.csv; the column of supporting documents in issued index sets.
    """
    rows = case.indicators
    return set(rows.loc[rows["evidence_vi"] != "", "code"])
