"""The made-up province: the same bytes every time, a sound contract, words for every row."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from dxlib.case import check
from dxlib.sample import write
from dxlib.sample.names import place_names
from dxlib.sample.sets import GROUPS, YEARS, index_set, table

DATA = Path(__file__).parents[2] / "data"
SETS = [(g, y) for g in GROUPS for y in YEARS if (g, y) != ("districts", "2025")]


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def errors(folder: Path) -> list:
    return [finding for finding in check(folder) if finding.severity == "error"]


def test_data_is_what_the_generator_writes(tmp_path):
    write(tmp_path)
    made, kept = contents(tmp_path), contents(DATA)
    assert sorted(made) == sorted(kept)
    assert [name for name in made if made[name] != kept[name]] == []


def test_twice_the_same(tmp_path):
    write(tmp_path / "one", communes=12)
    write(tmp_path / "two", communes=12)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_data_breaks_no_rule_of_the_contract():
    assert errors(DATA) == []


def test_there_are_fifteen_year_groups():
    assert len(list(DATA.glob("*/*/index.toml"))) == len(SETS) == 15


def test_another_seed_gives_other_figures_for_the_same_index_sets(tmp_path):
    write(tmp_path / "one", communes=12, seed=1)
    write(tmp_path / "two", communes=12, seed=2)
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert one["2022/communes/claims.csv"] != two["2022/communes/claims.csv"]
    assert one["2022/communes/indicators.csv"] == two["2022/communes/indicators.csv"]


@pytest.mark.parametrize("communes", [1, 300])
def test_a_province_of_any_size_is_sound(tmp_path, communes):
    write(tmp_path, communes=communes, seed=7)
    assert errors(tmp_path) == []
    rows = (tmp_path / "2022/communes/agencies.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == communes + 1


def test_place_names_never_repeat():
    from random import Random

    names = place_names(Random(1), 30_000)
    assert len(set(names)) == 30_000


@pytest.mark.parametrize(("group", "year"), SETS)
def test_every_row_has_its_own_name_in_both_languages(group, year):
    for column in ("name_vi", "name_en"):
        names = [row[column] for row in index_set(group, year)]
        assert all(names)
        assert [name for name, n in Counter(names).items() if n > 1] == []
        assert [name for name in names if re.search(r"^(Tiêu chí|Chỉ số|Indicator|Criterion) ?[0-9]|[{}]", name)] == []


@pytest.mark.parametrize(("group", "year"), SETS)
def test_the_maxima_of_children_sum_to_their_parent(group, year):
    from fractions import Fraction

    rows = index_set(group, year)
    for parent in rows:
        children = [Fraction(r["max_points"] or 0) for r in rows if r["parent"] == parent["code"]]
        if children and parent["max_points"]:
            together = max(children) if parent["aggregate"] == "best" else sum(children)
            assert together == Fraction(parent["max_points"])


def test_the_sets_have_the_size_of_real_ones():
    scored = {
        group: sum(1 for r in index_set(group, "2022") if r["rule"] not in ("", "none") and r["max_points"] != "0")
        for group in GROUPS
    }
    assert scored["province"] >= 95
    assert 60 <= scored["districts"] <= 75
    assert 40 <= scored["departments"] <= 50
    assert 40 <= scored["communes"] <= 50


def test_every_province_row_has_an_owner_that_is_registered():
    register = (DATA / "register.csv").read_text(encoding="utf-8")
    known = {line.split(",")[0] for line in register.splitlines()}
    for year in YEARS:
        owners = [row["owner"] for row in index_set("province", year) if row["rule"]]
        assert all(owners)
        assert {agency for owner in owners for agency in owner.split(";")} <= known


def test_the_catalogue_has_no_idle_row():
    listed = {row["key"] for group in GROUPS for row in table(group)}
    idle = {row["key"] for row in table("rows")} - listed
    assert idle == set()


def test_index_sets_change_from_year_to_year():
    for group, year in SETS:
        if year == "2022":
            continue
        kinds = (DATA / year / group / "links.csv").read_text(encoding="utf-8")
        assert "same" in kinds
    everything = "".join(p.read_text(encoding="utf-8") for p in DATA.glob("*/*/links.csv"))
    assert all(kind in everything for kind in ("same", "rescaled", "redefined", "merged", "split"))


def test_no_row_of_the_ledger_names_a_person():
    roles = set()
    for path in DATA.glob("*/*/verdicts.csv"):
        roles |= {row["decided_by"] for row in csv.DictReader(path.open(encoding="utf-8"))}
    assert all(role.startswith(("Tổ thẩm tra số", "Trưởng Đoàn thẩm tra", "Hội đồng thẩm định")) for role in roles)
