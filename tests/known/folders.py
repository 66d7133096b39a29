"""Small made-up folders of the data contract, written and read back through the front door."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from dxlib.case import Case, read_case
from dxlib.index import score
from tests.backtest.contract_folder import write_folder

YEAR, GROUP = 2025, "test"
Row = dict[str, object]
Answer = object


def leaf(code: str, rule: str, max_points: object = "", parent: str = "", **cells: object) -> Row:
    """One row of indicators.csv that is answered."""
    return {"code": code, "parent": parent, "rule": rule, "max_points": max_points, **cells}


def pillar(code: str, parent: str = "", **cells: object) -> Row:
    """One row of indicators.csv that has rows below it."""
    return {"code": code, "parent": parent, "rule": "", **cells}


def points(**given):
    """agency=points under the rule `points`, as answers to row 1."""
    return {agency: {"1": {"points": value}} for agency, value in given.items()}


def classes(*cuts, includes=True):
    return [
        {"name": {"vi": f"Loại {i}", "en": f"Class {i}"}, "cut": cut, "includes_cut": includes or not cut}
        for i, cut in enumerate(cuts, 1)
    ]


def cells(answer: Answer) -> Row:
    """An answer as cells of claims.csv: a number is `a`, a pair is `a` and `b`, a mapping says it all."""
    if isinstance(answer, Mapping):
        return dict(answer)
    if isinstance(answer, tuple):
        return {"a": answer[0], "b": answer[1]}
    return {"a": answer}


def claims(answers: Mapping[str, Mapping[str, Answer]]) -> list[Row]:
    """agency -> code -> answer, as rows; None is no row."""
    return [
        {"agency": agency, "indicator": code, **cells(answer)}
        for agency, given in answers.items()
        for code, answer in given.items()
        if answer is not None
    ]


def write(root: Path, indicators: Iterable[Row], answers: Mapping[str, Mapping[str, Answer]],
          index: Row | None = None, agencies: Iterable[Row] = (), **tables: Iterable[Row]) -> Path:  # fmt: skip
    """Write a folder; agencies are those that answer, with what `agencies` says about them besides."""
    known = {str(row["agency"]): row for row in agencies}
    listed = [known.get(agency, {"agency": agency}) for agency in answers]
    filled = {"indicators": list(indicators), "agencies": listed, "claims": claims(answers), **tables}
    settings = {"title": {"vi": "Ví dụ", "en": "Example"}, **(index or {})}
    return write_folder(root, YEAR, GROUP, settings, {name: square(rows) for name, rows in filled.items()})


def square(rows: Iterable[Row]) -> list[Row]:
    """Rows that all have the same columns."""
    rows = list(rows)
    columns = list(dict.fromkeys(["agency", "indicator"] if not rows else [c for row in rows for c in row]))
    return [{c: row.get(c, "") for c in columns} for row in rows] or [dict.fromkeys(columns, "")]


def make(root: Path, *args: object, **kwargs: object) -> Case:
    """Write a folder and read it."""
    write(root, *args, **kwargs)
    return read_case(root, YEAR, GROUP)


def rows_of(case: Case, node: str = "index", on: str | None = None) -> pd.DataFrame:
    """The rows of one node in the score, by agency."""
    table = score(case, on)
    return table[table["node"] == node].set_index("agency")


def ranks_of(case: Case, on: str | None = None) -> list[int | None]:
    """Ranks in the order of agencies.csv; None where there is none."""
    return [None if pd.isna(rank) else int(rank) for rank in rows_of(case, on=on)["rank"]]
