"""Workbooks as packages made by hand: parts, content types and relationships, each as a test wants it."""

import io
import zipfile

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = f'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{OFFICE}"'
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
SHEETML = "application/vnd.openxmlformats-officedocument.spreadsheetml"
BOOK, SHEET, STRINGS, STYLES = "xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"
CELLS = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1"><v>7</v></c></row>'


class Package:
    """The smallest workbook: one sheet, one shared string, one style of days."""

    def __init__(self):
        self.types = {  # part or ending -> content type
            "rels": "application/vnd.openxmlformats-package.relationships+xml",
            "xml": "application/xml",
            **{f"/{BOOK}": f"{SHEETML}.sheet.main+xml", f"/{SHEET}": f"{SHEETML}.worksheet+xml"},
            **{f"/{STRINGS}": f"{SHEETML}.sharedStrings+xml", f"/{STYLES}": f"{SHEETML}.styles+xml"},
        }
        self.links = {"": [(f"{OFFICE}/officeDocument", BOOK, "")]}  # part -> [(type, target, mode)]
        self.link(BOOK, "worksheet", "worksheets/sheet1.xml")
        self.link(BOOK, "sharedStrings", "sharedStrings.xml")
        self.link(BOOK, "styles", "/xl/styles.xml")
        self.parts = {
            BOOK: f'{HEAD}<workbook {MAIN}><workbookPr/><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
            STRINGS: f"{HEAD}<sst {MAIN}><si><t>chữ</t></si></sst>",
            STYLES: f'{HEAD}<styleSheet {MAIN}><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
        }
        self.cells(CELLS)

    def part(self, name, content="<x/>", kind=None):
        """Another part, or another content; with a content type of its own."""
        self.parts[name] = content
        if kind:
            self.types[f"/{name}"] = kind
        return self

    def link(self, source, kind, target, mode=""):
        kind = kind if "/" in kind else f"{OFFICE}/{kind}"
        self.links.setdefault(source, []).append((kind, target, mode))
        return self

    def cells(self, rows, rest=""):
        """What stands on the sheet."""
        self.parts[SHEET] = f"{HEAD}<worksheet {MAIN}><sheetData>{rows}</sheetData>{rest}</worksheet>"
        return self

    def swap(self, name, old, new):
        """Other words in a part."""
        assert old in self.parts[name]
        self.parts[name] = self.parts[name].replace(old, new)
        return self

    def members(self):
        """(name, content) of everything, the relationships too."""
        said = "".join(
            f'<Override PartName="{key}" ContentType="{kind}"/>'
            if key[0] == "/"
            else f'<Default Extension="{key}" ContentType="{kind}"/>'
            for key, kind in self.types.items()
        )
        space = 'xmlns="http://schemas.openxmlformats.org/package/2006/'
        yield "[Content_Types].xml", f'{HEAD}<Types {space}content-types">{said}</Types>'
        for source, links in self.links.items():
            folder, _, name = source.rpartition("/")
            said = "".join(
                f'<Relationship Id="rId{n}" Type="{kind}" Target="{target}"{f" TargetMode={chr(34)}{mode}{chr(34)}" * bool(mode)}/>'
                for n, (kind, target, mode) in enumerate(links, start=1)
            )
            place = f"{folder}/_rels/{name}.rels".lstrip("/")
            yield place, f'{HEAD}<Relationships {space}relationships">{said}</Relationships>'
        yield from self.parts.items()

    def bytes(self, method=zipfile.ZIP_DEFLATED):
        return packed(self.members(), method)


def packed(members, method=zipfile.ZIP_DEFLATED):
    """A zip of (name, content), also with one name twice."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as package:
        for name, content in members:
            if name in package.NameToInfo:
                del package.NameToInfo[name]  # zipfile would warn
            package.writestr(name, content)
    return out.getvalue()


def twisted(data, name, other):
    """The name of a part in the directory alone: what goes by the parts' own heads sees another one."""
    assert len(name) == len(other)
    place = data.rindex(name.encode())
    return data[:place] + other.encode() + data[place + len(name) :]
