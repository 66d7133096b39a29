"""Links proposed for links.csv, with the reasons: a person confirms them. The same code is no reason at all."""

from __future__ import annotations

from difflib import SequenceMatcher

import pandas as pd

from ..case import Case
from ..case.framework import Node
from ..case.links import difference, ratio
from ..case.tables import folded
from ..languages import in_each
from ..rules import shown

COLUMNS = ["code", "from_year", "from_group", "from_code", "kind", "factor", "x_likeness", "x_reason"]
ALIKE = 0.75  # names less alike than this are not proposed


def propose_links(before: Case, after: Case) -> pd.DataFrame:
    """For every row of the later set, the row of the earlier one whose name is most like it.

    Returns the columns of links.csv (kind same, rescaled or redefined by rules and maximum points), then x_likeness (0
    to 1, of the names) and x_reason (name-equal or name-alike; rule-equal, rule-differs or branch; maximum-equal or
    maximum-differs; ambiguous where two rows are as like). Each earlier row is proposed at most once, the likest first;
    a row that is like none is left out (a new row needs no link).
    """
    old, new = names(before), names(after)
    pairs = []
    for code, name in new.items():
        for from_code, other in old.items():
            a, b = after.framework.nodes[code], before.framework.nodes[from_code]
            if bool(a.children) == bool(b.children) and a.role == b.role:
                likeness = 1.0 if name == other else alike(name, other)
                if likeness >= ALIKE:
                    pairs.append((likeness, difference(a, b, "rescaled") == "", a.level == b.level, code, from_code))
    pairs.sort(key=lambda pair: (-round(pair[0], 6), not pair[1], not pair[2]))
    found: dict[str, tuple] = {}
    taken: set[str] = set()
    for likeness, *_, code, from_code in pairs:
        if code not in found and from_code not in taken:
            twins = sum(p[0] == likeness and (p[3] == code or p[4] == from_code) for p in pairs) > 1
            found[code] = link(before, after, code, from_code, likeness, twins)
            taken.add(from_code)
    return pd.DataFrame([found[code] for code in new if code in found], columns=COLUMNS)


def names(case: Case) -> dict[str, str]:
    """code -> folded name of every row."""
    rows = case.tables["indicators"].to_dict("records")
    return {row["code"]: folded(next(filter(None, (row[key] for key in (*in_each("name"), "code"))))) for row in rows}


def alike(a: str, b: str) -> float:
    """How like two texts are, 0 to 1 (Ratcliff and Metzener 1988, Gestalt pattern matching); 0 where a cheap upper
    bound says that it is not enough."""
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    return matcher.ratio() if min(matcher.real_quick_ratio(), matcher.quick_ratio()) >= ALIKE else 0.0


def link(before: Case, after: Case, code: str, from_code: str, likeness: float, twins: bool) -> tuple:
    """One proposed row with its reasons."""
    new, old = after.framework.nodes[code], before.framework.nodes[from_code]
    differs = difference(new, old, "same")
    kind = {"": "same", "link_maximum": "rescaled"}.get(differs, "redefined")
    factor = ratio(new, old) if kind == "rescaled" else None
    reasons = [
        "name-equal" if likeness == 1 else "name-alike",
        rule_reason(new, old),
        "maximum-equal" if new.maximum == old.maximum else "maximum-differs",
        *(["ambiguous"] if twins else []),
    ]
    written = shown(round(factor, 6)) if factor is not None else ""
    return code, before.year, before.group, from_code, kind, written, f"{likeness:.2f}", "; ".join(reasons)


def rule_reason(new: Node, old: Node) -> str:
    if new.children:
        return "branch"
    return "rule-equal" if new.rule.shape == old.rule.shape else "rule-differs"
