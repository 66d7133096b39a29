"""The frozen Case: one year and group of a data folder, checked as a whole at the door."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from types import MappingProxyType
from typing import Any

import pandas as pd

from .. import schema
from ..errors import Finding, Refusal, nearest
from ..rules import number
from . import checks
from .answered import Answers, read_answers
from .cells import check_cells, check_references, explain_twice
from .change import change_policies, change_weights, check_weights, edited_cells, first_new, weight_text, with_points
from .classes import check_quota_rows
from .conditions import check_conditions
from .doubts import check_doubts
from .framework import INDEX, Framework, finished_node
from .idle import check_idle
from .relations import check_relations
from .settings import FILE as SETTINGS
from .settings import Settings
from .tables import rows_of
from .tree import build


@dataclass(frozen=True)
class Case:
    """What was given for one year and group. Tables are frames of text, one row per row of the file.

    findings   warnings of the checks
    answers    claims and last verdicts by row and agency, with what each says to its rule
    set_aside  errors of the ledger whose rows were left out (only `read_for_verification` does so)
    digests    SHA-256 of every file really read, by path below the data folder
    edited     (agency, code) -> points that somebody tries instead of those verified; empty for what was really given
    others     group -> the case of the same year whose finished scores some rows take (`Node.taken`)
    """

    settings: Settings
    framework: Framework
    findings: tuple[Finding, ...]
    digests: Mapping[str, str]
    given: frozenset[str]
    tables: Mapping[str, pd.DataFrame] = field(repr=False)
    answers: Answers = field(repr=False, compare=False)
    set_aside: tuple[Finding, ...] = ()
    edited: Mapping[tuple[str, str], Fraction] = field(default_factory=dict)
    others: Mapping[str, Case] = field(default_factory=dict, repr=False)

    @property
    def year(self) -> str:
        return self.settings.year

    @property
    def group(self) -> str:
        return self.settings.group

    def __getattr__(self, name: str) -> pd.DataFrame:
        """`case.claims` and so on: a copy of that table, safe to change."""
        tables = self.__dict__.get("tables", {})
        if name not in tables:
            raise AttributeError(name)
        return tables[name].copy()

    def has(self, table: str) -> bool:
        """Whether the folder held this table."""
        return table in self.given

    @property
    def has_claims(self) -> bool:
        """Whether agencies claim anything here; False for an index of measured figures."""
        return any(node.source == "reported" for node in self.framework.leaves)

    @property
    def default_on(self) -> str:
        """Which values a result stands on unless told otherwise: verified, or claimed before verification."""
        return "verified" if self.has("verdicts") or not self.has_claims else "claimed"

    @cached_property
    def scopes(self) -> dict[str, str]:
        """agency -> its list."""
        return dict(zip(*(self.tables["agencies"][c].tolist() for c in ("agency", "scope")), strict=True))

    def tree_of(self, agency: str) -> Framework:
        """The index set as one agency has it."""
        return self.framework.own((self.scopes.get(agency, ""),))

    @property
    def exempt(self) -> dict[tuple[str, str], str]:
        """(agency, leaf) -> reason."""
        absent = self.answers.absent
        return {
            (agency, leaf): reason
            for leaf, row in self.answers.exempt.items()
            for agency, reason in row.items()
            if agency not in absent.get(leaf, ())
        }

    def with_changes(
        self,
        weights: Mapping[str, Any] | None = None,
        verdicts: pd.DataFrame | None = None,
        claims: pd.DataFrame | None = None,
        policies: Mapping[str, Any] | None = None,
        drop: Iterable[str] = (),
        points: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Case:
        """The same case with something changed; goes through the same door as a folder does.

        weights    code -> relative weight among its siblings (numbers or decimal text); all siblings that count
                   are named, or none; a part that changes by more than half is a warning
        verdicts   the whole table that replaces verdicts.csv (contract columns; missing ones are empty)
        claims     the same for claims.csv
        policies   keys of index.toml, e.g. {"aggregate": "geometric"}
        drop       codes that count nothing (weight 0; the siblings carry their weight)
        points     agency -> code -> points tried instead of those verified (numbers or decimal text); recorded in
                   `edited`, so that every product can say so

        Raises Refusal.
        """
        findings: list[Finding] = []
        tables = dict(self.tables)
        settings = change_policies(self.settings, policies or {}, findings)
        for name, frame in (("verdicts", verdicts), ("claims", claims)):
            if frame is not None:
                tables[name] = frame.reindex(columns=schema.columns(name)).astype(object).fillna("").astype(str)
        gone = dict.fromkeys(self.framework.handed_up(drop), "0")
        named = {code: weight_text(code, w, findings) for code, w in (weights or {}).items()}
        findings += check_weights(self.framework, named, gone)
        changes = gone | named
        tables["indicators"] = change_weights(tables["indicators"], self.framework, changes, findings)
        given = self.given | ({"verdicts"} if verdicts is not None else set())
        cells: dict[tuple[str, str], str] = {}
        if points:
            if "verdicts" not in given:
                findings.append(Finding("E_SCENARIO", "points_unverified", column="points"))
            cells, found = edited_cells(points, tables, self.framework, self.answers)
            findings += found
        if any(f.severity == "error" for f in findings):
            raise Refusal(findings)
        first = first_new(tables["verdicts"])
        if cells:
            tables["verdicts"] = with_points(tables, cells)
        try:
            changed = freeze(tables, settings, self.digests, given, findings, self.set_aside, self.others)
        except Refusal as refusal:
            raise Refusal([of_edited(f, list(cells), first) for f in refusal.findings]) from None
        edited = {cell: Fraction(number(text)) for cell, text in cells.items()}
        framework = changed.framework.weighing_as(self.framework)
        return replace(changed, framework=framework, edited={**self.edited, **edited})


def of_edited(found: Finding, cells: list[tuple[str, str]], first: int) -> Finding:
    """A finding about a verdict that an edit added names the edit."""
    place = -1 if found.row is None or not found.file.endswith("/verdicts.csv") else found.row - first
    return replace(found, column="points.{}.{}".format(*cells[place]), row=None) if 0 <= place < len(cells) else found


def table_findings(tables: Mapping[str, pd.DataFrame], place: str, given: Iterable[str]) -> list[Finding]:
    """Cells, keys and references of every table."""
    findings: list[Finding] = []
    targets = {name: frame for name, frame in tables.items() if name in given}
    for name, frame in tables.items():
        shown = "reasons.csv" if name == "reasons" else f"{place}/{name}.csv"
        others = tables["claims" if name == "indicators" else "indicators"]
        codes = others["indicator" if name == "indicators" else "code"]
        findings += explain_twice(check_cells(name, frame, shown), codes)
        findings += check_references(name, frame, shown, targets)
    return findings


def build_tree(
    tables: Mapping[str, pd.DataFrame], settings: Settings, given: frozenset[str]
) -> tuple[Framework | None, list[Finding]]:
    """The tree of the tables, as `build` makes it."""
    with_b = {
        i
        for name in ("claims", "verdicts")
        for i, b in zip(tables[name]["indicator"], tables[name]["b"], strict=True)
        if b
    }
    measured = "verdicts" not in given and "reported" not in set(tables["indicators"]["source"])
    file = f"{settings.year}/{settings.group}/indicators.csv"
    lists = list(dict.fromkeys(tables["agencies"]["scope"].tolist()))
    framework, findings = build(tables["indicators"], with_b, measured, settings, file, lists)
    if framework is not None:
        findings += check_idle(framework, tables["indicators"], len(tables["agencies"]), file)
    return framework, findings


def freeze(
    tables: Mapping[str, pd.DataFrame],
    settings: Settings,
    digests: Mapping[str, str],
    given: frozenset[str],
    before: Iterable[Finding] = (),
    set_aside: tuple[Finding, ...] = (),
    others: Mapping[str, Case] = MappingProxyType({}),
) -> Case:
    """Check everything, then make the Case. Raises Refusal with every error."""
    place = f"{settings.year}/{settings.group}"
    findings = [*before, *table_findings(tables, place, given)]
    framework, found = build_tree(tables, settings, given)
    findings += found
    if framework is not None:
        findings += check_taken(framework, others, list(tables["agencies"]["agency"]), f"{place}/indicators.csv")
        answers = read_answers(tables, framework, settings)
        findings += checks.check_answers(tables, framework, answers, place)
        findings += checks.check_coverage(tables, framework, settings, answers, place)
        findings += checks.check_own_rows(tables, framework, answers, place)
        findings += checks.check_choices(tables, framework, place)
        findings += check_doubts(tables, framework, settings, answers, place)
        findings += check_standing(tables, framework, settings, f"{place}/{SETTINGS}")
    findings += checks.check_ledger(tables, place) + checks.check_days(tables, place)
    findings += checks.check_moved(tables, settings, place)
    findings += checks.check_years(tables, settings, place) + checks.check_evidence(tables, place)
    rules = {node.code: node.rule for node in framework.leaves} if framework is not None else {}
    findings += check_relations(tables, place, rules)
    if framework is None or any(f.severity == "error" for f in findings):
        raise Refusal(findings)
    return Case(
        settings,
        framework,
        tuple(findings),
        MappingProxyType(dict(digests)),
        frozenset(given),
        MappingProxyType(dict(tables)),
        answers,
        set_aside,
        others=MappingProxyType(dict(others)),
    )


def check_standing(
    tables: Mapping[str, pd.DataFrame], framework: Framework, settings: Settings, file: str
) -> list[Finding]:
    """Conditions and quotas of the classes against the tree, and who is in no quota because nobody ranks it."""
    classes = settings.classes
    if classes.by_cut:
        return []
    scored = {code: node.scored for code, node in framework.nodes.items()}
    findings = check_conditions(classes.conditions, framework, file) + check_quota_rows(classes, scored, file)
    unranked = [a for a, ranked in rows_of(tables["agencies"], "agency", "ranked") if ranked == "no"]
    if classes.quotas and unranked:
        facts = {"n": len(unranked), "agencies": ", ".join(unranked[:5])}
        findings.append(Finding("W_QUOTA", "quota_unranked", file, column="class", facts=facts))
    return findings


def check_taken(framework: Framework, others: Mapping[str, Case], agencies: list[str], file: str) -> list[Finding]:
    """Rows that take finished scores of other folders: the row is there, and so are the agencies."""
    findings = []
    for node in framework.leaves:
        for column, reference in zip(("a_from", "b_from"), node.taken, strict=False):
            group, code = finished_node(reference)
            if group not in others:
                continue  # said where it was read
            other = others[group]
            if code != INDEX and not (code in other.framework.nodes and other.framework.nodes[code].scored):
                known = {"nearest": nearest(code, other.framework.nodes) or "–", "table": f"{group}/indicators.csv"}
                findings.append(Finding("E_REFERENCE", "reference_unknown", file, node.row, column, reference, known))
            absent = [a for a in agencies if a not in set(other.tables["agencies"]["agency"])]
            if absent:
                facts = {"n": len(absent), "agencies": ", ".join(absent[:5])}
                findings.append(Finding("W_TAKEN", "taken_absent", file, node.row, column, reference, facts))
    return findings
