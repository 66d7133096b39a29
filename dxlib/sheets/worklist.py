"""What to verify first, as a workbook: a sheet per verifier, each claim with its documents, a place for the verdict."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from numpy.random import default_rng

from .. import verify
from ..case import Case
from ..case.tables import rows_of
from ..index import evaluate
from ..rules import Options, Parts
from ..verify.flags import FLAGS
from ..verify.ledger import values_of, worth
from ..words import name, title_of_year
from ..words import text as say
from .book import Book, Cell, Sheet
from .form import Wording, figure_cell, number_cell, points, put_columns, tallest
from .method import figure

CAPACITY, SEED = 60, 20220101  # as the notebook on verification has them
COLUMNS = (
    *("agency", "code", "row", "max", "claimed", "figures", "papers", "why"),
    *("decision", "a", "b", "option", "points", "reason", "note"),
)
WIDTHS = (20, 6, 30, 8, 9, 18, 24, 18, 11, 8, 8, 15, 8, 20, 22)
HEAD = 5
DECISIONS = ("accept", "change")


class Item(NamedTuple):
    """One claim to verify: why it was chosen (risk, random, points), its flags, the points at risk."""

    agency: str
    code: str
    part: str
    flags: str
    risk: float


def items(case: Case, before: Case | None, capacity: int = CAPACITY, seed: int = SEED) -> list[Item]:
    """The claims that were chosen and have no verdict yet, the riskiest first.

    capacity   how many are taken by risk; seed: of the random part and of the draw in proportion to points

    The same choice as on the page on verification. Source: `verify.risk` and `verify.choose`.
    """
    told = verify.scores(case)
    ledger = verify.ledger(case, told)
    past = verify.history(case, before)
    by_agency, _ = verify.deviation(case, told)
    flags = verify.flags(case, ledger, by_agency, past, default_rng(seed), told)
    chosen = verify.choose(verify.risk(ledger, past, flags), capacity, default_rng(seed))
    left = chosen[(chosen["part"] != "rest") & (chosen["state"] == "open")]
    left = left.sort_values(["risk", "agency", "indicator"], ascending=[False, True, True], kind="stable")
    columns = ("agency", "indicator", "part", "red_flags", "risk")
    return [Item(a, c, part, red, round(risk, 6)) for a, c, part, red, risk in rows_of(left, *columns)]


def told_items(identity: Mapping[str, str]) -> list[Item] | None:
    """The items a returned worklist says it holds; None where that cannot be read."""
    try:
        found = [Item(*json.loads(value)) for key, value in identity.items() if key.startswith("item/")]
    except (TypeError, ValueError, RecursionError):
        return None
    good = all(isinstance(x, str) for item in found for x in item[:4]) and all(
        isinstance(item.risk, int | float) for item in found
    )
    return found if good else None


def worklist_book(words: Wording, listed: Sequence[Item]) -> Book | None:
    """The workbook of these items, a sheet per verifier; None without any, or where one is no claim of the case."""
    case, lang = words.case, words.lang
    known = {(a, c) for c, row in case.answers.claims.items() for a in row}
    if not listed or any((i.agency, i.code) not in known for i in listed):
        return None
    of_verifier: dict[str, list[Item]] = {}
    for item in listed:
        of_verifier.setdefault(words.rows[item.code]["verifier"], []).append(item)
    exact = evaluate(case, "claimed")
    place = {agency: i for i, agency in enumerate(exact.agencies)}
    agencies = {row["agency"]: name(row, lang) for row in case.agencies.to_dict("records")}
    papers: dict[tuple[str, str], list[str]] = {}
    for agency, code, number, title, file in rows_of(
        case.tables["evidence"], "agency", "indicator", "number", "title", "file"
    ):
        papers.setdefault((agency, code), []).append(" – ".join(p for p in (number, title) if p) or file)
    sheets = []
    for verifier, mine in sorted(of_verifier.items()):
        called = words.owners.get(verifier, verifier) or say("sheet.worklist.anybody", lang)
        cells = {
            (0, 0): Cell(title_of_year(case.settings.title, case.year, lang), "title"),
            (1, 0): Cell(say("page.sample", lang) if case.settings.sample else "", "sample"),
            (2, 0): Cell(say("sheet.worklist.title", lang, verifier=called), "key"),
            (3, 0): Cell(say("sheet.worklist.guide", lang), "note"),
        }
        cells[4, 0] = Cell(say("sheet.worklist.by", lang), "key")
        message = say("sheet.form.sender_message", lang)
        cells[4, 2] = Cell("", "input_text", name=f"by/{verifier}", takes="text", message=message)
        for i, column in enumerate(COLUMNS):
            cells[HEAD, i] = Cell(say(f"sheet.worklist.{column}", lang), "head")
        heights: dict[int, float] = {0: 24, 3: 34, 4: 34, HEAD: 34}
        for line, item in enumerate(mine, start=HEAD + 1):
            share = worth(values_of(exact, item.code), place[item.agency], case.framework.nodes[item.code].maximum)
            row = item_cells(words, item, agencies[item.agency], share, papers.get((item.agency, item.code), []))
            put_columns(cells, line, row, COLUMNS)
            heights[line] = tallest(row, WIDTHS, COLUMNS)
        sheets.append(
            Sheet(
                (verifier or say("sheet.worklist.anybody", lang))[:31],
                cells,
                WIDTHS,
                heights,
                merged=[(line, 0, len(COLUMNS) - 1) for line in range(4)],
                repeated=(HEAD, HEAD + 1, 2),
                named=(0, 1),
                header=say("page.internal", lang),
                footer=called,
            )
        )
    identity = {"kind": "worklist", "year": case.year, "group": case.group, "recipient": "", "agency": "", "lang": lang}
    identity |= {f"item/{i}": json.dumps(item, ensure_ascii=False) for i, item in enumerate(listed, start=1)}
    return Book(tuple(sheets), identity, say("sheet.worklist.book", lang))


def item_cells(words: Wording, item: Item, agency: str, claimed: float, papers: Sequence[str]) -> dict[str, Cell]:
    """One line: the claim as it stands, why it was chosen, and the inputs of the verdict."""
    case, lang, code = words.case, words.lang, item.code
    node, key = case.framework.nodes[code], f"{item.agency}/{item.code}"
    flags = [say(f"flag.{flag}.name", lang) for flag in item.flags.split(";") if flag in FLAGS]
    why = [say(f"sheet.worklist.part_{item.part}", lang)] if item.part in ("risk", "random", "points") else []
    choices = tuple(say(f"sheet.worklist.{decision}", lang) for decision in DECISIONS)
    wrong = say("sheet.form.list_wrong", lang)

    def listed(column: str, among: tuple[str, ...]) -> Cell:
        message = say("sheet.form.list_message", lang)
        return Cell("", "input_text", name=f"{key}/{column}", takes="list", choices=among, message=message, wrong=wrong)

    row = {
        "agency": Cell(agency, "text"),
        "code": Cell(code, "code"),
        "row": Cell(words.of(code, "name"), "text"),
        "max": Cell(figure(node.maximum, lang) if node.maximum else "", "points"),
        "claimed": Cell(points(claimed, words), "points"),
        "figures": Cell(words.claimed(code, item.agency), "small"),
        "papers": Cell("\n".join(papers), "small"),
        "why": Cell("; ".join([*why, *flags]), "small"),
        "decision": listed("decision", choices),
        "points": number_cell(words, f"{key}/points", "signed", say("sheet.worklist.points_message", lang)),
        "reason": listed("reason", tuple(words.reasons.values())),
        "note": Cell("", "input_text", name=f"{key}/note", takes="text"),
    }
    if node.rule.takes == "number":
        row |= {c: figure_cell(words, node, c, key) for c in (("a", "b") if node.ratio else ("a",))}
    if isinstance(node.rule, Parts):
        message = say("sheet.worklist.parts_message", lang, parts="; ".join(node.rule.names))
        row["option"] = Cell("", "input_text", name=f"{key}/option", takes="text", message=message)
    elif isinstance(node.rule, Options):
        row["option"] = listed("option", tuple(words.options[code].values()))
    return row
