"""The reader against calamine, the reader that most people use, on files of two writers; and what no sheet can say."""

import io

import pytest
from python_calamine import CalamineWorkbook

from dxlib.sheets.gate import unpack
from dxlib.sheets.read import Package, Unreadable, position, read
from tests.sheets.desk import Desk, before_claims, resaved


def compared(data):
    package = unpack(data, "x.xlsx")
    assert isinstance(package, Package)
    pages = read(package)
    theirs = CalamineWorkbook.from_filelike(io.BytesIO(data))
    assert list(pages) == theirs.sheet_names
    cells = 0
    for name, page in pages.items():
        rows = theirs.get_sheet_by_name(name).to_python(skip_empty_area=False)
        found = {(r, c): v for r, row in enumerate(rows) for c, v in enumerate(row) if v != ""}
        whole = {k: (v.date() if hasattr(v, "date") else v) for k, v in page.values.items()}
        assert whole == {k: (v.date() if hasattr(v, "hour") else v) for k, v in found.items()}, name
        cells += len(found)
    return cells


def test_the_same_values_as_calamine(tmp_path):
    desk = Desk(tmp_path / "data", before_claims(tmp_path / "data"))
    assert all(compared(desk.form(agency)) > 500 for agency in desk.people)


@pytest.mark.real("libreoffice")
def test_the_same_values_as_calamine_after_libreoffice(tmp_path):
    desk = Desk(tmp_path / "data", before_claims(tmp_path / "data"))
    (tmp_path / "f.xlsx").write_bytes(desk.form(next(iter(desk.people))))
    assert compared(resaved([tmp_path / "f.xlsx"], tmp_path)[0].read_bytes()) > 500


@pytest.mark.parametrize("reference", ["A0", "A99999999999", "XFE1", "1", "A", "", "a1", "A1048577", "AAAA1"])
def test_a_place_outside_a_sheet_is_refused(reference):
    with pytest.raises(Unreadable):
        position(reference)


def test_places():
    assert [position(p) for p in ("A1", "Z9", "AA10", "XFD1048576")] == [(0, 0), (8, 25), (9, 26), (1048575, 16383)]
