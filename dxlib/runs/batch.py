"""`dx run`: plan, check everything at the door, read each case once, run its notebooks, list the pages."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

from ..atomic import working_folder
from ..case import (
    Case,
    Series,
    check_there,
    read_before,
    read_case,
    read_for_verification,
    read_series,
    root_digests,
)
from ..errors import Finding, Refusal
from ..index import provisional, score
from ..languages import LANGUAGES, OFFICIAL
from ..moves import all_short
from ..publish.open_data import merged, open_data
from ..words import date, text, title_of_year
from . import cluster, fingerprint, log, matrix, products, record, unchanged, versions
from .execute import EXPORTER, REPOSITORY, Outcome, Pause, Task, failed
from .matrix import Job
from .notebooks import altered
from .parameters import Parameter, Scalar, check_given, complete, read_declared
from .pool import forks, run_all
from .publication import Publication, opened, put

TEMPLATES = "templates"  # below the data folder: the user's own templates of papers for signature


@dataclass(frozen=True)
class RunResult:
    """What became of every job, in the order of the matrix."""

    outcomes: tuple[Outcome, ...]

    @property
    def failures(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if not outcome.whole)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Why, each reason once: a wrong cell fails every job of its case."""
        seen: list[Finding] = []
        for outcome in self.failures:
            seen += [finding for finding in outcome.findings if finding not in seen]
        return tuple(seen)

    @property
    def exit_code(self) -> int:
        return 1 if self.failures else 0


@dataclass(frozen=True)
class Source:
    """What is the same for every job of a run."""

    root: Path
    reports: Path
    notebooks_in: Path
    declared: Mapping[str, Mapping[str, Parameter]]
    given: Mapping[str, Mapping[str, Scalar]]
    library: str
    lock: str
    exporter: str
    cell_seconds: int
    force: bool
    former: Mapping[str, record.Entry]
    memory: Mapping[str, tuple[str, str]]
    files: Mapping[str, str] | None
    roots: Mapping[str, str | None] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        root: Path,
        reports: Path,
        notebooks_in: Path,
        declared: Mapping[str, Mapping[str, Parameter]],
        given: Mapping[str, Mapping[str, Scalar]],
        **how: Any,
    ) -> Source:
        """The same, with the digests of the programme and of every file there is."""
        lock = REPOSITORY / "requirements.lock"
        return cls(
            root,
            reports,
            notebooks_in,
            declared,
            given,
            library=fingerprint.digest_library(REPOSITORY / "dxlib"),
            lock=fingerprint.digest_file(lock) if lock.is_file() else "",
            memory=unchanged.read(reports),
            files=unchanged.files_of(root),
            **how,
        )

    @cached_property
    def programme(self) -> dict[str, object]:
        """All that a job depends on besides its data: notebook -> digests and what the user gave."""
        return {
            name: {
                "notebook": fingerprint.digest_notebook(self.notebooks_in / f"{name}.ipynb"),
                "given": fingerprint.portable(self.given[name]),
                "library": self.library,
                "lock": self.lock,
                "exporter": self.exporter,
            }
            for name in self.declared
        }

    @cached_property
    def around(self) -> dict[tuple[str, str], str]:
        """(year, notebook) -> digest of all that its jobs could read."""
        years = {path.partition("/")[0] for path in self.files or ()}
        return {(y, n): unchanged.surroundings(self.files, y, of) for y in years for n, of in self.programme.items()}


def run(
    root: str | Path,
    reports: str | Path,
    years: Iterable[object] | None = None,
    groups: Iterable[str] | None = None,
    notebooks: Iterable[str] | None = None,
    langs: Iterable[str] | None = LANGUAGES,
    parameters: Iterable[tuple[str, object]] = (),
    jobs: int | None = None,
    progress: Callable[[Outcome, int], None] | None = None,
    begun: Callable[[Job], object] = lambda job: None,
    notebooks_in: Path = REPOSITORY / "notebooks",
    exporter: str = EXPORTER,
    cell_seconds: int = 600,
    force: bool = False,
    kernels: str | None = None,
    dask: str | None = None,
    own_notebooks: bool = False,
    roots: Mapping[str, str | None] | None = None,
) -> RunResult:
    """Run the matrix year × group × notebook × language.

    root, reports   the data folder and the folder of products
    years, groups, notebooks, langs   selections; None = all
    parameters      (name, value) pairs; `split` makes them of `NAME=VALUE` texts
    jobs            how many at the same time; default one per core
    progress        called with each Outcome and the number of jobs
    begun           called with each job that a worker begins
    force           make everything anew, also what has not changed since its record
    kernels         forked or ordinary; default: forked on Linux, else ordinary
    dask            address of a dask scheduler whose workers run the jobs instead of this machine's, see `cluster`
    own_notebooks   run shipped notebooks that were altered, too
    roots           year/group -> root that its papers print, where it is not that of what this run finds published

    Returns every Outcome in the order of the matrix. Raises Refusal before anything starts when a selection
    or a parameter does not hold; what fails later is an Outcome, and the other jobs finish.
    """
    root, reports = Path(root).resolve(), Path(reports).resolve()
    chosen, declared, given = open_door(root, notebooks_in, (years, groups, notebooks, langs), parameters)
    if findings := [] if own_notebooks else altered(notebooks_in, declared):
        raise Refusal(findings)
    all_short(reports, sorted(path for job in chosen for path in products.declared(job)))
    began, times = log.now(), []
    outcomes: dict[Job, Outcome] = {}
    with working_folder(reports) as work:
        publication, plan = opened(root, reports, work), Plan(chosen)
        how = {"exporter": exporter, "cell_seconds": cell_seconds, "force": force, "former": publication.former}
        how["roots"] = roots or {}
        source = Source.of(root, reports, notebooks_in, declared, given, **how)
        workers = max(1, min(jobs or cores(), len(chosen)))
        finished = False
        try:
            tasks = prepare(source, plan, publication)
            doing = (
                cluster.run_all(tasks, dask, begun) if dask else run_all(tasks, work, workers, forks(kernels), begun)
            )
            with closing(doing) as running:
                for ended in running:
                    outcomes[ended.job] = outcome = publication.receive(ended, plan.stamps.get(ended.job))
                    times.append(log.line(outcome))
                    if progress:
                        progress(outcome, len(chosen) - len(plan.left_out))
                    if plan.case_ended(ended.job, outcomes):
                        publication.publish()
            finished = True
        finally:  # after an interruption too: what was made need not be made again
            if outcomes:
                publication.publish()
                outcomes |= publication.final(outcomes)
                publication.tell(outcomes.values())
                publication.close()
                put(publication, log.LOG, log.described(REPOSITORY, began, times, finished, dask or workers))
                put(publication, unchanged.MEMORY, unchanged.written({**source.memory, **plan.remembered(outcomes)}))
        reported = [finding for outcome in outcomes.values() for finding in outcome.findings]
        if unreported := [
            finding for of in publication.held.values() for finding in of if finding not in reported
        ]:  # of no job's file
            raise Refusal(unreported)
        if not outcomes:
            raise Refusal([Finding("E_PARAM", "selection_empty", facts={"known": ", ".join(matrix.READERS)})])
    return RunResult(tuple(outcomes[job] for job in chosen if job in outcomes))


@dataclass
class Plan:
    """The jobs of a run, and what becomes known of them while their cases are read.

    stamps     what a job is made from
    left_out   jobs that have nothing to show
    around     surroundings of a job, where what was read of them is what stood there at the start, see `unchanged`
    """

    chosen: list[Job]
    stamps: dict[Job, record.Stamp] = field(default_factory=dict)
    left_out: set[Job] = field(default_factory=set)
    around: dict[Job, str] = field(default_factory=dict)

    def case_ended(self, job: Job, outcomes: Mapping[Job, Outcome]) -> bool:
        """Whether every job of the same year and group has come to its end; papers, which come last, by themselves."""
        same = [one for one in self.chosen if (one.year, one.group, late(one)) == (job.year, job.group, late(job))]
        return all(one in outcomes or one in self.left_out for one in same)

    def remembered(self, outcomes: Mapping[Job, Outcome]) -> dict[str, tuple[str, str]]:
        """What the next run may take for granted: job -> (its surroundings, its fingerprint)."""
        held = {job for job, outcome in outcomes.items() if outcome.whole and job in self.stamps}
        made = {job: self.stamps[job].fingerprint for job in held} | dict.fromkeys(self.left_out, "")
        return {record.named(job): (self.around[job], print) for job, print in made.items() if job in self.around}


def open_door(
    root: Path, notebooks_in: Path, selections: tuple[Iterable | None, ...], parameters: Iterable[tuple[str, object]]
) -> tuple[list[Job], dict[str, dict[str, Parameter]], dict[str, dict[str, Scalar]]]:
    """The jobs, what their notebooks declare, and what the user gave. Raises Refusal with everything wrong in all."""
    findings: list[Finding] = []
    chosen: list[Job] = []
    given: dict[str, dict[str, Scalar]] = {}
    with adding(findings):
        chosen = matrix.plan(root, notebooks_in, *selections)
        findings += versions.wrong(root)
    names = list(dict.fromkeys(job.notebook for job in chosen)) or matrix.shipped(notebooks_in)
    declared = {name: read_declared(notebooks_in / f"{name}.ipynb") for name in names}
    with adding(findings):
        given = check_given(parameters, declared)
    if findings:
        raise Refusal(findings)
    return chosen, declared, given


@contextmanager
def adding(findings: list[Finding]) -> Iterator[None]:
    """A refusal in here is noted and does not hide the next one."""
    try:
        yield
    except Refusal as refusal:
        findings += refusal.findings


def late(job: Job) -> bool:
    return job.notebook in matrix.PRINTS_ROOT


def prepare(source: Source, plan: Plan, publication: Publication) -> Iterator[Task | Outcome | Pause]:
    """The tasks, case by case; at last, once all that is public has come, the papers that print its root."""
    yield from case_by_case(source, plan, publication, [job for job in plan.chosen if not late(job)])
    if papers := [job for job in plan.chosen if late(job)]:
        yield Pause()
        yield from case_by_case(source, plan, publication, papers)


def case_by_case(source: Source, plan: Plan, publication: Publication, jobs: Iterable[Job]) -> Iterator[Task | Outcome]:
    """Each folder is read and checked once, before any of its kernels starts."""
    for (year, group), same_case in groupby(jobs, key=lambda job: (job.year, job.group)):
        opened: dict[str, Opened | Refusal] = {}
        tables: dict[str, bytes] = {}
        for job in same_case:
            kept = without_a_look(source, job, publication)
            if kept is not None:
                if kept:
                    yield Outcome(job, "kept", kept)
                else:
                    plan.left_out.add(job)
                continue
            way = reading(job.notebook)
            if way not in opened:
                opened[way] = open_case(source.root, year, group, way)
            found = opened[way]
            if isinstance(found, Refusal):
                yield failed(job, *errors(found))
                continue
            if source.files and unchanged.read_from(source.root, source.files, found.inputs):
                plan.around[job] = source.around[job.year, job.notebook]
            if not applies(job.notebook, found):
                plan.left_out.add(job)
            elif job.notebook in matrix.NEEDS_YEARS and found.series and len(found.series.cases) == 1:
                yield failed(job, *found.series.refused)
            else:
                yield make_task(source, found, job, tables, plan, publication)


def without_a_look(source: Source, job: Job, publication: Publication) -> dict[str, str] | None:
    """The former products of a job around which not a byte has changed; empty where it had nothing to show.

    None: somebody must look.
    """
    around, made = source.memory.get(record.named(job), ("", ""))
    if source.force or not around or around != source.around.get((job.year, job.notebook)):
        return None
    entry = source.former.get(record.named(job))
    if not made:
        return {}
    if entry and entry["root"] is not None and entry["root"] != published_root(source, publication, job):
        return None
    return record.held(source.reports, job, entry) if entry and entry["fingerprint"] == made else None


def reading(notebook: str) -> str:
    """How a notebook reads its folder: strictly, going on with what is wrong in the ledger set aside, or with all
    earlier years."""
    if notebook in matrix.GOES_ON:
        return "goes-on"
    return "years" if notebook in matrix.READS_YEARS else "strictly"


def applies(notebook: str, opened: Opened) -> bool:
    """Whether there is anything for the notebook to show."""
    if notebook in matrix.NEEDS_CLAIMS and not opened.case.has_claims:
        return False
    series = opened.series
    return notebook not in matrix.NEEDS_YEARS or series is None or len(series.cases) > 1 or bool(series.refused)


@dataclass(frozen=True)
class Opened:
    """A case with every file that its notebooks read.

    unfinished   claims still wait for verdicts: every page of the case is provisional
    series       where all earlier years were read too
    """

    case: Case
    inputs: Mapping[str, str]
    unfinished: bool
    series: Series | None = None
    signed: list[versions.Superseded | None] = field(default_factory=list)

    def superseded(self, root: Path) -> versions.Superseded | None:
        """Whether these figures are others than those signed last; found once."""
        if not self.signed:
            here = not self.case.approvals.empty
            self.signed.append(versions.superseded(root, self.case, score(self.case)) if here else None)
        return self.signed[0]


def open_case(root: Path, year: str, group: str, way: str) -> Opened | Refusal:
    """The case as its notebooks read it, see `reading`; what shows scores is refused where somebody was not there."""
    try:
        if way == "goes-on":
            case = read_for_verification(root, year, group)
            return Opened(case, {**read_before(root, case).digests, **case.digests}, provisional(case))
        series = read_series(root, year, group) if way == "years" else None
        case = series.cases[-1] if series else read_case(root, year, group)
        check_there(root, case)
        return Opened(case, series.digests if series else case.digests, provisional(case), series)
    except Refusal as refusal:
        return refusal


def published_root(source: Source, publication: Publication, job: Job) -> str | None:
    """The root of all that is published of a job's year and group, "" where there is no report."""
    place = f"{job.year}/{job.group}"
    if place in source.roots:
        return source.roots[place]
    found = record.signature(place, publication.entries)
    return found.anchor if found else ""


def printed_root(source: Source, publication: Publication, job: Job, opened: Opened, on: str) -> str | None:
    """The same for papers on these figures: "" too where something published was made from other inputs, by another
    programme or on another basis."""
    here = {fingerprint.shown(path): digest for path, digest in opened.inputs.items()}
    same = {"library": source.library, "lock": source.lock}
    for of in record.of_place(f"{job.year}/{job.group}", publication.entries).values():
        other = any(here.get(path, was["bytes"]) != was["bytes"] for path, was in of["inputs"].items())
        if other or of["parameters"].get("on", on) != on or any(of[part] != now for part, now in same.items()):
            return ""
    return published_root(source, publication, job)


def make_task(
    source: Source, opened: Opened, job: Job, tables: dict[str, bytes], plan: Plan, publication: Publication
) -> Task | Outcome:
    """All that a worker needs, or the former products where nothing has changed.

    tables   keeps the open data of the case between the languages
    plan     its stamps get what the job is made from
    """
    case = opened.case
    matrix_values = {"root": str(source.root), "year": job.year, "group": job.group, "lang": job.lang}
    sensitivity = {key: float(x) if isinstance(x, Fraction) else x for key, x in case.settings.sensitivity.items()}
    settings = {"on": case.default_on, **sensitivity}
    path = source.notebooks_in / f"{job.notebook}.ipynb"
    try:
        values = complete(source.declared[job.notebook], matrix_values, source.given[job.notebook], settings)
        on = str(values.get("on", case.default_on))
        unfinished = opened.unfinished or (case.has_claims and on != "verified")
        templates = own_templates(source.root, matrix.papers(job, len(case.tables["agencies"]), unfinished))
        root = printed_root(source, publication, job, opened, on) if late(job) and not unfinished else None
        plan.stamps[job] = stamp = stamped(source, opened, job, values, path, templates.values(), root)
        if not source.force and (kept := record.unchanged(source.reports, job, stamp, source.former)):
            return Outcome(job, "kept", kept)
        changed = opened.superseded(source.root)
        if job.notebook == "report" and not tables:
            made_from = fingerprint.fingerprint(opened.inputs, {"on": on}, source.library, "", source.lock)
            ordered = merged(opened.series) if opened.series else None
            for name, data in open_data(case, score(case, on), unfinished, made_from[:12], ordered).items():
                tables[products.beside(job, name)] = data
    except Refusal as refusal:
        return failed(job, *errors(refusal))
    page = {
        "title": text(
            f"run.title_{job.notebook}", job.lang, set=title_of_year(case.settings.title, job.year, job.lang)
        ),
        "sample": case.settings.sample,
        "provisional": unfinished,
        "fingerprint": stamp.fingerprint,
    }
    if root is not None:
        page["root"] = root
    if changed:
        signed = {"decision": changed.signed["decision"], "date": date(changed.signed["date"], OFFICIAL)}
        page |= {"superseded": versions.said_superseded(changed, case, job.lang)}
        page |= {"replaces": text("draft.replaces", OFFICIAL, **signed)}
    own = dict(tables) if job.notebook == "report" else {}
    return Task(
        job,
        path,
        source.root,
        source.reports,
        values,
        page,
        dict(stamp.inputs),
        own,
        source.cell_seconds,
        source.exporter,
        templates,
    )


def stamped(
    source: Source,
    opened: Opened,
    job: Job,
    values: Mapping[str, Scalar],
    path: Path,
    templates: Iterable[str],
    root: str | None,
) -> record.Stamp:
    """What a job is made from. Sign-offs stand beside the inputs: they name a fingerprint, so they cannot be in it."""
    internal = ("register", f"{job.year}/{job.group}/forms/returned")
    beside = root_digests(source.root, internal) if job.notebook in matrix.READS_REGISTER else {}
    beside |= fingerprint.digest_files(source.root, filter(None, templates))
    inputs = {
        fingerprint.shown(file): digest
        for file, digest in {**beside, **opened.inputs}.items()
        if not file.endswith("/approvals.csv")
    }
    notebook = fingerprint.digest_notebook(path)
    full = fingerprint.fingerprint(inputs, values, source.library, notebook, source.lock)
    warned = sorted({finding.code for finding in opened.case.findings})
    signed = tuple(opened.case.approvals.to_dict("records"))
    return record.Stamp(full, inputs, values, source.library, notebook, source.lock, tuple(warned), signed, root)


def own_templates(root: Path, papers: Iterable[str]) -> dict[str, str]:
    """paper for signature -> the user's template for it below the data folder, "" where ours is used."""
    own = {name: f"{TEMPLATES}/{name}.docx" for name in papers}
    return {name: path if (root / path).is_file() else "" for name, path in own.items()}


def errors(refusal: Refusal) -> list[Finding]:
    return [finding for finding in refusal.findings if finding.severity == "error"]


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
