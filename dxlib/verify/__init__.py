"""May we believe the claims? What was claimed, what was recognised, what is still open."""

from .deviation import deviation, open_items

__all__ = ["deviation", "open_items"]
