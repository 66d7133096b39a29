"""A second scoring of the same tables, as naive as it can be: the referee of the real one.

Nested dictionaries and fractions only; arithmetic means; rows answered in points.
"""

from __future__ import annotations

from fractions import Fraction


def below(rows, parent):
    return [row for row in rows if row["parent"] == parent]


def size(rows, row):
    """The maximum of a row: its own, or that of the rows below it together."""
    children = below(rows, row["code"])
    return sum(size(rows, child) for child in children) if children else Fraction(row["max_points"])


def weight(rows, row):
    return Fraction(row["weight"]) if row.get("weight", "") != "" else size(rows, row)


def node(rows, row, answers, exempt, index):
    """(share or None, part of the weight that stays, own maximum) of one row for one agency."""
    children = below(rows, row["code"])
    if children:
        return branch(rows, children, answers, exempt, index)
    whole = Fraction(row["max_points"])
    gap = "not_applicable" if row["code"] in exempt else "missing"
    if row["code"] in answers and gap == "missing":
        return Fraction(str(answers[row["code"]])) / whole, Fraction(1), whole
    policy = index[gap]
    if policy == "exclude":
        return None, Fraction(0), Fraction(0)
    return {"zero": Fraction(0), "full": Fraction(1), "within-parent": None}[policy], Fraction(1), whole


def branch(rows, children, answers, exempt, index):
    parts = [(weight(rows, child), *node(rows, child, answers, exempt, index)) for child in children]
    above = sum(w * present * share for w, share, present, _ in parts if share is not None)
    counted = sum(w * present for w, share, present, _ in parts if share is not None)
    stays = sum(w * present for w, _, present, _ in parts) / sum(w for w, *_ in parts)
    return (above / counted if counted else None), stays, sum(own for *_, own in parts)


def scores(rows, table, exempt, index):
    """agency -> (share or None, own maximum) of the index."""
    found = {a: branch(rows, below(rows, ""), given, exempt.get(a, set()), index) for a, given in table.items()}
    return {agency: (share, own) for agency, (share, _, own) in found.items()}


def ranks(shares):
    """agency -> rank: one more than those that are better; None without a score or in a list of one."""
    known = [s for s in shares.values() if s is not None]
    return {a: None if s is None or len(known) < 2 else 1 + sum(t > s for t in known) for a, s in shares.items()}
