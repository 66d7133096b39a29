"""Workbooks for people who live in Excel: forms out, forms in."""

from .calculation import calculation_bytes
from .intake import give_back, intake
from .issue import check_new, issue, worklist
from .tables import import_tables, tables

__all__ = ["calculation_bytes", "check_new", "give_back", "import_tables", "intake", "issue", "tables", "worklist"]
