"""Weights are relative: who names one row names its siblings. At the door, in a file, at the command line."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

from dxlib.case import check, read_case, read_scenario
from dxlib.cli import main
from dxlib.errors import Refusal
from dxlib.words import finding
from tests.case.folder import INDEX, write

PILLARS = {"1": 80, "2": 70, "3": 120, "4": 30}
SET = "code,parent,max_points,rule\n" + "".join(f"{c},,{m},yes_no\n" for c, m in PILLARS.items()) + "5,,,bonus(1)\n"
CLAIMS = "agency,indicator,option\nso-a,1,yes\nso-b,2,yes\n001,3,yes\n001,4,yes\n"


def given(tmp_path, scenario=""):
    index = INDEX.replace("total = 100", f"total = {sum(PILLARS.values())}")
    root = write(tmp_path, index=index, indicators=SET, claims=CLAIMS, verdicts=None, appeals=None)
    if scenario:
        (root / "2024/demo/scenarios.toml").write_text(f"[s]\n{scenario}\n", encoding="utf-8")
    return root


def refused(case, **changes):
    with pytest.raises(Refusal) as refusal:
        case.with_changes(**changes)
    return [f for f in refusal.value.findings if f.severity == "error"]


def parts(case):
    return case.framework.global_weights()


def test_some_of_the_siblings_are_refused_with_the_weights_of_all(tmp_path):
    """The others would keep 120 and 30 of points beside 2 and 1: both rows would all but vanish."""
    (error,) = refused(read_case(given(tmp_path), 2024, "demo"), weights={"1": 2, "2": 1})
    assert (error.code, error.reason, error.value) == ("E_WEIGHTS", "weights_some", "1, 2")
    assert error.facts["lacking"] == "3, 4"
    assert error.facts["official"] == '"1" = 80, "2" = 70, "3" = 120, "4" = 30'
    assert all('"3" = 120' in finding(error, lang)["expected"] for lang in ("vi", "en"))


def test_all_siblings_stand_in_the_ratio_that_was_written(tmp_path):
    case = read_case(given(tmp_path), 2024, "demo")
    assert parts(case.with_changes(weights=dict.fromkeys(PILLARS, 1))) == dict.fromkeys(PILLARS, Fraction(1, 4))
    doubled = case.with_changes(weights={**PILLARS, "1": 160})
    assert parts(doubled)["1"] == Fraction(160, 380)
    assert parts(case.with_changes(weights={"1": 2, "2": 1, "4": 1}, drop=["3"]))["1"] == Fraction(1, 2)


def test_a_row_that_counts_nothing_need_not_be_named_and_cannot_be_weighed(tmp_path):
    case = read_case(given(tmp_path), 2024, "demo")
    idle = case.with_changes(weights={**PILLARS, "3": 0})
    assert parts(idle.with_changes(weights={"1": 1, "2": 1, "4": 1}))["3"] == 0
    for weights, drop in (({**PILLARS, "5": 1}, []), (PILLARS, ["2"])):
        assert {f.reason for f in refused(case, weights=weights, drop=drop)} == {"weights_idle"}


def test_siblings_are_those_of_one_branch(tmp_path):
    case = read_case(write(tmp_path), 2024, "demo")
    assert parts(case.with_changes(weights={"1.1": 1, "1.10": 1}))["1.1"] == Fraction(3, 10)
    (error,) = refused(case, weights={"1.1": 1, "1": 60, "2": 40})
    assert (error.facts["parent"], error.facts["lacking"]) == ("1", "1.10")


def test_a_part_that_changes_by_more_than_half_is_named(tmp_path):
    """Of 300 points: 80 (26.7 %) to 25 % and 70 (23.3 %) to 25 % are little, 120 (40 %) to 25 % too, 30 (10 %) not."""
    case = read_case(given(tmp_path), 2024, "demo")
    (warning,) = [f for f in case.with_changes(weights=dict.fromkeys(PILLARS, 1)).findings if f.code == "W_WEIGHT"]
    assert (warning.value, warning.facts["before"], warning.facts["after"]) == ("4", "10", "25")
    half = case.with_changes(weights={"1": 80, "2": 70, "3": 60, "4": 90})  # 40 % to 20 %: just half
    assert [f.value for f in half.findings if f.code == "W_WEIGHT"] == ["4"]
    left_out = case.with_changes(weights={"1": 80, "2": 70, "4": 30}, drop=["3"])
    assert not [f for f in left_out.findings if f.code == "W_WEIGHT"]  # grown by the row left out, not by a weight


def test_the_command_line_says_it_and_check_too(tmp_path, capsys):
    root = given(tmp_path, 'weights = {"1" = 1, "2" = 1, "3" = 1, "4" = 1}')
    assert main(["score", "2024", "demo", "--on", "claimed", "--scenario", "s", "--data", str(root)]) == 0
    assert "10 % thành 25 %" in capsys.readouterr().err
    assert main(["compare", "2024", "demo", "--to-scenario", "s", "--data", str(root)]) == 0
    assert capsys.readouterr().err.count("W_WEIGHT") == 1
    found = [f for f in check(root) if f.code == "W_WEIGHT"]
    assert [(f.file, f.column, f.value) for f in found] == [("2024/demo/scenarios.toml", "s: weights", "4")]


def test_a_file_that_names_some_is_refused_by_name(tmp_path):
    root = given(tmp_path, 'weights = {"1" = 2, "2" = 1}')
    with pytest.raises(Refusal) as refusal:
        read_scenario(root, read_case(root, 2024, "demo"), "s")
    (error,) = [f for f in refusal.value.findings if f.severity == "error"]
    assert (error.reason, error.file, error.column) == ("weights_some", "2024/demo/scenarios.toml", "s: weights")
    assert [f.reason for f in check(root) if f.severity == "error"] == ["weights_some"]


@pytest.mark.parametrize("manual", ["analyst.md", "phan-tich.md"])
def test_the_manuals_example_does_what_it_says(manual):
    root = Path(__file__).resolve().parents[2]
    case = read_case(root / "data", 2024, "communes")
    (line,) = re.findall(r"^heavier = (case\.with_changes\(.*\))$", (root / "docs" / manual).read_text("utf-8"), re.M)
    heavier = eval(line, {"case": case}).framework.nodes
    official = case.framework.nodes
    tops = [node.code for node in case.framework.siblings(case.framework.tops)]
    assert {c: heavier[c].weight / official[c].weight for c in tops} == {c: 1 + (c == "1") for c in tops}
