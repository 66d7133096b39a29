"""UN E-Government Development Index 2016 and 2018: 193 countries, published index and ranks."""

import re
import subprocess
import sys
from collections import Counter

import egdi
import pytest

from dxlib.case import read_case

pytestmark = pytest.mark.welcome  # the published tables are not part of the project

# Numbers of countries per group (very high, high, middle, low): UN E-Government Surveys 2016 and 2018.
GROUPS = {2016: [29, 65, 67, 32], 2018: [40, 71, 66, 16]}


@pytest.fixture(scope="module", params=[2016, 2018])
def case(request, egdi_tables, tmp_path_factory):
    root = tmp_path_factory.mktemp("egdi")
    egdi.convert(egdi_tables / f"egdi-{request.param}.csv", root)
    return read_case(root, request.param, "egdi")


def agreeing(case, rows):
    published = case.agencies.set_index("agency")["x_rank"].astype(int)
    return [agency for agency in rows.index if rows.loc[agency, "rank"] == published[agency]]


def test_every_published_rank(case, index_rows):
    rows = index_rows(case)
    assert len(rows) == 193
    assert len(agreeing(case, rows)) == 193


def test_the_index_to_its_printed_precision(case, index_rows):
    """Components and index are printed to d decimals: half a unit of the mean, half a unit of the index."""
    rows, decimals = index_rows(case), case.settings.points_decimals
    published = case.agencies.set_index("agency")["x_index"].astype(float)
    assert (rows["score"] - published).abs().max() <= 10.0**-decimals
    if decimals == 4:
        assert (rows["points"] == published).all()


def test_the_published_groups(case, index_rows):
    counts = Counter(index_rows(case)["class"])
    assert [counts[i] for i in (1, 2, 3, 4)] == GROUPS[int(case.year)]


def test_exact_ranks_of_2018_part_two_published_ties(case, index_rows):
    """0.7155 and 0.3376 are shared by two countries each; the unrounded means of the printed parts differ."""
    other = {"exact": "published", "published": "exact"}[case.settings.rank_on]
    rows = index_rows(case.with_changes(policies={"rank_on": other}))
    missed = sorted(set(rows.index) - set(agreeing(case, rows)))
    assert missed == (["irq", "srb"] if case.year == "2018" else [])


def test_no_claims_are_spoken_of(case, index_rows):
    assert not case.has_claims
    assert case.findings == ()
    assert set(index_rows(case)["state"]) == {"measured"}


def test_the_command(egdi_tables, tmp_path):
    command = [sys.executable, egdi.__file__, egdi_tables / "egdi-2018.csv", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    written = sorted(path.name for path in (tmp_path / "2018" / "egdi").iterdir())
    assert written == ["agencies.csv", "claims.csv", "index.toml", "indicators.csv"]


def test_another_file_is_refused(tmp_path):
    with pytest.raises(SystemExit, match=re.escape("egdi-2016.csv or egdi-2018.csv")):
        egdi.convert(tmp_path / "countries.csv", tmp_path)
