"""From figures to points, a line per row and agency: what counts, its value, its share by the rule, its points."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from ...case.answers import quotient_of
from ...case.framework import Framework, Gate, Node
from ...index.exact import CLOSED, passed
from ...index.rounding import rounded
from ...index.values import ABSENT, OPEN
from ...rules import Places, exactly, quoted
from ..book import Cell, Sheet
from .inputs import GIVEN, IDENTITY, IDENTITY_WIDTHS, STATUS, grow, place
from .plan import LETTERS, Plan, Value, figure_style, heads, page, rounding, shown, top

NOTHING_OF_NOTHING = "0/0"
USED = {"a": 4, "b": 5, "option": 6, "points": 7}
VALUE, STATE, SHARE, MAXIMUM, POINTS = range(8, 13)
COLUMNS = (*IDENTITY, "a", "b", "option", "direct", "value", "state", "share", "room", "points")
WIDTHS = (*IDENTITY_WIDTHS, 11, 11, 38, 9, 12, 16, 12, 11, 12)
ShareOf = Callable[[str, int], str]
COVERED = ("covered",)  # in a set with min_coverage: the row's part of the index, where it has a value


def points_sheet(plan: Plan, share_of: ShareOf) -> Sheet:
    """The line of every row and agency.

    share_of   where the share of a branch stands for an agency, as a formula names it
    """
    covered = bool(plan.case.settings.min_coverage)
    columns = (*COLUMNS, *(COVERED if covered else ()))
    cells = top(plan, "points") | heads(plan, columns)
    heights: dict[int, float] = {}
    for node in plan.rows:
        worked = Worked(plan, node, share_of)
        own = (Cell(node.code, "cut_code"), Cell(plan.names[node.code], "cut"))
        for i, (agency, called) in enumerate(plan.agencies):
            line = plan.row_lines[node.code] + i
            cells[line, 1], cells[line, 2] = own
            cells[line, 0], cells[line, 3] = Cell(called, "cut"), Cell(agency, "cut_code")
            cells |= {(line, column): cell for column, cell in worked.line(i).items()}
            if (line, USED["option"]) in cells:
                grow(heights, line, cells[line, USED["option"]], WIDTHS[USED["option"]])
            if covered:
                cells[line, len(COLUMNS)] = coverage_cell(plan, node, i)
    widths = (*WIDTHS, *((10,) if covered else ()))
    return page(plan, "points", cells, widths, heights, filtered=True)


def counting(tree: Framework, code: str) -> list[str]:
    """The leaves below a row of which its state is made: those that carry weight; of a leaf itself."""
    children = [child for child in tree.siblings(tree.nodes[code].children) if child.weight]
    return [leaf for child in children for leaf in counting(tree, child.code)] or [code]


def coverage_cell(plan: Plan, node: Node, i: int) -> Cell:
    """The row's part of the index where it has a value."""
    state = f"{LETTERS[STATE]}{plan.row_lines[node.code] + i + 1}"
    whole = place(plan, node.code, "part") if node.role == "score" else "0"
    part = plan.parts.get(node.code, Fraction(0))
    if plan.trees[i] is not plan.case.framework:  # of the rows that the agency has
        part = plan.trees[i].global_weights().get(node.code, Fraction(0))
        whole = exactly(part)
    value = part * (state_of(plan, node, i) in ("value", "closed"))
    has = f"{state}={quoted(plan.words['value'])}"
    if node.code in plan.case.framework.gates:
        has = f"OR({has},{state}={quoted(plan.words['closed'])})"
    return Cell(shown(value), "share", f"IF({has},{whole},0)")


def state_of(plan: Plan, node: Node, i: int) -> str:
    """The key of the word for what an agency has in a row."""
    state = plan.leaves[node.code].states[i]
    if node.code in plan.case.framework.gates and state != "not-applicable":
        columns, gates = plan.exact.columns, plan.case.framework.gates[node.code]
        if columns[node.code].states[i] == CLOSED:
            return "closed"
        if any(passed(gate, columns[gate.code], i) is None for gate in gates):
            return "not_verified"  # with the row of its gate
    words = dict.fromkeys(OPEN, "not_verified") | {"not-applicable": "not_applicable", "missing": "missing"}
    words[ABSENT] = "absent"
    return words.get(state, "value")


class Worked:
    """One row worked out: formulas that differ by the line alone, and the value of each from the exact score."""

    def __init__(self, plan: Plan, node: Node, share_of: ShareOf):
        self.plan, self.node, self.rule, self.share_of = plan, node, node.rule, share_of
        self.gates = plan.case.framework.gates.get(node.code, ())
        self.settings, self.words = plan.case.settings, plan.words
        self.extra = node.role != "score"
        self.maximum = "1" if self.extra else place(plan, node.code, "max")
        self.policy = "exempt" if self.rule.of_previous else self.settings.zero_over_zero
        self.given = "points" in self.rule.reads  # the points are the value
        self.direct = plan.judged or self.given
        first = plan.row_lines[node.code] + 1
        self.group = f"{LETTERS[VALUE]}${first}:{LETTERS[VALUE]}${first + len(plan.agencies) - 1}"
        self.inputs = f"'{plan.sheet('inputs')}'!"
        self.leaf = plan.leaves[node.code]
        self.column = None if self.extra else plan.exact.columns[node.code]
        self.read = plan.case.answers.readers[node.code]
        self.lacking = node.code in plan.case.answers.absent  # some agencies do not have the row

    def line(self, i: int) -> dict[int, Cell]:
        """The cells of one agency."""
        n = self.plan.row_lines[self.node.code] + i + 1
        counted = self.plan.counted(self.node, i)
        cells = {USED[key]: self.used(key, n, counted[key]) for key in self.reads()}
        value = self.value(i, counted)
        if not self.given:
            style = figure_style(value) if isinstance(value, Fraction) and not self.quotient() else "share"
            cells[VALUE] = Cell(shown(value), style, self.value_formula(n))
        state = self.gated(self.state_formula(n), i) if self.gates else self.state_formula(n)
        cells[STATE] = Cell(self.words[state_of(self.plan, self.node, i)], "said", state)
        if self.column is None:
            cells[POINTS] = Cell(self.blocked(i, self.leaf.shares[i], rounds=True), "points", self.extra_formula(n))
            return cells
        column, share = self.column, self.by_policy(i)
        counts, own_maximum = column.shares[i], column.own_maxima[i]
        points = None if counts is None else counts * own_maximum
        cells[SHARE] = Cell(self.blocked(i, share), "share", self.share_formula(n))
        cells[MAXIMUM] = Cell(shown(own_maximum), figure_style(own_maximum), self.own_maximum_formula(n))
        cells[POINTS] = Cell(self.blocked(i, points), "points", self.points_formula(n))
        return cells

    def reads(self) -> list[str]:
        """Which figures the row may take."""
        found = [key for key in self.rule.reads if key != "points" and (key != "b" or self.node.ratio)]
        return [*found, "points"] if self.direct else found

    def quotient(self) -> bool:
        return self.node.ratio or "option" in self.rule.reads

    def used(self, key: str, n: int, given: str) -> Cell:
        """The figure that counts: verified, else reported."""
        reported = STATUS + 1 + GIVEN.index(key)
        sides = [reported + len(GIVEN)] if self.plan.judged else []
        sides += [reported] if key != "points" or self.given else []
        found = '""'
        for column in reversed(sides):
            cell = f"{self.inputs}{LETTERS[column]}{n}"
            found = f'IF({cell}<>"",{cell},{found})'
        formula = f'IF({self.inputs}{LETTERS[STATUS]}{n}<>"","",{found})'
        if key == "option":
            return Cell(self.plan.option_words(self.node, given), "text", formula)
        value = Fraction(given) if given else None
        return Cell(shown(value), "figure_0" if value is None else figure_style(value), formula)

    def value(self, i: int, counted: dict[str, str]) -> Value:
        """What the rule takes: a figure, a quotient, the share of the option."""
        if counted["points"] or self.given:
            return None
        if self.node.taken:
            found = self.taken(counted)
        else:
            found = self.read.value((counted["a"], counted["b"], counted["option"], ""))
        return NOTHING_OF_NOTHING if isinstance(found, str) else found

    def taken(self, counted: dict[str, str]) -> Fraction | str | None:
        """The value of figures that are scores of other folders."""
        if not counted["a"] or (self.node.ratio and not counted["b"]):
            return None
        return quotient_of(self.node, Fraction(counted["a"]), Fraction(counted["b"] or 1), self.settings)

    def value_formula(self, n: int) -> str:
        a, b, option = (f"{LETTERS[USED[key]]}{n}" for key in ("a", "b", "option"))
        wrong = quoted(self.words["invalid"])
        chosen = ""
        if "option" in self.rule.reads:
            first, last = self.plan.option_lines[self.node.code]
            names, shares = (
                f"'{self.plan.sheet('options')}'!${letter}${first + 1}:${letter}${last + 1}" for letter in "CD"
            )
            found = chosen = self.rule.value_formula(option, names, shares, wrong)
        if "a" not in self.rule.reads:
            pass
        elif self.node.ratio:
            quotient = self.rule.quotient_formula(a, b)
            nothing = f'IF({a}=0,"{NOTHING_OF_NOTHING}",{wrong})'
            if self.rule.of_previous:
                said = self.rule.without_previous
                exempt = quoted(NOTHING_OF_NOTHING) if said else wrong
                nothing = exactly(said) if isinstance(said, Fraction) else exempt
            found = f'IF(COUNT({a}:{b})<2,"",IF({b}=0,{nothing},{quotient}))'
        else:
            found = f'IF(ISNUMBER({a}),{a},"")'
        if chosen and found != chosen:
            x, below = (f"{a}/{b}", b) if self.node.ratio else (a, "1")
            figures = Places(x, a, below, maximum=self.maximum)
            joined = self.rule.joined_formula(chosen, figures)
            found = f'IF({chosen}="","",IF(ISNUMBER({found}),IF(ISNUMBER({chosen}),{joined},{chosen}),{found}))'
        return f'IF(ISNUMBER({LETTERS[USED["points"]]}{n}),"",{found})' if self.direct else found

    def state_formula(self, n: int) -> str:
        status, value, direct = (
            f"{self.inputs}{LETTERS[STATUS]}{n}",
            f"{LETTERS[VALUE]}{n}",
            f"{LETTERS[USED['points']]}{n}",
        )
        has, missing = quoted(self.words["value"]), quoted(self.words["missing"])
        if self.given:
            return f'IF({status}<>"",{status},IF(ISNUMBER({direct}),{has},{missing}))'
        found = missing
        if self.node.ratio:
            policy = {"exempt": "not_applicable", "error": "invalid"}.get(self.policy, "value")
            found = f'IF({value}="{NOTHING_OF_NOTHING}",{quoted(self.words[policy])},{value})'
        elif "option" in self.rule.reads:
            found = value  # says that there is no such option
        if found != missing:
            found = f'IF({value}="",{missing},{found})'
        number = f"OR(ISNUMBER({direct}),ISNUMBER({value}))" if self.direct else f"ISNUMBER({value})"
        return f'IF({status}<>"",{status},IF({number},{has},{found}))'

    def gated(self, own: str, i: int) -> str:
        """The state of a row behind gates: its own where all are open or it does not apply."""
        if not self.plan.trees[i].nodes[self.node.code].there:
            return own  # a row of other lists
        closed, no_score, waits, spared = self.quoted("closed", "no_score", "not_verified", "not_applicable")
        met = [self.met(gate, i) for gate in self.gates]
        shut, unknown = (f"OR({','.join(f'{cell}={word}' for cell in met)})" for word in (closed, no_score))
        return f"IF({own}={spared},{own},IF({shut},{closed},IF({unknown},{waits},{own})))"

    def met(self, gate: Gate, i: int) -> str:
        """A gate of one agency: 1 where it is open, or the words for closed or for no score."""
        closed, no_score, spared, missing = self.quoted("closed", "no_score", "not_applicable", "missing")
        tree, points = self.plan.trees[i], f"'{self.plan.sheet('points')}'!"
        if not tree.nodes[gate.code].there:
            return "1"  # a row of other lists asks nothing
        lines = [self.plan.row_lines[leaf] + i + 1 for leaf in counting(tree, gate.code)]
        states = [f"{points}{LETTERS[STATE]}{line}" for line in lines]
        if tree.nodes[gate.code].children:
            share = self.share_of(gate.code, i)
        else:
            share, own_maximum, won = (f"{points}{LETTERS[at]}{lines[0]}" for at in (SHARE, MAXIMUM, POINTS))
            if self.plan.every_level:
                share = f"IF(ISNUMBER({won}),IF({own_maximum}=0,{share},{won}/{own_maximum}),{won})"
        free = f"AND({','.join(f'{state}={spared}' for state in states)})"
        lacking = f"AND({','.join(f'OR({state}={missing},{state}={spared})' for state in states)})"
        enough = f"ROUND({share}-({exactly(gate.least)}),12){'>' if gate.strict else '>='}0"
        judged = f"IF(ISNUMBER({share}),IF({enough},1,{closed}),{closed})"
        return f"IF({free},1,IF({share}={no_score},{no_score},IF({lacking},{closed},{judged})))"

    def quoted(self, *keys: str) -> list[str]:
        return [quoted(self.words[key]) for key in keys]

    def by_rule(self, n: int) -> str:
        """The share of a row that has a value (bonus, penalty: its signed points)."""
        x, a, b, direct = (f"{LETTERS[at]}{n}" for at in (VALUE, USED["a"], USED["b"], USED["points"]))
        at = Places(x, a, b if self.node.ratio else "1", points=direct, group=self.group, maximum=self.maximum)
        found = self.rule.share_formula(at)
        if self.given:
            return found
        policy = self.policy
        if self.node.ratio and policy in ("full", "zero"):
            found = f'IF({x}="{NOTHING_OF_NOTHING}",{1 if policy == "full" else 0},{found})'
        if not self.direct:
            return found
        given = f"{direct}/{self.maximum}"
        if self.extra:
            given = direct if self.node.role == "bonus" else f"-{direct}"
        return f"IF(ISNUMBER({direct}),{given},{found})"

    def share_formula(self, n: int) -> str:
        state = f"{LETTERS[STATE]}{n}"
        answers = {"full": "1", "zero": "0", "exclude": '""', "within-parent": '""'}
        no_score = self.plan.no_score
        found = no_score
        if self.lacking:
            found = f'IF({state}={quoted(self.words["absent"])},"",{found})'
        for key, policy in (("missing", self.settings.missing), ("not_applicable", self.settings.not_applicable)):
            found = f"IF({state}={quoted(self.words[key])},{answers.get(policy, no_score)},{found})"
        if self.gates:
            found = f"IF({state}={quoted(self.words['closed'])},0,{found})"
        return f"IF({state}={quoted(self.words['value'])},{self.by_rule(n)},{found})"

    def own_maximum_formula(self, n: int) -> str:
        """The maximum that stays: nothing where the row is left out for the agency."""
        gone = [
            f"{LETTERS[STATE]}{n}={quoted(self.words[key])}"
            for key, policy in (("missing", self.settings.missing), ("not_applicable", self.settings.not_applicable))
            if policy == "exclude"
        ]
        if self.lacking:
            gone.append(f"{LETTERS[STATE]}{n}={quoted(self.words['absent'])}")
        return (
            f"IF({'OR(' + ','.join(gone) + ')' if len(gone) > 1 else gone[0]},0,{self.maximum})"
            if gone
            else self.maximum
        )

    def points_formula(self, n: int) -> str:
        share, own_maximum = f"{LETTERS[SHARE]}{n}", f"{LETTERS[MAXIMUM]}{n}"
        return f"IF(ISNUMBER({share}),{self.rounded(f'{share}*{own_maximum}')},{share})"

    def extra_formula(self, n: int) -> str:
        state, words = f"{LETTERS[STATE]}{n}", self.words
        keys = ("missing", "not_applicable", *(("absent",) if self.lacking else ()))
        nothing = f"OR({','.join(f'{state}={quoted(words[key])}' for key in keys)})"
        points = self.rounded(self.by_rule(n))
        return f'IF({state}={quoted(words["value"])},{points},IF({nothing},"",{self.plan.no_score}))'

    def rounded(self, points: str) -> str:
        if not self.plan.every_level:
            return points
        return rounding(points, self.settings.points_decimals, self.settings.half)

    def by_policy(self, i: int) -> Fraction | None:
        """The share before rounding."""
        if self.gates and self.column is not None and self.column.states[i] == CLOSED:
            return Fraction(0)
        policy = {"missing": self.settings.missing, "not-applicable": self.settings.not_applicable}
        chosen = policy.get(self.leaf.states[i])
        return Fraction(chosen == "full") if chosen in ("full", "zero") else self.leaf.shares[i]

    def blocked(self, i: int, value: Fraction | None, rounds: bool = False) -> float | int | str | None:
        """A value, or the words that no score is possible."""
        waits = self.leaf.states[i] in OPEN if self.column is None else self.column.blocked[i]
        if waits:
            return self.words["no_score"]
        if value is not None and rounds and self.plan.every_level:
            return shown(rounded(value, self.settings.points_decimals, self.settings.half))
        return shown(value)
