"""How a leaf of the index set turns what was answered into a share of its maximum.

A shape of a rule is one class with all its faces (`shape`), in the module of its family, where `parse.SHAPES` finds it.

Sources: OECD/JRC, Handbook on Constructing Composite Indicators (2008), ch. 5 (normalisation); the
shapes of issued Vietnamese decisions.
"""

from .absolute import Unscored
from .grammar import NUMBER, ONE, WORKING, ZERO, RuleError, Scale, Wrong, decimal60, kept40, number, quotient, shown
from .parse import SHAPES, parse_rule, shape_of
from .relative import MinMax, RankShare, ZScore
from .shape import Figure, Places, Rule, Telling, exactly, quoted

__all__ = [
    "NUMBER", "ONE", "SHAPES", "WORKING", "ZERO", "Figure", "MinMax", "Places", "RankShare", "Rule", "RuleError",
    "Scale", "Telling", "Unscored", "Wrong", "ZScore", "decimal60", "exactly", "kept40", "number", "parse_rule",
    "quoted", "quotient", "shape_of", "shown",
]  # fmt: skip
