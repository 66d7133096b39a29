"""What counts: the final value of every leaf, from claims and verdicts, and its share by the rule."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ..case import Case
from ..case.answers import ANSWER, merged, override, value
from ..case.framework import Node
from ..errors import Finding, Refusal

ON = ("verified", "current", "claimed")
Cells = tuple[str, ...]
BLANK = ("",) * len(ANSWER)
EXEMPT = Fraction(-1)  # stands (by identity) for 0/0 under `zero_over_zero = "exempt"`: the row does not apply


@dataclass(frozen=True)
class Leaf:
    """One leaf for every agency, in the order of agencies.csv.

    shares   share of the maximum (bonus, penalty: signed points); None without one
    states   verified, claimed, measured, missing, not-applicable, not-verified, not-scored
    """

    shares: list[Fraction | None]
    states: list[str]


@dataclass(frozen=True)
class Answers:
    """Claims (those that say something) and last verdicts, by leaf and agency; agencies a leaf does not apply to."""

    claims: dict[str, dict[str, Cells]]
    verdicts: dict[str, dict[str, Cells]]
    exempt: dict[str, set[str]]


def basis(case: Case, on: str | None) -> str:
    """The `on` that applies; refuses an unknown one."""
    on = on or case.default_on
    if on not in ON:
        raise Refusal([Finding("E_PARAM", "on_unknown", column="on", value=str(on), facts={"allowed": ", ".join(ON)})])
    return on


def read_answers(case: Case, on: str) -> Answers:
    """The answers of a case, ready to be looked up. The last verdict of a cell is the one that counts."""
    found: dict[str, dict[str, dict[str, Cells]]] = {"claims": {}, "verdicts": {}}
    for name in found if on != "claimed" else ["claims"]:
        frame = case.tables[name]
        keys = zip(frame["agency"], frame["indicator"], strict=True)
        for (agency, code), cells in zip(keys, zip(*(frame[c] for c in ANSWER), strict=True), strict=True):
            if name == "verdicts" or any(cells):
                found[name].setdefault(code, {})[agency] = cells
    exempt: dict[str, set[str]] = {}
    for agency, code in case.exempt:
        exempt.setdefault(code, set()).add(agency)
    return Answers(found["claims"], found["verdicts"], exempt)


def leaf(case: Case, node: Node, answers: Answers, on: str) -> Leaf:
    """Final values and shares of one leaf."""
    agencies = case.tables["agencies"]["agency"].tolist()
    if node.role == "none" or (node.role == "score" and not node.scored):
        return Leaf([None] * len(agencies), ["not-scored"] * len(agencies))
    claims, verdicts = answers.claims.get(node.code, {}), answers.verdicts.get(node.code, {})
    exempt = answers.exempt.get(node.code, set())
    read = Reader(case, node)
    given = "claimed" if node.source == "reported" else "measured"
    waits = given == "claimed" and on == "verified"
    inputs: list[Fraction | None] = []
    fixed: list[tuple[int, Fraction]] = []
    states: list[str] = []
    for i, agency in enumerate(agencies):
        claim, verdict = claims.get(agency), verdicts.get(agency)
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
        if share is not None:
            fixed.append((i, share))
        inputs.append(x)
        states.append(state)
    shares = node.rule.exact(inputs)
    for i, share in fixed:
        shares[i] = share
    return Leaf(shares, states)


class Reader:
    """Reads each distinct answer to one leaf once."""

    def __init__(self, case: Case, node: Node):
        self.node, self.settings = node, case.settings
        self.scale = node.maximum or case.framework.total
        self.seen: dict[tuple, tuple] = {}

    def __call__(self, claim: Cells | None, verdict: Cells | None) -> tuple[Fraction | None, Fraction | None]:
        """(value the rule takes, share that does not come from the rule)."""
        key = (claim, verdict)
        found = self.seen.get(key)
        if found is None:
            found = self.seen[key] = self.read(claim, verdict)
        return found

    def read(self, claim: Cells | None, verdict: Cells | None) -> tuple[Fraction | None, Fraction | None]:
        answer = dict(zip(ANSWER, claim or BLANK, strict=True))
        if verdict is not None:
            decided = dict(zip(ANSWER, verdict, strict=True))
            share = override(self.node, decided, self.scale)
            if share is not None:
                return None, share
            answer = merged(answer, decided)
        x = value(self.node, answer, self.settings)
        if isinstance(x, str):  # the policy for 0/0
            return (EXEMPT, None) if x == "exempt" else (None, Fraction(x == "full"))
        return x, None
