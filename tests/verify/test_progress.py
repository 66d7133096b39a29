"""Who has sent what: counted by hand on a small case, and on the sample."""

from pathlib import Path

import pytest

from dxlib.case import read_case
from dxlib.verify import completeness, last_day, progress, senders
from dxlib.verify.submissions import late
from tests.backtest.contract_folder import write_folder

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def case(tmp_path):
    rows = [
        {"code": "1", "parent": "", "rule": "none", "max_points": "", "owner": "", "source": ""},
        {"code": "1.1", "parent": "1", "rule": "points", "max_points": "5", "owner": "x;y", "source": "reported"},
        {"code": "1.2", "parent": "1", "rule": "points", "max_points": "5", "owner": "y", "source": "reported"},
        {"code": "2", "parent": "", "rule": "points", "max_points": "5", "owner": "", "source": "reported"},
        {"code": "3", "parent": "", "rule": "points", "max_points": "5", "owner": "", "source": "measured"},
    ]
    rows[0]["rule"] = ""
    claims = [
        {"agency": "a", "indicator": "1.1", "points": "1", "submitted_on": "2025-01-15"},
        {"agency": "a", "indicator": "1.2", "points": "1", "submitted_on": "2025-01-14"},
        {"agency": "a", "indicator": "2", "points": "1", "submitted_on": "2025-01-15"},
        {"agency": "b", "indicator": "1.1", "points": "1", "submitted_on": "2025-01-18"},
        {"agency": "b", "indicator": "2", "points": "1", "submitted_on": "2025-01-18"},
        {"agency": "c", "indicator": "2", "points": "", "submitted_on": "2025-01-10"},
    ]
    tables = {
        "indicators": rows,
        "agencies": [{"agency": a} for a in "abc"],
        "claims": claims,
        "exemptions": [{"agency": "b", "indicator": "1.2", "reason": "x", "decided_by": "y"}],
    }
    index = {"title": {"vi": "Thử"}, "total": 20, "calendar": {"claims_due": "2025-01-15"}}
    write_folder(tmp_path, 2024, "demo", index, tables)
    return read_case(tmp_path, 2024, "demo")


def test_on_paper(case):
    found = progress(case, "2025-01-20").set_index("sender")
    assert found.index.tolist() == ["c", "b", "a"]  # the worst first
    columns = ["asked", "answered", "missing", "codes", "sent_on", "days_late"]
    assert found.loc["a", columns].tolist() == [3, 3, 0, "", "2025-01-15", 0]  # the day itself is in time
    assert found.loc["b", columns].tolist() == [2, 2, 0, "", "2025-01-18", 3]  # 1.2 does not apply
    assert found.loc["c", columns].tolist() == [3, 0, 3, "1.1;1.2;2", "2025-01-10", 5]  # a line that says nothing


def test_what_is_missing_is_late_only_after_the_deadline(case):
    assert progress(case, "2025-01-15").set_index("sender").loc["c", "days_late"] == 0
    assert progress(case, "").set_index("sender").loc["c", "days_late"] == 0
    assert (late("", "2025-01-01"), late("2025-01-01", "2025-01-02")) == (0, 1)


def test_completeness_by_pillar(case):
    assert completeness(case).values.tolist() == [["1", 5, 3, 0.6], ["2", 3, 2, pytest.approx(2 / 3)]]
    assert last_day(case) == "2025-01-18"


def test_a_group_of_one_unit_answers_by_lead_owner():
    case = read_case(DATA, 2025, "province")
    asked = [n.code for n in case.framework.leaves if n.source == "reported"]
    codes = [code for sender in senders(case) for code in sender.codes]
    assert sorted(codes) == sorted(asked) and len(senders(case)) > 5
    assert progress(case, "")["asked"].sum() == len(asked)
    assert {s.id for s in senders(read_case(DATA, 2024, "departments"))} == set(
        read_case(DATA, 2024, "departments").agencies["agency"]
    )
