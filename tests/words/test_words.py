"""One catalogue per language: the same keys, the same placeholders, nothing unused, nothing missing."""

from __future__ import annotations

import ast
import re
import string
import unicodedata
from fractions import Fraction
from pathlib import Path

import pytest

from dxlib.languages import LANGUAGES
from dxlib.words import agencies, catalogue, date, name, number, percent, text, unambiguous

LIBRARY = Path(__file__).resolve().parents[2] / "dxlib"


def placeholders(template: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(template) if field}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_all_languages_have_the_same_keys_and_placeholders(lang):
    vi, other = catalogue("vi"), catalogue(lang)
    assert vi.keys() == other.keys() - {"language.fallback"}
    assert [key for key in vi if placeholders(vi[key]) != placeholders(other[key])] == []


def test_vietnamese_is_normalised_and_written_out():
    for key, words in catalogue("vi").items():
        assert unicodedata.is_normalized("NFC", words) and words.strip(), key


def used_keys() -> tuple[set[str], set[str]]:
    """(keys written out in the code, beginnings of keys that are completed at run time)."""
    whole, begun = set(), set()
    for path in LIBRARY.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and re.fullmatch(r"[a-z_]+(\.[a-z_-]+)+", node.value)
            ):
                whole.add(node.value)
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                begun.add(str(node.values[0].value))
    return whole, {b for b in begun if re.fullmatch(r"[a-z_]+\.[a-z_.]*", b)}


def test_every_key_of_the_code_exists():
    whole, _ = used_keys()
    known = set(catalogue("vi")) | {"language.fallback"}  # of a catalogue that says less
    rooms = {key.split(".")[0] for key in known}
    files = re.compile(r"\.(csv|toml|json|html|txt|py|ipynb|css|md)$")
    asked = {key for key in whole if key.split(".")[0] in rooms and not files.search(key) and key[-1] != "_"}
    assert {key for key in asked if key not in known and not any(k.startswith(key + ".") for k in known)} == set()


def test_only_the_registry_names_a_language():
    """The audit stands alone and has its own words; the sample is a province that writes in two languages."""
    names = re.compile(r"""["'](vi|en)["']|_(vi|en)\b""")
    there = [path for kind in ("py", "js", "j2", "json") for path in LIBRARY.rglob(f"*.{kind}")]
    apart = {LIBRARY / "languages.py", LIBRARY / "audit.py", *(LIBRARY / "sample").rglob("*.py")}
    named = [
        (path.name, line.strip())
        for path in there
        if path not in apart
        for line in path.read_text(encoding="utf-8").splitlines()
        if names.search(line)
    ]
    assert named == [("indicators.json", '"name": "evidence_vi",')]


def test_every_reason_of_the_code_is_worded():
    source = "\n".join(path.read_text(encoding="utf-8") for path in LIBRARY.rglob("*.py"))
    reasons = set(re.findall(r'Finding\(\s*(?:"[EW]_[A-Z_]+"|code),\s*"([a-z_]+)"', source))
    reasons |= set(re.findall(r'RuleError\("([a-z_]+)"', source)) | set(
        re.findall(r'"[EW]_[A-Z_]+", "([a-z_]+)"', source)
    )
    assert {r for r in reasons if f"finding.{r}.what" not in catalogue("vi")} == set()


def test_nothing_in_the_catalogue_is_unused():
    whole, begun = used_keys()
    source = "\n".join(path.read_text(encoding="utf-8") for path in LIBRARY.rglob("*.py"))
    for key in catalogue("vi"):
        parts = key.split(".")
        called = key in whole or any(key.startswith(b) for b in begun)
        reason = parts[0] == "finding" and f'"{parts[1]}"' in source
        assert called or reason or f'"{parts[-1]}"' in source, key


@pytest.mark.parametrize(
    "value, decimals, vi, en",
    [
        (1234.5, 2, "1.234,50", "1,234.50"),
        (Fraction(1, 3), 4, "0,3333", "0.3333"),
        (2.675, 2, "2,68", "2.68"),  # half away from zero, of the decimal text
        (-0.125, 2, "-0,13", "-0.13"),
        (7, 0, "7", "7"),
        (None, 2, "–", "–"),
        (float("nan"), 2, "–", "–"),
    ],
)
def test_numbers(value, decimals, vi, en):
    assert number(value, "vi", decimals) == vi
    assert number(value, "en", decimals) == en


def test_percent_date_name():
    assert percent(0.754, "vi") == "75,4\u00a0%"
    assert percent(Fraction(3, 4), "en", 0) == "75\u00a0%"
    assert date("2024-12-31", "vi") == "31/12/2024" and date("2024-12-31", "en") == "31 December 2024"
    assert date("", "vi") == "–"
    row = {"agency": "a", "name_vi": "Sở A", "name_en": ""}
    assert (name(row, "vi"), name(row, "en"), name({"agency": "a"}, "en")) == ("Sở A", "Sở A", "a")


def test_equal_names_are_told_apart_and_only_they():
    named = {"tan-lap": "Xã Tân Lập", "tan-lap-2": "xã  Tân Lập", "so-a": "Sở A"}
    shown = {"tan-lap": "Xã Tân Lập (tan-lap)", "tan-lap-2": "xã  Tân Lập (tan-lap-2)", "so-a": "Sở A"}
    assert unambiguous(named) == shown
    rows = [{"agency": key, "name_vi": called, "name_en": ""} for key, called in named.items()]
    assert agencies(rows, "en") == shown and agencies(rows[1:], "vi") == {
        key: named[key] for key in ("tan-lap-2", "so-a")
    }


def test_an_unknown_key_or_a_missing_fact_is_an_error():
    with pytest.raises(KeyError):
        text("page.nothing", "vi")
    with pytest.raises(KeyError):
        text("page.source", "vi")
