"""What the calculation starts from: the index set, the shares of options, what was reported and what was verified."""

from __future__ import annotations

from fractions import Fraction

from ...case.framework import CHOICES, SUM, Node
from ...index import INDEX
from ...show.labels import gate_words
from ...words import text, translated
from ..book import Cell, Sheet, fixed
from ..form import height
from ..method import in_words
from .plan import FIRST, GROUPS, HEAD, LETTERS, Plan, figure_style, heads, page, shown, top

SET = ("code", "row", "max", "weight", "part", "how", "figure_a", "figure_b", "source")
SET_WIDTHS = (8, 44, 9, 9, 10, 44, 28, 28, 16)
OPTIONS = ("code", "row", "option", "share", "points")
OPTIONS_WIDTHS = (8, 60, 60, 10, 10)
IDENTITY = ("agency", "code", "row", "id")
IDENTITY_WIDTHS = (30, 8, 34, 17)
GIVEN = ("a", "b", "option", "points")
GIVEN_WIDTHS = (11, 11, 38, 9)
ROOMY, LOOSE = 1.2, 1.35  # more letters than its width fit in a column, fewer of them where lines break
LOW = 18.0  # points of one line
STATUS = len(IDENTITY)


def place(plan: Plan, code: str, column: str) -> str:
    """A cell of the index set, as a formula names it."""
    return plan.on("set", plan.set_lines[code], SET.index(column))


def set_sheet(plan: Plan) -> Sheet:
    """The index set: maxima and weights, from which branches take theirs, and how every row is scored."""
    framework = plan.case.framework
    scoped = plan.case.framework.scoped
    columns = (*SET, *(("scope",) if scoped else ()))
    cells = top(plan, "set") | heads(plan, columns)
    if scoped:
        cells[2, 0] = Cell(f"{plan.say('about.set')} {plan.say('about.own_rows')}", "line")
    heights: dict[int, float] = {}
    rows = {row["code"]: row for row in plan.case.tables["indicators"].to_dict("records")}
    for code, line in plan.set_lines.items():
        node = framework.nodes.get(code)
        branch = node is None or bool(node.children)
        style = "branch" if branch else "text"
        values = {key: Cell("", style) for key in SET}
        values["code"] = Cell("" if node is None else code, "branch" if branch else "code")
        values["row"] = Cell(plan.names[code], style)
        if node is None or node.role == "score":
            values["max"] = maximum(plan, code)
            values["part"] = part(plan, code)
        if node is not None and node.role == "score":
            values["weight"] = weight(plan, node)
        if branch:
            values["how"] = Cell(plan.say(f"adds.{adds(plan, code)}"), "branch_said")
        elif node is not None:
            row = rows[code]
            scale, unit = node.maximum or framework.total, row["unit"]
            how = [in_words(node, scale, plan.options.get(code, {}), unit, plan.lang)]
            values["how"] = Cell("\n".join(how + gate_words(plan.case, code, plan.lang)), "said")
            if "a" in node.rule.reads:
                values["figure_a"] = Cell(translated(row, "a", plan.lang), "text")
            if node.ratio:
                values["figure_b"] = Cell(translated(row, "b", plan.lang), "text")
            values["source"] = Cell(text(f"report.source.{node.source}", plan.lang), "text")
        if scoped:
            values["scope"] = Cell("; ".join(node.scope) if node else "", style)
        cells |= {(line, i): values[key] for i, key in enumerate(columns)}
        heights[line] = max(height(str(values[key].value), ROOMY * w) for key, w in zip(SET, SET_WIDTHS, strict=True))
    return page(plan, "set", cells, (*SET_WIDTHS, *((18,) if scoped else ())), heights)


def aggregate(plan: Plan, code: str) -> str:
    framework = plan.case.framework
    return framework.aggregate if code == INDEX else framework.nodes[code].aggregate


def adds(plan: Plan, code: str) -> str:
    """The key of the words for how a branch combines its rows."""
    how = aggregate(plan, code)
    return "capped" if how == SUM else how


def children(plan: Plan, code: str) -> list[Node]:
    """The children that enter a node's score, those of weight 0 too."""
    framework = plan.case.framework
    return framework.siblings(framework.tops if code == INDEX else framework.nodes[code].children)


def maximum(plan: Plan, code: str) -> Cell:
    """Maximum points: of a leaf as the decision says, of a branch from those below; without points, the scale."""
    framework = plan.case.framework
    value = framework.total if code == INDEX else framework.nodes[code].maximum or framework.total
    style = figure_style(value)
    below = [own_line(plan, child.code, "max") for child in children(plan, code)] if has_rows(plan, code) else []
    if not framework.has_points:
        whole = own_line(plan, INDEX, "max")
        return (
            Cell(shown(value), style.replace("figure", "given")) if code == INDEX else Cell(shown(value), style, whole)
        )
    stated = aggregate(plan, code) == SUM and value != sum(c.maximum or 0 for c in children(plan, code))
    if not below or stated:
        return Cell(shown(value), style.replace("figure", "given"))
    together = f"MAX({','.join(below)})" if aggregate(plan, code) in CHOICES else "+".join(below)
    return Cell(shown(value), style, together)


def weight(plan: Plan, node: Node) -> Cell:
    """The weight among siblings: as given, or the maximum points."""
    value = Fraction(node.weight)
    if by_points(plan, node.parent or INDEX):
        return Cell(shown(value), figure_style(value), own_line(plan, node.code, "max"))
    return Cell(shown(value), figure_style(value, "given"))


def by_points(plan: Plan, code: str) -> bool:
    """Whether the children of a node weigh what they have of points."""
    framework = plan.case.framework
    alike = all(c.weight == c.maximum and (c.by_maximum or not framework.scoped) for c in children(plan, code))
    return framework.has_points and alike


def part(plan: Plan, code: str) -> Cell:
    """The share of the whole index when everything applies."""
    framework = plan.case.framework
    if code == INDEX:
        return Cell(1, "share")
    node = framework.nodes[code]
    siblings = [own_line(plan, c.code, "weight") for c in children(plan, node.parent or INDEX)]
    above, own = own_line(plan, node.parent or INDEX, "part"), own_line(plan, code, "weight")
    value = sum((plan.parts.get(below, Fraction(0)) for below in (code, *framework.within(code))), Fraction(0))
    return Cell(shown(value), "share", f"{above}*{own}/({'+'.join(siblings)})")


def own_line(plan: Plan, code: str, column: str) -> str:
    """A cell of the same sheet."""
    return fixed(plan.set_lines[code], SET.index(column)).replace("$", "")


def has_rows(plan: Plan, code: str) -> bool:
    return code == INDEX or bool(plan.case.framework.nodes[code].children)


def options_sheet(plan: Plan) -> Sheet | None:
    """What each option or part is worth; None without any."""
    if not plan.options:
        return None
    cells = top(plan, "options") | heads(plan, OPTIONS)
    for code, (line, _) in plan.option_lines.items():
        rule = plan.case.framework.nodes[code].rule
        scale = plan.case.framework.nodes[code].maximum or plan.case.framework.total
        for i, (option, share) in enumerate(rule.shares, start=line):
            cells[i, 0] = Cell(code, "code")
            cells[i, 1] = Cell(plan.names[code], "text")
            cells[i, 2] = Cell(plan.options[code][option], "text")
            worth = f"{LETTERS[3]}{i + 1}*{place(plan, code, 'max')}"
            cells[i, 3] = Cell(shown(share), "given_4")
            cells[i, 4] = Cell(shown(share * scale), "points", worth)
    return page(plan, "options", cells, OPTIONS_WIDTHS, repeated=(HEAD, FIRST, 1), filtered=True)


def inputs_sheet(plan: Plan) -> Sheet:
    """What was reported and, beside it, what was verified; a line per row and agency."""
    sides = ("claimed", "verified") if plan.judged else ("claimed",)
    columns = (*IDENTITY, "status", *(f"{side}_{key}" for side in sides for key in GIVEN))
    cells = top(plan, "inputs")
    cells |= {(HEAD, i): Cell(plan.say(f"head.{key.split('_')[-1]}"), "head") for i, key in enumerate(columns)}
    merged = []
    heights: dict[int, float] = {}
    for side, title in enumerate(sides):
        first = STATUS + 1 + side * len(GIVEN)
        key = title if plan.case.has_claims else "measured"
        cells |= {(GROUPS, first + i): Cell(plan.say(f"side.{key}") if not i else "", "head") for i in range(4)}
        merged.append((GROUPS, first, first + len(GIVEN) - 1))
    status = {True: plan.words["not_verified"], False: plan.words["not_applicable"]}
    for node in plan.rows:
        exempt = plan.case.answers.exempt.get(node.code, {})
        own = (Cell(node.code, "cut_code"), Cell(plan.names[node.code], "cut"))
        for i, (agency, called) in enumerate(plan.agencies):
            line = plan.row_lines[node.code] + i
            cells[line, 1], cells[line, 2] = own
            cells[line, 0], cells[line, 3] = Cell(called, "cut"), Cell(agency, "cut_code")
            waits = plan.waits(node, i)
            said = status[waits] if waits or agency in exempt else ""
            absent = agency in plan.case.answers.absent.get(node.code, ())
            cells[line, STATUS] = Cell(plan.words["absent"] if absent else said, "cut_given")
            for side, answer in enumerate(plan.answer(node, i)[: len(sides)]):
                first = STATUS + 1 + side * len(GIVEN)
                given = answer or ("",) * len(GIVEN)
                taken = given_cells(plan, node, given, side == 1)
                cells |= {(line, first + GIVEN.index(key)): cell for key, cell in taken.items()}
                if given[2]:
                    grow(heights, line, taken["option"], GIVEN_WIDTHS[2])
    widths = (*IDENTITY_WIDTHS, 16, *(GIVEN_WIDTHS * len(sides)))
    return page(plan, "inputs", cells, widths, heights, (GROUPS, FIRST, 2), merged=merged, filtered=True)


def grow(heights: dict[int, float], line: int, cell: Cell, width: float) -> None:
    """Make room for the words of a cell that need more than one line."""
    needed = height(str(cell.value), LOOSE * width)
    if needed > LOW:
        heights[line] = max(heights.get(line, 0.0), needed)


def given_cells(plan: Plan, node: Node, given: tuple[str, ...], verdict: bool) -> dict[str, Cell]:
    """The cells of one answer that the row reads; they are open, also where they are empty."""
    a, b, option, points = given
    found = {}
    if "a" in node.rule.reads:
        found["a"] = number_cell(a)
        if node.ratio:
            found["b"] = number_cell(b)
    if "option" in node.rule.reads:
        found["option"] = Cell(plan.option_words(node, option), "given_text")
    if verdict or "points" in node.rule.reads:
        found["points"] = number_cell(points)
    return found


def number_cell(given: str) -> Cell:
    if not given:
        return Cell("", "cut_given")
    value = Fraction(given)
    return Cell(shown(value), figure_style(value, "given"))
