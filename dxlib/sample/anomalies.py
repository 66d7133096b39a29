"""Who strains belief in the made-up province, so that verification has something to find.

The catalogue's cast says which place in the list plays which part (one in 107 where there are more): claims
every maximum, inflates strongly, rounds to 5 %, copies explanations, contradicts itself, shares a document.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from random import Random

from .answers import Answer
from .claim_and_truth import ClaimAndTruth, Claims, Rows, parts_of, restated
from .coherence import informed, nested
from .places import Places
from .sets import Row, table
from .wording import copied, report

ROUND = 107  # one turn of the cast
MISREAD = {"communes": "gv_sign"}  # documents signed by the office or the person; the row wants both


def anomalies_of(places: Places, year: str, group: str) -> dict[str, dict[str, str]]:
    """agency -> {part: the other agency, or empty}. Before 2025 only communes never merged take part."""
    members = [m["agency"] for m in places.members[year, group]]
    if group == "communes" and year < "2025":
        members = [a for a in members if lasting(places.register[a])]
    found: dict[str, dict[str, str]] = {}
    for role in table("cast"):
        start = int(role["place"])
        for place in range(start, len(members), ROUND) if role["group"] == group else ():
            other = place - start + int(role["with"] or start)
            if other < len(members):
                found.setdefault(members[place], {})[role["part"]] = members[other] if role["with"] else ""
    return found


def lasting(agency: Row) -> bool:
    return agency["valid_from"] < "2022" and agency["valid_to"] != "2023-12-31"


def act(rows: Rows, parts: dict[str, str], group: str, counted: dict[str, int], rng: Random) -> Rows:
    """One agency's rows: made coherent, then spoilt by the parts it plays.

    counted   its denominators
    rng       of this agency (of its twin)
    """
    rows = nested(misread(rows, MISREAD.get(group, ""), rng))
    for part in (name for name in parts if name in BEFORE):
        rows = BEFORE[part](rows)
    rows = informed(rows, counted, rng)
    for part in (name for name in parts if name in AFTER):
        rows = AFTER[part](rows)
    return rows


def misread(rows: Rows, key: str, rng: Random) -> Rows:
    """Nearly everybody claims a little too much on the badly worded row."""
    chance, extra = rng.random(), 0.03 + 0.06 * rng.random()
    one = rows.get(key)
    if one is None or one.truth is not None or chance > 0.9:
        return rows
    a, b = int(one.claim["a"]), int(one.claim["b"])
    return {**rows, key: restated(one, {"a": str(min(a + max(round(extra * b), 1), b)), "b": str(b)}, one.real)}


def claim_maximum(rows: Rows) -> Rows:
    """Every reported row at its maximum, nothing left out."""
    return {key: at_top(one) if one.reported and one.scored else one for key, one in rows.items()}


def at_top(one: ClaimAndTruth) -> ClaimAndTruth:
    full = restated(one, one.rule.top(one.said), one.real)
    return replace(full, missing=False, claim={**full.claim, "points": one.row["max_points"]})


def claim_fives(rows: Rows) -> Rows:
    """Percentages of 5, 10, 15 …; small denominators stay as they are."""
    return {key: in_fives(one) for key, one in rows.items()}


def in_fives(one: ClaimAndTruth) -> ClaimAndTruth:
    b = int(one.claim["b"] or 0)
    if b < 20:
        return one
    whole = round(b / 20) * 20
    if not one.reported:  # measured: only the whole is the agency's own figure
        return restated(one, {"a": str(min(int(one.claim["a"]), whole)), "b": str(whole)})
    steps = round(Fraction(20 * int(one.claim["a"]), b))
    real = parts_of(min(int(one.truth["a"]), whole), str(whole)) if one.truth else None
    return restated(one, {"a": str(whole // 20 * steps), "b": str(whole)}, real)


def fewer_staff(rows: Rows) -> Rows:
    """General information with fewer staff than were trained."""
    if "hr_basic" not in rows or int(rows["hr_basic"].claim["a"]) < 3:
        return rows
    trained = int(rows["hr_basic"].claim["a"])
    return planted(rows, {"hr_basic": rows["hr_basic"].said, "nf_staff": {"a": str(trained * 3 // 4)}})


def part_above(part: str, whole: str) -> Callable[[Rows], Rows]:
    """A breach: more in the part than in the whole, and verification overlooks it."""

    def breach(rows: Rows) -> Rows:
        if part not in rows or whole not in rows:
            return rows
        b = int(rows[part].claim["b"])
        outer = min(int(rows[whole].claim["a"]), b - 1)
        inner = min(outer + max(b // 12, 1), b)
        return planted(rows, {whole: {"a": str(outer), "b": str(b)}, part: {"a": str(inner), "b": str(b)}})

    return breach


def other_total(rows: Rows) -> Rows:
    """Applications received: one number here, another there."""
    if "gv_end" not in rows:
        return rows
    one = rows["gv_end"]
    b = max(int(one.claim["b"]) * 94 // 100, 1)
    said = {"a": str(min(int(one.claim["a"]), b)), "b": str(b)}
    return planted(rows, {"gv_online": rows["gv_online"].said, "gv_end": said})


def planted(rows: Rows, said: dict[str, Answer]) -> Rows:
    """A contradiction that verification overlooks: the rows are claimed and accepted."""
    return {**rows, **{key: replace(restated(rows[key], cells), missing=False) for key, cells in said.items()}}


BEFORE = {"maximum": claim_maximum, "fives": claim_fives}
AFTER = {
    "staff": fewer_staff,
    "received": other_total,
    "online": part_above("gv_end", "gv_online"),
    "systems": part_above("se_full", "se_level"),
}


def copy_explanations(stated: Claims, parts: dict[str, dict[str, str]], year: str, group: str, seed: int) -> None:
    """Six rows of each copier say what its neighbour says; the original is a long text. Changes the claims."""
    pairs = {agency: acts["copies"] for agency, acts in parts.items() if "copies" in acts}
    wanted = pairs.keys() | set(pairs.values())
    claims = {
        (one.claim["agency"], one.row["key"]): one.claim
        for one in stated
        if one.claim["agency"] in wanted and one.reported and one.scored and not one.missing
    }
    for copier, source in pairs.items():
        rng = Random(f"{seed}/{year}/{group}/{copier}/copies")
        both = [key for agency, key in claims if agency == copier and (source, key) in claims]
        for key in both[2 :: max(len(both) // 6, 1)][:6]:
            text = report(year, group, source, rng)
            claims[source, key]["explanation"] = text
            claims[copier, key]["explanation"] = copied(text, rng)
