"""What the claims rest on: documents missing, thin, empty, of another year, shown by several agencies or twice by one.

A document shown by many is not a fraud: a plan of the province is everybody's. Such documents stand on a list, each
with the reason (shared.csv), and are never flagged as shared.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from datetime import date
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..case.tables import rows_of
from .copies import folded
from .flag import frame, gather, noticed

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # SHA-256 of no bytes at all
DETAILS = ("number", "issued_on", "title")
READ = ("agency", "indicator", "no", "title", "number", "issued_on", "issuer", "file", "sha256", "verdict")
COUNTS = ["claims", "with_document", "item_coverage", "points_claimed", "points_supported", "point_coverage"]


class Document(NamedTuple):
    """One line of evidence.csv, with what the checks need to know of it.

    name      what to call it: its number, else 12 figures of its digest, else its file, title or running number
    digest    SHA-256 in lower case; "" for none and for the empty file
    paper     number, date and issuer folded into one key; "" unless all three are there
    admissible   neither rejected nor empty; complete: number, date and title are there
    """

    agency: str
    indicator: str
    name: str
    digest: str
    number: str
    paper: str
    issued_on: str
    empty: bool
    admissible: bool
    complete: bool


def looked_at(evidence: pd.DataFrame) -> list[Document]:
    """The evidence, document by document, in the order given."""
    return [document(dict(zip(READ, cells, strict=True))) for cells in rows_of(evidence, *READ)]


def document(line: Mapping[str, str]) -> Document:
    digest = line["sha256"].strip().lower()
    empty = digest == EMPTY
    digest = "" if empty else digest
    key = [folded(line[name]) for name in ("number", "issued_on", "issuer")]
    name = " ".join(line["number"].split()) or digest[:12] or line["file"] or line["title"] or str(line["no"])
    return Document(
        line["agency"],
        line["indicator"],
        name.replace(";", ","),
        digest,
        number=key[0],
        paper="\n".join(key) if all(key) else "",
        issued_on=line["issued_on"],
        empty=empty,
        admissible=not empty and line["verdict"] != "rejected",
        complete=all(line[name].strip() for name in DETAILS),
    )


def claims_wanting(ledger: pd.DataFrame, wanted: Collection[str] | None) -> pd.DataFrame:
    """agency, indicator, claimed of the rows that ask for evidence, claims of nothing included."""
    rows = ledger if wanted is None else ledger[ledger["indicator"].isin(list(wanted))]
    return rows[["agency", "indicator", "claimed"]]


def coverage(
    ledger: pd.DataFrame, evidence: pd.DataFrame, wanted: Collection[str] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How much of what is claimed stands on a document.

    ledger     agency, indicator, claimed (points)
    evidence   the columns of evidence.csv, text, "" where nothing is
    wanted     codes of the rows that ask for evidence; None: every row

    Returns (by_agency, by_indicator), in the ledger's order; all its agencies, and the rows that ask: agency or
    indicator, claims (rows with claimed > 0), with_document (of those, with an admissible document), item_coverage
    (share of the claims), points_claimed, points_supported (points of claims with a document), point_coverage (share
    of the points). Shares are 0..1, nan where nothing is claimed. Admissible: not rejected and not the empty file.

    Source: ISA 500 (2009), Audit Evidence, paragraphs 6-7 (sufficient and appropriate); coverage by points beside
    coverage by items, as a monetary coverage is quoted in audit.
    """
    rows = claims_wanting(ledger, wanted)
    good = {(each.agency, each.indicator) for each in looked_at(evidence) if each.admissible}
    good_ones = np.array([cell in good for cell in rows_of(rows, "agency", "indicator")], dtype=float)
    claimed = rows["claimed"].where(rows["claimed"] > 0, 0.0)
    counted = (claimed > 0).astype(int)
    rows = rows.assign(
        claims=counted,
        with_document=(counted * good_ones).astype(int),
        points_claimed=claimed,
        points_supported=claimed * good_ones,
    )
    by_agency = covered(rows, "agency", ledger["agency"].unique())
    return by_agency, covered(rows, "indicator", rows["indicator"].unique())


def covered(rows: pd.DataFrame, by: str, order: np.ndarray) -> pd.DataFrame:
    sums = rows.groupby(by, sort=False)[["claims", "with_document", "points_claimed", "points_supported"]].sum()
    sums = sums.reindex(order, fill_value=0)
    some = sums["claims"] > 0
    sums["item_coverage"] = (sums["with_document"] / sums["claims"]).where(some)
    sums["point_coverage"] = (sums["points_supported"] / sums["points_claimed"]).where(some)
    return sums.rename_axis(by)[COUNTS].reset_index()


def claims_without(rows: pd.DataFrame, documents: Sequence[Document]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Flags `no_evidence` and `thin_evidence`: claims above zero without a document, or without one that holds.

    rows        from `claims_wanting`; documents from `looked_at`

    A document holds when it is admissible and has number, date and title; one that holds is enough. Empty files are
    no documents here: where there is nothing else, they have the flag of their own instead of these.
    strength and value: points claimed · expected: 0 points without a document · other: the first thin document.
    Source: ISA 500 (2009), paragraphs 6-9 (relevance and reliability of what is used as evidence).
    """
    shown = grouped(documents, lambda each: (each.agency, each.indicator))
    rows = rows[rows["claimed"] > 0]
    bare = np.array([cell not in shown for cell in rows_of(rows, "agency", "indicator")], dtype=bool)
    thin = []
    for agency, code, claimed in rows_of(rows[~bare], *rows):
        real = [each for each in shown[agency, code] if not each.empty]
        if real and not any(each.admissible and each.complete for each in real):
            thin.append(noticed("thin_evidence", agency, code, claimed, claimed, 0.0, real[0].name))
    points = rows["claimed"][bare]
    nothing = rows[bare].assign(flag="no_evidence", strength=points, value=points, expected=0.0)
    return frame(nothing), flagged(thin)


def empty_documents(rows: pd.DataFrame, documents: Sequence[Document]) -> pd.DataFrame:
    """Flags `empty_document`: a file without content, told by its digest.

    strength and value: points claimed on that row (0 where nothing is) · other: the document.
    Source: FIPS 180-4, the SHA-256 of the empty message.
    """
    empty = [each for each in documents if each.empty]
    rows = rows[rows["agency"].isin([each.agency for each in empty])].dropna()
    points = {(agency, code): claimed for agency, code, claimed in rows_of(rows, *rows)}
    found = []
    for each in empty:
        claimed = points.get((each.agency, each.indicator), 0.0)
        found.append(noticed("empty_document", each.agency, each.indicator, claimed, claimed, other=each.name))
    return flagged(found)


def outside_period(documents: Sequence[Document], period_from: str, period_to: str) -> pd.DataFrame:
    """Flags `outside_period`: documents issued before the first or after the last day of the assessed period.

    period_from, period_to   ISO dates; "" where the period has no such end. Both days belong to it.

    strength and value: days outside · expected: 0 · other: the document. Documents without a date have none of these
    flags. Raises ValueError for an end that is no date, or a period that ends before it begins.
    Source: ISA 500 (2009), A31: evidence speaks of its own period (cut-off).
    """
    first, last = (date.fromisoformat(day) if day else None for day in (period_from, period_to))
    if first is not None and last is not None and last < first:
        raise ValueError(f"the period begins on {period_from} and ends before it, on {period_to}")
    found = []
    for each in documents:
        issued = day(each.issued_on)
        if issued is not None:
            before, after = (first - issued).days if first else 0, (issued - last).days if last else 0
            days = float(max(before, after))
            if days > 0:
                found.append(noticed("outside_period", each.agency, each.indicator, days, days, 0.0, each.name))
    return flagged(found)


def day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def not_on_the_list(documents: Sequence[Document], shared: pd.DataFrame) -> list[Document]:
    """The documents that are not on the white list, by digest or number, nor the same file or paper as one that is."""
    listed = {folded(text) for text in shared["document"]} - {""}
    white = {each for each in documents if each.digest in listed or each.number in listed}
    for key in reversed(KEYS):
        known = {key(each) for each in white} - {""}
        white |= {each for each in documents if key(each) in known}
    return [each for each in documents if each not in white]


def shared_documents(documents: Sequence[Document], shared: pd.DataFrame) -> pd.DataFrame:
    """Flags `shared_document`: one document in several agencies that is not on the white list.

    documents   from `looked_at`; shared: document (a SHA-256 or a number), reason, decided_by

    The same document: the same file (SHA-256), or the same number, date and issuer. One flag per row of the index
    set where it is shown. strength and value: agencies that show it · expected: 1 · other: the document; the first
    other agency. The empty file is nobody's document.
    Source: duplicate tests of computer-assisted audit, e.g. Nigrini (2011), Forensic Analytics, ch. 12.
    """
    left = not_on_the_list(documents, shared)
    return repeated("shared_document", [grouped(left, key).values() for key in KEYS], lambda each: each.agency)


def used_twice(documents: Sequence[Document]) -> pd.DataFrame:
    """Flags `document_twice`: one document of an agency for several rows of the index set.

    The same document as in `shared_documents`. One flag per row. strength and value: rows it is used for · expected:
    1 · other: the document; the first other row. Source: as `shared_documents`.
    """
    by_agency = grouped(documents, lambda each: each.agency).values()
    groups = [[once_a_row(same) for own in by_agency for same in grouped(own, key).values()] for key in KEYS]
    return repeated("document_twice", groups, lambda each: each.indicator)


def once_a_row(documents: Sequence[Document]) -> list[Document]:
    found: dict[str, Document] = {}
    for each in documents:
        found.setdefault(each.indicator, each)
    return list(found.values())


def repeated(
    name: str, groups: Iterable[Iterable[Sequence[Document]]], user: Callable[[Document], str]
) -> pd.DataFrame:
    """Flags of documents that more than one user has; a document that is the same in two ways counts where most do.

    groups   per way of being the same: the documents that are one, group by group
    """
    found = []
    for same in (same for one_way in groups for same in one_way):
        users = list(dict.fromkeys(user(each) for each in same))
        if len(users) > 1:
            for each in same:
                other = users[0] if users[0] != user(each) else users[1]
                many = float(len(users))
                found.append((each, noticed(name, each.agency, each.indicator, many, many, 1.0, other)))
    found.sort(key=lambda pair: -pair[1]["value"])
    first: dict[tuple[str, str, str], dict[str, object]] = {}
    for each, row in found:
        row["other"] = f"{each.name};{row['other']}"
        first.setdefault((each.agency, each.indicator, each.name), row)
    return flagged(first.values())


KEYS = attrgetter("digest"), attrgetter("paper")


def grouped(documents: Iterable[Document], key: Callable[[Document], Hashable]) -> dict[Hashable, list[Document]]:
    """Documents by a key, in the order given; those whose key is "" are left out."""
    found: dict[Hashable, list[Document]] = {}
    for each in documents:
        if key(each) != "":
            found.setdefault(key(each), []).append(each)
    return found


def flagged(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """The table of flags of one kind; the same finding of the same row once."""
    once: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in rows:
        once.setdefault((row["agency"], row["indicator"], row["other"]), row)
    return frame(once.values())


def document_flags(
    ledger: pd.DataFrame,
    evidence: pd.DataFrame,
    period_from: str,
    period_to: str,
    shared: pd.DataFrame,
    wanted: Collection[str] | None = None,
) -> pd.DataFrame:
    """All flags of the evidence, one kind after the other.

    ledger     agency, indicator, claimed (points)
    evidence   the columns of evidence.csv, text, "" where nothing is
    period_from, period_to   ISO dates of the assessed period, "" where unknown
    shared     the white list: document (a SHA-256 or a number), reason, decided_by
    wanted     codes of the rows that ask for evidence; None: every row. Only no_evidence and thin_evidence ask

    Returns `no_evidence`, `thin_evidence`, `outside_period`, `shared_document`, `document_twice`, `empty_document` as
    one table of flags; each is described at its own function. Raises ValueError for a period that cannot be.
    Source: ISA 500 (2009), Audit Evidence, and the functions named.
    """
    documents = looked_at(evidence)
    parts = [
        *claims_without(claims_wanting(ledger, wanted), documents),
        outside_period(documents, period_from, period_to),
        shared_documents(documents, shared),
        used_twice(documents),
        empty_documents(ledger[["agency", "indicator", "claimed"]], documents),
    ]
    return gather(parts)
