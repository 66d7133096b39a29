"""Thousands of random folders, every cell of the score held against a second scorer (`naive`)."""

import os
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

from dxlib.errors import Refusal
from dxlib.index import score
from tests.index import naive
from tests.index.random_folders import Folder, random_folder, smallest

SETS = int(os.environ.get("DXLIB_SETS", "2000"))
COLUMNS = ("level", "score", "points", "max_points", "rank", "of", "class", "state")


def product(folder: Folder, root: Path) -> dict | str:
    """(agency, node) -> what the product says, None for an empty cell; the code of what it refuses."""
    case = folder.case(root)
    try:
        table = score(case, folder.on)
    except Refusal as refused:
        return refused.findings[0].code
    keys = zip(table["agency"], table["node"], strict=True)
    cells = zip(*(table[c].astype(object).where(table[c].notna(), None) for c in COLUMNS), strict=True)
    return dict(zip(keys, cells, strict=True))


def referee(folder: Folder, place: Path) -> dict | str:
    """The same from the files, by the referee."""
    second = naive.Referee(*naive.read(place), folder.on)
    try:
        found = second.table()
    except naive.Refused:
        return "E_NEGATIVE_MEAN"
    return {
        (agency, code): (len(second.path(code)) if code != "index" else 0, *map(plain, vars(cell).values()))
        for (agency, code), cell in found.items()
    }


def plain(x):
    return float(x) if isinstance(x, naive.Fraction) else x


def differing(folder: Folder, root: Path) -> list[str]:
    """What the two say differently; also where one of them breaks."""
    try:
        told = product(folder, root)
    except Refusal:
        raise
    except Exception as broken:
        return [f"product: {type(broken).__name__}: {broken}"]
    known = referee(folder, next(root.glob("*/*")))
    if isinstance(told, str) or isinstance(known, str):
        return [] if told == known else [f"product {str(told)[:40]}, referee {str(known)[:40]}"]
    assert told.keys() == known.keys()
    return [
        f"{' '.join(key)}: {column}: product {a}, referee {b}"
        for key in told
        for column, a, b in zip(COLUMNS, told[key], known[key], strict=True)
        if a != b
    ]
