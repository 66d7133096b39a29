"""What names something that can never answer is said, instead of being left aside without a word."""

from __future__ import annotations

import pytest

from dxlib.case import check
from dxlib.words import finding
from tests.case.folder import INDEX, write


def told(root, *codes):
    found = [f for f in check(root) if f.code in codes]
    assert all("{" not in said for f in found for lang in ("vi", "en") for said in finding(f, lang).values())
    return [(f.code, f.reason, f.file.rpartition("/")[2], f.row, f.column) for f in found]


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        ("a(2)", "a(1.1)", [("relation_unread", "left")]),  # 2 takes options
        ("a(1.1)", "2*a(1.1) + b(2)", [("relation_unread", "right")]),
        ("100*a(1.10)/b(2)", "points(2)", [("relation_unread", "left")]),
        ("a(1.1)", "a(1.1)", [("relation_itself", "right")]),
        ("a(1.1) + b(1.10)", "b(1.10)+a(1.1)", [("relation_itself", "right")]),
        ("a(1.10)", "b(1.10)", []),
        ("a(1)", "a(1.1)", [("relation_branch", "left")]),
    ],
)
def test_relations_that_say_nothing(tmp_path, left, right, said):
    root = write(tmp_path)
    (root / "2024/demo/relations.csv").write_text(f'relation,left,sign,right,name_vi\nr,"{left}",<=,"{right}",x\n')
    found = told(root, "W_RELATION")
    assert found == [("W_RELATION", reason, "relations.csv", 2, side) for reason, side in said]


@pytest.mark.parametrize(
    ("code", "said"), [("1.1", []), ("1", ["size_unread"]), ("2", ["size_unread"]), ("9", ["link_row"])]
)
def test_a_size_that_has_no_figures_weighed_all_the_same_without_a_word(tmp_path, code, said):
    index = INDEX.replace("[title]", f'[comparison]\nsize = "{code}"\n[title]', 1)
    root = write(tmp_path, index=index)
    (root / "2024").rename(root / "2023")
    before = root / "2023/demo/index.toml"
    before.write_text(INDEX.replace("2024", "2023", 1), "utf-8")
    write(tmp_path, index=index)
    found = [reason for code, reason, *_, column in told(root, "E_LINK", "W_LINK") if column == "comparison.size"]
    assert found == said


def test_a_document_of_a_branch_proves_nothing(tmp_path):
    root = write(tmp_path)
    lines = "agency,indicator,no,title\nso-a,1,1,Kế hoạch\nso-a,1.1,1,Kế hoạch\n"
    (root / "2024/demo/evidence.csv").write_text(lines)
    assert told(root, "W_EVIDENCE") == [("W_EVIDENCE", "evidence_on_branch", "evidence.csv", 2, "indicator")]


@pytest.mark.parametrize(
    ("day", "said"),
    [("2025-01-10", 0), ("2024-01-01", 0), ("2023-12-31", 1), ("2015-01-10", 1), ("2052-01-10", 1), ("1/1/52", 0)],
)
def test_a_decision_long_before_or_after_the_assessment(tmp_path, day, said):
    steps = f"agency,indicator,step,stage,a,reason,decided_by,decided_on\nso-a,1.1,1,verify,3,thin,x,{day}\n"
    appeals = f"agency,indicator,grounds,submitted_on\nso-a,1.1,Đã họp,{day}\n"
    found = told(write(tmp_path, verdicts=steps, appeals=appeals), "W_STATE")
    both = [("verdicts.csv", "decided_on"), ("appeals.csv", "submitted_on")]
    assert found == [("W_STATE", "days_outside", file, 2, column) for file, column in both if said]
