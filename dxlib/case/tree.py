"""Build the tree of indicators.csv: shape, rules, maxima, weights; everything that is wrong with it at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import pandas as pd

from .. import schema
from ..errors import Finding, nearest
from ..languages import in_each
from ..rules import ZERO, Rule, RuleError, Unscored, parse_rule, shape_of, shown
from .cells import check_value
from .framework import FULL, INDEX, SUM, Framework, Node, Unread, combined, extras_of, optional, scopes_of, weight
from .gates import read_gates
from .settings import Settings

NO_RULE = Unscored()  # what a branch has
UNREAD = Unread()
OF_MAXIMUM = ("rule_points_without_maximum",)
OF_DIRECTION = ("rule_step_sign", "rule_steps_order", "rule_linear_falls")  # of a right rule in a wrong direction
PERCENT = re.compile(r"[(,]\s*[<>]?\s*-?[0-9./]+\s*%")  # where thresholds stand in a rule; shares stand behind a colon
DEEPEST = 20
MOST_EXTRA = Fraction(1, 10)  # of the total that one bonus or penalty row may move without a warning
MULTIPLY = ("geometric", "harmonic", "product", "complement")  # aggregates that take no negative share


def build(
    indicators: pd.DataFrame,
    with_b: set[str],
    measured: bool,
    settings: Settings,
    file: str,
    lists: Sequence[str] = (),
) -> tuple[Framework | None, list[Finding]]:
    """The tree of indicators.csv.

    with_b     codes for which some claim or verdict gives b
    measured   an empty `source` means measured (a set without verdicts and without a `reported` row)
    lists      the scopes of agencies.csv

    Returns None when the tree itself is broken (an orphan, a cycle); findings say everything that is wrong.
    """
    rows = {at: row for at, row in indicators.to_dict("index").items() if row["code"]}
    by_code = {row["code"]: {**row, "row": at} for at, row in rows.items()}
    findings = check_shape(by_code, file)
    broken = bool(findings)
    children = {code: tuple(c for c, row in by_code.items() if row["parent"] == code) for code in ["", *by_code]}
    nodes: dict[str, Node] = {}

    def add(code: str, level: int) -> None:
        said = [] if broken else findings  # a branch without its lost rows is no leaf without a rule
        nodes[code] = read_node(by_code[code], level, children[code], with_b, measured, file, said)
        for child in children[code] if not broken else ():
            add(child, level + 1)

    for top in by_code if broken else children[""]:
        add(top, 1)
    has_points = any(n.maximum for n in nodes.values() if not unscaled(by_code[n.code]["rule"]))
    total = settings.total or Fraction(1)
    rescaled = parse_rules(nodes, by_code, has_points, total, file, findings)
    if broken:
        return None, findings
    findings += check_signs(rescaled, settings.aggregate, file)
    findings += check_sums(rescaled, has_points, file)
    findings += check_complements(rescaled, settings, file)
    resolve(rescaled, children, has_points, settings, by_code, file, findings)
    whole = index_total(rescaled, children[""], settings, has_points)
    findings += check_kinds(rescaled, by_code, file)
    framework = Framework(rescaled, children[""], settings.aggregate, whole, has_points)
    findings += check_lists(framework, by_code, settings, lists, file) if framework.scoped else []
    findings += check_extra(rescaled, min((framework.own((one,)).total for one in lists), default=whole), file)
    gates, wrong = read_gates(framework, by_code, file)
    return replace(framework, gates=gates), [*findings, *wrong]


def check_lists(
    framework: Framework, by_code: dict[str, dict], settings: Settings, lists: Sequence[str], file: str
) -> list[Finding]:
    """Rows of some lists alone: the lists are there, a row has none that its branch lacks, every list has a row that
    counts, and stated maxima are those of the rows that all have, or of every list."""
    findings, known = [], [one for one in lists if one]
    sums = [code for code, node in framework.nodes.items() if node.children and node.aggregate == SUM]
    for code, node in framework.nodes.items():
        where = (file, node.row, "scope")
        for name in node.scope:
            if name not in known:
                facts = {"nearest": nearest(name, known) or "–", "table": "agencies.csv"}
                findings.append(Finding("E_REFERENCE", "scope_unknown", *where, name, facts))
            elif node.parent and not framework.own((name,)).nodes[node.parent].there:
                findings.append(Finding("E_FRAMEWORK", "scope_outside", *where, name, {"code": code}))
        above = next((c for c in sums if node.scope and code in framework.within(c)), "")
        if above:
            facts = {"code": code, "branch": above}
            findings.append(Finding("E_FRAMEWORK", "scope_in_sum", *where, ";".join(node.scope), facts))
    trees = [framework.own((one,)) for one in lists]
    for one, tree in zip(lists, trees, strict=True):
        below = {"": framework.tops} | {c: n.children for c, n in tree.nodes.items() if n.children and n.scored}
        for code, children in below.items():
            weighs = any(n.weight for n in framework.siblings(children))  # else said of all
            if weighs and not any(n.weight for n in tree.siblings(children)):
                facts = {"code": code or INDEX}
                none = Finding("E_FRAMEWORK", "nothing_scored_list", file, None, "scope", one or "–", facts)
                findings.append(none)
    common = framework.own(())
    for code, node in framework.nodes.items() if framework.has_points else ():
        stated = optional(by_code[code]["max_points"])
        if not node.children or not node.scored or stated is None or unreadable(by_code[code], "max_points"):
            continue
        own = [tree.nodes[code].maximum for tree in trees if tree.nodes[code].scored]
        facts = {"code": code, "stated": shown(stated), "sum": differ(stated, common.nodes[code].maximum, own)}
        if facts["sum"]:
            place = (file, node.row, "max_points", shown(stated))
            findings.append(Finding("E_FRAMEWORK_SUM", "maximum_sum", *place, facts))
    if framework.has_points and settings.total is not None:
        own = [tree.total for tree in trees]
        facts = {"stated": shown(settings.total), "sum": differ(settings.total, common.total, own)}
        toml = f"{settings.year}/{settings.group}/index.toml"
        if facts["sum"]:
            findings.append(Finding("E_FRAMEWORK_SUM", "total_sum", toml, None, "total", facts["stated"], facts))
    return findings


def differ(stated: Fraction, common: Fraction | None, own: Sequence[Fraction | None]) -> str:
    """The own maxima of the lists where a stated one is neither theirs, all alike, nor that of the rows that all have;
    "" where it is."""
    known = sorted({m for m in own if m is not None})
    return "" if not known or stated == common or known == [stated] else "; ".join(map(shown, known))


def check_shape(by_code: dict[str, dict], file: str) -> list[Finding]:
    """Reserved codes, orphans, cycles, and trees deeper than anybody reads."""
    findings = []
    if INDEX in by_code:
        findings.append(Finding("E_FRAMEWORK", "code_reserved", file, by_code[INDEX]["row"], "code", INDEX))
    for code, row in by_code.items():
        parent, seen = row["parent"], [code]
        while parent:
            if parent not in by_code:
                if seen[-1] == code:
                    facts = {"nearest": nearest(parent, by_code) or "–"}
                    findings.append(Finding("E_FRAMEWORK", "parent_unknown", file, row["row"], "parent", parent, facts))
                break
            if parent in seen:
                findings.append(Finding("E_FRAMEWORK", "parent_cycle", file, row["row"], "parent", row["parent"]))
                break
            if len(seen) == DEEPEST:
                where = (file, row["row"], "parent", row["parent"])
                return [*findings, Finding("E_FRAMEWORK", "too_deep", *where, {"limit": DEEPEST})]
            seen.append(parent)
            parent = by_code[parent]["parent"]
    return findings


def read_node(
    row: dict,
    level: int,
    children: tuple[str, ...],
    with_b: set[str],
    measured: bool,
    file: str,
    findings: list[Finding],
) -> Node:
    code, where = row["code"], (file, row["row"])
    if children and row["rule"]:
        findings.append(Finding("E_FRAMEWORK", "rule_on_branch", *where, "rule", row["rule"], {"code": code}))
    if not children and not row["rule"]:
        findings.append(Finding("E_FRAMEWORK", "no_rule", *where, "rule", "", {"code": code}))
    if not children and row["aggregate"]:
        findings.append(
            Finding("W_FRAMEWORK", "aggregate_on_leaf", *where, "aggregate", row["aggregate"], {"code": code})
        )
    taken = tuple(row[key] for key in ("a_from", "b_from") if row[key])
    shape = shape_of(row["rule"])
    always = shape is not None and (shape.of_whole is True or shape.of_previous)
    named = always or any(row[key] for key in (*in_each("b"), "b_from"))
    ratio = named or code in with_b
    source = row["source"] or ("measured" if measured or taken else "reported")
    if taken and (children or not row["a_from"] or source == "reported"):
        findings.append(Finding("E_FRAMEWORK", "taken_place", *where, "a_from", taken[0], {"code": code}))
    return Node(
        code,
        row["parent"],
        level,
        children,
        row["aggregate"] or "arithmetic",
        NO_RULE,
        None if unreadable(row, "max_points") else optional(row["max_points"]),
        weight(row["weight"]) or Fraction(0),
        True,
        ratio,
        named,
        source,
        row["row"],
        taken,
        row["kind"],
        scope=scopes_of(row["scope"]),
    )


def parse_rules(
    nodes: dict[str, Node],
    by_code: dict[str, dict],
    has_points: bool,
    total: Fraction,
    file: str,
    findings: list[Finding],
) -> dict[str, Node]:
    """Every leaf's rule, read once; a rule that cannot be read is a finding with its place."""
    out = dict(nodes)
    for code, node in nodes.items():
        text, direction = by_code[code]["rule"], by_code[code]["direction"]
        if node.children:
            continue
        if not text:
            out[code] = replace(node, rule=UNREAD)  # said by `read_node`
            continue
        try:
            rule = parse_rule(text, node.maximum if has_points else total, -1 if direction == "-1" else 1, nearest)
        except RuleError as error:
            if not unscaled(text):
                out[code] = replace(node, rule=UNREAD)
            if (error.reason in OF_DIRECTION and unreadable(by_code[code], "direction")) or (
                error.reason in OF_MAXIMUM and unreadable(by_code[code], "max_points")
            ):
                continue  # the other cell is what is wrong, and is named
            facts = {"part": "", "nearest": "–", "expected": "", **error.facts, "at": error.at + 1}
            findings.append(Finding("E_RULE", error.reason, file, node.row, "rule", text, facts))
            continue
        if rule.role in ("bonus", "penalty") and node.maximum:
            findings.append(
                Finding(
                    "E_FRAMEWORK",
                    "bonus_maximum",
                    file,
                    node.row,
                    "max_points",
                    by_code[code]["max_points"],
                    {"code": code},
                )
            )
        ratio = (node.ratio or rule.of_whole) and "b" in rule.reads
        counted = {"a", "option"} & set(rule.reads) != {"a"} or rule.role != "score" or rule.whole
        if by_code[code]["a_from"] and (counted or len(node.taken) != 1 + ratio):
            findings.append(Finding("E_FRAMEWORK", "taken_rule", file, node.row, "rule", text, {"code": code}))
        percent = not ratio and shares(rule, by_code[code])
        named = node.named_ratio or rule.of_whole
        out[code] = replace(node, rule=rule, ratio=ratio, named_ratio=named, percent=percent)
    return out


def unscaled(text: str) -> bool:
    """Whether a rule is one whose rows need no maximum points."""
    shape = shape_of(text)
    return shape is not None and shape.role != "score"


def shares(rule: Rule, row: Mapping[str, str]) -> bool:
    """Whether the figures of a row that takes no b are shares which its decision calls percentages."""
    if not rule.marks or row["kind"] not in ("", "share"):
        return False
    return row["kind"] == "share" or PERCENT.search(row["rule"]) is not None


def check_signs(nodes: dict[str, Node], top: str, file: str) -> list[Finding]:
    """z-scores are negative for half of the group: no mean that multiplies, divides or complements can take them."""
    found = []
    for node in nodes.values():
        above = nodes[node.parent].aggregate if node.parent else top
        if node.rule.negative and node.scored and above in MULTIPLY:
            facts = {"code": node.code, "aggregate": above}
            found.append(Finding("E_FRAMEWORK", "negative_rule", file, node.row, "rule", node.rule.name, facts))
    return found


def check_complements(nodes: dict[str, Node], settings: Settings, file: str) -> list[Finding]:
    """Below a complement a missing answer that counts as 0 gives everything."""
    whole = [Finding("W_COMPLEMENT", "complement_missing", file, column="aggregate", value="index")]
    found = whole if settings.aggregate == "complement" else []
    for node in nodes.values():
        if node.children and node.aggregate == "complement":
            found.append(Finding("W_COMPLEMENT", "complement_missing", file, node.row, "aggregate", node.code))
    return found if settings.missing == "zero" else []


def check_sums(nodes: dict[str, Node], has_points: bool, file: str) -> list[Finding]:
    """Only points can be added as they are."""
    sums = [node for node in nodes.values() if node.children and node.aggregate == SUM and not has_points]
    return [Finding("E_FRAMEWORK", "sum_points", file, n.row, "aggregate", SUM, {"code": n.code}) for n in sums]


def check_kinds(nodes: dict[str, Node], by_code: dict[str, dict], file: str) -> list[Finding]:
    """A declared kind of figures against the rule that takes them: its thresholds are on the same scale. Where they are
    percentages a kind is declared: nothing else says whether 40 % is 40 or 0.4."""
    found = []
    for node in nodes.values():
        facts = {"code": node.code, "rule": node.rule.name}
        where = (file, node.row, "kind", node.kind, facts)
        top = Fraction(1) if node.part else FULL.get(node.kind)
        beyond = [t for t in node.rule.thresholds if top is not None and not 0 <= t <= top]
        if node.kind and (node.children or (node.rule.reads and "a" not in node.rule.reads)):
            found.append(Finding("W_FRAMEWORK", "kind_unread", *where))
        elif node.kind == "percent" and node.ratio:
            found.append(Finding("E_FRAMEWORK", "kind_percent_of", *where))
        elif beyond:
            facts |= {"threshold": shown(beyond[0]), "top": shown(top)}
            found.append(Finding("E_FRAMEWORK", "kind_threshold", *where))
        elif node.kind == "percent" and node.rule.thresholds and max(node.rule.thresholds) <= 1:
            facts["threshold"] = shown(max(node.rule.thresholds))
            found.append(Finding("W_FRAMEWORK", "kind_scale", *where))
        elif undeclared(node, by_code[node.code]["unit"]):
            share = node.percent or max(node.rule.thresholds) <= 1
            facts |= {"kind": "share", "figure": "0.4"} if share else {"kind": "percent", "figure": "40"}
            found.append(Finding("W_KIND", "kind_undeclared", *where))
    return found


def undeclared(node: Node, unit: str) -> bool:
    """Whether a row without b has thresholds that are percentages and says no kind."""
    open_one = not node.kind and not node.ratio and not node.taken
    return open_one and (node.percent or (unit == "%" and bool(node.rule.thresholds)))


def check_extra(nodes: dict[str, Node], total: Fraction, file: str) -> list[Finding]:
    """Bonus and penalty rows of which one alone may move an agency by more than `MOST_EXTRA` of the index."""
    found, most = [], total * MOST_EXTRA
    for code in extras_of(nodes)[INDEX]:  # in a `sum` branch its maximum is the limit
        node, rule = nodes[code], nodes[code].rule
        times = rule.cases_beyond(most) if most else None
        if times:
            facts = {"code": node.code, "share": f"{float(MOST_EXTRA):.0%}", "most": shown(most)}
            facts |= {"cap": "–" if rule.cap is None else shown(rule.cap), "times": str(times)}
            found.append(Finding("W_UNCAPPED", "extra_uncapped", file, node.row, "rule", rule.name, facts))
    return found


def resolve(
    nodes: dict[str, Node],
    children: dict[str, tuple[str, ...]],
    has_points: bool,
    settings: Settings,
    by_code: dict[str, dict],
    file: str,
    findings: list[Finding],
) -> None:
    """Maxima from the leaves up, what is scored, and weights among siblings. Changes `nodes` in place."""
    extras = extras_of(nodes)
    for code in reversed(list(nodes)):
        node = nodes[code]
        if not node.children:
            scored = node.role == "score" and node.maximum != 0
            lacking = node.maximum is None and node.rule is not UNREAD and not unreadable(by_code[code], "max_points")
            if scored and has_points and lacking and not silent(node, nodes):
                findings.append(
                    Finding("E_FRAMEWORK", "maximum_missing", file, node.row, "max_points", "", {"code": code})
                )
            nodes[code] = replace(node, scored=scored and not silent(node, nodes))
            continue
        below = [nodes[c] for c in node.children if nodes[c].scored]
        more = [nodes[c].rule for c in extras.get(code, ())]
        scored = bool(below or more) and node.maximum != 0 and not silent(node, nodes)
        whole = None if unreadable(by_code[code], "aggregate") else combined(node.aggregate, below)
        stated, wanted = node.maximum, node.aggregate == SUM or not any(n.scope for n in nodes.values())
        if has_points and scored and wanted and whole is not None and not unreadable(by_code[code], "max_points"):
            findings += check_maximum(node, whole, bool(below), more, file)
        known = stated if node.aggregate == SUM and stated is not None else whole if whole is not None else stated
        nodes[code] = replace(node, scored=scored, maximum=(known if has_points else None) if scored else stated)
    for parent, codes in children.items():
        weigh(parent, [nodes[c] for c in codes if nodes[c].scored], nodes, by_code, has_points, file, findings)
    check_total(nodes, children[""], settings, has_points, file, findings)


def silent(node: Node, nodes: dict[str, Node]) -> bool:
    """Below a branch whose stated maximum is 0: collected and shown, not scored."""
    while node.parent:
        node = nodes[node.parent]
        if node.maximum == 0:
            return True
    return False


def check_maximum(node: Node, whole: Fraction, rows: bool, more: list[Rule], file: str) -> list[Finding]:
    """The maximum that a branch states: the one that follows from its rows; of a `sum` branch a cap, no more than they
    can give.

    whole   what its scored rows have; rows: whether it has any
    more    bonus and penalty rows that count in it
    """
    stated, where = node.maximum, (file, node.row, "max_points")
    if stated is None:
        return [] if rows else [Finding("E_FRAMEWORK", "maximum_missing", *where, "", {"code": node.code})]
    capped, caps = node.aggregate == SUM, [rule.cap for rule in more if rule.role == "bonus"]
    most = whole + sum(cap for cap in caps if cap is not None)
    if stated == whole or (capped and (None in caps or stated <= most)):
        return []
    facts = {"code": node.code, "stated": shown(stated), "sum": shown(most)}
    if capped:
        return [Finding("E_FRAMEWORK_SUM", "maximum_cap", *where, shown(stated), facts)]
    return [Finding("E_FRAMEWORK_SUM", "maximum_sum", *where, shown(stated), facts)]


def weigh(
    parent: str,
    siblings: list[Node],
    nodes: dict[str, Node],
    by_code: dict[str, dict],
    has_points: bool,
    file: str,
    findings: list[Finding],
) -> None:
    given = [node for node in siblings if by_code[node.code]["weight"]]
    added = bool(parent) and nodes[parent].aggregate == SUM
    if given and len(given) < len(siblings) and not added:
        lacking = next(node for node in siblings if not by_code[node.code]["weight"])
        findings.append(
            Finding(
                "E_FRAMEWORK",
                "weight_some",
                file,
                lacking.row,
                "weight",
                "",
                {"code": lacking.code, "parent": parent or "index"},
            )
        )
    readable = not any(unreadable(by_code[node.code], "weight") for node in given)
    some = added and len(given) < len(siblings)
    if given and readable and not some and not any(node.weight for node in given):
        findings.append(
            Finding("E_FRAMEWORK", "weight_zero", file, given[0].row, "weight", "0", {"parent": parent or "index"})
        )
    for node in siblings:
        own = node.weight if given else node.maximum if has_points else Fraction(1)
        if added:  # a weight says no more than that a row counts, or (0) that it does not
            idle = by_code[node.code]["weight"] and not node.weight and readable
            own = ZERO if idle else node.maximum
        nodes[node.code] = replace(node, weight=own or Fraction(0), by_maximum=has_points and (added or not given))


def check_total(
    nodes: dict[str, Node],
    tops: tuple[str, ...],
    settings: Settings,
    has_points: bool,
    file: str,
    findings: list[Finding],
) -> None:
    scored = [nodes[c] for c in tops if nodes[c].scored]
    if not scored:
        findings.append(Finding("E_FRAMEWORK", "nothing_scored", file))
    whole = combined(settings.aggregate, scored)
    wrong = None not in (settings.total, whole) and settings.total != whole
    if has_points and wrong and not any(n.scope for n in nodes.values()):
        where = f"{settings.year}/{settings.group}/index.toml"
        facts = {"stated": shown(settings.total), "sum": shown(whole)}
        findings.append(
            Finding("E_FRAMEWORK_SUM", "total_sum", where, column="total", value=shown(settings.total), facts=facts)
        )


def index_total(nodes: dict[str, Node], tops: tuple[str, ...], settings: Settings, has_points: bool) -> Fraction:
    if not has_points:
        return settings.total or Fraction(1)
    return combined(settings.aggregate, [nodes[c] for c in tops if nodes[c].scored]) or settings.total or Fraction(0)


def unreadable(row: Mapping[str, str], column: str) -> bool:
    """Whether a cell holds something that is none of what it may hold; the cell checks say so."""
    field = next(field for field in schema.table("indicators")["fields"] if field["name"] == column)
    return bool(row[column]) and check_value(row[column], field) is not None
