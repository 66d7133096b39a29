"""The score: leaves by their rules, then up the tree, then bonus and penalty; exact throughout.

A node's score is a share of its maximum. What an agency lacks is handled by the policies of index.toml
(`methods`: OECD/JRC Handbook 2008, ch. 3; the smaller denominator of real decisions is `exclude`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from itertools import repeat

from ..case import Case
from ..case.framework import CHOICES, INDEX, SUM, Framework, Gate, Lists, Node, finished_node
from ..case.settings import Settings
from ..errors import Finding, Refusal
from ..rules import ONE, ZERO
from .aggregate import AGGREGATES, arithmetic, total, whole_numbers
from .rounding import round_share, rounded
from .values import ABSENT, OPEN, Finished, Leaf, basis, leaf

CLOSED = "gate-closed"  # the state of a row behind a gate that is not met
VALUED = ("verified", "claimed", "measured", CLOSED)


@dataclass(frozen=True)
class Column:
    """One node for every agency, in the order of agencies.csv.

    shares    share of the own maximum; None where there is no score
    own_maxima  the maximum that stays in the tree: the node's, less what is excluded for that agency (the scale
              of `total` without points)
    present   the part of the node's weight that stays in the tree (0: handed on to the whole index, or the agency does
              not have the node at all; of a branch of which it has a part, what that weighs counts)
    blocked   True where the node has no score because a part of it has none (not verified, or missing
              under `not-ranked`)
    states    see `values.Leaf`; of a row behind a closed gate `CLOSED`
    """

    shares: list[Fraction | None]
    own_maxima: list[Fraction]
    present: list[Fraction]
    blocked: list[bool]
    states: list[str]


@dataclass(frozen=True)
class Exact:
    """Exact scores of a case: `columns` by node in tree order, the index first.

    extra      the bonus and penalty rows, by code (their shares are signed points)
    ungated    the leaves behind gates as they would count if every gate were open
    lists      the scope of every agency: in whose tree it stands (`Framework.own`); of several for merged ones
    """

    on: str
    agencies: list[str]
    columns: dict[str, Column]
    extra: dict[str, Leaf]
    lists: Sequence[Lists]
    ungated: Mapping[str, Column] = field(default_factory=dict)

    def without_gates(self, code: str) -> Column | Leaf:
        """A leaf as its answers alone have it."""
        return self.extra[code] if code in self.extra else self.ungated.get(code, self.columns[code])

    def beside(self, framework: Framework, code: str) -> list[Leaf]:
        """The bonus and penalty rows that count at a node: the index, or a `sum` branch."""
        return [self.extra[row] for row in framework.extras.get(code, ()) if row in self.extra]


def own_lists(case: Case) -> list[Lists]:
    """The scope of every agency, in the order of agencies.csv."""
    return [(scope,) for scope in case.tables["agencies"]["scope"].tolist()]


def evaluate(case: Case, on: str | None = None) -> Exact:
    """Exact scores of every node and agency.

    on   verified, current or claimed; by default what the case says

    Raises Refusal where a mean cannot take what it is given (a negative share under a geometric mean).
    """
    on = basis(case, on)
    framework, settings = case.framework, case.settings
    agencies = case.tables["agencies"]["agency"].tolist()
    leaves = leaves_of(case, on)
    columns = {node.code: leaf_column(leaves[node.code], framework, node.code, settings) for node in framework.leaves}
    extra = {node.code: leaves[node.code] for node in framework.leaves if node.role in ("bonus", "penalty")}
    exact = Exact(on, agencies, columns, extra, own_lists(case))
    return climb(behind_gates(exact, framework, settings), framework, settings)


def leaves_of(case: Case, on: str) -> dict[str, Leaf]:
    """Every leaf by the rules alone, before any policy."""
    taken = finished(case, on)
    return {node.code: leaf(case, node, case.answers, on, taken) for node in case.framework.leaves}


def finished(case: Case, on: str) -> Finished:
    """The scores of other folders that rows take, for every agency of this one: those that stand on the same values
    there, nothing where an agency is not assessed."""
    exact = {group: evaluate(other, on if other.has_claims else None) for group, other in case.others.items()}
    found = {}
    for reference in dict.fromkeys(of for node in case.framework.leaves for of in node.taken):
        group, code = finished_node(reference)
        column, there = exact[group].columns[code], {a: i for i, a in enumerate(exact[group].agencies)}
        cells = list(zip(column.shares, column.states, strict=True))
        agencies = case.tables["agencies"]["agency"]
        found[reference] = [cells[there[a]] if a in there else (None, "missing") for a in agencies]
    return found


def provisional(case: Case, on: str | None = None) -> bool:
    """Whether a result may still change: it, or a score it takes, stands on claims or waits for verdicts."""
    if any(provisional(other, on if other.has_claims else None) for other in case.others.values()):
        return True
    if not case.has_claims:
        return False
    return basis(case, on) != "verified" or not set(OPEN).isdisjoint(evaluate(case, on).columns[INDEX].states)


def climb(exact: Exact, framework: Framework, settings: Settings) -> Exact:
    """From the leaves up: the branches and the index again, under the weights of `framework`."""
    columns = {node.code: exact.columns[node.code] for node in framework.leaves}
    for node in reversed(list(framework.nodes.values())):
        if node.children:
            columns[node.code] = branch(node.code, columns, framework, settings, exact)
    index = branch(INDEX, columns, framework, settings, exact)
    index = add_points(index, exact.beside(framework, INDEX), settings)
    ordered = {INDEX: index, **{code: columns[code] for code in framework.nodes}}
    return replace(exact, columns=ordered)


def leaf_column(values: Leaf, framework: Framework, code: str, settings: Settings) -> Column:
    """A leaf under the policies for rows that do not apply and for missing answers."""
    node = framework.nodes[code]
    n = len(values.states)
    own_maximum = full_maximum(node, framework)
    if not node.scored:
        return Column([None] * n, [ZERO] * n, [ZERO] * n, [False] * n, values.states)
    policy = {"not-applicable": settings.not_applicable, "missing": settings.missing}
    shares, own_maxima, present, blocked = list(values.shares), [own_maximum] * n, [ONE] * n, [False] * n
    for i, state in enumerate(values.states):
        if state in OPEN:
            blocked[i] = True
        if state == ABSENT:
            own_maxima[i] = present[i] = ZERO
        if state not in policy:
            continue
        rule = policy[state]
        if rule in ("full", "zero"):
            shares[i] = Fraction(rule == "full")
        elif rule in ("not-ranked", "error"):
            blocked[i] = True
        elif rule == "exclude":
            own_maxima[i] = present[i] = ZERO
    if settings.rounding == "every-level":
        rooted = code in framework.rooted
        shares = [round_share(s, r, settings, rooted) for s, r in zip(shares, own_maxima, strict=True)]
    return Column(shares, own_maxima, present, blocked, values.states)


def behind_gates(exact: Exact, framework: Framework, settings: Settings) -> Exact:
    """Leaves behind gates as they count: closed ones give 0 of their whole maximum, those whose gate is not decided
    wait with it.

    Gates are judged once, by the weights of the set itself; whatever is tried on other weights leaves them as they are.
    """
    own = {code: exact.ungated.get(code, column) for code, column in exact.columns.items()}
    found: dict[str, Column] = {}

    def column(code: str) -> Column:
        if code in found:
            return found[code]
        node = framework.nodes[code]
        if node.children:
            below = {child: column(child) for child in node.children}
            found[code] = branch(code, below, framework, settings, exact)
        else:
            gates = [(gate, column(gate.code)) for gate in framework.gates.get(code, ())]
            found[code] = gated(own[code], gates, full_maximum(node, framework)) if gates else own[code]
        return found[code]

    behind = {code: column(code) for code in framework.gates}
    ungated = {code: own[code] for code in behind}
    return replace(exact, columns={**exact.columns, **behind}, ungated=ungated) if behind else exact


def gated(own: Column, gates: list[tuple[Gate, Column]], whole: Fraction) -> Column:
    """A leaf behind gates. What does not apply stays so; one closed gate closes, whatever the others wait for."""
    out = Column(*(list(getattr(own, field.name)) for field in fields(Column)))
    for i, state in enumerate(own.states):
        if state in ("not-applicable", ABSENT):
            continue
        passes = [passed(gate, column, i) for gate, column in gates]
        if False in passes:
            out.shares[i], out.own_maxima[i], out.present[i], out.blocked[i] = ZERO, whole, ONE, False
            out.states[i] = CLOSED
        elif None in passes:
            out.shares[i], out.own_maxima[i], out.present[i], out.blocked[i] = None, whole, ONE, True
            waiting = [column.states[i] for (_, column), open_ in zip(gates, passes, strict=True) if open_ is None]
            out.states[i] = state if state in OPEN else state_of(waiting, None)
    return out


def passed(gate: Gate, column: Column, i: int) -> bool | None:
    """Whether a gate is open for an agency; None while its row waits. A row that does not apply, or that the agency
    does not have, asks for nothing; one without an answer is not met, whatever the policy for missing answers."""
    share = column.shares[i]
    if column.states[i] in ("not-applicable", ABSENT):
        return True
    if column.blocked[i]:
        return None
    return share is not None and column.states[i] != "missing" and gate.met(share)


def closed_by(framework: Framework, exact: Exact, code: str, i: int) -> list[Gate]:
    """The gates that close a leaf for an agency."""
    if code not in framework.gates or exact.columns[code].states[i] != CLOSED:
        return []
    return [gate for gate in framework.gates[code] if passed(gate, exact.columns[gate.code], i) is False]


def full_maximum(node: Node, framework: Framework) -> Fraction:
    """The maximum of a node of which nothing is left out."""
    return (node.maximum or ZERO) if framework.has_points else framework.total


def branch(code: str, columns: dict[str, Column], framework: Framework, settings: Settings, exact: Exact) -> Column:
    """A parent, or the index, from its children, agency by agency.

    exact   whose agencies, and of which lists, the columns are of
    """
    beside = exact.beside(framework, code)
    if not framework.scoped:
        return of_children(code, columns, framework, settings, exact.agencies, beside)
    n = len(exact.agencies)
    out = Column([None] * n, [ZERO] * n, [ZERO] * n, [False] * n, [ABSENT] * n)
    for tree, places in framework.trees(exact.lists):
        if code != INDEX and not tree.nodes[code].there:
            continue
        siblings = [node.code for node in tree.siblings(children_of(tree, code))]
        below = {each: in_tree(columns[each], each, tree, framework, places) for each in siblings}
        extra = [Leaf([row.shares[i] for i in places], [row.states[i] for i in places]) for row in beside]
        own = of_children(code, below, tree, settings, [exact.agencies[i] for i in places], extra)
        part = ONE if code == INDEX else tree.part_of(framework, code)
        held = own.present if part == 1 else [part * present for present in own.present]
        for k, i in enumerate(places):
            out.shares[i], out.own_maxima[i], out.present[i] = own.shares[k], own.own_maxima[k], held[k]
            out.blocked[i], out.states[i] = own.blocked[k], own.states[k]
    return out


def in_tree(column: Column, code: str, tree: Framework, whole: Framework, places: list[int]) -> Column:
    """Some agencies of a column, whose parts of a weight are those of the weight in their own tree."""
    part = tree.part_of(whole, code)
    held = [column.present[i] for i in places]
    if part not in (0, 1):
        held = [ONE if present == part else present / part for present in held]
    return Column(
        [column.shares[i] for i in places],
        [column.own_maxima[i] for i in places],
        held,
        [column.blocked[i] for i in places],
        [column.states[i] for i in places],
    )


def children_of(framework: Framework, code: str) -> tuple[str, ...]:
    return framework.tops if code == INDEX else framework.nodes[code].children


def of_children(
    code: str,
    columns: dict[str, Column],
    framework: Framework,
    settings: Settings,
    agencies: list[str],
    beside: list[Leaf],
) -> Column:
    """The same of agencies that stand in one tree.

    beside   the bonus and penalty rows that count here, if it is a `sum` branch
    """
    whole = code == INDEX
    if not whole and framework.nodes[code].aggregate == SUM:
        return added(framework.nodes[code], columns, beside, framework, settings, len(agencies))
    aggregate = framework.aggregate if whole else framework.nodes[code].aggregate
    maximum = framework.total if whole else framework.nodes[code].maximum
    children = children_of(framework, code)
    siblings = framework.siblings(children)
    counting = [node for node in siblings if node.weight]
    below = [columns[node.code] for node in counting]
    weights = whole_numbers([node.weight for node in counting])
    full = [node.maximum or ZERO for node in counting]
    lying = [node for node in siblings if not node.weight]
    idle = [columns[node.code] for node in lying]
    scale = (maximum or ZERO) if framework.has_points else framework.total
    # a row of weight 0 further down leaves with its maximum alone, not with any weight
    everything = (ONE,) * len(below), *(tuple(full_maximum(n, framework) for n in nodes) for nodes in (counting, lying))
    words: dict[tuple[tuple[str, ...], bool], str] = {}
    rooted = code in framework.rooted
    out = Column([], [], [], [], [])
    for agency, (shares, own_maxima, present, blocked, states), (_, idle_maxima, idle_present, _, _) in zip(
        agencies, by_agency(below, len(agencies)), by_agency(idle, len(agencies)), strict=True
    ):
        parts = list(zip(weights, shares, present, own_maxima, full, strict=True))
        held, own_maximum = ONE, scale
        if (present, own_maxima, idle_maxima) != everything:
            rest = list(zip(idle_present, idle_maxima, strict=True))
            held, own_maximum = kept_weight(parts, rest, aggregate, scale, framework.has_points)
        share = None if True in blocked else combine(aggregate, parts, own_maximum, framework.has_points, code, agency)
        if settings.rounding == "every-level":
            share = round_share(share, own_maximum, settings, rooted)
        found = (states, share is None)
        if found not in words:
            words[found] = state_of(states, share)
        out.shares.append(share)
        out.own_maxima.append(own_maximum)
        out.present.append(held)
        out.blocked.append(True in blocked)
        out.states.append(words[found])
    return out


def added(
    node: Node, columns: dict[str, Column], extra: list[Leaf], framework: Framework, settings: Settings, n: int
) -> Column:
    """A `sum` branch: the points of its children and its bonus and penalty points, together at least 0 and at most its
    own maximum.

    That is the maxima of the children that stay, at most its maximum. A child that leaves its weight to its siblings
    leaves them its points: theirs count in proportion. Where all leave, the branch does, with its bonus and penalty.
    """
    siblings = framework.siblings(node.children)
    if not siblings:
        return extras_alone(node, extra, settings, n)
    cells = [(columns[c.code], c.maximum or ZERO, bool(c.weight)) for c in siblings]
    scale, rest, rooted = node.maximum or ZERO, framework.beyond(node), node.code in framework.rooted
    weighty = total([most for _, most, counts in cells if counts])
    out = Column([], [], [], [], [])
    for i in range(n):
        held = total([column.own_maxima[i] for column, _, counts in cells if counts])
        room = total([column.own_maxima[i] for column, *_ in cells])
        counting = [column for column, _, counts in cells if counts]
        waiting = [row.states[i] for row in extra if row.states[i] in OPEN] if held else []
        own_maximum = min(scale, room + rest) if held else min(scale, room)
        known = [(c.own_maxima[i], s) for c in counting if (s := c.shares[i]) is not None and c.own_maxima[i]]
        blocked, share = bool(waiting) or any(c.blocked[i] for c in counting), None
        if known and not blocked:
            points = arithmetic(known) * room + total(extra_points(extra, i, settings))
            share = min(max(points / own_maximum, ZERO), ONE)
        if settings.rounding == "every-level":
            share = round_share(share, own_maximum, settings, rooted)
        states = [c.states[i] for c in counting]
        out.shares.append(share)
        out.own_maxima.append(own_maximum)
        stays = ONE if held == weighty else min(scale, held + rest) / min(scale, weighty + rest)
        out.present.append(stays if held else ZERO)
        out.blocked.append(blocked)
        out.states.append(state_of([*waiting, *states], share))
    return out


def extras_alone(node: Node, extra: list[Leaf], settings: Settings, n: int) -> Column:
    """A `sum` branch of bonus and penalty rows alone. What is not declared counts nothing; where none of them applies
    the branch is a row that does not apply."""
    scale = node.maximum or ZERO
    out = Column([], [], [], [], [])
    for i in range(n):
        states = [row.states[i] for row in extra]
        policy = settings.not_applicable if set(states) == {"not-applicable"} else ""
        blocked = not set(OPEN).isdisjoint(states)
        stays = ZERO if policy == "exclude" else ONE
        share: Fraction | None = Fraction(policy == "full")
        if blocked or policy in ("exclude", "within-parent"):
            share = None
        elif not policy:
            share = min(max(total(extra_points(extra, i, settings)) / scale, ZERO), ONE)
        if settings.rounding == "every-level":
            share = round_share(share, scale, settings, False)
        out.shares.append(share)
        out.own_maxima.append(scale * stays)
        out.present.append(stays)
        out.blocked.append(blocked)
        out.states.append(state_of(states, share))
    return out


def extra_points(extra: list[Leaf], i: int, settings: Settings) -> list[Fraction]:
    """The bonus and penalty points of one agency; a missing one counts nothing."""
    points = [p for p in (row.shares[i] for row in extra) if p is not None]
    if settings.rounding == "every-level":
        return [rounded(p, settings.points_decimals, settings.half) for p in points]
    return points


def by_agency(columns: Sequence[Column], n: int) -> Iterator[tuple[tuple, ...]]:
    """(shares, own_maxima, present, blocked, states) of each of n agencies, each a tuple over the columns."""
    parts = [[getattr(column, field.name) for column in columns] for field in fields(Column)]
    return zip(*(zip(*part, strict=True) if part else repeat((), n) for part in parts), strict=True)


def kept_weight(
    parts: list[tuple], idle: list[tuple[Fraction, Fraction]], aggregate: str, scale: Fraction, has_points: bool
) -> tuple[Fraction, Fraction]:
    """(part of the branch's weight that is left, own maximum).

    parts   (weight, share, present, own maximum, full maximum) of the children that count
    idle    (present, own maximum) of the children of weight 0: shown, so part of the maximum, but never of the weight
    """
    if not parts:
        return ZERO, ZERO
    if aggregate in CHOICES and has_points:
        own_maxima = [m for *_, m, _ in parts]
        return max(own_maxima) / max(full for *_, full in parts), max(own_maxima + [m for _, m in idle])
    if aggregate in CHOICES:
        return max(present for _, _, present, _, _ in parts), scale
    whole = all(present is ONE for _, _, present, _, _ in parts)
    held = ONE if whole else total([w * p for w, _, p, _, _ in parts]) / sum(w for w, *_ in parts)
    return held, total([m for *_, m, _ in parts] + [m for _, m in idle]) if has_points else scale


def combine(
    aggregate: str, parts: list[tuple], own_maximum: Fraction, has_points: bool, code: str, agency: str
) -> Fraction | None:
    """The parent's share from the parts of `kept_weight` and its own maximum; None when no child has one.

    `best` takes the alternative with the most points, `worst` the smallest share.
    """
    if aggregate == "best" and has_points:
        most = max((s * r for _, s, _, r, _ in parts if s is not None), default=None)
        return None if most is None else most / own_maximum if own_maximum else ZERO
    if aggregate in CHOICES:
        choose = max if aggregate == "best" else min
        return choose((s for _, s, _, _, _ in parts if s is not None), default=None)
    pairs = [
        (w if present is ONE else w * present, s)
        for w, s, present, _, _ in parts
        if s is not None and w and (present is ONE or present)
    ]
    if not pairs:
        return None
    if aggregate != "arithmetic" and any(s < 0 for _, s in pairs):
        raise Refusal(
            [Finding("E_NEGATIVE_MEAN", "negative_mean", column=code, value=agency, facts={"aggregate": aggregate})]
        )
    return AGGREGATES[aggregate](pairs)


def state_of(states: Iterable[str], share: Fraction | None) -> str:
    """One word for a branch, from its children's."""
    found = set(states)
    order = ("reopened", "not-verified") if share is None else ()
    for state in (*order, "claimed", "verified", "measured", CLOSED, "missing", "not-applicable"):
        if state in found:
            return "missing" if share is None and state not in (*OPEN, "not-applicable") else state
    return "not-scored"


def add_points(index: Column, extra: list[Leaf], settings: Settings) -> Column:
    """Bonus and penalty points on top of the index, clamped once to [0, own maximum]. A missing one counts nothing."""
    if not extra:
        return index
    out = Column([], index.own_maxima, index.present, [], [])
    for i, (share, own_maximum) in enumerate(zip(index.shares, index.own_maxima, strict=True)):
        waiting = [row.states[i] for row in extra if row.states[i] in OPEN]
        if share is not None and own_maximum:
            share = min(max(share + total(extra_points(extra, i, settings)) / own_maximum, ZERO), ONE)
        out.shares.append(None if waiting else share)
        out.blocked.append(bool(waiting) or index.blocked[i])
        out.states.append(state_of([*waiting, index.states[i]], None) if waiting else index.states[i])
    return out


def coverage(framework: Framework, exact: Exact) -> list[Fraction]:
    """Per agency, the share of the whole index's weight that has a value.

    Rows that do not apply are part of the whole, those of other lists are not: an agency that is assessed on 30 of 100
    points stands at 0.3. Of alternatives (best, worst) one is enough; so it is of bonus and penalty rows that make a
    branch by themselves.
    """
    columns = exact.columns

    def node(tree: Framework, code: str, i: int) -> Fraction:
        children = tree.nodes[code].children
        if tree.siblings(children):
            return branch_of(tree, tree.nodes[code].aggregate, children, i)
        return Fraction(columns[code].states[i] in VALUED)

    def branch_of(tree: Framework, aggregate: str, codes: tuple[str, ...], i: int) -> Fraction:
        parts = [(n.weight, node(tree, n.code, i)) for n in tree.siblings(codes) if n.weight]
        if aggregate in CHOICES:
            return max((part for _, part in parts), default=ZERO)
        return total([w * part for w, part in parts]) / sum(w for w, _ in parts) if parts else ZERO

    found = [ZERO] * len(exact.agencies)
    for tree, places in framework.trees(exact.lists):
        rows = [node for node in tree.nodes.values() if node.scored and not tree.siblings(node.children)]
        counted = [columns[node.code].states for node in rows]
        for i in places:
            whole = all(states[i] in VALUED for states in counted)
            found[i] = ONE if whole else branch_of(tree, tree.aggregate, tree.tops, i)
    return found
