"""What is shown while trying: floats against the exact library, state by state; then the scenario file."""

from __future__ import annotations

import random
import tomllib
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import dxlib
from dxlib.case import Case
from dxlib.errors import Refusal
from dxlib.explore import page
from dxlib.explore.model import Model, State, plain
from dxlib.explore.scenario import write_scenario
from dxlib.index import INDEX, score
from dxlib.words import text

DATA = Path(__file__).resolve().parents[2] / "data"
GIVEN = 'year = 2024\ngroup = "departments"\ntotal = 30\ntitle.vi = "Thử"\n'
ROWS = """code,parent,name_vi,max_points,rule,source
1,,Nhận thức,,,
1.1,1,Kế hoạch,10,yes_no,reported
1.2,1,Tập huấn,5,ratio,reported
2,,Hạ tầng,,,
2.1,2,Máy chủ,9,relative,reported
2.2,2,Bảo mật,6,points,reported
"""
CLASSES = """[[class]]
name.vi = "Tốt"
cut = 0.7
[[class]]
name.vi = "Khá"
cut = 0
"""


def folder(root: Path, policies: str = "", verdicts: bool = True) -> Path:
    """Five agencies, small enough to follow; `relative` moves others when one figure is overridden."""
    place = root / "2024" / "departments"
    place.mkdir(parents=True)
    (place / "index.toml").write_text(GIVEN + policies + CLASSES, encoding="utf-8")
    (place / "indicators.csv").write_text(ROWS, encoding="utf-8")
    (place / "agencies.csv").write_text(
        "agency,name_vi\n" + "".join(f"a{i},Sở {i}\n" for i in range(5)), encoding="utf-8"
    )
    claims, told = "agency,indicator,a,b,option,points\n", "agency,indicator,step,stage,a,b,option,points\n"
    for i in range(5):
        claims += f"a{i},1.1,,,{'yes' if i % 2 else 'no'},\na{i},1.2,{10 + 17 * i % 60},100,,\n"
        claims += f"a{i},2.1,{20 + 31 * i % 70},,,\na{i},2.2,,,,{i % 4}.5\n"
        told += "".join(
            f"a{i},{code},1,verify,,,,\n" for code in ("1.1", "1.2", "2.1", "2.2") if (i, code) != (4, "2.2")
        )
    (place / "claims.csv").write_text(claims, encoding="utf-8")
    if verdicts:
        (place / "verdicts.csv").write_text(told, encoding="utf-8")
    return root


def model(root: Path, on: str | None = None, group: str = "departments", draws: int = 40) -> Model:
    case = dxlib.read_case(root, "2024", group)
    return Model(case, dxlib.draw_weights(case, 0.2, draws, np.random.default_rng(3)), on)


def official(case: Case, on: str | None = None) -> list[int | None]:
    table = score(case, on)
    return plain(table[table["node"] == INDEX]["rank"])


def same(live, exact) -> None:
    for part in ("rank", "of", "classes", "low", "high", "points"):
        assert getattr(live, part) == getattr(exact, part), part
    shares = [(a, b) for a, b in zip(live.share, exact.share, strict=True)]
    assert [a is None for a, _ in shares] == [b is None for _, b in shares]
    assert all(abs(a - b) < 1e-12 for a, b in shares if a is not None)
    assert (live.exact, exact.exact) == (False, True)


@pytest.mark.parametrize(
    "policies",
    [
        "",
        'aggregate = "geometric"\n',
        'rank_on = "published"\npoints_decimals = 0\n',
        'missing = "within-parent"\n',
        "min_coverage = 0.8\n",
    ],
)
def test_live_is_exact_to_the_last_rank(tmp_path, policies):
    tried = model(folder(tmp_path, policies), "current")
    chance = random.Random(5)
    for _ in range(10):
        percent = {code: chance.choice([0, 5, 50, 105, 300]) for code in ("1", "2") if chance.random() < 0.5}
        drop = tuple(code for code in ("1", "1.1", "1.2", "2.1", "2.2") if chance.random() < 0.15)
        points = (
            {(f"a{chance.randrange(5)}", chance.choice(["1.2", "2.1", "2.2"])): str(chance.randrange(6))}
            if chance.random() < 0.5
            else {}
        )
        state = State({code: p for code, p in percent.items() if p != 100}, drop, points)
        try:
            exact = tried.exactly(state)
        except Refusal:
            with pytest.raises(Refusal):
                tried.live(state)
            continue
        same(tried.live(state), exact)
        assert exact.rank == official(tried.changed(state), "current")


def test_a_whole_province_the_same(tmp_path):
    tried = model(DATA, group="communes", draws=60)
    leaf = tried.case.framework.leaves[3].code
    for state in (State(), State({"1": 120, "3": 45}), State({"2": 0}, (leaf,)), State(drop=("1", "2", "3", "4"))):
        same(tried.live(state), tried.exactly(state))


def test_the_drawn_weights_follow_the_slider(tmp_path):
    tried = model(folder(tmp_path), "current")
    for percent in (40, 300):
        state = State({"1": percent})
        case = tried.changed(state)
        drawn = dxlib.draw_weights(case, 0.2, 40, np.random.default_rng(3))  # the same stream, around the new weights
        fresh = dxlib.rank_intervals(case, drawn, "current").set_index("agency").loc[tried.agencies]
        live = tried.live(state)
        assert (live.low, live.high) == (fresh["low"].tolist(), fresh["high"].tolist())


def test_coverage_follows_the_weights(tmp_path):
    root = folder(tmp_path, "min_coverage = 0.6\n")
    for name in ("claims.csv", "verdicts.csv"):
        place = root / "2024" / "departments" / name
        kept = [line for line in place.read_text(encoding="utf-8").splitlines() if not line.startswith("a0,1.")]
        place.write_text("\n".join(kept) + "\n", encoding="utf-8")
    tried = model(root, "current")
    assert tried.start.rank[0] is None  # half of the weight has no value
    for percent, ranked in ((50, True), (100, False), (300, False)):
        state = State({"1": percent} if percent != 100 else {})
        assert (tried.live(state).rank[0] is not None) == ranked
        same(tried.live(state), tried.exactly(state))


def test_a_list_of_one_has_no_rank(tmp_path):
    tried = model(DATA, group="province")
    same(tried.live(State({"1": 10})), tried.exactly(State({"1": 10})))
    assert tried.start.rank == tried.start.low == [None] and tried.start.of == [1]


def test_leaving_out_what_is_not_verified_gives_a_score(tmp_path):
    tried = model(folder(tmp_path))
    assert tried.start.rank[4] is None and tried.start.share[4] is None
    for standing in (tried.live(State(drop=("2.2",))), tried.exactly(State(drop=("2.2",)))):
        assert standing.rank[4] is not None and standing.of[4] == 5


def test_edited_points_count_and_move_others(tmp_path):
    tried = model(folder(tmp_path), "current")
    best = max(range(5), key=lambda i: tried.cell(f"a{i}", "2.1")[0])
    state = State(points={(f"a{best}", "2.1"): "0"})
    live = tried.live(state)
    assert live.share[best] < tried.start.share[best]
    assert any(live.share[i] > tried.start.share[i] for i in range(5) if i != best)  # the best figure is another's now
    same(live, tried.exactly(state))


@pytest.mark.parametrize("points", ["7", "-1", "1,5", "x"])
def test_points_that_no_verdict_may_hold_are_refused(tmp_path, points):
    with pytest.raises(Refusal) as refused:
        model(folder(tmp_path)).live(State(points={("a1", "2.2"): points}))
    assert all(f.reason for f in refused.value.findings)


def test_points_of_a_row_that_does_not_apply_are_refused(tmp_path):
    root = folder(tmp_path)
    place = root / "2024" / "departments"
    (place / "exemptions.csv").write_text("agency,indicator,reason\na1,1.2,Không có\n", encoding="utf-8")
    for name in ("claims.csv", "verdicts.csv"):
        lines = (place / name).read_text(encoding="utf-8").splitlines()
        (place / name).write_text(
            "\n".join(line for line in lines if not line.startswith("a1,1.2,")) + "\n", encoding="utf-8"
        )
    with pytest.raises(Refusal) as refused:
        model(root).live(State(points={("a1", "1.2"): "1"}))
    assert [f.reason for f in refused.value.findings] == ["exempt_points"]


def test_nothing_left_is_refused_both_ways(tmp_path):
    tried = model(folder(tmp_path))
    for state in (State({"1": 0, "2": 0}), State({"1": 0}, ("2.1", "2.2"))):
        for act in (tried.live, tried.exactly, tried.shares_of_weight):
            with pytest.raises(Refusal):
                act(state)


def test_without_verdicts_or_on_claims_there_is_nothing_to_edit(tmp_path):
    assert model(folder(tmp_path / "a")).editable
    assert not model(tmp_path / "a", "claimed").editable
    assert not model(folder(tmp_path / "b", verdicts=False)).editable


def test_shares_of_weight(tmp_path):
    tried = model(folder(tmp_path))
    assert [(c, float(a), float(b)) for c, a, b in tried.shares_of_weight(State({"1": 300}))] == [
        ("1", 0.5, 0.75),
        ("2", 0.5, 0.25),
    ]


# What is said.


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_ranking_says_what_it_is(tmp_path, lang):
    tried = model(folder(tmp_path), "current")
    words = page.Words(tried, lang, "drawn so")
    live, exact = tried.live(State({"1": 10})), tried.exactly(State({"1": 10}))
    provisional, final = page.ranking(words, live), page.ranking(words, exact)
    assert provisional.caption != final.caption and provisional.cells == final.cells
    assert provisional.note == "drawn so"
    assert [row[0] for row in provisional.cells] == sorted(row[0] for row in provisional.cells)
    arrows = {row[3]: row[2] for row in provisional.cells}
    for i, agency in enumerate(tried.agencies):
        places = tried.start.rank[i] - live.rank[i]
        arrow = arrows[words.agencies[agency]]
        assert arrow == (f"{'▲' if places > 0 else '▼'} {abs(places)}" if places else "")
    assert page.summary(words, live) is not None and page.tried(words, State()) is None
    assert page.agreement(words, live, exact) != page.agreement(words, tried.start, exact)
    assert "a1" not in page.tried(words, State(drop=("1.1",), points={("a1", "2.2"): "3"})).plain()


def test_sample_and_provisional_figures_are_called_so(tmp_path):
    said = page.summary(
        page.Words(model(folder(tmp_path, "sample = true\n")), "vi", "x"), model(tmp_path).start
    ).plain()
    assert text("page.sample", "vi") in said and text("page.provisional", "vi") in said
    measured = model(DATA, group="province")
    assert text("page.provisional", "vi") not in page.summary(page.Words(measured, "vi", "x"), measured.start).plain()


def test_names_are_text(tmp_path):
    root = folder(tmp_path)
    agencies = root / "2024/departments/agencies.csv"
    agencies.write_text(
        agencies.read_text(encoding="utf-8").replace("Sở 1", "<script>alert(1)</script>"), encoding="utf-8"
    )
    tried = model(root)
    assert "<script>" not in page.ranking(page.Words(tried, "vi", "x"), tried.start).html()


# The scenario file.

STATE = State({"1": 65}, ("2.1",))
HERE = "2024/departments/scenarios.toml"
BEFORE = {
    "nothing": None,
    "empty": b"",
    "comments": '# của phòng Kế hoạch\n[old]   # giữ nguyên\ntitle.vi = "Cũ"\ndrop = ["1.2"]\n# hết'.encode(),
    "windows": b'\xef\xbb\xbf[old]\r\ndrop = ["1.2"]\r\n',
    "nested": b'[old]\ndrop = ["1.2"]\n[old.weights]\n"1" = 2\n"2" = 3\n\n\n',
}


@pytest.mark.parametrize("kind", BEFORE)
def test_the_scenario_reads_back_to_the_ranks_shown(tmp_path, kind):
    root, before = folder(tmp_path), BEFORE[kind]
    tried, file = model(root), root / HERE
    if before is not None:
        file.write_bytes(before)
    title = 'Thử "mới" \\ \n[x]'
    assert write_scenario(root, tried, STATE, "new-1", {"vi": title}) == HERE
    after = file.read_bytes()
    assert after.startswith(before or b"") and not [p for p in file.parent.iterdir() if "partial" in p.name]
    if kind == "windows":
        assert b"\n" not in after.replace(b"\r\n", b"")
    read = dxlib.read_scenario(root, tried.case, "new-1")
    assert official(read) == tried.exactly(STATE).rank == tried.live(STATE).rank
    kept = tomllib.loads(after.decode("utf-8-sig"))
    assert kept["new-1"]["weights"] == {"1": 9.75, "2": 15}  # 65 % of 15, and what stands beside it
    assert kept["new-1"]["title"]["vi"] == 'Thử "mới" \\  [x]'
    if before and b"old" in before:
        assert dxlib.read_scenario(root, tried.case, "old").framework.nodes["1.2"].weight == 0
    assert not [f for f in dxlib.check(root) if f.severity == "error"]


def test_edited_points_are_written_and_read_back(tmp_path):
    root = folder(tmp_path)
    points = {("a1", "2.2"): "0.50", ("a3", "1.2"): "5", ("a1", "1.1"): "0", ("a4", "2.2"): "6"}
    tried, state = model(root), replace(STATE, points=points)
    assert tried.start.rank[4] is None
    write_scenario(root, tried, state, "edited", {})
    assert 'points."a1" = {"2.2" = 0.5, "1.1" = 0}' in (root / HERE).read_text(encoding="utf-8")
    read = dxlib.read_scenario(root, tried.case, "edited")
    assert read.edited == {cell: Fraction(text) for cell, text in points.items()} and not tried.case.edited
    assert official(read) == tried.exactly(state).rank == tried.live(state).rank != tried.exactly(STATE).rank
    told = score(read).set_index(["agency", "node"])["points"]
    assert all(told[cell] == float(text) for cell, text in points.items() if cell[1] != "2.1")


def refused(root: Path, tried: Model, state: State, name: str) -> list[str]:
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    with pytest.raises(Refusal) as refusal:
        write_scenario(root, tried, state, name, {"vi": "x"})
    assert before == {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    return [f.reason for f in refusal.value.findings]


def test_what_cannot_be_written_leaves_the_file_alone(tmp_path):
    root = folder(tmp_path)
    tried, file = model(root), root / HERE
    assert refused(root, tried, STATE, "Tên") == ["scenario_name"]
    assert refused(root, tried, STATE, "") == ["scenario_name"]
    assert refused(root, tried, STATE, "x]\n[y") == ["scenario_name"]
    assert refused(root, tried, State(), "new") == ["scenario_same"]
    assert refused(root, tried, replace(STATE, points={("a1", "2.2"): "7"}), "new") == ["points_range"]
    assert refused(root, tried, State(points={("a1", "2.2"): "1.50"}), "new") == ["scenario_same"]
    file.write_bytes(b"[new]\ndrop = ['1.1']\n")
    assert refused(root, tried, STATE, "new") == ["scenario_taken"]
    file.write_bytes(b"[broken\n")
    assert refused(root, tried, STATE, "new") == ["toml"]
    file.write_bytes(b"x = '\xff'\n")
    assert refused(root, tried, STATE, "new") == ["toml"]


def test_the_folder_that_stands_there_is_the_one_that_counts(tmp_path):
    """The row that was left out while trying has gone from the index set since."""
    root = folder(tmp_path)
    tried = model(root)
    for name, row in (("indicators", "2.2,"), ("claims", ",2.2,"), ("verdicts", ",2.2,")):
        file = (root / HERE).with_name(f"{name}.csv")
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        file.write_text("".join(line for line in lines if row not in line), encoding="utf-8")
    settings = (root / HERE).with_name("index.toml")
    settings.write_text(settings.read_text(encoding="utf-8").replace("total = 30", "total = 24"), encoding="utf-8")
    assert refused(root, tried, State(drop=("2.2",)), "new") == ["indicator_unknown"]


def test_a_scenario_that_another_wrote_meanwhile_is_not_lost(tmp_path, monkeypatch):
    root = folder(tmp_path)
    tried = model(root)
    other = b"[other]\ndrop = ['1.1']\n"
    monkeypatch.setattr("dxlib.explore.scenario.must_hold", lambda *given: (root / HERE).write_bytes(other))
    with pytest.raises(Refusal) as refusal:
        write_scenario(root, tried, STATE, "new", {})
    assert [f.reason for f in refusal.value.findings] == ["changed_meanwhile"] and (root / HERE).read_bytes() == other


def test_a_title_is_judged_like_a_cell_that_comes_in(tmp_path):
    root = folder(tmp_path)
    with pytest.raises(Refusal) as refusal:
        write_scenario(root, model(root), STATE, "new", {"vi": "a\x0bb", "en": "x"})
    (found,) = refusal.value.findings
    assert (found.reason, found.file, found.column) == ("control_character", HERE, "new.title.vi")
    assert not (root / HERE).exists()


def test_a_disk_that_refuses_is_said_in_words(tmp_path):
    root = folder(tmp_path)
    tried = model(root)
    in_the_way = (root / HERE).with_name(".pending")
    in_the_way.write_bytes(b"")
    with pytest.raises(Refusal) as refusal:
        write_scenario(root, tried, STATE, "new", {})
    assert [f.reason for f in refusal.value.findings] == ["io"] and not (root / HERE).exists()
    in_the_way.unlink()
