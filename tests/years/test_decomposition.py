"""The parts of a change add up to it, exactly, whatever the two sides are."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from dxlib.case.tables import empty
from dxlib.index import evaluate
from dxlib.index.rows import year_rows
from dxlib.years import PARTS, SET, compare_years, row_changes
from dxlib.years.decompose import SUBS
from dxlib.years.orders import by_orders
from tests.index.random_cases import few, givens

POLICIES = st.fixed_dictionaries(
    {
        "not_applicable": st.sampled_from(["exclude", "within-parent", "full", "zero"]),
        "missing": st.sampled_from(["zero", "exclude", "within-parent", "not-ranked"]),
        "rounding": st.sampled_from(["end", "every-level"]),
    }
)


MEANS = st.sampled_from(["arithmetic", "geometric", "harmonic", "best", "worst"])


def compare(before, after):
    return compare_years(before, after, empty("register"), empty("lineage"))


@few
@given(givens(), POLICIES)
def test_own_weights_reproduce_the_score(one, index):
    case = one.but(index=index).case()
    rows = year_rows(case.framework, evaluate(case))
    for i, score in enumerate(rows.scores):
        if score is not None:
            weights = rows.patterns[rows.pattern[i]]
            summed = sum(w * (rows.shares[code][i] or 0) for code, w in weights.items())
            assert sum(weights.values()) == 1
            assert score == summed or index["rounding"] == "every-level"


@few
@given(givens(), givens(), POLICIES, POLICIES)
def test_parts_add_up(one, other, policies, others):
    step = compare(one.but(index=policies).case(), other.but(index=others).case())
    for row in step.changes.to_dict("records"):
        if row["performance"] is not None:
            assert sum((row[part] for part in PARTS), Fraction(0)) == row["change"] == row["after"] - row["before"]
            assert sum(row_changes(step, row["agency"])["performance"], Fraction(0)) == row["performance"]
    values = dict(zip(step.group["part"], step.group["value"], strict=True))
    if values:
        assert values.pop("after") == sum(values.values())


@few
@given(givens(), POLICIES)
def test_nothing_changed_nothing_found(one, policies):
    case = one.but(index=policies).case()
    step = compare(case, case)
    assert step.comparable and set(step.changes["flag"]) == {"U"}
    for row in step.changes.to_dict("records"):
        assert row["change"] is None or not any(row[part] for part in PARTS)


@few
@given(givens(), givens())
def test_backwards_is_the_opposite(one, other):
    """Bennet's parts are symmetric in time: performance changes its sign, what was added is now removed."""
    there, back = compare(one.case(), other.case()), compare(other.case(), one.case())
    found = {row["agency"]: row for row in back.changes.to_dict("records")}
    for row in there.changes.to_dict("records"):
        if row["change"] is not None and row["agency"] in found and found[row["agency"]]["change"] is not None:
            for part in PARTS:
                mirror = {"added": "removed", "removed": "added"}.get(part, part)
                assert row[part] == -found[row["agency"]][mirror]


@few
@given(givens(), givens(), POLICIES, POLICIES, MEANS, MEANS)
def test_parts_add_up_whatever_the_mean(one, other, policies, others, then, now):
    cases = one.but(index=policies | {"aggregate": then}).case(), other.but(index=others | {"aggregate": now}).case()
    step = compare(*cases)
    for row in step.changes.to_dict("records"):
        if row["change"] is not None:
            assert sum((row[part] for part in PARTS), Fraction(0)) == row["change"]
    assert len(step.group) == 0 or "performance" in set(step.group["part"])


@few
@given(givens(), givens(), POLICIES, POLICIES)
def test_orders_and_bennet_agree_on_sums(one, other, policies, others):
    """Bennet's performance is the average over the orders of two factors (Shorrocks 2013, section 3)."""
    plain = {"rounding": "end"}
    cases = one.but(index=policies | plain).case(), other.but(index=others | plain).case()
    step = compare(*cases)
    by_hand = by_orders(cases, step.matches, step.sides)
    for i, row in enumerate(step.changes.to_dict("records")):
        if row["change"] is not None:
            found = dict(zip(PARTS, by_hand[i], strict=False))
            assert found["performance"] == row["performance"]
            assert found["index_set"] + found["exemptions"] == row["exemptions"] + sum(row[part] for part in SET)
            assert by_hand[i][-len(SUBS) :] == [row[name] for name in SUBS]


@few
@given(givens(), POLICIES, MEANS)
def test_the_same_tree_moves_nothing(one, policies, mean):
    case = one.but(index=policies | {"aggregate": mean}).case()
    for row in compare(case, case).changes.to_dict("records"):
        assert row["change"] is None or not any(row[part] for part in PARTS)
