"""What a run publishes, and when: each reader's folder at one stroke, with the record that names every file in it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from errno import EISDIR
from pathlib import Path

from ..atomic import Decided, commit, inside, recover, stage
from ..case import places
from ..case.read import look_at_settings
from ..errors import Finding, Refusal
from ..moves import all_free, all_short, held, patient
from ..publish.failures import PAGES as FAILURES
from ..publish.failures import failures
from ..publish.site import licences, site
from . import products, record, versions
from .crate import CRATE, crate
from .execute import Outcome, failed, io_finding
from .matrix import READERS, Job
from .record import Entry, Stamp

NEW = "new"  # below the working folder: files in full, as they will stand below the reports folder


@dataclass
class Publication:
    """The records of both readers as they will stand, and what waits in the working folder to be published with them.

    entries   job -> entry of the record
    index     files that are no job's: the pages that list everything, notebooks that failed
    gone      products that no longer hold
    staged    what waits in the working folder -> its digest
    stood     entries and index as they were published last
    held      year and group -> the files because of which nothing of them was published
    """

    root: Path
    reports: Path
    work: Path
    former: Mapping[str, Entry]
    entries: dict[str, Entry]
    index: dict[str, Entry]
    gone: set[str] = field(default_factory=set)
    staged: dict[str, str] = field(default_factory=dict)
    waiting: bool = False
    published: bool = False
    contents: dict[str, str] = field(default_factory=dict)
    held: dict[str, tuple[Finding, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.stood = (dict(self.entries), dict(self.index))

    def receive(self, ended: Outcome, stamp: Stamp | None) -> Outcome:
        """Take what a worker made; success is that all it declares has come and is written in full."""
        job = ended.job
        if ended.status == "made" and not products.declared(job) <= set(ended.files):
            return failed(job, Finding("E_IO", "product_missing", products.page(job)))
        new = [path for path in ended.files if path not in self.staged]  # two languages of a case share their tables
        try:
            for path in new:
                self.stage(path, ended.files[path])
        except (OSError, Refusal) as error:
            for path in new:
                self.take_back(path)
            why = error.findings if isinstance(error, Refusal) else [io_finding(products.page(job), error)]
            return failed(job, *why)
        if ended.status in ("made", "partly") and stamp:  # what was kept has brought no files: its entry stands
            entry = record.entry_of(self.root, stamp, ended.files, self.contents)
            self.entries = record.with_entry(self.entries, record.named(job), entry)
            self.gone.update(products.stale(self.reports, job, ended.files))
        else:
            self.index |= {path: record.facts_of(data) for path, data in ended.files.items()}
        made = {path: hashlib.sha256(data).hexdigest() for path, data in ended.files.items()}
        return replace(ended, products=made or ended.products, files={})

    def stage(self, path: str, data: bytes) -> None:
        """A file in full beside its place. Raises OSError where it could not be moved there."""
        if inside(self.reports, path).is_dir():
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR), path)
        all_short(self.reports, [path])
        self.staged[path] = stage(self.work, f"{NEW}/{path}", data)
        self.gone.discard(path)
        self.waiting = True

    def take_back(self, path: str) -> None:
        with suppress(FileNotFoundError):
            patient((self.work / NEW / path).unlink)
        self.staged.pop(path, None)

    def publish(self) -> None:
        """Everything that waits, with the records that name it; of a year and group all or nothing."""
        if not self.waiting:
            return
        self.step_back()
        self.index = {path: facts for path, facts in self.index.items() if path not in self.gone}
        for path, data in record.about(self.entries, self.index).items():
            self.staged[path] = stage(self.work, f"{NEW}/{path}", data)
        for reader in record.READERS:
            self.publish_to(reader)
        self.waiting, self.published = False, True
        self.stood = (dict(self.entries), dict(self.index))

    def step_back(self) -> None:
        """Before anything moves: where somebody holds a file, its year and group stay as they were published last.
        Raises Refusal for a file that goes with all of them."""
        listed = (f"{reader}/{name}" for reader in record.READERS for name in record.ABOUT)
        found = held(self.reports, [*self.staged, *sorted(self.gone), *listed])
        if not all(map(place_of, found)):
            raise Refusal(list(found.values()))
        for place in dict.fromkeys(map(place_of, found)):
            self.held[place] = tuple(finding for path, finding in found.items() if place_of(path) == place)
            for path in [path for path in self.staged if place_of(path) == place]:
                self.take_back(path)
            self.gone = {path for path in self.gone if place_of(path) != place}
            self.entries, self.index = (
                {name: of for name, of in now.items() if place_of(name) != place}
                | {name: of for name, of in before.items() if place_of(name) == place}
                for now, before in zip((self.entries, self.index), self.stood, strict=True)
            )

    def final(self, outcomes: Mapping[Job, Outcome]) -> dict[Job, Outcome]:
        """The outcomes, of which some could not be published."""
        why = {job: self.held.get(f"{job.year}/{job.group}", ()) for job in outcomes}
        return {
            job: failed(job, *why[job]) if why[job] and ended.status not in ("failed", "kept") else ended
            for job, ended in outcomes.items()
        }

    def publish_to(self, reader: str) -> None:
        """What waits for one reader; once it is decided, it waits no more."""
        new = self.work / NEW / reader
        listed = {path.partition("/")[2]: digest for path, digest in self.staged.items() if of(path, reader)}
        gone = [path.partition("/")[2] for path in sorted(self.gone) if of(path, reader)]
        if gone and not listed:  # nothing is left that a record could name
            new.parent.mkdir(exist_ok=True)
            new.mkdir(exist_ok=True)
            gone += record.ABOUT
        if listed or gone:
            try:
                commit(self.reports / reader, new, listed, gone)
            except Decided:
                self.forget(reader)
                raise
        self.forget(reader)

    def forget(self, reader: str) -> None:
        self.staged = {path: digest for path, digest in self.staged.items() if not of(path, reader)}
        self.gone = {path for path in self.gone if not of(path, reader)}

    def tell(self, ended: Iterable[Outcome]) -> None:
        """The page of what could not be made, where there is any."""
        failed = [
            (job.year, job.group, f"{job.notebook}.{job.lang}", one.findings, beside(one))
            for one in ended
            if not one.whole
            for job in [one.job]
        ]
        said = {f"internal/{name}": data for name, data in failures(failed).items()}
        for path in {f"internal/{name}" for name in FAILURES.values()} & self.index.keys() - said.keys():
            self.gone.add(path)
            self.waiting = True
        self.add(said)

    def close(self) -> None:
        """What goes with no job, where anything may have changed: signed versions, the pages that list everything."""
        self.publish()
        signatures = record.signatures(self.entries)
        signed = {
            f"public/{path}": data
            for place, of in signatures.items()
            for path, data in versions.published(self.root, place, of.fingerprint, of.rows).items()
        }
        loose = {path: facts["sha256"] for path, facts in self.index.items()}
        as_signed = all(self.index.get(path) == record.facts_of(data) for path, data in signed.items())
        listed = any(path.count("/") == 1 for path in loose)
        if not self.published and listed and as_signed and products.holds(self.reports, loose):
            return
        self.add(signed)
        self.publish()  # the index is read off the folder
        shown = [notebook for notebook, reader in READERS.items() if reader == "public"]
        settings = {f"{year}/{group}": look_at_settings(self.root, year, group) for year, group in places(self.root)}
        pages = site(self.reports / "public", shown, signatures, settings)
        self.add({f"public/{name}": data for name, data in pages.items()})
        entries, index = (record.below("public", all_of) for all_of in (self.entries, self.index))
        self.add({f"public/{CRATE}": crate(entries, index, licences(self.reports / "public"))})
        self.publish()

    def add(self, loose: Mapping[str, bytes]) -> None:
        """Files that are no job's."""
        for path, data in loose.items():
            self.stage(path, data)
            self.index[path] = record.facts_of(data)


def place_of(path: str) -> str:
    """The year and group of a product, or of a job, of a reader; "" for what goes with all."""
    _, year, *below = path.split("/")
    return f"{year}/{below[0]}" if year.isdecimal() and below else ""


def of(path: str, reader: str) -> bool:
    return path.startswith(f"{reader}/")


def beside(failure: Outcome) -> str:
    """The notebook as far as it came, seen from the page of failures; "" where it never began."""
    return next((path.partition("/")[2] for path in failure.products if path.endswith(".failed.ipynb")), "")


def opened(root: Path, reports: Path, work: Path) -> Publication:
    """What a reports folder publishes, after finishing what an interrupted run had decided to publish."""
    for reader in record.READERS:
        recover(reports / reader)
    former = record.read(reports)
    entries = record.standing(reports, former)
    index = {path: facts for path, facts in record.read_index(reports).items() if (reports / path).is_file()}
    return Publication(root, reports, work, former, entries, index, waiting=entries != former)


def put(publication: Publication, name: str, data: bytes) -> None:
    """One file beside the readers' folders."""
    stage(publication.work, name, data)
    all_free(publication.reports, [name])
    patient((publication.work / name).replace, publication.reports / name)
