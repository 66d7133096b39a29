"""The report of a real index of statistics: 193 countries, no claims, no verdicts, no Vietnamese names."""

import html
import re
import subprocess
import sys
from pathlib import Path

import egdi
import pytest
from contract_folder import read_csv

pytestmark = pytest.mark.welcome  # the published tables are not part of the project


@pytest.fixture(scope="module", params=["vi", "en"])
def words(request, egdi_tables, tmp_path_factory):
    """The words of the report's page in one language."""
    root = tmp_path_factory.mktemp("report")
    egdi.convert(egdi_tables / "egdi-2018.csv", root / "data")
    command = [sys.executable, "-m", "dxlib", "run", "--notebooks", "report", "--lang", request.param, "--quiet"]
    command += ["--data", str(root / "data"), "--reports", str(root / "reports")]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    page = (root / "reports/public/2018/egdi" / f"report.{request.param}.html").read_text(encoding="utf-8")
    text = html.unescape(re.sub(r"<(style|script).*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL))
    return " ".join(text.split())


def test_every_country_is_named_in_full(words, egdi_tables):
    names = [" ".join(row["country-name"].split()) for row in read_csv(egdi_tables / "egdi-2018.csv")]
    assert len(names) == 193
    assert [name for name in names if name not in words] == []


def test_nothing_is_said_of_claims(words):
    about = r"\bclaim|\bverif|\bprovisional\b|tự chấm|tự đánh giá|thẩm tra|tạm tính"
    assert re.findall(about, words, re.IGNORECASE) == []


def test_no_hole_is_shown(words):
    assert re.findall(r"\b(?:nan|NaN|None|NaT|null|undefined)\b|<NA>", words) == []
