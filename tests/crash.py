"""Interrupt a piece of work at every single change it makes to a folder: killed, no room, no permission."""

from __future__ import annotations

import errno
import gc
import os
import re
import shutil
import signal
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from dxlib.errors import Refusal
from dxlib.lock import NOTE

CHANGES = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir"}
NEED_ROOM = {"open", "os.mkdir", "os.fsync"}
OWNER = re.compile(r"(?<=\.partial-)[0-9a-f-]+|(?<=\.gone-)[0-9a-f]+")


def in_child(work: Callable[[], object], prepare: Callable[[], object]) -> int:
    """Status of a forked process that does the work; its own failures are its exit code."""
    pid = os.fork()
    if pid == 0:
        code = 3
        try:
            prepare()
            work()
            code = 0
        except (OSError, Refusal):
            code = 1
        finally:
            os._exit(code)
    return os.waitpid(pid, 0)[1]


def watch(folder: Path, at: Callable[[str, int, int], None]) -> None:
    """Call `at(event, number, handle)` before every change below a folder, for this process's life.

    That a file is written shows itself in the fsync that follows; its handle comes along (else -1).
    """
    below, count = str(folder), iter(range(10**9))

    def hook(event: str, arguments: tuple) -> None:
        ours = event in CHANGES and str(arguments[0]).startswith(below)
        if ours and (event != "open" or arguments[2] & (os.O_WRONLY | os.O_RDWR)):
            at(event, next(count), -1)

    real = os.fsync

    def fsync(handle: int) -> None:
        at("os.fsync", next(count), handle)
        real(handle)

    sys.addaudithook(hook)
    os.fsync = fsync


def changes(folder: Path, work: Callable[[], object]) -> int:
    """How many changes the work makes below the folder."""
    read, write = os.pipe()
    assert in_child(work, lambda: watch(folder, lambda *_: os.write(write, b".") and None)) == 0
    os.close(write)
    with os.fdopen(read, "rb") as told:
        return len(told.read())


def interrupted(folder: Path, work: Callable[[], object]) -> Iterator[str]:
    """The folder as every possible interruption of the work leaves it.

    Yields what was done: the kind of the interruption and the number of the change it met.
    """
    with TemporaryDirectory(dir=in_memory()) as kept, without_waiting():
        before = Path(kept) / folder.name
        shutil.copytree(folder, before)
        whole = changes(folder, work)
        for n in range(whole):
            for kind, meet in (("kill", kill), ("room", no_room), ("permission", no_permission)):
                shutil.rmtree(folder)
                shutil.copytree(before, folder)
                status = in_child(work, lambda n=n, meet=meet: watch(folder, meet(n)))
                if kind == "kill":
                    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
                else:
                    assert os.waitstatus_to_exitcode(status) in (0, 1), (kind, n)
                yield f"{kind} at {n} of {whole}"


def in_memory() -> Path | None:
    """Where a folder in memory may stand, if the system has such a place: all these copies need no disk."""
    place = Path("/dev/shm")
    return place if os.access(place, os.W_OK) else None


@contextmanager
def without_waiting() -> Iterator[None]:
    """Nobody waits for the disk: a killed process leaves what it wrote, and lost power is what `kill` makes of it."""
    real, os.fsync = os.fsync, lambda handle: None
    gc.collect()
    gc.freeze()  # a collection in a child would copy every page
    try:
        yield
    finally:
        os.fsync = real
        gc.unfreeze()


def kill(at: int) -> Callable[[str, int, int], None]:
    def meet(event: str, n: int, handle: int) -> None:
        if n == at:
            if handle >= 0 and stat.S_ISREG(os.fstat(handle).st_mode):
                os.ftruncate(handle, os.fstat(handle).st_size // 2)  # the power fails before all is on the disk
            os.kill(os.getpid(), signal.SIGKILL)

    return meet


def no_room(at: int) -> Callable[[str, int, int], None]:
    """The disk is full from here on."""

    def meet(event: str, n: int, handle: int) -> None:
        if n >= at and event in NEED_ROOM:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    return meet


def no_permission(at: int) -> Callable[[str, int, int], None]:
    """One change is refused, as by a virus scanner or an open file."""

    def meet(event: str, n: int, handle: int) -> None:
        if n == at:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    return meet


def left_in(folder: Path) -> frozenset[tuple[str, bytes]]:
    """All that an interruption left, unfinished work too, whoever's it was."""
    names = [(OWNER.sub("", path.relative_to(folder).as_posix()), path) for path in folder.rglob("*")]
    told = ((name, path, path.is_file() and path.name != NOTE) for name, path in names)  # a note tells the time
    return frozenset((name, path.read_bytes() if is_told else b"") for name, path, is_told in told)
