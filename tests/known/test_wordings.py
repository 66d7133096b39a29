"""Wordings of real decisions, each scored by hand and driven through check, score, simulation, form, self score, intake
and calculation. `source` says where the wording was read; the numbers in it are ours where the decision could not be
opened."""

import datetime
from dataclasses import dataclass, field
from fractions import Fraction
from types import SimpleNamespace

import pytest

from dxlib.case import check, read_case
from dxlib.index import evaluate, score
from dxlib.index.floats import leaf_shares
from dxlib.sheets import intake
from dxlib.sheets.calculation import calculation_book
from dxlib.sheets.form import CLAIM_COLUMNS, claim_form
from dxlib.sheets.self_score import self_score
from dxlib.words import finding
from tests.known.folders import GROUP, YEAR, cells, leaf, make
from tests.sheets.desk import Desk, resaved, what_is_typed
from tests.sheets.test_calculation import differing, grids, recalculated
from tests.years.two_years import change, compared, lineage, register

OF = {"b_vi": "Tổng số"}
COMMON = "common in national sets; text not recovered"
CONTEST = "ThuatNguyen/NationalSecurityContest2, EVALUATION_SYSTEM.md"


def option(name, a, b=""):
    return {"option": name, "a": a, "b": b}


@dataclass(frozen=True)
class Wording:
    """A row, and what its answers earn. An answer is as for `tests.known.folders.cells`."""

    source: str
    rule: str
    maximum: int
    points: tuple[tuple[object, object], ...]  # (answer, points by hand)
    row: dict[str, str] = field(default_factory=dict)


WORDINGS = [
    # "từ 80 %: điểm tối đa; dưới 80 %: theo tỷ lệ": 40/80 x 20 = 10
    Wording(COMMON + " (14)", "target(80%)", 20, (((40, 100), 10), ((80, 100), 20), ((95, 100), 20), ((0, 100), 0)), OF),
    # "đến 50 %: 0 điểm; từ 50 % đến 80 %: tính từ mức sàn; từ 80 %: tối đa": (65 - 50)/(80 - 50) x 20 = 10
    Wording(
        COMMON + " (15)", "target(80%, from: 50%)", 20,
        (((50, 100), 0), ((65, 100), 10), ((74, 100), 16), ((80, 100), 20), ((30, 100), 0)), OF,
    ),
    # the other reading, "dưới 50 %: 0 điểm; từ 50 % đến dưới 80 %: tỷ lệ/80 % x điểm": 50/80 x 20 = 12.5 at once
    Wording(
        COMMON + " (15)", "target(80%, least: 50%)", 20,
        (((49, 100), 0), ((50, 100), "12.5"), ((64, 100), 16), ((80, 100), 20), ((99, 100), 20)), OF,
    ),
    # the same by points
    Wording(
        COMMON + " (15)", "linear(50%:0, 50%:5/8, 80%:1)", 20,
        (((49, 100), 0), ((50, 100), "12.5"), ((64, 100), 16), ((80, 100), 20), ((99, 100), 20)), OF,
    ),
    # "trên 50 %": 50 % itself earns nothing
    Wording(
        COMMON, "linear(50%:0, >50%:5/8, 80%:1)", 20,
        (((50, 100), 0), ((56, 100), 14), ((64, 100), 16), ((80, 100), 20), ((20, 100), 0)), OF,
    ),
    # linear between two thresholds (20 % -> 0, 80 % -> full): (50 - 20)/60 x 20 = 10
    Wording(
        "tried as a new user would (16)", "linear(20%:0, 80%:1)", 20,
        (((20, 100), 0), ((50, 100), 10), ((35, 100), 5), ((80, 100), 20), ((10, 100), 0)), OF,
    ),
    # a plateau and a step: "dưới 50 %: 0; từ 50 % đến 70 %: 8 điểm; trên 70 % đến dưới 90 %: từ 8 đến 12 theo tỷ lệ;
    # từ 90 %: 20 điểm"; at 80 % half way from 8 to 12
    Wording(
        COMMON + " (issue 22, 1)", "linear(50%:0, 50%:8p, 70%:8p, 90%:12p, 90%:20p)", 20,
        (((49, 100), 0), ((50, 100), 8), ((70, 100), 8), ((80, 100), 10), ((90, 100), 20)), OF,
    ),
    # the same of a share by itself, and of a percentage, without b
    Wording(
        COMMON + " (15)", "linear(50%:0, 50%:5/8, 80%:1)", 20,
        (("0.49", 0), ("0.5", "12.5"), ("0.64", 16), ("0.8", 20), ("0.99", 20)), {"kind": "share"},
    ),
    Wording(
        COMMON + " (15)", "target(80, from: 50)", 20, ((50, 0), (65, 10), (74, 16), (80, 20), (30, 0)),
        {"kind": "percent"},
    ),
    Wording(
        COMMON + " (15)", "target(80, least: 50)", 20, ((49, 0), (50, "12.5"), (64, 16), (80, 20), (99, 20)),
        {"kind": "percent"},
    ),
    # half in proportion up to 80 %, the other half by (actual - 80 %)/(leader - 80 %): the best has all; 90 % is half way
    # from the target to the leader, 10 + 10/2
    Wording(
        CONTEST + " 3.1 (11)", "target_leader(80%)", 20,
        (((40, 100), 5), ((80, 100), 10), ((90, 100), 15), ((100, 100), 20), ((60, 100), "7.5")), OF,
    ),
    # the best of all does not exceed the target: nobody has any of the other half
    Wording(
        CONTEST + " 3.1 (11)", "target_leader(80%)", 20,
        (((40, 100), 5), ((80, 100), 10), ((20, 100), "2.5"), ((0, 100), 0), ((60, 100), "7.5")), OF,
    ),
    # 35 points for a data centre plus 5 for each standard, at most 60 in all: 35 + 2 x 5 = 45
    Wording(
        "former IT index, Phụ lục 1B (8)", "sum(yes_no: 35p; count(5))", 60,
        (
            (option("yes", 0), 35), (option("yes", 2), 45), (option("no", 3), 15), (option("yes", 9), 60),
            (option("no", 0), 0),
        ),
    ),
    # the same with a cap of its own, 50 of 60
    Wording(
        "former IT index, Phụ lục 1B (8)", "sum(options(own:35p, shared:20p, none:0); count(5); cap: 50p)", 60,
        ((option("shared", 4), 40), (option("own", 9), 50), (option("none", 1), 5)),
    ),
    # a plan is worth 15 points, each application 1 point, at most 5 for those
    Wording(
        "former IT index, Phụ lục 1B (7, with a plan in place of the share)", "sum(yes_no: 15p; count(1): 5p)", 20,
        ((option("yes", 3), 18), (option("no", 9), 5), (option("yes", 7), 20), (option("yes", 0), 15)),
    ),
    # of two cases the one with more points: in proportion up to 80 %, or 12 points from 30 % on; 60/80 x 20 = 15 beats
    # 12, 40/80 x 20 = 10 does not
    Wording(
        "former IT index, 5-1.2 (9)", "best(target(80%); steps(30%:12p))", 20,
        (((60, 100), 15), ((40, 100), 12), ((29, 100), "7.25"), ((90, 100), 20), ((0, 100), 0)), OF,
    ),
    # a certificate is worth 15 of 20, else the share of staff
    Wording(
        "former IT index, 5-1.2 (9)", "best(options(iso:15p, none:0); ratio)", 20,
        (
            (option("iso", 10, 100), 15), (option("iso", 90, 100), 18), (option("none", 30, 100), 6),
            (option("none", 0, 100), 0),
        ), OF,
    ),
    # 12 points in proportion to the share, and 8 for whoever reaches 90 %
    Wording(
        COMMON + " (issue 22, 4)", "sum(ratio: 12p; steps(90%: 8p))", 20,
        (((50, 100), 6), ((90, 100), "18.8"), ((100, 100), 20), ((25, 100), 3)), OF,
    ),
    # "dưới 5 ngày: 10; từ 5 ngày: 6 điểm, giảm đều đến 20 ngày: 0": (20 - 10)/15 x 6 = 4
    Wording(
        COMMON, "linear(<5:1, 5:6p, 20:0)", 10, ((5, 6), ("4.9", 10), (10, 4), (20, 0), (0, 10)),
        {"direction": "-1", "unit": "ngày"},
    ),
    # less is better: "đến 5 ngày: tối đa; từ 20 ngày: 0; ở giữa theo tỷ lệ": (20 - 11)/15 x 10 = 6
    Wording(
        COMMON, "linear(5:1, 20:0)", 10, ((5, 10), (11, 6), (20, 0), (0, 10), (50, 0)),
        {"direction": "-1", "unit": "ngày"},
    ),
]  # fmt: skip
NUMBERS = range(len(WORDINGS))
ALONE = [n for n in NUMBERS if "leader" not in WORDINGS[n].rule]  # what a form can work out
ANSWERS = max(len(w.points) for w in WORDINGS)
AGENCIES = [f"x{i}" for i in range(ANSWERS)]


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """All wordings in one set; agency i gives the answer i of each row, or the last."""
    root = tmp_path_factory.mktemp("data")
    rows = [
        leaf(str(n), w.rule, w.maximum, source="reported", name_vi=f"Hàng {n}", a_vi="Số đạt", **w.row)
        for n, w in enumerate(WORDINGS)
    ]
    answers = {a: {str(n): given(n, i) for n in NUMBERS} for i, a in enumerate(AGENCIES)}
    made = make(root, rows, answers, agencies=[{"agency": a, "name_vi": f"Sở {a}"} for a in AGENCIES])
    return SimpleNamespace(root=root, case=made)


def given(n, i):
    points = WORDINGS[n].points
    return points[min(i, len(points) - 1)][0]


def by_hand(n, i):
    points = WORDINGS[n].points
    return Fraction(points[min(i, len(points) - 1)][1])


def told(n, i):
    return f"{WORDINGS[n].rule} of {given(n, i)}"


def test_nothing_is_doubted(case):
    assert [(f.reason, f.facts.get("code"), f.value) for f in check(case.root)] == []


def test_points(case):
    table = score(case.case, "claimed").set_index(["agency", "node"])["points"]
    wrong = [(told(n, i), table[a, str(n)]) for n in NUMBERS for i, a in enumerate(AGENCIES)
             if table[a, str(n)] != float(by_hand(n, i))]  # fmt: skip
    assert wrong == []


def test_simulations_start_from_the_same_shares(case):
    shares = leaf_shares(case.case, "claimed")
    for n in NUMBERS:
        expected = [float(by_hand(n, i) / WORDINGS[n].maximum) for i in range(ANSWERS)]
        assert shares.x[:, n].tolist() == pytest.approx(expected, abs=1e-12)


def test_two_years_are_told_apart(tmp_path):
    """Everybody gives the answer of the next: what moved is performance (and the group's doing), nothing else."""
    rows = [leaf(str(n), w.rule, w.maximum, source="reported", a_vi="Số đạt", **w.row) for n, w in enumerate(WORDINGS)]
    first = {a: {str(n): given(n, i) for n in NUMBERS} for i, a in enumerate(AGENCIES)}
    then = {a: {str(n): given(n, (i + 1) % ANSWERS) for n in NUMBERS} for i, a in enumerate(AGENCIES)}
    step = compared(tmp_path, (rows, first), (rows, then), "; ".join(f"{n} {n} same" for n in NUMBERS))
    total = sum(w.maximum for w in WORDINGS)
    for i, agency in enumerate(AGENCIES):
        row = change(step, agency)
        moved = sum(by_hand(n, (i + 1) % ANSWERS) - by_hand(n, i) for n in NUMBERS) / total
        assert row["change"] == moved == row["performance"] + row["membership"], agency


def test_a_merged_agency_has_the_mean_of_the_shares_of_a_choice_and_figures(tmp_path):
    """Half for the share, half for the choice: 0.05 + 0.5 and 0.25 + 0; options cannot be added up as figures can."""
    rows = [leaf("1", "sum(ratio: 1/2; yes_no: 1/2)", 20, source="reported", a_vi="Số đạt", **OF)]
    register(tmp_path, *(f"{a},{a},commune,,2000-01-01,2022-06-30" for a in "ab"), "new,new,commune,,2022-07-01,")
    lineage(tmp_path, *(f"e,2022-07-01,merge,{a},new,1,population" for a in "ab"))
    before = {"a": {"1": option("yes", 10, 100)}, "b": {"1": option("no", 50, 100)}}
    step = compared(tmp_path, (rows, before), (rows, {"new": {"1": option("yes", 60, 200)}}), "1 1 same")
    assert change(step, "new")["matched_before"] == Fraction(4, 10)


def desk_of(case):
    return Desk(case.root, case.case, GROUP, year=YEAR)


def test_an_answer_is_shown_with_its_option_and_its_figures(case):
    words = desk_of(case).words
    n = next(n for n in NUMBERS if WORDINGS[n].rule.startswith("best(options"))
    assert words.claimed(str(n), "x0") == "iso; 10 / 100"


def test_the_self_score_follows(case):
    words = desk_of(case).words
    for n in ALONE:
        for i in range(ANSWERS):
            claim = {"a": "", "b": "", "option": "", "points": ""} | {c: str(x) for c, x in cells(given(n, i)).items()}
            assert self_score(claim, case.case, words, str(n)) == by_hand(n, i), told(n, i)


def test_a_ratio_within_takes_b_without_words_for_it(tmp_path):
    """As `ratio` alone does: who leaves b empty is missing, not 3 of 1."""
    for n, rule in enumerate(("best(ratio; target(80%): 1/2)", "sum(yes_no: 1/2; ratio: 1/2)")):
        case = make(tmp_path / str(n), [leaf("1", rule, 20)], {"x": {"1": option("yes" if n else "", 3)}})
        assert score(case, "claimed").set_index("node").loc["1", "state"] == "missing"


def test_part_of_an_answer_is_missing_and_said(tmp_path):
    """An empty cell is missing, never 0: of the choice or of the figures."""
    answers = {"x": option("yes", ""), "y": option("", 4), "z": option("no", 0), "w": {}}
    rows = [leaf("1", "sum(yes_no: 35p; count(5))", 60, source="reported")]
    case = make(tmp_path, rows, {agency: {"1": answer} for agency, answer in answers.items()})
    table = score(case, "claimed").set_index(["agency", "node"])
    assert {a: table.loc[(a, "1"), "state"] for a in answers} == dict.fromkeys("xyw", "missing") | {"z": "claimed"}
    said = [(f.code, f.reason, f.row, f.column) for f in check(tmp_path) if f.code == "W_INCOMPLETE"]
    assert said == [("W_INCOMPLETE", "answer_partial", 2, "a"), ("W_INCOMPLETE", "answer_partial", 3, "option")]


@pytest.mark.real("libreoffice")
def test_forms_and_calculation_worked_out_by_a_spreadsheet(case, tmp_path):
    """Filled in, worked out anew, taken in again: the form shows the points, intake has nothing to say."""
    desk = desk_of(case)
    claims, files = case.case.claims, []
    for agency in AGENCIES:
        mine = claims[claims["agency"] == agency].to_dict("records")
        typed = what_is_typed(desk.words, [{**row, "submitted_by": "Văn thư"} for row in mine], [])
        files.append(tmp_path / f"{agency}.xlsx")
        files[-1].write_bytes(desk.form(agency, typed))
    saved, wrong = resaved(files, tmp_path), []
    for i, (agency, file) in enumerate(zip(AGENCIES, saved, strict=True)):
        sheet = claim_form(desk.words, desk.people[agency]).sheets[0]
        lines = {cell.value: row for (row, column), cell in sheet.cells.items() if column == 0}
        shown = grids(file)[sheet.title]
        points = [(n, shown[lines[str(n)], CLAIM_COLUMNS.index("points")]) for n in ALONE]
        wrong += [(told(n, i), x) for n, x in points if x != pytest.approx(float(by_hand(n, i)), abs=1e-9)]
    assert wrong == []
    book = calculation_book(case.case, evaluate(case.case, "claimed"))
    assert differing(book, recalculated({"calculation": book}, tmp_path)["calculation"]) == []
    before = case.case.claims
    taken = intake(case.root, YEAR, GROUP, saved, received=datetime.date(2025, 1, 1))
    assert [finding(f, "en")["what"] for f in taken.findings if f.severity == "error" or f.code == "W_SELF_SCORE"] == []
    after = read_case(case.root, YEAR, GROUP).claims
    columns = ["agency", "indicator", "a", "b", "option"]
    assert sorted(after[columns].values.tolist()) == sorted(before[columns].values.tolist())


@pytest.mark.real("libreoffice")
def test_nothing_of_nothing_and_half_an_answer_beside_a_choice(tmp_path):
    """0/0 follows its policy for the whole row, whatever was chosen; half an answer is missing; points of a verdict
    decide. Of 20 points."""
    rules = {"1": "sum(ratio: 1/2; yes_no: 1/2)", "2": "best(options(iso:15p, none:0); target(80%))"}
    rows = [leaf(code, rule, 20, source="reported", a_vi="Số đạt", **OF) for code, rule in rules.items()]
    chosen = [(option("yes", 0, 0), option("iso", 0, 0)), (option("", 1, 2), option("iso", "", 5)),
              (option("no", 1, 2), option("none", 1, 5)), (option("yes", 1, 2), option("iso", 1, 5)),
              (option("", 0, 0), option("", 0, 0))]  # fmt: skip
    answers = {f"x{i}": {"1": one, "2": two} for i, (one, two) in enumerate(chosen)}
    accepted = {"step": 1, "stage": "verify", "points": "", "reason": "", "decided_by": "x"}
    judged = [{"agency": a, "indicator": code, **accepted} for a in answers for code in rules]
    for row in judged:
        if (row["agency"], row["indicator"]) == ("x3", "2"):
            row |= {"points": 7, "reason": "other"}
    books, points = {}, {}
    for policy in ("exempt", "full", "zero"):
        case = make(tmp_path / policy, rows, answers, {"zero_over_zero": policy}, verdicts=judged)
        books[policy] = calculation_book(case, evaluate(case))
        points[policy] = score(case).set_index(["agency", "node"])["points"]
    for policy, found in recalculated(books, tmp_path).items():
        assert differing(books[policy], found) == [], policy
    hand = {"x1": (0, 0), "x2": (5, 5), "x3": (15, 7), "x4": (0, 0)}
    for policy, table in points.items():
        assert {a: (table[a, "1"], table[a, "2"]) for a in hand} == hand
        nothing = {"full": 20, "zero": 0}.get(policy)
        assert nothing is None or table["x0", "1"] == table["x0", "2"] == nothing
