"""The languages: every catalogue in `words` is one (vi.toml, en.toml; a code of two letters, ISO 639-1), and says under
[language] what it is called, how numbers and days are written, and what it falls back on. No other module names one.
"""

from __future__ import annotations

import re
from pathlib import Path

OFFICIAL = "vi"  # of papers for signature and what is signed, by law; of columns that stand in one language alone
INTERNATIONAL = "en"  # in which readers abroad are told what the open data are
CATALOGUES = {path.stem: path for path in sorted(Path(__file__).with_name("words").glob("[a-z][a-z].toml"))}
LANGUAGES = tuple(dict.fromkeys((OFFICIAL, INTERNATIONAL, *CATALOGUES)))
WORDED = re.compile(rf"(.+)[_.]({'|'.join(LANGUAGES)})")


def in_each(stem: str) -> list[str]:
    """A column of the contract in every language: name_vi, name_en."""
    return [f"{stem}_{lang}" for lang in LANGUAGES]


def in_official(stem: str) -> str:
    """A column of the contract in the official language: name_vi."""
    return f"{stem}_{OFFICIAL}"


def parted(column: str) -> tuple[str, str]:
    """("name", "vi") of name_vi, and of the key name.vi; the language of any other column is ""."""
    found = WORDED.fullmatch(column)
    return (found[1], found[2]) if found else (column, "")
