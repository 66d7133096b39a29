"""The contents page of `reports/public`: every public page by year and index set; nothing internal.

It is read off the folder itself, so that it is right after a run of any part of the matrix.
"""

from __future__ import annotations

import re
from html import escape, unescape
from importlib.resources import files
from pathlib import Path

from ..case.read import GROUP, YEAR
from ..words import text
from .matrix import LANGUAGES, READERS

PAGE = "public/index.html"
TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.DOTALL)
PUBLIC = [notebook for notebook, reader in READERS.items() if reader == "public"]


def page(reports: Path) -> str:
    """The page as HTML, in the style of the reports."""
    public = reports / "public"
    years = sorted((f for f in folders(public) if YEAR.fullmatch(f.name)), reverse=True)
    body = "\n".join(filter(None, map(section, years))) or f"<p>{both('run.contents_empty')}</p>"
    made_up = any(is_sample(path) for path in public.glob("*/*/*.html") if path.is_file())
    banner = f'<p class="banner sample">{both("page.sample")}</p>\n' if made_up else ""
    style = files("dxlib.publish").joinpath("template/style.css").read_text("utf-8").strip()
    return (
        '<!DOCTYPE html>\n<html lang="vi">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(text('run.contents_title', 'vi'))}</title>\n<style>\n{style}\n</style>\n</head>\n"
        f"<body>\n<header>\n{banner}<h1>{both('run.contents_title')}</h1>\n</header>\n"
        f"<main>\n<p>{both('run.contents_intro')}</p>\n{body}\n</main>\n</body>\n</html>\n"
    )


def section(year: Path) -> str:
    lists = [entries(year.name, group) for group in folders(year) if GROUP.fullmatch(group.name)]
    return f"<section>\n<h2>{year.name}</h2>\n" + "\n".join(filter(None, lists)) + "\n</section>" if any(lists) else ""


def entries(year: str, group: Path) -> str:
    """The pages of one group under the name of its index set: a line per subject, with a link per language."""
    lines, names = [], {}
    for notebook in PUBLIC:
        links = []
        for lang in LANGUAGES:
            path = group / f"{notebook}.{lang}.html"
            paper = path.with_suffix(".pdf")
            if path.is_file():
                subject = text(f"run.title_{notebook}", lang, set="")
                names[lang] = title(path).removeprefix(subject)
                links.append(link(f"{year}/{group.name}/{path.name}", escape(subject.strip(" :")), lang))
                links[-1] += f" ({link(f'{year}/{group.name}/{paper.name}', 'PDF', lang)})" if paper.is_file() else ""
        lines += [f"<li>{' / '.join(links)}</li>"] if links else []
    for table in sorted(group.glob("tables/*.csv")):
        address = f"{year}/{group.name}/tables/{table.name}"
        lines.append(f"<li>{link(address, both('run.contents_table'), 'vi')} (CSV)</li>")
    heading = " / ".join(
        f'<span lang="{lang}">{escape(name)}</span>' for lang, name in sorted(names.items(), reverse=True)
    )
    return f"<h3>{heading or group.name}</h3>\n<ul>\n" + "\n".join(lines) + "\n</ul>" if lines else ""


def link(address: str, label: str, lang: str) -> str:
    return f'<a href="{address}" lang="{lang}">{label}</a>'


def folders(parent: Path) -> list[Path]:
    return sorted(f for f in parent.iterdir() if f.is_dir()) if parent.is_dir() else []


def title(path: Path) -> str:
    found = TITLE.search(path.read_text("utf-8", errors="replace"))
    return unescape(found.group(1)).strip() if found else path.stem


def is_sample(path: Path) -> bool:
    """Whether a page says of itself that its figures are made up."""
    page = path.read_text("utf-8", errors="replace")
    return any(text("page.sample", lang) in page for lang in LANGUAGES)


def both(key: str) -> str:
    """Vietnamese first, English beside it."""
    return f'{escape(text(key, "vi"))} <span lang="en">/ {escape(text(key, "en"))}</span>'
