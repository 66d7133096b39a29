"""A small set with an open item of every kind: claims of nothing, penalties, a bonus, rows that need no verdict."""

from __future__ import annotations

from collections import Counter

from tests.backtest.contract_folder import write_folder

ROWS = {
    "1": ("yes_no", "10", "", "reported"),
    "2": ("count(2)", "10", "", "reported"),
    "3": ("ratio", "10", "", "reported"),
    "4": ("bonus(1, 3)", "", "", "reported"),
    "5": ("penalty(2, 6)", "", "", "reported"),
    "6": ("penalty(1)", "", "", "reported"),
    "7": ("none", "", "", "reported"),
    "8": ("yes_no", "10", "0", "reported"),  # no weight: shown, counts nothing
    "9": ("points", "10", "", "measured"),
}
CLAIMS = [
    ("a", "1", {"option": "no"}),  # a claim of nothing
    ("a", "2", {"a": "4"}),
    ("a", "3", {"a": "5"}),  # says something, gives nothing: b is missing
    ("a", "4", {"a": "2"}),
    ("a", "5", {"a": "0"}),  # a declared deduction of nothing
    ("a", "6", {"a": "0"}),
    ("a", "7", {"a": "1"}),
    ("a", "8", {"option": "yes"}),
    ("a", "9", {"points": "7"}),
    ("b", "1", {"option": "yes"}),  # does not apply
    ("b", "2", {"a": "5"}),  # decided, contested
    ("b", "3", {"a": "1", "b": "2"}),  # decided, contested, decided again
    ("b", "5", {"a": "3"}),  # declared in full: nothing is left to be too high
]


NOTHING = dict.fromkeys(("a", "b", "option", "points"), "")


def folder(root, verdicts=(), appeals=(), **more):
    """The set above, claimed by two agencies; verdicts: (agency, row, stage, who, cells)."""
    weights = {c: weight or maximum for c, (_, maximum, weight, _) in ROWS.items()}
    steps: Counter = Counter()
    tables = {
        "indicators": [
            {"code": c, "parent": "", "name_vi": f"Hàng {c}", "max_points": m, "weight": weights[c], "rule": r,
             "source": s, "b_vi": "Tổng số" if r == "ratio" else "", "verifier": "to-1"}
            for c, (r, m, _, s) in ROWS.items()
        ],
        "agencies": [{"agency": a, "name_vi": f"Cơ quan {a.upper()}"} for a in "ab"],
        "exemptions": [{"agency": "b", "indicator": "1", "reason": "không có", "decided_by": "Sở"}],
        "claims": [
            {"agency": a, "indicator": c, **NOTHING, **cells} for a, c, cells in CLAIMS
        ],
        **more,
    }  # fmt: skip
    for a, c, stage, who, cells in verdicts:
        steps[a, c] += 1
        verdict = {"agency": a, "indicator": c, "step": steps[a, c], "stage": stage, **NOTHING, **cells}
        tables.setdefault("verdicts", []).append(verdict | {"reason": "", "note": "", "decided_by": who})
    if appeals:
        tables["appeals"] = [
            {"agency": a, "indicator": c, "grounds": "Xem lại", "submitted_on": ""} for a, c in appeals
        ]
    index = {"title": {"vi": "Thử"}, "total": 50, "class": [{"name": {"vi": "Tốt"}, "cut": 0}]}
    write_folder(root, 2024, "demo", index, tables)
    return root


CUT = ("b", "2", "verify", "Tổ 1", {"a": "3"})
HEARD = [("b", "3", "verify", "Tổ 1", {"a": "0"}), ("b", "3", "appeal", "Hội đồng", {"a": "1"})]
