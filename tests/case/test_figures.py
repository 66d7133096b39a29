"""What a row's figures may be: points beside the tree, and figures by the declared kind of their row."""

from __future__ import annotations

import pytest

from dxlib.case import check, read_case
from dxlib.words import finding
from tests.case.folder import write

HEAD = "code,parent,max_points,rule,direction,a_vi,b_vi,kind\n"


def given(tmp_path, rows: str, claims: str):
    """One year of 100 points (row 0), and the rows in question."""
    return write(
        tmp_path,
        index='year = 2024\ngroup = "demo"\ntitle.vi = "Thử"\n',
        indicators=f"{HEAD}0,,100,yes_no,,,,\n{rows}\n",
        claims=f"agency,indicator,a,b,option\nso-a,0,,,yes\n{claims}\n",
        verdicts=None,
        appeals=None,
    )


def found(tmp_path, rows: str, claims: str, severity="error"):
    return [f for f in check(given(tmp_path, rows, claims)) if f.severity == severity and f.reason != "file_missing"]


@pytest.mark.parametrize(
    ("rule", "times"),
    [("penalty(3)", "4"), ("bonus(5)", "3"), ('"penalty(1, 30)"', "11"), ('"penalty(2, 10)"', ""), ('"bonus(2, 4)"', "")],
)
def test_points_beside_the_tree_that_may_swamp_a_list_are_named(tmp_path, rule, times):
    """Of 100 points a tenth is 10: four times 3 are 12, three times 5 are 15, eleven times 1 are 11."""
    told = [f for f in found(tmp_path, f"9,,,{rule},,,,", "so-a,9,1,,", "warning") if f.code == "W_UNCAPPED"]
    assert [str(f.facts["times"]) for f in told] == ([times] if times else [])
    assert all(f"{times} lần" in finding(f, "vi")["what"] for f in told)


def test_steps_that_fall_are_an_error_at_check(tmp_path):
    (wrong,) = found(tmp_path, '9,,3,"steps(0:3p, 1:2p, 2:1p)",,,,', "so-a,9,9,,")
    assert (wrong.code, wrong.reason, wrong.row, wrong.column) == ("E_RULE", "rule_steps_order", 3, "rule")
    assert "direction = -1" in finding(wrong, "vi")["remedy"]
    root = given(tmp_path, '9,,3,"steps(0:3p, 1:2p, 2:1p)",-1,,,', "so-a,9,9,,")
    assert read_case(root, 2024, "demo").framework.nodes["9"].rule.share(9) == 0
