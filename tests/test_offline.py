"""Nothing phones out: commands, workers, kernels and the laboratory run where every outside address is refused."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from tests.explore.lab import wait_for
from tests.offline import HOUSE, Offline
from tests.runs.desk import write_case, write_notebook

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="its watch is laid as Linux lays out environments")
ASK = "import socket\ntry:\n    socket.create_connection(('192.0.2.1', 9), 1)\nexcept OSError as error:\n    print(error)\n"


@pytest.fixture(scope="module")
def offline(tmp_path_factory) -> Offline:
    return Offline(tmp_path_factory.mktemp("offline") / "venv")


@pytest.fixture
def data(tmp_path) -> Path:
    write_case(tmp_path / "data", "2025", "communes", "reported")
    (tmp_path / "data/register.csv").write_text("agency,name_vi,level\n", encoding="utf-8")
    return tmp_path / "data"


def test_no_command_asks_the_network(offline, data, tmp_path):
    given, forms, reports = ["--data", data], tmp_path / "forms", tmp_path / "reports"
    place = ["2025", "communes"]
    ran = {
        "check": offline("-m", "dxlib", "check", *given),
        "run": offline(
            *("-m", "dxlib", "run", "--years", "2025", "--notebooks", "report,status", "--lang", "vi"),
            *("--reports", reports, *given),
        ),
        "audit": offline("-m", "dxlib", "audit", reports / "public"),
        "forms": offline("-m", "dxlib", "forms", *place, "-o", forms, *given),
        "intake": offline("-m", "dxlib", "intake", *place, forms / "2025-communes-a.xlsx", *given),
        "explore": offline("-c", "import dxlib.explore"),
    }
    assert {name: done.returncode for name, done in ran.items()} == dict.fromkeys(ran, 0) | {"intake": 1}, ran
    assert "2025-communes-a.xlsx" in ran["intake"].stderr and "Traceback" not in ran["intake"].stderr
    assert (reports / "public/2025/communes/report.vi.pdf").is_file() and offline.asked() == ""


def test_the_watch_sees_what_a_kernel_asks(offline, data, tmp_path):
    """Otherwise the test above would show nothing."""
    (tmp_path / "notebooks").mkdir()
    write_notebook(tmp_path / "notebooks/report.ipynb", ASK)
    run = (
        "from pathlib import Path; from dxlib.runs import run\nif __name__ == '__main__':\n"
        f"    run({str(data)!r}, {str(tmp_path / 'reports')!r}, langs=['vi'], notebooks_in=Path({str(tmp_path / 'notebooks')!r}))"
    )
    (tmp_path / "go.py").write_text(run, "utf-8")
    done = offline(tmp_path / "go.py")
    asked = offline.asked()
    offline.log.unlink()
    assert "192.0.2.1" in asked, done.stderr


def test_the_laboratory_asks_for_no_news_and_no_updates(offline, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = {"allow_root": True, "open_browser": False, "port": port, "port_retries": 0}
    settings = json.dumps({"ServerApp": server, "IdentityProvider": {"token": "t"}})
    (tmp_path / "jupyter_server_config.json").write_text(settings, encoding="utf-8")
    own = {"JUPYTER_CONFIG_DIR": str(tmp_path), "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime")}
    command = [offline.python, "-c", "from dxlib.cli import main; main(['lab'])"]
    with (tmp_path / "log").open("wb") as log:
        lab = subprocess.Popen(command, cwd=HOUSE, env={**os.environ, **own}, stdout=log, stderr=log, start_new_session=True)
    try:
        wait_for(f"http://127.0.0.1:{port}/api/status?token=t", lab, tmp_path / "log")
        for asked in ("lab/api/update", "lab/api/news", "lab/api/extensions?refresh=1&query=x"):
            with suppress(urllib.error.HTTPError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/{asked}{'&' if '?' in asked else '?'}token=t", timeout=60).close()
    finally:
        os.killpg(lab.pid, signal.SIGTERM)
        lab.wait(30)
    assert offline.asked() == ""
