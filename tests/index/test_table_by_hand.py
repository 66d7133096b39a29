"""The table of scores, cell by cell on paper: what is printed, ranked, listed and left empty."""

import numpy as np
import pandas as pd
import pytest

from dxlib.index import evaluate, score
from dxlib.index.table import plain, tabulate, to_csv
from tests.known.folders import classes, leaf, make, pillar, rows_of

# an: 8.25 + 4 of 15, and a quarter of a point more; halves go to the even digit. binh: row 1.2 does not apply.
# chau is not ranked. dung lacks row 1.1 and so has no score, but its other row has one. em is alone on list b.
EXPECTED = """\
year,group,agency,scope,node,level,score,points,max_points,rank,of,class,state
2025,test,an,,index,0,0.833333333333,12.5,15.0,1,2,1,measured
2025,test,an,,1,1,0.816666666667,12.2,15.0,1,2,,measured
2025,test,an,,1.1,2,0.825000000000,8.2,10.0,1,2,,measured
2025,test,an,,1.2,2,0.800000000000,4.0,5.0,1,2,,measured
2025,test,an,,2,1,,0.2,,,,,measured
2025,test,binh,,index,0,0.600000000000,6.0,10.0,2,2,2,measured
2025,test,binh,,1,1,0.600000000000,6.0,10.0,2,2,,measured
2025,test,binh,,1.1,2,0.600000000000,6.0,10.0,2,2,,measured
2025,test,binh,,1.2,2,,,,,,,not-applicable
2025,test,binh,,2,1,,,,,,,missing
2025,test,chau,,index,0,0.633333333333,9.5,15.0,,,2,measured
2025,test,chau,,1,1,0.600000000000,9.0,15.0,,,,measured
2025,test,chau,,1.1,2,0.600000000000,6.0,10.0,,,,measured
2025,test,chau,,1.2,2,0.600000000000,3.0,5.0,,,,measured
2025,test,chau,,2,1,,0.5,,,,,measured
2025,test,dung,,index,0,,,15.0,,,,missing
2025,test,dung,,1,1,,,15.0,,,,missing
2025,test,dung,,1.1,2,,,10.0,,,,missing
2025,test,dung,,1.2,2,0.010000000000,0.0,5.0,2,2,,measured
2025,test,dung,,2,1,,,,,,,missing
2025,test,em,b,index,0,0.083333333333,1.2,15.0,,1,2,measured
2025,test,em,b,1,1,0.083333333333,1.2,15.0,,1,,measured
2025,test,em,b,1.1,2,0.125000000000,1.2,10.0,,1,,measured
2025,test,em,b,1.2,2,0.000000000000,0.0,5.0,,1,,measured
2025,test,em,b,2,1,,,,,,,missing
"""


@pytest.fixture
def case(tmp_path):
    indicators = [
        pillar("1"),
        leaf("1.1", "points", 10, "1"),
        leaf("1.2", "points", 5, "1"),
        leaf("2", "bonus(0.25, 2)"),
    ]
    given = {
        "an": {"1.1": "8.25", "1.2": 4, "2": 1},
        "binh": {"1.1": 6},
        "chau": {"1.1": 6, "1.2": 3, "2": 2},
        "dung": {"1.2": "0.05"},
        "em": {"1.1": "1.25", "1.2": 0},
    }
    answers = {
        agency: {code: x if code == "2" else {"points": x} for code, x in of.items()} for agency, of in given.items()
    }
    policies = {"points_decimals": 1, "half": "even", "missing": "not-ranked", "class": classes(0.75, 0)}
    listed = [{"agency": "chau", "ranked": "no"}, {"agency": "em", "scope": "b"}]
    exempt = [{"agency": "binh", "indicator": "1.2", "reason": "–"}]
    return make(tmp_path, indicators, answers, policies, agencies=listed, exemptions=exempt)


def test_every_cell_of_the_table(case):
    assert to_csv(score(case)) == EXPECTED


def test_columns_hold_one_kind_each(case):
    table = score(case)
    assert [str(table[c].dtype) for c in ("level", "score", "points", "max_points")] == ["int64"] + ["float64"] * 3
    assert {str(table[c].dtype) for c in ("rank", "of", "class")} == {"Int64"}
    assert table["level"].tolist() == [0, 1, 2, 2, 1] * 5


def test_some_nodes_alone(case):
    table, some = score(case), tabulate(case, evaluate(case), ["index", "2"])
    assert some.equals(table[table["node"].isin(["index", "2"])].reset_index(drop=True))


def test_own_maxima_stay_as_written(tmp_path):
    """0.25 of 2.25 points, to one decimal: 0.2 to the even digit, 0.3 away from nought; of 2.25 in any case."""
    for half, points in (("even", 0.2), ("away", 0.3)):
        indicators = [leaf("1", "points", "2.25")]
        answers = {"x": {"1": {"points": "0.25"}}}
        case = make(tmp_path / half, indicators, answers, {"points_decimals": 1, "half": half})
        assert rows_of(case).loc["x", ["points", "max_points"]].tolist() == [points, 2.25]


def test_bonus_points_are_rounded_as_points_are(tmp_path):
    for half, points in (("even", 0.2), ("away", 0.3)):
        indicators = [leaf("1", "points", 10), leaf("2", "bonus(0.25, 2)")]
        answers = {"x": {"1": {"points": 1}, "2": 1}}
        case = make(tmp_path / half, indicators, answers, {"points_decimals": 1, "half": half})
        assert rows_of(case, "2").loc["x", "points"] == points


def test_a_row_whose_siblings_carry_its_weight_has_no_maximum_of_its_own(tmp_path):
    """y lacks row 2; under roots, where scores are settled at 30 decimals."""
    indicators = [leaf("1", "points", 4), leaf("2", "points", 4)]
    answers = {"x": {"1": {"points": 1}, "2": {"points": 4}}, "y": {"1": {"points": 2}}}
    case = make(tmp_path, indicators, answers, {"missing": "within-parent", "aggregate": "geometric"})
    assert rows_of(case, "2")["max_points"].isna().tolist() == [False, True]
    assert rows_of(case)["score"].tolist() == [0.5, 0.5]


def test_scores_are_rounded_at_the_twelfth_decimal_as_the_case_says(tmp_path):
    """0.5 at the thirteenth decimal, behind an even digit."""
    for half, shown in (("even", "0.100000000000"), ("away", "0.100000000001")):
        case = make(
            tmp_path / half, [leaf("1", "points", 1)], {"x": {"1": {"points": "0.1000000000005"}}}, {"half": half}
        )
        assert to_csv(score(case)).splitlines()[1].split(",")[6] == shown


@pytest.mark.parametrize("x, decimals, text", [
    (0.5, 12, "0.500000000000"), (1e-13, 12, "0.000000000000"), (2 / 3, 12, "0.666666666667"),
    (1e-7, None, "0.0000001"), (1.5e22, None, "15000000000000000000000"), (0.1, None, "0.1"), (12.0, None, "12.0"),
    (-3e-9, None, "-0.000000003"), (float("nan"), 12, ""), (float("nan"), None, ""),
])  # fmt: skip
def test_numbers_are_written_without_exponents(x, decimals, text):
    assert plain(x, decimals) == text


def test_scores_alone_have_twelve_decimals():
    table = pd.DataFrame({"score": [0.25], "score_before": [0.5], "points": [1e-7], "n": [3], "who": ["x"]})
    before = table.copy()
    assert to_csv(table) == ("score,score_before,points,n,who\n0.250000000000,0.500000000000,0.0000001,3,x\n")
    assert table.equals(before) and table["score"].dtype == np.float64
