"""Random small index sets in points for properties (hypothesis); whole folders are made by `random_folders`."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st

from dxlib.case import Case, read_case
from dxlib.index import evaluate
from tests.known.folders import GROUP, YEAR, leaf, pillar, write

AGENCIES = ("an", "binh", "chau", "dung", "em")
few = settings(max_examples=15)


@dataclass(frozen=True)
class Given:
    """What is written: rows of indicators.csv, agency -> code -> points, agency -> exempt codes, policies, scopes."""

    rows: tuple[dict, ...]
    table: dict[str, dict[str, str]]
    exempt: dict[str, set[str]] = field(default_factory=dict)
    index: dict[str, object] = field(default_factory=dict)
    scopes: dict[str, str] = field(default_factory=dict)

    @property
    def leaves(self) -> list[dict]:
        return [row for row in self.rows if row["rule"]]

    def write(self, root: Path) -> Path:
        """Written to a folder; returns where its files stand."""
        answers = {agency: {code: {"points": p} for code, p in given.items()} for agency, given in self.table.items()}
        exempt = [
            {"agency": a, "indicator": c, "reason": "–"} for a, codes in self.exempt.items() for c in sorted(codes)
        ]
        more = {"exemptions": exempt} if exempt else {}
        more["agencies"] = [{"agency": a, "scope": self.scopes.get(a, "")} for a in self.table]
        return write(root, self.rows, answers, self.index, **more)

    def case(self) -> Case:
        """Written, read and checked."""
        with tempfile.TemporaryDirectory() as folder:
            self.write(Path(folder))
            return read_case(Path(folder), YEAR, GROUP)

    def shares(self) -> dict:
        """agency -> exact share of the index."""
        exact = evaluate(self.case())
        return dict(zip(exact.agencies, exact.columns["index"].shares, strict=True))

    def but(self, **changes) -> Given:
        return replace(self, **changes)


@st.composite
def givens(draw, gaps=True, weights=True, least=2):
    """Two or three levels, one to three rows each; answers in quarters of a point, some missing, some exempt."""
    rows = []
    for top in range(draw(st.integers(1, 3))):
        code = f"{top + 1}"
        below = draw(st.integers(0, 3))
        if not below:
            rows.append(leaf(code, "points", draw(st.integers(1, 20))))
            continue
        rows.append(pillar(code, max_points=""))
        rows += [leaf(f"{code}.{i + 1}", "points", draw(st.integers(1, 20)), code) for i in range(below)]
    if weights and draw(st.booleans()):
        rows = [{**row, "weight": str(draw(st.integers(1, 5)))} for row in rows]
    agencies = AGENCIES[: draw(st.integers(least, len(AGENCIES)))]
    leaves = [row for row in rows if row["rule"]]
    table = {agency: {row["code"]: points(draw, row) for row in leaves} for agency in agencies}
    if not gaps:
        return Given(tuple(rows), table)
    state = {
        (a, r["code"]): draw(st.sampled_from(["given", "given", "given", "missing", "exempt"]))
        for a in agencies
        for r in leaves
    }
    for row in leaves:  # somebody answers every row
        state[agencies[0], row["code"]] = "given"
    given = {a: {c: p for c, p in of.items() if state[a, c] == "given"} for a, of in table.items()}
    exempt = {a: {c for c in of if state[a, c] == "exempt"} for a, of in table.items()}
    index = {
        "missing": draw(st.sampled_from(["zero", "exclude", "within-parent"])),
        "not_applicable": draw(st.sampled_from(["exclude", "within-parent", "full", "zero"])),
    }
    return Given(tuple(rows), given, exempt, index)


def points(draw, row):
    return str(draw(st.integers(0, 4 * row["max_points"])) / 4)
