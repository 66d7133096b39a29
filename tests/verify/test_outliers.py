"""Outliers, jumps, peers, everything at its maximum: answers on paper, what must always hold, slow referees."""

from __future__ import annotations

import statistics

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxlib.verify.flag import COLUMNS
from dxlib.verify.outliers import (
    all_maximum,
    inflation_outliers,
    jump_flags,
    jumps,
    leave_one_out_z,
    modified_z,
    peer_flags,
    row_outliers,
    theil_sen,
)

BEFORE, NOW = (71, 65, 80, 58, 62, 77), (74, 67, 82, 75, 63, 79)
many = settings(max_examples=100)
points = st.integers(0, 40)  # small whole numbers: many ties, as points have
samples = st.lists(points, min_size=3, max_size=25)


def rng(seed=1):
    return np.random.default_rng(seed)


def rows(claimed, final=None, indicator="1", maximum=10.0, agencies=None):
    """One indicator of a ledger, an agency per value."""
    agencies = agencies or [f"a{i:02}" for i in range(len(claimed))]
    final = claimed if final is None else final
    columns = {"agency": agencies, "indicator": indicator, "max_points": maximum, "claimed": claimed, "final": final}
    return pd.DataFrame(columns).astype({"claimed": float, "final": float, "max_points": float})


NOTHING = rows([])

# Answers on paper


def test_modified_z_on_paper():
    # median 2, MAD 1: 0.6745 x 16
    assert modified_z([2, 1, 3, 2, 0, 2, 18, 1])[6] == pytest.approx(10.792, abs=1e-9)


def test_modified_z_where_more_than_half_are_equal():
    # MAD 0, MeanAD 6/8: 5 / (1.253314 x 0.75)
    z = modified_z([0, 0, 0, 0, 0, 0, 5, 1])
    assert z[:6].tolist() == [0] * 6 and z[6:].round(2).tolist() == [5.32, 1.06]


def test_theil_sen_is_not_dragged_as_least_squares_is():
    assert theil_sen(BEFORE, NOW, rng()) == (6.5, 1.0)  # 74.5 - 1 x 68
    assert np.polyfit(BEFORE, NOW, 1)[0] == pytest.approx(0.59, abs=0.005)


def test_jump_on_paper():
    # gains 3, 2, 2, 17, 1, 2: median 2, MAD 0.5, 0.6745 x 15 / 0.5
    expected, z = jumps(BEFORE, NOW, rng())
    assert expected.tolist() == [2] * 6 and z[3] == pytest.approx(20.235)
    assert z.tolist() == modified_z(np.subtract(NOW, BEFORE)).tolist()


def test_leave_one_out_on_paper():
    # the others of 18 are 0 1 1 2 3: median 1, MAD 1; of 0: 1 1 2 3 18, median 2, MAD 1; of 2: 0 1 1 3 18, median 1, MAD 1
    z = leave_one_out_z([2, 1, 3, 1, 0, 18], ["x"] * 6)
    assert z == pytest.approx(0.6745 * np.array([1, -1, 2, -1, -2, 17]))
    # an even number of others: of 18: 0 1 2 3, median 1.5, MAD 1; of 2: 0 1 3 18, median 2, MAD 1.5
    z = leave_one_out_z([2, 1, 3, 0, 18], ["x"] * 5)
    assert z == pytest.approx(0.6745 * np.array([0, -1.5 / 1.5, 1.5 / 1, -2.5 / 1, 16.5 / 1]))


def test_jump_flag_on_paper():
    index = list("abcdef")
    found = jump_flags(pd.Series(NOW, index) / 100, pd.Series(BEFORE, index) / 100, rng())
    assert found.to_dict("records") == [
        {
            "flag": "jump",
            "agency": "d",
            "indicator": "",
            "strength": pytest.approx(20.235),
            "value": 0.17,
            "expected": pytest.approx(0.02),
            "other": "",
        }
    ]


def test_inflation_flag_on_paper():
    by_agency = pd.DataFrame({"agency": list("abcdefgh"), "inflation": np.array([2, 1, 3, 2, 0, 2, 18, 1]) / 100})
    (found,) = inflation_outliers(by_agency).to_dict("records")
    assert (found["flag"], found["agency"], found["value"], found["expected"]) == ("inflation", "g", 0.18, 0.02)
    assert found["strength"] == pytest.approx(10.792)


def test_row_flag_on_paper():
    # seven accepted, one cut by half: MAD 0, MeanAD 0.5/8
    found = row_outliers(rows([10] * 8, [10] * 7 + [5]))
    assert found[["flag", "agency", "indicator", "value", "expected"]].values.tolist() == [
        ["deviation", "a07", "1", 0.5, 0.0]
    ]
    assert found["strength"][0] == 5.0  # points; the modified z, 8/1.253314, is above 3.5


def test_peer_flag_on_paper():
    # the others claim .45 .5 .5 .55 .6: median .5, MAD .05; g is of another kind
    ledger = rows([50, 45, 100, 55, 50, 60, 90], maximum=100.0, agencies=list("abcdefg"))
    peers = pd.Series({**dict.fromkeys("abcdef", "ward"), "g": "rural"})
    (found,) = peer_flags(ledger, peers).to_dict("records")
    assert (found["agency"], found["value"], found["expected"], found["other"]) == ("c", 1.0, 0.5, "ward")
    assert found["strength"] == pytest.approx(0.6745 * 10)


def test_all_maximum_on_paper():
    full = pd.concat([rows([10, 10, 9, 10], indicator=str(i), agencies=["a", "b", "c", "d"]) for i in range(5)])
    more = rows([10, 3], indicator="9", agencies=["b", "a"])
    bonus = rows([2], indicator="B", maximum=float("nan"), agencies=["b"])
    found = all_maximum(pd.concat([full, more, bonus]))
    assert found[["flag", "agency", "strength", "value"]].values.tolist() == [
        ["all_max", "b", 6.0, 6.0],
        ["all_max", "d", 5.0, 5.0],
    ]
    assert all_maximum(full[full["indicator"] != "0"]).empty  # four rows say little


# What must always hold


@many
@given(samples, st.sampled_from([0.25, 2.0, 64.0]), points)
def test_p37_scale_and_shift_change_no_distance(x, scale, shift):
    moved = np.multiply(x, scale) + shift
    for method in (modified_z, lambda v: leave_one_out_z(v, ["g"] * len(v))):
        assert np.allclose(method(moved), method(x), rtol=1e-12, atol=0, equal_nan=True)


@many
@given(samples, st.integers(1, 30))
def test_raising_the_largest_never_lowers_its_distance(x, more):
    top = int(np.argmax(x))
    raised = [v + more * (i == top) for i, v in enumerate(x)]
    assert modified_z(raised)[top] >= modified_z(x)[top] - 1e-12


@many
@given(samples, st.data())
def test_an_unknown_member_changes_nothing_and_stays_unknown(x, data):
    at = data.draw(st.integers(0, len(x)))
    for method in (modified_z, lambda v: leave_one_out_z(v, ["g"] * len(v))):
        z = method(np.insert(np.array(x, float), at, np.nan))
        assert np.isnan(z[at])
        assert np.array_equal(np.delete(z, at), method(x), equal_nan=True)


@given(st.integers(0, 12), points)
def test_no_spread_no_distance(n, value):
    assert not modified_z([value] * n).any()
    assert np.isnan(leave_one_out_z([value] * n, ["g"] * n)).all()


def test_p34_accepted_claims_raise_no_flag():
    claimed = rng().integers(0, 11, 40)
    assert row_outliers(rows(claimed)).empty
    assert inflation_outliers(pd.DataFrame({"agency": [*map(str, range(40))], "inflation": 0.0})).empty


def test_noise_of_floats_is_no_spread():
    """Gains of 0.1 everywhere: as floats they differ in the seventeenth digit, and one of them stands out there."""
    before = np.arange(1, 9) / 20
    now = pd.Series(before + 0.1)
    slope = theil_sen(before, now, rng())[1]
    assert (modified_z(now - slope * before) > 3.5).any()
    assert jump_flags(now, pd.Series(before), rng()).empty


@pytest.mark.parametrize("sign, flagged", [(1, True), (-1, False)])
def test_only_over_scoring_is_flagged(sign, flagged):
    x = sign * np.array([2, 1, 3, 2, 0, 2, 18, 1]) / 100
    agencies = list("abcdefgh")
    assert len(inflation_outliers(pd.DataFrame({"agency": agencies, "inflation": x}))) == flagged
    assert len(row_outliers(rows(np.full(8, 5.0), 5 - 10 * x))) == flagged
    level = pd.Series(np.linspace(0.4, 0.6, 8), agencies)
    assert len(jump_flags(level + x, level, rng())) == flagged


def test_the_odd_one_out_among_the_under_scored_is_not_over_scored():
    x, agencies = pd.Series([-0.4] * 8 + [0.0], list("abcdefghi")), list("abcdefghi")
    assert modified_z(x)[8] > 3.5
    assert row_outliers(rows(np.full(9, 5.0), 5 - 10 * x.to_numpy())).empty
    assert inflation_outliers(pd.DataFrame({"agency": agencies, "inflation": x.to_numpy()})).empty
    assert jump_flags(0.6 + x, pd.Series(0.6, agencies), rng()).empty


def test_too_few_to_compare():
    assert row_outliers(rows([10] * 7, [10] * 6 + [5])).empty
    assert inflation_outliers(pd.DataFrame({"agency": list("abcde"), "inflation": [0, 0.01, 0.02, 0.9, np.nan]})).empty
    index = list("abcd")
    assert jump_flags(pd.Series([0.5, 0.51, 0.52, 0.9], index), pd.Series(0.5, index), rng()).empty
    assert np.isnan(leave_one_out_z([1, 2, 3, 90], ["g"] * 4)).all()
    assert not np.isnan(leave_one_out_z([1, 2, 3, 4, 90], ["g"] * 5)).any()


def test_jumps_compare_only_agencies_of_both_years():
    now, before = pd.Series(NOW, list("abcdef")) / 100, pd.Series(BEFORE, list("abcdef")) / 100
    other = jump_flags(pd.concat([now, pd.Series({"new": 0.99, "lost": np.nan})]), before, rng())
    pd.testing.assert_frame_equal(other, jump_flags(now, before, rng()))
    shuffled = jump_flags(now[::-1], pd.concat([before, pd.Series({"gone": 0.1, "lost": 0.2})]), rng())
    pd.testing.assert_frame_equal(other, shuffled)


def test_same_level_last_year_leaves_plain_gains():
    expected, z = jumps([50] * 6, [51, 52, 52, 53, 52, 70], rng())
    assert expected.tolist() == [2] * 6 and z[5] == pytest.approx(0.6745 * 18 / 0.5)


def test_peers_of_another_kind_or_of_none_are_not_compared():
    claimed = [4, 5, 5, 6, 5, 4, 10, 10, 10, 10, 10, 10]
    ledger = rows(claimed)
    agencies = ledger["agency"].tolist()
    one = pd.Series("all", agencies)
    assert peer_flags(ledger, pd.Series(["low"] * 6 + ["high"] * 6, agencies)).empty
    assert peer_flags(ledger, pd.Series(["low"] * 6 + [None] * 6, agencies)).empty
    assert peer_flags(ledger[:0], one).empty
    low = ledger[:7]
    assert peer_flags(low, one)["agency"].tolist() == ["a06"]
    assert peer_flags(low, pd.Series(["g"] * 6 + [np.nan], agencies[:7])).empty
    assert peer_flags(low, one[:6]).empty  # a06 has no group


def test_shares_of_peers_are_of_claimed_rows_with_a_maximum():
    extra = rows([np.nan, 8.0], agencies=["a06", "a00"], indicator="2", maximum=np.nan)
    low = rows([4, 5, 5, 6, 5, 4, 10])
    peers = pd.Series("g", low["agency"])
    pd.testing.assert_frame_equal(peer_flags(pd.concat([low, extra]), peers), peer_flags(low, peers))


def test_p45_row_order_does_not_matter():
    seeded = rng()
    ledger = pd.concat(
        [rows(c := seeded.integers(5, 11, 30), c - seeded.poisson(0.4, 30), indicator=str(i)) for i in range(6)]
    )
    peers = pd.Series(seeded.choice(["g", "h"], 30), [f"a{i:02}" for i in range(30)])
    mixed = ledger.sample(frac=1, random_state=3)
    found = row_outliers(ledger)
    assert len(found) > 3 and found["strength"].is_monotonic_decreasing
    pd.testing.assert_frame_equal(row_outliers(mixed), found)
    pd.testing.assert_frame_equal(peer_flags(mixed, peers[::-1]), peer_flags(ledger, peers))
    pd.testing.assert_frame_equal(all_maximum(mixed), all_maximum(ledger))


# Referees


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # scipy's interval of very few points
@many
@given(st.lists(st.tuples(points, points), min_size=2, max_size=20))
def test_theil_sen_against_scipy(members):
    from scipy.stats import theilslopes

    p, c = zip(*members, strict=True)
    found = theil_sen(p, c, rng())
    if len(set(p)) == 1:
        assert np.isnan(found).all()
    else:
        slope, intercept, *_ = theilslopes(c, p, method="separate")
        assert found == pytest.approx((intercept, slope))


def test_random_pairs_come_near_to_all_pairs():
    seeded = rng()
    p = seeded.normal(60, 10, 400)
    c = 5 + 0.9 * p + seeded.normal(0, 2, 400)
    intercept, slope = theil_sen(p, c, rng(), most=20_000)
    assert slope == pytest.approx(theil_sen(p, c, rng())[1], abs=0.02)
    assert (intercept, slope) == theil_sen(p, c, rng(), most=20_000) != theil_sen(p, c, rng(2), most=20_000)


def test_the_generator_is_not_touched_for_all_pairs():
    used, fresh = rng(), rng()
    theil_sen(BEFORE, NOW, used, most=15)
    assert used.bit_generator.state == fresh.bit_generator.state
    theil_sen(BEFORE, NOW, used, most=14)
    assert used.bit_generator.state != fresh.bit_generator.state


def others_one_by_one(x, groups):
    """Each member against the rest of its group, as the sentence says it."""
    z = []
    for i, (value, group) in enumerate(zip(x, groups, strict=True)):
        rest = [v for j, (v, g) in enumerate(zip(x, groups, strict=True)) if g == group and j != i and v == v]
        if value != value or group is None or len(rest) < 4:
            z.append(float("nan"))
            continue
        middle = statistics.median(rest)
        mad = statistics.median(abs(v - middle) for v in rest)
        z.append(0.6745 * (value - middle) / mad if mad else float("nan"))
    return z


@many
@given(
    st.lists(
        st.tuples(st.one_of(points, points, points, st.just(float("nan"))), st.sampled_from(["x", "x", "y", None])),
        min_size=8,
        max_size=30,
    )
)
def test_leave_one_out_against_one_by_one(members):
    x, groups = [float(v) for v, _ in members], [g for _, g in members]
    assert np.allclose(leave_one_out_z(x, groups), others_one_by_one(x, groups), rtol=1e-12, equal_nan=True)


def test_row_outliers_against_one_by_one():
    seeded = rng(5)
    parts = []
    for i in range(12):
        claimed = seeded.integers(0, 11, 20).astype(float)
        final = np.where(seeded.random(20) < 0.2, np.nan, claimed - seeded.poisson(0.7, 20))
        parts.append(rows(claimed, final, indicator=str(i), maximum=float(seeded.choice([10, 15, 7.5]))))
    ledger = pd.concat(parts)
    slow = set()
    for code, group in ledger.dropna(subset=["final"]).groupby("indicator"):
        cut = [round(d, 9) for d in (group["claimed"] - group["final"]) / group["max_points"]]
        middle = statistics.median(cut)
        mad = statistics.median(abs(d - middle) for d in cut)
        unit = mad / 0.6745 if mad else 1.253314 * statistics.fmean(abs(d - middle) for d in cut)
        slow |= {
            (a, code) for a, d in zip(group["agency"], cut, strict=True) if d > 0 and unit and (d - middle) / unit > 3.5
        }
    found = row_outliers(ledger)
    assert slow and set(zip(found["agency"], found["indicator"], strict=True)) == slow


# Little and wrong input


def test_nothing_in_nothing_out():
    nothing = pd.Series(dtype=float)
    for found in (
        inflation_outliers(pd.DataFrame({"agency": [], "inflation": []})),
        row_outliers(NOTHING),
        jump_flags(nothing, nothing, rng()),
        peer_flags(NOTHING, pd.Series(dtype=object)),
        all_maximum(NOTHING),
    ):
        assert list(found.columns) == COLUMNS and found.empty
    assert modified_z([]).size == leave_one_out_z([], []).size == 0
    assert np.isnan(theil_sen([], [], rng())).all()
    assert np.isnan(jumps([np.nan], [1], rng())).all()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: modified_z([[1, 2], [3, 4]]),
        lambda: modified_z([[1.0]]),
        lambda: theil_sen([1, 2], [1], rng()),
        lambda: theil_sen([1, 2], [1, 2], rng(), most=0),
        lambda: jumps([1, 2, 3], [1], rng()),
        lambda: leave_one_out_z([1, 2], ["g"]),
    ],
)
def test_wrong_calls_are_refused(wrong):
    with pytest.raises(ValueError):
        wrong()


@given(st.integers(-12, 12))
def test_jumps_do_not_depend_on_the_unit(power):
    """Millionths of a share or millions of points: the same distances; equal gains are no noise of floats."""
    unit = 10.0**power
    expected, z = jumps(np.array(BEFORE) * unit, np.array(NOW) * unit, rng())
    plain = jumps(BEFORE, NOW, rng())
    assert np.allclose(z, plain[1]) and np.allclose(expected, plain[0] * unit)
    equal = jumps(np.array([0.1, 0.2, 0.3, 0.4, 0.7]) * unit, np.array([0.2, 0.3, 0.4, 0.5, 0.8]) * unit, rng())
    assert equal[1].tolist() == [0] * 5
