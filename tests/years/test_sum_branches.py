"""Between two years a branch that adds points is one row."""

from fractions import Fraction as F

import pytest

from dxlib.years import PARTS, row_changes
from tests.known.folders import leaf, pillar
from tests.years.two_years import change, compared

ROWS = [
    pillar("1", aggregate="sum", max_points=60),
    leaf("1.1", "points", 35, "1"),
    leaf("1.2", "points", 40, "1"),
    leaf("1.3", "bonus(1, 5)", parent="1"),
    leaf("2", "points", 40),
]
LINKS = "1 1 same; 2 2 same"


def given(first, second, bonus, other):
    return {"1.1": {"points": first}, "1.2": {"points": second}, "1.3": bonus, "2": {"points": other}}


def two(tmp_path, **index):
    before = {"a": given(35, 10, 2, 20), "b": given(10, 10, 0, 30)}
    after = {"a": given(35, 30, 4, 30), "b": given(10, 10, 3, 30)}
    return compared(tmp_path, (ROWS, before), (ROWS, after), LINKS, **index)


def test_what_a_row_moved_is_what_the_branch_moved(tmp_path):
    """a: 47 to 60 (69 capped) and 20 to 30, of 100; b: 20 to 23 by the bonus in the branch, nothing rests."""
    step = two(tmp_path)
    found = {agency: change(step, agency) for agency in "ab"}
    assert [found[a]["performance"] for a in "ab"] == [F(23, 100), F(3, 100)]
    for row in found.values():
        assert row["change"] == row["performance"] and row["rest"] == 0
        assert row["matched_share"] == 1
    assert set(row_changes(step, "a")["code"]) == {"1", "2"}


@pytest.mark.parametrize("mean", ["geometric", "harmonic", "best"])
def test_the_parts_add_up_where_the_index_is_no_sum(tmp_path, mean):
    """The bonus of the branch is no rest: it is part of its row."""
    step = two(tmp_path, aggregate=mean)
    for agency in "ab":
        row = change(step, agency)
        assert sum(row[part] for part in PARTS) == row["change"] and row["rest"] == 0
