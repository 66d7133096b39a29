"""Other choices the rules could have made: weights, normalisation, aggregation, missing answers, one main index less,
claims instead of verdicts. Whose place depends on them?

Every combination is ranked exactly: floats decide wherever the gap between two scores is wider than their error,
exact fractions wherever it is not. The lists stay those of the official result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from itertools import product
from math import prod

import numpy as np
import pandas as pd

from ..case import Case
from ..case.framework import Framework
from ..case.settings import Settings
from ..index import INDEX, Exact, evaluate, tabulate
from ..index.classified import limits, lists_of, pairs, row_orders
from ..index.exact import Column, add_points, behind_gates, branch, climb, leaf_column, leaves_of, own_lists
from ..index.floats import TIE, Shares, float_ranks, index_scores, leaf_shares, published_shares, some
from ..index.rank import deciding_shares
from ..index.values import Leaf, basis
from ..rules import MinMax, RankShare, Rule, ZScore

FACTORS = ("source", "normalisation", "missing", "weights", "aggregation", "leave_out")
NORMALISATIONS: dict[str, Rule | None] = {"rule": None, "min-max": MinMax(), "rank": RankShare(), "z-score": ZScore()}
MISSING = ("zero", "exclude", "within-parent")
WEIGHTS = ("issued", "equal-within", "equal-main")
MEANS = ("arithmetic", "geometric", "harmonic")
MOST = 4096  # combinations that are still all computed
DECIMALS = 6
NAN = float("nan")
Choices = Mapping[str, Sequence[str]]
Ask = Callable[[int, list[int]], list["Fraction | None"]]


@dataclass(frozen=True)
class Start:
    """What every scenario of a case starts from.

    on         the official source of the scores
    official   (N rows) agency, scope, rank, class of the agencies that stand in a list
    listed     (N,) their positions in agencies.csv
    leaves     source -> leaf -> final values
    """

    case: Case
    on: str
    official: pd.DataFrame
    listed: np.ndarray
    leaves: Mapping[str, Mapping[str, Leaf]]


@dataclass(frozen=True)
class Ranked:
    """K combinations of choices, ranked: (K, N) places within the lists and (K, N) classes (1 = highest).

    nan where an agency has no place (nobody else in the list, no score left) or no class (no classes, no score left,
    or another normalisation: the cuts are shares of the maximum and say nothing on another scale).
    """

    ranks: np.ndarray
    classes: np.ndarray


def begin(case: Case, on: str | None = None) -> Start:
    """The official result and the final values of every source. Raises Refusal (unknown `on`)."""
    on = basis(case, on)
    exact = evaluate(case, on)
    table = tabulate(case, exact, [INDEX])
    listed = np.flatnonzero(table["of"].notna())
    official = table.loc[listed, ["agency", "scope", "rank", "class"]].reset_index(drop=True)
    leaves = {on: leaves_of(case, on)}
    others = ("claimed", "verified") if case.has_claims and case.has("verdicts") else ()
    for other in others:
        if other != on:
            found = leaves_of(case, other)
            columns = leaf_columns(case, found, case.settings)
            if not any(column.blocked[i] for column in columns.values() for i in listed.tolist()):
                leaves[other] = found
    return Start(case, on, official, listed, leaves)


def leaf_columns(
    case: Case, leaves: Mapping[str, Leaf], settings: Settings, judged: Mapping[str, Leaf] | None = None
) -> dict[str, Column]:
    """Leaves under the policies, and behind their gates.

    judged   the leaves that open and close gates, under the policies of the case; by default these themselves
    """
    framework = case.framework
    columns = {code: leaf_column(values, framework, code, settings) for code, values in leaves.items()}
    if not framework.gates:
        return columns
    own = {code: leaf_column(x, framework, code, case.settings) for code, x in (judged or leaves).items()}
    exact = Exact("", case.tables["agencies"]["agency"].tolist(), own, {}, own_lists(case))
    stands = behind_gates(exact, framework, case.settings)
    return columns | {code: shut(columns[code], stands.columns[code], stands.ungated[code]) for code in framework.gates}


def shut(column: Column, stands: Column, own: Column) -> Column:
    """The cells that a gate changed, on the others of a column."""
    changed = [now != then for now, then in zip(stands.states, own.states, strict=True)]
    changed = [c or a != b for c, a, b in zip(changed, stands.blocked, own.blocked, strict=True)]
    pairs = ((getattr(stands, field.name), getattr(column, field.name)) for field in fields(Column))
    return Column(*([x if c else y for c, x, y in zip(changed, *pair, strict=True)] for pair in pairs))


def normalised(leaves: Mapping[str, Leaf], case: Case, listed: np.ndarray, normalisation: str) -> Mapping[str, Leaf]:
    """The same leaves, the shares of the listed agencies put on the scale of the group; others keep theirs.

    min-max   (x - lowest)/(highest - lowest); no spread: 0
    rank      (ascending rank - 1)/(n - 1), ties share the lower; one agency: 0
    z-score   1/2 + z/6, z = (x - mean)/sd, cut off at 0 and 1 (that is at z = -3 and 3), so that every mean can
              take it; no spread: 1/2

    Only shares that came from an answer: what the policies say about missing answers and rows that do not apply
    comes after. Bonus and penalty points stay. Source: OECD/JRC Handbook (2008), ch. 5.
    """
    rule = NORMALISATIONS[normalisation]
    if rule is None:
        return leaves
    inside = set(listed.tolist())
    out = {}
    for code, values in leaves.items():
        out[code] = values
        if case.framework.nodes[code].role == "score":
            own = rule.exact([x if i in inside else None for i, x in enumerate(values.shares)])
            if normalisation == "z-score":
                own = [None if z is None else min(max(Fraction(1, 2) + z / 6, Fraction(0)), Fraction(1)) for z in own]
            shares = [new if i in inside else x for i, (x, new) in enumerate(zip(values.shares, own, strict=True))]
            out[code] = replace(values, shares=shares)
    return out


def reweighted(framework: Framework, weights: str, leave_out: str = "none") -> Framework:
    """The tree under other weights, with one main index counting nothing; rows of weight 0 keep it."""
    codes: list[str] = []
    if weights == "equal-main":
        codes = list(framework.tops)
    elif weights == "equal-within":
        branches = [n for n in framework.outer.nodes.values() if n.aggregate not in ("best", "worst")]
        codes = [code for branch in branches for code in branch.children]
    equal = {n.code: replace(n, weight=Fraction(1), by_maximum=False) for n in framework.siblings(codes) if n.weight}
    framework = replace(framework, nodes={**framework.nodes, **equal})
    return framework if leave_out == "none" else framework.without(leave_out)


def counting_leaves(framework: Framework) -> list[str]:
    nodes = framework.nodes
    return [code for code, weight in framework.global_weights().items() if weight and not nodes[code].children]


def candidates(start: Start) -> dict[str, list[str]]:
    """Every alternative that can be computed for a case, the official one first; some may change nothing."""
    case, framework = start.case, start.case.framework
    leaves = start.leaves[start.on]
    counted = counting_leaves(framework)
    lacking = any(leaves[code].states[i] == "missing" for code in counted for i in start.listed.tolist())
    mains = [node.code for node in framework.siblings(framework.tops) if node.weight]
    means = framework.aggregate in MEANS
    negative = any(
        s is not None and s < 0 for own in start.leaves.values() for code in counted for s in own[code].shares
    )
    found = {
        "source": list(start.leaves),
        "normalisation": list(NORMALISATIONS),
        "missing": [case.settings.missing, *(MISSING if lacking else ())],
        "weights": list(WEIGHTS if means else WEIGHTS[:-1]),
        "aggregation": [framework.aggregate, *(MEANS if means and not negative else ())],
        "leave_out": ["none", *(mains if means and len(mains) > 1 else ())],
    }
    return {factor: list(dict.fromkeys(names)) for factor, names in found.items()}


def changes(start: Start, factor: str, alternative: str) -> bool:
    """Whether an alternative really gives other leaf shares, weights or means than the official choice.

    A scenario that is silently not applied looks like robustness. Source: COINr issue 60, the flaw this guards against.
    """
    case, framework = start.case, start.case.framework
    if factor == "aggregation":
        return alternative != framework.aggregate
    if factor == "weights":
        return reweighted(framework, alternative).global_weights() != framework.global_weights()
    if factor == "leave_out":
        return alternative != "none" and framework.without(alternative).global_weights() != framework.global_weights()
    official = leaf_columns(case, start.leaves[start.on], case.settings)
    source = alternative if factor == "source" else start.on
    settings = replace(case.settings, missing=alternative) if factor == "missing" else case.settings
    leaves = normalised(start.leaves[source], case, start.listed, alternative if factor == "normalisation" else "rule")
    other = leaf_columns(case, leaves, settings, start.leaves[source])
    counted = counting_leaves(framework)
    points = [code for code, node in framework.nodes.items() if node.role in ("bonus", "penalty")]
    return any(
        (official[code].shares[i], official[code].present[i], official[code].own_maxima[i])
        != (other[code].shares[i], other[code].present[i], other[code].own_maxima[i])
        for code in counted
        for i in start.listed.tolist()
    ) or any(
        leaves[code].shares[i] != start.leaves[start.on][code].shares[i]
        for code in points
        for i in start.listed.tolist()
    )


def factors(case: Case, on: str | None = None) -> dict[str, list[str]]:
    """What else could have been decided: factor -> names of the alternatives, the official one first.

    source          which values count: claimed, verified (as `on`); only where there are claims and verdicts, and
                    where every agency of the lists has a score under both
    normalisation   "rule" (shares by the rules of the set), "min-max", "rank", "z-score" over the group
    missing         what an answer that is missing counts: "zero", "exclude", "within-parent"
    weights         "issued", "equal-within" (rows weigh the same within their branch), "equal-main" (main indexes
                    weigh the same)
    aggregation     of the main indexes: "arithmetic", "geometric", "harmonic" (a share of 0 makes the index 0)
    leave_out       "none", or the code of the main index that is left out

    Only alternatives that give other leaf shares, weights or means than the official choice, and only factors with
    at least one. Means are not exchanged where the official one is best or worst, nor where shares may be negative.
    Raises Refusal. Source: Saisana, Saltelli & Tarantola (2005), JRSS A 168, sections 2 and 3.
    """
    return effective(begin(case, on))


def effective(start: Start) -> dict[str, list[str]]:
    if not len(start.listed):
        return {}
    found = {
        factor: [name for name in names if name == names[0] or changes(start, factor, name)]
        for factor, names in candidates(start).items()
    }
    return {factor: names for factor, names in found.items() if len(names) > 1}


def combinations(start: Start, choices: Choices) -> pd.DataFrame:
    """Every combination, one row each; factors that are not chosen from stay official."""
    unknown = [factor for factor in choices if factor not in FACTORS]
    possible = candidates(start)
    unknown += [f"{f} = {name}" for f in choices if f in possible for name in choices[f] if name not in possible[f]]
    if unknown:
        raise ValueError(f"no such choice here: {', '.join(unknown)}")
    levels = [list(choices.get(factor, possible[factor][:1])) for factor in FACTORS]
    return pd.DataFrame(list(product(*levels)), columns=list(FACTORS), dtype=str)


def rank_all(start: Start, table: pd.DataFrame) -> Ranked:
    """Exact places and classes under every row of a table of choices.

    table   (K rows) one column per factor

    Returns (K, N) for the N listed agencies, in the order of agencies.csv. Raises Refusal (a mean that cannot take a
    negative share).
    """
    case, listed = start.case, start.listed
    table = table.reset_index(drop=True)
    out = Ranked(np.full((len(table), len(listed)), NAN), np.full((len(table), len(listed)), NAN))
    if not len(listed):
        return out
    scopes = start.official["scope"].tolist()
    trees = {
        key: reweighted(case.framework, *key)
        for key in dict.fromkeys(zip(table["weights"], table["leave_out"], strict=True))
    }
    for (source, normalisation), same_shares in table.groupby(["source", "normalisation"], sort=False):
        leaves = normalised(start.leaves[source], case, listed, str(normalisation))
        for missing, same_leaves in same_shares.groupby("missing", sort=False):
            settings = replace(case.settings, missing=str(missing))
            exact = whole = climbed(case, leaves, str(source), settings, start.leaves[str(source)])
            shares, exact = some(leaf_shares(case, exact=exact), listed), part(exact, listed)
            for aggregation, rows in same_leaves.groupby("aggregation", sort=False):
                frameworks = [
                    replace(trees[key], aggregate=str(aggregation))
                    for key in zip(rows["weights"], rows["leave_out"], strict=True)
                ]
                at = rows.index.to_numpy()
                rooted = normalisation == "z-score"
                out.ranks[at], classes = decided(exact, shares, frameworks, settings, scopes, rooted)
                if normalisation == "rule":
                    out.classes[at] = classes
                    if not settings.classes.by_cut:
                        given = replace(case, settings=settings)
                        out.classes[at] = held(given, whole, listed, frameworks, scopes, out.ranks[at], classes)
    return out


def held(
    case: Case,
    exact: Exact,
    listed: np.ndarray,
    frameworks: list[Framework],
    scopes: list[str],
    ranks: np.ndarray,
    places: np.ndarray,
) -> np.ndarray:
    """(K, N) classes after conditions and quotas, from those by the cut and the exact ranks, under K trees. Shares of
    rows are those of each tree, climbed anew where a branch is asked about."""
    classes = case.settings.classes
    asked = [code for c, code in pairs(classes.conditions) if c.shared]
    asked += [one.quota_row for _, one in classes.quotas if one.quota_row]
    moving = any(case.framework.nodes[code].children for code in asked)
    out, lists = places.copy(), lists_of(scopes, [True] * len(scopes))
    known: dict[tuple, tuple[np.ndarray, dict[int, np.ndarray]]] = {}
    for k, tree in enumerate(frameworks):
        key = tuple(node.weight for node in tree.nodes.values()) if moving else ()
        if key not in known:
            under = climb(exact, tree, case.settings) if moving else exact
            limit = np.array(limits(case, under, pairs(classes.conditions)))[listed]
            known[key] = (limit, {place: order[listed] for place, order in row_orders(case, under).items()})
        limit, rows = known[key]
        lost = np.isnan(places[k])
        own = np.where(lost, 0, np.maximum(np.nan_to_num(places[k]), limit)).astype(int)
        of_list = np.where(np.isnan(ranks[k]), 1, ranks[k]).astype(int)
        settled = classes.filled(own[None], of_list[None], lists, rows)[0][0]
        out[k] = np.where(lost, NAN, settled)
    return out


def part(exact: Exact, chosen: np.ndarray) -> Exact:
    """The same for some agencies."""
    at = chosen.tolist()

    def picked(values: Sequence) -> list:
        return [values[i] for i in at]

    columns = {
        code: Column(picked(c.shares), picked(c.own_maxima), picked(c.present), picked(c.blocked), picked(c.states))
        for code, c in exact.columns.items()
    }
    extra = {code: Leaf(picked(row.shares), picked(row.states)) for code, row in exact.extra.items()}
    return Exact(exact.on, picked(exact.agencies), columns, extra, picked(exact.lists))


def climbed(
    case: Case, leaves: Mapping[str, Leaf], on: str, settings: Settings, judged: Mapping[str, Leaf]
) -> Exact:
    """Exact scores from given leaves, under the official weights and means.  judged: see `leaf_columns`"""
    extra = {code: leaves[code] for code, node in case.framework.nodes.items() if node.role in ("bonus", "penalty")}
    agencies = case.tables["agencies"]["agency"].tolist()
    exact = Exact(on, agencies, leaf_columns(case, leaves, settings, judged), extra, own_lists(case))
    return climb(exact, case.framework, settings)


def identical(exact: Exact, shares: Shares) -> list[int]:
    """(N,) for every agency the first one with the very same leaves: these two tie under any weights and means."""
    rows = [(c.shares, c.present, c.own_maxima) for c in (exact.columns[code] for code in shares.codes)]
    seen: dict[tuple, list[int]] = {}
    out = []
    for i in range(len(exact.agencies)):
        key = (shares.x[i].tobytes(), shares.present[i].tobytes(), shares.extra[i], shares.lists[i])
        before = seen.setdefault(key, [])
        same = (
            j
            for j in before
            if all([x[i] for x in cells] == [x[j] for x in cells] for cells in rows)
            and all(row.shares[i] == row.shares[j] for row in exact.extra.values())
        )
        out.append(next(same, i))
        if out[-1] == i:
            before.append(i)
    return out


def decided(
    exact: Exact, shares: Shares, frameworks: list[Framework], settings: Settings, scopes: list[str], rooted: bool
) -> tuple[np.ndarray, np.ndarray]:
    """(K, N) places and classes under K trees that differ in their weights only, on one set of leaf shares.

    rooted   whether the shares themselves are roots kept to 40 digits (then 30 decimals decide, as in `tabulate`)
    """

    def deciding(index: Column, framework: Framework) -> list[Fraction | None]:
        return deciding_shares(index, settings, rooted or INDEX in framework.rooted)

    def ask(k: int, members: list[int]) -> list[Fraction | None]:
        index = climb(part(exact, np.array(members)), frameworks[k], settings).columns[INDEX]
        return deciding(index, frameworks[k])

    same = identical(exact, shares)
    if settings.rounding == "every-level" or frameworks[0].aggregate not in MEANS or frameworks[0].scoped:
        known = [
            deciding(index, tree) for index, tree in zip(tops(exact, frameworks, settings), frameworks, strict=True)
        ]
        values = np.array([[NAN if s is None else float(s) for s in row] for row in known])
        return ranks_and_classes(values, scopes, settings, same, lambda k, at: [known[k][i] for i in at])
    codes = [node.code for node in frameworks[0].nodes.values() if node.scored]
    weights = {code: np.array([float(tree.nodes[code].weight) for tree in frameworks]) for code in codes}
    scores = index_scores(frameworks[0], shares, weights)
    if settings.rank_on == "published":
        own_maxima = np.array([float(r) for r in exact.columns[INDEX].own_maxima])
        scores = published(scores, own_maxima, settings, ask)
    return ranks_and_classes(scores, scopes, settings, same, ask)


def tops(exact: Exact, frameworks: list[Framework], settings: Settings) -> Iterator[Column]:
    """The exact index under each tree; what stands below the main indexes is climbed once for equal weights there."""
    below: dict[tuple, Exact] = {}
    for tree in frameworks:
        key = tuple(node.weight for node in tree.nodes.values() if node.parent)
        if key not in below:
            below[key] = climb(exact, tree, settings)
        columns = below[key].columns
        index = branch(INDEX, columns, tree, settings, exact)
        yield add_points(index, exact.beside(tree, INDEX), settings)


def published(scores: np.ndarray, own_maxima: np.ndarray, settings: Settings, ask: Ask) -> np.ndarray:
    """(K, N) shares of the published points; near a half the exact number decides."""
    out, near = published_shares(scores, own_maxima, settings)
    for k in np.flatnonzero(near.any(axis=1)).tolist():
        members = np.flatnonzero(near[k]).tolist()
        out[k, members] = [NAN if s is None else float(s) for s in ask(k, members)]
    return out


def ranks_and_classes(
    scores: np.ndarray, scopes: Sequence[str], settings: Settings, same: Sequence[int], ask: Ask
) -> tuple[np.ndarray, np.ndarray]:
    """Exact competition ranks and classes from (K, N) float scores.

    scopes   (N,) the list of each agency
    same     (N,) equal numbers for agencies that tie whatever the choices
    ask      (combination, agencies) -> their exact deciding shares; asked only where two scores, or a score and the
             cut of a class, are nearer than 1e-9, which is far more than the floats' error
    """
    ranks = np.full(scores.shape, NAN)
    for scope in dict.fromkeys(scopes):
        members = np.array([i for i, s in enumerate(scopes) if s == scope])
        if len(members) > 1:
            ranks[:, members] = in_list(scores[:, members], members, same, ask)
    ranks[ranks == 0] = NAN
    return ranks, class_of(scores, settings, ask)


def in_list(scores: np.ndarray, members: np.ndarray, same: Sequence[int], ask: Ask) -> np.ndarray:
    """(K, n) exact places of one list; 0 without a score, or for one who alone has one."""
    places = np.where(np.isnan(scores).sum(axis=1)[:, None] < scores.shape[1] - 1, float_ranks(scores), 0)
    ordered = np.sort(places, axis=1)
    tied = ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] > 0)).any(axis=1)
    for k in np.flatnonzero(tied).tolist():
        found, counts = np.unique(places[k], return_counts=True)
        runs = [np.flatnonzero(places[k] == place) for place in found[(counts > 1) & (found > 0)].tolist()]
        runs = [run for run in runs if len({same[members[i]] for i in run}) > 1]
        firsts = sorted({same[members[i]] for run in runs for i in run})
        exact = dict(zip(firsts, ask(k, firsts) if firsts else [], strict=True))
        for run in runs:
            keys = [exact[same[members[i]]] for i in run]
            order = {share: place for place, share in reversed(list(enumerate(sorted(keys, reverse=True))))}
            places[k, run] = places[k, run[0]] + np.array([order[share] for share in keys])
    return places


def class_of(scores: np.ndarray, settings: Settings, ask: Ask) -> np.ndarray:
    """(K, N) classes; nan without classes or score."""
    out = np.full(scores.shape, NAN)
    classes = settings.classes
    if not classes:
        return out
    cuts, places = np.array([float(edge.cut) for edge in classes.edges]), np.array(classes.places)
    known = ~np.isnan(scores)
    out[known] = places[(scores[known][:, None] < cuts).sum(axis=1)]
    near = known & (np.abs(scores[:, :, None] - cuts) <= TIE).any(axis=2)
    for k in np.flatnonzero(near.any(axis=1)).tolist():
        members = np.flatnonzero(near[k]).tolist()
        out[k, members] = [classes.of(share) or NAN for share in ask(k, members)]
    return out


def shifts(ranks: np.ndarray, official: np.ndarray) -> np.ndarray:
    """(K, N) |places moved|; nan where either has no place."""
    return np.abs(ranks - official)


def mean_shift(ranks: np.ndarray, official: np.ndarray) -> np.ndarray:
    """(K,) mean |places moved| of the agencies that have both; 0 where nobody has.

    Source: Saisana, Saltelli & Tarantola (2005), JRSS A 168, eq. 3 (average shift in rank).
    """
    moved = shifts(ranks, official)
    known = ~np.isnan(moved)
    return np.where(known, moved, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)


def tau_b(before: np.ndarray, after: np.ndarray, scopes: Sequence[str]) -> float:
    """Kendall's tau-b of two (N,) rankings over the pairs that stand in the same list; nan where all are tied.

    Source: Kendall (1945), Biometrika 33 (ties on both sides).
    """
    both = untied_before = untied_after = 0
    known = ~(np.isnan(before) | np.isnan(after))
    for scope in dict.fromkeys(scopes):
        at = np.flatnonzero(known & np.array([s == scope for s in scopes]))
        a, b = before[at], after[at]
        for rows in range(0, len(at), 256):  # a block of all pairs at a time, each pair seen twice
            first = np.sign(a[rows : rows + 256, None] - a)
            second = np.sign(b[rows : rows + 256, None] - b)
            both += int((first * second).sum())
            untied_before += int(np.count_nonzero(first))
            untied_after += int(np.count_nonzero(second))
    return both / (untied_before * untied_after) ** 0.5 if untied_before and untied_after else NAN


def described(start: Start, ranked: Ranked) -> pd.DataFrame:
    """What each of K combinations does to the official result: moved, mean_shift, largest, agency, reclassed,
    leader."""
    official = start.official["rank"].to_numpy(float, na_value=NAN)
    classes = start.official["class"].to_numpy(float, na_value=NAN)
    agencies = start.official["agency"].tolist()
    moved = np.nan_to_num(shifts(ranked.ranks, official))
    means = mean_shift(ranked.ranks, official)
    other_class = (ranked.classes != classes) & ~np.isnan(ranked.classes) & ~np.isnan(classes)
    comparable = ~np.isnan(ranked.classes).all(axis=1) if ranked.classes.size else np.zeros(len(ranked.ranks), bool)
    rows = []
    for k in range(len(ranked.ranks)):
        largest = int(moved[k].max(initial=0))
        farthest = agencies[int(moved[k].argmax())] if largest else ""
        reclassed = int(other_class[k].sum()) if comparable[k] else None
        leader = ";".join(agencies[i] for i in np.flatnonzero((ranked.ranks[k] == 1) & (official != 1)))
        mean = round(float(means[k]), DECIMALS)
        rows.append((int((moved[k] > 0).sum()), mean, largest, farthest, reclassed, leader))
    columns = ["moved", "mean_shift", "largest", "agency", "reclassed", "leader"]
    return pd.DataFrame(rows, columns=columns).astype({"reclassed": "Int64"})


def one_at_a_time(case: Case, on: str | None = None) -> pd.DataFrame:
    """Every single alternative against the official choice, everything else as it is.

    Returns, by factor: factor, alternative (names in `factors`), changed (False where it gives the same leaf shares,
    weights and means as the official choice, so that it says nothing), moved (agencies whose place changes),
    mean_shift (mean |places moved|), largest and agency (who moves most, "" when nobody does), tau (Kendall's tau-b
    with the official order within the lists; null where all are tied), reclassed (agencies in another class), leader
    ("" or who leads instead, ;-separated). Empty where no agency stands in a list. Raises Refusal.
    Source: OECD/JRC Handbook (2008), ch. 7 (uncertainty analysis), one factor at a time.
    """
    start = begin(case, on)
    possible = candidates(start) if len(start.listed) else {}
    official = {factor: names[0] for factor, names in possible.items()}
    singles = [(factor, name) for factor, names in possible.items() for name in names[1:]]
    table = pd.DataFrame([{**official, factor: name} for factor, name in singles], columns=list(FACTORS), dtype=str)
    ranked = rank_all(start, table)
    result = described(start, ranked)
    before, scopes = start.official["rank"].to_numpy(float, na_value=NAN), start.official["scope"].tolist()
    result.insert(4, "tau", [round(tau_b(before, after, scopes), DECIMALS) for after in ranked.ranks])
    result.insert(0, "factor", [factor for factor, _ in singles])
    result.insert(1, "alternative", [name for _, name in singles])
    result.insert(2, "changed", [changes(start, factor, name) for factor, name in singles])
    return result


def full_factorial(case: Case, on: str | None = None, most: int = MOST, choices: Choices | None = None) -> pd.DataFrame:
    """Every combination of the alternatives of `factors`, ranked exactly.

    most      combinations allowed; above, ValueError (then `sobol.importance` with a generator samples them)
    choices   factor -> alternatives to combine, by default all of `factors`; ValueError for an unknown one

    Returns one row per combination, the official one first: a column per factor, then moved, mean_shift, largest,
    agency, reclassed, leader as in `one_at_a_time`. Raises Refusal.
    Source: Saisana, Saltelli & Tarantola (2005), JRSS A 168, section 3.
    """
    start = begin(case, on)
    chosen = effective(start) if choices is None else choices
    count = prod(len(names) for names in chosen.values())
    if count > most:
        raise ValueError(f"{count} combinations are more than {most}: sample them")
    table = combinations(start, chosen)
    result = described(start, rank_all(start, table))
    return pd.concat([table[[f for f in FACTORS if f in chosen]], result], axis=1)
