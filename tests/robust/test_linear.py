"""The index as a plain weighted mean: when it is one, and its exact numbers."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from dxlib import read_case, robust
from dxlib.case.settings import Class
from dxlib.errors import Refusal
from dxlib.index import evaluate
from dxlib.robust.linear import Linear, box, deciding_cut, knapsack, linear, score_range
from tests.backtest.contract_folder import write_folder

# T2: A=(.9,.4,.5) B=(.6,.8,.5) C=(.5,.6,.8) D=(.4,.3,.6), weights .5 .3 .2: scores .67 .64 .59 .41
T2 = {"a": (0.9, 0.4, 0.5), "b": (0.6, 0.8, 0.5), "c": (0.5, 0.6, 0.8), "d": (0.4, 0.3, 0.6)}
W2 = (0.5, 0.3, 0.2)


def toy(
    tmp_path, weights: Sequence[float] = W2, data=T2, scopes=None, rows=None, more=(), ranked="", exempt=(), **settings
):
    """A case of shares: one top row per weight (or `rows`), one claim per cell; `more` claims of other rows."""
    rows = rows or [
        {"code": f"k{i}", "parent": "", "name_en": f"k{i}", "weight": w, "rule": "goalposts(0, 1)"}
        for i, w in enumerate(weights)
    ]
    leaves = [row["code"] for row in rows if row["rule"].startswith("goalposts")]
    claims = [{"agency": u, "indicator": k, "a": x} for u, xs in data.items() for k, x in zip(leaves, xs, strict=True)]
    agencies = [{"agency": u, "scope": (scopes or {}).get(u, ""), "ranked": ranked} for u in data]
    tables = {"indicators": rows, "agencies": agencies, "claims": [*claims, *more]}
    if exempt:
        tables["exemptions"] = [{"agency": u, "indicator": k, "reason": "none", "decided_by": "x"} for u, k in exempt]
        gone = set(exempt)
        tables["claims"] = [c for c in tables["claims"] if (c["agency"], c["indicator"]) not in gone]
    write_folder(tmp_path, 2024, "demo", {"title": {"en": "Toy"}, **settings}, tables)
    return read_case(tmp_path, 2024, "demo")


def plain(x: Sequence[Sequence[float]], weights: Sequence[float], clamped: bool = False) -> Linear:
    """A linear index of one list from numbers, without a case; weights are brought to the sum 1."""
    exact = [[Fraction(str(v)) for v in row] for row in x]
    parts = [Fraction(str(w)) for w in weights]
    parts = [w / sum(parts) for w in parts]
    names = [f"u{i}" for i in range(len(x))]
    scores = [sum(a * b for a, b in zip(row, parts, strict=True)) for row in exact]
    ranks = [1 + sum(t > s for t in scores) for s in scores]
    official = pd.DataFrame({"agency": names, "scope": "", "rank": ranks, "of": len(x), "class": None})
    floats = np.array([[float(v) for v in row] for row in exact]).reshape(len(x), len(parts))
    codes = [f"k{i}" for i in range(len(parts))]
    nominal = np.array([float(w) for w in parts])
    return Linear(names, codes, floats, exact, nominal, parts, official, [Fraction(100)] * len(x), clamped)


def made(case, level="pillar"):
    return linear(case, evaluate(case), level)


def test_the_toy_is_linear_and_its_scores_are_exact(tmp_path):
    lin = made(toy(tmp_path))
    assert lin.agencies == list("abcd") and lin.codes == ["k0", "k1", "k2"] and not lin.clamped
    assert lin.scores == [Fraction(67, 100), Fraction(64, 100), Fraction(59, 100), Fraction(41, 100)]
    assert lin.x.tolist() == [list(row) for row in T2.values()] and lin.weights.tolist() == list(W2)
    assert lin.lists() == [("", [0, 1, 2, 3])]
    assert made(toy(tmp_path / "i"), "indicator").exact_x == lin.exact_x


def test_rows_of_weight_0_are_left_out(tmp_path):
    lin = made(toy(tmp_path, weights=(0.5, 0, 0.3)))
    assert lin.codes == ["k0", "k2"] and lin.exact_weights == [Fraction(5, 8), Fraction(3, 8)]


@pytest.mark.parametrize("settings", [{"aggregate": "geometric"}, {"aggregate": "best"}, {"rounding": "every-level"}])
def test_other_aggregations_and_rounding_inside_are_not_linear(tmp_path, settings):
    assert made(toy(tmp_path, **settings)) is None


TREE = [
    {"code": "p", "parent": "", "name_en": "p", "weight": 1, "aggregate": "", "rule": ""},
    {"code": "p1", "parent": "p", "name_en": "p1", "weight": 3, "aggregate": "", "rule": "goalposts(0, 1)"},
    {"code": "p2", "parent": "p", "name_en": "p2", "weight": 1, "aggregate": "", "rule": "goalposts(0, 1)"},
    {"code": "q", "parent": "", "name_en": "q", "weight": 4, "aggregate": "", "rule": "goalposts(0, 1)"},
]


def test_leaves_carry_their_global_weights(tmp_path):
    lin = made(toy(tmp_path, rows=TREE), "indicator")
    assert lin.codes == ["p1", "p2", "q"] and lin.exact_weights == [Fraction(n, 20) for n in (3, 1, 16)]
    assert made(toy(tmp_path / "p", rows=TREE)).codes == ["p", "q"]


def test_a_branch_that_is_no_arithmetic_mean_stops_the_leaves_but_not_the_pillars(tmp_path):
    rows = [{**TREE[0], "aggregate": "geometric"}, *TREE[1:]]
    case = toy(tmp_path, rows=rows)
    assert made(case) is not None and made(case, "indicator") is None


def test_a_missing_row_is_linear_only_where_it_counts_zero(tmp_path):
    data = {**T2, "d": (0.4, 0.3, "")}
    assert made(toy(tmp_path, data=data, missing="zero")) is not None
    assert made(toy(tmp_path / "w", data=data, missing="within-parent")) is None
    assert made(toy(tmp_path / "e", data=data, missing="exclude")) is None
    assert made(toy(tmp_path / "n", data=data, missing="not-ranked")).agencies == list("abc")


def test_weight_that_is_handed_on_is_not_linear_even_where_the_score_agrees(tmp_path):
    rows = [*TREE[:3], {**TREE[3], "weight": 1}, {**TREE[3], "code": "r", "weight": 1}]
    data = {"a": (0.5, "", 0.4, 0.6), "b": (0.1, 0.2, 0.3, 0.4)}  # three quarters of a's first row, at .5 like the rest
    assert made(toy(tmp_path, rows=rows, data=data, missing="exclude")) is None
    data["a"] = (0.5, 0.5, 0.4, 0.6)
    assert made(toy(tmp_path / "whole", rows=rows, data=data, missing="exclude")).scores[0] == Fraction(1, 2)


BONUS = [
    {"code": f"k{i}", "parent": "", "name_en": f"k{i}", "max_points": w, "rule": "goalposts(0, 1)"}
    for i, w in enumerate((50, 30, 20))
] + [{"code": "b", "parent": "", "name_en": "b", "max_points": "", "rule": "bonus(1)"}]


def test_bonus_points_are_added_to_every_row_and_cut_off_ones_are_not_linear(tmp_path):
    lin = made(toy(tmp_path, rows=BONUS, more=[{"agency": "b", "indicator": "b", "a": 7}]))
    assert lin.clamped and lin.exact_x[1] == [Fraction(67, 100), Fraction(87, 100), Fraction(57, 100)]
    assert lin.scores[1] == Fraction(71, 100) and lin.lists() == [("", [1, 0, 2, 3])]
    assert made(toy(tmp_path / "top", rows=BONUS, more=[{"agency": "a", "indicator": "b", "a": 40}])) is None


def test_lists_stand_by_themselves(tmp_path):
    lin = made(toy(tmp_path, scopes={"a": "x", "c": "x", "b": "y", "d": "y"}))
    assert lin.lists() == [("x", [0, 2]), ("y", [1, 3])]


@pytest.mark.parametrize("year, group", [("2024", "communes"), ("2024", "districts"), ("2023", "districts")])
def test_the_sample_is_reproduced_exactly(year, group):
    case = read_case("data", year, group)
    exact = evaluate(case)
    lin = linear(case, exact, "pillar")
    shares = dict(zip(exact.agencies, exact.columns["index"].shares, strict=True))
    assert lin.scores == [shares[agency] for agency in lin.agencies] and len(lin.agencies) >= 8


def test_an_unknown_level_and_half_widths_out_of_range(tmp_path):
    with pytest.raises(ValueError, match="level"):
        made(toy(tmp_path), "leaf")
    for half_width in (-0.1, 1.1, float("nan")):
        with pytest.raises(Refusal):
            box([Fraction(1)], half_width)


def test_the_knapsack_on_paper(tmp_path):
    lin = made(toy(tmp_path))
    ranges = [score_range(lin, i, *box(lin.exact_weights, 0.2)) for i in range(4)]
    want = [(".624", ".716"), (".624", ".656"), (".572", ".608"), (".396", ".424")]
    assert ranges == [(Fraction(a), Fraction(b)) for a, b in want]
    low, high = box(lin.exact_weights, None)
    assert knapsack([Fraction(3), Fraction(1), Fraction(2)], low, high) == 1
    assert knapsack(lin.exact_x[0], *box(lin.exact_weights, 0)) == lin.scores[0]


def test_cut_off_scores_end_at_0_and_1():
    lin = plain([[1.2, 0.9], [-0.2, 0.1]], [1, 1], clamped=True)
    assert score_range(lin, 0, *box(lin.exact_weights, None)) == (Fraction("0.9"), 1)
    assert score_range(lin, 1, *box(lin.exact_weights, None)) == (0, Fraction("0.1"))


def test_published_points_reach_a_cut_half_a_unit_earlier(tmp_path):
    case = toy(tmp_path, rank_on="published")
    sixty = Class({"en": "C"}, Fraction("0.6"))
    assert deciding_cut(sixty, Fraction(100), case.settings) == Fraction("0.59995")
    above = Class({"en": "C"}, Fraction("0.6"), False)
    assert deciding_cut(above, Fraction(100), case.settings) == Fraction("0.60005")
    assert deciding_cut(sixty, Fraction(100), toy(tmp_path / "e").settings) == Fraction("0.6")


def test_nobody_ranked(tmp_path):
    lin = made(toy(tmp_path, ranked="no"))
    assert lin.agencies == [] and lin.x.shape == (0, 3) and lin.lists() == [] and lin.scores == []


def test_places_by_rounded_points_have_no_exact_answers(tmp_path):
    """They are not those of exact scores: a and b share place 1 at whole points, though a is ahead."""
    data = {"a": (0.9, 0.4, 0.5), "b": (0.9, 0.4, 0.49), "c": (0.5, 0.6, 0.8)}
    classes = {
        "class": [{"name": {"en": name}, "cut": cut, "includes_cut": True} for name, cut in (("A", 0.5), ("B", 0))]
    }
    found = {
        rank_on: toy(tmp_path / rank_on, data=data, rank_on=rank_on, points_decimals=0, **classes)
        for rank_on in ("exact", "published")
    }
    for question in (
        lambda case: robust.attainable_ranks(case, 0.2),
        lambda case: robust.certain_pairs(case, 0.2),
        lambda case: robust.robust_share(case, 0.2),
        robust.reversals,
    ):
        assert len(question(found["exact"])) and question(found["published"]).empty
    assert (
        set(robust.stability(found["published"])["what"]) == {"class"} < set(robust.stability(found["exact"])["what"])
    )
    moves = [set(robust.smallest_points(found[key])["move"]) for key in ("published", "exact")]
    assert moves[0] <= {"class-up", "class-down"} and {"up", "down"} <= moves[1]
