"""What a person sees of a run: what runs, what is left, when it will be done; a page of what failed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from desk import LOAD, write_notebook

from dxlib.audit import audit
from dxlib.runs.execute import Outcome
from dxlib.runs.matrix import Job
from dxlib.runs.watch import Watch

JOBS = [Job("2025", f"group{i}", "report", "vi", "public") for i in range(4)]


def test_the_estimate_goes_by_what_was_made_so_far(capsys):
    now = iter([100.0, 130.0, 130.0, 400.0])
    watch = Watch("vi", clock=lambda: next(now))
    watch.progress(Outcome(JOBS[0], "kept"), 4)  # takes no time and says nothing about the rest
    watch.begun(JOBS[1])
    watch.progress(Outcome(JOBS[1], "made"), 4)
    watch.progress(Outcome(JOBS[2], "kept"), 4)
    watch.progress(Outcome(JOBS[3], "failed"), 4)
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "[1/4] 2025/group0/report.vi — không đổi",
        "[2/4] 2025/group1/report.vi — xong (còn khoảng 1 phút)",
        "[3/4] 2025/group2/report.vi — không đổi (còn khoảng 30 giây)",
        "[4/4] 2025/group3/report.vi — không thành công",
    ]


def test_data_with_errors_say_nothing_about_the_rest(capsys):
    watch = Watch("vi", clock=lambda: 400.0)
    watch.progress(Outcome(JOBS[0], "failed"), 4)  # refused before it began
    assert capsys.readouterr().out == "[1/4] 2025/group0/report.vi — không thành công\n"


@pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminal here")
def test_a_screen_gets_a_moving_line_with_what_runs(desk, tmp_path):
    import pty

    shown, theirs = pty.openpty()
    command = [sys.executable, "-c", DRIVE, *map(str, (desk.data, desk.reports, desk.notebooks))]
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "160"}
    driver = subprocess.Popen(command, stdout=theirs, stderr=theirs, env=env, cwd=Path(__file__).parent)
    os.close(theirs)
    said = b""
    try:
        while True:
            said += os.read(shown, 65536)
    except OSError:  # the other end is closed
        pass
    assert driver.wait(10) == 0, said.decode(errors="replace")
    text = said.decode(errors="replace")
    assert "2025/communes/report.vi" in text and "còn khoảng" in text and "6/6" in text


DRIVE = """
import sys
from pathlib import Path
from dxlib.runs import run
from dxlib.runs.watch import watched
data, reports, notebooks = map(Path, sys.argv[1:])
with watched("vi") as watch:
    run(data, reports, notebooks_in=notebooks, exporter="plain_page", jobs=2, progress=watch.progress, begun=watch.begun)
"""


def test_the_page_of_failures_stands_while_there_are_any(desk):
    write_notebook(desk.notebooks / "verification.ipynb", LOAD, "## Sai lệch", "1 / 0")
    desk.run(langs=["vi"])
    page = (desk.reports / "internal/failures.html").read_text(encoding="utf-8")
    assert "<td>2025</td><td>communes</td><td>verification.vi</td><td>Sai lệch</td>" in page
    assert 'href="2025/communes/verification.vi.failed.ipynb"' in page and "ZeroDivisionError" in page
    assert "1 reports could not be made" in (desk.reports / "internal/failures.en.html").read_text(encoding="utf-8")
    assert audit(desk.reports / "internal").confirmed  # the page and the notebook are in the record
    write_notebook(desk.notebooks / "verification.ipynb", LOAD)
    desk.run(langs=["vi"])
    assert not list((desk.reports / "internal").glob("failures*"))
    assert audit(desk.reports / "internal").confirmed
