"""Start here: python run.py

    python run.py               every report, from data/ into reports/   (dx run)
    python run.py test          the tests
    python run.py bundle DIR    fetch the locked wheels, for a set-up without a network
    python run.py ARGS          dx ARGS; python run.py --help lists the commands

The first start makes .venv from requirements.lock, every file checked against its hash; with a folder
wheels/ beside this file, without a network. Later starts find the stamp of that set-up and go straight on.
This file needs nothing installed, and still answers under a Python that is too old for the rest.
"""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCK = HERE / "requirements.lock"
VENV = HERE / ".venv"
STAMP = VENV / "set-up-finished"
WHEELS = HERE / "wheels"
MINORS = (14, 13, 12, 11)

NO_PYTHON = """\
Chưa tìm thấy Python 3.11, 3.12, 3.13 hoặc 3.14 (kèm venv) trên máy này; chương trình đang chạy bằng Python {}.
  Windows, macOS: cài Python 3.13 từ trang python.org. Debian, Ubuntu: apt install python3 python3-venv.
  Sau đó chạy lại: python run.py
No Python 3.11, 3.12, 3.13 or 3.14 (with venv) was found on this machine; this is Python {}.
  Windows, macOS: install Python 3.13 from python.org. Debian, Ubuntu: apt install python3 python3-venv.
  Then start again: python run.py"""
NO_PACKAGES = """\
Không cài được các gói trong requirements.lock ({}). Lý do ở các dòng trên. Khắc phục xong, chạy lại: python run.py
The packages in requirements.lock could not be installed ({}). The lines above say why; then start again."""
IN_USE = """\
Không làm mới được thư mục .venv: {}. Hãy đóng JupyterLab và các cửa sổ đang dùng thư mục này, rồi chạy lại.
The folder .venv could not be renewed: {}. Close JupyterLab and whatever else uses it, then start again."""


def say(vietnamese, english):
    """One step in both languages, on the error stream, so that tables can still be piped."""
    print(f"{vietnamese} / {english}", file=sys.stderr, flush=True)


def stop(message, *facts):
    """End with a message in two halves, each with the same facts."""
    raise SystemExit(message.format(*facts, *facts))


def candidates(system=os.name):
    """Commands that may start a supported Python: the one running now, then the newest first."""
    yield [getattr(sys, "_base_executable", None) or sys.executable]
    for minor in MINORS:
        yield [f"python3.{minor}"]
        if system == "nt":
            yield ["py", f"-3.{minor}"]


def answer(command, code):
    """What the Python started by `command` prints for `code`; None where it does not start or fails."""
    try:
        done = subprocess.run(
            [*command, "-I", "-c", code],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True, timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None  # a pyenv shim may end with 127


def version_of(command):
    """"3.12.1" for a Python that is there, else None."""
    return answer(command, "import platform; print(platform.python_version())")


def supported(version):
    """Is this the text of a Python version that the lock serves?"""
    parts = version.split(".") if version else []
    return parts[:1] == ["3"] and len(parts) > 1 and parts[1].isdigit() and int(parts[1]) in MINORS


def find_python(commands):
    """The first command that starts a supported Python with venv and pip's installer, or None."""
    for command in commands:
        if supported(version_of(command)) and answer(command, "import ensurepip, venv") is not None:
            return command
    return None


def python_in(folder, system=os.name):
    """Where a virtual environment keeps its Python."""
    return folder / "Scripts" / "python.exe" if system == "nt" else folder / "bin" / "python"


def stamp(lock, version, folder):
    """What a finished set-up was made of: the lock, the Python, and the place (environments cannot move)."""
    return hashlib.sha256(b"\n".join([lock, version.encode(), os.fsencode(str(folder))])).hexdigest()


def is_ready():
    """Was .venv finished from this lock, and does its Python still start?"""
    if not STAMP.is_file():
        return False
    version = version_of([str(python_in(VENV))])
    return supported(version) and STAMP.read_text() == stamp(LOCK.read_bytes(), version, HERE)


def surroundings(environment):
    """The environment everything runs in: UTF-8, one hash seed, one linear-algebra thread, compiled code kept."""
    unwanted = {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "__PYVENV_LAUNCHER__"}
    kept = {name: value for name, value in environment.items() if name not in unwanted}
    return {**kept, "PYTHONUTF8": "1", "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1"}


@contextlib.contextmanager
def one_at_a_time():
    """Hold the operating system's lock on a file; it is released even if this program is killed."""
    with (HERE / ".venv.lock").open("w") as handle:
        if os.name == "nt":
            import msvcrt

            while True:
                try:
                    msvcrt.locking(handle.fileno(), msvcrt.LK_LOCK, 1)
                    break
                except OSError:  # given up after ten tries: the other set-up takes longer
                    time.sleep(1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def installers(python):
    """Commands that install the lock, the fastest first: uv where it is at hand, pip in any case."""
    source = ["--no-index", "--find-links", str(WHEELS)] if WHEELS.is_dir() else []
    what = [*source, "--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(LOCK)]
    uv = shutil.which("uv")
    if uv:
        yield [uv, "pip", "install", "--quiet", "--no-config", "--python", python, *what]
    yield [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", *what]


def set_up(base):
    """Make .venv anew with the Python that `base` starts; the stamp comes last, so half a set-up is redone."""
    environment = surroundings(os.environ)

    def call(command):
        return subprocess.call(command, env=environment)

    where = "wheels/" if WHEELS.is_dir() else "mạng, network"
    say("Chuẩn bị môi trường .venv, mất khoảng một phút …", "setting up .venv, about a minute …")
    if STAMP.exists():
        STAMP.unlink()
    if call([*base, "-m", "venv", "--clear", str(VENV)]) != 0:
        stop(IN_USE, VENV.name)
    python = str(python_in(VENV))
    say(f"  1/2 Cài các gói đã khóa phiên bản ({where}) …", "installing the locked packages …")
    if all(call(command) != 0 for command in installers(python)):
        stop(NO_PACKAGES, where)
    packages = Path(answer([python], "import sysconfig; print(sysconfig.get_path('purelib'))"))
    # A relative line: it stays right whatever letters the path has and whatever encoding Python assumes.
    (packages / "dxlib.pth").write_text(os.path.relpath(str(HERE), str(packages)) + "\n")
    say("  2/2 Biên dịch …", "compiling …")
    call([python, "-m", "compileall", "-qq", "-j", "0", str(packages)])  # some packages carry files that never compile
    STAMP.write_text(stamp(LOCK.read_bytes(), version_of([python]), HERE))
    say("Đã xong", "done")


def make_ready():
    """A finished .venv, made now unless it is there."""
    if is_ready():
        return
    base = find_python(candidates())
    if base is None:
        stop(NO_PYTHON, ".".join(map(str, sys.version_info[:3])))
    with one_at_a_time():
        if not is_ready():
            set_up(base)


def bundle(folder):
    """Download every locked wheel that this Python on this system needs."""
    get = [str(python_in(VENV)), "-m", "pip", "download", "--disable-pip-version-check", "--no-deps"]
    get += ["--only-binary", ":all:", "--require-hashes", "-r", str(LOCK), "--dest", folder]
    if subprocess.call(get, env=surroundings(os.environ)) != 0:
        stop(NO_PACKAGES, folder)
    say(
        f"Đặt thư mục này cạnh run.py với tên wheels/, rồi chạy python run.py, không cần mạng: {folder}",
        "Put this folder beside run.py under the name wheels/; python run.py then needs no network.",
    )


SIDE_BY_SIDE = ["-n", "logical", "--dist", "loadfile"]  # tests on every core, those of one file after each other


def command(arguments):
    """What .venv's Python is asked to run."""
    if arguments[:1] == ["test"]:
        alone = any(argument.startswith(("-n", "--pdb")) for argument in arguments)
        return ["-m", "pytest", *([] if alone else SIDE_BY_SIDE), *arguments[1:]]
    return ["-m", "dxlib", *(arguments or ["run"])]


def hand_over(arguments):
    """Go on as .venv's Python; its exit code is ours."""
    line = [str(python_in(VENV)), *command(arguments)]
    if os.name != "nt":
        os.execve(line[0], line, surroundings(os.environ))
    child = subprocess.Popen(line, env=surroundings(os.environ))
    while True:
        with contextlib.suppress(KeyboardInterrupt):  # the child has it too, and decides
            return child.wait()


def main(arguments):
    if hasattr(sys.stderr, "reconfigure"):
        sys.stderr.reconfigure(encoding="utf-8", errors="replace")
    if arguments[:1] == ["bundle"] and len(arguments) != 2:
        print("python run.py bundle DIR", file=sys.stderr)
        return 2
    make_ready()
    if arguments[:1] == ["bundle"]:
        bundle(arguments[1])
        return 0
    if arguments[:1] in ([], ["test"]):
        os.chdir(str(HERE))
    return hand_over(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
