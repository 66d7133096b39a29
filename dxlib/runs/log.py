"""How a run went: times, environment, state of the working copy. Outside the promise of the same bytes."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .execute import Outcome

LOG = "run-log.json"


def now() -> str:
    """The time in UTC (RFC 3339)."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def line(outcome: Outcome) -> dict[str, str]:
    """What the log says of a job: which kernel it had, and why not a forked one, where one was meant."""
    facts = {"job": str(outcome.job), "status": outcome.status, "ended": now()}
    return facts | {key: said for key in ("kernel", "trouble") if (said := getattr(outcome, key))}


def described(
    repository: Path, began: str, ended: Sequence[Mapping[str, str]], finished: bool, workers: int | str
) -> bytes:
    """The log of one run.

    ended      the line of every job that ended, in that order
    finished   whether the run came to its end
    workers    how many processes worked, or the address of the cluster that did
    """
    log: dict[str, Any] = {
        "began": began,
        "ended": now(),
        "finished": finished,
        "workers": workers,
        "jobs": list(ended),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "hash_seed": os.environ.get("PYTHONHASHSEED", ""),
        "packages": dict(sorted({d.metadata["Name"]: d.version for d in distributions()}.items())),
        "working_copy": working_copy(repository),
    }
    return (json.dumps(log, ensure_ascii=False, indent=1) + "\n").encode()


def working_copy(repository: Path) -> dict[str, Any]:
    """Commit, and which files differ from it; nothing where there is no git or no repository."""
    commit = ask(repository, "rev-parse", "HEAD")
    if not commit:
        return {}
    changed = ask(repository, "status", "--porcelain", "--untracked-files=no", "--", "dxlib", "notebooks", "run.py")
    return {"commit": commit, "changed": [line[3:] for line in changed.splitlines()]}


def ask(repository: Path, *question: str) -> str:
    try:
        done = subprocess.run(
            ["git", *question],
            cwd=repository,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.rstrip() if done.returncode == 0 else ""
