"""What a row's figures may be: points beside the tree, and figures by the declared kind of their row."""

from __future__ import annotations

import pytest

from dxlib.case import check, read_case
from dxlib.words import finding
from tests.case.folder import FILES, write

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
    [
        ("penalty(3)", "4"),
        ("bonus(5)", "3"),
        ('"penalty(1, 30)"', "11"),
        ('"penalty(2, 10)"', ""),
        ('"bonus(2, 4)"', ""),
    ],
)
def test_points_beside_the_tree_that_may_swamp_a_list_are_named(tmp_path, rule, times):
    """Of 100 points a tenth is 10: four times 3 are 12, three times 5 are 15, eleven times 1 are 11."""
    told = [f for f in found(tmp_path, f"9,,,{rule},,,,", "so-a,9,1,,", "warning") if f.code == "W_UNCAPPED"]
    assert [str(f.facts["times"]) for f in told] == ([times] if times else [])
    assert all(f"{times} lần" in finding(f, "vi")["what"] for f in told)


@pytest.mark.parametrize(
    ("rule", "points", "reason"),
    [
        ('"bonus(3, 9)"', "30", "points_range"),
        ('"bonus(3, 9)"', "9.0001", "points_range"),
        ('"penalty(3, 9)"', "9.0001", "points_range"),
        ('"penalty(3, 9)"', "-9", "negative"),
        ('"bonus(3, 9)"', "9", ""),
        ('"penalty(3, 9)"', "0", ""),
        ("bonus(3)", "30", ""),  # no limit is written
    ],
)
def test_points_of_a_verdict_above_the_limit_of_a_bonus(tmp_path, rule, points, reason):
    root = given(tmp_path, f"9,,,{rule},,x,,", "so-a,9,1,,")
    steps = f"agency,indicator,step,stage,points,reason,decided_by\nso-a,9,1,verify,{points},thin,x\n"
    (root / "2024/demo/verdicts.csv").write_text(steps)
    wrong = [f for f in check(root) if f.file.endswith("verdicts.csv")]
    assert [(f.code, f.reason, f.row, f.column) for f in wrong] == (
        [("E_RANGE", reason, 2, "points")] if reason else []
    )


@pytest.mark.parametrize(
    ("row", "cells", "column"),
    [
        ('9,,3,"options(x:1, y:0)",,,,', "3,,,", "a"),
        ("9,,3,count(1),,x,,", ",4,,", "b"),
        ("9,,3,ratio,,x,y,", ",,yes,", "option"),
        ("9,,3,points,,,,", "3,,,", "a"),
        ("9,,3,ratio,,x,y,", "1,2,,", ""),
        ("9,,3,yes_no,,,,", ",,,1", ""),
    ],
)
def test_a_cell_of_a_verdict_that_the_rule_does_not_read(tmp_path, row, cells, column):
    root = given(tmp_path, row, "")
    steps = f"agency,indicator,step,stage,a,b,option,points,reason,decided_by\nso-a,9,1,verify,{cells},thin,x\n"
    (root / "2024/demo/verdicts.csv").write_text(steps + "so-a,9,2,appeal,,,,,other,y\n")  # the second writes nothing
    unread = [(f.file[10:], f.row, f.column) for f in check(root) if f.code == "W_UNREAD"]
    assert unread == ([("verdicts.csv", 2, column)] if column else [])


def test_steps_that_fall_are_an_error_at_check(tmp_path):
    (wrong,) = found(tmp_path, '9,,3,"steps(0:3p, 1:2p, 2:1p)",,,,', "so-a,9,9,,")
    assert (wrong.code, wrong.reason, wrong.row, wrong.column) == ("E_RULE", "rule_steps_order", 3, "rule")
    assert "direction = -1" in finding(wrong, "vi")["remedy"]
    root = given(tmp_path, '9,,3,"steps(0:3p, 1:2p, 2:1p)",-1,,,', "so-a,9,9,,")
    assert read_case(root, 2024, "demo").framework.nodes["9"].rule.share(9) == 0


@pytest.mark.parametrize(
    ("row", "claim", "reason"),
    [
        ("9,,3,ratio,,họp,phải họp,count", "25,20", "part_above"),
        ("9,,3,target(80%),,họp,phải họp,count", "25,20", "part_above"),
        ('9,,3,"steps(50%:1/2, 90%:1)",,giờ,tổng số giờ,share', "2.5,2", "part_above"),
        ("9,,3,ratio,,họp,phải họp,count", "3.5,20", "count_whole"),
        ("9,,3,ratio,,họp,phải họp,count", "3,20.5", "count_whole"),
        ("9,,3,target(4),,họp,,count", "3.5,", "count_whole"),
        ("9,,0,none,,cán bộ,,count", "3.5,", "count_whole"),
        ('9,,3,"steps(1:1/2, 4:1)",,họp,,count', "-1,", "negative"),
        ("9,,3,target(80%),,tỷ lệ,,share", "85,", "share_above"),
        ("9,,3,target(80),,tỷ lệ,,percent", "101,", "percent_above"),
        ('9,,3,"goalposts(0, 100)",,tiền,,money', "-0.5,", "negative"),
        ('9,,3,"goalposts(0, 100)",,tiền,dự toán,money', "-0.5,3", "negative"),
    ],
)
def test_figures_against_their_declared_kind(tmp_path, row, claim, reason):
    (wrong,) = found(tmp_path, row, f"so-a,9,{claim},")
    assert (wrong.code, wrong.reason, wrong.file, wrong.row) == ("E_RANGE", reason, "2024/demo/claims.csv", 3)
    assert all("{" not in said for lang in ("vi", "en") for said in finding(wrong, lang).values())
    free = row.rpartition(",")[0] + ","  # not declared: as ever, and at most a warning
    assert not [f for f in found(tmp_path / "free", free, f"so-a,9,{claim},") if f.reason != "negative"]


@pytest.mark.parametrize(
    ("row", "claim"),
    [
        ("9,,3,ratio,,họp,phải họp,count", "20,20"),
        ("9,,3,target(1),,giờ,tổng số giờ,share", "1.5,2"),
        ("9,,3,target(80%),,tỷ lệ,,share", "0.85,"),
        ("9,,3,target(80),,tỷ lệ,,percent", "85.5,"),
        ('9,,3,"goalposts(0, 100)",,tiền,dự toán,money', "3.5,2"),
        ("9,,3,count(1),,họp,,count", "3,"),
    ],
)
def test_figures_of_their_kind_are_taken(tmp_path, row, claim):
    assert not found(tmp_path, row, f"so-a,9,{claim},")


CLIPS = ["ratio", "target(80%)", '"steps(50%:1/2, 90%:1)"', '"linear(50%:0, 80%:1)"', "best(ratio; target(80%): 1/2)"]


@pytest.mark.parametrize("rule", CLIPS)
def test_a_part_larger_than_its_whole_is_named_where_nothing_is_declared(tmp_path, rule):
    (told,) = [
        f for f in found(tmp_path, f"9,,3,{rule},,họp,phải họp,", "so-a,9,25,20,", "warning") if f.code == "W_PART"
    ]
    assert (told.row, told.column, told.value, told.facts["b"]) == (3, "a", "25", "20")
    fair = found(tmp_path / "fair", f"9,,3,{rule},,họp,phải họp,", "so-a,9,20,20,", "warning")
    rate = found(tmp_path / "rate", "9,,3,target(1),,máy tính,cán bộ,", "so-a,9,25,20,", "warning")
    assert not [f for f in fair + rate if f.code == "W_PART"]


@pytest.mark.parametrize(
    ("row", "code", "reason"),
    [
        ("9,,3,target(80),,tỷ lệ,,share", "E_FRAMEWORK", "kind_threshold"),
        ("9,,3,target(5),,họp,phải họp,count", "E_FRAMEWORK", "kind_threshold"),
        ("9,,3,target(120),,tỷ lệ,,percent", "E_FRAMEWORK", "kind_threshold"),
        ("9,,3,target(80%),,tỷ lệ,,percent", "W_FRAMEWORK", "kind_scale"),
        ('9,,3,"target(1, from: 0.5)",,tỷ lệ,,percent', "W_FRAMEWORK", "kind_scale"),
        ('9,,3,"linear(50:0, 80:1)",,tỷ lệ,,share', "E_FRAMEWORK", "kind_threshold"),
        ("9,,3,target_leader(120),,tỷ lệ,,percent", "E_FRAMEWORK", "kind_threshold"),
        ("9,,3,best(target(50); target(120)),,tỷ lệ,,percent", "E_FRAMEWORK", "kind_threshold"),
        ("9,,3,ratio,,họp,phải họp,percent", "E_FRAMEWORK", "kind_percent_of"),
        ("9,,3,yes_no,,,,count", "W_FRAMEWORK", "kind_unread"),
        ("9,,3,ratio,,họp,phải họp,number", "E_CHOICE", "cell_choice"),
    ],
)
def test_a_kind_fits_the_rule_of_its_row(tmp_path, row, code, reason):
    told = [f for s in ("error", "warning") for f in found(tmp_path, row, "so-a,9,,,", s) if f.column == "kind"]
    assert [(f.code, f.reason, f.row) for f in told] == [(code, reason, 3)]
    assert all("{" not in said for lang in ("vi", "en") for said in finding(told[0], lang).values())


def test_a_verdict_is_held_to_the_kind_too(tmp_path):
    root = given(tmp_path, "9,,3,ratio,,họp,phải họp,count", "so-a,9,15,20,")
    verdicts = root / "2024/demo/verdicts.csv"
    verdicts.write_text("agency,indicator,step,stage,a,b,reason\nso-a,9,1,verify,25,,thin\n", encoding="utf-8")
    (wrong,) = [f for f in check(root) if f.severity == "error"]
    assert (wrong.reason, wrong.file, wrong.value, wrong.facts["b"]) == (
        "part_above",
        "2024/demo/verdicts.csv",
        "25",
        "20",
    )


def test_points_on_a_row_that_is_only_collected_are_named(tmp_path):
    rows, claims = FILES["indicators.csv"] + "3,,Số công chức,,none,,reported\n", FILES["claims.csv"]
    root = write(tmp_path / "data", indicators=rows, claims=claims + "so-a,3,12,,,7,2024-12-01\n")
    found = [f for f in check(root) if f.code == "W_UNREAD"]
    assert [(f.column, f.value) for f in found] == [("points", "7")]
