"""The report and the brief: how sure a place is, where the best are ahead, what must be known before quoting."""

from pathlib import Path

import pytest

import dxlib
from dxlib import robust, verify, years
from dxlib.case import read_case, read_series
from dxlib.index import evaluate
from dxlib.show import brief, report, trend
from dxlib.words import catalogue
from tests.known.folders import leaf, make

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def departments():
    series = read_series(DATA, 2024, "departments")
    case = series.cases[-1]
    return series, case, dxlib.score(case)


def test_every_ranked_agency_has_its_interval(departments):
    _, case, scores = departments
    from numpy.random import default_rng

    weights = dxlib.draw_weights(case, 0.2, 200, default_rng(1))
    intervals, exact = dxlib.rank_intervals(case, weights), robust.attainable_ranks(case, 0.2)
    table = report.ranking(case, scores, intervals, exact, 0.2, "vi")
    for rank, reach, *_ in table.cells:
        ends = [int(end) for end in reach.split("–")] if reach not in ("–", "") else []
        assert (rank == "–") == (ends == []) and (not ends or ends[0] <= int(rank) <= ends[-1])
    assert "±20" in table.note
    none = report.ranking(case, scores, intervals.iloc[:0], exact.iloc[:0], 0.2, "vi")
    assert len(none.columns) == len(table.columns) - 1


def test_separating_rows_by_hand(tmp_path):
    """Ten agencies, two rows of 10. The best 27 % are three: row 1 10 against 0, row 2 4 against 4: 5 points of 10 each."""
    rows = [leaf("1", "points", 10), leaf("2", "points", 10)]
    answers = {f"a{i}": {"1": {"points": 10 if i < 3 else 0}, "2": {"points": 4}} for i in range(10)}
    found = robust.separating_rows(make(tmp_path, rows, answers)).set_index("code")
    assert found.loc["1"].tolist() == [1.0, 0.0, 0.5] and found.loc["2"].tolist() == [0.4, 0.4, 0.0]
    few = {a: answers[a] for a in list(answers)[:9]}
    assert robust.separating_rows(make(tmp_path / "few", rows, few)).empty


def test_moves_name_the_row_that_made_them(departments):
    series = departments[0]
    compared = years.compare_series(series, [evaluate(case) for case in series.cases])
    step = compared[-1]
    claimed = years.compare_years(step.before, step.after, series.register, series.lineage, ("verified", "claimed"))
    assert claimed.changes["verification"].any()
    for each in (step, claimed):
        for agency, performance in zip(each.changes["agency"], each.changes["performance"], strict=True):
            assert years.row_changes(each, agency)["performance"].sum() == (performance or 0)
    cells = trend.moves_table(compared, years.material_changes(compared, None), "vi").cells
    assert 0 < len(cells) <= 10 and all("→" in row[2] for row in cells)
    assert years.row_changes(step, "nobody").empty


def test_limits_say_only_what_is_so(departments, tmp_path):
    _, case, scores = departments
    words, said = catalogue("vi"), report.limitations(case, scores, [], "vi").sentences
    assert words["report.limit.sample"] in said and words["report.limit.weights"] in said
    plain = make(tmp_path, [leaf("1", "points", 10)], {f"a{i}": {"1": {"points": i}} for i in range(10)})
    assert report.limitations(plain, dxlib.score(plain), [], "vi").sentences == (words["report.limit.weights"],)


def test_the_brief_counts_what_is_open():
    case = read_case(DATA, 2025, "communes")
    unsettled = verify.unsettled(case)
    ranges = verify.rank_ranges(case, unsettled)
    decisive, ledger = verify.decisive_items(case, unsettled, ranges), verify.ledger(case)
    appealed, _ = verify.appeals(ledger, verify.steps(case))
    said = brief.open_items(case, decisive, ranges, unsettled, appealed, ledger, "vi").sentences
    kinds = {"appealed": 14, "unverified": 403}
    listed = "; ".join(catalogue("vi")[f"open.of.{kind}"].format(n=n) for kind, n in kinds.items())
    assert said[0] == catalogue("vi")["open.some"].format(n=417, list=listed) and len(said) == 3
    facts = dict(brief.to_sign(case, dxlib.score(case), "vi").cells)
    assert facts[catalogue("vi")["brief.fact.without"]] == "21"
