"""From what was it made: one SHA-256 over inputs, parameters, library, notebook, lock; never over products or times."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path, PurePath

from ..audit import canonical, digest

MACHINE = {"root", "workers"}  # parameters that say where, not what


def fingerprint(
    inputs: Mapping[str, str], parameters: Mapping[str, object], library: str, notebook: str, lock: str
) -> str:
    """The fingerprint as 64 hex digits.

    inputs       path below the data folder -> SHA-256 of every file really read
    parameters   all of the notebook's, with their values (those of MACHINE do not count)
    library, notebook, lock   digests
    """
    return digest_of(
        {
            "inputs": {shown(path): digest for path, digest in inputs.items()},
            "parameters": portable(parameters),
            "library": library,
            "notebook": notebook,
            "lock": lock,
        }
    )


def portable(parameters: Mapping[str, object]) -> dict[str, object]:
    """Parameters without what names this machine; fractional numbers as their shortest decimal text."""
    return {
        name: f"{Decimal(repr(value)):f}" if isinstance(value, float) else value
        for name, value in parameters.items()
        if name not in MACHINE
    }


def digest_of(value: object) -> str:
    """SHA-256 of the canonical JSON."""
    return digest(canonical(value))


def digest_file(path: Path) -> str:
    """Digest of a text file, the same whether the checkout wrote LF or CRLF."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def digest_files(folder: Path, paths: Iterable[str]) -> dict[str, str]:
    """path below the folder -> digest of its bytes as they stand."""
    return {path: hashlib.sha256((folder / path).read_bytes()).hexdigest() for path in paths}


def digest_library(folder: Path) -> str:
    """Digest of everything that the package consists of: code, templates, catalogues, schema."""
    files = [path for path in folder.rglob("*") if path.is_file() and belongs(path.relative_to(folder))]
    return digest_of({shown(path.relative_to(folder)): digest_file(path) for path in files})


def belongs(path: PurePath) -> bool:
    """Neither compiled nor hidden."""
    return path.suffix != ".pyc" and not any(part == "__pycache__" or part.startswith(".") for part in path.parts)


def digest_notebook(path: Path) -> str:
    """Digest of a notebook's source alone: what its cells say and how they are tagged, not what JupyterLab adds."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return digest_of([[c["cell_type"], "".join(c["source"]), c["metadata"].get("tags", [])] for c in cells])


def shown(path: str | PurePath) -> str:
    """A path as every machine writes it: forward slashes, Unicode NFC."""
    text = path.as_posix() if isinstance(path, PurePath) else path.replace("\\", "/")
    return unicodedata.normalize("NFC", text)
