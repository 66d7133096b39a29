"""The worked examples of `methods.md` §3 and published cases, by the front door."""

from __future__ import annotations

from fractions import Fraction as F

import pytest

from dxlib.case import read_case, read_lineage, read_register, read_series
from dxlib.case.tables import empty
from dxlib.index import evaluate
from dxlib.years import PARTS, compare_series, compare_years
from dxlib.years.time_series import chain, course, results
from tests.known.folders import leaf
from tests.years.two_years import GROUP, change, compared, lineage, register, write

OLD = [leaf("I1", "points", 10), leaf("I2", "points", 20), leaf("I3", "points", 20)]
NEW = [leaf("I1", "points", 10), leaf("I2", "points", 30), leaf("I4", "points", 10)]


def points(**given: float) -> dict:
    return {code: {"points": value} for code, value in given.items()}


def test_the_sign_of_the_matched_change_differs_from_the_official_one(tmp_path):
    """methods.md §3.4: officially -2.0 points of 100, on the matched rows +10."""
    step = compared(
        tmp_path, (OLD, {"a": points(I1=8, I2=12, I3=15)}), (NEW, {"a": points(I1=9, I2=21, I4=4)}),
        "I1 I1 same; I2 I2 rescaled",
    )  # fmt: skip
    row = change(step, "a")
    assert (row["before"], row["after"], row["change"]) == (F(7, 10), F(68, 100), F(-2, 100))
    assert (row["matched_before"], row["matched_after"]) == (F(65, 100), F(75, 100))
    assert (row["base_before"], row["base_after"]) == (F(2, 3), F(23, 30))  # with the earlier weights
    wanted = {"performance": 7, "reweighting": 13, "added": 8, "removed": -30}
    assert {part: row[part] for part in PARTS} == {part: F(wanted.get(part, 0), 100) for part in PARTS}
    assert step.share == F(6, 10) and step.comparable  # exactly the least


def test_the_chained_index_stands_on_the_earlier_weights(tmp_path):
    """methods.md §3.3 and §3.4: .6667 -> .7667, so 115.0, by the front door."""
    compared(
        tmp_path, (OLD, {"a": points(I1=8, I2=12, I3=15)}), (NEW, {"a": points(I1=9, I2=21, I4=4)}),
        "I1 I1 same; I2 I2 rescaled",
    )  # fmt: skip
    series = read_series(tmp_path, 2022, GROUP)
    exact = [evaluate(case) for case in series.cases]
    lines = course(compare_series(series, exact), results(series.cases, exact))
    assert lines["chain"].tolist() == [100, 115]


def test_chained_index():
    """methods.md §3.4: .6667 -> .7667 gives 115.0; a step that may not be compared begins again."""
    assert chain([(F(2, 3), F(23, 30), True)]) == [100, 115]
    assert chain([(F(1, 2), F(3, 4), True), (F(3, 4), F(1, 2), False), (F(1, 2), F(1, 1), True)]) == [
        100,
        150,
        100,
        200,
    ]
    assert chain([(F(0), F(1), True)]) == [100, 100]
    assert chain([(F(-1, 2), F(1, 2), True), (F(1, 2), F(-1, 2), True)]) == [100, 100, 100]  # z-scores


ONE = [leaf("1", "points", 100), leaf("0", "none")]


def merged(tmp_path, old: dict, size: dict, **index):
    """Three units become one."""
    names = list(old)
    register(tmp_path, *(f"{a},{a},commune,,2000-01-01,2022-06-30" for a in names), "new,new,commune,,2022-07-01,")
    lineage(tmp_path, *(f"e,2022-07-01,merge,{a},new,1,population" for a in names))
    answers = {a: {"1": {"points": x}, "0": size[a]} for a, x in old.items()}
    return compared(tmp_path, (ONE, answers), (ONE, {"new": {"1": {"points": 70}}}), "1 1 same", **index)


@pytest.mark.parametrize(
    ("size", "declared", "wanted"),
    [
        ((1023, 1299, 1019), {"size": "0"}, F(1023 * 70 + 1299 * 65 + 1019 * 60, 3341 * 100)),
        ((107, 157, 106), {"size": "0"}, F(107 * 70 + 157 * 65 + 106 * 60, 370 * 100)),
        ((107, 157, 106), {}, F(65, 100)),
    ],
)
def test_scores_joined_by_stated_weights(tmp_path, size, declared, wanted):
    """methods.md §3.3: 65.006 by population, 65.014 by communes, 65.000 with equal weights."""
    names = ("x", "y", "z")
    index = {"comparison": declared} if declared else {}
    step = merged(tmp_path, dict(zip(names, (70, 65, 60), strict=True)), dict(zip(names, size, strict=True)), **index)
    row = change(step, "new")
    assert row["flag"] == "M" and row["before"] == wanted
    assert step.other_weights["new"] == F(65, 100) and step.sized == declared.get("size", "")


def test_a_joined_agency_under_a_geometric_mean(tmp_path):
    """By hand: rows of 1/4 and 1 in one unit, 3/4 and 1 in the other: means 1/2 and 1; sqrt(1/2) before, 1 after."""
    register(tmp_path, *(f"{a},{a},commune,,2000-01-01,2022-06-30" for a in "xy"), "new,new,commune,,2022-07-01,")
    lineage(tmp_path, *(f"e,2022-07-01,merge,{a},new,1,population" for a in "xy"))
    rows = [leaf("1", "points", 4), leaf("2", "points", 4)]
    old = {"x": points(**{"1": 1, "2": 4}), "y": points(**{"1": 3, "2": 4})}
    write(tmp_path, 2021, (rows, old), aggregate="geometric")
    after = (rows, {"new": points(**{"1": 4, "2": 4})})
    write(tmp_path, 2022, after, "1 1 same; 2 2 same", aggregate="geometric")
    cases = read_case(tmp_path, 2021, GROUP), read_case(tmp_path, 2022, GROUP)
    row = change(compare_years(*cases, read_register(tmp_path), read_lineage(tmp_path)), "new")
    assert row["flag"] == "M" and float(row["before"]) == 0.5**0.5
    assert row["performance"] == row["change"] == 1 - row["before"]


@pytest.mark.parametrize("aggregate", ["arithmetic", "geometric"])
@pytest.mark.parametrize("after", [3, 5])
def test_bonus_points_of_merged_units_are_no_reorganisation(tmp_path, after, aggregate):
    """By hand: two units with 6 of 10 points and a bonus of 4 and 2 points: 1.0 and 0.8. Their heir has 6 and a bonus
    of 3: nothing changed; with a bonus of 5 it is held at 10 of 10. The mean weighs them 1 to 3: 0.85."""
    register(tmp_path, *(f"{a},{a},commune,,2000-01-01,2022-06-30" for a in "xy"), "new,new,commune,,2022-07-01,")
    lineage(tmp_path, *(f"e,2022-07-01,merge,{a},new,1,population" for a in "xy"))
    rows = [leaf("1", "points", 10), leaf("0", "none"), leaf("b", "bonus(1)")]
    old = {a: {"1": {"points": 6}, "b": more, "0": n} for a, more, n in (("x", 4, 1), ("y", 2, 3))}
    new = {"new": {"1": {"points": 6}, "b": after}}
    write(tmp_path, 2021, (rows, old), aggregate=aggregate)
    write(tmp_path, 2022, (rows, new), "1 1 same", aggregate=aggregate, comparison={"size": "0"})
    cases = read_case(tmp_path, 2021, GROUP), read_case(tmp_path, 2022, GROUP)
    step = compare_years(*cases, read_register(tmp_path), read_lineage(tmp_path))
    row = change(step, "new")
    assert (row["before"], row["after"]) == (F(85, 100), F(9 if after == 3 else 10, 10))
    assert step.other_weights["new"] == F(9, 10)
    assert (row["performance"], row["rest"]) == (0, row["change"])
    value = dict(zip(step.group["part"], step.group["value"], strict=True))
    assert value["reorganised"] == F(85, 100) - F(9, 10)  # the weights of the mean, no points


def test_a_merger_of_equals_with_a_bonus_changes_nothing(tmp_path):
    """Two equal units with a bonus of 2 points, and an heir that is the same again."""
    register(tmp_path, *(f"{a},{a},commune,,2000-01-01,2022-06-30" for a in "xy"), "new,new,commune,,2022-07-01,")
    lineage(tmp_path, *(f"e,2022-07-01,merge,{a},new,1,population" for a in "xy"))
    rows = [leaf("1", "points", 10), leaf("b", "bonus(1)")]
    given = {"1": {"points": 6}, "b": 2}
    step = compared(tmp_path, (rows, {"x": given, "y": given}), (rows, {"new": given}), "1 1 same")
    assert not any(change(step, "new")[part] for part in ("change", *PARTS))
    value = dict(zip(step.group["part"], step.group["value"], strict=True))
    assert value["before"] == value["after"] == F(8, 10) and value["reorganised"] == 0


def test_penalties_of_an_unknown_part_lie_in_its_range(tmp_path):
    """By hand: A (half of the points) came in part to B (all of them, less a penalty of 2 of 10); half is assumed."""
    split_and_joined(tmp_path, ",", ",")
    rows = [leaf("1", "points", 10), leaf("p", "penalty(1)")]
    old = {"a": {"1": {"points": 5}, "p": 0}, "b": {"1": {"points": 10}, "p": 2}}
    new = {agency: {"1": {"points": 5}} for agency in ("rest", "new")}
    row = change(compared(tmp_path, (rows, old), (rows, new), "1 1 same"), "new")

    def by_hand(part):
        return (part * F(5, 10) + F(8, 10)) / (part + 1)

    assert (row["before"], row["before_low"], row["before_high"]) == tuple(by_hand(F(x, 1000)) for x in (500, 999, 1))


def test_ratios_add_numerators_and_denominators(tmp_path):
    """methods.md §3.3: 40/100, 90/300, 10/20 -> 140/420, not the mean of the ratios."""
    rows = [leaf("1", "ratio", 10)]
    names = ("x", "y", "z")
    register(tmp_path, *(f"{a},{a},commune,,2000-01-01,2022-06-30" for a in names), "new,new,commune,,2022-07-01,")
    lineage(tmp_path, *(f"e,2022-07-01,merge,{a},new,1,population" for a in names))
    old = {"x": {"1": (40, 100)}, "y": {"1": (90, 300)}, "z": {"1": (10, 20)}}
    step = compared(tmp_path, (rows, old), (rows, {"new": {"1": (1, 2)}}), "1 1 same")
    assert change(step, "new")["before"] == F(140, 420)


def split_and_joined(tmp_path, stays: str, goes: str):
    """A is split: one part goes on alone, the other joins B. `share,basis` of both parts."""
    register(
        tmp_path,
        "a,A,commune,,2000-01-01,2022-06-30", "b,B,commune,,2000-01-01,2022-06-30",
        "rest,rest,commune,,2022-07-01,", "new,new,commune,,2022-07-01,",
    )  # fmt: skip
    lineage(
        tmp_path, f"e,2022-07-01,split,a,rest,{stays}", f"e,2022-07-01,split,a,new,{goes}",
        "e,2022-07-01,merge,b,new,1,population",
    )  # fmt: skip


def test_a_split_unit_joins_another(tmp_path):
    """methods.md §3.3: A (1000, score 72) splits 60/40; 40 % joins B (500, score 60): 65.333."""
    split_and_joined(tmp_path, "0.6,population", "0.4,population")
    old = {"a": {"1": {"points": 72}, "0": 1000}, "b": {"1": {"points": 60}, "0": 500}}
    new = {"rest": {"1": {"points": 72}}, "new": {"1": {"points": 70}}}
    step = compared(tmp_path, (ONE, old), (ONE, new), "1 1 same", comparison={"size": "0"})
    assert change(step, "new")["before"] == F(400 * 72 + 500 * 60, 90000)
    assert change(step, "new")["flag"] == "X"
    assert change(step, "rest")["flag"] == "S" and change(step, "rest")["before"] == F(72, 100)  # inherited


def test_the_one_part_that_nobody_published_is_what_the_others_leave(tmp_path):
    """By hand: nine tenths of A (1 of 1) go on alone, so a tenth joins B (0 of 1): 1/11."""
    split_and_joined(tmp_path, "0.9,population", ",")
    rows = [leaf("1", "points", 10)]
    old = {"a": {"1": {"points": 10}}, "b": {"1": {"points": 0}}}
    new = {agency: {"1": {"points": 5}} for agency in ("rest", "new")}
    row = change(compared(tmp_path, (rows, old), (rows, new), "1 1 same"), "new")
    assert row["before"] == F(1, 11) and row["before_low"] is None


def test_ratios_of_parts_of_which_one_has_no_answer(tmp_path):
    """By hand: 10/20 and 30/80 are 40/100 together, and count twice beside a part that has no answer: 2/3 of 4/10."""
    names = "xyz"
    register(tmp_path, *(f"{a},{a},commune,,2000-01-01,2022-06-30" for a in names), "new,new,commune,,2022-07-01,")
    lineage(tmp_path, *(f"e,2022-07-01,merge,{a},new,1,population" for a in names))
    rows = [leaf("1", "ratio", 10), leaf("2", "points", 10)]
    old = {"x": {"1": (10, 20)}, "y": {"1": (30, 80)}, "z": {}}
    old = {a: {**given, "2": {"points": 0}} for a, given in old.items()}
    step = compared(tmp_path, (rows, old), (rows, {"new": {"1": (1, 2), "2": {"points": 0}}}), "1 1 same; 2 2 same")
    assert change(step, "new")["before"] == F(1, 2) * F(2, 3) * F(4, 10)


def test_an_estimate_with_an_unknown_part_lies_in_its_range(tmp_path):
    """By hand: A (1000) came in part to B (500), nobody knows how much of it; half is assumed. Row 2 adds up a/b, so
    the estimate is no mean of the two scores."""
    split_and_joined(tmp_path, ",", ",")
    rows = [leaf("1", "points", 60), leaf("2", "ratio", 40), leaf("0", "none")]
    old = {"a": {"1": {"points": 30}, "2": (10, 20), "0": 1000}, "b": {"1": {"points": 60}, "2": (90, 100), "0": 500}}
    new = {agency: {"1": {"points": 30}, "2": (1, 2)} for agency in ("rest", "new")}
    step = compared(tmp_path, (rows, old), (rows, new), "1 1 same; 2 2 same", comparison={"size": "0"})

    def by_hand(part):
        points = (1000 * part * F(30, 60) + 500 * 1) / (1000 * part + 500)
        return F(6, 10) * points + F(4, 10) * (10 * part + 90) / (20 * part + 100)

    row = change(step, "new")
    assert row["before"] == by_hand(F(1, 2))
    assert (row["before_low"], row["before_high"]) == (by_hand(F(999, 1000)), by_hand(F(1, 1000)))
    assert change(step, "rest")["before_low"] is None  # it inherits the score of A, whatever the part


def test_a_mean_that_fell_because_others_joined(tmp_path):
    """2021, ministries without public services: the mean fell from 0.2342 to 0.2151 when two agencies joined seven
    (kinhtedothi.vn; domain.md §6). Had the seven stayed as they were, the two would stand at 0.14825, and the whole
    fall is the group's."""
    rows = [leaf("1", "points", 1)]
    old = {f"a{i}": {"1": {"points": "0.2342"}} for i in range(7)}
    new = old | {f"n{i}": {"1": {"points": "0.14825"}} for i in range(2)}
    step = compared(tmp_path, (rows, old), (rows, new), "1 1 same")
    value = dict(zip(step.group["part"], step.group["value"], strict=True))
    assert value["before"] == F(2342, 10000) and value["after"] == F(2151, 10000)
    assert value["entered"] == F(-191, 10000) and value["performance"] == 0


def test_rows_within_the_group_move_when_others_leave(tmp_path):
    """`relative`: the best leaves, everybody else's share rises: membership, no performance."""
    rows = [leaf("1", "relative", 10)]
    old = {"a": {"1": 5}, "b": {"1": 10}, "best": {"1": 20}}
    new = {"a": {"1": 5}, "b": {"1": 10}}
    step = compared(tmp_path, (rows, old), (rows, new), "1 1 same")
    row = change(step, "a")
    assert (row["before"], row["after"]) == (F(1, 4), F(1, 2))
    assert (row["membership"], row["performance"]) == (F(1, 4), 0)


def test_an_exemption_is_no_performance(tmp_path):
    """By hand: two rows of 10; row 2 (share 1/2) no longer applies, row 1 keeps 8/10. The score rises from 13/20 to
    8/10 without anybody having done anything."""
    rows = [leaf("1", "points", 10), leaf("2", "points", 10)]
    before = (rows, {"a": points(**{"1": 8, "2": 5}), "b": points(**{"1": 1, "2": 1})})
    after = (rows, {"a": points(**{"1": 8}), "b": points(**{"1": 1, "2": 1})})
    write_exemption = "agency,indicator,reason,decided_by\na,2,không phát sinh,DIC\n"
    write(tmp_path, 2021, before)
    write(tmp_path, 2022, after, "1 1 same; 2 2 same")
    (tmp_path / "2022" / GROUP / "exemptions.csv").write_text(write_exemption, encoding="utf-8")
    cases = read_case(tmp_path, 2021, GROUP), read_case(tmp_path, 2022, GROUP)
    row = change(compare_years(*cases, read_register(tmp_path), read_lineage(tmp_path)), "a")
    assert (row["before"], row["after"]) == (F(13, 20), F(8, 10))
    assert (row["performance"], row["exemptions"]) == (0, F(3, 20))


def test_a_wrong_link_compares_nothing(tmp_path):
    """Another rule is another row, whatever links.csv says."""
    old, new = [leaf("1", "ratio", 10)], [leaf("1", "yes_no", 10)]
    before, after = (old, {"a": {"1": (1, 2)}}), (new, {"a": {"1": {"option": "yes"}}})
    step = compared(tmp_path, before, after, "1 1 same")
    assert step.matches["kind"].tolist() == ["redefined"] and step.share == 0 and not step.comparable
    assert change(step, "a")["redefined"] == F(1, 2)


def test_equal_codes_are_no_link(tmp_path):
    rows = [leaf("1", "points", 10)]
    step = compared(tmp_path, (rows, {"a": points(**{"1": 1})}), (rows, {"a": points(**{"1": 9})}))
    assert sorted(step.matches["kind"]) == ["added", "removed"] and not step.comparable
    assert change(step, "a")["performance"] == 0


MEANS = {
    # shares of 1 and 2: 1/4, 1 -> 1, 1; the index by either mean with either year's shares, by hand
    ("geometric", "geometric"): (F(1, 2), F(1), F(1, 2), 0),  # sqrt(1/4) -> 1
    ("harmonic", "harmonic"): (F(2, 5), F(1), F(3, 5), 0),  # 2 / (4 + 1) -> 1
    ("best", "best"): (F(1), F(1), 0, 0),
    ("worst", "worst"): (F(1, 4), F(1), F(3, 4), 0),
    # the mean changes: 1/2 -> 5/8 (old shares), 1 -> 1 (new ones); performance (1/2 + 3/8) / 2, the set 1/8 / 2
    ("geometric", "arithmetic"): (F(1, 2), F(1), F(7, 16), F(1, 16)),
}


@pytest.mark.parametrize("means", MEANS)
def test_a_score_that_is_no_sum(tmp_path, means):
    """The average over the orders (Shorrocks 2013): by hand for two rows of the same weight."""
    rows = [leaf("1", "points", 4), leaf("2", "points", 4)]
    write(tmp_path, 2021, (rows, {"a": points(**{"1": 1, "2": 4})}), aggregate=means[0])
    write(tmp_path, 2022, (rows, {"a": points(**{"1": 4, "2": 4})}), "1 1 same; 2 2 same", aggregate=means[1])
    step = compare_years(*(read_case(tmp_path, y, GROUP) for y in (2021, 2022)), empty("register"), empty("lineage"))
    row = change(step, "a")
    assert (row["before"], row["after"], row["performance"], row["index_set"]) == MEANS[means]
    assert sum(row[part] for part in PARTS) == row["change"] and step.share == 1 and step.comparable


def test_an_exemption_under_a_geometric_mean_is_no_performance(tmp_path):
    """By hand: shares 1/4 and 1; row 1 no longer applies. The index rises from 1/2 to 1, and nobody did anything."""
    rows = [leaf("1", "points", 4), leaf("2", "points", 4)]
    write(tmp_path, 2021, (rows, {a: points(**{"1": 1, "2": 4}) for a in "ab"}), aggregate="geometric")
    after = {"a": points(**{"2": 4}), "b": points(**{"1": 1, "2": 4})}
    write(tmp_path, 2022, (rows, after), "1 1 same; 2 2 same", aggregate="geometric")
    exempt = "agency,indicator,reason,decided_by\na,1,không phát sinh,DIC\n"
    (tmp_path / "2022" / GROUP / "exemptions.csv").write_text(exempt, encoding="utf-8")
    step = compare_years(*(read_case(tmp_path, y, GROUP) for y in (2021, 2022)), empty("register"), empty("lineage"))
    row = change(step, "a")
    assert (row["change"], row["exemptions"], row["performance"]) == (F(1, 2), F(1, 2), 0)
