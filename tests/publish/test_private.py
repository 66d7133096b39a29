"""The last look: what is a person's is found however it is typed and wherever it stands; figures are let through."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_notebook

from dxlib.errors import Refusal
from dxlib.publish.pdf_page import pdf
from dxlib.publish.private import masked, personal, refuse_personal
from dxlib.words import finding

NBSP, THIN, NARROW, FIGURE = "\u00a0", "\u2009", "\u202f", "\u2007"
TELEPHONES = [
    "0912345678",
    "0912 345 678",
    "0912.345.678",
    "0912.345678",
    "0912-345-678",
    "09 12 34 56 78",
    f"0912{NBSP}345{NBSP}678",
    f"0912{THIN}345{NARROW}678",
    f"0912{FIGURE}345{FIGURE}678",
    "0912\u2011345\u2011678",
    "0912–345–678",
    "0912\u200b345\u200b678",
    "(0912) 345 678",
    "(0912)345678",
    "０９１２３４５６７８",
    "0912_345_678",
    "0912 · 345 · 678",
    "+84912345678",
    "+84 912 345 678",
    "(+84) 912-345-678",
    "+84 (0)912 345 678",
    "0084912345678",
    "0084 912 345 678",
    "84912345678",
    "84 912 345 678",
    "(84) 912 345 678",
    "ĐT: 84.912.345.678",
    "SĐT0912345678",
    "SĐT84912345678",
    "ĐT.0912345678",
    "tel:0912345678",
    "0912345678/0987654321",
    "0912345678, 0987654321",
    "0912345678,0987654321",
    "2. 0912345678",
    "0912345678.",
    "(0270) 3822 123",
    "0270.3822.123",
    "02703822123",
    "024 3822 3355",
    "(84-270) 3822123",
    "+1 202 555 0123",
    "+44 20 7946 0018",
    "0912/345/678",
    "0912,345,678",
    "0912|345|678",
    "0912 | 345 | 678",
    "0912:345:678",
    "0912;345;678",
    "0912\n345\n678",
    "0912\r\n345\t678",
    "0912&#10;345 678",
    "0 9 1 2 3 4 5 6 7 8",
    "0.9.1.2.3.4.5.6.7.8",
    "0 912 345 678",
    "0-912-345-678",
    "0912345678a",
    "X0912345678",
    "Nam0912345678",
    "⁰⁹¹²³⁴⁵⁶⁷⁸",
    "₀₉₁₂ ₃₄₅ ₆₇₈",
    "0912345678¹",
    "0912\u3164345\u2800678",
    "0912'345'678",
    "0912’345’678",
    "0912´345′678",
    "“0912” “345” “678”",
    "«0912 345 678»",
    "O912345678",
    "O912 345 678",
    "o9l2.345.678",
    "O9I2345678",
    "ĐT: O912345678",
    "0912\ufe0f345\u034f678",
    "ĐT 09.01.02.03.04",
    "SĐT 912345678",
    "điện thoại: 912 345 678",
]
IDENTITIES = [
    "079123456789",
    "079 123 456 789",
    "0791 2345 6789",
    "079.123.456.789",
    "079-123-456-789",
    f"079{NBSP}123{NBSP}456{NBSP}789",
    f"079{THIN}123{THIN}456{THIN}789",
    "(079) 123 456 789",
    "CCCD:079123456789",
    "CCCD079123456789",
    "CMND331234567",
    "CCCD số 086 203 001234",
    "001099000001",
    "079123456789 cấp ngày 01/02/2021",
    "0 7 9 1 9 0 0 0 1 2 3 4",
    "079,123,456,789",
    "079;012;034;056, CCCD 079;012;034;056",
    "079123456789, mã văn bản 12",
    "CCCD 012345678901 mã văn bản",
    "CMND 3 3 1 2 3 4 5 6 7",
    "lượt CMND 112345678",
    "012345678",
    "012 345 678",
    "012.345.678",
    "331234567",
    "331 234 567",
    "331-234-567",
    "CMND 331.234.567",
    "CMND 331 2345 67",
    "331234567 cấp ngày 01/02/2010",
]
MAILS = [
    "ten@tinh.gov.vn",
    "ten.ho+dx@so-tttt.tinh.gov.vn",
    "tên@tỉnh.vn",
    "ten@xn--tnh-xq5a.vn",
    "ten @ tinh.gov.vn",
    "ten＠tinh.gov.vn",
    "ten [at] tinh.gov.vn",
    "ten(at)tinh.gov.vn",
    "ten [at] tinh [dot] gov [dot] vn",
    "ten at tinh dot gov dot vn",
    "ten a còng tinh.gov.vn",
    "ten(a còng)tinh chấm gov chấm vn",
    "TEN@TINH.GOV.VN.",
    "ten @ gmail . com",
    "TEN @ GMAIL . COM",
    "mailto:abc%40gmail.com",
    "mailto:abc%40gmail%2Ecom",
    "abc AT gmail DOT com",
    "abc [A CÒNG] gmail.com",
    "ten ＠ gmail . com",
]
NOBODY = [
    # documents, codes, digests
    "3012/QĐ-UBND",
    "123/QĐ-UBND ngày 31/12/2024",
    "Nghị quyết NQ 1",
    "Thông tư 59/2021/TT-BCA",
    "000.01.02.H61",
    "bản 1, mã đầu vào 0791 2345 6789. Số liệu",
    "version 1, code 0791 2345 6789",
    "MST 0700123456",
    "mã số thuế: 0302345678",
    "1900 1234",
    "1800 1234",
    "3f079123456789ab",
    "a079123456789f",
    "8b2d1f00-0912-3456-7890-0123456789ab",
    "20240115093000",
    "978-604-0-12345-6",
    "2024/012/3456",
    "Văn bản 0912/345/6789/STTTT",
    "mã số 07.02.01.05.09",
    "001;005;017;096",
    "0012,0345,0678",
    "số lưu trữ 091-234-5678",
    "012345678901 mã văn bản",
    "HS0912345678",
    "1'234'567'890 đồng",
    "2O24 Oo Il lo 3o1",
    "Io 0O1 I0l",
    "0912345678abc",
    "08:30:15.123456",
    "08:30:00 2024",
    # money and counts
    "lượt truy cập 112345678",
    "0 5 10 15 20 25",
    "0 25 50 75 100",
    "33 1234567 m²",
    "10⁻¹²³⁴⁵⁶⁷⁸⁹",
    "912345678",
    "điện thoại bàn: 912 máy",
    "123.456.789.000 đồng",
    "123 456 789 000 đồng",
    "123456789000",
    "123 456 789 đồng",
    "123.456.789",
    "123,456,789",
    "Kinh phí: 215000000",
    "ngân sách 215 000 000",
    "215000000 VNĐ",
    "84.912.345.678 đồng",
    "84.912.345.678",
    "84 912 345 678 đồng",
    "+12.345.678.901 đồng",
    "1.234.567.890",
    "1 123 456 789",
    "123 456 789 012",
    "123456789 lượt",
    # decimals, coordinates, times
    "0,713154307562",
    "0.713154307562",
    "0.912345678",
    "0,912345678",
    "84.912345678 %",
    "10.253567, 105.972345",
    "10.2535678",
    "31/12/2024",
    "08.08.2024 10:30",
    "09.01.2024 15",
    "09-06-2024 12",
    "2023 2024 2025",
    "2024 12345",
    "2023-2024-1",
    "0 12 345 678",
    "07 08 09 10 11",
    "01 02 03 04 05 06",
    # signs that are no mail
    "a@b",
    "10 @ 2.5",
    "available at example.com",
    "sở tự chấm điểm",
]


def kinds(text: str) -> list[str]:
    return sorted({kind for kind, *_ in personal("a.md", f"Sở Y ({text})".encode())})


@pytest.mark.parametrize("typed", TELEPHONES)
def test_a_telephone(typed):
    assert kinds(typed) == ["telephone"]


@pytest.mark.parametrize("typed", IDENTITIES)
def test_an_identity_number(typed):
    assert kinds(typed) == ["identity"]


@pytest.mark.parametrize("typed", MAILS)
def test_a_mail_address(typed):
    assert kinds(typed) == ["mail"]


@pytest.mark.parametrize("typed", NOBODY)
def test_nobody(typed):
    assert kinds(typed) == [] and list(personal("a.html", f"<p>{typed}</p>".encode())) == []


# Where it stands ------------------------------------------------------------------------------------------------------

TYPED = "0912 345 678"


def packed(**parts: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, text in parts.items():
            package.writestr(name.replace("__", "/") + ".xml", text)
    return out.getvalue()


def embedded(svg: str) -> str:
    return f'<img alt="" src="data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}">'


CELL = '<sheetData><row r="1"><c r="A1"{}>{}</c></row></sheetData>'
PLACES = {
    "text of a page": ("a.html", f"<table><td class=text>Sở Y {TYPED}</td></table>"),
    "across tags": ("a.html", "<p><b>0912</b> <em>345</em> 678</p>"),
    "as entities": ("a.html", "<p>&#48;912&nbsp;345&nbsp;678</p>"),
    "alternative text": ("a.html", f'<img alt="Sở Y {TYPED}" src="data:,">'),
    "an address": ("a.html", '<a href="tel:+84912345678">x</a>'),
    "data for a script": ("a.html", f'<div data-trial="[{{&quot;n&quot;:&quot;Sở Y {TYPED}&quot;}}]"></div>'),
    "data in a script": ("a.html", f'<script type="application/json" id="say">{{"x":"{TYPED}"}}</script>'),
    "a number cell that is none": ("a.html", '<td class="number">0912345678</td>'),
    "a drawing's label": ("a.html", embedded(f'<svg><!-- Sở Y {TYPED} --><path d="M 0 912"/></svg>')),
    "a drawing's text": ("a.svg", f"<svg><text>{TYPED}</text></svg>"),
    "the source of a paper": ("a.typ", f'#par("Sở Y {TYPED}")'),
    "a drawing in a page": ("a.html", f'<figure><svg viewBox="0 0 1 1"><text x="1">Sở Y {TYPED}</text></svg></figure>'),
    "a drawing on paper": ("a.typ", f'#drawings("<svg viewBox=\\"0 0 1 1\\"><text>{TYPED}</text></svg>")'),
    "a name in a table": ("tables/a.csv", f'agency,name_vi,score\na,"Sở Y, {TYPED}",1\n'),
    "a number column that holds none": ("tables/a.csv", "agency,score\na,0912345678\n"),
    "text of a file": ("a.json", json.dumps({"title": TYPED})),
    "a name of a file": ("a.json", json.dumps({TYPED: 1})),
    "escaped in a file": ("a.json", '{"title": "0912\\u00a0345\\u00a0678"}'),
    "escaped in a note": ("README.md", "0912\\_345\\_678"),
    "entities in a note": ("README.md", "Sở Y &#48;912 345 678"),
    "shared strings": ("a.xlsx", packed(xl__sharedStrings=f"<sst><si><t>Sở Y {TYPED}</t></si></sst>")),
    "formatted text": ("a.xlsx", packed(xl__sharedStrings="<si><r><t>0912</t></r><r><t> 345 678</t></r></si>")),
    "text in a cell": ("a.xlsx", packed(xl__worksheets__sheet1=CELL.format(' t="inlineStr"', f"<is><t>{TYPED}</t></is>"))),
    "what a formula gave": ("a.xlsx", packed(xl__worksheets__sheet1=CELL.format(' t="str"', f"<f>A2</f><v>{TYPED}</v>"))),
    "a note": ("a.xlsx", packed(xl__comments1=f"<comment><text><t>{TYPED}</t></text></comment>")),
    "a head": ("a.xlsx", packed(xl__worksheets__sheet1=f"<headerFooter><oddHeader>{TYPED}</oddHeader></headerFooter>")),
    "a link": ("a.xlsx", packed(xl__worksheets___rels__sheet1='<Relationship Target="tel:0912345678"/>')),
    "who made it": ("a.docx", packed(docProps__core=f"<dc:creator>{TYPED}</dc:creator>")),
    "lines of a cell in a table": ("tables/a.csv", 'agency,name_vi\na,"Sở Y 0912\n345\n678"\n'),
    "bars in a cell in a table": ("tables/a.csv", "agency,name_vi\na,Sở Y 0912 | 345 | 678\n"),
    "lines of a page": ("a.html", "<p>0912<br>345<br/>\n678</p>"),
    "lines of a file": ("a.json", json.dumps({"title": "0912\n345\n678"})),
    "lines of a paper": ("a.typ", '#par("0912\n345 678")'),
    "lines of a paragraph": ("a.docx", packed(word__document="<w:p><w:t>0912</w:t><w:br/><w:t>345678</w:t></w:p>")),
    "runs of a paragraph": (
        "a.docx",
        packed(word__document="<w:p><w:r><w:t>0912</w:t></w:r><w:proofErr/><w:r><w:rPr><w:b/></w:rPr><w:t> 345 678</w:t></w:r></w:p>"),
    ),
    "a foot": ("a.docx", packed(word__footer1=f"<w:p><w:r><w:t>{TYPED}</w:t></w:r></w:p>")),
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_it_is_found_wherever_it_stands(place):
    path, said = PLACES[place]
    data = said if isinstance(said, bytes) else said.encode()
    assert [kind for kind, *_ in personal(path, data)] == ["telephone"]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr(path, data)
    assert [kind for kind, *_ in personal("all.zip", out.getvalue())] == ["telephone"]


FIGURES = {
    "a number cell": ("a.html", '<td class="number">331234567</td><td class="number">331 234 567</td>'),
    "cells beside each other": ("a.html", "<tr><td>091</td><td>234</td><td>5678</td></tr>"),
    "letters and shape of a page": ("a.html", "<style>a{b:0912345678}</style><p style='--share:0912345678'>x</p>"),
    "the outlines in a page": ("a.html", '<svg><path d="M 0912345678 331234567"/></svg>'),
    "the outlines on paper": ("a.typ", '"<svg a=\\"0912345678\\"><path d=\\"M 0912345678\\"/></svg>"'),
    "the outlines of a drawing": ("a.html", embedded('<svg><path d="M 0912345678 331234567"/></svg>')),
    "a number column": ("tables/a.csv", "agency,score,max_points\na,331234567,84912345678\nb,1e-9,\n"),
    "columns beside each other": ("tables/a.csv", "a,b,c\n0912,345,678\n"),
    "rows below each other": ("tables/a.csv", "a\n0912\n345\n678\n"),
    "columns in a note": ("README.md", "| 0912 | 345 | 678 |\n| 0912 |\n| 345 |\n| 678 |\n"),
    "points in a note": ("README.md", "- 0912\n- 345\n- 678\n\n0912\n\n345\n\n678"),
    "a number of a file": ("a.json", '{"bytes": 331234567, "share": 0.912345678}'),
    "a digest": ("a.json", json.dumps({"hash": "sha256:" + "0791234567890912" * 4})),
    "a typed cell": ("a.xlsx", packed(xl__worksheets__sheet1=CELL.format(' s="7"', "<v>331234567</v>"))),
    "what a formula counted": ("a.xlsx", packed(xl__worksheets__sheet1=CELL.format("", "<f>1+1</f><v>84912345678</v>"))),
    "paragraphs beside each other": ("a.docx", packed(word__document="<w:p><w:t>0912</w:t></w:p><w:p><w:t>345678</w:t></w:p>")),
}  # fmt: skip


@pytest.mark.parametrize("place", FIGURES)
def test_a_figure_is_let_through_wherever_it_stands(place):
    path, said = FIGURES[place]
    assert list(personal(path, said if isinstance(said, bytes) else said.encode())) == []


def test_our_own_codes_are_nobodys():
    full = "079123456789" + "a" * 52
    page = f"<code>0791 2345 6789</code><code>{full}</code>".encode()
    refuse_personal({"a.html": page})
    refuse_personal({"README.md": b"Version 079123456789.", "datapackage.json": b'{"version": "079123456789"}'})
    with pytest.raises(Refusal):
        refuse_personal({"a.html": page.replace(b"0791 2345 6789", b"0791 2345 6780")})


@pytest.mark.parametrize(("reader", "refused"), [("public", True), ("internal", False)])
def test_a_paper_has_its_own_look(reader, refused):
    marks = {"lang": "vi", "title": f"Sở Y {TYPED}", "reader": reader, "sample": True, "provisional": False, "fingerprint": "a" * 64}
    with pytest.raises(Refusal) if refused else nullcontext():
        assert pdf(new_notebook(), **marks).startswith(b"%PDF")


# What is said of it ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("typed", "shown"), [
    ("0912 345 678", "09•• ••• •78"),
    ("079123456789", "07••••••••89"),
    ("ten@tinh.gov.vn", "t•••gov.vn"),
])  # fmt: skip
def test_a_refusal_shows_where_and_not_what(typed, shown):
    text = f"Trưởng phòng CNTT 331234567, gọi {typed} khi cần".encode()
    with pytest.raises(Refusal) as refused:
        refuse_personal({"public/a.html": text, "public/b.html": text})
    of = next(f for f in refused.value.findings if f.value == shown)
    assert of.file == "public/a.html" and of.facts["before"] == "Trưởng phòng CNTT •••••••••, gọi"
    assert len(refused.value.findings) == 2
    for lang in ("vi", "en"):
        said = " ".join(part for f in refused.value.findings for part in finding(f, lang).values())
        assert typed not in said and "331234567" not in said and shown in said and "public/a.html" in said


BETWEEN = st.sampled_from(["", " ", ".", "-", NBSP, THIN, NARROW, "\u2011", " - ", "\u200b"])


@given(st.sampled_from(["091", "0270", "+8498"]), st.lists(st.tuples(BETWEEN, st.sampled_from("23456789")), min_size=7, max_size=7))
def test_however_it_is_written(first, rest):
    typed = first + "".join(between + digit for between, digit in rest)
    found = [detail for kind, detail, _ in personal("a.md", f"Sở Y: {typed}; 5".encode()) if kind == "telephone"]
    said = [masked(detail) for detail in found]
    assert found and all(sum(c.isdigit() for c in one) <= 4 for one in said)
