"""On a bare Python the audit opens what it was told to look at, and nothing else: no file, no network, no programme."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dxlib import audit as audit_module
from tests.audit.test_published_folder import AGENCIES, BARE, PLACES, Published

PROGRAMME = Path(audit_module.__file__)
WATCH = """
import sys
seen = []
WATCHED = ("open", "os.", "shutil.", "socket.", "subprocess.", "glob.", "pathlib.", "tempfile.", "ctypes.", "urllib.", "mmap.", "fcntl.")
sys.addaudithook(lambda event, given: seen.append((event, given)) if event.startswith(WATCHED) else None)
import json, os, runpy
program, sys.argv = sys.argv[1], sys.argv[1:]
try:
    runpy.run_path(program, run_name="__main__")
except SystemExit as end:
    code = end.code
told = [(event, [os.fsdecode(one) if isinstance(one, (str, bytes, os.PathLike)) else repr(one) for one in given]) for event, given in list(seen)]
sys.stderr.write(json.dumps([code, sys.prefix, sys.base_prefix, told]))
"""


def watched(*argv: object) -> tuple[int, list[tuple[str, list[str]]]]:
    """(exit code, what it asked of the system). Modules of Python itself and the programme are left out."""
    done = subprocess.run([*BARE, "-c", WATCH, PROGRAMME, *map(str, argv)], capture_output=True, encoding="utf-8", cwd="/")
    code, prefix, base, told = json.loads(done.stderr.splitlines()[-1])
    own = (prefix, base, str(PROGRAMME))
    return code, [(event, given) for event, given in told if not given or not given[0].startswith(own)]


@pytest.fixture
def published(tmp_path) -> Published:
    """With ways out of the folder: links, and inputs that the record says lie elsewhere."""
    made = Published(tmp_path / "here")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("x", encoding="utf-8")
    (made.folder / "link.html").symlink_to(outside / "secret.txt")
    (made.folder / "folder").symlink_to(outside)
    (made.data / "2024" / "link.csv").symlink_to(outside / "secret.txt")
    return made


@pytest.mark.skipif(sys.platform == "win32", reason="links are made by administrators alone there")
def test_nothing_but_the_folders_named(published, tmp_path):
    folder, data, proof = published.folder, published.data, tmp_path / "proof.json"
    proof.write_text("{}", encoding="utf-8")
    for argv, named in (
        ([folder], [folder]),
        ([folder, "--data", data], [folder, data]),
        ([folder, "--json", "--root", "0" * 64], [folder]),
        ([folder, "--proof", PLACES[0], AGENCIES[0]], [folder]),
        (["--check-proof", proof], [proof]),
    ):
        code, asked = watched(*argv)
        assert code in (0, 1)
        assert {event for event, _ in asked} <= {"open", "os.scandir", "os.listdir", "pathlib.Path.glob"}
        strangers = [given[0] for _, given in asked if not inside(given[0], named)]
        assert strangers == [], argv
        assert all(given[1] in ("r", "rb", "None") for event, given in asked if event == "open")
        assert len(asked) >= (1 if argv[0] == "--check-proof" else 2)


def inside(path: str, named: list[Path]) -> bool:
    return any(Path(path).resolve().is_relative_to(folder.resolve()) for folder in named)
