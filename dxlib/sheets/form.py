"""The form an agency fills in, and the one on which it contests the verdicts: what stands where, and what is asked.

Decisions print such a table as an appendix: number, row, maximum, method, self score, explanation, documents.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache

import pandas as pd

from ..case import Case
from ..case.answered import Cells as Answer
from ..case.answered import on_top
from ..case.answers import ANSWER
from ..case.framework import SUM, Framework, Gate, Node
from ..case.tables import rows_of
from ..rules import Places, exactly
from ..schema import EVIDENCE
from ..show.labels import gate_words, maximum
from ..verify import Sender, ledger, senders
from ..words import absent, agencies, date, name, number, text, title, title_of_year, translated, unambiguous
from .book import Book, Cell, Cells, Place, Sheet, at
from .hints import hint, parts_hint
from .method import figure, formula, in_words, telling

DOCUMENT = ("number", "title", "issued_on", "issuer", "file")
EMPTY = Cell("", "text")
MET = ("met", "unmet")
MORE = 30  # lines for further documents
LONGEST = 200  # characters of a choice; a formula holds 255
CLAIM_COLUMNS = (
    "code",
    "row",
    "max",
    "figures",
    "a",
    "b",
    "option",
    "points",
    "hint",
    "explanation",
    *DOCUMENT,
    "before",
)
CLAIM_WIDTHS = (6, 34, 7, 18, 8, 8, 15, 9, 14, 24, 12, 18, 11, 13, 10, 11)
APPEAL_COLUMNS = ("code", "row", "max", "claimed", "final", "reason", "contest", "grounds", *DOCUMENT)
APPEAL_WIDTHS = (6, 34, 8, 9, 9, 28, 10, 32, 12, 20, 11, 13, 10)
POINTS, EXPLANATION, BEFORE = (CLAIM_COLUMNS.index(column) for column in ("points", "explanation", "before"))
TABLE = 7  # the line of the head
TALLEST = 400.0  # points of a line
GUIDE = 76  # width of the instructions: one column is not made smaller to fit its page
LETTERS = 1.1  # of Times New Roman at 11 points, in a unit of width, as lines of words break


@dataclass(frozen=True)
class Recipient(Sender):
    """A sender with its name."""

    name: str = ""


def recipients(case: Case, names: Mapping[str, str], lang: str) -> list[Recipient]:
    """Who gets a form, see `verify.senders`.

    names   id -> name of the owners
    """
    asked = senders(case)
    called = agencies(case.agencies.to_dict("records"), lang)
    called = unambiguous({s.id: called.get(s.id) or names.get(s.id, s.id) for s in asked})
    return [Recipient(s.id, s.agency, s.codes, called[s.id]) for s in asked]


class Wording:
    """What rows, options and people are called, made once for all forms of a case."""

    def __init__(self, case: Case, before: Case | None, names: Mapping[str, str], lang: str):
        self.case, self.before, self.lang, self.owners = case, before, lang, names
        self.rows = {row["code"]: row for row in case.indicators.to_dict("records")}
        self.options = {code: options_of(case, code, lang) for code in self.rows}
        tree = case.framework
        self.tops = {code: top for top in reversed(tree.tops) for code in tree.below(top)}  # row -> its pillar
        self.above = {code: top for top in tree.tops for code in tree.within(top)}  # branches too
        sums = [code for code, node in tree.nodes.items() if node.children and node.aggregate == SUM]
        self.within = {code: branch for branch in sums for code in tree.within(branch)}  # the nearest comes last
        self.methods = {n.code: self.method(n) for n in case.framework.leaves}
        # what forms have alike, made once
        self.bodies: dict[tuple[tuple[str, ...], frozenset[str]], Body] = {}
        self.more: dict[tuple[str, ...], Sheet] = {}
        self.guides: dict[str, Sheet] = {}
        self.heads: dict[str, dict[Place, Cell]] = {}
        settings = case.settings
        self.row_decimals = settings.points_decimals if settings.rounding == "every-level" else None
        self.links: dict[str, str] = {}
        if before is not None:
            links = case.links
            links = links[links["kind"].isin(["same", "rescaled"]) & (links["from_year"] == before.year)]
            links = links[links["from_group"] == before.group]
            self.links = dict(zip(links["code"], links["from_code"], strict=True))
            self.before_options = {code: options_of(before, code, lang) for code in self.links.values()}

    @cached_property
    def reasons(self) -> dict[str, str]:
        """code -> the words of a reason."""
        return {row["code"]: name(row, self.lang)[:LONGEST] for row in self.case.reasons.to_dict("records")}

    @cached_property
    def verdicts(self) -> tuple[pd.DataFrame, dict[tuple[str, str], str]]:
        """(the ledger, (agency, code) -> the last verdict's note)."""
        given = self.case.tables["verdicts"]
        return ledger(self.case), {(a, i): note for a, i, note in rows_of(given, "agency", "indicator", "note")}

    def scale(self, node: Node) -> Fraction:
        return node.maximum or self.case.framework.total

    def own_maxima(self, tree: Framework, kept: Collection[str], spared: Collection[str]) -> dict[str, Fraction]:
        """The maximum that each row of a form has left where some do not apply; of a `sum` branch, within its own."""
        found = dict[str, Fraction]()
        for node in reversed(list(tree.nodes.values())):
            if not node.scored or node.code not in kept or node.code in spared:
                continue
            rows = sum((found.get(child, Fraction(0)) for child in node.children), Fraction(0))
            found[node.code] = rows if node.children else self.scale(node)
            if node.children and node.aggregate == SUM:
                extras = [code for code in tree.extras.get(node.code, ()) if code in kept and code not in spared]
                left = bool(rows) or (bool(extras) and not tree.siblings(node.children))
                found[node.code] = min(self.scale(node), rows + tree.beyond(node)) if left else Fraction(0)
        return found

    def method(self, node: Node) -> str:
        """How a row is scored, and the gates before and behind it."""
        return "\n".join([self.rule_of(node), *gate_words(self.case, node.code, self.lang)])

    def rule_of(self, node: Node) -> str:
        if node.rule.several:
            return text("sheet.method.parts", self.lang)  # the parts have lines of their own
        unit = self.rows[node.code]["unit"]
        return in_words(node, self.scale(node), self.options[node.code], unit, self.lang)

    def of(self, code: str, column: str) -> str:
        """A worded cell of a row in the language, else in another."""
        return translated(self.rows[code], column, self.lang)

    def last_year(self, code: str, agency: str) -> str:
        """The figures that counted a year ago: 45 / 60, the option, or nothing."""
        old = self.links.get(code, "")
        node = self.before.framework.nodes.get(old) if self.before is not None else None
        if self.before is None or node is None or node.children:
            return ""
        counted = on_top(*self.before.answers.counting(old, agency))
        return answered(node, counted, self.before_options[old], self.lang)

    def claimed(self, code: str, agency: str) -> str:
        """The figures an agency claims on a row."""
        given = self.case.answers.claims.get(code, {}).get(agency)
        return answered(self.case.framework.nodes[code], on_top(given, None), self.options[code], self.lang)


def answered(node: Node, cells: Answer, options: Mapping[str, str], lang: str) -> str:
    """An answer as people read it: 45 / 60, 80 %, the words of the option, or nothing."""
    given = dict(zip(ANSWER, cells, strict=True))
    chosen = "; ".join(options.get(o.strip(), o.strip()) for o in given["option"].split(";"))
    if chosen and not {"a", "option"} <= set(node.rule.reads):
        return chosen
    if node.hundred and given["a"]:
        figures = figure(Fraction(given["a"]) / node.hundred, lang, percent=True)
    else:
        figures = " / ".join(figure(Fraction(given[c]), lang) for c in ("a", "b") if given[c])
    said = "; ".join(part for part in (chosen, figures) if part)
    return said or (figure(Fraction(given["points"]), lang) if given["points"] else "")


def options_of(case: Case, code: str, lang: str) -> dict[str, str]:
    """option or part -> what the drop-down says; different options never read alike."""
    rule = case.framework.nodes[code].rule if code in case.framework.nodes else None
    if rule is None or not rule.shares:
        return {}
    mine = case.choices[case.choices["indicator"] == code].to_dict("records")
    words = {row["name"]: name(row, lang) for row in mine}
    words = {n: text(key, lang).capitalize() for n, key in rule.keys.items()} | words
    called = {n: " ".join(words.get(n, n).split())[:LONGEST] for n in rule.names}
    return (
        called
        if len(set(called.values())) == len(called)
        else {n: f"{i}. {w}"[:LONGEST] for i, (n, w) in enumerate(called.items(), 1)}
    )


@dataclass(frozen=True)
class Body:
    """The lines of a form that all who are asked the same have alike.

    cells     without those of one agency alone
    heights   points, of every line
    lines     row -> its first line
    """

    cells: Cells
    heights: Mapping[int, float]
    lines: Mapping[str, int]


def claim_form(words: Wording, to: Recipient) -> Book:
    """The form for claims of one recipient."""
    kept = shown_codes(words.case, to)
    exempt = words.case.answers.exempt
    spared = {code: exempt[code][to.agency] for code in kept if to.agency in exempt.get(code, ())}
    body = body_of(words, words.case.tree_of(to.agency), tuple(kept), frozenset(spared))
    heights = dict(body.heights)
    own = head(words, to, "claim", CLAIM_COLUMNS)
    for code, line in body.lines.items():
        before = words.last_year(code, to.agency)
        small = words.case.framework.nodes[code].source == "reported" and code not in spared
        own[line, BEFORE] = Cell(before, "small" if small else "muted")
        if before:
            heights[line] = max(heights[line], min(TALLEST, height(before, CLAIM_WIDTHS[BEFORE])))
    for code, reason in spared.items():
        if code in body.lines:
            reason = text("sheet.form.exempt", words.lang, reason=reason)
            own[body.lines[code], EXPLANATION] = Cell(reason, "muted")
            heights[body.lines[code]] = max(heights[body.lines[code]], height(reason, CLAIM_WIDTHS[EXPLANATION]))
    main = main_sheet(words, to, "name", {**body.cells.cells, **own}, CLAIM_WIDTHS, heights)
    main = replace(main, issued=(body.cells, Cells(main.title, own)))
    return form_book(words, to, "claim", main, more_documents(words, to, kept))


def body_of(words: Wording, tree: Framework, kept: tuple[str, ...], spared: frozenset[str]) -> Body:
    """The lines of these rows and their sums, made once.

    tree     the index set of those who have these rows
    spared   rows that do not apply
    """
    if (kept, spared) in words.bodies:
        return words.bodies[kept, spared]
    case, lang = words.case, words.lang
    cells: dict[Place, Cell] = {}
    heights: dict[int, float] = {0: 24, TABLE: 44}
    line = TABLE + 1
    lines: dict[str, int] = {}
    sums: dict[str, list[str]] = {}
    branches: list[tuple[str, int]] = []
    straight: list[str] = []
    clamped = False
    can_sum = case.framework.has_points and all(
        case.framework.nodes[c].aggregate in ("arithmetic", SUM) for c in kept if case.framework.nodes[c].children
    )
    for code in kept:
        node = tree.nodes[code]
        here, tall = lines_of(words, node, line, code in spared)
        cells |= here
        heights |= tall
        if node.children and (code in case.framework.tops or node.aggregate == SUM):
            branches.append((code, line))
        if not node.children:
            lines[code] = line
            del cells[line, BEFORE]
        counted = not node.children and here[line, POINTS].style != "muted"  # parts: in the first line
        if counted and node.role != "none" and (code in words.within or (node.role == "score" and node.parent)):
            sums.setdefault(words.within.get(code, words.tops[code]), []).append(at(line, POINTS))
        elif counted and node.role != "none":  # under no branch, or counted by none: straight to the total
            straight.append(at(line, POINTS))
            clamped = clamped or node.role != "score"
        line += len(tall)
    for code in spared & lines.keys():
        del cells[lines[code], EXPLANATION]
    shut = close_live(words, cells, lines, spared)
    if can_sum:
        own_maxima = words.own_maxima(tree, kept, spared)
        for code, place in reversed(branches):
            if sums.get(code):
                parts = [*spans(sums[code]), *shut.get(code, ())]
                live = f"SUM({','.join(parts)})"
                if tree.nodes[code].aggregate == SUM:
                    live = f"MAX(0,MIN({exactly(own_maxima[code])},{live}))"
                cells[place, POINTS] = Cell("", "branch_points", formula=live)
                if code not in tree.tops:
                    sums.setdefault(words.within.get(code, words.above[code]), []).append(at(place, POINTS))
        whole = [at(place, POINTS) for code, place in branches if sums.get(code) and code in tree.tops]
        parts = [f"SUM({','.join(spans(each))})" for each in (whole, straight) if each] + shut.get("", [])
        if parts:
            blank = {c: Cell("", "total") for c in CLAIM_COLUMNS}
            total = {"row": Cell(text("sheet.form.total", lang), "total")}
            live = "+".join(parts)
            if clamped:  # as the index is, once, between nothing and the agency's own maximum
                own = sum((own_maxima.get(code, Fraction(0)) for code in case.framework.tops), Fraction(0))
                live = f"MAX(0,MIN({exactly(own)},{live}))"
            total["points"] = Cell("", "total", formula=live)
            put(cells, line, blank | total)
    words.bodies[kept, spared] = Body(Cells(text("sheet.form.name", lang), cells), heights, lines)
    return words.bodies[kept, spared]


def close_live(
    words: Wording, cells: dict[Place, Cell], lines: Mapping[str, int], spared: Collection[str]
) -> dict[str, list[str]]:
    """Let points that a form works out follow its gates. Points that are typed stay as they are; what is to be taken
    off their sum while a gate is closed is returned, by pillar ("" straight to the total)."""
    off: dict[str, list[str]] = {}
    tree = words.case.framework
    for code in tree.gates:
        gates = live_gates(words, code, lines, spared) if code in lines and code not in spared else []
        if not gates:
            continue
        met = [condition(words, gate, [at(lines[leaf], POINTS) for leaf in leaves], leaves) for gate, leaves in gates]
        place = lines[code], POINTS
        live = cells[place].formula
        if live:
            closed = f'IF(COUNT({live})=0,"",0)'
            cells[place] = replace(cells[place], formula=f"IF(AND({','.join(met)}),{live},{closed})")
        elif cells[place].style != "muted":
            top = words.within.get(code) or ("" if code in tree.tops else words.tops[code])
            off.setdefault(top, []).append(f"{'-' if top else '-1*'}IF(AND({','.join(met)}),0,SUM({at(*place)}))")
    return off


def live_gates(
    words: Wording, code: str, asked: Container[str], spared: Collection[str]
) -> list[tuple[Gate, list[str]]]:
    """The gates before a row that a form can judge from what is typed in it, each with the rows whose points open it.

    Not those on rows that others measure or that look at the group, nor on a branch whose share is not its points.
    """
    tree, settings = words.case.framework, words.case.settings
    found = []
    for gate in tree.gates.get(code, ()):
        below = [leaf for leaf in tree.below(gate.code) if tree.nodes[leaf].scored]
        leaves = [leaf for leaf in below if leaf not in spared]
        nodes = [tree.nodes[leaf] for leaf in leaves]
        plain = all(n.code in asked and n.source == "reported" and not n.rule.group for n in nodes)
        if leaves and plain and (gate.code in leaves or (leaves == below and adds_up(tree, gate, settings.missing))):
            found.append((gate, leaves))
    return found


def adds_up(tree: Framework, gate: Gate, missing: str) -> bool:
    """Whether the points below a branch say by their sum whether it meets a gate."""
    nodes = [tree.nodes[gate.code]]
    for node in nodes:
        nodes += tree.siblings(node.children)
    branches, below = [n for n in nodes if n.children], nodes[1:]
    if not gate.least:
        return all(n.aggregate in ("arithmetic", "best") for n in branches) and all(n.weight for n in below)
    even = tree.has_points and all(n.weight == n.maximum for n in below)
    return even and missing == "zero" and all(n.aggregate == "arithmetic" for n in branches)


def gate_points(words: Wording, gate: Gate, leaves: Sequence[str]) -> Fraction:
    """The points that the rows of a gate need together."""
    return gate.least * sum((words.scale(words.case.framework.nodes[leaf]) for leaf in leaves), Fraction(0))


def condition(words: Wording, gate: Gate, addresses: Sequence[str], leaves: Sequence[str]) -> str:
    """Whether a gate is open, as a spreadsheet asks it: floats are compared to nine decimals."""
    needed = gate_points(words, gate, leaves)
    return f"ROUND(SUM({','.join(spans(addresses))})-({exactly(needed)}),9){'>' if gate.strict else '>='}0"


def appeal_form(words: Wording, to: Recipient) -> Book | None:
    """The verdicts on one recipient's rows, each with its reason, and a place to contest them; None without any."""
    lang = words.lang
    rows, notes = words.verdicts
    mine = rows[(rows["agency"] == to.agency) & rows["final"].notna()]
    mine = mine[[to.asked(code) for code in mine["indicator"]]]
    if mine.empty:
        return None
    cells = head(words, to, "appeal", APPEAL_COLUMNS)
    heights: dict[int, float] = {0: 24, TABLE: 44}
    for line, row in enumerate(mine.to_dict("records"), start=TABLE + 1):
        code = row["indicator"]
        why = [words.reasons.get(row["reason"], row["reason"]), notes.get((to.agency, code), "")]
        why += [text("gate.closed", lang, rows=row["gate"])] if row.get("gate") else []
        contest = text("sheet.form.contest_yes", lang)
        shown = {
            "code": Cell(code, "code"),
            "row": Cell(words.of(code, "name"), "text"),
            "max": Cell("" if absent(row["max_points"]) else maximum(row["max_points"], lang), "points"),
            "claimed": Cell(points(row["claimed"], words), "points"),
            "final": Cell(points(row["final"], words), "points"),
            "reason": Cell(". ".join(w.rstrip(".") for w in why if w), "small"),
            "contest": Cell(
                "", "input_text", name=f"{code}/contest", takes="list", choices=(contest,),
                message=text("sheet.form.contest_message", lang), wrong=text("sheet.form.list_wrong", lang),
            ),
            "grounds": Cell("", "input_text", name=f"{code}/grounds", takes="text"),
            **document_cells(words, code),
        }  # fmt: skip
        put_columns(cells, line, shown, APPEAL_COLUMNS)
        heights[line] = tallest(shown, APPEAL_WIDTHS, APPEAL_COLUMNS)
    main = main_sheet(words, to, "appeal_name", cells, APPEAL_WIDTHS, heights)
    return form_book(words, to, "appeal", main)


def main_sheet(
    words: Wording,
    to: Recipient,
    called: str,
    cells: Mapping[Place, Cell],
    widths: Sequence[float],
    heights: Mapping[int, float],
) -> Sheet:
    """The sheet that is filled in, as it is kept on the screen and printed."""
    settings, lang = words.case.settings, words.lang
    return Sheet(
        text(f"sheet.form.{called}", lang),
        cells,
        widths,
        heights,
        merged=head_merges(len(widths)),
        repeated=(TABLE, TABLE + 1, 2),
        named=(0,),
        header=text("page.sample", lang) if settings.sample else "",
        footer=f"{to.name} · {title(settings.title, lang)}",
    )


def form_book(words: Wording, to: Recipient, stage: str, *sheets: Sheet) -> Book:
    """The sheets of a form, its instructions, and what it says of itself."""
    case, lang = words.case, words.lang
    return Book(
        (*sheets, guide(words, stage)),
        identity(words, to, stage),
        f"{title_of_year(case.settings.title, case.year, lang)} – {to.name}",
        case.settings.points_decimals,
    )


def forms(
    case: Case, before: Case | None, names: Mapping[str, str], stage: str, lang: str
) -> Iterator[tuple[Recipient, Book]]:
    """The form of every recipient, in the order of agencies.csv; under `appeal` of those whose claims were decided.

    before   the year before, for its figures; names: id -> name of owners
    """
    words = Wording(case, before, names, lang)
    people = recipients(case, names, lang)
    if stage == "claim":
        for to in people:
            yield to, claim_form(words, to)
        return
    for to in people:
        book = appeal_form(words, to)
        if book is not None:
            yield to, book


def identity(words: Wording, to: Recipient, stage: str) -> dict[str, str]:
    case = words.case
    return {
        "kind": stage,
        "year": case.year,
        "group": case.group,
        "recipient": to.id,
        "agency": to.agency,
        "lang": words.lang,
    }


def shown_codes(case: Case, to: Recipient) -> list[str]:
    """Rows of the form in reading order: those asked, and the branches above them."""
    tree = case.tree_of(to.agency)
    if to.codes is None and not tree.scoped:
        return list(tree.nodes)
    asked: Iterable[str] = to.codes or ()
    if to.codes is None:
        asked = [node.code for node in tree.leaves if to.agency not in case.answers.absent.get(node.code, ())]
    kept = set(asked)
    for code in asked:
        while code := case.framework.nodes[code].parent:
            kept.add(code)
    return [code for code in case.framework.nodes if code in kept]


def head(words: Wording, to: Recipient, stage: str, columns: Sequence[str]) -> dict[Place, Cell]:
    """The lines above the table, and its head."""
    if stage not in words.heads:
        words.heads[stage] = same_head(words, stage, columns)
    title = text(f"sheet.form.{stage}_title", words.lang, agency=to.name)
    return {**words.heads[stage], (2, 0): Cell(title, "key")}


def same_head(words: Wording, stage: str, columns: Sequence[str]) -> dict[Place, Cell]:
    """The same without the name of one."""
    case, lang = words.case, words.lang
    settings = case.settings
    day = settings.calendar.get("claims_due" if stage == "claim" else "appeals_until") or ""
    cells = {
        (0, 0): Cell(title_of_year(settings.title, case.year, lang), "title"),
        (1, 0): Cell(text("page.sample", lang) if settings.sample else "", "sample"),
        (3, 0): Cell(text(f"sheet.form.{stage}_due", lang, day=date(day, lang)) if day else "", "note"),
        (4, 0): Cell(
            text("sheet.form.decision", lang, decision=settings.decision, day=date(settings.decision_date, lang))
            if settings.decision
            else "",
            "note",
        ),
        (5, 0): Cell(text("sheet.form.sender", lang), "key"),
        (5, 2): Cell(
            "", "input_text", name="submitted_by", takes="text", message=text("sheet.form.sender_message", lang)
        ),
    }
    for i, column in enumerate(columns):
        said = text("page.row" if (stage, column) == ("appeal", "row") else f"sheet.head.{column}", lang)
        cells[TABLE, i] = Cell(said, "head")
    return cells


def head_merges(width: int) -> list[tuple[int, int, int]]:
    wide = [(line, 0, width - 1) for line in range(5)]
    return [*wide, (5, 0, 1), (5, 2, 3)]


def put(cells: dict[Place, Cell], line: int, row: Mapping[str, Cell]) -> None:
    put_columns(cells, line, row, CLAIM_COLUMNS)


def put_columns(cells: dict[Place, Cell], line: int, row: Mapping[str, Cell], columns: Sequence[str]) -> None:
    for i, column in enumerate(columns):
        cells[line, i] = row.get(column, EMPTY)


def branch_cells(words: Wording, node: Node) -> dict[str, Cell]:
    row = {column: Cell("", "branch") for column in CLAIM_COLUMNS}
    row |= {"code": Cell(node.code, "branch"), "row": Cell(words.of(node.code, "name"), "branch")}
    if node.maximum:
        row["max"] = Cell(figure(node.maximum, words.lang), "branch_points")
    return row


def lines_of(words: Wording, node: Node, line: int, spared: bool) -> tuple[dict[Place, Cell], dict[int, float]]:
    """Cells and heights of the lines of one row: one, and for a rule of parts one more per part."""
    if node.children:
        cells, _ = placed([branch_cells(words, node)], line)
        return cells, {line: height(words.of(node.code, "name"), 40)}
    rows = asked_lines(words, node, line)
    if spared:
        return placed([muted(rows[0]) | {"explanation": EMPTY}], line)
    return placed(rows if node.source == "reported" else [muted(row) for row in rows], line)


def placed(rows: Sequence[Mapping[str, Cell]], line: int) -> tuple[dict[Place, Cell], dict[int, float]]:
    """Cells and heights of lines below each other."""
    cells: dict[Place, Cell] = {}
    for place, row in enumerate(rows, start=line):
        put(cells, place, row)
    return cells, {place: tallest(row, CLAIM_WIDTHS) for place, row in enumerate(rows, start=line)}


def asked_lines(words: Wording, node: Node, line: int) -> list[dict[str, Cell]]:
    """The same, of an agency that the row applies to, without its own figures."""
    lang, code, case = words.lang, node.code, words.case
    row = {
        "code": Cell(code, "code"),
        "row": Cell(f"{words.of(code, 'name')}\n{words.methods[code]}", "text"),
        "max": Cell(figure(node.maximum, lang) if node.maximum else "", "points"),
        "figures": Cell(figures(words, node), "small"),
    }
    if node.source != "reported":
        owner = words.rows[code]["verifier"] or words.rows[code]["owner"]
        who = words.owners.get(owner, owner) or text("sheet.form.organiser", lang)
        return [row | {"explanation": Cell(text(f"sheet.form.source_{node.source}", lang, who=who))}]
    a, b, option = (at(line, CLAIM_COLUMNS.index(name)) for name in ("a", "b", "option"))
    rule, scale = node.rule, words.scale(node)
    if "a" in rule.reads or (not rule.reads and words.of(code, "a")):
        row["a"] = figure_cell(words, node, "a", beside=b)
        if node.ratio:
            row["b"] = figure_cell(words, node, "b", beside=a)
    if "option" in rule.reads and not rule.several:
        row["option"] = list_cell(words, f"{code}/option", tuple(words.options[code].values()))
    doubts = hint(node, a, b, option, at(line, POINTS), lang)
    if doubts:
        row["hint"] = Cell("", "hint", formula=doubts)
    explanation = Cell("", "input_text", name=f"{code}/explanation", takes="text")
    row |= {"explanation": explanation, **document_cells(words, code)}
    if rule.several:
        return part_lines(words, node, row, line)
    if "points" in rule.reads:
        cell = number_cell(words, f"{code}/points", "number", text("sheet.form.number_message", lang))
        row["points"] = replace(cell, most=exactly(scale))
    elif rule.group:
        row["points"] = Cell(text("sheet.form.later", lang), "muted")
    else:
        policy = case.settings.zero_over_zero
        live = formula(node, scale, a, b, option, words.options[code], policy, words.row_decimals)
        row["points"] = Cell("", "points", formula=live)
    return [row]


def part_lines(words: Wording, node: Node, row: dict[str, Cell], line: int) -> list[dict[str, Cell]]:
    """A row of parts: its own line with the sum, and a line per part."""
    lang, code, scale = words.lang, node.code, words.scale(node)
    rule = node.rule
    worded = telling(node, scale, words.options[code], "", lang)
    met, unmet = (text(f"sheet.form.{key}", lang) for key in MET)
    first, last = line + 1, line + len(rule.shares)
    span = f"{at(first, POINTS)}:{at(last, POINTS)}"
    whole = rule.points_formula(scale, Places(points=span))
    whole = whole if words.row_decimals is None else f"ROUND({whole},{words.row_decimals})"
    option = CLAIM_COLUMNS.index("option")
    doubts = parts_hint(f"{at(first, option)}:{at(last, option)}", len(rule.shares), lang)
    points = Cell("", "points", formula=f'IF(COUNT({span})=0,"",{whole})')
    lines = [row | {"points": points, "hint": Cell("", "hint", formula=doubts)}]
    for i, ((part, share), called) in enumerate(zip(rule.shares, rule.lines(worded), strict=True)):
        choice = at(first + i, option)
        lines.append(
            {
                "row": Cell(called, "small"),
                "option": list_cell(words, f"{code}/option/{part}", (met, unmet)),
                "points": Cell("", "points", formula=rule.part_formula(share, scale, choice, met, unmet)),
            }
        )
    return lines


def figures(words: Wording, node: Node) -> str:
    """What the two figures are."""
    unit = words.rows[node.code]["unit"]
    said = {c: words.of(node.code, c) for c in ("a", "b")}
    if node.rule.of_previous:
        said["b"] = said["b"] or text("sheet.form.previous", words.lang)
    named = [(c, what) for c, what in said.items() if what]
    alone = unit and unit != "%" and len(named) == 1 and unit not in named[0][1]
    suffix = f" ({unit})" if alone else ""
    return "\n".join(f"{c}: {what}{suffix}" for c, what in named)


def figure_cell(words: Wording, node: Node, column: str, key: str = "", beside: str = "") -> Cell:
    """The input of a figure, held to the kind of its row.

    beside   address of the other figure, where a part must not be larger than its whole
    """
    taken, lang = taking(node), words.lang
    of = "_of" if node.part else ""
    named = node.kind or ("undeclared" if node.hundred else "")
    kind = text(f"sheet.form.kind_{named}{of}", lang) if named else ""
    said = [words.of(node.code, column), kind, "" if node.hundred else text("sheet.form.number_message", lang)]
    cell = number_cell(words, f"{key or node.code}/{column}", taken.takes, ". ".join(part for part in said if part))
    if node.hundred:
        return replace(taken, name=cell.name, message=cell.message, wrong=f"{kind}.")
    least = f'IF({beside}="",0,{beside})' if node.part and beside and column == "b" else ""
    most = f'IF({beside}="",1E+15,{beside})' if node.part and beside and column == "a" else ""
    return replace(cell, wrong=f"{kind}." if kind else cell.wrong, least=least, most=most, hundred=taken.hundred)


def taking(node: Node) -> Cell:
    """What the cell of a figure of this row takes."""
    below = node.rule.signed and not node.ratio and not node.kind
    if node.hundred:  # the cell holds 1 for 100 %; nothing is above it where that is declared
        least, most = ("-1E+15" if below else ""), ("1" if node.kind else "")
        return Cell("", "input_percent", takes="percent", least=least, most=most, hundred=node.hundred)
    takes = "whole" if node.rule.whole or node.kind == "count" else "signed" if below else "number"
    unsaid = not node.kind and not node.ratio and node.rule.marks
    return Cell("", "input", takes=takes, hundred=-1 if unsaid else 0)


def number_cell(words: Wording, name: str, takes: str, message: str) -> Cell:
    wrong = text(f"sheet.form.{'whole' if takes == 'whole' else 'number'}_wrong", words.lang)
    return Cell("", "input", name=name, takes=takes, message=message, wrong=wrong)


def list_cell(words: Wording, name: str, choices: tuple[str, ...]) -> Cell:
    lang = words.lang
    return Cell(
        "", "input_text", name=name, takes="list", choices=choices,
        message=text("sheet.form.list_message", lang), wrong=text("sheet.form.list_wrong", lang),
    )  # fmt: skip


def document_cells(words: Wording, name: str) -> dict[str, Cell]:
    """The columns of one document; which one the row asks for is said when the first is selected."""
    lang = words.lang
    asked = words.rows[name][EVIDENCE] if name in words.rows else ""
    cells = {c: Cell("", "input_text", name=f"{name}/{c}", takes="text") for c in DOCUMENT}
    if asked:
        asked = text("sheet.form.evidence_message", lang, evidence=asked)
        cells["number"] = Cell("", "input_text", name=f"{name}/number", takes="text", message=asked)
    cells["issued_on"] = Cell(
        "", "input_date", name=f"{name}/issued_on", takes="date", message=text("sheet.form.date_message", lang),
        wrong=text("sheet.form.date_wrong", lang),
    )  # fmt: skip
    return cells


def muted(row: Mapping[str, Cell]) -> dict[str, Cell]:
    return {column: Cell(row[column].value if column in row else "", "muted") for column in CLAIM_COLUMNS}


def more_documents(words: Wording, to: Recipient, codes: Iterable[str]) -> Sheet:
    """Lines for a second and third document of a row."""
    lang, case, codes = words.lang, words.case, tuple(codes)
    if codes in words.more:
        return replace(words.more[codes], footer=to.name)
    nodes = [case.framework.nodes[code] for code in codes]
    asked = tuple(n.code for n in nodes if not n.children and n.source == "reported" and to.asked(n.code))
    columns = ("code", *DOCUMENT)
    cells: dict[Place, Cell] = {(0, 0): Cell(text("sheet.form.more_note", lang), "note")}
    for i, column in enumerate(columns):
        cells[1, i] = Cell(text(f"sheet.head.{column}", lang), "head")
    for n in range(1, MORE + 1):
        row = {"code": list_cell(words, f"more/{n}/code", asked), **document_cells(words, f"more/{n}")}
        put_columns(cells, n + 1, row, columns)
    called = text("sheet.form.more_name", lang)
    words.more[codes] = Sheet(
        called, cells, (10, 22, 60, 13, 34, 34), {0: 32, 1: 30},
        merged=[(0, 0, len(columns) - 1)], repeated=(1, 2, 1), footer=to.name, issued=(Cells(called, cells),),
    )  # fmt: skip
    return words.more[codes]


def guide(words: Wording, stage: str) -> Sheet:
    """How to fill the form in."""
    lang = words.lang
    if stage in words.guides:
        return words.guides[stage]
    lines = text(f"sheet.form.{stage}_guide", lang).strip().split("\n")
    cells = {(0, 0): Cell(text("sheet.form.guide_name", lang), "title")}
    cells |= {(i, 0): Cell(line, "note") for i, line in enumerate(lines, start=2)}
    heights = {0: 24.0} | {i: height(line, GUIDE - 4) for i, line in enumerate(lines, start=2)}
    title = text("sheet.form.guide_name", lang)
    words.guides[stage] = Sheet(title, cells, (GUIDE,), heights, wide=False, issued=(Cells(title, cells),))
    return words.guides[stage]


def points(x: float, words: Wording) -> str:
    return "" if absent(x) else number(x, words.lang, words.case.settings.points_decimals)


def spans(addresses: Sequence[str]) -> list[str]:
    """Addresses of one column, neighbours as one range, so that a long sum stays within a formula's arguments."""
    rows = [int("".join(c for c in a if c.isdigit())) for a in addresses]
    column = "".join(c for c in addresses[0] if c.isalpha())
    found: list[list[int]] = []
    for row in rows:
        if found and row == found[-1][1] + 1:
            found[-1][1] = row
        else:
            found.append([row, row])
    return [f"{column}{a}" if a == b else f"{column}{a}:{column}{b}" for a, b in found]


@lru_cache(maxsize=1 << 14)
def height(words: str, width: float) -> float:
    """Points a text needs in a column of so many characters."""
    lines = sum(max(1, -(-len(part) // max(int(width * LETTERS), 1))) for part in words.split("\n"))
    return max(18.0, 15.0 * lines + 3)


def tallest(row: Mapping[str, Cell], widths: Sequence[float], columns: Sequence[str] = CLAIM_COLUMNS) -> float:
    return min(TALLEST, max(height(str(row[c].value), w) for c, w in zip(columns, widths, strict=True) if c in row))
