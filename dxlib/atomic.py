"""Several files of a folder changed together: all of them or none, whatever interrupts.

New files are written in full to a folder beside (`working_folder`, which is also the lock), then that folder is
renamed to `.pending` inside the one that changes: this one stroke decides. What is pending is then moved to its
place; whoever opens the folder next finishes a change that was interrupted on the way (`settle`).
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from .errors import Finding, Refusal

PARTIAL, PENDING, GONE = ".partial-", ".pending", ".gone-"
PATIENCE = 100  # tenths of a second


@contextmanager
def working_folder(folder: Path) -> Iterator[Path]:
    """A folder for unfinished work in the one that changes; its name says whose it is.

    What a killed process left is swept away. Raises Refusal while another one is at work.
    """
    folder.mkdir(parents=True, exist_ok=True)
    alone(folder)
    own = folder / f"{PARTIAL}{signature(os.getpid())}"
    own.mkdir()
    try:
        alone(folder, own)  # who came at the same moment sees us, too: of two, at most one goes on
        yield own
    finally:
        shutil.rmtree(own, ignore_errors=True)


def alone(folder: Path, own: Path | None = None) -> None:
    """Nobody else is at work in a folder; what a killed process left goes. Raises Refusal."""
    for other in folder.glob(f"{PARTIAL}*"):
        if other == own:
            continue
        if at_work(other.name):
            raise Refusal([Finding("E_LOCK", "run_locked", other.name)])
        shutil.rmtree(other, ignore_errors=True)


def signature(pid: int) -> str:
    """A process by number and birth, since numbers come again; "" when there is none."""
    import psutil

    try:
        return f"{pid}-{int(psutil.Process(pid).create_time())}"
    except psutil.NoSuchProcess:
        return ""


def at_work(name: str) -> bool:
    who = name.removeprefix(PARTIAL)
    pid = who.partition("-")[0]
    return pid.isdecimal() and signature(int(pid)) == who


def inside(folder: Path, relative: str) -> Path:
    """A path below a folder, after making sure that it lies there (no symbolic link leads out)."""
    path = folder / relative
    if not path.resolve().is_relative_to(folder.resolve()):
        raise Refusal([Finding("E_PARAM", "path_outside", relative)])
    return path


def stage(path: Path, data: bytes) -> None:
    """A file written in full, so that a rename can publish it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def put(path: Path, data: bytes) -> None:
    """One file, whole or not at all. Raises OSError; a folder that is not there is not made."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        partial.write_bytes(data)
        partial.replace(path)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def commit(folder: Path, staged: Path, gone: Iterable[str] = ()) -> None:
    """What is staged becomes what the folder holds; the rename to `.pending` is the stroke that decides.

    Raises OSError: before the stroke nothing has changed; after it the next `settle` goes on.
    """
    stage(staged / f"{GONE}{uuid4().hex}", "\n".join(gone).encode())
    folder.mkdir(parents=True, exist_ok=True)
    staged.rename(folder / PENDING)
    sync(folder)
    finish(folder)


def settle(folder: Path) -> None:
    """At the door of whoever reads or changes a folder: finish the change of a process that was stopped in it.

    Waits while that process is still at work; raises Refusal where this takes longer than a change ever does.
    """
    for _ in range(PATIENCE):
        if not (folder / PENDING).is_dir():
            return
        if not any(at_work(other.name) for other in folder.glob(f"{PARTIAL}*")):
            finish(folder)
            return
        time.sleep(0.1)
    raise Refusal([Finding("E_LOCK", "run_locked", PENDING)])


def finish(folder: Path) -> None:
    """Move what is pending to its place, take away what is gone. Any number of times, by several at once."""
    pending = folder / PENDING
    there = [source for source in sorted(pending.rglob("*")) if not source.is_dir()]
    lists = [source for source in there if source.name.startswith(GONE)]
    for source in there:
        if source not in lists:
            place = inside(folder, source.relative_to(pending).as_posix())
            place.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):  # another process was faster
                if place.exists():
                    shutil.copymode(place, source)
                source.replace(place)
    for source in lists:
        with suppress(FileNotFoundError):
            for relative in filter(None, source.read_text("utf-8").split("\n")):
                inside(folder, relative).unlink(missing_ok=True)
            source.unlink()
    sync(folder)
    for emptied in sorted((path for path in pending.rglob("*") if path.is_dir()), reverse=True):
        remove_empty(emptied)
    remove_empty(pending)


def remove_empty(folder: Path) -> None:
    with suppress(OSError):  # gone already, or already in use for the next change
        folder.rmdir()


def sync(folder: Path) -> None:
    """The folder's own entries on the disk, where the system lets us ask for it."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def put_all(
    folder: Path, new: Mapping[str, bytes], gone: Iterable[str] = (), still: Callable[[], bool] = lambda: True
) -> None:
    """Files (path below the folder -> bytes) in their places and the paths `gone` away, or nothing at all.

    still   whether the folder is what it was when the files were made of it, asked when nobody else can change it

    Raises OSError, and Refusal while another process changes the folder, has changed it, or where a path leads out.
    """
    settle(folder)
    with working_folder(folder) as work:
        if not still():
            raise Refusal([Finding("E_LOCK", "changed_meanwhile", folder.name)])
        for path, data in new.items():
            inside(folder, path)
            stage(work / "new" / path, data)
        commit(folder, work / "new", gone)
