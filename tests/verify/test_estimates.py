"""Over-scoring in what nobody verified: published bounds, coverage in simulated audits, what may enter."""

from __future__ import annotations

import math
import time
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta
from statsmodels.stats.proportion import proportion_confint

from dxlib.verify.estimation import COLUMNS, conclusion, difference, hansen_hurwitz, ratio, stringer, unverified
from dxlib.verify.sampling import hypergeometric_bound, points_weighted

# Known answers

CLAIMED = [10, 8, 6, 9, 7, 5, 10, 4]
VERIFIED = [9, 8, 5, 9, 6, 5, 7, 4]


def test_worked_difference_and_ratio():
    found = difference(300, CLAIMED, VERIFIED, 40, 0.95)
    assert found.estimate == pytest.approx(30.0) and round(found.se, 2) == 13.09 and round(found.bound, 1) == 54.8
    found = ratio(300, CLAIMED, VERIFIED, 40, 0.95)
    assert round(found.estimate, 1) == 30.5 and round(found.se, 2) == 11.80 and round(found.bound, 1) == 52.9
    assert found.estimate / 300 == pytest.approx(0.10169, abs=5e-6)


@pytest.mark.parametrize(
    "taints, size, method, likely, bound",
    [
        ((1, 0.20000072, 0.03999931), 145, "binomial", 0.008551724, 0.03478656),
        ((1, 0.09887), 145, "binomial", 1.09887 / 145, 0.0333335),
        ((0.5, 0.4, 0.19887), 145, "binomial", 1.09887 / 145, 0.0325194),
        ((), 60, "binomial", 0, 0.0487029),
        ((), 60, "poisson", 0, 0.0499289),
        ((0.2, 1, 0.5), 60, "binomial", 1.7 / 60, 0.0935282),
    ],
)
def test_published_stringer(taints, size, method, likely, bound):
    got = stringer(taints, size, 0.95, method)
    assert got == (pytest.approx(likely, abs=5e-10), pytest.approx(bound, abs=5e-8))


def test_worked_points():
    likely, bound = stringer([1, 0.5, 0.2], 60, 0.95)
    assert round(9500 * likely) == 269 and round(9500 * bound) == 889
    assert hansen_hurwitz(9500, [1, 0.5, 0.2], 60) == pytest.approx(9500 * likely)


def test_published_poisson_factors():
    factors = [stringer([1] * k, 1000, 0.95, "poisson")[1] * 1000 for k in range(4)]
    assert factors == pytest.approx([2.9957, 4.7439, 6.2958, 7.7537], abs=5e-5)


# What must hold

taint_lists = st.lists(st.floats(-1, 1), max_size=12)


@given(st.integers(0, 20), st.integers(20, 200), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
@settings(max_examples=50)
def test_p39_whole_errors_are_clopper_pearson(errors, size, confidence):
    bound = stringer([1] * errors, size, confidence)[1]
    assert bound == pytest.approx(beta.ppf(confidence, errors + 1, size - errors) if errors < size else 1)
    assert bound == pytest.approx(proportion_confint(errors, size, alpha=2 * (1 - confidence), method="beta")[1])


@given(taint_lists, st.floats(-1, 1), st.sampled_from(["binomial", "poisson"]))
@settings(max_examples=100)
def test_p39_a_taint_never_lowers_the_bound(taints, another, method):
    likely, bound = stringer(taints, 15, 0.9, method)
    more_likely, higher = stringer([*taints, another], 15, 0.9, method)
    assert higher >= bound - 1e-12 and more_likely >= likely - 1e-12
    assert bound <= stringer(taints, 15, 0.95, method)[1] + 1e-12  # P38: in confidence
    assert stringer(taints, 30, 0.9, method)[1] <= bound + 1e-12  # P38: in the sample
    assert 0 <= likely <= bound <= 1


@given(taint_lists)
@settings(max_examples=50)
def test_under_scoring_never_reduces_the_bound(taints):
    assert stringer(taints, 12, 0.95) == stringer([max(t, 0) for t in taints], 12, 0.95)


def test_a_full_sample_of_whole_errors_is_all_of_it():
    assert stringer([1] * 5, 5, 0.95) == (1, 1)


def test_hansen_hurwitz_is_unbiased():
    # the mean over every single draw, each with its chance claimed / book, is the difference itself
    s, v = np.array([8.0, 2.0, 5.0, 5.0]), np.array([6.0, 3.0, 5.0, 1.0])
    mean = sum(p / 20 * hansen_hurwitz(20, [(p - q) / p], 1) for p, q in zip(s, v, strict=True))
    assert mean == pytest.approx((s - v).sum())


@given(st.lists(st.tuples(st.integers(1, 10), st.integers(0, 10)), min_size=2, max_size=12))
@settings(max_examples=50)
def test_a_full_count_has_no_error(pairs):
    s, v = (np.array(x, float) for x in zip(*pairs, strict=True))
    for method in (difference, ratio):
        got = method(1e9, s, v, len(s), 0.95) if method is difference else method(s.sum(), s, v, len(s), 0.95)
        assert got == (pytest.approx((s - v).sum()), 0, pytest.approx((s - v).sum()))


def test_points_are_a_matter_of_scale():
    for method in (difference, ratio):
        once = method(300, CLAIMED, VERIFIED, 40, 0.9)
        tenfold = method(3000, np.multiply(CLAIMED, 10), np.multiply(VERIFIED, 10), 40, 0.9)
        assert tenfold == pytest.approx(np.multiply(once, 10))


def test_nothing_is_estimated_from_one_item():
    for method in (difference, ratio):
        assert all(math.isnan(x) for x in method(300, [5], [4], 40, 0.95))
        assert all(math.isnan(x) for x in method(0, [], [], 0, 0.95))
    assert all(math.isnan(x) for x in ratio(300, [0, 0], [0, 0], 40, 0.95))


def test_the_bound_never_exceeds_the_book():
    assert difference(20, [10, 1], [0, 1], 11, 0.99).bound == 20
    assert ratio(20, [10, 1], [0, 1], 11, 0.99).bound == 20


# P40: two thousand simulated audits

AUDITS, SURE = 2000, 0.95
THREE_SE = 3 * math.sqrt(SURE * (1 - SURE) / AUDITS)


@pytest.mark.parametrize("bad", [3, 20, 120])
def test_p40_the_hypergeometric_bound_covers(bad):
    rng = np.random.default_rng(20241123 + bad)
    population, sample = 400, 60
    chosen = rng.random((AUDITS, population)).argsort(axis=1)[:, :sample]
    found = (chosen < bad).sum(axis=1)
    bound = cache(lambda x: hypergeometric_bound(population, sample, x, SURE))
    covered = np.mean([bound(int(x)) >= bad for x in found])
    assert covered >= SURE - THREE_SE


def audits(bad, share, rng):
    """Claims of 400 items, `bad` of them over-scored by `share`; 2,000 samples of 60."""
    claimed = rng.integers(2, 21, 400) / 4
    verified = claimed.copy()
    verified[rng.permutation(400)[:bad]] *= 1 - share
    return claimed, verified


@pytest.mark.parametrize("bad, share", [(8, 1.0), (40, 0.5), (120, 0.3)])
def test_p40_stringer_covers(bad, share):
    rng = np.random.default_rng(20241124 + bad)
    claimed, verified = audits(bad, share, rng)
    taints = 1 - verified / claimed
    draws = rng.choice(400, size=(AUDITS, 60), p=claimed / claimed.sum())
    truth = 1 - verified.sum() / claimed.sum()
    covered = np.mean([stringer(t, 60, SURE)[1] >= truth for t in taints[draws]])
    assert covered >= SURE - THREE_SE


def test_p40_the_difference_estimator_fails_when_errors_are_rare():
    rng = np.random.default_rng(20241125)
    claimed, verified = audits(6, 1.0, rng)
    truth = (claimed - verified).sum()
    samples = rng.random((AUDITS, 400)).argsort(axis=1)[:, :60]
    for method in (difference, ratio):
        bounds = [method(claimed.sum(), claimed[i], verified[i], 400, SURE).bound for i in samples]
        assert np.mean(np.array(bounds) >= truth) < 0.75
    common, recognised = audits(200, 0.3, rng)  # and it does well where every second item is over-scored
    bounds = [difference(common.sum(), common[i], recognised[i], 400, SURE).bound for i in samples]
    assert np.mean(np.array(bounds) >= (common - recognised).sum()) > 0.92


# The frame


def frame(*parts):
    """Rows from (part, how many, claimed, final) blocks."""
    rows = [(float(s), float(v), part) for part, n, s, v in parts for _ in range(n)]
    return pd.DataFrame(rows, columns=["claimed", "final", "part"]).assign(max_points=10.0)


NONE = math.nan


def by_method(table):
    assert table.columns.tolist() == COLUMNS
    assert table["method"].tolist() == ["hypergeometric", "difference", "ratio", "stringer"]
    return table.set_index("method")


def worked():
    pairs = list(zip(CLAIMED, VERIFIED, strict=True))
    rest = [("rest", 31, 7.6, NONE), ("rest", 1, 5.4, NONE)]  # 59 + 241 = 300 points, 40 items
    return frame(*(("random", 1, s, v) for s, v in pairs), *rest)


def test_the_worked_example_as_a_frame():
    table = by_method(unverified(worked(), 0.95))
    assert (table["population"] == 40).all() and table["points"].tolist() == pytest.approx([300] * 4)
    assert round(table.at["difference", "bound"], 1) == 54.8 and round(table.at["ratio", "bound"], 1) == 52.9
    row = table.loc["hypergeometric"]
    assert (row["sample"], row["found"], row["estimate"], row["unit"]) == (8, 4, 20.0, "items")
    assert row["bound"] == hypergeometric_bound(40, 8, 4, 0.95)
    assert table["note"].tolist() == ["", "rare", "rare", "too_few"]
    assert table.loc["stringer", ["estimate", "bound"]].isna().all() and table.at["stringer", "planned"] == 0


def test_worked_stringer_as_a_frame():
    # 9,500 points; 60 items of 10 drawn by points, three of them over-scored by all, half, a fifth
    drawn = [("points", 57, 10, 10), ("points", 1, 10, 0), ("points", 1, 10, 5), ("points", 1, 10, 8)]
    row = by_method(unverified(frame(*drawn, ("rest", 890, 10, NONE)), "0.95")).loc["stringer"]
    assert (row["population"], row["points"], row["sample"], row["found"], row["planned"]) == (950, 9500, 60, 3, 60)
    assert (
        round(row["estimate"]) == 269 and round(row["bound"]) == 889 and row["note"] == "" and row["unit"] == "points"
    )


def test_items_chosen_by_risk_never_enter():
    plain = frame(("random", 20, 5, 4), ("points", 20, 5, 3), ("rest", 200, 5, NONE))
    chosen = pd.concat([frame(("risk", 30, 9, 0), ("risk", 5, 9, NONE)), plain, frame(("risk", 1, 900, 0))])
    pd.testing.assert_frame_equal(unverified(chosen, 0.95), unverified(plain, 0.95))


def test_waiting_items_are_said():
    table = by_method(unverified(frame(("random", 9, 5, 4), ("random", 1, 5, NONE), ("rest", 40, 5, NONE)), 0.95))
    assert table["note"].tolist() == ["incomplete"] * 3 + ["too_few"]
    assert (table.at["ratio", "sample"], table.at["ratio", "planned"]) == (9, 10)


def test_a_certain_item_counts_as_it_is():
    # 100 + 100 x 1 points, 10 draws: the large item is certain; the other nine speak for 100 points, not for 200
    table = frame(("points", 1, 100, 40), ("points", 9, 1, 1), ("rest", 91, 1, NONE))
    row = by_method(unverified(table, 0.95)).loc["stringer"]
    assert row["estimate"] == 60 and row["bound"] == pytest.approx(60 + 100 * (1 - 0.05 ** (1 / 9)))
    table.loc[0, "final"] = NONE  # without its verdict all of it may be wrong
    row = by_method(unverified(table, 0.95)).loc["stringer"]
    assert row["bound"] == pytest.approx(100 + 100 * (1 - 0.05 ** (1 / 9))) and row["note"] == "incomplete"


def test_a_certain_item_that_nobody_drew_may_be_wrong_in_full():
    table = frame(("points", 10, 1, 1), ("rest", 1, 100, NONE), ("rest", 90, 1, NONE))
    row = by_method(unverified(table, 0.95)).loc["stringer"]
    assert row["estimate"] == 0 and row["bound"] == pytest.approx(100 + 100 * (1 - 0.05 ** (1 / 10)))


def test_what_is_certain_follows_the_frame_of_the_points_part():
    # 120 points outside the random part, 10 draws: interval 12 takes the item of 20; with the random part's 250 it would not
    table = frame(("random", 50, 5, 5), ("points", 1, 20, 10), ("points", 9, 1, 1), ("rest", 91, 1, NONE))
    row = by_method(unverified(table, 0.95)).loc["stringer"]
    assert row["estimate"] == 10 and row["bound"] == pytest.approx(10 + 100 * (1 - 0.05 ** (1 / 9)))


def test_stringer_counts_the_random_part_as_it_is():
    # 20 random items over-scored by 1 each; 30 clean ones by points speak for the other 80 items
    table = frame(("random", 20, 5, 4), ("points", 30, 5, 5), ("rest", 50, 5, NONE))
    row = by_method(unverified(table, 0.95)).loc["stringer"]
    assert row["estimate"] == 20 and row["bound"] == pytest.approx(20 + 400 * (1 - 0.05 ** (1 / 30)))


def test_under_scoring_is_no_credit():
    fair = frame(
        ("random", 15, 5, 4), ("random", 15, 5, 5), ("points", 9, 5, 4), ("points", 9, 5, 5), ("rest", 50, 5, NONE)
    )
    modest = fair.assign(final=fair["final"].where(fair["final"] != 5, 9.0))
    pd.testing.assert_frame_equal(unverified(modest, 0.95), unverified(fair, 0.95))


blocks = st.lists(
    st.tuples(
        st.sampled_from(["risk", "random", "points", "rest"]),
        st.integers(1, 6),
        st.integers(-2, 8).map(lambda k: k / 2),
        st.one_of(st.just(NONE), st.integers(0, 10).map(lambda k: k / 2)),
    ),
    max_size=8,
)


@given(blocks)
@settings(max_examples=150)
def test_bounds_lie_between_what_was_found_and_what_is_possible(parts):
    data = frame(*parts)
    table = by_method(unverified(data, 0.95))
    mine = data[(data["part"] != "risk") & (data["claimed"] >= 0)]
    over = (mine["claimed"] - mine["final"]).clip(lower=0)
    limits = {
        "items": ((over > 0).sum(), ((over > 0) | mine["final"].isna()).sum()),
        "points": (over.sum(), over.fillna(mine["claimed"]).sum()),
    }
    for row in table.itertuples():
        assert row.sample <= row.planned <= row.population == len(mine)
        assert math.isnan(row.bound) == math.isnan(row.estimate) == (row.note == "too_few")
        if not math.isnan(row.bound):
            low, high = limits[row.unit]
            assert low - 1e-9 <= row.bound <= high + 1e-9 and row.bound <= max(row.points, row.population) + 1e-9


def test_everything_verified_leaves_nothing_to_guess():
    table = by_method(unverified(frame(("random", 6, 5, 4), ("points", 6, 4, 1), ("rest", 6, 3, 3)), 0.95))
    assert table["bound"].tolist() == [12, 24, 24, 24]


def test_p40_stringer_as_drawn_covers_with_certain_items():
    rng = np.random.default_rng(20241126)
    claimed = np.concatenate([rng.integers(2, 21, 150) / 4, [60.0, 45.0]])
    final = np.where(rng.random(152) < 0.1, 0, claimed)
    final[150] = 30.0
    truth, covered = (claimed - final).sum(), []
    for _ in range(200):
        certain, sampled, _interval = points_weighted(claimed, 30, rng)
        part = np.full(152, "rest")
        part = part.astype(object)
        part[[*certain, *sampled]] = "points"
        table = pd.DataFrame({"claimed": claimed, "final": np.where(part == "points", final, NONE), "part": part})
        covered.append(unverified(table, SURE)["bound"].iloc[3] >= truth)
    assert np.mean(covered) >= SURE - 3 * math.sqrt(SURE * (1 - SURE) / 200)


def test_a_country_of_claims_in_seconds():
    rng = np.random.default_rng(5)
    n = 477_000
    claimed = rng.integers(0, 41, n) / 4
    part = rng.choice(np.array(["risk", "random", "points", "rest"], dtype=object), n, p=[0.02, 0.01, 0.01, 0.96])
    final = np.where(part == "rest", NONE, claimed - (rng.random(n) < 0.1))
    table = pd.DataFrame({"claimed": claimed, "final": final, "part": part})
    began = time.process_time()
    unverified(table, 0.95)
    assert time.process_time() - began < 5


# The conclusion


@pytest.mark.parametrize(
    "bound, book, rate, words",
    [
        (29, 100, 0.29, "accept"),  # in floats 0.29 * 100 = 28.999999999999996
        (0.7, 10, 0.07, "accept"),
        (7, 100, 0.07, "accept"),
        (14.000001, 400, 0.035, "verify_all"),
        (math.nan, 100, 0.05, "verify_all"),
        (0, 0, 0.05, "accept"),
        (np.float64(5.0), np.float64(100), "0.05", "accept"),
    ],
)
def test_conclusion_compares_exactly(bound, book, rate, words):
    assert conclusion(bound, book, rate) == words


# Wrong calls


@pytest.mark.parametrize(
    "call",
    [
        lambda: difference(10, [1, 2], [1], 5, 0.95),
        lambda: difference(10, [1, 2], [1, NONE], 5, 0.95),
        lambda: difference(10, [1, 2], [1, 2], 1, 0.95),
        lambda: ratio(10, [1, 2], [1, 2], 5, 1.0),
        lambda: stringer([1.2], 5, 0.95),
        lambda: stringer([NONE], 5, 0.95),
        lambda: stringer([1, 1], 1, 0.95),
        lambda: stringer([], 0, 0.95),
        lambda: stringer([], 5, 0),
        lambda: stringer([], 5, 0.95, "normal"),
        lambda: hansen_hurwitz(10, [1], 0),
        lambda: unverified(worked().drop(columns="part"), 0.95),
        lambda: unverified(worked().assign(part="other"), 0.95),
        lambda: unverified(worked(), 95),
        lambda: conclusion(1, -1, 0.05),
        lambda: conclusion(1, 1, 1.5),
    ],
)
def test_wrong_calls_are_refused(call):
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        call()
