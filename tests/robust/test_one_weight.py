"""One main index weighs more, and groups of places: answers on paper."""

from __future__ import annotations

import pandas as pd
import pytest

from dxlib.errors import Refusal
from dxlib.robust import certain_pairs, place_groups, raised_weights
from dxlib.robust.groups import longest_runs
from tests.robust.toy import TOY, toy


def test_on_paper(tmp_path):
    # k1 to .6 of 1 (doubled): the others at .5 (4/7), .2 (4/7): a .5857, b .7086, c .6343: b gains one place, c one
    out = raised_weights(toy(tmp_path), 1.0).set_index("node")
    assert out.index.tolist() == ["k1", "k2"]  # k0 would weigh 1
    assert out.loc["k1", ["weight", "heavier"]].tolist() == [0.3, 0.6]
    assert out.loc["k1", ["gain", "agency", "rank", "after", "moved"]].tolist() == [1, "b", 2, 1, 3]
    # k2 to .4: the others at .375, .225: a .6275, b .605, c .6425: c gains two
    assert out.loc["k2", ["gain", "agency", "rank", "after", "moved"]].tolist() == [2, "c", 3, 1, 3]


def test_nobody_gains_and_bad_widths(tmp_path):
    out = raised_weights(toy(tmp_path), 0.0)
    assert out["gain"].tolist() == [0, 0, 0] and out["agency"].tolist() == ["", "", ""] and out["rank"].isna().all()
    assert raised_weights(toy(tmp_path / "one", data={"a": TOY["a"]}), 0.2)["gain"].tolist() == [0, 0, 0]
    assert raised_weights(toy(tmp_path / "alone", weights=(1, 0, 0)), 0.2).empty
    assert raised_weights(toy(tmp_path / "best", aggregate="best"), 0.2).empty
    with pytest.raises(Refusal):
        raised_weights(toy(tmp_path / "wide"), 1.5)


def test_groups_on_paper():
    assert longest_runs(5, {(0, 1), (0, 2), (0, 3), (0, 4), (1, 4)}) == [(1, 4)]
    assert longest_runs(4, set()) == [(0, 4)] and longest_runs(0, set()) == [] and longest_runs(1, set()) == []
    assert longest_runs(3, {(0, 1), (1, 2)}) == []  # the ends are no neighbours
    assert longest_runs(6, {(0, 2), (1, 3), (2, 4), (3, 5)}) == [(0, 2), (2, 4), (4, 6)]


def test_no_pair_of_a_group_is_settled(tmp_path):
    case = toy(tmp_path)
    ranked = pd.DataFrame({"agency": list("abcd"), "scope": "", "rank": [1, 2, 3, 4]})
    out = place_groups(ranked, certain_pairs(case, 0.2))
    assert out.to_dict("records") == [{"scope": "", "first": 1, "last": 2, "size": 2}]  # only a and b may change places
