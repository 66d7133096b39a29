"""What Windows refuses, refused here: files that somebody has open, names that it does not know or takes for another's.

Everything that Python does below a folder passes an audit hook, so nothing is forgotten; what this very process has open
is read from its table of open files. Hooks stay for a process's life: outside of `refusals` this one lets all pass.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from dxlib import moves

DEVICES = re.compile(r"(con|prn|aux|nul|com[1-9]|lpt[1-9])", re.IGNORECASE)
OPEN_FILES = Path("/proc/self/fd")
NOBODY, EXISTS, BAD_NAME = 32, 183, 123  # Windows' numbers: in use, exists already, no name


@dataclass
class Desk:
    """A folder as Windows would keep it.

    held     files that another program has open
    once     of these, how many refusals until it lets go
    refused  what was refused: (event, path)
    """

    folder: Path
    held: set[Path] = field(default_factory=set)
    once: dict[Path, int] = field(default_factory=dict)
    refused: list[tuple[str, str]] = field(default_factory=list)


desks: list[Desk] = []


@contextmanager
def refusals(monkeypatch, folder: Path) -> Iterator[Desk]:
    """All below a folder is refused as on Windows."""
    desk, rename = Desk(folder.resolve()), os.rename

    def never_over(source, target, **given):
        if below(desk, target) and Path(target).exists() and Path(source) != Path(target):
            no(desk, "os.rename", target, FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)), EXISTS)
        rename(source, target, **given)

    monkeypatch.setattr(os, "rename", never_over)
    monkeypatch.setattr(moves, "WINDOWS", True)
    monkeypatch.setattr(moves, "PAUSES", (0.001,) * 5)
    desks.append(desk)
    try:
        yield desk
    finally:
        desks.remove(desk)


def hook(event: str, given: tuple) -> None:
    for desk in desks:
        if event == "open" and isinstance(given[0], str) and given[2] & (os.O_WRONLY | os.O_RDWR):
            named(desk, event, given[0])
            movable(desk, event, given[0], ours=False)
        elif event == "os.mkdir":
            named(desk, event, at(given[0], given[2]))
        elif event == "os.rename":
            named(desk, event, at(given[1], given[3]))
            for path in (at(given[0], given[2]), at(given[1], given[3])):
                movable(desk, event, path)
        elif event in ("os.remove", "os.rmdir"):
            movable(desk, event, at(given[0], given[1]))


sys.addaudithook(hook)


def at(path, handle: int) -> str:
    """A path that may start at an open folder."""
    path = os.fsdecode(path)
    return path if handle is None or handle < 0 else str((OPEN_FILES / str(handle)).readlink() / path)


def below(desk: Desk, path) -> bool:
    return Path(os.fsdecode(path)).absolute().is_relative_to(desk.folder)


def named(desk: Desk, event: str, path: str) -> None:
    """A name that can be made: none of a device, without end dots and signs, and no other file's in other case."""
    if not below(desk, path):
        return
    place = Path(path).absolute()
    for name in place.relative_to(desk.folder).parts:
        if DEVICES.fullmatch(name.split(".")[0].strip()) or name != name.rstrip(". ") or re.search(r'[<>:"|?*]', name):
            no(desk, event, path, OSError(errno.EINVAL, "not a name here", path), BAD_NAME)
    alike = [other.name for other in place.parent.iterdir() if other != place] if place.parent.is_dir() else []
    if place.name.casefold() in map(str.casefold, alike):
        no(desk, event, path, OSError(errno.EEXIST, "another file's name in other case", path), BAD_NAME)


def movable(desk: Desk, event: str, path: str, ours: bool = True) -> None:
    """Nobody has it, or anything in it, open."""
    if not below(desk, path):
        return
    place = Path(path).absolute()
    if any(other.is_relative_to(place) for other in desk.held | (open_here() if ours else set())):
        if desk.once.get(place, 1) <= 0:
            return
        desk.once[place] = desk.once.get(place, 10**9) - 1
        no(desk, event, path, PermissionError(errno.EACCES, "used by another process", path), NOBODY)


def open_here() -> set[Path]:
    """The files that this process has open."""
    found = set()
    for handle in OPEN_FILES.iterdir():
        try:
            if stat.S_ISREG(os.fstat(int(handle.name)).st_mode):
                found.add(handle.readlink())
        except OSError:  # the one that listed them
            continue
    return found


def no(desk: Desk, event: str, path: object, error: OSError, number: int) -> None:
    desk.refused.append((event, str(path)))
    error.winerror = number
    raise error
