"""Who is at work in a folder: one writer at a time, between processes, containers and machines.

A writer makes a folder `.partial-<who>`, whose name says whose it is from the first moment on, takes an
operating-system lock in it, and only then looks at the others: of two that come at once at most one goes on. What a
killed process of the same machine left is swept away. Whether a process of another machine still lives cannot be known
here (a network share may hide its lock), so what it left is named and goes at its user's word alone (`free`).
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from .errors import Finding, Refusal
from .moves import clear, patient

PARTIAL = ".partial-"
HELD, NOTE = ".held", ".note"
PROC = Path("/proc")


class Busy(Refusal):
    """Somebody else is, or may be, at work."""


@cache
def machine() -> str:
    """All processes that one table of processes knows: this host since its start, and of it this container."""
    try:
        return f"{(PROC / 'sys/kernel/random/boot_id').read_text().strip()} {(PROC / 'self/ns/pid').readlink()}"
    except OSError:  # no Linux; a random address only makes our own left-overs look like another one's
        return f"{uuid.getnode():x}"


def signature(pid: int) -> str:
    """A process by number and birth, since numbers come again; "" when it lives no more.

    Born in ticks since the machine's start where the system counts them: those do not move when the clock is set.
    """
    if (PROC / "self/stat").exists():
        try:
            fields = (PROC / f"{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if fields[0] in "ZX" else f"{pid}-{fields[19]}"
    import psutil

    try:
        return f"{pid}-{int(psutil.Process(pid).create_time())}"
    except psutil.Error:
        return ""


def alive(who: str) -> bool:
    """Whether the process of a signature is at work on this machine."""
    pid = who.partition("-")[0]
    return pid.isdecimal() and signature(int(pid)) == who


def mine() -> str:
    """The name of this process's folder: number, birth, and which host's, start's and container's they are."""
    return f"{PARTIAL}{signature(os.getpid())}-{whose()}"


def whose() -> str:
    return hashlib.sha256(f"{platform.node()} {machine()}".encode()).hexdigest()[:12]


@contextmanager
def held(folder: Path) -> Iterator[Path]:
    """The folder of this process's work in the one that changes, as long as it works. Raises Busy."""
    alone(folder)
    own = folder / mine()
    own.mkdir()
    try:
        note = {"host": platform.node(), "desk": machine(), "pid": os.getpid(), "since": now().isoformat()}
        (own / NOTE).write_text(json.dumps(note), encoding="utf-8")
        with (own / HELD).open("wb") as file:
            lock(file.fileno(), wait=True)  # for who looks at it this very moment
            alone(folder, own)  # who came at the same moment sees us, too
            yield own
            shutil.rmtree(own, ignore_errors=True)  # while it is locked, as far as the system lets us
    finally:
        clear(own)


def lock(handle: int, wait: bool = False) -> bool:
    """Take the operating system's lock on an open file. False where another one has it; where the system knows no
    locks, the names of the folders are all there is."""
    from filelock import lock_descriptor

    try:
        return lock_descriptor(handle, blocking=wait)
    except (OSError, NotImplementedError):
        return True


def alone(folder: Path, own: Path | None = None) -> None:
    """Nobody else is at work in a folder; what a killed process of this machine left goes. Raises Busy."""
    for other in folder.glob(f"{PARTIAL}*"):
        if other == own:
            continue
        if at_work(other):
            raise Busy([named("run_locked", other)])
        if not other.name.endswith(f"-{whose()}"):
            raise Busy([named("lock_left", other)])
        clear(other)


def at_work(other: Path) -> bool:
    """Whether somebody is seen at work, by the lock (one that cannot be asked is held) or the table of processes."""
    file = other / HELD
    try:
        with file.open("r+b" if os.access(file, os.W_OK) else "rb") as asked:
            if not lock(asked.fileno()):
                return True
    except (FileNotFoundError, NotADirectoryError):  # not yet, or no more
        pass
    except OSError:
        return True
    who, _, of = other.name.removeprefix(PARTIAL).rpartition("-")
    return of == whose() and alive(who)


def left_over(root: Path) -> list[Path]:
    """What killed writers left in a data or reports folder, down to the folder of a year and group; nobody who is seen
    at work."""
    depths = ("/".join(["*"] * depth + [f"{PARTIAL}*"]) for depth in range(3))
    return sorted(other for pattern in depths for other in root.glob(pattern) if not at_work(other))


def clean(root: Path) -> list[Path]:
    """Take away what killed writers of this machine left; what another left stays (`free`). Returns what is gone."""
    own = [other for other in left_over(root) if other.name.endswith(f"-{whose()}")]
    for other in own:
        clear(other)
    return own


def said_left(root: Path) -> list[Finding]:
    """A warning for everything that is left over, with the command that takes it away."""
    found = []
    for other in left_over(root):
        of = named("left_here" if other.name.endswith(f"-{whose()}") else "left_elsewhere", other)
        found.append(replace(of, code="W_LEFT", file=other.relative_to(root).as_posix()))
    return found


def free(left: Path) -> None:
    """Take away what another machine left, at its user's word. Raises Refusal where somebody is seen at work there.

    Renamed first: should its process live after all, it finds nothing any more instead of a part.
    """
    if not left.name.startswith(PARTIAL) or left.is_symlink() or not left.is_dir():
        raise Refusal([Finding("E_LOCK", "lock_unknown", value=str(left))])
    if at_work(left):
        raise Busy([named("run_locked", left)])
    own = left.with_name(mine())
    patient(left.rename, own)
    patient(shutil.rmtree, own)


def named(reason: str, other: Path) -> Finding:
    """Whose a lock is and how old, as far as its note says it."""
    note = {"host": "?", "pid": other.name.removeprefix(PARTIAL).partition("-")[0], "since": ""}
    with suppress(OSError, ValueError, TypeError):
        note |= json.loads((other / NOTE).read_text("utf-8") if (other / NOTE).is_file() else "{}")
    since = now()
    with suppress(OSError):
        since = datetime.fromtimestamp(other.stat().st_mtime, UTC)
    with suppress(ValueError):
        since = datetime.fromisoformat(str(note["since"])).astimezone(UTC)
    minutes = max(now() - since, timedelta()) // timedelta(minutes=1)
    age = {"hours": minutes // 60, "minutes": minutes % 60, "since": f"{since.astimezone():%Y-%m-%d %H:%M}"}
    facts = {"host": note["host"], "pid": note["pid"], **age, "lock": other.absolute()}
    return Finding("E_LOCK", reason, other.name, facts=facts)


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
