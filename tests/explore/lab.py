"""JupyterLab with the notebook `explore` on a data folder, driven in a real browser. No configuration of the machine is read."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HOUSE = Path(__file__).resolve().parents[2]
PATIENCE = 120  # seconds for a laboratory, a kernel or a page to be there


def notebook_for(folder: Path, **given: object) -> None:
    """A copy of the notebook below `folder`, its parameters set as papermill would."""
    notebook = json.loads((HOUSE / "notebooks" / "explore.ipynb").read_text(encoding="utf-8"))
    cell = next(c for c in notebook["cells"] if "parameters" in c["metadata"].get("tags", []))
    cell["source"] = "".join(cell["source"]) + "\n" + "\n".join(f"{name} = {value!r}" for name, value in given.items())
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "explore.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


@contextmanager
def laboratory(folder: Path) -> Iterator[str]:
    """JupyterLab on `folder`; gives the address of the notebook with its token."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    own = {f"JUPYTER_{kind}_DIR": str(folder / ".jupyter" / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    own |= {"PYTHONPATH": str(HOUSE), "PYTHONDONTWRITEBYTECODE": "1", "OPENBLAS_NUM_THREADS": "1"}
    options = {
        "ServerApp.port": port, "ServerApp.port_retries": 0, "ServerApp.ip": "127.0.0.1", "ServerApp.open_browser": False,
        "ServerApp.root_dir": folder, "ServerApp.allow_root": True, "IdentityProvider.token": token, "LabApp.news_url": None,
        "LabApp.expose_app_in_browser": True, "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
    }  # fmt: skip
    command = [sys.executable, "-m", "jupyterlab", *(f"--{key}={value}" for key, value in options.items())]
    with (folder / "lab.log").open("wb") as log:
        server = subprocess.Popen(command, env={**os.environ, **own}, stdout=log, stderr=log, start_new_session=True)
        try:
            wait_for(f"http://127.0.0.1:{port}/api/status?token={token}", server, folder / "lab.log")
            yield f"http://127.0.0.1:{port}/lab/tree/explore.ipynb?token={token}"
        finally:
            server.terminate()
            server.wait(30)


def wait_for(address: str, server: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(log.read_text(encoding="utf-8", errors="replace")[-3000:])


@contextmanager
def browser() -> Iterator[Any]:
    """A page of the system's Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        try:
            yield chromium.new_page(viewport={"width": 1500, "height": 1200}, locale="vi-VN")
        finally:
            chromium.close()


def run_all(page: Any, address: str) -> None:
    """Open the notebook, run every cell, wait for the panel."""
    page.goto(address)
    page.wait_for_function(
        "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
        timeout=1000 * PATIENCE,
    )
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    page.locator(".dx-ranking table").wait_for(timeout=1000 * PATIENCE)


def enter_until(page: Any, button: Any, shown: Any) -> None:
    """Press a button by keyboard until what it does is shown. Jupyter holds a changed field back while the kernel is
    busy, but not a press, so that a press can overtake what was typed before it."""
    for _ in range(12):
        button.focus()
        page.keyboard.press("Enter")
        if appears(shown):
            return
    shown.wait_for()


def appears(shown: Any, seconds: float = 3) -> bool:
    """Whether it is there within some seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not shown.count():
        time.sleep(0.1)
    return bool(shown.count())


def slider(page: Any, which: int) -> Any:
    """The handle of one slider, by its position."""
    return page.locator('.dx-explore [role="slider"]').nth(which)
