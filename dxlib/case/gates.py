"""Gates: rows that count only where another row is met ("without a plan the rows 2.2 to 2.5 are not scored").

The column `gate` names that other row, alone (its share is above 0) or with the share that it needs: `2.1>=50%`. On a
branch it stands before every scored row below. Exact; the share is the one that counts, with its verdict.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..errors import Finding, nearest
from ..rules import ONE, ZERO, RuleError, Scale
from .framework import Framework, Gate, Node

CONDITION = re.compile(r"(?P<code>[^<>=]*[^<>=\s])\s*(?:(?P<sign>>=|>)\s*(?P<share>[^<>=]+))?")


@dataclass(frozen=True)
class Gated:
    """A gate that can be read, with the row that it stands before."""

    code: str
    gate: Gate


def read_gates(
    framework: Framework, by_code: Mapping[str, Mapping], file: str
) -> tuple[dict[str, tuple[Gate, ...]], list[Finding]]:
    """The gates before each scored leaf, its own and those of the branches above it, and what is wrong with any."""
    found: list[Gated] = []
    findings: list[Finding] = []
    for code, row in by_code.items():
        if row["gate"]:
            try:
                found.append(Gated(code, read_gate(framework, code, row["gate"])))
            except RuleError as no:
                facts = {"code": code, "part": "", "nearest": "", "expected": "", **no.facts}
                findings.append(Finding("E_FRAMEWORK", no.reason, file, row["row"], "gate", row["gate"], facts))
    gates: dict[str, tuple[Gate, ...]] = {}
    for each in found:
        for leaf in framework.below(each.code):
            if framework.nodes[leaf].scored:
                gates[leaf] = (*gates.get(leaf, ()), each.gate)
    for each in found:
        ring = circle(framework, gates, each)
        if ring:
            facts = {"code": each.code, "circle": " → ".join(ring)}
            row = by_code[each.code]
            findings.append(Finding("E_FRAMEWORK", "gate_circle", file, row["row"], "gate", row["gate"], facts))
    return ({} if findings else gates), findings


def read_gate(framework: Framework, code: str, text: str) -> Gate:
    """The gate that is written before a row. Raises RuleError."""
    nodes = framework.nodes
    read = CONDITION.fullmatch(text.strip())
    if read is None:
        raise RuleError("gate_form", text, part=text)
    of, node = read["code"].strip(), nodes[code]
    if of not in nodes:
        raise RuleError("gate_unknown", text, part=of, nearest=nearest(of, nodes) or "–")
    if of in line(nodes, code) or code in line(nodes, of):
        raise RuleError("gate_line", text, part=of)
    if not node.scored or not framework.extras.keys().isdisjoint([code, *framework.within(code)]):
        raise RuleError("gate_place", text)  # points beside the rows have no gate, in a `sum` branch neither
    if not nodes[of].scored:
        raise RuleError("gate_unscored", text, part=of)
    behind = [nodes[leaf] for leaf in framework.below(code) if nodes[leaf].scored]
    before = [nodes[leaf] for leaf in framework.below(of) if nodes[leaf].scored]
    endless = next((leaf.code for leaf in (*behind, *before) if not leaf.rule.bounded), "")
    if endless:
        raise RuleError("gate_endless", text, part=endless)
    turned = next(complements(framework, {node.code for node in (*behind, *before)}), "")
    if turned:
        raise RuleError("gate_complement", text, part=turned)
    if not read["sign"]:
        return Gate(of, code, True, ZERO)
    try:
        least = Scale(text, nodes[of].maximum, 1).share(read["share"])
    except RuleError:
        raise RuleError("gate_share", text, part=read["share"].strip()) from None
    strict = read["sign"] == ">"
    if least == (ONE if strict else ZERO):
        raise RuleError("gate_idle", text)
    return Gate(of, code, strict, least)


def line(nodes: Mapping[str, Node], code: str) -> list[str]:
    """A row and the branches above it."""
    found = [code]
    while nodes[found[-1]].parent:
        found.append(nodes[found[-1]].parent)
    return found


def complements(framework: Framework, leaves: set[str]) -> Iterator[str]:
    """Branches (or the index) of aggregate `complement` above some leaves: there nothing would count as everything."""
    if framework.aggregate == "complement":
        yield "index"
    for code, node in framework.nodes.items():
        if node.aggregate == "complement" and not leaves.isdisjoint(framework.below(code)):
            yield code


def circle(framework: Framework, gates: Mapping[str, tuple[Gate, ...]], each: Gated) -> list[str]:
    """The rows of a circle of gates that one gate is part of: it waits, through others, for a row behind itself."""
    behind = set(framework.below(each.code))
    ways: list[list[str]] = [[each.code, each.gate.code]]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for leaf in framework.below(way[-1]):
            if leaf in behind:
                return [*way, each.code]
            for gate in gates.get(leaf, ()) if leaf not in seen else ():
                ways.append([*way, gate.code])
            seen.add(leaf)
    return []
