"""What the claims rest on: documents missing, thin, empty, of another year, shown by several agencies or twice by one.

A document shown by many is not a fraud: a plan of the province is everybody's. Such documents stand on a list, each
with the reason (shared.csv), and are never flagged as shared.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import numpy as np
import pandas as pd

from .copies import folded
from .flag import frame, gather

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # SHA-256 of no bytes at all
DETAILS = ("number", "issued_on", "title")
COUNTS = ["claims", "with_document", "item_coverage", "points_claimed", "points_supported", "point_coverage"]


def looked_at(evidence: pd.DataFrame) -> pd.DataFrame:
    """The evidence with what the checks need to know of each document.

    Adds digest (lower case; "" for none and for the empty file), empty, admissible (neither rejected nor empty),
    paper (number, date and issuer folded into one key; "" unless all three are there), document (what to call it:
    its number, else 12 figures of its digest, else its file, title or running number).
    """
    out = evidence.reset_index(drop=True)
    digest = out["sha256"].str.strip().str.lower()
    empty = digest == EMPTY
    keys = [plain(out[name]) for name in ("number", "issued_on", "issuer")]
    whole = (keys[0] != "") & (keys[1] != "") & (keys[2] != "")
    named = out["number"].str.split().str.join(" ")
    for other in (digest.str[:12].mask(empty, ""), out["file"], out["title"], out["no"].astype(str)):
        named = named.where(named != "", other)
    return out.assign(
        digest=digest.mask(empty, ""),
        empty=empty,
        admissible=(out["verdict"] != "rejected") & ~empty,
        paper=(keys[0] + "\n" + keys[1] + "\n" + keys[2]).where(whole, ""),
        document=named.str.replace(";", ",", regex=False),
    )


def plain(column: pd.Series) -> pd.Series:
    """A column of text folded; each different text once."""
    return column.map({text: folded(text) for text in column.unique()}).astype(object)


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
    documents = looked_at(evidence)
    good = documents.loc[documents["admissible"], ["agency", "indicator"]].drop_duplicates()
    rows = rows.merge(good.assign(good=1.0), on=["agency", "indicator"], how="left")
    claimed = rows["claimed"].where(rows["claimed"] > 0, 0.0)
    counted = (claimed > 0).astype(int)
    good_ones = rows["good"].fillna(0.0)
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


def claims_without(rows: pd.DataFrame, documents: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Flags `no_evidence` and `thin_evidence`: claims above zero without a document, or without one that holds.

    rows        from `claims_wanting`; documents from `looked_at`

    A document holds when it is admissible and has number, date and title; one that holds is enough. Empty files are
    no documents here: where there is nothing else, they have the flag of their own instead of these.
    strength and value: points claimed · expected: 0 points without a document · other: the first thin document.
    Source: ISA 500 (2009), paragraphs 6-9 (relevance and reliability of what is used as evidence).
    """
    complete = np.logical_and.reduce([documents[name].str.strip() != "" for name in DETAILS])
    documents = documents.assign(holds=documents["admissible"] & complete)
    cells = documents.groupby(["agency", "indicator"], sort=False)
    shown = cells.agg(holds=("holds", "any"), empty=("empty", "all")).reset_index()
    real = documents[~documents["empty"]].drop_duplicates(["agency", "indicator"])
    shown = shown.merge(real[["agency", "indicator", "document"]], on=["agency", "indicator"], how="left")
    rows = rows[rows["claimed"] > 0].merge(shown, on=["agency", "indicator"], how="left")
    rows = rows.assign(strength=rows["claimed"], value=rows["claimed"], expected=0.0, other=rows["document"].fillna(""))
    bare = rows["holds"].isna()
    thin = rows["holds"].eq(False) & rows["empty"].eq(False)
    return flagged("no_evidence", rows[bare]), flagged("thin_evidence", rows[thin])


def empty_documents(rows: pd.DataFrame, documents: pd.DataFrame) -> pd.DataFrame:
    """Flags `empty_document`: a file without content, told by its digest.

    strength and value: points claimed on that row (0 where nothing is) · other: the document.
    Source: FIPS 180-4, the SHA-256 of the empty message.
    """
    found = documents[documents["empty"]].merge(rows, on=["agency", "indicator"], how="left")
    points = found["claimed"].fillna(0.0)
    return flagged("empty_document", found.assign(strength=points, value=points, other=found["document"]))


def outside_period(documents: pd.DataFrame, period_from: str, period_to: str) -> pd.DataFrame:
    """Flags `outside_period`: documents issued before the first or after the last day of the assessed period.

    period_from, period_to   ISO dates; "" where the period has no such end. Both days belong to it.

    strength and value: days outside · expected: 0 · other: the document. Documents without a date have none of these
    flags. Raises ValueError for an end that is no date, or a period that ends before it begins.
    Source: ISA 500 (2009), A31: evidence speaks of its own period (cut-off).
    """
    first, last = ((np.datetime64(date.fromisoformat(day)) if day else None) for day in (period_from, period_to))
    if first is not None and last is not None and last < first:
        raise ValueError(f"the period begins on {period_from} and ends before it, on {period_to}")
    issued = documents["issued_on"].map({text: day(text) for text in documents["issued_on"].unique()})
    days = issued.to_numpy("datetime64[D]")
    outside = np.zeros(len(days))
    for gap in ([first - days] if first is not None else []) + ([days - last] if last is not None else []):
        outside = np.fmax(outside, np.where(np.isnat(gap), 0, gap.astype("timedelta64[D]").astype(float)))
    found = documents.assign(strength=outside, value=outside, expected=0.0, other=documents["document"])
    return flagged("outside_period", found[outside > 0])


def day(text: str) -> np.datetime64:
    try:
        return np.datetime64(date.fromisoformat(text), "D")
    except ValueError:
        return np.datetime64("NaT", "D")


def on_the_list(documents: pd.DataFrame, shared: pd.DataFrame) -> np.ndarray:
    """(n,) True for documents of the white list: by digest or number, and whatever is the same file or paper."""
    listed = set(plain(shared["document"])) - {""}
    white = documents["digest"].isin(listed) | plain(documents["number"]).isin(listed)
    for key in ("paper", "digest"):
        known = set(documents.loc[white, key]) - {""}
        white |= documents[key].isin(known)
    return white.to_numpy()


def shared_documents(documents: pd.DataFrame, shared: pd.DataFrame) -> pd.DataFrame:
    """Flags `shared_document`: one document in several agencies that is not on the white list.

    documents   from `looked_at`; shared: document (a SHA-256 or a number), reason, decided_by

    The same document: the same file (SHA-256), or the same number, date and issuer. One flag per row of the index
    set where it is shown. strength and value: agencies that show it · expected: 1 · other: the document; the first
    other agency. The empty file is nobody's document.
    Source: duplicate tests of computer-assisted audit, e.g. Nigrini (2011), Forensic Analytics, ch. 12.
    """
    left = documents[~on_the_list(documents, shared)]
    parts = []
    for key in ("digest", "paper"):
        known = left[left[key] != ""]
        users = known.drop_duplicates([key, "agency"])[[key, "agency"]]
        sizes = users.groupby(key, sort=False)["agency"].agg(["size", "first"])
        second = users[users[key].duplicated()].drop_duplicates(key).set_index(key)["agency"]
        known = known[known[key].map(sizes["size"]) > 1]
        first = known[key].map(sizes["first"])
        other = first.where(first != known["agency"], known[key].map(second))
        parts.append(known.assign(value=known[key].map(sizes["size"]).astype(float), partner=other.astype(object)))
    found = pd.concat(parts).sort_values("value", ascending=False, kind="stable")
    found = found.drop_duplicates(["agency", "indicator", "document"])
    other = found["document"] + ";" + found["partner"]
    return flagged("shared_document", found.assign(strength=found["value"], expected=1.0, other=other))


def used_twice(documents: pd.DataFrame) -> pd.DataFrame:
    """Flags `document_twice`: one document of an agency for several rows of the index set.

    The same document as in `shared_documents`. One flag per row. strength and value: rows it is used for · expected:
    1 · other: the document; the first other row. Source: as `shared_documents`.
    """
    parts = []
    for key in ("digest", "paper"):
        known = documents[documents[key] != ""].drop_duplicates([key, "agency", "indicator"])
        groups = known.groupby(["agency", key], sort=False)["indicator"]
        known = known.assign(value=groups.transform("size").astype(float), first=groups.transform("first"))
        known = known[known["value"] > 1]
        second = known[known["first"] != known["indicator"]].groupby(["agency", key], sort=False)["indicator"].first()
        seconds = second.reindex(pd.MultiIndex.from_frame(known[["agency", key]])).to_numpy()
        parts.append(known.assign(partner=known["first"].where(known["first"] != known["indicator"], seconds)))
    found = pd.concat(parts).sort_values("value", ascending=False, kind="stable")
    found = found.drop_duplicates(["agency", "indicator", "document"])
    other = found["document"] + ";" + found["partner"]
    return flagged("document_twice", found.assign(strength=found["value"], expected=1.0, other=other))


def flagged(flag: str, found: pd.DataFrame) -> pd.DataFrame:
    """The table of flags of one kind; the same finding of the same row once."""
    columns = [c for c in ("agency", "indicator", "strength", "value", "expected", "other") if c in found]
    rows = found[columns].drop_duplicates(["agency", "indicator", "other"])
    return frame(rows.assign(flag=flag))


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
    bare, thin = claims_without(claims_wanting(ledger, wanted), documents)
    return gather(
        [
            bare,
            thin,
            outside_period(documents, period_from, period_to),
            shared_documents(documents, shared),
            used_twice(documents),
            empty_documents(ledger[["agency", "indicator", "claimed"]], documents),
        ]
    )
