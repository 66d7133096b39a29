"""Every shape goes the whole way: one row for each of its examples, answered, checked, asked, scored, worked out anew."""

from fractions import Fraction
from random import Random

import pytest

from dxlib.case import check, read_case
from dxlib.index import evaluate, score
from dxlib.languages import LANGUAGES
from dxlib.rules import SHAPES, parse_rule
from dxlib.sheets.calculation import calculation_book
from dxlib.sheets.form import claim_form
from dxlib.sheets.self_score import self_score
from dxlib.show import method
from tests.backtest.contract_folder import write_folder
from tests.sheets.desk import Desk
from tests.sheets.test_calculation import differing, recalculated

MAXIMUM, BASE = 20, 40
TEXTS = [text for shape in SHAPES.values() for text in shape.examples or (shape.name,)]
RULES = {f"{n}": parse_rule(text, Fraction(MAXIMUM)) for n, text in enumerate(TEXTS, start=1)}
CLAIM = ("agency", "indicator", "a", "b", "option", "points", "submitted_by")


def row(code, text):
    rule = RULES[code]
    figures = {"a_vi": "số" if "a" in rule.reads else "", "b_vi": "tổng" if "b" in rule.reads else ""}
    points = str(MAXIMUM) if rule.role == "score" else ""
    return {
        "code": code,
        "parent": "",
        "name_vi": text,
        "rule": text,
        "max_points": points,
        "source": "reported",
    } | figures


def answer(rule, share, rng):
    if "a" not in rule.reads:
        return rule.plausible(share, rng) if rule.reads else {"a": "1"}
    if "option" in rule.reads:
        return rule.plausible(share, rng) | {"a": str(round(rule.plausible_amount(share, BASE, rng)))}
    if "b" in rule.reads:
        return {"a": str(round(rule.plausible_quotient(share) * BASE)), "b": str(BASE)}
    return {"a": str(round(rule.plausible_amount(share, BASE, rng)))}


@pytest.fixture(scope="module")
def tried(tmp_path_factory):
    """(folder, its case): three agencies, of which the first does well and the last does not."""
    root, rng = tmp_path_factory.mktemp("shapes"), Random(1)
    claims = [
        dict.fromkeys(CLAIM, "") | {"agency": agency, "indicator": code, "submitted_by": "x"} | answer(rule, share, rng)
        for agency, share in (("a", 0.9), ("b", 0.5), ("c", 0.1))
        for code, rule in RULES.items()
    ]
    rows = [row(code, text) for code, text in zip(RULES, TEXTS, strict=True)]
    tables = {"indicators": rows, "agencies": [{"agency": agency} for agency in "abc"], "claims": claims}
    total = sum(MAXIMUM for rule in RULES.values() if rule.role == "score")
    write_folder(root, 2024, "demo", {"title": {"vi": "Thử"}, "total": total}, tables)
    return root, read_case(root, 2024, "demo")


def test_it_is_taken(tried):
    assert [f for f in check(tried[0]) if f.severity == "error"] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_is_told(tried, lang):
    told = method.rules(tried[1], lang).rows
    assert len({cells[0] for cells in told}) == len(SHAPES) and all(cells[1] for cells in told)
    assert all(Desk(*tried, "demo", lang).words.methods[code] for code in RULES)


def test_a_form_asks_it_and_its_self_score_is_the_score(tried):
    _, case = tried
    desk = Desk(*tried, "demo")
    (sheet, *_) = claim_form(desk.words, desk.people["a"]).sheets
    assert {cell.value for (_, column), cell in sheet.cells.items() if column == 0} >= set(RULES)
    points = score(case, "claimed").set_index(["agency", "node"])["points"]
    for claim in case.claims.to_dict("records"):
        code = claim["indicator"]
        if RULES[code].role != "none" and not RULES[code].group:
            assert float(self_score(claim, case, desk.words, code)) == pytest.approx(
                points[claim["agency"], code], abs=0.005
            )


@pytest.mark.real("libreoffice")
def test_a_spreadsheet_works_it_out(tried, tmp_path):
    book = calculation_book(tried[1], evaluate(tried[1], "claimed"))
    assert differing(book, recalculated({"calculation": book}, tmp_path)["calculation"]) == []
