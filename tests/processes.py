"""Processes asked about while they come and go: one that ends in the middle of a question is not there."""

import time
from collections.abc import Callable
from contextlib import suppress

import psutil


def words(process: psutil.Process) -> str:
    """What it was started with; empty for one that has ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def alive(process: psutil.Process | int) -> bool:
    try:
        process = process if isinstance(process, psutil.Process) else psutil.Process(process)
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def below(pid: int) -> list[psutil.Process]:
    """All that a process has started, and what these have; none below one that has ended."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def kill(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        process.kill()


def wait_for(condition: Callable[[], object], seconds: float) -> object:
    """What the condition says in the end: at once when it is true, or after so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not condition():
        time.sleep(0.1)
    return condition()
