"""The verification page (internal): may the claims be believed, and what could still change?

Every table and chart names the function it came from; its docstring says the method and its source.
"""

from .claims import (
    agreement_chart,
    agreement_sentence,
    agreement_table,
    by_agency_table,
    by_indicator_table,
    chart,
    own_sums,
)
from .first import left_out, public, summary
from .limitations import limits
from .materiality import decisive_table, materiality_sentence, ranges_chart
from .selection import estimates_table, factors_sentence, open_sentence, parts_table, plan_table, worklist_table
from .suspicions import coverage_table, flag_summary, flag_table
from .verifiers import appeals_table, leniency_table, verifiers_table
