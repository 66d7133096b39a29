"""What changed between years, and is it real?"""

from .change_materiality import material_changes, noise
from .comparison import Comparison, compare_series, compare_years, otherwise_given, row_changes
from .conversion import Notice, propose, read_official
from .decompose import DECIMALS, PARTS, SET, SUBS, as_floats, changes, group_change
from .identity import relate
from .matching import additive, match
from .merged import merged_ranks
from .proposals import propose_links
from .reorganisation import Act, reorganise
from .time_series import course, results

__all__ = [
    "DECIMALS",
    "PARTS",
    "SET",
    "SUBS",
    "Act",
    "Comparison",
    "Notice",
    "additive",
    "as_floats",
    "changes",
    "compare_series",
    "compare_years",
    "course",
    "group_change",
    "match",
    "material_changes",
    "merged_ranks",
    "noise",
    "otherwise_given",
    "propose",
    "propose_links",
    "read_official",
    "relate",
    "reorganise",
    "results",
    "row_changes",
]
