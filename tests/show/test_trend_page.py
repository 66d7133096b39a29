"""The trend page: who really moved, what the index set moved, what the reorganisation moved."""

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from dxlib.case import read_series
from dxlib.index import evaluate
from dxlib.show import scorecard
from dxlib.show import trend as page
from dxlib.words import NOTHING, catalogue
from dxlib.years import compare_series, course, material_changes, results
from tests.known.folders import leaf
from tests.years.two_years import lineage, register, write

DATA = Path(__file__).parents[2] / "data"
CONVERT = Path(__file__).parents[1] / "backtest" / "egdi.py"
EGDI = Path(__file__).parents[3] / "shared" / "real" / "egdi"


def made(year, group, root=DATA):
    series = read_series(root, year, group)
    exact = [evaluate(case) for case in series.cases]
    compared = compare_series(series, exact)
    scores = results(series.cases, exact)
    return series, compared, material_changes(compared, None), course(compared, scores), scores


@pytest.fixture(scope="module")
def merger():
    return made(2025, "communes")


@pytest.fixture(scope="module")
def quiet():
    return made(2024, "departments")


def test_the_merger_year_reads_honestly(merger):
    series, compared, moved, *_ = merger
    said = page.summary(compared, moved, series, "vi").sentences
    words = catalogue("vi")
    assert said[2] == words["trend.size"].format(before="102", after="35")
    facts = {"then": "2024", "before": "102", "before_all": "102", "now": "2025", "after": "14", "after_all": "35"}
    assert said[1] == words["trend.scored"].format(**facts)
    assert said[-1] == f"{words['trend.joined'].format(n='35')} {words['trend.all_joined']}"
    assert not any("tăng," in sentence or "Tăng nhiều nhất" in sentence for sentence in said)
    rows = page.agencies_table(compared, moved, "vi").cells
    assert all(row[1].endswith("*") and row[-1] == words["trend.news.estimate"] for row in rows)
    assert page.agencies_chart(compared, "vi") is None  # no commune stands in both years


def test_parts_of_the_mean_add_up_as_printed(quiet):
    table = page.group_table(quiet[1], "en")
    for column in (1, 2):
        values = [float(row[column].rstrip("%\xa0 ").replace("\xa0", "")) for row in table.cells]
        assert sum(values[1:-1]) == pytest.approx(values[-1] - values[0], abs=0.51)


def test_one_chart_says_what_was_performance(quiet):
    chart = page.agencies_chart(quiet[1], "vi")
    assert len(chart.drawings) == 1 and chart.caption == catalogue("vi")["trend.agencies_chart"]
    best = max(quiet[1][-1].changes.to_dict("records"), key=lambda row: row["performance"])
    assert page.labels.agencies(quiet[1][-1].after, "vi")[best["agency"]] in chart.alt


def test_unknown_shares_are_shown_as_a_range(merger):
    rows = {row[0]: row for row in page.units_table(merger[1], "vi").cells}
    unknown = [row for row in rows.values() if catalogue("vi")["trend.share_unknown"] in row[2]]
    scored = [row for row in unknown if row[3] != "–"]  # the others wait for a score
    assert len(unknown) == 4 and scored and all("%" in row[5] and " – " in row[5] for row in scored)


def test_answers_that_have_not_come_are_said_and_blame_nobody(tmp_path):
    """Row 2 of agency a has no answer this year; b has hardly any."""
    rows = [leaf(code, "points", 10) for code in "1234"]
    full = {code: {"points": 5} for code in "1234"}
    lacks = {"a": {code: full[code] for code in "134"}, "b": {"1": full["1"]}, "c": full}
    write(tmp_path, 2021, (rows, dict.fromkeys("abc", full)))
    write(tmp_path, 2022, (rows, lacks), "; ".join(f"{code} {code} same" for code in "1234"))
    series, compared, moved, lines, _ = made(2022, "test", tmp_path)
    for lang, said in (("vi", ("-4,2", "-12,5")), ("en", ("-4.2", "-12.5"))):
        words = catalogue(lang)
        sentences = page.summary(compared, moved, series, lang).sentences
        for key, x in zip(("unanswered", "apart"), said, strict=True):
            assert words[f"trend.of.{key}"].format(x=x) in sentences[0]
        lack = words["trend.unanswered"].format(n="2")
        assert any(sentence.startswith(lack) and "60" in sentence for sentence in sentences)
        table = page.agencies_table(compared, moved, lang)
        cells = {row[0]: row[1:] for row in table.cells}
        assert words["trend.head.unanswered"] in [column.heading for column in table.columns]
        assert [cells["a"][i] for i in (2, 4)] == [cells["a"][2]] * 2 and cells["a"][2] == (
            "-12.5" if lang == "en" else "-12,5"
        )
        assert set(cells["b"][3:7]) == {NOTHING} and cells["b"][7] == words["trend.news.not-comparable"]
    broken = page.course_table(lines, compared, "vi").cells
    assert ["┆" in row[2] for row in broken] == [False, True, False]


def test_a_merged_agency_moves_no_headline(tmp_path):
    """a rises by 10 of 40 points, b stays; c and d became cd, which falls by 20 against their estimate. What the page
    does not judge stands apart: in the sentence, in the counts, in the chart and in the tables."""
    rows = [leaf(code, "points", 10) for code in "1234"]

    def points(*given):
        return {code: {"points": x} for code, x in zip("1234", given, strict=True)}

    register(tmp_path, *(f"{a},{a},x,,2000-01-01," for a in "ab"), "cd,cd,x,,2022-01-01,",
             *(f"{a},{a},x,,2000-01-01,2021-12-31" for a in "cd"))  # fmt: skip
    lineage(tmp_path, *(f"e,2022-01-01,merge,{a},cd,1,count" for a in "cd"))
    write(tmp_path, 2021, (rows, {"a": points(0, 5, 5, 5), **dict.fromkeys("bcd", points(8, 8, 8, 8))}))
    after = {"a": points(10, 5, 5, 5), "b": points(8, 8, 8, 8), "cd": points(3, 3, 3, 3)}
    write(tmp_path, 2022, (rows, after), "; ".join(f"{code} {code} same" for code in "1234"))
    series, compared, moved, *_ = made(2022, "test", tmp_path)
    value = dict(zip(compared[0].group["part"], compared[0].group["value"], strict=True))
    assert (value["performance"], value["joined"]) == (Fraction(1, 12), Fraction(-1, 6))  # 0.25 / 3 and -0.5 / 3
    assert compared[0].judged == {"a", "b"}
    for lang, x in (("vi", ("+8,3", "-16,7")), ("en", ("+8.3", "-16.7"))):
        words = catalogue(lang)
        said = page.summary(compared, moved, series, lang).sentences
        assert words["trend.of.performance_some"].format(x=x[0], n="2") in said[0]
        assert words["trend.of.joined"].format(x=x[1]) in said[0]
        assert words["trend.moves_plain"].format(up="1", down="0", none="1") in said
        cells = {row[0]: row[1:] for row in page.agencies_table(compared, moved, lang).cells}
        assert cells["cd"][0][-1] == cells["cd"][2][-1] == "*" and set(cells["cd"][3:-1]) == {NOTHING}
        assert page.group_chart(compared, lang).alt.endswith(words["trend.group_alt"].format(
            before="", after="", performance=x[0]).rpartition(";")[2])  # fmt: skip
        card = scorecard.change_sentence(compared, "cd", lang).sentences
        assert len(card) == 1 and ("-50,0" in card[0] or "-50.0" in card[0])


def test_where_all_were_merged_nobody_performed(merger):
    """No performance is named where nobody is judged; the change of all of them stands against their estimates."""
    step = merger[1][-1]
    value = dict(zip(step.group["part"], step.group["value"], strict=True))
    assert step.judged == frozenset() and value["performance"] == 0 and value["joined"] != 0
    said = page.said_group(step, "vi")
    assert "kết quả thực hiện" not in said and "chia tách so với ước tính" in said
    assert page.group_chart([step], "vi") is None


def test_two_years_that_cannot_be_compared_give_no_performance(quiet):
    """Nor anything that it could be subtracted from."""
    _, compared, moved, *_ = quiet
    apart = [replace(step, comparable=False) for step in compared]
    assert page.group_chart(compared, "vi") and page.group_chart(apart, "vi") is None
    words = catalogue("vi")
    known = {words["trend.part.before"], words["trend.part.after"]}
    assert (
        {row[0] for row in page.group_table(apart, "vi").cells}
        == known
        < {row[0] for row in page.group_table(compared, "vi").cells}
    )
    assert {cell for row in page.agencies_table(apart, moved, "vi").cells for cell in row[4:7]} == {NOTHING}


def test_breaks_are_marked_in_the_course(merger, quiet):
    cells = page.course_table(merger[3], merger[1], "vi").cells
    assert all(row[1:4] == ["–"] * 3 for row in cells)
    assert all(row[4] == "–" or row[4].startswith("┆ ") for row in cells)
    cells = page.course_table(quiet[3], quiet[1], "vi").cells
    assert not any("┆" in cell for row in cells for cell in row) and any("/19)" in row[1] for row in cells)
    chart = page.course_chart(merger[1], merger[4], "vi")
    assert catalogue("vi")["trend.course_alt"].format(years="2022, 2023, 2024, 2025", n=2) == chart.alt


def test_the_first_year_says_so():
    series, compared, moved, lines, scores = made(2022, "districts")
    assert page.summary(compared, moved, series, "vi").sentences == (catalogue("vi")["trend.first_year"],)
    assert page.group_table(compared, "vi") is page.course_chart(compared, scores, "vi") is None
    assert page.course_table(lines, compared, "vi") is page.limits(compared, None, "vi") is None


def test_a_score_that_is_no_sum_says_by_which_method_it_was_split(tmp_path):
    rows = [leaf("1", "points", 4), leaf("2", "points", 4)]
    for year, links, given in ((2021, "", 1), (2022, "1 1 same; 2 2 same", 4)):
        answers = {a: {"1": {"points": given}, "2": {"points": 4}} for a in "ab"}
        write(tmp_path, year, (rows, answers), links, aggregate="geometric")
    _, compared, moved, *_ = made(2022, "test", tmp_path)
    for lang in ("vi", "en"):
        assert catalogue(lang)["trend.limit.not_linear"] in page.limits(compared, None, lang).sentences
        assert page.moves_table(compared, moved, lang).rows[0][2:] == (NOTHING, NOTHING)
        assert "performance" in set(compared[-1].group["part"]) and page.group_chart(compared, lang)


@pytest.mark.skipif(not EGDI.is_dir(), reason="the published tables lie beside the repository: ../shared/real")
def test_a_foreign_index_without_links_is_not_compared(tmp_path):
    """EGDI 2016 and 2018: scores stand side by side; the three sub-indexes are linked only once somebody says so."""
    for year in (2016, 2018):
        subprocess.run([sys.executable, str(CONVERT), str(EGDI / f"egdi-{year}.csv"), str(tmp_path)], check=True)
    series, compared, moved, *_ = made(2018, "egdi", tmp_path)
    assert len(compared) == 1 and not compared[0].comparable
    said = page.summary(compared, moved, series, "en").sentences
    assert "cannot be compared" in said[0]
    names = ["code,from_year,from_group,from_code,kind"]
    links = [f"{code},2016,egdi,{code},same" for code in series.cases[-1].framework.nodes]
    (tmp_path / "2018" / "egdi" / "links.csv").write_text("\n".join([*names, *links, ""]), encoding="utf-8")
    series, compared, moved, *_ = made(2018, "egdi", tmp_path)
    value = dict(zip(compared[0].group["part"], compared[0].group["value"], strict=True))
    assert compared[0].comparable and value["performance"] == value["after"] - value["before"]
