"""The record in the words of other archives: an RO-Crate, one CreateAction for every job.

Sources: RO-Crate Metadata Specification 1.1; Process Run Crate 0.5 (Workflow Run RO-Crate working group). Times and
persons are left out: they are no part of what must come out again (run-log.json has the times).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from .. import __version__
from .record import RECORD, ROOT, SUMS, Entry

CRATE = "ro-crate-metadata.json"
SPECIFICATION = "https://w3id.org/ro/crate/1.1"
PROFILES = ("https://w3id.org/ro/wfrun/process/0.5",)
FORMATS = {
    ".html": "text/html",
    ".pdf": "application/pdf",
    ".csv": "text/csv",
    ".json": "application/json",
    ".md": "text/markdown",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
Thing = dict[str, Any]


def crate(entries: Mapping[str, Entry], index: Mapping[str, Entry], licences: Iterable[Mapping[str, str]]) -> bytes:
    """ro-crate-metadata.json of the public folder.

    entries    "2024/communes/report.vi" -> entry of the record
    index      path -> digest and size of the files of no job
    licences   of the open data: title and address
    """
    entries = dict(sorted(entries.items()))  # whichever job ended first
    files = dict(index) | {path: facts for entry in entries.values() for path, facts in entry["products"].items()}
    files = {path: facts for path, facts in sorted(files.items()) if path != CRATE}
    actions = [thing for name, entry in entries.items() for thing in action(name, entry)]
    graph = [*about(entries, files, list(licences)), *map(file_of, files.items()), *software(entries), *actions]
    once = {thing["@id"]: thing for thing in graph}
    described = {"@context": f"{SPECIFICATION}/context", "@graph": list(once.values())}
    return (json.dumps(described, ensure_ascii=False, indent=0, sort_keys=True) + "\n").encode()


def about(
    entries: Mapping[str, Entry], files: Mapping[str, Entry], licences: list[Mapping[str, str]]
) -> Iterator[Thing]:
    """The crate itself. It is dated by the last sign-off, before there is one by the last year."""
    years = [name[:4] for name in entries]
    days = [row["date"] for entry in entries.values() for row in entry["signed"]]
    yield {
        "@id": CRATE,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": {"@id": SPECIFICATION},
    }
    yield {
        "@id": "./",
        "@type": "Dataset",
        "name": "Digital transformation index: published results",
        "description": "Results by year and group, made by dxlib; what was made from what is in record.json.",
        "datePublished": max(days or years, default=""),
        "license": [{"@id": of.get("path", f"#licence-{of['title']}")} for of in licences] or "all rights reserved",
        "conformsTo": [{"@id": profile} for profile in PROFILES],
        "hasPart": [{"@id": address(path)} for path in (*files, RECORD, SUMS, ROOT)],
        "mentions": [{"@id": f"#{name}"} for name in entries],
    }
    for of in licences:
        yield {"@id": of.get("path", f"#licence-{of['title']}"), "@type": "CreativeWork", "name": of["title"]}
    for profile in PROFILES:
        version = profile.rpartition("/")[2]
        yield {"@id": profile, "@type": "CreativeWork", "name": "Process Run Crate", "version": version}
    for path in (RECORD, SUMS, ROOT):  # they name the digest of this file, so theirs cannot stand here
        yield {"@id": path, "@type": "File", "name": path}


def file_of(file: tuple[str, Entry]) -> Thing:
    path, facts = file
    return {
        "@id": address(path),
        "@type": "File",
        "name": path,
        "sha256": facts["sha256"],
        "contentSize": str(facts["size"]),
        "encodingFormat": FORMATS.get(PurePosixPath(path).suffix, "application/octet-stream"),
    }


def software(entries: Mapping[str, Entry]) -> Iterator[Thing]:
    """The notebooks, and the library that they call."""
    for name, entry in entries.items():
        notebook = name.rpartition("/")[2].partition(".")[0]
        library = f"#dxlib-{entry['library'][:12]}"
        yield {
            "@id": f"#notebook-{notebook}-{entry['notebook'][:12]}",
            "@type": "SoftwareApplication",
            "name": f"notebooks/{notebook}.ipynb",
            "identifier": f"sha256:{entry['notebook']}",
            "softwareRequirements": {"@id": library},
        }
        yield {
            "@id": library,
            "@type": "SoftwareApplication",
            "name": "dxlib",
            "softwareVersion": entry.get("version", __version__),
            "identifier": f"sha256:{entry['library']}",
        }


def action(name: str, entry: Entry) -> Iterator[Thing]:
    """One job: the notebook it ran, the inputs and parameters it got, what came out."""
    notebook = name.rpartition("/")[2].partition(".")[0]
    inputs = [
        {
            "@id": f"#data-{of['bytes'][:16]}-{address(path)}",
            "@type": "CreativeWork",
            "name": f"data/{path}",
            "identifier": f"sha256:{of['bytes']}",
        }
        for path, of in sorted(entry["inputs"].items())
    ]
    parameters = [
        {"@id": f"#{name}-{key}", "@type": "PropertyValue", "name": key, "value": value}
        for key, value in sorted(entry["parameters"].items())
    ]
    yield {
        "@id": f"#{name}",
        "@type": "CreateAction",
        "name": name,
        "identifier": f"sha256:{entry['fingerprint']}",
        "instrument": {"@id": f"#notebook-{notebook}-{entry['notebook'][:12]}"},
        "object": [{"@id": thing["@id"]} for thing in (*inputs, *parameters)],
        "result": [{"@id": address(path)} for path in sorted(entry["products"])],
        "actionStatus": "http://schema.org/CompletedActionStatus",
    }
    yield from inputs
    yield from parameters


def address(path: str) -> str:
    """A path as the identifier of a file: relative, percent-encoded (RFC 3986)."""
    from urllib.parse import quote

    return quote(path)
