"""Vietnam's digital-transformation index from year to year: the changes that the press printed, by the front door.

Values of 2020–2024 are fragments: a series counts where both of its years were published, not where one was derived
from the other. `values` holds everything below; each row of the table names its source.
"""

from fractions import Fraction

import dti
import pytest
from contract_folder import read_csv, write_folder

from dxlib.case import read_case, read_series
from dxlib.index import evaluate
from dxlib.years import compare_series, course, results

pytestmark = pytest.mark.welcome  # the published tables are not part of the project

GROUP = "dti"
GREW = {  # printed growth in per cent
    (2021, "province-average", "(63 provinces)"): 32.7,
    (2021, "ministry-average", "(with public services)"): 15.4,
    (2024, "national", "Việt Nam"): 8.6,
}


@pytest.fixture(scope="module")
def values(dti_tables):
    """(year, level, name) -> the published row; only rows with a value of their own."""
    rows = read_csv(dti_tables / "dti_values_partial.csv")
    return {
        (int(row["year"]), row["level"], row["unit_name"]): row
        for row in rows
        if row["value"] and not row["note"].startswith("derived")
    }


def folder(root, values, year):
    """The series published for a year and the one before, as two years of one group."""
    row = {"code": "value", "parent": "", "name_vi": "Giá trị DTI", "rule": "goalposts(0, 1)"}
    both = [(level, name) for y, level, name in values if y == year and (year - 1, level, name) in values]
    ids = {key: dti.agency_id(f"{key[0]} {key[1]}") for key in both}
    for y in (year - 1, year):
        tables = {
            "indicators": [row],
            "agencies": [{"agency": ids[key], "name_vi": key[1]} for key in both],
            "claims": [{"agency": ids[key], "indicator": "value", "a": values[y, *key]["value"]} for key in both],
        }
        if y == year:
            link = {"code": "value", "from_year": y - 1, "from_group": GROUP, "from_code": "value", "kind": "same"}
            tables["links"] = [link]
        write_folder(root, y, GROUP, {"title": {"vi": f"DTI {y}", "en": f"DTI {y}"}, "total": 1}, tables)
    return ids


def compared(root, year):
    series = read_series(root, year, GROUP)
    exact = [evaluate(case) for case in series.cases]
    steps = compare_series(series, exact)
    return steps[-1], course(steps, results(series.cases, exact))


@pytest.mark.parametrize(("year", "level", "name"), GREW)
def test_printed_growth_is_the_chained_index(values, tmp_path, year, level, name):
    agency = folder(tmp_path, values, year)[level, name]
    _, lines = compared(tmp_path, year)
    chain = lines[(lines["agency"] == agency) & (lines["year"] == str(year))]["chain"].item()
    assert round(float(chain) - 100, 1) == GREW[year, level, name]


def test_da_nang_2021(values, tmp_path):
    """0.4874 -> 0.6419, printed as +0.1545; the sets of both years were not published row by row."""
    agency = folder(tmp_path, values, 2021)["province", "Đà Nẵng"]
    step, _ = compared(tmp_path, 2021)
    change = step.changes.set_index("agency").loc[agency]
    assert change["change"] == Fraction("0.1545") == change["performance"]


def test_the_fall_of_2021_lies_in_the_group(values):
    """Ministries without public services: 0.2342 -> 0.2151 with nine of them, "because 2 new agencies joined". If the
    others only stayed as they were, the two need a mean of 0.148 in the group; the lowest of 2020 had 0.0992, so the
    printed reason is possible. (The decomposition of that assumption: tests/years/test_known.py.)"""
    key = ("ministry-average", "(without public services)")
    then, now = (Fraction(values[year, *key]["value"]) for year in (2020, 2021))
    size = int(values[2021, *key]["rank_of"])
    joined = (size * now - (size - 2) * then) / 2
    lowest = Fraction("0.0992")
    assert "lowest 0.0992" in values[2020, "ministry", "Đài Truyền hình Việt Nam"]["note"]
    assert lowest < joined < then and joined == Fraction("0.14825")


def test_published_ranks_of_2021_follow_the_values(values, tmp_path, index_rows):
    """Thanh Hóa and Vĩnh Phúc share 0.4880 and rank 12; fewer provinces, so the order is compared, not the numbers."""
    rows = [row for (year, level, _), row in values.items() if year == 2021 and level == "province" and row["rank"]]
    row = {"code": "value", "parent": "", "name_vi": "Giá trị DTI", "rule": "goalposts(0, 1)"}
    tables = {
        "indicators": [row],
        "agencies": dti.agencies([{"province": r["unit_name"], "rank": r["rank"]} for r in rows]),
        "claims": [{"agency": dti.agency_id(r["unit_name"]), "indicator": "value", "a": r["value"]} for r in rows],
    }
    write_folder(tmp_path, 2021, GROUP, {"title": {"vi": "DTI 2021", "en": "DTI 2021"}, "total": 1}, tables)
    found = index_rows(read_case(tmp_path, 2021, GROUP))["rank"].to_dict()
    printed = {dti.agency_id(r["unit_name"]): int(r["rank"]) for r in rows}
    assert len(found) == 5 and sorted(printed.values()).count(12) == 2
    assert found == {a: 1 + sum(other < rank for other in printed.values()) for a, rank in printed.items()}
