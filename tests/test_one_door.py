"""Hostile text through every writer into data/. What is taken (exit 0) reads, is checked no worse than before, and says
the same when it is read again; what is not leaves the folder as it was and names a cell or an argument. Nothing ends in
a trace.

Whoever is refused corrects the cells that were named and tries again, until all is taken: so the text of one example
meets refusal and acceptance alike. `DXLIB_CELLS=10000 python run.py test tests/test_one_door.py` tries so many cells
per writer.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import shutil
import tomllib
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import cycle, repeat
from pathlib import Path
from random import Random
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
import pytest
from numpy.random import default_rng

from dxlib.case import check, read_for_verification, read_to_ask
from dxlib.cli import main
from dxlib.errors import Finding, Refusal
from dxlib.explore.model import Model, State
from dxlib.explore.scenario import write_scenario
from dxlib.robust import draw_weights
from dxlib.runs import record
from dxlib.sheets import tables
from dxlib.sheets.book import filled
from dxlib.sheets.form import appeal_form, claim_form
from dxlib.sheets.taking_in import Issued
from dxlib.sheets.worklist_workbook import by, decisions, items, worklist_book
from dxlib.sheets.write import write
from dxlib.words import finding as worded
from dxlib.words import text as said
from tests.hostile import RIGHT, bare, can_be_kept, hostile, meant

CELLS, SEED = (int(os.environ.get(name, of)) for name, of in (("DXLIB_CELLS", "24"), ("DXLIB_SEED", "2554")))
ROWS = [f"1.{n:03}" for n in range(1, 13 if CELLS < 1000 else 151)]  # many cells in one workbook cost little
AT_ONCE = 3 * len(ROWS)
FEW = ROWS[:2]  # for commands that take a text or two
MARKED = re.compile(r"Zz([0-9]+)zZ")
AWAITED = ("answer_missing", "file_missing", "case_missing", "folder_empty")
Texts = Mapping[int, str]  # number of a cell -> what is typed into it
PLACE = "2024/demo"
AGENCIES = ("so-a", "so-b", "so-c")
INDEX = """year = {year}
group = "demo"
decision = {decision}
total = {total}
missing = "zero"
[title]
vi = {title}
[[class]]
name = {{vi = {name}}}
cut = 0
"""


def mark(n: int) -> str:
    return f"Zz{n}zZ"


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def table(path: Path, rows: list[dict[str, str]]) -> None:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    path.write_bytes(in_csv([columns, *([row.get(c, "") for c in columns] for row in rows)]))


def in_csv(rows: list[list[str]]) -> bytes:
    """A table as somebody else writes it: every cell between quotation marks, a bare carriage return in it too."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    return out.getvalue().encode("utf-8")


def province(
    root: Path,
    year: str = "2024",
    typed: Callable[[], str] = lambda: "Văn bản",
    code: Callable[[str], str] = lambda code: code,
    codes: Sequence[str] = ROWS,
    **more: Any,
) -> Path:
    """A folder that reads: one branch with twelve rows, three agencies, all claimed; `typed` gives every free text."""
    place = root / year / "demo"
    place.mkdir(parents=True)
    facts = {"total": 5 * len(codes), "title": quoted(typed()), "name": quoted(typed()), "decision": quoted(typed())}
    (place / "index.toml").write_bytes(INDEX.format(year=year, **facts).encode("utf-8", "surrogatepass"))
    rows = [{"code": "1", "name_vi": typed(), "max_points": str(5 * len(codes))}]
    rows += [
        {"code": code(c), "parent": "1", "name_vi": typed(), "max_points": "5", "rule": "yes_no", "source": "reported"}
        for c in codes
    ]
    table(place / "indicators.csv", rows)
    table(place / "agencies.csv", [{"agency": a, "name_vi": typed(), "note": typed()} for a in AGENCIES])
    claims = [{"agency": a, "indicator": c, "option": "yes"} for a in AGENCIES for c in codes]
    for name, rows_of in {"claims": claims, **more}.items():
        if rows_of is not None:
            table(place / f"{name}.csv", rows_of)
    if not (root / "reasons.csv").exists():
        table(root / "reasons.csv", [{"code": "thin", "name_vi": "Thiếu minh chứng", "name_en": "Evidence lacking"}])
    return root


def decided(codes: Sequence[str] = ROWS) -> list[dict[str, str]]:
    row = {"step": "1", "stage": "verify", "decided_by": "Tổ 1", "decided_on": "2025-01-10"}
    return [{"agency": a, "indicator": c, **row} for a in AGENCIES for c in codes]


def dx(*argv: object, json_too: bool = True) -> tuple[int, list[dict[str, Any]]]:
    """A command, its exit code and what it said is wrong; an exception is a failure of the test."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([*map(str, argv), *(["--json"] if json_too else [])])
    found: list[dict[str, Any]] = []
    for stream in (out, err):
        stream.flush()
        text = stream.buffer.getvalue().decode("utf-8")  # type: ignore[attr-defined]
        while text.lstrip().startswith(("[", "{")):
            value, end = json.JSONDecoder().raw_decode(text.lstrip())
            found += [one for one in value if "severity" in one] if isinstance(value, list) else []
            text = text.lstrip()[end:]
    return code, found


def as_said(findings: tuple[Finding, ...]) -> list[dict[str, Any]]:
    """The findings of a function, worded as a command does."""
    facts = ("code", "severity", "file", "row", "column", "value")
    return [{name: getattr(f, name) for name in facts} | worded(f, "vi") for f in findings]


def state(root: Path) -> dict[str, bytes]:
    """Every file but the log of what was sent back, which a refused delivery writes."""
    files = (p for p in root.rglob("*") if p.is_file() and p.name != "returned.csv")
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in files}


def errors(root: Path) -> set[tuple[str, str]]:
    return {(f.code, f.reason) for f in check(root) if f.severity == "error" and f.reason not in AWAITED}


def lines(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    csv.field_size_limit(1 << 20)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Workbook:
    """A workbook with marks in the cells into which texts are typed; `cells` says where each stands."""

    def __init__(self, data: bytes):
        self.data, self.cells = data, {}
        book = openpyxl.load_workbook(io.BytesIO(data))
        for sheet in book:
            for cell in (cell for row in sheet.iter_rows() for cell in row):
                if isinstance(cell.value, str) and (found := MARKED.fullmatch(cell.value)):
                    head = sheet.cell(3, cell.column).value
                    key = sheet.cell(cell.row, 1).value if head == "value" else head
                    self.cells[int(found[1])] = (sheet.title, cell.coordinate, cell.row, key)

    def typed(self, texts: Texts) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(self.data)) as old, zipfile.ZipFile(out, "w") as new:
            for item in old.infolist():
                xml = old.read(item).decode("utf-8")
                new.writestr(item.filename, MARKED.sub(lambda found: in_xml(texts.get(int(found[1]), "")), xml))
        return out.getvalue()

    def named(self, findings: list[dict[str, Any]]) -> set[int]:
        """The cells that a refusal names, by sheet and A1, or by sheet, line and column."""
        at = {(f["column"]) for f in findings} | {
            (f["file"].rpartition(" · ")[2], f["row"], f["column"]) for f in findings
        }
        return {
            n
            for n, (title, a1, row, key) in self.cells.items()
            if f"{title}!{a1}" in at or {(title, row, key), (title, row, f"{key}".partition(".")[0])} & at
        }


def in_utf8(text: str) -> str:
    """A text that a file in UTF-8 can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def joined(text: str) -> str:
    """Two halves of a character that came to stand beside each other are one."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def in_xml(text: str) -> str:
    odd = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
    return escape(odd.sub(lambda found: f"_x{ord(found[0]):04X}_", text))


class Writer:
    """One writer: `root` is the folder before, `cells` how many texts it takes at once.

    write(root, texts)   try it; exit code, and what was said
    named(findings)      which texts a refusal names
    stored(root)         what stands in the folder for each text afterwards
    """

    root: Path
    cells: int
    in_xml = False  # whether the text goes through the XML of a spreadsheet
    copies = False  # whether it makes copies, of what stands there byte for byte

    def prepare(self, root: Path, texts: Texts) -> None:
        """The folder as it is before the command."""
        if not root.exists():
            shutil.copytree(self.root, root)

    def write(self, root: Path, texts: Texts) -> tuple[int, list[dict[str, Any]]]:
        raise NotImplementedError

    def named(self, findings: list[dict[str, Any]]) -> set[int]:
        raise NotImplementedError

    def stored(self, root: Path) -> Mapping[int, str]:
        raise NotImplementedError


class Delivered(Writer):
    """Intake of one workbook of marks; `where`: the table, row and column of each."""

    in_xml = True
    codes: Sequence[str] = ROWS
    book: Workbook
    where: list[tuple[str, dict[str, str], str]]

    @property
    def cells(self) -> int:  # type: ignore[override]
        return len(self.where)

    def write(self, root, texts):
        path = root.parent / "f.xlsx"
        path.write_bytes(self.book.typed(texts))
        at = ("--data", root, "--reports", root.parent / "reports", "--received", "2025-01-15")
        return dx("intake", "2024", "demo", path, *at)

    def named(self, findings):
        return self.book.named(findings)

    def stored(self, root):
        there = {name: lines(root / PLACE / f"{name}.csv") for name in ("claims", "evidence", "appeals", "verdicts")}
        return {
            n: next((row[column] for row in there[name] if key.items() <= row.items()), "")
            for n, (name, key, column) in enumerate(self.where)
        }

    def marks(self, kinds: Mapping[str, tuple[str, str]]) -> dict[str, str]:
        """Marks for these inputs of every row; `kinds`: input -> (table, column)."""
        typed = {}
        for code in self.codes:
            for name, (of, column) in kinds.items():
                typed[f"{code}/{name}"] = mark(len(self.where))
                self.where.append((of, {"agency": "so-a", "indicator": code}, column))
        return typed


class Forms(Delivered):
    def __init__(self, folder: Path):
        self.root, self.where = province(folder / "data", codes=self.codes, claims=None), []
        issued = Issued(read_to_ask(self.root, "2024", "demo"), self.root)
        words = issued.wording("vi")
        kinds = {
            "explanation": ("claims", "explanation"),
            "number": ("evidence", "number"),
            "title": ("evidence", "title"),
        }
        typed = self.marks(kinds) | {f"{c}/option": words.options[c]["yes"] for c in self.codes}
        typed["submitted_by"] = mark(len(self.where))
        self.where.append(("claims", {"agency": "so-a", "indicator": "1.001"}, "submitted_by"))
        self.book = Workbook(write(filled(claim_form(words, issued.people["vi"]["so-a"]), typed)))


class Reason(Forms):
    """Why a form is taken late, in the command."""

    in_xml = False
    codes = FEW

    def __init__(self, folder: Path):
        super().__init__(folder)
        self.data = self.book.typed(dict.fromkeys(range(len(self.where)), "Văn bản"))
        self.where = self.where[:1]

    def write(self, root, texts):
        path = root.parent / "f.xlsx"
        path.write_bytes(self.data)
        at = ("--data", root, "--reports", root.parent / "reports", "--received", "2025-01-15")
        return dx("intake", "2024", "demo", path, f"--reason={texts[0]}", *at)

    def named(self, findings):
        return {0} if any(f["column"] == "reason" for f in findings) else set()

    def stored(self, root):
        return {0: lines(root / PLACE / "forms/received.csv")[0]["reason"]}


class Appeals(Delivered):
    def __init__(self, folder: Path):
        self.root, self.where = province(folder / "data", verdicts=decided()), []
        issued = Issued(read_to_ask(self.root, "2024", "demo"), self.root)
        words = issued.wording("vi")
        form = appeal_form(words, issued.people["vi"]["so-a"])
        kinds = {"grounds": ("appeals", "grounds"), "number": ("evidence", "number"), "title": ("evidence", "title")}
        choices = {cell.name: cell.choices for sheet in form.sheets for cell in sheet.cells.values()}
        typed = self.marks(kinds) | {f"{c}/contest": choices[f"{c}/contest"][0] for c in ROWS}
        self.book = Workbook(write(filled(form, typed)))


class Worklists(Delivered):
    def __init__(self, folder: Path):
        self.root, self.where = province(folder / "data"), []
        listed = items(read_for_verification(self.root, "2024", "demo"), None, capacity=len(AGENCIES) * len(ROWS))
        words = Issued(read_for_verification(self.root, "2024", "demo"), self.root).wording("vi")
        typed = {by("verify", ""): mark(0)}
        self.where.append(("verdicts", {"agency": listed[0].agency, "indicator": listed[0].code}, "decided_by"))
        for item in listed:
            key = {"agency": item.agency, "indicator": item.code}
            typed[f"{item.agency}/{item.code}/decision"] = decisions("verify", "vi")[0]
            typed[f"{item.agency}/{item.code}/note"] = mark(len(self.where))
            self.where.append(("verdicts", key, "note"))
        self.book = Workbook(write(filled(worklist_book(words, listed), typed)))


class Tables(Writer):
    """The workbook of tables: every text of a folder that is no code."""

    in_xml = True

    def __init__(self, folder: Path):
        marks = iter(map(mark, range(1000)))
        typed = lambda: next(marks)  # noqa: E731
        cell = {"agency": "so-a", "indicator": "1.001"}
        answered = [{"agency": a, "indicator": c, "option": "yes"} for a in AGENCIES for c in ROWS]
        answered[0] |= {"explanation": typed(), "submitted_by": typed()}
        more = {
            "claims": answered,
            "verdicts": [cell | {"step": "1", "stage": "verify", "note": typed(), "decided_by": typed()}],
            "appeals": [cell | {"grounds": typed()}],
            "evidence": [cell | {"no": "1", **{c: typed() for c in ("number", "title", "issuer", "note")}}],
            "exemptions": [{"agency": "so-b", "indicator": "1.002", "reason": typed(), "decided_by": typed()}],
            "shared": [{"document": "QĐ 1", "reason": typed(), "decided_by": typed()}],
            "choices": [{"indicator": "1.001", "name": "yes", "name_vi": typed(), "name_en": typed()}],
        }
        self.root = province(folder / "data", "2024", typed, **more)
        self.book = Workbook(tables(self.root, "2024", "demo"))
        self.places = {
            n: (path, row, column)
            for path in (p.relative_to(self.root) for p in self.root.glob(f"{PLACE}/*.csv"))
            for row, line in enumerate(lines(self.root / path))
            for column, value in line.items()
            for n in self.book.cells
            if value == mark(n)
        }
        self.cells = len(self.book.cells)

    def write(self, root, texts):
        path = root.parent / "t.xlsx"
        path.write_bytes(self.book.typed(texts))
        return dx("tables", "--import", path, "--data", root)

    def named(self, findings):
        return self.book.named(findings)

    def stored(self, root):
        there = {path: lines(root / path) for path, _, _ in self.places.values()}
        said = {n: there[path][row][column] for n, (path, row, column) in self.places.items()}
        index = tomllib.loads((root / PLACE / "index.toml").read_text(encoding="utf-8"))
        settings = {"title.vi": index["title"]["vi"], "decision": index.get("decision", "")}
        settings["name.vi"] = index["class"][0]["name"]["vi"]
        return said | {n: settings[cell[3]] for n, cell in self.book.cells.items() if n not in said}


OFFICIAL = ["Mã mới", "Tên đơn vị mới", "Mã cũ", "Tên đơn vị cũ", "Quan hệ"]


class Official(Writer):
    """An official table, each text a part of a name; the act stands in the command."""

    cells = AT_ONCE + 1

    def __init__(self, folder: Path, workbook: bool):
        self.root, self.in_xml = folder / "data", workbook
        self.root.mkdir()
        sheet = openpyxl.Workbook()
        for row in [OFFICIAL, *(self.row(n, f"{mark(n)}") for n in range(AT_ONCE))]:
            sheet.active.append(row)
        out = io.BytesIO()
        sheet.save(out)
        self.book = Workbook(out.getvalue())

    def row(self, n: int, name: str) -> list[str]:
        return [f"{n + 10000}", name, f"{n + 20000}", f"Xã cũ số {n}", "Nhập toàn bộ"]

    def write(self, root, texts):
        path = root.parent / ("t.xlsx" if self.in_xml else "t.csv")
        rows = [self.row(n, in_utf8(texts[n])) for n in range(AT_ONCE)]
        path.write_bytes(self.book.typed(texts) if self.in_xml else in_csv([OFFICIAL, *rows]))
        act = texts[AT_ONCE]
        return dx("register", "import", path, "--date", "2025-07-01", "--act", act, "--write", "--data", root)

    def named(self, findings):
        rows = {f["row"] - 2 for f in findings if f["row"]} | {
            int(found[1]) - 2 for f in findings if (found := re.fullmatch("[A-Z]+([0-9]+)", f["column"]))
        }
        return rows | ({AT_ONCE} if any(f["column"] == "act" for f in findings) else set())

    def stored(self, root):
        there = {row["official_code"]: row for row in lines(root / "register.csv")}
        names = {n: there[f"{n + 10000}"]["name_vi"] for n in range(AT_ONCE)}
        return names | {AT_ONCE: there["10000"]["act"]}


class Act(Writer):
    """One act on single units, its texts in the command."""

    def __init__(self, folder: Path, action: str, units: tuple[str, ...], options: dict[str, str], heirs=()):
        self.root = folder / "data"
        self.root.mkdir(parents=True)
        self.action, self.units, self.options, self.heirs = action, units, options, heirs
        rows = [{"agency": a, "name_vi": f"Sở {a}", "level": "department"} for a in AGENCIES]
        table(self.root / "register.csv", rows)
        self.cells = len(options)

    def write(self, root, texts):
        given = [f"{option}={LEVEL if option == '--level' else ''}{texts[n]}" for n, option in enumerate(self.options)]
        heirs = ["--into", *self.heirs] if self.heirs else []
        return dx(
            "register", self.action, *self.units, *heirs, "--date", "2025-07-01", *given, "--write", "--data", root
        )

    def named(self, findings):
        columns = {f["column"] for f in findings}
        return {n for n, column in enumerate(self.options.values()) if column in columns}

    def stored(self, root):
        row = lines(root / "register.csv")[-1]
        row |= {"act": lines(root / "lineage.csv")[-1]["act"]}
        row["level"] = row["level"].removeprefix(LEVEL.strip())
        return {n: row[column] for n, column in enumerate(self.options.values())}


class SignOff(Writer):
    """A sign-off; that there is a report to sign is told, since its making is no matter of text."""

    columns = ("role", "decision", "reason", "pending_appeals")
    cells = len(columns)

    def __init__(self, folder: Path):
        appeal = {"agency": "so-a", "indicator": "1.001", "grounds": "Đã họp bốn cuộc"}
        self.root = province(folder / "data", codes=FEW, verdicts=decided(FEW), appeals=[appeal])

    def write(self, root, texts):
        entry = {"fingerprint": "a" * 64, "parameters": {}, "inputs": {}, "products": {}}
        given = {**texts, 3: f"vì {texts[3]}"}  # without any it waits for the appeal
        options = [f"--{c.replace('_', '-')}={given[n]}" for n, c in enumerate(self.columns)]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(record, "read", lambda reports: {f"public/{PLACE}/report.vi": entry})
            patch.setattr("dxlib.runs.products.declared", lambda job: set())
            at = ("--date", "2025-03-01", "--data", root, "--reports", root.parent / "reports")
            return dx("approve", "2024", "demo", *options, *at)

    def named(self, findings):
        return {n for n, c in enumerate(self.columns) if any(f["column"] == c for f in findings)}

    def stored(self, root):
        (row,) = lines(root / PLACE / "approvals.csv")
        reason, _, pending = row["reason"].partition(said("cli.pending_appeals_recorded", "vi", n=1, reason="vì"))
        return {0: row["role"], 1: row["decision"], 2: reason.removesuffix("; "), 3: pending}


class Scenario(Writer):
    """What was tried in the panel, with its titles."""

    langs = ("vi", "en")
    cells = len(langs)

    def __init__(self, folder: Path):
        self.root = province(folder / "data", codes=FEW)
        case = read_to_ask(self.root, "2024", "demo")
        self.model = Model(case, draw_weights(case, 0.2, 20, default_rng(1)))

    def write(self, root, texts):
        try:
            title = {lang: texts[n] for n, lang in enumerate(self.langs)}
            write_scenario(root, self.model, State(drop=("1.001",)), "thu", title)
        except Refusal as refusal:
            return 1, as_said(refusal.findings)
        return 0, []

    def named(self, findings):
        return {n for n, lang in enumerate(self.langs) if any(f["column"] == f"thu.title.{lang}" for f in findings)}

    def stored(self, root):
        title = tomllib.loads((root / PLACE / "scenarios.toml").read_text(encoding="utf-8"))["thu"].get("title", {})
        return {n: title.get(lang, "") for n, lang in enumerate(self.langs)}


class ByHand(Writer):
    """A folder that somebody typed by hand, from which a command makes files: what it refuses is corrected there."""

    def __init__(self, folder: Path):
        self.root, self.cells = folder / "data", 11 + 2 * len(ROWS)
        self.prepare(self.root, {n: mark(n) for n in range(self.cells)})
        index, scenarios = f"{PLACE}/index.toml", f"{PLACE}/scenarios.toml"
        keys = ((index, "title.vi"), (index, "class[1].name.vi"), (index, "decision"), (scenarios, "thu.title.vi"))
        self.places: dict[int, tuple[str, int | None, str]] = {
            n: (file, None, key) for n, (file, key) in zip((0, 1, 2, self.cells - 1), keys, strict=True)
        }
        for path in (self.root / PLACE).glob("*.csv"):
            for row, line in enumerate(lines(path), start=2):
                for column, value in line.items():
                    if found := MARKED.search(value):
                        self.places[int(found[1])] = (f"{PLACE}/{path.name}", row, column)
        assert len(self.places) == self.cells

    def prepare(self, root, texts):
        shutil.rmtree(root, ignore_errors=True)
        for year in self.years:
            given = (in_utf8(text) for _, text in sorted(texts.items()))
            province(root, year, lambda: next(given), lambda code: code + next(given), claims=None)  # noqa: B023
            scenario = f"[thu]\ntitle.vi = {quoted(next(given))}\npolicies.missing = 'exclude'\n"
            (root / year / "demo/scenarios.toml").write_text(scenario, encoding="utf-8", newline="\n")

    def named(self, findings):
        at = {(f["file"], f["row"], f["column"]) for f in findings}
        # an empty name is said of the key above: class[1].name of class[1].name.vi
        above = {n: (file, row, key.rpartition(".")[0]) for n, (file, row, key) in self.places.items()}
        return {n for n, place in self.places.items() if at & {place, above[n]}}


class NewYear(ByHand):
    copies = True
    years = ("2024",)

    def write(self, root, texts):
        return dx("new-year", "2025", "--from", "2024", "--data", root)

    def stored(self, root):
        made = root / "2025/demo"
        index = tomllib.loads((made / "index.toml").read_text(encoding="utf-8"))
        scenarios = tomllib.loads((made / "scenarios.toml").read_text(encoding="utf-8"))
        found = {1: index["class"][0]["name"]["vi"], self.cells - 1: scenarios["thu"]["title"]["vi"]}
        for n, (file, row, column) in self.places.items():
            if row is not None:
                cell = lines(made / file.rpartition("/")[2])[row - 2][column]
                found[n] = cell[5:] if column == "code" else cell
        return found


class Links(ByHand):
    years = ("2024", "2025")

    def write(self, root, texts):
        argv = ("links", "2025", "demo", "--from", "2024", "--data", root)
        code, _ = dx(*argv, "-o", root / "2025/demo/links.csv", json_too=False)
        return (0, []) if code == 0 else dx(*argv)

    def stored(self, root):
        codes = {row["code"] for row in lines(root / "2025/demo/links.csv")}
        assert len(codes) == 1 + len(ROWS)
        return {}


LEVEL = "cấp "
NEW = {"--name-vi": "name_vi", "--name-en": "name_en", "--act": "act"}
MORE = {**NEW, "--code": "official_code", "--level": "level"}


def acts(folder: Path) -> Iterator[Writer]:
    """Every act on single units in turn."""
    made = [
        Act(folder / "merge", "merge", ("so-a", "so-b"), MORE),
        Act(folder / "rename", "rename", ("so-a",), MORE),
        Act(folder / "split", "split", ("so-a",), {"--act": "act"}, ("so-b:0.5", "so-c:0.5")),
        Act(folder / "transfer", "transfer", ("so-a",), {"--act": "act"}, ("so-b:0.5",)),
        Act(folder / "abolish", "abolish", ("so-a",), {"--act": "act"}),
        Act(folder / "create", "create", (), MORE),
    ]
    return cycle(made)


WRITERS: dict[str, Callable[[Path], Writer | Iterator[Writer]]] = {
    "forms": Forms,
    "appeals": Appeals,
    "worklists": Worklists,
    "reason of an intake": Reason,
    "tables": Tables,
    "official table": lambda folder: Official(folder, workbook=False),
    "official workbook": lambda folder: Official(folder, workbook=True),
    "acts": acts,
    "new year": NewYear,
    "links": Links,
    "sign-off": SignOff,
    "scenario": Scenario,
}


@pytest.mark.parametrize("name", WRITERS)
def test_what_is_written_reads_again_and_what_is_refused_is_named(name, tmp_path_factory):
    made = WRITERS[name](tmp_path_factory.mktemp("writer"))
    writers = repeat(made) if isinstance(made, Writer) else made
    tried = taken = 0
    while tried < CELLS:
        writer = next(writers)
        draw = Random(f"{SEED} {name} {tried}")
        texts = {n: hostile(draw) for n in range(writer.cells)}
        try:
            taken += taken_at_last(writer, tmp_path_factory.mktemp("case") / "data", texts)
        except BaseException as failure:
            failure.add_note(f"seed {SEED}, from cell {tried}")
            raise
        tried += writer.cells
    assert 0.2 * tried < taken < tried


CORRECTED = "Đã sửa theo góp ý"


def taken_at_last(writer: Writer, root: Path, texts: dict[int, str]) -> int:
    """Try, correct what is named, and try again until it is taken; how many texts are taken as they were."""
    while True:
        writer.prepare(root, texts)
        before, stood = state(root), errors(root)
        code, findings = writer.write(root, texts)
        if code == 0:
            break
        assert code == 1 and findings and state(root) == before
        wrong = [f for f in findings if f["severity"] == "error"]
        cells = {n for n in writer.named(wrong) if texts.get(n, CORRECTED) != CORRECTED}
        assert cells, wrong
        for n in cells:
            assert texts[n] not in RIGHT, wrong
            texts[n] = CORRECTED
    assert errors(root) <= stood
    for n, stored in writer.stored(root).items():
        given = joined(meant(texts[n])) if writer.in_xml else in_utf8(texts[n])
        assert bare(stored) == bare(given), (given, stored)
        assert can_be_kept(stored) or writer.copies, stored
    shutil.rmtree(root.parent)
    return sum(text != CORRECTED for text in texts.values())


def test_json_says_what_was_made_and_what_was_refused(tmp_path, capsys):
    from dxlib.cli import main

    data = str(Path(__file__).parents[1] / "data")
    tables = tmp_path / "tables.xlsx"
    assert main(["tables", "2024", "departments", "-o", str(tables), "--data", data, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"file": str(tables)}
    assert main(["sample", str(tmp_path / "made"), "--communes", "3", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"folder": str(tmp_path / "made")}
    assert main(["score", "2024", "nobody", "--data", data, "--json"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert [found["code"] for found in json.loads(said.err)] == ["E_NOT_FOUND"]
