"""Figures of one agency that must agree, and the relations that say so."""

from __future__ import annotations

import re
from random import Random

from .claim_and_truth import Rows, parts_of, restated
from .sets import Row, index_set, table

WITHIN = (("gv_end", "gv_online"), ("se_full", "se_level"))  # the first counts a part of the second


def nested(rows: Rows) -> Rows:
    """A part never above its whole, neither as claimed nor in truth: the larger figure goes to the whole."""
    found = dict(rows)
    for part, whole in WITHIN:
        if part not in rows or whole not in rows:
            continue
        inner, outer = rows[part], rows[whole]
        said = sorted((int(inner.claim["a"]), int(outer.claim["a"])))
        real = sorted((int(inner.real["a"]), int(outer.real["a"])))
        b = outer.claim["b"]
        for one, a, true in zip((inner, outer), said, real, strict=True):
            if (str(a), str(true)) != (one.claim["a"], one.real["a"]):
                found[one.row["key"]] = restated(one, {"a": str(a), "b": b}, parts_of(true, b))
    return found


def informed(rows: Rows, counted: dict[str, int], rng: Random) -> Rows:
    """General information agrees with the rows below: the staff, the spending, a population above its adults.

    counted   the agency's denominators
    """
    larger = 1.28 + 0.1 * rng.random()
    known = {"nf_staff": rows["hr_basic"].claim["b"] if "hr_basic" in rows else ""}
    if "in_spend" in rows:
        known["nf_spend"] = rows["in_spend"].real["a"]
    if "adults" in counted:
        known["nf_pop"] = str(round(counted["adults"] * larger))
    return {**rows, **{key: restated(rows[key], {"a": a}) for key, a in known.items() if key in rows and a}}


def relations(group: str, year: str) -> list[Row]:
    """relations.csv of a set: those of the catalogue whose rows all stand in it, with codes in place of keys."""
    codes = {row["key"]: row["code"] for row in index_set(group, year)}
    found = []
    for row in table("relations"):
        keys = re.findall(r"\((\w+)\)", row["left"] + row["right"])
        if group in row["groups"].split(";") and all(key in codes for key in keys):
            found.append({**row, "left": coded(row["left"], codes), "right": coded(row["right"], codes)})
    return found


def coded(side: str, codes: dict[str, str]) -> str:
    """`a(gv_end)` -> `a(6.3)`."""
    return re.sub(r"\((\w+)\)", lambda key: f"({codes[key[1]]})", side)
