"""The shipped notebooks and the real exporter on tiny data: every page made, the same bytes again, no machine named."""

import getpass
import shutil
import sys
from pathlib import Path

from desk import unpacked

from dxlib.runs import run
from dxlib.runs.matrix import PAPERS


def test_shipped_notebooks(desk, tmp_path):
    result = run(desk.data, desk.reports, jobs=2)
    assert [o.reason for o in result.failures] == []
    first = desk.products()
    assert len([p for p in first if p.endswith(".html")]) == 8 + 12 + 2 * 2 * 2 + 2
    assert not [p for p in first if "2024/world/verification" in p]
    on_paper = {p.removesuffix(".pdf") for p in first if p.endswith(".pdf")}
    assert on_paper == {p.removesuffix(".html") for p in first if p.endswith(".html") and p.count("/") == 3}
    assert len([p for p in first if p.endswith(".xlsx")]) == 2 * 2
    papers = {p for p in first if p.endswith(".docx")}
    places = ("2025/communes", "2024/world")
    assert papers == {f"internal/{place}/{paper}.docx" for place in places for paper in PAPERS}
    names = [str(tmp_path), sys.prefix, str(Path.home()), str(Path(__file__).parents[2])]
    names += [getpass.getuser()] if len(getpass.getuser()) > 4 else []
    for product, data in first.items():
        assert not [name for name in names if name in unpacked(data).decode("utf-8", "replace")], product

    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(desk.data, elsewhere / "data")
    run(elsewhere / "data", elsewhere / "reports", years=["2025"], langs=["vi"], jobs=1)
    again = {p.relative_to(elsewhere / "reports").as_posix(): p for p in (elsewhere / "reports").rglob("*.*")}
    again = {product: path for product, path in again.items() if ".vi." in product or product.endswith(".docx")}
    assert len(again) == (6 + 2) + 6 + 1 + 2
    rooted = {product for product in again if product.endswith(".docx") or "/brief." in product}  # of what is published
    assert all(path.read_bytes() == first[product] for product, path in again.items() if product not in rooted)
