"""All tables of a year and group as one friendly workbook, and back: what a decision's appendix can be typed into.

One sheet per table, headed by words and by the contract's names; index.toml as a sheet of keys, its classes and the
conditions on them as others. What comes back goes through the same door as a folder does, before anything is written.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from .. import schema
from ..atomic import put_all, read_plain, recover, working_folder
from ..case import judge as foretell
from ..case.answers import ANSWER
from ..case.case import build_tree
from ..case.characters import LINE_END, kind_of, of_cells
from ..case.classes import KEYS as CLASS_KEYS
from ..case.conditions import KEYS as CONDITION_KEYS
from ..case.framework import Node
from ..case.judged import COLUMNS as JUDGED
from ..case.judged import DOCUMENTS, NOTHING, late, recorded, standing
from ..case.read import check_place
from ..case.settings import FILE as SETTINGS_FILE
from ..case.settings import read_settings
from ..case.tables import as_csv, differing, empty, read_bytes, read_table, rows_of
from ..errors import Finding, Refusal
from ..languages import LANGUAGES, OFFICIAL, in_each, parted
from ..schema import EVIDENCE
from ..words import in_language, meaning, text
from .book import Book, Cell, Rule, Sheet, at
from .form import height, taking
from .percentage import signed
from .read import Page, position
from .receive import DAY, Received, as_day, open_workbook, retyped, take, warn_of_display
from .spelling import as_text, spelt
from .write import write

NAMES = tuple(name for name in schema.CASE_TABLES if name != "approvals")  # sign-offs are only ever appended
ANSWERED = ("claims", "verdicts")
NUMERIC = ("number", "integer")
LEDGER = ("claims", "evidence", "appeals", "verdicts")  # what an intake changes, too
Change = tuple[str, str, str, str, str]  # table, key, column, before, after
NOTE, WORDS, HEAD, FIRST = 0, 1, 2, 3
FREE = 2000  # lines that take new rows, with their drop-downs
LOWER = 20  # lines that somebody may have put above the names
SETTINGS = ("key", "value", "meaning")
NAME_KEYS = tuple(f"name.{lang}" for lang in LANGUAGES)
LISTS = {"classes": ("class", CLASS_KEYS), "conditions": ("condition", CONDITION_KEYS)}  # sheets of lists in index.toml
KINDS = {
    name: {k: s["type"] for k, s in declared.items() if s["type"] != "names"} for name, (_, declared) in LISTS.items()
}
COLUMNS = {"settings": SETTINGS, **{name: (*NAME_KEYS, *kinds) for name, kinds in KINDS.items()}}
WIDE = (*in_each("name"), "explanation", "rule", EVIDENCE, "title", "grounds", "reason", "note", "legal")


@dataclass
class Imported:
    """What a workbook would change: findings, and (table, key, column, before, after) of every cell that differs."""

    place: str = ""
    findings: list[Finding] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    files: dict[Path, bytes] = field(default_factory=dict)

    @property
    def refused(self) -> bool:
        return any(f.severity == "error" for f in self.findings)


def tables(root: str | Path, year: str, group: str, lang: str = OFFICIAL) -> bytes:
    """The workbook of a year and group; of one that does not exist yet, empty and explained. Raises Refusal."""
    wrong = check_place(year, group)
    if wrong:
        raise Refusal(wrong)
    folder = Path(root) / year / group
    frames, findings = {}, []
    for name in NAMES:
        path = folder / f"{name}.csv"
        frames[name] = empty(name)
        if os.path.lexists(path):
            shown = f"{year}/{group}/{name}.csv"
            data, found = read_bytes(path, shown, {})
            if data is not None:
                frames[name], found = read_table(name, data, shown)
            findings += [f for f in found if f.severity == "error"]
    if findings:
        raise Refusal(findings)
    raw = settings_of(Path(root), year, group) or {"year": year, "group": group}
    sheets = [settings_sheet(raw, lang), *(list_sheet(name, raw, lang) for name in LISTS)]
    sheets += [table_sheet(name, frames[name], lang) for name in NAMES]
    sheets = [tall(sheet, text("page.sample", lang) if raw.get("sample") else "") for sheet in sheets]
    identity = {"kind": "tables", "year": year, "group": group, "lang": lang}
    identity |= {f"stood/{name}": stood(folder / f"{name}.csv") for name in LEDGER}
    return write(Book(tuple(sheets), identity, f"{year}/{group}"))


def stood(path: Path) -> str:
    """A file as it was when the workbook was made."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "-"


def settings_of(root: Path, year: str, group: str) -> dict[str, Any]:
    """index.toml as it stands, numbers as their text; empty where there is none. Raises Refusal where it says what no
    cell can hold; what is only lacking is filled in on the sheet."""
    path = root / year / group / SETTINGS_FILE
    if not os.path.lexists(path):
        return {}
    data, findings = read_bytes(path, f"{year}/{group}/{SETTINGS_FILE}", {})
    if data is not None:
        findings = read_settings(data, year, group)[1]
    errors = [f for f in findings if f.severity == "error" and f.code != "E_REQUIRED"]
    if data is None or errors:
        raise Refusal(errors)
    return tomllib.loads(data.decode("utf-8-sig"), parse_float=str)


def keys() -> list[tuple[str, dict[str, Any]]]:
    """(dotted key, its schema) of everything in index.toml but its lists."""
    found: list[tuple[str, dict[str, Any]]] = []
    for key in schema.table("index")["keys"]:
        if key["type"] == "names":
            found += [(f"{key['name']}.{lang}", key | {"type": "string"}) for lang in LANGUAGES]
        elif key["type"] == "table":
            found += [(f"{key['name']}.{inner['name']}", inner) for inner in key["fields"]]
        elif key["type"] != "tables":
            found.append((key["name"], key))
    return found


def held(raw: Mapping[str, Any], key: str) -> str:
    """One value of index.toml as text; "" where it is not given."""
    value: Any = raw
    for part in key.split("."):
        value = value.get(part, "") if isinstance(value, Mapping) else ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def typed(words: str, kind: str) -> str | float | date:
    """Text as a cell holds it: a number or a day where nothing is lost by it."""
    try:
        if kind in ("number", "integer") and as_text(float(words)) == words:
            return float(words)
        if kind == "date":
            return date.fromisoformat(words)
    except (ValueError, OverflowError):
        pass  # shown as it stands
    return words


def style(kind: str) -> str:
    return {"date": "input_date", "number": "input", "integer": "input"}.get(kind, "input_text")


def settings_sheet(raw: Mapping[str, Any], lang: str) -> Sheet:
    cells = top("settings", SETTINGS, lang)
    rules = []
    for row, (key, spec) in enumerate(keys(), start=FIRST):
        kind = spec["type"]
        allowed = tuple(spec.get("enum", ())) or (("true", "false") if kind == "boolean" else ())
        default = spec.get("default")
        said = in_language("sheet.setting_in", key, lang) if parted(key)[1] else text(f"sheet.setting.{key}", lang)
        if allowed:
            said = f"{said}: {', '.join(allowed)}"
        cells[row, 0] = Cell(key, "code")
        cells[row, 1] = Cell(typed(held(raw, key), kind), style(kind))
        cells[row, 2] = Cell(said if default in (None, "") else f"{said} ({str(default).lower()})", "text")
        if allowed:
            rules.append(Rule(row, row, 1, allowed, "", said))
    return Sheet(
        title_of("settings", lang), cells, (24, 60, 80), repeated=(WORDS, FIRST, 1), rules=rules, protected=False
    )


def list_sheet(name: str, raw: Mapping[str, Any], lang: str) -> Sheet:
    """A list of index.toml: a line for each of its tables."""
    columns, (key_of, declared) = COLUMNS[name], LISTS[name]
    cells = top(name, columns, lang)
    for row, one in enumerate(raw.get(key_of, ()), start=FIRST):
        for column, key in enumerate(columns):
            words = held(one, key)
            kind = "number" if kind_in(name, key) == "number" else "string"
            cells[row, column] = Cell(typed(words, kind), "input_text")
    rules = []
    for key, said in declared.items():
        allowed = ("true", "false") if said["type"] == "boolean" else tuple(said.get("enum", ()))
        if allowed:
            rules.append(Rule(FIRST, FIRST + 50, columns.index(key), allowed, "", meaning(name, key, lang)))
    styles = ["input" if kind_in(name, key) == "number" else "input_text" for key in columns]
    return Sheet(
        title_of(name, lang),
        cells,
        (*(28 for _ in NAME_KEYS), *(12 if key == "cut" else 16 for key in KINDS[name])),
        {WORDS: 48},
        repeated=(WORDS, FIRST, 0),
        rules=rules,
        protected=False,
        styles=styles,
    )


def table_sheet(name: str, frame: pd.DataFrame, lang: str) -> Sheet:
    """One table: its rows, and free lines with drop-downs for what may be chosen."""
    fields = {f["name"]: f for f in schema.table(name)["fields"]}
    columns = list(frame.columns)
    cells = top(name, columns, lang)
    kinds = [fields[c]["type"] if c in fields else "string" for c in columns]
    for row, line in enumerate(rows_of(frame, *columns), start=FIRST):
        for column, (words, kind) in enumerate(zip(line, kinds, strict=True)):
            if words:
                cells[row, column] = Cell(typed(words, kind), style(kind))
    last = FIRST + len(frame) + FREE
    rules = []
    links = {link["fields"]: link["reference"] for link in schema.table(name).get("foreignKeys", [])}
    for column, key in enumerate(columns):
        allowed = tuple(fields[key].get("constraints", {}).get("enum", ())) if key in fields else ()
        to = links.get(key, {"resource": ""})["resource"] or (name if key in ("parent",) else "")
        source = ""
        if to in NAMES:
            place = schema.columns(to).index(links[key]["fields"] if key in links else "code")
            letter = "".join(c for c in at(0, place) if c.isalpha())
            source = f"='{title_of(to, lang)}'!${letter}${FIRST + 1}:${letter}${FIRST + FREE}"
        if allowed or source:
            rules.append(Rule(FIRST, last, column, allowed, source, meaning(name, key, lang)))
    widths = [40 if c in WIDE else 16 for c in columns]
    styles = tuple(style(kind) for kind in kinds)
    return Sheet(
        title_of(name, lang),
        cells,
        widths,
        {WORDS: 48},
        repeated=(WORDS, FIRST, 1),
        rules=rules,
        protected=False,
        styles=styles,
    )


def tall(sheet: Sheet, header: str) -> Sheet:
    """The sheet with lines high enough for their words, and the mark of made-up figures in its first line."""
    heights: dict[int, float] = {}
    for (row, column), cell in sheet.cells.items():
        if row >= FIRST:
            heights[row] = min(90.0, max(heights.get(row, 0.0), height(as_text(cell.value), sheet.widths[column])))
    note = sheet.cells[NOTE, 0]
    cells = dict(sheet.cells)
    if header:
        cells[NOTE, 0] = replace(note, value=f"{header}. {note.value}")
    return replace(sheet, cells=cells, heights={**sheet.heights, **heights}, header=header)


def title_of(name: str, lang: str) -> str:
    return text(f"sheet.table.{name}", lang)


def top(name: str, columns: Sequence[str], lang: str) -> dict[tuple[int, int], Cell]:
    """The note, the words and the contract's names above a table."""
    cells = {(NOTE, 0): Cell(text(f"sheet.about.{name}", lang), "line")}
    for column, key in enumerate(columns):
        said = key if key.startswith("x_") else meaning(name, key, lang)
        cells[WORDS, column] = Cell(said, "head")
        cells[HEAD, column] = Cell(key, "muted")
    return cells


def import_tables(root: str | Path, path: Path, write_it: bool = True) -> Imported:
    """Take a workbook of `tables` back.

    Everything is checked as a folder would be, and every cell that differs is told, before anything is written;
    with `write_it` false nothing is. Rows are found by the contract's names above the columns. Never raises for what
    stands in the file.
    """
    root, out = Path(root), Imported()
    opened = open_workbook(path.name, read_plain(path, links=True))
    if isinstance(opened, Finding):
        out.findings.append(opened)
        return out
    pages, identity, found = opened
    out.findings += found
    year, group, lang = (identity.get(key, "") for key in ("year", "group", "lang"))
    if identity.get("kind") != "tables" or lang not in LANGUAGES or check_place(year, group):
        out.findings.append(Finding("E_SHEET", "no_tables", path.name))
        return out
    out.place = f"{year}/{group}"
    if title_of("conditions", lang) not in pages:  # of a workbook from before there were any: those that stand stay
        stands = list_sheet("conditions", settings_of(root, year, group), lang).cells
        pages[title_of("conditions", lang)] = Page({at: x for at, cell in stands.items() if (x := cell.value)})
    for name in ("settings", *LISTS, *NAMES):
        page = pages.get(title_of(name, lang))
        if page is None:
            facts = {"nearest": "–"}
            out.findings.append(Finding("E_SHEET", "sheet_missing", path.name, value=title_of(name, lang), facts=facts))
    if out.refused:
        return out
    unsure: set[tuple[str, int]] = set()  # lines of which a cell is named already
    for name in ("settings", *LISTS, *NAMES):
        page, title = pages[title_of(name, lang)], title_of(name, lang)
        out.findings += doubtful(page, name, path.name, title)
        odd = list(odd_characters(page, name, path.name, title))
        out.findings += odd
        lines = doubtful_rows(page) | {position(f.column.rpartition("!")[2])[0] for f in odd}
        unsure |= {(f"{path.name} · {title}", row + 1) for row in lines}
        pages[title], read = with_days(page, name, f"{path.name} · {title}")
        out.findings += read
    for name, page, read in with_figures(pages, lang, path.name, year, group):
        pages[title_of(name, lang)] = page
        out.findings += read
        lines = {position(f.column.rpartition("!")[2])[0] for f in read if f.severity == "error"}
        unsure |= {(f"{path.name} · {title_of(name, lang)}", row + 1) for row in lines}
    folder = root / year / group
    new = {f"{name}.csv": table_bytes(pages[title_of(name, lang)], name) for name in NAMES}
    new["verdicts.csv"] = with_judged(folder, pages[title_of("verdicts", lang)], new)
    new[SETTINGS_FILE] = settings_bytes({name: pages[title_of(name, lang)] for name in COLUMNS})
    try:
        given = tomllib.loads(new[SETTINGS_FILE].decode("utf-8"), parse_float=str)
    except tomllib.TOMLDecodeError as error:
        where = f"{path.name} · {title_of('settings', lang)}"
        out.findings.append(Finding("E_TOML", "toml", where, facts={"detail": str(error)}))
        return out
    out.files = files_of(folder, new, given, out)
    for name in LEDGER:
        file, then = folder / f"{name}.csv", identity.get(f"stood/{name}", "")
        if file in out.files and then and then != stood(file):
            out.findings.append(Finding("E_STATE", "tables_overtaken", f"{path.name} · {title_of(name, lang)}"))
    reasons = first_reasons(root, new["verdicts.csv"], out)
    found = [in_workbook(f, out.place, pages, path.name, lang) for f in judge(root, year, group, new, reasons)]
    out.findings += [f for f in found if (f.file, f.row) not in unsure]
    if write_it and not out.refused and out.files:
        files = {file.relative_to(root).as_posix(): data for file, data in out.files.items()}
        recover(folder)
        with working_folder(folder):  # one step for both folders, and nobody else is at work in this one
            put_all(root, files)
    return out


def first_reasons(root: Path, verdicts: bytes, out: Imported) -> dict[str, bytes]:
    """reasons.csv as a province begins with it, where there is none yet; a reason that some ledger gives already keeps
    its code, and is named by it."""
    path = root / "reasons.csv"
    if path.is_file():
        return {}
    ledgers = [verdicts, *(file.read_bytes() for file in sorted(root.glob("*/*/verdicts.csv")))]
    columns, named = schema.columns("reasons"), {"code", *in_each("name")}
    rows = list(rows_of(read_table("reasons", schema.standard("reasons"), "reasons")[0], *columns))
    known = {"", *(row[0] for row in rows)}
    given = [code for ledger in ledgers for code in read_table("verdicts", ledger, "verdicts")[0]["reason"]]
    new = dict.fromkeys(code for code in given if code not in known)
    rows += [tuple(code if column in named else "" for column in columns) for code in new]
    out.files[path] = as_csv(columns, rows)
    written = read_table("reasons", out.files[path], "reasons")[0]
    out.changes = cell_changes("reasons", empty("reasons"), written) + out.changes
    return {path.name: out.files[path]}


def doubtful(page: Page, name: str, file: str, title: str) -> Iterator[Finding]:
    """What a sheet holds that a table cannot: formulas, whose values are taken where there are any; what is merged,
    what nobody sees, and columns without a name, that would be lost."""
    head = head_of(page, name)
    below: dict[int, list[int]] = {}
    for row, column in sorted(page.values):
        if row > head and cell_text(page.values[row, column]) and not cell_text(page.values.get((head, column), "")):
            below.setdefault(column, []).append(row)
    for column, rows in below.items():
        where, value = f"{title}!{at(rows[0], column)}", as_text(page.values[rows[0], column])
        yield Finding("E_COLUMN", "column_unnamed", file, column=where, value=value, facts={"n": len(rows)})
    blank = sorted(page.formulas - page.values.keys())
    for place in blank:
        yield Finding("E_FORMULA", "formula_unknown", file, column=f"{title}!{at(*place)}")
    for place in sorted(page.errors):
        value = as_text(page.values.get(place, ""))
        yield Finding("E_FORMULA", "error_given", file, column=f"{title}!{at(*place)}", value=value)
    if known := page.formulas - set(blank):
        where = f"{title}!{at(*min(known))}"
        yield Finding("W_FORMULA", "formula_values", file, column=where, facts={"n": len(known)})
    for merged in sorted(page.merged):
        yield Finding("E_MERGED", "merged", file, column=f"{title}!{merged}")
    if page.unseen or page.hidden:
        yield Finding("W_HIDDEN", "hidden_sheet" if page.unseen else "hidden_rows", file, column=title)


def odd_characters(page: Page, name: str, file: str, title: str) -> Iterator[Finding]:
    """What is wrong with the characters below the names of the columns."""
    head = head_of(page, name)
    columns = {column: cell_text(value) for (row, column), value in page.values.items() if row == head}
    keys = {row: cell_text(value) for (row, column), value in page.values.items() if column == 0}
    cells: list[tuple[int | None, str, str, str]] = []
    for (row, column), value in sorted(page.values.items(), key=lambda cell: cell[0]):
        if row > head and column in columns and isinstance(value, str):
            key = keys.get(row, "") if name == "settings" else columns[column]
            if name != "settings" or columns[column] == "value":
                cells.append((None, f"{title}!{at(row, column)}", kind_of(key), value.strip()))
    return of_cells(iter(cells), file, comes_in=True)


def doubtful_rows(page: Page) -> set[int]:
    """The lines of the cells that are no values, and of those that are merged."""
    merged = [range(int(a), int(b) + 1) for a, b in (re.findall("[0-9]+", one) for one in page.merged)]
    bad = (page.formulas - page.values.keys()) | page.errors
    return {row for row, _ in bad} | {line - 1 for lines in merged for line in lines}


def with_days(page: Page, name: str, where: str) -> tuple[Page, list[Finding]]:
    """The sheet with days that were typed as text, day first as they are written in Việt Nam: 31/12/2025.

    Those that another country would read as another day (03/04/2025) are read alike, and named together.
    """
    head = head_of(page, name)
    heads = {column: cell_text(value) for (row, column), value in page.values.items() if row == head}
    asked = [(f["name"], f) for f in schema.table(name)["fields"]] if name in NAMES else keys()
    days = {key for key, spec in asked if spec["type"] == "date"}
    values, doubt = dict(page.values), []
    for (row, column), value in page.values.items():
        key = cell_text(page.values.get((row, 0), "")) if name == "settings" else heads.get(column, "")
        if key in days:
            values[row, column] = page.counted.get((row, column), value)  # 2024 is a year, and no day in 1905
        found = DAY.fullmatch(cell_text(value)) if key in days and row > head and isinstance(value, str) else None
        day = as_day(value, found[0]) if found else None
        if found is None or day is None:
            continue
        values[row, column] = day
        if found[1] != found[2] and int(found[2]) <= 12 and int(found[1]) <= 12:
            doubt.append((row + 1, key, found[0], day))
    if not doubt:
        return replace(page, values=values), []
    row, key, written, day = min(doubt)
    facts = {"n": len(doubt), "day": day}
    return replace(page, values=values), [Finding("W_DATE", "day_first", where, row, key, written, facts)]


def with_figures(
    pages: Mapping[str, Page], lang: str, file: str, year: str, group: str
) -> Iterator[tuple[str, Page, list[Finding]]]:
    """(table, its sheet, findings) of every table whose cells show other numbers than they hold. Answers with a per
    cent sign are read as in a form: by what their row says that it takes, and asked about where it says nothing."""
    nodes: Mapping[str, Node] | None = None
    for name in NAMES:
        title = title_of(name, lang)
        page, kinds = pages[title], {f["name"]: f["type"] for f in schema.table(name)["fields"]}
        head, values, read = head_of(page, name), dict(page.values), Received(file, b"")
        heads = {column: cell_text(value) for (row, column), value in page.values.items() if row == head}
        of = next((column for column, key in heads.items() if key == "indicator"), -1)
        for (row, column), value in sorted(page.values.items(), key=lambda cell: cell[0]):
            key, code = heads.get(column, ""), page.formats.get((row, column), "")
            sign = signed(code) or (isinstance(value, str) and cell_text(value).endswith("%"))
            words = kinds.get(key) == "string" and retyped(value, code)
            if row <= head or not (words or (kinds.get(key) in NUMERIC and (code or sign))):
                continue
            where, cell = f"{title}!{at(row, column)}", Cell(name=at(row, column), takes="signed")
            if words:
                read.findings.append(Finding("E_TYPE", "form_text", file, column=where, value=as_text(value)))
                continue
            if name in ANSWERED and key in ANSWER and sign:
                nodes = nodes_of(pages, lang, year, group) if nodes is None else nodes
                node = nodes.get(cell_text(values.get((row, of))))
                if node is None:
                    cell = replace(cell, hundred=-1)
                elif key != "points":
                    cell = replace(taking(node), name=cell.name)
                take(read, cell, value, where, code)
                values[row, column] = read.given.get(cell.name) or value
            if code and not (cell.hundred < 0 and sign):
                warn_of_display(read, cell, value, code, where)
        if read.findings or read.given:
            yield name, replace(page, values=values), read.findings


def nodes_of(pages: Mapping[str, Page], lang: str, year: str, group: str) -> Mapping[str, Node]:
    """The rows of the index set as the workbook has them, by code; none where they are no tree."""
    needed = ("indicators", "agencies", *ANSWERED)
    read = {name: read_table(name, table_bytes(pages[title_of(name, lang)], name), name)[0] for name in needed}
    data = settings_bytes({name: pages[title_of(name, lang)] for name in COLUMNS})
    framework, _ = build_tree(read, read_settings(data, year, group)[0], frozenset())
    return framework.nodes if framework else {}


def cell_text(value: Any) -> str:
    return spelt(as_text(value)).strip()


def cell_lines(value: Any) -> str:
    """A cell as it was typed, with one kind of line end: all else is put right, and said, by the door of the case."""
    return LINE_END.sub("\n", as_text(value))


def head_of(page: Page, name: str) -> int:
    """The row of the contract's names: the one that holds most of them, wherever it was moved to."""
    known = COLUMNS.get(name) or schema.columns(name)
    seen = Counter(row for (row, _), value in page.values.items() if value in known and row <= HEAD + LOWER)
    return max(seen, key=lambda row: (seen[row], -abs(row - HEAD)), default=HEAD)


def body(page: Page, name: str, said: Callable[[Any], str] = cell_text) -> tuple[list[str], list[list[str]]]:
    """(the contract's names, the rows below them); empty lines are kept, so that rows keep their numbers."""
    head = head_of(page, name)
    names = {column: cell_text(value) for (row, column), value in page.values.items() if row == head}
    order = sorted(names)
    last = max((row for row, column in page.values if row > head), default=head)
    rows = [[said(page.values.get((row, c), "")) for c in order] for row in range(head + 1, last + 1)]
    return [names[c] for c in order], rows


def table_bytes(page: Page, name: str) -> bytes:
    """One table as CSV, in the spelling of the workbook: the door of the case normalises it and says so."""
    columns, rows = body(page, name, cell_lines)
    return as_csv(columns, rows)


def with_judged(folder: Path, page: Page, new: Mapping[str, bytes]) -> bytes:
    """verdicts.csv with what every verdict judged: those that stood keep it, new ones judge the claims and documents
    of this workbook. Empty lines are kept, so that rows keep their numbers."""
    columns, rows = body(page, "verdicts", cell_lines)
    key = ("agency", "indicator", "step")
    if not set(key) <= set(columns):
        return new["verdicts.csv"]  # the door of the case says which column is missing
    stood = {name: frame_of(folder / f"{name}.csv", name) for name in ("verdicts", "claims", "evidence")}
    typed = {name: read_table(name, new[f"{name}.csv"], name)[0] for name in ("claims", "evidence")}
    before, now = standing(stood["claims"], stood["evidence"]), standing(typed["claims"], typed["evidence"])
    there = stood["verdicts"] if before == now else recorded(**stood)
    then = dict(zip(rows_of(there, *key), rows_of(there, *JUDGED), strict=True))
    claimed = rows_of(typed["claims"], *key[:2])
    sent = dict(zip(claimed, typed["claims"]["submitted_on"], strict=True))
    columns = [*columns, *(name for name in JUDGED if name not in columns)]
    filled = []
    for cells in rows:
        row = dict.fromkeys(columns, "") | dict(zip(columns, cells, strict=False))
        step, cell = tuple(row.get(c, "") for c in key), (row["agency"], row["indicator"])
        if step in then:
            row |= dict(zip(JUDGED, then[step], strict=True))
        elif any(cells) and not row[DOCUMENTS] and not late(row.get("decided_on", ""), sent.get(cell, "")):
            row |= dict(zip(JUDGED, now.get(cell, NOTHING), strict=True))
        filled.append([row[c] for c in columns])
    return as_csv(columns, filled)


def frame_of(path: Path, name: str) -> pd.DataFrame:
    """A table as it stands; empty where there is none, or none that can be read."""
    return read_table(name, path.read_bytes(), path.name)[0] if path.is_file() else empty(name)


def settings_bytes(pages: Mapping[str, Page]) -> bytes:
    """index.toml from its sheets."""
    columns, rows = body(pages["settings"], "settings")
    said = [dict(zip(columns, row, strict=True)) for row in rows]
    given = {row["key"]: row["value"] for row in said if row.get("key") and row.get("value")}
    kinds = {key: spec["type"] for key, spec in keys()}
    lines: list[str] = []
    tables_of: dict[str, list[str]] = {}
    for key, words in given.items():
        outer, dot, inner = key.partition(".")
        if dot and outer not in ("title",):
            tables_of.setdefault(outer, []).append(f"{bare(inner)} = {toml(words, kinds.get(key, 'string'))}")
        else:
            lines.append(f"{bare(key)} = {toml(words, kinds.get(key, 'string'))}")
    for name, (key_of, _) in LISTS.items():
        columns, rows = body(pages[name], name)
        for row in filter(any, rows):
            lines += ["", f"[[{key_of}]]"]
            one = zip(columns, row, strict=True)
            lines += [f"{bare(k)} = {toml(v, kind_in(name, k))}" for k, v in one if v]
    for name, inside in tables_of.items():
        lines += ["", f"[{bare(name)}]", *inside]
    return ("\n".join(lines) + "\n").encode("utf-8")


def bare(key: str) -> str:
    """A key as TOML takes it; one that is none of ours is quoted, and the door names it."""
    return key if re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)?", key) else json.dumps(key, ensure_ascii=False)


def kind_in(name: str, key: str) -> str:
    """The kind of a key of a list of index.toml."""
    return KINDS[name].get(key, "string")


def toml(words: str, kind: str) -> str:
    """A value as TOML writes it; what does not fit its kind stays text, and the door says so."""
    if kind == "boolean" and words.lower() in ("true", "false"):
        return words.lower()
    if kind in ("number", "integer") and re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", words, re.ASCII):
        return words
    if kind == "date":
        try:
            return date.fromisoformat(words).isoformat()
        except ValueError:
            pass  # said by the door
    return json.dumps(words, ensure_ascii=False).replace("\x7f", "\\u007f")


def files_of(folder: Path, new: Mapping[str, bytes], given: Mapping[str, Any], out: Imported) -> dict[Path, bytes]:
    """The files that say something else than those that stand there; every differing cell is told."""
    changed: dict[Path, bytes] = {}
    for name in NAMES:
        path, data = folder / f"{name}.csv", new[f"{name}.csv"]
        then = read_table(name, path.read_bytes(), name)[0] if path.is_file() else empty(name)
        now = read_table(name, data, name)[0]
        cells = cell_changes(name, then, now)
        out.changes += [change for change in cells if change[2] not in JUDGED]  # nobody typed those
        required = name in schema.REQUIRED_TABLES and not path.is_file()
        if (
            cells
            or required
            or list(then["agency" if "agency" in then else then.columns[0]])
            != list(now["agency" if "agency" in now else now.columns[0]])
        ):
            changed[path] = as_csv(list(now.columns), rows_of(now, *now.columns))
    was = settings_of(folder.parents[1], folder.parent.name, folder.name)
    lines = [(key, held(was, key), held(given, key)) for key, _ in keys()]
    for name, (key_of, _) in LISTS.items():
        for i in range(max(len(was.get(key_of, ())), len(given.get(key_of, ())))):
            old, fresh = (dict(enumerate(x.get(key_of, ()))).get(i, {}) for x in (was, given))
            lines += [(f"{key_of} {i + 1} {key}", held(old, key), held(fresh, key)) for key in COLUMNS[name]]
    edited = [("index", key, "", a, b) for key, a, b in lines if a != b]
    out.changes += edited
    if edited:
        changed[folder / SETTINGS_FILE] = new[SETTINGS_FILE]
    return changed


def cell_changes(name: str, then: pd.DataFrame, now: pd.DataFrame) -> list[Change]:
    """Every cell that differs; a row that came or went is one change."""
    found: list[Change] = []
    for k, was, to in differing(then, now, schema.table(name)["primaryKey"]):
        if was is None or to is None:
            found.append((name, "/".join(k), "", text_of(was), text_of(to)))
        else:
            found += [(name, "/".join(k), column, x, to[column]) for column, x in was.items() if x != to[column]]
    return found


def text_of(row: Mapping[str, str] | None) -> str:
    """A whole row in a few words."""
    return "" if row is None else ", ".join(filter(None, row.values()))[:80] or "…"


def judge(
    root: Path, year: str, group: str, new: Mapping[str, bytes], reasons: Mapping[str, bytes]
) -> Iterator[Finding]:
    """What is wrong with the folder that would be made, at its own door."""
    place = f"{year}/{group}"
    lines = {name: len(data.decode("utf-8").strip().splitlines()) for name, data in new.items()}
    kept = (SETTINGS_FILE, *(f"{name}.csv" for name in schema.REQUIRED_TABLES))
    files = {
        f"{place}/{name}": data
        for name, data in new.items()
        if lines[name] > 1 or name in kept or (root / place / name).is_file()
    }
    for f in foretell(root, {**files, **reasons}, whole=(place,)):
        if not (f.reason == "table_empty" and f.severity == "warning"):
            yield f


def in_workbook(found: Finding, place: str, pages: Mapping[str, Page], file: str, lang: str) -> Finding:
    """A finding about a folder as the workbook shows it: the sheet, and the line there."""
    table = found.file.removeprefix(f"{place}/").removesuffix(".csv")
    if table in NAMES:
        head = head_of(pages[title_of(table, lang)], table)
        facts = {k: v + head if k == "first" and isinstance(v, int) else v for k, v in found.facts.items()}
        row = None if found.row is None else found.row + head
        return replace(found, file=f"{file} · {title_of(table, lang)}", row=row, facts=facts)
    if table != SETTINGS_FILE:
        return found  # of a file beside the years, which is in no workbook
    one = re.fullmatch(r"(class|condition)(?:\[([0-9]+)\]\.?(.*))?", found.column)
    name = next(name for name, (key_of, _) in LISTS.items() if key_of == one[1]) if one else "settings"
    title = title_of(name, lang)
    columns, rows = body(pages[title], name)
    if one:
        lines = [n for n, row in enumerate(rows) if any(row)]
        line = lines[int(one[2]) - 1] if one[2] else None
    else:
        keyed = [dict(zip(columns, row, strict=True)).get("key") for row in rows]
        line = next((n for n, key in enumerate(keyed) if key == found.column), None)
    column = (one[3] or "") if one else found.column
    row = None if line is None else line + head_of(pages[title], name) + 2
    return replace(found, file=f"{file} · {title}", row=row, column=column)
