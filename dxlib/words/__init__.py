"""Words: one catalogue per language (`dxlib.languages`), numbers and dates as readers of that language write them."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from .. import confidence
from ..errors import Finding
from ..languages import CATALOGUES, LANGUAGES, parted

NOTHING = "–"


@cache
def catalogue(lang: str) -> dict[str, str]:
    """Every text of a language by its dotted key; what it does not say is said in the language it falls back on."""
    raw = tomllib.loads(CATALOGUES[lang].read_text(encoding="utf-8"))
    flat: dict[str, str] = {}

    def add(table: Mapping[str, Any], above: str) -> None:
        for key, value in table.items():
            if isinstance(value, dict):
                add(value, f"{above}{key}.")
            else:
                flat[above + key] = value

    add(raw, "")
    return catalogue(flat["language.fallback"]) | flat if "language.fallback" in flat else flat


def fallback(lang: str) -> str:
    """The language that says what this one does not; itself where it says everything."""
    return catalogue(lang).get("language.fallback", lang)


@cache
def order(lang: str) -> tuple[str, ...]:
    """The language, the one it falls back on, then the others: names are taken from the first that has one."""
    return tuple(dict.fromkeys((lang, fallback(lang), *LANGUAGES)))


def text(key: str, lang: str, /, **facts: object) -> str:
    """A text of the catalogue with its facts filled in, and the level of confidence with what it leaves, in per cent.
    Raises KeyError for an unknown key or a missing fact."""
    return catalogue(lang)[key].format(**{"level": confidence.LEVEL, "beyond": 100 - confidence.LEVEL, **facts})


def absent(x: Any) -> bool:
    """None, nan or pandas' NA."""
    return x is None or str(x) in ("nan", "<NA>")


def number(x: Any, lang: str, decimals: int = 0) -> str:
    """A number as readers write it: decimal comma in Vietnamese; "–" for None and nan.

    x   int, float, Decimal, Fraction or numpy number; rounded half away from zero to `decimals` places, from
        the shortest decimal text of a float
    """
    if absent(x):
        return NOTHING
    from babel.numbers import format_decimal

    exact = x if isinstance(x, Fraction) else Fraction(repr(float(x)) if isinstance(x, float) else str(x))
    scale = 10**decimals
    whole = int(abs(exact) * scale + Fraction(1, 2))
    value = Decimal(whole if exact >= 0 else -whole).scaleb(-decimals)
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return format_decimal(value, format=pattern, locale=text("language.locale", lang))


def percent(x: Any, lang: str, decimals: int = 1) -> str:
    """A share as a percentage: 0.754 -> "75,4 %"."""
    if absent(x):
        return NOTHING
    return number((x if isinstance(x, Fraction) else Fraction(repr(float(x)))) * 100, lang, decimals) + "\u00a0%"


def date(iso: str, lang: str) -> str:
    """An ISO date as readers write it; "–" for an empty one."""
    if not iso:
        return NOTHING
    from datetime import date as day

    from babel.dates import format_date

    return format_date(day.fromisoformat(iso), format=text("language.date", lang), locale=text("language.locale", lang))


def name(row: Mapping[str, str], lang: str) -> str:
    """A row's name in the language, else in another one, else its key."""
    return translated(row, "name", lang) or next(row[key] for key in ("agency", "code", "name") if row.get(key))


def translated(row: Mapping[str, str], stem: str, lang: str) -> str:
    """A cell that stands in several languages, in this one, else in another one."""
    return next((row[key] for key in (f"{stem}_{one}" for one in order(lang)) if row.get(key)), "")


def agencies(rows: Iterable[Mapping[str, str]], lang: str) -> dict[str, str]:
    """agency -> its name; of a list of which several are called alike, these with their ids."""
    return unambiguous({row["agency"]: name(row, lang) for row in rows})


def unambiguous(named: Mapping[str, str]) -> dict[str, str]:
    """id -> name, as a list shows them: names that readers would take for one have their ids after them."""
    alike = {key: " ".join(called.casefold().split()) for key, called in named.items()}
    times = Counter(alike.values())
    return {key: f"{called} ({key})" if times[alike[key]] > 1 else called for key, called in named.items()}


def title(names: Mapping[str, str], lang: str) -> str:
    """A title of index.toml in the language, else in another one."""
    return next((names[one] for one in order(lang) if names.get(one)), "")


def title_of_year(names: Mapping[str, str], year: str, lang: str) -> str:
    """A title of index.toml that says its year."""
    called = title(names, lang)
    return called if year in called else text("page.of_year", lang, title=called, year=year)


def called(other: str, lang: str) -> str:
    """What a language calls another one; one that it has no word for, by its own name."""
    return catalogue(lang).get(f"language.called.{other}") or text("language.name", other)


def meaning(table: str, column: str, lang: str) -> str:
    """What a column is: in the words of its table, where two tables call different things alike."""
    for key in (f"sheet.column.{table}_{column}", f"sheet.column.{column}"):
        if key in catalogue(lang):
            return text(key, lang)
    return in_language("sheet.column_in", column, lang)


def in_language(key: str, column: str, lang: str) -> str:
    """What a column or key is that stands in several languages; `key` has the texts of all of them."""
    stem, other = parted(column)
    return text(f"{key}.{stem}", lang, language=called(other, lang))


WHOLE = 32_767  # the longest path of any system: it is to be typed


def finding(f: Finding, lang: str) -> dict[str, str]:
    """What is wrong, what was expected and what to do, in words."""
    facts = {"file": f.file, "row": f.row, "column": f.column, "value": f.value, **f.facts}
    short = {key: brief(fact, WHOLE if isinstance(fact, Path) else 80) for key, fact in facts.items()}
    return {part: text(f"finding.{f.reason}.{part}", lang, **short) for part in ("what", "expected", "remedy")}


def brief(fact: object, most: int = 80) -> str:
    """A fact as it can stand in a sentence: not longer than a line, nothing that a screen would obey."""
    whole = "".join(c if c.isprintable() else " " for c in str(fact))
    return whole if (len(whole) <= most * 4 and " " in whole) or len(whole) <= most else f"{whole[:most]}…"
