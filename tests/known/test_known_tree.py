"""Trees, weights, aggregates, classes, ranks and rounding computed by hand."""

from decimal import Decimal

import pandas as pd
import pytest

from dxlib.errors import Refusal
from dxlib.index import compare, score
from tests.known.folders import classes, leaf, make, pillar, points, ranks_of, rows_of

# A toy of four agencies and three indicators: A .67, B .64, C .59, D .41.
TOY = {"a": (".9", ".4", ".5"), "b": (".6", ".8", ".5"), "c": (".5", ".6", ".8"), "d": (".4", ".3", ".6")}
TOY_WEIGHTS = (".5", ".3", ".2")


def zero(text):
    return f"0{text}"


def composite(root, table, weights=(), **index):
    """A flat index of numbers in [0, 1]: agency -> values."""
    width = len(next(iter(table.values())))
    weights = [zero(w) for w in weights] or [""] * width
    indicators = [leaf(str(i), "goalposts(0, 1)", weight=w) for i, w in enumerate(weights, 1)]
    answers = {agency: {str(i): zero(v) for i, v in enumerate(values, 1)} for agency, values in table.items()}
    return make(root, indicators, answers, index)


# Ties and ranks


def test_a_tie_that_binary_floats_break(tmp_path):
    """.6 x .8 + .4 x .5 = .48 + .20 = .68 and .6 x .6 + .4 x .8 = .36 + .32 = .68; floats give .6799999999999999."""
    case = composite(tmp_path, {"x": (".6", ".8", ".5"), "y": (".5", ".6", ".8")}, (".0", ".6", ".4"))
    assert rows_of(case)["score"].tolist() == [0.68, 0.68]
    assert ranks_of(case) == [1, 1]


def test_the_toy(tmp_path):
    """A .45 + .12 + .10; B .30 + .24 + .10; C .25 + .18 + .16; D .20 + .09 + .12."""
    case = composite(tmp_path, TOY, TOY_WEIGHTS)
    assert rows_of(case)["score"].tolist() == [0.67, 0.64, 0.59, 0.41]
    assert ranks_of(case) == [1, 2, 3, 4]


def test_dropping_one_indicator_ties_two_agencies(tmp_path):
    """Without the first, weights .6 and .4: A .24 + .20 = .44, B .48 + .20 = C .36 + .32 = .68, D .18 + .24 = .42."""
    case = composite(tmp_path, TOY, TOY_WEIGHTS)
    dropped = case.with_changes(drop=["1"])
    assert rows_of(dropped)["score"].tolist() == [0.44, 0.68, 0.68, 0.42]
    assert ranks_of(dropped) == [3, 1, 1, 4]
    assert ranks_of(case) == [1, 2, 3, 4]


def test_compare_says_who_moved(tmp_path):
    case = composite(tmp_path, TOY, TOY_WEIGHTS)
    moved = compare(score(case), score(case.with_changes(drop=["1"]))).set_index("agency")
    assert moved["places"].to_dict() == {"a": -2, "b": 1, "c": 2, "d": 0}
    assert moved.loc["a", "score_after"] == 0.44


def test_new_weights(tmp_path):
    """Weights 0, 1, 1: A .45, B .65, C .70, D .45: ranks 3, 2, 1, 3."""
    case = composite(tmp_path, TOY, TOY_WEIGHTS).with_changes(weights={"1": "0", "2": "1", "3": "1"})
    assert rows_of(case)["score"].tolist() == [0.45, 0.65, 0.7, 0.45]
    assert ranks_of(case) == [3, 2, 1, 3]


def test_roots_tie(tmp_path):
    """Geometric mean: sqrt(.4 x .9) = sqrt(.5 x .72) = sqrt(.36) = .6."""
    case = composite(tmp_path, {"x": (".4", ".9"), "y": (".5", ".72"), "z": (".6", ".6")}, aggregate="geometric")
    assert ranks_of(case) == [1, 1, 1]
    assert rows_of(case)["score"].tolist() == [0.6, 0.6, 0.6]


@pytest.mark.parametrize("hundredth", range(1, 10))
def test_sums_of_roots_tie(hundredth, tmp_path):
    """Two geometric pillars: x (sqrt(b) + sqrt(4 b))/2 = 1.5 sqrt(b), y twice sqrt(9 b/4) = 1.5 sqrt(b)."""
    b = Decimal(hundredth) / 100
    indicators = [pillar("1", aggregate="geometric"), pillar("2", aggregate="geometric")]
    indicators += [leaf(code, "goalposts(0, 1)", parent=code[0]) for code in ("1.1", "1.2", "2.1", "2.2")]
    answers = {
        "x": {"1.1": b, "1.2": 1, "2.1": 4 * b, "2.2": 1},
        "y": {"1.1": b * 9 / 4, "1.2": 1, "2.1": b * 9 / 4, "2.2": 1},
    }
    assert ranks_of(make(tmp_path, indicators, answers)) == [1, 1]


def test_ties_share_the_better_rank(tmp_path):
    assert ranks_of(make(tmp_path, [leaf("1", "points", 10)], points(a=5, b=9, c=7, d=7, e=1))) == [4, 1, 2, 2, 5]


def test_a_list_of_one_has_no_rank(tmp_path):
    case = make(tmp_path, [leaf("1", "points", 10)], points(a=5, b=9, c=7), agencies=[
        {"agency": "a", "scope": "alone"}, {"agency": "b", "scope": "two"}, {"agency": "c", "scope": "two"},
    ])  # fmt: skip
    assert ranks_of(case) == [None, 1, 2]


def test_an_agency_outside_the_ranking_is_scored(tmp_path):
    """b is not ranked: it has a score, takes no place, and is not counted in the length of the list."""
    case = make(tmp_path, [leaf("1", "points", 10)], points(a=5, b=9, c=7), agencies=[{"agency": "b", "ranked": "no"}])
    rows = rows_of(case)
    assert (ranks_of(case), rows["score"].tolist()) == ([2, None, 1], [0.5, 0.9, 0.7])
    assert rows["of"].dropna().tolist() == [2, 2]


# Aggregates. Shares .8 and .2, weights 3 and 1.


@pytest.mark.parametrize("aggregate, expected", [
    ("arithmetic", 0.65),  # (3 x .8 + .2)/4
    ("harmonic", 0.457142857143),  # 4/(3/.8 + 1/.2) = 4/8.75
    ("geometric", 0.565685424949),  # (.8^3 x .2)^(1/4) = .1024^(1/4) = sqrt(.32)
    ("best", 0.8),
    ("worst", 0.2),
])  # fmt: skip
def test_aggregates(aggregate, expected, tmp_path):
    indicators = [leaf("1", "goalposts(0, 1)", weight=3), leaf("2", "goalposts(0, 1)", weight=1)]
    case = make(tmp_path, indicators, {"x": {"1": "0.8", "2": "0.2"}}, {"aggregate": aggregate})
    assert rows_of(case).loc["x", "score"] == expected


@pytest.mark.parametrize("aggregate", ["geometric", "harmonic", "worst"])
def test_a_nought_makes_the_whole_nought(aggregate, tmp_path):
    case = composite(tmp_path, {"x": (".0", ".9")}, aggregate=aggregate)
    assert rows_of(case).loc["x", "score"] == 0


def test_a_negative_share_has_no_geometric_mean(tmp_path):
    answers = {agency: {"1": i - 1, "2": "0.5"} for i, agency in enumerate("xyz")}
    indicators = [leaf("1", "goalposts(0, 1, unclipped)"), leaf("2", "goalposts(0, 1)")]
    case = make(tmp_path, indicators, answers, {"aggregate": "geometric"})
    with pytest.raises(Refusal) as refused:
        score(case)
    assert refused.value.findings[0].code == "E_NEGATIVE_MEAN"
    with pytest.raises(Refusal) as refused:  # z-scores are always negative for some: refused at the door
        make(tmp_path / "z", [leaf("1", "zscore"), leaf("2", "goalposts(0, 1)")], answers, {"aggregate": "geometric"})
    assert refused.value.findings[0].reason == "negative_rule"


def test_three_levels_with_points(tmp_path):
    """1.1: 3 of 4; 1.2.a: 1/2 of 4; 1.2.b: yes of 2; 2: 4 of 10. Pillar 1.2 4 of 6, 1 7 of 10, all 11 of 20."""
    indicators = [
        pillar("1", max_points=10), leaf("1.1", "points", 4, "1"), pillar("1.2", "1"), leaf("1.2.a", "ratio", 4, "1.2"),
        leaf("1.2.b", "yes_no", 2, "1.2"), leaf("2", "points", 10),
    ]  # fmt: skip
    answers = {"x": {"1.1": {"points": 3}, "1.2.a": (1, 2), "1.2.b": {"option": "yes"}, "2": {"points": 4}}}
    table = score(make(tmp_path, indicators, answers, {"total": 20})).set_index("node")
    assert table["points"].to_dict() == {"index": 11, "1": 7, "1.1": 3, "1.2": 4, "1.2.a": 2, "1.2.b": 2, "2": 4}
    assert table["max_points"].to_dict() == {"index": 20, "1": 10, "1.1": 4, "1.2": 6, "1.2.a": 4, "1.2.b": 2, "2": 10}
    assert table["level"].to_dict() == {"index": 0, "1": 1, "1.1": 2, "1.2": 2, "1.2.a": 3, "1.2.b": 3, "2": 1}
    assert table.loc["index", "score"] == 0.55


def test_weights_stand_before_maximum_points(tmp_path):
    """Weights 1 : 3 of rows of 10 and 10 points: (1 x 1 + 3 x .5)/4 = .625 of 20 = 12.5, not 15."""
    indicators = [leaf("1", "points", 10, weight=1), leaf("2", "points", 10, weight=3)]
    case = make(tmp_path, indicators, {"x": {"1": {"points": 10}, "2": {"points": 5}}})
    assert (rows_of(case).loc["x", "score"], rows_of(case).loc["x", "points"]) == (0.625, 12.5)


def test_best_takes_the_alternative_with_the_most_points(tmp_path):
    """x: 9 of 10 against 8 of 20: 9 points of the 20. y: 5 against 12."""
    indicators = [pillar("1", aggregate="best"), leaf("1.a", "points", 10, "1"), leaf("1.b", "points", 20, "1")]
    answers = {"x": {"1.a": {"points": 9}, "1.b": {"points": 8}}, "y": {"1.a": {"points": 5}, "1.b": {"points": 12}}}
    rows = rows_of(make(tmp_path, indicators, answers, {"total": 20}))
    assert (rows["points"].tolist(), rows["max_points"].tolist()) == ([9, 12], [20, 20])
    assert rows["score"].tolist() == [0.45, 0.6]


def test_best_with_the_larger_alternative_exempt(tmp_path):
    """Without the 20-point alternative the own maximum is 10: 9 of 10, and the index 9 + 5 of 10 + 10."""
    indicators = [
        pillar("1", aggregate="best"), leaf("1.a", "points", 10, "1"), leaf("1.b", "points", 20, "1"), leaf("2", "points", 10),
    ]  # fmt: skip
    answers = {
        "x": {"1.a": {"points": 9}, "2": {"points": 5}},
        "y": {"1.a": {"points": 9}, "1.b": {"points": 4}, "2": {"points": 5}},
    }
    case = make(
        tmp_path, indicators, answers, {"total": 30}, exemptions=[{"agency": "x", "indicator": "1.b", "reason": "–"}]
    )
    assert rows_of(case, "1")["score"].tolist() == [0.9, 0.45]
    assert rows_of(case)["max_points"].tolist() == [20, 30]
    assert rows_of(case)["score"].tolist() == [0.7, 0.466666666667]
    assert ranks_of(case) == [1, 2]


@pytest.mark.parametrize("stated, whole", [(30, False), (20, True)])
def test_a_stated_maximum_of_alternatives_is_the_largest(stated, whole, tmp_path):
    indicators = [
        pillar("1", aggregate="best", max_points=stated),
        leaf("1.a", "points", 10, "1"),
        leaf("1.b", "points", 20, "1"),
    ]
    answers = {"x": {"1.a": {"points": 9}, "1.b": {"points": 8}}}
    if whole:
        assert rows_of(make(tmp_path, indicators, answers)).loc["x", "max_points"] == 20
        return
    with pytest.raises(Refusal) as refused:
        make(tmp_path, indicators, answers)
    assert [(f.code, f.row, f.column) for f in refused.value.findings] == [("E_FRAMEWORK_SUM", 2, "max_points")]


# Classes


@pytest.mark.parametrize("includes, expected", [(True, [1, 1, 2]), (False, [1, 2, 2])])
def test_exactly_on_the_cut(includes, expected, tmp_path):
    """75.01, 75 and 74.99 of 100 with a cut of 75 %."""
    index = {"class": classes(0.75, 0, includes=includes)}
    case = make(tmp_path, [leaf("1", "points", 100)], points(a="75.01", b=75, c="74.99"), index)
    assert rows_of(case)["class"].tolist() == expected


def test_the_cut_is_exact(tmp_path):
    """.6 x .8 + .4 x .5 = .68 reaches a cut of 68 %; in floats it would not."""
    table, weights = {"x": (".6", ".8", ".5"), "y": (".5", ".6", ".8")}, (".0", ".6", ".4")
    case = composite(tmp_path, table, weights, **{"class": classes(0.68, 0)})
    assert rows_of(case)["class"].tolist() == [1, 1]


def test_the_last_class_takes_everybody_that_is_left(tmp_path):
    """z-scores -1, 0, 1 with cuts 50 % and 0: what is below 0 is in the last class too."""
    case = make(
        tmp_path, [leaf("1", "zscore")], {"x": {"1": 2}, "y": {"1": 4}, "z": {"1": 6}}, {"class": classes(0.5, 0)}
    )
    assert rows_of(case)["class"].tolist() == [2, 2, 1]


# Maxima


def test_a_total_that_does_not_add_up_is_found(tmp_path):
    with pytest.raises(Refusal) as refused:
        make(tmp_path, [leaf("1", "points", 10), leaf("2", "points", 10)], points(x=5), {"total": 100})
    found = {f.code: f for f in refused.value.findings}["E_FRAMEWORK_SUM"]
    assert (found.file, found.column, dict(found.facts)) == (
        "2025/test/index.toml",
        "total",
        {"stated": "100", "sum": "20"},
    )


@pytest.mark.parametrize("total", [100, 200, 500, 640, 750, 1000])
def test_any_total(total, tmp_path):
    case = make(tmp_path, [leaf("1", "points", total)], points(x=total // 2), {"total": total})
    assert (rows_of(case).loc["x", "score"], rows_of(case).loc["x", "max_points"]) == (0.5, total)


def test_the_tidy_table_has_the_columns_of_the_contract(tmp_path):
    table = score(make(tmp_path, [leaf("1", "points", 10)], points(b=5, a=6)))
    assert list(table.columns) == ["year", "group", "agency", "scope", "node", "level", "score", "points", "max_points",
                                   "rank", "of", "class", "state"]  # fmt: skip
    assert list(zip(table["agency"], table["node"], strict=True)) == [
        ("b", "index"),
        ("b", "1"),
        ("a", "index"),
        ("a", "1"),
    ]
    assert pd.isna(table["class"]).all()
