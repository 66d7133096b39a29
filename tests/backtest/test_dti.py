"""Vietnam's provincial digital-transformation index: what decisions and the press printed, recomputed."""

import dti
import pandas as pd
import pytest
from contract_folder import read_csv, write_folder

from dxlib.case import check, read_case

pytestmark = pytest.mark.welcome  # the published tables are not part of the project


@pytest.fixture(scope="module")
def root(dti_tables, tmp_path_factory):
    folder = tmp_path_factory.mktemp("dti")
    dti.convert(dti_tables, folder)
    return folder


def published(case, column="x_rank"):
    return case.agencies.set_index("agency")[column].astype(int).to_dict()


def test_everything_holds(root):
    assert check(root) == []


def test_five_provinces_within_the_printed_precision(root, dti_tables, index_rows):
    """Parts and total have four decimals: half a unit of the weighted parts and half a unit of the total."""
    case = read_case(root, 2022, "provinces")
    rows = index_rows(case)
    printed = {
        dti.agency_id(p["province"]): float(p["pdti"])
        for p in read_csv(dti_tables / "dti_2022_provinces.csv")
        if p["pdti"]
    }
    assert len(rows) == 5
    for agency, row in rows.iterrows():
        assert abs(row["score"] - printed[agency]) <= 0.00005 + 0.00005
    assert rows["rank"].to_dict() == published(case)


def test_the_63_ranks_and_their_tie(root, index_rows):
    case = read_case(root, 2022, "order")
    rows = index_rows(case)
    assert len(rows) == 63
    assert rows["rank"].to_dict() == published(case)
    assert [rows.loc[a, "rank"] for a in ("thanh-hoa", "yen-bai", "hau-giang")] == [15, 15, 17]


def test_values_and_ranks_of_2017(root, index_rows):
    case = read_case(root, 2017, "ict")
    rows = index_rows(case)
    assert rows["rank"].to_dict() == published(case)
    assert sum(n > 1 for n in rows["rank"].value_counts()) == 3


def test_bac_kan_points(root, index_rows):
    row = index_rows(read_case(root, 2022, "bac-kan")).loc["bac-kan"]
    assert (row["points"], row["max_points"], row["score"]) == (394.13, 1000, 0.39413)
    assert pd.isna(row["rank"])  # a list of one


def test_the_printed_maxima_are_found(dti_tables, tmp_path):
    """The press printed every main index "/100": 8 x 100 is not the 1,000 of the total."""
    dti.convert(dti_tables, tmp_path, as_printed=True)
    (finding,) = check(tmp_path)
    assert (finding.code, finding.file, finding.column) == ("E_FRAMEWORK_SUM", "2022/bac-kan/index.toml", "total")
    assert (finding.facts["stated"], finding.facts["sum"]) == ("1000", "800")


def test_bac_ninh_2020(tmp_path, index_rows):
    """Decision 1726: 400, 300 and 300 points; 0.4449, 0.3668, 0.4052 were printed as 0.4096.

    https://en.dangcongsan.vn/bac-ninh-province-integration-and-development/bac-ninh-s-provincial-digital-transformation-index-ranked-third-nationwide-585850.html
    """
    pillars = {"CQS": ("400", "0.4449"), "KTS": ("300", "0.3668"), "XHS": ("300", "0.4052")}
    tables = {
        "indicators": [
            {"code": c, "parent": "", "max_points": m, "rule": "goalposts(0, 1)"} for c, (m, _) in pillars.items()
        ],
        "agencies": [{"agency": "bac-ninh", "name_vi": "Bắc Ninh"}],
        "claims": [{"agency": "bac-ninh", "indicator": c, "a": a} for c, (_, a) in pillars.items()],
    }
    index = {"title": {"vi": "DTI cấp tỉnh năm 2020", "en": "Provincial DTI 2020"}, "total": 1000}
    write_folder(tmp_path, 2020, "bac-ninh", index, tables)
    row = index_rows(read_case(tmp_path, 2020, "bac-ninh")).loc["bac-ninh"]
    assert row["score"] == 0.40956  # .4 x .4449 + .3 x .3668 + .3 x .4052
    assert round(row["score"], 4) == 0.4096
