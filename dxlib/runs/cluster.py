"""The same jobs on the machines of a dask.distributed cluster, through its concurrent.futures face.

A worker has no disk in common with us: what a job could read travels to it as bytes (`parcel`), its products come
back as bytes. On the worker's machine a process of our own (`serve`) does the work, in the surroundings that the
pool gives its processes; it works below a scratch folder and takes that away whenever and however its worker ends.
"""

from __future__ import annotations

import os
import pickle
import platform
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.metadata import distributions
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from uuid import uuid4

from .. import parallel
from ..atomic import inside
from ..case.read import places
from ..errors import Finding, Refusal
from ..lock import alive, signature
from ..parallel import ANSWER, RETRIES, connected, staffed
from ..robust.weights import STREAM
from . import fingerprint
from .execute import REPOSITORY, Outcome, Pause, Task, failed
from .matrix import Job
from .pool import attempt, deaf, forks, kill_family, set_up
from .unchanged import later

if TYPE_CHECKING:
    from .kernel import Source

IDLE = 60  # seconds after which a process of ours on a worker's machine leaves, if nobody needs it
READ = {".csv", ".toml"}  # what a case consists of, besides its documents
PIN = re.compile(r"^([A-Za-z0-9._-]+)==", re.M)
SCRATCH = "dxlib-worker-"
SCHEDULER = "DXLIB_SCHEDULER"


# The driver's side --------------------------------------------------------------------------------------------------


def run_all(
    tasks: Iterable[Task | Outcome | Pause], address: str, begun: Callable[[Job], object] = lambda job: None
) -> Generator[Outcome, None, None]:
    """Run tasks on a cluster; outcomes come as they are ready. What is an Outcome already passes through.

    address   of the scheduler, as dask writes it: tcp://host:8786
    begun     called with each job that is sent

    Raises Refusal when the scheduler does not answer, has no workers, or one of them is not in our state. Closing the
    generator cancels what is not done and leaves no process on the workers' machines.
    """
    run, expected = uuid4().hex, identity()
    with connected(address) as client:
        executor = client.get_executor(pure=False, retries=RETRIES)
        waiting = iter(tasks)
        running: dict[Future[bytes], Task] = {}
        try:
            ready(client, address, expected)
            following, last_sign = next(waiting, None), time.monotonic()
            while following is not None or running:
                if isinstance(following, Outcome):
                    yield following
                    following = next(waiting, None)
                    continue
                if isinstance(following, Pause) and not running:
                    following = next(waiting, None)
                    continue
                threads = capacity(client)
                last_sign = time.monotonic() if threads else last_sign
                if isinstance(following, Task) and len(running) < max(1, 2 * threads):  # one ahead, so that none waits
                    begun(following.job)
                    task = divided(following, address)
                    running[submitted(executor, parcel(task, expected), run, task != following)] = following
                    following = next(waiting, None)
                    continue
                done, _ = wait(running, timeout=1, return_when=FIRST_COMPLETED)
                for future in done:
                    yield outcome_of(future, running.pop(future))
                if running and not done and time.monotonic() - last_sign > parallel.PATIENCE:
                    yield from given_up(running, address)
                    running.clear()
        finally:
            with deaf():
                with suppress(Exception):  # a lost cluster has nothing to stop; its processes leave by themselves
                    executor.shutdown(wait=False)
                with suppress(Exception):
                    client.run(stop, run, on_error="ignore")


def capacity(client: Any) -> int:
    """How many jobs the cluster runs at once; none where its scheduler no longer answers.

    A client that has lost its scheduler goes on telling what it last heard, so its own state is asked first.
    """
    if client.status != "running":
        return 0
    try:
        return sum(worker["nthreads"] for worker in client.scheduler_info(n_workers=-1).get("workers", {}).values())
    except OSError:
        return 0


def ready(client: Any, address: str, expected: Mapping[str, Any]) -> None:
    """Wait for the first worker, and look whether all are in our state. Raises Refusal."""
    staffed(client, address)
    try:
        found = {address: client.run_on_scheduler(identity)}
    except Exception as error:  # whatever another machine answers; without our library it cannot even hear the question
        found = {address: error}
    found |= client.run(identity, on_error="return")
    findings = [differing(where, expected, there) for where, there in sorted(found.items())]
    if wrong := [finding for finding in findings if finding]:
        raise Refusal(wrong)


def differing(where: str, here: Mapping[str, Any], there: Any) -> Finding | None:
    """In what another machine is not in our state; what only one of two has installed does not count."""
    facts: dict[str, object] = {"part": "dxlib", "there": f"{type(there).__name__}: {there}"[:200], "here": ""}
    if isinstance(there, Mapping):
        ours, theirs = ({**of, **of["packages"]} for of in (here, there))
        parts = [part for part in ours if part != "packages" and part in theirs and ours[part] != theirs[part]]
        if not parts:
            return None
        facts = {"part": parts[0], "there": theirs[parts[0]][:12] or "–", "here": ours[parts[0]][:12] or "–"}
    return Finding("E_CLUSTER", "cluster_differs", value=where, facts=facts)


def divided(task: Task, address: str) -> Task:
    """A task with more weights to draw than one stream has is told where other workers are."""
    draws = task.parameters.get("draws", 0)
    if "workers" not in task.parameters or draws <= STREAM:
        return task
    return replace(task, parameters={**task.parameters, "workers": address})


def submitted(executor: Any, load: bytes, run: str, divides: bool) -> Future[bytes]:
    try:
        sent: Future[bytes] = executor.submit(work, load, run, divides)
    except Exception as error:  # the client of a lost cluster refuses in several ways; the job is told in one
        sent = Future()
        sent.set_exception(error)
    return sent


def outcome_of(future: Future[bytes], task: Task) -> Outcome:
    """What came back; nothing at all where the process that ran the job was killed under it."""
    try:
        data = future.result()
    except (CancelledError, Exception) as error:
        return lost(task.job, error)
    outcome: Outcome = unpacked(data) if data else failed(task.job, Finding("E_NOTEBOOK", "worker_died", str(task.job)))
    return outcome


def given_up(running: Mapping[Future[bytes], Task], address: str) -> list[Outcome]:
    """Jobs nobody is left to do: the scheduler is gone, or it answers and has no workers."""
    try:
        parallel.knock(address)
    except Exception as error:
        return [lost(task.job, error) for task in running.values()]
    for future in running:
        future.cancel()
    return [failed(task.job, Finding("E_CLUSTER", "cluster_empty", value=address)) for task in running.values()]


def lost(job: Job, error: BaseException) -> Outcome:
    facts = {"detail": f"{type(error).__name__}: {error}".split("\n")[0][:200]}
    return failed(job, Finding("E_CLUSTER", "cluster_lost", str(job), facts=facts))


@dataclass(frozen=True)
class Parcel:
    """A task with everything that it reads.

    files      path below the data folder -> bytes
    folders    paths below the data folder that are folders, whatever is in them
    expected   the state in which a worker must be, see `identity`
    """

    task: Task
    notebook: bytes
    files: Mapping[str, bytes]
    folders: tuple[str, ...]
    expected: Mapping[str, Any]


def parcel(task: Task, expected: Mapping[str, Any]) -> bytes:
    """All that a job could read: the tables beside the years, its year's and earlier ones, its inputs."""
    root, year = task.root, task.job.year
    cases = [f"{at}/{group}" for at, group in places(root) if not later(f"{at}/{group}", year)]
    inner = [path for case in cases for path in sorted((root / case).iterdir())]
    beside = [path for path in (*root.iterdir(), *inner) if path.suffix in READ and path.is_file()]
    names = {path.relative_to(root).as_posix() for path in beside}
    names |= {name for name in (*task.inputs, *task.drafts.values()) if (root / name).is_file() and name}
    files = {name: (root / name).read_bytes() for name in sorted(names)}
    folders = [path.relative_to(root).as_posix() for path in inner if path.is_dir() and path.name[0] != "."]
    return packed(Parcel(task, task.notebook.read_bytes(), files, tuple(folders), expected))


def packed(value: Parcel | Outcome) -> bytes:
    return zlib.compress(pickle.dumps(value), 1)


def unpacked(data: bytes) -> Any:
    return pickle.loads(zlib.decompress(data))


def identity() -> dict[str, Any]:
    """On what the bytes of a product depend besides its inputs: code, lock, Python, and what is really installed."""
    lock = REPOSITORY / "requirements.lock"
    pins = set(PIN.findall(lock.read_text("utf-8"))) if lock.is_file() else set()
    installed = ((re.sub(r"[-_.]+", "-", d.metadata["Name"]).lower(), d.version) for d in distributions())
    return {
        "dxlib": fingerprint.digest_library(REPOSITORY / "dxlib"),
        "requirements.lock": fingerprint.digest_file(lock) if lock.is_file() else "",
        "Python": ".".join(platform.python_version_tuple()[:2]),
        "packages": {name: version for name, version in installed if name in pins},
    }


# The worker's side --------------------------------------------------------------------------------------------------

CHILDREN: dict[tuple[str, int], subprocess.Popen[bytes]] = {}  # (run, thread) -> the process that works for it
ENDED: set[str] = set()


def work(load: bytes, run: str, divides: bool) -> bytes:
    """One job, inside a dask worker: handed to a process of ours; its answer, or nothing where it was killed.

    divides   its notebook waits for other workers: meanwhile this one's place is free for them
    """
    if run in ENDED:
        return b""
    if divides:
        from distributed import secede

        secede()
    place = run, threading.get_ident()
    child = CHILDREN.get(place)
    if child is None or child.poll() is not None:
        child = CHILDREN[place] = start()
    assert child.stdin and child.stdout
    put(child.stdin, load)
    data = taken(child.stdout)
    if not data:
        child.wait(IDLE)
        sweep()
    return data


def start() -> subprocess.Popen[bytes]:
    """A process that serves until this one ends. It is told the scheduler's address as this machine knows it."""
    from distributed import get_worker

    known = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), SCHEDULER: get_worker().scheduler.address}
    environment = {**os.environ, **known}
    command = [sys.executable, "-P", "-c", f"from {__name__} import serve; serve()"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)


def stop(run: str) -> None:
    """Whatever works for a run on this machine ends now, kernels and all."""
    ENDED.add(run)
    for place in [place for place in CHILDREN if place[0] == run]:
        child = CHILDREN.pop(place)
        assert child.stdin and child.stdout
        child.stdin.close()  # it takes its scratch folder away and leaves, kernels first
        with suppress(subprocess.TimeoutExpired):
            child.wait(ANSWER)
        kill_family(child.pid)
        child.wait()
    sweep()


def put(stream: IO[bytes], data: bytes) -> None:
    stream.write(len(data).to_bytes(8, "big") + data)
    stream.flush()


def taken(stream: IO[bytes]) -> bytes:
    """The next message; empty where the other side has ended."""
    size = stream.read(8)
    data = stream.read(int.from_bytes(size, "big")) if len(size) == 8 else b""
    return data if len(data) == int.from_bytes(size, "big") else b""


def serve() -> None:
    """The process that does the work: one parcel after another, until its worker ends or nobody needs it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    given, back = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    sweep()
    scratch = Path(tempfile.mkdtemp(prefix=f"{SCRATCH}{signature(os.getpid())}-")).resolve()
    parcels: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=listen, args=(given, parcels, scratch), daemon=True).start()
    at_home = scratch / "reports" / "worker"  # below what stands for the reports folder, as in the pool
    at_home.mkdir(parents=True)
    set_up(at_home)
    from .kernel import Source

    own, kernels = identity(), Source(forks(None))
    with suppress(queue.Empty, OSError):
        while True:
            put(back, packed(served(unpacked(parcels.get(timeout=IDLE)), scratch, kernels, own)))
    kernels.end()
    shutil.rmtree(scratch, ignore_errors=True)


def listen(given: IO[bytes], parcels: queue.Queue[bytes], scratch: Path) -> None:
    """Pass on what comes; when the worker has ended, however it ended, leave nothing behind."""
    while load := taken(given):
        parcels.put(load)
    import psutil

    for kernel in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            kernel.kill()
    shutil.rmtree(scratch, ignore_errors=True)
    kill_family(os.getpid())


def sweep() -> None:
    """Take away the scratch folders of processes of ours that were killed: they hold data."""
    for left in Path(tempfile.gettempdir()).glob(f"{SCRATCH}*"):
        who = "-".join(left.name.removeprefix(SCRATCH).split("-")[:2])
        if left.is_dir() and who.partition("-")[0].isdecimal() and not alive(who):
            shutil.rmtree(left, ignore_errors=True)


def served(got: Parcel, scratch: Path, kernels: Source, own: Mapping[str, Any]) -> Outcome:
    """A job done on what its parcel holds, in folders of our own."""
    if wrong := differing(platform.node(), got.expected, own):
        return failed(got.task.job, wrong)
    root, notebook = scratch / "data", scratch / "notebooks" / got.task.notebook.name
    try:
        root.mkdir()
        for folder in got.folders:
            inside(root, folder).mkdir(parents=True, exist_ok=True)
        for name, data in got.files.items():
            write(inside(root, name), data)
        write(notebook, got.notebook)
        parameters = {**got.task.parameters, "root": str(root)}
        if parameters.get("workers"):
            parameters["workers"] = os.environ[SCHEDULER]
        here = replace(got.task, root=root, reports=scratch / "reports", notebook=notebook, parameters=parameters)
        return attempt(here, kernels)
    except Refusal as refusal:
        return failed(got.task.job, *refusal.findings)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
