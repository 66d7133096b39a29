"""All made again in a scratch folder and compared byte by byte; a difference is explained by what it came from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..atomic import read_plain
from . import record
from .batch import run
from .log import LOG

NAMED = 5  # differences between two environments
INDEX_SET = ("index.toml", "indicators.csv", "choices.csv", "links.csv")


@dataclass(frozen=True)
class Difference:
    """One product that did not come out again.

    cause    data, index_set, written_anew (other bytes, the same content), parameters, code, environment (lock,
             Python, packages), failed (not made at all), or unexplained: all that it is made from is the same
    detail   the file meant, or the parameters with their values then and now
    """

    path: str
    cause: str
    detail: str = ""


def rerun(root: Path, folders: Sequence[Path], **given: Any) -> list[Difference]:
    """What does not come out again of all that the records of published folders name; empty: the same bytes.

    given   passed on to `run` (parameters, progress, jobs, exporter, notebooks_in)
    """
    before = record.read_folders(folders)
    if not before:
        return []  # nothing is named; the audit says that there is no record
    named = [name.split("/")[1:] for name in before]
    years, groups, pages = (sorted({name[i] for name in named}) for i in range(3))
    notebooks = sorted({page.rpartition(".")[0] for page in pages})
    langs = sorted({page.rpartition(".")[2] for page in pages})
    printed = {name: of["root"] for name, of in before.items() if of["root"] is not None}
    roots = {name.partition("/")[2].rpartition("/")[0]: root for name, root in printed.items()}
    with TemporaryDirectory() as scratch:
        run(root, scratch, years, groups, notebooks, langs, own_notebooks=True, roots=roots, **given)
        after, around = record.read(Path(scratch)), other_surroundings(folders[0].parent, Path(scratch))
    return [
        found for name, entry in sorted(before.items()) for found in differences(name, entry, after.get(name), around)
    ]


def other_surroundings(*reports: Path) -> str:
    """In what the environments of two runs differ, as their logs say; "" where in nothing, or where one has no log."""
    try:
        before, after = (json.loads(read_plain(folder / LOG, links=True)) for folder in reports)
        facts = [{"Python": log["python"], "system": log["system"], **log["packages"]} for log in (before, after)]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    moved = [name for name in facts[0] if name in facts[1] and facts[0][name] != facts[1][name]]
    return ", ".join(f"{name} {facts[0][name]}, {facts[1][name]}" for name in moved[:NAMED])


def differences(name: str, before: record.Entry, after: record.Entry | None, around: str) -> Iterator[Difference]:
    """Of one job, every product that differs, under every cause.

    around   in what the environments differ: the cause where there is no other
    """
    reader = name.partition("/")[0]
    made: Mapping[str, Any] = after["products"] if after else {}
    changed = [path for path, facts in before["products"].items() if made.get(path) != facts]
    changed += [path for path in made if path not in before["products"]]
    if not changed:
        return
    causes = list(explain(before, after)) if after else [("failed", "")]
    causes = causes or [("environment", around) if around else ("unexplained", "")]
    for path in sorted(changed):
        for cause, detail in causes:
            yield Difference(f"{reader}/{path}", cause, detail)


def explain(before: record.Entry, after: record.Entry) -> Iterator[tuple[str, str]]:
    """(cause, detail) of everything that the two were not made from alike."""
    nothing = {"bytes": "", "content": ""}
    for path in sorted(before["inputs"].keys() | after["inputs"].keys()):
        old, new = before["inputs"].get(path, nothing), after["inputs"].get(path, nothing)
        if old["bytes"] != new["bytes"]:
            yield kind_of(path) if old["content"] != new["content"] else "written_anew", path
    names = before["parameters"].keys() | after["parameters"].keys()
    values = [[entry["parameters"].get(key, "–") for entry in (before, after)] for key in sorted(names)]
    if moved := [f"{key}: {old} → {new}" for key, (old, new) in zip(sorted(names), values, strict=True) if old != new]:
        yield "parameters", ", ".join(moved)
    if before["signed"] != after["signed"]:
        yield "data", "approvals.csv"
    if (before["library"], before["notebook"]) != (after["library"], after["notebook"]):
        yield "code", f"{before['version']}, {after['version']}"
    if before["lock"] != after["lock"]:
        yield "environment", "requirements.lock"


def kind_of(path: str) -> str:
    return "index_set" if path.rpartition("/")[2] in INDEX_SET else "data"
