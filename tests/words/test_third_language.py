"""A third language is a catalogue beside the others and columns of its own: in a copy of the library there is one.

Its code is one that no language has, so that nobody who adds a language adds this one. Its texts are the English ones
with a mark, so that each that is read is seen; what it leaves out is said in English.
"""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from dxlib.case import check
from dxlib.words import catalogue

HOUSE = Path(__file__).parents[2]
OWN, MARK = "Khmae", "zz·"
LEFT_OUT = "page.fingerprint_note"
TITLES = 'vi = "Bộ chỉ số", en = "Index set", zz = "Sanda"'
INDEX = f"""title = {{ {TITLES} }}
total = 10
decision = "1/QĐ"
decision_date = 2025-03-31
licence = "CC BY 4.0"
class = [
  {{ name = {{ vi = "Tốt", en = "Good", zz = "La-or" }}, cut = 0.5 }},
  {{ name = {{ vi = "Yếu", en = "Weak", zz = "Khsaoy" }}, cut = 0 }},
]
"""
INDICATORS = """code,parent,name_zz,name_vi,max_points,rule,a_vi,b_vi,a_zz,b_zz
1,,Pheak,Nhóm,10,,,,,
1.1,1,Sevea,Dịch vụ,6,ratio,Trực tuyến,Tổng,Online knong,Teang-as
1.2,1,Phenkar,,4,"options(early:100%, late:50%)",,,,
"""
DATA = {
    "index.toml": INDEX,
    "indicators.csv": INDICATORS,
    "choices.csv": "indicator,name,name_zz\n1.2,early,Mun\n1.2,late,Yeut\n",
    "agencies.csv": "agency,name_zz\na,Khum A\nb,Khum B\n",
    "claims.csv": "agency,indicator,a,b,option\na,1.1,3,4,\na,1.2,,,early\nb,1.1,1,4,\nb,1.2,,,late\n",
    "verdicts.csv": "agency,indicator,step,stage,a,b,option\n"
    "a,1.1,1,verify,3,4,\na,1.2,1,verify,,,early\nb,1.1,1,verify,1,4,\nb,1.2,1,verify,,,late\n",
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """The library with one catalogue more, and a province that speaks its language."""
    desk = tmp_path_factory.mktemp("desk")
    for room in ("dxlib", "notebooks"):
        shutil.copytree(HOUSE / room, desk / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(HOUSE / "requirements.lock", desk)
    said = {key: f"{MARK}{words}" for key, words in catalogue("en").items() if key.split(".")[0] != "language"}
    said |= {"language.name": OWN, "language.locale": "vi", "language.date": "d/M/y", "language.fallback": "en"}
    del said[LEFT_OUT]
    lines = [f"{key} = {json.dumps(words, ensure_ascii=False)}" for key, words in said.items()]
    (desk / "dxlib" / "words" / "zz.toml").write_text("\n".join(lines), "utf-8")
    folder = desk / "data" / "2025" / "communes"
    folder.mkdir(parents=True)
    for name, words in DATA.items():
        (folder / name).write_text(words, "utf-8")
    return desk


def dx(desk, *words, lang="zz", code=0):
    """What a command of that copy prints in a language."""
    call = [sys.executable, "-m", "dxlib", *words, "--lang", lang]
    own = {**os.environ, "PYTHONPATH": str(desk)}
    told = subprocess.run(call, cwd=desk, env=own, capture_output=True, encoding="utf-8", timeout=300)
    assert told.returncode == code, told.stdout + told.stderr
    return told.stdout + told.stderr


@pytest.fixture(scope="module")
def published(desk):
    dx(desk, "run", "--notebooks", "report,scorecard")
    return desk / "reports" / "public"


def rows(path):
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))


def cells(path):
    """Every text of a workbook."""
    with zipfile.ZipFile(path) as package:
        parts = [package.read(name).decode() for name in package.namelist() if name.endswith(".xml")]
    return set(re.findall(r">([^<>]+)<", "".join(parts)))


def test_the_report_speaks_it(published):
    page = (published / "2025/communes/report.zz.html").read_text("utf-8")
    assert '<html lang="zz">' in page and "Sanda" in page and "La-or" in page
    assert "Khum A" in page and "Pheak" in page and f"{MARK}Share of maximum" in page
    assert "8,50" in page and "8.50" not in page and "31/3/2025" in page  # 6 × 3/4 + 4, as its locale writes it
    assert 'dx.lang === "zz"' in page  # and as the page sorts it
    assert catalogue("en")[LEFT_OUT] in page and MARK + catalogue("en")[LEFT_OUT] not in page
    assert "Gaps in the data" in page and "Xếp hạng" not in page  # prose of the notebook that nobody has translated


def test_the_score_cards_and_the_index_speak_it(published):
    assert "Khum A" in (published / "2025/communes/scorecard/a.zz.html").read_text("utf-8")
    assert 'href="scorecard/a.zz.html"' in (published / "2025/communes/scorecard.zz.html").read_text("utf-8")
    page = (published / "index.zz.html").read_text("utf-8")
    assert "Khum B" in page and "Sanda" in page
    assert f'<a href="index.zz.html" lang="zz" hreflang="zz">{OWN}</a>' in (published / "index.html").read_text("utf-8")


def test_the_open_data_hold_it(published):
    folder = published / "2025/communes"
    assert [row["name_zz"] for row in rows(folder / "tables/agencies.csv")] == ["Khum A", "Khum B"]
    assert [row["name_zz"] for row in rows(folder / "tables/classes.csv")] == ["La-or", "Khsaoy"]
    assert rows(folder / "tables/indicators.csv")[1]["a_zz"] == "Online knong"
    assert rows(folder / "tables/choices.csv")[0]["name_zz"] == "Mun"
    package = json.loads((folder / "datapackage.json").read_text("utf-8"))
    assert "Sanda" in package["titles"]["zz"]
    fields = {field["name"]: field for field in package["resources"][-1]["schema"]["fields"]}
    assert fields["name_zz"]["title"] == f"Tên {OWN}" and fields["name_zz"]["description"] == f"Name in {OWN}"
    assert MARK + catalogue("en")["open_data.intro"] in (folder / "README.md").read_text("utf-8")


def test_the_calculation_speaks_it(published):
    found = cells(published / "2025/communes/calculation.zz.xlsx")
    assert {"Khum A", "Sevea", "Online knong", "Teang-as", "Mun"} <= found
    assert MARK + catalogue("en")["sheet.calculation.sheet.result"] in " ".join(found)


def test_forms_and_tables_speak_it_and_come_back(desk):
    dx(desk, "forms", "2025", "communes", "-o", "forms")
    found = cells(desk / "forms" / "2025-communes-a.xlsx")
    assert {"Pheak", "Mun", "a: Online knong\nb: Teang-as", f"{MARK}Self-assessment form: Khum A"} <= found
    said = dx(desk, "intake", "2025", "communes", "forms", "--received", "2025-01-15", code=1)
    assert MARK in said and "E_EMPTY" in said and "E_SHEET" not in said  # known as ours, and not filled in
    dx(desk, "tables", "2025", "communes", "-o", "tables.xlsx")
    assert {f"{MARK}Name in {OWN}", "name_zz", "title.zz", "name.zz"} <= cells(desk / "tables.xlsx")
    dx(desk, "tables", "--import", "tables.xlsx")  # begins reasons.csv
    assert "name_zz" in rows(desk / "data/reasons.csv")[0]
    said = dx(desk, "tables", "--import", "tables.xlsx")
    assert said.strip() == MARK + catalogue("en")["sheet.cli.import_same"].format(place="2025/communes")


def test_commands_speak_it(desk, published):
    assert dx(desk, "check").startswith(MARK)
    assert (
        "confirmed" in dx(desk, "audit", "reports").casefold()
    )  # the audit stands alone: in the language it falls back on
    assert "--name-zz" in dx(desk, "register", "create", "--help")
    act = ("--name-vi", "Xã C", "--name-zz", "Khum C", "--date", "2025-07-01", "--act", "1/NQ", "--level", "commune")
    dx(desk, "register", "create", *act, "--write")
    assert [row["name_zz"] for row in rows(desk / "data/register.csv")] == ["Khum C"]


def test_a_name_in_another_language_stands_where_there_is_none(desk):
    dx(desk, "forms", "2025", "communes", "-o", "phieu", lang="vi")
    assert {"Phiếu tự đánh giá: Khum A", "Nhóm"} <= cells(desk / "phieu" / "2025-communes-a.xlsx")


def test_unregistered_it_is_an_unknown_column(desk):
    found = {(f.code, f.column) for f in check(desk / "data")}
    assert {("E_COLUMN", "name_zz"), ("E_COLUMN", "a_zz"), ("E_TYPE", "title")} <= found
