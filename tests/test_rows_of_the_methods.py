"""Rows 34 to 48 of the bad inputs, and the attacks on runs (S8, S9, S11, S12, S14, S16), through the front door.

Each is called by its row; what stands elsewhere in detail is named beside it.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import random
import shutil
from pathlib import Path

import pytest

from dxlib.atomic import working_folder
from dxlib.cli import main
from dxlib.errors import Refusal
from dxlib.runs import batch, notebooks
from dxlib.runs.matrix import plan
from tests.case.folder import FILES, INDEX, write

HOUSE = Path(__file__).resolve().parents[1]
EVIDENCE = "agency,indicator,no,title,issued_on,file,sha256\n"
PAPER = b"%PDF-1.7 a paper"


def evidence(line: str, day: str = "2024-06-01") -> str:
    return f"{EVIDENCE}so-a,1.1,1,Biên bản,{day},{line}\n"


def with_papers(root: Path, table: str) -> None:
    place = root / "2024" / "demo"
    (place / "evidence").mkdir()
    (place / "evidence" / "paper.pdf").write_bytes(PAPER)
    (place / "evidence" / "empty.pdf").write_bytes(b"")
    (place / "evidence" / "link.pdf").symlink_to(place / "evidence" / "paper.pdf")
    (place / "evidence.csv").write_text(table, encoding="utf-8")


def index(old: str, new: str):
    assert old in INDEX
    return lambda root: (root / "2024/demo/index.toml").write_text(INDEX.replace(old, new, 1), encoding="utf-8")


def table(name: str, old: str, new: str):
    text = FILES[name]
    assert old in text
    return lambda root: (root / "2024/demo" / name).write_text(text.replace(old, new, 1), encoding="utf-8")


def added(name: str, line: str):
    return lambda root: (root / "2024/demo" / name).write_text(FILES[name] + line, encoding="utf-8")


def lineage(*lines: str, register: str = ""):
    def change(root: Path) -> None:
        (root / "lineage.csv").write_text("event,date,type,from,to,share\n" + "".join(lines), encoding="utf-8")
        units = "so-a,Sở A,\nso-b,Sở B,\n001,Sở C,\nso-d,Sở D,\nso-e,Sở E,\n"
        (root / "register.csv").write_text("agency,name_vi,valid_to\n" + (register or units), encoding="utf-8")

    return change


def nothing(root: Path) -> None:
    return None


PLACE, RUN = ("2024", "demo"), ("run", "--lang", "vi", "--years", "2024")
OVER = hashlib.sha256(b"another").hexdigest()
ENDED = "so-a,Sở A,2023-01-01\nso-b,Sở B,\n001,Sở C,\n"
TABLE = {
    "34 year with a blank": (nothing, ("score", "2024 ", "demo"), "E_PARAM"),
    "34 year in full-width digits": (nothing, ("score", "２０２４", "demo"), "E_PARAM"),
    "34 year as a fraction": (nothing, ("score", "2024.0", "demo"), "E_PARAM"),
    "34 year with a line end": (nothing, ("run", "--years", "2024\n"), "E_PARAM"),
    "35 group that leads out": (nothing, ("score", "2024", "../x"), "E_PARAM"),
    "35 group of a device": (nothing, ("score", "2024", "con"), "E_PARAM"),
    "35 group in capitals": (nothing, ("run", "--groups", "CON"), "E_PARAM"),
    "35 group empty": (nothing, ("score", "2024", ""), "E_PARAM"),
    "35 group of 300 letters": (nothing, ("run", "--groups", "a" * 300), "E_PARAM"),
    "36 key twice": (index("total = 100", "total = 100\ntotal = 100"), ("check",), "E_TOML"),
    "36 table twice": (index("[title]", '[title]\nvi = "x"\n[title]'), ("check",), "E_TOML"),
    "37 number as text": (index("total = 100", 'total = "100"'), ("check",), "E_TYPE"),
    "37 unknown value": (index("total = 100", 'total = 100\nmissing = "zeor"'), ("check",), "E_TYPE"),
    "38 unknown key": (index("total = 100", "totl = 100"), ("check",), "E_KEY"),
    "39 unknown parameter": (nothing, (*RUN, "-p", "sead=1"), "E_PARAM_UNKNOWN"),
    "40 seed negative": (nothing, (*RUN, "-p", "seed=-1"), "E_SEED"),
    "40 seed above 2^64": (nothing, (*RUN, "-p", f"seed={2**64}"), "E_SEED"),
    "40 seed empty": (nothing, (*RUN, "-p", "seed="), "E_SEED"),
    "40 seed negative in the index": (index("[title]", "[sensitivity]\nseed = -1\n[title]"), ("check",), "E_SEED"),
    "41 no such document": (lambda r: with_papers(r, evidence("none.pdf,")), ("check",), "E_EVIDENCE"),
    "41 document outside": (lambda r: with_papers(r, evidence("../index.toml,")), ("check",), "E_EVIDENCE"),
    "41 document is a link": (lambda r: with_papers(r, evidence("link.pdf,")), ("check",), "E_EVIDENCE"),
    "41 document empty": (lambda r: with_papers(r, evidence("empty.pdf,")), ("check",), "E_EVIDENCE"),
    "41 document with another digest": (lambda r: with_papers(r, evidence(f"paper.pdf,{OVER}")), ("check",), "E_EVIDENCE"),
    "43 verdict without claim and reason": (
        table("claims.csv", "so-a,1.10,30,40,,30,2024-12-01\n", ""), ("check",), "E_STATE",
    ),
    "44 appeal without verification": (added("appeals.csv", "so-b,2,Xin xem lại,2025-01-15\n"), ("check",), "E_STATE"),
    "44 appeal decided by the verifier": (table("verdicts.csv", "council", "verifier 1"), ("check",), "E_STATE"),
    "45 shares above a whole": (
        lineage("e1,2023-07-01,split,so-d,so-a,0.7\n", "e1,2023-07-01,split,so-d,so-b,0.7\n"), ("check",), "E_LINEAGE",
    ),
    "45 a cycle": (
        lineage("e1,2023-07-01,merge,so-d,so-e,1\n", "e1,2023-07-01,merge,so-e,so-d,1\n"), ("check",), "E_LINEAGE",
    ),
    "45 ended but scored": (lineage(register=ENDED), ("check",), "E_LINEAGE"),
    "47 the output is there": (lambda r: (r.parent / "out.xlsx").touch(), ("tables", *PLACE, "-o", "{out}/out.xlsx"), "E_EXISTS"),
    "48 the output is a folder": (nothing, ("score", *PLACE, "-o", "{out}"), "E_IO"),
}  # fmt: skip


@pytest.fixture
def root(tmp_path):
    return write(tmp_path / "data")


def told(root: Path, *command: str) -> tuple[int, list[dict], str]:
    """(exit code, findings, everything said) of a command."""
    import contextlib
    import io

    out, err = io.StringIO(), io.StringIO()
    places = ("--data", str(root), "--reports", str(root.parent / "reports"))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([*command, *places, "--json"])
    said = err.getvalue() or out.getvalue()
    return code, json.loads(said), out.getvalue() + err.getvalue()


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("row", TABLE)
def test_a_row_has_its_code_and_writes_nothing(root, row):
    change, command, code = TABLE[row]
    change(root)
    before = files(root.parent)
    ended, findings, said = told(root, *(word.replace("{out}", str(root.parent)) for word in command))
    assert ended == 1 and code in {of["code"] for of in findings}, findings
    assert all(of["what"] and of["expected"] and of["remedy"] for of in findings) and "Traceback" not in said
    assert files(root.parent) == before


def test_42_a_document_of_another_year_is_a_warning(root):
    period = "period_from = 2024-01-01\nperiod_to = 2024-12-31\n[title]"
    index("[title]", period)(root)
    with_papers(root, evidence("paper.pdf,", "2019-01-01"))
    _, findings, _ = told(root, "check")
    assert [(of["code"], of["severity"], of["row"]) for of in findings] == [("W_EVIDENCE_DATE", "warning", 2)]


def test_46_too_few_rows_in_common(root):
    place = shutil.copytree(root / "2024", root / "2025") / "demo"
    (place / "index.toml").write_text(INDEX.replace("2024", "2025"), encoding="utf-8")
    ended, findings, _ = told(
        root, "compare", *PLACE, "--to-year", "2025", "--on", "claimed", "-o", str(root / "x_out")
    )
    assert ended == 1 and "E_NOT_COMPARABLE" in {of["code"] for of in findings}


def test_47_another_run_is_at_work(root):
    with working_folder(root.parent / "reports"):
        ended, findings, _ = told(root, *RUN)
    assert (ended, [of["code"] for of in findings]) == (1, ["E_LOCK"])


def test_48_no_room_leaves_the_former_state(root, monkeypatch):
    """At every single change: tests/runs/test_interrupted.py, tests/test_commands_interrupted.py."""
    before = files(root)

    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    ended, findings, _ = told(root, "new-year", "2025", "--from", "2024")
    assert (ended, [of["code"] for of in findings]) == (1, ["E_IO"]) and files(root) == before


# Attacks ------------------------------------------------------------------------------------------------------------


def test_s8_ten_thousand_places_never_lead_out(root):
    """Year and group of a run, before they may become part of a path; through the command: rows 34 and 35 above."""
    chance = random.Random(8)
    alphabet = "2024/demo.\\~%{}\0\n ２:*?$|\u202e\u0430-_AZ"
    let_through = 0
    for _ in range(10_000):
        year, group = ("".join(chance.choices(alphabet, k=chance.randrange(12))) for _ in "ab")
        year, group = (chance.choice((year, "2024", "../2024")), chance.choice((group, "demo", "demo/../demo")))
        try:
            jobs = plan(root, HOUSE / "notebooks", [year], [group])
        except Refusal as refusal:
            assert {f.code for f in refusal.findings} == {"E_PARAM"}
        else:
            assert {(job.year, job.group) for job in jobs} == {(year, group)} == {("2024", "demo")}
            let_through += 1
    assert 0 < let_through < 5000


@pytest.mark.parametrize(
    "given",
    [
        "x = 1; import os; os.abort()\ny=1",
        "draws = 1; y=1",
        "year=2024",
        "root=/",
        "class=1",
        "__class__=1",
        "{draws}=1",
        "đraws=1",
    ],
)
def test_s9_no_code_in_the_name_of_a_parameter(root, given):
    """What may reach a notebook's cell at all: tests/runs/test_parameters.py."""
    ended, findings, _ = told(root, *RUN, "-p", given)
    assert ended == 1 and {of["code"] for of in findings} <= {"E_PARAM", "E_PARAM_UNKNOWN"}
    assert not (root.parent / "reports").exists() or not files(root.parent / "reports")


ALLOWED = {
    "runs/cluster.py": {"pickle"},  # between our own processes, behind dask, which runs what it is sent anyway
    "runs/cards.py": {"exec", "eval"},  # the cells of a shipped notebook
}


def test_s11_nothing_is_unpickled_or_evaluated_that_came_from_outside():
    forbidden = {"pickle", "joblib", "dill", "shelve", "marshal", "cloudpickle", "eval", "exec", "read_pickle", "query"}
    for path in sorted((HOUSE / "dxlib").rglob("*.py")):
        found = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add((node.module or "").partition(".")[0])
            elif isinstance(node, ast.Call):
                found.add(getattr(node.func, "id", getattr(node.func, "attr", "")))
                found |= {"pickle" for word in node.keywords if word.arg == "allow_pickle"}
        name = path.relative_to(HOUSE / "dxlib").as_posix()
        assert found & forbidden == ALLOWED.get(name, set()), name


def test_s12_an_altered_notebook_is_refused_before_it_runs(root, tmp_path, monkeypatch):
    """Outputs that somebody saved in it are nobody's: only what its cells say counts, and they are run anew."""
    here = shutil.copytree(HOUSE / "notebooks", tmp_path / "notebooks")
    monkeypatch.setattr(notebooks, "HERE", here)
    assert notebooks.altered(here, ["report"]) == []
    page = json.loads((here / "report.ipynb").read_text(encoding="utf-8"))
    code = next(cell for cell in page["cells"] if cell["cell_type"] == "code")
    code["outputs"] = [{"output_type": "display_data", "data": {"text/html": "<script>1</script>"}, "metadata": {}}]
    (here / "report.ipynb").write_text(json.dumps(page), encoding="utf-8")
    assert notebooks.altered(here, ["report"]) == []
    code["source"] = [*code["source"], "\n1"]
    (here / "report.ipynb").write_text(json.dumps(page), encoding="utf-8")
    found = [(of.code, of.file) for of in notebooks.altered(here, ["report", "brief"])]
    assert found == [("E_NOTEBOOK", "notebooks/report.ipynb")]
    monkeypatch.setattr(batch, "altered", lambda notebooks_in, names: notebooks.altered(here, names))
    ended, findings, _ = told(root, *RUN)
    assert ended == 1 and [of["code"] for of in findings] == ["E_NOTEBOOK"]
    assert not (root.parent / "reports").exists()


def test_s12_the_list_of_shipped_notebooks_is_up_to_date():
    """After a change that is meant: python -m dxlib.runs.notebooks"""
    assert notebooks.SHIPPED.read_text(encoding="utf-8") == notebooks.listed()


def test_s12_no_other_notebook_runs_and_none_is_trusted(root):
    ended, findings, _ = told(root, "run", "--notebooks", "explore")
    assert ended == 1 and [of["code"] for of in findings] == ["E_PARAM"]
    said = "".join(path.read_text(encoding="utf-8") for path in (HOUSE / "dxlib").rglob("*.py"))
    assert "jupyter trust" not in said and "NotebookNotary" not in said


def test_s14_every_package_is_locked_by_digest():
    """Nothing is fetched while a command runs; a set-up without a network: tests/test_front.py."""
    pins = (HOUSE / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    assert len(pins) > 50 and all("--hash=sha256:" in pin for pin in pins if pin.strip() and pin[0] not in "# ")
    said = (HOUSE / "run.py").read_text(encoding="utf-8")
    assert "--require-hashes" in said and "--only-binary" in said
