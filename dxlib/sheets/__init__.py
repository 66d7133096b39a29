"""Workbooks for people who live in Excel: forms out, forms in."""

from .intake import intake
from .issue import issue, worklist

__all__ = ["intake", "issue", "worklist"]
