"""Who adds a shape of a rule writes one class: everything asks it, and refuses by name the face that it lacks."""

from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from random import Random

import pytest

from dxlib.case import check, read_case
from dxlib.cli import main
from dxlib.errors import Refusal
from dxlib.index import evaluate, score
from dxlib.index.floats import leaf_shares
from dxlib.rules import SHAPES, Figure, Places, Rule, Telling, exactly
from dxlib.sample import answers
from dxlib.sample.sets import index_set
from dxlib.sheets.book import at
from dxlib.sheets.calculation import calculation_book
from dxlib.sheets.form import CLAIM_COLUMNS, claim_form
from dxlib.sheets.self_score import self_score
from dxlib.show import method
from dxlib.words import catalogue, finding
from tests.backtest.contract_folder import write_folder
from tests.sheets.desk import Desk, resaved
from tests.sheets.test_calculation import differing, grids, recalculated

HALF, QUARTER = Fraction(1, 2), Fraction(1, 4)


@dataclass(frozen=True)
class Bare(Figure):
    """A shape that nobody finished: it can be scored, and nothing else."""

    name, of_whole = "bare", True

    def share(self, value):
        return min(value, Fraction(1)) ** 2


@dataclass(frozen=True)
class Square(Bare):
    """`square`: min(a/b, 1) times itself."""

    name = "square"

    def in_words(self, tell):
        return tell.say("sheet.method.square", points=tell.points(Fraction(1)))

    def points_formula(self, scale, at):
        return f"MIN({at.value},1)*MIN({at.value},1)*({exactly(scale)})"

    def plausible_quotient(self, share):
        return sqrt(share)


@pytest.fixture
def shapes(monkeypatch):
    for shape in (Bare, Square):
        monkeypatch.setitem(SHAPES, shape.name, shape)
    said = {"sheet.method.square": "a chia b, nhân với chính nó, nhân {points}", "rule.square.name": "Bình phương"}
    for key, words in {**said, "rule.square.how": "bình phương của tỷ lệ"}.items():
        monkeypatch.setitem(catalogue("vi"), key, words)


def folder(root, rule):
    """Two rows of ten points, one of them of this rule; one agency has 5 of 10, the other 9 of 8."""
    row = {"parent": "", "max_points": "10", "source": "reported", "a_vi": "số", "b_vi": "tổng"}
    rows = [{**row, "code": code, "rule": text, "name_vi": text} for code, text in (("1", rule), ("2", "ratio"))]
    given = (("m", "1", "5", "10"), ("m", "2", "5", "10"), ("n", "1", "9", "8"), ("n", "2", "1", "8"))
    claims = [dict(zip(("agency", "indicator", "a", "b"), cells, strict=True)) for cells in given]
    claims = [row | {"option": "", "points": "", "submitted_by": "x"} for row in claims]
    tables = {"indicators": rows, "agencies": [{"agency": "m"}, {"agency": "n"}], "claims": claims}
    write_folder(root, 2024, "demo", {"title": {"vi": "Thử"}, "total": 20}, tables)
    return root


@pytest.fixture
def squared(shapes, tmp_path):
    root = folder(tmp_path / "data", "square")
    return root, read_case(root, 2024, "demo")


def test_it_is_checked_and_scored(squared):
    root, case = squared
    assert {(f.code, f.reason, f.row) for f in check(root) if f.severity == "error" or f.column == "a"} == {
        ("W_PART", "part_clipped", 4)  # 9 of 8
    }
    table = score(case, "claimed").set_index(["agency", "node"])["points"]
    assert table["m", "1"] == 2.5 and table["m", "2"] == 5 and table["n", "1"] == 10 and table["m", "index"] == 7.5


def test_both_faces_agree(squared):
    assert leaf_shares(squared[1], "claimed").x.tolist() == [[0.25, 0.5], [1.0, 0.125]]
    assert Square().exact([Fraction(0), HALF, Fraction(9, 8), None]) == [0, QUARTER, 1, None]


def test_it_is_said_in_words(squared):
    _, case = squared
    assert Desk(squared[0], case, "demo").words.methods["1"] == "a chia b, nhân với chính nó, nhân 10 điểm"
    assert method.rules(case, "vi").rows[0][:2] == ("Bình phương", "bình phương của tỷ lệ")


def points_cell(desk):
    """(the cell of the points of row 1, its address)"""
    (sheet, *_) = claim_form(desk.words, desk.people["m"]).sheets
    line = next(row for (row, column), cell in sheet.cells.items() if column == 0 and cell.value == "1")
    place = line, CLAIM_COLUMNS.index("points")
    return sheet.cells[place], place


def test_the_form_has_its_formula_and_the_self_score_follows(squared):
    root, case = squared
    desk = Desk(root, case, "demo")
    cell, (line, _) = points_cell(desk)
    a, b = (at(line, CLAIM_COLUMNS.index(column)) for column in "ab")
    assert f"MIN({a}/{b},1)*MIN({a}/{b},1)*(10)" in cell.formula
    claim = {"a": "5", "b": "10", "option": "", "points": ""}
    assert self_score(claim, case, desk.words, "1") == Fraction(5, 2)


@pytest.mark.real("libreoffice")
def test_a_spreadsheet_works_out_form_and_calculation(squared, tmp_path):
    root, case = squared
    desk = Desk(root, case, "demo")
    (tmp_path / "m.xlsx").write_bytes(desk.form("m"))
    back = grids(resaved([tmp_path / "m.xlsx"], tmp_path)[0])
    assert next(iter(back.values()))[points_cell(desk)[1]] == pytest.approx(2.5)
    book = calculation_book(case, evaluate(case, "claimed"))
    found = recalculated({"calculation": book}, tmp_path)["calculation"]
    assert differing(book, found) == []
    squares = {
        found[sheet.title][place]
        for sheet in book.sheets
        for place, cell in sheet.cells.items()
        if cell.formula and "*MIN(" in cell.formula
    }
    assert squares == {0.25, 1}


def test_the_sample_answers_it(shapes):
    row = next(row for row in index_set("departments", "2024") if row["rule"] == "ratio" and not row["direction"])
    row = row | {"rule": "square"}
    for wanted in (0.1, 0.5, 0.9):
        given = answers.answer(row, "departments", wanted, {}, 50.0, Random(1))
        points = answers.own_points(row, given)
        assert float(points / Fraction(row["max_points"])) == pytest.approx(wanted, abs=0.1)


def test_a_shape_without_a_formula_is_refused_by_name(shapes, tmp_path, capsys):
    root = folder(tmp_path / "data", "bare")
    case = read_case(root, 2024, "demo")
    assert score(case, "claimed").set_index(["agency", "node"])["points"]["m", "1"] == 2.5
    with pytest.raises(Refusal) as refused:
        calculation_book(case, evaluate(case, "claimed"))
    (found,) = refused.value.findings
    assert (found.code, found.reason, found.value) == ("E_RULE", "rule_face", "bare")
    assert main(["forms", "--data", str(root), "2024", "demo", "-o", str(tmp_path / "forms")]) != 0
    assert "bare" in capsys.readouterr().err and not (tmp_path / "forms").exists()


def test_every_face_that_a_shape_lacks_is_named():
    random, at, answer = Random(1), Places(), {"a": "1", "b": "2", "option": "", "points": ""}
    tell = Telling(str, str, str, str, {}, "")
    asked = {
        "read": (answer,), "share": (HALF,), "in_words": (tell,), "lines": (tell,),
        "points_formula": (HALF, at), "part_formula": (HALF, HALF, "", "", ""), "value_formula": ("", "", "", ""),
        "plausible": (0.5, random), "plausible_quotient": (0.5,), "plausible_amount": (0.5, 1.0, random),
        "top": (answer,), "lower": (answer, random),
    }  # fmt: skip

    @dataclass(frozen=True)
    class Empty(Rule):
        name = "empty"

    for face, arguments in asked.items():
        with pytest.raises(Refusal) as refused:
            getattr(Empty(), face)(*arguments)
        (found,) = refused.value.findings
        assert (found.reason, found.facts) == ("rule_face", {"part": "empty", "face": face})
        assert face in finding(found, "vi")["what"] and "empty" in finding(found, "en")["what"]
