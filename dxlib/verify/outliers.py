"""Who stands far from the others: inflation, single rows, jumps from last year, peers, everything at its maximum.

Distances are measured in median absolute deviations, which a few cheats cannot move. Agencies, not deviations,
are compared: far from the others is a reason to look, never a finding. The frame functions compare shares to
nine decimals, so that equal points are equal numbers whatever sum they came from.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd

from .flag import frame, noticed

QUARTILE = 0.6745  # of the standard normal: MAD = 0.6745 SD
MEAN_AD = 1.253314  # SD over mean absolute deviation of the normal, the root of pi/2
CUT = 3.5
FEWEST = 5  # an agency is compared with four others or with none
FEWEST_IN_A_ROW = 8
FEWEST_AT_MAXIMUM = 5
DECIMALS = 9
NOISE = 1e-12  # of the figures that a residual is the difference of: what floats may miss


def vector(x: Sequence[float] | np.ndarray) -> np.ndarray:
    """The values as floats, (n,). Raises ValueError for anything but one value per member."""
    values = np.asarray(x, float)
    if values.ndim != 1:
        raise ValueError(f"one value per member is needed, not a table of shape {values.shape}")
    return values


def unit_of(away: np.ndarray) -> float:
    """One standard deviation of a normal with these distances from its middle, (n,) without nan; 0 without spread.

    MAD first, MeanAD where that is 0. Source: Iglewicz & Hoaglin (1993), ch. 3.
    """
    if not away.size:
        return 0.0
    return float(np.median(away)) / QUARTILE or MEAN_AD * float(away.mean())


def modified_z(x: Sequence[float] | np.ndarray) -> np.ndarray:
    """Distance from the median in robust standard deviations, (n,) -> (n,); above 3.5 is far.

    0.6745 (x - median) / MAD. Where more than half are equal MAD is 0: (x - median) / (1.253314 MeanAD), and
    zeros where that is 0 too. nan stays nan and is nobody's neighbour. Raises ValueError for a table.
    Source: Iglewicz & Hoaglin (1993), How to Detect and Handle Outliers, ch. 3.
    """
    x = vector(x)
    known = x[~np.isnan(x)]
    if not known.size:
        return x.copy()
    middle = np.median(known)
    unit = unit_of(np.abs(known - middle))
    return (x - middle) / unit if unit else x * 0.0


def theil_sen(
    p: Sequence[float] | np.ndarray, c: Sequence[float] | np.ndarray, rng: np.random.Generator, most: int = 1_000_000
) -> tuple[float, float]:
    """(intercept, slope) of the line c = intercept + slope p that outliers cannot drag.

    slope      median of the slopes of all pairs of members, vertical pairs left out
    intercept  median(c) - slope median(p)
    p, c       (n,) each; members with a nan are left out
    rng        draws `most` random pairs where there are more pairs than that, else is not touched
    Both nan without two different p. Raises ValueError for unequal lengths or `most` < 1.
    Source: Theil (1950), Proc. KNAW 53; Sen (1968), JASA 63, 1379-1389; the intercept: Conover (1980).
    """
    p, c = pairs(p, c)
    if most < 1:
        raise ValueError(f"at least one pair is needed, not {most}")
    n = p.size
    if n * (n - 1) // 2 <= most:
        i, j = np.triu_indices(n, 1)
    else:
        i, j = rng.integers(n, size=(2, most))  # a member drawn twice is a vertical pair
    run = p[j] - p[i]
    slopes = (c[j] - c[i])[run != 0] / run[run != 0]
    if not slopes.size:
        return float("nan"), float("nan")
    slope = float(np.median(slopes))
    return float(np.median(c)) - slope * float(np.median(p)), slope


def pairs(
    p: Sequence[float] | np.ndarray, c: Sequence[float] | np.ndarray, whole: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Both vectors without the members that lack one of the two; `whole`: with them."""
    p, c = vector(p), vector(c)
    if p.size != c.size:
        raise ValueError(f"{p.size} values before and {c.size} after do not belong together")
    known = ~(np.isnan(p) | np.isnan(c)) | whole
    return p[known], c[known]


def jumps(
    p: Sequence[float] | np.ndarray, c: Sequence[float] | np.ndarray, rng: np.random.Generator, most: int = 1_000_000
) -> tuple[np.ndarray, np.ndarray]:
    """(expected gain, z) of every member: what the common line predicts for c - p, and how far the gain is from it.

    The line has the slope of `theil_sen` and passes through the middle of the residuals, so that half of the
    members gained more than expected; z is the `modified_z` of the residuals. Without two different p the slope
    is taken as 1 (plain gains). nan where p or c is. Raises ValueError as `theil_sen` does.
    Source: Sen (1968), JASA 63, residuals; Iglewicz & Hoaglin (1993) for their distance.
    """
    p, c = pairs(p, c, whole=True)
    _, slope = theil_sen(p, c, rng, most)
    slope = 1.0 if np.isnan(slope) else slope
    line = slope * p
    rest = c - line
    if np.isnan(rest).all():
        return rest, rest
    middle = np.nanmedian(rest)
    rest = np.where(abs(rest - middle) <= NOISE * np.maximum(abs(c), abs(line)), middle, rest)
    return middle + line - p, modified_z(rest)


def leave_one_out_z(x: Sequence[float] | np.ndarray, groups: Sequence[Hashable] | np.ndarray) -> np.ndarray:
    """Distance of every member from the other members of its group, (n,) -> (n,).

    0.6745 (x - median of the others) / MAD of the others. nan where fewer than four others have a value, where
    their MAD is 0, and where x or the group is missing (None, nan). Raises ValueError for unequal lengths.
    Source: Iglewicz & Hoaglin (1993) with the member itself left out (Belsley, Kuh & Welsch 1980, deleted residuals).
    """
    x = vector(x)
    if len(groups) != x.size:
        raise ValueError(f"{x.size} values and {len(groups)} groups do not belong together")
    codes, labels = pd.factorize(np.asarray(groups, object))
    z = np.full(x.size, np.nan)
    for code in range(len(labels)):
        members = np.flatnonzero((codes == code) & ~np.isnan(x))
        if members.size >= FEWEST:
            z[members] = from_the_others(x[members])
    return z


def median_of_others(x: np.ndarray) -> np.ndarray:
    """For every member the median of all others, (n,) -> (n,), n at least 2, no nan.

    One sorting serves all: leaving a member out moves the middle by a place at most. Source: own arithmetic, refereed
    member by member in the tests.
    """
    order = np.argsort(x, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(x.size)
    ascending = x[order]
    half, odd = divmod(x.size - 1, 2)

    def other(k: int) -> np.ndarray:
        return ascending[np.where(place <= k, k + 1, k)]

    return other(half) if odd else (other(half - 1) + other(half)) / 2


def from_the_others(x: np.ndarray) -> np.ndarray:
    """`leave_one_out_z` within one group, (n,) -> (n,); nan where the MAD of the others is 0.

    The median of the others takes at most three values; for each of them the distances are sorted once.
    Source: as `leave_one_out_z`.
    """
    z = np.full(x.size, np.nan)
    middles = median_of_others(x)
    for middle in np.unique(middles):
        mad = median_of_others(np.abs(x - middle))
        here = (middles == middle) & (mad > 0)
        z[here] = QUARTILE * (x[here] - middle) / mad[here]
    return z


def inflation_outliers(by_agency: pd.DataFrame) -> pd.DataFrame:
    """Flags `inflation`: agencies whose over-scoring is far above that of the others.

    by_agency   agency, inflation (net over-scoring / maximum of the compared rows; nan: nothing compared), as
                `deviation` returns it
    strength: the modified z, above 3.5 · value: inflation · expected: the group's median. Nothing is flagged among
    fewer than five agencies, nor an inflation that is not above zero.
    Source: Iglewicz & Hoaglin (1993).
    """
    x = np.round(vector(by_agency["inflation"].to_numpy(float)), DECIMALS)
    if (~np.isnan(x)).sum() < FEWEST:
        return frame([])
    z, middle = modified_z(x), float(np.nanmedian(x))
    far = np.flatnonzero((z > CUT) & (x > 0))
    agencies = by_agency["agency"].to_numpy()
    return frame(noticed("inflation", agencies[i], "", z[i], x[i], middle) for i in far)


def row_outliers(ledger: pd.DataFrame) -> pd.DataFrame:
    """Flags `deviation`: single rows cut far more than the same row of the other agencies.

    ledger   agency, indicator, max_points, claimed, final; a row is compared where both points exist and it has a
             maximum, an indicator where at least eight agencies are
    Flagged where the modified z of (claimed - final) / max_points within the indicator is above 3.5; only
    over-scoring. strength: the points cut (where most rows are not cut at all, z says little about size) · value: that
    share · expected: the indicator's median.
    Source: Iglewicz & Hoaglin (1993).
    """
    kept = ledger[ledger["claimed"].notna() & ledger["final"].notna() & (ledger["max_points"] > 0)]
    share = ((kept["claimed"] - kept["final"]) / kept["max_points"]).to_numpy(float)
    share, agencies = np.round(share, DECIMALS), kept["agency"].to_numpy()
    points = (kept["claimed"] - kept["final"]).to_numpy(float)
    codes, indicators = pd.factorize(kept["indicator"])
    rows = []
    for code, indicator in enumerate(indicators):
        here = np.flatnonzero(codes == code)
        if here.size < FEWEST_IN_A_ROW:
            continue
        z, middle = modified_z(share[here]), float(np.median(share[here]))
        for i in np.flatnonzero((z > CUT) & (share[here] > 0)):
            at = here[i]
            rows.append(noticed("deviation", agencies[at], indicator, points[at], share[at], middle))
    return frame(rows)


def jump_flags(now: pd.Series, before: pd.Series, rng: np.random.Generator) -> pd.DataFrame:
    """Flags `jump`: agencies that gained far more since last year than agencies with their past usually do.

    now, before   agency -> share of the maximum on the rows matched between the two years (nan: none)
    rng           used only above 1,414 agencies, for a million random pairs of them
    strength: the modified z of the gain around the line, above 3.5 · value: the gain · expected: the gain that
    the line predicts. Nothing is flagged among fewer than five agencies that stand in both, nor a gain that is not
    above zero.
    Source: Theil (1950), Sen (1968), Iglewicz & Hoaglin (1993).
    """
    both = pd.concat({"now": now, "before": before}, axis=1, join="inner").dropna()
    if len(both) < FEWEST:
        return frame([])
    c, p = both["now"].to_numpy(float), both["before"].to_numpy(float)
    expected, z = jumps(p, c, rng)
    gain = np.round(c - p, DECIMALS)
    far = np.flatnonzero((z > CUT) & (gain > 0))
    agencies = both.index.to_numpy()
    return frame(noticed("jump", agencies[i], "", z[i], gain[i], expected[i]) for i in far)


def peer_flags(ledger: pd.DataFrame, peers: pd.Series) -> pd.DataFrame:
    """Flags `peers`: agencies that claim a far larger share of what is attainable than the others of their kind.

    ledger   agency, max_points, claimed; rows without a claim or a maximum count nothing
    peers    agency -> label of its peer group (nan, None: none)
    strength: `leave_one_out_z`, above 3.5 · value: points claimed / maximum of the claimed rows · expected: the
    median of the others · other: the group's label. Groups of fewer than five are not compared.
    Source: Iglewicz & Hoaglin (1993), the member itself left out.
    """
    kept = ledger[ledger["claimed"].notna() & (ledger["max_points"] > 0)]
    sums = kept.groupby("agency", sort=False)[["claimed", "max_points"]].sum()
    share = (sums["claimed"] / sums["max_points"]).round(DECIMALS)
    label = peers.reindex(share.index)
    z = leave_one_out_z(share.to_numpy(float), label.to_numpy(object))
    rows = []
    for i in np.flatnonzero(z > CUT):
        agency, group = share.index[i], label.iloc[i]
        others = float(share[(label == group) & (share.index != agency)].median())
        rows.append(noticed("peers", agency, "", z[i], share.iloc[i], others, str(group)))
    return frame(rows)


def all_maximum(ledger: pd.DataFrame) -> pd.DataFrame:
    """Flags `all_max`: agencies that claim the maximum on every row they claim, five rows at least.

    ledger   agency, max_points, claimed; rows without a maximum (bonus, penalty) are left out
    strength and value: the number of rows · expected: nan.
    Source: methods of the project, §1.7: a count of "self = max on every item".
    """
    kept = ledger[ledger["claimed"].notna() & (ledger["max_points"] > 0)]
    full = np.round(kept["claimed"] / kept["max_points"], DECIMALS) >= 1
    counted = full.groupby(kept["agency"], sort=False).agg(["all", "size"])
    found = counted[counted["all"] & (counted["size"] >= FEWEST_AT_MAXIMUM)]
    return frame(noticed("all_max", str(agency), "", n, n) for agency, n in found["size"].items())
