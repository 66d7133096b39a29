"""The sensitivity page: would the ranking stand with other weights and other choices?

First sentences an official can repeat, then the evidence. Every table and chart names the function it came from; its
docstring says the method and its source.
"""

from .annex import (
    RESAMPLES,
    components_table,
    effective_table,
    fit_table,
    not_computed,
    opinions_sentence,
    opinions_table,
    redundant_table,
    weak_table,
)
from .audit import audit_table
from .choices import choices_table, importance_table, left_out, left_out_summary, points_table, zeros_sentence
from .first import SETTLED, in_short, summary
from .limitations import limits
from .weights import (
    classes_table,
    drawn_from,
    firsts_table,
    fragile_table,
    gains_table,
    intervals_chart,
    intervals_table,
    pairs_sentence,
    reach,
    span,
    stability_table,
)
