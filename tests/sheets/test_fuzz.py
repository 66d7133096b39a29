"""The reader of workbooks against what was never meant for it: see `fuzz` for what is done to a form and what must hold.

    DXLIB_FUZZ=100000 python run.py test tests/sheets/test_fuzz.py
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SEED = 26
COUNT = int(os.environ.get("DXLIB_FUZZ", "3000"))


def test_whatever_comes_is_read_or_refused_by_name():
    """In a process of its own with bounded memory, a bounded time for each."""
    pytest.importorskip("resource")
    run = [sys.executable, "-m", "tests.sheets.fuzz", str(SEED), "0", str(COUNT)]
    done = subprocess.run(run, cwd=Path(__file__).parents[2], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("{"), done.stdout + done.stderr
