"""The documents below evidence/: there, inside the folder, not empty, and the ones their digests say."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path, PurePosixPath

import pandas as pd

from ..errors import Finding
from .checks import leaves_evidence

FOLDER = "evidence"


def read_documents(folder: Path, place: str, evidence: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str], list]:
    """Look at every document that evidence.csv keeps below `<folder>/evidence/`.

    Returns (evidence with the digest of every file that has none written, digests by path below the data
    folder, findings). Where the folder is not there at all, the documents are kept elsewhere: one warning.
    """
    findings: list[Finding] = []
    digests: dict[str, str] = {}
    out = evidence.copy()
    kept = out[(out["file"] != "") & ~out["file"].map(leaves_evidence)]
    if kept.empty:
        return out, digests, findings
    shown = f"{place}/evidence.csv"
    if os.path.lexists(folder / FOLDER) and ((folder / FOLDER).is_symlink() or not (folder / FOLDER).is_dir()):
        return out, digests, [Finding("E_EVIDENCE", "evidence_folder", f"{place}/{FOLDER}")]
    if not (folder / FOLDER).is_dir():
        return out, digests, [Finding("W_EVIDENCE", "evidence_elsewhere", shown, facts={"n": len(kept)})]
    seen: dict[str, tuple[str, str]] = {}
    for row, file, written in zip(kept.index.tolist(), kept["file"], kept["sha256"], strict=True):
        if file not in seen:
            seen[file] = look(folder / FOLDER, file)
        reason, digest = seen[file]
        if digest:
            digests[f"{place}/{FOLDER}/{file}"] = digest
        if not reason and written and written != digest:
            reason = "evidence_digest"
        if reason:
            facts = {"written": written[:12], "found": digest[:12]}
            findings.append(Finding("E_EVIDENCE", reason, shown, row, "file", file, facts))
        if reason in ("", "evidence_empty"):
            out.loc[row, "sha256"] = digest
    return out, digests, findings


def dated_outside(place: str, evidence: pd.DataFrame, period_from: str, period_to: str) -> list[Finding]:
    """One warning where documents were issued before or after the assessed period (ISO dates, "" for no such end).

    It names the first; all of them are flags of the verification.
    """
    issued = evidence["issued_on"]
    outside = issued[(issued != "") & ((issued < period_from) | ((issued > period_to) if period_to else False))]
    if outside.empty:
        return []
    facts = {"n": len(outside), "first": period_from or "…", "last": period_to or "…"}
    row, day = int(outside.index[0]), outside.iloc[0]
    return [Finding("W_EVIDENCE_DATE", "evidence_date", f"{place}/evidence.csv", row, "issued_on", day, facts)]


def look(folder: Path, file: str) -> tuple[str, str]:
    """(what is wrong, digest) of one document."""
    path, way = folder / file, PurePosixPath(file)
    try:
        if any((folder / part).is_symlink() for part in [way, *way.parents][:-1]):
            return "evidence_link", ""
        if not path.resolve().is_relative_to(folder.resolve()):
            return "evidence_path", ""
        if not path.is_file():
            return "evidence_missing", ""
        data = path.read_bytes()
    except (OSError, ValueError):
        return "evidence_unreadable", ""
    return ("" if data else "evidence_empty"), hashlib.sha256(data).hexdigest()
