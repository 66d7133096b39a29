"""Answers that are taken and yet hardly what was meant: half an answer, a percentage on another scale than its
threshold, a row in which everybody stands alike, one quantity with two numbers, two agencies of one name.

All are warnings: nothing here changes a score. One cause is one finding, at the first cell, where all answers share it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

import pandas as pd

from ..errors import Finding
from ..languages import in_each, in_official
from ..rules import shown
from .answered import EXEMPT, Answers, answers_in, on_top
from .answers import ANSWER
from .framework import Framework, Node, optional
from .settings import Settings
from .tables import rows_of

A, B, _, POINTS = range(len(ANSWER))
FAR = 10  # a threshold so many times the largest figure is on another scale than the figures
FEW = 4  # of so many figures one may be on another scale than the others


class Given(NamedTuple):
    """One claim of a leaf, what is in force after its verdict, and whether there is one."""

    row: int
    agency: str
    claim: tuple[str, ...]
    force: tuple[str, ...]
    judged: bool


def check_doubts(
    tables: Mapping[str, pd.DataFrame], framework: Framework, settings: Settings, answers: Answers, folder: str
) -> list[Finding]:
    given = given_by_row(tables["claims"], framework, answers)
    file = f"{folder}/claims.csv"
    written = {code: (unit, rule) for code, unit, rule in rows_of(tables["indicators"], "code", "unit", "rule")}
    found: list[Finding] = []
    for code, mine in given.items():
        node = framework.nodes[code]
        if settings.missing != "error":  # where it is an error, the agency is named
            found += half_answers(node, mine, file)
        unit, rule = written[code]
        found += other_scale(node, unit, mine, file)
        found += beyond_whole(node, rule, mine, f"{folder}/indicators.csv")
    decided = given_by_row(tables["verdicts"], framework, answers)
    for code, mine in decided.items():  # a verdict may change few figures, so they do not speak for all
        said = other_scale(framework.nodes[code], written[code][0], mine, f"{folder}/verdicts.csv")
        found += [f for f in said if f.reason.startswith("over")]
    found += two_wholes(given, framework, tables["indicators"], file)
    found += no_spread(framework, answers, f"{folder}/indicators.csv")
    found += alike(tables["agencies"], f"{folder}/agencies.csv")
    return found


def given_by_row(table: pd.DataFrame, framework: Framework, answers: Answers) -> dict[str, list[Given]]:
    """The claims (or verdicts) on every leaf that somebody answers, in the order of the file; not where the row does
    not apply, nor where a verdict gives points."""
    found: dict[str, list[Given]] = defaultdict(list)
    leaves = {node.code for node in framework.leaves if not node.taken}
    for row, (agency, code, cells) in zip(table.index.tolist(), answers_in(table), strict=True):
        if code in leaves and agency not in answers.exempt.get(code, ()):
            verdict = answers.verdicts.get(code, {}).get(agency)
            if verdict is None or not verdict[POINTS]:
                found[code].append(Given(row, agency, cells, on_top(cells, verdict), verdict is not None))
    return found


def half_answers(node: Node, given: Sequence[Given], file: str) -> Iterator[Finding]:
    """Claims that count as none because a cell that the rule needs is empty beside one that is filled in."""
    needed = [ANSWER.index(column) for column in node.rule.reads if column != "b" or node.ratio]
    if not needed or POINTS in needed:
        return
    mixed = node.ratio and not node.named_ratio and any(g.claim[A] and g.claim[B] for g in given)
    half: dict[tuple[int, str], list[Given]] = defaultdict(list)
    for g in given:
        absent = [at for at in needed if not g.force[at]]
        if not absent:
            continue
        if len(absent) < len(needed):
            if not (mixed and absent == [B]):  # said of the row: `denominator_mixed`
                half[absent[0], "half"].append(g)
        elif optional(g.claim[POINTS]):
            half[absent[0], "sum"].append(g)
    for (at, kind), some in half.items():
        column, code = ANSWER[at], "W_DENOMINATOR" if at == B else "W_INCOMPLETE"
        part = "answer_partial" if "option" in node.rule.reads else "numerator_absent"
        reason = "sum_alone" if kind == "sum" else "denominator_absent" if at == B else part
        yield from one_or_each(code, reason, node, some, given, file, column)


def one_or_each(
    code: str,
    reason: str,
    node: Node,
    some: Sequence[Given],
    all_given: Sequence[Given],
    file: str,
    column: str,
    **more: str,
) -> Iterator[Finding]:
    """A finding per cell; only the first, with how many there are, where everybody's answer is like that."""
    everybody = len(some) > 1 and len(some) == len(all_given)
    for g in some[:1] if everybody else some:
        facts = {
            "code": node.code,
            "agency": g.agency,
            "n": len(some),
            "given": next(filter(None, g.claim), ""),
            **more,
        }
        value = g.claim[ANSWER.index(column)]
        yield Finding(code, f"{reason}_all" if everybody else reason, file, g.row, column, value, facts)


def other_scale(node: Node, unit: str, given: Sequence[Given], file: str) -> Iterator[Finding]:
    """Figures above 1 under thresholds that are percentages, shares under thresholds from 1 up, and a few figures on
    another scale than all others; rows that declare their kind are judged by it, too."""
    marks = node.rule.marks if node.rule.bounded and not node.rule.rooted else ()
    figures = [(g, x) for g in given if g.force[A] == g.claim[A] and (x := optional(g.claim[A])) is not None]
    if node.kind not in ("", "percent") or node.ratio or not figures:
        return
    top, least = max(marks, default=Fraction(0)), min((m for m in marks if m > 0), default=Fraction(0))
    if not node.kind and marks and (node.percent or (unit in ("", "%") and min(marks) > 0 and top < 1)):
        above = [g for g, x in figures if x > 1]
        limit = f"{shown(top * 100)} %" if node.percent else shown(top)
        yield from one_or_each(
            "W_PERCENT", "over_percent", node, above, [g for g, _ in figures], file, "a", limit=limit
        )
        return
    values = [x for _, x in figures]
    shares = all(0 <= x <= 1 for x in values) and any(x.denominator > 1 for x in values)
    if least > 1 and shares and max(values) * FAR < least:
        first = next(g for g, x in figures if x.denominator > 1)
        facts = {"code": node.code, "n": len(values), "limit": shown(least)}
        yield Finding("W_PERCENT", "under_percent", file, first.row, "a", first.claim[A], facts)
        return
    yield from lone(node, figures, file)


def beyond_whole(node: Node, rule: str, given: Sequence[Given], file: str) -> Iterator[Finding]:
    """A threshold above 1 on a row of a over b in which nobody is above 1: 90 where 90 % was meant."""
    limit = max(node.rule.marks, default=Fraction(0))
    if not node.ratio or node.kind or limit <= 1 or f"{shown(limit * 100)}%" in rule.replace(" ", ""):
        return
    figures = [(optional(g.force[A]), optional(g.force[B])) for g in given]
    values = [a / b for a, b in figures if a is not None and b]
    if any(values) and max(values) <= 1:
        facts = {"code": node.code, "n": len(values), "limit": shown(limit)}
        yield Finding("W_PERCENT", "under_percent_of", file, node.row, "rule", rule, facts)


def lone(node: Node, figures: Sequence[tuple[Given, Fraction]], file: str) -> Iterator[Finding]:
    """One 0.85 among figures like 85, and one 85 among figures like 0.85: a hundred times more, or less, it is one of
    them. 0 is on every scale."""
    small = [(g, x) for g, x in figures if 0 < x < 1]
    large = [(g, x) for g, x in figures if 1 < x <= 100]
    if not small or not large or sum(x != 0 for _, x in figures) != len(small) + len(large):
        return
    low, high = min(x for _, x in large), max(x for _, x in large)
    bottom, top = min(x for _, x in small), max(x for _, x in small)
    if top * FAR > low:  # no gap between the two
        return
    if len(small) * FEW <= len(figures):
        odd = [(g, x * 100, "lone_share") for g, x in small if low / 2 <= x * 100 <= high * 2]
    elif len(large) * FEW <= len(figures):
        odd = [(g, x / 100, "lone_percent") for g, x in large if bottom / 2 <= x / 100 <= top * 2]
    else:
        odd = []
    for g, meant, reason in odd:
        others = len(large if reason == "lone_share" else small)
        facts = {"code": node.code, "agency": g.agency, "n": others, "meant": shown(meant)}
        facts |= {"least": shown(low), "most": shown(top)}
        yield Finding("W_PERCENT", reason, file, g.row, "a", g.claim[A], facts)


def two_wholes(
    given: Mapping[str, Sequence[Given]], framework: Framework, indicators: pd.DataFrame, file: str
) -> Iterator[Finding]:
    """Claims of one agency whose b is the same quantity by its words, with another number; what a verdict has looked at
    is no doubt any more (see `verify.consistency` for all)."""
    words = dict(zip(indicators["code"], indicators[in_official("b")], strict=True))
    first: dict[tuple[str, str], tuple[str, Given]] = {}
    for code, node in framework.nodes.items():
        name = folded(words[code]) if node.ratio and code in given else ""
        for g in given.get(code, ()) if name else ():
            b = optional(g.claim[B])
            if b is None or g.judged:
                continue
            before, other = first.setdefault((g.agency, name), (code, g))
            if optional(other.claim[B]) != b:
                facts = {"code": code, "agency": g.agency, "other": before, "said": other.claim[B], "what": words[code]}
                yield Finding("W_DENOMINATOR", "denominator_differs", file, g.row, "b", g.claim[B], facts)


def no_spread(framework: Framework, answers: Answers, file: str) -> Iterator[Finding]:
    """Rows scored within the group in which every agency has the same value: nobody earns anything by them."""
    for node in framework.leaves:
        if not node.scored or node.taken or not node.rule.needs_variation:
            continue
        agencies = answers.claims.get(node.code, {}).keys() | answers.verdicts.get(node.code, {}).keys()
        try:
            read = answers.readers[node.code]
            values = [read(*answers.counting(node.code, agency))[0] for agency in agencies]
        except ValueError:
            continue  # a wrong answer is reported as such
        known = [x for x in values if x is not None and x is not EXEMPT]
        if len(known) > 1 and len(set(known)) == 1:
            facts = {"code": node.code, "n": len(known), "same": shown(known[0])}
            yield Finding("W_SPREAD", "no_spread", file, node.row, "rule", node.rule.name, facts)


def alike(agencies: pd.DataFrame, file: str) -> Iterator[Finding]:
    """Agencies that no list tells apart."""
    said: set[int] = set()
    for column in in_each("name"):
        first: dict[str, str] = {}
        for row, agency, called in zip(agencies.index.tolist(), agencies["agency"], agencies[column], strict=True):
            other = first.setdefault(folded(called), agency) if called else agency
            if other != agency and row not in said:
                said.add(row)
                yield Finding("W_NAME", "agency_alike", file, row, column, called, {"agency": agency, "other": other})


def folded(text: str) -> str:
    """Words as they are compared: small letters, single blanks."""
    return " ".join(text.casefold().split())
