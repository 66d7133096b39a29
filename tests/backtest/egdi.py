"""UN E-Government Development Index (193 countries x 3) as a folder of the data contract.

    python tests/backtest/egdi.py PATH/egdi-2018.csv DIR

Source: UNU-EGOV/datasets on GitHub, `egdi/egdi-<year>.csv`. The published rule: the mean of online
services, human capital and telecommunication infrastructure, each in [0, 1].
"""

from __future__ import annotations

import re
import sys
from decimal import Decimal
from pathlib import Path

from contract_folder import read_csv, write_folder

GROUP = "egdi"
PRINTED = {2016: 5, 2018: 4}  # decimals of the published figures
RANK_ON = {2016: "exact", 2018: "published"}
COMPONENTS = {"osi": "Online services", "hci": "Human capital", "tii": "Telecommunication infrastructure"}
CLASSES = [
    ("Rất cao", "Very high", "0.75"),
    ("Cao", "High", "0.5"),
    ("Trung bình", "Middle", "0.25"),
    ("Thấp", "Low", "0"),
]


def convert(source: Path, root: Path) -> Path:
    """Write `<root>/<year>/egdi/`; the year is that of the file's name."""
    found = re.fullmatch(r"egdi-([0-9]{4})\.csv", source.name)
    if not found or int(found[1]) not in PRINTED:
        raise SystemExit(f"{source.name}: expected egdi-2016.csv or egdi-2018.csv")
    year = int(found[1])
    countries = read_csv(source)
    return write_folder(root, year, GROUP, settings(year), tables(countries, PRINTED[year]))


def settings(year: int) -> dict[str, object]:
    name = "United Nations E-Government Development Index (EGDI)"
    return {
        "title": {"vi": f"Chỉ số phát triển Chính phủ điện tử của Liên hợp quốc (EGDI) {year}", "en": f"{name} {year}"},
        "decision": f"United Nations E-Government Survey {year}",
        "total": 1,
        "points_decimals": PRINTED[year],
        "rank_on": RANK_ON[year],
        "class": [{"name": {"vi": vi, "en": en}, "cut": Decimal(cut)} for vi, en, cut in CLASSES],
    }


def tables(countries: list[dict[str, str]], decimals: int) -> dict[str, list[dict[str, str]]]:
    return {
        "indicators": [
            {"code": code, "parent": "", "name_en": name, "rule": "goalposts(0, 1)"}
            for code, name in COMPONENTS.items()
        ],
        "agencies": [
            {
                "agency": c["country-code"].lower(),
                "name_en": c["country-name"],
                "x_rank": c["e-gov-rank"],
                "x_index": as_printed(c["e-gov-index"], decimals),
            }
            for c in countries
        ],
        "claims": [
            {"agency": c["country-code"].lower(), "indicator": code, "a": as_printed(c[code], decimals)}
            for c in countries
            for code in COMPONENTS
        ],
    }


def as_printed(text: str, decimals: int) -> str:
    """The figure as it was published: the file carries the noise of binary floats (0.8623200000000001)."""
    return str(round(Decimal(text), decimals)) if text else ""


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    print(convert(Path(sys.argv[1]), Path(sys.argv[2])))
