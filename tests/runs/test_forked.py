"""Kernels forked from a server: the same pages as ordinary ones, nothing seen of each other, nothing left behind."""

import asyncio
import json
import os
import re
import signal
import socket
import sys
from pathlib import Path

import nbformat
import psutil
import pytest
from desk import write_notebook
from jupyter_client.provisioning.local_provisioner import LocalPortCache
from nbformat.v4 import new_notebook
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NotebookExecutionManager
from traitlets import Unicode

from dxlib.runs import execute, fork_server, kernel, pool
from dxlib.runs.batch import run
from dxlib.runs.log import LOG
from dxlib.runs.matrix import READERS, Job
from dxlib.runs.normal import normalise
from tests.processes import alive, wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forked kernels are meant for Linux")
NOTEBOOKS, DATA = (Path(__file__).parents[2] / folder for folder in ("notebooks", "data"))
ONE = {"years": ["2025"], "langs": ["vi"], "notebooks": ["report"]}


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory):
    """What a worker gives its kernels, in this process for a while."""
    environment, folder = dict(os.environ), Path.cwd()
    standard = [os.dup(1), os.dup(2)]
    pool.set_up(tmp_path_factory.mktemp("worker"))
    for stream, kept in enumerate(standard, start=1):
        os.dup2(kept, stream)
    yield
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)


@pytest.fixture(scope="module")
def forked(surroundings):
    source = kernel.Source(True)
    yield source
    source.end()


def executed(source, path, seconds=120, **parameters):
    """The notebook as a worker runs it, and its kind of kernel."""
    job = Job("2025", "communes", path.stem, "vi", "public")
    task = execute.Task(job, path, Path(), Path(), parameters, {}, cell_seconds=seconds)
    nb = execute.prepared(task)
    execute.execute_cells(nb, task, source)
    return nb


def said(source, tmp_path, *cells, **given):
    """What the cells print."""
    write_notebook(tmp_path / "said.ipynb", *cells, parameters="root: str = ''")
    nb = executed(source, tmp_path / "said.ipynb", **given)
    return "".join(o.get("text", "") for cell in nb.cells for o in cell.get("outputs", []) if o.get("name") == "stdout")


def ending(source, tmp_path, cell, seconds=120):
    try:
        said(source, tmp_path, cell, seconds=seconds)
    except Exception as error:
        return type(error).__name__
    return "done"


def test_every_notebook_gives_the_same_outputs_both_ways(forked):
    """Byte for byte, drawings included: what a server has imported wrongly shows only here."""
    shipped = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
    drawn = set()
    assert set(READERS) <= set(shipped)
    for name in shipped:
        given = {"root": str(DATA), "year": "2024", "group": "departments", "lang": "vi"}
        results = []
        for source in (forked, kernel.Source(False)):
            nb = normalise(executed(source, NOTEBOOKS / f"{name}.ipynb", **given), {})
            assert source.used == ("forked" if source.forked else "ordinary") and not source.trouble
            results.append(re.sub(r"[0-9a-f]{32}", "id", nbformat.writes(nb)) if name == "explore" else nb)
        assert results[0] == results[1], name
        drawn |= {name} if "<svg " in str(results) else set()
    assert {"report", "scorecard", "sensitivity", "status", "trend", "verification"} <= drawn


def test_every_product_has_the_same_bytes_both_ways(desk, tmp_path):
    made = {}
    for way in ("forked", "ordinary"):
        result = run(desk.data, tmp_path / way, langs=["vi"], kernels=way, jobs=2)
        assert [o.reason for o in result.failures] == []
        files = [p for p in (tmp_path / way).rglob("*") if p.is_file() and p.name != LOG]
        made[way] = {p.relative_to(tmp_path / way).as_posix(): p.read_bytes() for p in files}
        lines = json.loads((tmp_path / way / LOG).read_text("utf-8"))["jobs"]
        ways = {line["job"].split("/")[2].partition(".")[0]: line.get("kernel") for line in lines}
        assert ways.pop("scorecard") is None and set(ways.values()) == {way}
        assert not [line for line in lines if "trouble" in line]
    assert len(made["forked"]) > 20 and made["forked"] == made["ordinary"]


def test_pictures_of_pyplot_are_the_same_both_ways(forked, tmp_path):
    write_notebook(tmp_path / "plot.ipynb", "import matplotlib.pyplot as plt\nplt.plot([1, 3, 2])\nplt.show()")
    pages = [normalise(executed(s, tmp_path / "plot.ipynb", root=""), {}) for s in (forked, kernel.Source(False))]
    assert pages[0] == pages[1] and "image/png" in str(pages[0])


def test_the_server_has_one_thread_and_no_backend(forked, tmp_path):
    assert said(forked, tmp_path, "print('ở đây')") == "ở đây\n"
    assert psutil.Process(forked.server.process.pid).num_threads() == 1
    inherited = said(forked, tmp_path, "import sys; print(type(sys.modules.get('dxlib.case')).__name__)")
    assert inherited == "module\n"


def test_a_server_with_threads_or_a_backend_refuses_to_serve(monkeypatch):
    monkeypatch.setattr(psutil.Process, "num_threads", lambda self: 2)
    with pytest.raises(RuntimeError, match="2 threads"):
        fork_server.check()
    monkeypatch.setattr(psutil.Process, "num_threads", lambda self: 1)
    monkeypatch.setitem(sys.modules, fork_server.INLINE, None)
    with pytest.raises(RuntimeError, match="inline"):
        fork_server.check()


STATE = f"""
from importlib import import_module
for name in {fork_server.PRELOADED}: import_module(name)
import os, sys, decimal, logging, warnings, numpy as np, pandas as pd, matplotlib as mpl
from dxlib import case
"""
CHANGE = """
mpl.rcParams["font.size"] = 99; pd.set_option("display.max_rows", 7); np.seterr(all="raise"); sys.path.append("/left")
os.environ["LEFT"] = "1"; decimal.getcontext().prec = 5; logging.getLogger().setLevel(5); os.chdir("/")
warnings.simplefilter("error"); pd.DataFrame.left = 1; case.left = 1; left = 1
"""
PROBE = """
print(mpl.rcParams["font.size"], pd.get_option("display.max_rows"), np.geterr(), "/left" in sys.path, os.getcwd())
print(os.environ.get("LEFT"), decimal.getcontext().prec, logging.getLogger().level, len(warnings.filters))
print(hasattr(pd.DataFrame, "left"), hasattr(case, "left"), "left" in globals(), sys.flags.hash_randomization, hash("a"))
print(mpl.get_backend(), os.environ["TZ"], os.environ["PYTHONHASHSEED"], os.environ["OPENBLAS_NUM_THREADS"], sys.path)
import locale, time; print(locale.getlocale(), locale.setlocale(locale.LC_ALL), time.tzname, sys.flags.utf8_mode)
"""


def test_no_run_sees_what_another_did(forked, tmp_path):
    ordinary = said(kernel.Source(False), tmp_path, STATE, PROBE)
    assert said(forked, tmp_path, STATE, PROBE) == ordinary
    changed = said(forked, tmp_path, STATE, CHANGE, PROBE)
    assert changed != ordinary and "99" in changed
    assert said(forked, tmp_path, STATE, PROBE) == ordinary


def test_random_numbers_differ_from_run_to_run(forked, tmp_path):
    draw = "import random, uuid, tempfile, numpy as np\nfor x in (random.random(), np.random.random(), np.random.default_rng().random(), uuid.uuid4(), tempfile.mktemp()): print(x)"
    first, second = (said(forked, tmp_path, draw).split() for _ in range(2))
    assert len(first) == 5 and not set(first) & set(second)


@pytest.mark.parametrize(
    ("cell", "end"),
    [
        ("1 / 0", "PapermillExecutionError"),
        ("import sys; sys.exit(4)", "PapermillExecutionError"),
        ("import os; os._exit(3)", "DeadKernelError"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "DeadKernelError"),
        ("import time; time.sleep(60)", "CellTimeoutError"),
    ],
)
def test_every_end_is_that_of_an_ordinary_kernel_and_the_next_run_is_fine(forked, tmp_path, cell, end):
    before = set(psutil.Process(forked.server.process.pid).children())
    assert ending(forked, tmp_path, cell, seconds=2) == ending(kernel.Source(False), tmp_path, cell, seconds=2) == end
    assert said(forked, tmp_path, "print('vẫn chạy')") == "vẫn chạy\n" and forked.used == "forked"
    assert set(psutil.Process(forked.server.process.pid).children()) == before


@pytest.mark.parametrize("last", ["print('xong')", "import os; os._exit(3)"])
def test_what_a_notebook_has_started_ends_with_it(forked, tmp_path, last):
    child = tmp_path / "child"
    start = f"import subprocess, pathlib; pathlib.Path({str(child)!r}).write_text(str(subprocess.Popen(['sleep', '300']).pid))"
    assert ending(forked, tmp_path, start + "\n" + last) in ("done", "DeadKernelError")
    assert wait_for(lambda: not alive(int(child.read_text())), 5)


def test_after_a_killed_server_an_ordinary_kernel_then_a_new_server(forked, tmp_path):
    assert said(forked, tmp_path, "print(1)") == "1\n"
    before = forked.server.process.pid
    os.kill(before, signal.SIGKILL)
    forked.server.process.wait(5)
    assert said(forked, tmp_path, "print(2)") == "2\n"
    assert forked.used == "ordinary" and forked.trouble
    assert said(forked, tmp_path, "print(3)") == "3\n"
    assert forked.used == "forked" and not forked.trouble and forked.server.process.pid != before


def test_a_kernel_ends_with_its_server(forked, tmp_path):
    """A notebook that kills the server of kernels: its kernel dies, as any kernel may, and is told as such."""
    assert (
        ending(forked, tmp_path, "import os, signal, time; os.kill(os.getppid(), signal.SIGKILL); time.sleep(60)")
        == "DeadKernelError"
    )
    assert said(forked, tmp_path, "print(4)") == "4\n"


def test_a_server_ends_with_its_worker_and_takes_its_kernels_along(surroundings):
    server = kernel.Server()
    one = server.fork(["ipykernel_launcher"], dict(os.environ))
    assert alive(one.pid)
    server.end()
    assert server.process.returncode == 0 and wait_for(lambda: not alive(one.pid), 5)


@pytest.mark.parametrize(
    "broken",
    ["raise SystemExit('no')", "import time; time.sleep(60)", "import os; os.close(int(__import__('sys').argv[1]))"],
)
def test_a_server_that_cannot_serve_is_tried_once(surroundings, tmp_path, monkeypatch, broken):
    (tmp_path / "server.py").write_text(broken)
    monkeypatch.setattr(kernel, "FORK_SERVER", str(tmp_path / "server.py"))
    monkeypatch.setattr(kernel, "PATIENCE", 1.0)
    source = kernel.Source(True)
    assert said(source, tmp_path, "print(5)") == "5\n" and source.used == "ordinary" and source.trouble
    assert said(source, tmp_path, "print(6)") == "6\n" and source.used == "ordinary" and not source.trouble
    assert source.server is None


def test_a_server_that_cannot_be_started_is_told(surroundings, tmp_path, monkeypatch):
    def none(self):
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(kernel.Server, "__init__", none)
    source = kernel.Source(True)
    assert said(source, tmp_path, "print(7)") == "7\n"
    assert source.used == "ordinary" and "no more processes" in source.trouble


def test_the_log_and_the_screen_say_which_kernels_ran(desk, tmp_path, monkeypatch, capsys):
    from dxlib import cli
    from dxlib.runs import batch

    desk.run(**ONE, kernels="ordinary")
    assert [line["kernel"] for line in json.loads((desk.reports / LOG).read_text("utf-8"))["jobs"]] == ["ordinary"]
    outcome = execute.Outcome(
        Job("2025", "communes", "report", "vi", "public"), "failed", kernel="ordinary", trouble="lý do"
    )
    monkeypatch.setattr(batch, "run_all", lambda *_: (o for o in [outcome]))
    arguments = ["run", "--data", str(desk.data), "--reports", str(tmp_path / "r"), "--lang", "vi", "--quiet"]
    assert cli.main(arguments) == 1
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1 and "nhân thường" in told[0] and "lý do" in told[0]


def test_forking_is_for_linux_unless_asked_for_and_never_where_it_cannot_be(monkeypatch):
    assert pool.forks(None) and pool.forks("forked") and not pool.forks("ordinary")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert pool.forks("forked") and not pool.forks(None)
    monkeypatch.delattr(os, "fork")
    assert not pool.forks("forked")


def test_no_ordinary_kernel_asks_for_a_port(surroundings):
    made = kernel.manager(kernel.Source(False))()
    assert made.transport == "ipc" and not made.cache_ports


def test_a_port_that_another_worker_took_first_costs_a_second_start(surroundings, tmp_path, monkeypatch):
    """On Windows kernels have ports, and two workers may pick the same between looking and binding."""

    class OnPorts(kernel.OwnInterpreter):
        transport, ip = Unicode("tcp"), Unicode("127.0.0.1")

    monkeypatch.setattr(kernel, "manager", lambda source: OnPorts)
    real, picked = LocalPortCache.find_available_port, []
    with socket.create_server(("127.0.0.1", 0)) as others:

        def same(self, ip):
            picked.append(others.getsockname()[1] if not picked else real(self, ip))
            return picked[-1]

        monkeypatch.setattr(LocalPortCache, "find_available_port", same)
        write_notebook(tmp_path / "said.ipynb", "print('made')", parameters="root: str = ''")
        job = Job("2025", "communes", "said", "vi", "public")
        page = {"title": "", "sample": False, "provisional": False, "fingerprint": ""}
        task = execute.Task(job, tmp_path / "said.ipynb", Path(), Path(), {}, page, exporter="plain_page")
        outcome = execute.run_notebook(task, kernel.Source(False))
    assert outcome.status == "made" and len(picked) == 10


def test_on_windows_the_loop_is_one_that_channels_of_kernels_can_be_read_by(monkeypatch):
    """papermill sees to it in the process that runs the notebook: the Proactor loop knows no add_reader."""
    chosen = []
    client = PapermillNotebookClient(NotebookExecutionManager(new_notebook()))

    def no_kernel(**how):
        raise InterruptedError

    client.setup_kernel = no_kernel
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(asyncio, "WindowsSelectorEventLoopPolicy", lambda: "selector", raising=False)
    monkeypatch.setattr(asyncio, "set_event_loop_policy", chosen.append)
    with pytest.raises(InterruptedError):
        client.execute()
    assert chosen == ["selector"]
