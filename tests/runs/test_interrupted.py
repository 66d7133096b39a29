"""A run, a sign-off, an intake interrupted at every change they make: the old or the new state, never a mix."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

import pytest
from desk import Desk
from test_approve import answer, sign

from dxlib import atomic
from dxlib.atomic import PENDING, Decided, recover
from dxlib.audit import audit
from dxlib.case import check, read_case
from dxlib.errors import Refusal
from dxlib.runs import batch, products, publication
from dxlib.runs.execute import Outcome
from tests.crash import in_memory, interrupted, left_in

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here: interruptions are met in a child")


def without_kernels(tasks, *how):
    """Products that say what they were made from: what is tested here is how they get to their places."""
    for task in tasks:
        if isinstance(task, Outcome):
            yield task
        else:
            made = {path: f"{path} {task.page['fingerprint']}".encode() for path in products.declared(task.job)}
            yield Outcome(task.job, "made", files=made | dict(task.tables))


def listed(public) -> list:
    return sorted(p.relative_to(public) for p in public.glob("*/*/*.html"))


@pytest.fixture
def desk():
    with TemporaryDirectory(dir=in_memory()) as place:
        yield Desk(Path(place))


@pytest.fixture
def reports(desk, monkeypatch):
    monkeypatch.setattr(batch, "run_all", without_kernels)
    monkeypatch.setattr(batch.fingerprint, "digest_library", lambda folder: "0" * 64)  # the slow parts of a run that
    monkeypatch.setattr(batch.log, "described", lambda *facts: b"{}")  # change nothing on the disk
    monkeypatch.setattr(
        publication, "site", lambda public, *_: {"index.html": "\n".join(map(str, listed(public))).encode()}
    )
    desk.run = partial(desk.run, notebooks=["report"], years=["2025"])
    desk.run()
    return desk.reports


def deviations(reports) -> list:
    return list(audit(reports / "public").deviations)


def test_a_run(desk, reports):
    assert deviations(reports) == []
    old = desk.products()
    answer(desk, ("yes", "no"))
    ends, known = [], set()
    for how in interrupted(reports, desk.run):
        found = left_in(reports)
        if found in known:  # another interruption has left the very same; the next run does not know which it was
            continue
        known.add(found)
        recover(reports / "public")
        assert deviations(reports) == [], how
        left = desk.products()
        ends.append({path: left.get(path) for path in old if path.endswith(".html")})
        assert desk.run().exit_code == 0, how
        assert deviations(reports) == [], how
        whole = desk.products()
        assert not [path for path in whole if path.startswith(".")] and whole.keys() == old.keys(), how
    assert len({tuple(sorted(end.items())) for end in ends}) >= 2  # old, the case's pages new


def test_a_run_whose_work_vanished_publishes_nothing(desk, reports, monkeypatch):
    old, real = desk.products(), atomic.digests
    answer(desk, ("yes", "no"))
    monkeypatch.setattr(atomic, "digests", lambda new: (rmtree(new, ignore_errors=True), real(new))[1])
    with pytest.raises(Refusal) as refused:
        desk.run()
    assert [f.reason for f in refused.value.findings] == ["staging_lost"]
    assert desk.products() == old and deviations(reports) == []
    monkeypatch.setattr(atomic, "digests", real)
    assert desk.run().exit_code == 0 and deviations(reports) == []


@pytest.mark.parametrize("times", [1, 10**9])
def test_a_run_that_cannot_finish_what_it_decided_says_so(desk, reports, monkeypatch, times):
    """Whether there is room again when it clears up, or not."""
    answer(desk, ("yes", "no"))
    real, left = os.replace, iter(range(times))

    def full(source, target, **more):
        if PENDING in str(source) and next(left, None) is not None:
            raise OSError(28, os.strerror(28), str(target))
        real(source, target, **more)

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(Decided):
        desk.run()
    monkeypatch.setattr(os, "replace", real)
    assert desk.run().exit_code == 0 and deviations(reports) == []


def test_a_sign_off(desk, reports):
    folder = desk.data / "2025/communes"
    signed = set()
    for how in interrupted(folder, lambda: sign(desk)):
        rows = read_case(desk.data, "2025", "communes").approvals
        signed.add(len(rows))
        assert not [f for f in check(desk.data) if f.severity == "error"], how
        if not len(rows):
            sign(desk)
        assert not (folder / PENDING).exists(), how
    assert signed == {0, 1}
