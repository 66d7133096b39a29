"""What is the score? Exact scores up the tree, ranks, classes, and what a change does to them."""

from .classified import check_quota_ties
from .exact import INDEX, Exact, evaluate, provisional
from .potential_gains import potential
from .printed import check_printed, hidden_differences
from .rank_shifts import compare
from .scoring import score
from .table import tabulate, to_csv
from .zeros import check_zeros, decided_by_zero
