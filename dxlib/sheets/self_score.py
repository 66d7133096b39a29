"""Does the self score that a form shows follow from its answers? A formula that was changed, or was not worked out anew
after the last answer, misleads everybody who reads the file; what counts is the rule all the same."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from ..case import Case
from ..case.answered import BLANK
from ..case.answers import ANSWER
from ..errors import Finding
from .book import at
from .entries import asked_of, claim_of
from .form import CLAIM_COLUMNS, Wording, live_gates
from .read import position
from .receive import Received

POINTS = CLAIM_COLUMNS.index("points")
FLOAT = Fraction(1, 10**9)  # what a spreadsheet's own arithmetic may be off


def check_self_scores(each: Received, case: Case, words: Wording) -> list[Finding]:
    """A warning per row whose shown self score differs from the rule's by more than the printed decimals hide.

    Cells for which the file holds no number are passed over: some programs save formulas without values.
    """
    places = case.settings.points_decimals
    hidden = Fraction(1, 2 * 10**places) + FLOAT
    found = []
    for code in asked_of(each):
        sheet, number = each.places[f"{code}/number"]
        where = f"{sheet}!{at(position(number)[0], POINTS)}"
        shown = each.shown.get(where)
        if not isinstance(shown, float):
            continue
        points = behind_gates(each, case, words, code)
        if points is None or abs(Fraction(shown) - points) > hidden:
            by_rule = "–" if points is None else f"{float(points):.{places}f}"
            facts = {"code": code, "rule": by_rule}
            value = f"{shown:.{places}f}"
            found.append(Finding("W_SELF_SCORE", "self_score_shown", each.file, column=where, value=value, facts=facts))
    return found


def behind_gates(each: Received, case: Case, words: Wording, code: str) -> Fraction | None:
    """The points that a row shows: those of its rule, or 0 where the form itself closes a gate before it."""
    points = self_score(claim_of(each, case, words, code), case, words, code)
    if points is None or "points" in case.framework.nodes[code].rule.reads:
        return points
    asked, agency = asked_of(each), each.identity.get("agency", "")
    spared = [row for row, agencies in case.answers.exempt.items() if agency in agencies]
    for gate, leaves in live_gates(words, code, asked, spared):
        won = sum((behind_gates(each, case, words, leaf) or Fraction(0) for leaf in leaves), Fraction(0))
        if not gate.met(won / sum(words.scale(case.framework.nodes[leaf]) for leaf in leaves)):
            return Fraction(0)
    return points


def self_score(claim: Mapping[str, str], case: Case, words: Wording, code: str) -> Fraction | None:
    """The points that the rule of a row makes of a claim; None of none. A bonus or penalty is in points already."""
    cells = tuple(claim[column] for column in ANSWER)
    if cells == BLANK:
        return None
    _, share = case.answers.readers[code](cells, None)
    node = case.framework.nodes[code]
    return None if share is None else share * (words.scale(node) if node.role == "score" else 1)
