"""The calculation as live formulas: what LibreOffice works out anew is what the exact score says, cell by cell."""

import io
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from dxlib.case import read_case
from dxlib.index import INDEX, evaluate, score
from dxlib.sheets.book import at
from dxlib.sheets.calculation import branches as branch_blocks
from dxlib.sheets.calculation import calculation_book, calculation_bytes
from dxlib.sheets.calculation.plan import FIRST, Plan
from dxlib.sheets.calculation.points import COLUMNS, POINTS, SHARE
from dxlib.sheets.calculation.result import Result
from dxlib.sheets.write import write
from tests.known.folders import classes, leaf, make, pillar
from tests.sheets.desk import DATA, resaved

SHIPPED = sorted(str(p.parent.relative_to(DATA)) for p in DATA.glob("20*/*/index.toml"))
LIBREOFFICE = pytest.mark.real("libreoffice")


def grids(path):
    """Every sheet of a file: (row, column) -> value."""
    opened = CalamineWorkbook.from_path(str(path))
    return {
        title: {
            (r, c): value
            for r, row in enumerate(opened.get_sheet_by_name(title).to_python(skip_empty_area=False))
            for c, value in enumerate(row)
        }
        for title in opened.sheet_names
    }


def alike(found, told):
    if isinstance(found, float | int) and isinstance(told, float | int):
        return abs(found - told) <= 1e-9 * max(1.0, abs(told))
    return found == told


def differing(book, found):
    """The formula cells that hold something else than the book says."""
    return [
        (sheet.title, at(*place), cell.value, found[sheet.title].get(place, ""), cell.formula)
        for sheet in book.sheets
        for place, cell in sheet.cells.items()
        if cell.formula and not alike(found[sheet.title].get(place, ""), cell.value)
    ]


def recalculated(books, folder):
    """The books as LibreOffice saves them after working everything out anew."""
    files = []
    for name, book in books.items():
        (folder / f"{name}.xlsx").write_bytes(write(book))
        files.append(folder / f"{name}.xlsx")
    return {path.stem: grids(path) for path in resaved(files, folder)}


@pytest.fixture(scope="module")
def shipped():
    return {place.replace("/", "-"): read_case(DATA, *place.split("/")) for place in SHIPPED}


@pytest.fixture(scope="module")
def books(shipped):
    return {name: calculation_book(case, evaluate(case)) for name, case in shipped.items()}


@pytest.fixture(scope="module")
def worked_out(books, tmp_path_factory):
    return recalculated(books, tmp_path_factory.mktemp("calculation"))


@LIBREOFFICE
def test_every_formula_of_every_shipped_year_gives_the_value_beside_it(books, worked_out):
    assert len(books) == 15
    assert {name: differing(book, worked_out[name])[:3] for name, book in books.items()} == {name: [] for name in books}


@LIBREOFFICE
@pytest.mark.parametrize("place", SHIPPED)
def test_what_is_worked_out_is_the_table_of_scores(place, shipped, worked_out):
    name = place.replace("/", "-")
    case, found = shipped[name], worked_out[name]
    plan = Plan(case, evaluate(case), "vi")
    laid, result = branch_blocks.blocks(plan), Result(plan)
    unit = 10.0**-case.settings.points_decimals
    order = {agency: i for i, (agency, _) in enumerate(plan.agencies)}
    names = dict(enumerate((c.name["vi"] for c in case.settings.classes), start=1))
    compared = 0
    for row in score(case).to_dict("records"):
        node, i = row["node"], order[row["agency"]]
        if node == INDEX:
            line = {k: found[plan.sheet("result")].get((FIRST + i, c), "") for c, k in enumerate(result.columns)}
            told = [row[k] for k in ("points", "rank", "of")] + [
                names.get(row["class"]) if row["class"] == row["class"] else None
            ]
            assert [line[k] or None for k in ("published", "place", "of", "class")] == [
                None if absent(x) else x for x in told
            ]
            share, points = line["share"], line["published"]
        elif node in laid:
            cells, block = found[plan.sheet("branches")], laid[node]
            share, points = (cells.get((branch_blocks.FIRST + i, block.results[k]), "") for k in ("share", "points"))
        elif node in plan.row_lines:
            cells, line = found[plan.sheet("points")], plan.row_lines[node] + i
            share, points = (cells.get((line, k), "") for k in (SHARE, POINTS))
            share = row["score"] if plan.every_level and points != "" else share  # rounded with the points
        else:
            continue
        if absent(row["points"]):
            assert points == "" or isinstance(points, str), node
            continue
        assert points == pytest.approx(row["points"], abs=unit * 0.500001), (node, row["agency"])
        if not absent(row["score"]) and share != "":
            assert share == pytest.approx(row["score"], abs=1e-9), (node, row["agency"])
        compared += 1
    assert compared >= 60


def absent(x):
    return str(x) in ("nan", "<NA>", "None")


def foreign(source, root):
    """The UN's e-government index as its converter writes it."""
    converter = Path(__file__).parents[1] / "backtest" / "egdi.py"
    subprocess.run([sys.executable, converter, source, root], check=True, capture_output=True)
    return read_case(root, int(source.stem[-4:]), "egdi")


@LIBREOFFICE
def test_a_foreign_index(tmp_path):
    """193 made-up countries with many ties."""
    lines = ["country-code,country-name,e-gov-rank,e-gov-index,osi,hci,tii"]
    lines += [
        ",".join([f"c{i:03}", f"Country {i}", "", "", *(str(((i * k) % 97) / 100) for k in (31, 47, 59))])
        for i in range(193)
    ]
    (tmp_path / "egdi-2018.csv").write_text("\n".join(lines), encoding="utf-8")
    case = foreign(tmp_path / "egdi-2018.csv", tmp_path / "data")
    book = calculation_book(case, evaluate(case), "en")
    titles = [sheet.title for sheet in book.sheets]
    assert titles == ["Read first", "Index set", "Inputs", "Row points", "Branches", "Result"]
    assert differing(book, recalculated({"egdi": book}, tmp_path)["egdi"]) == []


@pytest.mark.welcome
@LIBREOFFICE
def test_the_published_ranks_of_a_foreign_index(tmp_path):
    source = DATA.parent / ".." / "shared" / "real" / "egdi" / "egdi-2018.csv"
    if not source.is_file():
        pytest.skip("the published table is not here")
    case = foreign(source, tmp_path / "data")
    plan = Plan(case, evaluate(case), "en")
    book = calculation_book(case, plan.exact, "en")
    found = recalculated({"egdi": book}, tmp_path)["egdi"]
    assert differing(book, found) == []
    column = Result(plan).columns.index("place")
    places = [found["Result"][FIRST + i, column] for i in range(193)]
    assert places == case.agencies["x_rank"].astype(int).tolist()


ROWS = [
    pillar("1", max_points=""),
    leaf("1.1", "ratio", 10, "1"),
    leaf("1.2", "ratio", 7, "1", direction="-1"),
    leaf("1.3", "target(80%)", 9, "1", b_vi="b"),
    leaf("1.4", "steps(0.3:1/4, >0.6:1/2, 1:1)", 8, "1", b_vi="b"),
    leaf("1.5", "steps(10:1/4, <5:1/2, 1:1)", 8, "1", direction="-1"),
    leaf("1.6", "count(0.7, 4)", 6, "1"),
    leaf("1.7", "deduct(0.7)", 6, "1"),
    leaf("1.8", "deduct(0.7, 4)", 6, "1"),
    pillar("2", max_points=""),
    leaf("2.1", "options(Full:1, full:1/3, no:0)", 5, "2"),
    leaf("2.2", "parts(p:0.3, q:0.3, r:0.6)", 5, "2"),
    leaf("2.3", "yes_no", 5, "2"),
    leaf("2.4", "points", 5, "2"),
    pillar("2.5", "2", max_points=""),
    leaf("2.5.1", "goalposts(20, 80)", 10, "2.5"),
    leaf("2.5.2", "goalposts(100, 75000, log+1)", 10, "2.5"),
    leaf("2.5.3", "goalposts(10, 2, unclipped)", 10, "2.5"),
    pillar("3", max_points=""),
    leaf("3.1", "relative", 4, "3"),
    leaf("3.2", "relative", 4, "3", direction="-1"),
    leaf("3.3", "minmax(0.2, 0.9)", 4, "3"),
    leaf("3.4", "minmax", 4, "3", direction="-1"),
    leaf("3.5", "rank", 4, "3", b_vi="b"),
    leaf("3.6", "percentile", 4, "3", direction="-1"),
    pillar("4", max_points=""),
    leaf("4.1", "zscore", 4, "4"),
    leaf("4.2", "zscore", 4, "4", direction="-1"),
    leaf("8", "bonus(0.5, 2)"),
    leaf("9", "penalty(1.25)"),
]  # fmt: skip
AGENCIES = ("an", "binh", "chau", "dung", "em", "giang")


def answers():
    """Figures with ties, spread, nothing of nothing, gaps and whole empty agencies."""
    table = {}
    for i, agency in enumerate(AGENCIES):
        k = min(i, 4)  # the last two answer alike
        given = {
            "1.1": (k + 1, 6) if k else (0, 0),
            "1.2": (k, 7),
            "1.3": (7 * k, 10 * k + 2),
            "1.4": (3 + k, 10),
            "1.5": (1, 5, 10, 12, 3)[k],
            "1.6": k * 2,
            "1.7": k * 2,
            "1.8": k * 3,
            "2.1": {"option": ("Full", "full", "no", "Full", "full")[k]},
            "2.2": {"option": ("p;r", "none", "q", "p;q;r", "r;p")[k]},
            "2.3": {"option": ("yes", "no", "yes", "yes", "no")[k]},
            "2.4": {"points": ("4.375", "0", "5", "2.005", "1.15")[k]},
            "2.5.1": 15 + 20 * k,
            "2.5.2": (100, 900, 75000, 5000, 80000)[k],
            "2.5.3": (3.5, 11, 1, 2, 10)[k],
            "3.1": k * 1.1,
            "3.2": k,
            "3.3": (3, 3, 8, 5, 1)[k],
            "3.4": (3, 3, 8, 5, 1)[k],
            "3.5": ((1, 3), (2, 6), (0.1, 0.3), (1, 2), (1, 4))[k],
            "3.6": (-1, 4, 4, 2.5, 7)[k],
            "4.1": (3, -3, 8, 5, 1)[k],
            "4.2": (2, 2, 2, 2, 2)[k],
            "8": k + 1,
            "9": (0, 1, 0, 3, 0)[k],
        }
        for gone in {"binh": ("1.2", "2.1", "8"), "dung": ("1.4", "3.1", "3.3", "9")}.get(agency, ()):
            given[gone] = None
        table[agency] = given
    return table


POLICIES = {
    "exclude": {"not_applicable": "exclude", "missing": "exclude", "zero_over_zero": "exempt"},
    "within": {"not_applicable": "within-parent", "missing": "within-parent", "zero_over_zero": "full"},
    "mixed": {"not_applicable": "exclude", "missing": "within-parent", "zero_over_zero": "zero"},
    "levels": {"rounding": "every-level", "points_decimals": 1, "zero_over_zero": "exempt", "not_applicable": "zero"},
    "even": {"rounding": "every-level", "half": "even", "points_decimals": 0, "missing": "exclude", "zero_over_zero": "exempt"},
    "published": {"rank_on": "published", "half": "even", "points_decimals": 0, "zero_over_zero": "full"},
    "not-ranked": {"missing": "not-ranked", "not_applicable": "full", "zero_over_zero": "full"},
    "coverage": {"min_coverage": 0.93, "missing": "within-parent", "zero_over_zero": "exempt"},
    "best": {"aggregate": "best", "not_applicable": "exclude", "zero_over_zero": "exempt"},
    "worst": {"aggregate": "worst", "missing": "exclude", "zero_over_zero": "exempt", "rounding": "every-level"},
}  # fmt: skip


def everything(root, index, rows=ROWS, **more):
    """A set with every rule, alternatives, exempt rows, three lists, and one agency outside the ranking."""
    scopes = ("a", "a", "b", "a", "b", "c")
    agencies = [
        {"agency": a, "scope": s, "ranked": "no" if a == "em" else ""} for a, s in zip(AGENCIES, scopes, strict=True)
    ]
    exempt = [
        {"agency": "chau", "indicator": "2.5", "reason": "–"},
        {"agency": "an", "indicator": "3.2", "reason": "–"},
    ]
    exempt += [{"agency": "giang", "indicator": "4", "reason": "–"}]
    index = {"class": classes(0.6, 0.4, 0, includes=False)} | index
    known = {row["code"] for row in rows}
    given = {agency: {c: x for c, x in of.items() if c in known} for agency, of in answers().items()}
    return make(root, rows, given, index, agencies, exemptions=exempt, **more)


def means(changes):
    return [row | {"aggregate": changes[row["code"]]} if row["code"] in changes else row for row in ROWS]


@LIBREOFFICE
def test_every_rule_policy_and_mean(tmp_path):
    cases = {name: everything(tmp_path / name, policies) for name, policies in POLICIES.items()}
    below = ("geometric", "harmonic", "best", "worst", "product", "complement")
    for policy, how in zip(("exclude", "within", "mixed", "levels", "exclude", "within"), below, strict=True):
        rows = means({"1": how, "2.5": "best", "2": "worst"})
        rows = [row | {"rule": "goalposts(10, 2)"} if row["code"] == "2.5.3" else row for row in rows]
        cases[f"{how}-below"] = everything(tmp_path / f"{how}-below", POLICIES[policy], rows)
    idle = [
        row | {"weight": {"1.1": "0", "2.3": "0"}.get(row["code"], "3" if row["parent"] in ("1", "2") else "")}
        for row in ROWS
    ]
    idle = [row | {"weight": "2"} if row["parent"] == "2.5" else row for row in idle]
    cases |= {
        f"idle-{p}": everything(tmp_path / f"idle-{p}", POLICIES[p], idle) for p in ("exclude", "levels", "coverage")
    }
    lame = [row | {"aggregate": "best", "weight": ""} if row["code"] == "2" else row for row in idle]
    lame = [row | {"weight": "1/3" if row["weight"] else ""} if row["code"] in ("1.2", "1.4") else row for row in lame]
    cases["idle-best"] = everything(tmp_path / "idle-best", POLICIES["exclude"], lame)
    near = [{"name": {"vi": n, "en": n}, "within": w, "includes_cut": n != "B"} for n, w in (("A", 0.45), ("B", 0.6))]
    near = {"class": [*near, {"name": {"vi": "C", "en": "C"}}]}
    cases["parity"] = everything(tmp_path / "parity", POLICIES["within"] | near)
    bare = [
        row | {"max_points": ""}
        for row in ROWS
        if row["rule"].split("(")[0] not in ("points", "count", "deduct") and row["code"] not in ("8", "9")
    ]
    how_bare = ("best", "geometric", "arithmetic", "harmonic", "product", "complement")
    for policy, how in zip(("exclude", "within", "coverage", "even", "mixed", "levels"), how_bare, strict=True):
        rows = [row | {"aggregate": how} if row["code"] == "1" else row for row in bare]
        cases[f"bare-{policy}"] = everything(tmp_path / f"bare-{policy}", POLICIES[policy] | {"total": 100}, rows)
    books = {name: calculation_book(case, evaluate(case)) for name, case in cases.items()}
    found = recalculated(books, tmp_path)
    wrong = {name: differing(book, found[name]) for name, book in books.items()}
    assert {name: cells[:2] for name, cells in wrong.items() if cells} == {}


def judged(root, policies, **more):
    """The same as claims of which some were verified: accepted, changed in either way, given points, or still open."""
    rows = [row | {"source": "reported" if row["rule"] else ""} for row in ROWS]
    verdicts = [
        {"agency": a, "indicator": row["code"], "step": 1, "stage": "verify"}
        for a in AGENCIES
        for row in rows
        if row["rule"] and not (a == "dung" and row["code"] in ("1.1", "8"))
    ]
    changed = {
        ("an", "1.3"): {"a": "1", "b": "9"},
        ("binh", "1.3"): {"points": "2.5"},
        ("chau", "1.2"): {"points": "0"},
    }
    changed |= {("an", "2.1"): {"option": "full"}, ("an", "2.2"): {"option": "none"}, ("an", "2.4"): {"points": "1"}}
    changed |= {("an", "3.1"): {"points": "3"}, ("an", "4.1"): {"points": "-2"}, ("an", "8"): {"points": "1.5"}}
    changed |= {("binh", "9"): {"points": "0.5"}, ("binh", "2.1"): {"option": "Full"}, ("em", "3.5"): {"a": "3"}}
    verdicts = [row | {"reason": "other"} | changed.get((row["agency"], row["indicator"]), {}) for row in verdicts]
    return everything(root, policies, rows, verdicts=verdicts, **more)


@LIBREOFFICE
def test_what_is_verified_counts_before_what_is_claimed(tmp_path):
    case = judged(tmp_path / "data", POLICIES["exclude"])
    books = {on: calculation_book(case, evaluate(case, on)) for on in ("verified", "current", "claimed")}
    found = recalculated(books, tmp_path)
    assert {name: differing(book, found[name])[:2] for name, book in books.items()} == {name: [] for name in books}
    state = COLUMNS.index("state")
    words = {on: {v for (_, c), v in grid["Điểm chỉ số"].items() if c == state} for on, grid in found.items()}
    assert "chưa thẩm tra" in words["verified"] and "chưa thẩm tra" not in words["current"] | words["claimed"]
    assert "TẠM TÍNH" in books["verified"].sheets[0].cells[1, 0].value


@LIBREOFFICE
@pytest.mark.parametrize("place", ["2022/communes", "2023/districts", "2024/departments"])
def test_a_changed_input_moves_everything_that_stands_on_it(place, shipped, books, tmp_path):
    """Inputs of the changed case beside the old values: LibreOffice must find the new ones."""
    name = place.replace("/", "-")
    case, old = shipped[name], books[name]
    verdicts = case.verdicts
    first = score(case).query("node == 'index' and rank == 1")["agency"].iloc[0]
    mine = verdicts.index[verdicts["agency"] == first][::3]
    verdicts.loc[mine, ["a", "b", "option", "points"]] = ["", "", "", "0"]
    changed = case.with_changes(verdicts=verdicts)
    new = calculation_book(changed, evaluate(changed))
    inputs = {sheet.title: sheet for sheet in new.sheets}["Số liệu"]
    typed = replace(old, sheets=tuple(inputs if sheet.title == "Số liệu" else sheet for sheet in old.sheets))
    found = recalculated({"typed": typed}, tmp_path)["typed"]
    assert differing(new, found) == []
    result = Result(Plan(changed, evaluate(changed), "vi"))
    column, line = (
        result.columns.index("place"),
        next(r for r, k in zip(range(FIRST, 999), result.plan.agencies, strict=False) if k[0] == first),
    )
    assert old.sheets[-1].cells[line, column].value == 1 != found["Kết quả"][line, column]


@LIBREOFFICE
def test_equal_sums_tie_and_a_cut_is_met_exactly(tmp_path):
    """0.1 + 0.2 is more than 0.3 in a spreadsheet; 0.3 of 0.5 is a cut of 0.6 to the last digit, in a class or above it."""
    rows = [leaf("1", "points", "0.3"), leaf("2", "points", "0.2")]
    halves = {"an": ("0.1", "0.2"), "binh": ("0.3", "0"), "chau": ("0.2", "0.1"), "dung": ("0.3", "0.1")}
    given = {agency: {"1": {"points": x}, "2": {"points": y}} for agency, (x, y) in halves.items()}
    books = {}
    for name, includes in (("from", True), ("above", False)):
        case = make(tmp_path / name, rows, given, {"class": classes(0.6, 0, includes=includes)})
        books[name] = calculation_book(case, evaluate(case))
    found = recalculated(books, tmp_path)
    assert {name: differing(book, found[name]) for name, book in books.items()} == {name: [] for name in books}
    result = Result(Plan(case, evaluate(case), "vi"))
    place, band = (result.columns.index(key) for key in ("place", "class"))
    told = {name: [grid["Kết quả"][FIRST + i, band] for i in range(4)] for name, grid in found.items()}
    assert [found["from"]["Kết quả"][FIRST + i, place] for i in range(4)] == [2, 2, 2, 1]
    assert told == {"from": ["Loại 1"] * 4, "above": ["Loại 2"] * 3 + ["Loại 1"]}


HOSTILE = ('=HYPERLINK("http://x.example","y")', "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "＝1+1", "\t=1")


@LIBREOFFICE
def test_text_is_never_a_formula(tmp_path):
    rows = [
        leaf("1", "options(x:1, y:1/2)", 5, name_vi=HOSTILE[1]),
        leaf("2", "parts(p:1/2, q:1/2)", 5, name_vi=HOSTILE[2]),
    ]
    words = [
        {"indicator": c, "name": n, "name_vi": w}
        for c, n, w in (("1", "x", HOSTILE[3]), ("1", "y", '=1+"1"'), ("2", "p", "a; b"), ("2", "q", "=2*2"))
    ]
    given = {f"n{i}": {"1": {"option": "xy"[i % 2]}, "2": {"option": ("p", "q", "p;q")[i % 3]}} for i in range(6)}
    agencies = [{"agency": f"n{i}", "name_vi": words.strip()} for i, words in enumerate(HOSTILE)]
    index = {"title": {"vi": HOSTILE[0]}, "class": [{"name": {"vi": "=1+1"}, "cut": 0}]}
    case = make(tmp_path / "data", rows, given, index, agencies, choices=words)
    book = calculation_book(case, evaluate(case))
    found = recalculated({"hostile": book}, tmp_path)["hostile"]
    assert differing(book, found) == []
    ours = {(sheet.title, at(*place)) for sheet in book.sheets for place, cell in sheet.cells.items() if cell.formula}
    opened = openpyxl.load_workbook(io.BytesIO(write(book)))
    live = {(page.title, c.coordinate) for page in opened for line in page for c in line if c.data_type == "f"}
    assert live == ours
    values = {c.value for page in opened for line in page for c in line if c.data_type == "s"}
    assert {words.strip() for words in HOSTILE} <= values | {
        opened["Bộ chỉ số"]["B7"].value,
        opened["Bộ chỉ số"]["B8"].value,
    }
    assert not any("hyperlink" in name or "externalLink" in name for name in unpacked(write(book)))


def unpacked(data):
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def test_nothing_but_public_figures_is_inside(tmp_path):
    """A word in every free text that the public must not see occurs in no byte of the file."""
    secret = "Nguyễn-Văn-Kín"
    case = judged(
        tmp_path / "data",
        POLICIES["exclude"],
        evidence=[
            {
                "agency": "an",
                "indicator": "1.1",
                "no": 1,
                "number": secret,
                "title": secret,
                "issuer": secret,
                "note": secret,
            }
        ],
    )
    said = {
        "claims": ("explanation", "submitted_by"),
        "verdicts": ("reason", "note", "decided_by"),
        "exemptions": ("reason", "decided_by"),
        "agencies": ("note",),
        "indicators": ("verifier", "owner", "legal"),
    }
    for table, columns in said.items():
        for column in columns:
            case.tables[table][column] = secret
    files = unpacked(calculation_bytes(case, evaluate(case)))
    assert [name for name, data in files.items() if secret in data.decode("utf-8")] == []
    assert not any(re.search(rb'state="(veryH|h)idden"', data) for data in files.values())


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_same_case_gives_the_same_bytes(lang, shipped):
    case = shipped["2025-departments"]
    again = read_case(DATA, 2025, "departments")
    assert calculation_bytes(case, evaluate(case), lang) == calculation_bytes(again, evaluate(again), lang)


def test_titles_fit_formulas_are_short_and_no_value_is_an_error(shipped, books):
    english = [
        calculation_book(case, evaluate(case), "en") for case in (shipped["2023-districts"], shipped["2025-province"])
    ]
    for sheet in (sheet for book in [*books.values(), *english] for sheet in book.sheets):
        assert len(sheet.title) <= 31
        assert not any(str(cell.value).startswith("#") for cell in sheet.cells.values())
        assert all(len(cell.formula) < 8192 for cell in sheet.cells.values())
