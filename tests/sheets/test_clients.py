"""Files as Excel and Google Sheets structure them, after the published format (ECMA-376 part 1, 18): none of them was
saved by those programs themselves, which are not here. Each holds the same values, and comes back as the same claims."""

import datetime
import html
import io
import re
import shutil
import zipfile
from dataclasses import replace

import openpyxl
import pytest

import dxlib.sheets.read as reader
from dxlib.case import read_case
from dxlib.errors import Finding
from dxlib.sheets import intake
from dxlib.sheets.form import claim_form
from dxlib.sheets.gate import unpack
from dxlib.sheets.read import Unreadable, shared_strings
from tests.sheets.desk import Desk, before_claims

IN_TIME = datetime.date(2025, 1, 15)
SHARED = re.compile(r'(<c r="[A-Z]+[0-9]+"(?: s="[0-9]+")?) t="s"><v>([0-9]+)</v></c>')
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    return Desk(root, before_claims(root, agencies=2))


@pytest.fixture(scope="module")
def parts(desk):
    with zipfile.ZipFile(io.BytesIO(desk.form(next(iter(desk.people))))) as package:
        return {name: package.read(name) for name in package.namelist()}


def packed(parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return out.getvalue()


def opened(parts):
    """A package let in, as the reader gets it. Raises Unreadable where the gate refuses it."""
    package = unpack(packed(parts), "f.xlsx")
    if isinstance(package, Finding):
        raise Unreadable(package.reason)
    return package


def on_sheets(parts, change):
    return {k: change(v.decode()).encode() if "worksheets/sheet" in k else v for k, v in parts.items()}


def with_text(parts, cell):
    """Every shared string in its own cell instead."""
    strings = [html.escape(text, quote=False) for text in shared_strings(parts["xl/sharedStrings.xml"]).values()]
    return on_sheets(parts, lambda x: SHARED.sub(lambda f: f[1] + cell.format(strings[int(f[2])]), x))


def google(parts):
    """No document properties, text in the cells, column and sheet properties of its own, formulas with values."""
    parts = with_text(parts, ' t="inlineStr"><is><t xml:space="preserve">{}</t></is></c>')
    kept = {k: v for k, v in parts.items() if not k.startswith("docProps/")}
    kept["_rels/.rels"] = re.sub(rb"<Relationship [^>]*docProps[^>]*/>", b"", kept["_rels/.rels"])
    return on_sheets(
        kept,
        lambda x: re.sub(r"<sheetFormatPr[^>]*/>", '<sheetFormatPr customHeight="1" defaultRowHeight="15.75"/>', x),
    )


def excel(parts):
    """Extension namespaces and an alternative content, descents of rows, a calculation chain."""
    extended = (
        f'<worksheet xmlns="{MAIN}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        'xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac" mc:Ignorable="x14ac" '
    )

    def change(x):
        x = x.replace(f'<worksheet xmlns="{MAIN}" ', extended, 1)
        x = re.sub(r'<row (r="[0-9]+")', r'<row \1 x14ac:dyDescent="0.25"', x)
        choice = '<mc:AlternateContent><mc:Choice Requires="x14"/><mc:Fallback/></mc:AlternateContent>'
        return x.replace("</worksheet>", f"{choice}</worksheet>")

    chain = f'<calcChain xmlns="{MAIN}"><c r="H9" i="1"/></calcChain>'.encode()
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"
    types = parts["[Content_Types].xml"].replace(
        b"</Types>", f'<Override PartName="/xl/calcChain.xml" ContentType="{kind}"/></Types>'.encode()
    )
    return on_sheets(parts, change) | {"xl/calcChain.xml": chain, "[Content_Types].xml": types}


def prefixed(parts):
    """Every tag of the sheets with a prefix, as some libraries write."""

    def change(x):
        x = re.sub(r"<(/?)([a-zA-Z])", r"<\1x:\2", x)
        return x.replace(f'xmlns="{MAIN}"', f'xmlns:x="{MAIN}"')

    return on_sheets(parts, change)


def rich(parts):
    """Every string in runs."""
    runs = re.sub(rb"<si>(<t[^>]*>[^<]*</t>)</si>", rb"<si><r>\1</r></si>", parts["xl/sharedStrings.xml"])
    return parts | {"xl/sharedStrings.xml": runs}


def shared(parts):
    """Formulas after the first of a sheet as members of a group, as Excel saves what was filled down."""

    def change(x):
        first = iter(['<f t="shared" ref="H1:H99" si="0">SUM(1)</f>'])
        return re.sub("<f>[^<]*</f>", lambda found: next(first, '<f t="shared" si="0"/>'), x)

    return on_sheets(parts, change)


def arrays(parts):
    """Formulas as arrays of one cell, and with the marks of recalculation."""
    return on_sheets(parts, lambda x: x.replace("<f>", '<f t="array" ref="H9" ca="1" aca="1">'))


def without_values(parts):
    """Formulas whose values were not saved."""
    return on_sheets(parts, lambda x: re.sub(r"(</f>|<f[^<>]*/>)<v>[^<]*</v>", r"\1", x))


FORMATS = {  # of days, as programs and people write them; each shows the same day
    "[$-42A]dd/mm/yyyy": "long",
    "[$-1010000]d/m/yyyy;@": "a calendar",
    '"ngày" dd "tháng" mm "năm" yyyy': "words",
    "d\\-m\\-yyyy": "escaped",
    "yyyy/mm/dd hh:mm": "with the hour",
}


def formatted(code, old="dd/mm/yyyy"):
    """Days shown in another format of their own."""

    def change(parts):
        styles = parts["xl/styles.xml"].decode()
        assert f'formatCode="{old}"' in styles
        written = html.escape(code)
        return parts | {"xl/styles.xml": styles.replace(f'formatCode="{old}"', f'formatCode="{written}"').encode()}

    return change


def general(parts):
    """The inputs of numbers under a format of their own that shows them as they are."""
    styles = parts["xl/styles.xml"].decode()
    numbered = re.sub(
        r'(<numFmts count=")([0-9]+)">',
        lambda f: f'{f[1]}{int(f[2]) + 1}"><numFmt numFmtId="190" formatCode="#,##0.######"/>',
        styles,
    )
    return parts | {"xl/styles.xml": re.sub(r'(<xf )numFmtId="0"', r'\1numFmtId="190"', numbered).encode()}


CLIENTS = {
    "shared formulas": shared,
    "array formulas": arrays,
    "numbers in a format": general,
    **{f"days: {name}": formatted(code) for code, name in FORMATS.items()},
    "google": google,
    "excel": excel,
    "text as results": lambda parts: with_text(parts, ' t="str"><v>{}</v></c>'),
    "prefixed": prefixed,
    "rich text": rich,
    "line ends": lambda parts: on_sheets(parts, lambda x: x.replace("<row ", "\r\n<row ")),
    "a comment": lambda parts: on_sheets(parts, lambda x: x.replace("<sheetData>", "<!-- <sheetData> --><sheetData>")),
}


@pytest.mark.parametrize("client", CLIENTS)
def test_every_client_says_the_same(parts, client):
    expected = reader.read(opened(parts))
    assert sum(len(page.values) for page in expected.values()) > 500
    changed = CLIENTS[client](parts)
    assert changed != parts
    read = reader.read(opened(changed))
    assert [page.formats for page in read.values()] == [{}] * len(read) or client == "numbers in a format"
    assert {name: replace(page, formats={}) for name, page in read.items()} == expected


@pytest.mark.parametrize("client", [*CLIENTS, "without values"])
def test_what_every_client_saves_comes_back_as_claims(desk, parts, tmp_path, client):
    root = tmp_path / "data"
    shutil.copytree(desk.root, root)
    with zipfile.ZipFile(tmp_path / "f.xlsx", "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in (CLIENTS | {"without values": without_values})[client](parts).items():
            package.writestr(name, content)
    out = intake(root, 2024, "departments", [tmp_path / "f.xlsx"], received=IN_TIME)
    assert out.written and not out.findings, out.findings
    agency, reported = next(iter(desk.people)), {n.code for n in desk.full.framework.leaves if n.source == "reported"}
    said = ["indicator", "a", "b", "option", "explanation"]
    before, now = (
        x[(x["agency"] == agency) & x["indicator"].isin(reported)][said].sort_values("indicator").to_numpy().tolist()
        for x in (desk.full.claims, read_case(root, 2024, "departments").claims)
    )
    assert now == before and len(now) > 25


def test_numbers_in_cells_of_text_and_per_cent_are_read_as_they_stand(desk, tmp_path):
    """A column of text holds "12": one reading, taken. Under per cent 0.12 is shown as 12%: taken and said."""
    agency, typed = next(iter(desk.people)), desk.typed(next(iter(desk.people)))
    name = next(n for n, v in typed.items() if n.endswith("/a") and v.isdigit())
    for value, expected, codes in (("=12", "12", []), ("=0.12", "0.12", ["W_DISPLAY"])):
        root = tmp_path / value[1:]
        shutil.copytree(desk.root, root)
        book = openpyxl.load_workbook(io.BytesIO(desk.form(agency)))
        sheet, place = claim_form(desk.words, desk.people[agency]).inputs()[name]
        book[sheet][place].value = value[1:] if not codes else float(value[1:])
        book[sheet][place].number_format = "0%" if codes else "@"
        book.save(tmp_path / "f.xlsx")
        out = intake(root, 2024, "departments", [tmp_path / "f.xlsx"], received=IN_TIME)
        assert out.written and [f.code for f in out.findings if f.reason != "self_score_shown"] == codes
        claims = read_case(root, 2024, "departments").claims.set_index(["agency", "indicator"])
        assert claims.loc[(agency, name.split("/")[0]), "a"] == expected


BROKEN = {
    "a row outside": ('<row r="9', '<row r="99999999'),
    "a cell outside": ('<c r="A9"', '<c r="ZZZ9"'),
    "no such string": (' t="s"><v>', ' t="s"><v>99999'),
    "no XML": ("</row>", "</rov>"),
    "an unknown character": (' t="s"><v>', ' t="str"><v>&what;'),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_no_sheet_can_say_is_refused(parts, case):
    old, new = BROKEN[case]
    broken = on_sheets(parts, lambda x: x.replace(old, new, 1))
    assert broken != parts
    with pytest.raises(Unreadable):
        reader.read(opened(broken))


def test_words_among_numbers_are_words(parts):
    broken = on_sheets(parts, lambda x: x.replace(' t="s"><v>', "><v>x", 1))
    first = next(iter(reader.read(opened(broken)).values()))
    assert re.fullmatch("x[0-9]+", first.values[0, 0])


def test_a_sheet_of_a_million_cells_is_refused(parts):
    row = '<row r="1">' + '<c r="A1"><v>1</v></c>' * 2_000_000 + "</row>"
    large = on_sheets(parts, lambda x: re.sub("<sheetData>.*</sheetData>", f"<sheetData>{row}</sheetData>", x, count=1))
    finding = unpack(packed(large), "f.xlsx")
    assert isinstance(finding, Finding)
    assert finding.code == "E_TOO_LARGE"
