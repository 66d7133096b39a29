"""What moves the index, what tells nobody apart: answers on paper, published eigenvalues, referees, bad input."""

from __future__ import annotations

import csv
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxlib import read_case
from dxlib.errors import Refusal
from dxlib.robust import structure
from dxlib.robust.structure import (
    components,
    correlation_ratio,
    cronbach_alpha,
    effective_weights,
    eigenvalues,
    fisher_interval,
    indicator_spread,
    linear_ratio,
    pillar_fit,
    redundant_pairs,
    shape,
    spearman,
    weak_indicators,
)
from tests.backtest.contract_folder import write_folder

TAI = Path(__file__).parents[2] / ".." / "shared" / "real" / "tai"
published = pytest.mark.real("published tables")
SHROUT = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)


def rng():
    return np.random.default_rng(7)


def made(folder, x, weights=None, pillars=None, **index):
    """A case of an (N, D) table of shares; `pillars` names the top row of each column."""
    x = np.asarray(x, float)
    n, d = x.shape
    weights = [1] * d if weights is None else weights
    rows = []
    for top in dict.fromkeys(pillars or []):
        rows.append(
            {
                "code": top,
                "parent": "",
                "name_en": top,
                "weight": sum(w for w, p in zip(weights, pillars, strict=True) if p == top),
                "rule": "",
            }
        )
    for k in range(d):
        parent = pillars[k] if pillars else ""
        rows.append(
            {"code": f"k{k}", "parent": parent, "name_en": f"k{k}", "weight": weights[k], "rule": "goalposts(0, 1)"}
        )
    claims = [
        {"agency": f"u{i:03}", "indicator": f"k{k}", "a": f"{x[i, k]:.6f}"}
        for i in range(n)
        for k in range(d)
        if x[i, k] == x[i, k]
    ]
    tables = {"indicators": rows, "agencies": [{"agency": f"u{i:03}"} for i in range(n)], "claims": claims}
    write_folder(folder, 2024, "demo", {"title": {"en": "Made"}, **index}, tables)
    return read_case(folder, 2024, "demo")


def crowd(n=80, d=6, seed=3, noise=0.2):
    g = np.random.default_rng(seed)
    return (g.normal(0.5, 0.15, (n, 1)) + g.normal(0, noise, (n, d))).clip(0, 1)


# ---- answers on paper, and published ------------------------------------------------------------------------------


def test_two_rows_on_paper():
    # sd 1 and 2, correlation .5, equal weights
    found = linear_ratio(np.array([[1, 1], [1, 4]]), np.array([0.5, 0.5]))
    assert found == pytest.approx([0.5714, 0.8929], abs=5e-5)


def test_the_curve_finds_the_same_on_gaussian_data():
    x = rng().multivariate_normal([0, 0], [[1, 1], [1, 4]], size=4000)
    y = x.mean(axis=1)
    assert correlation_ratio(x[:, 0], y)[0] == pytest.approx(0.5714, abs=0.03)
    assert correlation_ratio(x[:, 1], y)[0] == pytest.approx(0.8929, abs=0.01)


def test_the_curve_sees_what_a_line_does_not():
    x = rng().uniform(-1, 1, 500)
    assert np.corrcoef(x, x**2)[0, 1] ** 2 < 0.05
    assert correlation_ratio(x, x**2)[0] > 0.98
    assert correlation_ratio(x, rng().normal(size=500))[0] < 0.05


def test_one_agency_apart_still_has_a_ratio():
    x = np.r_[np.zeros(59), 1.0]
    y = rng().normal(size=60)
    explained = 59 / 60**2 * (y[-1] - y[:-1].mean()) ** 2
    assert correlation_ratio(x, y)[0] == pytest.approx(explained / y.var())


def test_alpha_on_paper():
    found = cronbach_alpha(SHROUT)  # = ICC(3,k) of the same table
    assert found.value == pytest.approx(0.9093, abs=5e-5)


@pytest.mark.welcome
@published
def test_the_handbooks_eigenvalues():
    with (TAI / "raw_data.csv").open(encoding="utf-8-sig", newline="") as file:
        x = np.array([[float(v) for v in row[1:]] for row in list(csv.reader(file))[1:]])
    with (TAI / "published_pca.csv").open(encoding="utf-8-sig", newline="") as file:
        printed = [(float(r["eigenvalue"]), float(r["variance_percent"])) for r in csv.DictReader(file)]
    found = eigenvalues(x)
    assert len(found) == len(printed) == 8
    for value, (eigenvalue, percent) in zip(found, printed, strict=True):
        assert abs(value - eigenvalue) <= 0.055  # the first, 41.9 % of 8 = 3.35, is printed as 3.3
        assert abs(100 * value / 8 - percent) <= 0.111, (value, percent)  # the logarithms are printed to 2 decimals


@pytest.mark.welcome
@published
def test_the_handbook_case_is_too_small_for_effective_weights_and_components(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "backtest"))
    import tai

    tai.convert(TAI, tmp_path)
    case = read_case(tmp_path, 2001, "tai")
    effective = effective_weights(case, 10, rng())
    assert (
        set(effective["reason"]) == {"too_few"}
        and effective["ratio"].isna().all()
        and effective["linear"].notna().all()
    )
    assert set(components(case, 10, rng())["reason"]) == {"too_few"}
    assert len(pillar_fit(case)) == 4 + 8


# ---- referees -----------------------------------------------------------------------------------------------------


def test_alpha_and_its_interval_against_pingouin():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pingouin
    for table in (SHROUT, crowd(25, 5)):
        value, bounds = pingouin.cronbach_alpha(pd.DataFrame(table))
        found = cronbach_alpha(table)
        assert found.value == pytest.approx(value)
        assert [found.low, found.high] == pytest.approx(list(bounds), abs=6e-4)  # printed to 3 decimals


def test_eigenvalues_against_sklearn():
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    x = crowd(60, 7)
    referee = PCA().fit(StandardScaler().fit_transform(x)).explained_variance_ratio_ * 7
    assert eigenvalues(x) == pytest.approx(referee)


def test_rank_correlations_against_scipy_and_with_gaps():
    from scipy.stats import spearmanr

    x = crowd(40, 5).round(1)
    rho, n = spearman(x)
    referee = spearmanr(x).statistic
    off = ~np.eye(5, dtype=bool)
    assert np.allclose(rho[off], referee[off]) and (n == 40).all()
    x[:7, 2] = np.nan
    rho, n = spearman(x)
    assert n[0, 2] == 33 and rho[0, 2] == pytest.approx(spearmanr(x[7:, 0], x[7:, 2]).statistic)


def test_shape_against_scipy():
    from scipy.stats import kurtosis, skew

    x = rng().exponential(size=30)
    assert shape(x) == pytest.approx((skew(x, bias=False), kurtosis(x, bias=False)))
    assert np.isnan(shape(np.ones(9))).all() and np.isnan(shape(np.arange(3.0))).all()


def test_fisher_on_paper():
    # r .5, n 28: z .5493 ± 1.96/5 -> tanh(.1573), tanh(.9413)
    assert fisher_interval(0.5, 28) == pytest.approx((0.1560, 0.7357), abs=2e-4)
    wide = fisher_interval(0.5, 28, ranks=True)
    assert wide[0] < 0.156 and wide[1] > 0.7357
    assert np.isnan(fisher_interval(1.0, 28)).all() and np.isnan(fisher_interval(0.5, 3)).all()


def test_local_lines_and_leave_one_out_against_statsmodels():
    from statsmodels.nonparametric.kernel_regression import KernelReg

    g = rng()
    x = g.uniform(size=60)
    y = np.sin(5 * x) + g.normal(0, 0.3, 60)
    values, place = np.unique(x, return_inverse=True)
    gap = values[None, :] - values[:, None]
    kernel = np.exp(-0.5 * (gap / 0.1) ** 2)
    ordered = np.empty(60)
    ordered[place] = y
    fit, lever = structure.local_lines(kernel, gap, np.ones((1, 60)), ordered[None, :])
    with warnings.catch_warnings():  # about a generator it does not need
        warnings.simplefilter("ignore")
        referee = KernelReg(y, x, "c", bw=[0.1]).fit(values)[0]
    assert fit[0] == pytest.approx(referee, abs=1e-6)
    without = []  # the shortcut against really leaving each one out
    for i in range(60):
        keep = np.arange(60) != i
        w = kernel[i, keep]
        design = np.column_stack([np.ones(59), gap[i, keep]])
        root = np.sqrt(w)[:, None]
        without.append(np.linalg.lstsq(design * root, ordered[keep] * root[:, 0], rcond=None)[0][0])
    assert ordered - np.array(without) == pytest.approx((ordered - fit[0]) / (1 - lever[0]), abs=1e-6)


def test_resampling_by_counts_is_resampling_by_rows():
    """With one bandwidth, the ratio of a repeated sample is the ratio of its rows."""
    x, y = crowd(60, 1)[:, 0], rng().normal(size=60)
    counts = rng().multinomial(60, np.full(60, 1 / 60), size=3).astype(float)
    whole = correlation_ratio(x, y, np.vstack([np.ones(60), counts]))
    assert whole[1] == pytest.approx(whole[0])
    assert ((whole >= 0) & (whole <= 1)).all() and len(set(whole.round(9))) > 2
    x = np.repeat([0.0, 1.0], 30)  # two values: group means, so the ratio is that of an analysis of variance
    found = correlation_ratio(x, y, counts)
    for row, value in zip(np.vstack([np.ones(60), counts]), found, strict=True):
        rows = np.repeat(np.arange(60), row.astype(int))
        means = np.array([y[rows][x[rows] == v].mean() for v in (0.0, 1.0)])[x[rows].astype(int)]
        assert value == pytest.approx(means.var() / y[rows].var())


# ---- tables -------------------------------------------------------------------------------------------------------


def test_effective_weights_of_a_made_set(tmp_path):
    x = crowd(80, 4)
    x[:, 0] = 0.5 + (x[:, 0] - 0.5) * 0.05  # hardly varies: hardly matters, whatever its weight
    x[:, 3] = 0.4
    case = made(tmp_path, x, weights=[3, 1, 1, 1])
    out = effective_weights(case, 100, rng()).set_index("node")
    assert out["weight"].tolist() == pytest.approx([0.5, 1 / 6, 1 / 6, 1 / 6], abs=1e-6)
    assert out.loc["k0", "effective"] < 0.3 < 0.5
    assert out.loc["k3", "reason"] == "constant" and np.isnan(out.loc["k3", "ratio"])
    kept = out.loc[["k0", "k1", "k2"]]
    assert kept["effective"].sum() == pytest.approx(1, abs=1e-5) and kept["linear"].sum() == pytest.approx(1, abs=1e-5)
    assert (kept["effective"] - kept["linear"]).abs().max() < 0.05  # everything is linear here
    assert ((kept["low"] <= kept["effective"]) & (kept["effective"] <= kept["high"])).all()
    assert out["ratio"].dropna().between(0, 1).all()


def test_the_same_generator_gives_the_same_tables_and_pillars_add_up():
    case = read_case("data", "2024", "communes")
    for table in (effective_weights, components):
        assert table(case, 20, rng()).equals(table(case, 20, rng()))
    tops = effective_weights(case, 20, rng(), level="pillar")
    assert tops["weight"].sum() == pytest.approx(1, abs=1e-5) and (tops["reason"] == "").all()
    assert ((tops["low"] <= tops["high"]) & (tops["linear"] - tops["effective"] < 0.05)).all()


def test_indicators_that_tell_nobody_apart(tmp_path):
    x = crowd(20, 4)
    x[:, 1] = 0.7
    x[:, 2] = [1.0] * 18 + [0.5, 0.2]
    x[:, 3] = [1.0] * 17 + [0.5, 0.2, 0.3]
    out = weak_indicators(made(tmp_path, x)).set_index("node")
    assert out["reason"].to_dict() == {"k1": "constant", "k2": "near_constant"}
    assert out["same"].tolist() == [1, 0.9] and out["value"].tolist() == [0.7, 1]
    spread = indicator_spread(made(tmp_path / "b", x)).set_index("node")
    assert spread.loc["k0", "distinct"] == 20 and spread.loc["k1", "outliers"] is pd.NA
    assert spread.loc["k2", "outliers"] and not spread.loc["k0", "outliers"]


def test_pairs_that_say_the_same(tmp_path):
    x = crowd(30, 4, noise=0.5)
    x[:, 1] = x[:, 0] ** 2  # the same order
    x[:, 3] = 1 - x[:, 2]  # the opposite one
    x[4, 3] = np.nan
    out = redundant_pairs(made(tmp_path, x, pillars=["p", "p", "p", "q"], missing="exclude"))
    assert out[["node", "other", "same_pillar", "n"]].to_numpy().tolist() == [
        ["k0", "k1", True, 30],
        ["k2", "k3", False, 29],
    ]
    assert out["rho"].tolist() == [1, -1] and out["low"].isna().all()
    assert redundant_pairs(made(tmp_path / "b", crowd(30, 3, noise=0.5))).empty


def test_an_indicator_against_its_own_pillar(tmp_path):
    g = rng()
    trait = g.normal(0.5, 0.15, 60)
    x = (trait[:, None] + g.normal(0, 0.05, (60, 5))).clip(0, 1)
    x[:, 2] = 1 - x[:, 2]
    out = pillar_fit(made(tmp_path, x, pillars=["p", "p", "p", "p", "q"]))
    assert out["measure"].tolist() == ["alpha"] + ["item_rest"] * 4 + ["alpha"]
    by = out.set_index("node")
    assert by.loc["k2", "flag"] == "surely_negative" and by.loc["k0", "flag"] == ""
    assert by.loc["q", "reason"] == "one_item" and np.isnan(by.loc["q", "value"])
    rest = x[:, [0, 1, 3]].mean(axis=1)
    assert by.loc["k2", "value"] == pytest.approx(np.corrcoef(x[:, 2], rest)[0, 1], abs=1e-5)
    assert by.loc["p", "value"] == pytest.approx(cronbach_alpha(x[:, :4]).value, abs=1e-5)
    assert by.loc["p", "low"] < by.loc["p", "value"] < by.loc["p", "high"] and by.loc["p", "flag"] == "low"


def test_components_of_a_made_set(tmp_path):
    x = crowd(60, 6, noise=0.1)
    x[:, 5] = 0.3
    out = components(made(tmp_path, x, pillars=["p"] * 3 + ["q"] * 2 + ["r"]), 50, rng())
    whole = out[out["node"] == "index"]
    assert whole["component"].tolist() == [1, 2, 3, 4, 5] and set(whole["dropped"]) == {"k5"}
    assert whole["eigenvalue"].sum() == pytest.approx(5, abs=1e-4) and whole["cumulative"].iloc[-1] == pytest.approx(1)
    assert whole["eigenvalue"].is_monotonic_decreasing
    assert ((whole["low"] <= whole["eigenvalue"]) & (whole["eigenvalue"] <= whole["high"])).all()
    assert (whole["eigenvalue"] > whole["chance"]).tolist() == [
        True,
        False,
        False,
        False,
        False,
    ]  # one trait was put in
    last = out[out["node"] == "r"].iloc[0]
    assert last["reason"] == "one_item" and last["component"] is pd.NA and last["items"] == 0


# ---- properties ---------------------------------------------------------------------------------------------------

values = st.floats(0, 1, allow_nan=False).map(lambda v: round(v, 2))


@settings(max_examples=60)
@given(st.lists(st.tuples(values, values), min_size=2, max_size=60))
def test_a_ratio_lies_between_0_and_1_and_ignores_order_and_units(pairs):
    x, y = np.array(pairs).T
    found = correlation_ratio(x, y)[0]
    assert np.isnan(found) or 0 <= found <= 1
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        assert np.isnan(found)
    again = correlation_ratio(x[::-1] * 8, y[::-1] * 4)[0]
    assert again == pytest.approx(found, nan_ok=True, abs=1e-6)


@settings(max_examples=60)
@given(st.lists(st.lists(values, min_size=3, max_size=3), min_size=2, max_size=30))
def test_alpha_is_at_most_1_and_within_its_interval(rows):
    found = cronbach_alpha(np.array(rows))
    if found.value is not None:
        assert found.value <= 1 + 1e-9 and found.low <= found.value + 1e-9 and found.value <= found.high + 1e-9


# ---- bad input ----------------------------------------------------------------------------------------------------

TABLES = [
    lambda case: effective_weights(case, 5, rng()),
    lambda case: effective_weights(case, 5, rng(), level="pillar"),
    indicator_spread,
    weak_indicators,
    redundant_pairs,
    pillar_fit,
    lambda case: components(case, 5, rng()),
]


@pytest.mark.parametrize(
    "x", [np.full((60, 3), 0.5), np.full((1, 3), 0.5), np.full((8, 3), 0.5), np.full((60, 1), 0.5)]
)
@pytest.mark.parametrize("table", TABLES)
def test_identical_agencies_one_agency_eight_agencies(tmp_path, table, x):
    """No exception, no inf, and every null has its reason."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        out = table(made(tmp_path, x))
    assert not np.isinf(out.select_dtypes("number").astype(float).to_numpy()).any()
    if "reason" in out and len(out):
        for column in ("ratio", "eigenvalue", "rho"):
            if column in out:
                assert (out[column].isna() == (out["reason"] != "")).all()
        if "measure" in out:
            assert (out["value"].isna() == (out["reason"] != "")).all()


def test_reasons_of_nulls(tmp_path):
    flat = made(tmp_path / "a", np.full((60, 2), 0.5))
    assert set(effective_weights(flat, 5, rng())["reason"]) == {"constant"}
    few = made(tmp_path / "b", crowd(8, 3))
    assert set(effective_weights(few, 5, rng())["reason"]) == {"too_few"}
    assert redundant_pairs(few)["reason"].tolist() == ["too_few"]
    assert set(pillar_fit(few)["reason"]) == {"one_item"}
    assert set(components(few, 5, rng())["reason"]) == {"too_few"}
    x = crowd(60, 2)
    x[:, 1] = 1 - x[:, 0]  # the index is the same for all
    assert set(effective_weights(made(tmp_path / "c", x), 5, rng())["reason"]) <= {"no_spread"}
    mixed = pillar_fit(made(tmp_path / "d", np.column_stack([crowd(20, 1), np.full(20, 0.5)]), pillars=["p", "p"]))
    assert mixed["reason"].tolist() == ["one_item", "constant", "constant"]


def test_a_row_of_weight_zero_is_left_out(tmp_path):
    case = made(tmp_path, crowd(60, 3), weights=[1, 0, 1])
    assert effective_weights(case, 5, rng())["node"].tolist() == ["k0", "k2"]
    assert indicator_spread(case)["node"].tolist() == ["k0", "k2"]


def test_calls_that_cannot_be(tmp_path):
    case = made(tmp_path, crowd(12, 3))
    for call in (
        lambda: effective_weights(case, 0, rng()),
        lambda: components(case, 0, rng()),
        lambda: redundant_pairs(case, limit=0),
        lambda: redundant_pairs(case, limit=1.2),
    ):
        with pytest.raises(Refusal):
            call()
    with pytest.raises(ValueError):
        effective_weights(case, 5, rng(), level="leaf")
