"""Speed of ranks under drawn weights, as ratios to a NumPy floor in one run. Run: python tests/benchmarks/robust.py

The floor is the best plain NumPy we know for one flat set of positive weights: draw, divide by the sum, one matrix
product, argsort and scatter, ties repaired in rows that have one, ranks kept as int16 and sorted for 5, 50, 95 %;
blocks of 262,144 scores, a generator for each. Ours draws every branch of a tree of eight pillars, and gives ranks,
5/50/95 %, extremes and the whole table of acceptabilities. Goals: at most 2.5 times the floor for 107 x 60 at 1e5
draws, on one thread and on two, and for 10,600 x 60 at 1e4 draws in less than 400 MB.

Every size runs in a process of its own, libraries kept to one thread; the two sides take turns, and the
fastest run of each counts (other work on the machine only adds). One thread is measured in CPU time, two in seconds
on the wall, which mean something only while nothing else runs.

How fast the floor is depends on the CPU: where numpy sorts by AVX-512, as on that of these figures, sorting is a third
of it. Measured on one thread of a busy machine (2026-11-30, the fastest of five): 107 x 60 2.2 to 2.3 times the floor,
10,600 x 60 1.3 to 1.5. Until then ranks came from one sort of the bits of the floats: 1.4 to 1.5 and 1.0 times on the
same machine, so that all draws of 107 x 60 took 0.26 s of CPU instead of 0.40.

The largest size is run on demand, with its peak (goal: less than 2.5 GB; measured once, on 2026-11-27: 633 MB, 47
s of CPU time):
PYTHONPATH=. python tests/benchmarks/robust.py ours 10600 60 100000 1 1
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CELLS = 262_144


def floor(x, draws: int, half_width: float, seed: int, threads: int):
    """(3, N) 5 %, 50 %, 95 % of the ranks of x (N, D) under equal weights, disturbed and divided by their sum."""
    import numpy as np

    n, d = x.shape
    step = max(1, CELLS // n)
    kept = np.empty((n, draws), np.int16)
    down = np.arange(1, n + 1, dtype=np.int16)
    turned = np.ascontiguousarray(x.T)

    def block(start: int) -> None:
        rng = np.random.default_rng([seed, start])
        k = min(step, draws - start)
        w = rng.uniform(1 - half_width, 1 + half_width, (k, d))
        w /= w.sum(axis=1, keepdims=True)
        scores = w @ turned
        np.negative(scores, out=scores)
        order = np.argsort(scores, axis=1)
        order += np.arange(0, k * n, n)[:, None]
        ordered = scores.ravel()[order.ravel()].reshape(k, n)
        ranks = np.empty(k * n, np.int16)
        ranks[order.ravel()] = np.tile(down, k)
        same = ordered[:, 1:] == ordered[:, :-1]
        tied = np.flatnonzero(same.any(axis=1))
        if len(tied):
            place = np.where(np.c_[np.ones(len(tied), bool), ~same[tied]], down, 0)
            ranks[order[tied]] = np.maximum.accumulate(place, axis=1)
        kept[:, start : start + k] = ranks.reshape(k, n).T

    def quantiles(start: int):
        rows = kept[start : start + 64]
        rows.sort(axis=1)
        return rows[:, [-(-draws // 20) - 1, -(-draws // 2) - 1, -(-19 * draws // 20) - 1]]

    if threads == 1:
        for start in range(0, draws, step):
            block(start)
        return np.concatenate([quantiles(start) for start in range(0, n, 64)]).T
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(block, range(0, draws, step)))
        return np.concatenate(list(pool.map(quantiles, range(0, n, 64)))).T


def ours(case, shares, draws: int, half_width: float, seed: int, threads: int):
    """The same and more from the library: `draw_weights`, then the pass of `rank_intervals`."""
    import numpy as np

    from dxlib.robust.intervals import checked, count, rank_quantiles
    from dxlib.robust.weights import draw_weights

    weights = draw_weights(case, half_width, draws, np.random.default_rng(seed), threads=threads)
    n = len(shares.agencies)
    (places,), _ = count(case.framework, shares, [n], *checked(case.framework, weights, threads), threads)
    return rank_quantiles(places, draws)[:, 1:4].T


def given(agencies: int, rows: int):
    """A tree of eight pillars and made-up shares (spread and correlated as in a province); no table is read."""
    import numpy as np

    from dxlib.index.floats import Shares
    from tests.benchmarks.score import case_of

    case, _ = case_of(3, rows)
    rng = np.random.default_rng(2)
    able = rng.beta(6, 4, (agencies, 1))
    x = np.clip(0.6 * able + 0.4 * rng.beta(2, 1.4, (agencies, rows)), 0, 1)
    codes = [node.code for node in case.framework.leaves if node.scored]
    names = [f"c{i}" for i in range(agencies)]
    whole = np.ones(agencies)
    shares = Shares(
        names, codes, x, np.ones(x.shape), 0 * whole, False, whole > 0, dict.fromkeys(codes, whole), [()] * len(names)
    )
    return case, shares


def measure(side: str, agencies: int, rows: int, draws: int, threads: int, runs: int) -> None:
    """In its own process: seconds of each run of one side or of both in turn, and the peak of memory."""
    case, shares = given(agencies, rows)
    sides: dict[str, Callable] = {
        "floor": lambda: floor(shares.x, draws, 0.2, 1, threads),
        "ours": lambda: ours(case, shares, draws, 0.2, 1, threads),
    }
    clock = time.process_time if threads == 1 else time.perf_counter
    taken: dict[str, list[float]] = {name: [] for name in sides if side in (name, "both")}
    for _ in range(runs):
        for name, seconds in taken.items():
            start = clock()
            sides[name]()
            seconds.append(clock() - start)
    print(json.dumps({"seconds": taken, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def child(*arguments: object) -> dict:
    root = Path(__file__).parents[2]
    one = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL")}
    done = subprocess.run(
        [sys.executable, __file__, *map(str, arguments)],
        check=True,
        stdout=subprocess.PIPE,
        env={**os.environ, **one, "PYTHONPATH": str(root)},
    )
    return json.loads(done.stdout)


def main() -> None:
    for agencies, draws, threads, runs in (
        (107, 100_000, 1, 9),
        (107, 100_000, 2, 9),
        (10_600, 10_000, 1, 3),
        (10_600, 10_000, 2, 3),
    ):
        seconds = child("both", agencies, 60, draws, threads, runs)["seconds"]
        ours, floor = (min(seconds[side]) for side in ("ours", "floor"))
        said = f"{agencies} x 60, {draws:,} draws, {threads} thread{'s' * (threads > 1)}: {ours:.3f} s"
        print(f"{said}, floor {floor:.3f} s, ratio {ours / floor:.2f}", flush=True)
    for side in ("ours", "floor"):
        print(
            f"10600 x 60, 10,000 draws, one thread: {side} peaks at {child(side, 10_600, 60, 10_000, 1, 1)['peak']:.0f} MB"
        )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        side, *numbers = sys.argv[1:]
        measure(side, *map(int, numbers))
    else:
        main()
