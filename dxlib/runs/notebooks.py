"""Which notebooks this version ships: a run of altered ones must be asked for.

`python -m dxlib.runs.notebooks` writes the list anew after a change that is meant.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from ..errors import Finding
from .execute import REPOSITORY
from .fingerprint import digest_notebook
from .matrix import READERS

SHIPPED = Path(__file__).with_suffix(".json")
HERE = REPOSITORY / "notebooks"


def altered(notebooks_in: Path, names: Iterable[str]) -> list[Finding]:
    """Those that say something else than the notebooks of this version; nothing where they are somebody's own.

    What JupyterLab saves beside the source (outputs, numbers of cells) does not count.
    """
    if notebooks_in.resolve() != HERE:
        return []
    known = json.loads(SHIPPED.read_text(encoding="utf-8"))
    return [
        Finding("E_NOTEBOOK", "notebook_altered", f"notebooks/{name}.ipynb")
        for name in names
        if digest_notebook(HERE / f"{name}.ipynb") != known.get(name)
    ]


def listed() -> str:
    return json.dumps({name: digest_notebook(HERE / f"{name}.ipynb") for name in READERS}, indent=1) + "\n"


if __name__ == "__main__":
    SHIPPED.write_text(listed(), encoding="utf-8")
