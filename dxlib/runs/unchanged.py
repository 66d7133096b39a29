"""What the last run saw: a job around which not a byte has changed need not be looked at again.

Reading and checking a case takes longer than comparing all its files, so every job is kept with one digest of
everything it could have read. The file is a memory of this machine, outside every promise: without it the jobs are
looked at once more.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from ..atomic import read_plain
from ..audit import PART, digest_input
from ..case.read import YEAR
from .fingerprint import digest_of, shown

MEMORY, FORMAT = "run-seen.json", "dxlib-seen-1"


def files_of(root: Path) -> dict[str, str] | None:
    """path -> SHA-256 of every file of a data folder; None where a linked folder could change without our notice."""
    found: dict[str, str] = {}
    for place, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        if any((Path(place) / name).is_symlink() for name in folders):
            return None
        for name in names:
            path = Path(place) / name
            try:
                digest = hashlib.sha256(read_plain(path)).hexdigest()
            except OSError:  # whoever needs it will say so
                digest = ""
            found[shown(path.relative_to(root))] = digest
    return found


def read_from(root: Path, files: Mapping[str, str], inputs: Mapping[str, str]) -> bool:
    """Whether inputs were read from files as they were compared: of those that are parts of a file (`audit.part`) the
    file is looked at once more."""
    parts = {path for path in inputs if PART.fullmatch(path)}
    beside = {path.partition("@")[0] for path in parts}
    whole = {path: digest for path, digest in inputs.items() if path not in parts}
    now = {path: digest_input(root, path) for path in beside}
    return whole.items() <= files.items() and all(files.get(path, "") == digest for path, digest in now.items())


def surroundings(files: Mapping[str, str] | None, year: str, programme: object) -> str:
    """One digest of all that a job of a year could read; "" where that cannot be told.

    A year reads itself, what stands outside the years, and earlier years; never a later one.
    """
    if files is None:
        return ""
    within = {path: digest for path, digest in files.items() if not later(path, year)}
    return digest_of({"files": within, "programme": programme})


def later(path: str, year: str) -> bool:
    first, _, rest = path.partition("/")
    return bool(rest) and YEAR.fullmatch(first) is not None and first > year


def read(reports: Path) -> dict[str, tuple[str, str]]:
    """job -> (its surroundings, its fingerprint, "" where it did not apply); nothing where we do not understand."""
    try:
        kept = json.loads(read_plain(reports / MEMORY, links=True))
        return {
            job: (str(around), str(made)) for job, (around, made) in kept["jobs"].items() if kept["format"] == FORMAT
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def written(jobs: Mapping[str, tuple[str, str]]) -> bytes:
    return (json.dumps({"format": FORMAT, "jobs": dict(sorted(jobs.items()))}, indent=1) + "\n").encode()
