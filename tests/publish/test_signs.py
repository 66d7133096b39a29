"""Signs that the typeface lacks: everything is made, papers show a substitute, the check names the cell."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from dxlib import words
from dxlib.publish import pdf
from dxlib.publish.pdf_page import compiled
from dxlib.show.blocks import Chart, Column, Table
from dxlib.show.charts import intervals
from dxlib.show.typeface import BORROWED, COMMON, check_signs, legible, signs
from tests.known.folders import leaf, make

NAME = "Xã 😀 ✅\ufe0f ㎡ 中（１）"
SHOWN = "Xã [U+1F600] [U+2705] m2 [U+4E2D](1)"
MARKS = {
    "lang": "vi", "title": NAME, "reader": "public", "sample": True, "provisional": False, "fingerprint": "0" * 64,
}  # fmt: skip


@pytest.mark.parametrize("text, shown", [
    ("Ủy ban nhân dân xã Ặ – 61,17\u00a0%", "Ủy ban nhân dân xã Ặ – 61,17\u00a0%"),
    (NAME, SHOWN),
    ("½ Ω ✓ ☎", "½ Ω ✓ [U+260E]"),
    ("ﬁ №", "ﬁ №"),
])  # fmt: skip
def test_substitutes(text, shown):
    assert legible(text) == shown


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_what_we_say_ourselves_is_left_alone(lang):
    said = (Path(words.__file__).parent / f"{lang}.toml").read_text(encoding="utf-8")
    assert legible(said) == said
    compiled(f'#set document(title: "x")\n#set text(font: "Source Sans Pro", lang: "{lang}")\n#"{BORROWED}"')


@given(st.text())
def test_every_text_can_be_set(text):
    assert set(legible(text)) <= signs() | COMMON | {chr(c) for c in (*range(0x20), 0x7F)}
    assert legible(legible(text)) == legible(text)


@pytest.mark.real("poppler")
def test_a_paper_is_made_and_shows_them(tmp_path):
    table = Table("Bảng", (Column(NAME, "name"), Column("Điểm", "number")), ((NAME, "1"),), "Nguồn", NAME)
    chart = Chart(NAME, tuple(intervals([NAME, "B"], [1, 1], [1, 2], [2, 2], NAME)), "Nguồn", NAME)
    cells = [new_markdown_cell(f"# {NAME}\n\n{NAME}", metadata={"tags": ["vi"]}, id="a")]
    for name, block in (("b", table), ("c", chart)):
        out = new_output("execute_result", data=block._repr_mimebundle_())
        cells.append(new_code_cell("x", outputs=[out], id=name))
    (tmp_path / "x.pdf").write_bytes(pdf(new_notebook(cells=cells), **MARKS))
    said = subprocess.run(
        ["pdftotext", str(tmp_path / "x.pdf"), "-"], capture_output=True, text=True, check=True
    ).stdout
    assert said.count("[U+1F600]") >= 4 and "m2" in said


def test_the_check_names_the_cell(tmp_path):
    case = make(tmp_path, [leaf("1", "yes_no", 10)], {"x": {"1": {"option": "yes"}}}, agencies=[{"agency": "x"}])
    assert check_signs(case) == []
    case = make(
        tmp_path,
        [leaf("1", "yes_no", 10)],
        {"x": {"1": {"option": "yes"}}},
        agencies=[{"agency": "x", "name_vi": NAME}],
    )
    assert [(f.code, f.file, f.row, f.column, f.facts["instead"]) for f in check_signs(case)] == [
        ("W_SIGN", "2025/test/agencies.csv", 2, "name_vi", SHOWN)
    ]
