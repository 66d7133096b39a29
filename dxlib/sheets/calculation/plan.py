"""Where everything stands in the workbook of a calculation, so that its sheets can point at each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from ...case import Case
from ...case.answered import Cells, on_top
from ...case.framework import Framework, Node
from ...index import INDEX, Exact, provisional
from ...index.exact import finished, leaves_of
from ...index.values import OPEN, Finished, Leaf
from ...rules import quoted
from ...words import agencies, name, text, title_of_year
from ..book import Cell, Sheet, fixed
from ..form import options_of
from ..write import PLACES

GROUPS, HEAD, FIRST = 3, 4, 5  # the two lines of heads, and the first line below them
LETTERS = [fixed(0, column)[1:-2] for column in range(1 << 12)]

Value = Fraction | float | int | str | None


@dataclass(frozen=True)
class Plan:
    """One calculation: what is written, and the lines it takes.

    Lines of the sheets of inputs and of points are row after row of the index set, agency after agency within a row,
    so that a group's figures stand below each other. Other sheets have a line per agency.
    """

    case: Case
    exact: Exact
    lang: str

    @cached_property
    def agencies(self) -> list[tuple[str, str]]:
        """(id, name), in the order of agencies.csv."""
        return list(agencies(self.case.tables["agencies"].to_dict("records"), self.lang).items())

    @cached_property
    def rows(self) -> list[Node]:
        """The leaves that count: scored ones, bonus and penalty."""
        return [node for node in self.case.framework.leaves if node.scored or node.role in ("bonus", "penalty")]

    @cached_property
    def extra(self) -> list[Node]:
        """The bonus and penalty rows that count at the index."""
        return self.extras(INDEX)

    def extras(self, code: str) -> list[Node]:
        """Those that count at the index, or in a `sum` branch."""
        return [self.case.framework.nodes[row] for row in self.case.framework.extras.get(code, ())]

    @cached_property
    def branches(self) -> list[str]:
        """Branches that count, each after those below it; the index last."""
        nodes = self.case.framework.nodes.values()
        return [*(node.code for node in reversed(list(nodes)) if node.children and node.scored), INDEX]

    @cached_property
    def parts(self) -> dict[str, Fraction]:
        """Every scored leaf's share of the index when everything applies."""
        return self.case.framework.global_weights()

    @cached_property
    def leaves(self) -> dict[str, Leaf]:
        """Shares by the rules alone, before any policy."""
        return leaves_of(self.case, self.exact.on)

    @cached_property
    def finished(self) -> Finished:
        """What rows take from other folders of the year."""
        return finished(self.case, self.exact.on)

    @cached_property
    def trees(self) -> list[Framework]:
        """The index set as each agency has it."""
        return [self.case.tree_of(agency) for agency, _ in self.agencies]

    @cached_property
    def names(self) -> dict[str, str]:
        """code -> name, of rows and branches."""
        found = {row["code"]: name(row, self.lang) for row in self.case.tables["indicators"].to_dict("records")}
        return found | {INDEX: self.say("whole")}

    @cached_property
    def title(self) -> str:
        return title_of_year(self.case.settings.title, self.case.year, self.lang)

    @cached_property
    def options(self) -> dict[str, dict[str, str]]:
        """row -> option or part -> what stands in the cells: no two alike, and without the sign between parts."""
        found = {}
        for node in self.rows:
            if node.rule.shares:
                called = {o: w.replace(";", ",") for o, w in options_of(self.case, node.code, self.lang).items()}
                alike = len(set(called.values())) < len(called)
                found[node.code] = {o: f"{i}. {w}" if alike else w for i, (o, w) in enumerate(called.items(), 1)}
        return found

    @cached_property
    def option_lines(self) -> dict[str, tuple[int, int]]:
        """row -> (first, last) line of its options on their sheet."""
        lines, at_line = {}, FIRST
        for code, options in self.options.items():
            lines[code] = (at_line, at_line + len(options) - 1)
            at_line += len(options)
        return lines

    @cached_property
    def set_lines(self) -> dict[str, int]:
        """code -> its line on the sheet of the index set: the index, then what counts in reading order."""
        nodes = [node for node in self.case.framework.nodes.values() if node.scored or node in self.rows]
        return {code: FIRST + i for i, code in enumerate([INDEX, *(node.code for node in nodes)])}

    @cached_property
    def row_lines(self) -> dict[str, int]:
        """row -> the first of its lines among inputs and points."""
        return {node.code: FIRST + i * len(self.agencies) for i, node in enumerate(self.rows)}

    @cached_property
    def judged(self) -> bool:
        """Whether verdicts are part of the calculation."""
        return self.exact.on != "claimed" and bool(self.case.answers.verdicts)

    @cached_property
    def every_level(self) -> bool:
        return self.case.settings.rounding == "every-level"

    def rounded(self, points: str) -> str:
        """The formula of some points, rounded where every level is."""
        settings = self.case.settings
        return rounding(points, settings.points_decimals, settings.half) if self.every_level else points

    @cached_property
    def provisional(self) -> bool:
        return provisional(self.case, self.exact.on if self.case.has_claims else None)

    @cached_property
    def marks(self) -> str:
        """What is made up or not final says so, on every page."""
        found = [text("page.sample", self.lang)] if self.case.settings.sample else []
        return " · ".join(found + ([text("page.provisional", self.lang)] if self.provisional else []))

    @cached_property
    def words(self) -> dict[str, str]:
        """The words that stand where no number does."""
        keys = ("value", "missing", "not_applicable", "not_verified", "closed", "invalid", "no_score", "absent")
        return {key: text(f"sheet.calculation.state.{key}", self.lang) for key in keys}

    @cached_property
    def no_score(self) -> str:
        """What stands where a part of a node has no score, so that the node has none, quoted."""
        return quoted(self.words["no_score"])

    def say(self, key: str, **facts: object) -> str:
        return text(f"sheet.calculation.{key}", self.lang, **facts)

    def sheet(self, key: str) -> str:
        """The title of a sheet."""
        return self.say(f"sheet.{key}")

    def on(self, key: str, row: int, column: int) -> str:
        """A cell of another sheet, as a formula names it."""
        return f"'{self.sheet(key)}'!{fixed(row, column)}"

    def answer(self, node: Node, i: int) -> tuple[Cells | None, Cells | None]:
        """(claim, verdict) as they count; nothing where the row does not apply."""
        agency, answers = self.agencies[i][0], self.case.answers
        if agency in answers.exempt.get(node.code, {}):
            return None, None
        if node.taken:
            a, b = (*("" if x is None else str(x) for x, _ in (self.finished[of][i] for of in node.taken)), "")[:2]
            return (a, b, "", ""), None
        if not self.judged or self.waits(node, i):
            return answers.claims.get(node.code, {}).get(agency), None
        return answers.counting(node.code, agency)

    def counted(self, node: Node, i: int) -> dict[str, str]:
        """The figures that count: the last verdict's on top of the claim's. Points override the rule, or are the value
        under the rule `points`."""
        claim, verdict = self.answer(node, i)
        if verdict is None and self.waits(node, i):
            return dict.fromkeys(("a", "b", "option", "points"), "")
        a, b, option, points = on_top(claim, verdict)
        if "points" not in node.rule.reads:
            points = verdict[3] if verdict is not None else ""
        return {"a": a, "b": b, "option": option, "points": points}

    def waits(self, node: Node, i: int) -> bool:
        return self.leaves[node.code].states[i] in OPEN

    def option_words(self, node: Node, answer: str) -> str:
        """An option or the parts met, as they stand in a cell."""
        words = self.options[node.code]
        if not node.rule.several or not answer:
            return words.get(answer, answer)
        met = [] if answer == "none" else list(dict.fromkeys(part.strip() for part in answer.split(";")))
        return "; ".join(words[part] for part in met) or self.say("no_part")


def shown(x: Value) -> float | int | str | None:
    """A value as a cell holds it; "" where there is none."""
    if isinstance(x, Fraction):
        return x.numerator if x.denominator == 1 and abs(x) < 1 << 53 else x.numerator / x.denominator
    return "" if x is None else x


def figure_style(x: Fraction, kind: str = "figure") -> str:
    """The style of a figure with as many decimals as it has."""
    places = next((p for p in range(PLACES) if (x * 10**p).denominator == 1), 4)
    return f"{kind}_{places}"


def rounding(expression: str, decimals: int, half: str) -> str:
    """Points rounded as the case says. Three decimals more come first, since halves are no exact floats."""
    near = max(9, decimals + 3)
    inner = f"ROUND({expression},{near})"
    if half == "away":
        return f"ROUND({inner},{decimals})"
    scaled = f"{inner}*{10**decimals}"
    tied = f"ABS(ABS({scaled}-TRUNC({scaled}))-0.5)<5E-{near - decimals + 1}"
    return f"IF({tied},2*ROUND({scaled}/2,0),ROUND({scaled},0))/{10**decimals}"


def top(plan: Plan, key: str) -> dict[tuple[int, int], Cell]:
    """The lines above a table: which sheet, of which index, the mark of what is not final or made up, how to read."""
    return {
        (0, 0): Cell(f"{plan.sheet(key)} · {plan.title}", "heading"),
        (1, 0): Cell(plan.marks, "made_up"),
        (2, 0): Cell(plan.say(f"about.{key}"), "line"),
    }


def page(
    plan: Plan,
    key: str,
    cells: Mapping[tuple[int, int], Cell],
    widths: Sequence[float],
    heights: Mapping[int, float] | None = None,
    repeated: tuple[int, int, int] = (HEAD, FIRST, 2),
    merged: Sequence[tuple[int, int, int]] = (),
    filtered: bool = False,
) -> Sheet:
    """A sheet that anybody may change, with its mark on every page."""
    heights = {HEAD: 32.0} | dict(heights or {})
    return Sheet(
        plan.sheet(key), cells, widths, heights, merged, repeated, plan.marks, protected=False, filtered=filtered
    )


def heads(plan: Plan, columns: Sequence[str]) -> dict[tuple[int, int], Cell]:
    """The line of heads."""
    return {(HEAD, i): Cell(plan.say(f"head.{key}"), "head") for i, key in enumerate(columns)}
