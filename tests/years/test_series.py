"""Several years: the course of an agency, what is news, snapshots, proposals; by the front door."""

from __future__ import annotations

import csv
import io
import shutil
from fractions import Fraction as F
from pathlib import Path

import pytest

from dxlib.audit import canonical, part
from dxlib.case import read_case, read_lineage, read_register, read_series, read_to_ask
from dxlib.case.lineage import as_of
from dxlib.case.tables import rows_of
from dxlib.cli import main
from dxlib.index import evaluate
from dxlib.verify import repeatability, steps
from dxlib.years import PARTS, compare_series, course, material_changes, noise, propose_links, results
from tests.known.folders import leaf
from tests.years.two_years import GROUP, write

DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture(scope="module")
def departments():
    series = read_series(DATA, 2025, "departments")
    exact = [evaluate(case) for case in series.cases]
    return series, compare_series(series, exact), exact


def test_the_series_goes_back_to_the_first_year(departments):
    series, compared, _ = departments
    assert [case.year for case in series.cases] == ["2022", "2023", "2024", "2025"] and len(compared) == 3
    assert {"2022/departments/claims.csv", "2025/departments/claims.csv"} <= series.digests.keys()


def test_an_earlier_year_that_is_wrong_ends_the_series(tmp_path):
    shutil.copytree(DATA, tmp_path / "data")
    broken = tmp_path / "data" / "2023" / "districts" / "claims.csv"
    broken.write_text(broken.read_text(encoding="utf-8") + "nobody,1.1,,,,,,,\n", encoding="utf-8")
    series = read_series(tmp_path / "data", 2024, "districts")
    assert [case.year for case in series.cases] == ["2024"] and series.refused


def test_courses_break_where_the_agency_was_reorganised(departments):
    _, compared, exact = departments
    series = departments[0]
    lines = course(compared, results(series.cases, exact))
    years = {agency: rows["year"].tolist() for agency, rows in lines.groupby("agency")}
    assert years["vp-ubnd"] == ["2022", "2023", "2024", "2025"]  # nothing happened to it
    assert years["so-tai-chinh-2025"] == ["2025"]  # merged in March 2025
    assert years["so-dttg"] == ["2022", "2023", "2024", "2025"]  # renamed: the same one
    renamed = lines[lines["agency"] == "so-dttg"]
    assert renamed["then"].tolist() == ["ban-dan-toc"] * 3 + ["so-dttg"]
    assert renamed["break"].tolist() == ["", "", "", "no-score"]  # not yet verified in 2025
    assert lines.loc[lines["agency"] == "so-tai-chinh-2025", "break"].tolist() == ["reorganised"]
    first = lines[lines["agency"] == "vp-ubnd"].iloc[:2]
    step = compared[0].changes.set_index("agency").loc["vp-ubnd"]
    assert first["chain"].tolist() == [100, 100 * step["base_after"] / step["base_before"]]


def test_small_changes_are_not_news(departments):
    """The limit is 1.96 times the root of the squared weights times the two variances, computed here once more."""
    import pandas as pd

    _, compared, _ = departments
    step = compared[1]
    limit = noise([step], [0.1, 0.1])
    pairs = step.matches[step.matches["kind"].isin(("same", "rescaled"))]
    by_hand = sum(float((a + b) / 2) ** 2 for a, b in pairs[["weight_before", "weight_after"]].values)
    assert limit == pytest.approx(1.96 * (by_hand * 0.02) ** 0.5)
    assert noise([step], [None, 0.1]) is None and noise([], [0.1]) is None
    plain, quiet = material_changes([step], None), material_changes([step], 1.0)
    assert set(quiet["news"]) <= {"noise", "none", "not-comparable"}
    assert (plain.loc[plain["performance"] > 0, "news"] == "up").all()
    assert isinstance(plain, pd.DataFrame) and len(material_changes([], None)) == 0


def test_repeatability_is_dahlbergs_error():
    """Six cells scored twice, differences 0.1: sqrt(6 x 0.01 / 12) = 0.0707."""
    import pandas as pd

    rows = [
        {"agency": f"a{i}", "indicator": "1", "step": s, "stage": "verify", "points_share": 0.5 + 0.1 * s, "decided_by": f"v{s}"}
        for i in range(12) for s in (1, 2)
    ]  # fmt: skip
    assert repeatability(pd.DataFrame(rows)) == pytest.approx((0.01 / 2) ** 0.5)
    assert repeatability(pd.DataFrame(rows[:2])) is None
    assert repeatability(steps(read_case(DATA, 2023, "communes"))) > 0


@pytest.mark.parametrize(("year", "group"), [(2023, "districts"), (2025, "communes"), (2024, "province")])
def test_proposed_links_are_those_of_the_sample(year, group):
    before, after = (read_to_ask(DATA, y, group) for y in (year - 1, year))
    columns = ["code", "from_code", "kind"]
    declared = {tuple(row) for row in after.links[columns].values if row[2] not in ("split", "merged")}
    assert {tuple(row) for row in propose_links(before, after)[columns].values} == declared


def table(capsys, *argv: str) -> list[dict]:
    assert main([*argv, "--data", str(DATA), "--lang", "en"]) == 0
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out)))


def test_compare_two_years_by_the_front_door(capsys):
    rows = table(capsys, "compare", "2025", "departments", "--to-year", "2024")
    by = {row["agency"]: row for row in rows}
    assert by["so-tai-chinh-2025"]["flag"] == "M" and by["so-y-te"]["flag"] == "X" and by["so-dttg"]["flag"] == "U"
    for row in rows:
        if row["performance"]:
            assert sum(float(row[part]) for part in PARTS) == pytest.approx(float(row["score_change"]), abs=1e-10)


def test_a_snapshot_is_another_folder(tmp_path, capsys):
    """One verdict less in a copy of the folder: nobody else moves, and what moves is verification, not performance."""
    shutil.copytree(DATA / "2023", tmp_path / "2023")
    shutil.copy(DATA / "reasons.csv", tmp_path)
    verdicts = tmp_path / "2023" / "districts" / "verdicts.csv"
    with verdicts.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    cut = next(i for i, row in enumerate(rows) if row[head.index("a")])  # corrected a figure
    agency = rows[cut][0]
    with verdicts.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *(row for row in rows if row[:2] != rows[cut][:2])])
    assert main(["compare", "2023", "districts", "--on", "current", "--to-data", str(tmp_path), "--to-on", "current",
                 "--data", str(DATA)]) == 0  # fmt: skip
    found = {row["agency"]: row for row in csv.DictReader(io.StringIO(capsys.readouterr().out))}
    moved = {name for name, row in found.items() if abs(float(row["score_change"] or 0)) > 1e-12}
    assert moved == {agency}
    row = found[agency]
    assert float(row["verification"]) == pytest.approx(
        float(row["score_change"]), abs=1e-10
    )  # claimed, not verified now


@pytest.mark.parametrize(
    ("table", "before", "after", "code"),
    [
        ("2024/districts/links.csv", None, None, "E_LINK"),
        ("register.csv", ",2025-06-30", ",2023-06-30", "E_LINEAGE"),
    ],
)
def test_years_that_do_not_fit_together_are_not_compared(tmp_path, capsys, table, before, after, code):
    """A row said to be the same as one of another rule; a unit that was gone and is scored."""
    for name in ("2022", "2023", "2024"):
        shutil.copytree(DATA / name / "districts", tmp_path / name / "districts")
    for name in ("reasons.csv", "register.csv", "lineage.csv"):
        shutil.copy(DATA / name, tmp_path)
    path = tmp_path / table
    if before:
        path.write_text(path.read_text("utf-8").replace(before, after), "utf-8")
    else:
        old, new = (read_to_ask(DATA, year, "districts").framework for year in (2023, 2024))
        counted = {n.code for n in new.leaves if n.rule.name == "count"}
        line = path.read_text("utf-8").splitlines()
        wrong = next(n.code for n in old.leaves if n.rule.name == "yes_no")
        path.write_text("\n".join([line[0], f"{min(counted)},2023,districts,{wrong},same,"]) + "\n", "utf-8")
    assert main(["compare", "2023", "districts", "--to-year", "2024", "--data", str(tmp_path), "--lang", "en"]) == 1
    said = capsys.readouterr()
    assert code in said.err and not said.out
    series = read_series(tmp_path, 2024, "districts")
    assert len(series.cases) == 1 and {f.code for f in series.refused} == {code}


def test_too_little_in_common_is_named(tmp_path, capsys):
    for name in ("2023", "2024"):
        shutil.copytree(DATA / name / "districts", tmp_path / name / "districts")
    shutil.copy(DATA / "reasons.csv", tmp_path)
    links = tmp_path / "2024" / "districts" / "links.csv"
    head, *body = links.read_text(encoding="utf-8").splitlines()
    links.write_text("\n".join([head, *body[:20]]) + "\n", encoding="utf-8")
    assert main(["compare", "2023", "districts", "--to-year", "2024", "--data", str(tmp_path), "--lang", "en"]) == 1
    said = capsys.readouterr()
    assert "E_NOT_COMPARABLE" in said.err and "h-son-hac" in said.out
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert {row["performance"] for row in rows} == {row["rest"] for row in rows} == {""} != {rows[0]["score_change"]}


def three(tmp_path, links: str, *given: dict):
    """2021 to 2023: one row of 10 points, agency -> points of each year; the links of the last."""
    rows = [leaf("1", "points", 10)]
    for year, answers, linked in zip((2021, 2022, 2023), given, ("", "1 1 same", links), strict=True):
        write(tmp_path, year, (rows, {a: {"1": {"points": x}} for a, x in answers.items()}), linked)
    series = read_series(tmp_path, 2023, GROUP)
    exact = [evaluate(case) for case in series.cases]
    compared = compare_series(series, exact)
    return compared, course(compared, results(series.cases, exact))


def test_a_course_by_hand(tmp_path):
    """a: 4, 5, 8 of 10; zero begins at nothing; late comes in 2022, new in 2023."""
    compared, lines = three(
        tmp_path,
        "1 1 same",
        {"a": 4, "zero": 0},
        {"a": 5, "zero": 1, "late": 9},
        {"a": 8, "zero": 2, "late": 9, "new": 1},
    )
    found = {
        agency: list(rows_of(rows, "year", "score", "rank", "of", "break")) for agency, rows in lines.groupby("agency")
    }
    assert found == {
        "a": [("2021", 0.4, 1, 2, ""), ("2022", 0.5, 2, 3, ""), ("2023", 0.8, 2, 4, "")],
        "zero": [("2021", 0, 2, 2, ""), ("2022", 0.1, 3, 3, "from-zero"), ("2023", 0.2, 3, 4, "")],
        "late": [("2022", 0.9, 1, 3, "new"), ("2023", 0.9, 1, 4, "")],
        "new": [("2023", 0.1, 4, 4, "new")],
    }
    chained = {agency: rows["chain"].tolist() for agency, rows in lines.groupby("agency")}
    assert chained == {"a": [100, 125, 200], "zero": [100, 100, 200], "late": [100, 100], "new": [100]}
    words = material_changes(compared, None).set_index("agency")["news"].to_dict()  # of the last year alone
    assert words == {"a": "up", "zero": "up", "late": "none"}


def test_a_course_breaks_where_the_index_set_does(tmp_path):
    _, lines = three(tmp_path, "", {"a": 4}, {"a": 5}, {"a": 8})
    assert lines["break"].tolist() == ["", "", "index-set"] and lines["chain"].tolist() == [100, 125, 100]
    assert course([], {}).empty


def test_the_limit_itself_is_noise(tmp_path):
    """By hand: one row, weight 1; spreads 0 and 0.3: 1.96 x 0.3. The spread of years before the last two is not asked."""
    compared, _ = three(tmp_path, "1 1 same", {"a": 4}, {"a": 5}, {"a": 8})
    assert noise(compared, [None, 0.0, 0.3]) == pytest.approx(1.96 * 0.3)
    assert noise(compared, [0.0, None, 0.3]) is None is noise([], [0.0, 0.0])
    for limit, word in ((F(3, 10), "noise"), (F(29, 100), "up")):
        assert material_changes(compared, limit)["news"].tolist() == [word]


@pytest.mark.parametrize("day", ["2021-12-31", "2024-12-31", "2025-02-28", "2025-12-31"])
def test_what_a_record_names_of_register_and_lineage_is_what_the_year_reads(day):
    """`audit.part` stands alone in its file; the frames of the library say the same, row for row and cell for cell."""
    frames = as_of(read_register(DATA), read_lineage(DATA), day)
    for name, frame in zip(("register", "lineage"), frames, strict=True):
        rows = [{column: cell for column, cell in row.items() if cell} for row in frame.to_dict("records")]
        assert part(f"{name}.csv@{day}", lambda path: (DATA / path).read_bytes()) == canonical(rows)
