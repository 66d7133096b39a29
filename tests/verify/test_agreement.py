"""Agreement of two scores: published values, the worked example on paper, properties, other people's code."""

from __future__ import annotations

from itertools import product
from math import isnan

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dxlib.verify import agreement_measures
from dxlib.verify.agreement_measures import (
    COLUMNS,
    agreement,
    bias_and_icc,
    bland_altman,
    bootstrap,
    concordance,
    gwet_ac1,
    icc,
    observed_agreement,
    signed_rank,
    weighted_kappa,
)

SELF, VERIFIED = (92, 85, 78, 88, 70), (80, 83, 76, 70, 69)
SHROUT_FLEISS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
WRIGHT = (494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427)
MINI_WRIGHT = (512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451)
A, B = (3, 2, 3, 1, 0, 2, 3, 1, 2, 3), (2, 2, 3, 1, 0, 1, 3, 0, 2, 2)
whole = st.integers(0, 40)
pairs = st.lists(st.tuples(whole, whole), min_size=3, max_size=12).map(lambda p: np.array(p, float) / 4)


def rng(seed=1):
    return np.random.default_rng(seed)


# Published values and the worked example (methods.md 1.2)


def test_icc_of_shrout_and_fleiss():
    assert icc(SHROUT_FLEISS) == pytest.approx(0.28976, abs=5e-6)


def test_the_worked_example():
    assert icc(np.column_stack([SELF, VERIFIED])) == pytest.approx(0.3661, abs=5e-5)
    assert concordance(SELF, VERIFIED) == pytest.approx(0.3160, abs=5e-5)
    found = bland_altman(SELF, VERIFIED)
    assert (found.bias, found.sd) == pytest.approx((7.0, 7.616), abs=5e-4)
    assert (found.low, found.high) == pytest.approx((-7.93, 21.93), abs=5e-3)
    assert signed_rank(np.subtract(SELF, VERIFIED)) == (5, 15, 1 / 32, True)


def test_peak_flow_of_bland_and_altman():
    found = bland_altman(WRIGHT, MINI_WRIGHT)
    assert found.n == 17 and (found.bias, found.sd) == pytest.approx((-2.118, 38.765), abs=5e-4)
    # they print two SDs: -79.7 and 75.5
    assert found.bias - 2 * found.sd == pytest.approx(-79.65, abs=5e-3)
    assert (found.low, found.high) == pytest.approx((-2.118 - 1.96 * 38.765, -2.118 + 1.96 * 38.765), abs=5e-3)


def test_kappa_on_paper():
    assert weighted_kappa(A, B, range(4)) == pytest.approx(0.6552, abs=5e-5)
    assert observed_agreement(A, B) == 0.6


def test_the_full_list_of_grades_counts():
    # 0, 1, 3, 4 seen on 0-4: between 1 and 3 there are two steps, whoever used 2
    a, b = [0, 1, 3, 4, 1, 3], [0, 3, 3, 4, 1, 1]
    assert weighted_kappa(a, b, range(5)) != pytest.approx(weighted_kappa([0, 1, 2, 3, 1, 2], [0, 2, 2, 3, 1, 1], range(4)))
    assert weighted_kappa(a, b, [0, 1, 3, 4]) == pytest.approx(weighted_kappa(a, b, range(5)))


def test_ac1_where_kappa_fails():
    # 118 both yes, 5 and 2 apart, no both no: agreement .944, kappa below 0 (Gwet 2008: AC1 .94)
    a, b = [1] * 118 + [1] * 5 + [0] * 2, [1] * 118 + [0] * 5 + [1] * 2
    assert weighted_kappa(a, b, [0, 1]) == pytest.approx(-0.0234, abs=5e-5)
    assert gwet_ac1(a, b, [0, 1]) == pytest.approx(0.9408, abs=5e-5)


def test_the_bootstrap_of_a_known_distribution():
    # the mean of five draws from 0, 0, 0, 0, 1 is Binomial(5, .2)/5: P(0) = .33, P(>= 3) = .058, P(>= 4) = .007
    found = bootstrap(lambda v: v.mean(-1), [0, 0, 0, 0, 1], 20_000, rng())
    assert found.tolist() == [0.0, pytest.approx(0.6)]


# Undefined is None or nan, never an exception, a warning or infinity


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [0.0, 0.1, 7.3])
def test_all_values_equal(value):
    table = np.full((7, 3), value)
    assert isnan(icc(table)) and isnan(concordance(table[:, 0], table[:, 1]))
    assert signed_rank(table[:, 0] - table[:, 1]).p is None
    assert weighted_kappa(table[:, 0], table[:, 1], [value, 9]) is None
    assert gwet_ac1(table[:, 0], table[:, 1], [value, 9]) == 1


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("n", [0, 1])
def test_too_few_to_say(n):
    x = np.arange(n) + 0.5
    assert isnan(icc(np.column_stack([x, x + 1]))) and isnan(concordance(x, x + 1))
    found = bland_altman(x, x + 1)
    assert isnan(found.sd) and isnan(found.low) and (found.bias == -1 if n else isnan(found.bias))
    assert signed_rank(x) == (n, n, None, True)
    assert isnan(observed_agreement([], [])) and weighted_kappa([], [], [0, 1]) is None and gwet_ac1([], [], []) is None


@pytest.mark.filterwarnings("error")
def test_one_side_constant():
    assert concordance([1, 2, 3], [2, 2, 2]) == 0
    # a constant shift: nothing between rows but what both raters share
    assert icc([[1, 2], [1, 2], [1, 2]]) == 0


@pytest.mark.filterwarnings("error")
def test_no_interval_below_five_agencies():
    assert np.isnan(bootstrap(bias_and_icc, [[1, 2]] * 4, 10, rng())).all()
    undefined = bootstrap(bias_and_icc, [[1, 1]] * 5, 10, rng())
    assert undefined[:, 0].tolist() == [0, 0] and np.isnan(undefined[:, 1]).all()


def test_four_differences_are_too_few():
    assert signed_rank([1, 2, 3, 4, 0, 0, 0]).p is None and signed_rank([1, 2, 3, 4, 5, 0]).p == 1 / 32


@pytest.mark.parametrize(
    "call",
    [
        lambda: signed_rank([1, np.nan]),
        lambda: weighted_kappa([2], [1], [0, 1]),
        lambda: gwet_ac1([1], [0.5], [0, 1]),
        lambda: gwet_ac1([1], [1], [1, 1]),
        lambda: bootstrap(bias_and_icc, [[1, 2]] * 6, 0, rng()),
    ],
)
def test_wrong_calls(call):
    with pytest.raises(ValueError, match=r"[a-z]+ .*"):
        call()


# Properties


@given(pairs)
def test_p34_the_same_score_twice_agrees(table):
    x = table[:, 0]
    assume(len(set(x)) > 1)
    assert icc(np.column_stack([x, x])) == pytest.approx(1) and concordance(x, x) == pytest.approx(1)
    assert weighted_kappa(x, x, sorted(set(x))) == gwet_ac1(x, x, sorted(set(x))) == observed_agreement(x, x) == 1
    assert bland_altman(x, x)[1:5] == (0, 0, 0, 0) and signed_rank(x - x).n == 0


@given(pairs, st.integers(-20, 20))
def test_p35_a_constant_inflation(table, c):
    x, y = table.T
    moved = np.column_stack([x + c, y])
    assert bland_altman(x + c, y).bias == pytest.approx(bland_altman(x, y).bias + c)
    before, after = icc(table), icc(moved)
    assume(not isnan(before) and not isnan(after))
    if abs((x + c - y).mean()) > abs((x - y).mean()) + 1e-9:
        if np.cov(table.T)[0, 1] > 1e-9:  # the two vary together
            assert after < before
        if concordance(x, y) > 1e-9:
            assert concordance(x + c, y) < concordance(x, y)


@given(pairs)
def test_p36_swapping_the_two(table):
    x, y = table.T
    grades = sorted(set(table.ravel()))
    assert icc(table) == pytest.approx(icc(table[:, ::-1]), nan_ok=True)
    assert concordance(x, y) == pytest.approx(concordance(y, x), nan_ok=True)
    there, back = weighted_kappa(x, y, grades), weighted_kappa(y, x, grades)
    assert as_numbers([there]) == pytest.approx(as_numbers([back]), nan_ok=True)
    assert as_numbers([gwet_ac1(x, y, grades)]) == pytest.approx(as_numbers([gwet_ac1(y, x, grades)]), nan_ok=True)


@given(pairs, st.sampled_from([0.001, 0.1, 3.0, 1000.0]))
def test_p37_scale(table, c):
    x, y = table.T
    assert icc(c * table) == pytest.approx(icc(table), nan_ok=True, abs=1e-9)
    assert concordance(c * x, c * y) == pytest.approx(concordance(x, y), nan_ok=True, abs=1e-9)


@given(pairs)
def test_concordance_is_one_minus_the_ratio_of_expected_squares(table):
    x, y = table.T
    apart = ((x[:, None] - y[None, :]) ** 2).mean()
    assume(apart)
    assert concordance(x, y) == pytest.approx(1 - ((x - y) ** 2).mean() / apart, abs=1e-9)


@given(st.lists(st.integers(-3, 3), min_size=0, max_size=9))
def test_signed_rank_counts_every_assignment_of_signs(d):
    # by hand: Pratt's ranks of |d|, zeros included, then all 2^n signs
    size = np.abs(d)
    ranks = [sum(size < s) + (sum(size == s) + 1) / 2 for s in size if s]
    if len(ranks) < 5:
        assert signed_rank(d).p is None
        return
    seen = sum(r for r, v in zip(ranks, [v for v in d if v], strict=True) if v > 0)
    signs = list(product((0, 1), repeat=len(ranks)))
    at_least = sum(np.dot(s, ranks) >= seen for s in signs)
    assert signed_rank(d) == (len(ranks), seen, pytest.approx(at_least / len(signs), abs=1e-12), True)


def test_signed_rank_sees_through_floating_point():
    # 0.5 - 0.3 and 0.3 - 0.1 are the same 0.2; 0.1 + 0.2 - 0.3 is no difference
    d = [0.5 - 0.3, 0.3 - 0.1, 0.9 - 0.7, 0.4, -0.6, 0.1 + 0.2 - 0.3]
    assert signed_rank(d) == signed_rank([2, 2, 2, 4, -6, 0])


def test_signed_rank_of_many_is_normal():
    d = rng().normal(0.1, 1, 121)
    many, fewer = signed_rank(d), signed_rank(d[:120])
    assert not many.exact and fewer.exact
    from scipy.stats import wilcoxon

    assert many.p == pytest.approx(wilcoxon(d, alternative="greater", method="exact").pvalue, abs=2e-3)


@given(pairs)
@settings(max_examples=40)
def test_both_faces_of_a_statistic_agree(table):
    samples = table[rng().integers(len(table), size=(20, len(table)))]
    many = concordance(samples[..., 0], samples[..., 1])
    for i, one in enumerate(samples):
        assert icc(samples)[i] == pytest.approx(icc(one), nan_ok=True, abs=1e-12)
        assert many[i] == pytest.approx(concordance(one[:, 0], one[:, 1]), nan_ok=True, abs=1e-12)
        bias, of_icc = bias_and_icc(samples)[i]
        assert bias == pytest.approx((one[:, 0] - one[:, 1]).mean(), abs=1e-12)
        assert of_icc == pytest.approx(icc(one), nan_ok=True, abs=1e-12)


def test_the_bootstrap_does_not_depend_on_its_blocks(monkeypatch):
    values = rng().random((23, 2))
    whole = bootstrap(bias_and_icc, values, 101, rng())
    monkeypatch.setattr(agreement_measures, "CELLS", 7 * 46)
    assert (bootstrap(bias_and_icc, values, 101, rng()) == whole).all()
    assert (bootstrap(bias_and_icc, values, 101, rng(2)) != whole).any()


# Referees


@given(st.lists(st.tuples(whole, whole, whole), min_size=3, max_size=8))
@settings(max_examples=15)
@pytest.mark.filterwarnings("ignore::DeprecationWarning:pingouin")
def test_pingouin_agrees(rows):
    import pingouin

    table = np.array(rows, float)
    ours = icc(table)
    assume(not isnan(ours))
    long = [(i, j, v) for i, row in enumerate(rows) for j, v in enumerate(row)]
    frame = pd.DataFrame(long, columns=["subject", "rater", "score"])
    with np.errstate(all="ignore"):  # its F test divides by 0 where the residual is 0
        theirs = pingouin.intraclass_corr(frame, targets="subject", raters="rater", ratings="score")
    assert ours == pytest.approx(theirs["ICC"].tolist()[1], abs=1e-9)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=30))
def test_statsmodels_agrees(items):
    from statsmodels.stats.inter_rater import cohens_kappa

    a, b = np.array(items).T
    assume(weighted_kappa(a, b, range(4)) is not None)
    counts = np.zeros((4, 4))
    np.add.at(counts, (a, b), 1)
    theirs = cohens_kappa(counts, wt="linear", return_results=False)
    assert weighted_kappa(a, b, range(4)) == pytest.approx(theirs, abs=1e-9)
    values = np.array([0, 0.5, 0.75, 1])
    theirs = cohens_kappa(counts, wt="linear", weights=values, return_results=False)
    assert weighted_kappa(values[a], values[b], values) == pytest.approx(theirs, abs=1e-9)


@given(st.lists(st.integers(1, 60), min_size=5, max_size=40, unique=True), st.integers(0, 2**32))
def test_scipy_agrees_without_ties(sizes, seed):
    from scipy.stats import wilcoxon

    d = np.array(sizes) * rng(seed).choice([-1, 1], len(sizes))
    theirs = wilcoxon(d, alternative="greater", method="exact")
    assert signed_rank(d)[1:3] == (theirs.statistic, pytest.approx(theirs.pvalue, abs=1e-12))


# The table


def ledger(rows):
    return pd.DataFrame(rows, columns=["agency", "indicator", "max_points", "claimed", "final"])


def worked():
    return ledger([(u, "1", 100.0, s, v) for u, s, v in zip("abcde", SELF, VERIFIED, strict=True)])


def test_the_table_of_the_worked_example():
    found = agreement(worked(), 200, rng())
    assert found.columns.tolist() == COLUMNS and found["indicator"].tolist() == ["", "1"]
    for _, row in found.iterrows():
        assert (row["n"], row["bias"], row["p_inflation"], row["agreement"]) == (5, pytest.approx(0.07), 1 / 32, 0)
        assert (row["limit_low"], row["limit_high"]) == pytest.approx((-0.0793, 0.2193), abs=5e-5)
        assert (row["icc"], row["concordance"]) == pytest.approx((0.3661, 0.3160), abs=5e-5)
    total, row = found.iloc[0], found.iloc[1]
    assert 0.01 <= total["bias_low"] < 0.07 < total["bias_high"] <= 0.18 and total["icc_low"] < total["icc_high"]
    assert row[["bias_low", "bias_high", "icc_low", "icc_high", "kappa", "ac1"]].isna().all()
    assert found.equals(agreement(worked(), 200, rng()))


def test_a_total_weighs_rows_by_their_points():
    # a: (10 + 1) / 12 against (4 + 1) / 12; b has no verdict on row 2: 5 / 10 against 5 / 10; row 3 has no maximum, row 4 none to speak of
    nan = float("nan")
    rows = [("a", "1", 10, 10, 4), ("a", "2", 2, 1, 1), ("b", "1", 10, 5, 5), ("b", "2", 2, 2, nan)]
    found = agreement(ledger([*rows, ("b", "3", nan, 3, 3), ("c", "1", 10, nan, 4), ("c", "4", 0, 0, 0)]), 50, rng())
    assert found["indicator"].tolist() == ["", "1", "2"] and found["n"].tolist() == [2, 2, 1]
    assert found["bias"].tolist() == pytest.approx([0.25, 0.3, 0])
    assert found.loc[0, ["bias_low", "bias_high", "icc_low", "p_inflation"]].isna().all()


def test_grades_in_the_table():
    # shares of a row of 2 points; 0.3 was fixed by hand and joins the list
    table = ledger([(u, "1", 2.0, a, b) for u, a, b in zip("abcd", (2, 1, 0, 2), (2, 1, 0, 0.6), strict=True)])
    listed = [0, 0.25, 0.5, 0.75, 1]
    found = agreement(table, 10, rng(), {"1": listed}).iloc[1]
    x, y = [1, 0.5, 0, 1], [1, 0.5, 0, 0.3]
    known = sorted([*listed, 0.3])
    assert (found["kappa"], found["ac1"]) == (weighted_kappa(x, y, known), gwet_ac1(x, y, known))
    assert found["agreement"] == 0.75
    measured = agreement(table, 10, rng(), {"1": np.linspace(0, 1, 7)}).iloc[1]
    assert measured[["kappa", "ac1"]].isna().all()


@pytest.mark.filterwarnings("error")
def test_nothing_compared():
    nan = float("nan")
    for table in (ledger([]), ledger([("a", "1", 10, 5, nan), ("b", "2", nan, 1, 1)])):
        found = agreement(table, 10, rng())
        assert found["n"].tolist() == [0] and found.drop(columns=["indicator", "n"]).isna().all(axis=None)


@pytest.mark.filterwarnings("error")
def test_verdicts_that_accept_everything():
    found = agreement(worked().assign(final=lambda t: t["claimed"]), 50, rng()).iloc[0]
    assert (found["bias"], found["bias_low"], found["bias_high"]) == (0, 0, 0)
    assert (found["icc"], found["concordance"], found["agreement"]) == pytest.approx((1, 1, 1))
    assert isnan(found["p_inflation"])


def as_numbers(found):
    return [float("nan") if one is None else float(one) for one in found]
