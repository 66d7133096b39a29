"""The documents behind the claims: whose they are, what is the same document, and a few kept as files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from hashlib import sha256
from random import Random

from .anomalies import anomalies_of
from .claim_and_truth import ClaimAndTruth, Claims
from .names import pick, slug
from .places import Places
from .sets import Row, known, table

EMPTY = sha256(b"").hexdigest()
IDENTITY = ("number", "title", "issued_on", "issuer", "file", "sha256")
KEPT = ("departments", "2024")  # the group whose documents lie beside the table
SHOWN = 8
COUNCIL = "Hội đồng thẩm định"


def documents(stated: Claims, places: Places, year: str, group: str, seed: int, verdicts: list[Row]) -> list[Row]:
    """evidence.csv: one row per document that a claim cites."""
    rng = Random(f"{seed}/{year}/{group}/evidence")
    odd = Random(f"{seed}/{year}/{group}/papers")
    last = {(v["agency"], v["indicator"]): v["reason"] for v in verdicts}
    common = common_papers(year, group, seed)
    found: list[Row] = []
    for one in stated:
        if not one.reported or one.missing:
            continue
        decided = last.get((one.claim["agency"], one.row["code"]))
        cited = [paper(one, places, year, group, rng, decided)] if wanted(rng, group, decided) else []
        cited = [flawed(row, year, places, odd, decided) for row in cited]
        cited += [
            {**row, **of(one, decided)} for chance, row in common.get(one.row["key"], ()) if odd.random() < chance
        ]
        found += [{**row, "no": str(i)} for i, row in enumerate(cited, 1)]
    borrow(found, anomalies_of(places, year, group))
    if (group, year) == KEPT:
        keep(found, common_files(year, group, seed))
    return found


def wanted(rng: Random, group: str, decided: str | None) -> bool:
    return rng.random() < (0.12 if group == "communes" else 0.6) and decided != "thieu-minh-chung"


def of(one: ClaimAndTruth, decided: str | None) -> Row:
    """Whose document, and what verification thought of it."""
    good = decided not in ("minh-chung-yeu", "ngoai-ky", "sai-don-vi")
    verdict = "pending" if decided is None else "accepted" if good else "rejected"
    return {"agency": one.claim["agency"], "indicator": one.row["code"], "verdict": verdict}


def paper(one: ClaimAndTruth, places: Places, year: str, group: str, rng: Random, decided: str | None) -> Row:
    """The agency's own document for one row."""
    kind = known("evidence")[known("rows")[one.row["key"]]["evidence"]]
    name = places.register[one.claim["agency"]]["name_vi"]
    subject = one.row["name_vi"]
    return {
        **of(one, decided),
        "number": f"{1 + pick(rng, 980)}/{kind['number']}-{sign(name, group)}",
        "title": f"{kind['title']} {subject[0].lower()}{subject[1:]}",
        "issued_on": (date(int(year), 1, 4) + timedelta(days=pick(rng, 355))).isoformat(),
        "issuer": office(name, group),
    }


def flawed(row: Row, year: str, places: Places, rng: Random, decided: str | None) -> Row:
    """A digest on six of ten; some outside the year, without a number or a date, or from another agency."""
    hashed, fault, shift = rng.random() < 0.6, rng.random(), pick(rng, 80)
    changes = {"sha256": digest(row) if hashed else ""}
    if decided == "ngoai-ky" or fault < 0.012:
        changes["issued_on"] = outside(year, shift)
    elif fault < 0.022:
        changes["number"] = ""
    elif fault < 0.03:
        changes["issued_on"] = ""
    return row | changes


def outside(year: str, shift: int) -> str:
    """A day of January to March after the year, or of October to December before it."""
    day = date(int(year) + 1, 1, 3) if shift % 2 else date(int(year) - 1, 12, 30) - timedelta(days=80)
    return (day + timedelta(days=shift)).isoformat()


def digest(row: Row) -> str:
    """Of made-up content."""
    return sha256("|".join(row[c] for c in ("agency", "indicator", "number", "issued_on")).encode()).hexdigest()


def office(name: str, group: str) -> str:
    return name if group == "departments" else f"UBND {name[0].lower()}{name[1:]}"


def sign(name: str, group: str) -> str:
    """The letters after the number of a document: STTTT, UBND."""
    if group != "departments":
        return "UBND"
    return "".join(word[0].upper() for word in slug(name.removesuffix(" tỉnh")).split("-"))


def common_papers(year: str, group: str, seed: int) -> dict[str, list[tuple[float, Row]]]:
    """Row key -> what agencies rightly have in common there: (how often it is cited, the document)."""
    found: dict[str, list[tuple[float, Row]]] = {}
    for row, cells in common(year, group, seed):
        found.setdefault(row["row"], []).append((float(row["chance"]), cells))
    return found


def common(year: str, group: str, seed: int) -> Iterator[tuple[Row, Row]]:
    """(row of the catalogue, cells of the document) for every document common to the group."""
    for row in table("shared"):
        rng = Random(f"{seed}/{year}/{row['key']}")
        cells = {
            "number": f"{11 + pick(rng, 60)}/{row['sign']}",
            "title": row["title"].format(year=year),
            "issued_on": f"{year}-{int(row['month']):02}-{10 + pick(rng, 15)}",
            "issuer": row["issuer"],
        }
        if group in row["groups"].split(";"):
            yield row, {**cells, "sha256": sha256(content(cells)).hexdigest()}


def shared(year: str, group: str, seed: int) -> list[Row]:
    """shared.csv: the white list, by digest or by number."""
    return [
        {
            "document": cells["sha256" if row["listed"] == "digest" else "number"],
            "reason": row["reason"],
            "decided_by": COUNCIL,
        }
        for row, cells in common(year, group, seed)
    ]


def common_files(year: str, group: str, seed: int) -> dict[str, str]:
    """Digest -> file name of the common documents."""
    return {cells["sha256"]: f"chung/{row['key']}-{year}.txt" for row, cells in common(year, group, seed)}


def borrow(found: list[Row], parts: dict[str, dict[str, str]]) -> None:
    """One document shown by two agencies, one shown twice by the same agency, one empty file. Changes the rows."""
    own: dict[str, list[Row]] = {}
    for row in found:
        if row["no"] == "1" and row["number"]:
            own.setdefault(row["agency"], []).append(row)
    for agency, plays in parts.items():
        mine = own.get(agency, [])
        if "empty" in plays and mine:
            mine[-1]["sha256"] = EMPTY
        if "twice" in plays and len(mine) > 1:
            mine[0]["sha256"] = digest(mine[0])
            mine[1].update({c: mine[0][c] for c in IDENTITY if c in mine[0]})
        theirs = own.get(plays.get("reused", ""), [])
        if theirs and mine:
            theirs[0]["sha256"] = digest(theirs[0])
            mine[0].update({c: theirs[0][c] for c in IDENTITY if c in theirs[0]})


def keep(found: list[Row], common: dict[str, str]) -> None:
    """Name the file of the common documents and of one document of each of the first agencies. Changes the rows."""
    seen: set[str] = set()
    times = Counter(row["sha256"] for row in found)
    for row in found:
        own = times[row["sha256"]] == 1 and row["sha256"] == digest(row)
        if row["sha256"] in common:
            row["file"] = common[row["sha256"]]
        elif own and row["agency"] not in seen and len(seen) < SHOWN:
            seen.add(row["agency"])
            row["file"] = f"{row['agency']}/{row['indicator']}-{row['no']}.txt"
            row["sha256"] = sha256(content(row)).hexdigest()


def files(found: list[Row]) -> dict[str, bytes]:
    """Path below evidence/ -> bytes."""
    return {row["file"]: content(row) for row in found if row.get("file")}


def content(row: Row) -> bytes:
    """A made-up document of a few lines."""
    day = date.fromisoformat(row["issued_on"])
    lines = (
        "SỐ LIỆU MẪU",
        row["issuer"].upper(),
        f"Số: {row['number']}",
        f"Giả Định, ngày {day.day:02} tháng {day.month:02} năm {day.year}",
        row["title"],
        "Văn bản này được đặt ra để minh họa, không có giá trị pháp lý.",
    )
    return ("\n".join(lines) + "\n").encode()
