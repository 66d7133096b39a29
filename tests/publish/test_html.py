"""The page: one language, no code, no script, no outside address, no empty section, the marks it must carry."""

from __future__ import annotations

import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from dxlib.errors import Refusal
from dxlib.publish import html
from dxlib.show.blocks import Column, Table

PAGE = {
    "lang": "vi",
    "title": "Kết quả",
    "reader": "public",
    "sample": True,
    "provisional": False,
    "fingerprint": "0123456789ab" + "c" * 52,
}
BLOCK = Table("Bảng", (Column("Cơ quan", "name"),), (("Sở A",),), "Nguồn")


def shown(block) -> list:
    return [new_output("execute_result", data=block._repr_mimebundle_())] if block else []


def notebook():
    def pairs(vi, en):
        return [
            new_markdown_cell(vi, metadata={"tags": ["vi"]}),
            new_markdown_cell(en, metadata={"tags": ["en"]}),
        ]

    return new_notebook(cells=[
        *pairs("# Nhan đề", "# Title"), new_code_cell("secret_source = 1", metadata={"tags": ["parameters"]}),
        new_code_cell("import dxlib"),
        *pairs("## Có bảng", "## Full"), new_code_cell("secret_call()", outputs=shown(BLOCK)),
        *pairs("## Rỗng", "## Empty"), new_code_cell("nothing()"),
        *pairs("## Lời", "## Prose\n\nwords"),
    ])  # fmt: skip


def test_page_holds_what_it_should():
    page = html(notebook(), **PAGE)
    assert '<html lang="vi">' in page and "<h1>Kết quả</h1>" in page
    assert "SỐ LIỆU MẪU" in page and "TẠM TÍNH" not in page and "0123 4567 89ab" in page
    assert page.count("Có bảng") == 2 and "Sở A" in page  # contents list and heading
    assert page.count("<script") == page.count("</script>") == 2  # what the scripts say, and the script of tables
    shown = page.partition("<script")[0]
    for absent in ("secret", "import dxlib", "Rỗng", "Full", "Empty", "None", "nan"):
        assert absent not in shown
    assert not re.findall(r"(?:src|href|url)\s*[=(]\s*[\"']?(?!#|data:)[a-z/.]", page)
    assert page == html(notebook(), **PAGE)


@pytest.mark.parametrize("marks", [{"provisional": True}, {"reader": "internal"}, {"sample": False}])
def test_marks_stand_on_the_page_and_on_every_sheet(marks):
    page = html(notebook(), **{**PAGE, **marks})
    sheet = re.search(r'@bottom-left \{ content: "([^"]*)"', page).group(1)
    for words, holds in (
        ("TẠM TÍNH", marks.get("provisional")),
        ("Nội bộ", marks.get("reader")),
        ("SỐ LIỆU MẪU", "sample" not in marks),
    ):
        assert (words in sheet) == bool(holds) and (words in page) == bool(holds)


@pytest.mark.parametrize(
    "content",
    [
        "<script>x</script>", "<p onclick='x'>x</p>", "<img src='https://example.org/x.png' alt=''>", "<svg><script/></svg>",
        "<svg onload='x'></svg>", "<svg><use href='https://example.org/x.svg#a'/></svg>", "<svg><a href='x'/></svg>",
        "<svg><path fill='url(https://example.org)'/></svg>", "<svg><style>*{}</style></svg>", "<svg><image/></svg>",
        "<svg><foreignObject/></svg>", "<![CDATA[>]]>", "<!-- x -->", "<?x?>", "<p>", "&nbsp;", "<svg id='main'/>",
        "<p style='background:url(//x)'>x</p>", "<a href='x'>x</a>", "<img src='data:text/html;base64,eA==' alt=''>",
        "<style>p{}</style>", "<td style='--share:0.5;color:red'>x</td>", "<table border='1'></table>",
    ],
)  # fmt: skip
def test_html_that_no_block_made_is_refused(content):
    strange = notebook()
    strange.cells[6].outputs = [new_output("execute_result", data={"text/html": content})]
    with pytest.raises(Refusal) as refused:
        html(strange, **PAGE)
    assert refused.value.findings[0].reason == "output_foreign"


def test_english_page():
    page = html(notebook(), **{**PAGE, "lang": "en", "title": "<Results>"})
    assert "&lt;Results&gt;" in page and "Full" in page and "Có bảng" not in page and "SAMPLE DATA" in page


def test_titles_cannot_break_out():
    page = html(notebook(), **{**PAGE, "title": '</title><script>x</script>"'})
    assert page.count("<script") == 2 and "<script>x" not in page
