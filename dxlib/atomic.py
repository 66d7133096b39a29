"""Several files of a folder changed together: all of them or none, whatever interrupts.

New files are written in full to a folder beside (`working_folder`, which is also the lock, see `lock`) and held against
the list of what was written; then that folder is renamed to `.pending` inside the one that changes: this one stroke
decides. What is pending is then moved to its place; whoever opens the folder next finishes a change that was
interrupted on the way (`recover`).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from errno import EINVAL
from pathlib import Path
from uuid import uuid4

from .errors import Finding, Refusal
from .lock import PARTIAL, Busy, held
from .moves import all_free, all_short, patient

PENDING, GONE = ".pending", ".gone-"
PATIENCE = 100  # tenths of a second


class Decided(Refusal):
    """A change was decided and could not be carried to its end: the next command does."""


@contextmanager
def working_folder(folder: Path) -> Iterator[Path]:
    """A folder for unfinished work in the one that changes, for one process at a time.

    What was decided before is finished first. Raises Refusal while another one is at work.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with held(folder) as own:
        conclude(folder)
        yield own


class NotPlain(OSError):
    """A link, a pipe, a device or a folder stands where a file should."""


def read_plain(path: Path, links: bool = False) -> bytes:
    """The bytes of a regular file. Anything else is refused before it is opened: a pipe would wait for ever, a link
    leads out of the folder (`links`: a user who names one means the file behind it). Raises NotPlain, OSError."""
    if not stat.S_ISREG((path.stat() if links else path.lstat()).st_mode):
        raise NotPlain(EINVAL, "no regular file", str(path))
    return path.read_bytes()


def inside(folder: Path, relative: str) -> Path:
    """A path below a folder, after making sure that it lies there (no symbolic link leads out)."""
    path = folder / relative
    if not path.resolve().is_relative_to(folder.resolve()):
        raise Refusal([Finding("E_PARAM", "path_outside", relative)])
    return path


def stage(work: Path, path: str, data: bytes) -> str:
    """A file written in full below a working folder, so that a rename can publish it.

    Returns its digest, for the list that `commit` asks for. Raises Refusal where the working folder has gone: to make
    it anew would be to publish without what stood in it.
    """
    place = work / path
    try:
        for parent in reversed([above for above in place.parents if above.is_relative_to(work) and above != work]):
            if not parent.is_dir():
                parent.mkdir()
        with place.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except FileNotFoundError:
        raise lost(work) from None
    return hashlib.sha256(data).hexdigest()


def lost(staged: Path) -> Refusal:
    name = next((part for part in staged.parts if part.startswith(PARTIAL)), staged.name)
    return Refusal([Finding("E_LOCK", "staging_lost", name)])


def put(path: Path, data: bytes) -> None:
    """One file, whole or not at all. Raises OSError, and Refusal where somebody holds it; a folder that is not there is
    not made."""
    all_free(path.parent, [path.name])
    partial = path.with_name(f"{path.name}.partial")
    try:
        partial.write_bytes(data)
        patient(partial.replace, path)
    finally:
        with suppress(OSError):
            patient(partial.unlink, missing_ok=True)


def bytes_of(path: Path) -> bytes | None:
    """A file as it stands, to be asked again before it is replaced; None where there is none."""
    return path.read_bytes() if path.is_file() else None


def commit(folder: Path, staged: Path, listed: Mapping[str, str], gone: Iterable[str] = ()) -> None:
    """What is staged becomes what the folder holds; the rename to `.pending` is the stroke that decides.

    listed   path below `staged` -> digest, of all that must be there

    Raises OSError, and Refusal where anything else is there than what is listed, or where a file in the way is held by
    somebody: nothing has changed then. Raises Decided after the stroke: the next `recover` goes on.
    """
    gone = list(gone)
    conclude(folder)
    for former in staged.glob(f"{GONE}*"):  # of a commit that failed before its stroke
        patient(former.unlink)
    if digests(staged) != dict(listed):
        raise lost(staged)
    stage(staged, f"{GONE}{uuid4().hex}", "\n".join(gone).encode())
    all_free(folder, [*listed, *gone])
    folder.mkdir(exist_ok=True)
    try:
        patient(staged.rename, folder / PENDING)
    except FileNotFoundError:
        raise lost(staged) from None
    conclude(folder)


def digests(staged: Path) -> dict[str, str]:
    return {
        path.relative_to(staged).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in staged.rglob("*")
        if path.is_file()
    }


def recover(folder: Path) -> None:
    """At the door of whoever reads or changes a folder: finish the change of a process that was stopped in it.

    Waits while that process is still at work; raises Refusal where this takes longer than a change ever does.
    """
    for left in reversed(range(PATIENCE)):
        if not (folder / PENDING).is_dir():
            return
        try:
            with working_folder(folder):
                return
        except Busy:
            if not left:
                raise
        time.sleep(0.1)


def conclude(folder: Path) -> None:
    """Finish what was decided. Raises Decided where that cannot be done now."""
    if (folder / PENDING).is_dir():
        try:
            sync(folder)
            finish(folder)
        except OSError as error:
            facts = {"detail": error.strerror or type(error).__name__}
            raise Decided([Finding("E_IO", "decided", str(error.filename or folder), facts=facts)]) from error


def finish(folder: Path) -> None:
    """Move what is pending to its place, take away what is gone. Any number of times."""
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
                patient(source.replace, place)
    for source in lists:
        with suppress(FileNotFoundError):
            for relative in filter(None, source.read_text("utf-8", "replace").split("\n")):
                patient(inside(folder, relative).unlink, missing_ok=True)
            patient(source.unlink)
    sync(folder)
    for emptied in sorted((path for path in pending.rglob("*") if path.is_dir()), reverse=True):
        remove_empty(emptied)
    remove_empty(pending)


def remove_empty(folder: Path) -> None:
    with suppress(OSError):  # gone already, or already in use for the next change
        patient(folder.rmdir)


def sync(folder: Path) -> None:
    """The folder's own entries on the disk, where the system lets us ask for it."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def put_all(
    folder: Path, files: Mapping[str, bytes], gone: Iterable[str] = (), still: Callable[[], bool] = lambda: True
) -> None:
    """Files (path below the folder -> bytes) in their places and the paths `gone` away, or nothing at all.

    still   whether the folder is what it was when the files were made of it, asked when nobody else can change it

    Raises OSError, and Refusal while another process changes the folder, has changed it, where a path leads out or is
    too long, or where somebody holds a file.
    """
    gone = list(gone)
    all_short(folder, files)
    recover(folder)
    with working_folder(folder) as work:
        if not still():
            raise Refusal([Finding("E_LOCK", "changed_meanwhile", folder.name)])
        new = work / "new"
        new.mkdir()
        listed = {}
        for path, data in files.items():
            inside(folder, path)
            listed[path] = stage(work, f"new/{path}", data)
        commit(folder, new, listed, gone)
