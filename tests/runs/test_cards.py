"""Score cards: one page per agency from one notebook, the same that a kernel gives."""

from __future__ import annotations

import re
import shutil
from fractions import Fraction as F
from pathlib import Path

import papermill
import pytest

import dxlib
from dxlib.case import read_case
from dxlib.index import evaluate, potential
from dxlib.index.potential_gains import reach
from dxlib.publish import html
from dxlib.runs import cards, run
from dxlib.runs.kernel import OwnInterpreter
from dxlib.runs.normal import normalise
from dxlib.show import scorecard
from dxlib.words import catalogue
from tests.known.folders import classes, leaf, make

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "notebooks" / "scorecard.ipynb"
DATA = ROOT / "data"
VALUES = {"root": str(DATA), "year": "2024", "group": "districts", "lang": "vi", "draws": 50}
LOOK = {"lang": "vi", "title": "Thử", "reader": "public", "sample": True, "provisional": False, "fingerprint": "0" * 64}


def test_a_card_is_what_a_kernel_gives(tmp_path):
    listed = read_case(DATA, 2024, "districts").agencies["agency"].tolist()
    made = dict(cards.each(*cards.prepare(NOTEBOOK, VALUES), listed))
    assert list(made) == listed
    done = papermill.execute_notebook(
        str(NOTEBOOK), str(tmp_path / "out.ipynb"), {**VALUES, "agency": "h-son-hac"}, kernel_name="python3",
        progress_bar=False, kernel_manager_class=OwnInterpreter,
    )  # fmt: skip
    assert html(normalise(made["h-son-hac"], {}), **LOOK) == html(normalise(done, {}), **LOOK)


def test_what_can_be_won_by_hand(tmp_path):
    """Rows of 60 and 40; a has 1/2 and 1, b 1 and 0: a can win 0.3 on row 1 (b has it), b 0.4 on row 2 (a has it). The
    first of the list has answered nothing and has no score."""
    rows = [leaf("1", "points", 60), leaf("2", "points", 40)]
    answers = {"a": {"1": {"points": 30}, "2": {"points": 40}}, "b": {"1": {"points": 60}, "2": {"points": 0}}}
    policies = {"class": classes(0.9, 0.65, 0), "missing": "not-ranked"}
    case = make(tmp_path, rows, {"none": {}, **answers}, policies)
    found = potential(case, evaluate(case))
    assert found.values.tolist() == [["a", "1", F(1, 2), F(3, 10), 1, 2], ["b", "2", F(0), F(2, 5), 1, 2]]
    of_b, bands = found[found["agency"] == "b"], case.settings.classes
    assert reach(case, F(6, 10), of_b, bands) == (2, 1)  # from the third class to the second, with one row
    assert reach(case, F(7, 10), of_b, bands) == (1, 1) and reach(case, F(95, 100), of_b, bands) is None
    assert reach(case, F(1, 10), of_b, bands) is None  # 0.5 is not enough
    assert reach(case, F(-1, 10), of_b.assign(to_win=F(4, 5)), bands) == (2, 1)  # below nought is the last class too
    whole = found.groupby("agency")["to_win"].sum()
    scores = dict(zip(("none", "a", "b"), evaluate(case).columns["index"].shares, strict=True))
    assert scores["none"] is None and all(scores[agency] + won == 1 for agency, won in whole.items())


def test_every_agency_has_its_page_and_old_ones_go(tmp_path):
    shutil.copytree(DATA / "2024" / "districts", tmp_path / "data" / "2024" / "districts")
    shutil.copy(DATA / "reasons.csv", tmp_path / "data")
    out = tmp_path / "reports" / "public" / "2024" / "districts"
    old = out / "scorecard" / "gone.vi.html"
    old.parent.mkdir(parents=True)
    old.write_text("old", encoding="utf-8")
    result = run(
        tmp_path / "data", tmp_path / "reports", notebooks=["scorecard"], langs=["vi"], parameters=[("draws", "50")]
    )
    assert result.exit_code == 0 and not old.exists()
    agencies = read_case(tmp_path / "data", 2024, "districts").agencies["agency"].tolist()
    assert sorted(p.name for p in (out / "scorecard").iterdir()) == sorted(f"{a}.vi.html" for a in agencies)
    listed = re.findall(r'href="(scorecard/[^"]+)"', (out / "scorecard.vi.html").read_text(encoding="utf-8"))
    assert listed == [f"scorecard/{a}.vi.html" for a in agencies] and all((out / link).is_file() for link in listed)
    assert "scorecard.vi.html" in (tmp_path / "reports" / "public" / "index.html").read_text(encoding="utf-8")


def test_lost_points_carry_the_reason_of_the_verdict():
    case = read_case(DATA, 2024, "departments")
    scores, ledger = dxlib.score(case), dxlib.verify.ledger(case)
    reasons = {row["code"]: row["name_vi"] for row in case.reasons.to_dict("records")}
    cut = ledger[(ledger["final"] < ledger["claimed"]) & (ledger["reason"] != "")].iloc[0]
    table = scorecard.lost_table(case, scores, ledger, cut["agency"], "vi")
    rows = {row[0].split(". ")[0]: row for row in table.cells}
    assert rows[cut["indicator"]][4] == reasons[cut["reason"]]
    text = " ".join(cell for row in table.cells for cell in row)
    noted = [n for n in case.verdicts["note"] if n] + [e for e in case.claims["explanation"] if len(e) > 20]
    assert not [n for n in noted if n in text]  # reasons in words of the list, never what a person wrote


def test_an_unknown_agency_is_named():
    case = read_case(DATA, 2024, "districts")
    with pytest.raises(KeyError):
        scorecard.chosen(case, "nobody")
    assert scorecard.chosen(case, "") == case.agencies["agency"].iloc[0]
    few = make_one()
    assert scorecard.pillars_chart(few, dxlib.score(few), "a", "vi") is None
    assert catalogue("vi")["card.no_score"]


def make_one():
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        return make(
            Path(folder),
            [leaf("1", "points", 10), leaf("2", "points", 10)],
            {"a": {"1": {"points": 1}, "2": {"points": 2}}},
        )
