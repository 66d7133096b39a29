"""One page with every report that a run could not make, in plain words; for the department alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..errors import Finding
from ..languages import LANGUAGES
from ..show import typeface
from ..words import finding, number, text
from .page import HERE, addresses, policy

PAGES = addresses("failures")
COLUMNS = ("year", "group", "page", "heading", "what", "remedy")
Failure = tuple[str, str, str, Sequence[Finding], str]


def failures(failed: Iterable[Failure]) -> dict[str, bytes]:
    """File name -> page, one per language; none where nothing failed.

    failed   (year, group, page, findings, address of the notebook as far as it came or "") of each
    """
    known = list(failed)
    return {PAGES[lang]: page(known, lang).encode() for lang in LANGUAGES} if known else {}


def page(failed: list[Failure], lang: str) -> str:
    from jinja2 import Environment

    source = (HERE / "site" / "failures.html.j2").read_text("utf-8")
    style = (HERE / "template" / "style.css").read_text("utf-8").strip()
    return Environment(autoescape=True).from_string(source).render(
        lang=lang,
        policy=policy([]),
        style=f"{typeface.for_pages()}\n{style}",
        title=text("failures.title", lang),
        intro=text("failures.intro", lang, n=number(len(failed), lang)),
        head=[text(f"failures.{column}", lang) for column in COLUMNS],
        rows=[row for one in failed for row in rows(one, lang)],
        notebook=text("failures.notebook", lang),
        languages=[(PAGES[one], text("language.name", one), one) for one in LANGUAGES if one != lang],
    ) + "\n"  # fmt: skip


def rows(failure: Failure, lang: str) -> Iterable[dict[str, str]]:
    """A line for each reason."""
    year, group, page, findings, notebook = failure
    for found in findings:
        said = finding(found, lang)
        yield {
            "year": year,
            "group": group,
            "page": page,
            "heading": str(found.facts.get("heading", "")),
            "what": said["what"],
            "remedy": said["remedy"],
            "notebook": notebook,
        }
