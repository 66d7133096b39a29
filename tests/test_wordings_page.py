"""docs/wordings.md and docs/cau-chu.md: every rule in them is one that can be written, every wording has its source."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

from dxlib.rules import SHAPES, parse_rule

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = ("wordings.md", "cau-chu.md")
MAXIMUM = Fraction(20)  # the row for which the pages write points
FALLING = "`direction` = −1"


def rows_of(page: str) -> list[list[str]]:
    """The numbered lines of the table: number, wording, rule, source."""
    lines = (DOCS / page).read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if re.match(r"\| \d+ \|", line)]


def rules_of(text: str) -> list[str]:
    """The rules among what stands between backticks."""
    return [each for each in re.findall(r"`([^`]+)`", text) if re.split(r"[( ]", each, maxsplit=1)[0] in SHAPES]


@pytest.mark.parametrize("page", PAGES)
def test_wordings_are_many_and_have_a_source(page):
    rows = rows_of(page)
    assert len(rows) >= 60 and [int(row[0]) for row in rows] == list(range(1, len(rows) + 1))
    assert [row for row in rows if len(row) != 4 or not all(row)] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_rule_can_be_written(page):
    for row in rows_of(page):
        for text in rules_of(row[2]):
            parse_rule(text, MAXIMUM, -1 if FALLING in row[2] else 1)
    aside = [line for line in (DOCS / page).read_text(encoding="utf-8").splitlines() if not line.startswith("|")]
    for text in rules_of("\n".join(aside)):
        parse_rule(text, MAXIMUM)


def test_every_shape_has_a_wording():
    text = "\n".join(row[2] for row in rows_of(PAGES[0]))
    assert set(SHAPES) == {re.split(r"[( ]", each, maxsplit=1)[0] for each in rules_of(text)}


def test_both_pages_say_the_same():
    one, other = (rows_of(page) for page in PAGES)
    assert [rules_of(row[2]) for row in one] == [rules_of(row[2]) for row in other]
    assert [FALLING in row[2] for row in one] == [FALLING in row[2] for row in other]
    assert [re.findall(r"https?://[^)]+", row[3]) for row in one] == [
        re.findall(r"https?://[^)]+", row[3]) for row in other
    ]


@pytest.mark.parametrize("page", PAGES)
def test_a_variant_names_an_earlier_line_with_a_rule(page):
    for row in rows_of(page):
        for number in re.findall(r"(?:variant of no\.|biến thể của dòng) (\d+)", row[3]):
            assert 0 < int(number) < int(row[0]), row
