"""What to verify first: a risk score that can be recomputed by hand, and a random share that cannot be foreseen.

R = min(m x p, excess): points expected to be over-scored. p is last year's over-scoring of that agency and row,
drawn towards the group's (5 cases' worth), times a stated factor for each red flag, at most 1.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, prod

import numpy as np
import pandas as pd

from .. import confidence
from ..case import Case
from ..errors import Refusal, out_of_range
from ..index.values import leaf
from .estimation import unverified
from .points_ledger import NAN, cells, in_points, reported_leaves, table
from .sampling import points_size, points_weighted

PRIOR = 5  # cases that the group's experience counts for
UNKNOWN = 0.1  # p where nobody has any experience; printed
TOLERABLE = 0.05  # share of items, or of points, that may be wrong
RANDOM_SHARE = 0.05  # of what was not chosen by risk
PARTS = ("risk", "random", "points", "rest")
FACTORS = {
    "no_evidence": 2.0,
    "thin_evidence": 1.5,
    "outside_period": 1.5,
    "empty_document": 2.0,
    "shared_document": 1.5,
    "document_twice": 1.5,
    "jump": 1.5,
    "part_whole": 1.5,
    "relation": 1.5,
    "near_copy": 1.25,
    "peers": 1.25,
}  # what each red flag multiplies p with


def history(case: Case, before: Case | None) -> pd.DataFrame:
    """What verification found in an earlier year, under this year's codes.

    case, before   this year and the earlier one that its links continue; None: there is none, an empty table

    Returns agency, indicator (this year's code), share (final points / maximum), over (over-scored points as a
    share of the maximum, at least 0; nan without a claim): one row per verdict on a row that links.csv calls the
    same or rescaled. Source: the links of contract.md; only such rows are matched.
    """
    columns = ["agency", "indicator", "share", "over"]
    if before is None:
        return pd.DataFrame(columns=columns).astype({"share": float, "over": float})
    links = case.links
    links = links[links["kind"].isin(["same", "rescaled"])]
    links = links[(links["from_year"] == before.year) & (links["from_group"] == before.group)]
    now = dict(zip(links["from_code"], links["code"], strict=True))
    agencies = before.tables["agencies"]["agency"].tolist()
    rows: dict[str, list] = {name: [] for name in columns}
    for node, maximum in reported_leaves(before):
        if maximum is None or node.code not in now:
            continue
        said = leaf(before, node, before.answers, "claimed")
        found = leaf(before, node, before.answers, "verified")
        for agency, state, a, b in zip(agencies, found.states, said.shares, found.shares, strict=True):
            if state == "verified" and b is not None:
                rows["agency"].append(agency)
                rows["indicator"].append(now[node.code])
                rows["share"].append(in_points(b, None))
                rows["over"].append(NAN if a is None else 0.0 if a is b else max(in_points(a - b, None), 0.0))
    return table(rows, columns)


def over_scoring(past: pd.DataFrame, keys: pd.DataFrame, prior: int = PRIOR) -> np.ndarray:
    """p for every (agency, indicator) of `keys`: (o + k p_group) / (n + k).

    past   from `history`; o is the sum and n the number of its entries for the very agency and row, p_group the
           row's mean drawn towards that of all rows in the same way; 0.1 where nothing has a past

    Returns (len(keys),) between 0 and 1. Source: empirical Bayes shrinkage of a proportion, e.g. Casella (1985),
    The American Statistician 39, eq. 2.
    """
    past = past.dropna(subset=["over"])
    everywhere = float(past["over"].mean()) if len(past) else UNKNOWN
    sums = past.groupby("indicator")["over"].agg(["sum", "size"])
    row = (sums["sum"] + prior * everywhere) / (sums["size"] + prior)
    agencies, codes = keys["agency"].unique(), keys["indicator"].unique()
    own = past["over"].groupby(cells(past, agencies, codes)).agg(["sum", "size"])
    found = own.reindex(cells(keys, agencies, codes)).fillna(0.0).to_numpy(float)
    group = keys["indicator"].map(row).fillna(everywhere).to_numpy(float)
    return (found[:, 0] + prior * group) / (found[:, 1] + prior)


def risk(rows: pd.DataFrame, past: pd.DataFrame, flags: pd.DataFrame) -> pd.DataFrame:
    """Points at risk of every claim that can be too high, with all that they are made of.

    rows     the ledger; past from `history`; flags of this year

    Returns the rows of the ledger with an excess above nought, the largest risk first: agency, indicator, max_points,
    claimed, excess, final, state, p (from experience), red_flags (codes, ";"-separated), factor (product of their
    factors), risk (points: min(max_points x min(p x factor, 1), excess)). Bonus and penalty rows count their excess
    as their maximum. A flag on the agency as a whole counts for all of its rows. Source: risk-based selection as
    in ISA 330 and 530; the score itself is recomputable by hand (`FACTORS`, `PRIOR`).
    """
    given = ["agency", "indicator", "max_points", "claimed", "excess", "final", "state"]
    rows = rows[rows["excess"] > 0][given].copy()
    rows["p"] = over_scoring(past, rows)
    kinds, kind = np.unique(raised(flags, rows), return_inverse=True)
    named = [[flag for k, flag in enumerate(sorted(FACTORS)) if one >> k & 1] for one in kinds.tolist()]
    joined = [";".join(some) for some in named]
    rows["red_flags"] = [joined[k] for k in kind.tolist()]
    rows["factor"] = np.array([prod((FACTORS[flag] for flag in some), start=1.0) for some in named])[kind]
    worth = rows["max_points"].fillna(rows["excess"])
    rows["risk"] = np.minimum(worth * np.minimum(rows["p"] * rows["factor"], 1.0), rows["excess"])
    ordered = rows.sort_values(
        ["risk", "claimed", "agency", "indicator"], ascending=[False, False, True, True], kind="stable"
    )
    return ordered[[*given, "p", "red_flags", "factor", "risk"]].reset_index(drop=True)


def raised(flags: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    """The red flags of every row as bits, in the alphabetical order of `FACTORS`; one on an agency counts for all."""
    agencies, codes = rows["agency"].unique(), rows["indicator"].unique()
    bits = np.zeros((len(agencies), len(codes)), int)
    for k, name in enumerate(sorted(FACTORS)):
        found = flags[flags["flag"] == name]
        hit = np.zeros(bits.shape, bool)
        at = cells(found, agencies, codes)
        hit.flat[at[at >= 0]] = True
        hit[np.isin(agencies, found.loc[found["indicator"] == "", "agency"])] = True
        bits |= hit << k
    return bits.ravel()[cells(rows, agencies, codes)]


def choose(
    risks: pd.DataFrame, capacity: int, rng: np.random.Generator, random_share: float = RANDOM_SHARE
) -> pd.DataFrame:
    """Which claims to verify, and why each was chosen.

    risks          from `risk`, whatever has been verified by now
    capacity       how many items are chosen by risk, at least 0
    rng            seeded generator; publish the seed after the claims are in
    random_share   share of the claims of points that is drawn at random, each with the same chance

    The draws come first, from all claims of points (a penalty is none) in the order of their codes, so that they depend
    on the claims and the seed alone and can be made again whatever verification finds: first the random part, then, of
    the rest, as many items as `points_size` asks for (`TOLERABLE`, `confidence.level`; at most half) with chances in
    proportion to claimed points. Of what is not drawn the riskiest are taken.

    Returns `risks` with part: risk, random, points or rest; in this order, each part by risk. Only the drawn parts
    may be used to estimate (`estimates`). Raises Refusal for a negative capacity. Source: a random share beside
    risk-based picks as in ISA 530; points-weighted selection as monetary-unit sampling (AICPA 2017).
    """
    if capacity < 0:
        raise Refusal([out_of_range("capacity", capacity, 0, "∞")])
    part = np.array(["rest"] * len(risks), dtype=object)
    fixed = np.lexsort([pd.factorize(risks[name], sort=True)[0] for name in ("indicator", "agency")])
    fixed = fixed[risks["claimed"].to_numpy(float)[fixed] > 0]
    if len(fixed):
        part[rng.choice(fixed, size=ceil(len(fixed) * Fraction(repr(random_share))), replace=False)] = "random"
    left = fixed[part[fixed] == "rest"]
    size = min(points_size(TOLERABLE, confidence.level()), len(left) // 2)
    if size:
        certain, hit, _ = points_weighted(risks["claimed"].to_numpy()[left], size, rng)
        part[left[[*certain, *hit]]] = "points"
    part[np.flatnonzero(part == "rest")[:capacity]] = "risk"
    order = {name: i for i, name in enumerate(PARTS)}
    out = risks.assign(part=part)
    return out.sort_values("part", key=lambda x: x.map(order), kind="stable").reset_index(drop=True)


def estimates(chosen: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Over-scoring among all claims of points, from the drawn parts alone.

    chosen   from `choose`; items taken by risk belong to the population, never to a sample

    Returns the table of `unverified`. Source: see there.
    """
    drawn_from = chosen[chosen["claimed"] > 0]
    return unverified(drawn_from.assign(part=drawn_from["part"].replace("risk", "rest")), confidence)


def worklist(waiting: pd.DataFrame, chosen: pd.DataFrame, capacity: int) -> pd.DataFrame:
    """The open items to decide next, and why each is listed: list after list leaves nothing open.

    waiting    from `open_items`
    chosen     from `choose`
    capacity   how many claims are taken by risk, at least 1

    All that was drawn, and of the other claims the riskiest; those that nothing is known against (claims of nothing)
    come after them, those that count nothing last. What waits for more than its first verdict is always listed.

    Returns the rows of `waiting` that are listed, with part (risk, random, points), p, red_flags, factor, risk: such as
    have a verdict already first, then by risk. Source: see `choose`; risk orders the items, it hides none.
    """
    parts = chosen[["agency", "indicator", "part", "p", "red_flags", "factor", "risk"]]
    rows = waiting.merge(parts, "left", on=["agency", "indicator"])
    rows = rows.fillna({"part": "rest", "red_flags": "", "factor": 1.0, "risk": 0.0})
    again = rows["kind"] != "unverified"
    order = ["again", "counts", "risk", "claimed", "agency", "indicator"]
    rows = rows.assign(again=again).sort_values(order, ascending=[False] * 4 + [True] * 2, kind="stable")
    by_risk = ~rows["again"] & rows["part"].isin(["risk", "rest"])
    rows["part"] = rows["part"].replace("rest", "risk")
    return rows[~by_risk | (by_risk.cumsum() <= capacity)].drop(columns="again").reset_index(drop=True)


def found_by_part(chosen: pd.DataFrame) -> pd.DataFrame:
    """What verification found among the items of each part: does choosing by risk find more than chance does?

    chosen   from `choose`

    Returns part (risk, random, points, rest), items, verified, over_scored (verified items claimed too high), share
    (of the verified; nan without any), points (over-scored). Source: a yearly check of the selection itself; the
    random part is the yardstick (ISA 530).
    """
    rows = []
    for part in PARTS:
        mine = chosen[chosen["part"] == part]
        done = mine[mine["final"].notna()]
        over = (done["claimed"] - done["final"]).clip(lower=0)
        wrong = int((over > 0).sum())
        rows.append((part, len(mine), len(done), wrong, wrong / len(done) if len(done) else NAN, float(over.sum())))
    return pd.DataFrame(rows, columns=["part", "items", "verified", "over_scored", "share", "points"])
