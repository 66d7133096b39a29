"""The front of the house: the lock, the environment file, run.py, and help that answers at once."""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1]
LOCK = (HOUSE / "requirements.lock").read_text("utf-8")
PROJECT = tomllib.loads((HOUSE / "pyproject.toml").read_text("utf-8"))
PIN = re.compile(r"^([a-z0-9._-]+)==([^\s;]+)( ; [^\\\n]+)? \\\n((?: {4}--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.M)


def load_run():
    spec = importlib.util.spec_from_file_location("run", HOUSE / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


run = load_run()
SIDE = ["-n", "logical", "--dist", "loadfile"]


# The lock -----------------------------------------------------------------------------------------------------------


def test_lock_holds_hashed_pins_and_nothing_else():
    assert PIN.sub("", LOCK) == ""


def test_lock_holds_one_version_of_each_package():
    names = [match[1] for match in PIN.finditer(LOCK)]
    assert len(names) > 100 and len(names) == len(set(names))


def test_lock_has_everything_the_project_names():
    extras = [line for lines in PROJECT["project"]["optional-dependencies"].values() for line in lines]
    named = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"] + extras
    wanted = {re.match(r"[A-Za-z0-9-]+", line)[0].lower() for line in named}
    assert wanted <= {match[1] for match in PIN.finditer(LOCK)}


def test_no_fact_is_written_twice():
    """Exact versions stand in the lock alone; environment.yml names a Python and points to the lock."""
    named = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]
    assert not [line for line in named if "==" in line]
    lines = (HOUSE / "environment.yml").read_text("utf-8").splitlines()
    assert "# pip install --no-deps -e ." in lines
    written = [line.strip() for line in lines if line and not line.startswith("#")]
    assert written[:2] == ["name: dx-workbooks", "dependencies:"]
    assert written[3:] == ["- pip", "- pip:", '- "-r requirements.lock"']
    python = re.fullmatch(r"- python=(3\.\d+)", written[2])[1]
    assert run.supported(python + ".0")


def test_project_is_private_and_asks_for_the_pythons_run_looks_for():
    assert "Private :: Do Not Upload" in PROJECT["project"]["classifiers"]
    asked = PROJECT["project"]["requires-python"]
    assert asked == f">=3.{min(run.MINORS)},<3.{max(run.MINORS) + 1}"


def test_no_address_of_a_registry_and_no_place_of_one_machine():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=HOUSE, capture_output=True, encoding="utf-8").stdout
    refused = re.compile("|".join(["pypi" + r"\.org", "files" + r"\.pythonhosted", "/ro" + "ot/", "/wo" + "rk/"]))
    texts = {".py", ".toml", ".yml", ".lock", ".md", ".cff", ".json", ".csv", ".ipynb", ".html", ".css", ""}
    files = [HOUSE / name for name in listed.split("\0") if name and Path(name).suffix in texts]
    assert not [path.name for path in files if path.is_file() and refused.search(path.read_text("utf-8"))]


# run.py -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ([], ["-m", "dxlib", "run"]),
        (["test"], ["-m", "pytest", *SIDE]),
        (["test", "-k", "rank", "tests/known"], ["-m", "pytest", *SIDE, "-k", "rank", "tests/known"]),
        (["test", "-n0"], ["-m", "pytest", "-n0"]),
        (["test", "--pdb"], ["-m", "pytest", "--pdb"]),
        (["--help"], ["-m", "dxlib", "--help"]),
        (["score", "2025", "communes"], ["-m", "dxlib", "score", "2025", "communes"]),
    ],
)
def test_arguments_reach_the_right_program(given, asked):
    assert run.command(given) == asked


@pytest.mark.parametrize("version", ["3.11.0", "3.12.1", "3.13.0", "3.14.0rc1"])
def test_supported_pythons(version):
    assert run.supported(version)


@pytest.mark.parametrize("version", ["3.10.13", "3.15.0", "2.7.18", "4.11.0", "3", "", None, "pyenv: not found"])
def test_refused_pythons(version):
    assert not run.supported(version)


def test_stamp_changes_with_each_of_its_facts():
    stamps = {
        run.stamp(lock, version, place)
        for lock in (b"a", b"b")
        for version in ("3.11.7", "3.12.1")
        for place in (Path("một"), Path("hai"))
    }
    assert len(stamps) == 8


def test_running_python_is_tried_first_then_the_newest():
    tried = list(run.candidates("posix"))
    assert len(tried) == 5 and tried[1:] == [["python3.14"], ["python3.13"], ["python3.12"], ["python3.11"]]
    assert ["py", "-3.12"] in list(run.candidates("nt"))


def test_python_that_does_not_start_is_passed_over(tmp_path):
    """A pyenv shim of an inactive version exists, but ends with status 127."""
    absent, shim = [str(tmp_path / "absent")], [sys.executable, "-c", "raise SystemExit(127)"]
    assert run.version_of(absent) is None and run.version_of(shim) is None
    assert run.find_python([absent, shim]) is None


def test_no_supported_python_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(run, "is_ready", lambda: False)
    monkeypatch.setattr(run, "find_python", lambda commands: None)
    with pytest.raises(SystemExit) as end:
        run.make_ready()
    message = str(end.value)
    assert "Chưa tìm thấy Python 3.11" in message and "Debian, Ubuntu: apt install" in message


@pytest.mark.welcome
def test_run_speaks_under_an_old_python(tmp_path):
    old = next((path for minor in range(6, 11) if (path := other_python(minor))), None)
    if old is None:
        pytest.skip("no Python 3.6 to 3.10 here")
    shutil.copy(HOUSE / "run.py", tmp_path)
    done = subprocess.run(
        [old, str(tmp_path / "run.py")], env={**os.environ, "PATH": ""}, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 1 and "Chưa tìm thấy Python 3.11" in done.stderr and "Traceback" not in done.stderr


def test_environment_of_everything_that_runs():
    given = {"PATH": "p", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": "elsewhere"}
    assert run.surroundings(given) == {
        "PATH": "p",
        "PYTHONUTF8": "1",
        "PYTHONHASHSEED": "0",
        "OPENBLAS_NUM_THREADS": "1",
    }


def test_wheels_beside_run_mean_no_network(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "WHEELS", tmp_path)
    assert all("--no-index" in line and "--require-hashes" in line for line in run.installers("python"))
    monkeypatch.setattr(run, "WHEELS", tmp_path / "absent")
    assert not any("--no-index" in line for line in run.installers("python"))


def wheel(folder, name, body):
    """A package of one module, as small as a wheel can be."""
    parts = {f"{name}.py": body, f"{name}-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}
    parts[f"{name}-1.0.dist-info/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    parts[f"{name}-1.0.dist-info/RECORD"] = "".join(f"{path},,\n" for path in [*parts, f"{name}-1.0.dist-info/RECORD"])
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as package:
        for place, text in parts.items():
            package.writestr(zipfile.ZipInfo(place), text)
    return path


def test_a_tampered_wheel_of_the_bundle_is_refused_by_name(tmp_path, monkeypatch):
    """Every installer that the set-up may use; a wheel that the lock does not know is never looked at."""
    wheels, lock = tmp_path / "wheels", tmp_path / "requirements.lock"
    wheels.mkdir()
    made = [wheel(wheels, name, "x = 1\n") for name in ("firstly", "secondly")]
    wheel(wheels, "stranger", "x = 1\n")
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in made]
    pins = zip(("firstly", "secondly"), digests, strict=True)
    lock.write_text("".join(f"{name}==1.0 \\\n    --hash=sha256:{digest}\n" for name, digest in pins), encoding="utf-8")
    monkeypatch.setattr(run, "WHEELS", wheels)
    monkeypatch.setattr(run, "LOCK", lock)

    def install(line, folder):
        command = [*line, "--target", str(folder)]
        return subprocess.run(command, env=run.surroundings(os.environ), capture_output=True, encoding="utf-8")

    for i, line in enumerate(run.installers(sys.executable)):
        done = install(line, tmp_path / f"as-locked-{i}")
        assert done.returncode == 0, done.stderr
        assert sorted(path.name for path in (tmp_path / f"as-locked-{i}").glob("*.py")) == ["firstly.py", "secondly.py"]
    wheel(wheels, "secondly", "x = 2\n")
    for i, line in enumerate(run.installers(sys.executable)):
        done = install(line, tmp_path / f"tampered-{i}")
        assert done.returncode != 0 and "secondly" in done.stderr and digests[1] in done.stderr
        assert not list((tmp_path / f"tampered-{i}").glob("*.py"))


def test_unfinished_set_up_is_not_ready(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "STAMP", tmp_path / "stamp")
    monkeypatch.setattr(run, "python_in", lambda folder: Path(sys.executable))
    assert not run.is_ready()
    run.STAMP.write_text(run.stamp(run.LOCK.read_bytes(), run.version_of([sys.executable]), run.HERE))
    assert run.is_ready()
    run.STAMP.write_text("another lock")
    assert not run.is_ready()


# Start-up -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["--help"], ["score", "--help"], ["run", "--help"]])
def test_help_imports_nothing_heavy(arguments):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "dxlib", *arguments],
        cwd=HOUSE,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "argparse" in imported
    assert not imported & {"pandas", "numpy", "matplotlib", "papermill", "nbclient", "nbconvert", "scipy"}


@pytest.mark.skipif(os.name == "nt", reason="pipes of another kind")
def test_a_reader_that_has_gone_ends_a_command_quietly():
    """As `dx status … | head` does: no trace, neither at once nor when Python ends and empties its buffers."""
    read, write = os.pipe()
    os.close(read)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [sys.executable, "-m", "dxlib", "status", "2025", "departments"]
    try:
        done = subprocess.run(command, cwd=HOUSE, env=environment, stdout=write, stderr=subprocess.PIPE)
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (1, b"")


# Real parts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("required", "code"), [("1", 1), ("0", 0)])
def test_skip_is_a_failure_where_real_parts_are_required(tmp_path, required, code):
    shutil.copy(HOUSE / "tests" / "conftest.py", tmp_path)
    (tmp_path / "test_one.py").write_text("import pytest\n\ndef test_one():\n    pytest.skip('not here')\n", "utf-8")
    (tmp_path / "test_two.py").write_text("import pytest\n\npytest.importorskip('no_such_module')\n", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path],
        env={**os.environ, "DXLIB_REQUIRE_REAL": required},
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
    )
    assert bool(done.returncode) == bool(code), done.stdout
    assert ("allows no skip" in done.stdout) == bool(code)


def other_python(minor):
    """A Python 3.<minor> that starts: on PATH, or among pyenv's."""
    found = [shutil.which(f"python3.{minor}")]
    if shutil.which("pyenv"):
        root = Path(subprocess.run(["pyenv", "root"], capture_output=True, encoding="utf-8").stdout.strip())
        found += sorted(map(str, root.glob(f"versions/3.{minor}.*/bin/python")), reverse=True)
    return next((path for path in found if path and (run.version_of([path]) or "").startswith(f"3.{minor}.")), None)
