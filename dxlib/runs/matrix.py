"""Which reports: year × group × notebook × language, found in the data folder and narrowed by the user."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..case import places
from ..case.cells import RESERVED
from ..case.read import GROUP, YEAR
from ..errors import Finding, Refusal, nearest
from ..languages import LANGUAGES, OFFICIAL

READERS = {
    "report": "public",
    "scorecard": "public",
    "trend": "public",
    "sensitivity": "public",
    "verification": "internal",
    "brief": "internal",
    "status": "internal",
}
NEEDS_CLAIMS = {"verification", "status"}
NEEDS_YEARS = {"trend"}  # an earlier year
READS_YEARS = {"report", "trend", "brief", "scorecard"}  # all earlier years, with the register and the lineage
GOES_ON = {"verification", "status"}  # where the ledger is wrong, with its wrong rows set aside
READS_REGISTER = {"status"}  # for the names of owners; and which forms were sent back
ONE_PER_AGENCY = {"scorecard"}  # evaluated in the worker, without a kernel each
PRINTS_ROOT = {"brief"}  # of what is published of its year and group: after everything public is made
DRAFTED_BY = ("brief", OFFICIAL)  # the job that also drafts the papers for signature
PAPERS = SUBMISSION, DECISION = ("to-trinh", "quyet-dinh")  # by the names of their templates


@dataclass(frozen=True)
class Job:
    """One notebook to run for one year and group in one language; `reader` is public or internal."""

    year: str
    group: str
    notebook: str
    lang: str
    reader: str

    def __str__(self) -> str:
        return f"{self.year}/{self.group}/{self.notebook}.{self.lang}"


def plan(
    root: Path,
    notebooks_in: Path,
    years: Iterable[object] | None = None,
    groups: Iterable[str] | None = None,
    notebooks: Iterable[str] | None = None,
    langs: Iterable[str] | None = LANGUAGES,
) -> list[Job]:
    """The jobs of a run, in order; no selection means all there are.

    Raises Refusal with every selection that is malformed or unknown, or when nothing is selected.
    """
    if not root.is_dir():
        raise Refusal([Finding("E_NOT_FOUND", "folder_missing", value=root.name)])
    found = places(root)
    names = shipped(notebooks_in)
    findings: list[Finding] = []
    chosen_years = select("years", years, sorted({y for y, _ in found}), findings)
    chosen_groups = select("groups", groups, sorted({g for _, g in found}), findings)
    chosen_notebooks = select("notebooks", notebooks, names, findings)
    chosen_langs = select("lang", langs, LANGUAGES, findings)
    if findings:
        raise Refusal(findings)
    jobs = [
        Job(y, g, n, lang, READERS[n])
        for y, g in found
        if y in chosen_years and g in chosen_groups
        for n in chosen_notebooks
        for lang in chosen_langs
    ]
    if not jobs:
        facts = {"known": ", ".join(f"{y}/{g}" for y, g in found) or "–"}
        raise Refusal([Finding("E_PARAM", "selection_empty", facts=facts)])
    return jobs


def papers(job: Job, agencies: int, unfinished: bool) -> tuple[str, ...]:
    """Which papers for signature a job drafts.

    None for one unit alone: nobody is ranked. A result that may still change can never be approved, so there is no
    decision to sign; the submission then says that it is provisional.
    """
    if (job.notebook, job.lang) != DRAFTED_BY or agencies < 2:
        return ()
    return (SUBMISSION,) if unfinished else PAPERS


def shipped(notebooks_in: Path) -> list[str]:
    return [name for name in READERS if (notebooks_in / f"{name}.ipynb").is_file()]


def select(option: str, wanted: Iterable[object] | None, known: Sequence[str], findings: list[Finding]) -> list[str]:
    """The wanted ones among the known, in the known order; what is malformed or unknown goes to `findings`."""
    if wanted is None:
        return list(known)
    texts = [str(w) for w in wanted]
    for text in dict.fromkeys(texts):
        finding = check_selection(option, text, known)
        if finding:
            findings.append(finding)
    return [k for k in known if k in texts]


def check_selection(option: str, text: str, known: Sequence[str]) -> Finding | None:
    """A year and a group must have their form before they may be looked for, or become part of a path."""
    if option == "years" and not YEAR.fullmatch(text):
        return Finding("E_PARAM", "year_form", column=option, value=text[:40])
    if option == "groups" and (not GROUP.fullmatch(text) or text in RESERVED):
        return Finding("E_PARAM", "group_form", column=option, value=text[:40])
    if text not in known:
        facts = {"option": option, "nearest": nearest(text, known) or "–", "known": ", ".join(known) or "–"}
        return Finding("E_PARAM", "selection_unknown", column=option, value=text[:40], facts=facts)
    return None
