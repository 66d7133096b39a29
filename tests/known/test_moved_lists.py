"""A commune that moved from district A to district B on 2025-07-01: ranked where it was on the last day, and said."""

import pandas as pd
import pytest

from dxlib.case import read_case
from dxlib.errors import Refusal
from dxlib.index import score
from dxlib.publish.open_data import open_data
from dxlib.show import draft, report, scorecard
from tests.known.folders import leaf, make, points, rows_of, write

MOVE = {"scope_before": "A", "scope_from": "2025-07-01"}
ROWS = [leaf("1", "points", 100), leaf("2", "points", 20, scope="B")]
ANSWERS = points(a1=50, a2=60, b1=70) | {"m": {"1": {"points": 80}, "2": {"points": 10}}}
ANSWERS["b1"]["2"] = {"points": 20}


def agencies(**move):
    return [{"agency": a, "scope": "B" if a in ("b1", "m") else "A", **(move if a == "m" else {})} for a in ANSWERS]


def test_it_is_ranked_in_the_list_of_the_last_day_with_its_rows(tmp_path):
    case = make(tmp_path, ROWS, ANSWERS, None, agencies(**MOVE))
    index = rows_of(case)
    assert index["of"].to_dict() == {"a1": 2, "a2": 2, "b1": 2, "m": 2}
    assert (index.loc["m", "points"], index.loc["m", "max_points"], index.loc["m", "rank"]) == (90, 120, 1)  # ties


def test_page_card_annex_and_open_data_say_so(tmp_path):
    case = make(tmp_path, ROWS, ANSWERS, None, agencies(**MOVE))
    scores, nothing = score(case), pd.DataFrame(columns=["agency"])
    table = report.ranking(case, scores, nothing, nothing, 0.2, "en")
    assert "m moved from the list A to B on" in table.note
    assert any("chuyển từ danh sách A sang B" in note for note in draft.notes(case, report.index_rows(scores), "vi"))
    cards = {a: str(scorecard.summary(case, scores, nothing, nothing, nothing, 0.2, a, "vi")) for a in ("m", "b1")}
    assert "01/07/2025" in cards["m"] and "chuyển từ" not in cards["b1"]
    made = open_data(case, scores, False, "0")["tables/agencies.csv"].decode("utf-8-sig")
    assert "m,,,B,,A,2025-07-01," in made
    still = make(tmp_path / "still", ROWS, ANSWERS, None, agencies())
    assert "scope_before" not in open_data(still, score(still), False, "0")["tables/agencies.csv"].decode()


@pytest.mark.parametrize(
    "cells, reason",
    [
        ({"scope_before": "A"}, "moved_half"),
        ({"scope_from": "2025-07-01"}, "moved_half"),
        ({"scope_before": "B", "scope_from": "2025-07-01"}, "moved_nowhere"),
        ({"scope_before": "A", "scope_from": "2025-01-01"}, "moved_outside"),
        ({"scope_before": "A", "scope_from": "2026-01-01"}, "moved_outside"),
        ({"scope_before": "A", "scope_from": "07/2025"}, "date_form"),
    ],
)
def test_half_a_move_or_one_outside_the_period_is_refused(tmp_path, cells, reason):
    move = dict.fromkeys(MOVE, "") | cells
    write(
        tmp_path,
        ROWS,
        ANSWERS,
        None,
        [row | ({} if row["agency"] == "m" else dict.fromkeys(MOVE, "")) for row in agencies(**move)],
    )
    with pytest.raises(Refusal) as refused:
        read_case(tmp_path, 2025, "test")
    assert {f.reason for f in refused.value.findings if f.severity == "error"} == {reason}
