"""Where products stand, and how they get there: whole or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ..errors import Finding, Refusal
from ..publish.open_data import PACKAGE, SCORES
from .matrix import DRAFTED_BY, PAPERS, Job


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


def inside(reports: Path, relative: str) -> Path:
    """The product's path, after making sure that it lies in the reports folder (no symbolic link leads out)."""
    path = reports / relative
    if not path.resolve().is_relative_to(reports.resolve()):
        raise Refusal([Finding("E_PARAM", "path_outside", relative)])
    return path


def publish(reports: Path, work: Path, products: Mapping[str, bytes]) -> dict[str, str]:
    """Write products: first all of them in full to `work` (same disk), then each moved to its place at one stroke.

    Returns product -> SHA-256. What cannot be written raises OSError and leaves what was there.
    """
    places = {relative: inside(reports, relative) for relative in products}
    drafts = {}
    for i, (relative, data) in enumerate(products.items()):
        drafts[relative] = work / f"product-{i}"
        with drafts[relative].open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    for relative, draft in drafts.items():
        places[relative].parent.mkdir(parents=True, exist_ok=True)
        draft.replace(places[relative])
    return {relative: hashlib.sha256(data).hexdigest() for relative, data in products.items()}


def withdraw(reports: Path, relative: str) -> None:
    """Remove a product that no longer holds."""
    with suppress(FileNotFoundError):
        inside(reports, relative).unlink()


def withdraw_others(reports: Path, job: Job, made: Mapping[str, str]) -> None:
    """Remove the pages of agencies that are no longer in the list."""
    folder = inside(reports, products_folder := card(job, "x").rpartition("/")[0])
    for path in folder.glob(f"*.{job.lang}.html"):
        if f"{products_folder}/{path.name}" not in made:
            path.unlink()


def withdraw_drafts(reports: Path, job: Job, made: Mapping[str, str]) -> None:
    """Remove the drafts of a job that no longer hold: no decision outlives the result that it publishes."""
    if (job.notebook, job.lang) == DRAFTED_BY:
        for name in PAPERS:
            if beside(job, f"{name}.docx") not in made:
                withdraw(reports, beside(job, f"{name}.docx"))


def holds(reports: Path, products: Mapping[str, str]) -> bool:
    """Whether every product stands in its place with the bytes that were made."""
    paths = {inside(reports, relative): digest for relative, digest in products.items()}
    return all(
        path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest for path, digest in paths.items()
    )
