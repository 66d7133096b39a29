"""Every command that changes data, interrupted at every change it makes: the old or the new state, and the next succeeds.

A run and a sign-off stand in tests/runs; here are the others, each through the front door on a small province.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import openpyxl
import pytest

from dxlib.atomic import recover, working_folder
from dxlib.case import check, read_to_ask
from dxlib.cli import main
from dxlib.errors import Refusal
from dxlib.explore.model import State
from dxlib.explore.scenario import write_scenario
from dxlib.sheets import tables
from dxlib.sheets.book import filled
from dxlib.sheets.form import claim_form
from dxlib.sheets.taking_in import Issued
from dxlib.sheets.write import write
from tests.crash import in_child, in_memory, interrupted, left_in
from tests.explore.test_model import folder as small
from tests.explore.test_model import model
from tests.years.test_conversion import HEAD

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here: interruptions are met in a child")

PLACE, HERE = ("2024", "departments"), "2024/departments"
NOBODY = 65534


@pytest.fixture
def root():
    """Where somebody without rights may look as well."""
    with tempfile.TemporaryDirectory(dir=in_memory()) as place:
        Path(place).chmod(0o755)
        data = Path(place) / "data"
        small(data)
        (data / "register.csv").write_text("agency,name_vi,level\n", encoding="utf-8")
        yield data


def taking_in(root: Path, aside: Path) -> Callable[[], int]:
    """A returned form."""
    (root / HERE / "verdicts.csv").unlink()
    issued = Issued(read_to_ask(root, *PLACE), root)
    words = issued.wording("vi")
    book = claim_form(words, issued.people["vi"]["a1"])
    typed = {"1.1/option": words.options["1.1"]["no"], "1.2/a": "3", "1.2/b": "7", "submitted_by": "Văn thư"}
    (aside / "a1.xlsx").write_bytes(write(filled(book, typed)))
    returned = ["--returned", str(aside / "returned"), "--received", "2025-01-10"]
    return lambda: main(["intake", *PLACE, str(aside / "a1.xlsx"), *returned, "--data", str(root), "--quiet"])


def importing(root: Path, aside: Path) -> Callable[[], int]:
    """A workbook in which an agency and the decision were changed."""
    book = openpyxl.load_workbook(io.BytesIO(tables(root, *PLACE)))
    page = book["Cơ quan"]
    row = next(r for r in range(1, 20) if page.cell(r, 1).value == "a1")
    page.cell(row, 2).value = "Sở Một"
    rules = book["Quy định chung"]
    row = next(r for r in range(1, 60) if rules.cell(r, 1).value == "decision")
    rules.cell(row, 2).value = "9/QĐ"
    book.save(aside / "tables.xlsx")
    return lambda: main(["tables", "--import", str(aside / "tables.xlsx"), "--data", str(root), "--quiet"])


def registering(root: Path, aside: Path) -> Callable[[], int]:
    """The official table of a merger."""
    rows = [HEAD, ["1", "Xã Mới", "8", "Xã Cũ", "Nhập toàn bộ", ""], ["1", "Xã Mới", "9", "Xã Kia", "Nhập toàn bộ", ""]]
    (aside / "t.csv").write_text("".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
    given = ["--date", "2025-07-01", "--write", "--data", str(root), "--quiet"]
    return lambda: main(["register", "import", str(aside / "t.csv"), *given])


def following(root: Path, aside: Path) -> Callable[[], int]:
    return lambda: main(["new-year", "2025", "--from", "2024", "--data", str(root), "--quiet"])


def trying(root: Path, aside: Path) -> Callable[[], int]:
    """A scenario kept from the panel, beside one that stands there."""
    (root / HERE / "scenarios.toml").write_text('[old]\ndrop = ["1.2"]\n', encoding="utf-8")
    tried = model(root)

    def keep() -> int:
        try:
            return int(not write_scenario(root, tried, State({"1": 65}), "new", {"vi": "Mới"}))
        except Refusal as refusal:  # what the panel shows
            print(*(finding.code for finding in refusal.findings), file=sys.stderr)
            return 1

    return keep


COMMANDS = {"intake": taking_in, "tables": importing, "register": registering, "new-year": following, "explore": trying}


def folders(root: Path) -> list[Path]:
    """In which commands write."""
    return [folder for folder in (root, root / HERE, root / "2025") if folder.is_dir()]


def state(root: Path) -> dict[str, bytes]:
    """What a reader finds, after finishing at the door what was decided; unfinished work is nobody's state."""
    for folder in folders(root):
        recover(folder)
    paths = (path for path in root.rglob("*") if path.is_file())
    found = {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
    return {path: data for path, data in found.items() if ".partial-" not in path}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_interruption_leaves_the_old_or_the_new(root, tmp_path, name):
    command = COMMANDS[name](root, tmp_path)
    old, kept = state(root), tmp_path / "kept"
    shutil.copytree(root, kept)
    assert command() == 0
    new = state(root)
    assert new != old
    shutil.rmtree(root)
    shutil.copytree(kept, root)
    ends, known = set(), set()
    for how in interrupted(root, command):
        found = left_in(root)
        if found in known:  # another interruption has left the very same; the next command does not know which it was
            continue
        known.add(found)
        left = state(root)
        assert left in (old, new), how
        ends.add(left == new)
        if left == old:
            assert command() == 0, how
            assert state(root) == new, how
        for folder in folders(root):
            with working_folder(folder):  # whoever writes next sweeps up
                pass
        assert not list(root.rglob(".*")), how
    assert ends == {True, False}
    assert not [f for f in check(root, *PLACE) if f.severity == "error"]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_read_only_folder_is_named_and_stays(root, tmp_path, capfd, name):
    """In a process without the superuser's rights, who may write everywhere."""
    command = COMMANDS[name](root, tmp_path)
    old = state(root)
    shutil.copytree(root, tmp_path / "kept")
    command()  # everything that it imports is there before rights are dropped
    shutil.rmtree(root)
    shutil.copytree(tmp_path / "kept", root)
    for path in [root, *root.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    for path in [tmp_path, *tmp_path.parents]:
        if path.stat().st_uid == os.geteuid() and path != Path("/"):
            path.chmod(path.stat().st_mode | 0o055)

    def refused() -> None:
        os._exit(10 + command())

    status = os.waitstatus_to_exitcode(in_child(refused, lambda: os.geteuid() or os.setuid(NOBODY)))
    said = capfd.readouterr().err
    for path in [root, *root.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert status == 11 and "E_IO" in said, said
    assert state(root) == old


def test_a_run_into_a_read_only_folder_is_named(root, capfd):
    reports = root.parent / "reports"
    reports.mkdir()
    reports.chmod(0o555)
    import_module("dxlib.runs")  # while we may still read it

    def refused() -> None:
        os._exit(10 + main(["run", "--data", str(root), "--reports", str(reports), "--quiet"]))

    status = os.waitstatus_to_exitcode(in_child(refused, lambda: os.geteuid() or os.setuid(NOBODY)))
    assert status == 11 and "E_IO" in capfd.readouterr().err and not list(reports.iterdir())
