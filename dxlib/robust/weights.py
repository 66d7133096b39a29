"""Weight sets: a table of draws, made once from a generator that was passed in."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..case import Case
from ..case.framework import Framework
from ..errors import Refusal, out_of_range
from ..index.floats import together

SETS = ("renormalised", "box", "simplex", "order", "dirichlet")
LEVELS = ("all", "pillar")
STREAM = 8_192  # draws of one stream of random numbers
CELLS = 4_000_000  # numbers that the box sampler proposes at once


def families(framework: Framework) -> list[list[str]]:
    """The scored siblings of every branch, the index's top rows first; none in a `sum` branch, where weights say
    nothing."""
    framework = framework.outer
    groups = [framework.tops, *(node.children for node in framework.nodes.values() if node.children)]
    scored = [[node.code for node in framework.siblings(group)] for group in groups]
    return [group for group in scored if group]


def draw_weights(
    case: Case,
    half_width: float,
    draws: int,
    rng: np.random.Generator,
    within: str = "renormalised",
    level: str = "all",
    concentration: float | None = None,
    threads: int = 1,
) -> pd.DataFrame:
    """Weightings of the whole tree, drawn branch by branch among siblings.

    half_width      h, 0 < h <= 1; read by "renormalised" and "box" (the other sets take no notice of it)
    draws           number of weightings K, at least 1
    rng             the generator; every 8,192 draws have a stream of their own, spawned from it: the same seed gives
                    the same table, whatever the number of threads, and more draws only lengthen it
    within          the set W, for siblings of nominal weights w0 (sum 1):
                    "renormalised"  w0 (1 + uniform in [-h, h]) divided by the sum: wider than it says (`attainable`)
                    "box"           uniform on w0 (1 - h) <= w <= w0 (1 + h), sum 1
                    "simplex"       uniform on w >= 0, sum 1
                    "order"         uniform on the simplex where w keeps the order of w0 (equal w0: either order)
                    "dirichlet"     Dirichlet(c w0): mean w0, sd sqrt(w0 (1 - w0) / (c + 1))
    level           "all": every branch moves; "pillar": only the top rows move, below them the weights stay nominal
    concentration   c > 0, for "dirichlet" only. For a coefficient of variation v of the weight w:
                    c = (1 - w) / (w v^2) - 1
    threads         changes the time, never the numbers

    Returns (K, nodes): the weight of each scored node among its siblings; siblings sum to 1 in every row, rows of
    weight 0 stay 0. Raises Refusal (half_width, draws, concentration out of range), ValueError (unknown set, level).
    Source: Saisana, Saltelli & Tarantola (2005), JRSS A 168 (renormalised: what COINr calls noisy weights);
    Tervonen, van Valkenhoef, Basturk & Postmus (2013), EJOR 224 (uniform weights under constraints).
    """
    check_set(half_width, draws, within, level, concentration)
    drawer = drawer_of(case.framework, half_width, within, level, concentration)
    table = np.empty((len(drawer.codes), draws))

    def fill(stream: np.random.Generator, first: int) -> None:
        drawer.draw(stream, table[:, first : first + STREAM])

    with workers(threads) as run:
        firsts = range(0, draws, STREAM)
        list(run(fill, rng.spawn(len(firsts)), firsts))
    return pd.DataFrame(table.T, columns=drawer.codes, copy=False)


@dataclass(frozen=True)
class Drawer:
    """How a stream of draws is made, see `draw_weights`; small enough to be sent to another machine.

    codes   the scored nodes, branch by branch
    still   rows that do not move, and their weights
    free    rows that are drawn together, and their nominal weights
    """

    codes: list[str]
    still: tuple[list[int], np.ndarray]
    free: list[tuple[slice | list[int], np.ndarray]]
    within: str
    half_width: float
    concentration: float | None

    def draw(self, stream: np.random.Generator, out: np.ndarray) -> None:
        """The first draws of a stream, at most STREAM, into `out` (nodes, draws)."""
        rows, weights = self.still
        out[rows] = weights[:, None]
        for siblings, nominal in self.free:
            part = drawn(self.within, nominal, self.half_width, self.concentration, STREAM, stream)
            out[siblings] = part[:, : out.shape[1]]


def drawer_of(framework: Framework, half_width: float, within: str, level: str, concentration: float | None) -> Drawer:
    groups = families(framework)
    codes = [code for siblings in groups for code in siblings]
    still = dict.fromkeys(range(len(codes)), 0.0)
    free: list[tuple[slice | list[int], np.ndarray]] = []
    start = 0
    for siblings in groups:
        weights = [framework.nodes[code].weight for code in siblings]
        rows = [start + i for i, weight in enumerate(weights) if weight]
        nominal = np.array([float(weight / sum(weights)) for weight in weights if weight])
        if len(rows) == 1 or (level == "pillar" and start):
            still.update(zip(rows, nominal.tolist(), strict=True))
        elif rows:
            free.append((together(rows), nominal))
            for row in rows:
                del still[row]
        start += len(siblings)
    return Drawer(codes, (list(still), np.array(list(still.values()))), free, within, half_width, concentration)


@contextmanager
def workers(threads: int) -> Iterator[Callable]:
    """`map`, in one thread or in some; results in order. Raises ValueError below one."""
    if threads < 1:
        raise ValueError(f"threads: {threads}, at least 1")
    if threads == 1:
        yield map
        return
    with ThreadPoolExecutor(threads) as pool:
        yield pool.map


def drawn(within: str, w: np.ndarray, h: float, c: float | None, draws: int, rng: np.random.Generator) -> np.ndarray:
    """(siblings, draws) weights of one branch; w (siblings,) > 0, sum 1, at least two."""
    if within == "renormalised":
        noisy = rng.random((len(w), draws))
        noisy *= 2 * h * w[:, None]
        noisy += (1 - h) * w[:, None]
        noisy /= noisy.sum(axis=0)
        return noisy
    if within == "box":
        return in_box(w, h, draws, rng)
    if within == "dirichlet":
        found = rng.dirichlet((c or 0.0) * w, draws).T
        if not np.isfinite(found).all():
            raise ValueError(f"a concentration of {c} is too small to draw weights with")
        return found
    free = rng.standard_exponential((len(w), draws))
    free /= free.sum(axis=0)
    return free if within == "simplex" else in_order(w, free, rng)


def in_box(w: np.ndarray, h: float, draws: int, rng: np.random.Generator) -> np.ndarray:
    """(siblings, draws) uniform on {w (1 - h) <= v <= w (1 + h), sum 1}, exactly and independently.

    All but the largest weight are drawn uniformly in their intervals; the largest takes what is left, and the draw
    is kept where that lies in its own interval. The set is a graph over the drawn weights, so what is kept is
    uniform on it. Least is kept of equal weights, about 1.38 / sqrt(siblings): 0.60 of 5, 0.31 of 20, 0.18 of 60,
    0.05 of 1,000 (shares of 2e5 draws or fewer). A random walk (hit-and-run) would need a burn-in and, for draws as
    independent as these, siblings^3 steps between two of them, so there is none. w (siblings,) > 0, sum 1.
    Source: rejection from the enclosing set, Devroye (1986), Non-Uniform Random Variate Generation, ch. II.3; mixing
    of hit-and-run: Tervonen, van Valkenhoef, Basturk & Postmus (2013), EJOR 224.
    """
    largest = int(np.argmax(w))
    others = np.delete(np.arange(len(w)), largest)
    wide = h * w[others][:, None]
    out = np.empty((len(w), draws))
    have = 0
    while have < draws:
        tries = max(64, min(CELLS // len(w), (draws - have) * (1 + math.isqrt(len(w)))))
        moved = rng.uniform(-1.0, 1.0, (len(others), tries)) * wide
        rest = -moved.sum(axis=0)
        fits = np.flatnonzero(np.abs(rest) <= h * w[largest])[: draws - have]
        here = slice(have, have + len(fits))
        out[others, here] = w[others][:, None] + moved[:, fits]
        out[largest, here] = w[largest] + rest[fits]
        have += len(fits)
    return out


def in_order(w: np.ndarray, free: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Sort draws from the simplex into the order of w; among equal w the order is drawn.

    w (siblings,), free (siblings, draws) -> (siblings, draws). Exact: sorting folds the simplex onto each of its
    equal parts. Source: Butler, Jia & Dyer (1997), EJOR 103 (weights drawn under a rank order).
    """
    levels = np.unique(-w, return_inverse=True)[1]
    keys = levels[:, None] + rng.random(free.shape)
    place = np.argsort(np.argsort(keys, axis=0), axis=0)
    return np.take_along_axis(-np.sort(-free, axis=0), place, axis=0)


def check_set(half_width: float, draws: int, within: str, level: str, concentration: float | None) -> None:
    if within not in SETS or level not in LEVELS:
        raise ValueError(f"within is one of {', '.join(SETS)}; level is one of {', '.join(LEVELS)}")
    check_draws(half_width if within in SETS[:2] else 1.0, draws, concentration if within == "dirichlet" else 1.0)


def check_draws(half_width: float, draws: int, concentration: float | None = 1.0) -> None:
    given = "" if concentration is None else concentration
    wrong = [
        ("half_width", half_width, "> 0", 1, 0 < half_width <= 1),
        ("draws", draws, 1, "∞", draws >= 1),
        ("concentration", given, "> 0", "∞", 0 < (concentration or 0) < math.inf),
    ]
    if found := [out_of_range(name, value, low, high) for name, value, low, high, right in wrong if not right]:
        raise Refusal(found)


def attainable(case: Case, half_width: float, within: str = "renormalised", level: str = "pillar") -> pd.DataFrame:
    """What "± half_width" really reaches: the relative change of each weight, at its extremes.

    For a weight w among siblings (sum 1) and h = half_width, 0 < h <= 1:
    "renormalised"  up (1+h)/(w(1+h) + (1-w)(1-h)) - 1, down (1-h)/(w(1-h) + (1-w)(1+h)) - 1
    "box"           up min(h, h (1-w)/w), down the same: what the siblings can give or take
    level           "pillar": the top rows; "all": every scored row

    Returns node, weight (nominal, among its siblings), down, up; 0 for a row that stands alone or weighs nothing.
    Raises Refusal, ValueError. Source: bounds of w/(w + rest) over the intervals, siblings at their other ends.
    """
    if within not in SETS[:2] or level not in LEVELS:
        raise ValueError(f"within is one of {', '.join(SETS[:2])}; level is one of {', '.join(LEVELS)}")
    check_draws(half_width, 1)
    h, rows = half_width, []
    for siblings in families(case.framework)[: None if level == "all" else 1]:
        weights = [case.framework.nodes[code].weight for code in siblings]
        whole = sum(weights)
        for code, weight in zip(siblings, weights, strict=True):
            w = float(weight / whole) if weight else 0.0
            down, up = (0.0, 0.0) if w in (0.0, 1.0) else reach(w, h, within)
            rows.append({"node": code, "weight": w, "down": down, "up": up})
    return pd.DataFrame(rows, columns=["node", "weight", "down", "up"])


def reach(w: float, h: float, within: str) -> tuple[float, float]:
    """(down, up) relative change of a weight 0 < w < 1; formulas in `attainable`."""
    if within == "box":
        both = min(h, h * (1 - w) / w)
        return -both, both
    up = (1 + h) / (w * (1 + h) + (1 - w) * (1 - h)) - 1
    down = (1 - h) / (w * (1 - h) + (1 - w) * (1 + h)) - 1
    return down, up
