"""Blocks refuse to be made without what a reader needs, and let no markup through."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from dxlib.show.blocks import Cell, Chart, Column, Sentences, Table, sentences, table

COLUMNS = (Column("Hạng", "rank"), Column("Cơ quan", "name"))
ROWS = (("1", "Sở A"),)


@pytest.mark.parametrize("lacking", ["caption", "columns", "rows", "source"])
def test_a_table_refuses_to_lack(lacking):
    parts = {"caption": "C", "columns": COLUMNS, "rows": ROWS, "source": "S"}
    with pytest.raises(ValueError, match=lacking):
        Table(**{**parts, lacking: ()})


@pytest.mark.parametrize("lacking", ["caption", "drawings", "source", "alt"])
def test_a_chart_refuses_to_lack(lacking):
    parts = {"caption": "C", "drawings": ("<svg />",), "source": "S", "alt": "A"}
    with pytest.raises(ValueError, match=lacking):
        Chart(**{**parts, lacking: ""})


def test_rows_must_fit_and_sentences_must_speak():
    with pytest.raises(ValueError, match="3 cells"):
        Table("C", COLUMNS, (("1", "2", "3"),), "S")
    with pytest.raises(ValueError):
        Sentences(("",))
    assert sentences("", None) is None and sentences("a", "").sentences == ("a",)
    assert table("C", COLUMNS, [], "S") is None


PAYLOADS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>', "javascript:alert(1)",
    "<iframe src=//x>", "</td></table><script>", "' onmouseover='x", "<a href='javascript:x'>", "&lt;script&gt;",
    "<style>*{}</style>", "<meta http-equiv=refresh content=0>", "{{7*7}} {% x %}",
]  # fmt: skip


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data):
        self.words.append(data)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payloads_come_out_as_text(payload):
    blocks = [
        Table(payload, (Column(payload, "name"), Column(payload)), ((payload, Cell(payload, 0.5)),), payload, payload),
        Sentences((payload,)), Sentences((payload, payload)), Chart(payload, ("<svg />",), payload, payload, payload),
    ]  # fmt: skip
    for block in blocks:
        found = Tags()
        found.feed(block._repr_mimebundle_()["text/html"])
        assert not {"script", "iframe", "img", "a", "meta", "style", "form", "object"} & set(found.tags)
        assert found.tags.count("svg") == isinstance(block, Chart)
        assert not [a for a in found.attributes if a.startswith("on")]
        assert payload in "".join(found.words) or isinstance(block, Chart)


def test_cells_outside_nought_to_one_keep_their_bar_inside():
    html = Table("C", (Column("x", "bar"),), ((Cell("2", 1.7),), (Cell("-1", -0.3),)), "S").html()
    assert "--share:1.0000" in html and "--share:0.0000" in html
