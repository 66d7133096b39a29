"""Two small years of one group in one data folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from dxlib.case import read_case, read_lineage, read_register
from dxlib.years import Comparison, compare_years
from tests.backtest.contract_folder import write_folder
from tests.known.folders import Answer, Row, claims, square

GROUP = "test"
Year = tuple[list[Row], Mapping[str, Mapping[str, Answer]]]


def write_root(root: Path, name: str, columns: str, rows: Iterable[str]) -> None:
    """register.csv or lineage.csv, each row as its line."""
    root.mkdir(parents=True, exist_ok=True)
    (root / f"{name}.csv").write_text("\n".join([columns, *rows, ""]), encoding="utf-8")


def register(root: Path, *rows: str) -> None:
    write_root(root, "register", "agency,name_vi,level,official_code,valid_from,valid_to", rows)


def lineage(root: Path, *rows: str) -> None:
    write_root(root, "lineage", "event,date,type,from,to,share,share_basis", rows)


def write(root: Path, year: int, given: Year, links: str = "", **index: object) -> None:
    """One year; `links`: lines `code from_code kind`, separated by `;`."""
    rows, answers = given
    tables = {"indicators": rows, "agencies": [{"agency": a} for a in answers], "claims": claims(answers)}
    if links:
        names = ("code", "from_year", "from_group", "from_code", "kind")
        found = [line.split() for line in links.split(";")]
        tables["links"] = [dict(zip(names, (a, year - 1, GROUP, b, kind), strict=True)) for a, b, kind in found]
    settings = {"title": {"vi": "Ví dụ", "en": "Example"}, **index}
    write_folder(root, year, GROUP, settings, {name: square(found) for name, found in tables.items()})


def compared(root: Path, before: Year, after: Year, links: str = "", **index: object) -> Comparison:
    """2021 and 2022 written, read and compared."""
    write(root, 2021, before)
    write(root, 2022, after, links, **index)
    cases = read_case(root, 2021, GROUP), read_case(root, 2022, GROUP)
    return compare_years(*cases, read_register(root), read_lineage(root))


def change(step: Comparison, agency: str) -> dict:
    """One agency's row of `changes`."""
    return step.changes.set_index("agency").loc[agency].to_dict()
