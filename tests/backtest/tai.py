"""Technology Achievement Index (23 countries x 8) as a folder of the data contract.

    python tests/backtest/tai.py PATH_FOLDER DIR [--weights EW|BAP] [--aggregate arithmetic|geometric]

Source: OECD/JRC, Handbook on Constructing Composite Indicators (2008), tables A.2, 22, 23 and 38, as
`raw_data.csv` and `metadata.csv`; goalposts: UNDP, Human Development Report 2001, technical note 2.
Under `geometric` the Handbook takes the mean of the raw values; a scale per column does not change its
order, so each raw value is put as a share of a round number above all of them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from contract_folder import agency_id, read_csv, write_folder

GROUP, YEAR = "tai", 2001
LOG10_OF_22, LOG10_OF_901, LOG10_OF_6969 = "1.342422680822206", "2.954724790979063", "3.843170464063776"
# code: (name, lowest and highest observed in the world, a round number above every country)
INDICATORS = {
    "PATENTS": ("Patents granted to residents (per million people)", "0", "994", "1000"),
    "ROYALTIES": ("Receipts of royalties and licence fees (US$ per person)", "0", "272.6", "1000"),
    "INTERNET": ("Internet hosts (per 1,000 people)", "0", "232.4", "1000"),
    "EXPORTS": ("Medium- and high-technology exports (% of goods exports)", "0", "80.8", "100"),
    "TELEPHONES_LOG10": ("Telephones (per 1,000 people, log10)", "0", LOG10_OF_901, "10"),
    "ELECTRICITY_LOG10": ("Electricity consumption (kWh per person, log10)", LOG10_OF_22, LOG10_OF_6969, "10"),
    "SCHOOLING": ("Mean years of schooling (age 15 and above)", "0.8", "12.0", "100"),
    "UNIVERSITY": ("Gross tertiary science enrolment (%)", "0.1", "27.4", "100"),
}
PILLARS = {
    "CREATION": "Creation of technology",
    "DIFF_RECENT": "Diffusion of recent innovations",
    "DIFF_OLD": "Diffusion of old innovations",
    "SKILLS": "Human skills",
}


def convert(source: Path, root: Path, weights: str = "EW", aggregate: str = "arithmetic") -> Path:
    """Write `<root>/2001/tai/`.

    weights     EW (equal) or BAP (budget allocation), as printed in table 22
    aggregate   arithmetic (over goalposts) or geometric (over raw values)
    """
    countries = read_csv(source / "raw_data.csv")
    leaves = [(row["iCode"], row["Parent"], Decimal(row[weights])) for row in read_csv(source / "metadata.csv")]
    tables = {
        "indicators": [*pillars(leaves, aggregate), *rows(leaves, aggregate)],
        "agencies": [{"agency": agency_id(c["country"]), "name_en": c["country"]} for c in countries],
        "claims": [
            {"agency": agency_id(c["country"]), "indicator": code, "a": c[code]}
            for c in countries
            for code in INDICATORS
        ],
    }
    title = {"vi": "Chỉ số thành tựu công nghệ (TAI)", "en": "Technology Achievement Index (TAI)"}
    decision = "OECD/JRC, Handbook on Constructing Composite Indicators (2008)"
    index = {"title": title, "decision": decision, "total": 1, "aggregate": aggregate, "points_decimals": 3}
    return write_folder(root, YEAR, GROUP, index, tables)


def pillars(leaves: list[tuple[str, str, Decimal]], aggregate: str) -> Iterable[dict[str, object]]:
    for code, name in PILLARS.items():
        weight = sum(w for _, parent, w in leaves if parent == code)
        yield {"code": code, "parent": "", "name_en": name, "weight": weight, "aggregate": aggregate, "rule": ""}


def rows(leaves: list[tuple[str, str, Decimal]], aggregate: str) -> Iterable[dict[str, object]]:
    for code, parent, weight in leaves:
        name, low, high, above = INDICATORS[code]
        rule = f"goalposts({low}, {high})" if aggregate == "arithmetic" else f"goalposts(0, {above})"
        yield {"code": code, "parent": parent, "name_en": name, "weight": weight, "aggregate": "", "rule": rule}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, metavar="PATH_FOLDER")
    parser.add_argument("root", type=Path, metavar="DIR")
    parser.add_argument("--weights", choices=("EW", "BAP"), default="EW")
    parser.add_argument("--aggregate", choices=("arithmetic", "geometric"), default="arithmetic")
    print(convert(**vars(parser.parse_args())))
