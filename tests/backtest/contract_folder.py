"""Write one year and group of the data contract. Standard library only, like the converters that use it."""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

Row = Mapping[str, object]


def write_folder(root: Path, year: int, group: str, index: Row, tables: Mapping[str, Iterable[Row]]) -> Path:
    """Write `<root>/<year>/<group>/` with index.toml and one CSV per table; returns that folder.

    index    keys of index.toml; a mapping becomes an inline table, a list of mappings a list of tables
    tables   table name -> rows; the columns are those of the first row
    """
    folder = root / str(year) / group
    folder.mkdir(parents=True, exist_ok=True)
    settings = {"year": year, "group": group, **index}
    (folder / "index.toml").write_text("".join(toml_lines(settings)), encoding="utf-8", newline="\n")
    for name, rows in tables.items():
        write_csv(folder / f"{name}.csv", list(rows))
    return folder


def toml_lines(settings: Row) -> Iterable[str]:
    for key, value in settings.items():
        if not isinstance(value, list):
            yield f"{key} = {toml_value(value)}\n"
    for key, value in settings.items():
        for item in value if isinstance(value, list) else ():
            yield f"\n[[{key}]]\n"
            yield from toml_lines(item)


def toml_value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{k} = {toml_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)


def write_csv(path: Path, rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read_csv(path: Path) -> list[dict[str, str]]:
    """Rows of a published table; lines that start with # tell the source and are left out."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def agency_id(name: str) -> str:
    """An id of the contract from a name: `TP. Đà Nẵng` -> `tp-da-nang`."""
    plain = unicodedata.normalize("NFD", name.replace("đ", "d").replace("Đ", "D"))
    letters = "".join(c for c in plain if not unicodedata.combining(c)).lower()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")
