"""Gender Inequality Index of five countries, as UNDP published it: 1 - harmonic mean of women and men / their mean G.

Source of every figure: UNDP, Human Development Report 2023/24, composite indices, complete time series (the file behind
table 5), year 2022; method: its technical note 4. The figures are those of the file, unrounded, so that the published
three decimals must come out to the digit. Mortality below 10 counts as 10 (Austria): `ratio` stops at 1.
"""

import pytest
from contract_folder import write_folder

from dxlib.case import read_case
from dxlib.index import score

YEAR = 2022
# published index; maternal deaths per 100,000 births, births per 1,000 girls of 15 to 19; then in per cent, women and
# men: seats in parliament, some secondary education, share in the labour force
COUNTRIES = {
    "viet-nam": "0.378 124.2570792 34.992 30.26052104 69.73947896 61.47644004 69.48935602 68.54 77.84",
    "austria": "0.048 5.228388414 5.243 40.98360656 59.01639344 100 100 56.55 66.69",
    "uzbekistan": "0.242 30.17849377 15.693 29.09836066 70.90163934 99.95729828 100 39.92 73.14",
    "zambia": "0.526 134.6654218 116.091 15.06024096 84.93975904 33.73203586 51.36293324 54.16 66.36",
    "yemen": "0.82 183.3997163 52.497 0.294117647 99.70588235 23.7 38.2 5.84 64.69",
}
FIGURES = {country: line.split() for country, line in COUNTRIES.items()}


def row(code, rule="", aggregate="", **cells):
    of = {"code": code, "parent": code.rpartition(".")[0], "rule": rule, "aggregate": aggregate}
    return of | {"direction": "", "a_from": "", "b_from": "", **cells}


def answers(women, figures):
    """code -> (a, b): health, empowerment, labour; the health of men is 1."""
    mortality, births, *others = figures[1:]
    seats, school, labour = others[0 if women else 1 :: 2]
    health = {"1.1": ("10", mortality), "1.2": ("1", births)} if women else {"1.1": ("1", "1"), "1.2": ("1", "1")}
    return {**health, "2.1": (seats, ""), "2.2": (school, ""), "3": (labour, "")}


SEX = [
    *(row(code, aggregate="geometric") for code in "12"),
    *(row(code, "ratio") for code in ("1.1", "1.2")),
    *(row(code, "goalposts(0, 100)") for code in ("2.1", "2.2", "3")),
]
SHARE = "goalposts(0, 1)"
MEANS = [  # 1: the harmonic mean of two indices; 2: the geometric mean of the three dimensions' means
    row("1", aggregate="harmonic"),
    *(row(f"1.{i}", SHARE, a_from=sex) for i, sex in enumerate(("women", "men"))),
    row("2", aggregate="geometric"),
    *(row(f"2.{d}", aggregate="arithmetic") for d in (1, 2, 3)),
    *(row(f"2.{d}.{i}", SHARE, a_from=f"{sex}/{d}") for d in (1, 2, 3) for i, sex in enumerate(("women", "men"))),
]
LOSS = [row("1", "ratio", direction="-1", a_from="means/1", b_from="means/2")]


@pytest.fixture
def root(tmp_path):
    """Two indices that are answered, one that takes their results, and one that takes its."""
    for group, indicators, aggregate in (
        ("women", SEX, "geometric"), ("men", SEX, "geometric"), ("means", MEANS, "arithmetic"), ("gii", LOSS, "arithmetic"),
    ):  # fmt: skip
        claims = [
            {"agency": country, "indicator": code, "a": a, "b": b}
            for country, figures in FIGURES.items()
            for code, (a, b) in (answers(group == "women", figures) if indicators is SEX else {}).items()
        ]
        agencies = [{"agency": country} for country in FIGURES]
        tables = {"indicators": indicators, "agencies": agencies, "claims": claims or [{"agency": "", "indicator": ""}]}
        settings = {"title": {"vi": group, "en": group}, "total": 1, "points_decimals": 3, "aggregate": aggregate}
        write_folder(tmp_path, YEAR, group, settings, tables)
    return tmp_path


def test_the_published_values(root, index_rows):
    points = index_rows(read_case(root, YEAR, "gii"))["points"]
    assert points.to_dict() == {country: float(figures[0]) for country, figures in FIGURES.items()}


def test_what_it_is_made_of(root):
    """The means lie between the two sexes, and mortality below 10 counts as 10."""
    women, men, means = (
        score(read_case(root, YEAR, g)).set_index(["node", "agency"])["score"] for g in ("women", "men", "means")
    )
    assert (women["index"] < means["1"]).all() and (means["1"] < men["index"]).all()
    assert women["1.1"]["austria"] == 1
