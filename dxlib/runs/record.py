"""What was published, from what: record.json and SHA256SUMS in the folder of each reader.

The record says of every job its inputs, parameters, programme and products, in canonical JSON, without times or
names of machines; `python -m dxlib.audit` holds a folder against it. A job whose record still holds is not run again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import __version__
from ..audit import canonical, content_digest, digest, merkle_root, published_root, rows_of_scores
from ..publish.open_data import SCORES
from . import products
from .fingerprint import settled
from .matrix import Job

RECORD, SUMS, FORMAT = "record.json", "SHA256SUMS", "dxlib-record-1"
READERS = ("public", "internal")
Entry = dict[str, Any]


@dataclass(frozen=True)
class Stamp:
    """All that decides a job's products.

    inputs      file below the data folder -> SHA-256 of its bytes
    parameters  as the notebook got them, without the folder
    signed      rows of approvals.csv: no figure depends on them, a page shows them
    """

    fingerprint: str
    inputs: Mapping[str, str]
    parameters: Mapping[str, Any]
    library: str
    notebook: str
    lock: str
    warnings: tuple[str, ...]
    signed: tuple[Mapping[str, str], ...] = field(default=())


def read(reports: Path) -> dict[str, Entry]:
    """job -> entry of the records in a reports folder; nothing where there is none that we understand."""
    found: dict[str, Entry] = {}
    for reader in READERS:
        try:
            record = json.loads((reports / reader / RECORD).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(record, dict) and record.get("format") == FORMAT:
            signed = record.get("signed", {})
            for name, entry in record["jobs"].items():
                place = name.rpartition("/")[0]
                found[f"{reader}/{name}"] = entry | {"signed": signed.get(place, [])}
    return found


def unchanged(reports: Path, job: Job, stamp: Stamp, former: Mapping[str, Entry]) -> dict[str, str] | None:
    """The products (path below the reports folder -> SHA-256) of a job that need not be made again, else None."""
    entry = former.get(f"{job.reader}/{job}")
    if entry is None or entry["fingerprint"] != stamp.fingerprint or entry["signed"] != list(stamp.signed):
        return None
    made = {f"{job.reader}/{path}": facts["sha256"] for path, facts in entry["products"].items()}
    return made if products.declared(job) <= set(made) and products.holds(reports, made) else None


def entries(
    reports: Path, root: Path, ended: Mapping[Job, tuple[Stamp, Mapping[str, str]]], former: Mapping[str, Entry]
) -> dict[str, Entry]:
    """Name ("public/2024/communes/report.vi") -> entry: what this run made or kept, and what stands of earlier ones.

    ended   job -> its stamp and its products (path below the reports folder -> SHA-256)
    """
    contents: dict[str, str] = {}
    found = {name: entry for name, entry in former.items() if stands(reports, name.partition("/")[0], entry)}
    for job, (stamp, made) in ended.items():
        found[f"{job.reader}/{job}"] = entry_of(reports, root, stamp, made, contents)
    return found


def write(reports: Path, work: Path, found: Mapping[str, Entry]) -> None:
    """Both records and their lists of digests; `found` from `entries`."""
    for reader in READERS:
        folder = reports / reader
        if not folder.is_dir():
            continue
        own = {name.partition("/")[2]: entry for name, entry in found.items() if name.startswith(f"{reader}/")}
        record = describe(folder, reader, own)
        data = canonical(record) + b"\n"
        listed = {path: facts["sha256"] for path, facts in files_of(record).items()}
        listed[RECORD] = digest(data)
        sums = "".join(f"{digest}  {path}\n" for path, digest in sorted(listed.items()))
        products.publish(reports, work, {f"{reader}/{RECORD}": data, f"{reader}/{SUMS}": sums.encode()})


def signatures(found: Mapping[str, Entry]) -> dict[str, tuple[str, list[Mapping[str, str]]]]:
    """place -> (fingerprint of the Vietnamese report, the sign-offs of that place)."""
    tail = "/report.vi"
    return {
        name.removeprefix("public/").removesuffix(tail): (entry["fingerprint"], entry["signed"])
        for name, entry in found.items()
        if name.endswith(tail)
    }


def stands(reports: Path, reader: str, entry: Entry) -> bool:
    return all((reports / reader / path).is_file() for path in entry["products"])


def entry_of(reports: Path, root: Path, stamp: Stamp, made: Mapping[str, str], contents: dict[str, str]) -> Entry:
    """One job as the record has it; `contents` keeps content digests between jobs."""
    for path in stamp.inputs:
        if path not in contents:
            contents[path] = content_digest(path, (root / path).read_bytes())
    return {
        "fingerprint": stamp.fingerprint,
        "inputs": {path: {"bytes": digest, "content": contents[path]} for path, digest in stamp.inputs.items()},
        "parameters": settled(stamp.parameters),
        "library": stamp.library,
        "version": __version__,
        "notebook": stamp.notebook,
        "lock": stamp.lock,
        "warnings": list(stamp.warnings),
        "products": {path.partition("/")[2]: size(reports / path, digest) for path, digest in made.items()},
        "signed": list(stamp.signed),
    }


def size(path: Path, sha256: str) -> Entry:
    return {"sha256": sha256, "size": path.stat().st_size}


def describe(folder: Path, reader: str, entries: Mapping[str, Entry]) -> Entry:
    """The record of one reader's folder."""
    index = {path.name: size(path, digest(path.read_bytes())) for path in sorted(folder.glob("index*.html"))}
    signed = {name.rpartition("/")[0]: entry["signed"] for name, entry in entries.items() if entry["signed"]}
    jobs = {name: {key: value for key, value in entry.items() if key != "signed"} for name, entry in entries.items()}
    places = {name.rpartition("/")[0] for name in entries}
    record = {
        "format": FORMAT,
        "reader": reader,
        "jobs": jobs,
        "index": index,
        "signed": signed,
        "rows": {
            place: rows(folder / place / SCORES) for place in sorted(places) if (folder / place / SCORES).is_file()
        },
    }
    return record | {"root": published_root({path: facts["sha256"] for path, facts in files_of(record).items()})}


def files_of(record: Mapping[str, Any]) -> dict[str, Entry]:
    """path -> digest and size of everything that a record answers for."""
    found: dict[str, Entry] = dict(record["index"])
    for entry in record["jobs"].values():
        found |= entry["products"]
    return found


def rows(scores: Path) -> Entry:
    """The tree over the agencies' lines of a score table, for the proof of a single agency."""
    lines = rows_of_scores(scores.read_text(encoding="utf-8-sig"))
    return {"root": merkle_root(lines.values()), "agencies": len(lines)}
