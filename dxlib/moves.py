"""What a system lets us move: asked before anything changes, tried for a moment where it says no.

Windows refuses to replace, rename or delete what somebody has open (Excel, Acrobat; for an instant also a virus scanner
or an index, which look into whatever is new), and paths that are too long for it.
"""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from .errors import Finding, Refusal

IN_USE = (5, 32, 33)  # Windows: access denied, sharing violation, lock violation
PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)
WINDOWS = os.name == "nt"
LONGEST = 210 if WINDOWS else 240  # letters of a path; Windows takes 259, and our working folder is 46 more


def patient(act: Callable[..., Any], *given: Any, **options: Any) -> Any:
    """A rename, replacement or deletion, tried again for a moment where somebody has the file open. Raises OSError."""
    for pause in PAUSES:
        try:
            return act(*given, **options)
        except OSError as error:
            if not in_use(error):
                raise
        time.sleep(pause)
    return act(*given, **options)


def in_use(error: OSError) -> bool:
    return getattr(error, "winerror", None) in IN_USE


def clear(folder: Path) -> None:
    """Take a folder away, as far as the system lets us."""
    with suppress(OSError):
        patient(shutil.rmtree, folder)
    shutil.rmtree(folder, ignore_errors=True)


def held(folder: Path, paths: Iterable[str]) -> dict[str, Finding]:
    """The paths below a folder at which no file can be put, replaced or taken away, and why; nothing changes."""
    found = {path: error for path in paths if (error := refused(folder / path))}
    for pause in PAUSES:
        if not any(map(in_use, found.values())):
            break
        time.sleep(pause)
        found = {path: error for path in found if (error := refused(folder / path))}
    facts = {path: {"detail": error.strerror or type(error).__name__} for path, error in found.items()}
    return {path: Finding("E_IO", "file_held", str(folder / path), facts=facts[path]) for path in found}


def refused(path: Path) -> OSError | None:
    """What the system answers to who would put a file here."""
    there = next(above for above in path.absolute().parents if above.exists())
    if not there.is_dir():
        return NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(there))
    if not os.access(there, os.W_OK | os.X_OK):
        return PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(there))
    if not path.exists():
        return None
    try:
        if WINDOWS:
            path.rename(path)  # refused where somebody has it open
        path.open("r+b").close()  # refused where nobody may change it
    except OSError as error:  # what is only read-only for us can be replaced all the same, except on Windows
        return None if error.errno == errno.EACCES and not WINDOWS else error
    return None


def all_free(folder: Path, paths: Iterable[str]) -> None:
    """Raises Refusal that names every file in the way."""
    if found := held(folder, paths):
        raise Refusal(list(found.values()))


def all_short(folder: Path, paths: Iterable[str]) -> None:
    """Raises Refusal that names every new path that would be too long for Windows."""
    places = ((folder / path).absolute() for path in paths)
    found = [
        Finding("E_IO", "path_long", str(place), facts={"length": len(str(place)), "most": LONGEST})
        for place in places
        if len(str(place)) > LONGEST and not stands(place)
    ]
    if found:
        raise Refusal(found)


def stands(place: Path) -> bool:
    try:
        return place.exists()
    except OSError:  # too long for this system as well
        return False
