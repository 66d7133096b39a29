"""How do we say it? Blocks (sentences, table, chart), and one module per notebook that fills them."""

from . import report, sensitivity, verification

__all__ = ["report", "sensitivity", "verification"]
