"""Exact halves in sets with a root, maxima as written, and printed points that hide a difference. On paper."""

from fractions import Fraction as F

import pandas as pd
import pytest

from dxlib.cli import main
from dxlib.index import check_printed, evaluate, hidden_differences, score
from dxlib.show import draft, report, scorecard
from tests.known.folders import GROUP, YEAR, classes, leaf, make, pillar, rows_of, write


def rooted(total, exact, other, **index):
    """A set of `total` points whose second half holds a root; x earns `exact` points without any, y `other`."""
    half = F(total, 2)
    rows = [
        leaf("1", "points", float(half)),
        pillar("2", aggregate="geometric"),
        leaf("2.1", "points", float(half / 2), "2"),
        leaf("2.2", "points", float(half / 2), "2"),
    ]
    full = {"2.1": {"points": float(half / 2)}, "2.2": {"points": float(half / 2)}}
    answers = {a: {"1": {"points": str(float(p - half))}, **full} for a, p in (("x", exact), ("y", other))}
    return rows, answers, {"total": total, **index}


@pytest.mark.parametrize(
    "half, printed, ranks, bands", [("away", 33.13, [1, 2], [1, 2]), ("even", 33.12, [1, 1], [2, 2])]
)
def test_an_exact_half_in_a_set_with_a_root(half, printed, ranks, bands, tmp_path):
    """33.125 of 60 is no decimal share; it prints 33.13, alone, in the class that begins at 33.13/60."""
    cut = "0.5521666"  # just below 33.13/60, above 33.12/60
    rows, answers, index = rooted(
        60, F("33.125"), F("33.12"), half=half, rank_on="published", **{"class": classes(float(cut), 0)}
    )
    case = make(tmp_path, rows, answers, index)
    assert "index" in case.framework.rooted and "1" not in case.framework.rooted
    found = rows_of(case)
    assert found["points"].tolist() == [printed, 33.12]
    assert found["rank"].tolist() == ranks and found["class"].tolist() == bands


@pytest.mark.parametrize("total", [60, 750, 85, 7])
@pytest.mark.parametrize("aggregate", ["arithmetic", "geometric"])
def test_halves_of_totals_that_no_decimal_divides(total, aggregate, tmp_path):
    """Two equal shares under a geometric mean are themselves: p of t points prints as p does."""
    rows = [leaf("1", "points", total), leaf("2", "points", total)]
    earned = [F(n, 200) for n in (1, 3, 25, 333, 555)]
    answers = {f"a{i}": {c: {"points": str(float(p))} for c in "12"} for i, p in enumerate(earned)}
    case = make(tmp_path, rows, answers, {"aggregate": aggregate})
    assert rows_of(case)["points"].tolist() == pytest.approx([float(p * 2) for p in earned], abs=1e-12)
    assert rows_of(case, "1")["points"].tolist() == [0.01, 0.02, 0.13, 1.67, 2.78]


def test_a_logarithm_that_is_a_third_is_a_third_of_the_points(tmp_path):
    """ln 10 of ln 1000 on 60 points is 20, of 0.015 points (every level rounded) a half."""
    case = make(tmp_path, [leaf("1", "goalposts(1, 1000, log)", 60)], {"x": {"1": 10}})
    assert rows_of(case)["points"].tolist() == [20]
    small = make(
        tmp_path / "b", [leaf("1", "goalposts(1, 1000, log)", "0.015")], {"x": {"1": 10}}, {"rounding": "every-level"}
    )
    assert rows_of(small)["points"].tolist() == [0.01]


def test_sums_of_roots_still_tie(tmp_path):
    rows = [leaf(c, "goalposts(0, 1)", parent=c[0]) for c in ("1.1", "1.2", "2.1", "2.2")]
    rows = [pillar("1", aggregate="geometric"), pillar("2", aggregate="geometric"), *rows]
    answers = {
        "x": {"1.1": "0.02", "1.2": 1, "2.1": "0.08", "2.2": 1},
        "y": {"1.1": "0.045", "1.2": 1, "2.1": "0.045", "2.2": 1},
    }
    assert rows_of(make(tmp_path, rows, answers))["rank"].tolist() == [1, 1]


def test_maxima_print_as_written(tmp_path):
    """12.5 and 5 under no decimals: 12.5, 5 and 17.5; less what is left out for y."""
    exempt = [{"agency": "y", "indicator": "2", "reason": "–"}]
    answers = {a: {"1": {"points": 6}, "2": {"points": 2}} for a in "xy"}
    case = make(
        tmp_path,
        [leaf("1", "points", "12.5"), leaf("2", "points", 5)],
        answers,
        {"points_decimals": 0},
        exemptions=exempt,
    )
    assert rows_of(case)["max_points"].tolist() == [17.5, 12.5]
    assert rows_of(case, "1")["max_points"].tolist() == [12.5, 12.5]
    told = str(report.ranking(case, score(case), pd.DataFrame(), pd.DataFrame(), 0.2, "vi"))
    assert "17,5" in told and "18" not in told


def close(root):
    """x 79.996 below a cut of 80, y 80.001 above it, z 70; all of 100, two decimals."""
    answers = {a: {"1": {"points": p}} for a, p in (("x", "79.996"), ("y", "80.001"), ("z", 70))}
    return [leaf("1", "points", 100)], answers, {"class": classes(0.8, 0)}


def test_printed_points_that_hide_a_difference_name_the_exact_ones(tmp_path):
    case = make(tmp_path, *close(tmp_path))
    table = score(case)
    assert rows_of(case)["points"].tolist() == [80, 80, 70] and rows_of(case)["class"].tolist() == [2, 1, 2]
    hidden = hidden_differences(case, table)
    assert hidden.values.tolist() == [["x", 80.0, 79.996, 3], ["y", 80.0, 80.001, 3]]
    assert [(f.value, f.facts["exact"]) for f in check_printed(case)] == [("x", "79.996"), ("y", "80.001")]
    assert "x 79,996; y 80,001" in str(report.ranking(case, table, pd.DataFrame(), pd.DataFrame(), 0.2, "vi"))
    assert "79,996" in " ".join(draft.notes(case, report.index_rows(table), "vi"))
    cards = [str(scorecard.summary(case, table, pd.DataFrame(), pd.DataFrame(), hidden, 0.2, a, "vi")) for a in "xyz"]
    assert ["79,996" in cards[0], "80,001" in cards[1], "chính xác" in cards[2]] == [True, True, False]
    published = case.with_changes(policies={"rank_on": "published"})
    assert hidden_differences(published, score(published)).empty


def test_check_names_them(tmp_path, capsys):
    write(tmp_path, *close(tmp_path))
    assert main(["check", "--data", str(tmp_path), str(YEAR), GROUP]) == 0
    said = capsys.readouterr().out
    assert "79.996" in said and "80.001" in said


def test_a_difference_beyond_nine_decimals_is_shown_to_nine(tmp_path):
    answers = {a: {"1": {"points": p}} for a, p in (("x", "50.00000000001"), ("y", "50"))}
    case = make(tmp_path, [leaf("1", "points", 100)], answers)
    assert hidden_differences(case, score(case))["decimals"].tolist() == [9, 9]
    assert evaluate(case).columns["index"].shares[0] > evaluate(case).columns["index"].shares[1]
