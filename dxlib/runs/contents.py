"""The contents page of `reports/public`: every public page by year and group, in both languages; nothing internal.

It is read off the folder itself, so that it is right after a run of any part of the matrix.
"""

from __future__ import annotations

import re
from html import escape, unescape
from pathlib import Path

from ..case.case import GROUP, YEAR
from ..words import text
from .matrix import LANGUAGES, READERS

PAGE = "public/index.html"
TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.DOTALL)
STYLE = (
    "body{font:17px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}"
    "h1{font-size:1.6rem}h2{font-size:1.3rem;border-bottom:1px solid #bbb;margin-top:2rem}"
    "h3{font-size:1rem;margin:1.2rem 0 .2rem}"
    "ul{margin:0;padding-left:1.2rem}li{margin:.35rem 0;overflow-wrap:anywhere}a{color:#0b4f8a}"
    ".sample{border:2px solid #a33;color:#a33;font-weight:bold;padding:.4rem .8rem}"
)


def page(reports: Path) -> str:
    """The page as HTML."""
    public = reports / "public"
    years = sorted((f for f in folders(public) if YEAR.fullmatch(f.name)), reverse=True)
    sections = [section(year) for year in years]
    body = "\n".join(s for s in sections if s) or f"<p>{both('run.contents_empty')}</p>"
    made_up = any(is_sample(path) for path in public.glob("*/*/*.html"))
    banner = f'<p class="sample">{both("page.sample")}</p>\n' if made_up else ""
    return (
        f'<!DOCTYPE html>\n<html lang="vi">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(text('run.contents_title', 'vi'))}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{both('run.contents_title')}</h1>\n{banner}<p>{both('run.contents_intro')}</p>\n"
        f"{body}\n</main>\n</body>\n</html>\n"
    )


def section(year: Path) -> str:
    groups = [g for g in folders(year) if GROUP.fullmatch(g.name)]
    lists = [f"<h3>{escape(g.name)}</h3>\n<ul>\n{items}\n</ul>" for g in groups if (items := entries(year.name, g))]
    return f"<section>\n<h2>{year.name}</h2>\n" + "\n".join(lists) + "\n</section>" if lists else ""


def entries(year: str, group: Path) -> str:
    """One line per page, under the title that the page gives itself."""
    names = [
        f"{notebook}.{lang}.html" for notebook, reader in READERS.items() if reader == "public" for lang in LANGUAGES
    ]
    lines = [
        f'<li><a href="{year}/{group.name}/{name}" lang="{name.split(".")[1]}">{escape(title(group / name))}</a></li>'
        for name in names
        if (group / name).is_file()
    ]
    tables = [
        f'<li><a href="{year}/{group.name}/tables/{t.name}">{both("run.contents_table")}: {escape(t.name)}</a></li>'
        for t in sorted(group.glob("tables/*.csv"))
    ]
    return "\n".join(lines + tables)


def folders(parent: Path) -> list[Path]:
    return sorted(f for f in parent.iterdir() if f.is_dir()) if parent.is_dir() else []


def title(path: Path) -> str:
    found = TITLE.search(path.read_text("utf-8"))
    return unescape(found.group(1)).strip() if found else path.stem


def is_sample(path: Path) -> bool:
    """Whether a page says of itself that its figures are made up."""
    page = path.read_text("utf-8")
    return any(text("page.sample", lang) in page for lang in LANGUAGES)


def both(key: str) -> str:
    """Vietnamese first, English beside it."""
    return f'{escape(text(key, "vi"))} <span lang="en">/ {escape(text(key, "en"))}</span>'
