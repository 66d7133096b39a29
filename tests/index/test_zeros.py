"""A share of 0 that decides a branch is named, cell by cell."""

import pytest

from dxlib.cli import main
from dxlib.index import decided_by_zero, score
from tests.known.folders import GROUP, YEAR, leaf, make, pillar


def earned(codes, *won):
    return {code: {"points": points} for code, points in zip(codes, won, strict=True)}


ROWS = [
    pillar("1", aggregate="geometric"),
    leaf("1.1", "points", 5, "1"),
    leaf("1.2", "points", 5, "1"),
    leaf("2", "points", 10),
]
CODES = ["1.1", "1.2", "2"]
ANSWERS = {
    "a": earned(CODES, 0, 5, 10),
    "b": earned(CODES, 2, 5, 0),
    "c": earned(CODES, 2, 5, 5),
}


def test_cells_by_hand(tmp_path):
    case = make(tmp_path, ROWS, ANSWERS)
    assert decided_by_zero(case) == [("a", "1.1")]
    assert decided_by_zero(case, aggregate="harmonic") == [("a", "1"), ("b", "2"), ("a", "1.1")]
    table = score(case)
    assert table.loc[(table["agency"] == "a") & (table["node"] == "1"), "score"].tolist() == [0]


def test_nothing_under_arithmetic_means(tmp_path):
    case = make(tmp_path, [leaf("1", "points", 5), leaf("2", "points", 5)], {"a": earned("12", 0, 5)})
    assert decided_by_zero(case) == []


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_command_names_them(tmp_path, capsys, lang):
    make(tmp_path, ROWS, ANSWERS)
    assert main(["score", str(YEAR), GROUP, "--data", str(tmp_path), "--lang", lang]) == 0
    told = capsys.readouterr()
    assert "W_ZERO" in told.err and "a 1.1" in told.err and "b 2" not in told.err
    assert main(["score", str(YEAR), GROUP, "--data", str(tmp_path), "--quiet"]) == 0
    assert capsys.readouterr().err == ""
