"""Everything the contract asks of a year and group beyond single cells: answers, states of the ledger, coverage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import PurePosixPath

import pandas as pd

from ..errors import Finding
from .answers import ANSWER, Wrong, check_answer, merged, override, value
from .framework import Framework, Node, optional, shown
from .settings import Settings

Tables = Mapping[str, pd.DataFrame]
Key = tuple[str, str]
CELL = ("agency", "indicator", *ANSWER)
LEDGER = ("agency", "indicator", "step", "stage", "reason", "decided_by")


def records(frame: pd.DataFrame, columns: Iterable[str] = ()) -> Iterator[tuple[int, dict[str, str]]]:
    """(row, cells) of a table, in order; all its columns unless some are named."""
    names = list(columns) or list(frame.columns)
    for row, cells in zip(frame.index.tolist(), zip(*(frame[n] for n in names), strict=True), strict=True):
        yield row, dict(zip(names, cells, strict=True))


def check_answers(tables: Tables, framework: Framework, settings: Settings, folder: str) -> list[Finding]:
    """Claims and last verdicts against the rules of their rows. Answers to exempt rows are not used, so not judged."""
    exempt = exempt_cells(tables, framework)
    findings = check_claims(tables["claims"], framework, settings, exempt, f"{folder}/claims.csv")
    findings += check_verdicts(tables, framework, settings, exempt, f"{folder}/verdicts.csv")
    return findings + check_denominators(tables["claims"], framework, f"{folder}/claims.csv")


def check_claims(
    claims: pd.DataFrame, framework: Framework, settings: Settings, exempt: Mapping[Key, str], file: str
) -> list[Finding]:
    """Each distinct answer to a row is looked at once."""
    answers = list(zip(*(claims[c] for c in ("indicator", *ANSWER)), strict=True))
    wrong: dict[tuple, list[Finding]] = {}
    for key in dict.fromkeys(answers):
        node = framework.nodes.get(key[0])
        if node is None or node.children:
            found = on_branch(node, file, 0)
        else:
            answer = dict(zip(ANSWER, key[1:], strict=True))
            found = check_answer(node, answer, settings, file, 0) + unread(node, answer, file, 0)
        if found:
            wrong[key] = found
    if not wrong:
        return []
    places = zip(claims.index, claims["agency"], answers, strict=True)
    return [
        replace(f, row=int(row))
        for row, agency, key in places
        for f in wrong.get(key, ())
        if (agency, key[0]) not in exempt
    ]


def check_verdicts(
    tables: Tables, framework: Framework, settings: Settings, exempt: Mapping[Key, str], file: str
) -> list[Finding]:
    """What each verdict makes of its claim, and points that override the rule."""
    verdicts = tables["verdicts"]
    if verdicts.empty:
        return []
    claims = {(claim["agency"], claim["indicator"]): claim for _, claim in records(tables["claims"], CELL)}
    findings: list[Finding] = []
    for row, verdict in records(verdicts, CELL):
        node, key = framework.nodes.get(verdict["indicator"]), (verdict["agency"], verdict["indicator"])
        if node is None or node.children:
            findings += on_branch(node, file, row)
            continue
        if key in exempt:
            who = {"agency": key[0]}
            findings.append(Finding("W_EXEMPT", "claim_exempt", file, row, "indicator", key[1], who))
            continue
        findings += check_answer(node, merged(claims.get(key), verdict), settings, file, row)
        try:
            override(node, verdict, node.maximum or framework.total)
        except Wrong as wrong:
            facts = {"code": node.code, **wrong.facts}
            findings.append(Finding(wrong.code, wrong.reason, file, row, wrong.column, verdict[wrong.column], facts))
        except ValueError:
            pass  # a cell that is no number: said by the cell checks
    return findings


def check_denominators(claims: pd.DataFrame, framework: Framework, file: str) -> list[Finding]:
    """Rows that take b only because some claim gives it: one stray b would make all other agencies' answers missing."""
    findings = []
    for node in framework.leaves:
        if not node.ratio or node.named_ratio:
            continue
        rows = claims[(claims["indicator"] == node.code) & (claims["a"] != "")]
        given, lacking = rows[rows["b"] != ""], rows[rows["b"] == ""]
        if len(given) and len(lacking):
            facts = {"code": node.code, "given": len(given), "lacking": len(lacking)}
            row, value = int(given.index[0]), given["b"].iloc[0]
            findings.append(Finding("W_DENOMINATOR", "denominator_mixed", file, row, "b", value, facts))
    return findings


def on_branch(node: Node | None, file: str, row: int) -> list[Finding]:
    """An answer for a branch; one for an unknown row is reported as a reference."""
    if node is None or not node.children:
        return []
    return [Finding("E_INDICATOR_UNKNOWN", "claim_on_branch", file, row, "indicator", node.code)]


def unread(node: Node, claim: dict[str, str], file: str, row: int) -> list[Finding]:
    """Cells filled in that the rule does not read, and a self score above the maximum."""
    found = []
    figures = ("a", "b") if node.rule.divides else ("a",)
    reads = {"number": figures, "option": ("option",), "parts": ("option",), "points": (), "anything": ANSWER}[
        node.rule.takes
    ]
    for column in ("a", "b", "option"):
        if claim[column] and column not in reads:
            found.append(
                Finding(
                    "W_UNREAD",
                    "cell_unread",
                    file,
                    row,
                    column,
                    claim[column],
                    {"code": node.code, "rule": node.rule.name},
                )
            )
    points = optional(claim["points"]) or Fraction(0)
    if node.maximum and node.rule.takes != "points" and points > node.maximum:
        facts = {"code": node.code, "maximum": shown(node.maximum)}
        found.append(Finding("W_RANGE", "self_score_high", file, row, "points", claim["points"], facts))
    return found


def exempt_cells(tables: Tables, framework: Framework) -> dict[Key, str]:
    """(agency, leaf) -> reason; an exempted parent exempts the leaves below it."""
    cells = {}
    for _, row in records(tables["exemptions"]):
        if row["indicator"] in framework.nodes:
            for leaf in framework.below(row["indicator"]):
                cells[row["agency"], leaf] = row["reason"]
    return cells


def check_ledger(tables: Tables, folder: str) -> list[Finding]:
    """States of the ledger: steps in order, reasons where there is no claim, appeals decided by somebody else."""
    findings: list[Finding] = []
    claimed = set(zip(tables["claims"]["agency"], tables["claims"]["indicator"], strict=True))
    appealed = set(zip(tables["appeals"]["agency"], tables["appeals"]["indicator"], strict=True))
    ledger: dict[Key, list[tuple[int, dict[str, str]]]] = {}
    for row, verdict in records(tables["verdicts"], LEDGER):
        ledger.setdefault((verdict["agency"], verdict["indicator"]), []).append((row, verdict))
    file = f"{folder}/verdicts.csv"
    for key, steps in ledger.items():
        who = {"agency": key[0], "indicator": key[1]}
        first_row, first = steps[0]
        if key not in claimed and not first["reason"]:
            findings.append(Finding("E_STATE", "verdict_without_claim", file, first_row, "reason", "", who))
        if [step["step"] for _, step in steps] != [str(i) for i in range(1, len(steps) + 1)]:
            findings.append(Finding("E_STATE", "steps_order", file, first_row, "step", first["step"], who))
        if first["stage"] == "appeal":
            findings.append(Finding("E_STATE", "appeal_first", file, first_row, "stage", "appeal", who))
        verifiers = {folded(step["decided_by"]) for _, step in steps if step["stage"] == "verify"} - {""}
        for row, step in steps[1:]:
            if step["stage"] == "appeal" and not step["decided_by"]:
                findings.append(Finding("E_STATE", "appeal_nobody", file, row, "decided_by", "", who))
            if step["stage"] == "appeal" and folded(step["decided_by"]) in verifiers:
                findings.append(
                    Finding("E_STATE", "appeal_same_verifier", file, row, "decided_by", step["decided_by"], who)
                )
            if step["stage"] == "appeal" and key not in appealed and len(tables["appeals"]):
                findings.append(Finding("W_STATE", "appeal_not_lodged", file, row, "stage", "appeal", who))
    for row, appeal in records(tables["appeals"]):
        if (appeal["agency"], appeal["indicator"]) not in ledger:
            who = {"agency": appeal["agency"], "indicator": appeal["indicator"]}
            findings.append(
                Finding(
                    "E_STATE",
                    "appeal_without_verdict",
                    f"{folder}/appeals.csv",
                    row,
                    "indicator",
                    appeal["indicator"],
                    who,
                )
            )
    return findings


def folded(role: str) -> str:
    """A role as it is compared: small letters, single blanks."""
    return " ".join(role.casefold().split())


def check_days(tables: Tables, folder: str) -> list[Finding]:
    """A step before the one it follows, an appeal before its first verdict: hardly what happened."""
    findings: list[Finding] = []
    latest: dict[Key, str] = {}
    first: dict[Key, str] = {}
    for row, verdict in records(tables["verdicts"], ("agency", "indicator", "decided_on")):
        key, day = (verdict["agency"], verdict["indicator"]), verdict["decided_on"]
        if day and day < latest.get(key, ""):
            facts = {"agency": key[0], "indicator": key[1], "before": latest[key]}
            findings.append(Finding("W_STATE", "days_order", f"{folder}/verdicts.csv", row, "decided_on", day, facts))
        if day:
            latest[key] = max(day, latest.get(key, ""))
            first.setdefault(key, day)
    for row, appeal in records(tables["appeals"], ("agency", "indicator", "submitted_on")):
        key, day = (appeal["agency"], appeal["indicator"]), appeal["submitted_on"]
        if day and day < first.get(key, ""):
            facts = {"agency": key[0], "indicator": key[1], "before": first[key]}
            findings.append(Finding("W_STATE", "days_order", f"{folder}/appeals.csv", row, "submitted_on", day, facts))
    return findings


def check_coverage(tables: Tables, framework: Framework, settings: Settings, folder: str) -> list[Finding]:
    """Rows nobody answered, answers to exempt rows, and missing answers where the policy is `error`."""
    findings: list[Finding] = []
    file = f"{folder}/claims.csv"
    exempt = exempt_cells(tables, framework)
    answered = {
        (a, i)
        for a, i, *cells in zip(*(tables["claims"][c] for c in ("agency", "indicator", *ANSWER)), strict=True)
        if any(cells)
    }
    claims = tables["claims"]
    for row, agency, code in zip(claims.index, claims["agency"], claims["indicator"], strict=True) if exempt else ():
        if (agency, code) in exempt and (agency, code) in answered:
            findings.append(Finding("W_EXEMPT", "claim_exempt", file, int(row), "indicator", code, {"agency": agency}))
    answered |= set(zip(tables["verdicts"]["agency"], tables["verdicts"]["indicator"], strict=True))
    agencies = list(tables["agencies"]["agency"])
    measured = all(node.source != "reported" for node in framework.leaves)
    for node in framework.leaves:
        if not node.scored:
            continue
        wanted = [agency for agency in agencies if (agency, node.code) not in exempt]
        lacking = [agency for agency in wanted if (agency, node.code) not in answered]
        if wanted and lacking == wanted:
            code = "E_INDICATOR_ABSENT" if measured else "W_INDICATOR_ABSENT"
            findings.append(Finding(code, "indicator_absent", file, None, "indicator", node.code))
        if settings.missing == "error":
            final = answering(tables, node, settings)
            findings += [
                Finding("E_MISSING", "answer_missing", file, None, "indicator", node.code, {"agency": a})
                for a in wanted
                if a not in final
            ]
    return findings


def answering(tables: Tables, node: Node, settings: Settings) -> set[str]:
    """Agencies whose answer to one row gives its rule something (a without the b it needs does not).

    An answer is the claim, or what the last verdict makes of it.
    """
    claims, verdicts = (tables[name] for name in ("claims", "verdicts"))
    given = {claim["agency"]: claim for _, claim in records(claims[claims["indicator"] == node.code])}
    decided = {verdict["agency"]: verdict for _, verdict in records(verdicts[verdicts["indicator"] == node.code])}
    found = set()
    for agency in given.keys() | decided.keys():
        verdict = decided.get(agency)
        answer = merged(given.get(agency), verdict) if verdict else given[agency]
        try:
            usable = value(node, answer, settings) is not None or bool(verdict and verdict["points"])
        except ValueError:
            usable = True  # a wrong answer is reported as such
        if usable:
            found.add(agency)
    return found


def check_choices(tables: Tables, framework: Framework, folder: str) -> list[Finding]:
    """The wording of options belongs to options of the rule."""
    findings = []
    for row, choice in records(tables["choices"]):
        node = framework.nodes.get(choice["indicator"])
        names = getattr(node.rule, "names", []) if node else []
        if node and choice["name"] not in names:
            facts = {"allowed": ", ".join(names) or "–", "nearest": ", ".join(names) or "–", "code": node.code}
            findings.append(
                Finding("E_OPTION", "option_unknown", f"{folder}/choices.csv", row, "name", choice["name"], facts)
            )
    return findings


def check_evidence(tables: Tables, folder: str) -> list[Finding]:
    """Paths of documents stay below evidence/."""
    file = f"{folder}/evidence.csv"
    return [
        Finding("E_EVIDENCE", "evidence_path", file, row, "file", document["file"])
        for row, document in records(tables["evidence"], ("file",))
        if leaves_evidence(document["file"])
    ]


def leaves_evidence(file: str) -> bool:
    """Whether a path as written leads out of evidence/."""
    path = PurePosixPath(file)
    return bool(file) and (path.is_absolute() or ".." in path.parts or "\\" in file or ":" in file)
