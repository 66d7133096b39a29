"""What strangers put into a workbook's package: judged by content types, relationships and first bytes, whatever the
parts are called. Each row is a package made here, and what the gate says of it; ECMA-376 part 2 and the kinds of content
of [MS-XLSX] are the sources."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxlib.errors import Finding
from dxlib.sheets.gate import OLE
from dxlib.sheets.read import outward
from dxlib.sheets.receive import open_workbook
from dxlib.words import finding as worded
from tests.sheets.packages import BOOK, CELLS, HEAD, MAIN, SHEET, SHEETML, STRINGS, Package, packed, twisted

MS = "http://schemas.microsoft.com/office/2006/relationships"
BINARY = "application/vnd.ms-office"
EXCEL = "application/vnd.ms-excel"
AWAY = "https://example.org/x"
A = Package  # a fresh one


def other(name, kind, relation, content="<x/>", source=BOOK):
    """A part with its content type and relationship under a name that says nothing."""
    return A().part(name, content, kind).link(source, relation, f"/{name}").bytes()


def copied(change):
    """The members of a package, changed as a list."""
    return packed(change(list(A().members())))


def renamed(old, new):
    return copied(lambda members: [(name.replace(old, new), content) for name, content in members])


def again(name, content):
    return copied(lambda members: [*members, (name, content)])


def formula(text, tag="f"):
    return A().cells(f'<row r="1"><c r="A1"><{tag}>{text}</{tag}><v>1</v></c></row>').bytes()


def utf(content, encoding):
    return A().part(SHEET, content.encode(encoding)).bytes()


def named(attributes, text):
    return A().swap(
        BOOK, "</sheets>", f"</sheets><definedNames><definedName {attributes}>{text}</definedName></definedNames>"
    )


PLAIN = f"<worksheet {MAIN}><sheetData>{CELLS}</sheetData></worksheet>"
DDE = f'{HEAD}<externalLink {MAIN}><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>'
MASHUP = '<DataMashup xmlns="http://schemas.microsoft.com/DataMashup">AAAA</DataMashup>'
LINK = '<hyperlinks><hyperlink ref="A1" r:id="rId1"/></hyperlinks>'
REFUSED = {
    # macros
    "VBA under another name": (other("xl/media/x.dat", f"{BINARY}.vbaProject", f"{MS}/vbaProject"), "macro"),
    "VBA by relationship alone": (A().part("xl/a.xml").link(BOOK, f"{MS}/vbaProject", "a.xml").bytes(), "macro"),
    "VBA by content type of an ending": (
        (lambda p: (p.types.update(bin=f"{BINARY}.vbaProject"), p.part("xl/a.bin", b"x"))[1])(A()).bytes(),
        "macro",
    ),
    "VBA by its name alone": (A().part("xl/vbaProject.bin", b"x").bytes(), "macro"),
    "a workbook of macros": (
        A().part(BOOK, A().parts[BOOK], f"{EXCEL}.sheet.macroEnabled.main+xml").bytes(),
        "macro",
    ),
    "a macro sheet of Excel 4": (
        other("xl/worksheets/sheet2.xml", f"{EXCEL}.macrosheet+xml", f"{MS}/xlMacrosheet"),
        "macro",
    ),
    "an international one": (other("xl/a.xml", f"{EXCEL}.intlmacrosheet+xml", f"{MS}/xlIntlMacrosheet"), "macro"),
    "a dialog sheet": (other("xl/a.xml", f"{SHEETML}.dialogsheet+xml", "dialogsheet"), "macro"),
    "a name that is a macro": (named('name="Auto_Open" xlm="1" function="1"', "Macro1!$A$1").bytes(), "name_outward"),
    # controls
    "ActiveX": (other("xl/a.xml", f"{BINARY}.activeX+xml", "control", source=SHEET), "control"),
    "ActiveX by relationship alone": (A().part("xl/a.xml").link(SHEET, "control", "/xl/a.xml").bytes(), "control"),
    "a form button": (other("xl/a.xml", f"{EXCEL}.controlproperties+xml", "ctrlProp", source=SHEET), "control"),
    "a web add-in": (
        other(
            "a/b.xml",
            f"{BINARY}.webextension+xml",
            "http://schemas.microsoft.com/office/2011/relationships/webextension",
        ),
        "control",
    ),
    "a ribbon": (A().part("a/b.xml").link("", f"{MS}/ui/extensibility", "a/b.xml").bytes(), "control"),
    # objects
    "OLE": (
        other("xl/a.dat", "application/vnd.openxmlformats-officedocument.oleObject", "oleObject", b"x", SHEET),
        "embedded",
    ),
    "a document inside": (A().part("xl/a.docx", b"x").link(SHEET, "package", "/xl/a.docx").bytes(), "embedded"),
    "OLE called a picture": (A().part("xl/media/image1.png", OLE + b"x", "image/png").bytes(), "embedded"),
    "an archive called a picture": (
        A().part("xl/media/image1.png", packed([("a", "b")]), "image/png").bytes(),
        "embedded",
    ),
    # programs
    **{
        f"a program of {system}": (A().part("xl/media/image1.png", head + b"x" * 60, "image/png").bytes(), "program")
        for system, head in (
            ("Windows", b"MZ\x90"),
            ("Linux", b"\x7fELF"),
            ("macOS", b"\xcf\xfa\xed\xfe"),
            ("a shell", b"#!/bin/sh"),
        )
    },
    "a program with a workbook behind it": (b"MZ\x90\0" + A().bytes(), "program"),
    "something before the package": (b"<html>" + A().bytes(), "not_xlsx"),
    # other workbooks and programs
    "another workbook": (other("xl/a.xml", f"{SHEETML}.externalLink+xml", "externalLink"), "external_link"),
    "DDE": (other("xl/a.xml", "application/xml", "externalLink", DDE), "external_link"),
    "the path of another workbook": (
        A().link("xl/a.xml", "externalLinkPath", "file:///C:/a.xlsx", "External").bytes(),
        "external_link",
    ),
    "DDE in a formula": (formula("cmd|'/c calc'!A1"), "formula_outward"),
    "the same with a character by number": (formula("cmd&#124;'/c calc'!A1"), "formula_outward"),
    "the same in CDATA": (formula("<![CDATA[cmd|'/c calc'!A1]]>"), "formula_outward"),
    "the same with a prefix": (
        A().swap(SHEET, "<v>7</v>", "<m:f xmlns:m='x'>cmd|'/c calc'!A1</m:f><v>7</v>").bytes(),
        "formula_outward",
    ),
    "a cell of another workbook": (formula("[1]Sheet1!A1"), "formula_outward"),
    "one with blanks": (formula("'C:\\a\\[b c.xlsx]Sheet 1'!A1"), "formula_outward"),
    **{
        f"{function} in a formula": (formula(f'1+{function}("https://example.org","x")'), "formula_outward")
        for function in (
            *("WEBSERVICE", "_xlfn.WEBSERVICE", "IMAGE", "_xlfn.IMAGE", "HYPERLINK", "hyperlink", "RTD", "CALL"),
            *("EXEC", "REGISTER.ID", "DDE", "IMPORTDATA", "CUBEVALUE", "SQL.REQUEST"),
        )
    },
    "DDE in a name": (named('name="x"', "cmd|'/c calc'!A1").bytes(), "name_outward"),
    "DDE in a rule of formats": (
        A()
        .cells(
            CELLS,
            "<conditionalFormatting sqref='A1'><cfRule type='expression'><formula>cmd|'/c calc'!A1</formula>"
            "</cfRule></conditionalFormatting>",
        )
        .bytes(),
        "rule_outward",
    ),
    "DDE in a rule of a later format": (
        A().cells(CELLS, "<extLst><ext><x:f xmlns:x='x'>cmd|'/c calc'!A1</x:f></ext></extLst>").bytes(),
        "rule_outward",
    ),
    "another workbook in a list of choices": (
        A()
        .cells(
            CELLS,
            "<dataValidations><dataValidation type='list' sqref='A1'><formula1>[1]S!A1</formula1>"
            "</dataValidation></dataValidations>",
        )
        .bytes(),
        "rule_outward",
    ),
    # figures from elsewhere
    "connections": (other("xl/a.xml", f"{SHEETML}.connections+xml", "connections"), "data_query"),
    "a query table": (other("xl/a.xml", f"{SHEETML}.queryTable+xml", "queryTable", source=SHEET), "data_query"),
    "Power Query": (other("customXml/item1.xml", "application/xml", "customXml", MASHUP), "data_query"),
    "Power Query in UTF-16": (
        other("customXml/item1.xml", "application/xml", "customXml", f"{HEAD}{MASHUP}".encode("utf-16")),
        "data_query",
    ),
    "a data model": (
        other(
            "xl/a.data",
            "application/octet-stream",
            "http://schemas.microsoft.com/office/2011/relationships/powerPivotData",
        ),
        "data_query",
    ),
    "a feed of figures": (
        other("xl/a.xml", f"{SHEETML}.volatileDependencies+xml", "volatileDependencies"),
        "data_query",
    ),
    # outside targets
    "a picture by address": (A().link("xl/drawings/drawing1.xml", "image", AWAY, "External").bytes(), "outside"),
    "a template": (A().link(BOOK, "attachedTemplate", "file://///host/a.xltx", "External").bytes(), "outside"),
    "a target of a kind that nobody knows": (A().link(SHEET, "http://x/y/nobody", AWAY, "External").bytes(), "outside"),
    "a target in capitals": (A().link(SHEET, "image", AWAY, "EXTERNAL").bytes(), "outside"),
    "an address that says it is inside": (A().link(SHEET, "image", AWAY).bytes(), "outside"),
    "another computer": (A().link(SHEET, "image", "\\\\host\\share\\a.png").bytes(), "outside"),
    "styles from outside": (A().link(BOOK, "styles", "https://example.org/s.xml", "External").bytes(), "outside"),
    # the archive
    "a part twice": (again(SHEET, PLAIN), "part_twice"),
    "a part twice in capitals": (again("XL/Worksheets/Sheet1.xml", PLAIN), "part_twice"),
    "a part of one letter twice": (copied(lambda m: [*m, ("x", "1"), ("x", "2")]), "part_twice"),
    "the directory twice": (again("[content_types].XML", "<x/>"), "part_twice"),
    "a way out": (again("../../evil.xml", "<x/>"), "part_away"),
    "a way out inside": (again("xl/../../evil.xml", "<x/>"), "part_away"),
    "an absolute name": (again("/xl/evil.xml", "<x/>"), "part_away"),
    "a drive": (again("C:/evil.xml", "<x/>"), "part_away"),
    "names of Windows": (renamed("xl/", "xl\\"), "part_away"),
    "a name that ends early": (
        twisted(again("xl/evil.xmlAAAA", "x"), "xl/evil.xmlAAAA", "xl/evil.xml\0AAA"),
        "part_away",
    ),
    "another name in the directory": (twisted(A().bytes(), SHEET, "xl/worksheets/sheet2.xml"), "not_xlsx"),
    "two workbooks": (A().part("xl/b.xml", PLAIN).link("", "officeDocument", "xl/b.xml").bytes(), "not_xlsx"),
    "no workbook": (copied(lambda members: [m for m in members if m[0] != "_rels/.rels"]), "not_xlsx"),
    "a letter of Word": (
        A()
        .part(BOOK, "<x/>", "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml")
        .swap(BOOK, "<x/>", "<w:document xmlns:w='x'/>")
        .bytes(),
        "not_xlsx",
    ),
    "two types of one part": (
        copied(
            lambda m: [
                (
                    n,
                    c.replace("<Default", '<Override PartName="/XL/workbook.xml" ContentType="a/b"/><Default', 1)
                    if n[0] == "["
                    else c,
                )
                for n, c in m
            ]
        ),
        "not_xlsx",
    ),
    "two sheets of one part": (
        A().swap(BOOK, "</sheets>", '<sheet name="T" sheetId="2" r:id="rId1"/></sheets>').bytes(),
        "not_readable",
    ),
    "two sheets of one name": (
        A()
        .part("xl/b.xml", PLAIN)
        .link(BOOK, "worksheet", "b.xml")
        .swap(BOOK, "</sheets>", '<sheet name="s" sheetId="2" r:id="rId4"/></sheets>')
        .bytes(),
        "not_readable",
    ),
    "two tables of strings": (
        A().part("xl/b.xml", A().parts[STRINGS]).link(BOOK, "sharedStrings", "b.xml").bytes(),
        "not_readable",
    ),
    # cells
    "a cell twice": (A().cells('<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>').bytes(), "cell_twice"),
    "an empty cell over a full one": (
        A().cells('<row r="1"><c r="A1"><v>1</v></c><c r="A1"/></row>').bytes(),
        "cell_twice",
    ),
    "a cell twice in two rows": (
        A().cells('<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A1"><v>2</v></c></row>').bytes(),
        "cell_twice",
    ),
    **{
        f"a cell ({kind}) of {first} and {second}": (
            A().cells(f'<row r="1"><c r="A1" t="{kind}">{first}{second}</c></row>').bytes(),
            "value_twice",
        )
        for kind in ("n", "str", "inlineStr")
        for first in ("<v>5</v>", "<v/>", "<is><t>5</t></is>")
        for second in ("<v>6</v>", "<is><t>6</t></is>")
    },
    "a row twice": (
        A().cells('<row r="1"><c r="A1"><v>1</v></c></row><row r="1"><c r="B1"><v>1</v></c></row>').bytes(),
        "line_twice",
    ),
    "a row twice without its number": (
        A().cells('<row><c><v>1</v></c></row><row r="1"><c r="B1"><v>1</v></c></row>').bytes(),
        "line_twice",
    ),
    "a place with a nought before": (A().cells('<row r="1"><c r="A01"><v>1</v></c></row>').bytes(), "not_readable"),
    # letters
    "UTF-16 with its mark": (utf(f'<?xml version="1.0" encoding="UTF-16"?>{PLAIN}', "utf-16"), "part_encoding"),
    "UTF-16 without its mark": (utf(PLAIN, "utf-16-le"), "part_encoding"),
    "UTF-16 the other way round": (utf(PLAIN, "utf-16-be"), "part_encoding"),
    **{
        f"{encoding} in a sheet": (utf(f'<?xml version="1.0" encoding="{encoding}"?>{PLAIN}', "ascii"), "part_encoding")
        for encoding in ("utf-7", "windows-1258", "utf8", "utf-32", "idna", "unicode_escape", "rot13", "x")
    },
    "utf-7 said further on": (
        utf(f"<?xml version='1.0'{' ' * 300}encoding = 'utf-7'?>{PLAIN}", "ascii"),
        "part_encoding",
    ),
    "utf-7 in the relationships": (
        copied(lambda m: [(n, c.replace("UTF-8", "utf-7") if n.startswith("xl/_rels") else c) for n, c in m]),
        "part_encoding",
    ),
    "half a character": (
        A().part(SHEET, b"<x>\xed\xa0\x80</x>").bytes(),
        "not_readable",
    ),
    "a character that is none": (A().swap(STRINGS, "chữ", "\uffff").bytes(), "not_readable"),
    "another in a cell": (A().swap(SHEET, "<v>7", "<f>&quot;\ufffe&quot;</f><v>7").bytes(), "not_readable"),
    "half a character by number": (A().swap(STRINGS, "chữ", "&#xD800;").bytes(), "not_readable"),
    "an entity": (A().part("docProps/app.xml", '<!DOCTYPE x [<!ENTITY a "b">]><x/>').bytes(), "xml_entity"),
    "an entity in UTF-16": (
        A().part("docProps/app.xml", '<!DOCTYPE x [<!ENTITY a "b">]><x/>'.encode("utf-16")).bytes(),
        "xml_entity",
    ),
}
DROPPED = {
    "nothing": (A().bytes(), []),
    "a link that people may follow": (
        A().cells(CELLS, LINK).link(SHEET, "hyperlink", AWAY, "External").bytes(),
        ["links_dropped"],
    ),
    "a link to a file": (
        A().cells(CELLS, LINK).link(SHEET, "hyperlink", "file://///h/x", "External").bytes(),
        ["links_dropped"],
    ),
    "a link within the workbook": (A().link(SHEET, "hyperlink", "#S!A1").bytes(), []),
    "settings of a printer": (
        other("xl/p/p1.bin", f"{SHEETML}.printerSettings", "printerSettings", b"M\0Z\0", SHEET),
        [],
    ),
    "custom XML": (other("customXml/item1.xml", "application/xml", "customXml"), ["parts_dropped"]),
    "a picture": (A().part("xl/media/image1.png", b"\x89PNG", "image/png").bytes(), ["parts_dropped"]),
    "what nobody knows": (other("xl/a.bin", "application/x-nobody", "nobody", b"x"), ["parts_dropped"]),
    "an entry of a folder": (again("xl/", ""), []),
}
READ_RIGHT = {
    "other case of names": renamed("xl/", "XL/"),
    "other case of the directory": renamed("[Content_Types]", "[CONTENT_TYPES]"),
    "a workbook elsewhere": packed(
        (name.replace("workbook.xml", "b.xml"), content.replace("xl/workbook.xml", "xl/b.xml"))
        for name, content in A().members()
    ),
    "a mark of UTF-8": A().part(SHEET, b"\xef\xbb\xbf" + PLAIN.encode()).bytes(),
    "reading aids, and letters in pieces": A()
    .cells(
        '<row r="1"><c r="A1" t="inlineStr"><is><r><t>ch</t></r><r><t>ữ</t></r><rPh sb="0" eb="1"><t>CHƯA</t></rPh></is></c>'
        '<c r="B1"><v>7</v></c></row>'
    )
    .bytes(),
    "what is called a cell and stands elsewhere": A()
    .cells(CELLS, "<row r='1'><c r='A1'><f>1</f><v>5</v></c></row><x:f xmlns:x='x'>1</x:f>")
    .bytes(),
    "single quotes": A().part(SHEET, f"<?xml version='1.0' encoding='utf-8'?>{PLAIN}").bytes(),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_may_not_be_opened_is_refused_by_name(what):
    data, reason = REFUSED[what]
    out = open_workbook("f.xlsx", data)
    found = [out] if isinstance(out, Finding) else [f for f in out.findings if f.severity == "error"]
    assert [f.reason for f in found] == [reason], found
    for lang in ("vi", "en"):
        said = worded(found[0], lang)
        assert said["what"] and said["expected"] and said["remedy"] and "{" not in "".join(map(str, said.values()))
    if reason in ("cell_twice", "line_twice", "value_twice"):
        assert found[0].column in ("S!A1", "S!1")
    if reason in ("formula_outward", "rule_outward"):
        assert found[0].column in ("S!A1", "S!B1", "S")


@pytest.mark.parametrize("what", DROPPED)
def test_what_is_harmless_is_dropped_with_a_word(what):
    data, said = DROPPED[what]
    out = open_workbook("f.xlsx", data)
    assert not isinstance(out, Finding), out
    assert [f.reason for f in out.findings] == said and {f.code for f in out.findings} <= {"W_DROPPED"}
    assert out.pages["S"].values == {(0, 0): "chữ", (0, 1): 7.0}


@pytest.mark.parametrize("what", READ_RIGHT)
def test_what_is_allowed_is_read_right(what):
    out = open_workbook("f.xlsx", READ_RIGHT[what])
    assert not isinstance(out, Finding), out
    assert out.pages["S"].values == {(0, 0): "chữ", (0, 1): 7.0} and not out.pages["S"].formulas


@pytest.mark.parametrize(
    "formula",
    [
        'IF(A1="","",B1*2)',
        '"a|b"',
        "SUM('a|b'!A1:A3)",
        "'Phiếu'!$A$1",
        '"[1]"',
        "MYCALL(1)",
        "_lists!$A$1:$A$3",
        "IFERROR(1,2)",
    ],
)
def test_formulas_that_stay_in_the_file(formula):
    assert not outward(formula)


@pytest.mark.parametrize(
    "text",
    [
        "1e400",
        "-1e400",
        "1e-400",
        "nan",
        "NaN",
        "inf",
        "-INF",
        "Infinity",
        "0x1F",
        "1_000",
        "١٢٣",
        "１２３",
        "1,5",
        "1.2.3",
        "--1",
        "1e",
        "e5",
        "",
        "²",
        "٫5",
        "10^30",
    ],
)
def test_what_is_no_number_is_read_as_it_stands(text):
    """In a cell of numbers; it is named at its cell by whatever takes numbers there."""
    out = open_workbook(
        "f.xlsx", A().cells(f'<row r="1"><c r="A1"><v>{text}</v></c><c r="B1" s="1"><v>{text}</v></c></row>').bytes()
    )
    assert out.pages["S"].values == ({(0, 0): text, (0, 1): text} if text else {})


@pytest.mark.parametrize(
    "text, number",
    [
        ("1", 1.0),
        ("-0.5", -0.5),
        ("+2", 2.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1E5", 1e5),
        (" 7\n", 7.0),
        ("0e-400", 0.0),
        ("5e-324", 5e-324),
    ],
)
def test_numbers(text, number):
    out = open_workbook("f.xlsx", A().cells(f'<row r="1"><c r="A1"><v>{text}</v></c></row>').bytes())
    assert out.pages["S"].values == {(0, 0): number}


FIRST, LAST = datetime(1904, 1, 1), datetime(9999, 12, 31)


@pytest.mark.parametrize(
    "since_1904, number, day",
    [
        (False, 45291, datetime(2023, 12, 31)),
        (True, 43829, datetime(2023, 12, 31)),  # 1,462 days fewer
        (False, 61, datetime(1900, 3, 1)),
        (False, 1, datetime(1900, 1, 1)),
        (True, 0, FIRST),
        (False, 2958465, LAST),
        (True, 2957003, LAST),
        (False, 2958466, 2958466.0),
        (True, 2957004, 2957004.0),
        (True, 2958465, 2958465.0),
        (False, -1, -1.0),
        (False, 1e15, 1e15),
    ],
)
def test_days_and_what_is_none(since_1904, number, day):
    book = A().cells(f'<row r="1"><c r="A1" s="1"><v>{number}</v></c></row>')
    if since_1904:
        book.swap(BOOK, "<workbookPr/>", '<workbookPr date1904="1"/>')
    assert open_workbook("f.xlsx", book.bytes()).pages["S"].values == {(0, 0): day}


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_is_read_to_the_last_digit(number):
    out = open_workbook("f.xlsx", A().cells(f'<row r="1"><c r="A1"><v>{number!r}</v></c></row>').bytes())
    assert out.pages["S"].values == {(0, 0): number}


def test_many_sheets_cost_no_more_than_their_parts():
    """A hundred thousand sheets of one part would be read as often."""
    many = "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="rId1"/>' for n in range(100_000))
    out = open_workbook("f.xlsx", A().swap(BOOK, "</sheets>", f"{many}</sheets>").bytes())
    assert isinstance(out, Finding) and out.reason == "not_readable"
