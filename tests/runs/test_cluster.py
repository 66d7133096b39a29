"""`dx run --dask`: a scheduler and workers as real processes on this machine; the pool's bytes are the measure."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from desk import LOAD, SHOW, write_notebook

from dxlib import parallel, read_case, robust
from dxlib.case import places
from dxlib.cli import main
from dxlib.errors import Refusal
from dxlib.robust.intervals import count_stream
from dxlib.robust.weights import STREAM
from dxlib.runs import batch, cluster, run
from dxlib.runs import rerun as run_of_rerun
from dxlib.runs.execute import Outcome
from dxlib.runs.pool import forks
from dxlib.runs.publication import opened
from tests.processes import alive, below, kill, wait_for, words

HOUSE, HERE = Path(__file__).parents[2], Path(__file__).parent
ONE = {"years": ["2025"], "langs": ["vi"]}
KERNELS = ("ipykernel_launcher", "fork_server")  # ordinary ones, and those that are forked, with their server
real = pytest.mark.real("dask")


@contextmanager
def started(log, *command, library=HOUSE):
    """A process of dask, in a folder of its own, with one library and the plain exporter to import."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (library, HERE)))}
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", *map(str, command)], cwd=log.parent, env=environment, stdout=out, stderr=out
        )
    try:
        yield process
    finally:
        family = below(process.pid)
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for one in family:
            kill(one)


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scheduler")
    told = folder / "scheduler.json"
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", told]
    with started(folder / "log.txt", "distributed.cli.dask_scheduler", *options):
        assert wait_for(lambda: told.is_file() and told.read_text("utf-8").endswith("}"), 40), (
            folder / "log.txt"
        ).read_text()
        yield json.loads(told.read_text("utf-8"))["address"]


@contextmanager
def worker(scheduler, folder, *options, library=HOUSE):
    """A worker that starts in a folder of its own; there until the scheduler knows it."""
    log = folder / "log.txt"
    options = [scheduler, "--nthreads", "1", "--no-dashboard", "--local-directory", folder, *options]
    with started(log, "distributed.cli.dask_worker", *options, library=library) as process:
        assert wait_for(lambda: "Registered to" in log.read_text(), 40), log.read_text()
        yield process


@pytest.fixture(scope="module")
def workers(scheduler, tmp_path_factory):
    """Two: one as dask starts them, below a nanny, one alone."""
    with (
        worker(scheduler, tmp_path_factory.mktemp("with a nanny")) as first,
        worker(scheduler, tmp_path_factory.mktemp("alone"), "--no-nanny") as second,
    ):
        yield first, second


def of_ours(process):
    """Our processes, with their kernels, below a worker of dask."""
    return started_with(process, *KERNELS, "cluster import serve")


def kernels(process):
    return started_with(process, *KERNELS)


def started_with(process, *parts):
    return [one for one in below(process.pid) if any(part in words(one) for part in parts)]


def scratch_folders():
    return {path.name for path in Path(tempfile.gettempdir()).glob(f"{cluster.SCRATCH}[0-9]*")}


def tasks_of(root, reports, notebooks, exporter, *selections):
    """What `run` would give the workers."""
    chosen, declared, given = batch.open_door(root, notebooks, selections, ())
    how = {"exporter": exporter, "cell_seconds": 60, "force": True, "former": {}}
    source = batch.Source.of(root, reports, notebooks, declared, given, **how)
    return list(batch.case_by_case(source, batch.Plan(chosen), opened(root, reports, reports), chosen))


# The same bytes -----------------------------------------------------------------------------------------------------


@real
def test_a_cluster_makes_the_bytes_of_the_pool_and_leaves_nothing(desk, scheduler, workers):
    desk.run()
    pool = desk.products()
    shutil.rmtree(desk.reports)
    before = scratch_folders()
    result = desk.run(dask=scheduler)
    assert {o.status for o in result.outcomes} == {"made"} and len(result.outcomes) == 6
    assert desk.products() == pool
    assert json.loads((desk.reports / "run-log.json").read_text("utf-8"))["workers"] == scheduler
    assert not [one for process in workers for one in of_ours(process)] and scratch_folders() <= before
    assert {o.status for o in desk.run(dask=scheduler).outcomes} == {"kept"}


@real
def test_a_real_place_comes_out_the_same(tmp_path, scheduler, workers):
    chosen = [["2022"], ["districts"], ["report", "verification", "scorecard"], ["vi"]]
    results = {}
    for name, way in {"pool": {"jobs": 2}, "cluster": {"dask": scheduler}}.items():
        result = run(HOUSE / "data", tmp_path / name, *chosen, **way)
        assert {o.status for o in result.outcomes} == {"made"}
        results[name] = {str(o.job): o.products for o in result.outcomes}
    assert len(results["pool"]) == 3 and results["cluster"] == results["pool"]


@real
def test_failures_come_back_in_the_same_words_and_name_no_folder(desk, scheduler, workers):
    write_notebook(desk.notebooks / "report.ipynb", LOAD + SHOW, "import os\nprint(root, os.getcwd())")
    write_notebook(desk.notebooks / "verification.ipynb", LOAD + "import pandas; pandas.read_csv(root + '/none.csv')")
    pool = desk.run(**ONE)
    failed = {name: data for name, data in desk.products().items() if "verification" in name}
    shutil.rmtree(desk.reports)
    result = desk.run(**ONE, dask=scheduler)
    made = desk.products()
    assert [o.findings for o in result.outcomes] == [o.findings for o in pool.outcomes] and len(result.failures) == 1
    assert failed and failed.items() <= made.items()
    assert b"data reports/worker" in made["public/2025/communes/report.vi.html"]
    for name in (str(desk.data), cluster.SCRATCH, tempfile.gettempdir(), str(HOUSE)):
        assert not [path for path, data in made.items() if name.encode() in data], name


@real
def test_nothing_is_read_from_the_drivers_folders(desk, scheduler, workers):
    """They are gone while the jobs run."""
    desk.run(**ONE)
    pool = desk.products()
    tasks = tasks_of(desk.data, desk.reports, desk.notebooks, "plain_page", ["2025"], None, None, ["vi"])

    def vanishing():
        yield from tasks
        desk.data.rename(desk.data.with_name("gone"))
        shutil.rmtree(desk.notebooks)
        shutil.rmtree(desk.reports)

    outcomes = list(cluster.run_all(vanishing(), scheduler))
    assert [o.status for o in outcomes] == ["made", "made"] and not desk.data.exists()
    made = {path: data for o in outcomes for path, data in o.files.items()}
    assert len(made) > 4 and made.items() <= pool.items()


# Draws divided among the workers ------------------------------------------------------------------------------------


def prefixes(dask_scheduler):
    """What a scheduler has been asked for: function -> how many results."""
    return {name: prefix.state_counts["memory"] for name, prefix in dask_scheduler.task_prefixes.items()}


def counted(scheduler):
    with parallel.connected(scheduler) as client:
        return client.run_on_scheduler(prefixes).get("count_stream", 0)


@real
def test_heavy_draws_are_divided_among_the_workers_and_change_no_byte(desk, scheduler, workers):
    """Both workers have a page in hand that waits for its draws: their places must be free for these."""
    sheet = {"years": ["2025"], "notebooks": ["sensitivity"], "parameters": [("draws", 2 * STREAM + 5)]}
    desk.run = partial(run, desk.data, desk.reports, **sheet)
    assert {o.status for o in desk.run(jobs=2).outcomes} == {"made"}
    alone = desk.products()
    shutil.rmtree(desk.reports)
    before = counted(scheduler)
    result = desk.run(dask=scheduler)
    assert [o.reason for o in result.outcomes] == ["", ""] and desk.products() == alone
    assert counted(scheduler) - before == 2 * 3


@real
def test_a_worker_lost_under_a_stream_of_draws_loses_no_draw(tmp_path, own_scheduler):
    """The first one to be asked ends itself; the other does all."""
    case, rng = read_case(HOUSE / "data", "2024", "districts"), np.random.default_rng
    lost = tmp_path / "lost"

    def count_once_killed(counter, drawer, stream, draws):
        if not lost.exists():
            lost.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return count_stream(counter, drawer, stream, draws)

    def over_workers(one, *lists):
        return parallel.over(own_scheduler[1])(partial(count_once_killed, *one.args), *lists)

    for name in "ab":
        (tmp_path / name).mkdir()
    with (
        worker(own_scheduler[1], tmp_path / "a", "--no-nanny"),
        worker(own_scheduler[1], tmp_path / "b", "--no-nanny"),
    ):
        found = robust.tally_draws(case, 0.2, 2 * STREAM, rng(5), mapper=over_workers)
    alone = robust.tally_draws(case, 0.2, 2 * STREAM, rng(5))
    assert lost.exists()
    for table in (robust.drawn_intervals, robust.first_places, robust.winning_shares):
        assert table(found).equals(table(alone))


@real
def test_a_rerun_on_a_cluster_confirms_and_refutes(desk, scheduler, workers, capsys):
    desk.run(**ONE, exporter="dxlib.publish")
    place = [
        "audit",
        "--data",
        str(desk.data),
        "--reports",
        str(desk.reports),
        "--quiet",
        "--rerun",
        "--dask",
        scheduler,
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_of_rerun, "run", partial(run, notebooks_in=desk.notebooks))
        assert main(place) == 0
        page = desk.data / "2025/communes/claims.csv"
        page.write_text(page.read_text("utf-8").replace("yes", "no"), encoding="utf-8")
        capsys.readouterr()
        assert main(place) == 1 and "claims.csv" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        main([word for word in place if word != "--rerun"])
    assert ended.value.code == 2


# What goes wrong ----------------------------------------------------------------------------------------------------


@real
def test_a_worker_killed_half_way_loses_nothing(desk, tmp_path, scheduler, workers):
    """Every job waits until the worker is dead, so that the one that dies has a job in hand."""
    write_notebook(desk.notebooks / "report.ipynb", LOAD + SHOW)
    desk.run()
    pool = desk.products()
    shutil.rmtree(desk.reports)
    sign = tmp_path / "go on"
    real_parcel = cluster.parcel
    killed = []

    def kill_one(process):
        try:
            assert wait_for(lambda: len(kernels(process)) > forks(None), 90)
            killed.extend(of_ours(process))
            process.send_signal(signal.SIGKILL)
        finally:
            sign.touch()  # or the jobs would wait for ever

    def slow(task, expected):
        """The same notebook, which first waits for a sign."""
        wait = f"import pathlib, time\nwhile not pathlib.Path({str(sign)!r}).exists(): time.sleep(0.1)"
        patient = tmp_path / "patient" / task.notebook.name
        patient.parent.mkdir(exist_ok=True)
        text = json.loads(task.notebook.read_text("utf-8"))
        text["cells"][1]["source"] = "".join(text["cells"][1]["source"]) + f"\n{wait}\n"
        patient.write_text(json.dumps(text), "utf-8")
        return real_parcel(replace(task, notebook=patient), expected)

    folder = tmp_path / "doomed"
    folder.mkdir()
    with worker(scheduler, folder, "--no-nanny") as doomed, pytest.MonkeyPatch.context() as patch:
        patch.setattr(cluster, "parcel", slow)
        killer = threading.Thread(target=kill_one, args=(doomed,))
        killer.start()
        result = desk.run(dask=scheduler)
        killer.join()
    assert {o.status for o in result.outcomes} == {"made"} and len(result.outcomes) == 6
    assert desk.products() == pool
    assert len(killed) >= 2 and wait_for(lambda: not any(map(alive, killed)), 10)
    assert not [one for process in workers for one in of_ours(process)]


@real
def test_a_process_killed_below_a_worker_fails_its_job_alone(desk, scheduler, workers):
    ours = "psutil.Process(os.getppid())" + (".parent()" if forks(None) else "")
    write_notebook(desk.notebooks / "report.ipynb", f"import os, psutil; {ours}.kill()")
    before = scratch_folders()
    result = desk.run(**ONE, dask=scheduler)
    reasons = {o.job.notebook: [f.reason for f in o.findings] for o in result.outcomes}
    assert reasons == {"report": ["worker_died"], "verification": []}
    assert wait_for(lambda: not [one for process in workers for one in of_ours(process)], 10)
    assert scratch_folders() <= before


DRIVER = """
import signal, sys
from pathlib import Path
from dxlib.runs import run
if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    run({data!r}, {reports!r}, notebooks_in=Path({notebooks!r}), exporter="plain_page", dask={address!r})
"""


@real
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_no_process_on_the_workers_machines(desk, tmp_path, scheduler, workers, how):
    for name in ("report", "verification"):
        write_notebook(desk.notebooks / f"{name}.ipynb", "import time; time.sleep(120)")
    script = tmp_path / "driver.py"
    places = {"data": desk.data, "reports": desk.reports, "notebooks": desk.notebooks, "address": scheduler}
    script.write_text(DRIVER.format(**{key: str(value) for key, value in places.items()}))
    before = scratch_folders()
    with started(tmp_path / "log.txt", "driver", library=os.pathsep.join([str(tmp_path), str(HOUSE)])) as driver:
        assert wait_for(lambda: all(len(of_ours(process)) == 2 + forks(None) for process in workers), 60)
        driver.send_signal(how)
        assert driver.wait(30)
    assert wait_for(lambda: not [one for process in workers for one in of_ours(process)], 10)
    assert scratch_folders() <= before and not list(desk.reports.glob(".partial-*"))


@real
def test_a_worker_in_another_state_is_refused(desk, tmp_path, scheduler):
    """A dxlib that differs in one comment."""
    other = tmp_path / "other"
    shutil.copytree(HOUSE / "dxlib", other / "dxlib", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(HOUSE / "requirements.lock", other)
    with (other / "dxlib" / "errors.py").open("a") as file:
        file.write("# another state\n")
    with worker(scheduler, tmp_path, "--no-nanny", library=other), pytest.raises(Refusal) as refusal:
        desk.run(dask=scheduler)
    (finding,) = refusal.value.findings
    assert (finding.code, finding.reason, finding.facts["part"]) == ("E_CLUSTER", "cluster_differs", "dxlib")
    assert not desk.products()


@pytest.fixture
def own_scheduler(tmp_path):
    """Another one, for a test that needs it without workers, or ends it."""
    told = tmp_path / "scheduler.json"
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", told]
    with started(tmp_path / "scheduler.txt", "distributed.cli.dask_scheduler", *options) as process:
        assert wait_for(lambda: told.is_file() and told.read_text("utf-8").endswith("}"), 40)
        yield process, json.loads(told.read_text("utf-8"))["address"]


@real
def test_a_cluster_without_workers_is_refused(desk, own_scheduler, monkeypatch):
    monkeypatch.setattr(parallel, "PATIENCE", 1)
    with pytest.raises(Refusal) as refusal:
        desk.run(dask=own_scheduler[1])
    assert [finding.reason for finding in refusal.value.findings] == ["cluster_empty"]


@real
@pytest.mark.parametrize("lost", ["worker", "scheduler"])
def test_when_all_is_lost_every_job_that_was_not_done_fails_by_name(desk, tmp_path, own_scheduler, monkeypatch, lost):
    """One job is done, the next in hand, the third not sent."""
    monkeypatch.setattr(parallel, "PATIENCE", 3)
    for name in ("report", "verification"):
        write_notebook(desk.notebooks / f"{name}.ipynb", LOAD + "import time; time.sleep(120 * (year == '2025'))")
    process, address = own_scheduler
    with worker(address, tmp_path, "--no-nanny") as only:
        doomed = {"worker": only, "scheduler": process}[lost]

        def kill_after_the_first(outcome, total):
            if doomed.poll() is None:
                assert wait_for(lambda: len(of_ours(only)) == 2 + forks(None), 40)
                family.extend(of_ours(only))
                doomed.kill()

        family = []
        result = desk.run(dask=address, langs=["vi"], progress=kill_after_the_first)
    reasons = {str(o.job): [f.reason for f in o.findings] for o in result.outcomes}
    assert reasons.pop("2024/world/report.vi") == []
    late = {"worker": "cluster_empty", "scheduler": "cluster_lost"}[lost]
    assert reasons == {f"2025/communes/{name}.vi": [late] for name in ("report", "verification")}
    assert (desk.reports / "public/2024/world/report.vi.html").is_file()
    assert len(family) == 2 + forks(None) and wait_for(lambda: not any(map(alive, family)), 60)


@real
def test_a_job_that_hangs_is_told_why(desk, own_scheduler, monkeypatch):
    """The scheduler answers and has no workers; it is gone, and the client has not noticed."""
    monkeypatch.setattr(parallel, "ANSWER", 1)
    process, address = own_scheduler
    task = tasks_of(desk.data, desk.reports, desk.notebooks, "plain_page")[0]

    def reasons():
        return [f.reason for outcome in cluster.given_up({Future(): task}, address) for f in outcome.findings]

    assert reasons() == ["cluster_empty"]
    process.kill()
    process.wait()
    assert reasons() == ["cluster_lost"]


@real
@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense://127.0.0.1:1", "127.0.0.1:many", ""])
def test_an_address_where_nobody_answers_is_refused(desk, address, monkeypatch):
    monkeypatch.setattr(parallel, "ANSWER", 1)
    with pytest.raises(Refusal) as refusal:
        list(cluster.run_all([], address))
    assert [(f.code, f.reason, f.value) for f in refusal.value.findings] == [
        ("E_CLUSTER", "cluster_unreachable", address)
    ]


@real
@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_somebody_who_is_no_scheduler_is_refused(says, monkeypatch):
    """One that is silent and one that says what dask takes for an immense length."""
    monkeypatch.setattr(parallel, "ANSWER", 1)
    held: list[socket.socket] = []

    def answer():
        held.append(server.accept()[0])
        held[0].sendall(says)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(Refusal) as refusal:
            list(cluster.run_all([], f"tcp://127.0.0.1:{server.getsockname()[1]}"))
        held[0].close()
    assert [finding.reason for finding in refusal.value.findings] == ["cluster_unreachable"]


def test_without_dask_the_finding_says_what_to_install(desk, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(Refusal) as refusal:
        desk.run(dask="tcp://127.0.0.1:9")
    assert [finding.reason for finding in refusal.value.findings] == ["cluster_library"]


@pytest.mark.parametrize("part", ["dxlib", "requirements.lock", "Python", "numpy"])
def test_every_part_of_the_state_counts(part):
    here = cluster.identity()
    there = {**here, "packages": {**here["packages"], "only-there": "1"}}
    assert cluster.differing("w", here, there) is None
    if part in there:
        there[part] = "another"
    else:
        there["packages"][part] = "another"
    assert cluster.differing("w", here, there).facts["part"] == part
    assert cluster.differing("w", here, ModuleNotFoundError("No module named 'dxlib'")).facts["part"] == "dxlib"


# Parcels ------------------------------------------------------------------------------------------------------------

OPENED: list[str] | None = None


def note(event, arguments):
    if OPENED is not None and event == "open" and isinstance(arguments[0], (str, os.PathLike)):
        OPENED.append(os.fspath(arguments[0]))


@pytest.fixture(scope="module")
def province(tmp_path_factory):
    """The sample with everything that may stand beside it: sign-offs, documents, templates, what nobody reads."""
    root = tmp_path_factory.mktemp("province") / "data"
    shutil.copytree(HOUSE / "data", root)
    for year, group in places(root):
        header = "version,fingerprint,role,decision,date,reason,previous\n"
        (root / year / group / "approvals.csv").write_text(header, "utf-8")
        (root / year / group / "forms").mkdir(exist_ok=True)
        (root / year / group / "forms" / "received.xlsx").write_bytes(b"PK")
    (root / "templates").mkdir()
    (root / "templates" / "to-trinh.docx").write_bytes(b"PK")
    return root


def test_a_parcel_holds_every_file_that_reading_opens(province, tmp_path):
    """Noted while the case is read in the three ways in which notebooks read."""
    global OPENED
    sys.addaudithook(note)
    tasks = tasks_of(province, tmp_path, HOUSE / "notebooks", "dxlib.publish", ["2025"], ["departments"], None, ["vi"])
    assert len(tasks) > 5 and not [task for task in tasks if isinstance(task, Outcome)]
    for task in tasks:
        got = cluster.unpacked(cluster.parcel(task, {}))
        OPENED = []
        batch.open_case(province, task.job.year, task.job.group, batch.reading(task.job.notebook))
        opened, OPENED = {Path(p) for p in OPENED}, None
        below = {path.relative_to(province).as_posix() for path in opened if path.is_relative_to(province)}
        whole = {path.partition("@")[0] for path in task.inputs}  # of a part of a table (`audit.part`) the table
        assert below and below | whole <= set(got.files)
        assert "2025/departments/approvals.csv" in below and not [name for name in got.files if "received" in name]
        assert ("templates/to-trinh.docx" in got.files) == (task.job.notebook == "brief")
        assert {name: (province / name).read_bytes() for name in got.files} == got.files


def test_a_later_year_and_an_undemanded_document_stay_at_home(desk):
    folder = desk.data / "2024" / "world" / "evidence"
    folder.mkdir()
    (folder / "letter.pdf").write_bytes(b"private")
    (task, *_) = tasks_of(desk.data, desk.reports, desk.notebooks, "plain_page", ["2024"], None, None, ["vi"])
    got = cluster.unpacked(cluster.parcel(task, {}))
    assert {name.split("/")[0] for name in got.files} == {"2024"}
    assert got.folders == ("2024/world/evidence",)  # that it is there is seen; what is in it was not asked for


@pytest.mark.parametrize("path", ["../out.csv", "/out.csv", "2025/../../out.csv"])
def test_a_path_that_leads_out_of_the_scratch_folder_is_refused(desk, tmp_path, path):
    (task, *_) = tasks_of(desk.data, desk.reports, desk.notebooks, "plain_page", ["2025"], None, None, ["vi"])
    own, scratch = cluster.identity(), tmp_path / "scratch"
    scratch.mkdir()
    got = replace(cluster.unpacked(cluster.parcel(task, own)), files={path: b""})
    outcome = cluster.served(got, scratch, scratch, own)
    assert [finding.reason for finding in outcome.findings] == ["path_outside"]
    assert not list(tmp_path.rglob("out.csv")) and not (scratch / "data").exists() and not Path("/out.csv").exists()


def test_a_worker_that_came_later_in_another_state_fails_its_jobs_by_name(desk, tmp_path):
    (task, *_) = tasks_of(desk.data, desk.reports, desk.notebooks, "plain_page", ["2025"], None, None, ["vi"])
    own = cluster.identity()
    got = cluster.unpacked(cluster.parcel(task, {**own, "Python": "2.7"}))
    outcome = cluster.served(got, tmp_path, tmp_path, own)
    assert outcome.status == "failed" and outcome.findings[0].reason == "cluster_differs"


# A process on a worker's machine --------------------------------------------------------------------------------


def test_a_process_that_nobody_needs_leaves_without_a_trace(tmp_path):
    code = "from dxlib.runs import cluster; cluster.IDLE = 0.2; cluster.serve()"
    environment = {**os.environ, "PYTHONPATH": str(HOUSE), "TMPDIR": str(tmp_path)}
    dead = tmp_path / f"{cluster.SCRATCH}1-1-left"  # process 1 was not born in 1970
    dead.mkdir()
    (tmp_path / f"{cluster.SCRATCH}notes").mkdir()
    with subprocess.Popen(
        [sys.executable, "-P", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as process:
        assert process.wait(60) == 0 and process.stdout.read() == b""
    assert [path.name for path in tmp_path.iterdir()] == [f"{cluster.SCRATCH}notes"]


def test_a_process_whose_worker_has_ended_leaves_without_a_trace(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(HOUSE), "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-P", "-c", "from dxlib.runs.cluster import serve; serve()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    ) as process:
        assert wait_for(lambda: list(tmp_path.iterdir()), 40)
        process.stdin.close()
        process.wait(30)
    assert not list(tmp_path.iterdir())
