"""The PDF of a page: what stands on paper stood on the page, letter by letter, in our own letters, the same bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from dxlib.publish import collection, pdf
from dxlib.publish.typeset import LINE, literal, widths
from dxlib.show.blocks import Cell, Chart, Column, Table, sentences
from dxlib.show.charts import intervals

MARKS = {
    "lang": "vi", "title": "Kết quả – Ưu tiên, Ặ ặ Ỗ ỗ Ữ ữ", "reader": "public", "sample": True, "provisional": True,
    "fingerprint": "0123456789ab" + "c" * 52,
}  # fmt: skip
HOSTILE = 'Xã #strong[x] *a* _b_ $y$ `z` \\ " <script> @c = d // e'
COLUMNS = (Column("Cơ quan", "name"), Column("Điểm", "number"), Column("Tỷ lệ", "bar"))
ROWS = ((HOSTILE, "1.234,50", Cell("61,17\u00a0%", 0.6117)), ("Ủy ban nhân dân phường Nguyễn Huệ", "−3,1", "–"))


def shown(block) -> list:
    return [new_output("execute_result", data=block._repr_mimebundle_())]


def notebook():
    chart = Chart("Hạng", tuple(intervals(["Sở A", "Sở B"], [1, 1], [1, 2], [2, 2], "Hạng")), "Nguồn", "Hai sở")
    prose = new_markdown_cell(
        "# Nhan đề\n\nLời **đậm** và *nghiêng*.\n\n- một\n- hai", metadata={"tags": ["vi"]}, id="a"
    )
    return new_notebook(cells=[
        prose, new_markdown_cell("# Title\n\nEnglish words", metadata={"tags": ["en"]}, id="b"),
        new_markdown_cell("## Bảng", id="c"),
        new_code_cell("hidden()", outputs=shown(Table("Bảng điểm", COLUMNS, ROWS, "Nguồn")), id="d"),
        new_code_cell("hidden()", outputs=shown(sentences("Câu một.", "Câu hai.")), id="e"),
        new_markdown_cell("## Hình", id="f"), new_code_cell("hidden()", outputs=shown(chart), id="g"),
        new_markdown_cell("## Rỗng", id="h"), new_code_cell("nothing()", id="i"),
    ])  # fmt: skip


@pytest.fixture(scope="module")
def paper(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("pdf") / "page.pdf"
    path.write_bytes(pdf(notebook(), **MARKS))
    return path


def ask(*command: object) -> str:
    return subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True).stdout


@pytest.mark.real("poppler")
def test_text_is_read_back_letter_by_letter(paper):
    said = " ".join(ask("pdftotext", "-layout", paper, "-").split())
    assert MARKS["title"] in said and "SỐ LIỆU MẪU" in said and "TẠM TÍNH" in said
    for whole in ("Lời đậm và nghiêng.", "1.234,50", "61,17 %", "−3,1", "Câu một.", "Bảng điểm", "0123 4567 89ab"):
        assert whole in said, whole
    words = "".join(said.split())
    assert "".join(HOSTILE.split()) in words or all(part in said for part in HOSTILE.split())
    for absent in ("hidden", "English", "Rỗng", "nothing"):
        assert absent not in said
    assert said.endswith(("1 / 1", "1/1"))


@pytest.mark.real("poppler")
def test_tagged_for_archives_with_our_letters_only(paper):
    facts = ask("pdfinfo", paper)
    assert "Tagged:          yes" in facts and "A4" in facts and "1970" not in ask("pdftotext", paper, "-")
    raw = paper.read_bytes()
    assert b"pdfaid:part>2<" in raw and b"pdfuaid:part>1<" in raw and b"/Alt" in raw
    fonts = ask("pdffonts", paper).splitlines()[2:]
    assert fonts and all("SourceSansPro" in line and " yes yes yes" in line for line in fonts), fonts


@pytest.mark.real("qpdf")
def test_the_file_is_sound(paper):
    """Another program finds no error in its structure, and nothing that runs or leads outside."""
    done = subprocess.run(["qpdf", "--check", str(paper)], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "No syntax or stream encoding errors found" in done.stdout, done
    raw = subprocess.run(["qpdf", "--qdf", str(paper), "-"], capture_output=True, check=True).stdout
    for active in (b"/JavaScript", b"/Launch", b"/URI", b"/EmbeddedFile", b"/OpenAction"):
        assert active not in raw, active


def test_same_bytes_in_another_zone_and_process(paper):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from test_pdf import MARKS, notebook; "
        "from dxlib.publish import pdf; sys.stdout.buffer.write(pdf(notebook(), **MARKS))"
    )
    given = {**os.environ, "TZ": "Pacific/Auckland", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
    other = subprocess.run(
        [sys.executable, "-c", code, str(Path(__file__).parent)], check=True, capture_output=True, env=given
    )
    assert other.stdout == paper.read_bytes()


@pytest.mark.real("poppler")
def test_a_collection_begins_every_part_on_its_own_sheet(tmp_path):
    path = tmp_path / "all.pdf"
    path.write_bytes(collection([("Sở A\n\n*x* #y", notebook()), ("Sở B", notebook())], **MARKS))
    sheets = ask("pdftotext", "-layout", path, "-").split("\f")
    assert "Sở A *x* #y" in sheets[1] and "1 Bảng" in " ".join(sheets[1].split()) and "Sở B" in sheets[2]
    assert "1 Bảng" in " ".join(sheets[2].split()) and "Rỗng" not in "".join(sheets)


@given(st.text())
def test_no_text_leaves_its_string(text):
    """Nothing closes the string early: every quote and backslash inside is escaped."""
    inside = literal(text)[1:-1]
    assert '"' not in inside.replace("\\\\", "").replace('\\"', "")


@given(st.lists(st.tuples(st.text("ab ", max_size=60), st.text("12", max_size=9)), min_size=1, max_size=5))
def test_columns_fill_the_line_and_break_no_word(rows):
    shares, size = widths(["text", "number"], ["Chỉ số", "Điểm"], [list(row) for row in rows])
    assert size == 8.5 and sum(shares) <= LINE + 1e-6
    longest = max(len(word) for text, _ in rows for word in text.split(" "))
    assert shares[0] >= longest and shares[1] >= max(len(number) for _, number in rows)


def test_too_many_columns_get_smaller_letters():
    kinds, heads = ["number"] * 30, ["12345678"] * 30
    assert widths(kinds, heads, [heads])[1] < 8.5
