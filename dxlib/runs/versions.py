"""Signed versions: kept among the data as they were signed, published at an address of their own, marked when replaced.

What was signed cannot be made again once an input has changed, so it is data: `<year>/<group>/signed/<version>/` holds
the public products and the part of the record that says from what they were made. Pages whose figures are others than
those signed last say so.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pandas as pd

from ..atomic import read_plain
from ..audit import NOTICE_STYLE, RECORD, REPORT, SIGNED_FORMAT, canonical, digest, fingerprint, kept_root, strangers
from ..case import Case, check_chain, places
from ..case.read import read_file
from ..errors import Finding, Refusal
from ..index import INDEX, to_csv
from ..publish.open_data import SCORES
from ..publish.site import said_of_version, sign_off
from ..show import labels
from ..words import NOTHING, number, text
from .record import Entry, describe, of_place

SIGNED = "signed"
WITHOUT_ROOT = "dxlib-signed-1"  # versions that were signed before a sign-off bound a root
MOST = 5  # agencies named in a banner
BODY = re.compile(r"<body[^<>]*>")
LANGUAGE = re.compile(r"\.([a-z]{2})\.html\Z")


def archived(reports: Path, place: str, version: str, entries: Mapping[str, Entry]) -> dict[str, bytes]:
    """What a sign-off keeps: path below the folder of the year and group -> bytes.

    entries   of the record, as `record.read` gives them; all public products of the place are kept
    """
    own = {name.partition("/")[2]: of for name, of in of_place(place, entries).items()}
    kept: dict[str, bytes] = {}
    for of in own.values():
        for path in of["products"]:
            kept[f"{SIGNED}/{version}/{path.removeprefix(f'{place}/')}"] = (reports / "public" / path).read_bytes()
    record = describe("public", own, {})
    held = {"jobs": record["jobs"], "rows": record["rows"].get(place), "signed": record["signed"].get(place, [])}
    described = {"format": SIGNED_FORMAT, **held, "root": kept_root(place, held)}
    return kept | {f"{SIGNED}/{version}/{RECORD}": canonical(described) + b"\n"}


@dataclass(frozen=True)
class Superseded:
    """That the figures are others than those signed last.

    signed   the row of approvals.csv
    kept     whether the signed figures are there to be compared with
    changed  agencies with other figures; moved: those of them with another rank or class, and what it was and is
    """

    signed: Mapping[str, str]
    kept: bool = False
    changed: tuple[str, ...] = ()
    moved: tuple[tuple[str, str, str], ...] = ()


def superseded(root: Path, case: Case, scores: pd.DataFrame) -> Superseded | None:
    """Whether the figures of a case are others than those signed last; None where nothing was signed, or the same was.

    scores   the official ones, from `index.score`

    Raises Refusal where the kept version is not as it was signed.
    """
    if case.approvals.empty:
        return None
    place, last = f"{case.year}/{case.group}", case.approvals.to_dict("records")[-1]
    folder = root / place / SIGNED / str(last["version"])
    kept = dict(as_signed(folder, place, last)).get(SCORES)
    if kept is None:
        return Superseded(last)
    then, now = (by_agency(text) for text in (kept.decode("utf-8-sig"), to_csv(scores)))
    changed = tuple(agency for agency in {**now, **then} if now.get(agency) != then.get(agency))
    moved = []
    for agency in changed:
        was, has = (of.get(agency, {}).get(INDEX, {}) for of in (then, now))
        if any(was.get(key, "") != has.get(key, "") for key in ("rank", "class")):
            moved.append((agency, was.get("rank", ""), has.get("rank", "")))
    return Superseded(last, True, changed, tuple(moved)) if changed else None


def by_agency(scores: str) -> dict[str, dict[str, dict[str, str]]]:
    """agency -> node -> the figures of a table of scores."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for row in csv.DictReader(io.StringIO(scores)):
        figures = {key: row[key] for key in ("score", "points", "max_points", "rank", "class")}
        found.setdefault(row["agency"], {})[row["node"]] = figures
    return found


def said_superseded(found: Superseded, case: Case, lang: str) -> str:
    """Which version is signed, what changed since, who moved."""
    facts = sign_off(found.signed, lang)
    if not found.kept:
        return text("page.superseded_unknown", lang, **facts)
    named = labels.agencies(case, lang)
    changed = [named.get(agency, agency) for agency in found.changed]
    moved = [f"{named.get(agency, agency)} {was or NOTHING} → {now or NOTHING}" for agency, was, now in found.moved]
    who = text("page.superseded_moved", lang, list=some(moved, lang)) if moved else text("page.superseded_none", lang)
    return text("page.superseded", lang, n=number(len(changed), lang), list=some(changed, lang), moved=who, **facts)


def some(names: list[str], lang: str) -> str:
    """The first names, and how many more."""
    more = text("page.and_more", lang, n=number(len(names) - MOST, lang)) if len(names) > MOST else ""
    return "; ".join(names[:MOST]) + more


def published(root: Path, place: str, current: str, rows: Sequence[Mapping[str, str]]) -> dict[str, bytes]:
    """Every kept version of a place: path below the public folder -> bytes.

    current   fingerprint of the Vietnamese report that stands there now
    rows      the sign-offs of the place, oldest first

    Raises Refusal where a version is not as it was signed.
    """
    made: dict[str, bytes] = {}
    for row, following in zip_longest(rows, rows[1:]):
        folder = root / place / SIGNED / row["version"]
        replaced = following is not None or row["fingerprint"] != current
        for path, data in as_signed(folder, place, row):
            language = LANGUAGE.search(path)
            if replaced and language:
                said = said_of_version(row, following, current, language[1])
                data = marked(data, said, f"{'../' * (path.count('/') + 1)}{path}", language[1])
            made[f"{place}/v{row['version']}/{path}"] = data
    return made


def wrong(root: Path) -> list[Finding]:
    """Kept versions of a data folder that are not as they were signed, and chains of sign-offs that are broken."""
    found: list[Finding] = []
    for year, group in places(root):
        approvals, _ = read_file("approvals", root / year / group / "approvals.csv", "approvals.csv", {})
        found += check_chain(approvals, f"{year}/{group}") + touched(root, year, group, approvals)
    return found


def touched(root: Path, year: str, group: str, approvals: pd.DataFrame) -> list[Finding]:
    """Kept versions of a year and group that are not as they were signed, have gone, or that nobody signed."""
    place, folder = f"{year}/{group}", root / year / group / SIGNED
    kept = {path.name for path in folder.iterdir() if path.is_dir()} if folder.is_dir() else set()
    unnamed = sorted(kept - set(approvals["version"]))
    found = [Finding("E_APPROVE", "signed_unnamed", f"{place}/{SIGNED}/{name}") for name in unnamed]
    for row in approvals.to_dict("records"):
        try:
            list(as_signed(folder / str(row["version"]), place, row))
        except Refusal as refusal:
            found += refusal.findings
    return found


def as_signed(folder: Path, place: str, row: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """(path, bytes) of the files of a kept version, after holding them against what was signed; its record last."""
    if not folder.is_dir() and not row.get("root"):  # signed before versions were kept
        return
    if not folder.is_dir():
        raise Refusal([Finding("E_APPROVE", "signed_gone", f"{place}/{SIGNED}/{folder.name}")])
    shown = f"{place}/{SIGNED}/{folder.name}"
    try:
        kept = json.loads(read_plain(folder / RECORD))
        bound = kept["format"] == SIGNED_FORMAT
        jobs = kept["jobs"] if bound or kept["format"] == WITHOUT_ROOT else {}
        root = kept_root(place, kept) if bound else ""
        prints = {name: fingerprint(of) for name, of in jobs.items()}
        products = {path: of["sha256"] for job in jobs.values() for path, of in job["products"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refusal([Finding("E_APPROVE", "signed_changed", f"{shown}/{RECORD}")]) from error
    as_bound = prints.get(f"{place}{REPORT}") == row["fingerprint"] and root == (row.get("root") or "")
    if not as_bound or strangers(place, jobs):
        raise Refusal([Finding("E_APPROVE", "signed_changed", f"{shown}/{RECORD}")])
    for path, sha256 in products.items():
        relative = path.removeprefix(f"{place}/")
        there = folder / relative
        data = there.read_bytes() if there.is_file() and not there.is_symlink() else b""
        if digest(data) != sha256:
            raise Refusal([Finding("E_APPROVE", "signed_changed", f"{shown}/{relative}")])
        yield relative, data
    if bound:
        yield RECORD, read_plain(folder / RECORD)


def marked(page: bytes, said: str, current: str, lang: str) -> bytes:
    """A page that says first of all that it was replaced, and leads to the one that stands now."""
    link = f'<a href="{escape(current)}">{escape(text("site.current", lang))}</a>'
    style = f'role="note" data-replaced style="{NOTICE_STYLE}"'  # `audit.NOTICE` looks past it
    notice = f"<p {style}>{escape(said)} {link}</p>"
    whole = page.decode()
    body = BODY.search(whole)
    at = body.end() if body else 0
    return f"{whole[:at]}{notice}{whole[at:]}".encode()
