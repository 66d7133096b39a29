"""Answers that are taken and yet hardly what was meant are warnings at their cell, once per cause."""

from __future__ import annotations

import pytest

from dxlib.case import check
from dxlib.words import finding
from tests.case.folder import write

HEAD = "code,parent,max_points,rule,direction,a_vi,b_vi,unit,kind\n"
AGENCIES = "agency,name_vi,name_en\nso-a,Sở A,A\nso-b,Sở B,B\nso-c,Sở C,C\n"


def told(tmp_path, rows, claims, agencies=AGENCIES, verdicts=None, missing="zero"):
    """The warnings about the rows in question, but that none of them says its kind: (code, reason, file, row, column)."""
    index = f'year = 2024\ngroup = "demo"\nmissing = "{missing}"\ntitle.vi = "Thử"\n'
    root = write(
        tmp_path,
        index=index,
        indicators=f"{HEAD}0,,10,yes_no,,,,,\n{rows}\n",
        agencies=agencies,
        claims=f"agency,indicator,a,b,option,points\nso-a,0,,,yes,\nso-b,0,,,yes,\nso-c,0,,,yes,\n{claims}\n",
        verdicts=verdicts,
        appeals=None,
    )
    found = check(root)
    assert all("{" not in said for f in found for lang in ("vi", "en") for said in finding(f, lang).values())
    return [(f.code, f.reason, f.file.rpartition("/")[2], f.row, f.column) for f in found if f.code != "W_KIND"]


RATIO = "1,,10,ratio,,x,y,,"


def test_a_numerator_without_its_denominator_counted_as_nothing_without_a_word(tmp_path):
    found = told(tmp_path, RATIO, "so-a,1,3,4,,\nso-b,1,2,,,\nso-c,1,,9,,")
    assert found == [
        ("W_DENOMINATOR", "denominator_absent", "claims.csv", 6, "b"),
        ("W_INCOMPLETE", "numerator_absent", "claims.csv", 7, "a"),
    ]


def test_a_denominator_that_nobody_gave_is_one_finding(tmp_path):
    found = told(tmp_path, RATIO, "so-a,1,3,,,\nso-b,1,2,,,\nso-c,1,1,,,")
    assert found == [("W_DENOMINATOR", "denominator_absent_all", "claims.csv", 5, "b")]
    one = told(tmp_path / "one", RATIO, "so-a,1,3,,,")
    assert one == [("W_DENOMINATOR", "denominator_absent", "claims.csv", 5, "b")]


def test_a_row_that_takes_b_because_some_give_it_is_named_as_before(tmp_path):
    found = told(tmp_path, "1,,10,target(80%),,x,,,", "so-a,1,3,4,,\nso-b,1,2,,,\nso-c,1,1,,,")
    assert found == [("W_DENOMINATOR", "denominator_mixed", "claims.csv", 5, "b")]


@pytest.mark.parametrize("verdict", ["2,4,", ",4,", ",,5"])
def test_what_a_verdict_supplies_is_not_missing(tmp_path, verdict):
    a, b, points = verdict.split(",")
    rows = f"agency,indicator,step,stage,a,b,points,reason\nso-b,1,1,verify,{a},{b},{points},thin\n"
    found = told(tmp_path, RATIO, "so-a,1,3,4,,\nso-b,1,2,,,", verdicts=rows)
    assert not [f for f in found if f[0] in ("W_DENOMINATOR", "W_INCOMPLETE")]


def test_where_missing_is_an_error_the_agency_is_named_instead(tmp_path):
    found = told(tmp_path, RATIO, "so-a,1,3,4,,\nso-b,1,2,,,\nso-c,1,1,2,,", missing="error")
    assert [f[1] for f in found] == ["answer_missing"]


@pytest.mark.parametrize(
    ("row", "column"), [(RATIO, "a"), ("1,,10,count(1),,x,,,", "a"), ("1,,10,yes_no,,,,,", "option")]
)
def test_an_own_sum_is_no_answer(tmp_path, row, column):
    answer = {"a": "3,4,", "option": ",,yes"}[column]
    answer = "3,," if "count" in row else answer
    found = told(tmp_path, row, f"so-a,1,{answer},5\nso-b,1,,,,5\nso-c,1,,,,0")
    assert found == [("W_INCOMPLETE", "sum_alone", "claims.csv", 6, column)]


def test_forty_typed_for_forty_per_cent(tmp_path):
    found = told(tmp_path, "1,,10,target(80%),,x,,,", "so-a,1,85,,,\nso-b,1,40,,,\nso-c,1,0.7,,,")
    assert found == [("W_PERCENT", "over_percent", "claims.csv", row, "a") for row in (5, 6)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,,10,target(80%),,x,,,", "over_percent_all"),
        ("1,,10,target(0.8),,x,,,", "over_percent_all"),
        ("1,,10,target(1),,x,,%,", ""),
        ('1,,10,"steps(50%:1/2, >90%:1)",,x,,,', "over_percent_all"),
        ('1,,10,"steps(<5%:1, 10%:1/2)",-1,x,,,', "over_percent_all"),
        ('1,,10,"goalposts(0%, 100%)",,x,,,', "over_percent_all"),
        ('1,,10,"target(0.8, from: 0.5)",,x,,,', "over_percent_all"),
        ('1,,10,"target(80%, least: 50%)",,x,,,', "over_percent_all"),
        ('1,,10,"linear(0%:0, 80%:1)",,x,,,', "over_percent_all"),
        ('1,,10,"linear(5%:1, 20%:0)",-1,x,,,', "over_percent_all"),
        ("1,,10,target_leader(80%),,x,,,", "over_percent_all"),
        ('1,,10,"best(target(80%); steps(50%:1/2))",,x,,,', "over_percent_all"),
        ('1,,10,"linear(1:0, 4:1)",,x,,,', ""),
        ('1,,10,"steps(1:25%, 4:1)",,x,,,', ""),
        ("1,,10,steps(0:1),-1,x,,,", ""),
        ("1,,10,target(0.5),,x,,giờ,", ""),
        ("1,,10,target(80),,x,,,", ""),
        ("1,,10,target(80),,x,,%,percent", ""),
        ("1,,10,target(1),,x,,,", ""),
    ],
)
def test_figures_above_one_under_thresholds_in_per_cent(tmp_path, row, reason):
    found = told(tmp_path, row, "so-a,1,85,,,\nso-b,1,40,,,\nso-c,1,70,,,")
    assert [f[1] for f in found] == ([reason] if reason else [])


def test_a_verdict_in_force_is_asked_too(tmp_path):
    verdicts = (
        "agency,indicator,step,stage,a,reason,decided_by\nso-a,1,1,verify,40,thin,x\nso-b,1,1,verify,0.4,thin,x\n"
    )
    found = told(tmp_path, "1,,10,target(80%),,x,,,", "so-a,1,85,,,\nso-b,1,85,,,\nso-c,1,0.7,,,", verdicts=verdicts)
    assert found == [("W_PERCENT", "over_percent", "verdicts.csv", 2, "a")]


@pytest.mark.parametrize(
    ("row", "claims", "said"),
    [
        ("1,,10,target(80),,x,,,", "so-a,1,0.85,,,\nso-b,1,0.4,,,\nso-c,1,0,,,", True),
        ('1,,10,"steps(50:1/2, 90:1)",,x,,,', "so-a,1,1,,,\nso-b,1,0.4,,,", True),
        ('1,,10,"goalposts(0, 100)",,x,,,', "so-a,1,0.85,,,\nso-b,1,0.4,,,", True),
        ('1,,10,"linear(50:0, 80:1)",,x,,,', "so-a,1,0.85,,,\nso-b,1,0.4,,,", True),
        ('1,,10,"target(80, from: 50)",,x,,,', "so-a,1,0.85,,,\nso-b,1,0.4,,,", True),
        ('1,,10,"best(target(80); steps(50:1/2))",,x,,,', "so-a,1,0.85,,,\nso-b,1,0.4,,,", True),
        ("1,,10,target(80),,x,,,", "so-a,1,0.85,,,\nso-b,1,40,,,", False),
        ('1,,10,"steps(2:1/2, 20:1)",,x,,,', "so-a,1,1,,,\nso-b,1,0,,,", False),
        ("1,,10,target(2),,x,,,", "so-a,1,0.9,,,\nso-b,1,0.4,,,", False),
    ],
)
def test_shares_under_thresholds_that_are_none(tmp_path, row, claims, said):
    found = [f for f in told(tmp_path, row, claims) if f[0] == "W_PERCENT"]
    assert [f[1] for f in found] == (["under_percent"] if said else [])


@pytest.mark.parametrize(
    ("row", "figures", "said"),
    [
        ("target(90)", "40/40 30/40", True),
        ("target(60)", "0/40 1/40", True),
        ('"steps(5:1/4, 50:1/2, 90:1)"', "40/40 30/40", True),
        ('"steps(50%:1/4, 90:1)"', "40/40 30/40", True),
        ('"goalposts(0, 100)"', "40/40 30/40", True),
        ("target(90%)", "40/40 30/40", False),
        ("target(150 %)", "40/40 30/40", False),
        ("target(1)", "40/40 30/40", False),
        ("target(90)", "41/40 30/40", False),  # a per b
        ("target(90)", "0/40 0/0", False),  # no figure that tells
        ("target(90)", "", False),
        ("ratio", "40/40 30/40", False),
    ],
)
def test_a_threshold_in_per_cent_without_its_sign_over_parts_of_a_whole(tmp_path, row, figures, said):
    claims = "\n".join(f"so-{c},1,{x.replace('/', ',')},," for c, x in zip("ab", figures.split(), strict=False))
    found = [f for f in told(tmp_path, f"1,,10,{row},,x,y,,", claims) if f[0] == "W_PERCENT"]
    assert found == ([("W_PERCENT", "under_percent_of", "indicators.csv", 3, "rule")] if said else [])
    money = told(tmp_path / "money", f"1,,10,{row},,x,y,,money", claims)
    assert not [f for f in money if f[0] == "W_PERCENT"]  # declared as a rate that may exceed 1


@pytest.mark.parametrize(
    ("row", "figures", "said"),
    [
        ("1,,10,minmax,,x,,,", "85 90 0.85 40", [(7, "lone_share")]),
        ("1,,10,target(80),,x,,%,percent", "85 90 0.85 40 0", [(7, "lone_share")]),
        ("1,,10,minmax,,x,,,", "0.8 0.9 85 0.4", [(7, "lone_percent")]),
        ("1,,10,minmax,,x,,,", "85 90 0.85 0.4", []),  # who is on which scale, nobody knows
        ("1,,10,minmax,,x,,,", "85 90 0.02 40", []),  # 2 would be none of them either
        ("1,,10,minmax,,x,,,", "85 90 0.85 400", []),  # no figures of a percentage
        ("1,,10,minmax,,x,,,", "3 2 0.85 4", []),
        ("1,,10,minmax,,x,,,money", "85 90 0.85 40", []),
        ("1,,10,ratio,,x,y,,", "85 90 0.85 40", []),
    ],
)
def test_one_figure_on_another_scale_than_all_others(tmp_path, row, figures, said):
    agencies = "agency,name_vi\n" + "".join(f"so-{c},Sở {c}\n" for c in "abcde")
    b = "100" if "ratio" in row else ""
    claims = "\n".join(f"so-{c},1,{x},{b},," for c, x in zip("abcde", figures.split(), strict=False))
    found = [f for f in told(tmp_path, row, claims, agencies) if f[0] == "W_PERCENT"]
    assert found == [("W_PERCENT", reason, "claims.csv", line, "a") for line, reason in said]


@pytest.mark.parametrize("rule", ["minmax", '"minmax(0.1, 1)"', "zscore", "rank", "percentile"])
def test_a_row_in_which_all_stand_alike(tmp_path, rule):
    row = f"1,,10,{rule},,x,,,"
    same = told(tmp_path, row, "so-a,1,5,,,\nso-b,1,5.0,,,\nso-c,1,5,,,")
    assert same == [("W_SPREAD", "no_spread", "indicators.csv", 3, "rule")]
    assert told(tmp_path / "two", row, "so-a,1,5,,,\nso-b,1,6,,,\nso-c,1,5,,,") == []
    assert told(tmp_path / "one", row, "so-a,1,5,,,") == []  # the others have still to answer


def test_one_quantity_with_two_numbers(tmp_path):
    rows = "1,,10,ratio,,x,Tổng số hộ,,\n2,,10,target(80%),,x,tổng số  hộ,,\n3,,10,ratio,,x,số người,,"
    claims = "so-a,1,3,10,,\nso-a,2,3,12,,\nso-a,3,3,40,,\nso-b,1,3,9,,\nso-b,2,3,9.0,,"
    found = told(tmp_path, rows, claims)
    assert found == [("W_DENOMINATOR", "denominator_differs", "claims.csv", 6, "b")]
    verdicts = "agency,indicator,step,stage,a,b,reason\nso-a,2,1,verify,,,\n"
    assert told(tmp_path / "judged", rows, claims, verdicts=verdicts) == []


@pytest.mark.parametrize(
    ("row", "points", "reason"),
    [
        ("1,,10,yes_no,,,,,", "-1", "self_score_low"),
        ("1,,10,yes_no,,,,,", "11", "self_score_high"),
        ("1,,10,yes_no,,,,,", "10", ""),
        ('1,,,"bonus(1, 5)",,x,,,', "6", "self_score_high"),
        ('1,,,"bonus(1, 5)",,x,,,', "-1", "self_score_low"),
        ('1,,,"penalty(1, 5)",,x,,,', "-6", "self_score_high"),
        ('1,,,"penalty(1, 5)",,x,,,', "-3", ""),
    ],
)
def test_an_own_sum_that_no_answer_can_give(tmp_path, row, points, reason):
    answer = ",,yes" if "yes_no" in row else "2,,"
    found = [f for f in told(tmp_path, row, f"so-a,1,{answer},{points}") if f[0] != "W_UNCAPPED"]
    assert found == ([("W_RANGE", reason, "claims.csv", 5, "points")] if reason else [])


def test_two_agencies_of_one_name(tmp_path):
    agencies = "agency,name_vi,name_en\nso-a,Xã Hòa Bình,Hoa Binh\nso-b,xã  Hòa Bình,Hoa Binh\nso-c,Sở C,Hoa Binh\n"
    found = told(tmp_path, "1,,10,yes_no,,,,,", "so-a,1,,,yes,", agencies)
    assert found == [
        ("W_NAME", "agency_alike", "agencies.csv", 3, "name_vi"),
        ("W_NAME", "agency_alike", "agencies.csv", 4, "name_en"),
    ]
