"""Column by column against every kind of row: a cell of indicators.csv changes something, or is a finding."""

from __future__ import annotations

import pytest

from dxlib import schema
from dxlib.case import check, read_to_ask
from dxlib.sheets.form import claim_form
from dxlib.sheets.taking_in import Issued
from tests.case.folder import write

COLUMNS = [field["name"] for field in schema.table("indicators")["fields"]]
KINDS = {  # what each kind of row says without the cell in question
    "branch": {"code": "2", "parent": ""},
    "top row": {"rule": "yes_no", "max_points": "10", "parent": ""},
    "option": {"rule": "yes_no", "max_points": "10"},
    "parts": {"rule": "parts(x:1/2, z:1/2)", "max_points": "10"},
    "ratio": {"rule": "ratio", "max_points": "10", "a_vi": "số", "b_vi": "tổng"},
    "target": {"rule": "target(5)", "max_points": "10", "a_vi": "số"},
    "points": {"rule": "points", "max_points": "10"},
    "count": {"rule": "count(1)", "max_points": "10", "a_vi": "số"},
    "bonus": {"rule": "bonus(1, 2)", "a_vi": "số"},
    "penalty": {"rule": "penalty(1, 2)", "a_vi": "số"},
    "none": {"rule": "none", "a_vi": "số"},
    "no points": {"rule": "yes_no", "max_points": "0"},
    "measured": {"rule": "ratio", "max_points": "10", "a_vi": "số", "b_vi": "tổng", "source": "measured"},
}
VALUES = {
    **{"max_points": "7", "weight": "3", "aggregate": "best", "rule": "count(2)", "direction": "-1", "kind": "money"},
    **{"owner": "so-b", "source": "expert", "a_from": "other", "b_from": "other", "parent": "1"},
}
READ = {  # cells that neither the tree nor a form shows, and who reads them
    "legal": "open data",
    "verifier": "worklists: a sheet for each",
    "name_en": "pages in English, where the form has the Vietnamese name only",
    "unit": "open data; forms only where a rule speaks of it",
    ("evidence_vi", "measured"): "verification: which rows want documents",
}


def said(tmp_path, kind, column=""):
    """(findings about the cell, what the tree and the forms say) of a set in which one row has the cell filled in."""
    mine = {"code": "2.1", "parent": "2", "name_vi": "Hàng", "source": "reported"} | KINDS[kind]
    mine = mine if not column else mine | {column: VALUES.get(column, "chữ")}
    rows = [
        {"code": "1", "name_vi": "Nhánh"},
        {"code": "1.1", "parent": "1", "name_vi": "Hàng", "rule": "yes_no", "max_points": "10", "source": "reported"},
        {"code": "2", "name_vi": "Nhánh"} | (mine if kind == "branch" else {}),
        {"code": "2.2", "parent": "2", "name_vi": "Hàng", "rule": "yes_no", "max_points": "10", "source": "reported"},
        *([] if kind == "branch" else [mine]),
    ]
    if column == "weight":  # all siblings or none
        for row in rows:
            row.setdefault("weight", "1")
    lines = [",".join(f'"{row.get(c, "")}"' for c in COLUMNS) for row in rows]
    index = 'year = 2024\ngroup = "demo"\ntitle.vi = "Thử"\n'
    text = "\n".join([",".join(COLUMNS), *lines, ""])
    root = write(tmp_path / (column or "-"), index=index, indicators=text, claims=None, verdicts=None, appeals=None)
    row = next(n for n, row in enumerate(rows, start=2) if row["code"] == mine["code"])
    found = [
        f for f in check(root) if f.file.endswith("indicators.csv") and f.row == row and f.column in (column, "rule")
    ]
    if found:
        return found, None
    case = read_to_ask(root, 2024, "demo")
    issued = Issued(case, root)
    forms = [claim_form(issued.wording(lang), issued.people[lang]["so-a"]) for lang in ("vi", "en")]
    return found, (repr(case.framework.nodes), [[part.cells for part in s.parts] for f in forms for s in f.sheets])


@pytest.mark.parametrize("kind", KINDS)
def test_a_cell_changes_something_or_is_named(tmp_path, kind):
    plain, base = said(tmp_path, kind)
    assert plain == [] and base is not None
    silent = []
    for column in COLUMNS:
        if column in KINDS[kind] or column == "code":
            continue
        found, now = said(tmp_path, kind, column)
        if not found and now == base and not {column, (column, kind)} & READ.keys():
            silent.append(column)
    assert silent == []
