"""Try your own weights: what a reader's page needs to rank the agencies again when the main rows' weights move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor
from typing import Any

from ..case import Case
from ..index import INDEX, Exact, tabulate
from ..words import text
from . import labels
from .blocks import Column, Trial, table

NEAR = 1e-7  # of the last deciding digit: float sums of equal scores differ by less


def own_weights(case: Case, exact: Exact, lang: str) -> Trial | None:
    """The main rows with their weights, and every ranked agency's shares of them.

    None where the official places cannot be had from the main rows alone: one row or one agency, another mean than
    the arithmetic, or rounding in between that moves a place (the places are computed and compared).
    """
    nodes = [n for n in case.framework.siblings(case.framework.tops) if n.weight and n.code in exact.columns]
    if case.framework.aggregate != "arithmetic" or len(nodes) < 2:
        return None
    codes = [node.code for node in nodes]
    data = trial_data(case, exact, codes, lang)
    rows: Any = data["rows"]
    if len(rows) < 2 or places(data) != [row["r"] for row in rows]:
        return None
    whole = float(sum(node.weight for node in nodes))
    called = labels.rows(case, lang)
    weights = [float(node.weight) / whole for node in nodes]
    data["pillars"] = [{"name": called[code], "weight": w} for code, w in zip(codes, weights, strict=True)]
    heads = [Column(text("page.row", lang), "name"), Column(text("report.trial.weight", lang), "number")]
    shown = table(
        text("report.trial.caption", lang),
        heads,
        [[called[code], labels.share(w, lang, 1)] for code, w in zip(codes, weights, strict=True)],
        labels.source(case, lang),
        text("report.trial.note", lang),
    )
    return Trial(shown, data) if shown else None


def trial_data(case: Case, exact: Exact, codes: Sequence[str], lang: str) -> dict[str, Any]:
    """Ranked agencies: name n, list l, official rank r, position w of the own weights, shares s, bonus and penalty as
    a share x, own maximum m; beside them the different own weights and how places are decided."""
    index, columns = exact.columns[INDEX], [exact.columns[code] for code in codes]
    extras = exact.beside(case.framework, INDEX)
    nominal = [float(case.framework.nodes[code].weight) for code in codes]
    official = tabulate(case, exact, [INDEX])
    named, patterns, rows = labels.agencies(case, lang), [], []
    for i, row in enumerate(official.to_dict("records")):
        if row["rank"] != row["rank"] or row["rank"] is None or str(row["rank"]) == "<NA>":
            continue
        shares = [column.shares[i] for column in columns]
        own = [
            w * float(c.present[i]) if s is not None else 0.0 for w, c, s in zip(nominal, columns, shares, strict=True)
        ]
        if own not in patterns:
            patterns.append(own)
        given = [leaf.shares[i] for leaf in extras]
        whole = index.own_maxima[i]
        added = float(sum((x for x in given if x is not None), start=0) / whole) if whole else 0.0
        rows.append(
            {
                "n": named[row["agency"]],
                "l": row["scope"],
                "r": int(row["rank"]),
                "w": patterns.index(own),
                "s": [0.0 if s is None else float(s) for s in shares],
                "x": added,
                "m": float(index.own_maxima[i]),
            }
        )
    decimals = case.settings.points_decimals if case.settings.rank_on == "published" else None
    return {"weights": patterns, "rows": rows, "decimals": decimals, "clamped": bool(extras)}


def places(data: Mapping[str, Any]) -> list[int]:
    """The places under the official weights, computed as the page's script does."""
    keys = [deciding(data, row) for row in data["rows"]]
    lists = [row["l"] for row in data["rows"]]
    return [
        1 + sum(k > key and other == mine for k, other in zip(keys, lists, strict=True))
        for key, mine in zip(keys, lists, strict=True)
    ]


def deciding(data: Mapping[str, Any], row: Mapping[str, Any]) -> int:
    own = data["weights"][row["w"]]
    reached = sum(w * s for w, s in zip(own, row["s"], strict=True)) / sum(own) + row["x"]
    value = min(max(reached, 0.0), 1.0) if data["clamped"] else reached
    scale = 1e12 if data["decimals"] is None else row["m"] * 10 ** data["decimals"]
    return floor(value * scale + 0.5 + NEAR)
