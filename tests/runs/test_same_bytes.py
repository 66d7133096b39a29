"""The same bytes whatever the machine is set to: one test per knob, every format, real notebooks and exporters."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from desk import Desk

from tests import another_python

ROOT = Path(__file__).resolve().parents[2]
KNOBS = {
    "another run": {},
    "another folder": {},
    "time zone": {"TZ": "Pacific/Kiritimati"},
    "plain locale": {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "1"},
    "Vietnamese locale": {"LC_ALL": "vi_VN.UTF-8", "LANG": "vi_VN.UTF-8", "LANGUAGE": "vi"},
    "hash seed": {"PYTHONHASHSEED": "4242"},
    "one thread": {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    "two threads": {"OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"},
    "older processor, linear algebra": {"OPENBLAS_CORETYPE": "Haswell"},
    "older processor, arrays": {"NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX2 FMA3"},
}


def made(
    data: Path, reports: Path, knobs: dict[str, str], *chosen: str, python: str = sys.executable
) -> dict[str, bytes]:
    """Product -> bytes of a run in a process of its own."""
    command = [python, "-m", "dxlib", "run", "--data", str(data), "--reports", str(reports), "--quiet"]
    command += chosen or ("--years", "2025", "--lang", "vi", "-p", "draws=200")
    subprocess.run(command, cwd=ROOT, env={**os.environ, **knobs}, check=True, capture_output=True, timeout=600)
    files = (path for path in reports.rglob("*") if path.is_file() and path.name != "run-log.json")
    return {path.relative_to(reports).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def province(tmp_path_factory) -> Desk:
    return Desk(tmp_path_factory.mktemp("province"))


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("first") / "reports"


@pytest.fixture(scope="module")
def first(province, place) -> dict[str, bytes]:
    return made(province.data, place, {})


@pytest.mark.parametrize("knob", KNOBS)
def test_a_knob_changes_no_byte(province, place, first, tmp_path, knob):
    if knob == "another run":
        shutil.rmtree(place)
    else:
        place = tmp_path / "elsewhere" / "reports"
    again = made(province.data, place, KNOBS[knob])
    assert {Path(name).suffix for name in first} >= {".html", ".pdf", ".csv", ".json", ".xlsx", ".docx", ".md"}
    assert again.keys() == first.keys()
    assert [name for name in first if first[name] != again[name]] == []


def asked(python: str, *command: object, **knobs: str) -> subprocess.CompletedProcess:
    around = {**os.environ, **knobs}
    return subprocess.run(
        [python, *map(str, command)], cwd=ROOT, env=around, capture_output=True, text=True, timeout=600
    )


@pytest.mark.real("another python")
def test_another_python_makes_the_same_bytes_and_confirms_what_this_one_made(tmp_path):
    """A part of the sample with all pages in both languages, then the three ways in which an audit looks at it."""
    other, ours, theirs = another_python.set_up(), tmp_path / "ours", tmp_path / "theirs"
    assert other, "the packages of the lock could not be installed"
    chosen = ("--years", "2024", "--groups", "districts", "-p", "draws=200")
    mine = made(ROOT / "data", ours, {}, *chosen)
    again = made(ROOT / "data", theirs, {}, *chosen, python=other)
    assert {Path(name).suffix for name in mine} >= {".html", ".pdf", ".csv", ".json", ".xlsx", ".docx"}
    assert again.keys() == mine.keys()
    assert [name for name in mine if mine[name] != again[name]] == []
    versions = {json.loads((place / "run-log.json").read_bytes())["python"] for place in (ours, theirs)}
    assert len(versions) == 2  # the log says which it was; the record, equal to the byte, does not
    for reader in ("public", "internal"):
        said = asked(another_python.found(), "-S", "-m", "dxlib.audit", ours / reader, "--data", ROOT / "data")
        assert said.returncode == 0, said.stdout
    kept = asked(other, "-m", "dxlib", "run", "--data", ROOT / "data", "--reports", ours, "--json", *chosen)
    assert {job["status"] for job in json.loads(kept.stdout)} == {"kept"}


@pytest.mark.real("another python")
def test_a_record_made_here_is_confirmed_by_a_rerun_on_a_clean_machine(tmp_path):
    """Another Python, its packages set up from the lock, another processor, zone and language; the repository alone."""
    other, reports = another_python.set_up(), tmp_path / "reports"
    chosen = ("--years", "2024", "--groups", "districts", "--notebooks", "report,brief", "--lang", "vi")
    made(ROOT / "data", reports, {}, *chosen)
    command = ("-m", "dxlib", "audit", "--rerun", "--data", ROOT / "data", "--reports", reports)
    knobs = {name: value for knob in KNOBS.values() for name, value in knob.items()}
    said = asked(other, *command, "--json", **knobs)
    assert said.returncode == 0 and json.loads(said.stdout)["rerun"] == []
    page = reports / "public/2024/districts/report.vi.html"
    page.write_bytes(page.read_bytes() + b"\n")
    said = asked(other, "-m", "dxlib", "audit", "--reports", reports, "--json", **knobs)
    assert said.returncode == 1 and page.name in said.stdout
