"""The pages of all finding codes, docs/codes.md and docs/ma-loi.md, written anew from the catalogue.

    python -m tests.codes

Which reasons a code has stands in the pages themselves (and, for most, in the source); every word is the catalogue's.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from dxlib.words import catalogue

HOUSE = Path(__file__).resolve().parents[1]
PAGES = {"en": HOUSE / "docs/codes.md", "vi": HOUSE / "docs/ma-loi.md"}
HEADS = {
    "en": (
        "# Every finding, by its code\n\n*Tiếng Việt: [ma-loi.md](ma-loi.md)*\n\nE_ is an error, W_ a warning. Made "
        "from the catalogue by `python -m tests.codes`;\nwhat stands in braces is filled in where it is found.\n",
        "| reason | what is wrong | expected | what to do |",
    ),
    "vi": (
        "# Mọi lỗi và lưu ý, theo mã\n\n*English: [codes.md](codes.md)*\n\nE_ là lỗi, W_ là lưu ý. Lập từ bộ từ ngữ bằng "
        "`python -m tests.codes`;\nchỗ trong ngoặc nhọn được điền khi gặp.\n",
        "| lý do | sai ở đâu | cần | cách sửa |",
    ),
}
PAIR = re.compile(r'"([EW]_[A-Z_0-9]+)",\s*"([a-z_0-9]+)"')


def reasons() -> set[str]:
    """Every reason that the catalogue words."""
    return {key.split(".")[1] for key in catalogue("en") if key.startswith("finding.")}


def in_source() -> tuple[set[str], set[tuple[str, str]]]:
    """(every code, the pairs of code and reason that stand beside each other) of the source."""
    source = "\n".join(path.read_text("utf-8") for path in sorted((HOUSE / "dxlib").rglob("*.py")))
    pairs = {(code, reason) for code, reason in PAIR.findall(source) if reason in reasons()}
    return set(re.findall(r'"([EW]_[A-Z_0-9]+)"', source)), pairs


def in_page(lang: str) -> set[tuple[str, str]]:
    """The pairs of code and reason of a page."""
    found, code = set(), ""
    for line in PAGES[lang].read_text("utf-8").splitlines() if PAGES[lang].is_file() else ():
        if line.startswith("## "):
            code = line[3:]
        elif code and line.startswith("| `"):
            found.add((code, line.split("`")[1]))
    return found


def page(lang: str, pairs: set[tuple[str, str]]) -> str:
    said, (head, columns) = catalogue(lang), HEADS[lang]
    codes = defaultdict(list)
    for code, reason in sorted(pairs):
        words = [said.get(f"finding.{reason}.{part}", "") for part in ("what", "expected", "remedy")]
        cells = [f"`{reason}`", *(" ".join(word.split()).replace("|", "\\|").replace("<", "&lt;") for word in words)]
        codes[code].append(f"| {' | '.join(cells)} |")
    tables = ["\n".join([f"\n## {code}\n", columns, "|---|---|---|---|", *rows, ""]) for code, rows in codes.items()]
    return head + "".join(tables)


def main() -> None:
    known = in_source()[1] | {pair for pair in in_page("en") if pair[1] in reasons()}
    for lang, path in PAGES.items():
        path.write_text(page(lang, known), encoding="utf-8")


if __name__ == "__main__":
    main()
