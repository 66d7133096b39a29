"""Would the ranking stand with other weights? Simulation in floats; official scores are never made here."""

from .intervals import rank_intervals
from .leave_out import leave_one_out
from .weights import attainable, draw_weights

__all__ = ["attainable", "draw_weights", "leave_one_out", "rank_intervals"]
