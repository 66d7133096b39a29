"""What is written anew from the code and its catalogue, so that nobody types it twice.

    python -m tests.codes

The pages of all finding codes, docs/codes.md and docs/ma-loi.md: which reasons a code has stands in the pages
themselves (and, for most, in the source); every word is the catalogue's. In docs/rules.md and docs/quy-tac.md the
tables between two marks: the shapes of rules, the keys of a class and of a condition. In schema/index.json the keys of a
class and of a condition.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from dxlib.case.classes import KEYS
from dxlib.case.conditions import KEYS as CONDITION_KEYS
from dxlib.rules import SHAPES
from dxlib.words import catalogue, meaning

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
SCHEMA = HOUSE / "dxlib/schema/index.json"
RULES = {"en": HOUSE / "docs/rules.md", "vi": HOUSE / "docs/quy-tac.md"}
MARKED = re.compile(r"(<!-- (shapes|classes|conditions) -->\n).*?(?=<!-- end -->\n)", re.DOTALL)
TABLES = {
    ("en", "shapes"): "| rule | name | how it scores |",
    ("vi", "shapes"): "| quy tắc | tên | cách tính điểm |",
    ("en", "classes"): "| key | default | what it is |",
    ("vi", "classes"): "| khóa | mặc định | là gì |",
    ("en", "conditions"): "| key | default | what it is |",
    ("vi", "conditions"): "| khóa | mặc định | là gì |",
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
        codes[code].append(line(f"`{reason}`", *words))
    tables = ["\n".join([f"\n## {code}\n", columns, "|---|---|---|---|", *rows, ""]) for code, rows in codes.items()]
    return head + "".join(tables)


def line(key: str, *words: str) -> str:
    """One row of a table."""
    cells = [" ".join(word.split()).replace("|", "\\|").replace("<", "&lt;") for word in words]
    return f"| {' | '.join([key, *cells])} |"


def rows(table: str, lang: str) -> Iterable[str]:
    said = catalogue(lang)
    if table == "shapes":
        written = {name: ", ".join(f"`{text}`" for text in shape.examples or (name,)) for name, shape in SHAPES.items()}
        return [line(texts, said[f"rule.{name}.name"], said[f"rule.{name}.how"]) for name, texts in written.items()]
    declared = CONDITION_KEYS if table == "conditions" else KEYS
    keys = {key: json.dumps(of.get("default", "")).strip('"') for key, of in declared.items() if of["type"] != "names"}
    return [line(f"`{key}`", default, meaning(table, key, lang)) for key, default in keys.items()]


def page_of_rules(lang: str) -> str:
    """The page as it stands, its marked tables anew."""

    def table(marked: re.Match[str]) -> str:
        head, name = marked.groups()
        return "\n".join([head, TABLES[lang, name], "|---|---|---|", *rows(name, lang), "", ""])

    return MARKED.sub(table, RULES[lang].read_text("utf-8"))


def schema_of_index() -> str:
    """schema/index.json as it stands, with the keys of a class and of a condition as their code declares them."""
    found = json.loads(SCHEMA.read_text("utf-8"))
    for name, declared in (("class", KEYS), ("condition", CONDITION_KEYS)):
        table = next(key for key in found["keys"] if key["name"] == name)
        table["fields"] = [{"name": key, **said} for key, said in declared.items()]
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def written() -> dict[Path, str]:
    """Every file that is written anew, as it should stand."""
    known = in_source()[1] | {pair for pair in in_page("en") if pair[1] in reasons()}
    pages = {path: page(lang, known) for lang, path in PAGES.items()}
    return pages | {path: page_of_rules(lang) for lang, path in RULES.items()} | {SCHEMA: schema_of_index()}


def main() -> None:
    for path, text in written().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
