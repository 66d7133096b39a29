"""What counts: the final value of every leaf, from claims and verdicts, and its share by the rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

from ..case import Case
from ..case.answered import EXEMPT, Answers
from ..case.answers import Wrong, quotient_of
from ..case.framework import Node
from ..errors import Finding, Refusal
from ..rules import ONE

ON = ("verified", "current", "claimed")
OPEN = ("not-verified", "reopened")  # states of what waits for a verdict
ABSENT = "absent"  # the state of a row that an agency does not have
Finished = Mapping[str, list[tuple[Fraction | None, str]]]  # reference -> (share, state) of every agency
NOTHING_TAKEN: Finished = MappingProxyType({})


@dataclass(frozen=True)
class Leaf:
    """One leaf for every agency, in the order of agencies.csv.

    shares   share of the maximum (bonus, penalty: signed points); None without one
    states   verified, claimed, measured, missing, not-applicable, not-verified, reopened, not-scored, absent (the
             agency does not have the row: it is one of other lists)
    """

    shares: list[Fraction | None]
    states: list[str]


def basis(case: Case, on: str | None) -> str:
    """The `on` that applies; refuses an unknown one."""
    on = on or case.default_on
    if on not in ON:
        raise Refusal([Finding("E_PARAM", "on_unknown", column="on", value=str(on), facts={"allowed": ", ".join(ON)})])
    return on


def leaf(case: Case, node: Node, answers: Answers, on: str, finished: Finished = NOTHING_TAKEN) -> Leaf:
    """Final values and shares of one leaf.

    finished   what rows take from other folders of the year (`exact.finished`)
    """
    agencies = case.tables["agencies"]["agency"].tolist()
    absent = answers.absent.get(node.code, frozenset())
    if node.role == "none" or (node.role == "score" and not node.scored):
        return Leaf([None] * len(agencies), [ABSENT if a in absent else "not-scored" for a in agencies])
    if node.taken:
        return by_group(node, *taken(case, node, agencies, finished))
    claims = answers.claims.get(node.code, {})
    verdicts = answers.verdicts.get(node.code, {}) if on != "claimed" else {}
    reopened = answers.reopened.get(node.code, {}) if verdicts else {}
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
            state = ABSENT if agency in absent else "not-applicable"
        elif verdict is None and claim is None:
            state = "missing"
        elif verdict is None and waits:
            state = "not-verified"
        elif waits and agency in reopened:
            state = "reopened"
        else:
            state = given if verdict is None or given == "measured" else "verified"
            x, share = read(reopened.get(agency, claim) if reopened else claim, verdict)
            if x is None and share is None:
                state = "missing"
            elif x is EXEMPT:
                x, state = None, "not-applicable"
        inputs.append(x)
        shares.append(share)
        states.append(state)
    return by_group(node, inputs, shares, states)


def by_group(node: Node, inputs: list[Fraction | None], shares: list[Fraction | None], states: list[str]) -> Leaf:
    """A leaf whose shares, where its rule looks at the group, follow from all its values together."""
    if node.rule.group:
        by_rule = node.rule.exact(inputs)
        shares = [by_rule[i] if share is None else share for i, share in enumerate(shares)]
    return Leaf(shares, states)


def taken(
    case: Case, node: Node, agencies: list[str], finished: Finished
) -> tuple[list[Fraction | None], list[Fraction | None], list[str]]:
    """(values, shares, states) of a row whose figures are scores of other folders, as shares of their own maxima. What
    has no score there yet has none here. Raises Refusal for figures that the rule cannot take."""
    exempt, file = case.answers.exempt.get(node.code, {}), f"{case.year}/{case.group}/indicators.csv"
    inputs: list[Fraction | None] = []
    shares: list[Fraction | None] = []
    states: list[str] = []
    wrong: list[Finding] = []
    for agency, pair in zip(agencies, zip(*(finished[of] for of in node.taken), strict=True), strict=True):
        x = share = None
        state = "measured"
        if agency in exempt:
            state = ABSENT if agency in case.answers.absent.get(node.code, ()) else "not-applicable"
        elif any(found is None for found, _ in pair):
            state = "missing" if not any(of in OPEN for _, of in pair) else "not-verified"
        else:
            a, b = (*(found for found, _ in pair if found is not None), ONE)[:2]
            try:
                x, share, state = by_policy(quotient_of(node, a, b, case.settings))
            except Wrong as no:
                value = f"{agency}: {float(a):g} / {float(b):g}"
                wrong.append(
                    Finding(no.code, no.reason, file, node.row, "a_from", value, {"code": node.code, **no.facts})
                )
        inputs.append(x)
        shares.append(node.rule.share(x) if x is not None and not node.rule.group else share)
        states.append(state)
    if wrong:
        raise Refusal(wrong)
    return inputs, shares, states


def by_policy(x: Fraction | str) -> tuple[Fraction | None, Fraction | None, str]:
    """(value, share, state) of what `quotient_of` gives."""
    if not isinstance(x, str):
        return x, None, "measured"
    return None, None if x == "exempt" else Fraction(x == "full"), "not-applicable" if x == "exempt" else "measured"
