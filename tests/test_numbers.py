"""What is no number, at every door that takes one: each names the cell, the key or the argument. Tables and index.toml:
`case/test_bad_inputs`; cells of a workbook as they are read: `sheets/test_packages`."""

import shutil
from pathlib import Path

import pytest

from dxlib.case import read_case, read_scenario
from dxlib.cli import main
from dxlib.errors import Refusal
from dxlib.sheets.book import Cell, held

DATA = Path(__file__).parents[1] / "data"
NONE = ("1e400", "1e-400", "nan", "-inf", "0x1F", "1_000", "١٢٣", "１２３", "10^30", "1e3", "", "1,5")


@pytest.mark.parametrize("text", NONE)
@pytest.mark.parametrize("option", ["--seed", "--capacity"])
def test_in_an_argument(option, text, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["worklist", "2024", "departments", "-o", str(tmp_path / "l.xlsx"), f"{option}={text}"])
    assert ended.value.code == 2 and option in capsys.readouterr().err


def test_a_seed_below_nothing_is_refused(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["worklist", "2024", "departments", "-o", str(tmp_path / "l.xlsx"), "--seed=-1"])
    assert "--seed" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["1e400", "nan", "0x1F", "1_000", "١٢٣"])
def test_in_a_marked_copy_it_stands_as_it_came(text):
    assert all(held(text, Cell(takes=takes)) == text for takes in ("number", "percent"))


@pytest.fixture(scope="module")
def province(tmp_path_factory):
    root = tmp_path_factory.mktemp("scenarios") / "data"
    shutil.copytree(DATA, root)
    return root, read_case(root, 2024, "departments")


@pytest.mark.parametrize("number", ["nan", "inf", "1e400", "1e-400", f"1{'0' * 30}", f"1{'0' * 400}"])
@pytest.mark.parametrize("key", ["weights", "points.{agency}", "policies"])
def test_in_a_scenario(province, key, number):
    root, case = province
    code = next(n.code for n in case.framework.leaves if n.maximum)
    where = key.format(agency=case.agencies["agency"].iloc[0])
    name = "points_decimals" if key == "policies" else f'"{code}"'
    (root / "2024" / "departments" / "scenarios.toml").write_text(f"[s.{where}]\n{name} = {number}\n", encoding="utf-8")
    with pytest.raises(Refusal) as refused:
        read_scenario(root, case, "s")
    assert any(where.partition(".")[0] in f.column or name in f.column for f in refused.value.findings)
