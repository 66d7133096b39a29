"""Wording 17, growth on last year's own figure: `growth(10%, first: 1/2)` is min((a/b - 1)/10 %, 1), not below 0.

Source: tried as a new user would, ../shared/wordings.md; every figure by hand.
"""

from fractions import Fraction

import pytest

from dxlib.case import read_case
from dxlib.case.read import check
from dxlib.errors import Refusal
from dxlib.index import evaluate
from dxlib.rules import RuleError, parse_rule
from dxlib.sheets.calculation import calculation_book
from dxlib.words import finding as worded
from tests.known.folders import GROUP, YEAR, leaf, make
from tests.sheets.test_calculation import differing, recalculated
from tests.sheets.test_gates import form_of
from tests.years.two_years import GROUP as YEARS
from tests.years.two_years import write as write_year

F = Fraction


def scores(root, rule, answers, index=None, **cells):
    case = make(root, [leaf("1", rule, 10, **cells), leaf("2", "yes_no", 10)],
                {a: {"1": x, "2": {"option": "yes"}} for a, x in answers.items()}, index)  # fmt: skip
    exact = evaluate(case)
    return dict(zip(exact.agencies, exact.columns["1"].shares, strict=True)), exact


def test_growth_by_hand(tmp_path):
    """105 after 100 is half of 10 %; 110 all of it, 300 no more; 100 and 90 nothing; 107 after 100 is 7/10."""
    given = {"u": (105, 100), "v": (110, 100), "w": (300, 100), "x": (100, 100), "y": (90, 100), "z": (107, 100)}
    found, _ = scores(tmp_path, "growth(10%)", given)
    assert list(found.values()) == [F(1, 2), 1, 1, 0, 0, F(7, 10)]


def test_a_reduction_by_hand(tmp_path):
    """A fifth less is asked for: 90 after 100 is half, 80 all, 110 nothing."""
    given = {"x": (90, 100), "y": (80, 100), "z": (110, 100), "w": (0, 100)}
    found, _ = scores(tmp_path, "growth(20%)", given, direction="-1")
    assert list(found.values()) == [F(1, 2), 1, 0, 1]


@pytest.mark.parametrize("direction", ["1", "-1"])
def test_a_first_year_earns_what_the_rule_says(tmp_path, direction):
    given = {"x": (5, 0), "y": (0, 0), "z": (5, 5)}
    for k, (first, share) in enumerate({"1/2": F(1, 2), "0": F(0), "100%": F(1), "3p": F(3, 10)}.items()):
        found, _ = scores(tmp_path / str(k), f"growth(10%, first: {first})", given, direction=direction)
        assert list(found.values()) == [share, share, 0]
    found, exact = scores(tmp_path / "e", "growth(10%, first: exempt)", given, direction=direction)
    assert list(found.values()) == [None, None, 0] and exact.columns["1"].states[:2] == ["not-applicable"] * 2
    assert exact.columns["index"].own_maxima == [10, 10, 20]


def test_without_a_word_for_a_first_year_it_is_asked_for(tmp_path):
    with pytest.raises(Refusal) as no:
        scores(tmp_path, "growth(10%)", {"x": (5, 0), "y": (5, 4)})
    (found,) = [f for f in no.value.findings if f.severity == "error"]
    assert (found.code, found.reason, found.column) == ("E_ZERO_DIVISION", "growth_first", "b")
    assert "growth(10%, first: 1/2)" in worded(found, "vi")["expected"]


def test_counts_may_grow_and_a_claim_without_last_year_is_missing(tmp_path):
    case = make(tmp_path, [leaf("1", "growth(50%)", 10, kind="count")], {"x": {"1": (3, 2)}, "y": {"1": 3}})
    assert evaluate(case).columns["1"].states == ["measured", "missing"]
    assert [f.code for f in case.findings if f.code == "W_PART"] == []


@pytest.mark.parametrize(
    "text, reason",
    [("growth", "rule_arguments"), ("growth(0)", "rule_positive"), ("growth(10)", "rule_rate"),
     ("growth(10%, 1/2)", "rule_word"), ("growth(10%, last: 1/2)", "rule_word"), ("growth(10%, first: 2)",
     "rule_share_range"), ("growth(10%, first: x)", "rule_number"), ("growth(1, 2, 3)", "rule_arguments"),
     ("grow(10%)", "rule_unknown")],
)  # fmt: skip
def test_what_is_refused(text, reason):
    with pytest.raises(RuleError) as no:
        parse_rule(text, F(10), 1, lambda word, known: "growth")
    assert no.value.reason == reason


def test_check_names_a_figure_that_last_year_has_otherwise(tmp_path):
    """x says 90, last year's verdict says 100; y says 50 as last year has it; z was not there."""
    rows = [leaf("a", "target(100)", 10)]
    write_year(tmp_path, 2021, (rows, {"x": {"a": 120}, "y": {"a": 50}}))
    step = "agency,indicator,step,stage,a,b,option,points,reason,note,decided_by,decided_on\n"
    (tmp_path / "2021" / YEARS / "verdicts.csv").write_text(
        step + "x,a,1,verify,100,,,,,,Tổ 1,\ny,a,1,verify,,,,,,,Tổ 1,\n", encoding="utf-8"
    )
    now = [leaf("1", "growth(10%, first: 1/2)", 10)]
    given = {"x": {"1": (110, 90)}, "y": {"1": (55, 50)}, "z": {"1": (5, 0)}}
    write_year(tmp_path, 2022, (now, given), "1 a redefined")
    found = [f for f in check(tmp_path, 2022) if f.code == "W_PREVIOUS"]
    assert [(f.row, f.value, f.facts["before"], f.facts["agency"]) for f in found] == [(2, "90", "100", "x")]
    for lang in ("vi", "en"):
        assert "100" in worded(found[0], lang)["what"] and "{" not in "".join(worded(found[0], lang).values())
    assert [f.code for f in check(tmp_path, 2022) if f.severity == "error"] == []


RULES = ("growth(10%, first: 1/3)", "growth(10%, first: exempt)", "growth(25%)", "growth(150%, first: 2p)")


@pytest.mark.real("libreoffice")
def test_the_calculation_and_the_form(tmp_path):
    given = {"u": (105, 100), "v": (5, 0), "w": (0, 0), "x": (111, 100), "y": (90, 100), "z": {}}
    books = {}
    for k, rule in enumerate(RULES):
        for direction in ("", "-1"):
            some = {a: x for a, x in given.items() if "first" in rule or a not in "vw"}
            for policy in ("error", "full"):
                index = {"zero_over_zero": policy, "rounding": "every-level" if k == 3 else "end"}
                name = f"{k}{direction}{policy}"
                scores(tmp_path / name, rule, some, index, direction=direction)
                case = read_case(tmp_path / name, YEAR, GROUP)
                books[name] = calculation_book(case, evaluate(case), "vi")
    found = recalculated(books, tmp_path)
    for name, book in books.items():
        assert differing(book, found[name]) == [], name


@pytest.mark.real("libreoffice")
@pytest.mark.parametrize("told, points", [((105, 100), 20), ((5, 0), 10), ((80, 100), 0)])
def test_the_form_works_it_out(tmp_path, told, points):
    rows = [leaf("1", "growth(10%, first: 1/4)", 40, source="reported"), leaf("2", "yes_no", 60, source="reported")]
    shown, _, _ = form_of(tmp_path, rows, {"1": told, "2": {"option": "yes"}})
    assert shown["1"] == pytest.approx(points)


def test_words():
    from dxlib.case.framework import Node
    from dxlib.sheets.method import in_words

    for text, direction, said in (
        ("growth(10%, first: 1/2)", 1, "Tăng từ 10\u00a0% so với năm trước: 10 điểm; tăng ít hơn tính theo tỷ lệ; không "
         "tăng: 0 điểm; năm trước chưa có số liệu (b = 0): 5 điểm"),
        ("growth(2.5%, first: exempt)", -1, "Giảm từ 2,5\u00a0% so với năm trước: 10 điểm; giảm ít hơn tính theo tỷ lệ; "
         "không giảm: 0 điểm; năm trước chưa có số liệu (b = 0): không tính"),
    ):  # fmt: skip
        rule = parse_rule(text, F(10), direction)
        node = Node("1", "", 1, (), "arithmetic", rule, F(10), F(1), True, True, True, "reported", 2)
        assert in_words(node, F(10), {}, "", "vi") == said
