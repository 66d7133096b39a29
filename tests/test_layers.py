"""The rooms import downwards only, and every room is in the picture."""

import pkgutil
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from types import ModuleType

import dxlib

HOUSE = Path(__file__).parents[1]
CONTRACTS = tomllib.loads((HOUSE / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]


def test_rooms_import_downwards_only():
    lint = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(is_debug_mode=False))"
    done = subprocess.run([sys.executable, "-c", lint], cwd=HOUSE, capture_output=True, encoding="utf-8", timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Contracts: {len(CONTRACTS)} kept" in done.stdout


def test_every_room_has_its_layer():
    listed = " ".join(CONTRACTS[0]["layers"]).replace("|", " ").replace("(", " ").replace(")", " ").split()
    rooms = {path.stem for path in (HOUSE / "dxlib").iterdir() if path.name[0] not in "._" or path.suffix == ".typed"}
    assert rooms == set(listed)


def test_no_drawer_of_odds_and_ends():
    refused = {"utils", "util", "helpers", "common", "misc", "manager", "process", "handle"}
    assert not [path for path in (HOUSE / "dxlib").rglob("*") if path.stem in refused]


def test_no_module_is_shadowed_by_a_function_of_its_own_name():
    modules = [m.name for m in pkgutil.walk_packages(dxlib.__path__, "dxlib.") if not m.name.endswith(".__main__")]
    assert len(modules) > 150
    for name in modules:
        import_module(name)
    split = [name.rpartition(".") for name in modules]
    assert not [(at, name) for at, _, name in split if not isinstance(getattr(sys.modules[at], name), ModuleType)]
