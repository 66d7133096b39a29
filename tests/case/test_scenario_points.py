"""Points that a scenario changes: at the door, at the command line, and what is refused."""

from __future__ import annotations

import csv
import io
from fractions import Fraction

import pytest

from dxlib.case import check, read_case, read_scenario
from dxlib.cli import main
from dxlib.errors import Refusal
from dxlib.words import finding
from tests.case.folder import write


def folder(tmp_path, scenario: str, **tables):
    root = write(tmp_path, **tables)
    (root / "2024/demo/scenarios.toml").write_text(f"[s]\n{scenario}\n", encoding="utf-8")
    return root


@pytest.mark.parametrize(
    ("scenario", "reason", "column"),
    [
        ('points = {"so-x" = {"1.1" = 2}}', "points_agency", "s: points"),
        ('points = {"so-a" = {"9" = 2}}', "points_row", "s: points.so-a"),
        ('points = {"so-a" = {"1" = 2}}', "points_row", "s: points.so-a"),
        ('points = {"so-a" = {"1.1" = 20.5}}', "points_range", "s: points.so-a.1.1"),
        ('points = {"so-a" = {"1.1" = -1}}', "points_form", "s: points.so-a"),
        ('points = {"so-a" = {"1.1" = "2"}}', "points_form", "s.points.so-a"),
        ('points = {"so-a" = {"1.1" = true}}', "points_form", "s.points.so-a"),
        ('points = {"so-a" = 2}', "scenario_form", "s.points.so-a"),
        ("points = [2]", "scenario_form", "s.points"),
        ("points = {}", "scenario_same", "s"),
    ],
)
def test_what_cannot_be_edited_is_named(tmp_path, scenario, reason, column):
    root = folder(tmp_path, scenario)
    with pytest.raises(Refusal) as refused:
        read_scenario(root, read_case(root, 2024, "demo"), "s")
    errors = [f for f in refused.value.findings if f.severity == "error"]
    assert [(f.reason, f.column, f.row) for f in errors] == [(reason, column, None)]
    assert [(f.reason, f.column) for f in check(root) if f.severity == "error"] == [(reason, column)]
    assert all("{" not in said for lang in ("vi", "en") for said in finding(errors[0], lang).values())


@pytest.mark.parametrize("given", [float("nan"), float("inf"), None, Fraction(1, 3), "4,5", ""])
def test_points_of_a_program_are_checked_alike(tmp_path, given):
    case = read_case(write(tmp_path), 2024, "demo")
    with pytest.raises(Refusal) as refused:
        case.with_changes(points={"so-a": {"1.1": given}})
    assert {f.reason for f in refused.value.findings if f.severity == "error"} <= {"points_form", "number_comma"}
    assert case.with_changes(points={"so-a": {"1.1": 7.25}}).edited == {("so-a", "1.1"): Fraction(29, 4)}


def said(capsys, *arguments: str) -> tuple[int, list[dict[str, str]], str]:
    code = main(list(arguments))
    out, err = capsys.readouterr()
    return code, list(csv.DictReader(io.StringIO(out))), err


def test_score_and_compare_count_them_and_say_so(tmp_path, capsys):
    root = folder(tmp_path, 'points = {"so-a" = {"1.1" = 7.25}}')
    data = ["2024", "demo", "--data", str(root)]
    code, rows, err = said(capsys, "score", *data, "--scenario", "s", "--on", "current")
    cell = next(row for row in rows if (row["agency"], row["node"]) == ("so-a", "1.1"))
    assert code == 0 and float(cell["points"]) == 7.25 and all(row["mark"] for row in rows)
    assert "so-a 1.1 = 7.25" in err
    code, plain, err = said(capsys, "score", *data, "--on", "current")
    assert code == 0 and "mark" not in plain[0] and "7.25" not in err
    index = [next(r["score"] for r in t if (r["agency"], r["node"]) == ("so-a", "index")) for t in (plain, rows)]
    assert index[0] != index[1]
    code, moved, err = said(capsys, "compare", *data, "--on", "current", "--to-scenario", "s")
    assert all(row["mark"] for row in moved) and "so-a 1.1 = 7.25" in err
    change = next(float(row["score_change"]) for row in moved if row["agency"] == "so-a")
    assert change == pytest.approx(float(index[1]) - float(index[0]))
    code, _, err = said(capsys, "score", *data, "--scenario", "s", "--on", "claimed")
    assert code == 1 and "E_SCENARIO" in err


def test_points_need_verdicts(tmp_path):
    root = folder(tmp_path, 'points = {"so-a" = {"1.1" = 7.25}}', verdicts=None, appeals=None)
    assert [f.reason for f in check(root) if f.severity == "error"] == ["points_unverified"]
