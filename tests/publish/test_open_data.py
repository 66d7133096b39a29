"""Open data: valid Data Packages, nothing but the whitelist, no cell a formula, the figures of `dx score`."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from frictionless import Package, system

from dxlib.case import read_case
from dxlib.index import provisional, score, to_csv
from dxlib.publish.open_data import KEYS, MARK, PUBLIC, open_data, readme, safe_csv
from dxlib.runs import run

DATA = Path(__file__).resolve().parents[2] / "data"
PLACES = sorted(path.parent.relative_to(DATA).parts for path in DATA.glob("*/*/index.toml"))
VERSION = "0123456789ab"


def packed(place: tuple[str, str], folder: Path) -> dict[str, bytes]:
    case = read_case(DATA, *place)
    made = open_data(case, score(case), provisional(case), VERSION)
    for name, data in made.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
    return made


@pytest.mark.parametrize("place", PLACES, ids="-".join)
def test_every_package_is_valid_and_says_what_it_is(place, tmp_path):
    made = packed(place, tmp_path)
    with system.use_context(trusted=True):
        report = Package(str(tmp_path / "datapackage.json")).validate()
    assert report.valid, report.flatten(["rowNumber", "fieldName", "type", "message"])
    package = json.loads(made["datapackage.json"])
    assert {r["path"] for r in package["resources"]} == set(made) - {"datapackage.json", "README.md"}
    for resource in package["resources"]:
        data = made[resource["path"]]
        assert resource["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}" and resource["bytes"] == len(data)
        heads = [field["name"] for field in resource["schema"]["fields"]]
        assert next(csv.reader(io.StringIO(data.decode("utf-8-sig")))) == heads
        assert resource["name"] in ("scores", "classes") or heads == [*PUBLIC[resource["name"]], MARK]
        assert set(KEYS[resource["name"]]) <= set(heads)
    assert package["licenses"][0]["name"] == "CC-BY-4.0" and VERSION in package["citation"]
    words = made["README.md"].decode()
    assert "SỐ LIỆU MẪU" in words and VERSION in words and "CC BY 4.0" in words
    assert made == packed(place, tmp_path)


def test_the_figures_are_those_of_the_score_and_say_what_they_are(tmp_path):
    made = packed(("2025", "departments"), tmp_path)
    table = pd.read_csv(io.BytesIO(made["tables/scores.csv"]), dtype=str, keep_default_na=False)
    assert table[MARK].str.contains("SỐ LIỆU MẪU").all() and table[MARK].str.contains("TẠM TÍNH").all()
    expected = to_csv(score(read_case(DATA, "2025", "departments")))
    assert table.drop(columns=MARK).to_csv(index=False, lineterminator="\n") == expected


@pytest.mark.parametrize("cell", ["=1+1", "+84", "@x", "-x", "\tx", " =x", "＝1", "-1+2", "|x", "%x"])
def test_no_cell_is_a_formula(cell):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([["agency", "score"], [cell, "-0.25"]])
    data = safe_csv(out.getvalue())
    assert data.startswith(b"\xef\xbb\xbf")
    name, number = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))[1]
    assert name == f"'{cell}" and number == "-0.25"


@pytest.mark.parametrize("typed", [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "![x](http://192.0.2.1/x.png)", "[x](javascript:alert(1))",
    "*a* _b_ `c` | d ~~e~~ & # f", "Bộ\n\n# chỉ số\n- x", "</p><!-- ", "\\<b>",
])  # fmt: skip
def test_the_note_shows_what_was_typed_and_runs_none_of_it(typed):
    import mistune
    from bs4 import BeautifulSoup

    case = read_case(DATA, "2025", "departments")
    own = replace(case.settings, title={"vi": f"Bộ {typed}", "en": typed}, licence=typed, decision=typed)
    note = readme(replace(case, settings=own), ["scores"], "", VERSION)
    page = BeautifulSoup(mistune.html(note), "html.parser")
    said = " ".join(page.get_text().split())
    assert {tag.name for tag in page.find_all()} == {"h1", "p", "ul", "li", "code"} and "<" not in note
    assert said.count(" ".join(typed.split())) >= 6 and len(page.find_all("h1")) == 2


def test_the_batch_lays_them_beside_the_report(tmp_path):
    made = run(DATA, tmp_path, years=[2024], groups=["districts"], notebooks=["report"], langs=["vi"])
    folder = tmp_path / "public/2024/districts"
    assert made.exit_code == 0 and (folder / "README.md").is_file()
    assert Package(str(folder / "datapackage.json")).validate().valid
