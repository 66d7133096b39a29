"""Everything the contract asks of a year and group beyond single cells: answers, states of the ledger, coverage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import PurePosixPath

import pandas as pd

from .. import schema
from ..errors import Finding
from ..rules import shown
from .answered import BLANK, Answers, Cells, Reader, answers_in, on_top, steps_of
from .answers import ANSWER, Wrong, override
from .cells import check_date
from .framework import Framework, Node, optional
from .settings import Settings
from .tables import rows_of

Tables = Mapping[str, pd.DataFrame]
Key = tuple[str, str]
LEDGER = ("agency", "indicator", "step", "stage", "reason", "decided_by")


def records(frame: pd.DataFrame, columns: Iterable[str] = ()) -> Iterator[tuple[int, dict[str, str]]]:
    """(row, cells) of a table, in order; all its columns unless some are named."""
    names = list(columns) or list(frame.columns)
    for row, cells in zip(frame.index.tolist(), rows_of(frame, *names), strict=True):
        yield row, dict(zip(names, cells, strict=True))


def check_answers(tables: Tables, framework: Framework, answers: Answers, folder: str) -> list[Finding]:
    """Claims and verdicts against the rules of their rows. Answers to exempt rows are not used, so not judged."""
    findings = check_claims(tables["claims"], framework, answers, f"{folder}/claims.csv")
    findings += check_verdicts(tables, framework, answers, f"{folder}/verdicts.csv")
    findings += check_reopened(tables, answers, folder)
    findings += check_reasons(tables, framework, answers, f"{folder}/verdicts.csv")
    return findings + check_denominators(tables["claims"], framework, f"{folder}/claims.csv")


def check_claims(claims: pd.DataFrame, framework: Framework, answers: Answers, file: str) -> list[Finding]:
    """Each distinct answer to a row is looked at once."""
    given = list(answers_in(claims))
    wrong: dict[tuple[str, Cells], list[Finding]] = {}
    for code, cells in dict.fromkeys((code, cells) for _, code, cells in given):
        node = framework.nodes.get(code)
        if node is None or node.children:
            found = on_branch(node, file, 0)
        elif node.taken:
            found = [taken(node, file, 0)]
        else:
            found = check_answer(answers.readers[code], cells, file, 0)
            found += unread(node, dict(zip(ANSWER, cells, strict=True)), file, 0)
        if found:
            wrong[code, cells] = found
    if not wrong:
        return []
    return [
        replace(f, row=int(row))
        for row, (agency, code, cells) in zip(claims.index, given, strict=True)
        for f in wrong.get((code, cells), ())
        if agency not in answers.exempt.get(code, ())
    ]


def check_verdicts(tables: Tables, framework: Framework, answers: Answers, file: str) -> list[Finding]:
    """What each verdict makes of its claim, and points that override the rule."""
    verdicts = tables["verdicts"]
    findings: list[Finding] = []
    steps = steps_of(verdicts, framework)
    for row, step, written in zip(verdicts.index.tolist(), steps, rows_of(verdicts, *ANSWER), strict=True):
        agency, code, cells = step.agency, step.code, step.cells
        node = framework.nodes.get(code)
        if node is None or node.children:
            findings += on_branch(node, file, row)
            continue
        if node.taken:
            findings.append(taken(node, file, row))
            continue
        if agency in answers.exempt.get(code, ()):
            findings.append(Finding("W_EXEMPT", "claim_exempt", file, row, "indicator", code, {"agency": agency}))
            continue
        reader = answers.readers[code]
        claim = step.judged or answers.claims.get(code, {}).get(agency)
        findings += check_answer(reader, on_top(claim, cells), file, row)
        findings += unread_cells(node, dict(zip(ANSWER, written, strict=True)), file, row)
        try:
            override(node, dict(zip(ANSWER, cells, strict=True)), reader.scale)
        except Wrong as wrong:
            findings.append(wrong_answer(node, wrong, written, file, row))
        except ValueError:
            pass  # a cell that is no number: said by the cell checks
    return findings


def check_reopened(tables: Tables, answers: Answers, folder: str) -> list[Finding]:
    """Every verdict whose claim, or whose documents, are others now than those it judged: the item is open again."""
    last = {(a, c): row for row, a, c in zip(tables["verdicts"].index, *cells_of(tables["verdicts"]), strict=True)}
    findings = []
    for code, cells in answers.changes.items():
        for agency, changed in cells.items():
            said = "; ".join(f"{name}: {was or '–'} → {now or '–'}" for name, (was, now) in changed.items())
            facts = {"agency": agency, "changes": said}
            row = int(last[agency, code])
            findings.append(Finding("W_REOPENED", "reopened", f"{folder}/verdicts.csv", row, "indicator", code, facts))
    return sorted(findings, key=lambda f: f.row or 0)


def cells_of(frame: pd.DataFrame) -> tuple[list[str], list[str]]:
    return frame["agency"].tolist(), frame["indicator"].tolist()


def check_answer(reader: Reader, cells: Cells, file: str, row: int) -> list[Finding]:
    """The findings of one answer (cells of the right type; others are reported by the cell checks)."""
    node = reader.node
    try:
        value = reader.value(cells)
    except Wrong as wrong:
        return [wrong_answer(node, wrong, cells, file, row)]
    except ValueError:
        return []  # a cell that is no number: said by the cell checks
    if node.ratio and isinstance(value, Fraction) and value.numerator > value.denominator and node.rule.clips:
        a, b, *_ = cells
        return [Finding("W_PART", "part_clipped", file, row, "a", a, {"code": node.code, "b": b})]
    return []


def wrong_answer(node: Node, wrong: Wrong, cells: Cells, file: str, row: int) -> Finding:
    value = cells[ANSWER.index(wrong.column)]
    return Finding(wrong.code, wrong.reason, file, row, wrong.column, value, {"code": node.code, **wrong.facts})


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


def taken(node: Node, file: str, row: int) -> Finding:
    """An answer for a row whose figures are finished scores of another folder."""
    return Finding("E_STATE", "claim_on_taken", file, row, "indicator", node.code, {"source": ", ".join(node.taken)})


def unread(node: Node, claim: dict[str, str], file: str, row: int) -> list[Finding]:
    """Cells filled in that the rule does not read, and a self score above the maximum."""
    found = list(unread_cells(node, claim, file, row))
    points = optional(claim["points"]) or Fraction(0)
    extra = node.role in ("bonus", "penalty")  # a penalty may be claimed with either sign
    most = node.rule.cap if extra else node.maximum
    reason = "self_score_low" if points < 0 and node.role != "penalty" else ""
    if most and (abs(points) if extra else points) > most:
        reason = "self_score_high"
    if reason and "points" not in node.rule.reads:
        facts = {"code": node.code, "maximum": shown(most)}
        found.append(Finding("W_RANGE", reason, file, row, "points", claim["points"], facts))
    return found


def unread_cells(node: Node, answer: dict[str, str], file: str, row: int) -> Iterator[Finding]:
    """Cells of a claim or a verdict that the rule does not read."""
    for column in ("a", "b", "option") if node.rule.reads else ("points",):
        if answer[column] and column not in node.rule.reads:
            facts = {"code": node.code, "rule": node.rule.name}
            yield Finding("W_UNREAD", "cell_unread", file, row, column, answer[column], facts)


def check_reasons(tables: Tables, framework: Framework, answers: Answers, file: str) -> list[Finding]:
    """A reason that says "kept" with another result than before, or "changed" with the same. Before an appeal stands
    the verdict in force, before a verdict the claim that it judged."""
    verdicts = tables["verdicts"]
    if verdicts.empty:
        return []
    says = dict(schema.results_of_reasons()) | {c: r for c, r in rows_of(tables["reasons"], "code", "result") if r}
    findings = []
    before: dict[Key, Cells] = {}
    for row, reason, step in zip(verdicts.index, verdicts["reason"], steps_of(verdicts, framework), strict=True):
        key = step.agency, step.code
        stood = before.get(key, BLANK) if step.stage == "appeal" else BLANK
        before[key] = step.cells
        node = framework.nodes.get(step.code)
        away = node is None or node.children or step.agency in answers.exempt.get(step.code, ())
        if says.get(reason) not in ("kept", "changed") or away:
            continue
        claim, reader = step.judged or answers.claims.get(step.code, {}).get(step.agency), answers.readers[step.code]
        alike = result_of(reader, claim, stood) == result_of(reader, claim, step.cells)
        if alike != (says[reason] == "kept"):
            facts = {"agency": step.agency, "indicator": step.code}
            findings.append(Finding("E_STATE", f"reason_{says[reason]}", file, int(row), "reason", reason, facts))
    return findings


def result_of(reader: Reader, claim: Cells | None, verdict: Cells) -> object:
    """What an answer comes to: its share, or the value that a rule over the group takes; cells that cannot be read."""
    try:
        return reader(claim, verdict)
    except ValueError:
        return on_top(claim, verdict)


def check_ledger(tables: Tables, folder: str) -> list[Finding]:
    """States of the ledger: steps in order, reasons where there is no claim, appeals decided by somebody else."""
    findings: list[Finding] = []
    claimed, appealed = (set(rows_of(tables[name], "agency", "indicator")) for name in ("claims", "appeals"))
    ledger: dict[Key, list[tuple[int, dict[str, str]]]] = {}
    for row, verdict in records(tables["verdicts"], LEDGER):
        ledger.setdefault((verdict["agency"], verdict["indicator"]), []).append((row, verdict))
    file = f"{folder}/verdicts.csv"
    strays, undecided = (astray(tables, name) for name in ("claims", "verdicts"))
    for key, steps in ledger.items():
        who = {"agency": key[0], "indicator": key[1]}
        first_row, first = steps[0]
        if key not in claimed and not first["reason"] and strays.isdisjoint(key):
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
        key = appeal["agency"], appeal["indicator"]
        if key not in ledger and undecided.isdisjoint(key):
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


def astray(tables: Tables, name: str) -> set[str]:
    """Agencies with an answer to an unknown row, and rows with one of an unknown agency: what seems to lack theirs may
    only have it under a mistyped name, which is an error already."""
    agencies, codes = set(tables["agencies"]["agency"]), set(tables["indicators"]["code"])
    answered = list(rows_of(tables[name], "agency", "indicator"))
    return {a for a, i in answered if i not in codes} | {i for a, i in answered if a not in agencies}


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


def check_years(tables: Tables, settings: Settings, folder: str) -> list[Finding]:
    """Verdicts and appeals before the assessed period, or more than a year after all that index.toml plans: a slip in
    the year."""
    first, end = settings.period
    last = max(end, *(str(day) for day in settings.calendar.values()))
    last = f"{min(int(last[:4]) + 1, 9999)}{last[4:]}"
    findings = []
    for name, column in (("verdicts", "decided_on"), ("appeals", "submitted_on")):
        for row, step in records(tables[name], ("agency", "indicator", column)):
            day = step.pop(column)
            if day and check_date(day) is None and not first <= day <= last:
                facts = step | {"first": first, "last": last}
                findings.append(Finding("W_STATE", "days_outside", f"{folder}/{name}.csv", row, column, day, facts))
    return findings


def check_moved(tables: Tables, settings: Settings, folder: str) -> list[Finding]:
    """An agency that changed its list during the period: from where and since when, both, within the period."""
    first, end = settings.period
    findings = []
    for row, agency in records(tables["agencies"], ("agency", "scope", "scope_before", "scope_from")):
        before, day = agency["scope_before"], agency["scope_from"]
        facts = {**agency, "first": first, "last": end}
        where = (f"{folder}/agencies.csv", row)
        if bool(before) != bool(day):
            lacks = "scope_from" if before else "scope_before"
            findings.append(Finding("E_STATE", "moved_half", *where, lacks, "", facts))
        elif before and before == agency["scope"]:
            findings.append(Finding("E_STATE", "moved_nowhere", *where, "scope_before", before, facts))
        elif day and check_date(day) is None and not first < day <= end:
            findings.append(Finding("E_STATE", "moved_outside", *where, "scope_from", day, facts))
    return findings


def check_coverage(
    tables: Tables, framework: Framework, settings: Settings, answers: Answers, folder: str
) -> list[Finding]:
    """Rows nobody answered, answers to exempt rows, and missing answers where the policy is `error`."""
    findings: list[Finding] = []
    file = f"{folder}/claims.csv"
    exempt, given, decided = answers.exempt, answers.claims, answers.verdicts
    claims = tables["claims"]
    for row, agency, code in zip(claims.index, claims["agency"], claims["indicator"], strict=True) if exempt else ():
        if agency in answers.absent.get(code, ()):
            continue  # an error of `check_own_rows`
        if agency in exempt.get(code, ()) and agency in given.get(code, ()):
            findings.append(Finding("W_EXEMPT", "claim_exempt", file, int(row), "indicator", code, {"agency": agency}))
    agencies = list(tables["agencies"]["agency"])
    measured = all(node.source != "reported" for node in framework.leaves)
    for node in framework.leaves:
        if not node.scored or node.taken:
            continue
        wanted = [agency for agency in agencies if agency not in exempt.get(node.code, ())]
        answered = given.get(node.code, {}).keys() | decided.get(node.code, {}).keys()
        if wanted and answered.isdisjoint(wanted) and (measured or not claims.empty):  # an empty table says so itself
            code = "E_INDICATOR_ABSENT" if measured else "W_INDICATOR_ABSENT"
            findings.append(Finding(code, "indicator_absent", file, None, "indicator", node.code))
        if settings.missing == "error" and node.rule.readable:
            final = answering(node, answers)
            findings += [
                Finding("E_MISSING", "answer_missing", file, None, "indicator", node.code, {"agency": a})
                for a in wanted
                if a not in final
            ]
    return findings


def check_own_rows(tables: Tables, framework: Framework, answers: Answers, folder: str) -> list[Finding]:
    """Whatever names an agency and a row of other lists: the agency does not have the row, so there is nothing to
    claim, to decide, to contest or to exempt."""
    findings = []
    for name in ("claims", "verdicts", "appeals", "evidence", "exemptions") if answers.absent else ():
        frame = tables[name]
        for row, (agency, code) in zip(frame.index, rows_of(frame, "agency", "indicator"), strict=True):
            below = list(framework.below(code)) if code in framework.nodes else []
            if below and all(agency in answers.absent.get(leaf, ()) for leaf in below):
                facts = {"agency": agency, "lists": "; ".join(lists_of(framework, code))}
                where = (f"{folder}/{name}.csv", int(row), "indicator", code, facts)
                findings.append(Finding("E_REFERENCE", "row_of_others", *where))
    return findings


def lists_of(framework: Framework, code: str) -> tuple[str, ...]:
    """The lists that a row, or the nearest branch above it, is of."""
    while code and not framework.nodes[code].scope:
        code = framework.nodes[code].parent
    return framework.nodes[code].scope if code else ()


def answering(node: Node, answers: Answers) -> set[str]:
    """Agencies whose answer to one row gives its rule something (a without the b it needs does not).

    An answer is the claim, or what the last verdict makes of it.
    """
    given, decided = answers.claims.get(node.code, {}), answers.verdicts.get(node.code, {})
    found = set()
    for agency in given.keys() | decided.keys():
        verdict = decided.get(agency, BLANK)
        try:
            value = answers.readers[node.code].value(on_top(given.get(agency), verdict))
            usable = value is not None or bool(verdict[ANSWER.index("points")])
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
        names = node.rule.names if node else []
        if node and node.rule.readable and choice["name"] not in names:
            facts = {"allowed": ", ".join(names) or "–", "nearest": ", ".join(names) or "–", "code": node.code}
            findings.append(
                Finding("E_OPTION", "option_unknown", f"{folder}/choices.csv", row, "name", choice["name"], facts)
            )
    return findings


def check_evidence(tables: Tables, folder: str) -> list[Finding]:
    """Paths of documents stay below evidence/; a document stands behind a row that is answered."""
    file, branches = f"{folder}/evidence.csv", set(tables["indicators"]["parent"])
    findings = []
    for row, document in records(tables["evidence"], ("indicator", "file")):
        if document["indicator"] in branches - {""}:
            findings.append(Finding("W_EVIDENCE", "evidence_on_branch", file, row, "indicator", document["indicator"]))
        if leaves_evidence(document["file"]):
            findings.append(Finding("E_EVIDENCE", "evidence_path", file, row, "file", document["file"]))
    return findings


def leaves_evidence(file: str) -> bool:
    """Whether a path as written leads out of evidence/."""
    path = PurePosixPath(file)
    return bool(file) and (path.is_absolute() or ".." in path.parts or "\\" in file or ":" in file)
