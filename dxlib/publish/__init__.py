"""Where is it read? Exporters of executed notebooks."""

from .html import html
from .office import draft
from .pdf import collection, pdf

__all__ = ["collection", "draft", "html", "pdf"]
