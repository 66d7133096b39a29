"""One act on single units by the front door: what it writes, what it refuses, and what the years make of it."""

import csv
import io
import shutil
from pathlib import Path

import pytest

from dxlib.case import check, read_series
from dxlib.cli import main
from dxlib.index import evaluate
from dxlib.show import trend
from dxlib.years import compare_series, material_changes

DATA = Path(__file__).resolve().parents[2] / "data"
ON = ["--date", "2026-03-01", "--act", "Nghị quyết 12/NQ-HĐND"]
JOINED = "so-cong-thuong-va-xay-dung"
NAMED = ["--name-vi", "Sở Công Thương và Xây dựng", "--name-en", "Department of Trade and Construction"]
MERGE = ["merge", "so-cong-thuong", "so-xay-dung-2025"]


@pytest.fixture
def root(tmp_path):
    shutil.copytree(DATA / "2025" / "departments", tmp_path / "data" / "2025" / "departments")
    for name in ("register", "reasons", "lineage"):
        shutil.copy(DATA / f"{name}.csv", tmp_path / "data" / f"{name}.csv")
    return tmp_path / "data"


def dx(root, *words, lang="vi"):
    return main(["register", *words, "--data", str(root), "--lang", lang])


def rows(root, name):
    with (root / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def register(root):
    return {row["agency"]: row for row in rows(root, "register")}


def added(root):
    """The events that are new: (type, from, to, share, basis)."""
    known = len(rows(DATA, "lineage"))
    return [
        tuple(row[c] for c in ("type", "from", "to", "share", "share_basis")) for row in rows(root, "lineage")[known:]
    ]


def state(root):
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_a_merger_is_shown_then_written_and_the_years_know_it(root, capsys):
    """Two departments merge in March 2026: the next year is proposed with the heir, and its change is an estimate."""
    before = state(root)
    assert dx(root, *MERGE, *NAMED, *ON) == 0
    said = capsys.readouterr().out
    assert state(root) == before and "--write" in said
    assert "register · so-cong-thuong · valid_to: – → 2026-02-28" in said and f"so-xay-dung-2025 → {JOINED}" in said
    assert dx(root, *MERGE, *NAMED, *ON, "--write") == 0
    now = register(root)
    assert [now[a]["valid_to"] for a in MERGE[1:]] == ["2026-02-28"] * 2
    new = {"agency": JOINED, "name_vi": NAMED[1], "name_en": NAMED[3], "level": "department", "official_code": ""}
    assert now[JOINED] == new | {"valid_from": "2026-03-01", "valid_to": "", "act": ON[-1]}
    assert added(root) == [("merge", a, JOINED, "1", "") for a in MERGE[1:]]
    assert {name for name, data in state(root).items() if before.get(name) != data} == {"register.csv", "lineage.csv"}
    assert [f for f in check(root) if f.severity == "error"] == []

    assert main(["new-year", "2026", "--from", "2025", "--data", str(root)]) == 0
    folder, old = root / "2026" / "departments", root / "2025" / "departments"
    told = (old / "claims.csv").read_text(encoding="utf-8").splitlines()
    claims = [line.replace("so-cong-thuong,", f"{JOINED},", 1) for line in told if "so-xay-dung-2025," not in line]
    (folder / "claims.csv").write_text("\n".join([*claims, ""]), encoding="utf-8")
    shutil.copy(old / "exemptions.csv", folder / "exemptions.csv")
    text = (folder / "exemptions.csv").read_text(encoding="utf-8").splitlines()
    kept = [line for line in text if line.split(",")[0] not in MERGE]
    (folder / "exemptions.csv").write_text("\n".join([*kept, ""]), encoding="utf-8")
    capsys.readouterr()
    assert main(["compare", "2025", "departments", "--to-year", "2026", "--on", "claimed", "--data", str(root)]) == 0
    table = {row["agency"]: row for row in csv.DictReader(io.StringIO(capsys.readouterr().out))}
    assert table[JOINED]["flag"] == "M" and float(table[JOINED]["score_then"]) > 0
    assert {row["flag"] for agency, row in table.items() if agency not in (*MERGE, JOINED)} == {"U"}
    told = {row["flag"] for row in table.values() if row["performance"]}
    assert told == {"U"} and table[JOINED]["score_change"]  # an estimate judges nobody
    series = read_series(root, 2026, "departments")
    compared = compare_series(series, [evaluate(case, "claimed") for case in series.cases])
    moved = material_changes(compared, None).set_index("agency")["news"]
    assert moved[JOINED] == "estimate"
    (made_of,) = trend.units_table(compared, "vi").cells
    assert made_of[0] == NAMED[1] and "Sở Công Thương" in made_of[2] and "Sở Xây dựng" in made_of[2]


WRITTEN = {  # what is asked -> events, and who ended
    "into one that goes on": (
        ["merge", "thanh-tra", "--into", "vp-ubnd"],
        [("merge", "thanh-tra", "vp-ubnd", "1", "")],
    ),
    "one of them goes on": (
        ["merge", "thanh-tra", "vp-ubnd", "--into", "vp-ubnd"],
        [("merge", "thanh-tra", "vp-ubnd", "1", "")],
    ),
    "rename": (
        ["rename", "thanh-tra", "--name-vi", "Thanh tra mới"],
        [("rename", "thanh-tra", "thanh-tra-moi", "1", "")],
    ),
    "abolish": (["abolish", "thanh-tra"], [("abolish", "thanh-tra", "", "", "")]),
    "split": (
        ["split", "thanh-tra", "--into", "vp-ubnd:0.4", "so-y-te:0.6", "--basis", "count"],
        [("split", "thanh-tra", "vp-ubnd", "0.4", "count"), ("split", "thanh-tra", "so-y-te", "0.6", "count")],
    ),
    "transfer": (["transfer", "so-y-te", "--into", "vp-ubnd:0.2"], [("transfer", "so-y-te", "vp-ubnd", "0.2", "")]),
    "unknown part": (["transfer", "so-y-te", "--into", "vp-ubnd"], [("transfer", "so-y-te", "vp-ubnd", "", "unknown")]),
    "create": (
        ["create", "--name-vi", "Sở Đo lường", "--level", "department"],
        [("create", "", "so-do-luong", "", "")],
    ),
    "a given id": (
        [*MERGE, "--into", "so-ctxd", "--name-vi", "Sở Công Thương và Xây dựng"],
        [("merge", a, "so-ctxd", "1", "") for a in MERGE[1:]],
    ),
    "the name of a unit that ended": (
        ["rename", "thanh-tra", "--name-vi", "Sở Giao thông vận tải"],
        [("rename", "thanh-tra", "so-giao-thong-van-tai", "1", "")],
    ),
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_every_act_is_written_as_the_contract_says(root, kind):
    asked, events = WRITTEN[kind]
    assert dx(root, *asked, *ON, "--write") == 0
    assert added(root) == events and [f for f in check(root) if f.severity == "error"] == []
    ended = {agency for agency, row in register(root).items() if row["valid_to"] == "2026-02-28"}
    assert ended == {old for kind, old, *_ in events if kind not in ("transfer", "create")}


def test_an_id_is_never_used_again(root):
    """A unit with the name of one that ended gets another id; a renamed one keeps its level and official code."""
    assert dx(root, "rename", "thanh-tra", "--name-vi", "Sở Nội vụ cũ", "--id", "so-noi-vu", *ON, "--write") == 1
    assert dx(root, "abolish", "so-noi-vu-2025", *ON, "--write") == 0
    assert dx(root, "rename", "thanh-tra", "--name-vi", "Sở Nội vụ", *ON, "--write") == 0
    assert added(root)[-1][2] == "so-noi-vu-2" and register(root)["so-noi-vu-2"]["level"] == "department"
    commune = next(a for a, row in register(root).items() if row["level"] == "commune" and not row["valid_to"])
    assert dx(root, "rename", commune, "--name-vi", "Xã Tên Mới", *ON, "--write") == 0
    assert register(root)["xa-ten-moi"]["official_code"] == register(root)[commune]["official_code"] != ""


REFUSED = {
    "register_unknown": ["merge", "so-y-t", "vp-ubnd", "--name-vi", "Sở Mới"],
    "register_gone": ["abolish", "so-noi-vu"],  # merged in 2025
    "register_alone": ["merge", "so-y-te", "--name-vi", "Sở Mới"],
    "register_itself": ["transfer", "so-y-te", "--into", "so-y-te:0.2"],
    "register_undivided": ["split", "so-y-te", "--into", "vp-ubnd:1"],
    "register_named": ["merge", "so-y-te", "--into", "vp-ubnd", "--name-vi", "Sở Mới"],
    "register_nameless": ["merge", "so-y-te", "thanh-tra", "--into", "vp-ubn"],
    "register_taken": ["rename", "so-y-te", "--name-vi", "Sở Mới", "--id", "so-tttt"],
    "register_there": ["rename", "so-y-te", "--name-vi", "Thanh tra tỉnh"],
    "cell_form": ["rename", "so-y-te", "--name-vi", "Sở Mới", "--id", "Sở-Mới"],
    "share_sum": ["split", "so-y-te", "--into", "vp-ubnd:0.5", "thanh-tra:0.4"],
    "number_comma": ["split", "so-y-te", "--into", "vp-ubnd:0,5", "thanh-tra:0,5"],
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_cannot_be_is_named_and_nothing_is_written(root, reason, capsys):
    from dxlib.words import catalogue

    before = state(root)
    for write in ([], ["--write"]):
        assert dx(root, *REFUSED[reason], *ON, *write, lang="en") == 1
        remedy = catalogue("en")[f"finding.{reason}.remedy"].partition("{")[0]
        assert remedy in capsys.readouterr().err
    assert state(root) == before


def test_an_act_without_its_document_or_its_day_is_none(root, capsys):
    assert dx(root, *MERGE, *NAMED, "--date", "2026-03-01", "--act", " ") == 1
    for lacking in (["--date", "2026-03-01"], ["--act", "NQ"]):
        with pytest.raises(SystemExit) as stop:
            dx(root, *MERGE, *NAMED, *lacking)
        assert stop.value.code == 2


def test_a_year_that_names_a_unit_as_gone_stands_in_the_way(root, capsys):
    """2025 assesses the whole year; a unit that ended before it began cannot have been there."""
    before = state(root)
    assert dx(root, "abolish", "thanh-tra", "--date", "2025-01-01", "--act", "NQ", "--write") == 1
    assert "2025/departments/agencies.csv" in capsys.readouterr().err and state(root) == before


def test_the_first_unit_of_a_province_without_a_register(tmp_path):
    """Nor a data folder: it is made."""
    tmp_path = tmp_path / "data"
    assert (
        main(
            [
                "register",
                "create",
                "--name-vi",
                "Sở Một",
                "--level",
                "department",
                *ON,
                "--write",
                "--data",
                str(tmp_path),
            ]
        )
        == 0
    )
    assert list(register(tmp_path)) == ["so-mot"] and check(tmp_path)[0].reason == "folder_empty"


def test_an_official_table_is_judged_too(root, tmp_path, capsys):
    """The new units of a table have the codes of units that stand."""
    table = tmp_path / "t.csv"
    table.write_text("Mã,Tên\n001,Xã Một\n001,Xã Hai\n", encoding="utf-8")
    before = state(root)
    given = ["import", str(table), "--date", "2026-03-01", "--level", "hamlet", "--write"]
    assert dx(root, *given) == 1 and "E_LINEAGE" in capsys.readouterr().err and state(root) == before
