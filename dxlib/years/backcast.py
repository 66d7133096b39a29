"""An earlier year on the later map: what the units that became one scored together. An estimate, never a score.

Ratios add their numerators and denominators, then the rule is applied; everything else is the mean of the shares,
weighted by size and by the part that came. Counts are scored before they are averaged, because a rule is written for
one unit.
Sources: OECD/JRC Handbook (2008), ch. 2 (documenting breaks); JRC, EUR 28300 (conversion by shares); `methods.md` §3.3.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

import pandas as pd

from ..case import Case
from ..case.answered import on_top
from ..case.answers import ANSWER
from ..case.framework import optional
from ..case.tables import rows_of
from ..index.aggregate import unreduced, whole_numbers
from ..index.rows import Rows, climbed, own_weights, units

Number = int | Fraction  # whole numbers stay integers: they are added ten times as fast as fractions


class Part(NamedTuple):
    """An origin of a joined agency: the part of it that came, and its weight in a mean (size x part, in proportion to
    the others); `known` unless nobody has published the part."""

    origin: str
    part: Number
    weight: int
    known: bool = True


Parts = list[Part]
AddedUp = Mapping[str, "Fraction | None"]  # agency -> share on one row


def joined(related: pd.DataFrame) -> set[str]:
    """The origins of agencies that have several."""
    several = related["agency"].ne("") & related["origin"].ne("") & related["agency"].duplicated(keep=False)
    return set(related.loc[several, "origin"])


def sizes(case: Case, code: str, agencies: Iterable[str]) -> dict[str, Number]:
    """agency -> what it answered to a row that says how large it is (population, say); agencies without one are left
    out. Empty for no such row."""
    claims, verdicts = case.answers.claims.get(code, {}), case.answers.verdicts.get(code, {})
    a = ANSWER.index("a")
    found = {agency: figure(on_top(claims.get(agency), verdicts.get(agency))[a]) for agency in agencies}
    return {agency: size for agency, size in found.items() if size}


def whole_or(x: Fraction) -> Number:
    """An integer where it is one."""
    return int(x) if x.denominator == 1 else x


def figure(cell: str) -> Number | None:
    """A number cell that may be empty."""
    return int(cell) if cell.isascii() and cell.isdigit() else optional(cell)


def parts_of(related: pd.DataFrame, size: Mapping[str, Number]) -> dict[str, Parts]:
    """agency of the later year -> its origins in the earlier one; agencies without any are left out.

    Sizes count only where every origin of an agency has one; else all weigh the same. A part that nobody has published
    is taken as an equal share of its unit, and marked.
    """
    pieces: Counter[str] = Counter()
    found: dict[str, list[tuple[str, Fraction | None]]] = {}
    for agency, origin, share in rows_of(related, "agency", "origin", "share"):
        if agency and origin:
            found.setdefault(agency, []).append((origin, share))
            pieces[origin] += 1
    weighted: dict[str, Parts] = {}
    for agency, origins in found.items():
        if len(origins) == 1 and origins[0][1] == 1:
            weighted[agency] = [Part(origins[0][0], 1, 1)]
            continue
        sized = all(origin in size for origin, _ in origins)
        came = [
            Fraction(1, pieces[origin]) if share is None else 1 if share == 1 else share for origin, share in origins
        ]
        weights = [size[one] * part for (one, _), part in zip(origins, came, strict=True)] if sized else came
        weighted[agency] = [
            Part(one, part, weight, share is not None)
            for (one, share), part, weight in zip(origins, came, whole_numbers(weights), strict=True)
        ]
    return weighted


def backcast(case: Case, rows: Rows, parts: Mapping[str, Parts], added: Mapping[str, AddedUp]) -> Rows:
    """The rows of an earlier year for the agencies of the later one.

    parts   `parts_of`: one agency per entry, in this order; one whole origin gives that origin's own figures
    added   `added_up`, of these agencies and possibly others

    The score of an agency with several origins is what its rows give: it has no official one.
    """
    at = {agency: i for i, agency in enumerate(rows.agencies)}
    framework = case.framework
    firsts = [at[origins[0].origin] for origins in parts.values()]
    joint = [
        (i, agency, [(at[one.origin], one.weight) for one in origins])
        for i, (agency, origins) in enumerate(parts.items())
        if len(origins) > 1
    ]
    shares: dict[str, list[Fraction | None]] = {}
    states: dict[str, list[str]] = {}
    for code, column in rows.shares.items():
        own, state, ratios = [column[i] for i in firsts], rows.states[code], added[code]
        for i, agency, places in joint:
            if agency in ratios:
                own[i] = ratios[agency]
            else:
                own[i] = mean([(weight, x) for place, weight in places if (x := column[place]) is not None])
        shares[code], states[code] = own, [state[i] for i in firsts]
    numbers: dict[tuple, int] = {}
    patterns = list(rows.patterns)
    pattern: list[int] = []
    scores: list[Fraction | None] = []
    estimated = Rows(list(parts), shares, states, rows.nominal, patterns, pattern, scores)
    for i, (first, origins) in enumerate(zip(firsts, parts.values(), strict=True)):
        if len(origins) == 1:
            pattern.append(rows.pattern[first])
            scores.append(rows.scores[first])
            continue
        key = tuple(shares[code][i] is not None for code in rows.shares)
        if key not in numbers:
            numbers[key] = len(patterns)
            patterns.append(weights_of(case, dict(zip(rows.shares, key, strict=True))))
        pattern.append(numbers[key])
        scores.append(None)
    scored = [i for i, agency, _ in joint if all(rows.scores[at[one.origin]] is not None for one in parts[agency])]
    sums = set(rows.shares) == set(units(framework))
    for i, score in zip(
        scored, map(estimated.summed, scored) if sums else climbed(case, estimated, scored), strict=True
    ):
        scores[i] = score
    return estimated


def weights_of(case: Case, applies: Mapping[str, bool]) -> dict[str, Fraction]:
    """Weights where some rows do not apply to a joined agency: what is left of each branch keeps its weight under
    `within-parent`, and gives it up otherwise."""
    framework, keeps = case.framework, case.settings.not_applicable == "within-parent"
    present: dict[str, Fraction] = {}
    for node in reversed(list(framework.nodes.values())):
        if node.code in applies or not node.children:
            present[node.code] = Fraction(applies.get(node.code, True))
            continue
        below = framework.siblings(node.children)
        held = sum((child.weight * present[child.code] for child in below), Fraction(0))
        whole = sum((child.weight for child in below), Fraction(0))
        present[node.code] = Fraction(bool(held)) if keeps or not whole else held / whole
    return own_weights(framework, present, applies)


def alike(shares: Sequence[Fraction]) -> bool:
    """Whether all gave one and the same answer, or none did; equal answers are read once, so identity shows it."""
    return all(x is shares[0] for x in shares)


def mean(given: Sequence[tuple[int, Fraction]]) -> Fraction | None:
    """The mean of (weight, share); None of none."""
    if alike([x for _, x in given]):
        return given[0][1] if given else None
    above, below = unreduced(given)
    return Fraction(above, below * sum(weight for weight, _ in given))


def added_up(case: Case, rows: Rows, parts: Mapping[str, Parts], on: str) -> dict[str, AddedUp]:
    """The shares of joined agencies on rows that add their numerators and denominators, see `ratio_figures`.

    parts   `parts_of`: the weights do not matter here
    on      which values count, as in `index.evaluate`
    """
    at = {agency: i for i, agency in enumerate(rows.agencies)}
    several = {
        agency: [(one.origin, at[one.origin], one.part) for one in origins]
        for agency, origins in parts.items()
        if len(origins) > 1
    }
    needed = {origin for origins in several.values() for origin, *_ in origins}
    found: dict[str, AddedUp] = {}
    for code, column in rows.shares.items():
        figures = ratio_figures(case, code, on, needed)
        ratios = {}
        for agency, origins in several.items() if figures else ():
            given = [(origin, part, x) for origin, place, part in origins if (x := column[place]) is not None]
            if not alike([x for *_, x in given]) and all(origin in figures for origin, *_ in given):
                a, b = (sum(figures[origin][n] * part for origin, part, _ in given) for n in (0, 1))
                if b:
                    ratios[agency] = Fraction(a, b)
        shares = case.framework.nodes[code].rule.exact(list(ratios.values())) if ratios else []
        found[code] = dict(zip(ratios, shares, strict=True))
    return found


def ratio_figures(case: Case, code: str, on: str, agencies: Iterable[str]) -> dict[str, tuple[Number, Number]]:
    """agency -> the numerator and denominator that count, for a row whose rule takes a/b; not where a verdict gave
    points, nor for a rule that looks at the whole group."""
    node = case.framework.nodes[code]
    if node.children or not node.ratio or node.rule.group:
        return {}
    claims = case.answers.claims.get(code, {})
    verdicts = case.answers.verdicts.get(code, {}) if on != "claimed" else {}
    a, b, points = (ANSWER.index(cell) for cell in ("a", "b", "points"))
    found = {}
    for agency in agencies:
        verdict = verdicts.get(agency)
        cells = on_top(claims.get(agency), verdict)
        above, below = figure(cells[a]), figure(cells[b])
        if (verdict is None or not verdict[points]) and above is not None and below:
            found[agency] = (above, below)
    return found


def bounds(parts: Parts, scores: Mapping[str, Fraction | None]) -> tuple[Fraction, Fraction] | None:
    """Lowest and highest mean score of the origins when each unknown part may be anything from nothing to the whole;
    None where an origin has no score."""
    if any(scores.get(one.origin) is None for one in parts):
        return None
    values = {one: scores[one.origin] or Fraction(0) for one in parts}
    return tuple(extreme(values, sign) for sign in (1, -1))  # type: ignore[return-value]


def extreme(values: Mapping[Part, Fraction], sign: int) -> Fraction:
    """Lowest (sign 1) or highest (-1) weighted mean: the known parts, then unknown wholes as long as they help."""
    fixed = [(one.weight, x) for one, x in values.items() if one.known]
    free = sorted(((sign * x, Fraction(one.weight) / one.part, x) for one, x in values.items() if not one.known))
    weight, summed = sum((w for w, _ in fixed), Fraction(0)), sum((w * x for w, x in fixed), Fraction(0))
    for key, whole, x in free:
        if weight and key * weight >= sign * summed:
            break
        weight, summed = weight + whole, summed + whole * x
    return summed / weight
