"""Answers belong to codes: rows and columns that were inserted, deleted, sorted or copied on the way move no answer."""

import io
from dataclasses import replace

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxlib.case import read_before, read_case, read_for_verification
from dxlib.sheets import intake
from dxlib.sheets.book import Cell, at, filled
from dxlib.sheets.form import CLAIM_COLUMNS, TABLE, appeal_form, claim_form
from dxlib.sheets.layout import rising
from dxlib.sheets.receive import receive
from dxlib.sheets.taking_in import Issued
from dxlib.sheets.worklist_workbook import items, worklist_book
from dxlib.sheets.write import write
from tests.sheets.desk import DATA, Desk, before_claims, in_office
from tests.sheets.test_intake import IN_TIME, KEY, SAID, send, take

MAIN, WIDTH = "Phiếu", len(CLAIM_COLUMNS)


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    root = tmp_path_factory.mktemp("moved") / "data"
    return Desk(root, before_claims(root))


@pytest.fixture(scope="module")
def agency(desk):
    return next(iter(desk.people))


@pytest.fixture(scope="module")
def form(desk, agency):
    return filled(claim_form(desk.words, desk.people[agency]), desk.typed(agency))


def arranged(book, title, rows=None, columns=None, more=None):
    """The book with the rows and columns of a sheet in this order: issued places, None for an empty one.

    more   (row, column) as sent -> what somebody wrote there
    """
    sheets = []
    for sheet in book.sheets:
        if sheet.title == title:
            height, width = (1 + max(place[i] for place in sheet.cells) for i in (0, 1))
            down, across = rows or list(range(height)), columns or list(range(width))
            cells = {
                (r, c): sheet.cells[row, column]
                for r, row in enumerate(down)
                for c, column in enumerate(across)
                if (row, column) in sheet.cells
            }
            cells |= {place: Cell(words) for place, words in (more or {}).items()}
            sheet = replace(sheet, cells=cells, merged=(), heights={}, widths=[9] * 40, issued=(), pages=())
        sheets.append(sheet)
    return replace(book, sheets=tuple(sheets))


def height(book, title=MAIN):
    return 1 + max(row for row, _ in next(s for s in book.sheets if s.title == title).cells)


def received(desk, book, typed_as=None):
    """What is read of a book that came back with the fingerprint of the one that went out."""
    said = write(book)
    issued = Issued(desk.words.case, desk.root)
    own = issued({**book.identity}).fingerprint()
    loaded = openpyxl.load_workbook(io.BytesIO(said))
    for row in loaded["_dx"].iter_rows():
        if row[0].value == "fingerprint":
            row[1].value = typed_as or own
    out = io.BytesIO()
    loaded.save(out)
    return receive("form.xlsx", out.getvalue(), issued), out.getvalue()


def line_of(book, name):
    """(row, column) of an input."""
    return next(p for s in book.sheets if s.title == MAIN for p, cell in s.cells.items() if cell.name == name)


def reasons(out):
    return [f.reason for f in out.findings if f.code == "E_LOCKED"]


@pytest.fixture(scope="module")
def whole(desk, form):
    out, _ = received(desk, form)
    assert not out.findings
    return out


@pytest.fixture(scope="module")
def first(form, whole):
    """The name of the first number, and where it stands."""
    name = next(n for n in whole.given if n.endswith("/a"))
    return name, line_of(form, name)


def test_an_inserted_row_moves_no_answer_and_is_one_finding(desk, form, whole, first):
    row, n = first[1][0], height(form)
    out, _ = received(desk, arranged(form, MAIN, [*range(row), None, *range(row, n)]))
    assert out.given == whole.given
    (finding,) = [f for f in out.findings if f.severity == "error"]
    assert (finding.reason, finding.column) == ("row_inserted", f"{MAIN}!A{row + 1}")
    assert finding.facts["lines"] == str(row + 1)


def test_what_stands_in_an_inserted_row_is_said(desk, form, whole, first):
    row, n = first[1][0], height(form)
    book = arranged(form, MAIN, [*range(row), None, None, *range(row, n)], more={(row + 1, 4): "ghi chú"})
    out, _ = received(desk, book)
    (finding,) = [f for f in out.findings if f.severity == "error"]
    assert finding.facts["lines"] == f"{row + 1}–{row + 2}" and finding.value == "ghi chú" and out.given == whole.given


def test_rows_inserted_at_two_places_are_two_findings(desk, form, whole, first):
    row, n = first[1][0], height(form)
    out, _ = received(desk, arranged(form, MAIN, [0, None, *range(1, row + 3), None, *range(row + 3, n)]))
    assert reasons(out) == ["row_inserted"] * 2 and out.given == whole.given


def test_a_deleted_row_is_one_finding_and_its_answers_are_empty(desk, form, whole, first):
    (row, _), n, code = first[1], height(form), first[0].split("/")[0]
    out, _ = received(desk, arranged(form, MAIN, [*range(row), *range(row + 1, n)]))
    assert reasons(out) == ["row_deleted"] and code in out.findings[0].value
    lost = {name for name in whole.given if name.startswith(f"{code}/")}
    assert out.given == {name: said for name, said in whole.given.items() if name not in lost}


def test_sorted_rows_are_one_finding(desk, form, whole):
    """All lines of the table from the last to the first; parts hang on their row, as they do on paper."""
    n = height(form)
    cells = next(s for s in form.sheets if s.title == MAIN).cells
    blocks = []
    for row in range(TABLE + 1, n):
        if cells[row, 0].value:
            blocks.append([])
        blocks[-1].append(row)
    order = [*range(TABLE + 1), *(row for block in reversed(blocks) for row in block)]
    out, _ = received(desk, arranged(form, MAIN, order))
    assert reasons(out) == ["row_moved"] and out.given == whole.given


def test_a_row_copied_and_answered_otherwise_is_left_empty(desk, form, whole, first):
    name, (row, column) = first
    n, code = height(form), name.split("/")[0]
    copied = [*range(row + 1), row, *range(row + 1, n)]
    out, _ = received(desk, arranged(form, MAIN, copied))
    assert reasons(out) == ["row_repeated"] and out.given == whole.given  # they say the same
    out, _ = received(desk, arranged(form, MAIN, copied, more={(row + 1, column): 77.0}))
    assert reasons(out) == ["row_repeated"]
    assert not [n for n in out.given if n.startswith(f"{code}/")]
    out, _ = received(desk, arranged(form, MAIN, [*range(n), row], more={(n, column): 77.0}))  # below the form
    assert reasons(out) == ["row_repeated"] and not [n for n in out.given if n.startswith(f"{code}/")]


def test_a_code_typed_over_another_leaves_both_empty(desk, form, whole, first):
    (row, _), code = first[1], first[0].split("/")[0]
    other = next(n.split("/")[0] for n in whole.given if "/" in n and n.split("/")[0] not in (code, "more"))
    out, _ = received(desk, arranged(form, MAIN, more={(row, 0): other}))
    assert [f.column for f in out.findings] == [f"{MAIN}!A{row + 1}"]
    assert not [n for n in out.given if n.startswith(f"{code}/")]
    assert {n: s for n, s in whole.given.items() if n.split("/")[0] == other}.items() <= out.given.items()


@pytest.mark.parametrize("column", [0, 1, 5, 9])
def test_an_inserted_column_moves_no_answer_and_is_one_finding(desk, form, whole, column):
    width = WIDTH
    out, _ = received(desk, arranged(form, MAIN, columns=[*range(column), None, *range(column, width)]))
    assert reasons(out) == ["column_inserted"] and out.given == whole.given


def test_columns_in_another_order_move_no_answer(desk, form, whole):
    out, _ = received(desk, arranged(form, MAIN, columns=[0, 1, 2, 3, 5, 4, *range(6, WIDTH)]))
    assert reasons(out) == ["column_moved"] and out.given == whole.given
    out, _ = received(desk, arranged(form, MAIN, columns=[*range(4), *range(5, WIDTH)]))
    assert reasons(out) == ["column_deleted"]
    assert out.given == {n: s for n, s in whole.given.items() if not n.endswith("/a")}


def test_without_codes_or_heads_nothing_is_taken(desk, form):
    out, _ = received(desk, arranged(form, MAIN, columns=list(range(1, WIDTH))))
    assert reasons(out) == ["column_deleted"] and not [n for n in out.given if n[0].isdigit()]
    n = height(form)
    out, _ = received(desk, arranged(form, MAIN, [*range(TABLE), *range(TABLE + 1, n)]))
    assert reasons(out) == ["head_missing"] and not [n for n in out.given if n[0].isdigit()]


def test_words_beside_the_form_are_said_and_those_of_another_cell_too(desk, form, whole, first):
    row = first[1][0]
    out, _ = received(desk, arranged(form, MAIN, more={(row, 17): "xem công văn"}))
    assert [(f.reason, f.column) for f in out.findings] == [("cells_outside", f"{MAIN}!{at(row, 17)}")]
    assert not out.wrong and out.given == whole.given


def test_a_document_below_the_last_line_is_taken_and_one_too_many_is_said(desk, form, whole):
    title = "Tài liệu thêm"
    n = height(form, title)
    code = next(name for name in whole.given if name.endswith("/number")).split("/")[0]
    out, _ = received(desk, arranged(form, title, more={(n, 0): code, (n, 1): "12/KH"}))
    assert not out.findings and "12/KH" in out.given.values()
    many = {(row, column): words for row in range(2, n + 1) for column, words in enumerate((code, "12/KH"))}
    out, _ = received(desk, arranged(form, title, more=many))
    assert [(f.code, f.reason) for f in out.findings] == [("E_LOCKED", "cells_outside")]
    out, _ = received(desk, arranged(form, title, [0, None, *range(1, n)]))
    assert reasons(out) == ["row_inserted"] and out.given == whole.given


def test_findings_name_the_cell_of_the_file_and_the_copy_its_own(desk, form, first, agency, tmp_path):
    row, column = first[1]
    book = arranged(form, MAIN, [*range(row), None, *range(row, height(form))], more={(row + 1, column): "tám"})
    _, data = received(desk, book)
    (tmp_path / "form.xlsx").write_bytes(data)
    out = take(desk, tmp_path / "form.xlsx")
    assert {f.column for f in out.findings} == {f"{MAIN}!A{row + 1}", f"{MAIN}!{at(row + 1, column)}"}
    page = openpyxl.load_workbook(io.BytesIO(out.returned["form.xlsx"]))[MAIN]
    assert page[at(row, column)].value == "tám" and page[at(row, column)].comment and page[at(row, 0)].comment
    assert sum(cell.comment is not None for line in page.iter_rows() for cell in line) == 2


def test_a_code_given_anew_takes_no_answer_of_another_row(desk, form, whole, first):
    """A form of before a row was put into the index set: from there on its codes are another row's."""
    name, (row, _) = first
    code = name.split("/")[0]
    words = f"{form.sheets[0].cells[row, 1].value} khác"
    out, _ = received(desk, arranged(form, MAIN, more={(row, 1): words}), "0" * 64)
    assert [f.code for f in out.findings] == ["E_FORM_VERSION"]
    assert out.given == {n: s for n, s in whole.given.items() if not n.startswith(f"{code}/")}


@settings(max_examples=60)
@given(data=st.data())
def test_no_answer_ever_stands_beside_another_code(desk, form, whole, data):
    """Rows dropped, doubled, put in and moved at will: what is read of a code was typed beside it."""
    n = height(form)
    order = list(range(n))
    for _ in range(data.draw(st.integers(1, 6))):
        kind, place = data.draw(st.sampled_from("idcm")), data.draw(st.integers(0, len(order) - 1))
        if kind == "i":
            order.insert(place, None)
        elif kind == "d":
            del order[place]
        elif kind == "c":
            order.insert(data.draw(st.integers(0, len(order))), order[place])
        else:
            order.insert(data.draw(st.integers(0, len(order) - 1)), order.pop(place))
    out, _ = received(desk, arranged(form, MAIN, order))
    loose = {f"{code}/option/{part}" for code, part in parts(desk)}  # two rows can have parts of the same words
    assert {n: s for n, s in out.given.items() if n not in loose}.items() <= whole.given.items()
    assert out.wrong or [row for row in order if row is not None] == list(range(n))


def parts(desk):
    for node in desk.words.case.framework.leaves:
        if node.rule.several:
            yield from ((node.code, part) for part in node.rule.names)


@given(st.lists(st.integers(0, 50), unique=True, max_size=12))
def test_what_kept_its_order_is_the_longest_that_rises(numbers):
    def best(left, last):
        return max((1 + best(left[i + 1 :], n) for i, n in enumerate(left) if n > last), default=0)

    kept = rising(numbers)
    said = [n for n in numbers if n in kept]
    assert said == sorted(said) and len(said) == best(numbers, -1)


def test_a_worklist_and_an_appeal_are_read_by_name_too(tmp_path):
    root = tmp_path / "data"
    desk = Desk(root, before_claims(root))
    assert take(desk, send(desk, tmp_path)).written
    case = read_for_verification(root, 2024, "departments")
    words = Issued(case, root).wording("vi")
    chosen = items(case, read_before(root, case).case, capacity=20)
    book = worklist_book(words, chosen)
    title = next(s.title for s in book.sheets if len(s.cells) > 100)
    mine = [c.name for c in next(s for s in book.sheets if s.title == title).cells.values() if c.name]
    typed = {name: f"ghi chú {name}" for name in mine if name.endswith("/note")}
    n = height(book, title)
    sent = arranged(filled(book, typed), title, [*range(8), None, *reversed(range(8, n))])
    out, _ = received(type("Of", (), {"words": words, "root": root}), sent)
    assert reasons(out) == ["row_inserted", "row_moved"] and out.given == typed

    full = Desk(DATA, read_case(DATA, 2024, "departments"))
    agency = next(a for a in full.people if appeal_form(full.words, full.people[a]))
    book = appeal_form(full.words, full.people[agency])
    title = book.sheets[0].title
    typed = {c.name: f"vì {c.name}" for c in book.sheets[0].cells.values() if c.name.endswith("/grounds")}
    sent = arranged(filled(book, typed), title, [*range(9), None, *range(9, height(book, title))])
    out, _ = received(full, sent)
    assert reasons(out) == ["row_inserted"] and out.given == typed


@pytest.mark.real("libreoffice")
def test_the_copy_sent_back_after_an_inserted_row_is_taken_as_it_was_meant(desk, agency, tmp_path):
    """LibreOffice lifts the protection, inserts a row; the marked copy comes in as it was meant."""
    root = tmp_path / "data"
    desk = Desk(root, before_claims(root))
    (tmp_path / "form.xlsx").write_bytes(desk.form(agency))
    change = 'sheet.Rows.insertByIndex(11, 1)\nsheet.getCellByPosition(4, 11).String = "thêm"'
    sent = in_office(tmp_path / "form.xlsx", tmp_path, MAIN, change)
    out = take(desk, sent)
    assert not out.written
    (finding,) = [f for f in out.findings if f.severity == "error"]
    assert (finding.reason, finding.column, finding.value) == ("row_inserted", f"{MAIN}!A12", "thêm")
    (copy,) = out.returned.values()
    (tmp_path / "copy.xlsx").write_bytes(copy)
    assert take(desk, tmp_path / "copy.xlsx").written
    now = read_case(root, 2024, "departments").claims
    told, again = (c[c["agency"] == agency].set_index(KEY)[SAID].sort_index() for c in (desk.full.claims, now))
    pd.testing.assert_frame_equal(told, again)
    assert intake(root, 2024, "departments", [tmp_path / "copy.xlsx"], received=IN_TIME).known
