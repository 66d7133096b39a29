"""What if? For the analyst alone: other weights, rows left out, other points, and who moves."""

from .widgets import panel
