"""Would another verifier have decided the same, and what became of the appeals?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from .agreement_measures import FEW, GRADES, NAN, PLACES, bootstrap, full_list, icc, observed_agreement, weighted_kappa

REWRITE = 0.667  # below this alpha the scoring rule itself is in doubt (Krippendorff 2004, chapter 11)
DOUBLES = ["agency", "indicator", "verifier_1", "verifier_2", "share_1", "share_2"]
BETWEEN = ["indicator", "n", "agreement", "kappa", "alpha", "icc2", "mean_difference", "rewrite"]
LENIENCY = ["verifier", "items", "agencies", "mean_difference", "low", "high"]
CELL = ["agency", "indicator"]
APPEALED = [*CELL, "verifier", "outcome", "restored", "taken", "days"]
OUTCOMES = ["full", "partial", "rejected", "lowered", "pending"]
SUMMARY = ["verdicts", "lodged", "rate", *OUTCOMES, "restored", "taken", "median_days", "longest_days"]
BY_VERIFIER = ["verifier", "verdicts", "cut", "appeals", "restored"]


def krippendorff(table: ArrayLike) -> float | None:
    """Alpha of an interval scale, agreement of any number of coders with holes: (coders, units), nan where a coder did
    not score.

    1 is full agreement, 0 what chance gives; negative estimates stay. None where no unit has two scores or all
    scores that can be paired are equal.

    Source: Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, section D (any metric, missing data).
    """
    table = np.round(np.asarray(table, dtype=float), PLACES)
    scored = (~np.isnan(table)).sum(axis=0)
    table, scored = table[:, scored > 1], scored[scored > 1]
    values, count = np.unique(table[~np.isnan(table)], return_counts=True)
    observed = sum(
        np.nansum((table[i] - table[j]) ** 2 / (scored - 1))
        for i in range(len(table))
        for j in range(len(table))
        if i != j
    )
    expected = sum(c * (count * (v - values) ** 2).sum() for v, c in zip(values, count, strict=True))
    return 1 - float((count.sum() - 1) * observed / expected) if expected else None


def double_verified(steps: pd.DataFrame) -> pd.DataFrame:
    """Cells that two different verifiers scored before any appeal.

    steps  agency, indicator, step, stage (verify, appeal), points_share (share of the maximum after the step),
           decided_by

    Returns agency, indicator, verifier_1, verifier_2, share_1, share_2, cells in the order of the steps table:
    the first verify step of a cell, and the first later one by somebody else (a third settles the two, and is
    not compared). Steps without a share or without a name are left out. Whether the second worked without
    seeing the first, the table cannot say.

    Source: Krippendorff (2004), Content Analysis, chapter 11 (reliability data: the same units, scored apart).
    """
    several = steps[steps.duplicated(CELL, keep=False)]
    first: dict[tuple[str, str], tuple[str, float]] = {}
    second: dict[tuple[str, str], tuple[str, float]] = {}
    closed = set()
    ordered = several.sort_values("step", kind="stable")
    for agency, indicator, stage, share, who in zip(
        *(ordered[c] for c in (*CELL, "stage", "points_share", "decided_by")), strict=True
    ):
        cell = (agency, indicator)
        if stage == "appeal":
            closed.add(cell)
        if cell in closed or not who or np.isnan(share):
            continue
        if first.setdefault(cell, (who, share))[0] != who:
            second.setdefault(cell, (who, share))
    cells = dict.fromkeys(zip(several["agency"], several["indicator"], strict=True))
    rows = [(*c, first[c][0], second[c][0], first[c][1], second[c][1]) for c in cells if c in second]
    return pd.DataFrame(rows, columns=DOUBLES)


def repeatability(steps: pd.DataFrame) -> float | None:
    """Standard deviation of one verifier's share on one row: sqrt(sum d^2 / 2n) over the cells that two scored.

    steps  as of `double_verified`

    None below FEW cells. Source: Dahlberg (1940), Statistical Methods for Medical and Biological Students, ch. 9.
    """
    doubles = double_verified(steps)
    if len(doubles) < FEW:
        return None
    d = doubles["share_1"].astype(float) - doubles["share_2"].astype(float)
    return float(np.sqrt((d**2).sum() / (2 * len(d))))


def between_verifiers(doubles: pd.DataFrame, grades: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    """How far two verifiers of the same items agree: a row for all items (indicator ""), then one per indicator.

    doubles  of `double_verified`; grades  indicator -> all shares its rule can give (six at most for a kappa)

    Columns: indicator, n (items), agreement (share of equal scores), kappa (weighted by points), alpha
    (Krippendorff, interval), icc2 (absolute agreement), mean_difference (first - second, share of the maximum),
    rewrite: alpha below 0.667 on five items or more of an indicator, the mark of a rule that two people read
    in two ways; never True in the row for all. nan where undefined, kappa also in the row for all.

    Source: Krippendorff (2004), Content Analysis, chapter 11 (alpha and the level .667); Cohen (1968);
    Shrout & Fleiss (1979).
    """
    whole = compared("", doubles, ()) | {"rewrite": False}
    parts = [compared(code, some, grades.get(code, ())) for code, some in doubles.groupby("indicator", sort=False)]
    return pd.DataFrame([whole, *parts], columns=BETWEEN)


def compared(indicator: str, doubles: pd.DataFrame, grades: Sequence[float]) -> dict[str, object]:
    """One row of `between_verifiers`."""
    x, y = doubles["share_1"].to_numpy(float), doubles["share_2"].to_numpy(float)
    graded = 0 < len(full_list(grades)) <= GRADES
    alpha = krippendorff(np.array([x, y]))
    found = {
        "kappa": weighted_kappa(x, y, full_list(grades, x, y)) if graded else None,
        "alpha": alpha,
        "icc2": float(icc(np.column_stack([x, y]))),
        "mean_difference": float((x - y).mean()) if len(x) else None,
    }
    return {
        "indicator": indicator,
        "n": len(x),
        "agreement": observed_agreement(x, y),
        **{name: NAN if value is None else value for name, value in found.items()},
        "rewrite": alpha is not None and alpha < REWRITE and len(x) >= FEW,
    }


def leniency(doubles: pd.DataFrame, draws: int, rng: np.random.Generator) -> pd.DataFrame:
    """Who scores higher than the other verifier of the same items?

    Returns one row per verifier, by name: items, agencies, mean_difference (own - other's share of the maximum;
    above 0 is lenient), low and high (agencies drawn again; nan below five agencies). With two verifiers
    the two rows mirror each other; the other verifiers are the only yardstick there is.

    Source: the rater effect of Shrout & Fleiss (1979) as a mean of paired differences (Bland & Altman 1986);
    interval of Efron & Tibshirani (1993), chapter 13.
    """
    gap = doubles["share_1"] - doubles["share_2"]
    both = pd.DataFrame(
        {
            "verifier": [*doubles["verifier_1"], *doubles["verifier_2"]],
            "agency": [*doubles["agency"], *doubles["agency"]],
            "gap": [*gap, *-gap],
        }
    )
    rows = []
    for verifier, mine in both.groupby("verifier"):
        sums = mine.groupby("agency", sort=False)["gap"].agg(["sum", "count"]).to_numpy(float)
        low, high = bootstrap(mean_gap, sums, draws, rng)
        rows.append((verifier, len(mine), len(sums), float(mean_gap(sums)), low, high))
    return pd.DataFrame(rows, columns=LENIENCY)


def mean_gap(sums: np.ndarray) -> np.ndarray:
    """(..., agencies, 2) sums and numbers of differences to their mean (...)."""
    return sums[..., 0].sum(-1) / sums[..., 1].sum(-1)


def appeals(ledger: pd.DataFrame, steps: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What was appealed, how it ended, and whose verdicts did not last. Returns (summary, by_verifier).

    summary      one row: verdicts (rows with a verdict), lodged, rate (lodged / verdicts; nan without verdicts),
                 full, partial, rejected, lowered, pending (counts of `appealed`), restored and taken (points,
                 never set off), median_days and longest_days (from the appeal to its decision; nan without)
    by_verifier  by name of who gave the first verdict: verdicts, cut (points below the claim at that verdict),
                 appeals, restored

    Source: our own counts over the appeal steps of the ledger; no published formula.
    """
    verdicts, cells = ledger[ledger["state"] != "open"], appealed(ledger, steps)
    days = cells["days"].dropna()
    outcome = cells["outcome"]
    summary = {
        "verdicts": len(verdicts),
        "lodged": len(cells),
        "rate": len(cells) / len(verdicts) if len(verdicts) else NAN,
        **{name: int((outcome == name).sum()) for name in OUTCOMES},
        **{name: float(cells[name].sum()) for name in ("restored", "taken")},
        "median_days": float(days.median()) if len(days) else NAN,
        "longest_days": float(days.max()) if len(days) else NAN,
    }
    cut = verdicts.assign(cut=(verdicts["claimed"] - verdicts["first"]).clip(lower=0))
    by_verifier = []
    for verifier, given in cut.groupby("verifier"):
        mine = cells[cells["verifier"] == verifier]
        by_verifier.append((verifier, len(given), float(given["cut"].sum()), len(mine), float(mine["restored"].sum())))
    return pd.DataFrame([summary], columns=SUMMARY), pd.DataFrame(by_verifier, columns=BY_VERIFIER)


def appealed(ledger: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    """Every appealed verdict: agency, indicator, verifier (of the first verdict), outcome, restored, taken, days.

    The yardstick is the verdict that stood when the appeal was decided (the last step before it). outcome:
    lowered (final below it), rejected (unchanged), full (raised to the claim or above), partial (raised, but
    below the claim or without one), pending (no decision yet), "" where points are missing. restored and taken:
    points won and lost, 0 where none, nan where points are missing; days from appealed_on to the last decision
    on the appeal, nan where a day is missing or the order of the two is wrong.

    Source: our own definition, after the appeal stage of provincial appraisal decisions; no published formula.
    """
    rows = []
    contested = ledger[ledger["state"].isin(["disputed", "decided"])]
    stood, decided_on = before_and_day(steps.merge(contested[CELL], on=CELL))
    for row in contested.to_dict("records"):
        cell = (row["agency"], row["indicator"])
        standing = stood.get(cell, NAN) * row["max_points"]
        standing = row["first"] if np.isnan(standing) else standing
        gain = 0.0 if row["state"] == "disputed" else round(row["final"] - standing, PLACES) + 0.0
        outcome = "pending" if row["state"] == "disputed" else result(gain, row["claimed"] - row["final"])
        days = days_between(row["appealed_on"], decided_on.get(cell, ""))
        rows.append((*cell, row["verifier"], outcome, max(gain, 0.0), abs(min(gain, 0.0)), days))
    return pd.DataFrame(rows, columns=APPEALED)


def before_and_day(steps: pd.DataFrame) -> tuple[dict[tuple[str, str], float], dict[tuple[str, str], str]]:
    """Per cell: the share of the maximum that stood before the first appeal step; the day of the last one."""
    stood: dict[tuple[str, str], float] = {}
    day: dict[tuple[str, str], str] = {}
    for row in steps.sort_values("step", kind="stable").to_dict("records"):
        cell = (row["agency"], row["indicator"])
        if row["stage"] == "appeal":
            day[cell] = row["decided_on"]
        elif cell not in day:
            stood[cell] = row["points_share"]
    return stood, day


def result(gain: float, short: float) -> str:
    """The word for an appeal that moved a verdict by `gain` points and left it `short` of the claim."""
    if np.isnan(gain):
        return ""
    if gain <= 0:
        return "lowered" if gain < 0 else "rejected"
    return "full" if round(short, PLACES) <= 0 else "partial"


def days_between(start: str, end: str) -> float:
    """Whole days between two ISO dates; nan where one is missing or the end comes first."""
    if not start or not end or end < start:
        return NAN
    return float((date.fromisoformat(end) - date.fromisoformat(start)).days)
