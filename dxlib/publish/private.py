"""The last look at public products: no telephone, identity or mail address of a person leaves the house.

Public products are built from whitelists; this finds what somebody typed into a name or a reason. Figures are told
from persons by where they stand and how they are written. What is declared a number (a typed cell, a column of the open
data) is a figure. In words, nothing that begins with 0 or + or has dashes or brackets is one; where digits could be
either, those in groups between dots are a figure, and the words around them decide.

Sources: Circular 59/2021/TT-BCA (identity of 12 digits: province 001–096, century and sex); the cards of 9 digits
before it (province 01–38); telephone numbers as the library `phonenumbers` knows them, service numbers (1900…) aside.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from html import unescape
from itertools import pairwise, zip_longest
from typing import Any

from ..errors import Finding, Refusal
from .open_data import TYPES

Detail = tuple[str, str, str]  # kind, as it is written, what stands before it

# Where to look closely, in any text
AROUND = 70  # letters on both sides that are read, too
RAISED = "²³¹⁰⁴-⁹₀-₉"
MARKS = re.compile(rf"(?<![0-9−{RAISED}])[{RAISED}]+(?![0-9])")  # but no exponent, no footnote
SLIPS = re.compile(r"(?<![^\W_])(?=[OoIl]*[0-9][OoIl]*[0-9])[0-9OoIl]{3,}(?![^\W_])")  # letters typed for digits
LIKE = str.maketrans("OoIl", "0011")
QUOTES = "‘’“”«»‹›`´ʹʼˈ′″"
FILLERS = "\u115f\u1160\u3164\uffa0\u2800"  # letters that are blanks
SUSPECT = [re.compile(form) for form in (
    r"D(?<!DD)(?<!D[.,]D)(?:(?:[^\w\n]|[_F]){0,4}D){8,}".replace("D", rf"[\d{RAISED}OoIl]").replace("F", FILLERS),
    r"[@＠﹫]|%40",
    r"[\[({<][^\S\n]*(?i:at|a còng)[^\S\n]*[\])}>]",
    r"(?i:\sa(?:t[^\S\n]+[\w-]+[^\S\n]+(?:dot|chấm)| còng)\b)",
)]  # fmt: skip

# What to find there, in text as `plain` writes it
SPOKEN = (
    (re.compile(r"[\[({<] *(?:at|a còng|@) *[\])}>]| a còng |%40| at (?=[\w-]+ (?:dot|chấm) )", re.I), "@"),
    (re.compile(r" *[\[({<] *(?:dot|chấm|\.) *[\])}>] *| (?:dot|chấm) |%2e", re.I), "."),
)
MAIL = re.compile(
    r"[\w.!#$%&'*+/=?^`{|}~-]*\w ?@ ?(?:(?:[\w-]+\.)+(?:xn--[\w-]+|[^\W\d_]{2,})"
    r"|(?:[\w-]+ ?\. ?)+(?i:com|vn|net|org|info|gov|edu)\b)"
)
START = r"(?<![0-9])(?<![0-9][.,/])(?:(?<![0-9A-Za-z]-)|(?<=[Tt]-)|(?<=[Ll]-))"
END = r"(?![0-9])"
DATE = r"(?![0-9]{2}(?P<same>[ .-])[0-9]{2}(?P=same)(?:19|20)[0-9]{2}(?![0-9]))"


def written(first: str, more: int) -> re.Pattern[str]:
    """A number of `first` and so many more digits, with blanks, dots, dashes, brackets between any two."""
    return re.compile(rf"{START}(?P<found>\(?{DATE}{first}(?:[ .()_·•*~'\"-]{{0,3}}[0-9]){{{more}}}){END}")


NOUGHT = r"0(?:[ )_·•*~'\"-]{0,3}|\.(?=[0-9]\.))[0-9]"  # no decimal
GROUPS = re.compile(
    rf"{START}(?P<found>0[0-9]{{2,3}}(?P<sign>[/,:;]| ?\| ?)[0-9]{{3,4}}(?:(?P=sign)[0-9]{{3,4}}){{1,2}})(?!/){END}"
)
HERE = [*(written(NOUGHT, more) for more in (9, 8)), GROUPS]
ZERO_LOST = written("[35789]", 8)  # a mobile number that a spreadsheet took for a number
COUNTRY = [written("(?:00 ?)?84", more) for more in (10, 9)]
ABROAD = [written(r"\+ ?\(?[0-9]", more) for more in range(14, 7, -1)]
IDENTITY = written(NOUGHT, 10)
OLD_IDENTITY = written(rf"(?:{NOUGHT}|[1-3] ?[0-9])", 7)

# What the words around say
AS_IDENTITY = re.compile(
    r"(?:CMT?ND|CMT|CCCD|căn cước|chứng minh|định danh|giấy tờ tùy thân|identity)[^\n]{0,30}$", re.I
)
AS_TELEPHONE = re.compile(r"(?:ĐT|điện thoại|di động|zalo|liên hệ|\btel|phone|mobile|fax)[^0-9\n]{0,30}$", re.I)
AS_TAX = re.compile(r"(?:MST|mã số (?:thuế|doanh nghiệp)|tax (?:code|number))[^0-9\n]{0,20}$", re.I)
AS_DOCUMENT = re.compile(r"(?:số lưu trữ|mã văn bản) ?:? ?$", re.I)
IS_DOCUMENT = re.compile(r" \(?(?:số lưu trữ|mã văn bản)\b(?!\W{0,3}[0-9])", re.I)
AS_CODE = re.compile(r"(?:mã đầu vào|mã gốc|code) $")  # of a version that was signed, in its short form
AS_AMOUNT = re.compile(
    r"(?:kinh phí|tiền|ngân sách|vốn|giá trị|dự toán|doanh thu|tổng (?:số|mức|thu|chi)|budget|amount|cost|lượt|visits)"
    r"[^\n]{0,30}$",
    re.I,
)
UNIT = re.compile(r" ?(?:đồng|đ\b|vnđ|vnd|usd|\$|%|tỷ|tỉ|triệu|nghìn|ngàn|lượt|người|hộ\b|hồ sơ|giao dịch)", re.I)
FIGURE = re.compile(r"\+?[1-9][0-9]{0,2}(?:([.,'])[0-9]{3})(?:\1[0-9]{3})*|[1-9][0-9]*[.,][0-9]+")
CODES = re.compile(r"0[0-9](?:\.0[0-9]){2,}|0[0-9]+( ?[,:;|] ?)0[0-9]+(?:\1(?=0)[0-9]+)+")  # of levels; a list of them
LABEL = re.compile(r"(?:[đd]t|tel|zalo|cmnd|cccd)\Z", re.I)
GLUED = re.compile(r"[A-Za-z]|(?=[A-Za-z]*[G-Zg-z])[A-Za-z]*[a-z]")  # a slip or a word; no code and no digest

# Where products keep their words
UNREAD = re.compile(r"(?<!svg\+xml;)base64,[A-Za-z0-9+/=]*|<script>.*?</script>|<style>.*?</style>", re.DOTALL)
DRAWING = re.compile(r"svg\+xml;base64,([A-Za-z0-9+/=]*)")
COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)  # a drawing's letters are outlines; what they say stands in comments
FIGURE_CELL = re.compile(r'<td class="(?:number|bar|rank)"[^>]*>(?!\W*0[0-9])[^<A-Za-z]*</td>')
ATTRIBUTE = re.compile(r'\s(?:alt|title|content|href|aria-label|data-[\w-]+|Target|location|tooltip)="([^"]*)"')
IN_WORDS = re.compile(r"</?(?:a|b|i|em|strong|span|u)\b[^>]*>")
PLAIN = re.compile(r"(?:-?(?!0[0-9])[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?)?", re.ASCII)
TAG = re.compile(r"<[^>]*>")
BREAK = re.compile(r"<(?:br|w:br|w:cr)\b[^>]*>")  # of a line within a text
NOTE_END = re.compile(r"\n(?=\s*(?:[-*+#>|]|[0-9]+\.|\n))")  # of a paragraph, a point, a cell
NOTE_ROW = re.compile(r"^ *\|.*", re.MULTILINE)
TYPST_DRAWING = re.compile(r'"<svg .*?</svg>"', re.DOTALL)
TYPED_CELL = re.compile(r'<c r="[A-Z]+[0-9]+"(?: s="[0-9]+")?(?: t="[bns]")?>(?:<f>[^<]*</f>)?<v>[^<]*</v></c>')
OFFICE_END = re.compile(r"</(?:w:p|a:p|si|is|c|f|text)>|<w:tab\b[^>]*>")
TEXTS = (".html", ".csv", ".json", ".md", ".txt", ".svg", ".typ")
PACKED = (".zip", ".xlsx", ".docx")


def refuse_personal(products: Mapping[str, bytes]) -> None:
    """Raises Refusal with all that `persons` finds."""
    if found := persons(products):
        raise Refusal(found)


def persons(products: Mapping[str, bytes]) -> list[Finding]:
    """Every personal detail in the texts of products (path -> bytes), each once and masked."""
    own = codes(products)
    found: dict[tuple[str, str], Finding] = {}
    for path, data in products.items():
        for kind, detail, before in personal(path, data):
            if digits(detail) not in own:
                facts = {"before": before}
                said = Finding("E_PRIVATE", f"personal_{kind}", path, value=masked(detail), facts=facts)
                found.setdefault((kind, detail), said)
    return list(found.values())


def codes(products: Mapping[str, bytes]) -> set[str]:
    """Short forms of our own digests: by chance one looks like somebody's number.

    The version that the open data names, and the first 12 digits of every digest that is printed in full.
    """
    form = re.compile(rb'(?<![0-9a-f])([0-9a-f]{12})(?=[0-9a-f]{52}(?![0-9a-f]))|"version": "([0-9a-f]{12})"')
    texts = [data for path, data in products.items() if path.endswith((".html", ".json", ".typ"))]
    return {b"".join(code).decode() for data in texts for code in form.findall(data)}


def masked(detail: str) -> str:
    """A detail as a log may show it: enough to find it, not enough to use it."""
    if "@" in detail or not detail[-1].isdigit():
        return f"{detail[0]}•••{detail[-6:]}"
    covered = [match.start() for match in re.finditer("[0-9]", detail)][2:-2]
    return "".join("•" if i in covered else sign for i, sign in enumerate(detail))


def personal(path: str, data: bytes) -> Iterator[Detail]:
    """Every personal detail in one product."""
    if path.endswith(PACKED):
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            for name in package.namelist():
                own = package.read(name)
                yield from details(office(name, own)) if name.endswith((".xml", ".rels")) else personal(name, own)
    elif path.endswith(TEXTS):
        yield from details(READ.get(path.rpartition(".")[2], str)(data.decode("utf-8-sig", "replace")))


# What a product says: its words alone, apart where they stand apart --------------------------------------------------


def lines(texts: Iterable[str]) -> str:
    """A line for each text that stands apart, as it is read: a new line or a tab within it is a blank."""
    return "\n".join(" ".join(unescape(text).split()) for text in texts)


def html(text: str) -> str:
    drawn = [drawing(base64.b64decode(one).decode("utf-8", "replace")) for one in DRAWING.findall(text)]
    words = FIGURE_CELL.sub("\n", UNREAD.sub("\n", DRAWING.sub("\n", text)))
    said = TAG.split(IN_WORDS.sub("", BREAK.sub(" ", words)))
    return "\n".join([lines([*said, *ATTRIBUTE.findall(words)]), *drawn])


def drawing(text: str) -> str:
    return "\n".join(COMMENT.findall(text)) + TAG.sub("\n", text)


def typst(text: str) -> str:
    drawn = [drawing(one) for one in TYPST_DRAWING.findall(text)]
    return "\n".join([lines(TYPST_DRAWING.sub('"', text).split('"')), *drawn])


def table(text: str) -> str:
    """A line per row; numbers of columns that are declared numbers are left out."""
    head, *rows = list(csv.reader(io.StringIO(text, newline=""))) or [[]]
    known = [column in TYPES for column in head]

    def words(row: list[str]) -> str:
        cells = zip_longest(row, known, fillvalue="")
        return row_of(cell for cell, number in cells if not (number and PLAIN.fullmatch(cell)))

    def row_of(cells: Iterable[str]) -> str:
        return " \x1f ".join(" ".join(cell.split()) for cell in cells)  # between cells a sign that none can hold

    return "\n".join([row_of(head), *map(words, rows)])


def tree(text: str) -> str:
    """Every name and text of a JSON file; its numbers are numbers."""

    def walk(value: Any) -> Iterator[str]:
        if isinstance(value, str):
            yield " ".join(value.split())
        elif isinstance(value, dict):
            for name, of in value.items():
                yield " ".join(name.split())
                yield from walk(of)
        elif isinstance(value, list):
            for of in value:
                yield from walk(of)

    return "\n".join(walk(json.loads(text)))


def office(name: str, data: bytes) -> str:
    """A part of a workbook or a document: what stands in paragraphs, typed text and addresses; no typed number."""
    text = TYPED_CELL.sub("", data.decode("utf-8", "replace"))
    inside = name.startswith(("word/", "xl/"))  # runs of one paragraph are one text
    said = OFFICE_END.split(BREAK.sub(" ", text))
    words = [TAG.sub("", one) for one in said] if inside else TAG.split(text)
    return lines([*words, *ATTRIBUTE.findall(text)])


def note(text: str) -> str:
    """Markdown; a backslash before a sign is not seen."""
    return lines(NOTE_END.split(NOTE_ROW.sub(lambda row: row[0].replace("|", "\n\n"), text.replace("\\", ""))))


READ = {"html": html, "csv": table, "json": tree, "typ": typst, "svg": drawing, "md": note}


# Whose it is ---------------------------------------------------------------------------------------------------------


def details(text: str) -> Iterator[Detail]:
    """Every personal detail in a text."""
    for form in SUSPECT:
        for match in form.finditer(text):
            window = plain(text[max(0, match.start() - AROUND) : match.end() + AROUND])
            yield from numbers(window) if form is SUSPECT[0] else addresses(window)


def addresses(text: str) -> Iterator[Detail]:
    for form, sign in SPOKEN:
        text = form.sub(sign, text)
    for found in MAIL.finditer(text):
        yield "mail", found[0], above(text, found.start())


def plain(text: str) -> str:
    """Text in which a digit, a blank, a dash, a quote is written in one way; what does not show is gone, and letters
    within digits are the digits that they look like."""
    if not text.isascii():
        signs = "".join(map(letter, unicodedata.normalize("NFC", text)))
        text = MARKS.sub(lambda found: unicodedata.normalize("NFKC", found[0]), signs)
    return SLIPS.sub(lambda found: found[0].translate(LIKE), text)


@cache
def letter(sign: str) -> str:
    kind = unicodedata.category(sign)
    if sign in QUOTES:
        return "'"
    if kind == "Nd":
        return str(unicodedata.decimal(sign))
    if kind[0] == "P" or kind == "Sm":
        wide = unicodedata.normalize("NFKC", sign)
        return "-" if kind == "Pd" or sign == "−" else wide if len(wide) == 1 else sign
    return " " if kind[0] == "Z" or sign in FILLERS else "" if kind in ("Cf", "Mn", "Me") else sign


def numbers(text: str) -> Iterator[Detail]:
    """The identity and telephone numbers of a text; none within another one."""
    taken: list[range] = []
    for kind, forms, holds in KINDS:
        for form in forms:
            for match in form.finditer(text):
                found = match["found"] if ")" in match["found"] else match["found"].removeprefix("(")
                span = range(match.end() - len(found), match.end())
                apart = all(span.stop <= one.start or one.stop <= span.start for one in taken)
                before, after = text[: span.start], text[span.stop :]
                if apart and alone(found, before, after) and holds(found, before, after):
                    taken.append(span)
                    yield kind, found, above(text, span.start)


def alone(found: str, before: str, after: str) -> bool:
    """Whether no code or digest goes on around it."""
    left, right = re.findall(r"[0-9A-Za-zĐđ_]*\Z", before)[0], re.findall(r"\A[0-9A-Za-z_]*", after)[0]
    if not right and (not left or LABEL.search(left)):
        return True
    return not (left and right) and found[0] in "(+0" and bool(GLUED.fullmatch(left or right))


def is_code(found: str, before: str, after: str) -> bool:
    """Whether digits that could be a person's are a code: by their form, or by the words right beside them."""
    if AS_IDENTITY.search(before) or AS_TELEPHONE.search(before):
        return False
    return bool(CODES.fullmatch(found) or AS_DOCUMENT.search(before) or IS_DOCUMENT.match(after))


def is_identity(found: str, before: str, after: str) -> bool:
    own, ours = digits(found), sizes(found) == [4, 4, 4] and AS_CODE.search(before)
    likely = not listed(found) and not is_code(found, before, after) and not ours
    return len(own) == 12 and 1 <= int(own[:3]) <= 96 and own[3] in "0123" and likely


def is_old_identity(found: str, before: str, after: str) -> bool:
    likely = sizes(found) in ([9], [3, 3, 3]) and not figure(found, before, after)
    return 1 <= int(digits(found)[:2]) <= 38 and bool(likely or AS_IDENTITY.search(before))


def is_telephone(found: str, before: str, after: str) -> bool:
    code = listed(found) or is_code(found, before, after) or AS_TAX.search(before)
    return not code and reachable(digits(found))


def is_telephone_without_zero(found: str, before: str, after: str) -> bool:
    """Only where the words before say so."""
    return bool(AS_TELEPHONE.search(before)) and reachable(f"0{digits(found)}")


def is_telephone_abroad(found: str, before: str, after: str) -> bool:
    """With the number of a country, which a sum of money may begin with, too."""
    meant = AS_TELEPHONE.search(before) or not figure(found, before, after)
    return bool(meant) and reachable(f"+{digits(found).removeprefix('00')}")


def figure(found: str, before: str, after: str) -> bool:
    """Whether digits are a sum or a count."""
    bare = re.fullmatch(r"\+?[1-9][0-9 .,']*", found)
    more = " " in found and (re.search(r"[0-9] $", before) or re.match(r" [0-9]{3}(?![0-9])", after))  # a longer one
    return bool(FIGURE.fullmatch(found) or (bare and (more or AS_AMOUNT.search(before) or UNIT.match(after))))


def reachable(number: str) -> bool:
    """Whether somebody can have a telephone number; it is read in Viet Nam."""
    import phonenumbers

    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(number, "VN")))
    except phonenumbers.NumberParseException:
        return False


def listed(found: str) -> bool:
    """Whether its groups only count on: 07 08 09 10 11, 0 25 50 75 100."""
    steps = {b - a for a, b in pairwise(int(group) for group in re.findall("[0-9]+", found))}
    return len(steps) == 1 and len(sizes(found)) > (2 if steps == {1} else 3) and min(steps) > 0


def sizes(found: str) -> list[int]:
    return [len(group) for group in re.findall("[0-9]+", found)]


def digits(found: str) -> str:
    return re.sub("[^0-9]", "", found)


def above(text: str, place: int) -> str:
    """The words before a place; they hold no number that a log must not show."""
    return re.sub(r"[^\S ]+| +", " ", re.sub("[0-9]", "•", text[:place])).strip()[-50:]


KINDS = (
    ("identity", [IDENTITY, GROUPS], is_identity),
    ("telephone", HERE, is_telephone),
    ("telephone", [*COUNTRY, *ABROAD], is_telephone_abroad),
    ("telephone", [ZERO_LOST], is_telephone_without_zero),
    ("identity", [OLD_IDENTITY], is_old_identity),
)
