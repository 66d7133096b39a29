"""Made again: the same bytes, or every product that differs with what it came from."""

from __future__ import annotations

import json
import shutil
from functools import partial

import pytest
from desk import LOAD, SHOW, write_notebook

from dxlib import audit
from dxlib.audit import published
from dxlib.cli import main
from dxlib.runs import rerun as module
from dxlib.runs import run
from dxlib.runs.rerun import rerun

PAGE = "public/2025/communes/report.vi.html"


def again(desk, folders=None, **given) -> dict[str, set[tuple[str, str]]]:
    found: dict[str, set[tuple[str, str]]] = {}
    given |= {"jobs": 2, "exporter": "plain_page", "notebooks_in": desk.notebooks}
    for one in rerun(desk.data, folders or published(desk.reports), **given):
        found.setdefault(one.path, set()).add((one.cause, one.detail))
    return found


def test_the_same_bytes_come_out_again(desk):
    desk.run(langs=["vi"])
    before = desk.products()
    assert again(desk) == {} and desk.products() == before


def test_an_auditor_names_what_he_has(desk, tmp_path, capsys):
    """A reports folder, a reader's folder, its record, a copy under another name; of one year, what it names."""
    desk.run(years=["2025"], notebooks=["report"], langs=["vi"])
    copy = tmp_path / "tai-ve"
    shutil.copytree(desk.reports / "public", copy)
    for path in (desk.reports, desk.reports / "public", desk.reports / "public/record.json", copy):
        assert main(["audit", str(path), "--data", str(desk.data)]) == 0
        assert audit.main([str(path)]) == 0
        assert "internal" not in capsys.readouterr().out
    shutil.rmtree(desk.reports)
    shutil.rmtree(desk.data / "2024")
    assert again(desk, [copy]) == {}
    assert main(["audit", str(tmp_path)]) == 1
    assert f"{tmp_path} không phải thư mục đã công bố" in capsys.readouterr().out


def test_differences_are_explained_by_their_kind(desk):
    desk.run(years=["2025"], notebooks=["report"], langs=["vi"])
    folder = desk.data / "2025/communes"
    claims, settings = folder / "claims.csv", folder / "index.toml"
    kept = claims.read_bytes()
    claims.write_bytes(kept.replace(b"\n", b"\r\n"))
    assert ("written_anew", "2025/communes/claims.csv") in again(desk)[PAGE]
    claims.write_bytes(kept.replace(b"yes", b"no"))
    assert again(desk)[PAGE] == {("data", "2025/communes/claims.csv")}
    claims.write_bytes(kept)
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("Bộ chỉ số", "Bộ chỉ số mới"), encoding="utf-8")
    write_notebook(desk.notebooks / "report.ipynb", LOAD + SHOW, "1 + 1")
    assert {cause for cause, _ in again(desk)[PAGE]} == {"index_set", "code"}


def test_a_page_that_hides_a_change_by_hand_is_unexplained(desk):
    desk.run(years=["2025"], notebooks=["report"], langs=["vi"])
    path = desk.reports / "public/record.json"
    record = json.loads(path.read_bytes())
    product = record["jobs"]["2025/communes/report.vi"]["products"]["2025/communes/report.vi.html"]
    product["sha256"] = "0" * 64
    path.write_text(json.dumps(record), encoding="utf-8")
    assert again(desk) == {PAGE: {("unexplained", "")}}
    log = desk.reports / "run-log.json"
    told = json.loads(log.read_bytes())
    told["packages"]["numpy"], told["python"] = "1.0", "3.9.1"
    log.write_text(json.dumps(told), encoding="utf-8")
    ((cause, detail),) = again(desk)[PAGE]
    assert cause == "environment" and detail.startswith("Python 3.9.1, 3.") and "numpy 1.0, " in detail


def test_other_parameters_are_named(desk):
    desk.run(years=["2025"], notebooks=["report"], langs=["vi"], parameters=[("on", "claimed")])
    assert again(desk)[PAGE] == {("parameters", "on: claimed → verified")}
    assert again(desk, parameters=[("on", "claimed")]) == {}


def test_the_command_makes_again_with_the_parameters_of_then(desk, capsys, monkeypatch):
    desk.run(
        years=["2025"], notebooks=["report"], langs=["vi"], exporter="dxlib.publish", parameters=[("on", "claimed")]
    )
    monkeypatch.setattr(module, "run", partial(run, notebooks_in=desk.notebooks))
    place = ["audit", "--data", str(desk.data), "--reports", str(desk.reports), "--quiet"]
    assert main([*place, "--rerun"]) == 1 and "(on: claimed → verified); thêm -p" in capsys.readouterr().out
    assert main([*place, "--rerun", "-p", "on=claimed"]) == 0
    with pytest.raises(SystemExit) as ended:
        main([*place, "-p", "on=claimed"])
    assert ended.value.code == 2 and "-p chỉ dùng cùng --rerun" in capsys.readouterr().err


def test_the_command_confirms_and_refutes(desk, capsys):
    desk.run(langs=["vi"])
    place = ["audit", "--data", str(desk.data), "--reports", str(desk.reports), "--quiet"]
    assert main(place) == 0 and "public" in capsys.readouterr().out
    (desk.reports / PAGE).write_text("changed by hand", encoding="utf-8")
    assert main(place) == 1 and "2025/communes/report.vi.html" in capsys.readouterr().out
    assert main([*place, "--json"]) == 1 and "report.vi.html" in capsys.readouterr().out
