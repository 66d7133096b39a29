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
