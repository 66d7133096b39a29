"""Whole random folders of the data contract, aimed at what is hard: `random_folder(seed)` makes one, `smallest` makes a
failing one readable.

Points are multiples of half of the last printed place, so that sums are exact halves; totals do not divide; cuts and
`min_coverage` are put on an agency's own figure, and one answer is moved until some node stands on a half or a cut.
Every folder passes the door; one in fifty may give a mean a negative share, which is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from random import Random

from dxlib.case import Case, read_case
from dxlib.rules import SHAPES
from tests.backtest.contract_folder import write_folder
from tests.index.naive import DIVIDES, UNSCORED, Referee, Refused, chooses, parts, rounded, split
from tests.known.folders import GROUP, YEAR, square

NAMES = ("an", "binh", "chau", "dung", "em", "giang")
MEANS = ("geometric", "harmonic", "product", "complement")  # take no negative share
TOTALS = (60, 750, 85, 7, 640, 100, 1000, "12.5")
LEAST = Fraction(1, 1000)  # nobody writes smaller cuts
WEIGHTS = ("0", "1", "2", "3", "0.25", "0.4", "1/3", "2/7")
TURNS = ("ratio", "growth", "steps", "relative", "minmax", "zscore", "rank", "percentile")
TARGETS = ("80%", "3", "1/3", "4, from: 1", "80%, from: 1/3", "3, least: 2.5", "80%, least: 50%")
SEVERAL = (
    "best(target(80%); steps(1:1/4, >3:1/2))", "best(ratio: 2/3; target(9))", "sum(ratio: 1/2; linear(1:0, 5:1): 0.25)",
    "sum(yes_no: 1/2; count({p}))", "sum(count({p}): 1/3; options(all:{q}p, low:0.1, none:0); cap: 0.75)",
    "best(options(all:1, third:1/3, none:0): 3/4; target(4, least: 1); goalposts(2, 9): 0.9)", "sum(ratio: {q}p; yes_no: 1/3)",
)  # fmt: skip
LEADERS = ("target_leader(1/3)", "target_leader(4)", "target_leader(50%, 0.3)", "target_leader(9, 2/3)")
LINES = ("linear(1:0, 5:1)", "linear(1/3:0.2, 2.5:1/4, 2.5:0.5, 4:0.5, 8:1)", "linear(0:0, 1:1/3, >1:1/2, 3:2/3)")
LESS = (
    "linear(0:1, 1:0.5, 3:1/3, 3:0, 8:0)", "linear(<1:1, 1:1/2, 5:1/4)",
    "steps(5:1/4, <3:0.5, 1:1)", "steps(2.5:0.1, 0:1/3, <0:50%)",
)  # fmt: skip  # of direction -1
SIGNED = ("steps", "linear", "goalposts", "minmax", "zscore", "rank", "percentile")


AIMED = "points yes_no ratio target linear options parts count steps best sum target_leader relative goalposts minmax zscore rank percentile".split()
ADDED = [shape for name, shape in SHAPES.items() if shape.role == "score" and name not in AIMED]  # by their examples


@dataclass(frozen=True)
class Folder:
    """index.toml and the tables, as they are written."""

    index: dict[str, object]
    tables: dict[str, list[dict[str, str]]]

    @property
    def bases(self) -> tuple[str | None, ...]:
        """What the score can stand on; None is what it stands on unless told otherwise."""
        if "verdicts" in self.tables:
            return None, "current", "claimed"
        claimed = any(row.get("source") == "reported" for row in self.tables["indicators"])
        return (None, "verified") if claimed else (None,)

    def write(self, root: Path) -> Path:
        for old in root.rglob("*.csv"):
            old.unlink()
        return write_folder(root, YEAR, GROUP, self.index, {name: square(rows) for name, rows in self.tables.items()})

    def case(self, root: Path) -> Case:
        """Written and read through the front door."""
        self.write(root)
        return read_case(root, YEAR, GROUP)

    def referee(self, on: str | None = None) -> Referee:
        return Referee(self.index, self.tables, on)

    def __str__(self) -> str:
        lines = [f"{key} = {value}" for key, value in self.index.items() if key != "title"]
        for name, rows in self.tables.items():
            lines += [f"{name}.csv", *(f"  {', '.join(f'{c}={x}' for c, x in r.items() if x != '')}" for r in rows)]
        return "\n".join(lines)


def random_folder(seed: int) -> Folder:
    maker = Maker(seed)
    return maker.aimed(Folder(maker.index, maker.tables()))


def text(x: Fraction) -> str:
    """A number as data has it: a decimal where it ends, else p/q."""
    return f"{Decimal(x.numerator) / x.denominator:f}" if ends(x) else str(x)


def ends(x: Fraction) -> bool:
    """Whether x has at most 12 decimals."""
    return (x * 10**12).denominator == 1


class Maker:
    """One folder in the making."""

    def __init__(self, seed: int):
        r, self.s = Random(seed), Random(-1 - seed)
        self.r = r
        self.later = Random(seed + 10**9)  # conditions and quotas came later: what the seeds made before stays
        self.index = index = {"title": {"vi": "Ví dụ"}, "points_decimals": r.choice((0, 1, 2, 2, 2, 3, 4))}
        self.grain = Fraction(1, 2 * 10 ** index["points_decimals"])
        self.with_points = r.random() < 0.75
        self.total = Fraction(r.choice(TOTALS) if self.with_points else r.choice((1, 100)))
        choices = {
            "half": ("away", "even"),
            "rounding": ("end", "end", "every-level"),
            "rank_on": ("exact", "published"),
            "not_applicable": ("exclude", "within-parent", "full", "zero"),
            "missing": ("zero", "exclude", "within-parent", "not-ranked", "error"),
            "zero_over_zero": ("error", "exempt", "full", "zero"),
        }
        index |= {key: r.choice(values) for key, values in choices.items() if r.random() < 0.8}
        if r.random() < 0.5:
            index["aggregate"] = self.aggregate()
        if self.total != 1 or r.random() < 0.5:
            index["total"] = Decimal(text(self.total))
        self.reported = r.random() < 0.7
        self.rows: list[dict[str, str]] = []
        self.negative = r.random() < 0.02
        self.grow("", self.total, r.randint(1, 4), index.get("aggregate") in MEANS)
        if self.reported:
            next((row for row in self.rows if "source" in row), self.rows[-1])["source"] = "reported"
        self.gates(Random(-1 - seed))  # its own, so that folders without a gate are what they were before

    def aggregate(self) -> str:
        return self.r.choice(("arithmetic", "arithmetic", "best", "worst", *MEANS))

    # The tree

    def grow(self, parent: str, most: Fraction, depth: int, plain: bool) -> None:
        """The rows below one; plain: their shares must stay in [0, 1]."""
        r, mine = self.r, []
        how = next((row["aggregate"] for row in self.rows if row["code"] == parent), self.index.get("aggregate"))
        maxima = self.divided(most, r.randint(1, 4), how in ("best", "worst"))
        for i, own in enumerate(maxima, start=1):
            code = f"{parent}.{i}" if parent else str(i)
            row = {"code": code, "parent": parent, "rule": "", "aggregate": "", "max_points": ""}
            mine.append(row)
            self.rows.append(row)
            if depth > 1 and r.random() < 0.6:
                row["aggregate"] = r.choice(("", self.aggregate()))
                row["max_points"] = text(own) if self.with_points and r.random() < 0.5 else ""
                if self.with_points and self.s.random() < 0.3:
                    self.sum(row, own, depth)
                    continue
                self.grow(code, own, depth - 1, plain or row["aggregate"] in MEANS)
            else:
                row |= self.leaf(own, plain)
        if r.random() < 0.4:
            for row in mine:
                row["weight"] = r.choice(WEIGHTS)
            if all(row["weight"] == "0" for row in mine):
                mine[0]["weight"] = "1"
        if r.random() < 0.25:
            self.unscored(parent, f"{parent}.9" if parent else "9", mine[0].get("weight", ""))
        if r.random() < (0.1 if parent else 0.4):
            each, cap = r.choice(("0.125", "1", "2.5", text(self.total))), r.choice(("", ", 2", ", 0.375"))
            code = f"{parent}.8" if parent else "8"
            self.rows.append({"code": code, "parent": parent, "rule": f"{r.choice(('bonus', 'penalty'))}({each}{cap})"})

    def sum(self, row: dict[str, str], own: Fraction, depth: int) -> None:
        """A branch that adds points: its rows can give its maximum, or more, or less beside a bonus; or it has a bonus
        and penalties alone."""
        kind, code = self.s.choice(("all", "capped", "capped", "filled", "alone")), row["code"]
        row |= {"aggregate": "sum", "max_points": row["max_points"] if kind == "all" else text(own)}
        if kind != "alone":
            times = {"all": 1, "filled": Fraction(1, 2)}.get(kind, self.s.choice((Fraction(5, 4), 2)))
            self.grow(code, own * times, depth - 1, False)
        extra = {"filled": ["bonus(1)"], "alone": ["bonus(0.5)", "penalty(1, 2)"]}
        rules = extra.get(kind, self.s.choice(([], [], ["penalty(0.25)"], ["bonus(0.5, 2)"])))
        self.rows += [{"code": f"{code}.x{i}", "parent": code, "rule": rule} for i, rule in enumerate(rules)]

    def unscored(self, parent: str, code: str, weight: str) -> None:
        """A row that is collected and shown, or a branch of such rows, or one of maximum 0."""
        how, zero = (
            self.r.choice(("", "best", "worst", "arithmetic", "geometric")),
            {"rule": "yes_no", "max_points": "0"},
        )
        row = {"code": code, "parent": parent, "weight": weight, "aggregate": how}
        below = [{"rule": "none"}, *([zero] if self.with_points else [])]
        kind = self.r.choice(("row", "branch", "silent"))
        if kind == "row":
            self.rows.append(row | {"aggregate": ""} | self.r.choice(below))
            return
        silent = kind == "silent" and self.with_points
        self.rows.append(row | {"rule": "", "max_points": "0" if silent else ""})
        below = [{"rule": "yes_no", "max_points": "3"}] if silent else below
        self.rows += [{"code": f"{code}.{i}", "parent": code} | cells for i, cells in enumerate(below, start=1)]

    def gates(self, r: Random) -> None:
        """Rows that count only where an earlier one is met: none is touched by a complement or has endless shares."""
        rows = {row["code"]: row for row in self.rows}

        def line(code: str) -> list[str]:
            return [code, *line(rows[code]["parent"])] if code else []

        def below(code: str) -> list[str]:
            return [c for c in rows if code in line(c)]

        def fits(code: str) -> bool:
            around = [rows[c] for c in {*line(code), *below(code)}]
            rules = [row.get("rule", "") for row in around]
            bad = any(split(rule)[0] in (*UNSCORED, "zscore") or "unclipped" in rule for rule in rules)
            how = [row.get("aggregate", "") for row in around] + [self.index.get("aggregate", "")]
            return not bad and "complement" not in how and "0" not in [row.get("max_points") for row in around]

        if r.random() < 0.6:
            return
        codes = [code for code in rows if fits(code)]
        for _ in range(r.randint(1, 4)):
            pairs = [
                (of, code) for k, code in enumerate(codes) for of in codes[:k] if of not in line(code)
            ]  # a row before another in reading order, and what is below it too: no circles
            if pairs:
                of, code = r.choice(pairs)
                rows[code]["gate"] = of + r.choice(("", "", ">=50%", ">=1/3", " > 0.25", ">=1"))

    def divided(self, most: Fraction, n: int, alternatives: bool) -> list[Fraction]:
        """Maxima of n rows: parts of `most`, or (alternatives) each at most that and one of them that."""
        unit = next(u for u in (Fraction(5), Fraction(1), *(Fraction(1, 2**k) for k in range(1, 14)))
                    if most / u >= 2 * n and (most / u).denominator == 1)  # fmt: skip
        units = int(most / unit)
        if alternatives:
            parts = [units, *(self.r.randint(1, units) for _ in range(n - 1))]
            self.r.shuffle(parts)
        else:
            cuts = [0, *sorted(self.r.sample(range(1, units), n - 1)), units]
            parts = [b - a for a, b in pairwise(cuts)]
        return [unit * part for part in parts]

    def some(self, most: Fraction) -> Fraction:
        """Points up to a maximum: often a half of the last place, often none or all."""
        return self.r.choice(
            (Fraction(0), most, *(self.grain * self.r.randint(0, int(most / self.grain)) for _ in range(5)))
        )

    def leaf(self, most: Fraction, plain: bool) -> dict[str, str]:
        r = self.r
        scale = most if self.with_points else self.total
        unclipped = ", unclipped" if r.random() < (0.3 if not plain else 0.3 * self.negative) else ""
        rules = [
            *("points", "points", "points", "yes_no", "ratio", f"target({r.choice(TARGETS)})"),
            f"options(all:1, quarter:1/4, third:1/3, some:{text(self.some(scale))}p, low:0.02, none:0)",
            "parts(p:0.3, q:1/3, r:1/2)",
            f"count({text(max(self.some(scale), self.grain))}{r.choice(('', ', ' + text(scale / 2), ', 5000'))})",
            r.choice(("steps(1:1/4, >3:0.5, 5:1)", "steps(0:0.1, >0:1/3, 2.5:50%)")),
            f"growth({r.choice(('10%', '1/3', '150%'))}, first: {r.choice(('1/2', '0', 'exempt'))})",
            *(r.choice(LINES), r.choice(LESS)),
            r.choice(SEVERAL).format(p=text(max(self.some(scale), self.grain)), q=text(self.some(scale) or scale)),
            *("relative", r.choice(LEADERS), f"goalposts({r.choice(('0, 7', '5, -1', '2, 3'))}{unclipped})"),
            f"goalposts({r.choice(('1, 8', '9, 2'))}, log{r.choice(('', '+1', '+0.5'))}{unclipped})",
            *(r.choice(("minmax", "minmax(0.2, 0.9)", "minmax(1/3, 1)")), "rank", "percentile"),
            *(() if plain else ("zscore",)),
            *(text for shape in ADDED if not (plain and shape.negative) for text in shape.examples or (shape.name,)),
        ]
        rule = r.choice(rules)
        name = split(rule)[0]
        turned = rule in LESS or (name in TURNS and name not in ("steps", "linear") and r.random() < 0.4)
        row = {"rule": rule, "max_points": text(most) if self.with_points else "", "direction": "-1" if turned else ""}
        row["source"] = r.choice(
            ("reported", "reported", "", "measured", "expert") if self.reported else ("", "measured")
        )
        divides = name in DIVIDES or (name in ("best", "sum") and "count" not in rule)
        row["x_b"] = "yes" if "ratio" in rule or name == "growth" or (divides and r.random() < 0.25) else ""
        return row | {"b_vi": "mẫu số" if row["x_b"] and r.random() < 0.5 else ""}

    # The answers

    def answer(self, row: dict[str, str]) -> dict[str, str]:
        r, (name, args) = self.r, split(row["rule"])
        if name in ("best", "sum"):
            inside = parts(row["rule"], Fraction(1))[0]
            cells = self.answer({"rule": "count(1)" if "count" in row["rule"] else "target(1)"} | {"x_b": row["x_b"]})
            chosen = [self.answer({"rule": part}) for part, _ in inside if chooses(part)]
            return {cell: x for said in (cells, *chosen) for cell, x in said.items()}
        if name == "points":
            return {"points": self.any_points(row)}
        if name in ("yes_no", "options"):
            return {"option": r.choice(["yes", "no"] if name == "yes_no" else [arg.split(":")[0] for arg in args])}
        if name == "parts":
            return {"option": r.choice(("p", "q", "r;p", "p;q;r", "none", "q; r", "p;p"))}
        if SHAPES[name].whole:
            return {"a": str(r.randint(0, 6))}
        positive = any(arg.startswith("log") for arg in args)
        if name == "growth":
            return {"a": str(r.randint(0, 9)), "b": r.choice(("0", "3", "4", "5", "8"))}
        if row.get("x_b"):
            if r.random() < 0.15 and self.index.get("zero_over_zero", "error") != "error":
                return {"a": "0", "b": "0"}
            return {"a": str(r.randint(int(positive), 9)), "b": str(r.randint(1, 9))}
        value = r.choice(("1", "2", "3", "4", "5", "2.5", "8", "9", "0.125", *(() if positive else ("0", "0"))))
        return {"a": "-" + value if name in SIGNED and not positive and value != "0" and r.random() < 0.2 else value}

    def tables(self) -> dict[str, list[dict[str, str]]]:
        r, parents = self.r, {row["parent"] for row in self.rows}
        agencies = [
            {"agency": a, "ranked": r.choice(("", "yes", "", "", "no")), "scope": ""} for a in NAMES[: r.randint(2, 6)]
        ]
        if r.random() < 0.3:
            agencies = [row | {"scope": r.choice("aab")} for row in agencies]
        leaves = [row for row in self.rows if row["code"] not in parents]
        gap = 0.0 if self.index.get("missing") == "error" else r.choice((0.0, 0.1, 0.3))
        exempt = [
            {"agency": of["agency"], "indicator": row["code"], "reason": "–"}
            for of in agencies for row in self.rows if r.random() < r.choice((0.0, 0.0, 0.05, 0.2))
        ]  # fmt: skip
        claims: dict[tuple[str, str], dict[str, str]] = {}
        for i, agency in enumerate(of["agency"] for of in agencies):
            twin = NAMES[r.randrange(i)] if i and r.random() < 0.3 else ""
            for row in leaves:
                cells = claims.get((twin, row["code"])) if r.random() < 0.9 else None
                claims[agency, row["code"]] = cells or self.answer(row)
        for agency, code in list(claims):
            if r.random() < gap and (self.reported or agency != NAMES[0]):
                cells = claims[agency, code]
                claims[agency, code] = {"a": cells["a"]} if "b" in cells and r.random() < 0.3 else {}
        self.of_some_lists({of["scope"] for of in agencies}, agencies[0]["scope"])
        scopes = {of["agency"]: of["scope"] for of in agencies}
        lists = {row["code"]: row.get("scope", "") for row in self.rows}
        above = {row["code"]: row["parent"] for row in self.rows}

        def has(agency: str, code: str) -> bool:
            return not code or (
                scopes[agency] in (lists[code] or scopes[agency]).split("; ") and has(agency, above[code])
            )

        claims = {(a, c): x for (a, c), x in claims.items() if has(a, c)}
        below = {row["code"]: [leaf["code"] for leaf in leaves if f"{leaf['code']}.".startswith(f"{row['code']}.")]
                 for row in self.rows}  # fmt: skip
        exempt = [x for x in exempt if any(has(x["agency"], leaf) for leaf in below[x["indicator"]])]
        out = {"indicators": self.rows, "agencies": agencies}
        out["claims"] = [{"agency": a, "indicator": c} | x for (a, c), x in claims.items() if x or r.random() < 0.3]
        if exempt and (self.reported or all(row["agency"] != NAMES[0] for row in exempt)):
            out["exemptions"] = exempt
        if self.reported and r.random() < 0.7:
            nothing = dict.fromkeys(("agency", "indicator", "step", "stage"), "")
            out["verdicts"] = list(self.verdicts({row["code"]: row for row in leaves}, claims)) or [nothing]
        return out

    def of_some_lists(self, scopes: set[str], first: str) -> None:
        """Some rows and branches are those of one list, or two, alone; every branch keeps a row that counts for each."""
        r = self.r
        if len(scopes) < 2 or r.random() < 0.3:
            return
        stated = {row["code"]: row.get("max_points", "") for row in self.rows}
        parents = {row["parent"] for row in self.rows}
        for row in self.rows:
            if row["code"] in parents and row.get("max_points") != "0" and row.get("aggregate") != "sum":
                row["max_points"] = ""  # lists have different sums
        total = self.index.pop("total", None) if self.with_points else None
        some = r.sample(self.rows, min(len(self.rows), r.randint(1, 3)))
        for row in some:
            names = sorted(scopes) if r.random() < 0.2 else [first if not self.reported else r.choice(sorted(scopes))]
            row["scope"] = "; ".join(names)
            agencies = [{"agency": scope, "scope": scope} for scope in sorted(scopes)]
            second = Referee(self.index, {"indicators": self.rows, "agencies": agencies})
            for own in map(second.own, sorted(scopes)):
                branches = [c for c in ("", *own.rows) if own.siblings(c)]
                outside = [c for c in own.rows if not {*own.get(c, "scope").split("; ")} - {""} <= {*scopes}]
                if outside or not own.siblings("") or not all(own.counting(c) for c in branches):
                    row["scope"] = ""
            wide = [c for c in second.path(row["code"])[1:] if second.get(c, "scope") not in ("", row["scope"])]
            narrow = [c for c in second.rows if row["code"] in second.path(c)[1:] and second.get(c, "scope")]
            added = any(second.get(c, "aggregate") == "sum" for c in second.path(row["code"])[1:])  # refused there
            if added or wide or any(second.get(c, "scope") != row["scope"] for c in narrow):
                row["scope"] = ""
        if not any(row.get("scope") for row in self.rows):
            for row in self.rows:
                row["max_points"] = stated[row["code"]]
            self.index |= {"total": total} if total is not None else {}

    def verdicts(self, leaves: dict[str, dict], claims: dict) -> Iterator[dict[str, str]]:
        """One to three steps per cell; some say what they judged, which may be another claim than there is now."""
        r = self.r
        done, records = r.choice((1.0, 1.0, 0.95, 0.6, 0.0)), r.choice((0.0, 0.0, 0.3, 1.0))
        for (agency, code), claim in claims.items():
            row = leaves[code]
            reported = row.get("source") in ("", "reported")
            if r.random() > done or (not reported and r.random() < 0.8):
                continue
            judged, record = claim, {}
            if reported and r.random() < records:
                judged = self.answer(row) if r.random() < 0.1 else claim
                record = {f"judged_{c}": x for c, x in judged.items()} | {"judged_evidence": "-"}
            before = judged
            for step in range(1, r.choice((1, 1, 2, 3)) + 1):
                stage = "verify" if step == 1 else r.choice(("verify", "appeal", "appeal"))
                who = {"decided_by": "Tổ" if stage == "verify" else "Hội đồng", "reason": "other"}
                before = before if stage == "appeal" else judged  # an appeal goes on from what stands
                cells = self.decided(row, before)
                before = before | cells
                said = {"step": str(step), "stage": stage} | cells | who | record
                judged = judged | {"b": "0"} if cells.get("b") == "0" else judged  # no later step fills in a alone
                yield {"agency": agency, "indicator": code} | said

    def most(self, row: dict[str, str]) -> Fraction:
        name, args = split(row["rule"])
        cap = args[1] if name in ("bonus", "penalty") and len(args) > 1 else ""
        return Fraction(cap or row.get("max_points") or self.total)

    def any_points(self, row: dict[str, str]) -> str:
        limitless = row["rule"] == "zscore" or "unclipped" in row["rule"]
        return text(self.some(self.most(row)) * (self.r.choice((1, -1, 2)) if limitless else 1))

    def decided(self, row: dict[str, str], claim: dict[str, str]) -> dict[str, str]:
        """What one step says: nothing (accepted), another answer or a part of it, or points."""
        if self.r.random() < 0.4 or row["rule"] == "none":
            return {}
        if self.r.random() < 0.3 and row.get("max_points") != "0":
            return {"points": self.any_points(row)}
        cells = self.answer(row)
        part = self.r.choice(("a", "b")) if "b" in cells and cells["b"] != "0" and claim.get("b", "0") != "0" else ""
        return {part: cells[part]} if part and self.r.random() < 0.5 else cells

    # The aim

    def aimed(self, folder: Folder) -> Folder:
        """One answer moved, then `min_coverage` and the cuts put on what agencies have."""
        r, index = self.r, dict(folder.index)
        try:
            folder = self.on_a_half(folder)
            second = folder.referee()
            who = r.sample(list(second.agencies), 2)
            shares = [s for a in who if (s := second.deciding(a, "")) is not None]
            if r.random() < 0.4:
                covered = second.node(who[0], "").covered
                index["min_coverage"] = Decimal(text(rounded(covered, 12 if covered > LEAST else 0)))
        except Refused:
            return folder
        if r.random() < 0.8:
            given = {rounded(x, r.choice((2, 8, 12))) for x in (*shares, Fraction("0.9"), Fraction("0.5"))}
            key, edges = "cut", sorted((x for x in given if LEAST < x < 1 - LEAST), reverse=True)
            if r.random() < 0.3:
                key, edges = "within", [1 - x for x in edges]
            bands = [{key: Decimal(text(x)), "includes_cut": r.random() < 0.6} for x in edges]
            bands.append({"cut": 0} if key == "cut" else {})
            index["class"] = [{"name": {"vi": f"Loại {i}"}} | band for i, band in enumerate(bands, start=1)]
            if len(bands) > 1 and self.later.random() < 0.6:
                index |= self.standing(second, bands, key)
        return replace(folder, index=index)

    def standing(self, second: Referee, bands: list[dict], key: str) -> dict[str, object]:
        """Conditions, on figures that agencies have, and quotas."""
        r, names = self.later, [f"Loại {i}" for i in range(1, len(bands) + 1)]
        bands = [{"name": {"vi": name}} | band for name, band in zip(names, bands, strict=True)]
        for i, band in enumerate(bands[:-1] if key == "cut" else []):
            if r.random() < 0.6:
                band["quota"] = Decimal(r.choice(("0.2", "0.25", "0.34", "0.5", "0.6", "0.75", "1")))
                band |= r.choice(({}, {"quota_of": r.choice(names[i:])}))
                rows = [code for code in second.rows if second.scored(code)]
                band |= r.choice(
                    (
                        {},
                        {"quota_ties": "out"},
                        {"quota_ties": "in"},
                        {"quota_ties": "row", "quota_row": r.choice(rows)},
                    )
                )
        found = [c for _ in range(r.randint(0, 3)) for c in self.condition(second, names[1:])]
        return {"class": bands} | ({"condition": found} if found else {})

    def condition(self, second: Referee, names: list[str]) -> list[dict[str, object]]:
        r, code, agency = self.later, self.later.choice(list(second.rows)), self.later.choice(list(second.agencies))
        made = {"name": {"vi": "Điều kiện"}, "row": code, "highest": r.choice(names)}
        kind, high = second.kind(code), None
        if code not in second.own(agency).rows:  # a row of other lists
            return []
        if kind in ("yes_no", "options", "parts"):
            chosen = {"yes_no": "yes no", "options": "all quarter none", "parts": "p q"}[kind].split()
            return [made | {"option": r.choice((chosen[0], "; ".join(chosen[:2])))}]
        if second.scored(code) and (not kind or r.random() < 0.5):
            made["of"], x = "share", second.deciding(agency, code)
            high = 1 if kind else None
        elif kind:
            cells = second.cells(agency, code)[0] or dict.fromkeys(("a", "b", "option", "points", "override"), "")
            x = (
                Fraction(cells["a"])
                if kind == "none" and cells["a"]
                else None
                if kind == "none"
                else second.value(code, cells)
            )
            high = second.full(code) or second.scale if kind == "points" else None
        else:
            return []
        if x is None or isinstance(x, tuple | dict):
            return []
        x = rounded(x, r.choice((2, 8, 12)))
        if x <= 0 or (high is not None and x >= high):
            return []
        return [made | {r.choice(("at_least", "above", "at_most", "below")): Decimal(text(x))}]

    def on_a_half(self, folder: Folder) -> Folder:
        """Points of one claim moved until a node above stands on a half of the last place, or on another's points."""
        r, claims = self.r, folder.tables["claims"]
        rules = {row["code"]: row for row in self.rows}
        movable = [
            i for i, row in enumerate(claims) if row.get("points") and rules[row["indicator"]]["rule"] == "points"
        ]
        if not movable or self.index.get("rounding") == "every-level" or r.random() < 0.4:
            return folder
        i = r.choice(movable)
        agency, most, x = claims[i]["agency"], self.most(rules[claims[i]["indicator"]]), Fraction(claims[i]["points"])
        node = r.choice(["", *folder.referee().path(claims[i]["indicator"])])

        def moved(points: Fraction) -> Folder:
            rows = [*claims[:i], claims[i] | {"points": text(points)}, *claims[i + 1 :]]
            return replace(folder, tables=folder.tables | {"claims": rows})

        def points(of: Folder, who: str) -> Fraction:
            second = of.referee()
            if not second.has(who, node):
                return Fraction(0)
            found = second.node(who, node)
            return (found.share or Fraction(0)) * found.own

        aside = Fraction(0) if x else most
        here = points(folder, agency)
        slope = (points(moved(aside), agency) - here) / (aside - x)
        other = points(folder, r.choice(folder.tables["agencies"])["agency"])
        unit = 2 * self.grain
        for there in (other, *(((here / unit) // 1 + Fraction(2 * k + 1, 2)) * unit for k in (0, -1, 1, 2, 7))):
            to = x + (there - here) / slope if slope else x
            if to != x and 0 <= to <= most and ends(to) and (there != other or r.random() < 0.5):
                return moved(to)
        return folder


def smallest(folder: Folder, fails: Callable[[Folder], bool]) -> Folder:
    """The same failure with as little as possible: whatever is not needed for it goes, from the large to the small."""
    tried = 0
    while True:
        for at, less in enumerate(smaller(folder)):
            if at >= tried and fails(less):
                folder, tried = less, at  # what was tried before is needed; once more at the end
                break
        else:
            if not tried:
                return folder
            tried = 0


def smaller(folder: Folder) -> Iterator[Folder]:
    """Folders with one thing less: a table, an agency, a branch, a level, a key of index.toml, a row, a cell."""
    tables = folder.tables

    def kept(keeps: Callable[[dict[str, str]], bool]) -> Folder:
        return replace(folder, tables={name: [row for row in rows if keeps(row)] for name, rows in tables.items()})

    for name in list(tables)[2:]:
        yield replace(folder, tables={n: rows for n, rows in tables.items() if n != name})
    for gone in [row["agency"] for row in tables["agencies"]]:
        yield kept(lambda row, gone=gone: row.get("agency") != gone)
    for row in tables["indicators"]:
        code, parent = row["code"], row["parent"]
        yield kept(lambda row, code=code: not f"{row.get('indicator', row.get('code', ''))}.".startswith(f"{code}."))
        lifted = [r | {"parent": parent} if r["parent"] == code else r for r in tables["indicators"] if r is not row]
        yield replace(folder, tables=tables | {"indicators": lifted})
    for key, value in folder.index.items():
        if key != "title":
            yield replace(folder, index={k: v for k, v in folder.index.items() if k != key})
        for i in range(len(value) - 1 if isinstance(value, list) else 0):
            yield replace(folder, index=folder.index | {key: value[:i] + value[i + 1 :]})
    for name, rows in tables.items():
        for i, row in enumerate(rows):
            yield replace(folder, tables=tables | {name: rows[:i] + rows[i + 1 :]})
            for column in [c for c, cell in row.items() if cell and c not in ("code", "agency", "indicator")]:
                yield replace(folder, tables=tables | {name: [*rows[:i], row | {column: ""}, *rows[i + 1 :]]})
