"""A whole made-up province, 2022-2025: the structure and the difficulties of a real one, no real figure.

`data/` is `write("data")`. The same seed and number of communes give the same bytes on every Python.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

from . import ledger, sets
from .chance import Chance
from .province import PROVINCE, YEARS, Unit, communes, departments, districts, lineage, register

UNDER_WAY = {("departments", "2025"): 0.6, ("communes", "2025"): 0.7}  # share of agencies already verified
WITH_EVIDENCE = ("departments", "districts", "province")


def write(folder: Path | str, communes: int = 107, seed: int = 2554) -> None:
    """Write the province below `folder` (created if need be).

    communes   how many there are in 2022 and 2023
    seed       the same seed gives the same bytes
    """
    root = Path(folder)
    chance = Chance(seed)
    groups = inhabitants(communes, chance)
    save(root / "register.csv", register(groups))
    save(root / "lineage.csv", lineage(groups))
    save(root / "reasons.csv", [{"code": c, "name_vi": vi, "name_en": en} for c, (vi, en) in ledger.REASONS.items()])
    for year in YEARS:
        for group, years in groups.items():
            if year in years:
                write_group(root / year / group, group, year, years[year], Chance(seed * 10007 + int(year) * 101 + len(group)))


def inhabitants(n: int, chance: Chance) -> dict[str, dict[str, list[Unit]]]:
    whole = Unit(PROVINCE, "Tỉnh Giả Định", "Giả Định Province", "province", level=0.62, inflation=0.03, size=4000)
    return {"departments": departments(chance), "districts": districts(chance), "communes": communes(n, chance),
            "province": dict.fromkeys(YEARS, [whole])}  # fmt: skip


def write_group(folder: Path, group: str, year: str, units: list[Unit], chance: Chance) -> None:
    """One year and group: the set, who is assessed, and the ledger."""
    rows = sets.build(group, year)
    total = sum(int(row.cells["max_points"] or 0) for row in rows if not row.parent)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.toml").write_text(sets.index_toml(group, year, total), encoding="utf-8", newline="\n")
    save(folder / "indicators.csv", [{"code": row.code, "parent": row.parent, **row.cells} for row in rows])
    save(folder / "choices.csv", sets.choices(rows))
    save(folder / "links.csv", sets.links(group, year, rows))
    save(folder / "agencies.csv", [
        {"agency": u.id, "name_vi": u.name_vi, "name_en": u.name_en, "scope": u.scope, "ranked": "no" if u.id == "ban-du-an" else "yes"} for u in units
    ])  # fmt: skip
    exempted = ledger.exemptions(rows, units)
    save(folder / "exemptions.csv", exempted)
    found = ledger.cells(rows, units, exempted, chance)
    if (group, year) == ("province", "2025"):
        found = [c for c in found if not chance.happens(0.25)]
    save(folder / "claims.csv", ledger.claims(found, year, chance))
    if (group, year) != ("province", "2025"):
        verdicts, appeals = ledger.verdicts(found, year, UNDER_WAY.get((group, year), 1.0), chance)
        save(folder / "verdicts.csv", verdicts)
        save(folder / "appeals.csv", appeals)
    if group in WITH_EVIDENCE:
        save(folder / "evidence.csv", ledger.evidence(found, year, chance))
    if group == "communes":
        (folder / "scenarios.toml").write_text(SCENARIOS, encoding="utf-8", newline="\n")


SCENARIOS = """[equal-pillars]
title = {vi = "Các chỉ số chính có trọng số bằng nhau", en = "Main indexes of equal weight"}
weights = {"1" = 1, "2" = 1, "3" = 1, "4" = 1, "5" = 1, "6" = 1, "7" = 1, "8" = 1}

[geometric]
title = {vi = "Tổng hợp bằng trung bình nhân", en = "Geometric mean at the top"}
policies = {aggregate = "geometric"}
"""


def save(path: Path, rows: list[dict[str, str]]) -> None:
    """A CSV of the contract: UTF-8, LF, columns that hold something; no file for no rows."""
    if not rows:
        return
    columns = [name for name in dict.fromkeys(key for row in rows for key in row) if any(row.get(name) for row in rows)]
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(out.getvalue(), encoding="utf-8", newline="\n")
