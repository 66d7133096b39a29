"""Rows that one year has no answer to are no performance: by hand, as a property, and by the front door."""

from __future__ import annotations

from fractions import Fraction as F

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxlib.case import read_case, read_lineage, read_register, read_series
from dxlib.case.tables import empty
from dxlib.cli import main
from dxlib.index import evaluate
from dxlib.years import PARTS, compare_series, compare_years, course, material_changes, results, row_changes
from tests.index.random_cases import few, givens
from tests.index.random_cases import points as points_of
from tests.known.folders import leaf, pillar
from tests.years.two_years import GROUP, change, compared, lineage, register, write

ROWS = [leaf("1", "points", 10), leaf("2", "points", 10), leaf("3", "points", 20)]
LINKS = "1 1 same; 2 2 same; 3 3 same"
FULL = {"1": 4, "2": 6, "3": 12}


def points(given: dict) -> dict:
    return {code: {"points": value} for code, value in given.items()}


def two(tmp_path, before: dict, after: dict, **index):
    """Agency b answers everything in both years."""
    sides = [(ROWS, {"a": points(x), "b": points(FULL)}) for x in (before, after)]
    return compared(tmp_path, *sides, LINKS, **index)


@pytest.mark.parametrize("forward", [True, False])
def test_a_row_without_an_answer_is_no_performance(tmp_path, forward):
    """By hand: 22 of 40, then row 2 (6 of 10) has no answer and row 1 rises from 4 to 8: 20 of 40. Performance is the
    4 points of row 1, the 6 points of row 2 are a part of their own; the rows compared are 1 and 3, 30 of 40 points,
    16/30 -> 20/30. The other way round everything changes its sign."""
    years = (FULL, {"1": 8, "3": 12}) if forward else ({"1": 8, "3": 12}, FULL)
    step = two(tmp_path, *years)
    row, sign = change(step, "a"), 1 if forward else -1
    wanted = {"performance": F(4, 40), "unanswered": F(-6, 40)}
    assert {part: row[part] for part in PARTS} == {part: sign * wanted.get(part, 0) for part in PARTS}
    ends = (F(16, 30), F(20, 30))[::sign]
    assert (row["matched_before"], row["matched_after"], row["base_before"], row["base_after"]) == (*ends, *ends)
    assert row["matched_share"] == F(30, 40)
    assert not any(change(step, "b")[part] for part in PARTS) and change(step, "b")["matched_share"] == 1
    assert row_changes(step, "a")["code"].tolist() == ["1", "3"]
    assert material_changes([step], None)["news"].tolist() == ["up" if forward else "down", "none"]


def test_a_row_that_has_no_answer_in_both_years_is_not_compared(tmp_path):
    """Nothing changed there, and nothing is known of it: the 30 other points are compared."""
    row = change(two(tmp_path, {"1": 4, "3": 12}, {"1": 8, "3": 12}), "a")
    assert (row["performance"], row["unanswered"], row["matched_share"]) == (F(4, 40), 0, F(3, 4))
    assert (row["base_before"], row["base_after"]) == (F(16, 30), F(20, 30))


def test_too_few_answers_are_not_compared(tmp_path, capsys):
    """Rows 1 and 2 carry half of the weight: below the declared 60 % nothing is told of a, everything of b."""
    step = two(tmp_path, FULL, {"1": 8, "2": 6})
    assert step.comparable and step.like_for_like == {"b"}
    assert material_changes([step], None)["news"].tolist() == ["not-comparable", "none"]
    series = read_series(tmp_path, 2022, GROUP)
    exact = [evaluate(case) for case in series.cases]
    lines = course(compare_series(series, exact), results(series.cases, exact))
    assert lines["break"].tolist() == ["", "few-rows", "", ""] and lines["chain"].tolist() == [100] * 4
    out = tmp_path / "compared.csv"
    asked = ["compare", "2021", GROUP, "--to-year", "2022", "--data", str(tmp_path), "-o", str(out), "--lang", "en"]
    assert main(asked) == 0
    assert "cannot be compared" in capsys.readouterr().err
    table = pd.read_csv(out).set_index("agency")
    assert table.loc["a", [*PARTS, "base_before"]].isna().all() and table.loc["a", "matched_share"] == 0.5
    assert table.loc["b", [*PARTS, "base_before"]].notna().all()


def test_parts_of_a_merger_without_an_answer(tmp_path):
    """By hand: of two equal units one has no answer to row 1 (10 points), the other half of it: the estimate holds a
    quarter, as the index counts it. After the merger half again: nothing was done, a quarter had no answer."""
    register(tmp_path, *(f"{a},{a},commune,,2000-01-01,2022-06-30" for a in "xy"), "new,new,commune,,2022-07-01,")
    lineage(tmp_path, *(f"e,2022-07-01,merge,{a},new,1,population" for a in "xy"))
    rows = [leaf("1", "points", 10), leaf("2", "points", 10)]
    before = {"x": points({"1": 5, "2": 5}), "y": points({"2": 5})}
    row = change(
        compared(tmp_path, (rows, before), (rows, {"new": points({"1": 5, "2": 5})}), "1 1 same; 2 2 same"), "new"
    )
    assert (row["before"], row["after"]) == (F(3, 8), F(1, 2))
    assert (row["performance"], row["unanswered"], row["matched_share"]) == (0, F(1, 8), 1)
    assert (row["base_before"], row["base_after"]) == (F(1, 2), F(1, 2))


@pytest.mark.parametrize("answered", [True, False])
def test_ratios_of_parts_with_an_answer(tmp_path, answered):
    """By hand: 10/20 and 30/80 add up to 40/100; a third part has no answer. Where nobody has one, the row has none."""
    names = "xyz"
    register(tmp_path, *(f"{a},{a},commune,,2000-01-01,2022-06-30" for a in names), "new,new,commune,,2022-07-01,")
    lineage(tmp_path, *(f"e,2022-07-01,merge,{a},new,1,population" for a in names))
    rows = [leaf("1", "ratio", 10), leaf("2", "points", 10)]
    given = {"x": (10, 20), "y": (30, 80)} if answered else {}
    before = {a: {"2": {"points": 5}, **({"1": given[a]} if a in given else {})} for a in names}
    after = {"new": {"1": (1, 2), "2": {"points": 5}}}
    before["else"] = after["else"] = {"1": (1, 2), "2": {"points": 5}}  # a row that nobody answers is refused
    row = change(compared(tmp_path, (rows, before), (rows, after), "1 1 same; 2 2 same"), "new")
    wanted = (F(1, 2) * (F(1, 2) - F(4, 10)), 1) if answered else (0, F(1, 2))
    assert (row["performance"], row["matched_share"]) == wanted
    assert row["performance"] + row["unanswered"] == row["change"]


def exempted(tmp_path, before: dict, after: dict, policy: str, **index) -> dict:
    """The change of a, to whom row 2 does not apply in the later year."""
    write(tmp_path, 2021, (ROWS, {"a": points(before), "b": points(FULL)}), not_applicable=policy, **index)
    write(tmp_path, 2022, (ROWS, {"a": points(after), "b": points(FULL)}), LINKS, not_applicable=policy, **index)
    exempt = "agency,indicator,reason,decided_by\na,2,không phát sinh,DIC\n"
    (tmp_path / "2022" / GROUP / "exemptions.csv").write_text(exempt, encoding="utf-8")
    series = read_series(tmp_path, 2022, GROUP)
    return change(compare_series(series, [evaluate(case) for case in series.cases])[0], "a")


@pytest.mark.parametrize(("policy", "moved"), [("full", F(4, 40)), ("zero", F(-6, 40))])
@pytest.mark.parametrize("answered", [True, False])
def test_an_exemption_that_counts_is_no_performance(tmp_path, policy, moved, answered):
    """By hand: row 2 (6 of 10, or no answer: 0) no longer applies and counts in full, or nothing; row 1 rises from 4 to
    8. Performance is the 4 points of row 1."""
    before = FULL if answered else {"1": 4, "3": 12}
    row = exempted(tmp_path, before, {"1": 8, "3": 12}, policy)
    moved = moved if answered else (F(10, 40) if policy == "full" else 0)
    assert (row["performance"], row["exemptions"], row["unanswered"]) == (F(4, 40), moved, 0)
    assert row["matched_share"] == F(30, 40)


def test_an_exemption_and_a_missing_answer_stand_apart(tmp_path):
    """By hand: row 2 (6 of 10) no longer applies and counts nothing, row 3 (12 of 20) has no answer; row 1 from 4 to 8.
    Its 10 of 40 points are all that can be compared."""
    row = exempted(tmp_path, FULL, {"1": 8}, "zero")
    assert (row["performance"], row["exemptions"], row["unanswered"]) == (F(4, 40), F(-6, 40), F(-12, 40))
    assert (row["base_before"], row["base_after"], row["matched_share"]) == (F(4, 10), F(8, 10), F(1, 4))


def test_an_exemption_that_counts_under_a_geometric_mean(tmp_path):
    """By hand: shares 2/5, 3/5, 3/5 by weights 1, 1, 2. Row 2 no longer applies and counts in full: nothing was done."""
    row = exempted(tmp_path, FULL, {"1": 4, "3": 12}, "full", aggregate="geometric")
    assert row["performance"] == row["unanswered"] == 0 and row["exemptions"] == row["change"] > 0


def test_verification_has_no_part_in_a_row_without_an_answer(tmp_path):
    """By hand: of row 2 a claimed 9 and was given 6, a year later it has not answered; nothing is verified yet. The 6
    points are missing answers, all of them; the 2 points less that row 1 was given are verification, and what it claims
    is what it claimed."""
    reported = [{**row, "source": "reported"} for row in ROWS]
    claimed = {"1": 6, "2": 9, "3": 12}
    write(tmp_path, 2021, (reported, {"a": points(claimed), "b": points(FULL)}))
    given = ["agency,indicator,step,stage,points"]
    given += [f"{who},{row},1,verify,{n}" for who in "ab" for row, n in FULL.items()]
    (tmp_path / "2021" / GROUP / "verdicts.csv").write_text("\n".join([*given, ""]), encoding="utf-8")
    write(tmp_path, 2022, (reported, {"b": points(FULL), "a": points({"1": 6, "3": 12})}), LINKS)
    cases = [read_case(tmp_path, year, GROUP) for year in (2021, 2022)]
    row = change(compare_years(*cases, empty("register"), empty("lineage"), ("verified", "claimed")), "a")
    wanted = {"verification": F(2, 40), "unanswered": F(-6, 40)}
    assert {part: row[part] for part in PARTS} == {part: wanted.get(part, 0) for part in PARTS}


def test_the_group_has_no_part_in_a_row_without_an_answer(tmp_path):
    """By hand: row 1 counts within the group. The best leaves; a, who had half of it, has not answered; b rises from a
    quarter to all of it, because others left."""
    rows = [leaf("1", "relative", 10), leaf("2", "points", 10)]
    two = {"2": {"points": 5}}
    before = {"a": {"1": 10, **two}, "b": {"1": 5, **two}, "best": {"1": 20, **two}}
    step = compared(tmp_path, (rows, before), (rows, {"b": {"1": 5, **two}, "a": two}), "1 1 same; 2 2 same")
    assert change(step, "b")["base_before"] == change(step, "b")["base_after"] == F(3, 4)
    for agency, wanted in (("a", {"unanswered": F(-1, 4)}), ("b", {"membership": F(3, 8)})):
        row = change(step, agency)
        assert {part: row[part] for part in PARTS} == {part: wanted.get(part, 0) for part in PARTS}


@pytest.mark.parametrize("missing", ["zero", "exclude", "within-parent"])
@pytest.mark.parametrize("branch", [None, "geometric", "best"])
@pytest.mark.parametrize("leaves", [True, False])
def test_others_move_nobody_on_a_row_within_the_group(tmp_path, missing, branch, leaves):
    """The best one leaves, or has no answer to row 1 any more: a and c did nothing, in a branch or not."""
    above = [pillar("1", aggregate=branch)] if branch else []
    rows = [
        *above,
        leaf("1.1", "relative", 10, "1" if branch else ""),
        leaf("1.2", "points", 10, "1" if branch else ""),
    ]
    rows.append(leaf("2", "points", 20))
    same = {"1.2": {"points": 5}, "2": {"points": 5}}
    before = {a: {"1.1": x, **same} for a, x in (("a", 5), ("c", 8), ("best", 20))}
    after = {a: before[a] for a in "ac"} | ({} if leaves else {"best": same})
    codes = ("1", "2") if branch else ("1.1", "1.2", "2")
    write(tmp_path, 2021, (rows, before), missing=missing)
    write(tmp_path, 2022, (rows, after), "; ".join(f"{code} {code} same" for code in codes), missing=missing)
    cases = [read_case(tmp_path, year, GROUP) for year in (2021, 2022)]
    step = compare_years(*cases, empty("register"), empty("lineage"))
    for agency in "ac":
        row = change(step, agency)
        assert {part for part in PARTS if row[part]} == {"membership"} or row["change"] == 0
        assert row["base_before"] == row["base_after"] and not row_changes(step, agency)["performance"].any()
    assert set(material_changes([step], None).set_index("agency").loc[["a", "c"], "news"]) == {"none"}


def test_a_row_that_did_not_apply_and_has_no_answer_now(tmp_path):
    """By hand: row 2 left the index in 2021 (16 of 30) and counts 0 in 2022 (16 of 40): exemptions, no answer that is
    missing."""
    write(tmp_path, 2021, (ROWS, {"a": points({"1": 4, "3": 12}), "b": points(FULL)}))
    exempt = "agency,indicator,reason,decided_by\na,2,không phát sinh,DIC\n"
    (tmp_path / "2021" / GROUP / "exemptions.csv").write_text(exempt, encoding="utf-8")
    write(tmp_path, 2022, (ROWS, {"a": points({"1": 4, "3": 12}), "b": points(FULL)}), LINKS)
    series = read_series(tmp_path, 2022, GROUP)
    row = change(compare_series(series, [evaluate(case) for case in series.cases])[0], "a")
    wanted = {"exemptions": F(16, 40) - F(16, 30)}
    assert {part: row[part] for part in PARTS} == {part: wanted.get(part, 0) for part in PARTS}


def test_a_branch_that_is_no_sum(tmp_path):
    """By hand: a geometric branch is 0 where one of its rows has no answer; the best of two may be better or worse only
    because the other one is not known. A branch is compared where the same of its rows have answers in both years."""
    for mean, most, answered, wanted in (
        ("geometric", 5, ["1.1"], (0, F(-1, 4))),
        ("best", 10, ["1.1"], (0, F(1, 4))),
        ("best", 10, [], (0, F(-1, 4))),
    ):
        rows = [
            pillar("1", aggregate=mean),
            leaf("2", "points", 10),
            *(leaf(f"1.{i}", "points", most, "1") for i in "12"),
        ]
        half = points({"1.1": most / 2, "1.2": most / 2, "2": 5})
        after = points({**dict.fromkeys(answered, most), "2": 5})
        sides = [(rows, {"a": x, "b": half}) for x in (half, after)]
        row = change(compared(tmp_path / mean / str(len(answered)), *sides, "1 1 same; 2 2 same"), "a")
        assert (row["performance"], row["unanswered"]) == wanted, mean


def test_a_score_that_is_no_sum(tmp_path):
    """By hand: shares 1/4 and 1 of two equal rows, geometric: 1/2. Row 2 has no answer: 0; row 1 rises to 1. With row 2
    as it was the index would have risen to 1: performance 1/2, the rest is the answer that is missing."""
    rows = [leaf("1", "points", 4), leaf("2", "points", 4)]
    full = points({"1": 1, "2": 4})
    sides = [(rows, {"a": full, "b": full}), (rows, {"a": points({"1": 4}), "b": full})]
    write(tmp_path, 2021, sides[0], aggregate="geometric")
    write(tmp_path, 2022, sides[1], "1 1 same; 2 2 same", aggregate="geometric")
    series = read_series(tmp_path, 2022, GROUP)
    step = compare_series(series, [evaluate(case) for case in series.cases])[0]
    row = change(step, "a")
    assert (row["change"], row["performance"], row["unanswered"]) == (F(-1, 2), F(1, 2), -1)
    assert (row["base_before"], row["base_after"], row["matched_share"]) == (F(1, 4), 1, F(1, 2))
    assert step.like_for_like == {"b"}


@few
@given(givens(gaps=False), st.booleans(), st.data())
def test_taking_an_answer_away_leaves_the_performance_of_the_others(one, forward, data):
    """Where missing answers count 0, performance without an answer is performance less what that row did."""
    one = one.but(index={"missing": "zero"})
    other = one.but(table={a: {row["code"]: points_of(data.draw, row) for row in one.leaves} for a in one.table})
    agency, code = data.draw(st.sampled_from(list(one.table)[1:])), data.draw(st.sampled_from(one.leaves))["code"]
    table = {a: {c: p for c, p in of.items() if (a, c) != (agency, code)} for a, of in other.table.items()}
    step, lacking = (compare_tables(*((one, x) if forward else (x, one))) for x in (other, other.but(table=table)))
    did = row_changes(step, agency).set_index("code")["performance"]
    then, now = change(step, agency), change(lacking, agency)
    assert (
        now["performance"] == then["performance"] - did[code]
        and now["unanswered"] == now["change"] - now["performance"]
    )
    assert row_changes(lacking, agency)["code"].tolist() == [c for c in did.index if c != code]
    assert now["matched_share"] < then["matched_share"] == 1


def compare_tables(one, other):
    return compare_years(one.case(), other.case(), empty("register"), empty("lineage"))


# Two corrections on one row


def claimed_then(tmp_path, rows, claimed: dict, verdicts: dict, later: dict, links: str, **index):
    """A verified year and the claims of the next: the comparison. agency -> row -> points or figure."""
    reported = [{**row, "source": "reported"} for row in rows]
    write(tmp_path, 2021, (reported, claimed), **index)
    given = []
    for who, found in verdicts.items():
        for row, x in found.items():
            cell = f"{x}," if rows[0]["rule"] == "relative" and row == "1" else f",{x}"
            given.append(f"{who},{row},1,verify,seen,{cell}")
    head = "agency,indicator,step,stage,reason,a,points"
    (tmp_path / "2021" / GROUP / "verdicts.csv").write_text("\n".join([head, *given, ""]), encoding="utf-8")
    write(tmp_path, 2022, (reported, later), links, **index)
    cases = [read_case(tmp_path, year, GROUP) for year in (2021, 2022)]
    return compare_years(*cases, read_register(tmp_path), read_lineage(tmp_path), ("verified", "claimed"))


@pytest.mark.parametrize("aggregate", ["arithmetic", "geometric", "worst"])
def test_verification_in_an_estimate_with_a_missing_answer(tmp_path, aggregate):
    """By hand: x claimed 8 of 10 and was given 4, y has no answer; they merge and claim 8. On claims of parts with an
    answer it is 8 and 8: nothing was done."""
    register(tmp_path, *(f"{a},{a},commune,,2000-01-01,2022-06-30" for a in "xy"), "new,new,commune,,2022-07-01,")
    lineage(tmp_path, *(f"e,2022-07-01,merge,{a},new,1,population" for a in "xy"))
    rows = [leaf("1", "points", 10), leaf("2", "points", 10)]
    claimed = {"x": points({"1": 8, "2": 5}), "y": points({"2": 5})}
    verdicts = {"x": {"1": 4, "2": 5}, "y": {"2": 5}}
    later = {"new": points({"1": 8, "2": 5})}
    step = claimed_then(tmp_path, rows, claimed, verdicts, later, "1 1 same; 2 2 same", aggregate=aggregate)
    row = change(step, "new")
    assert row["performance"] == 0 and row["unanswered"] + row["verification"] == row["change"] > 0


@pytest.mark.parametrize("aggregate", ["arithmetic", "geometric"])
def test_verification_and_the_group_on_one_row(tmp_path, aggregate):
    """By hand: a claimed 8 and was given 4; b 10; the best, 20, leaves. On claims among those who stay a has 8 of 10 in
    both years."""
    rows = [leaf("1", "relative", 10), leaf("2", "points", 10)]
    old = {a: {"1": x, "2": {"points": 5}} for a, x in (("a", 8), ("b", 10), ("best", 20))}
    verdicts = {a: {"1": x, "2": 5} for a, x in (("a", 4), ("b", 10), ("best", 20))}
    new = {a: old[a] for a in "ab"}
    step = claimed_then(tmp_path, rows, old, verdicts, new, "1 1 same", aggregate=aggregate, missing="zero")
    row = change(step, "a")
    assert row["performance"] == 0 and row["verification"] > 0 and row["membership"] > 0


def test_a_verdict_where_nobody_claimed_anything(tmp_path):
    """By hand: row 1 was never claimed and was given 8; a year later 8 is claimed. Nobody did anything, and within the
    year, claims against verdicts, the 8 points are verification."""
    rows = [leaf("1", "points", 10), leaf("2", "points", 10)]
    full = points({"1": 5, "2": 5})
    verdicts = {"a": {"1": 8, "2": 5}, "b": {"1": 5, "2": 5}}
    later = {"a": points({"1": 8, "2": 5}), "b": full}
    step = claimed_then(tmp_path, rows, {"a": points({"2": 5}), "b": full}, verdicts, later, "1 1 same; 2 2 same")
    assert not any(change(step, "a")[part] for part in PARTS) and change(step, "a")["matched_share"] == F(1, 2)
    same = compare_years(step.before, step.before, empty("register"), empty("lineage"), ("claimed", "verified"))
    row = change(same, "a")
    assert {part: row[part] for part in PARTS if row[part]} == {"verification": F(8, 20)}


def test_a_merger_is_no_performance_on_rows_within_the_group(tmp_path):
    """By hand: 5, 15 and 10; the first two become one of 10. Relative to the best all rise; nobody did anything."""
    register(tmp_path, *(f"{a},{a},commune,,2000-01-01,2022-06-30" for a in "xy"), "new,new,commune,,2022-07-01,",
             "u,u,commune,,2000-01-01,")  # fmt: skip
    lineage(tmp_path, *(f"e,2022-07-01,merge,{a},new,1,population" for a in "xy"))
    rows = [leaf("1", "relative", 10), leaf("2", "points", 10)]
    old = {a: {"1": x, "2": {"points": 5}} for a, x in (("x", 5), ("y", 15), ("u", 10))}
    new = {a: {"1": 10, "2": {"points": 5}} for a in ("new", "u")}
    step = compared(tmp_path, (rows, old), (rows, new), "1 1 same; 2 2 same")
    for agency in ("new", "u"):
        row = change(step, agency)
        assert {part: row[part] for part in PARTS if row[part]} == {"membership": F(1, 6)}
        assert not row_changes(step, agency)["performance"].any()


def test_a_branch_of_which_other_rows_were_answered(tmp_path):
    """By hand: only row 1.2 in one year, only 1.1 in the other: no row of the branch can be compared."""
    rows = [pillar("1", aggregate="geometric"), leaf("2", "points", 10)]
    rows += [leaf(f"1.{i}", "points", 10, "1") for i in "12"]
    full = points({"1.1": 5, "1.2": 5, "2": 5})
    sides = [(rows, {"a": points(x), "b": full}) for x in ({"1.2": 2, "2": 5}, {"1.1": 9, "2": 5})]
    for year, side in zip((2021, 2022), sides, strict=True):
        write(tmp_path, year, side, "1 1 same; 2 2 same" if year == 2022 else "", missing="exclude")
    cases = [read_case(tmp_path, year, GROUP) for year in (2021, 2022)]
    row = change(compare_years(*cases, empty("register"), empty("lineage")), "a")
    assert row["performance"] == 0 and row["unanswered"] == row["change"] > 0 and row["matched_share"] < 1


def test_a_branch_of_which_the_same_rows_were_answered(tmp_path):
    """By hand: a has no answer to row 1.3 in either year, which is left out; a geometric branch of 1/4 and 1 becomes 1
    and 1: from 1/2 to 1, by half of the index."""
    rows = [pillar("1", aggregate="geometric"), leaf("2", "points", 12)]
    rows += [leaf(f"1.{i}", "points", 4, "1") for i in "123"]
    full = points({"1.1": 4, "1.2": 4, "1.3": 4, "2": 6})
    for year, x in ((2021, 1), (2022, 4)):
        sides = (rows, {"a": points({"1.1": x, "1.2": 4, "2": 6}), "b": full})
        write(tmp_path, year, sides, "1 1 same; 2 2 same" if year == 2022 else "", missing="within-parent")
    cases = [read_case(tmp_path, year, GROUP) for year in (2021, 2022)]
    step = compare_years(*cases, empty("register"), empty("lineage"))
    row = change(step, "a")
    assert {part: row[part] for part in PARTS if row[part]} == {"performance": F(1, 4)} and row["matched_share"] == 1
    assert row_changes(step, "a")["performance"].tolist() == [F(1, 4), 0]


def test_who_cannot_be_compared_stands_apart_in_the_mean(tmp_path):
    """By hand: a falls from 22 to 14 of 40 with half of it unanswered; b rises from 22 to 24."""
    sides = [(ROWS, {"a": points(x), "b": points(y)}) for x, y in ((FULL, FULL), ({"1": 8, "2": 6}, {**FULL, "1": 6}))]
    step = compared(tmp_path, *sides, LINKS)
    value = dict(zip(step.group["part"], step.group["value"], strict=True))
    assert (value["performance"], value["apart"], value["unanswered"]) == (F(1, 40), F(-4, 40), 0)
    assert value["after"] - value["before"] == F(-3, 40)


def test_a_rescaled_row_without_an_answer_moves_no_weight(tmp_path):
    """By hand: row 2 counts 30 points now instead of 10, and a has no answer to it (5 of 10 before). With its 5 of 10
    it would stand at 20 of 40, as before: all of the fall is the missing answer."""
    old, new = [leaf("1", "points", 10), leaf("2", "points", 10)], [leaf("1", "points", 10), leaf("2", "points", 30)]
    full = points({"1": 5, "2": 5})
    sides = (old, {"a": full, "b": full}), (new, {"a": points({"1": 5}), "b": points({"1": 5, "2": 15})})
    row = change(compared(tmp_path, *sides, "1 1 same; 2 2 rescaled"), "a")
    assert {part: row[part] for part in PARTS if row[part]} == {"unanswered": F(5, 40) - F(20, 40)}


def test_a_row_that_lost_its_weight_is_no_other_row(tmp_path):
    old = [leaf("1", "points", 10, weight=1), leaf("2", "points", 10, weight=1)]
    new = [leaf("1", "points", 10, weight=1), leaf("2", "points", 10, weight=0)]
    given = {"a": points({"1": 5, "2": 9})}
    step = compared(tmp_path, (old, given), (new, given), "1 1 same; 2 2 same")
    assert step.matches["kind"].tolist() == ["same", "same"] and step.matches["weight_after"].tolist() == [1, 0]
    row = change(step, "a")
    assert {part: row[part] for part in PARTS if row[part]} == {"reweighting": F(5, 10) - F(7, 10)}


def test_a_snapshot_without_verdicts_is_named(tmp_path, capsys):
    """Without verdicts.csv and source a row is measured: the contract's default, and hardly what a snapshot means."""
    reported = [{**row, "source": "reported"} for row in ROWS]
    for folder, rows in (("final", reported), ("snapshot", ROWS)):
        write(tmp_path / folder, 2021, (rows, {"a": points(FULL)}))
    asked = [
        "compare",
        "2021",
        GROUP,
        "--on",
        "current",
        "--data",
        str(tmp_path / "final"),
        "--to-data",
        str(tmp_path / "snapshot"),
    ]
    assert main([*asked, "--lang", "en"]) == 0
    said = capsys.readouterr().err
    assert "W_SOURCE" in said and "3 rows are reported on one side and not on the other: 1, 2, 3" in said
