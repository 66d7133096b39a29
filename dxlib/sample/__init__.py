"""A whole made-up province, tỉnh Giả Định ("assumed"): the same bytes for the same number of communes and seed."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from random import Random

from .. import schema
from .claims import exemptions, sent_back, tell
from .coherence import relations
from .ledger import corrected, judged, verify
from .papers import documents, files, shared
from .places import Places, all_places
from .sets import choices, index_set, links
from .settings import index_toml
from .signed import sign_offs

COLUMNS = {
    "register": "agency name_vi name_en level official_code valid_from valid_to act",
    "lineage": "event date type from to share share_basis act",
    "indicators": "code parent name_vi name_en max_points weight aggregate rule direction a_vi b_vi a_en b_en unit "
    "evidence_vi owner verifier source legal",
    "choices": "indicator name name_vi name_en",
    "links": "code from_year from_group from_code kind factor",
    "agencies": "agency name_vi name_en scope ranked note",
    "exemptions": "agency indicator reason decided_by",
    "claims": "agency indicator a b option points explanation submitted_on submitted_by",
    "verdicts": "agency indicator step stage a b option points reason note decided_by decided_on "
    "judged_a judged_b judged_option judged_points judged_evidence",
    "approvals": "version fingerprint decision date role reason previous",
    "appeals": "agency indicator grounds submitted_on",
    "evidence": "agency indicator no number title issued_on issuer file sha256 verdict note",
    "relations": "relation left sign right rounded name_vi name_en",
    "shared": "document reason decided_by",
    "returned": "sha256 returned_on recipient kind findings answered_on",
}


REOPENED = ("2025", "departments")  # where one claim changed after its verdict
SIGNED = ("2022", "departments")  # where a signed result was replaced by another

SCENARIOS = """[equal-pillars]
title.vi = "Tám chỉ số chính có trọng số bằng nhau"
title.en = "All eight main indexes weigh the same"
weights = {"1" = 1, "2" = 1, "3" = 1, "4" = 1, "5" = 1, "6" = 1, "7" = 1, "8" = 1}

[geometric]
title.vi = "Tổng hợp các chỉ số chính bằng trung bình nhân"
title.en = "Main indexes combined by the geometric mean"
policies = {aggregate = "geometric"}

[without-awareness]
title.vi = "Bỏ chỉ số nhận thức số"
title.en = "Without digital awareness"
drop = ["1"]
"""


def write(folder: Path, communes: int = 107, seed: int = 2554) -> None:
    """Write the province to a folder, as the data contract asks.

    communes   how many in 2022; mergers follow in proportion (107 become 102 in 2024 and 35 in 2025)
    seed       of every figure
    """
    folder = Path(folder)
    places = all_places(communes, Random(f"{seed}/places"))
    save(folder, "register", places.register.values())
    save(folder, "lineage", places.lineage)
    (folder / "reasons.csv").write_bytes(schema.standard("reasons"))
    for year, group in sorted(places.members):
        write_group(folder / year / group, places, year, group, seed)


def write_group(folder: Path, places: Places, year: str, group: str, seed: int) -> None:
    stated = tell(places, year, group, seed)
    verdicts, appeals = verify(stated, year, group, seed)
    save(folder, "indicators", index_set(group, year))
    (folder / "index.toml").write_text(index_toml(year, group), encoding="utf-8", newline="\n")
    save(folder, "agencies", places.members[year, group])
    evidence = documents(stated, places, year, group, seed, verdicts)
    claims = [dict(one.claim) for one in stated if not one.missing]
    verdicts = judged(verdicts, claims, evidence)
    if (year, group) == REOPENED:
        corrected(stated, verdicts, claims)
    save(folder, "claims", claims)
    tables = {
        "choices": choices(group, year),
        "links": links(group, year),
        "exemptions": exemptions(places, year, group),
        "verdicts": verdicts,
        "appeals": appeals,
        "evidence": evidence,
        "shared": shared(year, group, seed),
        "relations": relations(group, year),
        "approvals": sign_offs(year, seed) if (year, group) == SIGNED else [],
    }
    for name, rows in tables.items():
        if rows:
            save(folder, name, rows)
    if back := sent_back(stated, year, group, seed):
        save(folder / "forms", "returned", back)
    for name, text in files(evidence).items():
        path = folder / "evidence" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
    if group == "communes":
        (folder / "scenarios.toml").write_text(SCENARIOS, encoding="utf-8", newline="\n")


def save(folder: Path, name: str, rows: Iterable[Mapping[str, str]]) -> None:
    """One CSV: UTF-8, LF, the contract's columns."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS[name].split(), restval="", extrasaction="ignore", lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
