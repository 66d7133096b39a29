"""What a returned workbook says, as rows of the tables: claims, evidence and appeals, or verdicts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

import pandas as pd

from ..case import Case
from ..case.tables import rows_of
from ..errors import Finding
from ..rules import Parts
from ..words import text
from .delivery import bare
from .form import DOCUMENT, MORE, Wording
from .receive import Received
from .worklist import DECISIONS, told_items

Sources = dict[tuple[str, ...], tuple[Received, str]]  # (table, agency, row[, no]) -> (form, name of its inputs)
WINDOWS = re.compile(r"[A-Za-z]:|.*\\")  # how a path begins there, or what is between its folders
APART = re.compile(r"^[0-9a-f]{8}-")  # before the name of a second document that has the name of a first
CLAIM = ("a", "b", "option", "points", "explanation")


class Growing:
    """A table while forms are taken in: rows in their order, found by agency and row of the index set."""

    def __init__(self, frame: pd.DataFrame):
        self.read, self.columns, self.touched = frame, list(frame.columns), False
        self.rows: dict[int, Sequence[str]] = dict(enumerate(rows_of(frame, *self.columns)))
        self.places: dict[tuple[str, str], list[int]] = {}
        for place, key in enumerate(rows_of(frame, "agency", "indicator")):
            self.places.setdefault(key, []).append(place)
        self.next = len(frame)

    def of(self, agency: str, code: str) -> list[dict[str, str]]:
        """The rows that stand for these."""
        found = (self.rows[place] for place in self.places.get((agency, code), ()))
        return [dict(zip(self.columns, row, strict=True)) for row in found]

    def replace(self, keys: Iterable[tuple[str, str]], rows: Iterable[Mapping[str, str]]) -> None:
        """Take out the rows of these keys, and put new ones at the end."""
        self.touched = True
        for key in keys:
            for place in self.places.pop(key, ()):
                del self.rows[place]
        for row in rows:
            self.rows[self.next] = [row.get(column, "") for column in self.columns]
            self.places.setdefault((row["agency"], row["indicator"]), []).append(self.next)
            self.next += 1

    def frame(self) -> pd.DataFrame:
        """The table as it is now; as it was read where nothing was replaced."""
        if not self.touched:
            return self.read
        index = pd.Index(range(2, len(self.rows) + 2), name="row", dtype="int64")
        return pd.DataFrame(list(self.rows.values()), index, self.columns, dtype=object)


def enter(
    tables: Mapping[str, Growing],
    each: Received,
    case: Case,
    words: Wording,
    day: str,
    sources: Sources,
) -> None:
    """What one workbook says, put in the place of what its sender said before on the same rows."""
    agency, given = each.identity["agency"], each.given
    kind = "claims" if each.identity["kind"] == "claim" else "appeals"
    asked = asked_of(each)
    claims: list[dict[str, str]] = []
    appeals: list[dict[str, str]] = []
    evidence: list[dict[str, str]] = []
    for code in asked:
        cell = {"agency": agency, "indicator": code}
        sources[kind, agency, code] = (each, code)
        if kind == "claims":
            row = claim_of(each, case, words, code)
            if any(row.values()):
                by = given.get("submitted_by", "")
                claims.append(cell | row | {"submitted_on": day, "submitted_by": by})
        elif given.get(f"{code}/contest"):
            appeals.append(cell | {"grounds": given.get(f"{code}/grounds", ""), "submitted_on": day})
        elif given.get(f"{code}/grounds"):
            place = "!".join(each.places[f"{code}/contest"])
            each.findings.append(Finding("E_REQUIRED", "grounds_without_contest", each.file, column=place))
        document(evidence, cell, given, code)
    for n in range(1, MORE + 1):
        code = given.get(f"more/{n}/code", "")
        if code:
            document(evidence, {"agency": agency, "indicator": code}, given, f"more/{n}")
        elif any(given.get(f"more/{n}/{c}") for c in DOCUMENT):
            place = "!".join(each.places[f"more/{n}/code"])
            each.findings.append(Finding("E_REQUIRED", "document_without_code", each.file, column=place))
    keys = {(agency, code) for code in asked}
    documents = tables["evidence"]
    if kind == "claims":
        tables["claims"].replace(keys, claims)
        left = {code: documents.of(agency, code) for code in dict.fromkeys(row["indicator"] for row in evidence)}
        for row in evidence:  # what was found about a document stays with it
            stood = next((stood for stood in left[row["indicator"]] if same_paper(row, stood)), None)
            if stood is not None:
                left[row["indicator"]].remove(stood)
                row |= {column: stood[column] for column in ("file", "sha256", "verdict", "note")}
        fresh = numbered(evidence, {})
        documents.replace(keys, fresh)
    else:
        tables["appeals"].replace(keys, appeals)
        stands = {code: documents.of(agency, code) for code in dict.fromkeys(row["indicator"] for row in evidence)}
        last = {(agency, code): max(map(number, rows), default=0) for code, rows in stands.items()}
        fresh = [row for row in evidence if not any(same_paper(row, stood) for stood in stands[row["indicator"]])]
        fresh = numbered(fresh, last)
        documents.replace((), fresh)
    sources |= {("evidence", agency, row["indicator"], row["no"]): (each, row["where"]) for row in fresh}


def asked_of(each: Received) -> list[str]:
    """The rows a form asks for, in its order."""
    return list(dict.fromkeys(n.rsplit("/", 1)[0] for n in each.places if n.endswith("/number") and n[:5] != "more/"))


def claim_of(each: Received, case: Case, words: Wording, code: str) -> dict[str, str]:
    """What a form claims on one row."""
    return {c: each.given.get(f"{code}/{c}", "") for c in CLAIM} | {"option": option_of(each, case, words, code)}


def decide(
    tables: Mapping[str, Growing],
    each: Received,
    words: Wording,
    day: str,
    sources: Sources,
) -> None:
    """The verdicts of one worklist, added to the ledger; one that stands there already is passed over."""
    given, lang = each.given, words.lang
    codes = {called: code for code, called in words.reasons.items()}
    _, change = (text(f"sheet.worklist.{decision}", lang) for decision in DECISIONS)
    for item in told_items(each.identity) or ():
        key = f"{item.agency}/{item.code}"
        place = {part: "!".join(each.places.get(f"{key}/{part}", ("", ""))) for part in ("decision", "reason")}
        decision = given.get(f"{key}/decision", "")
        cells = {c: given.get(f"{key}/{c}", "") for c in ("a", "b", "option", "points")}
        named = {called: option for option, called in words.options[item.code].items()}
        cells["option"] = named.get(cells["option"], cells["option"])
        if not decision:
            if any(cells.values()):
                each.findings.append(Finding("E_REQUIRED", "verdict_undecided", each.file, column=place["decision"]))
            continue
        if (decision == change) != any(cells.values()):
            why = "verdict_unchanged" if decision == change else "verdict_accepts"
            each.findings.append(Finding("E_STATE", why, each.file, column=place["decision"]))
            continue
        reason = codes.get(given.get(f"{key}/reason", ""), "")
        if decision == change and not reason:
            each.findings.append(Finding("E_REQUIRED", "verdict_reason", each.file, column=place["reason"]))
        verifier = words.rows[item.code]["verifier"]
        by = given.get(f"by/{verifier}") or words.owners.get(verifier, verifier)
        verdict = {**cells, "reason": reason, "note": given.get(f"{key}/note", ""), "decided_by": by}
        stood = tables["verdicts"].of(item.agency, item.code)
        if stood:
            if any(stood[-1][c] != verdict[c] for c in ("a", "b", "option", "points", "reason")):
                facts = {"agency": item.agency, "indicator": item.code}
                column = place["decision"]
                each.findings.append(Finding("E_STATE", "verdict_stands", each.file, column=column, facts=facts))
            continue
        row = {"agency": item.agency, "indicator": item.code, "step": "1", "stage": "verify", "decided_on": day}
        tables["verdicts"].replace((), [row | verdict])
        sources["verdicts", item.agency, item.code] = (each, key)


def option_of(each: Received, case: Case, words: Wording, code: str) -> str:
    """The option a choice stands for, or the parts met; "" where nothing was chosen."""
    names = words.options[code]
    rule = case.framework.nodes[code].rule
    if not isinstance(rule, Parts):
        said = each.given.get(f"{code}/option", "")
        return next((option for option, called in names.items() if called == said), "") if said else ""
    met = text("sheet.form.met", words.lang)
    chosen = {part: each.given.get(f"{code}/option/{part}", "") for part in rule.names}
    if not any(chosen.values()):
        return ""
    return ";".join(part for part, said in chosen.items() if said == met) or "none"


def document(evidence: list[dict[str, str]], cell: dict[str, str], given: Mapping[str, str], where: str) -> None:
    cells = {column: given.get(f"{where}/{column}", "") for column in DOCUMENT}
    if any(cells.values()):
        file = bare(cells["file"]) if WINDOWS.match(cells["file"]) else cells["file"]
        evidence.append(cell | cells | {"file": file, "where": where})


def numbered(evidence: Iterable[dict[str, str]], last: dict[tuple[str, str], int]) -> list[dict[str, str]]:
    """Documents of a row counted 1, 2, …, after those it has."""
    out = []
    for row in evidence:
        key = row["agency"], row["indicator"]
        last[key] = last.get(key, 0) + 1
        out.append(row | {"no": str(last[key])})
    return out


def number(row: Mapping[str, str]) -> int:
    """The number of a document among those of its row."""
    return int(row["no"]) if str(row["no"]).isdigit() else 0


def same_paper(row: Mapping[str, str], stood: Mapping[str, str]) -> bool:
    """Whether a form names a document again: what was taken in lies in the folder of the agency, as it was called."""
    *words, file = (row.get(column, "") for column in DOCUMENT)
    *written, there = (stood.get(column, "") for column in DOCUMENT)
    return words == written and alike(file, called(there, stood["agency"]))


def alike(typed: str, file: str) -> bool:
    """Whether a name as it is typed is the name of a file: without its folders, in any case, with its ending or not."""
    name, there = bare(typed).casefold(), bare(file).casefold()
    return name == there or name == PurePosixPath(there).stem


def called(file: str, agency: str) -> str:
    """A document by its sender's name: without the folder of the agency and what keeps two of one name apart."""
    return APART.sub("", file.removeprefix(f"{agency}/"))
