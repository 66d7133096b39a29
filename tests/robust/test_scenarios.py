"""Scenarios: the worked factorial, the same by `with_changes` and the official code, properties, bad cases."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau

from dxlib import leave_one_out, read_case
from dxlib.errors import Refusal
from dxlib.index import INDEX, Exact, evaluate, tabulate
from dxlib.index.exact import climb, leaf_column, own_lists
from dxlib.index.rank import ranked_on, ranks
from dxlib.index.rounding import rounded
from dxlib.robust import scenarios
from dxlib.robust.scenarios import (
    FACTORS,
    begin,
    candidates,
    changes,
    combinations,
    factors,
    full_factorial,
    mean_shift,
    normalised,
    one_at_a_time,
    rank_all,
    reweighted,
    tau_b,
)
from tests.backtest.contract_folder import write_folder
from tests.robust.toy import TOY, toy

CLASSES = {"class": [{"name": {"en": n}, "cut": c} for n, c in (("high", 0.64), ("middle", 0.5), ("low", 0))]}


def officially(case, choice, on):
    """Ranks and classes of one combination (shares by the rule) by `with_changes` and `score`."""
    weights = {}
    if choice["weights"] == "equal-main":
        weights = dict.fromkeys(case.framework.tops, 1)
    if choice["weights"] == "equal-within":
        weights = {c: 1 for n in case.framework.nodes.values() if n.aggregate != "best" for c in n.children}
    nodes = case.framework.nodes
    weights = {code: w for code, w in weights.items() if nodes[code].scored and nodes[code].weight}
    policies = {"aggregate": choice["aggregation"], "missing": choice["missing"]}
    drop = [code for code in (choice["leave_out"],) if code != "none"]
    weights = {code: w for code, w in weights.items() if code not in drop}
    changed = case.with_changes(weights, policies=policies, drop=drop)
    return tabulate(changed, evaluate(changed, choice["source"]), [INDEX]).set_index("agency")


def check_officially(case, table, on=None):
    """Every row of a table of choices (shares by the rule) against the official code."""
    start = begin(case, on)
    found = rank_all(start, table)
    agencies = start.official["agency"].tolist()
    for k, choice in enumerate(table.to_dict("records")):
        expected = officially(case, choice, on).loc[agencies]
        ranks = expected["rank"].to_numpy(float, na_value=np.nan)
        classes = expected["class"].to_numpy(float, na_value=np.nan)
        assert np.array_equal(found.ranks[k], ranks, equal_nan=True), choice
        assert np.array_equal(found.classes[k], classes, equal_nan=True), choice


def singles(case, on=None):
    """Every single alternative with the shares by the rule, and a few combinations of several."""
    start = begin(case, on)
    possible = {f: names for f, names in candidates(start).items() if f != "normalisation"}
    possible["leave_out"] = possible["leave_out"][::3]
    rows = [{f: name} for f, names in possible.items() for name in names[1:]]
    chance = np.random.default_rng(4)
    rows += [{f: str(chance.choice(names)) for f, names in possible.items()} for _ in range(4)]
    official = combinations(start, {}).iloc[0].to_dict()
    return pd.DataFrame([{**official, **row} for row in rows], columns=list(FACTORS))


def test_the_worked_factorial(tmp_path):
    # aggregation x leave out: arithmetic (0, 1.25, .5, 0) with the exact tie of .68, geometric (.5, 1, .5, .5)
    choices = {"aggregation": ["arithmetic", "geometric"], "leave_out": ["none", "k0", "k1", "k2"]}
    table = full_factorial(toy(tmp_path, **CLASSES), choices=choices)
    assert table["mean_shift"].tolist() == [0, 1.25, 0.5, 0, 0.5, 1, 0.5, 0.5]
    assert list(table)[:2] == ["aggregation", "leave_out"] and table["leader"].tolist()[:2] == ["", "b;c"]
    assert table["moved"].tolist()[:4] == [0, 3, 2, 0]
    # classes (cuts .64, .5) 1 1 2 3; without k0: .44 .68 .68 .42 gives 3 1 1 3
    assert table["reclassed"].tolist()[:2] == [0, 2]


def test_one_at_a_time_on_paper(tmp_path):
    table = one_at_a_time(toy(tmp_path)).set_index(["factor", "alternative"])
    out = table.loc[("leave_out", "k0")]
    assert (out["moved"], out["mean_shift"], out["largest"], out["agency"]) == (3, 1.25, 2, "a")
    # ranks 1 2 3 4 and 3 1 1 4: of six pairs AD, BD, CD keep, AB, AC turn, BC ties: (3 - 2) / sqrt(6 x 5)
    assert out["tau"] == pytest.approx(1 / 30**0.5, abs=1e-6) and out["leader"] == "b;c"
    # equal weights: .6, .6333, .6333, .4333
    equal = table.loc[("weights", "equal-main")]
    assert (equal["moved"], equal["leader"], equal["changed"]) == (3, "b;c", True)


def test_normalisations_on_paper(tmp_path):
    case = toy(tmp_path)
    start = begin(case)
    leaves = start.leaves[start.on]

    def column(normalisation, code="k0"):
        return normalised(leaves, case, start.listed, normalisation)[code].shares

    assert column("rule") == [Fraction(x) for x in ("9/10", "3/5", "1/2", "2/5")]
    assert column("min-max") == [1, Fraction(2, 5), Fraction(1, 5), 0]
    assert column("rank") == [1, Fraction(2, 3), Fraction(1, 3), 0]
    x = np.array([0.9, 0.6, 0.5, 0.4])
    assert [float(s) for s in column("z-score")] == pytest.approx(0.5 + (x - x.mean()) / x.std(ddof=1) / 6, abs=1e-12)
    assert column("rank", "k2") == [0, 0, 1, Fraction(2, 3)]  # .5 .5 .8 .6
    # rank: .5 + 2/3(.5)... a .5+.1, b 1/3+.3, c 1/6+.2+.2, d 0+0+2/15
    ranked = rank_all(start, combinations(start, {"normalisation": ["rule", "rank"]}))
    assert ranked.ranks.tolist() == [[1, 2, 3, 4], [2, 1, 3, 4]]


def test_a_constant_row_and_outliers_keep_their_shares_in_range(tmp_path):
    data = {f"u{i}": (0.5, 0.001 * i, 0.9 if i == 19 else 0.1) for i in range(20)}
    case = toy(tmp_path, data=data)
    start = begin(case)
    for normalisation, flat in (("min-max", 0), ("rank", 0), ("z-score", Fraction(1, 2))):
        found = normalised(start.leaves[start.on], case, start.listed, normalisation)
        assert set(found["k0"].shares) == {flat}
        assert all(0 <= s <= 1 for code in ("k1", "k2") for s in found[code].shares)
    assert max(found["k2"].shares) == 1  # z = 4.2, cut off


def of_rule(folder, rule, data=TOY, unranked=()):
    """The toy under another rule, without issued weights; some agencies not ranked."""
    rows = [{"code": f"k{i}", "parent": "", "name_en": f"k{i}", "rule": rule} for i in range(3)]
    claims = [{"agency": u, "indicator": f"k{i}", "a": x} for u, xs in data.items() for i, x in enumerate(xs)]
    agencies = [{"agency": u, "ranked": "no" if u in unranked else "yes"} for u in data]
    tables = {"indicators": rows, "agencies": agencies, "claims": claims}
    write_folder(folder, 2024, "demo", {"title": {"en": "Toy"}}, tables)
    return read_case(folder, 2024, "demo")


def test_the_scale_is_that_of_the_ranked_agencies(tmp_path):
    more = {**TOY, "guest": (0.0, 1.0, 0.0)}
    with_guest = one_at_a_time(of_rule(tmp_path / "guest", "goalposts(0, 1)", more, ["guest"]))
    pd.testing.assert_frame_equal(with_guest, one_at_a_time(of_rule(tmp_path / "alone", "goalposts(0, 1)")))


@pytest.mark.parametrize(
    "year, group",
    [("2022", "departments"), ("2022", "districts"), ("2023", "departments"), ("2024", "departments")],
)
def test_every_alternative_is_what_the_official_code_makes_of_it(year, group):
    """Published ranks, rounding at every level, exemptions, bonus and penalty, best branches."""
    case = read_case("data", year, group)
    check_officially(case, singles(case))


def test_lists_side_by_side_are_ranked_apart():
    case = read_case("data", "2022", "communes")
    table = singles(case)
    check_officially(case, table.iloc[[0, 2, 4, 6, -1]])


def test_on_claims_the_verdicts_are_the_alternative():
    case = read_case("data", "2024", "departments")
    assert factors(case)["source"] == ["verified", "claimed"]
    assert factors(case, "claimed")["source"] == ["claimed", "verified"]
    there, back = one_at_a_time(case), one_at_a_time(case, "claimed")
    assert there.loc[0, ["factor", "alternative"]].tolist() == ["source", "claimed"]
    assert there.loc[0, "mean_shift"] == back.loc[0, "mean_shift"] > 0
    with pytest.raises(Refusal):
        factors(case, "rumoured")


def test_leaving_a_main_index_out_is_what_leave_one_out_says():
    case = read_case("data", "2024", "departments")
    ours = one_at_a_time(case)
    ours = ours[ours["factor"] == "leave_out"].reset_index(drop=True)
    theirs = leave_one_out(case, level="pillar")
    assert ours["alternative"].tolist() == theirs["node"].tolist()
    columns = ["moved", "mean_shift", "largest", "agency", "leader"]
    pd.testing.assert_frame_equal(ours[columns], theirs[columns], check_dtype=False)


def test_only_what_makes_sense_is_offered(tmp_path):
    assert list(factors(toy(tmp_path / "claims"))) == ["normalisation", "weights", "aggregation", "leave_out"]
    gaps = toy(tmp_path / "gaps", data={**TOY, "a": (0.9, 0.4, "")})
    assert factors(gaps)["missing"] == ["zero", "exclude", "within-parent"]
    away = toy(tmp_path / "away", data={**TOY, "a": (0.9, 0.4, "")}, missing="exclude")
    assert factors(away)["missing"] == ["exclude", "zero", "within-parent"]
    single = toy(tmp_path / "single", weights=(1,), data={u: x[:1] for u, x in TOY.items()})
    assert "leave_out" not in factors(single) and "weights" not in factors(single)
    best = toy(tmp_path / "best", aggregate="best")
    assert not {"aggregation", "leave_out"} & set(factors(best))


def test_measured_figures_have_no_claimed_and_verified(tmp_path):
    measured = of_rule(tmp_path, "goalposts(0, 1)")
    assert not measured.has_claims and "source" not in factors(measured)
    table = one_at_a_time(measured)
    assert not table.loc[(table["factor"] == "weights"), "changed"].any()  # no weights issued: all are equal


def test_an_alternative_that_changes_nothing_is_reported_and_not_combined(tmp_path):
    case = toy(tmp_path, weights=(1, 1, 1))
    table = one_at_a_time(case).set_index(["factor", "alternative"])
    assert not table.loc[("weights", "equal-main"), "changed"] and not table.loc[("weights", "equal-within"), "changed"]
    assert table.loc["weights", "moved"].tolist() == [0, 0]
    assert "weights" not in factors(case) and "weights" not in full_factorial(case)


def test_every_offered_alternative_really_gives_other_numbers():
    """The flaw behind COINr issue 60: an alternative that is silently not applied."""
    case = read_case("data", "2024", "departments")
    start = begin(case)
    for factor, names in factors(case).items():
        assert not changes(start, factor, names[0]) and all(changes(start, factor, name) for name in names[1:])


def test_a_not_applied_alternative_is_noticed(monkeypatch, tmp_path):
    case = toy(tmp_path)
    monkeypatch.setattr(scenarios, "normalised", lambda leaves, *_: leaves)
    monkeypatch.setattr(scenarios, "reweighted", lambda framework, *_: framework)
    table = one_at_a_time(case).set_index("factor")
    assert not table.loc[["normalisation", "weights"], "changed"].any() and table.loc["aggregation", "changed"].all()


def test_cuts_mean_nothing_on_another_scale(tmp_path):
    table = one_at_a_time(toy(tmp_path, **CLASSES)).set_index("factor")
    assert table.loc["normalisation", "reclassed"].isna().all() and table.loc["aggregation", "reclassed"].notna().all()
    assert one_at_a_time(toy(tmp_path / "none"))["reclassed"].isna().all()  # no classes at all


def test_a_zero_under_a_geometric_mean_is_a_zero(tmp_path):
    data = {**TOY, "a": (0.9, 0.9, 0.0), "d": (0.4, 0.0, 0.0)}
    case = toy(tmp_path, data=data)
    start = begin(case)
    found = rank_all(start, combinations(start, {"aggregation": ["arithmetic", "geometric", "harmonic"]}))
    assert found.ranks.tolist() == [[1, 2, 3, 4], [3, 1, 2, 3], [3, 1, 2, 3]]


def test_negative_shares_rule_out_other_means(tmp_path):
    case = of_rule(tmp_path, "zscore")
    assert "aggregation" not in factors(case) and not one_at_a_time(case)["tau"].isna().any()
    check_officially(case, singles(case))


def test_weight_zero_rows_stay_out(tmp_path):
    case = toy(tmp_path, weights=(0.5, 0, 0.5))
    assert reweighted(case.framework, "equal-main").nodes["k1"].weight == 0
    assert factors(case)["leave_out"] == ["none", "k0", "k2"] and "weights" not in factors(case)
    assert not one_at_a_time(case).empty


def test_a_main_index_of_weight_one_cannot_be_left_out(tmp_path):
    case = toy(tmp_path, weights=(1, 0, 0))
    assert "leave_out" not in factors(case)
    table = one_at_a_time(case)
    assert (table["factor"] != "leave_out").all() and (table["moved"] == 0).all()


def test_identical_agencies_tie_everywhere(tmp_path):
    case = toy(tmp_path, data={**TOY, "e": TOY["b"], "f": TOY["b"]})
    start = begin(case)
    ranks = rank_all(start, combinations(start, factors(case))).ranks
    assert (ranks[:, 1] == ranks[:, 4]).all() and (ranks[:, 1] == ranks[:, 5]).all()
    everybody = toy(tmp_path / "all", data=dict.fromkeys("abcd", TOY["a"]))
    table = one_at_a_time(everybody)
    assert (table["moved"] == 0).all() and table["tau"].isna().all() and (table["leader"] == "").all()
    assert full_factorial(everybody)["mean_shift"].eq(0).all()


def test_lists_of_one_and_of_none(tmp_path):
    one = toy(tmp_path / "one", data={"a": TOY["a"]})
    assert (one_at_a_time(one)["moved"] == 0).all() and (full_factorial(one)["mean_shift"] == 0).all()
    case, nobody = toy(tmp_path / "some"), of_rule(tmp_path / "none", "goalposts(0, 1)", unranked=TOY)
    assert factors(nobody) == {} and one_at_a_time(nobody).empty
    assert list(one_at_a_time(nobody)) == list(one_at_a_time(case)) and len(full_factorial(nobody)) == 1


def test_unknown_choices_and_too_many_are_refused(tmp_path):
    case = toy(tmp_path)
    with pytest.raises(ValueError, match="leave_out = k9"):
        full_factorial(case, choices={"leave_out": ["none", "k9"]})
    with pytest.raises(ValueError, match="colour"):
        full_factorial(case, choices={"colour": ["red"]})
    with pytest.raises(ValueError, match="more than 10"):
        full_factorial(case, most=10)


SHARE = st.integers(0, 4).map(lambda n: n / 4)


def coarse(data, folder):
    """Shares in quarters: ties everywhere, gaps in answers, two levels."""
    codes = ["p.1", "p.2", "q.1", "q.2", "r"]
    rows = [
        {"code": c, "parent": "", "name_en": c, "weight": w, "rule": ""}
        for c, w in zip("pq", data.draw(st.lists(st.integers(1, 3), min_size=2, max_size=2)), strict=True)
    ]
    for c in codes:
        parent, weight = c[0] if "." in c else "", data.draw(st.integers(1, 3))
        rows.append({"code": c, "parent": parent, "name_en": c, "weight": weight, "rule": "goalposts(0, 1)"})
    agencies = [f"u{i}" for i in range(data.draw(st.integers(2, 7)))]
    cells = {(u, c): data.draw(SHARE | st.none()) for u in agencies for c in codes}
    cells |= {("u0", c): data.draw(SHARE) for c in codes}  # no row that nobody answers
    claims = [{"agency": u, "indicator": c, "a": x} for (u, c), x in cells.items() if x is not None]
    policies = {"missing": data.draw(st.sampled_from(["zero", "exclude", "within-parent"]))}
    policies["rank_on"] = data.draw(st.sampled_from(["exact", "published"]))
    tables = {"indicators": rows, "agencies": [{"agency": u} for u in agencies], "claims": claims}
    write_folder(folder, 2024, "demo", {"title": {"en": "Toy"}, **policies, **CLASSES}, tables)
    return read_case(folder, 2024, "demo")


HASTY = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}


@settings(max_examples=10, **HASTY)
@given(st.data())
def test_coarse_scores_tie_exactly_where_the_official_code_ties(tmp_path_factory, data):
    case = coarse(data, tmp_path_factory.mktemp("coarse"))
    start = begin(case)
    possible = {f: names for f, names in candidates(start).items() if f != "normalisation"}
    table = combinations(start, possible)
    chosen = np.random.default_rng(1).choice(len(table), min(len(table), 6), replace=False)
    check_lists(case, table.iloc[chosen].reset_index(drop=True))


@settings(max_examples=10, **HASTY)
@given(st.data())
def test_other_normalisations_rank_as_the_exact_climb_does(tmp_path_factory, data):
    """No float decides: every combination again in fractions, roots to 30 decimals."""
    case = coarse(data, tmp_path_factory.mktemp("scales"))
    start = begin(case)
    table = combinations(start, candidates(start))
    table = table.iloc[:: max(1, len(table) // 24)].reset_index(drop=True)
    found = rank_all(start, table)
    for k, choice in enumerate(table.to_dict("records")):
        leaves = normalised(start.leaves[choice["source"]], case, start.listed, choice["normalisation"])
        policies = replace(case.settings, missing=choice["missing"])
        tree = replace(
            reweighted(case.framework, choice["weights"], choice["leave_out"]), aggregate=choice["aggregation"]
        )
        columns = {c: leaf_column(row, case.framework, c, policies) for c, row in leaves.items()}
        index = climb(
            Exact(start.on, case.agencies["agency"].tolist(), columns, {}, own_lists(case)), tree, policies
        ).columns[INDEX]
        shares = [s and rounded(s, 30) for s in index.shares]
        expected = ranks([ranked_on(shares[i], index.own_maxima[i], policies) for i in start.listed.tolist()])
        assert found.ranks[k].tolist() == pytest.approx([np.nan if r is None else r for r in expected], nan_ok=True)
        assert (choice["normalisation"] == "rule") or np.isnan(found.classes[k]).all()


@pytest.mark.parametrize("rank_on", ["exact", "published"])
def test_gaps_that_floats_cannot_see_decide(tmp_path, rank_on):
    """b leads a by 1e-16 and misses the cut of .64 by 1e-16; with a step more of k0 it is the other way round."""
    tiny = "0.0000000000000002"
    data = {"a": (0.6, 0.8, 0.5), "b": (f"0.6{tiny[3:]}", 0.8, 0.5), "c": (f"0.5{'9' * 15}", 0.8, 0.5)}
    case = toy(tmp_path, data=data, rank_on=rank_on, **CLASSES)
    start = begin(case)
    table = combinations(start, {f: n for f, n in candidates(start).items() if f != "normalisation"})
    found = rank_all(start, table)
    if rank_on == "exact":
        assert found.ranks[0].tolist() == [2, 1, 3] and found.classes[0].tolist() == [1, 1, 2]
        without = table.index[(table["leave_out"] == "k0")]
        assert (found.ranks[without] == 1).all()
    else:  # .64 of one point in two decimals
        assert found.ranks[0].tolist() == [1, 1, 1] and found.classes[0].tolist() == [1, 1, 1]
    check_officially(case, table.iloc[::4].reset_index(drop=True))


def test_who_reaches_a_cut_exactly_is_in_the_class(tmp_path):
    """Sums that floats put a little above or below .64 are .64; 1e-15 less is not."""
    steps = [(f"u{k}", f"0.{64 + k}", f"0.{64 - k}") for k in range(1, 30)]
    data = {u: (more, less, "0.64") for u, more, less in steps}
    data |= {f"{u}-short": (more, less, "0.639999999999999") for u, more, less in steps}
    start = begin(toy(tmp_path, weights=(1, 1, 1), data=data, **CLASSES))
    found = rank_all(start, combinations(start, {"leave_out": ["none", "k0"]}))
    assert found.classes[0].tolist() == [1] * 29 + [2] * 29
    assert found.ranks[0].tolist() == [1] * 29 + [30] * 29


def check_lists(case, table):
    """As `check_officially`, where a change of the missing rule may leave agencies without score: the lists stay."""
    start = begin(case)
    found = rank_all(start, table)
    agencies = start.official["agency"].tolist()
    for k, choice in enumerate(table.to_dict("records")):
        expected = officially(case, choice, None)
        if set(expected.index[expected["of"].notna()]) == set(agencies) and len(agencies) > 1:
            assert found.ranks[k].tolist() == expected.loc[agencies, "rank"].tolist(), choice
            assert found.classes[k].tolist() == expected.loc[agencies, "class"].tolist(), choice


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=2, max_size=12))
def test_tau_is_that_of_scipy(pairs):
    before, after = np.array(pairs, float).T
    expected = kendalltau(before, after).statistic
    assert tau_b(before, after, [""] * len(pairs)) == pytest.approx(expected, nan_ok=True, abs=1e-12)


def test_tau_counts_pairs_of_the_same_list_only():
    assert tau_b(np.array([1, 2, 1, 2.0]), np.array([1, 2, 2, 1.0]), ["x", "x", "y", "y"]) == 0
    assert np.isnan(tau_b(np.array([1, 1.0]), np.array([1, 1.0]), ["x", "y"]))
    long = np.random.default_rng(2).permutation(700).astype(float)
    assert tau_b(long, long[::-1], [""] * 700) == pytest.approx(kendalltau(long, long[::-1]).statistic, abs=1e-12)


def test_mean_shift_leaves_out_who_has_no_place():
    assert mean_shift(np.array([[1, 3, np.nan], [2, 1, 3]]), np.array([1, 2, 3.0])).tolist() == [0.5, 2 / 3]
    assert mean_shift(np.full((1, 2), np.nan), np.array([1, 2.0])).tolist() == [0]
