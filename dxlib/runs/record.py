"""What was published, from what: record.json and SHA256SUMS in the folder of each reader.

The record says of every job its inputs, parameters, programme and products, in canonical JSON, without times or
names of machines; `python -m dxlib.audit` holds a folder against it. A job whose record still holds is not run again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import __version__
from ..atomic import read_plain
from ..audit import (
    FORMAT,
    READERS,
    RECORD,
    REPORT,
    ROOT,
    SHAPE,
    SUMS,
    canonical,
    content_digest,
    digest,
    folder_root,
    merkle_root,
    misshapen,
    place_roots,
    read_input,
    rows_of_scores,
)
from ..publish.open_data import SCORES
from ..publish.site import Signature
from . import products
from .fingerprint import portable
from .matrix import Job

ABOUT = (RECORD, SUMS, ROOT)  # what stands in a reader's folder about all that is in it
Entry = dict[str, Any]
WITHOUT_ROOTS = "dxlib-record-1"  # of before; what it names is no stray, and stands in the next record


@dataclass(frozen=True)
class Stamp:
    """All that decides a job's products.

    inputs      file below the data folder -> SHA-256 of its bytes
    parameters  as the notebook got them, without the folder
    signed      rows of approvals.csv: no figure depends on them, a page shows them
    root        of what is published, as papers for signature print it: "" where it is not known, None on pages
    """

    fingerprint: str
    inputs: Mapping[str, str]
    parameters: Mapping[str, Any]
    library: str
    notebook: str
    lock: str
    warnings: tuple[str, ...]
    signed: tuple[Mapping[str, str], ...] = field(default=())
    root: str | None = None


def read(reports: Path) -> dict[str, Entry]:
    """job -> entry of the records in a reports folder; nothing where there is none that we understand."""
    return read_folders(reports / reader for reader in READERS)


def read_folders(folders: Iterable[Path]) -> dict[str, Entry]:
    """The same of published folders, wherever they lie and whatever they are called: a record says for whom it is."""
    found: dict[str, Entry] = {}
    for folder in folders:
        record = load(folder)
        reader = record.get("reader")
        for name, entry in record.get("jobs", {}).items():
            place = name.rpartition("/")[0]
            scored = f"{place}/{SCORES}" in entry["products"] and place in record["rows"]
            own = {"rows": record["rows"][place]} if scored else {}
            found[f"{reader}/{name}"] = entry | own | {"signed": record["signed"].get(place, [])}
    return found


def read_index(reports: Path) -> dict[str, Entry]:
    """Path below the reports folder -> digest and size of what is recorded there and is no job's."""
    return {
        f"{reader}/{path}": facts
        for reader in READERS
        for path, facts in load(reports / reader).get("index", {}).items()
    }


def load(folder: Path) -> dict[str, Any]:
    """The record of one reader's folder; empty where there is none that we understand."""
    try:
        record = json.loads(read_plain(folder / RECORD, links=True))
    except (OSError, ValueError):
        return {}
    if isinstance(record, dict) and record.get("format") == WITHOUT_ROOTS and isinstance(record.get("jobs"), dict):
        jobs = {name: {"root": None, **of} for name, of in record["jobs"].items() if isinstance(of, dict)}
        record |= {"format": FORMAT, "jobs": jobs}
    return {} if list(misshapen(record, SHAPE)) else record


def unchanged(reports: Path, job: Job, stamp: Stamp, former: Mapping[str, Entry]) -> dict[str, str] | None:
    """The products (path below the reports folder -> SHA-256) of a job that need not be made again, else None."""
    entry = former.get(named(job))
    if entry is None or entry["fingerprint"] != stamp.fingerprint or entry["signed"] != list(stamp.signed):
        return None
    if entry["root"] != stamp.root:
        return None
    return held(reports, job, entry)


def held(reports: Path, job: Job, entry: Entry) -> dict[str, str] | None:
    """The products of a job's entry (path below the reports folder -> SHA-256) where all stand as they were made."""
    made = {f"{job.reader}/{path}": facts["sha256"] for path, facts in entry["products"].items()}
    return made if products.declared(job) <= set(made) and products.holds(reports, made) else None


def named(job: Job) -> str:
    return f"{job.reader}/{job}"


def standing(reports: Path, former: Mapping[str, Entry]) -> dict[str, Entry]:
    """The entries of which every product is still there."""
    return {name: entry for name, entry in former.items() if stands(reports, name.partition("/")[0], entry)}


def stands(reports: Path, reader: str, entry: Entry) -> bool:
    return all((reports / reader / path).is_file() for path in entry["products"])


def with_entry(entries: Mapping[str, Entry], name: str, entry: Entry) -> dict[str, Entry]:
    """The entries with one more; of files that two languages share, an older entry no longer has other bytes."""
    reader, made = name.partition("/")[0], entry["products"]
    found = dict(entries)
    for other, of in entries.items():
        lost = {path for path, facts in of["products"].items() if made.get(path, facts) != facts}
        if lost and other.startswith(f"{reader}/"):
            kept = {path: facts for path, facts in of["products"].items() if path not in lost}
            found[other] = {key: part for key, part in of.items() if key != "rows"} | {"products": kept}
    return found | {name: entry}


def below(reader: str, found: Mapping[str, Entry]) -> dict[str, Entry]:
    """What is one reader's, without its name in front."""
    return {name.partition("/")[2]: of for name, of in found.items() if name.startswith(f"{reader}/")}


def about(entries: Mapping[str, Entry], index: Mapping[str, Entry]) -> dict[str, bytes]:
    """Both records and their lists of digests: path below the reports folder -> bytes.

    entries   "public/2024/communes/report.vi" -> entry
    index     as `read_index` gives it
    """
    made: dict[str, bytes] = {}
    for reader in READERS:
        own, loose = below(reader, entries), below(reader, index)
        if own or loose:
            record = describe(reader, own, loose)
            data = canonical(record) + b"\n"
            root = f"{record['root']}\n".encode()
            listed = {path: facts["sha256"] for path, facts in files_of(record).items()}
            listed |= {RECORD: digest(data), ROOT: digest(root)}
            sums = "".join(f"{digest}  {path}\n" for path, digest in sorted(listed.items()))
            made |= {f"{reader}/{RECORD}": data, f"{reader}/{SUMS}": sums.encode(), f"{reader}/{ROOT}": root}
    return made


def signatures(found: Mapping[str, Entry]) -> dict[str, Signature]:
    """place -> what is published there and what was signed, of every place with a report in the official language."""
    record = describe("public", below("public", found), {})
    prints = {name: job["fingerprint"] for name, job in record["jobs"].items()}
    return {
        place: Signature(prints[f"{place}{REPORT}"], root, tuple(record["signed"].get(place, ())))
        for place, root in place_roots(record).items()
        if f"{place}{REPORT}" in prints
    }


def signature(place: str, found: Mapping[str, Entry]) -> Signature | None:
    """The same of one place; None where it has no such report."""
    return signatures(of_place(place, found)).get(place)


def of_place(place: str, found: Mapping[str, Entry]) -> dict[str, Entry]:
    """The entries of the public products of a place."""
    return {name: of for name, of in found.items() if name.startswith(f"public/{place}/")}


def entry_of(root: Path, stamp: Stamp, made: Mapping[str, bytes], contents: dict[str, str]) -> Entry:
    """One job as the record has it.

    made       path below the reports folder -> bytes
    contents   keeps content digests between jobs
    """
    for path in stamp.inputs:
        if path not in contents:
            contents[path] = content_digest(path, read_input(root, path)[0] or b"")
    tables = [data for path, data in made.items() if path.endswith(f"/{SCORES}")]
    return {
        "fingerprint": stamp.fingerprint,
        "inputs": {path: {"bytes": digest, "content": contents[path]} for path, digest in stamp.inputs.items()},
        "parameters": portable(stamp.parameters),
        "library": stamp.library,
        "version": __version__,
        "notebook": stamp.notebook,
        "lock": stamp.lock,
        "warnings": list(stamp.warnings),
        "root": stamp.root,
        "products": {path.partition("/")[2]: facts_of(data) for path, data in made.items()},
        "signed": list(stamp.signed),
        **({"rows": rows(tables[0])} if tables else {}),
    }


def facts_of(data: bytes) -> Entry:
    return {"sha256": digest(data), "size": len(data)}


def describe(reader: str, entries: Mapping[str, Entry], index: Mapping[str, Entry]) -> Entry:
    """The record of one reader's folder."""
    beside = ("signed", "rows")
    record = {
        "format": FORMAT,
        "reader": reader,
        "jobs": {name: {key: of for key, of in entry.items() if key not in beside} for name, entry in entries.items()},
        "index": dict(index),
        **{
            part: {
                name.rpartition("/")[0]: entry[part]
                for name, entry in sorted(entries.items(), key=lambda of: len(of[1].get(part, ())))  # the last sign-off
                if entry.get(part)
            }
            for part in beside
        },
    }
    return record | {"root": folder_root(record)}


def files_of(record: Mapping[str, Any]) -> dict[str, Entry]:
    """path -> digest and size of everything that a record answers for."""
    found: dict[str, Entry] = dict(record["index"])
    for entry in record["jobs"].values():
        found |= entry["products"]
    return found


def rows(scores: bytes) -> Entry:
    """The tree over the agencies' lines of a score table, for the proof of a single agency."""
    lines = rows_of_scores(scores.decode("utf-8-sig"))
    return {"root": merkle_root(lines.values()), "agencies": len(lines)}
