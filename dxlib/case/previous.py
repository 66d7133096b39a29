"""Last year's figures, as rows that grow on them give them, against what the earlier year has on record.

A year stands for itself, so the figure is typed (b); where a link says which row of which year it comes from, and that
year is in the data folder, a difference is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from ..errors import Finding
from ..rules import number, shown
from .answered import Cells, on_top
from .answers import ANSWER
from .case import Case
from .tables import rows_of

A, B = ANSWER.index("a"), ANSWER.index("b")
Place = tuple[str, str]


def linked(case: Case) -> dict[str, tuple[Place, str]]:
    """Row that grows on last year's figure -> (year and group, row) that its one link names."""
    growing = {node.code for node in case.framework.leaves if node.rule.of_previous}
    found: dict[str, list[tuple[Place, str]]] = {}
    for code, year, group, old in rows_of(case.tables["links"], "code", "from_year", "from_group", "from_code"):
        if code in growing:
            found.setdefault(code, []).append(((year, group), old))
    return {code: links[0] for code, links in found.items() if len(links) == 1}


def check_previous(case: Case, earlier: Mapping[Place, Case]) -> Iterator[Finding]:
    """Figures of last year that are others than those on record there, as finally judged.

    earlier   the years that `linked` names, where they can be read

    Nothing is said of agencies that were not there, and of rows whose own figure was a quotient.
    """
    claims = case.tables["claims"]
    lines = {cell: int(at) for at, cell in zip(claims.index, rows_of(claims, "agency", "indicator"), strict=True)}
    for code, (place, old) in linked(case).items():
        before = earlier.get(place)
        node = before.framework.nodes.get(old) if before is not None else None
        if before is None or node is None or node.children or (node.ratio and not node.rule.of_previous):
            continue
        for agency in case.tables["agencies"]["agency"]:
            said, then = (figure(x.answers.counting(c, agency), at) for x, c, at in ((case, code, B), (before, old, A)))
            if said is not None and then is not None and said != then:
                facts = {"code": code, "agency": agency, "year": place[0], "before": shown(then), "old": old}
                file = f"{case.year}/{case.group}/claims.csv"
                row = lines.get((agency, code))
                yield Finding("W_PREVIOUS", "previous_differs", file, row, "b", shown(said), facts)


def figure(answer: tuple[Cells | None, Cells | None], at: int) -> Fraction | None:
    """A figure as it counts in the end."""
    cell = on_top(*answer)[at]
    return number(cell) if cell else None
