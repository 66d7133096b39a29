"""What were we given? A folder of the contract, read, checked and frozen into a `Case`."""

from .case import Case
from .judging import AWAITED, judge, must_hold, store
from .next_year import new_year
from .read import (
    Series,
    check,
    check_chain,
    check_pair,
    check_there,
    places,
    read_before,
    read_case,
    read_for_verification,
    read_lineage,
    read_log,
    read_register,
    read_series,
    read_state,
    read_to_ask,
    root_digests,
)
from .scenarios import read_scenario
