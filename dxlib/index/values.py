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


@dataclass(frozen=True)
class Leaf:
    """One leaf for every agency, in the order of agencies.csv.

    shares   share of the maximum (bonus, penalty: signed points); None without one
    states   verified, claimed, measured, missing, not-applicable, not-verified, not-scored
    inputs   what the rule read (None: nothing; also where a verdict's points override the rule)
    """

    shares: list[Fraction | None]
    states: list[str]
    inputs: list[Fraction | None]


@dataclass(frozen=True)
class Answers:
    """Claims and last verdicts by leaf and agency."""

    claims: dict[str, dict[str, Cells]]
    verdicts: dict[str, dict[str, Cells]]
    exempt: dict[tuple[str, str], str]


def basis(case: Case, on: str | None) -> str:
    """The `on` that applies; refuses an unknown one."""
    on = on or case.default_on
    if on not in ON:
        raise Refusal([Finding("E_PARAM", "on_unknown", column="on", value=str(on), facts={"allowed": ", ".join(ON)})])
    return on


def read_answers(case: Case) -> Answers:
    """The answers of a case, ready to be looked up. The last verdict of a cell is the one that counts."""
    claims: dict[str, dict[str, Cells]] = {}
    frame = case.tables["claims"]
    for agency, code, *cells in zip(*(frame[c] for c in ("agency", "indicator", *ANSWER)), strict=True):
        claims.setdefault(code, {})[agency] = tuple(cells)
    verdicts: dict[str, dict[str, Cells]] = {}
    frame = case.tables["verdicts"]
    for agency, code, *cells in zip(*(frame[c] for c in ("agency", "indicator", *ANSWER)), strict=True):
        verdicts.setdefault(code, {})[agency] = tuple(cells)
    return Answers(claims, verdicts, case.exempt)


def leaf(case: Case, node: Node, answers: Answers, on: str) -> Leaf:
    """Final values and shares of one leaf."""
    agencies = case.tables["agencies"]["agency"].tolist()
    claims, verdicts = answers.claims.get(node.code, {}), answers.verdicts.get(node.code, {})
    read = Reader(case, node)
    inputs: list[Fraction | None] = []
    fixed: dict[int, Fraction | None] = {}
    states: list[str] = []
    for i, agency in enumerate(agencies):
        state, claim, verdict = "not-applicable", None, None
        if (agency, node.code) not in answers.exempt:
            state, claim, verdict = select(node, claims.get(agency), verdicts.get(agency), on)
        x, share = read(claim, verdict)
        if x == "exempt":
            state, x = "not-applicable", None
        elif isinstance(x, str):
            x, share = None, Fraction(x == "full")
        elif x is None and share is None and state not in ("not-applicable", "not-verified"):
            state = "missing"
        if share is not None:
            fixed[i] = share
        inputs.append(x)
        states.append(state)
    shares = node.rule.exact(inputs)
    for i, share in fixed.items():
        shares[i] = share
    if node.role == "none" or (node.role == "score" and not node.scored):
        return Leaf([None] * len(agencies), ["not-scored"] * len(agencies), inputs)
    return Leaf(shares, states, inputs)


def select(node: Node, claim: Cells | None, verdict: Cells | None, on: str) -> tuple[str, Cells | None, Cells | None]:
    """(state, claim, verdict) that count for one cell."""
    if claim is not None and not any(claim):
        claim = None
    if on == "claimed":
        verdict = None
    if node.source != "reported":
        return "measured", claim, verdict
    if verdict is not None:
        return "verified", claim, verdict
    if claim is not None and on == "verified":
        return "not-verified", None, None
    return "claimed", claim, None


class Reader:
    """Reads each distinct answer to one leaf once."""

    def __init__(self, case: Case, node: Node):
        self.node, self.settings = node, case.settings
        self.scale = node.maximum or case.framework.total
        self.seen: dict[tuple, tuple] = {}

    def __call__(self, claim: Cells | None, verdict: Cells | None) -> tuple[Fraction | str | None, Fraction | None]:
        """(value the rule takes, share that overrides the rule)."""
        if claim is None and verdict is None:
            return None, None
        key = (claim, verdict)
        if key not in self.seen:
            self.seen[key] = self.read(claim, verdict)
        return self.seen[key]

    def read(self, claim: Cells | None, verdict: Cells | None) -> tuple[Fraction | str | None, Fraction | None]:
        answer = dict(zip(ANSWER, claim, strict=True)) if claim else None
        if verdict is not None:
            decided = dict(zip(ANSWER, verdict, strict=True))
            share = override(self.node, decided, self.scale)
            if share is not None:
                return None, share
            answer = merged(answer, decided)
        return value(self.node, answer, self.settings), None
