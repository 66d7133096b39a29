"""The risk score by hand, its monotony, and a worklist that can be drawn again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxlib.errors import Refusal
from dxlib.verify import choose, estimates, risk
from dxlib.verify.flag import frame
from dxlib.verify.risk_assessment import FACTORS, UNKNOWN, over_scoring

NOTHING = pd.DataFrame({"agency": [], "indicator": [], "share": [], "over": []}, dtype=object).astype({"over": float})


def rows(*cells):
    """(agency, indicator, max_points, claimed)"""
    out = pd.DataFrame(list(cells), columns=["agency", "indicator", "max_points", "claimed"])
    return out.assign(excess=out["claimed"], final=np.nan, state="open")


def past(*cells):
    """(agency, indicator, over)"""
    return pd.DataFrame(list(cells), columns=["agency", "indicator", "over"]).assign(share=0.5)


def flagged(*cells):
    return frame({"flag": f, "agency": a, "indicator": i, "strength": 1} for f, a, i in cells)


LEDGER = rows(("a", "1", 10, 8), ("a", "2", 20, 20), ("b", "1", 10, 10), ("b", "2", 20, 0))


def test_by_hand():
    # row 1: a was over by .3 once, b by .1; the row's mean is .2; k = 5.  a: (.3 + 5*.2)/6, b: (.1 + 1)/6
    # row 2 has no past: the mean of all, .2
    known = past(("a", "1", 0.3), ("b", "1", 0.1))
    out = risk(LEDGER, known, flagged(("no_evidence", "a", "2"), ("jump", "a", ""))).set_index(["agency", "indicator"])
    assert out["p"].to_dict() == pytest.approx({("a", "1"): 1.3 / 6, ("a", "2"): 0.2, ("b", "1"): 1.1 / 6})
    assert out["red_flags"].to_dict() == {("a", "1"): "jump", ("a", "2"): "jump;no_evidence", ("b", "1"): ""}
    assert out["factor"].to_dict() == {("a", "1"): 1.5, ("a", "2"): 3.0, ("b", "1"): 1.0}
    assert out["risk"].to_dict() == pytest.approx({("a", "1"): 10 * 1.5 * 1.3 / 6, ("a", "2"): 12, ("b", "1"): 11 / 6})


def test_the_risk_is_never_more_than_was_claimed_and_p_never_more_than_one():
    every = flagged(*((f, "a", "1") for f in FACTORS))
    out = risk(rows(("a", "1", 10, 3)), past(("a", "1", 1.0)), every).iloc[0]
    assert out["risk"] == 3


def test_without_any_experience_the_printed_chance_is_taken():
    assert over_scoring(NOTHING, LEDGER).tolist() == [UNKNOWN] * 4


def test_bonus_rows_count_their_claim_as_their_maximum():
    assert risk(rows(("a", "9", np.nan, 4)), NOTHING, flagged())["risk"].tolist() == [4 * UNKNOWN]


@given(st.sets(st.sampled_from(sorted(FACTORS))), st.sampled_from(sorted(FACTORS)), st.floats(0, 1))
def test_one_more_red_flag_never_lowers_the_risk(some, more, over):
    def of(flags):
        return risk(LEDGER, past(("a", "1", over)), flagged(*((f, "a", "1") for f in sorted(flags))))

    assert of(some | {more})["risk"].sum() >= of(some)["risk"].sum() - 1e-12


def many(n=400):
    rng = np.random.default_rng(3)
    made = rows(*((f"u{i % 20:02}", str(i // 20), 10, float(rng.integers(1, 11))) for i in range(n)))
    return risk(made, NOTHING, flagged())


def test_the_same_seed_draws_the_same_list_and_parts_are_apart():
    risks = many()
    one, two = (choose(risks, 40, np.random.default_rng(11)) for _ in range(2))
    assert one.equals(two) and len(one) == len(risks)
    counts = one["part"].value_counts()
    assert counts["risk"] == 40 and counts["random"] == 20 and counts["points"] > 0
    assert one["part"].tolist() == sorted(one["part"], key=["risk", "random", "points", "rest"].index)
    assert one[one["part"] == "risk"]["risk"].min() >= one[one["part"] == "rest"]["risk"].max()
    other = choose(risks, 40, np.random.default_rng(12))
    drawn = [set(map(tuple, x[x["part"] == "random"][["agency", "indicator"]].to_numpy())) for x in (one, other)]
    assert drawn[0] != drawn[1]


def test_the_draw_does_not_depend_on_the_order_of_equal_risks():
    risks = many()
    shuffled = risks.sample(frac=1, random_state=5).reset_index(drop=True)
    resorted = risk(
        shuffled[["agency", "indicator", "max_points", "claimed", "excess", "final", "state"]], NOTHING, flagged()
    )
    assert choose(resorted, 40, np.random.default_rng(11)).equals(choose(risks, 40, np.random.default_rng(11)))


def test_the_draws_do_not_depend_on_what_verification_finds():
    """Flags and risks may change between the draw and the estimate; the drawn parts may not."""
    risks = many()
    found = flagged(*(("no_evidence", f"u{k:02}", "3") for k in range(0, 20, 2)))
    later = risk(
        risks[["agency", "indicator", "max_points", "claimed", "excess", "final", "state"]].assign(state="verified"),
        NOTHING,
        found,
    )
    assert not later["risk"].equals(risks["risk"])
    drawn = [
        {(r["agency"], r["indicator"], r["part"]) for r in choose(x, 40, np.random.default_rng(11)).to_dict("records") if r["part"] in ("random", "points")}
        for x in (risks, later)
    ]  # fmt: skip
    assert drawn[0] == drawn[1]


def test_items_taken_by_risk_are_never_a_sample():
    chosen = choose(many(), 40, np.random.default_rng(11))
    truth = chosen.assign(final=np.where(chosen["part"] == "risk", 0.0, chosen["claimed"]))
    wrong_in_the_sample = estimates(truth, 0.95).set_index("method")
    assert wrong_in_the_sample.loc["hypergeometric", ["population", "found"]].tolist() == [400, 0]
    assert (wrong_in_the_sample["bound"] >= 0).all()


def test_a_negative_capacity_is_refused():
    with pytest.raises(Refusal):
        choose(many(), -5, np.random.default_rng(1))


@pytest.mark.parametrize("n", [0, 1, 2])
def test_hardly_anything_claimed(n):
    chosen = choose(risk(LEDGER.head(n), NOTHING, flagged()), 1, np.random.default_rng(1))
    assert len(chosen) == n and sorted(chosen["part"]) == [[], ["random"], ["random", "risk"]][n]
    assert estimates(chosen, 0.95)["bound"].isna().all()
