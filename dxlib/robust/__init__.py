"""Would the ranking stand with other weights? Simulation in floats; official scores are never made here."""

from .acceptability import class_shares, first_places, rank_shares, winning_shares
from .alternative_rankings import second_opinions
from .extreme_ranking import attainable_ranks
from .groups import place_groups, settled_pairs
from .intervals import drawn_intervals, rank_intervals, tally, tally_draws
from .leave_out import leave_one_out
from .one_weight import raised_weights
from .pairs import certain_pairs, dominance, robust_share
from .reversal import reversals, smallest_points
from .scenarios import factors, full_factorial, one_at_a_time
from .sobol import importance
from .stability_intervals import stability
from .statistical_audit import audit_questions
from .structure import (
    components,
    effective_weights,
    indicator_spread,
    pillar_fit,
    redundant_pairs,
    separating_rows,
    weak_indicators,
)
from .weights import attainable, draw_weights
