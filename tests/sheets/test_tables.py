"""All tables as a workbook and back: nothing is lost, every change is told, nothing wrong gets in."""

import datetime
import io
import json
import os
import re
import shutil

import openpyxl
import pytest

from dxlib import cli, schema
from dxlib.case import check, read_case
from dxlib.case.tables import empty
from dxlib.cli import main
from dxlib.errors import Refusal
from dxlib.index import score
from dxlib.publish.open_data import as_meant, harmless
from dxlib.sheets import import_tables, tables
from tests.known import folders
from tests.sheets.desk import DATA, resaved

GROUPS = ["departments", "communes", "districts", "province"]


@pytest.fixture
def root(tmp_path):
    shutil.copytree(DATA / "2024" / "departments", tmp_path / "data" / "2024" / "departments")
    for name in ("register", "reasons", "lineage"):
        shutil.copy(DATA / f"{name}.csv", tmp_path / "data" / f"{name}.csv")
    return tmp_path / "data"


def made(root, tmp_path, change=lambda book: None, place=("2024", "departments")):
    """The workbook after somebody worked in it."""
    book = openpyxl.load_workbook(io.BytesIO(tables(root, *place)))
    change(book)
    book.save(tmp_path / "tables.xlsx")
    return tmp_path / "tables.xlsx"


def annotate(page):
    """A note at the first line."""
    page.cell(4, next(cell.column for cell in page[3] if cell.value == "note"), "đã đổi")


def state(root):
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


@pytest.mark.parametrize("group", GROUPS)
def test_there_and_back_changes_nothing(tmp_path, group):
    path = tmp_path / "t.xlsx"
    path.write_bytes(tables(DATA, "2024", group))
    out = import_tables(DATA, path, write_it=False)
    assert (out.changes, out.files) == ([], {}) and not out.refused


def test_codes_are_text_and_what_may_be_chosen_drops_down(root):
    book = openpyxl.load_workbook(io.BytesIO(tables(root, "2024", "departments")))
    page = book["Chỉ số"]
    codes = [c for (c,) in page.iter_rows(min_row=4, max_row=80, max_col=1) if c.value]
    assert "1.1" in {c.value for c in codes} and {(c.data_type, c.number_format) for c in codes} == {("s", "@")}
    style = page.column_dimensions["A"]
    assert style.number_format == "@" and not style.protection.locked  # a free line takes text too
    listed = {str(rule.sqref)[0] for rule in page.data_validations.dataValidation}
    heads = {c.column_letter: c.value for c in page[3]}
    assert {"parent", "aggregate", "direction", "source"} <= {heads[letter] for letter in listed}


@pytest.mark.real("libreoffice")
def test_there_and_back_through_libreoffice_changes_nothing(root, tmp_path):
    (tmp_path / "t.xlsx").write_bytes(tables(root, "2024", "departments"))
    before = state(root)
    out = import_tables(root, resaved([tmp_path / "t.xlsx"], tmp_path)[0])
    assert out.changes == [] and not out.refused and state(root) == before


def test_rows_and_columns_are_found_by_their_names_wherever_they_stand(root, tmp_path):
    """Lines put above a table, columns in another order, rows in another order: the same tables."""

    def change(book):
        for page in book.worksheets[:4]:
            page.insert_rows(1, 2)
        book["Quy định chung"].insert_cols(1)
        page = book["Chỉ số"]
        for row in page.iter_rows(min_row=5):
            row[1].value, row[2].value = row[2].value, row[1].value

    out = import_tables(root, made(root, tmp_path, change))
    assert not out.refused and (out.changes, out.files) == ([], {})

    def wrong(book):
        book["Chỉ số"].insert_rows(1, 2)
        book["Chỉ số"]["B10"].value = "không có"

    out = import_tables(root, made(root, tmp_path, wrong))
    assert [(f.row, f.column) for f in out.findings if f.value == "không có"] == [(10, "parent")]


def test_what_stands_under_no_name_is_said_and_nothing_else(root, tmp_path):
    def change(book):
        book["Chỉ số"]["Z9"].value = "ghi chú của tôi"
        book["Chỉ số"]["Z12"].value = "nữa"

    before = state(root)
    out = import_tables(root, made(root, tmp_path, change))
    (finding,) = [f for f in out.findings if f.severity == "error"]
    assert (finding.reason, finding.column, finding.facts["n"]) == ("column_unnamed", "Chỉ số!Z9", 2)
    assert state(root) == before


@pytest.mark.parametrize(
    "wrong, code",
    [
        (b"\nx=\n", "E_TOML"),
        (b"# \xe9\n", "E_ENCODING"),
        (b"\ny = 1\n", "E_KEY"),
        ("\n[[class]]\nname.vi = 'Thấp'\ncut = nan\n".encode(), "E_NUMBER"),
        (b"\nx = " + b"[" * 100_000, "E_TOML"),
        (b"\nx = " + b"1" * 5_000 + b"\n", "E_TOML"),
    ],
)
def test_settings_that_no_sheet_can_hold_are_refused_as_check_does(root, tmp_path, capsys, wrong, code):
    sound = tmp_path / "sound.xlsx"
    sound.write_bytes(tables(root, "2024", "departments"))
    path = root / "2024/departments/index.toml"
    path.write_bytes(path.read_bytes() + wrong)
    before = state(root)
    checked = {f.code for f in check(root, "2024") if f.file == "2024/departments/index.toml" and f.severity == "error"}
    for argv in (["2024", "departments", "-o", str(tmp_path / "t.xlsx")], ["--import", str(sound)]):
        assert main(["tables", *argv, "--data", str(root), "--json"]) == 1
        said = {f["code"] for f in json.loads(capsys.readouterr().err) if f["severity"] == "error"}
        assert code in said and said <= checked
    assert state(root) == before and not (tmp_path / "t.xlsx").exists()


def test_what_is_only_lacking_is_filled_in_on_the_sheet(root):
    path = root / "2024/departments/index.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"(?m)^year = .*\n", "", text), encoding="utf-8")
    assert tables(root, "2024", "departments")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with a name")
def test_a_table_that_is_no_file_is_refused(root):
    (root / "2024/departments/claims.csv").unlink()
    os.mkfifo(root / "2024/departments/claims.csv")
    with pytest.raises(Refusal) as refusal:
        tables(root, "2024", "departments")
    assert [f.code for f in refusal.value.findings] == ["E_IO"]


def test_a_change_is_told_and_written(root, tmp_path, capsys, monkeypatch):
    def change(book):
        annotate(book["Cơ quan"])
        book["Quy định chung"].cell(
            next(r for r in range(4, 40) if book["Quy định chung"].cell(r, 1).value == "decision"), 2, "9/QĐ"
        )

    path = made(root, tmp_path, change)
    agency = read_case(root, 2024, "departments").agencies["agency"].iloc[0]
    before = state(root)
    assert main(["tables", "--import", str(path), "--dry-run", "--data", str(root)]) == 0
    said = capsys.readouterr().out
    assert f"agencies · {agency} · note: – → đã đổi" in said and "2 thay đổi, chưa ghi" in said
    assert state(root) == before
    told, taken = [], cli.taken
    monkeypatch.setattr(cli, "taken", lambda *given: told.append(capsys.readouterr().out) or taken(*given))
    assert main(["tables", "--import", str(path), "--data", str(root)]) == 0
    assert f"agencies · {agency} · note: – → đã đổi" in told[0]  # before anything was written
    now = read_case(root, 2024, "departments")
    assert now.agencies["note"].iloc[0] == "đã đổi" and now.settings.decision == "9/QĐ"
    changed = {name for name, data in state(root).items() if before[name] != data}
    assert changed == {"2024/departments/agencies.csv", "2024/departments/index.toml"}


def test_an_error_is_named_at_its_row_and_nothing_is_written(root, tmp_path, capsys):
    path = made(root, tmp_path, lambda book: book["Số liệu báo cáo"].cell(5, 1, "so-khong-co"))
    before = state(root)
    assert main(["tables", "--import", str(path), "--data", str(root)]) == 1
    said = capsys.readouterr()
    assert "E_UNIT_UNKNOWN" in said.err and "Số liệu báo cáo" in said.err and "dòng 5" in said.err
    assert "không ghi gì" in said.out and state(root) == before


def test_columns_may_be_moved(root, tmp_path):
    def change(book):
        page = book["Cơ quan"]
        last = page.cell(3, page.max_column).column_letter
        page.move_range(f"{last}2:{last}200", cols=2)

    out = import_tables(root, made(root, tmp_path, change))
    assert out.changes == [] and not out.refused


def test_an_empty_workbook_for_a_decision_that_is_new(root, tmp_path):
    """An appendix typed in: from nothing to a ranking."""

    def change(book):
        settings = {r[0].value: r[1] for r in book["Quy định chung"].iter_rows(min_row=4, max_col=2)}
        for key, value in {"title.vi": "Bộ chỉ số thử", "total": 10, "decision": "1/QĐ"}.items():
            settings[key].value = value
        for column, value in enumerate(("Đạt", "Pass", 0.5, "true"), start=1):
            book["Xếp loại"].cell(4, column, value)
        book["Xếp loại"].cell(5, 1, "Chưa đạt")
        book["Xếp loại"].cell(5, 3, 0)
        rows = [("1", "", "Một", "", 4, "", "", "yes_no"), ("2", "", "Hai", "", 6, "", "", "ratio")]
        for r, row in enumerate(rows, start=4):
            for c, value in enumerate(row, start=1):
                book["Chỉ số"].cell(r, c, value)
        for r, agency in enumerate(("a", "b"), start=4):
            book["Cơ quan"].cell(r, 1, agency)
        claims = [
            ("a", "1", None, None, "yes"),
            ("a", "2", 1, 2, None),
            ("b", "1", None, None, "no"),
            ("b", "2", 3, 4, None),
        ]
        for r, row in enumerate(claims, start=4):
            for c, value in enumerate(row, start=1):
                book["Số liệu báo cáo"].cell(r, c, value)
        head = [c.value for c in book["Chỉ số"][3]]
        for r in (4, 5):
            book["Chỉ số"].cell(r, head.index("source") + 1, "reported")

    out = import_tables(root, made(root, tmp_path, change, ("2026", "thu")))
    assert not out.refused, out.findings
    table = score(read_case(root, 2026, "thu"), "claimed")
    index = table[table["node"] == "index"].set_index("agency")
    assert index["points"].tolist() == [7, 4.5] and index["rank"].tolist() == [1, 2]
    assert not [f for f in check(root, 2026) if f.severity == "error"]


def test_text_that_looks_like_a_formula_stays_text(root, tmp_path):
    path = root / "2024" / "departments" / "agencies.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[1] = ",".join([*lines[1].split(",")[:5], "=1+1"])
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    book = openpyxl.load_workbook(io.BytesIO(tables(root, "2024", "departments")))
    assert [c for page in book for row in page.iter_rows() for c in row if c.data_type == "f"] == []
    (tmp_path / "t.xlsx").write_bytes(tables(root, "2024", "departments"))
    assert import_tables(root, tmp_path / "t.xlsx").changes == []


def test_every_column_of_the_contract_has_its_place_and_its_words(root):
    book = openpyxl.load_workbook(io.BytesIO(tables(root, "2026", "moi", "en")))
    from dxlib.sheets.tables_workbook import NAMES, title_of

    for name in NAMES:
        page = book[title_of(name, "en")]
        assert [c.value for c in page[3]] == list(empty(name).columns)
        assert all(c.value for c in page[2])


@pytest.mark.parametrize(
    "change, code",
    [
        (lambda book: book.remove(book["_dx"]), "E_SHEET"),
        (lambda book: book.remove(book["Cơ quan"]), "E_SHEET"),
        (lambda book: setattr(book["_dx"]["B2"], "value", "../../x"), "E_SHEET"),
        (lambda book: setattr(book["Cơ quan"]["A3"], "value", "agencies"), "E_COLUMN"),
        (lambda book: setattr(book["Chỉ số"]["H6"], "value", "ratoi"), "E_RULE"),
    ],
)
def test_what_cannot_be_taken(root, tmp_path, change, code):
    before = state(root)
    out = import_tables(root, made(root, tmp_path, change))
    assert code in {f.code for f in out.findings} and state(root) == before


SETTINGS = "Quy định chung"


@pytest.mark.parametrize(
    "row, column, value, code",
    [
        (4, 1, "tổng điểm", "E_KEY"),  # a key in words
        (4, 1, "title", "E_TOML"),  # a key and a table of one name
        (12, 2, "1.", "E_TYPE"),
        (12, 2, "007", "E_TYPE"),
        (12, 2, ".5", "E_TYPE"),
        (12, 2, "500 điểm", "E_TYPE"),
        (9, 2, "31/02/2024", "E_TYPE"),
        (8, 2, 'lời "trích"\nxuống dòng', ""),
    ],
)
def test_whatever_is_typed_into_the_settings_is_told_and_never_raises(root, tmp_path, row, column, value, code):
    before = state(root)
    path = made(root, tmp_path, lambda book: book[SETTINGS].cell(row, column, value))
    out = import_tables(root, path, write_it=False)
    assert (code in {f.code for f in out.findings}) if code else not out.refused
    assert state(root) == before


def test_usage(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["tables", "2024"])
    assert stop.value.code == 2


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (lambda page: page.cell(5, 3, "=1+1"), "E_FORMULA"),
        (lambda page: page.merge_cells("C5:C7"), "E_MERGED"),
        (lambda page: page.row_dimensions.__getitem__(6).__setattr__("hidden", True), "W_HIDDEN"),
    ],
)
def test_what_would_empty_a_cell_or_hide_one_is_named(root, tmp_path, harm, code):
    """A formula whose value nobody stored, as openpyxl writes it; merged cells keep one value of several."""
    before = state(root)
    out = import_tables(root, made(root, tmp_path, lambda book: harm(book["Số liệu báo cáo"])))
    named = [f for f in out.findings if f.code == code]
    assert named and all("Số liệu báo cáo" in f.column for f in named)
    assert out.refused == (code[0] == "E") and state(root) == before


def test_a_workbook_that_was_overtaken_undoes_nothing(root, tmp_path):
    """A claim that changed after the workbook was made; what nobody else changed can still be taken."""
    path = made(root, tmp_path, lambda book: annotate(book["Cơ quan"]))
    claims = root / "2024" / "departments" / "claims.csv"
    head, first, *rest = claims.read_text("utf-8").splitlines(keepends=True)
    claims.write_text("".join([head, *rest]), "utf-8")
    before = state(root)
    out = import_tables(root, path)
    assert [(f.reason, f.file) for f in out.findings if f.severity == "error"] == [
        ("tables_overtaken", "tables.xlsx · Số liệu báo cáo")
    ]
    assert state(root) == before
    claims.write_text("".join([head, first, *rest]), "utf-8")
    assert import_tables(root, path).files and state(root) != before


SIGNS = [
    "'Phòng A",
    "=1+1",
    "-abc",
    "+84 5",
    "@x",
    "''b",
    "'=c",
    "- gạch đầu dòng",
    "'",
    "001",
    "1.10",
    "1e5",
    "TRUE",
    "-5",
    "#N/A",
    "−3",
]


@pytest.mark.parametrize("client", ["as written", pytest.param("libreoffice", marks=pytest.mark.real("libreoffice"))])
def test_text_with_a_sign_or_an_apostrophe_comes_back_as_it_went_out(client, tmp_path):
    agencies = [{"agency": f"a{i}", "name_vi": sign, "note": sign, "scope": sign} for i, sign in enumerate(SIGNS)]
    answers = {f"a{i}": {"1": {"points": 1, "explanation": sign}} for i, sign in enumerate(SIGNS)}
    folders.write(
        tmp_path, [folders.leaf("1", "points", 10, name_vi="'x", unit="-a")], answers, {"decision": "'12/QĐ"}, agencies
    )
    path = tmp_path / "t.xlsx"
    (tmp_path / "reasons.csv").write_bytes(schema.standard("reasons"))
    path.write_bytes(tables(tmp_path, "2025", "test"))
    if client == "libreoffice":
        (path,) = resaved([path], tmp_path / "out")
    found = import_tables(tmp_path, path, write_it=False)
    assert found.changes == [] and not found.refused


@pytest.mark.parametrize("sign", [*SIGNS, "'-", "''=", "'\tx"])
def test_text_of_the_open_data_is_read_as_it_was_meant(sign):
    assert as_meant(harmless(sign)) == sign
    assert harmless(sign)[:1] not in "=+-@" or sign == "-5"


def column_of(page, key):
    return next(c.column for c in page[3] if c.value == key)


def test_days_typed_as_text_are_read_day_first(root, tmp_path):
    """31/12/2024 can be nothing else; 03/04/2024 is 3 April here, and named; 31/02/2024 is no day; a date cell is one."""

    def change(book):
        page, settings = book["Số liệu báo cáo"], book["Quy định chung"]
        for row, written in enumerate(("31/12/2024", "03/04/2024", "5.5.2024", datetime.date(2024, 2, 1)), start=4):
            page.cell(row, column_of(page, "submitted_on"), written)
        key = next(r for r in range(4, 40) if settings.cell(r, 1).value == "decision_date")
        settings.cell(key, 2, "25/12/2023")

    out = import_tables(root, made(root, tmp_path, change))
    assert not out.refused, out.findings
    case = read_case(root, 2024, "departments")
    assert case.claims["submitted_on"].tolist()[:4] == ["2024-12-31", "2024-04-03", "2024-05-05", "2024-02-01"]
    assert case.settings.decision_date == "2023-12-25"
    (told,) = [f for f in out.findings if f.code == "W_DATE"]
    assert (told.file, told.row, told.column) == ("tables.xlsx · Số liệu báo cáo", 5, "submitted_on")
    assert (told.value, told.facts) == ("03/04/2024", {"n": 1, "day": "2024-04-03"})


def test_what_is_no_day_is_refused_with_a_day_that_exists(root, tmp_path):
    def change(book):
        page = book["Số liệu báo cáo"]
        for row, written in ((4, "31/02/2024"), (5, "12/31/2024")):
            page.cell(row, column_of(page, "submitted_on"), written)

    out = import_tables(root, made(root, tmp_path, change))
    wrong = [f for f in out.findings if f.severity == "error"]
    assert [(f.code, f.row, f.facts["suggestion"]) for f in wrong] == [
        ("E_DATE", 4, "2025-12-31"),
        ("E_DATE", 5, "2025-12-31"),
    ]


def test_everything_is_said_at_once_where_it_stands(root, tmp_path):
    """Dates, cuts, rules, doubled rows and a formula in one look; each on its sheet and line, and nothing twice."""

    def change(book):
        rows = book["Chỉ số"]
        leaf = next(r for r in range(4, 80) if rows.cell(r, column_of(rows, "rule")).value == "ratio")
        rows.cell(leaf, column_of(rows, "rule"), "rato")
        key = next(r for r in range(4, 60) if book[SETTINGS].cell(r, 1).value == "calendar.claims_due")
        book[SETTINGS].cell(key, 2, "ngày mai")
        book["Xếp loại"].cell(5, 3, 75)
        claims = book["Số liệu báo cáo"]
        for column in (1, 2):
            claims.cell(9, column, claims.cell(8, column).value)
        claims.cell(12, 2, "=1+1")
        places.update(leaf=leaf, key=key)

    places = {}
    before = state(root)
    out = import_tables(root, made(root, tmp_path, change))
    found = {(f.reason, f.file.partition(" · ")[2], f.row, f.column) for f in out.findings if f.severity == "error"}
    assert found == {
        ("rule_unknown", "Chỉ số", places["leaf"], "rule"),
        ("type_date", SETTINGS, places["key"], "calendar.claims_due"),
        ("key_range", "Xếp loại", 5, "cut"),
        ("row_conflict", "Số liệu báo cáo", 9, "indicator"),
        ("formula_unknown", "", None, "Số liệu báo cáo!B12"),
    }
    assert next(f.facts["first"] for f in out.findings if f.reason == "row_conflict") == 8
    assert state(root) == before and not [f for f in out.findings if ".csv" in f.file]


def test_the_first_workbook_brings_the_standard_reasons(root, tmp_path, capsys):
    standard = (DATA / "reasons.csv").read_bytes()  # the sample's are the same
    (root / "reasons.csv").unlink()
    path = made(root, tmp_path)
    before = state(root)
    assert main(["tables", "--import", str(path), "--dry-run", "--data", str(root)]) == 0
    assert "reasons · khop · –: – → Khớp số liệu" in capsys.readouterr().out and state(root) == before
    assert main(["tables", "--import", str(path), "--data", str(root)]) == 0
    assert state(root) == before | {"reasons.csv": standard}
    own = "code,name_vi,name_en\nrieng,Lý do riêng,\n".encode()
    (root / "reasons.csv").write_bytes(own)
    import_tables(root, made(root, tmp_path))
    assert (root / "reasons.csv").read_bytes() == own  # never written over


def test_reasons_that_a_ledger_gives_already_keep_their_code(root, tmp_path):
    """Nothing is written that `dx check` refuses: neither for this ledger, nor for one of another year."""
    (root / "reasons.csv").unlink()
    for place, code in (("2024/departments", "cu-1"), ("2023/departments", "cu-2")):
        folder = root / place
        if not folder.exists():
            shutil.copytree(DATA / place, folder)
        verdicts = (folder / "verdicts.csv").read_text(encoding="utf-8")
        (folder / "verdicts.csv").write_text(verdicts.replace(",sai-so-lieu,", f",{code},"), encoding="utf-8")
    assert import_tables(root, made(root, tmp_path)).files
    written = (root / "reasons.csv").read_text(encoding="utf-8").splitlines()
    assert written[-2:] == ["cu-1,cu-1,cu-1,", "cu-2,cu-2,cu-2,"]
    assert not [f for f in check(root) if f.severity == "error"]
