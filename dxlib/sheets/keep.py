"""The log of what was received."""

from __future__ import annotations

import csv
from pathlib import Path


def read_log(folder: Path) -> list[dict[str, str]]:
    path = folder / "forms" / "received.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
