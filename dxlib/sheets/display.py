"""What a cell shows, where its number format says something else than its value: 8 for 7.51, 85% for 0.85, nothing.

Source: ECMA-376 part 1, 18.8.30 and 18.8.31 (number formats). Formats of days are told by `read`; fractions and powers
of ten count as showing the value.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

BUILT_IN = {
    **{1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%"},
    **{37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00"},
}
ASIDE = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')  # words, colours and blanks between the digits
AS_IT_IS = re.compile("general|e[+-]|/|@", re.IGNORECASE)


def displayed(value: float, code: str) -> str:
    """The digits that a format shows of a number below 10^15, with its own sign; "" where it shows none."""
    sections = [ASIDE.sub("", section) for section in code.split(";")]
    chosen = 1 if value < 0 and len(sections) > 1 else 2 if value == 0 and len(sections) > 2 else 0
    number, shown = Decimal(repr(value)), sections[chosen]
    if AS_IT_IS.search(shown):
        return f"{number.normalize():f}"
    if not re.search("[0#?]", shown):
        return ""
    whole, _, rest = shown.partition(".")
    percents = min(shown.count("%"), 2)
    scaled = number * 100**percents / 1000 ** (len(whole) - len(whole.rstrip(",")))
    places = min(len(re.findall("[0#?]", rest)), 6)
    rounded = scaled.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return f"{rounded.normalize():f}{'%' * percents}"
