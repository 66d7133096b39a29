"""The last look at public products: no telephone, identity or mail address of a person leaves the house.

Public products are built from whitelists; this finds what somebody typed into a name or a reason.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from html import unescape

from ..errors import Finding, Refusal

KINDS = {
    "mail": re.compile(r"[\w.%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"),
    "identity": re.compile(r"(?<![\w.,/])0[0-9]{11}(?![\w.,/]*[0-9])", re.ASCII),  # căn cước, 12 digits
    "telephone": re.compile(r"(?<![\w.,/])(?:\+84[ .-]?|0)[35789](?:[ .-]?[0-9]){8}(?![\w.,/]*[0-9])", re.ASCII),
}
UNREAD = re.compile(r"base64,[A-Za-z0-9+/=]*|<script>.*?</script>|<style>.*?</style>", re.DOTALL)
TAG = re.compile(r"<[^>]*>")
WORDS = ("sharedStrings.xml", "core.xml", "app.xml")  # where a workbook keeps its words
TEXTS = (".html", ".csv", ".json", ".md")


def refuse_personal(products: Mapping[str, bytes]) -> None:
    """Raises Refusal with every personal detail in the texts of products (path -> bytes), each once."""
    found = {(kind, detail): path for path, data in products.items() for kind, detail in personal(path, data)}
    if found:
        raise Refusal(
            Finding("E_PRIVATE", f"personal_{kind}", path, value=detail) for (kind, detail), path in found.items()
        )


def personal(path: str, data: bytes) -> Iterator[tuple[str, str]]:
    """(kind, detail) of every personal detail in one product."""
    if path.endswith(".xlsx"):
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            data = b"\n".join(book.read(name) for name in book.namelist() if name.endswith(WORDS))
    elif not path.endswith(TEXTS):
        return
    text = data.decode("utf-8", "replace")
    if path.endswith((".html", ".xlsx")):
        text = unescape(TAG.sub("\n", UNREAD.sub(" ", text)))
    for kind, form in KINDS.items():
        for match in form.finditer(text):
            yield kind, match[0].strip()
