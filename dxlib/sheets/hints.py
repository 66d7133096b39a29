"""What can be seen in a form alone to be hardly meant, said beside its line as soon as it is typed; nothing is barred.

The same doubts are findings at intake and of `dx check` (`case/doubts`, `case/answers`).
"""

from __future__ import annotations

from collections.abc import Sequence

from ..case.framework import Node
from ..rules import exactly, quoted
from ..words import text


def hint(node: Node, a: str, b: str, option: str, points: str, lang: str) -> str:
    """The formula of the hint about one line, "" where nothing can be doubted.

    a, b, option, points   addresses of its figures and its choice, and of the points typed under the rule `points`
    """
    rule = node.rule
    if "points" in rule.reads:
        above = [(f"{points}>{exactly(rule.cap)}", "above_maximum")] if rule.cap else []
        return chosen([(f"ISTEXT({points})", "words"), *above, (f"{points}<0", "negative")], lang)
    if rule.reads and "a" not in rule.reads:
        return ""
    tests = [(f"OR(ISTEXT({a}),ISTEXT({b}))" if node.ratio else f"ISTEXT({a})", "words")]
    if not rule.signed or node.ratio or node.kind:
        tests.append((f"OR({a}<0,{b}<0)" if node.ratio else f"{a}<0", "negative"))
    if "option" in rule.reads:
        figures = f"{a}:{b}" if node.ratio else a
        tests.append((f'AND({option}="",COUNT({figures})>0)', "no_option"))
        tests.append((f'AND({option}<>"",COUNT({figures})=0)', "no_figure"))
    if rule.whole or node.kind == "count":
        tests.append((f"OR({a}<>INT({a}),{b}<>INT({b}))" if node.ratio else f"{a}<>INT({a})", "whole"))
    if node.ratio:
        tests += [(f"COUNT({a}:{b})=0", ""), (f"COUNT({a})=0", "no_a"), (f"COUNT({b})=0", "no_b")]
        tests += [] if rule.without_previous else [(f"{b}=0", "zero")]
        tests += [(f"{a}>{b}", "part_above")] if node.part or rule.clips else []
    if node.hundred:
        tests += [(f"{a}>1", "above_whole"), (f"AND({a}>0,{a}<0.01)", "below_one")]
    if rule.role == "penalty":
        tests.append((f"{a}>0", "deducts"))
    return chosen(tests, lang)


def parts_hint(choices: str, n: int, lang: str) -> str:
    """The same of a rule of n parts: some were answered, and those that were not count as unmet."""
    return chosen([(f"AND(COUNTA({choices})>0,COUNTA({choices})<{n})", "part_open")], lang)


def chosen(tests: Sequence[tuple[str, str]], lang: str) -> str:
    """The words of the first test that holds."""
    found = '""'
    for test, key in reversed(tests):
        found = f"IF({test},{quoted(text(f'sheet.hint.{key}', lang) if key else '')},{found})"
    return found
