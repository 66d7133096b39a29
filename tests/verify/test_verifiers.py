"""Two verifiers of the same items, and appeals: published values, cases on paper, properties."""

from __future__ import annotations

from math import isnan, nan

import krippendorff as referee
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dxlib.verify.verifiers import (
    BETWEEN,
    LENIENCY,
    appealed,
    appeals,
    between_verifiers,
    double_verified,
    krippendorff,
    leniency,
)

PUBLISHED = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, nan, nan, nan],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, nan, 3],
    [nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, nan],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, nan],
]


# Krippendorff's alpha


def test_krippendorffs_own_example():
    assert krippendorff(PUBLISHED) == pytest.approx(0.849, abs=5e-4)


tables = st.integers(2, 4).flatmap(
    lambda coders: st.lists(
        st.lists(st.sampled_from([nan, 0, 1, 2, 4]), min_size=coders, max_size=coders), min_size=2, max_size=9
    )
)


@given(tables)
def test_the_referee_agrees(units):
    table = np.array(units, float).T
    ours = krippendorff(table)
    assume(ours is not None)
    assert ours == pytest.approx(referee.alpha(reliability_data=table, level_of_measurement="interval"), abs=1e-9)


@given(tables, st.sampled_from([0.1, 7.0]))
def test_alpha_knows_no_order_of_coders_and_no_scale(units, c):
    table = np.array(units, float).T
    for changed in (table[::-1], c * table):
        assert krippendorff(changed) == (
            None if krippendorff(table) is None else pytest.approx(krippendorff(table), abs=1e-6)
        )


@pytest.mark.filterwarnings("error")
def test_alpha_undefined_and_full():
    for table in ([[], []], [[1, nan], [nan, 2]], [[3, 3], [3, 3]], [[0.1 + 0.2], [0.3]], [[0, 0], [0, 0]]):
        assert krippendorff(table) is None
    assert krippendorff([[1, 2, 0.1 + 0.2], [1, 2, 0.3]]) == 1
    assert krippendorff([[0, 1, nan], [0, 1, 5]]) == 1


# Who scored what twice


def steps(rows):
    names = ["agency", "indicator", "step", "stage", "points_share", "decided_by", "decided_on"]
    table = pd.DataFrame([(*r, "2025-01-10")[:7] for r in rows], columns=names)
    return table.astype({"points_share": float, "step": int}).assign(reason="")


def test_cells_scored_by_two():
    found = double_verified(
        steps(
            [
                ("b", "1", 2, "verify", 0.5, "Y"),  # the table need not be in order of steps
                ("b", "1", 1, "verify", 1.0, "X"),
                ("a", "1", 1, "verify", 1.0, "X"),  # once only
                ("a", "2", 1, "verify", 0.2, "X"),  # the same person again, then another, then a third
                ("a", "2", 2, "verify", 0.3, "X"),
                ("a", "2", 3, "verify", 0.4, "Y"),
                ("a", "2", 4, "verify", 0.5, "Z"),
                ("a", "3", 1, "verify", 1.0, "X"),  # an appeal is no second reading, nor what follows it
                ("a", "3", 2, "appeal", 0.5, "Y"),
                ("a", "3", 3, "verify", 0.0, "Z"),
                ("a", "4", 1, "verify", nan, "X"),  # no share, no name
                ("a", "4", 2, "verify", 0.5, "Y"),
                ("a", "5", 1, "verify", 0.5, ""),
                ("a", "5", 2, "verify", 0.5, "Y"),
                ("a", "6", 1, "verify", 0.5, "X"),
                ("a", "6", 2, "verify", 0.5, "Y"),
            ]
        )
    )
    expected = [["b", "1", "X", "Y", 1.0, 0.5], ["a", "2", "X", "Y", 0.2, 0.4], ["a", "6", "X", "Y", 0.5, 0.5]]
    assert found.values.tolist() == expected


def doubles(rows):
    return pd.DataFrame(rows, columns=["agency", "indicator", "verifier_1", "verifier_2", "share_1", "share_2"])


def read_twice():
    agreed = [(u, "1", "X", "Y", s, s) for u, s in zip("abcdef", (0, 0.5, 1, 1, 0, 0.5), strict=True)]
    apart = [(u, "2", "X", "Y", s, 1 - s) for u, s in zip("abcdef", (0, 0.5, 1, 1, 0, 0.5), strict=True)]
    return doubles([*agreed, *apart, ("a", "3", "X", "Z", 0, 1)])


def test_between_verifiers():
    found = between_verifiers(read_twice(), {"1": [0, 0.5, 1], "3": [0, 1]})
    assert found.columns.tolist() == BETWEEN and found["indicator"].tolist() == ["", "1", "2", "3"]
    assert found["n"].tolist() == [13, 6, 6, 1] and found["rewrite"].tolist() == [False, False, True, False]
    assert found["agreement"].tolist() == pytest.approx([8 / 13, 1, 1 / 3, 0])
    one, two, three = (found.iloc[i] for i in (1, 2, 3))
    assert (one["kappa"], one["alpha"], one["icc2"], one["mean_difference"]) == pytest.approx((1, 1, 1, 0))
    # 12 values, four each of 0, 1/2, 1: D_o = 4 (2 * 1) / 12, D_e = 2 (16/4 + 16/4 + 16) / 132; 1 - 22/12 = -.8333
    assert two["alpha"] == pytest.approx(-5 / 6) and isnan(two["kappa"]) and two["icc2"] < 0
    assert (three["mean_difference"], three["kappa"]) == (-1, 0) and isnan(three["icc2"])
    assert found["mean_difference"][0] == pytest.approx(-1 / 13) and isnan(found["kappa"][0])
    assert found["rewrite"].dtype == bool


def test_four_items_are_too_few_to_rewrite_a_rule():
    apart = read_twice().iloc[6:10]
    row = between_verifiers(apart, {}).iloc[1]
    assert row["n"] == 4 and row["alpha"] < 0.667 and not row["rewrite"]
    assert between_verifiers(read_twice().iloc[6:11], {}).iloc[1]["rewrite"]


def test_p36_swapping_the_verifiers():
    table = read_twice()
    swapped = table.rename(columns={"share_1": "share_2", "share_2": "share_1"})
    there, back = (between_verifiers(t, {"1": [0, 0.5, 1]}) for t in (table, swapped))
    same = ["agreement", "kappa", "alpha", "icc2", "rewrite"]
    pd.testing.assert_frame_equal(there[same], back[same])
    assert back["mean_difference"].tolist() == pytest.approx((-there["mean_difference"]).tolist())


def test_leniency():
    rows = [(u, i, "X", "Y", 0.8, 0.6) for u in "abcde" for i in "12"]
    found = leniency(doubles([*rows, ("a", "3", "Y", "Z", 0.1, 0.7)]), 100, np.random.default_rng(1))
    assert found.columns.tolist() == LENIENCY and found["verifier"].tolist() == ["X", "Y", "Z"]
    assert found["items"].tolist() == [10, 11, 1] and found["agencies"].tolist() == [5, 5, 1]
    assert found["mean_difference"].tolist() == pytest.approx([0.2, (-2.0 - 0.6) / 11, 0.6])
    x, y, z = (found.iloc[i] for i in range(3))
    assert (x["low"], x["high"]) == pytest.approx((0.2, 0.2)) and isnan(z["low"]) and isnan(z["high"])
    # agency a drawn 0 to 5 times: Y's mean is -.2 without a, ever lower with more of it
    assert y["high"] == pytest.approx(-0.2) and y["low"] < y["mean_difference"]


# Appeals


def ledger(rows):
    names = (
        "agency indicator max_points claimed first final state verifier appealed_on".split()
    )  # what this part reads; the rest of the spine is not looked at
    return pd.DataFrame(rows, columns=names)


def contested():
    """Claim 8 of 10, cut to 4 unless said otherwise."""
    lodged = "2025-01-20"
    return (
        ledger(
            [
                ("a", "1", 10.0, 8.0, 4.0, 8.0, "decided", "X", lodged),
                ("a", "2", 10.0, 8.0, 4.0, 6.0, "decided", "X", lodged),
                ("b", "1", 10.0, 8.0, 4.0, 4.0, "decided", "Y", lodged),
                ("b", "2", 10.0, 8.0, 4.0, 3.0, "decided", "Y", lodged),
                ("c", "1", 10.0, 8.0, 4.0, 4.0, "disputed", "Y", lodged),
                ("c", "2", 10.0, 8.0, 8.0, 8.0, "verified", "X", ""),
                ("c", "3", 10.0, 8.0, 9.0, 9.0, "verified", "X", ""),
                ("d", "1", 10.0, 8.0, nan, nan, "open", "", ""),
            ]
        ),
        steps(
            [
                ("a", "1", 1, "verify", 0.4, "X"),
                ("a", "1", 2, "appeal", 0.8, "Z", "2025-01-24"),
                ("a", "2", 1, "verify", 0.4, "X"),
                ("a", "2", 2, "appeal", 0.6, "Z", "2025-01-30"),
                ("b", "1", 1, "verify", 0.4, "Y"),
                ("b", "1", 2, "appeal", 0.4, "Z", "2025-01-25"),
                ("b", "2", 1, "verify", 0.4, "Y"),
                ("b", "2", 2, "appeal", 0.3, "Z", ""),
                ("c", "1", 1, "verify", 0.4, "Y"),
                ("c", "2", 1, "verify", 0.8, "X"),
                ("c", "3", 1, "verify", 0.9, "X"),
            ]
        ),
    )


def test_appeals_on_paper():
    summary, by_verifier = appeals(*contested())
    assert len(summary) == 1
    row = summary.iloc[0].to_dict()
    assert {k: row[k] for k in ("full", "partial", "rejected", "lowered", "pending")} == dict.fromkeys(
        ("full", "partial", "rejected", "lowered", "pending"), 1
    )
    assert (row["verdicts"], row["lodged"], row["rate"]) == (7, 5, pytest.approx(5 / 7))
    # days 4, 10 and 5; one has no day of decision, one no decision
    assert (row["restored"], row["taken"], row["median_days"], row["longest_days"]) == (6, 1, 5, 10)
    assert by_verifier.values.tolist() == [["X", 4, 8.0, 2, 6.0], ["Y", 3, 12.0, 3, 0.0]]


def test_the_verdict_that_stood_is_the_yardstick():
    # X gave 2, a second verifier 6; the council leaves 6: nothing was won
    table = ledger([("a", "1", 10.0, 8.0, 2.0, 6.0, "decided", "X", "2025-01-20")])
    twice = steps(
        [
            ("a", "1", 1, "verify", 0.2, "X"),
            ("a", "1", 2, "verify", 0.6, "Y"),
            ("a", "1", 3, "appeal", 0.6, "Z", "2025-01-24"),
            ("a", "1", 4, "verify", 0.1, "Y"),  # out of order: the appeal was not against this
        ]
    )
    assert appealed(table, twice).values.tolist() == [["a", "1", "X", "rejected", 0.0, 0.0, 4.0]]


@pytest.mark.parametrize(
    "maximum, claimed, first, final, outcome, restored",
    [
        (10.0, 8.0, 4.0, 9.0, "full", 5.0),  # above the claim
        (10.0, nan, 4.0, 9.0, "partial", 5.0),  # nothing was claimed
        (10.0, 4.0, 4.0, 4.0, "rejected", 0.0),  # nothing had been cut
        (nan, 2.0, 0.0, 2.0, "full", 2.0),  # a bonus has no maximum
        (10.0, 0.3, 0.1, 0.1 + 0.2, "full", 0.2),  # the same score in floating point
        (10.0, 0.1 + 0.2, 0.1, 0.3, "full", 0.2),
        (10.0, 8.0, 0.1 + 0.2, 0.3, "rejected", 0.0),
        (10.0, 8.0, nan, nan, "", nan),
    ],
)
def test_outcomes(maximum, claimed, first, final, outcome, restored):
    table = ledger([("a", "1", maximum, claimed, first, final, "decided", "X", "2025-01-20")])
    done = steps([("a", "1", 1, "verify", first / maximum, "X"), ("a", "1", 2, "appeal", 0.5, "Z", "2025-01-19")])
    row = appealed(table, done).iloc[0]
    assert row["outcome"] == outcome and row["restored"] == pytest.approx(restored, nan_ok=True)
    assert isnan(row["days"])  # decided before it was lodged: no duration
    assert isnan(restored) or not np.signbit([row["restored"], row["taken"]]).any()
    assert isnan(appealed(table.assign(appealed_on=""), done)["days"][0])


@pytest.mark.filterwarnings("error")
def test_nothing_at_all():
    summary, by_verifier = appeals(ledger([]), steps([]))
    assert summary["lodged"][0] == 0 and isnan(summary["rate"][0]) and isnan(summary["median_days"][0])
    assert by_verifier.empty and double_verified(steps([])).empty
    assert leniency(doubles([]), 10, np.random.default_rng(1)).empty
    found = between_verifiers(doubles([]), {})
    assert found["n"].tolist() == [0] and isnan(found["alpha"][0]) and not found["rewrite"][0]
