"""Products come whole or not at all, and stay in their folder."""

import pytest

from dxlib.errors import Refusal
from dxlib.runs import products
from dxlib.runs.matrix import Job

JOB = Job("2025", "communes", "report", "vi", "public")


def test_places():
    assert products.page(JOB) == "public/2025/communes/report.vi.html"
    assert products.failed_notebook(JOB).startswith("internal/")


def test_published_whole_and_judged_by_their_bytes(tmp_path):
    made = products.publish(
        tmp_path,
        tmp_path,
        {"public/2025/communes/report.vi.html": b"a", "public/2025/communes/tables/scores.csv": b"b"},
    )
    assert products.holds(tmp_path, made)
    (tmp_path / "public/2025/communes/tables/scores.csv").write_bytes(b"c")
    assert not products.holds(tmp_path, made)
    (tmp_path / "public/2025/communes/tables/scores.csv").unlink()
    assert not products.holds(tmp_path, made)


def test_what_cannot_be_written_leaves_what_was_there(tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    products.publish(tmp_path, work, {"a": b"old"})
    (work / "product-1").mkdir()
    with pytest.raises(OSError):
        products.publish(tmp_path, work, {"a": b"new", "b": b"new"})
    assert (tmp_path / "a").read_bytes() == b"old" and not (tmp_path / "b").exists()


def test_no_link_leads_out(tmp_path):
    outside, reports = tmp_path / "outside", tmp_path / "reports"
    outside.mkdir()
    (reports / "public").mkdir(parents=True)
    try:
        (reports / "public/2025").symlink_to(outside, target_is_directory=True)
    except OSError:
        pytest.skip("no symbolic links here")
    with pytest.raises(Refusal):
        products.publish(reports, tmp_path, {products.page(JOB): b"x"})
    assert not list(outside.iterdir())


@pytest.mark.parametrize("relative", ["../x", "public/../../x", "/x"])
def test_no_path_leads_out(tmp_path, relative):
    with pytest.raises(Refusal):
        products.inside(tmp_path / "reports", relative)
