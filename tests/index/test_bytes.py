"""Reading and writing (P44, P45, P47): nothing but the content of the tables decides a result."""

import csv
import io
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxlib import schema
from dxlib.case import read_case
from dxlib.case.tables import read_table
from dxlib.index import score, to_csv
from tests.index.random_cases import few
from tests.known.folders import leaf, pillar, square, write

LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxyÀẢÃÁẠẦẤẮỚỰỲ 0123456789.,;:-–\"'()/%&\n"
cells = st.text(LETTERS, max_size=12).map(lambda s: unicodedata.normalize("NFC", s).strip())
codes = st.sampled_from(["1", "1.1", "1.10", "01", "001", "NA", "null", "TRUE", "1e5", "-", "3/4"])


def written(header, rows, newline="\n", bom=False):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=newline)
    writer.writerow(header)
    writer.writerows(rows)
    return (b"\xef\xbb\xbf" if bom else b"") + out.getvalue().encode("utf-8")


@given(st.lists(st.tuples(codes, cells, cells), min_size=1, max_size=6), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_p44_what_was_written_is_read(rows, newline, bom):
    frame, findings = read_table("reasons", written(["code", "name_vi", "x_note"], rows, newline, bom), "reasons.csv")
    assert findings == []
    assert list(frame[["code", "name_vi", "x_note"]].itertuples(index=False, name=None)) == rows
    assert list(frame.columns) == [*schema.columns("reasons"), "x_note"]


def a_set(root):
    """Two levels, every kind of answer, claims and verdicts."""
    indicators = [
        pillar("1", name_vi="Hạ tầng số", max_points=""), leaf("1.1", "ratio", 20, "1"), leaf("1.10", "points", 10, "1"),
        pillar("2", name_vi="Nhân lực số", max_points="", aggregate="geometric"), leaf("2.1", "options(tốt:1, khá:0.5)", 10, "2"),
        leaf("2.2", "goalposts(1, 5000, log)", 10, "2"), leaf("3", "minmax", 50), leaf("4", "bonus(0.5, 2)"),
    ]  # fmt: skip
    answers = {
        name: {
            "1.1": (7 + i, 11),
            "1.10": {"points": f"{i}.5"},
            "2.1": {"option": "khá"},
            "2.2": 40 * (i + 1),
            "3": i,
            "4": i,
        }
        for i, name in enumerate(("da-nang", "an-giang", "ca-mau", "dien-bien"))
    }
    verdicts = [
        {"agency": agency, "indicator": code, "step": 1, "stage": "verify", "a": "", "decided_by": "v"}
        for agency, given in answers.items()
        for code in given
    ]
    verdicts[0]["a"] = 5
    exemptions = [{"agency": "ca-mau", "indicator": "1.10", "reason": "–"}]
    for row in indicators:
        row["source"] = "reported"
    index = {"sample": True, "total": 100, "not_applicable": "within-parent"}
    agencies = [{"agency": name, "name_vi": "Đà Nẵng", "scope": "miền"} for name in answers]
    return write(root, indicators, answers, index, agencies, verdicts=square(verdicts), exemptions=exemptions)


def content(root):
    table = score(read_case(root, 2025, "test"))
    return to_csv(table.sort_values(["agency", "node"], kind="stable"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("bytes")
    a_set(root)
    return root


@few
@given(random=st.randoms(use_true_random=False))
def test_p45_the_order_of_rows_and_columns_does_not_matter(folder, tmp_path_factory, random):
    expected = content(folder)
    shuffled = tmp_path_factory.mktemp("shuffled")
    place = shuffled / "2025" / "test"
    place.mkdir(parents=True)
    for path in sorted((folder / "2025" / "test").iterdir()):
        data = path.read_bytes()
        (place / path.name).write_bytes(mixed(data.decode(), random) if path.suffix == ".csv" else data)
    assert content(shuffled) == expected


def mixed(text, random):
    """Rows and columns of a CSV in another order."""
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    columns = list(range(len(header)))
    random.shuffle(columns)
    random.shuffle(rows)
    return written([header[c] for c in columns], [[row[c] for c in columns] for row in rows])


ENVIRONMENTS = [
    {"PYTHONHASHSEED": "1", "TZ": "Asia/Ho_Chi_Minh", "LC_ALL": "C.UTF-8"},
    {"PYTHONHASHSEED": "2", "TZ": "America/Los_Angeles", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"PYTHONHASHSEED": "random", "TZ": "UTC", "LC_ALL": "vi_VN.UTF-8", "PYTHONIOENCODING": "utf-16"},
]


def test_p47_locale_time_zone_and_hash_seed_change_no_byte(folder, tmp_path):
    """On the screen, into a file, on the screen again."""
    file = tmp_path / "scores.csv"
    command = [sys.executable, "-m", "dxlib", "score", "2025", "test", "--data", str(folder)]
    first, second, third = ENVIRONMENTS
    shown = run(command, first)
    run([*command, "-o", str(file)], second)
    assert {shown, file.read_bytes(), run(command, third)} == {shown}
    assert b"da-nang" in shown


def run(command, environment):
    home = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=home, env={**os.environ, **environment}, capture_output=True)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    return done.stdout
