"""Under Windows' refusals, faked on Linux: everything works, or names what is in the way and changes nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from dxlib import moves
from dxlib.atomic import put, put_all
from dxlib.audit import audit
from dxlib.case import check
from dxlib.cli import main
from dxlib.errors import Refusal
from dxlib.lock import HELD
from dxlib.moves import LONGEST
from dxlib.runs import batch, publication, run
from tests.test_commands_interrupted import COMMANDS, PLACE, root, state  # noqa: F401 (a fixture)
from tests.windows import OPEN_FILES, refusals

sys.path.insert(0, str(Path(__file__).parent / "runs"))
from desk import Desk
from test_interrupted import without_kernels

LINUX = pytest.mark.skipif(not OPEN_FILES.is_dir(), reason="what is open is read from Linux' table of open files")
OLD, NEW = {"a.csv": b"old a", "b.csv": b"old b"}, {"a.csv": b"new a", "c.csv": b"new c"}


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def folder(tmp_path):
    put_all(tmp_path / "folder", OLD)
    return tmp_path / "folder"


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """Products that say what they were made from, published as all are."""
    monkeypatch.setattr(batch, "run_all", without_kernels)
    made = Desk(tmp_path)
    made.run = partial(run, made.data, made.reports, notebooks_in=made.notebooks, exporter="plain_page", langs=["vi"])
    return made


def other_answers(desk: Desk) -> None:
    for file in desk.data.glob("*/*/claims.csv"):
        file.write_text(file.read_text("utf-8").replace("b,1,no", "b,1,yes").replace("7", "6"), encoding="utf-8")


def unforeseen(windows) -> list[tuple[str, str]]:
    """What was refused, except that our own lock cannot be taken away while we hold it."""
    locks = [path for event, path in windows.refused if path.endswith(HELD)]
    return [(event, path) for event, path in windows.refused if not any(lock.startswith(path) for lock in locks)]


# The fake itself ----------------------------------------------------------------------------------------------------


@LINUX
@pytest.mark.parametrize("name", ["con", "NUL.txt", "com1.tar.gz", "a.", "a ", "a:b", 'a"b', "a?", "A.CSV"])
def test_the_fake_refuses_names(folder, monkeypatch, name):
    with refusals(monkeypatch, folder) as windows:
        for make in (lambda: (folder / name).write_bytes(b""), lambda: (folder / name).mkdir()):
            with pytest.raises(OSError):
                make()
    assert len(windows.refused) == 2 and files(folder) == OLD


@LINUX
def test_the_fake_refuses_what_is_open(folder, monkeypatch):
    with refusals(monkeypatch, folder), (folder / "a.csv").open("rb"):
        for move in (
            lambda: (folder / "a.csv").unlink(),
            lambda: (folder / "a.csv").rename(folder / "c.csv"),
            lambda: (folder / "b.csv").replace(folder / "a.csv"),
            lambda: folder.rename(folder.with_name("other")),
            lambda: shutil.rmtree(folder),
            lambda: (folder / "b.csv").rename(folder / "a.csv"),
        ):
            with pytest.raises(OSError):
                move()
    assert (folder / "a.csv").read_bytes() == b"old a"


# What we write ------------------------------------------------------------------------------------------------------


@LINUX
def test_files_change_together(folder, monkeypatch):
    with refusals(monkeypatch, folder) as windows:
        put_all(folder, NEW, gone=["b.csv"])
        put(folder / "a.csv", b"newer a")
    assert unforeseen(windows) == [] and files(folder) == {"a.csv": b"newer a", "c.csv": b"new c"}


@LINUX
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_works_or_names_every_file_that_is_open(root, tmp_path, monkeypatch, capsys, name):  # noqa: F811
    command, old = COMMANDS[name](root, tmp_path), state(root)
    shutil.copytree(root, tmp_path / "kept")
    with refusals(monkeypatch, root) as windows:
        assert command() == 0 and unforeseen(windows) == []
    new = state(root)
    changed = [path for path in old if new.get(path) != old[path]]
    assert new != old and not [f for f in check(root, *PLACE) if f.severity == "error"]
    shutil.rmtree(root)
    shutil.copytree(tmp_path / "kept", root)
    capsys.readouterr()
    if not changed:  # a new year replaces nothing
        return
    with refusals(monkeypatch, root) as windows:
        windows.held |= {root / path for path in changed}
        assert command() == 1
        said = capsys.readouterr().err
        assert "E_IO" in said and (name == "explore" or all(str(root / path) in said for path in changed))
        assert state(root) == old and not list(root.rglob(".*"))
        windows.held.clear()
        assert command() == 0 and state(root) == new


def confirmed(desk, **given):
    return all(audit(desk.reports / reader, **given).confirmed for reader in ("public", "internal"))


@LINUX
def test_a_run_and_its_audit(desk, monkeypatch):
    with refusals(monkeypatch, desk.reports) as windows:
        assert desk.run().exit_code == 0
        other_answers(desk)
        assert desk.run().exit_code == 0 and unforeseen(windows) == []
        assert confirmed(desk, data=desk.data)


@LINUX
def test_a_product_that_is_open_keeps_its_year_and_group_as_they_were(desk, monkeypatch):
    """The other year and group are published, and say nothing of what could not be."""
    desk.run()
    before = desk.products()
    other_answers(desk)
    open_ones = [desk.reports / f"public/2025/communes/{name}" for name in ("report.vi.pdf", "tables/scores.csv")]
    with refusals(monkeypatch, desk.reports) as windows:
        windows.held |= set(open_ones)
        result = desk.run()
    after = desk.products()
    assert result.exit_code == 1 and {f.file for f in result.findings} == set(map(str, open_ones))
    assert {str(o.job).rpartition("/")[0] for o in result.failures} == {"2025/communes"}
    moved = {path for path in before if after[path] != before[path]}
    assert not [path for path in moved if "2025/communes" in path] and [p for p in moved if "2024/world/report" in p]
    assert confirmed(desk)
    assert desk.run().exit_code == 0
    assert confirmed(desk, data=desk.data)


@LINUX
def test_a_file_of_all_that_is_open_stops_the_run_before_anything_moves(desk, monkeypatch):
    desk.run()
    before = desk.products()
    other_answers(desk)
    with refusals(monkeypatch, desk.reports) as windows:
        windows.held |= {desk.reports / "public/record.json"}
        with pytest.raises(Refusal) as refused:
            desk.run()
    assert [f.reason for f in refused.value.findings] == ["file_held"] and desk.products() == before


@LINUX
def test_a_file_of_no_job_that_is_open_is_named_as_well(desk, monkeypatch):
    """As a page of a version that was signed is: what goes with the jobs is published already when its turn comes."""
    page = "2025/communes/kept/report.vi.html"  # the audit asks for the sign-off of what stands in v1
    monkeypatch.setattr(publication.versions, "published", lambda *_: {page: b"as signed"})
    desk.run()
    other_answers(desk)
    monkeypatch.setattr(publication.versions, "published", lambda *_: {page: b"replaced"})
    with refusals(monkeypatch, desk.reports) as windows:
        windows.held |= {desk.reports / "public" / page}
        with pytest.raises(Refusal) as refused:
            desk.run()
    assert [f.file for f in refused.value.findings] == [str(desk.reports / "public" / page)]
    assert (desk.reports / "public" / page).read_bytes() == b"as signed"
    assert confirmed(desk, data=desk.data)
    assert desk.run().exit_code == 0 and (desk.reports / "public" / page).read_bytes() == b"replaced"


@LINUX
def test_marked_copies_that_are_open_are_named(tmp_path, monkeypatch, capsys):
    from dxlib.sheets.taking_in import give_back

    give_back(tmp_path / "back", {"x.xlsx": b"1", "y.xlsx": b"1"})
    with refusals(monkeypatch, tmp_path) as windows:
        windows.held |= {tmp_path / "back/y.xlsx"}
        with pytest.raises(Refusal) as refused:
            give_back(tmp_path / "back", {"x.xlsx": b"2", "y.xlsx": b"2"})
    assert [f.file for f in refused.value.findings] == [str(tmp_path / "back/y.xlsx")]
    assert set(files(tmp_path / "back").values()) == {b"1"}


@LINUX
def test_what_is_looked_at_for_an_instant_is_waited_for(folder, monkeypatch):
    """A virus scanner, an index: three refusals, then it lets go."""
    with refusals(monkeypatch, folder) as windows:
        windows.held |= {folder / "a.csv", folder / "b.csv"}
        windows.once = dict.fromkeys(windows.held, 3)
        put_all(folder, NEW, gone=["b.csv"])
    assert files(folder) == NEW and windows.refused


# Here as well -------------------------------------------------------------------------------------------------------


@pytest.fixture
def unchangeable(tmp_path):
    """Files that not even the superuser may replace."""
    done: list[Path] = []

    def make(*paths: Path) -> None:
        for path in paths:
            done.append(path)
            if shutil.which("chattr") is None or subprocess.run(["chattr", "+i", path], capture_output=True).returncode:
                pytest.skip("chattr is not here or refused: no file that cannot be replaced")

    yield make
    for path in done:
        subprocess.run(["chattr", "-i", path], capture_output=True)


@pytest.mark.welcome
def test_data_and_products_that_cannot_be_replaced_are_named_before_anything_moves(desk, tmp_path, unchangeable):
    desk.run()
    other_answers(desk)
    before = desk.products()
    fixed = [desk.reports / f"public/{path}" for path in ("2024/world/report.vi.html", "2025/communes/report.vi.pdf")]
    table = tmp_path / "data/a.csv"
    put_all(table.parent, OLD)
    unchangeable(*fixed, table)
    result = desk.run()
    assert result.exit_code == 1 and {f.file for f in result.findings} == set(map(str, fixed))
    after = desk.products()
    assert {path: after[path] for path in before if path.startswith("public/")} == {
        path: data for path, data in before.items() if path.startswith("public/")
    }
    assert confirmed(desk)
    with pytest.raises(Refusal) as refused:
        put_all(table.parent, NEW)
    assert [f.file for f in refused.value.findings] == [str(table)]
    with pytest.raises(Refusal):
        put(table, b"new")
    assert {path: (table.parent / path).read_bytes() for path in OLD} == OLD and not list(table.parent.glob(".*"))


def test_a_path_that_windows_would_not_open_is_named_before_anything_is_written(desk, tmp_path):
    deep = "x" * 40
    over = "/".join([deep] * 6)
    folder = tmp_path / "folder"
    with pytest.raises(Refusal) as refused:
        put_all(folder, {"a.csv": b"a", f"{over}/b.csv": b"b", f"{over}/c.csv": b"c"})
    assert [f.reason for f in refused.value.findings] == ["path_long"] * 2 and not folder.exists()
    facts = refused.value.findings[0].facts
    assert facts == {"length": len(str(folder / over / "b.csv")), "most": LONGEST}
    fits = "y" * (LONGEST - len(str(folder)) - 1)
    put_all(folder, {fits: b"y"})
    with pytest.raises(Refusal):
        put_all(folder, {f"{fits}z": b"z"})
    with pytest.raises(Refusal) as refused:
        run(desk.data, tmp_path / over, notebooks_in=desk.notebooks, exporter="plain_page")
    assert {f.reason for f in refused.value.findings} == {"path_long"} and not (tmp_path / deep).exists()


@pytest.mark.parametrize("lang, words", [("vi", "ký tự"), ("en", "letters")])
def test_the_words(folder, monkeypatch, capsys, lang, words):
    monkeypatch.setattr(moves, "LONGEST", 10)
    assert main(["sample", str(folder), "--lang", lang]) == 1
    from dxlib.words import finding

    with pytest.raises(Refusal) as refused:
        put_all(folder, {"new.csv": b""})
    assert words in finding(refused.value.findings[0], lang)["what"]


def test_a_parent_that_nobody_can_write_to_is_named(folder):
    (folder / "file").write_bytes(b"no folder")
    with pytest.raises(Refusal) as refused:
        put_all(folder, {"file/a.csv": b"a", "a.csv": b"new"})
    assert [f.file for f in refused.value.findings] == [str(folder / "file/a.csv")]
    assert (folder / "a.csv").read_bytes() == b"old a"
