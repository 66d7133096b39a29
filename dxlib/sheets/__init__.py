"""Workbooks for people who live in Excel: forms out, forms in."""

from .calculation import calculation_bytes
from .issuing import check_new, issue, worklist
from .plain import rows_of_file
from .tables_workbook import import_tables, tables
from .taking_in import intake

__all__ = ["calculation_bytes", "check_new", "import_tables", "intake", "issue", "rows_of_file", "tables", "worklist"]
