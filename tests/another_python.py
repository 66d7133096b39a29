"""Another Python than the one at work, with the packages of the lock: set up once per lock, outside the house.

`python tests/another_python.py` sets it up and prints it. DXLIB_OTHER_PYTHON names one; else it is looked for on PATH
and among pyenv's versions. What is set up is kept in the user's cache, under the lock's digest.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[1]
MINORS = [minor for minor in (12, 13, 14, 11) if minor != sys.version_info.minor]
ASKED = "import ensurepip, sys, venv; print(*sys.version_info[:2], sep='.')"
SET_UP = "import run; run.make_ready(); print(run.python_in(run.VENV))"


@cache
def found() -> str:
    """A Python of another supported version; "" where there is none."""
    wanted = [f"3.{minor}" for minor in MINORS]
    return next((place for place in candidates() if answer(place, "-c", ASKED) in wanted), "")


def candidates() -> list[str]:
    """What may be one, the wanted version first. pyenv's stand-ins on PATH may end without starting anything."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or answer("pyenv", "root") or Path.home() / ".pyenv")
    named = [os.environ.get("DXLIB_OTHER_PYTHON", "")]
    for minor in MINORS:
        kept = sorted(pyenv.glob(f"versions/3.{minor}.*/bin/python3"), reverse=True)
        named += [shutil.which(f"python3.{minor}") or "", *map(str, kept)]
    return [place for place in named if place]


def answer(*command: str, cwd: Path | None = None) -> str:
    """What a command prints, "" where it fails. What goes wrong is shown where something is set up."""
    try:
        aside = None if cwd else subprocess.DEVNULL
        done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=aside, text=True)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def set_up() -> str:
    """Its interpreter in an environment of the lock, made as `run.py` makes ours."""
    lock = (HOUSE / "requirements.lock").read_bytes()
    cached = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dx-workbooks-tests"
    place = cached / f"{answer(found(), '-c', ASKED)}-{hashlib.sha256(lock).hexdigest()[:16]}"
    place.mkdir(parents=True, exist_ok=True)
    for name in ("run.py", "requirements.lock"):
        shutil.copy(HOUSE / name, place)
    if (HOUSE / "wheels").is_dir() and not (place / "wheels").exists():
        (place / "wheels").symlink_to(HOUSE / "wheels")
    return answer(found(), "-c", SET_UP, cwd=place).split("\n")[-1]


if __name__ == "__main__":
    ready = set_up() if found() else ""
    print(ready or "no other Python was found")
    sys.exit(not ready)
