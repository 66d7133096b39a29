"""One fault is one finding: what follows from it is not said, and what has nothing to do with it is said at once."""

from __future__ import annotations

import pytest

from dxlib.case import check
from tests.case.folder import INDEX, write

SET = """code,parent,name_vi,max_points,rule,direction,aggregate,source
1,,Nhận thức,60,,,,reported
1.1,1,Họp,20,"steps(1:5p, 2:20p)",,,reported
1.2,1,Hồ sơ,40,ratio,,,reported
2,,Chủ trì,40,"options(head:1, none:0)",,,reported
"""
CLAIMS = "agency,indicator,a,b,option\nso-a,1.1,4,,\nso-a,1.2,30,40,\nso-a,2,,,head\n"
CHOICES = "indicator,name,name_vi\n2,head,Trưởng\n2,none,Không\n"


def errors(tmp_path, was="", now="", index=INDEX):
    assert was in SET
    root = write(tmp_path, index=index, indicators=SET.replace(was, now), claims=CLAIMS, verdicts=None, appeals=None)
    (root / "2024/demo/choices.csv").write_text(CHOICES, encoding="utf-8")
    return [(f.reason, f.row, f.column) for f in check(root) if f.severity == "error"]


def test_the_set_itself_is_right(tmp_path):
    assert errors(tmp_path) == []


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        (",40,ratio", ",40,rato", ("rule_unknown", 4, "rule")),
        (",40,ratio", ",,rato", ("rule_unknown", 4, "rule")),
        (",40,ratio", ",40,", ("no_rule", 4, "rule")),
        (",40,ratio", ',"40,5",ratio', ("number_comma", 4, "max_points")),
        (",40,ratio", ",-40,ratio", ("cell_range", 4, "max_points")),
        (",40,ratio", ",,ratio", ("maximum_missing", 4, "max_points")),
        (',20,"steps', ',hai mươi,"steps', ("number_form", 3, "max_points")),
        (',20,"steps', ',,"steps', ("rule_points_without_maximum", 3, "rule")),
        ('20p)",,', '20p)",-,', ("integer_form", 3, "direction")),
        ('"steps(1:5p, 2:20p)",', '"steps(1:20p, 2:5p)",−1', ("integer_form", 3, "direction")),
        ('"options(head:1, none:0)"', '"option(head:1, none:0)"', ("rule_unknown", 5, "rule")),
        (",60,,,,", ",40,,,bset,", ("cell_choice", 2, "aggregate")),
        ("1.2,1,", "1.2,3,", ("parent_unknown", 4, "parent")),
    ],
)
def test_a_cause_without_its_consequences(tmp_path, was, now, expected):
    """A row whose rule is mistyped still has its 40 points: the branch does not add up to 20, nor the whole to 80."""
    index = INDEX.replace("total = 100", "total = 80") if "bset" in now else INDEX
    assert errors(tmp_path, was, now, index) == [expected]


def test_a_sum_that_is_wrong_anyway_is_said_beside_the_rule(tmp_path):
    index = INDEX.replace("total = 100", "total = 90")
    found = errors(tmp_path, ",40,ratio", ",40,rato", index)
    assert found == [("rule_unknown", 4, "rule"), ("total_sum", None, "total")]


def test_rules_are_read_where_the_tree_is_broken(tmp_path):
    found = errors(tmp_path, "1.2,1,Hồ sơ,40,ratio", "1.2,3,Hồ sơ,40,rato")
    assert found == [("parent_unknown", 4, "parent"), ("rule_unknown", 4, "rule")]


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ("cut = 0.75", "cut = 75", ["class[1].cut", "rule"]),
        ('decision = "1/QĐ-UBND"', 'decision_date = "06/12/2024"', ["decision_date", "rule"]),
        ("total = 100", 'total = "100"', ["total", "rule"]),
        ("total = 100", 'total = 10\nagregate = "worst"', ["agregate", "rule"]),
        ("year = 2024", "year 2024", ["", "rule"]),
    ],
)
def test_settings_and_tables_are_judged_at_once(tmp_path, was, now, expected):
    """The first look shows dates and cuts, and the rules too; what only follows from them is not said."""
    assert was in INDEX
    found = errors(tmp_path, ",40,ratio", ",40,rato", INDEX.replace(was, now))
    assert [column for *_, column in found] == expected


def test_nought_by_nought_follows_its_policy_where_that_can_be_read(tmp_path):
    for policy, expected in (("exemt", ["key_choice"]), ("error", ["zero_over_zero"])):
        index = f'zero_over_zero = "{policy}"\n{INDEX}'
        root = write(
            tmp_path, index=index, indicators=SET, claims=CLAIMS + "so-b,1.2,0,0,\n", verdicts=None, appeals=None
        )
        assert [f.reason for f in check(root) if f.severity == "error"] == expected


def test_a_table_that_cannot_be_read_hides_no_rule(tmp_path):
    root = write(tmp_path, indicators=SET.replace("ratio", "rato"), claims=None, verdicts=None, appeals=None)
    assert [f.reason for f in check(root) if f.severity == "error"] == ["file_missing", "rule_unknown"]


def test_who_was_gone_is_said_beside_what_else_is_wrong(tmp_path):
    root = write(tmp_path, indicators=SET.replace("ratio", "rato"), claims=CLAIMS, verdicts=None, appeals=None)
    register = (
        "agency,name_vi,level,valid_from,valid_to\nso-a,Sở A,department,2020-01-01,\nso-b,Sở B,department,2020-01-01,\n"
    )
    (root / "register.csv").write_text(register, encoding="utf-8")
    assert {"rule_unknown", "not_registered"} <= {f.reason for f in check(root)}


@pytest.mark.parametrize(("was", "now"), [("so-a,1.2,", "so-a,1.3,"), ("so-a,1.2,", "so-aa,1.2,")])
def test_a_claim_under_a_mistyped_name_leaves_no_verdict_without_one(tmp_path, was, now):
    verdicts = "agency,indicator,step,stage,a\nso-a,1.2,1,verify,20\n"
    root = write(tmp_path, indicators=SET, claims=CLAIMS.replace(was, now), verdicts=verdicts, appeals=None)
    (wrong,) = [f for f in check(root) if f.severity == "error"]
    assert (wrong.file, wrong.row) == ("2024/demo/claims.csv", 3)
    alone = write(tmp_path / "b", indicators=SET, claims=CLAIMS.replace("so-a,1.2,30,40,\n", ""), verdicts=verdicts)
    assert "verdict_without_claim" in {f.reason for f in check(alone)}
