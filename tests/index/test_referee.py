"""Thousands of random folders, every cell of the score held against the second scorer of `naive`.

A set is a folder and what its score stands on: a folder is read once and scored on all that it can stand on.
DXLIB_SETS=50000 in the environment tries so many instead of 2,000 (seeds from 0 on; all cores are used).
A folder that fails is made as small as it goes and printed with its seed; `random_folder(SEED)` makes it again.
"""

import ast
import os
import tempfile
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from pathlib import Path

from dxlib import schema
from dxlib.case import Case
from dxlib.errors import Refusal
from dxlib.index import score
from dxlib.rules import SHAPES
from tests.index import naive
from tests.index.random_folders import Folder, random_folder, smallest

SETS = int(os.environ.get("DXLIB_SETS", "2000"))
COLUMNS = ("level", "score", "points", "max_points", "rank", "of", "class", "state")


def product(case: Case, on: str | None) -> dict | str:
    """(agency, node) -> the cells of the product, None for an empty one; or the code of what it refuses to score."""
    try:
        table = score(case, on)
    except Refusal as refused:
        return refused.findings[0].code
    keys = zip(table["agency"], table["node"], strict=True)
    cells = zip(*(table[c].astype(object).where(table[c].notna(), None) for c in COLUMNS), strict=True)
    return dict(zip(keys, cells, strict=True))


def referee(second: naive.Referee) -> dict | str:
    """The same by the referee."""
    try:
        found = second.table()
    except naive.Refused:
        return "E_NEGATIVE_MEAN"
    return {
        (agency, node): (0 if node == "index" else len(second.path(node)), *map(plain, vars(cell).values()))
        for (agency, node), cell in found.items()
    }


def plain(x):
    return float(x) if isinstance(x, Fraction) else x


def compared(told: dict | str, known: dict | str) -> list[str]:
    """Where the two differ, cell by cell."""
    if isinstance(told, str) or isinstance(known, str):
        return [] if told == known else [f"refusal: product {str(told)[:80]}, referee {str(known)[:80]}"]
    assert told.keys() == known.keys()
    return [
        f"{agency} {node} {column}: product {a}, referee {b}"
        for (agency, node), cells in told.items()
        for column, a, b in zip(COLUMNS, cells, known[agency, node], strict=True)
        if a != b
    ]


def differing(folder: Folder, root: Path) -> list[str]:
    """Where the two differ, whatever the score stands on; or what breaks."""
    try:
        case, files = folder.case(root), naive.read(next(root.glob("*/*")))
        return [
            f"on {on or case.default_on}, {line}"
            for on in folder.bases
            for line in compared(product(case, on), referee(naive.Referee(*files, on)))
        ]
    except Exception as broken:
        return [f"{type(broken).__name__}: {broken}"]


def tried(seeds: range) -> tuple[int, list[int]]:
    """(sets compared, seeds of the folders that fail)."""
    with tempfile.TemporaryDirectory() as root:
        folders = {seed: random_folder(seed) for seed in seeds}
        sets = sum(len(folder.bases) for folder in folders.values())
        return sets, [seed for seed, folder in folders.items() if differing(folder, Path(root))]


def made_small(seed: int, root: Path) -> str:
    """The smallest folder that fails as that of a seed does: in the same columns, or by the same exception."""

    def kinds(folder: Folder) -> set[str]:
        return {line.partition(":")[0].rpartition(" ")[2] for line in differing(folder, root)}

    wanted = kinds(random_folder(seed))
    folder = smallest(random_folder(seed), lambda f: bool(found := kinds(f)) and found <= wanted)
    return "\n".join([f"seed {seed}", str(folder), *differing(folder, root)[:9]])


def test_every_cell_of_every_folder(tmp_path):
    with ProcessPoolExecutor() as pool:
        sets, failed = zip(*pool.map(tried, [range(at, at + 25) for at in range(0, SETS // 2, 25)]), strict=True)
    seeds = [seed for found in failed for seed in found]
    assert not seeds, f"{len(seeds)} folders fail: {seeds[:20]}\n{made_small(seeds[0], tmp_path)}"
    assert sum(sets) >= SETS


def test_the_folders_hold_all_there_is():
    """What a later version adds to the rules, aggregates or policies is missing here until `random_folders` knows it."""
    folders = [random_folder(seed) for seed in range(400)]
    rows = [row for folder in folders for row in folder.tables["indicators"]]
    steps = [row for folder in folders for row in folder.tables.get("verdicts", [])]
    assert {naive.split(row["rule"])[0] for row in rows} - {""} == set(SHAPES)
    assert {row.get("direction", "") for row in rows} == {"", "-1"}
    states = {
        state
        for folder in folders[:100]
        for second in map(folder.referee, folder.bases)
        for code in second.rows
        if not second.children(code)
        for _, state in second.leaf(code).values()
    }
    assert states == {*naive.VALUE, *naive.OPEN, "missing", "not-applicable", "not-scored"}
    assert {row["stage"] for row in steps} == {"", "verify", "appeal"}
    assert {on for folder in folders for on in folder.bases} == {None, "verified", "current", "claimed"}
    keys = {key["name"]: key for key in schema.table("index")["keys"]}
    for name in (name for name, key in keys.items() if key.get("policy") and "enum" in key):
        assert {f.index.get(name, keys[name]["default"]) for f in folders} == set(keys[name]["enum"]), name
    columns = {field["name"]: field for field in schema.table("indicators")["fields"]}
    combined = set(columns["aggregate"]["constraints"]["enum"])
    assert {row.get("aggregate") or "arithmetic" for row in rows} == combined >= set(keys["aggregate"]["enum"])
    bands = [band for folder in folders for band in folder.index.get("class", [])]
    fields = {field["name"] for field in keys["class"]["fields"]}
    assert {name for band in bands for name in band} == fields
    assert {band.get("includes_cut") for band in bands} == {True, False, None}
    conditions = [condition for folder in folders for condition in folder.index.get("condition", [])]
    assert {name for condition in conditions for name in condition} == {f["name"] for f in keys["condition"]["fields"]}
    assert {band.get("quota_ties") for band in bands} == {"out", "in", "row", None}


def test_the_referee_shares_no_code_with_the_product():
    tree = ast.parse(Path(naive.__file__).read_text("utf-8"))
    found = [n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
    found += [name.name for n in ast.walk(tree) if isinstance(n, ast.Import) for name in n.names]
    assert [name for name in found if name.split(".")[0] in ("dxlib", "tests")] == []
