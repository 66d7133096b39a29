"""What names something that can never answer is said, instead of being left aside without a word."""

from __future__ import annotations

import pytest

from dxlib.case import check
from dxlib.words import finding
from tests.case.folder import write


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
