"""One row of claims.csv together with what is true."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..rules import Rule
from .answers import CELLS, Answer, own_points, rule_of, written
from .sets import Row


@dataclass(frozen=True)
class ClaimAndTruth:
    """One row of claims.csv, and the answer verification would find (None: the claim is right)."""

    row: Row
    claim: Row
    truth: Answer | None
    twin: str
    missing: bool

    @property
    def rule(self) -> Rule:
        return rule_of(self.row["rule"], self.row["max_points"], self.row["direction"])

    @property
    def reported(self) -> bool:
        return self.row["source"] == "reported"

    @property
    def scored(self) -> bool:
        return self.row["max_points"] not in ("", "0")

    @property
    def said(self) -> Answer:
        return {c: self.claim[c] for c in ("a", "b", "option")}

    @property
    def real(self) -> Answer:
        return self.truth or {**self.said, "points": ""}


Rows = dict[str, ClaimAndTruth]  # one agency's, by the catalogue's key
Claims = list[ClaimAndTruth]


def restated(one: ClaimAndTruth, said: Answer, real: Answer | None = None) -> ClaimAndTruth:
    """The same row with another claim, its own sum reckoned anew; without `real` the claim counts as right."""
    cells = {**dict.fromkeys(CELLS, ""), **said}
    points = own_points(one.row, cells) if one.scored else None
    claim = {**one.claim, **said}
    if one.reported:
        claim["points"] = written(points, one.row["decimals"]) if points is not None and one.claim["points"] else ""
    right = real is None or all(real[c] == claim[c] for c in said)
    return replace(one, claim=claim, truth=None if right else real)


def parts_of(a: int, b: str) -> Answer:
    """An answer a of b."""
    return {"a": str(a), "b": b, "option": "", "points": ""}
