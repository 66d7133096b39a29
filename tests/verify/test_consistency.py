"""Arithmetic between written figures: answers on paper, published tables, exact referees, wrong input."""

from __future__ import annotations

import csv
import re
import unicodedata
from decimal import Decimal
from fractions import Fraction
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dxlib.case.relations import Cell, Relation, RelationError, Term, parse_relation
from dxlib.verify.consistency import judge, own_sums, part_whole, printed_total, relation_flags, two_wholes
from dxlib.verify.flag import COLUMNS
from tests.conftest import PUBLISHED

DTI = PUBLISHED / "dti"
many = settings(max_examples=100)


def relation(left, sign, right, rounded="no", name="r"):
    return {"relation": name, "left": left, "sign": sign, "right": right, "rounded": rounded}


def verdict(left, sign, right, figures, rounded="no"):
    """judge() on `a(1)`-like keys."""
    cells = {Cell(*re.fullmatch(r"(\w+)\((.*)\)", key).groups()): text for key, text in figures.items()}
    return judge(parse_relation(relation(left, sign, right, rounded)), cells)


def claims(*rows):
    """(agency, indicator, a, b, points)"""
    padded = [(*row, *[""] * (5 - len(row))) for row in rows]
    return pd.DataFrame(padded, columns=["agency", "indicator", "a", "b", "points"], dtype=object)


def table(*rows):
    return pd.DataFrame(rows, columns=["relation", "left", "sign", "right", "rounded"], dtype=object)


def printed(name):
    with (DTI / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


# Answers on paper


def test_parts_and_their_total():
    parts = {"a(1.1)": "12", "a(1.2)": "7.5", "a(1)": "19.5"}
    assert verdict("a(1.1) + a(1.2)", "=", "a(1)", parts) is None
    breach = verdict("a(1.1) + a(1.2)", "=", "a(1)", {**parts, "a(1)": "20"})
    assert (breach.left, breach.right, breach.difference, breach.tolerance) == (Fraction(39, 2), 20, Fraction(-1, 2), 0)


def test_a_sum_that_floats_would_get_wrong():
    assert 0.1 + 0.2 != 0.3
    assert verdict("a(1)+a(2)", "=", "a(3)", {"a(1)": "0.1", "a(2)": "0.2", "a(3)": "0.3"}) is None
    tiny = {"a(1)": "0.1", "a(2)": "0.2", "a(3)": "0.30000000000000000000000001"}
    assert verdict("a(1)+a(2)", "=", "a(3)", tiny).difference == Fraction(-1, 10**26)


def test_at_most():
    few = {"a(2.1)": "40", "b(2.1)": "40.0"}
    assert verdict("a(2.1)", "<=", "b(2.1)", few) is None
    assert verdict("b(2.1)", "<=", "2*a(2.1)", few) is None
    assert verdict("2*a(2.1)", "<=", "b(2.1)", few).difference == 40


def test_a_stated_percentage_within_its_decimals():
    # 17/23 = 73.913 %: written 73.9 or 74 it agrees, 73.8 it does not
    for stated, agrees in (("73.9", True), ("73.91", True), ("74", True), ("73.8", False), ("73.92", False)):
        figures = {"a(2.1)": "17", "b(2.1)": "23", "a(2.2)": stated}
        assert (verdict("100*a(2.1)/b(2.1)", "=", "a(2.2)", figures, "yes") is None) == agrees
        assert verdict("100*a(2.1)/b(2.1)", "=", "a(2.2)", figures)  # exactly it never does


def test_rounded_parts_may_be_off_by_half_a_unit_each():
    # 33.3 x 3 = 99.9 for 100.0: four cells, 0.05 each; the quotient adds nothing, a factor multiplies
    figures = {"a(1)": "33.3", "a(2)": "33.3", "a(3)": "33.3", "a(4)": "100.0", "b(4)": "3"}
    breach = verdict("a(1)+a(2)+a(3)", "=", "a(4)", {**figures, "a(4)": "100.2"}, "yes")
    assert (breach.difference, breach.tolerance) == (Fraction(-3, 10), Fraction(2, 10))
    assert verdict("a(1)+a(2)+a(3)", "=", "a(4)", {**figures, "a(4)": "100.1"}, "yes") is None  # just within
    assert verdict("a(1)+a(2)+a(3)", "=", "a(4)", figures, "yes") is None
    assert verdict("3*a(1)", "=", "a(4)", figures, "yes") is None  # 3 x 0.05 + 0.05
    assert verdict("a(1)", "=", "a(4)/b(4)", figures, "yes") is None
    assert verdict("a(1)", "=", "a(4)/b(4)", {**figures, "a(1)": "33.2"}, "yes").tolerance == Fraction(1, 20)


def test_relation_flags_on_paper():
    given_claims = claims(
        ("y", "2.1", "50", "40"), ("y", "2.2", "5"), ("x", "2.1", "30", "40"), ("x", "2.2", "12"), ("z", "2.1", "9", "")
    )
    relations = table(("within", "a(2.1)", "<=", "b(2.1)", ""), ("sum", "a(2.1) + a(2.2)", "<=", "b(2.1)", "no"))
    found = relation_flags(given_claims, relations)
    assert found.values.tolist() == [
        ["relation", "y", "", 0.375, 55.0, 40.0, "sum"],
        ["relation", "y", "2.1", 0.25, 50.0, 40.0, "within"],
        ["relation", "x", "", 0.05, 42.0, 40.0, "sum"],
    ]


def test_points_are_the_agency_s_own_sum():
    given_claims = claims(("x", "1", "", "", "10"), ("x", "1.1", "", "", "6"), ("x", "1.2", "", "", "3.5"))
    (found,) = relation_flags(given_claims, table(("r", "points(1.1)+points(1.2)", "=", "points(1)", ""))).to_dict(
        "records"
    )
    assert (found["value"], found["expected"], found["strength"]) == (9.5, 10.0, 0.05)


def test_part_whole_on_paper():
    found = part_whole(
        claims(("x", "1", "41", "40"), ("x", "2", "41", "40"), ("y", "1", "40.0", "40"), ("z", "1", "3", "0")), ["1"]
    )
    assert found.values.tolist() == [
        ["part_whole", "z", "1", 3.0, 3.0, 0.0, ""],
        ["part_whole", "x", "1", 1 / 40, 41.0, 40.0, ""],
    ]


def test_two_wholes_on_paper():
    names = {"1": "Số cán bộ", "2": "số  cán bộ ", "3": "Số cán bộ", "4": "Số hộ", "5": ""}
    given_claims = claims(
        *(("x", code, "", b) for code, b in zip("12345", ["50", "50.0", "45", "7", "8"], strict=True)),
        ("y", "1", "", "60"),
        ("y", "2", "", ""),
    )
    (found,) = two_wholes(given_claims, names).to_dict("records")
    assert (found["flag"], found["agency"], found["indicator"], found["other"]) == ("two_wholes", "x", "3", "1;2")
    assert (found["value"], found["expected"], found["strength"]) == (45.0, 50.0, 0.1)


def test_the_commonest_whole_is_the_reference_though_smaller():
    wholes = dict(zip("12345", ["45", "50", "45", "50", "45"], strict=True))
    found = two_wholes(claims(*(("x", c, "", b) for c, b in wholes.items())), dict.fromkeys("12345", "n"))
    assert found[["indicator", "value", "expected", "other"]].values.tolist() == [
        ["2", 50.0, 45.0, "1;3;5"],
        ["4", 50.0, 45.0, "1;3;5"],
    ]


def test_of_two_equally_common_wholes_the_smaller_is_asked_about():
    for values in permutations(["45", "50"]):
        found = two_wholes(claims(*(("x", c, "", b) for c, b in zip("12", values, strict=True))), {"1": "n", "2": "N"})
        assert found[["value", "expected"]].values.tolist() == [[45.0, 50.0]]


def test_names_of_wholes_in_either_unicode_form():
    name = "Tổng số thủ tục"
    names = {"1": unicodedata.normalize("NFC", name), "2": unicodedata.normalize("NFD", name)}
    assert len(two_wholes(claims(("x", "1", "", "5"), ("x", "2", "", "6")), names)) == 1


@pytest.mark.parametrize(
    "stated, claimed, decimals, flagged",
    [
        (8, 6.5, 2, True),
        (6.67, 20 / 3, 2, False),
        (6.66, 20 / 3, 2, True),
        (6.67, 6.665, 2, False),  # half a unit exactly; the floats differ by more
        (0.615, 0.61, 2, False),
        (0.6150001, 0.61, 2, True),
        (7, 6.5, 0, False),
        (7, 6.4, 0, True),
        (float("nan"), 5, 2, False),
        (5, float("nan"), 2, False),
    ],
)
def test_own_sums(stated, claimed, decimals, flagged):
    ledger = pd.DataFrame({"agency": ["x"], "indicator": ["1"], "claimed": [claimed], "stated": [stated]}).astype(
        {"claimed": float, "stated": float}
    )
    found = own_sums(ledger, decimals)
    assert len(found) == flagged
    if flagged:
        assert found[["flag", "agency", "indicator", "value", "expected"]].values.tolist() == [
            ["own_sum", "x", "1", stated, claimed]
        ]
        assert found["strength"][0] == pytest.approx(abs(stated - claimed))


# Published tables


def test_bac_ninh_2020():
    """Decision 1726: 0.4449, 0.3668, 0.4052 weigh 0.4, 0.3, 0.3 and were printed as 0.4096 (tests/backtest/test_dti.py)."""
    found = printed_total(["0.4449", "0.3668", "0.4052"], ["0.4", "0.3", "0.3"], "0.4096")
    assert found.recomputed == Fraction("0.40956") and found.difference == Fraction("-0.00004")
    assert found.tolerance == Fraction("0.0001") and found.agrees
    assert not printed_total(["0.4449", "0.3668", "0.4052"], ["0.4", "0.3", "0.3"], "0.4097").agrees


def test_a_total_just_within_the_printed_precision_agrees():
    found = printed_total(["1"], ["1"], "2")  # 1.5 and 1.5
    assert (found.difference, found.tolerance, found.agrees) == (-1, 1, True)


@pytest.mark.real("published tables")
def test_five_provinces_of_2022_agree():
    rows = [row for row in printed("dti_2022_provinces.csv") if all(row[code] for code in maxima())]
    weights = [str(m / 1000) for m in maxima().values()]
    assert len(rows) == 5
    for row in rows:
        found = printed_total([row[code] for code in maxima()], weights, row["pdti"])
        assert found.agrees and found.tolerance == Fraction("0.0001")
        off = printed_total([row[code] for code in maxima()], weights, f"{float(row['pdti']) + 0.0003:.4f}")
        assert not off.agrees


def maxima():
    """Maximum points of the main indexes in 2022."""
    rows = printed("bac_kan_2022_main_indexes.csv")
    return {row["main_index"]: int(row["max_points"]) for row in rows if row["points"]}


@pytest.mark.real("published tables")
def test_the_wrong_maxima_of_bac_kan_are_found():
    """Every index of the article is "x/100"; then three of them would count double or half as much again."""
    rows = [row for row in printed("bac_kan_2022_main_indexes.csv") if row["points"]]
    parts = [row["points"] for row in rows]

    def weighed(column):
        """Points of the total that one printed point is worth."""
        return [str(maxima()[row["main_index"]] / int(row[column])) for row in rows]

    right = printed_total(parts, weighed("max_points"), "394.13")
    assert right.agrees and right.recomputed == Fraction("394.13") and right.difference == 0
    wrong = printed_total(parts, weighed("printed_max"), "394.13")
    assert not wrong.agrees
    assert wrong.recomputed == Fraction("511.01") and wrong.difference == Fraction("116.88")
    assert wrong.tolerance < 3


# Referees and properties

codes = st.sampled_from(["1", "1.1", "1.10", "II.3-b", "a", "points", "CQS"])
cells = st.builds(Cell, st.sampled_from(["a", "b", "points"]), codes)
terms = st.builds(
    Term, st.one_of(st.just(Fraction(1)), st.integers(0, 999).map(lambda n: Fraction(n, 100))), cells, st.none() | cells
)
sides = st.lists(terms, min_size=1, max_size=4).map(tuple)
relations = st.builds(Relation, st.just("r"), sides, st.sampled_from(["<=", "="]), sides, st.booleans())
decimals = st.decimals(-5000, 5000, places=0) | st.decimals(-50, 50, places=2) | st.decimals(0, 5, places=3)
decimals = decimals.map(lambda d: f"{d:f}".removeprefix("-") if not d else f"{d:f}")
blanks = st.sampled_from(["", " "])


def text_of(terms, blank=" "):
    def term(t):
        factor = "" if t.factor == 1 else f"{float(t.factor)}{blank}*{blank}"
        below = f"{blank}/{blank}{t.bottom.column}({t.bottom.code})" if t.bottom else ""
        return f"{factor}{t.top.column}({t.top.code}){below}"

    return f"{blank}+{blank}".join(map(term, terms))


@many
@given(relations, blanks)
def test_what_is_written_is_read_back(given_relation, blank):
    r = given_relation
    rounded = "yes" if r.rounded else ""
    assert parse_relation(relation(text_of(r.left, blank), r.sign, text_of(r.right, blank), rounded)) == r


def by_hand(r, figures):
    """(difference, tolerance) from the text of the relation, calculated by Python's own grammar; None: cannot be said."""
    try:
        sides = []
        for terms in (r.left, r.right):
            text = re.sub(r"[0-9]+\.[0-9]+ \*", lambda m: f"F('{m.group()[:-2]}') *", text_of(terms))
            text = re.sub(r"(a|b|points)\(([^)]*)\)", r"F(figures[Cell('\1', '\2')])", text)
            sides.append(eval(text, {"F": Fraction, "figures": figures, "Cell": Cell}))
    except (ValueError, ZeroDivisionError):
        return None
    slack = Fraction(0)
    for t in [*r.left, *r.right] if r.rounded else []:
        if not t.bottom:
            places = len(figures[t.top].split(".")[1]) if "." in figures[t.top] else 0
            slack += t.factor * Fraction(1, 2) / 10**places
    return sides[0] - sides[1], slack


@many
@given(relations, st.data())
def test_judge_against_python_s_own_arithmetic(r, data):
    texts = st.one_of(decimals, decimals, decimals, decimals, st.just(""))
    figures = {cell: data.draw(texts) for cell in dict.fromkeys(r.cells)}
    found, slow = judge(r, figures), by_hand(r, figures)
    if slow is None:
        assert found is None
        return
    difference, slack = slow
    broken = difference > slack if r.sign == "<=" else abs(difference) > slack
    assert (found is not None) == broken
    if found:
        assert (found.difference, found.tolerance) == slow and found.left - found.right == difference


@many
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=8), st.integers(0, 3))
def test_rounding_alone_never_breaks_a_rounded_relation(thousandths, places):
    def show(x):
        return f"{round(Decimal(x) / 1000, places):f}"

    figures = {f"a({i})": show(x) for i, x in enumerate(thousandths)} | {"b(9)": show(sum(thousandths))}
    left = "+".join(f"a({i})" for i in range(len(thousandths)))
    assert verdict(left, "=", "b(9)", figures, "yes") is None


@many
@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=4), st.integers(0, 60), st.integers(1, 9), st.sampled_from("yn")
)
def test_more_on_the_left_never_heals_a_relation(parts, whole, more, rounded):
    def broken(first):
        figures = {f"a({i})": str(v) for i, v in enumerate([first, *parts[1:]])} | {"b(0)": str(whole)}
        left = " + ".join(f"1.5*a({i})" for i in range(len(parts)))
        return verdict(left, "<=", "b(0)", figures, {"y": "yes", "n": "no"}[rounded]) is not None

    assert broken(parts[0] + more) or not broken(parts[0])


@many
@given(st.lists(decimals, min_size=1, max_size=6), st.data())
def test_printed_total_against_exact_sums(parts, data):
    weights = [data.draw(decimals) for _ in parts]
    exact = sum(Fraction(w) * Fraction(p) for w, p in zip(weights, parts, strict=True))
    total = f"{float(exact):.2f}"
    found = printed_total(parts, weights, total)
    assert found.recomputed == exact and found.difference == exact - Fraction(total)
    assert found.agrees == (abs(found.difference) <= found.tolerance)
    assert found.agrees  # a total rounded from these very parts
    beyond = Fraction(total) + found.tolerance + Fraction(1, 100)
    assert not printed_total(parts, weights, f"{float(beyond):.10f}").agrees


def test_p34_figures_that_agree_raise_no_flag():
    whole = claims(*((x, c, "4", "10", "2.5") for x in "xyz" for c in "12"))
    assert relation_flags(whole, table(("r", "a(1)", "=", "a(2)", ""), ("s", "a(1)", "<=", "b(1)", ""))).empty
    assert part_whole(whole, "12").empty and two_wholes(whole, {"1": "n", "2": "n"}).empty
    ledger = pd.DataFrame({"agency": ["x"], "indicator": ["1"], "claimed": [2.5], "stated": [2.5]})
    assert own_sums(ledger, 6).empty


def test_p45_row_order_does_not_matter():
    seeded = np.random.default_rng(4)
    rows = [(f"a{i}", c, str(seeded.integers(0, 60)), str(seeded.integers(40, 44))) for i in range(30) for c in "123"]
    given_claims = claims(*rows)
    mixed = given_claims.sample(frac=1, random_state=1)
    relations = table(("r", "a(1)+a(2)", "<=", "b(1)", ""), ("s", "b(1)", "=", "b(3)", ""))
    for found, other in (
        (relation_flags(given_claims, relations), relation_flags(mixed, relations[::-1])),
        (part_whole(given_claims, ["1", "3"]), part_whole(mixed, ["3", "1"])),
        (two_wholes(given_claims, dict.fromkeys("123", "n")), two_wholes(mixed, dict.fromkeys("123", "n"))),
    ):
        assert len(found) > 5
        pd.testing.assert_frame_equal(found, other)


# Little and wrong input


@pytest.mark.parametrize("missing", ["a(1)", "b(1)", "a(2)"])
def test_an_unanswered_row_says_nothing(missing):
    figures = {"a(1)": "9", "b(1)": "1", "a(2)": "5"}
    assert verdict("a(1) + b(1)", "<=", "a(2)", figures)
    assert verdict("a(1) + b(1)", "<=", "a(2)", {**figures, missing: ""}) is None
    del figures[missing]
    assert verdict("a(1) + b(1)", "<=", "a(2)", figures) is None


def test_nothing_is_divided_by_zero():
    for a in ("0", "7"):
        assert verdict("a(1)/b(1)", "=", "a(2)", {"a(1)": a, "b(1)": "0.00", "a(2)": "5"}) is None


def test_nothing_in_nothing_out():
    relations = table(("r", "a(1)", "<=", "b(1)", ""))
    for found in (
        relation_flags(claims(), relations),
        relation_flags(claims(("x", "1", "5", "4")), table()),
        part_whole(claims(), ["1"]),
        part_whole(claims(("x", "1", "5", "")), ["1"]),
        two_wholes(claims(), {"1": "n"}),
        two_wholes(claims(("x", "1", "", "4")), {}),
        own_sums(pd.DataFrame({"agency": [], "indicator": [], "claimed": [], "stated": []})),
    ):
        assert list(found.columns) == COLUMNS and found.empty


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "+",
        "a(1)+",
        "+a(1)",
        "a()",
        "a(1) b(1)",
        "c(1)",
        "a(1)-b(1)",
        "2a(1)",
        "1,5*a(1)",
        "a(1)/2",
        "a(1)/b(1)/b(2)",
        "-1*a(1)",
        "a(1",
    ],
)
def test_what_is_no_relation(wrong):
    for sides in ((wrong, "<=", "a(1)"), ("a(1)", "<=", wrong)):
        with pytest.raises(RelationError):
            relation_flags(claims(), table(("r", *sides, "")))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: printed_total(["1"], ["1", "2"], "3"),
        lambda: printed_total([], [], "0"),
        lambda: printed_total(["1,5"], ["1"], "1.5"),
        lambda: printed_total(["1"], ["1"], ""),
        lambda: own_sums(pd.DataFrame({"agency": [], "indicator": [], "claimed": [], "stated": []}), -1),
        lambda: part_whole(claims(("x", "1", "4,5", "4")), ["1"]),
        lambda: two_wholes(claims(("x", "1", "", "nhiều")), {"1": "n"}),
        lambda: verdict("a(1)", "<=", "a(2)", {"a(1)": "1e3", "a(2)": "1"}),
    ],
)
def test_wrong_calls_are_refused(wrong):
    with pytest.raises(ValueError):
        wrong()
