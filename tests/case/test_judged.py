"""Verified means frozen: a verdict stands on the claim that it judged. Everything on paper."""

from fractions import Fraction as F

import pytest

from dxlib.case import check, read_case
from dxlib.case.judged import COLUMNS, recorded, standing
from dxlib.errors import Refusal
from dxlib.index import evaluate, provisional, score
from tests.known.folders import GROUP, YEAR, leaf, rows_of, write

REASONS = [
    {"code": "giu", "name_vi": "Giữ nguyên", "result": "kept"},
    {"code": "doi", "name_vi": "Thay đổi", "result": "changed"},
    {"code": "khac", "name_vi": "Khác", "result": ""},
]


def verdict(step=1, stage="verify", judged=("18", "20", "", "", "-"), **cells):
    by = "Hội đồng" if stage == "appeal" else "Tổ 1"
    row = {"agency": "x", "indicator": "1", "step": step, "stage": stage, "decided_by": by}
    return row | dict(zip(COLUMNS, judged, strict=True)) | cells


def folder(root, *verdicts, claim=(18, 20), rule="ratio", evidence=(), reasons=REASONS, **index):
    """x claims row 1 (10 points), y a measured row 2."""
    rows = [leaf("1", rule, 10, source="reported"), leaf("2", "points", 10, source="measured")]
    answers = {"x": {"1": claim, "2": {"points": 5}}, "y": {"2": {"points": 8}}}
    tables = {"verdicts": list(verdicts), "evidence": list(evidence)} if evidence else {"verdicts": list(verdicts)}
    write(root, rows, answers, index, **tables)
    lines = ["code,name_vi,result", *(f"{r['code']},{r['name_vi']},{r['result']}" for r in reasons)]
    (root / "reasons.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root


def case(*args, **kwargs):
    return read_case(folder(*args, **kwargs), YEAR, GROUP)


def test_the_verdict_stands_on_the_claim_that_it_judged(tmp_path):
    same = case(tmp_path, verdict())
    assert rows_of(same, "1").loc["x", ["points", "state"]].tolist() == [9, "verified"]
    assert not provisional(same)


@pytest.mark.parametrize("claim", [(19, 20), (18, 19), (20, 20)])
def test_another_claim_opens_the_item_again(claim, tmp_path):
    """State `reopened`, no verified score, named by check; current keeps the verdict in force, claimed the claim."""
    changed = case(tmp_path, verdict(), claim=claim)
    assert evaluate(changed).columns["1"].states[0] == evaluate(changed).columns["index"].states[0] == "reopened"
    assert evaluate(changed).columns["index"].shares[0] is None and provisional(changed)
    table = score(changed).set_index(["agency", "node"])
    assert table.loc[("x", "1"), "state"] == "reopened" and table["rank"][:, "index"].isna().all()
    assert evaluate(changed, "current").columns["1"].shares[0] == F(9, 10)
    assert evaluate(changed, "claimed").columns["1"].shares[0] == min(F(*claim), 1)
    (named,) = [f for f in check(tmp_path) if f.code == "W_REOPENED"]
    assert (named.file, named.row, named.value, named.facts["agency"]) == (f"{YEAR}/{GROUP}/verdicts.csv", 2, "1", "x")


def test_the_same_written_otherwise_is_the_same(tmp_path):
    """18.0 is 18; an agency's own sum is compared, never used; parts have no order."""
    own = case(
        tmp_path / "a", verdict(judged=("18", "20", "", "9", "-")), claim={"a": "18.0", "b": "20.00", "points": "10"}
    )
    assert evaluate(own).columns["1"].states[0] == "verified"
    parts = case(
        tmp_path / "b", verdict(judged=("", "", "p;q", "", "-")), claim={"option": "q;p"}, rule="parts(p:0.5, q:0.5)"
    )
    assert evaluate(parts).columns["1"].states[0] == "verified"
    points = case(tmp_path / "c", verdict(judged=("", "", "", "9", "-")), claim={"points": "9.5"}, rule="points")
    assert evaluate(points).columns["1"].states[0] == "reopened"


PAPER = {
    "agency": "x",
    "indicator": "1",
    "no": "1",
    "title": "Quyết định",
    "file": "",
    "sha256": "a" * 64,
    "verdict": "",
}


@pytest.mark.parametrize("before, after, state", [
    ([PAPER], [PAPER], "verified"),
    ([PAPER], [], "reopened"),
    ([], [PAPER], "reopened"),
    ([PAPER], [PAPER | {"sha256": "b" * 64}], "reopened"),
    ([PAPER], [PAPER | {"verdict": "rejected", "note": "ngoài kỳ"}], "verified"),
])  # fmt: skip
def test_documents_that_came_or_went_open_it_again(before, after, state, tmp_path):
    stood = standing(
        case(tmp_path / "a", verdict(), evidence=before).claims,
        case(tmp_path / "a", verdict(), evidence=before).evidence,
    )
    later = case(tmp_path / "b", verdict(judged=stood["x", "1"]), evidence=after)
    assert evaluate(later).columns["1"].states[0] == state


def test_a_claim_taken_back_opens_it_again(tmp_path):
    later = case(tmp_path, verdict(reason="khac"), claim=None)
    assert evaluate(later).columns["1"].states[0] == "reopened"


@pytest.mark.parametrize(
    "sent, decided, state",
    [
        ("2025-02-02", "2025-02-01", "reopened"),
        ("2025-02-01", "2025-02-01", "verified"),
        ("2025-02-02", "", "verified"),
    ],
)
def test_a_verdict_that_does_not_say_what_it_judged_goes_by_the_days(sent, decided, state, tmp_path):
    silent = verdict(judged=("", "", "", "", ""), decided_on=decided)
    found = case(tmp_path, silent, claim={"a": 18, "b": 20, "submitted_on": sent})
    assert evaluate(found).columns["1"].states[0] == state


def test_a_new_verdict_on_the_new_claim_closes_it(tmp_path):
    again = verdict(step=2, judged=("19", "20", "", "", "-"))
    closed = case(tmp_path, verdict(a="10"), again, claim=(19, 20))
    assert rows_of(closed, "1").loc["x", ["points", "state"]].tolist() == [9.5, "verified"]


APPEALED = [  # first verdict, appeal, points of 10
    ({"a": "12", "reason": "khac"}, {"reason": "giu"}, 6),
    ({"a": "12", "reason": "khac"}, {"reason": "doi", "a": "15"}, 7.5),
    ({"points": "4", "reason": "khac"}, {"reason": "giu"}, 4),
    ({"points": "4", "reason": "khac"}, {"reason": "doi", "a": "15"}, 7.5),
    ({"points": "4", "reason": "khac"}, {"reason": "doi", "points": "5"}, 5),
    ({"a": "12", "b": "30", "reason": "khac"}, {"reason": "doi", "a": "15"}, 5),
    ({}, {"reason": "giu"}, 9),
    ({}, {}, 9),
]


@pytest.mark.parametrize("first, second, points", APPEALED)
def test_empty_in_an_appeal_is_the_verdict_in_force(first, second, points, tmp_path):
    """18 of 20 claimed; what was cut stays cut unless the appeal says otherwise."""
    decided = case(tmp_path, verdict(**first), verdict(2, "appeal", **second))
    assert rows_of(decided, "1").loc["x", "points"] == points


@pytest.mark.parametrize("first, second, why", [
    ({"a": "12", "reason": "khac"}, {"reason": "giu", "a": "18"}, "reason_kept"),
    ({"a": "12", "reason": "khac"}, {"reason": "doi"}, "reason_changed"),
    ({"a": "12", "reason": "khac"}, {"reason": "doi", "a": "12"}, "reason_changed"),
    ({"a": "12", "reason": "giu"}, {}, "reason_kept"),
    ({"reason": "doi"}, {}, "reason_changed"),
])  # fmt: skip
def test_a_reason_says_what_the_result_says(first, second, why, tmp_path):
    steps = [verdict(**first)] + ([verdict(2, "appeal", **second)] if second else [])
    with pytest.raises(Refusal) as refused:
        case(tmp_path, *steps)
    assert [(f.code, f.reason, f.row) for f in refused.value.findings if f.severity == "error"] == [
        ("E_STATE", why, 1 + len(steps))
    ]


def test_what_was_silent_is_recorded_as_it_stands(tmp_path):
    given = case(tmp_path, verdict(judged=("",) * 5), evidence=[PAPER])
    frame = recorded(given.verdicts, given.claims, given.evidence)
    assert frame.loc[2, list(COLUMNS)].tolist() == ["18", "20", "", "", "a" * 12]
    assert recorded(frame, given.claims.iloc[:0], given.evidence).equals(frame)
