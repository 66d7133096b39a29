"""Words: one catalogue per language (vi.toml, en.toml), numbers and dates as readers of that language write them.

Nothing else in the library asks which language it is.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from ..errors import Finding

LANGUAGES = ("vi", "en")
NOTHING = "–"


@cache
def catalogue(lang: str) -> dict[str, str]:
    """Every text of a language by its dotted key."""
    raw = tomllib.loads(files(__package__).joinpath(f"{lang}.toml").read_text(encoding="utf-8"))
    flat: dict[str, str] = {}

    def add(table: Mapping[str, Any], above: str) -> None:
        for key, value in table.items():
            if isinstance(value, dict):
                add(value, f"{above}{key}.")
            else:
                flat[above + key] = value

    add(raw, "")
    return flat


def text(key: str, lang: str, **facts: object) -> str:
    """A text of the catalogue with its facts filled in. Raises KeyError for an unknown key or a missing fact."""
    return catalogue(lang)[key].format(**facts)


def finding(f: Finding, lang: str) -> dict[str, str]:
    """What is wrong, what was expected and what to do, in words."""
    facts = {"file": f.file, "row": f.row, "column": f.column, "value": f.value, **f.facts}
    return {part: text(f"finding.{f.reason}.{part}", lang, **facts) for part in ("what", "expected", "remedy")}
