"""Where products stand, and which of them hold."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..atomic import inside
from ..publish.open_data import PACKAGE, SCORES
from .matrix import DRAFTED_BY, ONE_PER_AGENCY, PAPERS, Job


def page(job: Job, form: str = "html") -> str:
    """A job's page (html or pdf), below the reports folder."""
    return f"{job.reader}/{job.year}/{job.group}/{job.notebook}.{job.lang}.{form}"


def card(job: Job, agency: str) -> str:
    """One agency's page of a job that makes one for each; `page` is their list."""
    return f"{job.reader}/{job.year}/{job.group}/{job.notebook}/{agency}.{job.lang}.html"


def failed_notebook(job: Job) -> str:
    """Where a failing run leaves its partial notebook: never in public."""
    return f"internal/{job.year}/{job.group}/{job.notebook}.{job.lang}.failed.ipynb"


def beside(job: Job, name: str) -> str:
    """A file that comes with a job's page, in the folder of the group."""
    return f"{job.reader}/{job.year}/{job.group}/{name}"


def calculation(job: Job) -> str:
    """The workbook with the whole calculation, beside the report."""
    return f"calculation.{job.lang}.xlsx"


def declared(job: Job) -> set[str]:
    """What a job must leave to count as made."""
    pages = {page(job), page(job, "pdf")}
    with_data = {beside(job, name) for name in (SCORES, PACKAGE, calculation(job))}
    return pages | with_data if job.notebook == "report" else pages


def stale(reports: Path, job: Job, made: Iterable[str]) -> list[str]:
    """What stands of a job and no longer holds once it is made anew: its failed notebook, a PDF that could not be made
    again, pages of agencies that are no longer in the list, drafts (no decision outlives the result that it publishes).
    """
    names = {failed_notebook(job), page(job, "pdf")}
    if job.notebook in ONE_PER_AGENCY:
        folder = card(job, "x").rpartition("/")[0]
        names |= {f"{folder}/{path.name}" for path in (reports / folder).glob(f"*.{job.lang}.html")}
    if (job.notebook, job.lang) == DRAFTED_BY:
        names |= {beside(job, f"{name}.docx") for name in PAPERS}
    return sorted(name for name in names - set(made) if (reports / name).is_file())


def holds(reports: Path, products: Mapping[str, str]) -> bool:
    """Whether every product stands in its place with the bytes that were made."""
    paths = {inside(reports, relative): digest for relative, digest in products.items()}
    return all(
        path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest for path, digest in paths.items()
    )
