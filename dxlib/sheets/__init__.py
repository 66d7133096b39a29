"""Workbooks for people who live in Excel: forms out, forms in."""

from .intake import intake
from .issue import issue, worklist
from .tables import import_tables, tables

__all__ = ["import_tables", "intake", "issue", "tables", "worklist"]
