"""Workbooks for people who live in Excel: forms out."""

from .issue import issue

__all__ = ["issue"]
