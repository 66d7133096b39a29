"""The report of a real index of statistics: 193 countries, no claims, no verdicts, no Vietnamese names."""

import html
import re
import subprocess
import sys
from pathlib import Path

import egdi
import pytest
from contract_folder import read_csv

from dxlib.audit import audit, holds, prove
from dxlib.case import read_case
from dxlib.index import score
from dxlib.show import labels

pytestmark = pytest.mark.welcome  # the published tables are not part of the project


@pytest.fixture(scope="module", params=["vi", "en"])
def made(request, egdi_tables, tmp_path_factory):
    """The report's page in one language."""
    root = tmp_path_factory.mktemp("report")
    egdi.convert(egdi_tables / "egdi-2018.csv", root / "data")
    command = [sys.executable, "-m", "dxlib", "run", "--notebooks", "report", "--lang", request.param, "--quiet"]
    command += ["--data", str(root / "data"), "--reports", str(root / "reports")]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return root / "reports/public/2018/egdi" / f"report.{request.param}.html"


@pytest.fixture
def words(made):
    page = made.read_text(encoding="utf-8")
    text = html.unescape(re.sub(r"<(style|script).*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL))
    return " ".join(text.split())


def test_every_country_is_named_in_full(words, egdi_tables):
    names = [" ".join(row["country-name"].split()) for row in read_csv(egdi_tables / "egdi-2018.csv")]
    assert len(names) == 193
    assert [name for name in names if name not in words] == []


def test_what_was_published_is_audited_with_its_data(made):
    """The real tables as the audit sees them: confirmed, then one figure of one country changed."""
    public, data = made.parents[2], made.parents[4] / "data"
    report = audit(public, data=data)
    assert report.confirmed and report.files > 5
    claims = data / "2018/egdi/claims.csv"
    kept = claims.read_bytes()
    at = kept.index(b"0.", len(kept) // 2) + 2
    claims.write_bytes(kept[:at] + (b"1" if kept[at : at + 1] != b"1" else b"2") + kept[at + 1 :])
    assert [(of.path, of.kind) for of in audit(public, data=data).deviations] == [
        ("2018/egdi/claims.csv", "data_changed")
    ]
    claims.write_bytes(kept)
    whole = made.read_bytes()
    made.write_bytes(whole.replace(b"1.", b"2.", 1))
    assert [(of.path, of.kind) for of in audit(public).deviations] == [(f"2018/egdi/{made.name}", "changed")]
    made.write_bytes(whole)
    scores = public / "2018/egdi/tables/scores.csv"
    assert scores.is_file() and holds(prove(public, "2018/egdi", "dnk"))


def test_nothing_is_said_of_claims(words):
    about = r"\bclaim|\bverif|\bprovisional\b|tự chấm|tự đánh giá|thẩm tra|tạm tính"
    assert re.findall(about, words, re.IGNORECASE) == []


def test_no_hole_is_shown(words):
    assert re.findall(r"\b(?:nan|NaN|None|NaT|null|undefined)\b|<NA>", words) == []


@pytest.mark.real("chromium")
def test_the_script_of_the_page_gives_the_official_places(made, opened):
    """Ties where the published figures tie; by a script that knows the three components alone."""
    page = opened(made)
    rows = [row.inner_text().split("\t")[:3] for row in page.locator(".trial tbody tr").all()]
    case = read_case(made.parents[4] / "data", 2018, "egdi")
    found = score(case)
    index = found[found["node"] == "index"]
    official = dict(zip(index["agency"].map(labels.agencies(case, "en")), index["rank"], strict=True))
    assert len(rows) == 193 and len(set(official.values())) < 193
    assert all(tried == shown and int(tried) == official[name] for tried, shown, name in rows)
