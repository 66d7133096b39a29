"""Workbooks to which somebody, or some disk, did something: made from a seed, read, and held against what must hold.

    python -m tests.sheets.fuzz SEED FIRST LAST

Changes are of three levels: bytes and members of the archive, the text of its parts, cells and what they say. Memory is
bounded for the whole process, time for each workbook; a workbook that breaks something is named by its number.
"""

import io
import json
import random
import re
import signal
import sys
import zipfile
from collections import Counter
from dataclasses import replace
from datetime import date

import openpyxl

from dxlib.errors import Finding
from dxlib.sheets.book import Book, Cell, Sheet, filled
from dxlib.sheets.receive import Received, receive
from dxlib.sheets.taking_in import marked
from dxlib.sheets.worklist_workbook import items_of_identity
from dxlib.sheets.write import write
from dxlib.words import finding as worded
from tests.sheets.packages import MAIN, Package, packed

MEMORY = 1_500_000_000  # bytes of address space
SECONDS = 5  # of CPU for one workbook
COPIES = 20  # one in so many is also made into a marked copy
CELLS = {
    (0, 0): Cell("Phiếu thử", "title"),
    (2, 0): Cell("1.1", "code"),
    (2, 1): Cell("Số lượng <&> “chữ”", "text"),
    (2, 2): Cell("", "input", name="1.1/a", takes="number"),
    (2, 3): Cell("", "input", name="1.1/b", takes="whole"),
    (2, 4): Cell("", "input_date", name="1.1/day", takes="date"),
    (2, 5): Cell("", "input", name="1.1/option", takes="list", choices=("Có", "Không", "Đang làm")),
    (2, 6): Cell("", "input_text", name="1.1/words", takes="text", message="ghi"),
    (3, 0): Cell("1.2", "code"),
    (3, 2): Cell("", "input", name="1.2/a", takes="signed"),
    (3, 3): Cell(7.5, "points", formula='IF(C3="","",ROUND(C3/2,2))'),
}
IDENTITY = {"kind": "claim", "year": "2024", "group": "thu", "recipient": "a", "agency": "a", "lang": "vi"}
ITEM = json.dumps(["a", "1.1", "unverified", "risk", "", 1, 0.5])
FORM = Book((Sheet("Phiếu", CELLS, (6, 30, 9, 9, 12, 12, 30), merged=[(0, 0, 3)], named=(0,)),), IDENTITY, "Thử")
TYPED = {
    "1.1/a": "8.5",
    "1.1/b": "12",
    "1.1/day": "2024-12-31",
    "1.1/option": "Có",
    "1.1/words": "Đã làm",
    "1.2/a": "-3",
}
NUMBERS = (
    "1e400 -1e400 1e-400 nan INF 0x1F 1_000 ١٢٣ １２３ 10^30 1e30 -0 1e5 00 2958466 -1 0.1 99999999999 ² ''".split()
)
WORDS = [
    "",
    " ",
    "x",
    "0",
    "1",
    "true",
    "A1",
    "XFD1048577",
    "A0",
    "a1",
    "$A$1",
    "1:1",
    "A1:B2",
    "_xD800_",
    "_x0000_",
    "\ud7ff",
]
WORDS += [
    "&#x1F600;",
    "&#xD800;",
    "&#0;",
    "&lt;",
    "&bad;",
    "a" * 40_000,
    "é",
    "E\u0301",
    "\u200b",
    "\ufeff",
    "\ufffe",
    "{x}",
]
WORDS += [
    "=1+1",
    "cmd|'/c'!A1",
    "[1]S!A1",
    "../x",
    "rId1",
    "rId99",
    "sharedStrings",
    "s",
    "str",
    "e",
    "b",
    "d",
    "inlineStr",
]
WORDS += [
    "9999-12-31T23:59:59",
    "2024-02-30",
    "0001-01-01",
    "31/12/2024",
    '"[" ?,;',
    "#" * 300,
    "0" + "," * 300,
    "hidden",
    "veryHidden",
]
SNIPPETS = [
    *("<!DOCTYPE x>", "<!-- x -->", "<![CDATA[x]]>", "<?x y?>", "&amp;", "&", "<", ">", "</c>", "<c/>", "<row/>", "\0"),
    *('<c r="A1"/>', '<row r="1"/>', "<v>1</v>", "<f>1</f>", '<f t="shared" si="0"/>', "<is><t>x</t></is>", "<v/>"),
    *(
        "<mergeCell ref='A1:A1'/>",
        "<x:c xmlns:x='y'/>",
        "<sheetData>",
        "</sheetData>",
        "<si><t>x</t></si>",
        "<rPh><t>x</t></rPh>",
    ),
    *(
        '<Relationship Id="rId1" Type="x" Target="x"/>',
        "<workbookPr date1904='1'/>",
        "<definedName name='x'>[1]</definedName>",
    ),
    *(
        "<extLst><ext><c r='B2'><v>1</v></c></ext></extLst>",
        "<col hidden='1'/>",
        "<formula1>|</formula1>",
        "\r\n",
        "]]>",
    ),
]
NAMES = [
    "xl/workbook.xml",
    "XL/Workbook.xml",
    "../x.xml",
    "/x.xml",
    "x\\y.xml",
    "x/",
    "docProps/x.bin",
    "xl/vbaProject.bin",
    "[Content_Types].xml",
]
NAMES += ["xl/worksheets/sheet1.xml", "a\0b", "ệ.xml", "a" * 300, "_rels/.rels", "xl/styles.xml"]
HEADS = [
    b"MZ",
    b"\x7fELF",
    b"#!",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\0",
]
ENCODINGS = ["utf-7", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1258", "utf-8-sig"]
BLOCK = re.compile(rb"<(c|row|si|sheet|xf|Relationship|Override|definedName|f|v|t)\b[^<]*?(?:/>|>.*?</\1>)", re.S)
ATTRIBUTE, TEXT = re.compile(rb'="([^"]*)"'), re.compile(rb">([^<>]+)<")
CELL = re.compile(rb"<c [^>]*>(?:(?!</c>).)*</c>", re.S)


def forms():
    """The form as it comes back: from us, from another library, as a worklist, and the smallest package."""
    ours = write(filled(FORM, TYPED))
    out = io.BytesIO()
    openpyxl.load_workbook(io.BytesIO(ours)).save(out)
    told = IDENTITY | {"kind": "worklist", "item/1": ITEM, "item/2": ITEM.replace("1.1", "1.2")}
    rows = "".join(
        f'<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>{key}</t></is></c><c r="B{n}" t="str"><v>{value}</v></c></row>'
        for n, (key, value) in enumerate((IDENTITY | {"fingerprint": FORM.fingerprint()}).items(), start=1)
    )
    said = Package().swap("xl/workbook.xml", 'name="S"', 'name="_dx"').cells(rows, "<mergeCells/>")
    said.part("xl/b.xml", f"<worksheet {MAIN}><sheetData/></worksheet>").link("xl/workbook.xml", "worksheet", "b.xml")
    said.swap("xl/workbook.xml", "</sheets>", '<sheet name="Phiếu" sheetId="2" r:id="rId4"/></sheets>')
    return [ours, out.getvalue(), write(filled(replace(FORM, identity=told), TYPED)), said.bytes()]


def members_of(data):
    """The parts of a package; none where a change before left no archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            return [(member.filename, package.read(member)) for member in package.infolist() if member.filename]
    except Exception:  # whatever zipfile says of it
        return []


def scratched(raw, draw, most=30):
    """Bytes changed, cut out, doubled, or from somewhere else."""
    raw = bytearray(raw)
    for _ in range(draw.randrange(1, most)):
        a, b = sorted(draw.randrange(len(raw) + 1) for _ in range(2))
        kind = draw.randrange(12)
        if kind == 0:
            del raw[a : min(b, a + 200)]
        elif kind == 1:
            raw[a:a] = raw[a : min(b, a + 200)]
        elif kind == 2:
            raw[a : a + 4] = draw.choice(
                [b"\xff\xff\xff\xff", b"\0\0\0\0", b"PK\x01\x02", b"PK\x05\x06", b"PK\x03\x04"]
            )
        elif raw:
            raw[a % len(raw)] = draw.randrange(256)
    return bytes(raw)


def of_archive(data, members, draw):
    """The archive: its bytes, its members."""
    kind = draw.randrange(5 if members else 2)
    if kind == 0:
        return scratched(data, draw)
    if kind == 1:
        return data[: draw.randrange(len(data))] + bytes(draw.randrange(256) for _ in range(draw.randrange(40)))
    place = draw.randrange(len(members))
    name, content = members[place]
    if kind == 2:
        members.insert(draw.randrange(len(members)), (draw.choice([name, name.upper(), *NAMES]), content))
    elif kind == 3:
        other = draw.randrange(len(members))
        members[place] = draw.choice([(draw.choice(NAMES), content), (name, b""), (name, members[other][1])])
    else:
        members[place] = (name, draw.choice(HEADS) + content)
        if draw.random() < 0.5:
            del members[place]
    method = draw.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
    return packed(members, method)


def of_part(content, draw):
    """The text of a part: elements, attributes, words, the way it is written."""
    kind = draw.randrange(7)
    found = list((BLOCK if kind < 2 else ATTRIBUTE if kind == 2 else TEXT).finditer(content)) if kind < 4 else []
    if found:
        hit = draw.choice(found)
        if kind == 0:  # an element is lost or doubled
            return content[: hit.start()] + hit.group() * draw.choice([0, 2, 2, 3]) + content[hit.end() :]
        if kind == 1:  # two change places
            other = draw.choice(found)
            a, b = sorted((hit, other), key=lambda found: found.start())
            if a.end() <= b.start():
                between = content[a.end() : b.start()]
                return content[: a.start()] + b.group() + between + a.group() + content[b.end() :]
            return content
        words = draw.choice([*WORDS, *NUMBERS]).encode("utf-8", "surrogatepass")
        return content[: hit.start(1)] + words + content[hit.end(1) :]
    if kind == 4:
        place = draw.choice(
            [content.rfind(b">", 0, draw.randrange(len(content) + 1)) + 1, draw.randrange(len(content) + 1)]
        )
        return content[:place] + draw.choice(SNIPPETS).encode() + content[place:]
    if kind == 5:
        encoding = draw.choice(ENCODINGS)
        said = content.decode("utf-8", "replace")
        if draw.random() < 0.5:
            said = re.sub("encoding=(.)UTF-8", rf"encoding=\g<1>{encoding}", said)
        return said.encode(encoding if draw.random() < 0.7 else "utf-8", "replace")
    return scratched(content, draw, 20)


def of_cells(content, draw):
    """What a cell says of itself, and what stands in it."""
    for _ in range(draw.randrange(1, 4)):
        found = list(CELL.finditer(content))
        if not found:
            return content
        hit = draw.choice(found)
        words = draw.choice([*WORDS, *NUMBERS])
        kind = draw.choice(["", "", "s", "str", "inlineStr", "b", "e", "d", "n", "zz"])
        value = f"<is><t>{words}</t></is>" if kind == "inlineStr" else f"<v>{words}</v>"
        place = re.search(rb'r="([^"]*)"', hit.group())
        where = (
            place[1].decode("utf-8", "replace")
            if place and draw.random() < 0.8
            else draw.choice(["A1", "C3", "XFD1", "A01", words[:20]])
        )
        style = draw.choice(["", ' s="1"', ' s="12"', ' s="999"', f' s="{words[:9]}"'])
        formula = draw.choice(["", "", "", "<f>1+1</f>", "<f/>", f"<f>{words}</f>"])
        cell = f'<c r="{where}"{style}{f""" t="{kind}" """ * bool(kind)}>{formula}{value}</c>'
        content = content[: hit.start()] + cell.encode("utf-8", "surrogatepass") + content[hit.end() :]
    return content


def changed(data, draw):
    """One workbook with one to three changes, of any level."""
    for _ in range(draw.choice([1, 1, 1, 2, 3])):
        level = draw.randrange(10)
        members = members_of(data)
        if level < 2 or not members:
            data = of_archive(data, members, draw)
            continue
        sheets = [i for i, (name, _) in enumerate(members) if "sheet" in name.lower()]
        place = draw.choice(sheets) if level > 5 and sheets else draw.randrange(len(members))
        name, content = members[place]
        members[place] = (name, (of_cells if level > 5 else of_part)(content, draw))
        data = packed(members, draw.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
    return data


def issued(identity):
    """The form that went out, or what can be told of a list of items."""
    if identity["lang"] not in ("vi", "en"):
        return Finding("E_SHEET", "no_form")
    if identity["kind"] == "worklist":
        items = items_of_identity(identity)
        told = {f"item/{i}": json.dumps(item, ensure_ascii=False) for i, item in enumerate(items or (), start=1)}
        return (
            replace(FORM, identity=IDENTITY | {"kind": "worklist"} | told)
            if items is not None
            else Finding("E_FORM_VERSION", "worklist_items")
        )
    return FORM


def held(data, draw) -> Received:
    """What must hold of whatever comes: findings that can be said, or answers that are none of what we refuse."""
    out = receive("f.xlsx", data, issued)
    for found in out.findings:
        assert found.file == "f.xlsx"
        said = worded(found, draw.choice(["vi", "en"]))
        json.dumps(said, ensure_ascii=False).encode()
    for name, value in out.given.items():
        takes = next(cell.takes for cell in CELLS.values() if cell.name == name)
        if value and not out.wrong and takes in ("number", "signed", "whole"):
            assert re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value), value
        if value and takes == "date":
            assert date.fromisoformat(value).isoformat() == value
    assert out.wrong or out.known
    if draw.randrange(COPIES) == 0 and out.known:
        marked(out, issued)
    return out


def too_long(*_):
    raise TimeoutError(f"more than {SECONDS} s")


def main(seed, first, last):
    """Counts of what became of the workbooks; every one that breaks something is printed. Returns how many did."""
    kinds, broken = Counter(), 0
    begin = forms()
    assert all(not held(data, random.Random(1)).wrong for data in begin[:3])
    signal.signal(signal.SIGVTALRM, too_long)
    for number in range(first, last):
        draw = random.Random(f"{seed}/{number}")
        data = changed(draw.choice(begin), draw)
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
        try:
            out = held(data, draw)
            kinds.update({f.code for f in out.findings} or {"taken"})
        except Exception as error:
            broken += 1
            at = error.__traceback__
            while at.tb_next:
                at = at.tb_next
            print(
                f"{number}: {type(error).__name__}: {str(error)[:200]} ({at.tb_frame.f_code.co_filename}:{at.tb_lineno})",
                flush=True,
            )
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    print(json.dumps(dict(kinds.most_common())))
    return broken


if __name__ == "__main__":
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.exit(bool(main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
