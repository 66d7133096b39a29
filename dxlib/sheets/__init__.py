"""Workbooks for people who live in Excel: forms out, forms in."""

from .calculation import calculation_bytes
from .issuing import check_new, issue, worklist
from .tables_workbook import import_tables, tables
from .taking_in import give_back, intake
