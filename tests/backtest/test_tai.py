"""Technology Achievement Index of the OECD/JRC Handbook: 23 countries, ranks of tables 23 and 38, table 15."""

import pytest
import tai
from contract_folder import agency_id, read_csv, write_folder

from dxlib.case import read_case
from dxlib.index import score

pytestmark = pytest.mark.welcome  # the published tables are not part of the project


@pytest.mark.parametrize(
    "weights, aggregate, column", [("EW", "arithmetic", "EW"), ("BAP", "arithmetic", "BAP"), ("EW", "geometric", "GME")]
)
def test_23_of_23_ranks(weights, aggregate, column, tai_tables, tmp_path, index_rows):
    tai.convert(tai_tables, tmp_path, weights, aggregate)
    case = read_case(tmp_path, 2001, "tai")
    published = {agency_id(row["country"]): int(row[column]) for row in read_csv(tai_tables / "published_ranks.csv")}
    assert len(published) == 23
    assert index_rows(case)["rank"].to_dict() == published
    assert case.findings == ()


def test_printed_scores_at_equal_weights(tai_tables, tmp_path, index_rows):
    """Finland 0.744 (here 0.745), United States 0.733, Sweden 0.703 (here 0.704): UNDP, HDR 2001, table A2.1."""
    tai.convert(tai_tables, tmp_path)
    rows = index_rows(read_case(tmp_path, 2001, "tai"))
    for agency, printed in (("finland", 0.744), ("united-states", 0.733), ("sweden", 0.703)):
        assert abs(rows.loc[agency, "score"] - printed) <= 0.001


# Table 15: one indicator (mean years of schooling) under several normalisations, printed to two decimals.
NORMALISATIONS = [
    ("zscore", "zscore", 1),
    ("minmax", "minmax", 1),
    ("relative", "ratio_to_best", 1),
    ("percentile", "percentile", 100),
]


@pytest.mark.parametrize("rule, column, unit", NORMALISATIONS)
def test_table_15(rule, column, unit, tai_tables, tmp_path):
    printed = read_csv(tai_tables / "published_normalisation_schooling.csv")
    leaf = {"code": "S", "parent": "", "rule": rule}
    tables = {
        "indicators": [leaf],
        "agencies": [{"agency": agency_id(row["country"])} for row in printed],
        "claims": [{"agency": agency_id(row["country"]), "indicator": "S", "a": row["value"]} for row in printed],
    }
    write_folder(tmp_path, 2001, "schooling", {"title": {"vi": "Số năm đi học", "en": "Schooling"}}, tables)
    table = score(read_case(tmp_path, 2001, "schooling"))
    shares = table[table["node"] == "S"].set_index("agency")["score"]
    half = 0.0501 if unit == 100 else 0.00501  # percentiles have one decimal
    for row in printed:
        assert abs(unit * shares[agency_id(row["country"])] - float(row[column])) <= half, row["country"]
