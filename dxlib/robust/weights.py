"""Weight sets: a table of draws, made once from a generator that was passed in."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..case import Case
from ..case.framework import Framework
from ..errors import Finding, Refusal


def families(framework: Framework) -> list[list[str]]:
    """The scored siblings of every branch, the index's top rows first."""
    groups = [framework.tops, *(node.children for node in framework.nodes.values() if node.children)]
    scored = [[node.code for node in framework.siblings(group)] for group in groups]
    return [group for group in scored if group]


def draw_weights(case: Case, half_width: float, draws: int, rng: np.random.Generator) -> pd.DataFrame:
    """Uniform perturbation of every weight at every level of the tree, then renormalised among siblings.

    half_width   every weight is multiplied by an independent uniform number in [1 - h, 1 + h]; 0 < h <= 1
    draws        number of weightings, at least 1
    rng          the generator; the same state gives the same table

    Returns (draws, nodes): the weight of each scored node among its siblings (siblings sum to 1 in every
    row). Renormalising widens the range that is really reached: see `attainable`. Raises Refusal.
    Source: Saisana, Saltelli & Tarantola (2005), JRSS A 168; the sampler COINr calls noisy weights.
    """
    check_draws(half_width, draws)
    columns: dict[str, np.ndarray] = {}
    for siblings in families(case.framework):
        nominal = np.array([float(case.framework.nodes[code].weight) for code in siblings])
        noisy = nominal * rng.uniform(1 - half_width, 1 + half_width, size=(draws, len(siblings)))
        columns |= dict(zip(siblings, (noisy / noisy.sum(axis=1, keepdims=True)).T, strict=True))
    return pd.DataFrame(columns)


def check_draws(half_width: float, draws: int) -> None:
    found = []
    if not 0 < half_width <= 1:
        found.append(
            Finding(
                "E_PARAM",
                "param_range",
                column="half_width",
                value=str(half_width),
                facts={"low": "> 0", "high": 1, "name": "half_width"},
            )
        )
    if draws < 1:
        found.append(
            Finding(
                "E_PARAM",
                "param_range",
                column="draws",
                value=str(draws),
                facts={"low": 1, "high": "∞", "name": "draws"},
            )
        )
    if found:
        raise Refusal(found)


def attainable(case: Case, half_width: float) -> pd.DataFrame:
    """What "± half_width" really reaches after renormalising, for the top rows.

    For a weight w among siblings (sum 1): up (1+h)/(w(1+h) + (1-w)(1-h)) - 1, down (1-h)/(w(1-h) + (1-w)(1+h)) - 1.
    Returns node, weight, down, up (relative changes).
    """
    nodes = case.framework.siblings(case.framework.tops)
    weights = np.array([float(node.weight) for node in nodes])
    w, h = weights / weights.sum(), half_width
    with np.errstate(divide="ignore", invalid="ignore"):
        up = (1 + h) / (w * (1 + h) + (1 - w) * (1 - h)) - 1
        down = (1 - h) / (w * (1 - h) + (1 - w) * (1 + h)) - 1
    alone = w == 1
    return pd.DataFrame(
        {
            "node": [node.code for node in nodes],
            "weight": w,
            "down": np.where(alone, 0.0, down),
            "up": np.where(alone, 0.0, up),
        }
    )
