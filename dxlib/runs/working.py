"""A folder for unfinished work beside the products, which is also the lock: one run at a time per reports folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import Finding, Refusal

PARTIAL = ".partial-"


@contextmanager
def working_folder(reports: Path) -> Iterator[Path]:
    """The folder of this run; its name says whose it is.

    What a killed run left is swept away. Raises Refusal while another run is at work.
    """
    reports.mkdir(parents=True, exist_ok=True)
    for folder in reports.glob(f"{PARTIAL}*"):
        if at_work(folder.name):
            raise Refusal([Finding("E_LOCK", "run_locked", folder.name)])
        shutil.rmtree(folder, ignore_errors=True)
    own = reports / f"{PARTIAL}{signature(os.getpid())}"
    own.mkdir()
    try:
        yield own
    finally:
        shutil.rmtree(own, ignore_errors=True)


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
