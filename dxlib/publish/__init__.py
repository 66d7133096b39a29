"""Where is it read? Exporters of executed notebooks."""

from .html import html
from .pdf import collection, pdf

__all__ = ["collection", "html", "pdf"]
