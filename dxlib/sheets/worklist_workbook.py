"""What to decide next, as a workbook: a sheet per verifier with the claims and their documents, one with the appeals,
and a place for every verdict."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from numpy.random import default_rng

from .. import verify
from ..case import Case
from ..case.answered import Cells as Answer
from ..case.answered import on_top, steps_of
from ..case.tables import rows_of
from ..index import evaluate
from ..show import labels
from ..verify.flagging import FLAGS
from ..verify.points_ledger import CELL, in_points, row_maxima, values_of, worth
from ..verify.risk_assessment import PARTS
from ..verify.undecided import SOURCES
from ..words import agencies, title_of_year
from ..words import text as say
from .book import Book, Cell, Sheet, titles
from .form import Wording, answered, figure_cell, list_cell, number_cell, points, put_columns, tallest, text_cell
from .method import figure

CAPACITY, SEED = 60, 20220101  # as the notebook on verification has them
APPEAL = "appeal"  # the stage of a verdict that decides an appeal, and the sheet of the appeals
VERDICT = ("decision", "a", "b", "option", "points", "reason", "note")
CLAIM = ("agency", "code", "row", "max", "claimed", "figures")
COLUMNS = {"verify": (*CLAIM, "papers", "why", *VERDICT), APPEAL: (*CLAIM, "verdict", "grounds", "papers", *VERDICT)}
WIDTHS = {
    "verify": (20, 6, 30, 8, 9, 18, 24, 18, 11, 8, 8, 15, 8, 20, 22),
    APPEAL: (18, 6, 26, 8, 9, 15, 28, 28, 20, 12, 8, 8, 14, 8, 18, 18),
}
HEAD = 5
NO_COPIES: Mapping[tuple[str, str], str] = MappingProxyType({})
DECISIONS = {"verify": ("accept", "change"), APPEAL: ("keep", "change")}


class Item(NamedTuple):
    """One open item to decide: what it waits for (see `verify.open_items`), the step its verdict will be, why it was
    chosen (risk, random, points), its flags, the points at risk."""

    agency: str
    code: str
    kind: str
    part: str
    flags: str
    step: int
    risk: float

    @property
    def stage(self) -> str:
        return APPEAL if self.kind == "appealed" else "verify"


def items(case: Case, before: Case | None, capacity: int = CAPACITY, seed: int = SEED) -> list[Item]:
    """The open items to decide next.

    capacity   how many claims are taken by risk; seed: of the random part and of the draw in proportion to points

    The same choice as on the page on verification. Source: `verify.worklist`.
    """
    scored = verify.scores(case)
    ledger = verify.ledger(case, scored)
    past = verify.history(case, before)
    by_agency, _ = verify.deviation(case, scored)
    flags = verify.flags(case, ledger, by_agency, past, default_rng(seed), scored)
    chosen = verify.choose(verify.risk(ledger, past, flags), capacity, default_rng(seed))
    listed = verify.worklist(verify.open_items(case, scored), chosen, capacity)
    columns = (*CELL, "kind", "part", "red_flags", "steps", "risk")
    return [Item(a, c, k, p, red, steps + 1, round(r, 6)) for a, c, k, p, red, steps, r in rows_of(listed, *columns)]


def items_of_identity(identity: Mapping[str, str]) -> list[Item] | None:
    """The items a returned worklist says it holds; None where that cannot be read."""
    try:
        found = [Item(*json.loads(value)) for key, value in identity.items() if key.startswith("item/")]
    except (TypeError, ValueError, RecursionError):
        return None
    good = all(
        all(isinstance(x, str) and x.isprintable() for x in item[:5])
        and isinstance(item.step, int)
        and isinstance(item.risk, int | float)
        for item in found
    )
    apart = good and len({(item.agency, item.code, item.step) for item in found}) == len(found)
    return found if apart else None


class Standing:
    """What stands about the items of a worklist, each before the verdict that is asked for: claims, documents, verdicts
    and grounds, by agency and row."""

    def __init__(self, words: Wording):
        case = words.case
        self.words, self.case, self.maxima = words, case, row_maxima(case)
        self.claimed = evaluate(case, "claimed")
        self.place = {agency: i for i, agency in enumerate(self.claimed.agencies)}
        self.agencies = agencies(case.agencies.to_dict("records"), words.lang)
        self.grounds = {(a, c): grounds for a, c, grounds in rows_of(case.tables["appeals"], *CELL, "grounds")}
        self.papers: dict[tuple[str, str], list[str]] = {}
        for agency, code, number, title, file in rows_of(case.tables["evidence"], *CELL, "number", "title", "file"):
            self.papers.setdefault((agency, code), []).append(" – ".join(p for p in (number, title) if p) or file)
        self.verdicts: dict[tuple[str, str], list[dict[str, str]]] = {}
        for verdict in case.tables["verdicts"].to_dict("records"):
            self.verdicts.setdefault((verdict["agency"], verdict["indicator"]), []).append(verdict)
        self.steps: dict[tuple[str, str], list[Answer]] = {}
        for step in steps_of(case.tables["verdicts"], case.framework):
            self.steps.setdefault((step.agency, step.code), []).append(step.cells)

    def holds(self, item: Item) -> bool:
        """Whether there is such an item: a claim, or a verdict that is contested."""
        cell = (item.agency, item.code)
        steps = len(self.verdicts.get(cell, ()))
        contested = item.stage == APPEAL and cell in self.grounds and item.step > 1
        claimed = item.stage != APPEAL and (steps or item.agency in self.case.answers.claims.get(item.code, ()))
        return bool(item.kind in SOURCES and (contested or claimed) and 1 <= item.step <= steps + 1)

    def claim(self, item: Item) -> str:
        """Points claimed."""
        share = worth(values_of(self.claimed, item.code), self.place[item.agency], self.maxima.get(item.code))
        return points(share, self.words)

    def verdict(self, item: Item) -> str:
        """The verdict before this: points (where no other's verdict moves them), figures, reason, who."""
        words, code = self.words, item.code
        last = self.verdicts[item.agency, code][item.step - 2]
        cells = self.steps[item.agency, code][item.step - 2]
        claim, _ = self.case.answers.counting(code, item.agency)
        share = self.case.answers.readers[code](claim, cells)[1]
        found = points(in_points(share, self.maxima.get(code)), words)
        said = say("sheet.worklist.verdict_points", words.lang, points=found) if found else ""
        figures = answered(words.case.framework.nodes[code], on_top(claim, cells), words.options[code], words.lang)
        why = (words.reasons.get(last["reason"], last["reason"]), last["note"], last["decided_by"])
        return "\n".join(dict.fromkeys(part for part in (said, figures, *why) if part))


def worklist_book(
    words: Wording, listed: Sequence[Item], copies: Mapping[tuple[str, str], str] = NO_COPIES
) -> Book | None:
    """The workbook of these items, a sheet per verifier and one of the appeals; None without any, or where one is no
    item of the case.

    copies   (agency, code) -> the harmless copy of the form that it was claimed in; noted at the item, where no answer
             and no locked cell is
    """
    case, lang, standing = words.case, words.lang, Standing(words)
    if not listed or not all(standing.holds(item) for item in listed):
        return None
    sheets: dict[tuple[bool, str], list[Item]] = {}
    for item in listed:
        verifier = "" if item.stage == APPEAL else words.rows[item.code]["verifier"]
        sheets.setdefault((item.stage == APPEAL, verifier), []).append(item)
    parts = sorted(sheets.items())
    anybody = [
        say("sheet.worklist.appeals" if appeals else "sheet.worklist.anybody", lang) for (appeals, _), _ in parts
    ]
    named = titles(verifier or called for ((_, verifier), _), called in zip(parts, anybody, strict=True))
    made = tuple(
        sheet_of(standing, mine, verifier, title, copies)
        for ((_, verifier), mine), title in zip(parts, named, strict=True)
    )
    identity = {"kind": "worklist", "year": case.year, "group": case.group, "recipient": "", "agency": "", "lang": lang}
    identity |= {f"item/{i}": json.dumps(item, ensure_ascii=False) for i, item in enumerate(listed, start=1)}
    return Book(made, identity, say("sheet.worklist.book", lang))


def sheet_of(
    standing: Standing, mine: Sequence[Item], verifier: str, title: str, copies: Mapping[tuple[str, str], str]
) -> Sheet:
    """The lines of one verifier, or the appeals."""
    words, lang, stage = standing.words, standing.words.lang, mine[0].stage
    settings, columns, widths = words.case.settings, COLUMNS[stage], WIDTHS[stage]
    anybody = say("sheet.worklist.appeals" if stage == APPEAL else "sheet.worklist.anybody", lang)
    called = words.owners.get(verifier, verifier) or anybody
    cells = {
        (0, 0): Cell(title_of_year(settings.title, words.case.year, lang), "title"),
        (1, 0): Cell(say("page.sample", lang) if settings.sample else "", "sample"),
        (2, 0): Cell(say(f"sheet.worklist.{stage}_title", lang, verifier=called), "key"),
        (3, 0): Cell(say(f"sheet.worklist.{stage}_guide", lang), "note"),
        (4, 0): Cell(say(f"sheet.worklist.{stage}_by", lang), "key"),
        (4, 2): text_cell(by(stage, verifier), say(f"sheet.worklist.{stage}_by_message", lang)),
    }
    for i, column in enumerate(columns):
        cells[HEAD, i] = Cell(say(f"sheet.worklist.{column}", lang), "head")
    heights: dict[int, float] = {0: 24, 3: 34, 4: 34, HEAD: 34}
    for line, item in enumerate(mine, start=HEAD + 1):
        row = item_cells(standing, item)
        if copy := copies.get((item.agency, item.code)):
            row["agency"] = replace(row["agency"], comment=say("sheet.worklist.copy", lang, file=copy))
        put_columns(cells, line, row, columns)
        heights[line] = tallest(row, widths, columns)
    return Sheet(
        title,
        cells,
        widths,
        heights,
        merged=[(line, 0, len(columns) - 1) for line in range(4)],
        repeated=(HEAD, HEAD + 1, 2),
        named=(0, 1),
        header=say("page.internal", lang),
        footer=called,
    )


def by(stage: str, verifier: str) -> str:
    """The name of the input that says who decided the lines of a sheet."""
    return f"{APPEAL if stage == APPEAL else f'by/{verifier}'}/decided_by"


def item_cells(standing: Standing, item: Item) -> dict[str, Cell]:
    """One line: the claim as it stands, why it is here or what is contested, and the inputs of the verdict."""
    words, code, cell = standing.words, item.code, (item.agency, item.code)
    case, lang = words.case, words.lang
    node, key = case.framework.nodes[code], f"{item.agency}/{item.code}"
    row = {
        "agency": Cell(standing.agencies[item.agency], "text"),
        "code": Cell(code, "code"),
        "row": Cell(words.of(code, "name"), "text"),
        "max": Cell(figure(node.maximum, lang) if node.maximum else "", "points"),
        "claimed": Cell(standing.claim(item), "points"),
        "figures": Cell(words.claimed(code, item.agency), "small"),
        "papers": Cell("\n".join(standing.papers.get(cell, ())), "small"),
        "decision": list_cell(words, f"{key}/decision", decisions(item.stage, lang)),
        "points": number_cell(words, f"{key}/points", "signed", say("sheet.worklist.points_message", lang)),
        "reason": list_cell(words, f"{key}/reason", tuple(words.reasons.values())),
        "note": text_cell(f"{key}/note"),
    }
    if item.stage == APPEAL:
        row |= {"verdict": Cell(standing.verdict(item), "small"), "grounds": Cell(standing.grounds[cell], "small")}
    else:
        flags = [say(f"flag.{flag}.name", lang) for flag in item.flags.split(";") if flag in FLAGS]
        why = [say(f"sheet.worklist.part_{item.part}", lang)] if item.part in PARTS[:-1] else []
        if item.kind != "unverified":
            changed = case.answers.changes.get(code, {}).get(item.agency, {})
            why = [say(f"verification.kind.{item.kind}", lang), *labels.changes(changed, lang)]
        row["why"] = Cell("; ".join([*why, *flags, *labels.gate_words(case, code, lang)]), "small")
    if "a" in node.rule.reads:
        row |= {c: figure_cell(words, node, c, key) for c in (("a", "b") if node.ratio else ("a",))}
    if node.rule.several:
        message = say("sheet.worklist.parts_message", lang, parts="; ".join(node.rule.names))
        row["option"] = text_cell(f"{key}/option", message)
    elif "option" in node.rule.reads:
        row["option"] = list_cell(words, f"{key}/option", tuple(words.options[code].values()))
    return row


def decisions(stage: str, lang: str) -> tuple[str, ...]:
    """What may be decided: to leave what stands, or to change it."""
    return tuple(say(f"sheet.worklist.{decision}", lang) for decision in DECISIONS[stage])
