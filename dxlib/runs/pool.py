"""A plain pool: worker processes that each run one notebook after another, and end when their driver ends.

Not concurrent.futures: its pool goes on with the next job after Ctrl-C, and leaves kernels behind when it is
stopped half-way. Here the workers ignore Ctrl-C, and the driver kills them and their kernels itself.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Finding
from .execute import REPOSITORY, Outcome, Pause, Task, detail, execute, failed
from .matrix import Job

if TYPE_CHECKING:
    from .kernel import Source

SPAWN = multiprocessing.get_context("spawn")  # the one start method that every system has


def forks(kernels: str | None) -> bool:
    """Whether kernels are forked: never without os.fork, and unasked on Linux alone (elsewhere a library that is
    loaded already may not survive it)."""
    return hasattr(os, "fork") and (kernels or ("forked" if sys.platform == "linux" else "ordinary")) == "forked"


def run_all(
    tasks: Iterable[Task | Outcome | Pause],
    work: Path,
    workers: int,
    forked: bool,
    begun: Callable[[Job], object] = lambda job: None,
) -> Generator[Outcome, None, None]:
    """Run tasks on a few workers; outcomes come as they are ready. What is an Outcome already passes through.

    forked   whether each worker forks its kernels from a server of its own (`kernel.Source`)
    begun    called with each job that a worker begins
    """
    waiting = iter(tasks)
    pool: list[Worker] = []  # none is started where nothing is to be run
    try:
        following = next(waiting, None)
        while following is not None or any(w.task for w in pool):
            if isinstance(following, Outcome):
                yield following
                following = next(waiting, None)
                continue
            if isinstance(following, Pause):
                if any(w.task for w in pool):
                    for worker in ready(pool):
                        yield worker.take()
                else:
                    following = next(waiting, None)
                continue
            if not pool:
                pool += [Worker(work / f"worker-{i}", forked) for i in range(1, workers + 1)]
            idle = next((w for w in pool if not w.task), None)
            if following is not None and idle is not None:
                begun(following.job)
                idle.give(following)
                following = next(waiting, None)  # prepared while the workers work
                continue
            for worker in ready(pool):
                yield worker.take()
    finally:
        with deaf():
            for worker in pool:
                worker.end()


def ready(pool: list[Worker]) -> list[Worker]:
    busy = {w.pipe: w for w in pool if w.task}
    return [busy[pipe] for pipe in wait(list(busy))]  # type: ignore[index]


class Worker:
    """One worker process, and the task it has."""

    def __init__(self, folder: Path, forked: bool):
        self.folder = folder
        self.forked = forked
        self.task: Task | None = None
        self.start()

    def start(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self.pipe, theirs = SPAWN.Pipe()
        self.process = SPAWN.Process(target=serve, args=(theirs, self.folder, self.forked), daemon=True)
        with deaf():
            self.process.start()
        theirs.close()

    def give(self, task: Task) -> None:
        self.task = task
        with suppress(OSError):  # a worker that has died is noticed by `take`
            self.pipe.send(task)

    def take(self) -> Outcome:
        """The outcome of the task; a worker that died without one is replaced."""
        task, self.task = self.task, None
        assert task is not None
        try:
            outcome: Outcome = self.pipe.recv()
            return outcome
        except (EOFError, OSError):
            self.end()
            self.start()
            return failed(task.job, Finding("E_NOTEBOOK", "worker_died", str(task.job)))

    def end(self) -> None:
        """An idle worker leaves by itself when the pipe closes; a busy one is killed with its kernel."""
        if self.task:
            kill_family(self.process.pid)
        self.pipe.close()
        self.process.join(5)
        if self.process.is_alive():
            kill_family(self.process.pid)
            self.process.join(5)


@contextmanager
def deaf() -> Iterator[None]:
    """Ctrl-C waits outside: what starts in here is born ignoring it, what is cleared up is cleared up whole."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def kill_family(pid: int | None) -> None:
    """Kill a worker, after everything it has started."""
    import psutil

    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        for process in [*parent.children(recursive=True), parent]:
            with suppress(psutil.NoSuchProcess):
                process.kill()


def serve(pipe: Connection, folder: Path, forked: bool) -> None:
    """The worker: run what comes through the pipe until it closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=leave_with_driver, daemon=True).start()
    set_up(folder)
    from .kernel import Source

    kernels = Source(forked)
    with suppress(EOFError, OSError):
        while True:
            pipe.send(attempt(pipe.recv(), kernels))
    kernels.end()


def attempt(task: Task, kernels: Source) -> Outcome:
    """An outcome in every case: a failure nobody thought of is named as well, and the next task runs."""
    try:
        return execute(task, kernels)
    except Exception as error:  # the last door of the worker: every failure must be reported to the driver
        facts = {"heading": task.job.notebook, "message": detail(error, task)}
        return failed(task.job, Finding("E_NOTEBOOK", "job_failed", str(task.job), facts=facts))


def leave_with_driver() -> None:
    """End with the driver, however it ended; the kernel watches us and follows."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        kill_family(os.getpid())


def set_up(folder: Path) -> None:
    """Make the surroundings of all kernels the same on every machine: environment, folder, no noise."""
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]  # builds a grammar for 1 s at import; no Jupyter schema needs it
    os.chdir(folder)
    log = os.open("log.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ |= {
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "TZ": "UTC",
        "PYTHONPATH": str(REPOSITORY),
        "IPYTHONDIR": str(folder / "ipython"),  # nobody's own start-up files or settings
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        **matplotlib_defaults(),
    }


def matplotlib_defaults() -> dict[str, str]:
    """matplotlib's own settings file, so that a private matplotlibrc does not change a published chart."""
    found = find_spec("matplotlib")
    return (
        {"MATPLOTLIBRC": str(Path(found.origin).parent / "mpl-data" / "matplotlibrc")} if found and found.origin else {}
    )
