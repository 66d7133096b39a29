"""Where is it read? Exporters of executed notebooks."""

from .html_page import html
from .office import draft
from .pdf_page import collection, pdf
