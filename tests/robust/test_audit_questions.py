"""The audit's questions: each answer from a table on paper, the whole from the sample, unknown where nothing answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import dxlib
from dxlib import draw_weights, leave_one_out, rank_intervals, read_case, score
from dxlib.robust import statistical_audit as audit
from dxlib.robust import structure
from dxlib.robust.alternative_rankings import second_opinions
from dxlib.robust.statistical_audit import audit_questions
from tests.backtest.contract_folder import write_folder

NAN = float("nan")
TABLES = ["scores", "spread", "pairs", "fit", "parts", "effective", "intervals", "left_out", "opinions"]


def rng():
    return np.random.default_rng(5)


def made(folder, x, **index):
    x = np.asarray(x, float)
    n, d = x.shape
    rows = [
        {"code": f"k{k}", "parent": "", "name_en": f"k{k}", "weight": 1, "rule": "goalposts(0, 1)"} for k in range(d)
    ]
    claims = [
        {"agency": f"u{i:02}", "indicator": f"k{k}", "a": x[i, k]}
        for i in range(n)
        for k in range(d)
        if x[i, k] == x[i, k]
    ]
    tables = {"indicators": rows, "agencies": [{"agency": f"u{i:02}"} for i in range(n)], "claims": claims}
    write_folder(folder, 2024, "demo", {"title": {"en": "Made"}, **index}, tables)
    return read_case(folder, 2024, "demo")


def everything(case):
    return {
        "scores": score(case),
        "spread": structure.indicator_spread(case),
        "pairs": structure.redundant_pairs(case),
        "fit": structure.pillar_fit(case),
        "parts": structure.components(case, 20, rng()),
        "effective": structure.effective_weights(case, 20, rng(), level="pillar"),
        "intervals": rank_intervals(case, draw_weights(case, 0.2, 200, rng())),
        "left_out": leave_one_out(case),
        "opinions": second_opinions(case),
    }


@pytest.fixture(scope="module")
def communes():
    case = read_case("data", "2024", "communes")
    return case, everything(case)


def test_the_sample_is_answered_one_by_one(communes):
    case, tables = communes
    out = audit_questions(case, **tables).set_index("question")
    assert out.loc["concept", "answer"] == "unknown" and out.loc["concept", "source"] == ""
    assert set(out["answer"].drop("concept")) <= {"yes", "partly", "no"} and out["value"].drop("concept").notna().all()
    assert out.loc["readable", "value"] == len([leaf for leaf in case.framework.leaves if leaf.scored])
    assert out.loc["discriminates", "value"] == len(structure.weak_indicators(case))
    assert out.loc["ranks_one_out", "value"] == tables["left_out"]["largest"].max()
    assert audit_questions(case, **tables).equals(audit_questions(case, **tables))


def test_every_table_left_out_leaves_its_questions_unknown(communes):
    case, tables = communes
    whole = audit_questions(case, **tables)
    for name in TABLES:
        part = audit_questions(case, **{k: v for k, v in tables.items() if k != name})
        changed = part["answer"] != whole["answer"]
        assert changed.any() and (part.loc[changed, "answer"] == "unknown").all(), name
        assert part.loc[changed, "value"].isna().all()
    nothing = audit_questions(case).set_index("question")
    assert set(nothing.drop("readable")["answer"]) == {"unknown"}


def test_the_named_functions_exist():
    for name in set(audit_questions(read_case("data", "2024", "districts"))["source"]) - {""}:
        assert (
            any(callable(getattr(room, name, None)) for room in (dxlib, structure)) or name == second_opinions.__name__
        )


@pytest.mark.parametrize("group", ["districts", "province"])
def test_too_few_agencies_give_unknown_not_a_guess(group):
    case = read_case("data", "2024", group)
    out = audit_questions(case, **everything(case)).set_index("question")
    for question in (
        "no_outliers",
        "no_redundant_pairs",
        "fits_pillar",
        "reliable_pillars",
        "one_dimension",
        "weights_as_meant",
    ):
        assert out.loc[question, "answer"] == "unknown" and np.isnan(out.loc[question, "value"])
    assert not np.isinf(out["value"]).any()


# ---- single answers on paper --------------------------------------------------------------------------------------


def test_enough_data_counts_what_is_there(tmp_path):
    x = np.full((4, 4), 0.5)
    x[0, 0] = x[0, 1] = np.nan  # one agency has half of its answers, one indicator three quarters
    case = made(tmp_path, x, missing="zero")
    assert audit.enough_data(case, score(case)) == ("partly", 0.5)
    x[1:3, :2] = np.nan  # 10 of 16 answers
    case = made(tmp_path / "c", x, missing="zero")
    assert audit.enough_data(case, score(case)) == ("no", 0.25)
    full = made(tmp_path / "d", np.full((4, 4), 0.5))
    assert audit.enough_data(full, score(full)) == ("yes", 1.0)


@pytest.mark.parametrize(
    "reasons, outliers, weak, far",
    [
        (["", "", ""], [False, False, None], ("yes", 0), ("yes", 0)),
        (["", "", "constant"], [False, True, None], ("partly", 1), ("partly", 1)),
        (["near_constant", "", "constant"], [True, True, True], ("no", 2), ("partly", 3)),
    ],
)
def test_indicators(reasons, outliers, weak, far):
    spread = pd.DataFrame({"reason": reasons, "outliers": pd.array(outliers, dtype="boolean")})
    assert audit.discriminates(spread) == weak and audit.no_outliers(spread) == far


@pytest.mark.parametrize(
    "r, high, answer",
    [
        ([0.4, 0.1], [0.6, 0.3], ("yes", 0)),
        ([0.4, -0.1], [0.6, 0.3], ("partly", 1)),
        ([0.4, -0.5], [0.6, -0.1], ("no", 1)),
    ],
)
def test_an_indicator_against_its_pillar(r, high, answer):
    fit = pd.DataFrame({"measure": "item_rest", "value": r, "high": high})
    assert audit.fits_pillar(fit) == answer


@pytest.mark.parametrize(
    "alphas, answer", [([0.7, 0.9], ("yes", 1)), ([0.6, 0.9, NAN], ("partly", 0.5)), ([0.2], ("no", 0))]
)
def test_alphas(alphas, answer):
    assert audit.reliable_pillars(pd.DataFrame({"measure": "alpha", "value": alphas, "high": NAN})) == answer


def test_one_component_above_chance():
    parts = pd.DataFrame(
        {
            "node": ["index", "p", "p", "q", "q", "r"],
            "component": pd.array([1, 1, 2, 1, 2, None], dtype="Int64"),
            "eigenvalue": [3, 1.8, 0.2, 1.5, 1.4, NAN],
            "chance": [1, 1.2, 1.1, 1.2, 1.1, NAN],
        }
    )
    assert audit.one_dimension(parts) == ("partly", 0.5)
    assert audit.one_dimension(parts[parts["node"] == "p"]) == ("yes", 1)
    assert audit.one_dimension(parts[parts["node"] == "q"]) == ("no", 0)
    assert audit.one_dimension(parts[parts["node"] == "r"]) == audit.UNKNOWN


def test_pairs_and_weights():
    pairs = pd.DataFrame({"node": ["a"], "other": ["b"], "reason": [""]})
    assert audit.no_redundant_pairs(pairs, 10) == ("partly", 1) and audit.no_redundant_pairs(pairs, 3) == ("no", 1)
    assert audit.no_redundant_pairs(pairs[:0], 3) == ("yes", 0)
    assert audit.no_redundant_pairs(pairs.assign(reason="too_few"), 3) == audit.UNKNOWN
    table = pd.DataFrame({"weight": [0.5, 0.3, 0.2], "low": [0.4, 0.35, 0.1], "high": [0.6, 0.5, 0.3]})
    assert audit.weights_as_meant(table) == ("partly", 1)
    assert audit.weights_as_meant(table[:1]) == ("yes", 0) and audit.weights_as_meant(table[1:2]) == ("no", 1)


def test_ranks_may_move_a_tenth_of_the_list_and_at_least_one_place():
    table = pd.DataFrame({"low": [1] * 20, "high": [3] * 20, "of": [20] * 20})
    assert audit.ranks_weights(table) == ("yes", 1)
    assert audit.ranks_weights(table.assign(of=19)) == ("no", 0)
    assert audit.ranks_weights(table.assign(of=5, high=2)) == ("yes", 1)
    table.loc[:4, "high"] = 9
    assert audit.ranks_weights(table) == ("partly", 0.75)
    scores = pd.DataFrame({"node": "index", "rank": [1, 2], "of": [20, 20]})
    moved = pd.DataFrame({"largest": [2, 1], "mean_shift": [0.4, 0.1]})
    assert audit.ranks_one_out(moved, scores) == ("yes", 2)
    assert audit.ranks_one_out(moved.assign(largest=5), scores) == ("partly", 5)
    assert audit.ranks_one_out(moved.assign(largest=9, mean_shift=3.0), scores) == ("no", 9)
    votes = pd.DataFrame({"scope": "", "agency": list("abcdefghij"), "rank": range(1, 11)})
    votes = votes.assign(copeland=votes["rank"], borda=votes["rank"], kemeny=pd.array(votes["rank"], dtype="Int64"))
    assert audit.ranks_votes(votes) == ("yes", 1)
    votes["borda"] = [10, 9, 3, 4, 5, 6, 7, 8, 2, 1]
    assert audit.ranks_votes(votes) == ("partly", 0.6)


def test_an_index_that_adds_nothing_to_its_pillars(tmp_path):
    g = rng()
    same = np.repeat(g.uniform(size=(40, 1)).round(4), 3, axis=1)
    case = made(tmp_path, same)
    assert audit.adds_to_pillars(case, score(case)) == ("no", 0)
    apart = made(tmp_path / "b", g.uniform(size=(40, 3)).round(4))
    answer, value = audit.adds_to_pillars(apart, score(apart))
    assert answer == "yes" and value > 0.2
    assert (
        audit.adds_to_pillars(made(tmp_path / "c", same[:20]), score(made(tmp_path / "d", same[:20]))) == audit.UNKNOWN
    )
    assert (
        audit.adds_to_pillars(made(tmp_path / "e", same[:, :1]), score(made(tmp_path / "f", same[:, :1])))
        == audit.UNKNOWN
    )


def test_identical_agencies(tmp_path):
    case = made(tmp_path, np.full((40, 3), 0.5))
    out = audit_questions(case, **everything(case)).set_index("question")
    assert out.loc["discriminates", ["answer", "value"]].tolist() == ["no", 3]
    assert out.loc["weights_as_meant", "answer"] == "unknown" and out.loc["ranks_weights", "answer"] == "yes"
    assert out.loc["adds_to_pillars", "answer"] == "no"
