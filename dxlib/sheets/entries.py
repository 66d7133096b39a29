"""What a returned workbook says, as rows of the tables: claims, evidence and appeals, or verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from ..case import Case
from ..case.tables import rows_of
from ..errors import Finding
from ..rules import Parts
from ..words import text
from .form import DOCUMENT, MORE, Wording
from .receive import Received
from .worklist import DECISIONS, told_items

CLAIM = ("a", "b", "option", "points", "explanation")


def enter(
    tables: dict[str, pd.DataFrame],
    each: Received,
    case: Case,
    words: Wording,
    day: str,
    sources: dict[tuple[str, str, str, str], tuple[Received, str]],
) -> None:
    """What one workbook says, put in the place of what its sender said before on the same rows."""
    agency, given = each.identity["agency"], each.given
    asked = list(dict.fromkeys(n.rsplit("/", 1)[0] for n in each.places if n.endswith("/number") and n[:5] != "more/"))
    claims: list[dict[str, str]] = []
    appeals: list[dict[str, str]] = []
    evidence: list[dict[str, str]] = []
    for code in asked:
        cell = {"agency": agency, "indicator": code}
        for column in CLAIM:
            sources["claims", agency, code, column] = (each, f"{code}/{column}")
        sources["appeals", agency, code, "grounds"] = (each, f"{code}/grounds")
        if each.identity["kind"] == "claim":
            row = {c: given.get(f"{code}/{c}", "") for c in CLAIM} | {"option": option_of(each, case, words, code)}
            if any(row.values()):
                by = given.get("submitted_by", "")
                claims.append(cell | row | {"submitted_on": day, "submitted_by": by})
        elif given.get(f"{code}/contest"):
            appeals.append(cell | {"grounds": given.get(f"{code}/grounds", ""), "submitted_on": day})
        document(evidence, cell, given, code)
    for n in range(1, MORE + 1):
        code = given.get(f"more/{n}/code", "")
        if code:
            document(evidence, {"agency": agency, "indicator": code}, given, f"more/{n}")
        elif any(given.get(f"more/{n}/{c}") for c in DOCUMENT):
            place = "!".join(each.places[f"more/{n}/code"])
            each.findings.append(Finding("E_REQUIRED", "document_without_code", each.file, column=place))
    keys = {(agency, code) for code in asked}
    if each.identity["kind"] == "claim":
        tables["claims"] = replaced(tables["claims"], keys, claims)
        old = tables["evidence"]
        looked = ("file", "sha256", "verdict", "note")  # what was found about a document stays with it
        columns = ("agency", "indicator", *DOCUMENT[:-1], *looked)
        found = {
            (a, code, *paper, file.removeprefix(f"{a}/")): (file, sha, verdict, note)
            for a, code, *paper, file, sha, verdict, note in rows_of(old, *columns)
        }
        for row in evidence:
            key = (row["agency"], row["indicator"], *(row[c] for c in DOCUMENT))
            row |= dict(zip(looked, found.get(key, (row["file"], "", "", "")), strict=True))
        tables["evidence"] = replaced(old, keys, numbered(evidence, {}))
    else:
        tables["appeals"] = replaced(tables["appeals"], keys, appeals)
        old = tables["evidence"]
        last: dict[tuple[str, str], int] = {}
        held = set()
        for a, code, no, *cells in rows_of(old, "agency", "indicator", "no", *DOCUMENT):
            last[a, code] = max(last.get((a, code), 0), int(no) if str(no).isdigit() else 0)
            held.add((a, code, *cells))
        fresh = [e for e in evidence if (e["agency"], e["indicator"], *(e[c] for c in DOCUMENT)) not in held]
        tables["evidence"] = replaced(old, set(), numbered(fresh, last))


def decide(
    tables: dict[str, pd.DataFrame],
    each: Received,
    words: Wording,
    day: str,
    sources: dict[tuple[str, str, str, str], tuple[Received, str]],
) -> None:
    """The verdicts of one worklist, added to the ledger; one that stands there already is passed over."""
    given, lang = each.given, words.lang
    codes = {called: code for code, called in words.reasons.items()}
    _, change = (text(f"sheet.worklist.{decision}", lang) for decision in DECISIONS)
    last: dict[tuple[str, str], dict[str, str]] = {}
    columns = list(tables["verdicts"].columns)
    for line in rows_of(tables["verdicts"], *columns):
        stood = dict(zip(columns, line, strict=True))
        last[stood["agency"], stood["indicator"]] = stood
    new: list[dict[str, str]] = []
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
        stands = last.get((item.agency, item.code))
        if stands is not None:
            if any(stands[c] != verdict[c] for c in ("a", "b", "option", "points", "reason")):
                facts = {"agency": item.agency, "indicator": item.code}
                column = place["decision"]
                each.findings.append(Finding("E_STATE", "verdict_stands", each.file, column=column, facts=facts))
            continue
        row = {"agency": item.agency, "indicator": item.code, "step": "1", "stage": "verify", "decided_on": day}
        new.append(row | verdict)
        last[item.agency, item.code] = row | verdict
        for column in ("a", "b", "option", "points"):
            sources["verdicts", item.agency, item.code, column] = (each, f"{key}/{column}")
    tables["verdicts"] = replaced(tables["verdicts"], set(), new)


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
        evidence.append(cell | cells)


def numbered(evidence: Iterable[dict[str, str]], last: dict[tuple[str, str], int]) -> list[dict[str, str]]:
    """Documents of a row counted 1, 2, …, after those it has."""
    out = []
    for row in evidence:
        key = row["agency"], row["indicator"]
        last[key] = last.get(key, 0) + 1
        out.append(row | {"no": str(last[key])})
    return out


def replaced(frame: pd.DataFrame, keys: set[tuple[str, str]], rows: Sequence[Mapping[str, str]]) -> pd.DataFrame:
    """A table without the rows of these keys, and with the new ones at its end."""
    kept = [key not in keys for key in rows_of(frame, "agency", "indicator")]
    new = pd.DataFrame(
        [{c: row.get(c, "") for c in frame.columns} for row in rows], columns=frame.columns, dtype=object
    )
    out = pd.concat([frame[kept], new], ignore_index=True)
    out.index = pd.Index(range(2, len(out) + 2), name="row", dtype="int64")
    return out
