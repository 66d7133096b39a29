"""The ranked list of merged units by the mean of their origins, an estimate, where the decision orders it (wording 27: the
national index did so for 34 provinces, DTI 2024, press of 21/10/2025). Worked out by hand.

2021: an 60, binh 80 (merged into chung), chau 70, dung 50 (half of it to em, half to giang), em 90; of 100 points.
sizes: an 1, binh 3.
"""

from fractions import Fraction

import pytest

from dxlib import score
from dxlib.case import check, read_case, read_lineage, read_register
from dxlib.case.next_year import shifted
from dxlib.case.read import read_series
from dxlib.index import evaluate
from dxlib.publish.open_data import merged, open_data
from dxlib.show import trend
from dxlib.years import compare_series, compare_years, merged_ranks
from tests.known.folders import leaf
from tests.years.two_years import GROUP, lineage, register, write

ROWS = [leaf("1", "points", 100), leaf("s", "none")]
FIRST = {"an": (60, 1), "binh": (80, 3), "chau": (70, 2), "dung": (50, 1), "em": (90, 1)}
SECOND = ("chung", "chau", "em", "giang")
UNITS = [
    "an,An,commune,,2000-01-01,2022-02-28", "binh,Bình,commune,,2000-01-01,2022-02-28",
    "chung,Chung,commune,,2022-03-01,", "chau,Châu,commune,,2000-01-01,", "dung,Dung,commune,,2000-01-01,2022-02-28",
    "em,Em,commune,,2000-01-01,", "giang,Giang,commune,,2022-03-01,",
]  # fmt: skip
EVENTS = [
    "e1,2022-03-01,merge,an,chung,1,population", "e1,2022-03-01,merge,binh,chung,1,population",
    "e2,2022-03-01,split,dung,em,0.5,population", "e2,2022-03-01,split,dung,giang,0.5,population",
]  # fmt: skip


def folder(root, first=None, second=SECOND, units=UNITS, events=EVENTS, **comparison):
    register(root, *units)
    lineage(root, *events)
    first = first or FIRST
    write(root, 2021, (ROWS, {a: {"1": {"points": p}, **({"s": n} if n else {})} for a, (p, n) in first.items()}))
    answers = {a: {"1": {"points": 10 * i}} for i, a in enumerate(second, 1)}
    write(root, 2022, (ROWS, answers), "1 1 same", comparison={"merged": "rank-estimate"} | comparison)
    return read_series(root, 2022, GROUP)


def ranked(series):
    step, exact = compare_series(series, tuple(map(evaluate, series.cases)))[-1], evaluate(series.cases[0])
    found = merged_ranks(step.before, step.after, step.related, exact).set_index("agency")
    return {a: (None if str(row["rank"]) == "<NA>" else int(row["rank"]), row["score"]) for a, row in found.iterrows()}


def test_equal_means_share_a_place(tmp_path):
    """chung (60 + 80)/2 = 70, as chau; em 90 whole and half of 50: (90 + 25)/1.5; giang half of dung alone: 50."""
    assert ranked(folder(tmp_path)) == {
        "em": (1, Fraction(115, 150)), "chau": (2, Fraction(7, 10)), "chung": (2, Fraction(7, 10)),
        "giang": (4, Fraction(1, 2)),
    }  # fmt: skip


def test_by_size(tmp_path):
    """chung (60 + 3 × 80)/4 = 75; em (90 + 0.5 × 50)/1.5."""
    found = ranked(folder(tmp_path, merged_mean="size", size="s"))
    assert found["chung"] == (2, Fraction(3, 4)) and found["chau"] == (3, Fraction(7, 10))


def test_thirds_tie_exactly(tmp_path):
    """(10 + 10.1 + 10.2)/3 = 10.1: floats would not say so."""
    first = {"an": ("10", 0), "binh": ("10.1", 0), "x": ("10.2", 0), "chau": ("10.1", 0)}
    units = [*UNITS[:4], "x,X,commune,,2000-01-01,2022-02-28"]
    events = [*EVENTS[:2], "e1,2022-03-01,merge,x,chung,1,population"]
    found = ranked(folder(tmp_path, first, ("chung", "chau"), units, events))
    assert found == {"chau": (1, Fraction("0.101")), "chung": (1, Fraction("0.101"))}


@pytest.mark.parametrize(
    "first, comparison, lacks",
    [
        (FIRST | {"an": (60, 0)}, {"merged_mean": "size", "size": "s"}, "size"),
        ({a: x for a, x in FIRST.items() if a not in ("an", "binh")}, {}, "origin"),
    ],
)
def test_who_has_no_mean_has_no_place_and_it_is_said(tmp_path, first, comparison, lacks):
    series = folder(tmp_path, first, **comparison)
    step = compare_series(series, tuple(map(evaluate, series.cases)))[-1]
    found = merged_ranks(step.before, step.after, step.related, evaluate(series.cases[0])).set_index("agency")
    assert found.loc["chung", "lacks"] == lacks and found.loc["chung", "score"] is None
    assert str(found.loc["chung", "rank"]) == "<NA>" and found["of"].dropna().unique().tolist() == [3]


def test_a_part_that_nobody_published_gives_no_place(tmp_path):
    events = [*EVENTS[:2], EVENTS[2].replace("0.5", "").replace("population", "unknown"),
              EVENTS[3].replace("0.5", "").replace("population", "unknown")]  # fmt: skip
    found = ranked(folder(tmp_path, events=events))
    assert found["em"] == (None, None) and found["giang"][1] == Fraction(1, 2)  # of one origin alone no part is asked


def test_the_page_marks_every_line_and_names_the_origins(tmp_path):
    series = folder(tmp_path)
    exact = tuple(map(evaluate, series.cases))
    for lang in ("vi", "en"):
        table = trend.merged_table(compare_series(series, exact), exact, lang)
        lines = {row[1]: row for row in table.rows}
        assert all(row[0].endswith("*") for row in table.rows) and len(lines) == 4
        merged_one = lines["chung"]
        assert merged_one[2].endswith("*") and "an" in merged_one[-1] and "binh" in merged_one[-1]
        assert not lines["chau"][2].endswith("*")  # its own score
        assert table.caption.startswith("ESTIMATE" if lang == "en" else "ƯỚC TÍNH")


def test_nothing_of_it_is_in_the_official_table(tmp_path):
    plain = folder(tmp_path / "a", merged="none")
    exact = tuple(map(evaluate, plain.cases))
    assert trend.merged_table(compare_series(plain, exact), exact, "vi") is None and merged(plain) is None
    ordered = folder(tmp_path / "b")
    case = ordered.cases[-1]
    assert score(case).equals(score(plain.cases[-1]))
    made = open_data(case, score(case), False, "0", merged(ordered))
    lines = made["tables/merged.csv"].decode("utf-8-sig").splitlines()
    assert lines[0] == "before_year,agency,scope,estimated_rank,estimated_of,score_before,kind,origins,mark"
    assert lines[2] == "2021,chau,,2,4,0.700000000000,U,chau = 0.700000000000 (1),"
    assert lines[3] == "2021,chung,,2,4,0.700000000000,M,an = 0.600000000000 (1); binh = 0.800000000000 (1),"
    assert made["tables/scores.csv"] == open_data(case, score(case), False, "0")["tables/scores.csv"]
    assert b'"merged"' in made["datapackage.json"] and b"tables/merged.csv" in made["README.md"]


def test_the_order_is_of_one_year(tmp_path):
    text = '[comparison]\nmin_matched = 0.6\nmerged = "rank-estimate"\nmerged_mean = "size"\nsize = "s"\n'
    assert shifted(text, "2022", "2023") == '[comparison]\nmin_matched = 0.6\nsize = "s"\n'


def test_by_size_needs_a_size(tmp_path):
    folder(tmp_path)
    file = tmp_path / "2022" / GROUP / "index.toml"
    file.write_text(
        file.read_text("utf-8").replace('"rank-estimate"', '"rank-estimate", merged_mean = "size"'), "utf-8"
    )
    assert ("E_LINK", "merged_without_size") in {(f.code, f.reason) for f in check(tmp_path, 2022, GROUP)}
    file.write_text(file.read_text("utf-8").replace("rank-estimate", "rank-estimates"), "utf-8")
    found = [f for f in check(tmp_path, 2022, GROUP) if f.reason == "key_choice"]
    assert found and found[0].facts["nearest"] == "rank-estimate"


def test_lists_of_the_later_year(tmp_path):
    """Two years alone, as a comparison of two: the map and the lists are the later year's."""
    folder(tmp_path)
    file = tmp_path / "2022" / GROUP / "agencies.csv"
    file.write_text("agency,scope,ranked\nchung,A,\nchau,A,no\nem,B,\ngiang,B,\n", "utf-8")
    cases = read_case(tmp_path, 2021, GROUP), read_case(tmp_path, 2022, GROUP)
    step = compare_years(*cases, read_register(tmp_path), read_lineage(tmp_path))
    found = merged_ranks(step.before, step.after, step.related, evaluate(cases[0]))
    assert found[["agency", "scope"]].to_numpy().tolist() == [
        ["chau", "A"],
        ["chung", "A"],
        ["em", "B"],
        ["giang", "B"],
    ]
    assert [None if str(r) == "<NA>" else r for r in found["rank"]] == [None, None, 1, 2]  # a list of one has no rank
