"""A result is provisional while it stands on claims, or while claims wait for their verdicts."""

import pytest

from dxlib.case import read_case
from dxlib.errors import Finding, Refusal
from dxlib.index import provisional
from dxlib.index.values import basis
from tests.case.folder import FILES, write

ROW = "{agency},{row},1,verify,,,,,,verifier 1,2025-01-10\n"


def test_provisional_until_every_claim_has_its_verdict(tmp_path):
    case = read_case(write(tmp_path), 2024, "demo")
    assert provisional(case) and provisional(case, "claimed") and provisional(case, "current")
    given = [("so-a", "2")] + [(agency, row) for agency in ("so-b", "001") for row in ("1.1", "1.10", "2")]
    whole = FILES["verdicts.csv"] + "".join(ROW.format(agency=agency, row=row) for agency, row in given)
    done = read_case(write(tmp_path, verdicts=whole), 2024, "demo")
    assert not provisional(done) and provisional(done, "current")


def test_measured_figures_are_never_provisional(tmp_path):
    indicators = FILES["indicators.csv"].replace("reported", "measured")
    case = read_case(write(tmp_path, indicators=indicators, verdicts=None, appeals=None), 2024, "demo")
    assert not provisional(case)


def test_what_a_result_cannot_stand_on_is_refused(tmp_path):
    case = read_case(write(tmp_path), 2024, "demo")
    with pytest.raises(Refusal) as refused:
        basis(case, "verifid")
    facts = {"allowed": "verified, current, claimed"}
    assert [*refused.value.findings] == [Finding("E_PARAM", "on_unknown", column="on", value="verifid", facts=facts)]
