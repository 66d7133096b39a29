"""What changed between years, and is it real?"""

from .comparison import Comparison, compare_series, compare_years, row_changes
from .conversion import Notice, propose, read_official
from .course import course, results
from .decompose import PARTS, SET, as_floats
from .matching import additive
from .news import news, noise
from .proposals import propose_links

__all__ = [
    "PARTS",
    "SET",
    "Comparison",
    "Notice",
    "additive",
    "as_floats",
    "compare_series",
    "compare_years",
    "course",
    "news",
    "noise",
    "propose",
    "propose_links",
    "read_official",
    "results",
    "row_changes",
]
