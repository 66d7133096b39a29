"""What counts: the final value of every leaf, from claims and verdicts, and its share by the rule."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ..case import Case
from ..case.answered import EXEMPT, Answers
from ..case.framework import Node
from ..errors import Finding, Refusal

ON = ("verified", "current", "claimed")


@dataclass(frozen=True)
class Leaf:
    """One leaf for every agency, in the order of agencies.csv.

    shares   share of the maximum (bonus, penalty: signed points); None without one
    states   verified, claimed, measured, missing, not-applicable, not-verified, not-scored
    """

    shares: list[Fraction | None]
    states: list[str]


def basis(case: Case, on: str | None) -> str:
    """The `on` that applies; refuses an unknown one."""
    on = on or case.default_on
    if on not in ON:
        raise Refusal([Finding("E_PARAM", "on_unknown", column="on", value=str(on), facts={"allowed": ", ".join(ON)})])
    return on


def leaf(case: Case, node: Node, answers: Answers, on: str) -> Leaf:
    """Final values and shares of one leaf."""
    agencies = case.tables["agencies"]["agency"].tolist()
    if node.role == "none" or (node.role == "score" and not node.scored):
        return Leaf([None] * len(agencies), ["not-scored"] * len(agencies))
    claims = answers.claims.get(node.code, {})
    verdicts = answers.verdicts.get(node.code, {}) if on != "claimed" else {}
    exempt = answers.exempt.get(node.code, {})
    read = answers.readers[node.code]
    given = "claimed" if node.source == "reported" else "measured"
    waits = given == "claimed" and on == "verified"
    inputs: list[Fraction | None] = []
    shares: list[Fraction | None] = []
    states: list[str] = []
    for agency, claim, verdict in zip(agencies, map(claims.get, agencies), map(verdicts.get, agencies), strict=True):
        x = share = None
        if agency in exempt:
            state = "not-applicable"
        elif verdict is None and claim is None:
            state = "missing"
        elif verdict is None and waits:
            state = "not-verified"
        else:
            state = given if verdict is None or given == "measured" else "verified"
            x, share = read(claim, verdict)
            if x is None and share is None:
                state = "missing"
            elif x is EXEMPT:
                x, state = None, "not-applicable"
        inputs.append(x)
        shares.append(share)
        states.append(state)
    if node.rule.group:
        by_rule = node.rule.exact(inputs)
        shares = [by_rule[i] if share is None else share for i, share in enumerate(shares)]
    return Leaf(shares, states)
