"""All answers of a year and group, to be looked up by row and agency. Each distinct answer is read once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

import pandas as pd

from .answers import ANSWER, override, value
from .framework import Framework, Node
from .judged import COLUMNS, NONE, Record, difference, documents_by_cell, late
from .settings import Settings
from .tables import rows_of

Cells = tuple[str, ...]  # of one claim or verdict, in the order of ANSWER
BLANK = ("",) * len(ANSWER)
EXEMPT = Fraction(-1)  # stands (by identity) for 0/0 under `zero_over_zero = "exempt"`: the row does not apply


class Reader:
    """Reads the answers to one leaf, each distinct one once."""

    def __init__(self, node: Node, framework: Framework, settings: Settings):
        self.node, self.settings = node, settings
        self.scale = node.maximum or framework.total
        self.values: dict[Cells, Fraction | str | None] = {}
        self.read_once: dict[tuple[Cells | None, Cells | None], tuple[Fraction | None, Fraction | None]] = {}

    def value(self, cells: Cells) -> Fraction | str | None:
        """`answers.value` of one answer. Raises Wrong, and ValueError for a cell that is no number."""
        if cells not in self.values:
            self.values[cells] = value(self.node, dict(zip(ANSWER, cells, strict=True)), self.settings)
        return self.values[cells]

    def __call__(self, claim: Cells | None, verdict: Cells | None) -> tuple[Fraction | None, Fraction | None]:
        """(value the rule takes, share), each None where there is none; the share of a rule that looks at the group is
        not known from one answer. (EXEMPT, None): the row does not apply."""
        key = claim, None if verdict == BLANK else verdict  # an accepted claim says what the claim says
        found = self.read_once.get(key)
        if found is None:
            found = self.read_once[key] = self.read(*key)
        return found

    def read(self, claim: Cells | None, verdict: Cells | None) -> tuple[Fraction | None, Fraction | None]:
        if verdict is not None:
            share = override(self.node, dict(zip(ANSWER, verdict, strict=True)), self.scale)
            if share is not None:
                return None, share
        x = self.value(on_top(claim, verdict))
        if isinstance(x, str):  # the policy for 0/0
            return (EXEMPT, None) if x == "exempt" else (None, Fraction(x == "full"))
        return x, None if x is None or self.node.rule.group else self.node.rule.share(x)


@dataclass(frozen=True)
class Answers:
    """Claims (those that say something) and verdicts, by leaf and agency; the readers of the leaves.

    exempt     agencies a leaf does not apply to, and why; those of `absent` are among them, without a reason
    absent     agencies that do not have a leaf at all, because it is one of other lists

    verdicts   what the last verdict leaves in force, on top of the claim that it judged
    reopened   where a reported claim, or its documents, are others now than when the last verdict judged them: the
               claim as it was judged
    changes    the same cells: what changed, see `judged.difference`
    """

    claims: dict[str, dict[str, Cells]]
    verdicts: dict[str, dict[str, Cells]]
    exempt: dict[str, dict[str, str]]
    readers: dict[str, Reader]
    reopened: dict[str, dict[str, Cells]] = field(default_factory=dict)
    changes: dict[str, dict[str, dict[str, tuple[str, str]]]] = field(default_factory=dict)
    absent: dict[str, frozenset[str]] = field(default_factory=dict)

    def accepted(self, code: str, agency: str) -> bool:
        """Whether the last verdict on a cell changes nothing."""
        return self.verdicts.get(code, {}).get(agency) == BLANK

    def counting(self, code: str, agency: str) -> tuple[Cells | None, Cells | None]:
        """(claim that was judged, or the claim; what is in force on top of it)."""
        claim = self.claims.get(code, {}).get(agency)
        return self.reopened.get(code, {}).get(agency, claim), self.verdicts.get(code, {}).get(agency)


def on_top(claim: Cells | None, verdict: Cells | None) -> Cells:
    """What a verdict makes of the claim it judged: its filled cells replace the claim's, empty ones leave them.

    Points are not merged: filled points of a verdict override the rule (but under the rule `points` they are simply the
    value).
    """
    if claim is None or verdict is None or verdict == BLANK:
        return claim or verdict or BLANK
    return tuple(cell or below for cell, below in zip(verdict, claim, strict=True))


def answers_in(frame: pd.DataFrame) -> Iterator[tuple[str, str, Cells]]:
    """(agency, indicator, cells) of every row of a table of claims or verdicts, in order."""
    return zip(*(frame[c].tolist() for c in ("agency", "indicator")), rows_of(frame, *ANSWER), strict=True)


class Step(NamedTuple):
    """One verdict: `cells` as it leaves them in force, `record` what it judged (see `judged.COLUMNS`)."""

    agency: str
    code: str
    stage: str
    cells: Cells
    record: Record
    decided_on: str

    @property
    def judged(self) -> Cells | None:
        """The claim that was judged; None where that was not recorded."""
        return self.record[:-1] if self.record[-1] else None


def steps_of(verdicts: pd.DataFrame, framework: Framework) -> Iterator[Step]:
    """Every verdict, in the order of the table, with what is in force after it.

    A verdict stands on the claim that it judged; in an appeal empty cells leave the verdict in force, and figures that
    are filled there take the place of points that overrode the rule.
    """
    standing: dict[tuple[str, str], Cells] = {}
    extra = zip(verdicts["stage"].tolist(), rows_of(verdicts, *COLUMNS), verdicts["decided_on"].tolist(), strict=True)
    for (agency, code, cells), (stage, record, day) in zip(answers_in(verdicts), extra, strict=True):
        before = standing.get((agency, code))
        if stage == "appeal" and before:
            cells = appealed(before, cells, reads_points(framework, code))
        standing[agency, code] = cells
        yield Step(agency, code, stage, cells, record, day)


def appealed(before: Cells, decided: Cells, reads: bool) -> Cells:
    """The cells in force after an appeal.

    reads   whether the rule takes points: they are the value, not an override
    """
    *figures, points = decided
    kept = "" if any(figures) and not reads else before[-1]
    return (*(new or old for new, old in zip(figures, before, strict=False)), points or kept)


def reads_points(framework: Framework, code: str) -> bool:
    node = framework.nodes.get(code)
    return node is not None and "points" in node.rule.reads


def read_answers(tables: Mapping[str, pd.DataFrame], framework: Framework, settings: Settings) -> Answers:
    """The answers of checked tables. The last verdict of a cell is the one that counts; an exempted parent exempts the
    leaves below it."""
    claims: dict[str, dict[str, Cells]] = {}
    last: dict[tuple[str, str], Step] = {}
    exempt: dict[str, dict[str, str]] = {}
    for agency, code, cells in answers_in(tables["claims"]):
        if cells != BLANK:
            claims.setdefault(code, {})[agency] = cells
    for step in steps_of(tables["verdicts"], framework):
        last[step.agency, step.code] = step
    for agency, code, reason in rows_of(tables["exemptions"], "agency", "indicator", "reason"):
        for leaf in framework.below(code) if code in framework.nodes else ():
            exempt.setdefault(leaf, {})[agency] = reason
    absent = absent_of(tables["agencies"], framework)
    for leaf, agencies in absent.items():
        exempt.setdefault(leaf, {}).update(dict.fromkeys(agencies, ""))
    readers = {node.code: Reader(node, framework, settings) for node in framework.leaves}
    answers = Answers(claims, {}, exempt, readers, absent=absent)
    for step in last.values():
        answers.verdicts.setdefault(step.code, {})[step.agency] = step.cells
    return reopen(answers, last.values(), tables, framework)


def absent_of(agencies: pd.DataFrame, framework: Framework) -> dict[str, frozenset[str]]:
    """leaf -> the agencies that do not have it; only leaves of some lists alone."""
    if not framework.scoped:
        return {}
    lists = list(rows_of(agencies, "agency", "scope"))
    known: dict[str, set[str]] = {scope: set() for _, scope in lists}
    for scope, lacking in known.items():
        lacking |= {node.code for node in framework.own((scope,)).leaves if not node.there}
    found = {n.code: frozenset(a for a, scope in lists if n.code in known[scope]) for n in framework.leaves}
    return {code: who for code, who in found.items() if who}


def reopen(answers: Answers, last: Iterable[Step], tables: Mapping[str, pd.DataFrame], framework: Framework) -> Answers:
    """Find the cells whose claim is another now than the last verdict judged.

    A verdict that does not say what it judged stands on the claim as it is, unless that came later.
    """
    leaves = (node for node in framework.leaves if node.scored or node.role in ("bonus", "penalty"))
    reported = {node.code for node in leaves if node.source == "reported"}
    papers = documents_by_cell(tables["evidence"])
    claims = tables["claims"]
    days = zip(*(claims[c].tolist() for c in ("agency", "indicator", "submitted_on")), strict=True)
    sent = {(agency, code): day for agency, code, day in days if day}
    for step in last:
        key = (step.agency, step.code)
        if step.code not in reported or step.agency in answers.exempt.get(step.code, ()):
            continue
        now = answers.claims.get(step.code, {}).get(step.agency, BLANK)
        *then, documents = step.record
        if not documents:
            day = sent.get(key, "")
            changed = {"submitted_on": (step.decided_on, day)} if late(step.decided_on, day) else {}
            judged = now
        elif (judged := tuple(then)) == now and documents == papers.get(key, NONE):
            continue
        else:
            present = (*now, papers.get(key, NONE))
            changed = difference(step.record, present, reads_points(framework, step.code))
        if changed:
            answers.reopened.setdefault(step.code, {})[step.agency] = judged
            answers.changes.setdefault(step.code, {})[step.agency] = changed
    return answers
