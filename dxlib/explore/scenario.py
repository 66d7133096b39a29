"""What was tried as a new table of scenarios.toml: what stands there stays, byte for byte."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from ..atomic import bytes_of, put_all
from ..case import Case, must_hold
from ..case.change import exact_text
from ..case.characters import typed
from ..case.scenarios import apply, parse
from ..case.settings import toml_number
from ..errors import Finding, Refusal
from .model import Model, State

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
BOM = b"\xef\xbb\xbf"


def write_scenario(root: str | Path, model: Model, state: State, name: str, title: Mapping[str, str]) -> str:
    """Append what was tried to `<root>/<year>/<group>/scenarios.toml` as the table `name`.

    title   language -> text; may be empty

    Returns the path below `root`. The file is replaced whole, after the new text was read back and gave the very tree
    and points that were shown; before that nothing is written. Raises Refusal: a name that is no name or is taken,
    nothing changed, a file that cannot be read or written.
    """
    case = model.case
    file = f"{case.year}/{case.group}/scenarios.toml"
    path = Path(root) / file
    if not NAME.fullmatch(name):
        raise Refusal([Finding("E_SCENARIO", "scenario_name", file, column=name, value=name)])
    try:
        stood = bytes_of(path)
        before = stood or b""
        known = parse(before, file)
        if name in known:
            raise Refusal([Finding("E_SCENARIO", "scenario_taken", file, column=name, value=name)])
        shown = model.changed(state)
        titles = typed({f"{name}.title.{lang}": words for lang, words in title.items()}, file)
        said = dict(zip(title, titles.values(), strict=True))
        whole = appended(before, table(name, said, *model.changes(state), shown.edited))
        read_back(case, whole, known, name, file, shown)
        must_hold(root, {file: whole})  # the folder may be another one than the one that was loaded
        put_all(path.parent, {path.name: whole}, still=lambda: bytes_of(path) == stood)
    except OSError as error:
        raise Refusal([Finding("E_IO", "io", file, facts={"detail": error.strerror or str(error)})]) from None
    return file


def table(
    name: str,
    title: Mapping[str, str],
    weights: Mapping[str, Fraction],
    drop: list[str],
    points: Mapping[tuple[str, str], Fraction],
) -> str:
    """The TOML of one scenario."""
    lines = [f"[{name}]"]
    lines += [f"title.{lang} = {quoted(words)}" for lang, words in title.items() if words.strip()]
    if weights:
        pairs = ", ".join(f"{quoted(code)} = {exact_text(w)}" for code, w in weights.items())
        lines.append(f"weights = {{{pairs}}}")
    if drop:
        lines.append(f"drop = [{', '.join(map(quoted, drop))}]")
    for agency in dict.fromkeys(agency for agency, _ in points):
        pairs = ", ".join(f"{quoted(code)} = {exact_text(p)}" for (a, code), p in points.items() if a == agency)
        lines.append(f"points.{quoted(agency)} = {{{pairs}}}")
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """A TOML string of one line."""
    return json.dumps(text.replace("\n", " ").replace("\t", " "), ensure_ascii=False)


def appended(before: bytes, table: str) -> bytes:
    """The old bytes, an empty line, the new table, with the line ends of the file."""
    end = b"\r\n" if b"\r\n" in before else b"\n"
    gap = b"" if not before.removeprefix(BOM).strip() else end if before.endswith(b"\n") else end + end
    return before + gap + table.encode().replace(b"\n", end)


def read_back(case: Case, whole: bytes, known: Mapping, name: str, file: str, shown: Case) -> None:
    """Refuse a text that does not say what was shown, or that changes what stood there."""
    try:
        read = tomllib.loads(whole.decode("utf-8-sig"), parse_float=toml_number)
    except ValueError as error:
        raise Refusal([Finding("E_TOML", "toml", file, facts={"detail": str(error)})]) from None
    scenario = apply(case, name, read.pop(name, None), file)
    if read != known or states(scenario) != states(shown):
        raise Refusal([Finding("E_TOML", "toml", file, facts={"detail": name})])


def states(case: Case) -> tuple:
    """What a scenario can change of a case."""
    return case.framework, case.settings, dict(case.edited)
