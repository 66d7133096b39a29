"""What things are called on a page: agencies, rows, classes, where a figure comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

import pandas as pd

from .. import words
from ..case import Case
from ..case.classes import KEYS, Class
from ..case.conditions import Condition
from ..case.framework import Gate
from ..index.values import basis
from ..words import NOTHING, absent, name, number, percent, text, title, title_of_year
from .blocks import Cell, Column


def agencies(case: Case, lang: str, *before: Case) -> dict[str, str]:
    """agency -> its name; where a page lists those of earlier years too, theirs."""
    return words.agencies([row for each in (*before, case) for row in each.agencies.to_dict("records")], lang)


def rows(case: Case, lang: str) -> dict[str, str]:
    """code -> name of every row of the index set, with its number where it is numbered."""
    found = {}
    for row in case.indicators.to_dict("records"):
        called = name(row, lang)
        numbered = row["code"][0].isdigit() and called != row["code"]
        found[row["code"]] = f"{row['code']}. {called}" if numbered else called
    return found


def own_rows(case: Case, lang: str) -> str:
    """Which rows only some lists have, and how own maxima differ; "" where all have all."""
    tree, called = case.framework, rows(case, lang)
    if not tree.scoped:
        return ""
    named = [f"{called[code]} ({'; '.join(node.scope)})" for code, node in tree.nodes.items() if node.scope]
    most = {scope: tree.own((scope,)).total for scope in sorted(set(case.scopes.values()))} if tree.has_points else {}
    nobody = text("report.limit.own_rows_none", lang)
    maxima = "; ".join(f"{scope or nobody}: {maximum(whole, lang)}" for scope, whole in most.items())
    return joined(
        text("report.limit.own_rows", lang, rows="; ".join(named)),
        text("report.limit.own_rows_maxima", lang, list=maxima) if len(set(most.values())) > 1 else "",
    )


def moved(case: Case, lang: str, agency: str = "") -> str:
    """Who changed its list during the period, from where and when; of one agency, or of all; "" for nobody."""
    called, nobody = agencies(case, lang), text("report.limit.own_rows_none", lang)
    said = [
        text(
            "report.limit.moved",
            lang,
            who=called[row["agency"]],
            before=row["scope_before"],
            scope=row["scope"] or nobody,
            day=words.date(row["scope_from"], lang),
        )
        for row in case.tables["agencies"].to_dict("records")
        if row["scope_before"] and agency in ("", row["agency"])
    ]
    return " ".join(said)


def classes(case: Case, lang: str) -> dict[int, str]:
    """1-based position -> name of the class."""
    return {i: title(c.name, lang) for i, c in enumerate(case.settings.classes, start=1)}


def points(x: Any, case: Case, lang: str) -> str:
    """Points as printed."""
    return number(x, lang, case.settings.points_decimals)


def as_points(case: Case, lang: str) -> Callable[[Any], str]:
    """`points` of one case in one language."""
    return lambda x: points(x, case, lang)


def maximum(x: Any, lang: str) -> str:
    """Maximum points as written, with as many decimals as they have."""
    places = 0 if absent(x) else next((p for p in range(12) if (Fraction(repr(float(x))) * 10**p).denominator == 1), 12)
    return number(x, lang, places)


def class_edge(c: Class, lang: str) -> str:
    """Where a class begins, in words, and what else it asks."""
    if c.within is not None:
        key, edge = "within" if c.includes_cut else "nearer", share(c.within, lang, 1)
    else:
        key, edge = "from" if c.includes_cut else "above", share(c.cut, lang, 1)
    begins = text(f"policy.class.{key}" if c.within or c.cut else "policy.class.rest", lang, cut=edge)
    return "; ".join([begins, *(asked(key, value, lang) for key, value in c.asks.items())])


def asked(key: str, value: Any, lang: str) -> str:
    """One thing that a class asks besides its edge."""
    if KEYS[key].get("enum"):
        return text(f"policy.class.{key}.{value}", lang)
    return text(f"policy.class.{key}", lang, value=share(value, lang, 1) if isinstance(value, Fraction) else value)


def condition(case: Case, one: Condition, lang: str) -> str:
    """What a condition on the class says."""
    called, either = rows(case, lang), text("policy.condition.any", lang)
    if one.option:
        what = text("policy.condition.option", lang, list=either.join(one.options))
    else:
        (key, edge), *_ = one.bounds
        said = percent(edge, lang, 1) if one.shared else maximum(edge, lang)
        what = text(f"policy.condition.{one.of}.{key}", lang, edge=said)
    facts = {"rows": either.join(called[code] for code in one.rows), "label": class_at(case, one.highest, lang)}
    return text("policy.condition.says", lang, what=what, **facts)


def class_at(case: Case, named: str, lang: str) -> str:
    """The name of a class in the language, from its name in any."""
    place = case.settings.classes.place(named)
    return classes(case, lang)[place] if place else named


def held(case: Case, row: Any, lang: str) -> str:
    """Why the class of an index row is not that of its points, or how a tie at a quota was decided; "" for nothing.

    row   of the tidy table
    """
    reasons = row.get("class_reason") or ""
    if not reasons:
        return ""
    bands, known = classes(case, lang), case.settings.classes
    said = []
    for kind, n in (part.split("-") for part in reasons.split(";")):
        if kind == "condition":
            one = known.conditions[int(n) - 1]
            facts = {"reason": title(one.name, lang), "label": class_at(case, one.highest, lang)}
            said.append(text("class_reason.condition", lang, **facts))
            continue
        limited = known[int(n) - 1]
        facts = {"label": bands[int(n)], "share": share(limited.quota, lang, 1)}
        facts["row"] = rows(case, lang)[limited.quota_row] if limited.quota_row else ""
        key = "class_reason.quota" if kind == "quota" else f"class_reason.tie.{limited.quota_ties}"
        said.append(text(key, lang, **facts))
    together = "; ".join(said)
    if row["class"] == row["class_by_cut"]:
        return together
    return text("class_reason.held", lang, label=bands[row["class_by_cut"]], list=together)


def gate(one: Gate, row: str, lang: str) -> str:
    """When a row behind a gate is scored, in words.  row: what the row of the gate is called"""
    key = "least" if not one.strict else "above" if one.least else "any"
    exact = one.least * 100
    places = next((p for p in range(5) if (exact * 10**p).denominator == 1), None)
    least = str(one.least) if places is None else percent(one.least, lang, places)
    return text(f"gate.{key}", lang, row=row, share=least)


def gate_words(case: Case, code: str, lang: str) -> list[str]:
    """The gates before a row, and which rows it is a gate of."""
    tree = case.framework
    if not tree.gates:
        return []
    named = rows(case, lang)
    every = {one.at: one for gates in tree.gates.values() for one in gates}
    before = [gate(one, named[one.code], lang) for one in tree.gates.get(code, ())]
    behind = [one.at for one in every.values() if code in tree.below(one.code)]
    return [*before, *([text("gate.opens", lang, rows=", ".join(behind))] if behind else [])]


def gates(case: Case, lang: str) -> str:
    """All gates of an index set in one sentence; nothing where there are none."""
    every = {one.at: one for found in case.framework.gates.values() for one in found}
    said = [text("gate.one", lang, row=one.at, condition=gate(one, one.code, lang)) for one in every.values()]
    return text("gate.listed", lang, list="; ".join(said)) if said else ""


def share(x: Any, lang: str, decimals: int = 2) -> str:
    return percent(x, lang, decimals)


def source(case: Case, lang: str, on: str | None = None) -> str:
    """The line under a figure: which data, which basis."""
    key = basis(case, on) if case.has_claims else "measured"
    return text(
        "page.source",
        lang,
        title=title_of_year(case.settings.title, case.year, lang),
        basis=text(f"page.basis.{key}", lang),
    )


def made(case: Case, lang: str, *functions: str, on: str | None = None) -> str:
    """The line under a figure, with the functions that made it."""
    return text("page.made", lang, source=source(case, lang, on), functions=", ".join(functions))


def changes(changed: Mapping[str, tuple[str, str]], lang: str) -> list[str]:
    """What is another now than when it was judged (`case.answered.Answers.changes`)."""
    found = []
    for column, (then, now) in changed.items():
        if column == "evidence":
            was, here = (set(one.split(";")) - {"-", ""} for one in (then, now))
            counts = {"came": len(here - was), "went": len(was - here)}
            found += [text(f"page.changed.{key}", lang, n=number(n, lang)) for key, n in counts.items() if n]
        else:
            cells = {"column": text(f"page.changed.{column}", lang), "then": then or NOTHING, "now": now or NOTHING}
            found.append(text("page.changed.cell", lang, **cells))
    return found


def shown_of(shown: int, whole: int, lang: str) -> str:
    """How many rows of how many; nothing where all are shown."""
    return text("page.shown", lang, shown=number(shown, lang), all=number(whole, lang)) if shown < whole else ""


def still_open(waiting: pd.DataFrame, lang: str) -> str:
    """How many items are open, and for what.  waiting: from `verify.open_items`"""
    if waiting.empty:
        return text("open.none", lang)
    kinds = waiting["kind"].value_counts().sort_index()
    listed = "; ".join(text(f"open.of.{kind}", lang, n=number(n, lang)) for kind, n in kinds.items())
    idle = int((~waiting["counts"]).sum())
    return joined(
        text("open.some", lang, n=number(len(waiting), lang), list=listed),
        text("open.idle", lang, n=number(idle, lang)) if idle else "",
    )


def joined(*notes: str) -> str:
    """Notes in one, without the empty ones."""
    return " ".join(note for note in notes if note)


def yes(x: Any, lang: str) -> str:
    """A truth value in words; "–" where it is not known."""
    return NOTHING if x is None or pd.isna(x) else text(f"page.{'yes' if x else 'no'}", lang)


def agency(case: Case, lang: str, kind: str = "name") -> Column:
    """The column that names the agency of each row."""
    named = agencies(case, lang)
    return Column(text("page.agency", lang), kind, lambda row: named[row["agency"]])


def indicator(case: Case, lang: str, key: str = "node", kind: str = "name") -> Column:
    """The column that names the row of the index set whose code stands under the key."""
    named = rows(case, lang)
    return Column(text("page.row", lang), kind, lambda row: named[row[key]])


def numbers(
    page: str, keys: Iterable[str], lang: str, write: Callable[[Any], str | Cell] | None = None
) -> list[Column]:
    """Columns of numbers, headed by the page's words; `write` makes a cell of what a row holds under the key."""

    def cell(key: str) -> Callable[[dict[Any, Any]], str | Cell] | None:
        return write and (lambda row: write(row[key]))

    return [Column(text(f"{page}.head.{key}", lang), "number", cell(key)) for key in keys]


def lists(scoped: bool, lang: str) -> list[Column]:
    """The column that names the list of each agency; none where there is one list."""
    return [Column(text("report.list", lang), cell=lambda row: row["scope"])] if scoped else []
