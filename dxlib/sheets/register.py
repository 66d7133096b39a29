"""Register and lineage of the units: an official table becomes proposed rows; what is taken is judged and written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from ..atomic import put_all
from ..case import must_hold, read_lineage, read_register, root_digests
from ..case.tables import as_csv, rows_of
from ..errors import Finding, Refusal
from ..years import Notice, propose, read_official
from ..years.conversion import Proposed
from .plain import rows_of_file

NAMES = ("register", "lineage")


@dataclass(frozen=True)
class Units:
    """Both tables as they stand in a data folder, and their digests."""

    root: Path
    register: pd.DataFrame
    lineage: pd.DataFrame
    stood: Mapping[str, str]

    def take(self, proposed: Proposed, write: bool) -> None:
        """Judge what is proposed, and write it where that is wanted and nobody wrote meanwhile. Raises Refusal."""
        files = {
            f"{name}.csv": as_csv(list(frame.columns), rows_of(frame, *frame.columns))
            for name, frame in zip(NAMES, (proposed.register, proposed.lineage), strict=True)
            if len(frame) or (self.root / f"{name}.csv").is_file()
        }
        must_hold(self.root, files)
        if write:
            put_all(self.root, files, still=lambda: root_digests(self.root, NAMES) == self.stood)


def read_units(root: Path) -> Units:
    """Raises Refusal."""
    stood = root_digests(root, NAMES)
    return Units(root, read_register(root), read_lineage(root), stood)


def official(units: Units, file: Path, day: str, act: str, level: str, write: bool) -> Proposed:
    """What an official table makes of them; where it is to be written, an open question is an error by itself. Raises
    Refusal where it cannot be read."""
    rows, merged = rows_of_file(file)
    lines, said = read_official(rows, file.name, merged)
    if any(f.severity == "error" for f in said):
        raise Refusal(said)
    proposed = propose(lines, units.register, units.lineage, Notice(file.name, day, act, level))
    findings = [*said, *proposed.findings]
    if proposed.open and write:
        questions = sum(f.severity == "error" for f in findings)
        findings.append(Finding("E_IMPORT", "import_open", file.name, facts={"n": questions}))
    return replace(proposed, findings=tuple(findings))
