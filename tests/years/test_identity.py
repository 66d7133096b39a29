"""Who is who between two days, and what cannot have happened."""

from __future__ import annotations

from fractions import Fraction as F
from pathlib import Path

import pytest

from dxlib.case import check, read_case, read_lineage, read_register
from dxlib.cli import main
from dxlib.errors import Refusal
from dxlib.years import compare_years
from tests.known.folders import leaf
from tests.years.two_years import GROUP, compared, lineage, register, write

DATA = Path(__file__).resolve().parents[2] / "data"
ROWS = [leaf("1", "points", 10)]
LIVING = "b,B,commune,2,2000-01-01,"
DEAD = "a,A,commune,1,2000-01-01,2022-06-30"


def answers(*agencies: str) -> dict:
    return {a: {"1": {"points": 5}} for a in agencies}


def errors(tmp_path: Path) -> set[str]:
    write(tmp_path, 2021, (ROWS, answers("b")))
    return {f.reason for f in check(tmp_path) if f.code in ("E_LINEAGE", "W_LINEAGE")}


BAD = {
    "event_early": (["a,A,commune,1,2022-08-01,2022-12-31", LIVING], ["e,2022-07-01,transfer,a,b,1,population"]),
    "event_late": (["a,A,commune,1,2000-01-01,2020-01-01", LIVING], ["e,2022-07-01,merge,a,b,1,population"]),
    "unit_goes_on": (["a,A,commune,1,2000-01-01,", LIVING], ["e,2022-07-01,merge,a,b,1,population"]),
    "heir_absent": ([DEAD, "b,B,commune,2,2023-01-01,"], ["e,2022-07-01,merge,a,b,1,population"]),
    "share_sum": (
        [DEAD, LIVING, "c,C,commune,3,2000-01-01,"],
        ["e,2022-07-01,split,a,b,0.6,population", "e,2022-07-01,split,a,c,0.5,population"],
    ),
    "event_ends": ([DEAD, LIVING], ["e,2022-07-01,merge,a,,1,population"]),
    "lineage_circle": (
        ["a,A,commune,1,2000-01-01,2021-12-31", "b,B,commune,2,2000-01-01,2022-06-30"],
        ["e,2022-01-01,merge,a,b,1,count", "f,2022-07-01,merge,b,a,1,count"],
    ),
    "register_code": (["a,A,commune,2,2000-01-01,2022-06-30", LIVING], ["e,2022-07-01,merge,a,b,1,count"]),
    "register_days": (["a,A,commune,1,2000-01-01,1999-06-30", LIVING], []),
    "end_untold": ([DEAD, LIVING], []),
    "origin_untold": ([DEAD, LIVING, "c,C,commune,3,2023-01-01,"], ["e,2022-07-01,merge,a,b,1,count"]),
    "not_there": (["b,B,commune,2,2022-01-01,"], []),
    "not_registered": (["c,C,commune,2,2000-01-01,"], []),
}


@pytest.mark.parametrize("reason", BAD)
def test_what_cannot_have_happened_is_named(tmp_path, reason):
    register(tmp_path, *BAD[reason][0])
    lineage(tmp_path, *BAD[reason][1])
    assert reason in errors(tmp_path)


def test_a_clean_merger_is_no_finding(tmp_path):
    register(tmp_path, DEAD, LIVING)
    lineage(tmp_path, "e,2022-07-01,merge,a,b,1,population")
    assert errors(tmp_path) == set()


def test_wrong_lineage_is_refused_where_it_is_used(tmp_path):
    register(tmp_path, *BAD["share_sum"][0])
    lineage(tmp_path, *BAD["share_sum"][1])
    with pytest.raises(Refusal):
        read_lineage(tmp_path)


def test_flags_over_several_events(tmp_path):
    """A handed 20 % to B in March and lives on; C and D merged in May, what they became was renamed in July."""
    units = ["a,A,x,,2000-01-01,", "b,B,x,,2000-01-01,", "c,C,x,,2000-01-01,2022-04-30", "d,D,x,,2000-01-01,2022-04-30"]
    units += ["cd,CD,x,,2022-05-01,2022-06-30", "new,New,x,,2022-07-01,", "late,Late,x,,2022-09-01,"]
    units += ["old,Old,x,,2000-01-01,", "gone,Gone,x,,2000-01-01,2022-10-31"]
    register(tmp_path, *units)
    lineage(
        tmp_path,
        "1,2022-03-01,transfer,a,b,0.2,population", "2,2022-05-01,merge,c,cd,1,count", "2,2022-05-01,merge,d,cd,1,count",
        "3,2022-07-01,rename,cd,new,1,count", "4,2022-09-01,create,,late,,", "5,2022-11-01,abolish,gone,,,",
    )  # fmt: skip
    before = (ROWS, answers("a", "b", "c", "d", "gone"))
    step = compared(tmp_path, before, (ROWS, answers("a", "b", "new", "late", "old")), "1 1 same")
    rows = {(r["agency"], r["origin"]): (r["flag"], r["share"]) for r in step.related.to_dict("records")}
    assert rows == {
        ("a", "a"): ("S", F(4, 5)), ("b", "a"): ("X", F(1, 5)), ("b", "b"): ("X", F(1)),
        ("new", "c"): ("M", F(1)), ("new", "d"): ("M", F(1)),
        ("late", ""): ("new", None), ("old", ""): ("entered", None), ("", "gone"): ("ended", None),
    }  # fmt: skip


def test_the_sample_is_related_without_a_rest():
    """107 -> 102 -> 35: everybody came from somebody, nobody is lost, and shares of whole units sum to one."""
    sizes = {("2022", "2023"): (107, 0), ("2023", "2024"): (107, 5), ("2024", "2025"): (102, 35)}
    for (then, now), (origins, joined) in sizes.items():
        cases = read_case(DATA, then, "communes"), read_case(DATA, now, "communes")
        related = compare_years(*cases, read_register(DATA), read_lineage(DATA)).related
        assert related["origin"].nunique() == origins and "" not in set(related["agency"]) | set(related["origin"])
        assert related.loc[related["flag"] != "U", "agency"].nunique() == joined
        known = related[related["share"].notna()]
        unknown = set(related.loc[related["share"].isna(), "origin"])
        for origin, shares in known.groupby("origin")["share"]:
            assert origin in unknown or sum(shares) == 1


def test_no_commune_is_praised_or_blamed_for_the_merger():
    from dxlib.years import material_changes

    cases = read_case(DATA, 2024, "communes"), read_case(DATA, 2025, "communes")
    step = compare_years(*cases, read_register(DATA), read_lineage(DATA))
    assert set(material_changes([step], None)["news"]) <= {"estimate", "not-comparable"}


def test_two_lists_of_one_year_on_both_sides_of_a_merger(tmp_path, capsys):
    """The list before the first of July and the one after it: three units are one, and nothing is irregular. Whichever
    folder is named first, who was who stands beside the later year."""
    names = "xyz"
    for folder in ("old", "new"):
        root = tmp_path / folder
        register(root, *(f"{a},{a},commune,,2000-01-01,2022-06-30" for a in names), "new,new,commune,,2022-07-01,")
        lineage(root, *(f"e,2022-07-01,merge,{a},new,1,population" for a in names))
    write(tmp_path / "old", 2022, (ROWS, answers(*names)))
    write(tmp_path / "new", 2022, (ROWS, answers("new")))
    cases = [read_case(tmp_path / folder, 2022, GROUP) for folder in ("old", "new")]
    related = compare_years(*cases, read_register(tmp_path / "new"), read_lineage(tmp_path / "new")).related
    assert related["flag"].tolist() == ["M"] * 3 and related["origin"].tolist() == list(names)
    write(tmp_path / "bare", 2021, (ROWS, answers(*names)))
    asked = [
        "compare",
        "2022",
        GROUP,
        "--data",
        str(tmp_path / "new"),
        "--to-data",
        str(tmp_path / "bare"),
        "--to-year",
        "2021",
    ]
    main(asked)
    assert ",M," in capsys.readouterr().out


def test_links_are_held_against_both_sets(tmp_path):
    old = [leaf("1", "ratio", 10), leaf("2", "points", 10), leaf("3", "points", 10)]
    new = [leaf("1", "yes_no", 10), leaf("2", "points", 20), leaf("3", "points", 10), leaf("4", "points", 5)]
    before = {"b": {"1": (1, 2), "2": {"points": 1}, "3": {"points": 1}}}
    after = {"b": {"1": {"option": "yes"}, "2": {"points": 1}, "3": {"points": 1}, "4": {"points": 1}}}
    write(tmp_path, 2021, (old, before))
    write(tmp_path, 2022, (new, after), "1 1 same; 2 2 same; 3 3 same; 4 3 same")
    found = {(f.reason, f.row) for f in check(tmp_path) if f.code == "E_LINK"}
    assert found == {("link_rule", 2), ("link_maximum", 3), ("link_twice", 5), ("link_maximum", 5)}
    links = tmp_path / "2022" / GROUP / "links.csv"
    links.write_text(links.read_text().replace("2021", "2022", 1).replace("2,2021,test,2,", "2,2021,test,9,"))
    found = {(f.reason, f.row) for f in check(tmp_path) if f.code == "E_LINK"}
    assert {("link_year", 2), ("link_row", 3)} <= found
