"""How the scores were made, block by block: the index set, its rules, the policies, the legal basis."""

from __future__ import annotations

from ..case import Case
from ..case.framework import INDEX, Framework
from ..case.settings import policies as policy_keys
from ..robust.linear import top_weights
from ..rules import ZERO
from ..words import date, number, text, title
from . import labels
from .blocks import Column, Table, table


def framework(case: Case, lang: str) -> Table | None:
    """The index set: top rows, how many rows below, maximum points or weight, where the figures come from."""
    tree, rows = case.framework, labels.rows(case, lang)
    heads = [
        Column(text("page.row", lang), "name"),
        Column(text("report.rows", lang), "number"),
        Column(text("report.max_points" if tree.has_points else "report.weight", lang), "number"),
        Column(text("report.origin", lang)),
    ]
    body = []
    for code in tree.tops:
        node = tree.nodes[code]
        leaves = [tree.nodes[c] for c in tree.below(code)]
        if node.role in ("bonus", "penalty"):
            worth = text(f"report.{node.role}", lang)
        elif not node.scored:
            worth = text("report.unscored", lang)
        elif tree.has_points:
            worth = own_maxima(case, code, lang)
        else:
            worth = own_weights(case, code, lang)
        sources = [s for s in ("reported", "surveyed", "measured", "expert") if any(n.source == s for n in leaves)]
        said = ", ".join(text(f"report.source.{s}", lang) for s in sources)
        body.append([rows[code], number(len(leaves), lang), worth, said])
    note = labels.own_rows(case, lang)
    return table(text("report.framework_caption", lang), heads, body, labels.source(case, lang), note)


def own_trees(case: Case, code: str) -> list[Framework]:
    """The index set as the lists have it that have a row."""
    trees = [case.framework.own((scope,)) for scope in dict.fromkeys(case.scopes.values())]
    return [tree for tree in trees if tree.nodes[code].scored]


def own_maxima(case: Case, code: str, lang: str) -> str:
    """Maximum points of a row; several where lists have different ones."""
    known = sorted({tree.nodes[code].maximum or ZERO for tree in own_trees(case, code)})
    return "; ".join(labels.maximum(most, lang) for most in known)


def own_weights(case: Case, code: str, lang: str) -> str:
    """The part of the index of a top row; several where lists have different ones."""
    known = sorted({top_weights(tree)[code] for tree in own_trees(case, code)})
    return "; ".join(labels.share(part, lang, 1) for part in known)


def rules(case: Case, lang: str) -> Table | None:
    """Which kinds of rule score the rows, and how many rows each."""
    used = [node.rule.name for node in case.framework.leaves]
    within = any(code != INDEX for code in case.framework.extras)
    heads = [
        Column(text("report.rule", lang), "name"),
        Column(text("report.rule_how", lang)),
        Column(text("report.rows", lang), "number"),
    ]
    body = [
        [text(f"rule.{name}.name", lang), text(how_key(name, within), lang), number(used.count(name), lang)]
        for name in dict.fromkeys(used)
    ]
    return table(text("report.rules_caption", lang), heads, body, labels.source(case, lang), labels.gates(case, lang))


def how_key(name: str, within: bool) -> str:
    """The words for how a rule scores. within: bonus and penalty rows also count in branches"""
    return f"rule.{name}.{'within' if within and name in ('bonus', 'penalty') else 'how'}"


def policies(case: Case, lang: str) -> Table | None:
    """Every policy of index.toml in words."""
    body = []
    for key in policy_keys():
        value = getattr(case.settings, key)
        if key == "points_decimals":
            words = number(value, lang)
        elif key == "min_coverage":
            words = labels.share(value, lang, 1) if value else text("policy.min_coverage.none", lang)
        else:
            words = text(f"policy.{key}.{value}", lang)
        body.append([text(f"policy.{key}.name", lang), words])
    for c in case.settings.classes:
        body.append([text("policy.class.name", lang, label=title(c.name, lang)), labels.class_edge(c, lang)])
    for one in case.settings.classes.conditions:
        name = text("policy.condition.name", lang, reason=title(one.name, lang))
        body.append([name, labels.condition(case, one, lang)])
    heads = [Column(text("report.policy", lang), "name"), Column(text("report.choice", lang))]
    return table(text("report.policies_caption", lang), heads, body, labels.source(case, lang))


def identity(case: Case, lang: str) -> Table | None:
    """The decision, the period and the calendar, as far as they are given."""
    s = case.settings
    facts = [("decision", s.decision), ("decision_date", s.decision_date and date(s.decision_date, lang))]
    if s.period_from and s.period_to:
        facts.append(
            ("period", text("report.from_to", lang, first=date(s.period_from, lang), last=date(s.period_to, lang)))
        )
    facts += [(key, day and date(day, lang)) for key, day in s.calendar.items()]
    facts.append(("licence", s.licence))
    body = [[text(f"report.identity.{key}", lang), value] for key, value in facts if value]
    heads = [Column(text("report.fact", lang), "name"), Column(text("report.value", lang))]
    return table(text("report.identity_caption", lang), heads, body, labels.source(case, lang))
