"""Write several files in one step, or none of them; the log of what was received."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from pathlib import Path


def read_log(folder: Path) -> list[dict[str, str]]:
    path = folder / "forms" / "received.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def put_all(new: Mapping[Path, bytes]) -> None:
    old: dict[Path, bytes | None] = {path: path.read_bytes() if path.is_file() else None for path in new}
    partial = {path: path.with_name(f"{path.name}.partial") for path in new}
    moved: list[Path] = []
    try:
        for path, data in new.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial[path].open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        for path in new:
            partial[path].replace(path)
            moved.append(path)
    except BaseException:
        for path in moved:
            before = old[path]
            if before is None:
                path.unlink()
            else:
                path.write_bytes(before)
        raise
    finally:
        for path in partial.values():
            path.unlink(missing_ok=True)
