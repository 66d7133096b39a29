"""From the rows up: a block of columns per branch, its children beside each other, the index as the last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from ...case.framework import CHOICES, SUM, Node
from ...index import INDEX
from ...index.exact import Column, branch
from ...index.rounding import rounded
from ...index.values import OPEN
from ...rules import quoted
from ..book import Cell, Sheet
from .inputs import adds, aggregate, by_points, children, place
from .plan import FIRST as LINES
from .plan import LETTERS, Plan, figure_style, shown, top
from .points import MAXIMUM, POINTS, SHARE, STATE

TITLE, SECTION, CODE, WEIGHT, FIRST = LINES - 2, LINES - 1, LINES, LINES + 1, LINES + 2
START = 1  # after the column of the agency
AGENCY, WIDTH = 26, 8.5
ACROSS = 197  # characters on a printed page


@dataclass(frozen=True)
class Block:
    """The columns of one branch.

    sections   kind -> first column; the children stand in their order
               points and room: of a branch whose points are the sum (or the most) of those below it
               share and weight: of any other mean; room: own maxima, where there are points; term: what is multiplied
               or added; extra: bonus and penalty points that count in a `sum` branch
    results    kind -> column: sum, share, room, points, present
    """

    code: str
    aggregate: str
    counting: tuple[Node, ...]
    idle: tuple[Node, ...]
    extras: tuple[Node, ...]
    sections: dict[str, int]
    results: dict[str, int]

    def children(self, section: str) -> tuple[Node, ...]:
        if section == "extra":
            return self.extras
        return (*self.counting, *self.idle) if section == "room" else self.counting

    @property
    def end(self) -> int:
        return max(self.results.values()) + 1

    def span(self, section: str, line: int, among: int | None = None) -> str:
        """The children's cells of a section on one line (1-based)."""
        first = self.sections[section]
        last = first + (len(self.children(section)) if among is None else among) - 1
        mark = "$" if line <= FIRST else ""
        return f"{LETTERS[first]}{mark}{line}:{LETTERS[last]}{mark}{line}"

    def result(self, kind: str, line: int) -> str:
        return f"{LETTERS[self.results[kind]]}{line}"


def blocks(plan: Plan) -> dict[str, Block]:
    """The blocks in their order, the index last."""
    found: dict[str, Block] = {}
    column = START
    for code in plan.branches:
        below = children(plan, code)
        counting, idle = (tuple(c for c in below if bool(c.weight) is counts) for counts in (True, False))
        extras = tuple(plan.extras(code)) if aggregate(plan, code) == SUM else ()
        kinds = sections_of(plan, code)
        sections = {}
        for kind in kinds:
            sections[kind] = column
            column += len(extras) if kind == "extra" else len(counting) + (len(idle) if kind == "room" else 0)
        results = {}
        for kind in results_of(plan, code, kinds):
            results[kind] = column
            column += 1
        found[code] = Block(code, aggregate(plan, code), counting, idle, extras, sections, results)
    return found


def share_cells(plan: Plan) -> Callable[[str, int], str]:
    """Where the share of a branch stands for an agency, as another sheet names it."""
    laid = blocks(plan)
    return lambda code, i: f"'{plan.sheet('branches')}'!{laid[code].result('share', FIRST + i + 1)}"


def sections_of(plan: Plan, code: str) -> tuple[str, ...]:
    how, points = aggregate(plan, code), plan.case.framework.has_points
    if how == SUM:
        return (*(("points", "room") if children(plan, code) else ()), *(("extra",) if plan.extras(code) else ()))
    if is_sum(plan, code) or (how == "best" and points):
        return ("points", "room")
    term = ("term",) if how in ("geometric", "harmonic", "product") else ()
    return ("share", "weight", *(("room",) if points else ()), *term)


def results_of(plan: Plan, code: str, sections: tuple[str, ...]) -> tuple[str, ...]:
    first = ("sum",) if "weight" in sections and aggregate(plan, code) not in CHOICES else ()
    raw = ("raw",) if plan.every_level and not is_sum(plan, code) and aggregate(plan, code) != SUM else ()
    return (*first, *raw, "room", "points", "share", *(("present",) if code != INDEX else ()))


def is_sum(plan: Plan, code: str) -> bool:
    """Whether the points of a branch are those of its children together, whatever does not apply."""
    settings = plan.case.settings
    carried = "within-parent" in (settings.not_applicable, settings.missing)
    plain = aggregate(plan, code) == "arithmetic" and by_points(plan, code) and not carried
    return plain and all(faithful(plan, child) for child in children(plan, code))


def faithful(plan: Plan, node: Node) -> bool:
    """Whether the part of a node's weight that stays is always the part of its maximum that stays."""
    if not node.children:
        return True
    below = children(plan, node.code)
    if node.aggregate == SUM:
        return all(c.weight for c in below)
    even = all(c.weight for c in below) if node.aggregate in CHOICES else by_points(plan, node.code)
    return even and all(faithful(plan, child) for child in below)


def branches_sheet(plan: Plan) -> Sheet:
    """All blocks, an agency per line."""
    laid = blocks(plan)
    cells = top(plan, "branches")
    merged: list[tuple[int, int, int]] = []
    cells |= {(line, 0): Cell("", "head") for line in range(TITLE, FIRST)}
    cells[WEIGHT, 0] = Cell(plan.say("head.agency"), "head")
    for i, (_, called) in enumerate(plan.agencies):
        cells[FIRST + i, 0] = Cell(called, "cut")
    for block in laid.values():
        put_heads(plan, block, cells, merged)
        worked = Capped(plan, laid, block) if block.aggregate == SUM else Tower(plan, laid, block)
        for i in range(len(plan.agencies)):
            cells |= {(FIRST + i, column): cell for column, cell in worked.line(i).items()}
    return Sheet(
        plan.sheet("branches"),
        cells,
        (AGENCY, *([WIDTH] * (laid[INDEX].end - START))),
        {CODE: 18, WEIGHT: 44, SECTION: 18},
        merged=merged,
        repeated=(TITLE, FIRST, START),
        header=" · ".join(part for part in (plan.sheet("branches"), plan.title, plan.marks) if part),
        protected=False,
        pages=printed(list(laid.values())),
    )


def printed(laid: Sequence[Block]) -> list[int]:
    """The columns at which a page begins: a branch is kept together, else its sections are."""
    most = int((ACROSS - AGENCY) / WIDTH)
    breaks: list[int] = []
    begun = START
    for block in laid:
        start = min(block.sections.values())
        parts = [*block.sections.values(), min(block.results.values()), block.end]
        pieces = [(start, block.end)] if block.end - start <= most else list(pairwise(parts))
        for first, end in pieces:
            if end - begun > most and first > begun:
                breaks.append(first)
                begun = first
    return breaks


def put_heads(plan: Plan, block: Block, cells: dict[tuple[int, int], Cell], merged: list[tuple[int, int, int]]) -> None:
    """The branch, its sections, and over every child its code and what it weighs."""
    start, results = min(block.sections.values()), min(block.results.values())
    called = plan.names[block.code] if block.code == INDEX else f"{block.code}. {plan.names[block.code]}"
    cells |= {(TITLE, column): Cell("", "branch") for column in range(start, block.end)}
    how = "sum" if is_sum(plan, block.code) else adds(plan, block.code)
    cells[TITLE, start] = Cell(f"{called} – {plan.say(f'adds.{how}')}", "branch")
    merged.append((TITLE, start, block.end - 1))
    for section, first in block.sections.items():
        nodes = block.children(section)
        cells |= {(SECTION, first + k): Cell("", "head") for k in range(len(nodes))}
        cells[SECTION, first] = Cell(plan.say(f"section.{section}"), "head")
        if len(nodes) > 1:
            merged.append((SECTION, first, first + len(nodes) - 1))
        for k, node in enumerate(nodes):
            cells[CODE, first + k] = Cell(node.code, "head")
            cells[WEIGHT, first + k] = header_number(plan, node, section)
    cells |= {(SECTION, column): Cell("", "head") for column in range(results, block.end)}
    cells[SECTION, results] = Cell(plan.say("section.result"), "head")
    if block.end - results > 1:
        merged.append((SECTION, results, block.end - 1))
    for kind, column in block.results.items():
        cells[CODE, column] = Cell("", "head")
        cells[WEIGHT, column] = Cell(plan.say(f"head.{kind}"), "head")


def header_number(plan: Plan, node: Node, section: str) -> Cell:
    """The weight of a child, or its maximum points; bonus and penalty have neither."""
    if section == "extra":
        return Cell("", "head")
    value = node.weight if section in ("weight", "term", "share") else node.maximum
    column = "weight" if section in ("weight", "term", "share") else "max"
    whole = Fraction(value or plan.case.framework.total)
    return Cell(shown(whole), "head", place(plan, node.code, column))


class Tower:
    """One branch worked out from its children."""

    def __init__(self, plan: Plan, laid: dict[str, Block], block: Block):
        self.plan, self.laid, self.block = plan, laid, block
        self.framework, self.settings = plan.case.framework, plan.case.settings
        self.columns = plan.exact.columns
        self.column = without_extra(plan) if block.code == INDEX else self.columns[block.code]
        self.raw = again(plan, block.code, "end").shares if "raw" in block.results else self.column.shares
        self.sums = is_sum(plan, block.code) or block.aggregate == SUM
        self.no_score = plan.words["no_score"]

    def line(self, i: int) -> dict[int, Cell]:
        """The cells of one agency."""
        n = FIRST + i + 1
        cells: dict[int, Cell] = {}
        kinds: dict[str, Callable[[Node, int, int], Cell]] = {
            "points": self.points_of,
            "share": self.share_of,
            "room": self.own_maximum_of,
            "weight": self.weight_of,
            "term": self.term_of,
            "extra": self.extra_of,
        }
        for section, first in self.block.sections.items():
            for k, node in enumerate(self.block.children(section)):
                cells[first + k] = kinds[section](node, i, n)
        results: dict[str, Callable[[int, int], Cell]] = {
            "sum": self.weights,
            "raw": self.mean,
            "room": self.own_maximum,
            "points": self.points,
            "share": self.share if self.sums or self.plan.every_level else self.mean,
            "present": self.present,
        }
        return cells | {column: results[kind](i, n) for kind, column in self.block.results.items()}

    def below(self, node: Node, kind: int, i: int) -> str:
        """A figure of a child: of a row on the sheet of points, of a branch in its block."""
        if not node.children:
            return f"'{self.plan.sheet('points')}'!{LETTERS[kind]}{self.plan.row_lines[node.code] + i + 1}"
        name = {SHARE: "share", MAXIMUM: "room", POINTS: "points"}[kind]
        return self.laid[node.code].result(name, FIRST + i + 1)

    def worth(self, column: Column, i: int, value: Fraction | None) -> float | int | str | None:
        return self.no_score if column.blocked[i] else shown(value)

    def points_of(self, node: Node, i: int, n: int) -> Cell:
        column = self.columns[node.code]
        share = column.shares[i]
        points = None if share is None else share * column.own_maxima[i]
        return Cell(self.worth(column, i, points), "part_points", self.below(node, POINTS, i))

    def share_of(self, node: Node, i: int, n: int) -> Cell:
        column, formula = self.columns[node.code], self.below(node, SHARE, i)
        if self.plan.every_level and not node.children:
            points, own_maximum = self.below(node, POINTS, i), self.below(node, MAXIMUM, i)
            formula = f"IF(ISNUMBER({points}),IF({own_maximum}=0,{formula},{points}/{own_maximum}),{points})"
        return Cell(self.worth(column, i, column.shares[i]), "part_share", formula)

    def own_maximum_of(self, node: Node, i: int, n: int) -> Cell:
        own_maximum = self.columns[node.code].own_maxima[i]
        return Cell(shown(own_maximum), figure_style(own_maximum), self.below(node, MAXIMUM, i))

    def weight_of(self, node: Node, i: int, n: int) -> Cell:
        """The weight that stays. Of alternatives without points: the part that stays."""
        value = node.weight * self.columns[node.code].present[i]
        stays = self.laid[node.code].result("present", n) if node.children else f"({self.below(node, MAXIMUM, i)}>0)"
        if self.block.aggregate in CHOICES:
            return Cell(shown(self.columns[node.code].present[i]), "share", f"{stays}*1")
        column = self.block.sections["weight"] + self.block.counting.index(node)
        return Cell(shown(value), figure_style(value), f"{LETTERS[column]}${WEIGHT + 1}*{stays}")

    def term_of(self, node: Node, i: int, n: int) -> Cell:
        """What a child brings to a product (geometric mean: a power) or to the sum of reciprocals (harmonic mean)."""
        k = self.block.counting.index(node)
        share, weight = (f"{LETTERS[self.block.sections[s] + k]}{n}" for s in ("share", "weight"))
        column, total = self.columns[node.code], self.block.result("sum", n)
        x, w, whole = column.shares[i], node.weight * column.present[i], self.counted(i)
        if self.block.aggregate == "product":
            value = 1 if x is None or not w else float(x)
            return Cell(value, "share", f"IF(ISNUMBER({share}),IF({weight}>0,{share},1),1)")
        if self.block.aggregate == "geometric":
            value = 1 if x is None or not w else float(x) ** float(w / whole)
            return Cell(value, "share", f"IF(ISNUMBER({share}),IF({weight}>0,{share}^({weight}/{total}),1),1)")
        value = 0 if not x else float(w / x)
        return Cell(value, "share", f"IF(ISNUMBER({share}),IF({share}>0,{weight}/{share},0),0)")

    def extra_of(self, node: Node, i: int, n: int) -> Cell:
        """Bonus or penalty points."""
        leaf = self.plan.leaves[node.code]
        points = leaf.shares[i]
        if points is not None and self.plan.every_level:
            points = rounded(points, self.settings.points_decimals, self.settings.half)
        value = self.no_score if leaf.states[i] in OPEN else shown(points)
        return Cell(value, "part_points", self.below(node, POINTS, i))

    def counted(self, i: int) -> Fraction:
        """The weights of the children that have a share."""
        held = [(node, self.columns[node.code]) for node in self.block.counting]
        return sum((n.weight * c.present[i] for n, c in held if c.shares[i] is not None), Fraction(0))

    def weights(self, i: int, n: int) -> Cell:
        total = self.counted(i)
        shares, weights = (self.block.span(section, n) for section in ("share", "weight"))
        return Cell(shown(total), figure_style(total), f"SUMPRODUCT(ISNUMBER({shares})*{weights})")

    def own_maximum(self, i: int, n: int) -> Cell:
        """The maximum that stays."""
        own_maximum, whole = self.column.own_maxima[i], place(self.plan, self.block.code, "max")
        if not self.framework.has_points:
            formula = whole if self.there(self.block.code, i) else "0"
        elif self.block.aggregate in CHOICES:
            formula = f"MAX({self.block.span('room', n)})"
        else:
            formula = f"SUM({self.block.span('room', n)})"
        return Cell(shown(own_maximum), figure_style(own_maximum), formula)

    def largest(self, n: int) -> str:
        """Of the alternatives that count: the part of the largest maximum that stays."""
        count = len(self.block.counting)
        return f"MAX({self.block.span('room', n, count)})/MAX({self.block.span('room', WEIGHT + 1, count)})"

    def points(self, i: int, n: int) -> Cell:
        share = self.column.shares[i]
        value = self.worth(self.column, i, None if share is None else share * self.column.own_maxima[i])
        own_maximum = self.block.result("room", n)
        if self.sums:
            added = self.plan.rounded(f"SUM({self.block.span('points', n)})")
            formula = f'IF({own_maximum}=0,"",{added})'
            return Cell(value, "score", self.unless_blocked(formula, n))
        mean = self.block.result("raw" if self.plan.every_level else "share", n)
        return Cell(value, "score", f"IF(ISNUMBER({mean}),{self.plan.rounded(f'{mean}*{own_maximum}')},{mean})")

    def share(self, i: int, n: int) -> Cell:
        """The share that the points are of the maximum that stays."""
        points, own_maximum = self.block.result("points", n), self.block.result("room", n)
        formula = f"{points}/{own_maximum}"
        if not self.sums:
            formula = f"IF({own_maximum}=0,{self.block.result('raw', n)},{formula})"
        return Cell(
            self.worth(self.column, i, self.column.shares[i]),
            "part_share",
            f"IF(ISNUMBER({points}),{formula},{points})",
        )

    def mean(self, i: int, n: int) -> Cell:
        """The share by a mean of shares, or of the best or worst child."""
        block, how = self.block, self.block.aggregate
        first = block.span("points" if "points" in block.sections else "share", n)
        if how in CHOICES:
            chosen = f"{'MAX' if how == 'best' else 'MIN'}({first})"
            if "points" in block.sections:
                own_maxima = block.span("room", n)
                chosen = f"IF(MAX({own_maxima})=0,0,{chosen}/MAX({own_maxima}))"
            formula = f'IF(COUNT({first})=0,"",{chosen})'
        else:
            total, weights = block.result("sum", n), block.span("weight", n)
            if how in ("arithmetic", "complement"):
                found = f"{'1-' if how == 'complement' else ''}SUMPRODUCT({first},{weights})/{total}"
            elif how in ("geometric", "product"):
                found = f"PRODUCT({block.span('term', n)})"
            else:
                zeros = f"SUMPRODUCT(ISNUMBER({first})*({weights}>0)*({first}=0))"
                found = f"IF({zeros}>0,0,{total}/SUM({block.span('term', n)}))"
            formula = f'IF({total}=0,"",{found})'
        return Cell(self.worth(self.column, i, self.raw[i]), "part_share", self.unless_blocked(formula, n))

    def present(self, i: int, n: int) -> Cell:
        """The part of the branch's weight that stays."""
        block = self.block
        if self.plan.trees[i] is not self.framework:
            formula = self.present_in_tree(i, n)
        elif block.aggregate in CHOICES:
            formula = self.largest(n) if "room" in block.sections else f"MAX({block.span('weight', n)})"
        else:
            section = "room" if self.sums else "weight"
            formula = f"SUM({block.span(section, n)})/SUM({block.span(section, WEIGHT + 1)})"
        return Cell(shown(self.column.present[i]), "part_share", formula)

    def there(self, code: str, i: int) -> bool:
        """Whether an agency has a node that counts."""
        return code == INDEX or self.plan.trees[i].nodes[code].scored

    def present_in_tree(self, i: int, n: int) -> str:
        """The same where an agency has a part of the rows below: what stays of those it has, times the part that the
        branch weighs for it of what it weighs in the whole index set."""
        block, tree = self.block, self.plan.trees[i]
        if not self.there(block.code, i):
            return "0"
        counting = [node for node in block.counting if self.there(node.code, i)]
        if not counting:
            return "0"
        node = tree.nodes[block.code]
        part = f"*{self.own_part(block.code, i)}" if node.by_maximum else ""
        if self.sums:
            return f"SUM({block.span('room', n)})/{self.most(block.code, i)}{part}"
        if block.aggregate not in CHOICES:
            weights = "+".join(self.own_weight(child.code, i) for child in counting)
            return f"SUM({block.span('weight', n)})/({weights}){part}"
        if "room" not in block.sections:
            return f"MAX({block.span('weight', n)}){part}"
        own = ",".join(self.most(child.code, i) for child in counting)
        return f"MAX({block.span('room', n, len(block.counting))})/MAX({own}){part}"

    def own_weight(self, code: str, i: int) -> str:
        """What a node weighs among its siblings for an agency that has a part of it."""
        weight = place(self.plan, code, "weight")
        part = self.framework.nodes[code].children and self.framework.nodes[code].by_maximum
        return f"{weight}*{self.own_part(code, i)}" if part else weight

    def own_part(self, code: str, i: int) -> str:
        return f"({self.most(code, i)}/{place(self.plan, code, 'max')})"

    def most(self, code: str, i: int) -> str:
        """The maximum of a node of whose rows an agency has a part."""
        tree = self.plan.trees[i]
        below = [self.most(child.code, i) for child in tree.siblings(tree.nodes[code].children)]
        if not below or tree.nodes[code].aggregate == SUM:
            return place(self.plan, code, "max")
        return f"MAX({','.join(below)})" if tree.nodes[code].aggregate in CHOICES else f"({'+'.join(below)})"

    def unless_blocked(self, formula: str, n: int) -> str:
        """No score where a part has none."""
        parts: list[str] = [kind for kind in ("points", "extra") if kind in self.block.sections] or ["share"]
        waiting = "+".join(f"COUNTIF({self.block.span(kind, n)},{self.plan.no_score})" for kind in parts)
        return f"IF({waiting}>0,{self.plan.no_score},{formula})"


class Capped(Tower):
    """A `sum` branch: points are added, those of bonus and penalty too, within its maximum."""

    def __init__(self, plan: Plan, laid: dict[str, Block], block: Block):
        super().__init__(plan, laid, block)
        self.maximum = place(plan, block.code, "max")
        carried = "within-parent" in (self.settings.not_applicable, self.settings.missing)
        self.carried = carried or bool(block.idle)
        self.alone = not block.counting  # bonus and penalty make the branch
        self.leaves = self.settings.not_applicable == "exclude"

    def none_apply(self, i: int) -> str:
        """Whether no bonus or penalty row of a branch of such rows applies."""
        sheet, word = self.plan.sheet("points"), quoted(self.plan.words["not_applicable"])
        lines = [self.plan.row_lines[node.code] + i + 1 for node in self.block.extras]
        states = [f"'{sheet}'!{LETTERS[STATE]}{line}={word}" for line in lines]
        return f"AND({','.join(states)})"

    def rest(self) -> str:
        """What of the maximum bonus points alone can fill."""
        return f"+MAX(0,{self.maximum}-SUM({self.block.span('room', WEIGHT + 1)}))" if self.block.extras else ""

    def counting(self, n: int) -> str:
        """The own maxima of the rows that count."""
        return self.block.span("room", n, len(self.block.counting))

    def own_maximum(self, i: int, n: int) -> Cell:
        own_maximum = self.column.own_maxima[i]
        if self.alone:
            formula = f"IF({self.none_apply(i)},0,{self.maximum})" if self.leaves else self.maximum
        else:
            room = f"SUM({self.block.span('room', n)})"
            formula = f"MIN({self.maximum},{room})"
            if self.block.extras:
                formula = f"IF(SUM({self.counting(n)})=0,{formula},MIN({self.maximum},{room}{self.rest()}))"
        return Cell(shown(own_maximum), figure_style(own_maximum), formula)

    def points(self, i: int, n: int) -> Cell:
        share = self.column.shares[i]
        value = self.worth(self.column, i, None if share is None else share * self.column.own_maxima[i])
        own_maximum, block = self.block.result("room", n), self.block
        more = f"SUM({block.span('extra', n)})" if block.extras else ""
        if self.alone:
            without = {"full": self.maximum, "zero": "0"}.get(self.settings.not_applicable, '""')
            within = self.plan.rounded(f"MAX(0,MIN({own_maximum},{more}))")
            formula = self.unless_blocked(f"IF({self.none_apply(i)},{without},{within})", n)
        else:
            first, room = block.span("points", n), block.span("room", n)
            added = f"SUM({first})"
            if self.carried:
                added = f"{added}*SUM({room})/SUMPRODUCT(ISNUMBER({first})*{self.counting(n)})"
            together = f"{added}+{more}" if more else added
            within = self.plan.rounded(f"MAX(0,MIN({own_maximum},{together}))")
            formula = self.unless_blocked(f'IF(COUNT({first})=0,"",{within})', n)
            if more:  # where all rows leave, nothing waits
                formula = f'IF(SUM({self.counting(n)})=0,"",{formula})'
        return Cell(value, "score", formula)

    def present(self, i: int, n: int) -> Cell:
        if self.alone:
            formula = f"IF({self.none_apply(i)},0,1)" if self.leaves else "1"
        else:
            ends = [f"MIN({self.maximum},SUM({self.counting(line)}){self.rest()})" for line in (n, WEIGHT + 1)]
            formula = f"IF(SUM({self.counting(n)})=0,0,{ends[0]}/{ends[1]})"
        return Cell(shown(self.column.present[i]), "part_share", formula)


def again(plan: Plan, code: str, rounds: str) -> Column:
    """A branch or the index once more, without bonus and penalty, rounded or not."""
    settings = replace(plan.case.settings, rounding=rounds)
    return branch(code, plan.exact.columns, plan.case.framework, settings, plan.exact)


def without_extra(plan: Plan) -> Column:
    """The index before bonus and penalty."""
    settings = plan.case.settings
    return again(plan, INDEX, settings.rounding) if plan.extra else plan.exact.columns[INDEX]
