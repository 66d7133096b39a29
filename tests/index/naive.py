"""The referee: a second scorer of a data folder, plain and slow, written from the contract and not from `dxlib`.

It imports nothing of the product, so that a fault in one of the two shows as a difference. It works on tables of
text (`read` takes them from a folder) and knows fractions; a root or a logarithm is worked out to 150 digits. Such
values, and those in which one has a part, are settled (rounded to 30 decimals) right before they are compared,
classed or rounded; a node that no root reaches is never shortened. Points are settled as points.

Where the contract says nothing of a word or a cell:
- the state of a branch with a score is the first of claimed, verified, measured, missing, not-applicable that a row
  that counts has; without a score reopened, else not-verified where one is, not-applicable where all are, else missing;
- a node that is left out for an agency shows neither points nor a maximum; one that waits shows its maximum;
- in a list of one `of` is 1;
- figures filled in an appeal take the place of points that overrode the rule.

A row with `scope` is one of some lists alone: each agency is scored in the set that is left when the rows of other
lists are struck out (`own`); rules over the group look at those who have the row. The index is clamped for all.
"""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from fractions import Fraction
from functools import cache
from math import prod
from pathlib import Path

DIGITS = Context(prec=150, Emin=-999999, Emax=999999)
ZERO, ONE = Fraction(0), Fraction(1)
UNSCORED = ("none", "bonus", "penalty")
DIVIDES = (  # may take b
    "ratio", "growth", "target", "linear", "steps", "relative", "target_leader", "goalposts", "minmax", "zscore",
    "rank", "percentile",
)  # fmt: skip
TABLES = ("indicators", "agencies", "exemptions", "claims", "verdicts")
VALUE = ("claimed", "verified", "measured")
OPEN = ("reopened", "not-verified")
CELLS = ("a", "b", "option", "points")


class Refused(Exception):
    """A mean that takes no negative share was given one."""


@dataclass(frozen=True)
class Cell:
    """One row of the tidy table."""

    score: Fraction | None
    points: Fraction | None
    max_points: Fraction | None
    rank: int | None
    of: int | None
    band: int | None
    state: str


@dataclass(frozen=True)
class Node:
    """What one node is for one agency.

    share    of the own maximum; None without a score
    own      the maximum that is left for this agency
    kept     the part of the node's weight that is left
    covered  the part of the node's weight that has a value
    blocked  something below is not verified (any more), or missing where that leaves no score
    """

    share: Fraction | None
    own: Fraction
    kept: Fraction
    covered: Fraction
    blocked: bool
    state: str


def read(folder: Path) -> tuple[dict, dict]:
    """(index.toml, tables) of a year and group as they stand in its folder; numbers of index.toml stay exact."""
    index = tomllib.loads((folder / "index.toml").read_text("utf-8-sig"), parse_float=Fraction)
    tables = {}
    for name in TABLES:
        if (folder / f"{name}.csv").exists():
            with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
                tables[name] = list(csv.DictReader(file))
    return index, tables


# Numbers


def rounded(x: Fraction, decimals: int, half: str = "away") -> Fraction:
    whole, rest = divmod(abs(x.numerator) * 10**decimals, x.denominator)
    beyond = 2 * rest - x.denominator
    whole += beyond > 0 or (beyond == 0 and (half == "away" or whole % 2 == 1))
    return Fraction(-whole if x < 0 else whole, 10**decimals)


def decimal(x: Fraction) -> Decimal:
    return DIGITS.divide(Decimal(x.numerator), Decimal(x.denominator))


def ln(x: Fraction) -> Fraction:
    return Fraction(DIGITS.ln(decimal(x)))


def written(text: str, maximum: Fraction | None = None) -> Fraction:
    """A number of a rule: 0.5, 1/2, 50 %, or points of the row's maximum (15p)."""
    text = text.strip()
    if text.endswith("%"):
        return Fraction(text[:-1].strip()) / 100
    if text.endswith("p"):
        return Fraction(text[:-1].strip()) / (maximum or ONE)
    return Fraction(text)


def split(rule: str) -> tuple[str, list[str]]:
    name, _, inside = rule.strip().partition("(")
    return name.strip(), [arg.strip() for arg in inside.rstrip(") ").split(",") if arg.strip()]


def parts(rule: str, maximum: Fraction) -> tuple[list[tuple[str, Fraction]], Fraction]:
    """([(rule, its part of the maximum)], cap) of `best` and `sum`."""
    found, cap = [], ONE
    for part in rule.strip().partition("(")[2].rstrip()[:-1].split(";"):
        at = max(part.rfind(")"), 0)
        text, _, worth = part[at:].partition(":")
        if part.strip().startswith("cap"):
            cap = written(worth, maximum)
        else:
            found.append(((part[:at] + text).strip(), written(worth or "1", maximum)))
    return found, cap


def chooses(rule: str) -> bool:
    return split(rule)[0] in ("yes_no", "options", "parts")


# The rules


def share_by_rule(rule: str, direction: int, maximum: Fraction, x) -> Fraction:
    """The share of the maximum (bonus and penalty: signed points). x is a number, or the text of an option."""
    name, args = split(rule)
    if name == "growth":
        return min(max((x - 1) * direction / written(args[0]), ZERO), ONE)
    if name in ("best", "sum"):
        inside, cap = parts(rule, maximum)
        turned = [1 if chooses(part) else direction for part, _ in inside]
        taken = [x["option"] if chooses(part) else x["figure"] for part, _ in inside]
        shares = [
            worth * share_by_rule(part, turn, maximum * worth, said)
            for (part, worth), turn, said in zip(inside, turned, taken, strict=True)
        ]
        return max(shares) if name == "best" else min(sum(shares, ZERO), cap)
    pairs = [(arg.rpartition(":")[0].strip(), written(arg.rpartition(":")[2], maximum)) for arg in args if ":" in arg]
    if name == "points":
        return x / maximum
    if name == "yes_no":
        return {"yes": ONE, "no": ZERO}[x]
    if name == "options":
        return dict(pairs)[x]
    if name == "parts":
        met = set() if x == "none" else {part.strip() for part in x.split(";")}
        return min(sum((share for part, share in pairs if part in met), ZERO), ONE)
    if name == "ratio":
        return min(x, ONE) if direction == 1 else 1 - min(x, ONE)
    if name == "target":
        to, given = written(args[0]), dict(pairs)
        if x < given.get("least", ZERO):
            return ZERO
        start = given.get("from", ZERO)
        return min(max((x - start) / (to - start), ZERO), ONE)
    if name == "linear":
        points = [(written(at.lstrip("<>")), at[0] in "<>", share) for at, share in pairs]
        if on := [share for at, strict, share in points if at == x and not strict]:
            return max(on)
        below, above = [(at, s) for at, _, s in points if at < x], [(at, s) for at, _, s in points if at > x]
        if not below or not above:
            return below[-1][1] if below else above[0][1]
        (low, before), (high, after) = below[-1], above[0]
        return before + (after - before) * (x - low) / (high - low)
    if name == "steps":
        met = []
        for step, share in pairs:
            strict, at = step[0] in "<>", written(step.lstrip("<>"))
            ahead = (x - at) * direction
            if ahead > 0 or (ahead == 0 and not strict):
                met.append((at * direction, strict, share))
        return max(met)[2] if met else ZERO
    if name == "goalposts":
        lo, hi = written(args[0]), written(args[1])
        log = next((arg for arg in args[2:] if arg.startswith("log")), None)
        if log:
            plus = written(log.partition("+")[2] or "0")
            lo, hi, x = ln(lo + plus), ln(hi + plus), ln(x + plus)
        share = (x - lo) / (hi - lo)
        return share if "unclipped" in args else min(max(share, ZERO), ONE)
    each = written(args[0].rstrip("p"))
    cap = written(args[1].rstrip("p")) if len(args) > 1 else None
    if name == "deduct":
        return max(maximum - (x * each if cap is None else min(x * each, cap)), ZERO) / maximum
    if name == "count":
        return min(x * each, maximum if cap is None else min(cap, maximum)) / maximum
    points = x * each if cap is None else min(x * each, cap)
    return {"bonus": points, "penalty": -points}[name]


def shares_in_group(rule: str, direction: int, maximum: Fraction, values: list[Fraction]) -> list[Fraction] | None:
    """The shares of all agencies that have a value; None for a rule that looks at one agency alone."""
    (name, args), n = split(rule), len(values)
    if name == "relative":
        best = max(values) if direction == 1 else min(values)
        if best == 0:
            return [Fraction(direction == -1 and v == 0) for v in values]
        return [v / best if direction == 1 else best / v for v in values]
    if name == "target_leader":
        target, most = written(args[0]), max(values)
        half = written(args[1], maximum) if args[1:] else Fraction(1, 2)
        beyond = [max(v - target, ZERO) / (most - target) if most > target else ZERO for v in values]
        return [half * min(v / target, ONE) + (1 - half) * more for v, more in zip(values, beyond, strict=True)]
    if name == "minmax":
        lo, hi = (written(arg) for arg in args) if args else (ZERO, ONE)
        span, worst = max(values) - min(values), min(values) if direction == 1 else max(values)
        return [lo + (hi - lo) * (abs(v - worst) / span if span else 0) for v in values]
    if name == "zscore":
        mean = sum(values, ZERO) / n
        squares = sum(((v - mean) ** 2 for v in values), ZERO)
        if not squares:
            return [ZERO] * n
        sd = Fraction(DIGITS.sqrt(decimal(squares / (n - 1))))
        return [direction * (v - mean) / sd for v in values]
    if name in ("rank", "percentile"):
        places = [1 + sum((w - v) * direction < 0 for w in values) for v in values]
        if name == "percentile":
            return [Fraction(r, n) for r in places]
        return [Fraction(r - 1, n - 1) if n > 1 else ZERO for r in places]
    return None


class Referee:
    """Scores of one folder. `on`: verified, current, claimed; None as the contract says."""

    def __init__(self, index: dict, tables: dict[str, list[dict[str, str]]], on: str | None = None, whole=None):
        self.index, self.tables, self.whole = index, tables, whole or self
        self.on = on or ("verified" if "verdicts" in tables else "claimed")
        self.rows = {row["code"]: row for row in tables["indicators"]}
        self.agencies = {row["agency"]: row for row in tables["agencies"]}
        self.half, self.decimals = index.get("half", "away"), index.get("points_decimals", 2)
        self.every_level = index.get("rounding", "end") == "every-level"
        self.points_set = any(self.stated(c) for c in self.rows if self.kind(c) not in UNSCORED)
        if whole:
            self.points_set = whole.points_set
        self.scale = Fraction(index.get("total", 1))
        for name in "own kind children scored beside siblings full weight counting rooted by_code takes_b leaf node deciding ranked bands".split():
            setattr(self, name, cache(getattr(self, name)))  # each question is answered once

    # Who has which rows

    def has(self, agency: str, code: str) -> bool:
        mine = self.agencies[agency].get("scope") or ""
        named = [self.whole.get(c, "scope") for c in self.whole.path(code)]
        return all(mine in [one.strip() for one in lists.split(";")] for lists in named if lists)

    def own(self, agency: str) -> Referee:
        """The set without the rows that an agency does not have, nor the branches of which none is left."""
        if not any(row.get("scope") for row in self.tables["indicators"]):
            return self
        gone = {c for c in self.rows if not self.has(agency, c)}
        while empty := {c for c in self.rows if c not in gone and self.children(c) and gone >= {*self.children(c)}}:
            gone |= empty
        left = [row for row in self.tables["indicators"] if row["code"] not in gone]
        return Referee(self.index, self.tables | {"indicators": left}, self.on, self)

    def get(self, code: str, column: str) -> str:
        return self.rows[code].get(column) or ""

    def kind(self, code: str) -> str:
        """The name of the row's rule; "" for a branch and the index."""
        return split(self.get(code, "rule"))[0] if code else ""

    # The tree, as it is for everybody ("" is the index)

    def children(self, code: str) -> list[str]:
        return [c for c, row in self.rows.items() if row["parent"] == code]

    def aggregate(self, code: str) -> str:
        return (self.get(code, "aggregate") if code else self.index.get("aggregate")) or "arithmetic"

    def stated(self, code: str) -> Fraction | None:
        return Fraction(self.get(code, "max_points")) if self.get(code, "max_points") else None

    def path(self, code: str) -> list[str]:
        return [code, *self.path(self.rows[code]["parent"])] if code else []

    def scored(self, code: str) -> bool:
        """Not `none`, bonus or penalty, not of maximum 0 (or below one), and for a branch: something below is."""
        if any(self.stated(c) == 0 for c in self.path(code)):
            return False
        below = self.children(code)
        if below:
            return any(self.scored(c) for c in below) or bool(code and self.beside(code))
        return self.kind(code) not in UNSCORED

    def beside(self, code: str) -> list[str]:
        """Bonus and penalty rows that count in a `sum` branch ("": at the index): it is the nearest above them."""
        rows = [c for c in self.rows if self.kind(c) in ("bonus", "penalty")]
        return [c for c in rows if next((p for p in self.path(c) if self.aggregate(p) == "sum"), "") == code]

    def siblings(self, code: str) -> list[str]:
        """The children that are scored."""
        return [c for c in self.children(code) if self.scored(c)]

    def full(self, code: str) -> Fraction:
        """The maximum; without points everything is on the scale of `total`."""
        if not self.points_set:
            return self.scale
        if code and not self.children(code):
            return self.stated(code) or ZERO
        if code and self.aggregate(code) == "sum" and self.stated(code):
            return self.stated(code)
        below = [self.full(c) for c in self.siblings(code)]
        return max(below, default=ZERO) if self.aggregate(code) in ("best", "worst") else sum(below, ZERO)

    def weight(self, code: str) -> Fraction:
        parent = self.rows[code]["parent"]
        if parent and self.aggregate(parent) == "sum":
            return ZERO if self.get(code, "weight") == "0" else self.full(code)
        if any(self.get(c, "weight") for c in self.siblings(self.rows[code]["parent"])):
            return Fraction(self.get(code, "weight"))
        return self.full(code) if self.points_set else ONE

    def counting(self, code: str) -> list[str]:
        return [c for c in self.siblings(code) if self.weight(c) > 0]

    def rooted(self, code: str) -> bool:
        """Whether a root or a logarithm has a part in the shares of this node."""
        if code and not self.children(code):
            return self.kind(code) == "zscore" or any(
                arg.startswith("log") for arg in split(self.rows[code]["rule"])[1]
            )
        return self.aggregate(code) == "geometric" or any(self.rooted(c) for c in self.counting(code))

    # What was answered

    def reported(self, code: str) -> bool:
        source = self.get(code, "source")
        claimed = "verdicts" in self.tables or any(self.get(c, "source") == "reported" for c in self.rows)
        return source == "reported" or (not source and claimed)

    def answers(self, name: str, agency: str, code: str) -> list[dict[str, str]]:
        """The rows of claims or verdicts about one cell."""
        return [r for r in self.by_code(name).get(code, []) if r["agency"] == agency]

    def by_code(self, name: str) -> dict[str, list[dict[str, str]]]:
        rows = self.tables.get(name, [])
        return {code: [row for row in rows if row["indicator"] == code] for code in {r["indicator"] for r in rows}}

    def cells(self, agency: str, code: str) -> tuple[dict[str, str] | None, bool]:
        """(a, b, option, points of the claim, `override`: points of a verdict) as they stand in the end, None without
        any answer; and whether a verdict decided. A verdict stands on the claim that it judged."""
        claim = self.claim(agency, code)
        steps = self.answers("verdicts", agency, code) if self.on != "claimed" else []
        stands = claim
        for step in sorted(steps, key=lambda row: int(row["step"])):
            below = stands if step["stage"] == "appeal" else self.judged(step) or claim
            figures = {c: step[c] for c in ("a", "b", "option") if step.get(c)}
            stands = below | figures | ({"override": ""} if figures and self.kind(code) != "points" else {})
            stands |= {"override": step["points"]} if step.get("points") else {}
        return (stands if steps or any(claim.values()) else None), bool(steps)

    def claim(self, agency: str, code: str) -> dict[str, str]:
        rows = self.answers("claims", agency, code)
        return {c: (rows[0].get(c) or "" if rows else "") for c in CELLS} | {"override": ""}

    def judged(self, step: dict[str, str]) -> dict[str, str] | None:
        """The claim that a verdict judged; None where that is not recorded."""
        if not step.get("judged_evidence"):
            return None
        return {c: step.get(f"judged_{c}") or "" for c in CELLS} | {"override": ""}

    def reopened(self, agency: str, code: str) -> bool:
        """Whether the claim is another now than the last verdict judged (the agency's own sum is no claim)."""
        steps = self.answers("verdicts", agency, code)
        then = self.judged(max(steps, key=lambda row: int(row["step"]))) if steps else None
        now, read = self.claim(agency, code), CELLS if self.kind(code) == "points" else CELLS[:-1]
        return then is not None and any(then[c] != now[c] for c in read)

    def inside(self, code: str) -> list[str]:
        """The rules of a row: those within `best` or `sum`, else its own."""
        rule = self.rows[code]["rule"]
        return [part for part, _ in parts(rule, ONE)[0]] if self.kind(code) in ("best", "sum") else [rule]

    def takes_b(self, code: str) -> bool:
        kinds = [split(part)[0] for part in self.inside(code) if not chooses(part)]
        named = not {"ratio", "growth"}.isdisjoint(kinds) or self.get(code, "b_vi") or self.get(code, "b_en")
        given = any(row.get("b") for name in ("claims", "verdicts") for row in self.by_code(name).get(code, []))
        return bool(kinds) and all(kind in DIVIDES for kind in kinds) and bool(named or given)

    def value(self, code: str, cells: dict[str, str]):
        """What the rule takes: a number, an option, None where nothing usable is; for 0/0 its policy, as a tuple."""
        if self.kind(code) in ("yes_no", "options", "parts"):
            return cells["option"] or None
        if self.kind(code) == "points":
            return Fraction(cells["override"] or cells["points"]) if cells["override"] or cells["points"] else None
        if self.kind(code) in ("best", "sum") and any(map(chooses, self.inside(code))) and not cells["option"]:
            return None
        if not cells["a"] or (self.takes_b(code) and not cells["b"]):
            return None
        a, b = Fraction(cells["a"]), Fraction(cells["b"]) if self.takes_b(code) else ONE
        if self.kind(code) == "growth" and not b:  # what a first year earns, as the rule says
            first = split(self.rows[code]["rule"])[1][1].partition(":")[2].strip()
            return ("exempt",) if first == "exempt" else (written(first, self.full(code)),)
        if not b:
            return (self.index["zero_over_zero"],)
        return {"figure": a / b, "option": cells["option"]} if self.kind(code) in ("best", "sum") else a / b

    def answered(self, agency: str, code: str):
        """(state, value for the rule, share where it is known without the rule); a bonus or penalty has points."""
        cells, judged = self.cells(agency, code)
        if any(
            row["agency"] == agency and row["indicator"] in self.path(code) for row in self.tables.get("exemptions", [])
        ):
            return "not-applicable", None, None
        if cells is None:
            return "missing", None, None
        if self.reported(code) and self.on == "verified" and not judged:
            return "not-verified", None, None
        if self.reported(code) and self.on == "verified" and self.reopened(agency, code):
            return "reopened", None, None
        state = ("verified" if judged else "claimed") if self.reported(code) else "measured"
        if cells["override"] and self.kind(code) != "points":
            points, maximum = Fraction(cells["override"]), self.full(code) or self.scale
            return state, None, {"bonus": points, "penalty": -points}.get(self.kind(code), points / maximum)
        x = self.value(code, cells)
        if isinstance(x, tuple):  # 0/0
            share = x[0] if isinstance(x[0], Fraction) else Fraction(x == ("full",))
            return ("not-applicable", None, None) if x[0] == "exempt" else (state, None, share)
        return ("missing" if x is None else state), x, None

    def leaf(self, code: str) -> dict[str, tuple[Fraction | None, str]]:
        """agency -> (share, state) before the policies; a bonus or penalty row has signed points."""
        if self.whole is not self:
            return self.whole.leaf(code)
        rule, direction, maximum = self.rows[code]["rule"], int(self.get(code, "direction") or 1), self.full(code)
        if self.kind(code) == "none" or (self.kind(code) not in UNSCORED and not self.scored(code)):
            return dict.fromkeys(self.agencies, (None, "not-scored"))
        given = {agency: self.answered(agency, code) for agency in self.agencies if self.has(agency, code)}
        values = {agency: x for agency, (_, x, _) in given.items() if x is not None}
        shares = shares_in_group(rule, direction, maximum, list(values.values())) if values else []
        if shares is None:
            shares = [share_by_rule(rule, direction, maximum, x) for x in values.values()]
        by_rule = dict(zip(values, shares, strict=True))
        return {agency: (by_rule.get(agency, share), state) for agency, (state, _, share) in given.items()}

    # Up the tree, for one agency

    def node(self, agency: str, code: str) -> Node:
        if self.whole is self and self.own(agency) is not self:
            return self.own(agency).node(agency, code)
        found = self.branch(agency, code) if self.children(code) else self.row(agency, code)
        if self.every_level and found.share is not None:
            found = replace(found, share=self.points(code, found.share * found.own) / found.own)
        return found if code else self.with_bonus(agency, found)

    def points(self, code: str, exact: Fraction) -> Fraction:
        """Points as they are printed."""
        return rounded(rounded(exact, 30) if self.rooted(code) else exact, self.decimals, self.half)

    def row(self, agency: str, code: str) -> Node:
        """A row behind its gates: one that does not apply asks nothing of them, a closed one earns nothing at all."""
        found = self.ungated(agency, code)
        if not self.scored(code) or found.state == "not-applicable":
            return found
        gates = [self.gate(agency, self.get(above, "gate")) for above in self.path(code) if self.get(above, "gate")]
        if "closed" in [of for of, _ in gates]:
            return Node(ZERO, self.full(code), ONE, ONE, False, "gate-closed")
        waiting = [state for of, state in gates if of == "waits"]
        if waiting:
            state = next((s for s in OPEN if s in (found.state, *waiting)), waiting[0])
            state = found.state if found.state in OPEN else state
            return Node(None, self.full(code), ONE, ZERO, True, state)
        return found

    def gate(self, agency: str, text: str) -> tuple[str, str]:
        """(open, closed or waits; the state of the row that is named): `2.1`, `2.1>=50%` or `2.1>1/2`."""
        code, sign, least = text, ">", ZERO
        for mark in (">=", ">"):
            if mark in text:
                code, sign, least = text.split(mark)[0].strip(), mark, written(text.split(mark)[1])
                break
        if code not in self.rows:  # a row of other lists asks nothing
            return "open", "not-applicable"
        node = self.node(agency, code)
        if node.state == "not-applicable":
            return "open", node.state
        if node.blocked:
            return "waits", node.state
        met = node.share is not None and (node.share > least if sign == ">" else node.share >= least)
        return "open" if met and node.state != "missing" else "closed", node.state

    def ungated(self, agency: str, code: str) -> Node:
        share, state = self.leaf(code)[agency]
        if not self.scored(code):
            return Node(None, ZERO, ZERO, ZERO, False, state)
        policy = {
            "not-applicable": self.index.get("not_applicable", "exclude"),
            "missing": self.index.get("missing", "zero"),
            **dict.fromkeys(OPEN, "not-ranked"),
        }.get(state, "")
        if policy == "exclude":
            return Node(None, ZERO, ZERO, ZERO, False, state)
        share = {"zero": ZERO, "full": ONE}.get(policy, share)
        return Node(share, self.full(code), ONE, Fraction(state in VALUE), policy in ("not-ranked", "error"), state)

    def branch(self, agency: str, code: str) -> Node:
        shown = [self.node(agency, c) for c in self.siblings(code)]
        if code and self.aggregate(code) == "sum":
            return self.added(agency, code) if shown else self.only_beside(agency, code)
        if not shown:
            return Node(None, ZERO, ZERO, ZERO, False, "not-scored")
        how = self.aggregate(code)
        below = [(self.weight(c), self.full(c), self.node(agency, c)) for c in self.counting(code)]
        whole = sum(w for w, _, _ in below)
        if how in ("best", "worst"):
            own = max(n.own for n in shown)
            sizes = [(n.own, full) if self.points_set else (n.kept, ONE) for _, full, n in below]
            kept = max(left for left, _ in sizes) / max(full for _, full in sizes)
            covered = max(n.covered for _, _, n in below)
        else:
            own = sum((n.own for n in shown), ZERO)
            kept = sum((w * n.kept for w, _, n in below), ZERO) / whole
            covered = sum((w * n.covered for w, _, n in below), ZERO) / whole
        own = own if self.points_set else self.scale
        blocked = any(n.blocked for _, _, n in below)
        parts = [(w * n.kept, n.share, n.own) for w, _, n in below if n.share is not None and n.kept]
        share = None if blocked or not parts else self.combine(how, parts, own)
        if share is not None and self.rooted(code):
            share = Fraction(decimal(share))  # 150 digits are kept of what has no end
        states = [n.state for _, _, n in below]
        if share is not None:
            state = next(s for s in (*VALUE, "gate-closed", "missing", "not-applicable") if s in states)
        else:
            alone = "not-applicable" if set(states) == {"not-applicable"} else "missing"
            state = next((s for s in OPEN if s in states), alone)
        return Node(share, own, kept, covered, blocked, state)

    def added(self, agency: str, code: str) -> Node:
        """A `sum` branch with scored rows: points, from nothing up to the maximum."""
        below = [(self.full(c), self.node(agency, c)) for c in self.counting(code)]
        every = [(self.full(c), self.node(agency, c)) for c in self.siblings(code)]
        cap, stays = self.full(code), sum((n.own for _, n in below), ZERO)
        by_bonus = max(cap - sum((full for full, _ in every), ZERO), ZERO)
        room = sum((n.own for _, n in every), ZERO)
        given = [self.leaf(c)[agency] for c in self.beside(code)] if stays else []
        own = min(cap, room + by_bonus) if stays else min(cap, room)
        whole = min(cap, sum((full for full, _ in below), ZERO) + by_bonus)
        kept = min(cap, stays + by_bonus) / whole if stays else ZERO
        covered = sum((full * n.covered for full, n in below), ZERO) / sum(full for full, _ in below)
        waiting = [state for _, state in given if state in OPEN]
        blocked = any(n.blocked for _, n in below) or bool(waiting)
        with_share = [n for _, n in below if n.share is not None and n.own]
        share = None
        if with_share and not blocked:
            points = sum((n.share * n.own for n in with_share), ZERO)
            points *= room / sum((n.own for n in with_share), ZERO)  # the others' maxima are carried
            share = self.within(points, given, own)
        states = [*waiting, *(n.state for _, n in below)]
        return Node(share, own, kept, covered, blocked, self.word(states, share))

    def only_beside(self, agency: str, code: str) -> Node:
        """A `sum` branch of bonus and penalty rows alone."""
        given, cap = [self.leaf(c)[agency] for c in self.beside(code)], self.full(code)
        if not given:
            return Node(None, ZERO, ZERO, ZERO, False, "not-scored")
        states = [state for _, state in given]
        policy = self.index.get("not_applicable", "exclude") if set(states) == {"not-applicable"} else ""
        blocked = any(state in OPEN for state in states)
        share = None if blocked else self.within(ZERO, given, cap)
        share = {"exclude": None, "within-parent": None, "full": ONE, "zero": ZERO}.get(policy, share)
        word = self.word(states, share)
        if policy == "exclude":
            return Node(None, ZERO, ZERO, ZERO, False, word)
        return Node(share, cap, ONE, Fraction(word in VALUE), blocked, word)

    def within(self, points: Fraction, given: list[tuple[Fraction | None, str]], own: Fraction) -> Fraction:
        """Points with bonus and penalty, from nothing up to what is left of the maximum, as a share of that."""
        extra = [x for x, _ in given if x is not None]
        extra = [rounded(x, self.decimals, self.half) for x in extra] if self.every_level else extra
        return min(max(points + sum(extra, ZERO), ZERO), own) / own

    def word(self, states: list[str], share: Fraction | None) -> str:
        if share is not None:
            return next(s for s in (*VALUE, "gate-closed", "missing", "not-applicable") if s in states)
        alone = "not-applicable" if set(states) == {"not-applicable"} else "missing"
        return next((s for s in OPEN if s in states), alone)

    def combine(self, how: str, parts: list[tuple[Fraction, Fraction, Fraction]], own: Fraction) -> Fraction:
        """The share of a branch from (weight that is left, share, own maximum) of the children that have one."""
        shares, whole = [s for _, s, _ in parts], sum(w for w, _, _ in parts)
        if how in ("geometric", "harmonic", "product", "complement") and min(shares) < 0:
            raise Refused(how)
        if how == "best":
            return max(s * most for _, s, most in parts) / own if self.points_set else max(shares)
        if how == "worst":
            return min(shares)
        if how == "product":
            return prod(shares)
        if how == "geometric":
            logs = sum(w * ln(s) for w, s, _ in parts) if all(shares) else ZERO
            return Fraction(DIGITS.exp(decimal(logs / whole))) if all(shares) else ZERO
        if how == "harmonic":
            return whole / sum(w / s for w, s, _ in parts) if all(shares) else ZERO
        mean = sum(w * s for w, s, _ in parts) / whole
        return 1 - mean if how == "complement" else mean

    def with_bonus(self, agency: str, index: Node) -> Node:
        """Bonus and penalty points on the index, clamped once."""
        rows = self.whole.beside("")
        given = [self.leaf(c)[agency] for c in rows if self.has(agency, c)]
        if waiting := {state for _, state in given if state in OPEN}:
            state = next(s for s in OPEN if s in waiting | {index.state})
            return replace(index, share=None, blocked=True, state=state)
        if not rows or index.share is None:
            return index
        extra = [points for points, _ in given if points is not None]
        extra = [rounded(points, self.decimals, self.half) for points in extra] if self.every_level else extra
        share = min(max(index.share + sum(extra, ZERO) / index.own, ZERO), ONE)
        return replace(index, share=share)

    # The table

    def deciding(self, agency: str, code: str) -> Fraction | None:
        """The share that ranks and classes compare."""
        node = self.node(agency, code)
        if node.share is None or self.index.get("rank_on", "exact") == "exact":
            return rounded(node.share, 30) if node.share is not None and self.rooted(code) else node.share
        return self.points(code, node.share * node.own) / node.own

    def ranked(self, agency: str, code: str) -> bool:
        enough = self.node(agency, "").covered >= Fraction(self.index.get("min_coverage", 0))
        return self.agencies[agency].get("ranked") != "no" and enough and self.node(agency, code).share is not None

    def place(self, agency: str, code: str) -> tuple[int | None, int | None]:
        if not self.ranked(agency, code):
            return None, None
        scope = self.agencies[agency].get("scope")
        mine = [a for a, row in self.agencies.items() if row.get("scope") == scope]
        mine = [a for a in mine if code in ("", *self.own(a).rows) and self.ranked(a, code)]
        better = sum(self.deciding(a, code) > self.deciding(agency, code) for a in mine)
        return (better + 1 if len(mine) > 1 else None), len(mine)

    def band(self, share: Fraction | None) -> int | None:
        bands = self.index.get("class", [])
        if share is None or not bands:
            return None
        for i, band in enumerate(bands, start=1):
            # how far inside: from the cut up, or within a distance of 1
            near = "within" in band
            inside = Fraction(band["within"]) - abs(share - 1) if near else share - Fraction(band.get("cut", 0))
            if inside > 0 or (inside == 0 and band.get("includes_cut", True)):
                return i
        return len(bands)

    def place_of(self, name: str) -> int:
        return next(i for i, band in enumerate(self.index["class"], start=1) if name in band["name"].values())

    def meets(self, agency: str, condition: dict, code: str) -> bool:
        """Whether an agency meets a condition by one row; what nobody said meets none."""
        if code not in self.own(agency).rows:  # a row of other lists
            return False
        if condition.get("of") == "share":
            x = self.deciding(agency, code)
        else:
            rows = self.tables.get("exemptions", [])
            exempt = any(row["agency"] == agency and row["indicator"] in self.path(code) for row in rows)
            cells = None if exempt else self.cells(agency, code)[0]
            if cells is None:
                return False
            if "option" in condition:
                said = {part.strip() for part in cells["option"].split(";")}
                return bool(said & {part.strip() for part in condition["option"].split(";")})
            if self.kind(code) == "none":
                over = Fraction(cells["b"]) if cells["b"] else ONE
                x = Fraction(cells["a"]) / over if cells["a"] and over else None
            else:
                x = self.value(code, cells)
        if x is None or isinstance(x, tuple):
            return False
        tests = {"at_least": x.__ge__, "above": x.__gt__, "at_most": x.__le__, "below": x.__lt__}
        return all(tests[key](Fraction(condition[key])) for key in tests if key in condition)

    def bands(self) -> dict[str, int | None]:
        """The class of everybody: by the cut, the conditions, the quotas from the highest class down."""
        found = {a: self.band(self.deciding(a, "")) for a in self.agencies}
        for condition in self.index.get("condition", []):
            for a, place in found.items():
                if place and any(self.meets(a, condition, code.strip()) for code in condition["row"].split(";")):
                    found[a] = max(place, self.place_of(condition["highest"]))
        for i, band in enumerate(self.index.get("class", []), start=1):
            for scope in {row.get("scope") for row in self.agencies.values()} if "quota" in band else ():
                mine = [a for a, row in self.agencies.items() if row.get("scope") == scope and self.ranked(a, "")]
                least = self.place_of(band["quota_of"]) if "quota_of" in band else len(self.index["class"])
                room = int(Fraction(band["quota"]) * sum(found[a] <= least for a in mine))
                for a in self.pressed_out([a for a in mine if found[a] == i], band, room):
                    found[a] = i + 1
        return found

    def pressed_out(self, inside: list[str], band: dict, room: int) -> list[str]:
        """Those of a class that its quota has no room for."""
        stay: list[str] = []
        for equal in self.in_order(inside, ""):
            left = room - len(stay)
            if left <= 0:
                break
            if len(equal) <= left or band.get("quota_ties") == "in":
                stay += equal
                continue
            for same in self.in_order(equal, band["quota_row"]) if band.get("quota_ties") == "row" else ():
                if len(same) > room - len(stay):
                    break
                stay += same
            break
        return [a for a in inside if a not in stay]

    def in_order(self, agencies: list[str], code: str) -> list[list[str]]:
        """Groups of equal shares of a node, the best first; who has none is last."""
        shares = {a: self.deciding(a, code) for a in agencies}
        order = sorted({s for s in shares.values() if s is not None}, reverse=True)
        groups = [[a for a in agencies if shares[a] == s] for s in (*order, None)]
        return [group for group in groups if group]

    def cell(self, agency: str, code: str) -> Cell:
        node = self.node(agency, code)
        if self.kind(code) in ("bonus", "penalty"):
            given = self.leaf(code)[agency][0]
            points = None if given is None else rounded(given, self.decimals, self.half)
            return Cell(None, points, None, None, None, None, node.state)
        share, exact = node.share, None if node.share is None else node.share * node.own
        shown = share is not None or (node.blocked and node.own > 0)
        return Cell(
            None if share is None else rounded(rounded(share, 30) if self.rooted(code) else share, 12, self.half),
            None if exact is None else self.points(code, exact),
            node.own if shown else None,
            *self.place(agency, code),
            None if code else self.bands()[agency],
            node.state,
        )

    def table(self) -> dict[tuple[str, str], Cell]:
        """(agency, node) -> cell, for the index and every row."""
        return {(a, c or "index"): self.cell(a, c) for a in self.agencies for c in ["", *self.own(a).rows]}
