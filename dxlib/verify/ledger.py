"""The ledger in points: what was claimed, what each verdict made of it, what was contested and how it ended.

One row per agency and reported row of the index set that was claimed or decided. Everything else in this room
starts from this table; nothing in it is ever overwritten, because verdicts.csv is only added to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import pandas as pd

from ..case import Case
from ..case.answers import ANSWER
from ..case.checks import records
from ..case.framework import Node, optional
from ..index import Exact, evaluate
from ..index.score import Column
from ..index.values import Leaf, leaf
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


def worth(values: Column | Leaf, i: int, maximum: Fraction | None) -> float:
    """Points of one agency on one leaf; nan without a value."""
    return in_points(values.shares[i], maximum) if values.states[i] in VALUED else NAN


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
    """One row of the index set for every agency."""
    return exact.extra[code] if code in exact.extra else exact.columns[code]


def chains(case: Case) -> Chains:
    """(agency, indicator) -> its verdicts in the order of their steps."""
    found: Chains = {}
    for _, verdict in records(case.tables["verdicts"]):
        found.setdefault((verdict["agency"], verdict["indicator"]), []).append(verdict)
    return found


@dataclass(frozen=True)
class Scores:
    """The exact scores of a case on claims, on verdicts, and as they stand now; made once, used by all.

    chains    (agency, indicator) -> its verdicts in the order of their steps
    earlier   (agency, indicator, step) -> share after every verdict but the last (bonus, penalty: points)
    """

    claimed: Exact
    verified: Exact
    current: Exact
    chains: Chains
    earlier: dict[tuple[str, str, int], Fraction | None]


def scores(case: Case) -> Scores:
    """The case scored three times; where no claim waits for a verdict, what stands now is what is verified.

    Source: contract.md, "What counts".
    """
    claimed, verified = evaluate(case, "claimed"), evaluate(case, "verified")
    leaves = (values_of(verified, node.code) for node in case.framework.leaves)
    waiting = any("not-verified" in values.states for values in leaves)
    found = chains(case)
    return Scores(claimed, verified, evaluate(case, "current") if waiting else verified, found, earlier(case, found))


def earlier(case: Case, chains: Chains) -> dict[tuple[str, str, int], Fraction | None]:
    """(agency, indicator, step) -> share after every verdict but the last (bonus, penalty: points)."""
    several = {key: steps for key, steps in chains.items() if len(steps) > 1}
    if not several:
        return {}
    answers = case.answers
    place = {agency: i for i, agency in enumerate(case.tables["agencies"]["agency"])}
    found: dict[tuple[str, str, int], Fraction | None] = {}
    for (agency, code), steps in several.items():
        node = case.framework.nodes[code]
        for k, step in enumerate(steps[:-1], start=1):
            decided = tuple(step[c] for c in ANSWER)
            if node.rule.group:  # the others stand as they do now
                then = {**answers.verdicts.get(code, {}), agency: decided}
                values = leaf(case, node, replace(answers, verdicts={**answers.verdicts, code: then}), "verified")
                found[agency, code, k] = values.shares[place[agency]]
            else:
                found[agency, code, k] = answers.readers[code](answers.claims.get(code, {}).get(agency), decided)[1]
    return found


def ledger(case: Case, told: Scores | None = None) -> pd.DataFrame:
    """Claim, first verdict, final verdict of every reported row that was claimed or decided.

    told   from `scores`; made here when not given

    Returns one row per agency (order of agencies.csv) and leaf (tree order):
    agency, scope, pillar (the top row above), indicator, max_points (nan for bonus and penalty rows);
    claimed    points the rule gives for the claim's own figures; nan without a claim, or where 0/0 makes the row not
               apply. On a row scored against the group an accepted claim counts as the verdict
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
    told = told or scores(case)
    steps = told.chains
    agencies, answers = case.tables["agencies"], case.answers
    claims = {(c["agency"], c["indicator"]): c for _, c in records(case.tables["claims"], CLAIM)}
    appeals = {(a["agency"], a["indicator"]): a["submitted_on"] for _, a in records(case.tables["appeals"])}
    columns = [
        (node, maximum, values_of(told.claimed, node.code), values_of(told.verified, node.code))
        for node, maximum in reported_leaves(case)
    ]
    pillars = {code: top for top in case.framework.tops for code in case.framework.below(top)}
    rows = []
    for i, (agency, scope) in enumerate(zip(agencies["agency"], agencies["scope"], strict=True)):
        for node, maximum, said, found in columns:
            key = (agency, node.code)
            claim, done = claims.get(key, NO_CLAIM), steps.get(key, [])
            claimed, final = worth(said, i, maximum), worth(found, i, maximum)
            if agency in answers.exempt.get(node.code, ()) or (not done and said.states[i] == "missing"):
                continue
            if node.rule.group and answers.accepted(node.code, agency):
                claimed = final  # what moved on a row scored against the group is the others' doing
            first = in_points(told.earlier[*key, 1], maximum) if len(done) > 1 else final
            own = optional(claim["points"]) if node.rule.takes != "points" else None
            reasons = [step["reason"] for step in done if step["reason"]] or [""]
            points = (
                in_points(maximum, None),
                claimed,
                in_points(own, None),
                *((first, final) if done else (NAN, NAN)),
            )
            ends = (done[0], done[-1]) if done else (NO_VERDICT, NO_VERDICT)
            rows.append(
                (
                    *(agency, scope, pillars[node.code], node.code),
                    *points,
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


def steps(case: Case, told: Scores | None = None) -> pd.DataFrame:
    """Every verdict of the ledger with what it makes of its row.

    told   from `scores`; made here when not given

    Returns one row per verdict, in the order of verdicts.csv: agency, indicator, step (int), stage,
    points_share (float, share of the row's maximum after that step; nan for bonus and penalty rows, and where
    the row has no value), reason, decided_by, decided_on. Source: contract.md, "What counts".
    """
    told = told or scores(case)
    place = {agency: i for i, agency in enumerate(told.verified.agencies)}
    scored = {node.code: told.verified.columns[node.code] for node, maximum in reported_leaves(case) if maximum}
    rows = []
    for (agency, code), chain in told.chains.items():
        for k, s in enumerate(chain, start=1):
            share = NAN
            if code in scored and k < len(chain):
                share = in_points(told.earlier[agency, code, k], None)
            elif code in scored:
                share = worth(scored[code], place[agency], None)
            cell = (agency, code, k, s["stage"], share)
            rows.append((*cell, s["reason"], s["decided_by"], s["decided_on"]))
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
