"""Between two years, rows that one list alone has: what the set became for others is not their change."""

from fractions import Fraction

import pytest

from dxlib.case import read_case, read_lineage, read_register
from dxlib.years import PARTS, compare_years
from tests.backtest.contract_folder import write_folder
from tests.known.folders import claims, leaf, pillar, square
from tests.years.two_years import GROUP

COMMON = [pillar("1"), leaf("1.1", "points", 30, "1"), pillar("2"), leaf("2.1", "points", 50, "2")]
OWN = leaf("1.2", "points", 20, "1", scope="A")


def year(root, number, rows, points, **index):
    answers = {a: {c: {"points": p} for c, p in given.items()} for a, given in points.items()}
    links = [{"code": c, "from_year": number - 1, "from_group": GROUP, "from_code": c, "kind": "same"}
             for c in ("1.1", "2.1")] if number > 2021 else []  # fmt: skip
    tables = {"indicators": rows, "agencies": [{"agency": a, "scope": a[0].upper()} for a in points]}
    tables |= {"claims": claims(answers)} | ({"links": links} if links else {})
    settings = {"title": {"vi": "Ví dụ"}, **index}
    write_folder(root, number, GROUP, settings, {name: square(found) for name, found in tables.items()})
    return read_case(root, number, GROUP)


def changes(root, first, second, **index):
    before, after = year(root, 2021, *first, **index), year(root, 2022, *second, **index)
    step = compare_years(before, after, read_register(root), read_lineage(root))
    return step, step.changes.set_index("agency")


FIRST = {"a1": {"1.1": 15, "2.1": 25}, "b1": {"1.1": 15, "2.1": 25}}
SECOND = {"a1": {"1.1": 30, "1.2": 5, "2.1": 25}, "b1": {"1.1": 30, "2.1": 25}}


def test_a_row_that_one_list_adds_moves_nothing_of_the_others(tmp_path):
    """b1: 40 of 80, then 55 of 80: all of it performance. a1: 40 of 80, then 60 of 100: 1.1 and 2.1 weigh less."""
    _, found = changes(tmp_path, (COMMON, FIRST), ([*COMMON[:2], OWN, *COMMON[2:]], SECOND))
    other = {part: found.loc["b1", part] for part in PARTS if found.loc["b1", part]}
    assert other == {"performance": Fraction(15, 80)}
    own = {part: found.loc["a1", part] for part in PARTS if found.loc["a1", part]}
    # 1.1: weight 3/8, then 3/10; share 1/2, then 1. 2.1: weight 5/8, then 5/10, share 1/2. 1.2: 2/10 x 1/4
    performance = Fraction(27, 80) * Fraction(1, 2)
    reweighting = Fraction(-3, 40) * Fraction(3, 4) + Fraction(-1, 8) * Fraction(1, 2)
    assert own == {"performance": performance, "reweighting": reweighting, "added": Fraction(1, 20)}
    assert sum(own.values()) == Fraction(60, 100) - Fraction(40, 80)


@pytest.mark.parametrize("aggregate", ["geometric", "harmonic"])
def test_where_scores_are_no_sums_the_parts_add_up_too(tmp_path, aggregate):
    sets = (COMMON, FIRST), ([*COMMON[:2], OWN, *COMMON[2:]], SECOND)
    _, found = changes(tmp_path, *sets, aggregate=aggregate)
    for agency, row in found.iterrows():
        assert abs(sum(row[part] for part in PARTS) - row["change"]) < Fraction(1, 10**30), agency
    assert not found.loc["b1", "index_set"] and not found.loc["b1", "exemptions"]


def test_a_row_that_becomes_everybodys_is_added_for_those_who_had_it_not(tmp_path):
    """1.2 of list A alone, then of all: for b1 the set has changed (its weights move), not an exemption."""
    first = {"a1": SECOND["a1"], "b1": FIRST["b1"]}
    second = {a: {"1.1": 15, "1.2": 10, "2.1": 25} for a in first}
    rows = [*COMMON[:2], OWN, *COMMON[2:]]
    _, found = changes(tmp_path, (rows, first), ([*COMMON[:2], OWN | {"scope": ""}, *COMMON[2:]], second))
    assert not found.loc["b1", "exemptions"] and not found.loc["b1", "performance"]
    assert sum((found.loc["b1", part] for part in PARTS), Fraction(0)) == 0 == found.loc["b1", "change"]
    assert not found.loc["a1", "reweighting"]
