"""Ranks under draws: exact areas of small examples, exact scores draw by draw as a referee, properties, bad inputs."""

from __future__ import annotations

import tempfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxlib import draw_weights, rank_intervals, read_case, score
from dxlib.errors import Refusal
from dxlib.index import INDEX, evaluate, tabulate
from dxlib.index.exact import climb
from dxlib.index.floats import published_shares
from dxlib.robust import intervals as room
from dxlib.robust.acceptability import (
    class_shares,
    first_places,
    rank_shares,
    standard_error,
    winning_shares,
)
from dxlib.robust.intervals import checked, rank_quantiles, runs, tally, tally_draws
from dxlib.robust.intervals import drawn_intervals as intervals
from dxlib.robust.weights import STREAM
from tests.backtest.contract_folder import write_folder
from tests.index.random_cases import givens

# Toy data: A=(.9,.4,.5) B=(.6,.8,.5) C=(.5,.6,.8) D=(.4,.3,.6), weights .5 .3 .2: scores .67 .64 .59 .41
TOY = {"a": (0.9, 0.4, 0.5), "b": (0.6, 0.8, 0.5), "c": (0.5, 0.6, 0.8), "d": (0.4, 0.3, 0.6)}
ABOVE_60 = {"class": [{"name": {"en": "Above"}, "cut": 0.60}, {"name": {"en": "Below"}, "cut": 0}]}
AGGREGATES = ["arithmetic", "geometric", "harmonic", "best", "worst"]
few = settings(max_examples=20)


def toy(weights=(0.5, 0.3, 0.2), data=TOY, agencies=None, **index):
    rows = [
        {"code": f"k{i}", "parent": "", "name_en": f"k{i}", "weight": w, "rule": "goalposts(0, 1)"}
        for i, w in enumerate(weights)
    ]
    claims = [{"agency": u, "indicator": f"k{i}", "a": x} for u, xs in data.items() for i, x in enumerate(xs)]
    tables = {"indicators": rows, "agencies": agencies or [{"agency": u} for u in data], "claims": claims}
    with tempfile.TemporaryDirectory() as folder:
        write_folder(Path(folder), 2024, "demo", {"title": {"en": "Toy"}, **index}, tables)
        return read_case(folder, 2024, "demo")


def seeded(seed=7):
    return np.random.default_rng(seed)


def drawn(case, draws=20_000, within="simplex", seed=7, half_width=0.2, **more):
    return draw_weights(case, half_width, draws, seeded(seed), within=within, **more)


def near(found, exact, draws):
    """Within four standard errors of the exact share."""
    exact = np.asarray(exact, float)
    return (np.abs(np.asarray(found, float) - exact) <= 4 * np.sqrt(exact * (1 - exact) / draws)).all()


# exact areas: polygons of weights, cut by half-planes


def cut(polygon, normal):
    """The part of a convex polygon (points in three weights) with normal . w >= 0 (Sutherland & Hodgman 1974)."""
    out = []
    for p, q in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        a, b = p @ normal, q @ normal
        if a >= 0:
            out.append(p)
        if a * b < 0:
            out.append(p + (q - p) * a / (a - b))
    return out


def area(polygon):
    """Area in the plane of the first two weights; the third is what is left, so shares of areas are shares of W."""
    if len(polygon) < 3:
        return 0.0
    p = np.array(polygon)
    x, y = p[:, 0], p[:, 1]
    return abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def first_areas(data, polygon):
    """Share of a polygon of weights in which each agency is first."""
    x = np.array(list(data.values()))
    found = []
    for i in range(len(x)):
        part = polygon
        for j in range(len(x)):
            part = cut(part, x[i] - x[j]) if i != j and part else part
        found.append(area(part) / area(polygon))
    return found


SIMPLEX = list(np.eye(3))


def box(w, h):
    """The corners of the box by cutting the simplex: w_k >= lo_k and w_k <= hi_k, the sum being 1."""
    polygon = SIMPLEX
    for k, weight in enumerate(w):
        unit = np.eye(3)[k]
        polygon = cut(polygon, unit - weight * (1 - h))
        polygon = cut(polygon, weight * (1 + h) - unit)
    return polygon


def test_areas_of_the_worked_example():
    assert first_areas(TOY, SIMPLEX) == pytest.approx([0.304147, 0.339171, 0.356682, 0], abs=5e-7)


def test_first_places_and_central_weights_of_the_simplex():
    draws = 100_000
    out = first_places(tally(case := toy(), drawn(case, draws))).set_index("agency")
    assert near(out["share"], [0.304147, 0.339171, 0.356682, 0], draws)
    central = [[0.6269, 0.1617, 0.2114], [0.2326, 0.5991, 0.1684], [0.1789, 0.2270, 0.5941]]
    found = out.loc[["a", "b", "c"], ["weight_k0", "weight_k1", "weight_k2"]].to_numpy()
    assert found == pytest.approx(np.array(central), abs=0.004) and found.sum(axis=1) == pytest.approx(1)
    assert out.loc["d", ["weight_k0", "weight_k1", "weight_k2"]].isna().all()
    assert out.loc["a", "error"] == pytest.approx((0.304147 * 0.695853 / draws) ** 0.5, rel=0.01)


def test_the_dirichlet_neighbourhood():
    # 200,000 draws gave b1 = .758 .234 .0075; A before B .762, A before C .962
    draws = 50_000
    counted = tally(case := toy(), drawn(case, draws, "dirichlet", concentration=50))
    assert first_places(counted)["share"].tolist() == pytest.approx([0.758, 0.234, 0.0075, 0], abs=0.008)
    pairs = winning_shares(counted).set_index(["higher", "lower"])["wins"]
    assert pairs["a", "b"] == pytest.approx(0.762, abs=0.008) and pairs["a", "c"] == pytest.approx(0.962, abs=0.004)


def test_twenty_percent_renormalised():
    draws = 50_000
    counted = tally(case := toy(), drawn(case, draws, "renormalised"))
    assert near(first_places(counted)["share"][0], 0.899, draws)
    third = rank_shares(counted).set_index("agency").loc["c"]
    assert third["place"] == 3 and third["share"] == 1 and third["error"] == 0


@pytest.mark.parametrize("half_width", [0.2, 0.4, 0.9])
def test_first_places_in_a_box_are_the_areas(half_width):
    draws = 40_000
    counted = tally(case := toy(), drawn(case, draws, "box", half_width=half_width))
    assert near(first_places(counted)["share"], first_areas(TOY, box((0.5, 0.3, 0.2), half_width)), draws)


@few
@given(st.lists(st.tuples(*[st.integers(0, 10)] * 3), min_size=2, max_size=6, unique=True), st.integers(0, 99))
def test_first_places_are_areas_whatever_the_scores(points, seed):
    data = {f"u{i}": tuple(v / 10 for v in p) for i, p in enumerate(points)}
    draws = 4000
    out = first_places(tally(case := toy(data=data), drawn(case, draws, seed=seed))).set_index("agency")["share"]
    for agency, exact in zip(data, first_areas(data, SIMPLEX), strict=True):
        assert abs(out[agency] - exact) <= 5 * (exact * (1 - exact) / draws) ** 0.5 + 1e-9


def test_class_probabilities_are_areas():
    # +-20 % box, cut .60: A and B are certainly above, D below, C (.572 to .608) is not certain
    draws = 40_000
    case = toy(**ABOVE_60)
    out = class_shares(case, tally(case, drawn(case, draws, "box"))).set_index(["agency", "drawn"])
    polygon = box((0.5, 0.3, 0.2), 0.2)
    exact = area(cut(polygon, np.array(TOY["c"]) - 0.6)) / area(polygon)
    assert 0.05 < exact < 0.95 and near(out.loc[("c", 1), "share"], exact, draws)
    assert [out.loc[(u, 1), "share"] for u in "abd"] == [1, 1, 0]
    assert out["class"].tolist() == [1, 1, 1, 1, 2, 2, 2, 2]
    assert (out["share"].groupby("agency").sum() == 1).all()


@pytest.mark.parametrize("includes", [True, False])
def test_a_score_on_the_cut(includes):
    # every weighting gives .6 exactly; whether that reaches the cut is the case's own rule, float dust or not
    bands = [{"name": {"en": "Above"}, "cut": 0.6, "includes_cut": includes}, {"name": {"en": "Below"}, "cut": 0}]
    case = toy(data={"a": (0.6, 0.6, 0.6), "b": (0.1, 0.7, 0.3)}, **{"class": bands})
    out = class_shares(case, tally(case, drawn(case, 500))).set_index(["agency", "drawn"])
    assert out.loc[("a", 1 if includes else 2), "share"] == 1 and out.loc[("a", 1), "class"] == (1 if includes else 2)


# the exact score of every draw as a referee


def exactly(case, weights):
    """(K, agencies) official ranks, 0 for none, of the exact index under every row of weights."""
    exact = evaluate(case)
    out = []
    for row in weights.to_dict("records"):
        nodes = {
            code: replace(node, weight=Fraction(row[code])) if code in row else node
            for code, node in case.framework.nodes.items()
        }
        changed = climb(exact, replace(case.framework, nodes=nodes), case.settings)
        ranks = tabulate(case, changed, [INDEX])["rank"]
        out.append([0 if pd.isna(r) else int(r) for r in ranks])
    return np.array(out)


@few
@given(givens(), st.sampled_from(AGGREGATES), st.data())
def test_every_draw_ranks_as_the_exact_score_does(a, aggregate, data):
    """Rows that do not apply, missing rows, branches of every kind: in every draw as in the official score."""
    rows = tuple(
        {**row, "aggregate": "" if row["rule"] else data.draw(st.sampled_from(["", *AGGREGATES]))} for row in a.rows
    )
    scopes = {agency: data.draw(st.sampled_from("xxy")) for agency in a.table}
    rank_on = data.draw(st.sampled_from(["exact", "published"]))
    index = {**a.index, "aggregate": aggregate, "rank_on": rank_on, "points_decimals": 1}
    case = a.but(rows=rows, index=index, scopes=scopes).case()
    weights = draw_weights(case, 0.5, 12, seeded(data.draw(st.integers(0, 99))), within="renormalised")
    ranks = pd.DataFrame(exactly(case, weights), columns=case.tables["agencies"]["agency"])
    counted = tally(case, weights)
    assert sorted(agency for one in counted.lists for agency in one.agencies) == sorted(ranks.columns[ranks.any()])
    for one in counted.lists:
        for i, agency in enumerate(one.agencies):
            assert one.places[i].tolist() == np.bincount(ranks[agency], minlength=len(one.agencies) + 1).tolist()
        for (i, j), above, below in zip(one.pairs, one.above, one.below, strict=True):
            first, second = (ranks[one.agencies[k]] for k in (i, j))
            assert (above, below) == ((first < second).sum(), (first > second).sum())


@pytest.mark.parametrize("aggregate", AGGREGATES[1:])
def test_another_aggregate_really_is_another(aggregate):
    plain, other = (tally(case := toy(aggregate=a), drawn(case, 2000)) for a in ("arithmetic", aggregate))
    assert not np.array_equal(rank_shares(plain)["share"], rank_shares(other)["share"])


def test_another_level_really_is_another():
    case = read_case("data", "2024", "communes")
    all_rows, pillars = (
        rank_shares(tally(case, draw_weights(case, 0.2, 50, seeded(), level=x))) for x in ("all", "pillar")
    )
    assert len(all_rows) > len(pillars), "more ranks are met when every branch moves"


# properties


def cases(data, **index):
    return toy(data={f"u{i}": tuple(v / 4 for v in p) for i, p in enumerate(data)}, **index)


small = st.lists(st.tuples(*[st.integers(0, 4)] * 3), min_size=2, max_size=7)


@few
@given(small, st.sampled_from(["renormalised", "box", "dirichlet"]))
def test_no_disturbance_keeps_every_rank(points, within):
    case = cases(points)
    weights = drawn(case, 20, within, half_width=1e-12, concentration=1e24)
    out = rank_intervals(case, weights)
    assert (out["keeps"] == 1).all() and (out["lowest"] == out["highest"]).all()


@few
@given(small, st.integers(0, 99))
def test_counts_hang_together(points, seed):
    case = cases(points)
    weights = drawn(case, 60, seed=seed)
    nominal = pd.DataFrame([{"k0": 0.5, "k1": 0.3, "k2": 0.2}])
    counted = tally(case, pd.concat([nominal, weights], ignore_index=True))
    (one,) = counted.lists
    n, k = len(points), counted.draws
    out = intervals(counted)
    assert (one.places.sum(axis=1) == k).all() and (one.places[:, 0] == 0).all()
    assert ((out["lowest"] <= out["rank"]) & (out["rank"] <= out["highest"])).all(), "the nominal weights are a draw"
    assert ((out["lowest"] <= out["low"]) & (out["low"] <= out["median"])).all()
    assert ((out["median"] <= out["high"]) & (out["high"] <= out["highest"])).all()
    shares = rank_shares(counted)
    assert shares.groupby("agency")["share"].sum().to_numpy() == pytest.approx(1) and (shares["share"] > 0).all()
    pairs = winning_shares(counted)
    assert (pairs["wins"] + pairs["loses"] + pairs["ties"]).to_numpy() == pytest.approx(1)
    assert len(pairs) == n * (n - 1) // 2
    # wins + half the ties of agency i = N - mean mid-rank; the mid-rank is the rank + half of those it ties with
    wins, ties = np.zeros(n), np.zeros(n)
    for (i, j), above, below in zip(one.pairs, one.above, one.below, strict=True):
        wins[i], wins[j] = wins[i] + above, wins[j] + below
        ties[[i, j]] += k - above - below
    mean_rank = one.places @ np.arange(n + 1) / k
    assert wins / k + ties / k / 2 == pytest.approx(n - (mean_rank + ties / k / 2))
    if not ties.any():
        assert (one.places[:, 1:].sum(axis=0) == k).all()


@few
@given(small, st.tuples(*[st.integers(0, 4)] * 3), st.sampled_from(AGGREGATES))
def test_a_dominated_agency_is_never_above(points, less, aggregate):
    worse = tuple(min(a, b) for a, b in zip(points[0], less, strict=True))
    case = cases([points[0], worse, *points[1:]], aggregate=aggregate)
    pairs = winning_shares(tally(case, drawn(case, 80)))
    here = pairs[(pairs["higher"].isin(["u0", "u1"])) & (pairs["lower"].isin(["u0", "u1"]))].iloc[0]
    assert here["loses" if here["higher"] == "u0" else "wins"] == 0


@few
@given(small, st.integers(1, 400), st.integers(1, 2), st.integers(1, 90))
def test_threads_blocks_and_buffers_change_nothing(points, block, threads, buffer):
    case = cases(points, **ABOVE_60)
    weights = drawn(case, 70)
    whole, held = tally(case, weights), room.BUFFER
    try:
        room.BUFFER = buffer
        parts = tally(case, weights, threads=threads, block=block)
    finally:
        room.BUFFER = held
    for table in (intervals, rank_shares, first_places, winning_shares, lambda t: class_shares(case, t)):
        a, b = (table(t).to_csv().encode() for t in (whole, parts))
        assert a == b


def test_the_same_bytes_on_a_real_size():
    case = read_case("data", "2024", "communes")
    weights = draw_weights(case, 0.2, 200, seeded())
    out = [tally(case, weights, threads=n, block=b) for n, b in ((1, 262_144), (2, 1000), (1, 107))]
    for other in out[1:]:
        for a, b in zip(out[0].lists, other.lists, strict=True):
            for x, y in ((a.places, b.places), (a.leading, b.leading), (a.above, b.above), (a.below, b.below)):
                assert x.tobytes() == y.tobytes()
        assert out[0].classes.tobytes() == other.classes.tobytes()


def last_first(function, *lists):
    """A map that starts at the end, as a division among machines may."""
    return reversed([function(*each) for each in reversed(list(zip(*lists, strict=True)))])


@pytest.mark.parametrize("within", ["renormalised", "box"])
@pytest.mark.parametrize("draws", [STREAM - 1, STREAM + 1, 2 * STREAM + 40])
def test_streams_may_be_counted_anywhere(draws, within):
    """As one table of all draws is counted: one after another, backwards, in two threads, in another process."""
    case = toy(agencies=[{"agency": u, "scope": s} for u, s in zip("abcd", "xxyy", strict=True)], **ABOVE_60)
    whole = tally(case, drawn(case, draws, within))
    with ThreadPoolExecutor(2) as threads, ProcessPoolExecutor(1, get_context("spawn")) as process:
        for mapper in (map, last_first, threads.map, process.map)[: None if draws > 2 * STREAM else 2]:
            same(whole, tally_draws(case, 0.2, draws, seeded(), mapper=mapper, within=within))


def test_few_draws_are_counted_where_they_are_asked_for():
    def far_away(*_):
        raise AssertionError("one stream is not sent anywhere")

    case = toy()
    same(
        tally(case, drawn(case, STREAM, "box")), tally_draws(case, 0.2, STREAM, seeded(), mapper=far_away, within="box")
    )


def test_draws_out_of_range_are_refused_before_anything_is_counted():
    for draws, half_width in ((0, 0.2), (10, 0.0), (10, 1.5)):
        with pytest.raises(Refusal):
            tally_draws(toy(), half_width, draws, seeded())
    with pytest.raises(ValueError, match="within"):
        tally_draws(toy(), 0.2, 10, seeded(), within="ball")


def same(one, other):
    """Two tallies to the byte, types included."""
    assert (one.draws, one.tops, one.agencies, one.official) == (
        other.draws,
        other.tops,
        other.agencies,
        other.official,
    )
    assert one.classes.tobytes() == other.classes.tobytes() and len(one.lists) == len(other.lists)
    for a, b in zip(one.lists, other.lists, strict=True):
        assert (a.scope, a.agencies) == (b.scope, b.agencies)
        for x, y in zip(list(vars(a).values())[2:], list(vars(b).values())[2:], strict=True):
            assert x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes()


@few
@given(st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=45), min_size=1, max_size=1))
def test_quantiles_are_numpys(rows):
    ranks = np.array(rows)
    places = np.array([np.bincount(row, minlength=11) for row in rows])
    exact = np.quantile(ranks, [0, 0.05, 0.5, 0.95, 1], axis=1, method="inverted_cdf").T
    found = rank_quantiles(places, ranks.shape[1])
    # numpy multiplies .95 by the number of draws in floats; whole numbers do not
    assert (found == exact)[:, [0, 1, 2, 4]].all() and abs(found - exact).max() <= (0 if ranks.shape[1] % 20 else 9)


def test_errors_are_stated():
    assert standard_error(np.array([0, 0.5, 1]), 10_000).tolist() == [0, 0.005, 0]


# conventions


@pytest.mark.parametrize("half, quarter", [("away", 0.3), ("even", 0.2)])
def test_a_draw_rounds_its_index_as_the_case_does(half, quarter):
    scores, rooms = np.array([[0.25, 0.25 - 1e-12, 0.35, -0.25, 0.249, 0.123]]), np.array([1.0, 1, 1, 1, 1, 0])
    found, halves = published_shares(scores, rooms, toy(half=half, points_decimals=1).settings)
    assert halves[0].tolist() == [True, True, True, True, False, False]
    assert found[0] == pytest.approx([quarter, quarter, 0.4, -quarter, 0.2, 0.123])


def test_a_long_list_is_compared_neighbour_by_neighbour(monkeypatch):
    monkeypatch.setattr(room, "ALL_PAIRS", 3)
    case = toy()
    pairs = winning_shares(tally(case, drawn(case, 10)))
    assert pairs[["higher", "lower"]].to_numpy().tolist() == [["a", "b"], ["b", "c"], ["c", "d"]]


def test_identical_agencies_tie_in_every_draw():
    case = toy(data={"a": TOY["a"], "b": TOY["a"], "c": (0.1, 0.1, 0.1)})
    counted = tally(case, drawn(case, 500))
    assert first_places(counted)["share"].tolist() == [1, 1, 0]
    pairs = winning_shares(counted)
    assert pairs["ties"].tolist() == [1, 0, 0] and pairs["wins"].tolist() == [0, 1, 1]
    assert intervals(counted)["lowest"].tolist() == [1, 1, 3]


@pytest.mark.parametrize("agencies", [{"a": TOY["a"]}, TOY])
def test_one_agency_or_none_ranked(agencies):
    rows = [{"agency": u, "ranked": "yes" if len(agencies) == 1 else "no"} for u in agencies]
    case = toy(data=agencies, agencies=rows, **ABOVE_60)
    counted = tally(case, drawn(case, 50))
    assert counted.lists == [] and score(case)["rank"].isna().all()
    for table in (intervals(counted), rank_shares(counted), first_places(counted), winning_shares(counted)):
        assert table.empty and len(table.columns) >= 5
    classes = class_shares(case, counted)
    assert classes["agency"].unique().tolist() == list(agencies), "a class needs no rank"
    assert (classes.groupby("agency")["share"].sum() == 1).all()


def test_without_classes_there_are_no_class_shares():
    case = toy()
    assert class_shares(case, tally(case, drawn(case, 10))).empty


def test_lists_are_ranked_apart():
    scopes = [{"agency": u, "scope": s} for u, s in zip("abcd", "xyxy", strict=True)]
    case = toy(agencies=scopes)
    counted = tally(case, drawn(case, 400))
    assert [(one.scope, one.agencies) for one in counted.lists] == [("x", ["a", "c"]), ("y", ["b", "d"])]
    assert all(one.places.shape == (2, 3) for one in counted.lists)
    assert rank_intervals(case, drawn(case, 400)).equals(intervals(counted))


def test_a_pillar_of_weight_one_and_rows_of_weight_zero():
    case = toy(weights=(1, 0, 0))
    out = rank_intervals(case, drawn(case, 30))
    assert (out["keeps"] == 1).all() and out["agency"].tolist() == ["a", "b", "c", "d"]


def test_a_zero_under_a_geometric_mean_is_the_last_place():
    case = toy(data={**TOY, "e": (0.9, 0.0, 0.9)}, aggregate="geometric")
    out = rank_intervals(case, drawn(case, 200)).set_index("agency")
    assert out.loc["e", ["lowest", "highest", "keeps"]].tolist() == [5, 5, 1]


def test_an_agency_without_a_score_in_a_draw_shares_the_last_place():
    rows = [{"code": c, "parent": "", "name_en": c, "weight": 1, "rule": "goalposts(0, 1)"} for c in ("k0", "k1")]
    claims = [("a", "k0", 0.9), ("a", "k1", 0.1), ("b", "k0", 0.5), ("b", "k1", 0.5), ("c", "k1", 0.8)]
    with tempfile.TemporaryDirectory() as folder:
        tables = {
            "indicators": rows,
            "agencies": [{"agency": u} for u in "abc"],
            "claims": [{"agency": u, "indicator": c, "a": x} for u, c, x in claims],
            "exemptions": [{"agency": "c", "indicator": "k0", "reason": "–"}],
        }
        write_folder(Path(folder), 2024, "demo", {"title": {"en": "x"}, "not_applicable": "exclude"}, tables)
        case = read_case(folder, 2024, "demo")
    out = rank_intervals(case, pd.DataFrame({"k0": [1.0], "k1": [0.0]})).set_index("agency")
    assert out.loc[["a", "b", "c"], "lowest"].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    "wrong",
    [
        {"k0": [0.5], "k1": [0.5]},
        {"k0": [], "k1": [], "k2": []},
        {"k0": [-0.1], "k1": [0.6], "k2": [0.5]},
        {"k0": [float("nan")], "k1": [0.5], "k2": [0.5]},
        {"k0": [float("inf")], "k1": [0.5], "k2": [0.5]},
        {"k0": [0.5, 0.0], "k1": [0.5, 0.0], "k2": [0.0, 0.0]},
    ],
)
def test_a_table_that_is_no_table_of_weights(wrong):
    with pytest.raises(ValueError, match="weights"):
        rank_intervals(toy(), pd.DataFrame(wrong, dtype=float))


def test_a_wrong_number_of_threads():
    case = toy()
    with pytest.raises(ValueError, match="threads"):
        tally(case, drawn(case, 5), threads=0)


def test_runs_of_sorted_ranks_are_their_counts():
    ranks = np.random.default_rng(5).integers(0, 6, (4, 50)).astype(np.int16)
    ranks[1], ranks[2] = 3, np.r_[ranks[1, :49], 5]  # a row ends with what the next begins with
    counts = np.array([np.bincount(row, minlength=6) for row in ranks])
    row, rank, times = runs(ranks)
    found = np.zeros_like(counts)
    found[row, rank] = times
    assert (found == counts).all() and len(row) == (counts > 0).sum()


@pytest.mark.parametrize("first", [0, 2 * STREAM + 5])
def test_a_wrong_weight_is_found_wherever_it_stands(first):
    case = toy()
    table = draw_weights(case, 0.2, 2 * STREAM + 9, np.random.default_rng(1))
    table.iloc[first, 1] = np.nan
    for threads in (1, 2):
        with pytest.raises(ValueError, match="weights of k0, k1, k2"):
            checked(case.framework, table, threads)
