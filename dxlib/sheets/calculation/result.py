"""The last step: bonus and penalty, the published score, rank and class; a line per agency."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...case.conditions import Condition
from ...case.framework import CHOICES
from ...index import INDEX, tabulate
from ...index.classified import limits, lists_of, pairs, row_orders
from ...index.exact import coverage
from ...index.rank import deciding_shares, ranked_on
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
from .plan import FIRST, HEAD, LETTERS, Plan, figure_style, page, rounding, shown, top
from .points import COLUMNS as POINT_COLUMNS
from .points import MAXIMUM, POINTS, SHARE

WIDTHS = {
    "agency": 38, "id": 20, "scope": 18, "ranked": 9, "coverage": 10, "room": 11, "base": 10, "extra": 10, "share": 10,
    "published": 11, "deciding": 16, "compared": 16, "place": 8, "of": 8, "class": 16,
}  # fmt: skip
LOWEST = -(10**9)  # stands for the share of a row that has none


def result_sheet(plan: Plan) -> Sheet:
    """Score, rank and class of every agency; the cuts of the classes beside them."""
    result = Result(plan)
    cells = top(plan, "result") | result.heads()
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
    widths = [WIDTHS.get(key, 11) for key in result.columns] + ([3, 16, 10, 34] if classes else [])
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
        self.standing = Standing(plan, self.official)
        self.columns = [key for key in WIDTHS if wanted.get(key, True)]
        self.columns[-1:] = [*self.standing.columns, "class"]
        self.no_score = plan.words["no_score"]

    def heads(self) -> dict[tuple[int, int], Cell]:
        """The line of heads; those of conditions and quotas say which in a comment."""
        found = {}
        for i, key in enumerate(self.columns):
            called, said = self.standing.head(key)
            found[HEAD, i] = Cell(called or self.plan.say(f"head.{key}"), "head", comment=said)
        return found

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
        for key in self.standing.columns:
            cells[key] = Cell(self.standing.values[key][i], "count", self.standing_formula(key, i, n))
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
        own = self.at("deciding", n)
        lines = range(FIRST + 1, FIRST + 1 + len(self.settings.classes))
        names = [f"${LETTERS[len(self.columns) + 1]}${line}" for line in lines]
        if self.standing.columns:
            position = self.at(self.standing.columns[-1], n)
            return f'IF(ISNUMBER({position}),INDEX({names[0]}:{names[-1]},{position}),"")'
        return f'IF(ISNUMBER({own}),{self.by_cut(own, names)},"")'

    def by_cut(self, own: str, names: list[str]) -> str:
        lines = range(FIRST + 1, FIRST + 1 + len(self.settings.classes))
        cuts = [f"${LETTERS[len(self.columns) + 2]}${line}" for line in lines]
        return self.settings.classes.formula(own, names, cuts, SCORE_DECIMALS)

    def standing_formula(self, key: str, i: int, n: int) -> str:
        """Of one column of `Standing`; none where a condition on values or options stands as it was found."""
        classes, own = self.settings.classes, self.at("deciding", n)
        kind, _, number = key.partition("-")
        before = self.at(self.standing.columns[max(self.standing.columns.index(key) - 1, 0)], n)
        if kind == "by_cut":
            names = [str(place) for place in range(1, len(classes) + 1)]
            return f'IF(ISNUMBER({own}),{self.by_cut(own, names)},"")'
        if kind == "condition":
            one = classes.conditions[int(number) - 1]
            return self.condition_formula(one, i) if one.shared else ""
        if kind == "held":
            met = [self.at(k, n) for k in self.standing.columns if k.startswith("condition-")]
            by_cut = self.at("by_cut", n)
            return f'IF(ISNUMBER({by_cut}),MAX({",".join([by_cut, *met])}),"")'
        if kind == "row":
            share = self.share_of(classes[int(number) - 1].quota_row, i)
            return f"IF(ISNUMBER({share}),ROUND({share},{SCORE_DECIMALS}),{LOWEST})"
        if classes[int(number) - 1].quota_row:  # the column before is that of the row
            before = self.at(self.standing.columns[self.standing.columns.index(key) - 2], n)
        return self.quota_formula(int(number), before, n)

    def condition_formula(self, one: Condition, i: int) -> str:
        (comparison, edge), *_ = one.bounds
        sign = {"at_least": ">=", "above": ">", "at_most": "<=", "below": "<"}[comparison]
        asked = []
        for code in one.rows:
            share = self.share_of(code, i)
            asked.append(f"IF(ISNUMBER({share}),ROUND({share},{SCORE_DECIMALS}){sign}{shown(edge)},FALSE())")
        return f"IF(OR({','.join(asked)}),{self.settings.classes.limit(one)},1)"

    def share_of(self, code: str, i: int) -> str:
        """The share of a row or branch that decides, of one agency."""
        plan = self.plan
        if code in plan.row_lines:
            line, sheet = plan.row_lines[code] + i + 1, plan.sheet("points")
            share, maximum = (f"'{sheet}'!{LETTERS[column]}{line}" for column in (SHARE, MAXIMUM))
        else:
            line, sheet, block = BRANCH_LINES + i + 1, plan.sheet("branches"), blocks(plan)[code]
            share, maximum = (f"'{sheet}'!{block.result(kind, line)}" for kind in ("share", "room"))
        if self.settings.rank_on != "published":
            return share
        points = rounding(f"{share}*{maximum}", self.settings.points_decimals, self.settings.half)
        return f'IF(ISNUMBER({share}),IF({maximum}=0,{share},{points}/{maximum}),"")'

    def quota_formula(self, place: int, before: str, n: int) -> str:
        """The class after one quota: who stays is in its first places, list by list."""
        classes = self.settings.classes
        one, own = classes[place - 1], self.at("compared", n)
        assert one.quota is not None
        column = before.rstrip("0123456789")
        stood = f"{column}${FIRST + 1}:{column}${FIRST + len(self.plan.agencies)}"
        figures = self.all("compared")
        same = f"EXACT({self.all('scope')},{self.at('scope', n)})*" if self.scoped else ""
        listed = f"{same}ISNUMBER({figures})*ISNUMBER({stood})"
        counted = f"SUMPRODUCT({listed}*({stood}<={classes.base(one)}))"
        room = f"INT({counted}*{one.quota.numerator}/{one.quota.denominator})"
        inside = f"{listed}*({stood}={place})"
        ahead = f"SUMPRODUCT({inside}*({figures}>{own}))"
        last = f"SUMPRODUCT({inside}*({figures}>={own}))"
        stays = f"{ahead}+1<={room}" if one.quota_ties == "in" else f"{last}<={room}"
        if one.quota_ties == "row":
            key = f"row-{place}"
            rows = f"SUMPRODUCT({inside}*({figures}={own})*({self.all(key)}>={self.at(key, n)}))"
            stays = f"OR({stays},{ahead}+{rows}<={room})"
        return f"IF(AND(ISNUMBER({own}),{before}={place}),IF({stays},{place},{place + 1}),{before})"

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


class Standing:
    """The columns between the rank and the class where conditions and quotas decide: positions of classes, 1 the
    highest. by_cut; condition-N, the highest class it leaves; held, after them; row-P, the share that decides ties of
    the quota of class P; quota-P, after it."""

    def __init__(self, plan: Plan, official: list[dict]):
        self.plan, self.classes = plan, plan.case.settings.classes
        self.values: dict[str, list[float | int | str | None]] = {}
        if self.classes.by_cut:
            return
        case, exact = plan.case, plan.exact
        by_cut = [number_or_nothing(row["class_by_cut"]) for row in official]
        held = np.array([[int(place) if place != "" else 0 for place in by_cut]])
        self.values["by_cut"] = list(by_cut)
        for n, one in enumerate(self.classes.conditions, 1):
            left = limits(case, exact, pairs([one]))
            self.values[f"condition-{n}"] = list(left)
            held = np.where(held > 0, np.maximum(held, left), 0)
        if self.classes.conditions:
            self.values["held"] = [place or "" for place in held[0].tolist()]
        agencies = case.tables["agencies"]
        lists = lists_of(agencies["scope"].tolist(), [not pd.isna(row["of"]) for row in official])
        ranks = np.array([[1 if pd.isna(row["rank"]) else int(row["rank"]) for row in official]])
        orders = row_orders(case, exact)
        for place, quota in self.classes.quotas:
            if quota.quota_row:
                rooted = quota.quota_row in case.framework.rooted
                shares = deciding_shares(exact.columns[quota.quota_row], case.settings, rooted)
                told = [LOWEST if s is None else shown(rounded(s, SCORE_DECIMALS)) for s in shares]
                self.values[f"row-{place}"] = list(told)
            held = self.classes.filled_one(place, quota, held, ranks, lists, orders.get(place))[0]
            self.values[f"quota-{place}"] = [found or "" for found in held[0].tolist()]

    @property
    def columns(self) -> list[str]:
        return list(self.values)

    def head(self, key: str) -> tuple[str, str]:
        """(words, comment) of a column; nothing of another."""
        kind, _, n = key.partition("-")
        if key not in self.values:
            return "", ""
        if kind == "condition":
            one = self.classes.conditions[int(n) - 1]
            said = f"{title(one.name, self.plan.lang)}: {labels.condition(self.plan.case, one, self.plan.lang)}"
            return self.plan.say("head.condition", n=n), said
        if kind in ("quota", "row"):
            limited = self.classes[int(n) - 1]
            called = title(limited.name, self.plan.lang)
            if kind == "row":
                return self.plan.names[limited.quota_row], ""
            return self.plan.say("head.quota", label=called), labels.class_edge(limited, self.plan.lang)
        return self.plan.say(f"head.{kind}"), ""


def alternatives(plan: Plan) -> bool:
    """Whether some branch takes the best or worst of its children, or is covered by any bonus or penalty row in it."""
    framework = plan.case.framework
    if any(n.children and n.scored and not framework.siblings(n.children) for n in framework.nodes.values()):
        return True
    means = {framework.aggregate, *(n.aggregate for n in framework.nodes.values() if n.children and n.scored)}
    return not means.isdisjoint(CHOICES)


def number_or_nothing(x: object) -> float | int | str:
    return "" if x is None or pd.isna(x) else x  # type: ignore[call-overload,return-value]
