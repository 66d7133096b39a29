"""A Python in which every process that it starts, kernels too, refuses the network and writes down who asked for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

HOUSE = Path(__file__).parents[1]
# The address of an Internet socket is a tuple; looking up a name asks the network, too.
WATCH = """
import sys

def watch(event, given):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        asked = given[1][0] if isinstance(given[1], tuple) else None
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        asked = given[0]
    else:
        return
    asked = asked.decode() if isinstance(asked, bytes) else asked
    if asked not in (None, "", "localhost", "::1") and not str(asked).startswith("127."):
        with open({log!r}, "a") as log:
            log.write(f"{{event}} {{asked}} {{sys.argv}}\\n")
        raise PermissionError(f"the network was asked for: {{asked}}")

sys.addaudithook(watch)
"""


class Offline:
    """A virtual environment over the one that runs us; on Linux, where it may be, in a network of its own as well."""

    def __init__(self, folder: Path):
        venv.create(folder, symlinks=True)
        (folder / "share").symlink_to(Path(sys.prefix) / "share")  # where Jupyter keeps its own
        self.python = str(folder / "bin" / "python")
        self.log = folder / "asked"
        ours, packages = folder / "sitecustomize.py", sysconfig.get_path("purelib")
        ours.write_text(WATCH.format(log=str(self.log)), "utf-8")
        (site,) = folder.glob("lib/python*/site-packages")
        line = f"import sys, site; sys.path.append({str(folder)!r}); site.addsitedir({packages!r}); import sitecustomize"
        (site / "ours.pth").write_text(line + "\n", "utf-8")
        apart = ["unshare", "--map-root-user", "--net"]
        there = shutil.which("unshare") and subprocess.run([*apart, "true"], stderr=subprocess.DEVNULL).returncode == 0
        self.apart = apart if there else []

    def __call__(self, *arguments: object) -> subprocess.CompletedProcess:
        command = [*self.apart, self.python, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, encoding="utf-8", cwd=HOUSE)

    def asked(self) -> str:
        return self.log.read_text("utf-8") if self.log.is_file() else ""
