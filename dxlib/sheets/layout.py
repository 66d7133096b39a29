"""Where the lines and columns of an issued sheet stand in one that came back.

A line is known by what names it (its code; agency and code), a column by its head, wherever they were moved to. An
answer is read beside the code it was typed for, or not at all: where two lines could be the one, neither is taken.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

from ..errors import Finding
from .book import Cells, Place, Sheet, at
from .read import Page, Value
from .spelling import as_text, plain

Name = tuple[str, str]  # what names a line, and the words beside it; of a column its head
BLANK: Name = ("", "")
HEAD: Name = ("", "the head")
FARTHEST = 500  # lines and columns beyond those issued that can be theirs
SHOWN = 80  # characters of what stands in a line that is none of ours
MOST = 12  # formulas outside that are named one by one


@dataclass(frozen=True)
class Axis:
    """The lines, or the columns, of a sheet.

    where     issued -> sent, of those that were found
    doubtful  issued ones whose answers are not taken: they may be another's
    """

    where: Mapping[int, int]
    doubtful: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Layout:
    """A sheet that does not stand as it was issued; None for an axis: as issued."""

    rows: Axis | None = None
    columns: Axis | None = None

    def sent(self, place: Place) -> Place:
        """Where an issued cell stands; one that is gone, where it stood."""
        row, column = place
        if self.rows is None or self.columns is None:
            return place
        return self.rows.where.get(row, row), self.columns.where.get(column, column)

    def lost(self, place: Place) -> bool:
        """Whether the line or the column of an issued cell is gone."""
        if self.rows is None or self.columns is None:
            return False
        return place[0] not in self.rows.where or place[1] not in self.columns.where

    def near(self, sent: Place) -> Place:
        """The issued cell that stands there, or behind there."""
        if self.rows is None or self.columns is None:
            return sent
        found = []
        for axis, there in zip((self.rows, self.columns), sent, strict=True):
            behind = [(at_, issued) for issued, at_ in axis.where.items() if at_ >= there]
            found.append(min(behind)[1] if behind else max(axis.where, default=there))
        return found[0], found[1]

    def doubtful(self, place: Place) -> bool:
        if self.rows is None or self.columns is None:
            return False
        return place[0] in self.rows.doubtful or place[1] in self.columns.doubtful

    def laid(self, page: Page, answers: frozenset[Place]) -> Page:
        """The sheet as it was issued, with what was filled in at the codes it was filled in for."""
        if self.rows is None or self.columns is None:
            return page
        rows, columns = ({sent: issued for issued, sent in axis.where.items()} for axis in (self.rows, self.columns))

        def issued(place: Place) -> Place | None:
            row, column = rows.get(place[0]), columns.get(place[1])
            if row is None or column is None or ((row, column) in answers and self.doubtful((row, column))):
                return None
            return row, column

        def moved(cells: Mapping[Place, Any]) -> dict[Place, Any]:
            return {to: value for place, value in cells.items() if (to := issued(place)) is not None}

        formulas, errors = set(moved(dict.fromkeys(page.formulas, ""))), set(moved(dict.fromkeys(page.errors, "")))
        laid = replace(page, values=moved(page.values), formulas=formulas, errors=errors)
        return replace(laid, formats=moved(page.formats), counted=moved(page.counted))


AS_ISSUED = Layout()


def layout(sheet: Sheet, page: Page, file: str, strict: bool) -> tuple[Layout, list[Finding]]:
    """(where everything stands, what was done to the sheet: one finding per place).

    strict   the form is of another version: a line is its code and its words, since codes may have been given anew
    """
    if stands(sheet, page):
        return AS_ISSUED, []
    return found(sheet, page, file, strict)


def head_of(sheet: Sheet) -> int:
    """The line of the heads of the columns; -1 without."""
    return sheet.repeated[1] - 1


@lru_cache(maxsize=32)
def landmarks(cells: Cells, head: int, named: tuple[int, ...]) -> tuple[tuple[Place, Value], ...]:
    """The locked cells that name lines and columns."""
    columns = {*named, named[-1] + 1} if named else set()
    return tuple(
        (place, value)
        for place, value in cells.locked.items()
        if value != "" and (place[0] == head or (place[0] < head and place[1] == 0) or place[1] in columns)
    )


def stands(sheet: Sheet, page: Page) -> bool:
    """Whether every line and column is where it was issued, and nothing stands beside them."""
    head, standing = head_of(sheet), page.values.get
    if head < 0:
        return True
    for cells in sheet.parts:
        for place, value in landmarks(cells, head, sheet.named):
            if standing(place, "") != value and plain(standing(place, "")) != plain(value):
                return False
    return not set(page.values).difference(*(part.cells for part in sheet.parts))


def found(sheet: Sheet, page: Page, file: str, strict: bool) -> tuple[Layout, list[Finding]]:
    """The same, of a sheet that does not stand as issued."""
    head = head_of(sheet)
    locked = {place: value for cells in sheet.parts for place, value in cells.locked.items()}
    opened: dict[int, list[int]] = {}
    for cells in sheet.parts:
        for row, column in cells.open:
            opened.setdefault(row, []).append(column)
    height = 1 + max(row for cells in sheet.parts for row, _ in cells.cells)
    width = 1 + max(column for cells in sheet.parts for _, column in cells.cells)
    near = [p for p in page.values if p[0] < height + FARTHEST and p[1] < width + FARTHEST]
    tall, broad = (1 + max((place[i] for place in near), default=-1) for i in (0, 1))

    def shown(row: int, column: int) -> str:
        return plain(page.values.get((row, column), ""))

    heads = [(plain(locked.get((head, column), "")), "") for column in range(width)]
    top = head_row(page, {name for name, _ in heads if name})
    if top < 0:
        where = f"{sheet.title}!{at(head, 0)}"
        return Layout(Axis({}), Axis({})), [Finding("E_LOCKED", "head_missing", file, column=where, value=sheet.title)]
    sent = [(shown(top, column), "") for column in range(broad)]
    columns = aligned(heads, sent, lambda _, at_: tuple(shown(row, at_) for row in range(tall)), False, [], set())
    said = Said(sheet.title, file, "column", lambda n: at(top, n), lambda n: at(0, n).rstrip("1"))
    findings = list(line_changes(said, columns, heads, sent, [name for name, _ in sent]))

    names = (*sheet.named, sheet.named[-1] + 1) if sheet.named else ()
    if any(column not in columns.where for column in names):
        return Layout(Axis({}), columns), findings  # nothing says which line is whose
    shared: set[str] = set()
    issued = named(sheet, height, head, lambda row, column: plain(locked.get((row, column), "")), shared)
    place = columns.where
    lines = named(sheet, tall, top, lambda row, column: shown(row, place.get(column, column)), shared)

    def held(row: int, at_: int) -> tuple[str, ...]:
        return tuple(shown(at_, place[column]) for column in opened.get(row, ()) if column in place)

    free = [row for row in opened if row > head and issued[row] == BLANK]
    full = {row for row, _ in near}
    rows = aligned(issued, lines, held, strict, free, full)
    texts = [""] * tall
    for row, column in sorted(near):
        texts[row] += f" {shown(row, column)}"
    said = Said(sheet.title, file, "row", lambda n: at(n, 0), lambda n: str(n + 1))
    findings += line_changes(said, rows, issued, lines, texts, free)
    out = Layout(rows, columns)
    codes = {key for key, _ in issued if key}
    again = {row for row, (key, _) in enumerate(lines) if key in codes} - set(rows.where.values())
    declared = {place for part in sheet.parts for place in part.cells}
    findings += beyond(sheet.title, page, file, out, declared, again, bool(free))
    return out, findings


def head_row(page: Page, heads: set[str]) -> int:
    """The line in which most of the heads stand; -1 where less than half of them stand in one."""
    seen = Counter(row for (row, _), value in page.values.items() if isinstance(value, str) and plain(value) in heads)
    row, n = max(seen.items(), key=lambda item: (item[1], -item[0]), default=(-1, 0))
    return row if 2 * n >= len(heads) else -1


def named(sheet: Sheet, height: int, head: int, value: Callable[[int, int], str], shared: set[str]) -> list[Name]:
    """What names every line.

    shared   words of lines without a code that more than one has: such a line is named by the code above it, too;
             found where there are none yet
    """
    out: list[Name] = []
    for row in range(height):
        columns = sheet.named if row > head else (0,)
        key = "\t".join(value(row, column) for column in columns).strip()
        out.append(HEAD if row == head else (key, value(row, columns[-1] + 1) if columns and row > head else ""))
    if not shared:
        alone = Counter(words for key, words in out if not key and words)
        shared |= {words for words, n in alone.items() if n > 1}
    above = ""
    for row, (key, words) in enumerate(out):
        above = key or above
        if not key and words in shared:
            out[row] = (f"{above}/", words)
    return out


def aligned(
    issued: Sequence[Name],
    sent: Sequence[Name],
    held: Callable[[int, int], tuple[str, ...]],
    strict: bool,
    free: Sequence[int],
    full: set[int],
) -> Axis:
    """Which line, or column, is which.

    held    (issued, sent) -> what is filled in there, if the one is the other
    free    issued lines that nothing names: any line between its neighbours in which something stands (`full`)

    First by name; then by the code alone, where its words are nobody else's; then what stands alone between the same
    neighbours is the line itself with other words in its place.
    """
    where: dict[int, int] = {}
    doubtful: set[int] = set()
    places: dict[Name, list[int]] = {}
    for at_, name in enumerate(sent):
        places.setdefault(name, []).append(at_)
    times = Counter(issued)
    for line, name in enumerate(issued):
        if name != BLANK and times[name] == 1 and name in places:
            answers = {given: at_ for at_ in reversed(places[name]) if any(given := held(line, at_))}
            where[line] = next(iter(answers.values())) if len(answers) == 1 else places[name][0]
            if len(answers) > 1:
                doubtful.add(line)
    codes, words = Counter(key for key, _ in issued if key), {said for _, said in issued if said}
    if not strict:
        by_code: dict[str, list[int]] = {}
        for at_, (key, said) in enumerate(sent):
            if key and said not in words:
                by_code.setdefault(key, []).append(at_)
        alone = {key: lines[0] for key, lines in by_code.items() if len(lines) == 1}
        left = [(line, key) for line, (key, _) in enumerate(issued) if line not in where and codes[key] == 1]
        where |= {line: alone[key] for line, key in left if key in alone}
    known, taken = set(issued) - {BLANK}, set(where.values())
    for run in runs([line for line in range(len(issued)) if line not in where]):
        low, high = where.get(run[0] - 1, -1), where.get(run[-1] + 1, len(sent))
        between = [at_ for at_ in range(low + 1, high) if at_ not in taken]
        pairs = list(zip(run, between, strict=False)) if len(run) == len(between) else []
        if set(free) & set(run):
            pairs = list(zip(run, [at_ for at_ in between if at_ in full], strict=False))
        elif not pairs:
            blank = [at_ for at_ in between if sent[at_] == BLANK]
            pairs = list(zip([line for line in run if issued[line] == BLANK], blank, strict=False))
        for line, at_ in pairs:
            name = sent[at_]
            another = name != issued[line] and (strict or name in known)
            if another or (name == BLANK and issued[line] != BLANK):
                continue
            where[line] = at_
            if name[0] in codes and name[0] != issued[line][0]:
                doubtful.add(line)
    return Axis(where, frozenset(doubtful))


def runs(places: Sequence[int]) -> list[list[int]]:
    """Neighbours together."""
    out: list[list[int]] = []
    for place in places:
        if out and place == out[-1][-1] + 1:
            out[-1].append(place)
        else:
            out.append([place])
    return out


@dataclass(frozen=True)
class Said:
    """How lines, or columns, of a sheet are spoken of: what they are, the A1 of one, its number or letter."""

    title: str
    file: str
    what: str
    place: Callable[[int], str]
    called: Callable[[int], str]

    def __call__(self, done: str, first: int, last: int, value: str, n: int) -> Finding:
        lines = self.called(first) if first == last else f"{self.called(first)}–{self.called(last)}"
        where = f"{self.title}!{self.place(first)}"
        value = value if len(value) <= SHOWN else f"{value[: SHOWN - 1]}…"
        facts = {"lines": lines, "n": n, "sheet": self.title}
        return Finding("E_LOCKED", f"{self.what}_{done}", self.file, column=where, value=value or "–", facts=facts)


def line_changes(
    said: Said,
    axis: Axis,
    issued: Sequence[Name],
    sent: Sequence[Name],
    texts: Sequence[str],
    free: Collection[int] = (),
) -> Iterator[Finding]:
    """What was done to the lines, or columns: one finding per place at which any were put in or taken out."""
    ours, codes = set(axis.where.values()), {key for key, _ in issued if key}
    last = max(ours, default=-1)
    lines = axis.where.get(min(free) - 1, -1) if free else len(sent)  # behind there a blank line is no matter
    strange = [at_ for at_ in range(len(sent)) if at_ not in ours and (at_ < lines or texts[at_])]
    for again in (False, True):
        kind = [at_ for at_ in strange if (sent[at_][0] in codes) == again and (again or at_ < last)]
        for run in runs(kind):
            value = "; ".join(filter(None, (sent[at_][0] if again else " ".join(texts[at_].split()) for at_ in run)))
            yield said("repeated" if again else "inserted", run[0], run[-1], value, len(run))
    gone = [i for i, name in enumerate(issued) if i not in axis.where and name != BLANK and i not in free]
    for run in runs(gone):
        value = "; ".join(called(issued[line]) for line in run)
        at_ = axis.where.get(run[-1] + 1, last + 1)
        yield said("deleted", at_, at_, value, len(run))
    order = [(line, axis.where[line]) for line in sorted(axis.where) if issued[line] != BLANK]
    if any(a > b for (_, a), (_, b) in pairwise(order)):
        kept = rising([at_ for _, at_ in order])
        moved = [(line, at_) for line, at_ in order if at_ not in kept]
        value = "; ".join(called(issued[line]) for line, _ in moved)
        at_ = min(at_ for _, at_ in moved)
        yield said("moved", at_, at_, value, len(moved))


def called(name: Name) -> str:
    """A line as it is spoken of: by its code, a part by its words."""
    key, words = name
    return words if not key or key.endswith("/") else key.replace("\t", " ")


def rising(numbers: Sequence[int]) -> set[int]:
    """The longest part of different numbers that rises: what has kept its order. Source: Fredman 1975."""
    ends: list[int] = []
    before: dict[int, int | None] = {}
    for number in numbers:
        at_ = bisect_left(ends, number)
        before[number] = ends[at_ - 1] if at_ else None
        ends[at_ : at_ + 1] = [number]
    kept: set[int] = set()
    number_ = ends[-1] if ends else None
    while number_ is not None:
        kept.add(number_)
        number_ = before[number_]
    return kept


def beyond(
    title: str, page: Page, file: str, plan: Layout, cells: set[Place], again: set[int], free: bool
) -> Iterator[Finding]:
    """What stands below, beside and between the lines: formulas, that are not taken, and words, that nobody reads.

    again   sent lines that repeat one of ours, which is said
    free    whether the sheet has lines for more answers of one kind, so that the words are such answers
    """
    assert plan.rows is not None and plan.columns is not None
    (rows, last), (columns, end) = (
        ({sent: issued for issued, sent in axis.where.items()}, max(axis.where.values(), default=-1))
        for axis in (plan.rows, plan.columns)
    )
    formulas = sorted(p for p in page.formulas if (p[0] > last and p[0] not in again) or p[1] > end)
    for place in formulas[:MOST]:
        value = as_text(page.values.get(place, ""))
        yield Finding("E_LOCKED", "formula_added", file, column=f"{title}!{at(*place)}", value=value)
    ours = {p for p in page.values if p[0] in rows and p[1] in columns and (rows[p[0]], columns[p[1]]) in cells}
    named = {p for p in page.values if p[0] in again or (p[0] < last and p[0] not in rows)}
    named |= {p for p in page.values if p[1] < end and p[1] not in columns}
    if words := sorted(page.values.keys() - ours - named - page.formulas):
        where, facts = f"{title}!{at(*words[0])}", {"n": len(words), "sheet": title}
        value = plain(page.values[words[0]])[:SHOWN]
        yield Finding("E_LOCKED" if free else "W_SHEET", "cells_outside", file, column=where, value=value, facts=facts)
