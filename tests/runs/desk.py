"""A tiny data folder and tiny notebooks, as the contract has them."""

import io
import zipfile
from functools import partial

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from dxlib.runs import run
from dxlib.runs.log import LOG
from dxlib.runs.unchanged import MEMORY

PARAMETERS = 'root: str = "data"\nyear: str = "2025"\ngroup: str = "communes"\nlang: str = "vi"\non: str = "verified"\n'
LOAD = "from dxlib import read_case, score\ncase = read_case(root, year, group)\n"
SHOW = "print(score(case, on)[['agency', 'node', 'score']].to_string())"
INDEX = """year = {year}
group = "{group}"
title = {{ vi = "Bộ chỉ số {group} {year}", en = "Index set {group} {year}" }}
decision = "1/QĐ"
decision_date = 2025-01-01
period_from = 2025-01-01
period_to = 2025-12-31
total = 10
licence = "CC BY 4.0"
[[class]]
name = {{ vi = "Tốt", en = "Good" }}
cut = 0.5
includes_cut = true
[[class]]
name = {{ vi = "Yếu", en = "Weak" }}
cut = 0
includes_cut = true
"""


def write_case(data, year, group, source=""):
    folder = data / year / group
    folder.mkdir(parents=True)
    (folder / "index.toml").write_text(INDEX.format(year=year, group=group), "utf-8")
    rows = [f'1,,A,A,10,"points",{source}']
    (folder / "indicators.csv").write_text(
        "code,parent,name_vi,name_en,max_points,rule,source\n" + "\n".join(rows) + "\n", "utf-8"
    )
    (folder / "agencies.csv").write_text("agency,name_vi,name_en\na,Xã A,A\nb,Xã B,B\n", "utf-8")
    if source == "reported":
        (folder / "indicators.csv").write_text(
            "code,parent,name_vi,name_en,max_points,rule,source\n1,,A,A,10,yes_no,reported\n", "utf-8"
        )
        (folder / "claims.csv").write_text("agency,indicator,option\na,1,yes\nb,1,no\n", "utf-8")
        (folder / "verdicts.csv").write_text(
            "agency,indicator,step,stage,option\na,1,1,verify,yes\nb,1,1,verify,no\n", "utf-8"
        )
    else:
        (folder / "claims.csv").write_text("agency,indicator,points\na,1,7\nb,1,4.5\n", "utf-8")
    return folder


def write_notebook(path, *cells, parameters=PARAMETERS):
    tagged = new_code_cell(parameters, metadata={"tags": ["parameters"]})
    body = [new_markdown_cell(c) if c.startswith("#") else new_code_cell(c) for c in cells]
    notebook = new_notebook(cells=[new_markdown_cell("# Tiêu đề"), tagged, *body])
    notebook.metadata["kernelspec"] = {"name": "another", "display_name": "Another machine's", "language": "python"}
    nbformat.write(notebook, path)


def unpacked(data: bytes) -> bytes:
    """A product's bytes; of a workbook what its parts hold."""
    if not data.startswith(b"PK"):
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return b"\n".join(archive.read(name) for name in archive.namelist())


class Desk:
    """A data folder, notebooks and a reports folder."""

    def __init__(self, folder):
        self.data, self.notebooks, self.reports = folder / "data", folder / "notebooks", folder / "reports"
        self.notebooks.mkdir(parents=True)
        write_case(self.data, "2025", "communes", "reported")
        write_case(self.data, "2024", "world", "measured")
        for name in ("report", "verification"):
            write_notebook(self.notebooks / f"{name}.ipynb", LOAD + SHOW, "import sys; print('noise', file=sys.stderr)")
        self.run = partial(run, self.data, self.reports, notebooks_in=self.notebooks, exporter="plain_page", jobs=2)

    def products(self):
        return {
            p.relative_to(self.reports).as_posix(): p.read_bytes()
            for p in sorted(self.reports.rglob("*"))
            if p.is_file() and p.name not in (LOG, MEMORY)
        }
