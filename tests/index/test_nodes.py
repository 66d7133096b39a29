"""Nodes that real indices need: products, complements, indices made of indices, two-sided classes, shifted logarithms.

Everything through the front door, worked out on paper.
"""

from fractions import Fraction as F

import pytest

from dxlib.case import read_case
from dxlib.errors import Refusal
from dxlib.index import evaluate, provisional
from tests.backtest.contract_folder import write_folder
from tests.known.folders import YEAR, classes, leaf, make, pillar, rows_of, square


def shares(case, code="index"):
    return evaluate(case).columns[code].shares


def row(code, parent=""):
    """A figure from 0 to 1 that is its own share."""
    return leaf(code, "goalposts(0, 1)", parent=parent)


def test_a_product_and_a_complement(tmp_path):
    """Risk = exposure x vulnerability, vulnerability = mean of susceptibility and of what coping lacks:
    0.6 x (0.5 + (1 - 0.8))/2 = 0.21."""
    rows = [row("1"), pillar("2"), row("2.1", "2"), pillar("2.2", "2", aggregate="complement"), row("2.2.1", "2.2")]
    case = make(tmp_path, rows, {"x": {"1": "0.6", "2.1": "0.5", "2.2.1": "0.8"}}, {"aggregate": "product"})
    assert shares(case) == [F(21, 100)]
    assert [shares(case, code) for code in ("2", "2.2")] == [[F(7, 20)], [F(1, 5)]]
    assert [(f.code, f.value) for f in case.findings] == [("W_COMPLEMENT", "2.2")]
    assert not case.with_changes(policies={"missing": "exclude"}).findings


def test_a_factor_that_is_missing_leaves_the_others(tmp_path):
    rows = [row("1"), row("2"), row("3")]
    answers = {"x": {"1": "0.5", "2": "0.5", "3": "0.5"}, "y": {"1": "0.5"}}
    assert shares(make(tmp_path / "a", rows, answers, {"aggregate": "product"})) == [F(1, 8), 0]
    assert shares(make(tmp_path / "b", rows, answers, {"aggregate": "product", "missing": "exclude"})) == [
        F(1, 8),
        F(1, 2),
    ]


@pytest.mark.parametrize("aggregate", ["product", "complement"])
def test_no_z_score_is_multiplied_or_complemented(aggregate, tmp_path):
    with pytest.raises(Refusal) as refused:
        make(
            tmp_path,
            [leaf("1", "zscore"), row("2")],
            {"x": {"1": 1, "2": "0.5"}, "y": {"1": 3, "2": 1}},
            {"aggregate": aggregate},
        )
    assert [f.reason for f in refused.value.findings if f.severity == "error"] == ["negative_rule"]


def test_logarithms_of_shifted_values(tmp_path):
    """0, 1, 3 and 7 on ln(x + 1) from 0 to 7: no, one, two and three doublings of three."""
    case = make(
        tmp_path,
        [leaf("1", "goalposts(0, 7, log+1)")],
        {a: {"1": x} for a, x in zip("abcd", (0, 1, 3, 7), strict=True)},
    )
    assert rows_of(case)["score"].tolist() == [0, 0.333333333333, 0.666666666667, 1]
    with pytest.raises(Refusal) as refused:
        make(tmp_path / "low", [leaf("1", "goalposts(0, 7, log+1, unclipped)")], {"x": {"1": -1}})
    assert [(f.code, f.facts["least"]) for f in refused.value.findings] == [("E_RANGE", "-1")]


def parity(*widths, closed=True):
    names = [{"name": {"vi": f"Nhóm {i}", "en": f"Group {i}"}} for i in range(1, len(widths) + 2)]
    return [{**name, "within": w, "includes_cut": closed} for name, w in zip(names, widths, strict=False)] + names[-1:]


@pytest.mark.parametrize("closed, expected", [(True, [3, 2, 1, 1, 1, 2, 3]), (False, [3, 3, 2, 1, 2, 3, 3])])
def test_classes_by_distance_from_parity(closed, expected, tmp_path):
    """0.9, 0.95, 0.975, 1, 1.025, 1.05 and 1.1 under 2.5 % and 5 %, with and without the edges; ranks stay by share."""
    values = ["0.9", "0.95", "0.975", "1", "1.025", "1.05", "1.1"]
    answers = {f"a{i}": {"1": value} for i, value in enumerate(values)}
    case = make(
        tmp_path, [leaf("1", "goalposts(0, 1, unclipped)")], answers, {"class": parity(0.025, 0.05, closed=closed)}
    )
    found = rows_of(case)
    assert found["class"].tolist() == expected
    assert found["rank"].tolist() == [7, 6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize("wrong, reason", [
    ([*parity(0.05, 0.025)], "within_order"),
    ([*parity(0.025)[:1], *classes(0)], "within_mixed"),
    ([*parity(0.025)[:1]], "within_mixed"),
    ([{"name": {"vi": "A", "en": "A"}}, *classes(0)], "key_missing"),
])  # fmt: skip
def test_classes_are_cuts_or_distances(wrong, reason, tmp_path):
    with pytest.raises(Refusal) as refused:
        make(tmp_path, [row("1")], {"x": {"1": 1}}, {"class": wrong})
    assert reason in [f.reason for f in refused.value.findings]


def test_a_weight_may_be_a_fraction(tmp_path):
    rows = [{**row(code), "weight": w} for code, w in (("1", "1/3"), ("2", "1/6"), ("3", "0.5"))]
    case = make(tmp_path, rows, {"x": {"1": 1, "2": 0, "3": 0}})
    assert shares(case) == [F(1, 3)]
    assert shares(case.with_changes(weights={"1": F(2, 7), "2": "1/7", "3": F(4, 7)})) == [F(2, 7)]


@pytest.mark.parametrize("weight", ["1/0", "1/", "/3", "1/3/2", "-1/3", "1,5", "a"])
def test_a_weight_that_is_none(weight, tmp_path):
    rows = [{**row("1"), "weight": weight}, {**row("2"), "weight": 1}]
    with pytest.raises(Refusal) as refused:
        make(tmp_path, rows, {"x": {"1": 1, "2": 0}})
    assert {
        (f.file.split("/")[-1], f.row, f.column) for f in refused.value.findings if f.code in ("E_NUMBER", "E_RANGE")
    } == {("indicators.csv", 2, "weight")}


def folder(root, group, indicators, answers, **tables):
    """One more folder of the same year."""
    claims = [{"agency": a, "indicator": c, "a": x} for a, of in answers.items() for c, x in of.items()]
    held = {
        "indicators": indicators,
        "agencies": [{"agency": a} for a in tables.pop("agencies", answers)],
        "claims": claims,
    }
    settings = {"title": {"vi": group, "en": group}, **tables.pop("index", {})}
    write_folder(root, YEAR, group, settings, {name: square(rows) for name, rows in {**held, **tables}.items()})
    return lambda: read_case(root, YEAR, group)


def parts(root, **tables):
    """Two finished indices: 0.8 and 0.4 for x, 0.5 and 0.5 for y; row 1.1 of the first is 0.9 and 0.5."""
    rows = [pillar("1"), row("1.1", "1"), row("2")]
    folder(root, "women", rows, {"x": {"1.1": "0.9", "2": "0.7"}, "y": {"1.1": "0.5", "2": "0.5"}})
    folder(root, "men", [row("1")], {"x": {"1": "0.4"}, "y": {"1": "0.5"}}, **tables)


def taking(rule, **cells):
    return leaf("1", rule, **cells)


def test_an_index_made_of_finished_indices(tmp_path):
    """The ratio of two of them, 2 and 1; a row of one as it is."""
    parts(tmp_path)
    both = folder(
        tmp_path, "gap", [taking("goalposts(0, 1, unclipped)", a_from="women", b_from="men")], {}, agencies="xy"
    )
    assert shares(both()) == [2, 1]
    (tmp_path / "2025" / "gap" / "claims.csv").unlink()
    assert shares(both()) == [2, 1] and both().findings == ()
    assert "2025/women/claims.csv" in both().digests and "2025/men/index.toml" in both().digests
    one = folder(
        tmp_path,
        "one",
        [taking("ratio", a_from="women/1.1", b_from="women"), row("2")],
        {"x": {"2": 1}},
        agencies="xyz",
    )
    assert shares(one(), "1") == [1, 1, 0]  # 0.9/0.8 and 0.5/0.5; z is not assessed there
    assert [f.code for f in one().findings] == ["W_TAKEN", "W_TAKEN"]
    assert shares(one().with_changes(weights={"1": 1, "2": 3})) == [1, F(1, 4), 0]


def test_what_is_not_finished_there_is_not_finished_here(tmp_path):
    verdicts = [{"agency": "x", "indicator": "1", "step": 1, "stage": "verify"}]
    parts(tmp_path, verdicts=verdicts)
    case = folder(
        tmp_path, "gap", [taking("goalposts(0, 1, unclipped)", a_from="women", b_from="men")], {}, agencies="xy"
    )()
    assert shares(case) == [2, None] and provisional(case)
    assert shares(case, "1") == [2, None]
    assert evaluate(case).columns["index"].states == ["measured", "not-verified"]
    assert evaluate(case, "current").columns["index"].shares == [2, 1]


WRONG = {
    "not there": ({"a_from": "nobody"}, "goalposts(0, 1)", "taken_refused"),
    "no such row": ({"a_from": "women/7"}, "goalposts(0, 1)", "reference_unknown"),
    "itself": ({"a_from": "here"}, "goalposts(0, 1)", "taken_circle"),
    "b without a": ({"b_from": "women"}, "ratio", "taken_place"),
    "no b": ({"a_from": "women"}, "ratio", "taken_rule"),
    "a count": ({"a_from": "women"}, "bonus(1)", "taken_rule"),
    "an option": ({"a_from": "women"}, "yes_no", "taken_rule"),
    "reported": ({"a_from": "women", "source": "reported"}, "goalposts(0, 1)", "taken_place"),
}


@pytest.mark.parametrize("cells, rule, reason", WRONG.values(), ids=WRONG)
def test_results_that_cannot_be_taken(cells, rule, reason, tmp_path):
    parts(tmp_path)
    with pytest.raises(Refusal) as refused:
        folder(tmp_path, "here", [taking(rule, **cells), row("2")], {"x": {"2": 1}})()
    assert [f.reason for f in refused.value.findings if f.severity == "error"] == [reason]


def test_two_indices_that_take_each_other(tmp_path):
    folder(tmp_path, "a", [taking("goalposts(0, 1)", a_from="b")], {}, agencies="x")
    case = folder(tmp_path, "b", [taking("goalposts(0, 1)", a_from="a")], {}, agencies="x")
    with pytest.raises(Refusal) as refused:
        case()
    (finding,) = (f for f in refused.value.findings if f.severity == "error")
    assert finding.reason == "taken_refused" and finding.facts["place"] == "2025/a"


def test_nobody_answers_a_row_that_is_taken(tmp_path):
    parts(tmp_path)
    with pytest.raises(Refusal) as refused:
        folder(tmp_path, "here", [taking("goalposts(0, 1)", a_from="men")], {"x": {"1": "0.3"}})()
    assert [f.reason for f in refused.value.findings] == ["claim_on_taken"]
