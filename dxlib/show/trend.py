"""The trend page (public): what changed since last year, and how much of it is performance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import pandas as pd

from ..case.links import MATCHED
from ..case.read import Series
from ..case.tables import rows_of
from ..index import Exact, provisional
from ..words import NOTHING, finding, number, percent, text
from ..years import DECIMALS, PARTS, SET, Comparison, additive, merged_ranks, row_changes
from . import charts, labels
from .blocks import Chart, Column, Sentences, Table, filled, sentences, table

NAMED = 3  # agencies in one sentence
MOVED = 5  # agencies up, and as many down, in the table of moves
GROUP_PARTS = ["left", "reorganised", *PARTS, "joined", "apart", "entered"]


def points(x: Fraction | float | None, lang: str, decimals: int = 1) -> str:
    """A difference of shares in percentage points, with its sign."""
    if x is None or x != x:
        return NOTHING
    exact = 100 * Fraction(x)
    return ("+" if round(exact, decimals) > 0 else "") + number(exact, lang, decimals)


def total(values: Mapping[str, Fraction], parts: Sequence[str]) -> Fraction:
    """The sum of some parts of a change."""
    return sum((values[part] for part in parts), Fraction(0))


def made(step: Comparison, lang: str, *functions: str) -> str:
    """The line under a figure of two years."""
    names = [f"dxlib.years.{name}" for name in functions]
    years = text("trend.two_years", lang, before=step.before.year, after=step.after.year)
    return labels.joined(labels.made(step.after, lang, *names), years)


def summary(compared: Sequence[Comparison], moved: pd.DataFrame, series: Series, lang: str) -> Sentences | None:
    """What happened to the group since last year, in sentences."""
    if not compared:
        return sentences(text("trend.first_year", lang), *stopped(series, lang))
    step = compared[-1]
    said = [said_group(step, lang), said_scored(step, lang), said_size(step, lang)]
    if step.comparable:
        said += [said_moves(step, moved, lang), said_most(step, moved, lang)]
        said += [said_unanswered(step, lang), said_joined(step, lang)]
    return sentences(*said, *stopped(series, lang))


def in_short(compared: Sequence[Comparison], lang: str) -> Sentences | None:
    """For another page, which compares no ranks: what moved the mean of the group."""
    if not compared:
        return None
    step = compared[-1]
    return sentences(said_group(step, lang), said_scored(step, lang))


def moves_table(compared: Sequence[Comparison], moved: pd.DataFrame, lang: str) -> Table | None:
    """Who really moved most, and the row that did it."""
    if not compared:
        return None
    step = compared[-1]
    named, rows = labels.agencies(step.after, lang), labels.rows(step.after, lang)
    body = []
    for key, falling in (("up", False), ("down", True)):
        found = moved[moved["news"] == key].sort_values(["performance", "agency"], ascending=[falling, True])
        for agency, performance in zip(found["agency"].head(MOVED), found["performance"].head(MOVED), strict=True):
            did = row_changes(step, agency).sort_values("performance", ascending=falling, kind="stable")
            body.append([named[agency], points(performance, lang), *because(did, rows, lang)])
    heads = [
        Column(text("page.agency", lang), "name"),
        Column(text("trend.head.performance", lang), "number"),
        Column(text("trend.because", lang)),
        Column(text("trend.of_it", lang), "number"),
    ]
    source, note = made(step, lang, "material_changes", "row_changes"), text("trend.unit_note", lang)
    return table(text("trend.moves_caption", lang), heads, body, source, note)


def because(did: pd.DataFrame, rows: Mapping[str, str], lang: str) -> tuple[str, str]:
    """The first of some rows with its shares, and what it moved; nothing where a score is no sum of rows."""
    for row in did.head(1).to_dict("records"):
        shares = f"{percent(row['before'], lang, 0)} → {percent(row['after'], lang, 0)}"
        return f"{rows[row['code']]} ({shares})", points(row["performance"], lang)
    return NOTHING, NOTHING


def stopped(series: Series, lang: str) -> list[str]:
    """Why an earlier year is left out."""
    return [text("trend.left_out", lang, what=finding(f, lang)["what"]) for f in series.refused[:1]]


def said_group(step: Comparison, lang: str) -> str:
    """The mean of the group, and what moved it."""
    facts: dict[str, str] = {"before": step.before.year, "after": step.after.year}
    if step.group.empty:
        return text("trend.nobody", lang, **facts)
    value = dict(zip(step.group["part"], step.group["value"], strict=True))
    facts |= {"from": percent(value["before"], lang), "to": percent(value["after"], lang)}
    facts["change"] = points(value["after"] - value["before"], lang)
    if not step.comparable:
        least = percent(step.after.settings.comparison["min_matched"], lang, 0)
        return text("trend.not_comparable", lang, share=percent(step.share, lang, 0), least=least, **facts)
    if "performance" not in value:
        return text("trend.mean", lang, **facts)
    causes = {
        "performance": value["performance"],
        "unanswered": value["unanswered"],
        "set": total(value, SET),
        "joined": value["joined"],
        "apart": value["apart"],
        "list": value["left"] + value["entered"],
        "map": value["reorganised"],
        "other": total(value, ("verification", "membership", "exemptions", "rest")),
    }
    always = {"performance"} if step.judged else set()
    said = [text(f"trend.of.{key}", lang, x=points(x, lang)) for key, x in causes.items() if shows(x) or key in always]
    compared = step.changes.loc[step.changes["change"].notna(), "agency"]
    if always and (n := int(compared.isin(step.judged).sum())) < len(compared):
        said[0] = text("trend.of.performance_some", lang, x=points(value["performance"], lang), n=number(n, lang))
    return (
        text("trend.mean_parts", lang, parts=", ".join(said), **facts)
        if said
        else text("trend.mean_same", lang, **facts)
    )


def shows(x: Fraction) -> bool:
    """Whether a part is more than what means over 30 decimals leave."""
    return round(x, DECIMALS) != 0


def said_scored(step: Comparison, lang: str) -> str | None:
    """How many agencies the two means are taken over, where that is not all of them."""
    whole = [len(case.tables["agencies"]) for case in (step.before, step.after)]
    if step.group.empty or tuple(whole) == step.scored:
        return None
    facts = {"before": step.scored[0], "before_all": whole[0], "after": step.scored[1], "after_all": whole[1]}
    said = {key: number(n, lang) for key, n in facts.items()}
    return text("trend.scored", lang, then=step.before.year, now=step.after.year, **said)


def said_size(step: Comparison, lang: str) -> str | None:
    """Ranks of lists of different length are not compared."""
    sizes = [len(case.tables["agencies"]) for case in (step.before, step.after)]
    if sizes[0] == sizes[1]:
        return None
    return text("trend.size", lang, before=number(sizes[0], lang), after=number(sizes[1], lang))


def said_moves(step: Comparison, moved: pd.DataFrame, lang: str) -> str | None:
    """How many really moved; nothing where nobody can be compared."""
    count = moved["news"].value_counts()
    if not set(count.index) & {"up", "down", "noise", "none"}:
        return None
    facts = {key: number(int(count.get(key, 0)), lang) for key in ("up", "down", "noise", "none", "estimate")}
    return text("trend.moves" if count.get("noise") else "trend.moves_plain", lang, **facts)


def said_most(step: Comparison, moved: pd.DataFrame, lang: str) -> str | None:
    """Who rose and who fell most."""
    named = labels.agencies(step.after, lang)
    said = []
    for key, largest in (("up", False), ("down", True)):
        rows = moved[moved["news"] == key].sort_values(["performance", "agency"], ascending=[largest, True])
        if len(rows):
            who = ", ".join(
                f"{named[a]} ({points(x, lang)})" for a, x in rows.head(NAMED)[["agency", "performance"]].values
            )
            said.append(text(f"trend.most_{key}", lang, who=who))
    return " ".join(said) or None


def gate_note(step: Comparison, lang: str) -> str:
    """That rows behind a closed gate count as unanswered; nothing where neither year has gates."""
    gated = step.before.framework.gates or step.after.framework.gates
    return text("gate.years", lang) if gated else ""


def said_unanswered(step: Comparison, lang: str) -> str | None:
    """Rows that one year has no answer to are no performance; and some agencies have too little to compare."""
    rows = step.changes[step.changes["change"].notna() & (step.changes["flag"] == "U")]
    lack = sum(bool(x) for x in rows["unanswered"])
    said = [text("trend.unanswered", lang, n=number(lack, lang)), gate_note(step, lang)] if lack else []
    apart = ~rows["agency"].isin(step.like_for_like)
    if apart.any():
        least = percent(step.after.settings.comparison["min_matched"], lang, 0)
        said.append(text("trend.few_rows", lang, n=number(int(apart.sum()), lang), least=least))
    return labels.joined(*said) or None


def said_joined(step: Comparison, lang: str) -> str | None:
    """Merged and split agencies are neither praised nor blamed; where there are no others, no chart shows single
    agencies."""
    joined = step.changes["flag"].isin(("M", "S", "X"))
    if not joined.any():
        return None
    said = text("trend.joined", lang, n=number(int(joined.sum()), lang))
    return said if (step.changes["flag"] == "U").any() else f"{said} {text('trend.all_joined', lang)}"


def group_table(compared: Sequence[Comparison], lang: str) -> Table | None:
    """What moved the mean of the group, part by part, for every pair of years."""
    steps = [step for step in compared if not step.group.empty]
    if not steps:
        return None
    values = [
        {part: x for part, x in rows_of(step.group, "part", "value") if step.comparable or part in ("before", "after")}
        for step in steps
    ]
    order = ("before", *GROUP_PARTS, "change", "after")
    shown = [part for part in order if any(shows(value.get(part, Fraction(0))) for value in values)]
    body = []
    for part in shown:
        write = percent if part in ("before", "after") else points
        body.append([text(f"trend.part.{part}", lang), *(write(value.get(part), lang) for value in values)])
    heads = [Column(text("trend.part_head", lang), "name")]
    heads += [Column(f"{step.before.year} → {step.after.year}", "number") for step in steps]
    source = labels.made(steps[-1].after, lang, "dxlib.years.group_change")
    return table(text("trend.group_caption", lang), heads, body, source, text("trend.group_note", lang))


def group_chart(compared: Sequence[Comparison], lang: str) -> Chart | None:
    """The same for the last pair of years, as steps."""
    step = compared[-1] if compared else None
    if step is None or not step.judged or "performance" not in set(step.group["part"]):
        return None
    rows = [(p, float(v)) for p, v in zip(step.group["part"], step.group["value"], strict=True)]
    rows = [(p, v) for p, v in rows if p in ("before", "after") or abs(v) >= 0.0005]
    names = [step.before.year if p == "before" else step.after.year if p == "after" else p for p, _ in rows]
    shown = [name if name.isdigit() else text(f"trend.part.{name}", lang) for name in names]
    levels = (len(rows) - 1, 0)
    drawings = charts.waterfall(
        shown,
        [v for _, v in rows],
        lambda x: percent(x, lang) if x in (rows[levels[0]][1], rows[0][1]) else points(x, lang),
    )
    value = dict(rows)
    alt = text(
        "trend.group_alt",
        lang,
        before=percent(value["before"], lang),
        after=percent(value["after"], lang),
        performance=points(value.get("performance", 0.0), lang),
    )
    return Chart(text("trend.group_chart", lang), tuple(drawings), made(step, lang, "group_change"), alt)


def agencies_chart(compared: Sequence[Comparison], lang: str) -> Chart | None:
    """For every agency that stands in both years: how much of its change was performance."""
    step = compared[-1] if compared else None
    if step is None:
        return None
    rows = step.changes[step.changes["agency"].isin(step.judged)]
    if rows.empty:
        return None
    rows = rows.sort_values(["performance", "agency"], ascending=[False, True])
    named = labels.agencies(step.after, lang)
    performance, change = ([float(x) for x in rows[column]] for column in ("performance", "change"))
    drawings = charts.of_which(
        [named[a] for a in rows["agency"]],
        performance,
        change,
        text("trend.performance", lang),
        text("trend.change", lang),
        lambda x: points(x, lang, 0),
    )
    first, last = rows.iloc[0], rows.iloc[-1]
    alt = text(
        "trend.agencies_alt",
        lang,
        first=named[first["agency"]],
        most=points(first["performance"], lang),
        last=named[last["agency"]],
        least=points(last["performance"], lang),
    )
    source = made(step, lang, "changes")
    return Chart(text("trend.agencies_chart", lang), tuple(drawings), source, alt, text("trend.unit_note", lang))


def agencies_table(compared: Sequence[Comparison], moved: pd.DataFrame, lang: str) -> Table | None:
    """Every agency: from where to where, and what moved it."""
    if not compared:
        return None
    step = compared[-1]
    word = dict(zip(moved["agency"], moved["news"], strict=True))
    rows = step.changes[step.changes["change"].notna()]
    rows = rows.assign(unchanged=rows["flag"] == "U")
    rows = rows.sort_values(["unchanged", "change", "agency"], ascending=[False, False, True])
    lack = ["unanswered"] if any(rows.loc[rows["agency"].isin(step.judged), "unanswered"]) else []

    def estimate(r: dict[Any, Any]) -> str:
        return "" if r["flag"] == "U" else "*"

    def other(r: dict[Any, Any]) -> Fraction:
        return r["change"] - r["performance"] - total(r, SET) - total(r, lack)

    def explained(key: str, value: Callable[[dict[Any, Any]], Fraction]) -> Column:
        """A part of the change; nothing for who is not judged."""
        head = text(f"trend.head.{key}", lang)
        return Column(head, "number", lambda r: points(value(r) if r["agency"] in step.judged else None, lang))

    return filled(
        text("trend.agencies_caption", lang),
        rows,
        [
            labels.agency(step.after, lang),
            Column(step.before.year, "number", lambda r: percent(r["before"], lang) + estimate(r)),
            Column(step.after.year, "number", lambda r: percent(r["after"], lang)),
            Column(text("trend.head.change", lang), "number", lambda r: points(r["change"], lang) + estimate(r)),
            explained("performance", lambda r: r["performance"]),
            *(explained(key, lambda r: r["unanswered"]) for key in lack),
            explained("set", lambda r: total(r, SET)),
            explained("other", other),
            Column(text("trend.news_head", lang), cell=lambda r: text(f"trend.news.{word[r['agency']]}", lang)),
        ],
        made(step, lang, "changes", "material_changes"),
        labels.joined(text("trend.agencies_note", lang), text("trend.unit_note", lang)),
    )


def set_table(compared: Sequence[Comparison], lang: str) -> Table | None:
    """How the index set changed: how many rows of which kind, with how much weight."""
    if not compared:
        return None
    step = compared[-1]
    body = []
    for kind in ("same", "rescaled", "redefined", "merged", "split", "added", "removed"):
        rows = step.matches[step.matches["kind"] == kind]
        if len(rows):
            sums = [weight(rows, "weight_before", "from_code"), weight(rows, "weight_after", "code")]
            shown = [percent(x, lang) if x else NOTHING for x in sums]
            body.append([text(f"trend.kind.{kind}", lang), number(len(rows), lang), *shown])
    heads = [
        Column(text("trend.kind_head", lang), "name"),
        Column(text("trend.rows", lang), "number"),
        *(Column(text("trend.weight_of", lang, year=case.year), "number") for case in (step.before, step.after)),
    ]
    facts = {
        "share": percent(step.share, lang, 0),
        "least": percent(step.after.settings.comparison["min_matched"], lang, 0),
    }
    note = text("trend.set_note" if step.comparable else "trend.set_note_not", lang, **facts)
    return table(text("trend.set_caption", lang), heads, body, made(step, lang, "match"), note)


def weight(rows: pd.DataFrame, column: str, code: str) -> Fraction:
    """The weight of some rows, each counted once."""
    return sum(rows.drop_duplicates(code)[column].dropna().tolist(), Fraction(0))


def rows_table(compared: Sequence[Comparison], lang: str) -> Table | None:
    """Rows that are not compared: which, why, and what they weigh."""
    if not compared:
        return None
    step = compared[-1]
    before, after = step.before.year, step.after.year
    then, now = labels.rows(step.before, lang), labels.rows(step.after, lang)

    def worth(r: dict[Any, Any], code: str, weight: str) -> str:
        return percent(r[weight], lang) if r[code] else NOTHING

    return filled(
        text("trend.rows_caption", lang),
        step.matches[~step.matches["kind"].isin(MATCHED)],
        [
            Column(text("trend.row_of", lang, year=after), "name", lambda r: now.get(r["code"], NOTHING)),
            Column(text("trend.row_of", lang, year=before), cell=lambda r: then.get(r["from_code"], NOTHING)),
            Column(text("trend.kind_head", lang), cell=lambda r: text(f"trend.kind.{r['kind']}", lang)),
            Column(
                text("trend.weight_of", lang, year=before), "number", lambda r: worth(r, "from_code", "weight_before")
            ),
            Column(text("trend.weight_of", lang, year=after), "number", lambda r: worth(r, "code", "weight_after")),
        ],
        made(step, lang, "match"),
    )


def units_table(compared: Sequence[Comparison], lang: str) -> Table | None:
    """Who was made of whom, with the estimate for the earlier year, by either weights."""
    if not compared:
        return None
    step = compared[-1]
    then = labels.agencies(step.before, lang)

    def origins(r: dict[Any, Any]) -> str:
        parts = step.related[step.related["agency"] == r["agency"]]
        return "; ".join(origin(then[o], share, lang) for o, share in rows_of(parts, "origin", "share"))

    def limits(r: dict[Any, Any]) -> str:
        if r["before_low"] is None:
            return NOTHING
        return f"{percent(r['before_low'], lang)} – {percent(r['before_high'], lang)}"

    def equally(r: dict[Any, Any]) -> str:
        return percent(step.other_weights.get(r["agency"]), lang)

    size = labels.rows(step.before, lang).get(step.sized, "")
    by = text("trend.units_by_size", lang, row=size) if size else text("trend.units_equal", lang)
    return filled(
        text("trend.units_caption", lang),
        step.changes[step.changes["flag"].isin(("M", "S", "X"))],
        [
            labels.agency(step.after, lang),
            Column(text("trend.flag_head", lang), cell=lambda r: text(f"trend.flag.{r['flag']}", lang)),
            Column(text("trend.made_of", lang), cell=origins),
            Column(text("trend.estimate", lang, year=step.before.year), "number", lambda r: percent(r["before"], lang)),
            Column(text("trend.estimate_equal", lang), "number", equally),
            Column(text("trend.estimate_limits", lang), "number", limits),
        ],
        made(step, lang, "relate", "compare_years"),
        labels.joined(text("trend.units_note", lang), by),
    )


def merged_table(compared: Sequence[Comparison], exact: Sequence[Exact], lang: str) -> Table | None:
    """The year before on this year's map, ranked by the mean of the origins, where the decision orders it: estimates.

    exact   official scores of every year, `index.evaluate`
    """
    step = compared[-1] if compared else None
    found = merged_ranks(step.before, step.after, step.related, exact[-2]) if step is not None else None
    if step is None or found is None or found.empty:
        return None
    named, then = labels.agencies(step.after, lang), labels.agencies(step.before, lang)
    scoped = bool(found["scope"].any())
    body = []
    for row in found.to_dict("records"):
        place = f"{number(row['rank'], lang)}/{number(row['of'], lang)}*" if row["rank"] is not pd.NA else NOTHING
        made_of = [f"{origin(then[o], part, lang)} {labels.share(score, lang)}" for o, score, part in row["origins"]]
        key = f"lacks.{row['lacks']}" if row["lacks"] else "own"
        mean = not row["lacks"] and row["flag"] != "U"
        kind = text(f"trend.flag.{row['flag']}" if mean else f"trend.merged.{key}", lang)
        cells = [place, named[row["agency"]], *([row["scope"]] if scoped else [])]
        mark = "*" if row["flag"] != "U" else ""
        score = NOTHING if row["score"] is None else labels.share(row["score"], lang, 4) + mark
        body.append([*cells, score, kind, "; ".join(made_of) or NOTHING])
    heads = [
        Column(text("trend.merged.rank", lang), "rank"),
        Column(text("page.agency", lang), "name"),
        *([Column(text("report.list", lang))] if scoped else []),
        Column(text("trend.merged.score", lang, year=step.before.year), "number"),
        Column(text("trend.flag_head", lang)),
        Column(text("trend.merged.made_of", lang)),
    ]
    by = step.after.settings.comparison["merged_mean"]
    size = labels.rows(step.before, lang).get(step.after.settings.comparison["size"], "")
    note = labels.joined(
        text("trend.merged.note", lang, year=step.before.year),
        text(f"trend.merged.by_{by}", lang, row=size),
        text("trend.merged.provisional", lang, year=step.before.year) if provisional(step.before) else "",
    )
    caption = text("trend.merged.caption", lang, before=step.before.year, after=step.after.year)
    return table(caption, heads, body, made(step, lang, "merged_ranks"), note)


def origin(called: str, share: Fraction | None, lang: str) -> str:
    """One origin, with the part that came where it is not the whole."""
    if share == 1:
        return called
    part = text("trend.share_unknown", lang) if share is None else percent(share, lang, 0)
    return f"{called} ({part})"


def gone_table(compared: Sequence[Comparison], lang: str) -> Table | None:
    """Agencies of either year without a counterpart."""
    if not compared:
        return None
    step = compared[-1]
    named = labels.agencies(step.after, lang, step.before)
    return filled(
        text("trend.gone_caption", lang),
        step.related[step.related["flag"].isin(("new", "entered", "ended", "left"))],
        [
            Column(text("page.agency", lang), "name", lambda r: named[r["agency"] or r["origin"]]),
            Column(text("trend.flag_head", lang), cell=lambda r: text(f"trend.flag.{r['flag']}", lang)),
        ],
        made(step, lang, "relate"),
    )


def course_chart(compared: Sequence[Comparison], scores: Mapping[str, pd.DataFrame], lang: str) -> Chart | None:
    """All agencies of every year; the line of the median stops where years cannot be compared."""
    if not compared:
        return None
    years = [compared[0].before.year, *(step.after.year for step in compared)]
    values = [[float(x) for x in scores[year]["score"].dropna()] for year in years]
    if not all(values):
        return None
    breaks = ["; ".join(breaks_of(step, lang)) for step in compared]
    drawings = charts.groups_by_year(years, values, breaks, text("trend.share", lang), lambda x: percent(x, lang, 0))
    alt = text("trend.course_alt", lang, years=", ".join(years), n=number(sum(bool(b) for b in breaks), lang))
    source = labels.made(compared[-1].after, lang, "dxlib.years.course")
    note = text("trend.course_note", lang)
    if any(step.changes["unanswered"].fillna(0).astype(bool).any() for step in compared):
        note = labels.joined(note, text("trend.course_unanswered", lang))
    return Chart(text("trend.course_chart", lang), tuple(drawings), source, alt, note)


def breaks_of(step: Comparison, lang: str) -> list[str]:
    """What stands between two years: another map, another index set."""
    found = []
    if not (step.related["flag"] == "U").all():
        found.append(text("trend.break.reorganised", lang))
    if not step.comparable:
        found.append(text("trend.break.index-set", lang))
    return found


def course_table(lines: pd.DataFrame, compared: Sequence[Comparison], lang: str) -> Table | None:
    """Each agency's official results year by year, as published; a bar where they cannot be compared."""
    if not compared:
        return None
    case = compared[-1].after
    named = labels.agencies(case, lang)
    years = [compared[0].before.year, *(step.after.year for step in compared)]
    chained = [year for year in years if (lines.loc[lines["year"] == year, "break"] == "").any()]
    body = []
    for agency, rows in lines.groupby("agency", sort=False):
        by_year = {row["year"]: row for row in rows.to_dict("records")}
        cells = [cell_of(by_year.get(year), lang) for year in years]
        last = by_year[years[-1]]
        linked = chained and last["break"] == "" and len(by_year) > 1
        body.append([named[agency], *cells, number(last["chain"], lang, 1) if linked else NOTHING])
    heads = [Column(text("page.agency", lang), "name"), *(Column(year, "number") for year in years)]
    heads.append(Column(text("trend.chain", lang), "number"))
    return table(
        text("trend.course_caption", lang),
        heads,
        body,
        labels.made(case, lang, "dxlib.years.course"),
        text("trend.course_table_note", lang),
    )


def cell_of(row: Mapping | None, lang: str) -> str:
    """Score and place of one year; a bar before it where the year before cannot be compared."""
    if row is None or row["score"] is None or pd.isna(row["score"]):
        return NOTHING
    place = "" if pd.isna(row["rank"]) else f" ({int(row['rank'])}/{int(row['of'])})"
    broken = "┆ " if row["break"] else ""
    return f"{broken}{percent(row['score'], lang)}{place}"


def limits(compared: Sequence[Comparison], noise: float | None, lang: str) -> Sentences | None:
    """What the comparison cannot say."""
    if not compared:
        return None
    step = compared[-1]
    noisy = text("trend.limit.noise", lang, noise=points(noise, lang)) if noise else text("trend.limit.no_noise", lang)
    linear = additive(step.before, step.after)
    return sentences(
        text("trend.limit.matched", lang),
        noisy if linear else text("trend.limit.not_linear", lang),
        text("trend.limit.estimates", lang) if step.changes["flag"].isin(("M", "S", "X")).any() else None,
        text("trend.limit.chain", lang),
    )
