"""The same bytes whatever the machine is set to: one test per knob, every format, real notebooks and exporters."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from desk import Desk

ROOT = Path(__file__).resolve().parents[2]
KNOBS = {
    "time zone": {"TZ": "Pacific/Kiritimati"},
    "locale": {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "1"},
    "hash seed": {"PYTHONHASHSEED": "4242"},
    "one thread": {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    "older processor, linear algebra": {"OPENBLAS_CORETYPE": "Haswell"},
    "older processor, arrays": {"NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX2 FMA3"},
}


def made(desk: Desk, reports: Path, knobs: dict[str, str]) -> dict[str, bytes]:
    """Product -> bytes of a run in a process of its own."""
    command = [sys.executable, "-m", "dxlib", "run", "--data", str(desk.data), "--reports", str(reports), "--quiet"]
    command += ["--years", "2025", "--lang", "vi", "-p", "draws=200"]
    subprocess.run(command, cwd=ROOT, env={**os.environ, **knobs}, check=True, capture_output=True, timeout=300)
    files = (path for path in reports.rglob("*") if path.is_file() and path.name != "run-log.json")
    return {path.relative_to(reports).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def province(tmp_path_factory) -> Desk:
    return Desk(tmp_path_factory.mktemp("province"))


@pytest.fixture(scope="module")
def first(province, tmp_path_factory) -> dict[str, bytes]:
    return made(province, tmp_path_factory.mktemp("first") / "reports", {})


@pytest.mark.parametrize("knob", KNOBS)
def test_a_knob_changes_no_byte(province, first, tmp_path, knob):
    again = made(province, tmp_path / "elsewhere" / "reports", KNOBS[knob])
    assert {Path(name).suffix for name in first} >= {".html", ".pdf", ".csv", ".json", ".xlsx", ".docx", ".md"}
    assert again.keys() == first.keys()
    assert [name for name in first if first[name] != again[name]] == []
