"""The last step: bonus and penalty, the published score, rank and class; a line per agency."""

from __future__ import annotations

import pandas as pd

from ...case.framework import CHOICES
from ...index import INDEX, tabulate
from ...index.exact import coverage
from ...index.rank import ranked_on
from ...index.rounding import rounded
from ...index.table import SCORE_DECIMALS
from ...index.values import OPEN
from ...rules import quoted
from ...show import labels
from ...words import text, title
from ..book import Cell, Sheet
from .branches import FIRST as BRANCH_LINES
from .branches import blocks, without_extra
from .inputs import IDENTITY
from .plan import FIRST, HEAD, LETTERS, Plan, figure_style, heads, page, rounding, shown, top
from .points import COLUMNS as POINT_COLUMNS
from .points import POINTS

WIDTHS = {
    "agency": 38, "id": 20, "scope": 18, "ranked": 9, "coverage": 10, "room": 11, "base": 10, "extra": 10, "share": 10,
    "published": 11, "deciding": 16, "compared": 16, "place": 8, "of": 8, "class": 16,
}  # fmt: skip


def result_sheet(plan: Plan) -> Sheet:
    """Score, rank and class of every agency; the cuts of the classes beside them."""
    result = Result(plan)
    cells = top(plan, "result") | heads(plan, result.columns)
    for i in range(len(plan.agencies)):
        for key, cell in result.line(i).items():
            cells[FIRST + i, result.columns.index(key)] = cell
    classes = plan.case.settings.classes
    if classes:
        first = len(result.columns) + 1
        cells |= {
            (HEAD, first + k): Cell(plan.say(f"head.{key}"), "head")
            for k, key in enumerate(("class", "cut", "meaning"))
        }
        for k, one in enumerate(classes):
            edge = one.cut if one.within is None else one.within
            cells[FIRST + k, first] = Cell(title(one.name, plan.lang), "cut")
            cells[FIRST + k, first + 1] = Cell(shown(edge), "given_4")
            cells[FIRST + k, first + 2] = Cell(labels.class_edge(one, plan.lang), "said")
    widths = [WIDTHS[key] for key in result.columns] + ([3, 16, 10, 34] if classes else [])
    return page(plan, "result", cells, widths, {HEAD: 48})


class Result:
    """The figures of the index, agency by agency."""

    def __init__(self, plan: Plan):
        self.plan, self.settings = plan, plan.case.settings
        rows = plan.case.tables["agencies"]
        self.scopes, self.listed = rows["scope"].tolist(), [r != "no" for r in rows["ranked"]]
        self.scoped = len(set(self.scopes)) > 1
        self.base, self.index = without_extra(plan), plan.exact.columns[INDEX]
        self.block = blocks(plan)[INDEX]
        official = tabulate(plan.case, plan.exact, [INDEX])
        self.official = official.to_dict("records")
        self.covered = coverage(plan.case.framework, plan.exact) if self.settings.min_coverage else []
        wanted = {
            "scope": self.scoped,
            "coverage": bool(self.covered),
            "base": bool(plan.extra),
            "extra": bool(plan.extra),
        }
        self.columns = [key for key in WIDTHS if wanted.get(key, True)]
        self.no_score = plan.words["no_score"]

    def at(self, key: str, n: int) -> str:
        return f"{LETTERS[self.columns.index(key)]}{n}"

    def all(self, key: str) -> str:
        """A column over all agencies."""
        letter = LETTERS[self.columns.index(key)]
        return f"{letter}${FIRST + 1}:{letter}${FIRST + len(self.plan.agencies)}"

    def line(self, i: int) -> dict[str, Cell]:
        n, plan = FIRST + i + 1, self.plan
        agency, called = plan.agencies[i]
        below = BRANCH_LINES + i + 1
        row, maximum = self.official[i], self.index.own_maxima[i]
        base = self.worth(self.base.shares[i], self.base.blocked[i])
        share = base if base in ("", self.no_score) else self.worth(self.index.shares[i], self.index.blocked[i])
        first = f"'{plan.sheet('branches')}'!{self.block.result('share', below)}"
        cells = {
            "agency": Cell(called, "cut"),
            "id": Cell(agency, "cut_code"),
            "scope": Cell(self.scopes[i], "cut_code"),
            "ranked": Cell(text(f"page.{'yes' if self.listed[i] else 'no'}", plan.lang), "cut_given"),
            "room": Cell(
                shown(maximum), figure_style(maximum), f"'{plan.sheet('branches')}'!{self.block.result('room', below)}"
            ),
            "share": Cell(share, "share", self.share(n) if plan.extra else first),
            "published": Cell(number_or_nothing(row["points"]), "score", self.published(n)),
            "deciding": Cell(self.deciding(i), "deciding", self.deciding_formula(n)),
            "compared": Cell(self.deciding(i) if self.takes_part(i) else "", "deciding", self.compared(n)),
            "of": Cell(number_or_nothing(row["of"]), "count", self.of(n)),
            "place": Cell(number_or_nothing(row["rank"]), "place", self.place(n)),
            "class": Cell(self.class_name(row["class"]), "said", self.class_formula(n)),
        }
        if plan.extra:
            cells["base"] = Cell(base, "share", first)
            cells["extra"] = self.extra(i)
        if self.covered:
            cells["coverage"] = self.coverage_cell(i, n)
        if not self.settings.classes:
            cells["class"] = Cell("", "cut")
        return {key: cells[key] for key in self.columns}

    def worth(self, share: object, blocked: bool) -> float | int | str | None:
        return self.no_score if blocked else shown(share)  # type: ignore[arg-type]

    def extra(self, i: int) -> Cell:
        """Bonus and penalty points of an agency."""
        plan, settings = self.plan, self.settings
        letter, sheet = LETTERS[POINTS], plan.sheet("points")
        cells = [f"'{sheet}'!{letter}{plan.row_lines[node.code] + i + 1}" for node in plan.extra]
        open_ones = [plan.leaves[node.code].states[i] in OPEN for node in plan.extra]
        known = [p for node in plan.extra if (p := plan.leaves[node.code].shares[i]) is not None]
        if plan.every_level:
            known = [rounded(p, settings.points_decimals, settings.half) for p in known]
        value = self.no_score if any(open_ones) else shown(sum(known))  # type: ignore[arg-type]
        blocked = ",".join(f"{cell}={plan.no_score}" for cell in cells)
        return Cell(value, "points", f"IF(OR({blocked}),{plan.no_score},SUM({','.join(cells)}))")

    def share(self, n: int) -> str:
        """Bonus and penalty on top, once, between nothing and the own maximum."""
        base, extra, maximum = (self.at(key, n) for key in ("base", "extra", "room"))
        together = f"IF({maximum}=0,{base},MIN(1,MAX(0,{base}+{extra}/{maximum})))"
        return f"IF(ISNUMBER({base}),IF(ISNUMBER({extra}),{together},{extra}),{base})"

    def published(self, n: int) -> str:
        share, maximum = self.at("share", n), self.at("room", n)
        points = rounding(f"{share}*{maximum}", self.settings.points_decimals, self.settings.half)
        return f'IF(ISNUMBER({share}),{points},"")'

    def deciding(self, i: int) -> float | int | str | None:
        rooted = INDEX in self.plan.case.framework.rooted
        share = ranked_on(self.index.shares[i], self.index.own_maxima[i], self.settings, rooted)
        return "" if share is None else shown(rounded(share, SCORE_DECIMALS))

    def deciding_formula(self, n: int) -> str:
        share, maximum = self.at("share", n), self.at("room", n)
        value = share
        if self.settings.rank_on == "published":
            value = f"IF({maximum}=0,{share},{self.at('published', n)}/{maximum})"
        return f'IF(ISNUMBER({share}),ROUND({value},{SCORE_DECIMALS}),"")'

    def takes_part(self, i: int) -> bool:
        enough = not self.covered or self.covered[i] >= self.settings.min_coverage
        return self.listed[i] and enough and self.index.shares[i] is not None

    def compared(self, n: int) -> str:
        """What stands in the list: the deciding figure of those that are ranked."""
        asked = [f"{self.at('ranked', n)}={quoted(text('page.yes', self.plan.lang))}"]
        if self.covered:
            least = shown(self.settings.min_coverage)
            asked.append(f"ROUND({self.at('coverage', n)},{SCORE_DECIMALS})>={least}")
        return f'IF(AND({",".join(asked)}),{self.at("deciding", n)},"")'

    def of(self, n: int) -> str:
        own, column = self.at("compared", n), self.all("compared")
        count = f"COUNT({column})"
        if self.scoped:
            count = f"SUMPRODUCT(EXACT({self.all('scope')},{self.at('scope', n)})*ISNUMBER({column}))"
        return f'IF(ISNUMBER({own}),{count},"")'

    def place(self, n: int) -> str:
        """The rank; equal figures share it. A list of one has none."""
        own, column, of = self.at("compared", n), self.all("compared"), self.at("of", n)
        place = f"RANK({own},{column})"
        if self.scoped:
            same = f"EXACT({self.all('scope')},{self.at('scope', n)})"
            place = f"1+SUMPRODUCT({same}*ISNUMBER({column})*({column}>{own}))"
        return f'IF(ISNUMBER({own}),IF({of}<2,"",{place}),"")'

    def class_name(self, position: object) -> str:
        known = number_or_nothing(position)
        return "" if known == "" else labels.classes(self.plan.case, self.plan.lang)[int(known)]

    def class_formula(self, n: int) -> str:
        classes, own = self.settings.classes, self.at("deciding", n)
        names, cuts = (LETTERS[len(self.columns) + 1 + k] for k in (0, 1))
        lines = range(FIRST + 1, FIRST + 1 + len(classes))
        at_names, at_cuts = ([f"${letter}${line}" for line in lines] for letter in (names, cuts))
        found = classes.formula(own, at_names, at_cuts, SCORE_DECIMALS)
        return f'IF(ISNUMBER({own}),{found},"")'

    def coverage_cell(self, i: int, n: int) -> Cell:
        """The part of the index's weight that has a value. Where a branch takes the best or worst of its children it
        is no sum, and the value stands without a formula."""
        value, plan = shown(self.covered[i]), self.plan
        if alternatives(plan):
            return Cell(value, "share", comment=plan.say("coverage_value") if not i else "")
        last = FIRST + len(plan.rows) * len(plan.agencies)
        ids, has = (
            f"'{plan.sheet('points')}'!${LETTERS[k]}${FIRST + 1}:${LETTERS[k]}${last}"
            for k in (IDENTITY.index("id"), len(POINT_COLUMNS))
        )
        return Cell(value, "share", f"SUMPRODUCT(({ids}={self.at('id', n)})*{has})")


def alternatives(plan: Plan) -> bool:
    """Whether some branch takes the best or worst of its children, or is covered by any bonus or penalty row in it."""
    framework = plan.case.framework
    if any(n.children and n.scored and not framework.siblings(n.children) for n in framework.nodes.values()):
        return True
    means = {framework.aggregate, *(n.aggregate for n in framework.nodes.values() if n.children and n.scored)}
    return not means.isdisjoint(CHOICES)


def number_or_nothing(x: object) -> float | int | str:
    return "" if x is None or pd.isna(x) else x  # type: ignore[call-overload,return-value]
