"""links.csv against both index sets: a row continues an earlier one only where both ask the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fractions import Fraction

import pandas as pd

from ..errors import Finding, nearest
from ..rules import shown
from .framework import Framework, Node, optional
from .settings import Settings
from .tables import rows_of

MATCHED = ("same", "rescaled")
FACTOR_PLACES = 6  # as far as a factor is written
Place = tuple[str, str]  # year, group


def check_links(
    links: pd.DataFrame, framework: Framework, year: str, place: str, earlier: Mapping[Place, Framework]
) -> list[Finding]:
    """Every link that cannot be.

    links      links.csv of a year and group, its cells checked
    earlier    the index sets it may point to; a year and group that could not be read is passed over

    A link points to an earlier year and to a row of it; `same` and `rescaled` rows have the same rule, `same` ones the
    same maximum points too; a row continues in one row only (else it is `split`). The factor of a rescaled row is new
    over old maximum.
    """
    file, findings = f"{place}/links.csv", []
    taken: dict[tuple[str, str, str], str] = {}
    for row, cells in zip(links.index, rows_of(links, *links.columns[:6]), strict=True):
        code, from_year, from_group, from_code, kind, factor = cells
        where = (file, int(row))
        if factor and kind != "rescaled":
            findings.append(Finding("W_LINK", "factor_unread", *where, "factor", factor, {"code": code, "kind": kind}))
        if from_year >= year:
            findings.append(Finding("E_LINK", "link_year", *where, "from_year", from_year, {"year": year}))
            continue
        if kind in MATCHED:
            first = taken.setdefault((from_year, from_group, from_code), code)
            if first != code:
                findings.append(Finding("E_LINK", "link_twice", *where, "from_code", from_code, {"first": first}))
        old = earlier.get((from_year, from_group))
        if old is None or code not in framework.nodes:
            continue
        facts = {"from": f"{from_year}/{from_group}", "code": code}
        if from_code not in old.nodes:
            facts["nearest"] = nearest(from_code, old.nodes) or "–"
            findings.append(Finding("E_LINK", "link_row", *where, "from_code", from_code, facts))
        elif kind in MATCHED:
            differs = difference(framework.nodes[code], old.nodes[from_code], kind)
            if differs:
                findings.append(Finding("E_LINK", differs, *where, "kind", kind, facts | {"old": from_code}))
            elif kind == "rescaled" and factor:
                findings += check_factor(framework.nodes[code], old.nodes[from_code], factor, where, facts)
    return findings


def check_reach(links: pd.DataFrame, year: str, place: str, kept: Collection[Place]) -> list[Finding]:
    """Links to a year and group that are not there, each place once. A year of which nothing is kept may be kept
    elsewhere; of a kept one every group is.

    kept   every year and group of the data folder
    """
    file, findings = f"{place}/links.csv", []
    dead: dict[Place, list[int]] = {}
    for row, (at, group) in zip(links.index, rows_of(links, "from_year", "from_group"), strict=True):
        if at < year and (at, group) not in kept:
            dead.setdefault((at, group), []).append(int(row))
    for (at, group), rows in dead.items():
        where, groups = (file, rows[0]), [g for y, g in kept if y == at]
        facts: dict[str, object] = {"from": f"{at}/{group}", "n": len(rows)}
        if groups:
            facts["nearest"] = nearest(group, groups) or ", ".join(groups)
            findings.append(Finding("E_LINK", "link_group", *where, "from_group", group, facts))
        else:
            findings.append(Finding("W_LINK", "link_not_kept", *where, "from_year", at, facts))
    return findings


def check_size(
    settings: Settings, file: str, before: Place | None, earlier: Mapping[Place, Framework]
) -> list[Finding]:
    """The row that weighs the parts of a merger is a row of the year before, and one of figures."""
    code = settings.comparison["size"]
    if not code and settings.comparison["merged_mean"] == "size":
        where = (file, None, "comparison.merged_mean", "size")
        return [Finding("E_LINK", "merged_without_size", *where)]
    if not code or before is None or before not in earlier:
        return []
    facts, where = {"from": "/".join(before)}, (file, None, "comparison.size", code)
    node = earlier[before].nodes.get(code)
    if node is None:
        facts |= {"code": "comparison", "nearest": nearest(code, earlier[before].nodes) or "–"}
        return [Finding("E_LINK", "link_row", *where, facts)]
    if node.children or (node.rule.reads and "a" not in node.rule.reads):
        return [Finding("W_LINK", "size_unread", *where, facts)]
    return []


def difference(new: Node, old: Node, kind: str) -> str:
    """Why two rows are not the same question: the reason of a finding, or ""."""
    if bool(new.children) != bool(old.children) or new.role != old.role:
        return "link_shape"
    if not new.children and new.rule.shape != old.rule.shape:
        return "link_rule"
    if kind == "same" and new.maximum != old.maximum:
        return "link_maximum"
    return ""


def ratio(new: Node, old: Node) -> Fraction | None:
    """New over old maximum points."""
    return new.maximum / old.maximum if new.maximum and old.maximum else None


def check_factor(new: Node, old: Node, factor: str, where: tuple[str, int], facts: dict) -> list[Finding]:
    exact, written = ratio(new, old), optional(factor)
    if exact is None or written is None or round(exact, FACTOR_PLACES) == round(written, FACTOR_PLACES):
        return []
    facts = facts | {"exact": shown(round(exact, FACTOR_PLACES))}
    return [Finding("W_LINK", "link_factor", *where, "factor", factor, facts)]
