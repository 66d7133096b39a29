"""The next year from this one: what stays, what is shifted, who has ended, and that forms can go out at once."""

import re
import shutil
import tomllib
from pathlib import Path

import pytest

from dxlib.case import check, new_year, read_case
from dxlib.case.next_year import later, shifted
from dxlib.cli import main
from dxlib.errors import Refusal
from dxlib.sheets import issue

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def root(tmp_path):
    for name in ("2024", "2025"):
        shutil.copytree(DATA / name, tmp_path / "data" / name)
    for name in ("register", "lineage", "reasons"):
        shutil.copy(DATA / f"{name}.csv", tmp_path / "data" / f"{name}.csv")
    shutil.move(tmp_path / "data" / "2025", tmp_path / "truth")
    return tmp_path / "data"


def test_agencies_of_the_new_year_are_those_the_register_and_the_lineage_name(root, tmp_path):
    made = {group.group: group for group in new_year(root, 2025, 2024, ["departments", "communes"])}
    shutil.copytree(tmp_path / "truth", tmp_path / "real" / "2025")
    for name in ("register", "lineage", "reasons"):
        shutil.copy(root / f"{name}.csv", tmp_path / "real" / f"{name}.csv")
    for group, proposed in made.items():
        real = read_case(tmp_path / "real", 2025, group).agencies["agency"]
        assert sorted((*proposed.kept, *proposed.new)) == sorted(real), group
    assert not made["communes"].kept  # every commune was merged in 2025


def test_the_index_set_is_copied_and_the_dates_are_shifted(root):
    new_year(root, 2026, 2024)
    for folder in (root / "2026").iterdir():
        old = root / "2024" / folder.name
        assert (folder / "indicators.csv").read_bytes() == (old / "indicators.csv").read_bytes()
        was, now = (tomllib.loads((f / "index.toml").read_text(encoding="utf-8")) for f in (old, folder))
        assert now["year"] == "2026" and "2026" in now["title"]["vi"] and "2024" not in now["title"]["vi"]
        assert "decision" not in now and "decision_date" not in now
        assert now["period_to"].isoformat() == "2026-12-31"
        assert now["calendar"]["claims_due"].isoformat() == was["calendar"]["claims_due"].isoformat().replace(
            "2025", "2027"
        )
        assert (
            now["class"] == was["class"] and now["total"] == was["total"] and now["sensitivity"] == was["sensitivity"]
        )
        assert not (folder / "verdicts.csv").exists() and not (folder / "exemptions.csv").exists()
        case_links = (folder / "links.csv").read_text(encoding="utf-8").splitlines()
        assert all(f",2024,{folder.name}," in line and line.endswith(",same,") for line in case_links[1:])


def test_the_new_year_holds_and_its_forms_go_out(root, tmp_path, capsys):
    assert main(["new-year", "2025", "--from", "2024", "--data", str(root), "--groups", "departments"]) == 0
    said = capsys.readouterr().out
    assert "2025/departments: giữ 9 cơ quan" in said and "decision_date" in said
    assert [f for f in check(root, 2025) if f.severity == "error"] == []
    assert len(issue(root, 2025, "departments", tmp_path / "forms")) == 15


def test_a_text_is_no_end_of_a_line_whatever_stands_in_it(root):
    for name in ("index.toml", "scenarios.toml"):
        file = root / "2024/departments" / name
        text = file.read_text(encoding="utf-8") if file.is_file() else '[thu]\ntitle.vi = "Thử"\ndrop = ["1.1"]\n'
        text += '[diem]\ntitle.vi = "Thử"\npoints.so-tu-phap = {"1.1" = 1}\n' if name == "scenarios.toml" else ""
        text = re.sub(r'(vi = ")', "\\1a\u2028bc ", text)
        file.write_text(text, encoding="utf-8", newline="\n")
    made = new_year(root, 2026, 2024, ["departments"])
    assert made[0].left_out == ("diem",)
    for name in ("index.toml", "scenarios.toml"):
        assert "a\u2028bc " in (root / "2026/departments" / name).read_text(encoding="utf-8")


def test_a_group_whose_agencies_have_all_ended_is_named_and_not_made(root, capsys):
    assert main(["new-year", "2026", "--from", "2024", "--data", str(root)]) == 0
    assert "2026/districts: không lập" in capsys.readouterr().out and not (root / "2026" / "districts").exists()
    assert [f for f in check(root, 2026) if f.severity == "error"] == []


def test_where_nobody_is_left_nothing_appears(root, capsys):
    assert main(["new-year", "1899", "--from", "2024", "--data", str(root)]) == 0
    said = capsys.readouterr().out
    assert "1899/departments: không lập" in said and "index.toml" not in said and not (root / "1899").exists()


def test_a_year_that_is_there_is_refused_and_nothing_appears(root):
    new_year(root, 2025, 2024, ["departments"])
    before = sorted(root.rglob("*"))
    with pytest.raises(Refusal) as refusal:
        new_year(root, 2025, 2024)
    assert [(f.code, f.file) for f in refusal.value.findings] == [("E_EXISTS", "2025/departments")]
    assert sorted(root.rglob("*")) == before


@pytest.mark.parametrize("year, before", [("25", "2024"), ("2025", "../x"), ("2025", "1999")])
def test_years_that_are_none(root, year, before):
    with pytest.raises(Refusal):
        new_year(root, year, before)
    assert sorted(p.name for p in root.iterdir()) == ["2024", "lineage.csv", "reasons.csv", "register.csv"]


def test_days():
    assert [later(d, "2024", "2025") for d in ("2024-02-29", "2025-01-15", "")] == ["2025-02-28", "2026-01-15", ""]
    assert later("2024-02-29", "2024", "2028") == "2028-02-29"


def test_lines_keep_their_order_and_comments():
    text = 'year = "2024"\n# nothing of 2024-01-01 here moves\ntitle.vi = "Bộ chỉ số năm 2024"\nseed = 20241231\n'
    assert shifted(text, "2024", "2025") == text.replace('"2024"', '"2025"').replace("năm 2024", "năm 2025")
