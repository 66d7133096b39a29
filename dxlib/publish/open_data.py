"""Open data of a year and group: CSV tables from a whitelist of columns, a Data Package that describes them, a note.

Data Package v1 with Table Schema (Frictionless Data, 2017); `tests/publish/test_open_data.py` validates it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from fractions import Fraction
from html import escape
from typing import Any

import pandas as pd

from ..case import Case
from ..case.classes import KEYS as CLASS_KEYS
from ..case.read import Series
from ..index import evaluate, to_csv
from ..index.rounding import rounded
from ..index.table import SCORE_DECIMALS
from ..languages import INTERNATIONAL, LANGUAGES, OFFICIAL, in_each
from ..words import date, meaning, text, title_of_year
from ..years import merged_ranks, relate
from ..years.merged import ORDERED

ACTIVE = re.compile(r"'*(\s*[=+\-@＝＋－＠|%]|[\t\r\n\0])")  # what a spreadsheet takes for a formula, or looks escaped
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?(e-?[0-9]+)?", re.ASCII)
PACKAGE = "datapackage.json"
README = "README.md"
SCORES = "tables/scores.csv"
MARK = "mark"  # last column of every table: made-up or provisional figures say so wherever the file goes
PUBLIC = {  # what may leave the house; everything else stays in
    "agencies": ["agency", *in_each("name"), "scope", "ranked"],
    "indicators": [
        "code", "parent", *in_each("name"), "max_points", "weight", "aggregate", "rule", "direction",
        *(f"{figure}_{lang}" for lang in LANGUAGES for figure in "ab"), "unit", "source", "legal",
    ],
    "choices": ["indicator", "name", *in_each("name")],
}  # fmt: skip
KEYS = {
    "scores": ["agency", "node"],
    "agencies": ["agency"],
    "indicators": ["code"],
    "choices": ["indicator", "name"],
    "classes": ["class"],
    "merged": ["agency"],
}
TYPES = {  # of columns that hold numbers
    **dict.fromkeys(("score", "points", "max_points", "score_before"), "number"),
    **dict.fromkeys(("level", "rank", "of", "class", "direction", "estimated_rank", "estimated_of"), "integer"),
    **{key: said["type"] for key, said in CLASS_KEYS.items() if said["type"] in ("number", "integer")},
}
LICENCES = {  # as written in index.toml -> (SPDX name, address)
    "CC BY 4.0": ("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/"),
    "CC BY-SA 4.0": ("CC-BY-SA-4.0", "https://creativecommons.org/licenses/by-sa/4.0/"),
    "CC0 1.0": ("CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
    "ODC-By 1.0": ("ODC-By-1.0", "https://opendatacommons.org/licenses/by/1-0/"),
}


def open_data(
    case: Case, scores: pd.DataFrame, provisional: bool, version: str, merged: pd.DataFrame | None = None
) -> dict[str, bytes]:
    """File below the folder of the group -> bytes.

    scores        the tidy table of `dx score`
    provisional   every table says so
    version       short digest of what the figures were made from
    merged        `merged` of the list of estimates that the decision orders; a table of its own
    """
    said = marks(case, provisional)
    moved = ["scope_before", "scope_from"] if case.tables["agencies"]["scope_before"].any() else []
    used = {"scope": bool(case.framework.scoped), "gate": bool(case.framework.gates)}
    public = {
        **PUBLIC,
        "agencies": [*PUBLIC["agencies"], *moved],
        "indicators": [*PUBLIC["indicators"], *(column for column, holds in used.items() if holds)],
    }
    tables = {"scores": scores, **{name: case.tables[name][columns] for name, columns in public.items()}}
    tables["classes"] = classes(case)
    if merged is not None:
        tables["merged"] = merged
    made = {
        name: safe_csv(to_csv(table.assign(**{MARK: said})))
        for name, table in tables.items()
        if name == "scores" or len(table)
    }
    package = describe(case, {name: list(tables[name].columns) for name in made}, made, said, version)
    paths = {f"tables/{name}.csv": data for name, data in made.items()}
    return {**paths, PACKAGE: as_json(package), README: readme(case, list(made), said, version).encode()}


def merged(series: Series) -> pd.DataFrame | None:
    """The year before on this year's map, each unit by the mean of its origins, where the decision orders such a list:
    every line says of what kind it is, and its place has a name of its own; None without an order or a year before."""
    if len(series.cases) < 2 or series.cases[-1].settings.comparison["merged"] != ORDERED:
        return None
    before, after = series.cases[-2:]
    related = relate(before, after, series.register, series.lineage)
    found = merged_ranks(before, after, related, evaluate(before))
    origins = [
        "; ".join(f"{o} = {decimals(score)} ({'?' if part is None else part})" for o, score, part in told)
        for told in found["origins"]
    ]
    return pd.DataFrame(
        {
            "before_year": before.year,
            "agency": found["agency"],
            "scope": found["scope"],
            "estimated_rank": found["rank"],
            "estimated_of": found["of"],
            "score_before": [decimals(score) for score in found["score"]],
            "kind": found["flag"],
            "origins": origins,
        }
    )


def decimals(share: Fraction | None) -> str:
    return "" if share is None else f"{float(rounded(share, SCORE_DECIMALS)):.{SCORE_DECIMALS}f}"


def classes(case: Case) -> pd.DataFrame:
    """The classes from the highest down: position, names, cut (share of the own maximum; in a set of two-sided classes
    how far from 1 the share may be), whether the cut belongs, and what else a class of the set asks."""
    known = case.settings.classes
    more = (key for key in CLASS_KEYS if any(key in c.conditions for c in known))
    keys = ["within" if known.two_sided else "cut", "includes_cut", *more]
    rows = [
        [i, *(c.name.get(lang, "") for lang in LANGUAGES), *(as_cell(getattr(c, key)) for key in keys)]
        for i, c in enumerate(known, start=1)
    ]
    return pd.DataFrame(rows, columns=["class", *in_each("name"), *keys])


def as_cell(value: Any) -> Any:
    """A value of index.toml as tables hold it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return float(value) if isinstance(value, Fraction) else value


def marks(case: Case, provisional: bool) -> str:
    """What every table says of its figures, in every language; empty for final ones."""
    held = [key for key, holds in (("sample", case.settings.sample), ("provisional", provisional)) if holds]
    return "; ".join(" / ".join(text(f"open_data.mark.{key}", lang) for lang in LANGUAGES) for key in held)


def safe_csv(table: str) -> bytes:
    """CSV text as published: with BOM, so that a double click in Excel shows Vietnamese, and no cell a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([harmless(cell) for cell in row] for row in csv.reader(io.StringIO(table, newline="")))
    return out.getvalue().encode("utf-8-sig")


def harmless(cell: str) -> str:
    """Text that a spreadsheet would run gets an apostrophe in front, and so does text that already looks like that;
    numbers stay numbers."""
    cell = cell.replace("\r", " ")
    return f"'{cell}" if ACTIVE.match(cell) and not NUMBER.fullmatch(cell) else cell


def as_meant(cell: str) -> str:
    """The text that `harmless` was given."""
    return cell[1:] if cell[:1] == "'" and ACTIVE.match(cell[1:]) else cell


def as_json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def describe(
    case: Case, columns: dict[str, list[str]], made: dict[str, bytes], said: str, version: str
) -> dict[str, Any]:
    """The Data Package: what each table and column is, who may use it, how to cite it."""
    settings = case.settings
    titles = [title_of_year(settings.title, case.year, lang) for lang in LANGUAGES]
    package: dict[str, Any] = {
        "profile": "tabular-data-package",
        "name": f"dx-{case.year}-{case.group.replace('_', '-')}",
        "title": " / ".join(dict.fromkeys(titles)),
        "titles": dict(zip(LANGUAGES, titles, strict=True)),
        "mark": said,
        "description": said or text("open_data.final", INTERNATIONAL),
        "version": version,
        "keywords": ["digital transformation", "composite indicator", "Viet Nam", case.year],
        "citation": citation(case, version, OFFICIAL),
        "resources": [resource(name, columns[name], data) for name, data in made.items()],
    }
    if settings.licence:
        name, path = LICENCES.get(settings.licence, (None, None))
        found = {"name": name, "path": path} if name else {"name": "other-open"}
        package["licenses"] = [{"title": settings.licence, **found}]
    return package


def resource(name: str, columns: list[str], data: bytes) -> dict[str, Any]:
    return {
        "profile": "tabular-data-resource",
        "name": name,
        "title": text(f"open_data.table.{name}", OFFICIAL),
        "description": text(f"open_data.table.{name}", INTERNATIONAL),
        "path": f"tables/{name}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(data),
        "hash": f"sha256:{hashlib.sha256(data).hexdigest()}",
        "schema": {
            "fields": [field(name, column) for column in [*columns, MARK]],
            "primaryKey": KEYS[name],
            "missingValues": [""],
        },
    }


def field(table: str, column: str) -> dict[str, str]:
    own = table in ("scores", "merged") or column in ("class", MARK)
    said = [
        text(f"open_data.column.{column}", lang) if own else meaning(table, column, lang)
        for lang in (OFFICIAL, INTERNATIONAL)
    ]
    return {
        "name": column,
        "type": TYPES.get(column, "string"),
        "title": said[0],
        "description": said[1],
    }


def citation(case: Case, version: str, lang: str) -> str:
    """How to cite the data."""
    settings = case.settings
    decision = text(
        "open_data.decision", lang, number=settings.decision, date=date(settings.decision_date, lang)
    ) if settings.decision else ""  # fmt: skip
    named = title_of_year(settings.title, case.year, lang)
    return text("open_data.citation", lang, title=named, decision=decision, version=version)


def markdown(said: str) -> str:
    """Text of the inputs as Markdown that shows just this text: no tag, link or picture."""
    return re.sub(r"([\\`*_{}\[\]#|~!])", r"\\\1", escape(" ".join(said.split()), quote=False))


def readme(case: Case, names: list[str], said: str, version: str) -> str:
    """What the files are, in every language, for whoever opens the folder."""
    parts = []
    for lang in LANGUAGES:
        licence = case.settings.licence
        terms = text("open_data.licence", lang, licence=licence) if licence else text("open_data.no_licence", lang)
        files = "\n".join(f"- `tables/{name}.csv`: {text(f'open_data.table.{name}', lang)}" for name in names)
        head = f"# {markdown(title_of_year(case.settings.title, case.year, lang))}"
        cited = markdown(text("open_data.cite", lang, citation=citation(case, version, lang)))
        held = [head, said, text("open_data.intro", lang), files, markdown(terms), cited]
        parts.append("\n\n".join(filter(None, held)))
    return "\n\n".join(parts) + "\n"
