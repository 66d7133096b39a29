"""Signed versions: kept among the data as they were signed, published at an address of their own, marked when replaced.

What was signed cannot be made again once an input has changed, so it is data: `<year>/<group>/signed/<version>/` holds
the products and the part of the record that says from what they were made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html import escape
from itertools import zip_longest
from pathlib import Path

from ..audit import canonical, digest, fingerprint
from ..case import check_chain, places
from ..case.read import read_file
from ..errors import Finding, Refusal
from ..publish.site import said_of_version
from ..words import text
from .record import RECORD, Entry

SIGNED, FORMAT = "signed", "dxlib-signed-1"
BODY = re.compile(r"<body[^>]*>")
LANGUAGE = re.compile(r"\.([a-z]{2})\.html\Z")
STYLE = "padding:1rem;border-bottom:3px solid #b00020;background:#fff3f3;color:#5f0010;font:bold 1rem/1.5 sans-serif"
Rows = list[Mapping[str, str]]


def archived(reports: Path, place: str, version: str, entries: Mapping[str, Entry]) -> dict[str, bytes]:
    """What a sign-off keeps: path below the folder of the year and group -> bytes.

    entries   of the record, as `record.read` gives them; the reports of the place in every language are kept
    """
    own = {name.partition("/")[2]: of for name, of in entries.items() if name.startswith(f"public/{place}/report.")}
    kept: dict[str, bytes] = {}
    for of in own.values():
        for path in of["products"]:
            kept[f"{SIGNED}/{version}/{path.removeprefix(f'{place}/')}"] = (reports / "public" / path).read_bytes()
    jobs = {name: {key: part for key, part in of.items() if key not in ("signed", "rows")} for name, of in own.items()}
    return kept | {f"{SIGNED}/{version}/{RECORD}": canonical({"format": FORMAT, "jobs": jobs}) + b"\n"}


def published(root: Path, place: str, current: str, rows: Rows) -> dict[str, bytes]:
    """Every kept version of a place: path below the public folder -> bytes.

    current   fingerprint of the Vietnamese report that stands there now
    rows      the sign-offs of the place, oldest first

    Raises Refusal where a version is not as it was signed.
    """
    made: dict[str, bytes] = {}
    for row, following in zip_longest(rows, rows[1:]):
        folder = root / place / SIGNED / row["version"]
        replaced = following is not None or row["fingerprint"] != current
        for path, data in as_signed(folder, place, row["fingerprint"]):
            language = LANGUAGE.search(path)
            if replaced and language:
                said = said_of_version(row, following, current, language[1])
                data = marked(data, said, f"{'../' * (path.count('/') + 1)}{path}", language[1])
            made[f"{place}/v{row['version']}/{path}"] = data
    return made


def wrong(root: Path) -> list[Finding]:
    """Kept versions of a data folder that are not as they were signed."""
    found: list[Finding] = []
    for year, group in places(root):
        folder = root / year / group
        approvals, _ = read_file("approvals", folder / "approvals.csv", "approvals.csv", {})
        found += check_chain(approvals, f"{year}/{group}")
        for row in approvals.to_dict("records") if (folder / SIGNED).is_dir() else ():
            try:
                list(as_signed(folder / SIGNED / row["version"], f"{year}/{group}", row["fingerprint"]))
            except Refusal as refusal:
                found += refusal.findings
    return found


def as_signed(folder: Path, place: str, signed: str) -> Iterator[tuple[str, bytes]]:
    """(path, bytes) of the files of a kept version, after holding them against what was signed."""
    if not folder.is_dir():  # signed before versions were kept, or on another machine
        return
    shown = f"{place}/{SIGNED}/{folder.name}"
    try:
        kept = json.loads((folder / RECORD).read_bytes())
        jobs = kept["jobs"] if kept["format"] == FORMAT else {}
        prints = {name: fingerprint(of) for name, of in jobs.items()}
        products = {path: of["sha256"] for job in jobs.values() for path, of in job["products"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refusal([Finding("E_APPROVE", "signed_changed", f"{shown}/{RECORD}")]) from error
    if prints.get(f"{place}/report.vi") != signed:
        raise Refusal([Finding("E_APPROVE", "signed_changed", f"{shown}/{RECORD}")])
    for path, sha256 in products.items():
        relative = path.removeprefix(f"{place}/")
        there = folder / relative
        data = there.read_bytes() if there.is_file() else b""
        if digest(data) != sha256:
            raise Refusal([Finding("E_APPROVE", "signed_changed", f"{shown}/{relative}")])
        yield relative, data


def marked(page: bytes, said: str, current: str, lang: str) -> bytes:
    """A page that says first of all that it was replaced, and leads to the one that stands now."""
    link = f'<a href="{escape(current)}">{escape(text("site.current", lang))}</a>'
    notice = f'<p role="note" style="{STYLE}">{escape(said)} {link}</p>'
    whole = page.decode()
    body = BODY.search(whole)
    at = body.end() if body else 0
    return f"{whole[:at]}{notice}{whole[at:]}".encode()
