"""What a verdict judged: the claim and its documents as they stood. Where they are others now, the item is open again.

Source: contract.md, "What counts": a verdict judges one claim as it stood, and keeps what it judged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from fractions import Fraction

import pandas as pd

from ..rules import number
from .tables import rows_of

FIGURES = ("a", "b", "option", "points")
DOCUMENTS = "judged_evidence"
COLUMNS = (*(f"judged_{name}" for name in FIGURES), DOCUMENTS)
NONE = "-"  # no document was there; an empty cell says that nothing was recorded
WRITTEN = ("number", "title", "issued_on", "issuer", "file")

Key = tuple[str, str]
Record = tuple[str, ...]  # in the order of COLUMNS


def document(row: Mapping[str, str]) -> str:
    """A short name of one document: of its bytes where they are known, else of what is written of it."""
    if row["sha256"]:
        return row["sha256"][:12]
    said = "\x1f".join(row[column] for column in WRITTEN)
    return "~" + hashlib.sha256(said.encode()).hexdigest()[:11]


def documents_by_cell(evidence: pd.DataFrame) -> dict[Key, str]:
    """(agency, indicator) -> the documents that are there, as a verdict records them."""
    papers: dict[Key, list[str]] = {}
    for agency, code, *cells in rows_of(evidence, "agency", "indicator", "sha256", *WRITTEN):
        papers.setdefault((agency, code), []).append(document(dict(zip(("sha256", *WRITTEN), cells, strict=True))))
    return {key: ";".join(sorted(found)) for key, found in papers.items()}


def standing(claims: pd.DataFrame, evidence: pd.DataFrame) -> dict[Key, Record]:
    """What a verdict of today would judge, for every cell with a claim or a document."""
    papers = documents_by_cell(evidence)
    said = {(agency, code): tuple(cells) for agency, code, *cells in rows_of(claims, "agency", "indicator", *FIGURES)}
    blank = ("",) * len(FIGURES)
    return {key: (*said.get(key, blank), papers.get(key, NONE)) for key in {**said, **papers}}


NOTHING: Record = ("",) * len(FIGURES) + (NONE,)


def recorded(verdicts: pd.DataFrame, claims: pd.DataFrame, evidence: pd.DataFrame) -> pd.DataFrame:
    """The verdicts, those that do not say what they judged given the claims and documents as they stand; not where the
    claim came after the verdict."""
    sent = dict(zip(rows_of(claims, "agency", "indicator"), claims["submitted_on"], strict=True))
    rows = rows_of(verdicts, "agency", "indicator", "decided_on", DOCUMENTS)
    silent = [not papers and not late(day, sent.get((agency, code), "")) for agency, code, day, papers in rows]
    if not any(silent):
        return verdicts
    stands, frame = standing(claims, evidence), verdicts.copy()
    keys = rows_of(verdicts[silent], "agency", "indicator")
    frame.loc[silent, list(COLUMNS)] = [stands.get(key, NOTHING) for key in keys]
    return frame


def late(decided: str, sent: str) -> bool:
    """Whether a claim came after the day of a verdict, so that it cannot be the one that was judged."""
    return bool(decided) and sent > decided


def same(then: str, now: str) -> bool:
    """Whether two cells of claims say the same: equal numbers, or the same parts in any order."""
    if then == now:
        return True
    return figure(then) == figure(now)


def figure(text: str) -> Fraction | tuple[str, ...]:
    try:
        return number(text)
    except ValueError:
        return tuple(sorted(part.strip() for part in text.split(";")))


def difference(then: Record, now: Record, reads_points: bool) -> dict[str, tuple[str, str]]:
    """What changed between two records: column of claims, or "evidence" -> (judged, now). An agency's own sum under
    another rule than `points` is compared, never used, and is no change."""
    figures = FIGURES if reads_points else FIGURES[:-1]
    found = {
        name: (was, is_)
        for name, was, is_ in zip(FIGURES, then, now, strict=False)
        if name in figures and not same(was, is_)
    }
    if then[-1] != now[-1]:
        found["evidence"] = (then[-1], now[-1])
    return found
