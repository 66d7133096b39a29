"""Where is it read? Exporters of executed notebooks."""

from .html import html

__all__ = ["html"]
