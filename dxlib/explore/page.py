"""What the panel shows: who stands where now and before, the weights tried, the points edited. Blocks, no widgets."""

from __future__ import annotations

from functools import lru_cache

from ..show import labels
from ..show.blocks import Cell, Column, Sentences, Table, sentences, table
from ..show.sensitivity import span
from ..words import NOTHING, number, text
from .model import Model, Standing, State

spoken = lru_cache(maxsize=20_000)(number)  # the same few numbers, at every step of a slider
between = lru_cache(maxsize=20_000)(span)


class Words:
    """Names and fixed sentences of one case in one language, made once."""

    def __init__(self, model: Model, lang: str, drawn: str):
        """drawn: how the weights were drawn (stands under the ranking)."""
        self.model, self.lang, self.drawn = model, lang, drawn
        self.agencies = labels.agencies(model.case, lang)
        self.rows = labels.rows(model.case, lang)
        self.classes = labels.classes(model.case, lang)
        self.source = labels.source(model.case, lang, model.on)


def ranking(words: Words, standing: Standing) -> Table | None:
    """Every agency by its new rank: rank, the rank it started from, points, class, interval."""
    model, lang = words.model, words.lang
    start, scoped, decimals = model.start, any(model.scopes), model.case.settings.points_decimals
    heads = [
        Column(text("report.rank", lang), "rank"),
        Column(text("explore.before", lang), "rank"),
        Column(text("explore.moves", lang)),
        Column(text("page.agency", lang), "name"),
        *([Column(text("report.list", lang))] if scoped else []),
        Column(text("explore.points_before", lang), "number"),
        Column(text("report.points", lang), "bar"),
        *([Column(text("report.class", lang))] if words.classes else []),
        Column(text("sensitivity.interval", lang), "rank"),
    ]
    body: list[list[str | Cell]] = []
    for i in order(model.scopes, standing):
        low, high = standing.low[i], standing.high[i]
        body.append(
            [
                spoken(standing.rank[i], lang),
                spoken(start.rank[i], lang),
                arrow(start.rank[i], standing.rank[i], lang),
                words.agencies[model.agencies[i]],
                *([model.scopes[i]] if scoped else []),
                spoken(start.points[i], lang, decimals),
                Cell(spoken(standing.points[i], lang, decimals), standing.share[i] or 0.0),
                *([change(words, start.classes[i], standing.classes[i])] if words.classes else []),
                NOTHING if low is None or high is None else between(low, high, lang),
            ]
        )
    caption = text("explore.exact" if standing.exact else "explore.provisional", lang)
    return table(caption, heads, body, words.source, words.drawn)


def order(scopes: list[str], standing: Standing) -> list[int]:
    """Positions list by list, the first first, those without a rank last."""
    return sorted(range(len(scopes)), key=lambda i: (scopes[i], standing.rank[i] is None, standing.rank[i] or 0))


def arrow(before: int | None, now: int | None, lang: str) -> str:
    """Up or down, and how many places; nothing for nobody who moved."""
    if before == now:
        return ""
    if before is None or now is None:
        return text("explore.entered" if before is None else "explore.left", lang)
    return ("▲ " if now < before else "▼ ") + spoken(abs(now - before), lang)


def change(words: Words, before: int | None, now: int | None) -> str:
    """The class, or from which to which."""
    old, new = (words.classes.get(c, NOTHING) if c else NOTHING for c in (before, now))
    return new if old == new else f"{old} → {new}"


def summary(words: Words, standing: Standing) -> Sentences | None:
    """How many move, who furthest, who leads now."""
    model, lang, start = words.model, words.lang, words.model.start
    moved = [i for i in range(len(model.agencies)) if standing.rank[i] != start.rank[i]]
    reclassed = [i for i in range(len(model.agencies)) if standing.classes[i] != start.classes[i]]
    said: list[str | None] = [text("explore.moved", lang, n=len(moved), all=len(model.agencies))]
    shifts = {
        i: abs((standing.rank[i] or 0) - (start.rank[i] or 0)) for i in moved if standing.rank[i] and start.rank[i]
    }
    if shifts:
        most = max(shifts, key=lambda i: shifts[i])
        who = words.agencies[model.agencies[most]]
        said.append(text("explore.furthest", lang, who=who, places=spoken(shifts[most], lang)))
    if words.classes:
        said.append(text("explore.reclassed", lang, n=len(reclassed)))
    marks = [
        text("page.sample", lang) if model.case.settings.sample else None,
        text("page.provisional", lang) if model.provisional else None,
    ]
    return sentences(*marks, " ".join(filter(None, said)))


def weights(words: Words, state: State) -> Table | None:
    """The share of every main index in the whole, as decided and as tried. Raises Refusal."""
    lang = words.lang
    heads = [
        Column(text("page.row", lang), "name"),
        Column(text("explore.weight_decided", lang), "number"),
        Column(text("explore.weight_tried", lang), "bar"),
    ]
    body: list[list[str | Cell]] = [
        [words.rows[code], labels.share(before, lang, 1), Cell(labels.share(now, lang, 1), float(now))]
        for code, before, now in words.model.shares_of_weight(state)
    ]
    return table(text("explore.weights_caption", lang), heads, body, words.source)


def tried(words: Words, state: State) -> Sentences | None:
    """What is left out and which points are edited, in words."""
    lang, model = words.lang, words.model
    gone = model.changes(state)[1]
    return sentences(
        text("explore.dropped", lang, rows="; ".join(words.rows[code] for code in gone)) if gone else None,
        *(
            text("explore.edited", lang, who=words.agencies[agency], row=words.rows[code], points=points)
            for (agency, code), points in state.points.items()
        ),
    )


def agreement(words: Words, live: Standing, exact: Standing) -> str:
    """Whether the exact ranks are those that were shown before."""
    differ = sum(a != b for a, b in zip(live.rank, exact.rank, strict=True))
    return text("explore.differ" if differ else "explore.agree", words.lang, n=differ)


def cell(words: Words, agency: str, code: str) -> str:
    """What one cell had to begin with: its points of its maximum."""
    points, most = words.model.cell(agency, code)
    if points is None:
        return text("explore.no_points", words.lang)
    case, lang = words.model.case, words.lang
    said = labels.points(points, case, lang)
    of = None if most is None else labels.maximum(most, lang)
    return text("explore.now_of", lang, points=said, of=of) if of else text("explore.now", lang, points=said)
