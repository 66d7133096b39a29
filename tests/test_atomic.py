"""Several files changed together: all of them or none, at whatever point the work is interrupted."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from dxlib import atomic
from dxlib.atomic import PENDING, Decided, put, put_all, recover, working_folder
from dxlib.errors import Refusal
from tests.crash import changes, interrupted

FORK = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here: the interruptions are met in a child process")
READ = """import sys
from pathlib import Path
from dxlib.atomic import recover
folder = Path(sys.argv[1])
recover(folder)
print((folder / "a.csv").read_text())"""
OLD = {"a.csv": b"old a", "deep/b.csv": b"old b", "away.csv": b"old"}
NEW = {"a.csv": b"new a", "deep/b.csv": b"new b", "deep/er/c.csv": b"new c"}


def files(folder) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "folder"
    put_all(folder, OLD)
    return folder


def test_replaced_added_and_taken_away(folder):
    assert files(folder) == OLD
    put_all(folder, NEW, gone=["away.csv", "never.csv"])
    assert files(folder) == NEW and not list(folder.glob(".*"))


@FORK
def test_every_interruption_leaves_the_old_or_the_new(folder):
    seen = set()
    for how in interrupted(folder, lambda: put_all(folder, NEW, gone=["away.csv"])):
        recover(folder)
        left = {path: data for path, data in files(folder).items() if not path.startswith(".partial-")}
        assert left in (OLD, NEW), how
        seen.add(left == NEW)
        put_all(folder, NEW, gone=["away.csv"])  # the next one succeeds and sweeps up
        assert files(folder) == NEW and not list(folder.glob(".*")), how
    assert seen == {True, False}


@FORK
def test_one_file_is_the_old_or_the_new(folder):
    seen = set()
    for how in interrupted(folder, lambda: put(folder / "a.csv", b"new a")):
        left = files(folder)
        left.pop("a.csv.partial", None)  # a killed process leaves it
        assert left in (OLD, OLD | {"a.csv": b"new a"}), how
        assert how.startswith("kill") or not list(folder.glob("*.partial")), how
        seen.add(left == OLD)
    assert seen == {True, False}


@FORK
def test_the_enumeration_sees_every_change(folder):
    """Three files and the list of what is gone: folder, file, data, move and clearing up of each."""
    assert changes(folder, lambda: put_all(folder, NEW, gone=["away.csv"])) > 25


@pytest.mark.welcome
@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_read_only_folder_is_named_and_stays(folder):
    folder.chmod(0o555)
    try:
        with pytest.raises(PermissionError):
            put_all(folder, NEW)
    finally:
        folder.chmod(0o755)
    assert files(folder) == OLD


def test_what_is_in_the_way_is_named_before_anything_moves(folder):
    (folder / "deep/er/c.csv/something").mkdir(parents=True)
    (folder / "away.csv").unlink()
    (folder / "away.csv").mkdir()
    before = files(folder)
    with pytest.raises(Refusal) as refused:
        put_all(folder, NEW, gone=["away.csv"])
    assert [(f.reason, f.file) for f in refused.value.findings] == [
        ("file_held", str(folder / path)) for path in ("deep/er/c.csv", "away.csv")
    ]
    assert files(folder) == before and not list(folder.glob(".*"))


def test_what_comes_in_the_way_after_the_stroke_is_named_and_nothing_else_is_lost(folder, monkeypatch):
    monkeypatch.setattr(atomic, "all_free", lambda *_: None)
    (folder / "deep/er/c.csv/something").mkdir(parents=True)
    for command in (lambda: put_all(folder, NEW), lambda: recover(folder)):  # until it is out of the way
        with pytest.raises(Decided) as refused:
            command()
        assert [f.reason for f in refused.value.findings] == ["decided"]
    (folder / "deep/er/c.csv/something").rmdir()
    (folder / "deep/er/c.csv").rmdir()
    recover(folder)
    assert files(folder) == NEW | {"away.csv": b"old"}


@pytest.mark.parametrize("path", ["../x", "deep/../../x", "/tmp/x"])
def test_no_path_leads_out(folder, path):
    with pytest.raises(Refusal):
        put_all(folder, {path: b"x"})
    assert files(folder) == OLD


def test_one_at_a_time(folder):
    with working_folder(folder), pytest.raises(Refusal) as refused:
        put_all(folder, NEW)
    assert [f.code for f in refused.value.findings] == ["E_LOCK"] and files(folder) == OLD


def test_a_reader_waits_for_a_writer_that_is_still_at_work(folder):
    """The reader's process sees only the new state: the writer holds its lock until everything is in its place."""
    with working_folder(folder) as work:
        (work / "new").mkdir()
        (work / "new/a.csv").write_bytes(b"new a")
        (work / "new").rename(folder / PENDING)
        reader = subprocess.Popen([sys.executable, "-c", READ, str(folder)], stdout=subprocess.PIPE, text=True)
        with pytest.raises(subprocess.TimeoutExpired):
            reader.wait(1.5)
    assert reader.communicate(timeout=20)[0] == "new a\n"
