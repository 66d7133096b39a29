"""World Risk Index, method to 2021: risk = exposure x mean of susceptibility and of what coping and adaptation lack.

Source of every figure: Bündnis Entwicklung Hilft and Ruhr University Bochum (IFHV), WorldRiskReport 2021, table of all
countries, in per cent. The index of seven was read a second time: Tonga and Germany in Blätter für deutsche und
internationale Politik (document of 15 September 2021), Dominica, Brunei, Cabo Verde and Albania in forsal.pl after
Statista (to one decimal), India in Moneycontrol (20 October 2021). Viet Nam stands on the table and the formula.
"""

from decimal import Decimal

import pytest
from contract_folder import write_folder

from dxlib.case import read_case
from dxlib.index import score

COUNTRIES = {  # risk, vulnerability; exposure, susceptibility, lack of coping, lack of adaptive capacities
    "tonga": "30.51 47.95 63.63 28.42 79.81 35.62",
    "dominica": "27.42 44.41 61.74 23.42 71.13 38.67",
    "brunei-darussalam": "22.77 39.14 58.17 15.33 68.13 33.96",
    "cabo-verde": "17.72 47.59 37.23 28.86 72.71 41.21",
    "viet-nam": "10.27 46.60 22.04 23.73 76.73 39.34",
    "albania": "8.23 41.63 19.77 20.10 74.77 30.03",
    "india": "6.65 53.09 12.52 32.15 78.70 48.42",
    "germany": "2.66 23.12 11.51 15.02 38.35 16.00",
}
PUBLISHED = {country: [Decimal(figure) for figure in row.split()] for country, row in COUNTRIES.items()}
PER_CENT = "goalposts(0, 100)"


def row(code, rule="", aggregate=""):
    return {"code": code, "parent": code.rpartition(".")[0], "rule": rule, "aggregate": aggregate}


LACKS = [row("1", PER_CENT), row("2", aggregate="arithmetic"), *(row(f"2.{i}", PER_CENT) for i in (1, 2, 3))]
CAPACITIES = [
    *LACKS[:3],
    *(r for i in (2, 3) for r in (row(f"2.{i}", aggregate="complement"), row(f"2.{i}.1", PER_CENT))),
]


def lacks(exposure, susceptibility, coping, adaptation):
    return {"1": exposure, "2.1": susceptibility, "2.2": coping, "2.3": adaptation}


def capacities(exposure, susceptibility, coping, adaptation):
    return {"1": exposure, "2.1": susceptibility, "2.2.1": 100 - coping, "2.3.1": 100 - adaptation}


@pytest.fixture(params=[(LACKS, lacks), (CAPACITIES, capacities)], ids=["lacks", "capacities"])
def points(request, tmp_path):
    """Points by node and country: from the lacks as published, and from the capacities as their complements."""
    indicators, answers = request.param
    tables = {
        "indicators": indicators,
        "agencies": [{"agency": country} for country in PUBLISHED],
        "claims": [
            {"agency": country, "indicator": code, "a": figure}
            for country, (_, _, *given) in PUBLISHED.items()
            for code, figure in answers(*given).items()
        ],
    }
    title = {"vi": "Chỉ số rủi ro thế giới", "en": "World Risk Index"}
    settings = {"title": title, "total": 100, "points_decimals": 2, "aggregate": "product", "missing": "not-ranked"}
    write_folder(tmp_path, 2021, "world-risk", settings, tables)
    case = read_case(tmp_path, 2021, "world-risk")
    assert case.findings == ()
    return score(case).set_index(["node", "agency"])


def test_risk_and_vulnerability_as_printed(points):
    """To the digit: the printed parts would allow half a hundredth per factor besides, and none of it is needed."""
    for node, place in (("index", 0), ("2", 1)):
        assert points.loc[node, "points"].to_dict() == {c: float(figures[place]) for c, figures in PUBLISHED.items()}


def test_the_highest_risk_is_first(points):
    assert points.loc["index", "rank"].tolist() == list(range(1, len(PUBLISHED) + 1))
