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
from functools import partial
from itertools import product
from math import lcm
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..case import Case
from ..case.answered import BLANK, on_top
from ..case.answers import ANSWER
from ..case.framework import optional
from ..case.tables import rows_of
from ..index.aggregate import whole_numbers
from ..index.rows import Rows, at_places, climbed, own_weights, units
from .sums import Sums, fractions, ratios

TRIED = tuple(Fraction(x, 1000) for x in (1, 250, 500, 750, 999))  # what an unknown part may be
FREE = 3  # unknown parts of one agency that are tried in all combinations

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


class Given(NamedTuple):
    """What the origins of joined agencies gave for one row: a row each, a column per origin.

    above, below  numerators and denominators of their shares, 0 / 1 without one
    there         who has a share
    alike         by agency: whether all shares are equal
    first         by agency: the place of the first origin with a share
    """

    above: np.ndarray
    below: np.ndarray
    there: np.ndarray
    alike: np.ndarray
    first: np.ndarray


class Joint(NamedTuple):
    """The agencies with several origins as a table: a row each, a column per origin, as many as the most has.

    at        places of the agencies in the later list
    agencies  their names
    places    places of the origins in the earlier list, -1 where there is none
    weights   of the origins in a mean, whole numbers
    parts     of the origins that came, in proportion to each other
    given     row of the index set -> what the origins gave
    """

    at: list[int]
    agencies: list[str]
    places: np.ndarray
    weights: np.ndarray
    parts: np.ndarray
    given: Mapping[str, Given]


def joint_of(parts: Mapping[str, Parts], rows: Rows) -> Joint:
    """The joined agencies of `parts_of` with the figures of the earlier year."""
    at = {agency: i for i, agency in enumerate(rows.agencies)}
    several = [(i, agency, origins) for i, (agency, origins) in enumerate(parts.items()) if len(origins) > 1]
    shape = len(several), max((len(origins) for *_, origins in several), default=1)
    places, (weights, came) = np.full(shape, -1), np.zeros((2, *shape), dtype=object)
    for row, (_, _, origins) in enumerate(several):
        cells = row, slice(len(origins))
        places[cells] = [at[one.origin] for one in origins]
        weights[cells], came[cells] = [one.weight for one in origins], whole_numbers([one.part for one in origins])
    used = np.unique(places[places >= 0])
    here, needed = np.where(places < 0, -1, np.searchsorted(used, places)), used.tolist()
    given = {code: given_at(here, at_places(column, needed), used) for code, column in rows.shares.items()}
    return Joint([i for i, *_ in several], [agency for _, agency, _ in several], places, weights, came, given)


def reweighted(joint: Joint, parts: Mapping[str, Parts]) -> Joint:
    """The joined agencies alone, with the weights of other `parts_of`."""
    weights = np.zeros_like(joint.weights)
    for row, agency in enumerate(joint.agencies):
        weights[row, : len(parts[agency])] = [one.weight for one in parts[agency]]
    return joint._replace(at=list(range(len(weights))), weights=weights)


def given_at(places: np.ndarray, column: Sequence[Fraction | None], used: np.ndarray) -> Given:
    """places: of the origins in the column, which holds the agencies at the places `used` of the whole one."""
    above, below = ratios(column)
    there = np.array([*(x is not None for x in column), False])[places]
    at = np.where(there, places, -1)
    above, below, first = np.append(above, 0)[at], np.append(below, 1)[at], there.argmax(axis=1)
    every = np.arange(len(places))
    same = (above == above[every, first, None]) & (below == below[every, first, None])
    return Given(above, below, there, (same | ~there).all(axis=1), used[places[every, first]])


def backcast(case: Case, rows: Rows, parts: Mapping[str, Parts], joint: Joint, added: Mapping[str, AddedUp]) -> Rows:
    """The rows of an earlier year for the agencies of the later one.

    parts   `parts_of`: one agency per entry, in this order; one whole origin gives that origin's own figures
    joint   `joint_of` these parts
    added   `added_up`

    The score of an agency with several origins is what its rows give: it has no official one.
    """
    at = {agency: i for i, agency in enumerate(rows.agencies)}
    framework = case.framework
    firsts = [at[origins[0].origin] for origins in parts.values()]
    shares: dict[str, list[Fraction | None]] = {}
    states: dict[str, list[str]] = {}
    for code, column in rows.shares.items():
        own, sums = at_places(column, firsts), added[code]
        averaged = np.array([agency not in sums for agency in joint.agencies], dtype=bool)
        for i, agency, mean in zip(joint.at, joint.agencies, means(joint, code, column, averaged), strict=True):
            own[i] = sums.get(agency, mean)
        shares[code], states[code] = own, at_places(rows.states[code], firsts)
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
    known = [None not in [rows.scores[at[one.origin]] for one in parts[agency]] for agency in joint.agencies]
    scored = [i for i, each in zip(joint.at, known, strict=True) if each]
    plain = set(rows.shares) == set(units(framework))
    for i, score in zip(scored, (summed if plain else partial(climbed, case))(estimated, scored), strict=True):
        scores[i] = score
    return estimated


def summed(rows: Rows, places: Sequence[int]) -> list[Fraction]:
    """The sum of weight x share of some agencies."""
    sums = Sums({(code,): at_places(column, places) for code, column in rows.shares.items()}, len(places))
    weighted: dict[int, list[int]] = {}
    for i, place in enumerate(places):
        weighted.setdefault(rows.pattern[place], []).append(i)
    found: dict[int, Fraction] = {}
    for pattern, here in weighted.items():
        weights = rows.patterns[pattern]
        scale = lcm(*(w.denominator for w in weights.values()), 1)
        above = sums.of({(code,): int(w * scale) for code, w in weights.items()}, np.array(here))
        found |= zip(here, fractions(above, scale * sums.below[here]), strict=True)
    return [found[i] for i in range(len(places))]


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


def means(joint: Joint, code: str, column: Sequence[Fraction | None], averaged: np.ndarray) -> list[Fraction | None]:
    """The weighted mean of the origins that have a share, for every joined agency that is `averaged`; None of none."""
    given = joint.given[code]
    found = at_places(column, given.first.tolist())
    rows = np.flatnonzero(~given.alike & averaged)
    weights = np.where(given.there[rows], joint.weights[rows], 0)
    above, below = given.above[rows].astype(object), given.below[rows].astype(object)
    n, d = np.zeros(len(rows), dtype=object), np.ones(len(rows), dtype=object)
    for k in range(weights.shape[1]):
        n, d = n * below[:, k] + weights[:, k] * above[:, k] * d, d * below[:, k]
    for row, mean in zip(rows.tolist(), fractions(n, d * weights.sum(axis=1)), strict=True):
        found[row] = mean
    return found


def added_up(case: Case, rows: Rows, joint: Joint, on: str) -> dict[str, AddedUp]:
    """The shares of joined agencies on rows that add their numerators and denominators, see `ratio_figures`; not where
    all origins have the same share.

    on   which values count, as in `index.evaluate`
    """
    found: dict[str, AddedUp] = {}
    for code, given in joint.given.items():
        at = np.where(given.there & ~given.alike[:, None], joint.places, -1)
        figures = ratio_figures(case, code, on, [(i, rows.agencies[i]) for i in np.unique(at[at >= 0]).tolist()])
        sums = {}
        if figures:
            table = np.zeros((2, len(rows.agencies) + 1), dtype=object)
            table[:, list(figures)] = list(zip(*figures.values(), strict=True))
            above, below = (table[:, at] * joint.parts).sum(axis=2)
            whole = ((table[1, at] != 0) | (at < 0)).all(axis=1) & (below != 0)
            sums = {joint.agencies[i]: Fraction(above[i], below[i]) for i in np.flatnonzero(whole)}
        shares = case.framework.nodes[code].rule.exact(list(sums.values())) if sums else []
        found[code] = dict(zip(sums, shares, strict=True))
    return found


def ratio_figures(
    case: Case, code: str, on: str, agencies: Iterable[tuple[int, str]]
) -> dict[int, tuple[Number, Number]]:
    """The numerator and denominator (not 0) that count, for a row whose rule takes a/b; not where a verdict gave
    points, nor for a rule that looks at the whole group.

    agencies   (place, agency). Returns what those have that have both, by place
    """
    node = case.framework.nodes[code]
    if node.children or not node.ratio or node.rule.group:
        return {}
    claims = case.answers.claims.get(code, {})
    verdicts = case.answers.verdicts.get(code, {}) if on != "claimed" else {}
    a, b, points = (ANSWER.index(cell) for cell in ("a", "b", "points"))
    found = {}
    for place, agency in agencies:
        verdict = verdicts.get(agency)
        cells = on_top(claims.get(agency), verdict) if verdict else claims.get(agency, BLANK)
        above, below = figure(cells[a]), figure(cells[b])
        if below and above is not None and not (verdict and verdict[points]):
            found[place] = (above, below)
    return found


def ranges(case: Case, rows: Rows, parts: Mapping[str, Parts], on: str) -> dict[str, tuple[Fraction, Fraction]]:
    """How far a part that nobody has published could move an estimate: agency -> the lowest and the highest estimate.

    Every unknown part is each of `TRIED` in turn, in all combinations of up to three of them, more of them together;
    the part that was assumed counts too. An estimate need not move one way as a part grows, so this is what was met,
    not a proof.
    """
    trials: dict[str, Parts] = {}
    owners: list[str] = []
    for agency, origins in parts.items():
        unknown = [i for i, one in enumerate(origins) if not one.known]
        if unknown and len(origins) > 1:
            tried = (
                product(TRIED, repeat=len(unknown)) if len(unknown) <= FREE else ((x,) * len(unknown) for x in TRIED)
            )
            for combination in [tuple(origins[i].part for i in unknown), *tried]:
                trials[str(len(owners))] = with_parts(origins, dict(zip(unknown, combination, strict=True)))
                owners.append(agency)
    if not trials:
        return {}
    joint = joint_of(trials, rows)
    met: dict[str, list[Fraction]] = {}
    for agency, score in zip(
        owners, backcast(case, rows, trials, joint, added_up(case, rows, joint, on)).scores, strict=True
    ):
        if score is not None:
            met.setdefault(agency, []).append(score)
    return {agency: (min(scores), max(scores)) for agency, scores in met.items()}


def with_parts(origins: Parts, came: Mapping[int, Number]) -> Parts:
    """The same origins with other parts of some, by position."""
    parts = [came.get(i, one.part) for i, one in enumerate(origins)]
    weights = [Fraction(one.weight) / one.part * part for one, part in zip(origins, parts, strict=True)]
    return [
        one._replace(part=part, weight=weight)
        for one, part, weight in zip(origins, parts, whole_numbers(weights), strict=True)
    ]
