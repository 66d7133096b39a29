"""Documents behind the claims: coverage on paper, every flag with what must not raise it, growth, hostile cells."""

from __future__ import annotations

import hashlib
import unicodedata

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxlib.verify.documents import EMPTY, coverage, document_flags
from dxlib.verify.flag import COLUMNS

EVIDENCE = ["agency", "indicator", "no", "number", "title", "issued_on", "issuer", "file", "sha256", "verdict", "note"]
many = settings(max_examples=20)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def ledger(rows):
    return pd.DataFrame(rows, columns=["agency", "indicator", "claimed"]).astype({"claimed": float})


def evidence(*rows):
    """Sound documents, each of its own, but for what is given."""
    full = []
    for k, row in enumerate(rows, start=1):
        own = {"no": str(k), "number": f"{k}/KH-UBND", "title": "Kế hoạch", "issued_on": "2024-05-06"}
        own |= {"issuer": f"UBND xã {row['agency']}", "file": "", "sha256": digest(f"{k}"), "verdict": "", "note": ""}
        full.append(own | row)
    return pd.DataFrame(full, columns=EVIDENCE).astype(object)


def document(agency, indicator, **cells):
    return {"agency": agency, "indicator": indicator, **cells}


def white(*documents):
    rows = [(d, "kế hoạch chung của tỉnh", "Hội đồng thẩm định") for d in documents]
    return pd.DataFrame(rows, columns=["document", "reason", "decided_by"]).astype(object)


def flags(rows, papers, period=("", ""), shared=(), wanted=None, kind=None):
    out = document_flags(ledger(rows), papers, *period, white(*shared), wanted)
    assert out.columns.tolist() == COLUMNS
    return out if kind is None else out[out["flag"] == kind].reset_index(drop=True)


def cells(found):
    return found[["agency", "indicator", "other"]].values.tolist()


CLAIMS = [
    ("a", "1", 10),
    ("a", "2", 5),
    ("a", "3", 0),
    ("b", "1", 4),
    ("b", "2", np.nan),
    ("c", "3", -1),
    ("a", "9", 7),
]
PAPERS = (
    document("a", "1", verdict="accepted"),
    document("a", "1", verdict="rejected"),
    document("a", "2", verdict="rejected"),
    document("b", "1", sha256=EMPTY),
    document("c", "3", verdict="pending"),
)


# coverage -------------------------------------------------------------------------------------------------------


def test_coverage_on_paper():
    by_agency, by_indicator = coverage(ledger(CLAIMS), evidence(*PAPERS), {"1", "2", "3"})
    assert by_agency["agency"].tolist() == ["a", "b", "c"]
    assert by_agency[["claims", "with_document"]].values.tolist() == [[2, 1], [1, 0], [0, 0]]
    assert by_agency[["points_claimed", "points_supported"]].values.tolist() == [[15, 10], [4, 0], [0, 0]]
    assert by_agency["item_coverage"].tolist()[:2] == [0.5, 0] and by_agency["point_coverage"].tolist()[:2] == [
        2 / 3,
        0,
    ]
    assert by_agency.loc[2, ["item_coverage", "point_coverage"]].isna().all()
    assert by_indicator["indicator"].tolist() == ["1", "2", "3"]  # row 9 asks for nothing
    assert by_indicator["points_claimed"].tolist() == [14, 5, 0]
    assert by_indicator["points_supported"].tolist() == [10, 0, 0]
    assert by_indicator["point_coverage"].isna().tolist() == [False, False, True]


def test_every_row_asks_when_nothing_else_is_said():
    by_agency, _ = coverage(ledger(CLAIMS), evidence(*PAPERS))
    assert by_agency["claims"].tolist() == [3, 1, 0] and by_agency["points_claimed"].tolist() == [22, 4, 0]


def test_nothing_at_all():
    for frame in coverage(ledger([]), evidence()):
        assert frame.empty
    assert flags([], evidence()).empty
    by_agency, by_indicator = coverage(ledger(CLAIMS), evidence(), set())
    assert by_agency["claims"].tolist() == [0, 0, 0] and by_indicator.empty


claimed = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from("123"), st.integers(0, 9)), unique_by=lambda r: r[:2]
)
papers = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from("123"), st.sampled_from(["", "accepted", "rejected", "pending"]), st.booleans())
)  # fmt: skip


@many
@given(claimed, papers)
def test_coverage_and_flags_agree(rows, documents):
    shown = evidence(*(document(a, i, verdict=v, **({"sha256": EMPTY} if e else {})) for a, i, v, e in documents))
    by_agency, by_indicator = coverage(ledger(rows), shown)
    for frame in (by_agency, by_indicator):
        assert frame["points_claimed"].sum() == sum(points for *_, points in rows)
        assert (frame["points_supported"] <= frame["points_claimed"]).all()
        known = frame[frame["claims"] > 0]
        assert known[["item_coverage", "point_coverage"]].stack().between(0, 1).all()
    assert by_agency["points_supported"].sum() == by_indicator["points_supported"].sum()
    # whatever has no support is told once: missing, thin, or nothing but an empty file
    out = flags(rows, shown)
    told = out[out["flag"].isin(["no_evidence", "thin_evidence", "empty_document"]) & (out["value"] > 0)]
    bare = {
        (a, i)
        for a, i, points in rows
        if points > 0 and not any(d[:2] == (a, i) and d[2] != "rejected" and not d[3] for d in documents)
    }
    assert bare <= set(zip(told["agency"], told["indicator"], strict=True))


# missing, thin, empty -------------------------------------------------------------------------------------------


def test_no_evidence_is_strongest_where_most_is_claimed():
    rows = [("a", "1", 4), ("b", "1", 9), ("b", "2", 0), ("c", "1", 5), ("c", "4", 9)]
    found = flags(rows, evidence(document("c", "1")), wanted={"1", "2"}, kind="no_evidence")
    assert cells(found) == [["b", "1", ""], ["a", "1", ""]]
    assert found["strength"].tolist() == found["value"].tolist() == [9, 4]


@pytest.mark.parametrize("lacking", ["number", "issued_on", "title"])
@pytest.mark.parametrize("nothing", ["", " \u00a0"])
def test_a_document_without_number_date_or_title_is_thin(lacking, nothing):
    rows = [("a", "1", 4), ("b", "1", 9)]
    poor = document("a", "1", **{lacking: nothing})
    found = flags(rows, evidence(poor, document("b", "1")), kind="thin_evidence")
    assert found[["agency", "indicator", "value"]].values.tolist() == [["a", "1", 4]]
    assert found["other"].iloc[0] == (digest("1")[:12] if lacking == "number" else "1/KH-UBND")
    assert flags(rows, evidence(poor, document("b", "1"), document("a", "1")), kind="thin_evidence").empty


def test_rejected_documents_are_thin_pending_ones_are_not():
    rows = [("a", "1", 4), ("b", "1", 9), ("c", "1", 1)]
    papers = (document("a", "1", verdict="rejected"), document("b", "1", verdict="pending"), document("c", "1"))
    assert cells(flags(rows, evidence(*papers), kind="thin_evidence")) == [["a", "1", "1/KH-UBND"]]
    # one rejected and one without a title: neither holds
    papers = (document("a", "1", verdict="rejected"), document("a", "1", title=""))
    assert len(flags(rows[:1], evidence(*papers), kind="thin_evidence")) == 1


def test_the_empty_file_is_a_defect_of_its_own():
    assert hashlib.sha256(b"").hexdigest() == EMPTY
    rows = [("a", "1", 4), ("b", "1", 9)]
    papers = (
        document("a", "1", sha256=EMPTY),
        document("b", "1", sha256=EMPTY.upper()),
        document("b", "7", sha256=EMPTY),
    )
    found = flags(rows, evidence(*papers))
    assert set(found["flag"]) == {"empty_document"}  # not missing, not thin, not shared, not twice
    assert found[["agency", "indicator", "value"]].values.tolist() == [["b", "1", 9], ["a", "1", 4], ["b", "7", 0]]


# the period -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "issued, days",
    [("2024-01-01", 0), ("2023-12-31", 1), ("2024-12-31", 0), ("2025-01-31", 31), ("2023-01-01", 365), ("", 0)],
)
def test_days_outside_the_period(issued, days):
    papers = evidence(document("a", "1", issued_on=issued))
    found = flags([("a", "1", 4)], papers, ("2024-01-01", "2024-12-31"), kind="outside_period")
    assert found["value"].tolist() == ([days] if days else [])
    assert cells(found) == ([["a", "1", "1/KH-UBND"]] if days else [])


def test_half_a_period_and_none():
    papers = evidence(document("a", "1", issued_on="2023-12-30"), document("b", "1", issued_on="2025-01-01"))
    assert flags([], papers, ("2024-01-01", ""), kind="outside_period")["value"].tolist() == [2]
    assert flags([], papers, ("", "2024-12-31"), kind="outside_period")["agency"].tolist() == ["b"]
    assert flags([], papers, kind="outside_period").empty


def test_mistyped_dates():
    days = ("0204-05-06", "9999-12-31", "2024-13-01", "6/5/2024", " ")
    papers = evidence(*(document("a", str(k), issued_on=d) for k, d in enumerate(days)))
    found = flags([], papers, ("2024-01-01", "2024-12-31"), kind="outside_period")
    assert found["indicator"].tolist() == ["1", "0"] and (found["value"] > 600_000).all()


@pytest.mark.parametrize("period", [("2024", ""), ("2024-01-01", "hôm nay"), ("2024-12-31", "2024-01-01")])
def test_a_period_that_cannot_be(period):
    with pytest.raises(ValueError):
        flags([], evidence(document("a", "1")), period)


# shared between agencies ----------------------------------------------------------------------------------------

SAME = digest("kế hoạch của tỉnh")


def test_one_file_in_three_agencies():
    papers = evidence(
        *(document(a, "1", sha256=SAME) for a in "bca"), document("b", "2", sha256=SAME), document("d", "1")
    )
    found = flags([], papers, kind="shared_document")
    assert cells(found) == [
        ["a", "1", "3/KH-UBND;b"],
        ["b", "1", "1/KH-UBND;c"],
        ["b", "2", "4/KH-UBND;c"],
        ["c", "1", "2/KH-UBND;b"],
    ]
    assert set(found["value"]) == set(found["strength"]) == {3} and set(found["expected"]) == {1}


def test_one_paper_scanned_twice_however_it_is_written():
    paper = {"number": "514/TB-UBND", "issued_on": "2024-05-06"}
    loose = unicodedata.normalize("NFD", "ủy  ban NHÂN DÂN tỉnh ")
    papers = (document("a", "1", issuer="Ủy ban nhân dân tỉnh", **paper), document("b", "2", issuer=loose, **paper))
    assert cells(flags([], evidence(*papers), kind="shared_document")) == [
        ["a", "1", "514/TB-UBND;b"],
        ["b", "2", "514/TB-UBND;a"],
    ]
    for part in ("number", "issued_on", "issuer"):  # anything else, or anything missing: another paper
        for text in ("", "2024-05-07"):
            changed = (papers[0] | {part: ""} if not text else papers[0], papers[1] | {part: text})
            assert flags([], evidence(*changed), kind="shared_document").empty


def test_without_a_number_the_digest_is_named():
    papers = evidence(*(document(a, "1", sha256=SAME, number="") for a in "ab"))
    assert cells(flags([], papers, kind="shared_document"))[0] == ["a", "1", f"{SAME[:12]};b"]


@pytest.mark.parametrize("listed", [SAME, SAME.upper(), "7/kh-ubnd ", "7/KH-UBND"])
def test_what_is_on_the_white_list_is_never_flagged_as_shared(listed):
    paper = {"number": "7/KH-UBND", "issued_on": "2024-01-02", "issuer": "UBND tỉnh"}
    papers = (
        document("a", "1", sha256=SAME, **paper),
        document("b", "1", sha256=SAME, number=""),  # the same file
        document("c", "1", **paper),  # the same paper, other scans
        document("f", "1", **paper),
        document("d", "1", sha256=digest("x")),
        document("e", "1", sha256=digest("x")),
    )
    assert set(flags([], evidence(*papers), kind="shared_document")["agency"]) == set("abcdef")
    assert set(flags([], evidence(*papers), shared=[listed], kind="shared_document")["agency"]) == set("de")


def test_an_entry_without_a_number_whitens_nothing_else():
    papers = evidence(*(document(a, "1", sha256=SAME, number="") for a in "ab"))
    assert len(flags([], papers, shared=["", digest("y")], kind="shared_document")) == 2


@many
@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("12"), st.integers(0, 3)), max_size=12), st.randoms()
)
def test_sharing_by_count(rows, draw):
    def told(order):
        out = flags(
            [],
            evidence(*(document(a, i, sha256=digest(f"d{d}"), number="") for a, i, d in order)),
            kind="shared_document",
        )
        return {(a, i, o.split(";")[0], v) for a, i, o, v in out[["agency", "indicator", "other", "value"]].values}

    users = {d: {a for a, _, e in rows if e == d} for *_, d in rows}
    expected = {(a, i, digest(f"d{d}")[:12], len(users[d])) for a, i, d in rows if len(users[d]) > 1}
    assert told(rows) == expected
    other = rows[:]
    draw.shuffle(other)
    assert told(other) == expected


# twice in one agency --------------------------------------------------------------------------------------------


def test_one_document_for_several_rows():
    paper = {"number": "9/QĐ", "issued_on": "2024-02-03", "issuer": "UBND xã"}
    papers = evidence(
        document("a", "2", sha256=SAME),
        document("a", "1", sha256=SAME),
        document("a", "1", sha256=SAME),
        document("b", "1", **paper),
        document("b", "3", **paper),
        document("b", "2", **paper),
        document("c", "1", sha256=digest("c")),
        document("c", "1", sha256=digest("c")),
    )
    found = flags([], papers, kind="document_twice")
    assert found[["agency", "indicator", "value", "other"]].values.tolist() == [
        ["b", "1", 3, "9/QĐ;3"],
        ["b", "2", 3, "9/QĐ;1"],
        ["b", "3", 3, "9/QĐ;1"],
        ["a", "1", 2, "2/KH-UBND;2"],
        ["a", "2", 2, "1/KH-UBND;1"],
    ]


def test_a_number_with_a_semicolon_does_not_break_what_is_listed():
    papers = evidence(*(document(a, "1", sha256=SAME, number="7;8/KH") for a in "ab"))
    assert cells(flags([], papers, kind="shared_document"))[0] == ["a", "1", "7,8/KH;b"]


# all together ---------------------------------------------------------------------------------------------------


def test_the_kinds_follow_each_other_and_the_input_is_left_alone():
    rows = [("a", "1", 4), ("a", "2", 9), ("b", "1", 3), ("b", "2", 3), ("c", "1", 1)]
    papers = evidence(
        document("a", "1", sha256=SAME, title=""),
        document("a", "2", sha256=SAME, issued_on="2020-01-01"),
        document("b", "1", sha256=SAME),
        document("b", "2", sha256=EMPTY),
    )
    before = papers.copy()
    kinds = flags(rows, papers, ("2024-01-01", "2024-12-31"))["flag"].drop_duplicates().tolist()
    assert kinds == [
        "no_evidence",
        "thin_evidence",
        "outside_period",
        "shared_document",
        "document_twice",
        "empty_document",
    ]
    pd.testing.assert_frame_equal(papers, before)


@many
@given(st.lists(st.lists(st.text(max_size=8), min_size=8, max_size=8), max_size=4))
def test_hostile_cells_break_nothing(rows):
    names = EVIDENCE[2:10]
    papers = evidence(*(document("a", "1", **dict(zip(names, row, strict=True))) for row in rows))
    out = flags([("a", "1", 1)], papers, ("2024-01-01", "2024-12-31"), shared=[row[5] for row in rows])
    assert np.isfinite(out["strength"]).all()
    coverage(ledger([("a", "1", 1)]), papers)


def test_sound_documents_raise_nothing():
    rows = [(a, i, 5) for a in "abc" for i in "12"]
    papers = evidence(*(document(a, i, verdict="accepted") for a in "abc" for i in "12"))
    assert flags(rows, papers, ("2024-01-01", "2024-12-31")).empty
