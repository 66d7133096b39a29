"""The self score that a file shows against the one that its answers give."""

import datetime
from dataclasses import replace

import pytest

from dxlib.index import evaluate
from dxlib.sheets import intake
from dxlib.sheets.book import at, filled
from dxlib.sheets.form import CLAIM_COLUMNS, claim_form
from dxlib.sheets.write import write
from dxlib.words import LANGUAGES
from dxlib.words import finding as worded
from tests.sheets.desk import Desk, before_claims

IN_TIME = datetime.date(2025, 1, 15)
POINTS = CLAIM_COLUMNS.index("points")


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path / "data", before_claims(tmp_path / "data"))


def by_rule(desk, agency):
    """row -> points of its claim, of the rows that a form can work out."""
    exact = evaluate(desk.full, "claimed")
    i = exact.agencies.index(agency)
    found = {}
    for node in desk.full.framework.leaves:
        column = exact.columns.get(node.code) if node.role == "score" else exact.extra.get(node.code)
        if node.source == "reported" and column is not None and column.states[i] == "claimed":
            found[node.code] = float(column.shares[i] * (node.maximum if node.role == "score" else 1))
    return found


def saved(desk, agency, shown):
    """The form filled in, its formulas saved with these values; and row -> where its self score stands."""
    book = filled(claim_form(desk.words, desk.people[agency]), desk.typed(agency))
    main, *others = book.sheets
    cells, places = dict(main.cells), {}
    for (row, column), cell in main.cells.items():
        code = main.cells.get((row, 0))
        if column == POINTS and cell.formula and code is not None and code.value in shown:
            cells[row, column] = replace(cell, value=shown[code.value])
            places[code.value] = f"{main.title}!{at(row, column)}"
    return write(replace(book, sheets=(replace(main, cells=cells), *others))), places


def take(desk, tmp_path, data):
    (tmp_path / "form.xlsx").write_bytes(data)
    return intake(desk.root, 2024, "departments", [tmp_path / "form.xlsx"], received=IN_TIME)


def test_a_self_score_that_does_not_follow_from_the_answers_is_said_and_the_form_is_taken(desk, tmp_path):
    agency = next(iter(desk.people))
    right = by_rule(desk, agency)
    data, places = saved(desk, agency, right)
    high = next(code for code in places if right[code] > 0)
    data, _ = saved(desk, agency, right | {high: right[high] + 0.5})
    out = take(desk, tmp_path, data)
    assert out.written
    (found,) = out.findings
    assert (found.code, found.severity, found.column) == ("W_SELF_SCORE", "warning", places[high])
    assert found.facts == {"code": high, "rule": f"{right[high]:.3f}"} and found.value == f"{right[high] + 0.5:.3f}"
    for lang in LANGUAGES:
        assert high in worded(found, lang)["what"] and found.value in worded(found, lang)["what"]


def test_a_self_score_left_over_from_an_answer_that_is_gone(desk, tmp_path):
    agency = next(iter(desk.people))
    _, places = saved(desk, agency, by_rule(desk, agency))
    code = next(iter(places))
    typed = desk.typed
    desk.typed = lambda who: {key: "" if key.startswith(f"{code}/") else said for key, said in typed(who).items()}
    out = take(desk, tmp_path, saved(desk, agency, {code: 1.0})[0])
    assert out.written
    assert [(f.code, f.column, f.facts["rule"]) for f in out.findings] == [("W_SELF_SCORE", places[code], "–")]


def test_nothing_is_said_of_right_values_of_what_rounding_hides_and_of_none_at_all(desk, tmp_path):
    senders = list(desk.people)
    right = by_rule(desk, senders[0])
    assert len(saved(desk, senders[0], right)[1]) > 20
    assert not take(desk, tmp_path, saved(desk, senders[0], right)[0]).findings
    near = {code: points + 0.0004 for code, points in by_rule(desk, senders[1]).items()}
    assert not take(desk, tmp_path, saved(desk, senders[1], near)[0]).findings
    assert not take(desk, tmp_path, desk.form(senders[2])).findings
