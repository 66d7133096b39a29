"""What were we given? A folder of the contract, read, checked and frozen into a `Case`."""

from .case import Case, check, read_case

__all__ = ["Case", "check", "read_case"]
