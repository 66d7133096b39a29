"""Inequality-adjusted HDI and Gender Development Index of five countries, as UNDP published them.

Source of every figure: UNDP, Human Development Report 2023/24, composite indices, complete time series (the file behind
tables 1, 3 and 4), year 2022; methods: its technical notes 1 to 3. The figures are those of the file, unrounded, so
that the published values must come out to their last digit: three decimals, nine for the HDI of women and of men.
"""

import pytest
from contract_folder import write_folder

from dxlib.case import read_case

YEAR = 2022
# HDI, IHDI; life expectancy, expected and mean years of schooling, GNI per head; inequality A of the three in per cent
PEOPLE = {
    "viet-nam": "0.726 0.607 74.58 13.05294705 8.455348794 10813.98273 12.572742 15.25479 21.05368",
    "austria": "0.926 0.859 82.412 16.36746025 12.30571367 56529.66329 2.9445238 2.59239 15.60702",
    "zambia": "0.569 0.344 61.803 11.01797045 7.284893177 3157.35862 24.082926 20.43572 63.39851",
    "yemen": "0.424 0.285 63.72 7.935313345 2.776825958 1105.763435 26.683256 46.44566 23.18842",
}
# HDI of women, of men; then life expectancy, expected and mean years of schooling, income per head
WOMEN = {
    "viet-nam": "0.728526748 79.29 13.33436295 8.138282269 9614.831954",
    "austria": "0.911591936 84.6 16.83849907 12.04894857 41899.21124",
    "zambia": "0.548135168 64.51 11.07545672 6.432586008 2530.868643",
    "uzbekistan": "0.69122666 74.293 12.0212698 11.74777031 4390.288212",
    "yemen": "0.219081434 67.222 6.881697407 1.754562204 149.9716669",
}
MEN = {
    "viet-nam": "0.723329688 69.927 12.79269728 8.789583701 12042.41379",
    "austria": "0.937756448 80.15 15.92267036 12.57887231 71616.2043",
    "zambia": "0.589347481 59.058 10.98388292 8.32623795 3800.49076",
    "uzbekistan": "0.748479369 69.032 11.96601009 12.07958031 11715.57914",
    "yemen": "0.480185337 60.493 8.919806255 3.587975855 2041.915582",
}
GDI = {
    "viet-nam": (1.007, 1),
    "austria": (0.972, 2),
    "zambia": (0.93, 3),
    "uzbekistan": (0.924, 4),
    "yemen": (0.456, 5),
}
ANSWERED = ["1.1", "2.1.1", "2.1.2", "3.1", "1.2.1", "2.2.1", "3.2.1"]  # in the order of the figures above


def row(code, rule="", aggregate="", **cells):
    return {"code": code, "parent": code.rpartition(".")[0], "rule": rule, "aggregate": aggregate, **cells}


def dimensions(low, high):
    """Health, education and income, each of them an index."""
    return [
        *(row(str(i), aggregate="product") for i in (1, 2, 3)),
        row("1.1", f"goalposts({low}, {high})"),
        row("2.1", aggregate="arithmetic"),
        row("2.1.1", "goalposts(0, 18)"),
        row("2.1.2", "goalposts(0, 15)"),
        row("3.1", "goalposts(100, 75000, log)"),
    ]


# What inequality leaves of each: 1 - A.
LEFT = [r for i in "123" for r in (row(f"{i}.2", aggregate="complement"), row(f"{i}.2.1", "goalposts(0, 100)"))]


def written(root, group, countries, indicators, decimals=3, **settings):
    """A folder and the case in it; `countries` country -> figures, or names alone where nobody answers."""
    answers = [
        {"agency": country, "indicator": code, "a": figure}
        for country, figures in (countries.items() if isinstance(countries, dict) else ())
        for code, figure in zip(ANSWERED, figures, strict=False)
    ]
    agencies = [{"agency": country} for country in countries]
    tables = {"indicators": indicators, "agencies": agencies, "claims": answers or [{"agency": "", "indicator": ""}]}
    index = {
        "title": {"vi": group, "en": group},
        "total": 1,
        "points_decimals": decimals,
        "missing": "not-ranked",
    } | settings
    write_folder(root, YEAR, group, index, tables)
    return read_case(root, YEAR, group)


def given(table, published=1):
    return {country: line.split()[published:] for country, line in table.items()}


@pytest.mark.parametrize("place, lost", [(0, []), (1, LEFT)], ids=["HDI", "IHDI"])
def test_the_geometric_mean_of_what_inequality_leaves(place, lost, tmp_path, index_rows):
    """I x (1 - A) in each dimension; without the rows of A it is the HDI."""
    figures = {c: line[: 7 if lost else 4] for c, line in given(PEOPLE, 2).items()}
    case = written(tmp_path, "hdi", figures, dimensions(20, 85) + lost, aggregate="geometric")
    assert case.findings == ()
    assert index_rows(case)["points"].to_dict() == {c: float(line.split()[place]) for c, line in PEOPLE.items()}


def test_women_over_men_and_the_five_groups(tmp_path, index_rows):
    """Two finished indices with goalposts of their own; groups by |GDI - 1|: 2.5, 5, 7.5, 10 per cent and more."""
    for group, table, posts in (("women", WOMEN, ("22.5", "87.5")), ("men", MEN, ("17.5", "82.5"))):
        case = written(tmp_path, group, given(table), dimensions(*posts), decimals=9, aggregate="geometric")
        assert index_rows(case)["points"].to_dict() == {c: float(line.split()[0]) for c, line in table.items()}
    names = [{"name": {"vi": f"Nhóm {i}", "en": f"Group {i}"}} for i in range(1, 6)]
    edges = [{"within": within, "includes_cut": True} for within in (0.025, 0.05, 0.075, 0.1)]
    groups = [name | edge for name, edge in zip(names, [*edges, {}], strict=True)]
    quotient = row("1", "goalposts(0, 1, unclipped)", a_from="women", b_from="men")
    found = index_rows(written(tmp_path, "gdi", list(GDI), [quotient], **{"class": groups}))
    assert dict(zip(found.index, zip(found["points"], found["class"], strict=True), strict=True)) == GDI
