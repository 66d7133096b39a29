"""Where products stand: in their folder, with the bytes that were made."""

from hashlib import sha256

import pytest

from dxlib.atomic import put_all
from dxlib.errors import Refusal
from dxlib.runs import products
from dxlib.runs.matrix import Job

JOB = Job("2025", "communes", "report", "vi", "public")


def test_places():
    assert products.page(JOB) == "public/2025/communes/report.vi.html"
    assert products.failed_notebook(JOB).startswith("internal/")


def test_held_where_all_stand_with_their_bytes(tmp_path):
    put_all(tmp_path, {"public/a.html": b"a", "public/b.csv": b"b"})
    made = {"public/a.html": sha256(b"a").hexdigest(), "public/b.csv": sha256(b"b").hexdigest()}
    assert products.holds(tmp_path, made)
    (tmp_path / "public/b.csv").write_bytes(b"c")
    assert not products.holds(tmp_path, made)
    (tmp_path / "public/b.csv").unlink()
    assert not products.holds(tmp_path, made)


@pytest.mark.parametrize("relative", ["../x", "public/../../x", "/x"])
def test_no_path_leads_out(tmp_path, relative):
    with pytest.raises(Refusal):
        products.inside(tmp_path / "reports", relative)
