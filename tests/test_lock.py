"""One writer at a time: between processes, containers and machines. Nobody takes another desk's work away."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dxlib import atomic, lock
from dxlib.atomic import PENDING, Decided, put_all, recover, working_folder
from dxlib.cli import main
from dxlib.errors import Refusal
from dxlib.lock import HELD, NOTE, PARTIAL
from tests.case.folder import write
from tests.explore.test_model import folder as small
from tests.test_commands_interrupted import taking_in

OLD, NEW = {"a.csv": b"old a", "b.csv": b"old b"}, {"a.csv": b"new a", "b.csv": b"new b"}
NAMESPACE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--user", "--map-root-user"]
HOLD = """import sys, time
from pathlib import Path
from dxlib import atomic
real = atomic.commit
def slow(*given):
    print("staged", flush=True)
    sys.stdin.readline()
    real(*given)
atomic.commit = slow
atomic.put_all(Path(sys.argv[1]), {"a.csv": b"first a", "b.csv": b"first b"})
print("done", flush=True)"""
WRITE = """import sys
from pathlib import Path
from dxlib.atomic import put_all
from dxlib.errors import Refusal
try:
    put_all(Path(sys.argv[1]), {"a.csv": b"second a"})
except Refusal as refusal:
    sys.exit(" ".join(f.reason for f in refusal.findings))"""


def contained() -> bool:
    try:
        return subprocess.run([*NAMESPACE, "true"], capture_output=True).returncode == 0
    except OSError:
        return False


CONTAINERS = pytest.mark.skipif(not contained(), reason="unshare is not there or not allowed: no second container")


def files(folder) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def folder(tmp_path):
    put_all(tmp_path / "folder", OLD)
    return tmp_path / "folder"


def holder(folder, within=()) -> subprocess.Popen:
    """A process that has staged its change and waits to be told to go on."""
    command = [*within, sys.executable, "-c", HOLD, str(folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "staged\n"
    return process


def foreign(folder, **note) -> Path:
    """What a process of another machine left."""
    left = folder / f"{PARTIAL}{lock.signature(os.getpid())}-0123456789ab"
    left.mkdir()
    (left / HELD).touch()
    told = {"host": "may-khac", "pid": 77, "since": lock.now().isoformat()} | note
    (left / NOTE).write_text(json.dumps(told), encoding="utf-8")
    (left / "work").write_bytes(b"not ours")
    return left


def reasons(refused) -> list[str]:
    return [f.reason for f in refused.value.findings]


# Containers ---------------------------------------------------------------------------------------------------------


@pytest.mark.welcome
@CONTAINERS
@pytest.mark.parametrize("first, second", [(NAMESPACE, NAMESPACE), (NAMESPACE, []), ([], NAMESPACE)])
def test_two_containers_refuse_each_other_and_lose_nothing(folder, first, second):
    at_work = holder(folder, first)
    other = subprocess.run([*second, sys.executable, "-c", WRITE, str(folder)], capture_output=True, text=True)
    assert (other.returncode, other.stderr) == (1, "run_locked\n")
    said, _ = at_work.communicate("\n", timeout=60)
    assert (said, at_work.returncode) == ("done\n", 0)
    assert files(folder) == {"a.csv": b"first a", "b.csv": b"first b"}
    put_all(folder, NEW)
    assert files(folder) == NEW


@pytest.mark.welcome
@CONTAINERS
def test_a_killed_container_is_named_and_freed_by_its_user_alone(folder):
    at_work = holder(folder, NAMESPACE)
    at_work.kill()
    at_work.wait()
    left = next(folder.glob(f"{PARTIAL}*"))
    for _ in range(100):  # the process inside dies a moment later
        if not lock.at_work(left):
            break
        time.sleep(0.1)
    with pytest.raises(Refusal) as refused:
        put_all(folder, NEW)
    assert reasons(refused) == ["lock_left"] and left.is_dir()
    lock.free(left)
    put_all(folder, NEW)
    assert files(folder) == NEW


@pytest.mark.welcome
@CONTAINERS
def test_without_the_containers_own_table_of_processes(folder):
    """The table shows other processes under these numbers: the operating system's lock holds."""
    blind = [word for word in NAMESPACE if word != "--mount-proc"]
    at_work = holder(folder, blind)
    other = subprocess.run([*blind, sys.executable, "-c", WRITE, str(folder)], capture_output=True, text=True)
    assert (other.returncode, other.stderr) == (1, "run_locked\n")
    assert at_work.communicate("\n", timeout=60)[0] == "done\n"
    assert files(folder) == {"a.csv": b"first a", "b.csv": b"first b"}


# Machines -----------------------------------------------------------------------------------------------------------


def test_another_machines_lock_is_named_with_its_age_and_stays(folder):
    since = lock.now() - lock.timedelta(hours=3, minutes=5)
    left = foreign(folder, since=since.isoformat())
    with pytest.raises(Refusal) as refused:
        put_all(folder, NEW)
    assert reasons(refused) == ["lock_left"]
    facts = refused.value.findings[0].facts
    assert (facts["host"], facts["pid"], facts["hours"], facts["minutes"]) == ("may-khac", 77, 3, 5)
    assert facts["lock"] == left and (left / "work").read_bytes() == b"not ours"
    assert [p.name for p in folder.glob(".*")] == [left.name]  # of our own nothing is left


@pytest.mark.parametrize("broken", ["", "{", "[1, 2]", '{"since": "yesterday"}', '{"since": "2026-01-01"}', None])
def test_a_lock_whose_note_says_nothing_is_named_as_well(folder, broken):
    left = foreign(folder)
    if broken is None:  # killed before it was written
        (left / NOTE).unlink()
        (left / HELD).unlink()
    else:
        (left / NOTE).write_text(broken)
    with pytest.raises(Refusal) as refused:
        put_all(folder, NEW)
    assert reasons(refused) == ["lock_left"] and left.is_dir()


def test_what_a_former_start_of_the_machine_left_is_named(folder, monkeypatch):
    here = lock.machine()
    monkeypatch.setattr(lock, "machine", lambda: f"before {here}")
    name = lock.mine()
    monkeypatch.undo()
    (folder / name).mkdir()
    with pytest.raises(Refusal) as refused:
        put_all(folder, NEW)
    assert reasons(refused) == ["lock_left"]


def test_where_the_system_knows_no_locks_the_names_hold(folder, monkeypatch):
    def none(*_: object, **__: object) -> bool:
        raise OSError(95, os.strerror(95))

    monkeypatch.setattr("filelock.lock_descriptor", none)
    put_all(folder, NEW)
    left = foreign(folder)
    with pytest.raises(Refusal) as refused:
        put_all(folder, OLD)
    assert reasons(refused) == ["lock_left"]
    shutil.rmtree(left)
    with working_folder(folder), pytest.raises(Refusal) as refused:
        put_all(folder, OLD)
    assert reasons(refused) == ["run_locked"] and files(folder) == NEW


@pytest.mark.parametrize("lang, words", [("vi", "máy may-khac, tiến trình 77"), ("en", "host may-khac, process 77")])
def test_the_command_that_frees_it(tmp_path, monkeypatch, capsys, lang, words):
    data = tmp_path / "data"
    small(data)
    (data / "register.csv").write_text("agency,name_vi,level\n", encoding="utf-8")
    left = foreign(data)
    given = ["--data", str(data), "--lang", lang]
    (data / PENDING).mkdir()
    (data / PENDING / "register.csv").write_bytes((data / "register.csv").read_bytes())
    monkeypatch.setattr(atomic, "PATIENCE", 1)
    assert main(["check", *given]) == 1
    said = "".join(capsys.readouterr())
    assert words in said and f'dx check --free-lock "{left}"' in said and left.is_dir()
    assert main(["check", "--free-lock", str(left), *given]) == 0
    assert not list(data.glob(".*"))  # the freeing command has finished what was decided
    capsys.readouterr()
    assert main(["check", "--free-lock", str(data / "2024"), *given]) == 1
    assert "E_LOCK" in "".join(capsys.readouterr()) and (data / "2024").is_dir()


def test_nobody_at_work_is_freed(folder):
    with working_folder(folder) as work:
        with pytest.raises(Refusal) as refused:
            lock.free(work)
        assert reasons(refused) == ["run_locked"] and work.is_dir()
    with lock.held(folder) as own:  # another desk's, seen by the lock alone
        other = own.rename(own.with_name(f"{PARTIAL}7-7-0123456789ab"))
        with pytest.raises(Refusal) as refused:
            lock.free(other)
        assert reasons(refused) == ["run_locked"] and other.is_dir()


# The same machine ---------------------------------------------------------------------------------------------------


def test_a_killed_process_of_this_desk_is_swept_away(folder):
    at_work = holder(folder)
    at_work.send_signal(signal.SIGKILL)
    at_work.wait()
    assert list(folder.glob(f"{PARTIAL}*"))
    put_all(folder, NEW)
    assert files(folder) == NEW


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="births are told by the clock here")
def test_a_clock_that_steps_changes_nothing(folder, monkeypatch):
    """Births are counted from the machine's start: `btime`, which psutil adds, moves with every setting of the clock."""
    import psutil

    at_work = holder(folder)
    try:
        left = next(folder.glob(f"{PARTIAL}*"))
        real = psutil.Process.create_time
        monkeypatch.setattr(psutil.Process, "create_time", lambda self: real(self) + 2)
        monkeypatch.setattr(time, "time", lambda: 10**9)
        monkeypatch.setattr("filelock.lock_descriptor", lambda *_, **__: True)  # the names alone
        assert lock.at_work(left)
        with pytest.raises(Refusal) as refused:
            put_all(folder, NEW)
        assert reasons(refused) == ["run_locked"] and files(folder).items() >= OLD.items()
    finally:
        at_work.communicate("\n", timeout=60)
    assert files(folder) == {"a.csv": b"first a", "b.csv": b"first b"}


# What was staged ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("taken", ["", "new", "new/b.csv"])
@pytest.mark.parametrize("after", [0, 1, 2])
def test_staged_work_that_vanished_is_an_error_and_never_remade(folder, monkeypatch, taken, after):
    """Taken away before the first file, between the two, after both."""
    real, staged = atomic.stage, []

    def vanishing(work, path, data):
        if len(staged) == after and path.startswith("new/"):
            gone(work)
        staged.append(path)
        return real(work, path, data)

    def gone(work):
        path = work / taken
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)

    if after < 2:
        monkeypatch.setattr(atomic, "stage", vanishing)
    else:
        digests = atomic.digests
        monkeypatch.setattr(atomic, "digests", lambda new: (gone(new.parent), digests(new))[1])
    if (taken == "new/b.csv" and after < 2) or (taken, after) == (
        "new",
        0,
    ):  # it is written after that, or nothing is lost
        put_all(folder, NEW)
        assert files(folder) == NEW
        return
    with pytest.raises(Refusal) as refused:
        put_all(folder, NEW)
    assert reasons(refused) == ["staging_lost"] and files(folder) == OLD and not list(folder.glob(".*"))


def test_what_nobody_staged_is_not_published(folder, monkeypatch):
    digests = atomic.digests
    monkeypatch.setattr(atomic, "digests", lambda new: ((new / "a.csv").write_bytes(b"half"), digests(new))[1])
    with pytest.raises(Refusal) as refused:
        put_all(folder, NEW)
    assert reasons(refused) == ["staging_lost"] and files(folder) == OLD


def test_an_intake_whose_work_vanished_does_not_know_the_form(tmp_path, monkeypatch, capsys):
    """The claims were gone, received.csv knew the form, and the command had ended with 0."""
    root = tmp_path / "data"
    small(root)
    (root / "register.csv").write_text("agency,name_vi,level\n", encoding="utf-8")
    command, real = taking_in(root, tmp_path), atomic.digests
    before = files(root)
    monkeypatch.setattr(atomic, "digests", lambda new: (shutil.rmtree(new.parent), real(new))[1])
    assert command() == 1 and "E_LOCK" in capsys.readouterr().err and files(root) == before
    monkeypatch.setattr(atomic, "digests", real)
    assert command() == 0 and (root / "2024/departments/forms/received.csv").is_file()


# After the stroke ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang, words", [
    ("vi", "Đã quyết định ghi; lệnh sau sẽ hoàn tất"),
    ("en", "The change is decided; the next command finishes it"),
])  # fmt: skip
def test_a_full_disk_during_the_moves_is_no_failure(tmp_path, monkeypatch, capsys, lang, words):
    data = tmp_path / "data"
    small(data)
    (data / "register.csv").write_text("agency,name_vi,level\n", encoding="utf-8")
    real = os.replace

    def full(source, target, **more):
        if PENDING in str(source) and str(target).endswith("index.toml"):
            raise OSError(28, os.strerror(28), str(target))
        real(source, target, **more)

    monkeypatch.setattr(os, "replace", full)
    given = ["--data", str(data), "--lang", lang]
    assert main(["new-year", "2025", "--from", "2024", *given]) == 1
    said = "".join(capsys.readouterr())
    assert "E_IO" in said and words in said
    assert main(["check", *given]) == 1 and words in "".join(capsys.readouterr())  # as long as it is full
    monkeypatch.setattr(os, "replace", real)
    main(["check", *given])
    assert (data / "2025/departments/index.toml").is_file() and not list(data.rglob(".*"))


def test_a_failing_move_is_finished_by_the_next(folder, monkeypatch):
    real = os.replace
    monkeypatch.setattr(
        os, "replace", lambda a, b, **_: (_ for _ in ()).throw(OSError(28, "full")) if "b.csv" in str(b) else real(a, b)
    )
    with pytest.raises(Decided):
        put_all(folder, NEW)
    with pytest.raises(Decided):  # another change does not come between
        put_all(folder, OLD)
    monkeypatch.setattr(os, "replace", real)
    recover(folder)
    assert files(folder) == NEW


def test_what_killed_writers_left_is_named_and_cleared_at_its_users_word(tmp_path, capsys):
    """Ours by `--clean`, another desk's by `--free-lock` alone, whoever is at work never."""
    data, reports = write(tmp_path / "data"), tmp_path / "reports"
    reports.mkdir()
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    ours = [place / f".partial-{dead.pid}-1-{lock.whose()}" for place in (data, data / "2024/demo", reports)]
    other = data / "2024/.partial-7-1-0123456789ab"
    for left in (*ours, other):
        left.mkdir()
    check = ["check", "--data", str(data), "--reports", str(reports)]
    assert main(check) == 0
    said = capsys.readouterr().out
    assert said.count("W_LEFT") == 4 and said.count("--clean") == 3 and said.count("--free-lock") == 1
    with lock.held(data / "2024/demo") as work:
        assert ours[1].parent == work.parent and not ours[1].exists()  # the next writer clears it, too
        assert main([*check, "--clean"]) == 0
        assert work.is_dir() and other.is_dir() and not any(left.exists() for left in ours)
    assert capsys.readouterr().out.count("W_LEFT") == 1
