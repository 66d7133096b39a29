"""What a returned workbook says, as rows of the tables: claims, evidence and appeals, or verdicts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

import pandas as pd

from ..case import Case
from ..case.answers import ANSWER
from ..case.judged import COLUMNS as JUDGED
from ..case.judged import NOTHING, Key, Record
from ..case.tables import rows_of
from ..errors import Finding
from ..words import text
from .delivery import bare, spellings, spelt, storable
from .form import DOCUMENT, MORE, Wording
from .receive import Received
from .worklist_workbook import APPEAL, VERDICT, by, decisions, items_of_identity

Sources = dict[tuple[str, ...], tuple[Received, str]]  # (table, agency, row[, no]) -> (form, name of its inputs)
A_PATH = re.compile(r"[A-Za-z]:|file:|/|.*\\")  # how one begins on some system, or what is between its folders
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
            each.findings += open_parts(each, case, code)
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
    stands: Mapping[Key, Record],
) -> None:
    """The verdicts of one worklist, added to the ledger; one that stands there already is passed over.

    stands   what each of them judged: the claims and documents that the worklist shows
    """
    given, lang = each.given, words.lang
    codes = {called: code for code, called in words.reasons.items()}

    def refuse(code: str, reason: str, name: str, **facts: str) -> None:
        place = "!".join(each.places.get(name, ("", "")))
        each.findings.append(Finding(code, reason, each.file, column=place, facts=facts))

    for item in items_of_identity(each.identity) or ():
        key, (keep, change) = f"{item.agency}/{item.code}", decisions(item.stage, lang)
        decision = given.get(f"{key}/decision", "")
        cells = {c: given.get(f"{key}/{c}", "") for c in ANSWER}
        named = {called: option for option, called in words.options[item.code].items()}
        cells["option"] = named.get(cells["option"], cells["option"])
        if not decision:
            if any(given.get(f"{key}/{column}") for column in VERDICT):
                refuse("E_REQUIRED", "verdict_undecided", f"{key}/decision", keep=keep, change=change)
            continue
        if (decision == change) != any(cells.values()):
            why = "verdict_unchanged" if decision == change else "verdict_accepts"
            refuse("E_STATE", why, f"{key}/decision", keep=keep, change=change)
            continue
        appealed, verifier = item.stage == APPEAL, words.rows[item.code]["verifier"]
        reason = codes.get(given.get(f"{key}/reason", ""), "")
        if (decision == change or appealed) and not reason:
            refuse("E_REQUIRED", "verdict_reason", f"{key}/reason")
        signed = given.get(by(item.stage, verifier), "")
        if appealed and not signed:
            refuse("E_REQUIRED", "appeal_unsigned", by(item.stage, verifier))
        who = signed or words.owners.get(verifier, verifier)
        stood = tables["verdicts"].of(item.agency, item.code)
        verdict = {**cells, "reason": reason, "note": given.get(f"{key}/note", ""), "decided_by": who}
        done = stood[item.step - 1 :]
        if done:
            if any(done[0][c] != verdict[c] for c in (*ANSWER, "reason")):
                facts = {"agency": item.agency, "indicator": item.code}
                refuse("E_STATE", "verdict_stands", f"{key}/decision", **facts)
            continue
        for column in ("a", "b", "option") if cells["points"] else ():
            if value := given.get(f"{key}/{column}"):
                place = "!".join(each.places[f"{key}/{column}"])
                facts = {"points": cells["points"]}
                found = Finding("W_UNREAD", "verdict_points", each.file, column=place, value=value, facts=facts)
                each.findings.append(found)
        row = {"agency": item.agency, "indicator": item.code, "step": str(item.step), "stage": item.stage}
        row |= dict(zip(JUDGED, stands.get((item.agency, item.code), NOTHING), strict=True))
        tables["verdicts"].replace((), [row | verdict | {"decided_on": day}])
        sources["verdicts", item.agency, item.code] = (each, key)
        sources["signed", item.agency, item.code] = (each, by(item.stage, verifier))


def option_of(each: Received, case: Case, words: Wording, code: str) -> str:
    """The option a choice stands for, or the parts met; "" where nothing was chosen."""
    names = words.options[code]
    rule = case.framework.nodes[code].rule
    if not rule.several:
        said = each.given.get(f"{code}/option", "")
        return next((option for option, called in names.items() if called == said), "") if said else ""
    met = text("sheet.form.met", words.lang)
    chosen = {part: each.given.get(f"{code}/option/{part}", "") for part in rule.names}
    if not any(chosen.values()):
        return ""
    return ";".join(part for part, said in chosen.items() if said == met) or "none"


def open_parts(each: Received, case: Case, code: str) -> list[Finding]:
    """Some parts of a row were answered: those left open count as unmet, which nobody has said."""
    rule = case.framework.nodes[code].rule
    names = [f"{code}/option/{part}" for part in rule.names] if rule.several else []
    left = [name for name in names if not each.given.get(name)]
    if not left or len(left) == len(names):
        return []
    facts = {"code": code, "n": len(left), "of": len(names)}
    return [Finding("W_INCOMPLETE", "form_part_open", each.file, column="!".join(each.places[left[0]]), facts=facts)]


def document(evidence: list[dict[str, str]], cell: dict[str, str], given: Mapping[str, str], where: str) -> None:
    cells = {column: given.get(f"{where}/{column}", "") for column in DOCUMENT}
    if any(cells.values()):
        file = bare(cells["file"]) if A_PATH.match(cells["file"]) else cells["file"]
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
    return words == written and alike(file, called(there, stood["agency"], stood["sha256"]))


def alike(typed: str, file: str) -> bool:
    """Whether a name as it is typed is the name of a file: without its folders, in any case, with its ending or not."""
    there = {spelt(bare(file)), spelt(PurePosixPath(bare(file)).stem)}
    return any(name in there or spelt(storable(name)) in there for name in spellings(typed))


def called(file: str, agency: str, sha256: str) -> str:
    """A document by its sender's name: without the folder of the agency and what keeps two of one name apart."""
    name = file.removeprefix(f"{agency}/")
    return name.removeprefix(f"{sha256}-").removeprefix(f"{sha256[:8]}-") if sha256 else name
