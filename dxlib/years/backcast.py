"""An earlier year on the later map: what the units that became one scored together. An estimate, never a score.

Ratios add their numerators and denominators, then the rule is applied; everything else is the mean of the shares,
weighted by size and by the part that came. Counts are scored before they are averaged, because a rule is written for
one unit.
Sources: OECD/JRC Handbook (2008), ch. 2 (documenting breaks); JRC, EUR 28300 (conversion by shares); `methods.md` §3.3.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import product
from math import lcm
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..case import Case
from ..case.answered import on_top
from ..case.answers import ANSWER
from ..case.framework import INDEX, Framework, Lists, optional
from ..case.tables import rows_of
from ..index import Exact
from ..index.aggregate import whole_numbers
from ..index.exact import CLOSED
from ..index.rows import Rows, at_places, climbed, nominal_weights, own_weights, units
from ..rules import ONE, ZERO
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
AddedUp = dict[int, "Fraction | None"]  # row of `Joint` -> share on one row of the index set


def joined(related: pd.DataFrame) -> set[str]:
    """The origins of agencies that have several."""
    several = related["agency"].ne("") & related["origin"].ne("") & related["agency"].duplicated(keep=False)
    return set(related.loc[several, "origin"])


def sizes(case: Case, code: str, agencies: Iterable[str]) -> dict[str, Number]:
    """agency -> what it answered to a row that says how large it is (population, say); agencies without one are left
    out. Empty for no such row."""
    a = ANSWER.index("a")
    found = {agency: figure(on_top(*case.answers.counting(code, agency))[a]) for agency in agencies}
    return {agency: size for agency, size in found.items() if size}


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


def given_at(places: np.ndarray, column: Sequence[Fraction | None], used: np.ndarray) -> Given:
    """places: of the origins in the column, which holds the agencies at the places `used` of the whole one."""
    above, below = ratios(column)
    there = np.array([*(x is not None for x in column), False])[places]
    at = np.where(there, places, -1)
    return given_there(np.append(above, 0)[at], np.append(below, 1)[at], there, used[places])


def given_there(above: np.ndarray, below: np.ndarray, there: np.ndarray, places: np.ndarray) -> Given:
    """places: of the origins in the whole earlier list."""
    every, first = np.arange(len(there)), there.argmax(axis=1)
    same = (above == above[every, first, None]) & (below == below[every, first, None])
    return Given(above, below, there, (same | ~there).all(axis=1), places[every, first])


class Year(NamedTuple):
    """A year with its scores, and its rows for the agencies of `Backcast.parts`."""

    case: Case
    exact: Exact
    rows: Rows


@dataclass(frozen=True)
class Backcast:
    """An earlier year on the map of the later one.

    exact    its scores
    own      its rows for its own agencies
    parts    `parts_of`: what came from where; one whole origin gives that origin's own figures
    joint    `joint_of` these parts
    figures  `figures_of`
    added    `added_up`
    more     `beyond`
    """

    case: Case
    exact: Exact
    own: Rows
    parts: Mapping[str, Parts]
    joint: Joint
    figures: Mapping[str, np.ndarray]
    added: Mapping[str, AddedUp]
    more: Mapping[int, Fraction]

    @cached_property
    def rows(self) -> Rows:
        """For the agencies of the later year, in the order of `parts`.

        The score of an agency with several origins is what its rows give, and the mean of what its origins had beyond
        theirs: it has no official one.
        """
        own, joint = self.own, self.joint
        at = {agency: i for i, agency in enumerate(own.agencies)}
        firsts = [at[origins[0].origin] for origins in self.parts.values()]
        shares: dict[str, list[Fraction | None]] = {}
        states: dict[str, list[str]] = {}
        for code, column in own.shares.items():
            shares[code], states[code] = at_places(column, firsts), at_places(own.states[code], firsts)
            for i, share in zip(joint.at, joined_shares(self, code), strict=True):
                shares[code][i] = share
        numbers: dict[tuple, int] = {}
        patterns, nominal = list(own.patterns), list(own.nominal)
        pattern: list[int] = []
        scores: list[Fraction | None] = []
        lists = [merged_lists(own.lists[at[one.origin]] for one in origins) for origins in self.parts.values()]
        estimated = Rows(list(self.parts), shares, states, patterns, nominal, pattern, scores, lists)
        for i, (first, origins) in enumerate(zip(firsts, self.parts.values(), strict=True)):
            if len(origins) == 1:
                pattern.append(own.pattern[first])
                scores.append(own.scores[first])
                continue
            tree = self.case.framework.own(lists[i])
            applies = tuple(shares[code][i] is not None for code in own.shares)
            key = (id(tree), applies)
            if key not in numbers:
                numbers[key] = len(patterns)
                patterns.append(weights_of(self.case, tree, dict(zip(own.shares, applies, strict=True))))
                nominal.append(nominal_weights(tree, own.shares))
            pattern.append(numbers[key])
            scores.append(None)
        known = [None not in [own.scores[at[one.origin]] for one in self.parts[agency]] for agency in joint.agencies]
        scored = np.flatnonzero(known)
        places = at_places(joint.at, scored.tolist())
        sums = sums_of(self.case, estimated, places)
        for i, score in zip(places, with_more(self, sums, scored) if self.more else sums, strict=True):
            scores[i] = score
        return estimated

    def rejoined(self, joint: Joint) -> Backcast:
        """The same with other joined agencies."""
        return replace(self, joint=joint, added=added_up(self.case, joint, self.figures))


def backcast(case: Case, exact: Exact, own: Rows, parts: Mapping[str, Parts]) -> Backcast:
    """An earlier year on a later map, see `Backcast`."""
    joint = joint_of(parts, own)
    figures = figures_of(case, own, joint, exact.on)
    added, more = added_up(case, joint, figures), beyond(case, own, joint, exact)
    return Backcast(case, exact, own, parts, joint, figures, added, more)


def reweighted(then: Backcast, parts: Mapping[str, Parts]) -> Backcast:
    """The joined agencies alone, with the weights of other `parts_of`."""
    weights = np.zeros_like(then.joint.weights)
    for row, agency in enumerate(then.joint.agencies):
        weights[row, : len(parts[agency])] = [one.weight for one in parts[agency]]
    return replace(then, parts=parts, joint=then.joint._replace(at=list(range(len(weights))), weights=weights))


def without(then: Backcast, code: str, gone: np.ndarray, rows: np.ndarray) -> Backcast:
    """Some joined agencies with one row of the index set, and without the shares of some origins on it.

    gone   which shares, a row per joined agency
    """
    joint, given, places = then.joint, then.joint.given[code], then.joint.places[rows]
    above, below, there = given.above[rows], given.below[rows], given.there[rows] & ~gone[rows]
    left = given_there(above, below, there, places)
    at, agencies = at_places(joint.at, rows.tolist()), at_places(joint.agencies, rows.tolist())
    return then.rejoined(Joint(at, agencies, places, joint.weights[rows], joint.parts[rows], {code: left}))


def sums_of(case: Case, rows: Rows, places: Sequence[int]) -> Sequence[Fraction | None]:
    """What the rows of some agencies come to, without bonus, penalty and rounding."""
    return summed(rows, places) if set(rows.shares) == set(units(case.framework)) else climbed(case, rows, places)


def beyond(case: Case, rows: Rows, joint: Joint, exact: Exact) -> dict[int, Fraction]:
    """What the official scores of the origins of joined agencies hold beyond their rows (bonus and penalty points,
    rounding at every level): place -> share of the maximum; only what is not 0."""
    origins = [i for i in np.unique(joint.places[joint.places >= 0]).tolist() if rows.scores[i] is not None]
    if case.settings.rounding != "every-level":
        extras = exact.beside(case.framework, INDEX)
        origins = [i for i in origins if any(row.shares[i] for row in extras)]
    found: dict[int, Fraction] = {}
    for i, summed_up in zip(origins, sums_of(case, rows, origins), strict=True):
        score = rows.scores[i]
        if score is not None and summed_up is not None and score != summed_up:
            found[i] = score - summed_up
    return found


def with_more(then: Backcast, sums: Sequence[Fraction | None], rows: np.ndarray) -> list[Fraction | None]:
    """The scores of some joined agencies: the sums of their rows with the mean of what their origins had beyond theirs,
    in the limits of a score with bonus points (`index.score.add_points`)."""
    places = then.joint.places[rows]
    above, below = np.zeros(places.shape, dtype=object), np.ones(places.shape, dtype=object)
    for cell in zip(*np.nonzero(np.isin(places, list(then.more))), strict=True):
        above[cell], below[cell] = then.more[int(places[cell])].as_integer_ratio()
    limited = bool(then.case.framework.extras[INDEX])
    scores = [
        x if x is None or not mean else x + mean
        for x, mean in zip(sums, weighted_means(then.joint.weights[rows], above, below), strict=True)
    ]
    return [min(max(x, ZERO), ONE) if limited and x is not None else x for x in scores]


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


def merged_lists(lists: Iterable[Lists]) -> Lists:
    """The lists of all origins: a joined agency has the rows that any of them has."""
    return tuple(sorted({scope for one in lists for scope in one}))


def weights_of(case: Case, framework: Framework, applies: Mapping[str, bool]) -> dict[str, Fraction]:
    """Weights where some rows do not apply to a joined agency: what is left of each branch keeps its weight under
    `within-parent`, and gives it up otherwise.

    framework   the tree of the rows that its origins have
    """
    keeps = case.settings.not_applicable == "within-parent"
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


def joined_shares(then: Backcast, code: str) -> list[Fraction | None]:
    """The share of every joined agency on a row: as added up, or the weighted mean of the origins that have a share;
    None of none."""
    given, added = then.joint.given[code], then.added[code]
    found = at_places(then.own.shares[code], given.first.tolist())
    averaged = ~given.alike
    averaged[list(added)] = False
    rows = np.flatnonzero(averaged)
    weights = np.where(given.there[rows], then.joint.weights[rows], 0)
    above, below = given.above[rows].astype(object), given.below[rows].astype(object)
    for row, share in (*zip(rows.tolist(), weighted_means(weights, above, below), strict=True), *added.items()):
        found[row] = share
    return found


def weighted_means(weights: np.ndarray, above: np.ndarray, below: np.ndarray) -> list[Fraction]:
    """By row, the mean of above / below; all are integers of any length."""
    n, d = np.zeros(len(weights), dtype=object), np.ones(len(weights), dtype=object)
    for k in range(weights.shape[1]):
        n, d = n * below[:, k] + weights[:, k] * above[:, k] * d, d * below[:, k]
    return fractions(n, d * weights.sum(axis=1))


def added_up(case: Case, joint: Joint, figures: Mapping[str, np.ndarray]) -> dict[str, AddedUp]:
    """The shares of joined agencies on rows that add their numerators and denominators, of the origins that have them;
    those that only have a share are averaged with these. Not where all origins have the same share.

    figures   `figures_of`
    """
    found: dict[str, AddedUp] = {code: {} for code in joint.given}
    for code, table in figures.items():
        if code in joint.given:
            given, rule = joint.given[code], case.framework.nodes[code].rule
            at = np.where(given.there & ~given.alike[:, None], joint.places, -1)
            known = table[1, at] != 0
            rows = np.flatnonzero(known.any(axis=1))
            above, below = (table[:, at[rows]] * joint.parts[rows]).sum(axis=2)
            together = rule.exact([Fraction(n, d) for n, d in zip(above, below, strict=True)])
            found[code] = dict(zip(rows.tolist(), together, strict=True))
            alone = given.there & ~known  # with a share and no figures: no answer, or points of a verdict
            mixed = rows[alone[rows].any(axis=1)]
            if len(mixed):
                ends = [(found[code][row] or ZERO).as_integer_ratio() for row in mixed.tolist()]
                above, below = (np.array(end, dtype=object)[:, None] for end in zip(*ends, strict=True))
                weights = (joint.weights[mixed] * known[mixed]).sum(axis=1)[:, None]
                means = weighted_means(
                    np.hstack([weights, np.where(alone[mixed], joint.weights[mixed], 0)]),
                    np.hstack([above, given.above[mixed].astype(object)]),
                    np.hstack([below, given.below[mixed].astype(object)]),
                )
                found[code] |= zip(mixed.tolist(), means, strict=True)
    return found


def figures_of(case: Case, rows: Rows, joint: Joint, on: str) -> dict[str, np.ndarray]:
    """What the origins of joined agencies count with: row of the index set -> numerators and denominators by place in
    the earlier list, 0 without both, over nothing, or where a verdict gave points; only rows whose rule takes a/b and
    does not look at the whole group.

    on   which values count, as in `index.evaluate`
    """
    a, b, points = (ANSWER.index(cell) for cell in ("a", "b", "points"))
    found = {}
    for code, given in joint.given.items():
        node, claims = case.framework.nodes[code], case.answers.claims.get(code, {})
        if node.children or not node.ratio or node.rule.group or "option" in node.rule.reads:
            continue
        table = np.zeros((2, len(rows.agencies) + 1), dtype=object)
        for place in np.unique(joint.places[given.there & ~given.alike[:, None]]).tolist():
            agency = rows.agencies[place]
            if rows.states[code][place] == CLOSED:
                continue  # its figures count nothing
            claim, verdict = case.answers.counting(code, agency) if on != "claimed" else (claims.get(agency), None)
            cells = on_top(claim, verdict)
            below = figure(cells[b])
            if below and not (verdict and verdict[points]) and (above := figure(cells[a])) is not None:
                table[:, place] = above, below
        if table[1].any():
            found[code] = table
    return found


def ranges(then: Backcast) -> dict[str, tuple[Fraction, Fraction]]:
    """How far a part that nobody has published could move an estimate: agency -> the lowest and the highest estimate.

    Every unknown part is each of `TRIED` in turn, in all combinations of up to three of them, more of them together;
    the part that was assumed counts too. An estimate need not move one way as a part grows, so this is what was met,
    not a proof.
    """
    trials: dict[str, Parts] = {}
    owners: list[str] = []
    for agency, origins in then.parts.items():
        unknown = [i for i, one in enumerate(origins) if not one.known]
        if (n := len(unknown)) and len(origins) > 1:
            tried = product(TRIED, repeat=n) if n <= FREE else ((x,) * n for x in TRIED)
            for combination in [tuple(origins[i].part for i in unknown), *tried]:
                trials[str(len(owners))] = with_parts(origins, dict(zip(unknown, combination, strict=True)))
                owners.append(agency)
    if not trials:
        return {}
    met: dict[str, list[Fraction]] = {}
    tried_out = replace(then.rejoined(joint_of(trials, then.own)), parts=trials)
    for agency, score in zip(owners, tried_out.rows.scores, strict=True):
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
