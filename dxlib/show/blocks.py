"""The blocks that pages are made of: sentences, table, chart. They refuse to be made without what a reader needs.

A block holds text, not markup; each knows its HTML face. Everything is escaped here, at the source.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import pandas as pd

KINDS = ("text", "name", "number", "rank", "bar")
DRAFT = "application/vnd.dxlib.draft+json"  # beside a block's html: facts that fill the templates of office papers


def demand(block: str, **parts: object) -> None:
    """Refuse a block that lacks one of its parts."""
    lacking = [name for name, part in parts.items() if not part]
    if lacking:
        raise ValueError(f"{block} without {', '.join(lacking)}")


class Block:
    """Shows itself as the last value of a notebook cell."""

    def html(self) -> str:
        raise NotImplementedError

    def plain(self) -> str:
        raise NotImplementedError

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self.html(), "text/plain": self.plain()}


@dataclass(frozen=True)
class Sentences(Block):
    """One or more sentences made from numbers; more than one becomes a list."""

    sentences: tuple[str, ...]

    def __post_init__(self) -> None:
        demand("Sentences", sentences=self.sentences and all(self.sentences))

    def html(self) -> str:
        if len(self.sentences) == 1:
            return f'<p class="sentence">{escape(self.sentences[0])}</p>'
        return '<ul class="sentences">' + "".join(f"<li>{escape(s)}</li>" for s in self.sentences) + "</ul>"

    def plain(self) -> str:
        return "\n".join(self.sentences)


def note_html(note: str) -> str:
    return f'<p class="note">{escape(note)}</p>' if note else ""


def sentences(*texts: str | None) -> Sentences | None:
    """The sentences that have something to say; None when none has."""
    said = tuple(t for t in texts if t)
    return Sentences(said) if said else None


@dataclass(frozen=True)
class Cell:
    """A cell with more than its text: the length of a bar or the depth of a shade, 0 to 1."""

    text: str
    share: float | None = None


@dataclass(frozen=True)
class Column:
    """One column: its heading, how its cells are set (text, name, number, rank, bar), and how a cell is made of a row
    of data (`filled`)."""

    heading: str
    kind: str = "text"
    cell: Callable[[dict[Any, Any]], str | Cell] | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        demand("Column", heading=self.heading)
        if self.kind not in KINDS:
            raise ValueError(f"column kind {self.kind!r}")


@dataclass(frozen=True)
class Table(Block):
    """A table with caption and source.

    columns   headings and kinds; the first column of kind "name" heads its row
    rows      cells as text, or `Cell`; every row as long as `columns`
    note      what a reader must know about the figures (optional)
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str | Cell, ...], ...]
    source: str
    note: str = ""

    def __post_init__(self) -> None:
        demand("Table", caption=self.caption, columns=self.columns, rows=self.rows, source=self.source)
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"a row of {len(row)} cells in a table of {len(self.columns)} columns: {row}")

    @property
    def cells(self) -> list[list[str]]:
        """Every cell as text."""
        return [[c.text if isinstance(c, Cell) else c for c in row] for row in self.rows]

    def html(self) -> str:
        kinds = [column.kind for column in self.columns]
        header = next((i for i, kind in enumerate(kinds) if kind == "name"), None)
        heads = "".join(f'<th scope="col" class="{c.kind}">{escape(c.heading)}</th>' for c in self.columns)
        body = "".join(f"<tr>{self.row_html(row, kinds, header)}</tr>" for row in self.rows)
        wide = " wide" if len(self.columns) > 6 else ""
        return (
            f'<div class="table{wide}" role="region" tabindex="0" aria-label="{escape(self.caption)}">'
            f"<table><caption>{escape(self.caption)}</caption><thead><tr>{heads}</tr></thead>"
            f"<tbody>{body}</tbody></table></div>{note_html(self.note)}"
            f'<p class="source">{escape(self.source)}</p>'
        )

    @staticmethod
    def row_html(row: Sequence[str | Cell], kinds: list[str], header: int | None) -> str:
        out = []
        for i, (cell, kind) in enumerate(zip(row, kinds, strict=True)):
            value, share = (cell.text, cell.share) if isinstance(cell, Cell) else (cell, None)
            tag = 'th scope="row"' if i == header else "td"
            style = "" if share is None else f' style="--share:{min(max(share, 0.0), 1.0):.4f}"'
            out.append(f'<{tag} class="{kind}"{style}>{escape(value)}</{tag.split()[0]}>')
        return "".join(out)

    def plain(self) -> str:
        heads = " | ".join(c.heading for c in self.columns)
        return "\n".join([self.caption, heads, *(" | ".join(row) for row in self.cells), self.source])


def table(
    caption: str, columns: Iterable[Column], rows: Iterable[Sequence[str | Cell]], source: str, note: str = ""
) -> Table | None:
    """A table, or None when it would have no rows (its section is then left out of the page)."""
    body = tuple(tuple(row) for row in rows)
    return Table(caption, tuple(columns), body, source, note) if body else None


def filled(caption: str, found: pd.DataFrame, columns: Iterable[Column], source: str, note: str = "") -> Table | None:
    """A table of one row for each of `found`, cells as the columns make them; None where nothing was found."""
    heads = tuple(columns)
    cells = [column.cell for column in heads if column.cell]
    return table(caption, heads, ([cell(row) for cell in cells] for row in found.to_dict("records")), source, note)


@dataclass(frozen=True)
class Trial(Block):
    """A table whose page lets readers try something; without scripts, and on paper, it is the table.

    data   what the script needs, as JSON knows it
    """

    shown: Table
    data: Mapping[str, object]

    def html(self) -> str:
        data = json.dumps(self.data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return f'{self.shown.html()}<div class="trial" data-trial="{escape(data)}"></div>'

    def plain(self) -> str:
        return self.shown.plain()


@dataclass(frozen=True)
class Links(Block):
    """Pages to go to: (name, address relative to the page, remark) each."""

    caption: str
    links: tuple[tuple[str, str, str], ...]

    def __post_init__(self) -> None:
        demand("Links", caption=self.caption, links=self.links)

    def html(self) -> str:
        items = "".join(
            f'<li><a href="{escape(address)}">{escape(called)}</a>{f" – {escape(remark)}" if remark else ""}</li>'
            for called, address, remark in self.links
        )
        return f'<p class="sentence">{escape(self.caption)}</p><ul class="links">{items}</ul>'

    def plain(self) -> str:
        return "\n".join([self.caption, *(called for called, *_ in self.links)])


@dataclass(frozen=True)
class Chart(Block):
    """One or more drawings (SVG) with caption, source and alternative text."""

    caption: str
    drawings: tuple[str, ...]
    source: str
    alt: str
    note: str = field(default="")

    def __post_init__(self) -> None:
        demand("Chart", caption=self.caption, drawings=self.drawings, source=self.source, alt=self.alt)

    def html(self) -> str:
        first, *others = self.drawings  # the first speaks for all
        told = first.replace("<svg ", f'<svg role="figure" aria-label="{escape(self.alt)}" ', 1)
        return (
            f"<figure><figcaption>{escape(self.caption)}</figcaption>{told}{''.join(others)}</figure>"
            f'{note_html(self.note)}<p class="source">{escape(self.source)}</p>'
        )

    def plain(self) -> str:
        return f"{self.caption}\n{self.alt}\n{self.source}"
