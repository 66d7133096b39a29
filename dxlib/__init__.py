"""dxlib: score, verify, test and publish a province's digital-transformation index sets.

The ten functions of the public API (docs/analyst.md) are loaded when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "1.0.0"

PUBLIC = {
    "read_case": "case",
    "check": "case",
    "score": "index",
    "compare": "index",
    "read_scenario": "case",
    "deviation": "verify",
    "open_items": "verify",
    "draw_weights": "robust",
    "rank_intervals": "robust",
    "leave_one_out": "robust",
}

__all__ = sorted(PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{PUBLIC[name]}"), name)
