"""Speed of the sensitivity indices, as ratios in one run. Run: python tests/benchmarks/sobol.py

One sampled design of 6 factors, 1,024 rows, 107 outputs, intervals from 100 bootstrap samples (what SALib takes by
default): all outputs at once against one call per output, of the same estimator and of SALib.
Goal: at least 20 times faster than SALib. Then the whole of `importance` on data/.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from SALib.analyze import sobol

from dxlib import read_case
from dxlib.robust.scenarios import full_factorial, one_at_a_time
from dxlib.robust.sobol import importance, jansen, jansen_intervals, points, resamples

FACTORS, ROWS, OUTPUTS, DRAWS = 6, 1024, 107, 100
DATA = Path(__file__).parents[2] / "data"


def model(u: np.ndarray) -> np.ndarray:
    """Ranks of 107 made-up agencies, by a weighted sum of the factors with a product."""
    chance = np.random.default_rng(1)
    scores = u @ chance.random((FACTORS, OUTPUTS)) + u[..., :1] * u[..., 1:2] * chance.random(OUTPUTS)
    return OUTPUTS - np.argsort(np.argsort(scores, axis=-1), axis=-1).astype(float)


def seconds(run: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def estimate(f_a: np.ndarray, f_b: np.ndarray, f_ab: np.ndarray) -> np.ndarray:
    counts = resamples(ROWS, DRAWS, np.random.default_rng(2))
    found = jansen(f_a, f_b, f_ab)
    jansen_intervals(f_a, f_b, f_ab, counts)
    return found.total


def all_at_once() -> None:
    f = [model(u) for u in points(FACTORS, ROWS, np.random.default_rng(3))]

    def one_by_one() -> None:
        for m in range(OUTPUTS):
            estimate(*(part[..., [m]] for part in f))

    whole = seconds(lambda: estimate(*f), 5)
    singly = seconds(one_by_one, 3)
    print(f"{OUTPUTS} outputs at once: {whole:.3f} s; one call each: {singly:.3f} s, {singly / whole:.1f} times")
    problem = {"num_vars": FACTORS, "names": [f"f{i}" for i in range(FACTORS)], "bounds": [[0, 1]] * FACTORS}
    order = np.concatenate([f[0][:, None], np.moveaxis(f[2], 0, 1), f[1][:, None]], axis=1)  # A, AB_i, B, row by row
    totals = []

    def salib() -> None:
        totals[:] = [
            sobol.analyze(problem, order[..., m].ravel(), calc_second_order=False, num_resamples=DRAWS, seed=4)["ST"]
            for m in range(OUTPUTS)
        ]

    theirs = seconds(salib, 1)
    apart = np.abs(np.array(totals).T - estimate(*f)).max()
    print(
        f"SALib, one call each: {theirs:.3f} s, {theirs / whole:.1f} times (goal: 20); totals at most {apart:.1e} apart"
    )


def whole_tables(year: str, group: str) -> None:
    case = read_case(DATA, year, group)
    runs = {
        "one at a time": lambda: one_at_a_time(case),
        f"all {len(full_factorial(case))} combinations": lambda: full_factorial(case),
        "their indices": lambda: importance(case),
        "indices from a sample": lambda: importance(case, rng=np.random.default_rng(5), most=1),
    }
    print(f"{year} {group}: " + "; ".join(f"{words} {seconds(run, 3):.2f} s" for words, run in runs.items()))


if __name__ == "__main__":
    all_at_once()
    for group in ("communes", "departments"):
        whole_tables("2024", group)
