"""The index of the published pages: every year, group and agency; find one at once, compare some, offline.

It is read off the public folder itself (which pages are there, open data), so that it is right after a run of any part
of the matrix; where there is no open data, index.toml says what the set is called. What a page says is not read.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..audit import short
from ..case.settings import Settings
from ..languages import LANGUAGES
from ..show import typeface
from ..words import NOTHING, date, number, order, percent, text, title, title_of_year, translated, unambiguous
from .open_data import PACKAGE, as_meant
from .page import HERE, addresses, in_script, policy, script

PAGES = addresses("index")
YEAR, GROUP = re.compile(r"[0-9]{4}"), re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
KEYS = ("title", "intro", "roots", "empty", "search", "files", "workbook", "rank", "agency", "score", "class")
SAID = ("sort", "filter", "found", "first", "nothing", "compare", "clear", "row", "apart")


@dataclass(frozen=True)
class Signature:
    """What is published of a year and group, and what was signed of it.

    fingerprint   of the inputs of its report
    root          of all that is published there
    rows          its sign-offs, oldest first
    """

    fingerprint: str
    root: str
    rows: tuple[Mapping[str, str], ...] = ()

    @property
    def stands(self) -> bool:
        """Whether what is published is what was signed last."""
        return bool(self.rows) and self.rows[-1]["fingerprint"] == self.fingerprint

    @property
    def anchor(self) -> str:
        """The root that papers print: of the signed version, which pages that show the sign-off no longer have."""
        return (self.stands and self.rows[-1].get("root")) or self.root


def site(
    public: Path, notebooks: Iterable[str], signed: Mapping[str, Signature], settings: Mapping[str, Settings | None]
) -> dict[str, bytes]:
    """File name -> page, one per language.

    public      the folder of public products
    notebooks   names of the pages to list, in order
    signed      year/group -> what is published there and what was signed
    settings    year/group -> its index.toml
    """
    found = groups(public, settings)
    return {PAGES[lang]: page(found, list(notebooks), signed, lang).encode() for lang in LANGUAGES}


def groups(public: Path, settings: Mapping[str, Settings | None]) -> list[Group]:
    """What is published, the latest year first."""
    return [
        Group(year.name, group.name, group, settings.get(f"{year.name}/{group.name}"))
        for year in sorted(folders(public, YEAR), reverse=True)
        for group in folders(year, GROUP)
    ]


def licences(public: Path) -> list[dict[str, str]]:
    """Every licence (title, path) of the open data that is published, once."""
    found = [licence for group in groups(public, {}) for licence in group.package().get("licenses", [])]
    return [licence for i, licence in enumerate(found) if licence not in found[:i]]


def folders(parent: Path, form: re.Pattern[str]) -> list[Path]:
    return sorted(f for f in parent.iterdir() if f.is_dir() and form.fullmatch(f.name)) if parent.is_dir() else []


@dataclass(frozen=True)
class Group:
    """The published folder of a year and group; its index.toml, where that can be read."""

    year: str
    group: str
    folder: Path
    settings: Settings | None

    @property
    def place(self) -> str:
        return f"{self.year}/{self.group}"

    def package(self) -> dict[str, Any]:
        """Its Data Package; empty where there is none."""
        path = self.folder / PACKAGE
        return dict(json.loads(path.read_text("utf-8"))) if path.is_file() else {}

    def table(self, name: str) -> list[dict[str, str]]:
        path = self.folder / "tables" / f"{name}.csv"
        if not path.is_file():
            return []
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [{key: as_meant(cell) for key, cell in row.items()} for row in csv.DictReader(file)]


def page(found: list[Group], notebooks: list[str], signed: Mapping[str, Signature], lang: str) -> str:
    """One language's index."""
    from jinja2 import Environment

    described = [
        (group.year, describe(group, notebooks, lang) | said_signed(signed.get(group.place), lang)) for group in found
    ]
    listed = [(year, facts) for year, facts in described if facts["pages"]]
    years = {year: [facts for y, facts in listed if y == year] for year, _ in listed}
    pillars = {facts["place"]: facts["pillars"] for _, facts in listed if facts["pillars"]}
    scripts = [script("tables", lang), script("site", lang)]
    style = (HERE / "template" / "style.css").read_text("utf-8").strip()
    source = (HERE / "site" / "index.html.j2").read_text("utf-8")
    return Environment(autoescape=True, trim_blocks=False).from_string(source).render(
        lang=lang,
        policy=policy(scripts),
        style=f"{typeface.for_pages()}\n{style}",
        sample=text("page.sample", lang) if any(facts["sample"] for _, facts in listed) else "",
        languages=[(PAGES[one], text("language.name", one), one) for one in LANGUAGES if one != lang],
        say={key: text(f"site.{key}", lang) for key in (*KEYS, *SAID)},
        years=list(years.items()),
        script_say=in_script({key: text(f"site.{key}", lang) for key in SAID}),
        pillars=in_script(pillars),
        scripts=scripts,
    ) + "\n"  # fmt: skip


def describe(group: Group, notebooks: list[str], lang: str) -> dict[str, Any]:
    """What the template prints of a group; without open data, index.toml says its title and whether it is a sample."""
    package, pages = group.package(), list(listed_pages(group, notebooks, lang))
    mark, sample = package.get("mark", ""), bool(group.settings and group.settings.sample)
    scores = group.table("scores")
    rows = ranking(group, scores, lang)
    return {
        "place": group.place,
        "title": title(package.get("titles", {}), lang) or named(group, pages),
        "mark": mark,
        "sample": any(text("open_data.mark.sample", one) in mark for one in LANGUAGES) if package else sample,
        "pages": pages,
        "versions": versions(group, lang),
        "files": [(f"{group.place}/tables/{p.name}", p.name) for p in sorted(group.folder.glob("tables/*.csv"))],
        "workbook": next((f"{group.place}/{p.name}" for p in group.folder.glob(f"calculation.{lang}.xlsx")), ""),
        "rows": rows,
        "ranking": text("site.ranking", lang, n=number(len(rows), lang)),
        "pillars": pillars_of(group, scores, lang),
    }


def said_signed(signed: Signature | None, lang: str) -> dict[str, str]:
    """What was signed, and whether it still stands there; a version that was replaced says by what, when and why.
    And the root, with what it stands for."""
    if not signed:
        return {}
    following = [*signed.rows[1:], None]
    said = [said_of_version(row, by, signed.fingerprint, lang) for row, by in zip(signed.rows, following, strict=False)]
    of = "root_signed" if signed.anchor != signed.root else "root_now"
    return {"signed": " ".join(reversed(said)), "root": signed.anchor, "root_of": text(f"site.{of}", lang)}


def said_of_version(row: Mapping[str, str], following: Mapping[str, str] | None, current: str, lang: str) -> str:
    """A sign-off in words: it stands, or by what, when and why it was replaced.

    following   the next sign-off
    current     fingerprint of what is published now
    """
    if following is not None:
        facts = {
            "by": following["version"],
            "on": date(following["date"], lang),
            "reason": following["reason"] or NOTHING,
        }
        return text("site.replaced", lang, **sign_off(row, lang), **facts)
    if row["fingerprint"] == current:
        return text("site.signed", lang, **sign_off(row, lang))
    return text("site.superseded", lang, **sign_off(row, lang), now=short(current))


def sign_off(row: Mapping[str, str], lang: str) -> dict[str, str]:
    """A row of approvals.csv as facts of a sentence."""
    facts = {key: row[key] or NOTHING for key in ("version", "decision", "role")}
    return facts | {"date": date(row["date"], lang), "code": short(row["fingerprint"])}


def versions(group: Group, lang: str) -> list[tuple[str, str]]:
    """(address, name) of every signed version that is kept there, newest first."""
    kept = {int(p.parent.name[1:]): p for p in group.folder.glob("v*/report.*.html") if p.parent.name[1:].isdecimal()}
    own = {n: p.with_name(f"report.{lang}.html") for n, p in kept.items()}
    there = {n: path if path.is_file() else kept[n] for n, path in own.items()}
    return [
        (f"{group.place}/v{n}/{there[n].name}", text("site.version", lang, version=number(n, lang)))
        for n in sorted(there, reverse=True)
    ]


def listed_pages(group: Group, notebooks: list[str], lang: str) -> Iterable[dict[str, str]]:
    """The pages of a group in a language; in another one where a page is not there in this."""
    for notebook in notebooks:
        there = [one for one in order(lang) if (group.folder / f"{notebook}.{one}.html").is_file()]
        if there:
            paper = group.folder / f"{notebook}.{there[0]}.pdf"
            yield {
                "title": text(f"run.title_{notebook}", lang, set="").strip(" :"),
                "lang": there[0],
                "address": f"{group.place}/{notebook}.{there[0]}.html",
                "paper": f"{group.place}/{paper.name}" if paper.is_file() else "",
            }


def named(group: Group, pages: list[dict[str, str]]) -> str:
    """What index.toml calls the set, in the language of the first page; the group's code where it cannot be read."""
    if not (group.settings and group.settings.title and pages):
        return group.place
    return title_of_year(group.settings.title, group.year, pages[0]["lang"])


def names(rows: Iterable[Mapping[str, str]], key: str, lang: str) -> dict[str, str]:
    """key -> name of a published table."""
    return {row[key]: translated(row, "name", lang) for row in rows}


def ranking(group: Group, scores: list[dict[str, str]], lang: str) -> list[dict[str, str]]:
    """The agencies by list and rank, those without a rank last."""
    called = unambiguous(names(group.table("agencies"), "agency", lang))
    classes = names(group.table("classes"), "class", lang)
    whole = [row for row in scores if row["node"] == "index"]
    whole.sort(key=lambda row: (row["scope"], int(row["rank"] or 10**9)))
    return [
        {
            "agency": row["agency"],
            "name": called.get(row["agency"]) or row["agency"],
            "rank": text("site.of", lang, rank=row["rank"], of=row["of"]) if row["rank"] else NOTHING,
            "share": row["score"] and f"{min(max(float(row['score']), 0), 1):.4f}",
            "score": percent(float(row["score"]), lang, 2) if row["score"] else NOTHING,
            "class": classes.get(row["class"], NOTHING),
            "address": card(group, row["agency"], lang),
        }
        for row in whole
    ]


def card(group: Group, agency: str, lang: str) -> str:
    """The address of an agency's own page, "" where there is none."""
    path = group.folder / "scorecard" / f"{agency}.{lang}.html"
    return f"{group.place}/scorecard/{path.name}" if path.is_file() else ""


def pillars_of(group: Group, scores: list[dict[str, str]], lang: str) -> dict[str, Any]:
    """Names of the main rows and every agency's share of each, as printed."""
    called = names(group.table("indicators"), "code", lang)
    first = [row for row in scores if row["level"] == "1" and row["state"] != "not-scored"]
    codes = list(dict.fromkeys(row["node"] for row in first))
    shares: dict[str, dict[str, str]] = {}
    for row in first:
        shares.setdefault(row["agency"], {})[row["node"]] = (
            percent(float(row["score"]), lang) if row["score"] else NOTHING
        )
    codes = [code for code in codes if any(own.get(code, NOTHING) != NOTHING for own in shares.values())]
    if not codes or not called:
        return {}
    return {
        "names": [f"{code}. {called[code]}" if code[0].isdigit() else called[code] for code in codes],
        "of": {agency: [own.get(code, NOTHING) for code in codes] for agency, own in shares.items()},
    }
