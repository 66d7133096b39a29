"""What verification can find in the made-up province, and that honest agencies are not among it."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from fractions import Fraction
from functools import cache
from itertools import combinations
from pathlib import Path
from random import Random

import pytest

from dxlib.case.relations import parse_relation
from dxlib.sample.anomalies import anomalies_of
from dxlib.sample.places import all_places
from dxlib.sample.sets import GROUPS, YEARS, index_set

DATA = Path(__file__).parents[2] / "data"
SETS = [(g, y) for g in GROUPS for y in YEARS if (g, y) != ("districts", "2025")]
SELF = [(g, y) for g, y in SETS if g != "province"]
COMMUNES = [("communes", y) for y in YEARS]
FINISHED = ("2022", "2023", "2024")
EMPTY = hashlib.sha256(b"").hexdigest()


@cache
def rows(group: str, year: str, name: str) -> tuple[dict[str, str], ...]:
    path = DATA / year / group / f"{name}.csv"
    if not path.exists():
        return ()
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def parts(group: str, year: str) -> dict[str, dict[str, str]]:
    return anomalies_of(all_places(107, Random("2554/places")), year, group)


def playing(group: str, year: str, *names: str) -> dict[str, str]:
    return {a: plays[n] for a, plays in parts(group, year).items() for n in names if n in plays}


@cache
def claims(group: str, year: str) -> dict[tuple[str, str], dict[str, str]]:
    return {(c["agency"], c["indicator"]): c for c in rows(group, year, "claims")}


def keyed(group: str, year: str) -> dict[str, dict[str, str]]:
    return {row["key"]: row for row in index_set(group, year)}


# relations ------------------------------------------------------------------------------------------------------


def side(terms, agency: str, group: str, year: str) -> Fraction | None:
    together = Fraction(0)
    for term in terms:
        figures = [
            claims(group, year).get((agency, c.code), {}).get(c.column, "") for c in (term.top, term.bottom) if c
        ]
        if "" in figures or figures[1:] == ["0"]:
            return None
        together += term.factor * Fraction(figures[0]) / (Fraction(figures[1]) if term.bottom else 1)
    return together


def breaches(group: str, year: str) -> Counter:
    """agency -> how many relations its claims break."""
    found: Counter = Counter()
    for row in rows(group, year, "relations"):
        relation = parse_relation(row)
        for agency in {agency for agency, _ in claims(group, year)}:
            left, right = (side(terms, agency, group, year) for terms in (relation.left, relation.right))
            if left is not None and right is not None:
                found[agency] += left > right if relation.sign == "<=" else left != right
    return +found


@pytest.mark.parametrize(("group", "year"), SETS)
def test_each_set_states_three_to_six_relations_with_names(group, year):
    stated = rows(group, year, "relations")
    assert 3 <= len(stated) <= 6
    assert all(row["name_vi"] and row["name_en"] for row in stated)
    assert {code for row in stated for code in parse_relation(row).cells}


@pytest.mark.parametrize(("group", "year"), SELF)
def test_only_the_planted_agencies_contradict_themselves(group, year):
    planted = playing(group, year, "staff", "online", "received", "systems").keys()
    inflated_spending = {"h-khe-tram"} if (group, year) == ("districts", "2024") else set()
    found = breaches(group, year)
    assert found and found.keys() == planted | inflated_spending


# characters -----------------------------------------------------------------------------------------------------


def scored(group: str, year: str) -> list[dict[str, str]]:
    return [
        r
        for r in index_set(group, year)
        if r["rule"] and r["source"] == "reported" and r["max_points"] not in ("", "0")
    ]


def at_maximum(agency: str, group: str, year: str) -> float:
    own = [
        (claims(group, year)[agency, r["code"]]["points"], r["max_points"])
        for r in scored(group, year)
        if (agency, r["code"]) in claims(group, year)
    ]
    return sum(points == most for points, most in own) / len(own)


@pytest.mark.parametrize(("group", "year"), COMMUNES)
def test_one_commune_claims_every_maximum_and_no_other_comes_near(group, year):
    (agency,) = playing(group, year, "maximum")
    assert at_maximum(agency, group, year) == 1
    others = {a for a, _ in claims(group, year)} - {agency, *playing(group, year, "inflates")}
    assert max(at_maximum(a, group, year) for a in others) < 0.85


def cuts(group: str, year: str) -> tuple[Counter, Counter, Counter]:
    """Rows cut by the first verdict, per agency and per indicator, and verified agencies per indicator."""
    by_agency, by_row, verified = Counter(), Counter(), Counter()
    for v in rows(group, year, "verdicts"):
        if v["step"] == "1":
            cut = v["reason"] not in ("", "bo-sung", "du-lieu-he-thong")
            by_agency[v["agency"]] += cut
            by_row[v["indicator"]] += cut
            verified[v["indicator"]] += 1
    return by_agency, by_row, verified


@pytest.mark.parametrize(("group", "year"), COMMUNES)
def test_the_strong_inflators_and_the_badly_worded_row_stand_out(group, year):
    by_agency, by_row, verified = cuts(group, year)
    loud = playing(group, year, "inflates", "maximum").keys() & by_agency.keys()
    assert loud and all(by_agency[a] >= 12 for a in loud)
    assert max(n for a, n in by_agency.items() if a not in loud) < 16
    misread = keyed(group, year)["gv_sign"]["code"]
    shares = {code: by_row[code] / n for code, n in verified.items()}
    assert shares.pop(misread) > 0.7
    assert max(shares.values()) < 0.4


def in_fives(agency: str, group: str, year: str) -> float:
    own = [
        c
        for (a, code), c in claims(group, year).items()
        if a == agency and c["submitted_on"] and int(c["b"] or 0) >= 20
    ]
    return sum(20 * int(c["a"]) % int(c["b"]) == 0 for c in own) / len(own)


@pytest.mark.parametrize(("group", "year"), COMMUNES)
def test_two_communes_report_percentages_in_fives(group, year):
    round_ones = playing(group, year, "fives").keys()
    assert len(round_ones) == (1 if year == "2025" else 2)
    assert all(in_fives(a, group, year) > 0.9 for a in round_ones)
    others = {a for a, _ in claims(group, year)} - round_ones - playing(group, year, "maximum").keys()
    assert max(in_fives(a, group, year) for a in others) < 0.6


# explanations ---------------------------------------------------------------------------------------------------


def grams(text: str) -> set[str]:
    return {text[i : i + 5] for i in range(len(text) - 4)}


def alike(one: set[str], two: set[str]) -> float:
    return len(one & two) / len(one | two)


@pytest.mark.parametrize(("group", "year"), SETS)
def test_near_copies_are_the_planted_ones_and_honest_texts_differ(group, year):
    long = [(c["agency"], c["explanation"]) for c in rows(group, year, "claims") if len(c["explanation"]) >= 100]
    known = [(agency, text, set(text.split()), grams(text.casefold())) for agency, text in long]
    copies: Counter = Counter()
    for one, two in combinations(known, 2):
        if alike(one[2], two[2]) > 0.5 and alike(one[3], two[3]) >= 0.8:  # words first: much faster
            copies[frozenset((one[0], two[0]))] += 1
            assert min(len(one[1]), len(two[1])) >= 120
    assert copies.keys() == {frozenset(pair) for pair in playing(group, year, "copies").items()}
    assert all(n >= 4 for n in copies.values())


def test_copies_are_not_verbatim():
    for group, year in COMMUNES:
        for copier, source in playing(group, year, "copies").items():
            texts = [
                {c["explanation"] for c in rows(group, year, "claims") if c["agency"] == a} for a in (copier, source)
            ]
            assert [text for text in texts[0] & texts[1] if len(text) > 40] == []


@pytest.mark.parametrize(("group", "year"), SELF)
def test_longer_explanations_hardly_ever_repeat(group, year):
    texts = Counter(c["explanation"] for c in rows(group, year, "claims") if len(c["explanation"]) > 40)
    assert len(texts) > 100
    assert sum(texts.values()) - len(texts) <= 0.02 * len(texts)


# documents ------------------------------------------------------------------------------------------------------


def users(group: str, year: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows(group, year, "evidence"):
        if row["sha256"]:
            found.setdefault(row["sha256"], []).append(row["agency"])
    return found


def white(group: str, year: str) -> set[str]:
    """Digests of what the white list names, by digest or by number."""
    listed = {row["document"] for row in rows(group, year, "shared")}
    return {r["sha256"] for r in rows(group, year, "evidence") if listed & {r["sha256"], r["number"]}}


@pytest.mark.parametrize(("group", "year"), SELF)
def test_what_is_shared_is_on_the_white_list_or_planted(group, year):
    listed = white(group, year)
    across = {digest: agencies for digest, agencies in users(group, year).items() if len(set(agencies)) > 1}
    assert max(len(set(across[d])) for d in listed & across.keys()) >= 2
    guilty = {frozenset(agencies) for digest, agencies in across.items() if digest not in listed}
    assert guilty == {frozenset(pair) for pair in playing(group, year, "reused").items()} != set()


@pytest.mark.parametrize(("group", "year"), SELF)
def test_one_document_is_used_twice_by_one_agency(group, year):
    twice = {a for agencies in users(group, year).values() for a, n in Counter(agencies).items() if n > 1}
    assert twice == playing(group, year, "twice").keys() != set()


@pytest.mark.parametrize(("group", "year"), [s for s in SELF if s[0] != "districts"])
def test_documents_have_the_usual_defects(group, year):
    papers = rows(group, year, "evidence")
    outside = [p for p in papers if p["issued_on"] and p["issued_on"][:4] != year]
    lacking = [p for p in papers if not p["number"] or not p["issued_on"]]
    assert sum(p["sha256"] == EMPTY for p in papers) == 1
    assert 0 < len(outside) < 0.08 * len(papers)
    assert 0 < len(lacking) < 0.08 * len(papers)
    assert 0.5 < sum(p["sha256"] != "" for p in papers) / len(papers) < 0.8


def test_some_documents_lie_beside_the_table():
    folder = DATA / "2024/departments/evidence"
    named = {p["file"]: p["sha256"] for p in rows("departments", "2024", "evidence") if p["file"]}
    kept = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert {name: hashlib.sha256(data).hexdigest() for name, data in kept.items()} == named
    assert 6 <= len(kept) <= 10
    assert all(data.decode().startswith("SỐ LIỆU MẪU\n") for data in kept.values())


# the ledger -----------------------------------------------------------------------------------------------------


def ledger(group: str, year: str) -> dict[tuple[str, str], list[dict[str, str]]]:
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in rows(group, year, "verdicts"):
        found.setdefault((row["agency"], row["indicator"]), []).append(row)
    return found


ANSWER = ("a", "b", "option", "points")


@pytest.mark.parametrize(("group", "year"), [(g, y) for g in ("departments", "communes") for y in FINISHED])
def test_three_to_five_percent_are_verified_twice_by_teams_that_mostly_agree(group, year):
    cells = [[s for s in steps if s["stage"] == "verify"] for steps in ledger(group, year).values()]
    double = [steps for steps in cells if len(steps) > 1]
    assert 0.03 <= len(double) / len(cells) <= 0.05
    settled = [steps for steps in double if len(steps) == 3]
    assert 0 < len(settled) < 0.4 * len(double)
    for first, second, *third in double:
        assert first["decided_by"] != second["decided_by"]
        assert first["decided_on"] <= second["decided_on"]
        differ = any(first[c] != second[c] for c in ANSWER)
        assert differ == bool(third)
        for last in third:
            assert last["decided_by"] == "Trưởng Đoàn thẩm tra"
            assert [last[c] for c in ANSWER] in ([first[c] for c in ANSWER], [second[c] for c in ANSWER])


@pytest.mark.parametrize(("group", "year"), SETS)
def test_appeals_come_after_every_verification_and_are_decided_by_the_council(group, year):
    lodged = {(a["agency"], a["indicator"]): a["submitted_on"] for a in rows(group, year, "appeals")}
    for key, steps in ledger(group, year).items():
        assert [s["step"] for s in steps] == [str(i + 1) for i in range(len(steps))]
        assert all(s["stage"] == "verify" for s in steps[:-1])
        if steps[-1]["stage"] == "appeal":
            assert steps[-1]["decided_by"] == "Hội đồng thẩm định"
            assert steps[-2]["decided_on"] <= lodged[key] <= steps[-1]["decided_on"]


@pytest.mark.parametrize("group", ["communes", "departments"])
def test_appeals_of_2025_still_wait(group):
    appeals, steps = rows(group, "2025", "appeals"), ledger(group, "2025")
    assert 0 < len(appeals) < 25
    for appeal in appeals:
        verdicts = steps[appeal["agency"], appeal["indicator"]]
        assert [v["stage"] for v in verdicts] == ["verify"]
        assert verdicts[0]["decided_on"] < appeal["submitted_on"]


@pytest.mark.parametrize("group", ["departments", "communes"])
def test_some_forms_of_2025_went_back_and_wait(group):
    back = rows(group, "2025", "forms/returned")
    asked, answered = {row["agency"] for row in rows(group, "2025", "agencies")}, [row["answered_on"] for row in back]
    assert back and {row["recipient"] for row in back} <= asked and {row["kind"] for row in back} == {"claim"}
    assert "" in answered and any(answered)
    assert all(not row["answered_on"] or row["returned_on"] < row["answered_on"] for row in back)
    assert not rows(group, "2024", "forms/returned")


def test_in_a_larger_province_one_in_107_plays_each_part():
    found = anomalies_of(all_places(240, Random("3/places")), "2022", "communes")
    assert sum("maximum" in plays for plays in found.values()) == 2
